"""Plasma: clouds of noise by midpoint displacement, by which light and contrast change from place to place.

Source: Fournier, Fussell, Carpenter, Computer rendering of stochastic models, CACM 25 (1982), the diamond-square algorithm.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from geoaug.raster.kind import Kind
from geoaug.raster.unit import in_unit, out_of_unit
from geoaug.raster.values import FLOAT32, finished
from geoaug.types import Array, Size

STRONGEST = 1e30  # noise that single precision can add up; beyond 1e8, a coarser grid counts for nothing anyway
FIRST = 3  # nodes along each side of the first grid


def plasma_of(size: Size, roughness: float, rng: np.random.Generator) -> Array:
    """Draw a pattern from 0 to 1.

    Args:
        size: (height, width).
        roughness: Factor of the noise from each grid to the next, which is twice as fine; above 1, fine noise prevails.
        rng: Where it is drawn from.

    Returns: float32, shape (h, w).
    """
    cells, strength = FIRST - 1, 1.0
    grid = rng.random((FIRST, FIRST), np.float32) * 2 - 1
    while cells < max(size) - 1:
        cells *= 2
        rows, columns = (min(cells + 1, (side | 1) + 2) for side in size) if cells >= max(size) - 1 else (cells + 1, cells + 1)
        # the last grid is the picture's: what lies further out is not needed, and all is stretched to [0, 1] afterwards
        grid = _normalised(_finer(grid[: rows // 2 + 1, : columns // 2 + 1], strength, rng))
        strength = min(strength * roughness, STRONGEST)
    return _normalised(grid[: size[0], : size[1]])


def _finer(grid: Array, strength: float, rng: np.random.Generator) -> Array:
    """A grid of twice as many cells: the middle of each gets the mean of its corners, then each edge that of its four neighbours, all with noise.

    As in Albumentations, a mean that is not above 0 leaves 0, without noise.
    """
    rows, columns = 2 * grid.shape[0] - 1, 2 * grid.shape[1] - 1
    noise = rng.random((rows, columns), np.float32)
    noise *= np.float32(2 * strength)
    noise -= np.float32(strength)
    out = np.zeros((rows + 2, columns + 2), np.float32)  # with a rim of 0, which edges count as neighbours
    nodes, middles = out[1:-1:2, 1:-1:2], out[2:-1:2, 2:-1:2]
    nodes[...] = grid + noise[::2, ::2]
    _displace(middles, nodes[:-1, :-1] + nodes[:-1, 1:] + nodes[1:, :-1] + nodes[1:, 1:], noise[1::2, 1::2])
    middle_rows, middle_columns = out[2:-1:2], out[:, 2:-1:2]
    across = out[1:-1:2, 2:-1:2]  # edges between a node on the left and one on the right
    _displace(across, nodes[:, :-1] + nodes[:, 1:] + out[:-2:2, 2:-1:2] + middle_columns[2::2], noise[::2, 1::2])
    down = out[2:-1:2, 1:-1:2]
    _displace(down, nodes[:-1] + nodes[1:] + out[2:-1:2, :-2:2] + middle_rows[:, 2::2], noise[1::2, ::2])
    return out[1:-1, 1:-1]


def _displace(into: Array, total: Array, noise: Array) -> None:
    total *= np.float32(0.25)
    np.add(total, noise, out=into)
    into *= total > 0


def _normalised(grid: Array) -> Array:
    low, high = (float(value) for value in (grid.min(), grid.max()))
    spread = high - low
    if not spread > 0 or not math.isfinite(spread):
        return np.zeros(grid.shape, np.float32)
    return (grid - np.float32(low)) * np.float32(1 / spread)


def plasma_light(pixels: Array, brightness: float, contrast: float, roughness: float, seed: int) -> Array:
    """Brightness and contrast that change from place to place.

    Args:
        pixels: Any number of channels.
        brightness: Share of white that is added where the pattern is 1.
        contrast: Added to a factor of 1 where the pattern is 1; the factor stretches from the mean.
        roughness: Of the pattern, as ``plasma_of`` takes it.
        seed: What the pattern is drawn from.
    """
    if brightness == contrast == 0 or not pixels.size:
        return pixels
    return lit(pixels, brightness, contrast, plasma_of((pixels.shape[0], pixels.shape[1]), roughness, np.random.default_rng(seed)))


def lit(pixels: Array, brightness: float, contrast: float, pattern: Array) -> Array:
    """Add ``brightness`` times a pattern; then stretch by one more than ``contrast`` times it, away from the mean."""
    values = in_unit(pixels)
    values = values.copy() if values is pixels else values
    pattern = pattern.astype(values.dtype, copy=False)
    if brightness:
        values += _for_all(pattern * values.dtype.type(brightness), values)
        np.clip(values, 0, 1, out=values)
    if contrast:
        mean = values.mean()
        factor = pattern * values.dtype.type(contrast) + 1
        values *= _for_all(factor, values)
        values += _for_all(mean * (1 - factor), values)
    return out_of_unit(values, pixels.dtype)


def plasma_shadow(pixels: Array, intensity: float, roughness: float, seed: int) -> Array:
    """Shade that changes from place to place.

    Args:
        pixels: Any number of channels.
        intensity: Share of light that is taken where the pattern is 1.
        roughness: Of the pattern, as ``plasma_of`` takes it.
        seed: What the pattern is drawn from.
    """
    if intensity == 0 or not pixels.size:
        return pixels
    return shaded(pixels, intensity, plasma_of((pixels.shape[0], pixels.shape[1]), roughness, np.random.default_rng(seed)))


def shaded(pixels: Array, intensity: float, pattern: Array) -> Array:
    """Multiply by one less than ``intensity`` times a pattern; integers are cut."""
    left = _for_all(1 - pattern * np.float32(intensity), pixels)
    exact = np.float64 if pixels.dtype.itemsize > 2 and pixels.dtype != FLOAT32 else np.float32
    return finished(np.multiply(pixels, left, dtype=exact), pixels.dtype)


def _for_all(plane: Array, pixels: Array) -> Array:
    """Returns: A plane as one that goes with every channel; OpenCV repeats it an order of magnitude quicker than numpy would."""
    if pixels.ndim == 2:
        return plane
    if plane.dtype == np.float32 and 2 <= pixels.shape[2] <= 4:
        return np.asarray(cv2.merge([plane] * pixels.shape[2]))
    return plane[..., None]


PLASMAS: dict[str, Kind] = {
    "plasma_light": Kind(plasma_light, {"brightness": ..., "contrast": ..., "roughness": 3.0, "seed": 0}),
    "plasma_shadow": Kind(plasma_shadow, {"intensity": ..., "roughness": 3.0, "seed": 0}),
}
