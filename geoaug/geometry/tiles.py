"""Tiles that change places, for coordinates: what lies in a tile moves with it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property

import numpy as np
from attrs import frozen

from geoaug.geometry.holes import Box, bounds_of, box_ring, cut_by, upright_bounds, within
from geoaug.geometry.leg import Unmoved
from geoaug.geometry.region import TOUCH, Line
from geoaug.types import Floats, Ints, Size


@frozen(slots=False)
class Tiles(Unmoved):
    """A leg that cuts the picture into a grid and puts each tile into another place of the same size.

    Args:
        rows: Edges of the grid from top to bottom in pixels, from 0 to the height; no two are equal.
        columns: The same from left to right.
        places: For each tile, row by row, the number of the tile in whose place it comes to lie.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    places: tuple[int, ...]

    @property
    def source(self) -> Size:
        """(height, width) of the picture."""
        return self.rows[-1], self.columns[-1]

    @property
    def keeps_shapes(self) -> bool:
        """False: masks and outlines are cut apart as the picture is."""
        return False

    def points(self, points: Floats) -> Floats:
        """Returns: Where points go, shape (N, 2). A point on an edge goes with the tile to its right or below; one outside, with the nearest."""
        moved: Floats = points + self._shifts[self._tile(points)]
        return moved

    def back(self, points: Floats) -> Floats:
        """Returns: Where points of the output come from, shape (N, 2); one on an edge, with the tile to its right or below."""
        moved: Floats = points - self._shifts[self._there[self._tile(points)]]
        return moved

    def whole(self, ring: Floats) -> list[Floats]:
        """Returns: The outline cut along the grid, each part where its tile lies; the outer tiles reach beyond the picture."""
        rows, columns = self._met(ring)
        width = len(self.columns) - 1
        shifts = [self._moves[row * width + column] for row in rows for column in columns]
        if all(shift == shifts[0] for shift in shifts):
            return [ring + np.array(shifts[0])]
        box = upright_bounds(ring)
        if box is not None:
            return [box_ring(part) for part in self._box(box, rows, columns)]
        parts = []
        for row in rows:
            for strip in cut_by(ring, _between(self.rows, row, 1)):
                for column in columns:
                    shift = np.array(self._moves[row * width + column])
                    parts += [part + shift for part in cut_by(strip, _between(self.columns, column, 0))]
        return parts

    def rectangle(self, box: Floats) -> tuple[Floats, bool] | None:
        """Returns: None: tiles tear boxes apart."""
        return None

    def whole_back(self, ring: Floats) -> list[Floats]:
        """Returns: The outline cut along the grid, each part where its tile came from."""
        return self._undone.whole(ring)

    @cached_property
    def _undone(self) -> Tiles:
        return Tiles(self.rows, self.columns, tuple(self._there.tolist()))

    def _box(self, box: Box, rows: range, columns: range) -> list[Box]:
        """The same for an upright box, in plain numbers."""
        parts = []
        for row in rows:
            top, bottom = _part(self.rows, row, box[1], box[3])
            for column in columns:
                left, right = _part(self.columns, column, box[0], box[2])
                x, y = self._moves[row * (len(self.columns) - 1) + column]
                parts.append((left + x, top + y, right + x, bottom + y))
        return parts

    def pieces(self, ring: Floats) -> list[Floats]:
        """Returns: The same of what lies in the picture."""
        return [part for inside in within(ring, self.source) for part in self.whole(inside)]

    def _met(self, ring: Floats) -> tuple[range, range]:
        """Returns: The rows and columns of tiles that an outline's bounds meet."""
        left, top, right, bottom = bounds_of(ring)
        return _range(self.rows, top, bottom), _range(self.columns, left, right)

    @cached_property
    def _moves(self) -> list[tuple[float, float]]:
        """The same as ``_shifts``, in plain numbers."""
        return [(x, y) for x, y in self._shifts.tolist()]

    def _tile(self, points: Floats) -> Ints:
        row = np.clip(np.searchsorted(self.rows, points[:, 1], side="right") - 1, 0, len(self.rows) - 2)
        column = np.clip(np.searchsorted(self.columns, points[:, 0], side="right") - 1, 0, len(self.columns) - 2)
        return np.asarray(row * (len(self.columns) - 1) + column, np.intp)

    @cached_property
    def _there(self) -> Ints:
        """Which tile comes to lie in each place."""
        return np.argsort(np.array(self.places, np.intp))

    @cached_property
    def _shifts(self) -> Floats:
        """How far each tile moves, shape (T, 2)."""
        y, x = np.meshgrid(self.rows[:-1], self.columns[:-1], indexing="ij")
        corners = np.stack([x.ravel(), y.ravel()], axis=1).astype(np.float64)
        shifts: Floats = corners[list(self.places)] - corners
        return shifts


def _between(edges: tuple[int, ...], k: int, axis: int) -> list[Line]:
    """Returns: The half-planes of a strip between two edges; the picture's own edges do not cut."""
    a, b = (1.0, 0.0) if axis == 0 else (0.0, 1.0)
    lines: list[Line] = [(a, b, -float(edges[k]))] if k > 0 else []
    if k < len(edges) - 2:
        lines.append((-a, -b, float(edges[k + 1])))
    return lines


def _part(edges: tuple[int, ...], k: int, low: float, high: float) -> tuple[float, float]:
    """Returns: The part of a span that lies in a strip between two edges; the outer strips reach beyond the picture."""
    return max(low, edges[k]) if k > 0 else low, min(high, edges[k + 1]) if k < len(edges) - 2 else high


def _range(edges: tuple[int, ...], low: float, high: float) -> range:
    """Returns: The strips between edges that a span meets; one that it only touches is none."""
    first = bisect_right(edges, low + TOUCH, 1, len(edges) - 1) - 1
    last = bisect_left(edges, high - TOUCH, 1, len(edges) - 1) - 1
    return range(first, max(last, first) + 1)
