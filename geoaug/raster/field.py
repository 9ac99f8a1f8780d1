"""Random fields, drawn from a seed: a table of a distribution's quantiles, looked up at 16 random bits a place.

That takes a tenth of the time of drawing each place by itself. A value stands for 1/65536 of its distribution, so a
Gaussian ends at 4.3 sigma.
"""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np

from geoaug.types import Array, Floats

STEPS = 2**16
MIDDLES = (np.arange(STEPS) + 0.5) / STEPS  # of equally likely parts


def bits(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Returns: 16 random bits a place, uint16 of this shape."""
    count = math.prod(shape)
    raw = np.asarray(rng.bit_generator.random_raw(-(-count // 4)), np.uint64)
    return raw.view(np.uint16)[:count].reshape(shape)


def field(rng: np.random.Generator, quantiles: Array, shape: tuple[int, ...]) -> Array:
    """Returns: A value of a table of 65536 for each place, of shape (h, w)."""
    return looked_up(bits(rng, shape), quantiles)


def looked_up(places: Array, table: Array) -> Array:
    """Returns: ``table[places]``, for places (h, w) uint16 in a table of 65536."""
    return np.asarray(cv2.LUT(places, table)) if _takes_words() else table.take(places)


@functools.cache
def _takes_words() -> bool:
    """Whether cv2.LUT looks up 16 bits, as OpenCV 5 does."""
    try:
        cv2.LUT(np.zeros((1, 1), np.uint16), np.zeros(STEPS, np.float32))
    except cv2.error:
        return False
    return True


@functools.cache
def gaussian() -> Floats:
    """Returns: The quantiles of the standard normal distribution."""
    z = np.linspace(-6, 6, 24001)
    density = np.exp(-z * z / 2)
    share = np.cumsum(density) - density / 2  # up to each place, by the trapezoidal rule
    return np.interp(MIDDLES, share / density.sum(), z)


def laplacian() -> Floats:
    """Returns: The quantiles of the Laplace distribution of scale 1."""
    side = MIDDLES - 0.5
    return np.asarray(-np.sign(side) * np.log1p(-2 * np.abs(side)))


def poisson(mean: float) -> Floats:
    """Returns: The quantiles of the Poisson distribution."""
    if mean <= 0:
        return np.zeros(STEPS)
    most = int(mean + 9 * math.sqrt(mean) + 20)
    logarithms = np.cumsum(np.concatenate([[-mean], np.log(mean / np.arange(1, most))]))  # of the chance of 0, 1, 2 … events
    return np.searchsorted(np.cumsum(np.exp(logarithms)), MIDDLES).astype(np.float64)
