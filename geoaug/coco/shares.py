"""Shares of a run, made apart, on as many machines as there are, and joined into the bytes that one run would have made."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path

from geoaug import files
from geoaug.coco.assembly import Facts, assemble, counted_shares
from geoaug.coco.dataset import save
from geoaug.coco.document import Record
from geoaug.coco.folder import GROWING, JOURNAL, SHARE, SHARE_JOURNAL, Refused, read_share
from geoaug.coco.journal import Journal, Stamp, mark_of
from geoaug.coco.once import once
from geoaug.coco.summary import Summary
from geoaug.errors import GeoaugError

MOST_SHARES = 100_000


def share_of(text: str | None) -> tuple[int, int] | None:
    """Read ``"2/8"``.

    Raises:
        Refused: It is something else.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)/(\d+)", text) if isinstance(text, str) else None
    if match is None or not 1 <= int(match[1]) <= int(match[2]) <= MOST_SHARES:
        raise Refused(f"shard: expected i/n, such as 1/8, with i from 1 to n and n at most {MOST_SHARES}, got {text!r}")
    return int(match[1]), int(match[2])


def finished_share(out: Path, facts: Facts, journal: Journal, head: Record) -> Summary:
    """Leave in the folder of a share what `merge` needs: the journal, and what is known of the source."""
    summary = counted_shares(out, facts, journal)
    kept = journal.kept(lambda _: True)
    files.write_bytes(out / SHARE_JOURNAL, files.read_bytes(kept.folder / "finished.jsonl"), out / GROWING)
    save(out / SHARE, {"facts": facts.record(), "head": head}, out / GROWING)
    return summary


def merge(shares: list[str | Path], out: str | Path, overwrite: bool = False) -> Summary:
    """Join the shares of a run.

    Args:
        shares: The folders of all shares, in any order. They stay as they are.
        out: Folder of the result, new or empty. Pictures are linked into it where the disk allows it, else copied.
        overwrite: Clear ``out`` first, provided that geoaug wrote it.

    Returns:
        What one run with the same settings would have returned.

    Raises:
        Refused: A share is missing, unfinished, twice there or of another run, or ``out`` must not be written to.
        OSError: The disk is full, or the folder cannot be written.
    """
    started = time.monotonic()
    folders = [Path(share).resolve() for share in shares]
    facts, head = _agreed(shares, folders)
    target = Path(out).resolve()
    for folder in folders:
        if target == folder or target.is_relative_to(folder) or folder.is_relative_to(target):
            raise Refused(f"out: {str(out)!r} overlaps with the share {str(folder)!r}; choose a folder beside it")

    def joined() -> Summary:
        for number, folder in enumerate(folders):
            files.write_bytes(target / JOURNAL / f"{number:06}.jsonl", files.read_bytes(folder / SHARE_JOURNAL), target / GROWING)
            for stamp in Journal.read(folder, SHARE_JOURNAL).stamps.values():
                _bring(folder, target, stamp)
        return assemble(target, facts, Journal.read(target / JOURNAL), head)

    summary = once(out, target, head, overwrite, joined)
    summary.seconds = time.monotonic() - started
    return summary


def _agreed(given: list[str | Path], folders: list[Path]) -> tuple[Facts, Record]:
    """What all shares say of the run they are of."""
    if not folders:
        raise Refused("shares: none given; name the folders that geoaug augment --shard wrote")
    seen: dict[str, str] = {}
    first: Record | None = None
    for name, folder in zip(given, folders, strict=True):
        share = read_share(folder)
        try:
            head, part = share["head"], share["head"]["share"]
        except (TypeError, KeyError):
            raise Refused(f"shares: {str(name)!r} is no finished share; run geoaug augment --shard there to its end") from None
        first = first or share
        if head["fingerprint"] != first["head"]["fingerprint"] or part.split("/")[1] != first["head"]["share"].split("/")[1]:
            raise Refused(f"shares: {str(name)!r} is of another run than {str(given[0])!r}: settings, data or number of shares differ")
        if part in seen:
            raise Refused(f"shares: {str(name)!r} and {seen[part]!r} are both share {part}")
        seen[part] = str(name)
    assert first is not None
    total = int(first["head"]["share"].split("/")[1])
    missing = [f"{k}/{total}" for k in range(1, total + 1) if f"{k}/{total}" not in seen]
    if missing:
        raise Refused(f"shares: {', '.join(missing[:10])}{' …' if len(missing) > 10 else ''} not given; all {total} are needed")
    try:
        facts = Facts.from_record(first["facts"])
    except (KeyError, TypeError, AttributeError, GeoaugError):
        raise Refused(f"shares: {str(given[0])!r} is damaged; make this share again") from None
    return facts, {key: value for key, value in first["head"].items() if key != "share"}


def _bring(folder: Path, target: Path, stamp: Stamp) -> None:
    """Link or copy the files of one picture, and refuse those that are not as their share says."""
    for name, size, mark in stamp.files():
        _bring_file(folder, target, name, size, mark)


def _bring_file(folder: Path, target: Path, name: str, size: int, mark: str) -> None:
    if files.name_fault(name) is not None:
        raise Refused(f"shares: {str(folder)!r} names a picture {name!r}, which leads out of it")
    place, new = folder / name, target / name
    data = files.read_bytes(place)
    if len(data) != size or mark_of(data) != mark:
        raise Refused(f"shares: {str(place)!r} is not what its share wrote; make this share again")
    new.parent.mkdir(parents=True, exist_ok=True)
    new.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        os.link(place, new)
        return
    files.write_bytes(new, data, target / GROWING)
