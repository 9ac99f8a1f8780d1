"""Blurs."""

from __future__ import annotations

from geoaug.compat.words import to_tuple
from geoaug.foreign import ImageOnlyTransform
from geoaug.transforms.blur import AdvancedBlur, Blur, Defocus, GaussianBlur, GlassBlur, MedianBlur, MotionBlur, ZoomBlur

__all__ = ["AdvancedBlur", "Blur", "Defocus", "GaussianBlur", "GlassBlur", "ImageOnlyTransform", "MedianBlur", "MotionBlur", "ZoomBlur", "to_tuple"]
