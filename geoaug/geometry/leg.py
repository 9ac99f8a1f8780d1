"""What a step does to coordinates, for steps that no matrix describes: bends, holes, shuffled tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from geoaug.geometry.region import TOUCH
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
    def hides(self) -> bool:
        """Whether it covers pixels where they lie, so that points there are hidden, and not gone."""

    @property
    def bends(self) -> bool:
        """Whether directions change from place to place; else points move side by side with their neighbours."""

    @property
    def folds(self) -> bool:
        """Whether it shows some points in several places."""

    @property
    def reshapes(self) -> bool:
        """Whether outlines change although points stay, so that no outline leads back."""

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

    def rectangle(self, box: Floats) -> tuple[Floats, bool] | None:
        """Move an oriented box.

        Args:
            box: x_center, y_center, width, height and the angle of the width's direction in radians.

        Returns: It after the leg, with the right angle, and whether the rest is right too, which an edge may prevent; None where angles do not stay.
        """

    def whole_back(self, ring: Floats) -> list[Floats]:
        """Returns: Where an outline of the output, shape (N, 2), comes from, not cut: one part or several, maybe with more corners."""


class Unmoved:
    """What legs share that leave the canvas and, unless they say otherwise, every point where it is."""

    if TYPE_CHECKING:  # a property here would hide the fields of those who have one

        @property
        def source(self) -> Size:
            """(height, width) of the picture."""

    @property
    def size(self) -> Size:
        """(height, width), which stays."""
        return self.source

    @property
    def hides(self) -> bool:
        """False: nothing is covered."""
        return False

    @property
    def bends(self) -> bool:
        """False: points move side by side with their neighbours."""
        return False

    @property
    def folds(self) -> bool:
        """False: every point has one place at most."""
        return False

    @property
    def reshapes(self) -> bool:
        """False: outlines go where their points go."""
        return False

    def prepare(self, rings: list[Floats]) -> None:
        """Nothing to prepare."""

    def points(self, points: Floats) -> Floats:
        """Returns: The points, which stay."""
        return points

    def back(self, points: Floats) -> Floats:
        """Returns: The points, which came from where they are."""
        return points

    def rectangle(self, box: Floats) -> tuple[Floats, bool] | None:
        """Returns: The oriented box, which stays."""
        return box, True

    def whole_back(self, ring: Floats) -> list[Floats]:
        """Returns: The outline, which came from where it is."""
        return [ring]

    def seen(self, points: Floats) -> np.ndarray:
        """Returns: Which points lie in the picture."""
        height, width = self.source
        x, y = points[:, 0], points[:, 1]
        return np.asarray((x >= -TOUCH) & (x <= width + TOUCH) & (y >= -TOUCH) & (y <= height + TOUCH))
