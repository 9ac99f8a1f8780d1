"""Values of pixels: what each tone operation does to them, by the cheapest call that gives the same bytes.

Every operation stands in ``KINDS`` under its name, so that a step can be stored as names and numbers. On uint8 the
ones that treat each value alone are tables of 256 levels; tables compose by indexing, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from geoaug.raster.channels import drop, drop_tables, gain, gain_tables, order, repeat, shift, shift_tables
from geoaug.raster.colour import hsv_shift, hue, mix, saturation, sepia, to_grey
from geoaug.raster.curves import (
    bezier,
    bezier_tables,
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
from geoaug.raster.floats import from_float, to_float, to_float_planes
from geoaug.raster.histogram import auto_contrast, auto_contrast_tables, clahe, equalize, equalize_luma, equalize_tables
from geoaug.raster.kind import Kind, always
from geoaug.raster.levels import invert, invert_table, posterize, posterize_tables, solarize, solarize_table
from geoaug.raster.light import light_along, light_from_corner, light_on_spot
from geoaug.raster.normal import normalize, normalize_by_picture, normalize_planes
from geoaug.raster.planes import to_planes
from geoaug.raster.principal import principal
from geoaug.raster.table import after, look_up
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
    waiting: list[tuple[Kind, Mapping[str, Any]]] = []  # operations that become one table
    checked = pixels.dtype.kind != "f"
    for name, numbers in operations:
        kind = KINDS[name]
        tabled = (kind.table or kind.tables) is not None and pixels.dtype == UINT8
        if waiting and (not tabled or kind.looks(numbers)):
            pixels, waiting = _tabled(pixels, waiting, owned or pixels is not source), []
        if tabled:
            waiting.append((kind, numbers))
            continue
        if kind.unit and not checked and pixels.dtype.kind == "f":
            pixels, checked = fractions(pixels, name), True
        pixels = _changed(pixels, kind, numbers, owned or pixels is not source)
        checked = checked and kind.unit
    return _tabled(pixels, waiting, owned or pixels is not source) if waiting else pixels


def _changed(pixels: Array, kind: Kind, numbers: Mapping[str, Any], owned: bool) -> Array:
    return kind.change(pixels, **numbers, owned=owned) if kind.reuses else kind.change(pixels, **numbers)


def _tabled(pixels: Array, waiting: Sequence[tuple[Kind, Mapping[str, Any]]], owned: bool) -> Array:
    """Carry out operations that have tables as one table; only the first of them may look at the pixels."""
    if len(waiting) == 1 and waiting[0][0].direct:
        return _changed(pixels, *waiting[0], owned)
    table: Array | None = None
    line: tuple[float, float] | None = None
    for kind, numbers in waiting:
        later, settled = _table(kind, pixels, numbers)
        if later is not None:
            table, line = (later, settled) if table is None else (after(later, table), None)
    return pixels if table is None else look_up(pixels, table, line, owned)


def _table(kind: Kind, pixels: Array, numbers: Mapping[str, Any]) -> tuple[Array | None, tuple[float, float] | None]:
    """Returns: The table of an operation, None where it changes nothing, and the line that it is, if it is one."""
    if kind.tables is not None:
        return kind.tables(pixels, **numbers), None
    settled = kind.settle(pixels, **numbers) if kind.settle is not None else None
    return kind.table(*settled or numbers.values()), settled  # type: ignore[misc]  # there is one or the other


KINDS: dict[str, Kind] = {
    "linear": Kind(linear, {"factor": 1.0, "shift": 0.0}, linear_table, settle_linear),
    "linear_by_mean": Kind(linear_by_mean, {"factor": 1.0, "shift": 0.0}, linear_table, settle_linear_by_mean, looks=always),
    "linear_safe": Kind(
        linear_safe, {"factor": 1.0, "shift": 0.0, "by_mean": False}, linear_table, settle_linear_safe,
        looks=lambda numbers: bool(numbers["by_mean"]),
    ),
    "power": Kind(power, {"exponent": ...}, power_table),
    "contrast": Kind(contrast, {"factor": ...}, linear_table, settle_contrast, looks=lambda numbers: bool(numbers["factor"] != 1)),
    "invert": Kind(invert, {}, invert_table, reuses=True, direct=True),
    "solarize": Kind(solarize, {"threshold": ...}, solarize_table),
    "posterize": Kind(posterize, {"bits": ...}, tables=posterize_tables, direct=True),
    "bezier": Kind(bezier, {"low": ..., "high": ...}, tables=bezier_tables),
    "equalize": Kind(equalize, {"method": "cv", "mask": ()}, tables=equalize_tables, looks=always),
    "equalize_luma": Kind(equalize_luma, {"method": "cv", "mask": ()}, looks=always),
    "auto_contrast": Kind(auto_contrast, {"method": "cdf", "cutoff": 0.0, "ignore": None}, tables=auto_contrast_tables, looks=always),
    "clahe": Kind(clahe, {"limit": ..., "tiles": (8, 8)}, looks=always, reuses=True),
    "shift": Kind(shift, {"shifts": ...}, tables=shift_tables),
    "gain": Kind(gain, {"factors": ...}, tables=gain_tables),
    "drop": Kind(drop, {"channels": ..., "fill": 0.0}, tables=drop_tables, unit=False, direct=True),
    "order": Kind(order, {"channels": ...}, unit=False, reuses=True),
    "repeat": Kind(repeat, {"count": 3}, unit=False, channels=lambda numbers, count: numbers["count"] if count == 1 else count),
    "mix": Kind(mix, {"matrix": ...}),
    "sepia": Kind(sepia, {}),
    "saturation": Kind(saturation, {"factor": ...}),
    "hue": Kind(hue, {"turn": ...}, reuses=True),
    "hsv_shift": Kind(hsv_shift, {"hue": 0.0, "saturation": 0.0, "value": 0.0}, reuses=True),
    "to_grey": Kind(
        to_grey, {"method": "weighted_average", "channels": 3}, looks=lambda numbers: bool(numbers["method"] == "pca"),
        channels=lambda numbers, count: count if count == 1 else numbers["channels"],
    ),
    "principal": Kind(principal, {"strengths": ...}, looks=always),
    "light_along": Kind(light_along, {"intensity": ..., "angle": ...}, looks=always),
    "light_from_corner": Kind(light_from_corner, {"intensity": ..., "corner": ...}, looks=always),
    "light_on_spot": Kind(light_on_spot, {"intensity": ..., "centre": ..., "sigma": ...}, looks=always),
    "to_float": Kind(to_float, {"most": None}, unit=False, planes=to_float_planes),
    "from_float": Kind(from_float, {"dtype": "uint8", "most": None}, unit=False),
    "normalize": Kind(normalize, {"mean": ..., "std": ..., "most": 255.0}, unit=False, planes=normalize_planes),
    "normalize_by_picture": Kind(normalize_by_picture, {"method": ...}, looks=always, unit=False),
}  # fmt: skip
