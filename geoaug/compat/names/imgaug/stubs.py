"""The classes that imgaug was behind: stubs."""

from __future__ import annotations

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
]
