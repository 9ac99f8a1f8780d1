"""Crops: functions of pictures, boxes and keypoints."""

from __future__ import annotations

from geoaug.compat.boxes import (
    bbox_crop,
    crop_bbox_by_coords,
    crop_bboxes_by_coords,
    denormalize_bbox,
    denormalize_bboxes,
    normalize_bbox,
    normalize_bboxes,
)
from geoaug.compat.pictures import (
    center_crop,
    clamping_crop,
    crop,
    get_center_crop_coords,
    get_crop_coords,
    get_random_crop_coords,
    preserve_channel_dim,
    random_crop,
)
from geoaug.compat.points import crop_keypoint_by_coords, crop_keypoints_by_coords

__all__ = [
    "bbox_crop",
    "center_crop",
    "clamping_crop",
    "crop",
    "crop_bbox_by_coords",
    "crop_bboxes_by_coords",
    "crop_keypoint_by_coords",
    "crop_keypoints_by_coords",
    "denormalize_bbox",
    "denormalize_bboxes",
    "get_center_crop_coords",
    "get_crop_coords",
    "get_random_crop_coords",
    "normalize_bbox",
    "normalize_bboxes",
    "preserve_channel_dim",
    "random_crop",
]
