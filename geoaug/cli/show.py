"""``geoaug show``: a contact sheet to look at."""

from __future__ import annotations

import argparse
from pathlib import Path

from geoaug import files
from geoaug.cli.progress import complain_of, say
from geoaug.coco.dataset import load
from geoaug.coco.folder import Refused
from geoaug.coco.pipeline import builtin_pipeline, check_runs, check_sizes, read_pipeline
from geoaug.coco.problems import Problem
from geoaug.coco.sheet import MOST_COPIES, MOST_ROWS, sheet
from geoaug.coco.summary import exit_code
from geoaug.coco.workers import quiet_opencv
from geoaug.randomness import parse_seed


def run(options: argparse.Namespace) -> int:
    """Draw the sheet and tell where it is."""
    quiet_opencv()
    for name, value, low, high in (("count", options.count, 1, MOST_ROWS), ("copies", options.copies, 0, MOST_COPIES)):
        if not low <= value <= high:
            raise Refused(f"{name}: expected {low} to {high}, got {value}")
    seed = parse_seed(options.seed)
    out, format_ = Path(options.out), _format(options.out)
    folder = Path(options.images)
    if not folder.is_dir():
        raise Refused(f"images: {options.images!r} is not a folder; name the folder that the file names start from")
    inputs = [Path(name).resolve() for name in (options.annotations, options.pipeline) if name is not None]
    if out.resolve() in inputs or (out.exists() and out.resolve().is_relative_to(folder.resolve())):
        raise Refused(f"out: {options.out!r} is one of the inputs; choose another name")
    if out.is_symlink() and not out.exists():
        raise Refused(f"out: {options.out!r} is a link that leads nowhere; remove it or choose another name")
    if out.is_dir():
        raise Refused(f"out: {options.out!r} is a folder; name a picture in it")
    pipeline = read_pipeline(options.pipeline) if options.pipeline is not None else builtin_pipeline()
    check_runs(pipeline)
    check_sizes(pipeline, options.max_pixels)
    dataset = load(options.annotations, options.max_pixels)
    problems: list[Problem] = []
    try:
        drawn = sheet(dataset, folder, pipeline, options.count, options.copies, seed or 0, options.max_pixels, problems)
    finally:
        problems = [*dataset.problems, *problems]
        complain_of(problems, "geoaug check names all")
    out.parent.mkdir(parents=True, exist_ok=True)
    files.write_image(out, drawn, format_)
    say(f"{out}: {drawn.shape[1]} x {drawn.shape[0]}")
    return exit_code(problems)


def _format(out: str) -> str:
    ending = Path(out).suffix.lower().removeprefix(".")
    known = files.SPELLINGS.get(ending, ending)
    if known not in files.FORMATS:
        raise Refused(f"out: {out!r}: expected a name that ends in .png or .jpg")
    return known
