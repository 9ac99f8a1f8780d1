"""Which keypoints trade places in a mirror, where a category says so itself."""

from __future__ import annotations

import pytest

from geoaug.coco.sides import flip_pairs


def pairs(**category):
    return flip_pairs([{"id": 1, **category}])[1]


def test_pairs_that_a_category_lists_count_more_than_its_names():
    assert pairs(keypoints=["left_eye", "right_eye", "tail"], flip_pairs=[[2, 0]]) == [(0, 2)]
    assert pairs(flip_pairs=[[1, 2], [0, 5]]) == [(0, 5), (1, 2)]  # no names at all


@pytest.mark.parametrize(
    "listed", [None, "12", [], [1, 2], [[1, 2, 3]], [[0, 3]], [[0, -1]], [[0, 1], [1, 2]], [["a", "b"]], [[0, 1.0]], [[[0], [1]]]]
)
def test_pairs_that_cannot_be_meant_leave_the_names_their_say(listed):
    assert pairs(keypoints=["left_eye", "right_eye", "tail"], flip_pairs=listed) == [(0, 1)]
