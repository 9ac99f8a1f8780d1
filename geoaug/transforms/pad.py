"""Borders around the picture."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from geoaug.errors import ParameterError
from geoaug.geometry.matrix import chain, scaling, translation
from geoaug.params import LARGEST, flag, optional, parameter, position, positive, probability, size, whole
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.resampling import bordering, filling, interpolating, mask_interpolating, warp
from geoaug.types import Size

if TYPE_CHECKING:
    from numpy.random import Generator


def padding_to(source: Size, least: Size, where: str, rng: Generator) -> tuple[int, int, int, int]:
    """Returns: Pixels above, below, left and right that bring a picture of ``source`` to at least ``least``."""
    rows, columns = max(least[0] - source[0], 0), max(least[1] - source[1], 0)
    if where == "random":
        top, left = int(rng.integers(rows + 1)), int(rng.integers(columns + 1))
    elif where == "center":
        top, left = rows // 2, columns // 2
    else:
        top, left = 0 if "top" in where else rows, 0 if "left" in where else columns
    return top, rows - top, left, columns - left


class PositionType(Enum):
    """Where a picture lies in its frame, as Albumentations 1.x wrote ``position``."""

    CENTER = "center"
    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM_RIGHT = "bottom_right"
    RANDOM = "random"


@transform
class PadIfNeeded(Transform):
    """Put a border around a picture that is smaller than a height and width, or that a number does not divide.

    Args:
        min_height: Height of the output at least, in pixels; None where ``pad_height_divisor`` counts.
        min_width: Width of the output at least, in pixels; None where ``pad_width_divisor`` counts.
        pad_height_divisor: Pad to the next multiple of this.
        pad_width_divisor: Pad to the next multiple of this.
        position: Where the picture lies: ``center``, ``top_left``, ``top_right``, ``bottom_left``, ``bottom_right``, ``random``.
        border_mode: OpenCV's border mode.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.
        p: Probability that the transform is applied.

    Example:
        >>> A.PadIfNeeded(1, 5, fill=9)(image=np.uint8([[1, 2, 3]]))["image"]
        array([[9, 1, 2, 3, 9]], dtype=uint8)
    """

    PositionType: ClassVar[type[Enum]] = PositionType

    min_height: int | None = parameter(default=1024, parse=optional(positive))
    min_width: int | None = parameter(default=1024, parse=optional(positive))
    pad_height_divisor: int | None = parameter(default=None, parse=optional(positive))
    pad_width_divisor: int | None = parameter(default=None, parse=optional(positive))
    position: str = parameter(default="center", parse=position)
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    p: float = probability(default=1.0)

    def __attrs_post_init__(self) -> None:
        for side, least, divisor in (
            ("height", self.min_height, self.pad_height_divisor),
            ("width", self.min_width, self.pad_width_divisor),
        ):
            if (least is None) == (divisor is None):
                raise ParameterError(
                    f"PadIfNeeded: give either min_{side} or pad_{side}_divisor, got min_{side}={least}, pad_{side}_divisor={divisor}"
                )

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        least = (_least(height, self.min_height, self.pad_height_divisor), _least(width, self.min_width, self.pad_width_divisor))
        top, bottom, left, right = padding_to(scene.size, least, self.position, rng)
        return warp(self, scene, translation(left, top), (height + top + bottom, width + left + right))


def _least(length: int, least: int | None, divisor: int | None) -> int:
    if divisor is None:
        assert least is not None
        return least
    return -(-length // divisor) * divisor


def _border_width(value: Any) -> int:
    width = whole(value)
    if not 0 <= width <= LARGEST:
        raise ValueError(f"expected pixels from 0 to {LARGEST:g}, got {value!r}; Crop and CropAndPad take pixels away")
    return width


def _one_two_or_four(value: Any) -> int | tuple[int, ...]:
    if isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)) and np.ndim(value):
        if len(value) not in (2, 4):
            raise ValueError(f"expected pixels, (x, y) or (left, top, right, bottom), got {value!r}")
        return tuple(_border_width(v) for v in value)
    return _border_width(value)


@transform
class Pad(Transform):
    """Put a border of given width around the picture.

    Args:
        padding: Pixels on every side, or (left and right, top and bottom), or (left, top, right, bottom).
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.
        border_mode: OpenCV's border mode.
        p: Probability that the transform is applied.

    Example:
        >>> A.Pad(padding=(1, 0), fill=9)(image=np.uint8([[1, 2, 3]]))["image"]
        array([[9, 1, 2, 3, 9]], dtype=uint8)
    """

    padding: int | tuple[int, ...] = parameter(default=0, parse=_one_two_or_four)
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    border_mode: int = bordering()
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        given = self.padding if isinstance(self.padding, tuple) else (self.padding,)
        left, top, right, bottom = given * (4 // len(given))
        height, width = scene.size
        return warp(self, scene, translation(left, top), (height + top + bottom, width + left + right))


def _side_or_size(value: Any) -> Size:
    return size(value) if isinstance(value, (Sequence, np.ndarray)) and np.ndim(value) else (positive(value), positive(value))


@transform
class LetterBox(Transform):
    """Scale the picture, sides in proportion, so that it fits into a frame, and fill the rest of the frame with a border.

    This is what detectors of the YOLO family are fed with. It is one step, and ``plan.inverse()`` maps predictions back.

    Args:
        size: Side of a square frame in pixels, or (height, width). The scaled picture's sides are rounded, at least one pixel.
        fill: The border's value in pictures.
        fill_mask: The border's value in masks.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        position: Where the picture lies: ``center``, ``top_left``, ``top_right``, ``bottom_left``, ``bottom_right``, ``random``.
        scale_up: Also scale up a picture that is smaller than the frame.
        p: Probability that the transform is applied.

    Example:
        >>> A.LetterBox(4)(image=np.uint8([[1, 2]]))["image"]
        array([[114, 114, 114, 114],
               [  1,   1,   2,   2],
               [  1,   1,   2,   2],
               [114, 114, 114, 114]], dtype=uint8)
    """

    size: tuple[int, int] = parameter(parse=_side_or_size)
    fill: float | tuple[float, ...] = filling(default=114)
    fill_mask: float | tuple[float, ...] = filling()
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    position: str = parameter(default="center", parse=position)
    scale_up: bool = parameter(default=True, parse=flag)
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        scale = min(self.size[0] / height, self.size[1] / width)
        if not self.scale_up:
            scale = min(scale, 1.0)
        inner = max(1, round(height * scale)), max(1, round(width * scale))
        top, _, left, _ = padding_to(inner, self.size, self.position, rng)
        matrix = chain(scaling(inner[1] / width, inner[0] / height), translation(left, top))
        return warp(self, scene, matrix, self.size)
