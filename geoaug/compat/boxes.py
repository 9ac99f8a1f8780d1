"""Boxes by themselves, as shares of the picture's size: x_min, y_min, x_max, y_max, then whatever else a row has."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from geoaug.compat.written import changed, kept, size_then
from geoaug.errors import DataError, ParameterError
from geoaug.geometry.matrix import about, move, rotation
from geoaug.targets.boxes import BboxParams, to_corners, to_format
from geoaug.types import Array, Floats, Size

FORMATS = ("coco", "pascal_voc", "yolo", "albumentations")
SIDES = ("x_min", "y_min", "x_max", "y_max")
ELLIPSE = np.radians(np.arange(360))


def single(of_many: Callable[..., Any]) -> Callable[..., Any]:
    """Returns: The function for one row that 1.x has beside the one for many."""

    @functools.wraps(of_many)
    def of_one(row: Any, *given: Any, **named: Any) -> Any:
        out = of_many([tuple(row)], *given, **named)
        return None if out is None else out[0]

    of_one.__doc__ = f"``{of_many.__name__}`` of a single row, as 1.x has it."
    return of_one


def normalize_bboxes(bboxes: Any, *shape: Any, **named: Any) -> Any:
    """Boxes in pixels as shares of the picture's size.

    Args:
        bboxes: x_min, y_min, x_max, y_max in pixels: an array (N, 4 + columns), or a list of tuples.
        shape: ``rows, cols``, or (height, width), or ``{"height": …, "width": …}``.
        named: The same by name.

    Example:
        >>> normalize_bboxes([(15, 25, 100, 200, "cat")], 200, 400)
        [(0.0375, 0.125, 0.25, 1.0, 'cat')]
    """
    (height, width), _ = size_then(shape, named, ())
    return changed(bboxes, 4, lambda boxes: boxes / (width, height, width, height))


def denormalize_bboxes(bboxes: Any, *shape: Any, **named: Any) -> Any:
    """Boxes as shares of the picture's size in pixels; arguments as of ``normalize_bboxes``."""
    (height, width), _ = size_then(shape, named, ())
    return changed(bboxes, 4, lambda boxes: boxes * (width, height, width, height))


def _known(name: str, value: str) -> str:
    if value not in FORMATS:
        raise ParameterError(f"Unknown {name} {value}. Supported formats are: {', '.join(map(repr, FORMATS))}")
    return value


def convert_bboxes_to_albumentations(bboxes: Any, source_format: str, *shape: Any, **named: Any) -> Any:
    """Boxes of a format as shares of the picture's size.

    Args:
        bboxes: An array (N, 4 + columns), or a list of tuples.
        source_format: ``"coco"``, ``"pascal_voc"``, ``"yolo"`` or ``"albumentations"``.
        shape: As of ``normalize_bboxes``; ``check_validity`` may follow.
        named: The same by name.
    """
    _known("source_format", source_format)
    size, more = size_then(shape, named, ("check_validity",))
    out = changed(bboxes, 4, lambda boxes: to_format(to_corners(boxes, source_format, size), "albumentations", size))
    if more.get("check_validity"):
        check_bboxes(out)
    return out


def convert_bboxes_from_albumentations(bboxes: Any, target_format: str, *shape: Any, **named: Any) -> Any:
    """Boxes as shares of the picture's size in a format; arguments as of ``convert_bboxes_to_albumentations``."""
    _known("target_format", target_format)
    size, more = size_then(shape, named, ("check_validity",))
    if more.get("check_validity"):
        check_bboxes(bboxes)
    return changed(bboxes, 4, lambda boxes: to_format(to_corners(boxes, "albumentations", size), target_format, size))


def check_bboxes(bboxes: Any) -> None:
    """Refuse boxes that reach beyond the picture, or have no area.

    Raises:
        DataError: The first such box.
    """
    for box in bboxes:
        for side, value in zip(SIDES, box, strict=False):
            if not 0 <= value <= 1 and not np.isclose(value, 0) and not np.isclose(value, 1):
                raise DataError(f"Expected {side} for bbox {box} to be in the range [0.0, 1.0], got {value}.")
        for low, high in ((0, 2), (1, 3)):
            if box[high] <= box[low]:
                raise DataError(f"{SIDES[high]} is less than or equal to {SIDES[low]} for bbox {box}.")


def check_bbox(bbox: Any) -> None:
    """Refuse a box that reaches beyond the picture, or has no area."""
    check_bboxes([bbox])


def clip_bboxes(bboxes: Any, *shape: Any, **named: Any) -> Any:
    """Boxes cut to the picture; arguments as of ``normalize_bboxes``."""
    return changed(bboxes, 4, lambda boxes: np.clip(boxes, 0.0, 1.0))


def calculate_bbox_areas_in_pixels(bboxes: Any, *shape: Any, **named: Any) -> Floats:
    """Areas of boxes that are shares of the picture's size, in square pixels, shape (N,); arguments as of ``normalize_bboxes``."""
    pixels = np.array([tuple(row[:4]) for row in denormalize_bboxes(bboxes, *shape, **named)], float).reshape(-1, 4)
    return (pixels[:, 2] - pixels[:, 0]) * (pixels[:, 3] - pixels[:, 1])


def calculate_bbox_area(bbox: Any, *shape: Any, **named: Any) -> float:
    """The area of a box that is shares of the picture's size, in square pixels, as 1.x has it."""
    return float(calculate_bbox_areas_in_pixels([bbox], *shape, **named)[0])


def filter_bboxes(bboxes: Any, *shape: Any, **named: Any) -> Any:
    """Boxes cut to the picture, but for those that are too small or too little of which is in view.

    Args:
        bboxes: Shares of the picture's size: an array (N, 4 + columns), or a list of tuples.
        shape: As of ``normalize_bboxes``; ``min_area``, ``min_visibility``, ``min_width``, ``min_height``, ``max_accept_ratio`` may follow,
            as of ``BboxParams``. Beside a shape, as in 2.x, the least width and height are 1 pixel where nothing else is said.
        named: The same by name.
    """
    if "rows" not in named and not (shape and np.ndim(shape[0]) == 0 and not isinstance(shape[0], Mapping)):
        named = dict.fromkeys(("min_width", "min_height")[max(len(shape) - 3, 0) :], 1.0) | named
    height_width, limits = size_then(shape, named, ("min_area", "min_visibility", "min_width", "min_height", "max_accept_ratio"))
    if not len(bboxes):
        return bboxes
    cut = clip_bboxes(bboxes)
    before, after = (calculate_bbox_areas_in_pixels(rows, height_width) for rows in (bboxes, cut))
    pixels = np.array([tuple(row[:4]) for row in denormalize_bboxes(cut, height_width)], float)
    visible = np.divide(after, before, out=np.zeros_like(before), where=before > 0)
    return kept(cut, BboxParams("albumentations", **limits).accepts(pixels, visible))


def union_of_bboxes(*given: Any, **named: Any) -> Any:
    """The box around all boxes, made smaller by a share of its size.

    Args:
        given: ``height, width, bboxes, erosion_rate`` as in 1.x, where each box is made smaller; ``bboxes, erosion_rate`` as in 2.x.
        named: The same by name.

    Returns: (x_min, y_min, x_max, y_max), or None where nothing is left.
    """
    names = ("height", "width", "bboxes", "erosion_rate") if len(given) > 2 or "height" in named else ("bboxes", "erosion_rate")
    taken = dict(zip(names, given, strict=False)) | named
    boxes = np.array([tuple(box[:4]) for box in taken["bboxes"]], float).reshape(-1, 4)
    rate = taken.get("erosion_rate", 0.0)
    if "height" in names:
        sides = (boxes[:, 2:] - boxes[:, :2]) * rate
        boxes = np.concatenate([boxes[:, :2] + sides, boxes[:, 2:] - sides], axis=1)
    if not len(boxes) or (rate >= 1 and "height" not in names):
        return None
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    if "height" not in names and len(boxes) > 1:
        low, high = low + (high - low) * rate / 2, high - (high - low) * rate / 2
    union = np.concatenate([low, high])
    return tuple(union.tolist()) if "height" in names else union


def bboxes_from_masks(masks: Array) -> Array:
    """The boxes around what is not 0 in masks (N, h, w) or (h, w), in pixels, shape (N, 4); -1 four times where a mask is empty."""
    stack = masks[None] if masks.ndim == 2 else masks
    boxes = np.full((len(stack), 4), -1, np.int32)
    for box, mask in zip(boxes, stack, strict=True):
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if len(rows):
            box[:] = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    return boxes


def masks_from_bboxes(bboxes: Any, *shape: Any, **named: Any) -> Array:
    """A mask for each box in pixels, 1 inside of it, shape (N, h, w); the size as of ``normalize_bboxes``."""
    (height, width), _ = size_then(shape, named, ())
    masks = np.zeros((len(bboxes), height, width), np.uint8)
    for mask, (left, top, right, bottom, *_) in zip(masks, bboxes, strict=True):
        mask[max(int(top), 0) : max(int(bottom), 0), max(int(left), 0) : max(int(right), 0)] = 1
    return masks


def crop_bboxes_by_coords(bboxes: Any, crop_coords: Sequence[int], *given: Any, **named: Any) -> Any:
    """Boxes as shares of a part of the picture, uncut.

    Args:
        bboxes: Shares of the whole picture's size: an array (N, 4 + columns), or a list of tuples.
        crop_coords: x_min, y_min, x_max, y_max of the part in pixels.
        given: The whole picture's size as of ``normalize_bboxes``; ``normalized_input`` may follow. 1.x puts the part's height and width first.
        named: The same by name.
    """
    if len(given) >= 4:  # crop_height, crop_width, rows, cols
        given = given[2:]
    named = {name: value for name, value in named.items() if name not in ("crop_height", "crop_width")}
    (height, width), more = size_then(given, named, ("normalized_input",))
    left, top, right, bottom = crop_coords
    whole = (width, height, width, height) if more.get("normalized_input", True) else (1, 1, 1, 1)
    part = (right - left, bottom - top) * 2
    return changed(bboxes, 4, lambda boxes: (boxes * whole - (left, top, left, top)) / part)


def bbox_crop(bbox: Any, x_min: int, y_min: int, x_max: int, y_max: int, rows: int, cols: int) -> Any:
    """A box as shares of a part of the picture, uncut, as 1.x has it."""
    return crop_bboxes_by_coords([tuple(bbox)], (x_min, y_min, x_max, y_max), rows, cols)[0]


def bboxes_hflip(bboxes: Any) -> Any:
    """Boxes that are shares of the picture's size, left and right exchanged."""
    return changed(bboxes, 4, lambda boxes: np.stack([1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]], axis=1))


def bboxes_vflip(bboxes: Any) -> Any:
    """Boxes that are shares of the picture's size, top and bottom exchanged."""
    return changed(bboxes, 4, lambda boxes: np.stack([boxes[:, 0], 1 - boxes[:, 3], boxes[:, 2], 1 - boxes[:, 1]], axis=1))


def bboxes_transpose(bboxes: Any) -> Any:
    """Boxes that are shares of the picture's size, x and y exchanged."""
    return changed(bboxes, 4, lambda boxes: boxes[:, [1, 0, 3, 2]])


def bboxes_rot90(bboxes: Any, factor: int, *shape: Any, **named: Any) -> Any:
    """Boxes that are shares of the picture's size after quarter turns, counter-clockwise as seen."""
    for _ in range(factor % 4):
        bboxes = bboxes_vflip(bboxes_transpose(bboxes))
    return bboxes


def bboxes_rotate(bboxes: Any, angle: float, *given: Any, **named: Any) -> Any:
    """Boxes that are shares of the picture's size after a turn about its middle, uncut.

    Args:
        bboxes: An array (N, 4 + columns), or a list of tuples.
        angle: Degrees, counter-clockwise as seen.
        given: What a box stands for, ``"largest_box"`` (its corners, where it is left out) or ``"ellipse"``; then the picture's size as of
            ``normalize_bboxes``.
        named: The same by name; the first is ``method`` or ``rotate_method``.
    """
    rest, by_name = list(given), dict(named)
    method = rest.pop(0) if rest and isinstance(rest[0], str) else by_name.pop("method", by_name.pop("rotate_method", "largest_box"))
    if method not in ("largest_box", "ellipse"):
        raise ParameterError(f"Method {method} is not a valid rotation method; expected 'largest_box' or 'ellipse'")
    size, _ = size_then(rest, by_name, ())
    return changed(bboxes, 4, lambda boxes: np.array([_turned(box, angle, method, size) for box in boxes]))


def _turned(box: Floats, angle: float, method: str, size: Size) -> Floats:
    height, width = size
    x0, y0, x1, y1 = (box * (width, height, width, height)).tolist()
    outline = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if method == "ellipse":
        circle = np.stack([np.cos(ELLIPSE), np.sin(ELLIPSE)], axis=1)
        outline = circle * ((x1 - x0) / 2, (y1 - y0) / 2) + ((x0 + x1) / 2, (y0 + y1) / 2)
    moved = move(about(rotation(angle), width / 2, height / 2), outline)
    return np.concatenate([moved.min(axis=0), moved.max(axis=0)]) / (width, height, width, height)


normalize_bbox = single(normalize_bboxes)
denormalize_bbox = single(denormalize_bboxes)
convert_bbox_to_albumentations = single(convert_bboxes_to_albumentations)
convert_bbox_from_albumentations = single(convert_bboxes_from_albumentations)
crop_bbox_by_coords = single(crop_bboxes_by_coords)
bbox_rotate = single(bboxes_rotate)
bbox_rot90 = single(bboxes_rot90)
bbox_transpose = single(bboxes_transpose)


def bbox_hflip(bbox: Any, rows: int | None = None, cols: int | None = None) -> Any:
    """A box that is shares of the picture's size, left and right exchanged, as 1.x has it."""
    return bboxes_hflip([tuple(bbox)])[0]


def bbox_vflip(bbox: Any, rows: int | None = None, cols: int | None = None) -> Any:
    """A box that is shares of the picture's size, top and bottom exchanged, as 1.x has it."""
    return bboxes_vflip([tuple(bbox)])[0]
