"""Laws of filters: dtype and channels stay, labels stay, a stored step repeats its bytes, and nothing trades places with one."""

from __future__ import annotations

import json

import numpy as np
import pytest

import geoaug as A
from geoaug.plan import Plan
from geoaug.raster.filters import FILTERS as OPERATIONS
from geoaug.steps.filter import PARSERS, Filter
from tests.cases import FILTERS, rows

OURS = ("blur", "compression", "noise", "sharpen")  # modules of transforms
filters = pytest.mark.parametrize("build", [pytest.param(b, id=i) for i, b in rows(FILTERS)])
own = pytest.mark.parametrize("build", [pytest.param(b, id=i) for i, b in rows(FILTERS) if type(b()).__module__.rpartition(".")[2] in OURS])
RGB_ONLY = ("ISONoise", "ChromaticAberration")
EVERY = ["uint8", "uint16", "uint32", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bool"]


def step_of(node: A.Transform, picture: np.ndarray, seed: int = 3) -> Filter:
    """What a transform draws."""
    return A.Compose([node], seed=seed, return_plan=True)(image=picture)["plan"].steps[0]


def shrunk(picture: np.ndarray, dtype: str) -> np.ndarray:
    """A picture in another dtype, from black to white."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return picture > 127
    return (picture / 255 * white_of(dtype)).astype(dtype)


def white_of(dtype: str) -> float:
    """The largest value that a dtype and a float both hold, or 1."""
    kind = np.dtype(dtype)
    return 1.0 if kind.kind == "f" else float(np.iinfo(kind).max) if kind.itemsize < 8 else float(np.nextafter(2.0**63, 0))


@own
@pytest.mark.parametrize("dtype", EVERY)
def test_every_dtype_is_kept_and_means_what_uint8_means(build, dtype, photo):
    small = np.ascontiguousarray(photo[40:90, 20:80])
    step = step_of(build(), small)
    if dtype == "bool" or (type(build()).__name__ in RGB_ONLY and dtype not in ("uint8", "uint16", "float16", "float32", "float64")):
        return
    source = shrunk(small, dtype)
    before = source.copy()
    out = step.image(source)
    assert (out.dtype, out.shape) == (source.dtype, source.shape)
    assert np.array_equal(source, before)
    if type(build()).__name__ in ("ISONoise", "ShotNoise"):  # other dtypes draw in another order
        return
    off = np.abs(np.clip(out.astype(float) / white_of(dtype), 0, 1) - step.image(small) / 255)
    coarse = {"float16": 2e-3, "int8": 3 / 127}.get(dtype, 0.0)
    assert np.median(off) <= 1.5 / 255 + coarse


@own
@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4, 5, 130])
def test_any_number_of_channels_is_kept_or_refused_by_name(build, channels, photo):
    name = type(build()).__name__
    grey = photo[40:90, 20:80, 0]
    picture = np.ascontiguousarray(grey) if channels == 0 else np.repeat(grey[..., None], channels, axis=2)
    if name in RGB_ONLY and channels != 3:
        with pytest.raises(
            A.DataTypeError, match=rf"image: {name} needs 3 channels, got {channels or 1} of dtype uint8; .*ToRGB\(\)|image\[\.\.\., :3\]"
        ):
            A.Compose([build()], seed=3)(image=picture)
        return
    if "ranges" in str(getattr(build(), "noise_params", "")) and channels > 3:
        with pytest.raises(A.DataError, match="noise_params has 3 ranges, the picture"):
            A.Compose([build()], seed=3)(image=picture)
        return
    out = A.Compose([build()], seed=3)(image=picture)["image"]
    assert (out.dtype, out.shape) == (picture.dtype, picture.shape)
    if channels >= 2 and "Noise" not in name and name != "ImageCompression" and channels != 3:
        assert (out == out[..., :1]).all()  # channels that were alike stay alike


@filters
def test_labels_stay_as_they_are(build, photo):
    mask = (photo[..., 0] // 50).astype(np.uint8)
    pipeline = A.Compose([build()], bbox_params=A.BboxParams("pascal_voc"), keypoint_params=A.KeypointParams("xy"), seed=1)
    out = pipeline(image=photo, mask=mask, bboxes=[[10.25, 20.5, 50.75, 60.125]], keypoints=[[7.125, 9.5]])
    assert np.array_equal(out["mask"], mask)
    assert out["bboxes"] == [[10.25, 20.5, 50.75, 60.125]]
    assert out["keypoints"] == [[7.125, 9.5]]


@filters
def test_a_plan_that_was_json_repeats_the_bytes(build, photo):
    out = A.Compose([build()], seed=8, return_plan=True)(image=photo)
    again = Plan.from_dict(json.loads(json.dumps(out["plan"].to_dict())))
    assert again == out["plan"]
    assert np.array_equal(again.image(photo), out["image"])
    frames = A.Compose([build()], seed=8)(images=[photo, photo])["images"]
    assert np.array_equal(frames[0], frames[1])


@filters
def test_nothing_joins_a_filter_or_passes_it(build):
    flip, tone, crop = A.HorizontalFlip(p=1), A.RandomGamma(p=1), A.CenterCrop(60, 80)
    node = build()
    blank = np.full((90, 120, 3), 99, np.uint8)
    plan = A.Compose([flip, tone, node, crop, node, tone], seed=2, return_plan=True)(image=blank)["plan"]
    names = [group for group in plan.names if type(node).__name__ in group]
    if isinstance(step_of(node, blank), Filter):
        assert names == [(type(node).__name__,)] * 2
    assert np.array_equal(plan.image(blank), Plan.from_json(plan.to_json()).image(blank))


@own
def test_two_draws_differ_and_one_seed_gives_one_picture(build, photo):
    once, twice = (A.Compose([build()], seed=5)(image=photo)["image"] for _ in range(2))
    assert np.array_equal(once, twice)
    pipeline = A.Compose([build()], seed=5)
    seen = [pipeline(image=photo)["image"].tobytes() for _ in range(12)]
    fixed = isinstance(build(), A.Downscale) and build().scale_range == (0.25, 0.25)
    assert (len(set(seen)) > 1) is not fixed


NOTHING = [
    A.Sharpen((0, 0), p=1), A.Sharpen((0, 0), method="gaussian", p=1), A.UnsharpMask(alpha=(0, 0), p=1), A.Emboss((0, 0), p=1),
    A.GaussianBlur(0, (0, 0), p=1), A.GaussianBlur(0, (0.2, 0.2), p=1), A.ZoomBlur((1, 1), p=1), A.GaussNoise((0, 0), p=1),
    A.ISONoise(intensity=(0, 0), p=1), A.MultiplicativeNoise((1, 1), p=1), A.MultiplicativeNoise((1, 1), elementwise=True, p=1),
    A.MultiplicativeNoise((1, 1), per_channel=True, p=1), A.ShotNoise((0, 0), p=1), A.SaltAndPepper((0, 0), p=1),
    A.AdditiveNoise("uniform", "constant", {"ranges": [(0, 0)]}, p=1), A.Downscale((1, 1), p=1), A.ChromaticAberration(0, 0, p=1),
    A.AdditiveNoise("laplace", "shared", {"mean_range": (0, 0), "scale_range": (0, 0)}, p=1),
    A.AdditiveNoise("beta", "per_pixel", {"alpha_range": (1, 1), "beta_range": (1, 1), "scale_range": (0, 0)}, p=1),
]  # fmt: skip


@pytest.mark.parametrize("node", NOTHING, ids=repr)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_numbers_that_mean_nothing_change_no_byte(node, dtype, photo):
    picture = shrunk(photo, dtype)
    assert np.array_equal(node(image=picture)["image"], picture)


@own
def test_a_picture_of_one_pixel_and_a_thin_one_pass(build):
    for size in ((1, 1), (1, 9), (9, 1), (3, 2)):
        picture = np.full((*size, 3), 90, np.uint8)
        assert A.Compose([build()], seed=4)(image=picture)["image"].shape == picture.shape


def test_float_pictures_that_are_none_are_refused_by_name():
    with pytest.raises(A.DataError, match=r"image: float images must lie in \[0, 1\], max is 254"):
        A.Blur(p=1)(image=np.full((4, 4, 3), 254, np.float32))
    spoilt = np.zeros((4, 4, 3), np.float32)
    spoilt[1, 2, 0] = np.nan
    with pytest.raises(A.DataError, match=r"NaN at \(1, 2\)"):
        A.GaussNoise(p=1)(image=spoilt)


BROKEN = [
    ("box_blur", {"size": -3}), ("median_blur", {"size": 2.5}), ("motion_blur", {"size": 3, "angle": "x"}),
    ("compressed", {"method": "gif", "quality": 9}),
    ("compressed", {"quality": 101}), ("additive_noise", {"numbers": [], "seed": 0}), ("additive_noise", {"numbers": [0, 1], "seed": -1}),
    ("additive_noise", {"numbers": [0, 1], "seed": 1.5}), ("downscale", {"scale": 0.5, "up": 99}), ("aberration", {"red": [1], "blue": [0, 0]}),
    ("glass_blur", {"sigma": 1, "reach": 2, "rounds": float("nan")}), ("zoom_blur", {"most": 2, "step": 0}), ("none_such", {}),
    ("emboss", {"share": 0.1}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "numbers"), BROKEN)
def test_stored_filters_that_are_none_are_refused(name, numbers):
    told = {"source": [4, 4], "steps": [{"filter": {"name": name, **numbers}}], "names": []}
    with pytest.raises(A.ParameterError, match=r"plan: step 1 \(filter\)|Filter"):
        Plan.from_dict(told)


def test_every_operation_of_these_modules_says_how_it_is_read():
    for name, parsers in PARSERS.items():
        assert list(parsers) == list(OPERATIONS[name].numbers), name


BAD = [
    (A.Blur, {"blur_limit": (9, 3)}, "in that order"),
    (A.Blur, {"blur_limit": "x"}, "expected a whole number"),
    (A.MotionBlur, {"angle_range": (0, 400)}, "from 0 to 360"),
    (A.GaussianBlur, {"sigma_limit": (-1, 2)}, "at least 0"),
    (A.AdvancedBlur, {"beta_limit": (1.2, 3)}, "1 between them"),
    (A.AdvancedBlur, {"sigma_x_limit": 1, "sigma_y_limit": 1}, "both start at 0"),
    (A.GlassBlur, {"mode": "slow"}, "expected one of 'fast', 'exact'"),
    (A.Sharpen, {"alpha": (0.5, 2)}, "from 0 to 1"),
    (A.UnsharpMask, {"threshold": 300}, "from 0 to 255"),
    (A.GaussNoise, {"std_range": (5, 10)}, "from 0 to 1"),
    (A.GaussNoise, {"noise_scale_factor": 0}, "above 0"),
    (A.SaltAndPepper, {"amount": 2}, "expected two numbers"),
    (A.AdditiveNoise, {"noise_type": "gaussian", "noise_params": {"ranges": [(0, 1)]}}, "gaussian noise takes mean_range, std_range"),
    (A.AdditiveNoise, {"noise_params": {"std": 1}}, "expected ranges, mean_range"),
    (A.ImageCompression, {"quality_range": (0, 50)}, "at least 1"),
    (A.ImageCompression, {"quality_range": (50, 101)}, "from 1 to 100"),
    (A.Downscale, {"interpolation_pair": {"upscale": 0}}, "'downscale': flag"),
    (A.Downscale, {"scale_range": (0.5, 1.5)}, "from 0 to 1"),
    (A.ChromaticAberration, {"mode": "blue"}, "'red_blue'"),
]


@pytest.mark.parametrize(("build", "arguments", "told"), BAD)
def test_bad_parameters_of_filters_are_refused_when_they_are_made(build, arguments, told):
    with pytest.raises(A.ParameterError, match=told):
        build(**arguments)


@pytest.mark.parametrize("node", [A.AdditiveNoise(p=1), A.MultiplicativeNoise(p=1)], ids=repr)
def test_noise_that_is_one_number_for_a_channel_joins_the_tones_about_it(node, photo):
    chain = [A.RandomGamma((150, 150), p=1), node, A.InvertImg(p=1)]
    out = A.Compose(chain, seed=1, return_plan=True)(image=photo)
    assert len(out["plan"].steps) == 1
    assert np.array_equal(out["image"], A.Compose(chain, seed=1, fuse=False)(image=photo)["image"])


def test_sides_become_odd_and_at_least_three_without_a_word():
    assert A.Blur((2, 6)).blur_limit == (3, 7)
    assert A.Blur(9).blur_limit == (3, 9)
    assert A.Blur((0, 1)).blur_limit == (3, 3)


def test_a_glass_blur_moves_pixels_no_further_than_it_says():
    places = np.stack(np.meshgrid(np.arange(40), np.arange(30)), axis=2).astype(np.uint8)
    for mode in ("fast", "exact"):
        out = A.Compose([A.GlassBlur(0, 3, 1, mode, p=1)], seed=0)(image=places)["image"]
        moved = np.abs(out.astype(int) - places)
        assert moved.max() >= 3
        if mode == "fast":
            assert moved.max() == 3
        assert (moved[-1] == 0).mean() < 1


def test_the_median_of_large_windows_of_integers_is_exact():
    deep = np.random.default_rng(0).integers(0, 65536, (20, 23)).astype(np.uint16)
    padded = np.pad(deep, 3, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (7, 7))
    assert np.array_equal(Filter.of("median_blur", size=7).image(deep), np.median(windows, axis=(2, 3)).astype(np.uint16))


def test_a_file_too_large_for_its_format_is_refused_with_the_way_out():
    with pytest.raises(A.DataError, match=r"webp holds at most 16383 pixels along a side, got 16400 x 2; put a Resize"):
        A.ImageCompression("webp", p=1)(image=np.zeros((2, 16400, 3), np.uint8))


def test_columns_before_rows_and_a_single_pixel_make_no_difference():
    picture = np.random.default_rng(0).random((33, 33, 3)).astype(np.float32)
    plain, turned = (A.Compose([A.RandomSunFlare(p=1)], seed=1)(image=image)["image"] for image in (picture, np.asfortranarray(picture)))
    assert np.array_equal(plain, turned)
    dot = np.uint16([[[5, 60000, 7]]])
    assert np.array_equal(A.FancyPCA(p=1)(image=dot)["image"], dot)
