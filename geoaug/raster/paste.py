"""Small pictures that are laid onto large ones."""

from __future__ import annotations

import numpy as np

from geoaug.errors import DataError
from geoaug.geometry.matrix import scaling
from geoaug.geometry.motion import Motion
from geoaug.params import AREA, NEAREST
from geoaug.raster.values import channels_of
from geoaug.raster.warp import resample
from geoaug.types import Array, Size


def fitted(pixels: Array, size: Size, labels: bool = False) -> Array:
    """Returns: A picture, or label pixels, stretched to (height, width); the very array where it has that size."""
    height, width = pixels.shape[:2]
    if (height, width) == size:
        return pixels
    motion = Motion.of(scaling(size[1] / width, size[0] / height), (height, width), size)
    return resample(pixels, motion, NEAREST if labels else AREA)


def lay(pixels: Array, top: Array, opacity: Array, at: tuple[int, int]) -> None:
    """Lay a picture onto another one, in place.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        top: Shape (h', w') or (h', w', c'), c' = 1 or c, of the same dtype.
        opacity: How much of each pixel of ``top`` shows, 0 to 1, shape (h', w').
        at: The row and column of ``pixels`` where ``top`` begins.

    Raises:
        DataError: The two do not go together.
    """
    if top.dtype != pixels.dtype:
        raise DataError(f"overlay: dtype {top.dtype}, but the picture is {pixels.dtype} by then; give both the same, as image.astype(…) does")
    if channels_of(top) not in (1, channels_of(pixels)):
        raise DataError(
            f"overlay: {channels_of(top)} channels, but the picture has {channels_of(pixels)} by then; give as many, or one more for opacity"
        )
    part = window(pixels, opacity.shape, at)
    over = top[..., None] if top.ndim == 2 else top
    beneath = part[..., None] if part.ndim == 2 else part
    np.copyto(beneath, over, where=(opacity >= 1)[..., None])
    soft = (opacity > 0) & (opacity < 1)
    if soft.any():
        share = opacity[soft][:, None].astype(np.float64)
        mixed = beneath[soft] * (1 - share) + np.broadcast_to(over, beneath.shape)[soft] * share
        beneath[soft] = mixed if pixels.dtype.kind == "f" else np.rint(mixed)


def window(pixels: Array, shape: tuple[int, ...], at: tuple[int, int]) -> Array:
    """Returns: The part of ``pixels`` of a shape (height, width) that begins at (row, column), as a view.

    Raises:
        DataError: It is not all there.
    """
    (height, width), (y, x) = shape[:2], at
    if y < 0 or x < 0 or y + height > pixels.shape[0] or x + width > pixels.shape[1]:
        raise DataError(
            f"overlay: {height} x {width} (height x width) at row {y}, column {x} does not fit into {pixels.shape[0]} x {pixels.shape[1]}; "
            "draw a plan for this picture"
        )
    return pixels[y : y + height, x : x + width]
