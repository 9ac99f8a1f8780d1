"""COCO run-length masks: every number is checked before any memory is taken.

pycocotools crashes on bad strings and hands out uninitialised memory when runs do not fill the canvas, so runs are
decoded and summed here; it is asked only to compress runs that are known to be sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geoaug.errors import DataError

Runs: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.uint8]
Kind: TypeAlias = Literal["str", "bytes", "list"]

MAX_PIXELS = 200_000_000
HARD_LIMIT = 2**31  # beyond it pycocotools' 32-bit sums wrap


def kind(rle: Mapping[str, Any]) -> Kind:
    """Returns: How the runs are stored: ``"str"`` or ``"bytes"`` when compressed, ``"list"`` when plain."""
    stored = rle.get("counts")
    if isinstance(stored, str):
        return "str"
    if isinstance(stored, bytes):
        return "bytes"
    if isinstance(stored, (list, tuple, np.ndarray)):
        return "list"
    raise DataError(f"RLE counts: expected a list of runs or a compressed string, got {_short(stored)}")


def size(rle: Mapping[str, Any], max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Returns: (height, width) of the canvas, checked against the limit before anything is allocated."""
    if not isinstance(rle, Mapping):
        raise DataError(f"RLE: expected an object with size and counts, got {_short(rle)}")
    stated = rle.get("size")
    if not isinstance(stated, (list, tuple, np.ndarray)) or len(stated) != 2 or not all(map(_whole, stated)):
        raise DataError(f"RLE size: expected [height, width] in whole numbers, got {_short(stated)}")
    height, width = (int(side) for side in stated)
    if height < 1 or width < 1:
        raise DataError(f"RLE size: [{height}, {width}] is empty; both sides must be at least 1")
    if height * width > min(max_pixels, HARD_LIMIT):
        limit = min(max_pixels, HARD_LIMIT)
        raise DataError(f"RLE size: {_short([height, width])} exceeds {limit} pixels; raise max_pixels if it is true")
    return height, width


def counts(rle: Mapping[str, Any], max_pixels: int = MAX_PIXELS) -> Runs:
    """Lengths of the runs, background first, column by column.

    Args:
        rle: ``{"size": [height, width], "counts": list | str | bytes}``.
        max_pixels: Largest canvas that is accepted.

    Returns:
        Runs that are sure to fill the canvas exactly.

    Raises:
        DataError: The size, a run or their sum is not sound.
    """
    height, width = size(rle, max_pixels)
    runs = _plain(rle["counts"]) if kind(rle) == "list" else _decompressed(rle["counts"])
    if len(runs) > 2 * height * width + 2:
        raise DataError(f"RLE counts: {len(runs)} runs for {height * width} pixels")
    total = int(runs.sum())
    if total != height * width:
        raise DataError(
            f"RLE counts: the runs sum to {total}, size {height} x {width} needs {height * width}; write the mask again with the size it was drawn in"
        )
    return runs


def decode(rle: Mapping[str, Any], max_pixels: int = MAX_PIXELS) -> Mask:
    """Returns: The whole mask, ``(height, width)`` uint8 of 0 and 1, in Fortran order."""
    runs = counts(rle, max_pixels)
    height, width = size(rle, max_pixels)
    mask: Mask = _filled(runs).reshape(width, height).T
    return mask


def decode_part(rle: Mapping[str, Any], max_pixels: int = MAX_PIXELS) -> tuple[Mask, tuple[int, int]]:
    """The mask cut to the bounding rectangle of its set pixels; memory is taken for that rectangle alone.

    Returns:
        The part as uint8 of 0 and 1, and the (row, column) of its top left pixel; ``(0, 0)`` shaped when empty.
    """
    height = size(rle, max_pixels)[0]
    starts, ends = _spans(counts(rle, max_pixels))
    if not len(starts):
        return np.zeros((0, 0), np.uint8), (0, 0)
    top, left, bottom, right = _bounds(starts, ends, height)
    rows, columns = bottom - top, right - left
    # Every span lies in one column or the rectangle is of full height, so a span stays whole when its start is moved.
    begin = (starts // height - left) * rows + starts % height - top
    return _filled(_interleaved(begin, begin + ends - starts, rows * columns)).reshape(columns, rows).T, (top, left)


def encode(mask: ArrayLike, like: Kind = "str") -> dict[str, Any]:
    """Write a whole mask as RLE.

    Args:
        mask: ``(height, width)``; whatever is not zero is set.
        like: ``"str"`` or ``"bytes"`` for a compressed string, ``"list"`` for plain runs.
    """
    pixels = np.asarray(mask)
    if pixels.ndim != 2 or not pixels.size:
        raise DataError(f"mask: expected height x width, got shape {pixels.shape}")
    return encode_part(pixels, (0, 0), (pixels.shape[0], pixels.shape[1]), like)


def encode_part(part: ArrayLike, at: tuple[int, int], size: tuple[int, int], like: Kind = "str") -> dict[str, Any]:
    """Write a part of a mask as RLE of the whole canvas, without drawing the canvas.

    Args:
        part: ``(rows, columns)``; whatever is not zero is set. What lies beyond the canvas is cut.
        at: (row, column) of the part's top left pixel in the canvas.
        size: (height, width) of the canvas.
        like: As in `encode`.
    """
    height, width = size
    row, column = at
    pixels = np.asarray(part)
    if pixels.ndim != 2:
        raise DataError(f"mask part: expected rows x columns, got shape {pixels.shape}")
    if height < 1 or width < 1 or height * width > HARD_LIMIT:
        raise DataError(f"mask size: {height} x {width} cannot be written as RLE")
    pixels = pixels[max(0, -row) : max(0, height - row), max(0, -column) : max(0, width - column)]
    return _written(_column_spans(pixels, max(row, 0), max(column, 0), height), (height, width), like)


def area(rle: Mapping[str, Any], max_pixels: int = MAX_PIXELS) -> int:
    """Returns: Number of set pixels."""
    return int(counts(rle, max_pixels)[1::2].sum())


def bbox(rle: Mapping[str, Any], max_pixels: int = MAX_PIXELS) -> list[float]:
    """Returns: Tight ``[x, y, width, height]`` of the set pixels; all zero when there are none."""
    starts, ends = _spans(counts(rle, max_pixels))
    if not len(starts):
        return [0.0, 0.0, 0.0, 0.0]
    top, left, bottom, right = _bounds(starts, ends, size(rle, max_pixels)[0])
    return [float(left), float(top), float(right - left), float(bottom - top)]


def _plain(stored: Any) -> Runs:
    """Runs of a plain list; a bool or 50.5 is refused where numpy would quietly make it a number."""
    if isinstance(stored, np.ndarray):
        if stored.ndim != 1 or stored.dtype.kind not in "iu":
            raise DataError(f"RLE counts: expected whole numbers, got an array of {stored.dtype}, {stored.ndim}-D")
        stored = stored.tolist()
    if not set(map(type, stored)) <= {int}:
        for index, run in enumerate(stored):
            if not _whole(run):
                raise DataError(f"RLE counts[{index}] = {_short(run)}: runs are whole numbers of pixels")
    if stored and (min(stored) < 0 or max(stored) > HARD_LIMIT):
        index = next(i for i, run in enumerate(stored) if not 0 <= run <= HARD_LIMIT)
        raise DataError(f"RLE counts[{index}] = {_short(stored[index])}: runs lie between 0 and height x width")
    return np.array(stored, np.int64)


def _decompressed(stored: str | bytes) -> Runs:
    """Runs of a compressed string.

    Source: COCO's maskApi: six bits a character above 48; five of the number, low bits first, and one that says
    whether more follow; from the fourth number on, the difference to the one before last is stored.
    """
    try:
        text = stored.encode("ascii") if isinstance(stored, str) else stored
    except UnicodeEncodeError as error:
        raise DataError(f"RLE counts: character {error.start} of the string is not ASCII") from None
    codes = np.frombuffer(text, np.uint8).astype(np.int64) - 48
    if not len(codes):
        return np.zeros(0, np.int64)
    wrong = np.flatnonzero((codes < 0) | (codes > 63))
    if len(wrong):
        raise DataError(f"RLE counts: character {wrong[0]} of the string, {_short(chr(text[wrong[0]]))}, is no RLE")
    last = np.flatnonzero(codes < 32)
    if not len(last) or last[-1] != len(codes) - 1:
        raise DataError(f"RLE counts: the string of {len(codes)} characters is cut short")
    first = np.concatenate(([0], last[:-1] + 1))
    digits = last - first + 1
    if digits.max() > 7:  # 35 bits hold any run and any difference
        raise DataError("RLE counts: the string holds a number that no run can have")
    place = np.arange(len(codes)) - np.repeat(first, digits)
    numbers = np.add.reduceat((codes & 31) << (5 * place), first)
    numbers -= np.where(codes[last] & 16, np.int64(1) << (5 * digits), 0)
    numbers[1::2] = np.cumsum(numbers[1::2])
    numbers[2::2] = np.cumsum(numbers[2::2])
    if numbers.min() < 0 or numbers.max() > HARD_LIMIT:
        index = int(np.flatnonzero((numbers < 0) | (numbers > HARD_LIMIT))[0])
        raise DataError(f"RLE counts: run {index} of the string is {numbers[index]}; the string is damaged")
    return numbers


def _filled(runs: Runs) -> Mask:
    values = np.zeros(len(runs), np.uint8)
    values[1::2] = 1
    return np.repeat(values, runs)


def _spans(runs: Runs) -> tuple[Runs, Runs]:
    """First and past-the-last offset of every run of set pixels, empty ones left out."""
    edges = np.cumsum(runs)
    ends = edges[1::2]
    starts = edges[0::2][: len(ends)]
    seen = ends > starts
    return starts[seen], ends[seen]


def _bounds(starts: Runs, ends: Runs, height: int) -> tuple[int, int, int, int]:
    """Top, left, bottom, right of spans in column order; a span that goes on in the next column is of full height."""
    left, right = int(starts[0]) // height, int(ends[-1] - 1) // height + 1
    if np.any(starts // height != (ends - 1) // height):
        return 0, left, height, right
    return int((starts % height).min()), left, int(((ends - 1) % height).max()) + 1, right


def _column_spans(pixels: NDArray[Any], row: int, column: int, height: int) -> tuple[Runs, Runs]:
    """Spans of a part in offsets of the canvas; neighbours that touch over a column's end are joined."""
    rows, columns = pixels.shape
    framed = np.zeros((columns, rows + 1), np.int8)  # the empty row below each column ends its last span
    framed[:, :rows] = (pixels != 0).T
    edges = np.flatnonzero(np.diff(framed.ravel(), prepend=np.int8(0)))
    offsets = (edges // (rows + 1) + column) * height + edges % (rows + 1) + row
    starts, ends = offsets[0::2], offsets[1::2]
    apart = starts[1:] != ends[:-1]
    if not len(starts):
        return starts, ends
    return starts[np.concatenate(([True], apart))], ends[np.concatenate((apart, [True]))]


def _interleaved(starts: Runs, ends: Runs, total: int) -> Runs:
    edges = np.empty(2 * len(starts) + 2, np.int64)
    edges[0], edges[-1] = 0, total
    edges[1:-1:2], edges[2:-1:2] = starts, ends
    runs = np.diff(edges)
    return runs[:-1] if len(runs) > 1 and runs[-1] == 0 else runs


def _written(spans: tuple[Runs, Runs], size: tuple[int, int], like: Kind) -> dict[str, Any]:
    height, width = size
    plain: dict[str, Any] = {"size": [height, width], "counts": _interleaved(*spans, height * width).tolist()}
    if like == "list":
        return plain
    if like not in ("str", "bytes"):
        raise DataError(f"like = {like!r}: expected 'str', 'bytes' or 'list'")
    from pycocotools import mask as reference  # a library of its own, which only compressing needs

    packed: bytes = reference.frPyObjects(plain, height, width)["counts"]
    return {"size": [height, width], "counts": packed if like == "bytes" else packed.decode("ascii")}


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _short(value: Any) -> str:
    """A value for a message: escaped and cut, so that a megabyte of garbage does not fill the screen."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python prints
        text = f"a {type(value).__name__} too long to print"
    return text if len(text) <= 80 else text[:77] + "..."
