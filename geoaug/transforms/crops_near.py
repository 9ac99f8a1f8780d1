"""Crops that look first: at boxes, at the mask, at a box that the caller names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.params import chance, number, optional, pair, parameter, positive, probability, whole
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.crops import check_fits, cropped, start, stretched
from geoaug.transforms.resampling import interpolating, mask_interpolating
from geoaug.types import Array, Floats, Limits, Range, Size

if TYPE_CHECKING:
    from numpy.random import Generator

PAD_FIRST = "put PadIfNeeded before it"
DIGITS = 7  # of a coordinate; what lies behind is round-off of the steps before, and must not move an edge by a pixel
THINNEST = 1e-6  # of a picture's side: boxes eroded to less than this leave the crop free


def around_boxes(scene: Scene, erosion_rate: float, rng: Generator) -> tuple[int, int, Size]:
    """Returns: Left, top and size of a random part that holds all boxes; where there are none, of one with the picture's shape.

    Args:
        scene: Whose boxes count.
        erosion_rate: How much of their common box, as a share of its sides, the part need not hold; half of it on either side.
        rng: Decides.
    """
    height, width = scene.size
    common = _common(scene.boxes, erosion_rate, scene.size)
    if common is None:
        least = max(int(height * (1.0 - erosion_rate)), 1)
        h = int(rng.integers(least, height + 1))
        w = max(int(h * width / height), 1)
        top, left = start(height - h, rng.random()), start(width - w, rng.random())
        return left, top, (h, w)
    x0, y0, x1, y1 = common
    # every whole edge outside of the boxes is as likely; a box that ends within a pixel keeps all of that pixel
    left, top = int(rng.integers(_before(x0) + 1)), int(rng.integers(_before(y0) + 1))
    right, bottom = int(rng.integers(_after(x1), width + 1)), int(rng.integers(_after(y1), height + 1))
    return left, top, (bottom - top, right - left)


def _before(x: float) -> int:
    return math.floor(round(x, DIGITS))


def _after(x: float) -> int:
    return math.ceil(round(x, DIGITS))


def _common(boxes: Floats, erosion_rate: float, size: Size) -> tuple[float, float, float, float] | None:
    """Returns: The box around all boxes, eroded, inside of the picture; None where nothing of it is left."""
    if len(boxes) == 0:
        return None
    height, width = size
    x0, y0 = map(float, boxes[:, :2].min(axis=0))
    x1, y1 = map(float, boxes[:, 2:].max(axis=0))
    x, y = (x1 - x0) * erosion_rate / 2, (y1 - y0) * erosion_rate / 2
    x0, x1, y0, y1 = max(x0 + x, 0.0), min(x1 - x, float(width)), max(y0 + y, 0.0), min(y1 - y, float(height))
    return (x0, y0, x1, y1) if x1 - x0 > THINNEST * width and y1 - y0 > THINNEST * height else None


@transform
class BBoxSafeRandomCrop(Transform):
    """Cut out a random part that holds every box whole.

    Without boxes the part has the picture's shape, and its height is drawn from ``1 - erosion_rate`` of the picture's to all of it.

    Args:
        erosion_rate: How much of the box around all boxes may be lost, as a share of its sides; at 1 nothing of it need be kept.
        p: Probability that the transform is applied.

    Example:
        >>> crop = A.Compose([A.BBoxSafeRandomCrop()], bbox_params=A.BboxParams("pascal_voc"))
        >>> x0, y0, x1, y1 = crop(image=np.zeros((90, 90), np.uint8), bboxes=[[10.5, 20.5, 30.5, 40.5]])["bboxes"][0]
        >>> x1 - x0, y1 - y0
        (20.0, 20.0)
    """

    erosion_rate: float = parameter(default=0.0, parse=chance)
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return cropped(self, scene, *around_boxes(scene, self.erosion_rate, rng))


@transform
class RandomSizedBBoxSafeCrop(Transform):
    """Cut out a random part that holds every box whole, and stretch it to a fixed size.

    Args:
        height: Height of the output in pixels.
        width: Width of the output in pixels.
        erosion_rate: How much of the box around all boxes may be lost, as a share of its sides; at 1 nothing of it need be kept.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        p: Probability that the transform is applied.

    Example:
        >>> A.RandomSizedBBoxSafeCrop(32, 64)(image=np.zeros((90, 90), np.uint8))["image"].shape
        (32, 64)
    """

    height: int = parameter(parse=positive)
    width: int = parameter(parse=positive)
    erosion_rate: float = parameter(default=0.0, parse=chance)
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return stretched(self, scene, *around_boxes(scene, self.erosion_rate, rng), (self.height, self.width))


@transform
class AtLeastOneBBoxRandomCrop(Transform):
    """Cut out a random part of fixed size that holds one of the boxes, which is drawn too.

    Of a box that is larger than the part, the part shows as much as it can; without boxes it may lie anywhere.

    Args:
        height: Height of the part in pixels.
        width: Width of the part in pixels.
        erosion_factor: How much of the box's width and of its height may be lost, as a share; a pixel of it is always kept.
        p: Probability that the transform is applied.

    Raises:
        CropSizeError: On a picture smaller than the part.

    Example:
        >>> A.AtLeastOneBBoxRandomCrop(4, 4)(image=np.zeros((9, 9), np.uint8))["image"].shape
        (4, 4)
    """

    height: int = parameter(parse=positive)
    width: int = parameter(parse=positive)
    erosion_factor: float = parameter(default=0.0, parse=chance)
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        check_fits(self, (self.height, self.width), scene.size, PAD_FIRST)
        boxes = scene.boxes
        x0, y0, x1, y1 = boxes[int(rng.integers(len(boxes)))].tolist() if len(boxes) else (0.0, 0.0, float(width), float(height))
        kept = 1.0 - self.erosion_factor if len(boxes) else 0.0
        left = _start_that_keeps(x0, x1, kept, self.width, width, rng)
        top = _start_that_keeps(y0, y1, kept, self.height, height, rng)
        return cropped(self, scene, left, top, (self.height, self.width))


def _start_that_keeps(low: float, high: float, share: float, part: int, whole: int, rng: Generator) -> int:
    """Returns: Where a part begins, at random, that keeps a share of what lies between low and high, and a pixel of it at least."""
    kept = max((high - low) * share, min(high - low, 1.0))
    first, last = sorted((low + kept - part, high - kept))
    begin, end = _after(first), _before(last)
    if begin > end:  # no whole number lies between: the nearest to both
        begin = end = round((first + last) / 2)
    begin, end = min(max(begin, 0), whole - part), max(min(end, whole - part), 0)
    return int(rng.integers(begin, end + 1))


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a name, got {value!r}")
    return value


def _two_parts(value: Any) -> Range:
    if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)) and np.ndim(value):
        a, b = pair(chance)(value)
        return a, b
    both = chance(value)
    return both, both


@transform
class RandomCropNearBBox(Transform):
    """Cut out the surroundings of a box that is passed with the call, each edge moved at random.

    Args:
        max_part_shift: How far upper and lower, and left and right edges move, as shares of the box's height and width; a lone n is both.
        cropping_bbox_key: By which name the call passes the box: x_min, y_min, x_max, y_max in pixels of the picture that comes to this
            transform (so put it first).
        p: Probability that the transform is applied.

    Raises:
        CallError: The call passes no box by that name.
        DataError: It is no box, or lies outside of the picture.

    Example:
        >>> crop = A.RandomCropNearBBox(max_part_shift=0)
        >>> crop(image=np.zeros((90, 90), np.uint8), cropping_bbox=[10, 20, 30, 50])["image"].shape
        (30, 20)
    """

    max_part_shift: Limits = parameter(default=(0, 0.3), parse=_two_parts)
    cropping_bbox_key: str = parameter(default="cropping_bbox", parse=_name)
    p: float = probability(default=1.0)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of what it reads from the call beside the targets."""
        return (self.cropping_bbox_key,)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        x0, y0, x1, y1 = _read_box(self.cropping_bbox_key, scene.given(self.cropping_bbox_key, "RandomCropNearBBox"), scene.size)
        x, y = round((x1 - x0) * self.max_part_shift[1]), round((y1 - y0) * self.max_part_shift[0])
        left, right = _edges(x0, x1, x, width, rng)
        top, bottom = _edges(y0, y1, y, height, rng)
        return cropped(self, scene, left, top, (bottom - top, right - left))


def _edges(low: float, high: float, most: int, length: int, rng: Generator) -> tuple[int, int]:
    """Returns: Whole pixels where a part begins and ends, each moved by up to ``most``; unmoved where they would pass each other."""
    moved = low - int(rng.integers(-most, most + 1)), high + int(rng.integers(-most, most + 1))
    begin, end = max(math.floor(moved[0]), 0), min(math.ceil(moved[1]), length)
    return (begin, end) if begin < end else (math.floor(low), math.ceil(high))


def _read_box(name: str, given: Any, size: Size) -> tuple[float, float, float, float]:
    """Returns: The part of a box that lies in a picture of ``size``."""
    try:
        x0, y0, x1, y1 = (float(number(v)) for v in given)
    except (TypeError, ValueError):
        raise DataTypeError(f"{name}={given!r}: expected x_min, y_min, x_max, y_max in pixels, four finite numbers") from None
    if x0 >= x1 or y0 >= y1:
        raise DataError(f"{name}={given!r}: expected x_min, y_min, x_max, y_max with x_min < x_max and y_min < y_max, not x, y, width, height")
    height, width = size
    inside = max(x0, 0.0), max(y0, 0.0), min(x1, float(width)), min(y1, float(height))
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise DataError(
            f"{name}={given!r} lies outside of the picture, {height} x {width} (height x width); it counts pixels of the picture "
            "that comes to this transform, so put RandomCropNearBBox before others that move or crop"
        )
    return inside


def _numbers(value: Any) -> list[int]:
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)):
        raise ValueError(f"expected a list of whole numbers, got {value!r}")
    return [whole(v) for v in value]


@transform
class CropNonEmptyMaskIfExists(Transform):
    """Cut out a random part of fixed size that shows something of the mask; where the mask is empty, any part.

    Where no ``mask`` came, what ``masks``, ``polygons`` and ``annotations`` show counts (of an annotation that has a box alone, the box).

    Args:
        height: Height of the part in pixels.
        width: Width of the part in pixels.
        ignore_values: Values of the mask that count as empty, as 0 does; of annotations, values of ``category_id``.
        ignore_channels: Channels of the mask that do not count.
        p: Probability that the transform is applied.

    Raises:
        CropSizeError: On a picture smaller than the part.
        DataError: The call passes nothing of the kind.

    Example:
        >>> mask = np.eye(9, dtype=np.uint8)
        >>> A.CropNonEmptyMaskIfExists(1, 1)(image=mask, mask=mask)["mask"]
        array([[1]], dtype=uint8)
    """

    height: int = parameter(parse=positive)
    width: int = parameter(parse=positive)
    ignore_values: list[int] | None = parameter(default=None, parse=optional(_numbers))
    ignore_channels: list[int] | None = parameter(default=None, parse=optional(_numbers))
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        check_fits(self, (self.height, self.width), scene.size, PAD_FIRST)
        places = np.flatnonzero(self._shown(scene))
        if len(places) == 0:
            left, top = int(rng.integers(width - self.width + 1)), int(rng.integers(height - self.height + 1))
        else:
            row, column = divmod(int(places[int(rng.integers(len(places)))]), width)
            left = min(max(column - int(rng.integers(self.width)), 0), width - self.width)
            top = min(max(row - int(rng.integers(self.height)), 0), height - self.height)
        return cropped(self, scene, left, top, (self.height, self.width))

    def _shown(self, scene: Scene) -> Array:
        """Returns: Which pixels of the scene count, shape (h, w) bool."""
        mask = scene.mask
        if mask is not None:
            return self._counts(mask)
        shapes = scene.shapes
        if shapes is None:
            raise DataError(
                "CropNonEmptyMaskIfExists looks at the mask, and none came; pass mask=… (or masks=…, polygons=…, annotations=…), or use RandomCrop"
            )
        shown = np.zeros(scene.size, bool)
        for part, (top, left), label in shapes:
            if label is None or label not in (self.ignore_values or ()):
                shown[top : top + part.shape[0], left : left + part.shape[1]] |= self._counts(part) if label is None else part != 0
        return shown

    def _counts(self, mask: Array) -> Array:
        """Returns: Which pixels of the mask count, shape (h, w) bool."""
        if mask.ndim == 3 and self.ignore_channels:
            mask = mask[:, :, [channel for channel in range(mask.shape[2]) if channel not in self.ignore_channels]]
        full = mask != 0
        if self.ignore_values:
            full &= ~np.isin(mask, self.ignore_values)
        return full.any(axis=2) if full.ndim == 3 else full
