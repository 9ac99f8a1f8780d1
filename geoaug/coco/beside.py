"""What a picture has beside its annotations, and what goes through a pipeline with them: records in several files, segments.

What its records say of places (`geoaug.targets.places`) goes through as rows without a box, the segments of a panoptic file as
a picture of ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from attrs import define, field, frozen

from geoaug import files
from geoaug.coco.document import Record
from geoaug.coco.panoptic import INFO, Entry, Segments, highest_fill, png_bytes, png_name, read_entry
from geoaug.coco.together import MARK, Part, part_of
from geoaug.compose import Compose
from geoaug.targets.places import KNOWN, known_in
from geoaug.types import Size

NO_PIXEL = "no-pixel"  # the fate of a segment of which none is left


@frozen
class Said:
    """What one annotation file says of one picture, beside its rows.

    Args:
        image: Its record of the picture; None where it does not have it.
        entry: Its segments, where it is a panoptic file.
        folder: Where the PNG file of the segments goes, below the folder of the result.
    """

    image: Record | None
    entry: Entry | None = None
    folder: str = ""


def said(parts: Sequence[Part], image_id: Any) -> tuple[Said, ...]:
    """Returns: What each file says of a picture."""
    found = []
    for part in parts:
        entry = None if part.panoptic is None else part.panoptic.entry(image_id)
        found.append(Said(part.images.get(image_id), entry, part.folder or ""))
    return tuple(found)


@define
class Beside:
    """What goes through a pipeline beside the annotations of one picture.

    Args:
        said: By each file.
        marks: Known places in the records of the picture, one row a file that has some.
        segments: Of its panoptic file, if they can be used.
        lone: Whether there is nothing but segments, so that transforms that look at labels look at these.
        faults: Code, message and id of what cannot be used; of what concerns no segment that is counted, no id.
        lost: Segments that cannot be used as their PNG file cannot, by code.
        corrected: Ids of segments of which a part contradicted the pixels.
    """

    said: tuple[Said, ...]
    marks: list[Record] = field(factory=list)
    segments: Segments | None = None
    lone: bool = False
    faults: list[tuple[str, str, Any]] = field(factory=list)
    lost: dict[str, int] = field(factory=dict)
    corrected: dict[str, list[Any]] = field(factory=dict)

    @classmethod
    def of(cls, told: tuple[Said, ...], size: Size, pipeline: Compose, max_pixels: int) -> Beside:
        """Read what there is.

        Args:
            told: By each file.
            size: (height, width) of the picture in the frame of its labels.
            pipeline: What it will go through.
            max_pixels: Largest PNG file that is decoded.
        """
        beside = cls(told, lone=len(told) == 1)
        for number, one in enumerate(told):
            places = {} if one.image is None or KNOWN.isdisjoint(one.image) else known_in(one.image)
            if places:
                beside.marks.append({**places, MARK: number})
            if one.entry is not None:
                beside._open(one.entry, size, highest_fill(pipeline.transforms), max_pixels)
        return beside

    def _open(self, entry: Entry, size: Size, above: int, max_pixels: int) -> None:
        found = read_entry(entry, size, above, max_pixels)
        self.segments, self.corrected = found.segments, found.corrected
        for code, message, number in found.problems:
            unlisted = code == "segment-unlisted"
            self.faults.append((code, f"segment {number}: {message}" if unlisted else message, None if unlisted else number))
        if found.segments is None:
            self.lost = {found.problems[0][0]: len(entry)}

    @property
    def data(self) -> dict[str, Any]:
        """The further targets of a call."""
        if self.segments is None:
            return {}
        # beside annotations, transforms that look at labels look at those
        return {"mask": self.segments.mask} if self.lone else {"mask3d": [self.segments.mask]}

    def moved(self, out: dict[str, Any]) -> Segments | None:
        """Returns: The segments after a call; None where there are none."""
        if self.segments is None:
            return None
        return self.segments.moved(out["mask"] if self.lone else out["mask3d"][0])


def records(beside: Beside, marks: Sequence[Record], common: Record) -> list[Record | None]:
    """Returns: The record of a copy for each file.

    Args:
        beside: The source.
        marks: Its marks after a pipeline.
        common: What all records of the copy say.
    """
    moved = {mark[MARK]: mark for mark in marks}
    before = {mark[MARK]: mark for mark in beside.marks}
    out: list[Record | None] = []
    for number, one in enumerate(beside.said):
        if one.image is None:
            out.append(None)
            continue
        new, old = moved.get(number, {}), before.get(number, {})
        kept = {key: new.get(key, value) if key in old else value for key, value in one.image.items() if key not in old or key in new}
        out.append({**kept, **common})
    return out


Lines = list[tuple["int | None", str]]  # number of a row within its picture, None where it has none, and the row as JSON


def lines_of(rows: Sequence[Record], parts: int, as_text: Callable[[Record], str]) -> list[Lines]:
    """Sort rows by their files.

    Args:
        rows: Annotations after a pipeline.
        parts: How many files there are.
        as_text: Makes a line of a row.

    Returns:
        For each file its rows. What has one id in two files of the source has one number, so that it will have one id again.
    """
    numbers: dict[tuple[Any, int], int] = {}
    times: Counter[tuple[int, Any]] = Counter()
    out: list[Lines] = [[] for _ in range(parts)]
    for row in rows:
        part = part_of(row)
        times[part, row["id"]] += 1  # where a file has an id twice, each of the two has a number of its own
        number = numbers.setdefault((row["id"], times[part, row["id"]]), len(numbers))
        out[part].append((number, as_text({**row, "source_id": row["id"]})))
    return out


@frozen
class Sheet:
    """The segments of one copy, to be written.

    Args:
        part: Number of the panoptic file.
        record: Its annotation, without ids of the copy.
        name: Of the PNG file, below the folder of the result.
        data: The PNG file.
    """

    part: int
    record: Record
    name: str
    data: bytes

    @classmethod
    def of(cls, beside: Beside, segments: Segments, file_name: str, unchanged: bool) -> Sheet:
        """Make it.

        Args:
            beside: The source.
            segments: After the pipeline.
            file_name: Of the copy.
            unchanged: Whether it is the picture as it was.
        """
        part, one = next((number, one) for number, one in enumerate(beside.said) if one.entry is not None)
        assert one.entry is not None
        name = png_name(file_name)
        whole = unchanged and beside.segments is not None and not beside.faults and not one.entry.refused
        data = files.read_bytes(one.entry.png) if whole else png_bytes(segments)
        return cls(part, {**one.entry.record, "file_name": name, INFO: segments.infos}, f"{one.folder}/{name}", data)


def fates_of(beside: Beside, segments: Segments | None) -> list[tuple[str, Any]]:
    """Returns: What became of each segment, and its id."""
    if beside.segments is None or segments is None:
        return []
    there = {info["id"] for info in segments.infos}
    return [("kept" if info["id"] in there else NO_PIXEL, info["id"]) for info in beside.segments.infos]
