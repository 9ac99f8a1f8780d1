"""What Keras draws for a picture, and the matrix that it means."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from attrs import field, frozen

from geoaug.errors import ParameterError
from geoaug.geometry.matrix import IDENTITY, about, flip_x, flip_y, inverse, product, scaling, translation
from geoaug.keras.values import Values
from geoaug.params import CONSTANT, CUBIC, LANCZOS, LINEAR, NEAREST, REFLECT, REPLICATE, WRAP, flag, number
from geoaug.scene import Scene
from geoaug.steps.warp import Border, Sampler, Warp
from geoaug.transform import Node
from geoaug.types import Matrix, Size

FILL_MODES = {"constant": CONSTANT, "nearest": REPLICATE, "reflect": REFLECT, "wrap": WRAP}
ORDERS = (NEAREST, LINEAR, CUBIC, CUBIC, LANCZOS, LANCZOS)  # SciPy's splines of order 2 to 5 have no twin in OpenCV: the next in width
FLATTEST = 89.9  # degrees of shear; at 90 the picture is a line

Parameters = dict[str, Any]


def refuse(name: str, expected: str, given: Any) -> ParameterError:
    """Returns: The error of an argument that cannot be used."""
    return ParameterError(f"`{name}` should be {expected}. Received: {given!r}")


def _number(name: str, expected: str, given: Any, low: float = -math.inf, high: float = math.inf) -> float:
    try:
        value = number(given)
    except ValueError:
        raise refuse(name, expected, given) from None
    if isinstance(given, bool) or not low <= value <= high:
        raise refuse(name, expected, given)
    return value


def whole(name: str, given: Any, least: int) -> int:
    """Returns: A whole number.

    Raises:
        ParameterError: It is none, or too small.
    """
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < least:
        raise refuse(name, f"a whole number of at least {least}", given)
    return int(given)


def _shift(name: str, given: Any) -> Any:
    """A share of the side, whole pixels, or a list of shifts to choose from."""
    expected = "a float (a share of the side below 1, pixels from 1 on), an int (pixels), or a list of numbers to choose from"
    if isinstance(given, (list, tuple, np.ndarray)):
        if np.ndim(given) != 1 or not len(given):
            raise refuse(name, expected, given)
        return tuple(_number(name, expected, value) for value in given)
    value = _number(name, expected, given)
    if isinstance(value, int) and value < 0:
        raise refuse(name, expected, given)
    return value


def _zoom(given: Any) -> tuple[float, float]:
    expected = "a float below 1, or a tuple or list of two floats above 0"
    if isinstance(given, (int, float, np.number)) and not isinstance(given, bool):
        width = _number("zoom_range", expected, given)
        given_pair: Any = (1 - width, 1 + width)
    else:
        given_pair = given
    if not isinstance(given_pair, (tuple, list, np.ndarray)) or len(given_pair) != 2:
        raise refuse("zoom_range", expected, given)
    low, high = (_number("zoom_range", expected, value) for value in given_pair)
    if min(low, high) <= 0:
        raise refuse("zoom_range", expected, given)
    return low, high


def _brightness(given: Any) -> tuple[float, float] | None:
    if given is None:
        return None
    expected = "a tuple or list of two floats of at least 0"
    if not isinstance(given, (tuple, list, np.ndarray)) or len(given) != 2:
        raise refuse("brightness_range", expected, given)
    low, high = (_number("brightness_range", expected, value, 0) for value in given)
    return low, high


def _flip(name: str, given: Any) -> bool:
    try:
        return flag(given)
    except ValueError:
        raise refuse(name, "True or False", given) from None


@frozen
class Ranges:
    """The ranges that parameters are drawn from, and how the picture is read between its pixels.

    Args:
        rotation: Degrees.
        width_shift: Share of the width, pixels, or pixels to choose from.
        height_shift: The same for the height.
        brightness: Two factors.
        shear: Degrees.
        zoom: Two factors; above 1 the picture shrinks, as in Keras.
        channel_shift: Grey levels.
        horizontal_flip: Whether half of the pictures are mirrored left to right.
        vertical_flip: Whether half of the pictures are mirrored top to bottom.
        border: What lies outside.
        sampler: How pixels between pixels are read.
    """

    rotation: float
    width_shift: Any
    height_shift: Any
    brightness: tuple[float, float] | None
    shear: float
    zoom: tuple[float, float]
    channel_shift: float
    horizontal_flip: bool
    vertical_flip: bool
    border: Border = field(default=Border(REPLICATE))
    sampler: Sampler = field(default=Sampler())

    @classmethod
    def of(cls, given: dict[str, Any], mask_cval: float = 0) -> Ranges:
        """Returns: The ranges that the arguments of an ``ImageDataGenerator`` mean.

        Raises:
            ParameterError: One of them is out of range; the message names it.
        """
        fill_mode, order = given["fill_mode"], given["interpolation_order"]
        if not isinstance(fill_mode, str) or fill_mode not in FILL_MODES:
            raise refuse("fill_mode", "one of " + ", ".join(map(repr, FILL_MODES)), fill_mode)
        if not isinstance(order, (int, np.integer)) or not 0 <= order <= 5:
            raise refuse("interpolation_order", "a whole number from 0 to 5", order)
        border = Border(FILL_MODES[fill_mode], _number("cval", "a number", given["cval"]), _number("mask_cval", "a number", mask_cval))
        return cls(
            _number("rotation_range", "a number of degrees", given["rotation_range"]),
            _shift("width_shift_range", given["width_shift_range"]),
            _shift("height_shift_range", given["height_shift_range"]),
            _brightness(given["brightness_range"]),
            _number("shear_range", "a number of degrees below 90", given["shear_range"], -FLATTEST, FLATTEST),
            _zoom(given["zoom_range"]),
            _number("channel_shift_range", "a number of grey levels", given["channel_shift_range"]),
            _flip("horizontal_flip", given["horizontal_flip"]),
            _flip("vertical_flip", given["vertical_flip"]),
            border,
            Sampler(ORDERS[order]),
        )

    # --- drawing ---

    def draw(self, size: Size, rng: Any) -> Parameters:
        """Draw parameters, in the order in which Keras does, so that the same stream of numbers gives the same ones.

        Args:
            size: (height, width) in pixels.
            rng: A ``numpy.random.Generator`` or ``RandomState``.

        Returns: Keras' names: ``theta`` and ``shear`` in degrees, ``tx`` (sideways) and ``ty`` (up and down) in pixels,
            ``zx``, ``zy``, ``flip_horizontal``, ``flip_vertical``, ``channel_shift_intensity``, ``brightness``.
        """
        theta = _uniform(rng, self.rotation)
        ty = _drawn_shift(rng, self.height_shift, size[0])
        tx = _drawn_shift(rng, self.width_shift, size[1])
        shear = _uniform(rng, self.shear)
        zx, zy = (1.0, 1.0) if self.zoom == (1, 1) else map(float, _between(rng, *self.zoom, 2))
        across, down = bool(rng.random() < 0.5), bool(rng.random() < 0.5)  # drawn always, as in Keras
        intensity = _uniform(rng, self.channel_shift) if self.channel_shift else None
        brightness = None if self.brightness is None else float(_between(rng, *self.brightness))
        return {
            "theta": theta, "tx": tx, "ty": ty, "shear": shear, "zx": zx, "zy": zy,
            "flip_horizontal": across and self.horizontal_flip, "flip_vertical": down and self.vertical_flip,
            "channel_shift_intensity": intensity, "brightness": brightness,
        }  # fmt: skip

    def applied(self, scene: Scene, parameters: Parameters) -> Scene:
        """Returns: The scene after a transformation with given parameters; those that are missing change nothing."""
        matrix = matrix_of(parameters, scene.size)
        if matrix != IDENTITY:
            scene = scene.then(Warp.of(matrix, scene.size, scene.size, self.sampler, self.border), "ImageDataGenerator")
        height, width = scene.size
        for name, mirror in (("flip_horizontal", flip_x(width)), ("flip_vertical", flip_y(height))):
            if parameters.get(name, False):
                scene = scene.then(Warp.whole(mirror, scene.size, scene.size), name)
        values = Values(parameters.get("channel_shift_intensity"), parameters.get("brightness"))
        return scene if values == Values() else scene.then(values, "ImageDataGenerator")


def _uniform(rng: Any, limit: float) -> float:
    return float(_between(rng, -limit, limit)) if limit else 0.0


def _between(rng: Any, low: float, high: float, count: int | None = None) -> Any:
    """Returns: Numbers from low to high, which may be turned round: numpy's old stream, Keras' own, takes that, its new one does not."""
    return rng.uniform(low, high, count) if low <= high else low - rng.uniform(0, low - high, count)


def _drawn_shift(rng: Any, limit: Any, side: int) -> float:
    if isinstance(limit, float):
        drawn, largest = _uniform(rng, limit), limit
    elif not limit:
        return 0.0
    else:  # whole pixels below the limit, or one of several
        drawn, largest = float(rng.choice(limit) * rng.choice([-1, 1])), float(np.max(limit))
    return drawn * side if largest < 1 else drawn


def matrix_of(parameters: Parameters, size: Size) -> Matrix:
    """Returns: Source to output, continuous pixels: Keras' rotation, shift, shear and zoom about the centre of the picture.

    Keras' product maps output to source, in pixel indices, about (side - 1) / 2: the centre of the picture in continuous pixels.

    Raises:
        ParameterError: The parameters flatten the picture.
    """
    theta, shear = math.radians(parameters.get("theta", 0)), math.radians(parameters.get("shear", 0))
    steps = (
        (math.cos(theta), -math.sin(theta), 0.0, math.sin(theta), math.cos(theta), 0.0, 0.0, 0.0, 1.0),
        translation(parameters.get("tx", 0), parameters.get("ty", 0)),
        (1.0, -math.sin(shear), 0.0, 0.0, math.cos(shear), 0.0, 0.0, 0.0, 1.0),
        scaling(parameters.get("zx", 1), parameters.get("zy", 1)),
    )
    back: Matrix = IDENTITY
    for step in steps:
        if step != IDENTITY:
            back = product(back, step)
    return IDENTITY if back == IDENTITY else inverse(about(back, size[1] / 2, size[0] / 2))


class Drawn(Node):
    """The place in a pipeline where Keras' parameters are drawn and applied.

    Args:
        ranges: What they are drawn from.
    """

    p = 1.0

    def __init__(self, ranges: Ranges) -> None:
        self.ranges = ranges

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        return self.ranges.applied(scene, self.ranges.draw(scene.size, rng))
