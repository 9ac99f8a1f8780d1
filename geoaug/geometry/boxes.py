"""Boxes on the move: four corners until they leave, cut by what is visible, and then squared off; float64 pixels throughout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from geoaug.errors import NotInvertible
from geoaug.geometry.matrix import affine, inverse, move, upright
from geoaug.geometry.motion import Motion
from geoaug.geometry.region import Region, area_of, clip_convex, window_lines
from geoaug.geometry.route import Route
from geoaug.geometry.shapes import GONE, Outlines, carry, ellipse_bounds
from geoaug.types import Floats, Matrix, Size

FEW = 16  # boxes for which a loop over plain numbers beats twenty numpy calls (8 µs against 26 for one box)
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
    """The same as ``move_boxes`` for a few boxes under an affine map, in plain numbers: a box and its visible share each; else None."""
    a, b, c, d, e, f, g, h, _ = motion.matrix
    height, width = motion.size
    straight = (b == d == 0.0 or a == e == 0.0) and g == h == 0.0
    if straight:
        rect = (0.0, 0.0, float(width), float(height)) if not motion.windows else Region.of(motion).upright
        if rect is not None:
            return [_move_one_upright(box, motion.matrix, rect) for box in boxes]
    if ellipse or not affine(motion.matrix):
        return None
    lines = [line for window in motion.windows for line in window_lines(window)]
    full = abs(a * e - b * d)
    found: list[tuple[Box, float]] = []
    for x0, y0, x1, y1 in boxes:
        ring = [(a * x + b * y + c, d * x + e * y + f) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
        xs, ys = [x for x, _ in ring], [y for _, y in ring]
        kept = ring
        for outside, p, q, r in (
            (min(xs) < 0, 1.0, 0.0, 0.0), (max(xs) > width, -1.0, 0.0, width), (min(ys) < 0, 0.0, 1.0, 0.0), (max(ys) > height, 0.0, -1.0, height),
        ):  # fmt: skip
            if outside:
                kept = clip_convex(kept, p, q, r)
        for p, q, r in lines:
            kept = clip_convex(kept, p, q, r)
        if len(kept) < 3:
            found.append(((0.0, 0.0, 0.0, 0.0), 0.0))
            continue
        if kept is not ring:
            xs, ys = [x for x, _ in kept], [y for _, y in kept]
        box = (max(min(xs), 0.0), max(min(ys), 0.0), min(max(xs), float(width)), min(max(ys), float(height)))
        found.append((box, 1.0 if kept is ring else area_of(kept) / max(full * (x1 - x0) * (y1 - y0), 1e-300)))
    return found


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
