"""Dropout: rectangles, grids, stripes, objects and single pixels that are covered."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Number
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import DataError, ParameterError
from geoaug.geometry.holes import Hole
from geoaug.params import between, chance, fill, flag, optional, ordered, pair, parameter, probability, whole, within
from geoaug.raster.holes import RANDOM, clipped, labelled, rectangles
from geoaug.raster.patch import Shape
from geoaug.scene import Scene
from geoaug.steps.erase import Erase, Speckle, hole_fill
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.types import Array, Fill, Floats, Ints, Limits, Range, Size

if TYPE_CHECKING:
    from numpy.random import Generator

SEEDS = 2**32  # as many as Albumentations draws from


def hole_filling(*, default: float = 0) -> Any:
    """What fills holes in pictures."""
    return parameter(default=default, parse=hole_fill)


def mask_filling(*, default: float | None = None) -> Any:
    """What fills holes in masks; None leaves masks whole."""
    return parameter(default=default, parse=optional(fill))


def counts(least: int, lone: int | None = None, rising: bool = True) -> Any:
    """Returns: A parser for two whole numbers from ``least`` on, a range if ``rising``; with ``lone``, a number n stands for (lone, n)."""

    def parse(value: Any) -> tuple[int, int]:
        if lone is not None and not isinstance(value, (Sequence, np.ndarray)):
            value = lone, value
        one, other = pair(whole)(value)
        if min(one, other) < least or (rising and one > other):
            raise ValueError(f"expected {'(low, high) in that order' if rising else 'two whole numbers'}, of at least {least}, got {value!r}")
        return one, other

    return parse


def drawn(rng: Generator, limits: tuple[int, int]) -> int:
    """Returns: A whole number of a range, both ends included."""
    return int(rng.integers(limits[0], limits[1] + 1))


class _Dropout(Transform):
    """Holes with a fill."""

    fill: Fill | str
    fill_mask: Fill | None

    def _erase(self, scene: Scene, holes: Any, rng: Generator, traced: bool = False) -> Erase:
        seed = int(rng.integers(SEEDS)) if self.fill in RANDOM else 0
        return Erase(scene.size, clipped(np.array(holes), scene.size), self.fill, self.fill_mask, seed, traced)


def _lengths(rng: Generator, limits: Range, side: int, count: int) -> Ints:
    """Returns: Lengths of holes along a side of the picture, shape (count,)."""
    low, high = limits
    if high < 1 or (0 < low < 1 and high == 1):
        return (side * (low + (high - low) * rng.random(count))).astype(np.intp)
    return rng.integers(int(min(low, side)), int(min(high, side)) + 1, count)


@transform
class CoarseDropout(_Dropout):
    """Cover a few rectangles.

    Args:
        num_holes_range: How many rectangles, at least and at most.
        hole_height_range: Their height: shares of the picture's height from 0 to 1, or from 1 on pixels, both ends included.
        hole_width_range: Their width, in the same terms.
        fill: What covers them: a number, one a channel, ``random`` (each pixel a colour), ``random_uniform`` (each hole a colour),
            ``inpaint_telea``, ``inpaint_ns`` (OpenCV's guess from what surrounds them).
        fill_mask: The value that covers them in masks; None leaves masks and outlines whole. Boxes that come alone always
            shrink to what is left of them, and points in holes are invisible.
        p: Probability that the transform is applied.

    Source: DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017.

    Example:
        >>> A.CoarseDropout((1, 1), (2, 2), (3, 3), p=1)(image=np.ones((2, 3), np.uint8))["image"]
        array([[0, 0, 0],
               [0, 0, 0]], dtype=uint8)
    """

    num_holes_range: tuple[int, int] = parameter(default=(1, 2), parse=counts(1))
    hole_height_range: Limits = parameter(default=(0.1, 0.2), parse=within(ordered, 0))
    hole_width_range: Limits = parameter(default=(0.1, 0.2), parse=within(ordered, 0))
    fill: Fill | str = hole_filling()
    fill_mask: Fill | None = mask_filling()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        count = drawn(rng, self.num_holes_range)
        heights, widths = _lengths(rng, self.hole_height_range, height, count), _lengths(rng, self.hole_width_range, width, count)
        top, left = rng.integers(0, height - heights + 1), rng.integers(0, width - widths + 1)
        return self._erase(scene, np.stack([left, top, left + widths, top + heights], axis=1), rng)


@transform
class Erasing(_Dropout):
    """Cover one rectangle of random area and shape; where none fits the picture, nothing happens.

    Args:
        scale: Share of the picture's area that is covered.
        ratio: Width of the rectangle over its height.
        fill: What covers it: a number, one a channel, ``random``, ``random_uniform``, ``inpaint_telea``, ``inpaint_ns``.
        fill_mask: The value that covers it in masks; None leaves masks and outlines whole.
        p: Probability that the transform is applied.

    Source: Zhong et al., "Random Erasing Data Augmentation", 2017.

    Example:
        >>> out = A.Erasing(scale=(0.25, 0.25), ratio=(1, 1), p=1)(image=np.ones((8, 8), np.uint8))["image"]
        >>> int(out.sum())
        48
    """

    scale: Limits = parameter(default=(0.02, 0.33), parse=within(ordered, 0, 1))
    ratio: Limits = parameter(default=(0.3, 3.3), parse=within(ordered, 0))
    fill: Fill | str = hole_filling()
    fill_mask: Fill | None = mask_filling()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return self._erase(scene, self._holes(scene.size, rng), rng)

    def _holes(self, size: Size, rng: Generator) -> list[Hole]:
        height, width = size
        flattest, tallest = self.ratio[1], self.ratio[0]
        least, most = self.scale[0] * height * width, self.scale[1] * height * width
        # the largest area that fits at every ratio, as Albumentations bounds it
        most = min(most, tallest * height * height, width * width / flattest if flattest else 0.0)
        if most < least or most <= 0:
            return []
        area = between(rng, (least, most))
        if area <= 0:
            return []
        ratio = between(rng, (max(tallest, area / (height * height)), min(flattest, width * width / area)))
        h, w = min(round(math.sqrt(area / ratio)), height), min(round(math.sqrt(area * ratio)), width)
        top, left = drawn(rng, (0, height - h)), drawn(rng, (0, width - w))
        return [(left, top, left + w, top + h)]


def _numbers(value: Any) -> list[int]:
    if not isinstance(value, (Sequence, np.ndarray)) or isinstance(value, (str, bytes)) or len(value) == 0:
        raise ValueError(f"expected a list of mask values, got {value!r}")
    found = [whole(one) for one in value]
    if min(found) < 1:
        raise ValueError(f"expected mask values of at least 1, got {value!r}")
    return found


def _labels(value: Any) -> list[Any]:
    if not isinstance(value, (Sequence, np.ndarray)) or isinstance(value, (str, bytes)) or len(value) == 0:
        raise ValueError(f"expected a list of labels, got {value!r}")
    return [one.item() if isinstance(one, np.generic) else one for one in value]


@transform
class ConstrainedCoarseDropout(_Dropout):
    """Cover rectangles on objects only: on those that the mask shows by some values, or in boxes with some labels.

    Where no ``mask`` came, ``mask_indices`` are looked for in ``masks``, in ``polygons`` (whose value is 1) and in ``annotations``, whose
    value is their ``category_id``; each entry of theirs is an object (of an annotation that has a box alone, the box).

    Args:
        num_holes_range: How many rectangles for each object.
        hole_height_range: Their height, as a share of the box's height, or of the square root of the object's area in the mask.
        hole_width_range: Their width, as a share of the box's width, or of the square root of the object's area in the mask.
        fill: What covers them: a number, one a channel, ``random``, ``random_uniform``, ``inpaint_telea``, ``inpaint_ns``.
        fill_mask: The value that covers them in masks; None leaves masks and outlines whole.
        p: Probability that the transform is applied.
        mask_indices: Values of the mask whose objects are covered; in each, what hangs together is an object.
        bbox_labels: Labels of the boxes that are covered, where there is no mask to look at: entries of the first of ``label_fields``, or
            where there is none, fifth numbers of boxes; of annotations, ids of categories (on the command line, names of them too).

    Raises:
        ParameterError: Neither ``mask_indices`` nor ``bbox_labels``.
        DataError: ``mask_indices`` alone, and the call passes no mask; ``bbox_labels`` that are names where all labels are numbers, or
            the other way round.

    Example:
        >>> hide = A.ConstrainedCoarseDropout(hole_height_range=(1, 1), hole_width_range=(1, 1), p=1, mask_indices=[1])
        >>> out = hide(image=np.full((9, 9), 5, np.uint8), mask=np.pad(np.ones((4, 4), np.uint8), ((0, 5), (0, 5))))
        >>> int((out["image"] == 0).sum()) > 0
        True
    """

    num_holes_range: tuple[int, int] = parameter(default=(1, 1), parse=counts(1))
    hole_height_range: Limits = parameter(default=(0.1, 0.1), parse=within(ordered, 0, 1))
    hole_width_range: Limits = parameter(default=(0.1, 0.1), parse=within(ordered, 0, 1))
    fill: Fill | str = hole_filling()
    fill_mask: Fill | None = mask_filling()
    p: float = probability(default=0.5)
    mask_indices: list[int] | None = parameter(default=None, parse=optional(_numbers))
    bbox_labels: list[Any] | None = parameter(default=None, parse=optional(_labels))

    def __attrs_post_init__(self) -> None:
        if self.mask_indices is None and self.bbox_labels is None:
            raise ParameterError("ConstrainedCoarseDropout: expected mask_indices=[…] or bbox_labels=[…], which say what is covered")

    def draw(self, scene: Scene, rng: Generator) -> Step:
        count = drawn(rng, self.num_holes_range)
        mask = None if self.mask_indices is None else scene.mask
        if mask is not None:
            return self._erase(scene, self._on_objects(*labelled(np.isin(mask, np.array(self.mask_indices))), count, rng), rng)
        shapes = None if self.mask_indices is None else scene.shapes
        if shapes is not None:
            return self._erase(scene, self._on_shapes(shapes, count, rng), rng)
        if self.bbox_labels is None:
            raise DataError(
                "ConstrainedCoarseDropout looks at the mask, and none came; pass mask=… (or masks=…, polygons=…, annotations=…), or give bbox_labels"
            )
        labels = scene.box_labels
        _check_kinds(self.bbox_labels, labels)
        chosen = [row for row, label in enumerate(labels) if label in self.bbox_labels]
        return self._erase(scene, self._in_boxes(scene.boxes[chosen], count, rng), rng)

    def _on_shapes(self, shapes: list[Shape], count: int, rng: Generator) -> Floats:
        """Returns: The same for shapes, each an object of its own, wherever they overlap."""
        found = [np.zeros((0, 4))]
        for shape in shapes:
            hit = shape.among(self.mask_indices)
            if hit.any():
                top, left = shape.at
                found.append(self._on_objects(hit.astype(np.int32), 1, count, rng) + np.array((left, top, left, top)))
        return np.concatenate(found)

    def _on_objects(self, labels: Array, found: int, count: int, rng: Generator) -> Floats:
        """Returns: Holes about random pixels of each object, numbered from 1 to ``found``, shape (N, 4)."""
        where = np.flatnonzero(labels)
        where = where[np.argsort(labels.ravel()[where], kind="stable")]
        areas = np.bincount(labels.ravel(), minlength=found + 1)[1:]
        first = np.cumsum(areas) - areas
        chosen = where[(first[:, None] + (rng.random((found, count)) * areas[:, None]).astype(np.intp)).ravel()]
        sides = np.repeat(np.sqrt(areas), count)
        # half of it to either side, as Albumentations cuts it to whole pixels
        half = [_shares(rng, limits, sides.shape) * sides // 2 for limits in (self.hole_width_range, self.hole_height_range)]
        y, x = np.divmod(chosen, labels.shape[1])
        return np.stack([x - half[0], y - half[1], x + half[0], y + half[1]], axis=1)

    def _in_boxes(self, boxes: Floats, count: int, rng: Generator) -> Floats:
        """Returns: Holes inside of each box, shape (N, 4)."""
        boxes = np.repeat(boxes, count, axis=0)
        start, room = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
        share = np.stack([_shares(rng, limits, (len(boxes),)) for limits in (self.hole_width_range, self.hole_height_range)], axis=1)
        extent = np.floor(share * room)
        corner = np.floor(start + rng.random(room.shape) * (room - extent))
        return np.concatenate([corner, corner + extent], axis=1)


def _check_kinds(wanted: list[Any], labels: list[Any]) -> None:
    """Raise a DataError where no label can ever be one of those that are wanted, for which nothing would happen in silence."""
    kinds, found = {_kind(label) for label in wanted}, {_kind(label): label for label in labels if label is not None}
    if found and not kinds & set(found):
        told = " and ".join(f"{kind} such as {label!r}" for kind, label in found.items())
        raise DataError(
            f"ConstrainedCoarseDropout(bbox_labels={wanted!r}): the labels of the boxes are {told}; give values of category_id for annotations, "
            "entries of the first of label_fields for bboxes"
        )


def _kind(label: Any) -> str:
    return "names" if isinstance(label, str) else "numbers" if isinstance(label, Number) else type(label).__name__


def _shares(rng: Generator, limits: Range, shape: tuple[int, ...]) -> Floats:
    low, high = limits
    return low + (high - low) * rng.random(shape)


def splits(side: int, parts: int, rng: Generator) -> list[int]:
    """Returns: The edges of almost equal parts of a side in pixels, from 0 to ``side``; the longer ones lie at random."""
    parts = min(parts, side)  # a part holds at least a pixel
    length, longer = divmod(side, parts)
    lengths = rng.permutation([length + (k < longer) for k in range(parts)])
    return [0, *np.cumsum(lengths).tolist()]


def _share_of_cell(value: Any) -> float:
    share = chance(value)
    if share == 0:
        raise ValueError(f"expected a number above 0 and at most 1, got {value!r}")
    return share


@transform
class GridDropout(_Dropout):
    """Cover a rectangle in each cell of a grid.

    Args:
        ratio: Side of a rectangle as a share of its cell's side, above 0, at most 1 (a pixel of each cell is always left).
        random_offset: Draw the place of each rectangle in its cell.
        unit_size_range: Side of a cell in pixels, both ends included; None takes ``holes_number_xy``, or a tenth of the picture.
        holes_number_xy: Cells along x, and along y; counts before ``unit_size_range``.
        shift_xy: Pixels by which each rectangle is moved right and down in its cell, if not ``random_offset``.
        fill: What covers them: a number, one a channel, ``random``, ``random_uniform``, ``inpaint_telea``, ``inpaint_ns``.
        fill_mask: The value that covers them in masks; None leaves masks and outlines whole.
        p: Probability that the transform is applied.

    Raises:
        DataError: On a picture with a side shorter than ``unit_size_range``.

    Source: Chen et al., "GridMask Data Augmentation", 2020.

    Example:
        >>> A.GridDropout(random_offset=False, holes_number_xy=(2, 1), p=1)(image=np.ones((2, 4), np.uint8))["image"]
        array([[0, 1, 0, 1],
               [1, 1, 1, 1]], dtype=uint8)
    """

    ratio: float = parameter(default=0.5, parse=_share_of_cell)
    random_offset: bool = parameter(default=True, parse=flag)
    unit_size_range: tuple[int, int] | None = parameter(default=None, parse=optional(counts(2)))
    holes_number_xy: tuple[int, int] | None = parameter(default=None, parse=optional(counts(1, rising=False)))
    shift_xy: tuple[int, int] = parameter(default=(0, 0), parse=counts(0, rising=False))
    fill: Fill | str = hole_filling()
    fill_mask: Fill | None = mask_filling()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        columns, rows = self._cells(scene.size, rng)
        ys, xs = np.array(splits(height, rows, rng)), np.array(splits(width, columns, rng))
        top, left = (edge.ravel() for edge in np.meshgrid(ys[:-1], xs[:-1], indexing="ij"))
        tall, wide = (edge.ravel() for edge in np.meshgrid(np.diff(ys), np.diff(xs), indexing="ij"))
        h, w = ((np.maximum(np.minimum(np.maximum(side * self.ratio, 1), side - 1), 0)).astype(np.intp) for side in (tall, wide))
        if self.random_offset:
            dy, dx = rng.integers(0, tall - h + 1), rng.integers(0, wide - w + 1)
        else:
            dx, dy = self.shift_xy
        x, y = np.minimum(left + dx, width - w), np.minimum(top + dy, height - h)
        return self._erase(scene, np.stack([x, y, x + w, y + h], axis=1), rng)

    def _cells(self, size: Size, rng: Generator) -> tuple[int, int]:
        """Returns: How many cells there are along x and y."""
        height, width = size
        if self.holes_number_xy is not None:
            return self.holes_number_xy
        if self.unit_size_range is None:
            return max(width // max(2, width // 10), 1), max(height // max(2, height // 10), 1)
        if self.unit_size_range[1] > min(size):
            raise DataError(
                f"GridDropout: unit_size_range={self.unit_size_range} is longer than the shortest side of the picture, {height} x {width} "
                "(height x width): Grid size limits must be within the shortest image edge. Give less, or holes_number_xy=…"
            )
        unit = drawn(rng, self.unit_size_range)
        return width // unit, height // unit


@transform
class XYMasking(_Dropout):
    """Cover stripes across the picture.

    Args:
        num_masks_x: How many stripes from top to bottom; a lone n stands for (0, n).
        num_masks_y: How many stripes from left to right; a lone n stands for (0, n).
        mask_x_length: Width of a stripe from top to bottom in pixels; a lone n stands for (0, n).
        mask_y_length: Height of a stripe from left to right in pixels; a lone n stands for (0, n).
        fill: What covers them: a number, one a channel, ``random``, ``random_uniform``, ``inpaint_telea``, ``inpaint_ns``.
        fill_mask: The value that covers them in masks; None leaves masks and outlines whole.
        p: Probability that the transform is applied.

    Raises:
        DataError: On a picture that is smaller than a stripe may be.

    Source: Park et al., "SpecAugment", 2019.

    Example:
        >>> A.XYMasking(num_masks_x=(1, 1), mask_x_length=(3, 3), p=1)(image=np.ones((1, 3), np.uint8))["image"]
        array([[0, 0, 0]], dtype=uint8)
    """

    num_masks_x: Limits = parameter(default=0, parse=counts(0, lone=0))
    num_masks_y: Limits = parameter(default=0, parse=counts(0, lone=0))
    mask_x_length: Limits = parameter(default=0, parse=counts(0, lone=0))
    mask_y_length: Limits = parameter(default=0, parse=counts(0, lone=0))
    fill: Fill | str = hole_filling()
    fill_mask: Fill | None = mask_filling()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        for name, limits, side, what in (("x", self.mask_x_length, width, "width"), ("y", self.mask_y_length, height, "height")):
            if limits[1] > side:
                raise DataError(f"XYMasking: mask_{name}_length={limits} exceeds the picture's {what} {side}; give less, or put a Resize before it")
        holes = []
        for _ in range(drawn(rng, self.num_masks_x)):
            length = drawn(rng, self.mask_x_length)
            left = drawn(rng, (0, width - length))
            holes.append((left, 0, left + length, height))
        for _ in range(drawn(rng, self.num_masks_y)):
            length = drawn(rng, self.mask_y_length)
            top = drawn(rng, (0, height - length))
            holes.append((0, top, width, top + length))
        return self._erase(scene, holes, rng)


@transform
class MaskDropout(_Dropout):
    """Cover whole objects that the mask shows: what hangs together and has one value, not 0.

    Where no ``mask`` came, each entry of ``masks``, ``polygons`` and ``annotations`` is an object, which goes with all of its row (of an
    annotation that has a box alone, the box).

    Args:
        max_objects: How many objects, at least and at most; a lone n stands for (1, n).
        fill: What covers them: a number, one a channel, ``random``, ``random_uniform``, ``inpaint_telea``, ``inpaint_ns``.
        fill_mask: The value that covers them in masks, and None leaves masks whole; with a value, outlines of the objects go too.
            A box that comes alone shrinks to what is left of it: for round objects that is most of it, so give ``min_visibility``.
        p: Probability that the transform is applied.

    Raises:
        DataError: The call passes nothing of the kind.

    Example:
        >>> A.MaskDropout(p=1)(image=np.uint8([[5, 6, 7]]), mask=np.uint8([[0, 1, 0]]))["image"]
        array([[5, 0, 7]], dtype=uint8)
    """

    max_objects: Limits = parameter(default=(1, 1), parse=counts(1, lone=1))
    fill: Fill | str = hole_filling()
    fill_mask: Fill | None = mask_filling(default=0)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        mask = scene.mask
        if mask is None:
            return self._erase(scene, rectangles(self._of_shapes(scene, rng)), rng, traced=True)
        labels, found = labelled(mask)
        chosen = np.zeros(found + 1, bool)
        chosen[1 + self._chosen(found, rng)] = True
        return self._erase(scene, rectangles(chosen[labels]), rng, traced=True)

    def _chosen(self, found: int, rng: Generator) -> Ints:
        """Returns: Which objects go, counted from 0."""
        return rng.choice(found, min(drawn(rng, self.max_objects), found), replace=False) if found else np.zeros(0, np.intp)

    def _of_shapes(self, scene: Scene, rng: Generator) -> Array:
        """Returns: The pixels of the shapes that go, shape (h, w) bool."""
        came = scene.shapes
        if came is None:
            raise DataError("MaskDropout looks at the mask, and none came; pass mask=… (or masks=…, polygons=…, annotations=…), or use CoarseDropout")
        shapes = [shape for shape in came if shape.part.any()]
        gone = np.zeros(scene.size, bool)
        for k in self._chosen(len(shapes), rng).tolist():
            part, (top, left), _ = shapes[k]
            gone[top : top + part.shape[0], left : left + part.shape[1]] |= shapes[k].among()
        return gone


@transform
class PixelDropout(Transform):
    """Cover single pixels; boxes, outlines and points stay.

    Args:
        dropout_prob: The chance of each pixel.
        per_channel: Draw for each channel of a pixel alone.
        drop_value: What covers them: a number, one a channel, or None for one colour drawn at random.
        mask_drop_value: The value that covers them in masks, in the same places unless ``per_channel``; None leaves masks whole.
        p: Probability that the transform is applied.

    Example:
        >>> A.PixelDropout(dropout_prob=1, drop_value=9, p=1)(image=np.uint8([[1, 2]]))["image"]
        array([[9, 9]], dtype=uint8)
    """

    dropout_prob: float = parameter(default=0.01, parse=chance)
    per_channel: bool = parameter(default=False, parse=flag)
    drop_value: Fill | None = parameter(default=0, parse=optional(fill))
    mask_drop_value: Fill | None = parameter(default=None, parse=optional(fill))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Speckle(self.dropout_prob, self.per_channel, self.drop_value, self.mask_drop_value, int(rng.integers(SEEDS)))
