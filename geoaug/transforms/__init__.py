"""Every transform, by room. Importing this fills the registry that ``from_dict`` builds from."""

from geoaug.transforms import (
    affine,
    crops,
    crops_near,
    distort,
    dropout,
    flips,
    margins,
    morphology,
    mosaic,
    overlay,
    pad,
    perspective,
    resize,
    shuffle,
    tone,
)

__all__ = [
    "affine",
    "crops",
    "crops_near",
    "distort",
    "dropout",
    "flips",
    "margins",
    "morphology",
    "mosaic",
    "overlay",
    "pad",
    "perspective",
    "resize",
    "shuffle",
    "tone",
]
