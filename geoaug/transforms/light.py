"""Light: its colour, and where it falls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoaug.errors import ParameterError
from geoaug.params import between, one_of, optional, ordered, parameter, probability, within
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
from geoaug.transform import PixelTransform, transform
from geoaug.types import Limits

if TYPE_CHECKING:
    from numpy.random import Generator

HOTTEST = 15000  # kelvin, where the tables end
WHITE = 6000  # kelvin, between warm and cold
WARM = 0.4  # chance of warm light
# red and blue beside green, under a black body and under the CIE's daylight D, from these temperatures on in steps of 500 K (PlanckianJitter, 2022)
STEP = 500
LIGHTS = {
    "blackbody": (3000, (
        (0.6743, 0.4029, 0.0013), (0.6281, 0.4241, 0.1665), (0.5919, 0.4372, 0.2513), (0.5623, 0.4457, 0.3154), (0.5376, 0.4515, 0.3672),
        (0.5163, 0.4555, 0.4103), (0.4979, 0.4584, 0.4468), (0.4816, 0.4604, 0.4782), (0.4672, 0.4619, 0.5053), (0.4542, 0.4630, 0.5289),
        (0.4426, 0.4638, 0.5497), (0.4320, 0.4644, 0.5681), (0.4223, 0.4648, 0.5844), (0.4135, 0.4651, 0.5990), (0.4054, 0.4653, 0.6121),
        (0.3980, 0.4654, 0.6239), (0.3911, 0.4655, 0.6346), (0.3847, 0.4656, 0.6444), (0.3787, 0.4656, 0.6532), (0.3732, 0.4656, 0.6613),
        (0.3680, 0.4655, 0.6688), (0.3632, 0.4655, 0.6756), (0.3586, 0.4655, 0.6820), (0.3544, 0.4654, 0.6878), (0.3503, 0.4653, 0.6933),
    )),
    "cied": (4000, (
        (0.5829, 0.4421, 0.2288), (0.5510, 0.4514, 0.2948), (0.5246, 0.4576, 0.3488), (0.5021, 0.4618, 0.3941), (0.4826, 0.4646, 0.4325),
        (0.4654, 0.4667, 0.4654), (0.4502, 0.4681, 0.4938), (0.4364, 0.4692, 0.5186), (0.4240, 0.4700, 0.5403), (0.4127, 0.4705, 0.5594),
        (0.4023, 0.4709, 0.5763), (0.3928, 0.4713, 0.5914), (0.3839, 0.4715, 0.6049), (0.3757, 0.4716, 0.6171), (0.3681, 0.4717, 0.6281),
        (0.3609, 0.4718, 0.6380), (0.3543, 0.4719, 0.6472), (0.3480, 0.4719, 0.6555), (0.3421, 0.4719, 0.6631), (0.3365, 0.4719, 0.6702),
        (0.3313, 0.4719, 0.6766), (0.3263, 0.4719, 0.6826), (0.3217, 0.4719, 0.6882),
    )),
}  # fmt: skip


def light(mode: str, kelvin: int) -> tuple[float, float, float]:
    """Returns: Factors of red, green and blue under light of this temperature; green keeps its 1."""
    first, table = LIGHTS[mode]
    place = min(max(kelvin, first), HOTTEST) - first
    below = place // STEP
    after = (place - below * STEP) / STEP
    red, green, blue = ((1 - after) * left + after * right for left, right in zip(table[below], table[min(below + 1, len(table) - 1)], strict=True))
    return red / green, 1.0, blue / green


@transform
class PlanckianJitter(PixelTransform):
    """Let the light be warmer or colder, as daylight and lamps are.

    Takes uint8, uint16 and floats, 3 channels.

    Args:
        mode: ``"blackbody"``, whose light is that of a glowing body, or ``"cied"``, the CIE's series of daylight.
        temperature_limit: Range of the temperature in kelvin, with 6000 inside of it, within (3000, 15000), or (4000, 15000) for
            ``"cied"``; None for the whole of that.
        sampling_method: ``"uniform"`` on either side of 6000 K, or ``"gaussian"``, most often near it; two of five times it is warm.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are not RGB.

    Source: Zini et al., Planckian Jitter, ICLR 2023, https://arxiv.org/abs/2202.07993

    Example:
        >>> A.PlanckianJitter(temperature_limit=(4000, 6000), p=1)(image=np.full((1, 1, 3), 100, np.uint8))["image"][0, 0, 1]
        np.uint8(100)
    """

    mode: str = parameter(default="blackbody", parse=one_of(*LIGHTS))
    temperature_limit: Limits = parameter(default=None, parse=optional(within(ordered, 3000, HOTTEST)))
    sampling_method: str = parameter(default="uniform", parse=one_of("uniform", "gaussian"))
    p: float = probability(default=0.5)

    def __attrs_post_init__(self) -> None:
        if self.temperature_limit is None:
            return
        low, high = self.temperature_limit
        coldest = LIGHTS[self.mode][0]
        if low < coldest or not low <= WHITE <= high:
            raise ParameterError(
                f"PlanckianJitter: temperature_limit={self.temperature_limit!r}: expected numbers from {coldest} to {HOTTEST} for mode "
                f"{self.mode!r}, with {WHITE} between them"
            )

    def draw(self, scene: Scene, rng: Generator) -> Step:
        low, high = self.temperature_limit or (LIGHTS[self.mode][0], HOTTEST)
        end, side = (low, -1) if rng.random() < WARM else (high, 1)
        away = abs(WHITE - end)
        kelvin = WHITE + side * abs(away * rng.random() if self.sampling_method == "uniform" else rng.normal(0, away / 3))
        return Tone.of("gain", factors=light(self.mode, int(min(max(kelvin, low), high))))


ILLUMINATIONS = ("linear", "corner", "gaussian")
EFFECTS = ("brighten", "darken", "both")


@transform
class Illumination(PixelTransform):
    """Let light or shade fall on the picture: from a side, from a corner, or on a round spot.

    Takes every dtype and any number of channels.

    Args:
        mode: ``"linear"``: darker on one side, brighter on the other; ``"corner"``: more the farther from one corner; ``"gaussian"``: a spot.
        intensity_range: Range of the strength as a share of each value, within (0.01, 0.2).
        effect_type: For ``"linear"`` and ``"gaussian"`` ``"brighten"`` adds light where it falls; for ``"corner"`` it takes light away
            from what is far; ``"darken"`` is the other way round; ``"both"`` draws one of them.
        angle_range: Range of the direction in degrees, within (0, 360): 0 from left to right, 90 from top to bottom; for ``"linear"``.
        center_range: Range of the spot's middle as a share of width and of height, within (0, 1); for ``"gaussian"``.
        sigma_range: Range of the spot's standard deviation as a share of the longer side, within (0.2, 1); for ``"gaussian"``.
        p: Probability that the transform is applied.

    Example:
        >>> A.Illumination(intensity_range=(0.1, 0.1), effect_type="brighten", angle_range=(0, 0), p=1)(image=np.uint8([[100, 100, 100]]))["image"]
        array([[ 90, 100, 110]], dtype=uint8)
    """

    mode: str = parameter(default="linear", parse=one_of(*ILLUMINATIONS))
    intensity_range: Limits = parameter(default=(0.01, 0.2), parse=within(ordered, 0.01, 0.2))
    effect_type: str = parameter(default="both", parse=one_of(*EFFECTS))
    angle_range: Limits = parameter(default=(0, 360), parse=within(ordered, 0, 360))
    center_range: Limits = parameter(default=(0.1, 0.9), parse=within(ordered, 0, 1))
    sigma_range: Limits = parameter(default=(0.2, 1.0), parse=within(ordered, 0.2, 1))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        intensity = between(rng, self.intensity_range)
        if self.effect_type == "darken" or (self.effect_type == "both" and rng.random() < 0.5):
            intensity = -intensity
        if self.mode == "linear":
            return Tone.of("light_along", intensity=intensity, angle=between(rng, self.angle_range))
        if self.mode == "corner":
            return Tone.of("light_from_corner", intensity=intensity, corner=int(rng.integers(4)))
        centre = between(rng, self.center_range), between(rng, self.center_range)
        return Tone.of("light_on_spot", intensity=intensity, centre=centre, sigma=between(rng, self.sigma_range))
