"""Every workload runs for every column that can be imported; times are not looked at."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import floor, measure
from benchmarks.workloads import COLUMNS, WORKLOADS, detection

SHAPES = {
    "W1": (480, 640, 3), "W2": (512, 512, 3), "W3": (512, 512, 3), "W3m": (512, 512, 3), "W8": (32, 32, 3), "W8x": (32, 32, 3),
}  # fmt: skip


@pytest.fixture(scope="module")
def missing() -> dict[str, str]:
    """Why a library cannot be measured, by its name; nothing for those that can."""
    return {name: f"{name} cannot be imported" for name in ("geoaug", "albumentations") if not command.importable(name)}


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_runs_and_returns_the_right_shapes(name: str, column: str, missing: dict[str, str]) -> None:
    if column in missing:
        pytest.skip(missing[column])
    call = WORKLOADS[name].builders()[column]()
    results = [call() for _ in range(6)]
    for result in results:
        assert result["image"].shape == SHAPES[name]
        assert result["image"].dtype == np.uint8
        assert result["image"].std() > 5
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
    if name != "W8":
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


@pytest.mark.parametrize("wrong", [["W77"], ["W1", "--rounds", "0"], ["--peers", "nobody"]])
def test_a_wrong_argument_is_refused_before_any_work(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(wrong)
    assert stopped.value.code == 2
    assert wrong[-1] in capsys.readouterr().err
