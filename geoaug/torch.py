"""For PyTorch: what comes out as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoaug.errors import ParameterError
from geoaug.transforms.tensors import ToTensorV2

__all__ = ["ToTensorV2", "as_tensors"]


def as_tensors(kind: str, value: Any, transpose_mask: bool) -> Any:
    """Returns: A target as a tensor, or of a list each entry as one.

    Args:
        kind: ``"image"``, ``"images"`` (channels first already), ``"mask"`` or ``"masks"``.
        value: An array, or a list of arrays.
        transpose_mask: Whether channels of masks, behind height and width, go before them.
    """
    if isinstance(value, (list, tuple)):
        return [as_tensors(kind.removesuffix("s"), item, transpose_mask) for item in value]
    if not isinstance(value, np.ndarray):
        return value
    lone = 2 if kind == "mask" else 3  # dimensions without channels
    if transpose_mask and kind in ("mask", "masks") and value.ndim > lone:
        value = np.moveaxis(value, -1, -3)
    try:
        import torch
    except ImportError:
        raise ParameterError("ToTensorV2 needs PyTorch: pip install torch, or take ToCHW, which gives arrays with the channels first") from None
    return torch.from_numpy(np.ascontiguousarray(value))
