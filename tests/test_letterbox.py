"""Whole pictures in a frame: LetterBox and SafeRotate show everything, and the way back is exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import geoaug as A

sides = st.integers(1, 4096)


@settings(max_examples=400, deadline=None)
@given(sides, sides, sides, st.sampled_from([1, 2, 5, 16]), st.booleans(), st.sampled_from(["center", "bottom_right"]))
@example(4096, 4096, 1, 1, True, "center")
@example(1, 4096, 4096, 1, True, "center")
@example(4096, 1, 4095, 16, True, "bottom_right")
@example(1, 1, 4096, 5, False, "bottom_right")
def test_the_way_back_from_a_letterbox_is_exact_to_1e_9(height, width, side, slimmer, scale_up, position):
    frame = (side, max(side // slimmer, 1))
    plan = A.Compose([A.LetterBox(frame if slimmer > 1 else side, scale_up=scale_up, position=position)]).draw((height, width))
    points = np.array([[0, 0], [width, height], [width / 3, height / 7], [0.5, height - 0.5]])
    there = plan.points(points)
    assert plan.size == frame
    assert (there >= -1e-9).all()
    assert (there <= np.add(frame[::-1], 1e-9)).all()
    assert np.abs(plan.inverse().points(there) - points).max() <= 1e-9
    boxes = np.array([[0.0, 0.0, width, height], [width / 4, height / 4, width / 2, height / 3]])
    assert np.abs(plan.inverse().boxes(plan.boxes(boxes)) - boxes).max() <= 1e-9


@settings(max_examples=150, deadline=None)
@given(st.tuples(st.integers(1, 60), st.integers(1, 60)), st.tuples(st.integers(1, 60), st.integers(1, 60)), st.sampled_from([0, 1, 2, 3]))
def test_a_letterbox_is_a_resize_and_then_a_pad_to_the_byte(size, frame, interpolation):
    rng = np.random.default_rng(size[0] * 61 + size[1])
    picture, mask = rng.integers(0, 256, (*size, 3)).astype(np.uint8), rng.integers(0, 3, size).astype(np.uint8)
    for position in ("center", "top_left", "bottom_right"):
        box = A.Compose([A.LetterBox(frame, fill=(1, 2, 3), fill_mask=9, interpolation=interpolation, position=position)], return_plan=True)
        out = box(image=picture, mask=mask)
        assert len(out["plan"].steps) == 1
        scaled = A.LongestMaxSize(max_size_hw=frame, interpolation=interpolation)
        padded = A.PadIfNeeded(*frame, position=position, fill=(1, 2, 3), fill_mask=9)
        for fuse in (True, False):
            two = A.Compose([scaled, padded], fuse=fuse)(image=picture, mask=mask)
            assert np.array_equal(out["image"], two["image"])
            assert np.array_equal(out["mask"], two["mask"])


def test_a_letterbox_that_may_not_scale_up_only_pads_a_small_picture(photo):
    out = A.LetterBox((300, 400), scale_up=False)(image=photo)["image"]
    assert np.array_equal(out, A.PadIfNeeded(300, 400, fill=114)(image=photo)["image"])
    assert A.LetterBox(90, scale_up=False)(image=photo)["image"].shape == (90, 90, 3)
    assert (A.LetterBox(240)(image=photo)["image"][0] == 114).all()


def test_boxes_and_keypoints_go_into_the_letterbox_and_come_back():
    pipeline = A.Compose([A.LetterBox(640)], bbox_params=A.BboxParams("pascal_voc"), keypoint_params=A.KeypointParams("xy"), return_plan=True)
    out = pipeline(image=np.zeros((300, 400), np.uint8), bboxes=[[10, 20, 30, 40]], keypoints=[(10, 20)])
    assert out["bboxes"] == [[16, 112, 48, 144]]
    assert np.allclose(out["keypoints"], [(16.3, 112.3)])
    assert np.allclose(out["plan"].inverse().boxes(out["bboxes"]), [[10, 20, 30, 40]], atol=1e-9)


# --- SafeRotate ---


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 900), st.integers(1, 900), st.floats(-180, 180), st.integers(0, 2**31))
def test_a_safe_turn_shows_all_of_the_picture_in_proportion_and_fills_the_frame(height, width, angle, seed):
    plan = A.Compose([A.SafeRotate(limit=(angle, angle), p=1)], seed=seed).draw((height, width))
    corners = plan.points(np.array([[0.0, 0.0], [width, 0], [width, height], [0, height]]))
    assert plan.size == (height, width)
    assert corners.min() >= -1e-6
    assert (corners <= (width + 1e-6, height + 1e-6)).all()
    touches = np.abs(np.concatenate([corners - 0, corners - (width, height)])).min()
    assert touches < 1e-6  # as large as it can be
    a, b, d, e = np.array(plan.matrix)[:2, :2].ravel()
    assert np.isclose(np.hypot(a, d), np.hypot(b, e))  # as much along as across
    assert np.isclose(a * b + d * e, 0, atol=1e-9)
    assert np.allclose(corners.mean(axis=0), (width / 2, height / 2))


def test_a_safe_quarter_turn_keeps_the_proportion_where_2_0_8_stretches():
    picture = np.full((200, 100), 9, np.uint8)
    out = A.SafeRotate(limit=(90, 90), p=1)(image=picture)["image"]
    assert out.shape == (200, 100)
    rows, columns = np.nonzero(out)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (75, 124, 0, 99)


def test_boxes_points_and_pixels_of_a_safe_turn_move_by_one_matrix():
    pipeline = A.Compose([A.SafeRotate(p=1)], bbox_params=A.BboxParams("pascal_voc"), keypoint_params=A.KeypointParams("xy"), return_plan=True)
    for key in range(20):
        out = pipeline(image=np.zeros((90, 160), np.uint8), bboxes=[[40, 30, 60, 50]], keypoints=[(49.5, 39.5)], key=key)
        x0, y0, x1, y1 = out["bboxes"][0]
        assert np.allclose(((x0 + x1) / 2 - 0.5, (y0 + y1) / 2 - 0.5), out["keypoints"][0], atol=1e-9)
        assert np.allclose(out["plan"].points([[50, 40]]) - 0.5, out["keypoints"][0], atol=1e-9)
        assert len(out["bboxes"]) == 1


def test_no_turn_is_the_picture_itself(photo):
    for angle in (0, 180):
        out = A.SafeRotate(limit=(angle, angle), p=1)(image=photo)["image"]
        assert np.array_equal(out, photo if angle == 0 else photo[::-1, ::-1])


# --- changes of size ---


@pytest.mark.parametrize(("node", "size"), [
    (A.SmallestMaxSize(max_size=90), (90, 120)), (A.SmallestMaxSize(max_size_hw=(90, 300)), (225, 300)),
    (A.SmallestMaxSize(max_size_hw=(90, None)), (90, 120)), (A.SmallestMaxSize(max_size_hw=(None, 90)), (68, 90)),
    (A.RandomScale((0.5, 0.5), p=1), (270, 360)), (A.RandomScale((-0.999, -0.999), p=1), (1, 1)),
    (A.LongestMaxSize(max_size_hw=(90, None)), (90, 120)),
])  # fmt: skip
def test_sizes_follow_from_the_side_that_counts(node, size):
    assert node(image=np.zeros((180, 240), np.uint8))["image"].shape == size


def test_one_of_several_lengths_is_drawn():
    pipeline = A.Compose([A.SmallestMaxSize(max_size=[30, 40, 50])])
    assert {min(pipeline(image=np.zeros((60, 90), np.uint8), key=key)["image"].shape) for key in range(40)} == {30, 40, 50}
