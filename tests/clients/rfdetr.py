"""A detector's wrapper: transforms named in a dict, each wrapped so that it takes and returns (image, target) with tensors, boxes and masks in them.

Whether boxes need care is asked of the class; rows that a crop drops are found again by a label of row numbers.
"""

from __future__ import annotations

import albumentations as A
import numpy as np

from tests.clients.data import boxes, instance_masks, picture

CONTAINERS = ("OneOf", "Sequential", "SomeOf")


def needs_boxes(transform):
    if isinstance(transform, A.BaseCompose):
        return any(needs_boxes(one) for one in transform.transforms)
    return isinstance(transform, A.DualTransform)


def built(name, given):
    if name in CONTAINERS:
        inner = [built(kind, params) for one in given["transforms"] for kind, params in one.items()]
        return getattr(A, name)(transforms=inner, **{key: value for key, value in given.items() if key != "transforms"})
    cls = getattr(A, name, None)
    if cls is None or not issubclass(cls, A.BasicTransform):
        raise ValueError(f"no transform is called {name}")
    return cls(**given)


class Wrapped:
    def __init__(self, transform):
        self.transform, self.geometric = transform, needs_boxes(transform)
        params = A.BboxParams(format="pascal_voc", label_fields=["category_ids", "idx"], min_visibility=0.0, clip=True) if self.geometric else None
        self.pipeline = A.Compose([transform], bbox_params=params)

    @classmethod
    def from_config(cls, config):
        return [cls(built(name, given)) for name, given in config.items()]

    def __call__(self, image, target):
        if not self.geometric:
            return self.pipeline(image=np.array(image))["image"], target
        rows = np.arange(len(target["boxes"]))
        data = {"image": np.array(image), "bboxes": target["boxes"].tolist(), "category_ids": target["labels"].tolist(), "idx": rows}
        if "masks" in target and len(target["masks"]):
            data["masks"] = [mask.astype(np.uint8) for mask in target["masks"]]
        out = self.pipeline(**data)
        kept = np.asarray(out["idx"], dtype=int)
        target = dict(target)
        target["boxes"] = np.array(out["bboxes"], np.float32).reshape(-1, 4)
        target["labels"] = np.array(out["category_ids"], np.int64)
        for name in ("iscrowd", "area"):
            target[name] = target[name][kept]
        if "masks" in data:
            target["masks"] = np.stack(out["masks"]).astype(bool)[kept] if len(kept) else np.zeros((0, *out["image"].shape[:2]), bool)
        target["size"] = np.array(out["image"].shape[:2])
        return out["image"], target


def target():
    return {
        "boxes": boxes().astype(np.float32), "labels": np.array([1, 5, 9]), "iscrowd": np.zeros(3, np.int64), "area": np.array([2500.0, 6650, 2200]),
        "masks": instance_masks().astype(bool), "image_id": np.array([4]),
    }  # fmt: skip


RANDOM = {
    "HorizontalFlip": {"p": 0.5}, "Rotate": {"limit": 15, "p": 1.0}, "Affine": {"scale": (0.9, 1.1), "translate_percent": (-0.1, 0.1), "p": 1.0},
    "OneOf": {"transforms": [{"RandomBrightnessContrast": {"p": 1.0}}, {"GaussNoise": {"std_range": (0.01, 0.05), "p": 1.0}}], "p": 0.5},
    "Sequential": {"transforms": [{"SmallestMaxSize": {"max_size": [100, 120]}}, {"RandomCrop": {"height": 90, "width": 90}}], "p": 1.0},
}  # fmt: skip


def passed(config, image, given):
    for one in Wrapped.from_config(config):
        image, given = one(image, given)
    return {"image": image, **given}


def exact():
    still = {
        "HorizontalFlip": {"p": 1.0},
        "VerticalFlip": {"p": 1.0},
        "Crop": {"x_min": 0, "y_min": 20, "x_max": 70, "y_max": 120},
        "ToGray": {"p": 1.0},
    }
    return {
        "still": passed(still, picture(), target()),
        "geometric": [needs_boxes(one) for one in (A.Rotate(), A.RandomGamma(), A.OneOf([A.Blur(), A.Transpose()]), A.OneOf([A.Blur()]))],
    }  # fmt: skip


def kinds():
    out = passed(RANDOM, picture(), target())
    return {name: (type(value), str(value.dtype), value.shape[1:] if name not in ("area", "size") else ()) for name, value in out.items()}
