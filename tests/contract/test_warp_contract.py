"""Single geometric ops against the albumentations 2.0.8 package: signatures, and pixels to the byte."""

from __future__ import annotations

import inspect
import os
import warnings

import numpy as np
import pytest

import geoaug as A
from geoaug.raster.warp import MODERN

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")

SHARED = [
    "HorizontalFlip", "VerticalFlip", "Transpose", "RandomRotate90", "Rotate", "ShiftScaleRotate", "Affine", "Perspective",
    "Resize", "LongestMaxSize", "PadIfNeeded", "RandomCrop", "CenterCrop", "RandomResizedCrop", "D4", "SquareSymmetry", "SafeRotate",
    "RandomScale", "SmallestMaxSize", "Pad", "Crop", "CropAndPad", "RandomCropFromBorders", "RandomSizedCrop", "BBoxSafeRandomCrop",
    "RandomSizedBBoxSafeCrop", "AtLeastOneBBoxRandomCrop", "RandomCropNearBBox", "CropNonEmptyMaskIfExists", "RandomBrightnessContrast",
    "RandomGamma", "HueSaturationValue", "ColorJitter", "ToGray", "Normalize", "NoOp",
    "OneOf", "SomeOf", "OneOrOther", "RandomOrder", "Sequential", "BboxParams", "KeypointParams",
    "CoarseDropout", "GridDropout", "XYMasking", "MaskDropout", "PixelDropout", "Erasing", "ConstrainedCoarseDropout", "RandomGridShuffle",
    "OverlayElements", "Mosaic", "Morphological",
    "ElasticTransform", "GridDistortion", "OpticalDistortion", "ThinPlateSpline", "PiecewiseAffine", "GridElasticDeform",
    "InvertImg", "Solarize", "Posterize", "RandomToneCurve", "RGBShift", "ChannelShuffle", "ChannelDropout", "ToRGB", "ToSepia", "FancyPCA",
    "Equalize", "AutoContrast", "CLAHE", "PlanckianJitter", "Illumination", "ToFloat", "FromFloat",
]  # fmt: skip


def plain(value):
    """Defaults are compared as values: a lone number and the range that it stands for are the same."""
    return tuple(value) if isinstance(value, list) else value


@pytest.mark.parametrize("name", SHARED)
def test_names_order_and_defaults_of_arguments_are_those_of_2_0_8(name):
    ours = [p for p in inspect.signature(getattr(A, name)).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    theirs = list(inspect.signature(getattr(B, name).__init__).parameters.values())[1:]
    assert [p.name for p in ours] == [p.name for p in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        assert plain(mine.default) == plain(other.default) or (mine.default is mine.empty and other.default is other.empty), mine.name


def test_compose_takes_the_arguments_of_2_0_8_in_their_order():
    ours = [p.name for p in inspect.signature(A.Compose).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    assert ours == list(inspect.signature(B.Compose.__init__).parameters)[1:]


def both(name, **arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(A, name)(**arguments), getattr(B, name)(**arguments)


def fixed(limits):
    return (limits, limits)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("D4", {}), ("SquareSymmetry", {}), ("SafeRotate", {"limit": (3, 9), "fill": (1, 2, 3)}), ("RandomScale", {"scale_limit": 0.2}),
        ("SmallestMaxSize", {"max_size": [3, 4]}), ("Pad", {"padding": (1, 2)}), ("Crop", {"x_max": 9}), ("PadIfNeeded", {"min_height": 7}),
        ("CropAndPad", {"px": (1, (0, 2), [1, 2, 3], 4)}), ("RandomCropFromBorders", {"crop_left": 0.3}),
        ("RandomSizedCrop", {"min_max_height": (3, 5), "size": (4, 4)}), ("BBoxSafeRandomCrop", {"erosion_rate": 0.1}),
        ("RandomSizedBBoxSafeCrop", {"height": 3, "width": 3}), ("AtLeastOneBBoxRandomCrop", {"height": 3, "width": 3}),
        ("RandomCropNearBBox", {"max_part_shift": (0.1, 0.2)}), ("CropNonEmptyMaskIfExists", {"height": 3, "width": 3, "ignore_values": [1]}),
    ],
)  # fmt: skip
def test_what_2_0_8_wrote_is_read_without_a_word(name, arguments):
    ours, theirs = both(name, **arguments, p=0.7)
    assert A.from_dict(B.to_dict(theirs)) == ours


DRAWS = np.random.default_rng(2).uniform(-1, 1, (30, 6)).round(4).tolist()


@pytest.mark.parametrize("draw", DRAWS)
def test_rotate_affine_and_shift_scale_rotate_equal_2_0_8_to_the_byte(draw, photo):
    a, b, c, d, e, f = draw
    mask = (photo[..., 0] > 128).astype(np.uint8)
    pairs = [
        both("Rotate", limit=fixed(a * 180), p=1, fill=(9, 8, 7), fill_mask=3),
        both(
            "Affine", scale={"x": fixed(1 + b / 2), "y": fixed(1 + c / 2)}, rotate=fixed(d * 90), shear={"x": fixed(e * 20), "y": fixed(f * 20)},
            translate_px={"x": fixed(int(a * 40)), "y": fixed(int(b * 40))}, p=1, fill=(1, 2, 3), fill_mask=2,
        ),
        both("ShiftScaleRotate", shift_limit=fixed(a / 5), scale_limit=fixed(b / 3), rotate_limit=fixed(c * 60), p=1),
    ]  # fmt: skip
    for ours, theirs in pairs:
        mine, other = ours(image=photo, mask=mask), theirs(image=photo, mask=mask)
        assert np.array_equal(mine["image"], other["image"]), ours
        assert np.array_equal(mine["mask"], other["mask"]), ours


@pytest.mark.parametrize("mode", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("flag", [0, 1, 2])
def test_every_border_and_interpolation_of_a_rotation_equals_2_0_8(mode, flag, photo):
    ours, theirs = both("Rotate", limit=(33, 33), border_mode=mode, interpolation=flag, p=1)
    assert np.array_equal(ours(image=photo)["image"], theirs(image=photo)["image"])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("HorizontalFlip", {}), ("VerticalFlip", {}), ("Transpose", {}),
        ("Resize", {"height": 99, "width": 301}), ("Resize", {"height": 90, "width": 111, "area_for_downscale": "image"}),
        ("Resize", {"height": 400, "width": 300, "interpolation": 2}), ("LongestMaxSize", {"max_size": 133}),
        ("LongestMaxSize", {"max_size_hw": (150, 150)}), ("CenterCrop", {"height": 99, "width": 100}),
        ("CenterCrop", {"height": 200, "width": 100, "pad_if_needed": True, "fill": 5}),
        ("PadIfNeeded", {"min_height": 201, "min_width": 300, "fill": 5, "fill_mask": 2}),
        ("PadIfNeeded", {"min_height": 201, "min_width": 300, "position": "top_left", "border_mode": 4}),
        ("PadIfNeeded", {"min_height": None, "min_width": None, "pad_height_divisor": 32, "pad_width_divisor": 64}),
        *[("RandomScale", {"scale_limit": (s, s)}) for s in (-0.73, -0.5, -0.101, 0.0, 0.37, 1.5)],
        ("RandomScale", {"scale_limit": (-0.3, -0.3), "area_for_downscale": "image_mask"}),
        ("SmallestMaxSize", {"max_size": 133}), ("SmallestMaxSize", {"max_size_hw": (150, 250)}), ("SmallestMaxSize", {"max_size_hw": (None, 99)}),
        ("SmallestMaxSize", {"max_size": 99, "area_for_downscale": "image"}),
        ("LongestMaxSize", {"max_size_hw": (None, 77)}),
        *[("Pad", {"padding": (5, 0, 30, 17), "border_mode": mode, "fill": (9, 8, 7), "fill_mask": 3}) for mode in range(5)],
        ("Pad", {"padding": 200, "border_mode": 2}), ("Pad", {"padding": 200, "border_mode": 4}), ("Pad", {"padding": (3, 8), "fill": 200}),
        ("Crop", {"x_min": 7, "y_min": 11, "x_max": 240, "y_max": 12}), ("Crop", {"x_max": 240, "y_max": 180}),
        *[
            ("Crop", {"x_min": 40, "y_min": 30, "x_max": 255, "y_max": 190, "pad_if_needed": True, "pad_position": where, "fill": (1, 2, 3)})
            for where in ("center", "top_left", "top_right", "bottom_left", "bottom_right")
        ],
        ("Crop", {"x_min": 40, "y_min": 30, "x_max": 255, "y_max": 190, "pad_if_needed": True, "border_mode": 4}),
        ("CropAndPad", {"px": -20}), ("CropAndPad", {"percent": (-0.1, -0.2, 0.0, -0.3)}),
        *[("CropAndPad", {"px": (10, -20, 5, -3), "keep_size": False, "border_mode": mode}) for mode in range(5)],
        ("CropAndPad", {"percent": (0.1, -0.05, 0.2, 0.0), "keep_size": False, "fill": 77, "fill_mask": 2}),
    ],
)  # fmt: skip
def test_exact_ops_and_resizes_equal_2_0_8_to_the_byte(name, arguments, photo):
    # of masks, 2.0.8 shifts pure resizes by half a pixel (defect 14), so both are asked for nearest exact
    exact = {"mask_interpolation": 6} if hasattr(getattr(A, name)(**arguments), "mask_interpolation") else {}
    ours, theirs = both(name, p=1, **arguments, **exact)
    mask = (photo[..., 0] > 128).astype(np.uint8)
    mine, other = ours(image=photo, mask=mask), theirs(image=photo, mask=mask)
    assert np.array_equal(mine["image"], other["image"])
    assert np.array_equal(mine["mask"], other["mask"])


def test_the_four_quarter_turns_are_those_of_2_0_8(photo):
    theirs = {B.RandomRotate90(p=1).apply(photo, factor=k).tobytes() for k in range(4)}
    ours = {A.Compose([A.RandomRotate90()])(image=photo, key=k)["image"].tobytes() for k in range(40)}
    assert ours == theirs


def test_the_eight_symmetries_are_those_of_2_0_8(photo):
    members = {B.D4(p=1).apply(photo, group_element=name).tobytes() for name in ("e", "r90", "r180", "r270", "v", "hvt", "h", "t")}
    assert len(members) == 8
    for ours in (A.D4(), A.SquareSymmetry()):
        pipeline = A.Compose([ours])
        assert {pipeline(image=photo, key=key)["image"].tobytes() for key in range(80)} == members
    three = {photo[:, ::-1].tobytes(), photo[::-1].tobytes(), photo[::-1, ::-1].tobytes()}
    assert {A.Compose([A.Flip(p=1)])(image=photo, key=key)["image"].tobytes() for key in range(30)} == three


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("RandomCropFromBorders", {"crop_left": 0.2, "crop_right": 0.1, "crop_top": 0.3, "crop_bottom": 0.3}),
        ("RandomCropNearBBox", {"max_part_shift": (0.2, 0.3)}), ("RandomCropNearBBox", {"max_part_shift": (0, 0.3)}),
        ("CropNonEmptyMaskIfExists", {"height": 3, "width": 2}), ("CropNonEmptyMaskIfExists", {"height": 3, "width": 2, "ignore_values": [2]}),
        ("CropNonEmptyMaskIfExists", {"height": 3, "width": 2, "ignore_values": [1, 2]}), ("RandomCrop", {"height": 9, "width": 8}),
        ("RandomSizedCrop", {"min_max_height": (8, 12), "size": (5, 5), "w2h_ratio": 0.8}),
        ("CropAndPad", {"px": ((-1, 2), (0, 2), (-2, 0), (1, 3)), "keep_size": False}),
        ("CropAndPad", {"px": ([-1, 2, 0], [0, 1, 2], [-2, 0, 1], [3, 1, -1]), "keep_size": False}),
        ("BBoxSafeRandomCrop", {}), ("AtLeastOneBBoxRandomCrop", {"height": 7, "width": 8}),
    ],
)  # fmt: skip
def test_what_may_be_drawn_is_what_2_0_8_may_draw(name, arguments):
    picture = np.arange(110, dtype=np.float32).reshape(11, 10)
    mask = np.zeros((11, 10), np.uint8)
    mask[1, 3], mask[8, 8] = 1, 2
    data = {"image": picture, "mask": mask, "cropping_bbox": (3, 2, 7, 8)}
    boxes = {"bboxes": [[2, 1, 9, 8]]} if "BBox" in name and "Near" not in name else {}
    drawn = [
        {out["image"].tobytes() for out in (pipeline(**data, **boxes) for _ in range(1000))}
        for pipeline in (
            M.Compose([op], bbox_params=M.BboxParams("pascal_voc") if boxes else None, seed=1)
            for M, op in zip((A, B), both(name, **arguments, p=1), strict=True)
        )
    ]
    if name in ("BBoxSafeRandomCrop", "AtLeastOneBBoxRandomCrop"):  # 2.0.8 cuts off fractions, and so leaves out the edges that touch the box
        assert drawn[0] > drawn[1]
    else:
        assert drawn[0] == drawn[1]


@pytest.mark.parametrize("px", [(10, -20, 5, -3), 20, (0, 7, 0, 0), (3, 0, 40, 11)])
@pytest.mark.parametrize("mode", [0, 1, 2])
def test_a_padded_picture_brought_back_to_its_size_is_within_a_level_of_2_0_8(px, mode, photo):
    ours, theirs = both("CropAndPad", px=px, border_mode=mode, fill=99, p=1)
    mine, other = ours(image=photo)["image"], theirs(image=photo)["image"]
    assert mine.shape == other.shape
    assert np.abs(mine.astype(int) - other).max() <= (1 if MODERN else 3)


@pytest.mark.parametrize("px", [10, -7, 31, (20, 0, 0, 0), (3, 8, -5, 2), (-4, 9, 6, -1)])
def test_a_mask_brought_back_to_its_size_is_that_of_2_0_8_with_the_nearest_centre(px):
    import cv2

    rng = np.random.default_rng(0)
    blocks, noise = np.kron(rng.integers(0, 9, (15, 20)), np.ones((8, 8))).astype(np.uint8), rng.integers(0, 255, (120, 160)).astype(np.uint8)
    for mask, least in ((blocks, 0.05), (noise, 0.4)):
        mine = A.CropAndPad(px=px, p=1)(image=mask, mask=mask)["mask"]
        exact, nearest = (
            B.CropAndPad(px=px, mask_interpolation=flag, p=1)(image=mask, mask=mask)["mask"] for flag in (cv2.INTER_NEAREST_EXACT, cv2.INTER_NEAREST)
        )
        assert np.array_equal(mine, exact)
        assert (mine != nearest).mean() > least  # where OpenCV's plain nearest takes a neighbour


@pytest.mark.parametrize(
    "node",
    [
        A.RandomResizedCrop(size=(70, 90)), A.RandomSizedCrop(min_max_height=(20, 400), size=(70, 90), w2h_ratio=0.7),
        A.RandomSizedBBoxSafeCrop(70, 90), A.CropAndPad(percent=(-0.2, 0)),
    ],
    ids=lambda node: type(node).__name__,
)  # fmt: skip
def test_a_resized_crop_is_the_resize_of_its_crop(node, photo):
    from geoaug.geometry.matrix import inverse, move_one

    for key in range(20):
        pipeline = A.Compose([node], return_plan=True, bbox_params=A.BboxParams("pascal_voc"))
        out = pipeline(image=photo, bboxes=[[90.5, 60.5, 130.5, 100.5]], key=key)
        back = inverse(out["plan"].motion.matrix)
        height, width = out["image"].shape[:2]
        x0, y0, x1, y1 = (round(v) for v in (*move_one(back, 0, 0)[:2], *move_one(back, width, height)[:2]))
        other = B.Compose([B.Crop(x0, y0, x1, y1, p=1), B.Resize(height, width, p=1)])(image=photo)["image"]
        assert np.array_equal(out["image"], other)


@pytest.mark.parametrize("draw", DRAWS[:15])
def test_boxes_and_keypoints_of_single_ops_equal_2_0_8(draw, photo):
    a, b, c, _, _, _ = draw
    for name, arguments in [
        ("Rotate", {"limit": fixed(a * 30)}), ("HorizontalFlip", {}), ("VerticalFlip", {}), ("Transpose", {}),
        ("Affine", {"scale": fixed(1 + b / 4), "rotate": fixed(c * 20)}),
    ]:  # fmt: skip
        ours, theirs = both(name, p=1, **arguments)
        boxes, points = [[90.0, 60.0, 140.0, 110.0]], [[100.0, 80.0]]
        mine, other = (
            M.Compose([op], bbox_params=M.BboxParams("pascal_voc"), keypoint_params=M.KeypointParams("xy"))(
                image=photo, bboxes=boxes, keypoints=points
            )
            for M, op in ((A, ours), (B, theirs))
        )
        assert np.allclose(mine["bboxes"], other["bboxes"], atol=1e-3)
        assert np.allclose(mine["keypoints"], other["keypoints"], atol=1e-3)
