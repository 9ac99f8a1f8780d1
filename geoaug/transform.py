"""The frame of every transform: parameters, one ``draw``, and nothing that changes from call to call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import attrs
import numpy as np

from geoaug.hooks import OVERRIDES, DrawnHooks, drawing
from geoaug.params import parameter, parameters, probability

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform

    from geoaug.scene import Scene
    from geoaug.steps.step import Step
else:
    from geoaug.params import dataclass_transform

REGISTRY: dict[str, type] = {}  # the only classes that a file can name: filled by the decorator below
T = TypeVar("T", bound=type)


class Node:
    """What stands in a pipeline: a transform, or a composition of them."""

    p: float

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        """Returns: The scene after this node, which applies itself with probability ``p``."""
        raise TypeError(f"{type(self).__name__} does not say what it does: give it a draw() or a run()")

    def __call__(self, *args: Any, force_apply: bool = False, **data: Any) -> dict[str, Any]:
        """Apply this node alone, as ``Compose([self])`` does; with ``force_apply``, whatever its ``p`` says.

        Boxes and keypoints come as a Compose of Albumentations hands them to its transforms: float arrays (N, 4 + columns) of shares
        of the picture, and (N, 5 + columns) as x, y, z, angle in radians, scale.
        """
        from geoaug.choose import OneOrOther  # all of these import this frame; a node called alone borrows them
        from geoaug.compose import Compose
        from geoaug.interim import applied_plain, inside, is_plain

        nodes = [OneOrOther(self, self, p=1) if force_apply else self]
        also = {**(inside.get() or {}), **self.__dict__.get("_additional_targets", {}), **self.__dict__.get("_more_targets", {})}
        now, own = drawing.get(), self.__dict__.get("_own")
        rng = now.rng if now is not None else own.generator() if own is not None else None
        if not args and (inside.get() is not None or is_plain(data)):
            return applied_plain(nodes, data, rng, also)
        pipeline = Compose(nodes, additional_targets=also)
        pipeline.draw_from(rng)
        return pipeline(*args, **data)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data that ``from_dict`` reads."""
        from geoaug.serial import to_dict

        return to_dict(self)


@attrs.define(slots=False)
class Transform(DrawnHooks, Node):
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
            if scene.record is not None:
                from geoaug.replay import recorded  # only who asks for a record pays for it

                return recorded(self, scene, rng)
            try:
                step = self.draw(scene, rng)
            except (AttributeError, IndexError, KeyError, TypeError) as fault:
                told = scene.unseen(type(self).__name__, fault)
                if told is None:
                    raise
                raise told from fault
            return scene.then(step, type(self).__name__)
        return scene

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        if not cls.__module__.startswith("geoaug."):
            REGISTRY[f"{cls.__module__}.{cls.__qualname__}"] = cls  # so that files may name it, once its own program has defined it
        if OVERRIDES & cls.__dict__.keys():
            cls.run = DrawnHooks.apply_alone  # type: ignore[method-assign]  # their functions, not our draw


@attrs.define(slots=False)
class PixelTransform(Transform):
    """A transform that changes values of pictures only: masks, boxes and points stay.

    Args:
        p: Probability that the transform is applied.
    """

    moves = False


@dataclass_transform(field_specifiers=(parameter, probability), eq_default=True)
def transform(cls: T) -> T:
    """Make a class of parameters a transform: signature, repr, equality, pickle and JSON from one definition.

    An argument that the class does not know warns and suggests the nearest name, as Albumentations 2.0.8 warns; with
    ``strict=True`` it raises. Bad values raise one ParameterError that names all of them.
    """
    made = parameters(cls)
    REGISTRY[cls.__name__] = made
    return made
