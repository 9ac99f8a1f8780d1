"""A result of ``geoaug augment`` held against its source: every copy is made again from the plan that is stored beside it.

The plan and the pipeline's filters say where each label has to be and which ones are gone; the source picture, moved by the
same plan, says what each pixel has to be. A file with the very bytes that this machine would write is right. Where the bytes
differ, as another encoder's do, formats without loss have to hold the same pixels; of JPEG and WebP no tile of 16 x 16 pixels
may be off, on the average, by more than one grey level and the step in which the encoder stores means (`tolerance`): both have
rounded the same pixels to multiples of the same step.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field, frozen

from geoaug import files
from geoaug.coco.beside import Beside, said
from geoaug.coco.check.pictures import Pictures
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record, as_json, short
from geoaug.coco.folder import PLANS, REPORT
from geoaug.coco.jobs import Job, Settings
from geoaug.coco.panoptic import INFO, Panoptic, Segments, read_entry
from geoaug.coco.pipeline import prepared
from geoaug.coco.plural import counted
from geoaug.coco.problems import Problem
from geoaug.coco.records import size_of
from geoaug.coco.remote import is_address
from geoaug.coco.rest import Rest
from geoaug.coco.run import fingerprint
from geoaug.coco.spelling import respell
from geoaug.coco.together import PART, Part, outputs, part_of, read_all
from geoaug.coco.work import encoded_copy, stated_size, waiting
from geoaug.compose import Compose
from geoaug.errors import DataError, GeoaugError
from geoaug.headers import FileProblem, header_of
from geoaug.plan import Plan
from geoaug.serial import from_dict
from geoaug.types import Array

PLACE = 0.01  # px that a coordinate may be off: what another processor's arithmetic may change, with room to spare
SHARE = 1e-6  # the same of areas and other numbers, of what they are
TILE = 16  # px
LOSSY = ("jpg", "webp")
DEEPEST_LINE = 2**26  # bytes of one line of plans


@frozen
class Result:
    """What a run left beside its annotations.

    Args:
        folder: Of the result.
        settings: As its report tells them.
        version: Of the geoaug that made it.
        mark: Fingerprint of the run.
    """

    folder: Path
    settings: Record
    version: str = ""
    mark: str = ""

    @classmethod
    def beside(cls, annotations: str | Path) -> Result | None:
        """Returns: The result that a file is the annotations of; ``None`` where it is none."""
        folder = Path(annotations).resolve().parent
        try:
            report = json.loads(files.read_bytes(folder / REPORT, 2**31))
        except (FileProblem, ValueError, RecursionError):
            return None
        settings = report.get("settings") if isinstance(report, dict) and "geoaug" in report else None
        if not isinstance(settings, dict) or not (folder / PLANS).is_file():
            return None
        return cls(folder, settings, str(report["geoaug"]), str(report.get("fingerprint")))

    def made_from(self, annotations: Sequence[str | Path]) -> bool:
        """Returns: Whether files have the content that the run was made from."""
        values = {key: value for key, value in self.settings.items() if key not in ("annotations", "images")}
        return fingerprint(self.version, values, annotations) == self.mark

    def sources(self) -> list[str]:
        """Returns: Its annotation files, as they were typed; none where the report does not say."""
        given = self.settings.get("annotations")
        listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
        return listed if all(isinstance(one, str) for one in listed) else []

    def images(self) -> str | None:
        """Returns: The source's image folder, as it was typed."""
        given = self.settings.get("images")
        return given if isinstance(given, str) else None

    def plans(self) -> Iterator[Record]:
        """Returns: The lines of its plans, one by one; what is no such line is passed over."""
        with (self.folder / PLANS).open("rb") as lines:
            while raw := lines.readline(DEEPEST_LINE):
                try:
                    line = json.loads(raw)
                except (ValueError, RecursionError):
                    continue
                if isinstance(line, dict) and {"image_id", "source_id", "copy"} <= set(line):
                    yield line


@define
class Outcome:
    """What came of it.

    Args:
        problems: Labels and pixels that are not those of the replay.
        notes: What was replayed, and what could not be.
    """

    problems: list[Problem] = field(factory=list)
    notes: list[str] = field(factory=list)


def verify(
    results: Dataset | Panoptic | Sequence[Dataset | Panoptic],
    pictures: Pictures | None,
    source: str | Path | Sequence[str | Path] | None = None,
    source_images: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    max_pixels: int = files.MAX_PIXELS,
) -> Outcome | None:
    """Make every copy of a result again from its stored plan, and compare labels and pixels.

    Args:
        results: Annotation files of one result, as read by `check.read`.
        pictures: Where its pictures are; ``None`` compares labels alone.
        source: The annotations that it was made from, all files of them; those that the report names, from the current folder, when not given.
        source_images: Their image folder; likewise.
        progress: Called with the copies done and the copies in all.
        max_pixels: Larger pictures are not opened.

    Returns:
        What differs; ``None`` where the data set is no result of ``geoaug augment``.
    """
    every = [results] if isinstance(results, (Dataset, Panoptic)) else list(results)
    run = Result.beside(_plain(every[0]).path)
    if run is None:
        return None
    try:
        given = run.sources() if source is None else [source] if isinstance(source, (str, Path)) else list(source)
        return _Replay.of(run, every, pictures, given, source_images, max_pixels).all(progress)
    except _NotReplayed as reason:
        return Outcome(notes=[f"not replayed: {reason}"])


def _plain(one: Dataset | Panoptic) -> Dataset:
    return one.dataset if isinstance(one, Panoptic) else one


class _NotReplayed(Exception):
    """Why the source cannot be had."""


@define
class _Source:
    """A source picture, and what goes through a pipeline with it.

    Args:
        record: Of the picture.
        picture: None where none is opened.
        rest: Its annotations.
        beside: Its segments, and places in its records.
    """

    record: Record
    picture: files.FileSource | None
    rest: Rest
    beside: Beside


@define
class _Replay:
    """One pass over the copies of a result."""

    results: dict[int, Dataset | Panoptic]  # by their place among the source's files
    run: Result
    pictures: Pictures | None
    source: Dataset
    parts: list[Part]
    folder: Path | None
    settings: Settings
    images: dict[Any, Record]
    sources: dict[Any, Record]
    outcome: Outcome = field(factory=Outcome)
    left: Counter[str] = field(factory=Counter)
    last: _Source | None = None  # copies of one picture follow each other

    @classmethod
    def of(
        cls,
        run: Result,
        results: Sequence[Dataset | Panoptic],
        pictures: Pictures | None,
        given: Sequence[str | Path],
        folder: str | Path | None,
        max_pixels: int,
    ) -> _Replay:
        """Open what the result was made from.

        Raises:
            _NotReplayed: It is not there, or it is another one.
        """
        if not given:
            raise _NotReplayed("the report does not name the source; name it with --source")
        for where in given:
            if not os.path.isfile(where):
                raise _NotReplayed(f"the source {os.fspath(where)!r:.200} is not here; name it with --source and --source-images")
        if not run.made_from(given):
            named = " ".join(str(one) for one in given)
            raise _NotReplayed(f"{named!r:.200} is not what the run was made from, or has changed since; name that with --source")
        images = folder if folder is not None else run.images()
        place = _image_folder(images, bool(run.settings.get("labels_only")))
        try:
            names = [result_file(one) for one in results]
            known = outputs(given)
            placed = {known.index(name): one for name, one in zip(names, results, strict=True) if name in known}
            dataset, parts = read_all(given, max_pixels)
            pipeline = prepared(_pipeline(run.settings), dataset)
        except GeoaugError as error:
            raise _NotReplayed(str(error)) from None
        settings = Settings(
            place or Path(os.devnull),
            run.folder,
            pipeline,
            0,
            str(run.settings.get("image_format", "keep")),
            _quality(run.settings),
            max_pixels,
        )
        by_id = {image["id"]: image for one in placed.values() for image in _plain(one).images}
        sources = {image["id"]: image for image in dataset.images}
        return cls(placed, run, pictures, dataset, parts, place, settings, by_id, sources)

    def all(self, progress: Callable[[int, int], None] | None) -> Outcome:
        """Go through the plans."""
        total, done = len(self.images), 0
        waiting_for = dict(self.images)
        for line in self.run.plans():
            image = waiting_for.pop(line["image_id"], None) if type(line["image_id"]) in (int, str) else None
            if image is None:
                continue
            done += 1
            self._copy(image, line)
            if progress is not None:
                progress(done, total)
        for image in waiting_for.values():
            self._tell("replay-plan", "the result has no stored plan of this picture", image)
        self._conclude(total)
        return self.outcome

    def _conclude(self, total: int) -> None:
        replayed = total - self.left.total()
        what = "labels and pixels" if self.pictures is not None and self.folder is not None else "labels alone"
        self.outcome.notes.append(f"{counted(replayed, 'copy')} made again from {os.fspath(self.source.path)!r}: {what}")
        self.outcome.notes += [f"{counted(number, 'copy')} not made again: {why}" for why, number in sorted(self.left.items())]

    def _tell(self, code: str, message: str, image: Record, annotation_id: Any = None) -> None:
        self.outcome.problems.append(Problem(code, message, image["id"], annotation_id, image["file_name"]))

    # --- one copy ---

    def _copy(self, image: Record, line: Record) -> None:
        key = line["source_id"]
        record = self.sources.get(key) if type(key) in (int, str) else None
        if record is None or (image.get("source_id"), image.get("copy")) != (key, line["copy"]):
            self._tell("replay-source", f"source {short(key)} and copy {short(line['copy'])} of its plan do not fit it", image)
            return
        if line["copy"] and line.get("plan") is None:
            self.left["their plans hold pictures of others, or steps of a user's own, and are not stored"] += 1
            return
        try:
            source = self._opened(record)
        except FileProblem as problem:
            self.left[f"their source pictures cannot be used ({problem.code})"] += 1
            return
        try:
            outs = list(self._outs(line, source))
        except MemoryError:
            self._tell("replay-plan", "there is not enough memory for what the stored plan makes", image)
            return
        except Exception as error:  # a plan from a file may hold anything
            what = "" if isinstance(error, GeoaugError) else f"{type(error).__name__}: "
            self._tell("replay-plan", f"the stored plan cannot be carried out: {what}{error}"[:300], image)
            return
        differing = [list(self._differing(image, source, out, size)) for out, size in outs]
        best = min(range(len(outs)), key=lambda k: len(differing[k]))
        for code, message, number in differing[best]:
            self._tell(code, message, image, number)
        out, size = outs[best]
        if source.picture is not None and self.pictures is not None and size_of(image) == size:
            self._pixels(image, line, source.record, source.picture, out)

    def _opened(self, record: Record) -> _Source:
        """The source picture and what belongs to it, where nothing moves."""
        if self.last is None or self.last.record is not record:
            picture = None if self.folder is None else waiting(self.folder, record, self.settings.max_pixels)
            size = stated_size(record) if picture is None else picture.size
            beside = Beside.of(said(self.parts, record["id"]), size, self.settings.pipeline, self.settings.max_pixels)
            rows = [dict(row) for row in self.source.annotations_of(record["id"])]
            respell(rows)
            self.last = _Source(record, picture, Rest.of(size, rows), beside)
        return self.last

    def _outs(self, line: Record, source: _Source) -> Iterator[tuple[dict[str, Any], tuple[int, int]]]:
        """What the copy may be, with its size: a pipeline that passes over a picture leaves labels that contradict themselves as they came."""
        rest, picture, beside = source.rest, source.picture, source.beside
        still = {**rest.out, **({} if picture is None else {"image": picture}), **beside.data}
        if line.get("plan") is None:
            yield still, rest.size
            return
        plan = Plan.from_dict(line["plan"])
        largest = max([plan.source, *(leg.size for step in plan.steps for leg in step.legs)], key=lambda size: size[0] * size[1])
        if largest[0] * largest[1] > self.settings.max_pixels:
            raise DataError(f"it makes {largest[1]} x {largest[0]} pixels, more than max_pixels {self.settings.max_pixels}")
        given: dict[str, Any] = {"size": rest.size} if picture is None or self.pictures is None else {"image": picture}
        out = self.settings.pipeline.replay(plan, **given, annotations=rest.rows, **beside.data)
        yield rest.settled({**out, "plan": plan}), plan.size
        if not plan.steps:
            yield {**still, "annotations": list(rest.rows)}, rest.size

    # --- labels ---

    def _differing(self, image: Record, source: _Source, out: Mapping[str, Any], size: tuple[int, int]) -> Iterator[tuple[str, str, Any]]:
        if size_of(image) != size:
            text = f"stated {image.get('width')} x {image.get('height')}, the plan makes {size[1]} x {size[0]} (width x height)"
            yield "replay-size", text, None  # which nothing in it can fit
            return
        for part, one in self.results.items():
            if isinstance(one, Panoptic):
                yield from self._segments(image, one, source.beside.moved(dict(out)))
            else:
                yield from _labels(one.annotations_of(image["id"]), [row for row in out["annotations"] if part_of(row) == part])

    def _segments(self, image: Record, result: Panoptic, expected: Segments | None) -> Iterator[tuple[str, str, Any]]:
        """Hold the PNG file of a copy and its records against the replay."""
        entry = result.entry(image["id"])
        if entry is None or expected is None:
            if (entry is None) != (expected is None):
                yield "replay-missing" if entry is None else "replay-extra", "segments of the copy, or of its source, are not there", None
            return
        known = {info["id"]: info for info in entry.record[INFO]}
        for info in expected.infos:
            mine = known.pop(info["id"], None)
            if mine is None:
                yield "replay-missing", "the replay has this segment, the result has not", info["id"]
                continue
            for code, message in _differences(mine, info):
                yield code, message, info["id"]
        for number in known:
            yield "replay-extra", "the replay has no such segment", number
        seen = read_entry(entry, expected.ids.shape[:2], max_pixels=self.settings.max_pixels).segments
        if seen is not None:  # or else that was told already
            apart = int(np.count_nonzero(seen.ids != expected.ids))
            if apart:
                yield "replay-shape", f"{counted(apart, 'pixel')} of the PNG file belong to another segment in the replay", None

    # --- pixels ---

    def _pixels(self, image: Record, line: Record, record: Record, picture: files.FileSource, out: Mapping[str, Any]) -> None:
        assert self.pictures is not None
        try:
            data = self.pictures.data(image)
            header = header_of(data, self.settings.max_pixels)
        except FileProblem:  # which was told with its head
            return
        try:
            made = out["image"]
            pixels = made.pixels() if isinstance(made, files.FileSource) else made
            _, expected, _ = encoded_copy(self.settings, Job(0, record, "x", ()), line["copy"], picture, pixels)
            wanted = files.FileSource(expected, header_of(expected, self.settings.max_pixels), False)
        except GeoaugError as error:
            self._tell("replay-pixels", f"the replay makes no picture: {error}"[:300], image)
            return
        if data == expected:
            return
        try:
            found = files.FileSource(data, header, False).pixels()
        except FileProblem as problem:
            self._tell(problem.code, str(problem), image)
            return
        fault = pixels_differ(found, wanted.pixels(), tolerance(self.settings.quality) if wanted.header.format in LOSSY else 0.0)
        if fault is not None:
            self._tell("replay-pixels", f"{fault}: another picture, or one that was changed", image)


def tolerance(quality: int) -> float:
    """Returns: Grey levels by which a tile may be off on the average: 1, and the step of means at that quality of JPEG.

    Source: the tables of ITU-T T.81, annex K, scaled as by libjpeg; the mean of a block is stored in eighths of the first entry, 17 of colours.
    """
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    return 1.0 + max(1.0, (17 * scale + 50) // 100) / 8 * 2


def pixels_differ(found: Array, wanted: Array, most: float) -> str | None:
    """Compare two pictures.

    Args:
        found: One.
        wanted: The other.
        most: Grey levels by which a tile may be off on the average; 0 asks for the same pixels.

    Returns:
        What differs, or ``None``.
    """
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return f"{' x '.join(map(str, found.shape))} {found.dtype}, the replay makes {' x '.join(map(str, wanted.shape))} {wanted.dtype}"
    apart = np.abs(found.astype(np.float64) - wanted.astype(np.float64))
    if most == 0:
        count = int(np.count_nonzero(apart.reshape(*found.shape[:2], -1).max(axis=2)))
        return f"{counted(count, 'pixel')} differ from the replay, by up to {apart.max():g}" if count else None
    worst = _tiles(apart.reshape(*found.shape[:2], -1).mean(axis=2)).max()
    return f"pixels differ from the replay by {worst:.1f} levels in the worst tile, more than {most:.1f}" if worst > most else None


def _tiles(apart: Array) -> Array:
    """The means of tiles; those at the far edges are smaller."""
    rows, columns = (np.arange(0, side, TILE) for side in apart.shape)
    sums = np.add.reduceat(np.add.reduceat(apart, rows, axis=0), columns, axis=1)
    heights, widths = (np.diff(starts, append=side) for starts, side in zip((rows, columns), apart.shape, strict=True))
    means: Array = sums / np.outer(heights, widths)
    return means


# --- the parts of labels ------------------------------------------------------------------------------------------

PARTS = {"bbox": "replay-bbox", "segmentation": "replay-shape", "area": "replay-area", "keypoints": "replay-keypoints"}
OWN = ("id", "image_id", "source_id", PART)


def _labels(rows: list[Record], expected: list[Record]) -> Iterator[tuple[str, str, Any]]:
    """Hold labels against those of the replay, told by the ids of the source."""
    wanted: dict[Any, list[Record]] = {}
    for row in expected:
        wanted.setdefault(row["id"], []).append(row)
    for row in rows:
        there = wanted.get(row.get("source_id")) if type(row.get("source_id")) in (int, str) else None
        if not there:
            yield "replay-extra", f"the replay has no label of source annotation {short(row.get('source_id'))} here", row["id"]
            continue
        for code, message in _differences(row, json.loads(json.dumps(there.pop(0), default=as_json))):
            yield code, message, row["id"]
    for number, missing in wanted.items():
        if missing:
            yield "replay-missing", f"the replay has a label of source annotation {short(number)}, the result has none", None


def _differences(row: Record, expected: Record) -> Iterator[tuple[str, str]]:
    """Where a label is not the one of the replay."""
    for key in dict.fromkeys([*PARTS, *expected, *row]):
        if key in OWN or (key not in row and key not in expected):
            continue
        mine, true = row.get(key), expected.get(key)
        if _equal(mine, true, PLACE if key in ("bbox", "segmentation", "keypoints") else 0.0):
            continue
        code = PARTS.get(key, "replay-field")
        yield code, f"{key} is {short(mine)}, the replay's is {short(true)}{_distance(mine, true)}"


def _equal(one: Any, other: Any, most: float) -> bool:
    if one == other:
        return True
    if type(one) in (int, float) and type(other) in (int, float):
        return bool(abs(one - other) <= max(most, SHARE * max(abs(one), abs(other))))
    if type(one) is list and type(other) is list:
        return len(one) == len(other) and all(_equal(a, b, most) for a, b in zip(one, other, strict=True))
    return False


def _distance(one: Any, other: Any) -> str:
    """How far apart two lists of numbers are, in words."""
    try:
        apart = np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64))
    except (TypeError, ValueError):
        return ""
    return f", up to {apart.max():.2f} apart" if apart.ndim and apart.size else ""


def result_file(one: Dataset | Panoptic) -> str:
    """Returns: The name of an annotation file."""
    return _plain(one).path.name


def _pipeline(settings: Record) -> Compose:
    built = from_dict(settings["pipeline"])
    return built if isinstance(built, Compose) else Compose([built])


def _quality(settings: Record) -> int:
    given = settings.get("quality")
    return given if type(given) is int and 1 <= given <= 100 else 95


def _image_folder(given: str | Path | None, labels_only: bool) -> Path | None:
    """The source's image folder; ``None`` where the result was made without one."""
    if labels_only:
        return None
    if given is None or is_address(given):
        raise _NotReplayed("the source's pictures lie elsewhere; name a folder with --source-images")
    place = Path(given)
    if not os.path.isdir(place):
        raise _NotReplayed(f"the source's image folder {os.fspath(given)!r:.200} is not here; name it with --source-images")
    return place.resolve()
