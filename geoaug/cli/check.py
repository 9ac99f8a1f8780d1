"""``geoaug check``: one line a finding, or one JSON document."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from geoaug.cli.progress import line, say
from geoaug.cli.report import page_of_findings, place_of, write
from geoaug.coco.check import Folder, Pictures, Tars, Verdict, check_files
from geoaug.coco.check.whole import read
from geoaug.coco.dataset import Dataset
from geoaug.coco.folder import IMAGES, TARS, Refused
from geoaug.coco.panoptic import INFO, Panoptic
from geoaug.coco.plural import counted
from geoaug.coco.problems import Problem
from geoaug.coco.together import joined
from geoaug.coco.verify import Result, verify
from geoaug.coco.workers import quiet_opencv
from geoaug.errors import CocoError


def run(options: argparse.Namespace) -> int:
    """Print all findings on stdout; 1 if there is any."""
    quiet_opencv()
    pictures = _pictures(options)
    report = place_of(options)
    every = [read(path, options.max_pixels) for path in options.annotations]
    plain = [one.dataset if isinstance(one, Panoptic) else one for one in every]
    problems = check_files(every, pictures, options.max_pixels)
    notes: list[str] = []
    if options.replay and (pictures is not None or _labels_only(options)):
        problems += _replayed(options, every, pictures, notes)
    verdict = Verdict.of(problems, notes)
    counts = _counts(every)
    if options.json:
        _print_json(options, verdict, counts)
    else:
        _print_lines(options, verdict, counts)
    if options.log_json:
        options.voice.problems(verdict.findings, "")
        options.voice.remarks(verdict.remarks)
    shown, alone = _shown(plain) if report is not None else (plain[0], "")
    folder = pictures.place if isinstance(pictures, Folder) else None
    write(report, lambda: page_of_findings(shown, folder, verdict.problems, options.max_pixels, options.annotations, alone), quiet=options.json)
    return int(options.voice.end(verdict.exit_code, counts=counts, **verdict.counts()))


def _pictures(options: argparse.Namespace) -> Pictures | None:
    """Where the pictures are: a folder, or the tar files of a result."""
    for name in options.source or ():
        if not Path(name).is_file():
            raise Refused(f"source: there is no file {name!r}; name the annotations that the result was made from")
    if options.images is None:
        return None
    place = Path(options.images)
    made = Result.beside(options.annotations[0])
    if made is not None and made.settings.get("tar_pictures") is not None and place.resolve() in [made.folder / part for part in ("", TARS, IMAGES)]:
        return Tars(made.folder / TARS, options.max_pixels)
    if not place.is_dir():
        raise Refused(f"images: {options.images!r} is not a folder; name the folder that the file names start from")
    return Folder(place, options.max_pixels)


def _labels_only(options: argparse.Namespace) -> bool:
    """Whether it is a result without pictures, so that labels are all there is to be held against the source."""
    made = Result.beside(options.annotations[0])
    return made is not None and bool(made.settings.get("labels_only"))


def _replayed(options: argparse.Namespace, every: list[Dataset | Panoptic], pictures: Pictures | None, notes: list[str]) -> list[Problem]:
    """What differs from a replay, where the files are a result of ours; what was replayed is noted."""
    bar = options.voice.count("copies replayed")
    outcome = verify(every, pictures, options.source, options.source_images, bar, options.max_pixels)
    if bar is not None:
        bar.clear()
    if outcome is None:
        return []
    notes += outcome.notes
    return outcome.problems


def _counts(every: list[Dataset | Panoptic]) -> dict[str, int]:
    plain = [one.dataset if isinstance(one, Panoptic) else one for one in every]
    segments = sum(len(entry[INFO]) for one in every if isinstance(one, Panoptic) for entry in one.entries.values())
    return {
        "images": len({image["id"] for one in plain for image in one.images}),
        "annotations": sum(map(len, plain)) + segments,
        "categories": len({row["id"] for one in plain for row in one.categories}),
    }


def _print_lines(options: argparse.Namespace, verdict: Verdict, counts: dict[str, int]) -> None:
    for problem in verdict.findings:
        say(line(problem))
    for problem in verdict.remarks:
        say(f"remark: {line(problem)}")
    for note in verdict.notes:
        say(note)
    sizes = ", ".join(counted(counts[many], one) for many, one in (("images", "image"), ("annotations", "annotation"), ("categories", "category")))
    found = counted(len(verdict.findings), "finding") if verdict.findings else "no findings"
    remarks = f", {counted(len(verdict.remarks), 'remark')}" if verdict.remarks else ""
    looked = "" if options.images is not None else " (pictures not looked at; name them with --images)"
    say(f"{sizes}: {found}{remarks}{looked}")


def _print_json(options: argparse.Namespace, verdict: Verdict, counts: dict[str, int]) -> None:
    from geoaug import __version__

    head = {"geoaug": __version__, "annotations": options.annotations, "images": options.images, "counts": counts}
    say(json.dumps({**head, **verdict.record()}, allow_nan=False))


def _shown(datasets: list[Dataset]) -> tuple[Dataset, str]:
    """What a report shows: all files together; or the first one where they cannot be joined, and why."""
    if len(datasets) == 1:
        return datasets[0], ""
    try:
        return joined(datasets), ""
    except CocoError as error:
        return datasets[0], str(error)
