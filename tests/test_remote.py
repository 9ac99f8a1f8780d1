"""Pictures that are fetched from elsewhere."""

from __future__ import annotations

import json
import sys
import zipfile

import pytest

from geoaug.coco.run import augment
from geoaug.errors import ParameterError
from tests.conftest import FIXTURES
from tests.test_run import tree

IMAGES, ANNOTATIONS = FIXTURES / "images", FIXTURES / "annotations.json"


@pytest.fixture
def fsspec():
    return pytest.importorskip("fsspec", reason="needs fsspec")


@pytest.fixture(params=["zip", "memory", "file"])
def address(request, fsspec, tmp_path):
    """The fixtures' pictures at an address."""
    if request.param == "file":
        return f"file://{IMAGES}"
    if request.param == "memory":
        for place in IMAGES.rglob("*"):
            if place.is_file():
                fsspec.filesystem("memory").pipe(f"/pictures/{place.relative_to(IMAGES)}", place.read_bytes())
        return "memory://pictures"
    with zipfile.ZipFile(tmp_path / "pictures.zip", "w") as archive:
        for place in IMAGES.rglob("*"):
            archive.write(place, place.relative_to(IMAGES))
    return f"zip://::{tmp_path}/pictures.zip"


def report(folder):
    return json.loads((folder / "geoaug-report.json").read_text())


def test_pictures_from_an_address_make_the_same_result(address, tmp_path):
    augment(ANNOTATIONS, IMAGES, tmp_path / "near", copies=2, keep_originals=True)
    augment(ANNOTATIONS, address, tmp_path / "far", copies=2, keep_originals=True)
    near, far = tree(tmp_path / "near"), tree(tmp_path / "far")
    near.pop("geoaug-report.json"), far.pop("geoaug-report.json")  # which names the folder
    assert far == near
    assert report(tmp_path / "far")["fingerprint"] == report(tmp_path / "near")["fingerprint"]
    assert augment(ANNOTATIONS, address, tmp_path / "far", copies=2, keep_originals=True).again


def test_a_picture_that_is_not_there_is_named(fsspec, tmp_path):
    document = json.loads(ANNOTATIONS.read_text())
    document["images"][0]["file_name"] = "nowhere.png"
    document["images"][1]["file_name"] = "../outside.png"
    (tmp_path / "a.json").write_text(json.dumps(document))
    summary = augment(tmp_path / "a.json", f"file://{IMAGES}", tmp_path / "out")
    assert {problem.code for problem in summary.problems} == {"image-missing", "image-outside", "annotations-left-out"}
    assert summary.exit_code == 3


@pytest.mark.parametrize(
    ("given", "words"), [("nonsense://x", "cannot be opened"), ("memory://not-there", "is no folder"), ("file:///not/there", "is no folder")]
)
def test_an_address_that_leads_nowhere_is_refused(fsspec, tmp_path, given, words):
    with pytest.raises(ParameterError, match=words):
        augment(ANNOTATIONS, given, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_fsspec_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(ParameterError, match=r"pip install 'geoaug\[remote\]'"):
        augment(ANNOTATIONS, "s3://bucket/images", tmp_path / "out")
