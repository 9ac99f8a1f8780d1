"""Annotations of a whole data set in a few arrays, which are read once and which processes share.

A list of dicts costs a loader twice: it is read anew for each picture of each epoch, and each worker that is forked copies it bit
by bit, since looking at a Python object writes to its count of references.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from attrs import define

from geoaug.coco.records import rings_of
from geoaug.geometry.shapes import Moved, Outlines
from geoaug.plan import Plan
from geoaug.raster.fill import fill_parts
from geoaug.targets import rle
from geoaug.targets.annotations import WHOLE, Annotations, _Row
from geoaug.targets.boxes import AGREES, BboxParams
from geoaug.targets.keypoints import Pairs
from geoaug.targets.polygons import measured
from geoaug.types import Array, Floats, Ints, Size

Part = tuple[Array, tuple[int, int]]


class Left(NamedTuple):
    """What of the annotations of one picture a plan leaves.

    Args:
        boxes: Shape (N, 4) as x_min, y_min, x_max, y_max, pixels of the output.
        areas: Of what is visible, shape (N,), px².
        rows: Which ones they are, shape (N,).
        shapes: Of each the rings of its polygons, or a part of a mask and the row and column where it begins, or None.
        points: Of each its keypoints, shape (K, 3) as x, y, v; None where they were not asked for.
    """

    boxes: Floats
    areas: Floats
    rows: Ints
    shapes: Sequence[list[Floats] | Part | None]
    points: list[Floats] | None = None

    def parts(self, size: Size) -> list[Part]:
        """Returns: For each a mask of its own size, uint8, and the row and column where that begins; what has no shape fills its box."""
        outlines = [shape if isinstance(shape, list) else [] for shape in self.shapes]
        drawn = fill_parts(outlines, size)
        for k, shape in enumerate(self.shapes):
            if isinstance(shape, tuple):
                drawn[k] = shape
            elif shape is None:
                drawn[k] = _filled(self.boxes[k], size)
        return drawn


def _filled(box: Floats, size: Size) -> Part:
    x0, y0, x1, y1 = np.clip(np.ceil(box - 0.5), 0, (size[1], size[0]) * 2).astype(int).tolist()
    return np.ones((y1 - y0, x1 - x0), np.uint8), (y0, x0)


def left_of(rows: list[dict[str, Any]], keypoints: bool) -> Left:
    """Returns: The same of annotations that came back as dicts, each with its own number as ``"row"``."""
    boxes = np.array([row["bbox"] for row in rows], np.float64).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    shapes = [_shape(row.get("segmentation")) for row in rows]
    sides = boxes[:, 2:] - boxes[:, :2]
    areas = np.array([row.get("area", side) for row, side in zip(rows, sides.prod(axis=1).tolist(), strict=True)], np.float64)
    points = [np.array(row.get("keypoints") or [], np.float64).reshape(-1, 3) for row in rows] if keypoints else None
    return Left(boxes, areas, np.array([row["row"] for row in rows], np.intp), shapes, points)


def _shape(shape: Any) -> list[Floats] | Part | None:
    if not shape:
        return None
    if isinstance(shape, dict):
        return rle.decode_part(shape)
    return [np.array(ring, np.float64).reshape(-1, 2) for ring in rings_of(shape)]


@define(eq=False)
class Table:
    """The annotations of a data set, row by row: polygons as numbers, rows with more than that as they came.

    Args:
        ids: The ids of all categories.
        kinds: Of each row the place of its category among them, shape (N,).
        crowds: 1 for each row that is a crowd, shape (N,) int64.
        rings: How many rings each row has, shape (N,); 0 where it is among ``others``.
        lengths: How many corners each ring has, shape (R,).
        points: All corners, shape (P, 2).
        boxes: As the file has them, x_min, y_min, x_max, y_max, shape (N, 4); NaN where it has none.
        areas: As the file has them, shape (N,); NaN where it has none.
        at: Where each picture begins, in rows, rings and corners, shape (pictures + 1, 3).
        others: By the number of a picture, its annotations as dicts, where one of them is more than polygons.
    """

    ids: list[Any]
    kinds: Ints
    crowds: Ints
    rings: Ints
    lengths: Ints
    points: Floats
    boxes: Floats
    areas: Floats
    at: Ints
    others: dict[int, list[dict[str, Any]]]

    @classmethod
    def of(cls, pictures: Sequence[list[dict[str, Any]]], plain: Sequence[bool], ids: list[Any]) -> Table:
        """Read all of it.

        Args:
            pictures: The annotations of each picture, as `coco.dataset.load` found them sound.
            plain: Of each picture, whether its annotations are polygons alone, on a canvas whose size is known.
            ids: The ids of all categories.
        """
        place = {one: k for k, one in enumerate(ids)}
        rows = [row for own in pictures for row in own]
        owns = [
            [np.array(ring, np.float64).reshape(-1, 2) for ring in rings_of(row["segmentation"])] if simple else []
            for own, simple in zip(pictures, plain, strict=True)
            for row in own
        ]
        points = [ring for own in owns for ring in own]
        boxes = np.array([row.get("bbox") or (np.nan,) * 4 for row in rows], np.float64).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        counts = np.array([(len(own), sum(map(len, own))) for own in owns], np.int64).reshape(-1, 2)
        stops = np.cumsum([len(own) for own in pictures], dtype=np.int64)
        before = np.concatenate([np.zeros((1, 2), np.int64), np.cumsum(counts, axis=0)])[np.concatenate([[0], stops])]
        return cls(
            ids=ids,
            kinds=np.array([place[row.get("category_id")] for row in rows], np.int64),
            crowds=np.array([bool(row.get("iscrowd")) for row in rows], np.int64),
            rings=counts[:, 0],
            lengths=np.array([len(ring) for ring in points], np.int64),
            points=np.concatenate(points) if points else np.zeros((0, 2)),
            boxes=boxes,
            areas=np.array([np.nan if row.get("area") is None else row["area"] for row in rows], np.float64),
            at=np.column_stack([np.concatenate([[0], stops]), before]),
            others={k: own for k, (own, simple) in enumerate(zip(pictures, plain, strict=True)) if not simple},
        )

    def rows(self, number: int) -> slice:
        """Returns: Which rows are those of a picture."""
        return slice(*self.at[number : number + 2, 0].tolist())

    def given(self, number: int, size: Size) -> Packed | list[dict[str, Any]]:
        """Returns: The annotations of one picture, ready for a pipeline.

        Args:
            number: Which picture.
            size: (height, width) of it.
        """
        if number in self.others:
            return [{**row, "row": k} for k, row in enumerate(self.others[number])]
        (_, ring, corner), (_, ring_end, corner_end) = self.at[number : number + 2].tolist()
        rows = self.rows(number)
        lengths = self.lengths[ring:ring_end]
        outlines = Outlines(self.points[corner:corner_end], lengths.cumsum() - lengths)
        categories = [self.ids[k] for k in self.kinds[rows].tolist()]
        return Packed(size, outlines, self.rings[rows], self.boxes[rows], self.areas[rows], categories)


class Packed(Annotations):
    """Annotations of one picture that are polygons alone, which leave as arrays and not as dicts.

    Args:
        size: (height, width) of the picture.
        outlines: The rings of all rows.
        rings: How many rings each row has, shape (N,).
        boxes: As the file has them, shape (N, 4) by corners.
        areas: As the file has them, shape (N,).
        categories: The category id of each row.
    """

    def __init__(self, size: Size, outlines: Outlines, rings: Ints, boxes: Floats, areas: Floats, categories: list[Any]) -> None:
        self.size, self.outlines, self.given_boxes, self.given_areas, self.categories = size, outlines, boxes, areas, categories
        self.simple = len(outlines.starts) == len(rings)  # one ring a row
        self.starts = rings.cumsum() - rings
        self.ranges = [range(start, start + count) for start, count in zip(self.starts.tolist(), rings.tolist(), strict=True)]
        self.fates = []

    @cached_property
    def rows(self) -> list[_Row]:  # type: ignore[override]  # few transforms look
        """Each row as annotations that came as dicts have it."""
        return [_Row({"category_id": category}, k, rings) for k, (category, rings) in enumerate(zip(self.categories, self.ranges, strict=True))]

    def __len__(self) -> int:
        return len(self.ranges)

    def __getitem__(self, row: int) -> dict[str, Any]:
        return {"category_id": self.categories[row]}

    def leave(self, plan: Plan, params: BboxParams | None, pairs: Pairs | None) -> tuple[Any, list[int]]:
        """Returns: What stays, as `Left`, and the row numbers: what `Annotations.leave` says of the same rows."""
        if not self.ranges:
            return Left(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.intp), []), []
        route = plan.route
        uncovered = route.without_covers()
        whole = uncovered.carry(self.outlines)
        moved = whole.solid(self.ranges)
        sight = whole if uncovered is route else route.carry(self.outlines)
        full, visible = self._measured(moved)
        seen = visible if sight is moved else self._measured(sight)[1]
        shares = seen / np.maximum(full, 1e-9)
        boxes = self._boxes(moved)
        stays = (full > 1e-9) & (shares > 0) & (boxes[:, 2] - boxes[:, 0] > WHOLE) & (boxes[:, 3] - boxes[:, 1] > WHOLE)
        if route.still:
            visible = visible.copy()
            self._keep_unmoved(boxes, visible, shares)
        if params is not None:
            stays &= params.accepts(boxes, shares, visible)
        kept = stays.nonzero()[0]
        rows = kept.tolist()
        shapes = [[ring for k in self.ranges[row] for ring in moved.rings(k)] for row in rows]
        return Left(boxes[kept], visible[kept], kept, shapes), rows

    def _boxes(self, moved: Moved) -> Floats:
        """Returns: The tight box of each row, shape (N, 4); of what is gone NaN, which no comparison lets through."""
        boxes = moved.bounds()
        if not self.simple:
            boxes = np.column_stack([np.fmin.reduceat(boxes[:, :2], self.starts), np.fmax.reduceat(boxes[:, 2:], self.starts)])
        height, width = moved.size
        return np.minimum(np.maximum(boxes, 0.0), np.array((width, height, width, height), np.float64))

    def boxes(self, plan: Plan) -> tuple[Floats, list[int]]:
        """Returns: Tight boxes of what a plan leaves visible, shape (N, 4) in pixels, and the row numbers."""
        left, rows = self.leave(plan, None, None)
        return left.boxes, rows

    def _measured(self, moved: Moved) -> tuple[Floats, Floats]:
        """Returns: The area of each row before and after cutting."""
        full, visible = moved.full, moved.visible
        if not self.simple:
            full, visible = np.add.reduceat(full, self.starts), np.add.reduceat(visible, self.starts)
        odd = (full <= 1e-9) | (visible > full + 1e-6)
        if odd.any():  # rings that cross themselves
            full, visible = full.copy(), visible.copy()
            for row in odd.nonzero()[0].tolist():
                full[row], visible[row] = measured(self.ranges[row], moved)
        return full, visible

    def _keep_unmoved(self, boxes: Floats, areas: Floats, shares: Floats) -> None:
        """Nothing moved: what the file says stays, in place, unless its box or area contradict its own shape."""
        with np.errstate(invalid="ignore"):
            agree = (np.abs(boxes - self.given_boxes) <= AGREES).all(axis=1) & (shares >= 1)
            boxes[agree] = self.given_boxes[agree]
            near = (np.abs(self.given_areas - areas) <= 0.01 * areas + 0.5 * np.sqrt(areas)) & (shares >= 1)
            areas[near] = self.given_areas[near]
