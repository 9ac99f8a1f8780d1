"""Colour against the albumentations 2.0.8 package, to the byte on uint8."""

from __future__ import annotations

import itertools
import os

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.steps.tone import Tone
from geoaug.transforms.light import light

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


# --- levels, channels, contrast, light -------------------------------------------------------------------------------

PIXELS = np.random.default_rng(6).integers(0, 256, (97, 121, 3)).astype(np.uint8)
PICTURES = {
    "noise": PIXELS,
    "flat": (PIXELS // 3 + 40).astype(np.uint8),
    "dark": np.minimum(PIXELS, PIXELS[::-1] // 2).astype(np.uint8),
    "one level": np.full((9, 8, 3), 77, np.uint8),
    "two levels": (PIXELS > 99).astype(np.uint8) * 90 + 30,
    "grey": PIXELS[..., 0].copy(),
    "grey with an axis": PIXELS[..., :1].copy(),
}
pictures = pytest.mark.parametrize("pixels", list(PICTURES.values()), ids=list(PICTURES))
colours = pytest.mark.parametrize("pixels", [pixels for pixels in PICTURES.values() if pixels.shape[2:] == (3,)], ids=list(PICTURES)[:5])
lone = [picture for picture in PICTURES.values() if picture.shape[2:] != (1,)]  # 2.0.8 fails on a lone axis in some


def apply(node, pixels, **params):
    """What 2.0.8 makes of a picture, which it may write into, with an axis of one channel that it may drop put back."""
    out = node.apply(pixels.copy(), **params)
    return out.reshape(pixels.shape) if out.size == pixels.size else out


@pictures
def test_inverting_and_solarizing_equal_2_0_8(pixels):
    assert np.array_equal(A.InvertImg(p=1)(image=pixels)["image"], apply(B.InvertImg(p=1), pixels))
    for threshold in (0.0, 0.1, 0.3, 0.5, 0.77, 1.0):
        theirs = apply(B.Solarize(p=1), pixels, threshold=threshold)
        assert np.array_equal(Tone.of("solarize", threshold=threshold).image(pixels), theirs)


@pictures
def test_posterizing_equals_2_0_8(pixels):
    for bits in range(1, 8):
        assert np.array_equal(Tone.of("posterize", bits=bits).image(pixels), apply(B.Posterize(p=1), pixels, num_bits=bits))
    if pixels.shape[2:] == (3,):
        theirs = apply(B.Posterize(p=1), pixels, num_bits=[1, 4, 7])
        assert np.array_equal(Tone.of("posterize", bits=(1, 4, 7)).image(pixels), theirs)


@pytest.mark.parametrize("draw", DRAWS[:20])
def test_tone_curves_equal_2_0_8(draw, every_colour):
    low, high = np.abs(draw[:2]).tolist()
    assert np.array_equal(Tone.of("bezier", low=low, high=high).image(every_colour), B.RandomToneCurve(p=1).apply(every_colour, low, high))
    lows, highs = (low, high, 0.25), (high, 1.0, low)
    theirs = B.RandomToneCurve(p=1).apply(every_colour, np.array(lows), np.array(highs))
    assert np.array_equal(Tone.of("bezier", low=lows, high=highs).image(every_colour), theirs)


@pytest.mark.parametrize("draw", [*DRAWS[:20], [0.0, 0.01, -0.003, 0], [0.0, 0.0, 0.0, 0]])
def test_shifted_channels_equal_2_0_8(draw, every_colour):
    for pixels in (every_colour, every_colour[..., :2].copy(), every_colour[..., 0].copy()):
        count = pixels.shape[2] if pixels.ndim == 3 else 1
        theirs = apply(B.RGBShift(p=1), pixels, noise_map=np.array(draw[:count]) * 255)
        assert np.array_equal(Tone.of("shift", shifts=tuple(draw[:3])).image(pixels), theirs)


@colours
def test_shuffled_and_dropped_channels_and_sepia_equal_2_0_8(pixels):
    for order in itertools.permutations(range(3)):
        theirs = apply(B.ChannelShuffle(p=1), pixels, channels_shuffled=list(order))
        assert np.array_equal(Tone.of("order", channels=order).image(pixels), theirs)
    for dropped in ((0,), (1,), (0, 2)):
        theirs = apply(B.ChannelDropout((1, 2), 7, p=1), pixels, channels_to_drop=list(dropped))
        assert np.array_equal(Tone.of("drop", channels=dropped, fill=7.0).image(pixels), theirs)
    assert np.array_equal(A.ToSepia(p=1)(image=pixels)["image"], apply(B.ToSepia(p=1), pixels))


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_grey_made_colour_equals_2_0_8(count, every_colour):
    for grey in (every_colour[..., 0].copy(), every_colour[..., :1].copy()):
        assert np.array_equal(A.ToRGB(count)(image=grey)["image"], B.ToRGB(count)(image=grey)["image"])


@pictures
@pytest.mark.parametrize("mode", ["cv", "pil"])
@pytest.mark.parametrize("by_channels", [True, False])
def test_equalized_levels_equal_2_0_8_with_a_mask_and_without(pixels, mode, by_channels):
    rng = np.random.default_rng(1)
    some = (rng.random(pixels.shape[:2]) > 0.7).astype(np.uint8)
    masks = [None, some, *([(rng.random(pixels.shape) > 0.5) * 255] if by_channels and pixels.shape[2:] == (3,) else [])]
    for mask in masks:
        if mask is not None and len(np.unique(pixels)) == 1:
            continue  # 2.0.8 divides by zero
        theirs = apply(B.Equalize(mode, by_channels, p=1), pixels, mask=mask)
        assert np.array_equal(A.Equalize(mode, by_channels, mask, p=1)(image=pixels)["image"], theirs)


def test_a_function_that_makes_the_mask_is_given_what_it_is_in_2_0_8():
    def bright(image, threshold):
        return (image[..., 0] > threshold).astype(np.uint8)

    arguments = {"mask": bright, "mask_params": ("threshold",), "p": 1}
    theirs = B.Compose([B.Equalize(**arguments)])(image=PIXELS, threshold=99)["image"]
    assert np.array_equal(A.Compose([A.Equalize(**arguments)])(image=PIXELS, threshold=99)["image"], theirs)


@pictures
@pytest.mark.parametrize("method", ["cdf", "pil"])
@pytest.mark.parametrize("cutoff", [0, 0.5, 5, 20, 49, 50, 60, 100])
def test_stretched_levels_equal_2_0_8_where_it_counts_all_levels(pixels, method, cutoff):
    pixels = np.minimum(pixels, 254)  # it leaves 255 out
    for ignore in (None, 30, 128):
        theirs = apply(B.AutoContrast(cutoff, ignore, method, p=1), pixels)
        assert np.array_equal(A.AutoContrast(cutoff, ignore, method, p=1)(image=pixels)["image"], theirs)


def test_stretching_counts_white_which_2_0_8_leaves_out():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(A.AutoContrast(method="pil", p=1)(image=ramp)["image"], ramp)
    assert not np.array_equal(B.AutoContrast(method="pil", p=1).apply(ramp.copy()), ramp)
    few = np.uint8([[100, 200, 255]])
    assert A.AutoContrast(method="pil", p=1)(image=few)["image"].tolist() == [[0, 165, 255]]
    assert B.AutoContrast(method="pil", p=1).apply(few.copy()).tolist() == [[0, 255, 255]]


def test_a_level_to_ignore_is_no_channel_to_ignore_as_it_is_in_2_0_8():
    pixels = np.minimum(PIXELS // 2 + 20, 200).astype(np.uint8)
    theirs = B.AutoContrast(ignore=1, method="pil", p=1).apply(pixels.copy())
    ours = A.AutoContrast(ignore=1, method="pil", p=1)(image=pixels)["image"]
    assert np.array_equal(theirs[..., 1], pixels[..., 1])
    assert [ours[..., k].max() for k in range(3)] == [255, 255, 255]
    assert np.array_equal(ours[..., 0], theirs[..., 0])


@pictures
@pytest.mark.parametrize("limit", [1.0, 2.5, 4.0, 40.0])
def test_contrast_tile_by_tile_equals_2_0_8(pixels, limit):
    for tiles in ((8, 8), (3, 5)):
        theirs = apply(B.CLAHE(tile_grid_size=tiles, p=1), pixels, clip_limit=limit)
        assert np.array_equal(Tone.of("clahe", limit=limit, tiles=tiles).image(pixels), theirs)


@pictures
def test_colours_moved_along_principal_components_equal_2_0_8(pixels):
    for strengths in ((0.1, -0.2, 0.05), (3.0, -2.0, 4.0), (0.0, 0.0, 0.0)):
        alpha = np.float32(strengths[: pixels.shape[2] if pixels.ndim == 3 else 1])
        theirs = apply(B.FancyPCA(p=1), pixels, alpha_vector=alpha)
        assert np.array_equal(Tone.of("principal", strengths=tuple(alpha.tolist())).image(pixels), theirs)


@colours
@pytest.mark.parametrize("mode", ["blackbody", "cied"])
def test_warm_and_cold_light_equals_2_0_8(pixels, mode):
    for kelvin in [*range(3000 if mode == "blackbody" else 4000, 15000, 617), 6000, 14999, 15000]:
        theirs = apply(B.PlanckianJitter(mode, p=1), pixels, temperature=kelvin)
        assert np.array_equal(Tone.of("gain", factors=light(mode, kelvin)).image(pixels), theirs)


@pytest.mark.parametrize("pixels", lone, ids=lambda pixels: "x".join(map(str, pixels.shape)))
@pytest.mark.parametrize("intensity", [0.15, -0.15, 0.0123, -0.2])
def test_light_equals_2_0_8_along_straight_and_diagonal_lines_from_corners_and_on_spots(pixels, intensity):
    for angle in range(0, 360, 45):
        theirs = apply(B.Illumination(p=1), pixels, intensity=intensity, angle=angle)
        assert np.array_equal(Tone.of("light_along", intensity=intensity, angle=float(angle)).image(pixels), theirs)
    for corner in range(4):
        theirs = apply(B.Illumination("corner", p=1), pixels, intensity=intensity, corner=corner)
        assert np.array_equal(Tone.of("light_from_corner", intensity=intensity, corner=corner).image(pixels), theirs)
    for centre, sigma in (((0.3, 0.6), 0.3), ((0.5, 0.5), 1.0)):
        theirs = apply(B.Illumination("gaussian", p=1), pixels, intensity=intensity, center=centre, sigma=sigma)
        assert np.array_equal(Tone.of("light_on_spot", intensity=intensity, centre=centre, sigma=sigma).image(pixels), theirs)


def test_slanted_light_is_even_on_average_and_continuous_where_that_of_2_0_8_is_dark_and_jumps():
    grey = np.full((100, 100), 100, np.uint8)
    ours = [Tone.of("light_along", intensity=0.2, angle=angle).image(grey) for angle in (200.0, 225.0, 225.01)]
    theirs = [B.Illumination(p=1).apply(grey, intensity=0.2, angle=angle) for angle in (200.0, 225.0, 225.01)]
    assert [abs(out.mean() - 100) < 0.5 for out in ours] == [True] * 3
    assert [out.mean() < 75 for out in theirs] == [True, False, True]
    assert np.abs(ours[1].astype(int) - ours[2]).max() <= 1
    assert np.abs(theirs[1].astype(int) - theirs[2]).max() > 20


@pictures
def test_fractions_and_levels_equal_2_0_8_there_and_back(pixels):
    for most in (None, 100.0, 3.7):
        assert np.array_equal(A.ToFloat(most)(image=pixels)["image"], B.ToFloat(most)(image=pixels)["image"].reshape(pixels.shape))
    floats = [pixels / np.float32(255), np.random.default_rng(2).random(pixels.shape, np.float32) * np.float32(1.2)]
    for values in floats:
        for dtype in ("uint8", "uint16"):
            assert np.array_equal(A.FromFloat(dtype)(image=values)["image"], B.FromFloat(dtype)(image=values)["image"].reshape(pixels.shape))
        theirs = B.FromFloat("uint8", 77)(image=values)["image"].reshape(pixels.shape)
        assert np.array_equal(A.FromFloat("uint8", 77)(image=values)["image"], theirs)
    deep = pixels.astype(np.uint16) * np.uint16(257)
    assert np.array_equal(A.ToFloat()(image=deep)["image"], B.ToFloat()(image=deep)["image"])


def test_from_float_gives_integers_of_doubles_too_where_2_0_8_gives_doubles():
    values = np.random.default_rng(0).random((5, 6))
    assert B.FromFloat("uint8").apply(values.copy()).dtype == np.float64
    assert A.FromFloat("uint8")(image=values)["image"].dtype == np.uint8
    assert A.FromFloat("uint32")(image=np.float32([[1.0]]))["image"].tolist() == [[2**32 - 1]]


FINE = np.random.default_rng(3).uniform(0, 1, (64, 80, 3)).astype(np.float32)
FLOATS = [  # our step, and what 2.0.8 makes of the same
    (Tone.of("invert"), lambda x: B.InvertImg(p=1).apply(x)),
    (Tone.of("solarize", threshold=0.4), lambda x: B.Solarize(p=1).apply(x, threshold=0.4)),
    (Tone.of("posterize", bits=3), lambda x: B.Posterize(p=1).apply(x, num_bits=3)),
    (Tone.of("shift", shifts=(0.1, -0.2, 0.05)), lambda x: B.RGBShift(p=1).apply(x, noise_map=np.array((0.1, -0.2, 0.05)))),
    (Tone.of("gain", factors=light("cied", 4500)), lambda x: B.PlanckianJitter("cied", p=1).apply(x, temperature=4500)),
    (Tone.of("order", channels=(1, 2, 0)), lambda x: B.ChannelShuffle(p=1).apply(x, channels_shuffled=[1, 2, 0])),
    (Tone.of("drop", channels=(1,), fill=0.3), lambda x: B.ChannelDropout(fill=0.3, p=1).apply(x, channels_to_drop=[1])),
    (Tone.of("sepia"), lambda x: B.ToSepia(p=1).apply(x)),
    (Tone.of("principal", strengths=(0.1, -0.3, 0.2)), lambda x: B.FancyPCA(p=1).apply(x, alpha_vector=np.float32((0.1, -0.3, 0.2)))),
    (Tone.of("light_along", intensity=0.1, angle=90.0), lambda x: B.Illumination(p=1).apply(x, intensity=0.1, angle=90)),
    (Tone.of("light_from_corner", intensity=0.1, corner=2), lambda x: B.Illumination("corner", p=1).apply(x, intensity=0.1, corner=2)),
]


@pytest.mark.parametrize(("step", "theirs"), FLOATS, ids=lambda part: str(part) if isinstance(part, Tone) else "")
def test_float_pictures_equal_2_0_8_within_single_precision(step, theirs):
    ours = step.image(FINE)
    assert ours.dtype == np.float32
    assert np.abs(ours - theirs(FINE.copy())).max() < 1e-6


LOSSY = [  # 2.0.8 brings float pictures down to 256 levels here
    (Tone.of("bezier", low=0.3, high=0.8), lambda x: B.RandomToneCurve(p=1).apply(x, 0.3, 0.8)),
    (Tone.of("equalize"), lambda x: B.Equalize(p=1).apply(x, mask=None)),
    (Tone.of("auto_contrast", method="pil"), lambda x: B.AutoContrast(method="pil", p=1).apply(x)),
    (Tone.of("clahe", limit=2.0, tiles=(2, 2)), lambda x: B.CLAHE(tile_grid_size=(2, 2), p=1).apply(x, clip_limit=2.0)),
]


@pytest.mark.parametrize(("step", "theirs"), LOSSY, ids=lambda part: str(part) if isinstance(part, Tone) else "")
def test_float_pictures_keep_the_levels_that_2_0_8_loses_in_curves_and_contrast(step, theirs):
    fine = FINE * np.float32(0.5) + np.float32(0.2)
    ours, other = step.image(fine), theirs(fine.copy())
    assert len(np.unique(ours)) > 2000
    assert len(np.unique(other)) <= 256 * 256
    if "clahe" not in str(step):
        assert len(np.unique(other)) <= 256
    assert np.abs(ours - other).mean() < 1.5 / 255


def test_a_mask_with_nothing_in_it_divides_by_zero_in_2_0_8():
    empty = np.zeros(PIXELS.shape[:2], np.uint8)
    with pytest.warns(RuntimeWarning):  # division by zero, and what comes of it
        B.Equalize(p=1).apply(PIXELS.copy(), mask=empty)
    assert np.array_equal(A.Equalize(mask=empty, p=1)(image=PIXELS)["image"], PIXELS)
