"""Holes: mask dropout."""

from __future__ import annotations

from geoaug.compat.words import to_tuple
from geoaug.foreign import DualTransform
from geoaug.transforms.dropout import MaskDropout

__all__ = ["DualTransform", "MaskDropout", "to_tuple"]
