"""Many records looked at at once: which ones are sound beyond doubt. All others are looked at one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import compress
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoaug.coco.document import Record
from geoaug.coco.outline import Columns
from geoaug.coco.records import FARTHEST, UNKNOWN_SIDE

BEYOND = 2**62  # no id of a row that was read as a column is as large


def plain_images(rows: list[Any], max_pixels: int) -> bool:
    """Returns: Whether nothing is wrong with any of these records, in which no key stands twice and every number is finite."""
    if not rows or set(map(type, rows)) != {dict}:
        return False
    ids, names, widths, heights = ([row.get(key) for row in rows] for key in ("id", "file_name", "width", "height"))
    if not all(set(map(type, sides)) == {int} for sides in (ids, widths, heights)) or set(map(type, names)) != {str}:
        return False
    if len(set(ids)) != len(ids) or min(min(widths), min(heights)) < 1 or max(map(mul, widths, heights)) > max_pixels:
        return False
    listed = "\n" + "\n".join(names) + "\n"
    strange = ("\\", "\0", "..", ":", "\r", "\n/", "\n\n", "\n ", "\n\t", "\n\v", "\n\f", "\n\x1c", "\n\x1d", "\n\x1e", "\n\x1f")
    return listed.isascii() and listed.count("\n") == len(names) + 1 and not any(text in listed for text in strange)


def plain_rows(rows: Columns, images: list[Record], categories: Collection[Any] | None) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Annotations whose links and boxes are sound beyond doubt.

    Args:
        rows: The annotations.
        images: Records that can be used.
        categories: Ids that are known; ``None`` where the file has none.

    Returns:
        Whether each is, and the place of its image in the list.
    """
    sound, pictures = _places(rows.image_ids, [image["id"] for image in images])
    if categories is not None:
        sound &= ~rows.has_category | _places(rows.category_ids, categories)[0]
    if not images:
        return sound, pictures
    sides = np.array([[image.get(side) or BEYOND for image in images] for side in ("width", "height")], np.int64).T
    limits = (FARTHEST * np.where(sides == BEYOND, UNKNOWN_SIDE, sides).max(axis=1))[pictures]
    sides = sides[pictures]
    corner, size = rows.boxes[:, :2], rows.boxes[:, 2:]  # whole parts: what they leave in doubt is not sound beyond doubt
    inside = (size >= 1) & (corner + size >= 1) & (corner < sides)
    near = (np.abs(corner) < limits[:, None]) & (size < limits[:, None])
    return sound & (inside & near).all(axis=1), pictures


def repeated_ids(ids: NDArray[np.int64], plain: NDArray[np.bool_], others: Iterable[Any]) -> NDArray[np.bool_]:
    """Returns: Which of the plain rows have an id that another plain row or one of the others has too."""
    order = np.argsort(ids, kind="stable")
    same = np.zeros(len(ids) + 1, bool)
    same[1:-1] = ids[order][1:] == ids[order][:-1]
    twice = np.zeros(len(ids), bool)
    twice[order] = same[1:] | same[:-1]
    small = [value for value in others if type(value) is int and abs(value) < BEYOND]
    return plain & (twice | np.isin(ids, small))


def column(plain: NDArray[Any], others: list[Any]) -> NDArray[Any]:
    """Returns: Values one behind the other; an array of objects where some are neither truth values nor small whole numbers."""
    if plain.dtype != object and all(type(value) in (int, bool) and abs(value) < BEYOND for value in others):
        return np.concatenate([plain, np.array(others, plain.dtype)])
    joined = np.empty(len(plain) + len(others), object)
    joined[: len(plain)] = plain.tolist()
    for place, value in enumerate(others, len(plain)):
        joined[place] = value
    return joined


def _places(wanted: NDArray[np.int64], ids: Collection[Any]) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Whether each wanted id is among some, and at which place."""
    small = [type(value) is int and abs(value) < BEYOND for value in ids]
    places = np.flatnonzero(small)
    values = np.array(list(compress(ids, small)), np.int64)
    if not len(values):
        return np.zeros(len(wanted), bool), np.zeros(len(wanted), np.int32)
    order = np.argsort(values)
    spots = np.minimum(np.searchsorted(values[order], wanted), len(values) - 1)
    return values[order][spots] == wanted, places[order][spots].astype(np.int32)
