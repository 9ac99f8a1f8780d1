"""Holes: coarse dropout."""

from __future__ import annotations

from geoaug.foreign import DualTransform
from geoaug.transforms.dropout import CoarseDropout, ConstrainedCoarseDropout, Erasing

__all__ = ["CoarseDropout", "ConstrainedCoarseDropout", "DualTransform", "Erasing"]
