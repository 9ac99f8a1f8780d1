"""A framework for satellite pictures: pipelines travel through configurations as dicts, and are checked there to be rebuildable."""

from __future__ import annotations

import json

import albumentations as A
import numpy as np

from tests.clients.data import boxes, class_mask, coco, picture


def validated(told):
    """What a configuration does with a field that holds a pipeline: built once, to see that it can be."""
    if told is not None:
        A.from_dict(told)
    return told


class Config:
    def __init__(self, base_transform=None, aug_transform=None, size=80):
        self.base_transform, self.aug_transform, self.size = validated(base_transform), validated(aug_transform), size

    def get_data_transforms(self):
        base = [A.from_dict(self.base_transform)] if self.base_transform else []
        return A.Compose([*base, A.Resize(self.size, self.size)]), self._with_aug(base)

    def _with_aug(self, base):
        steps = [*base, A.Resize(self.size, self.size)]
        if self.aug_transform:
            steps.append(A.from_dict(self.aug_transform))
        return A.Compose(steps)

    def get_bbox_params(self):
        return A.BboxParams(format="albumentations", label_fields=["class_ids"])


def on_series(transform, image, **data):
    """A time series goes as one picture and further targets, of which there are as many as moments."""
    if len(transform._additional_targets) != len(image) - 1:
        transform.add_targets({f"img{number}": "image" for number in range(1, len(image))})
    names = list(transform._additional_targets)
    out = transform(image=image[0], **data, **dict(zip(names, image[1:], strict=True)))
    return np.stack([out["image"], *(out[name] for name in names)]), out


def semantic_transformer(sample, transform):
    x, y = sample
    out = transform(image=x, mask=y)
    return out["image"], out["mask"].astype(np.int64)


def classification_transformer(sample, transform):
    x, y = sample
    return transform(image=x)["image"], y


def detection_transformer(sample, transform):
    x, (rows, classes, shape) = sample
    out = transform(image=x, bboxes=rows, class_ids=classes)
    return out["image"], (np.array(out["bboxes"]).reshape(-1, 4), np.array(out["class_ids"], int), shape)


def stored(transform):
    return json.loads(json.dumps(A.to_dict(transform)))


def exact():
    flip = A.Compose([A.HorizontalFlip(p=1.0), A.RandomRotate90(p=0.0), A.Transpose(p=1.0)])
    bands = np.concatenate([picture(), picture(1)], axis=2).astype(np.float32) / 255
    train, valid = Config(aug_transform=stored(flip)).get_data_transforms(), Config().get_data_transforms()
    detection = A.Compose([A.from_dict(stored(flip))], bbox_params=Config().get_bbox_params())
    rows = boxes() / (160, 120, 160, 120)
    coco_like = A.from_dict(stored(A.Compose([A.VerticalFlip(p=1)], bbox_params=A.BboxParams("coco", label_fields=["ids"], min_area=3, clip=True))))
    series = np.stack([picture(number) for number in range(3)])
    return {
        "moments": on_series(A.Compose([A.VerticalFlip(p=1), A.CenterCrop(60, 60)]), series, mask=class_mask())[0],
        "moments of boxes": on_series(A.Compose([A.Transpose(p=1)], bbox_params=A.BboxParams("albumentations", label_fields=["category_id"])),
                                      series, bboxes=[], category_id=[])[0],
        "bands": classification_transformer((bands, 3), flip), "detection": detection_transformer((picture(), (rows, [1, 2, 3], "xyxy")), detection),
        "classification": classification_transformer((picture(), 1), valid[0]), "train": classification_transformer((picture(), 1), train[1]),
        "stored params": coco_like(image=picture(), bboxes=coco(boxes()), ids=np.array([4, 5, 6])),
        "series": A.Compose([A.HorizontalFlip(p=1)], is_check_shapes=False)(image=picture(), mask=class_mask().astype(np.int32)),
    }  # fmt: skip


def kinds():
    aug = A.Compose([A.RandomBrightnessContrast(), A.GaussNoise(), A.RGBShift(), A.Blur(), A.ShiftScaleRotate()])
    pipeline = Config(aug_transform=stored(aug)).get_data_transforms()[1]
    return {"semantic": semantic_transformer((picture(), class_mask()), pipeline)}
