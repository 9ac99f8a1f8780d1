"""Ranges that several filters take: from a fixed start, of whole numbers, of odd sides; and how numbers are drawn from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.params import Parser, number, ordered, pair, whole
from geoaug.steps.filter import SEEDS

if TYPE_CHECKING:
    from numpy.random import Generator


def _is_list(value: Any) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)) and np.ndim(value) > 0


def starting(low: float) -> Parser:
    """Returns: A parser for a range; a lone n stands for (low, n)."""
    return lambda value: ordered(value if _is_list(value) else sorted((low, number(value))))


def wholes(low: int) -> Parser:
    """Returns: A parser for a range of whole numbers of at least ``low``; a lone n stands for (low, n)."""

    def parse(value: Any) -> tuple[int, int]:
        one, other = pair(whole)(value if _is_list(value) else (low, value))
        if not low <= one <= other:
            raise ValueError(f"expected whole numbers (low, high) in that order, of at least {low}, got {value!r}")
        return one, other

    return parse


def odd_sides(value: Any) -> tuple[int, int]:
    """A range of odd sides of at least 3 pixels; a lone n stands for (3, n), less than 3 for 3, an even side for the next odd one."""
    one, other = pair(whole)(value if _is_list(value) else (3, value))
    if min(one, other) < 0:
        raise ValueError(f"expected sides of at least 3 pixels, got {value!r}")
    low, high = max(one, 3) | 1, max(other, 3) | 1
    if low > high:
        raise ValueError(f"expected (low, high) in that order, got {value!r}")
    return low, high


def odd(rng: Generator, sides: Any) -> int:
    """Returns: An odd side of a range, both ends included."""
    low, high = sides
    # rng.integers takes three times as long
    return int(low + 2 * int(rng.random() * ((high - low) // 2 + 1))) if high > low else int(low)


def whole_of(rng: Generator, limits: Any) -> int:
    """Returns: A whole number of a range, both ends included."""
    low, high = limits
    return int(rng.integers(low, high + 1))


def seed_of(rng: Generator) -> int:
    """Returns: What a random field is drawn from."""
    return int(rng.integers(SEEDS))
