"""Left and right among keypoints, told by their names."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

SIDES = {"left": "right", "right": "left", "l": "r", "r": "l"}
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
GLUED = re.compile(r"(left|right)(?=[a-z]{2})|(?<=[a-z]{2})(left|right)$")


def flip_pairs(categories: Iterable[Mapping[str, Any]]) -> dict[Any, list[tuple[int, int]]]:
    """Find the keypoints that trade places in a mirror, from their names.

    Args:
        categories: COCO categories; ``keypoints`` is a list of names such as ``left_eye``, ``R_Paw``, ``eyeL``. Where a category says
            itself what trades places (``flip_pairs``, as Animal Kingdom has it), that counts.

    Returns:
        Pairs of positions, lower one first, for each category id; no pairs where names are missing or tell nothing.
    """
    return {category["id"]: _stated(category) or _pairs(category.get("keypoints")) for category in categories if "id" in category}


def _stated(category: Mapping[str, Any]) -> list[tuple[int, int]]:
    """The pairs that a category lists itself, if they can be what they say: each point once, and among its points."""
    listed, names = category.get("flip_pairs"), category.get("keypoints")
    if not isinstance(listed, list) or not all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in listed):
        return []
    points = [point for pair in listed for point in pair]
    most = len(names) if isinstance(names, list) and names else math.inf
    if not all(type(point) is int and 0 <= point < most for point in points) or len(set(points)) < len(points):
        return []
    return sorted((min(pair), max(pair)) for pair in listed)


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
