"""Rows that belong together: what binds them, which shape is the truth, what is counted, and what is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import geoaug as A
from geoaug.geometry.region import area, area_of, cut, cut_few, even_odd_area
from geoaug.geometry.shapes import Outlines, hollow
from geoaug.raster.fill import fill_outlines
from geoaug.raster.patch import patch_of
from geoaug.steps.shuffle import Shuffle
from geoaug.targets.rle import encode_part

PICTURE = np.zeros((60, 80, 3), np.uint8)
FLAT = [10.0, 10.0, 40.0, 10.0, 40.0, 30.0, 10.0, 30.0]
OTHER = [50.0, 10.0, 70.0, 10.0, 70.0, 30.0, 50.0, 30.0]
BOXES = [[10.0, 10.0, 40.0, 30.0], [50.0, 10.0, 70.0, 30.0]]
EVERYTHING = ("bboxes", "masks", "polygons", "keypoints", "annotations")


def pascal(**settings_: Any) -> A.BboxParams:
    return A.BboxParams("pascal_voc", **settings_)


def blobs(rng: np.random.Generator, count: int, size: tuple[int, int] = (120, 160)) -> list[np.ndarray]:
    """Returns: Star-shaped rings (K, 2), some of them over the edge's neighbourhood, all inside of the picture."""
    rings = []
    for _ in range(count):
        corners = int(rng.integers(3, 12))
        angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
        centre, radii = rng.uniform((20, 20), (size[1] - 20, size[0] - 20)), rng.uniform(6, 18, corners)
        rings.append(centre + np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None])
    return rings


def rounds(rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """Returns: Outlines (24, 2) without needles, whose pixels therefore reach as far as they do."""
    turn = np.arange(24) * (2 * np.pi / 24)
    rings = []
    for _ in range(count):
        radii = rng.uniform(8, 16) * (1 + 0.25 * np.sin(rng.integers(1, 4) * turn + rng.uniform(0, 6)))
        rings.append(rng.uniform((25, 25), (135, 95)) + np.stack([np.cos(turn), np.sin(turn)], axis=1) * radii[:, None])
    return rings


PIPELINES: dict[str, Callable[[], list[A.Transform]]] = {
    "nothing": lambda: [A.NoOp()],
    "mirror": lambda: [A.HorizontalFlip(p=1)],
    "crop": lambda: [A.RandomCrop(70, 90)],
    "turn": lambda: [A.Rotate((-60, 60), p=1)],
    "affine, then crop": lambda: [A.Affine(scale=(0.8, 1.6), rotate=(-40, 40), shear=(-15, 15), p=1), A.RandomCrop(80, 100)],
    "perspective": lambda: [A.Perspective(scale=(0.1, 0.15), p=1), A.CenterCrop(90, 120)],
    "reflecting border": lambda: [A.Affine(translate_px=(-40, 40), rotate=(-20, 20), border_mode=4, p=1)],
    "reflecting pad": lambda: [A.PadIfNeeded(200, 260, border_mode=4), A.RandomCrop(150, 200)],
    "filled masks": lambda: [A.Affine(translate_px=(-40, 40), fill_mask=7, p=1)],
    "bend": lambda: [A.ElasticTransform(alpha=200, sigma=12, p=1)],
}


# --- binding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PIPELINES)
def test_bound_rows_stay_the_same_rows_in_every_target(name: str):
    rng = np.random.default_rng(1)
    pipeline = A.Compose(
        PIPELINES[name](),
        bbox_params=pascal(label_fields=["ids"], min_visibility=0.25),
        keypoint_params=A.KeypointParams("xyv"),
        instances=EVERYTHING,
        return_rows=True,
        seed=3,
    )
    for _ in range(5):
        rings = blobs(rng, 8)
        masks = [mask * (k + 1) for k, mask in enumerate(A.polygons_to_masks([[ring] for ring in rings], (120, 160)))]
        boxes = [[*ring.min(axis=0).tolist(), *ring.max(axis=0).tolist()] for ring in rings]
        out = pipeline(
            image=np.zeros((120, 160, 3), np.uint8), bboxes=boxes, ids=list(range(8)), masks=masks, polygons=[[ring] for ring in rings],
            keypoints=[[[*ring.mean(axis=0).tolist(), 2.0]] for ring in rings],
            annotations=[{"id": k, "segmentation": [ring.reshape(-1).tolist()]} for k, ring in enumerate(rings)],
        )  # fmt: skip
        kept = out["ids"]
        assert kept == sorted(set(kept))
        assert [row["id"] for row in out["annotations"]] == kept
        assert set(out["rows"]) == set(EVERYTHING)
        assert all(rows == kept for rows in out["rows"].values())
        assert all(len(out[target]) == len(kept) for target in EVERYTHING)
        for k, mask in zip(kept, out["masks"], strict=True):
            assert k + 1 in mask


def test_a_row_that_one_target_drops_is_dropped_from_all():
    data = {"image": PICTURE, "bboxes": BOXES, "polygons": [[FLAT], [OTHER]], "masks": A.polygons_to_masks([[FLAT], [OTHER]], (60, 80)), "n": [0, 1]}
    small = A.Compose([A.HorizontalFlip(p=1)], bbox_params=pascal(label_fields=["n"], min_area=500), instances=["bboxes", "polygons", "masks"])
    out = small(**data)
    assert out["n"] == [0]
    assert len(out["polygons"]) == len(out["masks"]) == len(out["bboxes"]) == 1
    for gone in ({"masks": [data["masks"][0], data["masks"][0] * 0]}, {"polygons": [[FLAT], []]}, {"polygons": [[FLAT], [[0, 0, 5, 5, 9, 9]]]}):
        out = A.Compose([A.NoOp()], bbox_params=pascal(label_fields=["n"]), instances=["bboxes", "polygons", "masks"])(**data | gone)
        assert out["n"] == [0], gone
    out = A.Compose([A.HorizontalFlip(p=1)], bbox_params=pascal(label_fields=["n"], filter_invalid_bboxes=True), instances=["bboxes", "polygons"])(
        **data | {"bboxes": [[5, 5, 5, 9], BOXES[1]]}
    )
    assert out["n"] == [1]
    assert out["polygons"] == [[[30, 10, 10, 10, 10, 30, 30, 30]]]


def test_what_is_not_bound_keeps_its_own_rows():
    pipeline = A.Compose([A.Crop(0, 0, 45, 60)], bbox_params=pascal(), instances=["bboxes", "polygons"], return_rows=True)
    out = pipeline(image=PICTURE, bboxes=BOXES, polygons=[[FLAT], [OTHER]], masks=A.polygons_to_masks([[FLAT], [OTHER], [OTHER]], (60, 80)))
    assert len(out["masks"]) == 3
    assert out["rows"] == {"bboxes": [0], "polygons": [0]}


def test_row_numbers_are_those_of_the_caller_for_each_target_alone():
    pipeline = A.Compose([A.Crop(0, 0, 45, 60)], bbox_params=pascal(), keypoint_params=A.KeypointParams("xy"), return_rows=True)
    out = pipeline(image=PICTURE, bboxes=BOXES[::-1], keypoints=[[60, 5], [5, 5], [70, 5], [44, 5]])
    assert out["rows"] == {"bboxes": [1], "keypoints": [1, 3]}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"bboxes": BOXES, "polygons": [[FLAT]]}, "bboxes has 2, polygons has 1; pass one entry for each instance"),
        ({"bboxes": BOXES, "masks": np.zeros((3, 60, 80), np.uint8)}, "bboxes has 2, masks has 3"),
        ({"bboxes": BOXES, "keypoints": [[1, 1, 2], [2, 2, 2], [3, 3, 2]]}, "bboxes has 2, keypoints has 3"),
        ({"bboxes": BOXES, "annotations": []}, "bboxes has 2, annotations has 0"),
        ({"bboxes": BOXES, "polygon": [[FLAT], [OTHER]]}, "unknown target 'polygon': did you mean 'polygons', which instances"),
        ({"bbox": BOXES, "polygons": [[FLAT], [OTHER]]}, "unknown target 'bbox': did you mean 'bboxes'"),
    ],
)
def test_bound_targets_that_do_not_fit_are_named(data: dict[str, Any], told: str):
    pipeline = A.Compose([A.NoOp()], bbox_params=pascal(), keypoint_params=A.KeypointParams("xyv"), instances=EVERYTHING)
    with pytest.raises((A.DataError, A.CallError), match=told):
        pipeline(image=PICTURE, **data)


@pytest.mark.parametrize("names", [5, 1.5, ["polygon"], ["image"], [5], [None], [["bboxes"]], ["mask3d"], ["labels"]])
def test_names_that_cannot_be_bound_are_refused_when_the_pipeline_is_made(names: Any):
    with pytest.raises(A.ParameterError, match="instances"):
        A.Compose([A.NoOp()], instances=names)


def test_targets_of_other_names_can_be_bound_too():
    pipeline = A.Compose(
        [A.Crop(0, 0, 45, 60)],
        bbox_params=pascal(),
        additional_targets={"parts": "polygons", "full": "bboxes"},
        instances=["bboxes", "full", "parts"],
    )
    out = pipeline(image=PICTURE, bboxes=BOXES, full=BOXES, parts=[[FLAT], [OTHER]])
    assert len(out["parts"]) == len(out["bboxes"]) == len(out["full"]) == 1


# --- which shape is the truth ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in PIPELINES if name != "nothing"])
def test_bound_polygons_and_the_same_polygons_as_annotations_give_the_same_boxes(name: str):
    rng = np.random.default_rng(2)
    pipeline = A.Compose(PIPELINES[name](), bbox_params=A.BboxParams("coco"), instances=["bboxes", "polygons"], return_rows=True, seed=5)
    for _ in range(5):
        rings = blobs(rng, 6)
        boxes = [[*ring.min(axis=0).tolist(), *np.ptp(ring, axis=0).tolist()] for ring in rings]
        out = pipeline(
            image=np.zeros((120, 160, 3), np.uint8), bboxes=boxes, polygons=[[ring] for ring in rings],
            annotations=[{"id": k, "segmentation": [ring.reshape(-1).tolist()]} for k, ring in enumerate(rings)],
        )  # fmt: skip
        assert out["rows"]["bboxes"] == [row["id"] for row in out["annotations"]]
        assert np.allclose(out["bboxes"], [row["bbox"] for row in out["annotations"]], atol=1e-6) or not out["bboxes"]
        for parts, row in zip(out["polygons"], out["annotations"], strict=True):
            for part, other in zip(parts, row["segmentation"], strict=True):
                assert np.allclose(part.reshape(-1), other, atol=1e-6)


@pytest.mark.parametrize("name", [name for name in PIPELINES if name != "nothing"])
def test_masks_drawn_from_polygons_give_their_boxes_within_a_pixel(name: str):
    rng = np.random.default_rng(3)
    for seed in range(5):
        rings = [[ring] for ring in rounds(rng, 8)]
        boxes = [[*ring.min(axis=0).tolist(), *ring.max(axis=0).tolist()] for (ring,) in rings]
        found = []
        for bound, shape in (("polygons", rings), ("masks", A.polygons_to_masks(rings, (120, 160)))):
            pipeline = A.Compose(PIPELINES[name](), bbox_params=pascal(), instances=["bboxes", bound], return_rows=True, return_plan=True, seed=seed)
            out = pipeline(image=np.zeros((120, 160, 3), np.uint8), bboxes=boxes, **{bound: shape})
            found.append(dict(zip(out["rows"]["bboxes"], np.array(out["bboxes"]).reshape(-1, 4), strict=True)))
        centres = np.array([ring.mean(axis=0) for (ring,) in rings])
        grown = np.linalg.norm(out["plan"].route.jacobians(centres), 2, axis=(1, 2))  # a pixel of the source is so large in the output
        thick = {row for row, box in found[0].items() if min(box[2:] - box[:2]) >= 5}  # of slivers a mask may show little
        assert thick
        for row in thick:
            assert np.abs(found[0][row] - found[1][row]).max() <= 0.5 + max(grown[row], 1.0), (seed, row, found[0][row], found[1][row])


def test_polygons_come_before_masks_and_masks_before_boxes():
    mask = np.zeros((60, 80), np.uint8)
    mask[20:25, 60:70] = 1
    data = {"image": PICTURE, "bboxes": [[0.0, 0.0, 80.0, 60.0]]}
    flip = [A.HorizontalFlip(p=1)]
    assert A.Compose(flip, bbox_params=pascal(), instances=["bboxes", "masks"])(**data, masks=[mask])["bboxes"] == [[10, 20, 20, 25]]
    both = A.Compose(flip, bbox_params=pascal(), instances=["masks", "bboxes", "polygons"])(**data, masks=[mask], polygons=[[FLAT]])
    assert both["bboxes"] == [[40, 10, 70, 30]]
    assert A.Compose(flip, bbox_params=pascal())(**data, masks=[mask])["bboxes"] == [[0, 0, 80, 60]]


def test_an_ellipse_is_one_rule_for_the_whole_pipeline():
    box = [[30.0, 20.0, 50.0, 30.0]]
    turned = [A.Rotate((45, 45), p=1)]
    corner = A.Compose(turned, bbox_params=pascal(rotate_method="largest_box"))(image=PICTURE, bboxes=box)["bboxes"][0]
    ellipse = A.Compose(turned, bbox_params=pascal(rotate_method="ellipse"))(image=PICTURE, bboxes=box)["bboxes"][0]
    half = np.hypot(10 * np.cos(np.pi / 4), 5 * np.sin(np.pi / 4))
    assert np.isclose(ellipse[2] - ellipse[0], 2 * half)
    assert corner[2] - corner[0] > ellipse[2] - ellipse[0]
    with pytest.raises(A.ParameterError, match="rotate_method"):
        pascal(rotate_method="ellipses")


# --- visibility ------------------------------------------------------------------------------------------------------


def shapes_of_a_half() -> dict[str, dict[str, Any]]:
    """Returns: One instance of 20 x 20 px at x 30 to 50, whose crop at x = 40 leaves exactly half, spelt in each way."""
    ring = [30.0, 20.0, 50.0, 20.0, 50.0, 40.0, 30.0, 40.0]
    mask = np.zeros((60, 80), np.uint8)
    mask[20:40, 30:50] = 1
    return {
        "box": {"bboxes": [[30.0, 20.0, 50.0, 40.0]]},
        "polygon": {"bboxes": [[0.0, 0.0, 80.0, 60.0]], "polygons": [[ring]]},
        "mask": {"bboxes": [[0.0, 0.0, 80.0, 60.0]], "masks": [mask]},
        "annotation": {"annotations": [{"id": 1, "segmentation": [ring]}]},
        "rle": {"annotations": [{"id": 1, "segmentation": encode_part(np.ones((20, 20), np.uint8), (20, 30), (60, 80), "bytes")}]},
    }


THRESHOLDS = [
    ({"min_visibility": 0.5}, {"min_visibility": 0.5 + 1e-6}),
    ({"min_area": 200}, {"min_area": 200 + 1e-3}),
    ({"min_width": 10}, {"min_width": 10 + 1e-3}),
    ({"min_height": 20}, {"min_height": 20 + 1e-3}),
    ({"max_accept_ratio": 2}, {"max_accept_ratio": 2 - 1e-3}),
]


@pytest.mark.parametrize(("at", "beyond"), THRESHOLDS)
@pytest.mark.parametrize("spelling", ["box", "polygon", "mask", "annotation", "rle"])
def test_thresholds_are_inclusive_and_count_the_true_shape(spelling: str, at: dict[str, float], beyond: dict[str, float]):
    data = shapes_of_a_half()[spelling]
    for params, count in ((at, 1), (beyond, 0)):
        pipeline = A.Compose([A.HorizontalFlip(p=1), A.Crop(40, 0, 80, 60)], bbox_params=pascal(**params), instances=EVERYTHING)
        out = pipeline(image=PICTURE, **data)
        assert all(len(out[name]) == count for name in data), (params, out)


@pytest.mark.parametrize("bound", [["polygons"], ["masks"], ["polygons", "masks"], ["masks", "keypoints"]], ids=str)
@pytest.mark.parametrize(
    ("threshold", "kept"),
    [
        ("min_visibility", (0.25, 0.26)),
        ("min_area", (150, 151)),
        ("min_width", (10, 10.1)),
        ("min_height", (15, 15.1)),
        ("max_accept_ratio", (1.5, 1.4)),
    ],
)
def test_thresholds_hold_for_bound_shapes_without_boxes(bound: list[str], threshold: str, kept: tuple[float, float]):
    polygon = [[10, 10, 50, 10, 50, 25, 10, 25]]
    data = {"polygons": [polygon], "masks": A.polygons_to_masks([polygon], (60, 80)), "keypoints": [[12, 12]]}
    for value, rows in zip(kept, ([0], []), strict=True):
        rules = {"bbox_params": pascal(**{threshold: value}), "keypoint_params": A.KeypointParams("xy")}
        out = A.Compose([A.Crop(0, 0, 20, 60)], instances=bound, return_rows=True, **rules)(image=PICTURE, **{name: data[name] for name in bound})
        assert out["rows"] == dict.fromkeys(bound, rows)
        assert all(len(out[name]) == len(rows) for name in bound)


@pytest.mark.parametrize("spelling", ["box", "polygon", "mask", "annotation", "rle"])
def test_visibility_is_measured_over_the_whole_pipeline_and_not_step_by_step(spelling: str):
    steps = [A.Crop(0, 0, 45, 60), A.HorizontalFlip(p=1), A.Crop(5, 0, 45, 60)]  # 3/4, then 2/3 of it: half of all
    for least, count in ((0.5, 1), (0.51, 0)):
        out = A.Compose(steps, bbox_params=pascal(min_visibility=least), instances=EVERYTHING)(image=PICTURE, **shapes_of_a_half()[spelling])
        assert all(len(rows) == count for name, rows in out.items() if name != "image"), (least, out)


STILL = {
    "nothing": [],
    "no-op": [A.NoOp()],
    "there and back": [A.HorizontalFlip(p=1), A.HorizontalFlip(p=1)],
    "light alone": [A.RandomGamma(p=1)],
}


@pytest.mark.parametrize("shape", ["pascal_voc", "coco", "yolo"])
@pytest.mark.parametrize("kind", [list, np.array])
@pytest.mark.parametrize("name", [*STILL, "one flip"])
@pytest.mark.parametrize("truth", ["polygon", "mask"])
def test_a_box_that_contradicts_its_own_shape_is_corrected_whether_anything_moves_or_not(truth, name, kind, shape):
    told = shapes_of_a_half()[truth]
    boxes = {"pascal_voc": [0.0, 0, 80, 60], "coco": [0.0, 0, 80, 60], "yolo": [0.5, 0.5, 1, 1]}
    right = {"pascal_voc": [30, 20, 50, 40], "coco": [30, 20, 20, 20], "yolo": [0.5, 0.5, 0.25, 1 / 3]}[shape]  # its mirror lies there too
    pipeline = A.Compose(STILL.get(name, [A.HorizontalFlip(p=1)]), bbox_params=A.BboxParams(shape), instances=EVERYTHING)
    out = pipeline(**{**told, "image": PICTURE, "bboxes": kind([boxes[shape]])})["bboxes"]
    assert type(out) is type(kind([]))
    assert np.allclose(out, [right], atol=1e-12)


@pytest.mark.parametrize("nodes", STILL.values(), ids=STILL)
def test_a_box_that_agrees_with_its_shape_within_a_pixel_stays_to_the_bit_where_nothing_moves(nodes):
    box = [29.1, 20.3, 50.7, 40.9]
    for truth in ("polygon", "mask"):
        told = {**shapes_of_a_half()[truth], "bboxes": [box]}
        assert A.Compose(nodes, bbox_params=pascal(), instances=EVERYTHING)(image=PICTURE, **told)["bboxes"] == [box]
    row = {**shapes_of_a_half()["annotation"]["annotations"][0], "bbox": [29.1, 20.3, 21.6, 20.6]}
    assert A.Compose(nodes)(image=PICTURE, annotations=[row])["annotations"][0]["bbox"] == row["bbox"]  # the same rule


@pytest.mark.parametrize("nodes", [*STILL.values(), [A.HorizontalFlip(p=1)]], ids=[*STILL, "one flip"])
def test_the_area_of_a_bound_shape_counts_whether_anything_moves_or_not(nodes):
    triangle, box = [[10.0, 10], [30, 10], [10, 30]], [10.0, 10, 30, 30]  # 200 px² in a box of 400
    for least, count in ((200, 1), (201, 0)):
        pipeline = A.Compose(nodes, bbox_params=pascal(min_area=least), instances=EVERYTHING)
        assert len(pipeline(image=PICTURE, bboxes=[box], polygons=[[triangle]])["bboxes"]) == count


def test_scaling_does_not_change_what_is_visible():
    for build in (lambda: A.Resize(600, 800), lambda: A.Resize(30, 40), lambda: A.RandomScale((1, 1), p=1)):
        for spelling, data in shapes_of_a_half().items():
            out = A.Compose([A.Crop(0, 0, 40, 60), build()], bbox_params=pascal(min_visibility=0.5), instances=EVERYTHING)(image=PICTURE, **data)
            assert all(len(out[name]) == 1 for name in data), spelling


def test_under_a_reflecting_border_nothing_is_counted_or_boxed_twice():
    mask = np.zeros((60, 80), np.uint8)
    mask[2:12, 3:13] = 1
    ring = [3.0, 2.0, 13.0, 2.0, 13.0, 12.0, 3.0, 12.0]
    pipeline = A.Compose(
        [A.PadIfNeeded(120, 160, border_mode=4)],
        bbox_params=pascal(min_visibility=1),
        keypoint_params=A.KeypointParams("xy"),
        instances=["bboxes", "masks"],
    )
    out = pipeline(
        image=PICTURE, bboxes=[[3.0, 2.0, 13.0, 12.0]], masks=[mask], keypoints=[[4, 4]], polygons=[[ring]], annotations=[{"segmentation": [ring]}]
    )
    assert out["bboxes"] == [[43, 32, 53, 42]]
    assert out["masks"][0].sum() > 100  # the picture shows copies, and so does its mask
    assert out["polygons"] == [[[43, 32, 53, 32, 53, 42, 43, 42]]]
    assert out["annotations"][0]["bbox"] == [43, 32, 10, 10]
    assert out["keypoints"] == [[44, 34]]


@pytest.mark.parametrize("border", [{"fill_mask": 1}, {"border_mode": 1}, {"border_mode": 4}])
def test_where_nothing_of_the_source_is_seen_no_instance_is(border: dict[str, int]):
    mask = np.ones((60, 80), np.uint8)
    pipeline = A.Compose([A.Affine(translate_px=(200, 200), p=1, **border)], bbox_params=pascal(), instances=["bboxes", "masks"])
    out = pipeline(image=PICTURE, bboxes=[[0, 0, 80, 60]], masks=[mask])
    assert out["bboxes"] == out["masks"] == []


# --- polygons in every spelling --------------------------------------------------------------------------------------

PAIRS = [[10.0, 10.0], [40.0, 10.0], [40.0, 30.0], [10.0, 30.0]]
SPELLINGS: list[tuple[str, Any]] = [
    ("flat list", [[FLAT]]),
    ("flat tuple", ((tuple(FLAT),),)),
    ("bare flat list", [FLAT]),
    ("pairs", [[PAIRS]]),
    ("tuples", [[[tuple(point) for point in PAIRS]]]),
    ("bare pairs", [PAIRS]),
    ("whole numbers", [[[int(v) for v in FLAT]]]),
    ("array of pairs", [[np.array(PAIRS)]]),
    ("bare array", [np.array(PAIRS)]),
    ("flat array", [[np.array(FLAT)]]),
    ("bare flat array", [np.array(FLAT)]),
    ("one array of rings", [np.array([PAIRS])]),
    ("one array of instances", np.array([PAIRS])),
    ("one array of instances of rings", np.array([[PAIRS]])),
    ("single precision", [[np.array(PAIRS, np.float32)]]),
    ("big-endian", [[np.array(PAIRS, ">f8")]]),
    ("not contiguous", [[np.array(PAIRS)[::-1][::-1]]]),
    ("Fortran order", [[np.asfortranarray(PAIRS)]]),
    ("objects", np.array([[np.array(PAIRS)], None], object)[:1]),
]


@pytest.mark.parametrize("spelling", [spelling for _, spelling in SPELLINGS], ids=[name for name, _ in SPELLINGS])
def test_every_spelling_of_a_polygon_is_understood_and_kept(spelling: Any):
    out = A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, polygons=spelling)["polygons"]
    assert isinstance(out, list)
    assert len(out) == len(out[0]) == 1
    ring = out[0][0]
    assert np.allclose(np.reshape(ring, (-1, 2)), [[70, 10], [40, 10], [40, 30], [70, 30]])
    given_ring = spelling[0]
    while not isinstance(given_ring, np.ndarray) and hasattr(given_ring[0][0] if hasattr(given_ring[0], "__len__") else 0, "__len__"):
        given_ring = given_ring[0]
    assert isinstance(ring, np.ndarray) == isinstance(given_ring if isinstance(given_ring, np.ndarray) else given_ring[0], np.ndarray)


EMPTY: dict[str, list[Any]] = {
    "bboxes": [[], (), np.zeros((0, 4)), np.zeros((0, 5)), np.zeros((0, 4), int), np.zeros((0,)), np.zeros((0, 0)), np.array([])],
    "polygons": [[], (), np.zeros((0,)), np.zeros((0, 2)), np.zeros((0, 4, 2)), np.zeros((0, 1, 4, 2)), np.array([], object)],
    "masks": [[], (), np.array([]), np.zeros((0, 60, 80), np.uint8), np.zeros((0, 60, 80, 3), np.uint8)],
    "keypoints": [[], (), np.array([]), np.zeros((0, 3)), np.zeros((0, 5)), np.zeros((0, 51)), np.zeros((0, 17, 3))],
    "annotations": [[], (), np.array([]), np.array([], object)],
}


@pytest.mark.parametrize("transform", [A.NoOp(), A.Rotate((20, 20), p=1), A.CenterCrop(20, 30), A.ElasticTransform(p=1)], ids=repr)
@pytest.mark.parametrize("target", EMPTY)
def test_no_rows_in_any_spelling_are_no_rows(target: str, transform: A.Transform):
    params = {"bbox_params": pascal(label_fields=["n"]), "keypoint_params": A.KeypointParams("xyv"), "return_rows": True}
    for bound in ((), EVERYTHING):
        for empty in EMPTY[target]:
            out = A.Compose([transform], instances=bound, **params)(image=PICTURE, n=[], **{"bboxes": [], target: empty})
            assert len(out[target]) == 0
            assert out["n"] == []
            if isinstance(empty, np.ndarray) and target in ("masks", "keypoints") and empty.ndim > 2:
                assert out[target].shape[0] == 0
                assert out[target].ndim == empty.ndim
                assert out[target].shape[-1] == (empty.shape[-1] if empty.ndim == 4 or target == "keypoints" else out["image"].shape[1])


def test_an_instance_without_rings_is_kept_as_one_where_nothing_is_bound():
    out = A.Compose([A.HorizontalFlip(p=1)], return_rows=True)(image=PICTURE, polygons=[[FLAT], [], [OTHER]])
    assert [len(rings) for rings in out["polygons"]] == [1, 0, 1]
    assert out["rows"] == {"polygons": [0, 1, 2]}


@pytest.mark.parametrize(
    ("polygons", "told"),
    [
        ("abc", "polygons: expected a list of instances"),
        (5, "polygons: expected a list of instances"),
        ({"a": 1}, "polygons: expected a list of instances"),
        ({1, 2}, "polygons: expected a list of instances"),
        (np.array(5.0), "polygons: expected a list of instances"),
        (FLAT, r"polygons\[0\]: expected a list of rings, got 10.0; .*\[\[ring\]\]"),
        ([[FLAT], None], r"polygons\[1\]: expected a list of rings, got None"),
        ([{"a": 1}], r"polygons\[0\]: expected a list of rings"),
        ([[FLAT, []]], r"polygons\[0\]\[1\]: 0 points; .*at least 3"),
        ([[FLAT], [[0, 0, 1, 1]]], r"polygons\[1\]\[0\]: 2 points; .*at least 3, so drop it"),
        ([[[0, 0, 1, 1, 2]]], r"polygons\[0\]\[0\]: 5 numbers; expected pairs"),
        ([[[0, 0, 1, float("nan"), 3, 3]]], r"polygons\[0\]\[0\]: coordinate 3, nan, is not finite; drop the polygon"),
        ([[[0, 0, 1, float("inf"), 3, 3]]], r"polygons\[0\]\[0\]: coordinate 3, inf, is not finite"),
        ([[[0, 0, 1e9, 1, 3, 3]]], r"polygons\[0\]\[0\]: coordinate 1e\+09 lies more than 16 picture sizes away"),
        ([[[0, 0, 1e300, 1, 3, 3]]], r"polygons\[0\]\[0\]: coordinate 1e\+300 lies more than"),
        ([[["1", "2", "3", "4", "5", "6"]]], r"polygons\[0\]\[0\]: expected numbers"),
        ([[[10**400, 0, 0, 0, 1, 1]]], r"polygons\[0\]\[0\]: expected numbers"),
        ([[[1j, 0, 0, 0, 1, 1]]], r"polygons\[0\]\[0\]: expected numbers"),
        ([[None]], r"polygons\[0\]\[0\]: expected numbers"),
        ([np.ones((4, 3))], r"polygons\[0\]\[0\]: .*\(4, 3\)"),
    ],
)
def test_what_is_no_polygon_is_named_by_row_and_ring(polygons: Any, told: str):
    with pytest.raises((A.DataError, A.DataTypeError), match=told):
        A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, polygons=polygons)
    if "picture sizes" not in told:  # which masks that are drawn do not mind
        with pytest.raises((A.DataError, A.DataTypeError), match=told):
            A.polygons_to_masks(polygons, (60, 80))


@pytest.mark.parametrize("shape", [PAIRS, tuple(map(tuple, PAIRS)), np.array(PAIRS), np.array([FLAT]), np.array(FLAT), [FLAT], FLAT, [PAIRS]])
def test_the_segmentation_of_an_annotation_may_be_spelt_in_each_way(shape: Any):
    out = A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, annotations=[{"segmentation": shape}])["annotations"][0]
    assert out["bbox"] == [40, 10, 30, 20]
    assert out["area"] == 600


def test_a_category_that_is_no_number_is_named():
    with pytest.raises(A.DataTypeError, match=r"annotations\[1\].category_id: expected a whole number, got \[1\]"):
        A.Compose([A.NoOp()])(image=PICTURE, annotations=[{"category_id": 1}, {"category_id": [1]}])


# --- keypoints -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [np.array, lambda rows: rows, lambda rows: [np.array(group) for group in rows], tuple])
def test_groups_of_keypoints_keep_their_shape_and_left_and_right_change_places(container: Callable[[Any], Any]):
    groups = container([[[1.0, 1.0, 2.0], [2.0, 2.0, 2.0], [70.0, 3.0, 1.0]], [[4.0, 1.0, 0.0], [5.0, 2.0, 2.0], [71.0, 3.0, 2.0]]])
    pipeline = A.Compose([A.HorizontalFlip(p=1), A.Crop(20, 0, 80, 60)], keypoint_params=A.KeypointParams("xyv"), flip_pairs=[(0, 1)])
    out = pipeline(image=PICTURE, keypoints=groups)["keypoints"]
    assert np.shape(out) == (2, 3, 3)
    assert np.allclose(out, [[[57, 2, 2], [58, 1, 2], [0, 0, 0]], [[54, 2, 2], [0, 0, 0], [0, 0, 0]]])
    assert isinstance(out, np.ndarray) == isinstance(groups, np.ndarray)
    twice = A.Compose([A.HorizontalFlip(p=1), A.VerticalFlip(p=1)], keypoint_params=A.KeypointParams("xyv"), flip_pairs=[(0, 1)])
    assert np.allclose(twice(image=PICTURE, keypoints=groups)["keypoints"][0], [[78, 58, 2], [77, 57, 2], [9, 56, 1]])


def test_flat_keypoints_that_are_one_an_instance_do_not_change_places_with_another_instance():
    pipeline = A.Compose(
        [A.HorizontalFlip(p=1)], bbox_params=pascal(), keypoint_params=A.KeypointParams("xy"), instances=["bboxes", "keypoints"], flip_pairs=[(0, 1)]
    )
    out = pipeline(image=PICTURE, bboxes=BOXES, keypoints=[[12, 12], [52, 12]])
    for (x, y), box in zip(out["keypoints"], out["bboxes"], strict=True):
        assert box[0] <= x <= box[2]
        assert box[1] <= y <= box[3]


FLAT_PEOPLE = [[10, 12, 2, 20, 22, 1, 30, 32, 2], [40, 42, 2, 0, 0, 0, 60, 12, 2]]


CONTAINERS = [np.array, lambda rows: rows, tuple, lambda rows: [np.array(row) for row in rows], lambda rows: np.array(rows, np.float32)]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("bound", [(), ("keypoints", "bboxes")], ids=str)
def test_keypoints_as_coco_writes_them_are_instances_and_stay_so(container: Callable[[Any], Any], bound: tuple[str, ...]):
    rules = {"bbox_params": pascal(), "keypoint_params": A.KeypointParams("xyv"), "flip_pairs": [(0, 1)]}
    pipeline = A.Compose([A.Crop(0, 0, 40, 60), A.HorizontalFlip(p=1)], instances=bound, **rules)
    out = pipeline(image=PICTURE, bboxes=[[10, 10, 31, 33], [30, 10, 61, 43]], keypoints=container(FLAT_PEOPLE))["keypoints"]
    groups = pipeline(image=PICTURE, bboxes=[[10, 10, 31, 33], [30, 10, 61, 43]], keypoints=np.reshape(FLAT_PEOPLE, (2, 3, 3)))["keypoints"]
    assert np.allclose(out, np.reshape(groups, (2, 9)))
    assert np.allclose(out, [[19, 22, 1, 29, 12, 2, 9, 32, 2], [0, 0, 0, 0, 0, 0, 0, 0, 0]])
    assert isinstance(out, np.ndarray) == isinstance(container(FLAT_PEOPLE), np.ndarray)
    if not isinstance(out, np.ndarray):
        assert all(type(row) is list for row in out)


def test_keypoints_as_coco_writes_them_are_those_of_the_annotations():
    rng = np.random.default_rng(3)
    points = np.concatenate([rng.uniform(0, (80, 60), (5, 17, 2)), rng.integers(0, 3, (5, 17, 1))], axis=2)
    points[points[:, :, 2] == 0] = 0
    rows = points.reshape(5, 51).tolist()
    pairs = [(k, k + 1) for k in range(1, 17, 2)]
    turn = [A.Rotate((-40, 40), p=1), A.HorizontalFlip(p=1), A.RandomCrop(40, 50)]
    pipeline = A.Compose(turn, keypoint_params=A.KeypointParams("xyv"), flip_pairs=pairs, seed=4)
    out = pipeline(image=PICTURE, keypoints=rows, annotations=[{"keypoints": row} for row in rows])
    assert np.allclose(out["keypoints"], [row["keypoints"] for row in out["annotations"]], atol=1e-6)


def test_one_two_four_or_five_further_columns_of_a_point_and_any_that_are_no_numbers_are_carried():
    flip = A.Compose([A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams("xyv"))
    for more in ([0.5], [7, 0], [1, 2, 0, 4], [1, 2, 0, 4, 5], ["nose", 1, 0], [0, 1, None]):
        assert flip(image=PICTURE, keypoints=[[1, 2, 2, *more]])["keypoints"] == [[78, 2, 2, *more]]
    three = A.Compose([A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams("xy"))
    assert three(image=PICTURE, keypoints=[[1, 2, 2, 4, 5, 1]])["keypoints"] == [[78, 2, 2, 4, 5, 1]]


@pytest.mark.parametrize(("given", "sides"), [(np.reshape(FLAT_PEOPLE, (2, 3, 3)), None), (FLAT_PEOPLE, None), (FLAT_PEOPLE, {1: [(0, 1)]})])
def test_a_mirror_of_groups_without_pairs_that_apply_warns(given: Any, sides: Any):
    pipeline = A.Compose([A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams("xyv"), flip_pairs=sides)
    with pytest.warns(UserWarning, match="keypoints were mirrored, but which are left and which right is not known"):
        pipeline(image=PICTURE, keypoints=given)


def test_pairs_by_category_warn_where_they_do_not_apply():
    row = {"category_id": 3, "bbox": [1, 1, 70, 50], "keypoints": [1, 2, 2, 3, 4, 2]}
    by_category = {"keypoint_params": A.KeypointParams("xy"), "flip_pairs": {1: [(0, 1)], 2: []}}
    flip = A.Compose([A.HorizontalFlip(p=1)], **by_category)
    with pytest.warns(UserWarning, match=r"annotations: .* is not known: flip_pairs has no category_id 3; pass .*flip_pairs=\[\]"):
        flip(image=PICTURE, annotations=[row])
    with pytest.warns(UserWarning, match="keypoints: .* is not known: flip_pairs are by category_id, and keypoints have none; pass"):
        flip(image=PICTURE, keypoints=[[1, 2], [3, 4]])
    flip(image=PICTURE, keypoints=[[1, 2]], annotations=[row | {"category_id": 1}, row | {"category_id": 2}])  # nothing to say
    A.Compose([A.Rotate(p=1)], **by_category)(image=PICTURE, keypoints=[[1, 2], [3, 4]], annotations=[row])
    bound = A.Compose([A.HorizontalFlip(p=1)], bbox_params=pascal(), instances=["bboxes", "keypoints"], **by_category)
    bound(image=PICTURE, bboxes=BOXES, keypoints=[[12, 12], [52, 12]])  # a point an instance has no other side


@pytest.mark.parametrize("nowhere", [float("nan"), float("inf")])
@pytest.mark.parametrize("nodes", [[A.HorizontalFlip(p=1)], [A.Rotate((20, 20), p=1)], [A.GridDropout(p=1)], [A.ElasticTransform(p=1)]], ids=str)
def test_where_an_unlabelled_point_lies_means_nothing(nowhere: float, nodes: list[A.Transform]):
    pipeline = A.Compose(nodes, keypoint_params=A.KeypointParams("xyv"), flip_pairs=[])
    for points in ([[nowhere, nowhere, 0], [3, 4, 2]], [[[nowhere, 4, 0], [3, 4, 2]]], [[4, nowhere, 0, 3, 4, 2]]):
        first = np.reshape(pipeline(image=PICTURE, keypoints=points)["keypoints"], (2, 3))[0]
        assert first.tolist() == [0, 0, 0]
        with pytest.raises(A.DataError, match="number [013]"):
            pipeline(image=PICTURE, keypoints=np.where(np.equal(points, 0), 1, points).tolist())


@pytest.mark.parametrize("pairs", [[(0, 1), (1, 2)], [(-1, 0)], [(0, 0)], [(0, 1), (0, 1)], {1: [(2, 3), (3, 4)]}, "ab", 5, [(0, 1, 2)], [(0.5, 1)]])
def test_a_point_changes_places_with_one_other_or_the_pairs_are_refused(pairs: Any):
    with pytest.raises(A.ParameterError, match="flip_pairs=.*each point once"):
        A.Compose([A.NoOp()], flip_pairs=pairs)


def test_pairs_that_are_numbered_from_one_are_noticed():
    pipeline = A.Compose([A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams("xyv"), flip_pairs=[(2, 3)])
    with pytest.raises(A.DataError, match=r"flip_pairs: \(2, 3\), but instances have 3 points, numbered from 0 to 2"):
        pipeline(image=PICTURE, keypoints=[[[1, 1, 2], [2, 2, 2], [3, 3, 2]]])


@pytest.mark.parametrize(
    ("keypoints", "told"),
    [
        ([[[1, 1, 2]], [[2, 2, 2], [3, 3, 2]]], r"keypoints\[1\]: 2 points, keypoints\[0\] has 1; .*same number of points"),
        ([[[1, 1, 2]], None], r"keypoints\[1\]"),
        ([[[1, 1, 2], [2, 2, 2]], [[3, 3, 2], [4, float("nan"), 2]]], r"keypoints\[1\]\[1\]: number 1 is nan; expected finite"),
        ([[[1, 1, 2], [2, 2, 2]], [[3, 3, 2], [4, "5", 2]]], r"keypoints\[1\]\[1\]: expected 3 numbers \(xyv\), got '5'"),
        ([[[1, 1], [2, 2]]], r"keypoints\[0\]\[0\]: expected 3 numbers \(xyv\), got 2"),
        ([[[1, 1, 2], [2, 2, 2]], [[3, 3, 2], [4, 5, 7]]], r"keypoints\[1\]\[1\]: v is 7; expected 0 \(not labelled\), 1"),
        ([[1, 1, 2], [4, 5, -1]], r"keypoints\[1\]: v is -1; expected 0"),
        (np.array([[1, 1, 0.7]]), r"keypoints\[0\]: v is 0.7; expected 0 .* further column"),
        ([[1, 1, 2, 4, 5, 7]], r"keypoints\[0\]\[1\]: v is 7; .*A row of 6 numbers in 'xyv' is 2 points; .*label_fields"),
        ([[1, 1, 2, 4, 5, 1], [1, 1, 2, 4, float("nan"), 1]], r"keypoints\[1\]\[1\]: number 1 is nan; expected finite"),
        ([[1, 1, 2, 4, 5, 1], [1, 1, 2]], r"keypoints\[1\]: 3 values, but keypoints\[0\] has 6"),
        (np.zeros((2, 0, 3)), "keypoints: 2 instances of 0 points"),
        (np.zeros((1, 2, 3, 3)), "keypoints: expected N x 3"),
        (np.zeros((2, 3, 2)), "keypoints: expected N x 3"),
        ("abc", "keypoints: expected rows of 3 numbers"),
        ({"a": 1}, "keypoints: expected rows of 3 numbers"),
    ],
)
def test_bad_keypoints_are_named_by_instance_and_point(keypoints: Any, told: str):
    with pytest.raises((A.DataError, A.DataTypeError), match=told):
        A.Compose([A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams("xyv"))(image=PICTURE, keypoints=keypoints)


# --- labels without a picture ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PIPELINES)
def test_labels_alone_come_out_as_they_do_beside_a_picture(name: str):
    rings = blobs(np.random.default_rng(4), 6)
    data: dict[str, Any] = {
        "bboxes": np.array([[*ring.min(axis=0), *ring.max(axis=0)] for ring in rings]), "ids": list(range(6)),
        "keypoints": np.array([ring[0] for ring in rings]), "polygons": [[ring.tolist()] for ring in rings],
        "annotations": [{"id": k, "segmentation": [ring.reshape(-1).tolist()]} for k, ring in enumerate(rings)],
    }  # fmt: skip
    pipeline = A.Compose(
        PIPELINES[name](), bbox_params=pascal(label_fields=["ids"]), keypoint_params=A.KeypointParams("xy"), return_matrix=True, seed=1
    )
    for key in range(3):
        one = pipeline(image=np.zeros((120, 160, 3), np.uint8), key=key, **data)
        two = pipeline(size=(120, 160), key=key, **data)
        assert two.pop("size") == one.pop("image").shape[:2]
        for target, value in two.items():
            assert np.array_equal(value, one[target]) if isinstance(value, np.ndarray) else value == one[target], target


@pytest.mark.parametrize("size", [None, 60, (60,), (60, 80, 3), (0, 80), (-1, 80), (60.5, 80), "ab", ("6", "8"), (1e300, 80)])
def test_a_size_that_is_none_is_named(size: Any):
    with pytest.raises(A.DataError, match="size=.*height, width"):
        A.Compose([A.NoOp()], bbox_params=pascal())(size=size, bboxes=BOXES)


def test_empty_stacks_tell_no_size_and_say_so():
    for name in ("masks", "images", "volume", "mask3d", "volumes", "masks3d"):
        with pytest.raises(A.CallError, match=rf"{name}: empty.*size=\(height, width\)"):
            A.Compose([A.NoOp()])(**{name: []})
        assert A.Compose([A.CenterCrop(20, 30)])(size=(60, 80), **{name: []})[name] == []


# --- nothing that came is changed, nothing that goes out is shared ---------------------------------------------------


@pytest.mark.parametrize(
    "transform", [A.NoOp(), A.HorizontalFlip(p=1), A.CenterCrop(60, 80), A.Crop(0, 0, 40, 30), A.Rotate((30, 30), p=1)], ids=repr
)
def test_inputs_stay_as_they_were_and_outputs_share_nothing_with_them(transform: A.Transform):
    data: dict[str, Any] = {
        "image": np.ones((60, 80, 3), np.uint8), "mask": np.ones((60, 80), np.uint8), "masks": np.ones((2, 60, 80), np.uint8),
        "bboxes": np.array(BOXES), "keypoints": np.array([[[12.0, 12.0, 2.0]], [[52.0, 12.0, 2.0]]]),
        "polygons": [[np.array(PAIRS)], [np.array(PAIRS) + 5]], "ids": np.array([3, 4]), "volume": np.ones((2, 60, 80, 1), np.uint8),
    }  # fmt: skip
    arrays = [array for value in data.values() for array in ([value] if isinstance(value, np.ndarray) else [ring for (ring,) in value])]
    copies = [array.copy() for array in arrays]
    for array in arrays:
        array.setflags(write=False)
    params = {"bbox_params": pascal(label_fields=["ids"]), "keypoint_params": A.KeypointParams("xyv")}
    for bound in ((), ("bboxes", "masks", "polygons", "keypoints")):
        out = A.Compose([transform], instances=bound, **params)(**data)
        for value in out.values():
            for array in [value] if isinstance(value, np.ndarray) else [ring for rings in value for ring in rings]:
                assert not any(np.shares_memory(array, given_) for given_ in arrays)
                array[...] = 0  # writable, every one
    assert all(np.array_equal(array, copy) for array, copy in zip(arrays, copies, strict=True))


def test_views_of_every_kind_give_what_their_copies_give():
    big = np.random.default_rng(0).uniform(5, 25, (4, 8))
    boxes = np.column_stack([big[:, 0:4:2], big[:, 0:4:2] + 10])
    pipeline = A.Compose([A.Rotate((20, 20), p=1)], bbox_params=pascal())
    expected = pipeline(image=PICTURE, bboxes=boxes)["bboxes"]
    wide = np.zeros((8, 8))
    wide[::2, ::2] = boxes
    for view in (np.asfortranarray(boxes), wide[::2, ::2], boxes[::-1][::-1], boxes.astype(">f8"), np.ascontiguousarray(boxes)):
        view.setflags(write=False)
        assert np.array_equal(pipeline(image=PICTURE, bboxes=view)["bboxes"], expected)
        assert np.array_equal(pipeline(image=PICTURE[::-1, ::-1], bboxes=view)["bboxes"], expected)


# --- filling and cutting ---------------------------------------------------------------------------------------------

coordinate = st.floats(-6, 26, allow_nan=False, width=32) | st.integers(-12, 52).map(lambda n: n / 2)
outlines = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=12)


def even_odd(ring: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns: Which pixel centres an outline holds, by counting for each the edges to its left; one by one."""
    out = np.zeros((height, width), np.uint8)
    for row in range(height):
        for column in range(width):
            x, y, inside = column + 0.5, row + 0.5, False
            for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
                if (y0 <= y) != (y1 <= y) and x0 + (y - y0) / (y1 - y0) * (x1 - x0) <= x:
                    inside = not inside
            out[row, column] = inside
    return out


@settings(max_examples=150, deadline=None)
@given(ring=outlines)
@example(ring=[(0.0, 0.0), (20.0, 20.0), (20.0, 0.0), (0.0, 20.0)])
@example(ring=[(0.0, 0.0), (10.0, 10.0), (20.0, 20.0)])
@example(ring=[(5.0, 5.0), (5.0, 5.0), (5.0, 5.0)])
@example(ring=[(0.5, 0.5), (10.5, 0.5), (10.5, 10.5), (0.5, 10.5)])
def test_filling_is_the_even_odd_rule_at_pixel_centres(ring: list[tuple[float, float]]):
    corners = np.array(ring, np.float64)
    filled = fill_outlines([[corners]], (18, 20))[0]
    wrong = np.argwhere(filled != even_odd(corners, 18, 20))
    for row, column in wrong:  # only where an edge runs through the centre within rounding
        here, there = corners, np.roll(corners, -1, axis=0)
        point = np.array([column + 0.5, row + 0.5])
        along = there - here
        length = np.maximum((along**2).sum(axis=1), 1e-12)
        share = np.clip(((point - here) * along).sum(axis=1) / length, 0, 1)
        assert np.hypot(*(here + share[:, None] * along - point).T).min() < 1e-9


@settings(max_examples=100, deadline=None)
@given(rings=st.lists(outlines, min_size=1, max_size=4))
def test_an_instance_of_several_outlines_is_their_union(rings: list[list[tuple[float, float]]]):
    corners = [np.array(ring, np.float64) for ring in rings]
    together = fill_outlines([corners], (18, 20))[0]
    alone = fill_outlines([[ring] for ring in corners], (18, 20))
    assert np.array_equal(together, np.logical_or.reduce(alone))


angle = st.floats(0, 6.2)
half_planes = st.lists(st.tuples(angle, st.floats(-8, 8)), min_size=1, max_size=5)


@settings(max_examples=80, deadline=None)
@given(ring=outlines, planes=half_planes)
@example(ring=[(5.5, 1.0), (0.0, 0.0), (10.5, 0.0)] * 2, planes=[(0.0, 0.0)])  # twice around, which even-odd counts as nothing
def test_both_ways_of_cutting_an_outline_agree(ring: list[tuple[float, float]], planes: list[tuple[float, float]]):
    corners = np.array(ring, np.float64)
    lines = [(float(np.cos(turn)), float(np.sin(turn)), float(-10 * np.cos(turn) - 10 * np.sin(turn) + off)) for turn, off in planes]
    one, other = cut(corners, np.array(lines)), cut_few(corners, lines)
    total = [sum(even_odd_area(part) for part in parts) for parts in (one, other)]
    fan = sum(area_of([ring[0], *pair]) for pair in pairwise(ring[1:]))  # as much as it goes around anything, and round again
    assert abs(total[0] - total[1]) <= 1e-5 * max(1.0, *total)
    for parts in (one, other):
        for part in parts:
            for a, b, c in lines:
                assert (part @ (a, b) + c).min() >= -1e-6
        signed = sum(area_of(part.tolist()) for part in parts)
        assert signed <= fan + 1e-5 * max(1.0, fan)


# --- parts that no mask shows ----------------------------------------------------------------------------------------


class Torn(A.Transform):
    """Tiles of 20 px change places with those at the other end of the picture."""

    def draw(self, scene, rng):
        return Shuffle((0, 60), (0, 20, 40, 60, 80), (3, 2, 1, 0))


TIP = [[5.0, 10], [19, 10], [20.3, 15], [19, 20], [5, 20]]  # the last 0.3 px lie in the next tile


def torn(rings: list[Any], **more: Any) -> dict[str, Any]:
    x0, y0, x1, y1 = *np.concatenate(rings).min(axis=0), *np.concatenate(rings).max(axis=0)
    rows = [{"segmentation": [np.ravel(ring).tolist() for ring in rings]}]
    pipeline = A.Compose([Torn(p=1)], bbox_params=pascal(**more), return_fates=True)
    return {"box": (x0, y0, x1, y1), **pipeline(image=PICTURE, bboxes=[[x0, y0, x1, y1]], polygons=[rings], annotations=rows)}


def test_a_part_that_holds_no_pixel_s_centre_stretches_no_box_beside_one_that_does():
    out = torn([TIP], min_visibility=1.0)  # and yet all of the object is visible
    assert out["bboxes"] == [[65.0, 10.0, 80.0, 20.0]]
    (row,) = out["annotations"]
    assert row["bbox"] == [65.0, 10.0, 15.0, 10.0]
    assert row["area"] == pytest.approx(sum(area(np.reshape(ring, (-1, 2))) for ring in row["segmentation"]), abs=1e-9)
    assert [np.max(ring, axis=0)[0] for ring in out["polygons"][0]] == [80.0]
    assert out["fates"] == ["kept"]


def test_a_part_that_holds_a_pixel_s_centre_counts_however_small():
    out = torn([[[5.0, 14], [19, 10], [20.7, 14.5], [19, 20]]])
    assert out["annotations"][0]["bbox"] == pytest.approx([40.0, 10.0, 40.0, 10.0])


def test_rings_that_nothing_tears_stay_however_tiny():
    speck = [[70.1, 30.1], [70.3, 30.1], [70.2, 30.4]]
    out = torn([TIP, speck])
    assert len(out["annotations"][0]["segmentation"]) == len(out["polygons"][0]) == 2
    assert out["annotations"][0]["bbox"] == pytest.approx([10.1, 10, 69.9, 20.4])


def test_an_object_that_holds_no_pixel_s_centre_stays_whole_where_it_is_torn():
    out = torn([[[19.8, 30.1], [20.2, 30.1], [20.2, 30.4], [19.8, 30.4]]])
    assert len(out["annotations"][0]["segmentation"]) == len(out["polygons"][0]) == 2
    assert out["annotations"][0]["area"] == pytest.approx(0.12)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 10**6), name=st.sampled_from(["tiles", "tiles, then turn", "turn, then crop", "holes"]))
def test_every_part_that_is_torn_off_shows_in_a_mask_and_none_that_shows_is_lost(seed, name):
    nodes = {
        "tiles": [A.RandomGridShuffle((5, 5), p=1)],
        "tiles, then turn": [A.RandomGridShuffle((4, 4), p=1), A.Rotate((-60, 60), p=1)],
        "turn, then crop": [A.Rotate((-60, 60), p=1), A.RandomCrop(60, 60)],
        "holes": [A.GridDropout(unit_size_range=(8, 12), fill_mask=0, p=1), A.Rotate((-60, 60), p=1)],
    }[name]
    rings = blobs(np.random.default_rng(seed), 6)
    plan = A.Compose(nodes, seed=seed).draw((120, 160))
    whole = plan.route.carry(Outlines.of(rings))
    shown = whole.solid()
    for k in range(len(rings)):
        before, after = (fill_outlines([way.rings(k)], plan.size)[0] for way in (whole, shown))
        assert np.array_equal(before, after)
        if before.any() and len(shown.rings(k)) > 1:
            assert all(fill_outlines([[ring]], plan.size)[0].any() for ring in shown.rings(k))
        if not before.any():
            assert len(shown.rings(k)) == len(whole.rings(k))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 6, width=16), st.floats(0, 6, width=16)), min_size=3, max_size=7))
def test_an_outline_is_hollow_where_no_pixel_of_its_mask_is_set(ring):
    assert bool(hollow([np.array(ring, np.float64)])[0]) != bool(fill_outlines([[np.array(ring, np.float64)]], (7, 7))[0].any())


# --- instance masks and the mask of the class ------------------------------------------------------------------------


def both_ways(nodes: list[A.Transform], seed: int, dtype: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns: Masks after a plan, each moved as a whole picture and as the part of it that is not zero."""
    plan = A.Compose(nodes, seed=seed).draw((120, 160))
    assert plan.patches
    pairs = []
    for ring in blobs(np.random.default_rng(seed), 8):
        mask = fill_outlines([[ring]], (120, 160))[0].astype(dtype) * 3
        part, (top, left) = plan.patch(*patch_of(mask))
        alone = np.zeros(plan.size, dtype)
        alone[top : top + part.shape[0], left : left + part.shape[1]] = part
        pairs.append((plan.mask(mask), alone))
    return pairs


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
@pytest.mark.parametrize(
    "nodes",
    [
        [A.Resize(83, 117, p=1)],
        [A.Resize(240, 320, p=1), A.HorizontalFlip(p=1)],
        [A.RandomScale((-0.6, 0.9), p=1), A.VerticalFlip(p=1)],
        [A.RandomScale((-0.6, 0.9), p=1), A.RandomRotate90(p=1)],
        [A.Transpose(p=1), A.Resize(77, 77, p=1)],
        [A.HorizontalFlip(p=1), A.LongestMaxSize(100), A.PadIfNeeded(100, 100)],
        [A.LetterBox((71, 93))],
        [A.RandomCrop(60, 70), A.Resize(50, 90, p=1)],
        [A.RandomResizedCrop((64, 80), p=1)],
    ],
    ids=lambda nodes: " ".join(type(node).__name__ for node in nodes),
)
def test_a_resized_instance_has_the_very_pixels_of_the_resized_mask(nodes: list[A.Transform], dtype: str):
    for seed in range(12):
        for whole, alone in both_ways(nodes, seed, dtype):
            assert np.array_equal(whole, alone)


@pytest.mark.parametrize("name", ["turn", "affine, then crop", "perspective"])
def test_a_turned_instance_has_the_pixels_of_the_turned_mask_but_for_a_few_on_its_rim(name: str):
    pairs = [pair for seed in range(40) for pair in both_ways(PIPELINES[name](), seed, "uint8")]
    off = [(whole != alone).sum() for whole, alone in pairs]
    assert sum(off) <= 1e-4 * sum(np.count_nonzero(whole) for whole, _ in pairs)
    for whole, alone in pairs:
        near = np.pad(whole, 1)
        spans = [near[y : y + whole.shape[0], x : x + whole.shape[1]] for y in range(3) for x in range(3)]
        assert (np.minimum.reduce(spans) <= alone).all()
        assert (alone <= np.maximum.reduce(spans)).all()
