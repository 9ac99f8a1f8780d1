"""Integers as fractions of white, and back: for operations that need more than 256 levels on the way."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from geoaug.raster.values import UINT8, flattened, largest
from geoaug.types import Array

UNIT = np.arange(256, dtype=np.float32) / np.float32(255)  # what each level of uint8 is


def in_unit(pixels: Array) -> Array:
    """Returns: The pixels as fractions of white: float64 for what only that holds, else float32; a new array, or ``pixels`` itself if it is one."""
    if pixels.dtype == UINT8:
        return np.asarray(cv2.LUT(flattened(np.ascontiguousarray(pixels)), UNIT)).reshape(pixels.shape)
    if pixels.dtype.kind == "f":
        return pixels.astype(np.float32, copy=False) if pixels.dtype.itemsize <= 4 else pixels
    exact = np.float32 if pixels.dtype.itemsize <= 2 else np.float64
    return (pixels / largest(pixels.dtype)).astype(exact, copy=False)


def out_of_unit(values: Array, dtype: np.dtype[Any]) -> Array:
    """Returns: Fractions of white as pixels of a dtype, rounded; ``values`` may be overwritten."""
    if dtype.kind == "f":
        return rounded(values, dtype)
    return rounded(np.multiply(values, values.dtype.type(largest(dtype)), out=values), dtype)


def rounded(values: Array, dtype: np.dtype[Any]) -> Array:
    """Returns: Floats rounded to an integer dtype, or fractions clipped to [0, 1]; ``values`` may be overwritten."""
    if dtype.kind == "f":
        return np.clip(values, 0, 1, out=values).astype(dtype, copy=False)
    if dtype == UINT8 and values.flags.c_contiguous:
        flat = flattened(values)
        return np.asarray(cv2.addWeighted(flat, 1, flat, 0, 0, dtype=cv2.CV_8U)).reshape(values.shape)
    info = np.iinfo(dtype)
    top = float(info.max) if info.bits <= 32 else float(np.nextafter(float(info.max), 0))
    return np.clip(np.rint(values, out=values), float(info.min), top, out=values).astype(dtype)
