"""Operations that need a neighbourhood, a random field or a codec: each has a name, so that a step can be stored as names and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from geoaug.raster.blur import BLURS
from geoaug.raster.compression import LOSSES
from geoaug.raster.kind import Kind
from geoaug.raster.noise import NOISES
from geoaug.raster.plasma import PLASMAS
from geoaug.raster.shade import SHADES
from geoaug.raster.sharpen import SHARPENERS
from geoaug.raster.spatter import SPATTERS
from geoaug.raster.superpixels import SUPERPIXELS
from geoaug.raster.values import UINT8, fractions, native
from geoaug.raster.weather import WEATHER
from geoaug.types import Array

FILTERS: dict[str, Kind] = {**BLURS, **SHARPENERS, **NOISES, **LOSSES, **SHADES, **WEATHER, **SPATTERS, **PLASMAS, **SUPERPIXELS}


def filtered(pixels: Array, name: str, numbers: Mapping[str, Any], owned: bool = False) -> Array:
    """Carry out one operation.

    Args:
        pixels: Shape (h, w) or (h, w, c), integers or floats; not modified unless ``owned``.
        name: Which operation, of ``FILTERS``.
        numbers: All of its numbers.
        owned: Whether nobody else holds ``pixels``.

    Returns: A new array, or ``pixels`` itself where nothing changes.

    Raises:
        DataError: Float pixels that are NaN or no fractions.
        DataTypeError: A dtype or a number of channels that the operation cannot take.
    """
    if pixels.size == 0:
        return pixels
    source, pixels = pixels, native(pixels)
    if pixels.dtype.kind == "b":  # black and white, and that again where values stay values
        grey = filtered(pixels.astype(np.uint8) * np.uint8(255), name, numbers, owned=True)
        return grey > 127 if grey.dtype == UINT8 else grey
    kind = FILTERS[name]
    if kind.unit and pixels.dtype.kind == "f":
        pixels = fractions(pixels, name)
    reuse = {"owned": owned or pixels is not source} if kind.reuses else {}
    return kind.change(pixels, **numbers, **reuse)
