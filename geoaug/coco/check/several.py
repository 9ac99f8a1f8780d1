"""Several annotation files of one set of pictures, held against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record, short
from geoaug.coco.problems import Problem

BOX_PIXELS = 0.5  # that one box may differ between two files


def disagreements(datasets: Sequence[Dataset]) -> Iterator[Problem]:
    """Look for pictures, categories and annotations of which two files say different things.

    Objects are told by their ids where one of two files adds keypoints to the other, as COCO's do; other files may count
    from 1 each.
    """
    for place, later in enumerate(datasets):
        for earlier in datasets[:place]:
            yield from _pictures(earlier, later)
            yield from _categories(earlier, later)
            if _posed(earlier) != _posed(later):
                yield from _boxes(earlier, later)


def _pictures(earlier: Dataset, later: Dataset) -> Iterator[Problem]:
    known = {image["id"]: image for image in earlier.images}
    for image in later.images:
        other = known.get(image["id"], {})
        for key in ("file_name", "width", "height"):
            mine, its = image.get(key), other.get(key)
            if mine is not None and its is not None and mine != its:
                text = f"{later.path.name}: {key} is {short(mine)}, {earlier.path.name} says {short(its)}"
                yield Problem("image-differs", text, image["id"], file_name=image["file_name"])
                break


def _categories(earlier: Dataset, later: Dataset) -> Iterator[Problem]:
    known = {row["id"]: row for row in earlier.categories}
    for row in later.categories:
        other = known.get(row["id"])
        if other is not None and other.get("name") != row.get("name"):
            text = f"{later.path.name}: category {short(row['id'])} is {short(row.get('name'))}, in {earlier.path.name} {short(other.get('name'))}"
            yield Problem("category-differs", text)


def _posed(dataset: Dataset) -> bool:
    """Whether a file is one of keypoints."""
    return any(row.get("keypoints") for row in dataset.categories)


def _boxes(earlier: Dataset, later: Dataset) -> Iterator[Problem]:
    ours = {image["id"] for image in later.images}
    for image in earlier.images:
        rows = {row["id"]: row for row in earlier.annotations_of(image["id"])} if image["id"] in ours else {}
        for row in later.annotations_of(image["id"]) if rows else ():
            other = rows.get(row["id"])
            if other is not None and _apart(row, other):
                text = f"{later.path.name}: bbox is {short(row['bbox'])}, {earlier.path.name} says {short(other['bbox'])}"
                yield Problem("annotation-differs", text, image["id"], row["id"], image["file_name"])


def _apart(row: Record, other: Record) -> bool:
    """Whether two records of one object have other boxes."""
    mine, its = row.get("bbox"), other.get("bbox")
    if not mine or not its or row.get("category_id") != other.get("category_id"):
        return False
    return any(abs(a - b) > BOX_PIXELS for a, b in zip(mine, its, strict=True))
