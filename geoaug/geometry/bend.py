"""A bend as a stretch of the way of points: outlines are cut to short edges first, since a straight one does not stay straight."""

from __future__ import annotations

import numpy as np
from attrs import field as attribute
from attrs import frozen

from geoaug.geometry.field import Field
from geoaug.geometry.holes import cut_by, within
from geoaug.geometry.region import TOUCH, area
from geoaug.types import Floats, Size

SHORT = 4.0  # px of an edge that may count as straight after a bend
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

    def prepare(self, rings: list[Floats]) -> None:
        """Bend all outlines in one go."""
        fresh = {ring.tobytes(): ring for ring in rings}
        dense = [in_short_edges(ring) for ring in fresh.values()]
        self._last.clear()
        if dense:
            moved = np.split(self.points(np.concatenate(dense)), np.cumsum([len(ring) for ring in dense])[:-1])
            self._last.update({key: _solid(ring) for key, ring in zip(fresh, moved, strict=True)})

    def points(self, points: Floats) -> Floats:
        """Returns: Where points go, shape (N, 2); NaN for what has no place in the output."""
        return self.field.ahead(points)

    def back(self, points: Floats) -> Floats:
        """Returns: Where points of the output come from, shape (N, 2)."""
        return self.field.back(points)

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
        known = self._last.get(key)
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
        return [piece for part in near for whole in self.whole(part) for piece in within(whole, self.size) if area(piece) > LEAST]


def _solid(moved: Floats) -> list[Floats]:
    kept = moved[np.isfinite(moved).all(axis=1)]
    return [kept] if area(kept) > LEAST else []


def _length(ring: Floats) -> float:
    return float(np.hypot(*(np.roll(ring, -1, axis=0) - ring).T).sum())


def in_short_edges(ring: Floats) -> Floats:
    """Returns: The same outline, shape (N, 2), with further corners, so that no edge is longer than a few pixels, if it has not too many."""
    along = np.roll(ring, -1, axis=0) - ring
    short = max(SHORT, _length(ring) / MOST)
    counts = np.maximum(np.ceil(np.hypot(along[:, 0], along[:, 1]) / short), 1).astype(np.intp)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    share = (np.arange(len(first)) - first) / np.repeat(counts, counts)
    result: Floats = np.repeat(ring, counts, axis=0) + share[:, None] * np.repeat(along, counts, axis=0)
    return result
