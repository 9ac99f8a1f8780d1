"""One job: a picture with some of its copies, read, augmented, written and noted down."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from attrs import define, evolve, field, frozen

from geoaug import files, headers
from geoaug.coco.beside import Beside, Lines, Said, Sheet, fates_of, lines_of, records, said
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record, as_json
from geoaug.coco.folder import GROWING, IMAGES, JOURNAL
from geoaug.coco.journal import Stamp, State, changed, mark_of, note
from geoaug.coco.names import key_of, name_of, stems
from geoaug.coco.problems import Problem
from geoaug.coco.quota import Quota
from geoaug.coco.remote import Remote
from geoaug.coco.require import TRIES, Requirement, Unmet, drawn_until_met
from geoaug.coco.together import MARK, PART, Part
from geoaug.compose import Compose
from geoaug.errors import DataError, DataTypeError, GeoaugError
from geoaug.plan import Plan
from geoaug.targets.annotations import Read
from geoaug.types import Array, Size

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
        annotations: Its annotations, of all files.
        stem: Name of its copies, without number and ending.
        copies: Their numbers.
        said: What each annotation file says of it beside that.
    """

    number: int
    image: Record
    annotations: list[Record]
    stem: str
    copies: tuple[int, ...]
    said: tuple[Said, ...] = ()

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
    beside: tuple[str, int, str] | None = None

    @property
    def made(self) -> bool:
        """Whether there is a copy."""
        return bool(self.images)

    def body(self) -> Record:
        """Returns: What a journal keeps of it."""
        return {name: getattr(self, name) for name in KEPT} | {"problems": [problem.record() for problem in self.problems]}

    @classmethod
    def of(cls, at: tuple[int, int], body: Record) -> Done:
        """Returns: What a journal has kept."""
        return cls(*at, **{**body, "problems": [Problem(**one) for one in body["problems"]]})

    def stamp(self, source: State | None) -> Stamp:
        """Returns: The head of its line in a journal."""
        return Stamp((self.number, self.copy), source, self.name, self.size, self.mark, self.again, self.beside)


KEPT = ("source_id", "asked", "lost", "images", "rows", "fates", "gone", "corrected", "orientation", "format", "unplaced", "plan")


def planned(dataset: Dataset, parts: list[Part], wanted: Quota) -> list[Job]:
    """Returns: One job a picture, with all of its copies."""
    copies = [range(0 if wanted.originals else 1, wanted.copies[image["id"]] + 1) for image in dataset.images]
    named = zip(dataset.images, stems(dataset.images, copies), copies, strict=True)
    rows = dataset.annotations_of
    return [
        Job(number, image, rows(image["id"]), stem, tuple(numbers), said(parts, image["id"])) for number, (image, stem, numbers) in enumerate(named)
    ]


def portions(jobs: list[Job]) -> list[Job]:
    """Returns: The same jobs, none with more than a few copies."""
    return [evolve(job, copies=job.copies[k : k + COPIES_A_JOB]) for job in jobs for k in range(0, len(job.copies), COPIES_A_JOB)]


def work(settings: Settings, job: Job) -> int:
    """Make the copies of one picture, and note each as soon as its file stands there.

    Returns:
        How many copies were dealt with.

    Raises:
        OSError: A fault of the machine. Faults of data are noted with the copies.
    """
    source = source_state(settings, job)
    with (
        contextlib.nullcontext(settings.images)
        if settings.remote is None
        else settings.remote.brought(job.image["file_name"], settings.out / GROWING) as folder
    ):
        for done in attempts(evolve(settings, images=folder), job):
            note(settings.out / JOURNAL, done.stamp(source), done.body())
    return len(job.copies)


def source_state(settings: Settings, job: Job) -> State | None:
    """Returns: Bytes and time of change of a source picture, and of the file of its segments; ``None`` where none is opened or there is none."""
    if settings.labels_only:
        return None
    if settings.remote is not None:
        state: State | None = settings.remote.state(job.image["file_name"])
    else:
        state = _state_of(settings.images, job.image["file_name"])
    told = [_state_of(one.entry.folder, one.entry.record["file_name"]) for one in job.said if one.entry is not None]
    return None if state is None else sum((more for more in told if more is not None), state)


def _state_of(folder: Path, name: str) -> State | None:
    try:
        return changed(files.safe_path(folder, name))
    except headers.FileProblem:
        return None


def attempts(settings: Settings, job: Job) -> Iterator[Done]:
    """Make the copies of one picture; what goes wrong with one of them costs that one alone."""
    blank = Done(job.number, 0, job.image["id"], job.asked)
    try:
        picture = None if settings.labels_only else waiting(settings.images, job.image, settings.max_pixels)
        size = stated_size(job.image) if picture is None else picture.size
        beside = Beside.of(job.said, size, settings.pipeline, settings.max_pixels)
        rest = Rest.of(size, job.annotations)
    except headers.FileProblem as problem:
        yield from _none(blank, job, problem.code, str(problem))
    except MemoryError:
        yield from _none(blank, job, "image-memory", "there is not enough memory to read it; use fewer workers", again=True)
    except GeoaugError as error:  # pixels that nothing can be done with
        yield from _none(blank, job, "image-skipped", str(error))
    else:
        faults = [_problem(job, *fault) for fault in (*rest.faults, *beside.faults)]
        corrected = {part: [*rest.corrected.get(part, ()), *beside.corrected.get(part, ())] for part in {**rest.corrected, **beside.corrected}}
        blank = evolve(blank, problems=faults, corrected=corrected, lost=beside.lost)
        for copy in job.copies:
            yield _attempt(settings, job, evolve(blank, copy=copy, problems=list(faults)), picture, rest, beside)


def stated_size(image: Record) -> Size:
    """Returns: (height, width) that a record states; or a FileProblem is raised."""
    if not image.get("height") or not image.get("width"):
        raise headers.FileProblem("image-size-missing", "width and height are not stated, and no picture is opened")
    return image["height"], image["width"]


def killed(job: Job) -> Iterator[Done]:
    """Returns: What is to be said of a job that killed its process twice."""
    blank = Done(job.number, 0, job.image["id"], job.asked)
    text = "the process that worked on it was killed twice: a damaged picture, or no memory"
    return _none(blank, job, "worker-killed", text, again=True)


def _none(blank: Done, job: Job, code: str, message: str, again: bool = False) -> Iterator[Done]:
    """The same answer for all copies."""
    for copy in job.copies:
        yield evolve(blank, copy=copy, problems=[_problem(job, code, message)], again=again)


def _problem(job: Job, code: str, message: str, annotation_id: Any = None) -> Problem:
    return Problem(code, message, job.image["id"], annotation_id, job.image["file_name"])


def waiting(folder: Path, image: Record, max_pixels: int) -> files.FileSource:
    """Returns: The picture of a record in the frame of its labels, of which only the header was looked at.

    Raises:
        FileProblem: It cannot be used; the message does not name it again.
    """
    size = (image["height"], image["width"]) if image.get("height") and image.get("width") else None
    try:
        return files.open_image(files.safe_path(folder, image["file_name"]), size, max_pixels)
    except headers.FileProblem as problem:
        named = f"file {image['file_name']!r:.200} "
        raise headers.FileProblem(problem.code, str(problem).removeprefix(named)) from None


def opened(folder: Path, image: Record, max_pixels: int) -> tuple[Path, files.Picture]:
    """Returns: Where the picture of a record is, and the picture in the frame of its labels.

    Raises:
        FileProblem: It cannot be used; the message does not name it again.
    """
    source = waiting(folder, image, max_pixels)
    return files.safe_path(folder, image["file_name"]), source.picture()


@frozen
class Rest:
    """The annotations of a picture where nothing moves: which ones can be used, and what had to be put right.

    Args:
        size: (height, width) of the picture.
        rows: Annotations that can be used.
        out: What an empty pipeline returns for them.
        faults: Code, message and id of the others.
        corrected: Ids of annotations of which a part contradicted the shape.
    """

    size: Size
    rows: list[Record]
    out: dict[str, Any]
    faults: list[tuple[str, str, Any]]
    corrected: dict[str, list[Any]]

    @classmethod
    def of(cls, size: Size, rows: list[Record]) -> Rest:
        """Look through the annotations, one by one as soon as the library refuses them together."""
        faults: list[tuple[str, str, Any]] = []
        try:
            out = _unmoved(size, rows)
        except (DataError, DataTypeError):
            rows = [row for row in rows if not _refused(size, row, faults)]
            out = _unmoved(size, rows)
        fates = out["fates"]
        if "degenerate" in fates:
            text = "its shape has no area; correct it or take the annotation out"
            faults += [
                ("annotation-degenerate", _told_of(row, text), row["id"]) for row, fate in zip(rows, fates, strict=True) if fate == "degenerate"
            ]
            rows = [row for row, fate in zip(rows, fates, strict=True) if fate != "degenerate"]
            out["fates"] = [fate for fate in fates if fate != "degenerate"]
        read = out.pop("read")
        return cls(size, read if len(read) == len(rows) else Read(rows, size), out, faults, _corrected(rows, out))


def _unmoved(size: Size, rows: list[Record]) -> dict[str, Any]:
    read = Read(rows, size)
    annotations, _ = read.known.leave(Plan(size), None, None)  # which also puts boxes and areas right
    return {"annotations": annotations, "fates": list(read.known.fates), "read": read}


def _refused(size: Size, row: Record, faults: list[tuple[str, str, Any]]) -> bool:
    try:
        _unmoved(size, [row])
    except (DataError, DataTypeError) as error:
        faults.append(("annotation-refused", _told_of(row, str(error).removeprefix("annotations[0]").lstrip(":. ")), row["id"]))
        return True
    return False


def _told_of(row: Record, text: str) -> str:
    """A message about a row, which tells its file where that is not the first: another file may have a row of this id."""
    return f"file {row[PART] + 1} of the annotations: {text}" if PART in row else text


def _corrected(rows: list[Record], out: dict[str, Any]) -> dict[str, list[Any]]:
    """Ids of whole annotations with a box or an area other than that of their own shape."""
    stayed = [(row, fate) for row, fate in zip(rows, out["fates"], strict=True) if fate in ("kept", "cut")]
    found: dict[str, list[Any]] = {}
    for (row, fate), new in zip(stayed, out["annotations"], strict=True):
        for part in ("area", "bbox") if fate == "kept" and row.get("segmentation") else ():
            if row.get(part) is not None and row[part] != new[part]:
                found.setdefault(part, []).append(row["id"])
    return found


def _attempt(settings: Settings, job: Job, done: Done, picture: files.FileSource | None, rest: Rest, beside: Beside) -> Done:
    """Make one copy."""
    code, again = "image-skipped", False
    try:
        return _written(settings, job, done, picture, rest, beside)
    except OSError:
        raise
    except headers.FileProblem as problem:  # the picture itself, which nothing has read before
        return evolve(done, problems=[_problem(job, problem.code, str(problem))], corrected={}, lost={})
    except Unmet as error:
        code, text = "require-unmet", str(error)
    except GeoaugError as error:
        text = str(error)
    except MemoryError:
        code, text, again = "image-memory", "there is not enough memory for it; use fewer workers", True
    except Exception as error:  # a fault of geoaug itself, or of OpenCV
        code, text = "image-failed", f"{type(error).__name__}: {error}"[:300]
    return evolve(done, problems=[*done.problems, _problem(job, code, f"copy {done.copy}: {text}")], again=again)


def drawn(
    pipeline: Compose,
    picture: Array | files.FileSource | None,
    rest: Rest,
    seed: int,
    image_id: Any,
    copy: int,
    require: Requirement | None = None,
    tries: int = TRIES,
    beside: Beside | None = None,
) -> dict[str, Any]:
    """Returns: What a pipeline makes of one copy; copy 0, and one that the pipeline passes over, is the picture at rest."""
    beside = beside or Beside(())
    if copy:
        key, given = (seed, key_of(image_id), copy), {"size": rest.size} if picture is None else {"image": picture}
        data = {**given, "annotations": [*rest.rows, *beside.marks] if beside.marks else rest.rows, **beside.data}
        out = pipeline(**data, key=key) if require is None else drawn_until_met(pipeline, require, key, tries, **data)
        if "fates" in out:
            return out
    pixels = picture.pixels() if isinstance(picture, files.FileSource) else picture
    return {**rest.out, "image": pixels, "plan": None, "annotations": [*rest.out["annotations"], *beside.marks], **beside.data}


def _written(settings: Settings, job: Job, done: Done, picture: files.FileSource | None, rest: Rest, beside: Beside) -> Done:
    out = drawn(settings.pipeline, picture, rest, settings.seed, job.image["id"], done.copy, settings.require, settings.tries, beside)
    height, width = rest.size if out["plan"] is None else out["plan"].size
    if height * width > settings.max_pixels:
        raise DataError(f"its size would be {width} x {height}, more than {settings.max_pixels} pixels; raise max_pixels if that is meant")
    rows = lines_of([row for row in out["annotations"] if MARK not in row], len(job.said), fragment)
    if picture is None:
        name = _target(job, done.copy, settings.format if done.copy and settings.format != "keep" else _ending(job.image))
    else:
        name, data, why = encoded_copy(settings, job, done.copy, picture, out["image"])
        target = settings.out / IMAGES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(target, data, settings.out / GROWING)
        unplaced = picture.header.placed and data is not picture.data
        done = evolve(done, orientation=picture.orientation, format=why, unplaced=unplaced, name=name, mark=mark_of(data), size=len(data))
    same = {"file_name": name, "width": width, "height": height, "copy": done.copy, "source_id": job.image["id"]}
    told = records(beside, [row for row in out["annotations"] if MARK in row], same)
    segments = beside.moved(out)
    if segments is not None:
        done = _with_segments(settings, done, Sheet.of(beside, segments, name, not done.copy), rows)
    fates = [*zip(out["fates"][: len(rest.rows)], (row["id"] for row in rest.rows), strict=True), *fates_of(beside, segments)]
    return evolve(
        done,
        images=[None if record is None else fragment(record) for record in told],
        rows=rows,
        fates=dict(Counter(fate for fate, _ in fates)),
        gone=[(fate, number) for fate, number in fates if fate not in STAY],
        plan=_plan(out),
    )


COMPACT = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=as_json)


def _with_segments(settings: Settings, done: Done, sheet: Sheet, rows: list[Lines]) -> Done:
    """Write the file of the segments of a copy, and put their annotation among its rows."""
    number = 1 + max((number for lines in rows for number, _ in lines if number is not None), default=-1) if "id" in sheet.record else None
    rows[sheet.part].append((number, fragment(sheet.record)))
    target = settings.out / sheet.name
    target.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(target, sheet.data, settings.out / GROWING)
    return evolve(done, beside=(sheet.name, len(sheet.data), mark_of(sheet.data)))


STAY = ("kept", "cut", "occluded")


def fragment(record: Record) -> str:
    """Returns: A record as JSON without its opening, its id and the id of its picture, which are not known before the end.

    Raises:
        DataError: A value is not JSON.
    """
    rest = {key: value for key, value in record.items() if key not in ("id", "image_id", PART)}
    try:
        text = COMPACT.encode(rest)
    except (ValueError, TypeError, RecursionError) as error:
        raise DataError(f"annotation {record.get('id')!r} cannot be written as JSON: {error}") from None
    return f",{text[1:]}" if rest else "}"


def _plan(out: dict[str, Any]) -> Any:
    plan = out.get("plan")
    if plan is None:
        return None
    try:
        return plan.to_dict()
    except (GeoaugError, TypeError):  # pictures of others are in it, as in a mosaic, or a step of a user's own
        return None


def encoded_copy(settings: Settings, job: Job, copy: int, picture: files.FileSource, pixels: Array) -> tuple[str, bytes, str | None]:
    """Name and bytes of a copy, in the format that was asked for or else in the nearest one that holds such pixels, and why.

    A picture that did not change is its file, byte by byte.
    """
    own = picture.header.format
    wanted = settings.format if copy and settings.format != "keep" else own
    if wanted == own and pixels.shape[:2] == picture.size and _same(pixels, picture.pixels()):
        return _target(job, copy, wanted), picture.data, None
    first: DataError | None = None
    for format_ in dict.fromkeys((wanted, "png", "tif")):
        try:
            data = files.encoded(pixels, format_, settings.quality)
        except DataError as error:
            first = first or error
            continue
        return _target(job, copy, format_), data, None if first is None else f"{format_}, as {str(first).partition(';')[0]}"
    assert first is not None
    raise first


def _target(job: Job, copy: int, format_: str) -> str:
    """The name of a copy; the ending tells what is in the file, in the source's spelling where that is true."""
    ending = PurePosixPath(job.image["file_name"].replace("\\", "/")).suffix
    if _ending(job.image) != format_ or len(os.fsencode(ending)) > 5:
        ending = f".{format_}"
    return name_of(job.stem, copy) + ending


def _ending(image: Record) -> str:
    """The format that a file name claims."""
    own = PurePosixPath(image["file_name"].replace("\\", "/")).suffix[1:].lower()
    return files.SPELLINGS.get(own, own)


def _same(one: Array, other: Array) -> bool:
    if one is other:
        return True
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    # pictures that differ nearly always differ in a few pixels looked at first
    return bool(np.array_equal(one[::17, ::17], other[::17, ::17]) and np.array_equal(one, other))
