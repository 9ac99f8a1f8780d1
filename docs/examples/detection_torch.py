"""A small detector on 24 drawn pictures, with and without augmentation, five seeds each.

python docs/examples/detection_torch.py            # writes the table and the plot beside this file
python docs/examples/detection_torch.py --small    # one seed, two epochs: does it run?
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

import geoaug as A
from geoaug.torch import CocoDataset, collate

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "fixtures")]
import curves  # noqa: E402
import scenes  # noqa: E402

METRIC = "F1 at IoU 0.5 of ball, boat, balloon on 100 other pictures"
CLASSES, CELL = 3, 8  # pixels of a cell that answers for the objects whose middle lies in it

AUGMENT = A.Compose(
    [
        A.HorizontalFlip(p=0.5),
        A.Affine(scale=(0.7, 1.4), translate_percent=(-0.15, 0.15), rotate=(-8, 8), p=0.9),
        A.ColorJitter(brightness=(0.7, 1.3), contrast=(0.7, 1.3), saturation=(0.5, 1.5), hue=(-0.5, 0.5), p=0.9),
    ],
    bbox_params=A.BboxParams("coco", min_visibility=0.4),
)


def network() -> nn.Module:
    """Returns: A picture to (3 scores, 4 numbers of a box) for each cell."""
    layers: list[nn.Module] = []
    for before, after in ((3, 12), (12, 24), (24, 48)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Conv2d(48, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.Conv2d(64, CLASSES + 4, 1))


def wanted(targets: list[dict[str, Any]], side: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Returns: What cells should answer: scores (b, 3, n, n), boxes (b, 4, n, n), and which of the boxes count (b, 1, n, n)."""
    n = side // CELL
    scores, boxes, counts = torch.zeros(len(targets), CLASSES, n, n), torch.zeros(len(targets), 4, n, n), torch.zeros(len(targets), 1, n, n)
    for k, target in enumerate(targets):
        for box, label in zip(target["boxes"], target["labels"].tolist(), strict=True):
            middle, sides = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
            column, row = (middle / CELL).long().clamp(0, n - 1).tolist()
            scores[k, label - 1, row, column] = counts[k, 0, row, column] = 1
            boxes[k, :, row, column] = torch.cat([middle / CELL - torch.tensor([column, row]), (sides / CELL).log()])
    return scores, boxes, counts


def found_in(answer: torch.Tensor) -> list[tuple[int, torch.Tensor]]:
    """Returns: The class and the box (4,) of each cell that is surer than its neighbours and than ½, of one picture."""
    scores = answer[:CLASSES].sigmoid()
    best = (scores == nn.functional.max_pool2d(scores[None], 3, 1, 1)[0]) & (scores > 0.5)
    out = []
    for label, row, column in best.nonzero().tolist():
        dx, dy, width, height = answer[CLASSES:, row, column]
        middle, sides = torch.stack([column + dx, row + dy]) * CELL, torch.stack([width, height]).clamp(max=4).exp() * CELL
        out.append((label + 1, torch.cat([middle - sides / 2, middle + sides / 2])))
    return out


def iou(one: torch.Tensor, other: torch.Tensor) -> float:
    low, high = torch.maximum(one[:2], other[:2]), torch.minimum(one[2:], other[2:])
    both = (high - low).clamp(min=0).prod()
    return float(both / ((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - both))


def f1(net: nn.Module, data: CocoDataset) -> float:
    """Returns: 2 · right / (found + there)."""
    net.eval()
    right = found = there = 0
    with torch.no_grad():
        for images, targets in DataLoader(data, 50, collate_fn=collate):
            for answer, target in zip(net(torch.stack(images)), targets, strict=True):
                left = list(zip(target["labels"].tolist(), target["boxes"], strict=True))
                there += len(left)
                for label, box in found_in(answer):
                    found += 1
                    hit = next((k for k, (kind, true) in enumerate(left) if kind == label and iou(box, true) >= 0.5), None)
                    if hit is not None:
                        left.pop(hit)
                        right += 1
    return 2 * right / max(found + there, 1)


def run(folder: Path, seed: int, epochs: list[int], pipeline: A.Compose | None) -> list[float]:
    """Returns: The metric after each of ``epochs``."""
    torch.manual_seed(seed)
    train = CocoDataset(folder / "train/annotations.json", folder / "train/images", pipeline, seed=seed, labels="contiguous")
    test = CocoDataset(folder / "test/annotations.json", folder / "test/images", labels="contiguous")
    loader = DataLoader(train, 8, shuffle=True, collate_fn=collate)
    net = network()
    descent = torch.optim.AdamW(net.parameters(), lr=4e-3)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(descent, epochs[-1])
    reached = []
    for epoch in range(epochs[-1]):
        train.set_epoch(epoch)
        net.train()
        for images, targets in loader:
            answer = net(torch.stack(images))
            scores, boxes, counts = wanted(targets, images[0].shape[-1])
            weight = torch.where(scores > 0, 10.0, 1.0)  # few cells hold anything
            loss = nn.functional.binary_cross_entropy_with_logits(answer[:, :CLASSES], scores, weight)
            loss = loss + ((answer[:, CLASSES:] - boxes).abs() * counts).sum() / counts.sum().clamp(min=1)
            descent.zero_grad()
            loss.backward()
            descent.step()
        slower.step()
        if epoch + 1 in epochs:
            reached.append(f1(net, test))
    return reached


def main(small: bool, out: Path) -> dict[str, np.ndarray]:
    """Train, and write the table and the plot.

    Returns: The metric, shape (seeds, epochs looked at), for "without" and "with".
    """
    torch.set_num_threads(1)
    seeds, epochs = ([0], [1, 2]) if small else (list(range(5)), list(range(10, 121, 10)))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        scenes.write(folder / "train", 24, 1)
        scenes.write(folder / "test", 10 if small else 100, 2)
        pipelines = {"without": None, "with": AUGMENT}
        found = {name: np.array([run(folder, seed, epochs, pipeline) for seed in seeds]) for name, pipeline in pipelines.items()}
    text = curves.table(found, METRIC)
    print(text, f"{time.monotonic() - started:.0f} s", sep="\n")
    (out / "detection_torch.md").write_text(
        "# What augmentation buys: detection\n\n[The program](detection_torch.py) trains a small detector on 24 pictures of 64x64 that "
        f"[`fixtures/scenes.py`](../../fixtures/scenes.py) draws, {epochs[-1]} epochs, on one thread.\n\n{text}\n\n"
        "![the metric over epochs, a line a seed](detection_torch.png)\n"
    )
    curves.plot(out / "detection_torch.png", found, epochs, METRIC)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--small", action="store_true", help="one seed, two epochs")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the table and the plot")
    options = parser.parse_args()
    main(options.small, options.out)
