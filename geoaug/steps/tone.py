"""The step that changes values: named operations with their numbers, joined as long as they follow one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from geoaug.raster.tone import KINDS, change, numbers_of
from geoaug.steps.step import Step
from geoaug.types import Array


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
    """

    operations: tuple[Operation, ...] = field(default=())

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
        return cls((Operation(name, numbers_of(name, numbers)),))

    @classmethod
    def mix(cls, matrix: Sequence[Sequence[float]]) -> Tone:
        """Returns: The step that makes each channel a weighted sum of all, plus an offset in fractions of white.

        Args:
            matrix: Shape (c, c + 1), a row a channel.
        """
        return cls.of("mix", matrix=tuple(tuple(float(number) for number in row) for row in matrix))

    @classmethod
    def join(cls, tones: Sequence[Tone]) -> Tone:
        """Returns: One step that means all of these, in order."""
        return cls(tuple(operation for tone in tones for operation in tone.operations))

    @property
    def looks(self) -> bool:
        """Whether it must see the whole picture, so that it may not trade places with a crop."""
        return any(KINDS[operation.name].looks(dict(operation.numbers)) for operation in self.operations)

    def then(self, after: Step) -> Step | None:
        return Tone(self.operations + after.operations) if isinstance(after, Tone) else None

    def image(self, pixels: Array, owned: bool = False) -> Array:
        return change(pixels, [(operation.name, dict(operation.numbers)) for operation in self.operations], owned)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        return {"tone": [{"name": operation.name, **dict(operation.numbers)} for operation in self.operations]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Tone:
        """Returns: The step that ``to_dict`` described, also after JSON has made lists of its tuples.

        Raises:
            ParameterError: No such operation, or not its numbers.
        """
        described = [{key: _tupled(value) for key, value in operation.items()} for operation in data["tone"]]
        return cls.join([cls.of(operation.pop("name"), **operation) for operation in described])

    def __str__(self) -> str:
        return f"Tone {', '.join(map(str, self.operations)) or 'nothing'}"


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, (list, tuple)) else value
