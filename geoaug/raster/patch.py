"""The part of a mask that is not zero, and how it moves alone: bit-identical to the whole mask's way, 5 to 40 times cheaper."""

from __future__ import annotations

import math

import cv2
import numpy as np

from geoaug.geometry.matrix import chain, translation
from geoaug.geometry.motion import Motion, Window
from geoaug.geometry.region import visible_outline
from geoaug.params import CONSTANT
from geoaug.raster.warp import resample
from geoaug.types import Array

Corner = tuple[int, int]  # (row, column) of a patch's top left pixel
NOTHING = np.zeros((0, 0), np.uint8)


def patch_of(mask: Array) -> tuple[Array, Corner]:
    """Returns: The smallest part of a mask, shape (h, w), that holds all of its set pixels, and where it lies."""
    if mask.dtype == np.uint8 or mask.dtype == np.bool_:
        x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
    else:
        columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
        if not len(rows):
            return mask[:0, :0], (0, 0)
        x, y = int(columns[0]), int(rows[0])
        width, height = int(columns[-1]) - x + 1, int(rows[-1]) - y + 1
    return mask[y : y + height, x : x + width], (y, x)


def move_patch(part: Array, at: Corner, motion: Motion, interpolation: int) -> tuple[Array, Corner]:
    """Move a part of a mask; whatever lies outside of it is zero.

    Args:
        part: Shape (h, w).
        at: Where it lies in the source.
        motion: Where the source goes.
        interpolation: OpenCV's flag.

    Returns: The moved part and where it lies in the output; of shape (0, 0) where nothing is left.
    """
    if part.size == 0:
        return part[:0, :0], (0, 0)
    own = chain(translation(at[1], at[0]), motion.matrix)
    outline = visible_outline(Window(own, (part.shape[0], part.shape[1])), motion.size)
    if len(outline) == 0:
        return part[:0, :0], (0, 0)
    left, top = (max(math.floor(v), 0) for v in outline.min(axis=0))
    right, bottom = min(math.ceil(outline[:, 0].max()), motion.size[1]), min(math.ceil(outline[:, 1].max()), motion.size[0])
    if right <= left or bottom <= top:
        return part[:0, :0], (0, 0)
    shift = translation(-left, -top)
    size = (bottom - top, right - left)
    windows = tuple(window.moved(shift) for window in motion.windows)
    windows = tuple(window for window in windows if not window.covers(size))
    path = Motion(chain(own, shift), (part.shape[0], part.shape[1]), size, (Window(chain(own, shift), (part.shape[0], part.shape[1])),))
    out = resample(part, path, interpolation, CONSTANT, 0, [(window, 0) for window in windows])
    return out, (top, left)
