"""Rows of ../shared/BAD_INPUT.md (2b and 2c) that no other test holds, each by its number there."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug import files
from geoaug.cli.main import main
from geoaug.coco.dataset import load
from geoaug.coco.run import augment
from tests.conftest import FIXTURES
from tests.test_run import STILL, Source, box, noise, tree

ROOT = Path(__file__).parents[1]
ANNOTATIONS, IMAGES = str(FIXTURES / "annotations.json"), str(FIXTURES / "images")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path)


# --- records ---------------------------------------------------------------------------------------------------------

NASTY = "a\x1b[31m\n\x07\u202e<b>\t.png"


def test_n5_nothing_in_a_file_steers_a_terminal_whichever_command_reads_it(source, capsys):
    source.add("good.png")
    source.document["images"].append({"id": "\x1b[2J", "file_name": NASTY, "width": 40, "height": 30})
    source.document["categories"].append({"id": 2, "name": "\x1b[31mred", "keypoints": ["\x1b[0m", 5], "skeleton": [[1, 9]]})
    source.document["annotations"] += [{**box(7, "\x1b[2J"), "category_id": "\x1b]0;x\x07"}, {**box(8, 1), "bbox": ["\x1b[31m"] * 4}]
    source.document["\x1b[31mkey"] = [{"image_id": 1}]
    source.document["annotations"][0]["\x1b[31mfield"] = [1.0, 2.0, 3.0, 4.0]
    path = str(source.path)
    main(["check", path, "--images", str(source.images)])
    main(["augment", path, "--images", str(source.images), "--out", str(source.folder / "out")])
    main(["show", path, "--images", str(source.images), "--out", str(source.folder / "sheet.png")])
    main(["check", str(source.folder / "\x1b[31m.json")])
    said = capsys.readouterr()
    for line in (said.out + said.err).split("\n"):
        assert line.isprintable(), line
    (source.folder / "out/geoaug-report.json").read_text(encoding="ascii")


def test_n3_n4_n7_names_that_kill_other_readers_cost_their_picture_with_workers_too(source):
    source.add("a.png")
    source.add("c.png")
    names = ["\ud83d.png", "a\0b.png", "n" * 400 + ".png", "../x.png", NASTY, "\udcff\udcfe.png"]
    for number, name in enumerate(names, 10):
        source.document["images"].insert(1, {"id": number, "file_name": name, "width": 40, "height": 30})
    summary = augment(source.path, source.images, source.folder / "out", workers=2)
    assert summary.exit_code == 3
    assert summary.images == 2
    assert sorted(problem.image_id for problem in summary.problems) == list(range(10, 10 + len(names)))


@pytest.mark.parametrize("counts", ["a\0b", "é", "0" * 300, "\ud83d", "", "~" * 50, [], [-1, 1201], [2**32, 1], [True, 1199], ["1200"], None, {}, 5])
def test_r15_r16_no_string_or_list_of_runs_is_decoded_unchecked(source, counts):
    source.add("a.png")
    source.document["annotations"].append(box(7, 1, segmentation={"size": [30, 40], "counts": counts}))
    summary, document = source.augment(pipeline=STILL)
    assert [row["source_id"] for row in document["annotations"]] == [100]
    assert [(problem.code, problem.annotation_id) for problem in summary.problems] == [("rle-invalid", 7)]
    assert summary.exit_code == 3


@pytest.mark.parametrize("size", [None, [], [30], [30, 40, 1], "30x40", [30.5, 40], [-30, -40], [0, 0], [True, True], {"h": 30}, [10**400, 1]])
def test_r13_r17_a_size_of_a_mask_that_is_none_is_refused(source, size):
    source.add("a.png")
    source.document["annotations"].append(box(7, 1, segmentation={"size": size, "counts": [1200]}))
    summary, document = source.augment(pipeline=STILL)
    assert [row["source_id"] for row in document["annotations"]] == [100]
    assert [problem.annotation_id for problem in summary.problems] == [7]
    assert summary.exit_code == 3


PAIRS = {
    "a bare ring of pairs": [[1, 1], [5, 5], [9, 1]],
    "rings of pairs": [[[1, 1], [5, 5], [9, 1]]],
    "points as objects": [{"x": 1, "y": 1}, {"x": 5, "y": 5}, {"x": 9, "y": 1}],
    "text": ["1,1,5,5,9,1"],
    "a box in place of a polygon": [[1, 1, 5, 5]],
    "a polygon beside nothing": [[1, 1, 5, 5, 9, 1], []],
    "a mask in a list": [{"size": [30, 40], "counts": [1200]}],
}


@pytest.mark.parametrize("name", PAIRS)
def test_r11_shapes_of_other_formats_are_named_and_never_read_as_something_else(source, name):
    source.add("a.png")
    source.document["annotations"].append(box(7, 1, segmentation=PAIRS[name]))
    summary, document = source.augment(pipeline=STILL)
    assert [row["source_id"] for row in document["annotations"]] == [100]
    assert [problem.annotation_id for problem in summary.problems] == [7]
    assert summary.exit_code == 3
    assert main(["check", str(source.path)]) == 1


def test_r12_coordinates_that_crash_pycocotools_come_out_as_problems_in_check_too(source, capsys):
    source.add("a.png")
    for number, value in enumerate((1e9, 1e300, 5e7, -5e7), 7):
        source.document["annotations"].append(box(number, 1, segmentation=[[value, 1, 5, 5, 9, 1]]))
    text = json.dumps(source.document).replace("1e+300", "1e400")
    (source.folder / "big.json").write_text(text)
    assert main(["check", str(source.folder / "big.json"), "--images", str(source.images)]) == 1
    out = capsys.readouterr().out
    assert [out.count(f"annotation {number}") for number in range(7, 11)] == [1] * 4


def test_r2_an_annotation_id_that_stands_twice_is_named_and_both_objects_come_out(source):
    source.add("a.png", boxes=0)
    source.document["annotations"] = [box(7, 1), box(7, 1, bbox=[1, 1, 4, 4])]
    summary, document = source.augment(pipeline=STILL)
    assert len({row["id"] for row in document["annotations"]}) == 2
    assert [problem.code for problem in summary.problems] == ["annotation-id-repeated"]
    assert summary.exit_code == 3


def test_r1_two_pictures_with_one_id_are_never_mixed(source):
    source.add("a.png")
    source.add("b.png", noise(20, 20))
    source.add("c.png")
    source.document["images"][1]["id"] = 1
    summary, document = source.augment()
    assert [image["source_id"] for image in document["images"]] == [3]
    assert {problem.code for problem in summary.problems} >= {"image-ambiguous"}
    assert summary.exit_code == 3


def test_j10_a_key_that_stands_twice_with_two_values_is_a_problem_of_that_record(source):
    source.add("a.png", boxes=2)
    text = json.dumps(source.document).replace('"id": 101,', '"id": 101, "bbox": [0, 0, 3, 3],')
    (source.folder / "twice.json").write_text(text)
    dataset = load(source.folder / "twice.json")
    assert [problem.code for problem in dataset.problems] == ["key-ambiguous"]
    assert [row["id"] for row in dataset.annotations] == [100]


def test_j6_no_number_that_is_none_is_ever_written(source):
    source.add("a.png", boxes=2)
    source.document["annotations"][1]["score"] = float("nan")
    source.document["info"] = {"scale": float("inf")}
    source.document["extra"] = [1, {"deep": float("-inf")}]
    summary, _ = source.augment()
    assert summary.exit_code == 3
    for place in (source.folder / "out").glob("*.json*"):
        assert not any(word in place.read_text() for word in ("NaN", "Infinity"))


@pytest.mark.parametrize("sizes", [(-1, 30), (0, 30), (10**6, 10**6), (40.5, 30), ("40", 30), (10**400, 30)])
def test_r22_a_size_that_is_none_costs_that_picture(source, sizes):
    source.add("a.png")
    source.add("b.png")
    source.document["images"][0].update(width=sizes[0], height=sizes[1])
    summary, document = source.augment()
    assert [image["source_id"] for image in document["images"]] == [2]
    assert summary.exit_code == 3


# --- pictures --------------------------------------------------------------------------------------------------------


def cmyk(path: Path) -> None:
    Image = pytest.importorskip("PIL.Image")
    soft = cv2.GaussianBlur(noise(30, 40, 4), (0, 0), 4)  # JPEG keeps no noise of colours
    Image.fromarray(soft, "CMYK").save(path, "JPEG", quality=95)


def palette(path: Path) -> None:
    Image = pytest.importorskip("PIL.Image")
    picture = Image.fromarray(noise(30, 40)[..., 0] % 4, "P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.save(path, "PNG")


def garbage(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0garbage" * 100)


@pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning")
@pytest.mark.parametrize(("name", "make"), [("a.jpg", cmyk), ("a.png", palette), ("a.jpg", garbage), ("a.png", garbage)])
@pytest.mark.parametrize("transform", [A.NoOp(), A.HorizontalFlip(p=1)])
def test_i8_i9_i10_odd_but_sound_pictures_come_out(source, name, make, transform):
    source.add(name)
    make(source.images / name)
    summary, document = source.augment(pipeline=A.Compose([transform]), copies=1)
    assert (summary.exit_code, summary.problems) == (0, [])
    out = files.read_image(source.folder / "out/images" / document["images"][0]["file_name"]).pixels
    first = files.read_image(source.images / name).pixels
    first = first[:, ::-1] if isinstance(transform, A.HorizontalFlip) else first
    assert out.shape == first.shape
    assert np.abs(out.astype(int) - first).mean() < 12


def test_i9_transparency_moves_with_the_picture(source):
    pixels = noise(30, 40, 4)
    source.add("a.png", pixels)
    _, document = source.augment(pipeline=A.Compose([A.HorizontalFlip(p=1)]))
    out = files.read_image(source.folder / "out/images" / document["images"][0]["file_name"]).pixels
    np.testing.assert_array_equal(out, pixels[:, ::-1])


def test_i12_a_picture_too_wide_for_jpeg_becomes_png_and_is_named(source):
    source.add("a.jpg", noise(4, 40))
    source.document["images"][0].update(height=4)
    source.document["annotations"][0]["bbox"] = [1, 1, 5, 2]
    summary, document = source.augment(pipeline=A.Compose([A.PadIfNeeded(4, 65501, p=1)]), image_format="jpg")
    assert summary.exit_code == 0
    assert document["images"][0]["file_name"] == "a_1.png"
    assert any("65500" in note for note in summary.notes)


def test_i6_a_small_file_that_would_unpack_to_gigabytes_is_named_by_check_and_augment(source, capsys):
    source.add("a.png")
    source.add("b.png")
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (20_000).to_bytes(4, "big") * 2 + b"\x08\2\0\0\0" + bytes(40)
    (source.images / "a.png").write_bytes(header)
    arguments = [str(source.path), "--images", str(source.images)]
    assert main(["check", *arguments]) == 1
    assert main(["augment", *arguments, "--out", str(source.folder / "out")]) == 3
    said = capsys.readouterr()
    assert "image-too-large" in said.out
    assert "image-too-large" in said.err


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_g15_of_pictures_with_broken_bytes_each_comes_out_whole_or_is_named(source, suffix):
    rng = np.random.default_rng(11)
    for number in range(30):
        source.add(f"{number}{suffix}")
        place = source.images / f"{number}{suffix}"
        data = bytearray(place.read_bytes())
        for at in rng.integers(0, len(data), 3):
            data[at] = rng.integers(0, 256)
        place.write_bytes(data)
    summary, document = source.augment(pipeline=STILL)
    assert summary.images + len(summary.problems) == 30
    for image in document["images"]:
        out = cv2.imdecode(np.fromfile(source.folder / "out/images" / image["file_name"], np.uint8), cv2.IMREAD_UNCHANGED)
        assert out is not None
        assert out.shape[:2] == (30, 40)


# --- the run ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder in which nobody may write")
def test_c9_a_folder_in_which_nobody_may_write_exits_with_4(capsys):
    assert main(["augment", ANNOTATIONS, "--images", IMAGES, "--out", "/proc/self/out"]) == 4
    said = capsys.readouterr()
    assert said.err.startswith("geoaug: ")
    assert "'/proc/self/out'" in said.err
    assert len(said.err.splitlines()) == 1


def test_c9_a_permission_that_is_missing_exits_with_4(tmp_path, capsys, monkeypatch):
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refused)
    assert main(["augment", ANNOTATIONS, "--images", IMAGES, "--out", str(tmp_path / "out")]) == 4
    assert "permission denied in" in capsys.readouterr().err


SETTINGS = {
    "C locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "LANG": ""},
    "no home": {"HOME": "", "USERPROFILE": "", "XDG_CACHE_HOME": "/nowhere"},
    "another hash seed": {"PYTHONHASHSEED": "7"},
    "another time zone": {"TZ": "Pacific/Kiritimati"},
    "one thread": {"OMP_NUM_THREADS": "1", "OPENCV_FOR_THREADS_NUM": "1"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
}


def digest(out: Path) -> str:
    return hashlib.sha256(json.dumps(sorted(tree(out).items())).encode()).hexdigest()


def spoken(out: Path, more: dict[str, str], workers: int = 1) -> str:
    arguments = ["augment", ANNOTATIONS, "--images", IMAGES, "--out", str(out), "--workers", str(workers), "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "geoaug", *arguments], cwd=ROOT, env={**os.environ, **more}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return digest(out)


def test_c14_everything_odd_at_once_makes_the_same_bytes(tmp_path):
    augment(ANNOTATIONS, IMAGES, tmp_path / "plain")
    every = {key: value for more in SETTINGS.values() for key, value in more.items()}
    assert spoken(tmp_path / "odd", every) == digest(tmp_path / "plain")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("name", SETTINGS)
def test_c14_no_setting_of_the_machine_can_be_seen_in_the_result(tmp_path, name, workers):
    augment(ANNOTATIONS, IMAGES, tmp_path / "plain")
    assert spoken(tmp_path / "odd", SETTINGS[name], workers) == digest(tmp_path / "plain")


@pytest.mark.skipif(sys.platform == "win32", reason="links")
@pytest.mark.parametrize("name", ["images", ".geoaug", "geoaug-report.json", "annotations.json"])
def test_c16_a_link_planted_in_the_folder_of_the_result_is_never_written_through(source, name):
    source.add("a.png")
    source.augment()
    out, victim = source.folder / "out", source.folder / "victim"
    if name in ("images", ".geoaug"):
        victim.mkdir()
        (victim / "mine.txt").write_text("mine")
    else:
        victim.write_text("mine")
    if (out / name).is_dir():
        (out / name).rename(source.folder / "moved")
    elif (out / name).exists():
        (out / name).unlink()
    (out / name).symlink_to(victim)
    with contextlib.suppress(A.ParameterError):
        source.augment(overwrite=True, copies=2)
    mine = victim / "mine.txt" if victim.is_dir() else victim
    assert mine.read_text() == "mine"
    assert victim.is_file() or os.listdir(victim) == ["mine.txt"]
