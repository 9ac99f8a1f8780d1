"""Several annotation files of one set of pictures."""

from __future__ import annotations

import json

import pytest

from geoaug.coco.folder import Refused
from geoaug.coco.together import outputs, part_of, read_all
from geoaug.errors import CocoError

IMAGES = [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}, {"id": 2, "file_name": "b.png", "width": 20, "height": 10}]


def write(folder, name, images=IMAGES, annotations=(), categories=({"id": 1, "name": "person"},), **more):
    document = {"images": images, "annotations": list(annotations), "categories": list(categories), **more}
    (folder / name).write_text(json.dumps(document), encoding="utf-8")
    return folder / name


def row(number, image, **more):
    return {"id": number, "image_id": image, "category_id": 1, "bbox": [1, 1, 5, 5], **more}


def test_one_file_alone_is_as_it_was(tmp_path):
    dataset, parts = read_all([write(tmp_path, "x.json", annotations=[row(1, 1)], info={"a": 1})])
    assert [part.name for part in parts] == ["annotations.json"]
    assert dataset.annotations == [row(1, 1)]
    assert parts[0].document == {"info": {"a": 1}, "images": [], "annotations": [], "categories": [{"id": 1, "name": "person"}]}


def test_rows_of_all_files_lie_beside_each_other_and_know_their_file(tmp_path):
    captions = tmp_path / "c.json"
    captions.write_text(json.dumps({"images": IMAGES[:1], "annotations": [{"id": 9, "image_id": 1, "caption": "x"}]}))
    more = [*IMAGES[:1], {"id": 3, "file_name": "c.png"}]
    paths = [write(tmp_path, "a.json", annotations=[row(1, 1), row(2, 2)]), write(tmp_path, "b.json", more, [row(1, 1), row(7, 3)]), captions]
    dataset, parts = read_all(paths)
    assert [image["id"] for image in dataset.images] == [1, 2, 3]
    assert [(one["id"], part_of(one)) for one in dataset.annotations_of(1)] == [(1, 0), (1, 1), (9, 2)]
    assert [part.name for part in parts] == ["a.json", "b.json", "c.json"]
    assert [list(part.images) for part in parts] == [[1, 2], [1, 3], [1]]
    assert dataset.problems == []


@pytest.mark.parametrize("other", [{"file_name": "z.png"}, {"width": 21}])
def test_a_picture_that_two_files_tell_differently_counts_as_the_first_one_says(tmp_path, other):
    paths = [write(tmp_path, "a.json", annotations=[row(1, 1)]), write(tmp_path, "b.json", [{**IMAGES[0], **other}], [row(5, 1), row(6, 1)])]
    dataset, _ = read_all(paths)
    assert [(problem.code, problem.image_id) for problem in dataset.problems] == [("image-differs", 1)]
    assert "b.json" in dataset.problems[0].message
    assert [one["id"] for one in dataset.annotations] == [1]
    assert dataset.annotations_left_out == {"image-differs": 2}
    assert dataset.images[0] == IMAGES[0]


def test_a_size_that_only_one_file_states_counts(tmp_path):
    dataset, _ = read_all([write(tmp_path, "a.json", [{"id": 1, "file_name": "a.png"}]), write(tmp_path, "b.json")])
    assert (dataset.images[0]["width"], dataset.images[0]["height"]) == (20, 10)


def test_the_category_that_names_keypoints_counts_and_two_that_differ_are_refused(tmp_path):
    posed = {"id": 1, "name": "person", "keypoints": ["left", "right"]}
    dataset, _ = read_all([write(tmp_path, "a.json"), write(tmp_path, "b.json", categories=[posed])])
    assert dataset.categories == [posed]
    with pytest.raises(CocoError, match="other keypoints"):
        read_all([tmp_path / "b.json", write(tmp_path, "c.json", categories=[{**posed, "keypoints": ["right", "left"]}])])
    dataset, _ = read_all([tmp_path / "b.json", write(tmp_path, "d.json", categories=[{"id": 1, "name": "dog"}])])
    assert [problem.code for problem in dataset.problems] == ["category-differs"]


@pytest.mark.parametrize("paths", [[], ["a/x.json", "b/x.json"], ["x.json", "X.json"], ["images.json", "x.json"], ["x.json", "geoaug-report.json"]])
def test_files_of_one_name_are_refused(paths):
    with pytest.raises(Refused):
        outputs(paths)


def test_problems_name_their_file(tmp_path):
    dataset, _ = read_all([write(tmp_path, "a.json"), write(tmp_path, "b.json", annotations=[row(1, 99)])])
    assert dataset.problems[0].code == "image-unknown"
    assert dataset.problems[0].message.startswith("b.json: annotations[0]")
