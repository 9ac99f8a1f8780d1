"""Augment images together with their masks, boxes, keypoints, polygons and RLE, through one shared matrix.

>>> import geoaug as A
>>> augment = A.Compose([A.HorizontalFlip(p=0.5), A.Rotate(limit=20)], bbox_params=A.BboxParams("coco"))

Names are loaded where they are first used, so that importing geoaug, and ``geoaug --help``, cost next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geoaug.choose import BaseCompose, NoOp, OneOf, OneOrOther, RandomOrder, SelectiveChannelTransform, Sequential, SomeOf
    from geoaug.compose import Compose
    from geoaug.errors import CallError, CocoError, CropSizeError, DataError, DataTypeError, GeoaugError, NotInvertible, ParameterError
    from geoaug.foreign import BasicTransform, DualTransform, ImageOnlyTransform, Lambda
    from geoaug.former import (
        Cutout,
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
        JpegCompression,
        RandomBrightness,
        RandomContrast,
        ToTensor,
    )
    from geoaug.plan import Plan
    from geoaug.replay import ReplayCompose
    from geoaug.serial import from_dict, load, save, to_dict
    from geoaug.standin import install_as_albumentations
    from geoaug.targets.boxes import BboxParams
    from geoaug.targets.keypoints import KeypointParams
    from geoaug.targets.polygons import polygons_to_masks
    from geoaug.transform import PixelTransform, Transform
    from geoaug.transforms.affine import Affine, Rotate, SafeRotate, ShiftScaleRotate
    from geoaug.transforms.blur import AdvancedBlur, Blur, Defocus, GaussianBlur, GlassBlur, MedianBlur, MotionBlur, ZoomBlur
    from geoaug.transforms.channels import ChannelDropout, ChannelShuffle, RGBShift, ToRGB
    from geoaug.transforms.colour import FancyPCA, ToSepia
    from geoaug.transforms.compression import ChromaticAberration, Downscale, ImageCompression
    from geoaug.transforms.contrast import CLAHE, AutoContrast, Equalize
    from geoaug.transforms.crops import CenterCrop, Crop, RandomCrop, RandomResizedCrop, RandomSizedCrop
    from geoaug.transforms.crops_near import (
        AtLeastOneBBoxRandomCrop,
        BBoxSafeRandomCrop,
        CropNonEmptyMaskIfExists,
        RandomCropNearBBox,
        RandomSizedBBoxSafeCrop,
    )
    from geoaug.transforms.distort import (
        ElasticTransform,
        GridDistortion,
        GridElasticDeform,
        OpticalDistortion,
        PiecewiseAffine,
        ThinPlateSpline,
    )
    from geoaug.transforms.dropout import CoarseDropout, ConstrainedCoarseDropout, Erasing, GridDropout, MaskDropout, PixelDropout, XYMasking
    from geoaug.transforms.flips import D4, Flip, HorizontalFlip, RandomRotate90, SquareSymmetry, Transpose, VerticalFlip
    from geoaug.transforms.floats import FromFloat, ToFloat
    from geoaug.transforms.levels import InvertImg, Posterize, RandomToneCurve, Solarize
    from geoaug.transforms.light import Illumination, PlanckianJitter
    from geoaug.transforms.margins import CropAndPad, RandomCropFromBorders
    from geoaug.transforms.morphology import Morphological
    from geoaug.transforms.mosaic import Mosaic
    from geoaug.transforms.noise import AdditiveNoise, GaussNoise, ISONoise, MultiplicativeNoise, SaltAndPepper, ShotNoise
    from geoaug.transforms.overlay import OverlayElements
    from geoaug.transforms.pad import LetterBox, Pad, PadIfNeeded
    from geoaug.transforms.perspective import Perspective
    from geoaug.transforms.plasma import PlasmaBrightnessContrast, PlasmaShadow
    from geoaug.transforms.resize import LongestMaxSize, RandomScale, Resize, SmallestMaxSize
    from geoaug.transforms.sharpen import Emboss, RingingOvershoot, Sharpen, UnsharpMask
    from geoaug.transforms.shuffle import RandomGridShuffle
    from geoaug.transforms.superpixels import Superpixels
    from geoaug.transforms.tensors import ToTensorV2
    from geoaug.transforms.tone import ColorJitter, HueSaturationValue, Normalize, RandomBrightnessContrast, RandomGamma, ToCHW, ToGray
    from geoaug.transforms.weather import RandomFog, RandomGravel, RandomRain, RandomShadow, RandomSnow, RandomSunFlare, Spatter

__version__ = "0.1.0"

__all__ = [  # noqa: RUF022  # in plain order: D4 is a class, no constant
    "AdditiveNoise",
    "AdvancedBlur",
    "Affine",
    "AtLeastOneBBoxRandomCrop",
    "AutoContrast",
    "BBoxSafeRandomCrop",
    "BaseCompose",
    "BasicTransform",
    "BboxParams",
    "Blur",
    "CLAHE",
    "CallError",
    "CenterCrop",
    "ChannelDropout",
    "ChannelShuffle",
    "ChromaticAberration",
    "CoarseDropout",
    "CocoError",
    "ColorJitter",
    "Compose",
    "ConstrainedCoarseDropout",
    "Crop",
    "CropAndPad",
    "CropNonEmptyMaskIfExists",
    "CropSizeError",
    "Cutout",
    "D4",
    "DataError",
    "DataTypeError",
    "Defocus",
    "Downscale",
    "DualTransform",
    "ElasticTransform",
    "Emboss",
    "Equalize",
    "Erasing",
    "FancyPCA",
    "Flip",
    "FromFloat",
    "GaussNoise",
    "GaussianBlur",
    "GeoaugError",
    "GlassBlur",
    "GridDistortion",
    "GridDropout",
    "GridElasticDeform",
    "HorizontalFlip",
    "HueSaturationValue",
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
    "ISONoise",
    "Illumination",
    "ImageCompression",
    "ImageOnlyTransform",
    "InvertImg",
    "JpegCompression",
    "KeypointParams",
    "Lambda",
    "LetterBox",
    "LongestMaxSize",
    "MaskDropout",
    "MedianBlur",
    "Morphological",
    "Mosaic",
    "MotionBlur",
    "MultiplicativeNoise",
    "NoOp",
    "Normalize",
    "NotInvertible",
    "OneOf",
    "OneOrOther",
    "OpticalDistortion",
    "OverlayElements",
    "Pad",
    "PadIfNeeded",
    "ParameterError",
    "Perspective",
    "PiecewiseAffine",
    "PixelDropout",
    "PixelTransform",
    "Plan",
    "PlanckianJitter",
    "PlasmaBrightnessContrast",
    "PlasmaShadow",
    "Posterize",
    "RGBShift",
    "RandomBrightness",
    "RandomBrightnessContrast",
    "RandomContrast",
    "RandomCrop",
    "RandomCropFromBorders",
    "RandomCropNearBBox",
    "RandomFog",
    "RandomGamma",
    "RandomGravel",
    "RandomGridShuffle",
    "RandomOrder",
    "RandomRain",
    "RandomResizedCrop",
    "RandomRotate90",
    "RandomScale",
    "RandomShadow",
    "RandomSizedBBoxSafeCrop",
    "RandomSizedCrop",
    "RandomSnow",
    "RandomSunFlare",
    "RandomToneCurve",
    "ReplayCompose",
    "Resize",
    "RingingOvershoot",
    "Rotate",
    "SafeRotate",
    "SaltAndPepper",
    "SelectiveChannelTransform",
    "Sequential",
    "Sharpen",
    "ShiftScaleRotate",
    "ShotNoise",
    "SmallestMaxSize",
    "Solarize",
    "SomeOf",
    "Spatter",
    "SquareSymmetry",
    "Superpixels",
    "ThinPlateSpline",
    "ToCHW",
    "ToFloat",
    "ToGray",
    "ToRGB",
    "ToSepia",
    "ToTensor",
    "ToTensorV2",
    "Transform",
    "Transpose",
    "UnsharpMask",
    "VerticalFlip",
    "XYMasking",
    "ZoomBlur",
    "from_dict",
    "install_as_albumentations",
    "load",
    "polygons_to_masks",
    "save",
    "to_dict",
]

_PLACES = {
    "choose": ("BaseCompose", "NoOp", "OneOf", "OneOrOther", "RandomOrder", "SelectiveChannelTransform", "Sequential", "SomeOf"),
    "compose": ("Compose",),
    "errors": ("CallError", "CocoError", "CropSizeError", "DataError", "DataTypeError", "GeoaugError", "NotInvertible", "ParameterError"),
    "foreign": ("BasicTransform", "DualTransform", "ImageOnlyTransform", "Lambda"),
    "former": (
        "Cutout",
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
        "JpegCompression",
        "RandomBrightness",
        "RandomContrast",
        "ToTensor",
    ),
    "plan": ("Plan",),
    "replay": ("ReplayCompose",),
    "serial": ("from_dict", "load", "save", "to_dict"),
    "standin": ("install_as_albumentations",),
    "targets.boxes": ("BboxParams",),
    "targets.keypoints": ("KeypointParams",),
    "targets.polygons": ("polygons_to_masks",),
    "transform": ("PixelTransform", "Transform"),
    "transforms.affine": ("Affine", "Rotate", "SafeRotate", "ShiftScaleRotate"),
    "transforms.blur": ("AdvancedBlur", "Blur", "Defocus", "GaussianBlur", "GlassBlur", "MedianBlur", "MotionBlur", "ZoomBlur"),
    "transforms.channels": ("ChannelDropout", "ChannelShuffle", "RGBShift", "ToRGB"),
    "transforms.colour": ("FancyPCA", "ToSepia"),
    "transforms.compression": ("ChromaticAberration", "Downscale", "ImageCompression"),
    "transforms.contrast": ("CLAHE", "AutoContrast", "Equalize"),
    "transforms.crops": ("CenterCrop", "Crop", "RandomCrop", "RandomResizedCrop", "RandomSizedCrop"),
    "transforms.crops_near": (
        "AtLeastOneBBoxRandomCrop",
        "BBoxSafeRandomCrop",
        "CropNonEmptyMaskIfExists",
        "RandomCropNearBBox",
        "RandomSizedBBoxSafeCrop",
    ),
    "transforms.distort": ("ElasticTransform", "GridDistortion", "GridElasticDeform", "OpticalDistortion", "PiecewiseAffine", "ThinPlateSpline"),
    "transforms.dropout": ("CoarseDropout", "ConstrainedCoarseDropout", "Erasing", "GridDropout", "MaskDropout", "PixelDropout", "XYMasking"),
    "transforms.flips": ("D4", "Flip", "HorizontalFlip", "RandomRotate90", "SquareSymmetry", "Transpose", "VerticalFlip"),
    "transforms.floats": ("FromFloat", "ToFloat"),
    "transforms.levels": ("InvertImg", "Posterize", "RandomToneCurve", "Solarize"),
    "transforms.light": ("Illumination", "PlanckianJitter"),
    "transforms.margins": ("CropAndPad", "RandomCropFromBorders"),
    "transforms.morphology": ("Morphological",),
    "transforms.mosaic": ("Mosaic",),
    "transforms.noise": ("AdditiveNoise", "GaussNoise", "ISONoise", "MultiplicativeNoise", "SaltAndPepper", "ShotNoise"),
    "transforms.overlay": ("OverlayElements",),
    "transforms.pad": ("LetterBox", "Pad", "PadIfNeeded"),
    "transforms.perspective": ("Perspective",),
    "transforms.plasma": ("PlasmaBrightnessContrast", "PlasmaShadow"),
    "transforms.resize": ("LongestMaxSize", "RandomScale", "Resize", "SmallestMaxSize"),
    "transforms.sharpen": ("Emboss", "RingingOvershoot", "Sharpen", "UnsharpMask"),
    "transforms.shuffle": ("RandomGridShuffle",),
    "transforms.superpixels": ("Superpixels",),
    "transforms.tensors": ("ToTensorV2",),
    "transforms.tone": ("ColorJitter", "HueSaturationValue", "Normalize", "RandomBrightnessContrast", "RandomGamma", "ToCHW", "ToGray"),
    "transforms.weather": ("RandomFog", "RandomGravel", "RandomRain", "RandomShadow", "RandomSnow", "RandomSunFlare", "Spatter"),
}
_MODULES = {name: module for module, names in _PLACES.items() for name in names}

# Modules that programs for Albumentations import, such as geoaug.core.composition, stand in a folder of their own.
__path__.append(f"{__path__[0]}/compat/names")
_COMPAT = ("augmentations", "core", "imgaug", "pytorch", "random_utils")


def __getattr__(name: str) -> Any:
    if name in _COMPAT:
        from importlib import import_module

        return import_module(f"geoaug.{name}")
    if name not in _MODULES:
        from geoaug.compat import function

        found = function(name)
        if found is not None:
            return found
        import difflib

        near = difflib.get_close_matches(name, __all__, n=1, cutoff=0.7)
        if not near and len(name) > 2 and not name.startswith("_"):
            near = [known for known in __all__ if name.lower() in known.lower()]
        hint = f"; did you mean {' or '.join(map(repr, near[:4]))}?" if near else ""
        raise AttributeError(f"geoaug {__version__} has no {name!r}{hint}")
    from importlib import import_module

    value = getattr(import_module(f"geoaug.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
