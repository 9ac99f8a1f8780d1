"""Channels: each by its own number, in another order, without some of them, or one made many."""

from __future__ import annotations

import cv2
import numpy as np

from geoaug.errors import DataTypeError
from geoaug.raster.curves import linear_table
from geoaug.raster.planes import MOST_SPLIT
from geoaug.raster.planes import channels as planes_of
from geoaug.raster.table import LEVELS, place
from geoaug.raster.values import FLOAT32, UINT8, UINT16, channels_of, check_colour, finished, flattened, largest, working
from geoaug.types import Array

RAMP = np.arange(256, dtype=np.uint8)


# --- a number a channel -----------------------------------------------------------------------------------------------


def shift(pixels: Array, shifts: tuple[float, ...]) -> Array:
    """Add a number to each channel; to integers, whole levels.

    Args:
        pixels: As many channels as there are numbers, or fewer: a grey picture takes the first.
        shifts: In fractions of white.
    """
    amounts = _amounts(pixels, shifts)
    if not amounts.any():
        return pixels
    values = working(pixels)
    values += amounts if pixels.ndim == 3 else amounts[0]
    return finished(values, pixels.dtype)


def shift_tables(pixels: Array, shifts: tuple[float, ...]) -> Array | None:
    """Returns: The tables of ``shift``; None where nothing changes."""
    amounts = _amounts(pixels, shifts)
    if not amounts.any():
        return None
    tables = np.clip(LEVELS + amounts[:, None], 0, 255).astype(np.uint8)
    return tables if len(tables) > 1 else tables[0]


def _amounts(pixels: Array, shifts: tuple[float, ...]) -> Array:
    count = channels_of(pixels)
    if count > len(shifts):
        raise DataTypeError(
            f"image: shift has {len(shifts)} numbers, got {count} channels of dtype {pixels.dtype}; give the RGB channels, image[..., :3]"
        )
    amounts = np.asarray(shifts[:count]) * largest(pixels.dtype)
    return amounts if pixels.dtype.kind == "f" else np.trunc(amounts)


def gain(pixels: Array, factors: tuple[float, ...]) -> Array:
    """Multiply each channel by a number of its own.

    Args:
        pixels: As many channels as there are numbers, uint8, uint16 or floats.
        factors: 1 leaves a channel as it is.
    """
    check_colour(pixels, "gain", (len(factors),))
    if set(factors) == {1}:
        return pixels
    values = working(pixels)
    values *= np.asarray(factors, values.dtype)
    return finished(values, pixels.dtype)


def gain_tables(pixels: Array, factors: tuple[float, ...]) -> Array | None:
    """Returns: The tables of ``gain``; None where nothing changes."""
    check_colour(pixels, "gain", (len(factors),))
    tables = [linear_table(factor, 0) for factor in factors]
    return None if all(table is None for table in tables) else np.stack([RAMP if table is None else table for table in tables])


# --- which channels there are -----------------------------------------------------------------------------------------


def drop(pixels: Array, channels: tuple[int, ...], fill: float) -> Array:
    """Give every pixel of some channels one value.

    Args:
        pixels: Any dtype, with all of these channels.
        channels: Which, counted from 0.
        fill: The value, in the pixels' own unit; what the dtype cannot show is clipped.
    """
    if not channels:
        return pixels
    _check_there("drop", pixels, channels)
    value = _shown(fill, pixels)
    if pixels.dtype == UINT8:  # bits taken away from whole rows, a third of what a walk over every third byte takes
        kept, added = np.full(pixels.shape[1:], 255, np.uint8), np.zeros(pixels.shape[1:], np.uint8)
        kept[:, list(channels)], added[:, list(channels)] = 0, value
        flat = flattened(pixels) & kept.ravel()
        return (np.bitwise_or(flat, added.ravel(), out=flat) if value else flat).reshape(pixels.shape)
    out = pixels.copy()
    out[..., list(channels)] = value
    return out


def drop_tables(pixels: Array, channels: tuple[int, ...], fill: float) -> Array | None:
    """Returns: The tables of ``drop``; None where nothing changes."""
    if not channels:
        return None
    _check_there("drop", pixels, channels)
    tables = np.empty((channels_of(pixels), 256), np.uint8)
    tables[...] = RAMP
    tables[list(channels)] = _shown(fill, pixels)
    return tables


def _shown(fill: float, pixels: Array) -> Array:
    dtype = pixels.dtype
    return np.asarray(fill, dtype) if dtype.kind == "f" else finished(np.array([fill], np.float64), dtype)[0]


def _check_there(name: str, pixels: Array, wanted: tuple[int, ...]) -> None:
    count = channels_of(pixels)
    if pixels.ndim == 2 or max(wanted) >= count:
        raise DataTypeError(
            f"image: {name} was drawn for a picture with channel {max(wanted)}, got {count} channel{'s' * (count > 1)} of dtype {pixels.dtype}; "
            "ToRGB() before it makes a grey picture three channels"
        )


def order(pixels: Array, channels: tuple[int, ...], owned: bool = False) -> Array:
    """Let channels change places.

    Args:
        pixels: Any dtype; a picture of one channel stays.
        channels: For each channel that comes out, which it was.
        owned: Whether the answer may be written over ``pixels``.
    """
    count = channels_of(pixels)
    if count == 1 or channels == tuple(range(count)):
        return pixels
    if len(channels) != count:
        raise DataTypeError(f"image: order was drawn for {len(channels)} channels, got {count} of dtype {pixels.dtype}")
    into = place(pixels, owned)
    if channels == (2, 1, 0) and pixels.dtype in (UINT8, UINT16, FLOAT32):
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR, dst=into))
    if pixels.dtype == UINT8 and count <= MOST_SPLIT:
        apart = list(planes_of(pixels))
        return np.asarray(cv2.merge([apart[k] for k in channels], dst=into))
    return np.take(pixels, channels, axis=2)


def repeat(pixels: Array, count: int) -> Array:
    """Make a grey picture one of several equal channels; one that has three already stays.

    Args:
        pixels: 1 channel, or 3.
        count: How many come out; with 1, the picture stays as it is.
    """
    found = channels_of(pixels)
    if found == 3 or count == 1 == found:
        return pixels
    if found != 1:
        raise DataTypeError(f"image: repeat needs 1 channel, or 3 that are RGB already, got {found} of dtype {pixels.dtype}; give image[..., :3]")
    return repeated(pixels if pixels.ndim == 2 else pixels[..., 0], count)


def repeated(one: Array, count: int) -> Array:
    """Returns: A picture of equal channels, shape (h, w, count), from one of shape (h, w)."""
    if count == 3 and one.dtype in (UINT8, UINT16, FLOAT32):
        return np.asarray(cv2.cvtColor(one, cv2.COLOR_GRAY2RGB))
    return np.repeat(one[..., None], count, axis=2)
