"""What every copy has to show: a draw that shows less is drawn again, before any pixel is moved.

A requirement looks at where a drawn plan takes the labels. It stands behind a pipeline as its last member, which looks and
changes nothing; so what is looked at is the very draw that the picture is made with, also where a transform looked at pixels.
"""

from __future__ import annotations

import copy as copying
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from geoaug.call import Call
from geoaug.coco.categories import counts, id_of
from geoaug.coco.dataset import Dataset
from geoaug.compose import Compose
from geoaug.errors import DataError, ParameterError
from geoaug.plan import Plan
from geoaug.targets.annotations import STAYS, Annotations
from geoaug.transform import Node

if TYPE_CHECKING:
    import numpy as np

    from geoaug.scene import Scene

WORDS = ("min_visible", "keep", "min_objects")
ALL = "*"
TRIES = 20  # of one copy where nobody says more
MOST_TRIES = 10_000
NEARLY = 1e-9  # of a share that may be lost to rounding
PART = re.compile(r'\s*(?P<word>[^=,"]*?)\s*(?:=\s*(?P<value>(?:"[^"]*"|[^,"])*?))?\s*(?:,|$)')
NAME = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^|"]*?))\s*(?:\||$)')


class Unmet(DataError):
    """No draw met the requirement; the message tells how often, and what was missing in the last one."""


@frozen
class Requirement:
    """What every copy has to show of its picture.

    Objects that a picture never had are not asked of its copies, and crowds are no objects.

    Args:
        min_visible: Least share of what an object showed in the source that it still shows, in (0, 1]; a draw that leaves an object
            with less, or with nothing, does not do. It holds for the classes of ``keep``, or for every object where there are none.
        keep: Names or ids of categories of which every object has to stay, ``"*"`` among them for all.
        min_objects: So many objects have to stay, of whatever class; all of them where the picture has fewer.
        ids: Of the categories in ``keep``, from `known`.
        crowds: Whether crowds are objects after all, as in data sets that have nothing else, from `known`.
    """

    min_visible: float | None = None
    keep: tuple[Any, ...] = ()
    min_objects: int = 0
    ids: frozenset[Any] = frozenset()
    crowds: bool = False

    @classmethod
    def parse(cls, text: str) -> Requirement:
        """Read what people write: ``min_visible=0.3,keep=person|dog,min_objects=2``, any of the three in any order.

        A share may be written as ``30%``. Categories stand between ``|`` by name or id; a name in which ``,`` or ``|`` stands goes into
        double quotes; ``keep=*`` means every category.

        Raises:
            ParameterError: With the word that is wrong, and the nearest that is known.
        """
        found: dict[str, Any] = {}
        for word, value in _parts(text):
            if word not in WORDS:
                near = difflib.get_close_matches(word, WORDS, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(WORDS)}"
                raise ParameterError(f"require: {word!r:.80} is not known; {hint}")
            if word in found:
                raise ParameterError(f"require: {word!r} stands twice; give it once")
            found[word] = READERS[word](value)
        return cls(**found)

    def known(self, dataset: Dataset) -> Requirement:
        """Returns: The same, with the ids that a data set gives to the categories.

        Raises:
            ParameterError: No category is called so; the message names the nearest.
        """
        ids = [row["id"] for row in dataset.categories]
        if ALL not in self.keep:
            ids = [id_of("require: keep", str(word), dataset.categories) for word in self.keep]
        crowds = [crowd for _, category_id, crowd in dataset.links() if category_id is not None]
        return evolve(self, ids=frozenset(ids), crowds=bool(crowds) and all(crowds))

    def met(self, rows: Sequence[Mapping[str, Any]], shares: Sequence[float | None]) -> str | None:
        """Look at one draw.

        Args:
            rows: The annotations that were put in.
            shares: Of each the share of what it showed before that is visible now; None where it does not stay.

        Returns:
            None where the draw does, or else what is missing.
        """
        objects = [(row, share) for row, share in zip(rows, shares, strict=True) if counts(row) or (self.crowds and "category_id" in row)]
        for row, share in objects:
            if self.keep and row["category_id"] not in self.ids:
                continue
            if share is None and (self.keep or self.min_visible is not None):
                return f"annotation {row.get('id')!r:.40} does not stay"
            if share is not None and share < (self.min_visible or 0) - NEARLY:
                return f"annotation {row.get('id')!r:.40} shows {share:.3g} of what it showed, less than {self.min_visible:g}"
        stay, wanted = sum(share is not None for _, share in objects), min(self.min_objects, len(objects))
        return f"{stay} of {len(objects)} objects stay, fewer than {wanted}" if stay < wanted else None

    def __str__(self) -> str:
        parts = (
            ("min_visible", "" if self.min_visible is None else f"{self.min_visible:g}"),
            ("keep", "|".join(f'"{word}"' if re.search(r"[,|\s]", str(word)) else str(word) for word in self.keep)),
            ("min_objects", str(self.min_objects or "")),
        )
        return ",".join(f"{word}={value}" for word, value in parts if value)


def drawn_until_met(pipeline: Compose, requirement: Requirement, key: tuple[int, ...], tries: int = TRIES, **data: Any) -> dict[str, Any]:
    """Call a pipeline with one draw after another until one meets a requirement; pixels are moved by that one alone.

    Args:
        pipeline: What to do.
        requirement: With ids, as from `Requirement.known`.
        key: Of the first draw, the one that is made without a requirement; the others are made with the number of the try behind it.
        tries: How many draws are made at most.
        data: ``annotations``, and ``image`` or ``size``.

    Returns:
        What the pipeline returns.

    Raises:
        Unmet: After the last try.
    """
    judged = copying.copy(pipeline)
    judged.transforms = [*pipeline.transforms, _Judge(requirement)]
    reason = ""
    for number in range(tries):
        try:
            return judged(**data, key=(*key, number) if number else key)
        except _NotMet as unmet:  # noqa: PERF203  # a draw costs a hundred times as much
            reason = str(unmet)
    raise Unmet(f"none of {tries} draws met {str(requirement)!r}; in the last one {reason}; ask for less, or for more tries")


class _NotMet(Exception):
    """One draw does not do."""


class _Judge(Node):
    """Stands at the end of a pipeline and lets a draw pass, or not."""

    def __init__(self, requirement: Requirement) -> None:
        self.p = 1.0
        self.requirement = requirement

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        call = scene.sight
        if isinstance(call, Call) and "annotations" in call.arrays:
            rows = call.data["annotations"]
            reason = self.requirement.met(rows, _shares(call.arrays["annotations"][1], scene.plan, call))
            if reason is not None:
                raise _NotMet(reason)
        return scene


def _shares(read: Annotations, plan: Plan, call: Call) -> list[float | None]:
    """Returns: How much of each annotation is visible under a plan; None for those that do not stay."""
    if any(step.donors for step in plan.steps):  # other pictures that come beside leave these annotations as they are
        plan = Plan(plan.source, tuple(step for step in plan.steps if not step.donors))
    read.leave(plan, call.rules.bbox_params, call.rules.flip_pairs)
    return [row.share if row.fate in STAYS else None for row in read.rows]


# --- what people write -----------------------------------------------------------------------------------------------


def _parts(text: str) -> list[tuple[str, str]]:
    """Words and values of a requirement."""
    found, place = [], 0
    while place < len(text):
        part = PART.match(text, place)
        if part is None:
            raise ParameterError(f"require: {text[place:]!r:.200}: a quote has no end; names stand in double quotes")
        if not part["word"] or not part["value"]:
            raise ParameterError(f"require: {part[0].strip(', ')!r:.80}: expected word=value, such as min_visible=0.3,keep=person|dog,min_objects=1")
        found.append((part["word"], part["value"]))
        place = part.end()
    if not found:
        raise ParameterError("require: nothing is asked for; expected something like min_visible=0.3,keep=person|dog,min_objects=1")
    return found


def _share(text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise ParameterError(f"require: min_visible={text:.80}: expected a share above 0 and at most 1, such as 0.3 or 30%")
    return share


def _names(text: str) -> tuple[str, ...]:
    found, place = [], 0
    while place < len(text):
        one = NAME.match(text, place)
        if one is None or not (one["quoted"] or one["plain"]):
            raise ParameterError(f"require: keep={text:.80}: expected names or ids of categories with | between them")
        found.append(one["quoted"] or one["plain"])
        place = one.end()
    return tuple(found)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise ParameterError(f"require: min_objects={text:.80}: expected a whole number of at least 1")
    return int(text)


READERS: dict[str, Callable[[str], Any]] = {"min_visible": _share, "keep": _names, "min_objects": _number}
