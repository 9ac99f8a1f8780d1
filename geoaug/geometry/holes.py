"""Holes in a picture, for coordinates: nothing moves, and what lies in a hole is not seen."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from attrs import field, frozen

from geoaug.geometry.region import TOUCH, area, cut
from geoaug.types import Floats, Ints, Size

Hole = tuple[int, int, int, int]  # x_min, y_min, x_max, y_max in whole pixels
LOOSE = 0.5  # px by which the mask that holes were traced from may differ from an outline of the same object


@frozen(slots=False)
class Holes:
    """A leg that covers rectangles.

    Args:
        source: (height, width) of the picture.
        holes: The rectangles; they may overlap.
        keeps_shapes: Whether masks and outlines stay whole, so that only boxes and visibility notice.
        traced: Whether the holes follow an object's mask; of its outline, a rim thinner than a pixel is left then, which is nothing.
    """

    source: Size
    holes: tuple[Hole, ...]
    keeps_shapes: bool = field(default=False)
    traced: bool = field(default=False)

    @property
    def size(self) -> Size:
        """(height, width), which stays."""
        return self.source

    def points(self, points: Floats) -> Floats:
        """Returns: The points, which stay."""
        return points

    def back(self, points: Floats) -> Floats:
        """Returns: The points, which came from where they are."""
        return points

    def seen(self, points: Floats) -> np.ndarray:
        """Returns: Which points lie in the picture and in no hole; a hole's left and upper edge belong to it, the others do not."""
        height, width = self.source
        x, y = points[:, 0], points[:, 1]
        inside = (x >= -TOUCH) & (x <= width + TOUCH) & (y >= -TOUCH) & (y <= height + TOUCH)
        rows, columns = np.clip(np.floor(y), 0, height - 1).astype(np.intp), np.clip(np.floor(x), 0, width - 1).astype(np.intp)
        return np.asarray(inside & ~self._covered[rows, columns])

    def whole(self, ring: Floats) -> list[Floats]:
        """Returns: The outline, which stays."""
        return [ring]

    def pieces(self, ring: Floats) -> list[Floats]:
        """Returns: The outline without the holes, as parts that have none; the very outline where it meets none."""
        parts = within(ring, self.source)
        (left, top), (right, bottom) = ring.min(axis=0), ring.max(axis=0)
        sides = self._sides
        near = (sides[:, 0] < right) & (sides[:, 2] > left) & (sides[:, 1] < bottom) & (sides[:, 3] > top)
        if not near.any():
            return parts
        before = parts
        for k in np.flatnonzero(near):
            parts = [piece for part in parts for piece in _without(part, self.holes[k])]
        if self.traced and (len(parts) != len(before) or any(a is not b for a, b in zip(parts, before, strict=True))):
            rim = float(np.hypot(*(ring - np.roll(ring, 1, axis=0)).T).sum())
            if sum(map(area, parts)) <= LOOSE * rim:
                return []
        return parts

    @cached_property
    def _sides(self) -> Ints:
        return np.array(self.holes, np.intp).reshape(-1, 4)

    @cached_property
    def _covered(self) -> np.ndarray:
        """Which pixels lie in a hole, shape (h, w)."""
        covered = np.zeros(self.source, bool)
        for x0, y0, x1, y1 in self.holes:
            covered[y0:y1, x0:x1] = True
        return covered


def within(ring: Floats, size: Size) -> list[Floats]:
    """Returns: The parts of an outline, shape (N, 2), inside of a picture; the very outline where all of it is."""
    height, width = size
    (left, top), (right, bottom) = ring.min(axis=0), ring.max(axis=0)
    if left >= -TOUCH and top >= -TOUCH and right <= width + TOUCH and bottom <= height + TOUCH:
        return [ring]
    return cut(ring, _lines(0, 0, width, height))


def _lines(x0: float, y0: float, x1: float, y1: float) -> Floats:
    """Returns: The half-planes of a rectangle, shape (4, 3)."""
    return np.array([[1.0, 0.0, -x0], [-1.0, 0.0, x1], [0.0, 1.0, -y0], [0.0, -1.0, y1]])


def _without(part: Floats, hole: Hole) -> list[Floats]:
    """Returns: An outline less a rectangle: what lies left of it, right of it, above and below."""
    x0, y0, x1, y1 = hole
    (left, top), (right, bottom) = part.min(axis=0).tolist(), part.max(axis=0).tolist()
    if right <= x0 + TOUCH or left >= x1 - TOUCH or bottom <= y0 + TOUCH or top >= y1 - TOUCH:
        return [part]
    box = upright_bounds(part)
    if box is not None:
        return _box_without(box, hole)
    lines = _lines(x0, y0, x1, y1)
    if not cut(part, lines):  # it bends around the hole
        return [part]
    if right <= x1 + TOUCH and left >= x0 - TOUCH and bottom <= y1 + TOUCH and top >= y0 - TOUCH:
        return []
    beside = -lines  # the other side of each edge
    return [
        piece
        for strip in (beside[:1], beside[1:2], np.vstack([lines[:2], beside[2:3]]), np.vstack([lines[:2], beside[3:]]))
        for piece in cut(part, strip)
    ]


def upright_bounds(ring: Floats) -> tuple[float, float, float, float] | None:
    """Returns: x_min, y_min, x_max, y_max of an outline that is an upright rectangle, None of any other."""
    if len(ring) != 4:
        return None
    (a, b), (c, d), (e, f), (g, h) = ring.tolist()
    if (b == d and c == e and f == h and g == a) or (a == c and d == f and e == g and h == b):
        return min(a, e), min(b, f), max(a, e), max(b, f)
    return None


def _box_without(box: tuple[float, float, float, float], hole: Hole) -> list[Floats]:
    """The same for an upright rectangle, in plain numbers."""
    left, top, right, bottom = box
    x0, y0, x1, y1 = max(left, hole[0]), max(top, hole[1]), min(right, hole[2]), min(bottom, hole[3])
    parts = ((left, top, x0, bottom), (x1, top, right, bottom), (x0, top, x1, y0), (x0, y1, x1, bottom))
    return [np.array([[a, b], [c, b], [c, d], [a, d]], np.float64) for a, b, c, d in parts if c - a > TOUCH and d - b > TOUCH]
