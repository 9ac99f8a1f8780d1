"""``geoaug augment``: a data set in, a larger one out."""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from pathlib import Path

from geoaug.cli.progress import Voice, say
from geoaug.cli.report import page_of, place_of, write
from geoaug.coco.dataset import MILD
from geoaug.coco.folder import IMAGES, REPORT, TARS
from geoaug.coco.plural import counted
from geoaug.coco.quota import Quota
from geoaug.coco.run import augment
from geoaug.coco.summary import Summary
from geoaug.coco.together import SEGMENTS
from geoaug.coco.workers import quiet_opencv

MERGED = "SHARE [SHARE …]"
# a code says it all but for these
WORDS = {
    "outside": "left the picture",
    "covered": "covered by holes",
    "small": "too little left",
    "degenerate": "too thin to be seen",
    "skipped": "in copies that failed",
    "annotations-left-out": "with their image",
}


def run(options: argparse.Namespace) -> int:
    """Augment, tell what was left out on stderr and what was made on stdout."""
    quiet_opencv()
    report = place_of(options)
    voice: Voice = options.voice
    progress = voice.count("pictures")
    more = bool(options.repeat_until or options.balance or options.balance_threshold is not None or options.dry_run)
    try:
        summary = augment(
            options.annotations,
            options.images,
            options.out,
            options.pipeline,
            copies=options.copies,
            seed=options.seed,
            workers=options.workers,
            keep_originals=options.keep_originals,
            image_format=options.image_format,
            overwrite=options.overwrite,
            quality=options.quality,
            max_pixels=options.max_pixels,
            progress=progress,
            shard=options.shard,
            engine=options.engine,
            tar_pictures=options.tars,
            labels_only=options.labels_only,
            repeat_until=options.repeat_until,
            balance=options.balance,
            balance_threshold=options.balance_threshold,
            max_copies=options.max_copies,
            require=options.require,
            tries=options.tries,
            announce=_told if more and not options.quiet else None,
            rehearse=options.dry_run,
        )
    finally:
        if progress is not None:
            progress.clear()
    code = _ended(summary, options)
    if not options.dry_run:
        write(report, lambda: page_of(options), options.quiet)
    return code


def _told(plan: Quota) -> None:
    for line in plan.lines():
        say(line)
    say()


def _ended(summary: Summary, options: argparse.Namespace) -> int:
    """Tell what came of it."""
    voice: Voice = options.voice
    if summary.again:
        if not options.quiet:
            say(f"nothing to do: {options.out} holds this very result, {counted(summary.images, 'picture')}")
    elif options.dry_run:
        voice.problems(summary.problems, "check names all of them")
        for line in [*(f"note         {note}" for note in summary.notes), "nothing was written (--dry-run)"] if not options.quiet else ():
            say(line)
    else:
        _tell(summary, options)
    voice.end(summary.exit_code, **({} if summary.again else {"counts": summary.record()["counts"], "notes": summary.notes}))
    return summary.exit_code


def _tell(summary: Summary, options: argparse.Namespace) -> None:
    voice: Voice = options.voice
    voice.problems(summary.problems, f"all are in {Path(options.out) / REPORT}")
    if not options.quiet:
        for line in lines(summary, Path(options.out)) if options.shard is None else _share_lines(summary, options):
            say(line)


def _share_lines(summary: Summary, options: argparse.Namespace) -> list[str]:
    done = _counts(summary, Path(options.out))
    return [*done, f"result       share {options.shard} in {options.out}; when all shares are done: geoaug merge {MERGED} --out DIR"]


def lines(summary: Summary, out: Path) -> list[str]:
    """Returns: What is told of a finished run."""
    named = sorted(place for place in out.glob("*.json") if place.name != REPORT)  # of several sources each result has its name
    pictures = next((out / name for name in (TARS, IMAGES) if (out / name).is_dir()), None)
    where = "; no pictures were written" if pictures is None else f", pictures in {pictures}"
    told = [*_counts(summary, out), f"result       {', '.join(map(str, named))}{where}"]
    lone = out / SEGMENTS if len(named) == 1 else None
    # what has segments is no list of objects, and captions have no place
    shown = [place for place in named if not (lone or place.with_suffix("")).is_dir() and "caption" not in place.stem]
    if pictures is None or pictures.name == TARS or not shown:
        return told
    show = ["geoaug", "show", str(shown[0]), "--images", str(pictures), "--copies", "0", "--out", f"{out}-sheet.png"]
    return [*told, f"look at it   {shlex.join(show)}"]


def _counts(summary: Summary, out: Path) -> list[str]:
    lines = [f"images       {_images(summary, any((out / name).is_dir() for name in (IMAGES, TARS)))}", f"annotations  {_annotations(summary)}"]
    codes = Counter(problem.code for problem in summary.problems)
    if codes:
        kinds = ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))
        harmless = "" if set(codes) - MILD else ", nothing lost"
        lines.append(f"problems     {codes.total()}{harmless} ({kinds}); each is in {out / REPORT}")
    lines += [f"note         {note}" for note in summary.notes]
    lines.append(f"time         {summary.seconds:.1f} s, {summary.rate:.1f} pictures/s")
    return lines


def _images(summary: Summary, pictures: bool) -> str:
    lost = summary.sources_left_out.total()
    done = "written" if pictures else "labelled"
    text = f"{counted(summary.images, 'picture')} {done} of {counted(summary.sources - lost, 'source')}"
    text += f" ({summary.earlier} by an earlier run)" if summary.earlier else ""
    text += f", {summary.skipped} failed" if summary.skipped and not lost else ""
    return text + (f", {counted(lost, 'source')} left out ({_reasons(summary.sources_left_out)})" if lost else "")


def _annotations(summary: Summary) -> str:
    parts = ", ".join(f"{number} {how}" for number, how in ((summary.cut, "cut at the border"), (summary.occluded, "partly covered")) if number)
    text = f"{summary.kept + summary.cut + summary.occluded} kept{f' ({parts})' if parts else ''}"
    gone, lost = summary.dropped.total(), summary.rows_left_out.total()
    if gone:
        text += f", {gone} dropped ({_reasons(summary.dropped)})"
    if lost:
        text += f", {lost} of {counted(summary.rows, 'source annotation')} left out ({_reasons(summary.rows_left_out)})"
    return text if gone or lost or summary.exit_code else f"{text}, none dropped"


def _reasons(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {WORDS.get(code, code.replace('-', ' '))}" for code, count in sorted(counts.items()) if count)
