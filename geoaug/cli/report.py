"""``--report FILE.html``: where the page may be written, looked at before any work, and writing it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from geoaug import files
from geoaug.cli.progress import say
from geoaug.coco.folder import Refused
from geoaug.coco.together import read_all, without_twins

ENDINGS = (".html", ".htm")


def place_of(options: argparse.Namespace) -> Path | None:
    """Where the report goes.

    Returns:
        The file, or ``None`` where no report is wanted.

    Raises:
        Refused: Something could be lost by writing there; nothing was changed.
    """
    if options.report is None:
        return None
    typed, place = repr(options.report), Path(options.report)
    if place.suffix.lower() not in ENDINGS:
        raise Refused(f"report: {typed}: expected a name that ends in .html")
    if place.is_symlink() or place.is_dir():
        raise Refused(f"report: {typed} is a {'link' if place.is_symlink() else 'folder'}; name a file")
    real = place.resolve()
    if options.images is not None and real.is_relative_to(Path(options.images).resolve()):
        raise Refused(f"report: {typed} lies in the image folder {options.images!r}; choose a place outside of it")
    annotations = options.annotations if isinstance(options.annotations, list) else [options.annotations]
    inputs = [Path(name).resolve() for name in (*annotations, getattr(options, "pipeline", None)) if name is not None]
    if real in inputs:
        raise Refused(f"report: {typed} is one of the inputs; choose another name")
    out = getattr(options, "out", None)
    if out is not None and real.is_relative_to(Path(out).resolve()):
        raise Refused(f"report: {typed} lies in the folder of the result, which holds nothing but the result; choose a place beside it")
    if getattr(options, "shard", None) is not None:
        raise Refused("report: a share is no result yet; leave out --report until geoaug merge has joined the shares")
    return place


def page_of(options: argparse.Namespace) -> str:
    """Returns: The page of a finished run, as the options of ``geoaug augment`` name it."""
    from geoaug.coco.report import result_report  # only who asks for a page pays for it

    annotations = options.annotations if isinstance(options.annotations, list) else [options.annotations]
    source = without_twins(read_all(annotations, options.max_pixels)[0], annotations)
    return result_report(options.out, source, options.images, options.max_pixels)


def page_of_findings(*given: Any) -> str:
    """Returns: The page of what `geoaug check` found, as `geoaug.coco.report.check_report` makes it."""
    from geoaug.coco.report import check_report

    return check_report(*given)


def write(place: Path | None, page: Callable[[], str], quiet: bool = False) -> None:
    """Write the report whole or not at all, if one is wanted, and tell where it is."""
    if place is None:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    files.write_text(place, page())
    if not quiet:
        say(f"report       {place}")
