"""Boxes with an angle: kept by what keeps angles, fitted by what does not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geoaug as A
from geoaug.raster.growth import grow
from geoaug.steps.erase import Erase
from geoaug.steps.grow import Grow

PICTURE = np.zeros((200, 300, 3), np.uint8)


def corners(box: Any) -> np.ndarray:
    """Returns: The corners of an oriented box, shape (4, 2), in order along its outline."""
    x, y, width, height, angle = (float(v) for v in box[:5])
    along = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
    across = np.array([-along[1], along[0]])
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2
    return np.array([x, y]) + signs[:, :1] * width * along + signs[:, 1:] * height * across


def moved(box: list[float], *transforms: A.Transform, **params: Any) -> tuple[list[float], A.Plan]:
    out = A.Compose(list(transforms), bbox_params=A.BboxParams("oriented", **params), return_plan=True, seed=1)(image=PICTURE, bboxes=[box])
    (found,) = out["bboxes"]
    return found, out["plan"]


def same_rectangle(one: np.ndarray, other: np.ndarray, atol: float = 1e-6) -> bool:
    """Whether two lists of corners are one rectangle, wherever they begin and whichever way they go."""
    return bool(np.abs(one[:, None] - other[None]).max(axis=2).min(axis=1).max() <= atol)


boxes = st.tuples(st.floats(120, 180), st.floats(80, 120), st.floats(5, 40), st.floats(5, 40), st.floats(-400, 400)).map(list)


@settings(max_examples=60, deadline=None)
@given(box=boxes, angle=st.floats(-180, 180), scale=st.floats(0.5, 1.4))
def test_a_similarity_keeps_a_box_with_its_sides(box: list[float], angle: float, scale: float):
    found, plan = moved(box, A.Affine(rotate=(angle, angle), scale=(scale, scale), p=1))
    assert np.allclose(found[2:4], np.array(box[2:4]) * scale, atol=1e-9)
    assert np.allclose(corners(found), plan.points(corners(box)), atol=1e-6)
    assert 0 <= found[4] < 360


@settings(max_examples=40, deadline=None)
@given(box=boxes)
def test_a_mirror_keeps_a_box_and_turns_its_angle_the_other_way(box: list[float]):
    for transform in (A.HorizontalFlip(p=1), A.VerticalFlip(p=1), A.Transpose(p=1), A.D4()):
        found, plan = moved(box, transform)
        assert np.allclose(found[2:4], box[2:4], atol=1e-9)
        assert same_rectangle(corners(found), plan.points(corners(box)))
        along = corners(box)[1] - corners(box)[0]  # the width still points the way it went
        there = plan.points(np.stack([np.array(box[:2]), np.array(box[:2]) + along]))
        expected = math.degrees(math.atan2(*(there[1] - there[0])[::-1])) % 360
        assert min(abs(found[4] - expected), 360 - abs(found[4] - expected)) < 1e-6


@settings(max_examples=40, deadline=None)
@given(box=boxes, shear=st.floats(-30, 30))
def test_anything_else_gives_the_smallest_rectangle_around_what_is_seen(box: list[float], shear: float):
    found, plan = moved(box, A.Affine(shear={"x": (shear, shear), "y": (0, 0)}, p=1), A.Resize(200, 400))
    around = plan.points(corners(box))
    x, y, width, height, angle = found
    local = (around - (x, y)) @ np.array([[math.cos(math.radians(angle)), -math.sin(math.radians(angle))],
                                          [math.sin(math.radians(angle)), math.cos(math.radians(angle))]])  # fmt: skip
    assert (np.abs(local) <= np.array([width, height]) / 2 + 1e-6).all()
    smallest = min(
        np.ptp(around @ (math.cos(t), math.sin(t))) * np.ptp(around @ (-math.sin(t), math.cos(t))) for t in np.linspace(0, math.pi / 2, 721)
    )
    assert width * height <= smallest * (1 + 1e-9)


def test_there_and_back_is_where_it_was():
    box = [150.0, 100.0, 40.0, 20.0, 30.0]
    pipeline = A.Compose([A.Rotate((25, 25), p=1), A.Rotate((-25, -25), p=1)], bbox_params=A.BboxParams("oriented"))
    assert np.allclose(pipeline(size=(200, 300), bboxes=[box])["bboxes"], [box], atol=1e-9)


def test_angles_count_clockwise_as_seen_in_degrees_or_radians():
    box = [150.0, 100.0, 40.0, 20.0, 10.0]
    assert np.isclose(moved(box, A.Rotate((30, 30), p=1))[0][4], 340)  # counter-clockwise by 30
    radians, _ = moved([*box[:4], math.radians(10)], A.Rotate((-30, -30), p=1), angle_in_degrees=False)
    assert np.isclose(radians[4], math.radians(40))


def test_a_box_is_cut_at_the_edge_along_its_own_sides():
    found, _ = moved([0.0, 100.0, 40.0, 20.0, 0.0], A.VerticalFlip(p=1))
    assert np.allclose(found, [10, 100, 20, 20, 0], atol=1e-9) or np.allclose(found, [10, 100, 20, 20, 360], atol=1e-9)


@pytest.mark.parametrize("transform", [A.NoOp(), A.HorizontalFlip(p=1), A.Normalize()], ids=repr)
def test_thresholds_count_along_the_box_s_own_sides_whether_or_not_anything_moves(transform: A.Transform):
    box = [150.0, 100.0, 40.0, 20.0, 30.0]
    for at, beyond in (
        ({"min_width": 40}, {"min_width": 40.001}), ({"min_height": 20}, {"min_height": 20.001}), ({"min_area": 800}, {"min_area": 800.01}),
        ({"max_accept_ratio": 2}, {"max_accept_ratio": 1.999}), ({"min_visibility": 1}, None),
    ):  # fmt: skip
        for params, count in ((at, 1), (beyond, 0)):
            if params is not None:
                out = A.Compose([transform], bbox_params=A.BboxParams("oriented", label_fields=["n"], **params))(image=PICTURE, bboxes=[box], n=["a"])
                assert len(out["bboxes"]) == len(out["n"]) == count, params


@pytest.mark.parametrize("transform", [A.NoOp(), A.HorizontalFlip(p=1)], ids=repr)
def test_a_box_outside_of_the_picture_is_dropped_with_its_label(transform: A.Transform):
    pipeline = A.Compose([transform], bbox_params=A.BboxParams("oriented", label_fields=["n"]), return_rows=True)
    out = pipeline(image=PICTURE, bboxes=[[900, 100, 40, 20, 30], [150, 100, 40, 20, 30]], n=["a", "b"])
    assert out["n"] == ["b"]
    assert out["rows"] == {"bboxes": [1]}


def test_bound_to_polygons_their_visible_share_and_area_count():
    ring = [[140.0, 90.0], [150.0, 90.0], [150.0, 100.0], [140.0, 100.0]]
    for params, count in (({"min_area": 100}, 1), ({"min_area": 101}, 0), ({"min_visibility": 1.0}, 1)):
        pipeline = A.Compose([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("oriented", **params), instances=["bboxes", "polygons"])
        out = pipeline(image=PICTURE, bboxes=[[150, 100, 40, 20, 30]], polygons=[[ring]])
        assert len(out["bboxes"]) == len(out["polygons"]) == count, params


def test_the_kind_of_container_and_further_columns_are_kept():
    flip = A.Compose([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("oriented"))
    assert flip(image=PICTURE, bboxes=[[150, 100, 40, 20, 30, "cat"]])["bboxes"][0][5] == "cat"
    out = flip(image=PICTURE, bboxes=np.array([[150, 100, 40, 20, 30, 7]], np.float32))["bboxes"]
    assert out.dtype == np.float32
    assert np.allclose(out, [[150, 100, 40, 20, 150, 7]], atol=1e-4)
    assert flip(image=PICTURE, bboxes=np.array([[150, 100, 40, 20, 30]]))["bboxes"].dtype == np.float64
    for empty in ([], (), np.zeros((0, 5)), np.zeros((0,)), np.zeros((0, 0))):
        found = flip(image=PICTURE, bboxes=empty)["bboxes"]
        assert len(found) == 0
        assert not isinstance(empty, np.ndarray) or found.shape == (0, 5)


def test_nothing_done_changes_not_even_a_type():
    given_ = [[150, 100, 40, 20, 725]]
    assert A.Compose([A.NoOp()], bbox_params=A.BboxParams("oriented"))(image=PICTURE, bboxes=given_)["bboxes"] == given_


def test_labels_alone_and_replay_give_the_same_boxes():
    pipeline = A.Compose([A.Perspective(p=1), A.RandomCrop(150, 200)], bbox_params=A.BboxParams("oriented"), return_plan=True, seed=1)
    box = np.array([[150.0, 100.0, 40.0, 20.0, 30.0]])
    one = pipeline(image=PICTURE, bboxes=box, key=1)
    assert np.array_equal(pipeline(size=(200, 300), bboxes=box, key=1)["bboxes"], one["bboxes"])
    assert np.array_equal(pipeline.replay(A.Plan.from_json(one["plan"].to_json()), size=(200, 300), bboxes=box)["bboxes"], one["bboxes"])


@pytest.mark.parametrize(
    ("box", "told"),
    [
        ([1, 2, 3, 4], r"bboxes\[1\]: expected 5 numbers \(oriented\), got 4"),
        ([40, 30, -3, 4, 0], r"bboxes\[1\] = .*'oriented': width -3, height 4; expected more than 0; .*filter_invalid_bboxes=True"),
        ([40, 30, 3, 0, 0], r"bboxes\[1\] = .*height 0; expected more than 0"),
        ([40, 30, 3, 4, float("nan")], r"bboxes\[1\]: angle is nan"),
        ([40, 30, float("inf"), 4, 0], r"bboxes\[1\]: width is inf"),
        ([1e200, 30, 3, 4, 0], r"bboxes\[1\]: x_center is 1e\+200"),
        ([1, 2, 3, 4, None], r"bboxes\[1\]: number 4 is None"),
        (["1", "2", "3", "4", "5"], r"bboxes\[1\]: expected 5 numbers \(oriented\), got '1' of str"),
    ],
)
def test_bad_boxes_are_named_by_row(box: Any, told: str):
    for transform in (A.NoOp(), A.HorizontalFlip(p=1)):
        with pytest.raises((A.DataError, A.DataTypeError), match=told):
            A.Compose([transform], bbox_params=A.BboxParams("oriented"))(image=PICTURE, bboxes=[[150, 100, 40, 20, 30], box])


def test_boxes_behind_the_horizon_of_a_homography_are_cut_or_dropped_and_never_nan():
    pipeline = A.Compose([A.Perspective(scale=(0.4, 0.4), p=1)], bbox_params=A.BboxParams("oriented"), keypoint_params=A.KeypointParams("xyas"))
    rng = np.random.default_rng(0)
    for key in range(30):
        rows = np.column_stack([rng.uniform(0, 300, 20), rng.uniform(0, 200, 20), rng.uniform(5, 150, (20, 2)), rng.uniform(0, 360, 20)])
        out = pipeline(image=PICTURE, bboxes=rows, keypoints=rows[:, [0, 1, 4, 2]], key=key)
        assert np.isfinite(out["bboxes"]).all()
        assert np.isfinite(out["keypoints"]).all()


# --- growth ----------------------------------------------------------------------------------------------------------


def reach(kernel: tuple[int, int], degrees: float) -> tuple[float, float]:
    """Returns: How far an ellipse of pixels reaches in a direction and the other way, px."""
    import cv2

    y, x = np.nonzero(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, kernel))
    offsets = np.stack([x - kernel[0] // 2, y - kernel[1] // 2], axis=1) @ (math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    return float(offsets.max()), float(-offsets.min())


@pytest.mark.parametrize("kernel", [(3, 3), (5, 5), (7, 3), (2, 2)])
@pytest.mark.parametrize("operation", ["dilation", "erosion"])
@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0, 77.0, 90.0])
def test_what_grows_keeps_its_angle_and_shrinks_as_its_mask_does(kernel: tuple[int, int], operation: str, angle: float):
    box = [150.0, 100.0, 100.0, 40.0, angle]
    found, _ = moved(box, A.Morphological((kernel[0], kernel[0]), operation, p=1)) if kernel[0] == kernel[1] else (None, None)
    if found is None:
        plan = A.Plan((200, 300), (Grow((200, 300), kernel, operation),))
        (found,) = A.Compose([], bbox_params=A.BboxParams("oriented")).replay(plan, size=(200, 300), bboxes=[box])["bboxes"]
    assert abs((found[4] - angle + 180) % 360 - 180) < 1e-9
    sign = 1 if operation == "dilation" else -1
    assert np.allclose(found[2], 100 + sign * sum(reach(kernel, angle)), atol=1e-9)
    assert np.allclose(found[3], 40 + sign * sum(reach(kernel, angle + 90)), atol=1e-9)
    drawn = A.polygons_to_masks([[corners(box)], [corners(found)]], (200, 300))
    grown = grow(drawn[0], kernel, operation)
    if operation == "erosion":
        assert np.array_equal(drawn[1], grown)
    else:  # corners stay round
        assert not (grown & ~drawn[1]).any()


def test_a_grown_box_at_the_edge_neither_loses_its_angle_nor_shrinks_there():
    for operation, sign in (("dilation", 1), ("erosion", -1)):
        found, _ = moved([10.0, 100.0, 60.0, 40.0, 20.0], A.Morphological((3, 3), operation, p=1))
        whole, _ = moved([10.0, 100.0, 60.0, 40.0, 20.0], A.Normalize(), clip=True)
        assert abs(found[4] - 20) < 1e-9
        assert abs(found[3] - 40 - sign * 1.73) < 1.1  # an outline drawn pixel by pixel
        assert abs(found[2] - whole[2] - sign * 0.87) < 1.6
    found, _ = moved([20.0, 100.0, 40.0, 20.0, 0.0], A.Morphological((3, 3), "erosion", p=1))
    assert np.allclose(found, [19.5, 100, 39, 18, 0], atol=1e-9) or np.allclose(found, [19.5, 100, 39, 18, 360], atol=1e-9)


def test_growth_between_turns_and_crops_counts_where_it_happens():
    box = [150.0, 100.0, 80.0, 40.0, 10.0]
    found, _ = moved(box, A.Rotate((-20, -20), p=1), A.Morphological((3, 3), "erosion", p=1), A.Affine(scale=(2, 2), p=1), A.CenterCrop(190, 290))
    assert abs(found[4] - 30) < 1e-6
    assert np.allclose(found[2:4], [2 * (80 - sum(reach((3, 3), 30))), 2 * (40 - sum(reach((3, 3), 120)))], atol=1e-6)


def test_the_smallest_rectangle_is_found_around_outlines_that_are_not_convex():
    found, _ = moved([150.0, 100.0, 100.0, 60.0, 30.0], A.GridDistortion(num_steps=4, distort_limit=(1e-4, 1e-4), p=1), A.Morphological((3, 3), p=1))
    assert min(abs((found[4] - 30 + 45) % 90 - 45), 90) < 2


# --- beyond the edge -------------------------------------------------------------------------------------------------

STILL: list[A.Transform] = [
    A.NoOp(), A.HorizontalFlip(p=0), A.RandomBrightnessContrast(p=1), A.PixelDropout(p=1), A.Crop(0, 0, 300, 200, p=1),
    A.CoarseDropout((1, 1), (0.1, 0.1), (0.1, 0.1), p=1), A.Sequential([A.HorizontalFlip(p=1), A.HorizontalFlip(p=1)], p=1),
]  # fmt: skip


@pytest.mark.parametrize("transform", STILL, ids=repr)
def test_what_moves_nothing_leaves_a_box_that_overhangs_alone_and_clip_always_cuts_it(transform: A.Transform):
    box = [5.0, 150.0, 100.0, 40.0, 375.0]
    for seed in range(3):
        out = A.Compose([transform], bbox_params=A.BboxParams("oriented"), seed=seed, return_plan=True)(image=PICTURE, bboxes=[box])
        hidden = [step for step in out["plan"].steps if isinstance(step, Erase) and step.holes[0][0] < 60 and step.holes[0][3] > 115]
        assert hidden or out["bboxes"] == [box]
        (cut,) = A.Compose([transform], bbox_params=A.BboxParams("oriented", clip=True), seed=seed)(image=PICTURE, bboxes=[box])["bboxes"]
        assert cut[2] < 80
        assert hidden or np.allclose(cut[3:5], [40, 15], atol=1e-9)


def test_a_box_that_overhangs_is_cut_once_anything_moves():
    flipped, _ = moved([5.0, 150.0, 100.0, 40.0, 15.0], A.VerticalFlip(p=1))
    clipped, _ = moved([5.0, 150.0, 100.0, 40.0, 15.0], A.NoOp(), clip=True)
    assert np.allclose(flipped[:4], [clipped[0], 200 - clipped[1], *clipped[2:4]], atol=1e-9)
    again, _ = moved(clipped, A.NoOp(), clip=True)
    assert np.allclose(again, clipped, atol=1e-9)


def test_a_clipped_box_is_wholly_visible_and_what_is_clipped_away_is_dropped():
    pipeline = A.Compose([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("oriented", clip=True, min_visibility=1, label_fields=["n"]))
    out = pipeline(image=PICTURE, bboxes=[[5, 150, 100, 40, 15], [-300, 0, 20, 20, 5], [100, 100, 20, 10, 3]], n=["a", "b", "c"])
    assert list(out["n"]) == ["a", "c"]


def test_a_hole_cuts_a_box_along_its_own_sides():
    plan = A.Plan((200, 300), (Erase((200, 300), ((100, 0, 150, 200),)),))
    (found,) = A.Compose([], bbox_params=A.BboxParams("oriented")).replay(plan, size=(200, 300), bboxes=[[150, 100, 60, 20, 10]])["bboxes"]
    assert np.allclose(found[3:5], [20, 10], atol=1e-9)
    assert 31 < found[2] < 35
