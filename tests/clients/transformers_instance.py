"""The instance-segmentation example: an annotation picture whose channels are classes and instances goes as mask and as a target of its own."""

from __future__ import annotations

import albumentations as A
import numpy as np

from tests.clients.data import class_mask, instance_masks, picture

TRAIN = A.Compose([A.HorizontalFlip(p=0.5), A.RandomBrightnessContrast(p=0.5), A.HueSaturationValue(p=0.1)])
VALID = A.Compose([A.NoOp()])
STILL = A.Compose([A.HorizontalFlip(p=1), A.PadIfNeeded(min_height=128, min_width=192, border_mode=0, fill=0), A.LongestMaxSize(96)])


def batch(examples, transform):
    out = {"pixel_values": [], "mask_labels": [], "class_labels": []}
    for image, annotation in zip(examples["image"], examples["annotation"], strict=True):
        found = transform(image=np.array(image), mask=np.array(annotation))
        kinds_, instances = found["mask"][..., 0], found["mask"][..., 1]
        numbers = [number for number in np.unique(instances) if number]
        out["pixel_values"].append(found["image"].transpose(2, 0, 1))
        out["mask_labels"].append(np.stack([instances == number for number in numbers]))
        out["class_labels"].append(np.array([kinds_[instances == number][0] for number in numbers]))
    return out


def examples():
    instances = (instance_masks() * np.array([1, 2, 3], np.uint8)[:, None, None]).max(axis=0)
    annotation = np.stack([class_mask(), instances, np.zeros_like(instances)], axis=2)
    return {"image": [picture()], "annotation": [annotation]}


def exact():
    stacks = A.Compose([A.HorizontalFlip(p=1), A.CenterCrop(90, 90)], bbox_params=A.BboxParams(format="coco", label_fields=["category"], clip=True))
    data = {
        "image": picture(),
        "masks": list(instance_masks()),
        "bboxes": [[10, 20, 50, 50], [80, 15, 70, 95], [40, 60, 55, 40]],
        "category": [1, 2, 3],
    }
    # resized class masks differ by design, so what is compared here is not resized
    return {"valid": batch(examples(), VALID), "masks and boxes": stacks(**data), "flip, pad": STILL[0](image=picture(), mask=class_mask())}


def kinds():
    return {"train": batch(examples(), TRAIN), "still": batch(examples(), STILL)}
