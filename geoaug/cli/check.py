"""``geoaug check``: one line a finding."""

from __future__ import annotations

import argparse
from pathlib import Path

from geoaug.cli.progress import line, say
from geoaug.coco.check import check
from geoaug.coco.dataset import load
from geoaug.coco.folder import Refused
from geoaug.coco.summary import counted
from geoaug.coco.workers import quiet_opencv


def run(options: argparse.Namespace) -> int:
    """Print all findings on stdout; 1 if there is any."""
    quiet_opencv()
    if options.images is not None and not Path(options.images).is_dir():
        raise Refused(f"images: {options.images!r} is not a folder; name the folder that the file names start from")
    dataset = load(options.annotations, options.max_pixels)
    problems = check(dataset, options.images)
    for problem in problems:
        say(line(problem))
    parts = (("image", dataset.images), ("annotation", dataset.annotations), ("category", dataset.categories))
    sizes = ", ".join(counted(len(rows), noun) for noun, rows in parts)
    found = counted(len(problems), "finding") if problems else "no findings"
    looked = "" if options.images is not None else " (pictures not looked at; name them with --images)"
    say(f"{sizes}: {found}{looked}")
    return 1 if problems else 0
