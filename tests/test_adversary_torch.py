"""What somebody found who tried to break the data set, the loader's targets and the audit."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.errors import DataError, ParameterError
from geoaug.testing import Inconsistent, assert_pipeline_consistent
from tests.test_torch import FILE, FOLDER, SQUARE, made, shapes, torch

SHAPE = {"bbox": [10, 10, 20, 30], "segmentation": SQUARE}


# --- the data set ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["detection", "instance", "semantic"])
def test_channels_that_the_pipeline_put_first_are_left_there(target):
    plain, first = (shapes(A.Compose([A.Normalize(), *last]), target)[0] for last in ([], [A.ToCHW()]))
    assert torch.equal(plain[0], first[0])
    if target == "semantic":
        assert torch.equal(plain[1], first[1])
    else:
        assert all(torch.equal(torch.as_tensor(plain[1][name]), torch.as_tensor(first[1][name])) for name in plain[1])


def test_a_pipeline_that_does_not_apply_puts_no_channels_first():
    assert torch.equal(shapes(A.Compose([A.ToCHW()], p=0))[0][0], shapes()[0][0])


@pytest.mark.parametrize("fill", [-1, -100, 300, 10**6])
def test_semantic_masks_hold_every_fill(tmp_path, fill):
    data = made(tmp_path, [SHAPE], pipeline=A.Compose([A.Affine(translate_px=(9, 9), fill_mask=fill, p=1)]), target="semantic")
    mask = data[0][1]
    assert mask.dtype == torch.int64
    assert mask.unique().tolist() == sorted([0, 1, fill])
    assert (mask[:9] == fill).all()
    assert (mask[9:, :9] == fill).all()
    assert (mask[9:, 9:] != fill).all()


class Mirror(A.DualTransform):
    """A transform in Albumentations' manner, which cannot move polygons."""

    def apply(self, img, **params):
        return np.ascontiguousarray(img[:, ::-1])


def _same(x, **params):
    return x


@pytest.mark.parametrize("own", [Mirror(p=0.5), A.Lambda(image=_same, mask=_same, p=0.5), A.OneOf([Mirror(p=1), A.NoOp()])])
def test_transforms_that_cannot_move_annotations_are_refused_at_once_and_not_skipped(own):
    with pytest.raises(ParameterError, match=r"pipeline: (Mirror|Lambda) .* cannot move annotations.*geoaug\.Transform"):
        shapes(A.Compose([own]), on_error="skip")
    assert len(shapes(A.Compose([A.Lambda(image=_same, p=1)]))[0][1]["boxes"])  # values alone


def _bools(image, **params):
    return image > 100


def _wide(image, **params):
    return image.astype(np.int64)


def test_pictures_of_odd_dtypes_are_shown_or_refused_and_never_black():
    for last in ([], [A.ToCHW()], [A.ToTensorV2()]):
        image = shapes(A.Compose([A.Lambda(image=_bools, p=1), *last]))[0][0]
        assert image.dtype == torch.float32
        assert set(image.unique().tolist()) == {0.0, 1.0}
    with pytest.raises(DataError, match="int64.*expected uint8, uint16 or floats"):
        shapes(A.Compose([A.Lambda(image=_wide, p=1)]))[0]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"labels": {**dict.fromkeys(range(99), 1), 1: "a"}}, "labels=.*category_id 1.*'a'.*whole number"),
        ({"labels": {**dict.fromkeys(range(99), 1), 1: 2**70}}, "labels=.*category_id 1.*64 bits"),
        ({"crowds": "no"}, "crowds='no': expected True or False"),
        ({"max_pixels": 0}, "max_pixels=0: expected a whole number of at least 1"),
        ({"max_pixels": "many"}, "max_pixels='many': expected a whole number of at least 1"),
        ({"annotations": {"images": []}}, "annotations=.*dict.*path"),
        ({"annotations": None}, "annotations=None.*path"),
        ({"pipeline": A.HorizontalFlip()}, r"pipeline=HorizontalFlip.*Compose\(\["),
        ({"pipeline": [A.HorizontalFlip()]}, r"pipeline=.*Compose\(\["),
    ],
)
def test_wrong_arguments_name_themselves(wrong, told):
    from geoaug.torch import CocoDataset

    with pytest.raises(ParameterError, match=told):
        CocoDataset(**{"annotations": FILE, "images": FOLDER, **wrong})


def test_ids_that_no_tensor_holds_are_refused_by_name(tmp_path):
    with pytest.raises(ParameterError, match=r"category_id 1180591620717411303424.*64 bits.*'contiguous'"):
        made(tmp_path, [{**SHAPE, "category_id": 2**70}], categories=[{"id": 2**70, "name": "a"}])
    data = made(tmp_path, [{**SHAPE, "category_id": 2**70}], categories=[{"id": 2**70, "name": "a"}], labels="contiguous")
    assert data[0][1]["labels"].tolist() == [1]


def test_an_epoch_beyond_64_bits_is_refused_by_name():
    with pytest.raises(ParameterError, match="epoch=9223372036854775808"):
        shapes().set_epoch(2**63)


# --- torchvision -----------------------------------------------------------------------------------------------------


@pytest.fixture
def tv():
    from tests import vision

    vision.torchvision()
    pytest.importorskip("PIL.Image", reason="needs Pillow")
    from torchvision import tv_tensors

    return tv_tensors


def moved(sample, *nodes):
    from geoaug.torch import V2Transform

    return V2Transform(A.Compose(list(nodes) or [A.HorizontalFlip(p=1)]))(*sample)


def picture(mode="RGB"):
    from PIL import Image

    return Image.new(mode, (80, 60))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.bool, torch.int64])
def test_no_masks_keep_their_dtype(tv, dtype):
    out = moved((picture(), {"masks": tv.Mask(torch.zeros(0, 60, 80, dtype=dtype))}), A.Resize(30, 40))[1]["masks"]
    assert out.shape == (0, 30, 40)
    assert out.dtype == dtype
    assert isinstance(out, tv.Mask)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("boxes", torch.tensor([[10.0, 20, 60, 50]]), r"tv_tensors\.BoundingBoxes\("),
        ("boxes", np.array([[10.0, 20, 60, 50]]), r"tv_tensors\.BoundingBoxes\("),
        ("boxes", [[10.0, 20, 60, 50]], r"tv_tensors\.BoundingBoxes\("),
        ("masks", torch.zeros(1, 60, 80, dtype=torch.uint8), r"tv_tensors\.Mask\("),
        ("mask", np.zeros((60, 80), np.uint8), r"tv_tensors\.Mask\("),
        ("mask", "L", r"tv_tensors\.Mask\("),
        ("keypoints", torch.zeros(1, 5, 2), r"tv_tensors\.KeyPoints\("),
    ],
)
def test_labels_that_nothing_would_move_are_refused_with_what_to_wrap_them_in(tv, name, value, told):
    value = picture(value) if isinstance(value, str) else value
    with pytest.raises(A.DataTypeError, match=rf"\['{name}'\].*{told}"):
        moved((picture(), {name: value}))
    moved((picture(), {name: value}), A.RandomBrightnessContrast(p=1))  # nothing moves


def test_a_palette_that_may_be_a_mask_is_not_to_be_made_rgb(tv):
    with pytest.raises(DataError, match=r"'P'.*tv_tensors\.Mask"):
        moved((picture(), picture("P")))


# --- the audit -------------------------------------------------------------------------------------------------------

SIZE = {"image": np.zeros((128, 160, 3), np.uint8)}  # at which one corner of a mask is a pixel
CALL = {"n": 1, "sample": SIZE, "targets": ("image", "mask", "bboxes"), "bbox_format": "pascal_voc", "label_fields": ["labels"]}


def grey_tensors(image, mask, bboxes, labels):
    """One channel, first."""
    return {"image": torch.from_numpy(image.mean(2).astype(np.uint8)[None]), "mask": torch.from_numpy(mask), "bboxes": bboxes, "labels": labels}


def four_times(image, mask, bboxes, labels):
    """Each pixel becomes 4 x 4."""
    large = {name: value.repeat(4, 0).repeat(4, 1) for name, value in (("image", image), ("mask", mask))}
    return {**large, "bboxes": [[4 * v for v in box] for box in bboxes], "labels": labels}


def four_times_smooth(image, mask, bboxes, labels):
    """The same, interpolated, masks as they are."""
    return {**four_times(image, mask, bboxes, labels), "image": cv2.resize(image, None, fx=4, fy=4)}


@pytest.mark.parametrize("sound", [grey_tensors, four_times, four_times_smooth])
def test_sound_pipelines_give_no_alarm(sound):
    assert assert_pipeline_consistent(sound, **CALL).judged["mask"] == 4


def test_a_mask_that_is_a_pixel_off_is_found_in_large_pictures_too():
    def late(image, mask, bboxes, labels):
        return four_times(image, np.roll(mask, 1, axis=1), bboxes, labels)

    with pytest.raises(Inconsistent, match="mask-shift"):
        assert_pipeline_consistent(late, **CALL)
