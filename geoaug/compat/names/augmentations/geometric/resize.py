"""What moves pictures: resize."""

from __future__ import annotations

from geoaug.compat.words import to_tuple
from geoaug.foreign import DualTransform
from geoaug.transforms.resize import LongestMaxSize, RandomScale, Resize, SmallestMaxSize

__all__ = ["DualTransform", "LongestMaxSize", "RandomScale", "Resize", "SmallestMaxSize", "to_tuple"]
