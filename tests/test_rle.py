"""RLE: equal to pycocotools to the bit on sound data, a clear refusal on everything else."""

from __future__ import annotations

import json
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as reference

from geoaug.errors import DataError
from geoaug.targets import rle

REAL = Path(__file__).parents[2] / "shared/data/real"

# pycocotools' own decode trips over numpy 2's copy keyword
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
shapes = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)
masks = arrays.arrays(np.uint8, shapes, elements=st.integers(0, 1))


@given(masks)
def test_a_mask_is_written_as_pycocotools_writes_it(mask):
    truth = reference.encode(np.asfortranarray(mask))
    assert rle.encode(mask, "bytes") == truth
    assert rle.encode(mask, "str")["counts"] == truth["counts"].decode()
    assert rle.encode(mask) == rle.encode(mask, "str")


@given(masks, st.sampled_from(["str", "bytes", "list"]))
def test_what_was_written_is_read_again(mask, like):
    made = rle.encode(mask, like)
    assert rle.kind(made) == like
    np.testing.assert_array_equal(rle.decode(made), mask)
    assert like == "bytes" or json.loads(json.dumps(made)) == made


@given(masks)
def test_area_and_box_are_those_of_pycocotools(mask):
    truth = reference.encode(np.asfortranarray(mask))
    assert rle.area(truth) == int(reference.area(truth))
    assert rle.bbox(truth) == reference.toBbox(truth).tolist()


@given(masks)
def test_a_part_is_the_bounding_rectangle_of_the_mask(mask):
    part, (row, column) = rle.decode_part(rle.encode(mask))
    again = np.zeros_like(mask)
    again[row : row + part.shape[0], column : column + part.shape[1]] = part
    np.testing.assert_array_equal(again, mask)
    assert part.size == 0 or (part.any(axis=0)[[0, -1]].all() and part.any(axis=1)[[0, -1]].all())
    assert mask.any() or (part.shape == (0, 0) and (row, column) == (0, 0))


@given(masks, st.integers(-6, 14), st.integers(-6, 14), st.integers(1, 16), st.integers(1, 16))
def test_a_part_is_written_as_if_the_canvas_had_been_drawn(part, row, column, height, width):
    canvas = np.zeros((height + 60, width + 60), np.uint8)
    canvas[row + 20 : row + 20 + part.shape[0], column + 20 : column + 20 + part.shape[1]] = part
    drawn = np.asfortranarray(canvas[20 : 20 + height, 20 : 20 + width])
    assert rle.encode_part(part, (row, column), (height, width), "bytes") == reference.encode(drawn)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.integers(1, 9))
def test_plain_runs_with_empty_ones_among_them_mean_what_pycocotools_reads(runs, height):
    runs[-1] += -sum(runs) % height
    width = sum(runs) // height
    if width == 0:
        return
    plain = {"size": [height, width], "counts": runs}
    packed = reference.frPyObjects(plain, height, width)
    np.testing.assert_array_equal(rle.counts(plain), runs)
    np.testing.assert_array_equal(rle.counts(packed), runs)
    np.testing.assert_array_equal(rle.decode(packed), reference.decode(packed))


def test_a_small_object_in_a_huge_canvas_costs_no_huge_memory():
    part = np.ones((20, 30), np.uint8)
    tracemalloc.start()
    made = rle.encode_part(part, (9000, 9000), (12000, 12000))
    back, at = rle.decode_part(made)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert at == (9000, 9000)
    np.testing.assert_array_equal(back, part)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"size": [3, 3], "counts": [4, 2]}, "sum to 6, size 3 x 3 needs 9"),
        ({"size": [3, 3], "counts": [4, 20]}, "sum to 24"),
        ({"size": [3, 3], "counts": []}, "sum to 0"),
        ({"size": [3, 3], "counts": ""}, "sum to 0"),
        ({"size": [3, 3], "counts": [4, -2, 7]}, "counts[1] = -2"),
        ({"size": [3, 3], "counts": [2**32, 9 - 2**32]}, "counts[0] = 4294967296"),
        ({"size": [3, 3], "counts": [10**5000]}, "counts[0] = "),
        ({"size": [3, 3], "counts": [50.5, 1]}, "counts[0] = 50.5"),
        ({"size": [3, 3], "counts": [8, True]}, "counts[1] = True"),
        ({"size": [3, 3], "counts": ["8", 1]}, "counts[0] = '8'"),
        ({"size": [3, 3], "counts": [float("nan"), 1]}, "counts[0] = nan"),
        ({"size": [3, 3], "counts": [[9]]}, "counts[0] = [9]"),
        ({"size": [3, 3], "counts": None}, "got None"),
        ({"size": [3, 3], "counts": 9}, "got 9"),
        ({"size": [3, 3], "counts": {}}, "got {}"),
        ({"size": [3, 3]}, "got None"),
        ({"counts": [9]}, "size: expected [height, width]"),
        ({"size": [3], "counts": [9]}, "got [3]"),
        ({"size": 9, "counts": [9]}, "got 9"),
        ({"size": "33", "counts": [9]}, "got '33'"),
        ({"size": [3.0, 3], "counts": [9]}, "got [3.0, 3]"),
        ({"size": [True, 9], "counts": [9]}, "got [True, 9]"),
        ({"size": [0, 9], "counts": [0]}, "is empty"),
        ({"size": [-3, -3], "counts": [9]}, "is empty"),
        ({"size": [100_000, 100_000], "counts": [10**10]}, "exceeds 200000000 pixels"),
        ({"size": [3, 3], "counts": "9é"}, "not ASCII"),
        ({"size": [3, 3], "counts": "\x00"}, "'\\x00', is no RLE"),
        ({"size": [3, 3], "counts": "\x7f"}, "is no RLE"),
        ({"size": [3, 3], "counts": "9 "}, "is no RLE"),
        ({"size": [3, 3], "counts": b"\xff"}, "is no RLE"),
        ({"size": [3, 3], "counts": "oooo"}, "cut short"),
        ({"size": [3, 3], "counts": "ooooooooo0"}, "no run can have"),
        ({"size": [3, 3], "counts": "O9"}, "run 0 of the string is -1"),
        ([1, 2], "expected an object"),
        (None, "expected an object"),
    ],
)
def test_a_broken_mask_is_refused_by_value(broken, words):
    for act in (rle.counts, rle.decode, rle.decode_part, rle.area, rle.bbox):
        with pytest.raises(DataError, match=re.escape(words)):
            act(broken)


@given(st.binary(max_size=40) | st.text(max_size=40), st.integers(1, 300), st.integers(1, 300))
def test_a_random_string_is_read_right_or_refused(garbage, height, width):
    broken = {"size": [height, width], "counts": garbage}
    try:
        mask = rle.decode(broken)
    except DataError:
        return
    np.testing.assert_array_equal(reference.decode(broken), mask)


def test_a_mask_of_the_wrong_shape_is_refused():
    with pytest.raises(DataError, match="height x width"):
        rle.encode(np.zeros((2, 2, 2)))
    with pytest.raises(DataError, match="rows x columns"):
        rle.encode_part(np.zeros(3), (0, 0), (3, 3))
    with pytest.raises(DataError, match="cannot be written"):
        rle.encode_part(np.zeros((3, 3)), (0, 0), (0, 3))
    with pytest.raises(DataError, match="like"):
        rle.encode(np.zeros((3, 3)), "tuple")


@pytest.mark.skipif(not REAL.exists(), reason="the real data sets are not beside the repository")
@pytest.mark.parametrize(
    "name",
    [
        "coco-panoptic/detection_format_rle.json",
        "keypoint-zoo/ochuman/annotations.json",
        "coco-mini/instances_val2017.json",
    ],
)
def test_real_masks_are_equal_to_pycocotools_to_the_bit(name):
    seen = 0
    for annotation in json.loads((REAL / name).read_text())["annotations"]:
        made = annotation["segmentation"]
        if not isinstance(made, dict):
            continue
        seen += 1
        like = rle.kind(made)
        packed = reference.frPyObjects(made, *made["size"]) if like == "list" else made
        mask = rle.decode(made)
        np.testing.assert_array_equal(mask, reference.decode(packed))
        assert rle.area(made) == int(reference.area(packed))
        assert rle.bbox(made) == reference.toBbox(packed).tolist()
        assert rle.encode(mask, like) == {"size": made["size"], "counts": made["counts"]}
        part, at = rle.decode_part(made)
        assert rle.encode_part(part, at, made["size"], like)["counts"] == made["counts"]
    assert seen
