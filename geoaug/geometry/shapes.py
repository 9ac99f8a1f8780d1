"""Outlines on the move: one product for all their points, one cut at the end."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from geoaug.geometry.matrix import affine, depth, move
from geoaug.geometry.motion import Motion
from geoaug.geometry.region import HORIZON, TOUCH, Line, Region, area, area_of, areas, cut, cut_few
from geoaug.types import Floats, Ints, Size

KEPT, CUT, GONE = range(3)
SLIVER = 1e-4  # px² of a part that is nothing beside the others
FEW = 200  # corners for which plain numbers beat numpy


class Outlines(NamedTuple):
    """Closed outlines in one array; outline k begins at ``starts[k]`` and ends where k + 1 begins.

    Args:
        points: All corners, shape (M, 2), continuous pixels.
        starts: First corner of each outline, shape (K,).
    """

    points: Floats
    starts: Ints

    @classmethod
    def of(cls, rings: list[Floats]) -> Outlines:
        """Returns: A list of outlines, each of shape (N, 2), as one value."""
        lengths = np.array([len(ring) for ring in rings], np.intp)
        points = np.concatenate(rings) if rings else np.zeros((0, 2))
        return cls(points, np.cumsum(lengths) - lengths)

    @classmethod
    def of_boxes(cls, boxes: Floats) -> Outlines:
        """Returns: Boxes, shape (N, 4) as x_min, y_min, x_max, y_max, by their corners."""
        return cls(boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2), np.arange(len(boxes), dtype=np.intp) * 4)

    def ring(self, k: int) -> Floats:
        """Returns: One outline, shape (N, 2)."""
        stop = self.starts[k + 1] if k + 1 < len(self.starts) else len(self.points)
        return self.points[self.starts[k] : stop]


class Moved(NamedTuple):
    """Outlines after a motion.

    Args:
        outlines: Where they would lie if nothing were cut.
        fate: KEPT whole, CUT, or GONE, shape (K,).
        parts: For each outline that was cut, its visible parts.
        full: Area before cutting, in output px², shape (K,).
        visible: Area after cutting, shape (K,).
        size: (height, width) of the output.
    """

    outlines: Outlines
    fate: np.ndarray
    parts: dict[int, list[Floats]]
    full: Floats
    visible: Floats
    size: Size

    def rings(self, k: int) -> list[Floats]:
        """Returns: The visible parts of one outline, each of shape (N, 2)."""
        if self.fate[k] == GONE:
            return []
        return self.parts[k] if k in self.parts else [self.outlines.ring(k)]

    def bounds(self) -> Floats:
        """Returns: The tight box of each outline's visible part, shape (K, 4); of what is gone, NaN."""
        starts = self.outlines.starts
        if len(starts) == 0:
            return np.zeros((0, 4))
        points = self.outlines.points
        boxes = np.concatenate([np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)], axis=1)
        for k, parts in self.parts.items():
            if parts:
                corners = np.concatenate(parts)
                boxes[k] = (*corners.min(axis=0), *corners.max(axis=0))
            else:
                boxes[k] = np.nan
        boxes[self.fate == GONE] = np.nan
        return boxes

    def solid(self, rows: Iterable[range] | None = None) -> Moved:
        """Leave out what was torn off and holds no pixel's centre, beside something of the same row that does: no mask would show it.

        Args:
            rows: The outlines of each row; None where each is one.

        Returns: The same with the parts that stay, and their areas as the visible ones; itself where all stay.
        """
        torn = {k for k, parts in self.parts.items() if self.fate[k] == CUT or len(parts) > 1}
        if not torn:
            return self
        owners: list[int] = []
        found: list[Floats] = []
        stops = [0]
        for rings in (range(k, k + 1) for k in torn) if rows is None else rows:
            own = [] if torn.isdisjoint(rings) else [(k, part) for k in rings for part in self.rings(k)]
            if len(own) > 1:
                owners += [k for k, _ in own]
                found += [part for _, part in own]
                stops.append(len(found))
        empty = hollow(found) if found else np.zeros(0, bool)
        if not empty.any():
            return self
        parts, visible = dict(self.parts), self.visible.copy()
        for start, stop in pairwise(stops):
            bare = {k for k in range(start, stop) if empty[k]}
            for lost in {owners[k] for k in bare} & torn if len(bare) < stop - start else ():
                own_parts = [k for k in range(start, stop) if owners[k] == lost]
                parts[lost] = [found[k] for k in own_parts if k not in bare]
                visible[lost] -= sum(area(found[k]) for k in own_parts if k in bare)
        return self._replace(parts=parts, visible=visible)


def around(groups: list[list[Floats]], size: Size) -> Floats:
    """Boxes around outlines that each came to be some parts.

    Args:
        groups: The parts of each outline, each of shape (N, 2).
        size: (height, width) of the picture that they lie in.

    Returns: Shape (K, 4), NaN where there is no part. Of what was torn apart, parts that hold no pixel's centre count where no part holds one.
    """
    together = Outlines.of([np.concatenate(parts) if parts else np.zeros((1, 2)) for parts in groups])
    nothing = np.zeros(len(groups))
    return Moved(together, np.full(len(groups), KEPT), dict(enumerate(groups)), nothing, nothing, size).solid().bounds()


def hollow(rings: list[Floats]) -> np.ndarray:
    """Returns: Which outlines, each of shape (N, 2), hold no pixel's centre by the even-odd rule, shape (K,) bool."""
    points, starts = Outlines.of(rings)
    points = points - 0.5  # centres are whole numbers then
    low, high = np.ceil(np.minimum.reduceat(points, starts)), np.ceil(np.maximum.reduceat(points, starts))
    empty = np.asarray((low >= high).any(axis=1))
    counts = np.diff(starts, append=len(points))
    owner = np.repeat(np.arange(len(rings)), counts)
    following = np.arange(1, len(points) + 1)
    following[starts + counts - 1] = starts
    here, there = points, points[following]
    middle = np.floor((low + high) / 2)[owner]
    crossed = (here[:, 1] < middle[:, 1]) != (there[:, 1] < middle[:, 1])
    left = crossed & (_columns(here, there, middle[:, 1]) <= middle[:, 0])
    unsure = ~empty & (np.bincount(owner[left], minlength=len(rings)) % 2 == 0)
    if unsure.any():
        mine = unsure[owner]
        empty[unsure] = _hollow_everywhere(here[mine], there[mine], (np.cumsum(unsure) - 1)[owner[mine]])
    return np.asarray(empty)


def _hollow_everywhere(here: Floats, there: Floats, owner: Ints) -> np.ndarray:
    """Returns: Which outlines hold no point of whole numbers, looked for on every line."""
    first = np.ceil(np.minimum(here[:, 1], there[:, 1])).astype(np.intp)
    lines = np.ceil(np.maximum(here[:, 1], there[:, 1])).astype(np.intp) - first
    edge = np.repeat(np.arange(len(here)), lines)
    line = np.arange(len(edge)) - np.repeat(np.cumsum(lines) - lines, lines) + first[edge]
    column = _columns(here[edge], there[edge], line)
    order = np.lexsort((column, line, owner[edge]))  # an even number for each line of each outline
    held = column[order[1::2]] > column[order[::2]]
    return np.asarray(np.bincount(owner[edge][order[::2]][held], minlength=int(owner[-1]) + 1) == 0)


def _columns(here: Floats, there: Floats, line: np.ndarray) -> Floats:
    """Returns: The first whole number right of where edges cross lines, shape (N,)."""
    rise = there[:, 1] - here[:, 1]
    columns: Floats = np.ceil(here[:, 0] + (line - here[:, 1]) * ((there[:, 0] - here[:, 0]) / np.where(rise == 0, 1.0, rise)))
    return columns


def carry(outlines: Outlines, motion: Motion, region: Region) -> Moved:
    """Move outlines and cut what is no longer visible. Only outlines that really cross an edge are looped over."""
    starts, count = outlines.starts, len(outlines.starts)
    ahead = None if affine(motion.matrix) else depth(motion.matrix, outlines.points) > HORIZON
    points = move(motion.matrix, outlines.points)
    if ahead is not None and not ahead.all():
        return _carry_over_horizon(outlines, motion, region)
    full = areas(points, starts)
    inside = region.distances(points) >= -TOUCH
    fate = np.full(count, KEPT)
    parts: dict[int, list[Floats]] = {}
    visible = full.copy()
    moved = Outlines(points, starts)
    if count and not inside.all():
        crossed = ~np.logical_and.reduceat(inside, starts, axis=0)
        crossing = crossed.any(axis=1)
        one_side = ~np.logical_or.reduceat(inside, starts, axis=0).all(axis=1)
        fate[one_side] = GONE
        visible[one_side] = 0.0
        stops = np.append(starts[1:], len(points)).tolist()
        lines = region.lines.tolist()
        for k in np.flatnonzero(crossing & ~one_side).tolist():
            span = slice(int(starts[k]), stops[k])
            needed = [line for line, hit in zip(lines, crossed[k].tolist(), strict=True) if hit]
            fate[k], parts_k, visible[k] = _cut_one(points[span], needed)
            if parts_k:
                parts[k] = parts_k
    return Moved(moved, fate, parts, full, visible, motion.size)


def _cut_one(ring: Floats, lines: list[Line]) -> tuple[int, list[Floats], float]:
    pieces = cut_few(ring, lines) if len(ring) <= FEW else cut(ring, np.array(lines))
    sizes = [area_of(piece.tolist()) for piece in pieces]
    if len(pieces) > 1:  # what a border only touches is rounding, and would stretch the box
        solid = [k for k, size in enumerate(sizes) if size > SLIVER]
        pieces, sizes = [pieces[k] for k in solid], [sizes[k] for k in solid]
    return (CUT, pieces, sum(sizes)) if pieces else (GONE, [], 0.0)


def _carry_over_horizon(outlines: Outlines, motion: Motion, region: Region) -> Moved:
    """The rare case of a homography with points behind it: cut there first, in the source, outline by outline."""
    line = np.array([[motion.matrix[6], motion.matrix[7], motion.matrix[8] - HORIZON]])
    line /= np.hypot(line[0, 0], line[0, 1])
    count = len(outlines.starts)
    fate, full, visible = np.full(count, GONE), np.zeros(count), np.zeros(count)
    parts: dict[int, list[Floats]] = {}
    for k in range(count):
        front = [move(motion.matrix, piece) for piece in cut(outlines.ring(k), line)]
        front = [piece for piece in front if np.isfinite(piece).all()]
        full[k] = sum(map(area, front))
        found = [_cut_one(piece, region.lines.tolist()) for piece in front]
        pieces = [ring for _, rings, _ in found for ring in rings]
        if pieces:
            fate[k], parts[k], visible[k] = CUT, pieces, sum(size for *_, size in found)
    points = np.where(np.isfinite(moved := move(motion.matrix, outlines.points)), moved, 0.0)
    return Moved(Outlines(points, outlines.starts), fate, parts, full, visible, motion.size)


def ellipse_bounds(boxes: Floats, motion: Motion) -> Floats:
    """Boxes around the moved ellipses inside of boxes, in closed form, also under a homography.

    Args:
        boxes: Shape (N, 4) as x_min, y_min, x_max, y_max.
        motion: Where they go.

    Returns: Shape (N, 4).

    Source: the extent of a conic from its dual, D = E diag(1, 1, -1) Eᵀ with E the map of the unit circle; the roots
        of D₂₂ x² - 2 D₀₂ x + D₀₀ = 0. Kalra et al., "Towards Rotation Invariance in Object Detection", ICCV 2021,
        on why the ellipse.
    """
    circle = np.zeros((len(boxes), 3, 3))
    circle[:, 0, 0], circle[:, 1, 1], circle[:, 2, 2] = (boxes[:, 2] - boxes[:, 0]) / 2, (boxes[:, 3] - boxes[:, 1]) / 2, 1
    circle[:, 0, 2], circle[:, 1, 2] = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    moved = np.array(motion.matrix).reshape(3, 3) @ circle
    dual = (moved * (1.0, 1.0, -1.0)) @ moved.transpose(0, 2, 1)
    depth_ = dual[:, 2, 2]
    middle = dual[:, :2, 2] / depth_[:, None]
    half = np.sqrt(np.maximum(middle**2 - dual[:, [0, 1], [0, 1]] / depth_[:, None], 0))
    return np.concatenate([middle - half, middle + half], axis=1)
