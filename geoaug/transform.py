"""The frame of every transform: parameters, one ``draw``, and nothing that changes from call to call."""

from __future__ import annotations

import difflib
import functools
import inspect
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import numpy as np

from geoaug.errors import ParameterError
from geoaug.params import parameter, probability

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform  # only mypy reads this; nothing is installed for it

    from geoaug.scene import Scene
    from geoaug.steps.step import Step
else:

    def dataclass_transform(**_: Any) -> Callable[[Any], Any]:
        """Only type checkers need the real one."""
        return lambda decorator: decorator


REGISTRY: dict[str, type] = {}  # the only classes that a file can name: filled by the decorator below
T = TypeVar("T", bound=type)


class Node:
    """What stands in a pipeline: a transform, or a composition of them."""

    p: float

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        """Returns: The scene after this node, which applies itself with probability ``p``."""
        raise TypeError(f"{type(self).__name__} does not say what it does: give it a draw() or a run()")


@attrs.define(slots=False)
class Transform(Node):
    """What a user lists: parameters only, and one method.

    Args:
        p: Probability that the transform is applied.
    """

    p: float = probability()

    def draw(self, scene: Scene, rng: np.random.Generator) -> Step:
        """Decide. Random numbers come from ``rng`` alone; what depends on the data asks the scene.

        Returns: The exact step for this call.
        """
        raise TypeError(f"{type(self).__name__} has no draw()")

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        if always or self.p >= 1.0 or rng.random() < self.p:
            return scene.then(self.draw(scene, rng))
        return scene

    def __call__(self, *args: Any, **data: Any) -> dict[str, Any]:
        """Apply this transform alone, as ``Compose([self])`` does."""
        from geoaug.compose import Compose  # compose imports transforms' frame; a transform called alone borrows it

        return Compose([self])(*args, **data)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data that ``from_dict`` reads."""
        from geoaug.serial import to_dict

        return to_dict(self)


@dataclass_transform(field_specifiers=(parameter, probability), eq_default=True)
def transform(cls: T) -> T:
    """Make a class of parameters a transform: signature, repr, equality, pickle and JSON from one definition.

    An argument that the class does not know warns and suggests the nearest name, as Albumentations 2.0.8 warns; with
    ``strict=True`` it raises. Bad values raise one ParameterError that names all of them.
    """
    made = attrs.define(slots=False, eq=True, order=False)(cls)
    _lenient(made)
    REGISTRY[cls.__name__] = made
    return made


def _lenient(cls: Any) -> None:
    known = inspect.signature(cls.__init__)
    names = [name for name in known.parameters if name != "self"]
    init = cls.__init__

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, strict: bool = False, **given: Any) -> None:
        if type(self) is not cls:  # a user's subclass reads its own arguments
            init(self, *args, **given)
            return
        unknown = {name: given.pop(name) for name in list(given) if name not in names}
        if unknown:
            _complain(cls, unknown, names, strict)
        try:
            init(self, *args, **given)
        except (ValueError, TypeError) as fault:
            raise _told_again(cls, names, args, given, fault) from None
        self.__dict__["invalid_args"] = list(unknown)

    __init__.__signature__ = known  # type: ignore[attr-defined]  # what help() and IDEs show
    cls.__init__ = __init__


def _complain(cls: type, unknown: dict[str, Any], names: list[str], strict: bool) -> None:
    told = []
    for name in unknown:
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(names)}"
        told.append(f"unknown argument {name!r} ({hint})")
    message = f"{cls.__name__}: {'; '.join(told)}"
    if strict:
        raise ParameterError(message)
    warnings.warn(message, UserWarning, stacklevel=4)


def _told_again(cls: type, names: list[str], args: tuple[Any, ...], given: dict[str, Any], fault: Exception) -> Exception:
    if isinstance(fault, ParameterError):
        return fault
    if len(args) > len(names):
        return ParameterError(f"{cls.__name__}: {len(args)} arguments given, it takes {', '.join(names)}")
    fields = {f.name: f for f in attrs.fields(cls)}
    values = dict(zip(names, args, strict=False)) | given
    told = []
    for name in names:
        parse = fields[name].converter
        if name not in values:
            if fields[name].default is attrs.NOTHING:
                told.append(f"{name} is missing")
            continue
        try:
            if parse is not None:
                parse(values[name])  # type: ignore[operator]  # attrs types converters as a union
        except (ValueError, TypeError) as why:
            told.append(f"{name}={values[name]!r}: {why}")
    return ParameterError(f"{cls.__name__}: {'; '.join(told) or fault}")
