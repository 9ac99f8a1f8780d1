"""All that is looked at, in order: the file itself, its categories and names, then picture by picture the file and its labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from geoaug import files
from geoaug.coco.check.labels import area_of_box, label_faults
from geoaug.coco.check.outlines import measured
from geoaug.coco.check.pictures import Folder, Pictures, about, copy_faults, name_faults, picture_faults, unnamed_faults
from geoaug.coco.check.segments import segment_faults
from geoaug.coco.check.several import disagreements
from geoaug.coco.check.twins import twins
from geoaug.coco.dataset import Dataset, load
from geoaug.coco.document import Oddities, Record, parsed, short
from geoaug.coco.panoptic import INFO, Panoptic, is_panoptic, read_panoptic
from geoaug.coco.plural import counted
from geoaug.coco.problems import Problem
from geoaug.coco.records import size_of
from geoaug.headers import FileProblem

TOGETHER = 4096  # annotations that are measured at once
MOST_BOXED = 0.95  # of all areas: then it is a convention, and no slip
Told = Callable[[int, int], None]
Read = tuple[Record, list[Record], list[Problem]]  # a picture, its annotations, and what is wrong with others of its


def check(dataset: Dataset, images: str | Path | Pictures | None = None, progress: Told | None = None) -> list[Problem]:
    """Compare the parts of a data set with each other.

    Args:
        dataset: As read by `load`; what was found there comes first.
        images: Folder of the pictures; their headers are read, and whole files only where two have one length. ``None``: only the JSON.
        progress: Called with the pictures done and the pictures in all.

    Returns:
        One problem a finding, in the order of the file; empty for sound data.
    """
    return check_files([dataset], images, progress=progress)


def check_files(
    datasets: Sequence[Dataset | Panoptic],
    images: str | Path | Pictures | None = None,
    max_pixels: int = files.MAX_PIXELS,
    progress: Told | None = None,
) -> list[Problem]:
    """As `check`, of several files of one set of pictures, panoptic ones among them.

    Args:
        datasets: As from `read`.
        images: As for `check`; each picture is looked at once.
        max_pixels: Larger PNG files of panoptic ids are named and not read.
        progress: As for `check`.
    """
    pictures = images if isinstance(images, Pictures) or images is None else Folder(Path(images))
    plain = [one.dataset if isinstance(one, Panoptic) else one for one in datasets]
    found: list[Problem] = []
    seen: set[tuple[Any, ...]] = set()
    for one, dataset in zip(datasets, plain, strict=True):
        own = [*name_faults(dataset.images), *_Labels(dataset, pictures, progress, seen).faults()]
        if isinstance(one, Panoptic):
            own += chain.from_iterable(segment_faults(one, image, max_pixels) for image in dataset.images)
        named = dataset.found if len(plain) == 1 else [evolve(one, message=f"{dataset.path.name}: {one.message}") for one in dataset.found]
        found += [*named, *own]
    found += disagreements(plain)
    if pictures is not None:
        found += copy_faults(plain[0], pictures)
        found += unnamed_faults(list({image["id"]: image for dataset in plain for image in dataset.images}.values()), pictures)
    return list(dict.fromkeys(found)) if len(plain) > 1 else found  # files of one set say the same of their objects


def read(path: str | Path, max_pixels: int = files.MAX_PIXELS) -> Dataset | Panoptic:
    """Read a COCO file of any kind.

    Raises:
        CocoError: It is none, or the PNG files of a panoptic file are not there.
    """
    try:
        panoptic = f'"{INFO}"'.encode() in files.read_bytes(path, 2**31)
    except FileProblem:
        panoptic = False  # which `load` tells
    if panoptic:
        found = Oddities()
        document = parsed(path, found)
        if is_panoptic(document):
            return read_panoptic(path, document, found, max_pixels=max_pixels)
    return load(path, max_pixels)


@define
class _Labels:
    """One pass over the pictures of a file and their annotations."""

    dataset: Dataset
    pictures: Pictures | None
    progress: Told | None
    seen: set[tuple[Any, ...]] = field(factory=set)  # pictures that were looked at for another file
    areas: list[Problem] = field(factory=list, init=False)  # of those found, which are the areas of boxes
    posed: set[Any] = field(factory=set, init=False)  # categories of rows with keypoints
    shapes: int = field(default=0, init=False)
    boxed: int = field(default=0, init=False)

    def faults(self) -> list[Problem]:
        found = list(chain.from_iterable(self._of_images(group) for group in self._groups()))
        if len(self.areas) > 1 and self.boxed >= MOST_BOXED * self.shapes:
            own = set(map(id, self.areas))
            found = [problem for problem in found if id(problem) not in own]
            text = f"the areas of {counted(len(own), 'annotation')} are those of their boxes, not of their shapes, as in all of the file"
            found.append(Problem("area-is-box", text))
        return [*self._categories(), *found]

    def _categories(self) -> Iterator[Problem]:
        for category in self.dataset.categories:
            if category["id"] in self.posed and not category.get("keypoints"):
                text = f"category {short(category['id'])} names no keypoints, so a mirrored copy cannot swap left and right"
                yield Problem("category-keypoints-missing", text)

    def _groups(self) -> Iterator[list[Read]]:
        """Pictures with their annotations, so many that measuring them together pays."""
        group: list[Read] = []
        size = 0
        for number, image in enumerate(self.dataset.images):
            rows, problems = self.dataset.packed(image["id"]).read()
            group.append((image, rows, problems))
            size += len(rows) + 1
            if size >= TOGETHER:
                yield group
                group, size = [], 0
                if self.progress is not None:
                    self.progress(number + 1, len(self.dataset.images))
        yield group
        if self.progress is not None:
            self.progress(len(self.dataset.images), len(self.dataset.images))

    def _of_images(self, group: list[Read]) -> Iterator[Problem]:
        points = {row["id"]: row.get("keypoints") for row in self.dataset.categories}
        shapes = iter(measured([row.get("segmentation") for _, rows, _ in group for row in rows]))
        for image, rows, problems in group:
            yield from problems
            size = size_of(image)
            name = (image["file_name"], size)
            if self.pictures is not None and name not in self.seen:
                self.seen.add(name)
                yield from picture_faults(image, size, self.pictures)
            if size is None:
                yield about(image, "image-size-missing", "width and height are not stated; the file's are used")
            for row in rows:
                shape = next(shapes)
                if row.get("keypoints"):
                    self.posed.add(row.get("category_id"))
                if shape is not None and not row.get("iscrowd") and row.get("area") is not None:
                    self.shapes += 1
                    self.boxed += area_of_box(row)
                for code, message in label_faults(row, shape, size, points):
                    problem = Problem(code, message, image["id"], row["id"], image["file_name"])
                    if code == "area-not-shape" and area_of_box(row):
                        self.areas.append(problem)
                    yield problem
            if len(rows) > 1:
                for row, message in twins(rows):
                    yield Problem("annotation-twice", message, image["id"], row["id"], image["file_name"])
