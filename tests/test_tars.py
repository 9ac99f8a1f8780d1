"""Results in tar files: what is in them, and that nothing else differs."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from geoaug.coco.folder import Refused
from geoaug.coco.run import augment
from geoaug.coco.shares import merge
from tests.conftest import FIXTURES
from tests.test_run import tree

IMAGES, ANNOTATIONS = FIXTURES / "images", FIXTURES / "annotations.json"


def members(folder: Path) -> dict[str, bytes]:
    """Every member of every tar file, as any reader of tar files finds them."""
    found = {}
    for place in sorted((folder / "tars").iterdir()):
        with tarfile.open(fileobj=io.BytesIO(place.read_bytes())) as tar:
            for info in tar:
                found[f"{place.name}/{info.name}"] = tar.extractfile(info).read()
    return found


def test_pictures_and_annotations_stand_side_by_side_under_one_key(tmp_path):
    augment(ANNOTATIONS, IMAGES, tmp_path / "plain", copies=2)
    augment(ANNOTATIONS, IMAGES, tmp_path / "tars", copies=2, tar_pictures=5)
    assert sorted(place.name for place in (tmp_path / "tars").iterdir()) == ["annotations.json", "geoaug-plans.jsonl", "geoaug-report.json", "tars"]
    assert [place.name for place in sorted((tmp_path / "tars/tars").iterdir())] == [f"00000{k}.tar" for k in range(4)]
    found = members(tmp_path / "tars")
    plain, document = (json.loads((tmp_path / name / "annotations.json").read_text()) for name in ("plain", "tars"))
    assert len(found) == 2 * len(document["images"]) == 32
    for image, before in zip(document["images"], plain["images"], strict=True):
        place, key = image.pop("tar"), image["member"].partition(".")[0]
        assert found[f"{place}/{image.pop('member')}"] == (tmp_path / "plain/images" / image["file_name"]).read_bytes()
        assert image == before
        beside = json.loads(found[f"{place}/{key}.json"])
        assert beside["image"] == image
        rows = [{name: value for name, value in row.items() if name != "id"} for row in plain["annotations"] if row["image_id"] == image["id"]]
        assert beside["annotations"] == rows
    assert document["annotations"] == plain["annotations"]


def test_tar_files_do_not_depend_on_workers_or_shares(tmp_path):
    augment(ANNOTATIONS, IMAGES, tmp_path / "one", tar_pictures=3)
    for k in (1, 2):
        augment(ANNOTATIONS, IMAGES, tmp_path / f"share-{k}", tar_pictures=3, shard=f"{k}/2")
    merge([tmp_path / "share-2", tmp_path / "share-1"], tmp_path / "joined")
    assert tree(tmp_path / "joined") == tree(tmp_path / "one")
    assert augment(ANNOTATIONS, IMAGES, tmp_path / "one", tar_pictures=3).again


def test_a_run_killed_while_it_puts_things_away_is_put_away_by_the_next(tmp_path):
    augment(ANNOTATIONS, IMAGES, tmp_path / "one", tar_pictures=3)
    before = tree(tmp_path / "one")
    (tmp_path / "one/.geoaug/journal").mkdir(parents=True)
    (tmp_path / "one/images").mkdir()
    (tmp_path / "one/images/a.png").write_bytes(b"")
    assert augment(ANNOTATIONS, IMAGES, tmp_path / "one", tar_pictures=3).again
    assert tree(tmp_path / "one") == before


@pytest.mark.parametrize("number", [0, -1, 2.5, "3", 10**7])
def test_a_tar_file_holds_a_number_of_pictures(tmp_path, number):
    with pytest.raises(Refused, match="tar_pictures: expected a whole number"):
        augment(ANNOTATIONS, IMAGES, tmp_path / "out", tar_pictures=number)
