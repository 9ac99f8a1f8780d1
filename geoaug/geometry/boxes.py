"""Boxes on the move: four corners until they leave, cut by what is visible, and then squared off; float64 pixels throughout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geoaug.errors import NotInvertible
from geoaug.geometry.matrix import affine, inverse, move, move_one, upright
from geoaug.geometry.motion import Motion
from geoaug.geometry.region import HORIZON, TOUCH, Line, Region, area_of, clip_convex, visible_lines
from geoaug.geometry.route import Route
from geoaug.geometry.shapes import GONE, Outlines, carry, ellipse_bounds
from geoaug.types import Floats, Matrix, Size

FEW = 16  # boxes for which a loop over plain numbers beats twenty numpy calls (8 µs against 26 for one box)
FEW_DIVIDED = 7  # the same where every corner is divided by its depth
Box = tuple[float, float, float, float]


class Extent(NamedTuple):
    """What is left of shapes after a plan, row by row.

    Args:
        boxes: Tight boxes of what is visible, shape (N, 4), pixels; all 0 where nothing is.
        shares: Visible area over the area of the same moved shape uncut, shape (N,).
        areas: Visible areas, px², shape (N,).
    """

    boxes: Floats
    shares: Floats
    areas: Floats


def move_boxes(boxes: Floats, route: Route, ellipse: bool = False) -> tuple[Floats, Floats]:
    """Move boxes and square them off once, at the end.

    Args:
        boxes: Shape (N, 4) as x_min, y_min, x_max, y_max in pixels of the source.
        route: Where they go.
        ellipse: Whether a box stands for the ellipse inside of it.

    Returns: Tight boxes of what stays visible, shape (N, 4), degenerate where nothing does, and the visible shares, shape (N,).
    """
    if len(boxes) == 0:
        return np.zeros((0, 4)), np.zeros(0)
    motion = route.motion
    if motion is None:
        return _move_otherwise(boxes, route, ellipse)
    found = move_few(boxes.tolist(), motion, ellipse) if len(boxes) <= FEW else None
    if found is not None:
        return np.array([box for box, _ in found]), np.array([share for _, share in found])
    region = Region.of(motion)
    rect = region.upright
    if rect is not None and upright(motion.matrix):
        return _move_upright(boxes, motion, rect)
    if affine(motion.matrix) and not ellipse:
        return _move_many_slanted(boxes, motion)
    moved = carry(Outlines.of_boxes(boxes), motion, region)
    shares = moved.visible / np.maximum(moved.full, 1e-300)
    out = moved.bounds()
    if ellipse:
        around = ellipse_bounds(boxes, motion)
        out = np.concatenate([np.maximum(out[:, :2], around[:, :2]), np.minimum(out[:, 2:], around[:, 2:])], axis=1)
    out[moved.fate == GONE] = 0.0
    return inside(out, motion.size), shares


def inside(boxes: Floats, size: Size) -> Floats:
    """Returns: Boxes cut at the canvas' edge, shape (N, 4)."""
    height, width = size
    result: Floats = np.minimum(np.maximum(boxes, 0.0), (width, height, width, height))
    return result


def _move_otherwise(boxes: Floats, route: Route, ellipse: bool) -> tuple[Floats, Floats]:
    """Through bends, holes and tiles: the outline itself goes along."""
    moved = route.carry(Outlines.of_boxes(boxes), tidy=False)
    shares = moved.visible / np.maximum(moved.full, 1e-300)
    out = (route.carry(Outlines.of(_ellipses(boxes)), tidy=False) if ellipse else moved).solid().bounds()
    shown = _shown(boxes, route) if any(not isinstance(leg, Motion) and leg.folds for leg in route.legs) else None
    if shown is not None:
        there, counts = shown
        # within the pixels that show something the outline is the finer measure
        low, high = np.clip(out[:, :2], there[:, :2] - 1, there[:, :2]), np.clip(out[:, 2:], there[:, 2:], there[:, 2:] + 1)
        out = np.where(np.isnan(out), there, np.concatenate([low, high], axis=1))
        shares = np.maximum(shares, counts / np.maximum(moved.full, np.maximum(counts, 1.0)))
    out[~np.isfinite(out).all(axis=1)] = 0.0
    return inside(out, route.size), np.minimum(shares, 1.0)


def _shown(boxes: Floats, route: Route) -> tuple[Floats, Floats] | None:
    """Where a bend that folds shows boxes, pixel by pixel: an outline has only one of its places, while pictures and masks show all.

    Returns: Boxes around the pixels that show something of each, shape (N, 4), NaN where none does, and how many do; None where nothing leads back.
    """
    height, width = route.size
    points = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), axis=2).reshape(-1, 2)
    seen = np.ones(len(points), bool)
    for leg in reversed(route.legs):
        if isinstance(leg, Motion):
            seen &= Region.of(leg).contains(points)
            points = move(inverse(leg.matrix), points)
        else:
            try:
                points = leg.back(points)
            except NotInvertible:
                return None
            seen &= leg.bends or leg.seen(points)
    points[~seen] = np.nan
    x, y = (np.ascontiguousarray(points[:, axis]).reshape(height, width) for axis in (0, 1))
    # of each line and each column the least and the largest x and y, so that a box need not look at all of them
    reach = [(np.fmin.reduce(plane, axis=axis), np.fmax.reduce(plane, axis=axis)) for axis in (1, 0) for plane in (x, y)]
    out, counts = np.full((len(boxes), 4), np.nan), np.zeros(len(boxes))
    for k, (x0, y0, x1, y1) in enumerate(boxes.tolist()):
        near = [
            np.flatnonzero((x_low < x1) & (x_high >= x0) & (y_low < y1) & (y_high >= y0))
            for (x_low, x_high), (y_low, y_high) in (reach[:2], reach[2:])
        ]
        if not (len(near[0]) and len(near[1])):
            continue
        (top, left), (bottom, right) = (near[0][0], near[1][0]), (near[0][-1] + 1, near[1][-1] + 1)
        xs, ys = x[top:bottom, left:right], y[top:bottom, left:right]
        within = (xs >= x0) & (xs < x1) & (ys >= y0) & (ys < y1)
        rows, columns = np.flatnonzero(within.any(axis=1)), np.flatnonzero(within.any(axis=0))
        if len(rows):
            out[k] = left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1
            counts[k] = np.count_nonzero(within)
    return out, counts


def _ellipses(boxes: Floats) -> list[Floats]:
    turn = np.arange(64) * (2 * np.pi / 64)
    unit = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    return [(box[:2] + box[2:]) / 2 + unit * (box[2:] - box[:2]) / 2 for box in boxes]


def move_few(boxes: Sequence[Sequence[float]], motion: Motion, ellipse: bool) -> list[tuple[Box, float]] | None:
    """The same as ``move_boxes`` for a few boxes, none of them behind a horizon, in plain numbers: a box and its visible share each; else None."""
    a, b, _, d, e, _, g, h, _ = motion.matrix
    height, width = motion.size
    straight = (b == d == 0.0 or a == e == 0.0) and g == h == 0.0
    if straight:
        rect = (0.0, 0.0, float(width), float(height)) if not motion.windows else Region.of(motion).upright
        if rect is not None:
            return [_move_one_upright(box, motion.matrix, rect) for box in boxes]
    if ellipse:
        return None
    lines = visible_lines(motion)
    if affine(motion.matrix):
        return _move_slanted(boxes, motion, lines)
    if len(boxes) > FEW_DIVIDED:
        return None
    found = []
    for box in boxes:
        corners = [move_one(motion.matrix, x, y) for x, y in _corners_of(box)]
        if min(w for _, _, w in corners) <= HORIZON:
            return None
        ring = [(x, y) for x, y, _ in corners]
        found.append(_cut_convex(ring, lines, motion.size, area_of(ring)))
    return found


def _move_slanted(boxes: Sequence[Sequence[float]], motion: Motion, lines: list[Line]) -> list[tuple[Box, float]]:
    """The same for an affine map. Which edges cut a box shows from its sides, so that of most boxes no corner is looked at."""
    a, b, c, d, e, f = motion.matrix[:6]
    height, width = float(motion.size[0]), float(motion.size[1])
    back = _in_source(lines, motion)
    found: list[tuple[Box, float]] = []
    for box in boxes:
        x0, y0, x1, y1 = box
        needed = [line for line, (p, q, r) in zip(lines, back, strict=True) if p * (x0 if p > 0 else x1) + q * (y0 if q > 0 else y1) + r < -TOUCH]
        if needed:
            ring = [(a * x + b * y + c, d * x + e * y + f) for x, y in _corners_of(box)]
            found.append(_cut_convex(ring, needed, motion.size, abs(a * e - b * d) * (x1 - x0) * (y1 - y0)))
            continue
        left, right = (a * x0, a * x1) if a > 0 else (a * x1, a * x0)
        top, bottom = (d * x0, d * x1) if d > 0 else (d * x1, d * x0)
        up, down = (y0, y1) if b > 0 else (y1, y0)
        low, high = (y0, y1) if e > 0 else (y1, y0)
        u0, v0, u1, v1 = left + b * up + c, top + e * low + f, right + b * down + c, bottom + e * high + f
        found.append(((max(u0, 0.0), max(v0, 0.0), min(u1, width), min(v1, height)), 1.0))
    return found


def _in_source(lines: list[Line], motion: Motion) -> list[Line]:
    """Returns: Half-planes of the output as depths over the source of an affine map."""
    a, b, c, d, e, f = motion.matrix[:6]
    return [(p * a + q * d, p * b + q * e, p * c + q * f + r) for p, q, r in lines]


def _corners_of(box: Sequence[float]) -> tuple[tuple[float, float], ...]:
    x0, y0, x1, y1 = box
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def _cut_convex(ring: list[tuple[float, float]], lines: list[Line], size: Size, full: float) -> tuple[Box, float]:
    """Returns: The box around what half-planes leave of a convex outline, and its share of ``full``."""
    kept, (height, width) = ring, size
    for p, q, r in lines:
        kept = clip_convex(kept, p, q, r)
    if len(kept) < 3:
        return (0.0, 0.0, 0.0, 0.0), 0.0
    xs, ys = zip(*kept, strict=True)
    box = (max(min(xs), 0.0), max(min(ys), 0.0), min(max(xs), float(width)), min(max(ys), float(height)))
    return box, 1.0 if kept is ring else area_of(kept) / max(full, 1e-300)


def _move_many_slanted(boxes: Floats, motion: Motion) -> tuple[Floats, Floats]:
    """The same as ``move_boxes`` under an affine map: what no edge cuts all at once, the rest one by one."""
    a, b, c, d, e, f = motion.matrix[:6]
    height, width = motion.size
    lines = visible_lines(motion)
    sides = np.concatenate([np.array(_in_source(lines, motion)), [(a, b, c), (d, e, f), (-a, -b, -c), (-d, -e, -f)]])
    x, y = boxes[:, 0::2, None] * sides[:, 0], boxes[:, 1::2, None] * sides[:, 1]
    least = np.minimum(x[:, 0], x[:, 1]) + np.minimum(y[:, 0], y[:, 1]) + sides[:, 2]
    out = least[:, len(lines) :] * (1.0, 1.0, -1.0, -1.0)
    out = np.minimum(np.maximum(out, 0.0), (width, height, width, height))
    shares = np.ones(len(boxes))
    beyond = least[:, : len(lines)] < -TOUCH
    crossing = beyond.any(axis=1)
    if crossing.any():
        most = (np.maximum(x[:, 0], x[:, 1]) + np.maximum(y[:, 0], y[:, 1]) + sides[:, 2])[:, : len(lines)]
        gone = (most <= TOUCH).any(axis=1)
        out[gone], shares[gone] = 0.0, 0.0
        rows = np.flatnonzero(crossing & ~gone)
        if len(rows):
            found = _move_slanted(boxes[rows].tolist(), motion, lines)
            out[rows], shares[rows] = [box for box, _ in found], [share for _, share in found]
    return out, shares


def _move_one_upright(box: Sequence[float], matrix: Matrix, rect: Box) -> tuple[Box, float]:
    a, b, c, d, e, f = matrix[:6]
    left, top, right, bottom = rect
    x0, y0, x1, y1 = box
    if b or d:
        x0, x1, y0, y1 = b * y0 + c, b * y1 + c, d * x0 + f, d * x1 + f
    else:
        x0, x1, y0, y1 = a * x0 + c, a * x1 + c, e * y0 + f, e * y1 + f
    if x0 > x1:
        x0, x1 = x1, x0
    if y0 > y1:
        y0, y1 = y1, y0
    if left <= x0 and x1 <= right and top <= y0 and y1 <= bottom:
        return (x0, y0, x1, y1), 1.0
    u0, u1 = min(max(x0, left), right), min(max(x1, left), right)
    v0, v1 = min(max(y0, top), bottom), min(max(y1, top), bottom)
    return (u0, v0, u1, v1), (u1 - u0) * (v1 - v0) / max((x1 - x0) * (y1 - y0), 1e-300)


def _move_upright(boxes: Floats, motion: Motion, rect: tuple[float, float, float, float]) -> tuple[Floats, Floats]:
    # column by column with plain numbers: every tuple that numpy must turn into an array costs a microsecond
    a, b, c, d, e, f = motion.matrix[:6]
    xs, ys = boxes[:, 0::2], boxes[:, 1::2]
    if b or d:
        xs, ys, a, e = ys, xs, b, d
    xs, ys = xs * a + c, ys * e + f
    if a < 0:
        xs = xs[:, ::-1]
    if e < 0:
        ys = ys[:, ::-1]
    out = np.empty(boxes.shape)
    out[:, 0::2] = np.minimum(np.maximum(xs, rect[0]), rect[2])
    out[:, 1::2] = np.minimum(np.maximum(ys, rect[1]), rect[3])
    before = (xs[:, 1] - xs[:, 0]) * (ys[:, 1] - ys[:, 0])
    after = (out[:, 2] - out[:, 0]) * (out[:, 3] - out[:, 1])
    return out, after / np.maximum(before, 1e-300)
