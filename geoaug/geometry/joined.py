"""Outlines that a grid of upright lines has cut apart, put together again where they share what the lines cut."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import numpy as np

from geoaug.geometry.region import TOUCH
from geoaug.types import Floats

Key = tuple[int, int]  # a point on a grid so fine that rounding cannot part what was one
GRID = 1 / (10 * TOUCH)


def joined(parts: list[Floats]) -> list[Floats]:
    """Join outlines side by side.

    Args:
        parts: Shape (N, 2) each, none of which lie on top of each other, cut apart along upright or level lines.

    Returns: The outlines of their union; the parts as they came where it has a hole, which no outline can have.
    """
    places: dict[Key, tuple[float, float]] = {}
    slanted: list[tuple[Key, Key]] = []
    lines: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)  # axis and where it lies -> from where to where
    for part in parts:
        keys = _keys(part, places)
        for here, there in zip(keys, keys[1:] + keys[:1], strict=True):
            axis = 0 if here[0] == there[0] else 1 if here[1] == there[1] else None
            if axis is None:
                slanted.append((here, there))
            elif here != there:
                lines[axis, here[axis]].append((here[1 - axis], there[1 - axis]))
    following: dict[Key, list[Key]] = defaultdict(list)
    for here, there in slanted:
        following[here].append(there)
    for (axis, at), stretches in lines.items():
        for start, stop in _left_over(stretches):
            here, there = ((at, start), (at, stop)) if axis == 0 else ((start, at), (stop, at))
            following[here].append(there)
    rings = _traced(following)
    if rings is None or any(_turning(ring) <= 0 for ring in rings):
        return parts
    return [np.array([places.get(key, (key[0] / GRID, key[1] / GRID)) for key in _without_straight(ring)]) for ring in rings]


def _keys(part: Floats, places: dict[Key, tuple[float, float]]) -> list[Key]:
    """Returns: The corners of an outline, counter-clockwise; where they lie exactly goes into ``places``."""
    points = part.tolist()
    keys = [(round(x * GRID), round(y * GRID)) for x, y in points]
    for key, (x, y) in zip(keys, points, strict=True):
        places.setdefault(key, (x, y))
    return keys if _turning(keys) > 0 else keys[::-1]


def _turning(keys: list[Key]) -> int:
    """Returns: Twice the area, above 0 for counter-clockwise (y up), without rounding."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(keys, keys[1:] + keys[:1], strict=True))


def _left_over(stretches: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yields: Of stretches of one line, to and fro, those that no other goes back along."""
    if len(stretches) == 1:
        yield stretches[0]
        return
    change: dict[int, int] = defaultdict(int)
    for start, stop in stretches:
        change[start] += 1
        change[stop] -= 1
    ends, net = sorted(change), 0
    for low, high in pairwise(ends):
        net += change[low]
        for _ in range(abs(net)):
            yield (low, high) if net > 0 else (high, low)


def _traced(following: dict[Key, list[Key]]) -> list[list[Key]] | None:
    """Returns: Closed walks along all edges, which keep apart where they only touch; None where one does not close."""
    rings = []
    for start in list(following):
        while following[start]:
            ring, here = [start], following[start].pop()
            while here != start:
                onward = following.get(here)
                if not onward:
                    return None
                nearest = min(onward, key=partial(_turn, ring[-1], here)) if len(onward) > 1 else onward[0]
                onward.remove(nearest)
                ring.append(here)
                here = nearest
            rings.append(ring)
    return rings


def _turn(before: Key, here: Key, there: Key) -> float:
    """Returns: How far a corner turns to the right, the sharpest to the left first."""
    back = math.atan2(before[1] - here[1], before[0] - here[0])
    return (back - math.atan2(there[1] - here[1], there[0] - here[0])) % (2 * math.pi)


def _without_straight(ring: list[Key]) -> list[Key]:
    """Returns: Corners between which an upright or level line does not just go on."""
    return [
        here
        for before, here, there in zip(ring[-1:] + ring[:-1], ring, ring[1:] + ring[:1], strict=True)
        if not (before[0] == here[0] == there[0] or before[1] == here[1] == there[1])
    ]
