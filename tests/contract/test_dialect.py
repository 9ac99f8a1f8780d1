"""What Albumentations 1.x wrote means what it meant: arguments, positions, classes, and files of other programs."""

from __future__ import annotations

import inspect
import io
import json
import warnings
from pathlib import Path

import attrs
import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug import dialect
from geoaug.transform import REGISTRY

PIPELINES = Path(__file__).parents[2] / "fixtures" / "pipelines"
LEVELS = 255


def noted(build):
    """What a call in 1.x's dialect makes, and the one note that comes with it."""
    with pytest.warns(UserWarning, match="as Albumentations 1.x wrote it") as caught:
        made = build()
    assert len(caught) == 1, [str(one.message) for one in caught]
    assert caught[0].filename == __file__, "the note names the line that asked"
    return made, str(caught[0].message)


def quiet(build):
    """What a call makes, whatever it says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return build()


# call in 1.x's words, what it must be in today's, and what the note must name
ROWS = {
    "always": (lambda: A.HorizontalFlip(always_apply=True), lambda: A.HorizontalFlip(p=1.0), "p=1.0"),
    "always beats p": (lambda: A.HorizontalFlip(always_apply=True, p=0.2), lambda: A.HorizontalFlip(p=1.0), "p=1.0"),
    "not always": (lambda: A.HorizontalFlip(always_apply=False), lambda: A.HorizontalFlip(p=0.5), "left out"),
    "always by position": (lambda: A.HorizontalFlip(True), lambda: A.HorizontalFlip(p=1.0), "p=1.0"),
    "False is not p": (lambda: A.VerticalFlip(False), lambda: A.VerticalFlip(p=0.5), "left out"),
    "False and p": (lambda: A.VerticalFlip(False, 0.3), lambda: A.VerticalFlip(p=0.3), "left out"),
    "pad": (
        lambda: A.PadIfNeeded(512, 512, border_mode=0, value=[124, 116, 104], mask_value=255),
        lambda: A.PadIfNeeded(512, 512, border_mode=0, fill=(124, 116, 104), fill_mask=255),
        "fill=[124, 116, 104]",
    ),
    "pad's position": (
        lambda: A.PadIfNeeded(64, 64, position=A.PadIfNeeded.PositionType.TOP_LEFT, value=3),
        lambda: A.PadIfNeeded(64, 64, position="top_left", fill=3),
        "border_mode is not given and is 0 today, 4 in 1.x",
    ),
    "no value": (lambda: A.Rotate(20, value=None, mask_value=None), lambda: A.Rotate(20), "value=None is left out"),
    "turn": (lambda: A.Rotate(20, value=9, mask_value=7), lambda: A.Rotate(20, fill=9, fill_mask=7), "fill_mask=7"),
    "safe turn": (lambda: A.SafeRotate(20, value=9), lambda: A.SafeRotate(20, fill=9), "fill=9"),
    "shift": (lambda: A.ShiftScaleRotate(value=(1, 2, 3)), lambda: A.ShiftScaleRotate(fill=(1, 2, 3)), "fill=(1, 2, 3)"),
    "grid": (lambda: A.GridDistortion(value=9), lambda: A.GridDistortion(fill=9), "normalized is not given and is True today, False in 1.x"),
    "lens": (lambda: A.OpticalDistortion(0.3, shift_limit=0.2), lambda: A.OpticalDistortion(0.3), "shift_limit=0.2 is gone"),
    "elastic": (lambda: A.ElasticTransform(value=9), lambda: A.ElasticTransform(fill=9), "alpha_affine is not given and is 0 today, 50 in 1.x"),
    "affine": (
        lambda: A.Affine(rotate=(5, 9), cval=4, cval_mask=5, mode=cv2.BORDER_REFLECT),
        lambda: A.Affine(rotate=(5, 9), fill=4, fill_mask=5, border_mode=2),
        "border_mode=2",
    ),
    "affine's None": (lambda: A.Affine(scale=None, rotate=None, shear=None), lambda: A.Affine(), "rotate=None is left out"),
    "perspective": (
        lambda: A.Perspective(pad_mode=1, pad_val=4, mask_pad_val=5),
        lambda: A.Perspective(border_mode=1, fill=4, fill_mask=5),
        "border_mode=1",
    ),
    "crop and pad": (
        lambda: A.CropAndPad(px=4, pad_mode=1, pad_cval=4, pad_cval_mask=5),
        lambda: A.CropAndPad(px=4, border_mode=1, fill=4, fill_mask=5),
        "fill_mask=5",
    ),
    "piecewise": (
        lambda: A.PiecewiseAffine(nb_rows=3, mode="reflect", cval=4, keypoints_threshold=0.1),
        lambda: A.PiecewiseAffine(nb_rows=3, border_mode=4, fill=4),
        "keypoints_threshold=0.1 is gone",
    ),
    "resized crop": (lambda: A.RandomResizedCrop(height=5, width=6), lambda: A.RandomResizedCrop((5, 6)), "size=(5, 6)"),
    "resized crop by position": (
        lambda: A.RandomResizedCrop(5, 6, (0.5, 1.0), p=0.4),
        lambda: A.RandomResizedCrop((5, 6), (0.5, 1.0), p=0.4),
        "size=(5, 6)",
    ),
    "sized crop": (lambda: A.RandomSizedCrop((3, 4), height=5, width=6), lambda: A.RandomSizedCrop((3, 4), (5, 6)), "size=(5, 6)"),
    "sized crop by position": (lambda: A.RandomSizedCrop((3, 4), 5, 6), lambda: A.RandomSizedCrop((3, 4), (5, 6)), "size=(5, 6)"),
    "sized crop by name": (
        lambda: A.RandomSizedCrop(min_max_height=(3, 4), height=5, width=6, w2h_ratio=0.5, always_apply=True),
        lambda: A.RandomSizedCrop((3, 4), (5, 6), 0.5, p=1.0),
        "size=(5, 6)",
    ),
    "crop by position": (lambda: A.RandomCrop(5, 6, True, 0.5), lambda: A.RandomCrop(5, 6, p=1.0), "p=1.0"),
    "near a box": (
        lambda: A.RandomCropNearBBox(0.1, cropping_box_key="here"),
        lambda: A.RandomCropNearBBox(0.1, cropping_bbox_key="here"),
        "cropping_bbox_key='here'",
    ),
    "noise": (
        lambda: A.GaussNoise(var_limit=(16, 64), mean=51),
        lambda: A.GaussNoise(std_range=(4 / LEVELS, 8 / LEVELS), mean_range=(0.2, 0.2)),
        "std_range=",
    ),
    "lone noise": (lambda: A.GaussNoise(var_limit=64), lambda: A.GaussNoise(std_range=(0, 8 / LEVELS)), "std_range="),
    "noise by position": (lambda: A.GaussNoise((16, 64)), lambda: A.GaussNoise(std_range=(4 / LEVELS, 8 / LEVELS)), "std_range="),
    "jpeg": (lambda: A.ImageCompression(quality_lower=40), lambda: A.ImageCompression(quality_range=(40, 100)), "quality_range=(40, 100)"),
    "jpeg by position": (lambda: A.ImageCompression(40, 60), lambda: A.ImageCompression(quality_range=(40, 60)), "quality_range=(40, 60)"),
    "webp": (
        lambda: A.ImageCompression(compression_type=A.ImageCompression.ImageCompressionType.WEBP),
        lambda: A.ImageCompression("webp"),
        "compression_type='webp'",
    ),
    "holes": (
        lambda: A.CoarseDropout(max_holes=8, max_height=16, max_width=0.25, min_holes=2, min_height=8, fill_value=7, mask_fill_value=9),
        lambda: A.CoarseDropout((2, 8), (8, 16), (0.25, 0.25), fill=7, fill_mask=9),
        "hole_height_range=(8, 16)",
    ),
    "holes by position": (lambda: A.CoarseDropout(8, 16, 12), lambda: A.CoarseDropout((8, 8), (16, 16), (12, 12)), "(16, 16)"),
    "holes of any picture": (lambda: A.CoarseDropout(fill_value=7), lambda: A.CoarseDropout(fill=7), "num_holes_range is not given"),
    "objects": (
        lambda: A.MaskDropout(image_fill_value="inpaint", mask_fill_value=3),
        lambda: A.MaskDropout(fill="inpaint_telea", fill_mask=3),
        "inpaint_telea",
    ),
    "grid of holes": (
        lambda: A.GridDropout(unit_size_min=4, unit_size_max=9, fill_value=3),
        lambda: A.GridDropout(unit_size_range=(4, 9), fill=3),
        "random_offset is not given and is True today, False in 1.x",
    ),
    "numbered holes": (
        lambda: A.GridDropout(holes_number_x=5, holes_number_y=3, shift_x=2, shift_y=1),
        lambda: A.GridDropout(holes_number_xy=(5, 3), shift_xy=(2, 1), random_offset=False),
        "holes_number_xy=(5, 3)",
    ),
    "half numbered holes": (lambda: A.GridDropout(holes_number_x=5), lambda: A.GridDropout(holes_number_xy=(5, 5)), "(5, 5)"),
    "stripes": (lambda: A.XYMasking(fill_value=3, mask_fill_value=4), lambda: A.XYMasking(fill=3, fill_mask=4), "fill_mask=4"),
    "channels": (lambda: A.ChannelDropout(fill_value=3), lambda: A.ChannelDropout(fill=3), "fill=3"),
    "downscale": (
        lambda: A.Downscale(scale_min=0.3, scale_max=0.5, interpolation=1),
        lambda: A.Downscale((0.3, 0.5), {"upscale": 1, "downscale": 1}),
        "scale_range=(0.3, 0.5)",
    ),
    "half a downscale": (lambda: A.Downscale(scale_max=0.5), lambda: A.Downscale((0.25, 0.5)), "scale_range=(0.25, 0.5)"),
    "solarize": (lambda: A.Solarize(threshold=51), lambda: A.Solarize((0.2, 0.2)), "threshold_range=(0.2, 0.2)"),
    "solarize floats": (lambda: A.Solarize(threshold=(0.2, 0.4)), lambda: A.Solarize((0.2, 0.4)), "threshold_range=(0.2, 0.4)"),
    "fog": (lambda: A.RandomFog(fog_coef_lower=0.1, alpha_coef=0.2), lambda: A.RandomFog(0.2, (0.1, 1)), "fog_coef_range=(0.1, 1)"),
    "flare": (
        lambda: A.RandomSunFlare(num_flare_circles_lower=2, num_flare_circles_upper=4, angle_lower=0.5),
        lambda: A.RandomSunFlare(num_flare_circles_range=(2, 4), angle_range=(0.5, 1)),
        "num_flare_circles_range=(2, 4)",
    ),
    "shadow": (lambda: A.RandomShadow(num_shadows_upper=3), lambda: A.RandomShadow(num_shadows_limit=(1, 3)), "num_shadows_limit=(1, 3)"),
    "snow": (lambda: A.RandomSnow(snow_point_lower=0.2), lambda: A.RandomSnow(snow_point_range=(0.2, 0.3)), "snow_point_range=(0.2, 0.3)"),
    "rain": (
        lambda: A.RandomRain(slant_lower=-5, slant_upper=5, rain_type=None),
        lambda: A.RandomRain(slant_range=(-5, 5)),
        "slant_range=(-5, 5)",
    ),
    "gamma": (lambda: A.RandomGamma(eps=1e-7), lambda: A.RandomGamma(), "eps=1e-07 is gone"),
    "Cutout": (
        lambda: A.Cutout(num_holes=3, max_h_size=4, max_w_size=5, fill_value=6, p=0.2),
        lambda: A.CoarseDropout((3, 3), (4, 4), (5, 5), fill=6, p=0.2),
        "the class is CoarseDropout",
    ),
    "Cutout alone": (lambda: A.Cutout(), lambda: A.CoarseDropout((8, 8), (8, 8), (8, 8)), "CoarseDropout"),
    "JpegCompression": (lambda: A.JpegCompression(40, 60), lambda: A.ImageCompression("jpeg", (40, 60)), "ImageCompression"),
    "RandomBrightness": (lambda: A.RandomBrightness(0.3), lambda: A.RandomBrightnessContrast(0.3, 0), "brightness_limit=0.3"),
    "RandomContrast": (lambda: A.RandomContrast(limit=(0.1, 0.3)), lambda: A.RandomBrightnessContrast(0, (0.1, 0.3)), "contrast_limit=(0.1, 0.3)"),
    "IAAAffine": (
        lambda: A.IAAAffine(rotate=(10, 20), order=0, mode="edge"),
        lambda: A.Affine(rotate=(-20, -10), interpolation=0, border_mode=1),
        "it turned clockwise",
    ),
    "IAAPerspective": (lambda: A.IAAPerspective(p=0.3), lambda: A.Perspective(p=0.3), "the class is Perspective"),
    "IAASharpen": (lambda: A.IAASharpen((0.1, 0.2)), lambda: A.Sharpen((0.1, 0.2)), "the class is Sharpen"),
    "IAAEmboss": (lambda: A.IAAEmboss(p=0.4), lambda: A.Emboss(p=0.4), "the class is Emboss"),
    "IAASuperpixels": (lambda: A.IAASuperpixels(0.2, 50), lambda: A.Superpixels(0.2, 50), "the class is Superpixels"),
    "IAAAdditiveGaussianNoise": (
        lambda: A.IAAAdditiveGaussianNoise(scale=(5.1, 10.2)),
        lambda: A.GaussNoise((5.1 / LEVELS, 10.2 / LEVELS), per_channel=False),
        "the class is GaussNoise",
    ),
    "IAAPiecewiseAffine": (lambda: A.IAAPiecewiseAffine(nb_rows=3), lambda: A.PiecewiseAffine(nb_rows=3), "the class is PiecewiseAffine"),
    "IAACropAndPad": (
        lambda: A.IAACropAndPad(px=3, pad_mode="edge"),
        lambda: A.CropAndPad(px=3, border_mode=1),
        "the class is CropAndPad",
    ),
    "IAAFliplr": (lambda: A.IAAFliplr(p=0.4), lambda: A.HorizontalFlip(p=0.4), "the class is HorizontalFlip"),
    "IAAFlipud": (lambda: A.IAAFlipud(p=0.4), lambda: A.VerticalFlip(p=0.4), "the class is VerticalFlip"),
}


@pytest.mark.parametrize(("former", "today", "told"), [pytest.param(*row, id=name) for name, row in ROWS.items()])
def test_what_1_x_wrote_means_what_it_meant_and_the_note_names_today_s_spelling(former, today, told):
    made, note = noted(former)
    expected = today()
    assert type(made) is type(expected)
    for name, value in attrs.asdict(expected, recurse=False).items():
        assert getattr(made, name) == (pytest.approx(value, rel=1e-12) if isinstance(value, (int, float)) else value) or np.allclose(
            getattr(made, name), value, rtol=1e-12
        ), name
    assert told in note
    assert made.invalid_args == []


CALLS = json.loads((PIPELINES / "calls.json").read_text(encoding="utf-8"))
WARPED = {"rotate", "rotate by position", "affine"}  # OpenCV 5 rounds otherwise
RESIZED = {"resized crop", "resized crop by position", "sized crop", "resize by position"}  # masks by the nearest centre here


@pytest.mark.parametrize("name", CALLS)
def test_calls_of_1_x_make_the_pixels_that_1_3_1_made(name):
    with np.load(PIPELINES / "pictures-1.3.1.npz") as stored:
        source, labels, image, mask = (stored[key] for key in ("source", "labels", f"{name}/image", f"{name}/mask"))
    out = quiet(lambda: eval(CALLS[name], {"A": A}))(image=source, mask=labels)
    assert out["image"].shape == image.shape
    assert np.abs(out["image"].astype(float) - image).max() <= (3 if name in WARPED else 0)
    if name in RESIZED:
        assert out["mask"].shape == mask.shape
    else:
        assert (out["mask"] == mask).all()


def test_noise_of_a_variance_has_that_variance_in_levels():
    noise = quiet(lambda: A.GaussNoise(var_limit=(100, 100), p=1))
    out = A.Compose([noise], seed=1)(image=np.full((200, 200, 3), 0.5, np.float32))["image"]  # in whole levels 2.0.8 cuts noise off
    assert out.std() * LEVELS == pytest.approx(10, abs=0.1)


def test_a_mask_padded_by_1_x_s_word_gets_the_value_that_is_ignored_in_training():
    pad = quiet(lambda: A.PadIfNeeded(4, 4, border_mode=0, value=7, mask_value=255))
    out = A.Compose([pad])(image=np.zeros((2, 2, 3), np.uint8), mask=np.zeros((2, 2), np.uint8))
    assert (out["image"][0] == 7).all()
    assert (out["mask"][0] == 255).all()


def test_holes_of_1_x_are_as_many_and_as_large_as_it_said():
    holes = quiet(lambda: A.CoarseDropout(max_holes=1, max_height=6, max_width=10, fill_value=9, p=1))
    out = A.Compose([holes], seed=3)(image=np.zeros((50, 50), np.uint8))["image"]
    rows, columns = np.nonzero(out)
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == (6, 10)


def test_an_elastic_transform_with_alpha_affine_moves_corners_points_and_pixels_alike():
    image = np.zeros((200, 300), np.uint8)
    cv2.circle(image, (150, 100), 10, 255, -1)
    moved = []
    for seed in range(20):
        bend = A.ElasticTransform(alpha=0, sigma=8, alpha_affine=20, p=1)
        out = A.Compose([bend], keypoint_params=A.KeypointParams("xy"), seed=seed)(image=image, keypoints=[(150, 100)])
        rows, columns = np.nonzero(out["image"] > 127)
        assert np.allclose(out["keypoints"][0], (columns.mean(), rows.mean()), atol=0.4)
        moved.append(np.hypot(*np.subtract(out["keypoints"][0], (150, 100))))
    assert 3 < max(moved) < 20 * 2**0.5


def test_to_tensor_makes_shares_of_white_of_pictures_and_masks():
    torch = pytest.importorskip("torch")
    image, mask = np.full((2, 3, 3), 51, np.uint8), np.uint8([[0, 255, 0], [255, 0, 0]])
    with pytest.warns(UserWarning, match="ToTensor, as Albumentations 0.5 wrote it"):
        made = A.ToTensor()
    out = A.Compose([A.HorizontalFlip(p=1), made])(image=image, mask=mask)
    assert torch.equal(out["image"], torch.full((3, 2, 3), 51 / 255))
    assert torch.equal(out["mask"], torch.tensor([[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]))
    out = quiet(lambda: A.ToTensor(num_classes=2, sigmoid=False, normalize={"mean": (0.2, 0.2, 0.2), "std": (0.5, 0.5, 0.5)}))(image=image, mask=mask)
    assert torch.allclose(out["image"], torch.zeros(3, 2, 3), atol=1e-6)
    assert torch.equal(out["mask"], torch.tensor([[0, 1, 0], [1, 0, 0]]))


def test_a_subclass_that_counts_as_1_x_did_is_read_as_1_x_meant_it():
    class Windows(A.RandomCrop):
        def __init__(self, height, width, always_apply=False, p=1.0):
            super().__init__(height, width, always_apply, p)

    made = quiet(lambda: Windows(3, 4))
    assert (made.height, made.width, made.pad_if_needed, made.p) == (3, 4, False, 1.0)
    assert quiet(lambda: Windows(3, 4, True, 0.2)).p == 1.0


def test_an_argument_that_neither_dialect_knows_warns_is_recorded_and_is_an_error_under_strict():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        turn = A.Rotate(20, value=3, colour="red")
    assert [("1.x" in str(one.message), "colour" in str(one.message)) for one in caught] == [(True, False), (False, True)]
    assert turn.invalid_args == ["colour"]
    assert turn.fill == 3
    with pytest.raises(A.ParameterError, match="Rotate: unknown argument 'colour'"):
        A.Rotate(20, value=3, colour="red", strict=True)
    with pytest.raises(A.ParameterError, match="Cutout: unknown argument 'colour'"):
        A.Cutout(colour="red", strict=True)
    with pytest.warns(UserWarning, match="1.x"):
        assert A.Rotate(20, value=3, strict=True).fill == 3


def test_today_s_argument_counts_where_both_are_given():
    with pytest.warns(UserWarning, match="unknown argument 'value'"):
        assert A.Rotate(20, value=3, fill=4).fill == 4


@pytest.mark.parametrize(
    ("build", "told"),
    [
        (lambda: A.GaussNoise(var_limit=-3), "GaussNoise: var_limit=-3: cannot be read as std_range: expected a variance"),
        (lambda: A.GaussNoise(var_limit="many"), "var_limit='many': cannot be read as std_range: expected a number"),
        (lambda: A.RandomResizedCrop(height=5), "size is missing"),
        (lambda: A.RandomResizedCrop(0, 6), "RandomResizedCrop: size=0"),
        (lambda: A.HorizontalFlip(0.3, 0.5), "HorizontalFlip: 2 arguments given, it takes p"),
        (lambda: A.Cutout(1, 2, 3, 4, False, 0.5, 7), "Cutout: expected num_holes, max_h_size, max_w_size"),
    ],
)
def test_what_fits_neither_dialect_is_refused_by_name(build, told):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(A.ParameterError, match=told.replace("(", r"\(")):
            build()


def test_a_note_comes_once_for_each_line_of_a_program():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            A.Rotate(20, value=3)
    assert len(caught) == 1


def test_every_row_of_the_table_leads_to_an_argument_that_its_class_takes():
    for name, rows in dialect.TABLE.items():
        taken = inspect.signature(A.Lambda.__init__ if name == "Lambda" else getattr(A, name)).parameters
        for row in rows:
            assert row.new is None or row.new in taken, (name, row)
            assert not row.defaults or len(row.defaults) == len(row.old), (name, row)
    for name, removed in dialect.REMOVED.items():
        taken = set(inspect.signature(getattr(A, removed.today)).parameters)
        assert set(removed.fixed) <= taken, name
        assert {row.new for row in removed.rows} <= taken, name
        assert list(inspect.signature(getattr(A, name)).parameters) == removed.order.split()


# --- what other programs wrote ---------------------------------------------------------------------------------------


def described(version: str) -> dict:
    return json.loads((PIPELINES / f"every-{version}.json").read_text(encoding="utf-8"))["transform"]


@pytest.mark.parametrize("version", ["1.3.1", "2.0.8"])
def test_every_transform_that_albumentations_stored_is_read_without_a_word_of_unknown_arguments(version):
    seen = 0
    for told in described(version)["transforms"]:
        if not hasattr(A, told["__class_fullname__"]):
            continue
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = A.from_dict({"__version__": version, "transform": told})
        assert version == "1.3.1" or not caught, [str(one.message) for one in caught]
        assert not any("unknown" in str(one.message) for one in caught), [str(one.message) for one in caught]
        assert made.p == told["p"]
        seen += 1
    assert seen > 55


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_a_stored_pipeline_of_1_x_is_that_of_2_x(kind):
    with pytest.warns(UserWarning, match="pipeline, as Albumentations 1.x wrote it") as caught:
        former = A.load(PIPELINES / f"detection-1.3.1.{kind}", data_format=kind)
    assert len(caught) == 1
    today = A.load(PIPELINES / f"detection-2.0.8.{kind}", data_format=kind)
    assert former.bbox_params == today.bbox_params
    assert former.keypoint_params == today.keypoint_params
    assert [type(node) for node in former] == [type(node) for node in today]
    for index in (0, 1, 2, 4):
        assert former[index] == today[index]
    assert former[3][0].std_range == pytest.approx(today[3][0].std_range, abs=1e-4)


@pytest.mark.parametrize(
    "path", ["HorizontalFlip", "albumentations.HorizontalFlip", "albumentations.augmentations.transforms.HorizontalFlip", "geoaug.x.y.HorizontalFlip"]
)
def test_any_path_that_ends_in_a_class_of_ours_is_that_class(path):
    assert A.from_dict({"transform": {"__class_fullname__": path, "always_apply": False, "p": 0.25}}) == A.HorizontalFlip(p=0.25)


def test_a_class_of_the_user_is_found_where_its_module_has_another_name_now():
    class SomebodysOwn(A.ImageOnlyTransform):
        def __init__(self, strength=1, p=0.5):
            super().__init__(p=p)
            self.strength = strength

    told = {"__class_fullname__": "__main__.SomebodysOwn", "strength": 3, "p": 0.25}
    made = A.from_dict({"transform": told})
    assert (type(made), made.strength, made.p) == (SomebodysOwn, 3, 0.25)


def test_a_removed_class_cannot_be_derived_from_and_says_which_can():
    with pytest.raises(A.ParameterError, match="Mine: Cutout is CoarseDropout today, and makes one; derive from A.CoarseDropout"):

        class Mine(A.Cutout):
            pass


def test_removed_classes_in_files_are_today_s():
    told = {"__class_fullname__": "albumentations.augmentations.transforms.Cutout", "always_apply": False, "p": 0.5, "num_holes": 3}
    with pytest.warns(UserWarning, match=r"transform: Cutout: the class is CoarseDropout today"):
        assert A.from_dict({"transform": told}) == A.CoarseDropout((3, 3), (8, 8), (8, 8))


def test_what_has_no_p_has_its_class_s_own():
    assert A.from_dict({"transform": {"__class_fullname__": "Resize", "height": 4, "width": 5}}).p == 1


def test_lists_of_mmdetection_are_read():
    albu = {
        "type": "Albu",
        "transforms": [
            {"type": "ShiftScaleRotate", "shift_limit": 0.0625, "scale_limit": 0.0, "rotate_limit": 0, "interpolation": 1, "p": 0.5},
            {"type": "RandomBrightnessContrast", "brightness_limit": [0.1, 0.3], "contrast_limit": [0.1, 0.3], "p": 0.2},
            {"type": "OneOf", "transforms": [{"type": "albumentations.HorizontalFlip", "p": 1.0}, {"type": "VerticalFlip", "p": 1.0}], "p": 0.1},
        ],
        "bbox_params": {
            "type": "BboxParams",
            "format": "pascal_voc",
            "label_fields": ["gt_labels"],
            "min_visibility": 0.0,
            "filter_lost_elements": True,
        },
        "keymap": {"img": "image", "gt_bboxes": "bboxes"},
        "update_pad_shape": False,
        "skip_img_without_anno": True,
    }
    expected = A.Compose(
        [
            A.ShiftScaleRotate(0.0625, 0.0, 0, 1, p=0.5),
            A.RandomBrightnessContrast((0.1, 0.3), (0.1, 0.3), p=0.2),
            A.OneOf([A.HorizontalFlip(p=1.0), A.VerticalFlip(p=1.0)], p=0.1),
        ],
        bbox_params=A.BboxParams("pascal_voc", label_fields=["gt_labels"], min_visibility=0.0),
    )
    assert A.from_dict(albu) == expected
    assert A.from_dict(albu["transforms"]) == A.Compose(expected.transforms)
    assert A.from_dict({"type": "OneOrOther", "first": {"type": "NoOp"}, "second": {"type": "D4"}}) == A.OneOrOther(A.NoOp(), A.D4())


def test_configurations_of_hydra_are_read():
    told = {"_target_": "albumentations.Compose", "_convert_": "all", "transforms": [{"_target_": "albumentations.Resize", "height": 4, "width": 5}]}
    assert A.from_dict(told) == A.Compose([A.Resize(4, 5)])


@pytest.mark.parametrize("word", ["nonserializable", "lambda_transforms"])
def test_what_stands_in_a_file_by_name_only_is_given_beside_it(word):
    told = {
        "__version__": "1.3.1",
        "transform": {"__class_fullname__": "Compose", "p": 1.0, "transforms": [{"__class_fullname__": "Lambda", "__name__": "a"}]},
    }
    own = A.NoOp()
    assert A.from_dict(told, **{word: {"a": own}})[0] is own
    assert A.load(io.StringIO(json.dumps(told)), **{word: {"a": own}})[0] is own
    with pytest.raises(A.ParameterError, match=r"transform.transforms\[0\]: 'a' stands in the data by name only; give it as nonserializable="):
        A.from_dict(told)


def test_files_are_written_and_read_by_1_x_s_word_for_their_path(tmp_path):
    A.save(A.NoOp(), filepath=tmp_path / "a.json")
    assert A.load(filepath=tmp_path / "a.json") == A.NoOp()
    with pytest.raises(A.ParameterError, match="filepath_or_buffer: expected a path"):
        A.load()


def test_what_has_no_description_is_refused_or_left_out_with_a_warning():
    nameless = A.Compose([A.Lambda(image=lambda image, **_: image)])
    with pytest.raises(A.ParameterError, match="name"):
        A.to_dict(nameless)
    with pytest.warns(UserWarning, match="name"):
        assert A.to_dict(nameless, on_not_implemented_error="warn")["transform"] == {}


@pytest.mark.parametrize("name", ["os.system", "subprocess.Popen", "builtins.eval", "geoaug.dialect.Row", "type", ""])
@pytest.mark.parametrize("key", ["__class_fullname__", "type", "_target_"])
def test_nothing_but_registered_transforms_is_ever_built(key, name):
    assert name.rpartition(".")[2] not in REGISTRY
    with pytest.raises(A.ParameterError, match="is not one of geoaug's classes"):
        A.from_dict({"transform": {key: name, "args": ["echo"]}})


def test_a_value_of_1_x_that_means_nothing_is_refused_by_its_place():
    told = [{"type": "HorizontalFlip"}, {"type": "GaussNoise", "var_limit": -3}]
    with pytest.raises(A.ParameterError, match=r"transform.transforms\[1\]: GaussNoise: var_limit=-3"):
        A.from_dict(told)


def test_ten_transforms_are_made_in_a_millisecond_and_the_table_is_not_loaded_for_them():
    import subprocess
    import sys

    code = (
        "import sys, time, geoaug as A\n"
        "def ten(): return A.Compose([A.Resize(256, 256), A.HorizontalFlip(), A.VerticalFlip(), A.Rotate(20), A.RandomCrop(224, 224),"
        " A.RandomBrightnessContrast(0.2), A.RandomGamma(), A.Affine(rotate=(-5, 5)), A.PadIfNeeded(256, 256, fill=3), A.Normalize()])\n"
        "ten()\n"
        "took = []\n"
        "for _ in range(30):\n"
        "    start = time.perf_counter(); ten(); took.append(time.perf_counter() - start)\n"
        "print(min(took) * 1000)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 1.0
