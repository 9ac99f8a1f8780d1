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
from geoaug.raster.histogram import EQUALIZERS, STRETCHES, packed
from geoaug.raster.normal import NORMS
from geoaug.raster.table import after, look_up
from geoaug.raster.tone import KINDS
from geoaug.scene import Scene
from geoaug.steps.tone import PARSERS, Tone
from tests.cases import TONE, rows

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
    st.just(Tone.of("invert")),
    st.builds(lambda t: Tone.of("solarize", threshold=t), st.floats(0, 1)),
    st.builds(lambda b: Tone.of("posterize", bits=b), st.one_of(st.integers(1, 8), st.tuples(*[st.integers(1, 8)] * 3))),
    st.builds(lambda low, high: Tone.of("bezier", low=low, high=high), st.floats(0, 1), st.tuples(*[st.floats(0, 1)] * 3)),
    st.builds(lambda m, c: Tone.of("equalize", method=m, mask=packed(c)), st.sampled_from(EQUALIZERS), arrays.arrays(np.bool_, (6, 7))),
    st.builds(lambda m: Tone.of("equalize_luma", method=m), st.sampled_from(EQUALIZERS)),
    st.builds(
        lambda m, c, i: Tone.of("auto_contrast", method=m, cutoff=c, ignore=i), st.sampled_from(STRETCHES), st.floats(0, 100),
        st.one_of(st.none(), st.integers(0, 255)),
    ),
    st.builds(lambda x: Tone.of("clahe", limit=x, tiles=(2, 3)), st.floats(1, 9)),
    st.builds(lambda x: Tone.of("shift", shifts=x), st.tuples(*[shifts] * 3)),
    st.builds(lambda x: Tone.of("gain", factors=x), st.tuples(*[factors] * 3)),
    st.builds(lambda c, f: Tone.of("drop", channels=c, fill=f), st.sampled_from([(), (1,), (0, 2)]), st.floats(0, 1)),
    st.builds(lambda o: Tone.of("order", channels=tuple(o)), st.permutations(range(3))),
    st.just(Tone.of("repeat")),
    st.just(Tone.of("sepia")),
    st.builds(lambda x: Tone.of("principal", strengths=x), st.tuples(*[st.floats(-9, 9)] * 3)),
    st.builds(lambda i, a: Tone.of("light_along", intensity=i, angle=a), shifts, st.floats(0, 360)),
    st.builds(lambda i, c: Tone.of("light_from_corner", intensity=i, corner=c), shifts, st.integers(0, 3)),
    st.builds(lambda i, c, s: Tone.of("light_on_spot", intensity=i, centre=c, sigma=s), shifts, st.tuples(shifts, shifts), st.floats(0.1, 1)),
    st.builds(lambda m: Tone.mix(m), st.lists(st.lists(st.floats(-1, 1), min_size=4, max_size=4), min_size=3, max_size=3)),
)  # fmt: skip
PICTURES = st.one_of(
    arrays.arrays(np.uint8, (6, 7, 3)),
    arrays.arrays(np.uint16, (6, 7, 3)),
    arrays.arrays(np.float32, (6, 7, 3), elements=st.floats(0, 1, width=32)),
)
NOTHING = [
    Tone(), Tone.of("linear"), Tone.of("power", exponent=1), Tone.of("contrast", factor=1), Tone.of("saturation", factor=1),
    Tone.of("hue", turn=0), Tone.of("hsv_shift"), Tone.mix(np.eye(3, 4)), Tone.of("linear_safe"),
    Tone.of("shift", shifts=(0, 0, 0)), Tone.of("gain", factors=(1, 1, 1)), Tone.of("drop", channels=()), Tone.of("order", channels=(0, 1, 2)),
    Tone.of("repeat"), Tone.of("principal", strengths=(0, 0, 0)), Tone.of("light_along", intensity=0, angle=33),
    Tone.of("light_from_corner", intensity=0, corner=1), Tone.of("light_on_spot", intensity=0, centre=(0.5, 0.5), sigma=0.5),
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
    for _, build in rows(TONE):
        step = build().draw(Scene(odd.shape[:2], odd), np.random.default_rng(1))
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
    with pytest.raises(A.ParameterError, match=r"expected one of 'hwc', 'chw', 'tensor', 'tensor, masks too', got 'cwh'"):
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


WIDE = [  # operations on each value alone, or on each channel
    Tone.of("invert"), Tone.of("solarize", threshold=0.4), Tone.of("bezier", low=0.1, high=0.9), Tone.of("shift", shifts=(0.1, 0.2, -0.3)),
    Tone.of("equalize"), Tone.of("auto_contrast"), Tone.of("auto_contrast", method="pil"), Tone.of("light_along", intensity=0.1, angle=70),
    Tone.of("light_from_corner", intensity=0.1, corner=2), Tone.of("light_on_spot", intensity=0.1, centre=(0.5, 0.5), sigma=0.4),
    Tone.of("posterize", bits=3), Tone.of("repeat"), Tone.of("sepia"), Tone.of("clahe", limit=2, tiles=(1, 1)),
]  # fmt: skip


@pytest.mark.parametrize("tone", WIDE, ids=str)
@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (40, 30), (40, 30, 1), (40, 30, 3)], ids=str)
def test_16_bits_and_floats_mean_what_8_bits_mean(tone, shape):
    levels = picture("uint8", shape)
    narrow = tone.image(levels)
    deep, fine = tone.image(levels.astype(np.uint16) * np.uint16(257)), tone.image(levels / np.float32(255))
    assert (deep.dtype, fine.dtype) == (np.uint16, np.float32)
    assert deep.shape == fine.shape == narrow.shape
    levels_apart = 3 if "clahe" in str(tone) else 1.5  # OpenCV rounds Lab of 8 bits
    assert np.abs(fine - narrow / 255).max() < levels_apart / 255
    if "posterize" not in str(tone):  # 3 bits of 16 are other levels
        assert np.abs(deep / 65535 - narrow / 255).max() < levels_apart / 255


@pytest.mark.parametrize("dtype", EVERY)
@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 1), (9, 8, 2), (9, 8, 3), (9, 8, 7)], ids=str)
def test_values_turned_round_and_channels_exchanged_take_every_dtype_and_number_of_channels(shape, dtype):
    pixels = picture(dtype, shape)
    count = shape[2] if len(shape) == 3 else 1
    for node in (A.InvertImg(p=1), A.Solarize((0.3, 0.3), p=1), A.ChannelShuffle(p=1), *([A.ChannelDropout(p=1)] if count > 1 else [])):
        before = pixels.copy()
        out = node.draw(Scene(shape[:2], pixels), np.random.default_rng(5)).image(pixels)
        assert out.flags.c_contiguous
        assert (out.dtype, out.shape) == (pixels.dtype, pixels.shape)
        assert np.array_equal(pixels, before)
    twice = A.Compose([A.InvertImg(p=1), A.InvertImg(p=1)])(image=pixels)["image"]
    assert np.allclose(twice.astype(float), pixels.astype(float), atol=0 if pixels.dtype.kind != "f" else 1e-3)


def test_levels_of_16_bits_keep_their_first_bits():
    deep = np.uint16([[0x0000, 0x7FFF, 0x8000, 0xFFFF]])
    assert A.Posterize(1, p=1)(image=deep)["image"].tolist() == [[0, 0, 0x8000, 0x8000]]
    assert A.Posterize(8, p=1)(image=np.arange(256, dtype=np.uint8)[None])["image"].tolist() == [list(range(256))]


def test_channels_are_counted_where_a_transform_stands_not_where_the_picture_came_in():
    grey, colour = picture("uint8", (9, 8)), picture("uint8")
    out = A.Compose([A.ToRGB(), A.ChannelDropout((2, 2), p=1)])(image=grey)["image"]
    assert sorted((out != 0).any(axis=(0, 1)).tolist()) == [False, False, True]
    assert A.Compose([A.ToGray(1, p=1), A.ChannelShuffle(p=1), A.RandomToneCurve(per_channel=True, p=1)])(image=colour)["image"].shape == (9, 8)
    with pytest.raises(
        A.DataTypeError, match=r"ChannelDropout\(channel_drop_range=\(1, 1\)\) needs 2 channels or more, got 1 of dtype uint8; put ToRGB"
    ):
        A.Compose([A.ToGray(1, p=1), A.ChannelDropout(p=1)])(image=colour)


def test_labels_alone_go_through_colours():
    for _, build in rows(TONE):
        assert A.Compose([build()], bbox_params=A.BboxParams("coco"))(size=(9, 8), bboxes=[[1, 1, 3, 3]])["bboxes"] == [[1, 1, 3, 3]]


NEEDS = [
    (lambda: A.ToSepia(p=1), "uint8", (9, 8, 4), r"mix needs 3 channels, got 4 of dtype uint8; give the RGB channels"),
    (lambda: A.PlanckianJitter(p=1), "uint8", (9, 8), r"gain needs 3 channels, got 1 of dtype uint8; put ToRGB\(\) before it"),
    (lambda: A.PlanckianJitter(p=1), "int16", (9, 8, 3), r"gain needs uint8, uint16 or floats, got int16 with 3 channels; put ToFloat"),
    (lambda: A.CLAHE(p=1), "uint8", (9, 8, 2), r"clahe needs 1 or 3 channels, got 2"),
    (lambda: A.CLAHE(p=1), "int32", (9, 8, 3), r"clahe needs uint8, uint16 or floats, got int32 with 3 channels"),
    (lambda: A.Equalize(by_channels=False, p=1), "uint8", (9, 8, 4), r"equalize_luma needs 3 channels, got 4"),
    (lambda: A.Equalize(p=1), "int16", (9, 8, 3), r"equalize needs uint8, uint16 or floats, got int16 with 3 channels; put ToFloat\(\) before it"),
    (lambda: A.AutoContrast(p=1), "uint32", (9, 8, 3), r"auto_contrast needs uint8, uint16 or floats, got uint32"),
    (lambda: A.RGBShift(p=1), "uint8", (9, 8, 4), r"shift has 3 numbers, got 4 channels of dtype uint8"),
    (lambda: A.Posterize(3, p=1), "int32", (9, 8, 3), r"posterize needs unsigned integers or floats, got int32; put ToFloat"),
    (lambda: A.Posterize([3, 4, 5], p=1), "uint8", (9, 8, 4), r"posterize has bits for 3 channels, got 4"),
    (lambda: A.FancyPCA(p=1), "int64", (9, 8, 3), r"principal needs uint8, uint16 or floats, got int64 with 3 channels; put ToFloat"),
    (lambda: A.ToRGB(), "uint8", (9, 8, 2), r"repeat needs 1 channel, or 3 that are RGB already, got 2"),
    (lambda: A.ChannelDropout((1, 3), p=1), "uint8", (9, 8, 3), r"needs 4 channels or more, got 3 of dtype uint8; give channel_drop_range=\(1, 2\)"),
    (lambda: A.FromFloat("uint8"), "uint16", (9, 8, 3), r"from_float needs floats, got uint16 with 3 channels; put ToFloat\(\) before FromFloat"),
]  # fmt: skip


@pytest.mark.parametrize(("build", "dtype", "shape", "says"), NEEDS)
def test_pictures_that_an_operation_cannot_take_are_refused_with_dtype_channels_and_the_way_out(build, dtype, shape, says):
    with pytest.raises(A.DataTypeError, match=says):
        build()(image=picture(dtype, shape))


@pytest.mark.parametrize("name", [name for name, build in rows(TONE) if not name.startswith(("Normalize", "ToFloat", "Channel", "ToRGB"))])
def test_nan_and_values_far_outside_are_refused_by_name(name):
    build = dict(rows(TONE))[name]
    spoilt, wide = picture("float32"), picture("float32") * 255
    spoilt[2, 3, 1] = np.nan
    if A.Compose([build()])(image=picture("float32"))["image"] is not None:
        with pytest.raises(A.DataError, match=r"image: NaN at \(2, 3\)"):
            A.Compose([build()], seed=1)(image=spoilt)
        with pytest.raises(A.DataError, match=r"float images must lie in \[0, 1\], max is 255"):
            A.Compose([build()], seed=1)(image=wide)


def test_fractions_of_what_is_no_number_are_refused_and_of_what_is_too_large_clipped():
    with pytest.raises(A.DataError, match=r"NaN at \(0, 1\); from_float needs numbers"):
        A.FromFloat()(image=np.float32([[0, np.nan]]))
    assert A.FromFloat()(image=np.float32([[-1, 0.5, 7, np.inf]]))["image"].tolist() == [[0, 128, 255, 255]]
    assert A.FromFloat("uint16", 1000)(image=np.float64([[-1, 0.5, 7, 99]]))["image"].tolist() == [[0, 500, 7000, 65535]]


def test_there_and_back_is_the_identity():
    for dtype in ("uint8", "uint16"):
        pixels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(16, -1)
        assert np.array_equal(A.Compose([A.ToFloat(), A.FromFloat(dtype)])(image=pixels)["image"], pixels)


def test_fractions_and_channels_first_are_one_step_with_the_bytes_of_two():
    for shape in ((9, 8), (9, 8, 1), (9, 8, 3), (150, 190, 3), (9, 8, 5)):
        for dtype in ("uint8", "uint16", "int32", "float32", "bool"):
            pixels = picture(dtype, shape)
            both = A.Compose([A.ToFloat(), A.ToCHW()], return_plan=True)(image=pixels)
            assert len(both["plan"].steps) == 1
            assert both["image"].tobytes() == np.atleast_3d(A.ToFloat()(image=pixels)["image"]).transpose(2, 0, 1).tobytes()
            assert not np.may_share_memory(both["image"], pixels)


def test_a_run_of_curves_is_one_step_and_prints_its_parts_in_order():
    nodes = [A.RandomGamma((80, 80), p=1), A.InvertImg(p=1), A.RGBShift((5, 5), (6, 6), (7, 7), p=1), A.Posterize(5, p=1), A.ToFloat()]
    plan = A.Compose(nodes).draw((9, 8))
    assert len(plan.steps) == 1
    assert str(plan.steps[0]).startswith("Tone power(exponent=0.8), invert(), shift(shifts=(0.01961, 0.02353, 0.02745)), posterize(bits=5), to_float")


@pytest.mark.parametrize("without", [False, True], ids=["stringzilla if there", "without"])
@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 1), (9, 8, 2), (9, 8, 3), (9, 8, 4), (9, 8, 6), (211, 331, 3)], ids=str)
@pytest.mark.parametrize("owned", [False, True])
def test_tables_of_each_channel_give_the_table_s_values(monkeypatch, without, shape, owned):
    if without:
        monkeypatch.setattr("geoaug.raster.table._translator", lambda: None)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    tables = rng.integers(0, 256, (shape[2] if len(shape) == 3 else 1, 256), dtype=np.uint8)
    flat = np.atleast_3d(pixels)
    wanted = np.stack([table[flat[..., k]] for k, table in enumerate(tables)], axis=2).reshape(shape)
    assert np.array_equal(look_up(pixels.copy() if owned else pixels, tables, owned=owned), wanted)
    later = rng.integers(0, 256, tables.shape, dtype=np.uint8)
    twice = look_up(wanted, later)
    assert np.array_equal(look_up(pixels, after(later, tables)), twice)
    assert np.array_equal(look_up(pixels, after(later[0], tables)), look_up(wanted, later[0]))
    assert np.array_equal(look_up(pixels, after(later, tables[0])), look_up(look_up(pixels, tables[0]), later))


def test_what_equalizing_means():
    rng = np.random.default_rng(0)
    for dtype, top in (("uint8", 255), ("uint16", 65535)):
        dark = (rng.beta(2, 8, (300, 300)) * top).astype(dtype)
        out = A.Equalize(p=1)(image=dark)["image"]
        shares = np.histogram(out, 16, (0, top + 1))[0] / out.size
        assert np.abs(shares - 1 / 16).max() < 0.02
        assert (np.diff(out.ravel()[np.argsort(dark.ravel(), kind="stable")].astype(int)) >= 0).all()  # order is kept
    even = np.full((8, 8, 3), 9, np.uint8)
    assert np.array_equal(A.Equalize(p=1)(image=even)["image"], even)
    assert np.array_equal(A.Equalize("pil", p=1)(image=even)["image"], even)


def test_a_mask_with_nothing_in_it_or_one_level_changes_nothing():
    pixels = picture("uint8")
    for mask in (np.zeros((9, 8), np.uint8), np.eye(9, 8) * (np.arange(9)[:, None] == 3)):
        for mode in EQUALIZERS:
            assert np.array_equal(A.Equalize(mode, mask=mask, p=1)(image=pixels)["image"], pixels)


def test_masks_of_another_size_or_number_of_channels_are_refused():
    pixels = picture("uint8")
    with pytest.raises(A.DataError, match="the mask is 8 x 9, the picture 9 x 8"):
        A.Equalize(mask=np.ones((8, 9)), p=1)(image=pixels)
    with pytest.raises(A.DataError, match="the mask has 3 channels for 1"):
        A.Equalize(by_channels=False, mask=np.ones((9, 8, 3)), p=1)(image=pixels)
    with pytest.raises(A.DataError, match="the function for the mask: expected a mask"):
        A.Equalize(mask=lambda image: "all", p=1)(image=pixels)


def test_an_equalizer_with_a_mask_compares_and_stores_itself():
    mask = np.random.default_rng(0).random((9, 8)) > 0.5
    one = A.Equalize(mask=mask, p=1)
    assert one == A.Equalize(mask=mask.astype(float) * 7, p=1) != A.Equalize(mask=~mask, p=1)
    assert A.from_dict(json.loads(json.dumps(A.to_dict(one)))) == one
    assert eval(repr(one), {"Equalize": A.Equalize}) == one
    out = A.Compose([one], return_plan=True)(image=picture("uint8"))
    assert np.array_equal(A.Plan.from_json(out["plan"].to_json()).image(picture("uint8")), out["image"])
    assert len(str(out["plan"])) < 200


def test_every_operation_that_a_file_can_hold_is_read_by_its_own_parsers():
    assert PARSERS.keys() == KINDS.keys()
    for name, parsers in PARSERS.items():
        assert parsers.keys() == KINDS[name].numbers.keys()


@pytest.mark.parametrize(
    "told",
    [
        {"name": "posterize", "bits": 9}, {"name": "posterize", "bits": []}, {"name": "bezier", "low": 0.1, "high": 1.1},
        {"name": "equalize", "mask": [[9, 8, 70, 1]]}, {"name": "equalize", "method": "numpy"}, {"name": "equalize_luma", "mask": [[1, 1, 1]] * 2},
        {"name": "auto_contrast", "cutoff": 101}, {"name": "auto_contrast", "ignore": 256}, {"name": "clahe", "limit": 2, "tiles": [0, 8]},
        {"name": "shift", "shifts": []}, {"name": "gain", "factors": ["a"]}, {"name": "drop", "channels": [-1]},
        {"name": "order", "channels": [0, 2]}, {"name": "repeat", "count": 0}, {"name": "principal", "strengths": 1},
        {"name": "light_from_corner", "intensity": 0.1, "corner": 4}, {"name": "light_on_spot", "intensity": 0.1, "centre": [0.5], "sigma": 1},
        {"name": "light_on_spot", "intensity": 0.1, "centre": [0.5, 0.5], "sigma": 0}, {"name": "to_float", "most": 0},
        {"name": "from_float", "dtype": "int8"}, {"name": "invert", "by": 1}, {"name": "solarize", "threshold": None},
    ],
    ids=str,
)  # fmt: skip
def test_operations_that_are_stored_wrongly_are_refused(told):
    with pytest.raises(A.ParameterError):
        A.Plan.from_dict({"source": [9, 8], "steps": [{"tone": [told]}]})


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
        (lambda: A.Posterize(0), "num_bits=0"),
        (lambda: A.Posterize([]), "num_bits"),
        (lambda: A.Posterize([1, 2, 9]), "num_bits"),
        (lambda: A.Solarize(threshold_range=(0.2, 1.2)), "threshold_range"),
        (lambda: A.RandomToneCurve(-1), "scale=-1"),
        (lambda: A.RGBShift(r_shift_limit=300), "r_shift_limit=300"),
        (lambda: A.ChannelDropout((0, 1)), "channel_drop_range"),
        (lambda: A.ChannelDropout((2, 1)), "channel_drop_range"),
        (lambda: A.ToRGB(0), "num_output_channels=0"),
        (lambda: A.FancyPCA(-1), "alpha=-1"),
        (lambda: A.Equalize("numpy"), "mode='numpy'"),
        (lambda: A.Equalize(mask=[1, 2]), "mask"),
        (lambda: A.Equalize(mask_params="mask"), "mask_params"),
        (lambda: A.AutoContrast(101), "cutoff=101"),
        (lambda: A.AutoContrast(ignore=256), "ignore=256"),
        (lambda: A.CLAHE(0.5), "clip_limit=0.5"),
        (lambda: A.CLAHE(tile_grid_size=(0, 8)), "tile_grid_size"),
        (lambda: A.PlanckianJitter(temperature_limit=(2000, 9000)), "temperature_limit"),
        (lambda: A.PlanckianJitter("cied", (3500, 9000)), "from 4000 to 15000 for mode 'cied'"),
        (lambda: A.PlanckianJitter(temperature_limit=(7000, 9000)), "with 6000 between them"),
        (lambda: A.Illumination(intensity_range=(0, 0.1)), "intensity_range"),
        (lambda: A.Illumination("round"), "mode='round'"),
        (lambda: A.ToFloat(0), "max_value=0"),
        (lambda: A.FromFloat("int8"), "dtype='int8'"),
        (lambda: Tone.of("gamma", exponent=1), "no operation 'gamma'"),
        (lambda: Tone.of("power"), "needs exponent"),
        (lambda: Tone.of("power", gamma=1), "takes exponent"),
    ],
)
def test_bad_parameters_are_refused_by_name(build, says):
    with pytest.raises(A.ParameterError, match=says):
        build()
