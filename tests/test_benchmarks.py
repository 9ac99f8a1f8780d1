"""Every workload runs for every column that can be imported; times are not looked at."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import floor, measure, offline, reading, tones
from benchmarks.workloads import COLUMNS, NAMES, WORKLOADS, detection, outlined, picture, segmented

SHAPES = {
    "W1": (480, 640, 3), "W2": (512, 512, 3), "W3": (512, 512, 3), "W3m": (512, 512, 3),
    "W4-7": (512, 512, 3), "W4-60": (512, 512, 3), "W4p-7": (512, 512, 3), "W4p-60": (512, 512, 3),
    "W5": (480, 640, 3), "W6": (3, 480, 640), "W7": (3, 640, 640), "W8": (32, 32, 3), "W8x": (32, 32, 3),
}  # fmt: skip
STILL = ("W7", "W8")  # nothing is drawn


@pytest.fixture(scope="module")
def missing() -> dict[str, str]:
    """Why a library cannot be measured, by its name; nothing for those that can."""
    return {name: f"{name} cannot be imported" for name in ("geoaug", "albumentations") if not command.importable(name)}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_runs_and_returns_the_right_shapes(name: str, column: str, missing: dict[str, str]) -> None:
    if column in missing:
        pytest.skip(missing[column])
    call = command.built(name, column)
    if call is None:
        pytest.skip(f"{column} lacks what {name} needs")
    results = [call() for _ in range(6)]
    for result in results:
        assert result["image"].shape == SHAPES[name]
        assert result["image"].dtype == (np.float32 if name in ("W6", "W7") else np.uint8)
        assert result["image"].flags.c_contiguous
        assert result["image"].std() > (0.2 if name in ("W6", "W7") else 5)
    if "bboxes" in WORKLOADS[name].data():
        assert all(len(result["bboxes"]) == len(result["labels"]) for result in results)
        boxes = np.concatenate([np.reshape(np.asarray(result["bboxes"], np.float64), (-1, 4)) for result in results])
        assert len(boxes) > 0  # a small crop may leave none on one call, not on all
        assert (boxes[:, 2:] > boxes[:, :2]).all()
        assert (boxes >= 0).all()
        assert (boxes <= max(SHAPES[name])).all()
    first, second = results[:2]
    if name == "W3m":
        assert first["mask"].shape == (512, 512)
        assert set(np.unique(first["mask"])) <= set(range(20))
    if name.startswith("W4"):
        for result in results:
            assert len(result["masks"]) == len(result["bboxes"])
            assert all(mask.shape == (512, 512) and mask.dtype == np.uint8 for mask in result["masks"])
        assert any(mask.any() for result in results for mask in result["masks"])
    if name not in STILL:
        assert not np.array_equal(first["image"], second["image"])  # drawn anew, in memory of its own


@pytest.mark.parametrize("work", [floor.flip_affine_tone, floor.affine_crop_flip_jitter])
def test_the_floor_moves_boxes_with_their_pixels(work: Any) -> None:
    image = np.full((480, 640, 3), 40, np.uint8)
    image[200:260, 300:380] = 220
    data = {"image": image, "bboxes": np.array([[300.0, 200.0, 380.0, 260.0]]), "labels": ["a"]}
    random = Random(3)
    compared = 0
    for _ in range(20):
        result = work(data, random)
        grey = result["image"].mean(axis=2)
        rows, columns = np.nonzero(grey > (grey.max() + np.median(grey)) / 2)
        if len(result["bboxes"]) and grey.max() > np.median(grey) + 60:
            seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
            if (seen[:2] == 0).any() or (seen[2:] == grey.shape[::-1]).any():
                continue  # a corner outside still widens the box, as it does for a library that has only the box
            assert np.abs(result["bboxes"][0] - seen).max() < 3.5
            compared += 1
    assert compared > 5


def test_the_floor_moves_masks_with_their_pixels() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[200:260, 300:380] = 255
    result = floor.chain_of_five({"image": image, "mask": (image[..., 0] > 0).astype(np.uint8)}, Random(3))
    assert result["mask"].any()
    assert np.mean((result["image"][..., 0] > 127) != result["mask"]) < 0.001


def middle(mask: np.ndarray) -> np.ndarray:
    """The centre of mass, x and y in continuous pixels."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def test_the_floor_moves_instance_masks_as_it_moves_their_polygons() -> None:
    masks, polygons = segmented(60), outlined(60)
    for seed in range(10):
        moved = floor.affine_crop_flip_jitter(masks, Random(seed))
        drawn = floor.affine_crop_flip_jitter(polygons, Random(seed))
        assert moved["labels"] == drawn["labels"]
        assert len(moved["masks"]) == len(drawn["masks"])
        for box, one, other in zip(moved["bboxes"], moved["masks"], drawn["masks"], strict=True):
            left, top, right, bottom = box
            if min(left, top) > 0 and max(right, bottom) < 512:
                assert np.abs(middle(one) - middle(other)).max() < 1
                assert np.abs(middle(one) - ((left + right) / 2, (top + bottom) / 2)).max() < 0.3 * max(right - left, bottom - top)


def test_the_floor_s_polygons_are_its_masks_where_nothing_moves() -> None:
    same = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    data = segmented(7)
    polygons = outlined(7)["polygons"]
    for given, moved, drawn in zip(
        data["masks"], floor.move_masks(data["masks"], same, 640, 480), floor.fill_polygons(polygons, same, 640, 480), strict=True
    ):
        assert np.array_equal(given, moved)
        assert np.array_equal(given, drawn)


def test_the_floor_moves_points_with_their_pixels_and_exchanges_left_and_right() -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[238:243, 318:323] = 255  # about pixel (320, 240)
    points = np.full((34, 2), (100.0, 100.0))
    points[17 + 5] = 320, 240  # the second person's left shoulder
    result = floor.flip_affine_points({"image": image, "keypoints": points, "names": list(NAMES) * 2}, Random(3))
    assert NAMES[6] == "right shoulder"
    assert np.abs(result["keypoints"][17 + 6] + 0.5 - middle(result["image"][..., 0] > 127)).max() < 0.5


def test_the_floor_s_letterbox_is_what_normalising_gives() -> None:
    image = picture(768, 1024)
    framed = np.full((640, 640, 3), 114, np.uint8)
    framed[80:560] = cv2.resize(image, (640, 480))
    expected = (framed / 255 - np.array(floor.MEAN)) / np.array(floor.DEVIATION)
    assert np.abs(floor.letterbox({"image": image}, Random(0))["image"] - expected.transpose(2, 0, 1)).max() < 1e-5


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of pycocotools
@pytest.mark.parametrize("column", COLUMNS)
def test_the_offline_job_writes_a_picture_and_its_labels(column: str, missing: dict[str, str], tmp_path: Path) -> None:
    if column in missing:
        pytest.skip(missing[column])
    if column == "albumentations":
        pytest.importorskip("pycocotools")
    call = offline.MAKERS[column](tmp_path / column)
    for _ in range(3):
        call()
    made = [path for path in (tmp_path / column).rglob("*.jpg") if path.name != "a.jpg"]
    assert len(made) == 3
    assert all(cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED).shape == (480, 640, 3) for path in made)
    lines = [line for path in (tmp_path / column).rglob("*.jsonl") for line in path.read_text().splitlines() if line]
    assert len(lines) == 3
    assert all("segmentation" in line or column == "floor" for line in lines)


def test_data_are_the_same_in_every_run() -> None:
    first, second = detection(7), detection(7)
    assert np.array_equal(first["image"], second["image"])
    assert np.array_equal(first["bboxes"], second["bboxes"])


def test_ratios_are_taken_inside_a_round() -> None:
    times = measure.Times({"geoaug": [1.0, 20.0, 3.0], "floor": [1.0, 10.0, 1.0]})
    assert times.ratio("geoaug", "floor") == 2.0
    assert times.median("geoaug") == 3.0
    assert times.ratio("geoaug", "albumentations") is None


def test_the_command_prints_a_table_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "SLICE", 0.001)
    assert command.main(["W8", "--rounds", "1", "--peers", "", "--json", str(tmp_path / "numbers.json")]) == 0
    assert "W8 flip, 32x32, 1 box" in capsys.readouterr().out
    (line,) = json.loads((tmp_path / "numbers.json").read_text())["rows"]
    assert line["floor µs"] > 0
    assert line["albumentations µs"] is None


def test_a_goal_is_a_most_or_a_least() -> None:
    assert command.met("geoaug/floor", 1.3, 1.4)
    assert not command.met("albumentations/geoaug", 1.3, 1.4)
    assert command.met("geoaug µs", None, 15) is None
    times = measure.Times({"geoaug": [10.0], "floor": [5.0], "albumentations": [30.0]})
    assert command.text(command.row("W1", times))[6] == "geoaug/floor ≤ 1.4 missed; albumentations/geoaug ≥ 2 met"


@pytest.mark.parametrize("wrong", [["W77"], ["W1", "--rounds", "0"], ["--peers", "nobody"]])
def test_a_wrong_argument_is_refused_before_any_work(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(wrong)
    assert stopped.value.code == 2
    assert wrong[-1] in capsys.readouterr().err


def test_the_table_of_tones_prints_a_line_an_op_and_writes_json(
    missing: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing:
        pytest.skip(next(iter(missing.values())))
    monkeypatch.setattr(measure, "SLICE", 1e-5)
    file = tmp_path / "numbers.json"
    assert tones.main(["Posterize", "ToRGB", "FromFloat", "--rounds", "1", "--size", "32", "--json", str(file)]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split()[0].split("(")[0] for line in out[2:-1]] == ["Posterize", "Posterize", "ToRGB", "FromFloat"]
    assert [line["op"] for line in json.loads(file.read_text())["rows"]] == [
        "Posterize",
        "Posterize(num_bits=[(3, 5), (3, 5), (3, 5)])",
        "ToRGB",
        "FromFloat",
    ]
    with pytest.raises(SystemExit):
        tones.main(["Blurr"])


def test_ops_are_measured_on_what_both_libraries_make_alike(missing: dict[str, str]) -> None:
    if missing:
        pytest.skip(next(iter(missing.values())))
    for name, variants in tones.OPS.items():
        for arguments in variants:
            results = [call()["image"] for call in tones.calls(name, arguments, 32).values()]
            assert results[0].shape == results[1].shape, name
            assert results[0].dtype == results[1].dtype, name


def test_the_table_of_readers_prints_a_line_a_reader(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"id": k, "image_id": 4, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": [[1, 2, 3, 4, 5, 6]]} for k in range(3)]
    file = tmp_path / "like.json"
    images = [{"id": 4, "file_name": "a.jpg", "width": 9, "height": 9}]
    file.write_text(json.dumps({"images": images, "annotations": rows, "categories": [{"id": 1, "name": "x"}]}))
    document = reading.repeated(json.loads(file.read_text()), 7)
    assert [row["id"] for row in document["annotations"]] == [1, 2, 3, 4, 5, 6, 7]
    assert [row["image_id"] for row in document["annotations"]] == [4, 4, 4, 9, 9, 9, 14]
    assert [image["id"] for image in document["images"]] == [4, 9, 14]
    assert reading.main(["--like", str(file), "--annotations", "7", "--rounds", "1"]) == 0
    assert [line[:6] for line in capsys.readouterr().out.splitlines()[2:]] == ["geoaug", "geoaug", "pycoco", "json  "]
    with pytest.raises(SystemExit):
        reading.main(["--like", str(tmp_path / "absent.json")])


def test_data_sets_that_are_measured_give_the_same_kind_of_sample(missing: dict[str, str], tmp_path: Path) -> None:
    if missing:
        pytest.skip(next(iter(missing.values())))
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    from benchmarks import loading

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pycocotools' own
        datasets = loading.columns(tmp_path, tone=True)
        (ours, target), (theirs, other) = datasets["geoaug"][0], datasets["hand-written"][0]
    assert ours.shape == theirs.shape == datasets["tensor floor"][0].shape == (3, 480, 640)
    assert ours.dtype == theirs.dtype == datasets["tensor floor"][0].dtype == torch.float32
    assert target.keys() == other.keys()
    for one in (target, other):
        assert 3 <= len(one["labels"]) <= 7
        assert one["masks"].shape == (len(one["labels"]), 480, 640)
    assert datasets["bytes floor"][0].dtype == torch.uint8
