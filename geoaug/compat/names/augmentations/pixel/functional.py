"""What changes values: functions of pictures."""

from __future__ import annotations

from geoaug.compat.pictures import (
    MAX_VALUES_BY_DTYPE,
    clip,
    clipped,
    get_num_channels,
    image_compression,
    is_grayscale_image,
    is_multispectral_image,
    is_rgb_image,
    non_rgb_error,
    normalize,
    preserve_channel_dim,
    preserve_shape,
)

__all__ = [
    "MAX_VALUES_BY_DTYPE",
    "clip",
    "clipped",
    "get_num_channels",
    "image_compression",
    "is_grayscale_image",
    "is_multispectral_image",
    "is_rgb_image",
    "non_rgb_error",
    "normalize",
    "preserve_channel_dim",
    "preserve_shape",
]
