"""What a picture file says of itself before it is decoded: format, size, orientation, whether it is all there."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from attrs import frozen

from geoaug.errors import DataError
from geoaug.types import Size


class FileProblem(DataError):
    """A picture file that cannot be used.

    Args:
        code: Stable name of the reason, as in `Problem`: ``image-missing``, ``image-outside``, ``image-name``,
            ``image-not-a-file``, ``image-unreadable``, ``image-truncated``, ``image-too-large``, ``image-size``,
            ``image-several``.
        message: What was found, what was expected, and the way out.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[type[FileProblem], tuple[str, str]]:
        return type(self), (self.code, str(self))  # so that it comes home from a worker process


END = b"\xff\xd9"  # of a JPEG


@frozen
class Header:
    """What a picture file says of itself before it is decoded.

    Args:
        format: ``"jpg"``, ``"png"``, ``"tif"``, ``"webp"`` or ``"bmp"``, by content and not by name.
        size: (height, width) as stored.
        orientation: EXIF orientation, 1 to 8; 1 where there is none or it makes no sense.
        channels: How many channels it is read with; 0 where only the decoder knows.
        placed: Whether it says where on earth its pixels lie (GeoTIFF), which no longer holds of pixels that were moved.
    """

    format: str
    size: Size
    orientation: int
    channels: int = 0
    placed: bool = False

    @property
    def turned(self) -> Size:
        """(height, width) as a viewer shows it."""
        return self.size[::-1] if self.orientation >= 5 else self.size


def header_of(data: bytes, max_pixels: int) -> Header:
    """Returns: The header of a file's first bytes, or a FileProblem that says what is wrong with it."""
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
        raise FileProblem("image-unreadable", f"states a size of {by(header.size)}")
    if height * width > max_pixels:
        raise FileProblem("image-too-large", f"{by(header.size)} exceeds {max_pixels} pixels; raise max_pixels if it is true")
    return header


def _jpeg(data: bytes) -> Header:
    """Source: ITU T.81, annex B; the size stands in the frame header (SOF), EXIF in an APP1 segment before it."""
    orientation = 1
    for marker, start, end in _segments(data):
        if marker == 0xE1 and data[start : start + 6] == b"Exif\0\0" and orientation == 1:
            orientation = _orientation(data[start + 6 : end])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            precision, height, width, components = struct.unpack_from(">BHHB", data, start)
            if precision != 8:
                raise FileProblem("image-unreadable", f"is a JPEG of {precision} bits a sample, of which only 8 are read; save it as PNG or TIFF")
            return Header("jpg", (height, width), orientation, 1 if components == 1 else 3)
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


def check_jpeg(data: bytes) -> None:
    """Refuse a JPEG without an end marker after its first scan: decoders fill the rest with grey and say nothing."""
    if data.rfind(END, _first_scan(data)) < 0:  # from the end, where it stands in nearly all files
        raise FileProblem("image-truncated", "is a JPEG without an end marker, so it was cut short; copy it again")


def end_of_jpeg(data: bytes) -> int:
    """Returns: Where the end marker of a JPEG stands that has one: the first one after its first scan, whatever follows."""
    return data.find(END, _first_scan(data))


def _first_scan(data: bytes) -> int:
    return next((end for marker, _, end in _segments(data) if marker == 0xDA), len(data))


def check_png(data: bytes) -> None:
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
        if name == b"acTL":
            raise _animated("PNG")
        if name in (b"IDAT", b"IEND"):  # an eXIf chunk may come later, but viewers that stream do not see it either
            break
        at += 12 + length
    return Header("png", (height, width), orientation)


def _animated(name: str) -> FileProblem:
    return FileProblem("image-several", f"is an animated {name}, and a record names one picture; save its pictures as files of their own")


WIDTH, HEIGHT, KIND, COLOURS, ORIENTATION, BANDS, MORE, PLACES = 256, 257, 254, 262, 274, 277, 338, 34735  # tags of a TIFF
INKS = 5  # the kind of colours that are cyan, magenta, yellow, black
APART = 2  # the kind of a further channel that is an alpha channel by which colours are not multiplied
PREVIEW_OR_MASK = 0b101  # bits of KIND: smaller copies and masks of a page are no pages


def _tiff(data: bytes) -> Header:
    """Source: TIFF 6.0, sections 2 and 8; OGC GeoTIFF 1.1, 7.1.2."""
    directories = _directories(data)
    tags = next(directories, {})
    if WIDTH not in tags or HEIGHT not in tags:
        raise FileProblem("image-unreadable", "is a TIFF that does not state its size")
    bands = tags.get(BANDS, (1, 0))[0]
    if bands not in (1, 3, 4):
        raise FileProblem("image-unreadable", f"is a TIFF of {bands} bands, of which 1, 3 or 4 are read; save those that are wanted")
    pages = 1 + sum(not tags.get(KIND, (0, 0))[0] & PREVIEW_OR_MASK for tags in directories)
    if pages > 1:
        raise FileProblem("image-several", f"is a TIFF of {pages} pages, and a record names one picture; save its pages as files of their own")
    orientation = tags.get(ORIENTATION, (1, 0))[0]
    inks = tags.get(COLOURS, (0, 0))[0] == INKS
    return Header("tif", (tags[HEIGHT][0], tags[WIDTH][0]), orientation if 1 <= orientation <= 8 else 1, 3 if inks else 0, PLACES in tags)


Tags = dict[int, tuple[int, int]]


def _directories(data: bytes) -> Iterator[Tags]:
    """First value, and its offset, of every whole-number tag, for each directory of a TIFF or of EXIF data."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    link, count_of = order + ("Q" if big else "I"), order + ("Q" if big else "H")
    (first,) = struct.unpack_from(link, data, 8 if big else 4)
    seen: set[int] = set()
    while first and first not in seen and len(seen) < 4096:  # directories may name each other in a ring
        seen.add(first)
        (count,) = struct.unpack_from(count_of, data, first)
        start, step, place = (first + 8, 20, 12) if big else (first + 2, 12, 8)
        found: Tags = {}
        for at in range(start, start + min(count, 4096) * step, step):
            tag, kind = struct.unpack_from(order + "HH", data, at)
            letter = {1: "B", 3: "H", 4: "I", 16: "Q"}.get(kind)
            if letter:
                found.setdefault(tag, (struct.unpack_from(order + letter, data, at + place)[0], at + place))
        yield found
        (first,) = struct.unpack_from(link, data, start + count * step)


def untagged(data: bytes) -> bytes:
    """A TIFF whose pixels cv2 gives as they are stored.

    Even under IMREAD_UNCHANGED it turns by the orientation, and multiplies colours by an alpha channel that is called apart from them.
    """
    tags = next(_directories(data))
    order = "<H" if data[:2] == b"II" else ">H"
    patched = data
    for tag, values, plain in ((ORIENTATION, range(2, 9), 1), (MORE, (APART,), 0)):
        value, place = tags.get(tag, (plain, 0))
        if value in values:
            patched = patched[:place] + struct.pack(order, plain) + patched[place + 2 :]
    return patched


def _orientation(exif: bytes) -> int:
    """Orientation in a block of EXIF data; whatever is wrong with the block, the answer is then 1."""
    try:
        value = next(_directories(exif), {}).get(ORIENTATION, (1, 0))[0] if exif[:2] in (b"II", b"MM") else 1
    except (struct.error, OverflowError):
        return 1
    return value if 1 <= value <= 8 else 1


def _webp(data: bytes) -> Header:
    """Source: RFC 9649, sections 2.5 to 2.7."""
    kind = data[12:16]
    if kind == b"VP8X":
        if data[20] & 0b10:
            raise _animated("WebP")
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


def _gif(data: bytes) -> Header:
    raise FileProblem("image-unreadable", "is a GIF, which is not read; save it as PNG")


SIGNS = [
    (re.compile(rb"\xff\xd8\xff"), _jpeg),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), _png),
    (re.compile(rb"II[*+]\0|MM\0[*+]"), _tiff),
    (re.compile(rb"RIFF....WEBPVP8[ LX]", re.DOTALL), _webp),
    (re.compile(rb"GIF8[79]a"), _gif),
    (re.compile(rb"BM.{12}[\x0c-\x7c]\0\0\0", re.DOTALL), _bmp),
]


def by(size: tuple[int, ...]) -> str:
    """Returns: A size as people say it, width first."""
    return f"{size[1]} x {size[0]}"
