"""Poses of animals: crops that follow keypoints, resizes that keep proportions, keypoints that are not there as NaN, visibility as a column."""

from __future__ import annotations

import math

import albumentations as A
import numpy as np

from tests.clients.data import boxes, coco, picture


class KeypointAwareCrop(A.RandomCrop):
    """A crop around a keypoint that is drawn, or anywhere."""

    def __init__(self, width, height, max_shift=0.4, crop_sampling="hybrid"):
        super().__init__(height, width, p=1.0)
        self.max_shift = max(0.0, min(max_shift, 1.0))
        self.crop_sampling = crop_sampling

    @property
    def targets_as_params(self):
        return ["image", "keypoints"]

    def get_params_dependent_on_data(self, params, data):
        height, width = data["image"].shape[:2]
        points = np.asarray(data["keypoints"])[:, :2].astype(float)
        points = points[~np.isnan(points).any(axis=1)]
        centre = (
            points[self.py_random.randrange(len(points))] if len(points) and self.crop_sampling != "uniform" else np.array([width / 2, height / 2])
        )
        x = int(np.clip(centre[0] - self.width / 2, 0, max(0, width - self.width)))
        y = int(np.clip(centre[1] - self.height / 2, 0, max(0, height - self.height)))
        return {"crop_coords": (x, y, x + self.width, y + self.height)}

    def get_transform_init_args_names(self):
        return ("width", "height", "max_shift", "crop_sampling")


class KeepAspectRatioResize(A.DualTransform):
    """Resizes so that the picture fits into, or covers, a frame."""

    def __init__(self, width, height, mode="pad", interpolation=1, p=1.0, always_apply=False):
        super().__init__(always_apply=always_apply, p=p)
        self.height, self.width, self.mode, self.interpolation = height, width, mode, interpolation

    def get_params_dependent_on_data(self, params, data):
        height, width = params["shape"][:2]
        ratios = self.height / height, self.width / width
        return {"scale": min(ratios) if self.mode == "pad" else max(ratios)}

    def apply(self, img, scale=0, interpolation=1, **params):
        height, width = (max(1, round(side * scale)) for side in img.shape[:2])
        return A.Resize(height, width, interpolation=interpolation).apply(img, interpolation=interpolation)

    def apply_to_bboxes(self, bboxes, **params):
        return bboxes

    def apply_to_keypoints(self, keypoints, scale=1, **params):
        keypoints = np.array(keypoints, float)
        keypoints[:, :2] *= scale
        return keypoints

    @property
    def targets_as_params(self):
        return ["image"]

    def get_transform_init_args_names(self):
        return "height", "width", "mode", "interpolation"


class ElasticTransform(A.ElasticTransform):
    """Moves keypoints itself: by the very class that it stands on, and leaves those alone that are not there."""

    def __init__(self, alpha=20.0, sigma=5.0, approximate=True, p=0.5):
        super().__init__(alpha=alpha, sigma=sigma, approximate=approximate, p=p)


class CoarseDropout(A.CoarseDropout):
    def __init__(self, max_holes=8, max_height=8, max_width=8, min_holes=None, fill_value=0, p=0.5):
        super().__init__(
            num_holes_range=(min_holes or max_holes, max_holes), hole_height_range=(max_height, max_height), hole_width_range=(max_width, max_width),
            fill=fill_value, p=p,
        )  # fmt: skip

    def apply_to_keypoints(self, keypoints, holes, **params):
        out = np.array(keypoints, float)
        for x0, y0, x1, y1 in np.asarray(holes)[:, :4]:
            within = (out[:, 0] >= x0) & (out[:, 0] < x1) & (out[:, 1] >= y0) & (out[:, 1] < y1)
            out[within, :2] = math.nan
        return out


class RandomBBoxTransform(A.DualTransform):
    """Moves boxes a little, and nothing else."""

    def __init__(self, shift=0.0625, p=1.0):
        super().__init__(p=p)
        self.shift = shift

    def apply(self, img, **params):
        return img

    def apply_to_mask(self, mask, **params):
        return mask

    def apply_to_bboxes(self, bboxes, **params):
        out = np.array(bboxes, float)
        out[:, [0, 2]] = np.clip(out[:, [0, 2]] + self.shift, 0, 1)
        return out

    def apply_to_keypoints(self, keypoints, **params):
        return keypoints


POINTS = A.KeypointParams("xy", remove_invisible=False, label_fields=["class_labels"])
BOXES = A.BboxParams("coco", label_fields=["bbox_labels"])


def built(transforms):
    return A.Compose(transforms, keypoint_params=POINTS, bbox_params=BOXES)


def data(holes=True):
    points = np.random.default_rng(4).uniform(10, 110, (9, 2))
    if holes:
        points[[2, 5]] = np.nan
    labels = [f"{individual}_{part}" for individual in range(3) for part in range(3)]
    return {"image": picture(), "keypoints": points, "class_labels": labels, "bboxes": coco(boxes()), "bbox_labels": np.arange(3)}


def exact():
    still = data(holes=False)
    return {
        "kept": built([KeepAspectRatioResize(100, 60), A.PadIfNeeded(100, 100, position="top_left", border_mode=0)])(**still),
        "boxes": built([RandomBBoxTransform(0.05), A.VerticalFlip(p=1)])(**still),
        "normalised": built([A.HorizontalFlip(p=1), A.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])(**still),
        "arguments": KeepAspectRatioResize(3, 4).get_transform_init_args(),
    }  # fmt: skip


def kinds():
    still = data(holes=False)
    crop = built([KeypointAwareCrop(60, 50), A.HorizontalFlip(p=1)])(**still)
    assert crop["image"].shape == (50, 60, 3)
    boxless = still | {"bboxes": [], "bbox_labels": []}
    return {
        "image": crop["image"].shape, "points": (type(crop["keypoints"]), np.shape(crop["keypoints"])), "labels": crop["class_labels"],
        "elastic": built([ElasticTransform(p=1), CoarseDropout(p=1), A.Affine(scale=(0.5, 1.25), rotate=(-30, 30), p=1)])(**boxless),
        "motion": built([A.MotionBlur(p=1), A.GaussNoise(std_range=(0.05, 0.05), p=1), A.Equalize(p=1)])(**still),
    }  # fmt: skip


def former():
    """Keypoints that are not there stay where nothing is; 2.0.8 asks them to be numbers in most transforms."""
    out = built([KeypointAwareCrop(60, 50), A.HorizontalFlip(p=1), A.Affine(rotate=(20, 20), scale=(0.8, 0.8), p=1)])(**data())
    points = np.asarray(out["keypoints"], float)
    assert points.shape == (9, 2)
    assert np.isnan(points[[2, 5]]).all()
    assert not np.isnan(points[[0, 1, 3, 4, 6, 7, 8]]).any()
    assert list(out["class_labels"]) == data()["class_labels"]
