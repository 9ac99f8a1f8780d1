"""Offline augmentation: what comes out, what is refused, and what one bad record costs."""

from __future__ import annotations

import contextlib
import copy
import errno
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug import files
from geoaug.coco.check import check
from geoaug.coco.dataset import load
from geoaug.coco.folder import Refused
from geoaug.coco.names import key_of
from geoaug.coco.pipeline import builtin_pipeline, read_pipeline
from geoaug.coco.plural import counted
from geoaug.coco.run import augment
from geoaug.coco.summary import Summary
from tests.conftest import FIXTURES, REAL

STILL = A.Compose([A.NoOp()])
REAL_SETS = {
    "coco-mini instances val": ("coco-mini/instances_val2017.json", "coco-mini/images"),
    "coco-mini instances train": ("coco-mini/instances_train2017.json", "coco-mini/images"),
    "coco-mini keypoints val": ("coco-mini/person_keypoints_val2017.json", "coco-mini/images"),
    "coco-mini keypoints train": ("coco-mini/person_keypoints_train2017.json", "coco-mini/images"),
    "screws-exif": ("screws-exif/annotations.json", "screws-exif/images"),
    "spacenet-16bit": ("spacenet-16bit/annotations.json", "spacenet-16bit/images"),
    "hieratic-dense train": ("hieratic-dense/train/annotations.json", "hieratic-dense/train/images"),
    "hieratic-dense val": ("hieratic-dense/val/annotations.json", "hieratic-dense/val/images"),
    "hieratic-dense test": ("hieratic-dense/test/annotations.json", "hieratic-dense/test/images"),
}


class Deadly(A.Transform):
    """Kills its process where the picture is square: what a crash in a decoder looks like from outside."""

    def draw(self, scene, rng):
        if scene.size[0] == scene.size[1]:
            os.kill(os.getpid(), signal.SIGKILL)
        return A.NoOp().draw(scene, rng)


# --- small data sets -------------------------------------------------------------------------------------------------


def noise(height: int = 30, width: int = 40, channels: int = 3, dtype: str = "uint8") -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(5).integers(0, np.iinfo(dtype).max, shape).astype(dtype)


def box(number: int, image_id: object, **more: object) -> dict:
    return {"id": number, "image_id": image_id, "category_id": 1, "bbox": [5, 6, 10, 12], "area": 120, "iscrowd": 0, **more}


class Source:
    """A data set in a folder: pictures by name, then the file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.images = folder, folder / "images"
        self.images.mkdir()
        self.document: dict = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "thing"}]}

    def add(self, name: str, pixels: np.ndarray | None = None, boxes: int = 1, **record: object) -> int:
        number = len(self.document["images"]) + 1
        pixels = noise() if pixels is None else pixels
        place = self.images / name
        place.parent.mkdir(parents=True, exist_ok=True)
        files.write_image(place, pixels, Path(name).suffix.lower().lstrip(".") or "png")
        self.document["images"].append({"id": number, "file_name": name, "width": pixels.shape[1], "height": pixels.shape[0], **record})
        self.document["annotations"] += [box(100 * number + k, number) for k in range(boxes)]
        return number

    @property
    def path(self) -> Path:
        path = self.folder / "annotations.json"
        path.write_text(json.dumps(self.document))
        return path

    def augment(self, out: str = "out", **more: object) -> tuple[Summary, dict]:
        summary = augment(self.path, self.images, self.folder / out, **more)
        return summary, json.loads((self.folder / out / "annotations.json").read_text())


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def codes(summary: Summary) -> set[str]:
    return {problem.code for problem in summary.problems}


# --- what comes out --------------------------------------------------------------------------------------------------


def test_the_fixtures_come_out_larger_and_sound(tmp_path):
    summary = augment(FIXTURES / "annotations.json", FIXTURES / "images", tmp_path / "out", copies=3, keep_originals=True)
    result = load(tmp_path / "out" / "annotations.json")
    source = load(FIXTURES / "annotations.json")
    assert summary.exit_code == 0
    assert summary.images == len(result.images) == 4 * len(source.images)
    assert [image["id"] for image in result.images] == list(range(1, len(result.images) + 1))
    assert [row["id"] for row in result.annotations] == list(range(1, len(result.annotations) + 1))
    assert {image["source_id"] for image in result.images} == {image["id"] for image in source.images}
    assert {row["source_id"] for row in result.annotations} <= {row["id"] for row in source.annotations}
    assert [image["copy"] for image in result.images[:4]] == [0, 1, 2, 3]
    assert (result.info, result.licenses, result.categories) == (source.info, source.licenses, source.categories)
    assert check(result, tmp_path / "out" / "images") == []
    assert sorted(os.listdir(tmp_path / "out")) == ["annotations.json", "geoaug-plans.jsonl", "geoaug-report.json", "images"]


def test_the_number_of_workers_cannot_be_seen_in_the_result(tmp_path):
    for workers in (1, 2):
        augment(FIXTURES / "annotations.json", FIXTURES / "images", tmp_path / str(workers), copies=2, workers=workers, seed=4)
    assert tree(tmp_path / "1") == tree(tmp_path / "2")


def test_another_seed_makes_other_pictures(source):
    source.add("a.png")
    source.augment("one", seed=1)
    source.augment("two", seed=2)
    assert tree(source.folder / "one")["images/a_1.png"] != tree(source.folder / "two")["images/a_1.png"]


def test_removing_or_reordering_pictures_changes_no_other(source):
    for name in "abcd":
        source.add(f"{name}.png")
    source.augment("whole", copies=2)
    source.document["images"] = source.document["images"][:0:-1]
    source.document["annotations"] = [row for row in source.document["annotations"] if row["image_id"] != 1]
    source.augment("part", copies=2)
    whole, part = tree(source.folder / "whole"), tree(source.folder / "part")
    pictures = [name for name in part if name.startswith("images/")]
    assert len(pictures) == 6
    assert all(part[name] == whole[name] for name in pictures)


def test_a_pipeline_that_does_nothing_returns_every_byte_of_every_picture(tmp_path):
    augment(FIXTURES / "annotations.json", FIXTURES / "images", tmp_path / "out", STILL)
    source, out = tree(FIXTURES / "images"), tree(tmp_path / "out" / "images")
    assert {name.replace("_1.", "."): digest for name, digest in out.items()} == source


def test_originals_are_copied_byte_by_byte(source):
    source.add("a.jpg", noise(60, 80))
    _, document = source.augment(keep_originals=True, copies=0)
    assert (source.folder / "out/images/a.jpg").read_bytes() == (source.images / "a.jpg").read_bytes()
    assert document["images"][0]["copy"] == 0


def test_fields_that_nobody_knows_are_kept(source):
    source.add("a.png", camera="x", source_id="mine")
    source.document |= {"info": {"year": 2020}, "licenses": None, "scenes": [{"image_id": 1}]}
    source.document["annotations"][0]["colour"] = {"name": "red"}
    summary, document = source.augment()
    assert document["images"][0]["camera"] == "x"
    assert document["images"][0]["source_id"] == 1
    assert document["annotations"][0]["colour"] == {"name": "red"}
    assert (document["info"], document["licenses"], document["scenes"]) == ({"year": 2020}, None, [{"image_id": 1}])
    assert any("'scenes'" in note for note in summary.notes)


def test_places_that_geoaug_does_not_know_are_named(source):
    source.add("a.png")
    source.document["annotations"][0]["face_kpts"] = [1, 2, 2, 3, 4, 2]
    summary, _ = source.augment()
    assert any("'face_kpts'" in note for note in summary.notes)


def test_known_places_in_another_form_are_named_too(source):
    source.add("a.png", boxes=0)
    source.document["annotations"] = [box(1, 1, face_box=[1, 2], face_kpts=[1, 2], lefthand_box=[1, 2, 3, 4])]
    summary, _ = source.augment()
    assert summary.notes == ["annotations carry 'face_box', 'face_kpts', kept as they were: places in them have not moved with the picture"]


def test_a_picture_without_annotations_is_kept(source):
    source.add("a.png", boxes=0)
    summary, document = source.augment()
    assert (len(document["images"]), document["annotations"], summary.exit_code) == (1, [], 0)


def test_ids_of_any_size_and_kind_come_back(source):
    source.add("a.png", id=900100581781, boxes=0)
    source.add("b.png", id="b-1", boxes=0)
    source.document["annotations"] = [box(2**63, 900100581781), box(2**24 + 1, "b-1")]
    _, document = source.augment(pipeline=STILL)
    assert [image["source_id"] for image in document["images"]] == [900100581781, "b-1"]
    assert [row["source_id"] for row in document["annotations"]] == [2**63, 2**24 + 1]


@pytest.mark.parametrize(
    ("name", "channels", "dtype"),
    [("a.png", 1, "uint16"), ("a.png", 3, "uint16"), ("a.png", 4, "uint8"), ("a.png", 1, "uint8"), ("a.jpg", 1, "uint8"), ("a.tif", 1, "uint16")],
)
def test_depth_and_channels_are_kept(source, name, channels, dtype):
    source.add(name, noise(30, 40, channels, dtype))
    summary, document = source.augment(copies=3)
    assert summary.exit_code == 0
    for image in document["images"]:
        pixels = files.read_image(source.folder / "out/images" / image["file_name"]).pixels
        assert (pixels.dtype, pixels.shape) == (np.dtype(dtype), (30, 40, channels) if channels > 1 else (30, 40))


def test_deep_pictures_asked_for_as_jpeg_become_png_and_are_named(source):
    source.add("deep.tif", noise(30, 40, 1, "uint16"))
    source.add("flat.png")
    summary, document = source.augment(image_format="jpg")
    assert [image["file_name"] for image in document["images"]] == ["deep_1.png", "flat_1.jpg"]
    assert summary.notes == ["1 picture written as png, as jpg holds uint8, not uint16"]
    assert (summary.problems, summary.exit_code) == ([], 0)


def test_the_ending_tells_what_is_in_the_file(source):
    source.add("a.png")
    (source.images / "a.png").rename(source.images / "a.JPG")
    source.document["images"][0]["file_name"] = "a.JPG"
    source.add("b.JPEG")
    _, document = source.augment()
    assert [image["file_name"] for image in document["images"]] == ["a_1.png", "b_1.JPEG"]


def test_names_never_meet(source):
    names = ["s1/x.png", "s2/x.png", "same.jpg", "same.png", "y.png", "y_1.png", "Y.png", "x.png/../z.png"]
    for name in names[:-1]:
        source.add(name)
    source.document["images"].append({**source.document["images"][0], "id": 50})  # one file, two records
    summary, document = source.augment(copies=2, keep_originals=True)
    written = [image["file_name"] for image in document["images"]]
    assert summary.exit_code == 0
    assert len({name.casefold() for name in written}) == len(written) == 24
    assert all((source.folder / "out/images" / name).is_file() for name in written)
    assert {"s1/x_1.png", "s2/x_1.png"} <= set(written)


def test_a_windows_separator_is_a_folder(source):
    source.add("s1/x.png")
    source.document["images"][0]["file_name"] = "s1\\x.png"
    _, document = source.augment()
    assert document["images"][0]["file_name"] == "s1/x_1.png"


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8")
def test_a_name_that_is_no_utf8_is_read_by_its_bytes(source):
    source.add("a.png")
    os.rename(source.images / "a.png", os.fsencode(source.images) + b"/\xff.png")
    source.document["images"][0]["file_name"] = "\udcff.png"
    summary, document = source.augment()
    assert summary.exit_code == 0
    assert document["images"][0]["file_name"] == "\udcff_1.png"


def test_long_names_are_shortened(source):
    name = "é" * 120 + ".png"
    source.add(name)
    _, document = source.augment()
    written = document["images"][0]["file_name"]
    assert len(os.fsencode(written)) < 220
    assert (source.folder / "out/images" / written).is_file()


def test_a_size_that_is_not_stated_comes_from_the_file(source):
    source.add("a.png")
    del source.document["images"][0]["width"], source.document["images"][0]["height"]
    _, document = source.augment(pipeline=STILL)
    assert (document["images"][0]["width"], document["images"][0]["height"]) == (40, 30)


def test_pictures_are_read_in_the_frame_whose_size_is_stated(source):
    source.add("a.jpg", noise(60, 80))
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    plain = (source.images / "a.jpg").read_bytes()
    (source.images / "a.jpg").write_bytes(plain[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + plain[2:])
    source.document["images"].append({"id": 2, "file_name": "a.jpg", "width": 60, "height": 80})
    summary, document = source.augment(pipeline=A.Compose([A.HorizontalFlip(p=1)]))
    assert summary.exit_code == 0
    assert [(image["width"], image["height"]) for image in document["images"]] == [(80, 60), (60, 80)]
    assert len(summary.notes) == 2


def test_boxes_over_the_edge_are_cut(source):
    source.add("a.png", boxes=0)
    source.document["annotations"] = [box(1, 1, bbox=[30, 20, 13, 13]), box(2, 1, bbox=[1, 1, 39 + 1e-9, 5])]
    summary, document = source.augment(pipeline=STILL)
    assert document["annotations"][0]["bbox"] == [30, 20, 10, 10]
    assert (summary.kept, summary.cut, summary.exit_code) == (1, 1, 0)  # the second one is over by rounding alone


def test_what_leaves_is_counted_by_reason(source):
    source.add("a.png", boxes=0)
    source.document["annotations"] = [box(1, 1, bbox=[0, 0, 4, 4]), box(2, 1, bbox=[15, 10, 10, 10])]
    summary, _ = source.augment(pipeline=A.Compose([A.CenterCrop(20, 20, p=1)]))
    assert (summary.kept, summary.cut, dict(summary.dropped)) == (1, 0, {"outside": 1})


def test_what_holes_cover_is_told_apart_from_what_leaves(source):
    source.add("a.png", boxes=0)
    source.document["annotations"] = [box(1, 1, bbox=[4, 4, 4, 4]), box(2, 1, bbox=[1, 1, 38, 5]), box(3, 1, bbox=[1, 1, 30, 28])]
    hole = A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(29, 29), hole_width_range=(39, 39), p=1)
    summary, _ = source.augment(pipeline=A.Compose([hole]))
    assert (summary.kept, summary.cut, dict(summary.dropped)) == (0, 0, {"covered": summary.rows - summary.occluded})
    counts = report(source)["counts"]
    assert counts["annotations_occluded"] + counts["annotations_dropped"]["covered"] == 3


def test_the_report_says_the_same_as_the_summary(source):
    source.add("a.png")
    source.document["annotations"].append(box(1, 77))
    summary, _ = source.augment(seed=9)
    report = json.loads((source.folder / "out/geoaug-report.json").read_text())
    assert report["geoaug"] == A.__version__
    assert report["settings"]["seed"] == 9
    assert A.from_dict(report["settings"]["pipeline"]).transforms == builtin_pipeline().transforms
    assert report["counts"]["images"] == summary.images == 1
    assert [problem["code"] for problem in report["problems"]] == ["image-unknown"]


def report(source: Source) -> dict:
    return json.loads((source.folder / "out/geoaug-report.json").read_text())


def test_everything_that_came_in_is_accounted_for(source):
    for name in ("a.png", "b.png", "c.png"):
        source.add(name, boxes=2)
    (source.images / "b.png").unlink()
    source.document["images"] += [{"id": 9, "file_name": "../x.png"}, dict(source.document["images"][0]), {"id": float("nan"), "file_name": "n.png"}]
    source.document["annotations"] += [
        box(1, 1, category_id=99),
        box(2, 9),
        box(3, 1, bbox=[1, 1, 0, 5]),
        box(4, 1, bbox=[0, 0, 3, 3]),
        box(float("inf"), 1),
        box(5, 1, segmentation=[[1, 1, 5, 5, 9, 9]]),
    ]
    summary, document = source.augment(pipeline=A.Compose([A.CenterCrop(20, 20, p=1)]), copies=2)
    assert (summary.sources, dict(summary.sources_left_out)) == (6, {"image-outside": 1, "image-repeated": 1, "id-invalid": 1, "image-missing": 1})
    assert summary.images == len(document["images"]) == (summary.sources - summary.sources_left_out.total()) * 2
    assert summary.skipped == 8
    assert dict(summary.rows_left_out) == {
        "category-unknown": 1, "annotations-left-out": 3, "bbox-degenerate": 1, "id-invalid": 1, "annotation-degenerate": 1,
    }  # fmt: skip
    assert summary.kept + summary.cut + summary.dropped.total() == (summary.rows - summary.rows_left_out.total()) * 2
    assert summary.exit_code == 3
    counts = report(source)["counts"]
    assert (counts["sources"], counts["source_annotations"], counts["annotations_dropped"]) == (6, 12, {"outside": 2})
    assert report(source)["dropped"] == [{"reason": "outside", "annotation_id": 4, "image_id": 1, "copy": copy} for copy in (1, 2)]


def test_an_annotation_without_area_is_named_and_one_that_leaves_is_not(source):
    source.add("a.png", boxes=0)
    source.document["annotations"] = [box(1, 1, segmentation=[[1, 1, 5, 5, 9, 9]]), box(2, 1, bbox=[0, 0, 3, 3])]
    summary, document = source.augment(pipeline=A.Compose([A.CenterCrop(20, 20, p=1)]), copies=6)
    assert document["annotations"] == []
    assert [(problem.code, problem.annotation_id) for problem in summary.problems] == [("annotation-degenerate", 1)]
    assert (summary.exit_code, dict(summary.dropped)) == (3, {"outside": 6})
    source.document["annotations"].pop(0)
    assert source.augment("other", pipeline=A.Compose([A.CenterCrop(20, 20, p=1)]))[0].exit_code == 0


def test_annotations_of_a_copy_that_failed_are_counted(source):
    source.add("a.png", noise(20, 30), boxes=2)
    summary, _ = source.augment(pipeline=A.Compose([A.RandomCrop(25, 25, p=1)]), keep_originals=True)
    assert (summary.images, summary.skipped, summary.kept, dict(summary.dropped)) == (1, 1, 2, {"skipped": 2})


def test_parts_that_contradict_their_own_shape_are_corrected_and_counted(source):
    source.add("a.png", boxes=0)
    square = [[10, 10, 20, 10, 20, 20, 10, 20]]
    source.document["annotations"] = [
        box(1, 1, bbox=[10, 10, 10, 10], area=100, segmentation=square),
        box(2, 1, bbox=[10, 10, 10, 10], area=500, segmentation=square),
        box(3, 1, bbox=[1, 10, 10, 10], area=500, segmentation=square),
    ]
    summary, document = source.augment(pipeline=A.Compose([A.HorizontalFlip(p=1)]), copies=9)
    assert summary.notes == ["corrected 2 areas and 1 box that contradicted their own shapes"]
    assert (summary.exit_code, report(source)["corrected"]) == (0, {"area": [2, 3], "bbox": [3]})
    assert {row["area"] for row in document["annotations"]} == {100}


def test_where_nothing_moves_even_a_box_that_contradicts_its_shape_stays(source):
    source.add("a.png", boxes=0)
    square = [[10, 10, 20, 10, 20, 20, 10, 20]]
    source.document["annotations"] = [box(1, 1, bbox=[1, 10, 10, 10], area=500, segmentation=square, note="mine")]
    light = A.Compose([A.RandomBrightnessContrast(p=1)], bbox_params=A.BboxParams("coco", min_area=1))
    for name, pipeline in (("still", STILL), ("light", light)):
        summary, document = source.augment(name, pipeline=pipeline, keep_originals=True)
        stays = {**source.document["annotations"][0], "source_id": 1, "area": 100.0}
        assert [{**row, "id": 1, "image_id": 1} for row in document["annotations"]] == [stays] * 2
        assert (summary.notes, summary.corrected) == (["corrected 1 area that contradicted its own shape"], {"area": [1]})


def test_flat_polygons_and_odd_crowds_are_respelled(source):
    source.add("a.png", boxes=0)
    flat = [10, 10, 20, 10, 20, 20, 10, 20]
    source.document["annotations"] = [box(k, 1, area=100, bbox=[10, 10, 10, 10], segmentation=flat) for k in range(1, 5)]
    for row, crowd in zip(source.document["annotations"], ("0", 1.0, True, "many"), strict=True):
        row["iscrowd"] = crowd
    summary, document = source.augment(pipeline=STILL)
    assert [row["segmentation"] for row in document["annotations"]] == [[flat]] * 4
    assert [row["iscrowd"] for row in document["annotations"]] == [0, 1, 1, "many"]
    assert [type(row["iscrowd"]) for row in document["annotations"]] == [int, int, int, str]
    assert len(summary.notes) == 2
    assert summary.exit_code == 0


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(1, "box", "1 box"), (2, "box", "2 boxes"), (0, "image", "0 images"), (2, "category", "2 categories")],
)
def test_plurals(number, noun, text):
    assert counted(number, noun) == text


def test_progress_is_told(source):
    for name in "abc":
        source.add(f"{name}.png")
    told = []
    source.augment(copies=2, progress=lambda done, total: told.append((done, total)))
    assert told == [(2, 6), (4, 6), (6, 6)]


# --- bad records and bad pictures ------------------------------------------------------------------------------------


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _replaced(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _link_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


BAD_FILES = {
    "missing": Path.unlink,
    "cut in half": _cut,
    "empty": lambda path: _replaced(path, b""),
    "text": lambda path: _replaced(path, b"hello"),
    "a folder": _folder,
    "a FIFO": _fifo,
    "a link to itself": _link_loop,
    "a link to a device": _device,
    "of another size": lambda path: files.write_image(path, noise(31, 40), "jpg"),
    "a bomb": lambda path: _replaced(path, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x10\0\0\0\x10\0\0\x08\2\0\0\0" + bytes(40)),
}


@pytest.mark.skipif(sys.platform == "win32", reason="FIFOs and links")
@pytest.mark.parametrize("name", BAD_FILES)
def test_one_bad_picture_is_named_and_the_others_come_out(source, name):
    for letter in "abc":
        source.add(f"{letter}.jpg")
    BAD_FILES[name](source.images / "b.jpg")
    summary, document = source.augment(copies=2)
    assert [image["source_id"] for image in document["images"]] == [1, 1, 3, 3]
    assert {row["source_id"] for row in document["annotations"]} <= {100, 300}
    assert [(problem.image_id, problem.file_name) for problem in summary.problems] == [(2, "b.jpg")]
    assert (summary.exit_code, summary.skipped) == (3, 2)


@pytest.mark.parametrize("name", ["../secret.png", "/etc/passwd", "C:\\x.png", "..\\secret.png", "a\0b.png", "", "link/x.png", 5, None])
def test_nothing_outside_the_image_folder_is_opened(source, name):
    source.add("good.png")
    files.write_image(source.folder / "secret.png", noise(), "png")
    (source.folder / "other").mkdir()
    files.write_image(source.folder / "other/x.png", noise(), "png")
    (source.images / "link").symlink_to(source.folder / "other")
    source.document["images"].append({"id": 2, "file_name": name, "width": 40, "height": 30})
    before = tree(source.folder)
    summary, document = source.augment()
    assert [image["source_id"] for image in document["images"]] == [1]
    assert summary.exit_code == 3
    after = tree(source.folder)
    assert {place: digest for place, digest in after.items() if not place.startswith(("out/", "annotations"))} == {
        place: digest for place, digest in before.items() if not place.startswith("annotations")
    }


BAD_ROWS = {
    "an unknown picture": {"image_id": 99},
    "an unknown category": {"category_id": 99},
    "a box of no width": {"bbox": [5, 5, 0, 4]},
    "a box of words": {"bbox": ["a", 1, 2, 3]},
    "three numbers": {"bbox": [1, 2, 3]},
    "a box far outside": {"bbox": [500, 500, 5, 5]},
    "a polygon of two points": {"segmentation": [[1, 1, 5, 5]]},
    "an odd polygon": {"segmentation": [[1, 1, 5, 5, 9, 1, 4]]},
    "an endless polygon": {"segmentation": [[1, 1, 1e300, 5, 9, 1]]},
    "pairs": {"segmentation": [[[1, 1], [5, 5], [9, 1]]]},
    "a short mask": {"segmentation": {"size": [30, 40], "counts": [3, 5]}},
    "a mask of another size": {"segmentation": {"size": [10, 10], "counts": [40, 60]}},
    "a huge mask": {"segmentation": {"size": [100000, 100000], "counts": [5, 10**10 - 5]}},
    "a garbled mask": {"segmentation": {"size": [30, 40], "counts": "~~~~"}},
    "an empty shape": {"segmentation": [[]]},
    "seven keypoint numbers": {"keypoints": [1, 2, 2, 3, 4, 2, 1]},
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_one_bad_annotation_is_named_and_the_others_come_out(source, name):
    source.add("a.png", boxes=2)
    source.document["annotations"].append({**box(7, 1), **BAD_ROWS[name]})
    summary, document = source.augment(pipeline=STILL)
    assert [row["source_id"] for row in document["annotations"]] == [100, 101]
    assert [problem.annotation_id for problem in summary.problems] == [7]
    assert summary.exit_code == 3


def test_an_annotation_that_only_the_picture_proves_wrong_is_named_once(source):
    source.add("a.png", boxes=2)
    del source.document["images"][0]["width"], source.document["images"][0]["height"]
    source.document["annotations"].append(box(7, 1, segmentation={"size": [10, 10], "counts": [40, 60]}))
    summary, document = source.augment(pipeline=STILL, copies=3)
    assert [row["source_id"] for row in document["annotations"]] == [100, 101] * 3
    assert [(problem.code, problem.annotation_id) for problem in summary.problems] == [("annotation-refused", 7)]


def test_a_pipeline_that_cannot_take_one_picture_costs_that_picture(source):
    source.add("small.png", noise(10, 10), boxes=0)
    source.add("large.png")
    summary, document = source.augment(pipeline=A.Compose([A.RandomCrop(20, 20, p=1)]))
    assert [image["source_id"] for image in document["images"]] == [2]
    assert codes(summary) == {"image-skipped"}


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_job_that_kills_its_worker_is_named_and_the_others_come_out(source):
    for number in range(6):
        source.add(f"{number}.png", noise(30, 30 if number == 2 else 40))
    summary, document = source.augment(pipeline=A.Compose([Deadly(p=1)]), workers=2)
    assert [image["source_id"] for image in document["images"]] == [1, 2, 4, 5, 6]
    assert [(problem.code, problem.file_name) for problem in summary.problems] == [("worker-killed", "2.png")]


def test_a_script_without_a_guard_is_told_so(source):
    source.add("a.png")
    source.add("b.png")
    script = source.folder / "script.py"
    call = f"from geoaug.coco.run import augment\naugment({str(source.path)!r}, {str(source.images)!r}, {str(source.folder / 'out')!r}, workers=2)\n"
    script.write_text(call)
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(A.__file__).parents[1])},
    )
    assert "no worker process can start; in a script, call augment() under if __name__" in done.stderr


@pytest.mark.parametrize("workers", [1, 2])
def test_categories_are_known_by_their_names_from_the_file(source, workers):
    source.add("a.png", np.full((30, 40, 3), 255, np.uint8), boxes=0)
    source.document["categories"] = [{"id": 4, "name": "kite"}, {"id": 7, "name": "person"}, {"id": 9, "name": "person"}]
    places = {4: [2, 2, 8, 8], 7: [12, 12, 8, 8], 9: [24, 20, 8, 8]}
    source.document["annotations"] = [box(number, 1, category_id=number, bbox=place) for number, place in places.items()]
    hide = A.ConstrainedCoarseDropout((1, 1), (1, 1), (1, 1), bbox_labels=["person"], p=1)
    pipeline = A.Compose([A.Sequential([hide], p=1)])
    summary, _ = source.augment(pipeline=pipeline, workers=workers)
    assert summary.exit_code == 0
    covered = files.read_image(source.folder / "out/images/a_1.png").pixels[..., 0] == 0
    expected = np.zeros((30, 40), bool)
    expected[12:20, 12:20] = expected[20:28, 24:32] = True
    assert np.array_equal(covered, expected)
    assert hide.bbox_labels == ["person"]  # the caller's own pipeline is left alone


@pytest.mark.parametrize("name", ["MaskDropout", "CropNonEmptyMaskIfExists", "ConstrainedCoarseDropout"])
def test_what_looks_at_masks_sees_the_shapes_of_annotations(source, name):
    source.add("a.png", np.full((30, 40, 3), 255, np.uint8), boxes=0)
    source.document["annotations"] = [box(1, 1, bbox=[30, 20, 6, 6], segmentation=[[30, 20, 36, 20, 36, 26, 30, 26]])]
    node = {
        "MaskDropout": A.MaskDropout(p=1),
        "CropNonEmptyMaskIfExists": A.CropNonEmptyMaskIfExists(4, 4),
        "ConstrainedCoarseDropout": A.ConstrainedCoarseDropout((1, 1), (1, 1), (1, 1), mask_indices=[1], p=1),
    }[name]
    summary, document = source.augment(pipeline=A.Compose([node]))
    assert summary.exit_code == 0
    pixels = files.read_image(source.folder / "out/images/a_1.png").pixels
    if name == "CropNonEmptyMaskIfExists":
        assert len(document["annotations"]) == 1
    else:
        assert (pixels[15:, 25:] == 0).any()
        assert (pixels[:15, :25] == 255).all()
        assert len(document["annotations"]) == (name != "MaskDropout")


# --- refused before any work -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [
        {"copies": 0},
        {"copies": -1},
        {"copies": 1.5},
        {"workers": 0},
        {"workers": 10000},
        {"seed": -1},
        {"seed": None},
        {"seed": "a"},
        {"quality": 0},
        {"max_pixels": 0},
        {"image_format": "gif"},
        {"pipeline": A.HorizontalFlip()},
        {"pipeline": "missing.json"},
        {"pipeline": A.Compose([A.OneOf([A.Resize(30, 40)])]), "max_pixels": 1199},
        {"pipeline": A.Compose([A.PadIfNeeded(30, 40)]), "max_pixels": 1199},
        {"pipeline": A.Compose([A.RandomResizedCrop((30, 40))]), "max_pixels": 1199},
    ],
)
def test_wrong_settings_are_refused_and_nothing_is_written(source, more):
    source.add("a.png")
    with pytest.raises(A.ParameterError):
        augment(source.path, source.images, source.folder / "out", **more)
    assert not (source.folder / "out").exists()


def test_a_copy_that_grows_beyond_the_limit_is_left_out(source):
    source.add("a.png")
    summary, document = source.augment(pipeline=A.Compose([A.LongestMaxSize(80, p=1)]), max_pixels=1200, keep_originals=True)
    assert len(document["images"]) == 1
    assert "80 x 60, more than 1200 pixels" in summary.problems[0].message


def test_a_link_that_leads_nowhere_is_no_folder_for_a_result(source):
    source.add("a.png")
    (source.folder / "out").symlink_to(source.folder / "nowhere")
    with pytest.raises(Refused, match="leads nowhere"):
        source.augment()
    assert not (source.folder / "nowhere").exists()


def test_a_folder_in_use_is_refused(source):
    source.add("a.png")
    out = source.folder / "out"
    out.mkdir()
    (out / "mine.txt").write_text("x")
    with pytest.raises(Refused, match=r"not empty.*--overwrite"):
        source.augment()
    with pytest.raises(Refused, match=r"mine\.txt"):
        source.augment(overwrite=True)
    assert tree(out) == {"mine.txt": hashlib.sha256(b"x").hexdigest()}


def test_a_result_of_geoaug_can_be_replaced_on_request(source):
    source.add("a.png")
    source.augment(copies=3)
    with pytest.raises(Refused, match=r"other settings \(copies 3 there, 1 now\)"):
        source.augment()
    source.augment(copies=1, overwrite=True)
    assert sorted(os.listdir(source.folder / "out/images")) == ["a_1.png"]


def test_a_folder_that_holds_something_beside_the_result_is_not_cleared(source):
    source.add("a.png")
    source.augment()
    (source.folder / "out/notes.txt").write_text("x")
    with pytest.raises(Refused, match=r"notes\.txt"):
        source.augment(overwrite=True)
    assert (source.folder / "out/annotations.json").exists()


def test_an_image_folder_that_is_a_link_is_not_followed(source):
    source.add("a.png")
    source.augment()
    victim = source.folder / "victim"
    (source.folder / "out/images").rename(victim)
    (source.folder / "out/images").symlink_to(victim)
    with pytest.raises(Refused, match="link"):
        source.augment(overwrite=True)
    assert (victim / "a_1.png").exists()


@pytest.mark.parametrize("out", ["images", "images/sub", ".", "annotations.json"])
def test_the_input_is_never_written_to(source, out):
    source.add("a.png")
    before = tree(source.folder)
    with pytest.raises(Refused):
        augment(source.path, source.images, source.folder / out, overwrite=True)
    assert {name for name in tree(source.folder) if name != "annotations.json"} == set(before)


def test_a_result_cannot_be_its_own_source(source):
    source.add("a.png")
    source.augment()
    out = source.folder / "out"
    with pytest.raises(Refused):
        augment(out / "annotations.json", source.images, out, overwrite=True)
    assert (out / "annotations.json").exists()


def test_a_missing_image_folder_is_refused(source):
    source.add("a.png")
    with pytest.raises(Refused, match="does not exist"):
        augment(source.path, source.folder / "nowhere", source.folder / "out")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"images": []}', '{"images": {}, "annotations": [], "categories": []}', "\xff"])
def test_a_file_that_is_no_coco_file_is_refused(source, text):
    (source.folder / "bad.json").write_text(text, encoding="latin-1")
    with pytest.raises(A.CocoError):
        augment(source.folder / "bad.json", source.images, source.folder / "out")
    assert not (source.folder / "out").exists()


# --- the machine -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", ["overwrite", "resume"])
@pytest.mark.parametrize(("name", "failing"), [(name, k) for name, most in (("replace", 8), ("fsync", 8), ("write", 3)) for k in range(1, most + 1)])
def test_when_the_nth_write_fails_nothing_is_torn_and_nothing_grows_on(source, monkeypatch, name, failing, again):
    for letter in "abc":
        source.add(f"{letter}.png")
    place, count, real = source.path, 0, getattr(os, name)

    def faulty(*given):
        nonlocal count
        count += 1
        if count == failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*given)

    monkeypatch.setattr(os, name, faulty)
    with pytest.raises(OSError, match="No space"):
        augment(place, source.images, source.folder / "out")
    out = source.folder / "out"
    assert not (out / "annotations.json").exists()
    assert not (out / ".geoaug/growing").exists()
    monkeypatch.undo()
    source.augment(overwrite=True) if again == "overwrite" else source.augment()
    source.augment("fresh")
    assert tree(out) == tree(source.folder / "fresh")


def test_key_of_an_id_is_the_same_everywhere():
    assert key_of(1) == int.from_bytes(hashlib.blake2b(b"1", digest_size=8).digest(), "big")
    assert key_of(1) != key_of("1")


# --- pipelines from files --------------------------------------------------------------------------------------------


def test_the_built_in_pipeline_survives_a_file(tmp_path):
    for form in ("json", "yaml"):
        A.save(builtin_pipeline(), tmp_path / f"p.{form}", form)
        assert read_pipeline(tmp_path / f"p.{form}") == builtin_pipeline()


def test_a_lone_transform_becomes_a_pipeline(tmp_path):
    A.save(A.HorizontalFlip(p=1), tmp_path / "p.json")
    assert read_pipeline(tmp_path / "p.json") == A.Compose([A.HorizontalFlip(p=1)])


BAD_PIPELINES = {
    "empty": ("p.json", "", "not JSON"),
    "no object": ("p.json", "[1]", "expected an object"),
    "an unknown class": ("p.json", '{"transform": {"__class_fullname__": "os.system"}}', "not one of geoaug's"),
    "a bad value": ("p.json", '{"transform": {"__class_fullname__": "HorizontalFlip", "p": 7}}', "HorizontalFlip"),
    "infinity": ("p.json", '{"transform": {"__class_fullname__": "HorizontalFlip", "p": Infinity}}', "finite"),
    "deep": ("p.json", "[" * 5000 + "]" * 5000, "deep|recursion|nested"),
    "deep but readable": ("p.json", "[" * 100 + "]" * 100, "deep"),
    "a bomb of aliases": ("p.yaml", "a0: &a0 [x]\n" + "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]\n" for k in range(1, 12)), "values"),
    "code": ("p.yaml", "!!python/object/apply:os.system ['true']", "not YAML"),
    "no ending": ("p.txt", "{}", "expected a .json"),
    "a folder": ("p.d.json", None, "folder"),
    "no text": ("p.json", "\xff\xfe\xff", "UTF-8"),
}


def test_a_class_is_not_named_twice(tmp_path):
    (tmp_path / "p.json").write_text('{"transform": {"__class_fullname__": "Rotate", "limit": "x"}}')
    with pytest.raises(A.ParameterError) as caught:
        read_pipeline(tmp_path / "p.json")
    assert str(caught.value).count("Rotate") == 1


@pytest.mark.parametrize("name", BAD_PIPELINES)
def test_a_bad_pipeline_is_refused_by_name(tmp_path, name):
    file, text, message = BAD_PIPELINES[name]
    if text is None:
        (tmp_path / file).mkdir()
    else:
        (tmp_path / file).write_text(text, encoding="latin-1")
    with pytest.raises(A.ParameterError, match=rf"(?s){file}.*({message})"):
        read_pipeline(tmp_path / file)


# --- real data -------------------------------------------------------------------------------------------------------


def _pycocotools(path: Path):
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


def _numbers(row: dict) -> dict[str, np.ndarray]:
    shape = row.get("segmentation")
    if isinstance(shape, dict):
        counts = shape["counts"]
        found = {"rle": np.frombuffer(counts.encode(), np.uint8) if isinstance(counts, str) else np.array(counts, float)}
    else:
        flat = shape if shape and not isinstance(shape[0], list) else [v for ring in shape or [] for v in ring]
        found = {"polygon": np.array(flat, float)}
    return found | {"bbox": np.array(row["bbox"], float), "keypoints": np.array(row.get("keypoints", []), float)}


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="real data (../shared/data/real) is not here: it may not be redistributed")
@pytest.mark.parametrize("name", REAL_SETS)
def test_real_sets_come_out_sound(tmp_path, name):
    annotations, images = (REAL / part for part in REAL_SETS[name])
    summary = augment(annotations, images, tmp_path / "out", copies=2, workers=2, keep_originals=True)
    result = load(tmp_path / "out/annotations.json")
    assert codes(summary) <= {"annotation-degenerate"}
    assert summary.images == 3 * len(load(annotations).images)
    known = {(problem.annotation_id, problem.code) for problem in check(load(annotations))}  # stays where nothing moves
    origin = {row["id"]: row["source_id"] for row in result.annotations}
    for problem in check(result, tmp_path / "out/images"):
        assert (origin.get(problem.annotation_id), problem.code) in known, problem
    coco = _pycocotools(tmp_path / "out/annotations.json")
    assert len(coco.anns) == len(result.annotations)
    assert len(coco.imgs) == len(result.images)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="real data (../shared/data/real) is not here: it may not be redistributed")
@pytest.mark.parametrize("name", REAL_SETS)
def test_doing_nothing_to_real_sets_changes_nothing(tmp_path, name):
    annotations, images = (REAL / part for part in REAL_SETS[name])
    augment(annotations, images, tmp_path / "out", STILL, workers=2)
    source, result = load(annotations), load(tmp_path / "out/annotations.json")
    faulty = {(problem.annotation_id, problem.code.partition("-")[0]) for problem in check(source)}
    after = {row["source_id"]: row for row in result.annotations}
    for row in source.annotations:
        if row["id"] not in after:
            assert {part for number, part in faulty if number == row["id"]} - {"area"}, row["id"]  # it has no area at all
            continue
        for part, numbers in _numbers(row).items():
            if part == "bbox" and (row["id"], "bbox") in faulty:
                continue  # put right
            moved = _numbers(after[row["id"]])[part]
            assert numbers.shape == moved.shape, (row["id"], part)
            assert np.abs(numbers - moved).max(initial=0) <= 1e-3, (row["id"], part)
    for image in result.images:
        original = files.safe_path(images, next(one["file_name"] for one in source.images if one["id"] == image["source_id"]))
        assert (tmp_path / "out/images" / image["file_name"]).read_bytes() == original.read_bytes()


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="real data (../shared/data/real) is not here: it may not be redistributed")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pycocotools' own, about numpy
@pytest.mark.parametrize("name", REAL_SETS)
def test_the_score_of_the_result_of_doing_nothing_is_one(tmp_path, name):
    annotations, images = (REAL / part for part in REAL_SETS[name])
    augment(annotations, images, tmp_path / "out", STILL, workers=2)
    source, result = load(annotations), load(tmp_path / "out/annotations.json")
    kinds = ["bbox", "segm"] + (["keypoints"] if "keypoints" in name else [])
    kept = {row["source_id"]: row for row in result.annotations}
    truth = [copy.deepcopy(row) for row in source.annotations if row["id"] in kept]
    for row in truth:
        if row.get("segmentation") and not isinstance(row["segmentation"], dict) and not isinstance(row["segmentation"][0], list):
            row["segmentation"] = [row["segmentation"]]  # pycocotools does not know the flat dialect
        row.setdefault("iscrowd", 0)
        row["id"] += 1  # it takes 0 for none
    guesses = [_guess(kept[row["id"] - 1], row["image_id"]) for row in truth]
    images_ = [{**image, "width": image["width"], "height": image["height"]} for image in source.images]
    document = {"info": {}, "images": images_, "annotations": truth, "categories": source.categories}
    for kind in kinds:
        if kind == "segm":  # a mask without a pixel matches nothing, itself included
            filled = [number for number, row in enumerate(truth) if _pixels(row, source)]
            truth, guesses = [truth[k] for k in filled], [guesses[k] for k in filled]
            document["annotations"] = truth
        assert _score(document, guesses, kind, tmp_path) == pytest.approx(1.0, abs=1e-9), kind


def _pixels(row: dict, source) -> int:
    from pycocotools import mask

    image = next(one for one in source.images if one["id"] == row["image_id"])
    shape = row["segmentation"]
    runs = mask.frPyObjects(shape, image["height"], image["width"]) if not isinstance(shape, dict) or isinstance(shape["counts"], list) else shape
    return int(np.sum(mask.area(runs)))


def _guess(row: dict, image_id: object) -> dict:
    shape = row.get("segmentation")
    if shape and not isinstance(shape, dict) and not isinstance(shape[0], list):
        shape = [shape]
    return {**row, "image_id": image_id, "segmentation": shape, "score": 1.0}


def _score(document: dict, guesses: list[dict], kind: str, folder: Path) -> float:
    from pycocotools import mask
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    (folder / "truth.json").write_text(json.dumps(document))
    sizes = {image["id"]: (image["height"], image["width"]) for image in document["images"]}
    found = []
    for row in guesses:
        one = {key: row[key] for key in ("image_id", "category_id", "score")}
        if kind == "segm":
            shape, size = row["segmentation"], sizes[row["image_id"]]
            if isinstance(shape, dict):
                runs = shape if not isinstance(shape["counts"], list) else mask.frPyObjects(shape, *size)
            else:
                runs = mask.merge(mask.frPyObjects(shape, *size))
            counts = runs["counts"]
            one["segmentation"] = {"size": list(size), "counts": counts if isinstance(counts, str) else counts.decode()}
        else:
            one[kind] = row[kind]
        if kind == "keypoints" and not any(row["keypoints"][2::3]):
            continue
        if not row.get("iscrowd"):
            found.append(one)
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(folder / "truth.json"))
        score = COCOeval(coco, coco.loadRes(found), kind)
        score.params.maxDets = [20] if kind == "keypoints" else [1, 10, 1000]
        score.evaluate()
        score.accumulate()
    precision = score.eval["precision"][..., -1]
    return float(precision[..., 0][precision[..., 0] > -1].mean())


def test_pixels_of_a_mirrored_copy_are_the_mirrored_pixels(source):
    pixels = noise()
    source.add("a.png", pixels)
    _, document = source.augment(pipeline=A.Compose([A.HorizontalFlip(p=1)]))
    assert np.array_equal(files.read_image(source.folder / "out/images/a_1.png").pixels, pixels[:, ::-1])
    assert document["annotations"][0]["bbox"] == [25, 6, 10, 12]
    assert cv2.imdecode(np.fromfile(source.folder / "out/images/a_1.png", np.uint8), cv2.IMREAD_COLOR).shape == (30, 40, 3)
