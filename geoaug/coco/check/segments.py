"""Panoptic files: the ids of their PNG files held against ``segments_info``, areas and boxes against pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geoaug import files
from geoaug.coco.document import Record, short
from geoaug.coco.panoptic import INFO, Opened, Panoptic, opened
from geoaug.coco.problems import Problem
from geoaug.coco.records import size_of
from geoaug.headers import FileProblem


def segment_faults(panoptic: Panoptic, image: Record, max_pixels: int = files.MAX_PIXELS) -> Iterator[Problem]:
    """Read the PNG file of one picture and hold it against its records.

    Args:
        panoptic: The file.
        image: A picture of it.
        max_pixels: Larger PNG files are named and not read.
    """
    entry = panoptic.entries.get(image["id"])
    if entry is None:
        return
    size = size_of(image)
    if size is None:
        try:
            size = files.probe(files.safe_path(panoptic.folder, entry["file_name"]), max_pixels).size
        except FileProblem as problem:
            yield Problem(problem.code.replace("image-", "panoptic-"), str(problem), image["id"], file_name=entry["file_name"])
            return
    seen = opened(panoptic, image["id"], size, max_pixels=max_pixels)
    for code, message, number in seen.problems:
        yield Problem(code, message, image["id"], number, entry["file_name"])
    yield from _corrected(seen, entry, image)


def _corrected(seen: Opened, entry: Record, image: Record) -> Iterator[Problem]:
    if seen.segments is None:
        return
    stated: dict[Any, Record] = {info["id"]: info for info in entry[INFO]}
    true: dict[Any, Record] = {info["id"]: info for info in seen.segments.infos}
    for part, numbers in seen.corrected.items():
        for number in numbers:
            text = f"{part} is {short(stated[number][part])}, the pixels' is {short(true[number][part])}"
            yield Problem(f"segment-{part}", text, image["id"], number, entry["file_name"])
