"""COCO annotations: each row lives or dies as a whole, in its own kind, and tells one story."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from pycocotools import mask as coco_mask

import geoaug as A
from geoaug.steps.erase import Erase
from geoaug.targets import rle
from geoaug.targets.annotations import Annotations
from geoaug.targets.polygons import Polygons

PICTURE = np.zeros((60, 80, 3), np.uint8)


def run(annotations, *nodes, **settings):
    return A.Compose(list(nodes), return_fates=True, **settings)(image=PICTURE, annotations=annotations)


def square(x, y, side):
    return [x, y, x + side, y, x + side, y + side, x, y + side]


def polygon(**more):
    return {
        "id": 7,
        "image_id": 1,
        "category_id": 3,
        "iscrowd": 0,
        "segmentation": [square(10, 10, 20)],
        "bbox": [10, 10, 20, 20],
        "area": 400.0,
        **more,
    }


def ring_mask():
    mask = np.zeros((60, 80), np.uint8)
    mask[10:40, 20:60] = 1
    mask[20:30, 30:50] = 0
    return mask


@pytest.mark.parametrize("kind", ["list", "str", "bytes"])
def test_rle_stays_rle_of_its_kind_with_its_hole(kind):
    source = rle.encode(ring_mask(), kind)
    out = run([{"segmentation": source, "iscrowd": 1, "bbox": [20, 10, 40, 30], "area": 1000}], A.HorizontalFlip(p=1))["annotations"][0]
    assert rle.kind(out["segmentation"]) == kind
    assert np.array_equal(rle.decode(out["segmentation"]), ring_mask()[:, ::-1])
    assert out["bbox"] == [20, 10, 40, 30]
    assert out["area"] == 1000
    assert out["iscrowd"] == 1


def test_a_polygon_moves_as_points_and_its_box_and_area_follow():
    out = run([polygon(extra={"a": 1})], A.Affine(scale=0.5, p=1))["annotations"][0]
    assert np.allclose(out["segmentation"], [square(25, 20, 10)])
    assert np.allclose(out["bbox"], [25, 20, 10, 10])
    assert out["area"] == pytest.approx(100)
    assert out["extra"] == {"a": 1}
    assert (out["id"], out["image_id"], out["category_id"]) == (7, 1, 3)


def test_inputs_are_not_modified():
    rows = [
        polygon(keypoints=[10, 10, 2, 0, 0, 0], num_keypoints=1),
        {"segmentation": rle.encode(ring_mask(), "str"), "bbox": [20, 10, 40, 30]},
    ]
    before = copy.deepcopy(rows)
    run(rows, A.Rotate(p=1), A.CenterCrop(20, 20))
    assert rows == before


def test_a_polygon_is_cut_exactly_at_the_canvas():
    result = run([polygon()], A.Affine(translate_px={"x": -20, "y": 0}, p=1))
    out = result["annotations"][0]
    assert out["bbox"] == [0, 10, 10, 20]
    assert out["area"] == 200
    assert result["fates"] == ["cut"]


def test_rows_that_left_go_whole_and_fates_tell_why():
    rows = [polygon(id=1), polygon(id=2, segmentation=[square(40, 40, 10)], bbox=[40, 40, 10, 10]),
            polygon(id=3, segmentation=[[35, 25, 39, 29, 37, 27]], bbox=[35, 25, 4, 4]), {"id": 4, "bbox": [1, 1, 4, 4]}]  # fmt: skip
    result = run(rows, A.CenterCrop(30, 40), bbox_params=A.BboxParams("coco", min_visibility=0.4))
    assert result["fates"] == ["small", "cut", "degenerate", "outside"]
    assert [row["id"] for row in result["annotations"]] == [2]


def in_every_kind(x, y, side):
    """The same square as a polygon, an RLE and a box alone."""
    mask = np.zeros(PICTURE.shape[:2], np.uint8)
    mask[y : y + side, x : x + side] = 1
    shape = rle.encode_part(mask, (0, 0), mask.shape)
    return [polygon(segmentation=[square(x, y, side)], bbox=[x, y, side, side]), polygon(segmentation=shape), {"id": 7, "bbox": [x, y, side, side]}]


class Covering(A.Transform):
    """Covers one rectangle."""

    def __init__(self, hole, fill_mask):
        super().__init__(p=1)
        self.hole, self.fill_mask = hole, fill_mask

    def draw(self, scene, rng):
        return Erase(scene.size, (self.hole,), 0, self.fill_mask)


@pytest.mark.parametrize("fill_mask", [None, 0])
@pytest.mark.parametrize(
    ("fate", "hole", "crop"),
    [
        ("kept", (50, 5, 70, 30), (0, 0, 80, 60)),
        ("occluded", (15, 5, 70, 25), (0, 0, 80, 60)),
        ("occluded", (20, 20, 21, 21), (0, 0, 80, 60)),
        ("occluded", (20, 20, 21, 21), (10, 10, 40, 40)),
        ("covered", (10, 10, 30, 30), (0, 0, 80, 60)),
        ("covered", (5, 5, 70, 50), (10, 10, 40, 40)),
        ("covered", (10, 10, 20, 40), (0, 0, 20, 60)),  # the border cuts what no hole covers
        ("cut", (20, 20, 21, 21), (11, 0, 80, 60)),
        ("cut", (50, 5, 70, 30), (11, 0, 80, 60)),
        ("outside", (50, 5, 70, 30), (40, 0, 80, 60)),
        ("outside", (10, 10, 20, 30), (30, 0, 80, 60)),
    ],
)
def test_a_fate_is_the_same_whatever_a_shape_is_stored_as(fate, hole, crop, fill_mask):
    x0, y0, x1, y1 = crop
    for before in (True, False):  # whether the hole comes before the crop
        moved = hole if before else (max(hole[0] - x0, 0), max(hole[1] - y0, 0), min(hole[2], x1) - x0, min(hole[3], y1) - y0)
        if moved[2] <= moved[0]:
            continue
        nodes = [Covering(moved, fill_mask), A.Crop(x0, y0, x1, y1, p=1)]
        out = run(in_every_kind(10, 10, 20), *(nodes if before else nodes[::-1]))
        assert out["fates"] == [fate] * 3
        assert len(out["annotations"]) == (3 if fate in ("kept", "cut", "occluded") else 0)


def test_what_tiles_tear_apart_is_kept():
    for seed in range(10):
        out = run(in_every_kind(10, 10, 40), A.RandomGridShuffle((3, 3), p=1), seed=seed)
        assert out["fates"] == ["kept"] * 3


def test_several_parts_are_one_instance_and_a_part_may_go():
    rows = [polygon(segmentation=[square(0, 0, 10), square(50, 20, 10)], bbox=[0, 0, 60, 30], area=200.0)]
    out = run(rows, A.CenterCrop(30, 40))["annotations"][0]
    assert len(out["segmentation"]) == 1
    assert out["area"] == 100
    assert out["bbox"] == [30, 5, 10, 10]


def test_a_flat_polygon_list_stays_flat():
    out = run([polygon(segmentation=square(10, 10, 20))], A.HorizontalFlip(p=1))["annotations"][0]
    assert len(out["segmentation"]) == 8
    assert out["bbox"] == [50, 10, 20, 20]


def test_points_in_pairs_are_understood():
    out = run([polygon(segmentation=[[[10, 10], [30, 10], [30, 30], [10, 30]]])], A.HorizontalFlip(p=1))["annotations"][0]
    assert out["bbox"] == [50, 10, 20, 20]


@pytest.mark.parametrize("nothing", [{}, {"segmentation": None}, {"segmentation": []}])
def test_an_annotation_of_a_box_alone_moves_by_its_corners(nothing):
    row = {"bbox": [10, 10, 20, 20], "area": 400, **nothing}
    out = run([row], A.HorizontalFlip(p=1))["annotations"][0]
    assert out["bbox"] == [50, 10, 20, 20]
    assert out["area"] == 400
    assert out.get("segmentation", "none") == row.get("segmentation", "none")


def test_a_caption_passes_through():
    row = {"id": 1, "caption": "a cat"}
    assert run([row], A.HorizontalFlip(p=1))["annotations"] == [row]


PAIRS = {3: [(1, 2)]}


def test_left_and_right_change_places_in_a_mirror_and_only_there():
    row = polygon(keypoints=[40, 30, 2, 30, 20, 2, 50, 20, 1], num_keypoints=3)
    flipped = run([row], A.HorizontalFlip(p=1), flip_pairs=PAIRS)["annotations"][0]
    assert flipped["keypoints"] == [39, 30, 2, 29, 20, 1, 49, 20, 2]
    twice = run([row], A.HorizontalFlip(p=1), A.VerticalFlip(p=1), flip_pairs=PAIRS)["annotations"][0]
    assert twice["keypoints"] == [39, 29, 2, 49, 39, 2, 29, 39, 1]


def test_keypoints_that_come_point_by_point_leave_so():
    row = polygon(keypoints=[[40, 30, 2], [30, 20, 2], [50, 20, 1]], num_keypoints=3)
    flipped = run([row], A.HorizontalFlip(p=1), flip_pairs=PAIRS)["annotations"][0]
    assert flipped["keypoints"] == [[39, 30, 2], [29, 20, 1], [49, 20, 2]]


def test_unlabelled_keypoints_stay_at_zero_and_those_that_left_become_unlabelled():
    row = polygon(segmentation=[square(30, 20, 20)], bbox=[30, 20, 20, 20], keypoints=[5, 5, 2, 0, 0, 0, 40, 30, 1], num_keypoints=2)
    out = run([row], A.CenterCrop(30, 40))["annotations"][0]
    assert out["keypoints"] == [0, 0, 0, 0, 0, 0, 20, 15, 1]
    assert out["num_keypoints"] == 1
    assert len(out["keypoints"]) == len(row["keypoints"])


def test_nothing_moved_means_nothing_changed():
    rows = [polygon(area=399.5, bbox=[10.1, 10, 19.9, 20], keypoints=[10, 10, 2], num_keypoints=1),
            {"segmentation": rle.encode(ring_mask(), "list"), "bbox": [20, 10, 40, 30], "area": 1000, "iscrowd": 1},
            {"bbox": [1.25, 2.5, 3.75, 4.5], "area": 17.0}]  # fmt: skip
    assert run(rows, A.NoOp())["annotations"] == rows


def test_a_ring_that_crosses_itself_keeps_what_the_even_odd_rule_fills():
    bow = polygon(segmentation=[[10, 10, 30, 30, 30, 10, 10, 30]], area=200)
    still, moved = (run([bow], node)["annotations"][0] for node in (A.NoOp(), A.Affine(scale=0.5, p=1)))
    assert still == bow
    assert moved["area"] == pytest.approx(50)


@pytest.mark.parametrize("given", [5, "x", {1: 5}, {1: None}, {1: [("a", "b")]}, {1: [(0, 0.5)]}, {1: [(0, 1, 2)]}, [(0,)]])
def test_flip_pairs_are_checked_when_they_are_given(given):
    with pytest.raises(A.ParameterError, match="flip_pairs"):
        A.Compose([A.NoOp()], flip_pairs=given)


def test_flip_pairs_survive_json_and_a_lone_list_counts_for_all():
    row = polygon(keypoints=[40, 30, 2, 30, 20, 2, 50, 20, 1], num_keypoints=3)
    for pairs in ({3: [(1, 2)]}, [(1, 2)]):
        pipeline = A.Compose([A.HorizontalFlip(p=1)], flip_pairs=pairs)
        again = A.from_dict(json.loads(json.dumps(A.to_dict(pipeline))))
        assert again == pipeline
        assert again(image=PICTURE, annotations=[row])["annotations"][0]["keypoints"] == [39, 30, 2, 29, 20, 1, 49, 20, 2]


def test_a_mirror_without_pairs_warns_that_left_and_right_are_not_known():
    with pytest.warns(UserWarning, match="flip_pairs"):
        run([polygon(keypoints=[40, 30, 2, 30, 20, 2])], A.HorizontalFlip(p=1))


def test_a_box_cut_at_the_border_of_the_source_counts_as_cut():
    result = run([{"bbox": [70, 10, 20, 20]}], A.NoOp())
    assert result["fates"] == ["cut"]
    assert result["annotations"][0]["bbox"] == [70, 10, 10, 20]


def test_keypoints_outside_of_the_picture_are_counted_where_nothing_moves():
    out = run([polygon(keypoints=[100, 10, 2, 20, 20, 2], num_keypoints=2)], A.NoOp())["annotations"][0]
    assert out["keypoints"] == [0, 0, 0, 20, 20, 2]
    assert out["num_keypoints"] == 1


def test_a_box_that_contradicts_its_polygon_gives_way_to_it():
    out = run([polygon(bbox=[0, 0, 79, 59], area=9999)], A.NoOp())["annotations"][0]
    assert out["bbox"] == [10, 10, 20, 20]
    assert out["area"] == 400


def test_an_rle_moves_as_its_mask_does():
    mask = ring_mask()
    for seed in range(15):
        pipeline = A.Compose([A.Affine(rotate=(-90, 90), scale=(0.5, 1.5), p=1), A.RandomCrop(40, 50), A.Perspective(p=1)], seed=seed)
        out = pipeline(image=PICTURE, mask=mask, annotations=[{"segmentation": rle.encode(mask, "str"), "bbox": [20, 10, 40, 30]}])
        found = rle.decode(out["annotations"][0]["segmentation"]) if out["annotations"] else np.zeros_like(out["mask"])
        assert np.array_equal(found, out["mask"])
        if out["annotations"]:
            encoded = coco_mask.encode(np.asfortranarray(out["mask"]))
            assert out["annotations"][0]["bbox"] == coco_mask.toBbox(encoded).tolist()
            assert out["annotations"][0]["area"] == coco_mask.area(encoded)


@pytest.mark.parametrize(
    ("row", "error", "told"),
    [
        (polygon(segmentation=[[1, 2, 3, 4]]), A.DataError, r"annotations\[0\].segmentation\[0\]: 2 points"),
        (polygon(segmentation=[[1, 2, 3, 4, 5, 6, 7]]), A.DataError, "7 numbers"),
        (polygon(segmentation=[[1, 2, 3, 4, 5, float("nan")]]), A.DataError, "not finite"),
        (polygon(segmentation=[[1, 2, 3, 4, 5, 1e9]]), A.DataError, "picture sizes away"),
        (polygon(segmentation=[["a", 2, 3, 4, 5, 6]]), A.DataTypeError, "expected numbers"),
        (polygon(segmentation="abc"), A.DataTypeError, "expected polygons or RLE"),
        (polygon(segmentation={}), A.DataError, "segmentation"),
        (polygon(segmentation={"size": [3, 3], "counts": [9]}), A.DataError, "differs from the picture"),
        (polygon(segmentation={"size": [60, 80], "counts": [9]}), A.DataError, "segmentation"),
        ({"bbox": [1, 2, 0, 4]}, A.DataError, "width 0"),
        ({"bbox": [1, 2, float("inf"), 4]}, A.DataError, "not finite"),
        ({"bbox": [100, 2, 5, 4]}, A.DataError, "outside of the picture"),
        ({"bbox": "1234"}, A.DataTypeError, "bbox: expected numbers"),
        ({"bbox": ["1", "2", "3", "4"]}, A.DataTypeError, "bbox: expected numbers"),
        ({"bbox": [1, 2, 10**400, 4]}, A.DataTypeError, "bbox: expected numbers"),
        ({"bbox": [-1e308, 2, 1.7e308, 4]}, A.DataError, "picture sizes away"),
        (polygon(segmentation=[["1", "2", "3", "4", "5", "6"]]), A.DataTypeError, "expected numbers"),
        (polygon(segmentation=[[1, 2, 3, 4, 5, 10**400]]), A.DataTypeError, "expected numbers"),
        (polygon(segmentation={1, 2}), A.DataTypeError, "expected polygons or RLE"),
        (polygon(segmentation=np.array(4)), A.DataTypeError, "expected polygons or RLE"),
        ({"bbox": [1, 2, 3]}, A.DataError, "expected x, y, width, height"),
        (polygon(keypoints=[1, 2]), A.DataError, "multiple of 3"),
        (polygon(keypoints=[1, 2, float("nan")]), A.DataError, "not finite"),
        (7, A.DataTypeError, r"annotations\[0\]: expected a COCO annotation dict"),
    ],
)
def test_bad_annotations_are_named(row, error, told):
    with pytest.raises(error, match=told):
        run([row], A.HorizontalFlip(p=1))


def test_annotations_that_are_no_list_are_refused():
    with pytest.raises(A.DataTypeError, match="annotations: expected a list"):
        run({"a": 1}, A.NoOp())


def test_memory_does_not_grow_with_instances_times_pixels():
    import tracemalloc

    size = (3000, 4000)
    rows = [
        {"segmentation": rle.encode_part(np.ones((30, 40), np.uint8), (10 * k, 15 * k), size, "str"), "bbox": [15 * k, 10 * k, 40, 30]}
        for k in range(200)
    ]
    pipeline = A.Compose([A.HorizontalFlip(p=1), A.Affine(rotate=10, p=1)])
    picture = np.zeros(size, np.uint8)
    tracemalloc.start()
    out = pipeline(image=picture, annotations=rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(out["annotations"]) > 150
    assert peak < 100e6 + 2 * picture.nbytes


@pytest.mark.parametrize("name", ["instances_val2017", "instances_train2017", "person_keypoints_val2017"])
def test_real_coco_annotations_survive_every_kind_of_pipeline(real, name):
    data = json.loads((real / "coco-mini" / f"{name}.json").read_text())
    pipelines = [A.Compose([A.NoOp()]), A.Compose([A.Affine(rotate=(-40, 40), scale=(0.6, 1.4), p=1), A.RandomCrop(200, 200)], seed=1)]
    for image in data["images"]:
        rows = [row for row in data["annotations"] if row["image_id"] == image["id"]]
        picture = np.zeros((image["height"], image["width"]), np.uint8)
        still, moved = (pipeline(image=picture, annotations=rows)["annotations"] for pipeline in pipelines)
        assert [row["segmentation"] for row in still] == [row["segmentation"] for row in rows]
        for one, other in zip(still, rows, strict=True):
            assert np.allclose(one["bbox"], other["bbox"], atol=1.0)
            assert one.get("keypoints") == other.get("keypoints")
        for row in moved:
            x, y, width, height = row["bbox"]
            assert x >= 0
            assert y >= 0
            assert x + width <= 200 + 1e-9
            assert y + height <= 200 + 1e-9
            assert type(row["segmentation"]) is type(next(r for r in rows if r["id"] == row["id"])["segmentation"])
        Annotations("annotations", moved, (200, 200))


@pytest.mark.parametrize("size", [123, 245, 100])
def test_what_a_border_only_touches_does_not_stretch_the_box(size):
    ring = [55, 90, 80, 90, 80, 10, 60, 10, 60, 25, 75, 25, 75, 70, 55, 70]
    pipeline = A.Compose([A.Crop(0, 0, 60, 100), A.Resize(size, size)])
    (row,) = pipeline(size=(100, 100), annotations=[{"id": 1, "segmentation": [ring]}])["annotations"]
    x, y = 55 / 60 * size, 0.7 * size
    assert np.allclose(row["bbox"], (x, y, size - x, 0.2 * size))
    assert len(row["segmentation"]) == 1


def test_a_spike_that_reaches_the_border_by_nothing_leaves_no_part():
    ring = [55, 90, 80, 90, 80, 10, 59.9999, 11, 80, 12, 80, 70, 55, 70]
    (row,) = A.Compose([A.Crop(0, 0, 60, 100)])(size=(100, 100), annotations=[{"id": 1, "segmentation": [ring]}])["annotations"]
    assert np.allclose(row["bbox"], (55, 70, 5, 20))


def test_what_a_hole_covers_whole_goes_whatever_its_shape_is_stored_as():
    mask = np.zeros((100, 100), np.uint8)
    mask[10:30, 10:30] = 1
    shapes = [[[10, 10, 30, 10, 30, 30, 10, 30]], rle.encode_part(mask, (0, 0), (100, 100))]
    rows = [{"id": k, "segmentation": shape} for k, shape in enumerate(shapes)]
    covered = 0
    for seed in range(60):
        pipeline = A.Compose([A.Erasing(scale=(0.3, 0.6), p=1)], bbox_params=A.BboxParams("coco"), seed=seed)
        out = pipeline(image=np.full((100, 100), 9, np.uint8), annotations=rows, bboxes=[[10, 10, 20, 20]])
        if not out["image"][10:30, 10:30].any():
            covered += 1
            assert (out["annotations"], out["bboxes"]) == ([], [])
    assert covered


def test_of_a_ring_that_crosses_itself_no_more_than_all_is_visible():
    ring = [5, 5, 7.75129937, 6.97923167, 8.77582562, 9.79425539, -2.95114119, -8.68542165, 4.80085143, 3.60292251]
    pipeline = A.Compose([A.Crop(0, 0, 50, 50)])
    polygons = Polygons("polygons", [[np.array(ring).reshape(-1, 2)]], (100, 100))
    assert 0 < polygons.extent(pipeline.draw((100, 100))).shares[0] <= 1 + 1e-6


def test_rows_that_were_read_once_give_what_rows_read_anew_give():
    from geoaug.targets.annotations import Read

    rows = [
        {"id": 1, "category_id": 1, "segmentation": [[20, 20, 100, 30, 90, 120, 25, 100]], "bbox": [20, 20, 80, 100]},
        {"id": 2, "category_id": 2, "bbox": [120, 50, 80, 100]},
        {"id": 3, "category_id": 2, "bbox": [1, 2, 30, 40], "keypoints": [5, 6, 2, 300, 7, 1]},
    ]
    read = Read(rows, (190, 260))
    augment = A.Compose([A.Affine(rotate=(-40, 40), p=1), A.RandomCrop(100, 100), A.CoarseDropout(p=0.5)], seed=1, return_fates=True, flip_pairs=[])
    for key in range(8):
        again, anew = (augment(size=(190, 260), annotations=given, key=key) for given in (read, rows))
        assert again == anew
    assert read == rows
    other = A.Compose([A.NoOp()])(size=(300, 300), annotations=read)["annotations"]  # read anew for another size
    assert other == A.Compose([A.NoOp()])(size=(300, 300), annotations=rows)["annotations"]
