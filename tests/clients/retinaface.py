"""A face detector: pipelines as dicts in a configuration, faces with five points each, boxes and points in one call, points that may leave."""

from __future__ import annotations

import albumentations as albu
import numpy as np
from albumentations.core.serialization import from_dict

from tests.clients.data import boxes, picture

# as such configurations have it: full paths of the days of 1.x
CONFIG = {
    "__version__": "1.0.0",
    "transform": {
        "__class_fullname__": "albumentations.core.composition.Compose",
        "p": 1,
        "bbox_params": {"format": "pascal_voc", "label_fields": ["category_ids"], "min_area": 0.0, "min_visibility": 0.0},
        "keypoint_params": {"format": "xy", "remove_invisible": False},
        "additional_targets": {},
        "transforms": [
            {"__class_fullname__": "albumentations.augmentations.transforms.HorizontalFlip", "always_apply": True, "p": 1},
            {"__class_fullname__": "albumentations.augmentations.geometric.resize.LongestMaxSize", "always_apply": True, "p": 1, "max_size": 160},
            {
                "__class_fullname__": "albumentations.augmentations.transforms.PadIfNeeded",
                "always_apply": True, "p": 1, "min_height": 160, "min_width": 160, "border_mode": 0, "value": 0,
            },
            {
                "__class_fullname__": "albumentations.augmentations.transforms.Normalize",
                "always_apply": False, "p": 1, "max_pixel_value": 255.0, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
            },
        ],
    },
}  # fmt: skip
SIZES = albu.Compose(
    [albu.HorizontalFlip(p=1), albu.PadIfNeeded(min_height=200, min_width=200, position="top_left", border_mode=0), albu.Normalize(p=1)],
    bbox_params=albu.BboxParams(format="pascal_voc", label_fields=["category_ids"]),
    keypoint_params=albu.KeypointParams(format="xy", remove_invisible=False),
)


def faces():
    points = [(20 + 8 * face, 30 + 5 * face + k) for face in range(3) for k in range(5)]
    points[7] = (-1, -1)  # faces without points have them outside
    return {"image": picture(), "bboxes": boxes().tolist(), "category_ids": [1, 1, 2], "keypoints": points}


def annotated(out):
    points = np.reshape(out["keypoints"], (-1, 5, 2))
    return [
        {"bbox": list(box), "landmarks": face, "label": label} for box, face, label in zip(out["bboxes"], points, out["category_ids"], strict=True)
    ]


def exact():
    out = SIZES(**faces())
    return {"faces": annotated(out), "image": out["image"], "labels": out["category_ids"]}


def kinds():
    return {"empty": SIZES(image=picture(), bboxes=[], category_ids=[], keypoints=[])}


def former():
    pipeline = from_dict(CONFIG)
    out = pipeline(**faces())
    assert out["image"].shape == (160, 160, 3)
    assert out["image"].dtype == np.float32
    found = annotated(out)
    assert len(found) == 3
    np.testing.assert_allclose(found[0]["bbox"], [160 - 60, 20 + 20, 160 - 10, 70 + 20], atol=1e-6)
    np.testing.assert_allclose(found[0]["landmarks"][0], [159 - 20, 30 + 20], atol=1e-6)
    assert list(out["category_ids"]) == [1, 1, 2]
    assert (out["image"][0] < 0).all()  # a padding of black, not a mirror
