"""Pictures that lie elsewhere: fetched one by one through fsspec, and removed when their copies are made."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from geoaug import files
from geoaug.coco.journal import State, mark_of
from geoaug.errors import ParameterError

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(::|://)")
TIMES = ("mtime", "LastModified", "updated", "last_modified", "created", "ETag", "etag")  # as the file systems call it


@frozen
class Remote:
    """A folder that fsspec reaches.

    Args:
        address: Such as ``s3://bucket/images`` or ``zip://::images.zip``.
    """

    address: str

    def state(self, file_name: str) -> State | None:
        """Returns: Bytes of a file, and a number that changes with it; ``None`` where there is none."""
        if files.name_fault(file_name) is not None:
            return None
        system, root = self._system()
        try:
            info = system.info(_joined(root, file_name))
        except (OSError, ValueError, KeyError):
            return None
        times = repr([info.get(name) for name in TIMES])
        return int(info.get("size") or 0), int(mark_of(times.encode())[:12], 16)

    @contextlib.contextmanager
    def brought(self, file_name: str, folder: Path) -> Iterator[Path]:
        """Fetch one file.

        Args:
            file_name: As a COCO record has it.
            folder: Where it may stay meanwhile.

        Returns:
            An image folder that holds this one picture, or nothing if there is none at the address.

        Raises:
            OSError: The address cannot be reached, or the disk is full.
        """
        place = folder / f"fetched-{os.urandom(8).hex()}"
        place.mkdir()
        try:
            if files.name_fault(file_name) is None:
                self._fetch(file_name, place / file_name.replace("\\", "/"))
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _fetch(self, file_name: str, target: Path) -> None:
        system, root = self._system()
        try:
            data = system.cat_file(_joined(root, file_name))
        except (FileNotFoundError, KeyError, IsADirectoryError):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def _system(self) -> tuple[Any, str]:
        try:
            import fsspec
        except ImportError:
            raise ParameterError(f"images: {self.address!r} needs fsspec; pip install 'geoaug[remote]', or name a folder") from None
        try:
            system, root = fsspec.url_to_fs(self.address)
        except (ImportError, ValueError) as error:  # the package for this kind of address is not installed, or there is no such kind
            raise ParameterError(f"images: {self.address!r} cannot be opened: {error}") from None
        return system, root

    def check(self, shared: bool) -> None:
        """Look whether the address can be used at all.

        Args:
            shared: Whether other processes are to reach it, too.

        Raises:
            ParameterError: It cannot be.
        """
        if shared and self.address.rpartition("::")[2].startswith("memory:"):
            raise ParameterError(f"images: {self.address!r} lies in the memory of this process, which no worker sees; take workers=1")
        try:
            system, root = self._system()
            there = system.isdir(root) or not root
        except ParameterError:
            raise
        except Exception as error:  # each file system has errors of its own
            raise ParameterError(f"images: {self.address!r} cannot be reached: {type(error).__name__}: {error}"[:300]) from None
        if not there:
            raise ParameterError(f"images: {self.address!r} is no folder; name the one that the file names start from")


def is_address(images: object) -> bool:
    """Returns: Whether this is an address and not a folder of this machine."""
    return isinstance(images, str) and ADDRESS.match(images) is not None


def _joined(root: str, file_name: str) -> str:
    name = file_name.replace("\\", "/")
    return f"{root.rstrip('/')}/{name}" if root else name
