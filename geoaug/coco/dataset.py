"""COCO files: read with care, grouped by picture, written whole.

Nothing valid is dropped, and nothing that is dropped goes unnamed: a record that cannot be used is left out of the
lists and stands in `Dataset.problems` with a stable code. Only a file that is no COCO file at all raises.
"""

from __future__ import annotations

import gc
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import numpy as np
from attrs import define, field

from geoaug import files
from geoaug.coco.problems import Problem
from geoaug.errors import CocoError, DataError
from geoaug.targets import rle

Record: TypeAlias = dict[str, Any]
Fault: TypeAlias = "tuple[str, str] | None"  # code and message

# Findings after which the record is used all the same and nothing of it is lost: no reason for exit code 3.
MILD = frozenset(
    {"annotation-repeated", "bbox-ignored", "category-repeated", "id-converted", "image-repeated", "key-repeated"}
)
FARTHEST = 16  # picture sizes between a coordinate and the origin; what lies beyond is a broken number
UNKNOWN_SIDE = 65_535  # taken for a picture whose size is not stated
LONGEST = 1_000_000  # numbers in one segmentation
DEEPEST = 64  # objects and lists inside each other


@define
class Dataset:
    """A COCO file in memory.

    Args:
        path: The file.
        info: As in the file.
        licenses: As in the file.
        images: Records that can be used. Width and height may be missing, until the picture is read.
        annotations: Records that can be used; their ``image_id`` and ``category_id`` are ids of these lists.
        categories: Records that can be used.
        extra: All other keys of the file.
        problems: What was found while reading; only codes in `MILD` leave nothing out.
        absent: Keys of COCO that the file does not have.
    """

    path: Path
    info: Any
    licenses: Any
    images: list[Record]
    annotations: list[Record]
    categories: list[Record]
    extra: Record = field(factory=dict)
    problems: list[Problem] = field(factory=list)
    absent: frozenset[str] = frozenset()
    _groups: dict[Any, list[Record]] | None = field(init=False, default=None, repr=False, eq=False)

    def annotations_of(self, image_id: Any) -> list[Record]:
        """Returns: The annotations of one picture, in the order of the file."""
        if self._groups is None:
            self._groups = {}
            for annotation in self.annotations:
                self._groups.setdefault(annotation["image_id"], []).append(annotation)
        return self._groups.get(image_id, [])

    def document(self) -> Record:
        """Returns: The file's content in COCO's order of keys; what the file did not have stays away."""
        known = {
            "info": self.info,
            "licenses": self.licenses,
            "images": self.images,
            "annotations": self.annotations,
            "categories": self.categories,
        }
        return {key: value for key, value in known.items() if key not in self.absent} | self.extra


def load(path: str | Path, max_pixels: int = files.MAX_PIXELS) -> Dataset:
    """Read a COCO file of instances, keypoints or captions.

    Args:
        path: A JSON file in UTF-8, or in UTF-16 or UTF-32.
        max_pixels: An image record that states more is left out.

    Returns:
        The records that can be used, and the problems of the others.

    Raises:
        CocoError: The file cannot be read, is not JSON, or lacks the lists of a COCO file.
    """
    place = Path(path)
    found = _Oddities()
    document = _parsed(place, found)
    return _Reading(place, found, max_pixels).dataset(_usable(place.name, document))


def save(path: str | Path, document: Mapping[str, Any], temporary: str | Path | None = None) -> None:
    """Write a COCO file whole or not at all, one record a line, in pure ASCII, numbers as they are.

    Args:
        path: The JSON file.
        document: As from `Dataset.document`; numpy numbers and RLE bytes are written as plain ones.
        temporary: Folder, on the same disk, for the file while it grows.

    Raises:
        CocoError: A value is not JSON, NaN and infinity among them; the message says where it stands.
        OSError: The disk is full, or the folder cannot be written.
    """
    files.write_text(path, _lines(document), temporary)


# --- from bytes to objects -------------------------------------------------------------------------------------------


@define
class _Oddities:
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


def _parsed(place: Path, found: _Oddities) -> Any:
    name = place.name
    try:
        raw = files.read_bytes(place)
    except files.FileProblem as problem:
        raise CocoError(f"{name}: {problem}") from None
    _check_nesting(name, raw)
    # 1e400 becomes infinity without a word, so numbers that may be that large are looked for in the text
    found.not_finite = re.search(rb"\d{200}|[eE]\+?\d{3}", raw) is not None
    encoding = json.detect_encoding(raw)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise CocoError(
            f"{name}: not {encoding.upper()}: byte {error.start} ({error.reason}); save it as UTF-8"
        ) from None
    del raw
    collecting = gc.isenabled()
    gc.disable()  # millions of new lists, none of them garbage: the collector would double the time
    try:
        return json.loads(text, parse_constant=found.constant, object_pairs_hook=found.object)
    except json.JSONDecodeError as error:
        raise CocoError(f"{name}: not JSON: line {error.lineno} column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise CocoError(f"{name}: not usable: objects or lists are nested too deep") from None
    except ValueError:  # an integer of more digits than Python reads
        raise CocoError(f"{name}: not usable: it holds an integer of thousands of digits") from None
    finally:
        if collecting:
            gc.enable()


def _check_nesting(name: str, raw: bytes) -> None:
    """Refuse deep nesting, on which recursive code fails later. Brackets inside strings count too: see the limit."""
    depth = 0
    steps = np.zeros(256, np.int8)
    steps[[*b"[{"]], steps[[*b"]}"]] = 1, -1
    for start in range(0, len(raw), 1 << 22):
        levels = np.cumsum(steps[np.frombuffer(raw[start : start + (1 << 22)], np.uint8)], dtype=np.int64)
        if (
            depth + int(levels.max()) > 50 * DEEPEST
        ):  # unbalanced brackets in thousands of names are not seen in the wild
            raise CocoError(f"{name}: not usable: objects or lists are nested thousands deep")
        depth += int(levels[-1])


def _usable(name: str, document: Any) -> Record:
    """The document, if it has the lists that a COCO file needs."""
    if not isinstance(document, dict):
        kind = {list: "a list", str: "text", bool: "a truth value", type(None): "null"}.get(type(document), "a number")
        hint = "; a file of results has no pictures of its own" if isinstance(document, list) else ""
        raise CocoError(
            f"{name}: top level must be an object with images, annotations and categories, got {kind}{hint}"
        )
    for key in ("images", "annotations", "categories"):
        if key not in document:
            if key == "categories" and not any(
                "category_id" in row for row in document["annotations"] if type(row) is dict
            ):
                continue  # captions have none
            raise CocoError(f"{name}: no '{key}'; a COCO file has images, annotations and categories")
        rows = document[key]
        if not isinstance(rows, list):
            raise CocoError(f"{name}: '{key}' must be a list of objects, got {_short(rows)}")
        if rows and not any(isinstance(row, dict) for row in rows):
            raise CocoError(f"{name}: '{key}' must be a list of objects, got a list of {type(rows[0]).__name__}")
    rows = [row for row in document["annotations"] if isinstance(row, dict)]
    if rows and all("segments_info" in row for row in rows):
        raise CocoError(
            f"{name}: is a panoptic file; convert it to the detection format (one annotation a segment) first"
        )
    return document


# --- from objects to records -----------------------------------------------------------------------------------------


class _Reading:
    """One pass over the records of one file."""

    def __init__(self, place: Path, found: _Oddities, max_pixels: int) -> None:
        self.place = place
        self.found = found
        self.max_pixels = max_pixels
        self.problems: list[Problem] = []
        self.images: dict[Any, Record] = {}
        self.refused: Counter[Any] = (
            Counter()
        )  # ids of images that were left out, and how many annotations they take along
        self.repeated = {id(record): (key, same) for record, key, same in found.repeated}

    def dataset(self, document: Record) -> Dataset:
        if id(document) in self.repeated:
            key = self.repeated[id(document)][0]
            self._report("key-ambiguous", f"{key!r} stands twice in the file; the last one is used")
        categories = self._categories(document.get("categories", []))
        self._images(document["images"])
        annotations = self._annotations(document["annotations"], categories, "categories" in document)
        for image_id, lost in self.refused.items():
            if lost:
                text = f"{lost} annotation{'s' * (lost > 1)} of this image left out with it"
                self._report("annotations-left-out", text, image_id=image_id)
        coco = ("info", "licenses", "images", "annotations", "categories")
        return Dataset(
            path=self.place,
            info=self._finite("info", document.get("info")),
            licenses=self._finite("licenses", document.get("licenses")),
            images=list(self.images.values()),
            annotations=annotations,
            categories=list(categories.values()),
            extra={key: self._finite(key, value) for key, value in document.items() if key not in coco},
            problems=self.problems,
            absent=frozenset(key for key in coco if key not in document),
        )

    def _report(self, code: str, message: str, **place: Any) -> None:
        self.problems.append(Problem(code, message, **place))

    def _finite(self, name: str, value: Any) -> Any:
        """A value beside the records, with null for a number that JSON does not know."""
        where = _not_finite(value) if self.found.not_finite else None
        if where is None:
            return value
        self._report("number-not-finite", f"{name}{where} is no finite number; null is written in its place")
        return _nulled(value)

    # categories

    def _categories(self, rows: list[Any]) -> dict[Any, Record]:
        kept: dict[Any, Record] = {}
        for index, row in enumerate(rows):
            where = f"categories[{index}]"
            fault = (
                ("record-not-object", f"{where} is {_short(row)}, expected an object")
                if type(row) is not dict
                else None
            )
            fault = fault or _id_fault(where, row) or self._key_fault(where, row)
            if fault:
                self._report(*fault)
                continue
            row = self._finite(where, row)
            self._tidy_id(where, row)
            known = kept.setdefault(row["id"], row)
            if known is not row:
                code = "category-repeated" if known == row else "category-ambiguous"
                self._report(code, f"{where}: id {_short(row['id'])} stands twice; the first one is used")
        return kept

    # images

    def _images(self, rows: list[Any]) -> None:
        twice: dict[Any, Record] = {}
        for index, row in enumerate(rows):
            where = f"images[{index}]"
            fault = self._image_fault(where, row)
            if fault:
                is_record = type(row) is dict
                name = row.get("file_name") if is_record else None
                image_id = row.get("id") if is_record else None
                self._report(*fault, image_id=image_id, file_name=name if isinstance(name, str) else None)
                if is_record and _id_fault(where, row) is None:
                    self.refused[_plain_id(image_id)] += 0
                continue
            self._tidy_id(where, row, file_name=row["file_name"])
            known = self.images.setdefault(row["id"], row)
            if known is row:
                continue
            place = {"image_id": row["id"], "file_name": row["file_name"]}
            if known == row:
                self._report("image-repeated", f"{where}: the same record stands twice; one is used", **place)
            else:
                twice[row["id"]] = known
                self._report("image-ambiguous", f"{where}: two different images have this id; neither is used", **place)
        for image_id, known in twice.items():
            text = "two different images have this id; neither is used; give each its own"
            self._report("image-ambiguous", text, image_id=image_id, file_name=known["file_name"])
            del self.images[image_id]
            self.refused[image_id] += 0
        for image_id in self.images:
            self.refused.pop(image_id, None)  # a sound record has the id of a refused one

    def _image_fault(self, where: str, row: Any) -> Fault:
        if type(row) is not dict:
            return "record-not-object", f"{where} is {_short(row)}, expected an object"
        fault = _id_fault(where, row) or self._key_fault(where, row)
        if fault:
            return fault
        if self.found.not_finite and (place := _not_finite(row)) is not None:
            return "number-not-finite", f"{where}{place} is no finite number"
        wrong = files.name_fault(row.get("file_name"))
        if wrong:
            return "image-outside" if "image folder" in wrong else "image-name", f"{where}: {wrong}"
        return self._size_fault(where, row)

    def _size_fault(self, where: str, row: Record) -> Fault:
        for side in ("width", "height"):
            value = row.get(side)
            if type(value) is float and value.is_integer():
                row[side] = value = int(value)
            if value is not None and (type(value) is not int or value < 1):
                return (
                    "image-size",
                    f"{where}: {side} is {_short(value)}, expected a whole number of pixels, at least 1",
                )
        if (row.get("width") or 1) * (row.get("height") or 1) > self.max_pixels:
            text = f"{where}: {row.get('width')} x {row.get('height')} exceeds {self.max_pixels} pixels"
            return "image-too-large", f"{text}; raise max_pixels if it is true"
        return None

    # annotations

    def _annotations(self, rows: list[Any], categories: dict[Any, Record], has_categories: bool) -> list[Record]:
        kept: list[Record] = []
        first: dict[Any, int] = {}
        image_ids = _Ids(self.images)
        category_ids = _Ids(categories) if has_categories else None
        for index, row in enumerate(rows):
            where = f"annotations[{index}]"
            fault = self._annotation_fault(where, row, image_ids, category_ids)
            if fault:
                if fault[0] != "annotations-left-out":
                    annotation_id, image_id = (
                        (row.get("id"), row.get("image_id")) if type(row) is dict else (None, None)
                    )
                    self._report(*fault, image_id=image_id, annotation_id=annotation_id)
                continue
            earlier = first.setdefault(row["id"], index)
            if earlier != index:
                place = {"image_id": row["image_id"], "annotation_id": row["id"]}
                if rows[earlier] == row:
                    text = f"{where}: the same record stands twice; one is used"
                    self._report("annotation-repeated", text, **place)
                    continue
                text = f"{where}: annotations[{earlier}] has this id too, so readers of COCO lose one; both are used"
                self._report("annotation-id-repeated", text, **place)
            kept.append(row)
        return kept

    def _annotation_fault(self, where: str, row: Any, images: _Ids, categories: _Ids | None) -> Fault:
        if type(row) is not dict:
            return "record-not-object", f"{where} is {_short(row)}, expected an object"
        fault = (
            _id_fault(where, row) or self._key_fault(where, row) or self._links_fault(where, row, images, categories)
        )
        if fault:
            return fault
        if self.found.not_finite:
            place = _not_finite({key: value for key, value in row.items() if key != "bbox"})
            if place is not None:
                return "number-not-finite", f"{where}{place} is no finite number"
        image = self.images[row["image_id"]]
        width, height = image.get("width"), image.get("height")
        limit = FARTHEST * max(width or UNKNOWN_SIDE, height or UNKNOWN_SIDE)
        shape = row.get("segmentation")
        size = (height, width) if height and width else None
        fault = shape_fault(shape, size, limit, self.max_pixels) if shape is not None and shape != [] else None
        fault = fault or keypoints_fault(row.get("keypoints"))
        if fault:
            return fault[0], f"{where}: {fault[1]}"
        fault = self._box_fault(row, width, height, limit)
        if fault:
            return fault[0], f"{where}: {fault[1]}"
        self._tidy_id(where, row, annotation_id=row["id"], image_id=row["image_id"])
        return None

    def _links_fault(self, where: str, row: Record, images: _Ids, categories: _Ids | None) -> Fault:
        """Find the image and the category of an annotation; an id of another type that means the same is put right."""
        for key, known in (("image_id", images), ("category_id", categories)):
            if known is None or (key == "category_id" and key not in row and "bbox" not in row):
                continue  # a caption
            value = row.get(key)
            if type(value) is int and value in known.all:
                continue
            noun = key[:-3]
            if key not in row:
                return f"{noun}-id-missing", f"{where}: no {key}"
            meant = known.meant(value)
            if meant is None:
                if key == "image_id" and _plain_id(value) in self.refused:
                    self.refused[_plain_id(value)] += 1
                    return "annotations-left-out", ""
                return f"{noun}-unknown", f"{where}: {key} {_short(value)} is not among the file's {known.noun(noun)}"
            if type(meant[0]) is not type(value):
                text = f"{where}: {key} is {_short(value)}, taken for {_short(meant[0])}"
                self._report("id-converted", text, image_id=row.get("image_id"), annotation_id=row["id"])
            row[key] = meant[0]
        return None

    def _box_fault(self, row: Record, width: int | None, height: int | None, limit: float) -> Fault:
        """What is wrong with a box that nothing else can stand in for. Where there is a shape, the shape is the truth."""
        box, shape = row.get("bbox"), row.get("segmentation")
        if box is None and not shape and "bbox" not in row and ("category_id" not in row or row.get("keypoints")):
            return None  # a caption, or a pose without a box
        fault = box_fault(box, width, height, limit) if "bbox" in row else ("bbox-missing", "no bbox")
        if fault is None or not shape:
            return fault
        own = _box_of(shape)
        if own is None:
            return fault
        row["bbox"] = own
        code = "bbox-ignored" if fault[0] in ("bbox-degenerate", "bbox-outside") else fault[0]
        self._report(
            code, f"{fault[1]}; the box of its segmentation is used", image_id=row["image_id"], annotation_id=row["id"]
        )
        return None

    # both

    def _key_fault(self, where: str, row: Record) -> Fault:
        """A key that stands twice: with two values nobody can tell which one is meant."""
        for part in _objects(row) if self.repeated else ():
            if id(part) in self.repeated:
                key, same = self.repeated[id(part)]
                if not same:
                    return "key-ambiguous", f"{where}: {key!r} stands twice in one object with different values"
                self._report("key-repeated", f"{where}: {key!r} stands twice in one object, with the same value")
        return None

    def _tidy_id(self, where: str, row: Record, **place: Any) -> None:
        value = row["id"]
        if type(value) is not int:
            row["id"] = _plain_id(value)
            self._report("id-converted", f"{where}: id is {_short(value)}; COCO's ids are whole numbers", **place)


class _Ids:
    """The ids of a list, by what they are and by what they look like."""

    def __init__(self, records: Iterable[Any]) -> None:
        self.all = set(records)
        self.by_text = {str(value): value for value in self.all}

    def meant(self, value: Any) -> tuple[Any] | None:
        """Returns: The id that a value stands for, such as 1 for "1" and 1.0; in a tuple, as an id may be 0."""
        plain = _plain_id(value)
        if type(plain) not in (int, str):
            return None
        if plain in self.all:
            return (plain,)
        text = str(plain).strip()
        return (self.by_text[text],) if text in self.by_text else None

    @staticmethod
    def noun(one: str) -> str:
        return "categories" if one == "category" else f"{one}s"


def _id_fault(where: str, row: Record) -> Fault:
    if "id" not in row:
        return "id-missing", f"{where}: no id"
    value = row["id"]
    if type(value) is int or (type(value) is str and value) or type(_plain_id(value)) is int:
        return None
    return "id-invalid", f"{where}: id is {_short(value)}, expected a whole number"


def _plain_id(value: Any) -> Any:
    """An id that pandas wrote as 1.0 is 1; whatever cannot be an id at all becomes ``None``."""
    if type(value) is float:
        return int(value) if value.is_integer() else None
    return value if type(value) in (int, str) else None


# --- shapes ----------------------------------------------------------------------------------------------------------


def shape_fault(shape: Any, size: tuple[int, int] | None, limit: float, max_pixels: int = files.MAX_PIXELS) -> Fault:
    """Code and message of what is wrong with a segmentation, without computing with a number before it was looked at.

    Args:
        shape: Polygons as a list of lists, one polygon as a flat list, or RLE.
        size: (height, width) of its picture where known.
        limit: Farthest coordinate that can be meant.
        max_pixels: Largest RLE canvas.
    """
    if isinstance(shape, dict):
        try:
            rle.counts(shape, max_pixels)
        except DataError as error:
            return "rle-invalid", f"segmentation: {error}"
        if size is not None and tuple(shape["size"]) != size:
            return "rle-size", f"segmentation: RLE size {shape['size']}, the image's is {list(size)} (height, width)"
        return None
    if not isinstance(shape, list):
        return "segmentation-kind", f"segmentation is {_short(shape)}, expected polygons or RLE"
    if len(shape) > LONGEST or sum(len(ring) for ring in shape if isinstance(ring, list)) > LONGEST:
        return "polygon-long", f"segmentation: more than {LONGEST} numbers"
    if not isinstance(shape[0], list):
        return _ring_fault("segmentation", shape, limit)
    for index, ring in enumerate(shape):
        fault = _ring_fault(f"segmentation[{index}]", ring, limit)
        if fault:
            return fault
    return None


def _ring_fault(where: str, ring: Any, limit: float) -> Fault:
    if not isinstance(ring, list):
        return "polygon-numbers", f"{where} is {_short(ring)}, expected a list x, y, x, y, …"
    if not _numbers(ring):
        if all(isinstance(point, list) for point in ring):
            return "polygon-pairs", f"{where}: points as pairs; COCO writes one list x, y, x, y, …"
        return "polygon-numbers", f"{where}: {_short(_first_odd(ring))} among the coordinates"
    if len(ring) % 2:
        return "polygon-odd", f"{where}: {len(ring)} numbers; expected pairs x, y, so an even count"
    if len(ring) < 6:
        return "polygon-short", f"{where}: {len(ring) // 2} points; a polygon needs at least 3"
    if not (-limit <= min(ring) and max(ring) <= limit):
        worst = max(ring, key=abs)
        return "polygon-far", f"{where}: coordinate {_short(worst)} lies more than {FARTHEST} picture sizes away"
    return None


def box_fault(box: Any, width: int | None, height: int | None, limit: float) -> Fault:
    """Code and message of what is wrong with a box; one that only overhangs its picture is sound."""
    if not isinstance(box, list) or len(box) != 4 or not _numbers(box):
        return "bbox-numbers", f"bbox is {_short(box)}, expected four numbers x, y, width, height"
    x, y, w, h = box
    if not all(-math.inf < value < math.inf for value in box):
        return "bbox-not-finite", f"bbox {_short(box)} is not finite"
    if w <= 0 or h <= 0:
        return "bbox-degenerate", f"bbox {_short(box)}: width and height must be more than 0"
    if (
        max(abs(x), abs(y), w, h) > limit
        or x + w <= 0
        or y + h <= 0
        or (width and x >= width)
        or (height and y >= height)
    ):
        return "bbox-outside", f"bbox {_short(box)} lies outside of its image of {width} x {height}"
    return None


def keypoints_fault(points: Any) -> Fault:
    """Code and message of what is wrong with a list of keypoints."""
    if points is None or points == []:
        return None
    if not isinstance(points, list):
        return "keypoints-numbers", f"keypoints is {_short(points)}, expected a list x, y, v, …"
    if not _numbers(points):
        return "keypoints-numbers", f"keypoints: {_short(_first_odd(points))} among the numbers"
    if len(points) % 3:
        return "keypoints-length", f"keypoints: {len(points)} numbers; expected x, y, v for each, so a multiple of 3"
    if not (-1e15 < min(points) and max(points) < 1e15):
        return "keypoints-numbers", f"keypoints: {_short(max(points, key=abs))} is no coordinate"
    return None


def rings_of(shape: Any) -> list[list[float]]:
    """Returns: The polygons of a sound segmentation that is not RLE, the flat dialect among them."""
    if not shape:
        return []
    return shape if isinstance(shape[0], list) else [shape]


def _box_of(shape: Any) -> list[float] | None:
    """The box of a sound segmentation; ``None`` where it has no area to draw a box around."""
    if isinstance(shape, dict):
        box = rle.bbox(shape)
    else:
        numbers = [ring for ring in rings_of(shape)]
        left, top = min(min(ring[0::2]) for ring in numbers), min(min(ring[1::2]) for ring in numbers)
        right, bottom = max(max(ring[0::2]) for ring in numbers), max(max(ring[1::2]) for ring in numbers)
        box = [left, top, right - left, bottom - top]
    return box if box[2] > 0 and box[3] > 0 else None


def _numbers(values: list[Any]) -> bool:
    """Whether all are numbers; a truth value is none. Runs in C: this is where a large file spends its time."""
    return {int, float}.issuperset(map(type, values))


def _first_odd(values: list[Any]) -> Any:
    return next(value for value in values if type(value) not in (int, float))


def _not_finite(value: Any) -> str | None:
    """Where in a value the first NaN or infinity stands, such as ``.bbox[2]``."""
    if type(value) is float:
        return None if math.isfinite(value) else ""
    items: Iterable[tuple[str, Any]] = ()
    if isinstance(value, dict):
        items = ((f".{key}", part) for key, part in value.items())
    elif isinstance(value, list):
        items = ((f"[{index}]", part) for index, part in enumerate(value))
    for name, part in items:
        where = _not_finite(part)
        if where is not None:
            return name + where
    return None


def _nulled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _nulled(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_nulled(part) for part in value]
    return None if type(value) is float and not math.isfinite(value) else value


def _objects(value: Any) -> Iterator[Record]:
    """Every object in a value, itself first."""
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _objects(part)
    elif isinstance(value, list) and value and not _numbers(value):
        for part in value:
            yield from _objects(part)


def _short(value: Any) -> str:
    """A value for a message: escaped, and cut where it is long."""
    text = repr(value[:20] if isinstance(value, (list, str)) else value)
    return text if len(text) <= 80 else text[:77] + "..."


# --- writing ---------------------------------------------------------------------------------------------------------


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    encoder = json.JSONEncoder(allow_nan=False, ensure_ascii=True, separators=(",", ":"), default=_as_json)
    lead = "{\n"
    for key, value in document.items():
        yield f"{lead}{json.dumps(key)}:"
        lead = ",\n"
        if isinstance(value, list) and value:
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
        place = _not_finite(value)
        raise CocoError(
            f"{where}{place or ''}: no finite number, or a record inside itself; it cannot be written"
        ) from None
    except (TypeError, RecursionError) as error:
        raise CocoError(f"{where}: cannot be written as JSON: {error}") from None


def _as_json(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, bytes):  # the runs of pycocotools
        return value.decode("ascii")
    _refuse(value)


def _refuse(value: Any) -> NoReturn:
    raise TypeError(f"{type(value).__name__} is not JSON")


# --- left and right --------------------------------------------------------------------------------------------------

SIDES = {"left": "right", "right": "left", "l": "r", "r": "l"}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
GLUED = re.compile(r"(left|right)(?=[a-z]{2})|(?<=[a-z]{2})(left|right)$")


def flip_pairs(categories: Iterable[Mapping[str, Any]]) -> dict[Any, list[tuple[int, int]]]:
    """Find the keypoints that trade places in a mirror, from their names.

    Args:
        categories: COCO categories; ``keypoints`` is a list of names such as ``left_eye``, ``R_Paw``, ``eyeL``.

    Returns:
        Pairs of positions, lower one first, for each category id; no pairs where names are missing or tell nothing.
    """
    return {category["id"]: _pairs(category.get("keypoints")) for category in categories if "id" in category}


def _pairs(names: Any) -> list[tuple[int, int]]:
    if not isinstance(names, Sequence) or isinstance(names, str):
        return []
    words = [_words(name) if isinstance(name, str) else () for name in names]
    times = Counter(words)
    place = {key: index for index, key in enumerate(words) if key and times[key] == 1}
    pairs = set()
    for key, index in place.items():
        partner = next((place[other] for other in _mirrored(key) if other in place), None)
        if partner is not None and partner != index:
            pairs.add((min(index, partner), max(index, partner)))
    return sorted(pairs)


def _words(name: str) -> tuple[str, ...]:
    """``"leftEar"``, ``"left_ear"``, ``"leftear"`` and ``"Left Ear "`` are ``("left", "ear")``."""
    words: list[str] = []
    for word in WORD.findall(name):
        words += [part for part in GLUED.split(word.lower()) if part]
    return tuple(words)


def _mirrored(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What the same point is called on the other side: all sides swapped, or else one of them."""
    long = any(word in ("left", "right") for word in words)
    sides = [k for k, word in enumerate(words) if word in SIDES and (len(word) > 1 or not long)]
    for chosen in [sides, *([k] for k in sides)]:
        if chosen:
            yield tuple(SIDES[word] if k in chosen else word for k, word in enumerate(words))
