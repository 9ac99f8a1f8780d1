"""Blur, sharpening, noise and losses against the albumentations 2.0.8 package: to the byte where nothing is random, in distribution where it is."""

from __future__ import annotations

import inspect
import os
from typing import Any

import numpy as np
import pytest

import geoaug as A
from geoaug.steps.filter import Filter
from geoaug.steps.step import Step

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")
blur = pytest.importorskip("albumentations.augmentations.blur.functional")
pixel = pytest.importorskip("albumentations.augmentations.pixel.functional")

NAMES = [
    "Blur", "MedianBlur", "GaussianBlur", "MotionBlur", "Defocus", "ZoomBlur", "GlassBlur", "AdvancedBlur", "Sharpen", "UnsharpMask", "Emboss",
    "GaussNoise", "ISONoise", "MultiplicativeNoise", "ShotNoise", "SaltAndPepper", "AdditiveNoise", "ImageCompression", "Downscale",
    "RingingOvershoot", "ChromaticAberration",
]  # fmt: skip
FEW = np.random.default_rng(6).uniform(0, 1, (12, 6)).round(4).tolist()
draws = pytest.mark.parametrize("u", FEW, ids=range(len(FEW)))


class Told:
    """A generator that gives what it was told, in order, in place of both of Albumentations' own."""

    def __init__(self, *numbers: Any) -> None:
        self.numbers = list(numbers)

    def following(self, *_: Any, **__: Any) -> Any:
        return self.numbers.pop(0)

    uniform = random = randint = randrange = integers = following


def told(node: Any, *numbers: Any, field: Any = None) -> Any:
    """Albumentations' transform with these numbers drawn, and ``field`` for what numpy draws."""
    node.py_random = Told(*numbers)
    if field is not None:
        node.random_generator = field
    return node


def same(ours: Step, theirs: np.ndarray, picture: np.ndarray) -> None:
    out = ours.image(picture)
    assert out.dtype == theirs.dtype
    assert np.array_equal(out, theirs.reshape(out.shape))


@pytest.fixture(params=["colour", "grey", "five channels"])
def picture(request, photo) -> np.ndarray:
    """Soft parts, edges and fine noise, (61, 83), of one, three and five channels."""
    noise = np.random.default_rng(2).integers(-20, 20, (61, 83, 5))
    five = np.clip(photo[60:121, 50:133][..., [0, 1, 2, 2, 0]] + noise, 0, 255).astype(np.uint8)
    return {"colour": five[..., :3].copy(), "grey": five[..., 0].copy(), "five channels": five}[request.param]


@pytest.mark.parametrize("name", NAMES)
def test_signatures_equal_2_0_8(name):
    ours, theirs = inspect.signature(getattr(A, name)).parameters, inspect.signature(getattr(B, name)).parameters
    assert [(one.name, one.default) for one in ours.values()] == [(one.name, one.default) for one in theirs.values()]


# --- to the byte -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [3, 5, 7, 9, 15])
def test_means_and_medians_equal_2_0_8(size, picture):
    same(Filter.of("box_blur", size=size), blur.box_blur(picture, size), picture)
    same(Filter.of("median_blur", size=size), blur.median_blur(picture, size), picture)


@draws
@pytest.mark.parametrize("size", [0, 3, 4, 9])
def test_gaussian_blurs_equal_2_0_8(u, size, picture):
    sigma = 0.3 + 3 * u[0]
    theirs = pixel.separable_convolve(picture, blur.create_gaussian_kernel_1d(sigma, size))
    same(Filter.of("gaussian_blur", sigma=sigma, size=size), theirs, picture)


@draws
@pytest.mark.parametrize("size", [3, 5, 7, 13])
def test_motion_blurs_equal_2_0_8(u, size, picture):
    angle, direction = 360 * u[0], 2 * u[1] - 1
    kernel = blur.create_motion_kernel(size, angle, direction, True, Told(2 * u[2] - 1, 2 * u[3] - 1))
    shift = tuple((2 * x - 1) * (size // 2) / 2 for x in u[2:4])
    theirs = pixel.convolve(picture, kernel / np.sum(kernel))
    same(Filter.of("motion_blur", size=size, angle=angle, direction=direction, shift=shift), theirs, picture)


@draws
def test_lenses_out_of_focus_equal_2_0_8(u, picture):
    radius, smoothing = 1 + int(11 * u[0]), 0.5 * u[1]
    same(Filter.of("defocus", radius=radius, smoothing=smoothing), blur.defocus(picture, radius, smoothing), picture)


@draws
def test_zooms_equal_2_0_8(u, picture):
    most, step = 1.03 + 0.2 * u[0], 0.01 + 0.02 * u[1]
    same(Filter.of("zoom_blur", most=most, step=step), blur.zoom_blur(picture, np.arange(1.0, most, step)), picture)


@draws
@pytest.mark.parametrize("size", [3, 7])
def test_advanced_blurs_equal_2_0_8(u, size, picture):
    sigma, angle, beta = (0.2 + u[0], 0.2 + u[1]), 180 * u[2] - 90, 0.5 + 7.5 * u[3]
    theirs = told(B.AdvancedBlur((size, size), p=1), *sigma, angle, 0.1 if beta < 1 else 0.9, beta, field=np.random.default_rng(9))
    numbers = {"size": size, "sigma": sigma, "angle": angle, "beta": beta, "noise": (0.9, 1.1), "seed": 9}
    same(Filter.of("advanced_blur", **numbers), theirs.apply(picture, **theirs.get_params()), picture)


@pytest.mark.parametrize("sigma", [0.4, 0.7, 2.0])
@pytest.mark.parametrize(("reach", "rounds"), [(1, 1), (4, 2), (3, 5)])
def test_glass_equals_2_0_8_which_copies_colours_where_it_should_exchange_them(sigma, reach, rounds, picture):
    moves = np.random.default_rng(3).integers(-reach, reach, size=((61 - 2 * reach) * (83 - 2 * reach), rounds, 2))
    step = {"sigma": sigma, "reach": reach, "rounds": rounds, "seed": 3}
    same(Filter.of("glass_blur", **step), blur.glass_blur(picture, sigma, reach, rounds, moves, "fast"), picture)
    exact = Filter.of("glass_blur", exact=True, **step)
    theirs = blur.glass_blur(picture, sigma, reach, rounds, moves, "exact")
    if picture.ndim == 2:
        same(exact, theirs, picture)
    else:  # where 2.0.8 copies a pixel over another, since it exchanges views of one array
        assert not np.array_equal(exact.image(picture), theirs)
        whole = blur.glass_blur(picture[..., 0].copy(), sigma, reach, rounds, moves, "exact")
        assert np.array_equal(exact.image(picture)[..., 0], whole)


@draws
def test_sharpening_reliefs_and_ringing_equal_2_0_8(u, picture):
    theirs = told(B.Sharpen((0, 1), (0, 9), p=1), u[0], u[1])
    same(Filter.of("sharpen", share=u[0], lightness=u[1]), theirs.apply(picture, **theirs.get_params()), picture)
    theirs = told(B.Emboss((0, 1), (0, 9), p=1), u[0], u[1])
    same(Filter.of("emboss", share=u[0], strength=u[1]), theirs.apply(picture, **theirs.get_params()), picture)
    size, cutoff = 3 + 2 * int(8 * u[2]), 0.3 + 2.8 * u[3]
    theirs = told(B.RingingOvershoot(p=1), size, cutoff)
    same(Filter.of("ringing", size=size, cutoff=cutoff), theirs.apply(picture, **theirs.get_params()), picture)


@draws
def test_unsharp_masks_equal_2_0_8(u, picture):
    size, sigma, threshold = 3 + 2 * int(4 * u[0]), 2 * u[1] * (u[2] > 0.3), int(30 * u[3])
    theirs = pixel.unsharp_mask(picture, size, sigma, u[4], threshold)
    same(Filter.of("unsharp_mask", share=u[4], size=size, sigma=sigma, threshold=threshold), theirs, picture)


@draws
def test_fewer_pixels_equal_2_0_8(u, picture):
    down, up = int(5 * u[1]), int(5 * u[2])
    if picture.ndim == 3 and picture.shape[2] > 4:
        picture = picture[..., :4].copy()  # beyond, 2.0.8 hands OpenCV all of them, which fails for areas
    scale = 0.1 + 0.85 * u[0]
    same(Filter.of("downscale", scale=scale, down=down, up=up), pixel.downscale(picture, scale, down, up), picture)


@draws
def test_codecs_equal_2_0_8_but_for_the_order_of_colours(u, picture):
    quality = 1 + int(99 * u[0])
    order = [2, 1, 0, *range(3, 5)][: picture.shape[2]] if picture.ndim == 3 else slice(None)
    for method, ending in (("jpeg", ".jpg"), ("webp", ".webp")):
        theirs = pixel.image_compression(np.ascontiguousarray(picture[..., order]), quality, ending)[..., order]
        same(Filter.of("compressed", method=method, quality=quality), theirs, picture)


def test_a_jpeg_keeps_the_brightness_of_the_colours_that_came_and_in_2_0_8_of_others(photo):
    """2.0.8 hands RGB to OpenCV as if it were BGR, so that a file keeps the brightness of a picture whose red is blue, and loses some of this one."""
    noisy = np.clip(photo + np.random.default_rng(0).integers(-60, 60, photo.shape), 0, 255).astype(np.uint8)
    luma = np.array([0.299, 0.587, 0.114])
    ours, theirs = (
        np.abs((L.ImageCompression(quality_range=(60, 60), p=1)(image=noisy)["image"] - noisy.astype(float)) @ luma).mean() for L in (A, B)
    )
    assert ours < 0.9 * theirs


@draws
def test_aberrations_equal_2_0_8(u, photo):
    red, blue = (0.1 * u[0] - 0.05, 0.2 * u[1] - 0.1), (0.1 * u[2] - 0.05, 0.2 * u[3] - 0.1)
    for flag in (0, 1, 2, 4):
        theirs = pixel.chromatic_aberration(photo, *red, *blue, flag)
        same(Filter.of("aberration", red=red, blue=blue, interpolation=flag), theirs, photo)


@draws
def test_factors_equal_2_0_8(u, photo):
    factor = float(np.float32(0.2 + 2 * u[0]))
    theirs = B.MultiplicativeNoise((factor, factor), p=1)(image=photo)["image"]
    assert np.array_equal(A.MultiplicativeNoise((factor, factor), p=1)(image=photo)["image"], theirs)
    many = np.random.default_rng(5).uniform(0.5, 1.5, 3).astype(np.float32)
    same(Filter.of("multiplied", low=0.5, high=1.5, seed=5), B.MultiplicativeNoise(p=1).apply(photo, many), photo)


@draws
def test_salt_and_pepper_equal_2_0_8(u, picture):
    amount, salt = 0.2 * u[0], u[1]
    theirs = told(B.SaltAndPepper(p=1), amount, salt, field=np.random.default_rng(4))
    params = theirs.get_params_dependent_on_data({}, {"image": picture})
    same(Filter.of("salt_and_pepper", amount=amount, salt=salt, seed=4), theirs.apply(picture, **params), picture)


@draws
def test_float_pictures_equal_2_0_8_within_rounding_where_it_keeps_them_floats(u, picture):
    values = (picture / 255).astype(np.float32)
    pairs = [
        (Filter.of("box_blur", size=5), blur.box_blur(values, 5)),
        (Filter.of("gaussian_blur", sigma=0.3 + u[0]), pixel.separable_convolve(values, blur.create_gaussian_kernel_1d(0.3 + u[0], 0))),
        (Filter.of("defocus", radius=3, smoothing=u[1]), blur.defocus(values, 3, u[1])),
        (Filter.of("zoom_blur", most=1.2, step=0.03), blur.zoom_blur(values, np.arange(1.0, 1.2, 0.03))),
        (Filter.of("unsharp_mask", share=u[2], size=5), pixel.unsharp_mask(values, 5, 0.0, u[2], 10)),
        (Filter.of("sharpen_gaussian", share=u[3]), pixel.sharpen_gaussian(values, u[3], 5, 1.0)),
    ]
    for step, theirs in pairs:
        assert np.allclose(step.image(values), theirs.reshape(values.shape), atol=2e-6), step


# --- what 2.0.8 does wrong -------------------------------------------------------------------------------------------


def test_sharpening_by_a_gaussian_wraps_around_in_2_0_8_and_not_here(photo):
    step = Filter.of("sharpen_gaussian", share=0.5, size=5, sigma=1.0)
    values = (photo / 255).astype(np.float32)
    truth = pixel.sharpen_gaussian(values, 0.5, 5, 1.0) * 255
    assert np.abs(step.image(photo) - truth).max() <= 1.0
    assert np.abs(pixel.sharpen_gaussian(photo, 0.5, 5, 1.0) - truth).max() > 50


def test_an_even_side_of_a_gaussian_fails_in_2_0_8_and_is_the_next_odd_one_here(photo):
    with pytest.raises(Exception, match="ksize"):
        B.Sharpen(method="gaussian", kernel_size=4, p=1)(image=photo)
    assert A.Sharpen(method="gaussian", kernel_size=4).kernel_size == 5


def test_float_pictures_keep_the_levels_that_2_0_8_loses_in_losses(photo):
    values = np.random.default_rng(1).random((40, 50, 3)).astype(np.float32)
    for node in ("MedianBlur", "Downscale", "ChromaticAberration"):
        few = {"MedianBlur": {"blur_limit": (5, 5)}, "Downscale": {}, "ChromaticAberration": {}}[node]
        ours, theirs = (getattr(L, node)(**few, p=1)(image=values)["image"] for L in (A, B))
        assert len(np.unique(theirs)) <= 257
        assert len(np.unique(ours)) > 257


def test_ranges_for_each_channel_count_for_each_pixel_too(photo):
    node = {"noise_type": "uniform", "spatial_mode": "per_pixel", "noise_params": {"ranges": [(0.1, 0.1), (-0.1, -0.1), (0, 0)]}, "p": 1}
    grey = np.full((9, 9, 3), 128, np.uint8)
    assert A.AdditiveNoise(**node)(image=grey)["image"][0, 0].tolist() == [153, 103, 128]
    assert B.AdditiveNoise(**node)(image=grey)["image"][0, 0].tolist() == [153, 153, 153]  # the first range for all


def test_constant_gaussian_noise_reaches_the_first_channel_which_2_0_8_leaves_alone():
    """2.0.8 seeds OpenCV's generator with 16 bits before each call, and the first normal number after that is always 0."""
    grey, node = np.full((9, 9, 3), 128, np.uint8), {"noise_type": "gaussian", "p": 1}
    firsts = []
    for library in (A, B):
        pipeline = library.Compose([library.AdditiveNoise(**node)], seed=3)
        firsts.append({int(pipeline(image=grey)["image"][0, 0, 0]) for _ in range(30)})
    assert len(firsts[0]) > 10
    assert firsts[1] == {128}


# --- in distribution -------------------------------------------------------------------------------------------------

LEVELS = (0, 3, 30, 128, 250)


def shares(out: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The cumulative distribution over 256 levels of what became of some pixels."""
    return np.cumsum(np.bincount(out[where], minlength=256)) / where.sum()


def alike(ours: np.ndarray, theirs: np.ndarray, before: np.ndarray, loose: float = 1.0) -> None:
    """Mean, spread, support and the whole distribution agree for each level that there was."""
    for level in np.unique(before):
        where = before == level
        one, other = ours[where].astype(float), theirs[where].astype(float)
        tight = loose * 5 / np.sqrt(where.sum())
        assert abs(one.mean() - other.mean()) <= tight * max(one.std(), other.std()) + 0.02, level
        fourth = max(((values - values.mean()) ** 4).mean() for values in (one, other))  # large where noise is rare
        assert abs(one.var() - other.var()) <= tight * np.sqrt(fourth) * 2 + 0.1, level
        assert np.abs(shares(ours, where) - shares(theirs, where)).max() <= loose * 1.95 * np.sqrt(2 / where.sum()), level
        for share in (0.001, 0.999):  # the support: a quantile lies between nearby ones of the other
            near = np.quantile(other, np.clip([share - 0.002 * loose, share + 0.002 * loose], 0, 1))
            assert near[0] - 4 <= np.quantile(one, share) <= near[1] + 4, level


@pytest.fixture(scope="module")
def patches() -> np.ndarray:
    """Five flat levels, (500, 480, 3) uint8."""
    return np.repeat(np.array(LEVELS, np.uint8), 48000 * 3).reshape(500, 480, 3)


NOISES = [
    ("gaussian", (0.02, 0.1), {"mean_range": (0.02, 0.02), "std_range": (0.1, 0.1)}),
    ("gaussian", (0.0, 0.44), {"mean_range": (0, 0), "std_range": (0.44, 0.44)}),
    ("laplace", (-0.01, 0.05), {"mean_range": (-0.01, -0.01), "scale_range": (0.05, 0.05)}),
    ("uniform", ((-0.1, 0.2),), {"ranges": [(-0.1, 0.2)]}),
    ("beta", (0.5, 1.5, 0.3), {"alpha_range": (0.5, 0.5), "beta_range": (1.5, 1.5), "scale_range": (0.3, 0.3)}),
]


@pytest.mark.parametrize(("method", "numbers", "params"), NOISES)
@pytest.mark.parametrize("coarseness", [1.0, 0.5])
@pytest.mark.parametrize("shared", [False, True], ids=["each channel", "shared"])
def test_added_noise_is_distributed_as_that_of_2_0_8(method, numbers, params, coarseness, shared, patches):
    mode = "shared" if shared else "per_pixel"
    noise = pixel.generate_noise(method, mode, patches.shape, params, 255, coarseness, np.random.default_rng(1))
    theirs = pixel.add_noise(patches, noise)
    step = Filter.of("additive_noise", method=method, numbers=numbers, shared=shared, coarseness=coarseness, seed=2)
    ours = step.image(patches)
    # values of neighbours and of channels hang together, which leaves fewer to compare
    alike(ours, theirs, patches, (3 if coarseness < 1 else 1) * (1.8 if shared else 1))
    middle = patches == 128
    levels = ours.astype(int) - patches
    assert np.array_equal(levels[..., 0][middle[..., 0]], levels[..., 1][middle[..., 1]]) is shared


@pytest.mark.parametrize(("method", "params"), [(method, params) for method, _, params in NOISES])
def test_constant_noise_is_distributed_as_that_of_2_0_8(method, params):
    grey = np.full((16, 16, 64), 128, np.uint8)
    node = A.Compose([A.AdditiveNoise(method, "constant", params, p=1)], seed=3)
    ours = np.concatenate([node(image=grey)["image"][0, 0] for _ in range(400)])
    drawn = [pixel.generate_noise(method, "constant", grey.shape, params, 255, 1.0, np.random.default_rng(k)) for k in range(400)]
    theirs = np.concatenate([pixel.add_noise(grey, noise)[0, 0] for noise in drawn])
    alike(ours, theirs, np.full(ours.shape, 128))


def test_float_noise_is_distributed_as_that_of_2_0_8(patches):
    values = np.full((300, 300), 0.5, np.float32)
    ours, theirs = (L.GaussNoise((0.1, 0.1), p=1)(image=values)["image"] for L in (A, B))
    assert ours.dtype == np.float32
    assert abs(ours.mean() - theirs.mean()) < 0.002
    assert abs(ours.std() - theirs.std()) < 0.001
    assert np.abs(np.quantile(ours, [0.001, 0.1, 0.5, 0.9, 0.999]) - np.quantile(theirs, [0.001, 0.1, 0.5, 0.9, 0.999])).max() < 0.02


@pytest.mark.parametrize("shared", [False, True])
def test_factors_for_each_pixel_are_distributed_as_those_of_2_0_8(shared, patches):
    theirs = B.MultiplicativeNoise((0.5, 1.5), per_channel=not shared, elementwise=True, p=1)(image=patches)["image"]
    ours = A.MultiplicativeNoise((0.5, 1.5), per_channel=not shared, elementwise=True, p=1)(image=patches)["image"]
    alike(ours, theirs, patches, 1.8 if shared else 1)


@pytest.mark.parametrize("scale", [0.1, 0.3, 0.02, 0.01])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_shot_noise_is_distributed_as_that_of_2_0_8(scale, dtype, patches):
    theirs = pixel.shot_noise(patches, scale, np.random.default_rng(5))
    if dtype == "uint8":
        ours = Filter.of("shot_noise", scale=scale, seed=4).image(patches)
    else:
        ours = np.rint(Filter.of("shot_noise", scale=scale, seed=4).image((patches / 255).astype(np.float32)) * 255).astype(np.uint8)
    alike(ours, theirs, patches)


@pytest.mark.parametrize(("turn", "intensity"), [(0.03, 0.3), (0.05, 0.5), (1.0, 1.0)])
def test_sensor_noise_is_distributed_as_that_of_2_0_8(turn, intensity, patches):
    flat = np.dstack([patches[..., 0], patches[::-1, :, 0], np.roll(patches[..., 0], 100)]).copy()
    theirs = pixel.iso_noise(flat.copy(), turn, intensity, np.random.default_rng(5))
    ours = Filter.of("iso_noise", turn=turn, intensity=intensity, seed=4).image(flat)
    for channel in range(3):
        alike(ours[..., channel], theirs[..., channel], flat[..., channel], 1.5)
