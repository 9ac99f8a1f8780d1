"""Blurs: each pixel becomes a weighted mean of its neighbourhood."""

from __future__ import annotations

import cv2

from geoaug.raster.kind import Kind
from geoaug.raster.values import shaped
from geoaug.types import Array

BORDER = cv2.BORDER_REFLECT_101


def box_blur(pixels: Array, size: int) -> Array:
    """The plain mean of a square.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        size: Side of the square in pixels; 1 leaves the picture.
    """
    if size <= 1:
        return pixels
    return shaped(cv2.blur(pixels, (size, size), borderType=BORDER), pixels)


BLURS: dict[str, Kind] = {"box_blur": Kind(box_blur, {"size": ...})}
