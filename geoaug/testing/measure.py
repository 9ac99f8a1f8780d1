"""Where things went, read from the differences of two pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from geoaug.testing.painted import DOT
from geoaug.types import Array, Floats

SEEN = 0.45  # of the usual loudness of paint: where it is less, the source is not seen
CLEAR = 6.0  # times the noise that a difference must reach to be believed
SMEARED = 0.45  # share of the height that dots of a call usually have, below which a dot is smeared and says nothing
FOOT = 0.25  # share of a dot's height that is cut off before its centre is taken: tones that look at neighbourhoods bend it
FOOTLESS = 1.5  # the spread of a whole dot, in spreads of what is left
REACH = 4  # spreads of a dot about its centre that must be in view


@frozen(eq=False)
class Difference:
    """How much two pictures differ at each pixel, what is usual, and how noisy that is.

    Args:
        values: Summed over channels, each less what is usual everywhere, shape (h, w): tones that look at the whole picture change all of it.
        plain: The same without taking off what is usual.
        noise: A standard deviation.
    """

    values: Floats
    plain: Floats
    noise: float

    @classmethod
    def of(cls, one: Array, other: Array) -> Difference:
        height, width = one.shape[:2]
        values, plain = np.zeros((height, width)), np.zeros((height, width))
        for mine, its in zip(_planes(one), _planes(other), strict=True):
            off = mine - its
            if not np.isfinite(off).all():
                off = np.nan_to_num(off)
            usual = float(np.median(off))
            plain += np.abs(off)
            values += np.abs(off - usual) if usual else np.abs(off)
        return cls(values, plain, 1.4826 * float(np.median(values)))


def _planes(pixels: Array) -> list[Floats]:
    """Returns: The channels one by one: numpy sums and sorts long rows far faster than short ones."""
    wide = pixels.reshape(*pixels.shape[:2], -1)
    return [wide[..., k].astype(np.float64) for k in range(wide.shape[2])]


@frozen(eq=False)
class Region:
    """Where an object is.

    Args:
        inside: Shape (h, w) bool.
        soft: 0 to 1, the share of the plateau that each pixel reaches.
    """

    inside: Array
    soft: Floats


def region(difference: Difference, gain: Floats | None = None) -> Region | None:
    """Returns: Where a difference is more than half of its plateau; None where nothing stands out.

    Args:
        difference: Of the pictures with and without an object.
        gain: How loud paint is at each pixel, shape (h, w), about 1: shadows, fog and flares make it louder here than there.
    """
    values = difference.values if gain is None else np.where(gain > SEEN, difference.values / np.clip(gain, SEEN, 2.0), difference.values)
    if difference.noise > 0 or _is_grainy(values):
        values = _smooth(values)
    top = float(np.percentile(values, 99.9)) if values.size else 0.0
    top = max(top, float(values.max(initial=0.0)) * 0.5)
    if top <= CLEAR * difference.noise or top <= 1e-9:
        return None
    high = values[values > top / 2]
    plateau = float(np.median(high)) if high.size else top
    return Region(values > plateau / 2, np.clip(values / plateau, 0, 1))


def _is_grainy(values: Floats) -> bool:
    """Whether neighbours differ a lot in many places, as under noise that grows with the signal."""
    high = np.abs(values) > 0.25 * float(np.abs(values).max(initial=0.0))
    alone = high[1:-1, 1:-1] & ~(high[:-2, 1:-1] & high[2:, 1:-1] & high[1:-1, :-2] & high[1:-1, 2:])
    return int(alone.sum()) > 0.3 * max(int(high.sum()), 1)


def _smooth(values: Floats) -> Floats:
    padded = np.pad(values, 1, mode="edge")
    height, width = values.shape
    return np.asarray(np.median([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0))


@frozen(eq=False)
class Dot:
    """Where a soft dot was found.

    Args:
        at: x, y in continuous pixels.
        spread: Its own, px.
        height: Of its difference.
        noisy: What noise may have moved it by, px.
    """

    at: Floats
    spread: float
    height: float
    noisy: float


def dot(difference: Difference, near: Floats | None = None, reach: float = 24.0) -> Dot | None:
    """Find a dot: the highest one, or the highest one near a place.

    Returns: None where there is none, or it is cut by the edge of the picture.
    """
    values = difference.values
    height, width = values.shape
    left = top = 0
    if near is not None:
        left, top = (max(int(value - reach), 0) for value in near)
        values = values[top : int(near[1] + reach) + 1, left : int(near[0] + reach) + 1]
        if not values.size:
            return None
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    peak = float(values[row, column])
    if peak <= CLEAR * difference.noise or peak <= 1e-9:
        return None
    at, spread = np.array([left + column + 0.5, top + row + 0.5]), DOT
    for _ in range(4):
        around = max(REACH * spread, 3.0)
        ground = _about(difference.values, at, around)
        found = _centre(difference.values, at, around, ground + max(FOOT * (peak - ground), 2.0 * difference.noise))
        if found is None:
            return None
        at, spread = found[0], float(np.clip(found[1] * FOOTLESS, 0.4, 16.0))
    clear = min(at[0], at[1], width - at[0], height - at[1])
    if clear < REACH * spread * 0.8:
        return None
    return Dot(at, spread, peak, 2.0 * difference.noise / peak)


def _about(values: Floats, at: Floats, around: float) -> float:
    """Returns: What is usual about a place: tones that look at neighbourhoods change them with the dot."""
    top, left = max(int(at[1] - 2 * around), 0), max(int(at[0] - 2 * around), 0)
    part = values[top : int(at[1] + 2 * around) + 1, left : int(at[0] + 2 * around) + 1]
    rows, columns = np.ogrid[: part.shape[0], : part.shape[1]]
    ring = part[np.hypot(rows + top + 0.5 - at[1], columns + left + 0.5 - at[0]) > around]
    return max(float(np.median(ring)), 0.0) if ring.size else 0.0


def _centre(values: Floats, at: Floats, around: float, floor: float) -> tuple[Floats, float] | None:
    top, left = max(int(np.floor(at[1] - around)), 0), max(int(np.floor(at[0] - around)), 0)
    part = np.clip(values[top : int(at[1] + around) + 1, left : int(at[0] + around) + 1] - floor, 0, None)
    total = float(part.sum())
    if total <= 0:
        return None
    xs, ys = left + np.arange(part.shape[1]) + 0.5, top + np.arange(part.shape[0]) + 0.5
    columns, rows = part.sum(axis=0) / total, part.sum(axis=1) / total
    middle = np.array([float(columns @ xs), float(rows @ ys)])
    spread = float(np.sqrt((columns @ (xs - middle[0]) ** 2 + rows @ (ys - middle[1]) ** 2) / 2))
    return middle, spread


@frozen(eq=False)
class Fit:
    """A homography from places before to places after.

    Args:
        matrix: Shape (3, 3).
        off: The largest distance of a point from where the matrix takes it, px.
        scale: Output pixels an input pixel, about.
    """

    matrix: Floats
    off: float
    scale: float

    def __call__(self, points: Any) -> Floats:
        moved = np.column_stack([points, np.ones(len(points))]) @ self.matrix.T
        return np.asarray(moved[:, :2] / moved[:, 2:])


def fit(before: Floats, after: Floats) -> Fit | None:
    """Returns: The homography through pairs of points, or an affine map through fewer than six; None through fewer than four."""
    if len(before) < 4:
        return None
    shifts, scales = (before.mean(axis=0), after.mean(axis=0)), (_size(before), _size(after))
    one, other = ((points - shift) / scale for points, shift, scale in zip((before, after), shifts, scales, strict=True))
    matrix = _affine(one, other)
    if len(before) >= 6:
        matrix = _homography(one, other)
    into = np.array([[1 / scales[0], 0, -shifts[0][0] / scales[0]], [0, 1 / scales[0], -shifts[0][1] / scales[0]], [0, 0, 1]])
    out = np.array([[scales[1], 0, shifts[1][0]], [0, scales[1], shifts[1][1]], [0, 0, 1]])
    matrix = out @ matrix @ into
    if not np.isfinite(matrix).all() or abs(matrix[2, 2]) < 1e-12:
        return None
    matrix = matrix / matrix[2, 2]
    made = Fit(matrix, 0.0, float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))))
    return Fit(matrix, float(np.hypot(*(made(before) - after).T).max()), made.scale)


def _size(points: Floats) -> float:
    return max(float(np.sqrt(((points - points.mean(axis=0)) ** 2).mean())), 1e-9)


def _affine(one: Floats, other: Floats) -> Floats:
    found = np.linalg.lstsq(np.column_stack([one, np.ones(len(one))]), other, rcond=None)[0]
    return np.vstack([found.T, [0, 0, 1]])


def _homography(one: Floats, other: Floats) -> Floats:
    x, y, ones, zeros = one[:, 0], one[:, 1], np.ones(len(one)), np.zeros(len(one))
    upper = np.column_stack([x, y, ones, zeros, zeros, zeros, -other[:, 0] * x, -other[:, 0] * y])
    lower = np.column_stack([zeros, zeros, zeros, x, y, ones, -other[:, 1] * x, -other[:, 1] * y])
    found = np.linalg.lstsq(np.vstack([upper, lower]), other.T.reshape(-1), rcond=None)[0]
    return np.asarray(np.append(found, 1.0).reshape(3, 3))


def grown(inside: Array, by: float) -> Array:
    """Returns: Pixels within a distance of those that are set."""
    reach = int(np.floor(by))
    padded = np.pad(inside, reach)
    height, width = inside.shape
    out = np.zeros_like(inside)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            if np.hypot(down, right) <= by:
                out |= padded[reach + down : reach + down + height, reach + right : reach + right + width]
    return out


def shrunk(inside: Array, by: float) -> Array:
    """Returns: Pixels farther than a distance from those that are not set; beyond the picture counts as set."""
    return ~grown(~inside, by)


def middle(weights: Array) -> Floats:
    """Returns: The centre of mass, x, y in continuous pixels."""
    values = weights.astype(np.float64)
    total = values.sum()
    return np.array([
        float(values.sum(axis=0) @ (np.arange(values.shape[1]) + 0.5)) / total,
        float(values.sum(axis=1) @ (np.arange(values.shape[0]) + 0.5)) / total,
    ])  # fmt: skip
