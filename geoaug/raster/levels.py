"""Levels: values turned round, or brought down to few."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from geoaug.errors import DataTypeError
from geoaug.raster.table import place
from geoaug.raster.values import channels_of, flattened, largest
from geoaug.types import Array

RAMP = np.arange(256, dtype=np.uint8)
INVERTED = ~RAMP


def invert(pixels: Array, owned: bool = False) -> Array:
    """The negative: black becomes white. Signed integers keep their range, so that -1 - x takes the place of x.

    Args:
        pixels: Any numbers, any number of channels.
        owned: Whether the answer may be written over ``pixels``.
    """
    out = place(pixels, owned)
    return np.subtract(1, pixels, dtype=pixels.dtype, out=out) if pixels.dtype.kind == "f" else np.bitwise_not(pixels, out=out)


def invert_table() -> Array:
    """Returns: The table of ``invert``."""
    return INVERTED


def solarize(pixels: Array, threshold: float) -> Array:
    """The negative of what is as bright as a threshold, or brighter.

    Args:
        pixels: Any numbers, any number of channels.
        threshold: In fractions of white; above 1 nothing changes.
    """
    return np.where(pixels >= threshold * largest(pixels.dtype), invert(pixels), pixels)


def solarize_table(threshold: float) -> Array:
    """Returns: The table of ``solarize``."""
    return np.where(threshold * 255 <= RAMP, INVERTED, RAMP)


def posterize(pixels: Array, bits: int | tuple[int, ...]) -> Array:
    """Each value cut to its first bits.

    Args:
        pixels: Unsigned integers of any width, or floats, which count as 256 levels.
        bits: How many, for all channels or one number a channel.
    """
    if pixels.dtype.kind == "f":
        levels = np.rint(pixels.astype(np.float32, copy=False) * np.float32(255)).astype(np.uint8)
        return (levels & masks(bits, levels)).astype(pixels.dtype) / pixels.dtype.type(255)
    kept = masks(bits, pixels)
    if (kept == np.iinfo(pixels.dtype).max).all():
        return pixels
    return np.asarray(flattened(pixels) & (np.tile(kept, pixels.shape[1]) if kept.ndim else kept)).reshape(pixels.shape)


def posterize_tables(pixels: Array, bits: int | tuple[int, ...]) -> Array | None:
    """Returns: The table of ``posterize``, or one a channel; None where all bits stay."""
    masks(bits, pixels)  # for its complaint
    return _posterize_tables(bits)


@functools.lru_cache(maxsize=64)
def _posterize_tables(bits: int | tuple[int, ...]) -> Array | None:
    if isinstance(bits, tuple):
        return None if min(bits) == 8 else np.stack([RAMP >> (8 - one) << (8 - one) for one in bits])
    return None if bits == 8 else RAMP >> (8 - bits) << (8 - bits)


def masks(bits: int | tuple[int, ...], pixels: Array) -> Array:
    """Returns: The bits that stay, in the pixels' dtype, shape () or (c,)."""
    dtype: np.dtype[Any] = pixels.dtype
    if dtype.kind != "u":
        raise DataTypeError(f"image: posterize needs unsigned integers or floats, got {dtype}; put ToFloat() before Posterize")
    if isinstance(bits, tuple) and len(bits) != channels_of(pixels):
        raise DataTypeError(
            f"image: posterize has bits for {len(bits)} channels, got {channels_of(pixels)} of dtype {dtype}; give one number, or one a channel"
        )
    return _masks(bits, dtype)


@functools.lru_cache(maxsize=64)
def _masks(bits: int | tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    wide, whole = dtype.itemsize * 8, int(np.iinfo(dtype).max)
    listed = [whole & ~((1 << (wide - one)) - 1) for one in (bits if isinstance(bits, tuple) else (bits,))]
    return np.array(listed if isinstance(bits, tuple) else listed[0], dtype)
