"""Work that is done once: never twice at the same time, and not again when it is finished."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from geoaug.coco.document import Record
from geoaug.coco.folder import TEMPORARY, claimed, clear_growing, close_folder, finished_report, open_folder, start_folder, state
from geoaug.coco.problems import Problem
from geoaug.coco.summary import Summary


def once(given: str | Path, out: Path, head: Record, overwrite: bool, work: Callable[[], Summary]) -> Summary:
    """Claim a folder and do the work in it, or go on with it, unless it holds all of it.

    Args:
        given: The folder as it was typed.
        out: The folder, resolved.
        head: What its report begins with.
        overwrite: Whether an earlier result of geoaug may be cleared.
        work: Makes the result in the folder.

    Raises:
        Refused: Something else is there, or another run is writing.
    """
    if done_before(given, out, head, overwrite):
        return _told(out)
    with claimed(given, out):
        found = state(given, out, head, overwrite)  # another run may have ended in between
        if found == "finished":
            summary = _told(out)
        else:
            try:
                if found == "new":
                    start_folder(out, head)
                open_folder(out)
                summary = work()
            finally:
                clear_growing(out)
        close_folder(out, not _has_images(head))
    return summary


def done_before(given: str | Path, out: Path, head: Record, overwrite: bool) -> bool:
    """Whether a folder holds all of the result, and nothing is left to be put away.

    Raises:
        Refused: Something else is there.
    """
    return state(given, out, head, overwrite) == "finished" and not (out / TEMPORARY).exists()


def _has_images(head: Record) -> bool:
    """Whether a finished result has a folder of pictures, be there none in it."""
    settings = head["settings"]
    return not settings.get("labels_only") and (settings["tar_pictures"] is None or "share" in head)


def _told(out: Path) -> Summary:
    """What the report of a finished run says."""
    report = finished_report(out)
    counts, problems = report.get("counts"), []
    images, sources = (counts.get(name) if isinstance(counts, dict) else 0 for name in ("images", "sources"))
    with contextlib.suppress(TypeError):  # somebody has changed it; there is a result all the same
        problems = [Problem(**one) for one in report.get("problems", [])]
    return Summary(out, again=True, images=_number(images), sources=_number(sources), problems=problems)


def _number(value: object) -> int:
    return value if type(value) is int else 0
