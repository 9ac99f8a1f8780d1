"""One object labelled twice: two annotations of one picture that say the same under two ids."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from geoaug.coco.document import Record, short

MOST = 50  # of one box that are compared with each other


def twins(rows: list[Record]) -> Iterator[tuple[Record, str]]:
    """Look for annotations of one picture with the same category and the same place.

    Near-duplicates are none: only annotators can tell a second object from a second label.

    Returns:
        Each that repeats an earlier one, and a sentence on that.
    """
    known: dict[tuple[Any, ...], list[Record]] = {}
    for row in rows:
        key = _place(row)
        if key is None:
            continue
        earlier = known.setdefault(key, [])
        same = next((one for one in earlier if _alike(one, row)), None)
        if same is not None and same["id"] != row["id"]:
            yield row, f"annotation {short(same['id'])} has the same category and the same {'shape' if row.get('segmentation') else 'place'}"
        elif len(earlier) < MOST:
            earlier.append(row)


def _place(row: Record) -> tuple[Any, ...] | None:
    box, points = row.get("bbox"), row.get("keypoints")
    if "category_id" not in row or not (box or points):
        return None  # a caption
    return (row["category_id"], bool(row.get("iscrowd")), tuple(box) if box else repr(points))


def _alike(one: Record, other: Record) -> bool:
    return all((one.get(key) or None) == (other.get(key) or None) for key in ("segmentation", "keypoints"))
