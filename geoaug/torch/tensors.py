"""Pictures as tensors, with the channels and the range that models take."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from geoaug.errors import DataError
from geoaug.raster.colour import to_grey
from geoaug.raster.planes import channels, to_planes
from geoaug.raster.values import largest
from geoaug.types import Array

SHADES = ("uint8", "uint16")  # dtypes whose largest number is white
WHITE = 255


def with_channels(pixels: Array, wanted: int | None) -> Array:
    """Returns: A picture of 3 channels, or of 1 as shape (h, w), or as it came.

    Args:
        pixels: Shape (h, w) or (h, w, c), RGB or RGBA.
        wanted: 3, 1, or None.

    Raises:
        DataError: It has two channels, or more than four.
    """
    count = 1 if pixels.ndim == 2 else pixels.shape[2]
    if wanted in (None, count):
        return pixels
    if count not in (1, 3, 4):
        raise DataError(f"has {count} channels; channels=None takes a picture as it is")
    if wanted == 3:
        return np.repeat(pixels.reshape(*pixels.shape[:2], 1), 3, axis=2) if count == 1 else np.ascontiguousarray(pixels[..., :3])
    return to_grey(np.ascontiguousarray(pixels[..., :3]), "weighted_average", 1)


def planes_of(picture: Array) -> Array:
    """Returns: A picture (h, w) or (h, w, c) with its channels first."""
    return to_planes(picture, owned=True)


def image_tensor(picture: Any, channels_first: bool = False) -> torch.Tensor:
    """Returns: A picture as float32 (channels, height, width): whole numbers from 0 to 1, floats as they are.

    Args:
        picture: What a pipeline left: an array (h, w) or (h, w, c), or a tensor with its channels first.
        channels_first: An array has its channels first too.

    Raises:
        DataError: Nobody can say which of its whole numbers is white.
    """
    if channels_first and isinstance(picture, np.ndarray):
        picture = torch.from_numpy(picture.astype(np.float32, copy=False) if picture.dtype.kind == "f" else picture)
    kind = str(picture.dtype).removeprefix("torch.")
    if kind == "bool":
        picture = picture.to(torch.uint8) * WHITE if isinstance(picture, torch.Tensor) else picture * np.uint8(WHITE)
    elif not kind.startswith(("float", "bfloat")) and kind not in SHADES:
        raise DataError(f"the pipeline made a picture of {kind}; expected uint8, uint16 or floats, so that it is known what white is")
    if isinstance(picture, torch.Tensor):
        if picture.is_floating_point():
            return picture
        planes = picture.numpy()
    elif picture.dtype.kind == "f":
        return torch.from_numpy(planes_of(picture).astype(np.float32, copy=False))
    else:
        planes = channels(picture[..., None] if picture.ndim == 2 else picture)
    out = np.empty(planes.shape, np.float32)
    np.divide(planes, np.float32(largest(planes.dtype)), out=out, dtype=np.float32, casting="unsafe")  # floats are gone over once
    return torch.from_numpy(out)
