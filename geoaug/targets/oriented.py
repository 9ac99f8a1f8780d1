"""Boxes with an angle: a similarity keeps them, anything else fits the best one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geoaug.errors import DataError
from geoaug.geometry.boxes import Extent
from geoaug.geometry.holes import within
from geoaug.geometry.matrix import affine, move
from geoaug.geometry.motion import Motion
from geoaug.geometry.region import hull
from geoaug.geometry.route import Route
from geoaug.geometry.shapes import CUT, GONE, KEPT, Moved, Outlines
from geoaug.plan import Plan
from geoaug.targets.boxes import BboxParams, read_numbers
from geoaug.targets.labels import pick
from geoaug.types import Floats, Size

ALIKE = 1e-9  # by which the two sides of a matrix may differ for a similarity
CORNERS = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])


class OrientedBoxes:
    """The oriented boxes of one call: x_center, y_center, width, height in pixels, and the angle of the width's direction.

    Args:
        name: The target's name, for messages.
        given: What the caller passed, shape (N, 5) or more columns, which are carried along.
        params: How to read it, and which may stay: ``min_width`` and so on count along the box's own sides.
        size: (height, width) of the picture.
    """

    __slots__ = ("given", "mended", "numbers", "outlines", "params", "raw", "rows", "size")

    def __init__(self, name: str, given: Any, params: BboxParams, size: Size) -> None:
        self.given, self.params, self.size = given, params, size
        self.raw = numbers = read_numbers(name, given, 5, "oriented")
        if params.angle_in_degrees:
            numbers = np.column_stack([numbers[:, :4], np.radians(numbers[:, 4])])
        flat = (numbers[:, 2:4] <= 0).any(axis=1)
        if flat.any() and not params.filter_invalid_bboxes:
            row = int(np.flatnonzero(flat)[0])
            raise DataError(
                f"{name}[{row}] = {tuple(numbers[row, :4].tolist())} in 'oriented': width {numbers[row, 2]:g}, height {numbers[row, 3]:g}; "
                "expected more than 0; to drop such boxes, filter_invalid_bboxes=True."
            )
        self.rows = np.flatnonzero(~flat)
        self.numbers = numbers[self.rows]
        rings = _rings(self.numbers)
        self.mended = np.zeros(len(rings), bool)
        if params.clip:
            for k, ring in enumerate(rings):
                parts = within(ring, size)
                if parts and parts[0] is not ring:
                    self.mended[k], rings[k], self.numbers[k] = True, parts[0], _around(parts[0], float(self.numbers[k, 4]))
        self.outlines = Outlines.of(rings)

    def boxes(self, plan: Plan) -> tuple[Floats, list[int]]:
        """Returns: Upright boxes around what a plan leaves visible, shape (N, 4) in pixels, and the caller's row numbers."""
        moved = plan.route.carry(self.outlines, tidy=False)
        kept = np.flatnonzero(moved.fate != GONE)
        return moved.solid().bounds()[kept], self.rows[kept].tolist()

    def leave(self, plan: Plan, extent: Extent | None = None) -> tuple[Any, list[int]]:
        """Returns: The boxes that stay, in the caller's kind, and the caller's row numbers of them.

        Args:
            plan: What was drawn.
            extent: Of true shapes; its visible shares and areas count.
        """
        moved = plan.route.carry(self.outlines, tidy=False)
        shown = moved.solid()
        out = np.zeros((len(self.numbers), 5))
        for k in np.flatnonzero(moved.fate != GONE).tolist():
            out[k] = _left(plan.route, self.numbers[k], np.concatenate(shown.rings(k)), moved.fate[k] == KEPT)
        shares = np.where(moved.fate == CUT, moved.visible / np.maximum(moved.full, 1e-300), (moved.fate == KEPT).astype(float))
        areas = None
        if extent is not None:
            shares, areas = extent.shares[self.rows], extent.areas[self.rows]
        sides = np.column_stack([np.zeros((len(out), 2)), out[:, 2:4]])
        kept = np.flatnonzero(self.params.accepts(sides, shares, areas))
        rows = self.rows[kept].tolist()
        if not plan.steps and not self.mended.any():
            return pick(self.given, rows), rows
        return self._written(out[kept], rows, self._untouched(plan.route, moved)[kept]), rows

    def _untouched(self, route: Route, moved: Moved) -> np.ndarray:
        """Returns: Which boxes stay as they came, shape (N,) bool: nothing moves, and no hole takes anything of them."""
        if not route.without_holes().still:
            return np.zeros(len(self.numbers), bool)
        bare = moved if route.still else Route.of(self.size, ()).carry(self.outlines)
        return ~self.mended & (moved.visible >= bare.visible - 1e-6 * np.maximum(bare.full, 1.0))

    def _written(self, boxes: Floats, rows: list[int], untouched: np.ndarray) -> Any:
        if self.params.angle_in_degrees:
            boxes = np.column_stack([boxes[:, :4], np.degrees(boxes[:, 4]) % 360.0])
        boxes[untouched] = self.raw[rows][untouched]
        if isinstance(self.given, np.ndarray):
            kind = self.given.dtype if self.given.dtype.kind == "f" else np.dtype(np.float64)
            if self.given.ndim == 2 and self.given.shape[1] > 5:
                boxes = np.concatenate([boxes, self.given[rows, 5:]], axis=1)
            return boxes.astype(kind)
        lists: list[list[Any]] = boxes.tolist()
        for row, out in zip(rows, lists, strict=True):
            out.extend(list(self.given[row])[5:])
        return lists


def _rings(numbers: Floats) -> list[Floats]:
    rings = []
    for x, y, width, height, angle in numbers.tolist():
        along, across = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
        rings.append(np.array([x, y]) + CORNERS[:, :1] * width * along + CORNERS[:, 1:] * height * across)
    return rings


def _left(route: Route, box: Floats, corners: Floats, whole: bool) -> Floats:
    """Returns: An oriented box after a route.

    Args:
        route: The way.
        box: It before.
        corners: Of what is seen of it, shape (N, 2).
        whole: Whether that is all of it.
    """
    found = _carried(route, box)
    if found is None:
        return _around(corners, _tightest(corners, _heading(route, box)))
    carried, right = found
    if whole and right:
        return carried
    return _around(corners, float(carried[4]), np.concatenate(_rings(carried[None])) if right else None)


def _carried(route: Route, box: Floats) -> tuple[Floats, bool] | None:
    """Returns: An oriented box after a route if nothing were cut, and whether more than its angle is right; None where angles do not stay."""
    right = True
    for leg in route.legs:
        if isinstance(leg, Motion):
            factor = _similar(leg)
            if factor is None:
                return None
            a, b, _, d, e = leg.matrix[:5]
            x, y = math.cos(box[4]), math.sin(box[4])
            angle = math.atan2(d * x + e * y, a * x + b * y) % (2 * math.pi)
            box = np.array([*move(leg.matrix, box[None, :2])[0], *(box[2:4] * factor), angle])
        else:
            found = leg.rectangle(box)
            if found is None:
                return None
            box, right = found[0], right and found[1]
    return box, right


def _similar(motion: Motion) -> float | None:
    """Returns: The factor of a motion that keeps angles; None of any other."""
    if not affine(motion.matrix):
        return None
    a, b, _, d, e = motion.matrix[:5]
    factor = math.hypot(a, d)
    turned, mirrored = max(abs(a - e), abs(b + d)), max(abs(a + e), abs(b - d))
    return factor if min(turned, mirrored) <= ALIKE * factor else None


def _heading(route: Route, box: Floats) -> float:
    """Returns: Where the direction of a box's width points after a route, in radians."""
    along = np.array([math.cos(box[4]), math.sin(box[4])])
    jacobian = route.jacobians(box[None, :2])[0]
    x, y = (jacobian @ along).tolist()
    return math.atan2(y, x) if math.isfinite(x) and math.isfinite(y) else float(box[4])


def _around(corners: Floats, heading: float, limit: Floats | None = None) -> Floats:
    """Returns: The rectangle with a side along ``heading`` around points, as x_center, y_center, width, height, angle.

    Args:
        corners: The points, shape (N, 2).
        heading: Radians.
        limit: Corners of a rectangle of the same heading, beyond which it does not reach.
    """
    axes = np.array([[math.cos(heading), -math.sin(heading)], [math.sin(heading), math.cos(heading)]])
    spans = corners @ axes
    low, high = spans.min(axis=0), spans.max(axis=0)
    if limit is not None:
        limits = limit @ axes
        low, high = np.maximum(low, limits.min(axis=0)), np.minimum(high, limits.max(axis=0))
    return np.array([*(axes @ (low + high) / 2), *(high - low), heading % (2 * math.pi)])


def _tightest(corners: Floats, heading: float) -> float:
    """Returns: The direction of the smallest rectangle around points, of its four the one nearest to ``heading``.

    Source: one of its sides lies along an edge of the convex hull (Freeman and Shapira, 1975).
    """
    outer = hull(corners)
    edges = np.roll(outer, -1, axis=0) - outer
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    along = edges[lengths > 1e-9] / lengths[lengths > 1e-9, None]
    if len(along) == 0:
        return heading
    sides = [np.ptp(outer @ np.stack([x, y]), axis=0) for x, y in ((along[:, 0], along[:, 1]), (-along[:, 1], along[:, 0]))]
    best = along[int(np.argmin(sides[0] * sides[1]))]
    angle, quarter = math.atan2(best[1], best[0]), math.pi / 2
    return angle + round((heading - angle) / quarter) * quarter
