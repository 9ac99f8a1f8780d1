"""Weather and scene effects against the albumentations 2.0.8 package: bytes for the same draws, draws and fields by their distribution."""

from __future__ import annotations

import inspect
import json
import os
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.raster import plasma, shade, spatter, superpixels, weather
from geoaug.scene import Scene

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")

SIZES = [(97, 130), (160, 120)]
FAR = 1.95 * np.sqrt(2 / 10_000)  # two samples of 10,000 of one distribution are further apart once in a thousand times


def picture(size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Soft colours and, above, all kinds of them; uint8."""
    rng = np.random.default_rng(seed)
    soft = cv2.resize(rng.integers(0, 256, (9, 12, 3)).astype(np.uint8), size[::-1], interpolation=cv2.INTER_CUBIC)
    soft[: size[0] // 3] = rng.integers(0, 256, (size[0] // 3, size[1], 3))
    return soft


def theirs(transform: Any, size: tuple[int, int], seed: int) -> dict[str, Any]:
    """What 2.0.8 draws."""
    transform.set_random_seed(seed)
    return drawn_by(transform, size)


def drawn_by(transform: Any, size: tuple[int, int]) -> dict[str, Any]:
    return {**transform.get_params(), **transform.get_params_dependent_on_data({"shape": (*size, 3)}, {})}


def numbers(transform: A.Transform, size: tuple[int, int], rng: np.random.Generator) -> dict[str, Any]:
    """What geoaug draws."""
    return dict(transform.draw(Scene(size), rng).operation.numbers)


def apart(one: Any, other: Any) -> float:
    """The statistic of Kolmogorov and Smirnov: how far two samples' distribution functions are apart at most."""
    one, other = np.sort(np.ravel(one)), np.sort(np.ravel(other))
    places = np.concatenate([one, other])
    return float(np.abs(np.searchsorted(one, places, "right") / one.size - np.searchsorted(other, places, "right") / other.size).max())


def as_float(pixels: np.ndarray) -> np.ndarray:
    return (pixels / 255).astype(np.float32)


# --- bytes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("given", [{}, {"alpha_coef": 0.3}, {"fog_coef_range": (0.05, 0.2)}])
def test_fog_equals_2_0_8(size, seed, given):
    fog, pixels = B.RandomFog(p=1, **given), picture(size, seed)
    drawn = theirs(fog, size, seed)
    places, radii = np.array(drawn["particle_positions"]), np.array(drawn["radiuses"])
    ours = weather.fogged(pixels, places, radii, fog.alpha_coef * drawn["intensity"])
    assert np.array_equal(ours, fog.apply(pixels, **drawn))


def test_fog_of_float_pictures_is_the_formula_where_2_0_8_rounds_each_puff_to_256_levels():
    pixels = np.full((97, 130, 3), 0.5, np.float32)
    places, radii = np.full((60, 2), 48), np.full(60, 30)
    ours = weather.fogged(pixels, places, radii, 0.05)
    assert ours[48, 48, 0] == pytest.approx(1 - 0.5 * 0.95**60, abs=1e-5)
    rounded = B.RandomFog(alpha_coef=0.05, p=1).apply(pixels, places.tolist(), radii.tolist(), intensity=1)
    assert rounded[48, 48, 0] < ours[48, 48, 0] - 3 / 255  # at 246 of 255 a puff of 5 % adds less than half a level


def test_no_fog_is_the_identity_where_2_0_8_blurs():
    pixels = picture((97, 130))
    assert np.array_equal(A.RandomFog(fog_coef_range=(0, 0), p=1)(image=pixels)["image"], pixels)
    assert not np.array_equal(B.RandomFog(fog_coef_range=(0, 0), p=1)(image=pixels)["image"], pixels)


RAINS = [
    {}, {"brightness_coefficient": 1.0, "blur_value": 1}, {"rain_type": "drizzle", "drop_length": 9},
    {"rain_type": "torrential", "drop_color": (10, 200, 100), "drop_width": 3, "blur_value": 4, "slant_range": (-30, 30)},
]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("given", RAINS)
def test_rain_equals_2_0_8(size, seed, given):
    rain, pixels = B.RandomRain(p=1, **given), picture(size, seed)
    drawn = theirs(rain, size, seed)
    how = (drawn["drop_length"], drawn["slant"], rain.drop_width, rain.drop_color, rain.blur_value, rain.brightness_coefficient)
    expected = rain.apply(pixels, **drawn)
    assert np.array_equal(weather.rained(pixels, drawn["rain_drops"], *how), expected)
    assert np.abs(weather.rained(as_float(pixels), drawn["rain_drops"], *how) * 255 - expected).max() < 0.51


def test_rain_that_falls_further_than_the_picture_is_high_fails_in_2_0_8_and_not_here():
    pixels = picture((40, 60))
    with pytest.raises(ValueError, match="high"):
        B.RandomRain(drop_length=50, p=1)(image=pixels)
    assert not np.array_equal(A.RandomRain(drop_length=50, p=1)(image=pixels)["image"], pixels)


@pytest.mark.parametrize("point", np.linspace(0, 1, 12).round(4).tolist())
@pytest.mark.parametrize("brightness", [0.4, 1.7, 2.5])
def test_bleaching_snow_equals_2_0_8(point, brightness):
    snow, pixels = B.RandomSnow(brightness_coeff=brightness, p=1), picture((97, 130))
    expected = snow.apply(pixels, snow_point=point, snow_texture=None, sparkle_mask=None)
    assert np.array_equal(weather.snow_bleach(pixels, point, brightness), expected)
    ours = weather.snow_bleach(as_float(pixels), point, brightness)
    assert np.median(np.abs(ours * 255 - expected)) < 2  # at the threshold itself the level that 2.0.8 rounds to decides


@pytest.mark.parametrize("point", [0.1, 0.2, 0.3])
@pytest.mark.parametrize("size", SIZES)
def test_snow_of_a_texture_equals_2_0_8_but_where_what_is_too_bright_turns_black(point, size):
    snow, pixels = B.RandomSnow(method="texture", p=1), picture(size)
    drawn = {**theirs(snow, size, 3), "snow_point": point}
    expected = snow.apply(pixels, **drawn)
    ours = weather.snowed(pixels, point, 2.5, drawn["snow_texture"], drawn["sparkle_mask"])
    wrapped = (ours != expected).any(axis=2)
    assert wrapped.mean() < 0.01
    if wrapped.any():  # nearly always the value runs over, now and then the saturation
        assert (expected[wrapped].max(axis=1) < 32).mean() > 0.9
        assert (ours[wrapped].max(axis=1) == 255).mean() > 0.9
    fine = weather.snowed(as_float(pixels), point, 2.5, drawn["snow_texture"], drawn["sparkle_mask"])
    assert np.median(np.abs(fine * 255 - ours)) < 2


def test_white_turns_black_under_a_texture_of_snow_in_2_0_8_and_not_here():
    snow, white = B.RandomSnow(method="texture", p=1), np.full((97, 130, 3), 255, np.uint8)
    drawn = {**theirs(snow, (97, 130), 0), "snow_point": 0.5}
    assert (snow.apply(white, **drawn).max(axis=2) < 128).mean() > 0.2
    assert weather.snowed(white, 0.5, 2.5, drawn["snow_texture"], drawn["sparkle_mask"]).max(axis=2).min() > 128


SHADOWS = [{}, {"num_shadows_limit": (3, 5), "shadow_dimension": 8, "shadow_intensity_range": (0, 1), "shadow_roi": (0.1, 0, 0.9, 1)}]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("given", SHADOWS)
def test_shadows_equal_2_0_8(size, seed, given):
    shadow, pixels = B.RandomShadow(p=1, **given), picture(size, seed)
    drawn = theirs(shadow, size, seed)
    shadows = tuple((strength, polygon.tolist()) for strength, polygon in zip(drawn["intensities"].tolist(), drawn["vertices_list"], strict=True))
    for kind in (pixels, pixels[..., 0].copy(), pixels[..., :1].copy(), np.repeat(pixels, 2, axis=2)):
        assert np.array_equal(shade.shadow(kind, shadows), shadow.apply(kind, **drawn))
    assert np.abs(shade.shadow(as_float(pixels), shadows) * 255 - shadow.apply(pixels, **drawn)).max() < 5.1


def test_a_shadow_as_wide_as_the_picture_darkens_its_polygon_alone():
    pixels, corners = picture((97, 130)), ((0, 30), (129, 40), (60, 70))
    inside = cv2.fillPoly(np.zeros((97, 130), np.uint8), [np.array(corners)], (1,)).astype(bool)
    out = shade.shadow(pixels, ((0.5, corners),))
    assert np.array_equal(out[~inside], pixels[~inside])
    assert np.array_equal(out[inside], (pixels[inside] * 0.5).astype(np.uint8))


FLARES = [
    {}, {"src_radius": 57, "src_color": (255, 200, 100), "num_flare_circles_range": (1, 3)}, {"src_radius": 9, "src_color": (9, 9, 90)},
    {"method": "physics_based"}, {"method": "physics_based", "src_radius": 30, "src_color": (200, 255, 10)},
]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("given", FLARES)
def test_the_sun_equals_2_0_8(size, seed, given):
    flare, pixels = B.RandomSunFlare(p=1, **given), picture(size, seed)
    drawn = theirs(flare, size, seed)
    circles = tuple((alpha, *place, radius, *colour) for alpha, place, radius, colour in drawn["circles"])
    how = (drawn["flare_center"], flare.src_radius, flare.src_color, circles, flare.method)
    expected = flare.apply(pixels, **drawn)
    assert np.array_equal(shade.sun_flare(pixels, *how), expected)
    assert np.array_equal(shade.sun_flare(pixels.copy(), *how, owned=True), expected)
    assert np.abs(shade.sun_flare(as_float(pixels), *how) * 255 - expected).max() < 6  # 2.0.8 rounds some 50 times


@pytest.mark.parametrize("size", [(300, 200), (160, 420)])
@pytest.mark.parametrize("seed", range(4))
def test_gravel_equals_2_0_8_which_changes_what_no_stone_touches_too(size, seed):
    gravel, pixels = B.RandomGravel(number_of_patches=5, p=1), picture(size, seed)
    stones = theirs(gravel, size, seed)["gravels_infos"]
    expected, ours = gravel.apply(pixels, stones), weather.gravelled(pixels, stones)
    touched = np.zeros(size, bool)
    for top, bottom, left, right, _ in stones:
        touched[top:bottom, left:right] = True
    assert touched.any()
    assert np.array_equal(ours[touched], expected[touched])
    assert np.array_equal(ours[~touched], pixels[~touched])
    assert (expected != pixels).any(axis=2)[~touched].mean() > 0.5
    assert np.abs(weather.gravelled(as_float(pixels), stones) * 255 - ours).max() < 6


SPLASHES = [{}, {"color": (0, 9, 255), "intensity": (0.9, 0.9), "mean": (0.6, 0.6)}, {"mean": (0.2, 0.2)}, {"gauss_sigma": (0.2, 0.2)}]


def liquid(seed: int, size: tuple[int, int], given: dict[str, Any]) -> np.ndarray:
    """A liquid as 2.0.8 pours it, float64."""
    mean, sigma, threshold = given.get("mean", (0.65,))[0], given.get("gauss_sigma", (2,))[0], 0.68
    layer = np.random.default_rng(seed).normal(mean, 0.3, size)
    side = int(2 * round(3 * sigma) + 1)
    layer = cv2.GaussianBlur(layer, (side, side), sigma, borderType=cv2.BORDER_REPLICATE)
    layer[layer < threshold] = 0
    return layer


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("given", SPLASHES)
def test_splashes_of_rain_and_mud_equal_2_0_8(size, seed, given):
    from albumentations.augmentations.pixel import functional

    pixels, wet = picture(size, seed), liquid(seed, size, given)
    for mode in ("rain", "mud"):
        other = B.Spatter(mode=mode, p=1, **given)
        own, shares, strength = A.Spatter(mode=mode, p=1, **given), np.array(other.color) / 255.0, other.intensity[0]
        colour = own.draw(Scene(size), np.random.default_rng(0)).operation.numbers[5][1]
        if mode == "rain":
            drawn = functional.get_rain_params(wet, shares, strength)
            ours = spatter.splashed(pixels, spatter.drops_of(wet), colour, strength)
            fine = spatter.splashed(as_float(pixels), spatter.drops_of(wet), colour, strength)
        else:
            one, two = np.random.default_rng(5), np.random.default_rng(5)
            drawn = functional.get_mud_params(wet, shares, 0.68, other.gauss_sigma[0], strength, one)
            mud = spatter.mud_of(wet, 0.68, other.gauss_sigma[0], two)
            ours, fine = spatter.muddied(pixels, mud, colour, strength), spatter.muddied(as_float(pixels), mud, colour, strength)
        expected = other.apply(pixels, mode=mode, **drawn)
        assert np.array_equal(ours, expected)
        assert np.abs(fine * 255 - expected).max() < 0.51
        if given.get("mean") != (0.2, 0.2) or mode == "mud":  # so little noise that no drop falls; mud is strewn all the same
            assert not np.array_equal(ours, pixels)


def cloud(size: tuple[int, int], roughness: float, seed: int) -> np.ndarray:
    """A pattern of 2.0.8."""
    from albumentations.augmentations.pixel import functional

    return functional.generate_plasma_pattern(size, roughness, np.random.default_rng(seed))


@pytest.mark.parametrize(("brightness", "contrast"), [(0.2, 0.0), (0.0, 0.3), (0.07, 0.11), (0.0, 0.0)])
@pytest.mark.parametrize("size", SIZES)
def test_light_of_plasma_equals_2_0_8_where_nothing_leaves_the_range(size, brightness, contrast):
    soft = (picture(size) // 2 + 40).astype(np.uint8)
    other, pattern = B.PlasmaBrightnessContrast(p=1), cloud(size, 3.0, 1)
    for pixels in (soft, soft[..., 0].copy(), np.repeat(soft, 2, axis=2)):
        expected = other.apply(pixels, brightness, contrast, pattern)
        ours = plasma.lit(pixels, brightness, contrast, pattern) if brightness or contrast else plasma.plasma_light(pixels, 0, 0, 3.0, 1)
        assert np.array_equal(ours, expected)
    assert np.abs(plasma.lit(as_float(soft), brightness, contrast, pattern) * 255 - other.apply(soft, brightness, contrast, pattern)).max() < 0.51


def test_light_of_plasma_below_0_does_nothing_in_2_0_8_and_darkens_and_flattens_here():
    pixels, pattern = picture((97, 130)), cloud((97, 130), 0.6, 1)
    other = B.PlasmaBrightnessContrast(p=1)
    assert np.array_equal(other.apply(pixels, -0.3, 0, pattern), pixels)
    assert np.array_equal(other.apply(pixels, 0, -0.3, pattern), pixels)
    ours = plasma.lit(pixels, -0.3, 0, pattern)
    assert np.abs(ours - np.clip(pixels - 0.3 * 255 * pattern[..., None], 0, 255)).max() < 0.51
    assert plasma.lit(pixels, 0, -0.3, np.ones((97, 130), np.float32)).std() == pytest.approx(pixels.std() * 0.7, rel=0.01)


def test_contrast_of_plasma_leaves_white_white_where_2_0_8_cuts_before_it_subtracts():
    pixels = np.full((60, 80, 3), 60, np.uint8)
    pixels[:30] = 255
    full = np.ones((60, 80), np.float32)
    assert (plasma.lit(pixels, 0, 0.3, full)[:30] == 255).all()
    assert (B.PlasmaBrightnessContrast(p=1).apply(pixels, 0, 0.3, full)[:30] < 220).all()


@pytest.mark.parametrize("intensity", [0.3, 0.613, 1.0])
@pytest.mark.parametrize("size", SIZES)
def test_shade_of_plasma_equals_2_0_8(size, intensity):
    other, pattern, soft = B.PlasmaShadow(p=1), cloud(size, 3.0, 1), picture(size)
    for pixels in (soft, soft[..., 0].copy(), soft[..., :1].copy(), np.repeat(soft, 2, axis=2), as_float(soft)):
        assert np.array_equal(plasma.shaded(pixels, intensity, pattern), other.apply(pixels, intensity, pattern))


@pytest.mark.parametrize("size", [(97, 130), (128, 60), (40, 41)])
@pytest.mark.parametrize("segments", [7, 100, 300])
@pytest.mark.parametrize("channels", [(), (1,), (3,), (5,)])
def test_patches_of_like_colour_are_those_of_2_0_8(size, segments, channels):
    from albumentations.augmentations.pixel import functional

    deep = np.concatenate([picture(size), picture(size, 1)], axis=2)
    pixels = deep[..., : channels[0]].copy() if channels else deep[..., 0].copy()
    ours = superpixels.patches(pixels, segments)
    assert np.array_equal(ours, functional.slic(pixels, segments))
    chosen = np.random.default_rng(segments).random(segments) < 0.4
    for most, flag in ((None, cv2.INTER_LINEAR), (64, cv2.INTER_LINEAR), (30, cv2.INTER_NEAREST)):
        painted = superpixels.painted(pixels, np.append(chosen[:-1], False), most or 0, flag)
        expected = functional.superpixels(pixels, segments, np.append(chosen[:-1], False), most, flag)
        assert np.array_equal(painted, expected)


def test_the_first_patch_is_never_painted_over_in_2_0_8_and_may_be_here():
    pixels = np.random.default_rng(0).integers(0, 256, (60, 60)).astype(np.uint8)
    assert np.array_equal(B.Superpixels((1, 1), (9, 9), p=1)(image=pixels)["image"][:9, :9], pixels[:9, :9])
    ours = A.Superpixels((1, 1), (9, 9), p=1)(image=pixels)["image"]
    assert len(np.unique(ours)) <= 9


def test_a_picture_thinner_than_half_a_patch_has_patches_side_by_side_where_2_0_8_takes_it_for_one():
    strip = np.repeat(np.arange(0, 250, 25, dtype=np.uint8), 30)[None].repeat(6, axis=0)
    assert len(np.unique(B.Superpixels((1, 1), (3, 3), p=1)(image=strip)["image"])) == 1
    assert len(np.unique(A.Superpixels((1, 1), (3, 3), max_size=None, p=1)(image=strip)["image"])) > 3


# --- draws -----------------------------------------------------------------------------------------------------------

Look = Callable[[dict[str, Any]], float]
DRAWS: dict[str, tuple[Callable[[Any], Any], tuple[int, int], dict[str, tuple[Look, Look]]]] = {
    "RandomFog": (lambda C: C.RandomFog(p=1), (1, 1), {"intensity": (lambda t: t["intensity"], lambda o: o["intensity"])}),
    "RandomRain": (lambda C: C.RandomRain((-7, 20), p=1), (9, 9), {"slant": (lambda t: t["slant"], lambda o: o["slant"])}),
    "RandomSnow": (lambda C: C.RandomSnow(p=1), (9, 9), {"point": (lambda t: t["snow_point"], lambda o: o["point"])}),
    "RandomShadow": (
        lambda C: C.RandomShadow((0.1, 0.3, 0.8, 1), (2, 6), 4, (0.2, 0.7), p=1), (61, 87),
        {
            "how many": (lambda t: len(t["vertices_list"]), lambda o: len(o["shadows"])),
            "x": (lambda t: t["vertices_list"][0][0, 0], lambda o: o["shadows"][0][1][0][0]),
            "y": (lambda t: t["vertices_list"][1][3, 1], lambda o: o["shadows"][1][1][3][1]),
            "intensity": (lambda t: t["intensities"][0], lambda o: o["shadows"][0][0]),
        },
    ),
    "RandomSunFlare": (
        lambda C: C.RandomSunFlare((0.1, 0.2, 0.6, 0.9), src_color=(255, 200, 30), angle_range=(0.1, 0.9), p=1), (500, 300),
        {
            "x": (lambda t: t["flare_center"][0], lambda o: o["centre"][0]),
            "y": (lambda t: t["flare_center"][1], lambda o: o["centre"][1]),
            "how many": (lambda t: len(t["circles"]), lambda o: len(o["circles"])),
            "alpha": (lambda t: t["circles"][0][0], lambda o: o["circles"][0][0]),
            "x of a circle": (lambda t: t["circles"][1][1][0], lambda o: o["circles"][1][1]),
            "y of a circle": (lambda t: t["circles"][1][1][1], lambda o: o["circles"][1][2]),
            "radius of a circle": (lambda t: t["circles"][2][2], lambda o: o["circles"][2][3]),
            "red": (lambda t: t["circles"][3][3][0], lambda o: o["circles"][3][4]),
            "blue": (lambda t: t["circles"][3][3][2], lambda o: o["circles"][3][6]),
        },
    ),
    "PlasmaBrightnessContrast": (
        lambda C: C.PlasmaBrightnessContrast((-0.2, 0.5), (-0.4, 0.1), p=1), (3, 3),
        {
            "brightness": (lambda t: t["brightness_factor"], lambda o: o["brightness"]),
            "contrast": (lambda t: t["contrast_factor"], lambda o: o["contrast"]),
        },
    ),
    "PlasmaShadow": (lambda C: C.PlasmaShadow((0.1, 0.9), p=1), (3, 3), {"intensity": (lambda t: t["intensity"], lambda o: o["intensity"])}),
    "Superpixels": (
        lambda C: C.Superpixels((0.2, 0.7), (5, 20), p=1), (9, 9),
        {
            "how many": (lambda t: t["n_segments"], lambda o: o["segments"]),
            "painted over": (lambda t: np.mean(t["replace_samples"]), lambda o: np.mean(chance_of(o["seed"], o["segments"], o["share"]))),
        },
    ),
}  # fmt: skip


def chance_of(seed: int, segments: int, share: float) -> np.ndarray:
    return np.random.default_rng(seed).random(segments) < share


@pytest.mark.parametrize("name", DRAWS)
def test_what_is_drawn_is_distributed_as_in_2_0_8(name):
    build, size, looks = DRAWS[name]
    other, own, rng = build(B), build(A), np.random.default_rng(0)
    other.set_random_seed(1)
    drawn = [(drawn_by(other, size), numbers(own, size, rng)) for _ in range(10_000)]
    for what, (look, look_here) in looks.items():
        distance = apart([look(t) for t, _ in drawn], [look_here(o) for _, o in drawn])
        assert distance < FAR, f"{what}: {distance:.4f}"


def test_rain_is_as_dense_and_as_long_as_in_2_0_8():
    for kind in ("drizzle", "heavy", "torrential", "default"):
        for size in (*SIZES, (7, 9), (3, 3)):
            drawn = drawn_by(B.RandomRain(rain_type=kind, p=1), size)
            ours = numbers(A.RandomRain(rain_type=kind, p=1), size, np.random.default_rng(0))
            assert (len(drawn["rain_drops"]), drawn["drop_length"]) == (ours["drops"], ours["length"])


def pooled(draw: Callable[[int], np.ndarray], calls: int) -> np.ndarray:
    """Rows of many calls."""
    return np.concatenate([draw(seed) for seed in range(calls)])


def assert_alike(one: np.ndarray, other: np.ndarray) -> None:
    """Columns of two samples of rows have one distribution, and as many rows within 2 %."""
    assert len(one) > 5000
    assert abs(len(one) / len(other) - 1) < 0.02
    far = 1.95 * np.sqrt(1 / len(one) + 1 / len(other))
    for column, (a, b) in enumerate(zip(one.T, other.T, strict=True)):
        assert apart(a, b) < far, column


def test_puffs_of_fog_lie_and_are_as_large_as_in_2_0_8():
    fog, size = B.RandomFog(fog_coef_range=(0.8, 0.8), p=1), (180, 240)

    def there(seed: int) -> np.ndarray:
        drawn = theirs(fog, size, seed)
        return np.column_stack([drawn["particle_positions"], drawn["radiuses"]])

    def here(seed: int) -> np.ndarray:
        return np.column_stack(weather.puffs(size, 0.8, np.random.default_rng(seed)))

    assert len(there(0)) == len(here(0))
    assert_alike(pooled(there, 30), pooled(here, 30))


def test_streaks_of_rain_begin_where_they_do_in_2_0_8():
    rain, size = B.RandomRain(p=1, rain_type="torrential"), (97, 130)
    one = pooled(lambda seed: theirs(rain, size, seed)["rain_drops"], 60)
    other = pooled(lambda seed: weather.streaks(size, 194, 12, np.random.default_rng(seed)), 60)
    assert_alike(one, other)
    assert (one.min(axis=0) == other.min(axis=0)).all()
    assert (one.max(axis=0) == other.max(axis=0)).all()


def test_grains_of_gravel_lie_and_are_as_large_and_as_light_as_in_2_0_8():
    size = (300, 400)

    def first(grains: np.ndarray) -> np.ndarray:  # those of a patch lie together
        return np.concatenate([grains[:1], np.full((1, 1), len(grains))], axis=1)

    def here(seed: int) -> np.ndarray:
        drawn = numbers(A.RandomGravel(number_of_patches=1, p=1), size, np.random.default_rng(seed))
        return first(weather.grains(size, drawn["patches"], np.random.default_rng(drawn["seed"])))

    gravel = B.RandomGravel(number_of_patches=1, p=1)
    assert_alike(pooled(lambda seed: first(theirs(gravel, size, seed)["gravels_infos"]), 10_000), pooled(here, 10_000))


def test_snow_has_the_mean_the_spread_and_the_grain_of_2_0_8():
    size = (200, 300)
    drawn = theirs(B.RandomSnow(method="texture", p=1), size, 0)
    texture, sparkle = weather.snow_of(size, np.random.default_rng(0))
    assert apart(drawn["snow_texture"], texture) < 0.02  # neighbours are alike, so this is a sample of fewer
    assert texture.mean() == pytest.approx(drawn["snow_texture"].mean(), abs=2e-3)
    assert texture.std() == pytest.approx(drawn["snow_texture"].std(), rel=0.02)
    assert np.diff(texture).std() == pytest.approx(np.diff(drawn["snow_texture"]).std(), rel=0.02)
    assert sparkle.mean() == pytest.approx(drawn["sparkle_mask"].mean(), abs=2e-3)


def test_splashes_take_their_numbers_from_their_ranges():
    ranges = {"mean": (0.5, 0.7), "std": (0.1, 0.3), "gauss_sigma": (1, 3), "cutout_threshold": (0.6, 0.7), "intensity": (0.4, 0.8)}
    rng, own = np.random.default_rng(0), A.Spatter(p=1, **ranges)
    drawn = [numbers(own, (9, 9), rng) for _ in range(10_000)]
    for name, key in zip(ranges, ("mean", "std", "sigma", "threshold", "intensity"), strict=True):
        assert apart([o[key] for o in drawn], np.random.default_rng(1).uniform(*ranges[name], 10_000)) < FAR  # as 2.0.8 draws them


def test_the_liquid_has_the_mean_the_spread_and_the_grain_of_2_0_8():
    size = (300, 400)
    one, other = liquid(0, size, {}), spatter.liquid_of(size, 0.65, 0.3, 2, 0.68, np.random.default_rng(1))
    assert apart(one, other) < 0.03  # neighbours are alike, so this is a sample of fewer
    assert (one > 0).mean() == pytest.approx((other > 0).mean(), rel=0.1)
    assert one[one > 0].mean() == pytest.approx(other[other > 0].mean(), rel=0.01)
    assert np.abs(np.diff(one)).mean() == pytest.approx(np.abs(np.diff(other)).mean(), rel=0.1)


@pytest.mark.parametrize("roughness", [3.0, 1.0, 0.5])
@pytest.mark.parametrize("size", [(97, 130), (33, 34), (64, 65)])
def test_plasma_has_the_mean_the_spread_and_the_grain_of_2_0_8(roughness, size):
    count = 200
    one = np.array([cloud(size, roughness, seed) for seed in range(count)])
    other = np.array([plasma.plasma_of(size, roughness, np.random.default_rng(seed)) for seed in range(count, 2 * count)])
    for clouds in (one, other):
        assert np.allclose(clouds.min(axis=(1, 2)), 0, atol=1e-6)
        assert np.allclose(clouds.max(axis=(1, 2)), 1, atol=1e-6)
    for measure in (np.mean, np.std, lambda cloud: np.abs(np.diff(cloud)).mean(), lambda cloud: np.abs(np.diff(cloud, axis=0)).mean()):
        here, there = (np.array([measure(cloud) for cloud in clouds]) for clouds in (other, one))
        assert abs(here.mean() - there.mean()) < 4 * np.hypot(here.std(), there.std()) / np.sqrt(count)
        assert apart(here, there) < 1.95 * np.sqrt(2 / count)


def test_a_picture_of_one_pixel_has_no_plasma_where_2_0_8_fails():
    one = np.full((1, 1, 3), 99, np.uint8)
    with pytest.warns(RuntimeWarning), pytest.raises(OverflowError):
        B.PlasmaShadow(p=1)(image=one)
    assert np.array_equal(A.PlasmaShadow(p=1)(image=one)["image"], one)


# --- bad input, other dtypes -----------------------------------------------------------------------------------------

COLOURED = ["RandomFog", "RandomRain", "RandomSnow", "RandomSunFlare", "RandomGravel", "Spatter"]


@pytest.mark.parametrize("name", COLOURED)
def test_pictures_that_are_not_rgb_are_refused_with_the_way_out(name):
    for channels, told in (((), r"needs 3 channels, got 1 of dtype uint8; put ToRGB\(\) before it"), ((4,), "got 4 of dtype uint8; give the RGB")):
        with pytest.raises(A.DataTypeError, match=told):
            getattr(A, name)(p=1)(image=np.zeros((120, 130, *channels), np.uint8))
    with pytest.raises(A.DataTypeError, match=r"got int32 with 3 channels; put ToFloat\(\) before it"):
        getattr(A, name)(p=1)(image=np.zeros((120, 130, 3), np.int32))


@pytest.mark.parametrize("name", [*COLOURED, "RandomShadow", "PlasmaBrightnessContrast", "PlasmaShadow", "Superpixels"])
@pytest.mark.parametrize("dtype", ["uint16", "float16", "float32", "float64"])
def test_other_dtypes_look_the_same_and_come_back(name, dtype):
    pixels = picture((120, 130))
    top = 65535 if dtype == "uint16" else 1
    values = (pixels / 255 * top).astype(dtype)
    pipeline = A.Compose([getattr(A, name)(p=1)])
    out, expected = pipeline(image=values, key=3)["image"], pipeline(image=pixels, key=3)["image"]
    assert out.dtype == dtype
    assert 0 <= out.min() <= out.max() <= top
    assert np.median(np.abs(out.astype(np.float64) / top * 255 - expected)) < 3


@pytest.mark.parametrize("name", [*COLOURED, "RandomShadow", "PlasmaBrightnessContrast", "PlasmaShadow", "Superpixels"])
def test_signatures_are_those_of_2_0_8_and_plans_come_back_from_json(name):
    own, other = (inspect.signature(getattr(library, name)).parameters for library in (A, B))
    assert [(key, value.default) for key, value in own.items()] == [(key, value.default) for key, value in other.items()]
    pixels = picture((120, 130))
    out = A.Compose([getattr(A, name)(p=1)], return_plan=True, seed=4)(image=pixels)
    again = A.Plan.from_dict(json.loads(json.dumps(out["plan"].to_dict())))
    assert again == out["plan"]
    assert np.array_equal(again.image(pixels), out["image"])


BAD: list[tuple[str, dict[str, Any]]] = [
    ("RandomFog", {"alpha_coef": 1.2}), ("RandomFog", {"fog_coef_range": (0.5, 0.2)}), ("RandomRain", {"slant_range": (-50, 0)}),
    ("RandomRain", {"brightness_coefficient": 0}), ("RandomRain", {"drop_color": (1, 2)}), ("RandomRain", {"rain_type": "cats"}),
    ("RandomSnow", {"brightness_coeff": 0}), ("RandomShadow", {"shadow_roi": (0.5, 0, 0.2, 1)}), ("RandomShadow", {"shadow_dimension": 2}),
    ("RandomSunFlare", {"flare_roi": (0, 0, 0, 1)}), ("RandomSunFlare", {"src_radius": 1}),
    ("RandomGravel", {"number_of_patches": 0}), ("Spatter", {"mean": 2}), ("Spatter", {"color": (1, 2)}), ("Spatter", {"mode": "milk"}),
    ("PlasmaShadow", {"roughness": 0}), ("PlasmaBrightnessContrast", {"contrast_range": (-2, 0)}), ("Superpixels", {"n_segments": 0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given"), BAD)
def test_what_2_0_8_refuses_is_refused_by_name_when_it_is_made(name, given):
    with pytest.raises(ValueError, match="."):
        getattr(B, name)(**given)
    with pytest.raises(A.ParameterError, match=f"{name}: {next(iter(given))}"):
        getattr(A, name)(**given)


@pytest.mark.parametrize("name", [*COLOURED, "RandomShadow", "PlasmaBrightnessContrast", "PlasmaShadow", "Superpixels"])
def test_pictures_of_a_few_pixels_pass(name):
    for size in ((1, 1), (1, 9), (7, 2), (3, 3)):
        pixels = picture((9, 9))[: size[0], : size[1]].copy()
        out = A.Compose([getattr(A, name)(p=1)], seed=1)(image=pixels)["image"]
        assert (out.shape, out.dtype) == (pixels.shape, np.uint8)


@pytest.mark.parametrize("name", [*COLOURED, "RandomShadow", "PlasmaBrightnessContrast", "PlasmaShadow", "Superpixels"])
def test_a_stored_plan_in_which_any_number_is_none_is_refused_by_name(name):
    stored = A.Compose([getattr(A, name)(p=1)], return_plan=True, seed=4)(image=picture((120, 130)))["plan"].to_dict()
    told = stored["steps"][0]["filter"]
    for key in set(told) - {"name"}:
        for broken in ("x", float("nan"), [[]], -(10**12), None):
            step = {"filter": {**told, key: broken}}
            with pytest.raises(A.ParameterError, match=key):
                A.Plan.from_dict({**stored, "steps": [step]})


def test_extreme_parameters_pass_without_a_warning():
    pixels = picture((120, 130))
    for build in (
        lambda: A.PlasmaShadow(roughness=1e9, p=1), lambda: A.PlasmaShadow(roughness=1e-9, p=1), lambda: A.Superpixels((0, 1), (10**9, 10**9), p=1),
        lambda: A.RandomSunFlare(src_radius=32767, p=1), lambda: A.RandomRain(drop_length=10**6, drop_width=32767, blur_value=2001, p=1),
        lambda: A.RandomSnow(1e6, (1, 1), "texture", p=1), lambda: A.Spatter(gauss_sigma=(300, 300), mode="mud", p=1),
    ):  # fmt: skip
        out = A.Compose([build()], seed=0)(image=pixels)["image"]
        assert (out.shape, out.dtype) == (pixels.shape, np.uint8)
