"""Shares of a run, made apart, on as many machines as there are, and joined into the bytes that one run would have made."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path, PurePosixPath

from attrs import frozen

from geoaug import files, headers
from geoaug.coco.assembly import Facts, assemble, counted_shares
from geoaug.coco.dataset import save
from geoaug.coco.document import Record
from geoaug.coco.folder import ANNOTATIONS, GROWING, JOURNAL, OURS, SHARE, SHARE_JOURNAL, Refused, is_own_name, read_share
from geoaug.coco.jobs import Done
from geoaug.coco.journal import Journal, Stamp, mark_of, value_of
from geoaug.coco.once import once
from geoaug.coco.summary import Summary, count_source
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
    save(out / SHARE, {"facts": facts.record(), "head": head, "journal": mark_of(files.read_bytes(out / SHARE_JOURNAL))}, out / GROWING)
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
    found, facts, head = _agreed(shares, folders)
    target = Path(out).resolve()
    for folder in folders:
        if target == folder or target.is_relative_to(folder) or folder.is_relative_to(target):
            raise Refused(f"out: {str(out)!r} overlaps with the share {str(folder)!r}; choose a folder beside it")

    def joined() -> Summary:
        taken: set[str] = set()
        for share in found:
            name = f"{share.number:06}.jsonl"
            files.write_bytes(target / JOURNAL / name, _whole(share.folder, SHARE_JOURNAL, None, share.mark), target / GROWING)
            journal = Journal.read(target / JOURNAL, name)
            try:
                _check(journal, share, facts, head)
            except FAULTS:
                raise _damaged(share.folder) from None
            for stamp in journal.stamps.values():
                _bring(share.folder, target, stamp, taken)
        return assemble(target, facts, Journal.read(target / JOURNAL), head)

    summary = once(out, target, head, overwrite, joined)
    summary.seconds = time.monotonic() - started
    return summary


FAULTS = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)  # of data that is not what a share writes


def _damaged(folder: Path, what: str = "") -> Refused:
    return Refused(f"shares: {str(folder)!r} is damaged{what}; make this share again")


@frozen
class Share:
    """What a finished share says of itself.

    Args:
        folder: Where it lies.
        number: 1 to total.
        total: Number of shares.
        head: What its report says of the run.
        facts: What it knows of the source.
        mark: Fingerprint of its journal.
    """

    folder: Path
    number: int
    total: int
    head: Record
    facts: Record
    mark: str

    @classmethod
    def read(cls, folder: Path) -> Share:
        """Raises: KeyError, TypeError or Refused, if it is none."""
        told = read_share(folder)
        number, total = share_of(told["head"]["share"]) or (0, 0)
        return cls(folder, number, total, told["head"], told["facts"], told["journal"])

    def is_of(self, other: Share) -> bool:
        """Returns: Whether both are of one run; paths may differ, and so may messages with paths."""
        facts = all(self.facts[name] == other.facts[name] for name in ("documents", "wanted", "sources", "rows"))
        return facts and self.total == other.total and self.head["fingerprint"] == other.head["fingerprint"]


def _agreed(given: list[str | Path], folders: list[Path]) -> tuple[list[Share], Facts, Record]:
    """All shares, and what they say of the run that they are of."""
    if not folders:
        raise Refused("shares: none given; name the folders that geoaug augment --shard wrote")
    seen: dict[int, str] = {}
    found: list[Share] = []
    for name, folder in zip(given, folders, strict=True):
        try:
            found.append(Share.read(folder))
            same = found[-1].is_of(found[0])
        except (TypeError, KeyError, Refused):
            raise Refused(f"shares: {str(name)!r} is no finished share; run geoaug augment --shard there to its end") from None
        if not same:
            raise Refused(f"shares: {str(name)!r} is of another run than {str(given[0])!r}: settings, data or number of shares differ")
        number = found[-1].number
        if number in seen:
            raise Refused(f"shares: {str(name)!r} and {seen[number]!r} are both share {number}/{found[-1].total}")
        seen[number] = str(name)
    total = found[0].total
    missing = [f"{k}/{total}" for k in range(1, total + 1) if k not in seen]
    if missing:
        raise Refused(f"shares: {', '.join(missing[:10])}{' …' if len(missing) > 10 else ''} not given; all {total} are needed")
    try:
        facts = Facts.from_record(found[0].facts)
        sound = _are_own(facts, found[0].head)
    except (*FAULTS, GeoaugError):
        sound = False
    if not sound:
        raise _damaged(folders[0])
    return found, facts, {key: value for key, value in found[0].head.items() if key != "share"}


def _are_own(facts: Facts, head: Record) -> bool:
    """Whether the files that a result would have are its own, and what the end of a run counts are numbers."""
    names, segments, pictures = list(facts.documents), head.get("segments", []), head["settings"]["tar_pictures"]
    apart = len({name.casefold() for name in [*names, *segments]}) == len(names) + len(segments)
    own = all(is_own_name(name) and name not in OURS - {ANNOTATIONS} for name in [*names, *segments]) and ANNOTATIONS not in segments
    numbers = [facts.wanted, facts.sources, facts.rows, *facts.sources_left_out.values(), *facts.rows_left_out.values()]
    lists = [row for document in facts.documents.values() for row in document.get("categories", [])]
    return (
        (apart and own and names == head.get("outputs", [ANNOTATIONS]))
        and all(type(number) is int for number in numbers)
        and all(type(note) is str for note in [*facts.notes, *facts.last_notes])
        and all(type(row) is dict and "id" in row for row in lists)
        and (pictures is None or (type(pictures) is int and pictures > 0))
    )


def _check(journal: Journal, share: Share, facts: Facts, head: Record) -> None:
    """Look through the journal of a share, which goes into the result as text.

    Raises:
        ValueError or any other of FAULTS: It is not what a share writes.
    """
    segments = head.get("segments", [])
    for at, body in journal.bodies():
        done, beside = Done.of(at, body), journal.stamps[at].beside
        own = at[0] >= 0 and at[0] % share.total == share.number - 1
        placed = beside is None or PurePosixPath(beside[0]).parts[0] in segments
        if not (own and placed and Done.is_body(body, len(facts.documents))):
            raise ValueError(at)
        for text in done.fragments:
            if not text.isascii() or "\n" in text or "\r" in text or type(value_of(text)) is not dict:
                raise ValueError(at)
        if not all(number is None or type(number) is int for lines in done.rows for number, _ in lines):
            raise ValueError(at)
        count_source(Summary(Path()), [done])


def _bring(folder: Path, target: Path, stamp: Stamp, taken: set[str]) -> None:
    """Link or copy the files of one picture, and refuse those that are not as their share says, or that another one has brought."""
    for name, size, mark in stamp.files():
        if name.casefold() in taken:
            raise _damaged(folder, f": another picture is called {name!r}, too")
        taken.add(name.casefold())
        data, new = _whole(folder, name, size, mark), target / name
        new.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            os.link(files.safe_path(folder, name), new)
            continue
        files.write_bytes(new, data, target / GROWING)


def _whole(folder: Path, name: str, size: int | None, mark: str) -> bytes:
    """The bytes of a file of a share, which is as the share wrote it, and in it."""
    try:
        data = files.read_bytes(files.safe_path(folder, name))
    except headers.FileProblem as problem:
        raise Refused(f"shares: {str(folder / name)!r} cannot be used: {problem}; make this share again") from None
    if (size is not None and len(data) != size) or mark_of(data) != mark:
        raise Refused(f"shares: {str(folder / name)!r} is not what its share wrote; make this share again")
    return data
