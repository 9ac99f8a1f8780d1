"""Outlines to pixels: a pixel belongs to an outline that holds its centre, by the even-odd rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoaug.types import Array, Floats, Ints, Size


def fill_outlines(instances: Sequence[Sequence[Floats]], size: Size) -> list[Array]:
    """Draw instances, each the union of its outlines.

    (OpenCV's ``fillPoly`` draws the outline itself too, half a pixel more all around: 10 % of the area of small objects.)

    Args:
        instances: Each a list of outlines of shape (N, 2), continuous pixels.
        size: (height, width) of the masks.

    Returns: A mask a instance, shape (h, w) uint8, 1 inside; all lie in one block of memory.
    """
    masks = np.zeros((len(instances), *size), np.uint8)
    rings = [ring for outlines in instances for ring in outlines if len(ring)]
    if not rings:
        return list(masks)
    owners = [k for k, outlines in enumerate(instances) for ring in outlines if len(ring)]
    single = [len(outlines) == 1 for outlines in instances]
    for owner, (part, top, left) in zip(owners, _filled(rings, size), strict=True):
        place = masks[owner, top : top + part.shape[0], left : left + part.shape[1]]
        if single[owner]:
            place[...] = part
        else:
            np.bitwise_or(place, part, out=place)
    return list(masks)


def fill_parts(instances: Sequence[Sequence[Floats]], size: Size) -> list[tuple[Array, tuple[int, int]]]:
    """Draw instances, each in a mask of its own size.

    Args:
        instances: Each a list of outlines of shape (N, 2), continuous pixels.
        size: (height, width) of the picture that they lie in.

    Returns: For each a mask around its outlines, shape (h', w') uint8, 1 inside, and the row and column where that begins.
    """
    drawn: list[list[tuple[Array, int, int]]] = [[] for _ in instances]
    owners = [k for k, outlines in enumerate(instances) for ring in outlines if len(ring)]
    rings = [ring for outlines in instances for ring in outlines if len(ring)]
    for owner, part in zip(owners, _filled(rings, size) if rings else [], strict=True):
        drawn[owner].append(part)
    return [_united(parts) for parts in drawn]


def _united(parts: list[tuple[Array, int, int]]) -> tuple[Array, tuple[int, int]]:
    if len(parts) == 1:
        return parts[0][0], parts[0][1:]
    parts = [part for part in parts if part[0].size]
    if not parts:
        return np.zeros((0, 0), np.uint8), (0, 0)
    top, left = min(row for _, row, _ in parts), min(column for *_, column in parts)
    bottom, right = max(row + part.shape[0] for part, row, _ in parts), max(column + part.shape[1] for part, _, column in parts)
    out = np.zeros((bottom - top, right - left), np.uint8)
    for part, row, column in parts:
        out[row - top : row - top + part.shape[0], column - left : column - left + part.shape[1]] |= part
    return out, (top, left)


def _filled(rings: list[Floats], size: Size) -> list[tuple[Array, int, int]]:
    """Returns: For each outline the pixels inside, shape (h', w') uint8, and the row and column where they begin.

    All outlines at once: each edge, on each line of pixel centres that it crosses, turns what follows to the right from out to in
    or back. Each line turns an even number of times, so that one run over all lines of all outlines serves.
    """
    counts = np.array([len(ring) for ring in rings])
    stops = counts.cumsum()
    starts = stops - counts
    points = np.concatenate(rings) - 0.5  # lines and columns of centres are whole numbers then
    (left, top), (right, bottom) = low, high = _frames(points, starts, size)
    stride = right - left + 1.0  # one column more, for turns behind the last pixel
    ends = (stride * (bottom - top)).cumsum()
    begins = ends - stride * (bottom - top)
    following = np.arange(1, len(points) + 1)
    following[stops - 1] = starts
    of_rings = np.array((begins - top * stride - left, stride, left, right, top, bottom)).repeat(counts, axis=1)
    turns = np.empty(0) if not len(points) else _turns(points, points[following], of_rings)
    bounds = np.empty(len(turns) + 2, np.intp)
    bounds[0], bounds[-1], bounds[1:-1] = 0, ends[-1], turns
    bounds.sort()
    runs = bounds[1:] - bounds[:-1]
    inside = (np.arange(len(runs), dtype=np.uint8) & 1).repeat(runs)
    parts = []
    whole = np.array((begins, *(high - low), *low)).astype(np.intp)
    for begin, w, h, x, y in whole.T.tolist():
        parts.append((inside[begin : begin + h * (w + 1)].reshape(h, w + 1)[:, :w], y, x))
    return parts


def _frames(points: Floats, starts: Ints, size: Size) -> tuple[Floats, Floats]:
    """Returns: The first column and row of each outline, shape (2, K), and one past the last, within the picture."""
    low = np.ceil(np.minimum.reduceat(points, starts)).T
    high = np.floor(np.maximum.reduceat(points, starts)).T + 1.0
    beyond = np.array(((size[1],), (size[0],)), np.float64)
    low = np.minimum(np.maximum(low, 0.0), beyond)
    return low, np.maximum(np.minimum(high, beyond), low)


def _turns(here: Floats, there: Floats, of_rings: Floats) -> Floats:
    """Where edges turn out to in, or back.

    Args:
        here: Where each edge begins, shape (N, 2).
        there: Where it ends.
        of_rings: For each edge what is true of its outline, shape (6, N): where row 0 and column 0 of the picture would be stored, how
            far its rows are apart there, its first column, one past the last, its first row, one past the last.

    Returns: Places in storage. All are floats, which hold such whole numbers exactly: one call then repeats all numbers of an edge for
        each of its lines.
    """
    (x0, y0), (x1, y1) = here.T, there.T
    *_, top, bottom = of_rings
    first = np.maximum(np.ceil(np.minimum(y0, y1)), top)
    last = np.minimum(np.ceil(np.maximum(y0, y1)), bottom)  # one past the last line crossed
    lines = np.maximum(last - first, 0.0).astype(np.intp)
    slope = (x1 - x0) / np.where(y1 == y0, 1.0, y1 - y0)
    begin = first - (lines.cumsum() - lines)
    edges = np.array((*of_rings[:4], x0, y0, slope, begin))
    base, stride, lowest, highest, x, y, slope, line = edges.repeat(lines, axis=1)
    line += np.arange(len(line))
    # in place: fresh memory costs more than the arithmetic
    np.subtract(line, y, out=y)
    y *= slope
    x += y
    np.ceil(x, out=x)
    np.maximum(x, lowest, out=x)
    np.minimum(x, highest, out=x)
    line *= stride
    line += base
    line += x
    turns: Floats = line
    return turns
