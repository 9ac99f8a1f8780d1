"""Curves: operations that treat each value alone, with the tables that do the same to uint8."""

from __future__ import annotations

import cv2
import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.raster.table import LEVELS
from geoaug.raster.values import channels_of, check_colour, convertible, finished, largest, mean_of, shaped, working
from geoaug.types import Array

SHARES = np.arange(256) / 255.0  # of white, level by level


def linear(pixels: Array, factor: float, shift: float) -> Array:
    """Contrast and brightness: ``x * factor + shift * white``, cut to what the dtype can show."""
    return _straight(pixels, factor, shift * largest(pixels.dtype))


def settle_linear(pixels: Array, factor: float, shift: float) -> tuple[float, float]:
    """Returns: The factor, and the shift in pixel values."""
    return factor, shift * largest(pixels.dtype)


def linear_by_mean(pixels: Array, factor: float, shift: float) -> Array:
    """The same with the mean of the picture instead of white."""
    return _straight(pixels, *settle_linear_by_mean(pixels, factor, shift))


def settle_linear_by_mean(pixels: Array, factor: float, shift: float) -> tuple[float, float]:
    """Returns: The factor, and the shift in pixel values, a part of the mean of the picture."""
    return factor, shift * mean_of(pixels)


def linear_safe(pixels: Array, factor: float, shift: float, by_mean: bool) -> Array:
    """The same with both numbers drawn in until no value can be cut."""
    return _straight(pixels, *settle_linear_safe(pixels, factor, shift, by_mean))


def settle_linear_safe(pixels: Array, factor: float, shift: float, by_mean: bool) -> tuple[float, float]:
    """Returns: The factor, and the shift in pixel values, both drawn in until no value can be cut."""
    top = largest(pixels.dtype)
    offset = shift * (mean_of(pixels) if by_mean else top)
    if factor > 0:
        offset = min(max(offset, 0.0), top)
        return min(factor, (top - offset) / top), offset
    offset = min(offset, top)
    return max(factor, -offset / top), offset


def linear_table(factor: float, shift: float) -> Array | None:
    """Returns: The table of ``x * factor + shift``, shift in levels; None where nothing changes."""
    if factor == 1 and shift == 0:
        return None
    table = LEVELS * factor
    table += shift
    # the cast cuts fractions, so only whole levels outside matter; each of these calls is a microsecond
    if shift <= -1 or 255 * factor + shift <= -1:
        np.maximum(table, 0, out=table)
    if shift >= 255 or 255 * factor + shift >= 255:
        np.minimum(table, 255, out=table)
    return table.astype(np.uint8)


def _straight(pixels: Array, factor: float, shift: float) -> Array:
    if factor == 1 and shift == 0:
        return pixels
    values = working(pixels)
    values *= factor
    values += shift
    return finished(values, pixels.dtype)


def power(pixels: Array, exponent: float) -> Array:
    """Gamma: ``(x / white) ** exponent * white``, rounded for integers.

    Args:
        pixels: Floats or integers from 0 on, any number of channels.
        exponent: Below 1 brightens, above 1 darkens.
    """
    if exponent == 1:
        return pixels
    if pixels.dtype.kind == "i" and pixels.size and pixels.min() < 0:
        raise DataError(f"image: power needs values from 0 on, min is {pixels.min()}; shift the picture or give unsigned integers")
    values = working(pixels)
    if pixels.dtype.kind == "f":
        return shaped(np.asarray(cv2.pow(values, exponent)), pixels).astype(pixels.dtype, copy=False)
    top = largest(pixels.dtype)
    values /= top
    np.power(values, exponent, out=values)
    values *= top
    return finished(np.rint(values, out=values), pixels.dtype)


def power_table(exponent: float) -> Array | None:
    """Returns: The table of ``power``; None where nothing changes."""
    return None if exponent == 1 else np.rint(SHARES**exponent * 255.0).astype(np.uint8)


def contrast(pixels: Array, factor: float) -> Array:
    """Contrast about the mean of the picture's grey values: ``x * factor + mean * (1 - factor)``.

    Args:
        pixels: 1 or 3 channels.
        factor: 0 is an even grey, 1 leaves the picture.
    """
    return pixels if factor == 1 else _straight(pixels, *settle_contrast(pixels, factor))


def settle_contrast(pixels: Array, factor: float) -> tuple[float, float]:
    """Returns: The factor, and the shift in pixel values, of contrast about the mean grey value."""
    if factor == 1:
        return 1, 0
    check_colour(pixels, "contrast")
    mean = mean_of(pixels if channels_of(pixels) == 1 else cv2.cvtColor(convertible(pixels), cv2.COLOR_RGB2GRAY))
    if factor == 0 and pixels.dtype.kind != "f":
        return 0, int(mean + 0.5)
    return factor, mean * (1 - factor)


Each = float | tuple[float, ...]  # for all channels, or a number a channel


def bezier(pixels: Array, low: Each, high: Each) -> Array:
    """A smooth tone curve from black to white, drawn by two points between them.

    Args:
        pixels: Floats or integers from 0 on, any number of channels.
        low: Height of the point that pulls at the shadows, in fractions of white, for all channels or one a channel.
        high: The same for the highlights.
    """
    _check_each("bezier", pixels, low, high)
    top = largest(pixels.dtype)
    values = working(pixels)
    values /= top
    first, second, white = _pulls(values)
    out = first * np.asarray(low, values.dtype) + second * np.asarray(high, values.dtype) + white
    out *= top
    return finished(out if pixels.dtype.kind == "f" else np.rint(out, out=out), pixels.dtype)


def bezier_tables(pixels: Array, low: Each, high: Each) -> Array:
    """Returns: The table of ``bezier``, or one a channel."""
    _check_each("bezier", pixels, low, high)
    first, second = (np.asarray(part)[..., None] if isinstance(part, tuple) else part for part in (low, high))
    heights = np.rint((PULLS[0] * first + PULLS[1] * second + PULLS[2]) * 255)
    return np.clip(heights, 0, 255, out=heights).astype(np.uint8)


def _pulls(t: Array) -> tuple[Array, Array, Array]:
    """Returns: What the two points, and white, have to say at each place of the curve."""
    rest = 1 - t
    return 3 * rest**2 * t, 3 * rest * t**2, t**3


PULLS = _pulls(np.linspace(0.0, 1.0, 256))


def _check_each(name: str, pixels: Array, *numbers: Each) -> None:
    for part in numbers:
        if isinstance(part, tuple) and len(part) != channels_of(pixels):
            raise DataTypeError(
                f"image: {name} has numbers for {len(part)} channels, got {channels_of(pixels)} of dtype {pixels.dtype}; "
                "put what changes the number of channels before it"
            )
