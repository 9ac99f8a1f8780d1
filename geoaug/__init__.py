"""Augment images together with their masks, boxes, keypoints, polygons and RLE, through one shared matrix.

>>> import geoaug as A
>>> augment = A.Compose([A.HorizontalFlip(p=0.5), A.Rotate(limit=20)], bbox_params=A.BboxParams("coco"))
"""

from geoaug.compose import Compose, NoOp, OneOf
from geoaug.errors import (
    CallError,
    CocoError,
    CropSizeError,
    DataError,
    DataTypeError,
    GeoaugError,
    NotInvertible,
    ParameterError,
)
from geoaug.plan import Plan
from geoaug.serial import from_dict, load, save, to_dict
from geoaug.targets.boxes import BboxParams
from geoaug.targets.keypoints import KeypointParams
from geoaug.transform import Transform
from geoaug.transforms.affine import Affine, Rotate, ShiftScaleRotate
from geoaug.transforms.crops import CenterCrop, RandomCrop, RandomResizedCrop
from geoaug.transforms.flips import HorizontalFlip, RandomRotate90, Transpose, VerticalFlip
from geoaug.transforms.pad import PadIfNeeded
from geoaug.transforms.perspective import Perspective
from geoaug.transforms.resize import LongestMaxSize, Resize
from geoaug.transforms.tone import (
    ColorJitter,
    HueSaturationValue,
    Normalize,
    RandomBrightnessContrast,
    RandomGamma,
    ToGray,
)

__version__ = "0.1.0"

__all__ = [
    "Affine",
    "BboxParams",
    "CallError",
    "CenterCrop",
    "CocoError",
    "ColorJitter",
    "Compose",
    "CropSizeError",
    "DataError",
    "DataTypeError",
    "GeoaugError",
    "HorizontalFlip",
    "HueSaturationValue",
    "KeypointParams",
    "LongestMaxSize",
    "NoOp",
    "Normalize",
    "NotInvertible",
    "OneOf",
    "PadIfNeeded",
    "ParameterError",
    "Perspective",
    "Plan",
    "RandomBrightnessContrast",
    "RandomCrop",
    "RandomGamma",
    "RandomResizedCrop",
    "RandomRotate90",
    "Resize",
    "Rotate",
    "ShiftScaleRotate",
    "ToGray",
    "Transform",
    "Transpose",
    "VerticalFlip",
    "from_dict",
    "load",
    "save",
    "to_dict",
]
