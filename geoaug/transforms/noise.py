"""Noise: of a sensor, of film, of a bad line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import DataError, ParameterError
from geoaug.params import Parser, between, chance, fixed, flag, number, one_of, ordered, parameter, probability, within
from geoaug.randomness import aside
from geoaug.raster.noise import beta_values
from geoaug.scene import Scene
from geoaug.steps.filter import Filter
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
from geoaug.transform import PixelTransform, transform
from geoaug.transforms.ranges import seed_of
from geoaug.types import Floats, Limits, Range

if TYPE_CHECKING:
    from numpy.random import Generator


def _share(value: Any) -> float:
    result = chance(value)
    if result == 0:
        raise ValueError(f"expected a share above 0 and at most 1, got {value!r}")
    return result


@transform
class GaussNoise(PixelTransform):
    """Add a random value to each pixel, drawn from a normal distribution.

    Takes every dtype and any number of channels. Values end at 4.3 standard deviations.

    Args:
        std_range: Standard deviation, within 0 to 1, as a share of white.
        mean_range: Mean, within -1 to 1, as a share of white.
        per_channel: Whether each channel gets noise of its own.
        noise_scale_factor: Below 1 the noise is drawn for a picture as much smaller, and enlarged, so that its grain is coarse.
        p: Probability that the transform is applied.

    Example:
        >>> noisy = A.GaussNoise((0.1, 0.1), p=1)(image=np.full((99, 99), 128, np.uint8))["image"]
        >>> bool(24 < noisy.std() < 27)
        True
    """

    std_range: Limits = parameter(default=(0.2, 0.44), parse=within(ordered, 0, 1))
    mean_range: Limits = parameter(default=(0.0, 0.0), parse=within(ordered, -1, 1))
    per_channel: bool = parameter(default=True, parse=flag)
    noise_scale_factor: float = parameter(default=1, parse=_share)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        spread, mean = between(rng, self.std_range), between(rng, self.mean_range)
        return Filter.of(
            "additive_noise", method="gaussian", numbers=(mean, spread), shared=not self.per_channel,
            coarseness=self.noise_scale_factor, seed=seed_of(rng),
        )  # fmt: skip


@transform
class ISONoise(PixelTransform):
    """Add the noise of a sensor at high sensitivity: grains of light, more where the picture has contrast, and slight shifts of hue.

    Takes RGB of uint8, uint16 or floats.

    Args:
        color_shift: Spread of the shift of hue for an intensity of 1, within 0 to 1, in degrees (as Albumentations 2 computes it; its
            documentation says turns).
        intensity: How strong the noise is, from 0 on, which leaves the picture.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are not RGB.

    Example:
        >>> picture = np.zeros((99, 99, 3), np.uint8)
        >>> picture[:50] = 128
        >>> bool((A.ISONoise(intensity=(0.5, 0.5), p=1)(image=picture)["image"] > picture).mean() > 0.05)
        True
    """

    color_shift: Limits = parameter(default=(0.01, 0.05), parse=within(ordered, 0, 1))
    intensity: Limits = parameter(default=(0.1, 0.5), parse=within(ordered, 0))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("iso_noise", turn=between(rng, self.color_shift), intensity=between(rng, self.intensity), seed=seed_of(rng))


@transform
class MultiplicativeNoise(PixelTransform):
    """Multiply the picture by a random factor: one for all, or one for each channel, for each pixel, for each value.

    Takes every dtype and any number of channels.

    Args:
        multiplier: Range of the factor, from 0 on; a lone n stands for (n, n).
        per_channel: Whether each channel has a factor of its own.
        elementwise: Whether each pixel has a factor of its own.
        p: Probability that the transform is applied.

    Example:
        >>> A.MultiplicativeNoise((0.5, 0.5), p=1)(image=np.uint8([[0, 101, 255]]))["image"]
        array([[  0,  50, 127]], dtype=uint8)
    """

    multiplier: Limits = parameter(default=(0.9, 1.1), parse=within(fixed, 0))
    per_channel: bool = parameter(default=False, parse=flag)
    elementwise: bool = parameter(default=False, parse=flag)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        low, high = self.multiplier
        if not self.per_channel and not self.elementwise:  # a tone like others, which it joins
            return Tone.of("linear", factor=float(np.float32(between(rng, self.multiplier))), shift=0.0)
        return Filter.of("multiplied", low=low, high=high, shared=not self.per_channel, elementwise=self.elementwise, seed=seed_of(rng))


@transform
class ShotNoise(PixelTransform):
    """Count photons, of which bright pixels catch more: each count varies by its square root.

    Takes every dtype and any number of channels.

    Args:
        scale_range: What one photon adds to white, in linear light, from 0 on, which leaves the picture; the more, the noisier.
        p: Probability that the transform is applied.

    Example:
        >>> out = A.ShotNoise((0.1, 0.1), p=1)(image=np.full((99, 99), 188, np.uint8))["image"]  # half of white in linear light
        >>> len(np.unique(out)) <= 11
        True
    """

    scale_range: Limits = parameter(default=(0.1, 0.3), parse=within(ordered, 0))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("shot_noise", scale=between(rng, self.scale_range), seed=seed_of(rng))


@transform
class SaltAndPepper(PixelTransform):
    """Turn single pixels white or black, in all channels.

    Takes every dtype and any number of channels.

    Args:
        amount: Their share of the picture, within 0 to 1.
        salt_vs_pepper: The share of them that turn white, within 0 to 1.
        p: Probability that the transform is applied.

    Example:
        >>> out = A.SaltAndPepper((0.5, 0.5), (0.5, 0.5), p=1)(image=np.full((10, 10), 7, np.uint8))["image"]
        >>> [int((out == level).sum()) for level in (0, 7, 255)]
        [25, 50, 25]
    """

    amount: Limits = parameter(default=(0.01, 0.06), parse=within(ordered, 0, 1))
    salt_vs_pepper: Limits = parameter(default=(0.4, 0.6), parse=within(ordered, 0, 1))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("salt_and_pepper", amount=between(rng, self.amount), salt=between(rng, self.salt_vs_pepper), seed=seed_of(rng))


def _ranges(value: Any) -> list[Range]:
    if not isinstance(value, (list, tuple)) or not value:
        raise ValueError(f"expected a list of ranges, one or one a channel, got {value!r}")
    return [within(ordered, -1, 1)(one) for one in value]


_MEAN: Parser = within(ordered, -1, 1)
_SPREAD: Parser = within(ordered, 0, 1)
_SHAPE: Parser = within(ordered, 0)
# what each kind of noise is drawn from, with defaults
KINDS: dict[str, dict[str, tuple[Any, Parser]]] = {
    "uniform": {"ranges": ([(-0.1, 0.1)], _ranges)},
    "gaussian": {"mean_range": ((0.0, 0.0), _MEAN), "std_range": ((0.05, 0.15), _SPREAD)},
    "laplace": {"mean_range": ((0.0, 0.0), _MEAN), "scale_range": ((0.05, 0.15), _SPREAD)},
    "beta": {"alpha_range": ((0.5, 1.5), _SHAPE), "beta_range": ((0.5, 1.5), _SHAPE), "scale_range": ((0.1, 0.3), _SPREAD)},
}


def _noise_params(value: Any) -> dict[str, Any] | None:
    """Ranges by name; of which kind of noise is checked when the kind is known."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a dict of ranges, got {value!r}")
    parsers = {name: parse for kind in KINDS.values() for name, (_, parse) in kind.items()}
    unknown = [name for name in value if name not in parsers and name != "noise_type"]  # which 2.0.8 writes into its own files
    if unknown:
        raise ValueError(f"expected {', '.join(parsers)}, got {unknown[0]!r}")
    return {name: parsers[name](one) for name, one in value.items() if name != "noise_type"}


def _fraction(value: Any) -> float:
    result = number(value)
    if not 0 <= result <= 1:
        raise ValueError(f"expected a share from 0 to 1, got {value!r}")
    return result


@transform
class AdditiveNoise(PixelTransform):
    """Add random values: one a channel, one a pixel for all channels, or one for each value.

    Takes every dtype and any number of channels.

    Args:
        noise_type: ``uniform``, ``gaussian``, ``laplace`` or ``beta``.
        spatial_mode: ``constant`` (one value a channel), ``per_pixel`` (one for each value), ``shared`` (one a pixel for all channels).
        noise_params: What the values are drawn from, in shares of white; None for the defaults. ``uniform``: ``ranges``, a list of one
            (low, high) or of one a channel, by default [(-0.1, 0.1)]; ``gaussian``: ``mean_range`` (0, 0), ``std_range`` (0.05, 0.15);
            ``laplace``: ``mean_range`` (0, 0), ``scale_range`` (0.05, 0.15); ``beta``: ``alpha_range`` and ``beta_range`` (0.5, 1.5),
            ``scale_range`` (0.1, 0.3). From each range one number is drawn a call.
        approximation: Below 1 the noise is drawn for a picture as much smaller, and enlarged; not where it is constant.
        p: Probability that the transform is applied.

    Raises:
        ParameterError: ``noise_params`` are not those of ``noise_type``.
        DataError: On pictures with more channels than ranges.

    Example:
        >>> shift = A.AdditiveNoise("uniform", "constant", {"ranges": [(0.1, 0.1)]}, p=1)
        >>> shift(image=np.uint8([[0, 100, 250]]))["image"]
        array([[ 25, 125, 255]], dtype=uint8)
    """

    noise_type: str = parameter(default="uniform", parse=one_of(*KINDS))
    spatial_mode: str = parameter(default="constant", parse=one_of("constant", "per_pixel", "shared"))
    noise_params: dict[str, Any] | None = parameter(default=None, parse=_noise_params)
    approximation: float = parameter(default=1.0, parse=_fraction)
    p: float = probability(default=0.5)

    def __attrs_post_init__(self) -> None:
        own = KINDS[self.noise_type]
        if self.noise_params is not None and self.noise_params.keys() != own.keys():
            raise ParameterError(f"AdditiveNoise: noise_params={self.noise_params!r}: {self.noise_type} noise takes {', '.join(own)}, all of them")

    def draw(self, scene: Scene, rng: Generator) -> Step:
        given = self.noise_params or {name: default for name, (default, _) in KINDS[self.noise_type].items()}
        uniform, names = self.noise_type == "uniform", KINDS[self.noise_type]
        numbers = tuple(given["ranges"]) if uniform else tuple(between(rng, given[name]) for name in names)
        if self.spatial_mode == "constant":  # a tone like others, which it joins
            return Tone.of("shift", shifts=tuple(self._constants(aside(rng), numbers, max(scene.channels, 1)).tolist()))
        return Filter.of(
            "additive_noise", method=self.noise_type, numbers=numbers, shared=self.spatial_mode == "shared",
            coarseness=self.approximation, seed=seed_of(rng),
        )  # fmt: skip

    def _constants(self, rng: Generator, numbers: Any, channels: int) -> Floats:
        """Returns: A value for each channel, shape (channels,)."""
        if self.noise_type == "beta":
            return beta_values(rng, channels, *numbers)
        if self.noise_type != "uniform":
            mean, spread = numbers
            return rng.normal(mean, spread, channels) if self.noise_type == "gaussian" else rng.laplace(mean, spread, channels)
        if 1 < len(numbers) < channels:
            raise DataError(f"image: noise_params has {len(numbers)} ranges, the picture {channels} channels; give one range, or one a channel")
        low, high = np.array(numbers if len(numbers) > 1 else numbers * channels)[:channels].T
        return rng.uniform(low, high)
