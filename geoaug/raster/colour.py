"""Colours: operations that take the channels of a pixel together, and the ways to grey."""

from __future__ import annotations

import functools
from collections.abc import Callable

import cv2
import numpy as np

from geoaug.raster.channels import repeated
from geoaug.raster.curves import linear
from geoaug.raster.scratch import scratch
from geoaug.raster.table import look_up, place
from geoaug.raster.values import FLOAT32, UINT8, channels_of, check_colour, convertible, finished, largest, shaped
from geoaug.types import Array

STEPS = np.arange(256, dtype=np.int16)
HUES = 180  # OpenCV counts the hue of 8-bit pictures in steps of two degrees


def mix(pixels: Array, matrix: tuple[tuple[float, ...], ...]) -> Array:
    """Each channel becomes a weighted sum of all channels and an offset.

    Args:
        pixels: As many channels as the matrix has rows, uint8, uint16 or floats.
        matrix: A row a channel: its weights, then an offset in fractions of white.
    """
    check_colour(pixels, "mix", (len(matrix),))
    weights = _weights(matrix, largest(pixels.dtype))
    if weights is None:
        return pixels
    out = np.asarray(cv2.transform(convertible(pixels), weights))
    return shaped(finished(out, pixels.dtype) if pixels.dtype.kind == "f" else out, pixels)


@functools.lru_cache(maxsize=16)
def _weights(matrix: tuple[tuple[float, ...], ...], white: float) -> Array | None:
    """Returns: float32, offsets in the pixels' own unit; None for the identity."""
    weights = np.array(matrix, np.float64)
    if (weights[:, :-1] == np.eye(len(matrix))).all() and not weights[:, -1].any():
        return None
    weights[:, -1] *= white
    return weights.astype(np.float32)


SEPIA = ((0.393, 0.769, 0.189, 0.0), (0.349, 0.686, 0.168, 0.0), (0.272, 0.534, 0.131, 0.0))


def sepia(pixels: Array) -> Array:
    """The brown of old photographs; grey pictures stay."""
    return pixels if channels_of(pixels) == 1 else mix(pixels, SEPIA)


def saturation(pixels: Array, factor: float) -> Array:
    """Away from the grey picture, or towards it.

    Args:
        pixels: 1 or 3 channels; grey pictures stay.
        factor: 0 is grey, 1 leaves the picture.
    """
    if factor == 1:
        return pixels
    check_colour(pixels, "saturation")
    if channels_of(pixels) == 1:
        return pixels
    colour = convertible(pixels)
    grey = cv2.cvtColor(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    out = np.asarray(grey if factor == 0 else cv2.addWeighted(colour, factor, grey, 1 - factor, 0, dst=grey))
    return finished(out, pixels.dtype) if pixels.dtype.kind == "f" else out


def hue(pixels: Array, turn: float, owned: bool = False) -> Array:
    """Turn the circle of hues.

    Args:
        pixels: 1 or 3 channels; grey pictures stay.
        turn: Part of a whole turn.
        owned: Whether the answer may be written over ``pixels``.
    """
    if turn == 0:
        return pixels
    check_colour(pixels, "hue")
    if channels_of(pixels) == 1:
        return pixels
    if pixels.dtype != UINT8:
        return _turned(pixels, turn * 360, 0, 0)
    wheel = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV, dst=scratch("hsv", pixels.shape))
    # one channel out and in again: a third of what three tables take
    turned = look_up(cv2.extractChannel(wheel, 0, dst=scratch("hue", pixels.shape[:2])), _hue_table(HUES * turn), owned=True)
    cv2.insertChannel(turned, wheel, 0)
    return np.asarray(cv2.cvtColor(wheel, cv2.COLOR_HSV2RGB, dst=place(pixels, owned)))


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
    check_colour(pixels, "hsv_shift")
    if channels_of(pixels) == 1:
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
    return np.asarray(cv2.cvtColor(wheel, cv2.COLOR_HSV2RGB, dst=place(pixels, owned)))


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
    if channels_of(pixels) == 1:
        return pixels
    if method in ("weighted_average", "from_lab"):
        check_colour(pixels, f"to_grey by {method}", (3,))
    one = _GREY[method](pixels)
    if channels == 1:
        return one
    return repeated(one, channels)


def _weighted(pixels: Array) -> Array:
    return np.asarray(cv2.cvtColor(convertible(pixels), cv2.COLOR_RGB2GRAY)).astype(pixels.dtype, copy=False)


def _lightness(pixels: Array) -> Array:
    if pixels.dtype == UINT8:
        return np.ascontiguousarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[..., 0])
    if pixels.dtype.kind == "f":  # through 256 levels, as in Albumentations
        levels = np.rint(pixels.astype(np.float32, copy=False) * np.float32(255)).astype(np.uint8)
        return _lightness(levels).astype(pixels.dtype) / pixels.dtype.type(255)
    lab = cv2.cvtColor(pixels.astype(np.float32) / np.float32(largest(pixels.dtype)), cv2.COLOR_RGB2LAB)
    return finished(np.rint(lab[..., 0] * np.float32(largest(pixels.dtype) / 100)), pixels.dtype)


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
    return finished(np.rint(wide * wide.dtype.type(top)), pixels.dtype)


_GREY: dict[str, Callable[[Array], Array]] = {
    "weighted_average": _weighted, "from_lab": _lightness, "desaturation": _middle,
    "average": _average, "max": _brightest, "pca": _principal,
}  # fmt: skip
