"""Bad input to the API: each row of the catalogue is refused by name, or done right."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest

import geoaug as A
from geoaug.raster.warp import MODERN

PICTURE = np.zeros((60, 80, 3), np.uint8)
FLIP = A.Compose([A.HorizontalFlip(p=1), A.Rotate((10, 10), p=1)])
BOXED = A.Compose([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("pascal_voc", label_fields=["labels"]))


def boxes(values, labels=None, shape="pascal_voc", **params):
    pipeline = A.Compose([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams(shape, **params))
    return pipeline(image=PICTURE, bboxes=values)["bboxes"]


@pytest.mark.parametrize(
    ("picture", "error", "told"),
    [
        (None, A.DataTypeError, "image: .*expected a numpy array, got None"),
        ([[1, 2], [3, 4]], A.DataTypeError, "image: .*got list"),
        ("cat.jpg", A.DataTypeError, "image: .*got str"),
        (np.zeros((0, 9, 3), np.uint8), A.DataError, "image: size 0 x 9 is empty"),
        (np.zeros((0, 0), np.uint8), A.DataError, "image: size 0 x 0 is empty"),
        (np.zeros((5, 5, 0), np.uint8), A.DataError, "0 channels"),
        (np.zeros(9, np.uint8), A.DataError, "expected 2 or 3 dimensions .*got 1"),
        (np.zeros((), np.uint8), A.DataError, "got 0"),
        (np.zeros((2, 5, 5, 3), np.uint8), A.DataError, "got 4; .*images="),
        (np.zeros((5, 5), object), A.DataTypeError, "dtype object"),
        (np.zeros((5, 5), complex), A.DataTypeError, "dtype complex128"),
        (np.full((5, 5), "a"), A.DataTypeError, "dtype <U1"),
        (np.ma.masked_array(np.zeros((5, 5)), mask=np.ones((5, 5))), A.DataTypeError, "masked arrays"),
    ],
)
def test_what_is_no_picture_is_refused(picture, error, told):
    with pytest.raises(error, match=told):
        FLIP(image=picture)


def test_a_picture_that_looks_like_channels_first_is_warned_about():
    with pytest.warns(UserWarning, match="looks like C x H x W"):
        FLIP(image=np.zeros((3, 60, 80), np.uint8))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (1, 9, 3), (9, 1, 4)])
@pytest.mark.parametrize("mode", [0, 1, 2, 3, 4])
def test_pictures_of_one_row_or_column_work_with_every_border(shape, mode):
    picture = np.ones(shape, np.uint8)
    out = A.Compose([A.Rotate((30, 30), border_mode=mode, interpolation=2, p=1), A.PadIfNeeded(20, 20, border_mode=mode)])(image=picture)["image"]
    assert out.shape == (20, 20, *shape[2:])


def test_big_endian_pictures_and_masks_are_converted():
    picture = np.arange(4800, dtype=">u2").reshape(60, 80)
    out = FLIP(image=picture, mask=picture.astype(">i4"))
    assert out["image"].dtype == np.uint16
    assert np.array_equal(out["image"], FLIP(image=picture.astype(np.uint16))["image"])


def test_a_bool_picture_stays_yes_or_no_and_wide_integers_are_exact_or_refused():
    assert FLIP(image=np.ones((60, 80), bool))["image"].dtype == bool
    with pytest.raises(A.DataError, match="image: dtype int64"):
        FLIP(image=np.full((60, 80), 2**40))
    exact = A.Compose([A.HorizontalFlip(p=1), A.PadIfNeeded(70, 90)])(image=np.full((60, 80), 2**40))["image"]
    assert exact.dtype == np.int64
    assert exact.max() == 2**40


@pytest.mark.parametrize("channels", [5, 129, 600])
def test_any_number_of_channels_works(channels):
    picture = np.random.default_rng(0).integers(0, 255, (30, 40, channels)).astype(np.uint8)
    out = FLIP(image=picture)["image"]
    for k in (0, channels // 2, channels - 1):
        assert np.array_equal(out[..., k], FLIP(image=np.ascontiguousarray(picture[..., k]))["image"])


def test_image_and_mask_agree_to_the_pixel_under_nearest_in_every_dtype():
    values = np.random.default_rng(0).integers(0, 100, (120, 130)).astype(np.uint8)
    pipeline = A.Compose([A.Affine(rotate=(33, 33), scale=1.3, interpolation=0, p=1)])
    expected = pipeline(image=values)["image"]
    for dtype in ("bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64"):
        out = pipeline(image=values.astype(dtype), mask=values.astype(dtype))
        assert np.array_equal(out["image"], expected.astype(dtype)), dtype
        assert np.array_equal(out["mask"], expected.astype(dtype)), dtype


def test_a_very_wide_picture_turns():
    turn, wide = A.Compose([A.Rotate((5, 5), p=1)]), np.zeros((20, 40000, 2), np.uint8)
    if MODERN:
        assert turn(image=wide)["image"].shape == (20, 40000, 2)
    else:
        with pytest.raises(A.DataError, match="40000 px exceeds 32766"):
            turn(image=wide)
    assert A.Compose([A.HorizontalFlip(p=1), A.CenterCrop(10, 39000)])(image=wide)["image"].shape == (10, 39000, 2)


def test_calls_without_a_picture_say_what_was_meant():
    with pytest.raises(KeyError, match="You have to pass data"):
        FLIP(PICTURE)
    with pytest.raises(A.DataTypeError, match="pass image="):
        FLIP()
    with pytest.raises(A.CallError, match="unknown target 'imgae': did you mean 'image'"):
        FLIP(imgae=PICTURE)


SLIPS = {
    "bbox": "bboxes", "boxes": "bboxes", "bboxs": "bboxes", "bboxess": "bboxes", "bobxes": "bboxes", "keypoint": "keypoints",
    "keypionts": "keypoints",
    "key_points": "keypoints", "keypoimts": "keypoints", "msk": "mask", "maks": "mask", "maskk": "mask", "imgae": "image", "iamge": "image",
    "imge": "image", "img": "image", "imgs": "images", "mskas": None, "polygon": "polygons", "annotation": "annotations",
    "anotations": "annotations", "volum": "volume",
}  # fmt: skip
METADATA = (
    "image_id", "image_path", "masks_path", "mask_path", "file_name", "filename", "label", "labels", "box_id", "bbox_id", "bbox_labels",
    "bboxes_labels",
    "class_labels", "category_ids", "category_id", "image2", "image_2", "image0", "imageA", "image_b", "mask1", "mask_2", "masks2", "mask3", "masked",
    "keypoints2", "keypoints_labels", "keypoint_ids", "task", "tasks", "mark", "marks", "index", "idx", "id", "ids", "path", "paths", "meta",
    "target",
    "targets", "points", "point", "box", "area", "iscrowd", "size", "sizes", "orig_size", "text", "caption", "captions", "depth", "normals", "edges",
    "segmentation", "classes", "names", "scores", "weights", "crop_coords", "cropping_bbox", "annotations_path", "annotation_id", "annotator",
    "polygons_path", "volume_id", "columns", "volumetric", "trimap", "heatmap", "flow", "p", "",
)  # fmt: skip


@pytest.mark.parametrize("name", SLIPS)
def test_a_target_misspelt_beside_a_picture_is_warned_about_and_passes_through(name):
    given = [[1, 2, 3, 4]]
    if SLIPS[name] is None:  # two slips are not guessed at
        assert FLIP(image=PICTURE, **{name: given})[name] is given
        return
    with pytest.warns(UserWarning, match=f"^{name} is no target and passes through untouched: did you mean '{SLIPS[name]}'"):
        assert FLIP(image=PICTURE, **{name: given})[name] is given
    with pytest.raises(A.DataError, match=f"Key {name} is not in available keys"):
        A.Compose([], strict=True)(image=PICTURE, **{name: given})


@pytest.mark.parametrize("name", METADATA)
def test_ordinary_names_pass_through_without_a_word(name):
    for given in ([1, 2, 3], np.zeros((60, 80)), "a.jpg", 7, None):
        assert FLIP(image=PICTURE, **{name: given})[name] is given


def test_a_name_near_a_target_is_no_slip_where_it_is_known_or_holds_no_target():
    for given in ("a/b.png", b"abc", 5, None, {"a": 1}):
        assert FLIP(image=PICTURE, bbox=given, img=given)["img"] is given
    known = A.Compose([A.HorizontalFlip(p=1)], additional_targets={"img": "image"}, bbox_params=A.BboxParams("coco", label_fields=["boxes"]))
    assert known(image=PICTURE, img=PICTURE, bboxes=[[1, 2, 3, 4]], boxes=["a"])["boxes"] == ["a"]
    assert FLIP(image=PICTURE, mask=None, masks=None)["mask"] is None


def test_a_size_that_is_not_the_picture_s_is_refused():
    with pytest.raises(A.DataError, match=r"size=\(80, 60\): image is 60 x 80 \(height x width\); leave size out"):
        FLIP(image=PICTURE, size=(80, 60))
    with pytest.raises(A.DataError, match=r"size=\[5, 5\]: mask is 60 x 80"):
        FLIP(mask=PICTURE, size=[5, 5])
    for given in ((60, 80), [60, 80], 4800, "large", (1, 2, 3), None, ["S", "L"]):
        assert FLIP(image=PICTURE, size=given)["size"] is given
    labelled = A.Compose([], bbox_params=A.BboxParams("coco", label_fields=["size"]))
    assert labelled(image=PICTURE, bboxes=[[1, 2, 3, 4], [5, 6, 7, 8]], size=[1, 2])["size"] == [1, 2]


def test_masks_of_another_size_are_named_with_both_sizes():
    with pytest.raises(A.DataError, match=r"mask: 9 x 80, image is 60 x 80"):
        FLIP(image=PICTURE, mask=np.zeros((9, 80), np.uint8))
    with pytest.raises(A.DataError, match=r"masks\[1\]: 9 x 80"):
        FLIP(image=PICTURE, masks=[np.zeros((60, 80), np.uint8), np.zeros((9, 80), np.uint8)])
    with pytest.raises(A.DataTypeError, match=r"masks\[0\]"):
        FLIP(image=PICTURE, masks=[[[1, 2], [3, 4]]])


def test_three_hundred_masks_move():
    mask = np.eye(60, 80, dtype=np.uint8)
    assert len(FLIP(image=PICTURE, masks=[mask] * 300)["masks"]) == 300


@pytest.mark.parametrize(
    ("values", "error", "told"),
    [
        ([[1, 2, 3, 4], [float("nan"), 2, 3, 4]], A.DataError, r"bboxes\[1\]: x_min is nan"),
        ([[1, 2, float("inf"), 4]], A.DataError, r"bboxes\[0\]: x_max is inf"),
        ([[1, 2, None, 4]], A.DataError, r"bboxes\[0\]: number 2 is None"),
        ([[1, 2, 80.5, 4]], A.DataError, r"bboxes\[0\].*x_max 80.5 > width 80; .*clip=True"),
        ([[-1, 2, 3, 4]], A.DataError, r"bboxes\[0\].*x_min -1 < 0"),
        ([[10, 20, 5, 40]], A.DataError, r"bboxes\[0\] = \(10, 20, 5, 40\) in 'pascal_voc': x_max 5 is left of x_min 10.*format='coco'"),
        ([[10, 20, 10, 40]], A.DataError, r"x_max 10 equals x_min 10"),
        ([[1, 2, 3]], A.DataError, r"bboxes\[0\]: expected 4 numbers|N x 4"),
        ([1, 2, 3, 4], A.DataError, "expected N x 4"),
        (np.zeros((2, 3)), A.DataError, r"expected N x 4 \(pascal_voc\), got 2 x 3"),
        ([[1, 2, 3, 4], [1, 2, 3]], A.DataError, r"bboxes\[1\]"),
        ([["1", "2", "3", "4"]], A.DataTypeError, r"bboxes\[0\]"),
        ([["a", "b", "c", "d"]], A.DataTypeError, r"bboxes\[0\]"),
        ([[1, 2, 3, 4j]], A.DataTypeError, r"bboxes\[0\]"),
        ("boxes", A.DataTypeError, "bboxes: expected rows"),
        ([[1, 2, 3, 4], {1: 0, 2: 0, 30: 0, 40: 0}], A.DataTypeError, r"bboxes\[1\]: expected 4 numbers \(pascal_voc\) in a list, got {1: 0"),
        ([{"x_min": 1, "y_min": 2, "x_max": 3, "y_max": 4}], A.DataTypeError, r"bboxes\[0\]: .*got {'x_min'"),
        ([{"x": 1, "y": 2, "w": 3, "h": 4, "label": 5}], A.DataTypeError, r"bboxes\[0\]: .*got {'x'"),
        ([[1, 2, 3, 4], {1, 2, 30, 40}], A.DataTypeError, r"bboxes\[1\]: .*got {"),
        ([{1, 2, 3, 4, 5}], A.DataTypeError, r"bboxes\[0\]: .*got {"),
        ([[1, 2, 3, 4], [1, 2, 3, 4, "a"]], A.DataError, r"bboxes\[1\]: 5 values, but bboxes\[0\] has 4; give every row as many"),
        ([[1, 2, 3, 4, "a"], [1, 2, 3, 4]], A.DataError, r"bboxes\[1\]: 4 values, but bboxes\[0\] has 5"),
        (np.zeros((3, 0)), A.DataError, r"bboxes: expected N x 4 \(pascal_voc\), got 3 x 0; where there are none, pass \[\]"),
        ([[], [], []], A.DataError, r"bboxes\[0\]: expected 4 numbers \(pascal_voc\), got 0: \[\]; where there are none, pass \[\]"),
        ([[]], A.DataError, r"bboxes\[0\]: .*where there are none, pass \[\]"),
        (np.array([[]]), A.DataError, r"bboxes: .*got 1 x 0; where there are none, pass \[\]"),
    ],
)
def test_bad_boxes_are_named_by_row_and_value(values, error, told):
    with pytest.raises(error, match=told):
        boxes(values)


@pytest.mark.parametrize("given", [{(1, 2, 30, 40)}, np.array(5.0), np.ma.masked_array([[1.0, 2, 3, 4]], mask=[[1, 0, 0, 0]])])
def test_containers_that_hold_no_rows_are_refused(given):
    with pytest.raises(A.DataTypeError, match="bboxes"):
        boxes(given)
    with pytest.raises(A.DataTypeError, match="keypoints"):
        A.Compose([A.NoOp()], keypoint_params=A.KeypointParams("xy"))(image=PICTURE, keypoints=given)


@pytest.mark.parametrize("shape", ["pascal_voc", "coco", "yolo", "albumentations"])
def test_numbers_beyond_arithmetic_are_refused_without_a_warning(shape):
    for bad in (float("inf"), -float("inf"), 1e308, 10**400):
        with pytest.raises(A.DataError, match="bboxes"):
            boxes([[bad, 0.1, -bad if isinstance(bad, float) else 1, 0.2]], shape=shape)


@pytest.mark.parametrize(
    "build",
    [
        lambda: A.Rotate(limit=1e308), lambda: A.ShiftScaleRotate(shift_limit=1e308), lambda: A.Affine(translate_percent=1e308),
        lambda: A.Affine(translate_px=2**63), lambda: A.Resize(10**400, 5), lambda: A.PadIfNeeded(10**400, 5), lambda: A.ToGray(2**63),
        lambda: A.LongestMaxSize(10**400), lambda: A.RandomBrightnessContrast(contrast_limit=1e308), lambda: A.Normalize(std=1e-320),
        lambda: A.Compose([], additional_targets=5), lambda: A.Compose([], additional_targets=["a"]), lambda: A.Compose([], bbox_params={1: "coco"}),
        lambda: A.Compose([]).draw((0, 0)), lambda: A.Compose([]).draw((-3, 4)), lambda: A.Compose([]).draw(5),
        lambda: A.Compose([])(image=PICTURE, key=[]), lambda: A.Compose([])(image=PICTURE, key={}),
    ],
)  # fmt: skip
def test_parameters_beyond_sense_are_refused(build):
    with pytest.raises(A.ParameterError):
        build()


def test_a_fitted_perspective_shows_the_whole_picture_however_strong():
    for key in range(300):
        plan = A.Compose([A.Perspective(scale=(0.3, 0.3), fit_output=True, keep_size=False, p=1)]).draw((60, 80), key=key)
        assert plan.size[0] * plan.size[1] < 100 * 60 * 80


def test_plans_refuse_what_they_cannot_move():
    plan = A.Compose([A.Rotate((10, 10), p=1)]).draw((60, 80))
    with pytest.raises(A.DataError, match="60 x 80"):
        plan.image(np.zeros((5, 5), np.uint8))
    with pytest.raises(A.DataTypeError, match="image"):
        plan.image(None)
    for bad in (None, "x", [[1]], [[1, 2, 3]], [[float("nan"), 1]]):
        with pytest.raises((A.DataError, A.DataTypeError), match="points"):
            plan.points(bad)
        with pytest.raises((A.DataError, A.DataTypeError), match="points"):
            plan.inverse().points(bad)
    for bad in ([[1, 2, 3]], "x", [[float("nan")] * 4], [[9, 9, 1, 1]]):
        with pytest.raises((A.DataError, A.DataTypeError), match="boxes"):
            plan.inverse().boxes(bad)


@pytest.mark.parametrize("shape", ["pascal_voc", "coco", "yolo", "albumentations"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e300])
@pytest.mark.parametrize("empty_too", [False, True])
def test_boxes_that_are_not_finite_are_dropped_with_the_filter_and_their_labels_too(shape, bad, empty_too):
    good = [0.25, 0.25, 0.5, 0.5] if shape in ("yolo", "albumentations") else [10, 10, 20, 20]
    rows = [[*good[:3], bad], good, [*good[:2], 0, 0] if empty_too else good, [bad, *good[1:]]]
    pipeline = A.Compose([A.NoOp()], bbox_params=A.BboxParams(shape, label_fields=["n"], filter_invalid_bboxes=True), return_rows=True)
    kept = [1] if empty_too else [1, 2]
    for given in (rows, np.array(rows), rows * 10):
        out = pipeline(image=PICTURE, bboxes=given, n=list(range(len(given))))
        assert out["n"][: len(kept)] == out["rows"]["bboxes"][: len(kept)] == kept
        assert np.allclose(out["bboxes"], good)
        assert len(out["bboxes"]) == len(kept) * len(given) // 4
    assert pipeline(image=PICTURE, bboxes=[[bad] * 4], n=["a"])["n"] == []


def test_infinite_boxes_are_refused_even_with_clip():
    with pytest.raises(A.DataError, match="inf"):
        boxes([[1, 2, float("inf"), 4]], clip=True)


def test_other_formats_tell_their_own_story():
    with pytest.raises(A.DataError, match=r"bboxes\[0\].*width -5"):
        boxes([[10, 10, -5, 5]], shape="coco")
    with pytest.raises(A.DataError, match="shares of the picture's size.*pascal_voc"):
        boxes([[20, 30, 40, 50]], shape="yolo")


def test_params_are_checked_when_they_are_made():
    with pytest.raises(A.ParameterError, match="format='xyzw'"):
        A.BboxParams("xyzw")
    with pytest.raises(A.ParameterError, match="min_visibility=2"):
        A.BboxParams("coco", min_visibility=2)
    with pytest.raises(A.ParameterError, match="min_area=nan"):
        A.BboxParams("coco", min_area=float("nan"))
    with pytest.raises(ValueError, match=r"unknown format of bbox_params.*A.BboxParams\(format='coco', label_fields=\[...\]\)"):
        A.Compose([A.NoOp()], bbox_params="coco")
    with pytest.raises(ValueError, match=r"unknown format of keypoint_params.*A.KeypointParams\(format='yx', label_fields=\[...\]\)"):
        A.Compose([A.NoOp()], keypoint_params="yx")
    with pytest.raises(A.ParameterError, match="format"):
        A.Compose([A.NoOp()], bbox_params={"format": "voc"})


def test_shapes_without_params_are_refused_not_corrupted():
    with pytest.raises(A.DataTypeError, match="bboxes given, but Compose has no bbox_params"):
        FLIP(image=PICTURE, bboxes=np.array([[10.0, 10, 50, 50]]))
    with pytest.raises(A.DataTypeError, match="keypoints given, but Compose has no keypoint_params"):
        FLIP(image=PICTURE, keypoints=[[1, 2]])


def test_labels_must_fit_row_by_row():
    with pytest.raises(ValueError, match="The lengths of bboxes and labels do not match. Got 1 and 2 respectively"):
        BOXED(image=PICTURE, bboxes=[[1, 2, 3, 4]], labels=[1, 2])
    with pytest.raises(ValueError, match="labels: missing"):
        BOXED(image=PICTURE, bboxes=[[1, 2, 3, 4]])
    with pytest.raises(ValueError, match="labels: expected a list"):
        BOXED(image=PICTURE, bboxes=[[1, 2, 3, 4]], labels=None)


@pytest.mark.parametrize(
    ("labels", "error"),
    [({"a": 1}, A.DataTypeError), ({7}, A.DataTypeError), (frozenset("a"), A.DataTypeError), ("a", A.DataError), (b"a", A.DataError)],
)
def test_labels_without_an_order_of_rows_are_refused(labels, error):
    with pytest.raises(error, match="labels: expected a list with one entry for each of the 1 bboxes, in their order, got"):
        BOXED(image=PICTURE, bboxes=[[1, 2, 3, 4]], labels=labels)


def test_labels_of_several_numbers_a_row_go_with_their_rows():
    cut = A.Compose([A.Crop(0, 0, 20, 20)], bbox_params=A.BboxParams("pascal_voc", label_fields=["labels"]))
    out = cut(image=PICTURE, bboxes=[[30, 30, 40, 40], [1, 2, 3, 4]], labels=np.eye(2))
    assert out["labels"].tolist() == [[0.0, 1.0]]


def test_rows_without_columns_do_not_lose_their_labels_in_silence():
    with pytest.raises(A.DataError, match="got 3 x 0"):
        BOXED(image=PICTURE, bboxes=np.zeros((3, 0)), labels=[1, 2, 3])
    assert BOXED(image=PICTURE, bboxes=np.zeros((0, 0)), labels=[])["labels"] == []


@pytest.mark.parametrize(
    ("values", "error", "told"),
    [
        ([[float("nan"), 1]], A.DataError, r"keypoints\[0\]: .*nan"),
        ([[1, 1], [float("inf"), 1]], A.DataError, r"keypoints\[1\]"),
        ([[1]], A.DataError, r"keypoints\[0\]|N x 2"),
        ([1, 2], A.DataError, "expected N x 2"),
        ([["a", "b"]], A.DataTypeError, r"keypoints\[0\]"),
    ],
)
def test_bad_keypoints_are_named_by_row(values, error, told):
    with pytest.raises(error, match=told):
        A.Compose([A.NoOp()], keypoint_params=A.KeypointParams("xy"))(image=PICTURE, keypoints=values)


@pytest.mark.parametrize("p", [2, -1, float("nan"), None, "x"])
def test_probabilities_are_probabilities(p):
    with pytest.raises(A.ParameterError, match="p="):
        A.HorizontalFlip(p=p)
    with pytest.raises(A.ParameterError, match="p="):
        A.Compose([A.NoOp()], p=p)


def test_an_unknown_argument_warns_with_the_nearest_name_and_raises_under_strict():
    with pytest.warns(UserWarning, match=r"HorizontalFlip: unknown argument 'prob' \(did you mean 'p'\?\)"):
        flip = A.HorizontalFlip(prob=1.0)
    assert flip.p == 0.5
    assert flip.invalid_args == ["prob"]
    with pytest.raises(ValueError, match="unknown argument 'prob'"):
        A.HorizontalFlip(prob=1.0, strict=True)
    with pytest.raises(ValueError, match="unknown argument"):
        A.Compose([flip], strict=True)


def test_a_composition_suggests_the_nearest_argument_too():
    for build, told in (
        (lambda: A.Compose([], bbox_param={}), r"Compose: unknown argument 'bbox_param' \(did you mean 'bbox_params'\?\)"),
        (lambda: A.SomeOf([], m=1), "SomeOf: unknown argument 'm' .*"),
        (lambda: A.OneOf([], prob=1), r"OneOf: unknown argument 'prob' \(did you mean 'p'\?\)"),
        (lambda: A.Compose(), "Compose: missing a required argument: 'transforms'"),
        (lambda: A.Sequential([], 1, 2), "Sequential: too many positional arguments; it takes transforms, p"),
    ):
        with pytest.raises(A.ParameterError, match=told) as caught:
            build()
        assert isinstance(caught.value, TypeError)  # as Python itself, and Albumentations 2.0.8, would raise


def test_a_subclass_of_a_composition_takes_arguments_of_its_own():
    class Named(A.Compose):
        def __init__(self, transforms, name, **rest):
            super().__init__(transforms, **rest)
            self.name = name

    assert Named([], "a", p=0.5).p == 0.5
    with pytest.raises(A.ParameterError, match="unknown argument 'q'"):
        Named([], "a", q=0.5)
    with pytest.raises(A.ParameterError, match="missing a required argument: 'name'"):
        Named([])


def test_a_part_of_a_name_is_enough_for_a_suggestion():
    with pytest.raises(AttributeError, match="no 'Elastic'; did you mean 'ElasticTransform' or 'GridElasticDeform'"):
        A.Elastic


def test_tiles_are_no_pixels_and_shares_are_no_more_than_one():
    with pytest.raises(A.ParameterError, match=r"grid=\(0, 3\): expected a whole number from 1 to 1e\+09$"):
        A.RandomGridShuffle((0, 3))
    with pytest.raises(A.ParameterError, match=r"scale=\(2, 3\): expected numbers from 0 to 1"):
        A.Erasing(scale=(2, 3))


def test_a_pipeline_that_is_not_there_is_told_as_such(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no pipeline is stored here, as A.save\(pipeline, path\) writes one.*none.json") as caught:
        A.load(tmp_path / "none.json")
    assert str(caught.value.filename) == str(tmp_path / "none.json")


def test_all_bad_parameters_are_named_at_once():
    with pytest.raises(A.ParameterError, match="height=0.*width=5.5.*p=3"):
        A.Resize(0, 5.5, p=3)


@pytest.mark.parametrize(
    "build",
    [
        lambda: A.Rotate(limit=float("nan")), lambda: A.Rotate(limit=(0, float("inf"))), lambda: A.Rotate(limit=(30, 10)),
        lambda: A.Affine(scale=0), lambda: A.Affine(shear=90), lambda: A.Affine(scale=(-1, 1)),
        lambda: A.Affine(translate_px=3, translate_percent=0.1), lambda: A.Affine(scale={"z": 1}),
        lambda: A.Resize(0, 5), lambda: A.Resize(-1, 5), lambda: A.Resize(5.5, 5), lambda: A.Resize(5),
        lambda: A.Rotate(interpolation=99), lambda: A.Rotate(border_mode=99), lambda: A.Rotate(fill=float("nan")),
        lambda: A.OneOf([A.NoOp(p=0), A.HorizontalFlip(p=0)]), lambda: A.Compose([A.NoOp()], seed="a"),
        lambda: A.Compose([A.NoOp()], seed=-1), lambda: A.Compose([A.NoOp()], seed=1.5),
        lambda: A.PadIfNeeded(min_height=None), lambda: A.PadIfNeeded(pad_height_divisor=32), lambda: A.PadIfNeeded(position="middle"),
        lambda: A.LongestMaxSize(), lambda: A.LongestMaxSize(max_size=5, max_size_hw=(3, 3)), lambda: A.LongestMaxSize(max_size=[]),
        lambda: A.RandomResizedCrop(5), lambda: A.RandomResizedCrop(size=(5, 5), scale=(0.5, 2)), lambda: A.KeypointParams("xyq"),
        lambda: A.Compose([A.NoOp()], additional_targets={"a": "b"}), lambda: A.Perspective(scale=-1),
        lambda: A.Compose([A.NoOp()], mask_interpolation=77),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_at_construction(build):
    with pytest.raises(A.ParameterError) as caught, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        build()
    assert re.search(r"[a-z]", str(caught.value))


@pytest.mark.parametrize("given", [None, ["a"], [A.HorizontalFlip], 3, "flip"])
def test_what_is_no_list_of_transforms_is_named(given):
    with pytest.raises(A.DataTypeError, match="transforms"):
        A.Compose(given)


def test_a_fill_must_fit_the_channels():
    turn = A.Compose([A.Rotate((30, 30), fill=(1, 2), p=1)])
    with pytest.raises(A.DataError, match="fill=.*2 values for a picture of 3 channels"):
        turn(image=PICTURE)
    five = A.Compose([A.Rotate((30, 30), fill=(1, 2, 3, 4, 5), p=1)])(image=np.zeros((60, 80, 5), np.uint8))["image"]
    assert five[0, 0].tolist() == [1, 2, 3, 4, 5]


def test_a_crop_larger_than_the_picture_names_both_and_the_way_out():
    with pytest.raises(A.CropSizeError, match="crop of 100 x 30.*larger than the picture, 60 x 80.*pad_if_needed"):
        A.Compose([A.RandomCrop(100, 30)])(image=PICTURE)


def test_outputs_beyond_any_memory_are_refused_before_they_are_allocated():
    with pytest.raises(A.ParameterError, match="exceeds max_pixels"):
        A.Compose([A.Resize(10**9, 10**9)])(image=PICTURE)
    with pytest.raises(A.ParameterError, match="exceeds max_pixels"):
        A.Compose([A.PadIfNeeded(10**6, 10**6)])(image=PICTURE)


def test_a_reflecting_border_is_not_followed_for_ever():
    with pytest.raises(A.ParameterError, match="picture sizes beyond the edge"):
        A.Compose([A.Affine(translate_px={"x": 10**7, "y": 0}, rotate=5, border_mode=4, p=1)])(image=PICTURE)


def test_a_bad_key_is_named():
    with pytest.raises(A.ParameterError, match="key="):
        FLIP(image=PICTURE, key="five")


def test_eight_threads_share_one_pipeline():
    from concurrent.futures import ThreadPoolExecutor

    pipeline = A.Compose([A.Affine(rotate=(-30, 30), p=1), A.HorizontalFlip()], seed=1)
    picture = np.random.default_rng(0).integers(0, 255, (120, 160, 3)).astype(np.uint8)
    expected = [pipeline(image=picture, key=k)["image"] for k in range(64)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda k: pipeline(image=picture, key=k)["image"], range(64)))
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))


def test_pickle_and_dict_keep_the_stream():
    import json
    import pickle

    pipeline = A.Compose([A.Rotate(p=1)], seed=9, return_matrix=True)
    copies = [pickle.loads(pickle.dumps(pipeline)), A.from_dict(json.loads(json.dumps(A.to_dict(pipeline))))]
    expected = [pipeline(image=PICTURE)["matrix"].tolist() for _ in range(3)]
    for copy in copies:
        assert [copy(image=PICTURE)["matrix"].tolist() for _ in range(3)] == expected


@pytest.mark.parametrize("name", ["os.system", "subprocess.Popen", "builtins.eval", "geoaug.compose.os"])
def test_only_geoaug_s_own_classes_are_built_from_data(name):
    with pytest.raises(A.ParameterError, match="is not one of geoaug's"):
        A.from_dict({"transform": {"__class_fullname__": name, "p": 1}})


def test_pipelines_as_data_say_where_they_are_wrong():
    with pytest.raises(A.ParameterError, match=r"transform.transforms\[0\]: Resize: .*height=-1"):
        A.from_dict(
            {
                "transform": {
                    "__class_fullname__": "Compose",
                    "p": 1,
                    "transforms": [{"__class_fullname__": "Resize", "height": -1, "width": 3}],
                }
            }
        )
    deep = {"__class_fullname__": "HorizontalFlip"}
    for _ in range(80):
        deep = {"__class_fullname__": "Compose", "transforms": [deep]}
    with pytest.raises(A.ParameterError, match="nested deeper than"):
        A.from_dict({"transform": deep})
    for wrong in (None, [3], {"a": 1}, {"transform": 3}, {"transform": {"__class_fullname__": "Compose"}}):
        with pytest.raises(A.ParameterError):
            A.from_dict(wrong)


def test_full_class_paths_of_albumentations_are_read():
    data = {"__class_fullname__": "albumentations.augmentations.geometric.transforms.Affine", "rotate": [5, 6], "p": 1.0}
    assert A.from_dict({"transform": data}) == A.Affine(rotate=(5, 6), p=1.0)


@pytest.mark.parametrize("params", [A.BboxParams, A.KeypointParams])
def test_a_misspelt_argument_of_the_params_is_refused_since_labels_would_fall_out_of_step(params):
    with pytest.raises(TypeError, match=r"unknown argument 'label_field' \(did you mean 'label_fields'\?\)"):
        params("coco" if params is A.BboxParams else "xy", label_field=["l"])
