"""Records that mean one thing and spell it in a way that other readers of COCO do not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from geoaug.coco.document import Record
from geoaug.coco.plural import counted
from geoaug.coco.records import by_points
from geoaug.targets.annotations import is_flat

FLAT, POSED, CROWD = "flat", "points", "crowd"


def respell(rows: Iterable[Record]) -> Counter[str]:
    """Write flat polygons as lists of lists, keypoints as one list and ``iscrowd`` as 0 or 1.

    Returns:
        How many annotations had each of the three, for `remarks_on`.
    """
    found: Counter[str] = Counter()
    for row in rows:
        shape = row.get("segmentation")
        if isinstance(shape, list) and shape and is_flat(shape):
            row["segmentation"] = [shape]
            found[FLAT] += 1
        points = row.get("keypoints")
        if points and by_points(points):
            row["keypoints"] = [number for point in points for number in point]
            found[POSED] += 1
        crowd = row.get("iscrowd")
        if crowd is not None and type(crowd) is not int and (plain := _crowd(crowd)) is not None:
            row["iscrowd"] = plain
            found[CROWD] += 1
    return found


def remarks_on(found: Mapping[str, int]) -> Iterator[str]:
    """Returns: A remark on each of the three that was found."""
    if found.get(FLAT):
        yield f"{counted(found[FLAT], 'flat polygon')} written as a list of lists, as pycocotools needs it"
    if found.get(POSED):
        yield f"keypoints of {counted(found[POSED], 'annotation')} written as one list x, y, v, …, as pycocotools needs it"
    if found.get(CROWD):
        yield f"iscrowd of {counted(found[CROWD], 'annotation')} written as 0 or 1"


def _crowd(value: Any) -> int | None:
    """0 or 1, if the value stands for one of them."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number in (0, 1) else None
