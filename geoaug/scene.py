"""A picture on its way: immutable and lazy, with the steps that still wait for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from geoaug.errors import CallError, DataError, GeoaugError, ParameterError
from geoaug.plan import Plan, carried_out
from geoaug.raster.patch import Shape
from geoaug.source import Source
from geoaug.steps.step import Step
from geoaug.steps.warp import Warp
from geoaug.types import Array, Floats, Size

Names = tuple[tuple[str, ...], ...]


class Applied(NamedTuple):
    """One transform that was applied in a call.

    Args:
        transform: Which one.
        params: What it drew, by the names that Albumentations gives, for those who ask.
        state: The random generator's state before it drew, to draw the same again.
        inner: Of a composition that has its transforms work on a part of the picture, how many of those noted next are such.
        repeatable: Whether this tells all that happened. Somebody else's code may have done anything.
    """

    transform: Any
    params: dict[str, Any]
    state: dict[str, Any]
    inner: int = 0
    repeatable: bool = True


class Sight(Protocol):
    """The other targets of a call, for transforms that look at them before they decide."""

    @property
    def data(self) -> Mapping[str, Any]:
        """All that the caller passed, by name."""

    def boxes(self, plan: Plan) -> tuple[Floats, list[Any]]:
        """Returns: The boxes that a plan leaves visible, shape (N, 4) as x_min, y_min, x_max, y_max in pixels, and a label for each."""

    def mask(self, plan: Plan) -> Array | None:
        """Returns: The mask as a plan leaves it, shape (h, w) or (h, w, c); None where there is none."""

    def shapes(self, plan: Plan) -> list[Shape] | None:
        """Returns: Each instance of masks, polygons and annotations as a plan leaves it; None where no such target came."""

    def given(self, name: str) -> Any:
        """Returns: What the caller passed by this name, or raises a KeyError."""

    @property
    def also(self) -> Mapping[str, str]:
        """Further names of targets, each with the target that it behaves like."""

    def write(self, plan: Plan, image: Array | None) -> dict[str, Any]:
        """Returns: All that the caller passed, after a plan; ``image`` is the picture after it, if that was computed."""


class Scene:
    """What a transform looks at before it decides. Ask for the cheapest thing that answers the question.

    Args:
        size: (height, width) of the source.
        picture: The source picture, shape (h, w) or (h, w, c), a `Source` that opens it when it is wanted, or None for labels alone.
        fuse: Whether steps may fuse.
        sight: The other targets, None where there are none.
    """

    __slots__ = ("_done", "_picture", "_plan", "_rendered", "closed_by", "fuse", "names", "record", "sight", "size", "source", "steps")

    def __init__(self, size: Size, picture: Array | Source | None = None, fuse: bool = True, sight: Sight | None = None) -> None:
        self.size = self.source = size
        self._picture, self.fuse, self.sight = picture, fuse, sight
        self.steps: tuple[Step, ...] = ()
        self.names: tuple[tuple[str, ...], ...] = ()  # which transforms each step stands for
        self.record: list[Applied] | None = None  # who was applied, where somebody wants to know
        self.closed_by = ""  # a foreign transform that made something else than arrays
        self._rendered: Array | None = None
        self._done: tuple[int, Array] | None = None  # how many steps need not be repeated for the picture, and what came of them
        self._plan: Plan | None = None

    def then(self, step: Step, name: str = "", fuse: bool = True) -> Scene:
        """Returns: The scene after a further step; nothing is computed yet.

        Args:
            step: What happens.
            name: The transform that drew it.
            fuse: Whether this step may join the one before it, where the scene lets steps fuse at all.

        Raises:
            ParameterError: Channels come first already.
        """
        last = self.steps[-1] if self.steps else None
        if (self.closed_by or (last is not None and last.closes)) and not step.takes_anything:
            closing = self.closed_by or self.names[-1][-1]
            raise ParameterError(f"{closing} must come last, but {name or type(step).__name__} follows; move {closing} to the end")
        after: Scene = object.__new__(Scene)
        legs = step.legs
        assert not legs or legs[0].source == self.size, f"{step} was drawn for {legs[0].source}, the scene is {self.size}"
        after.size = legs[-1].size if legs else self.size
        after.source, after._picture, after.fuse, after.sight = self.source, self._picture, self.fuse, self.sight
        after.steps, after.names = self._joined(self.steps, self.names, step, (name or type(step).__name__,), fuse and self.fuse)
        after.record, after._done, after.closed_by = self.record, self._done, self.closed_by
        after._rendered = after._plan = None
        return after

    def closed(self, by: str) -> Scene:
        """Returns: This scene, after which no step of geoaug's own may follow, since ``by`` made something else of the picture."""
        self.closed_by = by
        return self

    def carried_out(self, image: Array) -> Scene:
        """Returns: This scene, whose picture is known to look like ``image`` now, so that no step up to here runs again."""
        self._rendered, self._done = image, (len(self.steps), image)
        return self

    def _joined(self, steps: tuple[Step, ...], names: Names, step: Step, name: tuple[str, ...], fuse: bool) -> tuple[tuple[Step, ...], Names]:
        if fuse and steps:
            last = steps[-1]
            one = last.then(step)
            if one is not None:
                return (*steps[:-1], one), (*names[:-1], names[-1] + name)
            if last.pointwise and isinstance(step, Warp) and step.only_selects:
                # bit-exact: the tone runs on the pixels that are left, and the warp can join the one before
                before, told = self._joined(steps[:-1], names[:-1], step, name, fuse)
                return (*before, last), (*told, names[-1])
        return (*steps, step), (*names, name)

    @property
    def plan(self) -> Plan:
        """The steps so far."""
        if self._plan is None:
            self._plan = Plan(self.source, self.steps, self.names)
        return self._plan

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The source picture's dtype; None where there is none."""
        return None if self._picture is None else self._picture.dtype

    @property
    def pictured(self) -> bool:
        """Whether there is a picture, or labels alone."""
        return self._picture is not None

    def unseen(self, name: str, fault: Exception) -> DataError | None:
        """Returns: What to raise where transform ``name`` fails and seems to have missed the picture; None where that is not why."""
        if self.pictured or isinstance(fault, GeoaugError):
            return None
        told = f"{name} seems to look at the picture, which did not come: {type(fault).__name__}: {fault}"
        return DataError(f"{told}; labels alone go through what looks at labels only, so pass image=… with them")

    @property
    def picture(self) -> Array | None:
        """The source picture, all of it, as it came."""
        return self._picture.pixels() if isinstance(self._picture, Source) else self._picture

    @property
    def channels(self) -> int:
        """How many channels the picture has now; 0 where there is none."""
        if self._picture is None:
            return 0
        done, picture = self._done or (0, self._picture)
        count = picture.channels if isinstance(picture, Source) else 1 if picture.ndim == 2 else int(picture.shape[2])
        for step in self.steps[done:]:
            count = step.channels_after(count)
        return count

    @property
    def image(self) -> Array | None:
        """The picture as it looks now; all pending steps are carried out on it."""
        if self._rendered is None and self._picture is not None:
            done, first = self._done or (0, self._picture)
            self._rendered = carried_out(self.steps[done:], first)
        return self._rendered

    def shares(self, image: Array) -> bool:
        """Returns: Whether writing into ``image`` would change the source picture."""
        given = self._picture
        return given.owns(image) if isinstance(given, Source) else given is not None and np.may_share_memory(image, given)

    @property
    def boxes(self) -> Floats:
        """Boxes of all instances as they lie now, shape (N, 4) as x_min, y_min, x_max, y_max in pixels; what left is not among them."""
        return np.zeros((0, 4)) if self.sight is None else self.sight.boxes(self.plan)[0]

    @property
    def box_labels(self) -> list[Any]:
        """A label for each of ``boxes``: its entry in the first label field, or its ``category_id``; None where it has none."""
        return [] if self.sight is None else self.sight.boxes(self.plan)[1]

    @property
    def mask(self) -> Array | None:
        """The mask as it looks now; None where there is none. Masks of instances are among ``shapes``."""
        return None if self.sight is None else self.sight.mask(self.plan)

    @property
    def shapes(self) -> list[Shape] | None:
        """Each instance as it looks now: of ``masks``, ``polygons`` and ``annotations``; None where no such target came."""
        return None if self.sight is None else self.sight.shapes(self.plan)

    def given(self, name: str, wanted_by: str) -> Any:
        """What the caller passed by this name, untouched.

        Raises:
            CallError: Nothing was; the message names the transform that needs it.
        """
        try:
            if self.sight is not None:
                return self.sight.given(name)
        except KeyError:
            pass
        raise CallError(f"{wanted_by} needs {name}=…, which was not passed; pass it with the picture")
