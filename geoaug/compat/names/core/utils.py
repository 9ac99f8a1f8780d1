"""Small words of the inner plumbing."""

from __future__ import annotations

from geoaug.compat.kinds import Number, ScaleFloatType, ScaleIntType, ScaleType, ShapeType
from geoaug.compat.words import format_args, get_image_shape, get_shape, to_tuple
from geoaug.hooks import Processor as DataProcessor

__all__ = [
    "DataProcessor",
    "Number",
    "ScaleFloatType",
    "ScaleIntType",
    "ScaleType",
    "ShapeType",
    "format_args",
    "get_image_shape",
    "get_shape",
    "to_tuple",
]
