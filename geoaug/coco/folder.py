"""The folders of a run: which ones may be read from and written to, and what stands in the one of the result.

A run claims its folder with a lock that ends with the process, however that ends. What is unfinished stands in
``.geoaug``, which goes when all is done.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geoaug import files, headers
from geoaug.coco.dataset import save
from geoaug.coco.document import Record, short
from geoaug.errors import ParameterError

ANNOTATIONS, IMAGES, TARS, REPORT, PLANS = "annotations.json", "images", "tars", "geoaug-report.json", "geoaug-plans.jsonl"
SHARE, SHARE_JOURNAL = "geoaug-share.json", "geoaug-share.jsonl"
TEMPORARY = ".geoaug"
JOURNAL, GROWING, LOCK = f"{TEMPORARY}/journal", f"{TEMPORARY}/growing", f"{TEMPORARY}/lock"
OURS = {ANNOTATIONS, IMAGES, TARS, REPORT, PLANS, SHARE, SHARE_JOURNAL, TEMPORARY}


class Refused(ParameterError):
    """The run was refused before any work, and nothing was changed."""


def image_folder(images: str | Path) -> Path:
    """Returns: The folder of the pictures, which must exist."""
    place = Path(images)
    if not place.is_dir():
        what = "is not a folder" if place.exists() else "does not exist"
        raise Refused(f"images: {str(images)!r} {what}; name the folder that the file names start from")
    return place.resolve()


def result_folder(given: str | Path, images: Path, inputs: list[Path]) -> Path:
    """Refuse a folder in which something of the input could be lost.

    Args:
        given: The folder as it was typed; it need not exist.
        images: The image folder, resolved.
        inputs: All other files that are read, resolved.

    Returns:
        The folder, resolved.
    """
    name, out = repr(str(given)), Path(given).resolve()
    if Path(given).is_symlink() and not Path(given).exists():
        raise Refused(f"out: {name} is a link that leads nowhere; remove it or choose another name")
    if out == images or out.is_relative_to(images) or images.is_relative_to(out):
        raise Refused(f"out: {name} overlaps with the image folder {str(images)!r}; choose a folder beside it")
    for place in inputs:
        if place.is_relative_to(out):
            raise Refused(f"out: {name} holds the input {place.name!r}; choose another folder")
    if os.path.lexists(out) and not out.is_dir():
        raise Refused(f"out: {name} is not a folder; choose another name")
    return out


# --- what stands there -----------------------------------------------------------------------------------------------


def state(given: str | Path, out: Path, head: Record, overwrite: bool) -> str:
    """What a run finds in its folder.

    Args:
        given: The folder as it was typed.
        out: The folder, resolved.
        head: What its report would begin with.
        overwrite: Whether an earlier result of geoaug may be cleared.

    Returns:
        ``"new"`` (nothing is there, or what may be cleared), ``"unfinished"`` (a run with these very settings) or ``"finished"``.

    Raises:
        Refused: Something else is there.
    """
    there, name = _report(out), repr(str(given))
    _refuse_links(name, out, [IMAGES, TARS, TEMPORARY, *sorted(_names(there, "segments") | _names(head, "segments"))])
    entries = {entry.name for entry in out.iterdir()} if out.is_dir() else set()
    if entries <= {TEMPORARY}:
        return "new"
    strange = sorted(entries - OURS - _further(there))
    if overwrite:
        if there is None or strange:
            why = f"holds {strange[0]!r}, which geoaug did not write" if strange else f"has no {REPORT} of geoaug"
            raise Refused(f"out: {name} {why}, so it is not cleared; choose another folder")
        return "new"
    if there is None:
        raise Refused(f"out: {name} is not empty; choose another folder, or clear a result of geoaug with --overwrite")
    if there.get("fingerprint") != head["fingerprint"] or there.get("share") != head.get("share"):
        raise Refused(f"out: {name} holds a run with other settings{_difference(there, head)}; choose another folder, or clear it with --overwrite")
    whole = entries >= set(head.get("outputs", [ANNOTATIONS])) if "share" not in head else SHARE in entries
    return "finished" if whole else "unfinished"


def _further(report: Record | None) -> set[str]:
    """What a run wrote beside what every run writes: annotation files of other names, and the folder of segments."""
    return _names(report, "outputs") | _names(report, "segments")


def _names(report: Record | None, key: str) -> set[str]:
    """Names of files or folders in the folder of a result, as a report tells them; whatever leads elsewhere is none."""
    names = (report or {}).get(key)
    return {name for name in names if is_own_name(name)} if isinstance(names, list) else set()


def is_own_name(name: object) -> bool:
    """Returns: Whether this is a name of something in a folder: what it is joined with is never left, and is not meant itself."""
    return files.name_fault(name) is None and Path(str(name)).name == name


def _refuse_links(name: str, out: Path, tops: list[str]) -> None:
    """Refuse a folder in which something that a run writes or removes would be written or removed elsewhere.

    Links in the place of a result are harmless: they are replaced. So what counts is folders, and what is appended to or locked.
    """
    for top in tops:
        place = out / top
        if place.is_symlink():
            raise Refused(f"out: {top!r} in {name} is a link; remove it first")
        if place.exists() and not place.is_dir():
            raise Refused(f"out: {top!r} in {name} is no folder; remove it first")
        for folder, folders, plain in os.walk(place):
            for inside in (*folders, *(plain if top == TEMPORARY else ())):
                path = Path(folder, inside)
                if path.is_symlink():
                    raise Refused(f"out: {str(path.relative_to(out))!r} in {name} is a link; remove it first")


def _report(out: Path) -> Record | None:
    """The report of a run of geoaug, if there is one."""
    try:
        found = json.loads(files.read_bytes(out / REPORT, 2**31))
    except (headers.FileProblem, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "geoaug" in found else None


def _difference(there: Record, head: Record) -> str:
    """The first setting that differs, in words."""
    pairs = [("geoaug", there.get("geoaug"), head["geoaug"]), ("share", there.get("share"), head.get("share"))]
    old = there.get("settings")
    if isinstance(old, dict):
        pairs += [(name, old.get(name), value) for name, value in head["settings"].items() if name not in ("annotations", "images")]
    for name, before, now in pairs:
        if before != now:
            return " (another pipeline)" if name == "pipeline" else f" ({name} {short(before)} there, {short(now)} now)"
    return " (the annotations have changed)"


def finished_report(out: Path) -> Record:
    """Returns: The report of a finished run."""
    return _report(out) or {}


# --- claiming and clearing -------------------------------------------------------------------------------------------


@contextlib.contextmanager
def claimed(given: str | Path, out: Path) -> Iterator[None]:
    """Hold a folder for one run.

    Raises:
        Refused: Another run is writing there.
    """
    while True:
        (out / TEMPORARY).mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(out / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # the run before has just finished and put its folder away
            continue
        try:
            if not _locked(handle):
                raise Refused(f"out: another run is writing in {str(given)!r}; wait for its end, or choose another folder")
            if _stands(handle, out / LOCK):
                yield
                return
        finally:
            os.close(handle)


def _locked(handle: int) -> bool:
    """Take a lock that ends with the process."""
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # not on this platform
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _stands(handle: int, place: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(handle), place.stat())
    except FileNotFoundError:
        return False


def start_folder(out: Path, head: Record) -> None:
    """Empty the folder: what is in it was looked at before.

    The report stands there before anything else, so that the folder is known for geoaug's whenever the run ends.
    """
    for place in [out / name for name in (SHARE, ANNOTATIONS, PLANS, SHARE_JOURNAL, IMAGES, TARS, JOURNAL, GROWING, *sorted(_further(_report(out))))]:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    (out / GROWING).mkdir()
    save(out / REPORT, head, out / GROWING)


def open_folder(out: Path) -> None:
    """Make the folders that a run writes to."""
    for name in (IMAGES, JOURNAL, GROWING):
        (out / name).mkdir(exist_ok=True)


def clear_growing(out: Path) -> None:
    """Remove files that were growing when a run ended."""
    shutil.rmtree(out / GROWING, ignore_errors=True)


def close_folder(out: Path, imageless: bool) -> None:
    """Remove what only an unfinished run needs, the lock last; the folder of pictures too, where they stand in tar files, or none are made."""
    for name in (*((IMAGES,) if imageless else ()), JOURNAL, GROWING):
        shutil.rmtree(out / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.unlink(out / LOCK)
        os.rmdir(out / TEMPORARY)


def read_share(place: Path) -> Any:
    """Returns: What a finished share says of itself, or ``None``."""
    try:
        return json.loads(files.read_bytes(place / SHARE, 2**31))
    except (headers.FileProblem, ValueError, RecursionError):
        return None
