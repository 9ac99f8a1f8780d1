"""The step that changes values: named operations with their numbers, joined as long as nothing else comes between."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from geoaug.raster.tone import CURVES, LOOKING, WHOLE, apply_curves, apply_whole, check_range
from geoaug.steps.step import Step
from geoaug.types import Array


@frozen
class Operation:
    """One named operation and its numbers."""

    name: str
    numbers: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}" for name, value in self.numbers)
        return f"{self.name}({shown})"


@frozen(slots=False)
class Tone(Step):
    """Change each pixel's value, whatever its place.

    Args:
        operations: What happens, in order.
    """

    operations: tuple[Operation, ...]

    @classmethod
    def of(cls, name: str, **numbers: Any) -> Tone:
        """Returns: The step of one named operation of ``raster/tone.py``."""
        assert name in CURVES or name in WHOLE, name
        return cls((Operation(name, tuple(numbers.items())),))

    @property
    def looks(self) -> bool:
        """Whether it must see the whole picture, so that it does not commute with a crop."""
        return any(operation.name in LOOKING for operation in self.operations)

    def then(self, after: Step) -> Step | None:
        return Tone(self.operations + after.operations) if isinstance(after, Tone) else None

    def image(self, pixels: Array, owned: bool = False) -> Array:
        if not all(operation.name.startswith("normalize") for operation in self.operations):
            check_range(pixels)
        if pixels.dtype == np.bool_:
            return self.image(pixels.astype(np.uint8) * np.uint8(255)) > 127
        waiting: list[tuple[str, dict[str, Any]]] = []
        for operation in self.operations:
            numbers = dict(operation.numbers)
            if operation.name in CURVES:
                waiting.append((operation.name, numbers))
                continue
            if waiting:
                pixels, waiting, owned = apply_curves(pixels, waiting, owned), [], True
            before = pixels
            pixels = apply_whole(pixels, operation.name, numbers, owned)
            owned = owned or pixels is not before
        return apply_curves(pixels, waiting, owned) if waiting else pixels

    def __str__(self) -> str:
        return f"Tone {', '.join(map(str, self.operations))}"
