"""geoaug.hf: batches of dicts of lists in and out, as datasets hands them over and image processors take them."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

import geoaug as A
from geoaug.hf import InstanceSegmentation, ObjectDetection
from tests.conftest import FIXTURES

os.environ.setdefault("HF_HUB_OFFLINE", "1")
MIRROR = A.Compose([A.HorizontalFlip(p=1), A.Crop(0, 0, 100, 100)], bbox_params=A.BboxParams("coco", label_fields=["category"], min_area=25))


def picture(seed=0, channels=3):
    return np.random.default_rng(seed).integers(0, 256, (120, 160, channels)).astype(np.uint8)[..., slice(None) if channels > 1 else 0]


def batch(kind=lambda pixels: pixels):
    """Three records: one row leaves, one is cut, one has a third of it beyond the edge already, and one record has none."""
    objects = [
        {"bbox": [[0, 0, 50, 60], [100.0, 10, 40, 40], [50, 90, 20, 30]], "category": [1, 2, 3], "area": [3000.0, 1600.0, 600.0], "id": [10, 11, 12],
         "colour": ["red", "blue", None]},
        {"bbox": [], "category": [], "area": [], "id": [], "colour": []},
        {"bbox": [[150, 10, 15, 40]], "category": [2], "area": [600.0], "id": [1], "colour": ["green"]},
    ]  # fmt: skip
    return {"image": [kind(picture(k)) for k in range(3)], "image_id": [7, 8, 9], "width": [160] * 3, "height": [120] * 3, "objects": objects}


def of_dicts(objects):
    return [{name: values[k] for name, values in objects.items()} for k in range(len(objects["bbox"]))]


def test_objects_stay_row_by_row_with_boxes_and_areas_of_what_is_left():
    given = batch()
    out = ObjectDetection(MIRROR)(given)
    first, none, last = out["objects"]
    assert first == {"bbox": [[20.0, 10.0, 40.0, 40.0], [90.0, 90.0, 10.0, 10.0]], "category": [2, 3], "area": [1600.0, 100.0], "id": [11, 12],
                     "colour": ["blue", None]}  # fmt: skip
    assert none == {"bbox": [], "category": [], "area": [], "id": [], "colour": []}
    assert last["bbox"] == [[0.0, 10.0, 10.0, 40.0]]  # what hung over the edge was not in the picture
    assert (out["image"][0] == picture(0)[:100, ::-1][:, :100]).all()
    assert (out["image_id"], out["width"], out["height"]) == ([7, 8, 9], [100] * 3, [100] * 3)
    assert given["objects"] == batch()["objects"]


def test_lists_of_dicts_and_other_formats_of_boxes_come_back_as_they_came():
    given = batch()
    wanted = ObjectDetection(MIRROR)(given)["objects"]
    listed = ObjectDetection(MIRROR)({**given, "objects": [of_dicts(objects) for objects in given["objects"]]})["objects"]
    assert [[row["bbox"] for row in rows] for rows in listed] == [objects["bbox"] for objects in wanted]
    voc = [{**objects, "bbox": [[x, y, x + w, y + h] for x, y, w, h in objects["bbox"]]} for objects in given["objects"]]
    corners = ObjectDetection(MIRROR, box_format="pascal_voc")({**given, "objects": voc})["objects"]
    assert [[[x, y, u - x, v - y] for x, y, u, v in objects["bbox"]] for objects in corners] == [objects["bbox"] for objects in wanted]


def test_annotations_of_coco_have_what_image_processors_look_for():
    out = ObjectDetection(MIRROR, output="coco")(batch())
    assert set(out) == {"images", "annotations"}
    assert [one["image_id"] for one in out["annotations"]] == [7, 8, 9]
    row = out["annotations"][0]["annotations"][0]
    assert {"image_id": 7, "category_id": 2, "iscrowd": 0, "area": 1600.0, "bbox": [20.0, 10.0, 40.0, 40.0]}.items() <= row.items()
    assert out["annotations"][1]["annotations"] == []
    bare = {name: value for name, value in batch().items() if name != "image_id"}
    bare["objects"] = [{name: objects[name] for name in ("bbox", "category")} for objects in bare["objects"]]
    counted = ObjectDetection(MIRROR, output="coco", image_id=None)(bare)["annotations"]
    assert [one["image_id"] for one in counted] == [0, 1, 2]
    assert [row["area"] for row in counted[0]["annotations"]] == [1600.0, 100.0]


def test_polygons_and_keypoints_of_objects_move_and_say_where_the_box_is():
    ring = [110.0, 20.0, 140.0, 20.0, 125.0, 60.0]
    objects = {"bbox": [[100, 10, 50, 60]], "category": [1], "segmentation": [[ring]], "keypoints": [[120, 30, 2, 130, 30, 2]], "iscrowd": [0]}
    given = {"image": [picture()], "image_id": [1], "objects": [objects]}
    pipeline = A.Compose([A.HorizontalFlip(p=1)], flip_pairs=[(0, 1)])
    row = ObjectDetection(pipeline, output="coco")(given)["annotations"][0]["annotations"][0]
    assert row["bbox"] == [20.0, 20.0, 30.0, 40.0]
    assert row["area"] == 600.0
    assert row["segmentation"] == [[50.0, 20.0, 20.0, 20.0, 35.0, 60.0]]
    assert row["keypoints"] == [29, 30, 2, 39, 30, 2]


def test_pil_images_of_any_mode_become_rgb_and_come_back_as_pil_images():
    images = pytest.importorskip("PIL.Image", reason="PIL is not here")
    grey, colour = picture(channels=1), picture()
    clear = np.dstack([colour, colour[..., 0]])
    deep = grey.astype(np.uint16) * 257
    given = {"L": grey, "RGB": colour, "RGBA": clear, "I;16": deep, "1": grey > 99}
    given = {mode: images.fromarray(pixels) for mode, pixels in given.items()} | {"P": images.fromarray(colour).quantize()}
    none = [{"bbox": [], "category": []}] * len(given)
    out = ObjectDetection(A.Compose([A.NoOp()]))({"image": list(given.values()), "objects": none})["image"]
    found = dict(zip(given, out, strict=True))
    assert {image.mode for image in out} == {"RGB"}
    for mode in ("L", "I;16"):
        assert (np.asarray(found[mode]) == grey[..., None]).all()
    for mode in ("RGB", "RGBA"):
        assert (np.asarray(found[mode]) == colour).all()


@pytest.mark.slow  # to import datasets takes seconds
def test_datasets_hands_records_over_and_takes_them_back():
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    images = pytest.importorskip("PIL.Image", reason="PIL is not here")
    given = batch(images.fromarray)
    whole_number, several = datasets.Value("int64"), datasets.Sequence
    objects = {"bbox": several(several(datasets.Value("float32"), length=4)), "category": several(whole_number),
               "area": several(datasets.Value("float32")), "id": several(whole_number), "colour": several(datasets.Value("string"))}  # fmt: skip
    features = {"image": datasets.Image(), **dict.fromkeys(("image_id", "width", "height"), whole_number), "objects": objects}
    whole = datasets.Dataset.from_dict(given, features=datasets.Features(features))
    wanted = ObjectDetection(MIRROR)(given)["objects"]
    augmented = whole.with_transform(ObjectDetection(MIRROR))
    assert augmented[0]["objects"] == wanted[0]
    assert augmented[0:3]["objects"] == wanted
    assert augmented[0]["image"].size == (100, 100)
    whole.set_transform(ObjectDetection(MIRROR, output="coco"))
    assert whole[2]["annotations"]["annotations"][0]["bbox"] == wanted[2]["bbox"][0]


@pytest.mark.slow
def test_detr_and_mask2former_take_what_comes_out():
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    pytest.importorskip("PIL", reason="PIL is not here")

    def processor(name, **settings):  # without torchvision, transformers 5 has them under another name
        return (getattr(transformers, f"{name}Pil", None) or getattr(transformers, name))(**settings)

    detr = ObjectDetection(MIRROR, processor("DetrImageProcessor", size={"height": 80, "width": 80}))
    out = detr(batch())
    assert tuple(out["pixel_values"].shape) == (3, 3, 80, 80)
    assert "pixel_mask" not in out
    assert [labels["class_labels"].tolist() for labels in out["labels"]] == [[2, 3], [], [2]]
    assert np.allclose(out["labels"][0]["boxes"], [[0.4, 0.3, 0.4, 0.4], [0.95, 0.95, 0.1, 0.1]])
    assert np.allclose(out["labels"][0]["area"], [1600 * 0.64, 100 * 0.64])
    made = InstanceSegmentation(MIRROR, processor("Mask2FormerImageProcessor", size={"height": 64, "width": 64}, ignore_index=0))(instances())
    assert tuple(made["pixel_values"][0].shape) == (3, 64, 64)
    assert made["class_labels"][0].tolist() == [5, 6]
    assert tuple(made["mask_labels"][0].shape) == (2, 64, 64)


def instances():
    """Two instances of 20 x 30, of the classes 5 and 6, in a picture without anything else."""
    labels = np.zeros((120, 160, 3), np.uint8)
    labels[10:30, 100:130, :2] = 5, 1
    labels[50:70, 100:130, :2] = 6, 2
    return {"image": [picture()], "annotation": [labels]}


def test_instances_move_and_keep_their_classes():
    out = InstanceSegmentation(MIRROR)(instances())
    assert out["instance_id_to_semantic_id"] == [{0: 0, 1: 5, 2: 6}]
    assert out["segmentation_maps"][0].dtype == np.int32
    assert (out["segmentation_maps"][0][10:30, 30:60] == 1).all()
    assert (out["images"][0] == picture()[:100, ::-1][:, :100]).all()
    gone = InstanceSegmentation(A.Compose([A.Crop(0, 0, 99, 99)]))(instances())
    assert gone["instance_id_to_semantic_id"] == [{0: 0}]


def test_keyed_draws_depend_on_the_epoch_and_the_id_alone():
    pipeline = A.Compose([A.Rotate((-90, 90), p=1)], seed=3)
    augment = ObjectDetection(pipeline, keyed=True)
    given = batch()
    backwards = {name: values[::-1] for name, values in given.items()}
    first = augment(given)["image"]
    again = pickle.loads(pickle.dumps(augment))(backwards)["image"][::-1]
    augment.set_epoch(1)
    later = augment(given)["image"]
    for one, other, next_one in zip(first, again, later, strict=True):
        assert (one == other).all()
        assert not (one == next_one).all()


def test_the_fixtures_of_this_project_go_through_a_processor_of_ones_own():
    from geoaug.coco.dataset import load

    dataset = load(FIXTURES / "annotations.json")
    records = [(record, dataset.annotations_of(record["id"])) for record in dataset.images]
    given = {
        "image": [A.files.read_image(FIXTURES / "images" / record["file_name"]).pixels for record, _ in records],
        "image_id": [record["id"] for record, _ in records],
        "objects": [[{"bbox": row["bbox"], "category": row["category_id"], "segmentation": row["segmentation"], "iscrowd": row["iscrowd"],
                      "area": row["area"], "id": row["id"]} for row in rows] for _, rows in records],
    }  # fmt: skip
    seen = []
    augment = ObjectDetection(A.Compose([A.Rotate((30, 30), p=1)]), lambda **data: seen.append(data) or {"pixel_mask": 0, "n": len(data["images"])})
    assert augment(given) == {"n": len(records)}
    assert sum(len(one["annotations"]) for one in seen[0]["annotations"]) > 5
    assert seen[0]["return_tensors"] == "pt"


@pytest.mark.parametrize(("change", "expected"), [
    ({"objects": [{"bbox": [[0, 0, 5, 5]], "category": [1, 2]}]}, r"image_id 7: objects: expected lists of one length, got \{'bbox': 1,"),
    ({"objects": [{"bbox": [[0, 0, 5, 5]]}]}, "has no 'category'"),
    ({"objects": [{"bbox": [[0, 0, 5]], "category": [1]}]}, r"image_id 7: objects\['bbox'\]\[0\]: expected four numbers"),
    ({"objects": [{"bbox": [[200, 0, 5, 5]], "category": [1]}]}, "lies outside of the picture of 160 x 120; drop_invalid=True"),
    ({"objects": [{"bbox": [[50, 50, 10, 0]], "category": [1]}]}, "a height of 0"),
    ({"objects": [{"bbox": [[50, float("nan"), 10, 5]], "category": [1]}]}, "is not finite"),
    ({"objects": [5]}, "expected a dict of lists, or a list of dicts, got 5"),
    ({"objects": []}, "'image' has 1 entries, 'objects' has 0"),
    ({"image": [None]}, "image_id 7: image: expected a PIL image or an array, got NoneType; did the file load"),
    ({"image": [{"path": "a.jpg", "bytes": None}]}, "cast_column"),
    ({"image": [np.zeros((9, 9, 5), np.uint8)]}, "1 to 4 channels, got shape"),
    ({"image": picture()}, "has 120 entries"),
    ({"image": "a.jpg"}, "wrap each value in a list"),
])  # fmt: skip
def test_records_that_cannot_be_used_are_named(change, expected):
    given = {"image": [picture()], "image_id": [7], "objects": [{"bbox": [], "category": []}], **change}
    with pytest.raises(A.errors.GeoaugError, match=expected):
        ObjectDetection(MIRROR)(given)


def test_boxes_that_cannot_be_used_are_left_out_on_request():
    objects = {"bbox": [[200, 0, 5, 5], [100, 10, 40, 40], [5, 5, 0, 1]], "category": [1, 2, 3]}
    out = ObjectDetection(MIRROR, drop_invalid=True)({"image": [picture()], "objects": [objects]})
    assert out["objects"][0]["category"] == [2]


def test_a_picture_file_that_is_cut_short_is_named(tmp_path):
    images = pytest.importorskip("PIL.Image", reason="PIL is not here")
    whole = (FIXTURES / "images" / "park.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    with images.open(tmp_path / "half.jpg") as half, pytest.raises(A.errors.DataError, match="image_id 4: image: cannot be read: .*truncated"):
        ObjectDetection(MIRROR)({"image": [half], "image_id": [4], "objects": [{"bbox": [], "category": []}]})


@pytest.mark.parametrize(("call", "expected"), [
    (lambda: ObjectDetection([A.HorizontalFlip()]), "expected a composition of geoaug"),
    (lambda: ObjectDetection(MIRROR, "detr"), "expected an image processor"),
    (lambda: ObjectDetection(MIRROR, output="detr"), "output='detr': expected one of 'records', 'coco'"),
    (lambda: ObjectDetection(MIRROR, box_format="yolo"), "box_format='yolo': expected one of"),
    (lambda: ObjectDetection(MIRROR, keyed=True, image_id=None), "keyed=True needs image_id"),
    (lambda: ObjectDetection(MIRROR)([1]), "expected a batch, a dict of lists"),
    (lambda: ObjectDetection(MIRROR, image="picture")(batch()), "no column 'picture', only .*; name it with image="),
    (lambda: ObjectDetection(MIRROR, output="coco")({"image": [], "objects": []}), "image_id=None does without"),
    (lambda: InstanceSegmentation(MIRROR)({"image": [picture()], "annotation": [picture(channels=1)]}), "class and instance of each pixel"),
    (lambda: InstanceSegmentation(MIRROR)({"image": [picture()], "annotation": [picture()[:9]]}), "annotation is 160 x 9, the picture 160 x 120"),
])  # fmt: skip
def test_what_cannot_be_used_at_all_is_refused(call, expected):
    with pytest.raises(A.errors.GeoaugError, match=expected):
        call()
