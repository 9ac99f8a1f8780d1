"""What moves pictures: flip."""

from __future__ import annotations

from geoaug.foreign import DualTransform
from geoaug.transforms.flips import D4, HorizontalFlip, SquareSymmetry, Transpose, VerticalFlip

__all__ = ["D4", "DualTransform", "HorizontalFlip", "SquareSymmetry", "Transpose", "VerticalFlip"]
