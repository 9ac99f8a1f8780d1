"""Pictures as Keras' ``load_img`` gives them: channels as asked for, and PIL's way of changing the size."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from geoaug.errors import DataError
from geoaug.files import read_image
from geoaug.headers import FileProblem
from geoaug.types import Array, Floats, Size

COLOR_MODES = {"grayscale": 1, "rgb": 3, "rgba": 4}


def load(path: str | Path, size: Size | None = None) -> Array:
    """Returns: The pixels of a file, shape (h, w) or (h, w, c), as stored; whatever EXIF says, as in Keras.

    Args:
        path: The file.
        size: (height, width) that its labels state, which decides whether it is turned upright.

    Raises:
        DataError: The file cannot be used; the message names it.
    """
    try:
        return read_image(path, size).pixels
    except FileProblem as problem:
        raise DataError(f"{path}: {problem}") from None


def in_mode(pixels: Array, color_mode: str) -> Array:
    """Returns: A picture with the channels of a colour mode, shape (h, w, 1), (h, w, 3) or (h, w, 4).

    Alpha is dropped, as PIL drops it; grey is PIL's ITU-R 601, rounded; a grey picture of 16 bits that stays grey keeps them, any
    other its upper 8.
    """
    channels = COLOR_MODES[color_mode]
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.dtype == np.uint16 and max(channels, pixels.shape[2]) > 1:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.shape[2] == channels:
        return pixels
    if channels == 1:
        return _grey(pixels)[..., None]
    colour = pixels[..., :3] if pixels.shape[2] >= 3 else np.repeat(pixels[..., :1], 3, axis=2)
    if channels == 3:
        return np.ascontiguousarray(colour)
    opaque = np.full(pixels.shape[:2], 255 if pixels.dtype == np.uint8 else 1, pixels.dtype)
    return np.dstack([colour, opaque])


def _grey(pixels: Array) -> Array:
    if pixels.shape[2] < 3:
        return pixels[..., 0]
    if pixels.dtype.kind == "f":
        return pixels[..., :3] @ np.array([0.299, 0.587, 0.114], pixels.dtype)
    red, green, blue = (pixels[..., k].astype(np.uint32) for k in range(3))
    return ((red * 19595 + green * 38470 + blue * 7471 + 32768) >> 16).astype(pixels.dtype)


# --- size ------------------------------------------------------------------------------------------------------------

Kernel = Callable[[Floats], Floats]


def _bilinear(x: Floats) -> Floats:
    return np.maximum(1 - np.abs(x), 0)


def _hamming(x: Floats) -> Floats:
    return np.where(np.abs(x) < 1, np.sinc(x) * (0.54 + 0.46 * np.cos(math.pi * x)), 0)


def _bicubic(x: Floats) -> Floats:
    """Source: Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2."""
    x = np.abs(x)
    return np.where(x < 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


def _lanczos(x: Floats) -> Floats:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


def _box(x: Floats) -> Floats:
    return np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0)


KERNELS: dict[str, tuple[float, Kernel]] = {
    "bilinear": (1.0, _bilinear),
    "bicubic": (2.0, _bicubic),
    "lanczos": (3.0, _lanczos),
    "hamming": (1.0, _hamming),
    "box": (0.5, _box),
}
INTERPOLATIONS = ("nearest", *KERNELS)


def resized(pixels: Array, size: Size, interpolation: str = "nearest", keep_aspect_ratio: bool = False) -> Array:
    """Change the size as ``load_img`` does, whose PIL averages where it shrinks (OpenCV's interpolation reads single pixels).

    Args:
        pixels: Shape (h, w, c); left alone.
        size: (height, width) that comes out.
        interpolation: One of ``INTERPOLATIONS``.
        keep_aspect_ratio: Cut the picture to the new shape, about its centre, before.

    Returns: Shape (height, width, c), the same dtype; uint8 is within one level of PIL's.
    """
    if pixels.shape[:2] == size:
        return pixels
    tops = [(0, side) for side in pixels.shape[:2]]
    if keep_aspect_ratio:
        height, width = pixels.shape[:2]
        cut = (min(height, width * size[0] // size[1]), min(width, height * size[1] // size[0]))
        tops = [((side - part) // 2, part) for side, part in zip((height, width), cut, strict=True)]
    if interpolation == "nearest":
        rows, columns = (_nearest(start, part, out, side) for (start, part), out, side in zip(tops, size, pixels.shape[:2], strict=True))
        return np.ascontiguousarray(pixels[rows][:, columns])
    across = _averaged(pixels.swapaxes(0, 1), *tops[1], size[1], interpolation).swapaxes(0, 1)  # in PIL's order: it rounds in between
    return np.ascontiguousarray(_averaged(across, *tops[0], size[0], interpolation))


def _nearest(start: int, part: int, out: int, side: int) -> Array:
    """Returns: Which of the lines of a side PIL reads; it adds step after step, and so decides ties by what is lost in adding."""
    steps = np.full(out, part / out)
    steps[0] = start + 0.5 * (part / out)
    return np.minimum(np.cumsum(steps).astype(np.intp), side - 1)


def _averaged(pixels: Array, start: int, part: int, out: int, interpolation: str) -> Array:
    """Returns: The picture with another number of rows, each a weighted mean of rows; ``part`` rows from ``start`` on are in view."""
    rows = pixels.shape[0]
    if out == part == rows:
        return pixels
    first, weights = _weights(start, part, out, rows, interpolation)
    made = np.empty((out, pixels[0].size), np.float32)
    flat = np.ascontiguousarray(pixels).reshape(rows, -1)
    for row, (begin, share) in enumerate(zip(first, weights, strict=True)):
        np.matmul(share, flat[begin : begin + len(share)].astype(np.float32), out=made[row])
    if pixels.dtype.kind != "f":
        limits = np.iinfo(pixels.dtype)
        np.clip(np.floor(made + np.float32(0.5), out=made), limits.min, limits.max, out=made)  # a half goes up, as in PIL
    return made.astype(pixels.dtype).reshape(out, *pixels.shape[1:])


def _weights(start: int, part: int, out: int, rows: int, interpolation: str) -> tuple[list[int], list[Array]]:
    """Returns: For each row that comes out, the first row that it is made of, and the weights of that and those behind."""
    reach, kernel = KERNELS[interpolation]
    step = part / out
    wide = max(step, 1.0)
    centres = start + (np.arange(out) + 0.5) * step
    first = np.maximum((centres - reach * wide + 0.5).astype(np.intp), 0)
    last = np.minimum((centres + reach * wide + 0.5).astype(np.intp), rows)
    places = first[:, None] + np.arange(int((last - first).max()))
    weights = np.where(places < last[:, None], kernel((places - centres[:, None] + 0.5) / wide), 0)
    weights /= weights.sum(axis=1, keepdims=True)
    return first.tolist(), [line[:count] for line, count in zip(weights.astype(np.float32), (last - first).tolist(), strict=True)]
