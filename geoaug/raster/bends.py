"""Bends by name and numbers, so that a step stays small, and pictures read through them.

Fields are made again from their numbers; the last few are kept, so that picture, masks and labels of a call make one.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from geoaug.errors import DataError, ParameterError
from geoaug.geometry.field import Field, Lattice, Radial, Separable, Spline
from geoaug.geometry.matrix import affine, chain, inverse, product, translation
from geoaug.geometry.motion import Motion, Window
from geoaug.geometry.region import Region
from geoaug.params import AREA, CONSTANT, LINEAR, LINEAR_EXACT, NEAREST, NEAREST_EXACT, REFLECT, REFLECT_101, REPLICATE
from geoaug.raster.patch import Corner, bounds_of_part
from geoaug.raster.warp import FARTHEST, FEW, LONGEST, MODERN, NEARESTS, by_blocks, colour_of, fill_value
from geoaug.types import Array, Fill, Floats, Matrix, Size

Numbers = tuple[tuple[str, Any], ...]
Pairs = Sequence[Sequence[float]]
Mesh = Sequence[Pairs]
BLUR = (17, 17)  # the window of an approximate elastic bend, as 2.0.8 has it
WIDE = 25.0  # px of a blur from which frequencies are the faster way
HALF = 0.5  # from OpenCV's index of a pixel to its centre in continuous pixels
KEPT = 4  # fields, of some 30 bytes a pixel with all that is known of them
LARGE = 2**21  # pixels; of larger fields, one
Part = tuple[slice, slice]
Colour = tuple[float, ...]
ALL: Part = (slice(None), slice(None))


def elastic(size: Size, seed: int, alpha: float, sigma: float, approximate: bool, same_dxdy: bool, noise_distribution: str) -> Field:
    """Returns: Noise from a seed, within ±1, blurred by ``sigma`` px and multiplied by ``alpha``, as displacements in pixels."""
    rng = np.random.default_rng(seed)
    shape = (1 if same_dxdy else 2, *size)
    if noise_distribution == "gaussian":
        noise = rng.standard_normal(shape, dtype=np.float32)
        noise /= max(float(np.abs(noise).max()), 1e-6)
    else:
        noise = rng.uniform(-1, 1, shape).astype(np.float32)
    far = not approximate and sigma >= WIDE and size[0] * size[1] >= LARGE // 2
    window = BLUR if approximate else (0, 0)
    # each by itself: blurred as one picture, the end of the one and the beginning of the other would mix
    blurred = [
        _blurred_far(plane, sigma) if far else cv2.GaussianBlur(plane, window, sigma, borderType=cv2.BORDER_REPLICATE).reshape(size)
        for plane in noise
    ]
    return Lattice.of_pixels(np.stack([blurred[0], blurred[-1]], axis=2) * np.float32(alpha))


def _blurred_far(plane: Array, sigma: float) -> Array:
    """Returns: The same as OpenCV's blur, by way of frequencies: at 12 megapixels and sigma 50, 0.8 s and not 4.7; it differs by 1e-6 of the most."""
    height, width = plane.shape
    kernel = cv2.getGaussianKernel(2 * round(4 * sigma) + 1, sigma, cv2.CV_32F)[:, 0]
    reach = len(kernel) // 2
    tall, wide = (cv2.getOptimalDFTSize(side + 2 * reach) for side in (height, width))
    padded = cv2.copyMakeBorder(plane, reach, tall - height - reach, reach, wide - width - reach, cv2.BORDER_REPLICATE)
    waves = np.fft.rfft2(padded)
    for axis, length in enumerate((tall, wide)):
        cycle = np.roll(np.pad(kernel, (0, length - len(kernel))), -reach)  # its middle at 0, so that its spectrum is real
        strengths = np.fft.fft(cycle).real.astype(np.float32)[: waves.shape[axis]]
        waves *= strengths[:, None] if axis == 0 else strengths
    return np.asarray(np.fft.irfft2(waves, s=(tall, wide))[reach : reach + height, reach : reach + width], np.float32)


def grid(size: Size, xs: Pairs, ys: Pairs) -> Field:
    """Returns: Straight lines between nodes, as indices of columns in the output and where each comes from; the same for rows."""
    return Separable(size, np.array(xs, np.float64) + HALF, np.array(ys, np.float64) + HALF)


def camera(size: Size, k: float) -> Field:
    """Returns: OpenCV's lens about the picture's middle, with width and height for focal lengths and k for both radial coefficients."""
    height, width = float(size[0]), float(size[1])
    return Radial(size, (width / 2, height / 2), (width, height), k, k)


def fisheye(size: Size, k: float) -> Field:
    """Returns: r·(1 + k·r²), where r is 1 in the picture's corners."""
    corner = math.hypot(size[0], size[1]) / 2
    # 2.0.8 puts its centre at index (width / 2, height / 2), half a pixel right of the middle and below
    return Radial(size, (size[1] / 2 + HALF, size[0] / 2 + HALF), (corner, corner), k, 0.0)


def spline(size: Size, controls: Pairs, sources: Pairs) -> Field:
    """Returns: A thin plate spline by control points in the output and in the source, in shares of the size."""
    return Spline(size, np.array(controls, np.float64), np.array(sources, np.float64))


def piecewise(size: Size, shifts: Mesh) -> Field:
    """Returns: Displacements in pixels on an even grid over the picture, rows of nodes; affine in two triangles a cell."""
    return _mesh(size, shifts, True)


def cells(size: Size, shifts: Mesh) -> Field:
    """Returns: Displacements in pixels on an even grid over the picture, rows of nodes; bilinear in each cell."""
    return _mesh(size, shifts, False)


def _mesh(size: Size, shifts: Mesh, flat: bool) -> Field:
    nodes = np.array(shifts, np.float64)
    rows, columns = nodes.shape[:2]
    return Lattice(size, nodes, (0.0, 0.0), (size[1] / max(columns - 1, 1), size[0] / max(rows - 1, 1)), flat)


KINDS: dict[str, Callable[..., Field]] = {
    "elastic": elastic, "grid": grid, "camera": camera, "fisheye": fisheye, "spline": spline, "piecewise": piecewise, "cells": cells,
}  # fmt: skip


def numbers_of(kind: str, given: Mapping[str, Any]) -> Numbers:
    """Returns: All numbers of a bend in their order.

    Raises:
        ParameterError: No such bend, or not its numbers.
    """
    if kind not in KINDS:
        raise ParameterError(f"Remap: no bend {kind!r}; there are {', '.join(KINDS)}")
    names = list(inspect.signature(KINDS[kind]).parameters)[1:]
    if given.keys() != set(names):
        raise ParameterError(f"Remap: {kind} takes {', '.join(names)}, got {', '.join(given) or 'nothing'}")
    return tuple((name, given[name]) for name in names)


def _made(kind: str, size: Size, numbers: Numbers) -> Field:
    return KINDS[kind](size, **dict(numbers))


_few, _one = functools.lru_cache(maxsize=KEPT)(_made), functools.lru_cache(maxsize=1)(_made)


def field_of(kind: str, size: Size, numbers: Numbers) -> Field:
    """Returns: The field of a bend, maybe one that was made before."""
    return (_few if size[0] * size[1] <= LARGE else _one)(kind, size, numbers)


# --- pixels ----------------------------------------------------------------------------------------------------------


def bend_picture(
    pixels: Array,
    field: Field,
    interpolation: int,
    border: int,
    fill: Fill,
    before: Motion | None = None,
    beneath: tuple[int, Fill] = (CONSTANT, 0),
    paints: Sequence[tuple[Window, Fill]] = (),
) -> Array:
    """Read a picture through a bend.

    Args:
        pixels: Shape (h, w) or (h, w, c), any numeric dtype; not modified.
        field: Where pixels come from.
        interpolation: One of OpenCV's flags.
        border: OpenCV's border mode for what lies outside of the canvas that is bent.
        fill: The constant border's value, for every channel or one a channel.
        before: A matrix before the bend.
        beneath: Border mode and fill for what lies outside of the source of ``before``.
        paints: Canvases passed before the bend, each with the value that stands outside of it.

    Returns: A new array of the bend's size and the same dtype.

    Raises:
        DataError: The picture cannot be bent so.
    """
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    own = before is None or before.onto  # the edge of what is bent is the source's own
    mode, value = (border, fill) if own else beneath
    out = _read(pixels, _maps(field, before, ALL), interpolation, mode, fill_value(value, channels, pixels.dtype))
    if before is not None:
        colours = [(window, fill_value(colour, channels, pixels.dtype)) for window, colour in paints]
        _paint(out, field, ALL, colours, None if own else fill_value(fill, channels, pixels.dtype))
    return out


def bend_patch(part: Array, at: Corner, field: Field, before: Motion | None = None, passed: Sequence[Window] = ()) -> tuple[Array, Corner]:
    """Bend a part of a mask, each pixel from the nearest; whatever lies outside of it is zero.

    Args:
        part: Shape (h, w).
        at: Where it lies in the source.
        field: Where pixels come from.
        before: A matrix before the bend.
        passed: Canvases passed before the bend.

    Returns: The bent part and where it lies in the output; of shape (0, 0) where nothing is left.
    """
    rows, columns = part.shape
    box: tuple[int, int, int, int] | None = (at[1], at[0], at[1] + columns, at[0] + rows) if part.size else None
    if before is not None:
        box = bounds_of_part(product(before.matrix, translation(at[1], at[0])), rows, columns, before.size)
    left, top, right, bottom = (0, 0, 0, 0) if box is None else _where(box, field)
    if left >= right or top >= bottom:
        return part[:0, :0], (0, 0)
    window = (slice(top, bottom), slice(left, right))
    maps = np.rint(_maps(field, before, window))
    maps -= np.array(at[::-1], np.float32)  # whole numbers, so nothing is rounded twice
    out = _read(part, maps, NEAREST, CONSTANT, (0.0,))
    if before is not None:
        _paint(out, field, window, [(canvas, (0.0,)) for canvas in passed], None if before.onto else (0.0,))
    return out, (top, left)


def _paint(out: Array, field: Field, window: Part, paints: Sequence[tuple[Window, Colour]], beside: Colour | None) -> None:
    """Fill, in place, what canvases before the bend had cut away, and what lies beside the one that is bent."""
    for canvas, colour in paints:
        places = field.grid[window]
        inside = Region(field.size, (canvas,)).contains(places.reshape(-1, 2).astype(np.float64)).reshape(places.shape[:2])
        out[~inside] = colour_of(colour, out)
    outside = _beyond(field) if beside is not None else None
    if beside is not None and outside is not None:
        out[outside[window]] = colour_of(beside, out)


def _where(box: tuple[int, int, int, int], field: Field) -> tuple[int, int, int, int]:
    """Returns: Left, top, right, bottom of the pixels that may show a part of what is bent: none is shifted further than the field reaches."""
    height, width = field.size
    x0, y0, x1, y1 = field.reach
    left, top = math.floor(box[0] - x1) - 1, math.floor(box[1] - y1) - 1  # a pixel more for what is rounded
    right, bottom = math.ceil(box[2] - x0) + 1, math.ceil(box[3] - y0) + 1
    return min(max(left, 0), width), min(max(top, 0), height), min(max(right, 0), width), min(max(bottom, 0), height)


def _maps(field: Field, before: Motion | None, window: Part) -> Array:
    """Returns: OpenCV's map, two floats a pixel: which index of the source it shows."""
    # made whole and then cut, since OpenCV may round the parts' ends differently
    return (_indices(field) if before is None else _through(field, inverse(before.matrix)))[window]


def _indices(field: Field) -> Array:
    known: Array | None = field.kept.get("indices")
    if known is not None:
        return known
    # index plus displacement, since the way over continuous pixels would round twice
    out = field.displacements.copy()
    out[..., 0] += np.arange(field.size[1], dtype=np.float32)
    out[..., 1] += np.arange(field.size[0], dtype=np.float32)[:, None]
    field.kept["indices"] = out
    return out


def _through(field: Field, matrix: Matrix) -> Array:
    """Returns: Indices of what the field shows after a further matrix, in continuous pixels as all are."""
    through: tuple[Matrix, Array] | None = field.kept.get("through")
    if through is not None and through[0] == matrix:
        return through[1]
    centred = chain(translation(HALF, HALF), matrix, translation(-HALF, -HALF))
    rows: Floats = np.array(centred).reshape(3, 3)
    places = _indices(field)
    if affine(centred):
        out: Array = cv2.transform(places, rows[:2])
    else:
        out = cv2.perspectiveTransform(places, rows)
        out[cv2.transform(places, rows[2:]) <= 0] = -LONGEST  # what lies behind the horizon is not in the picture
    field.kept["through"] = (matrix, out)
    return out


def _beyond(field: Field) -> Array | None:
    """Returns: Which pixels come from outside of the canvas, shape (h, w); None where none does."""
    if "beyond" not in field.kept:
        height, width = field.size
        inside = cv2.inRange(field.grid, (0.0, 0.0), (float(width), float(height)))
        field.kept["beyond"] = None if inside.all() else inside == 0
    return field.kept["beyond"]


def _read(pixels: Array, maps: Array, interpolation: int, border: int, value: tuple[float, ...]) -> Array:
    longest = max(*pixels.shape[:2], *maps.shape[:2])
    if longest > LONGEST:
        raise DataError(f"image: {longest} px exceeds {LONGEST}, the longest side that OpenCV bends; crop or resize it first")
    if pixels.dtype == np.bool_:
        interpolation = NEAREST  # there is nothing between yes and no
    if interpolation in NEARESTS:
        maps = np.rint(maps)  # here and not in OpenCV, so that parts and wholes round alike
    if border != CONSTANT:
        height, width = pixels.shape[:2]
        if min(height, width) == 1 and border in (REFLECT, REFLECT_101):
            border = REPLICATE  # the same pixels; OpenCV 5 hangs on reflections of a single row
        far = np.array([width, height], np.float32) * FARTHEST  # OpenCV walks there step by step
        maps = np.clip(maps, -far, far)
    flag = {NEAREST_EXACT: NEAREST, LINEAR_EXACT: LINEAR, AREA: LINEAR}.get(interpolation, interpolation)
    maps = np.ascontiguousarray(maps)
    remap: Any = cv2.remap  # its stub refuses the None that the one map with two channels wants beside it

    def one(block: Array, colour: tuple[float, ...]) -> Array:
        if block.ndim == 3 and block.shape[2] == 3 and MODERN and flag == LINEAR and block.dtype == np.uint8 and maps.size > FEW:
            # three channels as four: bit-identical on OpenCV 5, and faster (2.5 ms against 4.0 at 640 x 480)
            wide = remap(cv2.cvtColor(block, cv2.COLOR_RGB2RGBA), maps, None, flag, None, border, (*colour, 0.0))
            return cv2.cvtColor(wide, cv2.COLOR_RGBA2RGB)
        return remap(block, maps, None, flag, None, border, colour)

    return by_blocks(pixels, one, interpolation, value)
