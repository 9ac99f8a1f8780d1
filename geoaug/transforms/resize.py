"""Changes of size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from geoaug.errors import ParameterError
from geoaug.geometry.matrix import scaling
from geoaug.params import between, one_of, optional, parameter, positive, probability, symmetric
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.resampling import interpolating, mask_interpolating, warp
from geoaug.types import Limits, Range, Size

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


class _OneSide(Transform):
    """A change of size, sides in proportion, that brings one side to a length or both to a frame."""

    max_size: int | list[int] | None
    max_size_hw: tuple[int | None, int | None] | None

    def __attrs_post_init__(self) -> None:
        if (self.max_size is None) == (self.max_size_hw is None):
            raise ParameterError(
                f"{type(self).__name__}: give either max_size or max_size_hw, got max_size={self.max_size}, max_size_hw={self.max_size_hw}"
            )

    def _resized(self, scene: Scene, rng: Generator, choose: Callable[[Iterable[float]], float]) -> Step:
        """Returns: The step.

        Args:
            scene: What changes.
            rng: Draws one of several lengths.
            choose: Which of the two sides' factors counts: ``min`` or ``max``.
        """
        height, width = scene.size
        if self.max_size_hw is not None:
            wanted = self.max_size_hw
        else:
            length = self.max_size
            if isinstance(length, list):
                length = length[int(rng.integers(len(length)))]
            wanted = (length, length)
        scale = choose(want / have for want, have in zip(wanted, (height, width), strict=True) if want is not None)
        return resized(self, scene, (max(1, round(height * scale)), max(1, round(width * scale))))


@transform
class LongestMaxSize(_OneSide):
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

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return self._resized(scene, rng, min)


@transform
class SmallestMaxSize(_OneSide):
    """Scale the picture, sides in proportion, so that its shortest side has a given length.

    Args:
        max_size: Length of the shortest side in pixels; one of a list is drawn.
        max_size_hw: (height, width) that the picture is to fill at least; one of them may be None. Give either this or ``max_size``.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        area_for_downscale: Average pixels where a side shrinks, for ``"image"`` or ``"image_mask"``.
        p: Probability that the transform is applied.

    Example:
        >>> A.SmallestMaxSize(max_size=40)(image=np.zeros((100, 80), np.uint8))["image"].shape
        (50, 40)
    """

    max_size: int | list[int] | None = parameter(default=None, parse=optional(_one_or_more))
    max_size_hw: tuple[int | None, int | None] | None = parameter(default=None, parse=optional(_either))
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    area_for_downscale: str | None = area_choosing()
    p: float = probability(default=1)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return self._resized(scene, rng, max)


def scale_limit(value: Any) -> Range:
    """A range that is added to a factor of 1; a lone n stands for (-n, n)."""
    low, high = symmetric(value)
    if low <= -1:
        raise ValueError(f"expected limits above -1 (they are added to a factor of 1), got {value!r}")
    return low, high


@transform
class RandomScale(Transform):
    """Scale the picture by a factor drawn at random, sides in proportion; its size changes with it.

    Args:
        scale_limit: Added to a factor of 1; a lone n stands for (-n, n). Sides are cut to whole pixels, at least one.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        area_for_downscale: Average pixels where a side shrinks, for ``"image"`` or ``"image_mask"``.
        p: Probability that the transform is applied.

    Example:
        >>> A.RandomScale(scale_limit=(1, 1), p=1)(image=np.zeros((10, 20), np.uint8))["image"].shape
        (20, 40)
    """

    scale_limit: Limits = parameter(default=(-0.1, 0.1), parse=scale_limit)
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    area_for_downscale: str | None = area_choosing()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        scale = between(rng, self.scale_limit) + 1.0
        return resized(self, scene, (max(1, int(scene.size[0] * scale)), max(1, int(scene.size[1] * scale))))
