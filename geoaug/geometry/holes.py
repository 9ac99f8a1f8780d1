"""Holes in a picture, for coordinates: nothing moves, and what lies in a hole is not seen."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from attrs import field, frozen

from geoaug.geometry.joined import joined
from geoaug.geometry.leg import Unmoved
from geoaug.geometry.region import TOUCH, Line, area, cut, cut_few
from geoaug.geometry.shapes import hollow
from geoaug.types import Floats, Ints, Size

Hole = tuple[int, int, int, int]  # x_min, y_min, x_max, y_max in whole pixels
Box = tuple[float, float, float, float]
FEW = 200  # corners for which plain numbers beat numpy
HANDFUL = 8  # holes for which they do
MOST_JOINED = 1000  # parts; what falls into more has holes all over, and stays cut
MANY = 1 << 20  # pairs of edges and boxes to be compared at once, 8 MB an array
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
        if not len(near):
            return within(ring, self.source, bounds)
        left = []
        for part in within(ring, self.source, bounds):
            parts = without(part, near)
            if self.traced and not (len(parts) == 1 and parts[0] is part):
                rim = float(np.hypot(*(part - np.roll(part, 1, axis=0)).T).sum())
                if sum(map(area, parts)) <= LOOSE * rim:
                    continue
            left += parts if len(parts) < 2 or upright_bounds(part) is not None else _together(parts)
        return left

    def _near(self, bounds: Box) -> Ints:
        left, top, right, bottom = bounds
        x0, y0, x1, y1 = self._sides
        return self._sides[:, (x0 < right - TOUCH) & (x1 > left + TOUCH) & (y0 < bottom - TOUCH) & (y1 > top + TOUCH)].T

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


def _sides_of(box: Box) -> list[Line]:
    """Returns: The half-planes of a rectangle: right of it begins, left of it ends, below, above."""
    x0, y0, x1, y1 = box
    return [(1.0, 0.0, -x0), (-1.0, 0.0, x1), (0.0, 1.0, -y0), (0.0, -1.0, y1)]


def without(part: Floats, holes: Ints) -> list[Floats]:
    """Returns: An outline, shape (N, 2), less rectangles, shape (K, 4), as parts that have no holes; the very outline where it meets none.

    What is left of the box around it falls into rectangles; of each that the outline crosses it takes its part, of the others all or nothing.
    """
    box = upright_bounds(part)
    if box is not None:
        return [box_ring(one) for one in _box_without(box, holes.tolist())] if len(holes) <= HANDFUL else list(_rings(_left_of(box, holes)))
    crossed, turns = _met(part, holes)
    met = crossed | (turns != 0)
    if not met.any():
        return [part]  # it bends around all of them
    left = _left_of(bounds_of(part), holes[met])
    crossed, turns = _met(part, left)
    whole = ~crossed & (np.abs(turns) == 1)
    parts = list(_rings(left[whole]))
    return parts + _within_each(part, left[~whole & (crossed | (turns != 0))])


def _together(parts: list[Floats]) -> list[Floats]:
    """Returns: Parts of an outline joined where they lie side by side; those that no mask shows stay what can be told from them."""
    if len(parts) > MOST_JOINED:
        return parts
    unseen = hollow(parts)
    seen = [part for part, empty in zip(parts, unseen, strict=True) if not empty]
    return joined(seen) + [part for part, empty in zip(parts, unseen, strict=True) if empty]


def _within_each(part: Floats, boxes: Floats) -> list[Floats]:
    """Returns: The parts of an outline inside of boxes, shape (K, 4), half of them after the other, so that each meets few corners."""
    if not len(boxes):
        return []
    (left, top), (right, bottom) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
    found = cut_by(part, _sides_of((left, top, right, bottom)))
    if len(boxes) == 1:
        return found
    order = np.argsort(boxes[:, 0] if right - left > bottom - top else boxes[:, 1], kind="stable")
    halves = boxes[order[: len(order) // 2]], boxes[order[len(order) // 2 :]]
    return [piece for one in found for half in halves for piece in _within_each(one, half)]


def _left_of(box: Box, holes: Ints) -> Floats:
    """Returns: What holes, shape (K, 4), leave of a box, as rectangles, shape (R, 4), none of which could reach farther up or down."""
    low, high = np.array(box[:2]), np.array(box[2:])
    corners = np.clip(holes.reshape(-1, 2, 2), low, high)
    xs, ys = (np.unique(np.append(corners[..., axis], (low[axis], high[axis]))) for axis in (0, 1))
    columns, rows = np.searchsorted(xs, corners[..., 0]).tolist(), np.searchsorted(ys, corners[..., 1]).tolist()
    free = np.ones((len(xs) - 1, len(ys) - 1), bool)  # a line for each column
    for (x0, x1), (y0, y1) in zip(columns, rows, strict=True):
        free[x0:x1, y0:y1] = False
    y0, x0, y1, x1 = runs(free).T
    left = np.stack([xs[x0], ys[y0], xs[x1], ys[y1]], axis=1)
    solid: Floats = left[(left[:, 2:] - left[:, :2] > TOUCH).all(axis=1)]
    return solid


def runs(region: np.ndarray) -> Ints:
    """Returns: Rectangles that cover exactly what is set, shape (h, w) bool: runs along lines, equal ones on following lines joined, shape (R, 4)."""
    edges = np.zeros((region.shape[0], region.shape[1] + 2), np.int8)
    edges[:, 1:-1] = region
    steps = np.diff(edges, axis=1)
    lines, starts = np.nonzero(steps == 1)
    stops = np.nonzero(steps == -1)[1]
    order = np.lexsort((lines, stops, starts))
    lines, starts, stops = lines[order], starts[order], stops[order]
    follows = (np.diff(lines, prepend=-2) == 1) & (np.diff(starts, prepend=-1) == 0) & (np.diff(stops, prepend=-1) == 0)
    first = np.flatnonzero(~follows)
    last = np.append(first[1:], len(lines))[: len(first)] - 1
    return np.stack([starts[first], lines[first], stops[first], lines[last] + 1], axis=1)


def _met(ring: Floats, boxes: np.ndarray) -> tuple[np.ndarray, Ints]:
    """Returns: Through which boxes, shape (K, 4), an outline passes, and how often it goes around the middle of each, with its sign."""
    crossed, turns = np.zeros(len(boxes), bool), np.zeros(len(boxes), np.intp)
    here, there = ring, np.roll(ring, -1, axis=0)
    middle, half = (here + there) / 2, (there - here) / 2
    reach, up, rise = np.abs(half), here[:, 1] < there[:, 1], np.where(half[:, 1] == 0, 1.0, half[:, 1])
    step = max(MANY // len(ring), 1)
    for first in range(0, len(boxes), step):
        some = boxes[first : first + step]
        centre, size = (some[:, :2] + some[:, 2:]) / 2, (some[:, 2:] - some[:, :2]) / 2 - TOUCH
        dx, dy = centre[:, :1] - middle[:, 0], centre[:, 1:] - middle[:, 1]
        width, height = size[:, :1], size[:, 1:]
        # an edge and a box are apart where a line parallel to a side of either lies between them
        near = (np.abs(dx) < width + reach[:, 0]) & (np.abs(dy) < height + reach[:, 1])
        near &= np.abs(dx * half[:, 1] - dy * half[:, 0]) < width * reach[:, 1] + height * reach[:, 0]
        crossed[first : first + step] = near.any(axis=1)
        beside = ((here[:, 1] <= centre[:, 1:]) != (there[:, 1] <= centre[:, 1:])) & (dx < dy / rise * half[:, 0])
        turns[first : first + step] = (beside & up).sum(axis=1) - (beside & ~up).sum(axis=1)
    return crossed, turns


def upright_bounds(ring: Floats) -> Box | None:
    """Returns: x_min, y_min, x_max, y_max of an outline that is an upright rectangle, None of any other."""
    if len(ring) != 4:
        return None
    (a, b), (c, d), (e, f), (g, h) = ring.tolist()
    if (b == d and c == e and f == h and g == a) or (a == c and d == f and e == g and h == b):
        return min(a, e), min(b, f), max(a, e), max(b, f)
    return None


def _box_without(box: Box, holes: list[Box]) -> list[Box]:
    """Returns: An upright box less some rectangles, one after the other: what lies left of each, right of it, above and below."""
    boxes = [box]
    for hole in holes:
        before, boxes = boxes, []
        for left, top, right, bottom in before:
            x0, y0, x1, y1 = max(left, hole[0]), max(top, hole[1]), min(right, hole[2]), min(bottom, hole[3])
            if x1 - x0 <= TOUCH or y1 - y0 <= TOUCH:
                boxes.append((left, top, right, bottom))
                continue
            parts = ((left, top, x0, bottom), (x1, top, right, bottom), (x0, top, x1, y0), (x0, y1, x1, bottom))
            boxes += [part for part in parts if part[2] - part[0] > TOUCH and part[3] - part[1] > TOUCH]
    return boxes


def _rings(boxes: Floats) -> Floats:
    """Returns: The outlines of boxes, shape (K, 4, 2)."""
    return boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)


def box_ring(box: Box) -> Floats:
    """Returns: The outline of a box, shape (4, 2)."""
    a, b, c, d = box
    return np.array([[a, b], [c, b], [c, d], [a, d]], np.float64)
