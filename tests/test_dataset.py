"""COCO files: what is sound comes through untouched, what is not is named, and only no COCO file at all is an error."""

from __future__ import annotations

import copy
import gc
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO

from geoaug.coco.dataset import MILD, Dataset, flip_pairs, load, save
from geoaug.errors import CocoError
from geoaug.targets import rle

REAL = Path(__file__).parents[2] / "shared/data/real"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real data sets are not beside the repository")

TRIANGLE = [[10, 10, 30, 10, 10.5, 40.25]]
SOUND = {
    "info": {"year": 2024},
    "licenses": [],
    "images": [
        {"id": 1, "file_name": "a.png", "width": 80, "height": 60},
        {"id": 2, "file_name": "s/b.png", "width": 60, "height": 80, "camera": "x"},
    ],
    "annotations": [
        {"id": 7, "image_id": 1, "category_id": 3, "bbox": [10, 10, 20, 30.25], "area": 300, "iscrowd": 0,
         "segmentation": TRIANGLE},
        {"id": 900100581781, "image_id": 2, "category_id": 3, "bbox": [0, 0, 5, 5], "occluded": True},
    ],
    "categories": [{"id": 3, "name": "screw"}],
    "scene_categories": [{"id": 0}],
}  # fmt: skip


def text(document=SOUND, **changes):
    return json.dumps({**document, **changes})


@pytest.fixture
def read(tmp_path):
    def act(content):
        path = tmp_path / "annotations.json"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load(path)

    return act


@pytest.fixture
def with_annotation(read):
    """Read the sound file with its first annotation changed; a value of ... takes the key away."""

    def act(**changes):
        document = copy.deepcopy(SOUND)
        row = {**document["annotations"][0], **changes}
        document["annotations"][0] = {key: value for key, value in row.items() if value is not ...}
        return read(json.dumps(document))

    return act


@pytest.fixture
def with_image(read):
    def act(**changes):
        document = copy.deepcopy(SOUND)
        row = {**document["images"][0], **changes}
        document["images"][0] = {key: value for key, value in row.items() if value is not ...}
        return read(json.dumps(document))

    return act


def codes(dataset):
    return [problem.code for problem in dataset.problems]


def ids(rows):
    return [row["id"] for row in rows]


# --- sound files


def test_a_sound_file_comes_through_untouched(read):
    dataset = read(text())
    assert dataset.problems == []
    assert dataset.document() == SOUND
    assert list(dataset.document()) == ["info", "licenses", "images", "annotations", "categories", "scene_categories"]
    assert ids(dataset.annotations_of(2)) == [900100581781]
    assert dataset.annotations_of(99) == []


def test_keys_that_a_file_does_not_have_stay_away(read):
    small = {key: SOUND[key] for key in ("images", "annotations", "categories")}
    assert read(json.dumps(small)).document() == small


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_every_unicode_encoding_is_read(read, encoding):
    named = {**SOUND, "categories": [{"id": 3, "name": "Schraube ü"}]}
    assert read(json.dumps(named, ensure_ascii=False).encode(encoding)).document() == named


@pytest.mark.parametrize(
    "changes",
    [
        {"segmentation": None},
        {"segmentation": []},
        {"segmentation": ...},
        {"iscrowd": ...},
        {"iscrowd": True},
        {"area": ...},
        {"area": "wrong"},
        {"bbox": [-3, -3, 200, 100]},
        {"bbox": [79.9999, 0, 0.13, 0.13], "segmentation": []},
        {"segmentation": TRIANGLE[0]},
        {"segmentation": [[5, 5, 5, 5, 5, 5]]},
        {"segmentation": [[5, 5, 9, 5, 9, 9], [1, 1, 2, 1, 2, 2, 1, 1]]},
        {"segmentation": [[-20, -20, 100, -20, 50, 900]]},
        {"segmentation": {"size": [60, 80], "counts": [0, 4800]}, "iscrowd": 1},
        {"segmentation": rle.encode(np.ones((60, 80)))},
        {"keypoints": [1, 2, 2, 0, 0, 0], "num_keypoints": 1},
        {"keypoints": []},
        {"bbox": ..., "segmentation": ..., "category_id": ..., "caption": "a screw"},
        {"bbox": ..., "segmentation": ..., "keypoints": [1, 2, 2]},
    ],
)
def test_nothing_valid_is_dropped_or_changed(with_annotation, changes):
    dataset = with_annotation(**changes)
    assert dataset.problems == []
    assert len(dataset.annotations) == 2
    for key, value in changes.items():
        assert dataset.annotations[0].get(key, ...) == value


def test_captions_need_no_categories(read):
    captions = {**SOUND, "annotations": [{"id": 1, "image_id": 2, "caption": "two screws"}]}
    del captions["categories"]
    dataset = read(json.dumps(captions))
    assert dataset.problems == []
    assert dataset.document() == captions


@pytest.mark.parametrize("changes", [{"width": ...}, {"height": None}, {"width": ..., "height": ...}])
def test_a_picture_need_not_state_its_size(with_image, changes):
    dataset = with_image(**changes)
    assert dataset.problems == []
    assert len(dataset.images) == len(dataset.annotations) == 2


# --- no COCO file


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON: line 1 column 1"),
        (b'{"images": [\n{"id": 1},\n  {"id" 2}]}', "annotations.json: not JSON: line 3 column 9"),
        (text()[:200], "not JSON: line 1 column"),
        (text() + "}", "Extra data"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not "),
        (b'{"a": "caf\xe9"}', "not UTF-8: byte 10"),
        (b"[" * 100_000, "nested"),
        (b"[" * 100_000 + b"]" * 100_000, "nested"),
        ('{"a":' * 70 + "1" + "}" * 70, "nested more than 64 deep"),
        ('{"images": ' + "9" * 5000 + "}", "integer of thousands of digits"),
        ("[]", "top level must be an object with images, annotations and categories, got a list"),
        ("null", "got null"),
        ("3", "got a number"),
        ('"x"', "got text"),
        ("{}", "no 'images'"),
        (text(images=None), "'images' must be a list of objects, got None"),
        (text(images={"1": {}}), "'images' must be a list"),
        (text(images=["a.png"]), "got a list of str"),
        (text(annotations={}), "'annotations' must be a list"),
        (text(annotations=3), "'annotations' must be a list of objects, got 3"),
        (text(categories=None), "'categories' must be a list"),
        (text(categories=["screw"]), "got a list of str"),
        (json.dumps({k: v for k, v in SOUND.items() if k != "annotations"}), "no 'annotations'"),
        (json.dumps({k: v for k, v in SOUND.items() if k != "categories"}), "no 'categories'"),
        (text(annotations=[{"image_id": 1, "segments_info": []}]), "panoptic"),
    ],
)
def test_what_is_no_coco_file_is_refused_by_name(read, content, words):
    with pytest.raises(CocoError) as caught:
        read(content)
    assert "annotations.json: " in str(caught.value)
    assert words in str(caught.value)


def test_a_file_that_is_not_there_is_refused_and_a_folder_too(tmp_path):
    with pytest.raises(CocoError, match=r"absent\.json: there is no such file"):
        load(tmp_path / "absent.json")
    with pytest.raises(CocoError, match="a folder"):
        load(tmp_path)


def test_brackets_inside_names_are_no_nesting(read):
    odd = {**SOUND, "info": "[" * 5000}
    assert read(json.dumps(odd)).document() == odd
    odd = {**SOUND, "info": "]" * 5000}
    assert read(json.dumps(odd)).document() == odd


def test_the_garbage_collector_is_left_as_it_was(read):
    for act in (gc.disable, gc.enable):
        act()
        before = gc.isenabled()
        read(text())
        with pytest.raises(CocoError):
            read("{")
        assert gc.isenabled() == before


# --- bad annotations

HUGE = 10**300


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": ...}, "id-missing"),
        ({"id": None}, "id-invalid"),
        ({"id": True}, "id-invalid"),
        ({"id": 1.5}, "id-invalid"),
        ({"id": [1]}, "id-invalid"),
        ({"id": {}}, "id-invalid"),
        ({"image_id": ...}, "image-id-missing"),
        ({"image_id": 99}, "image-unknown"),
        ({"image_id": None}, "image-unknown"),
        ({"image_id": True}, "image-unknown"),
        ({"image_id": [1]}, "image-unknown"),
        ({"image_id": 1.5}, "image-unknown"),
        ({"category_id": ...}, "category-id-missing"),
        ({"category_id": 1}, "category-unknown"),
        ({"category_id": "screw"}, "category-unknown"),
        ({"category_id": None}, "category-unknown"),
        ({"segmentation": {}}, "rle-invalid"),
        ({"segmentation": [[]]}, "polygon-short"),
        ({"segmentation": "abc"}, "segmentation-kind"),
        ({"segmentation": 5}, "segmentation-kind"),
        ({"segmentation": [[1, 1, 5, 5]]}, "polygon-short"),
        ({"segmentation": [1, 1, 5, 5]}, "polygon-short"),
        ({"segmentation": [[1, 1, 5, 5, 9, 9, 3]]}, "polygon-odd"),
        ({"segmentation": [[1, 1, 5, 5, 9]]}, "polygon-odd"),
        ({"segmentation": [[[1, 1], [5, 5], [9, 1]]]}, "polygon-pairs"),
        ({"segmentation": [[1, 1], [5, 5], [9, 1]]}, "polygon-pairs"),
        ({"segmentation": [[1, 1], [5, 5]]}, "polygon-short"),
        ({"segmentation": [["1", 1, 5, 5, 9, 9]]}, "polygon-numbers"),
        ({"segmentation": [[True, 1, 5, 5, 9, 9]]}, "polygon-numbers"),
        ({"segmentation": [[None, 1, 5, 5, 9, 9]]}, "polygon-numbers"),
        ({"segmentation": [TRIANGLE[0], None]}, "polygon-numbers"),
        ({"segmentation": [[math.nan, 1, 5, 5, 9, 9]]}, "number-not-finite"),
        ({"segmentation": [[math.inf, 1, 5, 5, 9, 9]]}, "number-not-finite"),
        ({"segmentation": [[1e9, 1, 5, 5, 9, 9]]}, "polygon-far"),
        ({"segmentation": [[-1e300, 1, 5, 5, 9, 9]]}, "polygon-far"),
        ({"segmentation": [[HUGE, 1, 5, 5, 9, 9]]}, "polygon-far"),
        ({"segmentation": [[10**400, 1, 5, 5, 9, 9]]}, "number-not-finite"),
        ({"segmentation": {"size": [3, 3], "counts": [9]}}, "rle-size"),
        ({"segmentation": {"size": [80, 60], "counts": [4800]}}, "rle-size"),
        ({"segmentation": {"size": [60, 80], "counts": [4000]}}, "rle-invalid"),
        ({"segmentation": {"size": [60, 80], "counts": [50.5, 4749.5]}}, "rle-invalid"),
        ({"segmentation": {"size": [60, 80], "counts": "garbage"}}, "rle-invalid"),
        ({"segmentation": {"size": [100_000, 100_000], "counts": [10**10]}}, "rle-invalid"),
        ({"segmentation": {"counts": [4800]}}, "rle-invalid"),
        ({"bbox": ..., "segmentation": []}, "bbox-missing"),
        ({"bbox": None, "segmentation": []}, "bbox-numbers"),
        ({"bbox": [1, 2, 3], "segmentation": []}, "bbox-numbers"),
        ({"bbox": ["1", "2", "3", "4"], "segmentation": []}, "bbox-numbers"),
        ({"bbox": {"x": 1}, "segmentation": []}, "bbox-numbers"),
        ({"bbox": [math.nan, 0, 5, 5], "segmentation": []}, "bbox-not-finite"),
        ({"bbox": [0, 0, math.inf, 5], "segmentation": []}, "bbox-not-finite"),
        ({"bbox": [1, 1, 0, 5], "segmentation": []}, "bbox-degenerate"),
        ({"bbox": [9, 9, -5, 5], "segmentation": []}, "bbox-degenerate"),
        ({"bbox": [500, 500, 5, 5], "segmentation": []}, "bbox-outside"),
        ({"bbox": [-50, 0, 5, 5], "segmentation": []}, "bbox-outside"),
        ({"bbox": [0, 0, 1e9, 5], "segmentation": []}, "bbox-outside"),
        ({"bbox": [HUGE, 0.5, HUGE, 5], "segmentation": []}, "bbox-outside"),
        ({"keypoints": [1, 2]}, "keypoints-length"),
        ({"keypoints": [1, 2, math.nan]}, "number-not-finite"),
        ({"keypoints": [1, 2, "2"]}, "keypoints-numbers"),
        ({"keypoints": [[1, 2]]}, "keypoints-numbers"),
        ({"keypoints": {"nose": 1}}, "keypoints-numbers"),
        ({"keypoints": [1e300, 2, 2]}, "keypoints-numbers"),
        ({"area": math.nan}, "number-not-finite"),
        ({"attributes": {"deep": [1, -math.inf]}}, "number-not-finite"),
    ],
)
def test_a_bad_annotation_is_left_out_and_named(with_annotation, changes, code):
    dataset = with_annotation(**changes)
    assert codes(dataset) == [code]
    assert code not in MILD
    assert ids(dataset.annotations) == [900100581781]
    assert dataset.problems[0].message.startswith("annotations[0]")
    assert "\x1b" not in dataset.problems[0].line()
    json.dumps(dataset.problems[0].record(), allow_nan=False)


@pytest.mark.parametrize("rows", [[None], [3, "x"], [[]]])
def test_records_that_are_no_objects_are_named_by_their_place(read, rows):
    dataset = read(text(annotations=[*SOUND["annotations"], *rows], images=[*SOUND["images"], *rows]))
    assert codes(dataset) == ["record-not-object"] * 2 * len(rows)
    assert len(dataset.annotations) == len(dataset.images) == 2


@pytest.mark.parametrize(
    ("box", "code"),
    [
        (..., "bbox-missing"),
        (None, "bbox-numbers"),
        ([1, 2, 3], "bbox-numbers"),
        ([math.nan, 0, 5, 5], "bbox-not-finite"),
        ([0, 0, 0, 0], "bbox-ignored"),
        ([5, 5, -1, 5], "bbox-ignored"),
        ([900, 900, 5, 5], "bbox-ignored"),
    ],
)
def test_where_there_is_a_shape_it_stands_in_for_a_bad_box(with_annotation, box, code):
    dataset = with_annotation(bbox=box)
    assert codes(dataset) == [code]
    assert dataset.annotations[0]["bbox"] == [10, 10, 20, 30.25]
    dataset = with_annotation(bbox=box, segmentation={"size": [60, 80], "counts": [61, 2, 4737]})
    assert dataset.annotations[0]["bbox"] == [1, 1, 1, 2]


def test_a_number_too_large_for_a_float_is_noticed(read):
    dataset = read(text().replace("300,", "1e400,"))
    assert codes(dataset) == ["number-not-finite"]
    assert "annotations[0].area" in dataset.problems[0].message
    assert read(text().replace("300,", "1e30,")).problems == []


def test_numbers_beside_the_records_are_written_as_null(read, tmp_path):
    dataset = read(text(info={"scale": math.nan, "year": 1}))
    assert codes(dataset) == ["number-not-finite"]
    assert dataset.info == {"scale": None, "year": 1}
    save(tmp_path / "out.json", dataset.document())


def test_a_key_that_stands_twice_is_noticed(read):
    dataset = read(text().replace('"area": 300', '"area": 300, "area": 200'))
    assert codes(dataset) == ["key-ambiguous"]
    assert ids(dataset.annotations) == [900100581781]
    dataset = read(text().replace('"area": 300', '"area": 300, "area": 300'))
    assert codes(dataset) == ["key-repeated"]
    assert len(dataset.annotations) == 2
    dataset = read(text()[:-1] + ', "images": []}')
    assert codes(dataset)[0] == "key-ambiguous"


def test_ids_of_annotations_that_stand_twice(read):
    row = SOUND["annotations"][0]
    dataset = read(text(annotations=[row, {**row, "bbox": [10, 10, 20, 31]}]))
    assert codes(dataset) == ["annotation-id-repeated"]
    assert len(dataset.annotations) == 2
    dataset = read(text(annotations=[row, row]))
    assert codes(dataset) == ["annotation-repeated"]
    assert len(dataset.annotations) == 1


@pytest.mark.parametrize("form", [str, float])
def test_ids_written_as_text_or_floats_are_matched_and_reported(read, form):
    rows = [{**SOUND["annotations"][0], "image_id": form(1), "category_id": form(3)}]
    dataset = read(text(annotations=rows))
    assert codes(dataset) == ["id-converted"] * 2
    assert dataset.annotations == [SOUND["annotations"][0]]
    assert set(codes(dataset)) <= MILD


def test_ids_of_pictures_that_are_text_find_their_annotations(read):
    images = [{**SOUND["images"][0], "id": "1"}, {**SOUND["images"][1], "id": "zwei"}]
    rows = [SOUND["annotations"][0], {**SOUND["annotations"][1], "image_id": "zwei"}]
    dataset = read(text(images=images, annotations=rows))
    assert [row["image_id"] for row in dataset.annotations] == ["1", "zwei"]
    assert set(codes(dataset)) == {"id-converted"}


@pytest.mark.parametrize("big", [2**24 + 1, 2**53 + 1, 2**63, 900100581781])
def test_large_ids_are_kept_exactly(with_annotation, tmp_path, big):
    dataset = with_annotation(id=big)
    save(tmp_path / "out.json", dataset.document())
    assert load(tmp_path / "out.json").annotations[0]["id"] == big


# --- bad pictures


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"id": ...}, "id-missing"),
        ({"id": None}, "id-invalid"),
        ({"width": 0}, "image-size"),
        ({"height": -60}, "image-size"),
        ({"width": "80"}, "image-size"),
        ({"width": True}, "image-size"),
        ({"width": 80.5}, "image-size"),
        ({"width": [80]}, "image-size"),
        ({"width": math.nan}, "number-not-finite"),
        ({"width": 10**6, "height": 10**6}, "image-too-large"),
        ({"file_name": ...}, "image-name"),
        ({"file_name": None}, "image-name"),
        ({"file_name": ""}, "image-name"),
        ({"file_name": "a\0.png"}, "image-name"),
        ({"file_name": "\ud83d.png"}, "image-name"),
        ({"file_name": "../a.png"}, "image-outside"),
        ({"file_name": "/a.png"}, "image-outside"),
        ({"file_name": "s\\..\\..\\a.png"}, "image-outside"),
    ],
)
def test_a_bad_picture_is_left_out_with_its_annotations(with_image, changes, code):
    dataset = with_image(**changes)
    missing_id = code.startswith("id-")
    assert codes(dataset) == [code, "image-unknown" if missing_id else "annotations-left-out"]
    assert ids(dataset.images) == [2]
    assert ids(dataset.annotations) == [900100581781]
    for problem in dataset.problems:
        assert problem.line().isprintable()


def test_two_pictures_with_one_id_are_both_left_out_unless_they_are_the_same(read):
    first = SOUND["images"][0]
    dataset = read(text(images=[*SOUND["images"], {**first, "file_name": "other.png"}]))
    assert codes(dataset) == ["image-ambiguous", "image-ambiguous", "annotations-left-out"]
    assert {problem.file_name for problem in dataset.problems[:2]} == {"a.png", "other.png"}
    assert ids(dataset.images) == [2]
    dataset = read(text(images=[*SOUND["images"], first]))
    assert codes(dataset) == ["image-repeated"]
    assert dataset.document() == SOUND


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([{"id": 3, "name": "screw"}, {"name": "x"}], "id-missing"),
        ([{"id": 3, "name": "screw"}, 5], "record-not-object"),
        ([{"id": 3, "name": "screw"}, {"id": 3, "name": "nut"}], "category-ambiguous"),
        ([{"id": 3, "name": "screw"}, {"id": 3, "name": "screw"}], "category-repeated"),
    ],
)
def test_a_bad_category_is_left_out_and_named(read, rows, code):
    dataset = read(text(categories=rows))
    assert codes(dataset) == [code]
    assert dataset.categories == SOUND["categories"]
    assert len(dataset.annotations) == 2


# --- anything at all

values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 100) | st.floats() | st.text(max_size=3) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["size", "counts", "x"]), inner, max_size=3),
    max_leaves=8,
)
annotation_keys = ["id", "image_id", "category_id", "bbox", "segmentation", "keypoints", "iscrowd", "area", "x"]
image_keys = ["id", "width", "height", "file_name"]
rows = st.lists(st.dictionaries(st.sampled_from(annotation_keys), values, max_size=3) | values, max_size=3)
image_rows = st.lists(st.dictionaries(st.sampled_from(image_keys), values, max_size=3) | values, max_size=3)


@settings(max_examples=100, deadline=None)
@given(changes=rows, pictures=image_rows, broken=st.dictionaries(st.sampled_from(list(SOUND)), values, max_size=1))
def test_no_document_can_break_the_reader(tmp_path_factory, changes, pictures, broken):
    base_row, base_image = SOUND["annotations"][0], SOUND["images"][0]
    document = {
        **SOUND,
        "annotations": [*SOUND["annotations"], *({**base_row, **r} if isinstance(r, dict) else r for r in changes)],
        "images": [*SOUND["images"], *({**base_image, **r} if isinstance(r, dict) else r for r in pictures)],
        **broken,
    }
    path = tmp_path_factory.mktemp("any") / "x.json"
    path.write_text(json.dumps(document))
    try:
        dataset = load(path)
    except CocoError:
        return
    save(path, dataset.document())
    again = load(path)
    assert {p.code for p in again.problems} <= MILD | {"annotation-id-repeated"}
    assert again.document() == dataset.document()


# --- writing


def test_what_is_written_is_what_was_read_and_pycocotools_reads_it(read, tmp_path, capsys):
    odd = {**SOUND, "categories": [{"id": 3, "name": "ü \ud83d \x1b[31m"}]}
    dataset = read(json.dumps(odd))
    save(tmp_path / "out.json", dataset.document())
    assert (tmp_path / "out.json").read_bytes().isascii()
    assert json.loads((tmp_path / "out.json").read_text()) == odd
    assert len(COCO(str(tmp_path / "out.json")).anns) == 2


def test_numpy_numbers_and_bytes_are_written_plainly(tmp_path):
    row = {"id": np.int64(5), "bbox": np.array([0.5, 1]), "segmentation": {"counts": b"abc"}}
    save(tmp_path / "out.json", {"annotations": [row], "images": [], "info": None})
    plain = {"id": 5, "bbox": [0.5, 1.0], "segmentation": {"counts": "abc"}}
    assert json.loads((tmp_path / "out.json").read_text()) == {"annotations": [plain], "images": [], "info": None}
    save(tmp_path / "out.json", {})
    assert json.loads((tmp_path / "out.json").read_text()) == {}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (math.nan, r"annotations\[1\]\.bbox\[0\]: no finite number"),
        (np.float32(math.inf), r"annotations\[1\].*: no finite number"),
        ({1, 2}, r"annotations\[1\]: cannot be written as JSON: set"),
    ],
)
def test_what_is_not_json_is_never_written(tmp_path, value, words):
    (tmp_path / "out.json").write_text("old")
    with pytest.raises(CocoError, match=words):
        save(tmp_path / "out.json", {"annotations": [{}, {"bbox": [value]}]})
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]
    assert (tmp_path / "out.json").read_text() == "old"


def test_a_data_set_can_be_made_by_hand():
    dataset = Dataset(Path("x.json"), None, None, [], [{"id": 1, "image_id": 4}], [])
    assert ids(dataset.annotations_of(4)) == [1]
    assert list(dataset.document()) == ["info", "licenses", "images", "annotations", "categories"]


# --- left and right


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("left_eye", "right_eye"),
        ("eye_left", "eye_right"),
        ("L_Eye", "R_Eye"),
        ("l_eye", "r_eye"),
        ("thumb_l", "thumb_r"),
        ("eyeL", "eyeR"),
        ("forelegL1", "forelegR1"),
        ("LEye", "REye"),
        ("lEye", "rEye"),
        ("leftEar", "rightEar"),
        ("LeftEar", "RightEar"),
        ("left ear", "right ear"),
        ("Left Shoulder", "Right Shoulder"),
        ("leftear", "rightear"),
        ("earleft", "earright"),
        ("LEFT-EAR", "RIGHT-EAR"),
        ("ear.left.2", "ear.right.2"),
        ("Ankle_Left ", "Ankle_Right"),
        ("left_eye_right_corner", "right_eye_left_corner"),
        ("left", "right"),
        ("L", "R"),
    ],
)
def test_left_finds_right(left, right):
    assert flip_pairs([{"id": 1, "keypoints": [left, "nose", right]}]) == {1: [(0, 2)]}
    assert flip_pairs([{"id": 1, "keypoints": [right, left]}]) == {1: [(0, 1)]}


@pytest.mark.parametrize(
    "names",
    [
        ["left_eye", "right_ear"],
        ["bright", "light"],
        ["left_eye", "left_eye", "right_eye"],
        ["1", "2"],
        ["nose", None, 3],
        ["", "_"],
        [],
        None,
        "left_eye",
        {"left": 1},
    ],
)
def test_names_that_tell_nothing_give_no_pairs(names):
    assert flip_pairs([{"id": 1, "keypoints": names}]) == {1: []}
    assert flip_pairs([{"id": 1}, {"name": "no id"}]) == {1: []}


@needs_real
@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "aic": 6, "animalkingdom": 8, "animalpose": 8, "ap10k": 7, "coco": 8, "coco_wholebody": 8, "crowdpose": 6,
        "deepfashion2": 0, "fly": 14, "horse10": 0, "jhmdb": 6, "macaque": 8, "ochuman": 8, "onehand10k": 0,
        "posetrack18": 7, "wflw": 0,
    }.items(),
)  # fmt: skip
def test_pairs_are_found_in_every_real_skeleton(name, expected):
    categories = json.loads((REAL / "keypoint-zoo" / name / "annotations.json").read_text())["categories"]
    for pairs in flip_pairs(categories).values():
        assert len(pairs) == expected
        assert len({k for pair in pairs for k in pair}) == 2 * expected


# --- real files

FINDINGS = {
    "json-only/taco_annotations.json": {"annotation-id-repeated"},
    "keypoint-zoo/animalkingdom/annotations.json": {"category-unknown"},
}
COCO_FILES = [
    *[f"coco-mini/{kind}_{part}2017.json" for kind in ("instances", "person_keypoints", "captions") for part in ("train", "val")],
    "coco-panoptic/detection_format_rle.json",
    *[f"hieratic-dense/{part}/annotations.json" for part in ("train", "val", "test")],
    *[f"json-only/{name}.json" for name in ("taco_annotations", "lvis_val_100", "cvat_masks_all_iscrowd")],
    *[f"keypoint-zoo/{name}/annotations.json" for name in ("coco", "animalkingdom", "ochuman", "wflw", "posetrack18", "jhmdb")],
    "publaynet-pages/annotations.json",
    "screws-exif/annotations.json",
    "spacenet-16bit/annotations.json",
]


@needs_real
@pytest.mark.parametrize("name", COCO_FILES)
def test_real_files_come_through_untouched(name, tmp_path):
    dataset = load(REAL / name)
    assert set(codes(dataset)) == FINDINGS.get(name, set())
    if "category-unknown" in codes(dataset):
        return
    save(tmp_path / "out.json", dataset.document())
    assert json.loads((tmp_path / "out.json").read_text()) == json.loads((REAL / name).read_text())
