"""Noise: random fields, drawn from a seed so that a step repeats its bytes, that are added or multiplied, or replace pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from geoaug.errors import DataError
from geoaug.raster.field import MIDDLES, bits, field, gaussian, laplacian, looked_up, poisson
from geoaug.raster.kind import Kind
from geoaug.raster.table import LEVELS, look_up
from geoaug.raster.unit import in_unit, out_of_unit
from geoaug.raster.values import UINT8, channels_of, check_colour, finished, flattened, largest, working
from geoaug.types import Array, Floats

Rng = np.random.Generator
Ranges = tuple[tuple[float, float], ...]


# --- what noise is drawn from, in fractions of white -----------------------------------------------------------------


def beta_values(rng: Rng, count: int, alpha: float, beta: float, scale: float) -> Floats:
    """Returns: Numbers of a beta distribution, stretched to (-scale, scale), shape (count,)."""
    return (2 * rng.beta(max(alpha, 1e-6), max(beta, 1e-6), count) - 1) * scale


# quantiles by name and parameters; beta has none in closed form, and stands for itself
QUANTILES: dict[str, Callable[..., Floats]] = {
    "gaussian": lambda mean, spread: mean + spread * gaussian(),
    "laplace": lambda mean, spread: mean + spread * laplacian(),
    "uniform": lambda low, high: low + (high - low) * MIDDLES,
}
METHODS = (*QUANTILES, "beta")


def _values(rng: Rng, method: str, numbers: tuple[Any, ...], shape: tuple[int, int], levels: float | None) -> Array:
    """Returns: Noise of shape (h, w): float32 in fractions of white, or int16 in whole levels, of which there are ``levels``."""
    drawn = beta_values(rng, shape[0] * shape[1], *numbers).reshape(shape) if method == "beta" else QUANTILES[method](*numbers)
    table = drawn.astype(np.float32) if levels is None else (drawn * levels).astype(np.int16)  # cut, as Albumentations cuts it
    return table if method == "beta" else field(rng, table, shape)


def _everywhere(noise: Array, channels: int) -> Array:
    """Returns: The same noise (h, w) in each channel, side by side, shape (h, w · c)."""
    if channels == 1:
        return noise
    return np.repeat(noise, channels, axis=1) if channels > 4 else flattened(np.asarray(cv2.merge([noise] * channels)))


def _map(pixels: Array, method: str, numbers: Any, shared: bool, coarseness: float, seed: int) -> Array:
    """Returns: Noise for a picture, its channels side by side: int16 in levels for uint8, else float32 in fractions of white."""
    rng, channels = np.random.default_rng(seed), channels_of(pixels)
    height, width = pixels.shape[:2]
    own = 1 if shared else channels
    parts = [tuple(pair) for pair in numbers] if method == "uniform" else [tuple(numbers)]
    if len(parts) > 1 and not shared:
        if len(parts) < channels:
            raise DataError(f"image: noise_params has {len(parts)} ranges, the picture {channels} channels; give one range, or one a channel")
        planes = [_one_map(rng, pixels, method, part, (height, width), 1, coarseness) for part in parts[:channels]]
        return flattened(np.ascontiguousarray(np.stack(planes, axis=2)))
    noise = _one_map(rng, pixels, method, parts[0], (height, width), own, coarseness)
    return _everywhere(noise, channels) if shared else noise


def _one_map(rng: Rng, pixels: Array, method: str, numbers: tuple[Any, ...], size: tuple[int, int], own: int, coarseness: float) -> Array:
    height, width = size
    levels = largest(UINT8) if pixels.dtype == UINT8 else None
    if coarseness == 1:
        return _values(rng, method, numbers, (height, width * own), levels)
    small = max(1, int(height * coarseness)), max(1, int(width * coarseness))
    noise = _values(rng, method, numbers, (small[0], small[1] * own), None).reshape(*small, own)
    noise = np.concatenate([_enlarged(noise[..., k : k + 4], (width, height)) for k in range(0, own, 4)], axis=2)
    return flattened(noise if levels is None else (noise * np.float32(levels)).astype(np.int16))


def _enlarged(noise: Array, size: tuple[int, int]) -> Array:
    return np.asarray(cv2.resize(np.ascontiguousarray(noise), size, interpolation=cv2.INTER_LINEAR)).reshape(*size[::-1], noise.shape[2])


def _added(pixels: Array, noise: Array) -> Array:
    """Returns: Pixels and noise together, clipped; the noise (h, w · c) is in whole levels for uint8, else in fractions of white."""
    flat = flattened(np.ascontiguousarray(pixels))
    if pixels.dtype == UINT8:
        return np.asarray(cv2.add(flat, noise, dtype=cv2.CV_8U)).reshape(pixels.shape)
    if pixels.dtype.kind == "f":
        return np.clip(flat + noise, 0, 1).astype(pixels.dtype, copy=False).reshape(pixels.shape)
    return finished(working(flat) + np.trunc(noise * largest(pixels.dtype)), pixels.dtype).reshape(pixels.shape)


def with_noise(pixels: Array, noise: Array) -> Array:
    """Returns: Pixels and noise together, clipped; the noise (h, w) or (h, w, c) is in levels of the dtype, cut to whole ones for integers."""
    noise = np.broadcast_to(noise if noise.ndim == pixels.ndim else noise[..., None], pixels.shape)
    return finished(working(pixels) + (noise if pixels.dtype.kind == "f" else np.trunc(noise)), pixels.dtype)


def with_factors(pixels: Array, factors: Array) -> Array:
    """Returns: Pixels times factors, one a channel (c,) or one a pixel (h, w) or (h, w, c), cut to what the dtype can show."""
    if factors.ndim < 2:
        return _by_channel(pixels, factors.astype(np.float32))
    factors = np.asarray(factors if factors.ndim == pixels.ndim else factors[..., None], np.float32)
    return finished(pixels * factors if pixels.dtype == UINT8 else working(pixels) * factors, pixels.dtype)


# --- operations ------------------------------------------------------------------------------------------------------


def additive_noise(pixels: Array, method: str, numbers: tuple[Any, ...], shared: bool, coarseness: float, seed: int) -> Array:
    """Add a random value to each pixel.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        method: ``gaussian``, ``laplace``, ``uniform``, ``beta``.
        numbers: In fractions of white: mean and spread; for ``uniform`` one range, or one a channel; for ``beta`` alpha, beta and
            the largest value.
        shared: Whether all channels get the same.
        coarseness: Below 1 the noise is drawn for a picture as much smaller, and enlarged.
        seed: What the noise is drawn from.

    Raises:
        DataError: Fewer ranges than channels.
    """
    if not np.any(numbers[-1] if method == "beta" else numbers):
        return pixels
    return _added(pixels, _map(pixels, method, numbers, shared, coarseness, seed))


def multiplied(pixels: Array, low: float, high: float, shared: bool, elementwise: bool, seed: int) -> Array:
    """Multiply by random factors.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        low: The least factor.
        high: The largest factor.
        shared: Whether all channels get the same.
        elementwise: Whether each pixel has a factor of its own.
        seed: What the factors are drawn from.
    """
    if low == high == 1:
        return pixels
    rng, channels = np.random.default_rng(seed), channels_of(pixels)
    if not elementwise:
        return _by_channel(pixels, rng.uniform(low, high, 1 if shared else channels).astype(np.float32))
    flat = flattened(np.ascontiguousarray(pixels))
    factors = (low + (high - low) * MIDDLES).astype(np.float32)
    factors = _everywhere(field(rng, factors, pixels.shape[:2]), channels) if shared else field(rng, factors, flat.shape)
    if pixels.dtype == UINT8:
        values = cv2.multiply(flat, factors, dtype=cv2.CV_32F)
        return np.minimum(values, 255, out=values).astype(np.uint8).reshape(pixels.shape)
    return finished(working(flat) * factors, pixels.dtype).reshape(pixels.shape)


def _by_channel(pixels: Array, factors: Array) -> Array:
    if pixels.dtype == UINT8:
        tables = np.minimum(LEVELS * factors[:, None], 255).astype(np.uint8)
        return look_up(pixels, tables if len(tables) > 1 else tables[0])
    return finished(working(pixels) * (factors if pixels.ndim == 3 else factors[0]), pixels.dtype)


def iso_noise(pixels: Array, turn: float, intensity: float, seed: int) -> Array:
    """Noise of a sensor at high sensitivity: grains of light, and slight shifts of hue.

    Args:
        pixels: RGB, shape (h, w, 3).
        turn: Spread of the shift of hue for an intensity of 1, in degrees.
        intensity: How strong the noise is; 0 leaves the picture.
        seed: What it is drawn from.

    Raises:
        DataTypeError: Other than three channels.
    """
    check_colour(pixels, "ISONoise", (3,))
    if intensity == 0:
        return pixels
    rng = np.random.default_rng(seed)
    values = in_unit(pixels).astype(np.float32, copy=False)
    hls = cv2.cvtColor(np.ascontiguousarray(values), cv2.COLOR_RGB2HLS)
    hue, light, saturation = cv2.split(hls)
    grains = (poisson(float(cv2.meanStdDev(light)[1][0, 0]) * intensity) * intensity).astype(np.float32)
    grain = field(rng, grains, pixels.shape[:2])
    light = np.minimum(light + grain * (1 - np.asarray(light)), 1)
    cv2.add(hue, field(rng, (gaussian() * turn * intensity).astype(np.float32), pixels.shape[:2]), dst=hue)
    return out_of_unit(np.asarray(cv2.cvtColor(cv2.merge([hue, light, saturation]), cv2.COLOR_HLS2RGB)), pixels.dtype)


GAMMA = 2.2  # of a screen
FINEST = 1 / 64  # of white; photons that add less are drawn one pixel at a time
UNCLEAR = 255


def shot_noise(pixels: Array, scale: float, seed: int) -> Array:
    """Count photons, of which bright pixels catch more: the count varies by its square root.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        scale: What one photon adds to white, in linear light; 0 leaves the picture.
        seed: What is drawn comes from it.
    """
    if scale == 0:
        return pixels
    rng = np.random.default_rng(seed)
    if pixels.dtype == UINT8 and scale >= FINEST:
        return _counted(pixels, scale, rng)
    values = in_unit(pixels)
    return out_of_unit(_seen(rng.poisson(_photons(values, scale)), scale).astype(values.dtype), pixels.dtype)


def _photons(values: Array, scale: float) -> Floats:
    return np.asarray((np.power(values, GAMMA, dtype=np.float64) + scale * 1e-6) / scale)


def _seen(photons: Array, scale: float) -> Floats:
    return np.asarray(np.clip(photons * scale, 0, 1) ** (1 / GAMMA))


def _counted(pixels: Array, scale: float, rng: Rng) -> Array:
    """The same for 256 levels, by a guide: of 256 equal parts of each level's distribution most hold one count, and only the others are searched."""
    counts = np.arange(math.ceil(1 / scale))  # as many more are white
    means = _photons(np.arange(256) / 255, scale)[:, None]
    logarithms = np.concatenate([[0.0], np.cumsum(np.log(counts[1:]))])  # of factorials
    shares = np.cumsum(np.exp(counts * np.log(means) - means - logarithms), axis=1)
    starts = np.zeros((256, 258), np.int64)
    np.add.at(starts, (np.arange(256)[:, None], np.minimum(np.ceil(shares * 256), 257).astype(int)), 1)
    guide = np.cumsum(starts, axis=1)
    guide = np.where(guide[:, :256] == guide[:, 1:257], guide[:, :256], UNCLEAR).astype(np.uint8)
    flat = flattened(np.ascontiguousarray(pixels))
    chance = bits(rng, (flat.shape[0], -(-flat.shape[1] // 2))).view(np.uint8)[:, : flat.shape[1]]
    places = np.asarray(cv2.merge([chance, flat])).view("<u2")[..., 0]
    found = looked_up(places, guide.ravel())
    unclear = np.nonzero(found == UNCLEAR)
    exact = (chance[unclear] + rng.random(len(unclear[0]))) / 256
    found[unclear] = (shares[flat[unclear]] <= exact[:, None]).sum(axis=1)
    levels = np.zeros(256, np.uint8)
    levels[: len(counts) + 1] = np.rint(_seen(np.arange(len(counts) + 1), scale) * 255)
    return np.asarray(cv2.LUT(found, levels)).reshape(pixels.shape)


def salt_and_pepper(pixels: Array, amount: float, salt: float, seed: int) -> Array:
    """Turn single pixels white or black, in all channels.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        amount: Their share of the picture.
        salt: The share of them that are white.
        seed: What their places are drawn from.
    """
    area = pixels.shape[0] * pixels.shape[1]
    count = int(area * amount)
    if count == 0:
        return pixels
    places = np.random.default_rng(seed).choice(area, size=count, replace=False)
    white = int(count * salt)
    out = np.array(pixels, order="C")
    flat = out.reshape(area, -1)
    flat[places[:white]] = pixels.dtype.type(largest(pixels.dtype)) if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max
    flat[places[white:]] = 0
    return out


NOISES: dict[str, Kind] = {
    "additive_noise": Kind(additive_noise, {"method": "gaussian", "numbers": ..., "shared": False, "coarseness": 1.0, "seed": ...}),
    "multiplied": Kind(multiplied, {"low": ..., "high": ..., "shared": False, "elementwise": False, "seed": ...}),
    "iso_noise": Kind(iso_noise, {"turn": ..., "intensity": ..., "seed": ...}),
    "shot_noise": Kind(shot_noise, {"scale": ..., "seed": ...}),
    "salt_and_pepper": Kind(salt_and_pepper, {"amount": ..., "salt": 0.5, "seed": ...}),
}
