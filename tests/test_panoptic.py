"""Panoptic files: every pixel has one segment or none, before and after."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug import files
from geoaug.coco.panoptic import (
    LARGEST_ID,
    Extents,
    Segments,
    colours_of,
    highest_fill,
    ids_of,
    load_panoptic,
    measured,
    opened,
    png_bytes,
    png_name,
)
from geoaug.errors import CocoError

REAL = Path(__file__).parents[2] / "shared" / "data" / "real" / "coco-panoptic"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data/real/coco-panoptic")
SIZE = (40, 60)


def id_picture():
    ids = np.zeros(SIZE, np.int32)
    ids[5:20, 5:30] = 7
    ids[20:35, 5:30] = LARGEST_ID
    ids[5:35, 40:55] = 256
    ids[10:12, 42:44] = 7  # a second part
    return ids


INFOS = [{"id": 7, "category_id": 1, "iscrowd": 0}, {"id": LARGEST_ID, "category_id": 2, "iscrowd": 0}, {"id": 256, "category_id": 1, "iscrowd": 1}]


def write(folder, ids=None, name="a.png", **more):
    """A panoptic file with one picture, and its PNG file."""
    ids = id_picture() if ids is None else ids
    (folder / "pan").mkdir(exist_ok=True)
    if ids.ndim == 2 and ids.dtype == np.int32:
        ids = colours_of(ids)
    files.write_image(folder / "pan" / name, ids, "png")
    document = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": SIZE[1], "height": SIZE[0]}],
        "annotations": [{"image_id": 1, "file_name": name, "segments_info": measured(id_picture(), INFOS)}],
        "categories": [{"id": 1, "name": "x", "isthing": 1}, {"id": 2, "name": "y", "isthing": 0}],
        **more,
    }
    (folder / "pan.json").write_text(json.dumps(document), encoding="utf-8")
    return load_panoptic(folder / "pan.json")


def test_ids_are_colours_and_back():
    ids = np.array([[0, 1, 255, 256, 65536, LARGEST_ID, 123456]], np.int32)
    assert colours_of(ids)[0, 4].tolist() == [0, 0, 1]
    assert colours_of(ids)[0, 3].tolist() == [0, 1, 0]
    assert np.array_equal(ids_of(colours_of(ids)), ids)


@pytest.mark.parametrize("seed", range(5))
def test_areas_and_boxes_are_those_of_the_pixels(seed):
    rng = np.random.default_rng(seed)
    ids = cv2.resize(rng.integers(0, 6, (7, 9)).astype(np.uint8), (45, 28), interpolation=cv2.INTER_NEAREST).astype(np.int32) * 1000
    extents = Extents.of(ids)
    assert extents.areas.sum() == ids.size
    for number, area, (x, y, w, h) in zip(extents.ids, extents.areas, extents.boxes, strict=True):
        rows, columns = np.nonzero(ids == number)
        assert (area, x, y) == (len(rows), columns.min(), rows.min())
        assert (x + w, y + h) == (columns.max() + 1, rows.max() + 1)


CHAINS = {
    "still": [A.NoOp()],
    "mirror": [A.HorizontalFlip(p=1)],
    "turn": [A.Affine(rotate=(30, 30), scale=0.8, p=1)],
    "crop": [A.RandomCrop(20, 20, p=1), A.Resize(50, 50, p=1)],
    "bend": [A.ElasticTransform(alpha=40, sigma=5, p=1)],
    "holes": [A.CoarseDropout(fill_mask=0, p=1)],
    "fills": [A.Affine(translate_px=20, fill_mask=7, p=1), A.PadIfNeeded(80, 80, border_mode=0, fill_mask=256, p=1)],
    "tiles": [A.RandomGridShuffle((2, 2), p=1)],
}


@pytest.mark.parametrize("chain", list(CHAINS))
def test_segments_and_void_are_the_whole_picture_and_every_box_is_tight(chain):
    pipeline = A.Compose(CHAINS[chain], seed=1)
    source = Segments(id_picture(), measured(id_picture(), INFOS), highest_fill(pipeline.transforms))
    before = copy.deepcopy(source.infos)
    out = source.moved(pipeline(image=np.zeros((*SIZE, 3), np.uint8), mask=source.mask)["mask"])
    assert sum(info["area"] for info in out.infos) + np.count_nonzero(out.ids == 0) == out.ids.size
    assert {info["id"] for info in out.infos} == set(np.unique(out.ids).tolist()) - {0}
    for info in out.infos:
        rows, columns = np.nonzero(out.ids == info["id"])
        assert info["bbox"] == [columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1]
        assert info["area"] == len(rows)
    assert source.infos == before
    assert np.array_equal(ids_of(cv2.imdecode(np.frombuffer(png_bytes(out), np.uint8), 1)[..., ::-1]), out.ids)
    if chain == "still":
        assert np.array_equal(out.ids, source.ids)
        assert out.infos == source.infos
    if chain == "fills":  # what a border was filled with is no segment, though segments have these ids
        assert 256 not in out.ids
        assert next(info["area"] for info in out.infos if info["id"] == 7) <= before[0]["area"]


def test_a_segment_without_a_pixel_is_out_and_others_keep_their_ids():
    source = Segments(id_picture(), measured(id_picture(), INFOS))
    out = source.moved(A.Compose([A.Crop(0, 0, 35, 20, p=1)])(image=np.zeros((*SIZE, 3), np.uint8), mask=source.mask)["mask"])
    assert [info["id"] for info in out.infos] == [7]
    assert out.infos[0] == {"id": 7, "category_id": 1, "iscrowd": 0, "area": 375, "bbox": [5, 5, 25, 15]}


def test_a_sound_file_has_no_problems(tmp_path):
    panoptic = write(tmp_path)
    seen = opened(panoptic, 1, SIZE)
    assert panoptic.dataset.problems == []
    assert (seen.problems, seen.corrected) == ([], {})
    assert np.array_equal(seen.segments.ids, id_picture())


def test_what_the_file_says_of_areas_and_boxes_is_held_against_the_pixels(tmp_path):
    infos = measured(id_picture(), INFOS)
    infos[0]["area"], infos[1]["bbox"] = 1, [0, 0, 1, 1]
    seen = opened(write(tmp_path, annotations=[{"image_id": 1, "file_name": "a.png", "segments_info": infos}]), 1, SIZE)
    assert seen.corrected == {"area": [7], "bbox": [LARGEST_ID]}
    assert seen.segments.infos == measured(id_picture(), INFOS)


def test_ids_that_only_one_side_knows_are_told_and_their_pixels_are_void(tmp_path):
    infos = [INFOS[0], INFOS[1], {"id": 99, "category_id": 1}]
    seen = opened(write(tmp_path, annotations=[{"image_id": 1, "file_name": "a.png", "segments_info": infos}]), 1, SIZE)
    assert [(code, number) for code, _, number in seen.problems] == [("segment-unlisted", 256), ("segment-empty", 99)]
    assert [info["id"] for info in seen.segments.infos] == [7, LARGEST_ID]
    assert not (seen.segments.ids == 256).any()


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (np.zeros((10, 10), np.int32), "panoptic-size"),
        (np.zeros(SIZE, np.uint8), "panoptic-kind"),
        (np.zeros((*SIZE, 3), np.uint16), "panoptic-kind"),
    ],
)
def test_a_png_file_of_another_size_or_kind_is_refused_by_name(tmp_path, picture, code):
    panoptic = write(tmp_path, picture)
    seen = opened(panoptic, 1, SIZE)
    assert seen.segments is None
    assert [problem[0] for problem in seen.problems] == [code]


def test_a_fourth_channel_says_nothing(tmp_path):
    picture = np.dstack([colours_of(id_picture()), np.zeros(SIZE, np.uint8)])
    assert np.array_equal(opened(write(tmp_path, picture), 1, SIZE).segments.ids, id_picture())


@pytest.mark.parametrize("kind", ["missing", "torn", "text", "outside"])
def test_a_png_file_that_cannot_be_read_is_told(tmp_path, kind):
    panoptic = write(tmp_path)
    place = tmp_path / "pan" / "a.png"
    if kind == "missing":
        place.unlink()
    elif kind == "torn":
        place.write_bytes(place.read_bytes()[:-30])
    elif kind == "text":
        place.write_text("no picture")
    else:
        place.unlink()
        place.symlink_to(tmp_path / "pan.json")
    seen = opened(panoptic, 1, SIZE)
    assert seen.segments is None
    assert len(seen.problems) == 1
    assert seen.problems[0][0].startswith("panoptic-")


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (5, "record-not-object"),
        ({"id": 0, "category_id": 1}, "segment-id"),
        ({"id": LARGEST_ID + 1, "category_id": 1}, "segment-id"),
        ({"id": "7", "category_id": 1}, "segment-id"),
        ({"id": [7], "category_id": 1}, "segment-id"),
        ({"id": 256, "category_id": 77}, "category-unknown"),
        ({"id": 256, "category_id": [1]}, "category-unknown"),
        ({"id": 256, "category_id": 1, "score": float("nan")}, "number-not-finite"),
        ({**INFOS[0], "category_id": 2}, "segment-ambiguous"),
        (INFOS[0], "segment-repeated"),
    ],
)
def test_what_is_wrong_with_one_segment_costs_that_segment(tmp_path, info, code):
    infos = [INFOS[0], info, INFOS[1]]
    panoptic = write(tmp_path, annotations=[{"image_id": 1, "file_name": "a.png", "segments_info": infos}])
    assert [problem.code for problem in panoptic.dataset.problems] == [code]
    left = [number["id"] for number in panoptic.entries[1]["segments_info"]]
    assert left == ([LARGEST_ID] if code == "segment-ambiguous" else [7, LARGEST_ID])
    seen = opened(panoptic, 1, SIZE)
    assert set(np.unique(seen.segments.ids).tolist()) == {0, *left}
    told = not isinstance(info, dict) or info["id"] != 256  # of a refused segment nothing is said twice
    assert [problem[0] for problem in seen.problems] == ["segment-unlisted"] * told


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("x", "record-not-object"),
        ({"image_id": 2, "file_name": "a.png", "segments_info": []}, "image-unknown"),
        ({"image_id": [1], "file_name": "a.png", "segments_info": []}, "image-unknown"),
        ({"image_id": 1, "file_name": "../a.png", "segments_info": []}, "panoptic-name"),
        ({"image_id": 1, "file_name": None, "segments_info": []}, "panoptic-name"),
        ({"image_id": 1, "file_name": "a.png", "segments_info": {}}, "panoptic-segments"),
    ],
)
def test_what_is_wrong_with_an_annotation_costs_that_annotation(tmp_path, entry, code):
    sound = {"image_id": 1, "file_name": "a.png", "segments_info": INFOS}
    panoptic = write(tmp_path, annotations=[entry, sound, sound])
    assert [problem.code for problem in panoptic.dataset.problems] == [code, "panoptic-repeated"]
    assert list(panoptic.entries) == [1]
    assert panoptic.entries_left_out == {code: 1, "panoptic-repeated": 1}


def test_a_file_without_its_folder_or_without_segments_is_refused(tmp_path):
    write(tmp_path)
    (tmp_path / "pan").rename(tmp_path / "elsewhere")
    with pytest.raises(CocoError, match="folder named like it"):
        load_panoptic(tmp_path / "pan.json")
    assert load_panoptic(tmp_path / "pan.json", tmp_path / "elsewhere").entries
    (tmp_path / "elsewhere").rename(tmp_path / "panoptic")  # as geoaug writes it
    assert load_panoptic(tmp_path / "pan.json").entries
    (tmp_path / "pan.json").write_text('{"images": [], "annotations": [], "categories": []}')
    with pytest.raises(CocoError, match="no panoptic file"):
        load_panoptic(tmp_path / "pan.json")


def test_a_png_file_is_named_like_its_picture():
    assert png_name("val/0001.jpg") == "val/0001.png"
    assert png_name("a.b.tiff") == "a.b.png"


@needs_real
def test_coco_itself_is_sound_and_an_identity_is_lossless():
    panoptic = load_panoptic(REAL / "panoptic.json")
    assert panoptic.dataset.problems == []
    assert len(panoptic.entries) == 2
    for image in panoptic.dataset.images:
        seen = opened(panoptic, image["id"], (image["height"], image["width"]))
        assert (seen.problems, seen.corrected) == ([], {})
        assert seen.segments.infos == panoptic.entries[image["id"]]["segments_info"]
        again = ids_of(cv2.imdecode(np.frombuffer(png_bytes(seen.segments), np.uint8), 1)[..., ::-1])
        assert np.array_equal(again, seen.segments.ids)
