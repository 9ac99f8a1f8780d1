"""Colours of a pixel taken together: old brown, and the directions in which a picture's colours differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.params import number, parameter, probability
from geoaug.randomness import aside
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
from geoaug.transform import PixelTransform, transform

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class ToSepia(PixelTransform):
    """Give the picture the brown of old photographs.

    Takes uint8, uint16 and floats; grey pictures stay.

    Args:
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are neither grey nor RGB.

    Example:
        >>> A.ToSepia(p=1)(image=np.uint8([[[100, 100, 100]]]))["image"]
        array([[[135, 120,  94]]], dtype=uint8)
    """

    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("sepia")


def _spread(value: Any) -> float:
    alpha = number(value)
    if alpha < 0:
        raise ValueError(f"expected a number of at least 0, got {value!r}")
    return alpha


@transform
class FancyPCA(PixelTransform):
    """Move colours along the principal components of the picture's colours, further for pixels that are further from the mean.

    Takes uint8, uint16 and floats, and any number of channels. On ordinary photos this moves colours by a level of 255 or two.

    Args:
        alpha: Standard deviation of the weight of each component, from 0 on.
        p: Probability that the transform is applied.

    Source: after Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012.

    Example:
        >>> A.FancyPCA(0, p=1)(image=np.uint8([[[1, 2, 3], [9, 8, 7]]]))["image"].tolist()
        [[[1, 2, 3], [9, 8, 7]]]
    """

    alpha: float = parameter(default=0.1, parse=_spread)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("principal", strengths=tuple(aside(rng).normal(0, self.alpha, scene.channels).astype(np.float32).tolist()))
