"""What moves pictures: rotate."""

from __future__ import annotations

from geoaug.compat.words import to_tuple
from geoaug.foreign import DualTransform
from geoaug.transforms.affine import Affine, Rotate, SafeRotate
from geoaug.transforms.flips import RandomRotate90

__all__ = ["Affine", "DualTransform", "RandomRotate90", "Rotate", "SafeRotate", "to_tuple"]
