"""What a run did: everything that came in is in the result, or is counted here with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from attrs import define, field

from geoaug.coco.dataset import MILD, Dataset
from geoaug.coco.document import Record
from geoaug.coco.jobs import Done, Made
from geoaug.coco.problems import Problem


@define
class Summary:
    """What a run did.

    Args:
        out: The folder of the result.
        copies: Pictures wanted of each source, the original among them where it was asked for.
        sources: Image records of the source, those that cannot be used among them.
        sources_left_out: Image records of which nothing was written, by the code of the reason.
        images: Pictures written.
        skipped: Pictures that should have been written and were not: ``sources * copies - images``.
        rows: Annotations of the source, those that cannot be used among them.
        rows_left_out: Annotations of the source that were put into no picture, by the code of the reason.
        kept: Annotations that came through whole.
        cut: Annotations that came through and were cut at the border.
        occluded: Annotations that came through, of which holes cover a part and the border cuts none.
        dropped: How many annotations went, by reason: ``outside``, ``covered`` (by holes), ``small``, ``degenerate`` (nothing visible
            was left), ``skipped`` (with a copy that could not be made).
        gone: Each annotation that was dropped, with the reason, the ids of the source and the number of the copy.
        corrected: Ids of annotations of which a part (``area``, ``bbox``) contradicted the shape.
        problems: Everything that was left out or put right, by name.
        notes: Remarks on the result as a whole.
        seconds: From start to end.
    """

    out: Path
    copies: int = 1
    sources: int = 0
    sources_left_out: Counter[str] = field(factory=Counter)
    images: int = 0
    skipped: int = 0
    rows: int = 0
    rows_left_out: Counter[str] = field(factory=Counter)
    kept: int = 0
    cut: int = 0
    occluded: int = 0
    dropped: Counter[str] = field(factory=Counter)
    gone: list[Record] = field(factory=list)
    corrected: dict[str, list[Any]] = field(factory=dict)
    problems: list[Problem] = field(factory=list)
    notes: list[str] = field(factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Pictures written a second."""
        return self.images / max(self.seconds, 1e-9)

    @property
    def exit_code(self) -> int:
        """0, or 3 where something was left out."""
        return exit_code(self.problems)

    def record(self) -> Record:
        """Returns: Everything but the time as a JSON object; two runs with the same result say the same."""
        counts = {
            "sources": self.sources,
            "sources_left_out": _sorted(self.sources_left_out),
            "images": self.images,
            "images_skipped": self.skipped,
            "source_annotations": self.rows,
            "source_annotations_left_out": _sorted(self.rows_left_out),
            "annotations_kept": self.kept,
            "annotations_cut": self.cut,
            "annotations_occluded": self.occluded,
            "annotations_dropped": _sorted(self.dropped),
            "annotations_corrected": {part: len(ids) for part, ids in sorted(self.corrected.items())},
            "problems": _sorted(Counter(problem.code for problem in self.problems)),
        }
        problems = [problem.record() for problem in self.problems]
        return {"counts": counts, "notes": self.notes, "problems": problems, "dropped": self.gone, "corrected": self.corrected}


def exit_code(problems: Iterable[Problem]) -> int:
    """Returns: 3 where a problem left something out, or else 0."""
    return 3 if any(problem.code not in MILD for problem in problems) else 0


def counted(number: int, noun: str) -> str:
    """Returns: ``1 picture``, ``2 pictures``, ``3 categories``, ``4 boxes``."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number} {plural}"


def assembled(out: Path, dataset: Dataset, copies: range, done: list[Done], notes: Iterable[str] = ()) -> tuple[Summary, Record]:
    """Number everything in the order of the source, and count.

    Args:
        out: The folder of the result.
        dataset: The source.
        copies: What was wanted of each picture.
        done: All jobs, those of one picture beside each other.
        notes: Remarks that come first.
    """
    summary = Summary(out, len(copies), problems=list(dataset.problems))
    summary.sources_left_out += dataset.images_left_out
    summary.rows_left_out += dataset.annotations_left_out
    summary.sources = len(dataset.images) + dataset.images_left_out.total()
    summary.rows = len(dataset.annotations) + dataset.annotations_left_out.total()
    images: list[Record] = []
    annotations: list[Record] = []
    for _, group in groupby(done, key=lambda one: one.job.image["id"]):
        results = list(group)
        _count_source(summary, results)
        for made in (made for result in results for made in result.made):
            images.append({**made.image, "id": len(images) + 1, "source_id": made.image["id"]})
            for row in made.annotations:
                annotations.append({**row, "id": len(annotations) + 1, "image_id": len(images), "source_id": row["id"]})
            _count_picture(summary, made)
    summary.images = len(images)
    summary.skipped = summary.sources * len(copies) - len(images)
    pictures = [made for result in done for made in result.made]
    turned = Counter(made.orientation for made in pictures)
    formats = Counter(made.format for made in pictures if made.format is not None)
    summary.notes = [*notes, *_corrections(summary.corrected), *_formats(formats), *_turned(turned), *_left_alone(dataset)]
    return summary, {**dataset.document(), "images": images, "annotations": annotations}


def _count_source(summary: Summary, results: list[Done]) -> None:
    """Count what the jobs of one picture left out."""
    job = results[0].job
    problems = list(dict.fromkeys(problem for result in results for problem in result.problems))  # jobs say the same of it
    summary.problems += problems
    made = sum(len(result.made) for result in results)
    if not made:
        summary.sources_left_out[next((problem.code for problem in problems if problem.annotation_id is None), "image-failed")] += 1
        if job.annotations:
            summary.rows_left_out["annotations-left-out"] += len(job.annotations)
        return
    faulty = [problem.code for problem in problems if problem.annotation_id is not None]
    summary.rows_left_out.update(faulty)
    usable = len(job.annotations) - len(faulty)
    if made < summary.copies and usable:
        summary.dropped["skipped"] += (summary.copies - made) * usable
    for part, ids in results[0].corrected.items():
        summary.corrected.setdefault(part, []).extend(ids)


def _count_picture(summary: Summary, made: Made) -> None:
    for fate, number in made.fates:
        if fate == "kept":
            summary.kept += 1
        elif fate == "cut":
            summary.cut += 1
        elif fate == "occluded":
            summary.occluded += 1
        else:
            summary.dropped[fate] += 1
            summary.gone.append({"reason": fate, "annotation_id": number, "image_id": made.image["id"], "copy": made.image["copy"]})


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _corrections(corrected: dict[str, list[Any]]) -> Iterator[str]:
    parts = [counted(len(corrected[part]), noun) for part, noun in (("area", "area"), ("bbox", "box")) if corrected.get(part)]
    if parts:
        one = sum(map(len, corrected.values())) == 1
        yield f"corrected {' and '.join(parts)} that contradicted {'its own shape' if one else 'their own shapes'}"


def _formats(formats: Counter[str]) -> Iterator[str]:
    for why, count in sorted(formats.items()):
        yield f"{counted(count, 'picture')} written as {why}"


def _turned(orientations: Counter[str]) -> Iterator[str]:
    if orientations["turned"]:
        yield f"{counted(orientations['turned'], 'picture')} turned upright by EXIF data, as the records state the turned size"
    if orientations["ignored"]:
        yield f"{counted(orientations['ignored'], 'picture')} not turned by EXIF data, as the records state the stored size"


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
