"""Sharper edges: a pixel is pushed away from its neighbourhood."""

from __future__ import annotations

import cv2
import numpy as np

from geoaug.raster.kind import Kind
from geoaug.raster.neighbours import convolved, everywhere
from geoaug.raster.unit import in_unit, out_of_unit
from geoaug.types import Array

NOTHING = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], np.float32)


def _blended(share: float, effect: list[list[float]]) -> Array:
    """Returns: A kernel that leaves the picture, and to a share has the effect."""
    return np.asarray((1 - share) * NOTHING + share * np.array(effect, np.float32))


def sharpen(pixels: Array, share: float, lightness: float) -> Array:
    """Subtract the eight neighbours.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        share: How much of the sharpened picture is mixed in, from 0 to 1.
        lightness: Weight of the pixel itself beyond the eight that keep the mean; at 1 the picture stays as bright.
    """
    return convolved(pixels, _blended(share, [[-1, -1, -1], [-1, 8 + lightness, -1], [-1, -1, -1]])) if share else pixels


def sharpen_gaussian(pixels: Array, share: float, size: int, sigma: float) -> Array:
    """Add the difference from a Gaussian blur.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        share: Of the difference that is added.
        size: Side of the square that is blurred, in pixels, odd.
        sigma: Spread of the blur, in pixels.
    """
    if share == 0:
        return pixels

    def sharper(part: Array) -> Array:
        soft = cv2.GaussianBlur(part, (size | 1, size | 1), sigmaX=sigma, sigmaY=sigma)
        return np.asarray(cv2.addWeighted(part, 1 + share, soft, -share, 0))

    return everywhere(pixels, sharper)


def unsharp_mask(pixels: Array, share: float, size: int, sigma: float, threshold: float) -> Array:
    """Add the difference from a Gaussian blur where it is large enough.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        share: Of the difference that is added.
        size: Side of the square that is blurred, in pixels, odd.
        sigma: Spread of the blur, in pixels; 0 takes what suits the size.
        threshold: Levels of 255 that the difference must exceed.
    """
    if share == 0:
        return pixels

    def sharper(part: Array) -> Array:
        square = size | 1, size | 1
        residual = np.asarray(cv2.GaussianBlur(part, square, sigmaX=sigma))
        cv2.subtract(part, residual, dst=residual)
        where = np.abs(residual)
        where *= 255
        cv2.threshold(where, threshold, 1, cv2.THRESH_BINARY, dst=where)
        residual *= part.dtype.type(share)
        residual += part
        np.clip(residual, 0, 1, out=residual)  # sharp
        where = np.asarray(cv2.GaussianBlur(where, square, sigmaX=sigma))
        cv2.multiply(residual, where, dst=residual)
        np.subtract(1, where, out=where)
        cv2.multiply(part, where, dst=where)
        return np.asarray(cv2.add(residual, where, dst=residual))

    return out_of_unit(everywhere(in_unit(pixels), sharper), pixels.dtype)


def emboss(pixels: Array, share: float, strength: float) -> Array:
    """Light from the upper left, as on a relief.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        share: How much of the relief is mixed in, from 0 to 1.
        strength: Height of the relief.
    """
    far, near = 1 + strength, strength
    return convolved(pixels, _blended(share, [[-far, -near, 0], [-near, 1, near], [0, near, far]])) if share else pixels


def bessel(x: Array) -> Array:
    """Returns: The Bessel function J1 of numbers from 0 on, shape (n, m).

    Source: its integral over half a period (NIST DLMF 10.9.2), by the midpoint rule, which is exact to rounding for a periodic integrand.
    """
    count = int(x.max(initial=0)) + 40
    angle = (np.arange(count) + 0.5) * (np.pi / count)
    return np.asarray(np.cos(angle - x[..., None] * np.sin(angle)).mean(axis=-1))


def ringing_kernel(size: int, cutoff: float) -> Array:
    """Returns: What an ideal low-pass filter makes of a point, shape (size, size), of sum 1."""
    away = np.arange(size) - (size - 1) / 2
    radius = np.hypot(away[:, None], away)
    middle = (size - 1) // 2
    radius[middle, middle] = 1  # its limit follows
    kernel = cutoff * bessel(cutoff * radius) / (2 * np.pi * radius)
    kernel[middle, middle] = cutoff**2 / (4 * np.pi)
    return np.asarray(kernel.astype(np.float32) / np.sum(kernel))


def ringing(pixels: Array, size: int, cutoff: float) -> Array:
    """Echoes beside edges, as a sharp low-pass filter leaves them.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        size: Side of the square that is weighed, in pixels, odd.
        cutoff: Highest frequency that is kept, in radians a pixel; 0 takes the mean of the square.
    """
    return convolved(pixels, ringing_kernel(size | 1, max(cutoff, 1e-3)))


SHARPENERS: dict[str, Kind] = {
    "sharpen": Kind(sharpen, {"share": ..., "lightness": 1.0}),
    "sharpen_gaussian": Kind(sharpen_gaussian, {"share": ..., "size": 5, "sigma": 1.0}),
    "unsharp_mask": Kind(unsharp_mask, {"share": ..., "size": ..., "sigma": 0.0, "threshold": 10}),
    "emboss": Kind(emboss, {"share": ..., "strength": ...}),
    "ringing": Kind(ringing, {"size": ..., "cutoff": ...}),
}
