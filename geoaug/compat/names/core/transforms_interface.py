"""Base classes of transforms, and what their modules of 1.x and 2.x have beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoaug.choose import NoOp
from geoaug.compat.kinds import (
    ALL_TARGETS,
    BoxInternalType,
    BoxType,
    ColorType,
    FillValueType,
    ImageColorType,
    Interpolation,
    KeypointInternalType,
    KeypointType,
    NumType,
    ScaleFloatType,
    ScaleIntType,
    Targets,
)
from geoaug.compat.words import format_args, get_shortest_class_fullname, to_tuple
from geoaug.foreign import BasicTransform, DualTransform, ImageOnlyTransform

if TYPE_CHECKING:
    from geoaug.compat.schema import BaseTransformInitSchema

CombinedMeta = type(BasicTransform)

__all__ = [
    "ALL_TARGETS",
    "BasicTransform",
    "BoxInternalType",
    "BoxType",
    "ColorType",
    "CombinedMeta",
    "DualTransform",
    "FillValueType",
    "ImageColorType",
    "ImageOnlyTransform",
    "Interpolation",
    "KeypointInternalType",
    "KeypointType",
    "NoOp",
    "NumType",
    "ScaleFloatType",
    "ScaleIntType",
    "Targets",
    "format_args",
    "get_shortest_class_fullname",
    "to_tuple",
]


def __getattr__(name: str) -> Any:
    if name != "BaseTransformInitSchema":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from geoaug.compat.schema import BaseTransformInitSchema  # which needs pydantic, as users' schemas do

    return BaseTransformInitSchema
