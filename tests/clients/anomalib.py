"""Detection of anomalies: a pipeline is a path, a Compose or None; and it is stored beside the model."""

from __future__ import annotations

import tempfile
from pathlib import Path

import albumentations as A
import numpy as np
from albumentations.pytorch import ToTensorV2

from tests.clients.data import class_mask, picture


def get_transforms(config=None, image_size=None, to_tensor=True):
    if config is None:
        side = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
        steps = [A.Resize(height=side[0], width=side[1], always_apply=True), A.Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))]
        if to_tensor:
            steps.append(ToTensorV2())
        return A.Compose(steps)
    transforms = A.load(filepath=config, data_format="yaml") if isinstance(config, (str, Path)) else config
    if to_tensor:
        if not isinstance(transforms[-1], ToTensorV2):
            transforms = A.Compose([*transforms, ToTensorV2()])
    elif isinstance(transforms[-1], ToTensorV2):
        transforms = A.Compose(transforms[:-1])
    return transforms


def exact():
    still = get_transforms(A.Compose([A.CenterCrop(96, 96), A.Normalize()]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        A.save(A.Compose([A.CenterCrop(96, 96), A.HorizontalFlip(p=1), A.Normalize()]), path, data_format="yaml")
        stored = A.load(path, data_format="yaml")
        A.save(stored, Path(folder) / "pipeline.json")
        again = A.load(Path(folder) / "pipeline.json")
    mask = class_mask().astype(np.float32)
    return {"still": still(image=picture(), mask=mask), "stored": stored(image=picture(), mask=mask), "again": again(image=picture(), mask=mask)}


def former():
    out = get_transforms(image_size=64)(image=picture(), mask=class_mask())
    assert tuple(out["image"].shape) == (3, 64, 64)
    assert tuple(out["mask"].shape) == (64, 64)
    assert get_transforms(image_size=(64, 32), to_tensor=False)(image=picture())["image"].shape == (64, 32, 3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        A.save(A.Compose([A.CenterCrop(96, 96), A.Normalize()]), path, data_format="yaml")
        assert tuple(get_transforms(str(path))(image=picture())["image"].shape) == (3, 96, 96)
        assert isinstance(get_transforms(path, to_tensor=False)[-1], A.Normalize)
