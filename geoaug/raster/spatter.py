"""Splashes of rain or mud on the lens."""

from __future__ import annotations

import cv2
import numpy as np

from geoaug.raster.kind import Kind
from geoaug.raster.unit import in_unit, out_of_unit
from geoaug.raster.values import UINT8, check_colour, in_fractions
from geoaug.types import Array, Size

RGB = (3,)
EDGES = (50, 150)  # of Canny's: where drops end
RIM = 20  # pixels from an edge on, a drop is all alike
RELIEF = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], np.float32)  # light from above the left
CLEARNESS = 0.9  # how much of the intensity drops have
LEAST_MUD = 0.1  # of all pixels, where none is wet


def spatter(
    pixels: Array,
    mean: float,
    std: float,
    sigma: float,
    threshold: float,
    intensity: float,
    colour: tuple[int, int, int],
    method: str,
    seed: int,
) -> Array:
    """Splashes of a liquid: soft noise, where it is above a threshold.

    Args:
        pixels: 3 channels.
        mean: Of the noise.
        std: Standard deviation of the noise before it is blurred.
        sigma: Spread of the blur in pixels; 0 leaves the noise.
        threshold: Where there is more noise than this, it is wet.
        intensity: How much of the liquid is seen, from 0 to 1.
        colour: Red, green, blue from 0 to 255.
        method: ``rain`` adds drops that shine, ``mud`` covers.
        seed: What the noise is drawn from.
    """
    check_colour(pixels, "spatter", RGB)
    if intensity == 0:
        return pixels
    rng = np.random.default_rng(seed)
    liquid = liquid_of((pixels.shape[0], pixels.shape[1]), mean, std, sigma, threshold, rng)
    if method == "rain":
        return splashed(pixels, drops_of(liquid), colour, intensity)
    return muddied(pixels, mud_of(liquid, threshold, sigma, rng), colour, intensity)


def liquid_of(size: Size, mean: float, std: float, sigma: float, threshold: float, rng: np.random.Generator) -> Array:
    """Returns: Blurred noise, and 0 where it is below the threshold; float32, shape (h, w)."""
    liquid = rng.standard_normal(size, np.float32)
    liquid *= np.float32(std)
    liquid += np.float32(mean)
    side = int(2 * round(3 * sigma) + 1)
    if side > 1:
        cv2.GaussianBlur(liquid, (side, side), sigma, dst=liquid, borderType=cv2.BORDER_REPLICATE)
    liquid[liquid < threshold] = 0
    return liquid


def drops_of(liquid: Array) -> Array:
    """Returns: How much each pixel shines, from 0 to 1, brightest where drops are deep and face the light; float32, shape (h, w)."""
    levels = np.clip(liquid * 255, 0, 255).astype(np.uint8)
    deep = cv2.distanceTransform(cv2.bitwise_not(cv2.Canny(levels, *EDGES)), cv2.DIST_L2, 5)
    deep = cv2.GaussianBlur(np.minimum(deep, RIM), (3, 3), 1, borderType=cv2.BORDER_REPLICATE)
    # Albumentations reads pixels as fractions of white here, so that all but the rims of drops are white; filters take fractions
    even = in_unit(np.asarray(cv2.equalizeHist(cv2.convertScaleAbs(deep, alpha=255))))
    lit = np.clip(cv2.filter2D(even, -1, RELIEF), 0, 1)
    shine = levels * cv2.GaussianBlur(lit, (5, 5), 1.5, borderType=cv2.BORDER_REPLICATE)
    most = shine.max()
    return np.asarray(shine * (1 / most) if most > 0 else shine)


def splashed(pixels: Array, drops: Array, colour: tuple[int, int, int], intensity: float) -> Array:
    """Add drops of a colour, by how much they shine."""
    planes = [(drops * np.float64(level / 255) * (intensity * CLEARNESS)).astype(np.float32) for level in colour]
    added = cv2.merge(planes)
    if pixels.dtype == UINT8:
        return out_of_unit(np.asarray(cv2.add(in_unit(pixels), added, dst=added)), pixels.dtype)
    return in_fractions(pixels, lambda values: np.asarray(cv2.add(values, added)))


def mud_of(liquid: Array, threshold: float, sigma: float, rng: np.random.Generator) -> Array:
    """Returns: How much mud lies on each pixel, from 0 to 1; float32, shape (h, w). Where nothing is wet, a tenth of all pixels is strewn."""
    mud = (liquid > threshold).astype(np.float32)
    if not mud.any():
        mud.flat[rng.choice(mud.size, max(1, int(LEAST_MUD * mud.size)), replace=False)] = 1
    if sigma > 0:
        mud = np.asarray(cv2.GaussianBlur(mud, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))
    return np.asarray(mud / mud.max())


def muddied(pixels: Array, mud: Array, colour: tuple[int, int, int], intensity: float) -> Array:
    """Mix a colour in, by how much mud lies there."""
    mud = mud * np.float32(intensity)
    over, left = [], []
    for level in colour:
        share = np.float64(level / 255)
        over.append((mud * share).astype(np.float32))
        # the share that is left is told from the product, which was rounded, as Albumentations tells it: hence the same bytes
        left.append(np.clip((share - over[-1]) / share, 0, 1).astype(np.float32) if level else 1 - mud)
    covering, seen = cv2.merge(over), cv2.merge(left)
    if pixels.dtype == UINT8:
        return out_of_unit(np.asarray(cv2.add(cv2.multiply(in_unit(pixels), seen, dst=seen), covering, dst=covering)), pixels.dtype)
    return in_fractions(pixels, lambda values: np.asarray(cv2.add(cv2.multiply(values, seen), covering)))


SPATTERS: dict[str, Kind] = {
    "spatter": Kind(
        spatter,
        {"mean": 0.65, "std": 0.3, "sigma": 2, "threshold": 0.68, "intensity": 0.6, "colour": (238, 238, 175), "method": "rain", "seed": 0},
    ),
}
