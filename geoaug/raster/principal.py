"""Colours moved along the directions in which those of the picture differ."""

from __future__ import annotations

import cv2
import numpy as np

from geoaug.errors import DataTypeError
from geoaug.raster.values import UINT8, UINT16, channels_of, largest
from geoaug.types import Array


def principal(pixels: Array, strengths: tuple[float, ...]) -> Array:
    """Add to each pixel what its distance from the mean colour is, weighed by the principal components and their variances.

    Args:
        pixels: uint8, uint16 or floats, as many channels as there are strengths.
        strengths: A weight for each component, from the greatest variance to the least.
    """
    count, dtype = channels_of(pixels), pixels.dtype
    if count != len(strengths):
        raise DataTypeError(f"image: principal was drawn for {len(strengths)} channels, got {count} of dtype {dtype}")
    if dtype.kind != "f" and dtype not in (UINT8, UINT16):
        raise DataTypeError(f"image: principal needs uint8, uint16 or floats, got {dtype} with {count} channels; put ToFloat() before FancyPCA")
    if not any(strengths):
        return pixels
    # single precision, and its rounding, where Albumentations has it
    values = np.divide(pixels, np.float32(largest(dtype)), dtype=np.float32, casting="unsafe").reshape(-1, count)
    apart = values - values.mean(axis=0)
    weights = np.asarray(strengths, np.float32)
    added = weights[0] * np.std(apart) * apart if count == 1 else _along(apart, weights)
    added += values
    out = np.clip(added, 0, 1, out=added).astype(np.float32, copy=False).reshape(pixels.shape)
    if dtype.kind == "f":
        return out.astype(dtype, copy=False)
    out *= np.float32(largest(dtype))
    return np.rint(out, out=out).astype(dtype)


def _along(apart: Array, weights: Array) -> Array:
    """Returns: float64 of the same shape."""
    if len(apart) < 2:  # one pixel differs from nothing
        return np.zeros(apart.shape)
    variances, components = np.linalg.eigh(np.cov(apart, rowvar=False))
    matrix = components[:, ::-1] * (weights * variances[::-1])
    if len(weights) > 4:  # more than cv2.transform takes
        return np.asarray(apart.astype(np.float64) @ matrix.T)
    return np.asarray(cv2.transform(apart.astype(np.float64)[:, None], matrix))[:, 0]
