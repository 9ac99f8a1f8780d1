"""What moves pictures: pad."""

from __future__ import annotations

from geoaug.foreign import DualTransform
from geoaug.transforms.pad import Pad, PadIfNeeded

__all__ = ["DualTransform", "Pad", "PadIfNeeded"]
