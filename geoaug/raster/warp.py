"""Moving pixels: the cheapest OpenCV call that does what a motion says, exact where pixels land on pixels.

All of OpenCV's traps live here: two warp kernels in one function, hangs on reflecting borders, wrong types,
half a pixel between its index coordinates and our continuous ones.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from geoaug.errors import DataError, ParameterError
from geoaug.geometry.matrix import affine, chain, exact, inverse, move_one, scaling, stretch, translation, upright
from geoaug.geometry.motion import Motion, Window
from geoaug.geometry.region import Region, visible_outline
from geoaug.params import AREA, CONSTANT, LANCZOS, LINEAR, LINEAR_EXACT, NEAREST, NEAREST_EXACT, REFLECT, REFLECT_101, REPLICATE
from geoaug.raster.scratch import scratch
from geoaug.types import Array, Fill, Floats, Matrix, Size

MODERN = int(cv2.__version__.split(".")[0]) >= 5  # OpenCV 5 warps uint8, uint16, float32 with 1, 3, 4 channels exactly
MOST_PIXELS = 2**30  # of one picture that comes out; more is a mistake in the pipeline, not a picture
FARTHEST = 32  # picture sizes that a reflecting border may be followed outwards; OpenCV walks there step by step
LONGEST = 32766  # pixels of a side, where OpenCV counts in 16 bits
OVERSAMPLED = 0.76  # a chain that shrinks further than this is warped FINE times as fine, and averaged
FINE = 2
HALF = (0.45, 0.55)  # around a half, twice as fine is what a turn and then a linear resize compute anyway: there, FINER
FINER = 3
FEW = 30_000  # values under which converting costs more than it saves
MANY = 12_000_000  # pixels in and out over which four channels would keep more than 50 MB
DIRECT = {np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32)}
NEARESTS = (NEAREST, NEAREST_EXACT)

Paint = tuple[Window, Fill]
Rectangle = tuple[int, int, int, int]  # x_min, y_min, x_max, y_max in whole pixels


def resample(
    pixels: Array,
    motion: Motion,
    interpolation: int,
    border: int = CONSTANT,
    fill: Fill = 0,
    paints: Sequence[Paint] = (),
    soften: bool = False,
    fine: int = 0,
) -> Array:
    """Move a picture.

    Args:
        pixels: Shape (h, w) or (h, w, c), any numeric dtype; not modified.
        motion: Where it goes.
        interpolation: One of OpenCV's flags.
        border: OpenCV's border mode for what lies outside of the source.
        fill: The constant border's value, for every channel or one a channel.
        paints: Canvases passed on the way, each with the value that stands outside of it.
        soften: Whether a chain that shrinks may average pixels first (an op alone keeps its own look).
        fine: How many times as fine it is computed then; 0 for what is best for most pictures.

    Returns: A new array of shape (h', w') or (h', w', c) and the same dtype, which shares no memory with ``pixels``.

    Raises:
        DataError: The picture cannot be moved so.
        ParameterError: The output would be too large.
    """
    if motion.size[0] * motion.size[1] > MOST_PIXELS:
        raise ParameterError(f"output of {motion.size[1]} x {motion.size[0]} pixels exceeds max_pixels {MOST_PIXELS}")
    if pixels.dtype == np.bool_:
        interpolation = NEAREST  # there is nothing between yes and no
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    value = fill_value(fill, channels, pixels.dtype)
    if exact(motion.matrix):
        out = move_exactly(pixels, motion, border, fill)
    else:
        part = None
        if upright(motion.matrix):
            if border == CONSTANT and motion.edge is None:
                border = REPLICATE  # nothing beyond the source shows, so nothing of it may darken the rim, as in cv2.resize
            # the one border that may show is the source's own, or that of a canvas passed on the way
            beside = fill_value(paints[0][1], channels, pixels.dtype) if paints else value
            part = _resize_part(pixels, motion, interpolation, CONSTANT if paints or motion.edge is None else border, beside)
        if part is not None:
            return part.copy() if np.may_share_memory(part, pixels) else part
        out = _interpolate(pixels, motion, interpolation, border, value, soften, fine)
        hide_behind(out, motion, value)
    for window, colour in paints:
        paint_outside(out, window, fill_value(colour, channels, pixels.dtype))
    return out


@functools.lru_cache(maxsize=256)
def fill_value(fill: Fill, channels: int, dtype: np.dtype[Any]) -> tuple[float, ...]:
    """Returns: The fill, one number a channel, fitted to the dtype as OpenCV fits it (rounded, saturated)."""
    values = fill if isinstance(fill, tuple) else (fill,) * channels
    if len(values) != channels:
        if len(values) == 1:
            values = values * channels
        elif len(set(values)) == 1 or channels == 1:
            values = (values[0],) * channels
        else:
            raise DataError(f"fill={fill!r}: {len(values)} values for a picture of {channels} channels; give one number or {channels}")
    if dtype == np.bool_:
        return tuple(float(bool(v)) for v in values)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return tuple(min(max(round(v), info.min), info.max) for v in values)
    return tuple(float(v) for v in values)


# --- exact: views, flips, transposes, borders ------------------------------------------------------------------------


def move_exactly(pixels: Array, motion: Motion, border: int = CONSTANT, fill: Fill = 0) -> Array:
    """Pixels land on pixels: take a part, turn it, put a border around it. Any dtype, any number of channels.

    Returns: A new array, which shares no memory with ``pixels``.
    """
    a, b, c, d, e, f = motion.matrix[:6]
    height, width = motion.size
    # a signed permutation is undone by itself: where the output's corners lie in the source
    u0, u1, v0, v1 = (-d * f, d * (height - f), -b * c, b * (width - c)) if b else (-a * c, a * (width - c), -e * f, e * (height - f))
    left, right = (int(u0), int(u1)) if u0 < u1 else (int(u1), int(u0))
    top, bottom = (int(v0), int(v1)) if v0 < v1 else (int(v1), int(v0))
    rows, columns = pixels.shape[:2]
    part = pixels
    if left != 0 or top != 0 or right != columns or bottom != rows:
        over = (max(-top, 0), max(bottom - rows, 0), max(-left, 0), max(right - columns, 0))
        part = pixels[max(top, 0) : max(min(bottom, rows), 0), max(left, 0) : max(min(right, columns), 0)]
        if any(over):
            if border == CONSTANT:
                value = fill_value(fill, 1 if pixels.ndim == 2 else pixels.shape[2], pixels.dtype)
                part = _bordered_constant(part, over, (bottom - top, right - left), value)
            else:
                part = _bordered(pixels, (top, bottom, left, right), border)
    out = _turned(part, motion.matrix)
    # one fresh array in every case: a caller may write into what comes out without touching what went in
    return out if out.flags.c_contiguous and not np.may_share_memory(out, pixels) else np.array(out, order="C")


def _turned(part: Array, matrix: Matrix) -> Array:
    a, b, _, d, e = matrix[:5]
    plain = part.dtype in DIRECT and (part.ndim == 2 or part.shape[2] in (1, 3, 4)) and part.size > 0
    if b or d:
        part = _kept_shape(cv2.transpose(part), part) if plain else part.swapaxes(0, 1)
        a, e = b, d
    flips = (a < 0, e < 0)
    if not any(flips):
        return part
    if plain:
        return _kept_shape(cv2.flip(part, -1 if all(flips) else 1 if flips[0] else 0), part)
    return part[:: -1 if flips[1] else 1, :: -1 if flips[0] else 1]


def _kept_shape(out: Array, like: Array) -> Array:
    return out[:, :, None] if like.ndim == 3 and out.ndim == 2 else out


def _bordered_constant(part: Array, over: tuple[int, int, int, int], size: Size, value: tuple[float, ...]) -> Array:
    top, bottom, left, right = over
    if part.size and part.dtype in DIRECT and (part.ndim == 2 or part.shape[2] in (1, 3, 4)):
        out = cv2.copyMakeBorder(part, top, bottom, left, right, cv2.BORDER_CONSTANT, value=value[:4])
        return _kept_shape(out, part)
    out = np.empty((*size, *part.shape[2:]), part.dtype)
    out[...] = colour_of(value, part)
    if part.size:
        out[top : top + part.shape[0], left : left + part.shape[1]] = part
    return out


def colour_of(value: tuple[float, ...], like: Array) -> Array:
    exact_ints = like.dtype.kind in "iu"  # a float64 cannot hold every int64
    numbers = [int(v) for v in value] if exact_ints else value
    return np.array(numbers if like.ndim == 3 else numbers[0], dtype=like.dtype)


def _bordered(pixels: Array, box: tuple[int, int, int, int], border: int) -> Array:
    """Any border but the constant one, by looking up rows and columns: exact for every dtype and no hang on 1 px."""
    top, bottom, left, right = box
    rows = _outside(np.arange(top, bottom), pixels.shape[0], border)
    columns = _outside(np.arange(left, right), pixels.shape[1], border)
    return pixels[rows][:, columns]


def _outside(index: np.ndarray, length: int, border: int) -> np.ndarray:
    """Returns: Where a border mode looks for pixels beyond the edge, as OpenCV's borderInterpolate does."""
    if border == REPLICATE or length == 1:
        return np.clip(index, 0, length - 1)
    if border == REFLECT:
        index = np.mod(index, 2 * length)
        return np.minimum(index, 2 * length - 1 - index)
    if border == REFLECT_101:
        index = np.mod(index, 2 * length - 2)
        return np.minimum(index, 2 * length - 2 - index)
    return np.mod(index, length)


# --- resize: upright maps whose visible part is whole pixels on both sides -------------------------------------------


def _resize_part(pixels: Array, motion: Motion, interpolation: int, border: int, value: tuple[float, ...]) -> Array | None:
    """One cv2.resize of a part of the source, flipped or turned, with a border where the output shows one.

    Returns: None where the motion is not of this kind.
    """
    ends = _ends(motion, border)
    if ends is None:
        return None
    (left, top, right, bottom), (x0, y0, x1, y1) = ends
    turned = motion.matrix[0] == 0.0 and motion.matrix[1] != 0.0
    size = (x1 - x0, y1 - y0) if turned else (y1 - y0, x1 - x0)
    part = pixels[top:bottom, left:right]
    framed = (x0, y0, x1, y1) != (0, 0, motion.size[1], motion.size[0])
    plain = part.dtype in DIRECT and (part.ndim == 2 or part.shape[2] in (3, 4))
    if framed and plain and len(set(value)) == 1 and part.shape[:2] != size and motion.matrix[0] > 0 and motion.matrix[4] > 0:
        out = np.empty((*motion.size, *part.shape[2:]), part.dtype)  # a letterbox: straight into its frame
        out[:y0], out[y1:], out[y0:y1, :x0], out[y0:y1, x1:] = value[:1] * 4
        cv2.resize(part, size[::-1], out[y0:y1, x0:x1], interpolation=_resize_flag(interpolation))
        return out
    if part.shape[:2] != size:
        part = by_blocks(part, lambda block: cv2.resize(block, size[::-1], interpolation=_resize_flag(interpolation)), interpolation)
    out = _turned(part, motion.matrix)
    if framed:
        return _bordered_constant(out, (y0, motion.size[0] - y1, x0, motion.size[1] - x1), motion.size, value)
    return out if out.flags.c_contiguous else np.ascontiguousarray(out)


def shows_whole_pixels(motion: Motion, border: int) -> bool:
    """Returns: Whether ``resample`` takes one cv2.resize for a motion."""
    return upright(motion.matrix) and _ends(motion, CONSTANT if len(motion.windows) > 1 or motion.edge is None else border) is not None


def _ends(motion: Motion, border: int) -> tuple[Rectangle, Rectangle] | None:
    """Returns: The whole pixels of the source that an upright map shows, and those of the output that show them; None where they are not whole."""
    rect = Region.of(motion).upright
    whole = None if rect is None else _whole(rect)  # a canvas passed on the way may lean although the whole map does not
    if whole is None or (motion.windows and (len(motion.windows) > 1 or border != CONSTANT)):
        return None
    x0, y0, x1, y1 = whole
    back = inverse(motion.matrix)
    (u0, v0, _), (u1, v1, _) = move_one(back, x0, y0), move_one(back, x1, y1)
    source = _whole((min(u0, u1), min(v0, v1), max(u0, u1), max(v0, v1)))
    if source is None or x0 == x1 or y0 == y1:
        return None
    left, top, right, bottom = source
    if left == right or top == bottom or left < 0 or top < 0 or right > motion.source[1] or bottom > motion.source[0]:
        return None
    return source, whole


@functools.lru_cache(maxsize=16)  # the same for all instances of a picture
def resized_lines(motion: Motion) -> tuple[tuple[int, int], Array, Array] | None:
    """Where a nearest resize reads, line by line, so that a part of a mask finds the pixels that the whole mask would.

    Returns: The row and column of the output where the source begins to show; of each line from there on the line of the source,
        and of each column the column (the other way round where the map turns); None where the map is no resize.
    """
    ends = None if exact(motion.matrix) or not upright(motion.matrix) else _ends(motion, CONSTANT)
    if ends is None:
        return None
    (left, top, right, bottom), (x0, y0, x1, y1) = ends
    a, b, _, d, e = motion.matrix[:5]
    rows, columns = np.arange(top, bottom, dtype=np.float32), np.arange(left, right, dtype=np.float32)
    if b or d:
        rows, columns, a, e = columns, rows, b, d
    rows, columns = (
        cv2.resize(line[None], (count, 1), interpolation=NEAREST_EXACT)[0].astype(np.intp)[:: -1 if scale < 0 else 1]
        for line, count, scale in ((rows, y1 - y0, e), (columns, x1 - x0, a))
    )
    return (y0, x0), rows, columns


def _resize_flag(interpolation: int) -> int:
    # INTER_NEAREST floors: labels move by up to half a pixel against the picture (IoU .951 against .986)
    return NEAREST_EXACT if interpolation == NEAREST else interpolation


def _whole(rect: tuple[float, float, float, float]) -> tuple[int, int, int, int] | None:
    x0, y0, x1, y1 = (round(v) for v in rect)
    off = max(abs(x0 - rect[0]), abs(y0 - rect[1]), abs(x1 - rect[2]), abs(y1 - rect[3]))
    return (x0, y0, x1, y1) if off < 1e-6 else None


# --- interpolation: one warp -----------------------------------------------------------------------------------------


def _interpolate(pixels: Array, motion: Motion, interpolation: int, border: int, value: tuple[float, ...], soften: bool, fine: int = 0) -> Array:
    matrix = motion.matrix
    if soften and interpolation not in NEARESTS:
        sigma = stretch(matrix, motion.source)
        fine = fine or (FINER if HALF[0] < sigma < HALF[1] else FINE)
        if sigma < OVERSAMPLED and max(motion.size) * fine <= LONGEST:
            return _averaged(pixels, motion, interpolation, border, value, fine)
        pixels, matrix = _shrunk(pixels, matrix, sigma)
    _check_length(max(*pixels.shape[:2], *motion.size), interpolation)
    if border != CONSTANT:
        border = _safe_border(pixels, motion, matrix, border)
    flag = {NEAREST_EXACT: NEAREST, LINEAR_EXACT: LINEAR, AREA: LINEAR}.get(interpolation, interpolation)
    centred = chain(translation(0.5, 0.5), matrix, translation(-0.5, -0.5))
    size = motion.size[::-1]
    if affine(centred):
        rows: Floats = np.array(centred[:6]).reshape(2, 3)
        call: Callable[..., Any] = cv2.warpAffine
    else:
        rows = np.array(centred).reshape(3, 3)
        call = cv2.warpPerspective

    def one(block: Array, fill: tuple[float, ...]) -> Array:
        room = block.shape[0] * block.shape[1] + motion.size[0] * motion.size[1] if block.size > FEW else MANY
        if block.ndim == 3 and block.shape[2] == 3 and MODERN and flag == LINEAR and block.dtype == np.uint8 and room < MANY:
            # three channels as four: on OpenCV 5 bit-identical and 1.7 times as fast (539 µs against 911 at 640 x 480)
            wide = cv2.cvtColor(block, cv2.COLOR_RGB2RGBA, dst=scratch("rgba", (*block.shape[:2], 4)))
            out = scratch("rgba moved", (*motion.size, 4))
            return cv2.cvtColor(call(wide, rows, size, out, flag, border, (*fill, 0.0)), cv2.COLOR_RGBA2RGB)
        return call(block, rows, size, None, flag, border, fill)

    return by_blocks(pixels, one, interpolation, value)


def warp_nearest(part: Array, matrix: Matrix, size: Size, paints: Sequence[Paint]) -> Array:
    """Move a part of a mask, shape (h, w), each pixel to the nearest, zero around it. Returns: A new array of ``size``."""
    path = Motion(matrix, (part.shape[0], part.shape[1]), size)
    if exact(matrix):
        out = move_exactly(part, path)
    elif part.dtype == np.uint8 and affine(matrix) and max(part.shape) <= LONGEST:
        a, b, c, d, e, f = matrix[:6]  # centred as in _interpolate, without its detours: there may be hundreds of parts
        rows: Any = np.array(((a, b, c + (a + b - 1) / 2), (d, e, f + (d + e - 1) / 2)))
        out = cv2.warpAffine(part, rows, size[::-1], None, NEAREST, CONSTANT, 0)
    else:
        out = _interpolate(part, path, NEAREST, CONSTANT, (0.0,), False)
        hide_behind(out, path, (0.0,))
    for window, _ in paints:
        paint_outside(out, window, (0.0,))
    return out


def _check_length(longest: int, interpolation: int) -> None:
    """OpenCV 4's warps, and Lanczos in OpenCV 5, count pixels in 16 bits."""
    if longest > LONGEST and (not MODERN or interpolation == LANCZOS):
        raise DataError(
            f"image: {longest} px exceeds {LONGEST}, the longest side that OpenCV {cv2.__version__} warps so; crop or resize it first, "
            "or use OpenCV 5 with linear interpolation"
        )


def _averaged(pixels: Array, motion: Motion, interpolation: int, border: int, value: tuple[float, ...], fine: int) -> Array:
    """Warp onto a canvas two or three times as fine and average: what a chain that shrinks should show, 2 to 19 dB nearer than one by one.

    (docs/why/antialiasing.md; the finer canvas is no larger than the source where the picture shrinks to a half.)
    """
    size = (motion.size[0] * fine, motion.size[1] * fine)
    finer = Motion(chain(motion.matrix, scaling(fine, fine)), motion.source, size, motion.windows)
    pixels, matrix = _shrunk(pixels, finer.matrix, stretch(finer.matrix, motion.source))
    large = _interpolate(pixels, Motion(matrix, (pixels.shape[0], pixels.shape[1]), size), interpolation, border, value, False)
    return by_blocks(large, lambda block: cv2.resize(block, motion.size[::-1], interpolation=cv2.INTER_AREA), LINEAR)


def _shrunk(pixels: Array, matrix: Matrix, sigma: float) -> tuple[Array, Matrix]:
    """Average k x k pixels before a warp that shrinks: one bilinear warp would alias. k = round(0.6 / σ_min)."""
    k = round(0.6 / sigma) if sigma > 0 else 1
    height, width = pixels.shape[:2]
    k = min(k, height, width)
    if k < 2:
        return pixels, matrix
    small = (max(round(height / k), 1), max(round(width / k), 1))
    shrunk = by_blocks(pixels, lambda block: cv2.resize(block, small[::-1], interpolation=cv2.INTER_AREA), LINEAR)
    return shrunk, chain(scaling(width / small[1], height / small[0]), matrix)


def _safe_border(pixels: Array, motion: Motion, matrix: Matrix, border: int) -> int:
    height, width = pixels.shape[:2]
    if min(height, width) == 1 and border in (REFLECT, REFLECT_101):
        return REPLICATE  # the same pixels; OpenCV 5 hangs on reflections of a single row
    back = inverse(matrix)
    for x, y in ((0, 0), (motion.size[1], 0), (motion.size[1], motion.size[0]), (0, motion.size[0])):
        u, v, w = move_one(back, x, y)
        if not (w > 0 and abs(u) <= FARTHEST * max(width, 64) and abs(v) <= FARTHEST * max(height, 64)):
            raise ParameterError(
                f"matrix {matrix} looks {max(abs(u) / width, abs(v) / height):.3g} picture sizes beyond the edge, and a "
                f"reflecting border is followed for {FARTHEST}; use a constant border or a smaller change"
            )
    return border


def by_blocks(pixels: Array, call: Callable[..., Any], interpolation: int, value: tuple[float, ...] | None = None) -> Array:
    """Hand a picture to OpenCV in the dtypes and channel counts for which its exact kernel is used.

    Nearest copies values, so any dtype travels as lanes of uint8 or uint16, bit for bit. Other interpolations of other
    dtypes go through float32, twice where 24 bits are not enough.
    """
    if pixels.dtype in DIRECT:
        return _channels(pixels, call, value)
    if interpolation in NEARESTS:
        return _as_lanes(pixels, call, value)
    return _as_floats(pixels, call, value)


def _channels(pixels: Array, call: Callable[..., Array], value: tuple[float, ...] | None) -> Array:
    count = 1 if pixels.ndim == 2 else pixels.shape[2]
    if count in (1, 3, 4):
        out = call(pixels) if value is None else call(pixels, value)
        return _kept_shape(out, pixels)
    outs, start = [], 0
    for width in _blocks(count):
        block = np.ascontiguousarray(pixels[:, :, start : start + width])
        out = call(block) if value is None else call(block, value[start : start + width])
        outs.append(out if out.ndim == 3 else out[:, :, None])
        start += width
    return np.concatenate(outs, axis=2)


def _blocks(count: int) -> list[int]:
    """Returns: A number of channels as a sum of 4, 3 and 1."""
    fours, rest = divmod(count, 4)
    if rest == 2:
        return [4] * (fours - 1) + [3, 3] if fours else [1, 1]
    return [4] * fours + ([rest] if rest else [])


def _as_lanes(pixels: Array, call: Callable[..., Array], value: tuple[float, ...] | None) -> Array:
    """Nearest on any dtype: its bytes, as lanes of one or two bytes, bit for bit."""
    dtype = pixels.dtype
    lane = np.dtype(np.uint8 if dtype.itemsize == 1 else np.uint16)
    lanes = dtype.itemsize // lane.itemsize
    height, width = pixels.shape[:2]
    flat = np.ascontiguousarray(pixels).reshape(height, width, -1)
    count = flat.shape[2]
    numbers = None
    if value is not None:
        numbers = tuple(float(v) for v in np.array(value).astype(dtype).view(lane)) if dtype.kind == "f" else _lanes_of(value, dtype, lane)
    out = _channels(flat.view(lane).reshape(height, width, count * lanes), call, numbers)
    out = np.ascontiguousarray(out).view(dtype)
    return out.reshape(*out.shape[:2], *pixels.shape[2:])


def _lanes_of(value: tuple[float, ...], dtype: np.dtype[Any], lane: np.dtype[Any]) -> tuple[float, ...]:
    exactly = np.array([int(v) for v in value], dtype=dtype)  # ints, since a float64 cannot hold every int64
    return tuple(float(v) for v in exactly.view(lane))


def _as_floats(pixels: Array, call: Callable[..., Array], value: tuple[float, ...] | None) -> Array:
    """Interpolation of other dtypes in float32; what float32 cannot hold goes along as a remainder."""
    dtype = pixels.dtype
    if dtype == np.bool_:
        raise AssertionError("bool pixels are moved with nearest interpolation")
    if dtype.kind in "iu" and dtype.itemsize > 4:
        raise DataError(f"image: dtype {dtype} cannot be interpolated without loss; convert it to int32 or float32, or use nearest")
    coarse = pixels.astype(np.float32)
    out: Array = _channels(coarse, call, value).astype(np.float64)
    if dtype.itemsize >= 4:
        rest = (pixels.astype(np.float64) - coarse).astype(np.float32)
        if rest.any():
            blank = None if value is None else (0.0,) * len(value)
            out += _channels(rest, call, blank)
    if dtype.kind == "f":
        return out.astype(dtype)
    info = np.iinfo(dtype)
    return np.clip(np.rint(out), info.min, info.max).astype(dtype)


def sample(pixels: Array, places: Floats, interpolation: int, fill: Fill = 0, border: int = CONSTANT) -> Array:
    """Read a picture at given places.

    Args:
        pixels: Shape (h, w) or (h, w, c), any numeric dtype; not modified.
        places: Continuous x, y for each pixel that comes out, shape (h', w', 2); NaN shows the fill.
        interpolation: One of OpenCV's flags.
        fill: The constant border's value, for every channel or one a channel.
        border: OpenCV's border mode for places outside of the picture.

    Returns: A new array of shape (h', w') or (h', w', c) and the same dtype.
    """
    if pixels.dtype == np.bool_:
        interpolation = NEAREST
    value = fill_value(fill, 1 if pixels.ndim == 2 else pixels.shape[2], pixels.dtype)
    centred = np.where(np.isfinite(places), places - 0.5, -1e6).astype(np.float32)
    flag = {NEAREST_EXACT: NEAREST, LINEAR_EXACT: LINEAR, AREA: LINEAR}.get(interpolation, interpolation)
    remap: Any = cv2.remap  # its stub refuses the None that the one map with two channels wants beside it
    return by_blocks(pixels, lambda block, colour: remap(block, centred, None, flag, None, border, colour), interpolation, value)


# --- paint: what stands outside of a canvas that was passed ----------------------------------------------------------


def paint_outside(out: Array, window: Window, value: tuple[float, ...]) -> None:
    """Fill, in place, what an intermediate canvas had cut away."""
    height, width = out.shape[:2]
    colour = colour_of(value, out)
    shown = _shown(window, (height, width))
    if isinstance(shown, tuple):
        x0, y0, x1, y1 = shown
        out[:y0], out[y1:], out[y0:y1, :x0], out[y0:y1, x1:] = colour, colour, colour, colour
        return
    if not shown:
        out[...] = colour
        return
    if out.dtype in DIRECT and (out.ndim == 2 or out.shape[2] in (1, 3, 4)):
        # even-odd between frame and window; a boolean mask costs 11 ms where this takes under one
        cv2.fillPoly(out, shown, value, shift=8)
        return
    stencil = np.zeros((height, width), np.uint8)
    cv2.fillPoly(stencil, shown, 1, shift=8)
    out[stencil.astype(bool)] = colour


def hide_behind(out: Array, motion: Motion, value: tuple[float, ...]) -> None:
    """Fill, in place, where a homography whose horizon crosses the source would show what lies behind it, upside down, as OpenCV does."""
    (height, width), matrix = motion.source, motion.matrix
    if affine(matrix) or min(move_one(matrix, x, y)[2] for x in (0, width) for y in (0, height)) > 0:
        return
    g, h, i = inverse(matrix)[6:]
    rows, columns = np.arange(out.shape[0]) + 0.5, np.arange(out.shape[1]) + 0.5
    out[g * columns + (h * rows + i)[:, None] <= 0] = colour_of(value, out)


@functools.lru_cache(maxsize=16)  # the same for a picture, its mask and all of its instances
def _shown(window: Window, size: Size) -> tuple[int, int, int, int] | list[Array]:
    """Returns: What an output shows of a canvas: whole pixels x0, y0, x1, y1, or rings for fillPoly, none where it shows nothing."""
    height, width = size
    rect = Region(size, (window,)).upright
    whole = None if rect is None else _whole(rect)
    if whole is not None:
        return whole
    inner = visible_outline(window, size, grow=0.5)
    if len(inner) == 0:
        return []
    frame = np.array([[-2.0, -2.0], [width + 2.0, -2.0], [width + 2.0, height + 2.0], [-2.0, height + 2.0]])
    return [np.rint((ring - 0.5) * 256).astype(np.int32) for ring in (frame, inner)]
