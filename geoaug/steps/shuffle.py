"""The step that lets tiles of the picture change places."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import frozen

from geoaug.geometry.tiles import Tiles
from geoaug.params import LARGEST, whole
from geoaug.steps.step import Step
from geoaug.steps.stored import between, listing, read
from geoaug.types import Array


@frozen(slots=False)
class Shuffle(Step):
    """Cut everything along a grid, and put each tile into the place of another one of its size.

    Args:
        rows: Edges of the grid from top to bottom in pixels, from 0 to the height; no two are equal.
        columns: The same from left to right.
        places: For each tile, row by row, the number of the tile in whose place it comes to lie.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    places: tuple[int, ...]

    @property
    def legs(self) -> tuple[Tiles, ...]:
        return () if self._rests else (Tiles(self.rows, self.columns, self.places),)

    @property
    def lasting(self) -> str:
        return ""

    @property
    def _rests(self) -> bool:
        return self.places == tuple(range(len(self.places)))

    def image(self, pixels: Array, owned: bool = False) -> Array:
        if self._rests:
            return pixels
        out = np.empty(pixels.shape, pixels.dtype)
        corners = self._corners()
        for (y0, x0, y1, x1), place in zip(corners, self.places, strict=True):
            y, x = corners[place][:2]
            out[y : y + y1 - y0, x : x + x1 - x0] = pixels[y0:y1, x0:x1]
        return out

    def mask(self, pixels: Array) -> Array:
        return self.image(pixels)

    @property
    def patches(self) -> bool:
        return self._rests

    def _corners(self) -> list[tuple[int, int, int, int]]:
        """Returns: Top, left, bottom, right of each tile, row by row."""
        rows, columns = list(pairwise(self.rows)), list(pairwise(self.columns))
        return [(y0, x0, y1, x1) for y0, y1 in rows for x0, x1 in columns]

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        return {"shuffle": {"rows": list(self.rows), "columns": list(self.columns), "places": list(self.places)}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Shuffle:
        """Returns: The step that ``to_dict`` described.

        Raises:
            KeyError, TypeError, ValueError: It describes none.
        """
        step = cls(**read(data["shuffle"], rows=_edges, columns=_edges, places=listing(whole, 1)))
        places, sizes = step.places, [(y1 - y0, x1 - x0) for y0, x0, y1, x1 in step._corners()]
        if sorted(places) != list(range(len(sizes))) or any(sizes[k] != sizes[place] for k, place in enumerate(places)):
            raise ValueError(f"places: expected each of 0 to {len(sizes) - 1} once, and tiles of one size to change places, got {places!r}"[:200])
        return step

    def __str__(self) -> str:
        moved = sum(place != k for k, place in enumerate(self.places))
        return f"Shuffle {len(self.rows) - 1} x {len(self.columns) - 1} tiles (rows x columns): {moved} of {len(self.places)} change places"


def _edges(value: Any) -> tuple[int, ...]:
    edges: tuple[int, ...] = listing(between(0, LARGEST, whole), 2)(value)
    if edges[0] != 0 or any(b <= a for a, b in pairwise(edges)):
        raise ValueError(f"expected whole numbers that rise from 0, got {edges!r}"[:200])
    return edges
