"""Values of pixels: what each tone operation does to them, by the cheapest call that gives the same bytes.

Every operation stands in ``KINDS`` under its name, so that a step can be stored as names and numbers. On uint8 the
ones that treat each value alone are tables of 256 levels; tables compose by indexing, bit for bit.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import cv2
import numpy as np

from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.raster.scratch import scratch
from geoaug.types import Array

LEVELS = np.arange(256, dtype=np.float32)
STEPS = np.arange(256, dtype=np.int16)
HUES = 180  # OpenCV counts the hue of 8-bit pictures in steps of two degrees
RAMP = np.arange(256, dtype=np.uint8)[None]
WORTH_A_LINE = 2**16  # values; below, finding the line costs more than it saves
CLEAR = 1e-4  # levels between a value and the next rounding edge; single precision is off by 3e-5
OVERSHOOT = 0.5  # how far bicubic and Lanczos sampling may leave [0, 1]; what lies further out is no float picture
UINT8, UINT16, FLOAT32 = np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32)


class Kind(NamedTuple):
    """What the machinery must know about an operation.

    Args:
        change: Pixels and numbers to pixels.
        numbers: Its numbers in order, each with its default; ``...`` where it must be given.
        table: Numbers to a uint8 table of 256 levels, or None where nothing changes; None for operations that have none.
        settle: For operations whose table depends on the picture: pixels and numbers to the table's numbers.
        looks: Whether these numbers need the whole picture.
        unit: Whether float pixels must lie in [0, 1].
        reuses: Whether ``change`` takes ``owned`` and may write into such pixels.
    """

    change: Callable[..., Array]
    numbers: Mapping[str, Any]
    table: Callable[..., Array | None] | None = None
    settle: Callable[..., tuple[float, float]] | None = None
    looks: Callable[[Mapping[str, Any]], bool] = lambda numbers: False
    unit: bool = True
    reuses: bool = False


def change(pixels: Array, operations: Iterable[tuple[str, Mapping[str, Any]]], owned: bool = False) -> Array:
    """Carry out operations, in order.

    Args:
        pixels: Shape (h, w) or (h, w, c), integers or floats; not modified unless ``owned``.
        operations: Names of ``KINDS``, each with all of its numbers.
        owned: Whether nobody else holds ``pixels``.

    Returns: A new array, or ``pixels`` itself where nothing changes.

    Raises:
        DataError: Float pixels that are NaN or no fractions.
        DataTypeError: A dtype or a number of channels that an operation cannot take.
    """
    source, pixels = pixels, _native(pixels)
    if pixels.dtype.kind == "b":  # black and white, and that again where values stay values
        grey = change(pixels.astype(np.uint8) * np.uint8(255), operations, owned=True)
        return grey > 127 if grey.dtype == UINT8 else grey
    table: Array | None = None  # what waits; and the line that it is, if it is one
    line: tuple[float, float] | None = None
    checked = pixels.dtype.kind != "f"
    for name, numbers in operations:
        kind = KINDS[name]
        tabled = kind.table is not None and pixels.dtype == UINT8
        if table is not None and (not tabled or kind.looks(numbers)):
            pixels, table = look_up(pixels, table, line, owned or pixels is not source), None
        if tabled:
            settled = kind.settle(pixels, **numbers) if kind.settle is not None else None
            after = kind.table(*settled or numbers.values())  # type: ignore[misc]  # tabled says that there is one
            if after is not None:
                table, line = (after, settled) if table is None else (after[table], None)
            continue
        if kind.unit and not checked:
            pixels, checked = _fractions(pixels, name), True
        reuse = {"owned": owned or pixels is not source} if kind.reuses else {}
        pixels = kind.change(pixels, **numbers, **reuse)
        checked = checked and kind.unit
    return pixels if table is None else look_up(pixels, table, line, owned or pixels is not source)


def look_up(pixels: Array, table: Array, line: tuple[float, float] | None = None, owned: bool = False) -> Array:
    """Look each value up in a table.

    Args:
        pixels: uint8 of any shape.
        table: 256 levels, uint8.
        line: The factor and shift that made the table, if it is a line.
        owned: Whether the answer may be written over ``pixels``.

    Returns: ``table[pixels]``.
    """
    out = _place(pixels, owned)
    translate = _translator()
    if translate is not None:
        out = pixels.copy() if out is None else out
        translate(out.data, table.data, inplace=True)
        return out
    flat, into = _flat(pixels), None if out is None else _flat(out)
    if line is not None and pixels.size >= WORTH_A_LINE:
        straight = _by_line(flat, table, *line, into)
        if straight is not None:
            return straight.reshape(pixels.shape)
    return np.asarray(cv2.LUT(flat, table, dst=into)).reshape(pixels.shape)


def _place(pixels: Array, owned: bool) -> Array | None:
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


def _flat(pixels: Array) -> Array:
    """Returns: All channels side by side, which lets OpenCV take any number of them."""
    return pixels if pixels.ndim == 2 else pixels.reshape(pixels.shape[0], -1)


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


# --- what comes in ---------------------------------------------------------------------------------------------------


def _native(pixels: Array) -> Array:
    if pixels.dtype.kind not in "uifb":
        raise DataTypeError(f"image: dtype {pixels.dtype} holds no pixel values; give integers or floats")
    return pixels if pixels.dtype.isnative else pixels.astype(pixels.dtype.newbyteorder("="))


def _fractions(pixels: Array, name: str) -> Array:
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


def _channels(pixels: Array) -> int:
    return 1 if pixels.ndim == 2 else int(pixels.shape[2])


def _colour(pixels: Array, name: str, only: tuple[int, ...] = (1, 3)) -> None:
    channels, dtype = _channels(pixels), pixels.dtype
    if channels not in only:
        raise DataTypeError(
            f"image: {name} needs {' or '.join(map(str, only))} channels, got {channels} of dtype {dtype}; give the RGB channels, image[..., :3]"
        )
    if dtype.kind != "f" and dtype not in (UINT8, UINT16):
        raise DataTypeError(
            f"image: {name} needs uint8, uint16 or floats, got {dtype} with {channels} channels; give fractions of the largest value as float32"
        )


@functools.cache
def largest(dtype: np.dtype[Any]) -> float:
    """Returns: The value that means white: 1 for floats, the largest one for integers."""
    return 1.0 if dtype.kind == "f" else float(np.iinfo(dtype).max)


def _working(pixels: Array) -> Array:
    """Returns: A new float array to compute in: float32 for what it holds exactly, else float64."""
    return pixels.astype(np.float32 if pixels.dtype.kind == "f" and pixels.dtype.itemsize <= 4 else np.float64)


def _finished(values: Array, dtype: np.dtype[Any]) -> Array:
    """Returns: Values clipped to what the dtype can show, and cut (not rounded) to integers, as Albumentations cuts them."""
    if dtype.kind == "f":
        return np.clip(values, 0, 1, out=values).astype(dtype, copy=False)
    info = np.iinfo(dtype)
    top = float(info.max) if info.bits < 64 else float(np.nextafter(float(info.max), 0))
    return np.clip(values, float(info.min), top, out=values).astype(dtype)


def _shaped(pixels: Array, like: Array) -> Array:
    """OpenCV drops a lone channel axis; this puts it back."""
    return pixels if pixels.ndim == like.ndim else pixels.reshape(like.shape)


def _mean(pixels: Array) -> float:
    if pixels.dtype == UINT8:  # exact, and a tenth of numpy's time
        return float(cv2.sumElems(_flat(pixels))[0]) / pixels.size
    return float(pixels.mean(dtype=np.float64))


# --- curves: each value alone ----------------------------------------------------------------------------------------


def linear(pixels: Array, factor: float, shift: float) -> Array:
    """Contrast and brightness: ``x * factor + shift * white``, cut to what the dtype can show."""
    return _straight(pixels, factor, shift * largest(pixels.dtype))


def _settle_linear(pixels: Array, factor: float, shift: float) -> tuple[float, float]:
    return factor, shift * largest(pixels.dtype)


def linear_by_mean(pixels: Array, factor: float, shift: float) -> Array:
    """The same with the mean of the picture instead of white."""
    return _straight(pixels, *_settle_linear_by_mean(pixels, factor, shift))


def _settle_linear_by_mean(pixels: Array, factor: float, shift: float) -> tuple[float, float]:
    return factor, shift * _mean(pixels)


def linear_safe(pixels: Array, factor: float, shift: float, by_mean: bool) -> Array:
    """The same with both numbers drawn in until no value can be cut."""
    return _straight(pixels, *_settle_linear_safe(pixels, factor, shift, by_mean))


def _settle_linear_safe(pixels: Array, factor: float, shift: float, by_mean: bool) -> tuple[float, float]:
    top = largest(pixels.dtype)
    offset = shift * (_mean(pixels) if by_mean else top)
    if factor > 0:
        offset = min(max(offset, 0.0), top)
        return min(factor, (top - offset) / top), offset
    offset = min(offset, top)
    return max(factor, -offset / top), offset


def _linear_table(factor: float, shift: float) -> Array | None:
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
    values = _working(pixels)
    values *= factor
    values += shift
    return _finished(values, pixels.dtype)


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
    values = _working(pixels)
    if pixels.dtype.kind == "f":
        return _shaped(np.asarray(cv2.pow(values, exponent)), pixels).astype(pixels.dtype, copy=False)
    top = largest(pixels.dtype)
    values /= top
    np.power(values, exponent, out=values)
    values *= top
    return _finished(np.rint(values, out=values), pixels.dtype)


def _power_table(exponent: float) -> Array | None:
    return None if exponent == 1 else np.rint((np.arange(256) / 255.0) ** exponent * 255.0).astype(np.uint8)


def contrast(pixels: Array, factor: float) -> Array:
    """Contrast about the mean of the picture's grey values: ``x * factor + mean * (1 - factor)``.

    Args:
        pixels: 1 or 3 channels.
        factor: 0 is an even grey, 1 leaves the picture.
    """
    return pixels if factor == 1 else _straight(pixels, *_settle_contrast(pixels, factor))


def _settle_contrast(pixels: Array, factor: float) -> tuple[float, float]:
    if factor == 1:
        return 1, 0
    _colour(pixels, "contrast")
    mean = _mean(pixels if _channels(pixels) == 1 else cv2.cvtColor(_opencv(pixels), cv2.COLOR_RGB2GRAY))
    if factor == 0 and pixels.dtype.kind != "f":
        return 0, int(mean + 0.5)
    return factor, mean * (1 - factor)


# --- colours: the channels of a pixel together -----------------------------------------------------------------------


def _opencv(pixels: Array) -> Array:
    """Returns: Colour pixels of a dtype that OpenCV converts: uint8, uint16, float32."""
    return pixels.astype(np.float32) if pixels.dtype.kind == "f" else pixels


def mix(pixels: Array, matrix: tuple[tuple[float, ...], ...]) -> Array:
    """Each channel becomes a weighted sum of all channels and an offset.

    Args:
        pixels: As many channels as the matrix has rows, uint8, uint16 or floats.
        matrix: A row a channel: its weights, then an offset in fractions of white.
    """
    _colour(pixels, "mix", (len(matrix),))
    weights = np.array(matrix, np.float64)
    if (weights[:, :-1] == np.eye(len(matrix))).all() and not weights[:, -1].any():
        return pixels
    weights[:, -1] *= largest(pixels.dtype)
    out = np.asarray(cv2.transform(_opencv(pixels), weights.astype(np.float32)))
    return _shaped(_finished(out, pixels.dtype) if pixels.dtype.kind == "f" else out, pixels)


def saturation(pixels: Array, factor: float) -> Array:
    """Away from the grey picture, or towards it.

    Args:
        pixels: 1 or 3 channels; grey pictures stay.
        factor: 0 is grey, 1 leaves the picture.
    """
    if factor == 1:
        return pixels
    _colour(pixels, "saturation")
    if _channels(pixels) == 1:
        return pixels
    colour = _opencv(pixels)
    grey = cv2.cvtColor(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    out = np.asarray(grey if factor == 0 else cv2.addWeighted(colour, factor, grey, 1 - factor, 0, dst=grey))
    return _finished(out, pixels.dtype) if pixels.dtype.kind == "f" else out


def hue(pixels: Array, turn: float, owned: bool = False) -> Array:
    """Turn the circle of hues.

    Args:
        pixels: 1 or 3 channels; grey pictures stay.
        turn: Part of a whole turn.
        owned: Whether the answer may be written over ``pixels``.
    """
    if turn == 0:
        return pixels
    _colour(pixels, "hue")
    if _channels(pixels) == 1:
        return pixels
    if pixels.dtype != UINT8:
        return _turned(pixels, turn * 360, 0, 0)
    wheel = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV, dst=scratch("hsv", pixels.shape))
    # one channel out and in again: a third of what three tables take
    turned = look_up(cv2.extractChannel(wheel, 0, dst=scratch("hue", pixels.shape[:2])), _hue_table(HUES * turn), owned=True)
    cv2.insertChannel(turned, wheel, 0)
    return np.asarray(cv2.cvtColor(wheel, cv2.COLOR_HSV2RGB, dst=_place(pixels, owned)))


def _hue_table(shift: float) -> Array:
    return np.mod(STEPS + shift, HUES).astype(np.uint8)


def _level_table(shift: float) -> Array:
    return np.clip(STEPS + int(max(-255, min(255, shift))), 0, 255).astype(np.uint8)


def hsv_shift(pixels: Array, hue: float, saturation: float, value: float, owned: bool = False) -> Array:
    """Shift hue, saturation and value. Grey pixels stay grey.

    On uint8 fractions of a level are cut, as in Albumentations. Other dtypes keep all of their levels.

    Args:
        pixels: 1 or 3 channels; of a grey picture only the value shifts.
        hue: In steps of two degrees, 180 are the circle.
        saturation: In levels of 255.
        value: In levels of 255.
        owned: Whether the answer may be written over ``pixels``.
    """
    if hue == saturation == value == 0:
        return pixels
    _colour(pixels, "hsv_shift")
    if _channels(pixels) == 1:
        return look_up(pixels, _level_table(value)) if pixels.dtype == UINT8 else linear(pixels, 1, value / 255)
    if pixels.dtype != UINT8:
        return _turned(pixels, hue * 2, saturation / 255, value / 255)
    tables = np.empty((1, 256, 3), np.uint8)
    tables[0, :, 0] = _hue_table(hue) if hue else STEPS
    tables[0, :, 1] = _level_table(saturation)
    tables[0, 0, 1] = 0  # no colour to strengthen
    tables[0, :, 2] = _level_table(value)
    wheel = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV, dst=scratch("hsv", pixels.shape))
    cv2.LUT(wheel, tables, dst=wheel)
    return np.asarray(cv2.cvtColor(wheel, cv2.COLOR_HSV2RGB, dst=_place(pixels, owned)))


def _turned(pixels: Array, degrees: float, saturation: float, value: float) -> Array:
    """HSV in float32: degrees, and fractions of saturation and value."""
    top = largest(pixels.dtype)
    wheel = np.asarray(cv2.cvtColor(pixels.astype(np.float32) / np.float32(top), cv2.COLOR_RGB2HSV))
    wheel[..., 0] = np.mod(wheel[..., 0] + degrees, 360)
    if saturation:
        wheel[..., 1] = np.where(wheel[..., 1] > 0, np.clip(wheel[..., 1] + saturation, 0, 1), 0)
    if value:
        wheel[..., 2] = np.clip(wheel[..., 2] + value, 0, 1)
    colour = np.asarray(cv2.cvtColor(wheel, cv2.COLOR_HSV2RGB))
    if pixels.dtype.kind == "f":
        return np.clip(colour, 0, 1).astype(pixels.dtype, copy=False)
    return np.rint(np.clip(colour, 0, 1) * np.float32(top)).astype(pixels.dtype)


# --- grey ------------------------------------------------------------------------------------------------------------

GREYS = ("weighted_average", "from_lab", "desaturation", "average", "max", "pca")


def to_grey(pixels: Array, method: str, channels: int) -> Array:
    """One grey value a pixel, repeated.

    Args:
        pixels: 3 channels for ``"weighted_average"`` and ``"from_lab"``, any number for the others; one channel stays.
        method: One of ``GREYS``.
        channels: How many channels come out; with 1, the shape is (h, w).
    """
    if _channels(pixels) == 1:
        return pixels
    if method in ("weighted_average", "from_lab"):
        _colour(pixels, f"to_grey by {method}", (3,))
    one = _GREY[method](pixels)
    if channels == 1:
        return one
    if channels == 3 and (one.dtype in (UINT8, UINT16, FLOAT32)):
        return np.asarray(cv2.cvtColor(one, cv2.COLOR_GRAY2RGB))
    return np.repeat(one[..., None], channels, axis=2)


def _weighted(pixels: Array) -> Array:
    return np.asarray(cv2.cvtColor(_opencv(pixels), cv2.COLOR_RGB2GRAY)).astype(pixels.dtype, copy=False)


def _lightness(pixels: Array) -> Array:
    if pixels.dtype == UINT8:
        return np.ascontiguousarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[..., 0])
    if pixels.dtype.kind == "f":  # through 256 levels, as in Albumentations
        levels = np.rint(pixels.astype(np.float32, copy=False) * np.float32(255)).astype(np.uint8)
        return _lightness(levels).astype(pixels.dtype) / pixels.dtype.type(255)
    lab = cv2.cvtColor(pixels.astype(np.float32) / np.float32(largest(pixels.dtype)), cv2.COLOR_RGB2LAB)
    return _finished(np.rint(lab[..., 0] * np.float32(largest(pixels.dtype) / 100)), pixels.dtype)


def _planes(pixels: Array) -> list[Array]:
    return [pixels[..., k] for k in range(pixels.shape[2])]


def _brightest(pixels: Array) -> Array:
    return functools.reduce(np.maximum, _planes(pixels))


def _middle(pixels: Array) -> Array:
    high, low = _brightest(pixels), functools.reduce(np.minimum, _planes(pixels))
    if pixels.dtype == UINT8:
        return ((high.astype(np.uint16) + low) >> 1).astype(np.uint8)
    wide = np.float32 if pixels.dtype.itemsize <= 2 or pixels.dtype == FLOAT32 else np.float64
    return ((high.astype(wide) + low.astype(wide)) / 2).astype(pixels.dtype)


def _average(pixels: Array) -> Array:
    if pixels.dtype == UINT8 and pixels.shape[2] <= 256:  # a sum fits into 16 bits
        total = pixels[..., 0].astype(np.uint16)
        for plane in _planes(pixels)[1:]:
            total += plane
        return (total // np.uint16(pixels.shape[2])).astype(np.uint8)
    return np.asarray(np.mean(pixels, axis=-1)).astype(pixels.dtype)


def _principal(pixels: Array) -> Array:
    """Along the direction in which the colours of this picture differ most, stretched to the whole range."""
    values = pixels.reshape(-1, pixels.shape[2]).astype(np.float64)
    mean, vectors, _ = cv2.PCACompute2(values, mean=None, maxComponents=1)  # type: ignore[call-overload]  # None is its default
    along = cv2.PCAProject(values, mean, vectors).reshape(pixels.shape[:2]).astype(np.float32)
    fraction = np.asarray(cv2.normalize(along, None, 0, 1, cv2.NORM_MINMAX, dtype=cv2.CV_32F))  # type: ignore[call-overload]
    if pixels.dtype.kind == "f":
        return np.clip(fraction, 0, 1).astype(pixels.dtype, copy=False)
    top = largest(pixels.dtype)
    wide = fraction if top <= 65535 else fraction.astype(np.float64)
    return _finished(np.rint(wide * wide.dtype.type(top)), pixels.dtype)


_GREY: dict[str, Callable[[Array], Array]] = {
    "weighted_average": _weighted, "from_lab": _lightness, "desaturation": _middle,
    "average": _average, "max": _brightest, "pca": _principal,
}  # fmt: skip


# --- normalise -------------------------------------------------------------------------------------------------------

Numbers = float | tuple[float, ...]
NORMS = ("image", "image_per_channel", "min_max", "min_max_per_channel")
EPS = 1e-4  # Albumentations' guard against an even picture
FAR = 20.0  # and its bound for what an almost even one gives


def normalize(pixels: Array, mean: Numbers, std: Numbers, most: float) -> Array:
    """``(x / most - mean) / std`` as float32.

    Args:
        pixels: Any numbers, any number of channels.
        mean: One number, or at least one a channel (a grey picture takes the first).
        std: The same.
        most: The value that counts as 1.
    """
    channels = _channels(pixels)
    if pixels.dtype == UINT8:
        return _look_up_floats(pixels, _normal_tables(mean, std, most, channels))
    middle, factor = _affine(mean, std, most, channels)
    values = pixels.astype(np.float32)
    values -= middle
    values *= factor
    return values


def _affine(mean: Numbers, std: Numbers, most: float, channels: int) -> tuple[Array, Array]:
    middle = np.array(_per_channel(mean, channels, "mean"), np.float32) * most
    return middle, np.reciprocal(np.array(_per_channel(std, channels, "std"), np.float32) * most)


def _per_channel(given: Numbers, channels: int, name: str) -> Numbers:
    if not isinstance(given, tuple):
        return given
    if channels == 1 or len(given) == 1:
        return given[0]
    if len(given) < channels:
        raise DataError(f"image: {channels} channels, but {name} of Normalize has {len(given)} values; give one number or {channels}")
    return given[:channels]


@functools.lru_cache(maxsize=32)
def _normal_tables(mean: Numbers, std: Numbers, most: float, channels: int) -> Array:
    """Returns: Tables of float32, shape (256,) or (256, channels)."""
    middle, factor = _affine(mean, std, most, channels)
    return (LEVELS.reshape(-1, *(1,) * max(middle.ndim, factor.ndim)) - middle) * factor


def _look_up_floats(pixels: Array, tables: Array) -> Array:
    if tables.ndim == 1:
        return np.asarray(cv2.LUT(_flat(pixels), tables)).reshape(pixels.shape)
    if pixels.shape[2] <= 4:
        return np.asarray(cv2.LUT(pixels, tables[None]))
    out = np.empty(pixels.shape, np.float32)
    for k in range(pixels.shape[2]):
        out[..., k] = tables[:, k][pixels[..., k]]
    return out


def normalize_by_picture(pixels: Array, method: str) -> Array:
    """Normalise by numbers of the picture itself, as float32.

    Args:
        pixels: Any numbers, any number of channels.
        method: ``"image"`` and ``"image_per_channel"``: mean 0 and deviation 1, cut at ±20; ``"min_max"`` and
            ``"min_max_per_channel"``: from 0 to 1.
    """
    each = method.endswith("_per_channel") and _channels(pixels) > 1
    exact = pixels.dtype == UINT8
    values = pixels if exact else pixels.astype(np.float64)
    axis = (0, 1) if each else None
    if method.startswith("image"):
        start, spread = np.asarray(values.mean(axis=axis)), np.asarray(values.std(axis=axis))
        guarded = exact or not each
    else:
        start = np.asarray(values.min(axis=axis)).astype(np.float64)
        spread = np.asarray(values.max(axis=axis)).astype(np.float64) - start
        guarded = exact or each
    # on uint8 Albumentations always adds EPS; elsewhere for two of the four; an even picture is 0 all the same
    spread = spread + EPS if guarded else np.where(spread > 0, spread, 1.0)
    if not exact:
        return np.clip((values - start) / spread, -FAR, FAR).astype(np.float32)
    ramp = np.arange(256.0)[:, None] if each else np.arange(256.0)
    return _look_up_floats(pixels, np.clip((ramp - start) / spread, -FAR, FAR).astype(np.float32))


# --- names -----------------------------------------------------------------------------------------------------------


def _always(numbers: Mapping[str, Any]) -> bool:
    return True


KINDS: dict[str, Kind] = {
    "linear": Kind(linear, {"factor": 1.0, "shift": 0.0}, _linear_table, _settle_linear),
    "linear_by_mean": Kind(linear_by_mean, {"factor": 1.0, "shift": 0.0}, _linear_table, _settle_linear_by_mean, looks=_always),
    "linear_safe": Kind(
        linear_safe, {"factor": 1.0, "shift": 0.0, "by_mean": False}, _linear_table, _settle_linear_safe,
        looks=lambda numbers: bool(numbers["by_mean"]),
    ),
    "power": Kind(power, {"exponent": ...}, _power_table),
    "contrast": Kind(contrast, {"factor": ...}, _linear_table, _settle_contrast, looks=lambda numbers: bool(numbers["factor"] != 1)),
    "mix": Kind(mix, {"matrix": ...}),
    "saturation": Kind(saturation, {"factor": ...}),
    "hue": Kind(hue, {"turn": ...}, reuses=True),
    "hsv_shift": Kind(hsv_shift, {"hue": 0.0, "saturation": 0.0, "value": 0.0}, reuses=True),
    "to_grey": Kind(to_grey, {"method": "weighted_average", "channels": 3}, looks=lambda numbers: bool(numbers["method"] == "pca")),
    "normalize": Kind(normalize, {"mean": ..., "std": ..., "most": 255.0}, unit=False),
    "normalize_by_picture": Kind(normalize_by_picture, {"method": ...}, looks=_always, unit=False),
}  # fmt: skip


def numbers_of(name: str, given: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Returns: All numbers of an operation in their order, defaults filled in.

    Raises:
        ParameterError: No such operation, a number that it does not know, or one that is missing.
    """
    kind = KINDS.get(name)
    if kind is None:
        raise ParameterError(f"Tone: no operation {name!r}; there are {', '.join(KINDS)}")
    if not given.keys() <= kind.numbers.keys():
        raise ParameterError(f"Tone: {name} takes {', '.join(kind.numbers)}, got {', '.join(given)}")
    whole = tuple([(key, given.get(key, default)) for key, default in kind.numbers.items()])
    missing = [key for key, value in whole if value is ...]
    if missing:
        raise ParameterError(f"Tone: {name} needs {', '.join(missing)}")
    return whole
