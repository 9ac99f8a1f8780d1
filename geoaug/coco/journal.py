"""What is finished, told line by line while a run goes on: a killed run goes on from here, and the result is made of it.

Each process appends to a file of its own, so nothing needs a lock; a line that a kill tore is passed over. The line of a
copy is written after its picture stands under its final name.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from geoaug import files
from geoaug.coco.document import as_json
from geoaug.coco.folder import IMAGES

At = tuple[int, int]  # number of the source picture in the file, and of the copy
State = tuple[int, ...]  # bytes of a file, and the time at which it was changed, or another number that changes with it; of several in turn
MARK = 16  # bytes of a fingerprint


@frozen
class Stamp:
    """What a finished copy was made of and what it made; by this a later run sees whether it still holds.

    Args:
        at: Number of the source picture, and of the copy.
        source: Bytes and time of change of the source file, and of the one of its segments; ``None`` where there was none.
        name: File name of the copy, below the image folder of the result; ``None`` where nothing was written.
        size: Bytes of that file.
        mark: Fingerprint of that file.
        again: Whether a later run shall try again, as something about the machine went wrong and not about the data.
        beside: Name, bytes and fingerprint of the file of its segments, below the folder of the result, where there is one.
    """

    at: At
    source: State | None = None
    name: str | None = None
    size: int = 0
    mark: str = ""
    again: bool = False
    beside: tuple[str, int, str] | None = None

    def files(self) -> list[tuple[str, int, str]]:
        """Returns: Name below the folder of the result, bytes and fingerprint of all that was written."""
        own = [] if self.name is None else [(f"{IMAGES}/{self.name}", self.size, self.mark)]
        return own if self.beside is None else [*own, self.beside]

    def head(self) -> list[Any]:
        """Returns: What stands at the beginning of its line."""
        told = [list(self.at), self.source, self.name, self.size, self.mark, self.again]
        return told if self.beside is None else [*told, self.beside]


def note(folder: Path, stamp: Stamp, body: Any) -> None:
    """Append one line to this process's file.

    Args:
        folder: Of the journal.
        stamp: Head of the line.
        body: What became of the copy, as JSON.

    Raises:
        OSError: The disk is full; the torn line counts for nothing.
    """
    head = stamp.head()
    # a line feed before it too: what a killed process of the same number left torn must not swallow this one
    line = f"\n{_text(head)}\t{_text(body)}\n".encode("ascii")
    place = folder / f"{platform.node() or 'host'}-{os.getpid()}.jsonl"
    handle = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        view = memoryview(line)
        while view:
            view = view[os.write(handle, view) :]
    finally:
        os.close(handle)


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"), default=as_json)


@define
class Journal:
    """All whole lines of a folder of journals: where each copy's body stands.

    Args:
        folder: Of the journals.
        stamps: Of every copy that is noted.
    """

    folder: Path
    stamps: dict[At, Stamp] = field(factory=dict)
    _places: dict[At, tuple[Path, int, int]] = field(factory=dict, repr=False)

    @classmethod
    def read(cls, folder: Path, pattern: str = "*.jsonl") -> Journal:
        """Read the heads of all lines; of two for one copy the later one counts, unless it asks to be tried again."""
        found = cls(folder)
        for place in sorted(folder.glob(pattern)):
            with place.open("rb") as file:
                start = 0
                for line in file:
                    found._take(place, start, line)
                    start += len(line)
        return found

    def _take(self, place: Path, start: int, line: bytes) -> None:
        head, tab, body = line.partition(b"\t")
        if not tab or not body.endswith(b"\n"):
            return
        stamp = _stamp(head)
        if stamp is None or (stamp.at in self.stamps and stamp.again):
            return
        self.stamps[stamp.at] = stamp
        self._places[stamp.at] = (place, start + len(head) + 1, len(body))

    def flush(self, out: Path) -> None:
        """Wait until all files that were made are on the disk.

        Args:
            out: The folder of the result.
        """
        files.flush_all(out / name for stamp in self.stamps.values() for name, _, _ in stamp.files())

    def bodies(self) -> Iterator[tuple[At, Any]]:
        """Returns: What became of each copy, in the order of the source; one is in memory at a time."""
        opened: dict[Path, Any] = {}
        try:
            for at in sorted(self._places):
                yield at, json.loads(self._read(opened, at), parse_constant=_no_number)
        finally:
            for file in opened.values():
                file.close()

    def _read(self, opened: dict[Path, Any], at: At) -> bytes:
        place, start, length = self._places[at]
        if place not in opened:
            opened[place] = place.open("rb")
        opened[place].seek(start)
        body: bytes = opened[place].read(length)
        return body

    def kept(self, holds: Callable[[Stamp], bool], sound: Callable[[Any], bool] | None = None, as_name: str = "finished.jsonl") -> Journal:
        """Keep the lines of copies that still hold, all in one file, and forget the others.

        Args:
            holds: Whether a copy is as its stamp says.
            sound: Whether a body is one; not asked when not given.
            as_name: The file that takes them; written whole or not at all.
        """
        good = [at for at in sorted(self.stamps) if not self.stamps[at].again and holds(self.stamps[at])]
        good = good if sound is None else self._sound(good, sound)
        files.write_bytes(self.folder / as_name, self._lines(good))
        for place in self.folder.glob("*.jsonl"):
            if place.name != as_name:
                place.unlink()
        return Journal.read(self.folder)

    def _sound(self, wanted: list[At], sound: Callable[[Any], bool]) -> list[At]:
        """Those whose bodies are sound: a machine that lost its power may have left zeros in a line."""
        opened: dict[Path, Any] = {}
        try:
            return [at for at in wanted if sound(value_of(self._read(opened, at)))]
        finally:
            for file in opened.values():
                file.close()

    def _lines(self, wanted: list[At]) -> Iterator[bytes]:
        opened: dict[Path, Any] = {}
        try:
            for at in wanted:
                yield _text(self.stamps[at].head()).encode("ascii") + b"\t" + self._read(opened, at)
        finally:
            for file in opened.values():
                file.close()


def value_of(text: str | bytes) -> Any:
    """Returns: What a piece of JSON says; ``None`` where it is none."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _stamp(head: bytes) -> Stamp | None:
    """The head of a line, unless a run has not written it: its names would be trusted."""
    told = value_of(head)
    if type(told) is not list or len(told) not in (6, 7):
        return None
    at, source, name, size, mark, again, *beside = told
    if not (_whole_numbers(at) and len(at) == 2 and (source is None or _whole_numbers(source)) and type(again) is bool):
        return None
    named = [[name, size, mark]] if name is not None else []
    for one in [*named, *beside]:
        if type(one) is not list or list(map(type, one)) != [str, int, str] or files.name_fault(one[0]) is not None:
            return None
    return Stamp((at[0], at[1]), None if source is None else tuple(source), name, size, mark, again, tuple(beside[0]) if beside else None)


def _whole_numbers(values: Any) -> bool:
    return type(values) is list and set(map(type, values)) <= {int}


def mark_of(data: bytes) -> str:
    """Returns: The fingerprint of a file's bytes."""
    return hashlib.blake2b(data, digest_size=MARK).hexdigest()


def changed(place: str | Path) -> State | None:
    """Returns: Bytes and time of change of a file; ``None`` where there is none."""
    try:
        state = os.stat(place)
    except (OSError, ValueError):
        return None
    return state.st_size, state.st_mtime_ns
