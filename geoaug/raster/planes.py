"""Channels apart: one plane after the other, as frameworks want them, or one at a time."""

from __future__ import annotations

import cv2
import numpy as np

from geoaug.raster.scratch import scratch
from geoaug.raster.values import UINT8, channels_of
from geoaug.types import Array

MOST_SPLIT = 4  # channels of uint8 that cv2.split takes apart with vector instructions; for more it is slower than a copy


def to_planes(pixels: Array, owned: bool = False) -> Array:
    """Put channels first.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        owned: Whether the answer may be, or lie in, the memory of ``pixels``.

    Returns: Shape (c, h, w), contiguous; (1, h, w) for a grey picture.
    """
    if pixels.dtype == UINT8 and 1 < channels_of(pixels) <= MOST_SPLIT:
        out = np.empty((pixels.shape[2], *pixels.shape[:2]), np.uint8)
        cv2.split(pixels, list(out))
        return out
    turned = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return turned if owned and turned.flags.c_contiguous else turned.copy(order="C")


def channels(pixels: Array) -> Array:
    """Returns: The channels of a picture (h, w, c), shape (c, h, w); to be read before the next call, which may overwrite them."""
    height, width, count = pixels.shape
    if pixels.dtype == UINT8 and 1 < count <= MOST_SPLIT:
        planes = scratch("channels", (count, height, width))
        cv2.split(pixels, list(planes))
        return planes
    return pixels.transpose(2, 0, 1)
