"""Integers to fractions of white, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoaug.params import number, one_of, optional, parameter, probability
from geoaug.raster.floats import INTEGERS
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
from geoaug.transform import PixelTransform, transform

if TYPE_CHECKING:
    from numpy.random import Generator


def _white(value: Any) -> float:
    most = number(value)
    if most <= 0:
        raise ValueError(f"expected a number above 0, got {value!r}")
    return most


@transform
class ToFloat(PixelTransform):
    """Divide integers by white, so that values lie in [0, 1], as float32.

    Takes every dtype and any number of channels; floats keep their values, and become float32. Before ``ToCHW`` both are one step.

    Args:
        max_value: The value that becomes 1; None for the largest of the picture's dtype.
        p: Probability that the transform is applied.

    Example:
        >>> A.ToFloat()(image=np.uint16([[0, 65535]]))["image"]
        array([[0., 1.]], dtype=float32)
    """

    max_value: float | None = parameter(default=None, parse=optional(_white))
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("to_float", most=self.max_value)


@transform
class FromFloat(PixelTransform):
    """Multiply fractions by white, round them, and clip them to what integers can show.

    Takes floats and any number of channels; a picture that is of this dtype already stays.

    Args:
        dtype: What comes out: ``"uint8"``, ``"uint16"`` or ``"uint32"``.
        max_value: What 1 becomes; None for the largest of ``dtype``.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures of other integers.

    Example:
        >>> A.FromFloat()(image=np.float32([[0, 0.5, 1]]))["image"]
        array([[  0, 128, 255]], dtype=uint8)
    """

    dtype: str = parameter(default="uint8", parse=one_of(*INTEGERS))
    max_value: float | None = parameter(default=None, parse=optional(_white))
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("from_float", dtype=self.dtype, most=self.max_value)
