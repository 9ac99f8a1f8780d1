"""``geoaug augment``: a data set in, a larger one out."""

from __future__ import annotations

import argparse
import shlex
from collections import Counter
from pathlib import Path

from geoaug.cli.progress import Bar, complain, say
from geoaug.coco.run import ANNOTATIONS, HARMLESS, IMAGES, REPORT, Summary, augment, quiet_opencv


def run(options: argparse.Namespace) -> int:
    """Augment, tell what was left out on stderr and what was made on stdout."""
    quiet_opencv()
    bar = Bar("images")
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
            progress=None if options.quiet else bar,
        )
    finally:
        bar.clear()
    for problem in summary.problems:
        complain(problem.line())
    if not options.quiet:
        for line in _lines(summary, Path(options.out)):
            say(line)
    return summary.exit_code


def _lines(summary: Summary, out: Path) -> list[str]:
    lines = [
        f"images       {summary.images} written{f', {summary.skipped} left out' if summary.skipped else ''}",
        f"annotations  {_annotations(summary)}",
    ]
    codes = Counter(problem.code for problem in summary.problems)
    if codes:
        kinds = ", ".join(f"{code} {count}" for code, count in sorted(codes.items()))
        harmless = "" if set(codes) - HARMLESS else ", nothing lost"
        lines.append(f"problems     {sum(codes.values())}{harmless} ({kinds}); each is in {out / REPORT}")
    lines += [f"note         {note}" for note in summary.notes]
    lines.append(f"time         {summary.seconds:.1f} s, {summary.rate:.1f} images/s")
    lines.append(f"result       {out / ANNOTATIONS}, pictures in {out / IMAGES}")
    show = ["geoaug", "show", str(out / ANNOTATIONS), "--images", str(out / IMAGES), "--copies", "0", "--out", f"{out}-sheet.png"]
    lines.append(f"look at it   {shlex.join(show)}")
    return lines


def _annotations(summary: Summary) -> str:
    text = f"{summary.kept + summary.cut} kept"
    if summary.cut:
        text += f" ({summary.cut} of them cut at the border)"
    gone = sum(summary.dropped.values())
    names = {"outside": "left the picture", "small": "too little left", "degenerate": "without area"}
    reasons = ", ".join(f"{count} {names.get(reason, reason)}" for reason, count in sorted(summary.dropped.items()) if count)
    return text + (f", {gone} dropped ({reasons})" if gone else ", none dropped")
