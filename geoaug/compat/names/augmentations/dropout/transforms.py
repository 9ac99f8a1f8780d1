"""Holes."""

from __future__ import annotations

from geoaug.foreign import DualTransform
from geoaug.transforms.dropout import PixelDropout

__all__ = ["DualTransform", "PixelDropout"]
