"""check: quiet on sound data, one finding for each thing that does not fit, a remark where a convention differs."""

from __future__ import annotations

import copy
import json
import struct
from pathlib import Path

import numpy as np
import pytest

from geoaug.cli.main import main
from geoaug.coco.check import REMARKS, Verdict, check, check_files
from geoaug.coco.check.whole import read
from geoaug.coco.dataset import load
from geoaug.coco.panoptic import png_name
from geoaug.coco.report.words import LOST, MEANINGS, ODD, WRONG
from geoaug.files import write_image
from geoaug.targets import rle

REAL = Path(__file__).parents[2] / "shared/data/real"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real data sets are not beside the repository")

SOUND = {
    "images": [{"id": 1, "file_name": "a.png", "width": 80, "height": 60}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 3, "bbox": [10, 10, 20, 30], "area": 600, "iscrowd": 0,
         "segmentation": [[10, 10, 30, 10, 30, 40, 10, 40]], "keypoints": [12, 12, 2, 0, 0, 0, 80, 60, 1],
         "num_keypoints": 2},
    ],
    "categories": [{"id": 3, "name": "screw", "keypoints": ["head", "neck", "tip"]}],
}  # fmt: skip


@pytest.fixture
def found(tmp_path):
    """Codes for the sound data set with changes to its annotation, its picture, or both."""

    def act(image=None, folder=None, category=None, more_images=(), **changes):
        document = copy.deepcopy(SOUND)
        for row, new in (
            (document["annotations"][0], changes),
            (document["images"][0], image or {}),
            (document["categories"][0], category or {}),
        ):
            row.update(new)
            for key in [key for key, value in row.items() if value is ...]:
                del row[key]
        document["images"] += more_images
        (tmp_path / "x.json").write_text(json.dumps(document))
        problems = check(load(tmp_path / "x.json"), folder)
        return [problem.code for problem in problems]

    return act


def test_sound_data_gives_no_finding(found, tmp_path):
    write_image(tmp_path / "a.png", np.zeros((60, 80), np.uint8), "png")
    assert found(folder=tmp_path) == []


MASK = np.zeros((60, 80), np.uint8)
MASK[10:40, 10:30] = 1


@pytest.mark.parametrize(
    "changes",
    [
        {"segmentation": rle.encode(MASK)},
        {"segmentation": rle.encode(MASK, "list")},
        {"segmentation": [10, 10, 30, 10, 30, 40, 10, 40]},
        {"segmentation": [], "area": 5},
        {"area": ...},
        {"area": 640},  # half a pixel along the rim
        {"bbox": [9, 9, 22, 32]},
        {"num_keypoints": ..., "keypoints": ...},
        {"segmentation": [[10, 10, 30, 10, 30, 40, 10, 40], [10, 10, 30, 10, 30, 40, 10, 40]]},
        {"segmentation": [[10, 10, 30, 10, 30, 40, 10, 40], [10, 10, 30, 10, 30, 40, 10, 40]], "area": 1200},
    ],
)
def test_conventions_are_no_findings(found, changes):
    assert found(**changes) == []


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"bbox": [20, 10, 20, 30]}, ["bbox-not-shape"]),
        ({"bbox": [50, 40, 5, 5]}, ["bbox-not-shape"]),
        ({"bbox": [-5, 10, 20, 30], "segmentation": []}, ["bbox-beyond-image"]),
        ({"area": 700}, ["area-not-shape"]),
        ({"area": -600}, ["area-not-shape"]),
        ({"area": "600"}, ["area-number"]),
        ({"segmentation": rle.encode(MASK), "area": 620}, ["area-not-shape"]),
        ({"segmentation": rle.encode(0 * MASK)}, ["mask-empty"]),
        ({"segmentation": [[10, 10, 30, 40, 10, 10]], "area": 0}, ["polygon-area-zero"]),
        (
            {"segmentation": [[-10, 10, 30, 10, 30, 40, -10, 40]], "bbox": [0, 10, 30, 30], "area": 1200},
            ["shape-beyond-image"],
        ),
        ({"id": 0}, ["annotation-id-zero"]),
        ({"iscrowd": 2}, ["iscrowd-value"]),
        ({"num_keypoints": 3}, ["keypoints-counted-otherwise"]),
        ({"num_keypoints": 0}, ["keypoints-count"]),
        ({"num_keypoints": "2"}, ["keypoints-count"]),
        ({"keypoints": [60, 50, 2, 0, 0, 0, 62, 51, 1]}, ["keypoints-off-box"]),
        ({"area": 700, "iscrowd": 1}, ["crowd-area"]),
        ({"keypoints": [12, 12, 2, 0, 0, 0], "num_keypoints": 1}, ["keypoints-number"]),
        ({"keypoints": [12, 12, 3, 0, 0, 0, 80, 60, 1]}, ["keypoint-visibility"]),
        ({"keypoints": [12, 12, 2, 5, 0, 0, 80, 60, 1]}, ["keypoint-unlabelled"]),
        ({"keypoints": [12, 12, 2, 0, 0, 0, 81, 60, 1]}, ["keypoint-beyond-image"]),
        ({"category": {"keypoints": ...}}, ["category-keypoints-missing"]),
        ({"image": {"width": ..., "height": ...}}, ["image-size-missing"]),
        (
            {"more_images": [{"id": 2, "file_name": "a.png", "width": 80, "height": 60}]},
            ["file-name-repeated"],
        ),
        ({"category_id": 9}, ["category-unknown"]),
    ],
)
def test_each_contradiction_is_one_finding(found, changes, codes):
    assert found(**changes) == codes


def test_pictures_are_held_against_their_records(found, tmp_path):
    assert found(folder=tmp_path) == ["image-missing"]
    write_image(tmp_path / "a.png", np.zeros((60, 81), np.uint8), "png")
    assert found(folder=tmp_path) == ["image-size"]
    (tmp_path / "a.png").write_text("no picture")
    assert found(folder=tmp_path) == ["image-unreadable"]


def test_a_turned_picture_is_a_finding_only_where_labels_and_viewers_differ(found, tmp_path):
    write_image(tmp_path / "x.jpg", np.zeros((60, 80), np.uint8), "jpg")
    body = b"Exif\0\0II*\0" + struct.pack("<IHHHIHHI", 8, 1, 274, 3, 1, 6, 0, 0)
    plain = (tmp_path / "x.jpg").read_bytes()
    (tmp_path / "x.jpg").unlink()
    (tmp_path / "a.png").write_bytes(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:])
    assert found(folder=tmp_path) == ["image-orientation"]
    turned = {"width": 60, "height": 80}
    assert found(folder=tmp_path, image=turned, keypoints=[12, 12, 2, 0, 0, 0, 60, 80, 1]) == []


def test_nonsense_far_away_is_not_drawn(found):
    far = [[0, 0, 1000, 1, -1000, 2, 900, 900]]
    assert "area-not-shape" in found(segmentation=far, area=1)


def test_findings_carry_the_ids(tmp_path):
    document = copy.deepcopy(SOUND)
    document["annotations"][0]["area"] = 1
    (tmp_path / "x.json").write_text(json.dumps(document))
    (problem,) = check(load(tmp_path / "x.json"))
    assert (problem.image_id, problem.annotation_id, problem.file_name) == (1, 1, "a.png")
    assert problem.message == "area is 1, the segmentation's is 600.0"


# --- pictures ---------------------------------------------------------------------------------------------------------


def boxed(folder: Path, *boxes: tuple[str, list[float]], name: str = "x.json", **more: object) -> Path:
    """A file of one box a picture, which are grey and all of one size."""
    images = [{"id": k, "file_name": file, "width": 80, "height": 60} for k, (file, _) in enumerate(boxes, 1)]
    rows = [{"id": k, "image_id": k, "category_id": 3, "bbox": box, "area": box[2] * box[3], "iscrowd": 0} for k, (_, box) in enumerate(boxes, 1)]
    place = folder / name
    place.write_text(json.dumps({"images": images, "annotations": rows, "categories": SOUND["categories"], **more}))
    return place


def codes(problems: list) -> list[str]:
    return [problem.code for problem in problems]


def test_files_that_no_record_names_are_counted_once_and_other_files_are_none(tmp_path):
    pictures = tmp_path / "images"
    (pictures / "more").mkdir(parents=True)
    (pictures / ".thumbs").mkdir()
    for name in ("a.png", "more/b.png", "more/c.JPG", ".thumbs/d.png"):
        write_image(pictures / name, np.zeros((60, 80), np.uint8), "png")
    (pictures / "notes.txt").write_text("no picture")
    (problem,) = check(load(boxed(tmp_path, ("./a.png", [1, 1, 5, 5]))), pictures)
    assert problem.code == "image-extra"
    assert problem.message == f"2 picture files in {str(pictures)!r} that no record names: 'more/b.png', 'more/c.JPG'"
    assert check(load(boxed(tmp_path, ("a.png", [1, 1, 5, 5]), ("more\\b.png", [2, 1, 5, 5]), ("more/c.JPG", [3, 1, 5, 5]))), pictures)[0].code == (
        "image-twice-labelled"
    )


def test_the_same_bytes_under_two_names_are_a_remark_or_with_other_labels_a_finding(tmp_path):
    for name, value in (("a.png", 1), ("b.png", 1), ("c.png", 2)):
        write_image(tmp_path / name, np.full((60, 80), value, np.uint8), "png")
    box = [1.0, 1.0, 5.0, 5.0]
    assert codes(check(load(boxed(tmp_path, ("a.png", box), ("b.png", box), ("c.png", box))), tmp_path)) == ["image-twice"]
    found = check(load(boxed(tmp_path, ("a.png", box), ("b.png", [2.0, 1.0, 5.0, 5.0]), ("c.png", box))), tmp_path)
    assert codes(found) == ["image-twice-labelled"]
    assert (found[0].file_name, found[0].message) == ("b.png", "the very bytes of image 1, file 'a.png', with other annotations")


def test_links_out_of_the_folder_are_not_followed_and_links_within_are(tmp_path):
    (tmp_path / "in/sub").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    for place in ("in/sub/a.png", "out/b.png", "out/c.png"):
        write_image(tmp_path / place, np.zeros((60, 80), np.uint8), "png")
    (tmp_path / "in/away").symlink_to(tmp_path / "out")
    (tmp_path / "in/b.png").symlink_to(tmp_path / "out/b.png")
    (tmp_path / "in/again").symlink_to(tmp_path / "in/sub")
    (tmp_path / "in/d.png").symlink_to(tmp_path / "in/sub/a.png")
    names = ["sub/a.png", "b.png", "away/c.png", "again/a.png", "d.png", "sub", "sub/../sub/a.png"]
    found = check(load(boxed(tmp_path, *((name, [1, 1, 5, 5]) for name in names))), tmp_path / "in")
    assert [(problem.code, problem.file_name) for problem in found] == [
        ("image-outside", "sub/../sub/a.png"),  # as the record alone tells
        ("annotations-left-out", None),
        ("image-outside", "b.png"),
        ("image-outside", "away/c.png"),
        ("image-not-a-file", "sub"),
    ]


# --- the same object twice -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ["annotation-twice"]),
        ({"segmentation": [], "keypoints": ...}, []),  # the one has a shape, the other none
        ({"category_id": 4}, []),
        ({"iscrowd": 1}, []),
        ({"bbox": [10, 10, 20, 30.5]}, []),
        ({"keypoints": [13, 12, 2, 0, 0, 0, 80, 60, 1]}, []),
        ({"segmentation": [[10, 10, 30, 10, 30, 40, 10, 39]]}, []),
    ],
)
def test_one_object_under_two_ids_is_a_finding_and_a_near_one_is_none(tmp_path, change, expected):
    document = copy.deepcopy(SOUND)
    document["categories"].append({**document["categories"][0], "id": 4})
    second = {**copy.deepcopy(document["annotations"][0]), "id": 2, **change}
    document["annotations"].append({key: value for key, value in second.items() if value is not ...})
    (tmp_path / "x.json").write_text(json.dumps(document))
    found = check(load(tmp_path / "x.json"))
    assert codes(found) == expected
    assert all((one.annotation_id, one.message) == (2, "annotation 1 has the same category and the same shape") for one in found)


def test_captions_may_say_the_same(tmp_path):
    rows = [{"id": k, "image_id": 1, "caption": "a screw"} for k in (1, 2)]
    (tmp_path / "x.json").write_text(json.dumps({"images": SOUND["images"], "annotations": rows}))
    assert check(load(tmp_path / "x.json")) == []


# --- conventions of whole files --------------------------------------------------------------------------------------


def test_areas_of_boxes_throughout_are_one_remark_and_a_single_one_is_a_finding(tmp_path):
    document = copy.deepcopy(SOUND)
    shape = [[10, 10, 30, 10, 10, 40]]
    rows = [{"id": k, "image_id": 1, "category_id": 3, "bbox": [10, 10, 20, 30 - k], "area": 20 * (30 - k), "segmentation": shape} for k in (0, 1, 2)]
    document["annotations"] = [{**row, "id": row["id"] + 1} for row in rows]
    (tmp_path / "x.json").write_text(json.dumps(document))
    (problem,) = check(load(tmp_path / "x.json"))
    assert (problem.code, problem.message[:38]) == ("area-is-box", "the areas of 3 annotations are those o")
    document["annotations"][1]["area"] = document["annotations"][2]["area"] = 300
    (tmp_path / "x.json").write_text(json.dumps(document))
    assert codes(check(load(tmp_path / "x.json"))) == ["area-not-shape"]


# --- several files, and panoptic ones --------------------------------------------------------------------------------


def test_files_of_one_set_have_to_agree_on_pictures_and_boxes(tmp_path):
    instances = boxed(tmp_path, ("a.png", [1, 1, 5, 5]), ("b.png", [2, 2, 5, 5]), name="i.json", categories=[{"id": 3, "name": "screw"}])
    document = json.loads(instances.read_text()) | {"categories": SOUND["categories"]}
    document["annotations"][0] |= {"bbox": [1, 1.2, 5, 5], "keypoints": [2, 2, 2] * 3}
    (tmp_path / "k.json").write_text(json.dumps(document))
    both = [instances, tmp_path / "k.json"]
    assert check_files([read(path) for path in both]) == []
    document["annotations"][0]["bbox"] = [1, 1, 6, 5]
    document["images"][1]["file_name"] = "c.png"
    document["categories"][0]["name"] = "nail"
    (tmp_path / "k.json").write_text(json.dumps(document))
    found = check_files([read(path) for path in both])
    assert codes(found) == ["image-differs", "category-differs", "annotation-differs"]
    assert found[2].message == "k.json: bbox is [1, 1, 6, 5], i.json says [1, 1, 5, 5]"


def test_what_two_files_say_alike_is_told_once_and_a_picture_is_looked_at_once(tmp_path):
    for name in ("i.json", "k.json"):
        boxed(tmp_path, ("a.png", [-5, 1, 10, 5]), name=name)
    found = check_files([read(tmp_path / name) for name in ("i.json", "k.json")], tmp_path)
    assert codes(found) == ["image-missing", "bbox-beyond-image"]


@pytest.fixture
def panoptic(tmp_path):
    """A panoptic file with two segments, and what is found after a change to its record, its pixels, or both."""

    def act(info=None, entry=None, pixels=None):
        ids = np.zeros((60, 80, 3), np.uint8)
        ids[10:20, 10:30, 0], ids[30:50, 5:10, 1] = 7, 1
        if pixels is not None:
            pixels(ids)
        infos = [
            {"id": 7, "category_id": 3, "area": 200, "bbox": [10, 10, 20, 10]},
            {"id": 256, "category_id": 3, "area": 100, "bbox": [5, 30, 5, 20]},
        ]
        infos[0] |= info or {}
        row = {"image_id": 1, "file_name": png_name("a.jpg"), "segments_info": infos, **(entry or {})}
        image = {"id": 1, "file_name": "a.jpg", "width": 80, "height": 60}
        (tmp_path / "p.json").write_text(json.dumps({"images": [image], "annotations": [row], "categories": [{"id": 3, "name": "x"}]}))
        (tmp_path / "p").mkdir(exist_ok=True)
        write_image(tmp_path / "p/a.png", ids, "png")
        return codes(check_files([read(tmp_path / "p.json")]))

    return act


def test_segments_are_held_against_the_pixels_of_their_png_file(panoptic, tmp_path, capsys):
    def gone(ids):
        ids[10:20, 10:30] = 0

    def strange(ids):
        ids[0, 0] = 9

    assert panoptic() == []
    assert panoptic({"area": 199}) == ["segment-area"]
    assert panoptic({"bbox": [10, 10, 20, 11]}) == ["segment-bbox"]
    assert panoptic({"id": 2**24}) == ["segment-id", "segment-unlisted"]
    assert panoptic({"category_id": 9}) == ["category-unknown"]
    assert panoptic(pixels=gone) == ["segment-empty"]
    assert panoptic(pixels=strange) == ["segment-unlisted"]
    assert panoptic(entry={"file_name": "b.png"}) == ["panoptic-missing"]
    assert panoptic({"area": 199}) == ["segment-area"]
    assert main(["check", str(tmp_path / "p.json")]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "segment-area: image 1, annotation 7, file 'a.png': area is 199, the pixels' is 200",
        "1 image, 2 annotations, 1 category: 1 finding (pictures not looked at; name them with --images)",
    ]


# --- the command -----------------------------------------------------------------------------------------------------


def test_remarks_do_not_change_the_exit_code_and_stand_behind_findings(tmp_path, capsys):
    place = boxed(tmp_path, ("a.png", [1, 1, 5, 5]))
    document = json.loads(place.read_text())
    document["annotations"][0]["id"] = 0
    place.write_text(json.dumps(document))
    assert main(["check", str(place)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("remark: annotation-id-zero: image 1, annotation 0")
    assert said[1].startswith("1 image, 1 annotation, 1 category: no findings, 1 remark")
    document["annotations"][0]["bbox"] = [-5, 1, 10, 5]
    place.write_text(json.dumps(document))
    assert main(["check", str(place)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [text.partition(":")[0] for text in said[:2]] == ["bbox-beyond-image", "remark"]
    assert "1 finding, 1 remark" in said[2]


def test_json_is_one_document_that_agrees_with_text_and_log(tmp_path, capsys):
    place = boxed(tmp_path, ("a\x1b[31m.png", [-5, 1, 10, 5]), ("b.png", [1, 1, 5, 5]))
    document = json.loads(place.read_text())
    document["annotations"][1]["id"] = 0
    place.write_text(json.dumps(document))
    assert main(["check", str(place), "--json", "--log-json"]) == 1
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert "\x1b" not in said.out
    assert told["exit_code"] == 1
    assert told["counts"] == {"images": 2, "annotations": 2, "categories": 1}
    assert (told["problems"], told["remarks"]) == ({"bbox-beyond-image": 1}, {"annotation-id-zero": 1})
    assert [(one["severity"], one["code"], one["annotation_id"]) for one in told["findings"]] == [
        ("problem", "bbox-beyond-image", 1),
        ("remark", "annotation-id-zero", 0),
    ]
    events = [json.loads(text) for text in said.err.splitlines()]
    end = events[-1]
    assert all(end[key] == told[key] for key in ("exit_code", "counts", "problems", "remarks"))
    told_of = [(one["event"], one["code"]) for one in events if "code" in one]
    assert told_of == [("problem", "bbox-beyond-image"), ("remark", "annotation-id-zero")]


def test_several_files_go_through_one_command_with_a_report(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    paths = [str(boxed(tmp_path, ("a.png", [-5, 1, 10, 5]), name=name)) for name in ("i.json", "k.json")]
    report = tmp_path / "r.html"
    assert main(["check", *paths, "--images", str(tmp_path / "in"), "--report", str(report), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["problems"] == {"bbox-beyond-image": 1, "image-missing": 1}
    assert "bbox-beyond-image" in report.read_text(encoding="utf-8")


# --- the page of all codes -------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[1] / "docs/checking.md"
OF_RUNS = {
    "image-memory",
    "image-skipped",
    "image-failed",
    "require-unmet",
    "worker-killed",
    "annotation-degenerate",
    "annotation-refused",
}  # never found by check


def test_the_page_of_findings_names_every_code_once_and_tells_which_are_remarks():
    rows = [[cell.strip() for cell in text.strip("|").split("|")] for text in PAGE.read_text(encoding="utf-8").splitlines() if text.startswith("| `")]
    listed = {cells[0].strip("`"): cells for cells in rows if len(cells) == 4}
    assert sorted(listed) == sorted(set(MEANINGS) - OF_RUNS)
    assert len(listed) == sum(len(cells) == 4 for cells in rows)
    assert {code for code, cells in listed.items() if cells[1] == "remark"} == REMARKS
    assert {cells[1] for cells in listed.values()} == {"finding", "remark"}
    assert all(len(cells[2]) > 20 and len(cells[3]) >= len("nothing") for cells in listed.values())
    assert {MEANINGS[code][0] for code in REMARKS} == {ODD}
    assert {LOST, WRONG} <= {weight for weight, _ in MEANINGS.values()}


# --- real data sets ---------------------------------------------------------------------------------------------------

# What is wrong with the real sets, each looked at by hand; sound ones have nothing here.
KNOWN = {
    "coco-mini/instances_train2017": {},
    "coco-mini/instances_val2017": {},
    "coco-mini/person_keypoints_train2017": {},
    "coco-mini/person_keypoints_val2017": {},
    "coco-mini/captions_train2017": {},
    "coco-mini/captions_val2017": {},
    "coco-panoptic/detection_format_rle": {},
    "coco-panoptic/panoptic": {},
    "hieratic-dense/train/annotations": {"bbox-not-shape": 93},  # by up to 400 px
    "hieratic-dense/val/annotations": {"bbox-not-shape": 26},
    "hieratic-dense/test/annotations": {"bbox-not-shape": 26, "polygon-area-zero": 2},  # shapes cut to a line at the edge
    "json-only/taco_annotations": {"annotation-id-repeated": 2, "bbox-beyond-image": 6, "shape-beyond-image": 6},  # corners at -1
    "json-only/lvis_val_100": {"bbox-not-shape": 13},  # boxes of other objects: IoU 0 to 0.18
    "json-only/cvat_masks_all_iscrowd": {},
    "keypoint-zoo/aic/annotations": {},
    "keypoint-zoo/animalkingdom/annotations": {"category-unknown": 2},
    "keypoint-zoo/animalpose/annotations": {},
    "keypoint-zoo/ap10k/annotations": {},
    "keypoint-zoo/coco/annotations": {},
    "keypoint-zoo/coco_wholebody/annotations": {},
    "keypoint-zoo/crowdpose/annotations": {},
    "keypoint-zoo/deepfashion2/annotations": {"bbox-not-shape": 2},  # 16 px of room around the shape
    "keypoint-zoo/fly/annotations": {},
    "keypoint-zoo/horse10/annotations": {},
    "keypoint-zoo/jhmdb/annotations": {},
    "keypoint-zoo/macaque/annotations": {},
    "keypoint-zoo/ochuman/annotations": {"bbox-not-shape": 3},  # by 9, 15 and 84 px
    "keypoint-zoo/onehand10k/annotations": {},
    "keypoint-zoo/posetrack18/annotations": {"bbox-beyond-image": 2, "keypoint-beyond-image": 1},  # a head 25 px above the picture
    "keypoint-zoo/wflw/annotations": {"category-keypoints-missing": 1},
    "publaynet-pages/annotations": {},
    "screws-exif/annotations": {},
    "spacenet-16bit/annotations": {},
}
REMARKED = {
    "coco-mini/instances_train2017": {"crowd-area": 7, "image-extra": 1},  # pictures of both splits lie in one folder
    "coco-mini/instances_val2017": {"crowd-area": 4, "image-extra": 1},
    "coco-mini/person_keypoints_train2017": {"crowd-area": 4, "image-extra": 1},
    "coco-mini/person_keypoints_val2017": {"crowd-area": 1, "image-extra": 1},
    "coco-mini/captions_train2017": {"image-extra": 1},
    "coco-mini/captions_val2017": {"image-extra": 1},
    "coco-panoptic/detection_format_rle": {"annotation-id-zero": 1},
    "hieratic-dense/train/annotations": {"area-is-box": 1},
    "hieratic-dense/val/annotations": {"area-is-box": 1},
    "hieratic-dense/test/annotations": {"area-is-box": 1},
    "keypoint-zoo/crowdpose/annotations": {"keypoints-counted-otherwise": 4},  # head and neck are not counted
    "keypoint-zoo/deepfashion2/annotations": {"area-is-box": 1},
    "keypoint-zoo/ochuman/annotations": {"area-is-box": 1},
}


@needs_real
@pytest.mark.parametrize("name", KNOWN)
def test_real_sets_show_their_known_faults_and_no_others(name):
    path = REAL / f"{name}.json"
    folder = path.parent / "images"
    verdict = Verdict.of(check_files([read(path)], folder if folder.is_dir() else None))
    assert verdict.counts() == {"problems": KNOWN[name], "remarks": REMARKED.get(name, {})}


@needs_real
def test_all_files_of_a_real_set_agree():
    for split in ("train2017", "val2017"):
        every = [read(REAL / f"coco-mini/{kind}_{split}.json") for kind in ("instances", "person_keypoints", "captions")]
        assert Verdict.of(check_files(every, REAL / "coco-mini/images")).findings == []
    both = [read(REAL / f"coco-panoptic/{name}.json") for name in ("panoptic", "detection_format_rle")]
    assert Verdict.of(check_files(both, REAL / "coco-panoptic/images")).findings == []
