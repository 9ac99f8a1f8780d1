"""Boxes with an angle: a similarity keeps them, anything else fits the best one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geoaug.errors import DataError
from geoaug.geometry.boxes import Extent
from geoaug.geometry.matrix import affine
from geoaug.geometry.route import Route
from geoaug.geometry.shapes import CUT, GONE, KEPT, Outlines
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

    __slots__ = ("given", "numbers", "params", "rows", "size")

    def __init__(self, name: str, given: Any, params: BboxParams, size: Size) -> None:
        self.given, self.params, self.size = given, params, size
        numbers = read_numbers(name, given, 5, "oriented")
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

    def boxes(self, plan: Plan) -> tuple[Floats, list[int]]:
        """Returns: Upright boxes around what a plan leaves visible, shape (N, 4) in pixels, and the caller's row numbers."""
        moved = plan.route.carry(Outlines.of(_rings(self.numbers)), tidy=False)
        kept = np.flatnonzero(moved.fate != GONE)
        return moved.solid().bounds()[kept], self.rows[kept].tolist()

    def leave(self, plan: Plan, extent: Extent | None = None) -> tuple[Any, list[int]]:
        """Returns: The boxes that stay, in the caller's kind, and the caller's row numbers of them.

        Args:
            plan: What was drawn.
            extent: Of true shapes; its visible shares and areas count.
        """
        moved = plan.route.carry(Outlines.of(_rings(self.numbers)), tidy=False)
        shown, alike = moved.solid(), _similar(plan.route)
        out = np.zeros((len(self.numbers), 5))
        for k in np.flatnonzero(moved.fate != GONE).tolist():
            corners = np.concatenate(shown.rings(k))
            heading = _heading(plan.route, self.numbers[k])
            if alike is None:
                heading = _tightest(corners, heading)
            out[k] = _around(corners, heading)
            if alike is not None and moved.fate[k] == KEPT:
                out[k, 2:4] = self.numbers[k, 2:4] * alike
        shares = np.where(moved.fate == CUT, moved.visible / np.maximum(moved.full, 1e-300), (moved.fate == KEPT).astype(float))
        areas = None
        if extent is not None:
            shares, areas = extent.shares[self.rows], extent.areas[self.rows]
        sides = np.column_stack([np.zeros((len(out), 2)), out[:, 2:4]])
        kept = np.flatnonzero(self.params.accepts(sides, shares, areas))
        if not plan.steps:
            return pick(self.given, self.rows[kept].tolist()), self.rows[kept].tolist()
        return self._written(out[kept], self.rows[kept].tolist()), self.rows[kept].tolist()

    def _written(self, boxes: Floats, rows: list[int]) -> Any:
        if self.params.angle_in_degrees:
            boxes = np.column_stack([boxes[:, :4], np.degrees(boxes[:, 4]) % 360.0])
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


def _similar(route: Route) -> float | None:
    """Returns: The factor of a route that keeps angles; None of any other."""
    motion = route.motion
    if motion is None or not affine(motion.matrix):
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


def _around(corners: Floats, heading: float) -> tuple[float, float, float, float, float]:
    """Returns: The rectangle with a side along ``heading`` around points, as x_center, y_center, width, height, angle."""
    along, across = np.array([math.cos(heading), math.sin(heading)]), np.array([-math.sin(heading), math.cos(heading)])
    u, v = corners @ along, corners @ across
    x, y = ((u.min() + u.max()) / 2 * along + (v.min() + v.max()) / 2 * across).tolist()
    return x, y, float(u.max() - u.min()), float(v.max() - v.min()), heading % (2 * math.pi)


def _tightest(corners: Floats, heading: float) -> float:
    """Returns: The direction of the smallest rectangle around points, of its four the one nearest to ``heading``.

    Source: one of its sides lies along an edge of the convex hull (Freeman and Shapira, 1975), and a rectangle around points is one
        around their hull; edges between any two corners that are no hull edges only cost time, and outlines have few corners.
    """
    edges = np.roll(corners, -1, axis=0) - corners
    candidates = np.arctan2(edges[:, 1], edges[:, 0])[np.hypot(edges[:, 0], edges[:, 1]) > 1e-9]
    if len(candidates) == 0:
        return heading
    areas = []
    for angle in candidates.tolist():
        _, _, width, height, _ = _around(corners, angle)
        areas.append(width * height)
    best = float(candidates[int(np.argmin(areas))])
    quarter = math.pi / 2
    return best + round((heading - best) / quarter) * quarter
