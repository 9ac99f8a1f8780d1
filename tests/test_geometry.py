"""Properties of the geometry core: matrices, cutting, moving outlines and boxes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import geoaug as A
from geoaug.geometry import boxes as bx
from geoaug.geometry import matrix as mx
from geoaug.geometry.motion import Motion, Window
from geoaug.geometry.region import Region, area, areas, cut
from geoaug.geometry.route import Route
from geoaug.geometry.shapes import Outlines, carry, ellipse_bounds
from geoaug.plan import Plan
from geoaug.raster.patch import patch_of
from geoaug.steps.warp import Border, Sampler, Warp
from geoaug.targets import boxes as target_boxes

numbers = st.floats(-3, 3).filter(lambda v: abs(v) > 1e-3)
shifts = st.floats(-300, 300)
small = st.floats(-5e-4, 5e-4)


@st.composite
def affines(draw):
    a, b, d, e = (draw(numbers) for _ in range(4))
    assume(abs(a * e - b * d) > 0.05)
    return (a, b, draw(shifts), d, e, draw(shifts), 0.0, 0.0, 1.0)


@st.composite
def homographies(draw):
    turn = mx.rotation(draw(st.floats(-180, 180)))
    return (*turn[:2], draw(shifts), *turn[3:5], draw(shifts), draw(small), draw(small), 1.0)


@given(st.one_of(affines(), homographies()), st.one_of(affines(), homographies()))
def test_a_product_is_numpy_s_product(a, b):
    expected = np.reshape(a, (3, 3)) @ np.reshape(b, (3, 3))
    assert np.allclose(np.reshape(mx.product(a, b), (3, 3)), expected, rtol=1e-12, atol=1e-9)


@given(st.one_of(affines(), homographies()))
def test_a_matrix_times_its_inverse_is_the_identity(m):
    square = np.reshape(m, (3, 3))
    assert np.allclose(square @ np.reshape(mx.inverse(m), (3, 3)), np.eye(3), atol=1e-13 * np.linalg.cond(square))


@given(affines())
def test_the_determinant_tells_a_mirror(m):
    assert mx.determinant(m) == pytest.approx(np.linalg.det(np.reshape(m, (3, 3))), rel=1e-9, abs=1e-9)
    assert np.sign(mx.determinant(mx.product(mx.flip_x(10), m))) == -np.sign(mx.determinant(m))


@pytest.mark.parametrize("matrix", [(1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0), mx.scaling(0, 1), (0.0,) * 9])
def test_a_singular_matrix_is_refused_by_name(matrix):
    with pytest.raises(A.ParameterError, match="matrix is singular"):
        mx.inverse(matrix)


def test_quarter_turns_hold_exact_integers():
    for k in range(-4, 8):
        assert mx.exact(mx.rotation(90 * k))
    assert mx.product(mx.quarter_turns(1, (20, 30)), mx.quarter_turns(3, (30, 20))) == mx.IDENTITY


@given(homographies(), st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200)), min_size=1, max_size=9))
def test_moving_there_and_back_is_the_identity_in_front_of_the_horizon(m, points):
    start = np.array(points)
    start = start[mx.depth(m, start) > 0.1]
    back = mx.move(mx.inverse(m), mx.move(m, start))
    assert np.allclose(back, start, atol=1e-6)


def test_four_corners_fix_a_homography():
    source = np.array([[3.0, 4.0], [95.0, 10.0], [90.0, 70.0], [8.0, 66.0]])
    target = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 80.0], [0.0, 80.0]])
    assert np.allclose(mx.move(mx.between_quads(source, target), source), target)


@st.composite
def stars(draw):
    """Concave outlines without crossings: points about a centre, in order of angle."""
    count = draw(st.integers(3, 12))
    radii = draw(st.lists(st.floats(5, 90), min_size=count, max_size=count))
    turn = np.sort(draw(st.lists(st.floats(0, 6.2), min_size=count, max_size=count, unique_by=lambda v: round(v, 2))))
    centre = draw(st.tuples(st.floats(-20, 120), st.floats(-20, 120)))
    return np.stack([centre[0] + radii * np.cos(turn), centre[1] + radii * np.sin(turn)], axis=1)


@settings(max_examples=300, deadline=None)
@given(stars(), st.floats(-60, 60))
def test_cutting_an_outline_by_a_window_gives_shapely_s_area(ring, angle):
    window = Window(mx.chain(mx.rotation(angle), mx.translation(20, 30)), (70, 80))
    region = Region((100, 100), (window,))
    source = shapely.Polygon(ring)
    if not source.is_valid:
        return
    corners = mx.move(window.matrix, np.array([[0.0, 0.0], [80.0, 0.0], [80.0, 70.0], [0.0, 70.0]]))
    truth = source.intersection(shapely.Polygon(corners)).intersection(shapely.box(0, 0, 100, 100))
    parts = cut(ring, region.lines)
    assert sum(map(area, parts)) == pytest.approx(truth.area, rel=1e-6, abs=1e-4)
    assert sum(map(area, parts)) <= source.area + 1e-6
    for part in parts:
        assert (region.distances(part) >= -1e-5).all()
        again = cut(part, region.lines)
        assert sum(map(area, again)) == pytest.approx(area(part), abs=1e-6)


def test_a_concave_outline_falls_into_parts_without_bridges():
    comb = np.array([[0, 0], [10, 0], [10, 10], [8, 10], [8, 4], [6, 4], [6, 10], [4, 10], [4, 4], [2, 4], [2, 10], [0, 10]], float)
    parts = cut(comb, np.array([[0.0, 1.0, -6.0]]))
    assert len(parts) == 3
    assert sorted(part[:, 0].min() for part in parts) == [0, 4, 8]
    assert all(area(part) == pytest.approx(8) for part in parts)


@given(st.lists(stars(), min_size=1, max_size=5))
def test_areas_of_many_outlines_at_once_are_the_areas_one_by_one(rings):
    outlines = Outlines.of(rings)
    expected = [shapely.Polygon(ring).area if shapely.Polygon(ring).is_valid else area(ring) for ring in rings]
    assert np.allclose(areas(outlines.points, outlines.starts), expected)


@settings(deadline=None)
@given(st.lists(stars(), min_size=1, max_size=4), affines())
def test_visible_area_never_exceeds_the_moved_area(rings, matrix):
    assume(all(shapely.Polygon(ring).is_valid for ring in rings))  # the halves of one that crosses itself cancel, see polygons.measured
    motion = Motion.of(matrix, (100, 100), (90, 110))
    moved = carry(Outlines.of(rings), motion, Region.of(motion))
    assert (moved.visible <= moved.full * (1 + 1e-9) + 1e-6).all()
    bounds = moved.bounds()
    seen = ~np.isnan(bounds[:, 0])
    assert (bounds[seen] >= -1e-6).all()
    assert (bounds[seen] <= (110 + 1e-6, 90 + 1e-6, 110 + 1e-6, 90 + 1e-6)).all()


EXACT = [mx.IDENTITY, mx.flip_x(100), mx.flip_y(100), mx.TRANSPOSE, mx.scaling(0.5, 2), *(mx.quarter_turns(k, (100, 100)) for k in (1, 2, 3))]
corners_and_sides = st.tuples(st.floats(0, 90), st.floats(0, 90), st.floats(0.5, 60), st.floats(0.5, 60))


@given(st.lists(corners_and_sides, min_size=1, max_size=9), st.sampled_from(EXACT), st.floats(-50, 50), st.floats(-50, 50))
def test_the_three_ways_to_move_a_box_upright_agree(rows, matrix, x, y):
    boxes = np.array([(a, b, min(a + c, 100), min(b + d, 100)) for a, b, c, d in rows])
    motion = Motion.of(mx.chain(matrix, mx.translation(x, y)), (100, 100), (100, 100))
    rect = Region.of(motion).upright
    one = bx._move_upright(boxes, motion, rect)
    few = [np.array(part) for part in zip(*bx.move_few(boxes.tolist(), motion, False), strict=True)]
    moved = carry(Outlines.of_boxes(boxes), motion, Region.of(motion))
    assert np.allclose(one[0], few[0])
    assert np.allclose(one[1], few[1])
    assert np.allclose(one[1], moved.visible / moved.full, atol=1e-6)
    seen = one[1] > 1e-6
    assert np.allclose(one[0][seen], moved.bounds()[seen], atol=1e-6)


@settings(deadline=None)
@given(st.lists(corners_and_sides, min_size=1, max_size=9), affines())
def test_few_boxes_and_many_move_alike_under_any_affine_map(rows, matrix):
    boxes = np.array([(a, b, min(a + c, 100), min(b + d, 100)) for a, b, c, d in rows])
    motion = Motion.of(matrix, (100, 100), (90, 110)).then(Motion.of(mx.about(mx.rotation(20), 50, 50), (90, 110), (90, 110)))
    few, shares = (np.array(part) for part in zip(*bx.move_few(boxes.tolist(), motion, False), strict=True))
    moved = carry(Outlines.of_boxes(boxes), motion, Region.of(motion))
    assert np.allclose(shares, moved.visible / moved.full, atol=1e-5)
    seen = shares > 1e-4
    assert np.allclose(few[seen], moved.bounds()[seen], atol=1e-4)
    many, many_shares = bx._move_many_slanted(boxes, motion)
    assert np.allclose(many_shares, shares, rtol=0, atol=1e-9)
    assert np.allclose(many[seen], few[seen], rtol=0, atol=1e-9)
    assert not many[many_shares == 0].any()


@settings(deadline=None)
@given(st.lists(corners_and_sides, min_size=1, max_size=7), st.floats(-0.006, 0.006), st.floats(-0.006, 0.006))
def test_few_boxes_and_many_move_alike_under_any_homography(rows, g, h):
    assume(abs(g) + abs(h) > 1e-5)
    boxes = np.array([(a, b, min(a + c, 100), min(b + d, 100)) for a, b, c, d in rows])
    bent = Motion.of((1.0, 0.0, 0.0, 0.0, 1.0, 0.0, g, h, 1.0), (100, 100), (90, 110))
    motion = bent.then(Motion.of(mx.about(mx.rotation(20), 50, 50), (90, 110), (90, 110)))
    found = bx.move_few(boxes.tolist(), motion, False)
    moved = carry(Outlines.of_boxes(boxes), motion, Region.of(motion))
    if found is None:  # some corner lies behind the horizon
        assert (1 + np.concatenate([boxes[:, [0, 1]], boxes[:, [2, 1]], boxes[:, [2, 3]], boxes[:, [0, 3]]]) @ (g, h)).min() < 1e-4
        return
    few, shares = (np.array(part) for part in zip(*found, strict=True))
    assert np.allclose(shares, moved.visible / moved.full, atol=1e-5)
    seen = shares > 1e-4
    assert np.allclose(few[seen], moved.bounds()[seen], atol=1e-4)


def test_the_box_of_an_ellipse_is_its_tight_box_also_under_a_homography():
    boxes = np.array([[20.0, 30.0, 60.0, 50.0]])
    turn = np.linspace(0, 2 * np.pi, 20_000)
    rim = np.stack([40 + 20 * np.cos(turn), 40 + 10 * np.sin(turn)], axis=1)
    for matrix in (
        mx.about(mx.rotation(33), 50, 50),
        mx.between_quads(np.array([[0, 0], [99, 4], [90, 88], [8, 99]], float), np.array([[0, 0], [100, 0], [100, 100], [0, 100]], float)),
    ):
        moved = mx.move(matrix, rim)
        found = ellipse_bounds(boxes, Motion.of(matrix, (100, 100), (100, 100)))[0]
        assert np.allclose(found, (*moved.min(axis=0), *moved.max(axis=0)), atol=1e-4)


@pytest.mark.parametrize("shape", ["coco", "pascal_voc", "albumentations", "yolo"])
@given(st.floats(0, 600), st.floats(0, 400), st.floats(0.01, 40), st.floats(0.01, 80))
def test_a_box_goes_into_a_format_and_back(shape, x, y, width, height):
    boxes = np.array([[x, y, x + width, y + height]])
    assert np.allclose(target_boxes.to_corners(target_boxes.to_format(boxes, shape, (480, 640)), shape, (480, 640)), boxes, atol=1e-9)


def test_outlines_behind_the_horizon_are_cut_before_they_are_divided():
    matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.02, 0.0, 1.0)  # the horizon stands at x = 50
    motion = Motion.of(matrix, (40, 100), (100, 100))
    ring = np.array([[10.0, 5.0], [90.0, 5.0], [90.0, 20.0], [10.0, 20.0]])
    moved = carry(Outlines.of([ring]), motion, Region.of(motion))
    assert np.isfinite(moved.bounds()).all()
    assert 0 < moved.visible[0] < moved.full[0]


SPLIT = mx.product(mx.translation(200.3, 30.2), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.02, 0.0, 1.0))  # the horizon stands at x = 50 of 100


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.int32])
def test_what_lies_behind_a_horizon_is_not_in_the_picture_for_pixels_and_labels_alike(kind):
    warp = Warp.of(SPLIT, (40, 100), (100, 400), Sampler(), Border(0, 7, 3))
    picture = np.full((40, 100), 50, kind)
    picture[:, 50:] = 90
    image = warp.image(picture)
    assert not (image == 90).any()
    assert (image[37:68, 202:] == 50).all()
    assert (image[:, :100] == 7).all()
    assert (warp.mask(picture)[:, :100] == 3).all()
    boxes = np.array([[60.0, 5.0, 90.0, 30.0], [10.0, 5.0, 30.0, 30.0], [20.0, 5.0, 90.0, 30.0]])
    warp = Warp.of(SPLIT, (40, 100), (100, 400))
    for (x0, y0, x1, y1), box in zip(boxes.astype(int).tolist(), bx.move_boxes(boxes, Route.of((40, 100), warp.legs))[0], strict=True):
        mask, alone = np.zeros((40, 100), kind), np.zeros((100, 400), kind)
        mask[y0:y1, x0:x1] = 1
        moved, (top, left) = warp.patch(*patch_of(mask))
        alone[top : top + moved.shape[0], left : left + moved.shape[1]] = moved
        whole = warp.mask(mask)
        assert np.array_equal(whole, alone)
        rows, columns = np.nonzero(whole)
        around = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) if len(rows) else (0, 0, 0, 0)
        assert np.abs(box - around).max() <= 1


def test_a_plan_s_boxes_reach_as_far_as_what_is_seen_before_a_horizon():
    plan = Plan((40, 100), (Warp.of(SPLIT, (40, 100), (100, 400)),))
    moved = plan.boxes(np.array([[60.0, 5.0, 90.0, 30.0], [10.0, 5.0, 30.0, 30.0], [20.0, 5.0, 90.0, 30.0]]))
    assert np.isnan(moved[0]).all()
    assert np.allclose(moved[1], (212.8, 36.45, 275.3, 105.2))
    assert np.isfinite(moved[2]).all()
    assert moved[2, 0] == pytest.approx(200.3 + 20 / 0.6)
    assert moved[2, 2] == pytest.approx(400)  # it reaches without end, and the picture ends here
    there = plan.inverse().boxes(np.array([[210.0, 40.0, 260.0, 60.0]]))
    assert np.isfinite(there).all()


def test_the_label_does_not_swell_along_a_chain():
    pipeline = A.Compose([A.Rotate((20, 20), p=1), A.Rotate((25, 25), p=1)], bbox_params=A.BboxParams("coco"))
    _, _, width, height = pipeline(image=np.zeros((600, 600), np.uint8), bboxes=[[200, 250, 200, 150]])["bboxes"][0]
    assert (width, height) == pytest.approx((350 / 2**0.5, 350 / 2**0.5), abs=1e-6)


@pytest.mark.parametrize("scale", [(0.3, 0.3), (0.5, 0.5)])
def test_no_perspective_puts_what_it_shows_behind_its_horizon(scale):
    pipeline = A.Compose([A.Perspective(scale=scale, p=1)], seed=0)
    for key in range(1500):
        matrix = pipeline.draw((120, 160), key=key).matrix
        corners = np.array([[0, 0, 1], [160, 0, 1], [160, 120, 1], [0, 120, 1]]) @ matrix[2]
        assert corners.min() > 0
