"""What stands in a pipeline beside transforms: nothing, a choice, and what all compositions share."""

from __future__ import annotations

import copy
import functools
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from geoaug.errors import ArgumentError, DataTypeError, ParameterError
from geoaug.hooks import CompositionHooks, Drawing, drawing
from geoaug.params import chance, unknown_arguments, whole
from geoaug.steps.step import Step
from geoaug.transform import REGISTRY, Node, Transform, transform

if TYPE_CHECKING:
    import numpy as np
    from typing_extensions import Self

    from geoaug.scene import Scene


@transform
class NoOp(Transform):
    """Leave everything as it is.

    Args:
        p: Probability that nothing is done; it makes no difference.

    Example:
        >>> A.NoOp()(image=np.uint8([[1]]))["image"]
        array([[1]], dtype=uint8)
    """

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        return scene

    def draw(self, scene: Scene, rng: np.random.Generator) -> Step:
        return Step()


def _is_of_albumentations(given: Any) -> bool:
    return not isinstance(given, type) and callable(getattr(given, "set_random_state", None)) and hasattr(given, "p")


def nodes_of(owner: str, given: Any) -> list[Node]:
    """Returns: The transforms of a composition, or a DataTypeError that names the one that is none."""
    if isinstance(given, Node) or _is_of_albumentations(given):
        given = [given]
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, (Sequence, set)):
        raise DataTypeError(f"{owner}: transforms: expected a list of transforms, got {given!r}")
    nodes = list(given)
    for index, node in enumerate(nodes):
        if not isinstance(node, Node):
            if _is_of_albumentations(node):  # of the albumentations package itself
                from geoaug.foreign import Stranger  # stands on all of this

                nodes[index] = Stranger(node)
                continue
            hint = f"; did you forget the brackets of {node.__name__}()?" if isinstance(node, type) else ""
            raise DataTypeError(f"{owner}: transforms[{index}]: expected a transform, got {node!r}{hint}")
    return nodes


class BaseCompose(CompositionHooks, Node):
    """A list of nodes: length, index, iteration, equality and a repr of several lines."""

    _LIST = ""  # what stands before the list in a repr
    transforms: list[Node]

    def __init__(self, transforms: Sequence[Node], p: float = 1.0, **settings: Any) -> None:
        self.transforms = nodes_of(type(self).__name__, transforms)
        self.p = probability_of(type(self).__name__, p)
        self.__dict__.update(settings)

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        if not cls.__module__.startswith("geoaug."):
            REGISTRY[f"{cls.__module__}.{cls.__qualname__}"] = cls  # so that files may name it, once its own program has defined it
            if "__call__" in cls.__dict__:
                cls.run = _run_by_its_call  # type: ignore[method-assign]  # what a user's class does stands in its call
        if "__init__" in cls.__dict__:
            cls.__init__ = _suggesting(cls.__init__)  # type: ignore[method-assign]  # the same, with better words

    def through(self, scene: Scene, rng: np.random.Generator) -> Scene:
        """Returns: The scene after all nodes, in order."""
        node: Any = self
        try:
            for node in self.transforms:
                scene = node.run(scene, rng)
        except (AttributeError, IndexError, KeyError, TypeError) as fault:
            told = scene.unseen(type(node).__name__, fault)
            if told is None:
                raise
            raise told from fault
        return scene

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        return self.through(scene, rng) if always or self.p >= 1.0 or rng.random() < self.p else scene

    def __add__(self, more: Node | Sequence[Node]) -> Self:
        return self._with([*self.transforms, *nodes_of(type(self).__name__, more)])

    def __radd__(self, more: Node | Sequence[Node]) -> Self:
        return self._with([*nodes_of(type(self).__name__, more), *self.transforms])

    def __sub__(self, less: type) -> Self:
        if not isinstance(less, type):
            raise DataTypeError(f"{type(self).__name__} - {less!r}: expected a class, such as {type(less).__name__}, of which the first is taken out")
        for index, node in enumerate(self.transforms):
            if isinstance(node, less) or isinstance(getattr(node, "transform", None), less):
                return self._with([*self.transforms[:index], *self.transforms[index + 1 :]])
        held = ", ".join(type(node).__name__ for node in self.transforms)
        raise ParameterError(f"{type(self).__name__} - {less.__name__}: no transform of this class in it, only {held or 'nothing'}")

    def _with(self, transforms: list[Node]) -> Self:
        """Returns: The same composition of other transforms."""
        made = copy.copy(self)
        made.transforms = transforms
        return made

    def __len__(self) -> int:
        return len(self.transforms)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.transforms)

    def __getitem__(self, index: int) -> Node:
        return self.transforms[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BaseCompose) and type(self) is type(other) and self._settings() == other._settings()

    def __hash__(self) -> int:
        return hash(type(self))  # as equal ones have it, whatever becomes of them: programs keep them in dataclasses and dicts

    def _settings(self) -> dict[str, Any]:
        return {"transforms": self.transforms, "p": self.p}

    def __repr__(self) -> str:
        lines = [f"  {line}" for node in self.transforms for line in f"{node!r},".splitlines()]
        rest = ", ".join(f"{name}={value!r}" for name, value in self._settings().items() if name != "transforms")
        return "\n".join([f"{type(self).__name__}({self._LIST}[", *lines, f"], {rest})"])


def _run_by_its_call(self: Any, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
    from geoaug.interim import changed, watched  # stands on all of this

    now = Drawing(rng, self, calls=True)
    token = drawing.set(now)
    try:
        return changed(scene, watched(now, scene.record, lambda data: self(force_apply=always, **data)), type(self).__name__)
    finally:
        drawing.reset(token)


def _suggesting(init: Callable[..., None]) -> Callable[..., None]:
    """Returns: The same, but arguments that do not fit are told with the nearest that would."""

    @functools.wraps(init)
    def __init__(self: Any, *args: Any, **given: Any) -> None:
        try:
            init(self, *args, **given)
        except TypeError as fault:
            known = inspect.signature(init)
            try:
                known.bind(self, *args, **given)
            except TypeError as misfit:
                names = list(known.parameters)[1:]
                unknown = [name for name in given if name not in names]
                told = unknown_arguments(type(self), unknown, names) if unknown else f"{type(self).__name__}: {misfit}; it takes {', '.join(names)}"
                raise ArgumentError(told) from None
            raise fault

    return __init__


class OneOf(BaseCompose):
    """Apply exactly one of several transforms, drawn by weight.

    Args:
        transforms: The choices; their ``p`` are weights here, and the one drawn is always applied.
        p: Probability that any is applied.

    Raises:
        ParameterError: All weights are 0.
    """

    def __init__(self, transforms: Sequence[Node], p: float = 0.5) -> None:
        self.transforms = nodes_of("OneOf", transforms)
        self.p = probability_of("OneOf", p)
        if self.transforms and not sum(node.p for node in self.transforms) > 0:
            raise ParameterError("OneOf: the weights p of all its transforms are 0, so none can be drawn; give one of them p > 0")

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        if not self.transforms or not (always or self.p >= 1.0 or rng.random() < self.p):
            return scene
        point = rng.random() * sum(node.p for node in self.transforms)
        for node in self.transforms:
            point -= node.p
            if point < 0:
                return node.run(scene, rng, always=True)
        return self.transforms[-1].run(scene, rng, always=True)


class Sequential(BaseCompose):
    """Apply all of several transforms in order, or none of them.

    Args:
        transforms: What happens, in order, each with its own ``p``.
        p: Probability that any is applied.
    """

    def __init__(self, transforms: Sequence[Node], p: float = 0.5) -> None:
        self.transforms = nodes_of("Sequential", transforms)
        self.p = probability_of("Sequential", p)


class SomeOf(BaseCompose):
    """Pick some of several transforms, each as likely, and apply them in the order of the list.

    Args:
        transforms: The choices; one that is picked is still applied with its own ``p`` only.
        n: How many are picked.
        replace: Whether one may be picked several times.
        p: Probability that any is picked.

    Raises:
        ParameterError: ``n`` is no whole number of at least 0.
    """

    def __init__(self, transforms: Sequence[Node], n: int = 1, replace: bool = False, p: float = 1) -> None:
        name = type(self).__name__
        self.transforms = nodes_of(name, transforms)
        self.p = probability_of(name, p)
        self.replace = bool(replace)
        try:
            self.n = whole(n)
        except ValueError as fault:
            raise ParameterError(f"{name}: n={n!r}: {fault}") from None
        if self.n < 0:
            raise ParameterError(f"{name}: n={n!r}: expected at least 0")
        if not self.replace and self.n > len(self.transforms):
            warnings.warn(f"{name}: n={self.n} is more than its {len(self.transforms)} transforms; all are picked", UserWarning, stacklevel=3)
            self.n = len(self.transforms)

    def _with(self, transforms: list[Node]) -> Self:
        made = super()._with(transforms)
        made.n = self.n if self.replace else min(self.n, len(transforms))
        return made

    def _settings(self) -> dict[str, Any]:
        return {"transforms": self.transforms, "n": self.n, "replace": self.replace, "p": self.p}

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        if self.transforms and (always or self.p >= 1.0 or rng.random() < self.p):
            token = drawing.set(Drawing(rng, self))
            try:
                picked = self._get_idx()
            finally:
                drawing.reset(token)
            for index in picked:
                scene = self.transforms[index].run(scene, rng)
        return scene

    def _get_idx(self) -> Any:
        """Returns: The numbers of the transforms that are picked, in the order in which they are applied."""
        return sorted(self.random_generator.choice(len(self.transforms), self.n, self.replace).tolist())


class RandomOrder(SomeOf):
    """Pick some of several transforms, each as likely, and apply them in the order in which they were picked.

    Args:
        transforms: The choices; one that is picked is still applied with its own ``p`` only.
        n: How many are picked.
        replace: Whether one may be picked several times.
        p: Probability that any is picked.

    Raises:
        ParameterError: ``n`` is no whole number of at least 0.
    """

    def _get_idx(self) -> Any:
        return self.random_generator.choice(len(self.transforms), self.n, self.replace).tolist()


class SelectiveChannelTransform(BaseCompose):
    """Apply transforms to some channels of the picture; the other channels, masks, boxes and keypoints stay.

    Args:
        transforms: What happens to the channels, in order, each with its own ``p``; they may not change their size.
        channels: Which channels, counted from 0.
        p: Probability that any is applied.

    Raises:
        DataTypeError: On a picture that lacks one of the channels.

    Example:
        >>> A.SelectiveChannelTransform([A.HorizontalFlip(p=1)], channels=[1])(image=np.uint8([[[1, 2], [3, 4]]]))["image"].tolist()
        [[[1, 4], [3, 2]]]
    """

    def __init__(self, transforms: Sequence[Node], channels: Sequence[int] = (0, 1, 2), p: float = 1.0) -> None:
        self.transforms = nodes_of("SelectiveChannelTransform", transforms)
        self.p = probability_of("SelectiveChannelTransform", p)
        try:
            self.channels = tuple(whole(channel) for channel in channels)
        except (TypeError, ValueError):
            self.channels = ()
        if not self.channels or min(self.channels) < 0:
            raise ParameterError(f"SelectiveChannelTransform: channels={channels!r}: expected numbers of channels from 0 on, such as (0, 2)")

    def _settings(self) -> dict[str, Any]:
        return {"transforms": self.transforms, "channels": self.channels, "p": self.p}

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        if not (always or self.p >= 1.0 or rng.random() < self.p):
            return scene
        from geoaug.steps.select import Select, check_channels  # only where it is used

        picture = scene.image
        if picture is not None:
            check_channels(self.channels, picture)
            picture = picture[..., list(self.channels)]
        inner = type(scene)(scene.size, picture, scene.fuse)
        inner.record = None if scene.record is None else []
        inner = self.through(inner, rng)
        if scene.record is not None and inner.record:
            from geoaug.scene import Applied

            scene.record += [Applied(self, {}, {}, inner=len(inner.record)), *inner.record]
        if inner.size != scene.size:
            raise ParameterError(
                f"SelectiveChannelTransform: its transforms made {inner.size[0]} x {inner.size[1]} (height x width) of {scene.size[0]} x "
                f"{scene.size[1]}, but the other channels keep their size; put what changes the size outside of it"
            )
        return scene.then(Select(scene.size, self.channels, inner.steps), type(self).__name__) if inner.steps else scene


class OneOrOther(BaseCompose):
    """Apply one transform, or else the other.

    Args:
        first: The one, applied with probability ``p``.
        second: The other, applied where the first is not.
        transforms: Both in a list, in place of ``first`` and ``second``.
        p: Probability of the first.

    Raises:
        ParameterError: One of the two is missing.
    """

    _LIST = "transforms="

    def __init__(self, first: Node | None = None, second: Node | None = None, transforms: Sequence[Node] | None = None, p: float = 0.5) -> None:
        given = [node for node in (first, second) if node is not None] if transforms is None else transforms
        self.transforms = nodes_of("OneOrOther", given)
        if len(self.transforms) != 2:
            raise ParameterError(f"OneOrOther: expected two transforms, first and second or transforms=[…, …], got {len(self.transforms)}")
        self.p = probability_of("OneOrOther", p)

    def _with(self, transforms: list[Node]) -> Self:
        if len(transforms) != 2:
            raise ParameterError(f"OneOrOther: expected two transforms, got {len(transforms)}; make another one, or take OneOf")
        return super()._with(transforms)

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        return self.transforms[0 if always or rng.random() < self.p else 1].run(scene, rng, always=True)


def probability_of(owner: str, p: Any) -> float:
    """Returns: A composition's ``p``, or a ParameterError."""
    try:
        return chance(p)
    except ValueError as fault:
        raise ParameterError(f"{owner}: p={p!r}: {fault}") from None


def leaves(nodes: Sequence[Node]) -> Iterator[Any]:
    """Returns: All transforms inside of compositions inside of compositions."""
    for node in nodes:
        if isinstance(node, BaseCompose):
            yield from leaves(node.transforms)
        else:
            yield node


REGISTRY.update({cls.__name__: cls for cls in (OneOf, OneOrOther, RandomOrder, SelectiveChannelTransform, Sequential, SomeOf)})
