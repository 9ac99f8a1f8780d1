"""What cameras and files lose: codecs, few pixels, lenses that bend colours apart."""

from __future__ import annotations

import cv2
import numpy as np

from geoaug.errors import DataError
from geoaug.raster.kind import Kind
from geoaug.raster.neighbours import everywhere
from geoaug.raster.scratch import scratch
from geoaug.raster.unit import in_unit, out_of_unit
from geoaug.raster.values import FLOAT32, UINT8, UINT16, channels_of, check_colour, shaped
from geoaug.types import Array

CODECS = {"jpeg": (".jpg", cv2.IMWRITE_JPEG_QUALITY, 65500), "webp": (".webp", cv2.IMWRITE_WEBP_QUALITY, 16383)}  # longest side in pixels
FLOAT64 = np.dtype(np.float64)


def compressed(pixels: Array, method: str, quality: int) -> Array:
    """Write and read the picture as a file; codecs take 8 bits, so that other dtypes come down to 256 levels.

    Args:
        pixels: Shape (h, w) or (h, w, c); three channels are RGB, two are packed with a third of zeros, further ones go one by one.
        method: One of ``CODECS``.
        quality: From 1 to 100.

    Raises:
        DataError: More pixels along a side than the format holds.
    """
    if pixels.dtype != UINT8:
        levels = out_of_unit(np.array(in_unit(pixels)), UINT8)
        return out_of_unit(in_unit(compressed(levels, method, quality)), pixels.dtype)
    channels = channels_of(pixels)
    if channels == 1:
        return _packed(pixels.reshape(pixels.shape[:2]), method, quality).reshape(pixels.shape)
    if channels == 2:
        return compressed(np.pad(pixels, ((0, 0), (0, 0), (0, 1))), method, quality)[..., :2].copy()
    colours = scratch("codec", (*pixels.shape[:2], 3))
    cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_RGB2BGR, dst=colours)  # what OpenCV writes
    back = _packed(colours, method, quality)
    return back if channels == 3 else np.dstack([back, *[compressed(pixels[..., k], method, quality) for k in range(3, channels)]])


def _packed(pixels: Array, method: str, quality: int) -> Array:
    """Returns: Grey (h, w) as grey, BGR (h, w, 3) as RGB."""
    ending, flag, longest = CODECS[method]
    if max(pixels.shape) > longest:
        height, width = pixels.shape[:2]
        raise DataError(f"image: {method} holds at most {longest} pixels along a side, got {width} x {height}; put a Resize or a crop before it")
    data = cv2.imencode(ending, pixels, (flag, quality))[1]
    if pixels.ndim == 2:
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE))
    back = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.asarray(cv2.cvtColor(back, cv2.COLOR_BGR2RGB, dst=back))


def downscale(pixels: Array, scale: float, down: int, up: int) -> Array:
    """Shrink the picture, and enlarge what is left to its size.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        scale: Of both sides, at most 1, which leaves the picture; at least a pixel is left.
        down: OpenCV's flag for shrinking.
        up: OpenCV's flag for enlarging.
    """
    if scale >= 1:
        return pixels
    height, width = pixels.shape[:2]
    room = min(round(height * scale), round(width * scale)) >= 1

    def coarse(part: Array) -> Array:
        if room:
            small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=down)
        else:
            small = cv2.resize(part, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=down)
        if up != cv2.INTER_NEAREST:
            return np.asarray(cv2.resize(small, (width, height), interpolation=up))
        # whole rows are copied: a third of the time, and OpenCV itself says which
        rows = cv2.resize(np.arange(small.shape[0], dtype=np.float32)[:, None], (1, height), interpolation=up)
        return np.asarray(cv2.resize(small, (width, small.shape[0]), interpolation=up)).take(rows.ravel().astype(np.intp), axis=0)

    return everywhere(pixels, coarse)


def aberration(pixels: Array, red: tuple[float, float], blue: tuple[float, float], interpolation: int) -> Array:
    """Bend red and blue apart from green, as a simple lens does.

    Args:
        pixels: RGB, shape (h, w, 3).
        red: Radial distortion of red, of second and fourth order.
        blue: The same of blue.
        interpolation: OpenCV's flag.

    Raises:
        DataTypeError: Other than three channels.
    """
    check_colour(pixels, "ChromaticAberration", (3,))
    if not any((*red, *blue)):
        return pixels
    height, width = pixels.shape[:2]
    camera = np.array([[width, 0, width / 2], [0, height, height / 2], [0, 0, 1]], np.float32)

    def bent(part: Array) -> Array:
        out = part.copy()
        for channel, (second, fourth) in ((0, red), (2, blue)):
            if second or fourth:
                lens = np.array([second, fourth, 0, 0], np.float32)
                maps = cv2.initUndistortRectifyMap(camera, lens, None, camera, (width, height), cv2.CV_32FC1)
                plane = cv2.remap(cv2.extractChannel(part, channel), *maps, interpolation=interpolation, borderMode=cv2.BORDER_REPLICATE)
                cv2.insertChannel(plane, out, channel)
        return out

    return shaped(everywhere(pixels, bent, (UINT8, UINT16, FLOAT32, FLOAT64)), pixels)


LOSSES: dict[str, Kind] = {
    "compressed": Kind(compressed, {"method": "jpeg", "quality": ...}),
    "downscale": Kind(downscale, {"scale": ..., "down": cv2.INTER_NEAREST, "up": cv2.INTER_NEAREST}),
    "aberration": Kind(aberration, {"red": ..., "blue": ..., "interpolation": cv2.INTER_LINEAR}),
}
