"""Superpixels: the picture in patches of like colour, some of which are painted over by their mean.

Source: Achanta and others, SLIC superpixels compared to state-of-the-art superpixel methods, PAMI 34 (2012). OpenCV has it among its
contributed modules only, which ``opencv-python-headless`` lacks; so it stands here, in the reading of Albumentations: a patch's colour
is that of the pixel in its middle, and a pixel changes patches only for one that is nearer than any was before.
"""

from __future__ import annotations

import cv2
import numpy as np

from geoaug.raster.kind import Kind
from geoaug.raster.values import UINT8, channels_of, in_fractions
from geoaug.raster.warp import by_blocks
from geoaug.types import Array, Ints

COMPACTNESS = 10.0  # how much a distance of one cell of the grid counts against all of a channel
ROUNDS = 10


def superpixels(pixels: Array, segments: int, share: float, max_size: int, interpolation: int, seed: int) -> Array:
    """Paint some patches over by their mean colour.

    Args:
        pixels: Any number of channels.
        segments: About how many patches there are.
        share: How probable it is for each of them to be painted over.
        max_size: Longer side in pixels to which larger pictures are brought down before, and back afterwards; 0 keeps the size.
        interpolation: OpenCV's flag, for both ways.
        seed: What decides for each patch.
    """
    chosen = np.random.default_rng(seed).random(min(segments, pixels.shape[0] * pixels.shape[1])) < share  # no patch without a pixel
    return painted(pixels, chosen, max_size, interpolation) if chosen.any() and pixels.size else pixels


def painted(pixels: Array, chosen: Array, max_size: int, interpolation: int) -> Array:
    """Paint patches over.

    Args:
        pixels: Any number of channels.
        chosen: As many bools as patches were asked for; the first is for the second patch, the last for the first. There may be more
            patches: then it starts again.
        max_size: As ``superpixels`` takes it.
        interpolation: As ``superpixels`` takes it.
    """
    if pixels.dtype != UINT8:
        return in_fractions(pixels, lambda values: _painted(values, chosen, max_size, interpolation))
    return _painted(pixels, chosen, max_size, interpolation)


def _painted(pixels: Array, chosen: Array, max_size: int, interpolation: int) -> Array:
    height, width = pixels.shape[:2]
    small = pixels
    if 0 < max_size < max(height, width):
        scale = max_size / max(height, width)
        small = _resized(pixels, (max(1, int(height * scale)), max(1, int(width * scale))), interpolation)
    lines = small.reshape(-1, channels_of(small))
    _, patch = np.unique(patches(small, len(chosen)), return_inverse=True)  # patches that kept no pixel are passed over
    patch = patch.reshape(-1)
    count = np.bincount(patch)
    over = chosen[(np.arange(len(count)) - 1) % len(chosen)][patch]
    out = lines.copy()
    for k in range(lines.shape[1]):
        mean = np.bincount(patch, lines[:, k]) / count
        out[over, k] = (np.round(mean) if pixels.dtype == UINT8 else mean)[patch[over]]
    out = out.reshape(small.shape)
    return out if small is pixels else _resized(out, (height, width), interpolation)


def patches(pixels: Array, segments: int) -> Array:
    """Returns: The number of each pixel's patch, row by row from the upper left; int32, shape (h, w)."""
    height, width = pixels.shape[:2]
    step = max(1, int((height * width / segments) ** 0.5))
    colour = pixels.reshape(height, width, -1).astype(np.float64) / float(pixels.max() + 1e-6)
    planes = np.ascontiguousarray(colour.transpose(2, 0, 1))
    down, across = (range(step // 2 if step // 2 < side else side // 2, side, step) for side in (height, width))
    middles: Ints = np.array([(y, x) for y in down for x in across])
    offsets = np.arange(-step, step + 1) ** 2
    away = COMPACTNESS * ((offsets[:, None] + offsets) / step**2)
    label, least = np.full((height, width), -1, np.int32), np.full((height, width), np.inf)
    rows, columns = (grid.reshape(-1) for grid in np.indices((height, width)))
    moved = range(len(middles))
    for _ in range(ROUNDS):
        for k in moved:  # a patch whose middle stays would find nothing that it did not find before
            _claim(planes, int(middles[k, 0]), int(middles[k, 1]), step, away, k, label, least)
        flat = label.reshape(-1)
        count = np.bincount(flat, minlength=len(middles))
        there = count > 0
        now = middles.copy()
        for axis, places in enumerate((rows, columns)):
            now[there, axis] = (np.bincount(flat, places, len(middles))[there] / count[there]).astype(np.intp)
        moved = np.flatnonzero((now != middles).any(axis=1)).tolist()
        middles = now
        if not moved:
            break
    return label


def _claim(planes: Array, y: int, x: int, step: int, away: Array, number: int, label: Array, least: Array) -> None:
    """Give a patch all pixels around its middle that are nearer to it, in place and colour, than to any before."""
    top, left = max(0, y - step), max(0, x - step)
    window = np.s_[top : y + step + 1, left : x + step + 1]
    near = least[window]
    distance = np.zeros(near.shape)
    for plane in planes:
        unlike = plane[window] - plane[y, x]
        unlike *= unlike
        distance += unlike
    distance += away[top - y + step :, left - x + step :][: near.shape[0], : near.shape[1]]
    nearer = distance < near
    np.copyto(near, distance, where=nearer)
    np.copyto(label[window], number, where=nearer)


def _resized(pixels: Array, size: tuple[int, int], interpolation: int) -> Array:
    return by_blocks(pixels, lambda block: cv2.resize(block, size[::-1], interpolation=interpolation), interpolation)


SUPERPIXELS: dict[str, Kind] = {
    "superpixels": Kind(superpixels, {"segments": ..., "share": ..., "max_size": 128, "interpolation": cv2.INTER_LINEAR, "seed": 0}),
}
