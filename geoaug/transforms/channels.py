"""Channels shifted, exchanged, dropped or added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoaug.errors import DataTypeError
from geoaug.params import between, number, ordered, pair, parameter, positive, probability, symmetric, whole, within
from geoaug.randomness import aside
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
from geoaug.transform import PixelTransform, transform
from geoaug.types import Limits, Range

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class RGBShift(PixelTransform):
    """Add a number to each of red, green and blue.

    Takes every dtype, integers by whole levels, and up to 3 channels; a grey picture takes the red shift.

    Args:
        r_shift_limit: Range for red: in levels of 255, or in shares of white where neither end lies beyond 1; a lone n stands for (-n, n).
        g_shift_limit: The same for green.
        b_shift_limit: The same for blue.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures of more than 3 channels.

    Example:
        >>> A.RGBShift((20, 20), (0, 0), (-20, -20), p=1)(image=np.uint8([[[100, 100, 100]]]))["image"]
        array([[[120, 100,  80]]], dtype=uint8)
    """

    r_shift_limit: Limits = parameter(default=(-20, 20), parse=within(symmetric, -255, 255))
    g_shift_limit: Limits = parameter(default=(-20, 20), parse=within(symmetric, -255, 255))
    b_shift_limit: Limits = parameter(default=(-20, 20), parse=within(symmetric, -255, 255))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        limits = (self.r_shift_limit, self.g_shift_limit, self.b_shift_limit)
        return Tone.of("shift", shifts=tuple(between(rng, _shares(limit)) for limit in limits))


def _shares(limit: Range) -> Range:
    low, high = limit
    return (low / 255, high / 255) if max(abs(low), abs(high)) > 1 else limit


@transform
class ChannelShuffle(PixelTransform):
    """Let channels change places at random.

    Takes every dtype and any number of channels; a grey picture stays.

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> sorted(A.ChannelShuffle(p=1)(image=np.uint8([[[1, 2, 3]]]))["image"].ravel().tolist())
        [1, 2, 3]
    """

    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        order = aside(rng).permutation(scene.channels)
        return Tone.of("order", channels=tuple(order.tolist())) if scene.channels > 1 else Tone()


def _counts(value: Any) -> tuple[int, int]:
    low, high = ordered(pair(whole)(value))
    if low < 1:
        raise ValueError(f"expected at least 1 channel, got {value!r}")
    return int(low), int(high)


@transform
class ChannelDropout(PixelTransform):
    """Give some channels, drawn at random, one value all over.

    Takes every dtype and at least 2 channels.

    Args:
        channel_drop_range: Fewest and most channels that are dropped; at least one always stays.
        fill: The value, in the picture's own unit; what its dtype cannot show is clipped.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On a picture that would be left without a channel.

    Example:
        >>> sorted(A.ChannelDropout(p=1)(image=np.uint8([[[9, 9, 9]]]))["image"].ravel().tolist())
        [0, 9, 9]
    """

    channel_drop_range: tuple[int, int] = parameter(default=(1, 1), parse=_counts)
    fill: float = parameter(default=0, parse=number)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        (fewest, most), count, rng = self.channel_drop_range, scene.channels, aside(rng)
        if count == 0:
            return Tone()
        if most >= count:
            way_out = "put ToRGB() before it" if count == 1 else f"give channel_drop_range=(1, {count - 1})"
            raise DataTypeError(
                f"image: ChannelDropout(channel_drop_range={self.channel_drop_range}) needs {most + 1} channels or more, "
                f"got {count} of dtype {scene.dtype}; {way_out}"
            )
        dropped = rng.permutation(count)[: int(rng.integers(fewest, most + 1))]
        return Tone.of("drop", channels=tuple(sorted(dropped.tolist())), fill=float(self.fill))


@transform
class ToRGB(PixelTransform):
    """Make a grey picture one of equal channels; an RGB picture stays.

    Takes every dtype.

    Args:
        num_output_channels: How many channels come out of one; with 1, the picture stays as it is.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are neither grey nor RGB.

    Example:
        >>> A.ToRGB()(image=np.uint8([[7]]))["image"]
        array([[[7, 7, 7]]], dtype=uint8)
    """

    num_output_channels: int = parameter(default=3, parse=positive)
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("repeat", count=self.num_output_channels)
