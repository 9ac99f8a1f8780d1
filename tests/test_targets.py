"""Boxes, keypoints, labels and masks at the border: formats, kinds, filters, what stays together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geoaug as A

PICTURE = np.zeros((60, 80, 3), np.uint8)


def flipped(**params):
    return A.Compose([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams(**params))


@pytest.mark.parametrize(
    ("shape", "before", "after"),
    [
        ("pascal_voc", [10, 20, 30, 50], [50, 20, 70, 50]),
        ("coco", [10, 20, 20, 30], [50, 20, 20, 30]),
        ("albumentations", [10 / 80, 20 / 60, 30 / 80, 50 / 60], [50 / 80, 20 / 60, 70 / 80, 50 / 60]),
        ("yolo", [20 / 80, 35 / 60, 20 / 80, 30 / 60], [60 / 80, 35 / 60, 20 / 80, 30 / 60]),
    ],
)
def test_every_box_format_comes_back_in_its_own_form(shape, before, after):
    assert np.allclose(flipped(format=shape)(image=PICTURE, bboxes=[before])["bboxes"], [after], atol=1e-12)
    array = flipped(format=shape)(image=PICTURE, bboxes=np.array([before], np.float32))["bboxes"]
    assert array.dtype == np.float32
    assert np.allclose(array, [after], atol=1e-5)


def test_a_two_decimal_coco_box_flipped_twice_is_exact_to_1e_9():
    pipeline = A.Compose([A.HorizontalFlip(p=1), A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("coco"))
    assert np.allclose(pipeline(image=PICTURE, bboxes=[[10.13, 5.27, 20.41, 33.33]])["bboxes"], [[10.13, 5.27, 20.41, 33.33]], atol=1e-9, rtol=0)


@pytest.mark.parametrize("empty", [[], (), np.zeros((0, 4)), np.zeros((0,)), np.zeros((0, 0))])
def test_no_boxes_in_any_spelling_are_no_boxes(empty):
    out = flipped(format="coco", label_fields=["labels"])(image=PICTURE, bboxes=empty, labels=[])
    assert len(out["bboxes"]) == 0
    assert out["labels"] == []
    if isinstance(empty, np.ndarray):
        assert out["bboxes"].shape == (0, 4)


def test_boxes_none_stay_none():
    assert flipped(format="coco")(image=PICTURE, bboxes=None)["bboxes"] is None


def test_labels_are_the_very_objects_that_came():
    labels = [2**53 + 1, "cat", None, {"a": [1]}, 900100581781]
    boxes = [[k, k, k + 5, k + 5] for k in range(5)]
    out = flipped(format="pascal_voc", label_fields=["labels", "ids"])(
        image=PICTURE, bboxes=boxes, labels=labels, ids=np.array([2**60 + k for k in range(5)])
    )
    assert all(one is other for one, other in zip(out["labels"], labels, strict=True))
    assert out["ids"].dtype == np.int64
    assert out["ids"].tolist() == [2**60 + k for k in range(5)]


def test_the_type_of_a_label_field_may_change_from_call_to_call():
    pipeline = flipped(format="pascal_voc", label_fields=["labels"])
    assert pipeline(image=PICTURE, bboxes=[[1, 2, 3, 4]], labels=[7])["labels"] == [7]
    assert pipeline(image=PICTURE, bboxes=[[1, 2, 3, 4]], labels=["cat"])["labels"] == ["cat"]


def test_a_dropped_box_takes_its_labels_with_it():
    pipeline = A.Compose([A.CenterCrop(20, 20)], bbox_params=A.BboxParams("pascal_voc", label_fields=["labels"]))
    out = pipeline(image=PICTURE, bboxes=[[0, 0, 10, 10], [35, 25, 45, 35]], labels=["gone", "stays"])
    assert out["labels"] == ["stays"]
    assert out["bboxes"] == [[5, 5, 15, 15]]


def test_extra_columns_are_carried():
    out = flipped(format="pascal_voc")(image=PICTURE, bboxes=[[10, 20, 30, 50, "cat", 7]])["bboxes"]
    assert out == [[50, 20, 70, 50, "cat", 7]]
    array = flipped(format="pascal_voc")(image=PICTURE, bboxes=np.array([[10.0, 20, 30, 50, 9]]))["bboxes"]
    assert array.tolist() == [[50, 20, 70, 50, 9]]


def test_visibility_is_measured_once_over_the_whole_pipeline_inclusive():
    half = [A.RandomCrop(60, 60, p=1), A.CenterCrop(60, 40)]
    box = [[20.0, 10.0, 60.0, 50.0]]
    for share, kept in ((0.5, 1), (0.51, 0)):
        pipeline = A.Compose([A.CenterCrop(60, 60), A.CenterCrop(60, 40), A.Affine(translate_px={"x": 20, "y": 0}, p=1)],
                             bbox_params=A.BboxParams("pascal_voc", min_visibility=share))  # fmt: skip
        assert len(pipeline(image=PICTURE, bboxes=box)["bboxes"]) == kept
    whole = A.Compose(half, bbox_params=A.BboxParams("pascal_voc", min_visibility=1.0))
    assert len(whole(image=PICTURE, bboxes=[[38.0, 10.0, 42.0, 50.0]])["bboxes"]) == 1


def test_thresholds_are_inclusive_and_in_pixels_of_the_output():
    pipeline = A.Compose([A.Resize(120, 160)], bbox_params=A.BboxParams("pascal_voc", min_width=10, min_height=10, min_area=100))
    assert len(pipeline(image=PICTURE, bboxes=[[0, 0, 5, 5]])["bboxes"]) == 1
    assert len(pipeline(image=PICTURE, bboxes=[[0, 0, 4.99, 5.1]])["bboxes"]) == 0
    ratio = A.Compose([A.NoOp()], bbox_params=A.BboxParams("pascal_voc", max_accept_ratio=2.0))
    assert len(ratio(image=PICTURE, bboxes=[[0, 0, 20, 10], [0, 0, 21, 10]])["bboxes"]) == 1


@settings(max_examples=150, deadline=None)
@given(
    size=st.tuples(*[st.integers(2, 30_000)] * 2),
    place=st.tuples(*[st.floats(0, 1)] * 2),
    share=st.tuples(*[st.floats(1e-4, 1)] * 2),
    shape=st.sampled_from(["pascal_voc", "coco", "yolo", "annotation", "outline"]),
    nodes=st.sampled_from([[A.NoOp()], [A.HorizontalFlip(p=1)], [A.VerticalFlip(p=1), A.Transpose(p=1)], [A.Rotate((180, 180), p=1)]]),
    scale=st.floats(0.01, 1),
)
def test_a_box_that_measures_just_what_is_asked_for_stays_however_large_it_is(size, place, share, shape, nodes, scale):
    (rows, columns), (x, y) = size, (part * (1 - of) * side for part, of, side in zip(place, share, size[::-1], strict=True))
    x1, y1 = x + share[0] * columns, y + share[1] * rows
    width, height = x1 - x, y1 - y
    area, ratio = width * height, max(width / height, height / width)

    def kept(factor: float) -> int:
        asked = {"min_area": area, "min_width": width, "min_height": height, "min_visibility": 1.0}
        if A.Transpose(p=1) in nodes:
            asked |= {"min_width": height, "min_height": width}
        asked = {name: value * factor if name != "min_visibility" else value for name, value in asked.items()}
        params = A.BboxParams(shape if shape in ("coco", "yolo") else "pascal_voc", clip=True, max_accept_ratio=ratio, **asked)
        call = A.Compose(nodes, bbox_params=params)
        if shape == "annotation":
            return len(call(size=size, annotations=[{"id": 1, "bbox": [x, y, width, height]}])["annotations"])
        if shape == "outline":
            return len(call(size=size, annotations=[{"id": 1, "segmentation": [[x, y, x1, y, x1, y1, x, y1]]}])["annotations"])
        boxes = {"coco": [x, y, width, height], "yolo": [(x + width / 2) / columns, (y + height / 2) / rows, width / columns, height / rows]}
        return len(call(size=size, bboxes=[boxes.get(shape, [x, y, x1, y1])])["bboxes"])

    assert kept(1.0) == kept(scale) == 1
    assert kept(1.001) == 0


def test_round_off_is_snapped_and_overhang_is_clipped_on_request():
    assert flipped(format="pascal_voc")(image=PICTURE, bboxes=[[0, 0, 80 + 1e-9, 60.005]])["bboxes"] == [[0, 0, 80, 60]]
    assert flipped(format="yolo")(image=PICTURE, bboxes=[[0.5, 0.5, 1.0000001, 1]])["bboxes"][0] == pytest.approx([0.5, 0.5, 1, 1])
    assert flipped(format="pascal_voc", clip=True)(image=PICTURE, bboxes=[[-5, 0, 90, 30]])["bboxes"] == [[0, 0, 80, 30]]


def test_boxes_outside_are_dropped_with_clip_or_filter_and_their_labels_too():
    for params in ({"clip": True}, {"filter_invalid_bboxes": True}):
        out = flipped(format="pascal_voc", label_fields=["l"], **params)(image=PICTURE, bboxes=[[90, 0, 99, 9], [1, 1, 5, 5]], l=["out", "in"])
        assert out["l"] == ["in"]
        assert out["bboxes"] == [[75, 1, 79, 5]]


def test_the_ellipse_of_a_box_gives_a_smaller_box_than_its_corners():
    square = [[200.0, 200.0, 400.0, 400.0]]
    big = np.zeros((600, 600), np.uint8)
    corners, ellipse = (
        A.Compose([A.Rotate((45, 45), rotate_method=method, p=1)], bbox_params=A.BboxParams("pascal_voc"))(image=big, bboxes=square)["bboxes"][0]
        for method in ("largest_box", "ellipse")
    )
    assert corners == pytest.approx([300 - 200 / 2**0.5, 300 - 200 / 2**0.5, 300 + 200 / 2**0.5, 300 + 200 / 2**0.5])
    assert ellipse == pytest.approx(square[0])


# --- keypoints ---


def points(shape="xy", transforms=None, **params):
    return A.Compose(transforms or [A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams(shape, **params))


@pytest.mark.parametrize(
    ("shape", "before", "after"),
    [
        ("xy", [10, 20], [69, 20]), ("yx", [20, 10], [20, 69]), ("xya", [10, 20, 30], [69, 20, 150]), ("xys", [10, 20, 4], [69, 20, 4]),
        ("xyas", [10, 20, 30, 4], [69, 20, 150, 4]), ("xysa", [10, 20, 4, 30], [69, 20, 4, 150]), ("xyz", [10, 20, 5], [69, 20, 5]),
    ],
)  # fmt: skip
def test_every_keypoint_format_comes_back_in_its_own_order(shape, before, after):
    out = points(shape)(image=PICTURE, keypoints=[before])["keypoints"]
    assert np.allclose(out, [after])
    assert isinstance(out, list)


def test_angles_turn_with_the_picture_in_one_convention():
    turn = A.Compose([A.Rotate((90, 90), p=1)], keypoint_params=A.KeypointParams("xya"))
    quarter = A.Compose([A.RandomRotate90()], keypoint_params=A.KeypointParams("xya"), return_matrix=True)
    square = np.zeros((50, 50), np.uint8)
    by_turn = turn(image=square, keypoints=[[10, 20, 0]])["keypoints"][0]
    for key in range(30):
        out = quarter(image=square, keypoints=[[10, 20, 0]], key=key)
        if np.allclose(out["matrix"][:2, :2], [[0, 1], [-1, 0]]):
            assert np.allclose(out["keypoints"][0], by_turn)
            return
    pytest.fail("no quarter turn to the left in thirty draws")


def test_scales_grow_with_the_picture():
    out = points("xys", [A.Affine(scale=2, p=1)])(image=PICTURE, keypoints=[[40, 30, 3]])["keypoints"]
    assert out[0][2] == pytest.approx(6)


def test_keypoints_that_left_go_with_their_labels_or_stay_on_request():
    crop = [A.CenterCrop(20, 20)]
    out = points("xy", crop, label_fields=["names"])(image=PICTURE, keypoints=[[0, 0], [40, 30]], names=["nose", "tail"])
    assert out["names"] == ["tail"]
    assert out["keypoints"] == [[10, 10]]
    kept = points("xy", crop, remove_invisible=False)(image=PICTURE, keypoints=[[0, 0], [40, 30]])["keypoints"]
    assert kept == [[-30, -20], [10, 10]]


def test_a_keypoint_on_the_last_edge_is_legal_and_survives_a_flip():
    for x in (79.5, 80 - 1e-9, 80):
        assert len(points()(image=PICTURE, keypoints=[[x, 30]])["keypoints"]) == 1
    assert len(points("xy", [A.NoOp()])(image=PICTURE, keypoints=[[80 - 1e-9, 60 - 1e-9]])["keypoints"]) == 1


def test_keypoints_are_not_multiplied_under_reflecting_borders():
    out = points("xy", [A.PadIfNeeded(200, 200, border_mode=4)])(image=PICTURE, keypoints=[[10, 20], [30, 40]])["keypoints"]
    assert len(out) == 2


# --- pictures, masks, stacks ---


def test_keypoints_under_a_resize_carry_the_half_pixel():
    out = points("xy", [A.Resize(120, 160)])(image=PICTURE, keypoints=[[10, 20]])["keypoints"]
    assert out == [[20.5, 40.5]]


def test_masks_keep_their_kind_of_container():
    mask = np.ones((60, 80), np.int64)
    out = A.Compose([A.Resize(30, 40)])(image=PICTURE, masks=[mask, mask * 2])
    assert isinstance(out["masks"], list)
    assert [m.dtype for m in out["masks"]] == [np.int64] * 2
    stack = A.Compose([A.Resize(30, 40)])(image=PICTURE, masks=np.stack([mask, mask]))["masks"]
    assert stack.shape == (2, 30, 40)
    assert A.Compose([A.Resize(30, 40)])(image=PICTURE, masks=np.zeros((0, 60, 80), bool))["masks"].shape == (0, 30, 40)
    assert A.Compose([A.Resize(30, 40)])(image=PICTURE, masks=[])["masks"] == []


def test_an_instance_mask_moves_in_its_own_box_bit_for_bit():
    rng = np.random.default_rng(0)
    for seed in range(20):
        mask = np.zeros((180, 240), np.uint8)
        y, x = rng.integers(0, 140), rng.integers(0, 200)
        mask[y : y + rng.integers(1, 40), x : x + rng.integers(1, 40)] = 1
        pipeline = A.Compose([A.Affine(scale=(0.6, 1.5), rotate=(-90, 90), p=1), A.RandomCrop(100, 120), A.Perspective(p=1)], seed=seed)
        one = pipeline(image=mask, mask=mask, masks=[mask])
        assert np.array_equal(one["mask"], one["masks"][0])


def test_bound_instances_live_and_die_together():
    mask = np.zeros((60, 80), np.uint8)
    masks = [mask + k for k in (1, 2, 3)]
    boxes = [[0.0, 0.0, 10.0, 10.0], [35.0, 25.0, 45.0, 35.0], [30.0, 20.0, 40.0, 30.0]]
    rows = [{"id": k, "bbox": [box[0], box[1], 10, 10]} for k, box in enumerate(boxes)]
    pipeline = A.Compose(
        [A.CenterCrop(20, 20)], bbox_params=A.BboxParams("pascal_voc", label_fields=["ids"]), instances=["bboxes", "masks", "annotations"]
    )
    out = pipeline(image=PICTURE, bboxes=boxes, ids=["a", "b", "c"], masks=masks, annotations=rows)
    assert out["ids"] == ["b", "c"]
    assert [m[0, 0] for m in out["masks"]] == [2, 3]
    assert [row["id"] for row in out["annotations"]] == [1, 2]
    stack = pipeline(image=PICTURE, bboxes=np.array(boxes), ids=["a", "b", "c"], masks=np.stack(masks), annotations=rows)
    assert stack["masks"].shape == (2, 20, 20)
    assert stack["bboxes"].shape == (2, 4)
    with pytest.raises(A.DataError, match="bboxes has 2, masks has 1"):
        A.Compose([A.NoOp()], bbox_params=A.BboxParams("pascal_voc"), instances=["bboxes", "masks"])(image=PICTURE, bboxes=boxes[:2], masks=[mask])
    with pytest.raises(A.ParameterError, match="instances: 'image'"):
        A.Compose([A.NoOp()], instances=["image"])


def test_without_the_check_of_shapes_each_size_gets_the_same_draw():
    pipeline = A.Compose([A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5), A.Resize(20, 30)], is_check_shapes=False)
    picture, mask = np.zeros((60, 80), np.uint8), np.zeros((30, 40), np.uint8)
    picture[:30, :40] = mask[:15, :20] = 1
    for _ in range(10):
        out = pipeline(image=picture, mask=mask)
        assert np.array_equal(out["image"] > 0, out["mask"] > 0)


def test_frames_share_one_draw():
    frames = np.stack([np.full((60, 80, 3), k, np.uint8) for k in range(3)])
    out = A.Compose([A.RandomCrop(20, 30), A.Rotate(p=1)], seed=1)(images=frames)["images"]
    assert out.shape == (3, 20, 30, 3)
    assert np.array_equal(out[1] > 0, out[2] > 0)


def test_a_mask_alone_is_enough():
    assert A.Compose([A.Resize(10, 10)])(mask=np.ones((60, 80), np.uint8))["mask"].shape == (10, 10)


def test_additional_targets_behave_like_their_model():
    pipeline = A.Compose([A.HorizontalFlip(p=1), A.RandomGamma(p=1)], additional_targets={"other": "image", "label": "mask"})
    picture = np.random.default_rng(0).integers(0, 255, (60, 80, 3)).astype(np.uint8)
    out = pipeline(image=picture, other=picture, label=picture[..., 0])
    assert np.array_equal(out["image"], out["other"])
    assert np.array_equal(out["label"], picture[:, ::-1, 0])


def test_unknown_keys_pass_through_untouched_and_are_refused_by_strict():
    thing = object()
    assert A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, path=thing)["path"] is thing
    with pytest.raises(ValueError, match="Key path is not in available keys"):
        A.Compose([A.HorizontalFlip(p=1)], strict=True)(image=PICTURE, path=thing)


def test_an_unapplied_pipeline_returns_the_very_data():
    boxes = [(1, 2, 3, 4)]
    out = A.Compose([A.HorizontalFlip(p=1)], p=0)(image=PICTURE, bboxes=boxes)
    assert out["image"] is PICTURE
    assert out["bboxes"] is boxes


def test_an_unapplied_pipeline_still_tells_its_plan_matrix_and_fates():
    pipeline = A.Compose([A.HorizontalFlip(p=1)], p=0, return_plan=True, return_matrix=True, return_fates=True)
    out = pipeline(image=PICTURE, annotations=[{"bbox": [1, 2, 3, 4]}])
    assert np.array_equal(out["matrix"], np.eye(3))
    assert out["plan"].steps == ()
    assert out["fates"] == ["kept"]


def test_where_no_transform_applies_boxes_and_points_keep_their_very_types():
    pipeline = A.Compose([A.HorizontalFlip(p=0)], bbox_params=A.BboxParams("coco"), keypoint_params=A.KeypointParams("xy"))
    out = pipeline(image=PICTURE, bboxes=[(1, 2, 3, 4)], keypoints=[(5, 6)])
    assert out["bboxes"] == [(1, 2, 3, 4)]
    assert type(out["bboxes"][0]) is tuple
    assert out["keypoints"] == [(5, 6)]
    whole = np.array([[1, 2, 3, 4]])
    assert pipeline(image=PICTURE, bboxes=whole)["bboxes"].dtype == whole.dtype


def test_one_of_draws_by_weight_and_always_applies_what_it_drew():
    pipeline = A.Compose([A.OneOf([A.HorizontalFlip(p=0.1), A.VerticalFlip(p=0.3)], p=1)], seed=0)
    picture = np.arange(4, dtype=np.uint8).reshape(2, 2)
    seen = [pipeline(image=picture)["image"].tolist() for _ in range(2000)]
    horizontal, vertical = seen.count([[1, 0], [3, 2]]), seen.count([[2, 3], [0, 1]])
    assert horizontal + vertical == 2000
    assert 400 < horizontal < 600


def test_independent_draws_no_lock_step():
    pipeline = A.Compose([A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5)], seed=42)
    picture = np.arange(4, dtype=np.uint8).reshape(2, 2)
    assert len({pipeline(image=picture)["image"].tobytes() for _ in range(60)}) == 4


def test_a_seed_reproduces_and_set_random_seed_starts_anew():
    pipeline = A.Compose([A.Rotate(p=1)], seed=5, return_matrix=True)
    first = [pipeline(image=PICTURE)["matrix"].tolist() for _ in range(3)]
    pipeline.set_random_seed(5)
    assert [pipeline(image=PICTURE)["matrix"].tolist() for _ in range(3)] == first
    unseeded = A.Compose([A.Rotate(p=1)], return_matrix=True)
    assert len({str(unseeded(image=PICTURE)["matrix"]) for _ in range(5)}) == 5


def test_a_pipeline_is_a_list_of_its_transforms():
    pipeline = A.Compose([A.HorizontalFlip(p=1), A.NoOp()])
    assert len(pipeline) == 2
    assert next(iter(pipeline)) is pipeline[0]
    assert "HorizontalFlip(p=1)" in repr(pipeline)
    assert A.HorizontalFlip(p=1)(image=np.uint8([[1, 2]]))["image"].tolist() == [[2, 1]]


def test_what_a_shear_does_not_name_is_zero():
    matrix = A.Compose([A.Affine(shear={"x": 10}, p=1)], return_matrix=True)(image=PICTURE)["matrix"]
    assert matrix[1, 0] == 0
    assert matrix[0, 1] != 0


def test_the_box_of_a_turned_rectangle_is_that_of_its_visible_part():
    pipeline = A.Compose([A.Rotate((45, 45), p=1)], bbox_params=A.BboxParams("pascal_voc"))
    square = np.zeros((100, 100), np.uint8)
    box = pipeline(image=square, bboxes=[[70, 70, 100, 100]])["bboxes"][0]
    mask = np.zeros((100, 100), np.uint8)
    mask[70:, 70:] = 1
    rows = np.flatnonzero(pipeline(image=square, mask=mask, bboxes=[])["mask"].any(axis=1))
    assert box[1] == pytest.approx(rows[0], abs=1)
    assert box[3] == pytest.approx(rows[-1] + 1, abs=1)


def _in_worker(task):
    pipeline, picture = task
    return pipeline(image=picture)["matrix"].tobytes()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_that_inherit_a_pipeline_draw_from_streams_of_their_own(method):
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    for seed in (None, 7):
        pipeline = A.Compose([A.Rotate(p=1)], seed=seed, return_matrix=True)
        mine = pipeline(image=PICTURE)["matrix"].tobytes()
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            theirs = list(pool.map(_in_worker, [(pipeline, PICTURE)] * 4))
        assert mine not in theirs


def test_one_array_may_be_picture_and_mask_at_once():
    levels = np.random.default_rng(0).integers(0, 255, (40, 60)).astype(np.uint8)
    augment = A.Compose([A.Rotate((30, 30), p=1), A.RandomGamma((50, 50), p=1)])
    together, apart = augment(image=levels, mask=levels), augment(image=levels, mask=levels.copy())
    assert np.array_equal(together["mask"], apart["mask"])
    assert np.array_equal(together["image"], apart["image"])


def test_a_further_target_may_behave_like_another_further_target():
    augment = A.Compose([A.HorizontalFlip(p=1)], additional_targets={"c": "b", "b": "a", "a": "image"})
    out = augment(image=PICTURE, a=PICTURE, b=PICTURE, c=PICTURE)
    assert all(np.array_equal(out[name], PICTURE[:, ::-1]) for name in "abc")
    with pytest.raises(A.ParameterError, match="or another of these names"):
        A.Compose([], additional_targets={"a": "b", "b": "a"})
