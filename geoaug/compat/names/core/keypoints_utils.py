"""Keypoints by themselves, and how they are read."""

from __future__ import annotations

from geoaug.compat.points import (
    angle_to_2pi_range,
    check_keypoint,
    check_keypoints,
    convert_keypoint_from_albumentations,
    convert_keypoint_to_albumentations,
    convert_keypoints_from_albumentations,
    convert_keypoints_to_albumentations,
    filter_keypoints,
    keypoint_formats,
)
from geoaug.hooks import Processor as KeypointsProcessor
from geoaug.targets.keypoints import KeypointParams

__all__ = [
    "KeypointParams",
    "KeypointsProcessor",
    "angle_to_2pi_range",
    "check_keypoint",
    "check_keypoints",
    "convert_keypoint_from_albumentations",
    "convert_keypoint_to_albumentations",
    "convert_keypoints_from_albumentations",
    "convert_keypoints_to_albumentations",
    "filter_keypoints",
    "keypoint_formats",
]
