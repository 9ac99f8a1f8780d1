"""What is done for a job: its picture read, augmented, written and noted down, copy by copy."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from attrs import evolve

from geoaug import files, headers
from geoaug.coco.beside import Beside, Lines, Sheet, fates_of, lines_of, records
from geoaug.coco.document import Record, as_json
from geoaug.coco.folder import GROWING, IMAGES, JOURNAL
from geoaug.coco.jobs import Done, Job, Settings
from geoaug.coco.journal import State, changed, mark_of, note
from geoaug.coco.names import key_of, name_of
from geoaug.coco.problems import Problem
from geoaug.coco.require import TRIES, Requirement, Unmet, drawn_until_met
from geoaug.coco.rest import STAY, Rest
from geoaug.coco.seen import Seen
from geoaug.coco.together import MARK, PART
from geoaug.compose import Compose
from geoaug.errors import DataError, GeoaugError
from geoaug.types import Array, Size


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
        return changed(files.path_within(folder, name))
    except headers.FileProblem:
        return None


def attempts(settings: Settings, job: Job) -> Iterator[Done]:
    """Make the copies of one picture; what goes wrong with one of them costs that one alone."""
    blank = Done(job.number, 0, job.image["id"], job.asked)
    try:
        picture = None if settings.labels_only else waiting(settings.images, job.image, settings.max_pixels)
        size = stated_size(job.image) if picture is None else picture.size
        beside = Beside.of(job.said, size, settings.pipeline, settings.max_pixels)
        given, found, spelled = job.rows()
        rest = Rest.of(size, given)
    except headers.FileProblem as problem:
        yield from _none(blank, job, problem.code, _placed(settings, str(problem)))
    except MemoryError:
        yield from _none(blank, job, "image-memory", "there is not enough memory to read it; use fewer workers", again=True)
    except GeoaugError as error:  # pixels that nothing can be done with
        yield from _none(blank, job, "image-skipped", str(error))
    else:
        faults = [*found, *(_problem(job, *fault) for fault in (*rest.faults, *beside.faults))]
        corrected = {part: [*rest.corrected.get(part, ()), *beside.corrected.get(part, ())] for part in {**rest.corrected, **beside.corrected}}
        seen = Seen.of(given, [one.image for one in job.said if one.image is not None], spelled)
        blank = evolve(blank, problems=faults, corrected=corrected, lost=beside.lost, seen=seen)
        for copy in job.copies:
            yield _attempt(settings, job, evolve(blank, copy=copy, problems=list(faults)), picture, rest, beside)


def _placed(settings: Settings, text: str) -> str:
    """A message with the address of the pictures for the folder that one was fetched to, which has another name each time."""
    return text if settings.remote is None else text.replace(repr(str(settings.images)), repr(settings.remote.address))


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
        return files.open_image(files.path_within(folder, image["file_name"]), size, max_pixels)
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


def _attempt(settings: Settings, job: Job, done: Done, picture: files.FileSource | None, rest: Rest, beside: Beside) -> Done:
    """Make one copy."""
    code, again = "image-skipped", False
    try:
        return _written(settings, job, done, picture, rest, beside)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        code, text = "image-path-long", "its path in the result would be longer than the system allows; choose a folder with a shorter name"
    except headers.FileProblem as problem:  # the picture itself, which nothing has read before
        return evolve(done, problems=[_problem(job, problem.code, _placed(settings, str(problem)))], corrected={}, lost={})
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
            return rest.settled(out)
    pixels = picture.pixels() if isinstance(picture, files.FileSource) else picture
    return {**rest.out, "image": pixels, "plan": None, "annotations": [*rest.out["annotations"], *beside.marks], **beside.data}


def _written(settings: Settings, job: Job, done: Done, picture: files.FileSource | None, rest: Rest, beside: Beside) -> Done:
    out = drawn(settings.pipeline, picture, rest, settings.seed, job.image["id"], done.copy, settings.require, settings.tries, beside)
    height, width = out["image"].shape[:2] if picture is not None else rest.size if out["plan"] is None else out["plan"].size
    if height * width > settings.max_pixels:
        raise DataError(f"its size would be {width} x {height}, more than {settings.max_pixels} pixels; raise max_pixels if that is meant")
    rows = lines_of([row for row in out["annotations"] if MARK not in row], len(job.said), fragment)
    if picture is None:
        name = _target(job, done.copy, settings.format if done.copy and settings.format != "keep" else _ending(job.image))
    else:
        name, data, why = encoded_copy(settings, job, done.copy, picture, out["image"])
        target = settings.out / IMAGES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(target, data, settings.out / GROWING, flush=False)
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
        corrected=done.corrected if out["plan"] is not None and not out["plan"].route.still else _areas(done.corrected),
    )


def _areas(corrected: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """What is put right where nothing moves."""
    return {part: ids for part, ids in corrected.items() if part == "area"}


COMPACT = json.JSONEncoder(allow_nan=False, separators=(",", ":"), default=as_json)


def _with_segments(settings: Settings, done: Done, sheet: Sheet, rows: list[Lines]) -> Done:
    """Write the file of the segments of a copy, and put their annotation among its rows."""
    number = 1 + max((number for lines in rows for number, _ in lines if number is not None), default=-1) if "id" in sheet.record else None
    rows[sheet.part].append((number, fragment(sheet.record)))
    target = settings.out / sheet.name
    target.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(target, sheet.data, settings.out / GROWING, flush=False)
    return evolve(done, beside=(sheet.name, len(sheet.data), mark_of(sheet.data)))


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
