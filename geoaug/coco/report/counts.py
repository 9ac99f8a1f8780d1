"""Counts and shares of a data set: by class, by size, by place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from geoaug.coco.dataset import Dataset
from geoaug.coco.report.cells import Styles
from geoaug.coco.report.content import Class, Histogram, Places
from geoaug.types import Floats, Ints

COLUMNS, ROWS = 16, 12  # of the map of places
SMALL, LARGE = 32.0, 96.0  # sides that COCO's evaluation calls small and large
LEAST_BINS = 8  # a histogram of three bars tells nothing about its ends
CAPTIONS = "captions"


def classes(before: Dataset | None, after: Dataset, styles: Styles) -> tuple[Class, ...]:
    """Returns: All categories that have an annotation, the most frequent first."""
    old = Counter(_category(row) for row in before.annotations) if before is not None else None
    new = Counter(_category(row) for row in after.annotations)
    pictures = Counter(key for key, _ in {(_category(row), row["image_id"]) for row in after.annotations})
    keys = list(dict.fromkeys([*(row["id"] for row in after.categories), *new, *(old or ())]))
    found = [
        Class(_class_name(key, styles), styles.look.colours.get(key, (150, 150, 150)), None if old is None else old[key], new[key], pictures[key])
        for key in keys
        if new[key] or (old is not None and old[key])
    ]
    return tuple(sorted(found, key=lambda one: (-max(one.after, one.before or 0), one.name)))


def _category(row: dict[str, Any]) -> Any:
    return row.get("category_id", CAPTIONS)


def _class_name(key: Any, styles: Styles) -> str:
    return styles.names.get(key, str(key))


def histograms(before: Dataset | None, after: Dataset) -> tuple[Histogram, ...]:
    """Returns: Sizes, proportions, and annotations a picture."""
    return tuple(_histograms(before, after))


def _histograms(before: Dataset | None, after: Dataset) -> Iterator[Histogram]:
    new, old = _boxes(after), _boxes(before) if before is not None else None
    if len(new) or (old is not None and len(old)):
        yield _octaves(
            "Size of the boxes", "side of a square of the same area, px", _sides(new), None if old is None else _sides(old), 0.5, (0, 14),
            ((np.log2(SMALL), "small"), (np.log2(LARGE), "large")),
        )  # fmt: skip
        yield _octaves("Proportions", "width to height", _ratios(new), None if old is None else _ratios(old), 0.5, (-4, 4), ((0.0, "square"),))
    yield _per_picture(after, before)


def _boxes(dataset: Dataset) -> Floats:
    """``(N, 4)``."""
    return np.array([row["bbox"] for row in dataset.annotations if row.get("bbox")], np.float64).reshape(-1, 4)


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


def _per_picture(after: Dataset, before: Dataset | None) -> Histogram:
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


def _numbers(dataset: Dataset) -> Ints:
    counts = Counter(row["image_id"] for row in dataset.annotations)
    return np.array([counts[image["id"]] for image in dataset.images], np.int64)


def _binned(values: Ints, bounds: list[int]) -> tuple[float, ...]:
    return tuple((np.histogram(values, bounds)[0] / max(len(values), 1)).tolist())


def places(dataset: Dataset, title: str) -> Places | None:
    """Returns: Where the middles of the boxes lie, as shares of the picture; ``None`` where there are no boxes."""
    sizes = {image["id"]: (image.get("width"), image.get("height")) for image in dataset.images}
    rows = [row for row in dataset.annotations if row.get("bbox") and all(sizes[row["image_id"]])]
    if not rows:
        return None
    boxes = np.array([row["bbox"] for row in rows], np.float64)
    middles = (boxes[:, :2] + boxes[:, 2:] / 2) / np.array([sizes[row["image_id"]] for row in rows], np.float64)
    inside = np.clip(middles, 0, 1 - 1e-9)
    table = np.histogram2d(inside[:, 1], inside[:, 0], (ROWS, COLUMNS), ((0, 1), (0, 1)))[0]
    return Places(title, tuple(tuple(row) for row in (table / table.max()).tolist()), len(rows))
