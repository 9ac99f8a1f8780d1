"""Small words of Albumentations' own plumbing that programs import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from geoaug.errors import DataError, DataTypeError, ParameterError


def to_tuple(param: Any, low: Any = None, bias: Any = None) -> Any:
    """A number as a range about 0, or from ``low``; a pair as a tuple in order.

    Args:
        param: A number n, for (-n, n), or (low, n); or a pair.
        low: The other end.
        bias: What to add to both ends.

    Raises:
        ParameterError: Neither a number nor a pair, or both ``low`` and ``bias``.

    Example:
        >>> to_tuple(10), to_tuple(10, low=3), to_tuple(0.5, bias=1)
        ((-10, 10), (3, 10), (0.5, 1.5))
    """
    if low is not None and bias is not None:
        raise ParameterError("Arguments low and bias cannot be used together.")
    if param is None:
        return None
    if isinstance(param, (Sequence, np.ndarray)) and not isinstance(param, str):
        if len(param) != 2:
            raise ParameterError(f"to_tuple expects 1 or 2 values, got {param!r}")
        ends = min(param), max(param)
    elif isinstance(param, Real):
        ends = (-param, param) if low is None else (min(low, param), max(low, param))
    else:
        raise ParameterError(f"Argument 'param' must be either a scalar or a sequence of 2 elements, got {param!r}")
    return ends if bias is None else (bias + ends[0], bias + ends[1])


def format_args(args_dict: Mapping[str, Any]) -> str:
    """Arguments as they are written: ``a=1, b='x'``."""
    return ", ".join(f"{name}={value!r}" if isinstance(value, str) else f"{name}={value}" for name, value in args_dict.items())


def get_shape(data: Any) -> Any:
    """The size of a picture.

    Args:
        data: An array (h, w, …) or a tensor (…, h, w), for (h, w) as in 1.x; or the data of a call, for
            ``{"height": h, "width": w}`` as in 2.x.
    """
    if not isinstance(data, Mapping):
        return get_image_shape(data)
    if "volume" in data:
        return dict(zip(("depth", "height", "width"), data["volume"].shape[:3], strict=True))
    image = data["image"] if "image" in data else data["images"][0] if "images" in data else None
    if image is None:
        raise DataError(f"No image or volume found in data, which has {sorted(data)}")
    return dict(zip(("height", "width"), get_image_shape(image), strict=True))


def get_image_shape(img: Any) -> tuple[int, int]:
    """(h, w) of an array (h, w, …) or a tensor of PyTorch (…, h, w)."""
    if isinstance(img, np.ndarray):
        return img.shape[0], img.shape[1]
    if type(img).__module__.partition(".")[0] == "torch":
        return int(img.shape[-2]), int(img.shape[-1])
    raise DataTypeError(f"Albumentations supports only numpy.ndarray and torch.Tensor data type for image. Got: {type(img)}")


def shorten_class_name(class_fullname: str) -> str:
    """A class of Albumentations or geoaug without its path; another's as it is."""
    return class_fullname.rpartition(".")[2] if class_fullname.startswith(("albumentations.", "geoaug.")) else class_fullname


def get_shortest_class_fullname(cls: type) -> str:
    """The name under which a class is stored."""
    return shorten_class_name(f"{cls.__module__}.{cls.__name__}")


def check_data_format(data_format: str) -> None:
    """Refuse what is neither ``"json"`` nor ``"yaml"``."""
    if data_format not in ("json", "yaml"):
        raise ParameterError(f"Unknown data_format {data_format}. Supported formats are: 'json' and 'yaml'")


def register_additional_transforms() -> None:
    """Nothing: all of geoaug's transforms are known from the start."""
