"""Which pictures are shown, how many bytes they may take, and what is said of them."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from geoaug.coco.document import Record
from geoaug.coco.plural import counted
from geoaug.coco.report.content import Cell

BUDGET = 6_000_000  # bytes of thumbnails and lines on one page

Item = TypeVar("Item")


def spread(items: list[Item], count: int) -> list[Item]:
    """Returns: At most ``count`` items, evenly spread, in their order."""
    if count <= 0 or not items:
        return []
    return [items[k] for k in sorted({round(float(k)) for k in np.linspace(0, len(items) - 1, min(count, len(items)))})]


def weight(one: Cell) -> int:
    """Returns: The bytes that a picture takes on the page, nearly."""
    lines = sum(len(row.path) + len(row.title) + 240 + 90 * len(row.points) + 90 * len(row.limbs) + 14 * len(row.specks) for row in one.drawn)
    return len(one.thumbnail or b"") * 4 // 3 + lines


def size_note(image: Record, annotations: int) -> str:
    """Returns: What is said of a picture as such."""
    return f"{image.get('width', '?')} × {image.get('height', '?')} · {counted(annotations, 'annotation')}"
