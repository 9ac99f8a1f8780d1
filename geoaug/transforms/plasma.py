"""Light, contrast and shade that change from place to place, by a pattern of plasma."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoaug.params import between, ordered, parameter, positive, probability, within
from geoaug.scene import Scene
from geoaug.steps.filter import Filter
from geoaug.steps.step import Step
from geoaug.transform import PixelTransform, transform
from geoaug.transforms.weather import above, seed_of
from geoaug.types import Limits

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class PlasmaBrightnessContrast(PixelTransform):
    """Change brightness and contrast from place to place.

    Args:
        brightness_range: Range of the share of white that is added where the pattern is 1, within (-1, 1).
        contrast_range: Range of what is added to a factor of 1 there, within (-1, 1); the factor stretches from the mean.
        plasma_size: Of no effect, as in Albumentations: the pattern is as fine as the picture.
        roughness: Factor of the pattern's noise from each scale to the next finer one, above 0: below 1 makes clouds, above 1 grain.
        p: Probability that the transform is applied.

    Source: the diamond-square algorithm of Fournier, Fussell and Carpenter.

    Example:
        >>> grey = np.full((60, 80), 100, np.uint8)
        >>> out = A.PlasmaBrightnessContrast((0.2, 0.2), (0, 0), p=1)(image=grey)["image"]
        >>> int(out.min()), int(out.max())
        (100, 151)
    """

    brightness_range: Limits = parameter(default=(-0.3, 0.3), parse=within(ordered, -1, 1))
    contrast_range: Limits = parameter(default=(-0.3, 0.3), parse=within(ordered, -1, 1))
    plasma_size: int = parameter(default=256, parse=positive)
    roughness: float = parameter(default=3.0, parse=above(0))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        brightness, contrast = between(rng, self.brightness_range), between(rng, self.contrast_range)
        return Filter.of("plasma_light", brightness=brightness, contrast=contrast, roughness=self.roughness, seed=seed_of(rng))


@transform
class PlasmaShadow(PixelTransform):
    """Let shade fall that changes from place to place.

    Args:
        shadow_intensity_range: Range of the share of light that is taken where the pattern is 1, from 0 to 1.
        plasma_size: Of no effect, as in Albumentations: the pattern is as fine as the picture.
        roughness: Factor of the pattern's noise from each scale to the next finer one, above 0: below 1 makes clouds, above 1 grain.
        p: Probability that the transform is applied.

    Source: the diamond-square algorithm of Fournier, Fussell and Carpenter.

    Example:
        >>> grey = np.full((60, 80), 100, np.uint8)
        >>> out = A.PlasmaShadow((0.5, 0.5), p=1)(image=grey)["image"]
        >>> int(out.min()), int(out.max())
        (50, 100)
    """

    shadow_intensity_range: Limits = parameter(default=(0.3, 0.7), parse=within(ordered, 0, 1))
    plasma_size: int = parameter(default=256, parse=positive)
    roughness: float = parameter(default=3.0, parse=above(0))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("plasma_shadow", intensity=between(rng, self.shadow_intensity_range), roughness=self.roughness, seed=seed_of(rng))
