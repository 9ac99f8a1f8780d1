"""Annotations that stay text until they are used: a picture's rows travel to a worker as they stand in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from attrs import define, evolve, frozen
from numpy.typing import NDArray

from geoaug import files
from geoaug.coco.document import Oddities, Record, not_finite, short
from geoaug.coco.outline import Columns, decoded
from geoaug.coco.plain import column
from geoaug.coco.problems import Problem
from geoaug.coco.records import limit_of, shape_fault, size_of


@frozen
class Row:
    """One annotation as text.

    Args:
        number: Its place in the file's list.
        id: Its id.
        text: The record as it stands in the file, a character for each byte of UTF-8; what stands behind it does not matter.
        changes: What was put right in it when the file was read; ``None`` where its segmentation was not looked at then.
    """

    number: int
    id: Any
    text: str
    changes: Record | None = None


@frozen
class Packed:
    """The annotations of one picture, undecoded; they can be pickled, and take what they take in the file.

    Args:
        image: The picture's record.
        rows: The annotations as text, or records that are known to be sound.
        max_pixels: Largest RLE canvas.
    """

    image: Record
    rows: list[Row | Record]
    max_pixels: int = files.MAX_PIXELS

    def __len__(self) -> int:
        return len(self.rows)

    def read(self) -> tuple[list[Record], list[Problem]]:
        """Decode the annotations and look at their segmentations.

        Returns:
            The records that can be used, and what is wrong with the others.
        """
        problems: list[Problem] = []
        records = [self._record(row, problems) if isinstance(row, Row) else row for row in self.rows]
        return [record for record in records if record is not None], problems

    def _record(self, row: Row, problems: list[Problem]) -> Record | None:
        if row.changes is not None:
            return {**decoded(row.text), **row.changes}
        where = f"annotations[{row.number}]"

        def report(code: str, message: str) -> None:
            problems.append(
                Problem(code, f"{where}{message}", *(value if type(value) in (int, str) else short(value) for value in (self.image["id"], row.id)))
            )

        try:
            record: Record = decoded(row.text)
        except (ValueError, RecursionError) as error:  # of all the rest of it we know that it is JSON
            what = error.msg if isinstance(error, ValueError) and hasattr(error, "msg") else str(error)
            report("segmentation-json", f".segmentation is not JSON: {what}")
            return None
        shape = record.get("segmentation")
        for key, same in _repeated(row.text) if type(shape) is dict else ():
            if not same:
                report("key-ambiguous", f": {key!r} stands twice in one object with different values")
                return None
            report("key-repeated", f": {key!r} stands twice in one object, with the same value")
        fault = shape_fault(shape, size_of(self.image), limit_of(self.image), self.max_pixels) if shape is not None and shape != [] else None
        if fault is not None or "NaN" in row.text or "Infinity" in row.text:
            place = not_finite({key: value for key, value in record.items() if key != "bbox"})
            fault = fault if place is None else ("number-not-finite", f"{place} is no finite number")
        if fault is None:
            return record
        report(fault[0], fault[1] if fault[0] == "number-not-finite" else f": {fault[1]}")
        return None


def _repeated(text: str) -> Iterator[tuple[str, bool]]:
    found = Oddities()
    decoded(text, found)
    for _, key, same in found.repeated:
        yield key, same


@define
class Rows:
    """All annotations of a file that could be used as far as they were looked at, undecoded.

    Args:
        text: The file, a character for each byte of UTF-8.
        images: The records of the pictures.
        numbers: Place of each row in the file's list.
        starts: Where each begins in the text.
        ends: Where what stands behind it begins.
        ids: Their ids; an array of objects where they are not all small whole numbers.
        pictures: Which of the images each belongs to.
        category_ids: Their categories, None where they have none; an array of objects where they are not all small whole numbers.
        crowd: Whether ``iscrowd`` is set.
        changes: By number: what was put right; a row that is here was looked at as a whole.
        max_pixels: Largest RLE canvas.
        read: Whether all rows were looked at as a whole.
    """

    text: str
    images: list[Record]
    numbers: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    ids: NDArray[Any]
    pictures: NDArray[np.int32]
    category_ids: NDArray[Any]
    crowd: NDArray[np.bool_]
    changes: dict[int, Record]
    max_pixels: int
    read: bool = False

    @classmethod
    def joined(
        cls,
        text: str,
        images: list[Record],
        alike: Columns,
        plain: NDArray[np.bool_],
        pictures: NDArray[np.int32],
        others: list[tuple[Any, ...]],
        changes: dict[int, Record],
        max_pixels: int,
    ) -> Rows:
        """Put plain rows and others in the order of the file.

        Args:
            text: As in the class.
            images: As in the class.
            alike: The plain rows, among rows that are not.
            plain: Which ones they are.
            pictures: The images of all of these.
            others: Number, start, end, id, place of the image, category and crowd of the others.
            changes: What was put right in them.
            max_pixels: As in the class.
        """
        category_ids = alike.category_ids[plain] if alike.has_category[plain].all() else np.full(int(plain.sum()), None)
        columns = (alike.numbers[plain], alike.starts[plain], alike.ends[plain], alike.ids[plain], pictures[plain], category_ids, alike.crowd[plain])
        beside = list(map(list, zip(*others, strict=True))) or [[]] * len(columns)
        both = [column(one, other) for one, other in zip(columns, beside, strict=True)]
        order = np.argsort(both[0], kind="stable")
        numbers, starts, ends, ids, places, classes, crowd = (part[order] for part in both)
        return cls(text, images, numbers, starts, ends, ids, places.astype(np.int32), classes, crowd.astype(bool), changes, max_pixels)

    def __len__(self) -> int:
        return len(self.numbers)

    def row(self, place: int) -> Row:
        """Returns: One annotation as text."""
        number = int(self.numbers[place])
        ident = self.ids[place : place + 1].tolist()[0]
        return Row(number, ident, self.text[self.starts[place] : self.ends[place]], self.changes.get(number, {} if self.read else None))

    def packed(self, places: NDArray[np.int64]) -> Packed:
        """Returns: Some annotations, at least one, that all belong to one picture."""
        return Packed(self.images[self.pictures[places[0]]], [self.row(place) for place in places.tolist()], self.max_pixels)

    def one_by_one(self) -> Iterator[tuple[int, Packed]]:
        """Returns: The place in the file's list of each annotation, and the annotation, in the order of the file."""
        columns = zip(*[column.tolist() for column in (self.numbers, self.starts, self.ends, self.ids, self.pictures)], strict=True)
        for number, start, end, ident, picture in columns:
            row = Row(number, ident, self.text[start:end], self.changes.get(number, {} if self.read else None))
            yield number, Packed(self.images[picture], [row], self.max_pixels)

    def groups(self) -> list[NDArray[np.int64]]:
        """Returns: For each picture the places of its annotations, in the order of the file."""
        order = np.argsort(self.pictures, kind="stable")
        if not self.images:
            return []
        return np.split(order, np.searchsorted(self.pictures[order], np.arange(1, len(self.images))))

    def without(self, numbers: set[int]) -> Rows:
        """Returns: The rows but for some, all of them looked at."""
        keep = ~np.isin(self.numbers, list(numbers))
        columns = ("numbers", "starts", "ends", "ids", "pictures", "category_ids", "crowd")
        kept = {name: getattr(self, name)[keep] for name in columns}
        return evolve(self, **kept, read=True)
