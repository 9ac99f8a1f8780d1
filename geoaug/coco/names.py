"""Names of the pictures of a result: settled before any work, and never two alike, also where A and a are one letter."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import PurePosixPath
from typing import Any

from geoaug.coco.document import Record

LONGEST = 200  # bytes of a part of a path; file systems end at 255, and "_<copy>.<ending>" is still to come


def stems(images: list[Record], copies: list[range]) -> list[str]:
    """Returns: For each picture folder and name without ending and number, free for all of its copies.

    Args:
        images: Records.
        copies: Numbers of the copies of each.
    """
    taken = {str(folder.with_suffix("")).casefold() for image in images for folder in _parts(image["file_name"]).parents if folder.suffix}
    found = []
    for image, numbers in zip(images, copies, strict=True):
        found.append(_stem(image, numbers, taken))
        taken.update(name_of(found[-1], copy).casefold() for copy in numbers)
    return found


def _stem(image: Record, copies: range, taken: set[str]) -> str:
    parts = _parts(image["file_name"])
    stem = str(parts.with_name(_shortened(parts.stem)))
    mark, tries = f"{key_of(image['id']):016x}", 0
    free = stem
    while any(name_of(free, copy).casefold() in taken for copy in copies):
        free = f"{stem}-{mark[:6]}" if not tries else f"{stem}-{mark[:6]}-{tries}"
        tries += 1
    return free


def _parts(file_name: str) -> PurePosixPath:
    """A file name as folders and name, without parts that lead nowhere, each short enough to be written."""
    parts = [part for part in file_name.replace("\\", "/").split("/") if part not in ("", ".")]
    return PurePosixPath(*[_shortened(part) for part in parts[:-1]], parts[-1] if parts else "picture")


def _shortened(part: str) -> str:
    raw = os.fsencode(part)
    if len(raw) <= LONGEST:
        return part
    mark = hashlib.blake2b(raw, digest_size=6).hexdigest()
    return raw[: LONGEST - 20].decode("utf-8", "ignore") + "-" + mark


def name_of(stem: str, copy: int) -> str:
    """Returns: The name of one copy, without its ending."""
    return f"{stem}_{copy}" if copy else stem


def key_of(image_id: Any) -> int:
    """Returns: A whole number that stands for an image id, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(json.dumps(image_id).encode(), digest_size=8).digest(), "big")
