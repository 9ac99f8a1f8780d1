"""Tiles that change places, for coordinates: what lies in a tile moves with it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from attrs import frozen

from geoaug.geometry.holes import within
from geoaug.geometry.region import TOUCH, cut
from geoaug.types import Floats, Ints, Size


@frozen(slots=False)
class Tiles:
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
    def size(self) -> Size:
        """(height, width), which stays."""
        return self.source

    @property
    def keeps_shapes(self) -> bool:
        """False: masks and outlines are cut apart as the picture is."""
        return False

    def points(self, points: Floats) -> Floats:
        """Returns: Where points go, shape (N, 2). A point on an edge goes with the tile to its right or below; one outside, with the nearest."""
        moved: Floats = points + self._shifts[self._tile(points)]
        return moved

    def back(self, points: Floats) -> Floats:
        """Returns: Where points of the output come from, shape (N, 2)."""
        moved: Floats = points - self._shifts[self._there[self._tile(points)]]
        return moved

    def seen(self, points: Floats) -> np.ndarray:
        """Returns: Which points lie in the picture; nothing of it is lost."""
        height, width = self.source
        x, y = points[:, 0], points[:, 1]
        return np.asarray((x >= -TOUCH) & (x <= width + TOUCH) & (y >= -TOUCH) & (y <= height + TOUCH))

    def whole(self, ring: Floats) -> list[Floats]:
        """Returns: The outline cut along the grid, each part where its tile lies; the outer tiles reach beyond the picture."""
        tiles = self._met(ring)
        shifts = self._shifts[[tile for row in tiles for tile in row]]
        if (shifts == shifts[0]).all():
            return [ring + shifts[0]]
        width = len(self.columns) - 1
        parts = []
        for row in tiles:
            for strip in cut(ring, self._between(self.rows, row[0] // width, 1)):
                for tile in row:
                    parts += [part + self._shifts[tile] for part in cut(strip, self._between(self.columns, tile % width, 0))]
        return parts

    def pieces(self, ring: Floats) -> list[Floats]:
        """Returns: The same of what lies in the picture."""
        return [part for inside in within(ring, self.source) for part in self.whole(inside)]

    def _met(self, ring: Floats) -> list[list[int]]:
        """Returns: The tiles that an outline's bounds meet, row by row."""
        (left, top), (right, bottom) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
        width = len(self.columns) - 1
        rows, columns = _range(self.rows, top, bottom), _range(self.columns, left, right)
        return [[row * width + column for column in columns] for row in rows]

    def _between(self, edges: tuple[int, ...], k: int, axis: int) -> Floats:
        """Returns: The half-planes of a strip between two edges, shape (0 to 2, 3); the picture's own edges do not cut."""
        along = np.eye(3)[axis]
        lines = [along - (0, 0, edges[k])] if k > 0 else []
        if k < len(edges) - 2:
            lines.append((0, 0, edges[k + 1]) - along)
        return np.array(lines).reshape(-1, 3)

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


def _range(edges: tuple[int, ...], low: float, high: float) -> range:
    """Returns: The strips between edges that a span meets; one that it only touches is none."""
    first = int(np.searchsorted(edges[1:-1], low + TOUCH, side="right"))
    last = int(np.searchsorted(edges[1:-1], high - TOUCH, side="left"))
    return range(first, max(last, first) + 1)
