"""One job: a picture with some of its copies, read, augmented and written."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from attrs import define, field, frozen

from geoaug import files, headers
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record
from geoaug.coco.folder import IMAGES, TEMPORARY
from geoaug.coco.names import key_of, name_of, stems
from geoaug.coco.problems import Problem
from geoaug.compose import Compose
from geoaug.errors import DataError, DataTypeError, GeoaugError
from geoaug.types import Array

COPIES_A_JOB = 4  # few, so that one picture with many copies keeps all workers busy and Ctrl-C need not wait for long


@frozen
class Settings:
    """What every job needs to know."""

    images: Path
    out: Path
    pipeline: Compose
    seed: int
    format: str
    quality: int
    max_pixels: int


@frozen
class Job:
    """One picture and the copies to make of it; copy 0 is the picture itself."""

    number: int
    image: Record
    annotations: list[Record]
    stem: str
    copies: range


@frozen
class Made:
    """One picture of the result, its annotations still with the ids of the source.

    Args:
        image: Its record, without an id of its own.
        annotations: Those that are in it.
        fates: What became of each annotation that was put in, and its id.
        orientation: As in `files.Picture`.
        format: Why it is of another format than was asked for, if it is.
    """

    image: Record
    annotations: list[Record]
    fates: list[tuple[str, Any]]
    orientation: str
    format: str | None


@define
class Done:
    """What became of a job.

    Args:
        job: What was to be done.
        made: The copies that were written.
        problems: What was left out.
        corrected: Ids of annotations of which a part (``bbox``, ``area``) contradicted the shape.
    """

    job: Job
    made: list[Made] = field(factory=list)
    problems: list[Problem] = field(factory=list)
    corrected: dict[str, list[Any]] = field(factory=dict)

    def report(self, code: str, message: str, annotation_id: Any = None) -> None:
        """Add a problem with this job's picture."""
        image = self.job.image
        self.problems.append(Problem(code, message, image["id"], annotation_id, image["file_name"]))


def planned(dataset: Dataset, copies: range) -> list[Job]:
    """Returns: All jobs, those of one picture beside each other."""
    jobs: list[Job] = []
    for image, stem in zip(dataset.images, stems(dataset.images, copies), strict=True):
        for first in range(copies.start, copies.stop, COPIES_A_JOB):
            some = range(first, min(first + COPIES_A_JOB, copies.stop))
            jobs.append(Job(len(jobs), image, dataset.annotations_of(image["id"]), stem, some))
    return jobs


def work(settings: Settings, job: Job) -> Done:
    """Make the copies of one picture. Faults of data come back as problems, faults of the machine as OSError."""
    done = Done(job)
    try:
        place, picture = opened(settings.images, job.image, settings.max_pixels)
        rest = Rest.of(picture.pixels, job.annotations)
    except headers.FileProblem as problem:
        done.report(problem.code, str(problem))
        return done
    except MemoryError:
        done.report("image-memory", "there is not enough memory to read it; use fewer workers")
        return done
    except GeoaugError as error:  # pixels that nothing can be done with
        done.report("image-skipped", str(error))
        return done
    for code, message, number in rest.faults:
        done.report(code, message, number)
    done.corrected = rest.corrected
    for copy in job.copies:
        _attempt(settings, done, place, picture, rest, copy)
    return done


def opened(folder: Path, image: Record, max_pixels: int) -> tuple[Path, files.Picture]:
    """Returns: Where the picture of a record is, and the picture in the frame of its labels.

    Raises:
        FileProblem: It cannot be used; the message does not name it again.
    """
    size = (image["height"], image["width"]) if image.get("height") and image.get("width") else None
    try:
        place = files.safe_path(folder, image["file_name"])
        return place, files.read_image(place, size, max_pixels)
    except headers.FileProblem as problem:
        named = f"file {image['file_name']!r:.200} "
        raise headers.FileProblem(problem.code, str(problem).removeprefix(named)) from None


@frozen
class Rest:
    """A picture and its annotations where nothing moves: which ones can be used, and what had to be put right.

    Args:
        rows: Annotations that can be used.
        out: What an empty pipeline returns for them.
        faults: Code, message and id of the others.
        corrected: Ids of annotations of which a part contradicted the shape.
    """

    rows: list[Record]
    out: dict[str, Any]
    faults: list[tuple[str, str, Any]]
    corrected: dict[str, list[Any]]

    @classmethod
    def of(cls, pixels: Array, rows: list[Record]) -> Rest:
        """Look through the annotations, one by one as soon as the library refuses them together."""
        faults: list[tuple[str, str, Any]] = []
        try:
            out = _unmoved(pixels, rows)
        except (DataError, DataTypeError):
            rows = [row for row in rows if not _refused(pixels, row, faults)]
            out = _unmoved(pixels, rows)
        fates = out["fates"]
        if "degenerate" in fates:
            text = "its shape has no area; correct it or take the annotation out"
            faults += [("annotation-degenerate", text, row["id"]) for row, fate in zip(rows, fates, strict=True) if fate == "degenerate"]
            rows = [row for row, fate in zip(rows, fates, strict=True) if fate != "degenerate"]
            out["fates"] = [fate for fate in fates if fate != "degenerate"]
        return cls(rows, out, faults, _corrected(rows, out))


def _unmoved(pixels: Array, rows: list[Record]) -> dict[str, Any]:
    return Compose([], return_fates=True)(image=pixels, annotations=rows)  # which also puts boxes and areas right


def _refused(pixels: Array, row: Record, faults: list[tuple[str, str, Any]]) -> bool:
    try:
        _unmoved(pixels, [row])
    except (DataError, DataTypeError) as error:
        faults.append(("annotation-refused", str(error).removeprefix("annotations[0]").lstrip(":. "), row["id"]))
        return True
    return False


def _corrected(rows: list[Record], out: dict[str, Any]) -> dict[str, list[Any]]:
    """Ids of whole annotations with a box or an area other than that of their own shape."""
    stayed = [(row, fate) for row, fate in zip(rows, out["fates"], strict=True) if fate in ("kept", "cut")]
    found: dict[str, list[Any]] = {}
    for (row, fate), new in zip(stayed, out["annotations"], strict=True):
        for part in ("area", "bbox") if fate == "kept" and row.get("segmentation") else ():
            if row.get(part) is not None and row[part] != new[part]:
                found.setdefault(part, []).append(row["id"])
    return found


def _attempt(settings: Settings, done: Done, place: Path, picture: files.Picture, rest: Rest, copy: int) -> None:
    """Make one copy; what goes wrong with it costs this copy alone."""
    try:
        done.made.append(_written(settings, done, place, picture, copy, rest))
    except OSError:
        raise
    except GeoaugError as error:
        done.report("image-skipped", f"copy {copy}: {error}")
    except MemoryError:
        done.report("image-memory", f"copy {copy}: there is not enough memory for it; use fewer workers")
    except Exception as error:  # a fault of geoaug itself, or of OpenCV
        done.report("image-failed", f"copy {copy}: {type(error).__name__}: {error}"[:300])


def drawn(pipeline: Compose, pixels: Array, rest: Rest, seed: int, image_id: Any, copy: int) -> dict[str, Any]:
    """Returns: What a pipeline makes of one copy; copy 0, and one that the pipeline passes over, is the picture at rest."""
    if copy:
        out = pipeline(image=pixels, annotations=rest.rows, key=(seed, key_of(image_id), copy))
        if "fates" in out:
            return out
    return rest.out


def _written(settings: Settings, done: Done, place: Path, picture: files.Picture, copy: int, rest: Rest) -> Made:
    out = drawn(settings.pipeline, picture.pixels, rest, settings.seed, done.job.image["id"], copy)
    pixels = out["image"]
    height, width = pixels.shape[:2]
    if height * width > settings.max_pixels:
        raise DataError(f"its size would be {width} x {height}, more than {settings.max_pixels} pixels; raise max_pixels if that is meant")
    wanted = settings.format if copy and settings.format != "keep" else picture.format
    why = None
    if wanted == picture.format and _same(pixels, picture.pixels):
        name = _target(settings, done.job, copy, wanted)
        files.write_bytes(settings.out / IMAGES / name, files.read_bytes(place), settings.out / TEMPORARY)
    else:
        name, why = _encoded(settings, done.job, copy, pixels, wanted)
    image = {**done.job.image, "file_name": name, "width": width, "height": height, "copy": copy}
    fates = [(fate, row["id"]) for fate, row in zip(out["fates"], rest.rows, strict=True)]
    return Made(image, out["annotations"], fates, picture.orientation, why)


def _encoded(settings: Settings, job: Job, copy: int, pixels: Array, wanted: str) -> tuple[str, str | None]:
    """Write in the format that was asked for, or else in the nearest one that holds such pixels, and tell why."""
    first: DataError | None = None
    for format_ in dict.fromkeys((wanted, "png", "tif")):
        name = _target(settings, job, copy, format_)
        try:
            files.write_image(settings.out / IMAGES / name, pixels, format_, settings.quality, settings.out / TEMPORARY)
        except DataError as error:
            first = first or error
            continue
        return name, None if first is None else f"{format_}, as {str(first).partition(';')[0]}"
    assert first is not None
    raise first


def _target(settings: Settings, job: Job, copy: int, format_: str) -> str:
    """The name of a copy; the ending tells what is in the file, in the source's spelling where that is true."""
    ending = PurePosixPath(job.image["file_name"].replace("\\", "/")).suffix
    own = ending[1:].lower()
    if files.SPELLINGS.get(own, own) != format_ or len(os.fsencode(ending)) > 5:
        ending = f".{format_}"
    name = name_of(job.stem, copy) + ending
    (settings.out / IMAGES / name).parent.mkdir(parents=True, exist_ok=True)
    return name


def _same(one: Array, other: Array) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    # pictures that differ nearly always differ in a few pixels looked at first
    return bool(np.array_equal(one[::17, ::17], other[::17, ::17]) and np.array_equal(one, other))
