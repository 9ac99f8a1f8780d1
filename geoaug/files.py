"""Files of pictures and text: the only module that hands files to cv2.

cv2.imread crashes on odd names, waits for ever on a FIFO, turns pictures behind the caller's back and returns half a
picture for half a file. So bytes are read here, looked at, and only then decoded from memory; what is written is
encoded to memory, checked, and put in place by one rename.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np
from attrs import frozen

from geoaug.errors import DataError
from geoaug.types import Array, Size

MAX_PIXELS = 200_000_000
LZW = 5  # TIFF's number of its lossless compression
MAX_BYTES = 2**31  # cv2 counts the bytes of a file in 32 bits
HEAD = 65_536  # enough for every header but that of a JPEG with large notes before its picture
FORMATS = ("jpg", "png", "tif", "webp", "bmp")
SPELLINGS = {"jpeg": "jpg", "tiff": "tif"}


class FileProblem(DataError):
    """A picture file that cannot be used.

    Args:
        code: Stable name of the reason, as in `Problem`: ``image-missing``, ``image-outside``, ``image-name``,
            ``image-not-a-file``, ``image-unreadable``, ``image-truncated``, ``image-too-large``, ``image-size``.
        message: What was found, what was expected, and the way out.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[FileProblem], tuple[str, str]]:
        return type(self), (self.code, str(self))  # so that it comes home from a worker process


@frozen
class Header:
    """What a picture file says of itself before it is decoded.

    Args:
        format: ``"jpg"``, ``"png"``, ``"tif"``, ``"webp"`` or ``"bmp"``, by content and not by name.
        size: (height, width) as stored.
        orientation: EXIF orientation, 1 to 8; 1 where there is none or it makes no sense.
    """

    format: str
    size: Size
    orientation: int

    @property
    def turned(self) -> Size:
        """(height, width) as a viewer shows it."""
        return self.size[::-1] if self.orientation >= 5 else self.size


@frozen(eq=False)
class Picture:
    """A decoded picture.

    Args:
        pixels: ``(height, width)`` or ``(height, width, channels)``, RGB or RGBA, depth as in the file.
        format: As in `Header`.
        orientation: ``"stored"`` (no turn asked for), ``"turned"`` (turned upright by its EXIF orientation, because
            the stated size says so) or ``"ignored"`` (it has an orientation, the stated size is the stored one).
        stored: (height, width) in the file.
    """

    pixels: Array
    format: str
    orientation: str
    stored: Size


# --- reading ---------------------------------------------------------------------------------------------------------


def probe(path: str | Path, max_pixels: int = MAX_PIXELS) -> Header:
    """Look at a picture file without decoding it.

    Raises:
        FileProblem: It is no regular file, no picture, or larger than ``max_pixels``.
    """
    data = read_bytes(path, HEAD)
    try:
        header = _header(data, max_pixels)
        if header.format != "webp":  # which keeps its EXIF data at the end
            return header
    except FileProblem as problem:
        if problem.code != "image-truncated" or len(data) < HEAD:
            raise
    return _header(read_bytes(path), max_pixels)


def read_image(path: str | Path, size: Size | None = None, max_pixels: int = MAX_PIXELS) -> Picture:
    """Read a picture in the frame in which its labels were drawn.

    Args:
        path: A regular file.
        size: (height, width) that the labels state. Equal to the stored size: pixels stay as stored, whatever the
            EXIF orientation says. Equal to the size after turning: pixels are turned. ``None``: as stored.
        max_pixels: Largest picture that is decoded; the header is asked before any memory is taken.

    Returns:
        The picture with the depth and the channels of the file.

    Raises:
        FileProblem: The file cannot be used, or its size is not the stated one.
    """
    data = read_bytes(path)
    header = _header(data, max_pixels)
    turn = size is not None and tuple(size) != header.size and tuple(size) == header.turned
    if size is not None and not turn and tuple(size) != header.size:
        raise FileProblem(
            "image-size",
            f"stated {_by(size)}, the file is {_by(header.size)} (width x height); correct the record or the picture",
        )
    pixels = _decoded(data, header)
    if turn:
        pixels = _upright(pixels, header.orientation)
    orientation = "turned" if turn else "stored" if header.orientation == 1 else "ignored"
    return Picture(pixels, header.format, orientation, header.size)


def read_bytes(path: str | Path, limit: int | None = None) -> bytes:
    """Read a regular file, or its first ``limit`` bytes; a FIFO or a device is refused and never waited for.

    Raises:
        FileProblem: There is no such file, it is not a regular one, or it cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise FileProblem("image-missing", "there is no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FileProblem("image-unreadable", f"cannot be opened: {_reason(error)}") from None
    state = os.fstat(handle)
    if not stat.S_ISREG(state.st_mode):
        os.close(handle)
        raise FileProblem("image-not-a-file", f"is {_kind(state.st_mode)}, not a regular file")
    with os.fdopen(handle, "rb") as file:
        if state.st_size > MAX_BYTES and limit is None:
            raise FileProblem("image-too-large", f"has {state.st_size} bytes, more than {MAX_BYTES}")
        try:
            return file.read() if limit is None else file.read(limit)
        except OSError as error:
            raise FileProblem("image-unreadable", f"cannot be read: {_reason(error)}") from None


def _header(data: bytes, max_pixels: int) -> Header:
    if not data:
        raise FileProblem("image-unreadable", "is empty")
    for magic, look in SIGNS:
        if magic.match(data):
            try:
                header = look(data)
            except (struct.error, IndexError, OverflowError):
                raise FileProblem("image-truncated", "ends within its header; copy the picture again") from None
            break
    else:
        raise FileProblem("image-unreadable", f"is no JPEG, PNG, TIFF, WebP or BMP; it begins with {data[:12]!r}")
    height, width = header.size
    if height < 1 or width < 1:
        raise FileProblem("image-unreadable", f"states a size of {_by(header.size)}")
    if height * width > max_pixels:
        raise FileProblem("image-too-large", f"{_by(header.size)} exceeds {max_pixels} pixels; raise max_pixels if it is true")
    return header


def _decoded(data: bytes, header: Header) -> Array:
    if header.format == "jpg":
        _whole_jpeg(data)
    if header.format == "png":
        _whole_png(data)
    if header.format == "tif" and header.orientation != 1:
        data = _untagged(data)
    try:
        # UNCHANGED keeps depth and channels, and leaves EXIF alone
        pixels: Array | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError) as error:
        raise FileProblem("image-unreadable", f"cannot be decoded: {_reason(error)}") from None
    if pixels is None:
        raise FileProblem("image-unreadable", f"cannot be decoded as {header.format}; it is damaged or cut short")
    if pixels.shape[:2] != header.size:
        found = _by((pixels.shape[0], pixels.shape[1]))
        raise FileProblem("image-unreadable", f"decodes to {found}, its header says {_by(header.size)}")
    return _swapped(pixels)


def _swapped(pixels: Array) -> Array:
    """Blue first to red first and back, for three and four channels."""
    if pixels.ndim == 3 and pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels[..., ::-1])
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        return np.ascontiguousarray(pixels[..., [2, 1, 0, 3]])
    return pixels


def _upright(pixels: Array, orientation: int) -> Array:
    """Turn by EXIF orientation 5 to 8; the others do not change the size, so a stated size cannot ask for them."""
    across = pixels.swapaxes(0, 1)
    turned = {5: across, 6: across[:, ::-1], 7: across[::-1, ::-1], 8: across[::-1]}[orientation]
    return np.ascontiguousarray(turned)


# --- headers ---------------------------------------------------------------------------------------------------------


def _jpeg(data: bytes) -> Header:
    """Source: ITU T.81, annex B; the size stands in the frame header (SOF), EXIF in an APP1 segment before it."""
    orientation = 1
    for marker, start, end in _segments(data):
        if marker == 0xE1 and data[start : start + 6] == b"Exif\0\0" and orientation == 1:
            orientation = _orientation(data[start + 6 : end])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, start + 1)
            return Header("jpg", (height, width), orientation)
    raise FileProblem("image-truncated", "is a JPEG that ends before its picture begins; copy it again")


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, first and past-the-last byte of each segment of a JPEG up to its first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            at += 1
            continue
        marker = data[at + 1]
        if marker in (0xFF, 0x00, 0x01) or 0xD0 <= marker <= 0xD8:  # fill bytes and markers without a length
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, at + 4, at + 2 + length
        if marker in (0xD9, 0xDA):
            return
        at += 2 + max(length, 2)


def _whole_jpeg(data: bytes) -> None:
    """Refuse a JPEG without an end marker after its first scan: decoders fill the rest with grey and say nothing."""
    scan = next((end for marker, _, end in _segments(data) if marker == 0xDA), len(data))
    if data.find(b"\xff\xd9", scan) < 0:
        raise FileProblem("image-truncated", "is a JPEG without an end marker, so it was cut short; copy it again")


def _whole_png(data: bytes) -> None:
    """Refuse a PNG with a chunk longer than the file: OpenCV takes gigabytes for it before it looks."""
    at = 8
    while at + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        at += 12 + length
        if name == b"IEND" and at <= len(data):
            return
    raise FileProblem("image-truncated", "is a PNG without an end chunk, so it was cut short; copy it again")


def _png(data: bytes) -> Header:
    width, height = struct.unpack_from(">II", data, 16)
    orientation, at = 1, 8
    while at + 8 <= len(data):
        (length,), name = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        if name == b"eXIf":
            orientation = _orientation(data[at + 8 : at + 8 + length])
        if name in (b"IDAT", b"IEND"):  # an eXIf chunk may come later, but viewers that stream do not see it either
            break
        at += 12 + length
    return Header("png", (height, width), orientation)


def _tiff(data: bytes) -> Header:
    tags = _tags(data)
    if 256 not in tags or 257 not in tags:
        raise FileProblem("image-unreadable", "is a TIFF that does not state its size")
    orientation = tags.get(274, (1, 0))[0]
    return Header("tif", (tags[257][0], tags[256][0]), orientation if 1 <= orientation <= 8 else 1)


def _tags(data: bytes) -> dict[int, tuple[int, int]]:
    """First value, and its offset, of every whole-number tag in the first directory of a TIFF or of EXIF data."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    (first,) = struct.unpack_from(order + "Q", data, 8) if big else struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, first)
    start, step, place = (first + 8, 20, 12) if big else (first + 2, 12, 8)
    found: dict[int, tuple[int, int]] = {}
    for at in range(start, start + min(count, 4096) * step, step):
        tag, kind = struct.unpack_from(order + "HH", data, at)
        letter = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(kind)
        if letter:
            found.setdefault(tag, (struct.unpack_from(order + letter, data, at + place)[0], at + place))
    return found


def _untagged(data: bytes) -> bytes:
    """A TIFF with its orientation set to 1: cv2 turns TIFFs even under IMREAD_UNCHANGED."""
    place = _tags(data)[274][1]
    patched = bytearray(data)
    patched[place : place + 2] = struct.pack("<H" if data[:2] == b"II" else ">H", 1)
    return bytes(patched)


def _orientation(exif: bytes) -> int:
    """Orientation in a block of EXIF data; whatever is wrong with the block, the answer is then 1."""
    try:
        value = _tags(exif).get(274, (1, 0))[0] if exif[:2] in (b"II", b"MM") else 1
    except (struct.error, OverflowError):
        return 1
    return value if 1 <= value <= 8 else 1


def _webp(data: bytes) -> Header:
    """Source: RFC 9649, sections 2.5 to 2.7."""
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        bits = struct.unpack_from("<I", data, 21)[0]
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    orientation, at = 1, 12
    while at + 8 <= len(data):
        length = struct.unpack_from("<I", data, at + 4)[0]
        if data[at : at + 4] == b"EXIF":
            orientation = _orientation(data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
    return Header("webp", (height, width), orientation)


def _bmp(data: bytes) -> Header:
    if struct.unpack_from("<I", data, 14)[0] == 12:  # the header of OS/2
        width, height = struct.unpack_from("<HH", data, 18)
    else:
        width, height = struct.unpack_from("<ii", data, 18)
    return Header("bmp", (abs(height), width), 1)  # a negative height: the rows stand from top to bottom


SIGNS = [
    (re.compile(rb"\xff\xd8\xff"), _jpeg),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), _png),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), _tiff),
    (re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL), _webp),
    (re.compile(rb"BM.{12}[\x0c-\x7c]\0\0\0", re.DOTALL), _bmp),
]


# --- writing ---------------------------------------------------------------------------------------------------------

DEPTHS = {
    "jpg": ("uint8",),
    "png": ("uint8", "uint16"),
    "tif": ("uint8", "int8", "uint16", "int16", "int32", "uint32", "float32", "float64"),
    "webp": ("uint8",),
    "bmp": ("uint8",),
}
CHANNELS = {"jpg": (1, 3), "png": (1, 3, 4), "tif": (1, 3, 4), "webp": (3, 4), "bmp": (1, 3, 4)}
WIDEST = {"jpg": 65_500, "webp": 16_383}


def write_image(
    path: str | Path,
    pixels: Array,
    format: str,  # noqa: A002  it is the word for it
    quality: int = 95,
    temporary: str | Path | None = None,
) -> None:
    """Write a picture whole or not at all.

    Args:
        path: Where it shall stand; the name is taken as it is, the format comes from ``format``.
        pixels: ``(height, width)`` or ``(height, width, channels)``, RGB or RGBA.
        format: ``"jpg"``, ``"png"``, ``"tif"``, ``"webp"`` or ``"bmp"``.
        quality: Of JPEG and WebP, 1 to 100.
        temporary: Folder, on the same disk, for the file while it grows; that of ``path`` when not given.

    Raises:
        DataError: The format cannot hold such pixels; the message names one that can.
        OSError: The disk is full, or the folder cannot be written.
    """
    name = SPELLINGS.get(format, format)
    if name not in FORMATS:
        raise DataError(f"format = {format!r}: expected one of {', '.join(FORMATS)}")
    if not 1 <= quality <= 100:
        raise DataError(f"quality = {quality!r}: expected 1 to 100")
    picture = pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels
    _fits(picture, name)
    # OpenCV 4 writes float TIFFs as LogLuv, which loses two per cent, unless another compression is named
    options = {
        "jpg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        "webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
        "tif": [cv2.IMWRITE_TIFF_COMPRESSION, LZW],
    }.get(name, [])
    native = np.ascontiguousarray(_swapped(picture), picture.dtype.newbyteorder("="))
    try:
        good, encoded = cv2.imencode(f".{name}", native, options)
    except cv2.error as error:
        raise DataError(f"cannot be written as {name}: {_reason(error)}") from None
    if not good:
        raise DataError(f"cannot be written as {name}: the encoder refused {_by(picture.shape[:2])} of {picture.dtype}")
    write_bytes(path, encoded.tobytes(), temporary)


def _fits(pixels: Array, name: str) -> None:
    """Refuse what cv2 would write with a loss and without a word."""
    if pixels.ndim not in (2, 3) or not pixels.size:
        raise DataError(f"pixels: expected height x width or height x width x channels, got shape {pixels.shape}")
    depth, channels = pixels.dtype.name, 1 if pixels.ndim == 2 else pixels.shape[2]
    able = [other for other in ("png", "tif") if depth in DEPTHS[other] and channels in CHANNELS[other]]
    way = f"write {' or '.join(able)}" if able else "convert the pixels first"
    if depth not in DEPTHS[name]:
        raise DataError(f"{name} holds {' or '.join(DEPTHS[name])}, not {depth}; {way}")
    if channels not in CHANNELS[name]:
        known = ", ".join(map(str, CHANNELS[name]))
        raise DataError(f"{name} holds {known} channels, not {channels}; {way}")
    if name in WIDEST and max(pixels.shape[:2]) > WIDEST[name]:
        raise DataError(f"{name} holds at most {WIDEST[name]} pixels a side, not {_by(pixels.shape[:2])}; {way}")


def write_text(path: str | Path, text: str | Iterable[str], temporary: str | Path | None = None) -> None:
    """Write text in UTF-8, whole or not at all; an iterable is written piece by piece."""
    pieces = [text] if isinstance(text, str) else text
    write_bytes(path, (piece.encode("utf-8") for piece in pieces), temporary)


def write_bytes(path: str | Path, data: bytes | Iterable[bytes], temporary: str | Path | None = None) -> None:
    """Write a file whole or not at all: beside its place, flushed to disk, then renamed into it.

    Args:
        path: Where it shall stand. A link that stands there is replaced, not followed.
        data: The bytes, or pieces of them.
        temporary: Folder, on the same disk, for the file while it grows; that of ``path`` when not given.

    Raises:
        OSError: The disk is full, or the folder cannot be written; nothing is left behind.
    """
    place = Path(path)
    growing = (Path(temporary) if temporary is not None else place.parent) / f".geoaug-{os.urandom(8).hex()}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(growing, flags, 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in [data] if isinstance(data, bytes) else data:
                file.write(piece)
            file.flush()
            os.fsync(handle)
        os.replace(growing, place)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(growing)
        raise


# --- names -----------------------------------------------------------------------------------------------------------


def name_fault(file_name: object) -> str | None:
    """Returns: What is wrong with a file name as such, wherever it may lead; ``None`` when nothing is."""
    if not isinstance(file_name, str):
        return f"file_name is {file_name!r:.80}, expected text"
    if not file_name.strip():
        return f"file_name {file_name!r} is empty"
    if "\0" in file_name:
        return f"file_name {file_name!r:.80} holds a NUL character"
    slashed = file_name.replace("\\", "/")
    if slashed.startswith("/") or re.match("[A-Za-z]:/", slashed):
        return f"file_name {file_name!r:.80} is absolute; make it relative to the image folder"
    if ".." in slashed.split("/"):
        return f"file_name {file_name!r:.80} leads out of the image folder by '..'"
    try:
        os.fsencode(file_name)
    except UnicodeEncodeError:
        return f"file_name {file_name!r:.80} holds half a character (a lone surrogate), which no file name can"
    return None


def safe_path(folder: str | Path, file_name: object) -> Path:
    """Find a picture inside its folder, and nowhere else.

    Args:
        folder: The image folder.
        file_name: As a COCO record has it; ``\\`` is tried as ``/`` where no file has it in its name.

    Returns:
        The path of a regular file, with all links resolved.

    Raises:
        FileProblem: The name is no name, leads out of the folder, or no regular file stands there.
    """
    fault = name_fault(file_name)
    if fault is not None:
        raise FileProblem("image-outside" if "absolute" in fault or "leads out" in fault else "image-name", fault)
    name = str(file_name)
    try:
        root = Path(folder).resolve()
        place = root / name
        if "\\" in name and not place.exists():
            place = root / name.replace("\\", "/")
        real = place.resolve(strict=True)
        mode = real.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise FileProblem("image-missing", f"file {name!r:.200} is not in {str(folder)!r}") from None
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a ring, before Python 3.13
        raise FileProblem("image-unreadable", f"file {name!r:.200} cannot be opened: {_reason(error)}") from None
    if not real.is_relative_to(root):
        raise FileProblem("image-outside", f"file {name!r:.200} is a link that leads out of {str(folder)!r}")
    if not stat.S_ISREG(mode):
        raise FileProblem("image-not-a-file", f"file {name!r:.200} is {_kind(mode)}, not a regular file")
    return real


def _kind(mode: int) -> str:
    names = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return names.get(stat.S_IFMT(mode), "something else")


def _by(size: tuple[int, ...]) -> str:
    return f"{size[1]} x {size[0]}"


def _reason(error: BaseException) -> str:
    """The one line of an error that says why."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    lines = str(getattr(error, "err", "") or error).strip().splitlines()
    return lines[-1][:200] if lines else type(error).__name__
