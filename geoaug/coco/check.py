"""Is a data set consistent with itself and with its pictures?

Every finding is one `Problem` with the ids concerned. The limits are those below which sound data sets differ by
convention: annotators round, areas are counted in pixels or by the shoelace formula, boxes include half a rim.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pycocotools import mask as reference

from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record, all_numbers, short
from geoaug.coco.problems import Problem
from geoaug.coco.records import rings_of
from geoaug.files import probe, safe_path
from geoaug.headers import FileProblem
from geoaug.targets import rle
from geoaug.types import Size

BEYOND = 0.5  # pixels that a shape may stick out of its picture
BOX_PIXELS, BOX_SHARE = 2.0, 0.01  # a box is off when it is off by more than both, the share being of its longer side
AREA_SHARE = 0.01
SAFE_TO_DRAW = 20_000  # pycocotools crashes on coordinates of millions; what lies beyond is not drawn


def check(dataset: Dataset, images: str | Path | None = None) -> list[Problem]:
    """Compare the parts of a data set with each other.

    Args:
        dataset: As read by `load`; what was found there comes first.
        images: Folder of the pictures; their headers are read, their pixels are not. ``None``: only the JSON.

    Returns:
        One problem a finding, in the order of the file; empty for sound data.
    """
    found = list(dataset.problems)
    found += _categories(dataset)
    found += _file_names(dataset)
    points = {row["id"]: row.get("keypoints") for row in dataset.categories}
    for image in dataset.images:
        size = _stated(image)
        if images is not None:
            found += _picture(image, size, images)
        if size is None:
            found.append(_about(image, "image-size-missing", "width and height are not stated; the file's are used"))
        for annotation in dataset.annotations_of(image["id"]):
            for code, message in _annotation(annotation, size, points):
                ids = {"image_id": image["id"], "annotation_id": annotation["id"], "file_name": image["file_name"]}
                found.append(Problem(code, message, **ids))
    return found


# --- pictures and categories -----------------------------------------------------------------------------------------


def _about(image: Record, code: str, message: str) -> Problem:
    return Problem(code, message, image_id=image["id"], file_name=image["file_name"])


def _stated(image: Record) -> Size | None:
    height, width = image.get("height"), image.get("width")
    return (height, width) if height and width else None


def _file_names(dataset: Dataset) -> Iterator[Problem]:
    first: dict[str, Any] = {}
    for image in dataset.images:
        other = first.setdefault(image["file_name"], image["id"])
        if other != image["id"]:
            yield _about(image, "file-name-repeated", f"image {short(other)} has the same file_name")


def _categories(dataset: Dataset) -> Iterator[Problem]:
    posed = {row.get("category_id") for row in dataset.annotations if row.get("keypoints")}
    for category in dataset.categories:
        if category["id"] in posed and not category.get("keypoints"):
            text = f"category {short(category['id'])} names no keypoints, so a mirrored copy cannot swap left and right"
            yield Problem("category-keypoints-missing", text)


def _picture(image: Record, size: Size | None, folder: str | Path) -> Iterator[Problem]:
    try:
        header = probe(safe_path(folder, image["file_name"]))
    except FileProblem as problem:
        yield _about(image, problem.code, str(problem))
        return
    stored, turned = header.size, header.turned
    if size is None:
        return
    if size not in (stored, turned):
        text = f"stated {size[1]} x {size[0]}, the file is {stored[1]} x {stored[0]} (width x height)"
        yield _about(image, "image-size", text)
    elif header.orientation != 1 and size == stored:
        text = f"EXIF orientation {header.orientation}, but the stated size is the stored one: viewers turn it, labels do not"
        yield _about(image, "image-orientation", text)


# --- annotations -----------------------------------------------------------------------------------------------------


def _annotation(row: Record, size: Size | None, points: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    if row["id"] == 0:
        yield "annotation-id-zero", "id 0 counts as unmatched in pycocotools' evaluation; start at 1"
    if row.get("iscrowd") not in (None, 0, 1):
        yield "iscrowd-value", f"iscrowd is {short(row['iscrowd'])}, expected 0 or 1"
    shape = row.get("segmentation")
    hull = _hull(shape) if shape else None
    if shape and hull is None:
        yield "mask-empty", "the mask has no pixel set"
    yield from _box(row.get("bbox"), hull, size)
    if hull is not None:
        beyond = _beyond(hull, size)
        if beyond > BEYOND:
            yield "shape-beyond-image", f"the segmentation sticks out of the image by {beyond:.1f} px"
        yield from _area(row.get("area"), shape)
    if row.get("keypoints"):
        yield from _keypoints(row, size, points.get(row.get("category_id")))


def _hull(shape: Any) -> tuple[float, float, float, float] | None:
    """Left, top, right, bottom of a segmentation; ``None`` of an empty mask."""
    if isinstance(shape, dict):
        x, y, width, height = rle.bbox(shape)
        return (x, y, x + width, y + height) if width else None
    xs = [x for ring in rings_of(shape) for x in ring[0::2]]
    ys = [y for ring in rings_of(shape) for y in ring[1::2]]
    return min(xs), min(ys), max(xs), max(ys)


def _beyond(hull: tuple[float, float, float, float], size: Size | None) -> float:
    if size is None:
        return 0.0
    return max(-hull[0], -hull[1], hull[2] - size[1], hull[3] - size[0])


def _box(box: Any, hull: tuple[float, float, float, float] | None, size: Size | None) -> Iterator[tuple[str, str]]:
    if box is None:
        return
    x, y, width, height = box
    edges = (x, y, x + width, y + height)
    beyond = _beyond(edges, size)
    if beyond > BEYOND:
        yield "bbox-beyond-image", f"bbox {short(box)} sticks out of the image by {beyond:.1f} px"
    if hull is None:
        return
    off = _apart(edges, hull)
    if size is not None:  # some cut the box at the picture's edge and leave the shape, some do the reverse
        off = min(off, _apart(_cut(edges, size), _cut(hull, size)))
    if off > BOX_PIXELS and off > BOX_SHARE * max(width, height):
        text = f"bbox {short(box)} is off the segmentation by {off:.1f} px"
        yield "bbox-not-shape", f"{text}, IoU {_overlap(edges, hull):.2f}; the segmentation's box is {_as_box(hull)}"


def _apart(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return max(abs(p - q) for p, q in zip(a, b, strict=True))


def _cut(edges: tuple[float, float, float, float], size: Size) -> tuple[float, ...]:
    limits = (size[1], size[0], size[1], size[0])
    return tuple(min(max(edge, 0.0), limit) for edge, limit in zip(edges, limits, strict=True))


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0.0) * max(height, 0.0)
    whole = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / whole if whole > 0 else 0.0


def _as_box(hull: tuple[float, float, float, float]) -> list[float]:
    return [round(value, 2) for value in (hull[0], hull[1], hull[2] - hull[0], hull[3] - hull[1])]


def _area(area: Any, shape: Any) -> Iterator[tuple[str, str]]:
    """Compare an area with its shape, by whichever of COCO's ways of counting is nearest."""
    if area is not None and not all_numbers([area]):
        yield "area-number", f"area is {short(area)}, expected a number"
        return
    low, high, rim = _areas(shape)
    if not isinstance(shape, dict) and high == 0:
        yield "polygon-area-zero", "the polygon has no area"
    if area is None or low - AREA_SHARE * low - rim <= area <= high + AREA_SHARE * high + rim:
        return
    drawn = _drawn_area(shape)
    if drawn is None or abs(area - drawn) > AREA_SHARE * drawn + rim:
        truth = high if drawn is None else drawn
        yield "area-not-shape", f"area is {short(area)}, the segmentation's is {truth:.1f}"


def _areas(shape: Any) -> tuple[float, float, float]:
    """Least and greatest area by formula, and half a pixel along the outline: what counting pixels may add or lose."""
    if isinstance(shape, dict):
        area = float(rle.area(shape))
        return area, area, 0.0
    area = rim = 0.0
    for ring in rings_of(shape):
        corners = np.asarray(ring, np.float64).reshape(-1, 2)
        step = np.roll(corners, -1, axis=0) - corners
        rim += 0.5 * float(np.hypot(step[:, 0], step[:, 1]).sum())
        local = corners - corners[0]  # near the origin the products lose no digits
        area += 0.5 * abs(float(np.sum(local[:, 0] * step[:, 1] - local[:, 1] * step[:, 0])))
    return area, area, rim


def _drawn_area(shape: Any) -> float | None:
    """Pixels of overlapping or crossing polygons, counted once; ``None`` where drawing them would not be safe."""
    if isinstance(shape, dict):
        return None
    rings = [np.asarray(ring, np.float64).reshape(-1, 2) for ring in rings_of(shape)]
    corners = np.concatenate(rings)
    origin = np.floor(corners.min(axis=0))
    width, height = (int(side) + 1 for side in np.ceil(corners.max(axis=0) - origin))
    if max(width, height) > SAFE_TO_DRAW:
        return None
    masks = reference.frPyObjects([(ring - origin).reshape(-1).tolist() for ring in rings], height, width)
    return float(reference.area(reference.merge(masks)))


def _keypoints(row: Record, size: Size | None, names: Any) -> Iterator[tuple[str, str]]:
    triples = np.asarray(row["keypoints"], np.float64).reshape(-1, 3)
    x, y, v = triples.T
    if isinstance(names, list) and names and len(names) != len(triples):
        yield "keypoints-number", f"{len(triples)} keypoints, the category names {len(names)}"
    strange = np.flatnonzero(~np.isin(v, (0, 1, 2)))
    if len(strange):
        yield "keypoint-visibility", f"keypoint {strange[0]}: v is {v[strange[0]]:g}, expected 0, 1 or 2"
    stated = row.get("num_keypoints")
    if stated is not None and stated != int((v > 0).sum()):
        yield "keypoints-count", f"num_keypoints is {short(stated)}, {int((v > 0).sum())} are labelled"
    placed = np.flatnonzero((v == 0) & ((x != 0) | (y != 0)))
    if len(placed):
        k = placed[0]
        yield "keypoint-unlabelled", f"keypoint {k}: v is 0 (not labelled), but it stands at ({x[k]:g}, {y[k]:g}), not (0, 0)"
    if size is not None:
        outside = (x < -BEYOND) | (y < -BEYOND) | (x > size[1] + BEYOND) | (y > size[0] + BEYOND)
        lost = np.flatnonzero(outside & (v > 0))
        if len(lost):
            k = lost[0]
            yield "keypoint-beyond-image", f"keypoint {k} at ({x[k]:g}, {y[k]:g}) lies outside of the image"
