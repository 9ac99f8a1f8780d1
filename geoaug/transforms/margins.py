"""Sides of the picture moved in or out: how much goes is said side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import ParameterError
from geoaug.geometry.matrix import chain, scaling, translation
from geoaug.params import Parser, between, chance, flag, number, optional, parameter, probability, whole
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.crops import cropped
from geoaug.transforms.resampling import bordering, filling, interpolating, mask_interpolating, warp
from geoaug.types import Limits, Range

if TYPE_CHECKING:
    from numpy.random import Generator


def _several(value: Any) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)) and np.ndim(np.asarray(value, object)) > 0


def _drawn_from(parse: Parser) -> Parser:
    """A number, a range (low, high), or three and more numbers to choose from."""

    def parse_one(value: Any) -> Any:
        if not _several(value):
            return parse(value)
        numbers = tuple(parse(v) for v in value)
        if not numbers:
            raise ValueError("expected a number, a range or numbers to choose from, got none")
        if len(numbers) == 2 and numbers[0] > numbers[1]:
            raise ValueError(f"expected (low, high) in that order, got {value!r}")
        return numbers

    return parse_one


def _four_sides(parse: Parser) -> Parser:
    """A number or a range for all sides, or one of these for each of (top, right, bottom, left)."""
    one = _drawn_from(parse)

    def parse_sides(value: Any) -> Any:
        if not _several(value):
            return parse(value)
        if len(value) == 2:
            return one(value)
        if len(value) != 4:
            raise ValueError(f"expected a number, (low, high) or (top, right, bottom, left), got {value!r}")
        return tuple(one(side) for side in value)

    return parse_sides


@transform
class CropAndPad(Transform):
    """Cut pixels off the sides or put a border there, and by default stretch the result to the size it had.

    Args:
        px: Pixels to pad, or to crop where negative: a number for all sides; a range (low, high), high excluded; or (top, right,
            bottom, left), each a number, a range or a list of three and more numbers to choose from.
        percent: The same as a share of height and width, cut to whole pixels, ``high`` included; give either this or ``px``.
        keep_size: Stretch the result to the size of the picture that came.
        sample_independently: Draw from a lone range for each side, not once for all.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        border_mode: OpenCV's border mode.
        fill: The constant border's value in pictures, for every channel or one a channel.
        fill_mask: The constant border's value in masks.
        p: Probability that the transform is applied.

    Example:
        >>> A.CropAndPad(px=(0, 1, 0, -1), keep_size=False, fill=9)(image=np.uint8([[1, 2, 3]]))["image"]
        array([[2, 3, 9]], dtype=uint8)
    """

    px: Limits = parameter(default=None, parse=optional(_four_sides(whole)))
    percent: Limits = parameter(default=None, parse=optional(_four_sides(number)))
    keep_size: bool = parameter(default=True, parse=flag)
    sample_independently: bool = parameter(default=True, parse=flag)
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    p: float = probability(default=1.0)

    def __attrs_post_init__(self) -> None:
        if (self.px is None) == (self.percent is None):
            raise ParameterError(f"CropAndPad: give either px or percent, got px={self.px}, percent={self.percent}")

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        top, right, bottom, left = self._sides(height, width, rng)
        top, bottom = _one_pixel_left(top, bottom, height)
        left, right = _one_pixel_left(left, right, width)
        size = (height + top + bottom, width + left + right)
        matrix = translation(left, top)
        if self.keep_size:
            matrix, size = chain(matrix, scaling(width / size[1], height / size[0])), scene.size
        return warp(self, scene, matrix, size)

    def _sides(self, height: int, width: int, rng: Generator) -> tuple[int, int, int, int]:
        """Returns: Pixels to pad above, to the right, below and to the left; negative ones are cut off."""
        if self.px is not None:
            top, right, bottom, left = self._four(self.px, _whole_between, rng)
            return top, right, bottom, left
        top, right, bottom, left = self._four(self.percent, between, rng)
        return int(top * height), int(right * width), int(bottom * height), int(left * width)

    def _four(self, given: Any, draw: Callable[[Generator, Range], Any], rng: Generator) -> list[Any]:
        if not isinstance(given, tuple):
            return [given] * 4
        if len(given) == 2:
            return [draw(rng, given) for _ in range(4)] if self.sample_independently else [draw(rng, given)] * 4
        return [_one(side, draw, rng) for side in given]


def _one(side: Any, draw: Callable[[Generator, Range], Any], rng: Generator) -> Any:
    if not isinstance(side, tuple):
        return side
    return draw(rng, side) if len(side) == 2 else side[int(rng.integers(len(side)))]


def _whole_between(rng: Generator, limits: Range) -> int:
    low, high = limits
    return int(low) if low == high else int(rng.integers(int(low), int(high)))


def _one_pixel_left(before: int, after: int, length: int) -> tuple[int, int]:
    """Returns: What is padded on both sides of a length, with less cut off where nothing would be left; half of it on either side."""
    missing = 1 - (length + min(before, 0) + min(after, 0))
    if missing <= 0:
        return before, after
    back = min(max(missing - missing // 2, missing - max(-after, 0)), max(-before, 0))
    return before + back, after + missing - back


@transform
class RandomCropFromBorders(Transform):
    """Cut a random share off each side.

    Args:
        crop_left: Share of the width that may be cut off on the left.
        crop_right: Share of the width that may be cut off on the right.
        crop_top: Share of the height that may be cut off above.
        crop_bottom: Share of the height that may be cut off below.
        p: Probability that the transform is applied.

    Example:
        >>> A.RandomCropFromBorders(0, 0, 0.5, 0.5)(image=np.zeros((90, 60), np.uint8))["image"].shape[1]
        60
    """

    crop_left: float = parameter(default=0.1, parse=chance)
    crop_right: float = parameter(default=0.1, parse=chance)
    crop_top: float = parameter(default=0.1, parse=chance)
    crop_bottom: float = parameter(default=0.1, parse=chance)
    p: float = probability(default=1.0)

    def __attrs_post_init__(self) -> None:
        for one, other in (("crop_left", "crop_right"), ("crop_top", "crop_bottom")):
            a, b = getattr(self, one), getattr(self, other)
            if a + b > 1:
                raise ParameterError(f"RandomCropFromBorders: the sum of {one} and {other} must be at most 1, got {a} and {b}")

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        left, right = _kept(width, self.crop_left, self.crop_right, rng)
        top, bottom = _kept(height, self.crop_top, self.crop_bottom, rng)
        return cropped(self, scene, left, top, (bottom - top, right - left))


def _kept(length: int, before: float, after: float, rng: Generator) -> tuple[int, int]:
    """Returns: Where the part that is kept begins and ends; at least one pixel of it."""
    begin = int(rng.integers(min(int(before * length), length - 1) + 1))
    return begin, int(rng.integers(max(begin + 1, int((1 - after) * length)), length + 1))
