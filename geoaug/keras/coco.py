"""Batches of the pictures of a COCO file, with boxes, masks and keypoints where the drawn warp moves them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from geoaug.coco.dataset import Dataset, load
from geoaug.coco.document import Record
from geoaug.coco.sides import flip_pairs
from geoaug.errors import DataError, DataTypeError
from geoaug.files import read_image, safe_path
from geoaug.headers import FileProblem
from geoaug.keras.folders import Reader, Reading, class_names
from geoaug.keras.generator import ImageDataGenerator
from geoaug.keras.iterators import Workers, split_at
from geoaug.keras.pictures import in_mode
from geoaug.keras.ranges import refuse
from geoaug.params import AREA, CUBIC, LANCZOS, LINEAR, NEAREST, chance, positive
from geoaug.raster.fill import fill_parts
from geoaug.targets import rle
from geoaug.targets.annotations import is_flat
from geoaug.targets.boxes import BboxParams
from geoaug.transforms.resize import Resize
from geoaug.types import Array, Floats, Size

TARGETS = ("detection", "instance", "keypoints", "semantic", "classes", None)
FORMATS = ("xyxy", "xywh", "center_xywh", "rel_xyxy", "rel_xywh")
FLAGS = {"nearest": NEAREST, "bilinear": LINEAR, "bicubic": CUBIC, "lanczos": LANCZOS, "box": AREA}


@frozen
class Wanted:
    """What y is.

    Args:
        target: One of ``TARGETS``.
        box_format: One of ``FORMATS``.
        rows: How many objects each picture of a batch has room for; None for as many as one of them has.
        min_visibility: The share of an object that must be left.
    """

    target: str | None
    box_format: str
    rows: int | None
    min_visibility: float

    @classmethod
    def of(cls, target: Any, box_format: Any, max_boxes: Any, min_visibility: Any) -> Wanted:
        """Returns: What arguments mean, or an error that names the one that means nothing."""
        for name, given, known in (("target", target, TARGETS), ("bounding_box_format", box_format, FORMATS)):
            if given not in known:
                raise refuse(name, "one of " + ", ".join(map(repr, known)), given)
        try:
            rows = None if max_boxes is None else positive(max_boxes)
        except ValueError:
            raise refuse("max_boxes", "a whole number of at least 1, or None", max_boxes) from None
        try:
            return cls(target, box_format, rows, chance(min_visibility))
        except ValueError:
            raise refuse("min_visibility", "a number from 0 to 1", min_visibility) from None

    @property
    def table(self) -> bool:
        """Whether y has a row an object."""
        return self.target in ("detection", "instance", "keypoints")


class CocoIterator(Reader):
    """Batches of the pictures of a COCO file.

    Args:
        annotations: The file, or what ``geoaug.coco.dataset.load`` made of it.
        images: The folder of its pictures.
        image_data_generator: What is drawn.
        reading: How pictures are read.
        wanted: What y is.
        classes: Names of categories, or None for all.
        batch_size: As of ``Iterator``, as the next two.
        shuffle: The same.
        seed: The same.
        subset: ``"training"``, ``"validation"``, or None.
        by: Who makes the batches.
    """

    def __init__(
        self, annotations: str | Path | Dataset, images: str | Path, image_data_generator: ImageDataGenerator, reading: Reading, wanted: Wanted,
        classes: Sequence[str] | None, batch_size: int, shuffle: bool, seed: int | None, subset: str | None, by: Workers,
    ) -> None:  # fmt: skip
        if reading.interpolation not in FLAGS:
            raise refuse("interpolation", "one of " + ", ".join(map(repr, FLAGS)), reading.interpolation)
        if not isinstance(annotations, (str, os.PathLike, Dataset)):
            raise DataTypeError(f"`annotations` should name a COCO file, or be what geoaug.coco.dataset.load made of it. Received: {annotations!r}")
        if not isinstance(images, (str, os.PathLike)):
            raise DataTypeError(f"`images` should be the name of a folder. Received: {images!r}")
        dataset = annotations if isinstance(annotations, Dataset) else load(annotations)
        if wanted.target is not None and not dataset.categories:
            told = "it has no categories; give a file of instances or keypoints, or target=None for the pictures alone"
            raise DataError(f"`annotations` {os.fspath(dataset.path)!r}: {told}")
        self.images, self.wanted, self.problems, self.subset = images, wanted, dataset.problems, subset
        self.class_indices, self.numbers = _classes(dataset, classes)
        self.num_classes = len(self.class_indices)
        records = dataset.images[split_at(len(dataset.images), image_data_generator, subset)]
        if not records:
            told = "" if subset is None else f" for subset={subset!r}"
            raise DataError(f"`annotations` {os.fspath(dataset.path)!r}: no image record can be used{told}; {len(dataset.problems)} problems")
        self.records = records
        self.rows = [[row for row in dataset.annotations_of(record["id"]) if row.get("category_id") in self.numbers] for record in records]
        self.points = max((len(row["keypoints"]) // 3 for rows in self.rows for row in rows if row.get("keypoints")), default=0)
        super().__init__(len(records), image_data_generator, reading, batch_size, shuffle, seed, (None, "", "png"), by)
        before = [] if image_data_generator.pipeline is None else [image_data_generator.pipeline]
        self.pipeline = image_data_generator.composed(
            self.drawn_from,
            *before,
            Resize(*reading.size, interpolation=FLAGS[reading.interpolation], p=1),
            flip_pairs=flip_pairs(dataset.categories),
            bbox_params=BboxParams("coco", min_visibility=wanted.min_visibility),
        )

    def name_of(self, row: int) -> str:
        return str(self.records[row]["file_name"])

    def sample(self, row: int, epoch: int) -> tuple[Array, list[Record]]:
        record = self.records[row]
        stated = record.get("height"), record.get("width")
        where = f"image id {record['id']!r} ({record['file_name']!r})"
        try:
            path = safe_path(self.images, record["file_name"])
            pixels = read_image(path, stated if all(stated) else None).pixels  # type: ignore[arg-type]  # both are numbers
        except FileProblem as problem:
            raise DataError(f"{where}: {problem}") from None
        try:
            out = self.pipeline(image=in_mode(pixels, self.color_mode), annotations=self.rows[row], key=(epoch, row))
        except DataError as problem:
            raise DataError(f"{where}: {problem}") from None
        return self.finished(out["image"]), out["annotations"]

    def batch(self, rows: Array, epoch: int) -> Any:
        samples, _ = self.readable(rows, epoch)
        made = np.stack([picture for picture, _ in samples]).astype(self.dtype, copy=False)
        if self.wanted.target is None:
            return made
        labelled = [annotations for _, annotations in samples]
        if self.wanted.target == "classes":
            return made, np.stack([self._shown(annotations) for annotations in labelled])
        if self.wanted.target == "semantic":
            return made, np.stack([self._painted(annotations) for annotations in labelled])
        return made, self._table(labelled)

    # --- targets ---

    def _number(self, annotation: Record) -> int:
        return self.numbers[annotation["category_id"]]

    def _shown(self, annotations: list[Record]) -> Array:
        shown = np.zeros(self.num_classes, self.dtype)
        shown[[self._number(annotation) for annotation in annotations]] = 1
        return shown

    def _painted(self, annotations: list[Record]) -> Array:
        painted = np.zeros(self.target_size, np.int32)
        for annotation in sorted(annotations, key=_extent, reverse=True):
            part, (top, left) = _part(annotation, self.target_size)
            view = painted[top : top + part.shape[0], left : left + part.shape[1]]
            view[part > 0] = 1 + self._number(annotation)
        return painted

    def _table(self, labelled: list[list[Record]]) -> dict[str, Array]:
        """Returns: Boxes and labels of each picture, and masks or keypoints, one row an object, padded."""
        kept = [[row for row in annotations if not row.get("iscrowd") and row.get("bbox") is not None] for annotations in labelled]
        room = self.wanted.rows or max(1, *map(len, kept))
        kept = [rows if len(rows) <= room else sorted(rows, key=_extent, reverse=True)[:room] for rows in kept]
        count = len(kept)
        y = {"boxes": np.full((count, room, 4), -1, np.float32), "labels": np.full((count, room), -1, np.float32)}
        if self.wanted.target == "instance":
            y["masks"] = np.zeros((count, room, *self.target_size), np.uint8)
        if self.wanted.target == "keypoints":
            y["keypoints"] = np.zeros((count, room, self.points, 3), np.float32)
        for k, rows in enumerate(kept):
            if rows:
                y["boxes"][k, : len(rows)] = _boxes(np.array([row["bbox"] for row in rows]), self.wanted.box_format, self.target_size)
                y["labels"][k, : len(rows)] = [self._number(row) for row in rows]
            for place, row in enumerate(rows):
                if "masks" in y:
                    part, (top, left) = _part(row, self.target_size)
                    y["masks"][k, place, top : top + part.shape[0], left : left + part.shape[1]] = part
                if "keypoints" in y and row.get("keypoints"):
                    points = np.reshape(row["keypoints"], (-1, 3))
                    y["keypoints"][k, place, : len(points)] = points
        return y


def _classes(dataset: Dataset, classes: Sequence[str] | None) -> tuple[dict[str, int], dict[Any, int]]:
    """Returns: The number of each class by its name, and by its id."""
    known = sorted(dataset.categories, key=lambda row: (isinstance(row["id"], str), row["id"]))
    named = {str(row.get("name", row["id"])): row["id"] for row in known}
    if len(named) < len(known):  # a name that stands twice
        named = {f"{row.get('name')} ({row['id']})": row["id"] for row in known}
    wanted = list(named) if classes is None else class_names(classes)
    for name in wanted:
        if name not in named:
            raise refuse("classes", f"names of categories, which are {list(named)[:30]}", name)
    indices = {name: number for number, name in enumerate(wanted)}
    return indices, {named[name]: number for name, number in indices.items()}


def _extent(annotation: Record) -> float:
    _, _, width, height = annotation.get("bbox") or (0, 0, 0, 0)
    return float(annotation.get("area") or width * height)


def _part(annotation: Record, size: Size) -> tuple[Array, tuple[int, int]]:
    """Returns: The pixels of an object, cut to its own rectangle, and where that lies; of a box alone, the box."""
    shape = annotation.get("segmentation")
    if isinstance(shape, dict):
        return rle.decode_part(shape)
    if shape:
        rings = [shape] if is_flat(shape) else shape
    elif annotation.get("bbox") is not None:
        x, y, width, height = annotation["bbox"]
        rings = [[x, y, x + width, y, x + width, y + height, x, y + height]]
    else:
        return np.zeros((0, 0), np.uint8), (0, 0)
    return fill_parts([[np.reshape(ring, (-1, 2)).astype(np.float64) for ring in rings]], size)[0]


def _boxes(boxes: Floats, box_format: str, size: Size) -> Floats:
    """Returns: Boxes x, y, width, height in pixels in another format, shape (n, 4)."""
    if box_format.startswith("rel_"):
        boxes = boxes / (size[1], size[0], size[1], size[0])
    if box_format.endswith("xyxy"):
        return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    return np.concatenate([boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 2:]], axis=1) if box_format == "center_xywh" else boxes
