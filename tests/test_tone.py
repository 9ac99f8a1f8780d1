"""Laws of tones: one after the other is one, nothing is nothing, and what cannot be done is said."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import geoaug as A
from geoaug.raster.colour import GREYS
from geoaug.raster.curves import linear_table
from geoaug.raster.normal import NORMS
from geoaug.steps.tone import Tone

factors, shifts = st.floats(0, 2), st.floats(-1, 1)
OPERATIONS = st.one_of(
    st.builds(lambda f, s: Tone.of("linear", factor=f, shift=s), factors, shifts),
    st.builds(lambda f, s: Tone.of("linear_by_mean", factor=f, shift=s), factors, shifts),
    st.builds(lambda f, s, m: Tone.of("linear_safe", factor=f, shift=s, by_mean=m), factors, shifts, st.booleans()),
    st.builds(lambda e: Tone.of("power", exponent=e), st.floats(0.1, 4)),
    st.builds(lambda f: Tone.of("contrast", factor=f), factors),
    st.builds(lambda f: Tone.of("saturation", factor=f), factors),
    st.builds(lambda t: Tone.of("hue", turn=t), st.floats(-0.5, 0.5)),
    st.builds(lambda h, s, v: Tone.of("hsv_shift", hue=h, saturation=s, value=v), *[st.floats(-99, 99)] * 3),
    st.builds(lambda m: Tone.of("to_grey", method=m, channels=3), st.sampled_from(GREYS)),
    st.builds(lambda m: Tone.mix(m), st.lists(st.lists(st.floats(-1, 1), min_size=4, max_size=4), min_size=3, max_size=3)),
)
PICTURES = st.one_of(
    arrays.arrays(np.uint8, (6, 7, 3)),
    arrays.arrays(np.uint16, (6, 7, 3)),
    arrays.arrays(np.float32, (6, 7, 3), elements=st.floats(0, 1, width=32)),
)
NOTHING = [
    Tone(), Tone.of("linear"), Tone.of("power", exponent=1), Tone.of("contrast", factor=1), Tone.of("saturation", factor=1),
    Tone.of("hue", turn=0), Tone.of("hsv_shift"), Tone.mix(np.eye(3, 4)), Tone.of("linear_safe"),
]  # fmt: skip
EVERY = ["uint8", "uint16", "uint32", "int16", "int32", "int64", "float16", "float32", "float64", "bool"]


def picture(dtype: str, shape: tuple[int, ...] = (9, 8, 3)) -> np.ndarray:
    """Dark to bright, all of them distinct where the dtype allows."""
    ramp = np.linspace(0, 1, int(np.prod(shape))).reshape(shape)
    kind = np.dtype(dtype).kind
    return ramp > 0.5 if kind == "b" else (ramp if kind == "f" else ramp * min(np.iinfo(dtype).max, 2**62)).astype(dtype)


@given(PICTURES, st.lists(OPERATIONS, min_size=2, max_size=5))
@settings(deadline=None, max_examples=150)
def test_tones_joined_are_bit_for_bit_the_tones_one_by_one(pixels, tones):
    before = pixels.copy()
    joined, one_by_one = tones[0], tones[0].image(pixels)
    for tone in tones[1:]:
        joined, one_by_one = joined.then(tone), tone.image(one_by_one)
    assert isinstance(joined, Tone)
    out = joined.image(pixels)
    assert np.array_equal(out, one_by_one)
    assert np.array_equal(joined.image(pixels.copy(), owned=True), one_by_one)
    assert out.dtype == pixels.dtype
    assert out.shape == pixels.shape
    assert np.array_equal(pixels, before)


@given(arrays.arrays(np.uint8, (6, 7, 3)), st.lists(OPERATIONS, min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
def test_a_tone_that_does_not_look_commutes_with_a_crop(pixels, tones):
    tone = Tone.join(tones)
    if not tone.looks:
        # on floats the last few pixels of a row may be one rounding away: OpenCV computes them without vectors
        assert np.array_equal(tone.image(pixels)[1:5, 2:6], tone.image(pixels[1:5, 2:6].copy()))


@given(st.lists(OPERATIONS, min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
def test_a_tone_survives_pickle_and_json(tones):
    tone = Tone.join(tones)
    assert pickle.loads(pickle.dumps(tone)) == tone  # our own bytes, made a moment ago
    assert Tone.from_dict(json.loads(json.dumps(tone.to_dict()))) == tone
    assert str(tone).startswith("Tone ")


@pytest.mark.parametrize("tone", NOTHING, ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_tone_of_nothing_gives_the_very_same_array(tone, dtype):
    pixels = picture(dtype)
    assert tone.image(pixels) is pixels


@pytest.mark.parametrize("dtype", EVERY)
@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 1), (9, 8, 2), (9, 8, 3), (9, 8, 7)])
@pytest.mark.parametrize("tone", [Tone.of("linear", factor=1.2, shift=-0.1), Tone.of("power", exponent=0.7)], ids=str)
def test_curves_take_every_dtype_and_number_of_channels_and_keep_them(tone, shape, dtype):
    pixels = picture(dtype, shape)
    before = pixels.copy()
    out = tone.image(pixels)
    assert (out.dtype, out.shape) == (pixels.dtype, pixels.shape)
    assert np.array_equal(pixels, before)
    if dtype not in ("bool", "float16"):
        white = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(dtype).max)
        x = pixels.astype(float) / white
        truth = x * 1.2 - 0.1 if tone.operations[0].name == "linear" else x**0.7
        low = -1.0 if pixels.dtype.kind == "i" else 0.0
        assert np.abs(out.astype(float) / white - truth.clip(low, 1)).max() <= (1 / 255 if dtype == "uint8" else 1e-4)


@pytest.mark.parametrize("view", [lambda x: x[::-1], lambda x: x[:, ::-1], lambda x: x[::2, 1::2], lambda x: x[..., ::-1], np.asfortranarray])
def test_odd_views_and_read_only_pictures_give_what_plain_ones_give(view):
    odd = view(picture("uint8", (40, 30, 3)))
    odd.flags.writeable = False
    for build in (A.RandomBrightnessContrast, A.RandomGamma, A.HueSaturationValue, A.ColorJitter, A.ToGray, A.Normalize):
        step = build(p=1).draw(None, np.random.default_rng(1))
        assert np.array_equal(step.image(odd), step.image(np.ascontiguousarray(odd)))


def test_a_gamma_of_100_is_the_identity():
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(A.RandomGamma((100, 100), p=1)(image=pixels)["image"], pixels)


@pytest.mark.parametrize("without", [False, True], ids=["stringzilla if there", "without"])
@pytest.mark.parametrize(("factor", "shift"), np.random.default_rng(3).uniform(-0.5, 0.5, (40, 2)).tolist())
def test_each_route_of_a_table_gives_the_table(monkeypatch, without, factor, shift):
    if without:
        monkeypatch.setattr("geoaug.raster.table._translator", lambda: None)
    pixels = np.random.default_rng(0).integers(0, 256, (211, 331, 3), dtype=np.uint8)
    table = linear_table(1 + factor, 255 * shift)
    assert np.array_equal(Tone.of("linear", factor=1 + factor, shift=shift).image(pixels), table[pixels])


def test_float_pictures_that_are_none_are_refused_with_the_place_and_the_way_out():
    tone = Tone.of("linear", factor=1.1, shift=0.0)
    with pytest.raises(A.DataError, match=r"image: float images must lie in \[0, 1\], max is 254; divide by"):
        tone.image(np.full((4, 4, 3), 254, np.float32))
    with pytest.raises(A.DataError, match=r"min is -2"):
        tone.image(np.full((4, 4, 3), -2, np.float64))
    spoilt = np.zeros((4, 4, 3), np.float32)
    spoilt[2, 3, 1] = np.nan
    with pytest.raises(A.DataError, match=r"image: NaN at \(2, 3\)"):
        tone.image(spoilt)
    for build in (A.Normalize, A.ToGray):
        assert build(p=1)(image=picture("float32"))["image"].dtype == np.float32


@pytest.mark.parametrize("fuse", [True, False])
def test_a_tone_after_normalize_is_refused_fused_or_not(fuse):
    with pytest.raises(A.DataError, match="before Normalize"):
        A.Compose([A.Normalize(), A.RandomGamma(p=1)], fuse=fuse)(image=picture("uint8"))


def test_what_bicubic_sampling_leaves_outside_of_the_unit_is_clipped_not_refused():
    sharp = (np.indices((40, 40)).sum(0) // 4 % 2).astype(np.float32)
    out = A.Compose([A.Rotate((20, 20), interpolation=2, p=1), A.RandomGamma((90, 90), p=1)])(image=sharp)["image"]
    assert out.min() >= 0
    assert out.max() <= 1


@pytest.mark.parametrize("fuse", [True, False])
def test_grey_by_the_first_component_sees_the_whole_picture_before_a_crop(fuse):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    whole = A.ToGray(method="pca", p=1)(image=pixels)["image"]
    out = A.Compose([A.ToGray(method="pca", p=1), A.CenterCrop(10, 10)], fuse=fuse)(image=pixels)["image"]
    assert np.array_equal(out, whole[15:25, 20:30])


@pytest.mark.parametrize("name", ["HueSaturationValue", "ColorJitter", "ToGray"])
def test_colours_of_other_numbers_of_channels_are_refused(name):
    for channels in (2, 4):
        with pytest.raises(A.DataTypeError, match=rf"channels?.*{channels}"):
            getattr(A, name)(p=1)(image=picture("uint8", (9, 8, channels)))


def test_colours_of_other_dtypes_are_refused_and_objects_always():
    with pytest.raises(A.DataTypeError, match=r"hsv_shift needs uint8, uint16 or floats, got int32"):
        Tone.of("hsv_shift", value=9).image(picture("int32"))
    for dtype in ("complex64", object):
        with pytest.raises(A.DataTypeError, match="dtype"):
            Tone.of("power", exponent=2).image(picture("uint8").astype(dtype))
    with pytest.raises(A.DataError, match="power needs values from 0 on, min is -5"):
        Tone.of("power", exponent=2).image(np.full((3, 3), -5, np.int16))


def test_normalize_refuses_fewer_numbers_than_channels():
    with pytest.raises(A.DataError, match="4 channels, but mean of Normalize has 3 values"):
        A.Normalize()(image=picture("uint8", (9, 8, 4)))


@pytest.mark.parametrize("dtype", EVERY)
def test_normalize_takes_every_dtype_and_gives_float32(dtype):
    for method in ("standard", *NORMS):
        for shape in ((9, 8), (9, 8, 1), (9, 8, 3)):
            pixels = picture(dtype, shape)
            before = pixels.copy()
            out = A.Normalize(normalization=method)(image=pixels)["image"]
            assert (out.dtype, out.shape) == (np.float32, shape)
            assert np.isfinite(out).all()
            assert np.array_equal(pixels, before)


def by_hand(pixels: np.ndarray, mean: object, std: object) -> np.ndarray:
    """Normalised in single precision, in the plainest way."""
    middle, spread = np.float32(mean) * np.float32(255), np.float32(std) * np.float32(255)
    return (pixels.astype(np.float32) - middle) * np.reciprocal(spread)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "float16", "float32", "float64"])
@pytest.mark.parametrize("channels", [(), (1,), (2,), (3,), (4,), (5,)], ids=str)
@pytest.mark.parametrize("size", [(9, 8), (150, 190)], ids=["looked up", "computed"])
@pytest.mark.parametrize("given", ["each", "one mean", "one for all"])
def test_each_way_to_normalize_gives_the_same_bytes_with_channels_last_or_first(size, channels, dtype, given):
    pixels = picture(dtype, (*size, *channels))
    pixels = np.random.default_rng(0).permutation(pixels.ravel()).reshape(pixels.shape)
    mean = (0.485, 0.456, 0.406, 0.5, 0.3) if given == "each" else 0.45
    std = 0.225 if given == "one for all" else (0.229, 0.224, 0.225, 0.25, 0.2)
    count = channels[0] if channels else 1
    wanted = by_hand(pixels, *(part[: count if channels else 1] if isinstance(part, tuple) else part for part in (mean, std))).reshape(pixels.shape)
    last = A.Normalize(mean, std)(image=pixels)["image"]
    first = A.Compose([A.Normalize(mean, std), A.ToCHW()])(image=pixels)["image"]
    apart = A.Compose([A.Normalize(mean, std), A.ToCHW()], fuse=False)(image=pixels)["image"]
    assert last.tobytes() == wanted.tobytes()
    assert (first.shape, first.dtype, first.flags.c_contiguous) == ((count, *size), np.float32, True)
    assert first.tobytes() == apart.tobytes() == np.atleast_3d(wanted).transpose(2, 0, 1).tobytes()


@pytest.mark.parametrize("dtype", EVERY)
@pytest.mark.parametrize("shape", [(1, 1), (9, 8), (9, 8, 1), (1, 8, 3), (9, 1, 3), (9, 8, 3), (9, 8, 4), (9, 8, 5), (150, 190, 3)], ids=str)
def test_channels_first_is_a_transposed_copy_of_whatever_comes_before_it(shape, dtype):
    pixels = picture(dtype, shape)
    before = pixels.copy()
    nodes = [A.RandomGamma((70, 70), p=1), *(A.Normalize(normalization=method) for method in NORMS)]
    if len(shape) == 2 or shape[2] <= 3:
        nodes.append(A.Normalize())
    for node in [*nodes, A.NoOp()]:
        turned = np.atleast_3d(node(image=pixels)["image"]).transpose(2, 0, 1)
        for fuse in (True, False):
            out = A.Compose([node, A.ToCHW()], fuse=fuse, return_plan=True)(image=pixels)
            assert np.array_equal(out["image"], turned)
            assert out["image"].dtype == turned.dtype
            assert out["image"].flags.c_contiguous
            assert not np.may_share_memory(out["image"], pixels)
            assert np.array_equal(out["plan"].image(pixels), turned)
            again = A.Plan.from_json(out["plan"].to_json())
            assert again.steps == out["plan"].steps
            assert np.array_equal(again.image(pixels), turned)
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("view", [lambda x: x[::-1], lambda x: x[:, ::-1], lambda x: x[::2, 1::2], lambda x: x[..., ::-1], np.asfortranarray])
def test_odd_views_and_read_only_pictures_have_their_channels_put_first(view):
    odd = view(picture("uint8", (240, 230, 3)))
    odd.flags.writeable = False
    for nodes in ([A.ToCHW()], [A.Normalize(), A.ToCHW()]):
        assert np.array_equal(A.Compose(nodes)(image=odd)["image"], A.Compose(nodes)(image=np.ascontiguousarray(odd))["image"])


def test_normalize_and_channels_first_are_one_step_that_prints_pickles_and_stores_itself():
    plan = A.Compose([A.RandomGamma((80, 80), p=1), A.Normalize(), A.ToCHW()]).draw((9, 8))
    (tone,) = plan.steps
    assert plan.names == (("RandomGamma", "Normalize", "ToCHW"),)
    assert str(tone).endswith("most=255), channels first")
    assert str(Tone(layout="chw")) == "Tone channels first"
    for step in (tone, Tone(layout="chw")):
        assert pickle.loads(pickle.dumps(step)) == step  # our own bytes, made a moment ago
        assert Tone.from_dict(json.loads(json.dumps(step.to_dict()))) == step
        assert step != Tone(step.operations)
        assert eval(repr(step), {"Tone": Tone, "Operation": type(tone.operations[0])}) == step
    with pytest.raises(A.ParameterError, match=r"expected one of 'hwc', 'chw', got 'cwh'"):
        A.Plan.from_dict({"source": [9, 8], "steps": [{"tone": {"operations": [], "layout": "cwh"}}]})


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize(
    "after", [A.RandomGamma(p=1), A.HorizontalFlip(p=1), A.CenterCrop(4, 4), A.Rotate(p=1), A.ToCHW()], ids=lambda node: type(node).__name__
)
def test_nothing_may_follow_channels_first(after, fuse):
    for nodes in ([A.ToCHW(), after], [A.Normalize(), A.ToCHW(), after], [A.OneOf([A.ToCHW()], p=1), after]):
        with pytest.raises(A.ParameterError, match=rf"ToCHW must come last, but {type(after).__name__} follows; move ToCHW to the end"):
            A.Compose(nodes, fuse=fuse)(image=picture("uint8"))
    assert A.Compose([A.ToCHW(), A.NoOp(), A.HorizontalFlip(p=0)], fuse=fuse)(image=picture("uint8"))["image"].shape == (3, 9, 8)
    with pytest.raises(A.ParameterError, match="must be the last"):
        Tone.join([Tone(layout="chw"), Tone()])


@pytest.mark.parametrize("fuse", [True, False])
def test_channels_first_leaves_everything_but_pictures_and_takes_stacks_of_them(fuse):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    data = {"mask": pixels[..., 0], "masks": [pixels[..., 1]], "bboxes": [[1.0, 2.0, 30.0, 20.0]], "keypoints": [[3.0, 4.0]]}
    nodes = [A.HorizontalFlip(p=1), A.Normalize(), A.ToCHW()]
    settings = {"bbox_params": A.BboxParams("pascal_voc"), "keypoint_params": A.KeypointParams("xy"), "fuse": fuse}
    stacks = {"images": np.stack([pixels, 255 - pixels]), "volume": np.stack([pixels] * 3)}
    last, first = (A.Compose(steps, **settings)(image=pixels, **stacks, **data) for steps in (nodes[:-1], nodes))
    for name in ("mask", "masks", "bboxes", "keypoints"):
        assert np.array_equal(first[name], last[name])
    assert np.array_equal(first["image"], last["image"].transpose(2, 0, 1))
    for name in stacks:
        assert np.array_equal(first[name], last[name].transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("build", "kept"),
    [
        (lambda: A.RandomBrightnessContrast(0.3).brightness_limit, (-0.3, 0.3)),
        (lambda: A.RandomGamma(120).gamma_limit, (1, 120)),
        (lambda: A.HueSaturationValue(10).hue_shift_limit, (-10, 10)),
        (lambda: A.ColorJitter(brightness=0.2).brightness, (0.8, 1.2)),
        (lambda: A.ColorJitter(contrast=2).contrast, (0, 3)),
        (lambda: A.ColorJitter(hue=0.5).hue, (-0.5, 0.5)),
    ],
)
def test_a_lone_number_stands_for_the_range_that_it_stands_for_in_2_0_8(build, kept):
    assert build() == kept


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: A.RandomGamma(0.5), "gamma_limit=0.5"),
        (lambda: A.RandomGamma((0, 80)), "gamma_limit"),
        (lambda: A.ColorJitter(brightness=-0.1), "brightness=-0.1"),
        (lambda: A.ColorJitter(hue=(-0.6, 0)), "hue"),
        (lambda: A.ColorJitter(saturation=(-1, 1)), "saturation"),
        (lambda: A.ToGray(0), "num_output_channels=0"),
        (lambda: A.ToGray(method="luma"), "weighted_average"),
        (lambda: A.Normalize(std=(1, 0, 1)), "std"),
        (lambda: A.Normalize(mean=None), "mean"),
        (lambda: A.Normalize(mean=()), "mean"),
        (lambda: A.RandomBrightnessContrast("a"), "brightness_limit='a'"),
        (lambda: Tone.of("gamma", exponent=1), "no operation 'gamma'"),
        (lambda: Tone.of("power"), "needs exponent"),
        (lambda: Tone.of("power", gamma=1), "takes exponent"),
    ],
)
def test_bad_parameters_are_refused_by_name(build, says):
    with pytest.raises(A.ParameterError, match=says):
        build()
