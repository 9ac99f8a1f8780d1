"""Broken files without end: no crash, no hang, no traceback, no file outside of the result (see tests/fuzz.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROCESSES = 2


@pytest.mark.skipif(sys.platform == "win32", reason="an alarm ends what hangs")
@pytest.mark.parametrize(("seed", "count"), [(0, 100), pytest.param(1_000_000, 10_000, marks=pytest.mark.slow)], ids=["100", "10000"])
def test_whatever_is_broken_is_refused_or_left_out_by_name(tmp_path, seed, count):
    share = count // PROCESSES
    lines = [[sys.executable, "-m", "tests.fuzz", str(seed + k * share), str(share), str(tmp_path / str(k))] for k in range(PROCESSES)]
    running = [subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT) for line in lines]
    said = [process.communicate(timeout=1200)[0] for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES, "".join(said)
