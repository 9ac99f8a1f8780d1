"""Stacks: pictures and masks that share one draw, in the kind of container that came."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import geoaug as A

RNG = np.random.default_rng(3)
FRAMES = RNG.integers(0, 256, (2, 3, 60, 80)).astype(np.uint8)
COLOUR = RNG.integers(0, 256, (2, 3, 60, 80, 3)).astype(np.uint8)
SINGLE = ("images", "volume", "masks", "mask3d")
DOUBLE = ("volumes", "masks3d")


def pipeline(**settings: Any) -> A.Compose:
    return A.Compose([A.RandomCrop(40, 50), A.Affine(rotate=(-30, 30), p=1), A.HorizontalFlip(p=0.5), A.RandomGamma(p=1)], seed=2, **settings)


def plain(frames: np.ndarray, name: str) -> Any:
    """Returns: What a picture or a mask of the same draw looks like, frame by frame."""
    alone = "image" if name in ("images", "volume", "volumes") else "mask"
    return lambda frame, plan: plan(**{alone: frame})[alone]


@pytest.mark.parametrize("frames", [FRAMES, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("name", SINGLE)
def test_every_frame_of_a_stack_is_moved_as_a_picture_or_mask_alone_would_be(name: str, frames: np.ndarray):
    move = plain(frames, name)
    for key in range(5):
        out = pipeline(return_plan=True)(image=frames[0, 0], **{name: frames[0]}, key=key)
        assert out[name].shape == (3, 40, 50, *frames.shape[4:])
        assert out[name].dtype == frames.dtype
        for frame, moved in zip(frames[0], out[name], strict=True):
            assert np.array_equal(moved, move(frame, out["plan"]))


@pytest.mark.parametrize("frames", [FRAMES, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("name", DOUBLE)
def test_stacks_of_stacks_share_one_draw_too(name: str, frames: np.ndarray):
    move = plain(frames, name)
    for key in range(5):
        out = pipeline(return_plan=True)(image=frames[0, 0], **{name: frames}, key=key)
        assert out[name].shape == (2, 3, 40, 50, *frames.shape[4:])
        for volume, moved in zip(frames, out[name], strict=True):
            for frame, one in zip(volume, moved, strict=True):
                assert np.array_equal(one, move(frame, out["plan"]))


def test_all_kinds_of_stacks_in_one_call_share_one_draw():
    flip = A.Compose([A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5), A.RandomRotate90(p=1), A.RandomCrop(30, 30)], seed=1)
    for key in range(20):
        out = flip(
            image=FRAMES[0, 0], images=FRAMES[0], volume=FRAMES[0], volumes=FRAMES, mask=FRAMES[0, 0], masks=FRAMES[0], mask3d=FRAMES[0],
            masks3d=FRAMES, key=key,
        )  # fmt: skip
        for name in SINGLE:
            assert np.array_equal(out[name][0], out["image"])
        for name in DOUBLE:
            assert np.array_equal(out[name][0, 0], out["image"])
        assert np.array_equal(out["mask"], out["image"])


@pytest.mark.parametrize("name", SINGLE)
def test_an_array_stays_an_array_and_lists_and_tuples_become_lists(name: str):
    expected = pipeline()(**{name: FRAMES[0]}, key=1)[name]
    assert isinstance(expected, np.ndarray)
    for container in (list, tuple):
        out = pipeline()(**{name: container(FRAMES[0])}, key=1)[name]
        assert type(out) is list
        assert np.array_equal(out, expected)


@pytest.mark.parametrize("name", DOUBLE)
def test_lists_of_volumes_and_of_lists_stay_so(name: str):
    expected = pipeline()(**{name: FRAMES}, key=1)[name]
    volumes = pipeline()(**{name: list(FRAMES)}, key=1)[name]
    assert type(volumes) is list
    assert all(isinstance(volume, np.ndarray) for volume in volumes)
    frames = pipeline()(**{name: [list(volume) for volume in FRAMES]}, key=1)[name]
    assert all(type(volume) is list for volume in frames)
    assert np.array_equal(volumes, expected)
    assert np.array_equal(frames, expected)


@pytest.mark.parametrize("name", SINGLE + DOUBLE)
def test_stacks_of_nothing_keep_their_shape_around_it(name: str):
    depth = (0,) if name in SINGLE else (0, 5)
    for rest in ((), (3,)):
        out = pipeline()(image=FRAMES[0, 0], **{name: np.zeros((*depth, 60, 80, *rest), np.int16)})[name]
        assert out.shape == (*depth, 40, 50, *rest)
        assert out.dtype == np.int16
    assert pipeline()(image=FRAMES[0, 0], **{name: []})[name] == []
    assert pipeline()(image=FRAMES[0, 0], **{name: ()})[name] == []
    assert pipeline()(image=FRAMES[0, 0], **{name: None})[name] is None
    if name in DOUBLE:
        assert pipeline()(image=FRAMES[0, 0], **{name: np.zeros((2, 0, 60, 80))})[name].shape == (2, 0, 40, 50)
        assert pipeline()(image=FRAMES[0, 0], **{name: [[], FRAMES[0]]})[name][0] == []


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "uint16", "int32", "int64", "float32", "float64", ">u2"])
@pytest.mark.parametrize("name", ["masks", "mask3d", "masks3d"])
def test_labels_in_stacks_are_kept_to_the_last_digit(name: str, dtype: str):
    labels = np.zeros((2, 3, 60, 80), dtype)
    top = 1 if dtype == "bool" else 2**40 if dtype == "int64" else 100
    labels[..., 10:50, 10:60] = top
    given = labels if name == "masks3d" else labels[0]
    out = A.Compose([A.Rotate((30, 30), p=1)])(**{name: given})[name]
    assert out.dtype == np.dtype(dtype).newbyteorder("=")
    assert set(np.unique(out).tolist()) == {0, top}


@pytest.mark.parametrize("name", SINGLE + DOUBLE)
def test_outputs_share_nothing_with_what_came_and_leave_it_alone(name: str):
    frames = FRAMES if name in DOUBLE else FRAMES[0]
    frames = frames.copy()
    frames.setflags(write=False)
    before = frames.copy()
    for transform in (A.NoOp(), A.Crop(0, 0, 80, 60), A.HorizontalFlip(p=1), A.Crop(5, 5, 30, 30), A.RandomGamma(p=1)):
        for spelling in (frames, list(frames)):
            out = A.Compose([transform])(**{name: spelling})[name]
            for array in [out] if isinstance(out, np.ndarray) else out:
                assert not np.shares_memory(array, frames), transform
                array[...] = 0
    assert np.array_equal(frames, before)


@pytest.mark.parametrize("view", ["reversed", "every second", "Fortran", "broadcast"])
def test_views_give_what_their_copies_give(view: str):
    frames = {
        "reversed": FRAMES[0, :, ::-1, ::-1],
        "every second": np.repeat(np.repeat(FRAMES[0], 2, axis=1), 2, axis=2)[:, ::2, ::2],
        "Fortran": np.asfortranarray(FRAMES[0]),
        "broadcast": np.broadcast_to(FRAMES[0, 0], (3, 60, 80)),
    }[view]
    for name in SINGLE:
        assert np.array_equal(pipeline()(**{name: frames}, key=3)[name], pipeline()(**{name: frames.copy()}, key=3)[name])


def test_stacks_of_two_sizes_draw_the_same_where_the_check_of_shapes_is_off():
    small = np.zeros((2, 30, 40), np.uint8)
    small[:, :15, :20] = 1
    big = np.zeros((2, 60, 80), np.uint8)
    big[:, :30, :40] = 1
    flips = A.Compose([A.HorizontalFlip(p=0.5), A.VerticalFlip(p=0.5), A.Resize(12, 16)], is_check_shapes=False, seed=0)
    for key in range(8):
        out = flips(image=big[0], volumes=[big, small], masks3d=[small, big], mask3d=small, key=key)
        for stack in (*out["volumes"], *out["masks3d"], out["mask3d"]):
            assert np.array_equal(stack[0] > 0, out["image"] > 0)
    with pytest.raises(A.DataError, match=r"volumes\[1\]: 30 x 40, image is 60 x 80.*is_check_shapes=False"):
        A.Compose([A.NoOp()])(image=big[0], volumes=[big, small])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"images": FRAMES[0, 0]}, r"images: expected an array \(n, height, width\).*\(60, 80\)"),
        ({"images": COLOUR}, r"images: expected an array"),
        ({"images": "abc"}, "images: expected a list of arrays"),
        ({"images": 5}, "images: expected a list of arrays"),
        ({"images": {"a": FRAMES[0, 0]}}, "images: expected a list of arrays"),
        ({"images": (frame for frame in FRAMES[0])}, "images: expected a list of arrays.*generator"),
        ({"images": [FRAMES[0, 0], None]}, r"images\[1\]: .*None \(did the file load\?\)"),
        ({"images": [FRAMES[0, 0], "a.png"]}, r"images\[1\]: .*str; read the file first"),
        ({"images": [FRAMES[0, 0], FRAMES[0, 0, :9]]}, r"images\[1\]: 9 x 80, images\[0\] is 60 x 80"),
        ({"mask3d": [FRAMES[0, 0].tolist()]}, r"mask3d\[0\]: .*list; np.asarray"),
        ({"mask3d": np.array(3)}, "mask3d: expected an array"),
        ({"volume": [np.zeros((0, 80))]}, r"volume\[0\]: size 0 x 80 is empty"),
        ({"volume": [np.zeros((60, 80, 0))]}, r"volume\[0\]: has 0 channels"),
        ({"volume": np.zeros((2, 60, 80), complex)}, r"volume\[0\]: dtype complex128 holds no pixels"),
        ({"volumes": FRAMES[0]}, r"volumes: expected an array \(n, depth, height, width\).*\(3, 60, 80\)"),
        ({"volumes": [FRAMES[0, 0]]}, r"volumes\[0\]: expected an array"),
        ({"volumes": "ab"}, "volumes: expected a list of volumes"),
        ({"volumes": [None]}, r"volumes\[0\]: expected a list of arrays.*NoneType"),
        ({"volumes": [FRAMES[0], [FRAMES[0, 0], None]]}, r"volumes\[1\]\[1\]: .*None"),
        ({"masks3d": [FRAMES[0], FRAMES[0][:, :9]]}, r"masks3d\[1\]: 9 x 80, masks3d\[0\] is 60 x 80"),
        ({"image": FRAMES[0, 0, :9], "volume": FRAMES[0]}, "volume: 60 x 80, image is 9 x 80"),
    ],
)
def test_what_is_no_stack_is_named(data: dict[str, Any], told: str):
    with pytest.raises((A.DataError, A.DataTypeError), match=told):
        A.Compose([A.HorizontalFlip(p=1)])(**data)
