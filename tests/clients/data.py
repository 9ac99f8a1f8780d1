"""What the set-ups are run on: one picture with everything that belongs to it."""

from __future__ import annotations

import numpy as np

HEIGHT, WIDTH = 120, 160


def picture(seed: int = 0, channels: int = 3) -> np.ndarray:
    """A soft picture, (120, 160, channels) uint8."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (HEIGHT // 8, WIDTH // 8, channels))
    return np.kron(coarse, np.ones((8, 8, 1), int)).astype(np.uint8)


def class_mask() -> np.ndarray:
    """Classes 0 to 3 in blocks, (120, 160) uint8."""
    return (picture(3)[..., 0] // 64).astype(np.uint8)


def boxes() -> np.ndarray:
    """Three boxes, pascal_voc, float64."""
    return np.array([[10.0, 20.0, 60.0, 70.0], [80.0, 15.0, 150.0, 110.0], [40.0, 60.0, 95.0, 100.0]])


def instance_masks() -> np.ndarray:
    """The three boxes filled, (3, 120, 160) uint8."""
    out = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    for mask, (x0, y0, x1, y1) in zip(out, boxes().astype(int), strict=True):
        mask[y0:y1, x0:x1] = 1
    return out


def yolo(pixels: np.ndarray) -> np.ndarray:
    """Boxes as middle and sides, shares of the picture."""
    x0, y0, x1, y1 = (pixels / (WIDTH, HEIGHT, WIDTH, HEIGHT)).T
    return np.stack([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0], axis=1)


def coco(pixels: np.ndarray) -> np.ndarray:
    """Boxes as corner and sides."""
    return np.concatenate([pixels[:, :2], pixels[:, 2:] - pixels[:, :2]], axis=1)
