"""Bends: elastic, by grids, lenses, splines. One field of coordinates moves pixels, labels and points alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from geoaug.params import between, fixed, flag, number, one_of, pair, parameter, probability, symmetric, whole, within
from geoaug.scene import Scene
from geoaug.steps.remap import Remap
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.resampling import border_of, bordering, filling, interpolating, mask_interpolating, sampler_of, warp
from geoaug.types import Limits, Matrix, Range

if TYPE_CHECKING:
    from numpy.random import Generator

LEAST = 1e-3  # of a grid's cell, as a share of it, that is left: at 0 its pixels would all come from one place
MOST_POINTS = 40  # a side of a spline's grid; beyond, it takes minutes and says no more


def keypoint_remapping() -> Any:
    """Accepted, and of no effect: keypoints move through the bend itself, exactly."""
    return parameter(default="mask", parse=one_of("direct", "mask"))


def _at_least(parse: Callable[[Any], Any], least: float, most: float = float("inf")) -> Callable[[Any], Any]:
    def parse_bound(value: Any) -> Any:
        result = parse(value)
        if not least <= result <= most:
            bound = f"at least {least:g}" if most == float("inf") else f"from {least:g} to {most:g}"
            raise ValueError(f"expected a number {bound}, got {value!r}")
        return result

    return parse_bound


def _counts(value: Any) -> Range:
    low, high = fixed(value)
    if low < 2:
        raise ValueError(f"expected at least 2 (a grid has two ends), got {value!r}")
    return whole(low), whole(high)


def bend(transform: Any, scene: Scene, kind: str, **numbers: Any) -> Remap:
    """Returns: The step of a bend, with the sampling and border of the transform's own parameters."""
    return Remap.of(kind, scene.size, sampler_of(transform, scene.size, scene.size, False), border_of(transform), **numbers)


def _rows(mesh: np.ndarray) -> Any:
    """Returns: Nested tuples, which are hashable and print as they are."""
    return tuple(map(_rows, mesh)) if mesh.ndim else mesh.item()


@transform
class ElasticTransform(Transform):
    """Bend the picture like rubber: every pixel a little, neighbours alike.

    Args:
        alpha: Strength: pixels by which noise of ±1 moves before it is blurred, so larger ``sigma`` needs larger ``alpha``.
        sigma: Standard deviation of the blur in pixels, at least 1.
        interpolation: OpenCV's flag for pictures.
        approximate: Blur within 17 x 17 pixels only: faster, rougher.
        same_dxdy: Move by the same amount along x and y.
        mask_interpolation: OpenCV's flag for masks.
        noise_distribution: ``"gaussian"`` or ``"uniform"``.
        keypoint_remapping_method: Accepted and of no effect: keypoints move through the bend itself.
        border_mode: OpenCV's border mode.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.
        p: Probability that the transform is applied.
        alpha_affine: Pixels, to either side along x and y, by which three corners of a square in the middle move first, and the
            picture with them, as in Albumentations 1.x; a sixth of the picture's shorter side at most.

    Example:
        >>> A.ElasticTransform(alpha=120, sigma=6, p=1)(image=np.zeros((48, 64), np.uint8))["image"].shape
        (48, 64)
    """

    alpha: float = parameter(default=1, parse=_at_least(number, 0))
    sigma: float = parameter(default=50, parse=_at_least(number, 1))
    interpolation: int = interpolating()
    approximate: bool = parameter(default=False, parse=flag)
    same_dxdy: bool = parameter(default=False, parse=flag)
    mask_interpolation: int = mask_interpolating()
    noise_distribution: str = parameter(default="gaussian", parse=one_of("gaussian", "uniform"))
    keypoint_remapping_method: str = keypoint_remapping()
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    p: float = probability(default=0.5)
    alpha_affine: float = parameter(default=0, parse=_at_least(number, 0), named=True)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        step = bend(
            self, scene, "elastic", seed=int(rng.integers(2**53)), alpha=self.alpha, sigma=self.sigma, approximate=self.approximate,
            same_dxdy=self.same_dxdy, noise_distribution=self.noise_distribution,
        )  # fmt: skip
        return attrs.evolve(step, before=warp(self, scene, self._tilt(scene, rng), scene.size)) if self.alpha_affine else step

    def _tilt(self, scene: Scene, rng: Generator) -> Matrix:
        height, width = scene.size
        reach = min(scene.size) / 3
        corners = np.array([[1, 1], [1, -1], [-1, -1]]) * reach + (width / 2, height / 2)
        most = min(self.alpha_affine, reach / 2)  # beyond, the square may turn inside out
        moved = corners + rng.uniform(-most, most, corners.shape)
        across, down = np.linalg.solve(np.column_stack([corners, np.ones(3)]), moved).T.tolist()
        return (*across, *down, 0.0, 0.0, 1.0)


@transform
class GridDistortion(Transform):
    """Stretch and squeeze the columns and rows of a grid.

    Args:
        num_steps: Cells along each side, at least 1.
        distort_limit: By how much of itself a cell grows in what it shows; a lone n stands for (-n, n), within ±1.
        interpolation: OpenCV's flag for pictures.
        normalized: Make the cells share the picture, so that no border shows.
        mask_interpolation: OpenCV's flag for masks.
        keypoint_remapping_method: Accepted and of no effect: keypoints move through the bend itself.
        p: Probability that the transform is applied.
        border_mode: OpenCV's border mode.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.

    Example:
        >>> A.GridDistortion(num_steps=1, p=1)(image=np.uint8([[1, 2, 3]]))["image"]  # one cell alone stays as it is
        array([[1, 2, 3]], dtype=uint8)
    """

    num_steps: int = parameter(default=5, parse=_at_least(whole, 1))
    distort_limit: Limits = parameter(default=(-0.3, 0.3), parse=within(symmetric, -1, 1))
    interpolation: int = interpolating()
    normalized: bool = parameter(default=True, parse=flag)
    mask_interpolation: int = mask_interpolating()
    keypoint_remapping_method: str = keypoint_remapping()
    p: float = probability(default=0.5)
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        return bend(self, scene, "grid", xs=self._nodes(width, rng), ys=self._nodes(height, rng))

    def _nodes(self, length: int, rng: Generator) -> Any:
        # from the first pixel to the last, which stay where they are: beside them a border would shine through
        cell = max(length // self.num_steps, 1)
        edges = np.append(np.arange(0.0, length - 1, cell)[: self.num_steps + 1], length - 1)  # what is left over is a cell of its own
        growth = np.maximum(1 + np.array([between(rng, self.distort_limit) for _ in edges[1:]]), LEAST)
        sources = np.append(0.0, np.cumsum(np.diff(edges) * growth))
        if self.normalized and length > 1:
            sources *= edges[-1] / sources[-1]
        return _rows(np.stack([edges, sources]))


@transform
class OpticalDistortion(Transform):
    """Show the picture through a lens that bends straight lines: barrel or pincushion.

    Args:
        distort_limit: Coefficient of the lens; a lone n stands for (-n, n). Below 0 the picture's edges come out larger.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks.
        mode: ``"camera"`` (OpenCV's lens with both radial coefficients) or ``"fisheye"`` (r·(1 + k·r²), r = 1 in the corners).
        keypoint_remapping_method: Accepted and of no effect: keypoints move through the bend itself.
        p: Probability that the transform is applied.
        border_mode: OpenCV's border mode.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.

    Example:
        >>> A.OpticalDistortion(distort_limit=0.3, mode="fisheye", p=1)(image=np.zeros((48, 64), np.uint8))["image"].shape
        (48, 64)
    """

    distort_limit: Limits = parameter(default=(-0.05, 0.05), parse=symmetric)
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    mode: str = parameter(default="camera", parse=one_of("camera", "fisheye"))
    keypoint_remapping_method: str = keypoint_remapping()
    p: float = probability(default=0.5)
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return bend(self, scene, self.mode, k=between(rng, self.distort_limit))


@transform
class ThinPlateSpline(Transform):
    """Bend the picture like a thin sheet of metal that is held at control points.

    Args:
        scale_range: Standard deviation of the control points' shifts, as tenths of the picture's size, within [0, 1].
        num_control_points: Control points along each side; 2 stands for the corners and the middle.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks.
        keypoint_remapping_method: Accepted and of no effect: keypoints move through the bend itself.
        p: Probability that the transform is applied.
        border_mode: OpenCV's border mode.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.

    Example:
        >>> A.ThinPlateSpline(p=1)(image=np.zeros((48, 64), np.uint8))["image"].shape
        (48, 64)
    """

    scale_range: Range = parameter(default=(0.2, 0.4), parse=within(fixed, 0, 1))
    num_control_points: int = parameter(default=4, parse=_at_least(whole, 2, MOST_POINTS))
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    keypoint_remapping_method: str = keypoint_remapping()
    p: float = probability(default=0.5)
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()

    def draw(self, scene: Scene, rng: Generator) -> Step:
        count = self.num_control_points
        if count == 2:
            controls = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0.5, 0.5]])
        else:
            side = np.linspace(0, 1, count)
            controls = np.stack(np.meshgrid(side, side), axis=2).reshape(-1, 2)
        shifts = rng.normal(0, between(rng, self.scale_range) / 10, controls.shape)
        return bend(self, scene, "spline", controls=_rows(controls), sources=_rows(controls + shifts))


@transform
class PiecewiseAffine(Transform):
    """Shift the nodes of a grid at random, and map the triangles between them affinely.

    Args:
        scale: Strength: a third of it is the standard deviation of the shifts, as a share of the shorter side; a lone n is n.
        nb_rows: Rows of nodes, at least 2; a lone n is n.
        nb_cols: Columns of nodes, likewise.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks.
        absolute_scale: Take ``scale`` for pixels.
        keypoint_remapping_method: Accepted and of no effect: keypoints move through the bend itself.
        p: Probability that the transform is applied.
        border_mode: OpenCV's border mode.
        fill: The constant border's value in pictures.
        fill_mask: The constant border's value in masks.

    Example:
        >>> A.PiecewiseAffine(p=1)(image=np.zeros((48, 64), np.uint8))["image"].shape
        (48, 64)
    """

    scale: Limits = parameter(default=(0.03, 0.05), parse=within(fixed, 0))
    nb_rows: Limits = parameter(default=(4, 4), parse=_counts)
    nb_cols: Limits = parameter(default=(4, 4), parse=_counts)
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    absolute_scale: bool = parameter(default=False, parse=flag)
    keypoint_remapping_method: str = keypoint_remapping()
    p: float = probability(default=0.5)
    border_mode: int = bordering()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()

    def draw(self, scene: Scene, rng: Generator) -> Step:
        height, width = scene.size
        rows, columns = (int(rng.integers(int(low), int(high) + 1)) for low, high in (self.nb_rows, self.nb_cols))
        strength = between(rng, self.scale) * (1 if self.absolute_scale else min(height, width)) / 3
        nodes = np.stack(np.meshgrid(np.linspace(0, width, columns), np.linspace(0, height, rows)), axis=2)
        sources = np.clip(nodes + rng.normal(0, strength, nodes.shape), 0, (width, height))
        return bend(self, scene, "piecewise", shifts=_rows(sources - nodes))


@transform
class GridElasticDeform(Transform):
    """Shift the inner nodes of a grid at random, and stretch the cells between them.

    Args:
        num_grid_xy: Cells along x and along y, at least 1 each.
        magnitude: The furthest shift along x and along y, in whole pixels, at least 1.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks.
        p: Probability that the transform is applied.

    Example:
        >>> A.GridElasticDeform(num_grid_xy=(4, 4), magnitude=5)(image=np.zeros((48, 64), np.uint8))["image"].shape
        (48, 64)
    """

    num_grid_xy: tuple[int, int] = parameter(parse=pair(_at_least(whole, 1)))
    magnitude: int = parameter(parse=_at_least(whole, 1))
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        across, down = self.num_grid_xy
        shifts = np.zeros((down + 1, across + 1, 2))
        shifts[1:-1, 1:-1] = rng.integers(-self.magnitude, self.magnitude, (down - 1, across - 1, 2), endpoint=True)
        return bend(self, scene, "cells", shifts=_rows(shifts))
