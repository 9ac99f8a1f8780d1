"""Normalise: pixels to float32 by given numbers, or by numbers of the picture itself."""

from __future__ import annotations

import functools

import numpy as np

from geoaug.errors import DataError
from geoaug.raster.planes import channels, to_planes
from geoaug.raster.table import LEVELS, look_up_floats
from geoaug.raster.values import UINT8, channels_of, flattened
from geoaug.types import Array

Numbers = float | tuple[float, ...]
NORMS = ("image", "image_per_channel", "min_max", "min_max_per_channel")
EPS = 1e-4  # Albumentations' guard against an even picture
FAR = 20.0  # and its bound for what an almost even one gives
WORTH_ARITHMETIC = 2**15  # uint8 values; from here on two passes of arithmetic beat cv2.LUT (0.6 of its time at 640 x 640), with its bytes


def normalize(pixels: Array, mean: Numbers, std: Numbers, most: float) -> Array:
    """``(x / most - mean) / std`` as float32.

    Args:
        pixels: Any numbers, any number of channels.
        mean: One number, or at least one a channel (a grey picture takes the first).
        std: The same.
        most: The value that counts as 1.
    """
    count = channels_of(pixels)
    if pixels.dtype == UINT8 and pixels.size < WORTH_ARITHMETIC:
        return look_up_floats(pixels, _normal_tables(mean, std, most, count))
    middle, factor = _affine(mean, std, most, count)
    if middle.ndim or factor.ndim:  # a row at a time: numpy is slow on axes of three
        middle, factor = (np.tile(np.broadcast_to(part, count), pixels.shape[1]) for part in (middle, factor))
    flat = flattened(pixels)
    return _scaled(flat, middle, factor, np.empty(flat.shape, np.float32)).reshape(pixels.shape)


def normalize_planes(pixels: Array, mean: Numbers, std: Numbers, most: float) -> Array:
    """The same numbers as ``normalize``, to the bit, with channels first.

    Returns: float32 of shape (c, h, w), contiguous.
    """
    count = channels_of(pixels)
    if count == 1 or pixels.size < WORTH_ARITHMETIC:
        return to_planes(normalize(pixels, mean, std, most), owned=True)
    parts = (np.broadcast_to(part, count) for part in _affine(mean, std, most, count))
    out = np.empty((count, *pixels.shape[:2]), np.float32)
    for channel, plane, middle, factor in zip(channels(pixels), out, *parts, strict=True):
        _scaled(channel, middle, factor, plane)
    return out


def _scaled(pixels: Array, middle: Array, factor: Array, out: Array) -> Array:
    """Returns: ``(pixels - middle) * factor`` in ``out``, every part of it in single precision, as the tables have it."""
    np.subtract(pixels, middle, out=out, dtype=np.float32, casting="unsafe")
    np.multiply(out, factor, out=out)
    return out


@functools.lru_cache(maxsize=32)
def _affine(mean: Numbers, std: Numbers, most: float, count: int) -> tuple[Array, Array]:
    """Returns: What is taken away and what multiplies then, float32, each of shape () or (channels,)."""
    middle = np.asarray(np.array(_per_channel(mean, count, "mean"), np.float32) * most, np.float32)
    spread = np.asarray(np.array(_per_channel(std, count, "std"), np.float32) * most, np.float32)
    return middle, np.asarray(np.reciprocal(spread))


def _per_channel(given: Numbers, count: int, name: str) -> Numbers:
    if not isinstance(given, tuple):
        return given
    if count == 1 or len(given) == 1:
        return given[0]
    if len(given) < count:
        raise DataError(f"image: {count} channels, but {name} of Normalize has {len(given)} values; give one number or {count}")
    return given[:count]


@functools.lru_cache(maxsize=32)
def _normal_tables(mean: Numbers, std: Numbers, most: float, count: int) -> Array:
    """Returns: Tables of float32, shape (256,) or (256, channels)."""
    middle, factor = _affine(mean, std, most, count)
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
