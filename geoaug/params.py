"""Parameters of transforms: each is defined once, and its parser is both its converter and its validator.

A parser takes the value as the user wrote it and returns the value as the transform keeps it, or raises a
ValueError that says what it expected; the frame in ``transform.py`` adds the class and the parameter's name.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np

from geoaug.types import Fill, Range

Parser = Callable[[Any], Any]
NEAREST, LINEAR, CUBIC, AREA, LANCZOS, LINEAR_EXACT, NEAREST_EXACT = range(7)
INTERPOLATIONS = {
    NEAREST: "nearest", LINEAR: "linear", CUBIC: "cubic", AREA: "area",
    LANCZOS: "lanczos", LINEAR_EXACT: "linear exact", NEAREST_EXACT: "nearest exact",
}  # fmt: skip
CONSTANT, REPLICATE, REFLECT, WRAP, REFLECT_101 = range(5)
BORDERS = {CONSTANT: "constant", REPLICATE: "replicate", REFLECT: "reflect", WRAP: "wrap", REFLECT_101: "reflect 101"}


def parameter(*, default: Any = attrs.NOTHING, parse: Parser) -> Any:
    """A field of a transform; without a default it must be given."""
    return attrs.field(default=default, converter=parse)


def probability(*, default: float = 0.5) -> Any:
    """The chance that a transform is applied at all."""
    return parameter(default=default, parse=chance)


def between(rng: np.random.Generator, limits: Range) -> float:
    """Draw a number from a range, uniformly. (``rng.uniform`` costs five times as much for one number.)"""
    low, high = limits
    return float(low + (high - low) * rng.random())


# --- parsers ---------------------------------------------------------------------------------------------------------


def number(value: Any) -> float:
    """One finite real number, kept as an int where it is one."""
    if isinstance(value, (str, bytes)) or value is None:
        raise ValueError(f"expected a number, got {value!r}")
    try:
        result = value.item() if isinstance(value, (np.generic, np.ndarray)) else value
        finite = math.isfinite(result)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"expected a number, got {value!r}") from None
    if not finite:
        raise ValueError(f"expected a finite number, got {value!r}")
    return result  # type: ignore[no-any-return]  # an int stays an int, so that repr and JSON give back what was written


def whole(value: Any) -> int:
    """A whole number."""
    try:
        return operator.index(value)
    except TypeError:
        pass
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise ValueError(f"expected a whole number, got {value!r}")


def positive(value: Any) -> int:
    """A whole number of at least 1: a length in pixels."""
    result = whole(value)
    if result < 1:
        raise ValueError(f"expected at least 1 pixel, got {value!r}")
    return result


def chance(value: Any) -> float:
    """A probability."""
    result = number(value)
    if not 0 <= result <= 1:
        raise ValueError(f"expected a probability from 0 to 1, got {value!r}")
    return result


def flag(value: Any) -> bool:
    """A yes or no."""
    if isinstance(value, (bool, np.bool_)) or value in (0, 1):
        return bool(value)
    raise ValueError(f"expected True or False, got {value!r}")


def optional(parse: Parser) -> Parser:
    """The parser itself, or None for None."""
    return lambda value: None if value is None else parse(value)


def one_of(*choices: Any) -> Parser:
    """One of a few values."""

    def parse(value: Any) -> Any:
        kept = getattr(value, "value", value)  # an enum of 1.x carries its name as its value
        if isinstance(kept, np.integer):
            kept = int(kept)
        for choice in choices:
            if type(choice) is type(kept) and choice == kept:
                return choice
        raise ValueError(f"expected one of {', '.join(map(repr, choices))}, got {value!r}")

    return parse


interpolation = one_of(*INTERPOLATIONS)
border_mode = one_of(*BORDERS)
POSITIONS = ("center", "top_left", "top_right", "bottom_left", "bottom_right", "random")
position = one_of(*POSITIONS)


def pair(parse: Parser = number) -> Parser:
    """Two values."""

    def two(value: Any) -> tuple[Any, Any]:
        if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)) or len(value) != 2:
            raise ValueError(f"expected two numbers, got {value!r}")
        return parse(value[0]), parse(value[1])

    return two


def ordered(value: Any) -> Range:
    """A range (low, high)."""
    low, high = pair()(value)
    if low > high:
        raise ValueError(f"expected (low, high) in that order, got {value!r}")
    return low, high


def symmetric(value: Any) -> Range:
    """A range; a lone n stands for (-n, n)."""
    if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)):
        return ordered(value)
    limit = number(value)
    return ordered((-abs(limit), abs(limit)))


def fixed(value: Any) -> Range:
    """A range; a lone n stands for (n, n)."""
    if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)):
        return ordered(value)
    same = number(value)
    return same, same


def within(parse: Parser, low: float, high: float = math.inf) -> Parser:
    """A range that lies inside [low, high]."""

    def parse_within(value: Any) -> Range:
        a, b = parse(value)
        if a < low or b > high:
            bound = f"at least {low}" if high == math.inf else f"from {low} to {high}"
            raise ValueError(f"expected numbers {bound}, got {value!r}")
        return a, b

    return parse_within


def size(value: Any) -> tuple[int, int]:
    """(height, width) in pixels."""
    height, width = pair(positive)(value)
    return height, width


def fill(value: Any) -> Fill:
    """A value for every channel, or one a channel."""
    if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)) and np.ndim(value):
        if len(value) == 0:
            raise ValueError("expected a number or one number a channel, got none")
        return tuple(number(v) for v in value)
    return number(value)
