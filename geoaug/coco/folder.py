"""The folders of a run: which ones may be read from and written to, and what stands in the one of the result."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from geoaug import files, headers
from geoaug.coco.dataset import save
from geoaug.coco.document import Record
from geoaug.errors import ParameterError

ANNOTATIONS, IMAGES, REPORT, TEMPORARY = "annotations.json", "images", "geoaug-report.json", ".geoaug"


class Refused(ParameterError):
    """The run was refused before any work, and nothing was changed."""


def image_folder(images: str | Path) -> Path:
    """Returns: The folder of the pictures, which must exist."""
    place = Path(images)
    if not place.is_dir():
        what = "is not a folder" if place.exists() else "does not exist"
        raise Refused(f"images: {str(images)!r} {what}; name the folder that the file names start from")
    return place.resolve()


def result_folder(given: str | Path, images: Path, inputs: list[Path], overwrite: bool) -> Path:
    """Refuse a folder in which something could be lost.

    Args:
        given: The folder as it was typed; it need not exist.
        images: The image folder, resolved.
        inputs: All other files that are read, resolved.
        overwrite: Whether an earlier result of geoaug may be cleared.

    Returns:
        The folder, resolved.
    """
    name, out = repr(str(given)), Path(given).resolve()
    if Path(given).is_symlink() and not Path(given).exists():
        raise Refused(f"out: {name} is a link that leads nowhere; remove it or choose another name")
    if out == images or out.is_relative_to(images) or images.is_relative_to(out):
        raise Refused(f"out: {name} overlaps with the image folder {str(images)!r}; choose a folder beside it")
    for place in inputs:
        if place.is_relative_to(out):
            raise Refused(f"out: {name} holds the input {place.name!r}; choose another folder")
    if not os.path.lexists(out):
        return out
    if not out.is_dir():
        raise Refused(f"out: {name} is not a folder; choose another name")
    entries = {entry.name for entry in out.iterdir()}
    if not entries:
        return out
    if not overwrite:
        state = "is not empty"
        if REPORT in entries and ANNOTATIONS not in entries:
            state = "holds a run that did not finish"
        raise Refused(f"out: {name} {state}; choose another folder, or clear a result of geoaug with --overwrite")
    _check_ours(name, out, entries)
    return out


def _check_ours(typed: str, out: Path, entries: set[str]) -> None:
    """Refuse to clear a folder that geoaug did not write, or that somebody has put something into."""
    try:
        ours = "geoaug" in json.loads(files.read_bytes(out / REPORT, 2**28))
    except (headers.FileProblem, ValueError, TypeError, RecursionError):
        ours = False
    strange = sorted(entries - {ANNOTATIONS, IMAGES, REPORT, TEMPORARY})
    if not ours or strange:
        why = f"holds {strange[0]!r}, which geoaug did not write" if strange else f"has no {REPORT} of geoaug"
        raise Refused(f"out: {typed} {why}, so it is not cleared; choose another folder")
    for name in (IMAGES, TEMPORARY):
        if (out / name).is_symlink():
            raise Refused(f"out: {name!r} in {typed} is a link; remove it first")


def start_folder(out: Path, head: Record) -> None:
    """Make the folder, or empty it: what is in it was looked at before.

    The report stands there before anything else, so that the folder is known for geoaug's whenever the run ends.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / ANNOTATIONS).unlink(missing_ok=True)
    for name in (IMAGES, TEMPORARY):
        if (out / name).exists():
            shutil.rmtree(out / name)
    save(out / REPORT, head)
    for name in (IMAGES, TEMPORARY):
        (out / name).mkdir()
