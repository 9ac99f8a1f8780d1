"""What the inner ``InitSchema`` of users' classes is made of. It needs pydantic, as those classes do; nothing else of geoaug does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from geoaug.compat.words import to_tuple
from geoaug.params import border_mode, interpolation


def nondecreasing(value: tuple[Any, Any]) -> tuple[Any, Any]:
    """Refuse a range that is the wrong way round."""
    if not value[0] <= value[1]:
        raise ValueError(f"First value should be less than the second value, got {value} instead")
    return value


def check_range_bounds(min_val: float, max_val: float | None = None, min_inclusive: bool = True, max_inclusive: bool = True) -> Callable[[Any], Any]:
    """A check that all values lie between bounds.

    Args:
        min_val: The lower bound.
        max_val: The upper bound, None for none.
        min_inclusive: Whether the lower bound itself is allowed.
        max_inclusive: Whether the upper bound itself is allowed.
    """

    def check(value: Any) -> Any:
        for one in value or ():
            low = one >= min_val if min_inclusive else one > min_val
            high = max_val is None or (one <= max_val if max_inclusive else one < max_val)
            if not (low and high):
                edges = ("[" if min_inclusive else "(", "]" if max_inclusive else ")")
                bounds = f"{edges[0]}{min_val}, {max_val}{edges[1]}" if max_val is not None else f">{'=' if min_inclusive else ''} {min_val}"
                raise ValueError(f"All values must be {'in ' if max_val is not None else ''}{bounds}, got {value}")
        return value

    return check


def check_valid_interpolation(value: int) -> int:
    """Refuse what is none of OpenCV's interpolation flags."""
    return interpolation(value)


def check_valid_border_modes(value: int) -> int:
    """Refuse what is none of OpenCV's border modes."""
    return border_mode(value)


def float2int(value: tuple[float, float]) -> tuple[int, int]:
    """Both ends cut to whole numbers."""
    return int(value[0]), int(value[1])


def repeat_if_scalar(value: Any) -> tuple[Any, Any]:
    """A number n as (n, n)."""
    return (value, value) if isinstance(value, Real) else tuple(value)


def create_symmetric_range(value: Any) -> Any:
    """A number n as (-n, n)."""
    return to_tuple(value)


def process_non_negative_range(value: Any) -> Any:
    """A number n as (0, n); None as (0, 0)."""
    out = to_tuple(0 if value is None else value, low=None if isinstance(value, Sequence) else 0)
    if not all(one >= 0 for one in out):
        raise ValueError(f"All values in the non negative range should be non negative, got {value}")
    return out


def convert_to_0plus_range(value: Any) -> Any:
    """A number n as (0, n)."""
    return to_tuple(value, low=None if isinstance(value, Sequence) else 0)


def convert_to_1plus_range(value: Any) -> Any:
    """A number n as (1, n)."""
    return to_tuple(value, low=None if isinstance(value, Sequence) else 1)


Floats = float | tuple[float, float]
Ints = int | tuple[int, int]
IN_ORDER, CUT = AfterValidator(nondecreasing), AfterValidator(float2int)
FROM_1 = (AfterValidator(convert_to_1plus_range), AfterValidator(check_range_bounds(1)))
ProbabilityType = Annotated[float, Field(ge=0, le=1)]
SymmetricRangeType = Annotated[Floats, AfterValidator(create_symmetric_range)]
NonNegativeFloatRangeType = Annotated[Floats, AfterValidator(process_non_negative_range), IN_ORDER]
NonNegativeIntRangeType = Annotated[Ints, BeforeValidator(process_non_negative_range), IN_ORDER, CUT]
ZeroOneRangeType = Annotated[Floats, AfterValidator(convert_to_0plus_range), AfterValidator(check_range_bounds(0, 1)), IN_ORDER]
OnePlusFloatRangeType = Annotated[Floats, FROM_1[0], FROM_1[1]]
OnePlusIntRangeType = Annotated[Floats, FROM_1[0], FROM_1[1], CUT]
OnePlusIntNonDecreasingRangeType = Annotated[tuple[int, int], AfterValidator(check_range_bounds(1)), IN_ORDER, CUT]


InterpolationType = Annotated[int, AfterValidator(check_valid_interpolation)]
BorderModeType = Annotated[int, AfterValidator(check_valid_border_modes)]


class BaseTransformInitSchema(BaseModel):
    """The base of users' ``InitSchema`` classes, which name and check the arguments of a transform."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    strict: bool = False
    p: ProbabilityType = 0.5
