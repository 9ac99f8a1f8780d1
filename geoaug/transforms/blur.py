"""Blurs: a picture out of focus, in motion, behind glass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoaug.errors import ParameterError
from geoaug.params import between, flag, number, one_of, ordered, parameter, positive, probability, symmetric, within
from geoaug.scene import Scene
from geoaug.steps.filter import Filter
from geoaug.steps.step import Step
from geoaug.transform import PixelTransform, transform
from geoaug.transforms.ranges import odd, odd_sides, seed_of, starting, whole_of, wholes
from geoaug.types import Limits

if TYPE_CHECKING:
    from numpy.random import Generator


def sides(*, default: tuple[int, int] = (3, 7)) -> Any:
    """The side of the square that is weighed."""
    return parameter(default=default, parse=odd_sides)


@transform
class Blur(PixelTransform):
    """Give each pixel the mean of a square about it.

    Takes every dtype and any number of channels.

    Args:
        blur_limit: Side of the square in pixels, odd, from 3 on; a lone n stands for (3, n).
        p: Probability that the transform is applied.

    Example:
        >>> A.Blur((3, 3), p=1)(image=np.uint8([[0, 0, 90, 0, 0]] * 3))["image"][1]
        array([ 0, 30, 30, 30,  0], dtype=uint8)
    """

    blur_limit: Limits = sides()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("box_blur", size=odd(rng, self.blur_limit))


@transform
class MedianBlur(PixelTransform):
    """Give each pixel the median of a square about it: specks vanish, edges stay.

    Takes every dtype and any number of channels. From 7 pixels on OpenCV's median takes bytes only: floats come down to 256 levels
    for it, and other integers take numpy's time.

    Args:
        blur_limit: Side of the square in pixels, odd, from 3 on; a lone n stands for (3, n).
        p: Probability that the transform is applied.

    Example:
        >>> A.MedianBlur((3, 3), p=1)(image=np.uint8([[0, 0, 90, 0, 0]] * 3))["image"][1]
        array([0, 0, 0, 0, 0], dtype=uint8)
    """

    blur_limit: Limits = sides()
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("median_blur", size=odd(rng, self.blur_limit))


@transform
class GaussianBlur(PixelTransform):
    """Give each pixel the mean of its neighbourhood, weighed by a Gaussian.

    Takes every dtype and any number of channels.

    Args:
        blur_limit: Side of the square that is weighed, in pixels, even sides standing for the next odd one; 0 takes 3.5 sigma to
            either side, as PIL does; a lone n stands for (0, n).
        sigma_limit: Spread in pixels, from 0, which leaves the picture; a lone n stands for (0, n).
        p: Probability that the transform is applied.

    Example:
        >>> A.GaussianBlur((3, 3), (1, 1), p=1)(image=np.uint8([[0, 0, 90, 0, 0]] * 3))["image"][1, 1] > 0
        np.True_
    """

    blur_limit: Limits = parameter(default=0, parse=wholes(0))
    sigma_limit: Limits = parameter(default=(0.5, 3.0), parse=within(starting(0), 0))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("gaussian_blur", sigma=between(rng, self.sigma_limit), size=whole_of(rng, self.blur_limit))


@transform
class MotionBlur(PixelTransform):
    """Give each pixel the mean of a line, as if the camera had moved.

    Takes every dtype and any number of channels.

    Args:
        blur_limit: Length of the line in pixels, odd, from 3 on; a lone n stands for (3, n).
        allow_shifted: Move the line off its pixel, by up to a quarter of its length along x and along y.
        angle_range: Degrees, within 0 to 360, from x towards y.
        direction_range: Within -1 to 1: whether the line lies behind the pixel, before it, or on both sides (0).
        p: Probability that the transform is applied.

    Example:
        >>> blur = A.MotionBlur((3, 3), allow_shifted=False, angle_range=(0, 0), direction_range=(0, 0), p=1)
        >>> blur(image=np.uint8([[0, 0, 90, 0, 0]]))["image"]
        array([[ 0, 30, 30, 30,  0]], dtype=uint8)
    """

    blur_limit: Limits = sides()
    allow_shifted: bool = parameter(default=True, parse=flag)
    angle_range: Limits = parameter(default=(0, 360), parse=within(ordered, 0, 360))
    direction_range: Limits = parameter(default=(-1.0, 1.0), parse=within(ordered, -1, 1))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        size = odd(rng, self.blur_limit)
        angle, direction = between(rng, self.angle_range), between(rng, self.direction_range)
        room = size // 2 / 2 if self.allow_shifted else 0.0
        shift = (between(rng, (-room, room)), between(rng, (-room, room))) if room else (0.0, 0.0)
        return Filter.of("motion_blur", size=size, angle=angle, direction=direction, shift=shift)


@transform
class Defocus(PixelTransform):
    """Give each pixel the mean of a disc about it, as a lens out of focus does.

    Takes every dtype and any number of channels.

    Args:
        radius: Of the disc, in whole pixels from 1 on; a lone n stands for (1, n).
        alias_blur: Spread of the disc's soft rim, in pixels; a lone n stands for (0, n).
        p: Probability that the transform is applied.

    Source: Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", 2019.

    Example:
        >>> int(A.Defocus((4, 4), p=1)(image=np.pad(np.uint8([[240]]), 9))["image"].max())
        5
    """

    radius: Limits = parameter(default=(3, 10), parse=wholes(1))
    alias_blur: Limits = parameter(default=(0.1, 0.5), parse=within(starting(0), 0))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Filter.of("defocus", radius=whole_of(rng, self.radius), smoothing=between(rng, self.alias_blur))


FINEST_STEP = 1e-3  # between two enlargements; a finer one changes nothing but the time it takes


@transform
class ZoomBlur(PixelTransform):
    """Give each pixel the mean of the picture and of its enlargements, as a lens that zooms while the shutter is open.

    Takes every dtype and any number of channels.

    Args:
        max_factor: The largest enlargement, from 1 on, which leaves the picture; a lone n stands for (1, n).
        step_factor: From one enlargement to the next, above 0 (and not below 0.001); a lone n stands for (0, n).
        p: Probability that the transform is applied.

    Source: Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", 2019.

    Example:
        >>> blur = A.ZoomBlur((1.5, 1.5), (0.25, 0.25), p=1)
        >>> int(blur(image=np.pad(np.full((4, 4), 240, np.uint8), 8))["image"][7, 7]) > 0
        True
    """

    max_factor: Limits = parameter(default=(1, 1.31), parse=within(starting(1), 1))
    step_factor: Limits = parameter(default=(0.01, 0.03), parse=within(starting(0), 0))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        step = max(between(rng, self.step_factor), FINEST_STEP)
        most = between(rng, self.max_factor)
        return Filter.of("zoom_blur", most=most if most == 1 else max(1 + step, most), step=step)


def _about_one(value: Any) -> Any:
    low, high = within(starting(0), 0)(value)
    if not low < 1 < high:
        raise ValueError(f"expected (low, high) with 1 between them, got {value!r}")
    return low, high


@transform
class AdvancedBlur(PixelTransform):
    """Give each pixel the mean of its neighbourhood, weighed by a generalised Gaussian: long, turned, flat or peaked, and noisy.

    Takes every dtype and any number of channels.

    Args:
        blur_limit: Side of the square that is weighed, in pixels, odd, from 3 on; a lone n stands for (3, n).
        sigma_x_limit: Spread along the first axis, in pixels; a lone n stands for (0, n).
        sigma_y_limit: Spread along the second axis, in pixels; a lone n stands for (0, n).
        rotate_limit: Degrees by which the axes are turned; a lone n stands for (-n, n).
        beta_limit: Shape: below 1 peaked, 1 a Gaussian, above 1 flat; as often below as above. A lone n stands for (0, n).
        noise_limit: Range of the factor on each weight; a lone n stands for (0, n).
        p: Probability that the transform is applied.

    Raises:
        ParameterError: Both spreads may be 0.

    Source: Wang et al., "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data", 2021.

    Example:
        >>> A.AdvancedBlur((3, 3), p=1)(image=np.full((5, 5, 3), 77, np.uint8))["image"].shape
        (5, 5, 3)
    """

    blur_limit: Limits = sides()
    sigma_x_limit: Limits = parameter(default=(0.2, 1.0), parse=within(starting(0), 0))
    sigma_y_limit: Limits = parameter(default=(0.2, 1.0), parse=within(starting(0), 0))
    rotate_limit: Limits = parameter(default=(-90, 90), parse=symmetric)
    beta_limit: Limits = parameter(default=(0.5, 8.0), parse=_about_one)
    noise_limit: Limits = parameter(default=(0.9, 1.1), parse=within(starting(0), 0))
    p: float = probability(default=0.5)

    def __attrs_post_init__(self) -> None:
        if self.sigma_x_limit[0] == self.sigma_y_limit[0] == 0:
            raise ParameterError("AdvancedBlur: sigma_x_limit and sigma_y_limit both start at 0; start one of them above")

    def draw(self, scene: Scene, rng: Generator) -> Step:
        size = odd(rng, self.blur_limit)
        sigma = between(rng, self.sigma_x_limit), between(rng, self.sigma_y_limit)
        angle = between(rng, self.rotate_limit)
        low, high = self.beta_limit
        beta = between(rng, (low, 1)) if rng.random() < 0.5 else between(rng, (1, high))
        return Filter.of("advanced_blur", size=size, sigma=sigma, angle=angle, beta=beta, noise=self.noise_limit, seed=seed_of(rng))


def _spread(value: Any) -> float:
    result = number(value)
    if result < 0:
        raise ValueError(f"expected at least 0 pixels, got {value!r}")
    return result


@transform
class GlassBlur(PixelTransform):
    """Let pixels change places with near ones, between two soft blurs, as frosted glass does.

    Takes every dtype and any number of channels.

    Args:
        sigma: Spread of the two blurs, in pixels; 0 for none.
        max_delta: How far a pixel moves each time, along x and along y, in pixels; within so many of the border none sets out.
        iterations: How often pixels change places.
        mode: ``fast`` moves all pixels at once, so that some of two that meet are lost; ``exact`` one after the other.
        p: Probability that the transform is applied.

    Source: Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", 2019.

    Example:
        >>> picture = np.arange(144, dtype=np.uint8).reshape(12, 12)
        >>> out = A.GlassBlur(sigma=0, max_delta=2, mode="exact", p=1)(image=picture)["image"]
        >>> np.array_equal(np.sort(out, axis=None), np.sort(picture, axis=None))
        True
    """

    sigma: float = parameter(default=0.7, parse=_spread)
    max_delta: int = parameter(default=4, parse=positive)
    iterations: int = parameter(default=2, parse=positive)
    mode: str = parameter(default="fast", parse=one_of("fast", "exact"))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        exact = self.mode == "exact"
        return Filter.of("glass_blur", sigma=self.sigma, reach=self.max_delta, rounds=self.iterations, exact=exact, seed=seed_of(rng))
