"""Crops."""

from __future__ import annotations

from geoaug.compat.words import to_tuple
from geoaug.errors import CropSizeError
from geoaug.foreign import DualTransform
from geoaug.transforms.crops import CenterCrop, Crop, RandomCrop, RandomResizedCrop, RandomSizedCrop
from geoaug.transforms.crops_near import (
    AtLeastOneBBoxRandomCrop,
    BBoxSafeRandomCrop,
    CropNonEmptyMaskIfExists,
    RandomCropNearBBox,
    RandomSizedBBoxSafeCrop,
)
from geoaug.transforms.margins import CropAndPad, RandomCropFromBorders

__all__ = [
    "AtLeastOneBBoxRandomCrop",
    "BBoxSafeRandomCrop",
    "CenterCrop",
    "Crop",
    "CropAndPad",
    "CropNonEmptyMaskIfExists",
    "CropSizeError",
    "DualTransform",
    "RandomCrop",
    "RandomCropFromBorders",
    "RandomCropNearBBox",
    "RandomResizedCrop",
    "RandomSizedBBoxSafeCrop",
    "RandomSizedCrop",
    "to_tuple",
]
