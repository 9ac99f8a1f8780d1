"""Tensors of PyTorch: functions of pictures, boxes and keypoints."""

from __future__ import annotations

from geoaug.compat.pictures import img_to_tensor, mask_to_tensor

__all__ = ["img_to_tensor", "mask_to_tensor"]
