"""How fast a sample of a data set is loaded: ``python -m benchmarks.loading [--rounds N] [--json FILE]``.

A JPEG of 640x480, 160 KB, with 7 instances of 24 corners each is read, mirrored, mapped by one affine map (and toned, where the name says
so), and becomes a picture float32 (3, 480, 640) and a target with boxes, labels and masks. Columns:

- geoaug: ``CocoDataset(…, target="instance")``;
- hand-written: a data set as people write it with Albumentations 2.0.8: ``cv2.imread``, pycocotools' ``annToMask`` for each instance, one
  ``Compose`` with ``masks`` and ``bboxes``, tensors;
- bytes floor: OpenCV alone decodes and warps once, and nothing else;
- tensor floor: the same, and makes the float tensor, which is what any data set has to do.

CPU time of one process on one thread, columns in turns; ``--loader`` measures a DataLoader with one worker by the clock instead.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np

from benchmarks import floor, measure
from benchmarks.workloads import affine, boxes, outlines, picture

QUALITY = 98  # makes 160 KB, as COCO's photographs of that size have on average
COUNT = 7
GOALS = {"hand-written": 3.0, "tensor floor": 0.8, "bytes floor": 0.8}
Columns = Mapping[str, Any]


def written(folder: Path) -> tuple[Path, Path]:
    """Write a COCO file of one picture.

    Returns: The file, and the folder of its picture.
    """
    cv2.imwrite(str(folder / "0.jpg"), picture()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])  # noqa: TID251  a plain name of our own
    rows = [
        {
            "id": k + 1, "image_id": 1, "category_id": 1 + k % 4, "iscrowd": 0, "area": float((box[2] - box[0]) * (box[3] - box[1]) / 2),
            "bbox": [*box[:2].tolist(), *(box[2:] - box[:2]).tolist()], "segmentation": [ring.reshape(-1).tolist()],
        }
        for k, (ring, box) in enumerate(zip(outlines(COUNT), boxes(COUNT), strict=True))
    ]  # fmt: skip
    categories = [{"id": k, "name": str(k)} for k in range(1, 5)]
    images = [{"id": 1, "file_name": "0.jpg", "width": 640, "height": 480}]
    (folder / "a.json").write_text(json.dumps({"images": images, "annotations": rows, "categories": categories}))
    return folder / "a.json", folder


def nodes(library: Any, tone: bool) -> list[Any]:
    """Returns: What both libraries do."""
    light = [library.RandomBrightnessContrast(p=1)] if tone else []
    return [library.HorizontalFlip(p=0.5), affine(library), *light]


class HandWritten:
    """A data set of torchvision's kind, as tutorials write it."""

    def __init__(self, file: Path, folder: Path, tone: bool) -> None:
        import albumentations
        from pycocotools.coco import COCO

        self.coco, self.folder = COCO(str(file)), folder
        self.ids = sorted(self.coco.imgs)
        params = albumentations.BboxParams("coco", label_fields=["labels", "rows"])
        self.augment = albumentations.Compose(nodes(albumentations, tone), bbox_params=params)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> Any:
        import torch

        image_id = self.ids[index % len(self.ids)]
        image = cv2.cvtColor(cv2.imread(str(self.folder / self.coco.imgs[image_id]["file_name"])), cv2.COLOR_BGR2RGB)  # noqa: TID251
        rows = self.coco.loadAnns(self.coco.getAnnIds(image_id))
        masks = [self.coco.annToMask(row) for row in rows]
        labels = [row["category_id"] for row in rows]
        out = self.augment(image=image, masks=masks, bboxes=[row["bbox"] for row in rows], labels=labels, rows=list(range(len(rows))))
        kept = [int(row) for row in out["rows"]]
        corners = torch.tensor(np.array(out["bboxes"], np.float32).reshape(-1, 4))
        corners[:, 2:] += corners[:, :2]
        stack = np.stack([out["masks"][row] for row in kept]) if kept else np.zeros((0, *out["image"].shape[:2]), np.uint8)
        target = {
            "boxes": corners, "labels": torch.tensor([int(label) for label in out["labels"]]), "masks": torch.from_numpy(stack),
            "area": torch.tensor(stack.sum(axis=(1, 2)).astype(np.float32)), "iscrowd": torch.zeros(len(kept), dtype=torch.int64),
            "image_id": image_id,
        }  # fmt: skip
        return torch.from_numpy(out["image"].transpose(2, 0, 1)).float().div(255), target


class Floor:
    """Decodes and warps once."""

    def __init__(self, folder: Path, tensors: bool) -> None:
        self.file, self.tensors, self.random = folder / "0.jpg", tensors, Random(1)

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Any:
        import torch

        image = cv2.imdecode(np.frombuffer(self.file.read_bytes(), np.uint8), cv2.IMREAD_COLOR_RGB)
        matrix = floor.drawn_affine(self.random, 640, 480)
        if self.random.random() < 0.5:
            matrix = floor.after(matrix, floor.flipped(640))
        out = floor.warp(image, floor.centred(matrix), (640, 480))
        if not self.tensors:
            return torch.from_numpy(out)
        planes = floor.scratch("planes", 3, 480, 640)
        cv2.split(out, list(planes))
        result = planes.astype(np.float32)
        result /= np.float32(255)
        return torch.from_numpy(result)


def columns(folder: Path, tone: bool) -> dict[str, Any]:
    """Returns: A data set by column; without those whose library is missing, which stderr names."""
    import geoaug as A
    from geoaug.torch import CocoDataset

    file, images = written(folder)
    found: dict[str, Any] = {"geoaug": CocoDataset(file, images, A.Compose(nodes(A, tone)), "instance")}
    try:
        found["hand-written"] = HandWritten(file, images, tone)
    except ImportError as error:
        print(f"hand-written is left out: {error}", file=sys.stderr)
    return found | {"tensor floor": Floor(images, True), "bytes floor": Floor(images, False)}


def looped(datasets: Mapping[str, Any], rounds: int, samples: int = 60) -> measure.Times:
    """Measure DataLoaders with one worker that lives on, by the clock, in turns.

    Returns: Microseconds a sample.
    """
    from torch.utils.data import DataLoader

    def loader(dataset: Any) -> Any:
        sampler = [0] * samples
        return DataLoader(dataset, batch_size=4, sampler=sampler, num_workers=1, persistent_workers=True, collate_fn=list)

    loaders = {column: loader(dataset) for column, dataset in datasets.items()}
    times: dict[str, list[float]] = {column: [] for column in loaders}
    for number in range(rounds + 1):
        for column, one in loaders.items():
            start = time.perf_counter()
            for _ in one:
                pass
            if number:  # the first starts the worker
                times[column].append((time.perf_counter() - start) / samples * 1e6)
    return measure.Times(times)


def rows(rounds: int, by_loader: bool) -> list[dict[str, Any]]:
    """Returns: One line a workload."""
    import torch

    torch.set_num_threads(1)
    found = []
    for tone, title in ((False, "flip, affine"), (True, "flip, affine, brightness and contrast")):
        with tempfile.TemporaryDirectory() as place:
            datasets = columns(Path(place), tone)
            calls: dict[str, Callable[[], Any]] = {column: (lambda one=dataset: one[0]) for column, dataset in datasets.items()}
            times = looped(datasets, rounds) if by_loader else measure.interleaved(calls, rounds)
        line: dict[str, Any] = {"title": title} | {f"{column} µs": times.median(column) for column in calls}
        line["times as fast"] = {column: times.ratio(column, "geoaug") for column in calls if column != "geoaug"}
        found.append(line)
    return found


def main(given: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description="samples of a data set, loaded")
    parser.add_argument("--rounds", type=int, default=15, help="turns of every column (default 15)")
    parser.add_argument("--loader", action="store_true", help="through a DataLoader with one worker, by the clock")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")
    options = parser.parse_args(given)
    if options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: give 1 or more")
    lines = rows(options.rounds, options.loader)
    for line in lines:
        print(line["title"])
        for name, value in line.items():
            if name.endswith("µs") and value is not None:
                print(f"  {name.removesuffix(' µs'):14} {value:8.0f} µs")
        for column, ratio in line["times as fast"].items():
            goal = f"goal {GOALS[column]:g}, {'met' if ratio >= GOALS[column] else 'missed'}"
            print(f"  geoaug is {ratio:.2f} times as fast as {column} ({goal})")
    if options.json:
        options.json.write_text(json.dumps(lines, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
