"""Holes, tiles, pixels, stickers and growth against the albumentations 2.0.8 package, on the same draws, to the byte."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.scene import Scene
from geoaug.steps.erase import Erase, Speckle
from geoaug.steps.shuffle import Shuffle

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")
their_holes = pytest.importorskip("albumentations.augmentations.dropout.functional")
their_tiles = pytest.importorskip("albumentations.augmentations.geometric.functional")
their_pixels = pytest.importorskip("albumentations.augmentations.pixel.functional")

HOLES = ((30, 40, 90, 120), (80, 100, 81, 101), (200, 0, 240, 180), (100, 30, 130, 60))


@pytest.mark.parametrize("fill", [0, 77, (1, 2, 3), "random", "random_uniform", "inpaint_telea", "inpaint_ns"])
def test_filled_holes_equal_2_0_8_to_the_byte_on_the_same_seed(fill, photo):
    ours = Erase((180, 240), HOLES, fill, 5, seed=11)
    assert np.array_equal(ours.image(photo), their_holes.cutout(photo, np.array(HOLES), fill, np.random.default_rng(11)))
    assert np.array_equal(ours.mask(photo[..., 0]), their_holes.cutout(photo[..., 0], np.array(HOLES), 5, np.random.default_rng(11)))
    if not isinstance(fill, tuple):
        grey = np.ascontiguousarray(photo[..., 1])
        assert np.array_equal(ours.image(grey), their_holes.cutout(grey, np.array(HOLES), fill, np.random.default_rng(11)))
    if not isinstance(fill, str) or fill.startswith("random"):
        fractions = (photo / 255).astype(np.float32)
        assert np.array_equal(ours.image(fractions), their_holes.cutout(fractions, np.array(HOLES), fill, np.random.default_rng(11)))


def test_inpainted_floats_lose_their_levels_in_2_0_8_and_not_here(photo):
    fractions = cv2.GaussianBlur(photo / 255, (0, 0), 1.1).astype(np.float32)
    outside = np.ones((180, 240), bool)
    outside[100:110, 20:40] = False
    theirs = their_holes.cutout(fractions, np.array([(20, 100, 40, 110)]), "inpaint_telea", np.random.default_rng(0))
    ours = Erase((180, 240), ((20, 100, 40, 110),), "inpaint_telea").image(fractions)
    assert not np.array_equal(theirs[outside], fractions[outside])
    assert np.array_equal(ours[outside], fractions[outside])
    assert np.abs(ours - theirs).max() < 0.03


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("CoarseDropout", {"num_holes_range": (1, 1), "hole_height_range": (180, 180), "hole_width_range": (240, 240), "fill": 9, "fill_mask": 3}),
        ("GridDropout", {"random_offset": False, "unit_size_range": None, "ratio": 0.4, "shift_xy": (3, 5), "fill": (4, 5, 6), "fill_mask": 0}),
        ("GridDropout", {"random_offset": False, "holes_number_xy": (6, 6), "ratio": 1.0, "fill": 200}),
        ("XYMasking", {"num_masks_x": (1, 1), "mask_x_length": (240, 240), "fill": 8}),
        ("MaskDropout", {"max_objects": (99, 99), "fill": 7, "fill_mask": 2}),
        ("PixelDropout", {"dropout_prob": 1, "drop_value": (1, 2, 3), "mask_drop_value": 4}),
        ("RandomGridShuffle", {"grid": (1, 1)}), ("Morphological", {"scale": (2, 3)}), ("Morphological", {"scale": 4, "operation": "erosion"}),
        ("Morphological", {"scale": (4, 5)}), ("Morphological", {"scale": (3, 3), "operation": "erosion"}),
    ],
)  # fmt: skip
def test_where_nothing_is_left_to_chance_pictures_and_masks_equal_2_0_8(name, arguments, photo):
    mask = (photo[..., 0] // 100).astype(np.uint8)
    mine, other = (getattr(package, name)(**arguments, p=1)(image=photo, mask=mask) for package in (A, B))
    assert np.array_equal(mine["image"], other["image"])
    assert np.array_equal(mine["mask"], other["mask"])


def test_shuffled_tiles_equal_2_0_8(photo):
    step = Shuffle((0, 60, 120, 180), (0, 80, 160, 240), (4, 0, 8, 1, 3, 2, 7, 5, 6))
    tiles = np.array([(y, x, y + 60, x + 80) for y in (0, 60, 120) for x in (0, 80, 160)])
    assert np.array_equal(step.image(photo), their_tiles.swap_tiles_on_image(photo, tiles, list(step.places)))
    points = np.random.default_rng(1).integers(0, 180, (50, 2)).astype(float)
    assert np.allclose(step.legs[0].points(points + 0.5) - 0.5, their_tiles.swap_tiles_on_keypoints(points, tiles, np.array(step.places)))


def test_a_cut_box_is_one_row_here_and_several_in_2_0_8(photo):
    boxes = [[70.0, 50.0, 170.0, 130.0]]
    params = {"format": "pascal_voc", "label_fields": []}
    ours = A.Compose([A.RandomGridShuffle(p=1)], bbox_params=A.BboxParams(**params), seed=1)(image=photo, bboxes=boxes)
    theirs = B.Compose([B.RandomGridShuffle(p=1)], bbox_params=B.BboxParams(**params), seed=1)(image=photo, bboxes=boxes)
    assert len(ours["bboxes"]) == 1
    assert len(theirs["bboxes"]) > 1


@pytest.mark.parametrize("channel", [False, True])
def test_dropped_pixels_equal_2_0_8_on_the_same_seed(channel, photo):
    rng = np.random.default_rng(21)
    hit = their_pixels.get_drop_mask(photo.shape, channel, 0.3, rng)
    theirs = their_pixels.pixel_dropout(photo, hit, their_pixels.prepare_drop_values(photo, (7, 8, 9), rng))
    assert np.array_equal(Speckle(0.3, channel, (7, 8, 9), seed=21).image(photo), theirs)


def test_stickers_in_boxes_equal_2_0_8(photo):
    sticker = cv2.resize(photo[:100, :90], (61, 47))
    cover = (sticker[..., 0] > 90).astype(np.uint8)
    for told in ({"image": sticker, "bbox": [0.1, 0.2, 0.5, 0.7]}, {"image": sticker, "bbox": [0.25, 0.25, 0.8, 0.95], "mask_id": 9}):
        mine, other = (package.OverlayElements(p=1)(image=photo, mask=np.zeros((180, 240), np.uint8), overlay_metadata=told) for package in (A, B))
        assert np.array_equal(mine["image"], other["image"])
        assert np.array_equal(mine["mask"], other["mask"])
    full = np.tile(cover, (5, 5))[:180, :240]  # as large as the picture, so that it lies in one place only
    told = {"image": photo[::-1], "mask": full, "mask_id": 3}
    mine, other = (package.OverlayElements(p=1)(image=photo, mask=np.zeros((180, 240), np.uint8), overlay_metadata=told) for package in (A, B))
    assert np.array_equal(mine["image"], other["image"])
    assert np.array_equal(mine["mask"], other["mask"])


def test_holes_are_drawn_from_the_ranges_of_2_0_8():
    sides = {"ours": set(), "theirs": set()}
    ours, theirs = (package.CoarseDropout((1, 3), (4, 6), (2, 5), p=1) for package in (A, B))
    for seed in range(300):
        theirs.set_random_seed(seed)
        drawn = theirs.get_params_dependent_on_data({"shape": (40, 50)}, {})["holes"].tolist()
        sides["theirs"] |= {(x1 - x0, y1 - y0) for x0, y0, x1, y1 in drawn}
        sides["ours"] |= {(x1 - x0, y1 - y0) for x0, y0, x1, y1 in ours.draw(Scene((40, 50)), np.random.default_rng(seed)).holes}
    assert sides["ours"] == sides["theirs"]
