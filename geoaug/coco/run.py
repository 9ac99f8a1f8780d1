"""Offline augmentation: a COCO data set in, a larger one out.

A job is one picture with some of its copies. What is drawn depends on (seed, image id, copy) and on nothing else, names
are settled before any work, what is finished is noted in a journal, and numbers are given at the end, from the journal, in
the order of the source. So the number of workers, the order in which they finish, the other pictures of the set, and how
often the run was killed and begun again cannot be seen in the result.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from geoaug import files
from geoaug.coco.assembly import Facts, assemble
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record, as_json
from geoaug.coco.folder import JOURNAL, Refused, image_folder, result_folder
from geoaug.coco.jobs import Done, Job, Settings, planned, portions
from geoaug.coco.journal import Journal, Stamp, mark_of
from geoaug.coco.once import done_before, once
from geoaug.coco.pipeline import builtin_pipeline, check_runs, check_sizes, prepared, read_pipeline
from geoaug.coco.quota import Quota, quota, written
from geoaug.coco.remote import Remote, is_address
from geoaug.coco.require import MOST_TRIES, TRIES, Requirement
from geoaug.coco.shares import finished_share, share_of
from geoaug.coco.summary import Summary
from geoaug.coco.together import outputs, read_all, without_twins
from geoaug.coco.work import source_state
from geoaug.coco.workers import ENGINES, Progress, all_done
from geoaug.compose import Compose
from geoaug.errors import CocoError
from geoaug.headers import FileProblem
from geoaug.randomness import parse_seed
from geoaug.serial import to_dict

FORMATS = ("keep", "png", "jpg")
MOST_WORKERS = 256


def augment(
    annotations: str | Path | Sequence[str | Path],
    images: str | Path | None,
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
    shard: str | None = None,
    repeat_until: str | Sequence[str] | Mapping[Any, int] = (),
    balance: bool = False,
    balance_threshold: float | None = None,
    max_copies: int | None = None,
    require: str | None = None,
    tries: int = TRIES,
    announce: Callable[[Quota], None] | None = None,
    rehearse: bool = False,
    engine: str = "local",
    tar_pictures: int | None = None,
    labels_only: bool = False,
) -> Summary:
    """Write an augmented copy of a COCO data set.

    Args:
        annotations: The COCO file of the source, or several of one set of pictures, at most one of them a panoptic one: what is drawn for a
            picture counts for all of them. Its PNG files stand in a folder named like it.
        images: Folder that its file names start from, or an address that fsspec reaches, such as ``s3://bucket/images`` (extra
            ``geoaug[remote]``); ``None`` with ``labels_only``.
        out: Folder of the result: ``annotations.json``, ``images/``, ``geoaug-report.json``, ``geoaug-plans.jsonl``. New, empty, or
            that of a run with the same settings, which is then finished; a finished one is left as it is. Of several annotation files each
            keeps its name. The PNG files of a panoptic one stand in a folder named like it, of a lone one in ``panoptic/``.
        pipeline: What to do, or a file that says so; the built-in pipeline when not given.
        copies: Augmented copies of each picture, or the fewest where ``repeat_until`` or ``balance`` asks for more of some.
        seed: The same seed makes the same bytes, whatever the number of workers.
        workers: Processes, 1 to 256. With more than one, call from under ``if __name__ == "__main__":``.
        keep_originals: Put the pictures themselves into the result too, byte by byte, as copy 0.
        image_format: ``"keep"``, ``"png"`` or ``"jpg"``.
        overwrite: Clear ``out`` first, provided that geoaug wrote it.
        quality: Of JPEG, 1 to 100.
        max_pixels: Larger pictures are left out, and a pipeline that asks for larger ones is refused.
        progress: Called with the pictures done and the pictures in all.
        shard: ``"2/8"``: the second of eight shares of the pictures, to be joined by `merge` when all of them are done.
        repeat_until: Objects of a class that the result shall have at least, as ``["dog=1000"]`` or by category id; see `quota`.
        balance: Pictures with rare classes get more copies; see `quota`.
        balance_threshold: Share of the pictures below which a class is rare; that of the average class when not given.
        max_copies: Most copies of a picture; 20, or twice ``copies`` where that is more, when not given.
        require: What every copy has to show, such as ``"min_visible=0.3,keep=person"``; see `Requirement`. A draw that shows less is
            drawn again; a copy of which no draw does is left out by name.
        tries: How often a copy is drawn at most, 1 to 10000.
        announce: Called with the plan before the work begins.
        rehearse: Stop there, and write nothing.
        engine: ``"local"``, or ``"ray"`` (extra ``geoaug[ray]``): Ray's workers, here or on the cluster of ``RAY_ADDRESS``, where all
            machines see the same folders. The result is the same.
        labels_only: Make the annotations alone; no picture is opened, and none is written. They are those of the run with pictures, unless
            the pipeline looks at pixels, or a size is not stated or not the picture's.
        tar_pictures: Put the pictures into ``tars/000000.tar`` and so on, as WebDataset reads them, so many a file, and not into ``images/``.

    Returns:
        What was written, and what was left out.

    Raises:
        Refused: A wrong argument, or a folder that must not be written to; nothing was changed.
        ParameterError: The pipeline cannot be used; nothing was changed.
        CocoError: The annotations cannot be used at all; nothing was changed.
        OSError: The disk is full, or the folder cannot be written.
    """
    started = time.monotonic()
    more = bool(repeat_until) or balance or balance_threshold is not None
    _check_numbers(copies, seed, workers, keep_originals or more, image_format, quality, max_pixels, tries)
    if engine not in ENGINES:
        raise Refused(f"engine: expected {' or '.join(ENGINES)}, got {engine!r}")
    if tar_pictures is not None and (type(tar_pictures) is not int or not 1 <= tar_pictures <= 1_000_000):
        raise Refused(f"tar_pictures: expected a whole number from 1 to 1000000, got {tar_pictures!r}")
    if tar_pictures is not None and labels_only:
        raise Refused("tar_pictures: there are none where labels alone are made; leave one of the two out")
    asked = None if require is None else Requirement.parse(require)
    part = share_of(shard)
    chosen = _pipeline(pipeline)
    check_runs(chosen)
    check_sizes(chosen, max_pixels)
    source = _source(images, labels_only)
    sources = [annotations] if isinstance(annotations, (str, Path)) else list(annotations)
    names = outputs(sources)
    inputs = [Path(one).resolve() for one in sources] + ([Path(pipeline).resolve()] if isinstance(pipeline, (str, Path)) else [])
    target = result_folder(out, source, inputs)
    settings = Settings(
        source, target, chosen, seed, image_format, quality, max_pixels, asked, tries, labels_only, _remote(images, workers > 1 or engine != "local")
    )
    goals = written(repeat_until)
    amount = {
        "copies": copies,
        "keep_originals": keep_originals,
        "repeat_until": goals,
        "balance": balance,
        "balance_threshold": balance_threshold,
        "max_copies": max_copies,
        "tar_pictures": tar_pictures,
        "labels_only": labels_only,
    }
    head = _head(settings, sources, images, amount, part)
    head = {**head, "outputs": names} if len(names) > 1 else head
    if done_before(out, target, head, overwrite) and not rehearse:  # which refuses a wrong folder before anything is read
        return once(out, target, head, overwrite, lambda: Summary(target))

    dataset, parts = read_all(sources, max_pixels)
    result_folder(out, source, [one.panoptic.folder for one in parts if one.panoptic is not None])
    segments = [one.folder for one in parts if one.folder is not None]
    head = {**head, "segments": segments} if segments else head
    wanted = quota(without_twins(dataset, parts), copies, keep_originals, goals, balance, balance_threshold, max_copies)
    if dataset.images and not wanted.pictures:
        raise Refused("copies: the plan makes no picture at all; ask for at least 1, or keep the originals")
    head = {**head, "quota": wanted.record()} if more else head
    settings = evolve(settings, pipeline=prepared(chosen, dataset), require=None if asked is None else asked.known(dataset))
    jobs = planned(dataset, parts, wanted)
    facts = Facts.of(dataset, parts, wanted.pictures, copies + keep_originals, list(wanted.notes))
    if announce is not None:
        announce(wanted)
    if rehearse:
        return Summary(target, facts.wanted, facts.sources, facts.sources_left_out, problems=facts.problems, notes=facts.notes)
    jobs = jobs if part is None else jobs[part[0] - 1 :: part[1]]
    summary = once(out, target, head, overwrite, lambda: _worked(settings, dataset, jobs, facts, head, workers, progress, engine))
    summary.seconds = time.monotonic() - started
    return summary


def _worked(
    settings: Settings, dataset: Dataset, jobs: list[Job], facts: Facts, head: Record, workers: int, progress: Progress | None, engine: str
) -> Summary:
    """Do what is not done yet, and put the result together."""
    place = settings.out / JOURNAL
    parts = len(facts.documents)
    journal = Journal.read(place).kept(Still(settings, {job.number: job for job in jobs}), lambda body: Done.is_body(body, parts))
    left = [evolve(job, copies=tuple(copy for copy in job.copies if (job.number, copy) not in journal.stamps)) for job in jobs]
    earlier = sum(stamp.name is not None for stamp in journal.stamps.values())
    all_done(settings, portions(left, dataset), sum(len(job.copies) for job in left), workers, progress, len(journal.stamps), engine)
    journal = Journal.read(place)
    journal.flush(settings.out)
    summary = finished_share(settings.out, facts, journal, head) if "share" in head else assemble(settings.out, facts, journal, head)
    summary.earlier = earlier
    return summary


@frozen
class Still:
    """Whether a copy of an earlier run still holds: its source has not changed since, and its file is whole.

    Args:
        settings: Of the run.
        jobs: By number.
    """

    settings: Settings
    jobs: dict[int, Job]

    def __call__(self, stamp: Stamp) -> bool:
        job = self.jobs.get(stamp.at[0])
        if job is None or stamp.at[1] not in job.copies:
            return False
        places = [(self.settings.out / name, size, mark) for name, size, mark in stamp.files()]
        if source_state(self.settings, job) == stamp.source and all(_whole(*place) for place in places):
            return True
        for place, _, _ in places:
            place.unlink(missing_ok=True)  # its next file may have another name
        return False


def _whole(place: Path, size: int, mark: str) -> bool:
    try:
        data = files.read_bytes(place)
    except FileProblem:
        return False
    return len(data) == size and mark_of(data) == mark


def _source(images: str | Path | None, labels_only: bool) -> Path:
    """The image folder; a place that is no folder where none is needed."""
    if images is None and not labels_only:
        raise Refused("images: not given; name the folder that the file names start from, or make labels only")
    return Path(os.devnull) if images is None or is_address(images) else image_folder(images)


def _remote(images: str | Path | None, shared: bool) -> Remote | None:
    if images is None or not is_address(images):
        return None
    remote = Remote(str(images))
    remote.check(shared)
    return remote


def _check_numbers(copies: Any, seed: Any, workers: Any, none_will_do: bool, image_format: Any, quality: Any, max_pixels: Any, tries: Any) -> None:
    for name, value, low, high in (
        ("copies", copies, 0, 1_000_000),
        ("workers", workers, 1, MOST_WORKERS),
        ("quality", quality, 1, 100),
        ("max_pixels", max_pixels, 1, 2**31),
        ("tries", tries, 1, MOST_TRIES),
    ):
        if type(value) is not int or not low <= value <= high:
            raise Refused(f"{name}: expected a whole number from {low} to {high}, got {value!r}")
    if copies == 0 and not none_will_do:
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


def _head(settings: Settings, annotations: list[str | Path], images: str | Path | None, amount: Record, part: tuple[int, int] | None) -> Record:
    """What the report says of the run; nothing that may differ between two runs with the same result."""
    from geoaug import __version__

    values = {
        **amount,
        "seed": settings.seed,
        "require": None if settings.require is None else str(settings.require),
        "tries": settings.tries,
        "image_format": settings.format,
        "quality": settings.quality,
        "max_pixels": settings.max_pixels,
        "pipeline": to_dict(settings.pipeline),
    }
    given = [os.fspath(one) for one in annotations]
    told = {
        "geoaug": __version__,
        "settings": {"annotations": given[0] if len(given) == 1 else given, "images": None if images is None else os.fspath(images), **values},
        # paths are not in it: the same data may lie elsewhere on another machine
        "fingerprint": fingerprint(__version__, values, annotations),
    }
    return told if part is None else {**told, "share": f"{part[0]}/{part[1]}"}


def fingerprint(version: str, values: Record, annotations: str | Path | Sequence[str | Path]) -> str:
    """Returns: What tells a run from others: the version of geoaug, all settings but the paths, and the content of the annotations."""
    contents = [_content(one) for one in ([annotations] if isinstance(annotations, (str, Path)) else annotations)]
    return mark_of(json.dumps([version, values, *contents], sort_keys=True, default=as_json).encode())


def _content(annotations: str | Path) -> str:
    try:
        return mark_of(files.read_bytes(annotations))
    except FileProblem as problem:
        raise CocoError(f"{os.fspath(annotations)}: {problem}") from None
