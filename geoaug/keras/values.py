"""What Keras changes of a picture's values: channel shift and brightness, number for number."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from geoaug.steps.step import Step
from geoaug.types import Array


@frozen(slots=False)
class Values(Step):
    """Channel shift, then brightness; masks, boxes and points stay. What comes out is float32.

    Args:
        intensity: Added to all channels, within the values that the picture has; None leaves them alone.
        brightness: Factor of 0 or more for values of 0 to 255; None leaves them alone.
    """

    intensity: float | None = None
    brightness: float | None = None

    def image(self, pixels: Array, owned: bool = False) -> Array:
        if self.intensity is not None:
            pixels = shifted(pixels, self.intensity)
        return pixels if self.brightness is None else brightened(pixels, self.brightness)

    def __str__(self) -> str:
        return f"Values(intensity={self.intensity}, brightness={self.brightness})"


def shifted(pixels: Array, intensity: float) -> Array:
    """Returns: A picture with a number added, cut off at the least and the largest value that it had."""
    pixels = pixels if pixels.dtype.kind == "f" else pixels.astype(np.float32)
    return np.clip(pixels + pixels.dtype.type(intensity), pixels.min(), pixels.max())


def brightened(pixels: Array, factor: float) -> Array:
    """Returns: A picture times a factor, float32, as Keras has it from PIL: values are cut to whole numbers before and after.

    Where values lie outside of 0 to 255, the range that the picture has is stretched over 0 to 255 for it, and back afterwards.
    """
    pixels = pixels.astype(np.float32)
    low, high = float(pixels.min()), float(pixels.max())
    beyond = low < 0 or high > 255
    if beyond:
        pixels -= np.float32(low)
        pixels /= np.float32(pixels.max() or 1)
        pixels *= np.float32(255)
    whole = pixels.astype(np.uint8)
    # PIL blends with black in single precision, and cuts off what follows the point
    table = np.clip(np.arange(256, dtype=np.float32) * np.float32(factor), 0, 255).astype(np.uint8).astype(np.float32)
    bright: Array = table[whole]
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        bright[..., 3] = whole[..., 3]  # how opaque a pixel is has nothing to do with light
    return bright / np.float32(255) * np.float32(high - low) + np.float32(low) if beyond else bright
