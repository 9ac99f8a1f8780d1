"""Keypoints by themselves: x, y, z, angle in radians, scale as in 2.x (arrays), or x, y, angle, scale as in 1.x (tuples)."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from geoaug.compat.boxes import single
from geoaug.compat.written import changed, kept, size_then
from geoaug.errors import DataError, ParameterError
from geoaug.targets.keypoints import FORMATS
from geoaug.types import Floats

keypoint_formats = {name for name in FORMATS if name != "xyv"}
INNER = ("x", "y", "z", "angle", "scale")  # columns of an array
FORMER = ("x", "y", "angle", "scale")  # columns of a tuple
TURN = 2 * math.pi


def angle_to_2pi_range(angle: Any) -> Any:
    """Radians, brought to [0, 2π)."""
    return angle % TURN


def _columns(keypoints: Any) -> tuple[str, ...]:
    return INNER if isinstance(keypoints, np.ndarray) else FORMER


def _known(name: str, value: str) -> dict[str, int]:
    if value not in keypoint_formats:
        raise ParameterError(f"Unknown {name} {value}. Supported formats are: {sorted(keypoint_formats)}")
    return FORMATS[value]


def convert_keypoints_to_albumentations(keypoints: Any, source_format: str, *shape: Any, **named: Any) -> Any:
    """Keypoints of a format as x, y, z, angle in radians, scale (from an array) or x, y, angle, scale (from tuples).

    Args:
        keypoints: An array (N, columns), or a list of tuples; columns beyond those of the format stay behind them.
        source_format: Such as ``"xy"`` or ``"xyas"``.
        shape: ``rows, cols``, or (height, width), or ``{"height": …, "width": …}``; ``check_validity`` and ``angle_in_degrees`` may follow.
        named: The same by name.

    Example:
        >>> convert_keypoints_to_albumentations([(20, 30, 180, "eye")], "xya", 100, 100)
        [(20.0, 30.0, 3.141592653589793, 0.0, 'eye')]
    """
    columns, inner = _known("source_format", source_format), _columns(keypoints)
    size, more = size_then(shape, named, ("check_validity", "angle_in_degrees"))

    def change(points: Floats) -> Floats:
        out = np.zeros((len(points), len(inner)))
        for name, column in columns.items():
            if name in inner:
                out[:, inner.index(name)] = points[:, column]
        angle = inner.index("angle")
        out[:, angle] = angle_to_2pi_range(np.radians(out[:, angle]) if more.get("angle_in_degrees", True) else out[:, angle])
        return out

    out = changed(keypoints, len(columns), change)
    if more.get("check_validity"):
        check_keypoints(out, size)
    return out


def convert_keypoints_from_albumentations(keypoints: Any, target_format: str, *shape: Any, **named: Any) -> Any:
    """The way back; arguments as of ``convert_keypoints_to_albumentations``."""
    columns, inner = _known("target_format", target_format), _columns(keypoints)
    size, more = size_then(shape, named, ("check_validity", "angle_in_degrees"))

    def change(points: Floats) -> Floats:
        angle = inner.index("angle")
        points[:, angle] = angle_to_2pi_range(points[:, angle])
        if more.get("check_validity"):
            check_keypoints(points if inner is INNER else [tuple(row) for row in points.tolist()], size)
        if more.get("angle_in_degrees", True):
            points[:, angle] = np.degrees(points[:, angle])
        by_column = sorted(columns, key=lambda name: columns[name])
        return np.stack([points[:, inner.index(name)] if name in inner else np.zeros(len(points)) for name in by_column], axis=1)

    return changed(keypoints, len(inner), change)


def check_keypoints(keypoints: Any, *shape: Any, **named: Any) -> None:
    """Refuse keypoints outside of the picture, and angles outside of [0, 2π).

    Raises:
        DataError: All such keypoints.
    """
    (height, width), _ = size_then(shape, named, ())
    angle, told = _columns(keypoints).index("angle"), []
    for point in keypoints:
        told += [
            f"Expected {name} for keypoint {point} to be in the range [0.0, {side}], got {value}."
            for name, value, side in (("x", point[0], width), ("y", point[1], height))
            if not 0 <= value < side
        ]
        if len(point) > angle and not 0 <= point[angle] < TURN:
            told.append(f"Keypoint angle must be in range [0, 2 * PI). Got: {point[angle]}")
    if told:
        raise DataError("\n".join(told))


def check_keypoint(kp: Any, *shape: Any, **named: Any) -> None:
    """Refuse a keypoint outside of the picture, as 1.x has it."""
    check_keypoints([tuple(kp)], *shape, **named)


def filter_keypoints(keypoints: Any, *given: Any, **named: Any) -> Any:
    """The keypoints inside of the picture, or all of them.

    Args:
        keypoints: An array, or a list of tuples.
        given: The picture's size as of ``convert_keypoints_to_albumentations``, then ``remove_invisible``.
        named: The same by name.
    """
    (height, width), more = size_then(given, named, ("remove_invisible",))
    if not more.get("remove_invisible", True) or not len(keypoints):
        return keypoints
    return kept(keypoints, np.array([0 <= x < width and 0 <= y < height for x, y, *_ in keypoints]))


def crop_keypoints_by_coords(keypoints: Any, crop_coords: Sequence[int]) -> Any:
    """Keypoints as seen from the upper left corner of a part, whose x_min, y_min, x_max, y_max are in pixels."""
    return changed(keypoints, 2, lambda points: points - tuple(crop_coords[:2]))


def keypoints_scale(keypoints: Any, scale_x: float, scale_y: float) -> Any:
    """Keypoints under a change of size: x and y times a factor each, the scale times the larger one.

    It is Albumentations' own: pixel indices are multiplied as they are. ``geoaug.Resize`` moves pixel centres, half a pixel apart from that.
    """
    inner = _columns(keypoints)
    factors = [{"x": scale_x, "y": scale_y, "scale": max(scale_x, scale_y)}.get(name, 1.0) for name in inner]
    return changed(keypoints, len(inner), lambda points: points * factors)


convert_keypoint_to_albumentations = single(convert_keypoints_to_albumentations)
convert_keypoint_from_albumentations = single(convert_keypoints_from_albumentations)
crop_keypoint_by_coords = single(crop_keypoints_by_coords)
keypoint_scale = single(keypoints_scale)


def angle_2pi_range(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of keypoints give angles in [0, 2π): of an array's column 3, of a tuple's third entry."""

    @functools.wraps(function)
    def wrapped(keypoints: Any, *args: Any, **given: Any) -> Any:
        out = function(keypoints, *args, **given)
        if not isinstance(out, np.ndarray):
            return (*out[:2], angle_to_2pi_range(out[2]), *out[3:])
        if len(out) and out.shape[1] > 3:
            out[:, 3] = angle_to_2pi_range(out[:, 3])
        return out

    return wrapped
