"""Crops, with or without a change of size after them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geoaug.errors import CropSizeError, ParameterError
from geoaug.geometry.matrix import translation
from geoaug.params import between, flag, number, ordered, pair, parameter, position, positive, probability, size, whole, within
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.warp import Warp
from geoaug.transform import Transform, transform
from geoaug.transforms.pad import padding_to
from geoaug.transforms.resampling import bordering, filling, interpolating, mask_interpolating, warp
from geoaug.transforms.resize import area_choosing, resized
from geoaug.types import Limits, Range, Size

if TYPE_CHECKING:
    from numpy.random import Generator


def cropped(transform: Transform, scene: Scene, left: int, top: int, size: Size) -> Warp:
    """Returns: The step that keeps a part of the scene; what lies beside the scene is the transform's border."""
    return warp(transform, scene, translation(-left, -top), size)


def start(room: int, share: float) -> int:
    """Returns: Where a crop begins, for a share from 0 to 1 of the pixels that it could be moved by."""
    return int((room + 1) * share)


def stretched(transform: Transform, scene: Scene, left: int, top: int, part: Size, size: Size) -> Step:
    """Returns: The step that keeps a part of the scene and stretches it to ``size``."""
    first = Warp.of(translation(-left, -top), scene.size, part)
    second = resized(transform, Scene(part), size)
    return first.then(second) or second


def check_fits(transform: Transform, part: Size, whole: Size, way_out: str) -> None:
    """Refuse a crop that is larger than the picture.

    Raises:
        CropSizeError: It is; the message ends with the way out.
    """
    if part[0] > whole[0] or part[1] > whole[1]:
        raise CropSizeError(
            f"{type(transform).__name__}: crop of {part[0]} x {part[1]} (height x width) is larger than the picture, "
            f"{whole[0]} x {whole[1]}; {way_out}"
        )


class _Crop(Transform):
    """A crop of fixed size, padded first where the picture is smaller and that is allowed."""

    height: int
    width: int
    pad_if_needed: bool
    pad_position: str

    def _fitted(self, scene: Scene, rng: Generator) -> tuple[Size, int, int]:
        """Returns: The size after padding, and the padding left and above."""
        height, width = scene.size
        if height >= self.height and width >= self.width:
            return scene.size, 0, 0
        if not self.pad_if_needed:
            check_fits(self, (self.height, self.width), scene.size, "pass pad_if_needed=True or put PadIfNeeded before it")
        top, _, left, _ = padding_to(scene.size, (self.height, self.width), self.pad_position, rng)
        return (max(height, self.height), max(width, self.width)), left, top


@transform
class RandomCrop(_Crop):
    """Cut a part of fixed size out of a place drawn at random.

    Args:
        height: Height of the part in pixels.
        width: Width of the part in pixels.
        pad_if_needed: Pad a picture that is smaller, in place of refusing it.
        pad_position: Where a padded picture lies: ``center``, ``top_left``, …, ``random``.
        border_mode: OpenCV's border mode of the padding.
        fill: The padding's value in pictures.
        fill_mask: The padding's value in masks.
        p: Probability that the transform is applied.

    Raises:
        CropSizeError: On a picture smaller than the part, unless ``pad_if_needed``.

    Example:
        >>> A.RandomCrop(4, 4)(image=np.zeros((9, 9), np.uint8))["image"].shape
        (4, 4)
    """

    height: int = parameter(parse=positive)
    width: int = parameter(parse=positive)
    pad_if_needed: bool = parameter(default=False, parse=flag)
    pad_position: str = parameter(default="center", parse=position)
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling(default=0.0)
    fill_mask: float | tuple[float, ...] = filling(default=0.0)
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        (height, width), left, top = self._fitted(scene, rng)
        y, x = start(height - self.height, rng.random()), start(width - self.width, rng.random())
        return cropped(self, scene, x - left, y - top, (self.height, self.width))


@transform
class CenterCrop(_Crop):
    """Cut a part of fixed size out of the middle.

    Args:
        height: Height of the part in pixels.
        width: Width of the part in pixels.
        pad_if_needed: Pad a picture that is smaller, in place of refusing it.
        pad_position: Where a padded picture lies: ``center``, ``top_left``, …, ``random``.
        border_mode: OpenCV's border mode of the padding.
        fill: The padding's value in pictures.
        fill_mask: The padding's value in masks.
        p: Probability that the transform is applied.

    Raises:
        CropSizeError: On a picture smaller than the part, unless ``pad_if_needed``.

    Example:
        >>> A.CenterCrop(1, 1)(image=np.uint8([[1, 2, 3]]))["image"]
        array([[2]], dtype=uint8)
    """

    height: int = parameter(parse=positive)
    width: int = parameter(parse=positive)
    pad_if_needed: bool = parameter(default=False, parse=flag)
    pad_position: str = parameter(default="center", parse=position)
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling(default=0.0)
    fill_mask: float | tuple[float, ...] = filling(default=0.0)
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        (height, width), left, top = self._fitted(scene, rng)
        return cropped(self, scene, (width - self.width) // 2 - left, (height - self.height) // 2 - top, (self.height, self.width))


def _from_0(value: Any) -> int:
    result = whole(value)
    if result < 0:
        raise ValueError(f"expected at least 0 pixels, got {value!r}")
    return result


@transform
class Crop(Transform):
    """Cut out the part between given pixels.

    Args:
        x_min: Left edge in pixels.
        y_min: Upper edge in pixels.
        x_max: Right edge in pixels; the column of this number is not part of it any more.
        y_max: Lower edge in pixels; the row of this number is not part of it any more.
        pad_if_needed: Pad a picture that ends before ``x_max`` or ``y_max``, in place of refusing it.
        pad_position: Where a padded picture lies: ``center``, ``top_left``, …, ``random``; the edges are counted after padding.
        border_mode: OpenCV's border mode of the padding.
        fill: The padding's value in pictures.
        fill_mask: The padding's value in masks.
        p: Probability that the transform is applied.

    Raises:
        CropSizeError: On a picture that ends before the part does, unless ``pad_if_needed``.

    Example:
        >>> A.Crop(x_min=1, y_min=0, x_max=3, y_max=1)(image=np.uint8([[1, 2, 3, 4]]))["image"]
        array([[2, 3]], dtype=uint8)
    """

    x_min: int = parameter(default=0, parse=_from_0)
    y_min: int = parameter(default=0, parse=_from_0)
    x_max: int = parameter(default=1024, parse=positive)
    y_max: int = parameter(default=1024, parse=positive)
    pad_if_needed: bool = parameter(default=False, parse=flag)
    pad_position: str = parameter(default="center", parse=position)
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    p: float = probability(default=1.0)

    def __attrs_post_init__(self) -> None:
        for low, high in (("x_min", "x_max"), ("y_min", "y_max")):
            a, b = getattr(self, low), getattr(self, high)
            if a >= b:
                raise ParameterError(f"Crop: {high} must be greater than {low}, got {low}={a}, {high}={b}")

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        if (self.x_max > width or self.y_max > height) and not self.pad_if_needed:
            raise CropSizeError(
                f"Crop: the part ends at x_max={self.x_max}, y_max={self.y_max}, beyond the picture of {height} x {width} "
                "(height x width); pass pad_if_needed=True or smaller edges"
            )
        top, _, left, _ = padding_to(scene.size, (self.y_max, self.x_max), self.pad_position, rng)
        return cropped(self, scene, self.x_min - left, self.y_min - top, (self.y_max - self.y_min, self.x_max - self.x_min))


@transform
class RandomResizedCrop(Transform):
    """Cut out a part of random area and shape, and stretch it to a fixed size.

    Args:
        size: (height, width) of the output in pixels.
        scale: Range of the part's area, as a share of the picture's.
        ratio: Range of the part's width over height.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        area_for_downscale: Average pixels where a side shrinks, for ``"image"`` or ``"image_mask"``.
        p: Probability that the transform is applied.

    Example:
        >>> A.RandomResizedCrop(size=(32, 64))(image=np.zeros((90, 90), np.uint8))["image"].shape
        (32, 64)
    """

    size: tuple[int, int] = parameter(parse=size)
    scale: Limits = parameter(default=(0.08, 1.0), parse=within(ordered, 1e-9, 1))
    ratio: Limits = parameter(default=(0.75, 4 / 3), parse=within(ordered, 1e-9))
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    area_for_downscale: str | None = area_choosing()
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        left, top, part = self._part(scene.size, rng)
        return stretched(self, scene, left, top, part, self.size)

    def _part(self, whole: Size, rng: Generator) -> tuple[int, int, Size]:
        height, width = whole
        logs = (math.log(self.ratio[0]), math.log(self.ratio[1]))
        for _ in range(10):
            area, ratio = between(rng, self.scale) * height * width, math.exp(between(rng, logs))
            w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < w <= width and 0 < h <= height:
                top, left = start(height - h, rng.random()), start(width - w, rng.random())
                return left, top, (h, w)
        w, h = width, height  # no luck ten times: the middle, as near to the wanted shape as the picture allows
        if width / height < self.ratio[0]:
            h = min(max(round(width / self.ratio[0]), 1), height)
        elif width / height > self.ratio[1]:
            w = min(max(round(height * self.ratio[1]), 1), width)
        return (width - w) // 2, (height - h) // 2, (h, w)


def _heights(value: Any) -> Range:
    low, high = pair(positive)(value)
    return ordered((low, high))


def _above_0(value: Any) -> float:
    result = number(value)
    if result <= 0:
        raise ValueError(f"expected a number above 0, got {value!r}")
    return result


@transform
class RandomSizedCrop(Transform):
    """Cut out a part of random height and given shape, and stretch it to a fixed size.

    Args:
        min_max_height: Range of the part's height in pixels, both ends included; what a picture does not have is left out.
        size: (height, width) of the output in pixels.
        w2h_ratio: The part's width over its height.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        area_for_downscale: Average pixels where a side shrinks, for ``"image"`` or ``"image_mask"``.
        p: Probability that the transform is applied.

    Example:
        >>> A.RandomSizedCrop(min_max_height=(20, 40), size=(32, 64))(image=np.zeros((90, 90), np.uint8))["image"].shape
        (32, 64)
    """

    min_max_height: Limits = parameter(parse=_heights)
    size: tuple[int, int] = parameter(parse=size)
    w2h_ratio: float = parameter(default=1.0, parse=_above_0)
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    area_for_downscale: str | None = area_choosing()
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        low, high = self.min_max_height
        h = int(rng.integers(low, high + 1))
        part = min(h, height), min(max(int(h * self.w2h_ratio), 1), width)
        top, left = start(height - part[0], rng.random()), start(width - part[1], rng.random())
        return stretched(self, scene, left, top, part, self.size)
