"""Integers to fractions of white, and back."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.raster.planes import channels, to_planes
from geoaug.raster.values import UINT8, channels_of, flattened, largest
from geoaug.types import Array

INTEGERS = ("uint8", "uint16", "uint32")  # that fractions can become


def to_float(pixels: Array, most: float | None) -> Array:
    """Integers divided by what counts as 1, as float32. Floats are fractions already, and keep their values.

    Args:
        pixels: Any numbers, any number of channels.
        most: The value that counts as 1; None for the largest of the dtype.
    """
    if pixels.dtype.kind == "f":
        return pixels.astype(np.float32, copy=False)
    return _divided(flattened(pixels), most).reshape(pixels.shape)


def to_float_planes(pixels: Array, most: float | None) -> Array:
    """The same with channels first.

    Returns: float32 of shape (c, h, w), contiguous.
    """
    if pixels.dtype.kind == "f" or channels_of(pixels) == 1:
        out = to_float(pixels, most)
        return to_planes(out, owned=out is not pixels)
    out = np.empty((pixels.shape[2], *pixels.shape[:2]), np.float32)
    for channel, plane in zip(channels(pixels), out, strict=True):
        _divided(channel, most, plane)
    return out


def _divided(pixels: Array, most: float | None, out: Array | None = None) -> Array:
    white = largest(pixels.dtype) if most is None else most
    if pixels.dtype.itemsize > 2:  # more than float32 holds
        return np.divide(pixels, white, out=out, casting="unsafe").astype(np.float32, copy=False)
    if out is None:
        out = np.empty(pixels.shape, np.float32)
    out[...] = pixels
    return np.divide(out, np.float32(white), out=out)


def from_float(pixels: Array, dtype: str, most: float | None) -> Array:
    """Fractions multiplied by what counts as 1, rounded and clipped to what the dtype can show.

    Args:
        pixels: Floats, any number of channels; what has the dtype already stays.
        dtype: One of ``INTEGERS``.
        most: The value that 1 becomes; None for the largest of the dtype.
    """
    if pixels.dtype == dtype:
        return pixels
    if pixels.dtype.kind != "f":
        raise DataTypeError(
            f"image: from_float needs floats, got {pixels.dtype} with {channels_of(pixels)} channels; "
            "put ToFloat() before FromFloat, or leave both out"
        )
    kind: np.dtype[Any] = np.dtype(dtype)
    top = largest(kind)
    white = top if most is None else most
    wide = np.float32 if kind.itemsize <= 2 and pixels.dtype.itemsize <= 4 else np.float64
    values = pixels.astype(wide, copy=False)
    if pixels.size and np.isnan(pixels.sum()) and np.isnan(pixels).any():
        y, x = np.argwhere(np.isnan(pixels))[0][:2]
        raise DataError(f"image: NaN at ({y}, {x}); from_float needs numbers, np.nan_to_num(image) gives them")
    if kind == UINT8 and wide is np.float32 and white > 0 and values.min(initial=0) >= 0 and values.max(initial=0) * white < 2**31:
        return np.asarray(cv2.convertScaleAbs(flattened(values), alpha=white)).reshape(pixels.shape)
    out = values * wide(white)
    return np.clip(np.rint(out, out=out), 0, top, out=out).astype(kind)
