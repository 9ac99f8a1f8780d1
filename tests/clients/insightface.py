"""Recognition of faces: an iterator of aligned crops, a transform of its own beside ours, keypoints of the dense-landmark set-up."""

from __future__ import annotations

import albumentations as A
import numpy as np
from albumentations.core.transforms_interface import ImageOnlyTransform
from albumentations.pytorch import ToTensorV2

from tests.clients.data import picture

SIZE = 96


class RectangleBorderAugmentation(ImageOnlyTransform):
    """Blackens borders, as photos of screens have them."""

    def __init__(self, fill_value=0, limit=0.3, always_apply=False, p=1.0):
        super().__init__(always_apply, p)
        assert 0.0 < limit < 1.0
        self.fill_value, self.limit = fill_value, limit

    def apply(self, image, border_size_limit=None, **params):
        assert image.ndim == 3
        height, width = image.shape[:2]
        left, top, right, bottom = (int(share * side) for share, side in zip(border_size_limit, (width, height, width, height), strict=True))
        out = image.copy()
        out[:, :left] = out[:, width - right :] = self.fill_value
        out[:top] = out[height - bottom :] = self.fill_value
        return out

    def get_params(self):
        return {"border_size_limit": np.full(4, self.limit / 2)}

    def get_transform_init_args_names(self):
        return ("fill_value", "limit")


def still():
    return A.Compose(
        [
            RectangleBorderAugmentation(limit=0.33, fill_value=9, p=1.0),
            A.Resize(SIZE, SIZE),
            A.Normalize(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
            ToTensorV2(),
        ],
        keypoint_params=A.KeypointParams(format="xy", remove_invisible=False),
    )


def moving():
    return A.Compose(
        [
            A.geometric.resize.Resize(SIZE, SIZE, interpolation=1, p=1) if hasattr(A, "geometric") else A.Resize(SIZE, SIZE, interpolation=1, p=1),
            A.ShiftScaleRotate(shift_limit=0.1, scale_limit=0.1, rotate_limit=10, interpolation=1, border_mode=0, p=1.0),
            A.HueSaturationValue(hue_shift_limit=20, sat_shift_limit=20, val_shift_limit=20, p=0.8),
            A.ToGray(p=0.1), A.ISONoise(p=0.1), A.MedianBlur(blur_limit=(1, 7), p=0.1), A.GaussianBlur(blur_limit=(1, 7), p=0.1),
            A.MotionBlur(blur_limit=(5, 12), p=0.1), RectangleBorderAugmentation(limit=0.33, fill_value=0, p=0.2),
            A.ImageCompression(50, 80, p=1.0),
            A.Normalize(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)), ToTensorV2(),
        ],
        keypoint_params=A.KeypointParams(format="xy", remove_invisible=False),
    )  # fmt: skip


def points():
    return np.random.default_rng(2).uniform(-20, 180, (68, 2)).astype(np.float32)


def exact():
    told = A.to_dict(A.Compose([RectangleBorderAugmentation(limit=0.2, p=0.25)]))["transform"]["transforms"][0]
    plain = A.Compose(still().transforms[1:], keypoint_params=A.KeypointParams(format="xy", remove_invisible=False))
    return {"plain": plain(image=picture()), "arguments": {name: told[name] for name in ("fill_value", "limit")}}


def kinds():
    return {"still": still()(image=picture(), keypoints=points())}


def former():
    # 2.0.8 takes always_apply, which comes first by position, for p, and so never applies the border
    assert [RectangleBorderAugmentation().p, RectangleBorderAugmentation(0, 0.1, False, 0.25).p] == [1.0, 0.25]
    bordered = still()(image=picture(), keypoints=points())
    assert (bordered["image"][:, :8] == bordered["image"][0, 0, 0]).all()
    assert not (bordered["image"][:, 40:50, 40:50] == bordered["image"][0, 0, 0]).all()
    for _ in range(10):
        out = moving()(image=picture(), keypoints=points())
        assert tuple(out["image"].shape) == (3, SIZE, SIZE)
        assert np.shape(out["keypoints"]) == (68, 2)
    assert moving().transforms[-3].quality_range == (50, 80)
