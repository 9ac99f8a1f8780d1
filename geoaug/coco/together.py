"""Several annotation files of one set of pictures, read as one data set: each picture has one plan, whatever is said of it where.

Rows of all files lie in one list; those of the second file and further ones carry the number of their file under a key that
no JSON file would have, so that they find their way back.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from geoaug import files
from geoaug.coco.dataset import Dataset, load
from geoaug.coco.document import Oddities, Record, parsed, short
from geoaug.coco.folder import ANNOTATIONS, IMAGES, REPORT, SHARE, TARS, TEMPORARY, Refused
from geoaug.coco.panoptic import INFO, Panoptic, is_panoptic, read_panoptic
from geoaug.coco.problems import Problem
from geoaug.errors import CocoError
from geoaug.headers import FileProblem

PART = "\0part"  # in a row: the number of its file, where that is not the first
MARK = "\0mark"  # in a row that stands for a record of the picture: the number of its file
SEGMENTS = "panoptic"  # folder of the PNG files of a result of one file


@frozen
class Part:
    """One annotation file of a run.

    Args:
        name: Of the file in the result.
        document: All of the source but its pictures and annotations, which are empty lists, in its order of keys.
        images: Its own records of its pictures.
        panoptic: What it is beside that, if it is a panoptic file.
    """

    name: str
    document: Record
    images: dict[Any, Record] = field(factory=dict, repr=False)
    panoptic: Panoptic | None = None

    @property
    def folder(self) -> str | None:
        """Folder of its PNG files in the result; None where it has none."""
        if self.panoptic is None:
            return None
        return SEGMENTS if self.name == ANNOTATIONS else Path(self.name).stem


def part_of(row: Record) -> int:
    """Returns: The number of the file that a row is from."""
    number: int = row.get(PART, 0)
    return number


def outputs(paths: Sequence[str | Path]) -> list[str]:
    """Returns: What the files of a result are called: like those of the source where there are several, else ``annotations.json``.

    Raises:
        Refused: Two would have one name, or one that a run needs itself.
    """
    if not paths:
        raise Refused("annotations: none given; name at least one COCO file")
    if len(paths) == 1:
        return [ANNOTATIONS]
    names = [f"{Path(path).stem}.json" for path in paths]
    taken = {REPORT, SHARE, IMAGES, TARS, TEMPORARY}
    for name, path in zip(names, paths, strict=True):
        folder = Path(name).stem.casefold()  # of the PNG files, if it is a panoptic one
        if {name.casefold(), folder} & taken:
            raise Refused(f"annotations: {os.fspath(path)!r}: the result already has a file or folder called {name!r}; give it another name")
        taken |= {name.casefold(), folder}
    return names


def read_all(paths: Sequence[str | Path], max_pixels: int = files.MAX_PIXELS) -> tuple[Dataset, list[Part]]:
    """Read all annotation files of one set of pictures.

    Args:
        paths: COCO files of instances, keypoints or captions, and at most one panoptic file.
        max_pixels: An image record that states more is left out.

    Returns:
        All of them as one data set, without the segments of the panoptic file, and the files by themselves.

    Raises:
        Refused: Two of the results would have one name.
        CocoError: A file cannot be read or does not go with the others.
    """
    parts, datasets = [], []
    for name, path in zip(outputs(paths), paths, strict=True):
        panoptic = _panoptic(path, max_pixels)
        dataset = load(path, max_pixels) if panoptic is None else panoptic.dataset
        head = dataset.document(images=[], annotations=[])
        parts.append(Part(name, head, {image["id"]: image for image in dataset.images}, panoptic))
        datasets.append(dataset)
    several = [part.name for part in parts if part.panoptic is not None]
    if len(several) > 1:
        raise CocoError(f"annotations: {' and '.join(several)} are panoptic files; a run takes one of them, as each gives every pixel its segment")
    return (datasets[0] if len(datasets) == 1 else joined(datasets)), parts


def _panoptic(path: str | Path, max_pixels: int) -> Panoptic | None:
    """A panoptic file; None of anything else, which is not parsed for it."""
    try:
        if f'"{INFO}"'.encode() not in files.read_bytes(path):
            return None
    except FileProblem:
        return None  # which `load` tells
    found = Oddities()
    document = parsed(path, found)
    return read_panoptic(path, document, found, max_pixels=max_pixels) if is_panoptic(document) else None


def joined(datasets: Sequence[Dataset]) -> Dataset:
    """Join data sets of the same pictures, told by their ids.

    A picture that is in one file only is fine. Where two files say different things of one id, the first one counts, and
    what the other one says of that picture is left out and named. Rows are changed: they get the number of their file.

    Raises:
        CocoError: Two files say of one category that its keypoints are other ones, or a file has no picture that another one has.
    """
    _check_common(datasets)
    images: dict[Any, Record] = {}
    rows: list[Record] = []
    problems: list[Problem] = []
    lost: Counter[str] = Counter()
    for number, dataset in enumerate(datasets):
        name = dataset.path.name
        problems += [evolve(problem, message=f"{name}: {problem.message}") for problem in dataset.problems]
        strange = set()
        for image in dataset.images:
            known = images.get(image["id"])
            wrong = None if known is None else _difference(known, image)
            if wrong:
                strange.add(image["id"])
                text = f"{name}: {wrong}; what this file says of the picture is left out"
                problems.append(Problem("image-differs", text, image["id"], file_name=image["file_name"]))
            elif known is None or not (known.get("width") and known.get("height")):
                images[image["id"]] = {**(known or {}), **image} if known else image
        for row in dataset.annotations:
            if row["image_id"] in strange:
                lost["image-differs"] += 1
                continue
            if number:
                row[PART] = number
            rows.append(row)
    left_out: Counter[str] = Counter()
    for dataset in datasets:
        left_out |= dataset.images_left_out  # a picture that all files have is left out once
        lost += dataset.annotations_left_out
    categories, notes = _categories(datasets)
    first = datasets[0]
    return Dataset(
        path=first.path,
        info=first.info,
        licenses=first.licenses,
        images=list(images.values()),
        annotations=rows,
        categories=categories,
        problems=[*problems, *notes],
        images_left_out=left_out,
        annotations_left_out=lost,
    )


def _check_common(datasets: Sequence[Dataset]) -> None:
    """Refuse files of other pictures: ``instances_val.json`` beside ``captions_train.json`` is a slip."""
    ids = [{image["id"] for image in dataset.images} for dataset in datasets]
    for number, dataset in enumerate(datasets):
        others = set().union(*(other for k, other in enumerate(ids) if k != number))
        if ids[number] and others and not ids[number] & others:
            raise CocoError(
                f"{dataset.path.name}: none of its pictures is in the other files; give files of one set of pictures (are they of one split?)"
            )


def _difference(known: Record, image: Record) -> str:
    """What two records of one id cannot both say."""
    for key in ("file_name", "width", "height"):
        if known.get(key) is not None and image.get(key) is not None and known[key] != image[key]:
            return f"{key} is {short(image[key])}, an earlier file says {short(known[key])}"
    return ""


def _categories(datasets: Iterable[Dataset]) -> tuple[list[Record], list[Problem]]:
    """Categories of all files by id: of two the one that names keypoints, else the first."""
    found: dict[Any, tuple[Record, str]] = {}
    problems = []
    for dataset in datasets:
        for category in dataset.categories:
            known, name = found.get(category["id"], (None, ""))
            mine, theirs = category.get("keypoints"), known.get("keypoints") if known else None
            if mine and theirs and mine != theirs:
                where = f"category {short(category['id'])} has other keypoints in {dataset.path.name} than in {name}"
                raise CocoError(f"annotations: {where}, so left and right cannot be told; augment these files apart from each other")
            if known is not None and known.get("name") != category.get("name"):
                text = f"{dataset.path.name}: category {short(category['id'])} is {short(category.get('name'))}, in {name} {short(known.get('name'))}"
                problems.append(Problem("category-differs", f"{text}; names that are asked for mean the latter"))
            if known is None or (mine and not theirs):
                found[category["id"]] = (category, dataset.path.name)
    return [category for category, _ in found.values()], problems


def without_twins(dataset: Dataset, parts: Sequence[Any]) -> Dataset:
    """Count objects: person keypoints repeat instances.

    Returns:
        The same without rows that an earlier file has too; what only the later one says of such an object is in the row that stays.
    """
    if len(parts) == 1:
        return dataset
    first: dict[tuple[Any, Any, Any], int] = {}
    kept: list[Record] = []
    for row in dataset.annotations:
        place = first.setdefault((row["image_id"], row["id"], row.get("category_id")), len(kept))
        if place == len(kept) or part_of(kept[place]) == part_of(row):
            kept.append(row)
            continue
        more = {key: value for key, value in row.items() if key not in kept[place] and key not in (PART, MARK)}
        if more:  # a new row: the run goes on with these ones
            kept[place] = {**kept[place], **more}
    return evolve(dataset, annotations=kept)
