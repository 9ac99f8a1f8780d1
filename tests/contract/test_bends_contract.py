"""Bends against the albumentations 2.0.8 package: the same displacements give the same bytes, and what is repaired is really broken there."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest

import geoaug as A
from geoaug.geometry.field import Lattice
from geoaug.params import CONSTANT, CUBIC, LANCZOS, LINEAR, NEAREST, REFLECT, REFLECT_101, REPLICATE, WRAP
from geoaug.raster.bends import bend_picture
from geoaug.scene import Scene
from geoaug.steps.remap import Remap
from geoaug.steps.warp import Border, Sampler

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")
from albumentations.augmentations.geometric import functional as theirs  # noqa: E402  # only where the package is

SIZE = (180, 240)


def maps_of(transform, seed: int = 0, size: tuple[int, int] = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """The maps that 2.0.8 draws."""
    transform.set_random_seed(seed)
    drawn = transform.get_params_dependent_on_data({"shape": (*size, 3)}, {})
    return drawn["map_x"], drawn["map_y"]


@pytest.mark.parametrize("border", [CONSTANT, REPLICATE, REFLECT, WRAP, REFLECT_101])
@pytest.mark.parametrize("flag", [NEAREST, LINEAR, CUBIC, LANCZOS])
def test_the_same_elastic_displacements_give_the_bytes_of_2_0_8(flag, border, photo):
    for channels in (photo, photo[..., 0].copy(), np.dstack([photo, photo[..., :2]]), (photo / 255).astype(np.float32)):
        dx, dy = theirs.generate_displacement_fields(SIZE, 200, 7, False, (0, 0), np.random.default_rng(1), "gaussian")
        coords = np.stack(np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0]))) + np.stack([dx, dy])
        other = theirs.remap(channels, *coords.astype(np.float32), flag, border, (3,) * 4)
        ours = bend_picture(channels, Lattice.of_pixels(np.stack([dx, dy], axis=2)), flag, border, 3)
        assert np.array_equal(ours, other)


def elastic(**numbers) -> Remap:
    return Remap.of("elastic", SIZE, seed=5, alpha=200, sigma=7, **numbers)


@pytest.mark.parametrize("noise", ["gaussian", "uniform"])
@pytest.mark.parametrize("approximate", [False, True])
def test_an_elastic_field_is_that_of_2_0_8_but_where_its_two_halves_mix(noise, approximate):
    window = (17, 17) if approximate else (0, 0)
    dx, dy = theirs.generate_displacement_fields(SIZE, 200, 7, False, window, np.random.default_rng(5), noise)
    ours = elastic(approximate=approximate, same_dxdy=False, noise_distribution=noise).field.displacements
    near = 40  # rows from the seam that the blur reaches over
    assert np.allclose(ours[:-near, :, 0], dx[:-near], atol=1e-5)
    assert np.allclose(ours[near:, :, 1], dy[near:], atol=1e-5)
    assert not np.allclose(ours[-1, :, 0], dx[-1], atol=1e-2)  # there, it mixes the ends of x with the beginnings of y
    alone = theirs.generate_displacement_fields(SIZE, 200, 7, True, window, np.random.default_rng(5), noise)[0]
    same = elastic(approximate=approximate, same_dxdy=True, noise_distribution=noise).field.displacements
    assert np.allclose(same[..., 0], alone, atol=1e-5)
    assert np.array_equal(same[..., 0], same[..., 1])


def nodes_of(steps, length: int, count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The nodes that 2.0.8 goes through: each cell's first and last index, and what they show."""
    cell, before, places, sources = length // count, 0.0, [], []
    for k, step in enumerate(steps):
        start, end = k * cell, min(k * cell + cell, length)
        if end > start:
            places += [start, end - 1]
            sources += [before, before + cell * step]
        before += cell * step
    return tuple(map(float, places)), tuple(map(float, sources))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("flag", [NEAREST, LINEAR])
def test_a_grid_through_the_nodes_of_2_0_8_gives_its_bytes(seed, flag, photo):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 7))
    steps = [1 + rng.uniform(-0.3, 0.3, count + 1) for _ in range(2)]
    normal = theirs.normalize_grid_distortion_steps(SIZE, count, *(list(s) for s in steps))
    steps_x, steps_y = normal["steps_x"], normal["steps_y"]
    other = theirs.remap(photo, *theirs.generate_grid(SIZE, steps_x, steps_y, count), flag, CONSTANT, (7, 7, 7))
    step = Remap.of(
        "grid", SIZE, Sampler(flag, flag), Border(CONSTANT, 7, 7),
        xs=nodes_of(steps_x, SIZE[1], count), ys=nodes_of(steps_y, SIZE[0], count),
    )  # fmt: skip
    assert np.abs(step.image(photo).astype(int) - other).max() <= (1 if flag == LINEAR else 0)


def test_a_normalised_grid_of_2_0_8_ends_in_a_border_and_shows_columns_twice():
    white = np.full(SIZE, 255, np.uint8)
    map_x, map_y = maps_of(B.GridDistortion(p=1))
    assert (theirs.remap(white, map_x, map_y, LINEAR, CONSTANT, 0)[:, -1] == 0).all()
    assert (np.diff(map_x[0]) == 0).any()
    step = A.GridDistortion().draw(Scene(SIZE), np.random.default_rng(0))
    assert (step.image(white) == 255).all()
    assert (np.diff(step.field.grid[0, :, 0]) > 0).all()


@pytest.mark.parametrize("k", [-0.3, -0.05, 0.02, 0.4])
@pytest.mark.parametrize("mode", ["camera", "fisheye"])
@pytest.mark.parametrize("flag", [NEAREST, LINEAR, CUBIC])
def test_lenses_equal_2_0_8_within_a_level_but_for_its_camera_s_half_pixel(k, mode, flag, photo):
    aside = 0.5 if mode == "camera" else 0.0
    maps = [plane - np.float32(aside) for plane in maps_of(B.OpticalDistortion((k, k), mode=mode, p=1))]
    step = A.OpticalDistortion((k, k), mode=mode, interpolation=flag, fill=9).draw(Scene(SIZE), np.random.default_rng(0))
    assert np.allclose(step.field.grid - 0.5, np.stack(maps, axis=2), atol=1e-3)
    off = np.abs(step.image(photo).astype(int) - theirs.remap(photo, *maps, flag, CONSTANT, (9, 9, 9))).max(axis=2)
    assert (off > 1).mean() <= (1e-3 if flag == NEAREST else 0)  # a coordinate half way between pixels may round either way


def test_a_camera_of_2_0_8_that_bends_nothing_moves_the_picture_by_half_a_pixel(photo):
    map_x, map_y = maps_of(B.OpticalDistortion((0, 0), p=1))
    assert np.allclose(map_x - np.arange(SIZE[1]), 0.5, atol=1e-4)
    assert np.allclose(map_y - np.arange(SIZE[0])[:, None], 0.5, atol=1e-4)
    assert np.array_equal(A.OpticalDistortion((0, 0), p=1)(image=photo)["image"], photo)


def test_a_lone_fill_colours_all_channels_beside_a_bend_where_2_0_8_colours_one():
    white = np.full((*SIZE, 3), 255, np.uint8)
    ours, other = (M.OpticalDistortion((0.4, 0.4), mode="fisheye", fill=100, p=1)(image=white)["image"] for M in (A, B))
    assert other[0, 0].tolist() == [100, 0, 0]
    assert ours[0, 0].tolist() == [100, 100, 100]


def test_a_thin_plate_spline_of_2_0_8_misses_its_control_points():
    rng = np.random.default_rng(0)
    controls = theirs.generate_control_points(4)
    wanted = controls + rng.normal(0, 0.03, controls.shape)
    missed = theirs.tps_transform(controls, controls, *theirs.compute_tps_weights(controls, wanted)) - wanted
    assert np.abs(missed).max() > 0.01  # ours: test_a_thin_plate_spline_takes_its_control_points_where_they_belong


def test_a_piecewise_affine_map_of_2_0_8_is_none():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transform = B.PiecewiseAffine(p=1)
    map_x, _ = maps_of(transform, 0, (40, 60))
    second = np.abs(np.diff(map_x, 2, axis=1))
    assert (second > 1e-3).mean() > 0.5  # it curves nearly everywhere; ours: test_a_piecewise_affine_map_is_affine_in_its_triangles


def test_cells_of_2_0_8_tear_where_they_meet_and_ours_do_not(photo):
    """A smooth slope stays smooth: between neighbouring pixels it never jumps by more than a cell can stretch it."""
    slope = np.tile(np.linspace(0, 239, 240, dtype=np.float32)[:, None], (1, 240))
    other = B.GridElasticDeform(num_grid_xy=(4, 4), magnitude=15, p=1)
    ours = A.GridElasticDeform(num_grid_xy=(4, 4), magnitude=15)
    inside = (slice(3, -3), slice(3, -3))
    torn = max(np.abs(np.diff(_run(other, slope, seed)[inside], axis=1)).max() for seed in range(5))
    whole = max(np.abs(np.diff(ours.draw(Scene((240, 240)), np.random.default_rng(seed)).image(slope)[inside], axis=1)).max() for seed in range(5))
    assert whole < 1.5
    assert torn > 1.5


def _run(transform, picture: np.ndarray, seed: int) -> np.ndarray:
    transform.set_random_seed(seed)
    return transform(image=picture)["image"]
