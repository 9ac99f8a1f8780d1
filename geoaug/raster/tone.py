"""Values of pixels: what each tone operation does to them, by the cheapest call that gives the same bytes.

Every operation stands in ``KINDS`` under its name, so that a step can be stored as names and numbers. On uint8 the
ones that treat each value alone are tables of 256 levels; tables compose by indexing, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from geoaug.raster.colour import hsv_shift, hue, mix, saturation, to_grey
from geoaug.raster.curves import (
    contrast,
    linear,
    linear_by_mean,
    linear_safe,
    linear_table,
    power,
    power_table,
    settle_contrast,
    settle_linear,
    settle_linear_by_mean,
    settle_linear_safe,
)
from geoaug.raster.kind import Kind, always
from geoaug.raster.normal import normalize, normalize_by_picture, normalize_planes
from geoaug.raster.planes import to_planes
from geoaug.raster.table import look_up
from geoaug.raster.values import UINT8, fractions, native
from geoaug.types import Array


def change_to_planes(pixels: Array, operations: Sequence[tuple[str, Mapping[str, Any]]], owned: bool = False) -> Array:
    """Carry out operations as ``change`` does, and put channels first.

    Returns: A new contiguous array of shape (c, h, w), (1, h, w) for a grey picture; over ``pixels`` where that is ``owned``.
    """
    last, numbers = operations[-1] if operations else ("", {})
    direct = KINDS[last].planes if last else None
    if direct is None or pixels.dtype.kind == "b":  # black and white become levels first, which change() knows
        out = change(pixels, operations, owned)
        return to_planes(out, owned or not np.may_share_memory(out, pixels))
    return direct(change(native(pixels), operations[:-1], owned), **numbers)


def change(pixels: Array, operations: Iterable[tuple[str, Mapping[str, Any]]], owned: bool = False) -> Array:
    """Carry out operations, in order.

    Args:
        pixels: Shape (h, w) or (h, w, c), integers or floats; not modified unless ``owned``.
        operations: Names of ``KINDS``, each with all of its numbers.
        owned: Whether nobody else holds ``pixels``.

    Returns: A new array, or ``pixels`` itself where nothing changes.

    Raises:
        DataError: Float pixels that are NaN or no fractions.
        DataTypeError: A dtype or a number of channels that an operation cannot take.
    """
    source, pixels = pixels, native(pixels)
    if pixels.dtype.kind == "b":  # black and white, and that again where values stay values
        grey = change(pixels.astype(np.uint8) * np.uint8(255), operations, owned=True)
        return grey > 127 if grey.dtype == UINT8 else grey
    table: Array | None = None  # what waits; and the line that it is, if it is one
    line: tuple[float, float] | None = None
    checked = pixels.dtype.kind != "f"
    for name, numbers in operations:
        kind = KINDS[name]
        tabled = kind.table is not None and pixels.dtype == UINT8
        if table is not None and (not tabled or kind.looks(numbers)):
            pixels, table = look_up(pixels, table, line, owned or pixels is not source), None
        if tabled:
            settled = kind.settle(pixels, **numbers) if kind.settle is not None else None
            after = kind.table(*settled or numbers.values())  # type: ignore[misc]  # tabled says that there is one
            if after is not None:
                table, line = (after, settled) if table is None else (after[table], None)
            continue
        if kind.unit and not checked:
            pixels, checked = fractions(pixels, name), True
        reuse = {"owned": owned or pixels is not source} if kind.reuses else {}
        pixels = kind.change(pixels, **numbers, **reuse)
        checked = checked and kind.unit
    return pixels if table is None else look_up(pixels, table, line, owned or pixels is not source)


KINDS: dict[str, Kind] = {
    "linear": Kind(linear, {"factor": 1.0, "shift": 0.0}, linear_table, settle_linear),
    "linear_by_mean": Kind(linear_by_mean, {"factor": 1.0, "shift": 0.0}, linear_table, settle_linear_by_mean, looks=always),
    "linear_safe": Kind(
        linear_safe, {"factor": 1.0, "shift": 0.0, "by_mean": False}, linear_table, settle_linear_safe,
        looks=lambda numbers: bool(numbers["by_mean"]),
    ),
    "power": Kind(power, {"exponent": ...}, power_table),
    "contrast": Kind(contrast, {"factor": ...}, linear_table, settle_contrast, looks=lambda numbers: bool(numbers["factor"] != 1)),
    "mix": Kind(mix, {"matrix": ...}),
    "saturation": Kind(saturation, {"factor": ...}),
    "hue": Kind(hue, {"turn": ...}, reuses=True),
    "hsv_shift": Kind(hsv_shift, {"hue": 0.0, "saturation": 0.0, "value": 0.0}, reuses=True),
    "to_grey": Kind(to_grey, {"method": "weighted_average", "channels": 3}, looks=lambda numbers: bool(numbers["method"] == "pca")),
    "normalize": Kind(normalize, {"mean": ..., "std": ..., "most": 255.0}, unit=False, planes=normalize_planes),
    "normalize_by_picture": Kind(normalize_by_picture, {"method": ...}, looks=always, unit=False),
}  # fmt: skip
