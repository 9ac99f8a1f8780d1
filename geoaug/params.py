"""Parameters of transforms: each is defined once, and its parser is both its converter and its validator.

A parser takes the value as the user wrote it and returns the value as the transform keeps it, or raises a
ValueError that says what it expected; the frame in ``transform.py`` adds the class and the parameter's name.
"""

from __future__ import annotations

import functools
import inspect
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import numpy as np

from geoaug.errors import ArgumentError, ParameterError
from geoaug.types import Fill, Range

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform  # only mypy reads this; nothing is installed for it
else:

    def dataclass_transform(**_: Any) -> Callable[[Any], Any]:
        """Only type checkers need the real one."""
        return lambda decorator: decorator


Parser = Callable[[Any], Any]
LARGEST = 10**9  # of any parameter: beyond, arithmetic overflows or rounds, and no picture is meant
T = TypeVar("T", bound=type)
NEAREST, LINEAR, CUBIC, AREA, LANCZOS, LINEAR_EXACT, NEAREST_EXACT = range(7)
INTERPOLATIONS = {
    NEAREST: "nearest", LINEAR: "linear", CUBIC: "cubic", AREA: "area",
    LANCZOS: "lanczos", LINEAR_EXACT: "linear exact", NEAREST_EXACT: "nearest exact",
}  # fmt: skip
CONSTANT, REPLICATE, REFLECT, WRAP, REFLECT_101 = range(5)
BORDERS = {CONSTANT: "constant", REPLICATE: "replicate", REFLECT: "reflect", WRAP: "wrap", REFLECT_101: "reflect 101"}


def parameter(*, default: Any = attrs.NOTHING, parse: Parser, named: bool = False) -> Any:
    """A field of a transform; without a default it must be given. What is ours alone, and not Albumentations', is ``named`` only."""
    return attrs.field(default=default, converter=parse, kw_only=named)


def probability(*, default: float = 0.5) -> Any:
    """The chance that a transform is applied at all."""
    return parameter(default=default, parse=chance)


def between(rng: np.random.Generator, limits: Range) -> float:
    """Draw a number from a range, uniformly. (``rng.uniform`` costs five times as much for one number.)"""
    low, high = limits
    return float(low + (high - low) * rng.random())


def values_of(parameterised: Any) -> dict[str, Any]:
    """Returns: The value of each parameter, by name."""
    return {field.name: getattr(parameterised, field.name) for field in attrs.fields(type(parameterised))}


@dataclass_transform(field_specifiers=(parameter, probability), eq_default=True)
def parameters(cls: T) -> T:
    """Make a class of parameters: signature, repr, equality, pickle and JSON from one definition.

    An argument that the class does not know warns and suggests the nearest name, as Albumentations 2.0.8 warns; with
    ``strict=True`` it raises. Bad values raise one ParameterError that names all of them.
    """
    made = attrs.define(slots=False, eq=True, order=False)(cls)
    _lenient(made)
    made.__hash__ = _hash_of_class  # type: ignore[assignment]  # programs keep transforms in dataclasses and dicts
    return made


def _hash_of_class(self: Any) -> int:
    return hash(type(self))  # as equal ones have it, whatever becomes of their parameters


def _lenient(cls: Any) -> None:
    known = inspect.signature(cls.__init__)
    names = [name for name in known.parameters if name != "self"]
    taken, at_p = frozenset(names), names.index("p") if "p" in names else len(names)
    init = cls.__init__

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, strict: bool = False, **given: Any) -> None:
        fault: Exception | None = None
        # a bool where p is counted was always_apply in 1.x, and False is not to become p=0
        counted = len(args) > at_p and isinstance(args[at_p], bool)
        if not counted and given.keys() <= taken:
            try:
                init(self, *args, **given)
            except (ValueError, TypeError) as why:
                fault = why
            else:
                self.__dict__["invalid_args"] = []
                return
        self.__dict__["invalid_args"] = _init_otherwise(cls, names, functools.partial(init, self), args, given, (strict, counted), fault)

    __init__.__signature__ = known  # type: ignore[attr-defined]  # what help() and IDEs show
    cls.__init__ = __init__


def _init_otherwise(
    cls: type, names: list[str], init: Any, args: tuple[Any, ...], given: dict[str, Any], how: tuple[bool, bool], fault: Exception | None
) -> list[str]:
    """Read arguments as Albumentations 1.x wrote them, or say what does not fit.

    Returns: The names of those that neither dialect knows.
    """
    from geoaug import dialect  # a table that code of today never needs

    strict, counted = how
    try:
        readings = dialect.readings(cls.__name__, args, given, names, counted)
    except ValueError as why:
        raise ParameterError(f"{cls.__name__}: {why}") from None
    for rest, reading in readings:
        if reading.unknown and (strict or getattr(cls, "refuses_unknown", False)):
            raise ArgumentError(unknown_arguments(cls, reading.unknown, names))
        try:
            init(*rest, **reading.given)
        except (ValueError, TypeError) as why:
            fault = fault or why
            continue
        if reading.changes:
            dialect.note(cls.__name__, reading.told, {**dict(zip(names, rest, strict=False)), **reading.given})
        if reading.unknown:
            dialect.warn(unknown_arguments(cls, reading.unknown, names))
        return list(reading.unknown)
    assert fault is not None
    first = readings[0][1]
    if first.unknown:
        dialect.warn(unknown_arguments(cls, first.unknown, names))
    raise _told_again(cls, names, args, first.given, fault) from None


def unknown_arguments(cls: type, unknown: Iterable[str], names: list[str]) -> str:
    """Returns: What to say of arguments that a class does not know, with the nearest that it does."""
    import difflib

    told = []
    for name in unknown:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(names)}"
        told.append(f"unknown argument {name!r} ({hint})")
    return f"{cls.__name__}: {'; '.join(told)}"


def _told_again(cls: type, names: list[str], args: tuple[Any, ...], given: dict[str, Any], fault: Exception) -> Exception:
    if isinstance(fault, ParameterError):
        return fault
    if len(args) > len(names):
        return ParameterError(f"{cls.__name__}: {len(args)} arguments given, it takes {', '.join(names)}")
    fields = {f.name: f for f in attrs.fields(cls)}
    values = dict(zip(names, args, strict=False)) | given
    told = []
    for name in names:
        parse = fields[name].converter
        if name not in values:
            if fields[name].default is attrs.NOTHING:
                told.append(f"{name} is missing")
            continue
        try:
            if parse is not None:
                parse(values[name])
        except (ValueError, TypeError) as why:
            told.append(f"{name}={values[name]!r}: {why}")
    return ParameterError(f"{cls.__name__}: {'; '.join(told) or fault}")


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
    if abs(result) > LARGEST:
        raise ValueError(f"expected a number within ±{LARGEST:g}, got {value!r}")
    return result  # an int stays an int, so that repr and JSON give back what was written


def whole(value: Any) -> int:
    """A whole number."""
    try:
        return operator.index(value)
    except TypeError:
        pass
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise ValueError(f"expected a whole number, got {value!r}")


def count(value: Any) -> int:
    """A whole number of at least 1."""
    result = whole(value)
    if not 1 <= result <= LARGEST:
        raise ValueError(f"expected a whole number from 1 to {LARGEST:g}")  # without the value: it may have thousands of digits
    return result


def positive(value: Any) -> int:
    """A whole number of at least 1: a length in pixels."""
    result = whole(value)
    if result < 1:
        raise ValueError(f"expected at least 1 pixel, got {value!r}")
    if result > LARGEST:
        raise ValueError(f"expected at most {LARGEST:g} pixels, got a number of {len(str(result)) if result < 10**4000 else 'thousands of'} digits")
    return result


def chance(value: Any) -> float:
    """A probability, or another share of a whole."""
    result = number(value)
    if not 0 <= result <= 1:
        raise ValueError(f"expected a number from 0 to 1, got {value!r}")
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
