"""The examples that train run, in small; what they buy stands in their own tables."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch")
EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["segmentation_torch", "detection_torch"])
def test_an_example_trains_and_writes_its_table_and_its_plot(name, tmp_path):
    command = [sys.executable, EXAMPLES / f"{name}.py", "--small", "--out", tmp_path]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    assert "| with |" in (tmp_path / f"{name}.md").read_text()
    assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["segmentation_torch", "detection_torch"])
def test_the_verdict_on_an_example_follows_from_its_table(name):
    text = (EXAMPLES / f"{name}.md").read_text(encoding="utf-8")
    rows = {row[0]: tuple(map(float, row[1:])) for row in re.findall(r"\| (with|without) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", text)}
    assert ("is better than the best without" in text) == (rows["with"][1] > rows["without"][2])
