"""What programs written for Albumentations import from its inner modules, under the names and with the arguments that it has there.

``names/`` holds a small file for each module of Albumentations 1.3 to 2.0: it is on geoaug's own search path, so that
``import geoaug.core.composition`` finds ``names/core/composition.py``, and says which of geoaug's classes and functions stand there.
The functions that geoaug itself has no use for are written here, by what they work on, on top of its own parts. They take the arguments
of 1.x (``rows, cols``; a box) and of 2.x (a shape; an array) alike: what comes as a list of tuples comes back as one, an array as an array.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# what Albumentations 1.x or 2.x has at its root beside classes
AT_ROOT = {
    "boxes": "bbox_crop bbox_hflip bbox_rot90 bbox_rotate bbox_transpose bbox_vflip crop_bbox_by_coords",
    "kinds": "BoxType ImageColorType KeypointType ScaleFloatType ScaleIntType",
    "pictures": (
        "center_crop clamping_crop clip crop elastic_transform get_center_crop_coords get_num_channels get_random_crop_coords hflip "
        "image_compression is_grayscale_image is_multispectral_image is_rgb_image non_rgb_error pad pad_with_params preserve_channel_dim "
        "preserve_shape random_crop read_bgr_image read_grayscale read_rgb_image resize rotate scale transpose vflip"
    ),
    "points": "angle_2pi_range crop_keypoint_by_coords keypoint_scale",
    "words": "to_tuple",
}


def function(name: str) -> Any:
    """Returns: A function that stands at the root of Albumentations, or None."""
    module = next((module for module, names in AT_ROOT.items() if name in names.split()), None)
    return None if module is None else getattr(import_module(f"geoaug.compat.{module}"), name)
