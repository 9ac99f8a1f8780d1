"""Smaller programs, each a few lines: hand poses, road lanes, buildings from above, generic command lines, pictures of cells, plug-ins."""

from __future__ import annotations

import inspect

import albumentations as A
import numpy as np
from albumentations.core.composition import BboxParams, Compose, KeypointParams, OneOf
from albumentations.core.transforms_interface import BasicTransform, DualTransform, ImageOnlyTransform
from albumentations.pytorch.transforms import ToTensorV2

from tests.clients.data import boxes, class_mask, instance_masks, picture


class LabelMap(BasicTransform):
    """Renames classes in a target of its own."""

    def __init__(self, mapping, p=1.0):
        super().__init__(p=p)
        self.mapping = mapping

    @property
    def targets(self):
        return {"mask": self.apply_to_mask, "aux": self.apply_to_aux}

    def apply_to_mask(self, mask, **params):
        out = mask.copy()
        for one, other in self.mapping.items():
            out[mask == one] = other
        return out

    def apply_to_aux(self, aux, **params):
        return [*aux, 2]

    def get_transform_init_args_names(self):
        return ("mapping",)


class ToThree(ImageOnlyTransform):
    def apply(self, img, **params):
        return np.repeat(img[..., :1], 3, axis=2)

    def get_transform_init_args_names(self):
        return ()


class Squared(A.PadIfNeeded):
    """Pads to the longer side."""

    def update_params(self, params, **kwargs):
        rows, cols = kwargs["image"].shape[:2]
        self.min_height = self.min_width = max(rows, cols)
        return super().update_params(params, **kwargs) if hasattr(super(), "update_params") else params


class Chosen(Compose):
    """A pipeline that also hands back which transforms it has."""

    def __init__(self, transforms, **given):
        super().__init__(transforms, **given)
        self.names = [type(one).__name__ for one in self]

    def __call__(self, *args, force_apply=False, **data):
        out = super().__call__(*args, force_apply=force_apply, **data)
        return {"image": out["image"], "names": self.names}


def by_either_name(cls, names, value):
    """A library that serves both dialects asks which word a class knows."""
    known = inspect.signature(cls.__init__).parameters
    return next({name: value} for name in names if name in known)


def introspected():
    """A plug-in that shows a form for each transform."""
    forms = {}
    for name in ("Rotate", "Blur", "RandomCrop", "HueSaturationValue"):
        cls = getattr(A, name)
        assert issubclass(cls, BasicTransform)
        assert "Args:" in inspect.getdoc(cls)
        forms[name] = (
            list(inspect.signature(cls).parameters) if A.__name__ != "albumentations" else list(inspect.signature(cls.__init__).parameters)[1:]
        )
    return forms


def exact():
    hand = Compose([A.HorizontalFlip(p=1.0), A.VerticalFlip(p=1.0)], keypoint_params=KeypointParams(format="xy", remove_invisible=False))
    lanes = A.Compose([A.Crop(0, 20, 160, 120), A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams(format="xy", remove_invisible=False))
    two = A.Compose(
        [A.HorizontalFlip(p=1), A.CenterCrop(80, 80)],
        additional_targets={"image_post": "image", "mask_post": "mask", "keypoints2": "keypoints"},
        keypoint_params=A.KeypointParams("xy"),
    )
    pair = {
        "image": picture(),
        "image_post": picture(1),
        "mask": class_mask(),
        "mask_post": class_mask()[::-1].copy(),
        "keypoints": [(50, 60)],
        "keypoints2": [(70, 61), (3, 3)],
    }
    bare = A.BboxParams("pascal_voc")
    brighter = A.RandomBrightnessContrast((0.1, 0.1), (0, 0), p=1)
    nested = A.Compose([A.Compose([A.HorizontalFlip(p=1)], bbox_params=BboxParams("pascal_voc", label_fields=["names"])), A.VerticalFlip(p=1)],
                       bbox_params=BboxParams("pascal_voc", label_fields=["names"]))  # fmt: skip
    return {
        "hand": hand(image=picture(), keypoints=[(10, 11), (150.5, 3)], label={"left": 1}),
        "lanes": lanes(image=picture(), keypoints=[(10.0, 110.0), (12.0, 90.0)], mask=class_mask()),
        "two": two(**pair),
        "nested": nested(image=picture(), bboxes=[tuple(row) for row in boxes().tolist()], names=("a", "b", "c"), rest=None),
        "own targets": Compose([LabelMap({1: 3}), A.HorizontalFlip(p=1)])(image=picture(), mask=class_mask(), aux=[1]),
        "three": Compose([ToThree(p=1), A.Normalize(), ToTensorV2()])(image=picture()),
        "chosen": Chosen([A.Transpose(p=1), A.VerticalFlip(p=1)])(image=picture(), mask=class_mask()),
        "alone": A.HorizontalFlip(p=1)(image=picture(), mask=class_mask(), other=3),
        "four columns and more": A.Compose([A.HorizontalFlip(p=1)], bbox_params=bare)(
            image=picture(), bboxes=[[1, 2, 30, 40, 7, 0.5], [5, 6, 70, 80, 1, 0.25]]
        ),
        "in one array": A.Compose([A.VerticalFlip(p=1)], bbox_params=bare)(
            image=picture(), bboxes=np.concatenate([boxes(), np.arange(3)[:, None]], axis=1)
        ),
        "several labels": A.Compose([A.Transpose(p=1)], bbox_params={"format": "pascal_voc", "label_fields": ["a", "b", "c"]})(
            image=picture(), bboxes=boxes(), a=[1, 2, 3], b=np.array([0.5, 1.5, 2.5]), c=["x", "y", "z"]
        ),
        "masks in an array": A.Compose([A.HorizontalFlip(p=1)])(image=picture(), masks=instance_masks()),
        "grey": A.Compose([A.HorizontalFlip(p=1), brighter])(image=class_mask() * 60, mask=class_mask()[..., None]),
        "video": A.Compose([A.VerticalFlip(p=1)])(images=np.stack([picture(), picture(1)]), masks=[class_mask(), class_mask()]),
        "none": A.Compose([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("coco", label_fields=["l"]))(
            image=picture(), mask=None, bboxes=np.zeros((0, 4)), l=[]
        ),
        "forms": introspected(),
        "either": A.PadIfNeeded(130, 170, border_mode=0, **by_either_name(A.PadIfNeeded, ["value", "fill"], (1, 2, 3)))(image=picture()),
        "ps": OneOf([A.HorizontalFlip(p=1), A.NoOp(p=3 / 4)], p=1).transforms_ps,
        "length": [len(A.Compose([A.NoOp(), OneOf([A.NoOp()])])), isinstance(A.Compose([A.Rotate()])[0], DualTransform)],
    }  # fmt: skip


def kinds():
    kept = A.KeypointParams("xy", remove_invisible=False)
    note = A.ReplayCompose(
        [A.HorizontalFlip(p=1), A.RandomCrop(64, 64), A.OneOf([A.Blur(), A.RandomGamma()], p=1)],
        keypoint_params=A.KeypointParams("xy", remove_invisible=False),
    )
    out = note(image=picture(), keypoints=[(10, 20)])
    again = A.ReplayCompose.replay(out["replay"], image=picture(), keypoints=[(10, 20)])
    assert (again["image"] == out["image"]).all()
    applied = [one["applied"] for one in out["replay"]["transforms"][:2]]
    noted = A.Compose([A.HorizontalFlip(p=1), A.RandomCrop(64, 64)], save_applied_params=True, seed=3)(image=picture())["applied_transforms"]
    return {
        "replay": sorted({"image", "keypoints", "replay"} & set(out)), "applied": applied,
        "names": [one["__class_fullname__"].split(".")[-1] for one in out["replay"]["transforms"]],
        "coords": len(out["replay"]["transforms"][1]["params"]["crop_coords"]),
        "noted": [name for name, _ in noted],
        "safe": A.Compose([A.SafeRotate(limit=30, p=1), A.RandomCropFromBorders(p=0.0), A.GaussianBlur(p=1)], keypoint_params=kept)(
            image=picture(), keypoints=[(60, 60), (80, 70)]),
        "shuffled": A.Compose([A.RandomGridShuffle((2, 2), p=1), A.CropNonEmptyMaskIfExists(60, 60), A.MaskDropout(p=1)])(
            image=picture(), mask=class_mask()
        ),
    }  # fmt: skip


def former():
    assert Chosen([Squared(p=1, border_mode=0), A.VerticalFlip(p=1)])(image=picture(), mask=class_mask())["image"].shape == (160, 160, 3)
    noise = A.Compose([A.GaussNoise(var_limit=(10.0, 50.0), p=1)])
    flat = np.full((200, 200, 3), 128, np.uint8)
    assert 2.5 < noise(image=flat)["image"].std() < 8
    white = A.Compose([A.PadIfNeeded(150, 200, border_mode=0, value=114, mask_value=255, always_apply=True)])(image=picture(), mask=class_mask())
    assert (white["image"][0] == 114).all()
    assert (white["mask"][0] == 255).all()
    turned = A.Compose([A.ShiftScaleRotate(shift_limit=0, scale_limit=0, rotate_limit=(45, 45), border_mode=0, value=(1, 2, 3), mask_value=9, p=1)])(
        image=picture(), mask=class_mask()
    )
    assert turned["image"][0, 0].tolist() == [1, 2, 3]
    assert turned["mask"][0, 0] == 9
    assert A.RandomResizedCrop(64, 48, scale=(0.5, 1.0))(image=picture())["image"].shape[:2] == (64, 48)
    assert A.RandomResizedCrop(height=64, width=48)(image=picture())["image"].shape[:2] == (64, 48)
    assert A.RandomSizedCrop((50, 100), 64, 48)(image=picture())["image"].shape[:2] == (64, 48)
    assert A.RandomSizedCrop(min_max_height=(50, 100), height=64, width=48, p=1)(image=picture())["image"].shape[:2] == (64, 48)
    assert A.Cutout(num_holes=4, max_h_size=10, max_w_size=10, fill_value=7, p=1)(image=picture())["image"].shape == (120, 160, 3)
    assert A.Flip(p=1)(image=picture())["image"].shape == (120, 160, 3)
    assert A.IAAAffine(rotate=(-10, 10), p=1)(image=picture())["image"].shape == (120, 160, 3)
    assert A.ElasticTransform(alpha=50, sigma=6, alpha_affine=0, border_mode=0, value=0, p=1)(image=picture())["image"].shape == (120, 160, 3)
    assert A.OpticalDistortion(distort_limit=0.2, shift_limit=0.1, p=1)(image=picture())["image"].shape == (120, 160, 3)
    assert A.Downscale(scale_min=0.25, scale_max=0.25, p=1)(image=picture())["image"].shape == (120, 160, 3)
    assert A.RandomFog(fog_coef_lower=0.1, fog_coef_upper=0.2, p=1).fog_coef_range == (0.1, 0.2)
    assert A.Solarize(threshold=128, p=1)(image=picture())["image"].shape == (120, 160, 3)
    assert A.ImageCompression(quality_lower=10, quality_upper=20).quality_range == (10, 20)
    assert A.Resize(10, 10, 1, True).p == 1
    assert A.HorizontalFlip(always_apply=False, p=0.25).p == 0.25
    assert A.HorizontalFlip(always_apply=True).p == 1
    swapped = A.Lambda(keypoint=lambda point, **kwargs: (point[1], point[0], *point[2:]), bbox=lambda box, **kwargs: box, p=1)
    out = A.Compose([swapped], keypoint_params=A.KeypointParams("xy"))(image=picture(), keypoints=[(3, 40)])
    assert [tuple(point) for point in out["keypoints"]] == [(40, 3)]
    assert (
        A.PadIfNeeded(200, 200, position=A.PadIfNeeded.PositionType.TOP_LEFT, border_mode=0)(image=picture())["image"][0, 0].tolist()
        == picture()[0, 0].tolist()
    )
