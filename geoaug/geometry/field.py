"""Where each point of a bent picture comes from: displacements from output to source, and the way ahead through them.

Output to source is what pixels need, so that is how a bend is kept; points need the inverse, which is found by Newton's method.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoaug.types import Array, Floats, Ints, Size

SHORT = 4.0  # px of an edge that may count as straight after a bend
COMMON = 640.0  # px of the longer side of a picture for which that was judged
STEP = 1e-4  # px between the points by which a slope is measured
RIGHT, DOWN = np.array([STEP, 0.0]), np.array([0.0, STEP])
DONE = 1e-6  # px that Newton's method may leave
FOLDED = 0.05  # px that may be left where a bend folds, and no step leads nearer
ROUNDS = 24
SEARCHES = 12  # in each a lost point looks around nearer by
TRIES = 12  # places from which a lost point starts
BLOCK = 4096  # points that are sought at once: what is known of so many stays in the processor's cache

Singles = NDArray[np.float32]


class Field:
    """Displacements from the output of a bend to its source, defined for every point; beyond the canvas they go on.

    Args:
        size: (height, width) of the picture, before and after.
    """

    def __init__(self, size: Size) -> None:
        self.size = size
        self.kept: dict[str, Any] = {}  # what others made of this field and may want again

    @property
    def straight(self) -> float:
        """Pixels of an edge that may count as straight after the bend."""
        return SHORT

    @property
    def folds(self) -> bool:
        """Whether it is known to turn back on itself on the canvas, which then shows parts of the source twice."""
        return False

    def shift(self, points: Floats) -> Floats:
        """Returns: How far from points of the output their source lies, shape (N, 2)."""
        raise TypeError(f"{type(self).__name__} does not say how far it shifts")

    @cached_property
    def displacements(self) -> Singles:
        """The same at every pixel's centre, shape (h, w, 2)."""
        raise TypeError(f"{type(self).__name__} has no displacements")

    @cached_property
    def grid(self) -> Singles:
        """Where each pixel's centre comes from, shape (h, w, 2), continuous pixels."""
        out = self.displacements.copy()
        xs, ys = self.centres
        out[..., 0] += xs
        out[..., 1] += ys[:, None]
        return out

    @property
    def centres(self) -> tuple[Singles, Singles]:
        """The x of each column's and the y of each row's centre."""
        return centres(self.size[1]), centres(self.size[0])

    @cached_property
    def reach(self) -> tuple[float, float, float, float]:
        """The least x, least y, largest x, largest y of all displacements of pixels."""
        x, y = self.displacements[..., 0], self.displacements[..., 1]  # numpy takes ten times as long for both at once
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def back(self, points: Floats) -> Floats:
        """Returns: Where points of the output come from, shape (N, 2)."""
        return points + self.shift(points)

    def ahead(self, points: Floats) -> Floats:
        """Returns: Where points of the source go, shape (N, 2); where the bend folds one of the places, NaN where there is none."""
        out: Floats = np.full(points.shape, np.nan)
        known = np.flatnonzero(known_places(points))
        for first in range(0, len(known), BLOCK):
            block = known[first : first + BLOCK]
            out[block] = self._ahead(points[block])
        return out

    def brink(self, points: Floats) -> Floats:
        """Returns: Where an outline runs on through points of the source that have no place, shape (N, 2); NaN where that is not known."""
        return np.full(points.shape, np.nan)

    def _ahead(self, wanted: Floats) -> Floats:
        """Returns: The same for a block of points that are all numbers."""
        at, off = self._newton(wanted, self._guess(wanted))
        lost = np.flatnonzero(off > DONE)
        if len(lost):
            at[lost], off[lost] = self._found(wanted[lost])
        at[off > FOLDED] = np.nan
        return at

    def _guess(self, wanted: Floats) -> Floats:
        """Returns: Where Newton's method starts."""
        return wanted - self.shift(wanted)

    def local(self, points: Floats) -> tuple[Floats, Floats]:
        """Returns: The shift, shape (N, 2), and how it changes along x and along y, shape (N, 4) as xx, yx, xy, yy."""
        middle = self.shift(points)
        slopes = [(self.shift(points + aside) - middle) / STEP for aside in (RIGHT, DOWN)]
        return middle, np.concatenate(slopes, axis=1)

    def _newton(self, wanted: Floats, start: Floats) -> tuple[Floats, Floats]:
        """Returns: Places whose source is as near to ``wanted`` as Newton's method comes from ``start``, and how far off it still is."""
        at = start.copy()
        shift, slopes = self.local(at)
        miss = wanted - at - shift
        off = np.hypot(miss[:, 0], miss[:, 1])
        pace = np.ones(len(at))  # halved where a whole step leads away
        rest = np.flatnonzero(off > DONE)
        for _ in range(ROUNDS):
            if len(rest) == 0:
                break
            there = at[rest] + pace[rest, None] * _step(miss[rest], slopes[rest])
            shift, slope = self.local(there)
            missed = wanted[rest] - there - shift
            far = np.hypot(missed[:, 0], missed[:, 1])
            good = far < off[rest]
            taken, refused = rest[good], rest[~good]
            at[taken], miss[taken], off[taken], slopes[taken] = there[good], missed[good], far[good], slope[good]
            pace[taken] = np.minimum(2 * pace[taken], 1.0)
            pace[refused] /= 2
            rest = rest[(off[rest] > DONE) & (pace[rest] > 0.01)]
        return at, off

    def _found(self, wanted: Floats) -> tuple[Floats, Floats]:
        """Returns: The same for points that Newton's method lost: from each place where the bend may show them, the best."""
        owners, starts = self._candidates(wanted)
        at, off = self._newton(wanted[owners], starts)
        nearest = np.full(len(wanted), np.inf)
        np.minimum.at(nearest, owners, off)
        unsure = np.flatnonzero(nearest[owners] > DONE)
        at[unsure], off[unsure] = self._closer(wanted[owners[unsure]], starts[unsure])
        best = np.lexsort((off, owners))
        _, first = np.unique(owners[best], return_index=True)
        return at[best[first]], off[best[first]]

    @cached_property
    def _boxes(self) -> tuple[Singles, Singles, Singles, Singles]:
        """What ``_sources`` tells, of all corners."""
        return self._sources(0, self.size[0] + 1, 0, self.size[1] + 1)

    def _sources(self, top: int, bottom: int, left: int, right: int) -> tuple[Singles, Singles, Singles, Singles]:
        """Least x, least y, largest x, largest y that the four pixels around each corner between pixels come from, each (bottom - top, right - left).

        Outside of the canvas lies its edge once more; corner (0, 0) is the canvas' own.
        """
        height, width = self.size
        rows, columns = (np.clip(np.arange(a - 1, b), 0, side - 1) for a, b, side in ((top, bottom, height), (left, right, width)))
        (xs, ys), shifts = self.centres, self.displacements[rows[:, None], columns]
        planes = []
        for plane in (shifts[..., 0] + xs[columns], shifts[..., 1] + ys[rows, None]):
            lines = np.minimum(plane[:-1], plane[1:]), np.maximum(plane[:-1], plane[1:])
            planes += [np.minimum(lines[0][:, :-1], lines[0][:, 1:]), np.maximum(lines[1][:, :-1], lines[1][:, 1:])]
        return planes[0], planes[2], planes[1], planes[3]

    def _candidates(self, wanted: Floats) -> tuple[Ints, Floats]:
        """Returns: For each point, by its number, the corners between pixels around which it may be shown, nearest first.

        What is shown at a pixel lies no further from it than the bend reaches; what is shown between four, between their sources.
        """
        height, width = self.size
        x0, y0, x1, y1 = self.reach
        few = len(wanted) * (x1 - x0 + 5) * (y1 - y0 + 5) < height * width  # so few that all are not worth it
        owners, starts = [], []
        for k, (x, y) in enumerate(wanted.tolist()):
            left, right = min(max(int(x - x1) - 2, 0), width - 1), min(max(int(x - x0) + 3, 1), width) + 1
            top, bottom = min(max(int(y - y1) - 2, 0), height - 1), min(max(int(y - y0) + 3, 1), height) + 1
            planes = self._sources(top, bottom, left, right) if few else (plane[top:bottom, left:right] for plane in self._boxes)
            low_x, low_y, high_x, high_y = planes
            apart = np.maximum(np.maximum(low_x - x, x - high_x), np.maximum(low_y - y, y - high_y))
            near = np.argwhere(apart <= max(float(apart.min()), 0.0))[:TRIES]
            owners += [k] * len(near)
            starts.append(near[:, ::-1] + np.array([left, top]))
        return np.array(owners, np.intp), np.concatenate(starts).astype(np.float64)

    def _closer(self, wanted: Floats, at: Floats) -> tuple[Floats, Floats]:
        """Returns: Places found without slopes, which mean nothing where a bend is crumpled: the best of 25 around the best so far."""
        distance = 0.5
        ring = np.linspace(-1.0, 1.0, 5)
        around = np.stack(np.meshgrid(ring, ring), axis=2).reshape(-1, 2)
        for _ in range(SEARCHES):
            tried = at[:, None, :] + distance * around
            apart = wanted[:, None, :] - self.back(tried.reshape(-1, 2)).reshape(tried.shape)
            best = np.einsum("nkc,nkc->nk", apart, apart).argmin(axis=1)
            at = tried[np.arange(len(at)), best]
            distance *= 0.6
        return self._newton(wanted, at)


def _step(miss: Floats, slopes: Floats) -> Floats:
    """Returns: The steps that linear maps with these slopes would need; the miss itself where there is none."""
    a, b, c, d = 1 + slopes[:, 0], slopes[:, 2], slopes[:, 1], 1 + slopes[:, 3]
    det = a * d - b * c
    flat = np.abs(det) < 1e-6
    det[flat] = 1.0
    step = np.stack([(d * miss[:, 0] - b * miss[:, 1]) / det, (a * miss[:, 1] - c * miss[:, 0]) / det], axis=1)
    step[flat] = miss[flat]
    return step


def known_places(points: Floats) -> np.ndarray:
    """Returns: Which points, shape (N, 2), are numbers, shape (N,) bool."""
    x, y = np.isfinite(points[:, 0]), np.isfinite(points[:, 1])  # numpy takes ten times as long for both at once
    return np.asarray(x & y)


def centres(count: int) -> Singles:
    """Returns: Where the centres of so many pixels lie."""
    return np.arange(count, dtype=np.float32) + np.float32(0.5)


class Lattice(Field):
    """Displacements at the nodes of an upright, even lattice, and what lies between them; beyond it, those of its edge.

    Args:
        size: (height, width) of the picture.
        shifts: Displacements at the nodes, shape (rows, columns, 2).
        origin: x, y of the first node.
        spacing: Pixels from node to node, along x and along y.
        flat: Whether each cell is two triangles, in each of which the map is affine; else it is bilinear.
    """

    def __init__(self, size: Size, shifts: Array, origin: tuple[float, float], spacing: tuple[float, float], flat: bool = False) -> None:
        super().__init__(size)
        rows, columns = shifts.shape[:2]
        doubled = np.repeat(shifts, 2, axis=0) if rows == 1 else shifts  # a cell has two ends
        self.shifts = np.ascontiguousarray(np.repeat(doubled, 2, axis=1) if columns == 1 else doubled)
        self.origin, self.spacing, self.flat = origin, spacing, flat

    @classmethod
    def of_pixels(cls, displacements: Array) -> Lattice:
        """Returns: The field that has these displacements, shape (h, w, 2), at the pixels' centres."""
        height, width = displacements.shape[:2]
        (x,), (y,) = centres(1).tolist(), centres(1).tolist()
        made = cls((height, width), displacements, (x, y), (1.0, 1.0))
        made.displacements = np.asarray(displacements, np.float32)
        return made

    def _cell(self, axis: int, at: Array) -> tuple[Ints, Floats, Array]:
        """Returns: In which cell numbers along an axis lie, at which share of it, and whether they lie between the first and last node."""
        last = self.shifts.shape[1 - axis] - 1.0
        along = (np.asarray(at, np.float64) - self.origin[axis]) / self.spacing[axis]
        share = np.fmin(np.fmax(along, 0.0), last)  # what is no number counts as the first
        cell = np.minimum(share.astype(np.intp), int(last) - 1)
        return cell, share - cell, share == along

    def shift(self, points: Floats) -> Floats:
        return self.local(points)[0]

    def local(self, points: Floats) -> tuple[Floats, Floats]:
        i, s, in_x = self._cell(0, points[:, 0])
        j, t, in_y = self._cell(1, points[:, 1])
        columns = self.shifts.shape[1]
        nodes, first = self.shifts.reshape(-1, 2), j * columns + i
        a, b = nodes.take(first, axis=0), nodes.take(first + 1, axis=0)
        c, d = nodes.take(first + columns, axis=0), nodes.take(first + columns + 1, axis=0)
        s, t = s[:, None], t[:, None]
        along, down, twist = b - a, c - a, a - b - c + d
        if self.flat:
            shift = a + s * along + t * down + np.minimum(s, t) * twist
            along, down = along + (s < t) * twist, down + (s >= t) * twist
        else:
            shift = a + s * along + t * down + s * t * twist
            along, down = along + t * twist, down + s * twist
        slopes = np.concatenate([along * (in_x[:, None] / self.spacing[0]), down * (in_y[:, None] / self.spacing[1])], axis=1)
        return shift, slopes

    @cached_property
    def displacements(self) -> Singles:
        xs, ys = self.centres
        (i, s, _), (j, t, _) = self._cell(0, xs), self._cell(1, ys)
        nodes = self.shifts.astype(np.float32)
        across, down = s.astype(np.float32)[:, None], t.astype(np.float32)[:, None, None]
        rows = nodes[:, i] + across * (nodes[:, i + 1] - nodes[:, i])
        upper, lower = rows[j], rows[j + 1]
        lower -= upper
        lower *= down
        upper += lower
        if self.flat:
            twists = nodes[:-1, :-1] - nodes[:-1, 1:] - nodes[1:, :-1] + nodes[1:, 1:]
            share = np.minimum(s[None, :], t[:, None]) - s[None, :] * t[:, None]
            upper += twists[:, i][j] * share.astype(np.float32)[..., None]
        return upper


class Separable(Field):
    """Columns move along x and rows along y, in straight lines from node to node; beyond the last, as it does.

    Args:
        size: (height, width) of the picture.
        xs: x of the nodes in the output and in the source, both growing, shape (2, N).
        ys: The same for y.
    """

    def __init__(self, size: Size, xs: Floats, ys: Floats) -> None:
        super().__init__(size)
        self.axes = (xs, ys)

    def shift(self, points: Floats) -> Floats:
        return np.stack([np.interp(points[:, k], to, source - to) for k, (to, source) in enumerate(self.axes)], axis=1)

    @cached_property
    def displacements(self) -> Singles:
        x, y = (np.interp(at, to, source - to) for at, (to, source) in zip(self.centres, self.axes, strict=True))
        out = np.empty((*self.size, 2), np.float32)
        out[..., 0], out[..., 1] = x, y[:, None]
        return out

    def _ahead(self, wanted: Floats) -> Floats:
        return np.stack([wanted[:, k] - np.interp(wanted[:, k], source, source - to) for k, (to, source) in enumerate(self.axes)], axis=1)


class Radial(Field):
    """Points move towards a centre or away from it: r becomes r·(1 + first·r² + second·r⁴).

    Args:
        size: (height, width) of the picture.
        centre: x, y that stays.
        unit: Pixels that count as 1, along x and along y.
        first: Factor of r².
        second: Factor of r⁴.
    """

    def __init__(self, size: Size, centre: tuple[float, float], unit: tuple[float, float], first: float, second: float) -> None:
        super().__init__(size)
        self.centre, self.unit, self.first, self.second = np.array(centre), np.array(unit), first, second

    @property
    def folds(self) -> bool:
        corners = np.array([[x, y] for x in (0, self.size[1]) for y in (0, self.size[0])])
        return bool(np.hypot(*((corners - self.centre) / self.unit).T).max() > self._table[0][-1])

    def shift(self, points: Floats) -> Floats:
        away = points - self.centre
        squared = np.square(away / self.unit).sum(axis=1, keepdims=True)
        result: Floats = away * (squared * (self.first + self.second * squared))
        return result

    @cached_property
    def displacements(self) -> Singles:
        x, y = (at - middle for at, middle in zip(self.centres, self.centre, strict=True))
        squared = (np.square(x / self.unit[0])[None, :] + np.square(y / self.unit[1])[:, None]).astype(np.float32)
        growth = squared * (np.float32(self.first) + np.float32(self.second) * squared)
        return np.stack([growth * x.astype(np.float32), growth * y.astype(np.float32)[:, None]], axis=2)

    @cached_property
    def _table(self) -> tuple[Floats, Floats]:
        """Radii up to four pictures away, or to where the bend folds, and the radii that they come from."""
        far = np.hypot(*(np.array(self.size[::-1]) / self.unit)) * 4
        radii = np.linspace(0.0, far, 4097)
        sources = self._source(radii)
        falls = np.flatnonzero(np.diff(sources) <= 0)
        end = int(falls[0]) + 1 if len(falls) else len(radii)
        return radii[:end], sources[:end]

    def _source(self, radii: Floats) -> Floats:
        squared = radii * radii
        result: Floats = radii * (1 + squared * (self.first + self.second * squared))
        return result

    def brink(self, points: Floats) -> Floats:
        # along the fold, as what is shown ends there: a chord would cut off what lies between it and the fold
        away = points - self.centre
        radii, _ = self._table
        result: Floats = self.centre + away * (radii[-1] / np.maximum(np.hypot(*(away / self.unit).T), 1e-300))[:, None]
        return result

    def _ahead(self, wanted: Floats) -> Floats:
        away = wanted - self.centre
        apart = np.hypot(*(away / self.unit).T)
        radii, sources = self._table
        at = np.interp(apart, sources, radii)
        for _ in range(6):
            squared = at * at
            slope = 1 + squared * (3 * self.first + 5 * self.second * squared)
            step = (self._source(at) - apart) / np.where(np.abs(slope) < 1e-9, 1.0, slope)
            at = np.clip(at - step, 0.0, radii[-1])  # beyond the fold it would find another place, or one across the middle
        with np.errstate(invalid="ignore"):
            missed = ~(np.abs(self._source(at) - apart) * self.unit.max() <= FOLDED)
        result: Floats = self.centre + away * np.divide(at, apart, out=np.ones_like(at), where=apart > 0)[:, None]
        result[missed] = np.nan
        return result


class Spline(Field):
    """A thin plate bent through control points: of all maps that take each where it belongs, the smoothest.

    Source: Bookstein, "Principal warps: thin-plate splines and the decomposition of deformations", 1989; kernel r²·log r².

    Args:
        size: (height, width) of the picture.
        controls: Where control points lie in the output, shape (K, 2), in shares of width and height.
        sources: Where they come from, likewise.
    """

    def __init__(self, size: Size, controls: Floats, sources: Floats) -> None:
        super().__init__(size)
        self.unit = np.array(size[::-1], np.float64)
        self.controls = controls
        count = len(controls)
        system = np.zeros((count + 3, count + 3))
        system[:count, :count] = _plate(controls, controls)
        system[:count, count] = system[count, :count] = 1.0
        system[:count, count + 1 :], system[count + 1 :, :count] = controls, controls.T
        wanted = np.zeros((count + 3, 2))
        wanted[:count] = sources - controls
        self.weights: Floats = np.linalg.solve(system, wanted).astype(np.float64)

    @property
    def straight(self) -> float:
        # smooth, and growing with its picture: it turns as much less, and an arc leaves its chord by the square
        return SHORT * max(float(self.unit.max()) / COMMON, 1.0) ** 0.5

    def shift(self, points: Floats) -> Floats:
        return self.local(points)[0]

    def local(self, points: Floats) -> tuple[Floats, Floats]:
        at = points / self.unit
        count = len(self.controls)
        bends, linear = self.weights[:count], self.weights[count + 1 :]
        squared = np.square(at[:, :1] - self.controls[:, 0])
        squared += np.square(at[:, 1:] - self.controls[:, 1])
        logs = np.log(np.maximum(squared, 1e-300, out=squared))
        # Σ 2·(log r² + 1)·(x - c)·w for x and for y, with x taken out of the sums
        sums = logs @ self._leaning + self._leaning.sum(axis=0)
        shift = np.multiply(squared, logs, out=logs) @ bends + self.weights[count] + at @ linear
        slopes = [(2 * (at[:, k, None] * sums[:, :2] - sums[:, 2 * k + 2 : 2 * k + 4]) + linear[k]) * self.unit / self.unit[k] for k in (0, 1)]
        return shift * self.unit, np.concatenate(slopes, axis=1)

    def _guess(self, wanted: Floats) -> Floats:
        return wanted  # so smooth that the first step from here is a better one

    @cached_property
    def _leaning(self) -> Floats:
        """The weights of control points, and those times the points' x and y, shape (K, 6)."""
        bends = self.weights[: len(self.controls)]
        return np.concatenate([bends, bends * self.controls[:, :1], bends * self.controls[:, 1:]], axis=1)

    @cached_property
    def displacements(self) -> Singles:
        height, width = self.size
        count = len(self.controls)
        xs, ys = (at / unit for at, unit in zip(self.centres, self.unit, strict=True))
        across, down = (np.square(at - self.controls[:, k, None]).astype(np.float32) for k, at in enumerate((xs, ys)))
        weights = (self.weights * self.unit).astype(np.float32)
        rows = max(2**15 // width, 1)  # so many fit the processor's cache
        out = np.empty((height, width, 2), np.float32)
        for top in range(0, height, rows):
            squared = down[:, top : top + rows, None] + across[:, None, :]
            kernel = np.log(np.maximum(squared, np.float32(1e-30)))
            kernel *= squared
            out[top : top + rows] = (kernel.reshape(count, -1).T @ weights[:count]).reshape(-1, width, 2)
        out += weights[count] + xs.astype(np.float32)[:, None] * weights[count + 1]
        out += (ys.astype(np.float32)[:, None] * weights[count + 2])[:, None, :]
        return out


def _plate(points: Floats, controls: Floats) -> Floats:
    """Returns: The kernel between points (N, 2) and control points (K, 2), shape (N, K)."""
    apart = points[:, None, :] - controls
    squared = np.einsum("nkc,nkc->nk", apart, apart)
    result: Floats = squared * np.log(np.maximum(squared, 1e-300))
    return result
