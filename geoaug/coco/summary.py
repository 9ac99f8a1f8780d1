"""What a run did: everything that came in is in the result, or is counted here with a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from attrs import define, field

from geoaug.coco.dataset import MILD
from geoaug.coco.document import Record
from geoaug.coco.jobs import Done
from geoaug.coco.plural import counted
from geoaug.coco.problems import Problem
from geoaug.coco.seen import Seen


@define
class Summary:
    """What a run did.

    Args:
        out: The folder of the result.
        wanted: Pictures that were wanted, of sources that cannot be used too.
        sources: Image records of the source, those that cannot be used among them.
        sources_left_out: Image records of which nothing was written, by the code of the reason.
        images: Pictures written.
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
        turned: How many pictures written were turned upright by their EXIF data, and how many not.
        formats: Why pictures are of another format than was asked for, and how many.
        unplaced: Pictures whose sources say where on earth they lie (GeoTIFF), which holds of them no more.
        seen: What is to be remarked of the source's records.
        again: Whether all of it stood there before, so that there was nothing to do.
        earlier: Pictures that an earlier run of the same settings had finished.
        seconds: From start to end.
    """

    out: Path
    wanted: int = 0
    sources: int = 0
    sources_left_out: Counter[str] = field(factory=Counter)
    images: int = 0
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
    turned: Counter[str] = field(factory=Counter)
    formats: Counter[str] = field(factory=Counter)
    unplaced: int = 0
    seen: Seen = field(factory=Seen)
    again: bool = False
    earlier: int = 0
    seconds: float = 0.0

    @property
    def skipped(self) -> int:
        """Pictures that were wanted and not written."""
        return self.wanted - self.images

    @property
    def rate(self) -> float:
        """Pictures written a second, without those of an earlier run."""
        return (self.images - self.earlier) / max(self.seconds, 1e-9)

    @property
    def exit_code(self) -> int:
        """0, or 3 where something was left out."""
        return 0 if self.again else exit_code(self.problems)

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


def count_source(summary: Summary, results: list[Done]) -> None:
    """Count what became of one source picture.

    Args:
        summary: What to add to.
        results: All copies that were wanted of it.
    """
    problems = list(dict.fromkeys(problem for result in results for problem in result.problems))  # copies say the same of it
    summary.problems += problems
    summary.seen = summary.seen.with_(results[0].seen)
    made = sum(result.made for result in results)
    asked = results[0].asked
    if not made:
        codes = [problem.code for problem in problems if problem.annotation_id is None and not problem.code.startswith(("panoptic-", "segment-"))]
        summary.sources_left_out[next(iter(codes), "image-failed")] += 1
        if asked:
            summary.rows_left_out["annotations-left-out"] += asked
        return
    faulty = [problem.code for problem in problems if problem.annotation_id is not None and problem.code not in MILD]
    summary.rows_left_out.update(faulty)
    summary.rows_left_out.update(results[0].lost)
    usable = asked - len(faulty) - sum(results[0].lost.values())
    if made < len(results) and usable:
        summary.dropped["skipped"] += (len(results) - made) * usable
    for part, ids in max((result.corrected for result in results), key=len).items():  # copies that move say more
        summary.corrected.setdefault(part, []).extend(ids)
    for result in results:
        _count_picture(summary, result)


def _count_picture(summary: Summary, result: Done) -> None:
    summary.images += result.made
    summary.kept += result.fates.get("kept", 0)
    summary.cut += result.fates.get("cut", 0)
    summary.occluded += result.fates.get("occluded", 0)
    for fate, number in result.gone:
        summary.dropped[fate] += 1
        summary.gone.append({"reason": fate, "annotation_id": number, "image_id": result.source_id, "copy": result.copy})
    if result.made:
        summary.turned[result.orientation] += 1
    summary.unplaced += result.unplaced
    if result.format is not None:
        summary.formats[result.format] += 1


def remarks(summary: Summary) -> Iterator[str]:
    """Returns: What is to be said of the result as a whole."""
    return chain(
        summary.seen.spellings(), _corrections(summary.corrected), _formats(summary.formats), _turned(summary.turned), _unplaced(summary.unplaced)
    )


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


def _unplaced(count: int) -> Iterator[str]:
    if count:
        yield f"{counted(count, 'picture')} without the place on earth that the source states (GeoTIFF), as the pixels were moved or changed"
