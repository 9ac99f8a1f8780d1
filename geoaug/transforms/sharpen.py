"""Sharper edges, reliefs and the echoes of a sharp filter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geoaug.params import between, number, one_of, ordered, parameter, probability, whole, within
from geoaug.scene import Scene
from geoaug.steps.filter import Filter
from geoaug.steps.step import Step
from geoaug.transform import PixelTransform, transform
from geoaug.transforms.ranges import odd, odd_sides, starting
from geoaug.types import Limits

if TYPE_CHECKING:
    from numpy.random import Generator


def _side(value: Any) -> int:
    result = whole(value)
    if result < 3:
        raise ValueError(f"expected a side of at least 3 pixels, got {value!r}")
    return result | 1


def _above_zero(value: Any) -> float:
    result = number(value)
    if result <= 0:
        raise ValueError(f"expected pixels above 0, got {value!r}")
    return result


@transform
class Sharpen(PixelTransform):
    """Push each pixel away from its neighbourhood.

    Takes every dtype and any number of channels.

    Args:
        alpha: How much of the sharpened picture is mixed in, within 0 (nothing) to 1.
        lightness: With ``kernel``, the weight of the pixel itself beyond its eight neighbours', from 0 on; at 1 the picture stays as bright.
        method: ``kernel`` subtracts the eight neighbours, ``gaussian`` a Gaussian blur.
        kernel_size: With ``gaussian``, the side of the square that is blurred, in pixels, from 3 on; an even side stands for the next odd one.
        sigma: With ``gaussian``, the spread of the blur, in pixels.
        p: Probability that the transform is applied.

    Example:
        >>> A.Sharpen((0.5, 0.5), (1, 1), p=1)(image=np.uint8([[90, 90, 99, 99]] * 3))["image"][1]
        array([ 90,  76, 112,  99], dtype=uint8)
    """

    alpha: Limits = parameter(default=(0.2, 0.5), parse=within(ordered, 0, 1))
    lightness: Limits = parameter(default=(0.5, 1.0), parse=within(ordered, 0))
    method: str = parameter(default="kernel", parse=one_of("kernel", "gaussian"))
    kernel_size: int = parameter(default=5, parse=_side)
    sigma: float = parameter(default=1.0, parse=_above_zero)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        share = between(rng, self.alpha)
        if self.method == "gaussian":
            return Filter.of("sharpen_gaussian", share=share, size=self.kernel_size, sigma=self.sigma)
        return Filter.of("sharpen", share=share, lightness=between(rng, self.lightness))


def _level(value: Any) -> int:
    result = whole(value)
    if not 0 <= result <= 255:
        raise ValueError(f"expected levels from 0 to 255, got {value!r}")
    return result


@transform
class UnsharpMask(PixelTransform):
    """Push each pixel away from a Gaussian blur, where it differs enough.

    Takes every dtype and any number of channels.

    Args:
        blur_limit: Side of the square that is blurred, in pixels, odd, from 3 on; a lone n stands for (3, n).
        sigma_limit: Spread of the blur, in pixels; 0 takes what suits the side; a lone n stands for (0, n).
        alpha: Share of the difference that is added, within 0 (nothing) to 1; a lone n stands for (0, n).
        threshold: Levels of 255 that a pixel must differ by.
        p: Probability that the transform is applied.

    Example:
        >>> A.UnsharpMask((3, 3), alpha=(1, 1), threshold=0, p=1)(image=np.uint8([[90, 90, 130, 130]] * 3))["image"][1]
        array([ 90,  82, 138, 130], dtype=uint8)
    """

    blur_limit: Limits = parameter(default=(3, 7), parse=odd_sides)
    sigma_limit: Limits = parameter(default=0.0, parse=within(starting(0), 0))
    alpha: Limits = parameter(default=(0.2, 0.5), parse=within(starting(0), 0, 1))
    threshold: int = parameter(default=10, parse=_level)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        size, sigma = odd(rng, self.blur_limit), between(rng, self.sigma_limit)
        return Filter.of("unsharp_mask", share=between(rng, self.alpha), size=size, sigma=sigma, threshold=self.threshold)


@transform
class Emboss(PixelTransform):
    """Light the picture from the upper left, as a relief.

    Takes every dtype and any number of channels.

    Args:
        alpha: How much of the relief is mixed in, within 0 (nothing) to 1.
        strength: Height of the relief, from 0 on.
        p: Probability that the transform is applied.

    Example:
        >>> A.Emboss((0.5, 0.5), (1, 1), p=1)(image=np.uint8([[90, 90, 99, 99]] * 3))["image"][1]
        array([ 90, 104, 112,  99], dtype=uint8)
    """

    alpha: Limits = parameter(default=(0.2, 0.5), parse=within(ordered, 0, 1))
    strength: Limits = parameter(default=(0.2, 0.7), parse=within(ordered, 0))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("emboss", share=between(rng, self.alpha), strength=between(rng, self.strength))


@transform
class RingingOvershoot(PixelTransform):
    """Leave echoes beside edges, as a low-pass filter without a soft rim does.

    Takes every dtype and any number of channels.

    Args:
        blur_limit: Side of the square that is weighed, in pixels, odd, from 3 on; a lone n stands for (3, n).
        cutoff: The highest frequency that is kept, within 0 to pi radians a pixel; at pi all but the corners of the spectrum.
        p: Probability that the transform is applied.

    Source: Wang et al., "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data", 2021.

    Example:
        >>> out = A.RingingOvershoot((9, 9), (1, 1), p=1)(image=np.pad(np.full((9, 9), 200, np.uint8), 9))["image"]
        >>> int(out.max()) > 200
        True
    """

    blur_limit: Limits = parameter(default=(7, 15), parse=odd_sides)
    cutoff: Limits = parameter(default=(math.pi / 4, math.pi / 2), parse=within(ordered, 0, math.pi))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("ringing", size=odd(rng, self.blur_limit), cutoff=between(rng, self.cutoff))
