"""Holes in pixels: what they are filled with, and how the shape of an object becomes holes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from geoaug.errors import DataError
from geoaug.geometry.holes import Hole, runs
from geoaug.raster.values import UINT8, UINT16, channels_of, largest
from geoaug.raster.warp import fill_value
from geoaug.types import Array, Fill, Size

RANDOM = ("random", "random_uniform")  # each pixel a colour of its own, each hole one colour
INPAINTING = {"inpaint_telea": cv2.INPAINT_TELEA, "inpaint_ns": cv2.INPAINT_NS}
FILLS = (*RANDOM, *INPAINTING)
REACH = 3  # px around a pixel that inpainting looks at


def writable(pixels: Array, owned: bool) -> Array:
    """Returns: The pixels themselves where one may write into them, else a copy."""
    return pixels if owned and pixels.flags.writeable and pixels.flags.c_contiguous else np.array(pixels, order="C")


def fill_holes(pixels: Array, holes: tuple[Hole, ...], fill: Fill | str, seed: int = 0) -> None:
    """Fill holes, in place.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        holes: x_min, y_min, x_max, y_max of each, in whole pixels.
        fill: A number, one a channel, or one of ``FILLS``.
        seed: What random fills are drawn from.

    Raises:
        DataError: Not one number a channel, or a dtype that cannot be inpainted.
    """
    if fill in RANDOM:
        _fill_randomly(pixels, holes, fill == "random_uniform", seed)
    elif isinstance(fill, str):
        _inpaint(pixels, holes, fill)
    else:
        value = one_value(fill, pixels)
        for x0, y0, x1, y1 in holes:
            pixels[y0:y1, x0:x1] = value


def one_value(fill: Fill, pixels: Array) -> Array:
    """Returns: What a pixel is filled with, one number a channel, fitted to the dtype, of shape () or (c,)."""
    value = np.array(fill_value(fill, channels_of(pixels), pixels.dtype)).astype(pixels.dtype)
    return value if pixels.ndim == 3 else value[0]


def random_values(dtype: np.dtype[Any], shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Returns: Values evenly drawn from black to white."""
    if dtype.kind == "f":
        return rng.uniform(0, 1, shape).astype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    return rng.integers(0, int(largest(dtype)) if dtype.itemsize < 8 else np.iinfo(dtype).max, shape, dtype, endpoint=True)


def _fill_randomly(pixels: Array, holes: tuple[Hole, ...], evenly: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for x0, y0, x1, y1 in holes:
        shape = (1, *pixels.shape[2:]) if evenly else (y1 - y0, x1 - x0, *pixels.shape[2:])
        pixels[y0:y1, x0:x1] = random_values(pixels.dtype, shape, rng)


def _inpaint(pixels: Array, holes: tuple[Hole, ...], method: str) -> None:
    if pixels.dtype.kind != "f" and pixels.dtype not in (UINT8, UINT16):
        raise DataError(f"image: {method} needs uint8, uint16 or floats, got {pixels.dtype}; give fill a number, or convert the picture")
    gap = np.zeros(pixels.shape[:2], np.uint8)
    for x0, y0, x1, y1 in holes:
        gap[y0:y1, x0:x1] = 255
    hidden = gap > 0
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    for channel in range(planes.shape[2]):  # each alone: the result is the same, and OpenCV takes no other number than 1 and 3
        plane = planes[..., channel]
        if plane.dtype.kind == "f":  # OpenCV adds whole levels to what it fills, so floats in [0, 1] would be lost
            levels = np.rint(np.clip(np.nan_to_num(plane, nan=0.0), 0, 1).astype(np.float64) * 65535).astype(np.uint16)
            plane[hidden] = (_guessed(levels, gap, method)[hidden] / 65535).astype(plane.dtype)
        else:
            plane[hidden] = _guessed(np.ascontiguousarray(plane), gap, method)[hidden]


def _guessed(plane: Array, gap: Array, method: str) -> Array:
    """Returns: A plane, shape (h, w), whose gap is guessed from what surrounds it."""
    height, width = plane.shape
    if min(height, width) > 1:
        return cv2.inpaint(plane, gap, REACH, INPAINTING[method])
    # beside a single row OpenCV reads whatever lies in memory there: it gets the row above and below once more
    around = ((1, 1) if height == 1 else (0, 0), (1, 1) if width == 1 else (0, 0))
    whole = cv2.inpaint(np.pad(plane, around, mode="edge"), np.pad(gap, around, mode="edge"), REACH, INPAINTING[method])
    return whole[around[0][0] : around[0][0] + height, around[1][0] : around[1][0] + width]


# --- objects ---------------------------------------------------------------------------------------------------------


def labelled(mask: Array) -> tuple[Array, int]:
    """Number the objects of a mask: what hangs together, also across corners, and has one value.

    Args:
        mask: Shape (h, w), or (h, w, c), of which what is set in any channel counts.

    Returns: The number of each pixel's object from 1 on, 0 where there is none, shape (h, w) int32; and how many there are.
    """
    if mask.ndim == 3:
        mask = mask[..., 0] if mask.shape[2] == 1 else (mask != 0).any(axis=2)
    numbers, count = np.zeros(mask.shape, np.int32), 0
    for value in _values(mask):
        alone = (mask == value).view(np.uint8)
        x, y, width, height = cv2.boundingRect(alone)
        found, labels = cv2.connectedComponents(alone[y : y + height, x : x + width], connectivity=8)
        labels += count
        np.copyto(numbers[y : y + height, x : x + width], labels, where=labels > count)
        count += found - 1
    return numbers, count


def _values(mask: Array) -> list[Any]:
    """Returns: The values that occur, in order, without 0."""
    values = np.flatnonzero(np.bincount(mask.ravel(), minlength=256)) if mask.dtype == UINT8 else np.unique(mask)  # counting is ten times as fast
    return [value for value in values.tolist() if value]


def rectangles(region: Array) -> tuple[Hole, ...]:
    """Returns: Rectangles that cover exactly what is set, shape (h, w) bool: runs of pixels, equal ones on following lines joined."""
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(region).view(np.uint8))
    found = runs(region[y : y + height, x : x + width]) + np.array([x, y, x, y])
    return tuple((x0, y0, x1, y1) for x0, y0, x1, y1 in found[np.lexsort(found.T[[3, 2, 0, 1]])].tolist())


def clipped(holes: Array, size: Size) -> tuple[Hole, ...]:
    """Returns: Rows of x_min, y_min, x_max, y_max as whole pixels inside of a picture; those that hold no pixel are left out."""
    height, width = size
    found = []
    for x0, y0, x1, y1 in np.asarray(holes).reshape(-1, 4).astype(int).tolist():
        hole = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
        if hole[2] > hole[0] and hole[3] > hole[1]:
            found.append(hole)
    return tuple(found)
