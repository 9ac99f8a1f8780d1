"""A result held against its source: what was left alone gives no finding, what was changed gives one."""

from __future__ import annotations

import io
import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import geoaug as A
from geoaug import files
from geoaug.cli.main import main
from geoaug.coco.check import Folder, Tars
from geoaug.coco.check.whole import read
from geoaug.coco.dataset import load
from geoaug.coco.report.words import MEANINGS
from geoaug.coco.run import augment
from geoaug.coco.shares import merge
from geoaug.coco.verify import Outcome, pixels_differ, tolerance, verify
from geoaug.targets import rle
from tests import cases
from tests.conftest import FIXTURES, REAL

IMAGES, ANNOTATIONS = FIXTURES / "images", FIXTURES / "annotations.json"
TAKEN = A.BboxParams("coco", min_visibility=0.3, min_area=50)


def verified(out: Path, **more: object) -> Outcome:
    outcome = verify(load(out / "annotations.json"), Folder(out / "images"), **more)
    assert outcome is not None
    return outcome


def codes(outcome: Outcome) -> dict[str, int]:
    return dict(Counter(problem.code for problem in outcome.problems))


# --- untouched results -----------------------------------------------------------------------------------------------

PIPELINES: dict[str, Callable[[], A.Compose | None]] = {
    "built-in": lambda: None,
    "mirror and crop": lambda: A.Compose([A.HorizontalFlip(p=1), A.RandomCrop(90, 90)], bbox_params=TAKEN),
    "nothing at all, half of the time": lambda: A.Compose([A.D4(p=1)], p=0.5),
    "perspective and light": lambda: A.Compose([A.Perspective(p=1), A.ColorJitter(p=1)], bbox_params=TAKEN),
    "bend and noise": lambda: A.Compose([A.GridDistortion(p=1), A.GaussNoise(p=1)], bbox_params=TAKEN),
    "holes and blur": lambda: A.Compose([A.CoarseDropout(fill="random", p=1), A.GaussianBlur(p=1)], bbox_params=TAKEN),
    "much smaller": lambda: A.Compose([A.LongestMaxSize(40), A.Rotate((-30, 30), p=1)]),
    "safe crop and a codec": lambda: A.Compose([A.RandomSizedBBoxSafeCrop(64, 64), A.ImageCompression(quality_range=(40, 60), p=1)]),
    "one of, unfused": lambda: A.Compose([A.OneOf([A.Affine(rotate=30, p=1), A.Transpose(p=1)], p=1), A.ToGray(p=0.5)], fuse=False),
    "shuffled tiles": lambda: A.Compose([A.RandomGridShuffle(p=1), A.Sharpen(p=1)]),
}


@pytest.mark.parametrize("name", PIPELINES)
def test_an_untouched_result_is_its_replay(tmp_path, name):
    augment(ANNOTATIONS, IMAGES, tmp_path / "out", pipeline=PIPELINES[name]())
    outcome = verified(tmp_path / "out")
    assert outcome.problems == []
    (note,) = outcome.notes
    assert note == f"{len(load(tmp_path / 'out/annotations.json').images)} copies made again from {str(ANNOTATIONS)!r}: labels and pixels"


@pytest.mark.parametrize(
    "options",
    [
        {"keep_originals": True},
        {"image_format": "jpg", "quality": 60},
        {"image_format": "png", "keep_originals": True},
        {"require": "min_visible=0.5", "tries": 50},
        {"balance": True},
    ],
    ids=str,
)
def test_the_ways_of_a_run_do_not_matter(tmp_path, options):
    augment(ANNOTATIONS, IMAGES, tmp_path / "out", **options)
    assert verified(tmp_path / "out").problems == []


def test_joined_shares_and_tar_files_are_replayed_too(tmp_path, capsys):
    for k in (1, 2):
        augment(ANNOTATIONS, IMAGES, tmp_path / f"share-{k}", tar_pictures=3, shard=f"{k}/2")
    out = tmp_path / "joined"
    merge([tmp_path / "share-1", tmp_path / "share-2"], out)
    pictures = Tars(out / "tars")
    assert verify(load(out / "annotations.json"), pictures).problems == []
    for place in (out / "tars", out):
        assert main(["check", str(out / "annotations.json"), "--images", str(place)]) == 0
        assert "labels and pixels\n" in capsys.readouterr().out
    images = load(out / "annotations.json").images
    tar = out / "tars/000000.tar"
    one, other = (pictures.data(image) for image in images[:2])
    raw = tar.read_bytes()
    tar.write_bytes(raw.replace(one[-400:-200], one[-401:-201]))
    assert main(["check", str(out / "annotations.json"), "--images", str(out / "tars")]) == 1
    assert other in raw
    tar.unlink()
    assert main(["check", str(out / "annotations.json"), "--images", str(out / "tars"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["problems"]["image-missing"] == 3


def test_a_tar_file_that_ends_early_or_is_none_is_told_by_its_pictures(tmp_path, capsys):
    augment(ANNOTATIONS, IMAGES, tmp_path / "out", tar_pictures=4)
    tar, check = tmp_path / "out/tars/000000.tar", ["check", str(tmp_path / "out/annotations.json"), "--images", str(tmp_path / "out"), "--json"]
    raw = tar.read_bytes()
    for data, code in ((raw[: len(raw) // 3], None), (b"", "image-unreadable"), (b"x" * 2000, "image-unreadable")):
        tar.write_bytes(data)
        assert main(check) == 1
        found = json.loads(capsys.readouterr().out)["problems"]
        assert set(found) <= {"image-missing", "image-truncated", "image-unreadable"}
        assert code is None or found == {code: 4}


def test_labels_alone_are_held_against_the_source_where_no_picture_was_made(tmp_path, capsys):
    augment(ANNOTATIONS, None, tmp_path / "out", labels_only=True)
    outcome = verify(load(tmp_path / "out/annotations.json"), None)
    assert outcome.problems == []
    assert outcome.notes[0].endswith("labels alone")
    assert main(["check", str(tmp_path / "out/annotations.json")]) == 0
    assert "labels alone" in capsys.readouterr().out


@pytest.mark.slow
def test_workers_do_not_matter(tmp_path):
    augment(ANNOTATIONS, IMAGES, tmp_path / "out", copies=3, workers=2)
    assert verified(tmp_path / "out").problems == []


@pytest.mark.slow
@pytest.mark.parametrize("group", ["SPATIAL", "BENDS", "TONE", "HOLES", "SPECKS", "TILES", "GROWTH"])
def test_the_result_of_every_transform_is_its_replay(tmp_path, group):
    for name, makers in getattr(cases, group).items():
        for number, make in enumerate(makers):
            transform = make()
            if name in ("Normalize", "ToCHW") or getattr(transform, "bbox_labels", None):
                continue
            pipeline = A.Compose([transform, A.Affine(rotate=(-20, 20), p=0.7)], bbox_params=TAKEN)
            out = tmp_path / f"{name}-{number}"
            augment(ANNOTATIONS, IMAGES, out, pipeline=pipeline, copies=2)
            assert verified(out).problems == [], name


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the real data sets are not beside the repository")
@pytest.mark.parametrize(
    "name",
    [
        "coco-mini/person_keypoints_val2017",
        "screws-exif/annotations",
        "spacenet-16bit/annotations",
        "hieratic-dense/test/annotations",
        "keypoint-zoo/coco_wholebody/annotations",
        "keypoint-zoo/horse10/annotations",
        "keypoint-zoo/ochuman/annotations",
        "coco-panoptic/detection_format_rle",
    ],
)
def test_results_of_real_sets_are_their_replays(tmp_path, name):
    source = REAL / f"{name}.json"
    augment(source, source.parent / "images", tmp_path / "out", keep_originals=True)
    assert verified(tmp_path / "out").problems == []


# --- changed results -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A result with polygons, masks and a pose, mirrored, as PNG and as JPEG."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "images").mkdir()
    rng = np.random.default_rng(3)
    smooth = np.add.outer(np.arange(120), np.arange(160))[..., None] % 200 + rng.integers(0, 40, 3)
    for name in ("a.png", "b.png", "c.jpg"):
        files.write_image(folder / "images" / name, (smooth + rng.integers(0, 12, (120, 160, 3))).astype(np.uint8), name[-3:])
    mask = np.zeros((120, 160), np.uint8)
    mask[30:70, 40:90] = 1
    mask[40:50, 50:60] = 0
    rows = [
        {"category_id": 1, "bbox": [20, 30, 40, 50]},
        {"category_id": 1, "bbox": [40, 30, 50, 40], "segmentation": rle.encode(mask)},
        {"category_id": 1, "bbox": [20, 20, 60, 40], "segmentation": [[20, 20, 80, 20, 60, 60]]},
        {"category_id": 2, "bbox": [30, 30, 80, 80], "keypoints": [40, 40, 2, 70, 45, 2, 0, 0, 0], "num_keypoints": 2, "name": "Ann"},
    ]
    document = {
        "images": [{"id": k, "file_name": name, "width": 160, "height": 120} for k, name in enumerate(("a.png", "b.png", "c.jpg"), 1)],
        "annotations": [
            {"id": 10 * k + number, "image_id": k, "area": 100, "iscrowd": 0, **row} for k in (1, 2, 3) for number, row in enumerate(rows)
        ],
        "categories": [{"id": 1, "name": "box"}, {"id": 2, "name": "person", "keypoints": ["left_eye", "right_eye", "nose"]}],
    }
    (folder / "source.json").write_text(json.dumps(document))
    pipeline = A.Compose([A.HorizontalFlip(p=1), A.Affine(rotate=(5, 10), p=1)])
    augment(folder / "source.json", folder / "images", folder / "out", pipeline=pipeline)
    assert verified(folder / "out").problems == []
    return folder


@pytest.fixture
def out(made, tmp_path):
    """A copy of it to change."""
    return shutil.copytree(made / "out", tmp_path / "out")


def changed(out: Path, change: Callable[[dict], None]) -> dict[str, int]:
    """What is found after a change to the annotations."""
    place = out / "annotations.json"
    document = json.loads(place.read_text())
    change(document)
    place.write_text(json.dumps(document))
    return codes(verified(out))


def row_of(document: dict, source: int) -> dict:
    return next(row for row in document["annotations"] if row["source_id"] == source)


def move_box(document):
    row_of(document, 10)["bbox"][0] += 2


def move_box_a_little(document):
    row_of(document, 10)["bbox"][2] -= 0.02


def swap_eyes(document):
    points = row_of(document, 13)["keypoints"]
    points[0:3], points[3:6] = points[3:6], points[0:3]


def move_point(document):
    row_of(document, 13)["keypoints"][0] += 0.5


def hide_point(document):
    row_of(document, 13)["keypoints"][2] = 1


def shift_mask(document):
    row = row_of(document, 21)
    row["segmentation"] = rle.encode(np.roll(rle.decode(row["segmentation"]), 1, axis=1))


def fill_mask(document):
    row = row_of(document, 21)
    pixels = rle.decode(row["segmentation"]).copy()
    pixels[pixels.argmax(axis=0).max(), pixels.argmax(axis=1).max()] = 1
    row["segmentation"] = rle.encode(np.maximum(pixels, np.roll(pixels, 1, axis=0)))


def move_corner(document):
    row_of(document, 12)["segmentation"][0][0] += 1


def other_area(document):
    row_of(document, 12)["area"] *= 1.001


def other_class(document):
    row_of(document, 10)["category_id"] = 2


def other_name(document):
    row_of(document, 13)["name"] = "Bob"


def without(document):
    document["annotations"].remove(row_of(document, 10))


def with_one_more(document):
    document["annotations"].append({**row_of(document, 10), "id": 999})


def other_size(document):
    document["images"][0]["width"] += 1


def other_source(document):
    document["images"][0]["source_id"] = 2


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (move_box, {"replay-bbox": 1}),
        (move_box_a_little, {"replay-bbox": 1}),
        (swap_eyes, {"replay-keypoints": 1}),
        (move_point, {"replay-keypoints": 1}),
        (hide_point, {"replay-keypoints": 1}),
        (shift_mask, {"replay-shape": 1}),
        (fill_mask, {"replay-shape": 1}),
        (move_corner, {"replay-shape": 1}),
        (other_area, {"replay-area": 1}),
        (other_class, {"replay-field": 1}),
        (other_name, {"replay-field": 1}),
        (without, {"replay-missing": 1}),
        (with_one_more, {"replay-extra": 1}),
        (other_size, {"replay-size": 1}),
        (other_source, {"replay-source": 1}),
    ],
)
def test_a_changed_label_is_found(out, change, expected):
    assert changed(out, change) == expected


def test_what_another_processor_may_round_otherwise_is_none(out):
    def nudged(document):
        row_of(document, 10)["bbox"][0] += 1e-9
        row_of(document, 12)["area"] *= 1 + 1e-12

    assert changed(out, nudged) == {}


def test_a_finding_names_the_label_and_both_values(out):
    changed(out, move_box)
    (problem,) = verified(out).problems
    assert (problem.image_id, problem.annotation_id, problem.file_name) == (1, 1, "a_1.png")
    assert problem.message.startswith("bbox is [")
    assert problem.message.endswith(", up to 2.00 apart")


def rewritten(place: Path, change: Callable[[np.ndarray], np.ndarray], quality: int = 95) -> None:
    pixels = files.read_image(place).pixels
    files.write_image(place, np.ascontiguousarray(change(pixels)), place.suffix[1:], quality=quality)


@pytest.mark.parametrize("name", ["a_1.png", "c_1.jpg"])
@pytest.mark.parametrize(
    "change",
    [
        lambda pixels: pixels[:, ::-1],
        lambda pixels: pixels[::-1],
        lambda pixels: np.roll(pixels, 1, axis=1),
        lambda pixels: np.clip(pixels.astype(int) + 4, 0, 255).astype(np.uint8),
        lambda pixels: pixels[..., ::-1],
        lambda pixels: _patched(pixels),
    ],
    ids=["mirrored", "upside down", "moved by a pixel", "brighter", "red for blue", "patched"],
)
def test_a_changed_picture_is_found(out, name, change):
    rewritten(out / "images" / name, change)
    assert codes(verified(out)) == {"replay-pixels": 1}


def _patched(pixels: np.ndarray) -> np.ndarray:
    pixels = pixels.copy()
    pixels[50:60, 70:80] = 255 - pixels[50:60, 70:80]
    return pixels


def test_another_picture_under_the_name_is_found(out):
    shutil.copy(out / "images/b_1.png", out / "images/a_1.png")
    assert codes(verified(out)) == {"replay-pixels": 1}
    files.write_image(out / "images/a_1.png", np.zeros((120, 161, 3), np.uint8), "png")
    (problem,) = verified(out).problems
    assert problem.message.startswith("120 x 161 x 3 uint8, the replay makes 120 x 160 x 3 uint8")


def test_a_single_pixel_of_a_format_without_loss_is_found(out):
    def one(pixels):
        pixels = pixels.copy()
        pixels[3, 4, 1] ^= 1
        return pixels

    rewritten(out / "images/a_1.png", one)
    (problem,) = verified(out).problems
    assert problem.message.startswith("1 pixel differ from the replay, by up to 1")


def test_other_encoders_of_the_same_pixels_are_no_finding(out, made):
    image = pytest.importorskip("PIL.Image", reason="needs another encoder: Pillow")
    pixels = _replayed(made)
    for quality, subsampling, expected in ((95, "4:2:0", {}), (20, "4:2:0", {"replay-pixels": 1})):
        place = io.BytesIO()
        image.fromarray(pixels).save(place, "jpeg", quality=quality, subsampling=subsampling, optimize=True)
        (out / "images/c_1.jpg").write_bytes(place.getvalue())
        assert codes(verified(out)) == expected
    png = io.BytesIO()
    image.fromarray(files.read_image(out / "images/a_1.png").pixels).save(png, "png", compress_level=1)
    (out / "images/a_1.png").write_bytes(png.getvalue())
    assert "replay-pixels" not in {problem.code for problem in verified(out).problems if problem.file_name == "a_1.png"}


def _replayed(made: Path) -> np.ndarray:
    """The pixels of the JPEG copy before it was encoded."""
    lines = [json.loads(text) for text in (made / "out/geoaug-plans.jsonl").read_text().splitlines()]
    plan = A.Plan.from_dict(lines[2]["plan"])
    return plan.image(files.read_image(made / "images/c.jpg").pixels)


def test_the_bound_of_lossy_formats_follows_their_quality():
    assert [tolerance(quality) for quality in (100, 95, 50)] == [1.25, 1.5, 5.25]
    flat = np.full((40, 50, 3), 100, np.uint8)
    spotted = flat.copy()
    spotted[32:, 48:] = 102  # the smallest tile, in the corner
    assert pixels_differ(flat, flat, 1.5) is None
    assert pixels_differ(spotted, flat, 2.0) is None
    assert pixels_differ(spotted, flat, 1.5) == "pixels differ from the replay by 2.0 levels in the worst tile, more than 1.5"


# --- several files, and panoptic ones --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Boxes, poses and segments of two pictures, through one run."""
    folder = tmp_path_factory.mktemp("several")
    for name in ("images", "p"):
        (folder / name).mkdir()
    images = [{"id": k, "file_name": f"{name}.png", "width": 160, "height": 120} for k, name in ((5, "a"), (6, "b"))]
    rng = np.random.default_rng(4)
    segments = []
    for image in images:
        files.write_image(folder / "images" / image["file_name"], rng.integers(0, 255, (120, 160, 3)).astype(np.uint8), "png")
        ids = np.zeros((120, 160, 3), np.uint8)
        ids[20:60, 20:90, 0], ids[60:110, 60:150, 1] = 9, 2
        files.write_image(folder / "p" / image["file_name"], ids, "png")
        infos = [{"id": 9, "category_id": 1, "iscrowd": 0, "area": 2800, "bbox": [20, 20, 70, 40]},
                 {"id": 512, "category_id": 1, "iscrowd": 0, "area": 4500, "bbox": [60, 60, 90, 50]}]  # fmt: skip
        segments.append({"image_id": image["id"], "file_name": image["file_name"], "segments_info": infos})
    box = {"category_id": 1, "bbox": [30, 30, 80, 60], "area": 4800, "iscrowd": 0}
    pose = {"keypoints": [40, 40, 2, 70, 45, 2], "num_keypoints": 2}
    for name, rows in (("i", [box, box]), ("k", [{**box, **pose}]), ("p", None)):
        listed = (
            segments
            if rows is None
            else [{**row, "id": image["id"] * 10 + k, "image_id": image["id"]} for image in images for k, row in enumerate(rows)]
        )
        named = {"keypoints": ["left_eye", "right_eye"]} if name == "k" else {}
        (folder / f"{name}.json").write_text(json.dumps({"images": images, "annotations": listed, "categories": [{"id": 1, "name": "x", **named}]}))
    sources = [folder / f"{name}.json" for name in "ikp"]
    pipeline = A.Compose([A.HorizontalFlip(p=1), A.Affine(rotate=(5, 10), fill_mask=0, p=1)])
    augment(sources, folder / "images", folder / "out", pipeline=pipeline, keep_originals=True)
    augment(folder / "p.json", folder / "images", folder / "alone", pipeline=pipeline)
    return folder


def test_files_of_one_run_are_replayed_together_or_alone(several, capsys):
    paths = [str(several / f"out/{name}.json") for name in "ikp"]
    rest = ["--images", str(several / "out/images")]
    assert main(["check", *paths, *rest]) == 1  # the two boxes of a picture are one object under two ids
    said = capsys.readouterr().out
    assert {text.partition(":")[0] for text in said.splitlines()[:-2]} == {"annotation-twice"}
    assert "4 copies made again from" in said
    for path in paths:
        main(["check", path, *rest, "--json"])
        told = json.loads(capsys.readouterr().out)
        assert set(told["problems"]) <= {"annotation-twice"}
        assert told["notes"][0].startswith("4 copies made again from")
    sources = [text for name in "ikp" for text in ("--source", str(several / f"{name}.json"))]
    main(["check", paths[0], *rest, *sources])
    assert "4 copies made again from" in capsys.readouterr().out
    main(["check", paths[0], *rest, *sources[:2]])
    assert "is not what the run was made from" in capsys.readouterr().out
    assert main(["check", str(several / "alone/annotations.json"), "--images", str(several / "alone/images")]) == 0
    assert "2 copies made again from" in capsys.readouterr().out


def test_changes_in_any_of_several_files_are_found(several, tmp_path):
    out = shutil.copytree(several / "out", tmp_path / "out")
    poses = json.loads((out / "k.json").read_text())
    poses["annotations"][1]["keypoints"][0] += 3
    (out / "k.json").write_text(json.dumps(poses))
    document = json.loads((out / "p.json").read_text())
    document["annotations"][1]["segments_info"][0]["category_id"] = 1
    document["annotations"][2]["segments_info"][1]["area"] += 1
    document["annotations"][3]["segments_info"].pop()
    (out / "p.json").write_text(json.dumps(document))
    (png,) = (out / "p").glob("a_1.png")
    rewritten(png, lambda pixels: np.roll(pixels, 1, axis=1))
    outcome = verify([read(out / f"{name}.json") for name in "ikp"], Folder(out / "images"))
    assert codes(outcome) == {"replay-keypoints": 1, "replay-area": 1, "replay-missing": 1, "replay-shape": 2}


# --- plans and sources -----------------------------------------------------------------------------------------------


def test_a_plan_that_is_gone_or_broken_is_found(out):
    place = out / "geoaug-plans.jsonl"
    lines = place.read_text().splitlines()
    plan = json.loads(lines[1])
    plan["plan"]["steps"] = [{"explode": {}}]
    place.write_text("\n".join([lines[0][:-5], json.dumps(plan), lines[2]]) + "\n")
    outcome = verified(out)
    assert codes(outcome) == {"replay-plan": 2}
    plan["plan"] = None
    place.write_text("\n".join([lines[0], json.dumps(plan), lines[2]]) + "\n")
    outcome = verified(out)
    assert outcome.problems == []
    assert [note.partition(":")[0] for note in outcome.notes] == [
        f"2 copies made again from {str(Path(outcome_source(out)))!r}",
        "1 copy not made again",
    ]


NASTY = [None, -1, 0, 1e308, 2**70, "x", [], {}, [[[]]], True, 30_000, "\x1b[31m"]


def leaves(value: object, path: tuple = ()) -> list[tuple]:
    """The way to every value in a JSON document that is no list or object."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    return [path] if parts is None else [leaf for key, part in parts for leaf in leaves(part, (*path, key))]


def test_whatever_stands_in_a_plan_makes_findings_and_nothing_else(out):
    place, rng = out / "geoaug-plans.jsonl", np.random.default_rng(9)
    lines = place.read_text().splitlines()
    for _ in range(60):
        line = json.loads(lines[0])
        *way, last = (ways := leaves(line))[rng.integers(len(ways))]
        owner = line
        for key in way:
            owner = owner[key]
        owner[last] = NASTY[rng.integers(len(NASTY))]
        place.write_text("\n".join([json.dumps(line), *lines[1:]]) + "\n")
        assert set(codes(verified(out))) <= {code for code in MEANINGS if code.startswith("replay-")}


def outcome_source(out: Path) -> str:
    return str(json.loads((out / "geoaug-report.json").read_text())["settings"]["annotations"])


def test_without_its_source_a_result_is_checked_as_any_other_set(out, made, tmp_path, capsys, monkeypatch):
    report = json.loads((out / "geoaug-report.json").read_text())
    report["settings"] |= {"annotations": "source.json", "images": "images"}
    (out / "geoaug-report.json").write_text(json.dumps(report))
    check = ["check", str(out / "annotations.json"), "--images", str(out / "images")]
    assert main(check) == 0
    said = capsys.readouterr().out
    assert "not replayed: the source 'source.json' is not here; name it with --source and --source-images\n" in said
    assert main([*check, "--source", str(made / "source.json"), "--source-images", str(made / "images")]) == 0
    assert "3 copies made again from" in capsys.readouterr().out
    assert main([*check, "--source", str(made / "source.json")]) == 0
    assert "not replayed: the source's image folder 'images' is not here" in capsys.readouterr().out
    monkeypatch.chdir(made)
    assert main(check) == 0
    assert "3 copies made again from 'source.json': labels and pixels" in capsys.readouterr().out
    assert main([*check, "--no-replay"]) == 0
    assert "again" not in capsys.readouterr().out
    other = json.loads((made / "source.json").read_text())
    other["annotations"][0]["bbox"][0] += 1
    (tmp_path / "other.json").write_text(json.dumps(other))
    assert main([*check, "--source", str(tmp_path / "other.json"), "--json"]) == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert "is not what the run was made from, or has changed since" in note


def test_what_is_found_goes_the_way_of_all_findings(out, tmp_path, capsys):
    changed(out, move_box)
    report = tmp_path / "r.html"
    assert main(["check", str(out / "annotations.json"), "--images", str(out / "images"), "--json", "--report", str(report)]) == 1
    assert json.loads(capsys.readouterr().out)["problems"] == {"replay-bbox": 1}
    assert "replay-bbox" in report.read_text(encoding="utf-8")


def test_a_data_set_that_is_no_result_is_none():
    assert verify(load(ANNOTATIONS), Folder(IMAGES)) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"geoaug": 1}', '{"geoaug": 1, "settings": []}'])
def test_a_report_that_is_none_makes_no_result(out, text):
    (out / "geoaug-report.json").write_text(text)
    assert verify(load(out / "annotations.json"), Folder(out / "images")) is None


@pytest.mark.parametrize(
    "settings", [{}, {"annotations": 7}, {"annotations": [None]}, {"pipeline": {"transform": {"__class_fullname__": "os.system"}}}]
)
def test_a_report_that_was_tampered_with_is_one_note(out, settings):
    report = json.loads((out / "geoaug-report.json").read_text())
    kept = {key: value for key, value in report["settings"].items() if key == "annotations"} if "pipeline" in settings else {}
    (out / "geoaug-report.json").write_text(json.dumps({**report, "settings": kept | settings}))
    outcome = verified(out)
    assert outcome.problems == []
    assert outcome.notes[0].startswith("not replayed: ")
