"""Colour that changes value by value: brightness, contrast, gamma, hue, saturation, grey, normalising."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import ParameterError
from geoaug.params import between, flag, number, one_of, optional, ordered, parameter, positive, probability, symmetric, within
from geoaug.raster.colour import GREYS
from geoaug.raster.normal import NORMS
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.tone import CHW, Tone
from geoaug.transform import PixelTransform, transform
from geoaug.types import Limits, Range

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class RandomBrightnessContrast(PixelTransform):
    """Make the picture brighter or darker, and stretch or flatten its contrast.

    Args:
        brightness_limit: Share of white (or of the mean) that is added; a lone n stands for (-n, n).
        contrast_limit: Added to a factor of 1; a lone n stands for (-n, n).
        brightness_by_max: Shares of white, the dtype's largest value; False takes the picture's mean.
        ensure_safe_range: Draw both in until no value leaves the range.
        p: Probability that the transform is applied.

    Example:
        >>> A.RandomBrightnessContrast((0.2, 0.2), (0, 0), p=1)(image=np.uint8([[0, 100, 250]]))["image"]
        array([[ 51, 151, 255]], dtype=uint8)
    """

    brightness_limit: Limits = parameter(default=(-0.2, 0.2), parse=symmetric)
    contrast_limit: Limits = parameter(default=(-0.2, 0.2), parse=symmetric)
    brightness_by_max: bool = parameter(default=True, parse=flag)
    ensure_safe_range: bool = parameter(default=False, parse=flag)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        factor, shift = 1.0 + between(rng, self.contrast_limit), between(rng, self.brightness_limit)
        if self.ensure_safe_range:
            return Tone.of("linear_safe", factor=factor, shift=shift, by_mean=not self.brightness_by_max)
        return Tone.of("linear" if self.brightness_by_max else "linear_by_mean", factor=factor, shift=shift)


def _is_list(value: Any) -> bool:
    return isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes)) and np.ndim(value) > 0


def _from_one(value: Any) -> Range:
    return ordered(value) if _is_list(value) else ordered((1, number(value)))


@transform
class RandomGamma(PixelTransform):
    """Bend the tone curve: shadows and highlights move, black and white stay.

    Args:
        gamma_limit: Range of the exponent in per cent, from 1 on: 100 changes nothing, less is brighter; a lone n stands for (1, n).
        p: Probability that the transform is applied.

    Example:
        >>> A.RandomGamma((200, 200), p=1)(image=np.uint8([[0, 128, 255]]))["image"]
        array([[  0,  64, 255]], dtype=uint8)
    """

    gamma_limit: Limits = parameter(default=(80, 120), parse=within(_from_one, 1))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("power", exponent=between(rng, self.gamma_limit) / 100)


@transform
class HueSaturationValue(PixelTransform):
    """Shift hue, saturation and value; grey pixels stay grey.

    Args:
        hue_shift_limit: In OpenCV's hue, 0 to 179 once around; a lone n stands for (-n, n).
        sat_shift_limit: In levels of 255; a lone n stands for (-n, n).
        val_shift_limit: In levels of 255; a lone n stands for (-n, n).
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are neither grey nor RGB.

    Example:
        >>> A.HueSaturationValue((60, 60), (0, 0), (0, 0), p=1)(image=np.uint8([[[255, 0, 0]]]))["image"]  # red turns green
        array([[[  0, 255,   0]]], dtype=uint8)
    """

    hue_shift_limit: Limits = parameter(default=(-20, 20), parse=symmetric)
    sat_shift_limit: Limits = parameter(default=(-30, 30), parse=symmetric)
    val_shift_limit: Limits = parameter(default=(-20, 20), parse=symmetric)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        hue, saturation = between(rng, self.hue_shift_limit), between(rng, self.sat_shift_limit)
        return Tone.of("hsv_shift", hue=hue, saturation=saturation, value=between(rng, self.val_shift_limit))


def _factor(value: Any) -> Range:
    if _is_list(value):
        low, high = ordered(value)
        if low < 0:
            raise ValueError(f"expected factors of at least 0, got {value!r}")
        return low, high
    spread = number(value)
    if spread < 0:
        raise ValueError(f"expected a spread of at least 0 around 1, got {value!r}")
    return max(1 - spread, 0), 1 + spread


@transform
class ColorJitter(PixelTransform):
    """Change brightness, contrast, saturation and hue by factors, in an order drawn anew each time.

    Args:
        brightness: Range of the factor; a lone n stands for (1 - n, 1 + n).
        contrast: Range of the factor; a lone n stands for (1 - n, 1 + n).
        saturation: Range of the factor; a lone n stands for (1 - n, 1 + n).
        hue: Range of the turn as a share of the circle, within (-0.5, 0.5); a lone n stands for (-n, n).
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are neither grey nor RGB.

    Source: torchvision's formulas of the same name.

    Example:
        >>> A.ColorJitter((1, 1), (1, 1), (0, 0), (0, 0), p=1)(image=np.uint8([[[255, 0, 0]]]))["image"]  # no saturation
        array([[[76, 76, 76]]], dtype=uint8)
    """

    brightness: Limits = parameter(default=(0.8, 1.2), parse=_factor)
    contrast: Limits = parameter(default=(0.8, 1.2), parse=_factor)
    saturation: Limits = parameter(default=(0.8, 1.2), parse=_factor)
    hue: Limits = parameter(default=(-0.5, 0.5), parse=within(symmetric, -0.5, 0.5))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        parts = (
            Tone.of("linear", factor=between(rng, self.brightness), shift=0.0),
            Tone.of("contrast", factor=between(rng, self.contrast)),
            Tone.of("saturation", factor=between(rng, self.saturation)),
            Tone.of("hue", turn=between(rng, self.hue)),
        )
        return Tone.join([parts[k] for k in rng.permutation(4)])


@transform
class ToGray(PixelTransform):
    """Take the colour away.

    Args:
        num_output_channels: Equal channels that come out; 1 gives a picture of shape (h, w).
        method: ``weighted_average`` (luma), ``from_lab`` (lightness), ``desaturation`` (middle of the extremes), ``average``,
            ``max``, ``pca`` (the first principal component).
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are neither grey nor RGB, for the first two methods.

    Example:
        >>> A.ToGray(p=1)(image=np.uint8([[[255, 0, 0]]]))["image"]
        array([[[76, 76, 76]]], dtype=uint8)
    """

    num_output_channels: int = parameter(default=3, parse=positive)
    method: str = parameter(default="weighted_average", parse=one_of(*GREYS))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("to_grey", method=self.method, channels=self.num_output_channels)


def _numbers(value: Any) -> Any:
    if _is_list(value):
        if len(value) == 0:
            raise ValueError("expected a number or one number a channel, got none")
        return tuple(number(v) for v in value)
    return number(value)


SMALLEST = 1e-30  # spread that float32 can still divide by


@transform
class Normalize(PixelTransform):
    """Bring values near 0 with a spread near 1, as float32.

    Args:
        mean: Mean of each channel, or of all, in shares of ``max_pixel_value``; a grey picture takes the first.
        std: Spread of each channel, or of all, in shares of ``max_pixel_value``.
        max_pixel_value: The value that stands for 1.
        normalization: ``standard`` takes the three arguments above; ``image`` and ``min_max`` take the picture's own mean and
            spread, or its least and most, for all channels or ``…_per_channel``.
        p: Probability that the transform is applied.

    Example:
        >>> A.Normalize(mean=0.5, std=0.5)(image=np.uint8([[0, 255]]))["image"]
        array([[-1.,  1.]], dtype=float32)
    """

    mean: float | tuple[float, ...] | None = parameter(default=(0.485, 0.456, 0.406), parse=optional(_numbers))
    std: float | tuple[float, ...] | None = parameter(default=(0.229, 0.224, 0.225), parse=optional(_numbers))
    max_pixel_value: float | None = parameter(default=255.0, parse=optional(number))
    normalization: str = parameter(default="standard", parse=one_of("standard", *NORMS))
    p: float = probability(default=1.0)

    def __attrs_post_init__(self) -> None:
        if self.normalization == "standard" and None in (self.mean, self.std, self.max_pixel_value):
            raise ParameterError("Normalize: mean, std, and max_pixel_value must be provided for standard normalization.")
        if self.normalization == "standard" and np.abs(np.asarray(self.std) * self.max_pixel_value).min() < SMALLEST:
            raise ParameterError(f"Normalize: std={self.std}, max_pixel_value={self.max_pixel_value}: expected numbers other than 0")

    def draw(self, scene: Scene, rng: Generator) -> Step:
        if self.normalization != "standard":
            return Tone.of("normalize_by_picture", method=self.normalization)
        return Tone.of("normalize", mean=self.mean, std=self.std, most=self.max_pixel_value)


@transform
class ToCHW(PixelTransform):
    """Put the channels first, as an array (channels, height, width): what PyTorch and most runtimes take.

    It must be the last transform that is applied. Right after ``Normalize`` both are one step, which writes the planes directly. A grey
    picture (height, width) becomes (1, height, width); masks, boxes and keypoints stay as they are. The answer is contiguous, so that
    ``torch.from_numpy`` takes it without a copy.

    Args:
        p: Probability that the transform is applied.

    Raises:
        ParameterError: Another transform follows.

    Example:
        >>> A.ToCHW()(image=np.uint8([[[255, 0, 51]]]))["image"].tolist()
        [[[255]], [[0]], [[51]]]
        >>> A.Compose([A.Normalize(), A.ToCHW()])(image=np.zeros((480, 640, 3), np.uint8))["image"].shape
        (3, 480, 640)
    """

    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone(layout=CHW)
