"""The fixtures are what ``fixtures/make.py`` draws, and hold every case that they promise."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from pycocotools import mask as rle
from pycocotools.coco import COCO

ROOT = Path(__file__).parents[1] / "fixtures"
SHAPES = ROOT / "shapes"

# pycocotools 2.0 decodes through an __array__ without numpy 2's copy keyword.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def decoded(data: bytes) -> np.ndarray:
    """Returns: The pixels of an encoded picture, grey as one channel."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


@pytest.fixture(scope="module")
def make() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("fixtures_make", ROOT / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(make: ModuleType) -> dict[str, bytes]:
    """The files as drawn now."""
    return make.files()


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """The annotation file on disk."""
    return json.loads((SHAPES / "annotations.json").read_text())


@pytest.fixture(scope="module")
def named(data: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Annotations by the file name of their picture."""
    names = {image["id"]: image["file_name"] for image in data["images"]}
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in names.values()}
    for row in data["annotations"]:
        rows[names[row["image_id"]]].append(row)
    return rows


def test_drawing_twice_gives_the_same_bytes(make: ModuleType, made: dict[str, bytes]) -> None:
    assert make.files() == made


@pytest.mark.skipif(cv2.__version__ < "5", reason="OpenCV 4 rounds the edges of drawn shapes differently")
def test_the_files_on_disk_are_what_the_script_draws(made: dict[str, bytes]) -> None:
    on_disk = {path.relative_to(SHAPES).as_posix(): path.read_bytes() for path in SHAPES.rglob("*") if path.is_file()}
    assert on_disk.keys() == made.keys()
    assert on_disk["annotations.json"] == made["annotations.json"]
    for name in made.keys() - {"annotations.json"}:
        # Other builds of libpng and libjpeg write other bytes; a JPEG may also decode a few levels apart.
        apart = cv2.absdiff(decoded(on_disk[name]), decoded(made[name])).max()
        assert apart <= (0 if name.endswith(".png") else 8), name
    assert sum(map(len, on_disk.values())) < 600_000


def test_check_tells_a_changed_file_from_an_untouched_one(
    make: ModuleType, made: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(make, "OUT", tmp_path)
    monkeypatch.setattr(make, "files", lambda: made)
    assert make.main([]) == 0
    assert make.main(["--check"]) == 0
    (tmp_path / "images" / "park.jpg").write_bytes(b"no picture")
    assert make.main(["--check"]) == 1
    assert "park.jpg" in capsys.readouterr().out
    assert make.main(["--chekc"]) == 2


def test_pycocotools_loads_it(data: dict[str, Any]) -> None:
    coco = COCO(str(SHAPES / "annotations.json"))
    assert len(coco.getAnnIds()) == len(data["annotations"]) == len({row["id"] for row in data["annotations"]})
    for row in coco.anns.values():
        overlap = rle.iou([coco.annToRLE(row)], [coco.annToRLE(row)], [0])
        assert overlap == pytest.approx(1.0)
        assert coco.annToMask(row).sum() == pytest.approx(row["area"], rel=0.06, abs=6)


def test_boxes_are_tight_and_areas_right(data: dict[str, Any]) -> None:
    for row in data["annotations"]:
        x, y, width, height = row["bbox"]
        shape = row["segmentation"]
        if isinstance(shape, list):
            parts = [np.reshape(part, (-1, 2)) for part in shape]
            points = np.concatenate(parts)
            assert np.allclose([*points.min(axis=0), *np.ptp(points, axis=0)], row["bbox"], atol=0.006)
            turns = [part[:, 0] @ np.roll(part[:, 1], -1) - part[:, 1] @ np.roll(part[:, 0], -1) for part in parts]
            assert sum(abs(turn) / 2 for turn in turns) == pytest.approx(row["area"], abs=1e-3)
        else:
            packed = rle.frPyObjects(shape, *shape["size"]) if isinstance(shape["counts"], list) else shape
            assert list(rle.toBbox(packed)) == row["bbox"]
            assert rle.area(packed) == row["area"]
        image = next(image for image in data["images"] if image["id"] == row["image_id"])
        assert min(x, y) >= 0
        assert x + width <= image["width"] + 1e-6
        assert y + height <= image["height"] + 1e-6


def test_polygons_do_not_cross_themselves_or_their_siblings(data: dict[str, Any]) -> None:
    shapely = pytest.importorskip("shapely")
    for row in data["annotations"]:
        if isinstance(row["segmentation"], list):
            parts = [shapely.Polygon(np.reshape(part, (-1, 2))) for part in row["segmentation"]]
            assert all(part.is_valid for part in parts), row["id"]
            assert shapely.union_all(parts).area == pytest.approx(row["area"], abs=1e-3)


def test_pictures_have_the_stated_sizes_and_every_orientation(data: dict[str, Any]) -> None:
    for image in data["images"]:
        picture = decoded((SHAPES / "images" / image["file_name"]).read_bytes())
        assert picture.shape[:2] == (image["height"], image["width"])
        assert picture.std() > 20
    shapes = {np.sign(image["width"] - image["height"]) for image in data["images"]}
    assert shapes == {-1, 0, 1}
    assert {Path(image["file_name"]).suffix for image in data["images"]} == {".jpg", ".png"}
    assert decoded((SHAPES / "images" / "harbour.png").read_bytes()).ndim == 2


def test_every_promised_case_is_present(data: dict[str, Any], named: dict[str, list[dict[str, Any]]]) -> None:
    rows = data["annotations"]
    assert named["dunes.jpg"] == []
    assert any(isinstance(row["segmentation"], list) and len(row["segmentation"]) == 2 for row in named["park.jpg"])
    assert {row["iscrowd"] for row in named["stadium.jpg"] if isinstance(row["segmentation"], dict)} == {1}
    assert [type(row["segmentation"]["counts"]) for row in rows if isinstance(row["segmentation"], dict)] == [str, list]
    assert any(row["bbox"][1] == 0 for row in named["balloons.jpg"])
    assert any(row["bbox"][0] == 0 for row in named["harbour.png"])
    assert any("note" in row for row in rows)
    assert any("weather" in image for image in data["images"])
    assert {"info", "licenses", "images", "annotations", "categories"} == data.keys()
    assert [category["id"] for category in data["categories"]] == [1, 3, 9, 18, 37, 90]


def test_the_tyre_has_a_hole(named: dict[str, list[dict[str, Any]]]) -> None:
    tyre = next(row for row in named["garage.png"] if isinstance(row["segmentation"], dict))
    mask = rle.decode(tyre["segmentation"])
    x, y, width, height = (int(v) for v in tyre["bbox"])
    assert mask[y + height // 2, x + width // 2] == 0
    assert cv2.connectedComponents(1 - mask, connectivity=4)[0] == 3  # itself, the outside, the hole


def test_keypoints_are_named_counted_and_seen_in_all_three_ways(data: dict[str, Any]) -> None:
    names = data["categories"][0]["keypoints"]
    assert len(names) == 17
    assert sum(name.startswith("left_") for name in names) == sum(name.startswith("right_") for name in names) == 8
    assert all(1 <= end <= 17 for bone in data["categories"][0]["skeleton"] for end in bone)
    people = [np.reshape(row["keypoints"], (17, 3)) for row in data["annotations"] if "keypoints" in row]
    counts = [row["num_keypoints"] for row in data["annotations"] if "keypoints" in row]
    assert [int((person[:, 2] > 0).sum()) for person in people] == counts
    assert {int(v) for person in people for v in person[:, 2]} == {0, 1, 2}
    assert all((person[person[:, 2] == 0] == 0).all() for person in people)


def test_a_left_arm_is_red_and_a_right_arm_blue_where_the_keypoints_say(data: dict[str, Any], named: dict[str, list[dict[str, Any]]]) -> None:
    names = data["categories"][0]["keypoints"]
    for file_name, rows in named.items():
        picture = decoded((SHAPES / "images" / file_name).read_bytes())
        for row in rows:
            points = dict(zip(names, np.reshape(row.get("keypoints", []), (-1, 3)), strict=False))
            for side, strong, weak in (("left", 2, 0), ("right", 0, 2)):
                x, y, seen = points.get(f"{side}_elbow", (0, 0, 0))
                if seen == 2:
                    pixel = picture[round(y), round(x)].astype(int)
                    assert pixel[strong] > pixel[weak] + 60, (file_name, side, pixel)
