"""Bends: pixels, masks, outlines and points go the same way, ahead and back, alone and after a matrix."""

from __future__ import annotations

import json
import pickle

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.geometry.bend import in_short_edges
from geoaug.geometry.boxes import move_boxes
from geoaug.geometry.field import BLOCK, Lattice, Radial
from geoaug.geometry.matrix import IDENTITY, chain, inverse, move, rotation, scaling, translation
from geoaug.geometry.region import area
from geoaug.geometry.route import Route
from geoaug.params import CONSTANT, CUBIC, LANCZOS, LINEAR, NEAREST, REFLECT, REFLECT_101, REPLICATE, WRAP
from geoaug.raster.bends import KINDS, bend_picture, field_of
from geoaug.raster.patch import patch_of
from geoaug.raster.warp import MODERN
from geoaug.scene import Scene
from geoaug.steps.remap import Remap
from geoaug.steps.warp import Border, Sampler, Warp
from tests.cases import BENDS, rows

SIZE = (180, 240)
bends = pytest.mark.parametrize("build", [pytest.param(b, id=i) for i, b in rows(BENDS)])
CRUMPLED = {"alpha": 300, "sigma": 9, "approximate": True, "noise_distribution": "uniform"}


def drawn(build, seed: int = 0, size: tuple[int, int] = SIZE) -> Remap:
    return build().draw(Scene(size), np.random.default_rng(seed))


def blob(x: float, y: float, sigma: float = 1.2) -> np.ndarray:
    columns, lines = np.arange(SIZE[1]) + 0.5 - x, np.arange(SIZE[0]) + 0.5 - y
    return np.exp(-(columns[None, :] ** 2 + lines[:, None] ** 2) / (2 * sigma**2)).astype(np.float32)


def centroid(picture: np.ndarray) -> np.ndarray:
    weights = picture.astype(np.float64)
    xs, ys = np.arange(picture.shape[1]) + 0.5, np.arange(picture.shape[0]) + 0.5
    return np.array([(weights.sum(axis=0) * xs).sum(), (weights.sum(axis=1) * ys).sum()]) / weights.sum()


def filled(rings: list[np.ndarray], size: tuple[int, int] = SIZE) -> np.ndarray:
    """Which pixels have their centre in an outline, judged on eight lines a pixel."""
    fine = np.zeros((size[0] * 8, size[1] * 8), np.uint8)
    cv2.fillPoly(fine, [np.rint((ring * 8 - 0.5) * 256).astype(np.int32) for ring in rings], 1, shift=8)
    return (cv2.resize(fine.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA) > 0.5).astype(np.uint8)


SHAPE = np.array([[90.0, 60.0], [145.0, 66.0], [150.0, 110.0], [118.0, 96.0], [96.0, 122.0]])


@bends
def test_a_blob_is_found_where_its_keypoint_goes(build):
    off = []
    for seed in range(12):
        step = drawn(build, seed)
        at = np.random.default_rng(seed).uniform((40, 40), (200, 140), (1, 2))
        (place,) = step.legs[0].points(at)
        if (place > 12).all() and (place < np.array(SIZE[::-1]) - 12).all():
            off.append(np.hypot(*(centroid(step.image(blob(*at[0]))) - place)))
    assert len(off) >= 8
    assert max(off) <= 0.5
    assert np.median(off) <= 0.15


@bends
def test_points_go_ahead_to_where_they_came_back_from(build):
    for seed in range(5):
        field = drawn(build, seed).field
        places = np.random.default_rng(seed).uniform((0, 0), SIZE[::-1], (1000, 2))
        assert np.abs(field.ahead(field.back(places)) - places).max() <= 1e-3
        sources = np.random.default_rng(seed).uniform((20, 20), np.array(SIZE[::-1]) - 20, (500, 2))
        ahead = field.ahead(sources)
        shown = np.isfinite(ahead).all(axis=1)
        assert shown.all() or isinstance(field, Radial)  # a lens may leave out what lies in the corners
        assert np.abs(field.back(ahead[shown]) - sources[shown]).max() <= 1e-3


@bends
def test_the_grid_is_the_way_back_of_pixel_centres(build):
    field = drawn(build, 3).field
    centres = np.stack(np.meshgrid(np.arange(SIZE[1]) + 0.5, np.arange(SIZE[0]) + 0.5), axis=2).reshape(-1, 2)
    assert np.abs(field.grid.reshape(-1, 2) - field.back(centres)).max() <= 1e-3
    x0, y0, x1, y1 = field.reach
    shifts = field.grid.reshape(-1, 2) - centres
    assert np.allclose((*shifts.min(axis=0), *shifts.max(axis=0)), (x0, y0, x1, y1), atol=1e-3)


def test_where_a_bend_is_crumpled_a_point_goes_to_one_of_its_places_or_nowhere():
    field = drawn(lambda: A.ElasticTransform(**CRUMPLED)).field
    places = np.random.default_rng(0).uniform((20, 20), (220, 160), (400, 2))
    sources = field.back(places)
    ahead = field.ahead(sources)
    found = np.isfinite(ahead).all(axis=1)
    assert found.mean() >= 0.98
    assert np.abs(field.back(ahead[found]) - sources[found]).max() <= 0.05


def test_what_a_lens_does_not_show_has_no_place():
    step = Remap.of("fisheye", SIZE, k=-0.5)
    outside = np.array([[-400.0, -300.0], [120.0, 90.0], [np.nan, 3.0]])
    moved = step.legs[0].points(outside)
    assert np.isnan(moved[[0, 2]]).all()
    assert np.allclose(step.field.back(moved[1:2]), outside[1:2])
    assert step.legs[0].seen(outside).tolist() == [False, True, False]


@bends
def test_a_polygon_s_bent_mask_is_the_bent_polygon_s_mask(build):
    mask = filled([SHAPE])
    for seed in range(4):
        step = drawn(build, seed)
        ours, theirs = step.mask(mask).astype(bool), filled(step.legs[0].pieces(SHAPE)).astype(bool)
        assert (ours & theirs).sum() / (ours | theirs).sum() >= 0.97


@bends
def test_boxes_keypoints_and_annotations_of_a_call_follow_the_bend(build):
    for seed in range(3):
        pipeline = A.Compose([build()], bbox_params=A.BboxParams("pascal_voc"), keypoint_params=A.KeypointParams("xy"), seed=seed, return_plan=True)
        mask = filled([SHAPE])
        out = pipeline(
            image=mask * np.uint8(200), mask=mask, keypoints=[(119.5, 89.5)], bboxes=[[90.0, 60.0, 150.0, 122.0]],
            annotations=[{"segmentation": [SHAPE.reshape(-1).tolist()]}],
        )  # fmt: skip
        again = filled([np.array(part).reshape(-1, 2) for part in out["annotations"][0]["segmentation"]])
        assert (again & out["mask"]).sum() / (again | out["mask"]).sum() >= 0.97
        bend = out["plan"].route.legs[0]
        assert np.allclose(np.add(out["keypoints"][0], 0.5), bend.points(np.array([[120.0, 90.0]]))[0], atol=1e-6)
        frame = in_short_edges(np.array([[90.0, 60.0], [150.0, 60.0], [150.0, 122.0], [90.0, 122.0]]))
        moved = bend.points(frame)
        assert np.allclose(out["bboxes"][0], (*moved.min(axis=0), *moved.max(axis=0)), atol=0.3)


@bends
def test_pieces_lie_on_the_canvas_and_have_some_area(build):
    for seed in range(5):
        bend = drawn(build, seed).legs[0]
        for x, y in ((-20.0, 50.0), (230.0, 170.0), (100.0, -30.0), (0.0, 0.0), (-400.0, 0.0)):
            ring = np.array([[x, y], [x + 40, y], [x + 40, y + 40], [x, y + 40]])
            for piece in bend.pieces(ring):
                assert area(piece) > 0
                assert np.isfinite(piece).all()
                assert (piece >= -1e-6).all()
                assert (piece <= np.array(SIZE[::-1]) + 1e-6).all()
        assert bend.pieces(np.array([[5.0, 5.0], [9.0, 5.0]])) == []


BEFORE = {
    "nothing": None,
    "mirrored": lambda: Warp.of((-1.0, 0, 240.0, 0, 1.0, 0, 0, 0, 1.0), SIZE, SIZE),
    "cropped": lambda: Warp.of(translation(-30, -20), (250, 300), SIZE),
    "padded": lambda: Warp.of(translation(25, 15), (140, 190), SIZE),
    "turned": lambda: Warp.of(chain(translation(-120, -90), rotation(25), translation(120, 90)), SIZE, SIZE, Sampler(), Border()),
    "turned and cropped": lambda: Warp.of(chain(rotation(10), translation(20, -10)), SIZE, SIZE).then(Warp.of(translation(-9, -7), SIZE, SIZE)),
    "leaning": lambda: Warp.of((1.0, 0.1, -5.0, 0.05, 1.1, 3.0, 4e-4, -3e-4, 1.0), SIZE, SIZE),
}


def joined(build, name: str, seed: int = 1) -> tuple[Warp | None, Remap, Remap]:
    """A warp, a bend, and both in one."""
    step = drawn(build, seed)
    if BEFORE[name] is None:
        return None, step, step
    warp = BEFORE[name]()
    one = warp.then(step)
    assert isinstance(one, Remap)
    return warp, step, one


@bends
@pytest.mark.parametrize("name", BEFORE)
def test_a_patch_is_what_the_whole_mask_becomes_there(build, name):
    for seed in range(3):
        _, _, step = joined(build, name, seed)
        source = step.legs[0].source
        assert step.patches
        for top, left, height, width in ((40, 60, 30, 45), (0, 0, 12, 9), (source[0] - 8, source[1] - 5, 8, 5), (90, 100, 1, 1)):
            mask = np.zeros(source, np.uint8)
            mask[top : top + height, left : left + width] = np.random.default_rng(seed).integers(0, 2, (height, width)) * 255
            part, at = patch_of(mask)
            moved, (row, column) = step.patch(part, at)
            whole = np.zeros(SIZE, np.uint8)
            whole[row : row + moved.shape[0], column : column + moved.shape[1]] = moved
            assert np.array_equal(whole, step.mask(mask))


@pytest.mark.parametrize("seed", range(3))
def test_a_patch_of_a_crumpled_bend_is_what_the_whole_mask_becomes_there(seed):
    step = drawn(lambda: A.ElasticTransform(**CRUMPLED), seed)
    mask = np.zeros(SIZE, np.uint8)
    mask[50:90, 70:120] = 1
    moved, (row, column) = step.patch(mask[50:90, 70:120], (50, 70))
    whole = np.zeros(SIZE, np.uint8)
    whole[row : row + moved.shape[0], column : column + moved.shape[1]] = moved
    assert np.array_equal(whole, step.mask(mask))


def test_what_the_bend_does_not_show_or_is_empty_leaves_nothing():
    step = Remap.of("grid", SIZE, xs=((0.0, 239.0), (100.0, 140.0)), ys=((0.0, 179.0), (0.0, 179.0)))
    assert not step.patch(np.ones((5, 5), np.uint8), (3, 3))[0].any()
    assert step.patch(np.zeros((0, 0), np.uint8), (0, 0))[0].size == 0
    assert drawn(lambda: A.GridDistortion()).patch(np.ones((2, 2), np.uint8), (0, 9_000))[0].size == 0


@bends
@pytest.mark.parametrize("name", [name for name in BEFORE if name != "nothing"])
def test_a_matrix_and_a_bend_in_one_move_points_as_one_after_the_other(build, name):
    warp, step, one = joined(build, name)
    points = np.random.default_rng(2).uniform((60, 50), (180, 130), (50, 2))
    apart = Route.of(warp.path.source, (*warp.legs, *step.legs)).points(points)
    assert np.allclose(Route.of(warp.path.source, one.legs).points(points), apart, atol=1e-6, equal_nan=True)


@bends
@pytest.mark.parametrize("name", [name for name in BEFORE if name != "nothing"])
def test_a_matrix_and_a_bend_in_one_show_what_one_after_the_other_shows(build, name):
    rng = np.random.default_rng(1)
    warp, step, one = joined(build, name)
    picture = cv2.resize(rng.integers(0, 256, (12, 15, 3)).astype(np.uint8), warp.path.source[::-1], interpolation=cv2.INTER_CUBIC)
    fused, apart = one.image(picture), step.image(warp.image(picture))
    assert fused.shape == apart.shape
    assert (np.abs(fused.astype(int) - apart).max(axis=2) > 12).mean() <= 0.03  # the rims of borders only
    mask = (picture[..., 0] > 128).astype(np.uint8)
    assert (one.mask(mask) != step.mask(warp.mask(mask))).mean() <= 0.03


@bends
def test_an_exact_turn_and_a_bend_in_one_are_the_same_bytes(build):
    picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 3)).astype(np.uint8)
    warp, step, one = joined(build, "mirrored")
    most = 1 if MODERN else 8  # OpenCV 4 counts places in 1/32 px, which a mirror rounds the other way: 255 / 32 levels
    assert np.abs(one.image(picture).astype(int) - step.image(warp.image(picture))).max() <= most


def test_each_border_stands_where_its_own_canvas_ends():
    picture = np.full((100, 100), 50, np.uint8)
    warp = Warp.of(translation(30, 0), (100, 100), (100, 100), Sampler(), Border(CONSTANT, 7, 1))
    bend = Remap.of("grid", (100, 100), Sampler(), Border(CONSTANT, 9, 2), xs=((0.0, 99.0), (-20.0, 79.0)), ys=((0.0, 99.0), (0.0, 99.0)))
    one = warp.then(bend)
    assert isinstance(one, Remap)
    for out, values in ((one.image(picture), (9, 7, 50)), (one.mask(picture), (2, 1, 50))):
        assert (out[:, :20] == values[0]).all()
        assert (out[:, 20:50] == values[1]).all()
        assert (out[:, 50:] == values[2]).all()
    assert not one.patches


@pytest.mark.parametrize(
    ("warp", "bend"),
    [
        (lambda: Warp.of(rotation(5), SIZE, SIZE, Sampler(CUBIC, NEAREST)), {}),
        (lambda: Warp.of(translation(5, 5), SIZE, SIZE), {"interpolation": LANCZOS}),
        (lambda: Warp.of(translation(5, 5), SIZE, SIZE), {"border_mode": REFLECT}),
        (lambda: Warp.of(scaling(0.4, 0.4), SIZE, (72, 96)), {}),
        (lambda: Warp.of(rotation(5), SIZE, SIZE, ellipse=True), {}),
    ],
    ids=["another interpolation", "a whole picture's", "a border that repeats", "shrinking", "an ellipse"],
)
def test_a_warp_stays_apart_where_somebody_could_tell(warp, bend):
    before = warp()
    assert before.then(A.OpticalDistortion(0.2, **bend).draw(Scene(before.path.size), np.random.default_rng(0))) is None


def test_a_border_that_repeats_joins_a_turn():
    step = A.OpticalDistortion((0.3, 0.3), border_mode=REFLECT_101).draw(Scene(SIZE), np.random.default_rng(0))
    warp = BEFORE["mirrored"]()
    picture = np.random.default_rng(0).integers(0, 256, SIZE).astype(np.uint8)
    one = warp.then(step)
    assert isinstance(one, Remap)
    most = 1 if MODERN else 8  # OpenCV 4 counts places in 1/32 px, which a mirror rounds the other way: 255 / 32 levels
    assert np.abs(one.image(picture).astype(int) - step.image(warp.image(picture))).max() <= most


def test_a_scene_bends_what_was_turned_in_one_step():
    pipeline = A.Compose([A.Rotate((20, 20), p=1), A.OpticalDistortion(0.3, p=1)], return_plan=True)
    plan = pipeline(image=np.zeros(SIZE, np.uint8))["plan"]
    assert len(plan.steps) == 1
    assert "2 resamplings in one" in str(plan)


@bends
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "int64", "uint64", "float32", "float64", "bool", "int8", "float16"])
def test_every_dtype_and_number_of_channels_keeps_its_kind(build, dtype):
    step = drawn(build)
    for channels in ((), (1,), (2,), (3,), (5,)):
        values = (np.arange(SIZE[0] * SIZE[1] * int(np.prod(channels, dtype=int))) % 100).reshape(*SIZE, *channels).astype(dtype)
        outs = [step.mask(values)]
        if dtype not in ("int64", "uint64"):
            outs.append(step.image(values))
        for out in outs:
            assert out.dtype == values.dtype
            assert out.shape == values.shape
            assert not np.shares_memory(out, values)


def test_labels_of_64_bits_and_pictures_of_200_channels_survive():
    step = drawn(lambda: A.ThinPlateSpline())
    labels = (np.arange(SIZE[0] * SIZE[1], dtype=np.int64).reshape(SIZE) % 7) * 2**55
    assert np.array_equal(step.mask(labels), step.mask((labels // 2**55).astype(np.uint8)).astype(np.int64) * 2**55)
    wide = np.random.default_rng(0).integers(0, 256, (*SIZE, 200)).astype(np.uint8)
    out = step.image(wide)
    assert np.array_equal(out[..., 150], step.image(wide[..., 150].copy()))


@bends
def test_a_step_is_small_and_survives_pickle_and_json(build):
    for name in ("nothing", "turned"):
        _, _, step = joined(build, name)
        assert len(pickle.dumps(step)) < 10_000
        assert pickle.loads(pickle.dumps(step)) == step
        assert Remap.from_dict(json.loads(json.dumps(step.to_dict()))) == step
        assert hash(step) == hash(pickle.loads(pickle.dumps(step)))
        assert "Remap" in str(step)


def test_the_same_numbers_give_the_same_bytes_also_when_the_field_is_made_again():
    step = drawn(lambda: A.ElasticTransform(alpha=90, sigma=7))
    picture = np.random.default_rng(0).integers(0, 256, SIZE).astype(np.uint8)
    again = KINDS[step.kind](step.size, **dict(step.numbers))
    assert again is not step.field
    assert np.array_equal(again.displacements, step.field.displacements)
    assert np.array_equal(bend_picture(picture, again, LINEAR, CONSTANT, 0), step.image(picture))
    assert drawn(lambda: A.ElasticTransform(alpha=90, sigma=7)) == step


@bends
@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (1, 40), (2, 2)])
@pytest.mark.parametrize("border", [CONSTANT, REPLICATE, REFLECT, WRAP, REFLECT_101])
def test_small_and_narrow_pictures_bend_too(build, size, border):
    node = build()
    if hasattr(node, "border_mode"):
        node.border_mode = border
    step = node.draw(Scene(size), np.random.default_rng(0))
    assert step.image(np.zeros((*size, 3), np.uint8)).shape == (*size, 3)
    assert step.mask(np.ones(size, np.uint8)).shape == size
    assert step.legs[0].points(np.array([[0.5, 0.5]])).shape == (1, 2)
    assert step.patch(np.ones((1, 1), np.uint8), (0, 0))[0].ndim == 2


def test_a_picture_longer_than_opencv_counts_is_refused_by_name():
    step = Remap.of("fisheye", (2, 33_000), k=0.1)
    with pytest.raises(A.DataError, match="33000 px exceeds 32766"):
        step.image(np.zeros((2, 33_000), np.uint8))


def test_far_reflections_come_to_an_end():
    step = Remap.of("fisheye", (20, 30), Sampler(), Border(REFLECT), k=1e7)
    assert step.image(np.ones((20, 30), np.uint8)).min() == 1


@pytest.mark.parametrize(
    ("build", "complaint"),
    [
        (lambda: A.ElasticTransform(sigma=0.5), "sigma=0.5"),
        (lambda: A.ElasticTransform(alpha=-1), "alpha=-1"),
        (lambda: A.ElasticTransform(noise_distribution="pink"), "noise_distribution='pink'"),
        (lambda: A.GridDistortion(num_steps=0), "num_steps=0"),
        (lambda: A.GridDistortion(distort_limit=2), "distort_limit=2"),
        (lambda: A.OpticalDistortion(mode="mirror"), "mode='mirror'"),
        (lambda: A.ThinPlateSpline(num_control_points=1), "num_control_points=1"),
        (lambda: A.ThinPlateSpline(scale_range=(0, 3)), "scale_range"),
        (lambda: A.PiecewiseAffine(nb_rows=1), "nb_rows=1"),
        (lambda: A.PiecewiseAffine(scale=-1), "scale=-1"),
        (lambda: A.GridElasticDeform(num_grid_xy=(0, 3), magnitude=3), "num_grid_xy"),
        (lambda: A.GridElasticDeform(num_grid_xy=(3, 3), magnitude=0), "magnitude=0"),
        (lambda: A.PiecewiseAffine(keypoint_remapping_method="both"), "keypoint_remapping_method"),
        (lambda: Remap.of("twirl", SIZE), "no bend 'twirl'"),
        (lambda: Remap.of("camera", SIZE, q=1), "camera takes k"),
    ],
)
def test_bad_numbers_are_refused_by_name(build, complaint):
    with pytest.raises(A.ParameterError, match=complaint.replace("(", r"\(")):
        build()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "twirl"}, {"numbers": {}}, {"numbers": {"k": "much"}}, {"numbers": {"k": float("nan")}}, {"size": [0, 3]}, {"sampler": [99, 0]},
        {"before": {"warp": {}}},
    ],
)  # fmt: skip
def test_a_step_that_a_file_tells_wrongly_is_refused(change):
    told = Remap.of("camera", SIZE, k=0.1).to_dict()["remap"]
    with pytest.raises((KeyError, TypeError, ValueError)):
        Remap.from_dict({"remap": {**told, **change}})


# --- what each bend promises -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 4, 6])
def test_a_thin_plate_spline_takes_its_control_points_where_they_belong(count):
    step = drawn(lambda: A.ThinPlateSpline(num_control_points=count), count)
    numbers = dict(step.numbers)
    controls, sources = (np.array(numbers[name]) * SIZE[::-1] for name in ("controls", "sources"))
    assert np.abs(step.field.back(controls) - sources).max() <= 1e-9
    assert np.abs(step.field.ahead(sources) - controls).max() <= 1e-3


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("size", [SIZE, (181, 243), (7, 9)])
def test_a_normalised_grid_shows_all_of_the_picture_and_no_border(seed, size):
    step = A.GridDistortion(num_steps=5, fill=9).draw(Scene(size), np.random.default_rng(seed))
    corners = np.array([[0.5, 0.5], [size[1] - 0.5, size[0] - 0.5]])
    assert np.allclose(step.field.back(corners), corners)
    assert (step.image(np.full(size, 100, np.uint8)) == 100).all()
    assert (np.diff(step.field.grid[0, :, 0]) > 0.1).all()  # no column twice


def test_a_piecewise_affine_map_is_affine_in_its_triangles():
    field = drawn(lambda: A.PiecewiseAffine(scale=0.1, nb_rows=3, nb_cols=4)).field
    rng = np.random.default_rng(0)
    rows_of_nodes, columns_of_nodes = field.shifts.shape[:2]
    cell = np.array([240 / (columns_of_nodes - 1), 180 / (rows_of_nodes - 1)])
    for corners in ([[0, 0], [1, 0], [1, 1]], [[0, 0], [0, 1], [1, 1]]):
        triangle = np.array(corners) * cell
        shares = rng.dirichlet((1, 1, 1), 50)
        assert np.allclose(field.back(shares @ triangle), shares @ field.back(triangle), atol=1e-9)


@pytest.mark.parametrize(
    "build",
    [
        lambda: A.PiecewiseAffine(scale=0),
        lambda: A.GridElasticDeform(num_grid_xy=(1, 1), magnitude=9),
        lambda: A.ElasticTransform(alpha=0),
        lambda: A.OpticalDistortion((0, 0)),
        lambda: A.ThinPlateSpline(scale_range=(0, 0)),
        lambda: A.GridDistortion(distort_limit=0),
    ],
)
def test_no_strength_is_the_identity(build):
    picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 3)).astype(np.uint8)
    assert np.array_equal(drawn(build).image(picture), picture)


def test_a_grid_s_cells_are_counted_along_x_and_along_y_and_meet_without_a_gap():
    step = drawn(lambda: A.GridElasticDeform(num_grid_xy=(6, 2), magnitude=9))
    assert np.array(dict(step.numbers)["shifts"]).shape == (3, 7, 2)
    along = np.stack([np.full(2000, 80.0), np.linspace(0, 180, 2000)], axis=1)  # an edge between cells
    left, right = (step.field.back(along + np.array([aside, 0])) for aside in (-1e-7, 1e-7))
    assert np.abs(left - right).max() <= 1e-5
    frame = np.array([[0.0, 0.0], [240.0, 0.0], [100.0, 180.0], [0.0, 77.0]])
    assert np.allclose(step.field.back(frame), frame)


def test_beyond_its_edge_a_lattice_moves_as_its_edge_does():
    field = Lattice.of_pixels(np.random.default_rng(0).normal(0, 2, (5, 6, 2)).astype(np.float32))
    far = np.array([[-50.0, 2.5], [100.0, 200.0]])
    assert np.allclose(field.back(far) - far, [field.shifts[2, 0], field.shifts[4, 5]])
    assert np.allclose(field.ahead(field.back(far)), far, atol=1e-3)


def test_short_edges_are_the_same_outline():
    fine = in_short_edges(SHAPE)
    assert np.allclose(area(fine), area(SHAPE))
    assert np.hypot(*(fine - np.roll(fine, 1, axis=0)).T).max() <= 4
    assert all((fine == corner).all(axis=1).any() for corner in SHAPE)


@bends
def test_many_points_are_sought_in_blocks_and_each_goes_where_it_goes_alone(build):
    field = drawn(build).field
    points = np.random.default_rng(0).uniform((-20, -20), (260, 200), (2 * BLOCK + 7, 2))
    points[[5, BLOCK, -1]] = np.nan
    picked = [0, 5, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 6]
    together, alone = field.ahead(points), np.concatenate([field.ahead(points[k : k + 1]) for k in picked])
    assert np.allclose(together[picked], alone, atol=1e-9, equal_nan=True)
    assert np.isnan(together[[5, BLOCK, -1]]).all()


def test_where_lost_points_may_be_shown_is_looked_up_around_them_or_for_all_alike():
    field = drawn(lambda: A.ElasticTransform(**CRUMPLED)).field
    for top, bottom, left, right in ((0, 10, 0, 12), (5, 181, 100, 241), (170, 181, 0, 3), (80, 81, 90, 91)):
        for here, everywhere in zip(field._sources(top, bottom, left, right), field._boxes, strict=True):
            assert np.array_equal(here, everywhere[top:bottom, left:right])


def test_a_wide_blur_of_a_large_elastic_bend_is_the_one_of_opencv():
    size, sigma, seed = (1000, 1100), 30.0, 3
    field = KINDS["elastic"](size, seed=seed, alpha=500.0, sigma=sigma, approximate=False, same_dxdy=True, noise_distribution="uniform")
    noise = np.random.default_rng(seed).uniform(-1, 1, (1, *size)).astype(np.float32)[0]
    plain = cv2.GaussianBlur(noise, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE) * np.float32(500)
    assert np.abs(field.displacements - plain[..., None]).max() <= 1e-5 * np.abs(plain).max()


def test_edges_of_a_spline_on_a_large_picture_are_as_near_to_their_arcs_as_on_a_small_one():
    frame, off = np.array([[0.1, 0.1], [0.9, 0.1], [0.9, 0.9], [0.1, 0.9]]), []
    for size in ((480, 640), (3000, 4000)):
        bend = drawn(lambda: A.ThinPlateSpline(scale_range=(0.4, 0.4)), 3, size).legs[0]
        (whole,) = bend.whole(frame * size[::-1])
        between = bend.points((bend.back(whole) + bend.back(np.roll(whole, -1, axis=0))) / 2)
        chord = np.roll(whole, -1, axis=0) - whole
        (a, b), (c, d) = (between - whole).T, chord.T
        off.append((np.abs(a * d - b * c) / np.hypot(c, d)).max())
    assert max(off) <= 0.06


def off_by(step: Remap, boxes: np.ndarray) -> tuple[float, float]:
    """How much of what painted boxes become lies outside of the boxes that go along, and how much too far those reach, at most."""
    lost, over = 0.0, 0.0
    for (x0, y0, x1, y1), box in zip(boxes.astype(int).tolist(), move_boxes(boxes, Route.of(SIZE, step.legs))[0], strict=True):
        mask = np.zeros(SIZE, np.uint8)
        mask[y0:y1, x0:x1] = 1
        rows_, columns = np.nonzero(step.mask(mask))
        if len(rows_) == 0:
            assert (box[2:] - box[:2]).min() <= 1.5
            continue
        least, most = np.array([columns.min(), rows_.min()]), np.array([columns.max(), rows_.max()]) + 1
        lost = max(lost, *(box[:2] - least), *(most - box[2:]))
        over = max(over, *(least - box[:2]), *(box[2:] - most))
    return lost, over


def some_boxes(count: int, seed: int) -> np.ndarray:
    ends = np.random.default_rng(seed).integers((0, 0), (SIZE[1] - 8, SIZE[0] - 8), (count, 2, 2))
    return np.concatenate([ends.min(axis=1), ends.max(axis=1) + 8], axis=1).astype(np.float64)


@pytest.mark.parametrize(("kind", "k"), [(kind, k) for kind in ("camera", "fisheye") for k in (-0.3, -0.5, -0.8, -1.5)])
def test_boxes_hold_all_that_masks_show_where_a_lens_folds(kind, k):
    step = Remap.of(kind, SIZE, k=k)
    lost, over = off_by(step, some_boxes(60, 1))
    assert lost <= 1
    assert over <= (1 if step.field.folds else 4)  # where a pixel grows to several, the mask knows no better
    turned = Warp.of(chain(translation(-120, -90), rotation(15), translation(120, 90)), SIZE, SIZE).then(step)
    assert off_by(turned, some_boxes(20, 2))[0] <= 1


def test_a_lens_whose_fold_lies_beyond_the_canvas_leaves_outlines_their_corners():
    step = Remap.of("fisheye", SIZE, k=-0.3)
    assert not step.field.folds
    ring = np.array([[150.0, 100.0], [240.0, 100.0], [240.0, 180.0], [150.0, 180.0]])
    ours, theirs = step.mask(filled([ring])).astype(bool), filled(step.legs[0].pieces(ring)).astype(bool)
    assert (ours & theirs).sum() / (ours | theirs).sum() >= 0.98
    assert ours[-1, -1]
    assert theirs[-1, -1]


@pytest.mark.parametrize("k", [-0.5, -0.8, -2.0])
def test_a_point_goes_to_its_place_before_the_fold_never_to_one_beyond_or_across_the_middle(k):
    field = Remap.of("camera", SIZE, k=k).field
    sources = np.random.default_rng(0).uniform((0, 0), SIZE[::-1], (2000, 2))
    ahead = field.ahead(sources)
    shown = np.isfinite(ahead).all(axis=1)
    apart = (ahead[shown] - field.centre) / field.unit
    assert np.hypot(*apart.T).max() <= field._table[0][-1] + 1e-9
    assert ((apart * (sources[shown] - field.centre)).sum(axis=1) >= 0).all()


FOLDING = A.OpticalDistortion((-0.8, -0.8), mode="fisheye", p=1)  # shows nothing of its corners, and folds before them


@pytest.mark.parametrize("shape", ["xy", "yx", "xya", "xys", "xyas", "xysa", "xyz"])
@pytest.mark.parametrize("remove_invisible", [True, False])
def test_a_keypoint_that_a_lens_shows_nowhere_is_dropped_with_its_label_and_never_a_row_of_nan(shape, remove_invisible):
    across = np.linspace(0, 1, 300)[:, None] * (239, 179)
    given = [[*((y, x) if shape == "yx" else (x, y)), 7.0, 3.0][: len(shape)] for x, y in across]
    params = A.KeypointParams(shape, label_fields=["names"], remove_invisible=remove_invisible)
    out = A.Compose([FOLDING], keypoint_params=params, seed=1)(image=np.zeros(SIZE, np.uint8), keypoints=given, names=list(range(300)))
    assert 100 < len(out["keypoints"]) < 300
    assert np.isfinite(out["keypoints"]).all()
    assert len(out["names"]) == len(out["keypoints"])
    assert 150 in out["names"]
    assert 0 not in out["names"]


def test_in_a_group_what_a_lens_shows_nowhere_lies_beside_the_picture():
    given = np.array([[[0.0, 0.0, 7.0, 3.0], [119.5, 89.5, 7.0, 3.0]]])
    out = A.Compose([FOLDING], keypoint_params=A.KeypointParams("xyas"), seed=1)(image=np.zeros(SIZE, np.uint8), keypoints=given)["keypoints"]
    assert out.shape == given.shape
    assert out[0, 0].tolist() == [-1, -1, 0, 0]
    assert np.allclose(out[0, 1, :2], (119.5, 89.5), atol=1)
    posed = A.Compose([FOLDING], keypoint_params=A.KeypointParams("xyv"), seed=1)
    hidden = posed(image=np.zeros(SIZE, np.uint8), keypoints=[[[0, 0, 2], [120, 90, 2]]])
    assert hidden["keypoints"][0][0] == [0, 0, 0]


def test_the_picture_and_the_labels_of_a_call_make_one_field_also_of_a_large_picture():
    for size in (SIZE, (1500, 1500)):
        step = drawn(lambda: A.GridDistortion(), 0, size)
        assert step.field is step.field
        assert field_of(step.kind, size, step.numbers) is step.field


def test_a_plan_with_a_bend_leads_back():
    plan = A.Compose([A.Rotate((10, 10), p=1), A.ThinPlateSpline(p=1)], seed=1).draw(SIZE)
    points = np.random.default_rng(0).uniform((60, 50), (180, 130), (30, 2))
    assert np.allclose(plan.inverse().points(plan.points(points)), points, atol=1e-3)


def test_without_a_matrix_before_it_a_bend_s_matrix_is_none():
    step = drawn(lambda: A.OpticalDistortion(0.1))
    assert step.path is None
    warp = Warp.of(IDENTITY, SIZE, SIZE)
    assert Remap.after(warp, step).path == warp.path
    assert np.allclose(move(inverse(IDENTITY), SHAPE), SHAPE)
    assert step.sampler == Sampler(LINEAR, NEAREST)
