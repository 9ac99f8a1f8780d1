"""Keypoints on the way in and out. Albumentations and COCO count pixel centres; inside, points are continuous.

This is the one place, beside OpenCV's door in ``raster/``, that knows the half pixel between the two.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geoaug.geometry.matrix import IDENTITY, move
from geoaug.geometry.motion import Motion
from geoaug.geometry.region import Region
from geoaug.params import flag, one_of, parameter, parameters, values_of
from geoaug.plan import Plan
from geoaug.targets.boxes import fields_of_labels, read_numbers
from geoaug.targets.labels import pick
from geoaug.types import Array, Floats, Size

# column of x, y, z, angle, scale in each format
FORMATS: dict[str, dict[str, int]] = {
    "xy": {"x": 0, "y": 1},
    "yx": {"y": 0, "x": 1},
    "xya": {"x": 0, "y": 1, "angle": 2},
    "xys": {"x": 0, "y": 1, "scale": 2},
    "xyas": {"x": 0, "y": 1, "angle": 2, "scale": 3},
    "xysa": {"x": 0, "y": 1, "scale": 2, "angle": 3},
    "xyz": {"x": 0, "y": 1, "z": 2},
}
CENTRE = 0.5  # from a pixel's index to its centre


@parameters
class KeypointParams:
    """How keypoints come in, and whether those that leave the picture stay.

    Args:
        format: Order of the columns: x, y in pixel indices (0 is the centre of the first pixel), a for an angle from the
            x axis towards y (clockwise as seen), s for a scale in pixels, z carried along.
        label_fields: Names of the arguments that hold one entry a keypoint.
        remove_invisible: Drop keypoints that left the picture; False keeps them, wherever they lie.
        angle_in_degrees: Degrees, or radians for False.
        check_each_transform: Kept for old code; keypoints are decided once, at the end.
    """

    format: str = parameter(parse=one_of(*FORMATS))
    label_fields: list[str] | None = parameter(default=None, parse=fields_of_labels)
    remove_invisible: bool = parameter(default=True, parse=flag)
    angle_in_degrees: bool = parameter(default=True, parse=flag)
    check_each_transform: bool = parameter(default=True, parse=flag)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data."""
        return values_of(self)


class Keypoints:
    """The keypoints of one call.

    Args:
        name: The target's name, for messages.
        given: What the caller passed.
        params: How to read it.
        size: (height, width) of the picture.
    """

    __slots__ = ("given", "numbers", "params", "size")

    def __init__(self, name: str, given: Any, params: KeypointParams, size: Size) -> None:
        self.given, self.params, self.size = given, params, size
        self.numbers = read_numbers(name, given, len(FORMATS[params.format]), params.format)

    def leave(self, plan: Plan) -> tuple[Any, list[int]]:
        """Returns: The keypoints that stay, in the caller's format and kind, and the caller's row numbers of them."""
        columns = FORMATS[self.params.format]
        points = self.numbers[:, [columns["x"], columns["y"]]] + CENTRE
        motion = plan.motion
        moved, seen = move_points(points, motion)
        rows = np.flatnonzero(seen) if self.params.remove_invisible else np.arange(len(points))
        if not plan.steps:
            return pick(self.given, rows.tolist()), rows.tolist()  # nothing was applied, so nothing changes, not even a type
        if motion.matrix == IDENTITY:
            values = self.numbers
        else:
            values = self.numbers.copy()
            values[:, columns["x"]], values[:, columns["y"]] = moved[:, 0] - CENTRE, moved[:, 1] - CENTRE
            self._turn(values, points, motion, columns)
        return self._written(values, rows), rows.tolist()

    def _turn(self, values: Floats, points: Floats, motion: Motion, columns: dict[str, int]) -> None:
        if "angle" not in columns and "scale" not in columns:
            return
        jacobians = local_maps(points, motion)
        if "angle" in columns:
            angle = values[:, columns["angle"]]
            angle = np.radians(angle) if self.params.angle_in_degrees else angle
            towards = np.einsum("nij,nj->ni", jacobians, np.stack([np.cos(angle), np.sin(angle)], axis=1))
            turned = np.arctan2(towards[:, 1], towards[:, 0]) % (2 * math.pi)
            values[:, columns["angle"]] = np.degrees(turned) if self.params.angle_in_degrees else turned
        if "scale" in columns:
            values[:, columns["scale"]] *= np.linalg.norm(jacobians, ord=2, axis=(1, 2))

    def _written(self, values: Floats, rows: Array) -> Any:
        values, count = values[rows], self.numbers.shape[1]
        if isinstance(self.given, np.ndarray):
            kind = self.given.dtype if self.given.dtype.kind == "f" else np.dtype(np.float64)
            if self.given.ndim == 2 and self.given.shape[1] > count:
                values = np.concatenate([values, self.given[rows, count:]], axis=1)
            return values.astype(kind)
        lists: list[list[Any]] = values.tolist()
        for row, out in zip(rows.tolist(), lists, strict=True):
            out.extend(self.given[row][count:])
        return lists


def move_points(points: Floats, motion: Motion) -> tuple[Floats, Array]:
    """Move points and tell which stay visible.

    Args:
        points: Shape (N, 2), continuous pixels of the source.
        motion: Where they go.

    Returns: Moved points, shape (N, 2), and whether each is visible, shape (N,) bool. A point up to half a pixel outside
        of the source is taken for one on its edge (indices up to ``width`` are legal in Albumentations' API).
    """
    moved = move(motion.matrix, points)
    height, width = motion.source
    limits = (width, height)
    over = np.maximum(-points, points - limits).max(axis=1, initial=-1.0) if len(points) else np.zeros(0)
    tested = moved
    rim = (over > 0) & (over <= CENTRE + 1e-6)
    if rim.any():
        tested = np.where(rim[:, None], move(motion.matrix, np.clip(points, 0, limits)), moved)
    return moved, Region.of(motion).contains(tested) & (over <= CENTRE + 1e-6)


def local_maps(points: Floats, motion: Motion) -> Floats:
    """Returns: The map's Jacobian at each point, shape (N, 2, 2)."""
    matrix = np.array(motion.matrix).reshape(3, 3)
    homogeneous = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    w = homogeneous[:, 2][:, None, None]
    place = homogeneous[:, :2, None] / w
    result: Floats = (matrix[None, :2, :2] - place * matrix[None, 2:, :2]) / w
    return result


def swapped(pairs: list[tuple[int, int]], count: int) -> list[int]:
    """Returns: For each keypoint, the one that takes its place in a mirrored picture."""
    order = list(range(count))
    for one, other in pairs:
        if one < count and other < count:
            order[one], order[other] = other, one
    return order
