"""Outlines to pixels: a pixel belongs to an outline that holds its centre, by the even-odd rule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from geoaug.types import Array, Floats, Size


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
    height, width = size
    counts = np.array([len(ring) for ring in rings])
    stops = np.cumsum(counts)
    starts = stops - counts
    points = np.concatenate(rings) - 0.5  # lines and columns of centres are whole numbers then
    lows, highs = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
    left, top = np.clip(np.ceil(lows).astype(np.intp), 0, (width, height)).T
    right, bottom = np.clip(np.floor(highs).astype(np.intp) + 1, 0, (width, height)).T
    wide, tall = np.maximum(right - left, 0), np.maximum(bottom - top, 0)
    offsets = np.concatenate([[0], np.cumsum((wide + 1) * tall)])
    turns = np.zeros(0, np.intp)
    following = np.arange(1, len(points) + 1)
    following[stops - 1] = starts
    owner = np.repeat(np.arange(len(rings)), counts)
    (x0, y0), (x1, y1) = points.T, points[following].T
    first = np.maximum(np.ceil(np.minimum(y0, y1)).astype(np.intp), top[owner])
    last = np.minimum(np.ceil(np.maximum(y0, y1)).astype(np.intp), bottom[owner])  # one past the last line crossed
    lines = np.maximum(last - first, 0)
    edge = np.repeat(np.arange(len(points)), lines)
    if len(edge):
        line = np.arange(len(edge)) - np.repeat(np.cumsum(lines) - lines, lines) + first[edge]
        slope = (x1 - x0) / np.where(y1 == y0, 1.0, y1 - y0)
        column = np.ceil(x0[edge] + (line - y0[edge]) * slope[edge]).astype(np.intp)
        mine = owner[edge]
        column = np.minimum(np.maximum(column - left[mine], 0), wide[mine])
        turns = np.sort(offsets[mine] + (line - top[mine]) * (wide[mine] + 1) + column)
    runs = np.diff(turns, prepend=0, append=offsets[-1])
    inside = np.repeat(np.arange(len(runs), dtype=np.uint8) & 1, runs)
    parts = []
    for begin, h, w, y, x in zip(offsets.tolist(), tall.tolist(), wide.tolist(), top.tolist(), left.tolist(), strict=False):
        parts.append((inside[begin : begin + h * (w + 1)].reshape(h, w + 1)[:, :w], y, x))
    return parts
