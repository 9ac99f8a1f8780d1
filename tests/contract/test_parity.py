"""What albumentations 2.0.8 draws, given to geoaug's classes, gives its pixels, boxes and keypoints.

Each case is a class and its arguments. 2.0.8 draws parameters for it (``get_params``, ``get_params_dependent_on_data``), and the
functions of geoaug's class by the same names (``apply``, ``apply_to_mask``, ``apply_to_bboxes``, ``apply_to_keypoints``) are
called with them. ``EXCEPT`` names, for each class, what is not equal and the row of docs/why/differences.md that says why;
``ELSEWHERE`` names the test of each class that is compared in another way only.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import geoaug as A

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")

HEIGHT, WIDTH = 120, 160
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # 2.0.8 warns of grey pictures that are grey and colours that are colours
BENT = (("ElasticTransform", {"alpha": 60, "sigma": 6}), ("GridDistortion", {}), ("OpticalDistortion", {"distort_limit": 0.3}),
        ("OpticalDistortion", {"distort_limit": 0.3, "mode": "fisheye"}), ("ThinPlateSpline", {}))  # fmt: skip
CROPS = (
    ("RandomCrop", {"height": 50, "width": 70}),
    ("RandomCrop", {"height": 150, "width": 70, "pad_if_needed": True, "pad_position": "random", "fill": 9}),
    ("CenterCrop", {"height": 51, "width": 70}), ("CenterCrop", {"height": 151, "width": 190, "pad_if_needed": True, "fill": 3, "fill_mask": 2}),
    ("Crop", {"x_min": 3, "y_min": 4, "x_max": 90, "y_max": 77}), ("RandomCropFromBorders", {"crop_left": 0.3, "crop_top": 0.4}),
    ("CropNonEmptyMaskIfExists", {"height": 40, "width": 50}), ("RandomCropNearBBox", {"max_part_shift": (0.2, 0.3)}),
    ("BBoxSafeRandomCrop", {}), ("AtLeastOneBBoxRandomCrop", {"height": 60, "width": 70}),
    ("CropAndPad", {"px": (-15, 20), "keep_size": False, "fill": 77, "fill_mask": 2}),
    ("CropAndPad", {"percent": (-0.2, 0.1), "keep_size": False, "border_mode": 2}),
)  # fmt: skip
PADS = (
    ("Pad", {"padding": (3, 7, 9, 0), "fill": (1, 2, 3), "fill_mask": 4}), ("PadIfNeeded", {"min_height": 190, "min_width": 201}),
    ("PadIfNeeded", {"min_height": 190, "min_width": 161, "position": "random", "fill": 5, "fill_mask": 6}),
    ("PadIfNeeded", {"min_height": None, "min_width": None, "pad_height_divisor": 64, "pad_width_divisor": 64}),
)  # fmt: skip
EXACT = {"mask_interpolation": 6}  # of masks, 2.0.8 shifts resizes by half a pixel (defect 14), so both are asked for nearest exact
SIZES = (
    ("Resize", {"height": 77, "width": 191, **EXACT}), ("Resize", {"height": 50, "width": 60, "area_for_downscale": "image_mask", **EXACT}),
    ("RandomScale", {"scale_limit": (-0.5, 0.7), **EXACT}), ("LongestMaxSize", {"max_size": [90, 200, 131], **EXACT}),
    ("SmallestMaxSize", {"max_size": [90, 200, 131], **EXACT}), ("RandomResizedCrop", {"size": (60, 90), **EXACT}),
    ("RandomSizedCrop", {"min_max_height": (30, 110), "size": (60, 90), "w2h_ratio": 1.2, **EXACT}),
    ("RandomSizedBBoxSafeCrop", {"height": 60, "width": 90, **EXACT}), ("CropAndPad", {"px": (-15, 20), **EXACT}),
)  # fmt: skip
TURNS = (("HorizontalFlip", {}), ("VerticalFlip", {}), ("Transpose", {}), ("RandomRotate90", {}), ("D4", {}), ("SquareSymmetry", {}), ("NoOp", {}))
WARPS = (
    ("Rotate", {"limit": 180, "fill": (9, 8, 7), "fill_mask": 3}), ("Rotate", {"limit": 60, "border_mode": 2, "interpolation": 2}),
    ("Rotate", {"limit": 40, "crop_border": True}), ("Rotate", {"limit": 40, "rotate_method": "ellipse"}), ("SafeRotate", {"limit": 180}),
    ("Affine", {"scale": (0.6, 1.4), "rotate": (-60, 60), "shear": (-15, 15), "translate_percent": (-0.2, 0.2), "fill": 7}),
    ("Affine", {"scale": {"x": (0.5, 1.5), "y": (0.8, 1.2)}, "translate_px": (-20, 20)}), ("Affine", {"scale": (0.5, 1.5), "keep_ratio": True}),
    ("Affine", {"rotate": (-60, 60), "fit_output": True}), ("ShiftScaleRotate", {"scale_limit": 0.3}),
    ("Perspective", {}), ("Perspective", {"scale": (0.1, 0.2), "keep_size": False}), ("Perspective", {"scale": (0.1, 0.2), "fit_output": True}),
)  # fmt: skip
COVERED = (
    ("CoarseDropout", {"num_holes_range": (1, 5), "fill": (1, 2, 3), "fill_mask": 4}), ("CoarseDropout", {"fill": "random"}),
    ("CoarseDropout", {"fill": "random_uniform"}), ("CoarseDropout", {"fill": "inpaint_telea"}), ("GridDropout", {"fill": 9, "fill_mask": 1}),
    ("XYMasking", {"num_masks_x": (1, 3), "num_masks_y": (1, 3), "mask_x_length": (5, 20), "mask_y_length": (5, 20), "fill": 3}),
    ("Erasing", {"fill": 7}), ("ConstrainedCoarseDropout", {"mask_indices": [1], "num_holes_range": (1, 4)}),
    ("PixelDropout", {"dropout_prob": 0.2, "drop_value": 7, "mask_drop_value": 2}), ("PixelDropout", {"per_channel": True, "drop_value": None}),
    ("MaskDropout", {"max_objects": (1, 3), "fill": 5, "fill_mask": 9}), ("RandomGridShuffle", {"grid": (3, 4)}),
    ("Morphological", {"scale": (2, 5)}), ("Morphological", {"scale": (3, 4), "operation": "erosion"}),
)  # fmt: skip
COLOURS = (
    ("RandomBrightnessContrast", {"brightness_limit": 0.5, "contrast_limit": 0.5}), ("RandomBrightnessContrast", {"brightness_by_max": False}),
    ("RandomBrightnessContrast", {"ensure_safe_range": True}), ("RandomGamma", {"gamma_limit": (40, 250)}), ("HueSaturationValue", {}),
    ("ColorJitter", {"brightness": (0.5, 1.5), "contrast": (0.5, 1.5), "saturation": (0.5, 1.5)}), ("RGBShift", {"r_shift_limit": 60}),
    ("ChannelShuffle", {}), ("ChannelDropout", {"channel_drop_range": (1, 2), "fill": 7}), ("ToGray", {}), ("ToSepia", {}), ("InvertImg", {}),
    ("Posterize", {"num_bits": (1, 7)}), ("Posterize", {"num_bits": [(1, 7), (2, 3), (4, 8)]}), ("Solarize", {"threshold_range": (0, 1)}),
    ("RandomToneCurve", {}), ("RandomToneCurve", {"per_channel": True}), ("FancyPCA", {"alpha": 0.5}), ("CLAHE", {"clip_limit": (1, 6)}),
    ("PlanckianJitter", {}), ("PlanckianJitter", {"mode": "cied"}), ("Illumination", {"mode": "corner"}), ("Illumination", {"mode": "gaussian"}),
    ("Illumination", {}), ("Equalize", {}), ("Equalize", {"mode": "pil", "by_channels": False}), ("AutoContrast", {}), ("Normalize", {}),
    ("Normalize", {"normalization": "min_max_per_channel"}), ("ToRGB", {}), ("ToFloat", {}), ("FromFloat", {}),
    ("AdditiveNoise", {"noise_type": "uniform", "spatial_mode": "constant"}),
    ("MultiplicativeNoise", {"multiplier": (0.5, 1.5)}), ("MultiplicativeNoise", {"multiplier": (0.5, 1.5), "per_channel": True}),
)  # fmt: skip
FILTERS = (
    ("Blur", {"blur_limit": (3, 9)}), ("MedianBlur", {}), ("GaussianBlur", {}), ("GaussianBlur", {"blur_limit": (3, 7)}), ("MotionBlur", {}),
    ("AdvancedBlur", {}), ("Defocus", {}), ("ZoomBlur", {}), ("Sharpen", {}), ("Sharpen", {"method": "gaussian"}), ("UnsharpMask", {}),
    ("Emboss", {}), ("RingingOvershoot", {}), ("Downscale", {"scale_range": (0.2, 0.9)}), ("ImageCompression", {"quality_range": (5, 95)}),
    ("ChromaticAberration", {"mode": "random"}), ("GaussNoise", {}), ("GaussNoise", {"per_channel": False, "noise_scale_factor": 0.3}),
    ("AdditiveNoise", {"noise_type": "gaussian", "spatial_mode": "shared"}), ("MultiplicativeNoise", {"elementwise": True, "per_channel": True}),
    ("MultiplicativeNoise", {"elementwise": True}), ("SaltAndPepper", {}), ("PlasmaShadow", {}), ("RandomFog", {}), ("RandomRain", {}),
    ("RandomSnow", {}), ("RandomSnow", {"method": "texture", "brightness_coeff": 1.2}), ("RandomGravel", {}), ("RandomShadow", {}),
    ("RandomSunFlare", {}), ("Superpixels", {"p_replace": (0.1, 0.5)}),
)  # fmt: skip
CASES = [*TURNS, *CROPS, *PADS, *SIZES, *WARPS, *BENT, *COVERED, *COLOURS, *FILTERS]


class Row:
    """What is not equal, and why.

    Args:
        what: Words of the rows in docs/why/differences.md that say so, or why nobody could tell.
        levels: How far pixels are apart at most, None for not compared.
        share: Of how many values by more than 3 levels.
        mask: Share of the mask's pixels that may differ.
        boxes: How far boxes are apart at most in pixels, None for not compared.
        points: The same for keypoints.
    """

    def __init__(
        self, *what: str, levels: float | None = 0, share: float = 0.0, mask: float = 0, boxes: float | None = 0.01, points: float | None = 0.01
    ) -> None:
        self.what, self.levels, self.share, self.mask, self.boxes, self.points = what, levels, share, mask, boxes, points


EQUAL = Row()
HALF = Row("8: keypoints under a resize lack the half pixel", points=1.5)
DROPPED = Row("6: dropout cuts all boxes to whole pixels and deletes small ones, touched or not", boxes=None)
BEND = Row("boxes and keypoints of bends are painted, bent and looked for (or guessed)", boxes=None, points=None, levels=3)
EDGES = Row("`Perspective` sets its matrix for edges and reads pixels by it as if for centres", boxes=2.0, levels=3)
REFLECTED = Row("17: reflect borders multiply boxes and keypoints", boxes=None, points=None)
EXCEPT: dict[str, Row] = {
    "Resize": HALF, "RandomScale": HALF, "LongestMaxSize": HALF, "SmallestMaxSize": HALF, "RandomResizedCrop": HALF, "RandomSizedCrop": HALF,
    "RandomSizedBBoxSafeCrop": HALF,
    "CropAndPad(px=(-15,20),mask_interpolation=6)": Row(
        *HALF.what, "`CropAndPad(keep_size=True)` resizes the padded picture", points=1.0, levels=16, share=0.015, mask=0.01
    ),
    "CropAndPad(percent=(-0.2,0.1),keep_size=False,border_mode=2)": REFLECTED,
    "Rotate(limit=60,border_mode=2,interpolation=2)": REFLECTED,
    "Rotate(limit=40,crop_border=True)": Row("`Rotate(crop_border=True)` turns and then crops", levels=3),
    "SafeRotate": Row("9: `SafeRotate` stretches the sides apart, boxes are half a pixel off", boxes=0.51),
    "Affine(rotate=(-60,60),fit_output=True)": Row("10: `fit_output` adds a pixel, boxes off by up to 1 px", boxes=1.01),
    "Perspective": EDGES,
    "ElasticTransform": BEND, "GridDistortion": BEND, "OpticalDistortion": BEND, "ThinPlateSpline": BEND,
    "CoarseDropout": DROPPED, "GridDropout": DROPPED, "XYMasking": DROPPED, "Erasing": DROPPED, "ConstrainedCoarseDropout": DROPPED,
    "RandomGridShuffle": Row("a box that `RandomGridShuffle` cuts becomes several rows", boxes=None),
    "Morphological": Row("`Morphological` fails where there are boxes (with OpenCV 5)", boxes=None),
    "RandomGamma": Row("25: `RandomGamma(100)` changes 24 levels", levels=1),
    "Illumination": Row("`Illumination` at angles that are no multiple of 45° leaves its own range", levels=None),
    "Illumination(mode=corner)": EQUAL, "Illumination(mode=gaussian)": EQUAL,
    "AutoContrast": Row("`AutoContrast` leaves 255 out when it counts levels", levels=None),
    "Sharpen(method=gaussian)": Row("`Sharpen(method=\"gaussian\")` lets levels run over", levels=None),
    "ImageCompression": Row("25: `ImageCompression` hands RGB to the codec as if it were BGR", levels=None),
    "Superpixels": Row("`Superpixels` never paints the first patch over", levels=None),
    "RandomGravel": Row("`RandomGravel` changes most pixels by up to 5 levels", levels=6, share=1.0),
    "RandomSnow(method=texture,brightness_coeff=1.2)": Row("`RandomSnow(method=\"texture\")` lets levels above 255 run over", levels=None),
}  # fmt: skip
ELSEWHERE: dict[str, str] = {
    "GlassBlur": "test_filter_contract.py::test_glass_equals_2_0_8_which_copies_colours_where_it_should_exchange_them",
    "ISONoise": "test_filter_contract.py::test_sensor_noise_is_distributed_as_that_of_2_0_8",
    "ShotNoise": "test_filter_contract.py::test_shot_noise_is_distributed_as_that_of_2_0_8",
    "PlasmaBrightnessContrast": "test_weather_contract.py::test_light_of_plasma_equals_2_0_8_where_nothing_leaves_the_range",
    "Spatter": "test_weather_contract.py::test_splashes_of_rain_and_mud_equal_2_0_8",
    "Mosaic": "test_mosaic_contract.py::test_cells_pixels_boxes_and_labels_equal_2_0_8",
    "OverlayElements": "test_dropout_contract.py::test_stickers_in_boxes_equal_2_0_8",
    "PiecewiseAffine": "test_bends_contract.py::test_a_piecewise_affine_map_of_2_0_8_is_none",
    "GridElasticDeform": "test_bends_contract.py::test_cells_of_2_0_8_tear_where_they_meet_and_ours_do_not",
    "ToTensorV2": "../test_foreign.py::test_tensors_come_out_with_the_channels_first",
}
SHARED = sorted(
    name
    for name in A.__all__
    if isinstance(getattr(A, name), type) and issubclass(getattr(A, name), A.Transform) and hasattr(B, name) and name not in ("Transform", "NoOp")
)


def label(case: tuple[str, dict[str, Any]]) -> str:
    name, arguments = case
    return f"{name}({', '.join(f'{key}={value}' for key, value in arguments.items())})".replace(" ", "")


def soft(rng: np.random.Generator) -> np.ndarray:
    import cv2

    coarse = rng.integers(0, 256, (9, 12, 3)).astype(np.uint8)
    picture = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture.astype(int) + rng.integers(-9, 10, picture.shape), 0, 255).astype(np.uint8)


def drawn(transform: Any, data: dict[str, Any]) -> dict[str, Any]:
    """What 2.0.8 draws for a call."""
    params = transform.update_transform_params(dict(transform.get_params()), data)
    return params | transform.get_params_dependent_on_data(params, data)


def sweep(case: tuple[str, dict[str, Any]], count: int) -> None:
    name, arguments = case
    rng = np.random.default_rng(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = getattr(A, name)(**arguments, p=1), getattr(B, name)(**arguments, p=1)
    theirs.set_random_seed(11)
    allowed = EXCEPT.get(label(case), EXCEPT.get(name, EQUAL))
    moving = isinstance(theirs, B.DualTransform)
    for _ in range(count):
        image = soft(rng)
        if name == "FromFloat":
            image = (image / 255).astype(np.float32)
        mask = (image[..., 0] > image[..., 0].mean()).astype(np.uint8)
        corners = np.sort(rng.uniform(0, 1, (6, 2, 2)), axis=1).reshape(6, 4)
        boxes = np.concatenate([corners[(corners[:, 2:] - corners[:, :2]).min(axis=1) > 0.05], [[0.3, 0.3, 0.6, 0.7]]])
        boxes = np.concatenate([boxes, np.arange(len(boxes))[:, None]], axis=1)
        points = np.zeros((8, 6))
        points[:, :2], points[:, 5] = rng.uniform(0, (WIDTH - 1, HEIGHT - 1), (8, 2)), np.arange(8)
        points[:, 4] = 1
        if name == "RandomGridShuffle":  # whole pixels, of which nobody doubts in which tile they lie
            points[:, :2] = np.round(points[:, :2])
        box = (boxes[-1, :4] * (WIDTH, HEIGHT, WIDTH, HEIGHT)).astype(int).tolist()
        data = {"image": image, "mask": mask, "bboxes": boxes.astype(np.float32), "keypoints": points.astype(np.float32), "cropping_bbox": box}
        params = drawn(theirs, data)
        check_pixels(ours.apply(image, **params), theirs.apply(image, **params), allowed)
        if moving:
            one, other = ours.apply_to_mask(mask, **params), theirs.apply_to_mask(mask, **params)
            assert one.shape == other.shape
            away = float((one != other).mean())
            assert away <= allowed.mask, away
            check_boxes(ours, theirs, boxes, params, allowed)
            check_points(ours, theirs, points, params, allowed)


def check_pixels(one: np.ndarray, other: np.ndarray, allowed: Row) -> None:
    assert one.shape == other.shape
    if allowed.levels is None:
        return
    away = np.abs(one.astype(np.float64) - other)
    if one.dtype.kind == "f":
        assert away.max() <= max(allowed.levels, 1e-5), away.max()
        return
    assert away.max() <= allowed.levels, f"{away.max()} levels in {(away > allowed.levels).mean():.2%}"
    assert (away > 3).mean() <= allowed.share


def check_boxes(ours: Any, theirs: Any, boxes: np.ndarray, params: dict[str, Any], allowed: Row) -> None:
    if allowed.boxes is None:
        return
    height, width = ours.apply(np.zeros((HEIGHT, WIDTH), np.uint8), **params).shape
    sides = np.array((width, height, width, height))
    mine = {int(row[4]): row[:4] * sides for row in ours.apply_to_bboxes(boxes.copy(), **params)}
    its = theirs.apply_to_bboxes(boxes.astype(np.float32), **params).astype(np.float64)
    for row in its:
        box = row[:4] * sides
        cut = np.clip(box, 0, sides)
        if (cut[2:] - cut[:2]).min() < 1e-2:
            continue  # it lies outside, or all but
        if not np.allclose(box, cut, atol=1e-3) and not axis_aligned(params):
            if int(row[4]) in mine:  # what is visible is squared off, not the other way round: no wider
                assert (mine[int(row[4])][:2] >= cut[:2] - allowed.boxes).all()
                assert (mine[int(row[4])][2:] <= cut[2:] + allowed.boxes).all()
            continue
        assert np.abs(mine[int(row[4])] - cut).max() <= allowed.boxes, (mine[int(row[4])], cut)
    assert set(mine) <= {int(row[4]) for row in its}


def axis_aligned(params: dict[str, Any]) -> bool:
    matrix = params.get("matrix")
    return matrix is None or bool(abs(matrix[0][1]) < 1e-9 and abs(matrix[1][0]) < 1e-9 and np.allclose(matrix[2], (0, 0, 1)))


def check_points(ours: Any, theirs: Any, points: np.ndarray, params: dict[str, Any], allowed: Row) -> None:
    if allowed.points is None:
        return
    mine = {int(row[5]): row[:2] for row in ours.apply_to_keypoints(points.copy(), **params)}
    for row in theirs.apply_to_keypoints(points.astype(np.float32), **params):
        assert np.abs(mine[int(row[5])] - row[:2]).max() <= allowed.points, (mine[int(row[5])], row[:2])


@pytest.mark.parametrize("case", CASES, ids=label)
def test_what_2_0_8_draws_gives_its_pixels_boxes_and_keypoints(case):
    sweep(case, 5 if case in BENT else 10)


@pytest.mark.parametrize("name", SHARED, ids=lambda name: f"{name}: {ELSEWHERE.get(name, 'here')}")
def test_every_shared_transform_is_compared_with_2_0_8(name):
    here = Path(__file__).parent
    assert (name in ELSEWHERE) != any(name == other for other, _ in CASES)
    if name in ELSEWHERE:
        path, test = ELSEWHERE[name].split("::")
        assert f"def {test}(" in (here / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EXCEPT, ids=str)
def test_every_exception_is_a_row_of_the_differences(name):
    told = (Path(__file__).parents[2] / "docs" / "why" / "differences.md").read_text(encoding="utf-8")
    assert any(name in (label(case), case[0]) for case in CASES)
    for what in EXCEPT[name].what:
        assert what in told


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=label)
def test_two_hundred_draws_of_2_0_8_give_its_pixels_boxes_and_keypoints(case):
    sweep(case, 200)
