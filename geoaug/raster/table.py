"""Tables of 256 levels, one for all channels or one a channel: each value looked up by the fastest route that gives the same bytes."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable

import cv2
import numpy as np

from geoaug.raster.planes import MOST_SPLIT, channels
from geoaug.raster.values import channels_of, flattened
from geoaug.types import Array

LEVELS = np.arange(256, dtype=np.float32)
RAMP = np.arange(256, dtype=np.uint8)[None]
WORTH_A_LINE = 2**16  # values; below, finding the line costs more than it saves
CLEAR = 1e-4  # levels between a value and the next rounding edge; single precision is off by 3e-5


def look_up(pixels: Array, table: Array, line: tuple[float, float] | None = None, owned: bool = False) -> Array:
    """Look each value up in a table.

    Args:
        pixels: uint8 of any shape.
        table: uint8, shape (256,) for all channels or (c, 256).
        line: The factor and shift that made the table, if it is a line.
        owned: Whether the answer may be written over ``pixels``.

    Returns: ``table[pixels]``.
    """
    if table.ndim == 2:
        return _look_up_each(pixels, table, owned)
    out = place(pixels, owned)
    translate = _translator()
    if translate is not None:
        out = pixels.copy() if out is None else out
        translate(out.data, table.data, inplace=True)
        return out
    flat, into = flattened(pixels), None if out is None else flattened(out)
    if line is not None and pixels.size >= WORTH_A_LINE:
        straight = _by_line(flat, table, *line, into)
        if straight is not None:
            return straight.reshape(pixels.shape)
    return np.asarray(cv2.LUT(flat, table, dst=into)).reshape(pixels.shape)


def _look_up_each(pixels: Array, tables: Array, owned: bool) -> Array:
    """Channels taken apart and joined again: an eighth of what one call of cv2.LUT takes for three tables."""
    if channels_of(pixels) == 1:
        return look_up(pixels, tables[0], owned=owned)
    split = pixels.shape[2] <= MOST_SPLIT
    planes = [
        plane if (table == RAMP[0]).all() else look_up(plane, table, owned=split) for plane, table in zip(channels(pixels), tables, strict=True)
    ]
    return np.asarray(cv2.merge(planes, dst=place(pixels, owned))) if split else np.stack(planes, axis=2)


def after(later: Array, earlier: Array) -> Array:
    """Returns: The table of ``earlier`` and then ``later``, bit for bit; each of shape (256,) or (c, 256)."""
    if later.ndim == 1:
        return later[earlier]
    return later.take(earlier, axis=1) if earlier.ndim == 1 else np.take_along_axis(later, earlier, axis=1)


def place(pixels: Array, owned: bool) -> Array | None:
    """Returns: The memory of these pixels, if it can be written over, else None."""
    return pixels if owned and pixels.flags.c_contiguous and pixels.flags.writeable else None


def _by_line(flat: Array, table: Array, factor: float, shift: float, into: Array | None) -> Array | None:
    """cv2.addWeighted rounds where the table cuts: with the shift in the middle of what gives the same 256 levels, half of LUT's time."""
    exact = LEVELS * np.float64(factor) + shift
    cut = (exact - table)[(exact >= 0) & (exact < 256)]
    if cut.size == 0 or cut.max() - cut.min() > 1 - 2 * CLEAR:
        return None
    middle = shift - float(cut.min() + cut.max()) / 2
    if not (cv2.addWeighted(RAMP, factor, RAMP, 0, middle) == table).all():
        return None
    return np.asarray(cv2.addWeighted(flat, factor, flat, 0, middle, dst=into))


@functools.cache
def _translator() -> Callable[..., object] | None:
    """stringzilla looks bytes up with vector instructions: 0.4 of cv2.LUT's time. Albumentations brings it along; we need not have it."""
    try:
        translate: Callable[..., object] = importlib.import_module("stringzilla").translate
        probe = np.arange(256, dtype=np.uint8)
        translate(probe.data, np.arange(255, -1, -1, dtype=np.uint8).data, inplace=True)
    except Exception:  # another version with another signature is as good as none
        return None
    return translate if (probe == np.arange(255, -1, -1)).all() else None


def look_up_floats(pixels: Array, tables: Array) -> Array:
    """Look each value up in a table of floats.

    Args:
        pixels: uint8, shape (h, w) or (h, w, c).
        tables: float32, shape (256,) for all channels or (256, c).

    Returns: float32 of the same shape.
    """
    if tables.ndim == 1:
        return np.asarray(cv2.LUT(flattened(pixels), tables)).reshape(pixels.shape)
    if pixels.shape[2] <= 4:
        return np.asarray(cv2.LUT(pixels, tables[None]))
    out = np.empty(pixels.shape, np.float32)
    for k in range(pixels.shape[2]):
        out[..., k] = tables[:, k][pixels[..., k]]
    return out
