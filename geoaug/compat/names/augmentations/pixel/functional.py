"""What changes values: functions of pictures."""

from __future__ import annotations

from geoaug.compat.pictures import (
    clip,
    get_num_channels,
    image_compression,
    is_grayscale_image,
    is_multispectral_image,
    is_rgb_image,
    non_rgb_error,
    preserve_channel_dim,
    preserve_shape,
)

__all__ = [
    "clip",
    "get_num_channels",
    "image_compression",
    "is_grayscale_image",
    "is_multispectral_image",
    "is_rgb_image",
    "non_rgb_error",
    "preserve_channel_dim",
    "preserve_shape",
]
