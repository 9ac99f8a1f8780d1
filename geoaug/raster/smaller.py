"""Pictures that are read smaller than they are, since a warp would shrink them anyway: by how much, and how they are moved then.

The numbers were measured against a supersampled truth (docs/why/antialiasing.md): what comes out is at most half a decibel farther
from it than the same warp of all the pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from geoaug.geometry.matrix import affine, exact, inverse, move_one, product, scaling, stretch, upright
from geoaug.geometry.motion import Motion, Window
from geoaug.params import AREA, CONSTANT, REFLECT, REFLECT_101, REPLICATE
from geoaug.raster.warp import FINE, FINER, NEARESTS, shows_whole_pixels
from geoaug.types import Matrix, Size

# how many pixels come out for one that is read, at most
PLAIN = 1.01  # where one reading of all the pixels would do for each that comes out, which aliases
SHIFTED = 0.95  # the same for upright maps whose pixels may lie between those that are read
HALVED = 0.5  # where they would be averaged, which is so near the truth that few readings equal it
SMALL = 0.3  # and for factors above 2, whose blur is read from fewer pixels
COARSE = 0.4  # above this, FINE times as fine is enough; below, a reading would miss pixels


def factor_for(motion: Motion, interpolation: int, border: int, soften: bool, factors: Sequence[int]) -> int:
    """Returns: The largest of ``factors`` by which the source of a warp may be read smaller, or 1.

    Args:
        motion: Where the picture goes.
        interpolation: OpenCV's flag.
        border: OpenCV's border mode.
        soften: As ``resample`` takes it.
        factors: The candidates, the largest first.
    """
    if interpolation in NEARESTS:
        return 1  # who wants values as they are gets them
    widest = widest_stretch(motion)
    if widest * min(factors) > PLAIN:
        return 1
    whole = shows_whole_pixels(motion, border)
    repeats = border != CONSTANT and motion.edge is not None
    for factor in factors:
        divides = not any(side % factor for side in motion.source)
        lands = divides and exact(product(motion.matrix, scaling(factor, factor)))
        if interpolation == AREA and whole:
            most = PLAIN if lands else 0.0  # it is the truth itself
        elif soften and not whole:
            most = HALVED if factor == 2 else SMALL
        else:
            most = PLAIN if whole or lands or not upright(motion.matrix) else SHIFTED
        # where something is repeated beyond the edge, that edge must be one of what is read
        if factor * widest <= most and min(motion.source) >= factor and (divides or not repeats):
            return factor
    return 1


def widest_stretch(motion: Motion) -> float:
    """Returns: How many pixels of the output one of the source becomes at most along any direction; infinite where a horizon shows."""
    matrix, (height, width) = motion.matrix, motion.size
    if affine(matrix):
        return _widest(matrix[0], matrix[1], matrix[3], matrix[4])
    a, b, _, d, e, _, g, h, _ = matrix
    back, found = inverse(matrix), 0.0
    for x in (0.0, width / 2, float(width)):
        for y in (0.0, height / 2, float(height)):
            u, v, _ = move_one(back, x, y)
            depth = move_one(matrix, u, v)[2]
            if depth <= 0:
                return math.inf
            found = max(found, _widest((a - x * g) / depth, (b - x * h) / depth, (d - y * g) / depth, (e - y * h) / depth))
    return found


def _widest(a: float, b: float, d: float, e: float) -> float:
    """The larger singular value of a 2 x 2 matrix."""
    half, det = (a * a + b * b + d * d + e * e) / 2, a * e - b * d
    return math.sqrt(half + math.sqrt(max(half * half - det * det, 0.0)))


def fineness(motion: Motion) -> int:
    """Returns: How many times as fine a warp of pixels that were read smaller is computed."""
    return FINE if stretch(motion.matrix, motion.source) > COARSE else FINER


def of_smaller(motion: Motion, border: int, factor: int, size: Size) -> tuple[Motion, int]:
    """A warp for the same picture, read smaller.

    Args:
        motion: Where the whole picture goes.
        border: OpenCV's border mode.
        factor: How much smaller it was read.
        size: (height, width) of what was read.

    Returns: The motion and the border mode. Where the edge lies within the last pixels that were read, it is no edge of the motion any more
        but a canvas passed on the way, to be painted around.
    """
    matrix: Matrix = product(motion.matrix, scaling(factor, factor))
    windows = motion.windows
    if motion.edge is None:
        return Motion(matrix, size, motion.size, windows), REPLICATE if border == CONSTANT else border
    if (size[0] * factor, size[1] * factor) == motion.source:
        windows = (Window(matrix, size, windows[0].border), *windows[1:])
        # a mirror through the middle of a last pixel, which is larger here, would lie farther inside
        return Motion(matrix, size, motion.size, windows), REFLECT if border == REFLECT_101 else border
    return Motion(matrix, size, motion.size, windows), REPLICATE
