"""Fog, rain, snow and gravel: what lies between the camera and the scene, or on the ground."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from geoaug.raster.kind import Kind
from geoaug.raster.table import RAMP, look_up, place
from geoaug.raster.values import UINT8, check_colour, in_fractions
from geoaug.types import Array, Ints, Size

WHITE = 255
RGB = (3,)
LAYERS = 10  # how often the fogged region shrinks by a tenth
SPARKLE = 0.99  # of the pixels do not
DEPTH = (1.0, 0.2)  # how much snow lies in the first line and in the last
SNOWED, TINT, TINTED = 0.85, (0.6, 0.75, 1.0), 0.15  # of Albumentations: what is left of the picture, and how blue the snow is
STONES = 100  # pixels of a patch for each grain of gravel
LARGEST_STONE = 3


# --- fog -------------------------------------------------------------------------------------------------------------


def fog(pixels: Array, intensity: float, opacity: float, seed: int) -> Array:
    """Puffs of white, denser towards the middle, then a blur.

    Args:
        pixels: 3 channels.
        intensity: From 0 to 1; 0 leaves the picture. More of it makes larger puffs.
        opacity: Of one puff at an intensity of 1.
        seed: What places and sizes of the puffs are drawn from.
    """
    check_colour(pixels, "fog", RGB)
    if intensity * opacity == 0:
        return pixels
    places, radii = puffs((pixels.shape[0], pixels.shape[1]), intensity, np.random.default_rng(seed))
    return fogged(pixels, places, radii, opacity * intensity)


def puffs(size: Size, intensity: float, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Draw puffs of fog in regions that shrink towards the middle.

    Returns: Their centres as x, y in whole pixels, shape (n, 2), which may lie outside, and their radii, shape (n,).
    """
    height, width = size
    region = max(1, int(width // 3 * intensity))
    middle: Ints = np.array([int(width / 2 - 0.5), int(height / 2 - 0.5)])
    places = [np.zeros((0, 2), np.intp)]
    across, down = width, height
    for _ in range(LAYERS):
        if across <= region or down <= region:
            break
        half: Ints = np.array([across // 2, down // 2])
        count = int(across * down / (region * region) * intensity * 10)
        places.append(rng.integers(middle - half, middle + half, (count, 2), endpoint=True))
        across, down = int(across * 0.9), int(down * 0.9)
    centres = np.concatenate(places)
    most = max(2, int(min(height, width) * 0.1 * intensity))
    return centres, rng.integers(max(1, most // 2), most, len(centres))


def fogged(pixels: Array, places: Ints, radii: Ints, alpha: float) -> Array:
    """White discs, each mixed in by ``alpha``, then a blur of a thirtieth of the shorter side.

    All discs change a value alike, so a pixel is looked up once, in the table for as many discs as cover it.
    """
    layers = _layers((pixels.shape[0], pixels.shape[1]), places, radii)
    side = max(3, min(pixels.shape[:2]) // 30) | 1
    if pixels.dtype == UINT8:
        tables = _repeated(alpha, int(layers.max()))
        index = np.minimum(layers, len(tables) - 1).astype(np.uint16 if len(tables) <= 256 else np.int32)
        index *= 256
        out = tables.reshape(-1).take(index[..., None] + pixels, mode="clip")  # all are inside; clipping is quicker than checking
        return np.asarray(cv2.GaussianBlur(out, (side, side), 0, dst=out))
    left = np.power(1 - alpha, np.arange(layers.max() + 1)).astype(np.float32)[layers]

    def change(values: Array) -> Array:
        values -= 1
        values *= left[..., None]
        values += 1
        return np.asarray(cv2.GaussianBlur(values, (side, side), 0))

    return in_fractions(pixels, change)


def _layers(size: Size, places: Ints, radii: Ints) -> Array:
    """Returns: How many discs cover each pixel, int32, shape (h, w)."""
    height, width = size
    wide = width + 1
    begins, ends = [], []
    for radius in np.unique(radii):
        x, y = places[radii == radius].T
        half = _half_widths(int(radius))
        lines = y[:, None] + np.arange(-radius, radius + 1)
        left, right = x[:, None] - half, x[:, None] + half + 1
        seen = (lines >= 0) & (lines < height) & (left < width) & (right > 0)
        offset = lines[seen] * wide
        begins.append(offset + np.maximum(left[seen], 0))
        ends.append(offset + np.minimum(right[seen], width))
    if not begins:
        return np.zeros(size, np.int32)
    steps = np.bincount(np.concatenate(begins), minlength=height * wide) - np.bincount(np.concatenate(ends), minlength=height * wide)
    return np.cumsum(steps.astype(np.int32).reshape(height, wide), axis=1, dtype=np.int32)[:, :width]


def _half_widths(radius: int) -> Ints:
    """Returns: How far OpenCV's disc reaches to either side in each of its 2r + 1 lines, as it draws it."""
    side = 2 * radius + 1
    stamp = cv2.circle(np.zeros((side, side), np.uint8), (radius, radius), radius, 1, -1)
    return np.asarray(stamp.sum(axis=1, dtype=np.intp) // 2)


def _repeated(alpha: float, times: int) -> Array:
    """Returns: A table of 256 levels for white mixed in 0, 1, … times, rounded each time, until nothing changes any more."""
    tables: list[Array] = [RAMP]
    white = np.full_like(RAMP, WHITE)
    while len(tables) <= times:
        mixed = np.asarray(cv2.addWeighted(white, alpha, tables[-1], 1 - alpha, 0))
        if (mixed == tables[-1]).all():
            break
        tables.append(mixed)
    return np.concatenate(tables)


# --- rain ------------------------------------------------------------------------------------------------------------


def rain(
    pixels: Array, drops: int, length: int, slant: float, width: int, colour: tuple[int, int, int], blur: int, brightness: float, seed: int
) -> Array:
    """Streaks of rain in front of a darker picture.

    Args:
        pixels: 3 channels.
        drops: How many streaks; 0 leaves the picture.
        length: How far a streak falls, in pixels.
        slant: How far it drifts to the right on its way, in pixels.
        width: Of a streak, in pixels.
        colour: Red, green, blue from 0 to 255, which is added.
        blur: Side of the square over which streaks are averaged.
        brightness: Factor of what comes out.
        seed: What the places of the streaks are drawn from.
    """
    check_colour(pixels, "rain", RGB)
    if not drops:
        return pixels
    size = pixels.shape[0], pixels.shape[1]
    places = streaks(size, drops, length, np.random.default_rng(seed))
    if drops > size[0] * size[1]:  # a stored plan may ask for millions: where one falls, another shows nothing
        rows, columns = np.divmod(np.flatnonzero(np.bincount(places @ (1, size[1]))), size[1])
        places = np.stack([columns, rows], axis=1)
    return rained(pixels, places, length, slant, width, colour, blur, brightness)


def streaks(size: Size, drops: int, length: int, rng: np.random.Generator) -> Ints:
    """Returns: Where streaks of rain begin, x and y in whole pixels, so that they end above the lower edge where that can be."""
    return rng.integers(0, (size[1], max(size[0] - length, 1)), (drops, 2))


def rained(pixels: Array, places: Ints, length: int, slant: float, width: int, colour: tuple[int, int, int], blur: int, brightness: float) -> Array:
    """Streaks from these places on, drawn, blurred, added; then the whole made darker."""
    lines = np.stack([places, np.add(places, (slant, length))], axis=1).astype(np.int32)
    grey = colour[0] == colour[1] == colour[2]
    layer: Any = np.zeros(pixels.shape[:2] if grey else pixels.shape, np.uint8)
    cv2.polylines(layer, list(lines), False, colour, width, cv2.LINE_4)
    if blur > 1:
        layer = cv2.blur(layer, (blur, blur))
    if grey:
        layer = cv2.cvtColor(layer, cv2.COLOR_GRAY2RGB)
    if pixels.dtype == UINT8:
        wet = np.asarray(cv2.add(pixels, layer, dst=layer))
        return (
            wet if brightness == 1 else look_up(wet, np.asarray(cv2.multiply(RAMP, np.full(RAMP.shape, brightness), dtype=cv2.CV_8U))[0], owned=True)
        )

    def change(values: Array) -> Array:
        values += layer / np.float32(255)
        np.minimum(values, 1, out=values)
        values *= np.float32(brightness)
        return values

    return in_fractions(pixels, change)


# --- snow ------------------------------------------------------------------------------------------------------------


def snow_bleach(pixels: Array, point: float, brightness: float) -> Array:
    """Whatever is darker than a threshold becomes lighter, as if snow lay on it.

    Args:
        pixels: 3 channels.
        point: From 0 to 1, for thresholds from a third of the lightness to five sixths.
        brightness: Factor of the lightness; 1 leaves the picture.
    """
    check_colour(pixels, "snow_bleach", RGB)
    if brightness == 1:
        return pixels
    if pixels.dtype == UINT8:
        light: Array = np.arange(256, dtype=np.float32)
        light = np.where(light < point * 255 / 2 + 255 / 3, light * np.float32(brightness), light)
        wheel = cv2.cvtColor(pixels, cv2.COLOR_RGB2HLS)
        cv2.insertChannel(look_up(cv2.extractChannel(wheel, 1), np.minimum(light, 255).astype(np.uint8), owned=True), wheel, 1)
        return np.asarray(cv2.cvtColor(wheel, cv2.COLOR_HLS2RGB, dst=wheel))

    def change(values: Array) -> Array:
        wheel = np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2HLS))
        light: Any = wheel[..., 1]
        light[light < point / 2 + 1 / 3] *= brightness
        np.minimum(light, 1, out=light)
        return np.asarray(cv2.cvtColor(wheel, cv2.COLOR_HLS2RGB))

    return in_fractions(pixels, change)


def snow_texture(pixels: Array, point: float, brightness: float, seed: int) -> Array:
    """A layer of snow, less of it towards the lower edge, with a few sparkling pixels.

    Args:
        pixels: 3 channels.
        point: How much snow, from 0 to 1.
        brightness: How much brighter the picture becomes, multiplied by ``point``.
        seed: What snow and sparkle are drawn from.
    """
    check_colour(pixels, "snow_texture", RGB)
    texture, sparkle = snow_of((pixels.shape[0], pixels.shape[1]), np.random.default_rng(seed))
    return snowed(pixels, point, brightness, texture, sparkle)


def snow_of(size: Size, rng: np.random.Generator) -> tuple[Array, Array]:
    """Returns: Soft noise about 0.5, shape (h, w), and where it sparkles, bool of the same shape."""
    texture = rng.standard_normal(size, np.float32)
    texture *= np.float32(0.3)
    texture += np.float32(0.5)
    return np.asarray(cv2.GaussianBlur(texture, (0, 0), 1)), rng.random(size, np.float32) > SPARKLE


def snowed(pixels: Array, point: float, brightness: float, texture: Array, sparkle: Array) -> Array:
    """Snow added to hue, saturation and value, all in levels of 8 bits, as Albumentations adds it; what is too much for a level stays white."""
    depth = np.linspace(*DEPTH, len(texture), dtype=texture.dtype)[:, None]
    layer = ((cv2.GaussianBlur(texture, (0, 0), 1) * depth) * 255 * point).astype(np.float32)

    def laid(hue: Array, saturation: Array, value: Array) -> list[Array]:
        value = np.minimum(value * (1 + brightness * point), 255)
        planes = [cv2.add(plane, layer) for plane in (hue, saturation, value)]
        mixed = [cv2.addWeighted(plane, SNOWED, plane, 0, TINTED * point * tint) for plane, tint in zip(planes, TINT, strict=True)]
        return [np.clip(plane, 0, 255, out=plane) for plane in mixed]

    if pixels.dtype == UINT8:
        planes = laid(*(plane.astype(np.float32) for plane in cv2.split(cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV))))
        out = np.asarray(cv2.cvtColor(cv2.merge([plane.astype(np.uint8) for plane in planes]), cv2.COLOR_HSV2RGB))
        return np.asarray(cv2.copyTo(np.full_like(out, WHITE), sparkle.view(np.uint8), out))

    def change(values: Array) -> Array:
        hue, saturation, value = cv2.split(cv2.cvtColor(values, cv2.COLOR_RGB2HSV))
        hue, saturation, value = laid(hue / 2, saturation * 255, value * 255)
        out = np.asarray(cv2.cvtColor(cv2.merge([hue * 2, saturation / 255, value / 255]), cv2.COLOR_HSV2RGB))
        out[sparkle] = 1
        return out

    return in_fractions(pixels, change)


# --- gravel ----------------------------------------------------------------------------------------------------------


def gravel(pixels: Array, patches: tuple[tuple[int, int, int, int], ...], seed: int, owned: bool = False) -> Array:
    """Little squares of another lightness.

    Args:
        pixels: 3 channels.
        patches: Where gravel lies: x, y, width, height in whole pixels.
        seed: What the grains are drawn from, one for each hundred pixels of a patch.
        owned: Whether the answer may be written over ``pixels``.
    """
    check_colour(pixels, "gravel", RGB)
    return gravelled(pixels, grains((pixels.shape[0], pixels.shape[1]), patches, np.random.default_rng(seed)), owned)


def grains(size: Size, patches: tuple[tuple[int, int, int, int], ...], rng: np.random.Generator) -> Ints:
    """Returns: Grains of gravel as top, bottom, left, right in whole pixels, and a lightness from 0 to 255; shape (n, 5)."""
    height, width = size
    found = [np.zeros((0, 5), np.intp)]
    for left, top, across, down in patches:
        count = across * down // STONES
        x, y = rng.integers((left, top), (left + across, top + down), (count, 2), endpoint=True).T
        radius, light = rng.integers(1, LARGEST_STONE, count, endpoint=True), rng.integers(0, 255, count, endpoint=True)
        edges = [np.maximum(y - radius, 0), np.minimum(y + radius, height - 1), np.maximum(x - radius, 0), np.minimum(x + radius, width - 1)]
        found.append(np.stack([*edges, light], axis=1))
    return np.concatenate(found)


def gravelled(pixels: Array, stones: Ints, owned: bool = False) -> Array:
    """The lightness of all pixels of a grain becomes one; those of no grain keep their bytes."""
    if not len(stones):
        return pixels
    top, left = (int(k) for k in stones[:, (0, 2)].min(axis=0))
    bottom, right = (int(k) for k in stones[:, (1, 3)].max(axis=0))
    light, lies = np.zeros((2, max(bottom - top, 0), max(right - left, 0)), np.uint8)
    for y0, y1, x0, x1, level in (stones - (top, top, left, left, 0)).tolist():
        light[y0:y1, x0:x1] = level
        lies[y0:y1, x0:x1] = 1
    if not light.size:
        return pixels
    out = pixels if place(pixels, owned) is not None else pixels.copy()
    part = out[top:bottom, left:right]
    if pixels.dtype == UINT8:
        wheel = cv2.cvtColor(part, cv2.COLOR_RGB2HLS)
        cv2.copyTo(cv2.merge([light] * 3), cv2.merge([lies * 0, lies, lies * 0]), wheel)
        cv2.copyTo(cv2.cvtColor(wheel, cv2.COLOR_HLS2RGB), lies, part)
        return out
    where = lies.astype(bool)

    def change(values: Array) -> Array:
        wheel = np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2HLS))
        wheel[..., 1][where] = light[where] / np.float32(255)
        return np.asarray(cv2.cvtColor(wheel, cv2.COLOR_HLS2RGB))

    part[where] = in_fractions(part, change)[where]
    return out


WEATHER: dict[str, Kind] = {
    "fog": Kind(fog, {"intensity": ..., "opacity": 0.08, "seed": 0}),
    "rain": Kind(
        rain,
        {"drops": ..., "length": ..., "slant": 0.0, "width": 1, "colour": (200, 200, 200), "blur": 7, "brightness": 0.7, "seed": 0},
    ),
    "snow_bleach": Kind(snow_bleach, {"point": ..., "brightness": 2.5}),
    "snow_texture": Kind(snow_texture, {"point": ..., "brightness": 2.5, "seed": 0}),
    "gravel": Kind(gravel, {"patches": ..., "seed": 0}, reuses=True),
}
