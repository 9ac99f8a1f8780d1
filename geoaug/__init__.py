"""Augment images together with their masks, boxes, keypoints, polygons and RLE, through one shared matrix.

>>> import geoaug as A
>>> augment = A.Compose([A.HorizontalFlip(p=0.5), A.Rotate(limit=20)], bbox_params=A.BboxParams("coco"))

Names are loaded where they are first used, so that importing geoaug, and ``geoaug --help``, cost next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geoaug.choose import NoOp, OneOf
    from geoaug.compose import Compose
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

_PLACES = {
    "choose": ("NoOp", "OneOf"),
    "compose": ("Compose",),
    "errors": ("CallError", "CocoError", "CropSizeError", "DataError", "DataTypeError", "GeoaugError", "NotInvertible", "ParameterError"),
    "plan": ("Plan",),
    "serial": ("from_dict", "load", "save", "to_dict"),
    "targets.boxes": ("BboxParams",),
    "targets.keypoints": ("KeypointParams",),
    "transform": ("Transform",),
    "transforms.affine": ("Affine", "Rotate", "ShiftScaleRotate"),
    "transforms.crops": ("CenterCrop", "RandomCrop", "RandomResizedCrop"),
    "transforms.flips": ("HorizontalFlip", "RandomRotate90", "Transpose", "VerticalFlip"),
    "transforms.pad": ("PadIfNeeded",),
    "transforms.perspective": ("Perspective",),
    "transforms.resize": ("LongestMaxSize", "Resize"),
    "transforms.tone": ("ColorJitter", "HueSaturationValue", "Normalize", "RandomBrightnessContrast", "RandomGamma", "ToGray"),
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        import difflib

        near = difflib.get_close_matches(name, __all__, n=1, cutoff=0.7)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise AttributeError(f"geoaug {__version__} has no {name!r}{hint}")
    from importlib import import_module

    value = getattr(import_module(f"geoaug.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
