"""W10: a picture and its polygons from disk to disk, as a tool that augments whole data sets does it.

A 640 x 480 JPEG with seven polygons is read, moved and written. geoaug does a job of ``geoaug augment`` with its built-in pipeline,
journal and all; the floor reads, decodes, warps once, encodes and writes; the script is what people write around Albumentations:
polygons to masks by pycocotools, transform, masks to RLE.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np

from benchmarks import floor
from benchmarks.workloads import SEED, library, outlines, picture

Make = Callable[[Path], Callable[[], Any]]
QUALITY = 95
COUNT = 7
SIZE = (480, 640)


def data_set(folder: Path) -> dict[str, Any]:
    """Write one picture into a folder. Returns: The COCO document of it."""
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(cv2.imencode(".jpg", picture(*SIZE), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes())
    annotations = []
    for number, ring in enumerate(outlines(COUNT)):
        low, high = ring.min(axis=0), ring.max(axis=0)
        x, y = ring.T
        area = abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2
        annotations.append({
            "id": number + 1, "image_id": 1, "category_id": number % 3 + 1, "iscrowd": 0, "area": area,
            "bbox": [*low.tolist(), *(high - low).tolist()], "segmentation": [ring.reshape(-1).tolist()],
        })  # fmt: skip
    categories = [{"id": k, "name": name} for k, name in ((1, "cat"), (2, "dog"), (3, "hen"))]
    images = [{"id": 1, "file_name": "a.jpg", "height": SIZE[0], "width": SIZE[1]}]
    return {"images": images, "annotations": annotations, "categories": categories}


def read(folder: Path) -> np.ndarray:
    """Returns: The picture, BGR."""
    return np.asarray(cv2.imdecode(np.frombuffer((folder / "images/a.jpg").read_bytes(), np.uint8), cv2.IMREAD_COLOR))


def write(folder: Path, number: int, image: np.ndarray, rows: Any) -> None:
    """Write a picture, BGR, and a line of labels."""
    (folder / f"{number}.jpg").write_bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes())
    with (folder / "lines.jsonl").open("a") as lines:
        lines.write(json.dumps(rows) + "\n")


def ours(folder: Path) -> Callable[[], Any]:
    """A job of ``geoaug augment``: one copy by the built-in pipeline, another one on every call."""
    from geoaug.coco import jobs, work
    from geoaug.coco.beside import said
    from geoaug.coco.folder import GROWING, IMAGES, JOURNAL
    from geoaug.coco.pipeline import builtin_pipeline, prepared
    from geoaug.coco.together import read_all

    document = data_set(folder / "images")
    (folder / "a.json").write_text(json.dumps(document))
    dataset, parts = read_all([folder / "a.json"])
    out = folder / "out"
    (out / GROWING).mkdir(parents=True)
    for name in (IMAGES, JOURNAL):
        (out / name).mkdir(parents=True, exist_ok=True)
    settings = jobs.Settings(folder / "images", out, prepared(builtin_pipeline(), dataset), 0, "keep", QUALITY, 10**8)
    (image,) = dataset.images
    rows, copies = dataset.packed(image["id"]), itertools.count(1)
    return lambda: work.work(settings, jobs.Job(0, image, "a", (next(copies),), said(parts, image["id"]), rows))


def by_hand(folder: Path) -> Callable[[], Any]:
    """The floor: the same draws, one warp, polygons moved as they are; nothing is checked or cut."""
    document = data_set(folder / "images")
    rings = [np.reshape(row["segmentation"][0], (-1, 2)) for row in document["annotations"]]
    random, numbers = Random(SEED), itertools.count(1)

    def one() -> None:
        image = read(folder)
        height, width = image.shape[:2]
        matrix = drawn(random, width, height)
        if random.random() < 0.5:
            matrix = floor.after(matrix, floor.flipped(width))
        moved = floor.warp(image, floor.centred(matrix), (width, height))
        if random.random() < 0.5:
            moved = floor.recolour(moved, random.uniform(0.8, 1.2), random.uniform(-25, 25))
        a, b, c, d, e, f = matrix
        lines = [(ring @ ((a, d), (b, e)) + (c, f)).reshape(-1).tolist() for ring in rings]
        write(folder, next(numbers), moved, lines)

    return one


def drawn(random: Random, width: int, height: int) -> floor.Affine:
    """Returns: What the built-in pipeline's Affine draws."""
    angle, scale = math.radians(random.uniform(-10, 10)), random.uniform(0.8, 1.2)
    shear_x, shear_y = (math.tan(math.radians(random.uniform(-4, 4))) for _ in range(2))
    cos, sin = math.cos(angle) * scale, math.sin(angle) * scale
    a, b, d, e = cos - sin * shear_y, cos * shear_x - sin, sin + cos * shear_y, sin * shear_x + cos
    x, y = width / 2, height / 2
    return a, b, x + random.uniform(-0.06, 0.06) * width - a * x - b * y, d, e, y + random.uniform(-0.06, 0.06) * height - d * x - e * y


def script(folder: Path) -> Callable[[], Any]:
    """The usual script around Albumentations and pycocotools."""
    A = library("albumentations")
    masks = library("pycocotools.mask")
    document = data_set(folder / "images")
    rows = document["annotations"]
    move = A.Affine(scale=(0.8, 1.2), translate_percent=(-0.06, 0.06), rotate=(-10, 10), shear={"x": (-4, 4), "y": (-4, 4)}, keep_ratio=True, p=0.9)
    params = A.BboxParams("coco", label_fields=["rows"], min_visibility=0.1)
    pipeline = A.Compose([A.HorizontalFlip(p=0.5), move, A.RandomBrightnessContrast(p=0.5)], bbox_params=params)
    numbers = itertools.count(1)

    def one() -> None:
        image = cv2.cvtColor(read(folder), cv2.COLOR_BGR2RGB)
        height, width = image.shape[:2]
        drawn_masks = [masks.decode(masks.merge(masks.frPyObjects(row["segmentation"], height, width))) for row in rows]
        out = pipeline(image=image, masks=drawn_masks, bboxes=[row["bbox"] for row in rows], rows=list(range(len(rows))))
        made = []
        for row in map(int, out["rows"]):
            coded = masks.encode(np.asfortranarray(out["masks"][row]))
            box, area = masks.toBbox(coded).tolist(), float(masks.area(coded))
            coded["counts"] = coded["counts"].decode()
            made.append({**rows[row], "segmentation": coded, "bbox": box, "area": area})
        write(folder, next(numbers), cv2.cvtColor(out["image"], cv2.COLOR_RGB2BGR), made)

    return one


MAKERS: dict[str, Make] = {"geoaug": ours, "floor": by_hand, "albumentations": script}


def calls(columns: Iterable[str], folder: Path) -> dict[str, Callable[[], Any]]:
    """Returns: What to measure, by column; without those whose libraries are not installed, which stderr names."""
    found = {}
    for column in columns:
        with contextlib.suppress(ImportError):
            found[column] = MAKERS[column](folder / column)
            continue
        print(f"W10: {column} is left out: what it needs is not installed", file=sys.stderr)
    return found
