"""A small segmentation network on 24 drawn pictures, with and without augmentation, five seeds each.

python docs/examples/segmentation_torch.py            # writes the table and the plot beside this file
python docs/examples/segmentation_torch.py --small    # one seed, a few epochs: does it run?
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

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

METRIC = "mean IoU of ball, boat, balloon on 100 other pictures"
CLASSES = 4  # background among them

AUGMENT = A.Compose([
    A.HorizontalFlip(p=0.5),
    A.Affine(scale=(0.7, 1.4), translate_percent=(-0.15, 0.15), rotate=(-15, 15), fill_mask=255, p=0.9),
    A.ColorJitter(brightness=(0.7, 1.3), contrast=(0.7, 1.3), saturation=(0.5, 1.5), hue=(-0.5, 0.5), p=0.9),
])  # fmt: skip


class Net(nn.Module):
    """Two steps down, two up, with what was seen on the way down."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = block(3, 12), block(12, 24), block(24, 48)
        self.up, self.last = block(48 + 24, 24), block(24 + 12, 12)
        self.head = nn.Conv2d(12, CLASSES, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = self.first(x)
        middle = self.second(nn.functional.max_pool2d(fine, 2))
        x = self.third(nn.functional.max_pool2d(middle, 2))
        x = self.up(torch.cat([nn.functional.interpolate(x, scale_factor=2.0), middle], 1))
        return self.head(self.last(torch.cat([nn.functional.interpolate(x, scale_factor=2.0), fine], 1)))


def block(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU())


def iou(net: nn.Module, data: CocoDataset) -> float:
    """Returns: The mean over classes of intersection over union, pixels of all pictures together."""
    net.eval()
    counts = torch.zeros(CLASSES, CLASSES)
    with torch.no_grad():
        for images, masks in DataLoader(data, 50, collate_fn=collate):
            pairs = masks * CLASSES + net(images).argmax(1)
            counts += torch.bincount(pairs.flatten(), minlength=CLASSES**2).reshape(CLASSES, CLASSES)
    hit = counts.diag()
    return float((hit / (counts.sum(0) + counts.sum(1) - hit).clamp(min=1))[1:].mean())


def run(folder: Path, seed: int, epochs: list[int], pipeline: A.Compose | None) -> list[float]:
    """Returns: The metric after each of ``epochs``."""
    torch.manual_seed(seed)
    train = CocoDataset(folder / "train/annotations.json", folder / "train/images", pipeline, "semantic", seed=seed, labels="contiguous")
    test = CocoDataset(folder / "test/annotations.json", folder / "test/images", target="semantic", labels="contiguous")
    loader = DataLoader(train, 8, shuffle=True, collate_fn=collate)
    net = Net()
    descent = torch.optim.AdamW(net.parameters(), lr=4e-3)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(descent, epochs[-1])
    found = []
    for epoch in range(epochs[-1]):
        train.set_epoch(epoch)
        net.train()
        for images, masks in loader:
            descent.zero_grad()
            nn.functional.cross_entropy(net(images), masks, ignore_index=255).backward()
            descent.step()
        slower.step()
        if epoch + 1 in epochs:
            found.append(iou(net, test))
    return found


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
    (out / "segmentation_torch.md").write_text(
        "# What augmentation buys: segmentation\n\n[The program](segmentation_torch.py) trains a small network on 24 pictures of 64x64 that "
        f"[`fixtures/scenes.py`](../../fixtures/scenes.py) draws, {epochs[-1]} epochs, on one thread.\n\n{text}\n\n"
        "![the metric over epochs, a line a seed](segmentation_torch.png)\n"
    )
    curves.plot(out / "segmentation_torch.png", found, epochs, METRIC)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--small", action="store_true", help="one seed, two epochs")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of the table and the plot")
    options = parser.parse_args()
    main(options.small, options.out)
