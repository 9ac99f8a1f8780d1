"""Dialects of COCO that mean one thing and spell it otherwise."""

from __future__ import annotations

import json

import pytest

from geoaug.coco.dataset import load
from geoaug.coco.spelling import remarks_on, respell


def loaded(tmp_path, **row):
    document = {
        "images": [{"id": 0, "file_name": "a.png", "width": 20.0, "height": 10.0}],
        "annotations": [{"id": 0, "image_id": 0, "category_id": 2**31 + 5, "bbox": [1, 1, 5, 5], **row}],
        "categories": [{"id": 2**31 + 5, "name": "x", "keypoints": ["left", "right"]}],
    }
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    return load(tmp_path / "a.json")


def test_keypoints_that_come_point_by_point_are_written_as_one_list(tmp_path):
    dataset = loaded(tmp_path, keypoints=[[1, 2, 2], [3, 4.5, 1]])
    assert dataset.problems == []
    assert list(remarks_on(respell(dataset.annotations))) == ["keypoints of 1 annotation written as one list x, y, v, …, as pycocotools needs it"]
    assert dataset.annotations[0]["keypoints"] == [1, 2, 2, 3, 4.5, 1]


@pytest.mark.parametrize("points", [[[1, 2, 2], [3, 4]], [[1, 2, "2"], [3, 4, 1]], [[1, 2, 2], 3], [[]], [[1, 2, 1e10]]])
def test_points_of_another_kind_are_refused(tmp_path, points):
    dataset = loaded(tmp_path, keypoints=points)
    assert [problem.code for problem in dataset.problems] == ["keypoints-numbers"]


def test_ids_of_nothing_and_beyond_31_bits_and_sizes_as_floats_are_sound(tmp_path):
    dataset = loaded(tmp_path)
    assert dataset.problems == []
    assert (dataset.images[0]["width"], dataset.annotations[0]["category_id"]) == (20, 2147483653)
