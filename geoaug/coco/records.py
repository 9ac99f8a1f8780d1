"""What makes a COCO record unusable, told without computing with a number before it was looked at."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

from geoaug.coco.document import Record, all_numbers, short
from geoaug.errors import DataError
from geoaug.files import MAX_PIXELS
from geoaug.targets import rle

Fault: TypeAlias = "tuple[str, str] | None"  # code and message

FARTHEST = 16  # picture sizes between a coordinate and the origin; what lies beyond is a broken number
FARTHEST_POINT = 1e9  # a keypoint that is not labelled may hold anything, but no more than this
PAIRS = "points as pairs; COCO writes one list x, y, x, y, …"
LONGEST = 1_000_000  # numbers in one segmentation
UNKNOWN_SIDE = 65_535  # taken for a picture whose size is not stated


def id_fault(where: str, row: Record) -> Fault:
    if "id" not in row:
        return "id-missing", f"{where}: no id"
    value = row["id"]
    if type(value) is int or (type(value) is str and value) or type(plain_id(value)) is int:
        return None
    return "id-invalid", f"{where}: id is {short(value)}, expected a whole number"


def plain_id(value: Any) -> Any:
    """An id that pandas wrote as 1.0 is 1; whatever cannot be an id at all becomes ``None``."""
    if type(value) is float:
        return int(value) if value.is_integer() else None
    return value if type(value) in (int, str) else None


def size_of(image: Record) -> tuple[int, int] | None:
    """Returns: (height, width) that a sound image record states; None where it does not."""
    height, width = image.get("height"), image.get("width")
    return (height, width) if height and width else None


def limit_of(image: Record) -> float:
    """Returns: The farthest coordinate that can be meant in a picture."""
    return FARTHEST * max(image.get("width") or UNKNOWN_SIDE, image.get("height") or UNKNOWN_SIDE)


def shape_fault(shape: Any, size: tuple[int, int] | None, limit: float, max_pixels: int = MAX_PIXELS) -> Fault:
    """Code and message of what is wrong with a segmentation, without computing with a number before it was looked at.

    Args:
        shape: Polygons as a list of lists, one polygon as a flat list, or RLE.
        size: (height, width) of its picture where known.
        limit: Farthest coordinate that can be meant.
        max_pixels: Largest RLE canvas.
    """
    if isinstance(shape, dict):
        try:
            rle.counts(shape, max_pixels)
        except DataError as error:
            return "rle-invalid", f"segmentation: {error}"
        if size is not None and tuple(shape["size"]) != size:
            return "rle-size", f"segmentation: RLE size {shape['size']}, the image's is {list(size)} (height, width)"
        return None
    if not isinstance(shape, list):
        return "segmentation-kind", f"segmentation is {short(shape)}, expected polygons or RLE"
    if len(shape) > LONGEST or sum(len(ring) for ring in shape if isinstance(ring, list)) > LONGEST:
        return "polygon-long", f"segmentation: more than {LONGEST} numbers"
    if not isinstance(shape[0], list):
        return _ring_fault("segmentation", shape, limit)
    if len(shape) > 2 and all(isinstance(point, list) and len(point) == 2 for point in shape):
        return "polygon-pairs", f"segmentation: {PAIRS}"
    for index, ring in enumerate(shape):
        fault = _ring_fault(f"segmentation[{index}]", ring, limit)
        if fault:
            return fault
    return None


def _ring_fault(where: str, ring: Any, limit: float) -> Fault:
    if not isinstance(ring, list):
        return "polygon-numbers", f"{where} is {short(ring)}, expected a list x, y, x, y, …"
    if not all_numbers(ring):
        if all(isinstance(point, list) for point in ring):
            return "polygon-pairs", f"{where}: {PAIRS}"
        return "polygon-numbers", f"{where}: {short(_first_odd(ring))} among the coordinates"
    if len(ring) % 2:
        return "polygon-odd", f"{where}: {len(ring)} numbers; expected pairs x, y, so an even count"
    if len(ring) < 6:
        return "polygon-short", f"{where}: {len(ring) // 2} points; a polygon needs at least 3"
    if not (-limit <= min(ring) and max(ring) <= limit):
        worst = max(ring, key=abs)
        return "polygon-far", f"{where}: coordinate {short(worst)} lies more than {FARTHEST} picture sizes away"
    return None


def box_fault(box: Any, width: int | None, height: int | None, limit: float) -> Fault:
    """Code and message of what is wrong with a box; one that only overhangs its picture is sound."""
    if not isinstance(box, list) or len(box) != 4 or not all_numbers(box):
        return "bbox-numbers", f"bbox is {short(box)}, expected four numbers x, y, width, height"
    x, y, w, h = box
    if not all(-math.inf < value < math.inf for value in box):
        return "bbox-not-finite", f"bbox {short(box)} is not finite"
    if w <= 0 or h <= 0:
        return "bbox-degenerate", f"bbox {short(box)}: width and height must be more than 0"
    if max(abs(x), abs(y), w, h) > limit or x + w <= 0 or y + h <= 0 or (width and x >= width) or (height and y >= height):
        return "bbox-outside", f"bbox {short(box)} lies outside of its image of {width} x {height}"
    return None


def by_points(points: Any) -> bool:
    """Returns: Whether keypoints come as a list of three numbers each, as some tools write them."""
    return type(points) is list and bool(points) and all(type(point) is list and len(point) == 3 for point in points)


def keypoints_fault(points: Any) -> Fault:
    """Code and message of what is wrong with a list of keypoints."""
    if points is None or points == []:
        return None
    if not isinstance(points, list):
        return "keypoints-numbers", f"keypoints is {short(points)}, expected a list x, y, v, …"
    if by_points(points):
        points = [number for point in points for number in point]
    if not all_numbers(points):
        return "keypoints-numbers", f"keypoints: {short(_first_odd(points))} among the numbers"
    if len(points) % 3:
        return "keypoints-length", f"keypoints: {len(points)} numbers; expected x, y, v for each, so a multiple of 3"
    if max(max(points), -min(points)) > FARTHEST_POINT:
        return "keypoints-numbers", f"keypoints: {short(max(points, key=abs))} is no coordinate"
    return None


def rings_of(shape: Any) -> list[list[float]]:
    """Returns: The polygons of a sound segmentation that is not RLE, the flat dialect among them."""
    if not shape:
        return []
    return shape if isinstance(shape[0], list) else [shape]


def box_of(shape: Any) -> list[float] | None:
    """The box of a sound segmentation; ``None`` where it has no area to draw a box around."""
    if isinstance(shape, dict):
        box = rle.bbox(shape)
    else:
        xs = [x for ring in rings_of(shape) for x in ring[0::2]]
        ys = [y for ring in rings_of(shape) for y in ring[1::2]]
        box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
    return box if box[2] > 0 and box[3] > 0 else None


def _first_odd(values: list[Any]) -> Any:
    return next(value for value in values if type(value) not in (int, float))


def is_crowd(row: Record) -> bool:
    """Returns: Whether an annotation is one of a crowd, however that is spelled."""
    value = row.get("iscrowd")
    try:
        return float(value or 0) != 0
    except (TypeError, ValueError):
        return True
