"""The quick way of reading a COCO file and the exact one tell the same story."""

from __future__ import annotations

import copy
import json
import math
import pickle
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoaug.coco.dataset import load, read_document
from geoaug.coco.document import Oddities, parsed
from geoaug.coco.outline import a_character_a_byte, outlined
from geoaug.errors import CocoError

IMAGES = [{"id": k, "file_name": f"{k}.png", "width": 80, "height": 60} for k in (1, 2, 3)]
ROW = {
    "id": 1, "image_id": 1, "category_id": 3, "segmentation": [[10, 10, 30, 10, 10.5, 40.25]], "area": 300.5,
    "bbox": [10.0, 10, 20.5, 30], "iscrowd": 0,
}  # fmt: skip
SHAPES = [
    [[10, 10, 30, 10, 10.5, 40.25]],
    [[5, 5, 9, 5, 9, 9], [1, 1, 2, 1, 2, 2, 1, 1]],
    [5, 5, 9, 5, 9, 9],
    {"size": [60, 80], "counts": [0, 4800]},
    {"counts": "PPYo1", "size": [60, 80]},
    {"counts": "PP\\o\"]}", "size": [60, 80]},
    {"size": [60, 80], "counts": [4000]},
    {"size": [60, 80], "size2": [1], "counts": [61, 2, 4737]},
    {}, [], None, [[]], "abc", 5, [[1, 1, 5, 5]], [[1, 1, 5, 5, 9]], [[[1, 1], [5, 5], [9, 1]]], [["1", 1, 5, 5, 9, 9]],
    [["]]", 1], [2]], [[1, [2, 3], 4]], [[{}, [1]]], [[math.nan, 1, 5, 5, 9, 9]], [[1, math.inf, 5, 5, 9, 9]],
    [[10**400, 1, 5, 5, 9, 9]], [[1e9, 1, 5, 5, 9, 9]], [[True, 1, 5, 5, 9, 9]],
]  # fmt: skip
BOXES = [
    [10.0, 10, 20.5, 30], [10, 10, 0, 5], [9, 9, -5, 5], [-0.5, -0.25, 5, 5], [79.5, 59.5, 3, 3], [80, 0, 3, 3], [500, 500, 5, 5], [0, 0, 0.5, 0.25],
    [1e-3, 2, 3, 4], [1, 2, 3], None, "box", [math.nan, 0, 5, 5], [0, 0, 1e9, 5], [-5, 0, 5, 5], [-5, 0, 5.5, 5], [10**300, 0.5, 1, 5],
]  # fmt: skip
EXTRAS = {
    "note": ["plain", 'an \\"escaped\\" one', '"segmentation":[[1,2]]', '{"id":7}', "}, {", "ü \ud83d\ude00", "a: b", 'x":', "\x00", ": y"],
    "attributes": [
        {"occluded": False, "deep": {"a": [1, 2]}}, {"segmentation": [[1, 2, 3, 4, 5, 6]]}, {"scale": math.inf}, {}, {"x": 1, "y": [["z"]]},
    ],
    "keypoints": [[1, 2, 2, 0, 0, 0], [], None, [1, 2], [1, 2, "2"], [[1, 2, 2]], [1e300, 2, 2], [1, 2, math.nan], {"nose": 1}],
    "iscrowd": [0, 1, True, None, "1", 2, [1]],
    "area": [0, 3.25, 1e-7, 1e5, "wrong", None, math.nan, -0.0],
    "id": [2, 3, 4, 5, 6, 7, 8, 1, "9", 1.0, 2**63, -4, True, None, 900100581781],
    "image_id": [1, 2, 3, "2", 3.0, 99, None],
    "category_id": [3, "3", 4, None, 3.0],
    "parts": [[ROW], [{**ROW, "id": 99}]],
}  # fmt: skip
changed = st.fixed_dictionaries({}, optional={"segmentation": st.sampled_from(SHAPES), "bbox": st.sampled_from(BOXES)} | {
    key: st.sampled_from(values) for key, values in EXTRAS.items()
})  # fmt: skip
edits = st.lists(st.tuples(changed, st.sets(st.sampled_from([*ROW, "iscrowd", "area"]), max_size=1), st.booleans()), min_size=1, max_size=12)
forms = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, None, None, 1, "\t"]),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" ,", " : ")]),
        "ensure_ascii": st.booleans(),
    }
)
DAMAGES = [
    (r'"area": ?300.5', '"area":1e400'),
    (r'"area": ?300.5', '"area":007'),
    (r'"iscrowd": ?0', '"iscrowd":0,"iscrowd":1'),
    (r'"iscrowd": ?0', '"iscrowd" :0, "iscrowd": 0'),
    (r'"size": ?\[60', '"size":[1,1],"size":[60'),
    (r'"file_name"', '"id":7,"file_name"'),
    (r'"categories"', '"images":[],"categories"'),
    (r"\[10\.0, ?10", "[10., 10"),
    (r"\}\s*\]", "},]"),
    (r"20\.5", "20.5e0"),
    (r'"counts"', '"counts":[1],"counts"'),
    (r"$", "}"),
    (r"\}\s*$", ""),
]  # fmt: skip


def told(dataset):
    """All that a data set says; counts have no order."""
    rows = dataset.annotations
    counts = [sorted(counted.items()) for counted in (dataset.annotations_left_out, dataset.images_left_out)]
    return json.dumps([rows, dataset.document(), [problem.record() for problem in dataset.problems], counts])


def both(path, content):
    """The data set read the quick way and the exact one; an error where it is none."""
    path.write_bytes(content)
    return [read_or_told(read, path) for read in (load, exactly)]


def read_or_told(read, path):
    try:
        return read(path)
    except CocoError as error:
        return str(error)


def exactly(path):
    found = Oddities()
    return read_document(path, parsed(path, found), found)


def written(rows, form, encoding="utf-8", damage=None, images=IMAGES, **more):
    text = json.dumps({"info": {"a": 1}, "annotations": rows, "images": images, "categories": [{"id": 3, "name": "x"}], **more}, **form)
    if damage is not None:
        text = re.sub(damage[0], lambda _: damage[1], text, count=1)
    return text.encode(encoding, "surrogatepass")


@settings(max_examples=120, deadline=None)
@given(
    edits=edits,
    form=forms,
    encoding=st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    damage=st.none() | st.sampled_from(DAMAGES),
    alike=st.sampled_from([True, True, True, False]),
    order=st.randoms(use_true_random=False),
)
def test_the_quick_way_and_the_exact_one_give_the_same_data_set(tmp_path_factory, edits, form, encoding, damage, alike, order):
    rows = []
    for changes, gone, fresh in edits:
        row = {**ROW, **({"id": 100 + len(rows)} if fresh else {}), **changes}
        rows += [{key: value for key, value in row.items() if key not in gone}] + [{**ROW, "id": 200 + 3 * len(rows) + k} for k in range(2 * alike)]
    path = tmp_path_factory.mktemp("both") / "x.json"
    quick, exact = both(path, written(copy.deepcopy(rows), form, encoding, damage))
    if isinstance(exact, str) or isinstance(quick, str):
        assert quick == exact
        return
    ids = [image["id"] for image in quick.images]
    sound = {k: quick.packed(k).read()[0] for k in ids}
    links = [link for link in quick.links() if link[0] in ids]
    assert {k: [row for row in exact.annotations if row["image_id"] == k] for k in ids} == sound
    assert told(quick) == told(exact)
    assert list(quick.links()) == list(exact.links()) or len(links) >= len(exact.annotations)


REAL = Path(__file__).parents[2] / "shared/data/real"


@pytest.mark.skipif(not REAL.exists(), reason="the real data sets are not beside the repository")
@pytest.mark.parametrize(
    "name",
    ["coco-mini/instances_val2017", "coco-mini/captions_val2017", "coco-mini/person_keypoints_val2017", "coco-panoptic/detection_format_rle",
     "json-only/taco_annotations", "json-only/cvat_masks_all_iscrowd", "json-only/lvis_val_100", "hieratic-dense/val/annotations",
     "keypoint-zoo/animalkingdom/annotations", "spacenet-16bit/annotations"],
)  # fmt: skip
def test_real_files_are_read_quickly_and_tell_the_same(name):
    path = REAL / f"{name}.json"
    outline = outlined(a_character_a_byte(path.read_bytes()))
    assert len(outline.odd) < 0.3 * len(outline.alike) + 20
    assert told(load(path)) == told(exactly(path))


def plain(*rows, count=20):
    """A file of many sound rows, with some others in the middle."""
    many = [{**ROW, "id": 1000 + k} for k in range(count)]
    return [*many[: count // 2], *rows, *many[count // 2 :]]


@pytest.mark.parametrize(
    ("shape", "code"),
    [(SHAPES[6], "rle-invalid"), ([[]], "polygon-short"), ([[1, 1, 5, 5]], "polygon-short"), ([[1e9, 1, 5, 5, 9, 9]], "polygon-far")],
)
def test_a_bad_segmentation_is_named_when_it_is_used_and_in_its_place_in_the_end(tmp_path, shape, code):
    path = tmp_path / "x.json"
    path.write_bytes(written(plain({**ROW, "id": 7, "segmentation": shape}, {**ROW, "id": 8, "bbox": None, "segmentation": None}), {}))
    dataset = load(path)
    assert [problem.code for problem in dataset.found] == ["bbox-numbers"]
    packed = pickle.loads(pickle.dumps(dataset.packed(1)))
    assert len(dataset) == len(packed) == 21
    rows, problems = packed.read()
    assert len(rows) == 20
    assert [(problem.code, problem.annotation_id) for problem in problems] == [(code, 7)]
    assert [problem.code for problem in dataset.problems] == [code, "bbox-numbers"]
    assert dataset.annotations_left_out == {code: 1, "bbox-numbers": 1}
    assert len(dataset) == len(dataset.annotations) == len(dataset.packed(1)) == 20
    assert dataset.packed(2).read() == ([], [])


def test_a_segmentation_that_is_no_json_is_named(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(written(plain({**ROW, "id": 7, "segmentation": [[5, 55555, 6]]}), {}).replace(b"55555", b"5 5"))
    dataset = load(path)
    assert dataset.found == []
    assert len(dataset.annotations) == 20
    (problem,) = dataset.problems
    assert (problem.code, problem.annotation_id) == ("segmentation-json", 7)
    assert problem.message == "annotations[10].segmentation is not JSON: Expecting ',' delimiter"


def test_what_a_planner_needs_is_there_without_decoding(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(written(plain({**ROW, "id": 7, "image_id": 3, "iscrowd": 1}, {**ROW, "id": "8", "category_id": "3"}), {}))
    links = list(load(path).links())
    assert links == list(exactly(path).links())
    assert links[10:12] == [(3, 3, True), (1, 3, False)]


def test_a_list_is_put_in_place_without_decoding(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(written(plain(), {}))
    document = load(path).document(images=[1], annotations=[2])
    assert list(document) == ["info", "images", "annotations", "categories"]
    assert (document["images"], document["annotations"]) == ([1], [2])


def test_a_file_that_ends_behind_the_comma_of_a_row_is_told_to_be_cut(tmp_path):
    row = '{"id": %d, "image_id": 1, "category_id": 1, "bbox": [2, 2, 10, 9], "area": 45, "iscrowd": 0}, '
    text = '{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [' + "".join(row % k for k in range(1, 5))
    odd = row.replace('"iscrowd": 0', '"iscrowd": 0, "segmentation": [[2, 2, 12, 3, 9, 11]]') % 5
    for cut in (text, text + odd):
        (tmp_path / "a.json").write_text(cut)
        with pytest.raises(CocoError, match="not JSON"):
            load(tmp_path / "a.json")
