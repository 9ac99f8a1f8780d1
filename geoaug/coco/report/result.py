"""The report of a finished run: what went in, what came out, what was lost and why."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import define, field

from geoaug import files, headers
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record
from geoaug.coco.folder import ANNOTATIONS, IMAGES, REPORT
from geoaug.coco.plural import counted
from geoaug.coco.problems import Problem
from geoaug.coco.report.cells import Marks, Styles, cell
from geoaug.coco.report.checked import files_told, grouped, illustrated
from geoaug.coco.report.content import Cell, Figure, Part, Report, Strip
from geoaug.coco.report.counts import Table, apart, classes, histograms, places
from geoaug.coco.report.page import page
from geoaug.coco.report.sample import BUDGET, size_note, spread, weight
from geoaug.coco.report.words import fate
from geoaug.coco.together import read_all, without_twins
from geoaug.errors import CocoError
from geoaug.raster.shown import Limits

EMPTY = " The result holds no single pictures, so its annotations stand on empty ground."
MOST_STRIPS, WORST_STRIPS, MOST_COPIES = 16, 10, 3
LONGEST_REPORT = 2**31


def result_report(out: str | Path, source: Dataset | None = None, source_images: str | Path | None = None, max_pixels: int = files.MAX_PIXELS) -> str:
    """Tell what a run did, from what stands in its folder.

    Args:
        out: The folder of a finished run.
        source: The data set that went in; without it the page tells of the result alone.
        source_images: Folder that the source's file names start from; without it the sources are not shown.
        max_pixels: Larger pictures are not opened.

    Returns:
        One HTML page that needs nothing but itself.

    Raises:
        CocoError: There is no finished run in the folder.
    """
    folder = Path(out)
    pictures = Path(source_images) if source_images is not None else None
    told = _read(folder / REPORT)
    names = told.get("outputs") or [ANNOTATIONS]
    result, _ = read_all([folder / name for name in names], max_pixels)  # of several files all rows together
    run = _Run(folder, told, without_twins(result, names), source, pictures, max_pixels, len(result), len(names))
    return page(run.report())


def _read(place: Path) -> Record:
    try:
        found = json.loads(files.read_bytes(place, LONGEST_REPORT))
    except headers.FileProblem as problem:
        raise CocoError(f"{str(place)!r}: {problem}; it is written at the end of geoaug augment") from None
    except (ValueError, RecursionError):
        raise CocoError(f"{str(place)!r}: not JSON; it is written at the end of geoaug augment") from None
    if not isinstance(found, dict) or not isinstance(found.get("counts"), dict):
        raise CocoError(f"{str(place)!r}: tells of no finished run; run geoaug augment to its end")
    return found


@define
class _Run:
    folder: Path
    told: Record
    result: Dataset
    source: Dataset | None
    source_images: Path | None
    max_pixels: int
    rows: int  # of all files of the result, where a twin stands twice
    files: int
    before: Table | None = field(init=False)
    after: Table = field(init=False)
    styles: Styles = field(init=False)
    lost: dict[Any, dict[int, Counter[str]]] = field(init=False)  # by source image and copy: reasons

    def __attrs_post_init__(self) -> None:
        self.before = Table.of(self.source) if self.source is not None else None
        self.after = Table.of(self.result)
        self.styles = Styles.of(self.result.categories)
        self.lost = defaultdict(lambda: defaultdict(Counter))
        for row in self._lost_once():
            self.lost[row["image_id"]][row["copy"]][str(row.get("reason"))] += 1

    def report(self) -> Report:
        settings = self.told.get("settings") or {}
        problems = [_problem(row) for row in self.told.get("problems") or () if isinstance(row, dict)]
        maps = [places(self.before, "source")] if self.before is not None else []
        maps.append(places(self.after, "result"))
        findings, spent = grouped(problems), 0
        if self.source is not None and self.source_images is not None:
            findings, spent = illustrated(findings, problems, self.source, self.source_images, self.styles, self.max_pixels)
        strips, chosen = self._strips(problems, spent)
        return Report(
            title=self.folder.resolve().name or "result",
            lead=self._lead(),
            facts=tuple(_facts(self.told, settings)),
            figures=tuple(self._figures(len(problems))),
            findings=findings,
            findings_title="Left out or put right",
            quiet="Every picture and every annotation of the source could be used.",
            fates=self._fates(),
            fates_note="Each annotation once for each copy." if self.files == 1 else "Each annotation of each file once for each copy.",
            lost=tuple(self._losses()),
            notes=tuple(str(note) for note in self.told.get("notes") or ()),
            classes=classes(self.before, self.after, self.styles),
            classes_note=apart(self.before, self.after, self.rows - self.after.count),
            histograms=histograms(self.before, self.after),
            places=tuple(one for one in maps if one is not None),
            strips=strips,
            gallery=chosen,
            settings=json.dumps(settings, indent=2, ensure_ascii=False),
        )

    # numbers

    def _count(self, key: str) -> int:
        value = self.told["counts"].get(key, 0)
        return value if type(value) is int else 0

    def _counts(self, key: str) -> dict[str, int]:
        value = self.told["counts"].get(key)
        return {name: count for name, count in value.items() if type(count) is int} if isinstance(value, dict) else {}

    def _dropped(self) -> list[Record]:
        """What went, as far as it is told in full."""
        keys = ("annotation_id", "image_id", "copy")
        rows = self.told.get("dropped") or ()
        return [row for row in rows if isinstance(row, dict) and all(type(row.get(key)) in (int, str) for key in keys)]

    def _lost_once(self) -> Iterator[Record]:
        """What went, an object once that two files have; as the pictures show it."""
        once: set[tuple[Any, ...]] = set()
        owners: dict[Any, Counter[Any]] = {}
        for row in self._dropped():
            number, image_id = row["annotation_id"], row["image_id"]
            if self.files > 1 and self.source is not None:
                own = owners.setdefault(image_id, Counter(one["id"] for one in self.source.annotations_of(image_id)))
                key = (image_id, row["copy"], number)
                if key in once and own[number] < 2:  # two objects of one id are of two files that count from 1 each
                    continue
                once.add(key)
            yield row

    def _by_picture(self) -> dict[Any, list[Record]]:
        groups: dict[Any, list[Record]] = defaultdict(list)
        for row in self._dropped():
            groups[row["image_id"]].append(row)
        return groups

    @property
    def _came_through(self) -> int:
        return self._count("annotations_kept") + self._count("annotations_cut") + self._count("annotations_occluded")

    def _lead(self) -> str:
        lost = sum(self._counts("annotations_dropped").values())
        text = f"{counted(self._count('images'), 'picture')} from {counted(self._count('sources'), 'source')}. "
        text += f"{self._came_through:,} of {counted(self._came_through + lost, 'annotation')} came through"
        cut = self._count("annotations_cut")
        return text + (f", {cut:,} of them cut at the border." if cut else ".")

    def _figures(self, problems: int) -> list[Figure]:
        lost = sum(self._counts("annotations_dropped").values())
        every = max(self._came_through + lost, 1)
        skipped = self._count("images_skipped")
        before = self._count("source_annotations")
        return [
            Figure(f"{self._count('images'):,}", "pictures", f"from {self._count('sources'):,}" + (f", {skipped:,} skipped" if skipped else "")),
            Figure(f"{self.rows:,}", "annotations", f"from {before:,}" + (f" in {self.files} files" if self.files > 1 else "")),
            Figure(_share(self._count("annotations_kept"), every), "came through whole", f"{self._count('annotations_kept'):,} of {every:,}"),
            Figure(f"{lost:,}", "dropped", f"{_share(lost, every)} of all"),
            Figure(f"{problems:,}", "left out or put right", "nothing to look at" if not problems else "see below", "bad" if problems else "good"),
        ]

    def _fates(self) -> tuple[Part, ...]:
        parts = [
            Part("whole", self._count("annotations_kept"), "whole"),
            Part("cut at the border", self._count("annotations_cut"), "cut"),
            Part("partly covered", self._count("annotations_occluded"), "covered"),
        ]
        reasons = sorted(self._counts("annotations_dropped").items(), key=lambda item: -item[1])
        parts += [Part(fate(reason)[0].lower(), count, f"gone{k % 3}") for k, (reason, count) in enumerate(reasons)]
        return tuple(part for part in parts if part.count)

    def _losses(self) -> list[tuple[str, int, str, str]]:
        """Reasons with the classes concerned."""
        by_reason: dict[str, Counter[str]] = defaultdict(Counter)
        for image_id, rows in self._by_picture().items():
            owners = self.source.annotations_of(image_id) if self.source is not None else []
            names = {row["id"]: self.styles.name(row) for row in owners}
            for row in rows:
                if row["annotation_id"] in names:
                    by_reason[str(row.get("reason"))][names[row["annotation_id"]]] += 1
        found = []
        for reason, count in sorted(self._counts("annotations_dropped").items(), key=lambda item: -item[1]):
            most = by_reason[reason].most_common(8)
            rest = len(by_reason[reason]) - len(most)
            listed = ", ".join(f"{name} {number:,}" for name, number in most) + (f" and {rest} more" if rest else "")
            found.append((fate(reason)[0], count, fate(reason)[1], listed))
        return found

    # pictures

    def _strips(self, problems: list[Problem], spent: int) -> tuple[tuple[Strip, ...], str]:
        copies: dict[Any, list[Record]] = {}
        for image in self.result.images:
            copies.setdefault(_source_id(image), []).append(image)
        sources = {image["id"]: image for image in self.source.images} if self.source is not None else {}
        troubled = Counter(problem.image_id for problem in problems if type(problem.image_id) in (int, str))
        order, worst = self._chosen(copies, troubled)
        strips: list[Strip] = []
        for number in order:
            strips.append(self._strip(sources.get(number), copies[number], troubled[number]))
            spent += sum(weight(one) for one in strips[-1].cells)
            if spent > BUDGET:
                break
        return tuple(strips), _choice(len(strips), len(copies), worst) + ("" if self.pictures else EMPTY)

    @property
    def pictures(self) -> Path | None:
        """Where the pictures of the result are, if it has any of its own."""
        return self.folder / IMAGES if (self.folder / IMAGES).is_dir() else None

    def _chosen(self, copies: dict[Any, list[Record]], troubled: Counter[Any]) -> tuple[list[Any], int]:
        """Ids of sources: the worst, then some of the others, evenly spread, those with annotations before the empty ones."""
        score = {number: (troubled[number], self._share_lost(number)) for number in copies}
        worst = sorted((number for number in copies if any(score[number])), key=lambda number: score[number], reverse=True)[:WORST_STRIPS]
        taken = set(worst)
        others = [number for number in copies if number not in taken]
        full = [number for number in others if any(self.after.a_picture[image["id"]] for image in copies[number])]
        taken = set(full)
        room = MOST_STRIPS - len(worst)
        sample = spread(full, room)
        return [*worst, *sample, *spread([number for number in others if number not in taken], room - len(sample))], len(worst)

    def _share_lost(self, number: Any) -> float:
        lost = sum(reasons.total() for reasons in self.lost[number].values()) if number in self.lost else 0
        return lost / max(self.before.a_picture.get(number, 0), 1) if self.before is not None else float(lost)

    def _strip(self, source: Record | None, images: list[Record], troubles: int) -> Strip:
        """A source beside the copies that lost most."""
        lost = self.lost.get(_source_id(images[0]), {})
        shown = sorted(images, key=lambda image: -lost.get(_copy(image), Counter()).total())[:MOST_COPIES]
        first, between = self._source_cell(source) if source is not None else (None, None)
        cells = [self._copy_cell(image, lost.get(_copy(image), Counter()), between) for image in sorted(shown, key=_copy)]
        rows = [row for image in shown for row in self.result.annotations_of(image["id"])]
        rows += self.source.annotations_of(source["id"]) if source is not None and self.source is not None else []
        more = len(images) - len(shown)
        notes = (
            f"{counted(troubles, 'finding')} at the source" if troubles else "",
            f"{sum(reasons.total() for reasons in lost.values())} dropped in {counted(len(images), 'copy')}" if lost else "",
            f"{more} more {'copy' if more == 1 else 'copies'} not shown" if more else "",
        )
        return Strip(
            title=str(source["file_name"] if source is not None else images[0]["file_name"]),
            note=" · ".join(note for note in notes if note),
            cells=tuple(cells if first is None else [first, *cells]),
            classes=tuple(sorted({self.styles.name(row) for row in rows if "category_id" in row})),
        )

    def _source_cell(self, image: Record) -> tuple[Cell | None, Limits | None]:
        """The source, in which everything is dashed that a copy lost."""
        if self.source is None or self.source_images is None:
            return None, None
        rows = self.source.annotations_of(image["id"])
        gone = {row["annotation_id"] for row in self._dropped() if row["image_id"] == image["id"]}
        marks = Marks(gone, "lost")
        return cell(self.source_images, image, rows, self.styles, self.max_pixels, title="source", note=size_note(image, len(rows)), marks=marks)

    def _copy_cell(self, image: Record, reasons: Counter[str], between: Limits | None) -> Cell:
        rows = self.result.annotations_of(image["id"])
        loss = ", ".join(f"{fate(reason)[0].lower()} {count}" for reason, count in reasons.most_common())
        return cell(
            self.pictures,
            image,
            rows,
            self.styles,
            self.max_pixels,
            title=f"copy {_copy(image)}" if _copy(image) else "original",
            note=size_note(image, len(rows)),
            loss=f"{reasons.total()} dropped: {loss}" if loss else "",
            between=between,
        )[0]


def _source_id(image: Record) -> Any:
    value = image.get("source_id")
    return value if type(value) in (int, str) else None


def _copy(image: Record) -> int:
    value = image.get("copy")
    return value if type(value) is int else 0


def _choice(shown: int, every: int, worst: int) -> str:
    """How the sources of the gallery were chosen."""
    if shown < every:
        return f"{shown:,} of {every:,} sources: {'those with the greatest losses first, then an even sample' if worst else 'an even sample'}."
    if every == 1:
        return "The source."
    return "All sources, those with the greatest losses first." if worst else "All sources."


def _share(part: int, whole: int) -> str:
    share = 100 * part / whole
    return f"{share:.0f} %" if share in (0, 100) or 10 <= share <= 99 else f"{share:.1f} %"


def _problem(row: Record) -> Problem:
    name = row.get("file_name")
    return Problem(str(row.get("code")), str(row.get("message")), row.get("image_id"), row.get("annotation_id"), None if name is None else str(name))


def _facts(told: Record, settings: Record) -> list[tuple[str, str]]:
    names = (
        ("annotations", "Annotations"), ("images", "Pictures"), ("copies", "Copies"), ("seed", "Seed"), ("image_format", "Format"),
        ("keep_originals", "Originals"),
    )  # fmt: skip
    words = {True: "kept", False: "left out"}
    found = [(label, words[value] if type(value := settings[key]) is bool else str(value)) for key, label in names if key in settings]
    several = settings.get("annotations")
    if isinstance(several, list) and several:
        found[0] = ("Annotations", files_told(list(map(str, several))))
    return [*found, ("geoaug", str(told.get("geoaug", "?")))]
