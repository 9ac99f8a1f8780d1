"""What programs import from Albumentations' inner modules stands at the same place below geoaug: classes once, functions in both dialects."""

from __future__ import annotations

import importlib
import pkgutil
import random
import subprocess
import sys

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.augmentations.crops import functional as crops
from geoaug.augmentations.geometric import functional as geometric
from geoaug.core import bbox_utils, keypoints_utils

# what the 55 programs of CLIENTS.md import, by place
IMPORTED = {
    "pytorch": "ToTensorV2",
    "pytorch.transforms": "ToTensorV2 ToTensor img_to_tensor mask_to_tensor",
    "pytorch.functional": "img_to_tensor mask_to_tensor",
    "core.composition": (
        "Compose OneOf SomeOf OneOrOther RandomOrder Sequential SelectiveChannelTransform ReplayCompose BaseCompose BboxParams KeypointParams "
        "TransformType TransformsSeqType"
    ),
    "core.transforms_interface": "BasicTransform DualTransform ImageOnlyTransform NoOp to_tuple BaseTransformInitSchema",
    "core.serialization": "to_dict from_dict save load SERIALIZABLE_REGISTRY Serializable get_shortest_class_fullname",
    "core.bbox_utils": "BboxParams normalize_bboxes denormalize_bboxes normalize_bbox denormalize_bbox check_bbox check_bboxes filter_bboxes",
    "core.keypoints_utils": "KeypointParams convert_keypoints_to_albumentations convert_keypoints_from_albumentations check_keypoints",
    "core.utils": "to_tuple format_args get_shape",
    "core.type_definitions": "Targets ALL_TARGETS NUM_RGB_CHANNELS",
    "core.types": "Targets BoxType ScaleIntType ColorType",
    "core.pydantic": "InterpolationType BorderModeType ProbabilityType",
    "augmentations": "functional geometric crops transforms",
    "augmentations.transforms": "RandomCrop Normalize PadIfNeeded Blur Cutout Flip",
    "augmentations.crops.transforms": "RandomCrop CropSizeError",
    "augmentations.geometric.resize": "LongestMaxSize SmallestMaxSize RandomScale Resize",
    "augmentations.geometric.rotate": "Rotate SafeRotate RandomRotate90",
    "augmentations.geometric.functional": "elastic_transform get_padding_params adjust_padding_by_position pad resize rot90",
    "augmentations.crops.functional": "crop crop_bboxes_by_coords crop_bbox_by_coords random_crop",
    "augmentations.functional": "bbox_rotate preserve_channel_dim image_compression crop rot90 resize _maybe_process_in_chunks normalize",
    "augmentations.utils": "preserve_channel_dim read_rgb_image _maybe_process_in_chunks clipped",
    "augmentations.bbox_utils": "normalize_bbox denormalize_bbox",
    "random_utils": "choice uniform get_random_state",
    "imgaug.transforms": "IAASharpen IAAPerspective DualTransform",
}
BOXES = np.array([[0.1, 0.2, 0.5, 0.9, 7], [0.25, 0.0, 1.0, 0.5, 8]])
SHAPE = {"height": 60, "width": 80}


@pytest.fixture(scope="module")
def peer():
    """A module of the albumentations package, by its path."""
    pytest.importorskip("albumentations")
    return lambda path: importlib.import_module(f"albumentations.{path}")


@pytest.mark.parametrize("path", IMPORTED)
def test_what_real_programs_import_stands_in_its_place(path):
    module = importlib.import_module(f"geoaug.{path}")
    for name in IMPORTED[path].split():
        assert hasattr(module, name), name


def test_every_module_of_2_0_8_has_its_counterpart(peer):
    root = importlib.import_module("albumentations")
    paths = [name.partition(".")[2] for _, name, _ in pkgutil.walk_packages(root.__path__, "albumentations.")]
    assert len(paths) > 40
    for path in paths:
        importlib.import_module(f"geoaug.{path}")


def test_classes_that_geoaug_shares_stand_where_2_0_8_has_them(peer):
    root = importlib.import_module("albumentations")
    found = 0
    for _, name, package in pkgutil.walk_packages(root.__path__, "albumentations."):
        if package:
            continue
        ours = importlib.import_module(name.replace("albumentations.", "geoaug.", 1))
        for thing in vars(importlib.import_module(name)).values():
            if isinstance(thing, type) and thing.__module__ == name and thing.__name__ in A.__all__:
                assert getattr(ours, thing.__name__) is getattr(A, thing.__name__), (name, thing)
                found += 1
    assert found > 100


def test_there_is_one_set_of_classes_whatever_the_way_to_it():
    import geoaug.core.composition

    assert geoaug.core.composition.Compose is A.Compose
    assert A.augmentations.geometric.transforms.Affine is A.augmentations.transforms.Affine is A.Affine
    assert A.augmentations.functional.__name__ == "geoaug.augmentations.functional"
    assert A.pytorch.ToTensorV2 is A.ToTensorV2
    assert A.core.transforms_interface.NoOp.__module__ == "geoaug.choose"


def test_importing_geoaug_loads_none_of_it_and_the_root_finds_it_where_it_is_asked():
    code = (
        "import sys, geoaug as A\n"
        "A.Compose([A.HorizontalFlip()])\n"
        "assert not [name for name in sys.modules if name.startswith(('geoaug.compat', 'geoaug.core', 'geoaug.augmentations'))]\n"
        "assert A.augmentations.crops.functional.crop is A.crop\n"
        "assert A.to_tuple(3) == (-3, 3) and A.keypoint_scale((1, 2, 0, 1), 2, 3) == (2, 6, 0, 3)\n"
        "assert not hasattr(A, 'Nothing') and 'core' not in A.__all__\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_stands_at_the_root_of_albumentations_stands_at_the_root_of_geoaug():
    from geoaug import compat

    for module, names in compat.AT_ROOT.items():
        for name in names.split():
            assert getattr(A, name) is getattr(importlib.import_module(f"geoaug.compat.{module}"), name)


@pytest.mark.parametrize("name", ["normalize_bboxes", "denormalize_bboxes"])
def test_boxes_and_shares_equal_2_0_8_and_take_what_1_x_wrote(name, peer):
    ours, theirs = getattr(bbox_utils, name), getattr(peer("core.bbox_utils"), name)
    expected = theirs(BOXES * 10, (60, 80))
    for written in (ours(BOXES * 10, (60, 80)), ours(BOXES * 10, SHAPE), ours(BOXES * 10, 60, 80), ours(BOXES * 10, rows=60, cols=80)):
        np.testing.assert_array_equal(written, expected)
    rows = [(*row[:4], "cat") for row in (BOXES * 10).tolist()]
    assert ours(rows, 60, 80) == [(*row[:4], "cat") for row in expected.tolist()]
    assert ours([], 60, 80) == []
    assert ours(np.zeros((0, 4)), (60, 80)).shape == (0, 4)


def test_single_boxes_come_back_as_tuples_with_all_that_they_carry():
    assert bbox_utils.normalize_bbox((15, 25, 100, 200, 99), 200, 400) == (0.0375, 0.125, 0.25, 1.0, 99)
    assert bbox_utils.denormalize_bbox((0.0375, 0.125, 0.25, 1.0, "x"), rows=200, cols=400) == (15, 25, 100, 200, "x")
    assert bbox_utils.convert_bbox_to_albumentations((20, 30, 40, 50), "coco", 100, 100) == (0.2, 0.3, 0.6, 0.8)
    assert bbox_utils.calculate_bbox_area((0.2, 0.2, 1, 1, 99), 50, 50) == pytest.approx(1600)


@pytest.mark.parametrize("shape", ["coco", "pascal_voc", "yolo"])
def test_formats_equal_2_0_8_both_ways(shape, peer):
    theirs = peer("core.bbox_utils")
    away = bbox_utils.convert_bboxes_from_albumentations(BOXES, shape, SHAPE)
    np.testing.assert_allclose(away, theirs.convert_bboxes_from_albumentations(BOXES, shape, SHAPE), atol=1e-12)
    back = bbox_utils.convert_bboxes_to_albumentations(away, shape, SHAPE, check_validity=True)
    np.testing.assert_allclose(back, BOXES, atol=1e-12)
    assert bbox_utils.convert_bboxes_to_albumentations(away.tolist(), shape, 60, 80, True) == [tuple(row) for row in back.tolist()]


def test_boxes_out_of_the_picture_or_without_area_are_refused_as_2_0_8_words_it(peer):
    for box in ([-0.1, 0.5, 0.8, 1.0, 0], [0.2, 0.5, 1.5, 0.6, 99], [0.8, 0.5, 0.7, 0.6, 99], [0.1, 0.5, 0.7, 0.5, 99]):
        with pytest.raises(ValueError) as theirs:
            peer("core.bbox_utils").check_bboxes(np.array([box]))
        with pytest.raises(ValueError) as ours:
            bbox_utils.check_bboxes(np.array([box]))
        assert str(ours.value) == str(theirs.value)
    bbox_utils.check_bboxes(BOXES)
    with pytest.raises(ValueError, match="Unknown source_format voc"):
        bbox_utils.convert_bboxes_to_albumentations(BOXES, "voc", SHAPE)
    with pytest.raises(TypeError, match="rows, cols or its shape"):
        bbox_utils.normalize_bboxes(BOXES)
    with pytest.raises(ValueError, match="cols must be positive"):
        bbox_utils.normalize_bboxes(BOXES, 5, 0)


def test_filtered_boxes_are_those_of_2_0_8(peer):
    boxes = np.array([[-0.5, 0.1, 0.4, 0.6, 1], [0.2, 0.2, 0.21, 0.9, 2], [0.1, 0.1, 0.9, 0.9, 3], [1.1, 0.2, 1.4, 0.4, 4]])
    for limits in ({}, {"min_area": 300}, {"min_visibility": 0.5}, {"min_width": 2}, {"max_accept_ratio": 3}):
        np.testing.assert_allclose(
            bbox_utils.filter_bboxes(boxes, SHAPE, **limits), peer("core.bbox_utils").filter_bboxes(boxes, SHAPE, **limits), atol=1e-12
        )
    assert [row[4] for row in bbox_utils.filter_bboxes([tuple(row) for row in boxes.tolist()], 60, 80, 0.0, 0.5)] == [2, 3]


def test_unions_and_masks_of_boxes_equal_2_0_8(peer):
    theirs = peer("core.bbox_utils")
    np.testing.assert_allclose(bbox_utils.union_of_bboxes(BOXES, 0.2), theirs.union_of_bboxes(BOXES, 0.2), atol=1e-6)
    assert bbox_utils.union_of_bboxes(BOXES[:0], 0.0) is None
    assert bbox_utils.union_of_bboxes(60, 80, [(10, 20, 30, 40), (20, 10, 50, 30)]) == (10, 10, 50, 40)
    pixels = np.array([[1, 2, 5, 6], [0, 0, 3, 1]])
    masks = bbox_utils.masks_from_bboxes(pixels, (10, 12))
    np.testing.assert_array_equal(masks, theirs.masks_from_bboxes(pixels, (10, 12)))
    np.testing.assert_array_equal(bbox_utils.bboxes_from_masks(masks), pixels)


@pytest.mark.parametrize("factor", range(4))
def test_turned_and_mirrored_boxes_equal_2_0_8(factor, peer):
    theirs = peer("augmentations.geometric.functional")
    np.testing.assert_allclose(geometric.bboxes_rot90(BOXES, factor), theirs.bboxes_rot90(BOXES, factor), atol=1e-15)
    np.testing.assert_allclose(geometric.bboxes_hflip(BOXES), theirs.bboxes_hflip(BOXES), atol=1e-15)
    np.testing.assert_allclose(geometric.bboxes_transpose(BOXES), theirs.bboxes_transpose(BOXES), atol=1e-15)


def test_a_box_turns_as_the_picture_does_in_each_dialect_of_the_call():
    box, picture = (0.25, 0.25, 0.5, 0.75), np.zeros((40, 40), np.uint8)
    picture[10:30, 10:20] = 255
    turned = A.augmentations.functional.bbox_rotate(box, 90, 40, 40)  # 0.x; 1.x puts the method first
    assert turned == pytest.approx(A.bbox_rotate(box, 90, "largest_box", 40, 40))
    assert turned == pytest.approx(geometric.bbox_rot90(box, 1))
    rows, columns = np.nonzero(geometric.rotate(picture, 90))
    assert np.multiply(turned, 40) == pytest.approx((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
    assert A.bbox_rotate(box, 45, "ellipse", rows=40, cols=40)[0] > A.bbox_rotate(box, 45, "largest_box", rows=40, cols=40)[0]
    with pytest.raises(ValueError, match="not a valid rotation method"):
        A.bbox_rotate(box, 45, "circle", 40, 40)


def test_boxes_of_a_crop_equal_2_0_8_and_take_what_1_x_wrote(peer):
    coords = (10, 20, 50, 60)
    expected = peer("augmentations.crops.functional").crop_bboxes_by_coords(BOXES, coords, (60, 80))
    np.testing.assert_allclose(crops.crop_bboxes_by_coords(BOXES, coords, (60, 80)), expected, atol=1e-6)
    one = crops.crop_bbox_by_coords((*BOXES[0, :4], "cat"), coords, 40, 40, 60, 80)
    assert one[4] == "cat"
    np.testing.assert_allclose(one[:4], expected[0, :4], atol=1e-6)
    assert crops.bbox_crop(tuple(BOXES[0]), *coords, 60, 80)[:4] == one[:4]
    np.testing.assert_allclose(crops.crop_keypoints_by_coords(np.array([[12.0, 25, 0, 0, 1]]), coords), [[2, 5, 0, 0, 1]])


@pytest.mark.parametrize("shape", sorted(keypoints_utils.keypoint_formats))
def test_keypoints_equal_2_0_8_both_ways(shape, peer):
    theirs = peer("core.keypoints_utils")
    rows = np.array([[*values[: len(shape)], carried] for *values, carried in ([3.0, 4, 30, 9, 77], [7.0, 8, 200, 2, 88])])
    inner = keypoints_utils.convert_keypoints_to_albumentations(rows, shape, SHAPE)
    np.testing.assert_allclose(inner, theirs.convert_keypoints_to_albumentations(rows, shape, SHAPE), atol=1e-5)
    np.testing.assert_allclose(keypoints_utils.convert_keypoints_from_albumentations(inner, shape, SHAPE), rows, atol=1e-9)


def test_keypoints_of_1_x_are_tuples_of_four_and_what_they_carry():
    point = keypoints_utils.convert_keypoint_to_albumentations((20, 30, 60, 80, "eye"), "xyas", 100, 100)
    assert point == (20, 30, pytest.approx(np.radians(60)), 80, "eye")
    assert keypoints_utils.convert_keypoint_from_albumentations(point, "xyas", 100, 100) == (20, 30, pytest.approx(60), 80, "eye")
    assert keypoints_utils.filter_keypoints([(5, 5, 0, 0), (105, 5, 0, 0)], 100, 100, True) == [(5, 5, 0, 0)]
    with pytest.raises(ValueError, match="Expected x for keypoint"):
        keypoints_utils.check_keypoint((105, 5, 0, 0), 100, 100)


@pytest.mark.parametrize("channels", [0, 1, 3, 5])
def test_pictures_equal_2_0_8_to_the_byte(channels, peer):
    theirs = peer("augmentations.geometric.functional")
    shape = (30, 40, channels) if channels else (30, 40)
    picture = np.random.default_rng(channels).integers(0, 256, shape, np.uint8)
    for ours, other in (
        (geometric.resize(picture, (45, 33), cv2.INTER_LINEAR), theirs.resize(picture, (45, 33), cv2.INTER_LINEAR)),
        (geometric.resize(picture, 45, 33), theirs.resize(picture, (45, 33), cv2.INTER_LINEAR)),
        (geometric.resize(picture, height=45, width=33, interpolation=cv2.INTER_CUBIC), theirs.resize(picture, (45, 33), cv2.INTER_CUBIC)),
        (geometric.scale(picture, 1.5, cv2.INTER_LINEAR), theirs.scale(picture, 1.5, cv2.INTER_LINEAR)),
        (geometric.pad(picture, 37, 48, cv2.BORDER_REFLECT_101, 0), theirs.pad(picture, 37, 48, cv2.BORDER_REFLECT_101, 0)),
        (geometric.pad_with_params(picture, 1, 2, 3, 4, 0, 7), np.pad(picture, [(1, 2), (3, 4), (0, 0)][: picture.ndim], constant_values=7)),
        (geometric.rot90(picture, 3), theirs.rot90(picture, 3)),
        (geometric.transpose(picture), theirs.transpose(picture)),
        (geometric.hflip(picture), theirs.hflip(picture)),
        (crops.crop(picture, 3, 5, 20, 21), picture[5:21, 3:20]),
    ):
        np.testing.assert_array_equal(ours, other)


def test_paddings_and_crops_are_counted_as_in_2_0_8(peer):
    theirs, cut = peer("augmentations.geometric.functional"), peer("augmentations.crops.functional")
    for given in ((41, 64, None, None), (None, None, 32, 24), (10, None, None, 7)):
        paddings = geometric.get_padding_params((30, 40), *given)
        assert paddings == theirs.get_padding_params((30, 40), *given)
        for position in ("center", "top_left", "top_right", "bottom_left", "bottom_right", "random"):
            ours = geometric.adjust_padding_by_position(*paddings, position, random.Random(5))
            assert ours == theirs.adjust_padding_by_position(*paddings, position, random.Random(5))
    assert crops.get_crop_coords((30, 40), (10, 50), 0.7, 0.3) == cut.get_crop_coords((30, 40), (10, 50), 0.7, 0.3)
    assert crops.get_center_crop_coords((30, 40), (10, 20)) == cut.get_center_crop_coords((30, 40), (10, 20))
    picture = np.arange(1200).reshape(30, 40)
    np.testing.assert_array_equal(crops.random_crop(picture, 10, 20, 0.5, 0.5), A.Crop(10, 10, 30, 20)(image=picture.astype(np.uint16))["image"])
    with pytest.raises(ValueError, match="x_min < x_max"):
        crops.crop(picture, 5, 5, 5, 9)
    with pytest.raises(ValueError, match="larger than the image"):
        crops.center_crop(picture, 31, 20)


def test_a_bend_of_1_x_takes_a_state_that_bends_a_picture_and_its_mask_alike():
    picture = np.random.default_rng(0).integers(0, 256, (60, 80), np.uint8)
    bent = [
        geometric.elastic_transform(picture, 80, 8, 4, cv2.INTER_NEAREST, cv2.BORDER_CONSTANT, 0, np.random.RandomState(state)) for state in (3, 3, 4)
    ]
    np.testing.assert_array_equal(bent[0], bent[1])
    assert (bent[0] != picture).any()
    assert (bent[0] != bent[2]).any()
    np.testing.assert_array_equal(
        geometric.elastic_transform(picture, 80, 8, 4, random_state=9), geometric.elastic_transform(picture, 80, 8, 4, random_state=9)
    )


def test_compression_and_files_give_rgb(tmp_path):
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[..., 0] = 250
    squeezed = A.image_compression(picture, 90, ".jpg")
    np.testing.assert_array_equal(squeezed, A.ImageCompression(quality_range=(90, 90), p=1)(image=picture)["image"])
    path = tmp_path / "red.png"
    cv2.imwrite(str(path), picture[..., ::-1])
    np.testing.assert_array_equal(A.read_rgb_image(path), picture)
    np.testing.assert_array_equal(A.read_bgr_image(str(path)), picture[..., ::-1])
    np.testing.assert_array_equal(A.read_grayscale(path), cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_files_are_turned_upright_as_opencv_turns_them(orientation, tmp_path):
    piexif_like = (
        b"\xff\xe1\x00\x22Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"
        + orientation.to_bytes(2, "big") + b"\x00\x00\x00\x00\x00\x00"
    )  # fmt: skip
    picture = np.zeros((16, 32, 3), np.uint8)
    picture[:8, :8] = 255
    data = cv2.imencode(".jpg", picture)[1].tobytes()
    path = tmp_path / "turned.jpg"
    path.write_bytes(data[:2] + piexif_like + data[2:])
    np.testing.assert_array_equal(A.read_bgr_image(path), cv2.imread(str(path)))


def test_decorators_keep_the_axes_that_opencv_leaves_out():
    blurred = A.preserve_channel_dim(lambda img: cv2.blur(img, (3, 3)))
    assert blurred(np.zeros((5, 6, 1), np.uint8)).shape == (5, 6, 1)
    assert blurred(np.zeros((5, 6), np.uint8)).shape == (5, 6)
    picture = np.random.default_rng(0).integers(0, 200, (9, 9, 7), np.uint8)
    halved = A.augmentations.functional._maybe_process_in_chunks(cv2.resize, dsize=(4, 5), interpolation=cv2.INTER_AREA)(picture)
    assert halved.shape == (5, 4, 7)
    np.testing.assert_array_equal(halved[..., 6], cv2.resize(picture[..., 6], (4, 5), interpolation=cv2.INTER_AREA))
    doubled = A.augmentations.utils.clipped(lambda img: img.astype(int) * 2)(picture)
    np.testing.assert_array_equal(doubled, np.minimum(picture.astype(int) * 2, 255).astype(np.uint8))
    with pytest.raises(ValueError, match="3-channel"):
        A.non_rgb_error(np.zeros((5, 6)))


def test_targets_are_named_as_in_2_0_8_and_in_1_4(peer):
    from geoaug.core.type_definitions import ALL_TARGETS, Targets

    assert [(one.name, one.value) for one in ALL_TARGETS] == [(one.name, one.value) for one in peer("core.type_definitions").ALL_TARGETS]
    assert Targets.MASKS is Targets.MASK


def test_pictures_are_normalised_as_normalize_does():
    picture = np.random.default_rng(0).integers(0, 256, (9, 9, 3), np.uint8)
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.2, 0.2)
    np.testing.assert_allclose(
        A.augmentations.functional.normalize(picture, mean, std), ((picture / 255 - mean) / std).astype(np.float32), rtol=1e-5, atol=1e-6
    )


def test_numbers_of_1_x_follow_python_s_own_seed():
    from geoaug import random_utils

    def drawn():
        random.seed(7)
        return random_utils.choice(1000), random_utils.uniform(0, 1), random_utils.permutation(5).tolist(), random_utils.randint(0, 9)

    assert drawn() == drawn()
    assert random_utils.choice(10, random_state=np.random.RandomState(1)) == np.random.RandomState(1).choice(10)


@pytest.mark.parametrize(("given", "expected"), [((10,), (-10, 10)), ((10, 3), (3, 10)), (((1, 2), 1), (1, 2)), ((100, None, 2), (-98, 102))])
def test_numbers_become_ranges_as_in_2_0_8(given, expected, peer):
    assert A.to_tuple(*given) == peer("core.utils").to_tuple(*given) == expected


def test_users_schemas_are_made_of_the_same_words(peer):
    from typing import Annotated

    from pydantic import AfterValidator, create_model

    from geoaug.core.pydantic import SymmetricRangeType, check_range_bounds
    from geoaug.core.transforms_interface import BaseTransformInitSchema, ImageOnlyTransform

    share = Annotated[tuple[float, float], AfterValidator(check_range_bounds(0, 1))]

    class Lighter(ImageOnlyTransform):
        InitSchema = create_model("InitSchema", __base__=BaseTransformInitSchema, limit=(SymmetricRangeType, ...), share=(share, ...))

        def __init__(self, limit=5, share=(0, 1), p=0.5):
            super().__init__(p=p)
            self.limit, self.share = limit, share

        def apply(self, img, **params):
            return img + np.uint8(self.limit[1])

    assert Lighter(limit=7, p=1)(image=np.uint8([[1]]))["image"].tolist() == [[8]]
    for wrong in ({"share": (0, 2)}, {"p": 3}, {"limit": "much"}):
        with pytest.raises(ValueError):
            Lighter(**wrong)
