"""Offline augmentation: a COCO data set in, a larger one out.

A job is one picture with some of its copies. What is drawn depends on (seed, image id, copy) and on nothing else, names
are settled before any work, and numbers are given at the end in the order of the source; so the number of workers, the
order in which they finish and the other pictures of the set cannot be seen in the result.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

from geoaug import files
from geoaug.coco.dataset import load, save
from geoaug.coco.document import Record
from geoaug.coco.folder import ANNOTATIONS, REPORT, TEMPORARY, Refused, image_folder, result_folder, start_folder
from geoaug.coco.jobs import Settings, planned
from geoaug.coco.pipeline import builtin_pipeline, check_runs, check_sizes, prepared, read_pipeline
from geoaug.coco.spelling import respelled
from geoaug.coco.summary import Summary, assembled
from geoaug.coco.workers import Progress, all_done
from geoaug.compose import Compose
from geoaug.randomness import parse_seed
from geoaug.serial import to_dict

FORMATS = ("keep", "png", "jpg")
MOST_WORKERS = 256


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
        max_pixels: Larger pictures are left out, and a pipeline that asks for larger ones is refused.
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
    check_runs(chosen)
    check_sizes(chosen, max_pixels)
    source = image_folder(images)
    inputs = [Path(annotations).resolve()] + ([Path(pipeline).resolve()] if isinstance(pipeline, (str, Path)) else [])
    target = result_folder(out, source, inputs, overwrite)
    dataset = load(annotations, max_pixels)
    notes = list(respelled(dataset))
    settings = Settings(source, target, prepared(chosen, dataset), seed, image_format, quality, max_pixels)
    wanted = range(0 if keep_originals else 1, copies + 1)
    jobs = planned(dataset, wanted)
    head = _head(settings, annotations, images, copies, keep_originals)

    try:
        start_folder(target, head)
        done = all_done(settings, jobs, workers, progress)
        summary, document = assembled(target, dataset, wanted, done, notes)
        _save(target, head, summary, document)
    finally:
        shutil.rmtree(target / TEMPORARY, ignore_errors=True)
    summary.seconds = time.monotonic() - started
    return summary


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


def _head(settings: Settings, annotations: str | Path, images: str | Path, copies: int, keep_originals: bool) -> Record:
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


def _save(out: Path, head: Record, summary: Summary, document: Record) -> None:
    save(out / REPORT, {**head, **summary.record()}, out / TEMPORARY)
    save(out / ANNOTATIONS, document, out / TEMPORARY)  # last: where it stands, all of it is there
