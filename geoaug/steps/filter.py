"""The step that changes a picture by what surrounds each pixel, by a random field or by a codec: one named operation, joined to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from geoaug.raster.filters import FILTERS, filtered
from geoaug.raster.kind import numbers_of
from geoaug.steps.step import Step, tupled
from geoaug.steps.tone import Operation, check_number
from geoaug.types import Array


@frozen(slots=False)
class Filter(Step):
    """Blur, sharpen, add noise or weather, compress; masks, boxes and points stay.

    Args:
        operation: What happens; a random field is held as the ``seed`` that it is drawn from, so that the step repeats.
    """

    operation: Operation

    @classmethod
    def of(cls, name: str, /, **numbers: Any) -> Filter:
        """Returns: The step of one operation of ``geoaug.raster.filters.FILTERS``.

        Raises:
            ParameterError: No such operation, or not its numbers.

        Example:
            >>> print(Filter.of("box_blur", size=5))
            Filter box_blur(size=5)
        """
        return cls(Operation(name, numbers_of(name, numbers, FILTERS, "Filter")))

    def apart(self, after: Step) -> str:
        return "a filter needs whole values of whole neighbourhoods, so nothing joins it"

    def image(self, pixels: Array, owned: bool = False) -> Array:
        return filtered(pixels, self.operation.name, dict(self.operation.numbers), owned)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        return {"filter": {"name": self.operation.name, **dict(self.operation.numbers)}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Filter:
        """Returns: The step that ``to_dict`` described, also after JSON has made lists of its tuples.

        Raises:
            ParameterError: No such operation, or not its numbers.
            KeyError, TypeError, ValueError: It describes none.
        """
        numbers = {key: tupled(value) for key, value in data["filter"].items()}
        for key, value in numbers.items():
            check_number("Filter", key, value)
        return cls.of(numbers.pop("name"), **numbers)

    def __str__(self) -> str:
        return f"Filter {self.operation}"
