"""Weather and light: fog, rain, snow, shadows, the sun in the lens, gravel, splashes on the lens."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geoaug.params import between, chance, number, one_of, optional, ordered, parameter, positive, probability, whole, within
from geoaug.raster.shade import FLARES
from geoaug.scene import Scene
from geoaug.steps.filter import Filter
from geoaug.steps.step import Step
from geoaug.transform import PixelTransform, transform
from geoaug.transforms.dropout import SEEDS, counts, drawn
from geoaug.types import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

Region = tuple[float, float, float, float]
Colour = tuple[int, int, int]
THICKEST = 2**15 - 1  # pixels that OpenCV draws
SOFTEST = 2**10  # pixels of spread of a blur
DRIFT = 45  # pixels that rain may drift, as Albumentations bounds it
DROPS: dict[str, Callable[[int], int]] = {  # how many streaks of rain for a height
    "drizzle": lambda height: height // 4, "heavy": lambda height: height,
    "torrential": lambda height: height * 2, "default": lambda height: height // 3,
}  # fmt: skip
REFLECTION = (0.05, 0.2)  # how much of the picture a reflection of the sun hides
PALEST = 0.2  # of the sun's colour: how much darker a reflection may be
LIQUIDS: dict[str, Colour] = {"rain": (238, 238, 175), "mud": (20, 42, 63)}  # and their colours


def region(empty: bool) -> Any:
    """Returns: A parser for (x_min, y_min, x_max, y_max) in shares of the picture; sides of no length only if ``empty``."""

    def parse(value: Any) -> Region:
        x, y, right, bottom = several(4, number)(value)
        for low, high in ((x, right), (y, bottom)):
            if not (0 <= low <= high <= 1) or (low == high and not empty):
                raise ValueError(f"expected (x_min, y_min, x_max, y_max) from 0 to 1, each least below its most, got {value!r}")
        return x, y, right, bottom

    return parse


def several(count: int, parse: Any) -> Any:
    """Returns: A parser for so many values."""

    def parse_several(value: Any) -> Any:
        if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or len(value) != count:
            raise ValueError(f"expected {count} numbers, got {value!r}")
        return tuple(parse(part) for part in value)

    return parse_several


def colour(value: Any) -> Colour:
    """Red, green, blue from 0 to 255."""
    red, green, blue = several(3, whole)(value)
    if not 0 <= min(red, green, blue) <= max(red, green, blue) <= 255:
        raise ValueError(f"expected red, green, blue from 0 to 255, got {value!r}")
    return red, green, blue


def above(least: float) -> Any:
    """Returns: A parser for a number larger than ``least``."""

    def parse(value: Any) -> float:
        given = number(value)
        if not given > least:
            raise ValueError(f"expected a number above {least:g}, got {value!r}")
        return given

    return parse


def _positive_share(value: Any) -> float:
    share = chance(value)
    if share == 0:
        raise ValueError("expected a number above 0, up to 1, got 0")
    return share


def _from_to(least: int, most: int) -> Any:
    """Returns: A parser for a whole number."""

    def parse(value: Any) -> int:
        given = whole(value)
        if not least <= given <= most:
            raise ValueError(f"expected {least} to {most}, got {value!r}")
        return given

    return parse


def seed_of(rng: Generator) -> int:
    """Returns: What a random field is drawn from."""
    return int(rng.integers(SEEDS))


@transform
class RandomFog(PixelTransform):
    """Let fog lie over the picture, denser in its middle.

    Args:
        alpha_coef: Opacity of one puff at full intensity, from 0 to 1.
        fog_coef_range: Range of the intensity, from 0 to 1: of 0, nothing happens.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are not RGB.

    Example:
        >>> grey = np.full((60, 80, 3), 90, np.uint8)
        >>> bool(A.RandomFog(p=1)(image=grey)["image"].mean() > 90)
        True
    """

    alpha_coef: float = parameter(default=0.08, parse=chance)
    fog_coef_range: Limits = parameter(default=(0.3, 1), parse=within(ordered, 0, 1))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("fog", intensity=between(rng, self.fog_coef_range), opacity=self.alpha_coef, seed=seed_of(rng))


@transform
class RandomRain(PixelTransform):
    """Draw streaks of rain over the picture and make it darker.

    Args:
        slant_range: Range of the drift to the right while a streak falls, in pixels within ±45.
        drop_length: How far a streak falls, in pixels; None is an eighth of the height.
        drop_width: Width of a streak in pixels.
        drop_color: Red, green, blue from 0 to 255, which are added.
        blur_value: Side in pixels of the square over which streaks are averaged; 1 leaves them sharp.
        brightness_coefficient: Factor of the brightness, above 0 up to 1.
        rain_type: How many streaks: ``drizzle`` a quarter of the picture's height in pixels, ``default`` a third, ``heavy`` all of it,
            ``torrential`` twice as many.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are not RGB.

    Example:
        >>> grey = np.full((60, 80, 3), 100, np.uint8)
        >>> int(A.RandomRain(p=1)(image=grey)["image"].min())  # where no streak fell
        70
    """

    slant_range: Limits = parameter(default=(-10, 10), parse=within(ordered, -DRIFT, DRIFT))
    drop_length: int | None = parameter(default=None, parse=optional(positive))
    drop_width: int = parameter(default=1, parse=_from_to(1, THICKEST))
    drop_color: Colour = parameter(default=(200, 200, 200), parse=colour)
    blur_value: int = parameter(default=7, parse=_from_to(1, THICKEST))
    brightness_coefficient: float = parameter(default=0.7, parse=_positive_share)
    rain_type: str = parameter(default="default", parse=one_of("drizzle", "heavy", "torrential", "default"))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height = scene.size[0]
        return Filter.of(
            "rain",
            drops=DROPS[self.rain_type](height),
            length=max(1, height // 8) if self.drop_length is None else self.drop_length,
            slant=between(rng, self.slant_range),
            width=self.drop_width,
            colour=self.drop_color,
            blur=self.blur_value,
            brightness=self.brightness_coefficient,
            seed=seed_of(rng),
        )


@transform
class RandomSnow(PixelTransform):
    """Let snow lie on what is dark, or over all of the picture.

    Args:
        brightness_coeff: Factor of the lightness of what lies in snow, above 0; 1 changes nothing by ``bleach``.
        snow_point_range: Range of how much snow there is, from 0 to 1.
        method: ``bleach`` makes all that is darker than a threshold lighter, ``texture`` adds a layer of snow that sparkles.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are not RGB.

    Example:
        >>> A.RandomSnow(snow_point_range=(0.2, 0.2), p=1)(image=np.uint8([[[40, 40, 40], [200, 200, 200]]]))["image"][0, :, 0]
        array([100, 200], dtype=uint8)
    """

    brightness_coeff: float = parameter(default=2.5, parse=above(0))
    snow_point_range: Limits = parameter(default=(0.1, 0.3), parse=within(ordered, 0, 1))
    method: str = parameter(default="bleach", parse=one_of("bleach", "texture"))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        point = between(rng, self.snow_point_range)
        if self.method == "bleach":
            return Filter.of("snow_bleach", point=point, brightness=self.brightness_coeff)
        return Filter.of("snow_texture", point=point, brightness=self.brightness_coeff, seed=seed_of(rng))


@transform
class RandomShadow(PixelTransform):
    """Let shadows fall: polygons in which the picture is darker.

    Args:
        shadow_roi: Where corners may lie, as x_min, y_min, x_max, y_max in shares of the picture.
        num_shadows_limit: Range of how many shadows there are, at least 1, both ends included.
        shadow_dimension: How many corners a shadow has, at least 3; its sides may cross.
        shadow_intensity_range: Range of the share of light that a shadow takes, from 0 to 1.
        p: Probability that the transform is applied.

    Example:
        >>> light = np.full((60, 80), 200, np.uint8)
        >>> np.unique(A.RandomShadow(num_shadows_limit=(1, 1), p=1)(image=light)["image"])
        array([100, 200], dtype=uint8)
    """

    shadow_roi: Region = parameter(default=(0, 0.5, 1, 1), parse=region(empty=True))
    num_shadows_limit: Limits = parameter(default=(1, 2), parse=counts(1))
    shadow_dimension: int = parameter(default=5, parse=_from_to(3, 1000))
    shadow_intensity_range: Limits = parameter(default=(0.5, 0.5), parse=within(ordered, 0, 1))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        (height, width), (left, top, right, bottom) = scene.size, self.shadow_roi
        low = int(left * width), int(top * height)
        high = max(int(right * width), low[0] + 1), max(int(bottom * height), low[1] + 1)
        corners = rng.integers(low, high, (drawn(rng, self.num_shadows_limit), self.shadow_dimension, 2)).tolist()
        return Filter.of("shadow", shadows=tuple((between(rng, self.shadow_intensity_range), tuple(map(tuple, polygon))) for polygon in corners))


@transform
class RandomSunFlare(PixelTransform):
    """Let the sun shine into the lens, with reflections along a line.

    Args:
        flare_roi: Where the sun may stand, as x_min, y_min, x_max, y_max in shares of the picture.
        src_radius: Radius of the sun in pixels, from 2 to 32767; by ``overlay``, every ten pixels are a ring.
        src_color: Red, green, blue from 0 to 255; reflections are up to a fifth of it darker.
        angle_range: Range of the direction of the line, in shares of a turn.
        num_flare_circles_range: Range of how many reflections there are, at least 1, both ends included.
        method: ``overlay`` mixes flat circles in, ``physics_based`` adds glare with spikes and coloured fringes.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are not RGB.

    Example:
        >>> dark = np.zeros((60, 80, 3), np.uint8)
        >>> bool(A.RandomSunFlare(src_radius=30, p=1)(image=dark)["image"].any())
        True
    """

    flare_roi: Region = parameter(default=(0, 0, 1, 0.5), parse=region(empty=False))
    src_radius: int = parameter(default=400, parse=_from_to(2, THICKEST))
    src_color: Colour = parameter(default=(255, 255, 255), parse=colour)
    angle_range: Limits = parameter(default=(0, 1), parse=within(ordered, 0, 1))
    num_flare_circles_range: Limits = parameter(default=(6, 10), parse=counts(1))
    method: str = parameter(default="overlay", parse=one_of(*FLARES))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        (height, width), (left, top, right, bottom) = scene.size, self.flare_roi
        angle = 2 * math.pi * between(rng, self.angle_range)
        x, y = int(width * between(rng, (left, right))), int(height * between(rng, (top, bottom)))
        places = range(-x, width - x, max(1, int(math.hypot(height, width) * 0.01)))
        largest, paler = max(2, int(height * 0.01)), int(max(self.src_color) * PALEST)
        circles = []
        for _ in range(drawn(rng, self.num_flare_circles_range)):
            alpha, along = between(rng, REFLECTION), places[int(rng.integers(len(places)))]
            radius = drawn(rng, (1, largest)) ** 3
            painted = [drawn(rng, (max(level - paler, 0), level)) for level in self.src_color]
            circles.append((alpha, int(x + along * math.cos(angle)), int(y + along * math.sin(angle)), radius, *painted))
        return Filter.of("sun_flare", centre=(x, y), radius=self.src_radius, colour=self.src_color, circles=tuple(circles), method=self.method)


@transform
class RandomGravel(PixelTransform):
    """Strew grains of gravel: squares of up to 6 pixels whose lightness is drawn.

    Args:
        gravel_roi: Where gravel may lie, as x_min, y_min, x_max, y_max in shares of the picture.
        number_of_patches: How many patches of gravel there are, each of a tenth to a fifth of that region's sides.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are not RGB.

    Example:
        >>> grey = np.full((200, 200, 3), 90, np.uint8)
        >>> bool(0 < (A.RandomGravel(p=1)(image=grey)["image"] != 90).mean() < 0.1)
        True
    """

    gravel_roi: Region = parameter(default=(0.1, 0.4, 0.9, 0.9), parse=region(empty=False))
    number_of_patches: int = parameter(default=2, parse=positive)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        (height, width), (left, top, right, bottom) = scene.size, self.gravel_roi
        x, y, right, bottom = int(left * width), int(top * height), int(right * width), int(bottom * height)
        patches = []
        for _ in range(self.number_of_patches):
            across, down = (drawn(rng, (side // 10, side // 5)) for side in (right - x, bottom - y))
            patches.append((drawn(rng, (x, right - across)), drawn(rng, (y, bottom - down)), across, down))
        return Filter.of("gravel", patches=tuple(patches), seed=seed_of(rng))


def up_to(low: float) -> Any:
    """Returns: A parser for a range; a lone n stands for (low, n)."""
    return lambda value: ordered(value if hasattr(value, "__len__") else (low, value))


share_range = within(up_to(0), 0, 1)


@transform
class Spatter(PixelTransform):
    """Splash rain or mud onto the lens. The liquid is soft noise, where that is above a threshold.

    Args:
        mean: Range of the noise's mean, from 0 to 1; more is wetter. Of each range, a lone n stands for (0, n).
        std: Range of the noise's standard deviation before it is blurred, from 0 to 1.
        gauss_sigma: Range of the blur's spread in pixels, from 0 to 1024; more makes larger drops.
        cutout_threshold: Range of the threshold, from 0 to 1.
        intensity: Range of how much of the liquid is seen, from 0 to 1: of 0, nothing happens.
        mode: ``rain`` adds drops that shine, ``mud`` covers.
        color: Red, green, blue from 0 to 255; None is pale yellow for rain, dark blue for mud.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are not RGB.

    Example:
        >>> white = np.full((60, 80, 3), 255, np.uint8)
        >>> bool(A.Spatter(mode="mud", p=1)(image=white)["image"].min() < 255)
        True
    """

    mean: Limits = parameter(default=(0.65, 0.65), parse=share_range)
    std: Limits = parameter(default=(0.3, 0.3), parse=share_range)
    gauss_sigma: Limits = parameter(default=(2, 2), parse=within(up_to(0), 0, SOFTEST))
    cutout_threshold: Limits = parameter(default=(0.68, 0.68), parse=share_range)
    intensity: Limits = parameter(default=(0.6, 0.6), parse=share_range)
    mode: str = parameter(default="rain", parse=one_of(*LIQUIDS))
    color: Colour | None = parameter(default=None, parse=optional(colour))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of(
            "spatter",
            mean=between(rng, self.mean),
            std=between(rng, self.std),
            sigma=between(rng, self.gauss_sigma),
            threshold=between(rng, self.cutout_threshold),
            intensity=between(rng, self.intensity),
            colour=self.color or LIQUIDS[self.mode],
            method=self.mode,
            seed=seed_of(rng),
        )
