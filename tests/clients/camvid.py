"""The CamVid notebook of a segmentation library, in the spellings of 1.x that its many copies still have."""

from __future__ import annotations

import albumentations as albu
import numpy as np

from tests.clients.data import class_mask, picture


def get_training_augmentation():
    return albu.Compose([
        albu.HorizontalFlip(p=0.5),
        albu.ShiftScaleRotate(scale_limit=0.5, rotate_limit=0, shift_limit=0.1, p=1, border_mode=0),
        albu.PadIfNeeded(min_height=96, min_width=96, always_apply=True, border_mode=0),
        albu.RandomCrop(height=96, width=96, always_apply=True),
        albu.IAAAdditiveGaussianNoise(p=0.2),
        albu.IAAPerspective(p=0.5),
        albu.OneOf([albu.CLAHE(p=1), albu.RandomBrightness(p=1), albu.RandomGamma(p=1)], p=0.9),
        albu.OneOf([albu.IAASharpen(p=1), albu.Blur(blur_limit=3, p=1), albu.MotionBlur(blur_limit=3, p=1)], p=0.9),
        albu.OneOf([albu.RandomContrast(p=1), albu.HueSaturationValue(p=1)], p=0.9),
    ])  # fmt: skip


def later_training_augmentation():
    """The same after imgaug had gone."""
    return albu.Compose([
        albu.HorizontalFlip(p=0.5),
        albu.ShiftScaleRotate(scale_limit=0.5, rotate_limit=0, shift_limit=0.1, p=1, border_mode=0),
        albu.PadIfNeeded(min_height=96, min_width=96, always_apply=True, border_mode=0),
        albu.RandomCrop(height=96, width=96, always_apply=True),
        albu.GaussNoise(p=0.2),
        albu.Perspective(p=0.5),
        albu.OneOf([albu.CLAHE(p=1), albu.RandomBrightnessContrast(p=1), albu.RandomGamma(p=1)], p=0.9),
        albu.OneOf([albu.Sharpen(p=1), albu.Blur(blur_limit=3, p=1), albu.MotionBlur(blur_limit=3, p=1)], p=0.9),
        albu.OneOf([albu.RandomBrightnessContrast(p=1), albu.HueSaturationValue(p=1)], p=0.9),
    ])  # fmt: skip


def get_validation_augmentation():
    return albu.Compose([albu.PadIfNeeded(128, 192)])


def to_tensor(x, **kwargs):
    return x.transpose(2, 0, 1).astype("float32")


def get_preprocessing(preprocessing_fn):
    return albu.Compose([albu.Lambda(image=preprocessing_fn), albu.Lambda(image=to_tensor, mask=to_tensor)])


def preprocessing_fn(x, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225), input_range=(0, 1), **kwargs):
    x = x / 255.0 if x.max() > 1 and input_range[1] == 1 else x
    return (x - np.array(mean)) / np.array(std)


class Dataset:
    CLASSES = ("sky", "building", "pole", "road")

    def __init__(self, augmentation=None, preprocessing=None):
        self.class_values = [self.CLASSES.index(name) for name in self.CLASSES]
        self.augmentation, self.preprocessing = augmentation, preprocessing

    def __getitem__(self, number):
        image, mask = picture(number), class_mask()
        mask = np.stack([mask == value for value in self.class_values], axis=-1).astype("float")
        if self.augmentation:
            sample = self.augmentation(image=image, mask=mask)
            image, mask = sample["image"], sample["mask"]
        if self.preprocessing:
            sample = self.preprocessing(image=image, mask=mask)
            image, mask = sample["image"], sample["mask"]
        return image, mask


def exact():
    return {"valid": Dataset(get_validation_augmentation(), get_preprocessing(preprocessing_fn))[0], "raw": Dataset()[1]}


def former():
    for made in (get_training_augmentation, later_training_augmentation):
        data = Dataset(made(), get_preprocessing(preprocessing_fn))
        for number in range(15):
            image, mask = data[number]
            assert image.shape == (3, 96, 96)
            assert image.dtype == np.float32
            assert mask.shape == (4, 96, 96)
            assert mask.dtype == np.float32
            assert set(np.unique(mask)) <= {0, 1}
    assert [one.p for one in get_training_augmentation().transforms[2:4]] == [1, 1]
