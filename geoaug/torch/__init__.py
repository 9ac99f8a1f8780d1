"""For PyTorch and torchvision: data sets, batches, and what comes out as tensors.

`CocoDataset` and `collate` need PyTorch (``pip install "geoaug[torch]"``), `V2Transform` torchvision too; each is loaded where it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import ParameterError
from geoaug.transforms.tensors import ToTensorV2

if TYPE_CHECKING:
    from geoaug.torch.batch import collate
    from geoaug.torch.dataset import CocoDataset
    from geoaug.torch.vision import V2Transform

__all__ = ["CocoDataset", "ToTensorV2", "V2Transform", "as_tensors", "collate"]

_PLACES = {"CocoDataset": "dataset", "collate": "batch", "V2Transform": "vision"}
_NEEDED = {"torch": 'PyTorch: pip install "geoaug[torch]"', "torchvision": "torchvision: pip install torchvision"}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    except ModuleNotFoundError as missing:
        if missing.name not in _NEEDED:
            raise
        raise ParameterError(f"{name} needs {_NEEDED[missing.name]}") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


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
