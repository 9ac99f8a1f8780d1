"""Changes of size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from geoaug.errors import ParameterError
from geoaug.geometry.matrix import scaling
from geoaug.params import one_of, optional, parameter, positive, probability
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.resampling import interpolating, mask_interpolating, warp
from geoaug.types import Size

if TYPE_CHECKING:
    from numpy.random import Generator

AREA_FOR = (None, "image", "image_mask")


def area_choosing(*, default: str | None = None) -> Any:
    """Which targets are averaged where the picture shrinks."""
    return parameter(default=default, parse=one_of(*AREA_FOR))


def resized(transform: Transform, scene: Scene, size: Size) -> Step:
    """Returns: The step that stretches the whole scene to ``size``."""
    height, width = scene.size
    return warp(transform, scene, scaling(size[1] / width, size[0] / height), size, resized=True)


@transform
class Resize(Transform):
    """Stretch the picture to a height and width.

    Args:
        height: Height of the output in pixels.
        width: Width of the output in pixels.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        area_for_downscale: Average pixels where a side shrinks, for ``"image"`` or ``"image_mask"``.
        p: Probability that the transform is applied.

    Example:
        >>> A.Resize(32, 64)(image=np.zeros((10, 10, 3), np.uint8))["image"].shape
        (32, 64, 3)
    """

    height: int = parameter(parse=positive)
    width: int = parameter(parse=positive)
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    area_for_downscale: str | None = area_choosing()
    p: float = probability(default=1)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return resized(self, scene, (self.height, self.width))


def _one_or_more(value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        if not value:
            raise ValueError("expected at least one size, got none")
        return [positive(v) for v in value]
    return positive(value)


def _either(value: Any) -> Any:
    if not isinstance(value, Sequence) or len(value) != 2:
        raise ValueError(f"expected (max_height, max_width), one of them may be None, got {value!r}")
    height, width = (None if v is None else positive(v) for v in value)
    if height is None and width is None:
        raise ValueError("expected a number for at least one side, got (None, None)")
    return height, width


@transform
class LongestMaxSize(Transform):
    """Scale the picture, sides in proportion, so that its longest side has a given length.

    Args:
        max_size: Length of the longest side in pixels; one of a list is drawn.
        max_size_hw: (max_height, max_width) of a frame that the picture is fitted into; give either this or ``max_size``.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        area_for_downscale: Average pixels where a side shrinks, for ``"image"`` or ``"image_mask"``.
        p: Probability that the transform is applied.

    Example:
        >>> A.LongestMaxSize(max_size=50)(image=np.zeros((100, 80), np.uint8))["image"].shape
        (50, 40)
    """

    max_size: int | list[int] | None = parameter(default=None, parse=optional(_one_or_more))
    max_size_hw: tuple[int | None, int | None] | None = parameter(default=None, parse=optional(_either))
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    area_for_downscale: str | None = area_choosing()
    p: float = probability(default=1)

    def __attrs_post_init__(self) -> None:
        if (self.max_size is None) == (self.max_size_hw is None):
            raise ParameterError(
                f"{type(self).__name__}: give either max_size or max_size_hw, got max_size={self.max_size}, max_size_hw={self.max_size_hw}"
            )

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        scale = self._scale(height, width, rng)
        return resized(self, scene, (max(1, round(height * scale)), max(1, round(width * scale))))

    def _scale(self, height: int, width: int, rng: Generator) -> float:
        if self.max_size_hw is not None:
            most_height, most_width = self.max_size_hw
            return min(float("inf") if most_height is None else most_height / height, float("inf") if most_width is None else most_width / width)
        longest = self.max_size
        if isinstance(longest, list):
            longest = longest[int(rng.integers(len(longest)))]
        assert longest is not None
        return longest / max(height, width)
