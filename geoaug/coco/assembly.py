"""The end of a run: what the journal says, numbered in the order of the source and written out.

It goes through the journal once and holds one picture at a time, so a result of any size needs little memory.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path

from attrs import define, field

from geoaug import files
from geoaug.coco.dataset import Dataset, save
from geoaug.coco.document import Encoded, Record
from geoaug.coco.folder import GROWING, PLANS, REPORT
from geoaug.coco.jobs import Done
from geoaug.coco.journal import Journal
from geoaug.coco.problems import Problem
from geoaug.coco.summary import Summary, count_source, remarks
from geoaug.coco.tars import pack, place_of
from geoaug.coco.together import Part


@define
class Facts:
    """What the end of a run needs to know of the source besides its pictures: little, so that a share can carry it along.

    Args:
        documents: Each annotation file of the result by its name, without its images and annotations, in its order of keys.
        wanted: Pictures wanted in all.
        sources: Image records of the source.
        sources_left_out: Those that cannot be used, by code.
        rows: Annotations of the source, segments among them.
        rows_left_out: Those that cannot be used, by code.
        problems: What was found while reading.
        notes: Remarks that come first.
        last_notes: Remarks that come last.
    """

    documents: dict[str, Record]
    wanted: int
    sources: int
    sources_left_out: Counter[str]
    rows: int
    rows_left_out: Counter[str]
    problems: list[Problem] = field(factory=list)
    notes: list[str] = field(factory=list)
    last_notes: list[str] = field(factory=list)

    @classmethod
    def of(cls, dataset: Dataset, parts: list[Part], wanted: int, copies: int, notes: list[str]) -> Facts:
        """Gather them.

        Args:
            dataset: The source.
            parts: Its files.
            wanted: Pictures wanted of the sources that can be used.
            copies: Pictures that would have been wanted of each of the others.
            notes: Remarks that come first.
        """
        left_out = dataset.images_left_out.total()
        segments, segments_left_out = _segments(parts)
        return cls(
            {part.name: part.document for part in parts},
            wanted + left_out * copies,
            len(dataset.images) + left_out,
            dataset.images_left_out,
            len(dataset) + dataset.left_out.total() + segments,
            dataset.left_out + segments_left_out,
            list(dataset.found),
            notes,
            list(_left_alone(parts)),
        )

    @property
    def categories(self) -> list[Record]:
        """The categories of all files."""
        return [row for document in self.documents.values() for row in document.get("categories", ())]

    def record(self) -> Record:
        """Returns: All of it as JSON."""
        return {name: getattr(self, name) for name in PLAIN} | {"problems": [problem.record() for problem in self.problems]}

    @classmethod
    def from_record(cls, record: Record) -> Facts:
        """Returns: What `record` told."""
        counts: dict[str, Counter[str]] = {name: Counter(record[name]) for name in ("sources_left_out", "rows_left_out")}
        return cls(**{**record, **counts, "problems": [Problem(**one) for one in record["problems"]]})


PLAIN = ("documents", "wanted", "sources", "sources_left_out", "rows", "rows_left_out", "notes", "last_notes")


def assemble(out: Path, facts: Facts, journal: Journal, head: Record) -> Summary:
    """Write ``geoaug-plans.jsonl``, the report, and at last the annotations: where they stand, all of it is there.

    Args:
        out: The folder of the result.
        facts: What is known of the source.
        journal: All copies that were wanted.
        head: What the report says of the run.
    """
    summary = Summary(out, facts.wanted, facts.sources, problems=list(facts.problems), rows=facts.rows)
    summary.sources_left_out += facts.sources_left_out
    summary.rows_left_out += facts.rows_left_out
    spools = [(out / GROWING / f"images-{number}", out / GROWING / f"annotations-{number}") for number in range(len(facts.documents))]
    plans, pictures = out / GROWING / "plans", head["settings"]["tar_pictures"]
    _spool(summary, journal, spools, plans, pictures)
    if pictures is not None:
        pack(out, _all(journal), pictures, list(facts.documents))
    summary.notes = [*facts.notes, *remarks(summary), *facts.last_notes, *summary.seen.places(facts.categories)]
    with plans.open("rb") as plan_lines:
        files.write_bytes(out / PLANS, plan_lines, out / GROWING)
    save(out / REPORT, {**head, **summary.record()}, out / GROWING)
    for (name, document), spooled in zip(facts.documents.items(), spools, strict=True):
        with spooled[0].open(encoding="ascii") as image_lines, spooled[1].open(encoding="ascii") as row_lines:
            lists = {"images": Encoded(map(str.rstrip, image_lines)), "annotations": Encoded(map(str.rstrip, row_lines))}
            save(out / name, {**document, **lists}, out / GROWING)
    return summary


def counted_shares(out: Path, facts: Facts, journal: Journal) -> Summary:
    """Returns: What a share made, counted; the whole is numbered and written when all shares are joined."""
    summary = Summary(out, len(journal.stamps), problems=list(facts.problems), rows=facts.rows)
    for results in _grouped(journal):
        summary.sources += 1
        count_source(summary, results)
    summary.notes = [*facts.notes, *remarks(summary), *facts.last_notes, *summary.seen.places(facts.categories)]
    return summary


def _spool(summary: Summary, journal: Journal, spools: list[tuple[Path, Path]], plans: Path, pictures: int | None) -> None:
    """Number everything, and count; what is written here, images and annotations of each file, is put in order afterwards.

    Pictures have one number in all files, and so have annotations that had one in the source.
    """
    rows = 0
    with ExitStack() as stack:
        image_lines, row_lines = ([stack.enter_context(pair[k].open("w", encoding="ascii")) for pair in spools] for k in (0, 1))
        plan_lines = stack.enter_context(plans.open("w", encoding="ascii"))
        for results in _grouped(journal):
            made = summary.images
            count_source(summary, results)
            for result in results:
                if not result.made:
                    continue
                made, most = made + 1, 0
                plan_lines.write(_plan_line(made, result))
                for file, image in zip(image_lines, result.images, strict=True):
                    if image is not None:
                        file.write(f'{{"id":{made}{_image(made, result.name, image, pictures)}\n')
                for file, lines in zip(row_lines, result.rows, strict=True):
                    for number, row in lines:
                        own = "" if number is None else f'"id":{rows + number + 1},'
                        file.write(f'{{{own}"image_id":{made}{row}\n')
                        most = max(most, 0 if number is None else number + 1)
                rows += most


def _grouped(journal: Journal) -> Iterator[list[Done]]:
    """The copies of one source picture after the other."""
    for _, group in groupby(_all(journal), key=lambda one: one.number):
        yield list(group)


def _all(journal: Journal) -> Iterator[Done]:
    for at, body in journal.bodies():
        yield Done.of(at, {**body, "name": journal.stamps[at].name, "beside": journal.stamps[at].beside})


def _image(number: int, name: str | None, image: str, pictures: int | None) -> str:
    return image if pictures is None or name is None else image[:-1] + place_of(number, name, pictures)


def _plan_line(number: int, result: Done) -> str:
    return json.dumps({"image_id": number, "source_id": result.source_id, "copy": result.copy, "plan": result.plan}, separators=(",", ":")) + "\n"


def _segments(parts: list[Part]) -> tuple[int, Counter[str]]:
    """How many segments the source has, and those of them that cannot be used by code; of an annotation that cannot, it counts as one."""
    usable, left_out = 0, Counter[str]()
    for part in parts:
        if part.panoptic is not None:
            usable += sum(len(entry["segments_info"]) for entry in part.panoptic.entries.values())
            left_out += part.panoptic.segments_left_out + part.panoptic.entries_left_out
    return usable + left_out.total(), left_out


def _left_alone(parts: list[Part]) -> Iterator[str]:
    """Data that may speak of pictures or places and that geoaug does not know."""
    known_lists = ("info", "licenses", "images", "annotations", "categories")
    for key, value in (item for part in parts for item in part.document.items() if item[0] not in known_lists):
        if isinstance(value, list) and any(isinstance(row, dict) and "image_id" in row for row in value):
            yield f"{key!r} is kept as it was: its image ids are those of the source (source_id in the result)"
