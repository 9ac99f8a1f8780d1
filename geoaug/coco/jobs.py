"""Jobs: a picture with some of its copies, what every one needs to know, and what becomes of a copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from geoaug.coco.beside import Lines, Said, said
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record
from geoaug.coco.journal import Stamp, State
from geoaug.coco.names import stems
from geoaug.coco.packed import Packed
from geoaug.coco.problems import Problem
from geoaug.coco.quota import Quota
from geoaug.coco.remote import Remote
from geoaug.coco.require import TRIES, Requirement
from geoaug.coco.seen import Seen
from geoaug.coco.spelling import respell
from geoaug.coco.together import Part
from geoaug.compose import Compose

COPIES_A_JOB = 4  # few, so that one picture with many copies keeps all workers busy and Ctrl-C need not wait for long


@frozen
class Settings:
    """What every job needs to know.

    Args:
        images: Folder of the source's pictures.
        out: Folder of the result.
        pipeline: What to do.
        seed: Of all draws.
        format: Of the copies, or ``"keep"``.
        quality: Of JPEG.
        max_pixels: Of a picture, before and after.
        require: What every copy has to show, if anything.
        tries: How often a copy is drawn at most until it shows that.
        labels_only: Whether only labels are made, and no picture is opened or written.
        remote: Where pictures are fetched from, if they lie elsewhere.
    """

    images: Path
    out: Path
    pipeline: Compose
    seed: int
    format: str
    quality: int
    max_pixels: int
    require: Requirement | None = None
    tries: int = TRIES
    labels_only: bool = False
    remote: Remote | None = None


@frozen
class Job:
    """One picture and the copies to make of it; copy 0 is the picture itself.

    Args:
        number: Of the picture, in the order of the file.
        image: Its record.
        stem: Name of its copies, without number and ending.
        copies: Their numbers.
        said: What each annotation file says of it beside its annotations.
        annotations: Its annotations, of all files, undecoded; none before its turn has come.
    """

    number: int
    image: Record
    stem: str
    copies: tuple[int, ...]
    said: tuple[Said, ...] = ()
    annotations: Packed = field(factory=lambda: Packed({}, []))

    def rows(self) -> tuple[list[Record], list[Problem], Counter[str]]:
        """Decode the annotations.

        Returns:
            Those that can be used, spelled as others read them; what is wrong with the others; and how many were spelled otherwise.
        """
        rows, problems = self.annotations.read()
        rows = [dict(row) for row in rows]  # where the file was decoded before, these are its own
        return rows, problems, respell(rows)

    @property
    def asked(self) -> int:
        """How many annotations and segments it has."""
        return len(self.annotations) + sum(len(one.entry) for one in self.said if one.entry is not None)


@define
class Done:
    """What became of one copy.

    Args:
        number: Of the source picture, in the order of the file.
        copy: Number of the copy.
        source_id: Id of the source picture.
        asked: How many annotations the source picture has, segments among them.
        images: For each annotation file the record of the copy as JSON but for its opening and its id, ``None`` where the file does not
            have the picture; empty where there is no copy.
        rows: For each annotation file its annotations in the same way, each after its number within the copy.
        fates: How many annotations were kept, cut, and so on.
        gone: Why each of the others went, and its id.
        problems: What was left out.
        corrected: Ids of annotations of which a part (``bbox``, ``area``) contradicted the shape.
        orientation: As in `files.Picture`.
        format: Why it is of another format than was asked for, if it is.
        unplaced: Whether its source says where on earth it lies, and it does not any more.
        plan: The plan it was made by, as JSON; ``None`` of a picture that is its source.
        name: Its file name.
        mark: Fingerprint of its file.
        size: Bytes of its file.
        again: Whether a later run shall try again.
        lost: Segments of the source that no copy has, by code.
        seen: What is to be remarked of the source's records.
        beside: Name, bytes and fingerprint of the file of its segments.
    """

    number: int
    copy: int
    source_id: Any
    asked: int = 0
    images: list[str | None] = field(factory=list)
    rows: list[Lines] = field(factory=list)
    fates: dict[str, int] = field(factory=dict)
    gone: list[tuple[str, Any]] = field(factory=list)
    problems: list[Problem] = field(factory=list)
    corrected: dict[str, list[Any]] = field(factory=dict)
    orientation: str = "stored"
    format: str | None = None
    unplaced: bool = False
    plan: Any = None
    name: str | None = None
    mark: str = ""
    size: int = 0
    again: bool = False
    lost: dict[str, int] = field(factory=dict)
    seen: Seen = field(factory=Seen)
    beside: tuple[str, int, str] | None = None

    @property
    def made(self) -> bool:
        """Whether there is a copy."""
        return bool(self.images)

    def body(self) -> Record:
        """Returns: What a journal keeps of it."""
        return {name: getattr(self, name) for name in KEPT} | {
            "problems": [problem.record() for problem in self.problems],
            "seen": self.seen.record(),
        }

    @classmethod
    def of(cls, at: tuple[int, int], body: Record) -> Done:
        """Returns: What a journal has kept."""
        return cls(*at, **{**body, "problems": [Problem(**one) for one in body["problems"]], "seen": Seen(**body["seen"])})

    @classmethod
    def is_body(cls, body: Any, parts: int) -> bool:
        """Returns: Whether this is what `body` makes of a copy, of a run with so many annotation files."""
        try:
            done = cls.of((0, 0), body)
        except (KeyError, TypeError):
            return False
        lists = all(type(part) is list and len(part) in (0, parts) for part in (done.images, done.rows))
        return lists and len(done.images) == len(done.rows) and type(done.fates) is dict

    @property
    def fragments(self) -> list[str]:
        """Its records, each completed to an object as the end of a run does with its own numbers."""
        images = [f'{{"id":1{image}' for image in self.images if image is not None]
        return images + [f'{{"image_id":1{row}' for lines in self.rows for _, row in lines]

    def stamp(self, source: State | None) -> Stamp:
        """Returns: The head of its line in a journal."""
        return Stamp((self.number, self.copy), source, self.name, self.size, self.mark, self.again, self.beside)


KEPT = ("source_id", "asked", "lost", "images", "rows", "fates", "gone", "corrected", "orientation", "format", "unplaced", "plan")


def planned(dataset: Dataset, parts: list[Part], wanted: Quota) -> list[Job]:
    """Returns: One job a picture, with all of its copies."""
    copies = [range(0 if wanted.originals else 1, wanted.copies[image["id"]] + 1) for image in dataset.images]
    named = zip(dataset.images, stems(dataset.images, copies), copies, strict=True)
    return [Job(number, image, stem, tuple(numbers), said(parts, image["id"])) for number, (image, stem, numbers) in enumerate(named)]


def portions(jobs: Iterable[Job], dataset: Dataset) -> Iterator[Job]:
    """Returns: The same jobs one by one, none with more than a few copies, each with its annotations."""
    for job in jobs:
        rows = dataset.packed(job.image["id"])
        for first in range(0, len(job.copies), COPIES_A_JOB):
            yield evolve(job, copies=job.copies[first : first + COPIES_A_JOB], annotations=rows)
