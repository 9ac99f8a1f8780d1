"""Compositions, and how boxes and keypoints are read."""

from __future__ import annotations

from geoaug.choose import BaseCompose, OneOf, OneOrOther, RandomOrder, SelectiveChannelTransform, Sequential, SomeOf
from geoaug.compat.kinds import TransformsSeqType, TransformType
from geoaug.compat.words import format_args, get_shape, get_shortest_class_fullname
from geoaug.compose import Compose
from geoaug.foreign import BasicTransform
from geoaug.replay import ReplayCompose
from geoaug.targets.boxes import BboxParams
from geoaug.targets.keypoints import KeypointParams

__all__ = [
    "BaseCompose",
    "BasicTransform",
    "BboxParams",
    "Compose",
    "KeypointParams",
    "OneOf",
    "OneOrOther",
    "RandomOrder",
    "ReplayCompose",
    "SelectiveChannelTransform",
    "Sequential",
    "SomeOf",
    "TransformType",
    "TransformsSeqType",
    "format_args",
    "get_shape",
    "get_shortest_class_fullname",
]
