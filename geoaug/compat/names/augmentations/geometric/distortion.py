"""What moves pictures: distortion."""

from __future__ import annotations

from geoaug.compat.words import to_tuple
from geoaug.foreign import DualTransform
from geoaug.transforms.distort import ElasticTransform, GridDistortion, OpticalDistortion, PiecewiseAffine, ThinPlateSpline

__all__ = ["DualTransform", "ElasticTransform", "GridDistortion", "OpticalDistortion", "PiecewiseAffine", "ThinPlateSpline", "to_tuple"]
