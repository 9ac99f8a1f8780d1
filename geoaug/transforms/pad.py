"""Borders around the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoaug.errors import ParameterError
from geoaug.geometry.matrix import translation
from geoaug.params import optional, parameter, position, positive, probability
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.resampling import bordering, filling, warp
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
