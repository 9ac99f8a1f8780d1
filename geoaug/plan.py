"""The steps that were drawn for one call: to repeat, to undo, to read."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from attrs import field, frozen

from geoaug.errors import DataError, DataTypeError, NotInvertible
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
        """Repeat the plan on a picture of the size that it was drawn for, shape (h, w) or (h, w, c)."""
        source = self._checked("image", pixels)
        for step in self.steps:
            pixels = step.image(pixels, owned=not np.may_share_memory(pixels, source))
        return pixels

    def mask(self, pixels: Array) -> Array:
        """Repeat the plan on label pixels, shape (h, w) or (h, w, c)."""
        self._checked("mask", pixels)
        for step in self.steps:
            pixels = step.mask(pixels)
        return pixels

    def _checked(self, name: str, pixels: Any) -> Array:
        if not isinstance(pixels, np.ndarray) or pixels.ndim not in (2, 3):
            raise DataTypeError(f"{name}: expected an array of shape (h, w) or (h, w, c), got {type(pixels).__name__}")
        if pixels.shape[:2] != self.source:
            height, width = self.source
            raise DataError(f"{name}: {pixels.shape[0]} x {pixels.shape[1]}, but the plan was drawn for {height} x {width} (height x width)")
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
        return move(self.motion.matrix, _rows("points", points, 2))

    def keypoints(self, keypoints: Floats) -> Floats:
        """The same for keypoints that count pixel centres, as Albumentations' ``xy`` does, shape (N, 2)."""
        return self.points(_rows("keypoints", keypoints, 2) + 0.5) - 0.5

    def boxes(self, boxes: Floats) -> Floats:
        """Move boxes, shape (N, 4) as x_min, y_min, x_max, y_max in pixels; each becomes the box around its corners, not cut."""
        return _around(self.motion.matrix, boxes)

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
        return move(self.matrix, _rows("points", points, 2))

    def keypoints(self, keypoints: Floats) -> Floats:
        """The same for keypoints that count pixel centres, as Albumentations' ``xy`` does."""
        return self.points(_rows("keypoints", keypoints, 2) + 0.5) - 0.5

    def boxes(self, boxes: Floats) -> Floats:
        """Map boxes, shape (N, 4) as x_min, y_min, x_max, y_max in pixels of the output, to boxes around them in the source."""
        return _around(self.matrix, boxes)


def _around(matrix: Matrix, boxes: Any) -> Floats:
    given = _rows("boxes", boxes, 4)
    bad = np.flatnonzero((given[:, 2] < given[:, 0]) | (given[:, 3] < given[:, 1]))
    if len(bad):
        raise DataError(f"boxes[{bad[0]}] = {given[bad[0]].tolist()}: expected x_min, y_min, x_max, y_max in that order")
    corners = move(matrix, given[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)).reshape(-1, 4, 2)
    return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)


def _rows(name: str, given: Any, columns: int) -> Floats:
    """Returns: Rows of numbers, shape (N, columns), or a named error."""
    try:
        rows = np.asarray(given)
        numbers = rows.astype(np.float64) if rows.dtype.kind in "iuf" or rows.size == 0 else None
    except (TypeError, ValueError, OverflowError):
        numbers = None
    if numbers is None:
        raise DataTypeError(f"{name}: expected rows of {columns} numbers, got {given!r}"[:200])
    if numbers.size == 0:
        return np.zeros((0, columns))
    if numbers.ndim != 2 or numbers.shape[1] != columns:
        raise DataError(f"{name}: expected N x {columns} numbers, got {' x '.join(map(str, numbers.shape))}")
    if not np.isfinite(numbers).all():
        raise DataError(f"{name}[{np.argwhere(~np.isfinite(numbers))[0][0]}]: expected finite numbers, got {given!r}"[:200])
    return numbers
