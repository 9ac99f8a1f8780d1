"""Holes: cutout."""

from __future__ import annotations

from geoaug.foreign import ImageOnlyTransform
from geoaug.former import Cutout

__all__ = ["Cutout", "ImageOnlyTransform"]
