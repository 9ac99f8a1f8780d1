"""Plans: repeated on other data, stored, read, undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import geoaug as A
from geoaug.geometry.motion import Motion
from geoaug.steps.warp import Warp
from tests.cases import SPATIAL, TONE, rows

SQUARE = [[10.0, 10.0], [40.0, 10.0], [40.0, 30.0], [10.0, 30.0]]
PICTURE = np.random.default_rng(5).integers(0, 256, (60, 80, 3)).astype(np.uint8)
MASK = np.zeros((60, 80), np.uint8)
MASK[10:30, 10:40] = 1


def drawn(*transforms: A.Transform, seed: int = 1, size: tuple[int, int] = (60, 80)) -> A.Plan:
    return A.Compose(list(transforms), seed=seed).draw(size)


def turned() -> A.Plan:
    return drawn(A.Rotate((10, 10), p=1), A.RandomGamma(p=1))


# --- repeating -------------------------------------------------------------------------------------------------------


def test_a_plan_takes_every_kind_of_stack_and_each_picture_comes_out_as_it_would_alone():
    plan = drawn(A.RandomCrop(30, 40), A.Affine(rotate=(20, 20), p=1), A.RandomGamma(p=1))
    frames = np.random.default_rng(0).integers(0, 256, (2, 3, 60, 80)).astype(np.uint8)
    image, mask = plan.image(frames[0, 1]), plan.mask(frames[0, 1])
    out = plan(images=frames[0], masks=frames[0], volume=frames[0], mask3d=frames[0], volumes=frames, masks3d=frames)
    for name in ("images", "volume"):
        assert np.array_equal(out[name][1], image)
    for name in ("masks", "mask3d"):
        assert np.array_equal(out[name][1], mask)
    assert out["volumes"].shape == out["masks3d"].shape == (2, 3, 30, 40)
    assert np.array_equal(out["volumes"][0, 1], image)
    assert np.array_equal(out["masks3d"][0, 1], mask)
    lists = plan(images=list(frames[0]), volumes=[list(volume) for volume in frames])
    assert isinstance(lists["images"], list)
    assert np.array_equal(lists["volumes"][0][1], image)


def test_an_empty_stack_stays_one_and_takes_the_size_that_comes_out():
    plan = drawn(A.CenterCrop(20, 30))
    assert plan(images=[])["images"] == []
    assert plan(images=np.zeros((0, 60, 80, 3), np.uint8))["images"].shape == (0, 20, 30, 3)
    assert plan(masks3d=np.zeros((0, 5, 60, 80), np.int64))["masks3d"].shape == (0, 5, 20, 30)


def test_polygons_may_come_flat_or_in_pairs():
    plan = turned()
    flat = [number for point in SQUARE for number in point]
    expected = plan.points(np.array(SQUARE))
    for ring in (flat, SQUARE, np.array(flat), np.array(SQUARE), tuple(map(tuple, SQUARE))):
        assert np.allclose(plan.polygons([[ring]])[0][0], expected)
        assert np.allclose(plan.inverse().polygons([[ring]])[0][0], plan.inverse().points(np.array(SQUARE)))


def test_a_plan_hands_out_arrays_of_its_own():
    plan = A.Compose([A.NoOp()]).draw((60, 80))
    picture, mask = PICTURE.copy(), MASK.copy()
    out = plan(image=picture, mask=mask, images=[picture])
    assert not np.shares_memory(out["image"], picture)
    assert not np.shares_memory(out["mask"], mask)
    assert not np.shares_memory(out["images"][0], picture)
    points = np.array(SQUARE)
    assert not np.shares_memory(plan(points=points)["points"], points)
    assert not np.shares_memory(plan.inverse().image(picture), picture)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"imgae": PICTURE}, "unknown target 'imgae'.*image.*replay"),
        ({"bboxes": [[1, 2, 3, 4]]}, "unknown target 'bboxes'.*boxes.*replay"),
        ({"image": None}, "image: .*NoneType"),
        ({"image": [[1]]}, "image: .*list"),
        ({"image": np.zeros((60, 80), object)}, "image: dtype object"),
        ({"image": np.zeros((60, 80, 0), np.uint8)}, "image: has 0 channels"),
        ({"image": np.zeros((1, 60, 80, 3), np.uint8)}, "image: "),
        ({"masks": None}, "masks: .*None"),
        ({"masks": 5}, "masks: .*5"),
        ({"masks": np.array(5)}, "masks: .*5"),
        ({"masks": [MASK, None]}, r"masks\[1\]: .*NoneType"),
        ({"masks": [MASK, MASK[:4]]}, r"masks\[1\]: 4 x 80.*60 x 80"),
        ({"volumes": [np.stack([MASK]), np.stack([MASK, MASK[:, ::-1]])[:, :9]]}, r"volumes\[1\]\[0\]: 9 x 80"),
        ({"volumes": np.stack([MASK])}, r"volumes\[0\]\[0\]: "),
        ({"masks3d": [None]}, r"masks3d\[0\]: .*None"),
        ({"polygons": None}, "polygons: .*instances"),
        ({"polygons": [[SQUARE], None]}, r"polygons\[1\]: .*rings"),
        ({"polygons": [[SQUARE, 3]]}, r"polygons\[0\]\[1\]: .*points"),
        ({"polygons": [[SQUARE, [[1, 1], [2, 2]]]]}, r"polygons\[0\]\[1\]: 2 points; .*at least 3"),
        ({"polygons": [[[1, 2, 3]]]}, r"polygons\[0\]\[0\]: expected N x 2"),
        ({"polygons": [[[[1, 2], [3, 4], [5, float("inf")]]]]}, r"polygons\[0\]\[0\]\[2\]: expected finite"),
        ({"polygons": [["abc"]]}, r"polygons\[0\]\[0\]"),
        ({"points": [[1, "a"]]}, "points"),
        ({"boxes": [1, 2, 3, 4]}, "boxes: expected N x 4"),
        ({"boxes": [[0, 0, 5, 5], [9, 9, 1, 1]]}, r"boxes\[1\]"),
    ],
)
def test_what_a_plan_cannot_move_is_named(data: dict[str, Any], told: str):
    with pytest.raises((A.DataError, A.DataTypeError), match=told):
        turned()(**data)


def test_a_plan_takes_data_by_name_only():
    with pytest.raises(A.CallError, match="by name"):
        turned()(PICTURE)


def test_replay_repeats_a_call_to_the_byte_and_filters_as_the_pipeline_does():
    pipeline = A.Compose(
        [A.RandomCrop(40, 50), A.Affine(rotate=(-30, 30), scale=(0.7, 1.3), p=1), A.HorizontalFlip(p=0.5), A.RandomGamma(p=1)],
        bbox_params=A.BboxParams("coco", label_fields=["ids"], min_visibility=0.3),
        keypoint_params=A.KeypointParams("xyv"),
        return_plan=True,
        return_rows=True,
        seed=4,
    )
    rng = np.random.default_rng(0)
    for _ in range(10):
        corners = rng.uniform(0, 40, (6, 2))
        data = {
            "image": PICTURE, "mask": MASK, "masks": [MASK], "images": PICTURE[None], "volume": PICTURE[None], "mask3d": MASK[None],
            "bboxes": np.concatenate([corners, rng.uniform(2, 20, (6, 2))], axis=1), "ids": list("abcdef"),
            "keypoints": np.column_stack([corners, np.full(6, 2)]), "polygons": [[SQUARE]],
            "annotations": [{"id": 7, "segmentation": [[10, 10, 40, 10, 40, 30]]}],
        }  # fmt: skip
        one = pipeline(**data)
        stored = A.Plan.from_json(one["plan"].to_json())
        two = pipeline.replay(stored, **data)
        assert one.pop("plan") == two.pop("plan")
        for name, value in one.items():
            if isinstance(value, np.ndarray):
                assert np.array_equal(value, two[name]), name
            elif name not in ("masks",):
                assert value == two[name], name
        labels_only = pipeline.replay(stored, size=(60, 80), bboxes=data["bboxes"], ids=data["ids"])
        assert np.array_equal(labels_only["bboxes"], one["bboxes"])
        assert labels_only["ids"] == one["ids"]


def test_replay_names_the_size_that_does_not_fit():
    with pytest.raises(A.DataError, match="60 x 80.*5 x 80 came"):
        A.Compose([]).replay(turned(), image=PICTURE[:5])


# --- undoing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "build"), rows(SPATIAL), ids=[name for name, _ in rows(SPATIAL)])
def test_points_come_back_after_forward_and_inverse(name: str, build: Callable[[], A.Transform]):
    for seed in range(3):
        plan = drawn(build(), seed=seed, size=(186, 256))
        points = np.random.default_rng(seed).uniform((60, 50), (190, 130), (50, 2))
        there = plan.points(points)
        known = plan.route.seen(points)
        back = plan.inverse().points(there[known])
        assert np.abs(back - points[known]).max(initial=0) <= (1e-4 if plan.route.motion is not None else 2e-3)


MATRICES: list[tuple[str, Callable[[], A.Transform]]] = [
    ("rotate", lambda: A.Rotate((33, 33), p=1)),
    ("grow", lambda: A.Affine(scale=(1.4, 1.4), rotate=(15, 15), p=1)),
    ("shear", lambda: A.Affine(shear=(-20, 20), p=1)),
    ("perspective", lambda: A.Perspective(scale=(0.05, 0.1), p=1)),
    ("kept", lambda: A.Perspective(scale=(0.05, 0.1), keep_size=False, fit_output=True, p=1)),
    ("resize", lambda: A.Resize(333, 444)),
    ("mirror", lambda: A.D4()),
    ("elastic", lambda: A.ElasticTransform(alpha=300, sigma=15, p=1)),
    ("letterbox", lambda: A.LetterBox((300, 300), fill=0)),
]


@pytest.mark.parametrize(("name", "build"), MATRICES, ids=[name for name, _ in MATRICES])
def test_masks_and_pictures_come_back_after_forward_and_inverse(name: str, build: Callable[[], A.Transform]):
    y, x = np.mgrid[:200, :240]
    disc = ((x - 120) ** 2 + (y - 100) ** 2 < 45**2).astype(np.uint8)
    soft = (127 + 60 * np.sin(x / 9.0) + 60 * np.cos(y / 11.0)).astype(np.uint8)
    plan = drawn(build(), seed=3, size=(200, 240))
    undo = plan.inverse()
    back = undo.mask(plan.mask(disc))
    assert back.shape == disc.shape
    assert back.dtype == disc.dtype
    assert (back & disc).sum() / (back | disc).sum() >= 0.96
    picture = undo.image(plan.image(soft)).astype(int)
    assert np.abs(picture - soft)[disc > 0].mean() <= 2.0


def test_polygons_boxes_and_keypoints_come_back_where_the_map_is_exact():
    plan = drawn(A.D4(), A.Transpose(p=1), A.Resize(120, 160), seed=2)
    undo = plan.inverse()
    assert np.allclose(undo.polygons(plan.polygons([[SQUARE]]))[0][0], SQUARE, atol=1e-9)
    assert np.allclose(undo.boxes(plan.boxes(np.array([[1, 2, 30, 40]]))), [[1, 2, 30, 40]], atol=1e-9)
    assert np.allclose(undo.keypoints(plan.keypoints(np.array([[0, 0], [79, 59]]))), [[0, 0], [79, 59]], atol=1e-9)


def test_a_step_that_cannot_be_undone_is_named():
    flat = Motion((1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0), (60, 80), (60, 80))
    plan = A.Plan((60, 80), (drawn(A.HorizontalFlip(p=1)).steps[0], Warp(flat)))
    with pytest.raises(A.NotInvertible, match="step 2 of 2 cannot be undone: Warp"):
        plan.inverse()


def test_a_prediction_of_another_size_is_refused_with_both_sizes():
    with pytest.raises(A.DataError, match="5 x 80.*60 x 80"):
        turned().inverse().mask(MASK[:5])


# --- reading ---------------------------------------------------------------------------------------------------------


def test_explain_says_which_steps_were_joined_what_kept_others_apart_and_why():
    told = drawn(A.Rotate((10, 10), p=1), A.Affine(scale=(1.2, 1.2), p=1), A.RandomGamma(p=1), A.Rotate((5, 5), p=1)).explain()
    assert told.startswith("80 x 60 -> 80 x 60 in 3 steps")
    assert "one step for Rotate, Affine" in told
    assert "not joined with step 2: it moves, and the next changes values" in told
    assert "not joined with step 3: values change first" in told
    reflected = drawn(A.Rotate((10, 10), border_mode=4, p=1), A.Rotate((40, 40), border_mode=4, p=1)).explain()
    assert "not joined with step 2" in reflected
    assert A.Compose([A.NoOp()]).draw((60, 80)).explain() == "80 x 60: nothing happens"


@pytest.mark.parametrize(("name", "build"), rows(SPATIAL | TONE), ids=[name for name, _ in rows(SPATIAL | TONE)])
def test_every_plan_is_stored_as_json_and_comes_back_equal(name: str, build: Callable[[], A.Transform]):
    pipeline = A.Compose([build(), A.HorizontalFlip(p=0.5)], return_plan=True, seed=2)
    picture = np.random.default_rng(0).integers(0, 256, (186, 256, 3)).astype(np.uint8)
    out = pipeline(image=picture)
    again = A.Plan.from_json(out["plan"].to_json())
    assert again == out["plan"]
    assert str(again) == str(out["plan"])
    assert again.explain() == out["plan"].explain()
    assert np.array_equal(again.image(picture), out["image"], equal_nan=out["image"].dtype.kind == "f")


# --- stored by somebody else -----------------------------------------------------------------------------------------


def altered(**changes: Any) -> dict[str, Any]:
    """Returns: A good plan with a changed warp."""
    data = json.loads(turned().to_json())
    data["steps"][0]["warp"].update(changes)
    return data


def whole(**changes: Any) -> dict[str, Any]:
    return json.loads(turned().to_json()) | changes


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (None, "source, steps and names"),
        ([], "source, steps and names"),
        ({}, "source, steps and names"),
        (whole(source="ab"), "source = 'ab'"),
        (whole(source=[-1, 5]), r"source = \[-1, 5\]"),
        (whole(source=[float("nan"), 5]), "source = "),
        (whole(source=[10**12, 10**12]), "source = "),
        (whole(steps=None), "steps: expected a list"),
        (whole(steps="abc"), "steps: expected a list"),
        (whole(steps={"warp": {}}), "steps: expected a list"),
        (whole(steps=[None]), "step 1: expected one of warp"),
        (whole(steps=[{"evil": {}}]), "step 1: expected one of warp"),
        (whole(steps=[{"os.system": "ls"}]), "step 1: expected one of warp"),
        (whole(steps=[{"warp": {}, "tone": {}}]), "step 1: expected one of warp"),
        (whole(steps=[{"warp": {}}]), r"step 1 \(warp\)"),
        (whole(steps=[{"warp": None}]), r"step 1 \(warp\)"),
        (whole(steps=[{"warp": []}]), r"step 1 \(warp\)"),
        (whole(steps=[{"tone": None}]), r"step 1 \(tone\)"),
        (whole(steps=[{"tone": [None]}]), r"step 1 \(tone\)"),
        (whole(steps=[{"tone": "abc"}]), r"step 1 \(tone\)"),
        (whole(steps=[{"tone": {"a": 1}}]), r"step 1 \(tone\)"),
        (whole(steps=[{"tone": [{}]}]), r"step 1 \(tone\): 'name' is missing"),
        (whole(steps=[{"tone": [{"name": "__import__"}]}]), "no operation '__import__'"),
        (whole(steps=[{"tone": [{"name": "power", "exponent": 1, "b": 2}]}]), "power takes exponent"),
        (whole(names=5), "names"),
        (whole(names=[5]), "names"),
        (whole(names=None), "names"),
        (altered(matrix=[1, 2]), r"step 1 \(warp\)"),
        (altered(matrix=[0] * 9), "singular"),
        (altered(matrix=["1"] * 9), "number"),
        (altered(matrix=[float("nan")] * 9), "finite"),
        (altered(matrix=[1e300, 0, 0, 0, 1e300, 0, 0, 0, 1]), r"step 1 \(warp\)"),
        (altered(source=[1, 1]), r"step 1 \(warp\) takes \(1, 1\), but \(60, 80\)"),
        (altered(size=[0, 1]), r"step 1 \(warp\)"),
        (altered(size=[5.5, 5]), "whole number"),
        (altered(windows=None), r"step 1 \(warp\)"),
        (altered(windows=[{}]), "'matrix' is missing"),
        (altered(sampler=[99, 0]), "expected one of"),
        (altered(border=[99, 0, 0]), "expected one of"),
        (altered(border=[0, "x", 0]), "number"),
        (altered(border=[0, [1, 2, 3], [0, [0]]]), r"step 1 \(warp\)"),
    ],
)
def test_what_is_no_plan_is_refused_by_name(data: Any, told: str):
    with pytest.raises(A.ParameterError, match=told):
        A.Plan.from_dict(data)


@pytest.mark.parametrize("text", [None, "", "abc", "[" * 100_000, '{"source":[' + "9" * 5000 + ',1],"steps":[]}', "[1]", b"\xff\xfe"])
def test_what_is_no_json_of_a_plan_is_refused(text: Any):
    with pytest.raises(A.ParameterError, match="plan: "):
        A.Plan.from_json(text)


def test_nesting_without_end_is_refused():
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(A.ParameterError, match=r"step 1 \(tone\)"):
        A.Plan.from_dict({"source": [60, 80], "steps": [{"tone": [{"name": "power", "exponent": deep}]}]})


def test_an_output_beyond_memory_is_refused_before_it_is_allocated():
    plan = A.Plan.from_dict({"source": [60, 80], "steps": [altered(size=[20_000, 20_000])["steps"][0]]})
    assert plan.size == (20_000, 20_000)
    with pytest.raises(A.ParameterError, match="max_pixels"):
        A.Plan.from_dict({"source": [60, 80], "steps": [altered(size=[10**6, 10**6])["steps"][0]]}).image(PICTURE)


def test_a_turn_there_and_back_is_still_cut_by_the_canvas_between(photo):
    out = A.Compose([A.Rotate((25, 25), p=1), A.Rotate((-25, -25), p=1)])(image=photo)["image"]
    assert out.shape == photo.shape
    assert not out[0, 0].any()


def test_an_outline_that_a_homography_draws_out_is_bent_all_the_same():
    pipeline = A.Compose([A.Perspective(scale=(0.3, 0.45), p=1), A.OpticalDistortion(p=1)], seed=0)
    out = pipeline(size=(60, 80), polygons=[[[-10, -10, 90, -10, 90, 70, -10, 70]]], key=4)
    assert len(out["polygons"]) == 1


def test_replay_names_what_it_was_given():
    pipeline = A.Compose([A.HorizontalFlip(p=1)])
    for wrong in ("x", None):
        with pytest.raises(A.CallError, match="expected a Plan"):
            pipeline.replay(wrong, size=(4, 4))
    with pytest.raises(A.DataError, match="9 x 9 came"):
        pipeline.replay(pipeline.draw((4, 4)), size=(9, 9))


@pytest.mark.parametrize("number", [float("nan"), "x", None])
def test_a_stored_tone_holds_numbers(number):
    with pytest.raises(A.ParameterError):
        A.Plan.from_dict({"source": [4, 4], "steps": [{"tone": [{"name": "power", "exponent": number}]}]})
