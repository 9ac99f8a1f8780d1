"""Light that comes or is kept away: shadows of polygons, and the sun in the lens."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np

from geoaug.raster.kind import Kind
from geoaug.raster.scratch import scratch
from geoaug.raster.table import RAMP, look_up, place
from geoaug.raster.values import UINT8, check_colour, finished, in_fractions, working
from geoaug.types import Array, Size

RGB = (3,)
RING = 10  # pixels of radius for each ring of the sun
GLARE, FRINGES = 15, {0: 3, 2: 5}  # standard deviations in pixels: of the glare, and further of its red and blue
SPIKES = (0, 45, 90, 135)  # degrees
REACH = 0.7  # of the longer side: where the glare ends
FLARES = ("overlay", "physics_based")
Circle = tuple[float, int, int, int, int, int, int]  # alpha, x, y, radius, red, green, blue


def shadow(pixels: Array, shadows: tuple[tuple[float, tuple[tuple[int, int], ...]], ...], owned: bool = False) -> Array:
    """Polygons in which the picture is darker, one after the other.

    Args:
        pixels: Any number of channels.
        shadows: Of each its intensity, from 0, which leaves the picture, to 1, which leaves black, and its corners as x, y in whole pixels.
        owned: Whether the answer may be written over ``pixels``.
    """
    shades = [(corners, strength) for strength, corners in shadows if strength]
    if not shades or not pixels.size:
        return pixels
    out = pixels if place(pixels, owned) is not None else pixels.copy()
    for corners, strength in shades:
        points = np.array(corners, np.int32)
        x, y, width, height = cv2.boundingRect(points)
        part = out[max(y, 0) : y + height, max(x, 0) : x + width]
        inside = cv2.fillPoly(np.zeros(part.shape[:2], np.uint8), [points], (1,), offset=(-max(x, 0), -max(y, 0)))
        if part.dtype == UINT8:
            table = (np.arange(256, dtype=np.uint8) * (1 - strength)).astype(np.uint8)
            dark = look_up(np.ascontiguousarray(part), table, owned=not part.flags.c_contiguous)  # as wide as the picture, it is part itself
        else:
            dark = finished(working(part) * (1 - strength), part.dtype)
        _copy(dark, inside, part)
    return out


def _copy(source: Array, where: Array, into: Array) -> None:
    """Copy pixels for which ``where`` is not 0."""
    if source.dtype == UINT8 and (source.ndim == 2 or source.shape[2] <= 4):
        cv2.copyTo(source, where, into)
    else:
        chosen = where.astype(bool)
        into[chosen] = source[chosen]


# --- the sun ---------------------------------------------------------------------------------------------------------


def sun_flare(
    pixels: Array,
    centre: tuple[int, int],
    radius: int,
    colour: tuple[int, int, int],
    circles: tuple[Circle, ...],
    method: str,
    owned: bool = False,
) -> Array:
    """The sun, and what it leaves in the lens.

    Args:
        pixels: 3 channels.
        centre: Of the sun, x and y in whole pixels.
        radius: Of the sun, in pixels.
        colour: Of the sun: red, green, blue from 0 to 255.
        circles: Each reflection as alpha, x, y, radius, red, green, blue.
        method: ``overlay`` mixes flat circles in, ``physics_based`` adds glare with spikes and coloured fringes.
        owned: Whether the answer may be written over ``pixels``.
    """
    check_colour(pixels, "sun_flare", RGB)
    if not pixels.size:
        return pixels
    if method == "physics_based":
        return _glared(pixels, centre, radius, colour, circles)
    if pixels.dtype != UINT8:
        return in_fractions(pixels, lambda values: _rings(_reflections(np.ascontiguousarray(values), circles), centre, radius, colour, circles))
    return _rings(_reflections(pixels if place(pixels, owned) is not None else pixels.copy(), circles), centre, radius, colour, circles)


def _scaled(colour: tuple[int, ...], dtype: Any) -> tuple[float, ...]:
    return colour if dtype == UINT8 else tuple(value / 255 for value in colour)


def _reflections(out: Array, circles: tuple[Circle, ...]) -> Array:
    """Mix in all circles so far at each further one, as Albumentations does; what none has covered yet stays as it is."""
    height, width = out.shape[:2]
    over = out.copy()
    left, top, right, bottom = width, height, 0, 0
    for alpha, x, y, radius, *colour in circles:
        cv2.circle(over, (x, y), radius, _scaled(tuple(colour), out.dtype), -1)
        left, top = min(left, max(x - radius, 0)), min(top, max(y - radius, 0))
        right, bottom = max(right, min(x + radius + 1, width)), max(bottom, min(y + radius + 1, height))
        if left < right and top < bottom:
            part = out[top:bottom, left:right]
            cv2.addWeighted(over[top:bottom, left:right], alpha, part, 1 - alpha, 0, dst=part)
    return out


def _rings(out: Array, centre: tuple[int, int], radius: int, colour: tuple[int, int, int], circles: tuple[Circle, ...]) -> Array:
    """Mix in discs from the smallest to the largest. Where a disc is the smallest that covers a pixel, it and all larger ones change it."""
    count = radius // RING
    if not count:
        return out
    brightest = sum(alpha * size for alpha, _, _, size, *_ in circles) / sum(size for _, _, _, size, *_ in circles) * 5
    alphas = [float(a) ** 3 for a in np.linspace(0.0, min(brightest, 1.0), count)[::-1]]
    (x, y), (height, width) = centre, out.shape[:2]
    top, bottom, left, right = max(y - radius, 0), min(y + radius + 1, height), max(x - radius, 0), min(x + radius + 1, width)
    if top >= bottom or left >= right:
        return out
    which: Any = np.full((bottom - top, right - left), count, np.uint16)
    for k, size in reversed(list(enumerate(np.linspace(1, radius, count)))):
        cv2.circle(which, (x - left, y - top), int(size), k, -1)
    part = out[top:bottom, left:right]
    if out.dtype == UINT8:
        _look_up_rings(part, which, colour, alphas)
        return out
    left_over = np.append(np.cumprod([1 - alpha for alpha in reversed(alphas)])[::-1], 1.0).astype(np.float32)[which]
    part *= left_over[..., None]
    part += (1 - left_over[..., None]) * np.array(_scaled(colour, out.dtype), np.float32)
    return out


def _look_up_rings(part: Array, which: Array, colour: tuple[int, int, int], alphas: list[float]) -> None:
    """Write over ``part``: each level by the table of its ring; channels of one colour take the same."""
    index = which.astype(np.uint16 if len(alphas) < 256 else np.int32)
    index *= 256
    if len(set(colour)) == 1:
        part[...] = _ring_tables(colour[0], alphas).take(index[..., None] + part, mode="clip")  # all are inside; clipping is quicker than checking
        return
    for k, level in enumerate(colour):
        part[..., k] = _ring_tables(level, alphas).take(index + part[..., k], mode="clip")


def _ring_tables(level: int, alphas: list[float]) -> Array:
    """Returns: For each ring from the inmost, and for what lies outside, 256 levels one after the other."""
    painted = np.full_like(RAMP, level)
    tables = [RAMP[0]]
    for alpha in reversed(alphas):
        tables.append(tables[-1][cv2.addWeighted(painted, alpha, RAMP, 1 - alpha, 0)[0]])
    return np.concatenate(tables[::-1])


def _glared(pixels: Array, centre: tuple[int, int], radius: int, colour: tuple[int, int, int], circles: tuple[Circle, ...]) -> Array:
    """Sun, spikes and reflections on black, blurred, faded, fringed; then screened over the picture."""
    height, width = pixels.shape[:2]
    glare: Any = _floats("glare", (height, width, 3))
    glare[...] = 0
    cv2.circle(glare, centre, radius, colour, -1)
    for angle in SPIKES:
        turn, long = np.radians(angle), max(width, height)
        cv2.line(glare, centre, (int(centre[0] + np.cos(turn) * long), int(centre[1] + np.sin(turn) * long)), colour, 2)
    for _, x, y, size, *painted in circles:
        cv2.circle(glare, (x, y), int(size**0.33), painted, -1)
    cv2.GaussianBlur(glare, (0, 0), GLARE, dst=glare)
    planes = list(_floats("planes", (3, height, width)))
    cv2.split(glare, planes)
    fade = _fade((height, width), centre)
    for k, plane in enumerate(planes):
        plane *= fade
        if k in FRINGES:
            cv2.GaussianBlur(plane, (0, 0), FRINGES[k], dst=plane)
    dark = np.subtract(255, cv2.merge(planes, dst=glare), out=glare)
    if pixels.dtype == UINT8:
        dark *= cv2.bitwise_not(pixels)
        dark /= 255
        return finished(np.subtract(255, dark, out=dark), pixels.dtype)
    return in_fractions(pixels, lambda values: 1 - (1 - values) * (dark / np.float32(255)))


def _floats(use: str, shape: tuple[int, ...]) -> Array:
    """Returns: float32 memory of this shape with any contents; the next call for the same use overwrites it."""
    return scratch(use, (math.prod(shape) * 4,)).view(np.float32).reshape(shape)


def _fade(size: Size, centre: tuple[int, int]) -> Array:
    """Returns: 1 at the sun and less with distance; float64, shape (h, w)."""
    rows, columns = ((np.arange(length) - middle).astype(np.float64) ** 2 for length, middle in zip(size, centre[::-1], strict=True))
    far = np.add.outer(rows, columns)
    np.sqrt(far, out=far)
    far /= max(size) * REACH
    return np.subtract(1, np.minimum(far, 1, out=far), out=far)


SHADES: dict[str, Kind] = {
    "shadow": Kind(shadow, {"shadows": ...}, reuses=True),
    "sun_flare": Kind(
        sun_flare,
        {"centre": ..., "radius": 400, "colour": (255, 255, 255), "circles": ..., "method": "overlay"},
        reuses=True,
    ),
}
