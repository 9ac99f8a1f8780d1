"""What a step does to coordinates, for steps that no matrix describes: bends, holes, shuffled tiles."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from geoaug.types import Floats, Size


class Leg(Protocol):
    """One stretch of the way of points from source to output. (A matrix is a ``Motion``, which has faster ways of its own.)"""

    @property
    def source(self) -> Size:
        """(height, width) of what goes in."""

    @property
    def size(self) -> Size:
        """(height, width) of what comes out."""

    @property
    def keeps_shapes(self) -> bool:
        """Whether masks and outlines stay whole although pixels are covered (a hole in the picture alone)."""

    @property
    def bends(self) -> bool:
        """Whether directions change from place to place; else points move side by side with their neighbours."""

    def prepare(self, rings: list[Floats]) -> None:
        """Hear of all outlines at once that ``whole`` and ``pieces`` will be asked for, where that saves work."""

    def points(self, points: Floats) -> Floats:
        """Returns: Where points go, shape (N, 2), continuous pixels; NaN for what has no place in the output."""

    def seen(self, points: Floats) -> np.ndarray:
        """Returns: Which points of the source are visible in the output, shape (N,) bool."""

    def whole(self, ring: Floats) -> list[Floats]:
        """Returns: An outline, shape (N, 2), after the leg as if nothing were cut: one part or several, maybe with more corners."""

    def pieces(self, ring: Floats) -> list[Floats]:
        """Returns: The visible parts of an outline after the leg, each of shape (N, 2) with some area."""

    def back(self, points: Floats) -> Floats:
        """Returns: Where points of the output come from, shape (N, 2).

        Raises:
            NotInvertible: Nothing leads back.
        """
