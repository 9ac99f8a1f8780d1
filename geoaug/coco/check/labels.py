"""What one annotation says of its object, each part held against the others.

The limits are those below which sound data sets differ by convention: annotators round, areas are counted in pixels or by
the shoelace formula, boxes include half a rim, and keypoints lie where a body goes on behind its box.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from pycocotools import mask as reference

from geoaug.coco.check.outlines import Hull, Measured
from geoaug.coco.document import Record, all_numbers, short
from geoaug.coco.records import by_points, rings_of
from geoaug.types import Size

BEYOND = 0.5  # pixels that a shape may stick out of its picture
BOX_PIXELS, BOX_SHARE = 2.0, 0.01  # a box is off when it is off by more than both, the share being of its longer side
AREA_SHARE = 0.01
SAFE_TO_DRAW = 20_000  # pycocotools crashes on coordinates of millions; what lies beyond is not drawn
AROUND = 0.5  # of a box's longer side: in ../shared/data/real/coco-mini a labelled keypoint lies at most 0.46 of it beside its box
Found = tuple[str, str]  # code and message


def label_faults(row: Record, shape: Measured | None, size: Size | None, points: Mapping[Any, Any]) -> Iterator[Found]:
    """Hold the parts of one annotation against each other.

    Args:
        row: A record that can be used.
        shape: What its segmentation measures; ``None`` where it has none.
        size: (height, width) that is stated for its picture.
        points: By category the names of its keypoints.

    Returns:
        Code and message of whatever does not fit.
    """
    if row["id"] == 0:
        yield "annotation-id-zero", "id 0 counts as unmatched in pycocotools' evaluation; start at 1"
    crowd = row.get("iscrowd")
    if crowd not in (None, 0, 1):
        yield "iscrowd-value", f"iscrowd is {short(crowd)}, expected 0 or 1"
    hull = None if shape is None else shape.hull
    if shape is not None and hull is None:
        yield "mask-empty", "the mask has no pixel set"
    box = row.get("bbox")
    wrong = [] if box is None else list(_box(box, hull, size))
    yield from wrong
    if shape is not None and hull is not None:
        beyond = _beyond(hull, size)
        if beyond > BEYOND:
            yield "shape-beyond-image", f"the segmentation sticks out of the image by {beyond:.1f} px"
        yield from _area(row, shape)
    if row.get("keypoints"):
        yield from _keypoints(row, size, points.get(row.get("category_id")), None if wrong else box)


# --- boxes -----------------------------------------------------------------------------------------------------------


def _beyond(edges: Hull, size: Size | None) -> float:
    if size is None:
        return 0.0
    return max(-edges[0], -edges[1], edges[2] - size[1], edges[3] - size[0])


def _box(box: Any, hull: Hull | None, size: Size | None) -> Iterator[Found]:
    x, y, width, height = box
    edges = (x, y, x + width, y + height)
    beyond = _beyond(edges, size)
    if beyond > BEYOND:
        yield "bbox-beyond-image", f"bbox {short(box)} sticks out of the image by {beyond:.1f} px"
    if hull is None:
        return
    off = _apart(edges, hull)
    if off <= BOX_PIXELS:
        return
    if size is not None:  # some cut the box at the picture's edge and leave the shape, some do the reverse
        off = min(off, _apart(_cut(edges, size), _cut(hull, size)))
    if off > BOX_PIXELS and off > BOX_SHARE * max(width, height):
        text = f"bbox {short(box)} is off the segmentation by {off:.1f} px"
        yield "bbox-not-shape", f"{text}, IoU {_overlap(edges, hull):.2f}; the segmentation's box is {_as_box(hull)}"


def _apart(a: Hull, b: Hull) -> float:
    return max(abs(a[0] - b[0]), abs(a[1] - b[1]), abs(a[2] - b[2]), abs(a[3] - b[3]))


def _cut(edges: Hull, size: Size) -> Hull:
    left, top, right, bottom = edges
    height, width = size
    return min(max(left, 0.0), width), min(max(top, 0.0), height), min(max(right, 0.0), width), min(max(bottom, 0.0), height)


def _overlap(a: Hull, b: Hull) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0.0) * max(height, 0.0)
    whole = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / whole if whole > 0 else 0.0


def _as_box(hull: Hull) -> list[float]:
    return [round(value, 2) for value in (hull[0], hull[1], hull[2] - hull[0], hull[3] - hull[1])]


# --- areas -----------------------------------------------------------------------------------------------------------


def _area(row: Record, shape: Measured) -> Iterator[Found]:
    """Compare an area with its shape, by whichever of COCO's ways of counting is nearest."""
    area, segmentation = row.get("area"), row["segmentation"]
    if area is not None and not all_numbers([area]):
        yield "area-number", f"area is {short(area)}, expected a number"
        return
    if shape.area == 0 and not isinstance(segmentation, dict):
        yield "polygon-area-zero", "the polygon has no area"
    if area is None or abs(area - shape.area) <= AREA_SHARE * shape.area + shape.rim:
        return
    drawn = _drawn_area(segmentation)
    if drawn is not None and abs(area - drawn) <= AREA_SHARE * drawn + shape.rim:
        return
    text = f"area is {short(area)}, the segmentation's is {shape.area if drawn is None else drawn:.1f}"
    if row.get("iscrowd") == 1:  # COCO's own crowds: nobody computes with these areas
        yield "crowd-area", f"{text}; of a crowd it decides nothing"
    else:
        yield "area-not-shape", text


def area_of_box(row: Record) -> bool:
    """Returns: Whether the area is that of the box."""
    area, box = row.get("area"), row.get("bbox")
    return box is not None and area is not None and all_numbers([area]) and abs(area - box[2] * box[3]) <= AREA_SHARE * max(area, 1.0)


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


# --- keypoints -------------------------------------------------------------------------------------------------------


def _keypoints(row: Record, size: Size | None, names: Any, box: Any) -> Iterator[Found]:
    given = row["keypoints"]
    if by_points(given):
        given = [number for point in given for number in point]
    xs, ys, vs = given[0::3], given[1::3], given[2::3]
    if isinstance(names, list) and names and len(names) != len(vs):
        yield "keypoints-number", f"{len(vs)} keypoints, the category names {len(names)}"
    strange = next((k for k, v in enumerate(vs) if v not in (0, 1, 2)), None)
    if strange is not None:
        yield "keypoint-visibility", f"keypoint {strange}: v is {vs[strange]:g}, expected 0, 1 or 2"
    labelled = [k for k, v in enumerate(vs) if v > 0]
    yield from _counted(row.get("num_keypoints"), len(labelled))
    placed = next((k for k, v in enumerate(vs) if v == 0 and (xs[k] or ys[k])), None)
    if placed is not None:
        where = f"it stands at ({xs[placed]:g}, {ys[placed]:g}), not (0, 0)"
        yield "keypoint-unlabelled", f"keypoint {placed}: v is 0 (not labelled), but {where}"
    if size is not None:
        lost = next((k for k in labelled if _beyond((xs[k], ys[k], xs[k], ys[k]), size) > BEYOND), None)
        if lost is not None:
            yield "keypoint-beyond-image", f"keypoint {lost} at ({xs[lost]:g}, {ys[lost]:g}) lies outside of the image"
    if box is not None and labelled:
        yield from _off_box([(xs[k], ys[k]) for k in labelled], box)


def _counted(stated: Any, labelled: int) -> Iterator[Found]:
    """Hold ``num_keypoints`` against the keypoints: what it says beside none and some, data sets count in their own ways."""
    if stated is None or stated == labelled:
        return
    text = f"num_keypoints is {short(stated)}, {labelled} are labelled"
    if type(stated) is not int or (stated > 0) != (labelled > 0):
        yield "keypoints-count", f"{text}; evaluation passes over objects that claim none"
    else:
        yield "keypoints-counted-otherwise", text


def _off_box(points: list[tuple[float, float]], box: Any) -> Iterator[Found]:
    x, y, width, height = box
    room = AROUND * max(width, height) + BOX_PIXELS
    far = sum(not (x - room <= a <= x + width + room and y - room <= b <= y + height + room) for a, b in points)
    if 2 * far > len(points):
        yield "keypoints-off-box", f"{far} of {len(points)} labelled keypoints lie far from bbox {short(box)}"
