"""Fields beside COCO's own three: groups of points, further boxes, what marks pixels in other dialects."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pytest

import geoaug as A
from geoaug.steps.erase import Erase
from geoaug.targets.places import FEET, IBUG_68, KNOWN, known_in

ZOO = Path(__file__).parents[2] / "shared" / "data" / "real" / "keypoint-zoo"
SIZE = (120, 160)
PICTURE = np.zeros((*SIZE, 3), np.uint8)
GROUPS = {"face_kpts": 68, "lefthand_kpts": 21, "righthand_kpts": 21, "foot_kpts": 6}
MIRRORS = {
    "mirror": [A.HorizontalFlip(p=1)],
    "twice": [A.HorizontalFlip(p=1), A.VerticalFlip(p=1)],
    "transposed": [A.Transpose(p=1), A.Affine(scale=1.5, keep_ratio=True, p=1)],
    "chain": [A.HorizontalFlip(p=1), A.Affine(rotate=(20, 20), scale=1.2, p=1), A.RandomRotate90(p=1)],
    "perspective": [A.Perspective(scale=(0.05, 0.1), p=1), A.HorizontalFlip(p=1)],
    "bend": [A.HorizontalFlip(p=1), A.ElasticTransform(alpha=30, sigma=8, p=1)],
}


def whole(places, **more):
    """An annotation whose groups lie at (N, 2) places, one after the other."""
    row, start = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [2, 2, 150, 110]}, 0
    for name, count in GROUPS.items():
        row[name] = np.column_stack([places[start : start + count], np.full(count, 0.5)]).reshape(-1).tolist()
        row[name.replace("kpts", "valid")] = True
        start += count
    return {**row, "face_box": [40.0, 30.0, 20.0, 25.0], "lefthand_box": [10.0, 60.0, 12.0, 14.0], "righthand_box": [120.0, 60.0, 15.0, 16.0], **more}


def scattered(count=116):
    """Places at least 8 px from each other and from the border."""
    grid = np.stack(np.meshgrid(np.arange(9, 152, 11), np.arange(9, 112, 11)), axis=2).reshape(-1, 2)
    return np.random.default_rng(0).permutation(grid)[:count].astype(float)


def partners():
    """For each of all groups' points, the one whose place it takes in a mirror."""
    offsets = dict(zip(GROUPS, np.cumsum([0, *GROUPS.values()])[:-1].tolist(), strict=True))
    order = list(range(sum(GROUPS.values())))
    for name, pairs in (("face_kpts", IBUG_68), ("foot_kpts", FEET)):
        for one, other in pairs:
            order[offsets[name] + one], order[offsets[name] + other] = offsets[name] + other, offsets[name] + one
    hands = [offsets["lefthand_kpts"] + np.arange(21), offsets["righthand_kpts"] + np.arange(21)]
    for one, other in zip(*hands, strict=True):
        order[one], order[other] = int(other), int(one)
    return order


@pytest.mark.parametrize("chain", list(MIRRORS))
def test_a_disc_painted_at_each_point_is_found_at_the_point(chain):
    places = scattered()
    picture = np.zeros((*SIZE, 1), np.float32)
    marks = np.zeros(SIZE, np.uint8)
    for number, (x, y) in enumerate(places.astype(int), 1):
        marks[y - 2 : y + 3, x - 2 : x + 3] = number
    mirrored = chain != "twice"
    out = A.Compose(MIRRORS[chain], seed=3)(image=picture, mask=marks, annotations=[whole(places)])
    row, order, number, seen = out["annotations"][0], partners(), 0, 0
    for name, count in GROUPS.items():
        for x, y, v in np.reshape(row[name], (count, 3)):
            number += 1
            painted = (order[number - 1] if mirrored else number - 1) + 1
            found = np.argwhere(out["mask"] == painted)
            if v == 0:
                assert len(found) < 25
                continue
            assert v == 0.5
            height, width = out["mask"].shape
            assert out["mask"][min(max(round(y), 0), height - 1), min(max(round(x), 0), width - 1)] == painted
            if min(x, y, width - x, height - y) > 6:
                assert np.abs(found.mean(axis=0) - (y, x)).max() < 1.0
            seen += 1
    assert seen > 60


def test_left_and_right_hands_trade_points_boxes_and_validity_in_a_mirror():
    row = whole(scattered(), lefthand_valid=False, lefthand_kpts=[0.0] * 63, lefthand_box=[0.0] * 4)
    out = A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, annotations=[row])["annotations"][0]
    assert list(out) == list(row)
    assert (out["lefthand_valid"], out["righthand_valid"]) == (True, False)
    assert out["righthand_kpts"] == [0.0] * 63
    assert out["righthand_box"] == [0.0] * 4
    assert out["lefthand_box"] == [25.0, 60.0, 15.0, 16.0]
    assert out["lefthand_kpts"][0::3] == [159 - x for x in row["righthand_kpts"][0::3]]
    again = A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, annotations=[out])["annotations"][0]
    assert again == row


def test_a_lone_hand_becomes_the_other_one():
    out = A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, annotations=[{"id": 1, "lefthand_box": [10, 20, 30, 40]}])["annotations"][0]
    assert out == {"id": 1, "righthand_box": [120, 20, 30, 40]}


def test_pairs_of_the_face_are_mirror_images_of_each_other_and_each_point_has_at_most_one():
    numbers = [point for pair in IBUG_68 for point in pair]
    assert len(set(numbers)) == len(numbers) == 58
    assert set(range(68)) - set(numbers) == {8, 27, 28, 29, 30, 33, 51, 57, 62, 66}  # the middle line


def test_what_left_is_unlabelled_its_box_is_none_and_it_is_not_valid():
    row = whole(scattered(), lefthand_kpts=[10.0, 60.0, 1] * 21, foot_kpts=[100, 100, 2] * 6)
    out = A.Compose([A.Crop(30, 0, 160, 120, p=1)])(image=PICTURE, annotations=[row])["annotations"][0]
    assert out["lefthand_kpts"] == [0] * 63
    assert out["lefthand_box"] == [0.0] * 4
    assert (out["lefthand_valid"], out["righthand_valid"], out["foot_valid"]) == (False, True, True)
    assert out["foot_kpts"] == [70, 100, 2] * 6
    assert all(type(v) is int for v in out["foot_kpts"])
    assert out["face_box"] == [10.0, 30.0, 20.0, 25.0]
    cut = A.Compose([A.Crop(50, 0, 160, 120, p=1)])(image=PICTURE, annotations=[row])["annotations"][0]
    assert cut["face_box"] == [0.0, 30.0, 10.0, 25.0]


class Covering(A.Transform):
    """Covers one rectangle."""

    def draw(self, scene, rng):
        return Erase(scene.size, ((0, 50, 60, 80),), 0, None)


def test_covered_points_of_a_group_follow_the_rule_of_keypoints():
    row = whole(scattered(), foot_kpts=[10, 60, 2, 10, 61, 1, 100, 60, 2, 0, 0, 0, 5, 70, 2, 90, 60, 2])
    out = A.Compose([Covering(p=1)])(image=PICTURE, annotations=[row])["annotations"][0]
    assert out["foot_kpts"] == [10, 60, 1, 10, 61, 1, 100, 60, 2, 0, 0, 0, 5, 70, 1, 90, 60, 2]


def test_nothing_that_is_known_changes_where_nothing_moves_and_inputs_are_left_alone():
    row = whole(scattered(), center=[50, 60.5], scale=0.4, dp_masks=["x"], bbox_head=[-3, 5, 10, 10])
    before = copy.deepcopy(row)
    assert A.Compose([A.RandomBrightnessContrast(p=1)])(image=PICTURE, annotations=[row])["annotations"] == [before]
    A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, annotations=[row])
    assert row == before


def test_a_centre_and_its_scale_follow_the_box_that_they_stand_for():
    box, rows = [40.0, 30.0, 20.0, 50.0], []
    rows.append({"bbox": box, "center": [50.0, 55.0], "scale": [20 / 200, 50 / 200]})
    rows.append({"bbox": box, "center": [50.0, 55.0], "scale": 0.25})
    quarter = A.Compose([A.Transpose(p=1), A.Affine(scale=0.5, p=1)])(image=PICTURE, annotations=rows)["annotations"]
    x, y, w, h = quarter[0]["bbox"]
    assert quarter[0]["center"] == pytest.approx([x + w / 2, y + h / 2])
    assert quarter[0]["scale"] == pytest.approx([w / 200, h / 200])
    assert quarter[1]["scale"] == pytest.approx(0.125)
    turned = A.Compose([A.Affine(rotate=45, p=1)])(image=PICTURE, annotations=rows)["annotations"]
    assert turned[1]["scale"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    "strange",
    [{"scale": 2.5}, {"center": [0.5, 0.25], "scale": 1.0}, {"center": "left"}, {"face_kpts": [1, 2, 3]}, {"face_box": [1, 2, 3]},
     {"face_box": None}, {"face_valid": "yes"}, {"ignore_regions_x": [[1, 2, 3]]}, {"my_points": [1.0, 2.0, 3.0, 4.0]}],
)  # fmt: skip
def test_a_known_name_with_another_form_is_a_field_that_nobody_knows(strange):
    row = {"id": 1, "bbox": [10, 10, 20, 20], **strange}
    assert known_in(row) == {}
    out = A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, annotations=[row])["annotations"][0]
    assert {key: out[key] for key in strange} == strange


def test_regions_to_ignore_move_as_outlines_and_charts_are_dropped():
    record = {"ignore_regions_x": [[10, 30, 30, 10], [0, 5, 5]], "ignore_regions_y": [[20, 20, 40, 40], [0, 0, 5]], "mask_file": "m.png", "dp_I": [1]}
    out = A.Compose([A.Crop(20, 0, 160, 120, p=1), A.HorizontalFlip(p=1)])(image=PICTURE, annotations=[record])["annotations"][0]
    assert set(out) == {"ignore_regions_x", "ignore_regions_y"}
    assert len(out["ignore_regions_x"]) == 1
    assert (min(out["ignore_regions_x"][0]), max(out["ignore_regions_x"][0])) == (130, 140)
    assert (min(out["ignore_regions_y"][0]), max(out["ignore_regions_y"][0])) == (20, 40)


@pytest.mark.skipif(not ZOO.exists(), reason="needs ../shared/data/real/keypoint-zoo")
@pytest.mark.parametrize("name", sorted(path.name for path in ZOO.iterdir() if path.is_dir()) if ZOO.exists() else [])
def test_two_mirrors_bring_all_known_fields_of_real_sets_back(name):
    data = json.loads((ZOO / name / "annotations.json").read_text(encoding="utf-8"))
    for image in data["images"]:
        rows = [row for row in data["annotations"] if row["image_id"] == image["id"]]
        picture = np.zeros((image["height"], image["width"], 3), np.uint8)
        flip = A.Compose([A.HorizontalFlip(p=1)], flip_pairs=[])
        once = flip(image=picture, annotations=[*rows, image])["annotations"]
        for row, moved, back in zip([*rows, image], once, flip(image=picture, annotations=once)["annotations"], strict=True):
            known = [key for key in known_in(row) if key != "mask_file"]
            for key in known:
                if "valid" not in key and any(np.ravel(np.asarray(row[key], dtype=object)) != 0) and key not in ("scale", "ignore_regions_y"):
                    assert moved.get(key) != row[key], key
            for key in known:
                if not key.startswith("ignore_"):
                    expected = np.array(row[key], float)
                    if key == "bbox_head" and expected[1] < 0:  # PoseTrack's heads may reach beyond the picture: cut
                        expected[[1, 3]] = 0, expected[3] + expected[1]
                    assert np.allclose(np.array(back[key], float), expected, atol=1e-6), key
            if "ignore_regions_x" in row:
                assert len(back["ignore_regions_x"]) >= len(row["ignore_regions_x"]) - 1
    assert name not in ("coco_wholebody", "wflw", "posetrack18", "animalkingdom") or KNOWN & {key for row in data["annotations"] for key in row}
