"""How many copies of each picture: planned from the JSON alone, before any work.

Every rule says for each class how many copies the pictures that have it should get, and a picture gets the most that any
of its classes asks for (as in repeat factor sampling). So a plan depends neither on the order of the pictures nor on that
of the rules, a higher goal never means fewer copies of any picture, and only whole numbers are compared.

A crowd stands for nobody knows how many objects, so it is counted as none; where a whole data set is made of crowds, as
some tools write RLE, each is one object.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from attrs import asdict, field, frozen

from geoaug.coco.categories import id_of, name_of
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record
from geoaug.coco.names import key_of
from geoaug.errors import ParameterError

MOST_COPIES = 20  # of one picture where nobody says more: what is learned from further ones is the picture by heart
MOST_WANTED = 10**9  # objects of a class
LONGEST_NAME = 40  # in a table
FULL = 2**64  # `key_of` lies below


@frozen
class Class:
    """One line of a plan.

    Args:
        category_id: Id of the category.
        name: Its name, or its id where it has none.
        pictures: Source pictures that have it.
        now: Objects in the source.
        planned: Objects that will be put into the pictures of the result; those that leave them are still among these.
        goal: Objects that were asked for, if any were.
    """

    category_id: Any
    name: str
    pictures: int
    now: int
    planned: int
    goal: int | None = None

    @property
    def missed(self) -> bool:
        """Whether the goal cannot be reached."""
        return self.goal is not None and self.planned < self.goal


@frozen
class Quota:
    """A plan: how many augmented copies each picture gets, and what that makes of the classes.

    Args:
        copies: Augmented copies by image id.
        classes: The classes that some picture has or that a goal names, the most frequent one first.
        originals: Whether the pictures themselves are in the result too.
        notes: What could not be reached, and what was taken for what.
    """

    copies: dict[Any, int]
    classes: list[Class] = field(factory=list)
    originals: bool = False
    notes: list[str] = field(factory=list)

    @property
    def pictures(self) -> int:
        """Pictures of the result."""
        return sum(self.copies.values()) + self.originals * len(self.copies)

    def lines(self) -> list[str]:
        """Returns: The plan as a table of text."""
        head = ("class", "pictures", "objects now", "planned", "goal")
        rows = [(_short(one.name), str(one.pictures), str(one.now), str(one.planned), _goal(one)) for one in self.classes]
        widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
        table = [_columns(row, widths) for row in (head, *rows)]
        return [*table, self._sum()]

    def _sum(self) -> str:
        spread = Counter(self.copies.values())
        parts = [f"{number} with {copies} {'copy' if copies == 1 else 'copies'}" for copies, number in sorted(spread.items())]
        shown = parts if len(parts) <= 8 else [*parts[:4], "…", *parts[-3:]]
        kept = ", originals too" if self.originals else ""
        return f"{self.pictures} pictures planned of {len(self.copies)} sources ({', '.join(shown)}{kept})"

    def record(self) -> Record:
        """Returns: The plan for the report."""
        spread = Counter(self.copies.values())
        return {
            "pictures": self.pictures,
            "copies": [{"copies": copies, "sources": spread[copies]} for copies in sorted(spread)],
            "classes": [asdict(one) for one in self.classes],
            "notes": self.notes,
        }


def quota(
    dataset: Dataset,
    copies: int = 1,
    originals: bool = False,
    repeat_until: str | Iterable[str] | Mapping[Any, int] = (),
    balance: bool = False,
    balance_threshold: float | None = None,
    max_copies: int | None = None,
) -> Quota:
    """Plan the copies of each picture.

    Args:
        dataset: The source.
        copies: Every picture gets at least so many.
        originals: Whether the pictures themselves are in the result too, and count.
        repeat_until: At least so many objects of a class in the result, as texts ``CLASS=N`` (a name or an id), or by id. Pictures that
            have the class get one more copy each in turn; in the last turn those first in which the class makes up most.
        balance: Pictures with rare classes get more copies. A class is rare where fewer pictures have it than ``balance_threshold``
            says: pictures of a class that n of them have are repeated sqrt(threshold / n) times as often as the others.
        balance_threshold: As a share of all pictures, above 0 and at most 1; that of the average class when not given.
        max_copies: No picture gets more; when not given, 20, or twice ``copies`` where that is more.

    Returns:
        The plan, with a note on each goal that the limit puts out of reach.

    Raises:
        ParameterError: A class that the file does not have, or a number out of range.

    Source: Gupta, Dollár, Girshick: LVIS, 2019, appendix B (repeat factor sampling).
    """
    limit = _limit(copies, max_copies)
    table = _Table(dataset)
    goals = _goals(written(repeat_until), dataset.categories)
    wanted = dict.fromkeys(table.ids, copies)
    notes = list(table.notes) if goals or balance or balance_threshold is not None else []
    for category_id, goal in goals.items():
        _raise(wanted, _until(table, category_id, goal - (copies + originals) * table.now[category_id], copies, limit))
    if balance or balance_threshold is not None:
        share = _threshold(balance_threshold)
        if not table.now:
            raise ParameterError("balance: no annotation of the file has a category; there is nothing to balance")
        notes += _balanced(table, share, copies, originals, limit, wanted)
    classes = table.classes(dataset.categories, wanted, originals, goals)
    return Quota(wanted, classes, originals, [*notes, *(_note(one, limit) for one in classes if one.missed)])


class _Table:
    """How many objects of which class each picture has."""

    def __init__(self, dataset: Dataset) -> None:
        self.ids = [image["id"] for image in dataset.images]
        rows = [row for row in dataset.links() if row[1] is not None]
        objects = [row for row in rows if not row[2]]
        self.notes: list[str] = []
        if rows and not objects:
            objects = rows
            self.notes.append("every annotation has iscrowd=1, so each is counted as one object")
        self.of: dict[Any, Counter[Any]] = {}  # by category: objects in each picture that has it
        self.all: Counter[Any] = Counter()  # by picture
        for image_id, category_id, _ in objects:
            self.of.setdefault(category_id, Counter())[image_id] += 1
            self.all[image_id] += 1
        self.now: Counter[Any] = Counter({category: held.total() for category, held in self.of.items()})

    def classes(self, categories: list[Record], wanted: Mapping[Any, int], originals: bool, goals: Mapping[Any, int]) -> list[Class]:
        names = {row["id"]: str(row.get("name") or row["id"]) for row in categories}
        found = []
        for category in {**self.of, **goals}:
            held = self.of.get(category, Counter())
            planned = sum(number * (wanted[image] + originals) for image, number in held.items())
            found.append(Class(category, names.get(category, str(category)), len(held), self.now[category], planned, goals.get(category)))
        return sorted(found, key=lambda one: (-one.now, one.name, str(one.category_id)))


def _until(table: _Table, category_id: Any, lacking: int, copies: int, limit: int) -> dict[Any, int]:
    """Returns: Copies of the pictures that have a class, until so many more of its objects are there or the limit is reached."""
    held = table.of.get(category_id, Counter())
    if lacking <= 0 or not held:
        return {}
    turns, rest = divmod(lacking, held.total())
    if turns >= limit - copies:
        return dict.fromkeys(held, limit)
    found = dict.fromkeys(held, copies + turns)
    for image in sorted(held, key=lambda image: (-Fraction(held[image], table.all[image]), key_of(image), str(image))):
        if rest <= 0:
            break
        found[image] += 1
        rest -= held[image]
    return found


def _balanced(table: _Table, share: Fraction | None, copies: int, originals: bool, limit: int, wanted: dict[Any, int]) -> list[str]:
    """Raise what is wanted to the copies that balance asks for.

    Returns: Remarks.
    """
    frequent = {category: len(held) for category, held in table.of.items()}
    threshold = Fraction(sum(frequent.values()), len(frequent)) if share is None else share * len(table.ids)
    rare = {category: number for category, number in frequent.items() if number < threshold}
    for category, number in rare.items():
        _raise(wanted, {image: min(limit, _repeated(copies + originals, threshold / number, image) - originals) for image in table.of[category]})
    if not rare:
        return ["balance: no class is rarer than the others; every picture gets the same number of copies"]
    return []


def _repeated(times: int, ratio: Fraction, image: Any) -> int:
    """Returns: ``times * sqrt(ratio)``, up or down by the picture's own number, so that classes get what they should on the whole."""
    root = math.isqrt((times * times * ratio.numerator * FULL * FULL - 1) // ratio.denominator) + 1 if times else 0  # rounded up
    return -((key_of(image) - root) // FULL)


def _raise(wanted: dict[Any, int], more: Mapping[Any, int]) -> None:
    for image, number in more.items():
        wanted[image] = max(wanted[image], number)


def written(goals: str | Iterable[str] | Mapping[Any, int]) -> list[str]:
    """Returns: Goals as texts ``CLASS=N``, in an order of their own."""
    if isinstance(goals, Mapping):
        goals = [f"{key}={number}" for key, number in goals.items()]
    return sorted([goals] if isinstance(goals, str) else map(str, goals))


# --- what people write -----------------------------------------------------------------------------------------------


def _limit(copies: int, max_copies: Any) -> int:
    if max_copies is None:
        return max(MOST_COPIES, 2 * copies)
    if type(max_copies) is not int or not max(copies, 1) <= max_copies <= 1_000_000:
        raise ParameterError(f"max_copies: expected a whole number from {max(copies, 1)} (copies) to 1000000, got {max_copies!r}")
    return max_copies


def _threshold(share: Any) -> Fraction | None:
    if share is None:
        return None
    if type(share) not in (int, float) or not 0 < share <= 1:
        raise ParameterError(f"balance_threshold: expected a share of the pictures above 0 and at most 1, got {share!r}")
    return Fraction(repr(share))  # 0.001 as it was written


def _goals(texts: list[str], categories: list[Record]) -> dict[Any, int]:
    goals: dict[Any, int] = {}
    for where, word, number in map(_goal_of, texts):
        category_id = id_of(where, word, categories)
        if category_id in goals:
            raise ParameterError(f"{where}: a goal for {name_of(category_id, categories)!r} was given before; give one")
        if not 1 <= number <= MOST_WANTED:
            raise ParameterError(f"{where}: expected a whole number from 1 to {MOST_WANTED}, got {number!r}")
        goals[category_id] = number
    return goals


def _goal_of(text: str) -> tuple[str, str, int]:
    where = f"repeat_until {text!r:.200}"
    word, sign, number = text.rpartition("=")
    if not sign or not word.strip():
        raise ParameterError(f"{where}: expected CLASS=N, such as person=1000")
    if not (number.strip().isascii() and number.strip().isdigit() and len(number) <= 12):
        raise ParameterError(f"{where}: expected a whole number after '=', got {number!r:.80}")
    return where, word.strip(), int(number)


def _columns(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join([row[0].ljust(widths[0]), *(text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True))])


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 2]} …"


def _goal(one: Class) -> str:
    return "" if one.goal is None else f"{one.goal} not reached" if one.missed else str(one.goal)


def _note(one: Class, limit: int) -> str:
    if not one.pictures:
        return f"{one.name!r}: no picture has it, so the goal of {one.goal} cannot be reached"
    some = "only 1 picture has it" if one.pictures == 1 else f"{one.pictures} pictures have it"
    return f"{one.name!r}: {one.planned} of {one.goal}: {some}, and no picture gets more than {limit} copies; raise max_copies, or add pictures"
