"""The report of a check: findings by kind, the worst first, each where it can be seen."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve

from geoaug import files
from geoaug.coco.check.verdict import REMARKS
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record
from geoaug.coco.plural import counted
from geoaug.coco.problems import Problem
from geoaug.coco.report.cells import Marks, Styles, cell
from geoaug.coco.report.content import Cell, Figure, Finding, Report, Strip
from geoaug.coco.report.counts import Table, apart, classes, histograms, places
from geoaug.coco.report.page import page
from geoaug.coco.report.sample import BUDGET, size_note, spread, weight
from geoaug.coco.report.words import LEFT_OUT, LOST, ODD, meaning
from geoaug.coco.together import without_twins

MOST_LINES = 100  # of one kind
EXAMPLES, MOST_EXAMPLES = 6, 60  # pictures of one kind, and of all
SAMPLE = 9  # pictures that show the data set as such


def check_report(
    dataset: Dataset,
    images: str | Path | None,
    problems: list[Problem],
    max_pixels: int = files.MAX_PIXELS,
    paths: Sequence[str | Path] = (),
    alone: str = "",
) -> str:
    """Show what a check found.

    Args:
        dataset: What was checked; of several files all of them, joined.
        images: Folder of the pictures; ``None`` shows the annotations on empty ground.
        problems: As from `check`.
        max_pixels: Larger pictures are not opened.
        paths: The files, where there are several.
        alone: Why ``dataset`` is the first of them alone; empty where it is all of them.

    Returns:
        One HTML page that needs nothing but itself.
    """
    paths = paths or [dataset.path]
    rows, dataset = len(dataset), without_twins(dataset, paths)
    folder = Path(images) if images is not None else None
    styles = Styles.of(dataset.categories)
    findings, spent = illustrated(grouped(problems, REMARKS), problems, dataset, folder, styles, max_pixels)
    table = Table.of(dataset)
    where = places(table, "all boxes")
    strip, chosen = _sample(dataset, table, folder, styles, max_pixels, BUDGET - spent)
    return page(
        Report(
            title=Path(paths[0]).name + (f" and {len(paths) - 1} more" if len(paths) > 1 else ""),
            lead=_lead(findings),
            facts=tuple(_facts(paths, images, f"{dataset.path.name} alone: {alone}" if alone else "")),
            figures=tuple(_figures(dataset, table, findings, rows, _where_from(len(paths), bool(alone)))),
            findings=findings,
            findings_title=_title(findings),
            quiet="Records, sizes, boxes, shapes and keypoints fit each other"
            + (", and the pictures fit their records." if images is not None else ". The pictures were not looked at."),
            classes=classes(None, table, styles),
            classes_note=apart(None, table, rows - table.count),
            histograms=histograms(None, table),
            places=(where,) if where is not None else (),
            strips=(strip,) if strip.cells else (),
            gallery=chosen,
            labels=("", "count"),
        )
    )


def grouped(problems: Iterable[Problem], remarks: Container[str] = ()) -> tuple[Finding, ...]:
    """Returns: Problems by code: the worst first, of equally bad ones the most frequent; remarks, told by their codes, come last."""
    by_code: dict[str, list[Problem]] = {}
    for problem in problems:
        by_code.setdefault(problem.code, []).append(problem)
    found = []
    for code, group in by_code.items():
        weight, sentence = meaning(code)
        lines = tuple((_where(problem), _what(problem)) for problem in group[:MOST_LINES])
        found.append(Finding(code, weight, len(group), sentence, lines, remark=code in remarks))
    return tuple(sorted(found, key=lambda one: (one.remark, -one.weight, -one.count, one.code)))


def _where(problem: Problem) -> str:
    parts = [f"annotation {problem.annotation_id}"] if problem.annotation_id is not None else []
    if problem.file_name is not None:
        parts.append(problem.file_name)
    elif problem.image_id is not None:
        parts.append(f"image {problem.image_id}")
    return " in ".join(parts) or "the file as a whole"


def _what(problem: Problem) -> str:
    """The message, without the file's name a second time."""
    text = problem.message
    for start in (f"file {problem.file_name!r} ", f"file_name {problem.file_name!r} "):
        text = text.removeprefix(start)
    return text


def files_told(paths: Sequence[str | Path]) -> str:
    """Returns: Names of files; their folder once, where they have one in common."""
    texts = [os.fspath(path) for path in paths]
    if len(texts) == 1:
        return texts[0]
    folders = {os.path.dirname(text) for text in texts}
    if len(folders) > 1 or folders == {""}:
        return ", ".join(texts)
    return f"{', '.join(map(os.path.basename, texts))} in {folders.pop()}"


def _counts(findings: tuple[Finding, ...]) -> tuple[int, int]:
    """How many findings and how many remarks there are."""
    return sum(one.count for one in findings if not one.remark), sum(one.count for one in findings if one.remark)


def _title(findings: tuple[Finding, ...]) -> str:
    every, remarks = _counts(findings)
    return "Findings and remarks" if every and remarks else "Remarks" if remarks else "Findings"


def _lead(findings: tuple[Finding, ...]) -> str:
    every, remarks = _counts(findings)
    text = (counted(every, "finding") if every else "No findings") + (f", {counted(remarks, 'remark')}." if remarks else ".")
    if not every:
        return text
    own = [one for one in findings if not one.remark]
    grave = sum(one.count for one in own if one.weight == LOST)
    harm = "a label wrong" if all(one.weight == ODD for one in own) else "anything unusable"
    if every == 1:
        return f"{text} The finding makes {'something unusable' if grave else harm.replace('a label', 'no label').replace('anything', 'nothing')}."
    if grave:
        return f"{text} {grave:,} of the findings {'makes' if grave == 1 else 'make'} something unusable."
    return f"{text} None of the findings makes {harm}."


def _where_from(number: int, alone: bool) -> str:
    return "" if number == 1 else f", in {'the first of ' if alone else ''}{number} files"


def _figures(dataset: Dataset, table: Table, findings: tuple[Finding, ...], rows: int, where: str) -> list[Figure]:
    every, remarks = _counts(findings)
    images_out = dataset.images_left_out.total()
    rows_out = dataset.annotations_left_out.total() + sum(one.count for one in findings if one.code in LEFT_OUT)
    labelled = sum(number > 0 for number in table.a_picture.values())
    said = f"of {counted(sum(not one.remark for one in findings), 'kind')}" if every else "sound"
    usable = f"{rows_out:,} unusable" if rows_out else "all usable"
    return [
        Figure(f"{len(dataset.images):,}", "pictures", f"{images_out:,} unusable" if images_out else f"{labelled:,} with annotations"),
        Figure(f"{rows:,}", "annotations", usable + where),
        Figure(f"{len(dataset.categories):,}", "categories", f"{sum(row['id'] in table.classes for row in dataset.categories):,} in use"),
        Figure(f"{every:,}", "findings", f"{said}, {counted(remarks, 'remark')}" if remarks else said, "bad" if every else "good"),
    ]


def _facts(paths: Sequence[str | Path], images: str | Path | None, shown: str) -> list[tuple[str, str]]:
    from geoaug import __version__

    told = [("Annotations", files_told(paths)), ("Pictures", str(images) if images is not None else "not looked at"), ("geoaug", __version__)]
    return [*told, *([("Shown", shown)] if shown else [])]


# --- pictures --------------------------------------------------------------------------------------------------------


def illustrated(
    findings: tuple[Finding, ...], problems: list[Problem], dataset: Dataset, folder: Path | None, styles: Styles, max_pixels: int
) -> tuple[tuple[Finding, ...], int]:
    """Returns: Findings with pictures of some of them, and the bytes that these take; the worst come first, and so get theirs."""
    by_code: dict[str, list[Problem]] = {}
    for problem in problems:
        by_code.setdefault(problem.code, []).append(problem)
    records = {image["id"]: image for image in dataset.images}
    spent = pictures = 0
    made = []
    for finding in findings:
        cells: list[Cell] = []
        for problem in _examples(by_code[finding.code], records):
            if pictures >= MOST_EXAMPLES or spent > BUDGET:
                break
            cells.append(_example(problem, records[problem.image_id], dataset, folder, styles, max_pixels))
            spent += weight(cells[-1])
            pictures += 1
        made.append(evolve(finding, cells=tuple(cells)))
    return tuple(made), spent


def _examples(group: list[Problem], records: dict[Any, Record]) -> list[Problem]:
    """Some problems that can be shown, of as many pictures as there are."""
    usable = [problem for problem in group if type(problem.image_id) in (int, str) and problem.image_id in records]
    first = {problem.image_id: problem for problem in reversed(usable)}
    each = [problem for problem in usable if first[problem.image_id] is problem]
    rest = [problem for problem in usable if first[problem.image_id] is not problem]
    return [*each, *rest][:EXAMPLES]


def _example(problem: Problem, image: Record, dataset: Dataset, folder: Path | None, styles: Styles, max_pixels: int) -> Cell:
    rows = dataset.annotations_of(image["id"])
    if problem.annotation_id is None:
        made, _ = cell(folder, image, rows, styles, max_pixels, title=_where(problem), note=_what(problem))
        return evolve(made, note="") if made.missing else made  # it says why itself
    concerned = next((row for row in rows if row["id"] == problem.annotation_id), None)
    marks = Marks((problem.annotation_id,), "found", alone=concerned is not None)
    made, _ = cell(folder, image, rows, styles, max_pixels, title=_where(problem), note=_what(problem), marks=marks, detail=concerned)
    return made


def _sample(dataset: Dataset, table: Table, folder: Path | None, styles: Styles, max_pixels: int, room: int) -> tuple[Strip, str]:
    """The data set as such: some pictures, evenly spread, those with annotations first."""
    full = [image for image in dataset.images if table.a_picture[image["id"]]]
    chosen = spread(full, SAMPLE)
    chosen += spread([image for image in dataset.images if not table.a_picture[image["id"]]], SAMPLE - len(chosen))
    cells: list[Cell] = []
    for image in chosen:
        rows = dataset.annotations_of(image["id"])
        made, _ = cell(folder, image, rows, styles, max_pixels, title=str(image["file_name"]), note=size_note(image, len(rows)))
        cells.append(made)
        room -= weight(made)
        if room < 0:
            break
    every = counted(len(dataset.images), "picture")
    text = f"{len(cells):,} of {every}, evenly spread." if len(cells) < len(dataset.images) else f"All {every}." if len(cells) > 1 else f"{every}."
    return Strip("", "", tuple(cells)), text
