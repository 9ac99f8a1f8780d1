"""What of the output is visible: an intersection of half-planes, and polygons cut by it.

A half-plane is (a, b, c) with a·x + b·y + c ≥ 0 inside, (a, b) of length 1, so that c is a distance in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from attrs import field, frozen

from geoaug.geometry.matrix import affine, inverse, move, upright
from geoaug.geometry.motion import Motion, Window
from geoaug.types import Floats, Ints, Size

TOUCH = 1e-7  # px; a point this close to a border lies on it
HORIZON = 1e-6  # the smallest depth w that a homography may divide by


Line = tuple[float, float, float]


def window_lines(window: Window) -> list[Line]:
    """Returns: The half-planes of a canvas, pushed to the output, four or five of them; in plain numbers, which for so few are quicker."""
    height, width = window.size
    a, b, c, d, e, f, g, h, i = window.back
    lines = [(a, b, c), (width * g - a, width * h - b, width * i - c), (d, e, f), (height * g - d, height * h - e, height * i - f)]
    if not affine(window.matrix):
        lines.append((g, h, i - HORIZON * abs(i)))
    unit = []
    for x, y, z in lines:
        length = math.hypot(x, y)
        if length >= 1e-300:
            unit.append((x / length, y / length, z / length))
    return unit


@frozen(slots=False, eq=False)
class Region:
    """The visible part of an output.

    Args:
        size: (height, width) of the output.
        windows: The canvases whose edges show in it.
    """

    size: Size
    windows: tuple[Window, ...] = field(default=())

    @classmethod
    def of(cls, motion: Motion) -> Region:
        """Returns: What a motion leaves visible."""
        return cls(motion.size, motion.windows)

    @cached_property
    def lines(self) -> Floats:
        """All half-planes, shape (L, 3)."""
        return np.array(_lines(self.size, self.windows))

    @property
    def upright(self) -> tuple[float, float, float, float] | None:
        """(x_min, y_min, x_max, y_max) where the region is an upright rectangle (maybe empty), else None."""
        x0, y0, x1, y1 = 0.0, 0.0, float(self.size[1]), float(self.size[0])
        for window in self.windows:
            if not upright(window.matrix):
                return None
            a, b, c, d, e, f = window.matrix[:6]
            height, width = window.size
            xs, ys = (c, a * width + b * height + c), (f, d * width + e * height + f)
            x0, x1 = max(x0, min(xs)), min(x1, max(xs))
            y0, y1 = max(y0, min(ys)), min(y1, max(ys))
        return x0, y0, max(x0, x1), max(y0, y1)

    def contains(self, points: Floats) -> np.ndarray:
        """Returns: Which of the points, shape (N, 2), are visible; the border itself is."""
        rect = self.upright
        if rect is not None:
            x, y = points[:, 0], points[:, 1]
            return (x >= rect[0] - TOUCH) & (x <= rect[2] + TOUCH) & (y >= rect[1] - TOUCH) & (y <= rect[3] + TOUCH)
        return np.asarray((self.distances(points) >= -TOUCH).all(axis=1))

    def distances(self, points: Floats) -> Floats:
        """Returns: How far each point lies inside each half-plane, shape (N, L)."""
        result: Floats = points @ self.lines[:, :2].T + self.lines[:, 2]
        return result


def areas(points: Floats, starts: Ints) -> Floats:
    """Returns: The area of each outline, shape (K,); outline k begins at ``starts[k]`` and ends where k + 1 begins."""
    if len(starts) == 0:
        return np.zeros(0)
    stops = np.empty(len(starts), np.intp)
    stops[:-1], stops[-1] = starts[1:], len(points)
    following = np.arange(1, len(points) + 1)
    following[stops - 1] = starts
    # about each outline's own first point, since far from the origin the products cancel badly
    here = points - points[starts].repeat(stops - starts, axis=0)
    there = here[following]
    twice = here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]
    result: Floats = np.abs(np.add.reduceat(twice, starts)) / 2
    return result


def area(outline: Floats) -> float:
    """Returns: The area of one outline, shape (N, 2)."""
    return float(areas(outline, np.zeros(1, np.intp))[0]) if len(outline) > 2 else 0.0


def hull(points: Floats) -> Floats:
    """Returns: The corners of the smallest convex outline around points, shape (N, 2), in order.

    Source: the monotone chain of Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979.
    """
    ordered = sorted(set(map(tuple, points.tolist())))
    if len(ordered) < 3:
        return np.array(ordered).reshape(-1, 2)
    return np.array(_chain_of(ordered) + _chain_of(ordered[::-1]))


def _chain_of(ordered: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Returns: The corners on one side of sorted points, without the last."""
    kept: list[tuple[float, float]] = []
    for x, y in ordered:
        while len(kept) > 1:
            (ax, ay), (bx, by) = kept[-2:]
            if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                break
            kept.pop()
        kept.append((x, y))
    return kept[:-1]


def even_odd_area(outline: Floats) -> float:
    """Returns: The area that the even-odd rule fills of an outline that may cross itself, shape (N, 2).

    Between two heights at which something begins, ends or crosses, what is filled grows evenly, so its width half way up counts.
    """
    here, there = outline, np.roll(outline, -1, axis=0)
    heights = np.unique(np.concatenate([outline[:, 1], _crossing_heights(here, there)]))
    middles = (heights[1:] + heights[:-1]) / 2
    spans = (here[:, 1] <= middles[:, None]) != (there[:, 1] <= middles[:, None])
    rise = np.where(here[:, 1] == there[:, 1], 1.0, there[:, 1] - here[:, 1])
    xs = here[:, 0] + (middles[:, None] - here[:, 1]) / rise * (there[:, 0] - here[:, 0])
    widths = []
    for line, hit in zip(xs, spans, strict=True):
        at = np.sort(line[hit])
        widths.append(float((at[1::2] - at[::2]).sum()))
    return float((np.diff(heights) * widths).sum())


def _crossing_heights(here: Floats, there: Floats) -> Floats:
    """Returns: The y at which edges of an outline cross each other."""
    d = there - here
    across = d[:, None, 0] * d[None, :, 1] - d[:, None, 1] * d[None, :, 0]
    apart = here[None, :] - here[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (apart[..., 0] * d[None, :, 1] - apart[..., 1] * d[None, :, 0]) / across
        u = (apart[..., 0] * d[:, None, 1] - apart[..., 1] * d[:, None, 0]) / across
    one, _ = np.nonzero((t > 0) & (t < 1) & (u > 0) & (u < 1))
    result: Floats = here[one, 1] + t[(t > 0) & (t < 1) & (u > 0) & (u < 1)] * d[one, 1]
    return result


def cut(outline: Floats, lines: Floats) -> list[Floats]:
    """Cut one outline, shape (N, 2), by half-planes; concave outlines fall into parts.

    Returns: The visible parts, each with at least three corners and some area; corners that need no cut are untouched.
    """
    parts = [outline]
    for line in lines:
        cutting = [part for part in parts if part.size]
        parts = []
        for part in cutting:
            inside = part @ line[:2] + line[2]
            low = inside.min()
            if low >= -TOUCH:
                parts.append(part)
            elif inside.max() > TOUCH:
                parts.extend(_cut_once(part, inside, line))
    return [part for part in parts if len(part) >= 3]


def cut_few(outline: Floats, lines: list[Line]) -> list[Floats]:
    """The same in plain numbers, for the outlines of tens of corners that objects have: ten times as fast where they fall into one part."""
    ring: list[tuple[float, float]] = list(map(tuple, outline.tolist()))
    for at, (a, b, c) in enumerate(lines):
        inside = [a * x + b * y + c for x, y in ring]
        low, high = min(inside), max(inside)
        if low >= -TOUCH:
            continue
        if high <= TOUCH:
            return []
        sides = [depth > 0 for depth in inside]
        if sum(one != other for one, other in zip(sides, sides[1:] + sides[:1], strict=True)) > 2:
            return cut(np.array(ring), np.array(lines[at:]))
        ring = _cut_simply(ring, inside, sides)
    return [np.array(ring)] if len(ring) >= 3 else []


def _cut_simply(ring: list[tuple[float, float]], inside: list[float], sides: list[bool]) -> list[tuple[float, float]]:
    """Returns: An outline that a line crosses twice, without what lies beyond it."""
    kept = []
    for k, (here, depth, side) in enumerate(zip(ring, inside, sides, strict=True)):
        if side != sides[k - 1]:
            before, depth_before = ring[k - 1], inside[k - 1]
            share = depth_before / (depth_before - depth)
            kept.append((before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])))
        if side:
            kept.append(here)
    return kept


def area_of(ring: Sequence[tuple[float, float]]) -> float:
    """Returns: The area of one outline in plain numbers."""
    (ox, oy), twice = ring[0], 0.0
    for (x0, y0), (x1, y1) in pairwise(ring[1:]):
        twice += (x0 - ox) * (y1 - oy) - (x1 - ox) * (y0 - oy)
    return abs(twice) / 2


def _cut_once(outline: Floats, inside: Floats, line: Floats) -> list[Floats]:
    """One half-plane: chains of inner corners between crossings, joined pairwise along the line.

    The crossings, sorted along the line, enclose the outline's inside pairwise, so a chain that ends at one
    continues with the chain that begins at its partner.
    """
    runs = _inner_runs(inside > 0)
    chains = [_chain(outline, inside, first, count) for first, count in runs]
    along = np.array([-line[1], line[0]])
    ends = sorted(
        [(float(chain[0] @ along), k, 0) for k, chain in enumerate(chains)] + [(float(chain[-1] @ along), k, 1) for k, chain in enumerate(chains)]
    )
    partner: dict[int, int] = {}
    for (_, k, kind), (_, other, other_kind) in zip(ends[::2], ends[1::2], strict=True):
        if kind == other_kind:  # the outline crosses itself: no pairing makes sense, keep one piece along the line
            return [np.vstack(chains)]
        partner[k if kind == 1 else other] = other if kind == 1 else k
    parts = []
    while partner:
        first, following = partner.popitem()
        ring = [chains[first]]
        while following != first:
            ring.append(chains[following])
            following = partner.pop(following)
        parts.append(np.vstack(ring))
    return parts


def _inner_runs(inner: np.ndarray) -> list[tuple[int, int]]:
    """Returns: (first, count) of each cyclic run of True."""
    starts = np.flatnonzero(inner & ~np.roll(inner, 1))
    stops = np.flatnonzero(~inner & np.roll(inner, 1))
    n = len(inner)
    return [(int(s), int((stops[np.searchsorted(stops, s) % len(stops)] - s) % n)) for s in starts]


def _chain(outline: Floats, inside: Floats, first: int, count: int) -> Floats:
    """Returns: A run of inner corners with the two points where the outline crosses the line."""
    n = len(outline)
    corners = outline[np.arange(first, first + count) % n]
    return np.vstack([
        _crossing(outline, inside, (first - 1) % n, first),
        corners,
        _crossing(outline, inside, (first + count - 1) % n, (first + count) % n),
    ])  # fmt: skip


def _crossing(outline: Floats, inside: Floats, one: int, other: int) -> Floats:
    share = inside[one] / (inside[one] - inside[other])
    result: Floats = outline[one] + share * (outline[other] - outline[one])
    return result


def visible_outline(window: Window, size: Size, grow: float = 0.0) -> Floats:
    """Returns: The part of a canvas that an output of ``size`` shows, as a convex outline, shape (N, 2), maybe empty.

    Args:
        window: The canvas.
        size: (height, width) of the output.
        grow: Pixels by which both are taken larger.
    """
    height, width = size
    out = grow + 1.0
    ring = [(-out, -out), (width + out, -out), (width + out, height + out), (-out, height + out)]
    for a, b, c in window_lines(window):
        ring = clip_convex(ring, a, b, c + grow)
    return np.array(ring).reshape(-1, 2)


def visible_lines(motion: Motion) -> list[Line]:
    """Returns: The half-planes of everything that cuts a motion's output, its own canvas first."""
    return _lines(motion.size, motion.windows)


def _lines(size: Size, windows: Sequence[Window]) -> list[Line]:
    height, width = size
    canvas = [(1.0, 0.0, 0.0), (-1.0, 0.0, float(width)), (0.0, 1.0, 0.0), (0.0, -1.0, float(height))]
    return canvas + [line for window in windows for line in window_lines(window)]


def visible_in_source(motion: Motion) -> Floats:
    """Returns: The part of the source that a motion leaves visible, as a convex outline, shape (N, 2), maybe empty."""
    height, width = motion.size
    ring = [(0.0, 0.0), (float(width), 0.0), (float(width), float(height)), (0.0, float(height))]
    for a, b, c in visible_lines(motion)[4:]:
        ring = clip_convex(ring, a, b, c)
    return move(inverse(motion.matrix), np.array(ring).reshape(-1, 2))


def clip_convex(ring: list[tuple[float, float]], a: float, b: float, c: float) -> list[tuple[float, float]]:
    """One half-plane of a convex outline, in plain numbers: four corners are too few for numpy (5 µs against 100)."""
    inside = [a * x + b * y + c for x, y in ring]
    if min(inside, default=0.0) >= -TOUCH:
        return ring
    kept = []
    for k, (here, depth) in enumerate(zip(ring, inside, strict=True)):
        before, depth_before = ring[k - 1], inside[k - 1]
        if (depth >= 0) != (depth_before >= 0):
            share = depth_before / (depth_before - depth)
            kept.append((before[0] + share * (here[0] - before[0]), before[1] + share * (here[1] - before[1])))
        if depth >= 0:
            kept.append(here)
    return kept
