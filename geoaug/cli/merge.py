"""``geoaug merge``: shares of a run become one result."""

from __future__ import annotations

import argparse
from pathlib import Path

from geoaug.cli.augment import lines
from geoaug.cli.progress import say
from geoaug.coco.folder import REPORT
from geoaug.coco.plural import counted
from geoaug.coco.shares import merge


def run(options: argparse.Namespace) -> int:
    """Join, and tell what is in the result."""
    summary = merge(options.shares, options.out, options.overwrite)
    if summary.again:
        if not options.quiet:
            say(f"nothing to do: {options.out} holds this very result, {counted(summary.images, 'picture')}")
        return int(options.voice.end(summary.exit_code))
    options.voice.problems(summary.problems, f"all are in {Path(options.out) / REPORT}")
    if not options.quiet:
        for line in lines(summary, Path(options.out)):
            say(line)
    return int(options.voice.end(summary.exit_code, counts=summary.record()["counts"], notes=summary.notes))
