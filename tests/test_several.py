"""Several annotation files of one image set go through one drawn plan an image, a panoptic one among them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import geoaug as A
from geoaug import files
from geoaug.coco.folder import Refused
from geoaug.coco.panoptic import Extents, ids_of, load_panoptic, opened
from geoaug.coco.report.result import result_report
from geoaug.coco.run import augment
from geoaug.coco.shares import merge
from geoaug.coco.together import read_all, without_twins
from geoaug.errors import CocoError
from geoaug.raster.fill import fill_parts
from geoaug.targets import rle

REAL = Path(__file__).parents[2] / "shared" / "data" / "real"
MINI, PAN = REAL / "coco-mini", REAL / "coco-panoptic"
needs_real = pytest.mark.skipif(not MINI.exists(), reason="needs ../shared/data/real")
TURN = A.Compose([A.HorizontalFlip(p=0.5), A.Affine(rotate=(-20, 20), scale=(0.7, 1.2), p=1)], bbox_params=A.BboxParams("coco", min_visibility=0.1))


def read(place):
    return json.loads(place.read_text(encoding="utf-8"))


def tree(folder):
    return {str(place.relative_to(folder)): place.read_bytes() for place in sorted(folder.rglob("*")) if place.is_file()}


SIZES = {1: (40, 60), 2: (50, 50), 3: (30, 64)}


@pytest.fixture
def source(tmp_path):
    """Three pictures; instances, poses, captions and segments of them, each file without one of the pictures."""
    folder = tmp_path / "in"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pan").mkdir()
    rng = np.random.default_rng(0)
    images = [{"id": k, "file_name": f"sub/{k}.png", "width": w, "height": h} for k, (h, w) in SIZES.items()]
    (folder / "pictures" / "sub").mkdir()
    for image in images:
        files.write_image(folder / "pictures" / image["file_name"], rng.integers(0, 255, (image["height"], image["width"], 3), np.uint8), "png")
    person = {"id": 1, "name": "person"}
    box = {"category_id": 1, "iscrowd": 0, "segmentation": [[8, 8, 28, 8, 28, 24, 8, 24]], "bbox": [8, 8, 20, 16], "area": 320}
    rows = [{"id": 100 + 10 * k + n, "image_id": k, **box, "category_id": 1 + n} for k in (1, 2) for n in (0, 1)]
    posed = [{**row, "keypoints": [10, 10, 2, 20, 20, 2], "num_keypoints": 2} for row in rows if row["category_id"] == 1]
    posed.append({**posed[0], "id": 130, "image_id": 3})
    told = {
        "instances": (images[:2], rows, [person, {"id": 2, "name": "dog"}]),
        "poses": (images, posed, [{**person, "keypoints": ["left", "right"]}]),
        "captions": (images[1:], [{"id": 7, "image_id": 2, "caption": "x"}, {"id": 8, "image_id": 3, "caption": "y"}], None),
    }
    for name, (pictures, labels, categories) in told.items():
        document = {"images": pictures, "annotations": labels, **({"categories": categories} if categories else {})}
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    entries = []
    for image in images:
        ids = np.zeros((image["height"], image["width"]), np.int32)
        ids[8:24, 8:28], ids[:6] = 300, 70_000
        pixels = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=2).astype(np.uint8)
        (folder / "pan" / "sub").mkdir(exist_ok=True)
        files.write_image(folder / "pan" / image["file_name"], pixels, "png")
        extents = Extents.of(ids)
        infos = [
            {"id": int(number), "category_id": 1, "iscrowd": 0, "area": int(area), "bbox": list(map(int, found))}
            for number, area, found in zip(*extents, strict=True)
            if number
        ]
        entries.append({"image_id": image["id"], "file_name": image["file_name"], "segments_info": infos})
    (folder / "pan.json").write_text(json.dumps({"images": images, "annotations": entries, "categories": [person]}), encoding="utf-8")
    return folder


def paths(source, *names):
    return [source / f"{name}.json" for name in names]


ALL = ("instances", "poses", "captions", "pan")


def test_each_file_comes_out_under_its_name_with_what_it_had(source, tmp_path):
    out = tmp_path / "out"
    summary = augment(paths(source, *ALL), source / "pictures", out, TURN, copies=2, keep_originals=True)
    assert (summary.exit_code, summary.images, summary.problems) == (0, 9, [])
    results = {name: read(out / f"{name}.json") for name in ALL}
    assert not (out / "annotations.json").exists()
    assert {name: len(result["images"]) for name, result in results.items()} == {"instances": 6, "poses": 9, "captions": 6, "pan": 9}
    assert "categories" not in results["captions"]
    for result in results.values():
        for image in result["images"]:
            assert (out / "images" / image["file_name"]).is_file()
            assert {row["image_id"] for row in result["annotations"]} <= {image["id"] for image in result["images"]}
    names = [{image["id"]: image["file_name"] for image in result["images"]} for result in results.values()]
    assert all(one[number] == names[1][number] for one in names for number in one)
    assert "\\u0000" not in "".join((out / f"{name}.json").read_text() for name in ALL)


def test_what_has_one_id_in_two_files_has_one_id_again_and_other_rows_have_their_own(source, tmp_path):
    augment(paths(source, "instances", "poses"), source / "pictures", tmp_path / "out", TURN, copies=3)
    instances, poses = (read(tmp_path / "out" / f"{name}.json")["annotations"] for name in ("instances", "poses"))
    for rows in (instances, poses):
        numbers = [row["id"] for row in rows]
        assert sorted(set(numbers)) == numbers
    known = {row["id"]: (row["image_id"], row["source_id"], row["segmentation"], row["bbox"]) for row in instances}
    twins = [row for row in poses if row["source_id"] < 130]
    assert twins
    assert all(known[row["id"]] == (row["image_id"], row["source_id"], row["segmentation"], row["bbox"]) for row in twins)
    assert not {row["id"] for row in poses if row["source_id"] == 130} & set(known)


def test_the_plan_does_not_depend_on_which_files_are_given(source, tmp_path):
    def plans(*names):
        out = tmp_path / "-".join(names)
        augment(paths(source, *names), source / "pictures", out, TURN, copies=2, seed=5)
        told = [json.loads(line) for line in (out / "geoaug-plans.jsonl").read_text().splitlines()]
        return {(one["source_id"], one["copy"]): one["plan"] for one in told}

    whole = plans(*ALL)
    for names in (("poses",), ("pan",), ("captions", "instances")):
        for key, plan in plans(*names).items():
            assert plan == whole[key]


def test_segments_move_as_the_polygons_that_they_were_drawn_from(source, tmp_path):
    out = tmp_path / "out"
    augment(paths(source, "instances", "pan"), source / "pictures", out, TURN, copies=3)
    result = load_panoptic(out / "pan.json")
    rows = [row for row in read(out / "instances.json")["annotations"] if row["category_id"] == 1]
    assert result.dataset.problems == []
    seen = 0
    for image in result.dataset.images:
        size = (image["height"], image["width"])
        found = opened(result, image["id"], size)
        assert (found.problems, found.corrected) == ([], {})
        assert sum(info["area"] for info in found.segments.infos) + np.count_nonzero(found.segments.ids == 0) == found.segments.ids.size
        for row in rows:
            if row["image_id"] == image["id"]:
                part, (top, left) = fill_parts([[np.reshape(ring, (-1, 2)) for ring in row["segmentation"]]], size)[0]
                drawn = np.zeros(size, bool)
                drawn[top : top + part.shape[0], left : left + part.shape[1]] = part
                ours = found.segments.ids == 300
                assert np.logical_and(drawn, ours).sum() / np.logical_or(drawn, ours).sum() > 0.85
                seen += 1
    assert seen > 3


def test_a_lone_panoptic_file_is_lossless_where_nothing_moves(source, tmp_path):
    out = tmp_path / "out"
    summary = augment(source / "pan.json", source / "pictures", out, A.Compose([A.NoOp()]), copies=1, keep_originals=True)
    assert summary.exit_code == 0
    before, after = read(source / "pan.json"), read(out / "annotations.json")
    for number, entry in enumerate(after["annotations"]):
        old = before["annotations"][number // 2]
        assert entry["segments_info"] == old["segments_info"]
        ids = [ids_of(files.read_image(place).pixels) for place in (out / "panoptic" / entry["file_name"], source / "pan" / old["file_name"])]
        assert np.array_equal(*ids)
    assert "id" not in after["annotations"][0]
    assert summary.rows == summary.kept / 2 == 6
    again = augment(out / "annotations.json", out / "images", tmp_path / "again", A.Compose([A.NoOp()]))  # its own results are read, too
    assert again.exit_code == 0


def test_segments_that_leave_are_counted(source, tmp_path):
    summary = augment(source / "pan.json", source / "pictures", tmp_path / "out", A.Compose([A.Crop(0, 0, 7, 30, p=1)]))
    assert dict(summary.dropped) == {"no-pixel": 3}
    assert [row["annotation_id"] for row in summary.gone] == [300] * 3
    assert summary.kept == 3


@pytest.mark.parametrize("pipeline", [A.Compose([A.MaskDropout(p=1)]), A.Compose([A.CropNonEmptyMaskIfExists(20, 20, p=1)])])
def test_transforms_that_look_at_labels_look_at_rows_or_at_segments_alone(source, tmp_path, pipeline):
    for names in (("pan",), ALL):
        summary = augment(paths(source, *names), source / "pictures", tmp_path / str(len(names)), pipeline, copies=1)
        assert summary.images == 3


def test_a_panoptic_file_that_is_missing_costs_its_segments_alone(source, tmp_path):
    (source / "pan" / "sub" / "2.png").unlink()
    summary = augment(paths(source, *ALL), source / "pictures", tmp_path / "out", TURN)
    assert [(problem.code, problem.image_id) for problem in summary.problems] == [("panoptic-missing", 2)]
    assert summary.exit_code == 3
    assert summary.images == 3
    assert summary.rows_left_out == {"panoptic-missing": 2}
    assert len(read(tmp_path / "out" / "pan.json")["annotations"]) == 2
    assert summary.rows == summary.kept + summary.cut + summary.dropped.total() + summary.rows_left_out.total()


def test_a_run_goes_on_where_segments_are_missing_and_ends_in_the_same_bytes(source, tmp_path):
    settings = {"pipeline": TURN, "copies": 2}
    augment(paths(source, *ALL), source / "pictures", tmp_path / "one", **settings)
    whole = tree(tmp_path / "one")
    assert augment(paths(source, *ALL), source / "pictures", tmp_path / "one", **settings).again

    class Stop(Exception):
        pass

    def stop(done, total):
        if done >= 4:
            raise Stop

    with pytest.raises(Stop):
        augment(paths(source, *ALL), source / "pictures", tmp_path / "two", progress=stop, **settings)
    written = sorted((tmp_path / "two" / "pan").rglob("*.png"))
    written[0].unlink()
    written[1].write_bytes(b"torn")
    summary = augment(paths(source, *ALL), source / "pictures", tmp_path / "two", **settings)
    assert 0 < summary.earlier < 6
    assert tree(tmp_path / "two") == whole
    with pytest.raises(Refused, match="other settings"):
        augment(paths(source, "instances", "pan"), source / "pictures", tmp_path / "two", **settings)
    augment(paths(source, "instances"), source / "pictures", tmp_path / "two", overwrite=True, **settings)
    left = {place.name for place in (tmp_path / "two").iterdir()}
    assert left == {"annotations.json", "images", "geoaug-report.json", "geoaug-plans.jsonl"}


def test_shares_and_workers_make_the_same_bytes(source, tmp_path):
    files_ = paths(source, *ALL)
    augment(files_, source / "pictures", tmp_path / "one", TURN, copies=2)
    for number in (1, 2):
        augment(files_, source / "pictures", tmp_path / f"share{number}", TURN, copies=2, shard=f"{number}/2")
    merge([tmp_path / "share1", tmp_path / "share2"], tmp_path / "merged")
    assert tree(tmp_path / "merged") == tree(tmp_path / "one")


@pytest.mark.slow
def test_two_workers_make_the_same_bytes(source, tmp_path):
    augment(paths(source, *ALL), source / "pictures", tmp_path / "one", TURN, copies=2)
    augment(paths(source, *ALL), source / "pictures", tmp_path / "two", TURN, copies=2, workers=2)
    assert tree(tmp_path / "two") == tree(tmp_path / "one")


def test_two_panoptic_files_and_a_result_among_the_segments_are_refused(source, tmp_path):
    shutil.copy(source / "pan.json", source / "pan2.json")
    shutil.copytree(source / "pan", source / "pan2")
    with pytest.raises(CocoError, match="are panoptic files"):
        augment(paths(source, "pan", "pan2"), source / "pictures", tmp_path / "out")
    with pytest.raises(Refused):
        augment(source / "pan.json", source / "pictures", source / "pan" / "sub")


def test_places_in_records_of_pictures_move_in_the_file_that_has_them(source, tmp_path):
    document = read(source / "poses.json")
    for image in document["images"]:
        image.update(ignore_regions_x=[[0, 10, 10]], ignore_regions_y=[[0, 0, 10]], mask_file="x.png", neg_category_ids=[1, 2, 3, 4, 5])
    (source / "poses.json").write_text(json.dumps(document))
    summary = augment(paths(source, "instances", "poses"), source / "pictures", tmp_path / "out", A.Compose([A.HorizontalFlip(p=1)]))
    images = read(tmp_path / "out" / "poses.json")["images"]
    assert all(max(image["ignore_regions_x"][0]) == image["width"] for image in images)
    assert all("mask_file" not in image and image["neg_category_ids"] == [1, 2, 3, 4, 5] for image in images)
    assert not any("ignore_regions_x" in image for image in read(tmp_path / "out" / "instances.json")["images"])
    assert summary.rows == 7
    assert summary.kept == 7
    assert any("mask_file" in note for note in summary.notes)


def test_the_report_of_several_files_shows_all_rows_and_a_twin_once(source, tmp_path):
    augment(paths(source, *ALL), source / "pictures", tmp_path / "out", A.Compose([A.HorizontalFlip(p=1)]))
    whole, _ = read_all(paths(source, *ALL))
    assert len(without_twins(whole, ALL).annotations) == 7
    page = result_report(tmp_path / "out", without_twins(whole, ALL), source / "pictures")
    assert "person" in page
    augment(paths(source, "pan"), source / "pictures", tmp_path / "lone", A.Compose([A.HorizontalFlip(p=1)]))
    assert "</html>" in result_report(tmp_path / "lone")


@needs_real
def test_all_of_coco_goes_through_one_plan(tmp_path):
    names = [MINI / f"{kind}_train2017.json" for kind in ("instances", "person_keypoints", "captions")]
    summary = augment(names, MINI / "images", tmp_path / "out", TURN, copies=1)
    assert summary.exit_code == 0
    instances, poses, captions = (read(tmp_path / "out" / name.name) for name in names)
    known = {row["id"]: row for row in instances["annotations"]}
    assert len(poses["annotations"]) > 100
    for row in poses["annotations"]:
        assert (known[row["id"]]["source_id"], known[row["id"]]["bbox"]) == (row["source_id"], row["bbox"])
    assert len(captions["annotations"]) == 70
    assert {row["caption"] for row in captions["annotations"]} == {row["caption"] for row in read(names[2])["annotations"]}


@needs_real
def test_segments_and_the_same_as_rle_stay_the_same_pixels(tmp_path):
    augment([PAN / "panoptic.json", PAN / "detection_format_rle.json"], PAN / "images", tmp_path / "out", A.Compose(TURN.transforms), copies=2)
    result = load_panoptic(tmp_path / "out" / "panoptic.json")
    rows = read(tmp_path / "out" / "detection_format_rle.json")["annotations"]
    assert result.dataset.problems == []
    checked = 0
    for image in result.dataset.images:
        found = opened(result, image["id"], (image["height"], image["width"]))
        assert found.problems == []
        for row in rows:
            if row["image_id"] == image["id"]:
                here = rle.decode(row["segmentation"]).astype(bool)
                names = np.unique(found.segments.ids[here])
                # a pixel's centre that falls between two may go either way, as a part of a mask is warped in a frame of its own
                assert min(((found.segments.ids == name) ^ here).sum() for name in names) <= 2
                checked += 1
    assert checked > 80


def test_files_of_different_pictures_are_a_slip_and_refused(tmp_path):
    first = {"images": [{"id": 1, "file_name": "a.png", "width": 4, "height": 4}], "annotations": [], "categories": []}
    other = {"images": [{"id": 2, "file_name": "b.png", "width": 4, "height": 4}], "annotations": [], "categories": []}
    for name, document in (("train", first), ("val", other)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    with pytest.raises(CocoError, match="none of its pictures is in the other files"):
        augment([tmp_path / "train.json", tmp_path / "val.json"], None, tmp_path / "out", labels_only=True)
    assert not (tmp_path / "out").exists()


def test_keypoints_that_one_of_several_files_names_need_no_remark(tmp_path):
    image = {"id": 1, "file_name": "a.png", "width": 40, "height": 40}
    row = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [5, 5, 20, 20], "area": 400, "iscrowd": 0}
    posed = {**row, "keypoints": [6, 6, 2, 20, 6, 2], "num_keypoints": 2}
    plain, named = {"id": 1, "name": "person"}, {"id": 1, "name": "person", "keypoints": ["left_eye", "right_eye"]}
    (tmp_path / "instances.json").write_text(json.dumps({"images": [image], "annotations": [row], "categories": [plain]}))
    (tmp_path / "keypoints.json").write_text(json.dumps({"images": [image], "annotations": [posed], "categories": [named]}))
    (tmp_path / "nameless.json").write_text(json.dumps({"images": [image], "annotations": [posed], "categories": [plain]}))
    both = augment([tmp_path / "instances.json", tmp_path / "keypoints.json"], None, tmp_path / "both", labels_only=True)
    assert not any("names no keypoints" in note for note in both.notes)
    alone = augment(tmp_path / "nameless.json", None, tmp_path / "alone", labels_only=True)
    assert any("category 'person' names no keypoints" in note for note in alone.notes)
