"""Lambda and dtypes: type transform."""

from __future__ import annotations

from geoaug.foreign import ImageOnlyTransform
from geoaug.transforms.floats import FromFloat, ToFloat

__all__ = ["FromFloat", "ImageOnlyTransform", "ToFloat"]
