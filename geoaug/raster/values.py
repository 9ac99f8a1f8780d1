"""What comes in and goes out: dtypes, channels, ranges and rounding of pixels."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.types import Array

OVERSHOOT = 0.5  # how far bicubic and Lanczos sampling may leave [0, 1]; what lies further out is no float picture
UINT8, UINT16, FLOAT32 = np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32)


def native(pixels: Array) -> Array:
    """Returns: The pixels in the byte order of this machine.

    Raises:
        DataTypeError: A dtype that holds no pixel values.
    """
    if pixels.dtype.kind not in "uifb":
        raise DataTypeError(f"image: dtype {pixels.dtype} holds no pixel values; give integers or floats")
    return pixels if pixels.dtype.isnative else pixels.astype(pixels.dtype.newbyteorder("="))


def fractions(pixels: Array, name: str) -> Array:
    """Returns: The float picture, what bicubic sampling left outside of [0, 1] clipped, as Albumentations clips it."""
    if pixels.size == 0:
        return pixels
    low, high = float(pixels.min()), float(pixels.max())
    if low >= 0 and high <= 1:
        return pixels
    if np.isnan(low) or np.isnan(high):
        y, x = np.argwhere(np.isnan(pixels))[0][:2]
        raise DataError(f"image: NaN at ({y}, {x}); {name} needs numbers, np.nan_to_num(image) gives them")
    if low < -OVERSHOOT or high > 1 + OVERSHOOT:
        which = f"max is {high:g}" if high > 1 + OVERSHOOT else f"min is {low:g}"
        raise DataError(
            f"image: float images must lie in [0, 1], {which}; divide by the largest possible value "
            f"(image / 255), give integers, or put {name} before Normalize"
        )
    return np.clip(pixels, 0, 1)


def channels_of(pixels: Array) -> int:
    """Returns: How many channels there are; 1 for shape (h, w)."""
    return 1 if pixels.ndim == 2 else int(pixels.shape[2])


def check_colour(pixels: Array, name: str, only: tuple[int, ...] = (1, 3)) -> None:
    """Refuse pixels whose channels an operation cannot take together.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        name: The operation, for the message.
        only: The numbers of channels that it takes.

    Raises:
        DataTypeError: Another number of channels, or a dtype that OpenCV does not convert.
    """
    channels, dtype = channels_of(pixels), pixels.dtype
    if channels not in only:
        way_out = "put ToRGB() before it" if channels == 1 else "give the RGB channels, image[..., :3]"
        raise DataTypeError(f"image: {name} needs {' or '.join(map(str, only))} channels, got {channels} of dtype {dtype}; {way_out}")
    if dtype.kind != "f" and dtype not in (UINT8, UINT16):
        raise DataTypeError(
            f"image: {name} needs uint8, uint16 or floats, got {dtype} with {channels} channels; "
            "put ToFloat() before it, or give fractions of the largest value as float32"
        )


@functools.cache
def largest(dtype: np.dtype[Any]) -> float:
    """Returns: The value that means white: 1 for floats, the largest one for integers."""
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)


def working(pixels: Array) -> Array:
    """Returns: A new float array to compute in: float32 for what it holds exactly, else float64."""
    return pixels.astype(np.float32 if pixels.dtype.kind == "f" and pixels.dtype.itemsize <= 4 else np.float64)


def finished(values: Array, dtype: np.dtype[Any]) -> Array:
    """Returns: Values clipped to what the dtype can show, and cut (not rounded) to integers, as Albumentations cuts them."""
    if dtype.kind == "f":
        return np.clip(values, 0, 1, out=values).astype(dtype, copy=False)
    info = np.iinfo(dtype)
    top = float(info.max) if info.bits < 64 else float(np.nextafter(float(info.max), 0))
    return np.clip(values, float(info.min), top, out=values).astype(dtype)


def flattened(pixels: Array) -> Array:
    """Returns: All channels side by side, which lets OpenCV take any number of them."""
    return pixels if pixels.ndim == 2 else pixels.reshape(pixels.shape[0], -1)


def shaped(pixels: Array, like: Array) -> Array:
    """OpenCV drops a lone channel axis; this puts it back."""
    return pixels if pixels.ndim == like.ndim else pixels.reshape(like.shape)


def convertible(pixels: Array) -> Array:
    """Returns: Colour pixels of a dtype that OpenCV converts: uint8, uint16, float32."""
    return pixels.astype(np.float32) if pixels.dtype.kind == "f" else pixels


def mean_of(pixels: Array) -> float:
    """Returns: The mean of all values, all channels together."""
    if pixels.dtype == UINT8:  # exact, and a tenth of numpy's time
        return float(cv2.sumElems(flattened(pixels))[0]) / pixels.size
    return float(pixels.mean(dtype=np.float64))


def in_fractions(pixels: Array, change: Callable[[Array], Array]) -> Array:
    """Carry out a change of fractions of white on pixels of another dtype.

    Args:
        pixels: Integers, or floats in [0, 1].
        change: Takes a new float32 array, which it may write into, and returns one.

    Returns: What it returned, clipped to [0, 1], in the dtype of ``pixels``; integers are rounded.
    """
    top = largest(pixels.dtype)
    values = pixels.astype(np.float32) if pixels.dtype.kind == "f" else pixels / np.float32(top)
    values = change(values)
    np.clip(values, 0, 1, out=values)
    return values.astype(pixels.dtype, copy=False) if pixels.dtype.kind == "f" else np.rint(values * np.float32(top)).astype(pixels.dtype)
