"""What moves pictures."""

from __future__ import annotations

from geoaug.compat.words import to_tuple
from geoaug.foreign import DualTransform
from geoaug.transforms.affine import Affine, Rotate, SafeRotate, ShiftScaleRotate
from geoaug.transforms.distort import ElasticTransform, GridDistortion, GridElasticDeform, OpticalDistortion, PiecewiseAffine, ThinPlateSpline
from geoaug.transforms.flips import D4, Flip, HorizontalFlip, RandomRotate90, SquareSymmetry, Transpose, VerticalFlip
from geoaug.transforms.morphology import Morphological
from geoaug.transforms.pad import Pad, PadIfNeeded
from geoaug.transforms.perspective import Perspective
from geoaug.transforms.shuffle import RandomGridShuffle

__all__ = [
    "D4",
    "Affine",
    "DualTransform",
    "ElasticTransform",
    "Flip",
    "GridDistortion",
    "GridElasticDeform",
    "HorizontalFlip",
    "Morphological",
    "OpticalDistortion",
    "Pad",
    "PadIfNeeded",
    "Perspective",
    "PiecewiseAffine",
    "RandomGridShuffle",
    "RandomRotate90",
    "Rotate",
    "SafeRotate",
    "ShiftScaleRotate",
    "SquareSymmetry",
    "ThinPlateSpline",
    "Transpose",
    "VerticalFlip",
    "to_tuple",
]
