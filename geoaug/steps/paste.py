"""The step that lays small pictures onto the picture."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
from attrs import field, frozen

from geoaug.params import LARGEST, count, number, one_of, optional, whole
from geoaug.raster.holes import one_value, writable
from geoaug.raster.paste import lay, window
from geoaug.steps.step import Step
from geoaug.steps.stored import between, listing, read
from geoaug.types import Array

DTYPES = ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64")
same_pixels = attrs.cmp_using(eq=np.array_equal)


@frozen(slots=False)
class Layer:
    """One small picture.

    Args:
        pixels: Shape (h, w) or (h, w, c).
        opacity: How much of each pixel shows, 0 to 1, shape (h, w) float32.
        at: The row and column where it begins.
        label: What masks show in its place; None leaves them whole.
    """

    pixels: Array = field(eq=same_pixels)
    opacity: Array = field(eq=same_pixels)
    at: tuple[int, int]
    label: float | None = field(default=None)


@frozen(slots=False)
class Paste(Step):
    """Lay small pictures onto the picture, and their labels onto masks; boxes, outlines and points stay.

    Args:
        layers: What is laid, in order.
    """

    layers: tuple[Layer, ...] = field(default=())

    def image(self, pixels: Array, owned: bool = False) -> Array:
        if not self.layers:
            return pixels
        out = writable(pixels, owned)
        for layer in self.layers:
            lay(out, layer.pixels, layer.opacity, layer.at)
        return out

    def mask(self, pixels: Array) -> Array:
        labelled = [layer for layer in self.layers if layer.label is not None]
        if not labelled:
            return pixels
        out = writable(pixels, False)
        for layer in labelled:
            window(out, layer.opacity.shape, layer.at)[layer.opacity >= 0.5] = one_value(layer.label or 0, out)
        return out

    @property
    def lasting(self) -> str:
        return "what it laid onto the picture stays there; points, boxes and outlines go through"

    @property
    def patches(self) -> bool:
        return all(layer.label is None for layer in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads; pixels in base64."""
        return {
            "paste": [
                {"pixels": _packed(layer.pixels), "opacity": _packed(layer.opacity), "at": list(layer.at), "label": layer.label}
                for layer in self.layers
            ]
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Paste:
        """Returns: The step that ``to_dict`` described.

        Raises:
            KeyError, TypeError, ValueError: It describes none.
        """
        place = listing(between(0, LARGEST, whole), 2, 2)
        layers = [Layer(**read(told, pixels=_unpacked, opacity=_unpacked, at=place, label=optional(number))) for told in listing(dict)(data["paste"])]
        for layer in layers:
            shape, opacity = layer.pixels.shape, layer.opacity
            if len(shape) not in (2, 3) or 0 in shape or opacity.shape != shape[:2]:
                raise ValueError(f"expected pixels and an opacity for each, got shapes {shape} and {opacity.shape}")
            if opacity.dtype != np.float32 or not ((opacity >= 0) & (opacity <= 1)).all():
                raise ValueError("opacity: expected float32 numbers from 0 to 1")
        return cls(tuple(layers))

    def __str__(self) -> str:
        told = [f"{layer.opacity.shape[1]} x {layer.opacity.shape[0]} at ({layer.at[1]}, {layer.at[0]})" for layer in self.layers]
        return f"Paste {', '.join(told) or 'nothing'}"


def _packed(pixels: Array) -> dict[str, Any]:
    return {"dtype": pixels.dtype.name, "shape": list(pixels.shape), "bytes": base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode()}


def _unpacked(told: Any) -> Array:
    packed = read(told, dtype=one_of(*DTYPES), shape=listing(count, 2, 3), bytes=lambda value: base64.b64decode(value, validate=True))
    return np.frombuffer(packed["bytes"], packed["dtype"]).reshape(packed["shape"])
