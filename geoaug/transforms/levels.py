"""Levels turned round, cut to few, or bent along a smooth curve: each value by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.params import between, chance, fixed, flag, ordered, pair, parameter, probability, whole, within
from geoaug.randomness import aside
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
from geoaug.transform import PixelTransform, transform
from geoaug.types import Limits

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class InvertImg(PixelTransform):
    """Turn the picture into its negative.

    Takes every dtype and any number of channels; signed integers keep their range, -1 - x taking the place of x.

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> A.InvertImg(p=1)(image=np.uint8([[0, 100, 255]]))["image"]
        array([[255, 155,   0]], dtype=uint8)
    """

    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("invert")


@transform
class Solarize(PixelTransform):
    """Invert what is as bright as a threshold, or brighter.

    Takes every dtype and any number of channels.

    Args:
        threshold_range: Range of the threshold as a share of white, within (0, 1); a lone n stands for (n, n).
        p: Probability that the transform is applied.

    Example:
        >>> A.Solarize((0.5, 0.5), p=1)(image=np.uint8([[0, 100, 200]]))["image"]
        array([[  0, 100,  55]], dtype=uint8)
    """

    threshold_range: Limits = parameter(default=(0.5, 0.5), parse=within(fixed, 0, 1))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("solarize", threshold=between(rng, self.threshold_range))


def _bits(value: Any) -> Any:
    """A range, or a range a channel; a lone n stands for (n, n)."""
    if not _is_list(value) or (len(value) == 2 and not any(map(_is_list, value))):
        return _range_of_bits(value)
    if len(value) == 0:
        raise ValueError(f"expected a number of bits, a range, or one a channel, got {value!r}")
    return tuple(map(_range_of_bits, value))


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple, np.ndarray))


def _range_of_bits(value: Any) -> tuple[int, int]:
    low, high = ordered(pair(whole)(value if _is_list(value) else (value, value)))
    if low < 1 or high > 8:
        raise ValueError(f"expected 1 to 8 bits, got {value!r}")
    return int(low), int(high)


@transform
class Posterize(PixelTransform):
    """Leave few levels: the first bits of each value stay, the others become 0.

    Takes uint8, uint16 and other unsigned integers, of which the first of all their bits stay, and floats, which count as 256 levels.

    Args:
        num_bits: How many bits stay, 1 to 8: a number, a range (low, high), or a list with one of them for each channel.
        p: Probability that the transform is applied.

    Example:
        >>> A.Posterize(1, p=1)(image=np.uint8([[0, 100, 200]]))["image"]
        array([[  0,   0, 128]], dtype=uint8)
    """

    num_bits: Any = parameter(default=4, parse=_bits)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        if isinstance(self.num_bits[0], int):
            low, high = self.num_bits
            return Tone.of("posterize", bits=int(rng.integers(low, high + 1)))
        return Tone.of("posterize", bits=tuple(int(rng.integers(low, high + 1)) for low, high in self.num_bits))


DARK, BRIGHT = 0.25, 0.75  # where the two points of the curve lie on average, as in Albumentations


@transform
class RandomToneCurve(PixelTransform):
    """Bend the tone curve smoothly: shadows and highlights become darker or brighter, black and white stay.

    Takes every unsigned dtype and floats, which keep all of their levels, and any number of channels. With a ``scale`` of 0 the curve is
    still a slight S, always the same.

    Args:
        scale: Standard deviation of the heights of two points that pull at the curve, in shares of white, 0 to 1.
        per_channel: Whether each channel has a curve of its own, which changes colours too.
        p: Probability that the transform is applied.

    Source: Afifi and Brown, What Else Can Fool Deep Learning?, ICCV 2019, https://arxiv.org/abs/1912.06960

    Example:
        >>> A.RandomToneCurve(0, p=1)(image=np.uint8([[0, 64, 128, 192, 255]]))["image"]
        array([[  0,  58, 128, 198, 255]], dtype=uint8)
    """

    scale: float = parameter(default=0.1, parse=chance)
    per_channel: bool = parameter(default=False, parse=flag)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        if self.per_channel:
            count, rng = scene.channels, aside(rng)
        if self.per_channel and count > 1:
            low, high = (tuple(_height(rng, middle, self.scale) for _ in range(count)) for middle in (DARK, BRIGHT))
            return Tone.of("bezier", low=low, high=high)
        return Tone.of("bezier", low=_height(rng, DARK, self.scale), high=_height(rng, BRIGHT, self.scale))


def _height(rng: Generator, middle: float, scale: float) -> float:
    return min(max(float(rng.normal(middle, scale)), 0.0), 1.0)
