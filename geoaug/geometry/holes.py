"""Holes in a picture, for coordinates: nothing moves, and what lies in a hole is not seen."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise

import numpy as np
from attrs import field, frozen

from geoaug.geometry.leg import Unmoved
from geoaug.geometry.region import TOUCH, Line, area, cut, cut_few
from geoaug.types import Floats, Ints, Size

Hole = tuple[int, int, int, int]  # x_min, y_min, x_max, y_max in whole pixels
Box = tuple[float, float, float, float]
FEW = 200  # corners or holes for which plain numbers beat numpy
LOOSE = 0.5  # px by which the mask that holes were traced from may differ from an outline of the same object


@frozen(slots=False)
class Holes(Unmoved):
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
    def hides(self) -> bool:
        """True."""
        return True

    def seen(self, points: Floats) -> np.ndarray:
        """Returns: Which points lie in the picture and in no hole; a hole's left and upper edge belong to it, the others do not."""
        height, width = self.source
        x, y = points[:, 0], points[:, 1]
        rows, columns = np.clip(np.floor(y), 0, height - 1).astype(np.intp), np.clip(np.floor(x), 0, width - 1).astype(np.intp)
        return np.asarray(super().seen(points) & ~self._covered[rows, columns])

    def whole(self, ring: Floats) -> list[Floats]:
        """Returns: The outline, which stays."""
        return [ring]

    def pieces(self, ring: Floats) -> list[Floats]:
        """Returns: The outline without the holes, as parts that have none; the very outline where it meets none."""
        bounds = bounds_of(ring)
        near = self._near(bounds)
        if not near:
            return within(ring, self.source, bounds)
        left = []
        for part in within(ring, self.source, bounds):
            parts = _without_many(part, near) if self.traced else _without_each(part, near)
            if self.traced and not (len(parts) == 1 and parts[0] is part):
                rim = float(np.hypot(*(part - np.roll(part, 1, axis=0)).T).sum())
                if sum(map(area, parts)) <= LOOSE * rim:
                    continue
            left += parts
        return left

    def _near(self, bounds: Box) -> list[Hole]:
        left, top, right, bottom = bounds
        if len(self.holes) <= FEW:
            return [
                hole
                for hole in self.holes
                if hole[0] < right - TOUCH and hole[2] > left + TOUCH and hole[1] < bottom - TOUCH and hole[3] > top + TOUCH
            ]
        x0, y0, x1, y1 = self._sides
        found = np.flatnonzero((x0 < right - TOUCH) & (x1 > left + TOUCH) & (y0 < bottom - TOUCH) & (y1 > top + TOUCH))
        return [self.holes[k] for k in found.tolist()]

    @cached_property
    def _sides(self) -> Ints:
        return np.array(self.holes, np.intp).reshape(-1, 4).T

    @cached_property
    def _covered(self) -> np.ndarray:
        """Which pixels lie in a hole, shape (h, w)."""
        covered = np.zeros(self.source, bool)
        for x0, y0, x1, y1 in self.holes:
            covered[y0:y1, x0:x1] = True
        return covered


def bounds_of(ring: Floats) -> Box:
    """Returns: x_min, y_min, x_max, y_max of an outline, shape (N, 2), in plain numbers."""
    if len(ring) <= FEW:
        xs, ys = zip(*ring.tolist(), strict=True)
        return min(xs), min(ys), max(xs), max(ys)
    (left, top), (right, bottom) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
    return left, top, right, bottom


def within(ring: Floats, size: Size, bounds: Box | None = None) -> list[Floats]:
    """Returns: The parts of an outline, shape (N, 2), inside of a picture; the very outline where all of it is."""
    height, width = size
    left, top, right, bottom = bounds or bounds_of(ring)
    if left >= -TOUCH and top >= -TOUCH and right <= width + TOUCH and bottom <= height + TOUCH:
        return [ring]
    return cut_by(ring, _sides_of((0, 0, width, height)))


def cut_by(ring: Floats, lines: list[Line]) -> list[Floats]:
    """Returns: The parts of an outline within half-planes, by whichever way is faster."""
    return cut_few(ring, lines) if len(ring) <= FEW else cut(ring, np.array(lines))


def _sides_of(hole: Hole) -> list[Line]:
    """Returns: The half-planes of a rectangle: right of it begins, left of it ends, below, above."""
    x0, y0, x1, y1 = hole
    return [(1.0, 0.0, -x0), (-1.0, 0.0, x1), (0.0, 1.0, -y0), (0.0, -1.0, y1)]


def _without_each(part: Floats, holes: list[Hole]) -> list[Floats]:
    """Returns: An outline less some rectangles, one after the other."""
    parts = [part]
    for hole in holes:
        parts = [piece for one in parts for piece in _without(one, hole)]
    return parts


def _without(part: Floats, hole: Hole) -> list[Floats]:
    """Returns: An outline less a rectangle: what lies left of it, right of it, above and below."""
    x0, y0, x1, y1 = hole
    left, top, right, bottom = bounds_of(part)
    if right <= x0 + TOUCH or left >= x1 - TOUCH or bottom <= y0 + TOUCH or top >= y1 - TOUCH:
        return [part]
    box = upright_bounds(part)
    if box is not None:
        return _box_without(box, hole)
    begins, ends, below, above = _sides_of(hole)
    if not cut_by(part, [begins, ends, below, above]):  # it bends around the hole
        return [part]
    strips = ([(-1.0, 0.0, x0)], [(1.0, 0.0, -x1)], [begins, ends, (0.0, -1.0, y0)], [begins, ends, (0.0, 1.0, -y1)])
    return [piece for strip in strips for piece in cut_by(part, list(strip))]


def _without_many(part: Floats, holes: list[Hole]) -> list[Floats]:
    """The same for the many rectangles of one traced object, line by line: each line of the part less what is covered there."""
    heights = sorted({y for _, y0, _, y1 in holes for y in (y0, y1)})
    left, rest = _below(part, heights[0], 1)
    for top, bottom in pairwise(heights):
        covered = sorted((x0, x1) for x0, y0, x1, y1 in holes if y0 <= top and y1 >= bottom)
        for remaining in rest:
            strips, _ = _below(remaining, bottom, 1)
            for strip in strips:
                left += _outside(strip, covered)
        rest = [piece for remaining in rest for piece in _below(remaining, bottom, 1)[1]]
    left += rest
    return [part] if sum(map(area, left)) >= area(part) - TOUCH else left


def _outside(strip: Floats, covered: list[tuple[int, int]]) -> list[Floats]:
    """Returns: What of a strip lies beside spans of x."""
    left, rest = [], [strip]
    for x0, x1 in covered:
        before = rest
        rest = []
        for piece in before:
            beside, beyond = _below(piece, x0, 0)
            left += beside
            rest += [one for other in beyond for one in _below(other, x1, 0)[1]]
    return left + rest


def _below(ring: Floats, at: float, axis: int) -> tuple[list[Floats], list[Floats]]:
    """Returns: The parts of an outline where a coordinate is less than ``at``, and where it is more."""
    bounds = bounds_of(ring)
    if bounds[axis + 2] <= at + TOUCH:
        return [ring], []
    if bounds[axis] >= at - TOUCH:
        return [], [ring]
    less: Line = (-1.0, 0.0, at) if axis == 0 else (0.0, -1.0, at)
    return cut_by(ring, [less]), cut_by(ring, [(-less[0], -less[1], -at)])


def upright_bounds(ring: Floats) -> Box | None:
    """Returns: x_min, y_min, x_max, y_max of an outline that is an upright rectangle, None of any other."""
    if len(ring) != 4:
        return None
    (a, b), (c, d), (e, f), (g, h) = ring.tolist()
    if (b == d and c == e and f == h and g == a) or (a == c and d == f and e == g and h == b):
        return min(a, e), min(b, f), max(a, e), max(b, f)
    return None


def _box_without(box: Box, hole: Hole) -> list[Floats]:
    """The same for an upright rectangle, in plain numbers."""
    left, top, right, bottom = box
    x0, y0, x1, y1 = max(left, hole[0]), max(top, hole[1]), min(right, hole[2]), min(bottom, hole[3])
    parts = ((left, top, x0, bottom), (x1, top, right, bottom), (x0, top, x1, y0), (x0, y1, x1, bottom))
    return [box_ring(part) for part in parts if part[2] - part[0] > TOUCH and part[3] - part[1] > TOUCH]


def box_ring(box: Box) -> Floats:
    """Returns: The outline of a box, shape (4, 2)."""
    a, b, c, d = box
    return np.array([[a, b], [c, b], [c, d], [a, d]], np.float64)
