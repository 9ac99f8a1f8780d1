"""Names of types and numbers that programs annotate and compare with."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, TypeAlias

import numpy as np

from geoaug.choose import BaseCompose
from geoaug.params import NEAREST, REFLECT, REFLECT_101
from geoaug.transform import Node

Number: TypeAlias = "int | float | np.number[Any]"
IntNumType: TypeAlias = "int | np.integer[Any]"
FloatNumType: TypeAlias = "float | np.floating[Any]"
NumType: TypeAlias = "int | float | np.ndarray"
ScalarType: TypeAlias = "int | float"
ScaleFloatType: TypeAlias = "float | tuple[float, float]"
ScaleIntType: TypeAlias = "int | tuple[int, int]"
ScaleType: TypeAlias = "float | tuple[float, float]"
ColorType: TypeAlias = "float | Sequence[float]"
ImageColorType = FillValueType = ColorType
BoxType: TypeAlias = "tuple[float, float, float, float] | tuple[float, float, float, float, Any]"
BoxInternalType = BoxType
KeypointType: TypeAlias = "tuple[float, float, float, float] | tuple[float, float, float, float, Any]"
KeypointInternalType = KeypointType
PercentType: TypeAlias = "float | tuple[float, float] | tuple[float, float, float, float]"
PxType: TypeAlias = "int | tuple[int, int] | tuple[int, int, int, int]"
ShapeType: TypeAlias = dict[str, int]
TransformType: TypeAlias = "Node | BaseCompose"
TransformsSeqType: TypeAlias = Sequence[Any]

d4_group_elements = ["e", "r90", "r180", "r270", "v", "hvt", "h", "t"]
MONO_CHANNEL_DIMENSIONS, NUM_MULTI_CHANNEL_DIMENSIONS, NUM_VOLUME_DIMENSIONS, NUM_RGB_CHANNELS = 2, 3, 4, 3
PAIR, TWO, THREE, FOUR, SEVEN, EIGHT, THREE_SIXTY = 2, 2, 3, 4, 7, 8, 360
NUM_KEYPOINTS_COLUMNS_IN_ALBUMENTATIONS, NUM_BBOXES_COLUMNS_IN_ALBUMENTATIONS = 5, 4
REFLECT_BORDER_MODES = {REFLECT, REFLECT_101}


class Targets(Enum):
    """Kinds of data."""

    IMAGE = "Image"
    MASK = "Mask"
    MASKS = "Mask"  # noqa: PIE796  # another name of the same, as 1.4 called it
    BBOXES = "BBoxes"
    KEYPOINTS = "Keypoints"
    VOLUME = "Volume"
    MASK3D = "Mask3D"


ALL_TARGETS = tuple(Targets)


class Interpolation:
    """Two of OpenCV's flags, as 1.x's ``Downscale`` took them.

    Args:
        downscale: For the way down.
        upscale: For the way up.
    """

    def __init__(self, downscale: int = NEAREST, upscale: int = NEAREST) -> None:
        self.downscale, self.upscale = downscale, upscale
