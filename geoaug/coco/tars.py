"""A result as tar files that WebDataset and its like read in a stream: each picture beside the JSON of its annotations."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path, PurePosixPath

from geoaug import files
from geoaug.coco.folder import GROWING, IMAGES, TARS
from geoaug.coco.jobs import Done

BLOCK = 512  # bytes that everything in a tar file is rounded up to


def pack(out: Path, results: Iterable[Done], pictures: int, names: list[str]) -> None:
    """Write ``tars/000000.tar`` and so on, each whole or not at all, the same bytes at any time and place.

    Args:
        out: The folder of the result, with its pictures.
        results: All copies, in order.
        pictures: How many a file holds.
        names: Of the annotation files of the result.
    """
    (out / TARS).mkdir(exist_ok=True)
    made = (result for result in results if result.made)
    for number, group in groupby(enumerate(made), key=lambda pair: pair[0] // pictures):
        pieces = _pieces(member for index, result in group for member in _members(out, index + 1, result, names))
        files.write_bytes(out / TARS / tar_name(number), pieces, out / GROWING)


def tar_name(number: int) -> str:
    """Returns: ``000012.tar``."""
    return f"{number:06}.tar"


def member_name(number: int, name: str) -> str:
    """Returns: The name of a picture in its tar file: its id, of fixed length, as readers take all up to a dot for the key."""
    return f"{number:09}{PurePosixPath(name).suffix}"


def place_of(number: int, name: str, pictures: int) -> str:
    """Returns: What the record of a picture says of its place, as the end of a JSON object."""
    return f',"tar":"{tar_name((number - 1) // pictures)}","member":{json.dumps(member_name(number, name))}}}'


def _members(out: Path, number: int, result: Done, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of a picture, of its segments where it has some, and of what each annotation file says of it."""
    assert result.name is not None
    name = member_name(number, result.name)
    yield name, files.read_bytes(out / IMAGES / result.name)
    if result.beside is not None:
        yield f"{number:09}.panoptic.png", files.read_bytes(out / result.beside[0])
    for own, image, lines in zip(names, result.images, result.rows, strict=True):
        if image is not None:
            rows = ",".join(f'{{"image_id":{number}{row}' for _, row in lines)
            ending = "json" if len(names) == 1 else own
            yield f"{number:09}.{ending}", f'{{"image":{{"id":{number}{image},"annotations":[{rows}]}}'.encode("ascii")


def _pieces(members: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """A tar file piece by piece, without times and owners."""
    for name, data in members:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        yield info.tobuf(tarfile.USTAR_FORMAT)
        yield data
        yield bytes(-len(data) % BLOCK)
    yield bytes(2 * BLOCK)
