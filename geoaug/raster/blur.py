"""Blurs: each pixel becomes a weighted mean of its neighbourhood, or takes its place."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from geoaug.raster.kind import Kind
from geoaug.raster.neighbours import convolved, everywhere, separably_convolved
from geoaug.raster.unit import in_unit, out_of_unit, rounded
from geoaug.raster.values import FLOAT32, UINT8, UINT16, channels_of, largest
from geoaug.types import Array, Floats

LARGEST_EXACT = 5  # pixels; OpenCV's median of more takes bytes only
DISTINCT = 2**20  # windows of a median that numpy holds at once
SHARPEST = 1e-3  # pixels of spread; below, nothing is left of a Gaussian but its middle


def box_blur(pixels: Array, size: int) -> Array:
    """The plain mean of a square.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        size: Side of the square in pixels; 1 leaves the picture.
    """
    if size <= 1:
        return pixels
    return everywhere(pixels, lambda part: cv2.blur(part, (size, size)))


def median_blur(pixels: Array, size: int) -> Array:
    """The median of a square, which keeps edges.

    Args:
        pixels: Shape (h, w) or (h, w, c); floats of more than 5 pixels are brought down to 256 levels, as OpenCV's median takes bytes.
        size: Side of the square in pixels, odd; 1 leaves the picture.
    """
    size |= 1
    if size <= 1:
        return pixels
    if pixels.dtype == UINT8 or (size <= LARGEST_EXACT and pixels.dtype in (UINT16, FLOAT32)):
        at_once = 1 if channels_of(pixels) % 4 == 2 else 4  # of two at once OpenCV takes small windows only
        return everywhere(pixels, lambda part: cv2.medianBlur(part, size), (UINT8, UINT16, FLOAT32), at_once)
    if pixels.dtype.kind == "f":
        if size <= LARGEST_EXACT:
            return everywhere(pixels, lambda part: cv2.medianBlur(part, size), (FLOAT32,))
        levels = rounded(pixels * np.float32(largest(UINT8)), UINT8)
        return median_blur(levels, size).astype(pixels.dtype) / pixels.dtype.type(largest(UINT8))
    return _median_of_windows(pixels, size)


def _median_of_windows(pixels: Array, size: int) -> Array:
    """The median of integers that OpenCV has none for, some rows at a time."""
    rim, out = size // 2, np.empty(pixels.shape, pixels.dtype)
    padded = np.pad(pixels, [(rim, rim), (rim, rim)] + [(0, 0)] * (pixels.ndim - 2), mode="edge")  # as cv2.medianBlur continues the picture
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(0, 1))
    rows = max(1, DISTINCT // max(1, pixels[0].size))
    for top in range(0, len(pixels), rows):
        some = windows[top : top + rows].reshape(*out[top : top + rows].shape, -1)
        out[top : top + rows] = np.partition(some, size * size // 2, axis=-1)[..., size * size // 2]
    return out


def gaussian_row(sigma: float, size: int) -> Floats:
    """Returns: The weights of a Gaussian along one axis, shape (n,) for the odd n from ``size`` on; 0 takes 3.5 sigma to either side, as PIL does."""
    half = int(sigma * 3.5) if size == 0 else size // 2
    if sigma <= 0:
        return np.ones(1)
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def gaussian_blur(pixels: Array, sigma: float, size: int) -> Array:
    """Weights that fall off as a bell.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        sigma: Spread in pixels; 0 leaves the picture.
        size: Side of the square that is weighed, in pixels; 0 takes as much as the spread needs.
    """
    return separably_convolved(pixels, gaussian_row(sigma, size))


def motion_kernel(size: int, angle: float, direction: float, shift: tuple[float, float]) -> Array:
    """Returns: The way of a point while the shutter is open, shape (size, size) float32, of sum 1."""
    half = size // 2
    along = np.linspace(-half * (1 - max(direction, 0.0)), half * (1 + min(direction, 0.0)), size)
    turn = np.deg2rad(angle)
    x = np.clip(np.round(half + np.cos(turn) * along + shift[0]), 0, size - 1).astype(int)
    y = np.clip(np.round(half + np.sin(turn) * along + shift[1]), 0, size - 1).astype(int)
    kernel = np.zeros((size, size), np.float32)
    kernel[y, x] = 1
    return np.asarray(kernel / kernel.sum())


def motion_blur(pixels: Array, size: int, angle: float, direction: float, shift: tuple[float, float]) -> Array:
    """The mean along a line.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        size: Length of the line in pixels, odd.
        angle: Degrees, from x towards y.
        direction: -1 for what lies behind the pixel only, 1 for what lies before it only, 0 for both.
        shift: Pixels along x and y by which the line is moved.
    """
    return convolved(pixels, motion_kernel(size, angle, direction, shift))


def disc(radius: int, smoothing: float) -> Array:
    """Returns: What a lens out of focus makes of a point: a disc with a soft rim, shape (n, n) float32."""
    half = max(8, radius)
    x, y = np.meshgrid(np.arange(-half, half + 1), np.arange(-half, half + 1))
    kernel = np.array(x**2 + y**2 <= radius**2, np.float32)
    kernel /= kernel.sum()
    rim = 3 if radius <= 8 else 5
    return np.asarray(cv2.GaussianBlur(kernel, (rim, rim), sigmaX=smoothing))


def defocus(pixels: Array, radius: int, smoothing: float) -> Array:
    """The mean of a disc.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        radius: Of the disc, in pixels.
        smoothing: Spread of its soft rim, in pixels.
    """
    return convolved(pixels, disc(radius, smoothing))


def _zoomed(values: Array, factor: float) -> Array:
    """Returns: The middle of a float picture, enlarged by a factor to the picture's size."""
    height, width = values.shape[:2]
    tall, wide = math.ceil(height / factor), math.ceil(width / factor)
    top, left = (height - tall) // 2, (width - wide) // 2
    size = int(wide * factor), int(tall * factor)
    part = values[top : top + tall, left : left + wide]
    if size != (wide, tall):
        part = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
    top, left = (size[1] - height) // 2, (size[0] - width) // 2
    return part[top : top + height, left : left + width]


def zoom_blur(pixels: Array, most: float, step: float) -> Array:
    """The mean of the picture and of its enlargements.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        most: The enlargements go from 1 up to this factor, exclusive.
        step: From each to the next.
    """
    factors = np.arange(1.0, most, step)
    if factors.size == 0 or factors[-1] == 1:
        return pixels

    def mean(part: Array) -> Array:
        total = np.zeros(part.shape, part.dtype)
        for factor in factors:
            cv2.add(total, _zoomed(part, factor), dst=total)
        total += part
        total /= len(factors) + 1
        return total

    return out_of_unit(everywhere(in_unit(pixels), mean), pixels.dtype)


def advanced_kernel(size: int, sigma: tuple[float, float], angle: float, beta: float, noise: tuple[float, float], seed: int) -> Floats:
    """Returns: A generalised Gaussian, turned and with noise on it, shape (size, size), of sum 1."""
    turn = np.deg2rad(angle)
    noises = np.random.default_rng(seed).uniform(*noise, size=(size, size))
    line = np.arange(-size // 2 + 1.0, size // 2 + 1.0)
    grid = np.stack(np.meshgrid(line, line), axis=-1)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    spread = np.diag([max(sigma[0], SHARPEST) ** 2, max(sigma[1], SHARPEST) ** 2])
    inverse = np.linalg.inv(np.dot(turned, np.dot(spread, turned.T)))
    kernel = np.exp(-0.5 * np.power(np.sum(np.dot(grid, inverse) * grid, 2), beta)) * noises
    total = np.sum(kernel)
    if total <= 0:  # a noise of 0 leaves no kernel
        return np.ones((1, 1))
    return np.asarray(kernel.astype(np.float32) / total)


def advanced_blur(pixels: Array, size: int, sigma: tuple[float, float], angle: float, beta: float, noise: tuple[float, float], seed: int) -> Array:
    """Weights of a generalised Gaussian, which may be long, turned, flat or peaked.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        size: Side of the square that is weighed, in pixels, odd.
        sigma: Spread along its two axes, in pixels.
        angle: Degrees by which they are turned.
        beta: Below 1 it is peaked, above 1 flat.
        noise: Range of the factor on each weight.
        seed: What the factors are drawn from.
    """
    return convolved(pixels, advanced_kernel(size, sigma, angle, beta, noise, seed))


def _exchanges(size: tuple[int, int], reach: int, rounds: int, seed: int, one_by_one: bool) -> Iterator[tuple[Array, Array]]:
    """Yields: For each round the places of pixels, and of those that they change places with, each (n,) into a flat picture."""
    height, width = size
    tall, wide = max(height - 2 * reach, 0), max(width - 2 * reach, 0)
    moves = np.random.default_rng(seed).integers(-reach, reach, size=(tall * wide, rounds, 2))
    y, x = np.meshgrid(np.arange(height - reach, height - reach - tall, -1), np.arange(width - reach, width - reach - wide, -1), indexing="ij")
    # Albumentations walks along columns at once, along rows one by one
    here = (y * width + x).ravel() if one_by_one else (y * width + x).T.ravel()
    for k in range(rounds):
        yield here, here + moves[:, k, 0] * width + moves[:, k, 1]


def _exchanged(order: Array, here: Array, there: Array, one_by_one: bool) -> Array:
    if not one_by_one:
        order[here], order[there] = order[there], order[here]
        return order
    places = order.tolist()
    for a, b in zip(here.tolist(), there.tolist(), strict=True):
        places[a], places[b] = places[b], places[a]
    return np.array(places)


def glass_blur(pixels: Array, sigma: float, reach: int, rounds: int, exact: bool, seed: int) -> Array:
    """Pixels change places with near ones, between two soft blurs.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        sigma: Spread of the blurs, in pixels; 0 for none.
        reach: How far a pixel may move each time, along x and along y.
        rounds: How often.
        exact: Whether pixels change places one after the other, rather than all at once.
        seed: What the moves are drawn from.
    """

    soft: Callable[[Array], Array] = functools.partial(everywhere, change=lambda part: cv2.GaussianBlur(part, (0, 0), sigmaX=sigma))
    before = soft(pixels) if sigma > 0 else pixels
    height, width = pixels.shape[:2]
    order = np.arange(height * width)
    for here, there in _exchanges((height, width), reach, rounds, seed, exact):
        order = _exchanged(order, here, there, exact)
    moved = before.reshape(height * width, channels_of(pixels))[order].reshape(pixels.shape)
    return soft(moved) if sigma > 0 else moved


BLURS: dict[str, Kind] = {
    "box_blur": Kind(box_blur, {"size": ...}),
    "median_blur": Kind(median_blur, {"size": ...}),
    "gaussian_blur": Kind(gaussian_blur, {"sigma": ..., "size": 0}),
    "motion_blur": Kind(motion_blur, {"size": ..., "angle": ..., "direction": 0.0, "shift": (0.0, 0.0)}),
    "defocus": Kind(defocus, {"radius": ..., "smoothing": ...}),
    "zoom_blur": Kind(zoom_blur, {"most": ..., "step": ...}),
    "advanced_blur": Kind(advanced_blur, {"size": ..., "sigma": ..., "angle": ..., "beta": ..., "noise": (1.0, 1.0), "seed": 0}),
    "glass_blur": Kind(glass_blur, {"sigma": ..., "reach": ..., "rounds": ..., "exact": False, "seed": 0}),
}
