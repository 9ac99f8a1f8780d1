"""What mixes pictures."""

from __future__ import annotations

from geoaug.foreign import DualTransform
from geoaug.transforms.mosaic import Mosaic
from geoaug.transforms.overlay import OverlayElements

__all__ = ["DualTransform", "Mosaic", "OverlayElements"]
