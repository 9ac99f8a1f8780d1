"""Holes: grid dropout."""

from __future__ import annotations

from geoaug.foreign import DualTransform
from geoaug.transforms.dropout import GridDropout

__all__ = ["DualTransform", "GridDropout"]
