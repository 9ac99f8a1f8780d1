"""Files of pictures and text: the only module that hands files to cv2."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from attrs import frozen

from geoaug.errors import DataError
from geoaug.types import Array, Size

MAX_PIXELS = 200_000_000


class FileProblem(DataError):
    """A picture file that cannot be used; ``code`` is the stable name of the reason (``Problem.code``)."""

    code: str


@frozen
class Header:
    """What a picture file says of itself before it is decoded."""

    format: str
    size: Size
    orientation: int


@frozen(eq=False)
class Picture:
    """A decoded picture."""

    pixels: Array
    format: str
    orientation: str
    stored: Size


def probe(path: str | Path, max_pixels: int = MAX_PIXELS) -> Header:
    raise NotImplementedError


def read_image(path: str | Path, size: Size | None = None, max_pixels: int = MAX_PIXELS) -> Picture:
    raise NotImplementedError


def write_image(
    path: str | Path, pixels: Array, format: str, quality: int = 95, temporary: str | Path | None = None  # noqa: A002
) -> None:
    raise NotImplementedError


def write_bytes(path: str | Path, data: bytes | Iterable[bytes], temporary: str | Path | None = None) -> None:
    raise NotImplementedError


def write_text(path: str | Path, text: str | Iterable[str], temporary: str | Path | None = None) -> None:
    raise NotImplementedError


def safe_path(folder: str | Path, file_name: object) -> Path:
    raise NotImplementedError
