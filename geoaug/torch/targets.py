"""Targets as torchvision's models take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from geoaug.coco.panoptic import VOID, Segments
from geoaug.torch.packed import Left, Part
from geoaug.types import Array, Size

TARGETS = ("detection", "instance", "semantic", "keypoints", "panoptic")


def target_of(kind: str, left: Left, labels: Array, crowds: Array, size: Size, points: int, mask: Array | None) -> Any:
    """Returns: The target of one picture, without ``image_id``.

    Args:
        kind: One of ``TARGETS``.
        left: What stays of its annotations.
        labels: The label of each, shape (N,) int64.
        crowds: 1 for each that is a crowd, shape (N,) int64.
        size: (height, width) of the output.
        points: How many keypoints each has in the answer; missing ones are 0, 0, 0.
        mask: What the pipeline made of an empty semantic mask.
    """
    if kind == "semantic":
        assert mask is not None
        return torch.from_numpy(_painted(np.asarray(mask), left, labels, crowds))
    boxes = left.boxes.astype(np.float32)
    kept: Array = np.all(boxes[:, 2:] > boxes[:, :2], axis=1)  # float32 may not tell the sides of a sliver apart, and models refuse such a box
    parts = left.parts(size) if kind == "instance" else []
    for k, (part, _) in enumerate(parts):
        if not (part.size and part[len(part) // 2].any()) and not part.any():  # the line in the middle nearly always tells
            kept[k] = False
    rows = slice(None) if kept.all() else np.flatnonzero(kept)
    out = {"boxes": boxes[rows], "labels": labels[rows], "area": left.areas[rows].astype(np.float32), "iscrowd": crowds[rows]}
    if kind == "instance":
        out["masks"] = _stacked([part for part, keep in zip(parts, kept.tolist(), strict=True) if keep], size)
    if kind == "keypoints":
        out["keypoints"] = _padded(left.points, len(boxes), points)[rows]
    return {name: torch.from_numpy(value) for name, value in out.items()}


def panoptic_target(segments: Segments, labels: Mapping[Any, int]) -> dict[str, torch.Tensor]:
    """Returns: The target of one picture of a panoptic file, without ``image_id``.

    Args:
        segments: What the pipeline left of them.
        labels: What stands for each category.
    """
    infos = segments.infos
    boxes = np.array([info["bbox"] for info in infos], np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    out = {
        "ids": segments.ids.astype(np.int64),
        "segment_ids": np.array([info["id"] for info in infos], np.int64),
        "boxes": boxes,
        "labels": np.array([labels[info["category_id"]] for info in infos], np.int64),
        "area": np.array([info["area"] for info in infos], np.float32),
        "iscrowd": np.array([bool(info.get("iscrowd")) for info in infos], np.int64),
    }
    return {name: torch.from_numpy(value) for name, value in out.items()}


def without_crowds(segments: Segments) -> Segments:
    """Returns: The same, crowds void."""
    crowds = [info["id"] for info in segments.infos if info.get("iscrowd")]
    if not crowds:
        return segments
    ids = np.where(np.isin(segments.ids, crowds), VOID, segments.ids).astype(np.int32)
    return Segments(ids, [info for info in segments.infos if not info.get("iscrowd")], segments.above)


def _stacked(parts: list[Part], size: Size) -> Array:
    masks = np.zeros((len(parts), *size), np.uint8)
    for mask, (part, (row, column)) in zip(masks, parts, strict=True):
        mask[row : row + part.shape[0], column : column + part.shape[1]] = part
    return masks


def _padded(points: list[Array] | None, rows: int, count: int) -> Array:
    out = np.zeros((rows, count, 3), np.float32)
    for row, own in zip(out, points or (), strict=False):  # none of a picture's annotations may have points
        row[: len(own)] = own[:count]
    return out


def _painted(mask: Array, left: Left, labels: Array, crowds: Array) -> Array:
    """Returns: The semantic mask: crowds at the bottom, then the larger the lower, int64."""
    out = mask.astype(np.int64)
    parts = left.parts((out.shape[0], out.shape[1]))
    for k in np.lexsort((-left.areas, 1 - crowds)).tolist():
        part, (row, column) = parts[k]
        place = out[row : row + part.shape[0], column : column + part.shape[1]]
        np.copyto(place, labels[k], where=part > 0)
    return out
