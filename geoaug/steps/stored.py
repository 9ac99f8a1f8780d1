"""How stored steps are read: each value by a parser, as the parameters of transforms are, so that nothing broken gets further."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from geoaug.params import Parser, number, whole

SEEDS = 2**64  # more than any step draws from


def read(told: Any, **parsers: Parser) -> dict[str, Any]:
    """Returns: Every value as its parser gives it, by name.

    Raises:
        KeyError: One is missing.
        ValueError, TypeError: One is not what it should be, or there are others; the message names it.
    """
    if not isinstance(told, Mapping):
        raise TypeError(f"expected {', '.join(parsers)}, got {told!r}"[:200])
    others = [name for name in told if name not in parsers]
    if others:
        raise ValueError(f"expected {', '.join(parsers)}, got {', '.join(map(str, others))} too")
    values = {}
    for name, parse in parsers.items():
        value = told[name]
        try:
            values[name] = parse(value)
        except KeyError as fault:
            raise ValueError(f"{name}: {fault} is missing") from None
        except (TypeError, ValueError, OverflowError) as fault:
            raise ValueError(f"{name}: {fault}"[:250]) from None
    return values


def between(low: float, high: float = math.inf, parse: Parser = number) -> Parser:
    """A parser of numbers that lie in [low, high]."""

    def parse_between(value: Any) -> Any:
        result = parse(value)
        if not low <= result <= high:
            raise ValueError(f"expected {f'at least {low:g}' if high == math.inf else f'{low:g} to {high:g}'}, got {value!r}")
        return result

    return parse_between


def seed(value: Any) -> int:
    """What random numbers are drawn from."""
    result = whole(value)
    if not 0 <= result < SEEDS:
        raise ValueError("expected a seed from 0 to 2^64 - 1")
    return result


def listing(parse: Parser, least: int = 0, most: float = math.inf) -> Parser:
    """A parser of lists, of ``least`` to ``most`` entries, that makes tuples."""

    def parse_listing(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, (list, tuple)) or not least <= len(value) <= most:
            raise ValueError(f"expected a list of {least} to {most} entries, got {value!r}"[:200])
        return tuple(map(parse, value))

    return parse_listing


def table(parse: Parser = number, least: int = 1) -> Parser:
    """A parser of rows of the same length, at least ``least`` rows of as many."""
    rows = listing(listing(parse, least), least)

    def parse_table(value: Any) -> tuple[tuple[Any, ...], ...]:
        result: tuple[tuple[Any, ...], ...] = rows(value)
        if len(set(map(len, result))) > 1:
            raise ValueError(f"expected rows of one length, got {sorted(set(map(len, result)))}")
        return result

    return parse_table


pairs = listing(listing(number, 2, 2), 1)  # places, or shifts, along x and along y
