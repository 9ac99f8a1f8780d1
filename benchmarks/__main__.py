"""The table: ``python -m benchmarks [names…] [--rounds N] [--peers albumentations] [--json FILE]``."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import measure, offline
from benchmarks.workloads import AT_LEAST, FASTER, FLOOR, WORKLOADS, Call, library

PEERS = ("albumentations",)
# of geoaug what the pipeline of W2 loads, since `import geoaug` alone loads nothing
W2_LOADS = "geoaug.compose, geoaug.transforms.affine, geoaug.transforms.crops, geoaug.transforms.flips, geoaug.transforms.tone"
IMPORTS = {"geoaug": f"cv2, numpy, {W2_LOADS}", "floor": "cv2, numpy", "albumentations": "albumentations"}
OTHERS: dict[str, tuple[str, dict[str, float]]] = {
    "W9": ("import", {FLOOR: 1.50}),  # of the time of cv2 and numpy
    "W10": ("JPEG and 7 polygons, file to file", {FLOOR: 1.3, FASTER: 4}),
}
HEADER = ("workload", "geoaug µs", "floor µs", "geoaug/floor", "albumentations µs", "albumentations/geoaug", "goals")


def importable(name: str) -> bool:
    """Returns: Whether the library can be imported; if not, stderr says why."""
    try:
        library(name)
    except ImportError as error:
        print(f"{name} is left out: {error}", file=sys.stderr)
        return False
    return True


def run(name: str, columns: Sequence[str], rounds: int) -> measure.Times:
    """Returns: The times of one workload, of the imports (W9) or of files (W10); without the columns whose library cannot do it."""
    if name == "W9":
        return measure.imports({column: IMPORTS[column] for column in columns}, rounds)
    if name == "W10":
        with tempfile.TemporaryDirectory() as folder:
            return measure.interleaved(offline.calls(columns, Path(folder)), rounds)
    calls = {column: call for column in columns if (call := built(name, column)) is not None}
    return measure.interleaved(calls, rounds)


def built(name: str, column: str) -> Call | None:
    """Returns: The call to measure, or None, with the reason on stderr, where this version of the library lacks a name."""
    try:
        return WORKLOADS[name].builders()[column]()
    except AttributeError as error:
        print(f"{name}: {column} is left out: {error}", file=sys.stderr)
        return None


def row(name: str, times: measure.Times) -> dict[str, Any]:
    """Returns: One line of the table as numbers; None where something was not measured."""
    title, goals = OTHERS[name] if name in OTHERS else (WORKLOADS[name].title, WORKLOADS[name].goals)
    line: dict[str, Any] = {"workload": name, "title": title}
    line |= {f"{column} µs": times.median(column) for column in IMPORTS}
    line |= {FLOOR: times.ratio("geoaug", "floor"), "albumentations/geoaug": times.ratio("albumentations", "geoaug")}
    line["goals"] = [{"of": of, "bound": bound, "met": met(of, line[of], bound)} for of, bound in goals.items()]
    return line


def met(column: str, reached: float | None, bound: float) -> bool | None:
    """Returns: Whether a number keeps to its goal; None where it was not measured."""
    if reached is None:
        return None
    return reached >= bound if column in AT_LEAST else reached <= bound


def text(line: dict[str, Any]) -> list[str]:
    """Returns: The cells of one line, in the order of the header."""
    cells = [f"{line['workload']} {line['title']}"]
    for column in HEADER[1:6]:
        value, digits = line[column], 2 if "/" in column else 1
        cells.append("-" if value is None else f"{value:.{digits}f}" if digits == 2 or value < 100 else f"{value:.0f}")
    verdicts = {True: " met", False: " missed", None: ""}
    goals = [f"{goal['of']} {'≥' if goal['of'] in AT_LEAST else '≤'} {goal['bound']:g}{verdicts[goal['met']]}" for goal in line["goals"]]
    return [*cells, "; ".join(goals)]


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Returns: The command line, checked."""
    names = [*WORKLOADS, *OTHERS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="geoaug beside bare OpenCV and its peers")
    parser.add_argument("names", nargs="*", metavar="name", help=f"workloads, of {' '.join(names)}; all when none is given")
    parser.add_argument("--rounds", type=int, default=15, help="turns of every column (default 15)")
    parser.add_argument("--peers", default=",".join(PEERS), help="libraries beside geoaug, by commas; '' for none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")
    options = parser.parse_args(given)
    options.names = options.names or names
    options.peers = [peer for peer in options.peers.split(",") if peer]
    if unknown := [name for name in options.names if name not in names]:
        parser.error(f"unknown workload {unknown[0]!r}; there are {', '.join(names)}")
    if unknown := [peer for peer in options.peers if peer not in PEERS]:
        parser.error(f"unknown peer {unknown[0]!r}; there is {', '.join(PEERS)}")
    if options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: give 1 or more")
    return options


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print.

    Returns: The exit code, 0: goals are shown, not enforced.
    """
    options = arguments(given)
    columns = [name for name in ("geoaug", "floor", *options.peers) if name == "floor" or importable(name)]
    print(f"OpenCV {cv2.__version__}, numpy {np.__version__}, Python {platform.python_version()}, one thread, {options.rounds} rounds")
    widths = [40, *(len(title) for title in HEADER[1:6]), 18]
    lines = []
    for cells in (HEADER, None, *options.names):
        if cells is None:
            print("  ".join("-" * width for width in widths))
            continue
        if isinstance(cells, str):
            lines.append(row(cells, run(cells, columns, options.rounds)))
            cells = text(lines[-1])
        padded = [cells[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(cells[1:6], widths[1:6], strict=True))]
        print("  ".join([*padded, cells[6]]), flush=True)
    if options.json:
        machine = {"opencv": cv2.__version__, "numpy": np.__version__, "python": platform.python_version(), "rounds": options.rounds}
        options.json.write_text(json.dumps({**machine, "rows": lines}, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
