"""Several pictures in one: pixels, masks and rows of each agree, and stay in their own cells."""

from __future__ import annotations

import copy
import pickle

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.steps.merge import Merge

WHOLE = {"grid_yx": (2, 2), "target_size": (80, 120), "cell_shape": (40, 60), "fit_mode": "contain", "p": 1}  # all of each cell is in view
HALVES = {"grid_yx": (1, 2), "target_size": (100, 100), "cell_shape": (100, 100), "center_range": (0.5, 0.5), "p": 1}  # x 25 to 75 of each


def spotted(number: int, seed: int, size: tuple[int, int], name: str = "image", channels: int = 4) -> dict:
    """A picture with soft blobs in a channel of its own, and rows that say where they are."""
    rng = np.random.default_rng((seed, number))
    height, width = size
    points = np.stack([rng.uniform(12, width - 12, 3), rng.uniform(12, height - 12, 3)], axis=1)[:1]
    rows, columns = np.mgrid[:height, :width] + 0.5
    image = np.zeros((height, width, channels), np.float32)
    for x, y in points:
        image[..., number] += np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 1.8**2))
    x, y = points[0]
    turn = np.arange(40) * (2 * np.pi / 40)
    ring = np.stack([x + 7 * np.cos(turn), y + 7 * np.sin(turn)], axis=1)
    drawn = np.zeros((height * 8, width * 8), np.uint8)
    cv2.fillPoly(drawn, [np.rint(ring * 8 - 0.5).astype(np.int32)], 1)
    disc = (cv2.resize(drawn.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA) > 0.5).astype(np.uint8)
    return {
        name: image,
        "mask": disc * (number + 1),
        "masks": [disc],
        "bboxes": [[x - 7, y - 7, x + 7, y + 7]],
        "keypoints": [[x - 0.5, y - 0.5]],
        "polygons": [[ring]],
        "annotations": [{"segmentation": [ring.reshape(-1).tolist()], "category_id": number, "id": 100 + number}],
        "labels": [number],
        "names": [f"picture {number}"],
    }


def call(*nodes: A.Transform, **settings) -> A.Compose:
    labels = settings.pop("labels", ["labels"])
    boxes = A.BboxParams("pascal_voc", label_fields=labels, **settings.pop("boxes", {}))
    return A.Compose(list(nodes), bbox_params=boxes, keypoint_params=A.KeypointParams("xy", label_fields=["names"]), seed=3, **settings)


def scene(seed: int, count: int) -> dict:
    rng = np.random.default_rng(seed)
    sizes = [(int(rng.integers(60, 140)), int(rng.integers(60, 140))) for _ in range(count + 1)]
    first, *others = [spotted(number, seed, size) for number, size in enumerate(sizes)]
    return {**first, "mosaic_metadata": others}


def centroid(weights: np.ndarray) -> tuple[float, float]:
    total = weights.sum(dtype=np.float64)
    rows, columns = np.mgrid[: weights.shape[0], : weights.shape[1]] + 0.5
    return float((weights * columns).sum() / total), float((weights * rows).sum() / total)


CHAINS = {
    "alone": lambda mosaic: [mosaic],
    "after a flip": lambda mosaic: [A.HorizontalFlip(p=1), mosaic],
    "then turned": lambda mosaic: [mosaic, A.Rotate(limit=25, p=1)],
    "then cropped": lambda mosaic: [A.RandomRotate90(p=1), mosaic, A.RandomCrop(145, 150)],
    "then stretched": lambda mosaic: [mosaic, A.Perspective(p=1), A.Resize(230, 190)],
}


@pytest.mark.parametrize("fit", ["cover", "contain"])
@pytest.mark.parametrize("chain", CHAINS)
def test_pixels_and_rows_of_every_picture_agree(chain, fit):
    pipeline = call(*CHAINS[chain](A.Mosaic((2, 2), (160, 180), (130, 140), fit_mode=fit, p=1)), boxes={"min_visibility": 1})
    seen, off = set(), []
    for seed in range(30):
        out = pipeline(**scene(seed, 3))
        points = dict(zip(out["names"], out["keypoints"], strict=True))
        annotations = {row["category_id"]: row for row in out["annotations"]}
        for number, box in zip(out["labels"], out["bboxes"], strict=True):  # those that are visible whole
            seen.add(number)
            middle = centroid(out["image"][..., number])
            assert np.allclose(middle, np.add(points[f"picture {number}"], 0.5), atol=0.12), "keypoint"
            assert np.allclose(middle, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), atol=0.35), "box"
            off.append(np.subtract(middle, centroid(out["mask"] == number + 1)))
            x, y, width, height = annotations[number]["bbox"]
            assert np.allclose(middle, (x + width / 2, y + height / 2), atol=0.35), "annotation"
    assert seen == {0, 1, 2, 3}
    # nearest rounds by up to half a pixel, of the source and again of what was turned; it does not lean
    assert np.abs(off).max() <= 0.8
    assert np.abs(np.mean(off, axis=0)).max() <= 0.2


@pytest.mark.parametrize("chain", CHAINS)
def test_the_polygon_and_the_mask_of_each_instance_show_the_same(chain):
    names = ["bboxes", "masks", "polygons", "keypoints"]
    pipeline = call(*CHAINS[chain](A.Mosaic((2, 2), (160, 180), (130, 140), p=1)), instances=names)
    rows = 0
    for seed in range(16):
        out = pipeline(**scene(seed, 3))
        assert len(out["bboxes"]) == len(out["masks"]) == len(out["polygons"]) == len(out["keypoints"]) == len(out["labels"])
        drawn = A.polygons_to_masks(out["polygons"], out["image"].shape[:2])
        for number, mask, again, box in zip(out["labels"], out["masks"], drawn, out["bboxes"], strict=True):
            rows += 1
            assert mask.shape == out["image"].shape[:2]
            assert (mask != again).sum() <= 3 * np.sqrt(again.sum()) + 4  # half of a pixel of the source, up to 1.2 px here, along the rim
            assert mask.sum() < 25 or np.allclose(centroid(mask), centroid(again), atol=0.8)
            assert ((mask > 0) != (out["mask"] == number + 1)).sum() <= 20  # where nearest is a tie along a whole line
            lines, columns = np.nonzero(again)
            assert np.allclose(box, (columns.min(), lines.min(), columns.max() + 1, lines.max() + 1), atol=1.01)
    assert rows > 10


@pytest.mark.parametrize("fit", ["cover", "contain"])
@pytest.mark.parametrize("seed", range(6))
def test_nothing_leaks_across_the_edges_of_cells(fit, seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(20, 200, (9, 2)).tolist()
    own = {"image": np.full(sizes[0], 200, np.uint8), "mask": np.full(sizes[0], 1, np.int32)}
    others = [{"image": np.full(size, 10 * k, np.uint8), "mask": np.full(size, 10 * k, np.int32)} for k, size in enumerate(sizes[1:], 1)]
    mosaic = A.Mosaic((3, 3), (180, 170), (70, 80), (0, 1), fit, fill=255, fill_mask=-1, p=1)
    out = A.Compose([mosaic], seed=seed, return_plan=True)(**own, mosaic_metadata=others)
    left = np.ones((180, 170), bool)
    for donor in out["plan"].steps[-1].donors:
        x0, y0, x1, y1 = donor.cell
        assert left[y0:y1, x0:x1].all(), "no two share a pixel"
        left[y0:y1, x0:x1] = False
        own_value = (donor.number + 1) * 10
        assert set(np.unique(out["image"][y0:y1, x0:x1])) <= {own_value, 255}
        assert set(np.unique(out["mask"][y0:y1, x0:x1])) <= {own_value, -1}
    assert left.any()
    assert out["image"][left].min() >= 200
    assert set(np.unique(out["mask"][left])) <= {1, -1}
    if fit == "cover":
        assert (out["mask"] != -1).all()
        assert (out["image"] != 255).all()


def test_the_largest_cell_is_the_picture_s_own():
    others = [{"image": np.full((40, 60), k, np.uint8)} for k in (1, 2, 3)]
    for shares, (row, column) in {(0.1, 0.1): (0, 0), (0.9, 0.9): (79, 119)}.items():
        mosaic = A.Mosaic(**(WHOLE | {"cell_shape": (70, 100), "center_range": shares}))
        out = A.Compose([mosaic], seed=1)(image=np.full((40, 60), 9, np.uint8), mosaic_metadata=others)["image"]
        assert out[row, column] == 9
        values, counts = np.unique(out, return_counts=True)
        assert values[counts.argmax()] == 9


def test_thresholds_count_for_rows_of_other_pictures_over_their_own_whole_way():
    other = {
        "image": np.zeros((100, 100), np.uint8),
        "bboxes": [[0, 0, 50, 100], [0, 0, 40, 100], [30, 0, 70, 100]],
        "labels": ["half", "less", "all"],
    }
    data = {"image": np.zeros((100, 100), np.uint8), "bboxes": [[60, 0, 100, 100]], "labels": ["own"], "mosaic_metadata": [other]}
    for least, expected in ((0, ["own", "half", "less", "all"]), (0.375, ["own", "half", "less", "all"]), (0.38, ["half", "all"]), (0.51, ["all"])):
        out = call(A.Mosaic(**HALVES), boxes={"min_visibility": least})(**data)
        assert out["labels"] == expected
    out = call(A.Mosaic(**HALVES), A.Crop(60, 0, 100, 100), boxes={"min_visibility": 0.3})(**data)
    assert out["labels"] == ["half", "all"]  # 15 of the 50 columns that there were, 35 of 40
    out = call(A.Mosaic(**HALVES), boxes={"min_area": 2000})(**data)
    assert out["labels"] == ["half", "all"]
    out = call(A.Mosaic(**HALVES), return_rows=True)(**data)
    assert out["rows"]["bboxes"] == [0, (0, 0), (0, 1), (0, 2)]


# --- kinds of rows ---------------------------------------------------------------------------------------------------


def plain(**more) -> dict:
    return {"image": np.zeros((40, 60), np.uint8), **more}


@pytest.mark.parametrize(
    ("mine", "theirs", "kind", "expected"),
    [
        (["a"], ["b"], list, ["a", "b"]),
        (("a",), ("b",), list, ["a", "b"]),
        ([1], np.array([2]), list, [1, 2]),
        ([("a", 1)], [("b", 2)], list, [("a", 1), ("b", 2)]),
        ([{"id": 1}], [None], list, [{"id": 1}, None]),
        (np.array([1], np.int16), [2], "int16", [1, 2]),
        (np.array([1], np.uint8), np.array([300]), "int64", [1, 300]),
        (np.array([1.5], np.float32), [2], "float32", [1.5, 2]),
        (np.array(["a"]), ["long name"], "<U9", ["a", "long name"]),
        (np.array(["a", 3], object)[:1], [None], "object", ["a", None]),
        (np.array([[1, 0]]), [[0, 1]], "int64", [[1, 0], [0, 1]]),
        (np.array([True]), [False], "bool", [True, False]),
    ],
)
def test_label_fields_stay_of_the_caller_s_kind(mine, theirs, kind, expected):
    out = call(A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)}))(
        **plain(bboxes=[[1, 2, 30, 30]], labels=mine, mosaic_metadata=[plain(bboxes=[[3, 4, 40, 40]], labels=theirs)])
    )["labels"]
    if kind is list:
        assert type(out) is list
        assert out == expected
        assert not any(isinstance(value, np.generic) for value in out)
    else:
        assert str(out.dtype) == kind
        assert out.tolist() == expected


@pytest.mark.parametrize(("mine", "theirs"), [(np.array([1]), ["cat"]), (np.array(["cat"]), [1]), (np.array([1]), [1.5]), (np.array([[1, 0]]), [1])])
def test_labels_that_the_caller_s_array_does_not_hold_are_refused(mine, theirs):
    other = plain(bboxes=[[3, 4, 40, 40]], labels=theirs)
    with pytest.raises(A.DataError, match=r"mosaic_metadata\[0\]\['labels'\]"):
        call(A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)}))(
            **plain(bboxes=[[1, 2, 30, 30]], labels=mine, mosaic_metadata=[other])
        )


@pytest.mark.parametrize("mine", [list, np.array, lambda rows: np.array(rows, np.float32)])
@pytest.mark.parametrize("theirs", [list, np.array, lambda rows: np.array(rows, int)])
def test_boxes_points_and_masks_come_in_the_caller_s_kind_whatever_the_other_pictures_is(mine, theirs):
    mosaic = A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)})
    boxes, points, masks = [[1, 2, 30, 30]], [[5, 6]], [np.eye(40, 60, dtype=np.uint8)]
    other = plain(bboxes=theirs(boxes), keypoints=theirs(points), names=["b"], labels=[2], masks=masks if theirs is list else np.stack(masks))
    own = plain(bboxes=mine(boxes), keypoints=mine(points), names=["a"], labels=[1], masks=masks if mine is list else np.stack(masks))
    out = call(mosaic)(**own, mosaic_metadata=[other])
    for name, expected in (("bboxes", [[1, 2, 30, 30], [61, 2, 90, 30]]), ("keypoints", [[5, 6], [65, 6]])):
        assert type(out[name]) is type(own[name])
        assert np.array_equal(out[name], expected)
        if mine is list:
            assert all(type(row) is list for row in out[name])
        else:
            assert out[name].dtype == (np.float64 if own[name].dtype.kind == "i" else own[name].dtype)
    assert type(out["masks"]) is type(own["masks"])
    assert np.shape(out["masks"]) == (2, 40, 120)
    assert np.array_equal(out["masks"][1][:, 60:], masks[0])
    assert not out["masks"][1][:, :60].any()


def test_rows_with_further_columns_and_groups_of_points_are_kept_and_other_columns_refused():
    mosaic = A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)})
    other = plain(bboxes=[[1, 2, 30, 30, "dog"]], labels=[2])
    out = call(mosaic)(**plain(bboxes=[[1, 2, 30, 30, "cat"]], labels=[1], mosaic_metadata=[other]))
    assert out["bboxes"] == [[1, 2, 30, 30, "cat"], [61, 2, 90, 30, "dog"]]
    for rows in ([[1, 2, 30, 30]], np.array([[1, 2, 30, 30.0]])):
        with pytest.raises(A.DataError, match=r"mosaic_metadata\[0\]\['bboxes'\]: rows of 5"):
            call(mosaic)(**plain(bboxes=rows, labels=[1], mosaic_metadata=[plain(bboxes=[[1, 2, 30, 30, 7]], labels=[2])]))
    people = A.Compose([mosaic], keypoint_params=A.KeypointParams("xyv"), seed=1)
    groups = [[[5, 6, 2], [7, 8, 1]]]
    for kind in (list, np.array):
        out = people(**plain(keypoints=kind(groups), mosaic_metadata=[plain(keypoints=groups)]))["keypoints"]
        assert np.array_equal(out, [groups[0], [[65, 6, 2], [67, 8, 1]]])
    with pytest.raises(A.DataError, match=r"mosaic_metadata\[0\]\['keypoints'\]: rows of 1 x 3, those of the call have 2 x 3"):
        people(**plain(keypoints=groups, mosaic_metadata=[plain(keypoints=[[[5, 6, 2]]])]))


def test_oriented_boxes_travel_too():
    pipeline = A.Compose([A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)})], bbox_params=A.BboxParams("oriented"), seed=1)
    out = pipeline(**plain(bboxes=[[20, 20, 10, 6, 30]], mosaic_metadata=[plain(bboxes=[[22, 18, 12, 5, -20]])]))["bboxes"]
    assert np.allclose(out, [[20, 20, 10, 6, 30], [82, 18, 12, 5, 340]])


def test_targets_that_the_call_lacks_are_not_invented_and_those_that_a_picture_lacks_add_nothing():
    mosaic = A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)}, fill_mask=7)
    full = plain(bboxes=[[1, 2, 30, 30]], labels=[2], mask=np.ones((40, 60), np.uint8), masks=[np.ones((40, 60), np.uint8)], more=5)
    out = call(mosaic)(**plain(mosaic_metadata=[full]))
    assert set(out) == {"image", "mosaic_metadata"}
    out = call(mosaic)(**plain(bboxes=[[1, 2, 30, 30]], labels=["own"], mask=np.ones((40, 60), np.uint8), mosaic_metadata=[plain()]))
    assert out["labels"] == ["own"]
    assert (out["mask"][:, :60] == 1).all()
    assert (out["mask"][:, 60:] == 7).all()
    nothing = call(mosaic)(**plain(bboxes=[], labels=[], mosaic_metadata=[full]))
    assert nothing["bboxes"] == [[61, 2, 90, 30]]
    assert nothing["labels"] == [2]
    empty = call(mosaic)(**plain(bboxes=np.zeros((0, 4), np.float32), labels=np.array([]), mosaic_metadata=[full | {"labels": ["cat"]}]))
    assert empty["bboxes"].dtype == np.float32
    assert empty["labels"].tolist() == ["cat"]


def test_polygons_come_in_the_caller_s_kind_of_ring():
    mosaic = A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)})
    ring = [1.0, 2.0, 30.0, 2.0, 30.0, 30.0]
    out = A.Compose([mosaic], seed=1)(**plain(polygons=[[ring]], mosaic_metadata=[plain(polygons=[[np.array(ring).reshape(-1, 2)]])]))["polygons"]
    assert [type(rings[0]) for rings in out] == [list, list]
    assert np.allclose(sorted(out[1][0]), sorted([61.0, 2.0, 90.0, 2.0, 90.0, 30.0]))


def test_annotations_are_appended_and_fates_tell_of_the_call_s_own():
    data = scene(4, 3)
    out = A.Compose([A.Mosaic(**WHOLE)], seed=1, return_fates=True, return_rows=True)(
        image=data["image"], annotations=data["annotations"], mosaic_metadata=data["mosaic_metadata"]
    )
    assert out["fates"] == ["kept"]
    assert sorted(row["id"] for row in out["annotations"]) == [100, 101, 102, 103]
    assert out["rows"]["annotations"][0] == 0
    assert sorted(out["rows"]["annotations"][1:]) == [(0, 0), (1, 0), (2, 0)]


def test_large_masks_of_instances_show_their_own_picture_alone():
    mosaic = A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)})
    large, class_mask = np.ones((40, 60), np.uint8), np.full((40, 60), 3, np.uint8)
    for masks in ([large], [large[..., None]]):
        for instances in (None, ["masks", "bboxes"]):
            other = plain(mask=class_mask, masks=masks, bboxes=[[0, 0, 60, 40]], labels=[2])
            own = plain(mask=class_mask, masks=masks, bboxes=[[0, 0, 60, 40]], labels=[1])
            out = call(mosaic, A.HorizontalFlip(p=1), instances=instances)(**own, mosaic_metadata=[other])
            assert [int(mask[:, 60:].sum()) for mask in out["masks"]] == [2400, 0]
            assert [int(mask[:, :60].sum()) for mask in out["masks"]] == [0, 2400]
            assert (out["mask"] == 3).all()


def test_bound_rows_live_and_die_within_their_own_picture_and_must_be_complete():
    names = ["bboxes", "masks"]
    left, right = np.zeros((100, 100), np.uint8), np.zeros((100, 100), np.uint8)
    left[:, :20], right[:, 40:60] = 1, 1
    square = {"image": np.zeros((100, 100), np.uint8), "bboxes": [[0, 0, 20, 100], [40, 0, 60, 100]], "masks": [left, right]}
    out = call(A.Mosaic(**HALVES), instances=names, return_rows=True)(**square, labels=["a", "b"], mosaic_metadata=[{**square, "labels": ["c", "d"]}])
    assert out["labels"] == ["b", "d"]
    assert out["rows"] == {"bboxes": [1, (0, 1)], "masks": [1, (0, 1)]}
    assert len(out["masks"]) == 2
    with pytest.raises(A.DataError, match=r"mosaic_metadata\[0\]: masks missing"):
        call(A.Mosaic(**HALVES), instances=names)(
            **square, labels=["a", "b"], mosaic_metadata=[{"image": square["image"], "bboxes": square["bboxes"], "labels": [1, 2]}]
        )
    short = {**square, "masks": [left], "labels": [1, 2]}
    with pytest.raises(A.DataError, match=r"mosaic_metadata\[0\]: instances=.*masks has 1"):
        call(A.Mosaic(**HALVES), instances=names)(**square, labels=["a", "b"], mosaic_metadata=[short])
    bare = call(A.Mosaic(**HALVES), instances=names)(**square, labels=["a", "b"], mosaic_metadata=[{"image": square["image"]}])
    assert bare["labels"] == ["b"]


# --- how many pictures -----------------------------------------------------------------------------------------------


def test_where_there_are_too_few_pictures_the_call_s_own_fills_the_rest_rows_and_all():
    data = scene(2, 1)
    for given, expected in (([], [0, 0, 0, 0]), (None, [0, 0, 0, 0]), (data["mosaic_metadata"], [0, 0, 0, 1])):
        out = call(A.Mosaic(**WHOLE), return_rows=True)(**{**data, "mosaic_metadata": given})
        assert sorted(out["labels"]) == expected
        assert sum(row == 0 for row in out["rows"]["bboxes"]) == expected.count(0)
    tiles = call(A.Mosaic(**WHOLE))(**{**data, "mosaic_metadata": []})
    corners = [tiles["image"][y : y + 40, x : x + 60] for y in (0, 40) for x in (0, 60)]
    assert all(np.allclose(corner, corners[0], atol=1e-5) for corner in corners)
    masks = [tiles["mask"][y : y + 40, x : x + 60] for y in (0, 40) for x in (0, 60)]
    assert all((mask != masks[0]).mean() < 0.01 for mask in masks)


def test_what_came_before_shows_in_every_copy_of_the_picture():
    data = scene(2, 1)
    out = call(A.HorizontalFlip(p=1), A.Rotate((20, 20), p=1), A.Mosaic(**WHOLE), A.VerticalFlip(p=1))(**{**data, "mosaic_metadata": []})
    assert len(out["keypoints"]) == 4
    for x, y in np.add(out["keypoints"], 0.5):
        left, top = int(x // 60) * 60, int(y // 40) * 40
        assert np.allclose(np.add(centroid(out["image"][top : top + 40, left : left + 60, 0]), (left, top)), (x, y), atol=0.15)


def test_of_too_many_pictures_some_are_drawn_each_at_most_once():
    others = [plain(bboxes=[[1, 2, 30, 30]], labels=[k]) for k in range(9)]
    pipeline, seen = call(A.Mosaic(**WHOLE)), set()
    for _ in range(30):
        labels = pipeline(**plain(bboxes=[], labels=[], mosaic_metadata=others))["labels"]
        assert len(set(labels)) == len(labels) == 3
        seen |= set(labels)
    assert seen == set(range(9))


def test_two_mosaics_in_one_pipeline_carry_all_rows():
    mosaics = A.Mosaic((1, 2), (60, 160), (60, 80), p=1), A.Mosaic((2, 1), (120, 160), (60, 160), fit_mode="contain", metadata_key="more", p=1)
    first, second, third = (spotted(k, 7, (60, 80)) for k in range(3))
    wide = {name: value for name, value in third.items() if name != "masks"}
    for more, expected in (([], [0, 1, 0, 1]), ([wide], [0, 1, 2])):
        out = call(*mosaics, A.Rotate((10, 10), p=1), return_rows=True)(**first, mosaic_metadata=[second], more=more)
        assert sorted(out["labels"]) == sorted(expected)
        assert len(out["keypoints"]) == len(out["polygons"]) == len(out["annotations"]) == len(expected)
        if not more:
            assert sorted(map(str, out["rows"]["bboxes"])) == ["(0, 0)", "(0, 0)", "0", "0"]
        for name, (x, y) in zip(out["names"], np.add(out["keypoints"], 0.5), strict=True):
            around = out["image"][max(round(y) - 9, 0) : round(y) + 9, max(round(x) - 9, 0) : round(x) + 9, int(name[-1])]
            if around.sum() > 10:
                assert np.allclose(centroid(around), (x - max(round(x) - 9, 0), y - max(round(y) - 9, 0)), atol=0.3)


def test_further_pictures_and_masks_take_what_the_others_bring_by_that_name():
    mosaic = A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)}, fill_mask=9)
    pipeline = A.Compose([mosaic], additional_targets={"depth": "image", "parts": "mask"}, seed=1)
    depth, parts = np.full((40, 60), 0.5, np.float32), np.full((40, 60), 4, np.uint8)
    own = plain(depth=depth, parts=parts)
    out = pipeline(**own, mosaic_metadata=[plain(depth=depth * 3, parts=parts + 1)])
    assert np.array_equal(np.unique(out["depth"][:, 60:]), [1.5])
    assert np.array_equal(np.unique(out["parts"][:, 60:]), [5])
    assert np.array_equal(np.unique(out["depth"][:, :60]), [0.5])
    assert np.array_equal(np.unique(pipeline(**own, mosaic_metadata=[plain(depth=depth)])["parts"][:, 60:]), [9])
    assert np.array_equal(np.unique(pipeline(**own, mosaic_metadata=[])["depth"]), [0.5])
    with pytest.raises(A.DataError, match=r"mosaic_metadata\[0\]: 'depth' is missing"):
        pipeline(**own, mosaic_metadata=[plain()])
    with pytest.raises(A.DataError, match=r"mosaic_metadata\[0\]\['depth'\]: expected an array of 40 x 60"):
        pipeline(**own, mosaic_metadata=[plain(depth=depth[:-1])])


def test_labels_alone_and_masks_alone_need_no_picture():
    mosaic = A.Mosaic(**WHOLE | {"grid_yx": (1, 2), "target_size": (40, 120)})
    out = call(mosaic)(size=(40, 60), bboxes=[[1, 2, 30, 30]], labels=[1], mosaic_metadata=[plain(bboxes=[[1, 2, 30, 30]], labels=[2])])
    assert out["bboxes"] == [[1, 2, 30, 30], [61, 2, 90, 30]]
    assert out["size"] == (40, 120)
    again = call(mosaic)(mask=np.ones((40, 60), np.uint8), bboxes=[[1, 2, 30, 30]], labels=[1], mosaic_metadata=[])
    assert again["mask"].all()
    assert again["bboxes"] == [[1, 2, 30, 30], [61, 2, 90, 30]]


# --- repeats ---------------------------------------------------------------------------------------------------------


def same(one: dict, other: dict) -> None:
    for name in ("image", "mask"):
        assert np.array_equal(one[name], other[name])
    assert np.array_equal(one["masks"], other["masks"])
    for name in ("bboxes", "keypoints", "labels", "names", "annotations"):
        assert one[name] == other[name], name


def test_the_same_seed_gives_the_same_bytes_and_fuse_false_too():
    data, steps = scene(1, 2), [A.Mosaic((2, 2), (160, 180), (130, 140), p=1), A.HorizontalFlip(p=0.5)]
    one = call(*steps)(**data)
    same(one, call(*steps)(**data))
    same(one, call(*steps, fuse=False)(**data))


def test_plans_repeat_with_the_pictures_that_were_drawn_and_pickle():
    data = scene(1, 2)
    pipeline = call(A.Rotate(p=1), A.Mosaic((2, 2), (160, 180), (130, 140), p=1), A.Affine(scale=0.9, p=1), return_plan=True)
    one = pipeline(**data)
    plan = pickle.loads(pickle.dumps(one["plan"]))
    assert plan == one["plan"]
    assert np.array_equal(plan.image(data["image"]), one["image"])
    assert np.array_equal(plan.mask(data["mask"]), one["mask"])
    same(pipeline.replay(plan, **data), one)
    assert "mosaic_metadata[1] at x" in str(plan)
    assert "from Mosaic" in plan.explain()
    with pytest.raises(A.ParameterError, match="a mosaic's pictures are not stored in JSON"):
        plan.to_json()
    point = np.array([[70.0, 50.0]])
    assert np.allclose(plan.inverse().points(plan.points(point)), point)


def test_steps_are_equal_where_their_pictures_are_to_the_last_pixel():
    data = scene(1, 3)
    pipeline = call(A.Mosaic(**WHOLE), return_plan=True)
    one, two = (pipeline(**copy.deepcopy(data), key=1)["plan"] for _ in range(2))
    assert one == two
    data["mosaic_metadata"][0]["image"][0, 0, 0] += 1
    assert pipeline(**data, key=1)["plan"] != one
    merged = one.steps[-1]
    assert isinstance(merged, Merge)
    assert str(Merge()) == "Merge nothing"


def test_what_came_in_is_left_alone_and_nothing_shares_memory_with_it():
    data = scene(3, 3)
    kept = copy.deepcopy(data)
    out = call(A.Mosaic(**WHOLE))(**data)
    for mine, before in zip([data, *data["mosaic_metadata"]], [kept, *kept["mosaic_metadata"]], strict=True):
        assert np.array_equal(mine["image"], before["image"])
        assert np.array_equal(mine["mask"], before["mask"])
        for name in ("bboxes", "keypoints", "labels", "names", "annotations"):
            assert mine[name] == before[name]
        assert np.array_equal(mine["polygons"], before["polygons"])
        assert not np.shares_memory(out["image"], mine["image"])
        assert not np.shares_memory(out["mask"], mine["mask"])
        assert not any(np.shares_memory(mask, mine["masks"][0]) for mask in out["masks"])
        assert not any(row is mine["annotations"][0] for row in out["annotations"])
    assert len(out["labels"]) == 4


def test_p_0_leaves_everything_as_it_came():
    data = scene(3, 3)
    out = call(A.Mosaic(p=0))(**data)
    assert np.array_equal(out["image"], data["image"])
    assert out["bboxes"] == data["bboxes"]
    assert out["mosaic_metadata"] is data["mosaic_metadata"]


@pytest.mark.parametrize("flag", range(7))
def test_every_interpolation_places_pictures_alike(flag):
    data = scene(5, 3)
    smooth = A.Mosaic((2, 2), (160, 180), (130, 140), interpolation=flag, mask_interpolation=flag if flag in (0, 6) else 0, p=1)
    one, linear = call(smooth)(**data), call(A.Mosaic((2, 2), (160, 180), (130, 140), p=1))(**data)
    assert one["bboxes"] == linear["bboxes"]
    for number in range(4):
        if linear["image"][..., number].sum() > 10:
            assert np.allclose(centroid(one["image"][..., number]), centroid(linear["image"][..., number]), atol=0.6)


# --- what is refused -------------------------------------------------------------------------------------------------

GOOD = {"image": np.zeros((40, 60, 3), np.uint8)}


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"image": GOOD["image"]}, A.DataTypeError, r"mosaic_metadata: expected a list of dicts with 'image', got dict"),
        (GOOD["image"], A.DataTypeError, "mosaic_metadata: expected a list"),
        ("a.png", A.DataTypeError, "mosaic_metadata: expected a list"),
        ([GOOD, GOOD["image"]], A.DataError, r"mosaic_metadata\[1\]: expected a dict"),
        ([GOOD, {"mask": np.zeros((40, 60), np.uint8)}], A.DataError, r"mosaic_metadata\[1\]: expected a dict with 'image'"),
        ([{"image": "a.png"}], A.DataTypeError, r"mosaic_metadata\[0\]\['image'\]"),
        ([{"image": np.zeros((0, 3, 3), np.uint8)}], A.DataError, r"mosaic_metadata\[0\]\['image'\].*empty"),
        ([{"image": np.zeros((40, 60, 3), np.float32)}], A.DataError, r"mosaic_metadata\[0\]\['image'\]: dtype float32"),
        ([{"image": np.zeros((40, 60), np.uint8)}], A.DataError, r"mosaic_metadata\[0\]\['image'\]: 1 channels"),
        ([{"image": np.zeros((40, 60, 4), np.uint8)}], A.DataError, r"mosaic_metadata\[0\]\['image'\]: 4 channels"),
        ([{**GOOD, "mask": np.zeros((40, 61), np.uint8)}], A.DataError, r"mosaic_metadata\[0\]\['mask'\]: 40 x 61"),
        ([{**GOOD, "mask": np.full((40, 60), 300)}], A.DataError, r"mosaic_metadata\[0\]\['mask'\]: int64 values"),
        ([{**GOOD, "mask": np.zeros((40, 60, 2), np.uint8)}], A.DataError, r"mosaic_metadata\[0\]\['mask'\]: 2 channels"),
        ([GOOD, GOOD, {**GOOD, "bboxes": [[1, 2, 3, 4]]}], A.DataError, r"mosaic_metadata\[2\]: labels: missing"),
        ([{**GOOD, "bboxes": [[1, 2, 3, 4]], "labels": []}], A.DataError, r"mosaic_metadata\[0\]: The lengths of bboxes and labels"),
        ([{**GOOD, "bboxes": [[9, 2, 3, 4]], "labels": [1]}], A.DataError, r"mosaic_metadata\[0\]: bboxes\[0\]"),
        ([{**GOOD, "bboxes": 3, "labels": [1]}], A.DataTypeError, r"mosaic_metadata\[0\]: bboxes"),
        ([{**GOOD, "masks": [np.zeros((9, 9), np.uint8)]}], A.DataError, r"mosaic_metadata\[0\]: masks"),
        ([{**GOOD, "annotations": [{"bbox": [1, 2]}]}], A.DataError, r"mosaic_metadata\[0\]: annotations\[0\]"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("checked", [True, False])
def test_pictures_that_do_not_go_together_are_refused_by_name(given, error, told, checked):
    data = {**GOOD, "mask": np.zeros((40, 60), np.uint8), "bboxes": [[1, 2, 30, 30]], "labels": [1], "masks": [], "annotations": []}
    with pytest.raises(error, match=told):
        call(A.Mosaic(**WHOLE), is_check_shapes=checked)(**data, mosaic_metadata=given)


def test_a_call_without_the_metadata_is_told_what_to_pass():
    with pytest.raises(A.CallError, match="Mosaic needs tiles="):
        A.Mosaic(metadata_key="tiles", p=1)(**GOOD)
    assert A.Compose([A.Mosaic(p=0)], strict=True)(**GOOD, mosaic_metadata=[])["image"].shape == (40, 60, 3)
    assert A.Compose([A.Mosaic(p=1)], strict=True)(**GOOD, mosaic_metadata=[])["image"].shape == (512, 512, 3)


def test_what_changes_values_first_wants_pictures_of_the_kind_it_leaves():
    grey = {"image": np.zeros((40, 60, 3), np.float32)}
    pipeline = A.Compose([A.Normalize(), A.Mosaic(**WHOLE)], seed=1)
    assert pipeline(**GOOD, mosaic_metadata=[grey])["image"].dtype == np.float32
    with pytest.raises(A.DataError, match=r"mosaic_metadata\[0\]\['image'\]: dtype uint8, but it lies beside float32"):
        pipeline(**GOOD, mosaic_metadata=[GOOD])
    with pytest.raises(A.ParameterError, match="must come last"):
        A.Compose([A.ToCHW(), A.Mosaic(**WHOLE)])(**GOOD, mosaic_metadata=[])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"grid_yx": (0, 2)}, "grid_yx"), ({"target_size": (0, 5)}, "target_size"), ({"cell_shape": 5}, "cell_shape"),
        ({"center_range": (0.7, 0.3)}, "center_range"), ({"center_range": (0, 1.1)}, "center_range"), ({"fit_mode": "fill"}, "fit_mode"),
        ({"interpolation": 9}, "interpolation"), ({"metadata_key": 3}, "metadata_key"), ({"target_size": (1025, 512)}, "is larger than"),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(arguments, told):
    with pytest.raises(A.ParameterError, match=told):
        A.Mosaic(**arguments)
