"""The step that changes values: named operations with their numbers, joined as long as they follow one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from attrs import field, frozen

from geoaug.errors import ParameterError
from geoaug.params import number, one_of
from geoaug.raster.kind import numbers_of
from geoaug.raster.tone import KINDS, change, change_to_planes
from geoaug.steps.step import Step, tupled
from geoaug.types import Array

Layout = Literal["hwc", "chw"]
HWC: Layout = "hwc"
CHW: Layout = "chw"
layout_of = one_of(HWC, CHW)


@frozen
class Operation:
    """One change of values.

    Args:
        name: Which one, of ``geoaug.raster.tone.KINDS``.
        numbers: All of its numbers, by name.
    """

    name: str
    numbers: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        shown = [(key, f"{value:.4g}" if isinstance(value, float) else value) for key, value in self.numbers]
        return f"{self.name}({', '.join(f'{key}={value}' for key, value in shown)})"


@frozen(slots=False)
class Tone(Step):
    """Change the values of pixels, each pixel alone; masks, boxes and points stay.

    Args:
        operations: What happens to the values, in order.
        layout: The axes of the picture that comes out: ``"hwc"``, or ``"chw"`` for channels first, after which nothing else may follow.
    """

    operations: tuple[Operation, ...] = field(default=())
    layout: Layout = field(default=HWC)

    @classmethod
    def of(cls, curve: str | Callable[..., Array], /, **numbers: Any) -> Tone:
        """Returns: The step of one operation, by its name or its function, as ``KINDS`` has them.

        Raises:
            ParameterError: No such operation, or not its numbers.

        Example:
            >>> print(Tone.of("power", exponent=0.8))
            Tone power(exponent=0.8)
        """
        name = curve if isinstance(curve, str) else getattr(curve, "__name__", repr(curve))
        return cls((Operation(name, numbers_of(name, numbers, KINDS, "Tone")),))

    @classmethod
    def mix(cls, matrix: Sequence[Sequence[float]]) -> Tone:
        """Returns: The step that makes each channel a weighted sum of all, plus an offset in fractions of white.

        Args:
            matrix: Shape (c, c + 1), a row a channel.
        """
        return cls.of("mix", matrix=tuple(tuple(float(number) for number in row) for row in matrix))

    @classmethod
    def join(cls, tones: Sequence[Tone]) -> Tone:
        """Returns: One step that means all of these, in order.

        Raises:
            ParameterError: One but the last puts channels first.
        """
        if any(tone.layout == CHW for tone in tones[:-1]):
            raise ParameterError("Tone: channels come first already; the step that puts them there must be the last")
        return cls(tuple(operation for tone in tones for operation in tone.operations), tones[-1].layout if tones else HWC)

    @property
    def looks(self) -> bool:
        """Whether it must see the whole picture, so that it may not trade places with a crop."""
        return any(KINDS[operation.name].looks(dict(operation.numbers)) for operation in self.operations)

    def then(self, after: Step) -> Step | None:
        if not isinstance(after, Tone) or self.layout == CHW:
            return None
        return Tone(self.operations + after.operations, after.layout)

    def image(self, pixels: Array, owned: bool = False) -> Array:
        operations = [(operation.name, dict(operation.numbers)) for operation in self.operations]
        return change_to_planes(pixels, operations, owned) if self.layout == CHW else change(pixels, operations, owned)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        operations = [{"name": operation.name, **dict(operation.numbers)} for operation in self.operations]
        return {"tone": operations if self.layout == HWC else {"operations": operations, "layout": self.layout}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tone:
        """Returns: The step that ``to_dict`` described, also after JSON has made lists of its tuples.

        Raises:
            ParameterError: No such operation, or not its numbers.
            KeyError, TypeError, ValueError: It describes none.
        """
        told = data["tone"]
        listed, layout = (told["operations"], told["layout"]) if isinstance(told, Mapping) else (told, HWC)
        described = [{key: tupled(value) for key, value in operation.items()} for operation in listed]
        for operation in described:
            for key, value in operation.items():
                check_number("Tone", key, value)
        joined = cls.join([cls.of(operation.pop("name"), **operation) for operation in described])
        return cls(joined.operations, layout_of(layout))

    def __str__(self) -> str:
        told = [str(operation) for operation in self.operations] + ["channels first"] * (self.layout == CHW)
        return f"Tone {', '.join(told) or 'nothing'}"


WORDS = ("name", "method")  # what an operation holds beside numbers


def check_number(step: str, key: str, value: Any) -> None:
    """Refuse a stored number of an operation that is none, or not finite, with a ParameterError that names the kind of step."""
    if isinstance(value, tuple):
        for part in value:
            check_number(step, key, part)
    elif key not in WORDS and not isinstance(value, bool):
        try:
            number(value)
        except ValueError as fault:
            raise ParameterError(f"{step}: {key}={value!r}: {fault}") from None
