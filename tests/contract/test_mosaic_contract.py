"""Mosaics against the albumentations 2.0.8 package: the same cells, boxes, and pixels."""

from __future__ import annotations

import os
import warnings

import cv2
import numpy as np
import pytest

import geoaug as A

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")
CELL, CANVAS = (150, 160), (170, 190)


def picture(seed: int, size: tuple[int, int]) -> dict:
    rng = np.random.default_rng(seed)
    height, width = size
    noise = cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3), dtype=np.uint8), (0, 0), 3)
    image = cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX)
    boxes = np.array([[3.0, 4, width * 0.5, height * 0.6], [width * 0.4, height * 0.3, width - 2, height - 3]])
    points = np.array([[width * 0.3, height * 0.4], [width * 0.7, height * 0.6]])
    return {"image": image, "mask": (image[..., 0] > 128).astype(np.uint8), "bboxes": boxes, "labels": [seed, seed + 100], "keypoints": points}


def both(own: dict, others: list[dict], **arguments) -> list[dict]:
    found = []
    for package in (A, B):
        # of masks, 2.0.8 shifts resizes by half a pixel (defect 14), so both are asked for nearest exact
        mosaic = package.Mosaic(target_size=CANVAS, mask_interpolation=6, p=1, **arguments)
        boxes, points = package.BboxParams("pascal_voc", label_fields=["labels"]), package.KeypointParams("xy")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found.append(package.Compose([mosaic], bbox_params=boxes, keypoint_params=points, seed=1)(**own, mosaic_metadata=others))
    return found


@pytest.mark.parametrize("fit", ["cover", "contain"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.62, 1.0])
@pytest.mark.parametrize(
    ("grid", "cell", "sizes"),
    [
        ((1, 2), (170, 160), [(180, 240), (99, 70)]),  # one other: it has one place to go
        ((2, 1), (150, 190), [(90, 70), (200, 310)]),
        ((2, 2), CELL, [(180, 240)]),  # none: the picture itself fills the rest
        ((2, 2), CELL, [(80, 70), (131, 77)]),  # three times the same
        ((3, 3), (70, 80), [(60, 99), (150, 77)]),  # up to eight times
        ((1, 1), (170, 190), [(60, 99)]),
    ],
)
def test_cells_pixels_boxes_and_labels_equal_2_0_8(grid, cell, sizes, share, fit):
    own, *rest = (picture(k, size) for k, size in enumerate(sizes))
    mine, other = both(own, rest * 8, grid_yx=grid, cell_shape=cell, center_range=(share, share), fit_mode=fit, fill=(9, 8, 7), fill_mask=3)
    assert list(mine["labels"]) == list(other["labels"])
    assert np.allclose(mine["bboxes"], other["bboxes"], atol=1e-4)
    assert np.array_equal(mine["image"], other["image"])
    assert np.array_equal(mine["mask"], other["mask"])


def test_2_0_8_skips_what_does_not_go_together_fails_at_masks_of_instances_and_takes_kinds_from_the_metadata():
    own, other = picture(0, (180, 240)), picture(1, (99, 70))
    arguments = {"grid_yx": (1, 2), "cell_shape": (170, 160), "p": 1, "target_size": CANVAS}
    with pytest.raises((TypeError, NotImplementedError)):
        B.Mosaic(**arguments)(image=own["image"], masks=[own["mask"]], mosaic_metadata=[{"image": other["image"], "masks": [other["mask"]]}])
    with pytest.warns(UserWarning, match="skipped"):
        B.Mosaic(**arguments)(image=own["image"], mosaic_metadata=[{"image": other["image"][..., 0]}])
    boxes = B.Compose([B.Mosaic(**arguments)], bbox_params=B.BboxParams("pascal_voc"))(
        image=own["image"], bboxes=own["bboxes"].tolist(), mosaic_metadata=[{"image": other["image"], "bboxes": other["bboxes"]}]
    )["bboxes"]
    assert isinstance(boxes, np.ndarray)  # although the caller passed a list
