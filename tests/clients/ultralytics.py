"""A detector's wrapper: checks the version, builds a list of faint colour changes, and converts its labels to and fro.

It treats a failure as "albumentations is not there" and says nothing, so whatever goes wrong here goes unnoticed by its users.
"""

from __future__ import annotations

import random

import albumentations as A
import numpy as np

from tests.clients.data import boxes, picture, yolo

# names of transforms that move pixels, against which the wrapper compares the class of each transform that it is given
SPATIAL = {
    "Affine",
    "CenterCrop",
    "Compose",
    "Crop",
    "D4",
    "HorizontalFlip",
    "OneOf",
    "PadIfNeeded",
    "RandomCrop",
    "Resize",
    "Rotate",
    "VerticalFlip",
}


def version_of(text):
    return tuple(int(part) for part in text.split(".")[:3])


class Wrapper:
    def __init__(self, p=1.0, transforms=None):
        self.p, self.transform, self.contains_spatial = p, None, False
        assert "geoaug" in A.__name__ or version_of(A.__version__) >= (1, 0, 3)
        chosen = [
            A.Blur(p=0.01), A.MedianBlur(p=0.01), A.ToGray(p=0.01), A.CLAHE(p=0.01), A.RandomBrightnessContrast(p=0.0), A.RandomGamma(p=0.0),
            A.ImageCompression(quality_range=(75, 100), p=0.0),
        ] if transforms is None else transforms  # fmt: skip
        self.contains_spatial = any(type(one).__name__ in SPATIAL for one in chosen)
        if self.contains_spatial:
            self.transform = A.Compose(chosen, bbox_params=A.BboxParams(format="yolo", label_fields=["class_labels"]))
        else:
            self.transform = A.Compose(chosen)
        if hasattr(self.transform, "set_random_seed"):
            self.transform.set_random_seed(17)

    def __call__(self, labels):
        image = labels["img"]
        if self.transform is None or random.random() > self.p:
            return labels
        if not self.contains_spatial:
            labels["img"] = self.transform(image=image)["image"]
            return labels
        out = self.transform(image=image, bboxes=labels["bboxes"], class_labels=labels["cls"])
        if len(out["class_labels"]) > 0:
            labels["img"] = out["image"]
            labels["cls"] = np.array(out["class_labels"])
            labels["bboxes"] = np.array(out["bboxes"], dtype=np.float32)
        return labels


def labels():
    return {"img": picture(), "cls": np.array([[0.0], [7.0], [2.0]]), "bboxes": yolo(boxes()).astype(np.float32)}


def exact():
    one = Wrapper(transforms=[A.HorizontalFlip(p=1), A.PadIfNeeded(200, 200, p=1), A.CenterCrop(100, 120, p=1)])(
        labels() | {"cls": np.array([0.0, 7.0, 2.0])}
    )
    flat = labels() | {"cls": np.array([0, 7, 2])}
    other = Wrapper(transforms=[A.VerticalFlip(p=1), A.Resize(60, 80)])(flat)
    colour = Wrapper(transforms=[A.ToGray(p=1), A.CLAHE(clip_limit=(2, 2), p=1)])(labels())
    built = Wrapper(transforms=[A.HorizontalFlip(p=1)]).transform
    return {
        "flip, pad, crop": one, "flip, resize": other, "colour": colour,
        "repr": [type(one).__name__ for one in built.transforms],
        "fields": built.processors["bboxes"].params.label_fields,
        "p": [one.p for one in Wrapper().transform.transforms],
    }  # fmt: skip


def kinds():
    empty = labels() | {"bboxes": np.zeros((0, 4), np.float32), "cls": np.zeros((0, 1))}
    return {"default": Wrapper()(labels()), "no boxes": Wrapper(transforms=[A.Rotate(p=1)])(empty)}
