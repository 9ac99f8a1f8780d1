"""The steps that were drawn for one call: to repeat, to undo, to read."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from attrs import field, frozen

from geoaug.errors import NotInvertible
from geoaug.geometry.matrix import determinant, inverse, move
from geoaug.geometry.motion import Motion
from geoaug.steps.step import Step
from geoaug.steps.warp import Warp
from geoaug.types import Array, Floats, Matrix, Size


@frozen(slots=False)
class Plan:
    """What was decided for a call.

    Args:
        source: (height, width) of the picture that the plan was drawn for.
        steps: What happens, in order, fused where nobody can tell.
    """

    source: Size
    steps: tuple[Step, ...] = field(default=())

    @cached_property
    def motion(self) -> Motion:
        """Where points go, through all steps."""
        whole: Motion | None = None
        for step in self.steps:
            if step.motion is not None:
                whole = step.motion if whole is None else whole.then(step.motion)
        return Motion.rest(self.source) if whole is None else whole

    @property
    def ellipse(self) -> bool:
        """Whether boxes that come alone are taken for the ellipses inside of them."""
        return any(isinstance(step, Warp) and step.ellipse for step in self.steps)

    @property
    def size(self) -> Size:
        """(height, width) of what comes out."""
        return self.motion.size

    @property
    def matrix(self) -> Array:
        """The composed matrix, source to output, continuous pixels, shape (3, 3) float64."""
        return np.array(self.motion.matrix, np.float64).reshape(3, 3)

    def image(self, pixels: Array) -> Array:
        """Repeat the plan on a picture, shape (h, w) or (h, w, c)."""
        source = pixels
        for step in self.steps:
            pixels = step.image(pixels, owned=not np.may_share_memory(pixels, source))
        return pixels

    def mask(self, pixels: Array) -> Array:
        """Repeat the plan on label pixels, shape (h, w) or (h, w, c)."""
        for step in self.steps:
            pixels = step.mask(pixels)
        return pixels

    @property
    def patches(self) -> bool:
        """Whether a mask can move as the part of it that is not zero."""
        return all(step.patches for step in self.steps)

    def patch(self, part: Array, at: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
        """Repeat the plan on a part of a mask, shape (h, w), that lies at (row, column)."""
        for step in self.steps:
            part, at = step.patch(part, at)
        return part, at

    def points(self, points: Floats) -> Floats:
        """Move points, shape (N, 2), continuous pixels, as the plan moves the picture."""
        return move(self.motion.matrix, np.asarray(points, np.float64).reshape(-1, 2))

    def inverse(self) -> Inverse:
        """Returns: The way back, for predictions; steps that only change values are skipped.

        Raises:
            NotInvertible: A step squeezes the picture onto a line; the message names it.
        """
        for number, step in enumerate(self.steps, 1):
            if step.motion is not None and determinant(step.motion.matrix) == 0.0:
                raise NotInvertible(f"step {number} of {len(self.steps)} cannot be undone: {step}")
        return Inverse(inverse(self.motion.matrix), self.motion.size, self.source)

    def __str__(self) -> str:
        if not self.steps:
            return f"{self.source[1]} x {self.source[0]}: nothing happens"
        return "\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))


@frozen
class Inverse:
    """The way from a plan's output back to its source.

    Args:
        matrix: Output to source, continuous pixels.
        size: (height, width) of the output.
        source: (height, width) of the source.
    """

    matrix: Matrix
    size: Size
    source: Size

    def points(self, points: Floats) -> Floats:
        """Map points, shape (N, 2), continuous pixels of the output, to continuous pixels of the source."""
        return move(self.matrix, np.asarray(points, np.float64).reshape(-1, 2))

    def keypoints(self, keypoints: Floats) -> Floats:
        """The same for keypoints that count pixel centres, as Albumentations' ``xy`` does."""
        return self.points(np.asarray(keypoints, np.float64).reshape(-1, 2) + 0.5) - 0.5

    def boxes(self, boxes: Floats) -> Floats:
        """Map boxes, shape (N, 4) as x_min, y_min, x_max, y_max in pixels of the output, to boxes around them in the source."""
        boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
        corners = self.points(boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)).reshape(-1, 4, 2)
        return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
