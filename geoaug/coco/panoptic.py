"""Panoptic files: every pixel belongs to one segment, or to none (void).

Beside the JSON stands a folder of PNG files whose colours are ids: id = R + 256 G + 65536 B, 0 is void; each annotation of the JSON
lists the segments of one picture in ``segments_info``. Source: the format page of COCO (cocodataset.org/#format-data, 4. Panoptic
Segmentation). The pixels are the truth here: areas and boxes are counted from them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np
from attrs import define, field, frozen

from geoaug import files
from geoaug.choose import leaves
from geoaug.coco.dataset import Dataset, read_document
from geoaug.coco.document import Oddities, Record, not_finite, parsed, short
from geoaug.coco.problems import Problem
from geoaug.errors import CocoError
from geoaug.headers import FileProblem
from geoaug.types import Array, Size

VOID = 0
LARGEST_ID = 2**24 - 1  # what three bytes hold
FARTHEST_FILL = 2.0**30  # fills of masks beyond this are out of the reach of any id
INFO = "segments_info"


# --- id pictures -----------------------------------------------------------------------------------------------------


def ids_of(pixels: Array) -> Array:
    """Returns: The ids, shape (h, w) int32, that colours stand for.

    Args:
        pixels: Shape (h, w, 3) or (h, w, 4), uint8, RGB; a fourth channel says nothing.
    """
    red, green, blue = (pixels[..., k].astype(np.int32) for k in range(3))
    ids: Array = red + (green << 8) + (blue << 16)
    return ids


def colours_of(ids: Array) -> Array:
    """Returns: The colours, shape (h, w, 3) uint8, that stand for ids, shape (h, w) of 0 to 2^24 - 1."""
    return np.stack([ids & 255, ids >> 8 & 255, ids >> 16 & 255], axis=2).astype(np.uint8)


class Extents(NamedTuple):
    """Where each id lies in a picture of ids.

    Args:
        ids: Each id that occurs, void too, ascending, shape (K,).
        areas: Its pixels, shape (K,).
        boxes: The tight box around them as x, y, width, height, shape (K, 4), whole numbers.
    """

    ids: Array
    areas: Array
    boxes: Array

    @classmethod
    def of(cls, ids: Array) -> Extents:
        """Look through a picture, shape (h, w), run by run: there are fewer runs of one id than pixels by far."""
        height, width = ids.shape
        first = np.ones((height, width), np.bool_)
        first[:, 1:] = ids[:, 1:] != ids[:, :-1]
        starts = np.flatnonzero(first)
        lengths = np.diff(starts, append=height * width)
        rows, left = np.divmod(starts, width)
        names, own = np.unique(ids.reshape(-1)[starts], return_inverse=True)
        own, count = own.reshape(-1), len(names)
        low, high = np.full((count, 2), max(height, width)), np.zeros((count, 2), np.int64)
        np.minimum.at(low, own, np.column_stack([left, rows]))
        np.maximum.at(high, own, np.column_stack([left + lengths, rows + 1]))
        return cls(names, np.bincount(own, lengths, count).astype(np.int64), np.concatenate([low, high - low], axis=1))


def measured(ids: Array, infos: Iterable[Record]) -> list[Record]:
    """Returns: The records of those segments that have a pixel, with area and box as the pixels have them, all else as it was.

    Args:
        ids: The id of each pixel, shape (h, w).
        infos: Records of ``segments_info``.
    """
    extents = Extents.of(ids)
    place = {name: k for k, name in enumerate(extents.ids.tolist())}
    areas, boxes = extents.areas.tolist(), extents.boxes.tolist()
    return [{**info, "area": areas[place[info["id"]]], "bbox": boxes[place[info["id"]]]} for info in infos if info["id"] in place]


@frozen(eq=False)
class Segments:
    """The segments of one picture, ready to go through a pipeline as its mask.

    Args:
        ids: The id of each pixel, shape (h, w) int32; void where the file says something else than ``infos``.
        infos: Records of ``segments_info``, each with pixels of its own.
        above: What is added to ids in `mask`, so that whatever a pipeline fills masks with is not taken for a segment.
    """

    ids: Array
    infos: list[Record]
    above: int = 0

    @property
    def mask(self) -> Array:
        """What goes through the pipeline, shape (h, w) int32."""
        return np.where(self.ids == VOID, 0, self.ids + np.int32(self.above)) if self.above else self.ids

    def moved(self, mask: Array) -> Segments:
        """Returns: The segments after the pipeline; those without a pixel are out, and new pixels are void."""
        ids = np.where(mask > self.above, mask - np.int32(self.above), VOID).astype(np.int32) if self.above else mask
        return Segments(ids, measured(ids, self.infos), self.above)


def highest_fill(pipeline: Sequence[Any]) -> int:
    """Returns: The least whole number that no transform of a pipeline fills masks beyond."""
    highest = 0.0
    for leaf in leaves(pipeline):
        fill = getattr(leaf, "fill_mask", None)
        numbers = fill if isinstance(fill, (list, tuple)) else [fill]
        highest = max([highest, *(float(v) for v in numbers if isinstance(v, (int, float)) and abs(v) < FARTHEST_FILL)])
    return int(np.ceil(highest))


# --- files -----------------------------------------------------------------------------------------------------------


@define
class Panoptic:
    """A panoptic file in memory.

    Args:
        dataset: Its pictures, categories and all else; without annotations.
        folder: Where its PNG files are.
        entries: The annotation of each picture that has one; of ``segments_info`` those records that can be used.
        refused: Ids of segments that cannot be used, by picture: their pixels are void.
        entries_left_out: How many annotations cannot be used, by the code of the reason.
        segments_left_out: How many segments cannot be used, by the code of the reason.
    """

    dataset: Dataset
    folder: Path
    entries: dict[Any, Record] = field(factory=dict)
    refused: dict[Any, frozenset[int]] = field(factory=dict)
    entries_left_out: Counter[str] = field(factory=Counter)
    segments_left_out: Counter[str] = field(factory=Counter)

    def entry(self, image_id: Any) -> Entry | None:
        """Returns: What it says of one picture; None where it says nothing."""
        record = self.entries.get(image_id)
        return None if record is None else Entry(self.folder, record, self.refused.get(image_id, frozenset()))


def is_panoptic(document: Any) -> bool:
    """Returns: Whether a document is a panoptic file: each of its annotations lists segments."""
    rows = document.get("annotations") if isinstance(document, dict) else None
    records = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return bool(records) and all(INFO in row for row in records)


def load_panoptic(path: str | Path, folder: str | Path | None = None, max_pixels: int = files.MAX_PIXELS) -> Panoptic:
    """Read a panoptic file; its PNG files are read one by one, when they are needed.

    Args:
        path: The JSON file.
        folder: Of the PNG files; when not given, the one beside the JSON that is named like it, or else ``panoptic``.
        max_pixels: A picture that states more is left out.

    Returns:
        The records that can be used, and the problems of the others.

    Raises:
        CocoError: The file cannot be read, is no panoptic file, or has no folder of PNG files.
    """
    found = Oddities()
    document = parsed(path, found)
    if not is_panoptic(document):
        raise CocoError(f"{path}: is no panoptic file; each of its annotations would list segments_info")
    return read_panoptic(path, document, found, folder, max_pixels)


def read_panoptic(
    path: str | Path, document: Record, found: Oddities, folder: str | Path | None = None, max_pixels: int = files.MAX_PIXELS
) -> Panoptic:
    """As `load_panoptic`, of a document that was parsed already, and what was found odd in it."""
    place = _folder(Path(path), folder)
    dataset = read_document(Path(path), {**document, "annotations": []}, found, max_pixels)
    return _Reading(dataset, Panoptic(dataset, place), found).entries(document["annotations"])


def _folder(path: Path, given: str | Path | None) -> Path:
    tried = [Path(given)] if given is not None else [path.with_suffix(""), path.parent / "panoptic"]
    for place in tried:
        if place.is_dir() and place != path:
            return place.resolve()
    names = " or ".join(repr(str(place)) for place in tried)
    raise CocoError(f"{path}: the PNG files of a panoptic file stand in a folder named like it, but there is no folder {names}")


@define
class _Reading:
    """One pass over the annotations of a panoptic file."""

    dataset: Dataset
    out: Panoptic
    found: Oddities
    images: dict[Any, Record] = field(init=False)
    categories: set[Any] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.images = {image["id"]: image for image in self.dataset.images}
        self.categories = {category["id"] for category in self.dataset.categories}

    def entries(self, rows: list[Any]) -> Panoptic:
        for index, row in enumerate(rows):
            where = f"annotations[{index}]"
            code, message = self._fault(where, row)
            image_id = row.get("image_id") if type(row) is dict else None
            if code:
                self.out.entries_left_out[code] += 1
                name = row.get("file_name") if type(row) is dict else None
                shown = image_id if type(image_id) in (int, str, type(None)) else short(image_id)
                self.dataset.problems.append(Problem(code, message, shown, file_name=name if isinstance(name, str) else None))
                continue
            usable, refused = self._segments(where, row)
            self.out.entries[image_id] = {**row, INFO: usable}
            if refused:
                self.out.refused[image_id] = frozenset(refused)
        return self.out

    def _fault(self, where: str, row: Any) -> tuple[str, str]:
        if type(row) is not dict:
            return "record-not-object", f"{where} is {short(row)}, expected an object"
        image_id = row.get("image_id")
        if type(image_id) not in (int, str) or image_id not in self.images:
            return "image-unknown", f"{where}: image_id {short(image_id)} is not among the file's images"
        if image_id in self.out.entries:
            return "panoptic-repeated", f"{where}: the picture has an annotation already; the first one is used"
        wrong = files.name_fault(row.get("file_name"))
        if wrong:
            return "panoptic-name", f"{where}: {wrong}"
        if self.found.not_finite and (place := not_finite({**row, INFO: None})) is not None:
            return "number-not-finite", f"{where}{place} is no finite number"
        if type(row[INFO]) is not list:
            return "panoptic-segments", f"{where}: segments_info is {short(row[INFO])}, expected a list of objects"
        return "", ""

    def _segments(self, where: str, row: Record) -> tuple[list[Record], set[int]]:
        """Returns: The segments that can be used, and the ids of the others."""
        usable: dict[int, Record] = {}
        refused: set[int] = set()
        for k, info in enumerate(row[INFO]):
            code, message = self._segment_fault(info, usable, refused)
            if not code:
                usable[info["id"]] = info
                continue
            number = info.get("id") if type(info) is dict else None
            if code != "segment-repeated":
                self.out.segments_left_out[code] += 1
                if type(number) is int:
                    refused.add(number)
            if code == "segment-ambiguous" and usable.pop(number, None) is not None:  # type: ignore[arg-type]  # an int, as this code says
                self.out.segments_left_out[code] += 1
            shown = number if type(number) in (int, str, type(None)) else short(number)
            self.dataset.problems.append(Problem(code, f"{where}.{INFO}[{k}]: {message}", row["image_id"], shown, row["file_name"]))
        return list(usable.values()), refused

    def _segment_fault(self, info: Any, usable: dict[int, Record], refused: set[int]) -> tuple[str, str]:
        if type(info) is not dict:
            return "record-not-object", f"{short(info)}, expected an object"
        number = info.get("id")
        if type(number) is not int or not VOID < number <= LARGEST_ID:
            return "segment-id", f"id is {short(number)}, expected a whole number from 1 to {LARGEST_ID}; its pixels are void"
        if number in usable and usable[number] == info:
            return "segment-repeated", "the same record stands twice; one is used"
        if number in usable or number in refused:
            return "segment-ambiguous", "two different segments have this id; neither is used, and its pixels are void"
        if self.found.not_finite and (place := not_finite({**info, "bbox": None, "area": None})) is not None:
            return "number-not-finite", f"{place} is no finite number; its pixels are void"
        category = info.get("category_id")
        if type(category) not in (int, str) or not ("categories" in self.dataset.absent or category in self.categories):
            return "category-unknown", f"category_id {short(category)} is not among the file's categories; its pixels are void"
        return "", ""


# --- one picture -----------------------------------------------------------------------------------------------------


@define
class Opened:
    """What the PNG file of one picture says.

    Args:
        segments: None where it cannot be used at all.
        problems: Code, message and id of what was left out, the id None where it is not one segment.
        corrected: Ids of segments of which the area or the box was not that of their pixels, by ``area`` and ``bbox``.
    """

    segments: Segments | None = None
    problems: list[tuple[str, str, int | None]] = field(factory=list)
    corrected: dict[str, list[int]] = field(factory=dict)


@frozen
class Entry:
    """What a panoptic file says of one picture.

    Args:
        folder: Of the PNG files.
        record: The annotation; of ``segments_info`` those records that can be used.
        refused: Ids of the other segments, whose pixels are void.
    """

    folder: Path
    record: Record
    refused: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.record[INFO])

    @property
    def png(self) -> Path:
        """The PNG file.

        Raises:
            FileProblem: The name is none, leads out of the folder, or no regular file stands there.
        """
        return files.safe_path(self.folder, self.record["file_name"])


def opened(panoptic: Panoptic, image_id: Any, size: Size, above: int = 0, max_pixels: int = files.MAX_PIXELS) -> Opened:
    """As `read_entry`, of a picture of which a panoptic file says something."""
    entry = panoptic.entry(image_id)
    assert entry is not None
    return read_entry(entry, size, above, max_pixels)


def read_entry(entry: Entry, size: Size, above: int = 0, max_pixels: int = files.MAX_PIXELS) -> Opened:
    """Read the segments of one picture and hold them against their records.

    Args:
        entry: What the file says of it.
        size: (height, width) of the picture in the frame of its labels.
        above: As for `Segments`.
        max_pixels: Largest PNG file that is decoded.
    """
    out, listed = Opened(), entry.record[INFO]
    try:
        pixels = files.read_image(entry.png, None, max_pixels).pixels
    except FileProblem as problem:
        out.problems.append((problem.code.replace("image-", "panoptic-"), str(problem), None))
        return out
    wrong = _png_fault(pixels, size)
    if wrong:
        out.problems.append((*wrong, None))
        return out
    ids = ids_of(pixels)
    known = {info["id"] for info in listed}
    extents = Extents.of(ids)
    strange = [number for number in extents.ids.tolist() if number != VOID and number not in known]
    for number in strange:
        if number not in entry.refused:
            count = int(extents.areas[np.searchsorted(extents.ids, number)])
            out.problems.append(("segment-unlisted", f"{count} pixels have this id, but segments_info does not; they are void", number))
    if strange:
        ids[np.isin(ids, strange)] = VOID
    infos = measured(ids, listed)
    there = {info["id"]: info for info in infos}
    for info in listed:
        if info["id"] not in there:
            out.problems.append(("segment-empty", "no pixel of the PNG file has this id", info["id"]))
            continue
        for part in ("area", "bbox"):
            if info.get(part) is not None and info[part] != there[info["id"]][part]:
                out.corrected.setdefault(part, []).append(info["id"])
    out.segments = Segments(ids, infos, above)
    return out


def _png_fault(pixels: Array, size: Size) -> tuple[str, str] | None:
    if pixels.shape[:2] != size:
        (height, width), found = size, pixels.shape
        return "panoptic-size", f"the PNG file is {found[1]} x {found[0]}, its picture {width} x {height} (width x height)"
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        channels = 1 if pixels.ndim == 2 else pixels.shape[2]
        return "panoptic-kind", f"the PNG file has {channels} channel{'s' * (channels > 1)} of {pixels.dtype}, expected RGB of 8 bits"
    return None


def png_name(file_name: str) -> str:
    """Returns: The name of the PNG file that goes with a picture: COCO gives both the same but for the ending."""
    return str(PurePosixPath(file_name).with_suffix(".png"))


def png_bytes(segments: Segments) -> bytes:
    """Returns: The PNG file of segments."""
    return files.encoded(colours_of(segments.ids), "png")
