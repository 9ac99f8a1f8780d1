"""What workers see in the records of a source and is to be remarked of the whole: odd spellings, places that do not move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import asdict, define, field

from geoaug.coco.document import Record
from geoaug.coco.spelling import remarks_on
from geoaug.targets.places import DROPPED, KNOWN, known_in

PLAIN = frozenset({"id", "image_id", "category_id", "bbox", "segmentation", "keypoints", "area", "iscrowd", "num_keypoints"})


@define
class Seen:
    """What is to be remarked of the records of one picture, or of all.

    Args:
        spelled: How many annotations were spelled otherwise, as from `respell`.
        stayed: Names of lists of numbers in annotations that geoaug does not know and that did not move.
        dropped: Names of known places that cannot move.
        posed: Ids of categories of annotations with several keypoints.
    """

    spelled: Mapping[str, int] = field(factory=dict)
    stayed: Iterable[str] = ()
    dropped: Iterable[str] = ()
    posed: Sequence[Any] = ()

    @classmethod
    def of(cls, rows: Iterable[Record], images: Iterable[Record], spelled: Mapping[str, int]) -> Seen:
        """Look through the annotations and the records of one picture."""
        stayed: set[str] = set()
        dropped: set[str] = set()
        posed: dict[Any, None] = {}
        for row in rows:
            if len(row.get("keypoints") or ()) > 3:
                posed[row.get("category_id")] = None
            if not PLAIN.issuperset(row):
                dropped |= DROPPED & row.keys()
                known = known_in(row)
                stayed |= {key for key, value in row.items() if key not in PLAIN and key not in known and _places(key, value)}
        for image in images:
            dropped |= DROPPED & image.keys()
        return cls(dict(spelled), sorted(stayed), sorted(dropped), list(posed))

    def record(self) -> Record:
        """Returns: The same as JSON."""
        return asdict(self)

    def with_(self, other: Seen) -> Seen:
        """Returns: What is to be remarked of both."""
        spelled = Counter(self.spelled) + Counter(other.spelled)
        posed = list(dict.fromkeys([*self.posed, *other.posed]))
        return Seen(spelled, sorted({*self.stayed, *other.stayed}), sorted({*self.dropped, *other.dropped}), posed)

    def spellings(self) -> Iterator[str]:
        """Returns: Remarks on spellings."""
        return remarks_on(self.spelled)

    def places(self, categories: Iterable[Record]) -> Iterator[str]:
        """Returns: Remarks on places that did not move, or that a mirror may have exchanged."""
        by_id: dict[Any, list[Record]] = {}
        for row in categories:  # of several files one may name them
            by_id.setdefault(row["id"], []).append(row)
        for number in self.posed:
            told = by_id.get(number, [])
            if not told or any(row.get("keypoints") or row.get("flip_pairs") for row in told):
                continue
            name = told[0].get("name", number)
            yield f"category {name!r} names no keypoints, so mirrored copies keep the order of left and right; name them in the file"
        if self.stayed:
            yield f"annotations carry {_listed(self.stayed)}, kept as they were: places in them have not moved with the picture"
        if self.dropped:
            which = "it" if len(list(self.dropped)) == 1 else "them"
            yield f"{_listed(self.dropped)} left out of copies that moved: geoaug cannot move {which} with the picture"


def _places(key: str, value: Any) -> bool:
    """Whether a field may hold places: any long list of numbers, and a known field in a form that is not the known one."""
    return type(value) is list and bool(value) and type(value[0]) in (int, float) and (len(value) > 3 or key in KNOWN)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, names))
