"""Classes that Albumentations 1.x had under another name: each makes one of today's, with the meaning that it had.

What each is today, and what becomes of its arguments, stands in the table in ``dialect.py``.
"""

from __future__ import annotations

import inspect
from typing import Any

from geoaug import dialect
from geoaug.errors import ParameterError
from geoaug.params import unknown_arguments


class Former:
    """A name of 1.x; calling it makes an object of today's class."""

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
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
