"""Boxes by themselves, and how they are read."""

from __future__ import annotations

from geoaug.compat.boxes import (
    bboxes_from_masks,
    calculate_bbox_area,
    calculate_bbox_areas_in_pixels,
    check_bbox,
    check_bboxes,
    clip_bboxes,
    convert_bbox_from_albumentations,
    convert_bbox_to_albumentations,
    convert_bboxes_from_albumentations,
    convert_bboxes_to_albumentations,
    denormalize_bbox,
    denormalize_bboxes,
    filter_bboxes,
    masks_from_bboxes,
    normalize_bbox,
    normalize_bboxes,
    union_of_bboxes,
)
from geoaug.compat.kinds import BoxInternalType, BoxType
from geoaug.hooks import Processor as BboxProcessor
from geoaug.targets.boxes import BboxParams

__all__ = [
    "BboxParams",
    "BboxProcessor",
    "BoxInternalType",
    "BoxType",
    "bboxes_from_masks",
    "calculate_bbox_area",
    "calculate_bbox_areas_in_pixels",
    "check_bbox",
    "check_bboxes",
    "clip_bboxes",
    "convert_bbox_from_albumentations",
    "convert_bbox_to_albumentations",
    "convert_bboxes_from_albumentations",
    "convert_bboxes_to_albumentations",
    "denormalize_bbox",
    "denormalize_bboxes",
    "filter_bboxes",
    "masks_from_bboxes",
    "normalize_bbox",
    "normalize_bboxes",
    "union_of_bboxes",
]
