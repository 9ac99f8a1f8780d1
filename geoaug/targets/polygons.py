"""Polygons on the way in and out: each instance is a list of outlines, and stays one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.geometry.boxes import Extent, inside
from geoaug.geometry.region import even_odd_area
from geoaug.geometry.shapes import Moved, Outlines
from geoaug.params import LARGEST
from geoaug.params import size as read_size
from geoaug.plan import Plan
from geoaug.raster.fill import fill_outlines, fill_parts
from geoaug.raster.patch import Shape
from geoaug.types import Array, Floats, Size

FARTHEST = 16  # picture sizes that a coordinate may lie away; more is a broken file, and pycocotools dies of it


class Polygons:
    """The polygons of one call.

    Args:
        name: The target's name, for messages.
        given: A list of instances, each a list of rings; a ring is an array (K, 2), a list of pairs or a flat list x, y, x, y, ….
        size: (height, width) of the picture; None where coordinates may lie anywhere.
    """

    __slots__ = ("_moved", "outlines", "rows", "styles")

    def __init__(self, name: str, given: Any, size: Size | None) -> None:
        if not isinstance(given, (list, tuple, np.ndarray)) or (isinstance(given, np.ndarray) and given.ndim == 0):
            raise DataTypeError(f"{name}: expected a list of instances, each a list of rings, got {type(given).__name__}")
        rings: list[Floats] = []
        self.rows: list[range] = []
        self.styles: list[Any] = []
        plain = _read_plain(given, size)
        for index, instance in enumerate(given):
            first, style = len(rings), None
            for number, ring in enumerate(instance if plain else _rings_of(f"{name}[{index}]", instance)):
                rings.append(ring if plain else read_ring(f"{name}[{index}][{number}]", ring, size))
                style = ring
            self.rows.append(range(first, len(rings)))
            self.styles.append(style)
        self.outlines = Outlines.of(rings)
        self._moved: tuple[Plan, Moved, Moved] | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def _through(self, plan: Plan) -> tuple[Moved, Moved]:
        """Returns: The outlines as masks show them, and as the picture does, where a hole covers it but not the masks."""
        if self._moved is None or self._moved[0] is not plan:
            shapes = plan.route.without_covers()
            moved = shapes.carry(self.outlines)
            self._moved = plan, moved.solid(self.rows), moved if shapes is plan.route else plan.route.carry(self.outlines)
        return self._moved[1:]

    def extent(self, plan: Plan) -> Extent:
        """Returns: What is left of each instance."""
        moved, sight = self._through(plan)
        bounds = moved.bounds()
        boxes, shares, areas = np.zeros((len(self.rows), 4)), np.zeros(len(self.rows)), np.zeros(len(self.rows))
        for k, rings in enumerate(self.rows):
            full, visible = measured(rings, moved)
            if full > 1e-9 and visible > 0:
                own = bounds[rings.start : rings.stop]
                boxes[k] = (*np.nanmin(own[:, :2], axis=0), *np.nanmax(own[:, 2:], axis=0)) if len(own) > 1 else own[0]
                shares[k] = (visible if sight is moved else measured(rings, sight)[1]) / full
                areas[k] = visible
        return Extent(inside(boxes, moved.size), shares, areas)

    def boxes(self, plan: Plan) -> tuple[Floats, list[int]]:
        """Returns: Tight boxes of what a plan leaves visible, shape (N, 4) in pixels, and their row numbers."""
        extent = self.extent(plan)
        rows = np.flatnonzero(extent.areas > 0)
        return extent.boxes[rows], rows.tolist()

    def shapes(self, plan: Plan) -> list[Shape]:
        """Returns: Each instance as a plan leaves it."""
        moved, _ = self._through(plan)
        return [Shape(*part) for part in fill_parts([[ring for k in rings for ring in moved.rings(k)] for rings in self.rows], moved.size)]

    def leave(self, plan: Plan) -> list[list[Any]]:
        """Returns: All instances as they lie then, rings in the kind that came; of what left nothing is left but an empty list."""
        moved, _ = self._through(plan)
        return [[_in_kind(ring, style) for k in rings for ring in moved.rings(k)] for rings, style in zip(self.rows, self.styles, strict=True)]


def _read_plain(given: Any, size: Size | None) -> bool:
    """Returns: Whether all rings are good arrays (K, 2) of float64, which is checked at once and not ring by ring."""
    rings = [ring for instance in given if type(instance) is list for ring in instance]
    if not rings or not all(type(instance) is list for instance in given):
        return False
    if not all(type(ring) is np.ndarray and ring.dtype == np.float64 and ring.ndim == 2 and ring.shape[1] == 2 and len(ring) > 2 for ring in rings):
        return False
    most = float(np.abs(np.concatenate(rings)).max())  # NaN is not within anything
    return most <= (FARTHEST * max(size) if size else np.finfo(np.float64).max)


def _rings_of(where: str, instance: Any) -> Any:
    """Returns: The rings of an instance, which may have come as one bare ring."""
    if isinstance(instance, np.ndarray) and instance.dtype != object:
        return [instance] if instance.ndim < 3 and instance.size else list(instance)
    if isinstance(instance, (str, bytes)) or not isinstance(instance, (list, tuple, np.ndarray)):
        hint = "; for one instance of one ring pass [[ring]]" if isinstance(instance, (int, float, np.number)) else ""
        raise DataTypeError(f"{where}: expected a list of rings, got {instance!r}"[:200] + hint)
    if len(instance) and (not hasattr(instance[0], "__len__") or (len(instance[0]) == 2 and not hasattr(instance[0][0], "__len__"))):
        return [instance]
    return instance


def _in_kind(ring: Floats, style: Any) -> Any:
    if isinstance(style, np.ndarray):
        kind = style.dtype if style.dtype.kind == "f" else np.dtype(np.float64)
        return ring.astype(kind) if style.ndim == 2 else ring.reshape(-1).astype(kind)
    return ring.tolist() if len(style) and hasattr(style[0], "__len__") else ring.reshape(-1).tolist()


def read_ring(where: str, ring: Any, size: Size | None) -> Floats:
    """Returns: The corners of a ring, shape (N, 2).

    Raises:
        DataTypeError: Not numbers.
        DataError: Too few, an odd count, not finite, or far outside of any picture.
    """
    numbers = read_floats(where, ring, "x, y, x, y, …")
    if numbers.ndim == 2 and numbers.shape[1] == 2:
        numbers = numbers.reshape(-1)  # points as pairs
    if numbers.ndim != 1:
        raise DataError(f"{where}: expected numbers x, y, x, y, …, got an array of shape {numbers.shape}")
    if len(numbers) % 2:
        raise DataError(f"{where}: {len(numbers)} numbers; expected pairs x, y, so an even count")
    if len(numbers) < 6:
        raise DataError(f"{where}: {len(numbers) // 2} points; a polygon needs at least 3, so drop it or keep its box alone")
    limit = FARTHEST * max(size) if size else LARGEST
    if not np.abs(numbers).max() <= limit:  # NaN is not either
        if not np.isfinite(numbers).all():
            bad = int(np.flatnonzero(~np.isfinite(numbers))[0])
            raise DataError(f"{where}: coordinate {bad}, {numbers[bad]}, is not finite; drop the polygon or mend the file")
        told = f"{FARTHEST} picture sizes" if size else f"{LARGEST:g} px"
        raise DataError(f"{where}: coordinate {np.abs(numbers).max():g} lies more than {told} away; the file is broken")
    return numbers.reshape(-1, 2)


def read_floats(where: str, given: Any, expected: str) -> Floats:
    """Returns: Numbers as float64, in the shape that they came in, or a DataTypeError."""
    try:
        numbers = np.asarray(given)
        if numbers.dtype.kind in "iuf" or numbers.size == 0:
            return numbers.astype(np.float64, copy=not isinstance(given, (list, tuple)))  # a caller's own array is never handed on
    except (TypeError, ValueError, OverflowError):
        pass
    raise DataTypeError(f"{where}: expected numbers {expected}, got {given!r}"[:200])


def measured(rings: range, moved: Moved) -> tuple[float, float]:
    """Returns: The area of an instance's outlines before and after cutting, px² of the output."""
    full, visible = float(moved.full[rings.start : rings.stop].sum()), float(moved.visible[rings.start : rings.stop].sum())
    if full <= 1e-9 or visible > full + 1e-6:  # the halves of a ring that crosses itself may cancel: count what the even-odd rule fills
        full = sum(even_odd_area(moved.outlines.ring(k)) for k in rings)
        visible = sum(even_odd_area(ring) for k in rings for ring in moved.rings(k))
    return full, visible


def polygons_to_masks(polygons: Sequence[Sequence[Any]], size: tuple[int, int]) -> list[Array]:
    """Draw polygons into masks: a pixel is set where an outline holds its centre.

    Args:
        polygons: A list of instances, each a list of rings, as the ``polygons`` target takes and gives them.
        size: (height, width) of the masks in pixels.

    Returns: A mask for each instance, shape (h, w) uint8, 1 inside. They share one block of memory.

    Raises:
        DataError: A ring is none; the message names the instance.

    Example:
        >>> A.polygons_to_masks([[[0, 0, 2, 0, 2, 1, 0, 1]]], (2, 3))[0]
        array([[1, 1, 0],
               [0, 0, 0]], dtype=uint8)
    """
    try:
        height, width = read_size(size)
    except ValueError as fault:
        raise ParameterError(f"size={size!r}: {fault}") from None
    read = Polygons("polygons", polygons, None)
    return fill_outlines([[read.outlines.ring(k) for k in rings] for rings in read.rows], (height, width))
