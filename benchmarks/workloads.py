"""What is measured: pipelines that people train with, on pictures that are the same in every run."""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from types import ModuleType
from typing import Any

import cv2
import numpy as np

from benchmarks import floor

Data = dict[str, Any]
Call = Callable[[], Data]

SEED = 11
COLUMNS = ("geoaug", "floor", "albumentations")


def picture(height: int = 480, width: int = 640) -> np.ndarray:
    """Returns: Soft light, texture and hard edges, (height, width, 3) uint8."""
    rng = np.random.default_rng(SEED)
    image = np.zeros((height, width, 3), np.float32)
    for cells, weight in ((3, 110), (12, 70), (60, 40)):
        coarse = rng.random((cells, cells * 4 // 3, 3), np.float32) * weight
        image += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(12):
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.03, 0.15) * height
        cv2.circle(image, (round(x), round(y)), round(size), rng.uniform(0, 255, 3).tolist(), -1, cv2.LINE_AA)
    image += rng.normal(0, 4, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def semantic_mask(height: int = 480, width: int = 640) -> np.ndarray:
    """Returns: Twenty classes in patches, (height, width) uint8."""
    coarse = np.random.default_rng(SEED).integers(0, 20, (9, 12), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)


def boxes(count: int, height: int = 480, width: int = 640) -> np.ndarray:
    """Returns: Boxes (count, 4), x_min, y_min, x_max, y_max in pixels, well inside the picture."""
    rng = np.random.default_rng(SEED)
    low = rng.uniform(0.05, 0.55, (count, 2))
    return np.concatenate([low, low + rng.uniform(0.1, 0.4, (count, 2))], axis=1) * (width, height, width, height)


def detection(count: int, height: int = 480, width: int = 640) -> Data:
    """Returns: A picture with labelled boxes."""
    names = ["person", "dog", "car", "boat"]
    return {
        "image": picture(height, width),
        "bboxes": boxes(count, height, width),
        "labels": [names[row % 4] for row in range(count)],
    }


def affine(A: ModuleType) -> Any:
    """Returns: The affine transform that W1 and W2 share."""
    spread = {"x": (-0.1, 0.1), "y": (-0.1, 0.1)}
    shear = {"x": (-5, 5), "y": (-5, 5)}
    return A.Affine(scale=(0.8, 1.2), translate_percent=spread, rotate=(-15, 15), shear=shear, p=1)


def labelled(A: ModuleType, transforms: list[Any], **filters: float) -> Any:
    """Returns: A pipeline for pascal_voc boxes with labels."""
    return A.Compose(transforms, bbox_params=A.BboxParams("pascal_voc", label_fields=["labels"], **filters))


def flip_affine_tone(A: ModuleType) -> Any:
    """W1, W8x."""
    return labelled(A, [A.HorizontalFlip(p=1), affine(A), A.RandomBrightnessContrast(p=1)])


def affine_crop_flip_jitter(A: ModuleType) -> Any:
    """W2."""
    crop, colours = A.RandomResizedCrop((512, 512), p=1), A.ColorJitter(p=1)
    return labelled(A, [affine(A), crop, A.HorizontalFlip(p=1), colours], min_visibility=0.1)


def chain_of_five(A: ModuleType) -> Any:
    """W3, W3m."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 2.0.8 recommends Affine for ShiftScaleRotate
        turns = [A.Rotate(limit=30, border_mode=cv2.BORDER_CONSTANT, p=1)]
        turns += [A.ShiftScaleRotate(rotate_limit=15, border_mode=cv2.BORDER_CONSTANT, p=1)]
    return A.Compose([A.HorizontalFlip(p=1), *turns, A.Perspective(p=1), A.Resize(512, 512, p=1)])


def flip(A: ModuleType) -> Any:
    """W8."""
    return labelled(A, [A.HorizontalFlip(p=1)])


@dataclass(frozen=True)
class Workload:
    """One line of the table.

    Args:
        name: As in the documents: W1, …
        title: What happens, in a few words.
        data: Makes what the call is given.
        pipeline: Builds the pipeline from geoaug or Albumentations.
        floor: The same by hand.
        goal: The most that geoaug may take of Albumentations' time; None for no goal.
    """

    name: str
    title: str
    data: Callable[[], Data]
    pipeline: Callable[[ModuleType], Any]
    floor: Callable[[Data, Random], Data]
    goal: float | None

    def builders(self) -> dict[str, Callable[[], Call]]:
        """Returns: By column, what builds a call without arguments; all work on equal data."""
        return {
            "geoaug": lambda: self._library("geoaug"),
            "floor": self._floor,
            "albumentations": lambda: self._library("albumentations"),
        }

    def _library(self, name: str) -> Call:
        pipeline, data = self.pipeline(library(name)), self.data()
        return lambda: pipeline(**data)

    def _floor(self) -> Call:
        data, random = self.data(), Random(SEED)
        return lambda: self.floor(data, random)


def library(name: str) -> ModuleType:
    """Returns: The module.

    Raises:
        ImportError: It is not installed, or cannot be imported.
    """
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else 2.0.8 asks the network for its newest version
    return importlib.import_module(name)


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("W1", "flip, affine, tone, 7 boxes", lambda: detection(7), flip_affine_tone, floor.flip_affine_tone, 0.60),
        Workload("W2", "affine, crop, flip, jitter, 7 boxes", lambda: detection(7), affine_crop_flip_jitter, floor.affine_crop_flip_jitter, 0.60),
        Workload("W3", "five warps, image", lambda: {"image": picture()}, chain_of_five, floor.chain_of_five, 0.30),
        Workload(
            "W3m", "five warps, image and mask", lambda: {"image": picture(), "mask": semantic_mask()}, chain_of_five, floor.chain_of_five, 0.30
        ),
        Workload("W8", "flip, 32x32, 1 box", lambda: detection(1, 32, 32), flip, floor.flip, 0.20),
        Workload("W8x", "W1 on 32x32, 1 box", lambda: detection(1, 32, 32), flip_affine_tone, floor.flip_affine_tone, None),
    )
}
