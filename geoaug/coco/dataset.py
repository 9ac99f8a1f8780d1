"""COCO files: read with care, grouped by picture, written whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field

from geoaug.coco.problems import Problem

Record = dict[str, Any]
MILD: frozenset[str] = frozenset()  # codes of findings that left nothing out: no reason for exit code 3


@define
class Dataset:
    """A COCO file in memory."""

    path: Path
    info: Any
    licenses: Any
    images: list[Record]
    annotations: list[Record]
    categories: list[Record]
    extra: Record = field(factory=dict)
    problems: list[Problem] = field(factory=list)

    def annotations_of(self, image_id: Any) -> list[Record]:
        raise NotImplementedError

    def document(self) -> Record:
        raise NotImplementedError


def load(path: str | Path, max_pixels: int = 200_000_000) -> Dataset:
    raise NotImplementedError


def save(path: str | Path, document: Mapping[str, Any], temporary: str | Path | None = None) -> None:
    raise NotImplementedError


def flip_pairs(categories: Iterable[Mapping[str, Any]]) -> dict[Any, list[tuple[int, int]]]:
    raise NotImplementedError
