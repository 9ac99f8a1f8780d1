"""Plans: repeated on other data, stored, read, undone."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geoaug as A
from geoaug.geometry.motion import Motion
from geoaug.raster.weather import rained, streaks
from geoaug.steps.erase import Erase, Speckle
from geoaug.steps.filter import Filter
from geoaug.steps.grow import Grow
from geoaug.steps.paste import Layer, Paste
from geoaug.steps.remap import Remap
from geoaug.steps.shuffle import Shuffle
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
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


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [(4, 0, "2 edges in view (reflect 101, then constant)"), (0, 0, "2 edges in view (constant)"), (1, None, "1 edge in view (replicate)")],
)
def test_explain_tells_the_border_of_each_edge_in_view(first, second, told):
    nodes = [A.Rotate((10, 10), border_mode=first, p=1)]
    if second is not None:
        nodes.append(A.Affine(scale=(0.5, 0.5), border_mode=second, p=1))
    plan = drawn(*nodes)
    assert len(plan.steps) == 1
    assert told in plan.explain()
    assert told in str(plan)


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


# --- stored by somebody else, and broken anywhere ------------------------------------------------------------------------

SMALL = (16, 16)
PAIRS = ((0.1, 0.1), (0.9, 0.2), (0.2, 0.8), (0.7, 0.9))
NODES = (((0.0, 1.0), (1.0, 0.5), (0.0, 0.0)), ((0.5, 0.0), (2.0, -1.0), (0.0, 0.3)))
STICKER = Layer(np.full((3, 4, 3), 9, np.uint8), np.full((3, 4), 0.5, np.float32), (2, 5), 7)
EVERY_KIND: list[Step] = [
    *drawn(A.Rotate((20, 20), p=1), A.Resize(20, 12), size=SMALL).steps,
    *drawn(A.Affine(scale=(0.5, 0.5), rotate=(9, 9), p=1, border_mode=4, fill=(1, 2, 3)), A.RandomCrop(9, 9), size=SMALL).steps,
    *drawn(A.Perspective(scale=(0.1, 0.1), p=1), A.HorizontalFlip(p=1), size=SMALL).steps,
    *drawn(A.Rotate((20, 20), p=1), A.ElasticTransform(alpha=30, sigma=4, p=1), size=SMALL).steps,
    Remap.of("grid", SMALL, xs=((0.0, 5.0, 15.0), (0.0, 8.0, 15.0)), ys=((0.0, 15.0), (1.0, 14.0))),
    Remap.of("camera", SMALL, k=0.3), Remap.of("fisheye", SMALL, k=-0.2),
    Remap.of("spline", SMALL, controls=PAIRS, sources=tuple((x + 0.05, y - 0.02) for x, y in PAIRS)),
    Remap.of("cells", SMALL, shifts=NODES), Remap.of("piecewise", SMALL, shifts=NODES),
    Tone.of("linear", factor=1.2, shift=0.1), Tone.of("linear_by_mean", factor=0.8, shift=0.1),
    Tone.of("linear_safe", factor=1.5, shift=0.2, by_mean=True), Tone.of("power", exponent=0.8), Tone.of("contrast", factor=1.3),
    Tone.mix([[0.5, 0.2, 0.3, 0.0], [0, 1, 0, 0.1], [0, 0, 1, 0]]), Tone.of("saturation", factor=0.4), Tone.of("hue", turn=0.2),
    Tone.of("hsv_shift", hue=3, saturation=-9, value=8), Tone.of("to_grey", method="from_lab", channels=3),
    Tone.join([Tone.of("normalize", mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.2), most=255.0), Tone(layout="chw")]),
    Tone.of("normalize_by_picture", method="image"),
    Erase(SMALL, ((1, 2, 5, 6), (8, 8, 12, 9)), (1, 2, 3), 7, 5), Erase(SMALL, ((1, 2, 5, 6),), "random", None, 5, True),
    Speckle(0.2, True, None, 3, 8), Shuffle((0, 8, 16), (0, 8, 16), (1, 0, 3, 2)), Paste((STICKER,)), Grow(SMALL, (3, 2), "dilation"),
    *drawn(A.RandomFog(p=1), A.RandomRain(p=1), A.RandomSnow(method="texture", p=1), A.RandomShadow(p=1), A.RandomSunFlare(p=1), size=SMALL).steps,
    Filter.of("gravel", patches=((1, 2, 14, 13),), seed=3), *drawn(A.Spatter(p=1), A.PlasmaBrightnessContrast(p=1), size=SMALL).steps,
    *drawn(A.PlasmaShadow(p=1), A.Superpixels((0.5, 0.5), p=1), size=SMALL).steps,
]  # fmt: skip
BROKEN = (
    -1, 0, 1, 2, 0.5, -0.5, 1e-9, 1e-300, 1e9, -1e9, 10**9, 2**31, 2**63, 10**400, float("nan"), float("inf"), True, None, "", "x", "nan",
    [], {}, [1], [1, 2], [[1, 2], [3]], [[]], [[1, 2], [3, 4]], [None], ["x", 1], {"name": "linear"},
)  # fmt: skip


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Returns: The way to everything within plain data."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path] * bool(path) + [place for key, value in inner for place in places(value, (*path, key))]


@st.composite
def broken_plans(draw: st.DrawFn) -> Any:
    """Returns: A step as JSON tells it, with one to three values replaced, dropped or doubled."""
    step = draw(st.sampled_from(EVERY_KIND))
    data = json.loads(json.dumps({"source": list(SMALL), "steps": [step.to_dict()], "names": [["Rotate"]]}))
    if isinstance(step, Warp | Remap) and step.legs[0].source != SMALL:
        data["source"] = list(step.legs[0].source)
    for _ in range(draw(st.integers(1, 3))):
        found = places(data)
        *way, last = draw(st.sampled_from(found))
        inner = data
        for key in way:
            inner = inner[key]
        act = draw(st.sampled_from(("replace", "replace", "replace", "drop", "double", "scale")))
        if act == "drop":
            del inner[last]
        elif act == "double" and isinstance(inner, list):
            inner.insert(last, inner[last])
        elif act == "scale" and isinstance(inner[last], (int, float)):
            factor = draw(st.sampled_from((-1, 2, 1000, 1e-6, 1e6)))
            with contextlib.suppress(OverflowError):  # a whole number that no float can hold stays as it is
                inner[last] = inner[last] * factor
        else:
            inner[last] = copy.deepcopy(draw(st.sampled_from(BROKEN)))
        if not places(data):
            break
    return data


RING = [[2, 2], [12, 3], [9, 13]]
REPLAYING = A.Compose([], bbox_params=A.BboxParams("pascal_voc"), keypoint_params=A.KeypointParams("xy"), return_matrix=True)


def carried_out(plan: A.Plan) -> None:
    """Use a plan on all that it takes; of what comes out nothing is asked, but that it comes, or is refused by name."""
    if any(leg.size[0] * leg.size[1] > 2**20 for step in plan.steps for leg in step.legs):
        return  # a large picture may be asked for
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (*plan.source, 3) if plan.source[0] * plan.source[1] < 2**16 else (16, 16, 3)).astype(np.uint8)
    for use in (
        lambda: plan.image(picture),
        lambda: plan.image(picture.astype(np.float32) / 255),
        lambda: plan.image(picture[..., 0].copy()),
        lambda: plan.mask(picture[..., 0].copy()),
        lambda: plan.points(rng.uniform(-2, 20, (9, 2))),
        lambda: plan.boxes([[1, 2, 9, 8], [0, 0, 16, 16]]),
        lambda: plan.polygons([[RING]]),
        lambda: plan.boxes(np.array([[-40, -40, 60, 70, 0.5], [3, 3, 3, 3, 0.1]])),
        lambda: plan.inverse().points(rng.uniform(0, 16, (4, 2))),
        lambda: plan.inverse().boxes([[1, 2, 9, 8], [-40, -40, 60, 70], [3, 3, 3, 3]]),
        lambda: plan.inverse().polygons([[RING]]),
        lambda: plan.inverse().explain() + str(plan.inverse()),
        lambda: REPLAYING.replay(plan, image=picture, masks=[picture[..., 0] // 128], bboxes=[[1, 2, 9, 8]], keypoints=[[3, 4]], polygons=[[RING]]),
        lambda: plan.explain() + str(plan) + plan.to_json(),
    ):
        with contextlib.suppress(A.GeoaugError):
            use()


@pytest.mark.parametrize("step", EVERY_KIND, ids=str)
def test_every_kind_of_step_comes_back_from_json(step: Step):
    plan = A.Plan(step.legs[0].source if step.legs else SMALL, (step,))
    assert A.Plan.from_json(plan.to_json()) == plan
    carried_out(plan)


@settings(max_examples=300, deadline=None)
@given(broken_plans())
def test_a_plan_broken_anywhere_is_refused_while_loading_or_can_be_carried_out(data: Any):
    try:
        plan = A.Plan.from_dict(data)
    except A.ParameterError as fault:
        told = str(fault)
    else:
        carried_out(plan)
        return
    assert told.startswith("plan: ")


def stored(step: Step, **changes: Any) -> dict[str, Any]:
    """Returns: A plan of one step as JSON tells it, with some of its values changed."""
    data = json.loads(A.Plan(SMALL, (step,)).to_json())
    (told,) = data["steps"][0].values()
    told = told[0] if isinstance(told, list) else told
    (told["numbers"] if "numbers" in told and changes.keys() <= told["numbers"].keys() else told).update(changes)
    return data


BEND = Remap.of("cells", SMALL, shifts=NODES)
PLATE = Remap.of("spline", SMALL, controls=PAIRS, sources=PAIRS)
WAVES = Remap.of("elastic", SMALL, seed=1, alpha=3, sigma=4, approximate=False, same_dxdy=False, noise_distribution="gaussian")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (stored(Tone.of("to_grey"), method="luck"), r"step 1 \(tone\).*method: expected one of 'weighted_average'"),
        (stored(Tone.of("to_grey"), channels=-1), "channels: expected 1 to 4096, got -1"),
        (stored(Tone.of("to_grey"), channels=10**9), "channels: "),
        (stored(Tone.mix([[1, 0]]), matrix=[]), "matrix: expected a list of 1"),
        (stored(Tone.mix([[1, 0]]), matrix=[[1, 0], [0, 1]]), "matrix: expected 3 numbers a row for 2 channels"),
        (stored(Tone.of("normalize", mean=0.5, std=0.5), std=0), "std: expected numbers other than 0"),
        (stored(Tone.of("normalize", mean=0.5, std=0.5), mean=[]), "mean: .*got none"),
        (stored(Tone.of("hue", turn=0.1), turn=10**9), "turn: expected -64 to 64"),
        (stored(Tone.of("hsv_shift", hue=1), saturation=-(10**9)), "saturation: expected -16384 to 16384"),
        (stored(Tone.of("power", exponent=1), exponent=-2), "exponent: expected 0 to"),
        (stored(Tone.of("linear", factor=1, shift=0), shift=float("nan")), "shift: expected a finite number, got nan"),
        (stored(BEND, shifts=[]), r"step 1 \(remap\).*shifts: expected a list of 1"),
        (stored(BEND, shifts=[[[0, float("nan")]]]), "shifts: expected a finite number"),
        (stored(BEND, shifts=[[[0, 1], [0, 1]], [[0, 1]]]), r"shifts: expected rows of one length, got \[1, 2\]"),
        (stored(BEND, kind="other"), "kind: expected one of 'elastic'"),
        (stored(Remap.of("camera", SMALL, k=0.1), k=float("nan")), "k: expected a finite number"),
        (stored(WAVES, sigma=-1), "sigma: expected 0.01 to 10000"),
        (stored(WAVES, sigma=1e9), "sigma: "),
        (stored(WAVES, alpha=float("inf")), "alpha: expected a finite number"),
        (stored(WAVES, seed=-1), "seed: expected a seed from 0"),
        (stored(WAVES, seed=2**64), "seed: expected a seed from 0"),
        (stored(PLATE, controls=[[2**63, 2**63]] * 4), "controls: expected a number within"),
        (stored(PLATE, controls=[[0.1, 0.1]] * 4), r"step 1 \(remap\)"),
        (stored(PLATE, sources=[[0.1, 0.1]]), "sources: expected 4 points"),
        (stored(Remap.of("grid", SMALL, xs=((0, 15), (0, 15)), ys=((0, 15), (0, 15))), xs=[[15, 0], [0, 15]]), "xs: .*both growing"),
        (stored(Grow(SMALL, (3, 3), "dilation"), kernel=[10**6, 10**6]), "kernel: expected at most 4194304 pixels"),
        (stored(Paste((STICKER,)), at=[-1, 2]), "at: expected 0 to"),
        (stored(Erase(SMALL, ()), seed=1.5), "seed: expected a whole number"),
        (stored(Erase(SMALL, ()), more=1), "expected size, holes, fill, fill_mask, seed, traced, got more too"),
        (altered(resamplings=0), "resamplings: expected at least 1"),
        (altered(ellipse="yes"), "ellipse: expected True or False"),
        (altered(matrix=[1, 0, 0, 0, 1, 0, 0, 0, 1e-9]), "before the horizon"),
        (altered(matrix=[-1, 0, 0, 0, -1, 0, 0, 0, -1]), "before the horizon"),
        (altered(matrix=[1, 0, 0, 0, 1, 0, 1e-12, 0, 1e-9]), "before the horizon"),
        (altered(size=[10**6, 10**6]), "max_pixels"),
    ],
)
def test_a_broken_number_is_refused_while_loading_by_the_name_of_its_step_and_its_own(data: Any, told: str):
    with pytest.raises(A.ParameterError, match=told) as caught:
        A.Plan.from_dict(data)
    assert str(caught.value).startswith("plan: step 1 (")


HOMOGRAPHIC = (
    lambda: A.Perspective(scale=(0.05, 0.4), p=1),
    lambda: A.RandomCrop(20, 20, pad_if_needed=True),
    lambda: A.CenterCrop(20, 20, pad_if_needed=True),
    lambda: A.PadIfNeeded(300, 300, position="random"),
    lambda: A.Affine(rotate=(-45, 45), scale=(0.3, 2), shear=(-20, 20), p=1),
    lambda: A.Pad(50),
)


@pytest.mark.parametrize("seed", range(300))
def test_whatever_a_chain_of_crops_and_perspectives_draws_is_read_back(seed):
    chosen = np.random.default_rng(seed)
    nodes = [HOMOGRAPHIC[k]() for k in chosen.integers(len(HOMOGRAPHIC), size=chosen.integers(1, 6))]
    nodes = nodes if seed % 3 else [A.CenterCrop(20, 20), A.Perspective(p=1)]
    plan = A.Compose(nodes, seed=seed).draw((200, 200))
    assert A.Plan.from_json(plan.to_json()) == plan


def test_a_plan_whose_picture_a_crop_left_behind_the_horizon_is_read_back_and_shows_none_of_it():
    plan = A.Plan(SMALL, (Warp.of((1.0, 0.0, -8.0, 0.0, 1.0, -8.0, 0.02, 0.01, -1.0), SMALL, SMALL),))
    again = A.Plan.from_json(plan.to_json())
    assert again == plan
    assert again.image(np.full(SMALL, 255, np.uint8)).max() == 0
    assert np.isnan(again.boxes(np.array([[1.0, 1.0, 9.0, 9.0]]))).all()


def test_more_streaks_of_rain_than_pixels_cost_no_more_than_the_pixels_and_give_the_same_bytes():
    told = {"length": 2, "slant": -7.1, "width": 1, "colour": (200, 180, 200), "blur": 3, "brightness": 0.7, "seed": 3}
    picture = PICTURE[:16, :16].copy()
    places = streaks(SMALL, 1000, 2, np.random.default_rng(3))
    each = rained(picture, places, **{name: value for name, value in told.items() if name != "seed"})
    assert np.array_equal(Filter.of("rain", drops=1000, **told).image(picture), each)
    start = time.perf_counter()
    A.Plan.from_dict({"source": SMALL, "steps": [Filter.of("rain", drops=5_000_000, **told).to_dict()]}).image(picture)
    assert time.perf_counter() - start < 2  # 3.8 s when each was drawn


def test_a_sticker_s_label_is_fitted_to_the_mask_it_comes_onto():
    plan = A.Plan(SMALL, (Paste((Layer(STICKER.pixels, STICKER.opacity, (2, 5), 300),)),))
    assert plan.mask(np.zeros(SMALL, np.uint8)).max() == 255
    assert plan.mask(np.zeros(SMALL, np.uint16)).max() == 300


def test_a_box_that_a_bend_leaves_no_place_is_no_number_without_a_warning():
    plan = A.Plan(SMALL, (Remap.of("fisheye", SMALL, k=-0.4),))
    assert np.isnan(plan.boxes([[-90, -90, -80, -80]])).all()


# --- boxes and outlines where tiles, bends and horizons lie on the way -------------------------------------------------


def shares_area(parts: list[Any], ring: Any, size: tuple[int, int] = (900, 900), scale: float = 10.0) -> bool:
    """Whether parts cover what an outline covers, looked at ten times as large."""
    one, other = (A.polygons_to_masks([[np.asarray(part) * scale for part in rings]], size)[0] for rings in (parts, [ring]))
    return bool((one != other).mean() < 1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_polygons_come_back_from_shuffled_tiles_piece_by_piece(seed: int):
    ring = [[10.0, 10.0], [50.0, 12.0], [40.0, 70.0]]
    picture = np.zeros((90, 90, 3), np.uint8)
    out = A.Compose([A.RandomGridShuffle((3, 3), p=1)], return_plan=True, seed=seed)(image=picture, polygons=[[ring]])
    (back,) = out["plan"].inverse().polygons(out["polygons"])
    assert shares_area(back, ring)
    for part in back:  # each within the tile that it was in, and no ring jumps
        low, high = part.min(axis=0), part.max(axis=0)
        assert (np.ceil(high / 30 - 1e-9) - np.floor(low / 30 + 1e-9) <= 1).all()


def test_a_prediction_across_tiles_is_cut_along_them_and_each_part_moved_back():
    plan = A.Plan((60, 80), (Shuffle((0, 30, 60), (0, 40, 80), (3, 2, 1, 0)),))
    (parts,) = plan.inverse().polygons([[[[30, 10], [50, 10], [50, 20], [30, 20]]]])
    assert sorted(np.concatenate([part.min(axis=0), part.max(axis=0)]).tolist() for part in parts) == [[0, 40, 10, 50], [70, 40, 80, 50]]
    assert np.array_equal(plan.inverse().boxes([[30, 10, 50, 20], [0, 0, 40, 30]]), [[0, 40, 80, 50], [40, 30, 80, 60]])
    assert np.allclose(plan.inverse().boxes([[39.8, 10, 60, 20]]), [[0, 40, 20, 50]])  # no mask would show the strip that the other tile has


@pytest.mark.parametrize(
    "build",
    [
        lambda: [A.RandomGridShuffle((3, 3), p=1)], lambda: [A.D4(), A.RandomGridShuffle((3, 3), p=1), A.Resize(50, 120), A.CLAHE(p=1)],
        lambda: [A.Morphological((3, 3), "dilation", p=1)], lambda: [A.Morphological((3, 3), "erosion", p=1), A.RandomGridShuffle((2, 2), p=1)],
        lambda: [A.ElasticTransform(alpha=60, sigma=9, p=1)], lambda: [A.Transpose(p=1), A.GridDistortion(p=1)],
    ],
)  # fmt: skip
def test_a_plan_moves_boxes_as_its_pipeline_does_but_for_the_edge(build: Callable[[], list[A.Transform]]):
    boxes = np.array([[0, 0, 30, 30], [30, 30, 60, 60], [29.8, 40, 55, 55], [10, 20, 70, 80], [40, 40, 50, 50]])
    for seed in range(4):
        pipeline = A.Compose(build(), bbox_params=A.BboxParams("pascal_voc"), return_plan=True, seed=seed)
        out = pipeline(size=(90, 90), bboxes=boxes)
        height, width = out["plan"].size
        assert np.allclose(np.clip(out["plan"].boxes(boxes), 0, (width, height, width, height)), out["bboxes"], atol=1e-9)


def test_one_tile_goes_where_its_tile_goes():
    plan = A.Compose([A.RandomGridShuffle((3, 3), p=1)], seed=1).draw((90, 90))
    assert np.array_equal(plan.boxes([[0, 0, 30, 30]]), [[60, 60, 90, 90]])
    assert np.array_equal(plan.inverse().boxes([[60, 60, 90, 90]]), [[0, 0, 30, 30]])


EMPTY: list[A.Transform] = [
    A.Rotate((10, 10), p=1), A.ElasticTransform(p=1), A.RandomGridShuffle((3, 3), p=1), A.Perspective(p=1), A.CoarseDropout(p=1), A.NoOp(),
]  # fmt: skip


@pytest.mark.parametrize("transform", EMPTY, ids=repr)
@pytest.mark.parametrize("empty", [[], (), np.zeros((0, 4)), np.zeros(0), np.zeros((0, 2), np.float32)], ids=repr)
def test_nothing_in_is_nothing_out(transform: A.Transform, empty: Any):
    plan = drawn(transform, size=(90, 90))
    undo = plan.inverse()
    for name, columns in (("points", 2), ("keypoints", 2), ("boxes", 4)):
        for found in (getattr(plan, name)(empty), plan(**{name: empty})[name], getattr(undo, name)(empty)):
            assert found.shape == (0, columns)
    assert plan.polygons(empty) == undo.polygons(empty) == []
    assert plan.polygons([[], []]) == undo.polygons([[], []]) == [[], []]
    assert plan.boxes(np.zeros((0, 6))).shape == undo.boxes(np.zeros((0, 6))).shape == (0, 6)
    assert len(plan(images=empty, masks=[])["masks"]) == 0


def test_further_columns_of_boxes_come_along():
    for transform in EMPTY:
        plan = drawn(transform, size=(90, 90))
        rows_ = np.array([[20, 20, 50, 60, 0.9, 3], [30, 20, 50, 60, np.nan, 4]])
        for way in (plan, plan.inverse()):
            assert np.array_equal(way.boxes(rows_)[:, 4:], rows_[:, 4:], equal_nan=True)
            assert np.array_equal(way.boxes(rows_)[:, :4], way.boxes(rows_[:, :4]), equal_nan=True)
    with pytest.raises(A.DataError, match=r"boxes\[0\]: expected finite"):
        plan.boxes([[1, 2, np.nan, 4, 5]])
    with pytest.raises(A.DataError, match="boxes: expected N x 4 numbers or more, got 1 x 3"):
        plan.boxes([[1, 2, 3]])


def test_of_a_box_that_a_horizon_crosses_what_lies_in_the_picture_counts():
    for extra in ([], [A.RandomGridShuffle((2, 2), p=1)]):
        plan = A.Compose([A.Perspective((0.3, 0.3), p=1), *extra], seed=4).draw((100, 100))
        for way, size in ((plan, plan.size), (plan.inverse(), plan.source)):
            far = way.boxes([[-900, -900, 900, 900], [0, 0, 50, 50]])
            assert np.abs(far).max() < 2000
            if not extra:  # else outer tiles reach beyond the picture
                assert (far[0] >= -1e-6).all()
                assert (far[0] <= np.array(size[::-1] * 2) + 1e-6).all()
        assert np.isnan(plan.boxes([[-900, -900, -899, -899]])).all()  # behind it altogether
        assert np.isnan(plan.points([[-900, -900]])).all()


def test_a_box_without_an_area_is_moved_as_its_points_are():
    for transform in (A.ElasticTransform(p=1), A.RandomGridShuffle((3, 3), p=1), A.Rotate((10, 10), p=1)):
        plan = drawn(transform)
        found = plan.boxes([[20, 25, 20, 25]])
        assert np.allclose(found, np.tile(plan.points([[20, 25]]), 2), atol=1e-6)
        assert np.allclose(plan.inverse().boxes(found), [[20, 25, 20, 25]], atol=1e-3)


# --- what the way back leaves --------------------------------------------------------------------------------------------

STEPS: list[A.Transform] = [
    A.Affine(rotate=(10, 10), p=1), A.RandomGamma(p=1), A.CoarseDropout((1, 1), (0.2, 0.2), (0.2, 0.2), p=1), A.RandomGridShuffle((2, 2), p=1),
]  # fmt: skip


def test_the_way_back_says_what_it_undoes_what_it_skips_and_why():
    told = drawn(*STEPS).inverse().explain().splitlines()
    assert told[0] == "80 x 60 -> 80 x 60 on the way back: 2 of 4 steps undone"
    assert [line[:9] for line in told[1::2]] == ["4. Shuffl", "3. Erase ", "2. Tone p", "1. Warp 8"]
    assert [line.strip() for line in told[2::2]] == [
        "undone", "not undone: what it covered stays covered in pictures; points, boxes, outlines and masks go through",
        "not undone: values stay as they are", "undone",
    ]  # fmt: skip
    assert str(drawn(*STEPS).inverse()).splitlines()[1].startswith("3. not undone: Erase")
    idle = A.Plan((60, 80), (Shuffle((0, 60), (0, 40, 80), (0, 1)), Erase((60, 80), ())))
    assert idle.inverse().explain().startswith("80 x 60 -> 80 x 60 on the way back: 2 of 2 steps undone")
    assert str(A.Compose([]).draw((60, 80)).inverse()) == drawn(A.NoOp()).inverse().explain() == "80 x 60: nothing to undo"


@pytest.mark.parametrize(("name", "build"), rows(SPATIAL | TONE), ids=[name for name, _ in rows(SPATIAL | TONE)])
def test_every_plan_says_what_its_way_back_does(name: str, build: Callable[[], A.Transform]):
    out = A.Compose([build()], return_plan=True, seed=2)(image=np.zeros((186, 256, 3), np.uint8))
    steps = out["plan"].steps
    told = out["plan"].inverse().explain()
    assert told.count("undone") == len(steps) + 1 if steps else "nothing to undo" in told


@pytest.mark.parametrize("operation", ["dilation", "erosion"])
def test_shapes_that_grew_are_refused_by_name_and_points_and_pictures_go_back(operation: str):
    plan = drawn(A.HorizontalFlip(p=1), A.Morphological((3, 3), operation, p=1))
    undo = plan.inverse()
    refused: list[tuple[str, Any]] = [("boxes", [[1, 2, 3, 4]]), ("polygons", [[SQUARE]]), ("mask", MASK), ("masks", [MASK])]
    for name, given_ in refused:
        with pytest.raises(A.NotInvertible, match=rf"{name}: step 2 of 2 cannot be undone: Grow by {operation}.*points, keypoints and images"):
            getattr(undo, name)(given_)
    assert np.allclose(undo.points([[10, 20]]), [[70, 20]])
    assert np.array_equal(undo.image(PICTURE), PICTURE[:, ::-1])
    assert "2. Grow by" in undo.explain()
    assert "boxes, outlines and masks have no way back" in undo.explain()


def test_stacks_come_back_as_their_pictures_do():
    undo = drawn(*STEPS, A.CenterCrop(40, 50)).inverse()
    masks = np.random.default_rng(0).integers(0, 3, (3, 40, 50))
    pictures = np.random.default_rng(1).integers(0, 256, (3, 40, 50, 3)).astype(np.uint8)
    for way, one, stack in ((undo.masks, undo.mask, masks), (undo.images, undo.image, pictures)):
        found = way(stack)
        assert isinstance(found, np.ndarray)
        assert found.dtype == stack.dtype
        assert np.array_equal(found[1], one(stack[1]))
        listed = way(list(stack))
        assert isinstance(listed, list)
        assert np.array_equal(listed[2], found[2])
        assert way([]) == []
        assert way(stack[:0]).shape == (0, 60, 80, *stack.shape[3:])
        assert (way(stack, fill=7)[0] == 7).any()
    with pytest.raises(A.DataError, match=r"masks\[1\]: 5 x 80.*40 x 50"):
        undo.masks([masks[0], MASK[:5]])


def test_holes_take_nothing_from_the_way_back_of_pictures_that_is_a_matrix():
    bare, holed = (drawn(A.Rotate((20, 20), p=1), *more) for more in ((), (A.CoarseDropout(p=1),)))
    assert np.array_equal(bare.inverse().image(PICTURE), holed.inverse().image(PICTURE))
    assert np.array_equal(bare.inverse().mask(MASK), holed.inverse().mask(MASK))
