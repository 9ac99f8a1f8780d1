"""Pipelines for whole data sets: read from a file, or the one that serves when none is given."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from geoaug import files
from geoaug.compose import Compose
from geoaug.errors import ParameterError
from geoaug.serial import from_dict, parse
from geoaug.targets.boxes import BboxParams
from geoaug.transforms.affine import Affine
from geoaug.transforms.flips import HorizontalFlip
from geoaug.transforms.tone import RandomBrightnessContrast

LARGEST = 2**20  # bytes; the longest pipeline in the wild has a hundredth of it
DEEPEST = 64  # objects and lists inside each other
MOST = 20_000  # values; a small YAML file can stand for 10^9 of them through aliases


def builtin_pipeline() -> Compose:
    """Mild enough for any data set: a mirror, a small move, a little light. Objects of which a tenth is left go."""
    move = Affine(
        scale={"x": (0.8, 1.2), "y": (0.8, 1.2)},
        translate_percent={"x": (-0.06, 0.06), "y": (-0.06, 0.06)},
        rotate=(-10, 10),
        shear={"x": (-4, 4), "y": (-4, 4)},
        keep_ratio=True,
        p=0.9,
    )
    # by the mean: 16-bit pictures often use a fiftieth of their range, and a share of white would drown them
    light = RandomBrightnessContrast((-0.2, 0.2), (-0.2, 0.2), brightness_by_max=False, p=0.5)
    return Compose([HorizontalFlip(p=0.5), move, light], bbox_params=BboxParams("coco", min_visibility=0.1))


def read_pipeline(path: str | Path) -> Compose:
    """Read a pipeline from a file as Albumentations' ``save`` writes it.

    Args:
        path: A ``.json``, ``.yaml`` or ``.yml`` file.

    Returns:
        The pipeline; a lone transform comes in a ``Compose`` of its own.

    Raises:
        ParameterError: There is no such file, or it describes no pipeline; the message names file and place.
    """
    name = repr(str(path))
    kind = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}.get(Path(path).suffix.lower())
    if kind is None:
        raise ParameterError(f"pipeline {name}: expected a .json, .yaml or .yml file")
    try:
        raw = files.read_bytes(path, LARGEST + 1)
    except files.FileProblem as problem:
        raise ParameterError(f"pipeline {name}: {problem}") from None
    if len(raw) > LARGEST:
        raise ParameterError(f"pipeline {name}: more than {LARGEST} bytes; that is no pipeline")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParameterError(f"pipeline {name}: not UTF-8: byte {error.start}; save it as UTF-8") from None
    try:
        data = parse(text, kind, "text")
        _bounded(data)
        built = from_dict(data)
    except ParameterError as error:
        raise ParameterError(f"pipeline {name}: {error}") from None
    except RecursionError:
        raise ParameterError(f"pipeline {name}: nested more than {DEEPEST} deep") from None
    return built if isinstance(built, Compose) else Compose([built])


def _bounded(data: Any) -> None:
    """Refuse data that would take for ever to walk, before anything walks them."""
    waiting, seen = [("top level", data, 1)], 0
    while waiting:
        place, value, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST:
            raise ParameterError(f"nested more than {DEEPEST} deep")
        if seen > MOST:
            raise ParameterError(f"more than {MOST} values; that is no pipeline")
        if isinstance(value, float) and not math.isfinite(value):
            raise ParameterError(f"{place}: {value} is no finite number")
        if isinstance(value, dict):
            waiting += [(str(key)[:80], part, depth + 1) for key, part in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{place}[{index}]", part, depth + 1) for index, part in enumerate(value)]
