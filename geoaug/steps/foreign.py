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
        closing: The step before, where that made tensors or planes of the picture, which ``apply`` then gets.
    """

    transform: Any = field(eq=False)
    params: dict[str, Any] = field(eq=False)
    closing: Step | None = field(default=None)
    takes_anything = True

    def apart(self, after: Step) -> str:
        return f"nobody knows what {type(self.transform).__name__} does, so nothing joins it"

    def image(self, pixels: Array, owned: bool = False) -> Array:
        given = pixels if owned else pixels.copy()
        out: Array = self.transform.apply(given if self.closing is None else self.closing.close("image", given), **self.params)
        return out

    @property
    def closes(self) -> bool:  # type: ignore[override]  # it depends on the step before
        return self.closing is not None

    def close(self, kind: str, value: Any) -> Any:
        return value if self.closing is None or kind in ("image", "images") else self.closing.close(kind, value)

    def to_dict(self) -> dict[str, Any]:
        """Refuse.

        Raises:
            ParameterError: Always, since no file may name code that geoaug would then run.
        """
        name = type(self.transform).__name__
        raise ParameterError(f"plan: {name} is not one of geoaug's own transforms, so a plan with it is not stored; repeat it while it is at hand")

    def __str__(self) -> str:
        return f"Foreign {type(self.transform).__name__}"
