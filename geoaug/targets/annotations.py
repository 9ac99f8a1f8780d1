"""COCO annotations on the way in and out: each dict is one row, and lives or dies as a whole.

The shape that exists is the truth: a polygon or RLE says where the object is, and its box and area follow.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from attrs import define, field

import geoaug.targets.rle as rle
from geoaug.errors import DataError, DataTypeError
from geoaug.geometry.boxes import move_boxes
from geoaug.geometry.holes import box_ring
from geoaug.geometry.route import Route
from geoaug.geometry.shapes import GONE, KEPT, Moved, Outlines
from geoaug.plan import Plan
from geoaug.raster.fill import fill_parts
from geoaug.raster.patch import Shape
from geoaug.targets.boxes import AGREES, ROUNDING, BboxParams, least
from geoaug.targets.keypoints import CENTRE, Pairs, judged, move_points, swapped, warn_of_sides
from geoaug.targets.masks import Visibility
from geoaug.targets.places import DIGITS, Places, as_given
from geoaug.targets.polygons import FARTHEST, measured, read_floats, read_ring
from geoaug.types import Array, Floats, Size

Annotation = dict[str, Any]
STAYS = ("kept", "cut", "occluded")
WHOLE = 1e-9  # of a box that may be lost to rounding


@define(slots=True, eq=False)
class _Row:
    """One annotation: where its pieces lie in the arrays of the call."""

    source: Annotation
    index: int
    rings: range = range(0)
    box: Floats | None = None
    overhangs: bool = False  # whether the box that came reached beyond the picture
    part: tuple[Array, tuple[int, int]] | None = None
    points: Floats | None = None  # (K, 3) as x, y, v in pixel indices
    fate: str = "kept"
    share: float = 1.0  # that is visible
    within: float = 1.0  # that is within the picture, covered or not
    out: Annotation = field(factory=dict)


class Annotations:
    """The COCO annotations of one call.

    Args:
        name: The target's name, for messages.
        given: A list of annotation dicts.
        size: (height, width) of the picture.
    """

    def __init__(self, name: str, given: Any, size: Size) -> None:
        if isinstance(given, np.ndarray) and given.ndim == 1:
            given = given.tolist()
        if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Sequence):
            raise DataTypeError(f"{name}: expected a list of COCO annotation dicts, got {type(given).__name__}")
        self.size = size
        self.rows: list[_Row]
        self.outlines: Outlines
        self.places: Places | None
        if isinstance(given, Read) and given.size == size:
            self.rows, self.outlines, self.places = given.known.rows, given.known.outlines, given.known.places
        else:
            rings: list[Floats] = []
            self.rows = [_read(f"{name}[{index}]", row, index, size, rings) for index, row in enumerate(given)]
            self.outlines = Outlines.of(rings)
            self.places = Places.of((row.source for row in self.rows), size)
        self.fates: list[str] = []

    def leave(self, plan: Plan, params: BboxParams | None, pairs: Pairs | None) -> tuple[list[Annotation], list[int]]:
        """Returns: Updated dicts of the rows that stay, and their row numbers. The dicts that came are left alone."""
        route = plan.route
        shapes = route.without_covers()
        bare = shapes.without_holes()
        whole = shapes.carry(self.outlines)
        moved = whole.solid(row.rings for row in self.rows)
        sight = whole if shapes is route else route.carry(self.outlines)
        border = whole if shapes is bare else bare.carry(self.outlines)
        for row in self.rows:
            row.out, row.fate, row.share, row.within = dict(row.source), "kept", 1.0, 1.0  # a scene may have asked before
        visibility, frame = Visibility(route), Visibility(bare)
        way = _Way(moved)
        sights, borders = (way if other is moved else _Way(other) for other in (sight, border))
        self._move_lone_boxes(route, bare, self._ellipse(plan, params))
        kept = []
        for row in self.rows:
            if row.rings:
                _leave_polygons(row, way, sights, borders, route.still)
            elif row.part is not None:
                _leave_rle(row, plan, visibility, frame, route.still)
            if row.fate in STAYS and params is not None:
                _filter(row, params)
            if row.points is not None and row.fate in STAYS:
                _leave_keypoints(row, route, bare, pairs)
            if row.fate in STAYS:
                kept.append(row)
        if self.places is not None:
            self.places.leave({row.index: row.out for row in kept}, route, bare, self._ellipse(plan, params))
        self.fates = [row.fate for row in self.rows]
        return [row.out for row in kept], [row.index for row in kept]

    @staticmethod
    def _ellipse(plan: Plan, params: BboxParams | None) -> bool:
        return plan.ellipse if params is None or params.rotate_method is None else params.rotate_method == "ellipse"

    def boxes(self, plan: Plan) -> tuple[Floats, list[int]]:
        """Returns: Tight boxes of what a plan leaves visible, shape (N, 4) in pixels, and the row numbers."""
        found = [(row["bbox"], index) for row, index in zip(*self.leave(plan, None, {}), strict=True) if row.get("bbox") is not None]
        boxes = np.array([box for box, _ in found], np.float64).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        return boxes, [index for _, index in found]

    def shapes(self, plan: Plan) -> list[Shape]:
        """Returns: Each row as a plan leaves it, with its category: its polygon, its RLE, or where that is all it has, its box."""
        moved = plan.route.without_covers().carry(self.outlines)
        boxed = [row for row in self.rows if row.box is not None]
        boxes, shares = move_boxes(np.array([row.box for row in boxed]).reshape(-1, 4), plan.route, self._ellipse(plan, None))
        lone = {row.index: box_ring(box) for row, box, share in zip(boxed, boxes.tolist(), shares.tolist(), strict=True) if share > 0}
        outlines = [[lone[row.index]] if row.index in lone else [ring for k in row.rings for ring in moved.rings(k)] for row in self.rows]
        drawn = fill_parts(outlines, plan.size)
        parts = [one if row.part is None or not row.part[0].size else plan.patch(*row.part) for row, one in zip(self.rows, drawn, strict=True)]
        return [Shape(*part, row.source.get("category_id")) for row, part in zip(self.rows, parts, strict=True)]

    def _move_lone_boxes(self, route: Route, bare: Route, ellipse: bool) -> None:
        rows = [row for row in self.rows if row.box is not None]
        if not rows:
            return
        corners = np.array([row.box for row in rows])
        boxes, shares = move_boxes(corners, route, ellipse)
        within = shares if bare is route else move_boxes(corners, bare, ellipse)[1]
        for row, box, share, left in zip(rows, boxes.tolist(), shares.tolist(), within.tolist(), strict=True):
            row.share, row.within = share, left
            _settle(row, box, _fate(row.overhangs or row.within < 1 - WHOLE, row.share < 1 - WHOLE))


class Read(list[Annotation]):
    """The annotations of a picture that several calls get, one after the other, and that are read once.

    Args:
        rows: Annotation dicts, which nobody may change from now on.
        size: (height, width) of the picture.

    Raises:
        DataError, DataTypeError: One is not what it claims, as of ``Annotations``.
    """

    def __init__(self, rows: Sequence[Annotation], size: Size) -> None:
        super().__init__(rows)
        self.size = size
        self.known = Annotations("annotations", rows, size)


# --- reading ---------------------------------------------------------------------------------------------------------


def _read(where: str, source: Any, index: int, size: Size, rings: list[Floats]) -> _Row:
    if not isinstance(source, Mapping):
        raise DataTypeError(f"{where}: expected a COCO annotation dict, got {type(source).__name__}")
    row = _Row(dict(source), index)
    if not isinstance(source.get("category_id"), Hashable):
        raise DataTypeError(f"{where}.category_id: expected a whole number, got {source['category_id']!r}"[:200])
    shape = source.get("segmentation")
    if isinstance(shape, Mapping):
        row.part = _read_rle(where, shape, size)
    elif isinstance(shape, (list, tuple, np.ndarray)) and np.ndim(shape if isinstance(shape, np.ndarray) else [0]):
        if len(shape):
            first = len(rings)
            rings.extend(_read_rings(f"{where}.segmentation", shape, size))
            row.rings = range(first, len(rings))
    elif shape is not None:
        raise DataTypeError(f"{where}.segmentation: expected polygons or RLE, got {shape!r}"[:200])
    if not row.rings and row.part is None and source.get("bbox") is not None:
        row.box, row.overhangs = _read_box(where, source["bbox"], size)
    if source.get("keypoints") is not None:
        row.points = _read_keypoints(where, source["keypoints"])
    return row


def _read_rle(where: str, shape: Mapping[str, Any], size: Size) -> tuple[Array, tuple[int, int]]:
    try:
        part = rle.decode_part(shape)
    except DataError as fault:
        raise DataError(f"{where}.segmentation: {fault}") from None
    if tuple(shape["size"]) != size:
        raise DataError(f"{where}.segmentation: size {list(shape['size'])} of the RLE differs from the picture's {list(size)} (height, width)")
    return part


def is_flat(shape: Any) -> bool:
    """Returns: Whether a segmentation is one bare list of numbers, as some tools write it, and not a list of lists."""
    return not hasattr(shape[0], "__len__")


def _read_rings(where: str, shape: Any, size: Size) -> list[Floats]:
    if is_flat(shape) or all(hasattr(point, "__len__") and len(point) == 2 for point in shape):  # a bare ring, flat or of pairs
        return [read_ring(where, shape, size)]
    return [read_ring(f"{where}[{k}]", ring, size) for k, ring in enumerate(shape)]


def _read_box(where: str, box: Any, size: Size) -> tuple[Floats, bool]:
    numbers = read_floats(f"{where}.bbox", box, "x, y, width, height")
    if numbers.shape != (4,):
        raise DataError(f"{where}.bbox: expected x, y, width, height, got {box!r}"[:200])
    x, y, width, height = numbers.tolist()
    if not np.isfinite(numbers).all():
        raise DataError(f"{where}.bbox: {box!r} is not finite")
    if np.abs(numbers).max() > FARTHEST * max(size):
        raise DataError(f"{where}.bbox: {box!r} lies more than {FARTHEST} picture sizes away; the file is broken")
    if width <= 0 or height <= 0:
        raise DataError(f"{where}.bbox: width {width:g}, height {height:g}; expected more than 0, so drop the annotation")
    x0, y0, x1, y1 = max(x, 0.0), max(y, 0.0), min(x + width, float(size[1])), min(y + height, float(size[0]))
    if x1 - x0 <= 0 or y1 - y0 <= 0:
        raise DataError(f"{where}.bbox: {list(box)!r} lies outside of the picture of {size[1]} x {size[0]}")
    off = max(x0 - x, y0 - y, x + width - x1, y + height - y1)
    return np.array((x0, y0, x1, y1)), off > ROUNDING


def _read_keypoints(where: str, values: Any) -> Floats:
    numbers = read_floats(f"{where}.keypoints", values, "x, y, v, …")
    if numbers.ndim == 2 and numbers.shape[1] == 3:  # a point each, as some tools write it
        numbers = numbers.reshape(-1)
    if numbers.ndim != 1 or len(numbers) % 3:
        raise DataError(f"{where}.keypoints: {numbers.size} numbers; expected x, y, v for each point, so a multiple of 3")
    if not np.isfinite(numbers).all():
        raise DataError(f"{where}.keypoints: number {int(np.flatnonzero(~np.isfinite(numbers))[0])} is not finite")
    return numbers.reshape(-1, 3)


# --- writing ---------------------------------------------------------------------------------------------------------


def _fate(cut: bool, covered: bool) -> str:
    """Returns: What became of a row that stays, by what it lost: something at the border, something to holes."""
    return "cut" if cut else "occluded" if covered else "kept"


def _lost(row: _Row) -> str:
    """Returns: Why nothing is left of a row."""
    return "degenerate" if row.share > 0 else "covered" if row.within > 0 else "outside"


def _settle(row: _Row, box: Sequence[float], fate: str, area: float | None = None) -> None:
    """Write a row's box and area, or let it go where nothing of it is left."""
    x0, y0, x1, y1 = box
    if not (x1 - x0 > 1e-9 and y1 - y0 > 1e-9):
        row.fate = _lost(row)
        return
    row.fate = fate
    lone = row.box is not None
    if fate == "kept" and lone and _same_box(row.source.get("bbox"), box, 1e-9):
        return
    row.out["bbox"] = [round(v, DIGITS) for v in (x0, y0, x1 - x0, y1 - y0)]
    if "area" in row.source or not lone:
        row.out["area"] = round((x1 - x0) * (y1 - y0) if area is None else area, DIGITS)


def _same_box(bbox: Any, box: Sequence[float], slack: float) -> bool:
    try:
        x, y, width, height = (float(v) for v in bbox)
    except (TypeError, ValueError, OverflowError):
        return False
    x0, y0, x1, y1 = box
    return all(off <= slack for off in (abs(x0 - x), abs(y0 - y), abs(x1 - (x + width)), abs(y1 - (y + height))))


class _Way:
    """Outlines after a motion, once more in plain numbers, which for one row after the other are quicker."""

    def __init__(self, moved: Moved) -> None:
        self.moved = moved
        self.fate, self.full, self.visible = moved.fate.tolist(), moved.full.tolist(), moved.visible.tolist()

    @cached_property
    def bounds(self) -> list[list[float]]:
        return self.moved.bounds().tolist()

    @cached_property
    def corners(self) -> tuple[list[int], list[float]]:
        """Where each outline begins, and where the last one ends; all corners within the picture, x, y, x, y, …"""
        points, starts = self.moved.outlines
        return [*starts.tolist(), len(points)], self.rounded(points)

    def rounded(self, points: Floats) -> list[float]:
        return np.round(np.clip(points, 0, self.moved.size[::-1]), DIGITS).reshape(-1).tolist()

    def measured(self, rings: range) -> tuple[float, float]:
        """Returns: The area of a row before and after cutting."""
        full, visible = sum(self.full[rings.start : rings.stop]), sum(self.visible[rings.start : rings.stop])
        return measured(rings, self.moved) if full <= 1e-9 or visible > full + 1e-6 else (full, visible)

    def box(self, rings: range) -> list[float] | None:
        """Returns: The tight box of what is visible of a row, None where nothing is."""
        boxes = [box for box in self.bounds[rings.start : rings.stop] if box[0] == box[0]]
        if not boxes:
            return None
        if len(boxes) == 1:
            left, top, right, bottom = boxes[0]
        else:
            lefts, tops, rights, bottoms = zip(*boxes, strict=True)
            left, top, right, bottom = min(lefts), min(tops), max(rights), max(bottoms)
        height, width = map(float, self.moved.size)
        return [min(max(left, 0.0), width), min(max(top, 0.0), height), min(max(right, 0.0), width), min(max(bottom, 0.0), height)]

    def lists(self, rings: range) -> list[list[float]]:
        """Returns: What is visible of a row, as COCO writes polygons."""
        found: list[list[float]] = []
        for k in rings:
            if k in self.moved.parts:
                found += map(self.rounded, self.moved.rings(k))
            elif self.fate[k] != GONE:
                starts, corners = self.corners
                found.append(corners[2 * starts[k] : 2 * starts[k + 1]])
        return found

    def touched(self, rings: range) -> bool:
        """Returns: Whether anything of a row was cut away."""
        return any(self.fate[k] != KEPT for k in rings)


def _leave_polygons(row: _Row, way: _Way, sight: _Way, border: _Way, still: bool) -> None:
    full, visible = way.measured(row.rings)
    if full <= 1e-9:
        row.fate = "degenerate" if any(way.fate[k] != GONE for k in row.rings) else "outside"
        return
    row.share = visible / full if sight is way else sight.measured(row.rings)[1] / full
    row.within = visible / full if border is way else border.measured(row.rings)[1] / full
    box = way.box(row.rings)
    if box is None or row.share <= 0:
        row.fate = "covered" if row.within > 0 else "outside"
        return
    cut, hidden = border.touched(row.rings), sight.touched(row.rings)
    if still and not hidden:
        _keep_unmoved(row, box, visible)
        return
    _settle(row, box, _fate(cut, hidden), visible)
    lists = way.lists(row.rings)
    row.out["segmentation"] = lists[0] if len(lists) == 1 and is_flat(row.source["segmentation"]) else lists


def _keep_unmoved(row: _Row, box: Sequence[float], area: float) -> None:
    """Nothing moved: what the source says stays, unless its box or area contradict its own shape."""
    if not _same_box(row.source.get("bbox"), box, AGREES):
        row.out["bbox"] = [round(v, DIGITS) for v in (box[0], box[1], box[2] - box[0], box[3] - box[1])]
    given = row.source.get("area")
    if not isinstance(given, (int, float)) or not abs(given) < 1e300 or abs(given - area) > 0.01 * area + 0.5 * math.sqrt(area):
        row.out["area"] = round(area, DIGITS)


def _leave_rle(row: _Row, plan: Plan, visibility: Visibility, frame: Visibility, still: bool) -> None:
    assert row.part is not None
    part, at = row.part
    if part.size == 0:
        row.fate = "degenerate"
        return
    if still:
        _keep_unmoved(row, _part_box(part, at), float(np.count_nonzero(part)))
        return
    row.share = visibility.share(part, at)
    row.within = row.share if row.share >= 1 or frame.route is visibility.route else frame.share(part, at)
    if row.share <= 0 < row.within:
        row.fate = "covered"
        return
    out, to = plan.patch(part, at)
    area = int(np.count_nonzero(out))
    if area == 0:
        row.fate = _lost(row)
        return
    _settle(row, _part_box(out, to), _fate(row.within < 1, row.share < 1), float(area))
    row.out["segmentation"] = _in_kind(rle.encode_part(out, to, plan.size, rle.kind(row.source["segmentation"])), row.source["segmentation"])
    row.out["area"] = area if isinstance(row.source.get("area"), int) else float(area)


def _in_kind(new: dict[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    return {**old, **new}


def _part_box(part: Array, at: tuple[int, int]) -> list[float]:
    columns, rows = np.flatnonzero(part.any(axis=0)), np.flatnonzero(part.any(axis=1))
    return [float(end) for end in (at[1] + columns[0], at[0] + rows[0], at[1] + columns[-1] + 1, at[0] + rows[-1] + 1)]


def _filter(row: _Row, params: BboxParams) -> None:
    bbox = row.out.get("bbox")
    if bbox is None:
        return
    x, y, width, height = bbox
    accepted = params.accepts_one((x, y, x + width, y + height), row.share)
    area = math.inf if row.box is not None else float(row.out.get("area", math.inf))  # of a shape, its own area counts
    if not accepted or area < least(params.min_area):
        row.fate = "small"


def _leave_keypoints(row: _Row, route: Route, bare: Route, pairs: Pairs | None) -> None:
    assert row.points is not None
    labelled = row.points[:, 2] > 0
    points = row.points[:, :2] + CENTRE
    moved, seen = move_points(points, route)
    there = seen if bare is route else move_points(points, bare)[1]
    unchanged = route.still and bool((seen == labelled)[labelled].all())
    if not unchanged:
        out = judged(np.column_stack([moved - CENTRE, row.points[:, 2]]), there, seen)
        if route.mirrored:
            out = _exchanged(out, row.source.get("category_id"), pairs)
        row.out["keypoints"] = as_given(out, row.source["keypoints"])
    if "num_keypoints" in row.source:
        row.out["num_keypoints"] = row.source["num_keypoints"] if unchanged else int((labelled & there).sum())


def _exchanged(points: Floats, category: Any, pairs: Pairs | None) -> Floats:
    """Returns: Points in a mirrored picture, left and right in each other's place."""
    if len(points) > 1 and (pairs is None or (pairs and category not in pairs and None not in pairs)):
        warn_of_sides("annotations", "" if pairs is None else f"flip_pairs has no category_id {category!r}")
    if not pairs:
        return points
    return points[swapped(list(pairs.get(category, pairs.get(None, ()))), len(points))]
