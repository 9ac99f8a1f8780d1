"""Counts and shares of a data set: by class, by size, by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from attrs import frozen

from geoaug.coco.dataset import Dataset
from geoaug.coco.plural import counted
from geoaug.coco.report.cells import Styles
from geoaug.coco.report.content import Class, Histogram, Places
from geoaug.types import Floats, Ints

COLUMNS, ROWS = 16, 12  # of the map of places
SMALL, LARGE = 32.0, 96.0  # sides that COCO's evaluation calls small and large
LEAST_BINS = 8  # a histogram of three bars tells nothing about its ends
CAPTIONS = None  # stands for the category of what has none; no id of a category is null
UNKNOWN = (150, 150, 150)  # the colour of what has no category


@frozen(eq=False)
class Table:
    """All that is counted of a data set, read in one pass, a picture at a time, so that its annotations need not be in memory.

    Args:
        count: Annotations.
        boxes: ``(N, 4)``, of those that have one.
        middles: ``(M, 2)``, of those whose picture states its size, as shares of the picture.
        a_picture: How many annotations each picture has, by its id.
        classes: How many annotations each category has, by its id.
        pictures: In how many pictures each category is.
    """

    count: int
    boxes: Floats
    middles: Floats
    a_picture: dict[Any, int]
    classes: Counter[Any]
    pictures: Counter[Any]

    @classmethod
    def of(cls, dataset: Dataset) -> Table:
        """Returns: The counts of a data set."""
        boxes: list[Floats] = []
        middles: list[Floats] = []
        a_picture: dict[Any, int] = {}
        every: Counter[Any] = Counter()
        pictures: Counter[Any] = Counter()
        for image in dataset.images:
            rows = dataset.annotations_of(image["id"])
            own = np.array([row["bbox"] for row in rows if row.get("bbox")], np.float64).reshape(-1, 4)
            boxes.append(own)
            if image.get("width") and image.get("height"):
                middles.append((own[:, :2] + own[:, 2:] / 2) / (image["width"], image["height"]))
            keys = Counter(row.get("category_id", CAPTIONS) for row in rows)
            every.update(keys)
            pictures.update(keys.keys())
            a_picture[image["id"]] = len(rows)
        none = np.zeros((0, 4))
        return cls(every.total(), np.concatenate([none, *boxes]), np.concatenate([none[:, :2], *middles]), a_picture, every, pictures)


def classes(before: Table | None, after: Table, styles: Styles) -> tuple[Class, ...]:
    """Returns: All categories that have an annotation, the most frequent first; captions have none."""
    old, new = None if before is None else before.classes, after.classes
    keys = [key for key in dict.fromkeys([*new, *(old or ())]) if key is not CAPTIONS]
    found = [
        Class(
            name=styles.names.get(key, str(key)),
            colour=styles.look.colours.get(key, UNKNOWN),
            before=None if old is None else old[key],
            after=new[key],
            pictures=after.pictures[key],
        )
        for key in keys
    ]
    return tuple(sorted(found, key=lambda one: (-max(one.after, one.before or 0), one.name)))


def apart(before: Table | None, after: Table, twins: int) -> str:
    """Returns: What the table of classes does not show: captions, and so many annotations that repeat those of another file."""
    parts = []
    if twins:
        of = "" if before is None else " of the result"
        parts.append(f"{counted(twins, 'annotation')}{of} {'repeats' if twins == 1 else 'repeat'} an earlier file; each object counts once here.")
    old, new = 0 if before is None else before.classes[CAPTIONS], after.classes[CAPTIONS]
    if before is not None and (old or new):
        parts.append(f"Captions have no class: {old:,} in the source, {new:,} in the result.")
    elif new:
        parts.append(f"Captions have no class; there {'is' if new == 1 else 'are'} {new:,}.")
    return " ".join(parts)


def histograms(before: Table | None, after: Table) -> tuple[Histogram, ...]:
    """Returns: Sizes, proportions, and annotations a picture."""
    return tuple(_histograms(before, after))


def _histograms(before: Table | None, after: Table) -> Iterator[Histogram]:
    new, old = after.boxes, before.boxes if before is not None else None
    if len(new) or (old is not None and len(old)):
        yield _octaves(
            "Size of the boxes", "side of a square of the same area, px", _sides(new), None if old is None else _sides(old), 0.5, (0, 14),
            ((np.log2(SMALL), "small"), (np.log2(LARGE), "large")),
        )  # fmt: skip
        yield _octaves("Proportions", "width to height", _ratios(new), None if old is None else _ratios(old), 0.5, (-6, 6), ((0.0, "square"),))
    yield _per_picture(after, before)


def _sides(boxes: Floats) -> Floats:
    return np.asarray(0.5 * np.log2(np.maximum(boxes[:, 2] * boxes[:, 3], 1.0)))


def _ratios(boxes: Floats) -> Floats:
    return np.asarray(np.log2(boxes[:, 2] / boxes[:, 3]))


def _octaves(
    title: str, unit: str, new: Floats, old: Floats | None, step: float, span: tuple[int, int], marks: tuple[tuple[float, str], ...]
) -> Histogram:
    """A histogram of logarithms to the base 2, cut to where there is something."""
    both = np.clip(np.concatenate([new, new[:0] if old is None else old]), span[0], span[1] - 1e-9)
    low, high = np.floor(both.min()), np.floor(both.max()) + 1
    while (high - low) / step < LEAST_BINS:
        low, high = max(low - 1, span[0]), min(high + 1, span[1])
    edges = np.arange(low, high + step / 2, step)
    ticks = tuple((float(place), _power(place)) for place in np.arange(low, high + 0.5))
    seen = tuple((float(place), name) for place, name in marks if low < place < high)
    return Histogram(title, unit, tuple(edges.tolist()), _shares(new, edges), () if old is None else _shares(old, edges), ticks, seen)


def _power(exponent: float) -> str:
    return f"{2.0**exponent:g}" if exponent >= 0 else f"1:{2.0**-exponent:g}"


def _shares(values: Floats, edges: Floats) -> tuple[float, ...]:
    inside = np.clip(values, edges[0], edges[-1] - 1e-9)
    return tuple((np.histogram(inside, edges)[0] / max(len(values), 1)).tolist())


def _per_picture(after: Table, before: Table | None) -> Histogram:
    """Bins double: none, 1, 2, 3 and 4, 5 to 8, …"""
    new, old = _numbers(after), None if before is None else _numbers(before)
    most = max(int(new.max(initial=0)), 0 if old is None else int(old.max(initial=0)), 16)
    bounds = [0, 1, 2, 3]
    while bounds[-1] <= most:
        bounds.append(2 * bounds[-1] - 1)
    count = len(bounds) - 1
    edges = tuple(float(k) for k in range(count + 1))
    ticks = tuple((k + 0.5, str(bounds[k]) if bounds[k + 1] - bounds[k] == 1 else f"{bounds[k]}–{bounds[k + 1] - 1}") for k in range(count))
    return Histogram("Annotations a picture", "annotations", edges, _binned(new, bounds), () if old is None else _binned(old, bounds), ticks)


def _numbers(table: Table) -> Ints:
    return np.array(list(table.a_picture.values()), np.int64)


def _binned(values: Ints, bounds: list[int]) -> tuple[float, ...]:
    return tuple((np.histogram(values, bounds)[0] / max(len(values), 1)).tolist())


def places(table: Table, title: str) -> Places | None:
    """Returns: Where the middles of the boxes lie, as shares of the picture; ``None`` where there are no boxes."""
    if not len(table.middles):
        return None
    inside = np.clip(table.middles, 0, 1 - 1e-9)
    field = np.histogram2d(inside[:, 1], inside[:, 0], (ROWS, COLUMNS), ((0, 1), (0, 1)))[0]
    return Places(title, tuple(tuple(row) for row in (field / field.max()).tolist()), len(inside))
