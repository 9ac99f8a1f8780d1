"""Stickers, logos, things in front: small pictures that the caller passes along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.params import number, parameter, probability
from geoaug.raster.paste import fitted
from geoaug.raster.values import channels_of, largest
from geoaug.scene import Scene
from geoaug.steps.paste import Layer, Paste
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.types import Array, Size

if TYPE_CHECKING:
    from numpy.random import Generator


def key(value: Any) -> str:
    """A name by which calls pass something."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a name, got {value!r}")
    return value


@transform
class OverlayElements(Transform):
    """Lay small pictures onto the picture, and their labels onto the mask; boxes, outlines and points stay.

    The call passes them by the name ``metadata_key``: a dict, or a list of dicts, with ``image`` (one channel, as many as the
    picture, or one more for opacity), and if need be ``bbox`` (x_min, y_min, x_max, y_max as shares of the picture's width and height:
    the small picture is stretched into it; else it lies anywhere), ``mask`` (what of it shows: not 0), ``mask_id`` (the value
    that masks get in its place). ``bbox_id`` and a fifth number of ``bbox`` are taken, and nothing comes of them.

    Args:
        metadata_key: The name by which the call passes the small pictures.
        p: Probability that the transform is applied.

    Raises:
        CallError: The call passes nothing by that name.
        DataError: What it passes is no such dict, or goes together with the picture in dtype or channels.

    Example:
        >>> sticker = {"image": np.uint8([[9]]), "bbox": (0.5, 0, 1, 1)}
        >>> A.OverlayElements(p=1)(image=np.uint8([[1, 2]]), overlay_metadata=sticker)["image"]
        array([[1, 9]], dtype=uint8)
    """

    metadata_key: str = parameter(default="overlay_metadata", parse=key)
    p: float = probability(default=0.5)

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of what the transform reads from the call, beside its targets."""
        return (self.metadata_key,)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        given = scene.given(self.metadata_key, "OverlayElements")
        if isinstance(given, Mapping):
            told = [(self.metadata_key, given)]
        elif isinstance(given, (list, tuple)):
            told = [(f"{self.metadata_key}[{k}]", one) for k, one in enumerate(given)]
        else:
            raise DataTypeError(f"{self.metadata_key}: expected a dict with 'image', or a list of such, got {type(given).__name__}")
        layers = [_layer(place, one, scene, rng) for place, one in told]
        return Paste(tuple(layer for layer in layers if layer is not None))


def _layer(place: str, told: Any, scene: Scene, rng: Generator) -> Layer | None:
    """Returns: One small picture as it will lie; None where its box holds no pixel."""
    if not isinstance(told, Mapping) or told.get("image") is None:
        raise DataError(f"{place}: expected a dict with 'image', a numpy array, got {told!r}"[:200])
    pixels = _array(f"{place}['image']", told["image"])
    pixels, opacity = _split(pixels, scene.channels)
    cover = told.get("mask")
    if cover is not None:
        cover = _array(f"{place}['mask']", cover) != 0
        cover = cover.any(axis=2) if cover.ndim == 3 else cover
    size, at = _placed(place, told.get("bbox"), (pixels.shape[0], pixels.shape[1]), scene.size, rng)
    if 0 in size:
        return None
    opacity = fitted(opacity, size)
    if cover is not None:
        opacity = opacity * fitted(cover.astype(np.uint8), size, labels=True)
    label = told.get("mask_id")
    try:
        label = None if label is None else number(label)
    except ValueError as fault:
        raise DataError(f"{place}['mask_id']: {fault}") from None
    return Layer(fitted(pixels, size).copy(), opacity.astype(np.float32), at, label)


def _array(name: str, given: Any) -> Array:
    if not isinstance(given, np.ndarray) or given.dtype.kind not in "uifb":
        raise DataTypeError(f"{name}: expected a numpy array of numbers, got {type(given).__name__}")
    if given.ndim not in (2, 3) or 0 in given.shape:
        raise DataError(f"{name}: expected shape (height, width) or (height, width, channels) with pixels in it, got {given.shape}")
    return given if given.dtype.isnative else given.astype(given.dtype.newbyteorder("="))


def _split(pixels: Array, channels: int) -> tuple[Array, Array]:
    """Returns: The colours of a small picture, and its opacity, 0 to 1, shape (h, w) float32: a channel more than the picture has."""
    found = channels_of(pixels)
    if found > 1 and (found == channels + 1 if channels else found in (2, 4)):
        return pixels[..., :-1], (pixels[..., -1] / largest(pixels.dtype)).astype(np.float32)
    return pixels, np.ones(pixels.shape[:2], np.float32)


def _placed(place: str, bbox: Any, own: Size, size: Size, rng: Generator) -> tuple[Size, tuple[int, int]]:
    """Returns: (height, width) of a small picture as it will lie, and its row and column."""
    height, width = size
    if bbox is None:
        tall, wide = own if own[0] <= height and own[1] <= width else size
        return (tall, wide), (int(rng.integers(0, height - tall + 1)), int(rng.integers(0, width - wide + 1)))
    try:
        x0, y0, x1, y1 = (float(number(value)) for value in list(bbox)[:4])
    except (TypeError, ValueError):
        raise DataError(f"{place}['bbox']: expected x_min, y_min, x_max, y_max as shares of the picture's size, got {bbox!r}"[:200]) from None
    if not (0 <= x0 < x1 <= 1 and 0 <= y0 < y1 <= 1):
        hint = "; these are pixels: divide by the picture's width and height" if max(x0, y0, x1, y1) > 2 else ""
        raise DataError(f"{place}['bbox'] = {bbox!r}: expected 0 <= x_min < x_max <= 1, the same for y{hint}")
    left, top, right, bottom = int(x0 * width), int(y0 * height), int(x1 * width), int(y1 * height)
    return (bottom - top, right - left), (top, left)
