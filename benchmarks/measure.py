"""Timing that noise cannot tilt: all columns take turns inside each round, and ratios are taken inside a round."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2

SLICE = 0.03  # seconds that a column runs in one round
FEWEST = 6  # calls in a round: each draws anew, and what a crop leaves differs more than libraries do


@dataclass(frozen=True)
class Times:
    """CPU microseconds a call, by column, one number a round."""

    rounds: dict[str, list[float]]

    def median(self, column: str) -> float | None:
        """Returns: The median over rounds, None where the column was not measured."""
        return statistics.median(self.rounds[column]) if column in self.rounds else None

    def ratio(self, column: str, beside: str) -> float | None:
        """Returns: The median of ``column / beside`` inside each round."""
        if column not in self.rounds or beside not in self.rounds:
            return None
        return statistics.median(a / b for a, b in zip(self.rounds[column], self.rounds[beside], strict=True))


def interleaved(calls: Mapping[str, Callable[[], Any]], rounds: int) -> Times:
    """Measure calls in turns, on one thread, by the CPU time of the process.

    Args:
        calls: What to call, by column.
        rounds: How often each has its turn; the order turns round as well.

    Returns: The times.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        repeats = {column: _repeats(call) for column, call in calls.items()}
        times: dict[str, list[float]] = {column: [] for column in calls}
        for number in range(rounds):
            for column in _turned(list(calls), number):
                times[column].append(_run(calls[column], repeats[column]) / repeats[column] * 1e6)
        return Times(times)
    finally:
        cv2.setNumThreads(threads)


def _turned(columns: list[str], number: int) -> list[str]:
    start = number % len(columns)
    return columns[start:] + columns[:start]


def _run(call: Callable[[], Any], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        call()
    return time.process_time() - start


def _repeats(call: Callable[[], Any]) -> int:
    call()  # first calls fill caches
    repeats = 1
    while (taken := _run(call, repeats)) < SLICE / 4:
        repeats *= 2
    return max(FEWEST, round(repeats * SLICE / taken))


def imports(modules: Mapping[str, str], rounds: int) -> Times:
    """Measure imports, each in a fresh interpreter.

    Args:
        modules: By column, what stands behind ``import``.
        rounds: How many interpreters a column.

    Returns: The CPU times of the import statement alone.
    """
    times: dict[str, list[float]] = {column: [] for column in modules}
    with tempfile.TemporaryDirectory() as compiled:
        for number in range(rounds + 1):
            for column in _turned(list(modules), number):
                taken = _import(modules[column], compiled)
                if number:  # the first fills the disk cache and writes .pyc files
                    times[column].append(taken)
    return Times(times)


def _import(modules: str, compiled: str) -> float:
    code = f"import time; t = time.process_time(); import {modules}; print(time.process_time() - t)"
    environment = {**os.environ, "NO_ALBUMENTATIONS_UPDATE": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPYCACHEPREFIX": compiled}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled once, not on every import
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return float(done.stdout.split()[-1]) * 1e6
