"""Pictures and masks of any kind as people look at them: RGB in eight bits, at the size of a cell, outlines as polygons."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from geoaug.types import Array, Floats, Size

BEHIND = 225  # the grey that shows through what is transparent
FINEST, FINE_SIDE = 8, 512  # a mask is traced enlarged, up to eight times, while its longer side stays below 512 pixels

Limits = tuple[float, float]


def limits(pixels: Array) -> Limits:
    """What is shown as black and as white.

    Args:
        pixels: ``(height, width)`` or ``(height, width, channels)``, any dtype.

    Returns:
        0 and 255 for uint8, or else the values that a hundredth of the picture lies below and above.
    """
    if pixels.dtype == np.uint8:
        return 0.0, 255.0
    values = pixels[..., :3].astype(np.float32) if pixels.ndim == 3 else pixels.astype(np.float32)
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, (1, 99)).tolist() if finite.size else (0.0, 1.0)
    return low, max(high, low + 1e-6)


def shown(pixels: Array, between: Limits) -> NDArray[np.uint8]:
    """Any picture as RGB uint8; what is transparent shows grey.

    Args:
        pixels: ``(height, width)`` or ``(height, width, channels)``; of more than four channels the first three are shown.
        between: Values of black and white, as from `limits`.

    Returns:
        ``(height, width, 3)``.
    """
    picture = pixels[..., None] if pixels.ndim == 2 else pixels
    picture = picture[..., [0, 0, 0]] if picture.shape[2] < 3 else picture
    colour, alpha = picture[..., :3], picture[..., 3:4] if picture.shape[2] == 4 else None
    if colour.dtype != np.uint8:
        low, high = between
        colour = np.nan_to_num(np.clip((colour.astype(np.float32) - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    if alpha is not None:
        share = alpha.astype(np.float32) / (np.iinfo(alpha.dtype).max if alpha.dtype.kind in "ui" else 1.0)
        share = np.clip(np.nan_to_num(share), 0, 1)
        colour = np.rint(colour * share + np.float32(BEHIND) * (1 - share)).astype(np.uint8)
    return np.ascontiguousarray(colour)


def fitted(picture: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """A picture at another size: averaged where it shrinks, smooth where it grows.

    Args:
        picture: ``(height, width, 3)``.
        size: (height, width) wanted.
    """
    if picture.shape[:2] == tuple(size):
        return picture
    shrinks = size[0] * size[1] < picture.shape[0] * picture.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(picture, (size[1], size[0]), interpolation=how), np.uint8)


def outlines(mask: NDArray[np.uint8]) -> list[Floats]:
    """The rims of a mask, those of its holes too.

    Args:
        mask: ``(height, width)`` of 0 and 1.

    Returns:
        Closed outlines ``(N, 2)``, x and y in continuous pixels of the mask, within an eighth of a pixel for small masks and
        within half a pixel for large ones. Drawn together by the even-odd rule they are the mask.
    """
    if not mask.size:
        return []
    # cv2 joins the centres of pixels, half a pixel inside of the rim; in an enlarged mask that half is a fraction
    times = min(max(FINE_SIDE // max(mask.shape), 1), FINEST)
    large = np.ascontiguousarray(np.repeat(np.repeat(mask, times, axis=0), times, axis=1))
    found = cv2.findContours(large, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)[0]
    return [(np.asarray(rim, np.float64).reshape(-1, 2) + 0.5) / times for rim in found]


def simplified(outline: Floats, tolerance: float) -> Floats:
    """An outline with fewer points, nowhere farther from the old one than a distance.

    Args:
        outline: ``(N, 2)``, closed.
        tolerance: In the outline's own units.

    Source: Ramer, Douglas and Peucker's rule.
    """
    if len(outline) <= 4:
        return outline
    origin = outline.mean(axis=0)  # near 0 the single precision that cv2 needs loses nothing
    kept = cv2.approxPolyDP((outline - origin).astype(np.float32), tolerance, True)
    return np.asarray(kept.reshape(-1, 2) + origin, np.float64)


def jpeg(picture: NDArray[np.uint8], quality: int) -> bytes:
    """Returns: A picture ``(height, width, 3)`` in RGB as the bytes of a JPEG file."""
    encoded = cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return encoded.tobytes()
