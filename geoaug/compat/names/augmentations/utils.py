"""Decorators of functions of pictures, questions to pictures, and files."""

from __future__ import annotations

from geoaug.compat.pictures import (
    MAX_VALUES_BY_DTYPE,
    clip,
    clipped,
    get_num_channels,
    is_grayscale_image,
    is_multispectral_image,
    is_rgb_image,
    maybe_process_in_chunks,
    non_rgb_error,
    preserve_channel_dim,
    preserve_shape,
    read_bgr_image,
    read_grayscale,
    read_rgb_image,
)
from geoaug.compat.pictures import (
    maybe_process_in_chunks as _maybe_process_in_chunks,
)
from geoaug.compat.points import angle_2pi_range, angle_to_2pi_range

__all__ = [
    "MAX_VALUES_BY_DTYPE",
    "_maybe_process_in_chunks",
    "angle_2pi_range",
    "angle_to_2pi_range",
    "clip",
    "clipped",
    "get_num_channels",
    "is_grayscale_image",
    "is_multispectral_image",
    "is_rgb_image",
    "maybe_process_in_chunks",
    "non_rgb_error",
    "preserve_channel_dim",
    "preserve_shape",
    "read_bgr_image",
    "read_grayscale",
    "read_rgb_image",
]
