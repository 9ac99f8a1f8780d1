"""The step that changes some channels of a picture by a plan of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from geoaug.errors import DataTypeError, ParameterError
from geoaug.params import whole
from geoaug.steps.step import Step
from geoaug.types import Array, Size


@frozen(slots=False)
class Select(Step):
    """Carry out steps on some channels of the picture; the other channels, masks, boxes and points stay.

    Args:
        size: (height, width) of the picture.
        channels: Which channels, counted from 0.
        steps: What happens to them, in order; it may not change their size.
    """

    size: Size
    channels: tuple[int, ...]
    steps: tuple[Step, ...]

    def image(self, pixels: Array, owned: bool = False) -> Array:
        check_channels(self.channels, pixels)
        part: Array = np.ascontiguousarray(pixels[..., list(self.channels)])
        for step in self.steps:
            part = step.image(part, owned=True)
        if part.shape != (*pixels.shape[:2], len(self.channels)) or part.dtype != pixels.dtype:
            raise DataTypeError(
                f"image: SelectiveChannelTransform: the transforms made {part.shape} of {part.dtype} of the {len(self.channels)} channels of "
                f"{pixels.dtype}; they must keep size, number of channels and dtype"
            )
        out = pixels if owned else pixels.copy()
        out[..., list(self.channels)] = part
        return out

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        return {"select": {"size": list(self.size), "channels": list(self.channels), "steps": [step.to_dict() for step in self.steps]}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Select:
        """Returns: The step that ``to_dict`` described.

        Raises:
            ParameterError: One of its steps is none.
            KeyError, TypeError, ValueError: It describes none.
        """
        from geoaug.plan import Plan  # it knows all kinds of steps

        told = data["select"]
        plan = Plan.from_dict({"source": told["size"], "steps": told["steps"]})
        channels = tuple(whole(channel) for channel in told["channels"])
        if not channels or min(channels) < 0:
            raise ParameterError(f"channels={told['channels']!r}: expected numbers of channels from 0 on")
        return cls(plan.source, channels, plan.steps)

    def __str__(self) -> str:
        return f"Select channels {', '.join(map(str, self.channels))}: {'; '.join(map(str, self.steps)) or 'nothing'}"


def check_channels(channels: tuple[int, ...], pixels: Array) -> None:
    """Refuse a picture that lacks a channel, with a DataTypeError."""
    count = pixels.shape[2] if pixels.ndim == 3 else 1
    if pixels.ndim != 3 or max(channels) >= count:
        raise DataTypeError(
            f"image: SelectiveChannelTransform(channels={channels}) needs channel {max(channels)}, the picture of dtype {pixels.dtype} has {count}"
            + (", in two dimensions; pass image[..., None]" if pixels.ndim == 2 else ", numbered from 0")
        )
