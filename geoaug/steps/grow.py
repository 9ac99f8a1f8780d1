"""The step that lets bright parts grow or shrink."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from geoaug.params import one_of, pair, positive, size
from geoaug.raster.growth import OPERATIONS, Growth, grow
from geoaug.steps.step import Step
from geoaug.steps.stored import read
from geoaug.types import Array, Size

WIDEST = 2**22  # pixels of an ellipse that a file may ask for; each is looked at for each pixel of the picture


@frozen(slots=False)
class Grow(Step):
    """Give each pixel of pictures and masks the largest or smallest value around it.

    Args:
        size: (height, width) of the picture.
        kernel: (width, height) in pixels of the ellipse that is looked at.
        operation: ``"dilation"`` for the largest, ``"erosion"`` for the smallest.
    """

    size: Size
    kernel: tuple[int, int]
    operation: str

    @property
    def legs(self) -> tuple[Growth, ...]:
        return () if self.kernel == (1, 1) else (Growth(self.size, self.kernel, self.operation),)

    def image(self, pixels: Array, owned: bool = False) -> Array:
        return pixels if self.kernel == (1, 1) else grow(pixels, self.kernel, self.operation)

    def mask(self, pixels: Array) -> Array:
        return self.image(pixels)

    @property
    def lasting(self) -> str:
        return "shapes keep what they gained or lost, so boxes, outlines and masks have no way back and are refused; points and pictures go through"

    @property
    def patches(self) -> bool:
        return self.kernel == (1, 1)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        return {"grow": {"size": list(self.size), "kernel": list(self.kernel), "operation": self.operation}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Grow:
        """Returns: The step that ``to_dict`` described.

        Raises:
            KeyError, TypeError, ValueError: It describes none.
        """
        step = cls(**read(data["grow"], size=size, kernel=pair(positive), operation=one_of(*OPERATIONS)))
        if step.kernel[0] * step.kernel[1] > WIDEST:
            raise ValueError(f"kernel: expected at most {WIDEST} pixels, got {step.kernel[0]} x {step.kernel[1]}")
        return step

    def __str__(self) -> str:
        what = "largest" if self.operation == "dilation" else "smallest"
        return f"Grow by {self.operation}: the {what} value within an ellipse of {self.kernel[0]} x {self.kernel[1]} (width x height)"
