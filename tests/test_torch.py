"""What a PyTorch user gets: samples as torchvision's detection models take them, and batches of them."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
from pycocotools.coco import COCO

import geoaug as A
from geoaug import files
from geoaug.coco import dataset as coco
from geoaug.coco import panoptic
from geoaug.targets.annotations import Annotations
from tests.conftest import FIXTURES

torch = pytest.importorskip("torch", reason="needs PyTorch")

from geoaug.torch import CocoDataset, collate  # noqa: E402  where PyTorch is
from geoaug.torch.packed import Table  # noqa: E402

FILE, FOLDER = FIXTURES / "annotations.json", FIXTURES / "images"
SQUARE = [[10, 10, 30, 10, 30, 40, 10, 40]]


def shapes(pipeline=None, target="detection", **settings):
    return CocoDataset(FILE, FOLDER, pipeline, target, **settings)


def opened(name):
    """Returns: A picture of the fixtures, grey ones with three channels."""
    pixels = files.read_image(FOLDER / name).pixels
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels


def made(tmp_path, rows, pictures=1, size=(60, 80), categories=({"id": 1, "name": "a"}, {"id": 2, "name": "b"}), **settings):
    """Returns: A data set of plain pictures, of which the first one has all annotations."""
    height, width = size
    images = [{"id": 7 + k, "file_name": f"{k}.png", "width": width, "height": height} for k in range(pictures)]
    for k, image in enumerate(images):
        files.write_image(tmp_path / image["file_name"], np.full((*size, 3), 10 * k, np.uint8), "png")
    filled = [{"id": k + 1, "image_id": 7, "category_id": 1, "iscrowd": 0, **row} for k, row in enumerate(rows)]
    (tmp_path / "a.json").write_text(json.dumps({"images": images, "annotations": filled, "categories": list(categories)}))
    return CocoDataset(tmp_path / "a.json", tmp_path, **settings)


# --- targets ---------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools' own
def test_without_a_pipeline_a_sample_is_what_the_file_says():
    reference = COCO(str(FILE))
    dataset = shapes(target="instance")
    assert len(dataset) == len(reference.imgs)
    for image, target in dataset:
        rows = reference.loadAnns(reference.getAnnIds(target["image_id"]))
        pixels = opened(reference.imgs[target["image_id"]]["file_name"])
        assert torch.equal(image, torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32) / 255))
        boxes = np.array([row["bbox"] for row in rows], np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        assert np.allclose(target["boxes"].numpy(), boxes, atol=1e-3)
        assert target["labels"].tolist() == [row["category_id"] for row in rows]
        assert target["iscrowd"].tolist() == [row["iscrowd"] for row in rows]
        assert np.allclose(target["area"].numpy(), [row["area"] for row in rows])
        for mask, row in zip(target["masks"].numpy(), rows, strict=True):
            expected = reference.annToMask(row)
            assert (mask & expected).sum() > 0.9 * (mask | expected).sum()


@pytest.mark.parametrize("target", ["detection", "instance", "keypoints"])
def test_targets_have_the_types_that_detection_models_take(target):
    kinds = {"boxes": torch.float32, "labels": torch.int64, "area": torch.float32, "iscrowd": torch.int64}
    kinds |= {"masks": torch.uint8} if target == "instance" else {"keypoints": torch.float32} if target == "keypoints" else {}
    dataset = shapes(A.Compose([A.RandomResizedCrop((100, 120), p=1), A.HorizontalFlip()]), target)
    for image, found in dataset:
        count = len(found["labels"])
        assert image.dtype == torch.float32
        assert image.shape == (3, 100, 120)
        assert image.is_contiguous()
        assert 0 <= image.min() <= image.max() <= 1
        assert {name: value.dtype for name, value in found.items() if name != "image_id"} == kinds
        assert found["boxes"].shape == (count, 4)
        assert (found["boxes"][:, 2:] > found["boxes"][:, :2]).all()
        if target == "instance":
            assert found["masks"].shape == (count, 100, 120)
            assert found["masks"].flatten(1).any(dim=1).all()
        if target == "keypoints":
            assert found["keypoints"].shape == (count, 17, 3)


def test_a_sample_is_what_a_call_of_the_pipeline_gives():
    augment = A.Compose([A.HorizontalFlip(), A.Affine(rotate=(-30, 30), scale=(0.7, 1.3), p=1), A.RandomBrightnessContrast(p=1)], seed=5)
    read = coco.load(FILE)
    boxes, masks, points = shapes(augment), shapes(augment, "instance"), shapes(augment, "keypoints")
    for index, image in enumerate(read.images):
        pixels = opened(image["file_name"])
        pairs = A.Compose(augment.transforms, seed=5, flip_pairs=coco.flip_pairs(read.categories))
        out = pairs(image=pixels, annotations=read.annotations_of(image["id"]), key=(3, index))
        rows = out["annotations"]
        for dataset in (boxes, masks, points):
            dataset.set_epoch(3)
            picture, target = dataset[index]
            assert torch.equal(picture, torch.from_numpy(out["image"].transpose(2, 0, 1).astype(np.float32) / 255))
            expected = np.array([row["bbox"] for row in rows], np.float64).reshape(-1, 4)
            expected[:, 2:] += expected[:, :2]
            assert np.allclose(target["boxes"].numpy(), expected, atol=1e-3)
            assert np.allclose(target["area"].numpy(), [row["area"] for row in rows])
        for mask, row in zip(masks[index][1]["masks"].numpy(), rows, strict=True):
            if isinstance(row["segmentation"], list):
                assert np.array_equal(mask, A.polygons_to_masks([row["segmentation"]], mask.shape)[0])
        for own, row in zip(points[index][1]["keypoints"].numpy(), rows, strict=True):
            given = np.array(row.get("keypoints") or np.zeros(51)).reshape(-1, 3)
            assert np.allclose(own, given, atol=1e-3)


PIPELINES = [
    [A.Affine(rotate=(-60, 60), scale=(0.5, 2), translate_percent=(-0.3, 0.3), p=1)],
    [A.RandomCrop(90, 90, p=1), A.Perspective(p=1)],
    [A.CoarseDropout(hole_height_range=(20, 60), hole_width_range=(20, 60), fill_mask=0, p=1)],
    [A.CoarseDropout(hole_height_range=(20, 60), hole_width_range=(20, 60), p=1), A.Rotate(p=0.5)],
    [A.ElasticTransform(alpha=60, sigma=8, p=1)],
    [A.NoOp()],
]


@pytest.mark.parametrize("nodes", PIPELINES, ids=lambda nodes: type(nodes[0]).__name__)
@pytest.mark.parametrize("params", [None, A.BboxParams("coco", min_visibility=0.3, min_area=50)], ids=["all", "thresholds"])
def test_annotations_in_arrays_leave_as_annotations_in_dicts_do(nodes, params):
    read = coco.load(FILE)
    groups = [[row for row in read.annotations_of(image["id"]) if isinstance(row["segmentation"], list)] for image in read.images]
    table = Table.of(groups, [True] * len(groups), [category["id"] for category in read.categories])
    pipeline = A.Compose(nodes, seed=1)
    for number, (image, rows) in enumerate(zip(read.images, groups, strict=True)):
        size = image["height"], image["width"]
        for key in range(6):
            plan = pipeline.draw(size, key)
            left, numbers = table.given(number, size).leave(plan, params, {})
            told, stayed = Annotations("annotations", rows, size).leave(plan, params, {})
            assert numbers == stayed == left.rows.tolist()
            boxes = np.array([row["bbox"] for row in told], np.float64).reshape(-1, 4)
            boxes[:, 2:] += boxes[:, :2]
            assert np.allclose(left.boxes, boxes, atol=1e-6)
            assert np.allclose(left.areas, [row["area"] for row in told], atol=1e-6)
            for shape, row in zip(left.shapes, told, strict=True):
                assert len(shape) == len(row["segmentation"])
                assert all(np.allclose(ring.reshape(-1), own, atol=1e-6) for ring, own in zip(shape, row["segmentation"], strict=True))


def test_pictures_without_annotations_are_kept_and_crowds_are_told_or_left_out(tmp_path):
    crowd = {"segmentation": {"size": [60, 80], "counts": [100, 300, 4400]}, "iscrowd": 1, "bbox": [1, 0, 6, 60], "area": 300}
    dataset = made(tmp_path, [crowd, {"segmentation": SQUARE, "category_id": 2}], pictures=2, target="instance")
    assert dataset[0][1]["iscrowd"].tolist() == [1, 0]
    assert dataset[0][1]["masks"].sum(dim=(1, 2)).tolist() == [300, 600]
    bare = dataset[1][1]
    assert {name: tuple(bare[name].shape) for name in ("boxes", "labels", "masks")} == {"boxes": (0, 4), "labels": (0,), "masks": (0, 60, 80)}
    alone = CocoDataset(tmp_path / "a.json", tmp_path, target="instance", crowds=False)
    assert alone[0][1]["labels"].tolist() == [2]


def test_a_box_alone_fills_its_box(tmp_path):
    rows = [{"bbox": [10, 5, 20, 30]}]
    _, target = made(tmp_path, rows, target="instance", pipeline=A.Compose([A.HorizontalFlip(p=1)]))[0]
    assert target["boxes"].tolist() == [[50, 5, 70, 35]]
    assert target["masks"].sum() == target["area"][0] == 600


def test_what_has_no_pixel_in_the_output_is_no_instance_there(tmp_path):
    sliver = [[79.6, 10, 80, 10, 80, 40, 79.6, 40]]
    assert made(tmp_path, [{"segmentation": sliver}], target="instance")[0][1]["labels"].tolist() == []
    assert made(tmp_path, [{"segmentation": sliver}])[0][1]["labels"].tolist() == [1]
    thin = [[10, 10, 10.0000001, 10, 10.0000001, 40, 10, 40]]  # too thin for float32, and so for torchvision's models
    assert made(tmp_path, [{"segmentation": thin}])[0][1]["labels"].tolist() == []


def test_semantic_masks_have_small_things_on_top_and_fills_as_the_pipeline_says(tmp_path):
    small, large = [[20, 20, 30, 20, 30, 30, 20, 30]], [[0, 0, 80, 0, 80, 50, 0, 50]]
    rows = [{"segmentation": small, "category_id": 2}, {"segmentation": large, "category_id": 1}]
    _, mask = made(tmp_path, rows, target="semantic")[0]
    assert mask.dtype == torch.int64
    assert mask.shape == (60, 80)
    assert [int(mask[25, 25]), int(mask[5, 5]), int(mask[55, 5])] == [2, 1, 0]
    padded = A.Compose([A.PadIfNeeded(80, 80, border_mode=0, fill_mask=255, position="top_left")])
    _, mask = made(tmp_path, rows, target="semantic", pipeline=padded)[0]
    assert [int(mask[25, 25]), int(mask[5, 5]), int(mask[55, 5]), int(mask[70, 5])] == [2, 1, 0, 255]


def test_labels_are_ids_or_count_from_one_or_what_a_mapping_says(tmp_path):
    categories = ({"id": 0, "name": "zero"}, {"id": 30, "name": "thirty"})
    rows = [{"bbox": [1, 1, 9, 9], "category_id": 30}, {"bbox": [1, 1, 9, 9], "category_id": 0}]
    with pytest.raises(A.ParameterError, match=r"category 0, which is background .* labels='contiguous'"):
        made(tmp_path, rows, categories=categories)
    assert made(tmp_path, rows, categories=categories, labels="contiguous")[0][1]["labels"].tolist() == [2, 1]
    assert made(tmp_path, rows, categories=categories, labels={0: 5, 30: 6})[0][1]["labels"].tolist() == [6, 5]
    with pytest.raises(A.ParameterError, match="no number for category_id 30"):
        made(tmp_path, rows, categories=categories, labels={0: 5})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"target": "boxes"}, "target='boxes': expected 'detection', 'instance'"),
        ({"on_error": "ignore"}, "on_error='ignore': expected 'raise' or 'skip'"),
        ({"channels": 2}, "channels=2: expected 3, 1 or None"),
        ({"labels": "names"}, "labels='names': expected 'ids', 'contiguous'"),
        ({"pipeline": A.HorizontalFlip()}, "expected a geoaug Compose, or None"),
        ({"pipeline": A.Compose([A.Mosaic()])}, "Mosaic needs mosaic_metadata=… with every call"),
        ({"seed": -1}, "seed=-1: expected a whole number"),
    ],
)
def test_wrong_arguments_are_refused_before_any_picture_is_read(wrong, told):
    with pytest.raises(A.ParameterError, match=told):
        shapes(**wrong)


def test_records_that_cannot_be_used_are_counted_and_named(tmp_path):
    with pytest.warns(UserWarning, match=r"a.json: records that cannot be used are left out \(1 x bbox-degenerate\)"):
        dataset = made(tmp_path, [{"bbox": [1, 1, 0, 9]}, {"bbox": [1, 1, 9, 9]}])
    assert len(dataset[0][1]["labels"]) == 1
    assert [problem.code for problem in dataset.problems] == ["bbox-degenerate"]


def panoptic_files(folder):
    """Write a panoptic file of two pictures, the second one without an entry."""
    ids = np.zeros((60, 80), np.int32)
    ids[:, :40], ids[10:30, 50:70], ids[40:, 60:] = 700, 5, 9
    (folder / "a").mkdir()
    files.write_image(folder / "a" / "0.png", panoptic.colours_of(ids), "png")
    for k in range(2):
        files.write_image(folder / f"{k}.png", np.zeros((60, 80, 3), np.uint8), "png")
    infos = [{"id": 700, "category_id": 2, "iscrowd": 0}, {"id": 5, "category_id": 1, "iscrowd": 0}, {"id": 9, "category_id": 1, "iscrowd": 1}]
    images = [{"id": 7 + k, "file_name": f"{k}.png", "width": 80, "height": 60} for k in range(2)]
    categories = [{"id": 1, "name": "thing", "isthing": 1}, {"id": 2, "name": "stuff", "isthing": 0}]
    entry = {"image_id": 7, "file_name": "0.png", "segments_info": infos}
    (folder / "a.json").write_text(json.dumps({"images": images, "annotations": [entry], "categories": categories}))
    return ids


def test_panoptic_targets_are_a_map_of_ids_and_what_each_segment_is(tmp_path):
    ids = panoptic_files(tmp_path)
    dataset = CocoDataset(tmp_path / "a.json", tmp_path, target="panoptic")
    _, target = dataset[0]
    assert np.array_equal(target["ids"].numpy(), ids)
    assert (target["segment_ids"].tolist(), target["labels"].tolist(), target["iscrowd"].tolist()) == ([700, 5, 9], [2, 1, 1], [0, 0, 1])
    assert target["boxes"][1].tolist() == [50, 10, 70, 30]
    assert target["area"].tolist() == [2400, 400, 400]
    _, bare = dataset[1]
    assert (bare["ids"].any(), tuple(bare["boxes"].shape)) == (False, (0, 4))
    turned = A.Compose([A.HorizontalFlip(p=1), A.Crop(0, 0, 50, 60), A.PadIfNeeded(70, 70, border_mode=0, fill_mask=5)])
    alone = CocoDataset(tmp_path / "a.json", tmp_path, turned, "panoptic", crowds=False)
    _, target = alone[0]
    assert target["ids"].shape == (70, 70)
    assert (target["segment_ids"].tolist(), target["area"].tolist()) == ([700, 5], [600, 400])
    (tmp_path / "a" / "0.png").unlink()
    with pytest.raises(A.DataError, match=r"file '0.png' of image 7 .*'0.png': .*is not in"):
        dataset[0]


def test_captions_are_nowhere_and_are_left_out_and_counted(tmp_path):
    document = {"images": [{"id": 1, "file_name": "0.png"}], "annotations": [{"id": 1, "image_id": 1, "caption": "a thing"}]}
    files.write_image(tmp_path / "0.png", np.zeros((9, 9, 3), np.uint8), "png")
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.warns(UserWarning, match="1 x nowhere: neither bbox nor segmentation"):
        dataset = CocoDataset(tmp_path / "a.json", tmp_path)
    assert len(dataset[0][1]["labels"]) == 0


# --- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("channels", "expected"), [(3, 3), (1, 1), (None, None)])
def test_grey_transparent_and_deep_pictures_come_with_the_channels_asked_for(tmp_path, channels, expected):
    kinds = {"grey": np.full((60, 80), 51, np.uint8), "alpha": np.full((60, 80, 4), 51, np.uint8), "deep": np.full((60, 80, 3), 51 * 257, np.uint16)}
    dataset = made(tmp_path, [], pictures=3, channels=channels)
    for k, pixels in enumerate(kinds.values()):
        files.write_image(tmp_path / f"{k}.png", pixels, "png")
        image, _ = dataset[k]
        assert len(image) == (expected or (1 if pixels.ndim == 2 else pixels.shape[2]))
        assert torch.allclose(image, torch.tensor(0.2), atol=1e-6)


def test_a_pipeline_may_normalise_and_make_tensors_itself():
    nodes = [A.RandomCrop(100, 100, p=1), A.Normalize()]
    plain, whole = shapes(A.Compose(nodes, seed=1), "semantic"), shapes(A.Compose([*nodes, A.ToTensorV2()], seed=1), "semantic")
    for (one, mask), (other, own) in zip(plain, whole, strict=True):
        assert not 0 <= one.min() <= one.max() <= 1
        assert torch.equal(one, other)
        assert torch.equal(mask, own)
    eight, other = shapes(A.Compose([A.ToTensorV2()]))[0][0], shapes()[0][0]
    assert torch.equal(eight, other)


def test_a_pipeline_that_does_not_apply_leaves_all_as_it_is():
    for target in ("instance", "keypoints"):
        for (image, given), (other, own) in zip(shapes(target=target), shapes(A.Compose([A.HorizontalFlip(p=1)], p=0), target), strict=True):
            assert torch.equal(image, other)
            assert all(torch.equal(given[name], own[name]) for name in given if name != "image_id")


# --- epochs ----------------------------------------------------------------------------------------------------------


def drawn(dataset, *epochs):
    found = []
    for epoch in epochs:
        if epoch is not None:
            dataset.set_epoch(epoch)
        found.append([image.sum().item() for image, _ in dataset])
    return found


def test_a_seeded_data_set_draws_anew_in_each_epoch_and_the_same_in_each_run():
    augment = A.Compose([A.Rotate((-90, 90), p=1)])
    one, two = drawn(shapes(augment, seed=1), None, None), drawn(shapes(augment, seed=1), 0, 1)
    assert one == two
    assert not set(one[0]) & set(one[1])
    assert drawn(shapes(augment, seed=2), 0) != one[:1]
    assert drawn(shapes(A.Compose(augment.transforms, seed=1)), 1, 0) == two[::-1]
    assert drawn(shapes(augment), None) != drawn(shapes(augment), None)


def test_samples_do_not_depend_on_the_order_in_which_they_are_asked_for():
    dataset = shapes(A.Compose([A.Rotate((-90, 90), p=1)]), seed=1)
    dataset.set_epoch(4)
    straight = [dataset[k][0] for k in range(len(dataset))]
    for k in (5, 2, 2, -1, 0):
        assert torch.equal(dataset[k][0], straight[k])
    with pytest.raises(IndexError, match="the data set has"):
        dataset[len(dataset)]
    with pytest.raises(A.ParameterError, match="epoch=-1"):
        shapes().set_epoch(-1)


def test_ranks_of_a_distributed_sampler_share_an_epoch_among_them():
    dataset = shapes(A.Compose([A.Rotate((-90, 90), p=1)]), seed=1)
    whole = drawn(dataset, 2)[0]
    found = {}
    for rank in range(2):
        sampler = torch.utils.data.DistributedSampler(dataset, num_replicas=2, rank=rank)
        sampler.set_epoch(2)
        mine = CocoDataset(FILE, FOLDER, dataset.pipeline, seed=1)
        mine.set_epoch(2)
        order = list(sampler)
        found |= dict(zip(order, (image.sum().item() for image, _ in torch.utils.data.DataLoader(mine, None, sampler=sampler)), strict=True))
    assert [found[k] for k in range(len(dataset))] == whole


# --- bad input -------------------------------------------------------------------------------------------------------


def test_a_missing_picture_is_named_with_its_file_and_id(tmp_path):
    dataset = made(tmp_path, [], pictures=3)
    (tmp_path / "1.png").unlink()
    with pytest.raises(A.DataError, match=r"file '1.png' of image 8 \(index 1 of .*a.json\): is not in .*; on_error='skip' lets") as caught:
        list(dataset)
    assert type(caught.value)(str(caught.value)).args  # a loader makes it anew from its message alone


def test_other_pictures_stand_in_for_those_that_cannot_be_used(tmp_path):
    dataset = made(tmp_path, [], pictures=4, on_error="skip")
    (tmp_path / "1.png").unlink()
    (tmp_path / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert [target["image_id"] for _, target in dataset] == [7, 9, 9, 7]
    assert dataset.skipped == {8: 1, 10: 1}
    assert pickle.loads(pickle.dumps(dataset)).skipped == {8: 1, 10: 1}
    for name in ("0.png", "2.png"):
        (tmp_path / name).unlink()
    with pytest.raises(A.DataError, match="none of its 4 pictures can be used"):
        dataset[0]


def test_a_crop_larger_than_a_picture_names_the_picture():
    with pytest.raises(A.DataError, match=r"file '.*' of image 101 .*crop"):
        shapes(A.Compose([A.RandomCrop(1000, 1000, p=1)]))[0]


# --- batches ---------------------------------------------------------------------------------------------------------


def test_a_batch_for_detection_models_is_two_lists():
    images, targets = next(iter(torch.utils.data.DataLoader(shapes(), batch_size=4, collate_fn=collate)))
    assert [type(images), type(targets)] == [list, list]
    assert [target["image_id"] for target in targets] == [image["id"] for image in coco.load(FILE).images[:4]]


def test_a_batch_of_masks_is_two_tensors():
    dataset = shapes(A.Compose([A.LetterBox(128)]), "semantic")
    images, masks = next(iter(torch.utils.data.DataLoader(dataset, batch_size=4, collate_fn=collate)))
    assert [images.shape, masks.shape] == [(4, 3, 128, 128), (4, 128, 128)]
    assert collate([shapes(A.Compose([A.Resize(9, 9)]))[k] for k in range(2)], stack=True)[0].shape == (2, 3, 9, 9)


def test_a_batch_of_unequal_sizes_says_what_to_add_to_the_pipeline():
    samples = list(shapes(target="semantic"))
    with pytest.raises(A.DataError, match=r"240 x 320 and 240 x 240 \(height x width\) in one batch: .* Resize\(height, width\), LetterBox"):
        collate(samples)
    with pytest.raises(A.DataError, match="pictures of 3 and 1 channels in one batch; pass channels=3"):
        collate([(torch.zeros(3, 4, 4), {}), (torch.zeros(1, 4, 4), {})], stack=True)


# --- what is loaded --------------------------------------------------------------------------------------------------


def test_pytorch_is_loaded_where_it_is_used_and_asked_for_by_name_where_it_is_not():
    code = (
        "import sys, geoaug.torch\n"
        "assert 'torch' not in sys.modules and 'geoaug.coco' not in sys.modules\n"
        "sys.modules['torch'] = None\n"
        "try: geoaug.torch.CocoDataset\n"
        "except geoaug.ParameterError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=FIXTURES.parents[1])
    assert done.stdout.strip() == 'CocoDataset needs PyTorch: pip install "geoaug[torch]"'
