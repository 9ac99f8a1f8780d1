"""The end of a run: what the journal says, numbered in the order of the source and written out.

It goes through the journal once and holds one picture at a time, so a result of any size needs little memory.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from attrs import define, field

from geoaug import files
from geoaug.coco.dataset import Dataset, save
from geoaug.coco.document import Encoded, Record
from geoaug.coco.folder import ANNOTATIONS, GROWING, PLANS, REPORT
from geoaug.coco.jobs import Done
from geoaug.coco.journal import Journal
from geoaug.coco.problems import Problem
from geoaug.coco.summary import Summary, count_source, remarks
from geoaug.coco.tars import pack, place_of


@define
class Facts:
    """What the end of a run needs to know of the source besides its pictures: little, so that a share can carry it along.

    Args:
        document: The file without its images and annotations, in its order of keys.
        wanted: Pictures wanted in all.
        sources: Image records of the source.
        sources_left_out: Those that cannot be used, by code.
        rows: Annotations of the source.
        rows_left_out: Those that cannot be used, by code.
        problems: What was found while reading.
        notes: Remarks that come first.
        last_notes: Remarks that come last.
    """

    document: Record
    wanted: int
    sources: int
    sources_left_out: Counter[str]
    rows: int
    rows_left_out: Counter[str]
    problems: list[Problem] = field(factory=list)
    notes: list[str] = field(factory=list)
    last_notes: list[str] = field(factory=list)

    @classmethod
    def of(cls, dataset: Dataset, wanted: int, copies: int, notes: list[str]) -> Facts:
        """Gather them.

        Args:
            dataset: The source.
            wanted: Pictures wanted of the sources that can be used.
            copies: Pictures that would have been wanted of each of the others.
            notes: Remarks that come first.
        """
        left_out = dataset.images_left_out.total()
        return cls(
            {key: [] if key in ("images", "annotations") else value for key, value in dataset.document().items()},
            wanted + left_out * copies,
            len(dataset.images) + left_out,
            dataset.images_left_out,
            len(dataset.annotations) + dataset.annotations_left_out.total(),
            dataset.annotations_left_out,
            dataset.problems,
            notes,
            list(_left_alone(dataset)),
        )

    def record(self) -> Record:
        """Returns: All of it as JSON."""
        return {name: getattr(self, name) for name in PLAIN} | {"problems": [problem.record() for problem in self.problems]}

    @classmethod
    def from_record(cls, record: Record) -> Facts:
        """Returns: What `record` told."""
        counts: dict[str, Counter[str]] = {name: Counter(record[name]) for name in ("sources_left_out", "rows_left_out")}
        return cls(**{**record, **counts, "problems": [Problem(**one) for one in record["problems"]]})


PLAIN = ("document", "wanted", "sources", "sources_left_out", "rows", "rows_left_out", "notes", "last_notes")


def assemble(out: Path, facts: Facts, journal: Journal, head: Record) -> Summary:
    """Write ``geoaug-plans.jsonl``, the report, and at last ``annotations.json``: where that stands, all of it is there.

    Args:
        out: The folder of the result.
        facts: What is known of the source.
        journal: All copies that were wanted.
        head: What the report says of the run.
    """
    summary = Summary(out, facts.wanted, facts.sources, problems=list(facts.problems), rows=facts.rows)
    summary.sources_left_out += facts.sources_left_out
    summary.rows_left_out += facts.rows_left_out
    images, annotations, plans = (out / GROWING / name for name in ("images", "annotations", "plans"))
    pictures = head["settings"]["tar_pictures"]
    _spool(summary, journal, images, annotations, plans, pictures)
    if pictures is not None:
        pack(out, _all(journal), pictures)
    summary.notes = [*facts.notes, *remarks(summary), *facts.last_notes]
    with images.open(encoding="ascii") as image_lines, annotations.open(encoding="ascii") as row_lines, plans.open("rb") as plan_lines:
        files.write_bytes(out / PLANS, plan_lines, out / GROWING)
        save(out / REPORT, {**head, **summary.record()}, out / GROWING)
        lists = {"images": Encoded(map(str.rstrip, image_lines)), "annotations": Encoded(map(str.rstrip, row_lines))}
        save(out / ANNOTATIONS, {**facts.document, **lists}, out / GROWING)
    return summary


def counted_shares(out: Path, facts: Facts, journal: Journal) -> Summary:
    """Returns: What a share made, counted; the whole is numbered and written when all shares are joined."""
    summary = Summary(out, len(journal.stamps), problems=list(facts.problems), rows=facts.rows)
    for results in _grouped(journal):
        summary.sources += 1
        count_source(summary, results)
    summary.notes = [*facts.notes, *remarks(summary), *facts.last_notes]
    return summary


def _spool(summary: Summary, journal: Journal, images: Path, annotations: Path, plans: Path, pictures: int | None) -> None:
    """Number everything, and count; what is written here is put in order afterwards."""
    rows = 0
    with (
        images.open("w", encoding="ascii") as image_lines,
        annotations.open("w", encoding="ascii") as row_lines,
        plans.open("w", encoding="ascii") as plan_lines,
    ):
        for results in _grouped(journal):
            made = summary.images
            count_source(summary, results)
            for result in results:
                if result.image is None:
                    continue
                made += 1
                image_lines.write(f'{{"id":{made}{_image(made, result, pictures)}\n')
                plan_lines.write(_plan_line(made, result))
                for row in result.rows:
                    rows += 1
                    row_lines.write(f'{{"id":{rows},"image_id":{made}{row}\n')


def _grouped(journal: Journal) -> Iterator[list[Done]]:
    """The copies of one source picture after the other."""
    for _, group in groupby(_all(journal), key=lambda one: one.number):
        yield list(group)


def _all(journal: Journal) -> Iterator[Done]:
    for at, body in journal.bodies():
        yield Done.of(at, {**body, "name": journal.stamps[at].name})


def _image(number: int, result: Done, pictures: int | None) -> str:
    assert result.image is not None
    if pictures is None or result.name is None:
        return result.image
    return result.image[:-1] + place_of(number, result.name, pictures)


def _plan_line(number: int, result: Done) -> str:
    return json.dumps({"image_id": number, "source_id": result.source_id, "copy": result.copy, "plan": result.plan}, separators=(",", ":")) + "\n"


def _left_alone(dataset: Dataset) -> Iterator[str]:
    """Data that may speak of pictures or places and that geoaug does not know."""
    for key, value in dataset.extra.items():
        if isinstance(value, list) and any(isinstance(row, dict) and "image_id" in row for row in value):
            yield f"{key!r} is kept as it was: its image ids are those of the source (source_id in the result)"
    known = {"bbox", "segmentation", "keypoints"}
    names = {
        key
        for row in dataset.annotations
        for key, value in row.items()
        if key not in known and type(value) is list and len(value) > 3 and type(value[0]) in (int, float)
    }
    if names:
        listed = ", ".join(repr(name) for name in sorted(names))
        yield f"annotations carry {listed}, kept as they were: places in them have not moved with the picture"
