"""Records that mean one thing and spell it in a way that other readers of COCO do not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geoaug.coco.dataset import Dataset
from geoaug.coco.records import by_points
from geoaug.coco.summary import counted
from geoaug.targets.annotations import is_flat


def respelled(dataset: Dataset) -> Iterator[str]:
    """Write flat polygons as lists of lists, keypoints as one list and ``iscrowd`` as 0 or 1, in the records of a data set.

    Returns:
        A remark on each of the three that was found.
    """
    flat = posed = crowds = 0
    for row in dataset.annotations:
        shape = row.get("segmentation")
        if isinstance(shape, list) and shape and is_flat(shape):
            row["segmentation"] = [shape]
            flat += 1
        points = row.get("keypoints")
        if points and by_points(points):
            row["keypoints"] = [number for point in points for number in point]
            posed += 1
        crowd = row.get("iscrowd")
        if crowd is not None and type(crowd) is not int and (plain := _crowd(crowd)) is not None:
            row["iscrowd"] = plain
            crowds += 1
    if flat:
        yield f"{counted(flat, 'flat polygon')} written as a list of lists, as pycocotools needs it"
    if posed:
        yield f"keypoints of {counted(posed, 'annotation')} written as one list x, y, v, …, as pycocotools needs it"
    if crowds:
        yield f"iscrowd of {counted(crowds, 'annotation')} written as 0 or 1"


def _crowd(value: Any) -> int | None:
    """0 or 1, if the value stands for one of them."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number in (0, 1) else None
