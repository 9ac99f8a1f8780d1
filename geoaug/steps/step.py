"""What a step is: one exact, immutable thing that was decided for one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoaug.geometry.leg import Leg
    from geoaug.geometry.motion import Motion
    from geoaug.types import Array


class Step:
    """What a transform drew. Steps are frozen values: picklable, comparable, printable.

    A kind of step says what it does to pixels, to label pixels and to coordinates; everything that it leaves
    out stays as it is.
    """

    __slots__ = ()
    donors: tuple[Any, ...] = ()  # other pictures of which parts come in, with rows of their own
    pointwise = False  # whether it changes each value by itself, so that it may trade places with a crop
    closes = False  # whether what comes out is for others than geoaug's steps: channels first, a tensor
    takes_anything = False  # whether it may follow one that closes, since it is not geoaug's own

    @property
    def legs(self) -> tuple[Motion | Leg, ...]:
        """Where points go; empty for a step that changes values only."""
        return ()

    def then(self, after: Step) -> Step | None:
        """Returns: One step that means this one and then ``after``, or None where nobody may fuse them."""
        return None

    def behind(self, before: Step) -> Step | None:
        """Returns: One step that means ``before`` and then this one, for kinds of steps that ``before`` does not know."""
        return None

    @property
    def lasting(self) -> str:
        """Why the way back leaves this step as it is, in words; empty for one that it undoes."""
        return "" if self.legs else "values stay as they are"

    def apart(self, after: Step) -> str:
        """Returns: Why ``then`` joined nothing, in words."""
        if after.legs and not self.legs:
            return "values change first, and pixels are only moved or mixed afterwards"
        return "it moves, and the next changes values" if self.legs and not after.legs else "no single step means both"

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON under one key that names the kind of step."""
        raise TypeError(f"{type(self).__name__} has no to_dict()")

    def image(self, pixels: Array, owned: bool = False) -> Array:
        """Returns: The picture after this step, of shape (h, w) or (h, w, c): the very array that came in, or one that shares no memory with it.

        Args:
            pixels: The picture before; left alone unless ``owned``.
            owned: Whether nobody else holds ``pixels``, so that the step may write into it.
        """
        return pixels

    def factor(self, factors: Sequence[int]) -> int:
        """Returns: The largest of ``factors`` by which the picture may be read smaller, for ``image_of_smaller``; 1 where it must be whole."""
        return 1

    def image_of_smaller(self, pixels: Array, factor: int) -> Array:
        """Returns: The picture after this step, a new array, where it was read smaller: each of ``pixels`` is the mean of factor x factor."""
        raise NotImplementedError

    def channels_after(self, count: int) -> int:
        """Returns: How many channels come out where so many come in."""
        return count

    def of_target(self, name: str, kind: str) -> Step:
        """Returns: The step for a picture or mask by another name than its kind's own, of which donors may bring parts too."""
        return self

    def close(self, kind: str, value: Any) -> Any:
        """Returns: A target as the caller gets it, where this is the last step.

        Args:
            kind: ``"image"``, ``"images"``, ``"mask"``, ``"masks"``.
            value: It, an array or a list of arrays.
        """
        return value

    @property
    def patches(self) -> bool:
        """Whether pixels that are zero stay zero, so that a mask can move as the part that is not."""
        return True

    def patch(self, part: Array, at: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
        """Returns: A part of a mask after this step, shape (h, w), and the (row, column) where it lies then."""
        return part, at

    def mask(self, pixels: Array) -> Array:
        """Returns: Label pixels after this step; no new values appear. The input is left alone."""
        return pixels


def listed(value: Any) -> Any:
    """Returns: Numbers in tuples within tuples as lists, for JSON."""
    return list(map(listed, value)) if isinstance(value, tuple) else value


def tupled(value: Any) -> Any:
    """Returns: The same as tuples again, after JSON."""
    return tuple(map(tupled, value)) if isinstance(value, (list, tuple)) else value
