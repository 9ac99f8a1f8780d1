"""Bright parts of a picture that grow or shrink, and what that does to outlines."""

from __future__ import annotations

import math
from functools import cached_property

import cv2
import numpy as np
from attrs import frozen

from geoaug.geometry.holes import upright_bounds, within
from geoaug.geometry.leg import Unmoved
from geoaug.geometry.region import TOUCH
from geoaug.raster.fill import fill_outlines
from geoaug.raster.values import shaped
from geoaug.types import Array, Floats, Ints, Size

OPERATIONS = ("dilation", "erosion")
DIRECT = tuple(np.dtype(name) for name in ("uint8", "uint16", "int16", "float32", "float64"))  # what OpenCV takes
WIDER = {"bool": "uint8", "int8": "int16", "uint32": "float64", "int32": "float64", "float16": "float32"}  # what holds others exactly


def kernel_of(size: tuple[int, int]) -> Array:
    """Returns: The ellipse that fits into (width, height) pixels, shape (height, width) uint8."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)


def grow(pixels: Array, kernel: tuple[int, int], operation: str) -> Array:
    """Give each pixel the largest (dilation) or smallest (erosion) value around it.

    Args:
        pixels: Shape (h, w) or (h, w, c), any numeric dtype; each channel alone.
        kernel: (width, height) in pixels of the ellipse that is looked at.
        operation: One of ``OPERATIONS``.

    Returns: A new array of the same shape and dtype.
    """
    if pixels.dtype in DIRECT:
        return _grow(pixels, kernel, operation)
    wider = WIDER.get(pixels.dtype.name)
    if wider is not None:
        return _grow(pixels.astype(wider), kernel, operation).astype(pixels.dtype)
    values, ranks = np.unique(pixels, return_inverse=True)  # 64 bits fit no float: their order does
    grown = _grow(ranks.reshape(pixels.shape).astype(np.float64), kernel, operation)
    return np.asarray(values[grown.astype(np.intp)])


def _grow(pixels: Array, kernel: tuple[int, int], operation: str) -> Array:
    call = cv2.dilate if operation == "dilation" else cv2.erode
    shape = kernel_of(kernel)
    if pixels.ndim == 3 and pixels.shape[2] > 4:
        return np.stack([call(np.ascontiguousarray(pixels[..., k]), shape) for k in range(pixels.shape[2])], axis=2)
    return np.ascontiguousarray(shaped(call(np.ascontiguousarray(pixels), shape), pixels))


@frozen(slots=False)
class Growth(Unmoved):
    """A leg on which points stay, and outlines grow or shrink; an upright box by whole pixels on each side, others pixel by pixel.

    Args:
        source: (height, width) of the picture.
        kernel: (width, height) in pixels of the ellipse that is looked at.
        operation: One of ``OPERATIONS``.
    """

    source: Size
    kernel: tuple[int, int]
    operation: str

    @property
    def keeps_shapes(self) -> bool:
        """False: masks and outlines grow as the picture does."""
        return False

    @property
    def reshapes(self) -> bool:
        """True: what grew together, or shrank to nothing, has no way back."""
        return True

    def whole(self, ring: Floats) -> list[Floats]:
        """Returns: The outline, grown or shrunk; nothing grows beyond the picture, and nothing shrinks at its edge."""
        bounds = upright_bounds(ring)
        if bounds is not None:
            return self._box(bounds)
        height, width = self.source
        (left, top), (right, bottom) = ring.min(axis=0).tolist(), ring.max(axis=0).tolist()
        reach = max(self.kernel)
        # as far as there are pixels, and as far as the outline reaches beyond them
        x0, y0 = max(math.floor(left) - reach, min(math.floor(left), 0)), max(math.floor(top) - reach, min(math.floor(top), 0))
        x1, y1 = min(math.ceil(right) + reach, max(math.ceil(right), width)), min(math.ceil(bottom) + reach, max(math.ceil(bottom), height))
        drawn = fill_outlines([[ring - (x0, y0)]], (y1 - y0, x1 - x0))[0]
        if not drawn.any():  # too thin for any pixel's centre
            return self._box((left, top, right, bottom))
        return [outline + np.array((x0, y0)) for outline in trace(grow(drawn, self.kernel, self.operation) > 0)]

    def pieces(self, ring: Floats) -> list[Floats]:
        """Returns: The same of what lies in the picture."""
        return [part for outline in self.whole(ring) for part in within(outline, self.source)]

    def rectangle(self, box: Floats) -> tuple[Floats, bool] | None:
        """Returns: An oriented box as far grown or shrunk as the ellipse reaches along its sides; right where the picture's edge is out of reach."""
        x, y, width, height, angle = box.tolist()
        along, across = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
        middle, sides = np.array([x, y]), []
        for side, way in ((width, along), (height, across)):
            looked = self._offsets @ way
            before, after = -float(looked.min()), float(looked.max())
            low, high = (-after, before) if self.operation == "dilation" else (before, -after)
            middle += (low + high) / 2 * way
            sides.append(side + high - low)
        half = np.abs(along) * width / 2 + np.abs(across) * height / 2 + max(self.kernel)
        clear = ((x, y) >= half).all() and ((x, y) <= np.array(self.source[::-1]) - half).all()
        return np.array([*middle, *sides, angle]), bool(clear)

    def _box(self, box: tuple[float, float, float, float]) -> list[Floats]:
        sides = []
        for low, high, (before, after), end in zip(box[:2], box[2:], self._reach, self.source[::-1], strict=True):
            if self.operation == "dilation":
                sides.append((max(low - after, min(low, 0.0)), min(high + before, max(high, float(end)))))
            else:
                sides.append((low if low <= 0 else low + before, high if high >= end else high - after))
        (x0, x1), (y0, y1) = sides
        return [np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])] if x1 - x0 > TOUCH and y1 - y0 > TOUCH else []

    @cached_property
    def _reach(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """How many pixels are looked at to the left and to the right, and above and below."""
        (left, up), (right, down) = self._offsets.min(axis=0).tolist(), self._offsets.max(axis=0).tolist()
        return (-left, right), (-up, down)

    @cached_property
    def _offsets(self) -> Ints:
        """Which pixels are looked at, as x, y from the one that they decide on, shape (K, 2)."""
        y, x = np.nonzero(kernel_of(self.kernel))
        return np.stack([x - self.kernel[0] // 2, y - self.kernel[1] // 2], axis=1)


def trace(region: Array) -> list[Floats]:
    """Outline what is set, as parts without holes: through the middles of the pixels' edges, so that each set pixel's centre lies inside.

    Args:
        region: Shape (h, w) bool.

    Returns: Outlines of shape (N, 2) in continuous pixels.
    """
    loops = _loops(region)
    hole = next((loop for loop in loops if _twice_area(loop) < 0), None)
    if hole is None:
        return [_corners((loop + np.roll(loop, -1, axis=0)) / 2) for loop in loops]
    column = round(float(hole[:, 0].mean()))  # a cut through the hole opens it
    return [*trace(region[:, :column]), *(part + np.array((column, 0)) for part in trace(region[:, column:]))]


def _twice_area(loop: Floats) -> float:
    following = np.roll(loop, -1, axis=0)
    return float((loop[:, 0] * following[:, 1] - loop[:, 1] * following[:, 0]).sum())


def _corners(loop: Floats) -> Floats:
    """Returns: A loop without the points on straight stretches."""
    before, after = loop - np.roll(loop, 1, axis=0), np.roll(loop, -1, axis=0) - loop
    turns: Floats = loop[np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > TOUCH]
    return turns


def _loops(region: Array) -> list[Floats]:
    """Returns: The edges between set pixels and others as closed loops of steps of a pixel, what is set to the right of each step."""
    wide = np.pad(region.astype(bool), 1)
    steps: dict[tuple[int, int], list[tuple[int, int]]] = {}
    # start of each edge, relative to its pixel, and its direction: top edge to the right, right one down, …
    for shift, start, (dx, dy) in (((-1, 0), (0, 0), (1, 0)), ((0, 1), (1, 0), (0, 1)), ((1, 0), (1, 1), (-1, 0)), ((0, -1), (0, 1), (0, -1))):
        rows, columns = np.nonzero(wide & ~np.roll(wide, (-shift[0], -shift[1]), axis=(0, 1)))
        for y, x in zip((rows - 1 + start[1]).tolist(), (columns - 1 + start[0]).tolist(), strict=True):
            steps.setdefault((x, y), []).append((dx, dy))
    loops = []
    while steps:
        here = first = next(iter(steps))
        loop, heading = [], (0, 0)
        while True:
            ways = steps[here]
            turn = (-heading[1], heading[0])  # to the right: where two pixels touch at a corner, each goes its own way
            heading = ways.pop(ways.index(turn) if len(ways) > 1 and turn in ways else 0)
            if not ways:
                del steps[here]
            loop.append(here)
            here = here[0] + heading[0], here[1] + heading[1]
            if here == first:
                break
        loops.append(np.array(loop, np.float64))
    return loops
