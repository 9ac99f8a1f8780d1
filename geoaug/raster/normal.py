"""Normalise: pixels to float32 by given numbers, or by numbers of the picture itself."""

from __future__ import annotations

import functools

import numpy as np

from geoaug.errors import DataError
from geoaug.raster.table import LEVELS, look_up_floats
from geoaug.raster.values import UINT8, channels_of
from geoaug.types import Array

Numbers = float | tuple[float, ...]
NORMS = ("image", "image_per_channel", "min_max", "min_max_per_channel")
EPS = 1e-4  # Albumentations' guard against an even picture
FAR = 20.0  # and its bound for what an almost even one gives


def normalize(pixels: Array, mean: Numbers, std: Numbers, most: float) -> Array:
    """``(x / most - mean) / std`` as float32.

    Args:
        pixels: Any numbers, any number of channels.
        mean: One number, or at least one a channel (a grey picture takes the first).
        std: The same.
        most: The value that counts as 1.
    """
    channels = channels_of(pixels)
    if pixels.dtype == UINT8:
        return look_up_floats(pixels, _normal_tables(mean, std, most, channels))
    middle, factor = _affine(mean, std, most, channels)
    values = pixels.astype(np.float32)
    values -= middle
    values *= factor
    return values


def _affine(mean: Numbers, std: Numbers, most: float, channels: int) -> tuple[Array, Array]:
    middle = np.array(_per_channel(mean, channels, "mean"), np.float32) * most
    return middle, np.reciprocal(np.array(_per_channel(std, channels, "std"), np.float32) * most)


def _per_channel(given: Numbers, channels: int, name: str) -> Numbers:
    if not isinstance(given, tuple):
        return given
    if channels == 1 or len(given) == 1:
        return given[0]
    if len(given) < channels:
        raise DataError(f"image: {channels} channels, but {name} of Normalize has {len(given)} values; give one number or {channels}")
    return given[:channels]


@functools.lru_cache(maxsize=32)
def _normal_tables(mean: Numbers, std: Numbers, most: float, channels: int) -> Array:
    """Returns: Tables of float32, shape (256,) or (256, channels)."""
    middle, factor = _affine(mean, std, most, channels)
    return (LEVELS.reshape(-1, *(1,) * max(middle.ndim, factor.ndim)) - middle) * factor


def normalize_by_picture(pixels: Array, method: str) -> Array:
    """Normalise by numbers of the picture itself, as float32.

    Args:
        pixels: Any numbers, any number of channels.
        method: ``"image"`` and ``"image_per_channel"``: mean 0 and deviation 1, cut at ±20; ``"min_max"`` and
            ``"min_max_per_channel"``: from 0 to 1.
    """
    each = method.endswith("_per_channel") and channels_of(pixels) > 1
    exact = pixels.dtype == UINT8
    values = pixels if exact else pixels.astype(np.float64)
    axis = (0, 1) if each else None
    if method.startswith("image"):
        start, spread = np.asarray(values.mean(axis=axis)), np.asarray(values.std(axis=axis))
        guarded = exact or not each
    else:
        start = np.asarray(values.min(axis=axis)).astype(np.float64)
        spread = np.asarray(values.max(axis=axis)).astype(np.float64) - start
        guarded = exact or each
    # on uint8 Albumentations always adds EPS; elsewhere for two of the four; an even picture is 0 all the same
    spread = spread + EPS if guarded else np.where(spread > 0, spread, 1.0)
    if not exact:
        return np.clip((values - start) / spread, -FAR, FAR).astype(np.float32)
    ramp = np.arange(256.0)[:, None] if each else np.arange(256.0)
    return look_up_floats(pixels, np.clip((ramp - start) / spread, -FAR, FAR).astype(np.float32))
