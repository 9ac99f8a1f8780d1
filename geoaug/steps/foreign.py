"""The step of a transform that somebody else wrote: their code on the pixels of a picture, and nothing else moves."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

from geoaug.errors import ParameterError
from geoaug.steps.step import Step
from geoaug.types import Array


@frozen(slots=False)
class Foreign(Step):
    """Call the ``apply`` of a user's ``ImageOnlyTransform``.

    Args:
        transform: Whose ``apply`` it is.
        params: The parameters that were drawn for this call.
    """

    transform: Any = field(eq=False)
    params: dict[str, Any] = field(eq=False)
    takes_anything = True

    def apart(self, after: Step) -> str:
        return f"nobody knows what {type(self.transform).__name__} does, so nothing joins it"

    def image(self, pixels: Array, owned: bool = False) -> Array:
        out: Array = self.transform.apply(pixels if owned else pixels.copy(), **self.params)
        return out

    def to_dict(self) -> dict[str, Any]:
        """Refuse.

        Raises:
            ParameterError: Always, since no file may name code that geoaug would then run.
        """
        name = type(self.transform).__name__
        raise ParameterError(f"plan: {name} is not one of geoaug's own transforms, so a plan with it is not stored; repeat it while it is at hand")

    def __str__(self) -> str:
        return f"Foreign {type(self.transform).__name__}"
