"""The object-detection example: boxes of COCO with categories, cut at the edge and dropped below an area, turned back into annotations."""

from __future__ import annotations

from functools import partial

import albumentations as A
import numpy as np

from tests.clients.data import boxes, coco, picture

CHANGES = A.Compose(
    [
        A.Compose(
            [
                A.SmallestMaxSize(max_size=120, p=1.0),
                A.RandomSizedBBoxSafeCrop(height=100, width=100, p=1.0),
            ],
            p=0.2,
        ),
        A.OneOf([A.Blur(blur_limit=7, p=0.5), A.MotionBlur(blur_limit=7, p=0.5), A.Defocus(radius=(1, 5), alias_blur=(0.1, 0.25), p=0.1)], p=0.1),
        A.Perspective(p=0.1),
        A.HorizontalFlip(p=0.5),
        A.RandomBrightnessContrast(p=0.5),
        A.HueSaturationValue(p=0.1),
    ],
    bbox_params=A.BboxParams(format="coco", label_fields=["category"], clip=True, min_area=25),
)
NONE = A.Compose([A.NoOp()], bbox_params=A.BboxParams(format="coco", label_fields=["category"], clip=True))
STILL = A.Compose(
    [A.HorizontalFlip(p=1), A.Crop(0, 0, 100, 100)], bbox_params=A.BboxParams(format="coco", label_fields=["category"], clip=True, min_area=25)
)


def as_annotations(image_id, categories, areas, rows):
    found = [
        {"image_id": image_id, "category_id": category, "iscrowd": 0, "area": area, "bbox": list(row)}
        for category, area, row in zip(categories, areas, rows, strict=False)
    ]
    return {"image_id": image_id, "annotations": found}


def augment_and_transform_batch(examples, transform):
    images, annotations = [], []
    for image_id, image, objects in zip(examples["image_id"], examples["image"], examples["objects"], strict=True):
        out = transform(image=np.array(image), bboxes=objects["bbox"], category=objects["category"])
        images.append(out["image"])
        annotations.append(as_annotations(image_id, out["category"], objects["area"], out["bboxes"]))
    return {"images": images, "annotations": annotations}


class Dataset:
    """As much of a data set with a transform on the fly as the example needs."""

    def __init__(self, rows, transform=None):
        self.rows, self.transform = rows, transform

    def with_transform(self, transform):
        return Dataset(self.rows, transform)

    def __getitem__(self, number):
        batch = {name: [self.rows[number][name]] for name in self.rows[number]}
        return self.transform(batch)


def rows():
    objects = {"bbox": coco(boxes()).tolist(), "category": [4, 0, 2], "area": [2500.0, 6650.0, 2200.0]}
    # a row reaches beyond the picture, as rows of this data set do: clip=True is there for them
    wide = {"bbox": [[150.0, 100.0, 20.0, 30.0], [0.0, 0.0, 3.0, 3.0]], "category": [1, 2], "area": [600.0, 9.0]}
    none = {"bbox": [], "category": [], "area": []}
    return [{"image_id": number, "image": picture(number), "objects": one} for number, one in enumerate((objects, wide, none))]


def exact():
    out = {}
    for name, transform in (("still", STILL), ("none", NONE)):
        data = Dataset(rows()).with_transform(partial(augment_and_transform_batch, transform=transform))
        out |= {f"{name} {number}": data[number] for number in range(3)}
    return out


def kinds():
    data = Dataset(rows()[:1]).with_transform(partial(augment_and_transform_batch, transform=CHANGES))
    found = {}
    for _ in range(20):
        found = data[0]
        for one in found["annotations"][0]["annotations"]:
            assert one["category_id"] in (0, 2, 4)
            assert len(one["bbox"]) == 4
    return {"images": type(found["images"][0]), "dtype": str(found["images"][0].dtype)}
