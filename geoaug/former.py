"""Classes that Albumentations 1.x had under another name: each makes one of today's, with the meaning that it had.

What each is today, and what becomes of its arguments, stands in the table in ``dialect.py``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from geoaug import dialect
from geoaug.errors import ParameterError
from geoaug.params import unknown_arguments
from geoaug.types import Array


class Former:
    """A name of 1.x; calling it makes an object of today's class."""

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        if cls.__name__ not in dialect.REMOVED or cls.__module__ != __name__:
            former = cls.__mro__[1].__name__
            raise ParameterError(
                f"{cls.__name__}: {former} is {dialect.REMOVED[former].today} today, and makes one; derive from A.{dialect.REMOVED[former].today}"
            )
        order = dialect.REMOVED[cls.__name__].order.split()
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        cls.__signature__ = inspect.Signature([inspect.Parameter(name, kind, default=None) for name in order])  # type: ignore[attr-defined]

    def __new__(cls, *args: Any, strict: bool = False, **given: Any) -> Any:
        made, told, rest = built(cls.__name__, args, given, strict)
        dialect.note(cls.__name__, told, rest)
        return made


def built(name: str, args: tuple[Any, ...], given: dict[str, Any], strict: bool = False) -> tuple[Any, list[str], dict[str, Any]]:
    """Make what a class of 1.x made.

    Args:
        name: One of ``dialect.REMOVED``.
        args: Its arguments by position.
        given: Its arguments by name.
        strict: Refuse arguments that neither dialect knows.

    Returns: An object of today's class, what was translated, and today's arguments.

    Raises:
        ParameterError: They do not fit.
    """
    import geoaug

    removed = dialect.REMOVED[name]
    today = getattr(geoaug, removed.today)
    names = list(inspect.signature(today).parameters)
    placed = dialect.by_position(name, args, given, names)
    if placed is None:
        raise ParameterError(f"{name}: expected {removed.order.replace(' ', ', ')}, got {len(args)} by position and {sorted(given)}")
    try:
        reading = dialect.read(name, placed, names)
    except ValueError as why:
        raise ParameterError(f"{name}: {why}") from None
    if reading.unknown:
        message = unknown_arguments(type(name, (), {}), reading.unknown, names)
        if strict:
            raise ParameterError(message)
        dialect.warn(message)
    return today(**reading.given), reading.told, reading.given


class Cutout(Former):
    """``CoarseDropout`` with holes of one size."""


class IAAAdditiveGaussianNoise(Former):
    """``GaussNoise``, in levels of 8 bits."""


class IAAAffine(Former):
    """``Affine``, which turns the other way round."""


class IAACropAndPad(Former):
    """``CropAndPad``."""


class IAAEmboss(Former):
    """``Emboss``."""


class IAAFliplr(Former):
    """``HorizontalFlip``."""


class IAAFlipud(Former):
    """``VerticalFlip``."""


class IAAPerspective(Former):
    """``Perspective``."""


class IAAPiecewiseAffine(Former):
    """``PiecewiseAffine``."""


class IAASharpen(Former):
    """``Sharpen``."""


class IAASuperpixels(Former):
    """``Superpixels``."""


class JpegCompression(Former):
    """``ImageCompression`` as JPEG."""


class RandomBrightness(Former):
    """``RandomBrightnessContrast`` that leaves contrast alone."""


class RandomContrast(Former):
    """``RandomBrightnessContrast`` that leaves brightness alone."""


class ToTensor:
    """``ToFloat`` or ``Normalize``, and then ``ToTensorV2``: float tensors with the channels first, also of masks.

    Args:
        num_classes: 1 makes a mask one channel of shares; more keep its channels.
        sigmoid: False makes a mask of several classes one of whole numbers.
        normalize: ``{"mean": …, "std": …}`` of pictures, of None leaves them shares of white.
        always_apply: True stands for ``p=1``.
        p: Probability that the transform is applied.
    """

    def __new__(
        cls, num_classes: int = 1, sigmoid: bool = True, normalize: Mapping[str, Any] | None = None, always_apply: bool = True, p: float = 1.0
    ) -> Any:
        import geoaug as A

        dialect.warn("ToTensor, as Albumentations 0.5 wrote it: that is ToFloat() or Normalize(mean, std), and then ToTensorV2(), today.")
        first = A.ToFloat() if normalize is None else A.Normalize(**normalize)
        masks = A.Lambda(mask=_MaskOf(num_classes, sigmoid), name="ToTensor")
        return A.Sequential([first, masks, A.ToTensorV2(transpose_mask=True)], p=1.0 if always_apply else p)


class _MaskOf:
    """What ToTensor made of a mask, with the channels last."""

    def __init__(self, classes: int, sigmoid: bool) -> None:
        self.classes, self.sigmoid = classes, sigmoid

    def __call__(self, mask: Array, **_: Any) -> Array:
        import numpy as np

        if self.classes > 1 and not self.sigmoid:
            if mask.ndim == 2:
                return (mask > 127).astype(np.int64)
            found = np.zeros(mask.shape[:2], np.int64)
            for channel in range(mask.shape[2]):
                found[mask[..., channel] > 0] = channel
            return found
        shares = (mask / (255.0 if mask.dtype == np.uint8 else 1)).astype(np.float32)
        return shares[..., None] if shares.ndim == 2 else shares
