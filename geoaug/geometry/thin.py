"""Outlines with fewer corners, many at once: bent ones leave with a corner every few pixels, which hardly any shape needs."""

from __future__ import annotations

import numpy as np

from geoaug.types import Floats, Ints

FEWEST = 5  # corners of an outline that can spare one
BLOCK = 2**15  # corners at once, which stay in the processor's cache


def thinned(rings: list[Floats], tolerance: float) -> list[Floats]:
    """Leave out corners of outlines, each of shape (N, 2), that lie within ``tolerance`` px of the line between their neighbours.

    Source: Douglas and Peucker, "Algorithms for the reduction of the number of points required to represent a digitized
        line", 1973, from the two corners that lie farthest apart along the outline.
    """
    out = list(rings)
    many = [k for k, ring in enumerate(rings) if len(ring) >= FEWEST]
    blocks = np.cumsum([len(rings[k]) for k in many]) // BLOCK
    for cut in np.split(np.array(many, np.intp), np.flatnonzero(np.diff(blocks)) + 1) if many else ():
        block = cut.tolist()
        for k, kept in zip(block, _kept([rings[k] for k in block], tolerance), strict=True):
            out[k] = rings[k][kept] if kept.sum() >= 3 else rings[k]
    return out


def _kept(rings: list[Floats], tolerance: float) -> list[np.ndarray]:
    """Returns: Which corners of each outline stay, shape (N,) bool."""
    closed = np.concatenate([part for ring in rings for part in (ring, ring[:1])])
    stops = np.cumsum([len(ring) + 1 for ring in rings])
    starts = stops - [len(ring) + 1 for ring in rings]
    away = np.hypot(*(closed - np.repeat(closed[starts], stops - starts, axis=0)).T)
    far, _ = _first_largest(away, starts)
    keep = np.zeros(len(closed), bool)
    keep[starts] = keep[far] = True
    first, last = np.concatenate([starts, far]), np.concatenate([far, stops - 1])
    while len(first):
        inner = last - first >= 2
        first, last = first[inner], last[inner]
        if len(first):
            middle, off = _farthest(closed, first, last)
            middle, first, last = (ends[off > tolerance] for ends in (middle, first, last))
            keep[middle] = True
            first, last = np.concatenate([first, middle]), np.concatenate([middle, last])
    return [keep[start : stop - 1] for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]


def _farthest(closed: Floats, first: Ints, last: Ints) -> tuple[Ints, Floats]:
    """Returns: For each span between two corners the corner that lies farthest from the line between them, and how far."""
    counts = last - first - 1
    starts = np.cumsum(counts) - counts
    owner = np.repeat(np.arange(len(first)), counts)
    index = np.arange(len(owner)) - starts[owner] + first[owner] + 1
    chord, between = closed[last] - closed[first], closed[index] - closed[first[owner]]
    length = np.hypot(chord[:, 0], chord[:, 1])
    aside = np.abs(between[:, 1] * chord[owner, 0] - between[:, 0] * chord[owner, 1])
    off = np.divide(aside, length[owner], out=np.hypot(between[:, 0], between[:, 1]), where=length[owner] > 0)
    at, most = _first_largest(off, starts)
    return index[at], most


def _first_largest(values: Floats, starts: Ints) -> tuple[Ints, Floats]:
    """Returns: Where the largest number of each run lies, the first of several, and that number."""
    most = np.maximum.reduceat(values, starts)
    owner = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(values))))
    found = np.flatnonzero(values == most[owner])
    return found[np.flatnonzero(np.diff(owner[found], prepend=-1))], most
