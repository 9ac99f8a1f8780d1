"""Poses of animals: crops that follow keypoints, resizes that keep proportions, keypoints that are not there as NaN, visibility as a column."""

from __future__ import annotations

import math

import albumentations as A
import numpy as np
from albumentations.augmentations.geometric import functional

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


class FormerCrop(A.RandomCrop):
    """The crop in the words of 1.x: shares of the room that it has."""

    def __init__(self, width, height):
        super().__init__(height, width, always_apply=True)

    @property
    def targets_as_params(self):
        return ["image", "keypoints"]

    def get_params_dependent_on_targets(self, params):
        points = np.array([[point[0], point[1]] for point in params["keypoints"]])
        points = points[~np.isnan(points).all(axis=1)]
        height, width = params["image"].shape[:2]
        centre = np.clip(points.mean(axis=0) / (width, height), 0, np.nextafter(1, 0))
        return {"h_start": centre[1], "w_start": centre[0]}

    def apply_to_keypoints(self, keypoints, **params):
        moved = []
        for point in super().apply_to_keypoints(keypoints, **params):
            row = list(point)
            if not (0 <= row[0] < self.width and 0 <= row[1] < self.height):
                row[:2] = math.nan, math.nan
            moved.append(tuple(row))
        return moved


class FormerResize(A.DualTransform):
    def __init__(self, width, height, interpolation=1, p=1.0, always_apply=True):
        super().__init__(always_apply=always_apply, p=p)
        self.height, self.width, self.interpolation = height, width, interpolation

    @property
    def targets_as_params(self):
        return ["image"]

    def get_params_dependent_on_targets(self, params):
        height, width, _ = params["image"].shape
        return {"scale": min(self.height / height, self.width / width)}

    def apply(self, img, scale=0, interpolation=1, **params):
        return A.scale(img, scale, interpolation)

    def apply_to_bbox(self, bbox, **params):
        return bbox

    def apply_to_keypoint(self, keypoint, scale=0, **params):
        return A.keypoint_scale(keypoint, scale, scale)


class FormerFlip(A.HorizontalFlip):
    """Exchanges left and right points."""

    def __init__(self, symmetries, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.other = {**dict(symmetries), **{right: left for left, right in symmetries}}

    def apply_to_keypoints(self, keypoints, **params):
        return super().apply_to_keypoints([keypoints[self.other.get(number, number)] for number in range(len(keypoints))], **params)


class FormerGrey(A.ToGray):
    def __init__(self, alpha=1.0, always_apply=False, p=0.5):
        super().__init__(always_apply, p)
        self.alpha = alpha

    def apply(self, img, **params):
        return (img * (1 - self.alpha) + super().apply(img, **params) * self.alpha).astype(img.dtype)


class FormerElastic(A.ElasticTransform):
    def __init__(self, alpha=20.0, sigma=5.0, alpha_affine=0.0, interpolation=2, border_mode=0, value=None, mask_value=None, always_apply=False,
                 approximate=True, same_dxdy=True, p=0.5):  # fmt: skip
        super().__init__(alpha, sigma, alpha_affine, interpolation, border_mode, value, mask_value, always_apply, approximate, same_dxdy, p)

    def apply_to_keypoints(self, keypoints, random_state=None, **params):
        plane = np.zeros((params["rows"], params["cols"], 1), np.float32)
        functional.elastic_transform(
            plane, self.alpha, self.sigma, self.alpha_affine, 0, self.border_mode, self.mask_value, np.random.RandomState(random_state),
            self.approximate, self.same_dxdy,
        )  # fmt: skip
        return [tuple(point) for point in keypoints]


class FormerDropout(A.CoarseDropout):
    def __init__(self, max_holes=8, max_height=8, max_width=8, min_holes=None, min_height=None, min_width=None, fill_value=0,
                 mask_fill_value=None, always_apply=False, p=0.5):  # fmt: skip
        super().__init__(max_holes, max_height, max_width, min_holes, min_height, min_width, fill_value, mask_fill_value, always_apply, p)

    def apply_to_bboxes(self, bboxes, **params):
        return list(bboxes)


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
    out = built([
        FormerResize(140, 110), A.PadIfNeeded(110, 140, border_mode=0, position=A.PadIfNeeded.PositionType.TOP_LEFT), FormerFlip([(0, 1)], p=1.0),
        A.Affine(scale=None, rotate=(-30, 30), translate_px=(-5, 5), p=0.9, keep_ratio=True), A.PadIfNeeded(64, 64, border_mode=0, always_apply=True),
        FormerCrop(70, 60), A.Equalize(p=0.5), A.MotionBlur(p=0.5), FormerElastic(p=1.0), FormerGrey(alpha=0.5, p=1.0),
        FormerDropout(max_holes=10, max_height=0.05, min_height=0.01, max_width=0.05, min_width=0.01, p=1.0),
        A.GaussNoise(var_limit=(0, (0.05 * 255) ** 2), mean=0, per_channel=True, p=0.5),
        A.PadIfNeeded(None, None, 32, 32, position="random", border_mode=4, value=None, mask_value=None),
        A.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),
    ])(**data())  # fmt: skip
    assert out["image"].shape == (64, 96, 3)
    assert np.shape(out["keypoints"]) == (9, 2)
    assert list(out["class_labels"][:3]) == ["0_1", "0_0", "0_2"]
    assert FormerGrey(p=0.25).p == 0.25
