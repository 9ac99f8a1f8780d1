"""A pipeline where torchvision's transforms stand."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pytest

import geoaug as A
from tests import vision
from tests.conftest import FIXTURES

torchvision = vision.torchvision()
import torch  # noqa: E402  where torchvision is
from torchvision import tv_tensors  # noqa: E402
from torchvision.transforms import v2  # noqa: E402

from geoaug.torch import V2Transform  # noqa: E402

PIL = pytest.importorskip("PIL.Image", reason="needs Pillow")
FLIP = A.Compose([A.HorizontalFlip(p=1)])
SIZE = (60, 80)


def boxes(rows=((10, 10, 30, 40), (50, 5, 70, 25)), kind="XYXY", dtype=torch.float32):
    corners = tv_tensors.BoundingBoxes(rows, format="XYXY", canvas_size=SIZE, dtype=dtype)
    return v2.functional.convert_bounding_box_format(corners, new_format=kind)


def sample(kind="XYXY"):
    rng = torch.Generator().manual_seed(1)
    masks = torch.zeros(2, *SIZE, dtype=torch.uint8)
    masks[0, 10:40, 10:30] = masks[1, 5:25, 50:70] = 1
    target = {
        "boxes": boxes(kind=kind),
        "masks": tv_tensors.Mask(masks),
        "labels": torch.tensor([3, 4]),
        "keypoints": tv_tensors.KeyPoints(torch.tensor([[[12.0, 11.5], [20, 30]], [[51, 6], [69, 24]]]), canvas_size=SIZE),
        "area": torch.tensor([600.0, 400.0]),
        "image_id": 9,
    }
    return tv_tensors.Image(torch.randint(0, 256, (3, *SIZE), dtype=torch.uint8, generator=rng)), target


def same(one, other):
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype
        assert torch.equal(one.as_subclass(torch.Tensor), other.as_subclass(torch.Tensor))
        for name in ("canvas_size", "format"):
            assert getattr(one, name, None) == getattr(other, name, None)
    else:
        assert one == other


@pytest.mark.parametrize("kind", ["XYXY", "XYWH", "CXCYWH"])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([A.HorizontalFlip(p=1)], v2.RandomHorizontalFlip(p=1)),
        ([A.VerticalFlip(p=1)], v2.RandomVerticalFlip(p=1)),
        ([A.Crop(0, 0, 75, 50)], v2.Lambda(lambda part: v2.functional.crop(part, 0, 0, 50, 75), tv_tensors.TVTensor)),
        ([A.Pad(7)], v2.Pad(7)),
    ],
    ids=["flip", "upside down", "crop", "pad"],
)
def test_exact_transforms_give_what_torchvision_gives(kind, ours, theirs):
    image, target = V2Transform(A.Compose(ours))(*sample(kind))
    expected, told = theirs(*sample(kind))
    same(image, expected)
    assert list(target) == list(told)
    for name in target:
        same(target[name], told[name])


def test_everything_stays_on_the_pixels_that_it_belongs_to():
    place, radius = (33.0, 21.0), 6.0
    ys, xs = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    disc = np.hypot(xs - place[0], ys - place[1]) < radius
    image = tv_tensors.Image(torch.from_numpy(disc[None].astype(np.uint8) * 255))
    target = {
        "boxes": boxes([[place[0] - radius, place[1] - radius, place[0] + radius, place[1] + radius]], "CXCYWH"),
        "mask": tv_tensors.Mask(torch.from_numpy(disc.astype(np.uint8))),
        "keypoints": tv_tensors.KeyPoints([[place[0] - 0.5, place[1] - 0.5]], canvas_size=SIZE),
    }
    out, moved = V2Transform(A.Compose([A.Affine(rotate=(20, 20), scale=(1.5, 1.5), p=1), A.Resize(90, 100)]))(image, target)
    assert out.shape == (1, 90, 100)
    assert moved["boxes"].canvas_size == moved["keypoints"].canvas_size == (90, 100)
    rows, columns = np.nonzero(out[0].numpy() > 127)
    centre = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
    assert np.abs(moved["keypoints"].numpy()[0] + 0.5 - centre).max() < 0.3
    assert np.abs(moved["boxes"].numpy()[0, :2] - centre).max() < 0.3
    rows, columns = np.nonzero(moved["mask"].numpy())
    assert np.abs(np.array([columns.mean() + 0.5, rows.mean() + 0.5]) - centre).max() < 0.3


def test_a_box_that_leaves_goes_with_its_label_mask_points_and_area():
    _, target = V2Transform(A.Compose([A.Crop(0, 0, 45, 60)]))(*sample())
    assert target["boxes"].tolist() == [[10, 10, 30, 40]]
    assert target["labels"].tolist() == [3]
    assert target["masks"].shape == (1, 60, 45)
    assert target["keypoints"].shape == (1, 2, 2)
    assert target["area"].tolist() == [600]
    _, target = V2Transform(A.Compose([A.Crop(60, 0, 80, 60)]))(*sample())
    assert target["area"].tolist() == [200]
    thresholds = A.Compose([A.Crop(20, 0, 80, 60)], bbox_params=A.BboxParams("coco", label_fields=["x"], min_visibility=0.6))
    assert V2Transform(thresholds)(*sample())[1]["labels"].tolist() == [4]
    _, nothing = V2Transform(A.Compose([A.Crop(0, 45, 9, 60)]))(*sample())
    assert {name: len(nothing[name]) for name in ("boxes", "labels", "masks", "keypoints", "area")} == dict.fromkeys(nothing.keys() - {"image_id"}, 0)


def test_left_and_right_key_points_trade_places_where_the_pipeline_knows_them():
    image, target = sample()
    _, moved = V2Transform(A.Compose([A.HorizontalFlip(p=1)], flip_pairs=[(0, 1)]))(image, target)
    _, plain = V2Transform(FLIP)(image, target)
    assert torch.equal(moved["keypoints"], plain["keypoints"].flip(1))


def test_pil_pictures_stay_pil_and_what_pil_cannot_hold_becomes_an_image():
    for mode in ("L", "RGB", "RGBA"):
        picture = PIL.fromarray(np.arange(4800, dtype=np.uint32).astype(np.uint8).reshape(60, 80)).convert(mode)
        out = V2Transform(FLIP)(picture)
        assert out.mode == mode
        assert np.array_equal(np.asarray(out), np.asarray(picture)[:, ::-1])
    for last in ([A.Normalize()], [A.Normalize(), A.ToCHW()], [A.Normalize(), A.ToTensorV2()]):
        out = V2Transform(A.Compose(last))(PIL.new("RGB", (80, 60)))
        assert type(out) is tv_tensors.Image
        assert (out.dtype, tuple(out.shape)) == (torch.float32, (3, 60, 80))
    bare = V2Transform(FLIP)(torch.arange(12.0).reshape(1, 3, 4))
    assert type(bare) is torch.Tensor
    assert torch.equal(bare, torch.arange(12.0).reshape(1, 3, 4).flip(2))


def test_it_stands_among_torchvision_s_own_transforms():
    chain = v2.Compose([v2.ToImage(), V2Transform(A.Compose([A.Rotate(p=1), A.Resize(32, 32)])), v2.ToDtype(torch.float32, scale=True)])
    image, target = chain(PIL.new("RGB", (80, 60), (255, 0, 0)), {"boxes": boxes(dtype=torch.int64), "labels": [1, 2]})
    assert type(image) is tv_tensors.Image
    assert image.max() == 1
    assert target["boxes"].dtype == torch.int64
    assert target["labels"] == [1, 2]
    nest = {"deep": [sample()[0]], "mask": tv_tensors.Mask(sample()[1]["masks"][0]), "text": "x"}
    assert V2Transform(FLIP)(nest)["text"] == "x"


def test_coco_detection_gives_pil_pictures_and_annotations_to_it():
    transform = V2Transform(A.Compose([A.HorizontalFlip(p=1), A.Resize(50, 60)], flip_pairs={}))
    with_none = torchvision.datasets.CocoDetection(FIXTURES / "images", FIXTURES / "annotations.json")
    for (picture, rows), (image, moved) in zip(
        with_none, torchvision.datasets.CocoDetection(FIXTURES / "images", FIXTURES / "annotations.json", transforms=transform), strict=True
    ):
        assert image.size == (60, 50)
        assert image.mode == picture.mode
        assert [row["id"] for row in moved] == [row["id"] for row in rows]
        for row, old in zip(moved, rows, strict=True):
            x, _, width, _ = old["bbox"]
            assert row["bbox"][0] == pytest.approx((picture.width - x - width) * 60 / picture.width, abs=0.6)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools' own
def test_wrapped_data_sets_bring_tensors_and_pictures_without_annotations():
    keys = {"boxes", "labels", "masks", "image_id", "area", "iscrowd"}
    transform = V2Transform(A.Compose([A.HorizontalFlip(p=1), A.RandomCrop(90, 90, p=1)]))
    plain, other = (torchvision.datasets.CocoDetection(FIXTURES / "images", FIXTURES / "annotations.json", transforms=transform) for _ in range(2))
    for image, target in torchvision.datasets.wrap_dataset_for_transforms_v2(plain, target_keys=keys):
        assert image.size == (90, 90)
        if "boxes" in target:
            assert target["boxes"].canvas_size == (90, 90)
            assert len({len(target[name]) for name in ("boxes", "labels", "masks", "area", "iscrowd")}) == 1
            shown = target["masks"].flatten(1).sum(1)
            assert target["area"] == shown.tolist()
    stale = torchvision.datasets.wrap_dataset_for_transforms_v2(other, target_keys="all")
    with pytest.raises(A.DataTypeError, match=r"\[1\]\['bbox'\] would be left behind .* target_keys"):
        stale[0]


def test_seeds_hold_and_it_goes_into_workers():
    draws = [V2Transform(A.Compose([A.Rotate((-90, 90), p=1)], seed=3))(sample()[0]) for _ in range(2)]
    assert torch.equal(*draws)
    stream = V2Transform(A.Compose([A.Rotate((-90, 90), p=1)]))
    assert not torch.equal(stream(sample()[0]), stream(sample()[0]))
    again = pickle.loads(pickle.dumps(V2Transform(FLIP)))
    assert torch.equal(again(sample()[0]), V2Transform(FLIP)(sample()[0]))


@pytest.mark.parametrize(
    ("given", "kind", "told"),
    [
        (lambda i, t: (i, {**t, "labels": torch.tensor([1])}), A.DataError, r"\[1\]\['labels'\] has 1 entries, but there are 2 boxes"),
        (lambda i, t: (i, {**t, "masks": t["masks"][:1]}), A.DataError, r"\[1\]\['masks'\] has 1 entries, but there are 2 boxes"),
        (lambda i, t: (i, {**t, "area": 5}), A.DataError, r"\[1\]\['area'\] is 5, but there are 2 boxes"),
        (lambda i, t: (i, {"a": t["boxes"], "b": t["boxes"]}), A.CallError, "expected one collection a sample"),
        (lambda i, t: (i[:, :30], t), A.DataError, r"\['boxes'\]: its canvas_size is \(60, 80\), the picture is 30 x 80"),
        (lambda i, t: (tv_tensors.Video(i[None]),), A.DataTypeError, "a Video; pass its frames to the pipeline itself, as images="),
        (lambda i, t: ("text", 3), A.CallError, "no picture: expected one of PIL"),
        (lambda i, t: (i[None],), A.DataError, "transforms come before batches"),
        (lambda i, t: (PIL.new("P", (4, 4)),), A.DataError, r"mode 'P': .* call convert\('RGB'\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_moved_is_named(given, kind, told):
    with pytest.raises(kind, match=told):
        V2Transform(FLIP)(*given(*sample()))


def test_boxes_with_an_angle_are_sent_where_they_are_understood():
    turned = tv_tensors.BoundingBoxes([[10.0, 10, 5, 6, 30]], format="CXCYWHR", canvas_size=SIZE)
    with pytest.raises(A.DataTypeError, match=r"CXCYWHR: boxes with an angle .* BboxParams\('oriented'\)"):
        V2Transform(FLIP)(sample()[0], {"boxes": turned})
    with pytest.raises(A.ParameterError, match="expected a geoaug Compose"):
        V2Transform(A.HorizontalFlip())


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_torchvision_part_of_the_page_on_training_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    page = (FIXTURES.parents[1] / "docs" / "training.md").read_text(encoding="utf-8")
    for block in re.findall(r"```py(?:thon)?\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "training.md", "exec"), names)
