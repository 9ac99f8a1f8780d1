"""torchvision, where it is, whole or without its compiled half."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

import pytest

_declared: list[Any] = []  # a library of operators lives as long as this refers to it


def torchvision() -> Any:
    """Returns: torchvision, or skips the test with the reason.

    Its wheels on PyPI go with PyTorch's CUDA build: beside the CPU build its compiled operators (nms, roi_align, video) do not load, and
    the import fails of their names. Declared without a body they stand aside, and tv_tensors, transforms and data sets, which are Python,
    can be tested. Whoever calls such an operator gets PyTorch's NotImplementedError.
    """
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    while (lacking := _lacking()) is not None:
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define(f"{lacking}(Tensor x) -> Tensor")
        _declared.append(library)
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
    return sys.modules["torchvision"]


def _lacking() -> str | None:
    """Returns: The name of an operator that torchvision cannot be imported without, or None once it is imported."""
    try:
        importlib.import_module("torchvision.transforms.v2")
    except ImportError as missing:
        pytest.skip(f"needs torchvision: {missing}", allow_module_level=True)
    except RuntimeError as error:
        found = re.search(r"operator torchvision::(\w+) does not exist", str(error))
        if found is None or len(_declared) > 50:
            pytest.skip(f"torchvision does not go with this PyTorch: {error}", allow_module_level=True)
        return found[1]
    return None
