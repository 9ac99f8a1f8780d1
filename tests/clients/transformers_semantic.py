"""The semantic-segmentation example: labels lowered by one so that 0 becomes 255, then crops, tensors and a label map of int64."""

from __future__ import annotations

from functools import partial

import albumentations as A
import numpy as np
from albumentations.pytorch import ToTensorV2

from tests.clients.data import class_mask, picture


def reduce_labels_transform(labels, **kwargs):
    labels = np.where(labels == 0, 255, labels)
    labels = labels - 1
    return np.where(labels == 254, 255, labels)


HEIGHT, WIDTH = 64, 64
TRAIN = A.Compose([
    A.Lambda(name="reduce_labels", mask=reduce_labels_transform, p=1.0),
    A.PadIfNeeded(min_height=HEIGHT, min_width=WIDTH, border_mode=0, fill=255, p=1.0),
    A.RandomCrop(height=HEIGHT, width=WIDTH, p=1.0),
    A.HorizontalFlip(p=0.5),
    A.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], max_pixel_value=255.0, p=1.0),
    ToTensorV2(),
])  # fmt: skip
VALID = A.Compose([
    A.Lambda(name="reduce_labels", mask=reduce_labels_transform, p=1.0),
    A.CenterCrop(height=HEIGHT, width=WIDTH, p=1.0),
    A.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225], max_pixel_value=255.0, p=1.0),
    ToTensorV2(),
])  # fmt: skip


def preprocess_batch(examples, transforms):
    pixels, labels = [], []
    for image, target in zip(examples["image"], examples["label"], strict=True):
        out = transforms(image=np.array(image.copy()), mask=np.array(target))
        pixels.append(out["image"])
        labels.append(out["mask"])
    import torch

    return {"pixel_values": torch.stack(pixels), "labels": torch.stack(labels).long()}


def examples():
    return {"image": [picture(), picture(1)], "label": [class_mask(), class_mask()[::-1]]}


def exact():
    return {"valid": partial(preprocess_batch, transforms=VALID)(examples())}


def kinds():
    return {"train": partial(preprocess_batch, transforms=TRAIN)(examples())}
