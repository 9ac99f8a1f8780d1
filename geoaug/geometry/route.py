"""The whole way of coordinates through a plan: one matrix where that is all there is, else several legs in order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoaug.errors import NotInvertible, ParameterError
from geoaug.geometry.leg import Leg
from geoaug.geometry.matrix import IDENTITY, affine, depth, inverse, move
from geoaug.geometry.motion import Motion
from geoaug.geometry.region import HORIZON, Region, areas, cut
from geoaug.geometry.shapes import CUT, GONE, KEPT, Moved, Outlines, carry
from geoaug.geometry.thin import thinned
from geoaug.types import Floats, Matrix, Size

NEAR = 0.5  # px between the points by which a bend's local map is measured
SEVERAL = 8  # outlines that are quicker moved together than one by one
FLAT = 0.05  # px that an outline may leave its bend, so that it needs no corner every few pixels


class Route(NamedTuple):
    """Where points go.

    Args:
        source: (height, width) of what goes in.
        legs: Matrices, bends, holes, tiles in order; matrices that follow each other are one.
    """

    source: Size
    legs: tuple[Motion | Leg, ...] = ()

    @classmethod
    def of(cls, source: Size, legs: tuple[Motion | Leg, ...]) -> Route:
        """Returns: The route through all legs, neighbouring matrices composed."""
        joined: list[Motion | Leg] = []
        for leg in legs:
            if joined and isinstance(leg, Motion) and isinstance(joined[-1], Motion):
                joined[-1] = joined[-1].then(leg)
            else:
                joined.append(leg)
        return cls(source, tuple(joined) or (Motion.rest(source),))

    @property
    def motion(self) -> Motion | None:
        """The one matrix, with its seams; None where something else happens too."""
        leg = self.legs[0]
        return leg if len(self.legs) == 1 and isinstance(leg, Motion) else None

    @property
    def size(self) -> Size:
        """(height, width) of what comes out."""
        return self.legs[-1].size

    @property
    def still(self) -> bool:
        """Whether nothing moves and nothing is cut."""
        motion = self.motion
        return motion is not None and motion.matrix == IDENTITY and motion.size == self.source and not motion.windows

    @property
    def mirrored(self) -> bool:
        """Whether left and right change places. (A bend that folds mirrors in spots; as a whole it does not.)"""
        return sum(isinstance(leg, Motion) and leg.mirrored for leg in self.legs) % 2 == 1

    def without_covers(self) -> Route:
        """Returns: The same way for masks and outlines that stay whole where only the picture is covered."""
        return self._of(tuple(leg for leg in self.legs if isinstance(leg, Motion) or not leg.keeps_shapes))

    def without_holes(self) -> Route:
        """Returns: The same way for points, which are still there where something covers them."""
        return self._of(tuple(leg for leg in self.legs if isinstance(leg, Motion) or not leg.hides))

    def _of(self, legs: tuple[Motion | Leg, ...]) -> Route:
        return self if len(legs) == len(self.legs) else Route.of(self.source, legs)

    def points(self, points: Floats) -> Floats:
        """Returns: Where points go, shape (N, 2), continuous pixels; NaN for what has no place."""
        for leg in self.legs:
            points = move(leg.matrix, points) if isinstance(leg, Motion) else _placed(leg, points)
        return points

    def seen(self, points: Floats) -> np.ndarray:
        """Returns: Which points of the source are visible in the output, shape (N,) bool."""
        visible = np.ones(len(points), bool)
        for leg in self.legs:
            if isinstance(leg, Motion):
                points = move(leg.matrix, points)
                visible &= Region.of(leg).contains(points)
            else:
                known = np.isfinite(points).all(axis=1)
                visible &= known
                visible[known] &= leg.seen(points[known])
                points = _placed(leg, points)
        return visible & np.isfinite(points).all(axis=1)

    def back(self, points: Floats) -> Floats:
        """Returns: Where points of the output come from, shape (N, 2).

        Raises:
            NotInvertible: A leg squeezes the picture onto a line, or leads nowhere back.
        """
        for leg in reversed(self.legs):
            if isinstance(leg, Motion):
                try:
                    points = move(inverse(leg.matrix), points)
                except ParameterError as fault:
                    raise NotInvertible(str(fault)) from None
            else:
                points = leg.back(points)
        return points

    def jacobians(self, points: Floats) -> Floats:
        """Returns: The map's Jacobian at each point, shape (N, 2, 2)."""
        whole = np.broadcast_to(np.eye(2), (len(points), 2, 2))
        for leg in self.legs:
            if isinstance(leg, Motion):
                whole = _jacobians(leg, points) @ whole
                points = move(leg.matrix, points)
            else:
                if leg.bends:  # holes, tiles and growth move points side by side
                    sides = [_placed(leg, points + NEAR * np.array(step)) for step in ((1, 0), (-1, 0), (0, 1), (0, -1))]
                    whole = np.stack([sides[0] - sides[1], sides[2] - sides[3]], axis=2) / (2 * NEAR) @ whole
                points = _placed(leg, points)
        return whole

    def carry(self, outlines: Outlines, tidy: bool = True) -> Moved:
        """Move outlines and cut what is not visible.

        Args:
            outlines: What to move.
            tidy: Whether outlines that were bent leave with the corners that they need; those that only measure need not care.

        Returns: Outlines at the end of the way, with what of them is visible.
        """
        motion = self.motion
        if motion is not None:
            return carry(outlines, motion, Region.of(motion))
        wholes = [[outlines.ring(k)] for k in range(len(outlines.starts))]
        pieces = wholes
        for leg in self.legs:
            if not isinstance(leg, Motion):
                leg.prepare([ring for rings in (*wholes, *pieces) for ring in rings])
            wholes, pieces = [_whole(leg, rings) for rings in wholes], [_pieces(leg, rings) for rings in pieces]
        full, visible = _areas(wholes), _areas(pieces)
        if tidy and any(not isinstance(leg, Motion) and leg.bends for leg in self.legs):
            thin = iter(thinned([ring for rings in pieces for ring in rings], FLAT))
            pieces = [[next(thin) for _ in rings] for rings in pieces]
        gone = np.array([not rings for rings in pieces], bool)
        fate = np.where(gone, GONE, np.where(full - visible > 1e-6 * np.maximum(full, 1.0), CUT, KEPT))
        together = [np.concatenate(rings) if rings else np.zeros((1, 2)) for rings in wholes]
        return Moved(Outlines.of(together), fate, {k: rings for k, rings in enumerate(pieces) if rings}, full, visible, self.size)

    def wholes(self, rings: list[Floats]) -> list[list[Floats]]:
        """Returns: The parts of each outline at the end of the way, not cut; of one that a horizon crosses, which has no end, what is seen."""
        parts = [[ring] for ring in rings]
        for leg in self.legs:
            if not isinstance(leg, Motion):
                leg.prepare([ring for own in parts for ring in own])
            parts = [[part for ring in own for part in _ending(leg, ring)] for own in parts]
        return parts

    def wholes_back(self, rings: list[Floats]) -> list[list[Floats]]:
        """Returns: Where outlines of the output come from, likewise."""
        parts = [[ring] for ring in rings]
        for leg in reversed(self.legs):
            # turned round, a matrix leads from its output to its source; nothing on the way back was ever cut
            way = Motion(inverse(leg.matrix), leg.size, leg.source) if isinstance(leg, Motion) else None
            parts = [[part for ring in own for part in (leg.whole_back(ring) if way is None else _ending(way, ring))] for own in parts]
        return parts

    def pieces(self, ring: Floats) -> list[Floats]:
        """Returns: The visible parts of an outline at the end of the way, each of shape (N, 2)."""
        rings = [ring]
        for leg in self.legs:
            rings = _pieces(leg, rings)
        return rings


def _whole(leg: Motion | Leg, rings: list[Floats]) -> list[Floats]:
    """Returns: Outlines after a leg as if nothing were cut but what lies behind a horizon."""
    return [part for ring in rings for part in (in_front(leg.matrix, ring) if isinstance(leg, Motion) else leg.whole(ring))]


def _ending(leg: Motion | Leg, ring: Floats) -> list[Floats]:
    """Returns: An outline after a leg as if nothing were cut; where a horizon crosses it, what of it is visible."""
    if not isinstance(leg, Motion):
        return leg.whole(ring)
    return [move(leg.matrix, ring)] if lies_ahead(leg.matrix, ring).all() else _pieces(leg, [ring])


def _pieces(leg: Motion | Leg, rings: list[Floats]) -> list[Floats]:
    if not isinstance(leg, Motion):
        return [part for ring in rings for part in leg.pieces(ring)]
    region = Region.of(leg)
    if len(rings) > SEVERAL and affine(leg.matrix):
        moved = carry(Outlines.of(rings), leg, region)
        return [part for k in range(len(rings)) for part in moved.rings(k)]
    return [part for ring in rings for front in in_front(leg.matrix, ring) for part in cut(front, region.lines)]


def _areas(groups: list[list[Floats]]) -> Floats:
    """Returns: The area of each group of outlines, shape (K,)."""
    outlines = Outlines.of([ring for rings in groups for ring in rings])
    owners = np.repeat(np.arange(len(groups)), [len(rings) for rings in groups])
    sums: Floats = np.bincount(owners, areas(outlines.points, outlines.starts), len(groups)).astype(np.float64)
    return sums


def _jacobians(motion: Motion, points: Floats) -> Floats:
    matrix = np.array(motion.matrix).reshape(3, 3)
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    w = homogeneous[:, 2][:, None, None]
    place = homogeneous[:, :2, None] / w
    result: Floats = (matrix[None, :2, :2] - place * matrix[None, 2:, :2]) / w
    return result


def _placed(leg: Leg, points: Floats) -> Floats:
    """Returns: Points after a leg; what had no place before it gets none."""
    known = np.isfinite(points).all(axis=1)
    if known.all():
        return leg.points(points)
    out = np.full(points.shape, np.nan)
    out[known] = leg.points(points[known])
    return out


def lies_ahead(matrix: Matrix, points: Floats) -> np.ndarray:
    """Returns: Which points, shape (N, 2), a map has before its horizon, shape (N,) bool."""
    return np.ones(len(points), bool) if affine(matrix) else np.asarray(depth(matrix, points) > HORIZON)


def in_front(matrix: Matrix, ring: Floats) -> list[Floats]:
    """Returns: A moved outline, without what lies behind a homography's horizon."""
    if lies_ahead(matrix, ring).all():
        return [move(matrix, ring)]
    line = np.array([[matrix[6], matrix[7], matrix[8] - HORIZON]])
    line /= np.hypot(line[0, 0], line[0, 1])
    front = [move(matrix, piece) for piece in cut(ring, line)]
    return [piece for piece in front if np.isfinite(piece).all()]


def leads_back(leg: Motion | Leg) -> bool:
    """Returns: Whether points can be brought back through a leg."""
    try:
        if isinstance(leg, Motion):
            inverse(leg.matrix)
        else:
            leg.back(np.array([[leg.size[1] / 2, leg.size[0] / 2]]))
    except (ParameterError, NotInvertible):
        return False
    return True
