"""What is measured: pipelines that people train with, on pictures that are the same in every run."""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Callable, Mapping
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


def outlines(count: int) -> list[np.ndarray]:
    """Returns: A polygon (24, 2) in each of ``boxes(count)``, which is its tight box."""
    rng = np.random.default_rng(SEED)
    rings = []
    for box in boxes(count):
        turn = np.sort(rng.uniform(0, 2 * np.pi, 24))
        ring = np.stack((np.cos(turn), np.sin(turn)), axis=1) * rng.uniform(0.6, 1, (24, 1))
        rings.append(box[:2] + (ring - ring.min(axis=0)) / np.ptp(ring, axis=0) * (box[2:] - box[:2]))
    return rings


def fill(polygon: list[np.ndarray], height: int = 480, width: int = 640) -> np.ndarray:
    """Returns: A mask (height, width) uint8 as cv2.fillPoly draws it."""
    rings = [np.rint((ring - 0.5) * 256).astype(np.int32) for ring in polygon]
    return cv2.fillPoly(np.zeros((height, width), np.uint8), rings, 1, shift=8)


def segmented(count: int) -> Data:
    """Returns: A picture with labelled boxes, and a mask (h, w) for each."""
    return {**detection(count), "masks": [fill([ring]) for ring in outlines(count)]}


def outlined(count: int) -> Data:
    """Returns: A picture with labelled boxes, and for each a list of rings (n, 2) in continuous pixels."""
    return {**detection(count), "polygons": [[ring] for ring in outlines(count)]}


PARTS = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
NAMES = ("nose", *(f"{side} {part}" for part in PARTS for side in ("left", "right")))
MIRRORED = {name: NAMES[k] for name, k in zip(NAMES, floor.swapped(floor.PERSON), strict=True)}


def people(count: int = 5, height: int = 480, width: int = 640) -> Data:
    """Returns: A picture with COCO's seventeen named points for each person."""
    points = np.random.default_rng(SEED).uniform(0.1, 0.9, (count * floor.PERSON, 2)) * (width, height)
    return {"image": picture(height, width), "keypoints": points, "names": list(NAMES) * count}


def affine(A: ModuleType) -> Any:
    """Returns: The affine transform that W1, W2 and W5 share."""
    spread = {"x": (-0.1, 0.1), "y": (-0.1, 0.1)}
    shear = {"x": (-5, 5), "y": (-5, 5)}
    return A.Affine(scale=(0.8, 1.2), translate_percent=spread, rotate=(-15, 15), shear=shear, p=1)


def labelled(A: ModuleType, transforms: list[Any], fields: tuple[str, ...] = ("labels",), visible: float = 0.0, **settings: Any) -> Any:
    """Returns: A pipeline for pascal_voc boxes with labels."""
    return A.Compose(transforms, bbox_params=A.BboxParams("pascal_voc", label_fields=list(fields), min_visibility=visible), **settings)


def flip_affine_tone(A: ModuleType) -> Any:
    """W1, W8x."""
    return labelled(A, [A.HorizontalFlip(p=1), affine(A), A.RandomBrightnessContrast(p=1)])


def affine_crop_flip_jitter(A: ModuleType, fields: tuple[str, ...] = ("labels",), **settings: Any) -> Any:
    """W2."""
    crop, colours = A.RandomResizedCrop((512, 512), p=1), A.ColorJitter(p=1)
    return labelled(A, [affine(A), crop, A.HorizontalFlip(p=1), colours], fields, visible=0.1, **settings)


def with_masks(A: ModuleType) -> Any:
    """W4: W2, and the masks of the boxes that stay."""
    if A.__name__ == "geoaug":
        return affine_crop_flip_jitter(A, instances=["bboxes", "masks"])
    pipeline = affine_crop_flip_jitter(A, ("labels", "rows"))

    def call(**data: Any) -> Data:
        out: Data = pipeline(**data, rows=list(range(len(data["masks"]))))
        out["masks"] = [out["masks"][int(row)] for row in out["rows"]]
        return out

    return call


def with_polygons(A: ModuleType) -> Any:
    """W4p: W2, and masks of the polygons whose boxes stay; who cannot move polygons draws them first."""
    if A.__name__ == "geoaug":
        to_masks = A.polygons_to_masks
        pipeline = affine_crop_flip_jitter(A, instances=["bboxes", "polygons"])

        def move_then_draw(**data: Any) -> Data:
            out: Data = pipeline(**data)
            out["masks"] = to_masks(out["polygons"], out["image"].shape[:2])
            return out

        return move_then_draw
    pipeline = with_masks(A)

    def draw_then_move(image: np.ndarray, polygons: list[list[np.ndarray]], **data: Any) -> Data:
        out: Data = pipeline(image=image, masks=[fill(rings, *image.shape[:2]) for rings in polygons], **data)
        return out

    return draw_then_move


def flip_affine_points(A: ModuleType) -> Any:
    """W5: who does not exchange left and right must do it by hand after a mirror."""
    steps = [A.HorizontalFlip(p=1), affine(A)]
    if A.__name__ == "geoaug":
        grouped = A.Compose(steps, keypoint_params=A.KeypointParams("xy", remove_invisible=False), flip_pairs=list(floor.PAIRS))
        return lambda keypoints, **data: grouped(keypoints=keypoints.reshape(-1, floor.PERSON, 2), **data)
    pipeline = A.Compose(steps, keypoint_params=A.KeypointParams("xy", label_fields=["names"], remove_invisible=False))

    def call(**data: Any) -> Data:
        out: Data = pipeline(**data)
        out["names"] = [MIRRORED[name] for name in out["names"]]
        return out

    return call


def tones(A: ModuleType) -> Any:
    """W6: who cannot put channels first must do it by hand."""
    nodes = [A.RandomBrightnessContrast(p=1), A.RandomGamma(p=1), A.HueSaturationValue(p=1), A.Normalize()]
    if hasattr(A, "ToCHW"):
        return A.Compose([*nodes, A.ToCHW()])
    pipeline = A.Compose(nodes)
    return lambda **data: {"image": np.ascontiguousarray(pipeline(**data)["image"].transpose(2, 0, 1))}


def letterbox(A: ModuleType) -> Any:
    """W7: who cannot put channels first must do it by hand."""
    if hasattr(A, "LetterBox"):
        return A.Compose([A.LetterBox(640, fill=floor.FILL), A.Normalize(), A.ToCHW()])
    fit = [A.LongestMaxSize(max_size=640), A.PadIfNeeded(640, 640, border_mode=cv2.BORDER_CONSTANT, fill=floor.FILL)]
    pipeline = A.Compose([*fit, A.Normalize()])
    return lambda **data: {"image": np.ascontiguousarray(pipeline(**data)["image"].transpose(2, 0, 1))}


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
        pipeline: Builds the pipeline from geoaug or Albumentations, and what a user must add to it.
        floor: The same by hand.
        goals: Bounds of columns of the table; the most, or the least of a column in ``AT_LEAST``.
    """

    name: str
    title: str
    data: Callable[[], Data]
    pipeline: Callable[[ModuleType], Any]
    floor: Callable[[Data, Random], Data]
    goals: Mapping[str, float]

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


FLOOR, FASTER, TIME = "geoaug/floor", "albumentations/geoaug", "geoaug µs"
AT_LEAST = (FASTER,)
WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload(
            "W1", "flip, affine, tone, 7 boxes", lambda: detection(7), flip_affine_tone, floor.flip_affine_tone,
            {FLOOR: 1.4, FASTER: 2},
        ),
        Workload(
            "W2", "affine, crop, flip, jitter, 7 boxes", lambda: detection(7), affine_crop_flip_jitter, floor.affine_crop_flip_jitter,
            {FLOOR: 1.25},
        ),
        Workload("W3", "five warps, image", lambda: {"image": picture()}, chain_of_five, floor.chain_of_five, {FLOOR: 1.25, FASTER: 4.5}),
        Workload(
            "W3m", "five warps, image and mask", lambda: {"image": picture(), "mask": semantic_mask()}, chain_of_five, floor.chain_of_five,
            {FLOOR: 1.25},
        ),
        Workload("W4-7", "W2 with 7 masks", lambda: segmented(7), with_masks, floor.affine_crop_flip_jitter, {FLOOR: 1.35}),
        Workload("W4-60", "W2 with 60 masks", lambda: segmented(60), with_masks, floor.affine_crop_flip_jitter, {FLOOR: 1.35, FASTER: 5}),
        Workload("W4p-7", "W2, 7 polygons to masks", lambda: outlined(7), with_polygons, floor.affine_crop_flip_jitter, {FLOOR: 1.4}),
        Workload(
            "W4p-60", "W2, 60 polygons to masks", lambda: outlined(60), with_polygons, floor.affine_crop_flip_jitter,
            {FLOOR: 1.35, FASTER: 10},
        ),
        Workload("W5", "flip, affine, 85 keypoints swapped", people, flip_affine_points, floor.flip_affine_points, {FLOOR: 1.3}),
        Workload("W6", "tone, gamma, hue, normalise, CHW", lambda: {"image": picture()}, tones, floor.tones, {FLOOR: 1.15}),
        Workload("W7", "letterbox, normalise, CHW", lambda: {"image": picture(768, 1024)}, letterbox, floor.letterbox, {FLOOR: 1.2}),
        Workload("W8", "flip, 32x32, 1 box", lambda: detection(1, 32, 32), flip, floor.flip, {TIME: 15}),
        Workload("W8x", "W1 on 32x32, 1 box", lambda: detection(1, 32, 32), flip_affine_tone, floor.flip_affine_tone, {TIME: 60}),
    )
}  # fmt: skip
