"""Pipelines for whole data sets: read from a file, or the one that serves when none is given."""

from __future__ import annotations

import copy as copying
import difflib
import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from geoaug import files, headers
from geoaug.choose import leaves
from geoaug.coco.dataset import Dataset, flip_pairs
from geoaug.compose import Compose
from geoaug.errors import ParameterError
from geoaug.params import values_of
from geoaug.serial import from_dict, parse
from geoaug.targets.boxes import BboxParams
from geoaug.transforms.affine import Affine
from geoaug.transforms.dropout import ConstrainedCoarseDropout
from geoaug.transforms.flips import HorizontalFlip
from geoaug.transforms.tensors import ToTensorV2
from geoaug.transforms.tone import Normalize, RandomBrightnessContrast, ToCHW

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


def prepared(pipeline: Compose, dataset: Dataset) -> Compose:
    """Make a pipeline ready for a data set.

    Returns: A copy that tells fates and plans, swaps left and right as the data set's categories say, and knows categories by their ids.

    Raises:
        ParameterError: It names a category that the data set does not have.
    """
    ready = copying.copy(pipeline)
    if any(_names_in(leaf) for leaf in leaves(pipeline.transforms)):
        ready.transforms = copying.deepcopy(pipeline.transforms)
        for leaf in leaves(ready.transforms):
            if _names_in(leaf):
                leaf.bbox_labels = _ids_of(leaf.bbox_labels, dataset)
    ready.return_fates, ready.return_plan, ready.return_matrix = True, True, False
    ready.flip_pairs = ready.flip_pairs or flip_pairs(dataset.categories)
    return ready


def _names_in(leaf: Any) -> bool:
    return isinstance(leaf, ConstrainedCoarseDropout) and any(isinstance(label, str) for label in leaf.bbox_labels or ())


def _ids_of(labels: Iterable[Any], dataset: Dataset) -> list[Any]:
    """Returns: Ids of categories in place of their names."""
    ids: list[Any] = []
    for label in labels:
        known = [category["id"] for category in dataset.categories if label in (category["id"], category.get("name"))]
        if not known and isinstance(label, str):
            names = list(dict.fromkeys(str(category["name"]) for category in dataset.categories if "name" in category))
            near = difflib.get_close_matches(label, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the file has {', '.join(map(repr, names[:20]))}{' …' if len(names) > 20 else ''}"
            raise ParameterError(f"pipeline: ConstrainedCoarseDropout: bbox_labels: no category is called {label!r}; {hint}")
        ids += known or [label]
    return ids


def check_runs(pipeline: Compose) -> None:
    """Refuse a pipeline with a transform that can never do its work on a data set, before any picture is read.

    Raises:
        ParameterError: With the name of the transform, what it needs, and where it belongs.
    """
    for leaf in leaves(pipeline.transforms):
        name, keys = type(leaf).__name__, getattr(leaf, "keys", ())
        if keys:
            needed = ", ".join(f"{key}=…" for key in keys)
            raise ParameterError(
                f"pipeline: {name} needs {needed} with every call, which no data set brings along; take it out, or call the pipeline from Python"
            )
        if isinstance(leaf, (Normalize, ToCHW, ToTensorV2)):
            raise ParameterError(
                f"pipeline: {name} makes numbers for a network, not a picture that a file could hold; take it out, and apply it where data are loaded"
            )


def check_sizes(pipeline: Any, max_pixels: int) -> None:
    """Refuse a pipeline that asks for pictures of more than so many pixels, before any picture is read.

    Raises:
        ParameterError: With the name of the transform. What depends on the picture is looked at when it is made.
    """
    if isinstance(pipeline, Iterable):
        for child in pipeline:
            check_sizes(child, max_pixels)
        return
    values = values_of(pipeline)
    for height, width in (("height", "width"), ("min_height", "min_width")):
        size = values.get(height), values.get(width)
        _check_size(pipeline, size, max_pixels)
    _check_size(pipeline, values.get("size"), max_pixels)


def _check_size(transform: Any, size: Any, max_pixels: int) -> None:
    if isinstance(size, (tuple, list)) and len(size) == 2 and all(type(side) is int for side in size) and size[0] * size[1] > max_pixels:
        text = f"makes pictures of {size[1]} x {size[0]}, more than {max_pixels} pixels; raise max_pixels if that is meant"
        raise ParameterError(f"pipeline: {type(transform).__name__} {text}")


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
    except headers.FileProblem as problem:
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
        raise ParameterError(f"pipeline {name}: {_once(str(error))}") from None
    except RecursionError:
        raise ParameterError(f"pipeline {name}: nested more than {DEEPEST} deep") from None
    return built if isinstance(built, Compose) else Compose([built])


def _once(message: str) -> str:
    """A message in which no class is named twice in a row."""
    return re.sub(r"\b(\w+): \1(?=[:.])", r"\1", message)


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
