"""What OpenCV does to neighbourhoods, for every dtype and any number of channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from geoaug.raster.unit import rounded
from geoaug.raster.values import channels_of
from geoaug.types import Array

MOST = 4  # channels that all of OpenCV takes at once
DIRECT = tuple(map(np.dtype, ("u1", "u2", "i2", "f4", "f8")))  # what OpenCV's linear filters compute in


def everywhere(pixels: Array, change: Callable[[Array], Any], direct: tuple[np.dtype[Any], ...] = DIRECT, most: int = MOST) -> Array:
    """Carry out a function of OpenCV on pixels that it may not take as they are.

    Args:
        pixels: Shape (h, w) or (h, w, c), any number of channels, integers or floats.
        change: The function; it keeps the shape.
        direct: The dtypes that it takes; others pass through float32 or float64, and are rounded back.
        most: Channels that it takes at once.

    Returns: A new array of the same shape and dtype, floats within [0, 1].
    """
    if pixels.dtype not in direct:
        exact = pixels.dtype.itemsize < 4 or (pixels.dtype.kind == "f" and np.dtype(np.float64) not in direct)
        return rounded(_by_parts(pixels.astype(np.float32 if exact else np.float64), change, most), pixels.dtype)
    out = _by_parts(pixels, change, most)
    return np.clip(out, 0, 1, out=out) if out.dtype.kind == "f" else out


def _by_parts(pixels: Array, change: Callable[[Array], Any], most: int) -> Array:
    channels = channels_of(pixels)
    if channels <= most:  # a lone channel without its axis, which OpenCV drops
        whole = np.ascontiguousarray(pixels if channels > 1 else pixels.reshape(pixels.shape[:2]))
        return np.asarray(change(whole)).reshape(pixels.shape)
    # two that are left over go one by one, as Albumentations sends them: where a row's vectors end, rounding differs
    starts = [*range(0, channels, most), *([channels - 1] if channels % most == 2 else [])]
    return np.concatenate([_by_parts(pixels[..., a:b], change, most) for a, b in zip(starts, [*starts[1:], channels], strict=True)], axis=2)


def convolved(pixels: Array, kernel: Array) -> Array:
    """Weigh each neighbourhood by a kernel (h, w), mirrored at the border; a kernel of nothing but its middle returns ``pixels``."""
    middle = kernel[kernel.shape[0] // 2, kernel.shape[1] // 2]
    if middle == 1 and np.count_nonzero(kernel) == 1:
        return pixels
    return everywhere(pixels, lambda part: cv2.filter2D(part, -1, kernel))


def separably_convolved(pixels: Array, kernel: Array) -> Array:
    """The same for a kernel that is one row (n,) along x, and again along y."""
    if len(kernel) == 1:
        return pixels
    return everywhere(pixels, lambda part: cv2.sepFilter2D(part, -1, kernel, kernel))
