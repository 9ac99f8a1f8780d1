"""Light that falls unevenly: brighter or darker by where a pixel lies."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from geoaug.raster.values import channels_of, finished, flattened, largest
from geoaug.types import Array, Size


def light_along(pixels: Array, intensity: float, angle: float) -> Array:
    """Light that grows along a direction, by as much as it is missing on the other side.

    Args:
        pixels: Any numbers, any number of channels.
        intensity: How much brighter the far side becomes, in shares; below 0 darker.
        angle: Direction in degrees: 0 from left to right, 90 from top to bottom.
    """
    if intensity == 0:
        return pixels
    ramp = _ramp((pixels.shape[0], pixels.shape[1]), angle)
    if intensity < 0:
        np.subtract(1, ramp, out=ramp)
    ramp = _straight(ramp, 2 * abs(intensity), 1 - abs(intensity))
    top = np.float32(largest(pixels.dtype))
    values = _times(np.divide(flattened(pixels), top, dtype=np.float32, casting="unsafe"), ramp, channels_of(pixels))
    if pixels.dtype.kind == "f":
        return finished(values, pixels.dtype).reshape(pixels.shape)
    if pixels.dtype == np.uint8:
        return np.asarray(cv2.convertScaleAbs(values, alpha=255)).reshape(pixels.shape)
    values = np.clip(values, 0, 1, out=values) * top
    return finished(np.rint(values, out=values), pixels.dtype).reshape(pixels.shape)


def _straight(field: Array, factor: float, shift: float) -> Array:
    """Returns: ``field * factor + shift``, float32, by the calls whose rounding Albumentations has; over ``field``."""
    numbers: list[Any] = [factor, shift]  # the stubs know no numbers in their place
    return np.asarray(cv2.add(cv2.multiply(field, numbers[0], dst=field), numbers[1], dst=field))


def _ramp(size: Size, angle: float) -> Array:
    """Returns: From 0 to 1 along a direction, shape (h, w) float32."""
    turn = angle % 360
    x, y = np.linspace(0, 1, size[1], dtype=np.float32)[None], np.linspace(0, 1, size[0], dtype=np.float32)[:, None]
    if turn % 90 == 0:
        along = x if turn in (0, 180) else y
        return np.broadcast_to(along if turn < 180 else np.linspace(1, 0, along.size, dtype=np.float32).reshape(along.shape), size).copy()
    cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    x, y = x if cosine > 0 else 1 - x, y if sine > 0 else 1 - y
    if turn % 45 == 0:
        return np.asarray((x + y) * np.float32(0.5))
    share = abs(cosine) / (abs(cosine) + abs(sine))
    return np.asarray(x * np.float32(share) + y * np.float32(1 - share))


def light_from_corner(pixels: Array, intensity: float, corner: int) -> Array:
    """Light that falls off from one corner's opposite to that corner, or the other way round.

    Args:
        pixels: Any numbers, any number of channels.
        intensity: How much darker the farthest corner becomes, in shares; below 0 brighter.
        corner: 0 to 3, clockwise from the upper left: the one that stays as it is.
    """
    if intensity == 0:
        return pixels
    height, width = pixels.shape[:2]
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    away = np.sqrt((x if corner in (0, 3) else x[:, ::-1]) ** 2 + (y if corner in (0, 1) else y[::-1]) ** 2)
    return _cut(pixels, _straight(away, -intensity / math.sqrt(height * height + width * width), 1))


def light_on_spot(pixels: Array, intensity: float, centre: tuple[float, float], sigma: float) -> Array:
    """Light, or shade, that falls on a round spot.

    Args:
        pixels: Any numbers, any number of channels.
        intensity: How much brighter its middle becomes, in shares; below 0 darker.
        centre: Its middle, in shares of width and height.
        sigma: Its standard deviation, in shares of the longer side.
    """
    if intensity == 0:
        return pixels
    height, width = pixels.shape[:2]
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    x, y = x - np.float32(width * centre[0]), y - np.float32(height * centre[1])
    distances = x * x + y * y
    spot = cv2.exp(_straight(distances, -1 / (2 * (max(height, width) * sigma) ** 2), 0), dst=distances)
    return _cut(pixels, _straight(np.asarray(spot), intensity, 1))


def _cut(pixels: Array, factors: Array) -> Array:
    """Returns: Pixels times factors (h, w), fractions of a level cut off, as Albumentations cuts them."""
    wide = np.float32 if pixels.dtype.itemsize <= 2 or pixels.dtype == np.float32 else np.float64
    return finished(_times(flattened(pixels).astype(wide), factors, channels_of(pixels)), pixels.dtype).reshape(pixels.shape)


def _times(flat: Array, factors: Array, count: int) -> Array:
    """Returns: ``flat``, channels side by side, times a factor a pixel; in place."""
    return np.multiply(flat, factors if count == 1 else cv2.merge([factors] * count).reshape(flat.shape), out=flat)
