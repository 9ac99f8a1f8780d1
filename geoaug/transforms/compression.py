"""What files and lenses lose: codecs, few pixels, colours bent apart."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from geoaug.params import LINEAR, NEAREST, between, interpolation, one_of, ordered, parameter, probability, symmetric, within
from geoaug.scene import Scene
from geoaug.steps.filter import Filter
from geoaug.steps.step import Step
from geoaug.transform import PixelTransform, transform
from geoaug.transforms.ranges import whole_of, wholes
from geoaug.types import Limits

if TYPE_CHECKING:
    from numpy.random import Generator


def _qualities(value: Any) -> tuple[int, int]:
    low, high = ordered(value)
    result: tuple[int, int] = wholes(1)((low, high))
    if high > 100:
        raise ValueError(f"expected qualities from 1 to 100, got {value!r}")
    return result


class ImageCompressionType(IntEnum):
    """Which codec, as Albumentations 1.x wrote ``compression_type``."""

    JPEG = 0
    WEBP = 1


@transform
class ImageCompression(PixelTransform):
    """Write the picture as a JPEG or WebP file in memory, and read it.

    Takes uint8; other dtypes come down to 256 levels, since these files hold no more. Three channels are RGB; two are packed with a
    third of zeros, and further ones as grey pictures of their own.

    Args:
        compression_type: ``jpeg`` or ``webp``.
        quality_range: Quality, whole numbers from 1 to 100.
        p: Probability that the transform is applied.

    Raises:
        DataError: On pictures larger than such a file may be.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        >>> bool((A.ImageCompression(quality_range=(5, 5), p=1)(image=noise)["image"] == noise).all())
        False
    """

    ImageCompressionType: ClassVar[type[IntEnum]] = ImageCompressionType

    compression_type: str = parameter(default="jpeg", parse=one_of("jpeg", "webp"))
    quality_range: Limits = parameter(default=(99, 100), parse=_qualities)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("compressed", method=self.compression_type, quality=whole_of(rng, self.quality_range))


WAYS = ("upscale", "downscale")


def _pair_of_ways(value: Any) -> dict[str, int]:
    if not isinstance(value, Mapping) or set(value) != set(WAYS):
        raise ValueError(f"expected {{'upscale': flag, 'downscale': flag}}, got {value!r}")
    return {name: interpolation(value[name]) for name in value}


@transform
class Downscale(PixelTransform):
    """Shrink the picture and enlarge it again, so that detail is lost.

    Takes every dtype and any number of channels.

    Args:
        scale_range: Size of the small picture as a share of both sides, within 0 (a pixel) to 1 (nothing changes).
        interpolation_pair: OpenCV's flags: ``{"upscale": flag, "downscale": flag}``.
        p: Probability that the transform is applied.

    Example:
        >>> A.Downscale((0.5, 0.5), p=1)(image=np.uint8([[10, 20, 30, 40]] * 2))["image"]
        array([[10, 10, 30, 30],
               [10, 10, 30, 30]], dtype=uint8)
    """

    scale_range: Limits = parameter(default=(0.25, 0.25), parse=within(ordered, 0, 1))
    interpolation_pair: dict[str, int] = parameter(default={"upscale": NEAREST, "downscale": NEAREST}, parse=_pair_of_ways)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        ways = self.interpolation_pair
        return Filter.of("downscale", scale=between(rng, self.scale_range), down=ways["downscale"], up=ways["upscale"])


@transform
class ChromaticAberration(PixelTransform):
    """Bend red and blue apart from green, as a simple lens does.

    Takes RGB of every dtype.

    Args:
        primary_distortion_limit: Radial distortion of second order, of red and of blue; a lone n stands for (-n, n).
        secondary_distortion_limit: The same of fourth order, bent the way of the first.
        mode: ``green_purple`` bends red and blue to the same side, ``red_blue`` to opposite ones, ``random`` either way.
        interpolation: OpenCV's flag.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are not RGB.

    Example:
        >>> grey = np.repeat(np.arange(0, 250, 10, dtype=np.uint8), 75).reshape(25, 25, 3)
        >>> out = A.ChromaticAberration(p=1)(image=grey)["image"]
        >>> np.array_equal(out[..., 1], grey[..., 1])
        True
    """

    primary_distortion_limit: Limits = parameter(default=(-0.02, 0.02), parse=symmetric)
    secondary_distortion_limit: Limits = parameter(default=(-0.05, 0.05), parse=symmetric)
    mode: str = parameter(default="green_purple", parse=one_of("green_purple", "red_blue", "random"))
    interpolation: int = parameter(default=LINEAR, parse=interpolation)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        red, blue = ([between(rng, limits) for limits in (self.primary_distortion_limit, self.secondary_distortion_limit)] for _ in range(2))
        red[1], blue[1] = _sided(red[1], red[0]), _sided(blue[1], blue[0])
        if self.mode != "random":
            side = 1 if self.mode == "green_purple" else -1
            blue = [_sided(number, side * like) for number, like in zip(blue, red, strict=True)]
        return Filter.of("aberration", red=tuple(red), blue=tuple(blue), interpolation=self.interpolation)


def _sided(number: float, like: float) -> float:
    """Returns: The number with the sign of another, its own where that has none."""
    return -number if number * like < 0 else number
