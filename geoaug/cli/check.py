"""``geoaug check``: one line a finding."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from geoaug.cli.progress import line, say
from geoaug.cli.report import check_report, place_of, write
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
    report = place_of(options)
    dataset = load(options.annotations, options.max_pixels)
    problems = check(dataset, options.images)
    for problem in problems:
        say(line(problem))
    if options.log_json:
        options.voice.problems(problems, "")
    parts = (("image", dataset.images), ("annotation", dataset.annotations), ("category", dataset.categories))
    sizes = ", ".join(counted(len(rows), noun) for noun, rows in parts)
    found = counted(len(problems), "finding") if problems else "no findings"
    looked = "" if options.images is not None else " (pictures not looked at; name them with --images)"
    say(f"{sizes}: {found}{looked}")
    write(report, lambda: check_report(dataset, options.images, problems, options.max_pixels))
    counts = {
        noun: len(rows) for noun, rows in (("images", dataset.images), ("annotations", dataset.annotations), ("categories", dataset.categories))
    }
    return int(options.voice.end(1 if problems else 0, counts=counts, problems=Counter(problem.code for problem in problems)))
