"""A detector's ``Albu`` step: transforms as a list of dicts, names of the framework mapped to Albumentations' and back."""

from __future__ import annotations

import copy

import albumentations
import numpy as np
from albumentations import Compose

from tests.clients.data import boxes, instance_masks, picture

TRAIN = [
    {"type": "ShiftScaleRotate", "shift_limit": 0.0625, "scale_limit": 0.0, "rotate_limit": 0, "interpolation": 1, "p": 0.5},
    {"type": "RandomBrightnessContrast", "brightness_limit": [0.1, 0.3], "contrast_limit": [0.1, 0.3], "p": 0.2},
    {
        "type": "OneOf",
        "transforms": [
            {"type": "RGBShift", "r_shift_limit": 10, "g_shift_limit": 10, "b_shift_limit": 10, "p": 1.0},
            {"type": "HueSaturationValue", "hue_shift_limit": 20, "sat_shift_limit": 30, "val_shift_limit": 20, "p": 1.0},
        ],
        "p": 0.1,
    },
    {"type": "ChannelShuffle", "p": 0.1},
    {"type": "OneOf", "transforms": [{"type": "Blur", "blur_limit": 3, "p": 1.0}, {"type": "MedianBlur", "blur_limit": 3, "p": 1.0}], "p": 0.1},
]
OLD = [{"type": "JpegCompression", "quality_lower": 85, "quality_upper": 95, "p": 1.0}]  # in the configuration that ships with the framework
STILL = [{"type": "HorizontalFlip", "p": 1.0}, {"type": "CenterCrop", "height": 100, "width": 120, "p": 1.0}]


class Albu:
    def __init__(self, transforms, bbox_params=None, keymap=None, skip_img_without_anno=False):
        transforms = copy.deepcopy(transforms)
        self.filter_lost_elements = False
        self.skip_img_without_anno = skip_img_without_anno
        if isinstance(bbox_params, dict) and "label_fields" in bbox_params and "filter_lost_elements" in bbox_params:
            self.filter_lost_elements = True
            self.origin_label_fields = bbox_params["label_fields"]
            bbox_params = {name: value for name, value in bbox_params.items() if name != "filter_lost_elements"} | {"label_fields": ["idx_mapper"]}
        self.bbox_params = self.built(bbox_params) if bbox_params else None
        self.aug = Compose([self.built(one) for one in transforms], bbox_params=self.bbox_params)
        self.keymap_to_albu = keymap or {"img": "image", "gt_masks": "masks", "gt_bboxes": "bboxes"}
        self.keymap_back = {theirs: ours for ours, theirs in self.keymap_to_albu.items()}

    def built(self, told):
        given = dict(told)
        kind = given.pop("type")
        made = getattr(albumentations, kind) if isinstance(kind, str) else kind
        if "transforms" in given:
            given["transforms"] = [self.built(one) for one in given["transforms"]]
        return made(**given)

    def __call__(self, results):
        data = {self.keymap_to_albu.get(name, name): value for name, value in results.items()}
        if "bboxes" in data:
            data["bboxes"] = [list(row) for row in np.asarray(data["bboxes"])]
            if self.filter_lost_elements:
                data["idx_mapper"] = np.arange(len(data["bboxes"]))
        if "masks" in data:
            data["masks"] = [mask for mask in data["masks"]]  # noqa: C416  # an array of masks becomes a list of them
        out = self.aug(**data)
        if "bboxes" in out:
            out["bboxes"] = np.array(out["bboxes"], np.float32).reshape(-1, 4)
            if self.filter_lost_elements:
                for field in self.origin_label_fields:
                    out[field] = np.array([results[field][row] for row in out["idx_mapper"]])
                if "masks" in out:
                    out["masks"] = np.array([out["masks"][row] for row in out["idx_mapper"]])
                if not len(out["idx_mapper"]) and self.skip_img_without_anno:
                    return None
        if "gt_labels" in out:
            out["gt_labels"] = np.asarray(out["gt_labels"]).astype(np.int64)
        return {self.keymap_back.get(name, name): value for name, value in out.items()}

    def __repr__(self):
        return f"{type(self).__name__}(transforms={self.aug.transforms})"


PARAMS = {"type": "BboxParams", "format": "pascal_voc", "label_fields": ["gt_labels"], "min_visibility": 0.0, "filter_lost_elements": True}


def results():
    return {
        "img": picture(), "gt_bboxes": boxes().astype(np.float32), "gt_labels": np.array([3, 1, 2]), "gt_masks": instance_masks(),
        "img_shape": (120, 160, 3), "filename": "one.jpg",
    }  # fmt: skip


def exact():
    albu = Albu(STILL, PARAMS)
    lost = Albu([{"type": "Crop", "x_min": 0, "y_min": 0, "x_max": 36, "y_max": 120}], PARAMS)
    return {"flip, crop": albu(results()), "lost": lost(results()), "called": repr(albu)[:21], "keys": "bboxes" in lost.aug.processors}


def kinds():
    without = {name: value for name, value in results().items() if name in ("img", "filename")}
    nothing = results() | {
        "gt_bboxes": np.zeros((0, 4), np.float32),
        "gt_labels": np.zeros(0, np.int64),
        "gt_masks": np.zeros((0, 120, 160), np.uint8),
    }
    return {
        "training": Albu(TRAIN[1:], PARAMS)(results()), "picture alone": Albu(TRAIN)(without),
        "nothing in it": len(Albu(STILL, PARAMS)(nothing)["gt_masks"]),
        "skipped": Albu(STILL, PARAMS, skip_img_without_anno=True)(nothing),
    }  # fmt: skip


def former():
    out = Albu(OLD)({"img": picture()})["img"]
    difference = np.abs(out.astype(int) - picture()).mean()
    assert 0 < difference < 12
    assert Albu(OLD).aug.transforms[0].quality_range == (85, 95)
