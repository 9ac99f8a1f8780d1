"""Colour against the albumentations 2.0.8 package, to the byte on uint8."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.steps.tone import Tone

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")

RNG = np.random.default_rng(4)
DRAWS = RNG.uniform(-1, 1, (60, 4)).round(5).tolist()


@pytest.fixture(scope="module")
def every_colour() -> np.ndarray:
    """All kinds of colours, (64, 64, 3), greys among them."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    picture[:8] = picture[:8, :, :1]
    return picture


@pytest.mark.parametrize("draw", DRAWS)
def test_brightness_and_contrast_equal_2_0_8(draw, every_colour):
    alpha, beta = 1 + draw[0], draw[1] / 2
    theirs = B.RandomBrightnessContrast(p=1).apply(every_colour, alpha=alpha, beta=beta * 255)
    assert np.array_equal(Tone.of("linear", factor=alpha, shift=beta).image(every_colour), theirs)
    theirs = B.RandomBrightnessContrast(p=1).apply(every_colour, alpha=alpha, beta=beta * np.mean(every_colour))
    assert np.array_equal(Tone.of("linear_by_mean", factor=alpha, shift=beta).image(every_colour), theirs)


@pytest.mark.parametrize("draw", DRAWS)
def test_hue_saturation_and_value_equal_2_0_8(draw, every_colour):
    hue, saturation, value = draw[0] * 60, draw[1] * 90, draw[2] * 90
    theirs = B.HueSaturationValue(p=1).apply(every_colour, hue_shift=hue, sat_shift=saturation, val_shift=value)
    assert np.array_equal(Tone.of("hsv_shift", hue=hue, saturation=saturation, value=value).image(every_colour), theirs)


@pytest.mark.parametrize("draw", DRAWS)
def test_colour_jitter_equals_2_0_8_in_every_order(draw, every_colour):
    order = np.random.default_rng(abs(int(draw[0] * 1e5))).permutation(4).tolist()
    brightness, contrast, saturation, hue = 1 + draw[0] / 2, 1 + draw[1] / 2, 1 + draw[2] / 2, draw[3] / 2
    parts = [
        Tone.of("linear", factor=brightness, shift=0.0), Tone.of("contrast", factor=contrast),
        Tone.of("saturation", factor=saturation), Tone.of("hue", turn=hue),
    ]  # fmt: skip
    whole = parts[order[0]]
    for k in order[1:]:
        whole = whole.then(parts[k])
    theirs = B.ColorJitter(p=1).apply(every_colour, brightness, contrast, saturation, hue, order)
    assert np.array_equal(whole.image(every_colour), theirs)


@pytest.mark.parametrize("method", ["weighted_average", "from_lab", "desaturation", "average", "max"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_grey_equals_2_0_8(method, channels, every_colour):
    theirs = B.ToGray(channels, method, p=1)(image=every_colour)["image"]
    assert np.array_equal(A.ToGray(channels, method, p=1)(image=every_colour)["image"], theirs)


def test_the_first_component_as_grey_equals_2_0_8_within_a_level_up_to_its_sign(every_colour):
    theirs = B.ToGray(1, "pca", p=1)(image=every_colour)["image"].astype(int)
    ours = A.ToGray(1, "pca", p=1)(image=every_colour)["image"].astype(int)
    assert min(np.abs(ours - theirs).max(), np.abs(255 - ours - theirs).max()) <= 1


@pytest.mark.parametrize("method", ["standard", "image", "image_per_channel", "min_max", "min_max_per_channel"])
def test_normalising_equals_2_0_8(method, every_colour):
    for picture in (every_colour, every_colour[..., 0]):
        theirs = B.Normalize(normalization=method)(image=picture)["image"]
        ours = A.Normalize(normalization=method)(image=picture)["image"]
        assert ours.dtype == np.float32
        # 2.0.8 lets numpy 2 promote some of these to float64; float32 is what it documents
        assert np.array_equal(ours, theirs.reshape(ours.shape).astype(np.float32))


def test_gamma_rounds_where_2_0_8_cuts_off_so_it_is_its_neighbour(every_colour):
    for exponent in (0.8, 1.0, 1.21):
        theirs = B.RandomGamma(p=1).apply(every_colour, gamma=exponent).astype(int)
        ours = Tone.of("power", exponent=exponent).image(every_colour).astype(int)
        assert set(np.unique(ours - theirs)) <= {0, 1}
    assert np.array_equal(Tone.of("power", exponent=1.0).image(every_colour), every_colour)
    assert not np.array_equal(B.RandomGamma(p=1).apply(every_colour, gamma=1.0), every_colour)  # defect 25 is still there


def test_float_pictures_equal_2_0_8_within_rounding(every_colour):
    picture = (every_colour / 255).astype(np.float32)
    assert np.allclose(
        Tone.of("linear", factor=1.2, shift=0.1).image(picture),
        B.RandomBrightnessContrast(p=1).apply(picture, alpha=1.2, beta=0.1),
        atol=1e-6,
    )
    assert np.allclose(Tone.of("power", exponent=1.2).image(picture), B.RandomGamma(p=1).apply(picture, gamma=1.2), atol=1e-6)
    theirs = B.ColorJitter(p=1).apply(picture, 1.1, 0.9, 1.2, 0.1, [0, 1, 2, 3])
    whole = Tone.of("linear", factor=1.1, shift=0.0).then(Tone.of("contrast", factor=0.9))
    whole = whole.then(Tone.of("saturation", factor=1.2)).then(Tone.of("hue", turn=0.1))
    assert np.allclose(whole.image(picture), theirs, atol=1e-5)
    assert cv2.__version__


@pytest.mark.parametrize("draw", DRAWS)
def test_a_safe_range_equals_2_0_8(draw, every_colour):
    alpha, beta = 1 + draw[0] / 2, draw[1]
    theirs = B.RandomBrightnessContrast((beta, beta), (draw[0] / 2, draw[0] / 2), ensure_safe_range=True, p=1)
    params = theirs.get_params_dependent_on_data({}, {"image": every_colour})
    ours = Tone.of("linear_safe", factor=alpha, shift=beta, by_mean=False).image(every_colour)
    assert np.array_equal(ours, theirs.apply(every_colour, **params))


@pytest.mark.parametrize("draw", DRAWS)
def test_uint16_brightness_and_contrast_equal_2_0_8_within_the_level_that_its_single_precision_loses(draw):
    deep = np.random.default_rng(0).integers(0, 65536, (32, 32, 3)).astype(np.uint16)
    theirs = B.RandomBrightnessContrast(p=1).apply(deep, alpha=1 + draw[0], beta=draw[1] * 65535)
    ours = Tone.of("linear", factor=1 + draw[0], shift=draw[1]).image(deep)
    assert np.abs(ours.astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("draw", DRAWS)
def test_grey_pictures_equal_2_0_8_and_keep_their_shape(draw, every_colour):
    for grey in (every_colour[..., 0].copy(), every_colour[..., :1].copy()):
        shift = Tone.of("hsv_shift", hue=0.0, saturation=0.0, value=draw[0] * 90)
        theirs = B.HueSaturationValue(p=1).apply(grey, hue_shift=0, sat_shift=0, val_shift=draw[0] * 90)
        assert np.array_equal(shift.image(grey), theirs)
        parts = [Tone.of("linear", factor=1 + draw[0] / 2), Tone.of("contrast", factor=1 + draw[1] / 2),
                 Tone.of("saturation", factor=1 + draw[2] / 2), Tone.of("hue", turn=draw[3] / 2)]  # fmt: skip
        theirs = B.ColorJitter(p=1).apply(grey, 1 + draw[0] / 2, 1 + draw[1] / 2, 1 + draw[2] / 2, draw[3] / 2, [0, 1, 2, 3])
        assert np.array_equal(Tone.join(parts).image(grey), theirs)


def test_the_ends_of_colour_jitter_equal_2_0_8(every_colour):
    for name, k in (("linear", 0), ("contrast", 1), ("saturation", 2)):
        factors = [1.0, 1.0, 1.0]
        factors[k] = 0.0
        theirs = B.ColorJitter(p=1).apply(every_colour, *factors, 0.0, [0, 1, 2, 3])
        assert np.array_equal(Tone.of(name, factor=0.0).image(every_colour), theirs)


def test_float_pictures_keep_the_levels_that_2_0_8_loses_in_hue_saturation_and_value():
    fine = np.random.default_rng(0).uniform(0.2, 0.8, (64, 64, 3)).astype(np.float32)
    theirs = B.HueSaturationValue(p=1).apply(fine, hue_shift=0, sat_shift=0, val_shift=10)
    ours = Tone.of("hsv_shift", value=10).image(fine)
    assert len(np.unique(theirs)) <= 256 < len(np.unique(ours))
    assert np.abs(ours - theirs).max() < 4 / 255


def test_normalize_of_four_channels_by_three_numbers_is_refused_where_2_0_8_takes_the_first_for_all(every_colour):
    four = np.dstack([every_colour, every_colour[..., 2]])
    theirs = B.Normalize(p=1).apply(four)
    assert np.array_equal(theirs[..., 2], B.Normalize((0.485,) * 3, (0.229,) * 3, p=1).apply(every_colour)[..., 2])
    with pytest.raises(A.DataError, match="4 channels"):
        A.Normalize()(image=four)


@pytest.mark.parametrize("method", ["standard", "image", "image_per_channel", "min_max", "min_max_per_channel"])
def test_normalising_float_pictures_equals_2_0_8_within_single_precision(method, every_colour):
    for picture in ((every_colour / 255).astype(np.float32), (every_colour[..., 0] / 255).astype(np.float32)):
        theirs = B.Normalize(normalization=method, p=1).apply(picture.copy())  # 2.0.8 writes into its input in one mode
        assert np.abs(A.Normalize(normalization=method, p=1)(image=picture)["image"] - theirs).max() < 5e-6
