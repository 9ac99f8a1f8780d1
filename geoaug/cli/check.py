"""``geoaug check``: one line a finding."""

from __future__ import annotations

import argparse
from pathlib import Path

from geoaug.cli.progress import say
from geoaug.coco.check import check
from geoaug.coco.dataset import load
from geoaug.coco.run import Refused, quiet_opencv


def run(options: argparse.Namespace) -> int:
    """Print all findings on stdout; 1 if there is any."""
    quiet_opencv()
    if options.images is not None and not Path(options.images).is_dir():
        raise Refused(f"images: {options.images!r} is not a folder; name the folder that the file names start from")
    dataset = load(options.annotations, options.max_pixels)
    problems = check(dataset, options.images)
    for problem in problems:
        say(problem.line())
    counted = f"{len(dataset.images)} images, {len(dataset.annotations)} annotations, {len(dataset.categories)} categories"
    found = f"{len(problems)} finding{'s' * (len(problems) != 1)}" if problems else "no findings"
    say(f"{counted}: {found}{'' if options.images is not None else ' (pictures not looked at; name them with --images)'}")
    return 1 if problems else 0
