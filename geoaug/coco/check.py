"""Is a data set consistent with itself and with its pictures?"""

from __future__ import annotations

from pathlib import Path

from geoaug.coco.dataset import Dataset
from geoaug.coco.problems import Problem


def check(dataset: Dataset, images: str | Path | None = None) -> list[Problem]:
    raise NotImplementedError
