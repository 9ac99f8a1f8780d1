"""The laws, written once and run on every public transform."""

from __future__ import annotations

import json
import pickle

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.geometry.region import Region
from tests.cases import ASKING, EVERY, SPATIAL, TONE, rows

SIZE = (180, 240)
every = pytest.mark.parametrize("build", [pytest.param(b, id=i) for i, b in rows(EVERY)])
spatial = pytest.mark.parametrize("build", [pytest.param(b, id=i) for i, b in rows(SPATIAL | ASKING)])
tones = pytest.mark.parametrize("build", [pytest.param(b, id=i) for i, b in rows(TONE)])
STICKER = {"image": np.full((20, 30, 3), 77, np.uint8), "mask_id": 5}
TILES = [{"image": np.full((90, 70, 3), 99, np.uint8), "mask": np.full((90, 70), 2, np.uint8), "bboxes": [[3.0, 4.0, 50.0, 60.0]]}]
ASKED = {  # for transforms that ask for them
    "mask": np.ones(SIZE, np.uint8), "cropping_bbox": (20, 15, 220, 165), "overlay_metadata": STICKER, "mosaic_metadata": TILES,
}  # fmt: skip
BOXES = [[100.0, 70.0, 140.0, 110.0], [60.0, 60.0, 90.0, 100.0]]


def blob(x: float, y: float, sigma: float = 1.9) -> np.ndarray:
    """A soft disc about a point in continuous pixels, float32 in [0, 1]."""
    columns, lines = np.arange(SIZE[1]) + 0.5 - x, np.arange(SIZE[0]) + 0.5 - y
    return np.exp(-(columns[None, :] ** 2 + lines[:, None] ** 2) / (2 * sigma**2)).astype(np.float32)


def centroid(picture: np.ndarray) -> tuple[float, float]:
    """The centre of mass, in continuous pixels."""
    weights = picture.astype(np.float64)
    total = weights.sum()
    return (
        float((weights.sum(axis=0) * (np.arange(picture.shape[1]) + 0.5)).sum() / total),
        float((weights.sum(axis=1) * (np.arange(picture.shape[0]) + 0.5)).sum() / total),
    )


def circle(x: float, y: float, radius: float) -> np.ndarray:
    """A ring of 96 points about a point, shape (96, 2)."""
    turn = np.arange(96) * (2 * np.pi / 96)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)


def middle_of(ring: np.ndarray) -> np.ndarray:
    """The centre of mass of an outline's area."""
    following = np.roll(ring, -1, axis=0)
    cross = ring[:, 0] * following[:, 1] - ring[:, 1] * following[:, 0]
    return ((ring + following) * cross[:, None]).sum(axis=0) / (3 * cross.sum())


def assert_aligned(pipeline: A.Compose, tries: int = 12) -> int:
    """A blob's centroid, its keypoint, its box's centre and its mask agree. Returns: how many blobs stayed inside."""
    seen, off = 0, []
    rng = np.random.default_rng(5)
    grid = np.stack(np.meshgrid(np.arange(SIZE[1]) + 0.5, np.arange(SIZE[0]) + 0.5), axis=2)
    for _ in range(tries):
        x, y = rng.uniform(60, 180), rng.uniform(50, 130)
        disc = (np.hypot(*(grid - (x, y)).transpose(2, 0, 1)) < 12).astype(np.uint8)
        out = pipeline(image=blob(x, y), keypoints=[(x - 0.5, y - 0.5)], bboxes=[[x - 3, y - 3, x + 3, y + 3]], **{**ASKED, "mask": disc})
        ring = out["plan"].points(circle(x, y, 13))
        if not Region.of(out["plan"].motion).contains(ring).all():
            continue
        seen += 1
        middle, point, box = centroid(out["image"]), out["keypoints"][0], out["bboxes"][0]
        assert np.allclose(middle, np.add(point, 0.5), atol=0.05), "keypoint"
        assert np.allclose(middle, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), atol=0.05), "box"
        off.append(np.subtract(centroid(out["mask"]), middle_of(out["plan"].points(circle(x, y, 12)))))
    if seen:
        # nearest sampling rounds: half a pixel where a map is all but a shift, a tenth on average
        assert np.abs(off).max() <= 0.55, "mask"
        assert np.median(np.abs(off)) <= 0.3, "mask"
    return seen


def composed(*nodes: A.Transform, **settings: object) -> A.Compose:
    return A.Compose(list(nodes), bbox_params=A.BboxParams("pascal_voc"), keypoint_params=A.KeypointParams("xy"), seed=11, **settings)


@spatial
def test_picture_keypoint_box_and_mask_agree(build):
    assert assert_aligned(composed(build(), return_plan=True)) >= 3


@pytest.mark.parametrize("seed", range(25))
def test_picture_keypoint_box_and_mask_agree_after_five_random_transforms(seed):
    rng = np.random.default_rng(seed)
    builders = [b for _, b in rows(SPATIAL)]
    chain = [builders[k]() for k in rng.integers(len(builders), size=4)]
    try:
        assert_aligned(composed(A.PadIfNeeded(260, 320), *chain, return_plan=True), tries=5)
    except A.CropSizeError:
        pytest.skip("this chain drew a crop larger than what the step before left")


@spatial
def test_a_polygon_s_warped_mask_is_the_warped_polygon_s_mask(build):
    ring = np.array([[80.0, 60.0], [150.0, 70.0], [140.0, 120.0], [100.0, 130.0]])
    fine = 8
    drawn = np.zeros((SIZE[0] * fine, SIZE[1] * fine), np.uint8)
    cv2.fillPoly(drawn, [np.rint(ring * fine - 0.5).astype(np.int32)], 1)
    mask = (cv2.resize(drawn.astype(np.float32), SIZE[::-1], interpolation=cv2.INTER_AREA) > 0.5).astype(np.uint8)
    annotations = [{"segmentation": [ring.reshape(-1).tolist()]}]
    out = composed(build())(image=np.zeros(SIZE, np.uint8), annotations=annotations, **{**ASKED, "mask": mask})
    again = np.zeros(out["mask"].shape, np.uint8)
    for annotation in out["annotations"]:
        for part in annotation["segmentation"]:
            points = np.array(part).reshape(-1, 2) - 0.5
            cv2.fillPoly(again, [np.rint(points * 256).astype(np.int32)], 1, shift=8)
    union = (again | out["mask"]).sum()
    rim = cv2.arcLength(np.argwhere(again).astype(np.float32)[:1], False) + 4 * np.sqrt(max(union, 1))
    assert (again ^ out["mask"]).sum() <= max(rim, 8)


@every
def test_inputs_are_left_alone_and_outputs_share_no_memory_with_them(build, photo):
    picture, mask = photo.copy(), (photo[..., 0] > 128).astype(np.uint8)
    kept_mask = mask.copy()
    boxes, points = [list(box) for box in BOXES], [[10.0, 20.0], [100.0, 90.0]]
    out = composed(build())(image=picture, masks=[mask], bboxes=boxes, keypoints=points, **{**ASKED, "mask": mask})
    assert np.array_equal(picture, photo)
    assert np.array_equal(mask, kept_mask)
    assert boxes == BOXES
    assert points == [[10.0, 20.0], [100.0, 90.0]]
    for name in ("image", "mask"):
        assert not np.shares_memory(out[name], picture if name == "image" else mask)
    assert not np.shares_memory(out["masks"][0], mask)


@every
def test_read_only_and_odd_memory_layouts_give_the_same(build, photo):
    expected = composed(build())(image=photo, **ASKED)["image"]
    frozen = photo.copy()
    frozen.flags.writeable = False
    for variant in (frozen, np.asfortranarray(photo), photo[::-1].copy()[::-1], np.repeat(photo, 2, axis=1)[:, ::2]):
        assert np.array_equal(composed(build())(image=variant, **ASKED)["image"], expected)


@spatial
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float32", "float64", "bool", "int8", "float16", "uint32"])
def test_dtype_and_channels_are_kept_by_geometry(build, dtype):
    for channels in ((), (1,), (2,), (5,)):
        picture = (np.arange(SIZE[0] * SIZE[1] * int(np.prod(channels, dtype=int))) % 100).reshape(*SIZE, *channels).astype(dtype)
        out = composed(build())(image=picture, **ASKED)["image"]
        assert out.dtype == picture.dtype
        assert out.shape[2:] == picture.shape[2:]
        assert out.flags.c_contiguous


@spatial
@pytest.mark.parametrize("dtype", ["uint8", "bool", "int8", "uint16", "int32", "int64", "uint64", "float64"])
def test_class_masks_gain_no_values_and_move_alike_in_every_dtype(build, dtype, photo):
    mask = (photo[..., 1] // 86).astype(np.uint8)
    if dtype == "bool":
        mask = mask > 0
    big = {"int64": 2**40, "uint64": 2**63, "int32": -(2**30), "uint16": 300}.get(dtype, 1)
    scale = {0: 0, 1: big} if dtype == "uint64" else {k: k * big for k in range(3)}  # 2 x 2**63 would not fit
    mask = np.minimum(mask, len(scale) - 1)
    expected = composed(build())(image=photo, **{**ASKED, "mask": mask.astype(np.uint8)})["mask"]
    values = np.array([scale[k] for k in range(len(scale))]).astype(dtype)[mask.astype(int)]
    out = composed(build())(image=photo, **{**ASKED, "mask": values})["mask"]
    assert out.dtype == np.dtype(dtype)
    assert np.array_equal(out, np.array([scale[k] for k in range(len(scale))]).astype(dtype)[expected])


@tones
def test_tones_leave_everything_but_the_picture(build, photo):
    mask = (photo[..., 0] > 128).astype(np.int32)
    out = composed(build())(image=photo, mask=mask, bboxes=BOXES, keypoints=[[3.0, 4.0]])
    assert np.array_equal(out["mask"], mask)
    assert out["bboxes"] == BOXES
    assert out["keypoints"] == [[3.0, 4.0]]
    assert out["image"].shape == photo.shape


@every
def test_the_same_seed_gives_the_same_bytes(build, photo):
    one, other = (composed(build())(image=photo, bboxes=BOXES, **ASKED) for _ in range(2))
    assert np.array_equal(one["image"], other["image"])
    assert one["bboxes"] == other["bboxes"]


@every
def test_a_key_alone_decides_whatever_was_drawn_before(build, photo):
    pipeline = composed(build())
    first = pipeline(image=photo, key=(3, 1), **ASKED)["image"]
    pipeline(image=photo, **ASKED)
    assert np.array_equal(pipeline(image=photo, key=(3, 1), **ASKED)["image"], first)


@every
def test_p_0_is_the_identity_to_the_bit(build, photo):
    node = build()
    node.p = 0
    out = composed(node)(image=photo, bboxes=BOXES, keypoints=[[3.3, 4.4]])
    assert np.array_equal(out["image"], photo)
    assert out["bboxes"] == BOXES
    assert out["keypoints"] == [[3.3, 4.4]]


@every
def test_repr_pickle_and_json_return_an_equal_transform(build):
    node = build()
    assert eval(repr(node), {**vars(A)}) == node
    assert pickle.loads(pickle.dumps(node)) == node
    assert A.from_dict(json.loads(json.dumps(node.to_dict()))) == node
    pipeline = A.Compose([node, A.OneOf([node, A.NoOp()], p=0.4)], seed=3, bbox_params=A.BboxParams("coco", min_area=3))
    assert A.from_dict(json.loads(json.dumps(A.to_dict(pipeline)))) == pipeline
    assert pickle.loads(pickle.dumps(pipeline)) == pipeline


@every
def test_the_plan_repeats_the_call(build, photo):
    out = composed(build(), return_plan=True)(image=photo, **ASKED)
    assert np.array_equal(out["plan"].image(photo), out["image"])
    assert str(out["plan"])
    again = pickle.loads(pickle.dumps(out["plan"]))
    assert again == out["plan"]
    assert np.array_equal(again.image(photo), out["image"])


@spatial
def test_the_inverse_after_the_plan_is_the_identity_on_points_and_boxes(build):
    plan = composed(build(), return_plan=True)(image=np.zeros(SIZE, np.uint8), **ASKED)["plan"]
    points = np.random.default_rng(1).uniform((60, 50), (180, 130), (40, 2))
    assert np.allclose(plan.inverse().points(plan.points(points)), points, atol=1e-6)
    boxes = np.array([[10.0, 20.0, 30.0, 50.0]])
    inside = plan.inverse().boxes(boxes)
    assert inside.shape == (1, 4)
    assert (inside[:, 2:] > inside[:, :2]).all()


@spatial
def test_the_matrix_of_the_call_moves_the_keypoints(build, photo):
    out = composed(build(), return_matrix=True)(image=photo, keypoints=[[100.0, 80.0]], **ASKED)
    assert out["matrix"].shape == (3, 3)
    assert out["matrix"].dtype == np.float64
    moved = out["matrix"] @ (100.5, 80.5, 1)
    if out["keypoints"]:
        assert np.allclose(moved[:2] / moved[2] - 0.5, out["keypoints"][0], atol=1e-9)


def test_every_public_transform_has_a_case():
    public = {name for name in A.__all__ if isinstance(getattr(A, name), type) and issubclass(getattr(A, name), A.Transform)}
    assert public - {"Transform", "PixelTransform"} == set(EVERY)
