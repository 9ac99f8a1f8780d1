"""Patches of like colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoaug.params import LINEAR, between, interpolation, optional, parameter, positive, probability
from geoaug.scene import Scene
from geoaug.steps.filter import Filter
from geoaug.steps.step import Step
from geoaug.transform import PixelTransform, transform
from geoaug.transforms.dropout import counts, drawn
from geoaug.transforms.weather import seed_of, share_range
from geoaug.types import Limits

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class Superpixels(PixelTransform):
    """Divide the picture into patches of like colour, and paint some of them over by their mean.

    Args:
        p_replace: Range of the probability, from 0 to 1, for each patch to be painted over; a lone n stands for (0, n).
        n_segments: Range of about how many patches there are, at least 1, both ends included; a lone n stands for (1, n).
        max_size: Longer side in pixels to which larger pictures are brought down before, and back afterwards, where anything is
            painted at all; None keeps the size.
        interpolation: OpenCV's flag, for both ways.
        p: Probability that the transform is applied.

    Source: SLIC of Achanta and others, in the reading of Albumentations.

    Example:
        >>> A.Superpixels((1, 1), (1, 1), p=1)(image=np.uint8([[0, 2, 4, 90, 92, 94]]))["image"]
        array([[ 2,  2,  2, 91, 91, 94]], dtype=uint8)
    """

    p_replace: Limits = parameter(default=(0, 0.1), parse=share_range)
    n_segments: Limits = parameter(default=(100, 100), parse=counts(1, lone=1))
    max_size: int | None = parameter(default=128, parse=optional(positive))
    interpolation: int = parameter(default=LINEAR, parse=interpolation)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of(
            "superpixels",
            segments=drawn(rng, self.n_segments),
            share=between(rng, self.p_replace),
            max_size=self.max_size or 0,
            interpolation=self.interpolation,
            seed=seed_of(rng),
        )
