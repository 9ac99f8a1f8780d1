"""Where shapes lie and how large they are, measured for many at once: one array of all points, cut up by rings and by shapes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from geoaug.coco.records import rings_of
from geoaug.targets import rle

Hull = tuple[float, float, float, float]


class Measured(NamedTuple):
    """What a segmentation measures.

    Args:
        hull: Left, top, right, bottom; ``None`` of an empty mask.
        area: In pixels: by the shoelace formula, all rings added up, or the pixels of a mask.
        rim: Half a pixel along the outline: what counting pixels may add or lose; 0 of a mask.
    """

    hull: Hull | None
    area: float
    rim: float


def measured(shapes: Sequence[Any]) -> list[Measured | None]:
    """Measure sound segmentations.

    Args:
        shapes: Polygons, flat or as lists, or RLE, or nothing.

    Returns:
        One each; ``None`` where there is no shape.
    """
    out: list[Measured | None] = [None] * len(shapes)
    outlined = []
    for index, shape in enumerate(shapes):
        if isinstance(shape, dict):
            out[index] = _of_mask(shape)
        elif shape:
            outlined.append(index)
    if outlined:
        for index, one in zip(outlined, _of_polygons([rings_of(shapes[index]) for index in outlined]), strict=True):
            out[index] = one
    return out


def _of_mask(mask: Any) -> Measured | None:
    if not mask:
        return None
    x, y, width, height = rle.bbox(mask)
    return Measured((x, y, x + width, y + height) if width else None, float(rle.area(mask)), 0.0)


def _of_polygons(shapes: list[list[list[float]]]) -> list[Measured]:
    rings = list(chain.from_iterable(shapes))
    lengths = np.array([len(ring) // 2 for ring in rings])
    starts = np.cumsum(lengths) - lengths
    points = np.fromiter(chain.from_iterable(rings), np.float64, 2 * int(lengths.sum())).reshape(-1, 2)
    low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
    following = np.arange(1, len(points) + 1)
    following[starts + lengths - 1] = starts
    step = points[following] - points
    local = points - np.repeat(points[starts], lengths, axis=0)  # near the origin the products lose no digits
    areas = 0.5 * np.abs(np.add.reduceat(local[:, 0] * step[:, 1] - local[:, 1] * step[:, 0], starts))
    rims = 0.5 * np.add.reduceat(np.hypot(step[:, 0], step[:, 1]), starts)
    counts = np.array([len(shape) for shape in shapes])
    firsts = np.cumsum(counts) - counts
    hulls = np.concatenate([np.minimum.reduceat(low, firsts), np.maximum.reduceat(high, firsts)], axis=1).tolist()
    sums = zip(np.add.reduceat(areas, firsts).tolist(), np.add.reduceat(rims, firsts).tolist(), strict=True)
    return [Measured((left, top, right, bottom), area, rim) for (left, top, right, bottom), (area, rim) in zip(hulls, sums, strict=True)]
