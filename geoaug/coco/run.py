"""Offline augmentation: a COCO data set in, a larger one out.

A job is one picture with some of its copies. What is drawn depends on (seed, image id, copy) and on nothing else, names
are settled before any work, and numbers are given at the end in the order of the source; so the number of workers, the
order in which they finish and the other pictures of the set cannot be seen in the result.
"""

from __future__ import annotations

import contextlib
import copy as copying
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
from attrs import define, field, frozen

from geoaug import files
from geoaug.coco.dataset import MILD, Dataset, flip_pairs, load, save
from geoaug.coco.document import Record
from geoaug.coco.pipeline import builtin_pipeline, read_pipeline
from geoaug.coco.problems import Problem
from geoaug.compose import Compose
from geoaug.errors import DataError, DataTypeError, GeoaugError, ParameterError
from geoaug.randomness import parse_seed
from geoaug.serial import to_dict
from geoaug.types import Array

ANNOTATIONS, IMAGES, REPORT, TEMPORARY = "annotations.json", "images", "geoaug-report.json", ".geoaug"
FORMATS = ("keep", "png", "jpg")
MOST_WORKERS = 256
COPIES_A_JOB = 4  # few, so that one picture with many copies keeps all workers busy and Ctrl-C need not wait for long
LONGEST_NAME = 200  # bytes of a part of a path; file systems end at 255, and "_<copy>.<ending>" is still to come
HARMLESS = MILD | {"image-format"}  # findings after which nothing is missing from the result

Progress = Callable[[int, int], None]


class Refused(ParameterError):
    """The run was refused before any work, and nothing was changed."""


@define
class Summary:
    """What a run did.

    Args:
        out: The folder of the result.
        images: Pictures written.
        skipped: Pictures (copies counted one by one) that should have been written and were not.
        kept: Annotations that came through whole.
        cut: Annotations that came through and were cut at the border.
        dropped: How many annotations went, by reason: ``outside``, ``small``, ``degenerate``.
        problems: Everything that was left out or put right, by name.
        notes: Remarks on the result as a whole.
        seconds: From start to end.
    """

    out: Path
    images: int = 0
    skipped: int = 0
    kept: int = 0
    cut: int = 0
    dropped: Counter[str] = field(factory=Counter)
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
        return 3 if any(problem.code not in HARMLESS for problem in self.problems) else 0


@frozen
class _Settings:
    """What every job needs to know."""

    images: Path
    out: Path
    pipeline: Compose
    seed: int
    format: str
    quality: int
    max_pixels: int


@frozen
class _Job:
    """One picture and the copies to make of it; copy 0 is the picture itself."""

    number: int
    image: Record
    annotations: list[Record]
    stem: str
    copies: range


@frozen
class _Made:
    """One picture of the result, its annotations still with the ids of the source."""

    image: Record
    annotations: list[Record]
    fates: list[str]
    orientation: str


@define
class _Done:
    """What became of a job."""

    job: _Job
    made: list[_Made] = field(factory=list)
    problems: list[Problem] = field(factory=list)

    def report(self, code: str, message: str, annotation_id: Any = None) -> None:
        image = self.job.image
        self.problems.append(Problem(code, message, image["id"], annotation_id, image["file_name"]))


def augment(
    annotations: str | Path,
    images: str | Path,
    out: str | Path,
    pipeline: Compose | str | Path | None = None,
    copies: int = 1,
    seed: int = 0,
    workers: int = 1,
    keep_originals: bool = False,
    image_format: str = "keep",
    overwrite: bool = False,
    quality: int = 95,
    max_pixels: int = files.MAX_PIXELS,
    progress: Progress | None = None,
) -> Summary:
    """Write an augmented copy of a COCO data set.

    Args:
        annotations: The COCO file of the source.
        images: Folder that its file names start from.
        out: Folder of the result, new or empty: ``annotations.json``, ``images/``, ``geoaug-report.json``.
        pipeline: What to do, or a file that says so; the built-in pipeline when not given.
        copies: Augmented copies of each picture.
        seed: The same seed makes the same bytes, whatever the number of workers.
        workers: Processes, 1 to 256. With more than one, call from under ``if __name__ == "__main__":``.
        keep_originals: Put the pictures themselves into the result too, byte by byte, as copy 0.
        image_format: ``"keep"``, ``"png"`` or ``"jpg"``.
        overwrite: Clear ``out`` first, provided that geoaug wrote it.
        quality: Of JPEG, 1 to 100.
        max_pixels: Larger pictures are left out.
        progress: Called with the pictures done and the pictures in all.

    Returns:
        What was written, and what was left out.

    Raises:
        Refused: A wrong argument, or a folder that must not be written to; nothing was changed.
        ParameterError: The pipeline cannot be used; nothing was changed.
        CocoError: The annotations cannot be used at all; nothing was changed.
        OSError: The disk is full, or the folder cannot be written.
    """
    started = time.monotonic()
    _check_numbers(copies, seed, workers, keep_originals, image_format, quality, max_pixels)
    chosen = _pipeline(pipeline)
    source, target = _folder(images), Path(out).resolve()
    inputs = [Path(annotations).resolve()] + ([Path(pipeline).resolve()] if isinstance(pipeline, (str, Path)) else [])
    _check_out(target, source, inputs, overwrite)
    dataset = load(annotations, max_pixels)
    settings = _Settings(source, target, prepared(chosen, dataset), seed, image_format, quality, max_pixels)
    jobs = planned(dataset, range(0 if keep_originals else 1, copies + 1))
    head = _head(settings, annotations, images, copies, keep_originals)

    try:
        _start_folder(target, head)
        done = _all_done(settings, jobs, workers, progress)
        summary, document = _assembled(target, dataset, done)
        _save(target, head, summary, document)
    finally:
        shutil.rmtree(target / TEMPORARY, ignore_errors=True)
    summary.seconds = time.monotonic() - started
    return summary


# --- before any work -------------------------------------------------------------------------------------------------


def _check_numbers(copies: Any, seed: Any, workers: Any, keep_originals: bool, image_format: Any, quality: Any, max_pixels: Any) -> None:
    for name, value, low, high in (
        ("copies", copies, 0, 1_000_000),
        ("workers", workers, 1, MOST_WORKERS),
        ("quality", quality, 1, 100),
        ("max_pixels", max_pixels, 1, 2**31),
    ):
        if type(value) is not int or not low <= value <= high:
            raise Refused(f"{name}: expected a whole number from {low} to {high}, got {value!r}")
    if copies == 0 and not keep_originals:
        raise Refused("copies: 0 makes an empty data set; ask for at least 1, or keep the originals")
    if image_format not in FORMATS:
        raise Refused(f"image_format: expected {', '.join(FORMATS)}, got {image_format!r}")
    if parse_seed(seed) is None:
        raise Refused("seed: expected a whole number of at least 0, got None")


def _pipeline(given: Compose | str | Path | None) -> Compose:
    if given is None:
        return builtin_pipeline()
    if isinstance(given, (str, Path)):
        return read_pipeline(given)
    if not isinstance(given, Compose):
        raise Refused(f"pipeline: expected a Compose or the name of a file, got {type(given).__name__}")
    return given


def prepared(pipeline: Compose, dataset: Dataset) -> Compose:
    """Returns: A copy of a pipeline that tells fates, and swaps left and right as the data set's categories say."""
    ready = copying.copy(pipeline)
    ready.return_fates, ready.return_plan, ready.return_matrix = True, False, False
    ready.flip_pairs = ready.flip_pairs or flip_pairs(dataset.categories)
    return ready


def _folder(images: str | Path) -> Path:
    place = Path(images)
    if not place.is_dir():
        what = "is not a folder" if place.exists() else "does not exist"
        raise Refused(f"images: {str(images)!r} {what}; name the folder that the file names start from")
    return place.resolve()


def _check_out(out: Path, images: Path, inputs: list[Path], overwrite: bool) -> None:
    """Refuse a folder in which something could be lost."""
    name = repr(str(out))
    if out == images or out.is_relative_to(images) or images.is_relative_to(out):
        raise Refused(f"out: {name} overlaps with the image folder {str(images)!r}; choose a folder beside it")
    for place in inputs:
        if place.is_relative_to(out):
            raise Refused(f"out: {name} holds the input {place.name!r}; choose another folder")
    if not os.path.lexists(out):
        return
    if not out.is_dir():
        raise Refused(f"out: {name} is not a folder; choose another name")
    entries = {entry.name for entry in out.iterdir()}
    if not entries:
        return
    if not overwrite:
        state = "is not empty"
        if REPORT in entries and ANNOTATIONS not in entries:
            state = "holds a run that did not finish"
        raise Refused(f"out: {name} {state}; choose another folder, or clear a result of geoaug with --overwrite")
    _check_ours(out, entries)


def _check_ours(out: Path, entries: set[str]) -> None:
    """Refuse to clear a folder that geoaug did not write, or that somebody has put something into."""
    try:
        ours = "geoaug" in json.loads(files.read_bytes(out / REPORT, 2**28))
    except (files.FileProblem, ValueError, TypeError, RecursionError):
        ours = False
    strange = sorted(entries - {ANNOTATIONS, IMAGES, REPORT, TEMPORARY})
    if not ours or strange:
        why = f"holds {strange[0]!r}, which geoaug did not write" if strange else f"has no {REPORT} of geoaug"
        raise Refused(f"out: {str(out)!r} {why}, so it is not cleared; choose another folder")
    for name in (IMAGES, TEMPORARY):
        if (out / name).is_symlink():
            raise Refused(f"out: {name!r} in {str(out)!r} is a link; remove it first")


def planned(dataset: Dataset, copies: range) -> list[_Job]:
    """Returns: All jobs, each with a name that no other has, also where A and a are the same letter."""
    taken = {str(folder.with_suffix("")).casefold() for image in dataset.images for folder in _parts(image["file_name"]).parents if folder.suffix}
    jobs: list[_Job] = []
    for image in dataset.images:
        stem = _stem(image, copies, taken)
        taken.update(name_of(stem, copy).casefold() for copy in copies)
        for first in range(copies.start, copies.stop, COPIES_A_JOB):
            some = range(first, min(first + COPIES_A_JOB, copies.stop))
            jobs.append(_Job(len(jobs), image, dataset.annotations_of(image["id"]), stem, some))
    return jobs


def _stem(image: Record, copies: range, taken: set[str]) -> str:
    parts = _parts(image["file_name"])
    stem = str(parts.with_name(_shortened(parts.stem)))
    mark, tries = f"{key_of(image['id']):016x}", 0
    free = stem
    while any(name_of(free, copy).casefold() in taken for copy in copies):
        free = f"{stem}-{mark[:6]}" if not tries else f"{stem}-{mark[:6]}-{tries}"
        tries += 1
    return free


def _parts(file_name: str) -> PurePosixPath:
    """A file name as folders and name, without parts that lead nowhere, each short enough to be written."""
    parts = [part for part in file_name.replace("\\", "/").split("/") if part not in ("", ".")]
    return PurePosixPath(*[_shortened(part) for part in parts[:-1]], parts[-1] if parts else "picture")


def _shortened(part: str) -> str:
    raw = os.fsencode(part)
    if len(raw) <= LONGEST_NAME:
        return part
    mark = hashlib.blake2b(raw, digest_size=6).hexdigest()
    return raw[: LONGEST_NAME - 20].decode("utf-8", "ignore") + "-" + mark


def name_of(stem: str, copy: int) -> str:
    """Returns: The name of one copy, without its ending."""
    return f"{stem}_{copy}" if copy else stem


def key_of(image_id: Any) -> int:
    """Returns: A whole number that stands for an image id, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(json.dumps(image_id).encode(), digest_size=8).digest(), "big")


# --- one job ---------------------------------------------------------------------------------------------------------


def _work(settings: _Settings, job: _Job) -> _Done:
    """Make the copies of one picture. Faults of data come back as problems, faults of the machine as OSError."""
    done = _Done(job)
    image = job.image
    size = (image["height"], image["width"]) if image.get("height") and image.get("width") else None
    try:
        place = files.safe_path(settings.images, image["file_name"])
        picture = files.read_image(place, size, settings.max_pixels)
    except files.FileProblem as problem:
        done.report(problem.code, str(problem))
        return done
    except MemoryError:
        done.report("image-memory", "there is not enough memory to read it; use fewer workers")
        return done
    rows = _Rows(done, picture.pixels)
    for copy in job.copies:
        _attempt(settings, done, place, picture, rows, copy)
    return done


@define
class _Rows:
    """The annotations of a picture, looked through one by one as soon as the library refuses them together."""

    done: _Done
    pixels: Array
    sound: list[Record] | None = None

    def drawn(self, settings: _Settings, copy: int) -> dict[str, Any]:
        image_id = self.done.job.image["id"]
        if self.sound is None:
            try:
                return _drawn(settings, self.pixels, self.done.job.annotations, image_id, copy)
            except (DataError, DataTypeError):
                self.sound = [row for row in self.done.job.annotations if not self._refused(row)]
        return _drawn(settings, self.pixels, self.sound, image_id, copy)

    def _refused(self, row: Record) -> bool:
        try:
            Compose([])(image=self.pixels, annotations=[row])
        except (DataError, DataTypeError) as error:
            why = str(error).removeprefix("annotations[0]").lstrip(":. ")
            self.done.report("annotation-refused", why, row["id"])
            return True
        return False


def _attempt(settings: _Settings, done: _Done, place: Path, picture: files.Picture, rows: _Rows, copy: int) -> None:
    """Make one copy; what goes wrong with it costs this copy alone."""
    try:
        done.made.append(_written(settings, done, place, picture, copy, rows.drawn(settings, copy)))
    except OSError:
        raise
    except GeoaugError as error:
        done.report("image-skipped", f"copy {copy}: {error}")
    except MemoryError:
        done.report("image-memory", f"copy {copy}: there is not enough memory for it; use fewer workers")
    except Exception as error:  # a fault of geoaug itself, or of OpenCV
        done.report("image-failed", f"copy {copy}: {type(error).__name__}: {error}"[:300])


def _drawn(settings: _Settings, pixels: Array, rows: list[Record], image_id: Any, copy: int) -> dict[str, Any]:
    if copy:
        out = settings.pipeline(image=pixels, annotations=rows, key=(settings.seed, key_of(image_id), copy))
        if "fates" in out:
            return out
    return Compose([], return_fates=True)(image=pixels, annotations=rows)  # which also puts boxes and areas right


def _written(settings: _Settings, done: _Done, place: Path, picture: files.Picture, copy: int, out: dict[str, Any]) -> _Made:
    pixels = out["image"]
    wanted = settings.format if copy and settings.format != "keep" else picture.format
    if wanted == picture.format and _same(pixels, picture.pixels):
        name = _target(settings, done.job, copy, wanted)
        files.write_bytes(settings.out / IMAGES / name, files.read_bytes(place), settings.out / TEMPORARY)
    else:
        name = _encoded(settings, done, copy, pixels, wanted)
    height, width = pixels.shape[:2]
    image = {**done.job.image, "file_name": name, "width": width, "height": height, "copy": copy}
    return _Made(image, out["annotations"], out["fates"], picture.orientation)


def _encoded(settings: _Settings, done: _Done, copy: int, pixels: Array, wanted: str) -> str:
    """Write in the format that was asked for, or else in the nearest one that holds such pixels."""
    first: DataError | None = None
    for format_ in dict.fromkeys((wanted, "png", "tif")):
        name = _target(settings, done.job, copy, format_)
        try:
            files.write_image(settings.out / IMAGES / name, pixels, format_, settings.quality, settings.out / TEMPORARY)
        except DataError as error:
            first = first or error
            continue
        if first is not None:
            done.report("image-format", f"{first}; written as {format_}")
        return name
    assert first is not None
    raise first


def _target(settings: _Settings, job: _Job, copy: int, format_: str) -> str:
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


# --- all jobs --------------------------------------------------------------------------------------------------------


def _all_done(settings: _Settings, jobs: list[_Job], workers: int, progress: Progress | None) -> list[_Done]:
    finished: dict[int, _Done] = {}
    total, count = sum(len(job.copies) for job in jobs), 0
    # closed here and not whenever memory is collected: no worker may write after the folder for growing files is gone
    with contextlib.closing(_results(settings, jobs, min(workers, len(jobs)))) as results:
        for done in results:
            finished[done.job.number] = done
            count += len(done.job.copies)
            if progress is not None:
                progress(count, total)
    return [finished[job.number] for job in jobs]


def _results(settings: _Settings, jobs: Iterable[_Job], workers: int) -> Generator[_Done, None, None]:
    """What became of each job, in any order."""
    if workers <= 1:
        for job in jobs:
            yield _work(settings, job)
        return
    waiting, proved = deque(jobs), False
    while waiting:
        suspects: list[_Job] = []
        for done in _pooled(settings, waiting, workers, suspects):
            proved = True
            yield done
        if not proved:
            _prove_workers()
            proved = True
        for job in suspects:
            yield _alone(settings, job)


def _prove_workers() -> None:
    """Tell a machine on which no worker can start from pictures that kill theirs."""
    with _pool(1) as pool:
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool:
            hint = "in a script, call augment() under if __name__ == '__main__', or take workers=1"
            raise ChildProcessError(f"no worker process can start; {hint}") from None


def _pooled(settings: _Settings, waiting: deque[_Job], workers: int, suspects: list[_Job]) -> Iterator[_Done]:
    """Work until nothing waits or a worker dies; then every job that was under way is a suspect."""
    running: dict[Future[_Done], _Job] = {}
    with _pool(workers) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < 2 * workers:
                    running[_submit(pool, settings, waiting[0])] = waiting[0]
                    waiting.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done = future.result()
                    del running[future]
                    yield done
        except BrokenProcessPool:
            suspects += running.values()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _alone(settings: _Settings, job: _Job) -> _Done:
    with _pool(1) as pool:
        try:
            return _submit(pool, settings, job).result()
        except BrokenProcessPool:
            done = _Done(job)
            done.report("worker-killed", "the process that worked on it was killed twice: a damaged picture, or no memory")
            return done


def _pool(workers: int) -> ProcessPoolExecutor:
    # spawned, not forked: OpenCV's threads do not survive a fork
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_start_worker)


def _submit(pool: ProcessPoolExecutor, settings: _Settings, job: _Job) -> Future[_Done]:
    """Submit with SIGINT held back: a worker that starts now inherits that, and Ctrl-C stays with the main process."""
    if not hasattr(signal, "pthread_sigmask"):
        return pool.submit(_work, settings, job)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(_work, settings, job)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def quiet_opencv() -> None:
    """Keep OpenCV's remarks on odd but readable files off the terminal; what matters is reported by name."""
    log = getattr(cv2.utils, "logging", None)
    if log is not None:
        log.setLogLevel(log.LOG_LEVEL_ERROR)


def _start_worker() -> None:
    cv2.setNumThreads(1)
    quiet_opencv()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """End when the main process is gone, even if it was killed and could say nothing."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


# --- the result ------------------------------------------------------------------------------------------------------


def _head(settings: _Settings, annotations: str | Path, images: str | Path, copies: int, keep_originals: bool) -> Record:
    """What the report says of the run; nothing that may differ between two runs with the same result."""
    from geoaug import __version__

    return {
        "geoaug": __version__,
        "settings": {
            "annotations": os.fspath(annotations),
            "images": os.fspath(images),
            "copies": copies,
            "seed": settings.seed,
            "keep_originals": keep_originals,
            "image_format": settings.format,
            "quality": settings.quality,
            "max_pixels": settings.max_pixels,
            "pipeline": to_dict(settings.pipeline),
        },
    }


def _start_folder(out: Path, head: Record) -> None:
    """Make the folder, or empty it: what is in it was looked at before.

    The report stands there before anything else, so that the folder is known for geoaug's whenever the run ends.
    """
    out.mkdir(parents=True, exist_ok=True)
    (out / ANNOTATIONS).unlink(missing_ok=True)
    for name in (IMAGES, TEMPORARY):
        if (out / name).exists():
            shutil.rmtree(out / name)
    save(out / REPORT, head)
    for name in (IMAGES, TEMPORARY):
        (out / name).mkdir()


def _assembled(out: Path, dataset: Dataset, done: list[_Done]) -> tuple[Summary, Record]:
    """Number everything in the order of the source, and count."""
    summary = Summary(out, problems=list(dataset.problems))
    images: list[Record] = []
    annotations: list[Record] = []
    turned: Counter[str] = Counter()
    for result in done:
        summary.problems += result.problems
        summary.skipped += len(result.job.copies) - len(result.made)
        for made in result.made:
            source_id = result.job.image["id"]
            images.append({**made.image, "id": len(images) + 1, "source_id": source_id})
            turned[made.orientation] += 1
            for row in made.annotations:
                number = len(annotations) + 1
                annotations.append({**row, "id": number, "image_id": len(images), "source_id": row["id"]})
            fates = Counter(made.fates)
            summary.kept += fates.pop("kept", 0)
            summary.cut += fates.pop("cut", 0)
            summary.dropped += fates
    summary.images = len(images)
    summary.problems = list(dict.fromkeys(summary.problems))  # jobs of one picture say the same of it
    summary.notes = [*_turned(turned), *_left_alone(dataset)]
    return summary, {**dataset.document(), "images": images, "annotations": annotations}


def _turned(orientations: Counter[str]) -> Iterator[str]:
    if orientations["turned"]:
        yield f"{orientations['turned']} pictures were turned upright by their EXIF data, as their records state the turned size"
    if orientations["ignored"]:
        yield f"{orientations['ignored']} pictures were not turned by their EXIF data, as their records state the stored size"


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


def _save(out: Path, head: Record, summary: Summary, document: Record) -> None:
    counts = {
        "images": summary.images,
        "images_skipped": summary.skipped,
        "annotations_kept": summary.kept,
        "annotations_cut": summary.cut,
        "annotations_dropped": dict(sorted(summary.dropped.items())),
        "problems": dict(sorted(Counter(problem.code for problem in summary.problems).items())),
    }
    problems = [problem.record() for problem in summary.problems]
    report = {**head, "counts": counts, "notes": summary.notes, "problems": problems}
    save(out / REPORT, report, out / TEMPORARY)
    save(out / ANNOTATIONS, document, out / TEMPORARY)  # last: where it stands, all of it is there
