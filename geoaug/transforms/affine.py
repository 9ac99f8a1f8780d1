"""Turns, shifts, scales and shears: affine matrices about the picture's centre."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from geoaug.errors import ParameterError
from geoaug.geometry.matrix import about, chain, inverse, move_one, rotation, scaling, shearing, translation
from geoaug.params import between, fixed, flag, optional, parameter, probability, symmetric, whole
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.warp import Warp
from geoaug.transform import Transform, transform
from geoaug.transforms.resampling import bordering, enveloping, filling, interpolating, mask_interpolating, warp
from geoaug.transforms.resize import scale_limit
from geoaug.types import Limits, Matrix, Range, Size

if TYPE_CHECKING:
    from numpy.random import Generator

Ranges = dict[str, Range]


def centred(matrix: Matrix, size: Size) -> Matrix:
    """Returns: The map about the centre of a picture of ``size``."""
    return about(matrix, size[1] / 2, size[0] / 2)


@transform
class Rotate(Transform):
    """Turn the picture about its centre.

    Args:
        limit: Degrees, counter-clockwise as seen; a lone n stands for (-n, n).
        interpolation: OpenCV's flag for pictures.
        border_mode: OpenCV's border mode.
        rotate_method: What a box that comes alone stands for: ``"largest_box"`` (its corners) or ``"ellipse"``.
        crop_border: Keep the largest upright rectangle that shows no border.
        mask_interpolation: OpenCV's flag for masks.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.
        p: Probability that the transform is applied.

    Example:
        >>> A.Rotate(limit=(90, 90), p=1)(image=np.uint8([[0, 1, 0], [0, 0, 0], [0, 0, 0]]))["image"]  # up points left
        array([[0, 0, 0],
               [1, 0, 0],
               [0, 0, 0]], dtype=uint8)
    """

    limit: Limits = parameter(default=(-90, 90), parse=symmetric)
    interpolation: int = interpolating()
    border_mode: int = bordering()
    rotate_method: str = enveloping()
    crop_border: bool = parameter(default=False, parse=flag)
    mask_interpolation: int = mask_interpolating()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        angle = between(rng, self.limit)
        turned = warp(self, scene, centred(rotation(angle), scene.size), scene.size)
        if not self.crop_border:
            return turned
        left, top, right, bottom = inner_rectangle(scene.size, angle)
        cropped = Warp.of(translation(-left, -top), scene.size, (bottom - top, right - left))
        return turned.then(cropped) or turned


def inner_rectangle(size: Size, degrees: float) -> tuple[int, int, int, int]:
    """Returns: (left, top, right, bottom) of the largest upright rectangle inside of a turned picture.

    Two cases: a long, narrow picture touches it with two opposite corners on its long sides' middle line; otherwise all
    four of its corners touch.
    """
    height, width = size
    sin, cos = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    long, short = max(size), min(size)
    if short <= 2 * sin * cos * long or abs(sin - cos) < 1e-10:
        half = short / 2
        w, h = (half / max(sin, 1e-12), half / max(cos, 1e-12)) if width >= height else (half / max(cos, 1e-12), half / max(sin, 1e-12))
    else:
        double = cos * cos - sin * sin
        w, h = (width * cos - height * sin) / double, (height * cos - width * sin) / double
    left, right = max(0, int(width / 2 - w / 2)), min(width, int(width / 2 + w / 2))
    top, bottom = max(0, int(height / 2 - h / 2)), min(height, int(height / 2 + h / 2))
    return left, top, max(right, left + 1), max(bottom, top + 1)


@transform
class SafeRotate(Transform):
    """Turn the picture about its centre and shrink it until all of it is in view; its size and its sides' proportion stay.

    Args:
        limit: Degrees, counter-clockwise as seen; a lone n stands for (-n, n).
        interpolation: OpenCV's flag for pictures.
        border_mode: OpenCV's border mode.
        rotate_method: What a box that comes alone stands for: ``"largest_box"`` (its corners) or ``"ellipse"``.
        mask_interpolation: OpenCV's flag for masks.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.
        p: Probability that the transform is applied.

    Example:
        >>> A.SafeRotate(limit=(90, 90), fill=7, p=1)(image=np.ones((4, 8), np.uint8))["image"][0]
        array([7, 7, 7, 1, 1, 7, 7, 7], dtype=uint8)
    """

    limit: Limits = parameter(default=(-90, 90), parse=symmetric)
    interpolation: int = interpolating()
    border_mode: int = bordering()
    rotate_method: str = enveloping()
    mask_interpolation: int = mask_interpolating()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        turned = rotation(between(rng, self.limit))
        shrunk = fitting(turned, scene.size)
        return warp(self, scene, centred(chain(turned, scaling(shrunk, shrunk)), scene.size), scene.size)


def fitting(matrix: Matrix, size: Size) -> float:
    """Returns: The largest factor up to 1 that keeps all of a picture of ``size``, moved about its centre, inside of its own frame."""
    height, width = size
    a, b, _, d, e = matrix[:5]
    return min(width / (abs(a) * width + abs(b) * height), height / (abs(d) * width + abs(e) * height), 1.0)


def _per_axis(parse: Any, missing: float, scalar: Any) -> Any:
    def parse_axes(value: Any) -> Ranges:
        if isinstance(value, Mapping):
            unknown = set(value) - {"x", "y"}
            if unknown:
                raise ValueError(f"expected the keys 'x' and 'y', got {sorted(map(str, unknown))}")
            return {axis: parse(value.get(axis, missing)) for axis in ("x", "y")}
        both = scalar(value)
        return {"x": both, "y": both}

    return parse_axes


def _scale_range(value: Any) -> Range:
    low, high = fixed(value)
    if low <= 0:
        raise ValueError(f"expected scales above 0 (1 keeps the size; 0 makes the matrix singular), got {value!r}")
    return low, high


def _whole_range(value: Any) -> Range:
    low, high = fixed(value)
    return whole(low), whole(high)


def _shear_range(value: Any) -> Range:
    low, high = fixed(value)
    if low <= -90 or high >= 90:
        raise ValueError(f"expected degrees between -90 and 90 (at 90 the matrix is singular), got {value!r}")
    return low, high


@transform
class Affine(Transform):
    """Scale, turn, shear and shift the picture about its centre, in one matrix.

    Args:
        scale: Factors; a lone n is n, a pair is drawn for x and for y, a dict gives each axis its own.
        translate_percent: Shift as a share of width and height, cut to whole pixels.
        translate_px: Shift in whole pixels.
        rotate: Degrees, counter-clockwise as seen; a lone n is n.
        shear: Degrees; a lone n is n, a dict gives each axis its own.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks.
        fit_output: Make the output as large as the moved picture.
        keep_ratio: Use the factor drawn for x for y too.
        rotate_method: What a box that comes alone stands for: ``"largest_box"`` (its corners) or ``"ellipse"``.
        balanced_scale: Draw shrinking and growing equally often.
        border_mode: OpenCV's border mode.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.
        p: Probability that the transform is applied.

    Example:
        >>> A.Affine(translate_px={"x": 1, "y": 0}, p=1)(image=np.uint8([[1, 2, 3]]))["image"]
        array([[0, 1, 2]], dtype=uint8)
    """

    scale: Limits = parameter(default=(1.0, 1.0), parse=_per_axis(_scale_range, 1.0, _scale_range))
    translate_percent: Limits = parameter(default=None, parse=optional(_per_axis(fixed, 0.0, fixed)))
    translate_px: Limits = parameter(default=None, parse=optional(_per_axis(_whole_range, 0, _whole_range)))
    rotate: Limits = parameter(default=0.0, parse=fixed)
    shear: Limits = parameter(default=(0.0, 0.0), parse=_per_axis(_shear_range, 0.0, _shear_range))
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    fit_output: bool = parameter(default=False, parse=flag)
    keep_ratio: bool = parameter(default=False, parse=flag)
    rotate_method: str = enveloping()
    balanced_scale: bool = parameter(default=False, parse=flag)
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    p: float = probability(default=0.5)

    def __attrs_post_init__(self) -> None:
        if self.translate_px is not None and self.translate_percent is not None:
            raise ParameterError("Affine: give either translate_px or translate_percent, not both")
        if self.keep_ratio and self.scale["x"] != self.scale["y"]:
            raise ParameterError(f"Affine: keep_ratio=True needs one range for both axes, got scale={self.scale}")

    def draw(self, scene: Scene, rng: Generator) -> Step:
        shift = self._shift(scene.size, rng)
        shear_x, shear_y = between(rng, self.shear["x"]), between(rng, self.shear["y"])
        scale_x = self._factor(self.scale["x"], rng)
        scale_y = scale_x if self.keep_ratio else self._factor(self.scale["y"], rng)
        angle = between(rng, self.rotate)
        return self._step(scene, scale_x, scale_y, angle, shear_x, shear_y, shift)

    def _step(self, scene: Scene, scale_x: float, scale_y: float, angle: float, shear_x: float, shear_y: float, shift: tuple[int, int]) -> Step:
        turned = chain(scaling(scale_x, scale_y), rotation(angle), shearing(-shear_x, -shear_y), translation(*shift))
        matrix = centred(turned, scene.size)
        inverse(matrix)  # a shear of x against y may still be singular: say so now, by name
        if self.fit_output:
            matrix, size = fitted(matrix, scene.size)
            return warp(self, scene, matrix, size)
        return warp(self, scene, matrix, scene.size)

    def _shift(self, size: Size, rng: Generator) -> tuple[int, int]:
        if self.translate_px is not None:
            x, y = (int(rng.integers(int(low), int(high) + 1)) for low, high in (self.translate_px["x"], self.translate_px["y"]))
            return x, y
        if self.translate_percent is not None:
            x, y = int(between(rng, self.translate_percent["x"]) * size[1]), int(between(rng, self.translate_percent["y"]) * size[0])
            return x, y
        return 0, 0

    def _factor(self, limits: Range, rng: Generator) -> float:
        low, high = limits
        if self.balanced_scale and low < 1 < high:
            return between(rng, (low, 1.0) if rng.random() < 0.5 else (1.0, high))
        return between(rng, limits)


def fitted(matrix: Matrix, size: Size) -> tuple[Matrix, Size]:
    """Returns: The map and the output's size with the whole moved picture in view."""
    corners = [move_one(matrix, x, y) for x, y in ((0, 0), (size[1], 0), (size[1], size[0]), (0, size[0]))]
    left, top = min(c[0] for c in corners), min(c[1] for c in corners)
    # rounded first: 1e-12 px over a whole number must not cost a row of border
    width = max(math.ceil(round(max(c[0] for c in corners) - left, 6)), 1)
    height = max(math.ceil(round(max(c[1] for c in corners) - top, 6)), 1)
    return chain(matrix, translation(-left, -top)), (height, width)


def _symmetric_or_none(value: Any) -> Range | None:
    return None if value is None else symmetric(value)


@transform
class ShiftScaleRotate(Transform):
    """Shift, scale and turn the picture about its centre. (``Affine`` says the same with more choice.)

    Args:
        shift_limit: Share of width and height; a lone n stands for (-n, n).
        scale_limit: Added to a factor of 1, drawn for x and for y; a lone n stands for (-n, n).
        rotate_limit: Degrees, counter-clockwise as seen; a lone n stands for (-n, n).
        interpolation: OpenCV's flag for pictures.
        border_mode: OpenCV's border mode.
        shift_limit_x: Share of the width, in place of ``shift_limit``.
        shift_limit_y: Share of the height, in place of ``shift_limit``.
        rotate_method: What a box that comes alone stands for: ``"largest_box"`` (its corners) or ``"ellipse"``.
        mask_interpolation: OpenCV's flag for masks.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.
        p: Probability that the transform is applied.

    Example:
        >>> A.ShiftScaleRotate(p=1)(image=np.zeros((9, 9), np.uint8))["image"].shape
        (9, 9)
    """

    shift_limit: Limits = parameter(default=(-0.0625, 0.0625), parse=symmetric)
    scale_limit: Limits = parameter(default=(-0.1, 0.1), parse=scale_limit)
    rotate_limit: Limits = parameter(default=(-45, 45), parse=symmetric)
    interpolation: int = interpolating()
    border_mode: int = bordering()
    shift_limit_x: Limits = parameter(default=None, parse=_symmetric_or_none)
    shift_limit_y: Limits = parameter(default=None, parse=_symmetric_or_none)
    rotate_method: str = enveloping()
    mask_interpolation: int = mask_interpolating()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        x = int(between(rng, self.shift_limit_x or self.shift_limit) * width)
        y = int(between(rng, self.shift_limit_y or self.shift_limit) * height)
        scale_x, scale_y = 1 + between(rng, self.scale_limit), 1 + between(rng, self.scale_limit)
        turned = chain(scaling(scale_x, scale_y), rotation(between(rng, self.rotate_limit)), translation(x, y))
        return warp(self, scene, centred(turned, scene.size), scene.size)
