"""COCO files: read with care, grouped by picture, written whole.

Nothing valid is dropped, and nothing that is dropped goes unnamed: a record that cannot be used is left out of the
lists and stands in `Dataset.problems` with a stable code. Only a file that is no COCO file at all raises.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

from attrs import define, evolve, field

from geoaug import files
from geoaug.coco.document import (
    DEEPEST,
    Oddities,
    Record,
    depth_of,
    lines,
    may_overflow,
    not_finite,
    nulled,
    objects,
    parsed,
    raw_bytes,
    short,
    uncollected,
)
from geoaug.coco.outline import Odd, Outline, a_character_a_byte, decoded, outlined
from geoaug.coco.packed import Packed, Rows
from geoaug.coco.plain import plain_images, plain_rows, repeated_ids
from geoaug.coco.problems import Problem
from geoaug.coco.records import Fault, box_fault, box_of, id_fault, is_crowd, keypoints_fault, limit_of, plain_id, shape_fault, size_of
from geoaug.coco.sides import flip_pairs
from geoaug.errors import CocoError

__all__ = ["MILD", "Dataset", "flip_pairs", "load", "read_document", "save"]

# Findings after which the record is used all the same and nothing of it is lost: no reason for exit code 3.
MILD = frozenset({"annotation-repeated", "bbox-ignored", "category-differs", "category-repeated", "id-converted", "image-repeated", "key-repeated"})


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
        images_left_out: How many image records are not in the list, by the code of the reason.
        annotations_left_out: How many annotations are not in the list, by the code of the reason.
    """

    path: Path
    info: Any
    licenses: Any
    images: list[Record]
    _annotations: list[Record] | Rows
    categories: list[Record]
    extra: Record = field(factory=dict)
    _problems: list[Problem] = field(factory=list)
    absent: frozenset[str] = frozenset()
    images_left_out: Counter[str] = field(factory=Counter)
    _annotations_left_out: Counter[str] = field(factory=Counter)
    _noted: list[int] = field(factory=list, repr=False, eq=False)
    _first: int = field(default=0, repr=False, eq=False)
    _groups: dict[Any, Any] | None = field(init=False, default=None, repr=False, eq=False)

    @property
    def annotations(self) -> list[Record]:
        """Records that can be used, all of them decoded."""
        if isinstance(self._annotations, Rows):
            self._annotations, self._groups = self._read(keep=True), None
        return self._annotations

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the file; all segmentations are looked at for this."""
        self._read(keep=False)
        return self._problems

    @property
    def annotations_left_out(self) -> Counter[str]:
        """How many annotations cannot be used, by the code of the reason; all segmentations are looked at for this."""
        self._read(keep=False)
        return self._annotations_left_out

    @property
    def found(self) -> list[Problem]:
        """What was found so far; what is wrong with segmentations is known when they are decoded."""
        return self._problems

    @property
    def left_out(self) -> Counter[str]:
        """How many annotations were left out so far, by the code of the reason."""
        return self._annotations_left_out

    def __len__(self) -> int:
        """How many annotations there are; those whose segmentation will prove faulty are among them until it is decoded."""
        return len(self._annotations)

    def annotations_of(self, image_id: Any) -> list[Record]:
        """Returns: The annotations of one picture that can be used, in the order of the file."""
        return self.packed(image_id).read()[0]

    def packed(self, image_id: Any) -> Packed:
        """Returns: The annotations of one picture, undecoded where they were not used yet; for another process to read."""
        rows = self._annotations
        group = self._grouped().get(image_id)
        if isinstance(rows, Rows) and group is not None:
            return rows.packed(group)
        return Packed({"id": image_id}, group or [])

    def links(self) -> Iterator[tuple[Any, Any, bool]]:
        """Returns: Image id, category id and whether it is a crowd, of all annotations, in the order of the file; nothing is decoded."""
        rows = self._annotations
        if isinstance(rows, Rows):
            ids = [image["id"] for image in rows.images]
            return zip(map(ids.__getitem__, rows.pictures.tolist()), rows.category_ids.tolist(), rows.crowd.tolist(), strict=True)
        return ((row["image_id"], row.get("category_id"), is_crowd(row)) for row in rows)

    def _grouped(self) -> dict[Any, Any]:
        """By picture: its records, or the places of its undecoded rows."""
        if self._groups is None:
            rows = self._annotations
            self._groups = {}
            if isinstance(rows, Rows):
                groups = zip(rows.images, rows.groups(), strict=True)
                self._groups = {image["id"]: places for image, places in groups if len(places)}
            else:
                for annotation in rows:
                    self._groups.setdefault(annotation["image_id"], []).append(annotation)
        return self._groups

    def _read(self, keep: bool) -> list[Record]:
        """Look at all segmentations, and put what is wrong where it belongs in the order of the file."""
        rows = self._annotations
        if not isinstance(rows, Rows) or (rows.read and not keep):
            return []
        records: list[Record] = []
        found: list[tuple[int, Problem]] = []
        faulty: set[int] = set()
        with uncollected():
            for number, packed in rows.one_by_one():
                sound, problems = packed.read()
                records += sound if keep else ()
                if problems:
                    found += ((number, problem) for problem in problems)
                if not sound:
                    faulty.add(number)
                    self._annotations_left_out[problems[-1].code] += 1
        if found:
            end = self._first + len(self._noted)
            known = list(zip(self._noted, self._problems[self._first : end], strict=True))
            self._problems[self._first : end] = [problem for _, problem in sorted(known + found, key=itemgetter(0))]
            self._noted = []
        self._annotations, self._groups = rows.without(faulty), None
        return records

    def document(self, images: Any = None, annotations: Any = None) -> Record:
        """The file's content in COCO's order of keys; what the file did not have stays away.

        Args:
            images: What stands in their place, where something does.
            annotations: What stands in their place, where something does; then nothing is decoded.
        """
        known = {
            "info": self.info,
            "licenses": self.licenses,
            "images": self.images if images is None else images,
            "annotations": self.annotations if annotations is None else annotations,
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
    name, found = os.fspath(path), Oddities()
    try:
        with uncollected():
            outline = outlined(a_character_a_byte(raw_bytes(path)))
            return _Reading(Path(path), outline.found, max_pixels).outlined(name, outline)
    except Odd:
        return read_document(path, parsed(path, found), found, max_pixels)


def read_document(path: str | Path, document: Any, found: Oddities, max_pixels: int = files.MAX_PIXELS) -> Dataset:
    """As `load`, of a document that was parsed already, and what was found odd in it."""
    return _Reading(Path(path), found, max_pixels).dataset(_usable(os.fspath(path), document))


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
    files.write_text(path, lines(document), temporary)


# --- from objects to records -----------------------------------------------------------------------------------------


class _Reading:
    """One pass over the records of one file."""

    def __init__(self, place: Path, found: Oddities, max_pixels: int) -> None:
        self.place = place
        self._take(found)
        self.max_pixels = max_pixels
        self.problems: list[Problem] = []
        self.images: dict[Any, Record] = {}
        self.images_left_out: Counter[str] = Counter()
        self.annotations_left_out: Counter[str] = Counter()
        self.refused: Counter[Any] = Counter()  # annotations that go with each image that was left out

    def dataset(self, document: Record) -> Dataset:
        if id(document) in self.repeated:
            key = self.repeated[id(document)][0]
            self._report("key-ambiguous", f"{key!r} stands twice in the file; the last one is used")
        categories = self._categories(document.get("categories", []))
        self._images(document["images"])
        return self._dataset(document, categories, self._annotations(document["annotations"], categories, "categories" in document))

    def outlined(self, name: str, outline: Outline) -> Dataset:
        """As `dataset`, with the segmentations undecoded.

        Raises:
            Odd: It takes another way to say what is wrong.
        """
        if outline.panoptic or not (len(outline.alike) or not outline.odd) or (outline.classed and "categories" not in outline.values):
            raise Odd
        document = _usable(name, {**outline.values, "annotations": []})
        categories = self._categories(document.get("categories", []))
        self._images(document["images"])
        first = len(self.problems)
        rows, noted = self._rows(outline, categories, "categories" in document)
        self._take(outline.found)
        dataset = self._dataset(document, categories, rows)
        return evolve(dataset, noted=noted, first=first)

    def _take(self, found: Oddities) -> None:
        self.found = found
        self.repeated = {id(record): (key, same) for record, key, same in found.repeated}

    def _dataset(self, document: Record, categories: dict[Any, Record], annotations: list[Record] | Rows) -> Dataset:
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
            images_left_out=self.images_left_out,
            annotations_left_out=self.annotations_left_out,
        )

    def _report(self, code: str, message: str, **place: Any) -> None:
        shown = {key: value if type(value) in (int, str, type(None)) else short(value) for key, value in place.items()}
        self.problems.append(Problem(code, message, **shown))

    def _finite(self, name: str, value: Any) -> Any:
        """A value beside the records, with null for a number that JSON does not know."""
        where = not_finite(value) if self.found.not_finite else None
        if where is None:
            return value
        self._report("number-not-finite", f"{name}{where} is no finite number; null is written in its place")
        return nulled(value)

    # categories

    def _categories(self, rows: list[Any]) -> dict[Any, Record]:
        kept: dict[Any, Record] = {}
        for index, row in enumerate(rows):
            where = f"categories[{index}]"
            fault = ("record-not-object", f"{where} is {short(row)}, expected an object") if type(row) is not dict else None
            fault = fault or id_fault(where, row) or self._key_fault(where, row)
            if fault:
                self._report(*fault)
                continue
            row = self._finite(where, row)
            self._tidy_id(where, row)
            known = kept.setdefault(row["id"], row)
            if known is not row:
                code = "category-repeated" if known == row else "category-ambiguous"
                self._report(code, f"{where}: id {short(row['id'])} stands twice; the first one is used")
        return kept

    # images

    def _images(self, rows: list[Any]) -> None:
        if not self.repeated and not self.found.not_finite and plain_images(rows, self.max_pixels):
            self.images = {row["id"]: row for row in rows}
            return
        twice: dict[Any, Record] = {}
        for index, row in enumerate(rows):
            where = f"images[{index}]"
            fault = self._image_fault(where, row)
            if fault:
                self.images_left_out[fault[0]] += 1
                is_record = type(row) is dict
                name = row.get("file_name") if is_record else None
                image_id = row.get("id") if is_record else None
                self._report(*fault, image_id=image_id, file_name=name if isinstance(name, str) else None)
                if is_record and id_fault(where, row) is None:
                    self.refused[plain_id(image_id)] += 0
                continue
            self._tidy_id(where, row, file_name=row["file_name"])
            known = self.images.setdefault(row["id"], row)
            if known is row:
                continue
            place = {"image_id": row["id"], "file_name": row["file_name"]}
            self.images_left_out["image-repeated" if known == row else "image-ambiguous"] += 1
            if known == row:
                self._report("image-repeated", f"{where}: the same record stands twice; one is used", **place)
            else:
                twice[row["id"]] = known
                self._report("image-ambiguous", f"{where}: two different images have this id; neither is used", **place)
        for image_id, known in twice.items():
            text = "two different images have this id; neither is used; give each its own"
            self._report("image-ambiguous", text, image_id=image_id, file_name=known["file_name"])
            del self.images[image_id]
            self.images_left_out["image-ambiguous"] += 1
            self.refused[image_id] += 0
        for image_id in self.images:
            self.refused.pop(image_id, None)  # a sound record has the id of a refused one

    def _image_fault(self, where: str, row: Any) -> Fault:
        if type(row) is not dict:
            return "record-not-object", f"{where} is {short(row)}, expected an object"
        fault = id_fault(where, row) or self._key_fault(where, row)
        if fault:
            return fault
        if self.found.not_finite and (place := not_finite(row)) is not None:
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
                    f"{where}: {side} is {short(value)}, expected a whole number of pixels, at least 1",
                )
        if (row.get("width") or 1) * (row.get("height") or 1) > self.max_pixels:
            text = f"{where}: {row.get('width')} x {row.get('height')} exceeds {self.max_pixels} pixels"
            return "image-too-large", f"{text}; raise max_pixels if it is true"
        return None

    # annotations

    def _annotations(self, rows: list[Any], categories: dict[Any, Record], has_categories: bool) -> list[Record]:
        ids = _Ids(self.images), _Ids(categories) if has_categories else None
        return [row for _, row in self._sound(enumerate(rows), rows.__getitem__, *ids)]

    def _rows(self, outline: Outline, categories: dict[Any, Record], has_categories: bool) -> tuple[Rows, list[int]]:
        """Rows that can be used as far as they are looked at, and to which of them each problem belongs."""
        images = list(self.images.values())
        alike = outline.alike
        plain, pictures = plain_rows(alike, images, categories if has_categories else None)
        strange = [*outline.odd, *alike.places(~plain)]
        odd_ids = [plain_id(row.get("id")) for _, start, end in strange if type(row := decoded(outline.text[start:end])) is dict]
        plain &= ~(twice := repeated_ids(alike.ids, plain, odd_ids))
        places = {number: (start, end) for number, start, end in sorted([*strange, *alike.places(twice)])}
        changes: dict[int, Record] = {}
        noted: list[int] = []

        def one_by_one() -> Iterator[tuple[int, Any]]:
            for number, (start, end) in places.items():
                row, before = self._exactly(outline.text[start:end]), len(self.problems)
                original = dict(row) if type(row) is dict else {}
                yield number, row
                noted.extend([number] * (len(self.problems) - before))
                if original:
                    changes[number] = {key: row[key] for key in row if key not in original or row[key] is not original[key]}

        def earlier(number: int) -> Record:
            return {**decoded(outline.text[slice(*places[number])]), **changes[number]}

        numbers_of = {image["id"]: place for place, image in enumerate(images)}
        ids = _Ids(self.images), _Ids(categories) if has_categories else None
        others = [
            (number, *places[number], row["id"], numbers_of[row["image_id"]], row.get("category_id"), is_crowd(row))
            for number, row in self._sound(one_by_one(), earlier, *ids)
        ]
        return Rows.joined(outline.text, images, alike, plain, pictures, others, changes, self.max_pixels), noted

    def _exactly(self, text: str) -> Any:
        """One row of an outline, decoded; what is odd in it is known then."""
        found = Oddities()
        row = decoded(text, found)
        found.not_finite = found.not_finite or may_overflow(text)
        if depth_of(row) > DEEPEST - 2:
            raise Odd
        self._take(found)
        return row

    def _sound(
        self, rows: Iterable[tuple[int, Any]], earlier_row: Callable[[int], Any], images: _Ids, categories: _Ids | None
    ) -> Iterator[tuple[int, Record]]:
        """The rows that can be used; whatever is wrong with them or with the others is reported."""
        first: dict[Any, int] = {}
        for index, row in rows:
            where = f"annotations[{index}]"
            fault = self._annotation_fault(where, row, images, categories)
            if fault:
                self.annotations_left_out[fault[0]] += 1
                if fault[0] != "annotations-left-out":
                    annotation_id, image_id = (row.get("id"), row.get("image_id")) if type(row) is dict else (None, None)
                    self._report(*fault, image_id=image_id, annotation_id=annotation_id)
                continue
            earlier = first.setdefault(row["id"], index)
            if earlier != index:
                place = {"image_id": row["image_id"], "annotation_id": row["id"]}
                if earlier_row(earlier) == row:
                    text = f"{where}: the same record stands twice; one is used"
                    self._report("annotation-repeated", text, **place)
                    self.annotations_left_out["annotation-repeated"] += 1
                    continue
                text = f"{where}: annotations[{earlier}] has this id too, so readers of COCO lose one; both are used"
                self._report("annotation-id-repeated", text, **place)
            yield index, row

    def _annotation_fault(self, where: str, row: Any, images: _Ids, categories: _Ids | None) -> Fault:
        if type(row) is not dict:
            return "record-not-object", f"{where} is {short(row)}, expected an object"
        fault = id_fault(where, row) or self._key_fault(where, row) or self._links_fault(where, row, images, categories)
        if fault:
            return fault
        if self.found.not_finite:
            place = not_finite({key: value for key, value in row.items() if key != "bbox"})
            if place is not None:
                return "number-not-finite", f"{where}{place} is no finite number"
        image = self.images[row["image_id"]]
        width, height = image.get("width"), image.get("height")
        limit = limit_of(image)
        shape = row.get("segmentation")
        fault = shape_fault(shape, size_of(image), limit, self.max_pixels) if shape is not None and shape != [] else None
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
                if key == "image_id" and plain_id(value) in self.refused:
                    self.refused[plain_id(value)] += 1
                    return "annotations-left-out", ""
                return f"{noun}-unknown", f"{where}: {key} {short(value)} is not among the file's {known.noun(noun)}"
            if type(meant[0]) is not type(value):
                text = f"{where}: {key} is {short(value)}, taken for {short(meant[0])}"
                self._report("id-converted", text, image_id=row.get("image_id"), annotation_id=row["id"])
            row[key] = meant[0]
        return None

    def _box_fault(self, row: Record, width: int | None, height: int | None, limit: float) -> Fault:
        """What is wrong with a box that nothing can stand in for. Where there is a shape, the shape is the truth."""
        box, shape = row.get("bbox"), row.get("segmentation")
        if box is None and not shape and "bbox" not in row and ("category_id" not in row or row.get("keypoints")):
            return None  # a caption, or a pose without a box
        fault = box_fault(box, width, height, limit) if "bbox" in row else ("bbox-missing", "no bbox")
        if fault is None or not shape:
            return fault
        own = box_of(shape)
        if own is None:
            return fault
        row["bbox"] = own
        code = "bbox-ignored" if fault[0] in ("bbox-degenerate", "bbox-outside") else fault[0]
        self._report(code, f"{fault[1]}; the box of its segmentation is used", image_id=row["image_id"], annotation_id=row["id"])
        return None

    # both

    def _key_fault(self, where: str, row: Record) -> Fault:
        """A key that stands twice: with two values nobody can tell which one is meant."""
        for part in objects(row) if self.repeated else ():
            if id(part) in self.repeated:
                key, same = self.repeated[id(part)]
                if not same:
                    return "key-ambiguous", f"{where}: {key!r} stands twice in one object with different values"
                self._report("key-repeated", f"{where}: {key!r} stands twice in one object, with the same value")
        return None

    def _tidy_id(self, where: str, row: Record, **place: Any) -> None:
        value = row["id"]
        if type(value) is not int:
            row["id"] = plain_id(value)
            self._report("id-converted", f"{where}: id is {short(value)}; COCO's ids are whole numbers", **place)


class _Ids:
    """The ids of a list, by what they are and by what they look like."""

    def __init__(self, records: Iterable[Any]) -> None:
        self.all = set(records)
        self.by_text = {str(value): value for value in self.all}

    def meant(self, value: Any) -> tuple[Any] | None:
        """Returns: The id that a value stands for, such as 1 for "1" and 1.0; in a tuple, as an id may be 0."""
        plain = plain_id(value)
        if type(plain) not in (int, str):
            return None
        if plain in self.all:
            return (plain,)
        text = str(plain).strip()
        return (self.by_text[text],) if text in self.by_text else None

    @staticmethod
    def noun(one: str) -> str:
        return "categories" if one == "category" else f"{one}s"


def _usable(name: str, document: Any) -> Record:
    """The document, if it has the lists that a COCO file needs."""
    if not isinstance(document, dict):
        kind = {list: "a list", str: "text", bool: "a truth value", type(None): "null"}.get(type(document), "a number")
        hint = "; a file of results has no pictures of its own" if isinstance(document, list) else ""
        raise CocoError(f"{name}: top level must be an object with images, annotations and categories, got {kind}{hint}")
    for key in ("images", "annotations", "categories"):
        if key not in document:
            if key == "categories" and not any("category_id" in row for row in document["annotations"] if type(row) is dict):
                continue  # captions have none
            raise CocoError(f"{name}: no '{key}'; a COCO file has images, annotations and categories")
        rows = document[key]
        if not isinstance(rows, list):
            raise CocoError(f"{name}: '{key}' must be a list of objects, got {short(rows)}")
        if rows and not any(isinstance(row, dict) for row in rows):
            raise CocoError(f"{name}: '{key}' must be a list of objects, got a list of {type(rows[0]).__name__}")
    rows = [row for row in document["annotations"] if isinstance(row, dict)]
    if rows and all("segments_info" in row for row in rows):
        raise CocoError(f"{name}: is a panoptic file; convert it to the detection format (one annotation a segment) first")
    return document
