"""Crops: what they promise about boxes and masks, their edge cases, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import geoaug as A
from geoaug.scene import Scene

BOX_CROPS = [A.BBoxSafeRandomCrop(), A.RandomSizedBBoxSafeCrop(90, 120), A.AtLeastOneBBoxRandomCrop(40, 50)]


def cropping(*nodes, **settings):
    return A.Compose(list(nodes), bbox_params=A.BboxParams("pascal_voc", label_fields=["rows"]), return_plan=True, **settings)


def random_boxes(rng, size, count=None):
    """Boxes with fractional edges inside of a picture, shape (N, 4)."""
    height, width = size
    count = int(rng.integers(1, 6)) if count is None else count
    corners = np.sort(rng.uniform(0, 1, (count, 2, 2)), axis=1) * (width, height)
    corners[:, 1] = np.maximum(corners[:, 1], corners[:, 0] + 1e-3)
    return np.minimum(corners.reshape(-1, 4), (width, height, width, height))


@pytest.mark.parametrize("before", [[], [A.HorizontalFlip(p=1)], [A.Rotate(p=1)]], ids=["first", "flipped", "turned"])
def test_without_erosion_no_box_loses_a_sliver(before):
    for seed in range(300):
        rng = np.random.default_rng(seed)
        size = tuple(rng.integers(1, 200, 2).tolist())
        boxes = random_boxes(rng, size)
        data = {"image": np.zeros(size, np.uint8), "bboxes": boxes, "rows": range(len(boxes)), "key": seed}
        there = cropping(*before)(**data)
        for node in (A.BBoxSafeRandomCrop(), A.RandomSizedBBoxSafeCrop(64, 48)):
            out = cropping(*before, node)(**data)
            assert out["rows"] == there["rows"], seed
            if isinstance(node, A.BBoxSafeRandomCrop):  # all of it that the steps before had left
                assert np.allclose(out["bboxes"][:, 2:] - out["bboxes"][:, :2], there["bboxes"][:, 2:] - there["bboxes"][:, :2], atol=2e-7), seed
            elif not before:
                assert np.allclose(out["bboxes"], out["plan"].boxes(boxes), atol=2e-5), seed


def test_a_box_that_ends_within_a_pixel_keeps_the_whole_pixel():
    boxes = [[10.2, 20.7, 30.1, 40.3]]
    for key in range(200):
        out = cropping(A.BBoxSafeRandomCrop())(image=np.zeros((90, 90), np.uint8), bboxes=boxes, rows=[0], key=key)
        x0, y0, x1, y1 = out["bboxes"][0]
        assert np.allclose((x1 - x0, y1 - y0), (19.9, 19.6), atol=1e-9)


def test_erosion_counts_for_one_box_as_for_several():
    losses = []
    for key in range(60):
        out = cropping(A.BBoxSafeRandomCrop(erosion_rate=0.5))(image=np.zeros((90, 90), np.uint8), bboxes=[[10, 20, 50, 60]], rows=[0], key=key)
        x0, y0, x1, y1 = out["bboxes"][0]
        losses.append((x1 - x0) * (y1 - y0) / 1600)
        assert x1 - x0 >= 20
        assert y1 - y0 >= 20
    assert min(losses) < 0.9


@pytest.mark.parametrize("node", [*BOX_CROPS, A.BBoxSafeRandomCrop(erosion_rate=1)], ids=str)
def test_crops_for_boxes_crop_anywhere_where_there_are_none(node):
    for key in range(20):
        out = cropping(node)(image=np.zeros((90, 80), np.uint8), bboxes=[], rows=[], key=key)
        assert out["bboxes"] == []
        assert min(out["image"].shape) >= 1
        assert A.Compose([node])(image=np.zeros((90, 80), np.uint8), key=key)["image"].shape == out["image"].shape


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("erosion", [0.0, 0.4, 0.99, 1.0])
def test_one_box_at_least_is_in_the_crop(seed, erosion):
    rng = np.random.default_rng(seed)
    size = tuple(rng.integers(50, 120, 2).tolist())
    boxes = random_boxes(rng, size)
    out = cropping(A.AtLeastOneBBoxRandomCrop(40, 50, erosion_factor=erosion))(image=np.zeros(size, np.uint8), bboxes=boxes, rows=range(len(boxes)))
    assert out["image"].shape == (40, 50)
    shares = []
    for (x0, y0, x1, y1), row in zip(out["bboxes"], out["rows"], strict=True):
        a, b, c, d = boxes[row]
        # of a side that the crop has room for, the share is kept to within the pixel that a crop is placed by
        shares.append(min((x1 - x0 + 1) / min(c - a, 50), (y1 - y0 + 1) / min(d - b, 40)))
    assert max(shares) >= 1 - erosion


def test_a_box_that_fits_is_whole_in_the_crop_that_is_to_hold_one():
    for key in range(100):
        node = A.AtLeastOneBBoxRandomCrop(30, 30)
        out = cropping(node)(image=np.zeros((90, 90), np.uint8), bboxes=[[40.3, 40.6, 60.2, 60.9]], rows=[0], key=key)
        x0, y0, x1, y1 = out["bboxes"][0]
        assert np.allclose((x1 - x0, y1 - y0), (19.9, 20.3), atol=1e-9)


def test_crops_see_boxes_where_the_steps_before_have_brought_them():
    nodes = [A.HorizontalFlip(p=1), A.AtLeastOneBBoxRandomCrop(10, 10)]
    pipeline = A.Compose(nodes, bbox_params=A.BboxParams("pascal_voc"))
    for key in range(50):
        out = pipeline(image=np.zeros((50, 100), np.uint8), bboxes=[[5, 5, 10, 10]], key=key)
        assert np.ptp(np.reshape(out["bboxes"], (2, 2)), axis=0).tolist() == [5, 5]


# --- a box by name ---


def test_a_lone_shift_counts_for_both_directions():
    node = A.RandomCropNearBBox(max_part_shift=0.2)
    assert node.max_part_shift == (0.2, 0.2)
    shapes = {node(image=np.zeros((200, 200), np.uint8), cropping_bbox=[50, 60, 100, 120])["image"].shape for _ in range(60)}
    assert len({height for height, _ in shapes}) > 5
    assert len({width for _, width in shapes}) > 5


def test_edges_near_a_box_move_by_at_most_their_part():
    pipeline = A.Compose([A.RandomCropNearBBox(max_part_shift=(0.1, 0.3), cropping_bbox_key="target")], return_plan=True)
    assert pipeline.transforms[0].keys == ("target",)
    seen = set()
    for key in range(300):
        out = pipeline(image=np.zeros((200, 200), np.uint8), target=(50, 60, 80, 120), key=key)
        (x0, y0), (x1, y1) = out["plan"].inverse().points([[0, 0], out["image"].shape[::-1]])
        assert abs(x0 - 50) <= 9
        assert abs(x1 - 80) <= 9
        assert abs(y0 - 60) <= 6
        assert abs(y1 - 120) <= 6
        seen.add(x0)
    assert len(seen) == 19


def test_a_crop_near_a_box_that_reaches_over_the_edge_stays_inside_of_the_picture():
    for key in range(40):
        out = A.Compose([A.RandomCropNearBBox(max_part_shift=1)])(image=np.zeros((40, 50), np.uint8), cropping_bbox=(-5, 30.5, 20, 60), key=key)
        assert 1 <= out["image"].shape[0] <= 40
        assert 1 <= out["image"].shape[1] <= 50


def test_edges_that_would_pass_each_other_leave_the_box_itself():
    class Lowest:
        """Draws the least of each range, which moves every edge inwards."""

        def integers(self, low, high):
            return low

    class Sight:
        def given(self, name):
            return (10, 10, 20, 30)

    step = A.RandomCropNearBBox(max_part_shift=1).draw(Scene((50, 50), None, True, Sight()), Lowest())
    assert step.path.size == (20, 10)


@pytest.mark.parametrize(
    ("box", "error", "message"),
    [
        (None, A.DataTypeError, "four finite numbers"),
        ([1, 2, 3], A.DataTypeError, "four finite numbers"),
        (["a", 2, 3, 4], A.DataTypeError, "four finite numbers"),
        ([1, 2, float("nan"), 4], A.DataTypeError, "four finite numbers"),
        ([30, 2, 10, 40], A.DataError, "x_min < x_max"),
        ([10, 2, 10, 40], A.DataError, "x_min < x_max"),
        ([60, 2, 70, 40], A.DataError, "outside of the picture, 40 x 50"),
        ([-20, 2, 0, 40], A.DataError, "outside of the picture"),
    ],
)
def test_a_box_by_name_that_is_none_is_refused(box, error, message):
    with pytest.raises(error, match=message):
        A.RandomCropNearBBox()(image=np.zeros((40, 50), np.uint8), cropping_bbox=box)


def test_a_box_by_name_that_was_not_passed_is_asked_for():
    with pytest.raises(A.CallError, match="RandomCropNearBBox needs cropping_bbox"):
        A.RandomCropNearBBox()(image=np.zeros((40, 50), np.uint8))


# --- the mask ---


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int32", "float32", "uint64"])
def test_the_crop_shows_something_of_the_mask_wherever_that_lies(dtype):
    rng = np.random.default_rng(3)
    for key in range(60):
        mask = np.zeros((40, 50), dtype)
        mask[rng.integers(40), rng.integers(50)] = 1
        out = A.Compose([A.HorizontalFlip(p=0.5), A.CropNonEmptyMaskIfExists(7, 9)])(image=np.zeros((40, 50), np.uint8), mask=mask, key=key)
        assert out["mask"].shape == (7, 9)
        assert out["mask"].any()


def test_each_place_of_the_crop_that_shows_the_pixel_is_drawn():
    mask = np.zeros((20, 20), np.uint8)
    mask[10, 12] = 1
    pipeline = A.Compose([A.CropNonEmptyMaskIfExists(3, 4)], seed=1)
    seen = {tuple(np.argwhere(pipeline(image=mask, mask=mask)["mask"])[0].tolist()) for _ in range(300)}
    assert seen == {(row, column) for row in range(3) for column in range(4)}


def test_an_empty_mask_is_cropped_anywhere():
    image = np.arange(400, dtype=np.int32).reshape(20, 20)
    pipeline = A.Compose([A.CropNonEmptyMaskIfExists(19, 19)])
    seen = {int(pipeline(image=image, mask=np.zeros((20, 20), np.uint8), key=key)["image"][0, 0]) for key in range(60)}
    assert seen == {0, 1, 20, 21}


def test_ignored_values_and_channels_do_not_count():
    mask = np.zeros((30, 30, 2), np.int16)
    mask[2, 3, 0], mask[20, 21, 1], mask[28, 28, 1] = 5, 7, -7
    for settings, kept in (({"ignore_values": [5, -7]}, 7), ({"ignore_channels": [1]}, 5), ({"ignore_channels": [0], "ignore_values": [7]}, -7)):
        for key in range(20):
            out = A.Compose([A.CropNonEmptyMaskIfExists(3, 3, **settings)])(image=np.zeros((30, 30), np.uint8), mask=mask, key=key)
            assert (out["mask"] == kept).any()
    every = A.CropNonEmptyMaskIfExists(3, 3, ignore_channels=[0, 1])
    assert every(image=np.zeros((30, 30), np.uint8), mask=mask)["mask"].shape == (3, 3, 2)


def test_values_of_channels_that_cancel_each_other_still_count():
    mask = np.zeros((30, 30, 2), np.int16)
    mask[4, 5] = 7, -7
    for key in range(20):
        assert A.Compose([A.CropNonEmptyMaskIfExists(3, 3)])(image=np.zeros((30, 30), np.uint8), mask=mask, key=key)["mask"].any()


def test_the_union_of_instance_masks_counts_where_there_is_no_mask():
    masks = [np.zeros((30, 30), np.uint8) for _ in range(3)]
    masks[1][29, 0] = 1
    out = A.CropNonEmptyMaskIfExists(3, 3)(image=np.zeros((30, 30), np.uint8), masks=masks)
    assert any(mask.any() for mask in out["masks"])


def test_without_a_mask_the_way_out_is_named():
    with pytest.raises(A.DataError, match="pass mask=… .or masks=….*RandomCrop"):
        A.CropNonEmptyMaskIfExists(3, 3)(image=np.zeros((30, 30), np.uint8))


# --- sizes ---


@pytest.mark.parametrize(
    "node",
    [
        A.AtLeastOneBBoxRandomCrop(20, 20), A.CropNonEmptyMaskIfExists(20, 20), A.RandomCrop(20, 20), A.CenterCrop(20, 20),
        A.Crop(0, 0, 20, 20), A.RandomSizedCrop(min_max_height=(20, 99), size=(20, 20)),
    ],
    ids=lambda node: type(node).__name__,
)  # fmt: skip
def test_a_crop_as_large_as_the_picture_is_the_picture(node):
    picture = np.random.default_rng(1).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    out = A.Compose([node], bbox_params=A.BboxParams("pascal_voc"))(image=picture, mask=picture[..., 0], bboxes=[[3, 4, 5, 6]])
    assert np.array_equal(out["image"], picture)
    assert out["bboxes"] == [[3, 4, 5, 6]]


@pytest.mark.parametrize(
    "node",
    [A.AtLeastOneBBoxRandomCrop(20, 21), A.CropNonEmptyMaskIfExists(21, 20), A.Crop(0, 0, 21, 20), A.Crop(0, 0, 20, 21)],
    ids=lambda node: type(node).__name__,
)
def test_a_crop_larger_than_the_picture_is_refused_by_name(node):
    with pytest.raises(A.CropSizeError, match=rf"{type(node).__name__}.*picture.* 20 x 20"):
        node(image=np.zeros((20, 20), np.uint8), mask=np.ones((20, 20), np.uint8))


@pytest.mark.parametrize(
    "node",
    [
        A.BBoxSafeRandomCrop(), A.BBoxSafeRandomCrop(erosion_rate=1), A.RandomSizedBBoxSafeCrop(3, 4), A.AtLeastOneBBoxRandomCrop(1, 1),
        A.CropNonEmptyMaskIfExists(1, 1), A.RandomCropNearBBox(max_part_shift=1), A.Crop(0, 0, 1, 1), A.Crop(0, 0, 5, 5, pad_if_needed=True),
        A.RandomCropFromBorders(), A.RandomCropFromBorders(1, 0, 0, 1), A.RandomSizedCrop((1, 9), (3, 3), w2h_ratio=0.01),
        A.CropAndPad(px=-1), A.CropAndPad(px=1), A.CropAndPad(percent=-0.6), A.CropAndPad(px=(-9, 3, -5, -9), keep_size=False),
        A.D4(), A.Flip(p=1), A.SafeRotate(p=1), A.SafeRotate(p=1, border_mode=4), A.RandomScale((-0.9, -0.9), p=1), A.SmallestMaxSize(3),
        A.Pad(2, border_mode=2), A.Pad(2, border_mode=4), A.LetterBox(5), A.LetterBox((1, 7)), A.LetterBox(1),
    ],
    ids=str,
)  # fmt: skip
def test_pictures_of_one_pixel_and_of_one_row_pass(node):
    for shape in ((1, 1), (1, 1, 3), (1, 9), (9, 1)):
        for key in range(8):
            pipeline = A.Compose([node], bbox_params=A.BboxParams("pascal_voc"), keypoint_params=A.KeypointParams("xy"))
            data = {"mask": np.ones(shape[:2], np.uint8), "cropping_bbox": (0, 0, 1, 1), "bboxes": [[0, 0, 1, 1]], "keypoints": [(0, 0)]}
            out = pipeline(image=np.full(shape, 9, np.uint8), key=key, **data)
            assert out["image"].shape[:2] == out["mask"].shape
            assert min(out["image"].shape) >= 1


def test_borders_leave_at_least_one_pixel_whatever_they_may_take():
    for key in range(50):
        out = A.Compose([A.RandomCropFromBorders(1, 0, 0.5, 0.5)])(image=np.zeros((2, 3), np.uint8), key=key)["image"]
        assert min(out.shape) >= 1


def test_each_side_loses_at_most_its_share():
    pipeline = A.Compose([A.RandomCropFromBorders(0.1, 0.2, 0.3, 0.4)], return_plan=True)
    edges = []
    for key in range(400):
        out = pipeline(image=np.zeros((50, 100), np.uint8), key=key)
        edges.append(out["plan"].inverse().boxes([[0, 0, *out["image"].shape[::-1]]])[0])
    assert np.min(edges, axis=0).tolist() == [0, 0, 80, 30]
    assert np.max(edges, axis=0).tolist() == [10, 15, 100, 50]


# --- sides ---


def test_the_fill_of_crop_and_pad_is_a_colour():
    out = A.CropAndPad(px=2, keep_size=False, fill=(255, 0, 7))(image=np.full((4, 4, 3), 9, np.uint8))["image"]
    assert out[0, 0].tolist() == [255, 0, 7]
    assert out.reshape(-1, 3).tolist().count([255, 0, 7]) == 64 - 16
    two = A.CropAndPad(px=2, keep_size=False, fill=(255, 7))(image=np.full((4, 4, 2), 9, np.uint8))["image"]
    assert two[0, 0].tolist() == [255, 7]


def test_sides_are_drawn_as_they_are_given():
    def sides(node, key):
        motion = A.Compose([node]).draw((100, 200), key=key).motion
        left, top = motion.matrix[2], motion.matrix[5]
        return top, motion.size[1] - 200 - left, motion.size[0] - 100 - top, left

    drawn = [sides(A.CropAndPad(px=(-3, 3), keep_size=False), key) for key in range(300)]
    assert {v for four in drawn for v in four} == {-3, -2, -1, 0, 1, 2}  # as of a range in Python, the end is not in it
    assert any(len(set(four)) > 1 for four in drawn)
    assert all(len(set(sides(A.CropAndPad(px=(-3, 3), keep_size=False, sample_independently=False), key))) == 1 for key in range(30))
    assert sides(A.CropAndPad(px=(4, 4), keep_size=False), 0) == (4, 4, 4, 4)
    assert sides(A.CropAndPad(percent=(0.1, -0.1, 0.25, 0), keep_size=False), 0) == (10, -20, 25, 0)
    mixed = [sides(A.CropAndPad(px=(1, (0, 2), [5, 7, 9], -4), keep_size=False), key) for key in range(80)]
    assert {four[:1] + four[3:] for four in mixed} == {(1, -4)}
    assert {four[1] for four in mixed} == {0, 1}
    assert {four[2] for four in mixed} == {5, 7, 9}


def test_crops_that_would_leave_nothing_leave_one_pixel():
    for px, kept in (((-6, 0, -6, 0), [4]), ((-20, 0, 0, 0), [9]), ((0, 0, -20, 0), [0]), ((-2, 0, -20, 0), [0])):
        out = A.CropAndPad(px=px, keep_size=False)(image=np.arange(10, dtype=np.uint8)[:, None])["image"]
        assert out[:, 0].tolist() == kept


def test_a_picture_brought_back_to_its_size_is_one_step():
    plan = A.Compose([A.CropAndPad(px=(9, -5, 3, 7))]).draw((100, 200))
    assert len(plan.steps) == 1
    assert plan.size == (100, 200)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: A.Crop(5, 0, 5, 9), "x_max must be greater than x_min"),
        (lambda: A.Crop(0, 9, 5, 3), "y_max must be greater than y_min"),
        (lambda: A.Crop(-1, 0, 5, 3), "at least 0"),
        (lambda: A.CropAndPad(), "either px or percent"),
        (lambda: A.CropAndPad(px=3, percent=0.1), "either px or percent"),
        (lambda: A.CropAndPad(px=(1, 2, 3)), "top, right, bottom, left"),
        (lambda: A.CropAndPad(px=1.5), "whole number"),
        (lambda: A.CropAndPad(px=(3, 1)), "in that order"),
        (lambda: A.CropAndPad(px=(1, 1, 1, [])), "got none"),
        (lambda: A.CropAndPad(percent="ten"), "a number"),
        (lambda: A.RandomCropFromBorders(0.6, 0.6), "at most 1"),
        (lambda: A.RandomCropFromBorders(0, 0, 0.6, 0.6), "at most 1"),
        (lambda: A.RandomCropFromBorders(crop_left=-0.1), "from 0 to 1"),
        (lambda: A.RandomSizedCrop((9, 3), (5, 5)), "in that order"),
        (lambda: A.RandomSizedCrop((0, 3), (5, 5)), "at least 1 pixel"),
        (lambda: A.RandomSizedCrop((1, 3), (5, 5), w2h_ratio=0), "above 0"),
        (lambda: A.BBoxSafeRandomCrop(erosion_rate=1.1), "from 0 to 1"),
        (lambda: A.AtLeastOneBBoxRandomCrop(5, 5, erosion_factor=-1), "from 0 to 1"),
        (lambda: A.RandomCropNearBBox(max_part_shift=1.5), "from 0 to 1"),
        (lambda: A.RandomCropNearBBox(max_part_shift=(0, 2)), "from 0 to 1"),
        (lambda: A.RandomCropNearBBox(cropping_bbox_key=3), "a name"),
        (lambda: A.CropNonEmptyMaskIfExists(5, 5, ignore_values=3), "a list of whole numbers"),
        (lambda: A.CropNonEmptyMaskIfExists(5, 5, ignore_channels=["a"]), "a whole number"),
        (lambda: A.Pad(padding=(1, 2, 3)), "left, top, right, bottom"),
        (lambda: A.Pad(padding=-1), "from 0"),
        (lambda: A.LetterBox(0), "at least 1 pixel"),
        (lambda: A.LetterBox((1, 2, 3)), "two numbers"),
        (lambda: A.LetterBox(9, position="middle"), "expected one of"),
        (lambda: A.RandomScale(scale_limit=(-1, 0)), "above -1"),
        (lambda: A.SmallestMaxSize(), "either max_size or max_size_hw"),
        (lambda: A.SmallestMaxSize(max_size=3, max_size_hw=(3, 3)), "either max_size or max_size_hw"),
    ],
)
def test_bad_parameters_of_crops_and_sizes_are_refused_when_they_are_made(build, message):
    with pytest.raises(A.ParameterError, match=message):
        build()


@pytest.mark.parametrize("node", [A.BBoxSafeRandomCrop(), A.AtLeastOneBBoxRandomCrop(20, 20), A.RandomSizedBBoxSafeCrop(20, 20)])
def test_annotations_whose_box_is_none_do_not_stop_crops_that_look_at_boxes(node):
    bare = {"id": 1, "category_id": 1, "bbox": None, "segmentation": None}
    boxed = {"id": 2, "category_id": 1, "bbox": [30, 30, 5, 5]}
    for seed in range(5):
        left = A.Compose([node], seed=seed)(image=np.zeros((60, 80), np.uint8), annotations=[bare, boxed])["annotations"]
        assert left[0] == bare
        assert [row["id"] for row in left] == [1, 2]  # the box that there is was looked at
