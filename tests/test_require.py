"""What every copy has to show: draws that show less are drawn again, and no pixel is moved for them."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geoaug as A
from geoaug import files
from geoaug.cli.main import main
from geoaug.coco.dataset import load
from geoaug.coco.names import key_of
from geoaug.coco.pipeline import builtin_pipeline, prepared
from geoaug.coco.require import Requirement, Unmet, drawn_until_met
from geoaug.errors import ParameterError
from tests.conftest import REAL
from tests.test_quota import data
from tests.test_run import Source, tree

CATEGORIES = ["person", "dog", "dog, wild", "a|b", "7"]
KEY = (0, 5, 1)


def known(text: str, held: list[dict[int, int]] | None = None, **more: object) -> Requirement:
    return Requirement.parse(text).known(data(held or [{}], CATEGORIES, **more))


def row(number: int, category: int, *box: float, **more: object) -> dict:
    return {"id": number, "category_id": category, "bbox": list(box), "area": box[2] * box[3], "iscrowd": 0, **more}


# --- what people write -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("min_visible=0.3", Requirement(0.3)),
        ("min_visible=30%", Requirement(0.3)),
        (" min_visible = .5 , keep = person | dog ", Requirement(0.5, ("person", "dog"))),
        ("keep=person,", Requirement(keep=("person",))),
        ('keep="dog, wild"|"a|b"|7,min_objects=2', Requirement(keep=("dog, wild", "a|b", "7"), min_objects=2)),
        ("keep=*", Requirement(keep=("*",))),
        ("keep=a=b", Requirement(keep=("a=b",))),
    ],
)
def test_requirements_are_read(text, expected):
    assert Requirement.parse(text) == expected
    assert Requirement.parse(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "nothing is asked for"),
        (",", "expected word=value"),
        ("min_visible", "expected word=value"),
        ("min_visible=", "expected word=value"),
        ("keep=person=,x", "'x': expected word=value"),
        ("min_visble=0.3", "'min_visble' is not known; did you mean 'min_visible'"),
        ("q=1", "known are min_visible, keep, min_objects"),
        ("min_visible=0.3,min_visible=0.4", "'min_visible' stands twice"),
        ("min_visible=0", "a share above 0 and at most 1"),
        ("min_visible=30", "such as 0.3 or 30%"),
        ("min_visible=nan", "a share above 0"),
        ("min_visible=x%", "a share above 0"),
        ("min_objects=1.5", "a whole number of at least 1"),
        ("min_objects=0", "a whole number of at least 1"),
        ("min_objects=" + "9" * 5000, "a whole number of at least 1"),
        ("keep=a||b", "with | between"),
        ('keep="a', "a quote has no end"),
        ('keep="a"b', "with | between"),
    ],
)
def test_a_wrong_requirement_is_refused_by_name(text, words):
    with pytest.raises(ParameterError) as caught:
        Requirement.parse(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400


@settings(max_examples=200, deadline=None)
@given(st.text('min_vsblekpoj=,|" 0.3%x', max_size=40))
def test_no_text_breaks_the_reader(text):
    try:
        found = Requirement.parse(text)
    except ParameterError:
        return
    assert Requirement.parse(str(found)) == found


def test_categories_are_found_by_name_and_by_id():
    assert known("keep=person").ids == {1}
    assert known('keep=2|"a|b"').ids == {2, 4}
    assert known("keep=7").ids == {5}, "a name before an id"
    assert known("keep=*").ids == {1, 2, 3, 4, 5}
    with pytest.raises(ParameterError, match="require: keep: no category is called 'persn'; did you mean 'person'"):
        known("keep=persn")


# --- one draw --------------------------------------------------------------------------------------------------------

ROWS = [row(1, 1, 0, 0, 5, 5), row(2, 2, 0, 0, 5, 5), row(3, 1, 0, 0, 5, 5, iscrowd=1)]


@pytest.mark.parametrize(
    ("text", "shares", "reason"),
    [
        ("min_visible=0.3", [1, 0.3, 0.1], None),
        ("min_visible=0.3", [0.29, 1, 1], "annotation 1 shows 0.29 of what it showed, less than 0.3"),
        ("min_visible=0.3", [1, None, 1], "annotation 2 does not stay"),
        ("min_visible=0.3,keep=person", [1, None, None], None),
        ("min_visible=0.3,keep=person", [0.1, 1, 1], "annotation 1 shows 0.1 of what it showed, less than 0.3"),
        ("keep=person", [0.01, None, None], None),
        ("keep=person", [None, 1, 1], "annotation 1 does not stay"),
        ("keep=*", [1, None, 1], "annotation 2 does not stay"),
        ("min_objects=1", [None, 0.1, None], None),
        ("min_objects=1", [None, None, 1], "0 of 2 objects stay, fewer than 1"),
        ("min_objects=5", [1, 1, None], None),
        ("min_objects=5", [1, None, None], "1 of 2 objects stay, fewer than 2"),
    ],
)
def test_a_draw_is_looked_at(text, shares, reason):
    assert known(text).met(ROWS, shares) == reason


def test_a_picture_without_objects_meets_everything():
    assert known("min_visible=1,keep=*,min_objects=3").met([], []) is None


def test_crowds_are_objects_where_there_is_nothing_else():
    asked = known("min_objects=1", [{1: 2}], iscrowd=1)
    assert asked.met([row(1, 1, 0, 0, 5, 5, iscrowd=1)], [None]) == "0 of 1 objects stay, fewer than 1"


# --- drawing again ---------------------------------------------------------------------------------------------------

CROP = A.Compose([A.RandomCrop(20, 20)], return_fates=True)
PICTURE = np.random.default_rng(3).integers(0, 256, (60, 60, 3)).astype(np.uint8)
CORNER = [row(1, 1, 2, 2, 14, 14)]


def test_a_draw_that_shows_too_little_is_drawn_again():
    asked = known("min_visible=0.9")
    shares = []
    for image in range(8):
        out = drawn_until_met(CROP, asked, (0, image, 1), 1000, image=PICTURE, annotations=CORNER)
        assert out["fates"][0] in ("kept", "cut")
        shares.append(out["annotations"][0]["area"] / 196)
    assert min(shares) >= 0.9
    loose = [CROP(image=PICTURE, annotations=CORNER, key=(0, image, 1))["fates"][0] for image in range(8)]
    assert "outside" in loose


def test_a_first_draw_that_does_is_the_one_that_is_made_without_a_requirement():
    out = drawn_until_met(CROP, known("min_objects=1"), KEY, image=PICTURE, annotations=[])
    plain = CROP(image=PICTURE, annotations=[], key=KEY)
    np.testing.assert_array_equal(out["image"], plain["image"])
    met = 0
    for image in range(60):
        plain = CROP(image=PICTURE, annotations=CORNER, key=(0, image, 1))
        if plain["fates"][0] == "outside":
            continue
        met += 1
        out = drawn_until_met(CROP, known("min_objects=1"), (0, image, 1), image=PICTURE, annotations=CORNER)
        np.testing.assert_array_equal(out["image"], plain["image"])
        assert out["annotations"] == plain["annotations"]
    assert met > 3


def test_the_same_draw_is_found_every_time_and_in_every_process():
    asked = known("min_visible=0.5")
    first = drawn_until_met(CROP, asked, KEY, 1000, image=PICTURE, annotations=CORNER)
    pipeline, asked = pickle.loads(pickle.dumps((CROP, asked)))
    again = drawn_until_met(pipeline, asked, KEY, 1000, image=PICTURE, annotations=CORNER)
    np.testing.assert_array_equal(first["image"], again["image"])


def test_after_the_last_try_it_is_told_what_was_missing():
    shift = A.Compose([A.Affine(translate_px={"x": 500, "y": 0}, p=1)])
    with pytest.raises(Unmet) as caught:
        drawn_until_met(shift, known("keep=person"), KEY, 7, image=PICTURE, annotations=CORNER)
    assert str(caught.value) == "none of 7 draws met 'keep=person'; in the last one annotation 1 does not stay; ask for less, or for more tries"


def test_no_pixel_is_moved_for_a_draw_that_does_not_do(monkeypatch):
    from geoaug.steps.warp import Warp

    moved, own = [], Warp.image
    monkeypatch.setattr(Warp, "image", lambda self, *args: moved.append(1) or own(self, *args))
    with pytest.raises(Unmet):
        drawn_until_met(CROP, known("min_visible=1"), KEY, 50, image=PICTURE, annotations=[row(1, 1, 5, 5, 50, 50)])
    assert not moved
    drawn_until_met(CROP, known("min_visible=0.9"), KEY, 1000, image=PICTURE, annotations=CORNER)
    assert len(moved) == 1


def test_what_holes_cover_counts_as_not_visible():
    holes = A.Compose([A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(20, 20), hole_width_range=(20, 20), p=1)])
    out = drawn_until_met(holes, known("min_visible=1"), KEY, 1000, image=PICTURE, annotations=[row(1, 1, 10, 10, 20, 20)])
    assert out["annotations"][0]["bbox"] == [10, 10, 20, 20]


def test_objects_that_the_pipelines_own_limits_drop_do_not_stay():
    strict = A.Compose([A.RandomCrop(20, 20)], bbox_params=A.BboxParams("coco", min_visibility=0.8), return_fates=True)
    out = drawn_until_met(strict, known("keep=person"), KEY, 1000, image=PICTURE, annotations=CORNER)
    assert out["annotations"][0]["area"] >= 0.8 * 196


def test_transforms_that_look_at_pixels_and_at_channels_draw_the_same():
    looking = A.Compose([A.ChannelShuffle(p=1), A.Equalize(p=0.5), A.RandomCrop(20, 20)])
    asked = known("min_visible=0.5")
    out = drawn_until_met(looking, asked, KEY, 1000, image=PICTURE, annotations=CORNER)
    for number in range(1000):
        plain = looking(image=PICTURE, annotations=CORNER, key=(*KEY, number) if number else KEY)
        if plain["annotations"] and plain["annotations"][0]["area"] >= 98:
            break
    np.testing.assert_array_equal(out["image"], plain["image"])


def test_labels_alone_are_drawn_again_too():
    out = drawn_until_met(CROP, known("min_visible=1"), KEY, 1000, size=(60, 60), annotations=CORNER)
    assert out["annotations"][0]["area"] == 196


def test_a_pipeline_that_passes_a_picture_over_meets_everything():
    never = A.Compose([A.RandomCrop(20, 20)], p=0.0, return_fates=True)
    out = drawn_until_met(never, known("min_visible=1,min_objects=1"), KEY, 1, image=PICTURE, annotations=CORNER)
    assert out["image"] is PICTURE or (out["image"] == PICTURE).all()


@pytest.mark.skipif(not REAL.is_dir(), reason="real data (../shared/data/real) is not here: it may not be redistributed")
def test_real_pictures_keep_their_people():
    dataset = load(REAL / "coco-mini" / "instances_val2017.json")
    pipeline = prepared(builtin_pipeline(), dataset)
    asked = Requirement.parse("min_visible=0.7,keep=person").known(dataset)
    people = again = 0
    for image in dataset.images:
        rows = dataset.annotations_of(image["id"])
        key, size = (0, key_of(image["id"]), 1), (image["height"], image["width"])
        first = pipeline(size=size, annotations=rows, key=key)
        out = drawn_until_met(pipeline, asked, key, 200, size=size, annotations=rows)
        again += out["annotations"] != first["annotations"]
        for annotation, fate in zip(rows, out["fates"], strict=True):
            if annotation["category_id"] == 1 and not annotation["iscrowd"]:
                people += 1
                assert fate in ("kept", "cut", "occluded")
    assert people == 97
    assert 0 < again < len(dataset.images) / 2


# --- the run ---------------------------------------------------------------------------------------------------------

HALF = A.Compose([A.RandomCrop(20, 20)])


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path)
    for name in "abc":
        made.add(f"{name}.png", np.random.default_rng(ord(name)).integers(0, 256, (60, 60, 3)).astype(np.uint8))
    return made


def test_every_copy_of_a_run_shows_what_was_asked_for(source):
    summary, document = source.augment(copies=5, pipeline=HALF, require="min_visible=0.8", tries=1000)
    assert summary.exit_code == 0
    assert len(document["images"]) == len(document["annotations"]) == 15
    assert min(row["area"] for row in document["annotations"]) >= 0.8 * 120
    report = json.loads((source.folder / "out/geoaug-report.json").read_text())
    assert report["settings"]["require"] == "min_visible=0.8"


def test_copies_that_do_anyway_keep_their_bytes(source):
    source.augment("plain", copies=8, pipeline=HALF)
    source.augment("asked", copies=8, pipeline=HALF, require="min_objects=1", tries=1000)
    plain = json.loads((source.folder / "plain/annotations.json").read_text())
    empty = {image["file_name"] for image in plain["images"]}
    names = {image["id"]: image["file_name"] for image in plain["images"]}
    empty -= {names[row["image_id"]] for row in plain["annotations"]}
    before, after = tree(source.folder / "plain/images"), tree(source.folder / "asked/images")
    assert 3 < len(empty) < 21
    assert {name for name in before if before[name] != after[name]} == empty


def test_a_copy_of_which_no_draw_does_is_left_out_by_name(source, capsys):
    source.document["annotations"][1]["bbox"] = [0, 0, 60, 60]
    A.save(HALF, source.folder / "p.json")
    arguments = ["augment", str(source.path), "--images", str(source.images), "--out", str(source.folder / "out")]
    assert main([*arguments, "--pipeline", str(source.folder / "p.json"), "--require", "min_visible=0.5,keep=thing", "--tries", "300"]) == 3
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith("require-unmet: image 2, file 'b.png': copy 1: none of 300 draws met 'min_visible=0.5,keep=thing'; in the last one")
    assert "2 pictures written" in said.out


def test_no_picture_is_decoded_for_a_copy_that_is_left_out(source, monkeypatch):
    source.document["annotations"] = [{**row, "bbox": [0, 0, 60, 60]} for row in source.document["annotations"]]
    read = []
    for name in ("pixels", "picture"):
        own = getattr(files.FileSource, name)
        monkeypatch.setattr(files.FileSource, name, lambda self, *args, own=own: read.append(1) or own(self, *args))
    summary, _ = source.augment(pipeline=HALF, require="min_visible=0.9")
    assert {problem.code for problem in summary.problems} == {"require-unmet"}
    assert summary.images == 0
    assert not read


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--require", "keep=thnig"], "did you mean 'thing'?"),
        (["--require", "min_visibel=0.3"], "did you mean 'min_visible'?"),
        (["--require", "min_objects=1", "--tries", "0"], "tries: expected a whole number from 1 to 10000"),
    ],
)
def test_a_wrong_requirement_is_refused_before_any_work(source, capsys, options, words):
    assert main(["augment", str(source.path), "--images", str(source.images), "--out", str(source.folder / "out"), *options]) == 2
    assert words in capsys.readouterr().err
    assert not (source.folder / "out").exists()
