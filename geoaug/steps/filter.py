"""The step that changes a picture by what surrounds each pixel, by a random field or by a codec: one named operation, joined to nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from geoaug.params import LARGEST, Parser, flag, interpolation, number, one_of, whole
from geoaug.raster.compression import CODECS
from geoaug.raster.filters import FILTERS, filtered
from geoaug.raster.kind import numbers_of
from geoaug.raster.noise import METHODS
from geoaug.raster.shade import FLARES
from geoaug.steps.step import Step, tupled
from geoaug.steps.stored import between, listing, read, seed
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
        name = str(numbers.pop("name"))
        numbers = dict(numbers_of(name, numbers, FILTERS, "Filter"))
        if name in PARSERS:
            return cls(Operation(name, tuple(read(numbers, **PARSERS[name]).items())))
        for key, value in numbers.items():
            if key == "seed":
                seed(value)
            else:
                check_number("Filter", key, value)
        return cls(Operation(name, tuple(numbers.items())))

    def __str__(self) -> str:
        return f"Filter {self.operation}"


# --- read from a file ------------------------------------------------------------------------------------------------

SEEDS = 2**32  # as many as Albumentations draws from
_side = between(0, 2**12, whole)
_share = between(0, 1)
_from_zero = between(0, LARGEST)
_two = listing(number, 2, 2)
_spreads = listing(_from_zero, 2, 2)


def _noise(value: Any) -> Any:
    """Two or three numbers of a distribution, or ranges."""
    return listing(_two, 1)(value) if isinstance(value, tuple) and value and isinstance(value[0], tuple) else listing(number, 2, 3)(value)


_colour = listing(between(0, 255, whole), 3, 3)
_pixel = between(-(2**24), 2**24, whole)
_place = listing(_pixel, 2, 2)


def _shadow(value: Any) -> tuple[float, Any]:
    """An intensity and corners."""
    intensity, corners = listing(lambda part: part, 2, 2)(value)
    return _share(intensity), listing(_place, 3)(corners)


def _reflection(value: Any) -> tuple[Any, ...]:
    """Alpha, x, y, radius, red, green, blue."""
    alpha, x, y, radius, *colour = listing(number, 7, 7)(value)
    return (_share(alpha), _pixel(x), _pixel(y), between(1, 2**24, whole)(radius), *_colour(tuple(colour)))


PARSERS: dict[str, dict[str, Parser]] = {  # operations that are not listed hold finite numbers, and are checked no further
    "box_blur": {"size": _side},
    "median_blur": {"size": _side},
    "gaussian_blur": {"sigma": _from_zero, "size": _side},
    "motion_blur": {"size": _side, "angle": number, "direction": between(-1, 1), "shift": _two},
    "defocus": {"radius": between(1, 2**10, whole), "smoothing": _from_zero},
    "zoom_blur": {"most": between(1, 2**10), "step": between(1e-3, LARGEST)},
    "advanced_blur": {"size": _side, "sigma": _spreads, "angle": number, "beta": _from_zero, "noise": _spreads, "seed": seed},
    "glass_blur": {"sigma": _from_zero, "reach": _side, "rounds": _side, "exact": flag, "seed": seed},
    "sharpen": {"share": _share, "lightness": number},
    "sharpen_gaussian": {"share": _share, "size": _side, "sigma": _from_zero},
    "unsharp_mask": {"share": _share, "size": _side, "sigma": _from_zero, "threshold": number},
    "emboss": {"share": _share, "strength": number},
    "ringing": {"size": _side, "cutoff": between(0, math.pi)},
    "additive_noise": {"method": one_of(*METHODS), "numbers": _noise, "shared": flag, "coarseness": _share, "seed": seed},
    "multiplied": {"low": _from_zero, "high": _from_zero, "shared": flag, "elementwise": flag, "seed": seed},
    "iso_noise": {"turn": number, "intensity": _from_zero, "seed": seed},
    "shot_noise": {"scale": _from_zero, "seed": seed},
    "salt_and_pepper": {"amount": _share, "salt": _share, "seed": seed},
    "compressed": {"method": one_of(*CODECS), "quality": between(1, 100, whole)},
    "downscale": {"scale": _share, "down": interpolation, "up": interpolation},
    "aberration": {"red": _two, "blue": _two, "interpolation": interpolation},
    "fog": {"intensity": _share, "opacity": _share, "seed": seed},
    "rain": {
        "drops": between(0, 2**24, whole), "length": between(0, LARGEST, whole), "slant": between(-LARGEST, LARGEST),
        "width": between(1, 2**15 - 1, whole), "colour": _colour, "blur": between(1, 2**15 - 1, whole), "brightness": _share, "seed": seed,
    },
    "snow_bleach": {"point": _share, "brightness": _from_zero},
    "snow_texture": {"point": _share, "brightness": _from_zero, "seed": seed},
    "shadow": {"shadows": listing(_shadow)},
    "sun_flare": {
        "centre": _place, "radius": between(1, 2**15 - 1, whole), "colour": _colour, "circles": listing(_reflection, 1), "method": one_of(*FLARES),
    },
    "gravel": {"patches": listing(listing(between(0, 2**14, whole), 4, 4)), "seed": seed},
    "spatter": {
        "mean": _share, "std": _share, "sigma": between(0, 2**10), "threshold": _share, "intensity": _share, "colour": _colour,
        "method": one_of("rain", "mud"), "seed": seed,
    },
    "plasma_light": {"brightness": between(-1, 1), "contrast": between(-1, 1), "roughness": _from_zero, "seed": seed},
    "plasma_shadow": {"intensity": _share, "roughness": _from_zero, "seed": seed},
    "superpixels": {
        "segments": between(1, LARGEST, whole), "share": _share, "max_size": between(0, LARGEST, whole), "interpolation": interpolation, "seed": seed,
    },
}  # fmt: skip
