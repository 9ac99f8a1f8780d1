"""Changes of the point of view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from geoaug.geometry.matrix import between_quads, chain, move_one, scaling
from geoaug.params import between, flag, number, ordered, parameter, probability, within
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.affine import fitted
from geoaug.transforms.resampling import bordering, filling, interpolating, mask_interpolating, warp
from geoaug.types import Limits, Matrix, Range, Size

if TYPE_CHECKING:
    from numpy.random import Generator


def _zero_to(value: object) -> Range:
    if isinstance(value, (list, tuple, np.ndarray)):
        return ordered(value)
    return ordered((0, number(value)))


SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
HORIZON = 0.01  # the same where not all is shown: beyond 0, the picture would come back from behind the viewer
NEAREST_CORNER = 0.2  # depth of the nearest corner, where that of the top left is 1: beyond, outputs grow without end


@transform
class Perspective(Transform):
    """Look at the picture from another point: four inner corners, drawn near the picture's own, become the corners.

    Args:
        scale: Range of the spread of the corners' distances, as a share of width and height; a lone n stands for (0, n).
        keep_size: Make the output as large as the picture came; False makes it as large as the part that is shown.
        fit_output: Show the whole picture, not only what lies between the corners.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks.
        border_mode: OpenCV's border mode.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.
        p: Probability that the transform is applied.

    Example:
        >>> A.Perspective(p=1)(image=np.zeros((40, 60), np.uint8))["image"].shape
        (40, 60)
    """

    scale: Limits = parameter(default=(0.05, 0.1), parse=within(_zero_to, 0))
    keep_size: bool = parameter(default=True, parse=flag)
    fit_output: bool = parameter(default=False, parse=flag)
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        inward = (np.abs(rng.normal(0.0, between(rng, self.scale), (4, 2))) % 0.32).tolist()  # as far as corners may come in
        return warp(self, scene, *seen_from(inward, scene.size, self.keep_size, self.fit_output))


def seen_from(inward: Sequence[Sequence[float]], size: Size, keep_size: bool, fit_output: bool) -> tuple[Matrix, Size]:
    """Returns: The homography and the output's size for four corners.

    Args:
        inward: How far each corner moves inwards in x and y, shares of width and height; clockwise from the top left.
        size: (height, width) of the picture.
        keep_size: See ``Perspective``.
        fit_output: See ``Perspective``.
    """
    height, width = size
    frame = [(0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height))]
    quad = [((x + (1 - 2 * x) * u) * width, (y + (1 - 2 * y) * v) * height) for (x, y), (u, v) in zip(SQUARE, inward, strict=True)]
    matrix = between_quads(quad, frame)
    corners = [move_one(matrix, x, y) for x, y in frame]
    if min(w for _, _, w in corners) < (NEAREST_CORNER if fit_output else HORIZON):
        # a corner of the picture would lie at or behind the viewer, where nothing can show it: draw the corners in less
        return seen_from([(u / 2, v / 2) for u, v in inward], size, keep_size, fit_output)
    if not fit_output:
        top, right, bottom, left = (math.dist(quad[k], quad[(k + 1) % 4]) for k in range(4))
        shown_size = (max(int(max(right, left)), 1), max(int(max(top, bottom)), 1))
        return (matrix, size) if keep_size else (chain(matrix, scaling(shown_size[1] / width, shown_size[0] / height)), shown_size)
    matrix, shown_size = fitted(matrix, size)
    return (chain(matrix, scaling(width / shown_size[1], height / shown_size[0])), size) if keep_size else (matrix, shown_size)
