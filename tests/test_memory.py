"""Large pictures with many instances: what a call needs beyond the picture in and out stays small."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import geoaug as A
from geoaug.targets import rle

SIZE = (3000, 4000)
MOST = 100e6  # bytes; 200 masks of this size would take 2.4e9


def instances(count: int) -> list[dict]:
    """Polygons and RLE in turns, small and large."""
    rng, found = np.random.default_rng(0), []
    turn = np.arange(40) * (2 * np.pi / 40)
    for k in range(count):
        middle, radius = rng.uniform((700, 700), (3300, 2300)), rng.uniform(30, 600)
        ring = middle + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        if k % 2:
            found.append({"segmentation": [ring.reshape(-1).tolist()], "category_id": 1})
        else:
            top, left = (int(v) for v in (middle - radius)[::-1])
            side = int(2 * radius) + 2
            part = A.polygons_to_masks([[ring - (left, top)]], (side, side))[0]
            found.append({"segmentation": rle.encode_part(part, (top, left), SIZE), "category_id": 1, "iscrowd": 1})
    return found


@pytest.mark.slow
def test_200_instances_on_12_megapixels_need_less_than_100_mb_beside_the_picture():
    picture = np.zeros((*SIZE, 3), np.uint8)
    rows = instances(200)
    turns = [A.HorizontalFlip(p=1), A.Rotate((20, 20), p=1), A.Affine(scale=0.9, p=1), A.RandomBrightnessContrast(p=1)]
    pipeline = A.Compose(turns, seed=1)
    tracemalloc.start()
    try:
        out = pipeline(image=picture, annotations=rows)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(out["annotations"]) > 150
    assert peak - out["image"].nbytes < MOST
