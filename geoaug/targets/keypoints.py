"""Keypoints on the way in and out. Albumentations and COCO count pixel centres; inside, points are continuous.

This is the one place, beside OpenCV's door in ``raster/``, that knows the half pixel between the two.
"""

from __future__ import annotations

import math
import operator
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.geometry.matrix import move
from geoaug.geometry.region import Region
from geoaug.geometry.route import Route
from geoaug.params import flag, one_of, parameter, parameters, values_of
from geoaug.plan import Plan
from geoaug.targets.boxes import check_finite, fields_of_labels, read_numbers
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
    "xyv": {"x": 0, "y": 1, "v": 2},
}
Pairs = Mapping[Any, Sequence[tuple[int, int]]]
CENTRE = 0.5  # from a pixel's index to its centre


def read_pairs(given: Any) -> Pairs | None:
    """Returns: Pairs for each category id; a lone list of pairs counts for every category (under the key None).

    Raises:
        ParameterError: Anything but pairs of whole numbers.
    """
    if given is None:
        return None
    try:
        by_category = dict(given) if isinstance(given, Mapping) else {None: given}
        read = {category: [(operator.index(one), operator.index(other)) for one, other in pairs] for category, pairs in by_category.items()}
        for pairs in read.values():
            points = [point for pair in pairs for point in pair]
            if len(set(points)) < len(points) or min(points, default=0) < 0:
                raise ValueError("a point changes places with one other")
        return read
    except (TypeError, ValueError):
        raise ParameterError(
            f"flip_pairs={given!r}: expected pairs such as [(1, 2), (3, 4)], each point once, or such a list for each category id"
        ) from None


@parameters
class KeypointParams:
    """How keypoints come in, and whether those that leave the picture stay.

    Args:
        format: Order of the columns: x, y in pixel indices (0 is the centre of the first pixel), a for an angle from the
            x axis towards y (clockwise as seen), s for a scale in pixels, z carried along, v for COCO's visibility (0 not labelled, where
            x and y mean nothing, 1 hidden, 2 visible): with v nothing is dropped, what leaves becomes 0, 0, 0. In ``xyv`` a row of 6, 9,
            12, … numbers is an instance of 2, 3, 4, … points as COCO writes it, and comes back as such a row.
        label_fields: Names of the arguments that hold one entry a keypoint.
        remove_invisible: Drop keypoints that left the picture; False keeps them, wherever they lie, and those that come as NaN, NaN, which
            stay that. What has no place at all, as behind a horizon or beyond the edge of a lens, is dropped all the same; in groups,
            which keep their shape, it lies at -1, -1.
        angle_in_degrees: Degrees, or radians for False.
        check_each_transform: Kept for old code; keypoints are decided once, at the end.
    """

    refuses_unknown = True
    format: str = parameter(parse=one_of(*FORMATS))
    label_fields: list[str] | None = parameter(default=None, parse=fields_of_labels)
    remove_invisible: bool = parameter(default=True, parse=lambda given: flag(given or False))  # None, as old code has it, for False
    angle_in_degrees: bool = parameter(default=True, parse=flag)
    check_each_transform: bool = parameter(default=True, parse=flag)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data."""
        return values_of(self)


class Keypoints:
    """The keypoints of one call: rows of points, or groups of them, an instance each, that keep their shape.

    Args:
        name: The target's name, for messages.
        given: What the caller passed: (N, C), or (N, K, C) for N instances of K points each; of ``xyv`` (N, 3 · K) too.
        params: How to read it.
        size: (height, width) of the picture.
    """

    __slots__ = ("flat", "given", "group", "missing", "name", "numbers", "params", "size")

    def __init__(self, name: str, given: Any, params: KeypointParams, size: Size) -> None:
        self.name, self.given, self.params, self.size = name, given, params, size
        columns = len(FORMATS[params.format])
        width = _coco_width(given) if params.format == "xyv" else 0
        self.flat = width > 0  # whether each row is an instance
        self.group = width // columns or _group(name, given)
        try:
            if self.flat:
                self.numbers = read_numbers(name, given, width, "xyv" * self.group, finite=False).reshape(-1, columns)
            else:
                self.numbers = read_numbers(name, _points_of(given) if self.group else given, columns, params.format, finite=False)
            self.missing = self._unlabelled()
            check_finite(name, np.where(self.missing[:, None], 0.0, self.numbers), params.format)
            if "v" in FORMATS[params.format]:
                _check_visibility(name, self.numbers[:, FORMATS[params.format]["v"]])
        except (DataError, DataTypeError) as fault:
            if not self.group:
                raise
            hint = f". A row of {width} numbers in 'xyv' is {self.group} points; numbers that belong to one point go into label_fields"
            raise type(fault)(_by_group(str(fault), name, self.group) + (hint if self.flat else "")) from None

    def leave(self, plan: Plan, pairs: Pairs | None = None) -> tuple[Any, list[int]]:
        """Returns: The keypoints that stay, in the caller's format and kind, and the caller's row numbers of them (of groups, all).

        Args:
            plan: What was drawn.
            pairs: Which points of a group change places in a mirror.

        Warns where a group, or points that somebody listed pairs for, are mirrored and nobody knows which of them are left and right.
        """
        count = len(self.given)
        if not plan.steps:
            values, rows = self.numbers, np.arange(len(self.numbers))
            if not self.group and self._drops:
                rows = np.flatnonzero(move_points(self._points(), plan.route)[1])
            return pick(self.given, rows.tolist() if not self.group else range(count)), rows.tolist() if not self.group else list(range(count))
        columns, route = FORMATS[self.params.format], plan.route
        points = self._points()
        moved, seen = move_points(points, route)
        values = self.numbers
        if not route.still:
            values = values.copy()
            values[:, columns["x"]], values[:, columns["y"]] = moved[:, 0] - CENTRE, moved[:, 1] - CENTRE
            self._turn(values, points, route, columns)
        order = self._exchange(pairs, len(values)) if route.mirrored else slice(None)
        if "v" in columns:
            values = judged(values, move_points(points, route.without_holes())[1], seen)
        values, seen = values[order], seen[order]
        # a lens may show a point nowhere, or fold just there, so that nothing has a direction
        placed = np.asarray(np.isfinite(values).all(axis=1)) | self.missing[order]
        if self.group:
            values = values if placed.all() else np.where(placed[:, None], values, self._nowhere(columns))
            return self._grouped(values), list(range(count))
        rows = np.flatnonzero(placed & seen if self._drops else placed)
        return self._written(values, rows), rows.tolist()

    def _unlabelled(self) -> Array:
        """Returns: Which points come as NaN, NaN where all points stay: nobody has labelled them, shape (N,) bool."""
        columns = FORMATS[self.params.format]
        if "v" in columns:  # which says so itself
            self.numbers[self.numbers[:, columns["v"]] == 0] = 0.0
        if self.params.remove_invisible or "v" in columns:
            return np.zeros(len(self.numbers), np.bool_)
        return np.asarray(np.isnan(self.numbers[:, [columns["x"], columns["y"]]]).all(axis=1))

    @property
    def _drops(self) -> bool:
        return self.params.remove_invisible and not self.group and "v" not in FORMATS[self.params.format]

    def _nowhere(self, columns: dict[str, int]) -> Floats:
        """Returns: A point of a group that has no place: groups keep their shape, so it lies beside the picture, with no size."""
        return np.array([-1.0 if axis in "xy" else 0.0 for axis in columns])

    def _points(self) -> Floats:
        columns = FORMATS[self.params.format]
        points: Floats = self.numbers[:, [columns["x"], columns["y"]]] + CENTRE
        return points

    def _exchange(self, pairs: Pairs | None, count: int) -> Array | slice:
        """Returns: For each point, the number of the one that takes its place."""
        size = self.group or count
        if self.group > 1 if pairs is None else pairs and None not in pairs and size > 1:
            warn_of_sides(self.name, "" if pairs is None else f"flip_pairs are by category_id, and {self.name} have none")
        listed = (pairs or {}).get(None, ())
        if not listed:
            return slice(None)
        over = [pair for pair in listed if max(pair) >= size]
        if over and self.group:
            raise DataError(f"flip_pairs: {over[0]}, but instances have {size} points, numbered from 0 to {size - 1}")
        order = np.array(swapped(list(listed), size), np.intp)
        return (np.arange(0, count, size or 1)[:, None] + order).reshape(-1) if size else order

    def _grouped(self, values: Floats) -> Any:
        shaped = values.reshape(len(self.given), -1) if self.flat else values.reshape(len(self.given), self.group, -1)
        if self.flat and not isinstance(self.given, np.ndarray):
            return shaped.tolist()
        if isinstance(self.given, np.ndarray):
            kind = self.given.dtype if self.given.dtype.kind == "f" else np.dtype(np.float64)
            rest = self.given[..., shaped.shape[-1] :]
            return (np.concatenate([shaped, rest], axis=2) if rest.shape[-1] else shaped).astype(kind)
        lists: list[Any] = shaped.tolist()
        for instance, out in zip(self.given, lists, strict=True):
            for point, row in zip(instance, out, strict=True):
                row.extend(list(point)[len(row) :])
        return lists

    def _turn(self, values: Floats, points: Floats, route: Route, columns: dict[str, int]) -> None:
        if "angle" not in columns and "scale" not in columns:
            return
        jacobians = route.jacobians(points)
        if "angle" in columns:
            angle = values[:, columns["angle"]]
            angle = np.radians(angle) if self.params.angle_in_degrees else angle
            towards = np.einsum("nij,nj->ni", jacobians, np.stack([np.cos(angle), np.sin(angle)], axis=1))
            turned = np.arctan2(towards[:, 1], towards[:, 0]) % (2 * math.pi)
            values[:, columns["angle"]] = np.degrees(turned) if self.params.angle_in_degrees else turned
        if "scale" in columns:
            known = np.isfinite(jacobians).all(axis=(1, 2))  # of what has no place, numpy cannot tell a norm
            values[known, columns["scale"]] *= np.linalg.norm(jacobians[known], ord=2, axis=(1, 2))
            values[~known, columns["scale"]] = np.nan

    def _written(self, values: Floats, rows: Array) -> Any:
        values, count = values[rows], self.numbers.shape[1]
        if isinstance(self.given, np.ndarray):
            kind = self.given.dtype if self.given.dtype.kind == "f" else np.dtype(np.float64)
            if self.given.ndim == 3:  # no groups at all still have their shape
                return self.given.astype(kind)
            if self.given.ndim == 2 and self.given.shape[1] > count:
                values = np.concatenate([values, self.given[rows, count:]], axis=1)
            return values.astype(kind)
        lists: list[list[Any]] = values.tolist()
        for row, out in zip(rows.tolist(), lists, strict=True):
            out.extend(self.given[row][count:])
        return lists


def _check_visibility(name: str, told: Floats) -> None:
    strange = np.flatnonzero(~np.isin(told, (0, 1, 2)))
    if len(strange):
        row = int(strange[0])
        raise DataError(
            f"{name}[{row}]: v is {told[row]:g}; expected 0 (not labelled), 1 (hidden) or 2 (visible). "
            "Scores and other numbers go into a further column, which is carried along"
        )


def _group(name: str, given: Any) -> int:
    """Returns: How many points each instance has, 0 where points come as plain rows."""
    if isinstance(given, np.ndarray):
        if given.ndim != 3:
            return 0
        if given.shape[1] == 0 and len(given):
            raise DataError(f"{name}: {len(given)} instances of 0 points; pass keypoints of shape (instances, points, columns), or []")
        return int(given.shape[1]) if len(given) else 0
    if not isinstance(given, (list, tuple)) or not given or not _nested(given[0]):
        return 0
    lengths = [len(instance) if hasattr(instance, "__len__") else -1 for instance in given]
    for index, length in enumerate(lengths):
        if length != lengths[0]:
            raise DataError(
                f"{name}[{index}]: {length} points, {name}[0] has {lengths[0]}; instances have the same number of points (v = 0 for unlabelled)"
            )
    return lengths[0]


def _nested(instance: Any) -> bool:
    if isinstance(instance, np.ndarray):
        return instance.ndim == 2 and len(instance) > 0
    return isinstance(instance, (list, tuple)) and len(instance) > 0 and isinstance(instance[0], (list, tuple, np.ndarray))


def _coco_width(given: Any) -> int:
    """Returns: How many numbers each row of x, y, v, x, y, v, … has, two points or more; 0 for anything else."""
    if isinstance(given, np.ndarray):
        width = given.shape[1] if given.ndim == 2 and given.dtype.kind in "iuf" and len(given) else 0
    elif isinstance(given, (list, tuple)) and given and all(isinstance(row, (list, tuple, np.ndarray)) for row in given):
        width = len(given[0]) if {len(row) for row in given} == {len(given[0])} and all(map(_is_number, given[0])) else 0
    else:
        width = 0
    return width if width > 3 and width % 3 == 0 else 0


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))


def _points_of(given: Any) -> Any:
    if isinstance(given, np.ndarray):
        return given.reshape(-1, given.shape[2])
    return [point for instance in given for point in instance]


def _by_group(told: str, name: str, group: int) -> str:
    """Returns: A message about a point of many, with the instance and its point in place of the point's running number."""
    return re.sub(re.escape(name) + r"\[(\d+)\]", lambda found: f"{name}[{int(found[1]) // group}][{int(found[1]) % group}]", told, count=1)


def move_points(points: Floats, route: Route) -> tuple[Floats, Array]:
    """Move points and tell which stay visible.

    Args:
        points: Shape (N, 2), continuous pixels of the source.
        route: Where they go.

    Returns: Moved points, shape (N, 2), and whether each is visible, shape (N,) bool. A point up to half a pixel outside
        of the source is taken for one on its edge (indices up to ``width`` are legal in Albumentations' API).
    """
    motion = route.motion
    moved = move(motion.matrix, points) if motion is not None else route.points(points)
    height, width = route.source
    limits = (width, height)
    over = np.maximum(-points, points - limits).max(axis=1, initial=-1.0) if len(points) else np.zeros(0)
    rim = (over > 0) & (over <= CENTRE + 1e-6)
    if motion is None:
        seen = route.seen(np.clip(points, 0, limits) if rim.any() else points)
    else:
        tested = np.where(rim[:, None], move(motion.matrix, np.clip(points, 0, limits)), moved) if rim.any() else moved
        seen = Region.of(motion).contains(tested)
    return moved, seen & (over <= CENTRE + 1e-6)


def judged(values: Floats, there: Array, seen: Array) -> Floats:
    """Returns: Points with COCO's visibility in the third column: 0 for what left, 1 (hidden) for what is covered.

    Args:
        values: Shape (N, 3) as x, y, v.
        there: Which points are still on the canvas, shape (N,) bool.
        seen: Which are visible, too, shape (N,) bool.
    """
    out = np.where((there & (values[:, 2] > 0))[:, None], values, 0.0)
    out[there & ~seen & (values[:, 2] > 1), 2] = 1.0
    return out


def warn_of_sides(name: str, why: str = "") -> None:
    """Warn that points were mirrored while nobody knows which of them are left and right.

    Args:
        name: The target's name.
        why: Why what was passed does not tell.
    """
    warnings.warn(
        f"{name}: keypoints were mirrored, but which are left and which right is not known{': ' if why else ''}{why}; pass "
        "Compose(…, flip_pairs=[(1, 2), …]), or flip_pairs=[] where there are no such pairs",
        stacklevel=3,
    )


def swapped(pairs: list[tuple[int, int]], count: int) -> list[int]:
    """Returns: For each keypoint, the one that takes its place in a mirrored picture."""
    order = list(range(count))
    for one, other in pairs:
        if one < count and other < count:
            order[one], order[other] = other, one
    return order
