"""JSON with nothing passed over in silence: numbers that are none, keys that stand twice, depth, encodings."""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from attrs import define, field

from geoaug import files, headers
from geoaug.errors import CocoError

Record: TypeAlias = dict[str, Any]

DEEPEST = 64  # objects and lists inside each other
HUGE = re.compile(r"[0-9][eE]\+?[0-9]{3,}|[0-9]{200,}")
NUMBER_SO_FAR = re.compile(r"(^|[\s:,\[])-?[0-9.]*$|^[0-9.]*$")


@define
class Oddities:
    """What the JSON parser would pass over in silence."""

    not_finite: bool = False
    repeated: list[tuple[Record, str, bool]] = field(factory=list)  # object, key, whether both values were equal

    def constant(self, name: str) -> float:
        self.not_finite = True
        return float(name.replace("Infinity", "inf"))

    def object(self, pairs: list[tuple[str, Any]]) -> Record:
        record = dict(pairs)
        if len(record) != len(pairs):
            for key, times in Counter(key for key, _ in pairs).items():
                if times > 1:
                    same = all(value == record[key] for other, value in pairs if other == key)
                    self.repeated.append((record, key, same))
        return record


def raw_bytes(place: str | Path) -> bytes:
    try:
        return files.read_bytes(place)
    except headers.FileProblem as problem:
        raise CocoError(f"{os.fspath(place)}: {problem}") from None


def parsed(place: str | Path, found: Oddities) -> Any:
    name = os.fspath(place)  # as it was typed
    raw = raw_bytes(place)
    deep = may_be_deep(raw)
    encoding = json.detect_encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise CocoError(f"{name}: not {encoding.upper()}: byte {error.start} ({error.reason}); save it as UTF-8") from None
    del raw
    found.not_finite = may_overflow(text)
    try:
        with uncollected():
            document = json.loads(text, parse_constant=found.constant, object_pairs_hook=found.object)
    except json.JSONDecodeError as error:
        raise CocoError(f"{name}: not JSON: line {error.lineno} column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise CocoError(f"{name}: not usable: objects or lists are nested too deep") from None
    except ValueError:  # an integer of more digits than Python reads
        raise CocoError(f"{name}: not usable: it holds an integer of thousands of digits") from None
    if deep and isinstance(document, (dict, list)):
        _check_depth(name, document)
    return document


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector away: of millions of new lists none is garbage, and it would double the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def may_overflow(text: str) -> bool:
    """Whether a number such as 1e400, which becomes infinity without a word, may stand in a text.

    Names such as ``5e123.jpg`` are common, so what stands before and behind is looked at too.
    """
    for hit in HUGE.finditer(text):
        before, behind = text[max(hit.start() - 40, 0) : hit.start()], text[hit.end() : hit.end() + 1]
        if hit.end() - hit.start() >= 200 or (behind in " \t\r\n,]}" and NUMBER_SO_FAR.search(before)):
            return True
    return False


def may_be_deep(raw: bytes) -> bool:
    """Whether brackets, those inside strings too, look as if objects were nested beyond the limit."""
    depth, steps = 0, np.zeros(256, np.int8)
    steps[list(b"[{")], steps[list(b"]}")] = 1, -1
    for start in range(0, len(raw), 1 << 20):
        block = np.frombuffer(raw[start : start + (1 << 20)], np.uint8)
        near = block[np.flatnonzero((block & 0xD9) == 0x59)]  # brackets and few others, such as _
        levels = np.cumsum(steps[near], dtype=np.int32) + depth
        if len(levels):
            if levels.max() > DEEPEST or levels.min() < 0:
                return True
            depth = int(levels[-1])
    return depth != 0


def _check_depth(name: str, document: Any) -> None:
    """Refuse deep nesting: code that walks a record, such as copying it or sending it to a worker, would fail later."""
    if depth_of(document) > DEEPEST:
        raise CocoError(f"{name}: not usable: objects or lists are nested more than {DEEPEST} deep")


def depth_of(value: Any) -> int:
    """Returns: How many objects and lists stand inside each other, counted no further than a little beyond the limit."""
    depth, level = 0, [value] if isinstance(value, (dict, list)) else []
    while level and depth <= DEEPEST:
        depth += 1
        parts = (part for whole in level for part in (whole.values() if isinstance(whole, dict) else whole))
        level = [part for part in parts if isinstance(part, (dict, list))]
    return depth


@define
class Encoded:
    """A list of a document whose rows are JSON already."""

    rows: Iterable[str]


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    encoder = json.JSONEncoder(allow_nan=False, ensure_ascii=True, separators=(",", ":"), default=as_json)
    lead = "{\n"
    for key, value in document.items():
        yield f"{lead}{json.dumps(key)}:"
        lead = ",\n"
        if isinstance(value, Encoded):
            yield "["
            for index, text in enumerate(value.rows):
                yield f"{',' if index else ''}\n{text}"
            yield "\n]"
        elif isinstance(value, list) and value:
            for index, row in enumerate(value):
                yield ("," if index else "[") + "\n" + _encoded(encoder, f"{key}[{index}]", row)
            yield "\n]"
        else:
            yield _encoded(encoder, key, value)
    yield "{}\n" if lead == "{\n" else "\n}\n"


def _encoded(encoder: json.JSONEncoder, where: str, value: Any) -> str:
    try:
        return encoder.encode(value)
    except ValueError:
        place = not_finite(value)
        raise CocoError(f"{where}{place or ''}: no finite number, or a record inside itself; it cannot be written") from None
    except (TypeError, RecursionError) as error:
        raise CocoError(f"{where}: cannot be written as JSON: {error}") from None


def as_json(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, bytes):  # the runs of pycocotools
        return value.decode("ascii")
    raise TypeError(f"{type(value).__name__} is not JSON")


def not_finite(value: Any) -> str | None:
    """Where in a value the first number that is infinite, or none at all, stands: such as ``.bbox[2]``."""
    if type(value) is float:
        return None if math.isfinite(value) else ""
    if type(value) is int:
        return None if value.bit_length() < 1024 else ""  # no float holds more
    items: Iterable[tuple[str, Any]] = ()
    if isinstance(value, dict):
        items = ((f".{key}", part) for key, part in value.items())
    elif isinstance(value, list):
        items = ((f"[{index}]", part) for index, part in enumerate(value))
    for name, part in items:
        where = not_finite(part)
        if where is not None:
            return name + where
    return None


def nulled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: nulled(part) for key, part in value.items()}
    if isinstance(value, list):
        return [nulled(part) for part in value]
    return value if not_finite(value) is None else None


def objects(value: Any) -> Iterator[Record]:
    """Every object in a value, itself first."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from objects(part)
    elif isinstance(value, list) and value and not all_numbers(value):
        for part in value:
            yield from objects(part)


def short(value: Any) -> str:
    """A value for a message: escaped, and cut where it is long."""
    text = repr(value[:20] if isinstance(value, (list, str)) else value)
    return text if len(text) <= 80 else text[:77] + "..."


def all_numbers(values: list[Any]) -> bool:
    """Whether all are numbers; a truth value is none. Runs in C: this is where a large file spends its time."""
    return {int, float}.issuperset(map(type, values))
