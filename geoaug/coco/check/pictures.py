"""Pictures held against their records: missing, damaged, of another size, turned, twice there, or named by nobody."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from attrs import define, field

from geoaug import files
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record, short
from geoaug.coco.journal import mark_of
from geoaug.coco.plural import counted
from geoaug.coco.problems import Problem
from geoaug.headers import FileProblem, Header, header_of
from geoaug.types import Size

ENDINGS = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp", ".gif")
NAMED = 3  # of the files that no record names


@define
class Pictures:
    """Where the pictures of a data set are.

    Args:
        place: A folder.
        max_pixels: Larger pictures are named and not read.
    """

    place: Path
    max_pixels: int = files.MAX_PIXELS

    def header(self, image: Record) -> Header:
        """Look at the head of a picture's file.

        Raises:
            FileProblem: It cannot be used.
        """
        raise NotImplementedError

    def data(self, image: Record) -> bytes:
        """Returns: The whole file of a picture; or a FileProblem is raised."""
        raise NotImplementedError

    def own(self, image: Record) -> tuple[int, Any]:
        """Returns: The bytes of a picture's file, and what tells this file from others; or a FileProblem is raised."""
        raise NotImplementedError

    def unnamed(self, images: Iterable[Record]) -> list[str]:
        """Returns: Names of picture files that none of the records has."""
        return []


@define
class Folder(Pictures):
    """Pictures that lie in a folder."""

    _found: dict[str, tuple[str | Path, int]] = field(factory=dict, init=False, repr=False)  # by file name: place and bytes
    _folders: dict[str, str | None] = field(factory=dict, init=False, repr=False)  # by name: where it really is, if that is inside

    def header(self, image: Record) -> Header:
        return files.probe(self._file(image)[0], self.max_pixels)

    def data(self, image: Record) -> bytes:
        return files.read_bytes(self._file(image)[0])

    def own(self, image: Record) -> tuple[int, Any]:
        path, size = self._file(image)
        return size, str(path)

    def _file(self, image: Record) -> tuple[str | Path, int]:
        name = image["file_name"]
        if name not in self._found:
            self._found[name] = self._plain(name) or self._any(name)
        return self._found[name]

    def _any(self, name: str) -> tuple[Path, int]:
        path = files.safe_path(self.place, name)
        return path, os.stat(path).st_size

    def _plain(self, name: str) -> tuple[str, int] | None:
        """A file that is no link, in a folder that was followed once: most are, and following each path anew takes longer than the head."""
        if "\\" in name or files.name_fault(name) is not None:
            return None
        folder, _, last = name.rpartition("/")
        if folder not in self._folders:
            root, real = (os.path.realpath(place) for place in (self.place, self.place / folder))
            self._folders[folder] = real if Path(real).is_relative_to(root) else None
        parent = self._folders[folder]
        if parent is None or last in ("", "."):
            return None
        try:
            state = os.lstat(place := os.path.join(parent, last))
        except OSError:
            return None
        return (place, state.st_size) if stat.S_ISREG(state.st_mode) else None

    def unnamed(self, images: Iterable[Record]) -> list[str]:
        known = {os.path.normpath(image["file_name"]) for image in images}
        known |= {os.path.normpath(name.replace("\\", "/")) for name in known if "\\" in name}
        found = []
        for folder, folders, names in os.walk(self.place):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                if name.lower().endswith(ENDINGS) and not name.startswith("."):
                    path = os.path.relpath(os.path.join(folder, name), self.place)
                    if path not in known:
                        found.append(path)
        return found


@define
class Tars(Pictures):
    """Pictures in the tar files that ``geoaug augment --tars`` writes; a record says in which, under which name."""

    _members: dict[str, dict[str, tuple[int, int]]] = field(factory=dict, init=False, repr=False)

    def header(self, image: Record) -> Header:
        return header_of(self.data(image), self.max_pixels)

    def data(self, image: Record) -> bytes:
        path, start, size = self._where(image)
        with path.open("rb") as file:
            file.seek(start)
            return file.read(size)

    def own(self, image: Record) -> tuple[int, Any]:
        path, start, size = self._where(image)
        return size, (path, start)

    def _where(self, image: Record) -> tuple[Path, int, int]:
        """File, first byte and length of a picture."""
        tar, member = image.get("tar"), image.get("member")
        if not isinstance(tar, str) or not isinstance(member, str):
            raise FileProblem("image-missing", "its record does not say in which tar file it is")
        path = files.safe_path(self.place, tar)
        if tar not in self._members:
            try:
                with tarfile.open(path, "r:") as file:
                    self._members[tar] = {one.name: (one.offset_data, one.size) for one in file if one.isfile()}
            except (tarfile.TarError, ValueError, OverflowError) as error:
                raise FileProblem("image-unreadable", f"tar file {tar!r:.200} cannot be read: {error}") from None
        found = self._members[tar].get(member)
        if found is None:
            raise FileProblem("image-missing", f"tar file {tar!r:.200} has no member {member!r:.200}")
        start, size = found
        if start + size > path.stat().st_size or size > files.MAX_BYTES:
            raise FileProblem("image-truncated", f"tar file {tar!r:.200} ends before its member {member!r:.200} does")
        return path, start, size


def about(image: Record, code: str, message: str) -> Problem:
    """Returns: A problem of a picture."""
    return Problem(code, message, image_id=image["id"], file_name=image["file_name"])


def picture_faults(image: Record, size: Size | None, pictures: Pictures) -> Iterator[Problem]:
    """Hold the record of a picture against the head of its file.

    Args:
        image: The record.
        size: (height, width) that it states.
        pictures: Where the file is.
    """
    try:
        header = pictures.header(image)
    except FileProblem as problem:
        yield about(image, problem.code, str(problem))
        return
    stored, turned = header.size, header.turned
    if size is None:
        return
    if size not in (stored, turned):
        text = f"stated {size[1]} x {size[0]}, the file is {stored[1]} x {stored[0]} (width x height)"
        yield about(image, "image-size", text)
    elif header.orientation != 1 and size == stored:
        text = f"EXIF orientation {header.orientation}, but the stated size is the stored one: viewers turn it, labels do not"
        yield about(image, "image-orientation", text)


def name_faults(images: Iterable[Record]) -> Iterator[Problem]:
    """Look for two records that name one file."""
    first: dict[str, Any] = {}
    for image in images:
        other = first.setdefault(image["file_name"], image["id"])
        if other != image["id"]:
            yield about(image, "file-name-repeated", f"image {short(other)} has the same file_name")


def unnamed_faults(images: Iterable[Record], pictures: Pictures) -> Iterator[Problem]:
    """Count picture files that no record names."""
    names = pictures.unnamed(images)
    if names:
        listed = ", ".join(map(repr, names[:NAMED])) + (" …" if len(names) > NAMED else "")
        text = f"{counted(len(names), 'picture file')} in {str(pictures.place)!r} that no record names: {listed}"
        yield Problem("image-extra", text)


def copy_faults(dataset: Dataset, pictures: Pictures) -> Iterator[Problem]:
    """Look for one picture under two names, told by all bytes of the files; files of unlike lengths are not read."""
    by_length: dict[int, list[tuple[Record, Any]]] = {}
    for image in dataset.images:
        try:
            length, own = pictures.own(image)
        except FileProblem:
            continue
        by_length.setdefault(length, []).append((image, own))
    for group in by_length.values():
        first: dict[str, tuple[Record, Any]] = {}
        for image, own in group if len({own for _, own in group}) > 1 else ():
            try:
                earlier, place = first.setdefault(mark_of(pictures.data(image)), (image, own))
            except FileProblem:
                continue
            if place == own or (earlier.get("source_id") is not None and earlier.get("source_id") == image.get("source_id")):
                continue  # two records of one file, or two copies that a pipeline left alone
            yield _copied(dataset, earlier, image)


def _copied(dataset: Dataset, earlier: Record, image: Record) -> Problem:
    what = f"the very bytes of image {short(earlier['id'])}, file {earlier['file_name']!r:.200}"
    if _said(dataset, earlier) == _said(dataset, image):
        return about(image, "image-twice", f"{what}, with the same annotations")
    return about(image, "image-twice-labelled", f"{what}, with other annotations")


def _said(dataset: Dataset, image: Record) -> list[str]:
    keys = ("category_id", "bbox", "segmentation", "keypoints", "iscrowd", "caption")
    return sorted(repr([row.get(key) or None for key in keys]) for row in dataset.annotations_of(image["id"]))
