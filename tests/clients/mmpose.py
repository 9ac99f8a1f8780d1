"""A framework for poses: transforms as dicts, keypoints as keypoints, everything else kept beside."""

from __future__ import annotations

import albumentations
import numpy as np

from tests.clients.data import picture


class Albumentation:
    def __init__(self, transforms, keymap=None):
        assert hasattr(albumentations, "Compose")
        self.transforms, self.filter_lost_elements = transforms, False
        self.aug = albumentations.Compose([self.built(one) for one in transforms])
        self.keymap_to_albu = keymap or {"img": "image"}
        self.keymap_back = {theirs: ours for ours, theirs in self.keymap_to_albu.items()}

    def built(self, told):
        given = dict(told)
        kind = given.pop("type")
        if isinstance(kind, str):
            if not hasattr(albumentations.augmentations.transforms, kind) and hasattr(albumentations, kind):
                made = getattr(albumentations, kind)
            else:
                made = getattr(albumentations.augmentations.transforms, kind)
        else:
            made = kind
        if "transforms" in given:
            given["transforms"] = [self.built(one) for one in given["transforms"]]
        return made(**given)

    def __call__(self, results):
        data = {self.keymap_to_albu.get(name, name): value for name, value in results.items()}
        out = self.aug(**data)
        return results | {self.keymap_back.get(name, name): value for name, value in out.items()}


TRANSFORMS = [
    {"type": "OneOf", "transforms": [{"type": "Blur", "blur_limit": 5, "p": 1.0}, {"type": "MedianBlur", "blur_limit": 5, "p": 1.0}], "p": 0.5},
    {"type": "ColorJitter", "brightness": 0.2, "contrast": 0.2, "saturation": 0.2, "hue": 0.1, "p": 0.5},
]


def results():
    return {
        "img": picture(),
        "keypoints_visible": np.ones((1, 17)),
        "bbox": np.array([[1.0, 2, 3, 4]]),
        "flip_pairs": [[0, 1]],
        "dataset_name": "coco",
    }


def former():
    """The configuration that ships with the framework is in the words of 1.x, and so is the module that it looks into."""
    still = [{"type": "ToGray", "p": 1.0}, {"type": "HorizontalFlip", "p": 1.0}, {"type": albumentations.Resize, "height": 64, "width": 48}]
    out = Albumentation(still)(results())
    assert out["img"].shape == (64, 48, 3)
    assert (out["img"][..., 0] == out["img"][..., 1]).all()
    assert {name: out[name] for name in ("flip_pairs", "dataset_name")} == {"flip_pairs": [[0, 1]], "dataset_name": "coco"}
    assert out["bbox"].tolist() == [[1, 2, 3, 4]]
    assert Albumentation(TRANSFORMS)(results())["img"].dtype == np.uint8
    told = [
        {
            "type": "CoarseDropout",
            "max_holes": 1, "max_height": 0.4, "max_width": 0.4, "min_holes": 1, "min_height": 0.2, "min_width": 0.2, "p": 1.0,
        },
        {"type": "GridDropout", "unit_size_min": 10, "unit_size_max": 40, "random_offset": True, "p": 0.5},
    ]  # fmt: skip
    pipeline = Albumentation(told).aug
    assert pipeline[0].num_holes_range == (1, 1)
    assert pipeline[0].hole_height_range == (0.2, 0.4)
    out = Albumentation(told[:1])({"img": np.full((100, 200, 3), 255, np.uint8)})["img"]
    rows, columns = np.nonzero(out[..., 0] == 0)
    assert 20 <= len(set(rows)) <= 40
    assert 40 <= len(set(columns)) <= 80
