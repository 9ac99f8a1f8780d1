"""Bright parts of the picture that grow or shrink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoaug.params import one_of, parameter, probability
from geoaug.raster.growth import OPERATIONS
from geoaug.scene import Scene
from geoaug.steps.grow import Grow
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.dropout import counts
from geoaug.types import Limits

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class Morphological(Transform):
    """Let the bright parts of the picture grow or shrink, and with them what masks, boxes and outlines enclose; points stay.

    Args:
        scale: (width, height) in pixels of the ellipse within which a pixel takes the largest or smallest value, both taken as they
            are; a lone n stands for (1, n).
        operation: ``dilation`` grows what is bright, ``erosion`` shrinks it.
        p: Probability that the transform is applied.

    Example:
        >>> A.Morphological((3, 3), p=1)(image=np.uint8([[0, 0, 9, 0, 0]]))["image"]
        array([[0, 9, 9, 9, 0]], dtype=uint8)
    """

    scale: Limits = parameter(default=(2, 3), parse=counts(1, lone=1, rising=False))
    operation: str = parameter(default="dilation", parse=one_of(*OPERATIONS))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Grow(scene.size, self.scale, self.operation)
