"""The classes that imgaug was behind."""

from __future__ import annotations

from geoaug.foreign import BasicTransform, DualTransform, ImageOnlyTransform
from geoaug.former import (
    IAAAdditiveGaussianNoise,
    IAAAffine,
    IAACropAndPad,
    IAAEmboss,
    IAAFliplr,
    IAAFlipud,
    IAAPerspective,
    IAAPiecewiseAffine,
    IAASharpen,
    IAASuperpixels,
)

__all__ = [
    "BasicTransform",
    "DualTransform",
    "IAAAdditiveGaussianNoise",
    "IAAAffine",
    "IAACropAndPad",
    "IAAEmboss",
    "IAAFliplr",
    "IAAFlipud",
    "IAAPerspective",
    "IAAPiecewiseAffine",
    "IAASharpen",
    "IAASuperpixels",
    "ImageOnlyTransform",
]
