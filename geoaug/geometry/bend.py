"""A bend as a stretch of the way of points: outlines are cut to short edges first, since a straight one does not stay straight."""

from __future__ import annotations

import numpy as np
from attrs import field as attribute
from attrs import frozen

from geoaug.geometry.field import SHORT, Field, known_places
from geoaug.geometry.holes import cut_by, within
from geoaug.geometry.region import TOUCH, area, areas
from geoaug.geometry.shapes import Outlines
from geoaug.types import Floats, Ints, Size

MOST = 16384  # corners of an outline that is bent
LEAST = 1e-6  # px² of an outline that is something


@frozen(eq=False)
class Bend:
    """A leg that bends.

    Args:
        field: Where each point of the output comes from.
    """

    field: Field = attribute()
    _last: dict[bytes, list[Floats]] = attribute(factory=dict, init=False, repr=False)  # callers ask for the whole, and then for its pieces

    @property
    def source(self) -> Size:
        """(height, width), which stays."""
        return self.field.size

    @property
    def size(self) -> Size:
        """(height, width), which stays."""
        return self.field.size

    @property
    def keeps_shapes(self) -> bool:
        """False: outlines bend too."""
        return False

    @property
    def hides(self) -> bool:
        """False: nothing is covered."""
        return False

    @property
    def bends(self) -> bool:
        """True."""
        return True

    @property
    def folds(self) -> bool:
        """Whether it shows some points in several places."""
        return self.field.folds

    @property
    def reshapes(self) -> bool:
        """False: outlines go where their points go."""
        return False

    def prepare(self, rings: list[Floats]) -> None:
        """Bend all outlines in one go."""
        fresh = {ring.tobytes(): ring for ring in rings if len(ring)}
        self._last.clear()
        if fresh:
            points, starts = _in_short_edges(Outlines.of(list(fresh.values())), self.field.straight)
            self._last.update(zip(fresh, _solid(Outlines(self._edges(points, starts), starts)), strict=True))

    def _edges(self, points: Floats, starts: Ints) -> Floats:
        """Returns: Where outlines go; those of which something has a place run along the brink of what has none."""
        moved = self.points(points)
        known = known_places(moved)
        if not known.all():
            partly = np.repeat(np.logical_or.reduceat(known, starts), np.diff(np.append(starts, len(points))))
            moved[partly & ~known] = self.field.brink(points[partly & ~known])
        return moved

    def points(self, points: Floats) -> Floats:
        """Returns: Where points go, shape (N, 2); NaN for what has no place in the output."""
        return self.field.ahead(points)

    def back(self, points: Floats) -> Floats:
        """Returns: Where points of the output come from, shape (N, 2)."""
        return self.field.back(points)

    def rectangle(self, box: Floats) -> tuple[Floats, bool] | None:
        """Returns: None: angles change from place to place."""
        return None

    def whole_back(self, ring: Floats) -> list[Floats]:
        """Returns: Where an outline of the output comes from, with more corners, not cut."""
        points = self.back(_in_short_edges(Outlines.of([ring]), self.field.straight).points)
        return [points[known_places(points)]]

    def seen(self, points: Floats) -> np.ndarray:
        """Returns: Which points of the source lie on the canvas afterwards, shape (N,) bool."""
        height, width = self.size
        moved = self.points(points)
        with np.errstate(invalid="ignore"):  # NaN lies nowhere
            inside = (moved >= -TOUCH) & (moved <= (width + TOUCH, height + TOUCH))
        return np.asarray(inside.all(axis=1))

    def whole(self, ring: Floats) -> list[Floats]:
        """Returns: An outline after the bend, with more corners, not cut; none where too little of it has a place."""
        key = ring.tobytes()
        known = self._last.get(key) if len(ring) else []
        if known is None:
            self.prepare([ring])
            known = self._last[key]
        return known

    def pieces(self, ring: Floats) -> list[Floats]:
        """Returns: The parts of an outline on the canvas after the bend, each with some area."""
        height, width = self.size
        near = [ring]
        if _length(ring) > MOST * SHORT:  # drawn out by a homography: what lies far from the canvas cannot come onto it
            near = cut_by(ring, [(1.0, 0.0, width), (-1.0, 0.0, 2.0 * width), (0.0, 1.0, height), (0.0, -1.0, 2.0 * height)])
        return [piece for part in near for whole in self.whole(part) for piece in within(whole, self.size) if piece is whole or area(piece) > LEAST]


def _solid(moved: Outlines) -> list[list[Floats]]:
    """Returns: Each outline without what has no place, in a list; an empty one where too little is left."""
    finite = known_places(moved.points)
    counts = np.add.reduceat(finite.astype(np.intp), moved.starts)
    kept, stops = moved.points[finite], np.cumsum(counts)
    sizes, some = np.zeros(len(counts)), np.flatnonzero(counts)
    sizes[some] = areas(kept, (stops - counts)[some])
    parts = zip((stops - counts).tolist(), stops.tolist(), sizes.tolist(), strict=True)
    return [[kept[start:stop]] if size > LEAST else [] for start, stop, size in parts]


def _length(ring: Floats) -> float:
    return float(np.hypot(*(np.roll(ring, -1, axis=0) - ring).T).sum())


def in_short_edges(ring: Floats) -> Floats:
    """Returns: The same outline, shape (N, 2), with further corners, so that no edge is longer than a few pixels, if it has not too many."""
    return _in_short_edges(Outlines.of([ring]), SHORT).points


def _in_short_edges(outlines: Outlines, short: float) -> Outlines:
    points, starts = outlines
    corners = np.diff(np.append(starts, len(points)))
    following = np.arange(1, len(points) + 1)
    following[starts + corners - 1] = starts
    along = points[following] - points
    lengths = np.hypot(along[:, 0], along[:, 1])
    longest = np.maximum(short, np.add.reduceat(lengths, starts) / MOST)
    counts = np.maximum(np.ceil(lengths / np.repeat(longest, corners)), 1).astype(np.intp)
    first = np.cumsum(counts) - counts
    share = (np.arange(counts.sum()) - np.repeat(first, counts)) / np.repeat(counts, counts)
    return Outlines(np.repeat(points, counts, axis=0) + share[:, None] * np.repeat(along, counts, axis=0), first[starts])
