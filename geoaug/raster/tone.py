"""Changing values: tables, matrices and colour spaces by the cheapest OpenCV call, pixel by pixel.

A curve is a change of each value by itself. On uint8 it is a table of 256 entries, and tables that follow each other
are one table, bit-exact with one after the other, since each of them rounds to uint8 alone too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.raster.scratch import scratch
from geoaug.types import Array

Numbers = dict[str, Any]
Curve = Callable[..., Array]  # (values as float32, largest value, **numbers) -> values
LEVELS = np.arange(256, dtype=np.float32)
INTEGER_MOST = {np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0, np.dtype(np.uint32): 4294967295.0}
EVENING_OUT = 1e-4  # added to a spread before it divides, as in 2.0.8


def largest(dtype: np.dtype[Any]) -> float:
    """Returns: The value that stands for white: the largest of an integer type, 1 of a float."""
    if dtype.kind == "f":
        return 1.0
    if dtype in INTEGER_MOST:
        return INTEGER_MOST[dtype]
    return float(np.iinfo(dtype).max)


# --- curves: what each does to values in [0, most] -------------------------------------------------------------------


def linear(values: Array, most: float, *, factor: float, shift: float) -> Array:
    """factor · value + shift · most; fractions are cut off."""
    return values * factor + shift * most


def power(values: Array, most: float, *, exponent: float) -> Array:
    """(value / most) ** exponent · most, rounded, so that exponent 1 changes nothing."""
    out: Array = (values / most) ** exponent * most
    return out if most == 1.0 else np.rint(out)


CURVES: dict[str, Curve] = {"linear": linear, "power": power}


def curve_table(name: str, numbers: Numbers) -> Array:
    """Returns: A curve on uint8 as a table, shape (256,) uint8."""
    return np.clip(CURVES[name](LEVELS, 255.0, **numbers), 0, 255).astype(np.uint8)


def run_curve(pixels: Array, name: str, numbers: Numbers) -> Array:
    """Returns: A curve applied to pixels of another dtype than uint8."""
    most = largest(pixels.dtype)
    values = pixels.astype(np.float64 if pixels.dtype.itemsize > 2 and pixels.dtype.kind != "f" else np.float32)
    out = CURVES[name](values, most, **numbers)
    return np.clip(out, 0, most).astype(pixels.dtype)


def look_up(pixels: Array, table: Array, out: Array | None = None) -> Array:
    """Returns: uint8 pixels sent through one table, or through one a channel, shape (channels, 256)."""
    if table.ndim == 1:
        return _shaped(cv2.LUT(np.ascontiguousarray(pixels), table, dst=out), pixels)
    return _shaped(cv2.LUT(np.ascontiguousarray(pixels), np.ascontiguousarray(table.T)[:, None, :]), pixels)


def _shaped(out: Array, like: Array) -> Array:
    return out.reshape(like.shape) if out.size == like.size else out


# --- whole-picture and cross-channel operations ----------------------------------------------------------------------


def linear_by_mean(pixels: Array, *, factor: float, shift: float) -> Array:
    """factor · value + shift · mean of the picture."""
    most = largest(pixels.dtype)
    return apply_curves(pixels, [("linear", {"factor": factor, "shift": shift * float(np.mean(pixels)) / most})])


def linear_safe(pixels: Array, *, factor: float, shift: float, by_mean: bool) -> Array:
    """The same, with factor and shift drawn in until no value can leave the range."""
    most = largest(pixels.dtype)
    beta = shift * (float(np.mean(pixels)) if by_mean else most)
    if factor > 0:
        beta = min(max(beta, 0.0), most)
        factor = min(factor, (most - beta) / most)
    else:
        beta = min(beta, most)
        factor = max(factor, -beta / most)
    return apply_curves(pixels, [("linear", {"factor": factor, "shift": beta / most})])


def contrast(pixels: Array, *, factor: float, owned: bool = False) -> Array:
    """Away from (factor > 1) or towards the mean of the picture's grey."""
    if factor == 1:
        return pixels
    mean = float(pixels.mean() if _is_grey(pixels) else _grey(pixels).mean())
    most = largest(pixels.dtype)
    if factor == 0:
        return np.full_like(pixels, int(mean + 0.5) if pixels.dtype.kind != "f" else mean)
    return apply_curves(pixels, [("linear", {"factor": factor, "shift": mean * (1 - factor) / most})], owned)


def saturation(pixels: Array, *, factor: float, owned: bool = False) -> Array:
    """Away from (factor > 1) or towards each pixel's grey."""
    if factor == 1 or _is_grey(pixels):
        return pixels
    grey = cv2.cvtColor(_grey(pixels), cv2.COLOR_GRAY2RGB)
    out: Array = grey if factor == 0 else cv2.addWeighted(pixels, factor, grey, 1 - factor, 0, dst=grey)
    return out if out.dtype == np.uint8 else np.clip(out, 0, 1)


def hue(pixels: Array, *, turn: float, owned: bool = False) -> Array:
    """All hues turned by a share of the circle."""
    if turn == 0 or _is_grey(pixels):
        return pixels
    if pixels.dtype == np.uint8:
        turned = np.mod(LEVELS.astype(np.int16) + 180 * turn, 180).astype(np.uint8)
        hsv = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2HSV, dst=scratch("hsv", pixels.shape))
        # one channel out and in again: 200 µs, where three tables take 600
        cv2.insertChannel(cv2.LUT(cv2.extractChannel(hsv, 0), turned), hsv, 0)
        return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB, dst=pixels if owned else None)
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    hsv[..., 0] = np.mod(hsv[..., 0] + turn * 360, 360)
    return _clipped(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def hsv_shift(pixels: Array, *, hue: float, saturation: float, value: float) -> Array:
    """Shift hue, saturation and value, in OpenCV's units (uint8: hue to 179, the others to 255); grey pixels stay grey."""
    if hue == saturation == value == 0:
        return pixels
    if _is_grey(pixels):
        colour = hsv_shift(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), hue=0, saturation=0, value=value)
        return _shaped(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), pixels)
    if pixels.dtype == np.uint8:
        table = np.stack([
            np.mod(LEVELS.astype(np.int16) + hue, 180).astype(np.uint8) if hue else LEVELS.astype(np.uint8),
            _added(saturation), _added(value),
        ])  # fmt: skip
        table[1, 0] = 0
        return _through_hsv(pixels, table)
    return _hsv_shift_float(pixels, hue, saturation, value)


def _added(shift: float) -> Array:
    out: Array = np.clip(LEVELS + int(shift), 0, 255).astype(np.uint8)  # fractions of a level are cut off
    return out


def _through_hsv(pixels: Array, table: Array) -> Array:
    hsv = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2HSV)
    return cv2.cvtColor(look_up(hsv, table), cv2.COLOR_HSV2RGB)


def _hsv_shift_float(pixels: Array, hue_: float, saturation_: float, value: float) -> Array:
    # the limits are given in uint8 units; a float picture's saturation and value end at 1, its hue at 360
    hsv = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
    coloured = hsv[..., 1] > 0
    hsv[..., 0] = np.mod(hsv[..., 0] + 2 * hue_, 360)
    hsv[..., 1] = np.where(coloured, np.clip(hsv[..., 1] + saturation_ / 255, 0, 1), 0)
    hsv[..., 2] = np.clip(hsv[..., 2] + value / 255, 0, 1)
    return _clipped(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def to_grey(pixels: Array, *, method: str, channels: int) -> Array:
    """One grey, in ``channels`` equal channels."""
    if _is_grey(pixels):
        return pixels
    one = GREYS[method](pixels)
    return one if channels == 1 else cv2.merge([one] * channels)


def _grey_by_lightness(pixels: Array) -> Array:
    if pixels.dtype == np.uint8:
        out: Array = np.ascontiguousarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[..., 0])
        return out
    return _grey_by_lightness(np.rint(pixels * 255).astype(np.uint8)).astype(pixels.dtype) / pixels.dtype.type(255)


def _grey_by_extremes(pixels: Array) -> Array:
    values = pixels.astype(np.float32)
    return ((values.max(axis=-1) + values.min(axis=-1)) / 2).astype(pixels.dtype)


def _grey_by_first_component(pixels: Array) -> Array:
    flat = pixels.reshape(-1, pixels.shape[2]).astype(np.float64)
    mean, axes = cv2.PCACompute(flat, mean=np.empty(0), maxComponents=1)[:2]
    share = _stretched((flat - mean) @ axes[0]).reshape(pixels.shape[:2]).astype(np.float32)
    return share if pixels.dtype.kind == "f" else np.rint(share * largest(pixels.dtype)).astype(pixels.dtype)


def _stretched(values: Array) -> Array:
    low, high = values.min(), values.max()
    return (values - low) / max(high - low, 1e-12)


def _grey(pixels: Array) -> Array:
    out: Array = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY)
    return out


GREYS: dict[str, Callable[[Array], Array]] = {
    "weighted_average": _grey,
    "from_lab": _grey_by_lightness,
    "desaturation": _grey_by_extremes,
    "average": lambda pixels: np.mean(pixels, axis=-1).astype(pixels.dtype),
    "max": lambda pixels: np.max(pixels, axis=-1),
    "pca": _grey_by_first_component,
}


def normalize(pixels: Array, *, mean: tuple[float, ...], std: tuple[float, ...], most: float) -> Array:
    """(value / most - mean) / std as float32, one mean and std for all channels or one a channel."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    middle, spread = (_per_channel(np.array(v, np.float32) * np.float32(most), channels) for v in (mean, std))
    scale = np.reciprocal(spread)
    if pixels.dtype != np.uint8:
        return (pixels.astype(np.float32) - middle) * scale
    if len(middle) == 1:
        return look_up(pixels, (LEVELS - middle[0]) * scale[0])
    return look_up(pixels, (LEVELS - middle[:, None]) * scale[:, None])


def _per_channel(values: Array, channels: int) -> Array:
    values = np.atleast_1d(values)
    if len(values) == 1 or channels == 1 or len(values) < channels:
        return values[:1]
    return values[:channels]


def normalize_by_picture(pixels: Array, *, method: str) -> Array:
    """The picture's own mean and spread, or its own least and most, become 0 and 1; float32, at most ±20."""
    values = pixels if pixels.ndim == 3 else pixels[:, :, None]
    axes = (0, 1) if method.endswith("per_channel") and values.shape[2] > 1 else None
    if method.startswith("image"):
        low, span = values.mean(axis=axes), values.std(axis=axes) + EVENING_OUT
    else:
        low, span = values.min(axis=axes), values.max(axis=axes) - values.min(axis=axes) + EVENING_OUT
    if pixels.dtype == np.uint8:
        table = (LEVELS - np.asarray(low).reshape(-1, 1)) / np.asarray(span).reshape(-1, 1)
        table = table.astype(np.float32)
        return np.clip(look_up(pixels, table[0] if len(table) == 1 else table), -20, 20)
    out = (values.astype(np.float32) - low) / span
    return _shaped(np.clip(out, -20, 20).astype(np.float32), pixels)


# name -> what it does; those in LOOKING see the whole picture, so that a crop may not overtake them
WHOLE: dict[str, Callable[..., Array]] = {
    "linear_by_mean": linear_by_mean, "linear_safe": linear_safe, "contrast": contrast, "saturation": saturation, "hue": hue,
    "hsv_shift": hsv_shift, "to_grey": to_grey, "normalize": normalize, "normalize_by_picture": normalize_by_picture,
}  # fmt: skip
LOOKING = {"linear_by_mean", "linear_safe", "contrast", "normalize_by_picture"}
RGB_ONLY = {"contrast": (1, 3), "saturation": (1, 3), "hue": (1, 3), "hsv_shift": (1, 3)}
IN_PLACE = ("contrast", "saturation", "hue")
GREY_RGB_ONLY = ("weighted_average", "from_lab")


def apply_curves(pixels: Array, curves: Sequence[tuple[str, Numbers]], owned: bool = False) -> Array:
    """Returns: Pixels after curves that follow each other; on uint8 through one table, in place where they are ``owned``."""
    if pixels.dtype == np.uint8:
        table = curve_table(*curves[0])
        for name, numbers in curves[1:]:
            table = curve_table(name, numbers)[table]
        return look_up(pixels, table)
    for name, numbers in curves:
        pixels = run_curve(pixels, name, numbers)
    return pixels


def apply_whole(pixels: Array, name: str, numbers: Numbers, owned: bool = False) -> Array:
    """Returns: Pixels after an operation that is no curve, in place where they are ``owned`` and it can.

    Raises:
        DataTypeError: It needs grey or RGB, or another dtype.
    """
    if name in RGB_ONLY or (name == "to_grey" and numbers["method"] in GREY_RGB_ONLY and not _is_grey(pixels)):
        _check_colour(pixels, name)
        if pixels.dtype not in (np.dtype(np.uint8), np.dtype(np.float32)) and not (name in ("contrast",) and _is_grey(pixels)):
            return _through_float(pixels, name, numbers)
    return WHOLE[name](pixels, **numbers, **({"owned": owned} if name in IN_PLACE else {}))


def _through_float(pixels: Array, name: str, numbers: Numbers) -> Array:
    """uint16 and float64 colour goes through float32 in [0, 1], which holds every level of uint16."""
    if pixels.dtype == np.float64:
        return WHOLE[name](pixels.astype(np.float32), **numbers).astype(np.float64)
    if pixels.dtype == np.uint16:
        out = WHOLE[name](pixels.astype(np.float32) / np.float32(65535), **numbers)
        return np.rint(out * 65535).astype(np.uint16)
    raise DataTypeError(f"image: {name} takes uint8, uint16 or float pictures, got {pixels.dtype}; put ToFloat() before it")


def _check_colour(pixels: Array, name: str) -> None:
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    if channels not in (1, 3):
        raise DataTypeError(f"image: {name} takes pictures of 1 or 3 channels (grey or RGB), got {channels}; pick three before it")


def check_range(pixels: Array) -> None:
    """Raise a DataError for a float picture outside of [0, 1], or with NaN."""
    if pixels.dtype.kind != "f" or pixels.size == 0:
        return
    low, high = float(pixels.min()), float(pixels.max())
    if np.isnan(low) or np.isnan(high):
        y, x = np.argwhere(np.isnan(pixels))[0][:2].tolist()
        raise DataError(f"image: NaN at ({y}, {x}) (row, column); colour cannot be computed, so fill such pixels first")
    if low < -1e-6 or high > 1 + 1e-6:
        bad = f"max is {high:g}" if high > 1 else f"min is {low:g}"
        raise DataError(f"image: float images must lie in [0, 1], {bad}; divide by 255, or put the colour before Normalize()")


def _is_grey(pixels: Array) -> bool:
    return pixels.ndim == 2 or pixels.shape[2] == 1


def _clipped(pixels: Array) -> Array:
    return np.clip(pixels, 0, 1)
