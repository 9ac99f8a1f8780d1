"""Decorators of functions of pictures, questions to pictures, and files."""

from __future__ import annotations

from geoaug.compat.pictures import (
    clip,
    get_num_channels,
    is_grayscale_image,
    is_multispectral_image,
    is_rgb_image,
    non_rgb_error,
    preserve_channel_dim,
    preserve_shape,
    read_bgr_image,
    read_grayscale,
    read_rgb_image,
)
from geoaug.compat.points import angle_2pi_range, angle_to_2pi_range

__all__ = [
    "angle_2pi_range",
    "angle_to_2pi_range",
    "clip",
    "get_num_channels",
    "is_grayscale_image",
    "is_multispectral_image",
    "is_rgb_image",
    "non_rgb_error",
    "preserve_channel_dim",
    "preserve_shape",
    "read_bgr_image",
    "read_grayscale",
    "read_rgb_image",
]
