"""Where the annotations of a COCO file stand in its text, found and looked over without decoding them.

Nearly all rows of a file are written alike: the same keys in the same order, numbers between them. So the first row is
made a pattern, which says of each further one, at the speed of a regular expression, that it is JSON, where it begins
and ends, and the few numbers in it that are needed. Its segmentation is only stepped over. A row that is not alike
counts as odd, and is decoded and looked at by itself; anything else that is not plain ends in `Odd`, and then the whole
file is parsed the exact way, which knows how to say what is wrong.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
from attrs import define, field, fields, frozen
from numpy.typing import NDArray

from geoaug.coco.document import Oddities, Record, may_be_deep, not_finite, objects

Match = re.Match[str]
Place = tuple[int, int, int]  # number, start and end of a row

BLOCK = 1 << 18  # characters searched at once: what is made of them stays in the processor's cache
MOST_PATTERNS, MOST_TRIES = 8, 32
DEEPEST_PATTERN = 3  # objects inside each other

SPACE = r"[ \t\r\n]*"
NEXT = re.compile(rf"{SPACE}([,\]]){SPACE}")
COLON = re.compile(rf"{SPACE}:{SPACE}")
BEFORE_COLON = re.compile(r'"[ \t\r\n]+:')
# Numbers without an exponent and with few digits are finite and need no further look.
WHOLE = r"(-?(?:0|[1-9][0-9]{0,17}))"
SHORT = r"-?(?:0|[1-9][0-9]{0,8})"  # less than records.FARTHEST_POINT
DECIMAL = rf"{SHORT}(?:\.[0-9]{{1,200}})?"
NUMBER = r"-?(?:0|[1-9][0-9]{0,200})(?:\.[0-9]{1,200})?"
TEXT = r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"'
PLAIN = rf"(?:{NUMBER}|{TEXT}|true|false|null)"
LIST = rf"\[{SPACE}(?:{PLAIN}{SPACE}(?:,{SPACE}{PLAIN}{SPACE})*)?\]"
SIDE = rf"({SHORT})(?:\.[0-9]{{1,200}})?"
BOX = re.compile(rf"(\[{SPACE})" + rf"({SPACE},{SPACE})".join([f"(?:{SIDE})"] * 4) + rf"({SPACE}\])")
POINT = rf"{SPACE},{SPACE}".join([DECIMAL] * 3)
POINTS = rf"(?:\[{SPACE}(?:{POINT}{SPACE}(?:,{SPACE}{POINT}{SPACE})*)?\]|null)"
# Polygons, one flat polygon (then the group is not None), RLE, or nothing. What is in them is not looked at, only where they end.
SHAPE = rf'(?:\[{SPACE}\[[^\]]*\](?:{SPACE},{SPACE}\[[^\]]*\])*{SPACE}\]|()\[{SPACE}[-0-9][^\[\]]*\]|\{{{SPACE}"[^{{}}]*\}}|\[{SPACE}\]|null)'
BOX_GROUPS = (("x", 0), ("y", 0), ("width", 1), ("height", 1))  # and what stands for a box that is not there
KNOWN = {
    "id": (WHOLE, ("id",)),
    "image_id": (WHOLE, ("image_id",)),
    "category_id": (WHOLE, ("category_id",)),
    "segmentation": (SHAPE, ("flat",)),
    "keypoints": (POINTS, ()),
    "iscrowd": ("([01]|true|false|null)", ("iscrowd",)),
}


class Odd(Exception):  # no error: the exact way is taken
    """The file is not plain enough to be read quickly."""


@frozen
class Pattern:
    """What rows with the same keys in the same order look like.

    Args:
        search: Matches a row with the comma behind it.
        groups: What each group of the match holds.
    """

    search: re.Pattern[str]
    groups: tuple[str, ...]


@define
class Columns:
    """Rows that are alike, by columns.

    Args:
        numbers: Place of each row in the list.
        starts: Where each begins in the text.
        ends: Where what comes behind it begins.
        ids: As in the file.
        image_ids: As in the file.
        category_ids: As in the file, or -1.
        has_category: Whether there is one.
        boxes: Whole parts of x, y, width and height, shape (N, 4); without a box 0, 0, 1, 1.
        crowd: Whether ``iscrowd`` is set.
    """

    numbers: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    ids: NDArray[np.int64]
    image_ids: NDArray[np.int64]
    category_ids: NDArray[np.int64]
    has_category: NDArray[np.bool_]
    boxes: NDArray[np.int64]
    crowd: NDArray[np.bool_]

    @classmethod
    def joined(cls, parts: list[Columns]) -> Columns:
        """Returns: All rows in the order of the list."""
        if not parts:
            none, no = np.zeros(0, np.int64), np.zeros(0, np.bool_)
            return cls(none, none, none, none, none, none, no, none.reshape(0, 4), no)
        columns = [np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS]
        order = np.argsort(columns[0], kind="stable")
        return cls(*[column[order] for column in columns])

    def __len__(self) -> int:
        return len(self.numbers)

    def places(self, chosen: NDArray[np.bool_]) -> list[Place]:
        """Returns: Number, start and end of some of the rows."""
        columns = (self.numbers, self.starts, self.ends)
        return list(zip(*[column[chosen].tolist() for column in columns], strict=True))


COLUMNS = tuple(one.name for one in fields(Columns))


@define
class Outline:
    """A COCO file of which the annotations were found and not decoded.

    Args:
        text: The file in UTF-8, a character for each byte.
        values: All values of the file but the annotations.
        found: What is odd in them.
        alike: Annotations that look as nearly all do; they are JSON but for, perhaps, their segmentations.
        odd: Number, start and end of the others; they are JSON.
        panoptic: Whether an annotation has segments.
        classed: Whether an annotation has a category.
    """

    text: str
    values: Record
    found: Oddities
    alike: Columns
    odd: list[Place]
    panoptic: bool
    classed: bool


def outlined(text: str) -> Outline:
    """Returns: The outline of a file's text, as from `a_character_a_byte`.

    Raises:
        Odd: It is not plain enough.
    """
    found = Oddities()
    values: Record = {}
    rows: _Rows | None = None
    at = _skip(text, 0)
    if not text.startswith("{", at):
        raise Odd
    more = True
    at = _skip(text, at + 1)
    while more:
        key, at = _key(text, at)
        if key in values or (key == "annotations" and rows is not None):
            raise Odd
        if key == "annotations" and text.startswith("[", at):
            rows = _Rows(text)
            at = rows.read(_skip(text, at + 1))
        else:
            values[key], at = _value(text, at, found)
        at = _skip(text, at)
        more = text.startswith(",", at)
        if not more and not text.startswith("}", at):
            raise Odd
        at = _skip(text, at + 1)
    if at != len(text) or rows is None:
        raise Odd
    return Outline(text, values, found, Columns.joined(rows.parts), rows.odd, rows.panoptic, rows.classed)


def decoded(text: str, found: Oddities | None = None) -> Any:
    """Returns: The JSON value at the start of a piece of an outline's text.

    Args:
        text: The piece; what stands behind the value does not matter.
        found: To be told of what is odd; not looked for when not given.

    Raises:
        ValueError, RecursionError: It is not JSON.
    """
    own = text if text.isascii() else text.encode("latin-1").decode("utf-8")
    return (PLAINLY if found is None else _exact(found)).raw_decode(own)[0]


# --- the file ----------------------------------------------------------------------------------------------------------

PLAINLY = json.JSONDecoder()


def _exact(found: Oddities) -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=found.constant, object_pairs_hook=found.object)


def a_character_a_byte(raw: bytes) -> str:
    """The text of a JSON file such that places in it are places in the file.

    Raises:
        Odd: It is not in the encoding that it seems to be in.
    """
    encoding = json.detect_encoding(raw)
    try:
        if encoding not in ("utf-8", "utf-8-sig"):
            raw = raw.decode(encoding).encode("utf-8")
        elif not raw.isascii():
            decoder = codecs.getincrementaldecoder("utf-8")()
            for start in range(0, len(raw), BLOCK):
                decoder.decode(raw[start : start + BLOCK])
            decoder.decode(b"", final=True)
    except UnicodeError:
        raise Odd from None
    return raw.decode("latin-1").removeprefix("\xef\xbb\xbf" if encoding == "utf-8-sig" else "")


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\n", "\t", "\r"):
        at += 1
    return at


def _key(text: str, at: int) -> tuple[str, int]:
    key, end = _scanned(PLAINLY, text, at)
    colon = COLON.match(text, end)
    if type(key) is not str or colon is None:
        raise Odd
    return decoded(text[at:end]), colon.end()


def _scanned(decoder: json.JSONDecoder, text: str, at: int) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, at)
    except (ValueError, RecursionError):
        raise Odd from None


def _value(text: str, at: int, found: Oddities) -> tuple[Any, int]:
    """A value beside the annotations, decoded, and what is odd in it."""
    value, end = _scanned(json.JSONDecoder(parse_constant=found.constant), text, at)
    piece = text[at:end]
    raw = piece.encode("latin-1")
    flat = type(value) is list and piece.count("{") == len(value) and set(map(type, value)) <= {dict}
    found.not_finite = found.not_finite or _overflows(value, raw, flat)
    if not (flat and piece.count("[") == 1) and may_be_deep(b"{%b}" % raw):
        raise Odd
    if _keys(piece, raw) != (sum(map(len, value)) if flat else sum(map(len, objects(value)))):
        return decoded(piece, found), end
    return (value if piece.isascii() else decoded(piece)), end


def _keys(piece: str, raw: bytes) -> int:
    """How many keys stand in a piece of JSON, those that stand twice counted twice; or more, because of colons in strings."""
    count, spaced = 0, False
    for start in range(0, len(raw), BLOCK):
        block = np.frombuffer(raw[max(start - 1, 0) : start + BLOCK], np.uint8)
        before = block[np.flatnonzero(block[1:] == ord(":"))]
        count += int(np.count_nonzero(before == ord('"')))
        spaced = spaced or bool((before <= ord(" ")).any())
    return count + (sum(1 for _ in BEFORE_COLON.finditer(piece)) if spaced else 0)


def _overflows(value: Any, raw: bytes, flat: bool) -> bool:
    """Whether a number that no float can hold may stand in a value."""
    parts = list(chain.from_iterable(map(dict.values, value))) if flat else [value]
    kinds = set(map(type, parts))
    if float in kinds and not all(map(math.isfinite, (part for part in parts if type(part) is float))):
        return True
    if kinds & {list, dict} and not_finite(parts) is not None:
        return True
    for start in range(0, len(raw), BLOCK):  # a hundred digits in a row
        digit = np.frombuffer(raw[max(start - 256, 0) : start + BLOCK], np.uint8) - np.uint8(48) < 10
        if digit[: len(digit) // 100 * 100].reshape(-1, 100).all(axis=1).any():
            return True
    return False


# --- its annotations ---------------------------------------------------------------------------------------------------


@define
class _Rows:
    """One pass over the list of annotations."""

    text: str
    parts: list[Columns] = field(factory=list)
    odd: list[Place] = field(factory=list)
    panoptic: bool = False
    classed: bool = False
    count: int = 0
    open: bool = True
    patterns: list[Pattern] = field(factory=list)
    tries: int = 0

    def read(self, at: int) -> int:
        """Returns: Where the list, whose first row begins at a place, ends."""
        if self.text.startswith("]", at):
            return at + 1
        while self.open:
            if at == len(self.text):  # cut off behind a comma
                raise Odd
            at = self._block(at)
        return at

    def _block(self, at: int) -> int:
        stop = min(at + BLOCK, len(self.text))
        if len(self.patterns) != 1:
            return self._mixed(at, stop)
        (pattern,) = self.patterns
        hits = list(pattern.search.finditer(self.text, at, stop))
        starts, ends = np.array([hit.span() for hit in hits], np.int64).reshape(-1, 2).T
        if not hits or starts[0] != at or (starts[1:] != ends[:-1]).any():
            return self._mixed(at, stop)
        # one row behind the other, with nothing between them
        columns = list(zip(*[hit.groups() for hit in hits], strict=True))
        self._put_aside(pattern, self.count + np.arange(len(hits)), starts, ends, columns)
        self.count += len(hits)
        return int(ends[-1])

    def _mixed(self, at: int, stop: int) -> int:
        """Read a block in which rows that patterns match stand between others."""
        known = len(self.patterns)
        hits = [(hit.start(), which, hit) for which, pattern in enumerate(self.patterns) for hit in pattern.search.finditer(self.text, at, stop)]
        hits.sort(key=itemgetter(0))
        kept: list[list[tuple[int, Match]]] = [[] for _ in self.patterns]
        for begin, which, hit in hits:
            while at < begin and self.open and len(self.patterns) == known:
                at = self._odd(at)
            if not self.open or len(self.patterns) > known:
                break
            if at > begin:
                continue  # what looks like a row is a part of one
            kept[which].append((self.count, hit))
            self.count += 1
            at = hit.end()
        for pattern, ours in zip(self.patterns, kept, strict=False):
            if ours:
                numbers, own = zip(*ours, strict=True)
                starts, ends = np.array([hit.span() for hit in own], np.int64).T
                self._put_aside(pattern, np.array(numbers, np.int64), starts, ends, list(zip(*[hit.groups() for hit in own], strict=True)))
        while self.open and at < stop and len(self.patterns) == known and (not hits or stop == len(self.text)):
            at = self._odd(at)
        return at

    def _odd(self, at: int) -> int:
        """Step over one row that no pattern matches; perhaps it gives a new one."""
        row, end = _scanned(PLAINLY, self.text, at)
        behind = NEXT.match(self.text, end)
        if behind is None:
            raise Odd
        self.odd.append((self.count, at, end))
        self.count += 1
        if type(row) is dict:
            self.panoptic = self.panoptic or "segments_info" in row
            self.classed = self.classed or "category_id" in row
            if len(self.patterns) < MOST_PATTERNS and self.tries < MOST_TRIES:
                self.tries += 1
                pattern = _pattern(self.text, at, self.text[end : behind.end()])
                self.patterns += [] if pattern is None or pattern in self.patterns else [pattern]
        self.open = behind[1] == ","
        return behind.end() if self.open else behind.end(1)

    def _put_aside(
        self, pattern: Pattern, numbers: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64], columns: list[tuple[str, ...]]
    ) -> None:
        groups = dict(zip(pattern.groups, columns, strict=True))
        count = len(numbers)
        classed = "category_id" in groups
        self.classed = self.classed or classed
        sides = [_numbers(groups[name]) if name in groups else np.full(count, least) for name, least in BOX_GROUPS]
        stated = groups.get("iscrowd", ())
        crowd = [text in ("1", "true") for text in stated] if set(stated) - {"0"} else [False] * count
        self.parts.append(
            Columns(
                numbers,
                starts,
                ends,
                _numbers(groups["id"]),
                _numbers(groups["image_id"]),
                _numbers(groups["category_id"]) if classed else np.full(count, -1),
                np.full(count, classed),
                np.stack(sides, axis=1),
                np.array(crowd, np.bool_),
            )
        )


def _numbers(texts: tuple[str, ...]) -> NDArray[np.int64]:
    """Whole numbers of at most 18 digits."""
    return np.fromstring(",".join(texts), np.int64, sep=",")


def _pattern(text: str, at: int, behind: str) -> Pattern | None:
    """The pattern of a row that stands at a place, with what stands behind it; None where it has no plain one."""
    groups: list[str] = []
    parts = _object_pattern(text, at, 0, groups)
    needed = {"id", "image_id"} | ({"category_id", "x"} if {"category_id", "x", "flat"} & set(groups) else set())
    if parts is None or not needed <= set(groups) or "," not in behind:
        return None
    return Pattern(re.compile(parts[0] + re.escape(behind)), tuple(groups))


def _object_pattern(text: str, at: int, depth: int, groups: list[str]) -> tuple[str, int] | None:
    """The pattern of an object, and where it ends; its own keys, and of its values only the kind."""
    if depth == DEEPEST_PATTERN:
        return None
    pieces: list[str] = []
    keys: set[str] = set()
    while text[at] != "}":
        begin = _skip(text, at + 1)
        if text[begin] == "}":
            at = begin
            break
        key, value_at = _key(text, begin)
        if key in keys or key == "segments_info":
            return None
        keys.add(key)
        found = _value_pattern(text, value_at, key if depth == 0 else "", depth, groups)
        if found is None:
            return None
        pieces.append(re.escape(text[at:value_at]) + found[0])
        at = _skip(text, found[1])
        pieces.append(re.escape(text[found[1] : at]))
    return "".join(pieces) + ("" if pieces else r"\{" + SPACE) + r"\}", at + 1


def _value_pattern(text: str, at: int, key: str, depth: int, groups: list[str]) -> tuple[str, int] | None:
    value, end = _scanned(PLAINLY, text, at)
    if key == "bbox":
        box = BOX.fullmatch(text, at, end)
        if box is None:
            return None
        groups += ("x", "y", "width", "height")
        opened, _, first, _, second, _, third, _, closed = map(re.escape, box.groups())  # spaces are as in this one, or the row is odd
        return f"{opened}{SIDE}{first}{SIDE}{second}{SIDE}{third}{SIDE}{closed}", end
    if key in KNOWN:
        pattern, names = KNOWN[key]
        groups += names
        return (pattern, end) if re.compile(pattern).fullmatch(text, at, end) else None
    if type(value) is dict:
        inside = _object_pattern(text, at, depth + 1, groups)
        return inside if inside is None else (inside[0], end)
    pattern = LIST if type(value) is list else PLAIN
    return (pattern, end) if re.compile(pattern).fullmatch(text, at, end) else None
