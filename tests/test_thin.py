"""Outlines with fewer corners: many at once lose the corners that each would lose alone."""

from __future__ import annotations

import numpy as np
import pytest

from geoaug.geometry.thin import BLOCK, thinned


def thinned_alone(ring: np.ndarray, tolerance: float) -> np.ndarray:
    """Douglas and Peucker's method as they tell it, span by span."""
    closed = np.vstack([ring, ring[:1]])
    far = int(np.argmax(np.hypot(*(ring - ring[0]).T)))
    keep = {0, far}

    def halve(first: int, last: int) -> None:
        if last - first < 2:
            return
        chord, between = closed[last] - closed[first], closed[first + 1 : last] - closed[first]
        length = np.hypot(*chord)
        off = np.abs(between[:, 1] * chord[0] - between[:, 0] * chord[1]) / length if length else np.hypot(*between.T)
        if off.max() > tolerance:
            middle = first + 1 + int(off.argmax())
            keep.add(middle)
            halve(first, middle)
            halve(middle, last)

    halve(0, far)
    halve(far, len(ring))
    return ring[sorted(keep)] if len(keep) >= 3 else ring


def wavy(count: int, noise: float, seed: int) -> np.ndarray:
    turn = np.arange(count) * 2 * np.pi / count
    radius = 50 * (1 + 0.1 * np.sin(7 * turn) + noise * np.random.default_rng(seed).normal(size=count))
    return np.stack([200 + radius * np.cos(turn), 200 + radius * np.sin(turn)], axis=1)


ODD = [
    np.zeros((7, 2)),
    np.array([[0.0, 0.0], [4.0, 0.0], [8.0, 0.0]]),
    np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [4.0, 4.0], [0.0, 4.0]]),
    np.array([[0.0, 0.0], [4.0, 0.0], [8.0, 0.0], [4.0, 0.0], [0.0, 0.0]]),
    np.repeat(np.array([[0.0, 0.0], [4.0, 0.0]]), 6, axis=0),
    np.random.default_rng(0).integers(0, 4, (40, 2)).astype(np.float64),
]


@pytest.mark.parametrize("tolerance", [0.01, 0.05, 2.0])
def test_outlines_lose_together_what_each_loses_alone(tolerance):
    rings = [wavy(int(count), noise, k) for k, count in enumerate((5, 30, 200, 900)) for noise in (0.0, 1e-4, 0.02)]
    rings = [*rings, *ODD, wavy(BLOCK + 5, 1e-4, 1), *rings]
    for ring, thin in zip(rings, thinned(rings, tolerance), strict=True):
        assert np.array_equal(thin, ring if len(ring) < 5 else thinned_alone(ring, tolerance))


def test_no_outlines_are_thinned_to_none():
    assert thinned([], 0.05) == []
