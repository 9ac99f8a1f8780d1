"""Runs that make labels alone: no picture is opened, and the labels are those of the run with pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import geoaug as A
from geoaug.coco.folder import Refused
from geoaug.coco.run import augment
from tests.conftest import FIXTURES, REAL
from tests.test_run import source, tree  # noqa: F401  a fixture

IMAGES, ANNOTATIONS = FIXTURES / "images", FIXTURES / "annotations.json"
PIPELINES = {
    "built-in": None,
    "shrinks": A.Compose([A.RandomResizedCrop((100, 120), p=1), A.Rotate(p=1)]),
    "box-safe": A.Compose([A.BBoxSafeRandomCrop(p=1), A.HorizontalFlip()], bbox_params=A.BboxParams("coco", min_visibility=0.2)),
    "bends": A.Compose([A.GridDistortion(p=1), A.CoarseDropout(p=1)]),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_labels_are_those_of_the_run_with_pictures(tmp_path, name):
    augment(ANNOTATIONS, IMAGES, tmp_path / "all", PIPELINES[name], copies=3, keep_originals=True)
    summary = augment(ANNOTATIONS, None, tmp_path / "labels", PIPELINES[name], copies=3, keep_originals=True, labels_only=True)
    whole, labels = (json.loads((tmp_path / place / "annotations.json").read_text()) for place in ("all", "labels"))
    assert labels == whole
    assert summary.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "labels").iterdir()) == ["annotations.json", "geoaug-plans.jsonl", "geoaug-report.json"]


def test_no_picture_is_opened(tmp_path):
    code = f"""
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from geoaug.coco.run import augment
augment({str(ANNOTATIONS)!r}, {str(IMAGES)!r}, {str(tmp_path / "out")!r}, labels_only=True)
print([name for name in opened if name.startswith({str(IMAGES)!r})])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    assert done.stdout == "[]\n"


def test_shares_of_labels_join_too(tmp_path):
    from geoaug.coco.shares import merge

    augment(ANNOTATIONS, None, tmp_path / "one", labels_only=True)
    for k in (1, 2):
        augment(ANNOTATIONS, None, tmp_path / f"{k}", labels_only=True, shard=f"{k}/2")
    merge([tmp_path / "1", tmp_path / "2"], tmp_path / "joined")
    assert tree(tmp_path / "joined") == tree(tmp_path / "one")


def test_a_picture_without_a_stated_size_is_named(source):  # noqa: F811
    source.add("a.png")
    source.add("b.png")
    del source.document["images"][1]["width"]
    summary, document = source.augment(labels_only=True)
    assert [(problem.code, problem.image_id) for problem in summary.problems] == [("image-size-missing", 2)]
    assert [image["source_id"] for image in document["images"]] == [1]


def test_a_pipeline_that_looks_at_pixels_says_so(source):  # noqa: F811
    source.add("a.png")
    summary, _ = source.augment(labels_only=True, pipeline=A.Compose([A.MaskDropout(p=1)]))
    assert summary.exit_code in (0, 3)  # its mask can be made of the shapes; whatever it needs of the picture is named
    assert all(problem.code == "image-skipped" for problem in summary.problems)


def test_pictures_are_needed_otherwise(tmp_path):
    with pytest.raises(Refused, match="images: not given"):
        augment(ANNOTATIONS, None, tmp_path / "out")
    with pytest.raises(Refused, match="leave one of the two out"):
        augment(ANNOTATIONS, None, tmp_path / "out", labels_only=True, tar_pictures=3)


@pytest.mark.slow
def test_a_real_file_without_any_picture_is_augmented(tmp_path):
    place = REAL / "json-only" / "taco_annotations.json"
    if not place.exists():
        pytest.skip("../shared/data/real is not there")
    summary = augment(place, None, tmp_path / "out", labels_only=True)
    assert {problem.code for problem in summary.problems} == {"annotation-id-repeated"}  # which is true: some ids stand twice
    assert summary.images == summary.sources == 1500
