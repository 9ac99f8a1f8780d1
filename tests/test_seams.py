"""Fused means what one-by-one means: the law of seams."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import geoaug as A
from benchmarks.antialiasing import psnr, truth
from geoaug.raster.warp import MODERN
from tests.cases import SPATIAL, rows

SIZE = (180, 240)
# borders and fills of their own, which one-by-one shows and fusing must show too
BORDERED = [
    lambda: A.Rotate(limit=60, border_mode=4, p=1), lambda: A.Rotate(limit=60, fill=200, fill_mask=3, p=1),
    lambda: A.PadIfNeeded(230, 300, fill=77, fill_mask=2), lambda: A.PadIfNeeded(230, 300, border_mode=2),
    lambda: A.Affine(scale=(0.5, 0.9), rotate=(-20, 20), fill=(10, 120, 240), fill_mask=4, p=1),
    lambda: A.Affine(translate_px=(-50, 50), border_mode=1, p=1), lambda: A.CenterCrop(220, 200, pad_if_needed=True, fill=50, fill_mask=5),
    lambda: A.Perspective(fit_output=True, fill=99, fill_mask=6, p=1), lambda: A.LetterBox((260, 200), fill_mask=7),
    lambda: A.CropAndPad(percent=(-0.2, 0.2), fill=(10, 120, 240), fill_mask=4), lambda: A.CropAndPad(px=(-20, 20), border_mode=2),
    lambda: A.SafeRotate(fill=33, fill_mask=8, p=1), lambda: A.SafeRotate(border_mode=4, p=1), lambda: A.Pad((30, 10), border_mode=1),
]  # fmt: skip
BUILDERS = [b for _, b in rows(SPATIAL)] + BORDERED
chains = st.lists(st.integers(0, len(BUILDERS) - 1), min_size=2, max_size=5)


def pair(nodes, seed, **settings_):
    """The same pipeline, fused and one by one."""
    settings_ = {"keypoint_params": A.KeypointParams("xy", remove_invisible=False), **settings_}
    return [A.Compose(nodes, seed=seed, fuse=fuse, return_plan=True, bbox_params=A.BboxParams("pascal_voc"), **settings_) for fuse in (True, False)]


def smooth() -> np.ndarray:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    return np.stack([127 + 90 * np.sin(x / 19), 127 + 90 * np.cos(y / 23), 60 + 0.5 * x], axis=2).clip(1, 255).astype(np.uint8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chains, st.integers(0, 2**31))
def test_coordinates_of_fused_chains_equal_those_one_by_one(chosen, seed):
    nodes = [BUILDERS[k]() for k in chosen]
    points = [[20.0, 30.0], [100.0, 80.0], [239.0, 0.0]]
    boxes = [[10.0, 20.0, 60.0, 90.0], [120.0, 50.0, 200.0, 170.0]]
    try:
        one, many = (p(image=np.zeros(SIZE, np.uint8), keypoints=points, bboxes=boxes) for p in pair(nodes, seed))
    except A.CropSizeError:
        return
    assert np.allclose(one["keypoints"], many["keypoints"], atol=1e-6)
    assert one["image"].shape == many["image"].shape
    assert len(one["bboxes"]) == len(many["bboxes"])
    assert np.allclose(one["bboxes"], many["bboxes"], atol=1e-6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chains, st.integers(0, 2**31))
def test_pixels_of_fused_chains_equal_those_one_by_one_and_nothing_cut_away_returns(chosen, seed):
    nodes = [BUILDERS[k]() for k in chosen]
    picture = smooth()
    try:
        one, many = (p(image=picture, mask=np.ones(SIZE, np.uint8)) for p in pair(nodes, seed))
    except A.CropSizeError:
        return
    off = np.abs(one["image"].astype(int) - many["image"]).max(axis=2) > 30
    edge = 4 * sum(one["image"].shape[:2]) * len(nodes) / off.size  # one-by-one smears each seam by a pixel or two
    assert off.mean() <= max(0.01, edge)
    returned = (one["mask"] > many["mask"]).mean()
    assert returned <= max(0.005, edge / 4)


def test_what_a_crop_removed_does_not_come_back_when_the_picture_is_turned():
    picture = np.full((100, 100, 3), 200, np.uint8)
    nodes = [A.CenterCrop(40, 40), A.PadIfNeeded(100, 100, fill=7), A.Rotate(limit=(30, 30), fill=99, p=1)]
    out = A.Compose(nodes, return_plan=True)(image=picture)
    assert len(out["plan"].steps) == 1
    bright = (out["image"] == 200).all(axis=2).sum()
    assert abs(bright - 1600) < 120
    assert (out["image"][50, 5] == 7).all()
    assert (out["image"][0, 0] == 99).all()


def test_each_canvas_keeps_the_fill_of_its_own_step():
    picture = np.full((60, 60), 250, np.uint8)
    nodes = [A.Affine(scale=0.5, fill=10, fill_mask=1, p=1), A.Affine(scale=0.5, fill=90, fill_mask=2, p=1)]
    fused, plain = (p(image=picture, mask=np.full((60, 60), 9, np.uint8)) for p in pair(nodes, 0))
    assert len(fused["plan"].steps) == 1
    for out in (fused, plain):
        assert out["image"][1, 1] == 90
        assert out["image"][17, 17] == 10
        assert out["image"][30, 30] == 250
        assert out["mask"][1, 1] == 2
        assert out["mask"][17, 17] == 1


@pytest.mark.parametrize("mode", [1, 2, 3, 4])
def test_a_repeating_border_that_shows_breaks_the_run_and_one_that_does_not_fuses(mode):
    seen = A.Compose([A.CenterCrop(80, 80), A.Rotate(limit=(30, 30), border_mode=mode, p=1)]).draw((100, 100))
    assert len(seen.steps) == 2
    hidden = A.Compose([A.CenterCrop(80, 80), A.Affine(scale=2.5, rotate=30, border_mode=mode, p=1)]).draw((100, 100))
    assert len(hidden.steps) == 1


@pytest.mark.parametrize("first", [A.HorizontalFlip(p=1), A.VerticalFlip(p=1), A.Transpose(p=1), A.Resize(90, 70)])
@pytest.mark.parametrize("mode", [0, 1, 2, 4])
def test_a_border_after_a_flip_or_a_resize_is_the_border_of_its_own_step(first, mode):
    picture, mask = np.full((60, 80, 3), 200, np.uint8), np.full((60, 80), 9, np.uint8)
    for second in (A.Rotate((30, 30), border_mode=mode, fill=77, fill_mask=5, p=1), A.PadIfNeeded(120, 130, border_mode=mode, fill=77, fill_mask=5)):
        one, many = (p(image=picture, mask=mask) for p in pair([first, second], 0))
        colours = {200} | ({77} if mode == 0 else set())
        off = np.abs(one["image"].astype(int) - many["image"]).max(axis=2) > 30
        assert off.mean() < 0.02
        flat = one["image"].reshape(-1, 3)
        assert np.isin(flat, list(colours)).mean() > 0.97
        assert (one["mask"] != many["mask"]).mean() < 0.02


def test_a_letterbox_after_a_crop_has_its_own_fill():
    nodes = [A.CenterCrop(31, 31), A.Resize(20, 20), A.PadIfNeeded(60, 60, fill=77, fill_mask=7)]
    one, many = (p(image=np.full((60, 80, 3), 200, np.uint8), mask=np.ones((60, 80), np.uint8)) for p in pair(nodes, 0))
    assert len(one["plan"].steps) == 1
    assert np.array_equal(one["image"], many["image"])
    assert np.array_equal(one["mask"], many["mask"])


def test_steps_that_sample_differently_do_not_fuse_and_exact_ones_fuse_with_all():
    mixed = A.Compose([A.Rotate(p=1), A.Affine(scale=0.9, interpolation=2, p=1)]).draw(SIZE)
    assert len(mixed.steps) == 2
    exact = A.Compose([A.HorizontalFlip(p=1), A.Affine(scale=0.9, interpolation=2, p=1), A.RandomCrop(50, 50), A.Transpose(p=1)]).draw(SIZE)
    assert len(exact.steps) == 1


def test_exact_chains_are_bit_exact(photo):
    nodes = [
        A.HorizontalFlip(p=1),
        A.RandomCrop(100, 90),
        A.RandomRotate90(),
        A.PadIfNeeded(150, 160, fill=3),
        A.Transpose(p=1),
        A.VerticalFlip(p=1),
    ]
    for seed in range(8):
        one, many = (p(image=photo) for p in pair(nodes, seed))
        assert len(one["plan"].steps) == 1
        assert np.array_equal(one["image"], many["image"])


def test_a_crop_slips_in_front_of_a_tone_bit_exactly(photo):
    nodes = [A.Affine(rotate=(20, 20), p=1), A.RandomBrightnessContrast(p=1), A.RandomCrop(60, 70)]
    one, many = (p(image=photo) for p in pair(nodes, 1))
    assert len(one["plan"].steps) == 2
    if MODERN:
        assert np.array_equal(one["image"], many["image"])
    else:  # OpenCV 4 warps in 1/32 px, counted from the canvas' corner, so a part differs from the part of the whole
        assert np.abs(one["image"].astype(int) - many["image"]).max() <= 12


@pytest.mark.parametrize("scale", [0.75, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
@pytest.mark.parametrize("turn_first", [True, False])
def test_a_chain_that_shrinks_is_two_decibels_nearer_to_the_truth_than_one_by_one(scale, turn_first, photo):
    big = cv2.resize(photo, (720, 540), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(3).integers(-60, 60, big.shape)
    big = np.clip(big + noise, 0, 255).astype(np.uint8)
    size = (round(540 * scale), round(720 * scale))
    nodes = [A.Rotate((17, 17), p=1), A.Resize(*size)][:: 1 if turn_first else -1]
    one, many = (p(image=big)["image"] for p in pair(nodes, 0))
    expected = truth(big, A.Compose(nodes).draw((540, 720)).matrix, size)
    assert psnr(one, expected) >= psnr(many, expected) + 2


SHARP = {
    "two": lambda: [A.Affine(scale=(0.8, 1.2), rotate=(-20, 20), p=1), A.RandomResizedCrop(size=(512, 512), scale=(0.5, 1))],
    "three": lambda: [A.Rotate(p=1), A.Rotate(p=1), A.Rotate(p=1)],
    "crop": lambda: [A.RandomCrop(300, 300), A.Rotate(p=1), A.PadIfNeeded(400, 400), A.Affine(scale=0.7, p=1)],
    "five": lambda: [A.HorizontalFlip(p=1), A.Rotate(p=1), A.ShiftScaleRotate(p=1), A.Perspective(p=1), A.Resize(512, 512)],
}


@pytest.mark.parametrize("name", SHARP)
def test_on_photographs_less_than_one_pixel_in_a_hundred_differs_by_more_than_thirty_levels(name, real):
    from geoaug.files import read_image

    off = []
    for key, path in enumerate(sorted((real / "coco-mini" / "images").glob("*.jpg"))[:16]):
        picture = read_image(path).pixels
        one, many = (A.Compose(SHARP[name](), fuse=fuse)(image=picture, key=key)["image"].astype(int) for fuse in (True, False))
        off.append((np.abs(one - many).max(axis=2) > 30).mean())
    assert np.mean(off) < 0.01


def test_a_resize_and_a_crop_in_one_have_no_dark_rim():
    white = np.full((177, 201, 3), 255, np.uint8)
    for nodes in ([A.Resize(500, 500), A.Crop(0, 0, 203, 201)], [A.Resize(500, 500), A.Crop(297, 299, 500, 500)]):
        assert (A.Compose(nodes)(image=white)["image"] == 255).all()
