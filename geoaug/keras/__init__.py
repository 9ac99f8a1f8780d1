"""For Keras: ``ImageDataGenerator`` with masks, boxes and keypoints that move along.

Needs Keras 3 (``geoaug[keras]``), which is loaded when a generator is made.
"""

from __future__ import annotations

from geoaug.keras.generator import ImageDataGenerator

__all__ = ["ImageDataGenerator"]
