"""Tensors of PyTorch."""

from __future__ import annotations

from geoaug.compat.pictures import img_to_tensor, mask_to_tensor
from geoaug.foreign import BasicTransform
from geoaug.former import ToTensor
from geoaug.transforms.tensors import ToTensorV2

__all__ = ["BasicTransform", "ToTensor", "ToTensorV2", "img_to_tensor", "mask_to_tensor"]
