"""Pictures and masks on the way in: what may be moved, and what the caller hears where it may not."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.geometry.boxes import Extent
from geoaug.geometry.matrix import move, move_one
from geoaug.geometry.region import TOUCH, visible_in_source, visible_lines
from geoaug.geometry.route import Route
from geoaug.plan import Plan
from geoaug.raster.fill import fill_outlines
from geoaug.raster.patch import patch_of
from geoaug.source import Source
from geoaug.types import Array, Floats, Size


def read_picture(name: str, given: Any, layout: bool = True) -> Array:
    """Returns: The pixels, shape (h, w) or (h, w, c), in native byte order; the very array where nothing is to be mended.

    Args:
        name: What it is called, for messages.
        given: The pixels.
        layout: Whether to warn of what looks like channels that come first.

    Raises:
        DataTypeError: Not an array of numbers.
        DataError: Empty, or not of two or three dimensions.
    """
    if type(given) is not np.ndarray:
        given = _as_plain_array(name, given)
    if given.dtype.kind not in "uifb":
        raise DataTypeError(f"{name}: dtype {given.dtype} holds no pixels; expected numbers such as uint8 or float32")
    if given.ndim not in (2, 3):
        hint = "; for a stack of pictures pass images=[…]" if given.ndim == 4 else ""
        raise DataError(f"{name}: expected 2 or 3 dimensions (height, width, channels), got {given.ndim}{hint}")
    if 0 in given.shape:
        if given.shape[0] and given.shape[1]:
            raise DataError(f"{name}: has 0 channels")
        raise DataError(f"{name}: size {given.shape[0]} x {given.shape[1]} is empty")
    if layout and given.ndim == 3 and given.shape[0] in (1, 3, 4) and given.shape[2] > 16:
        warnings.warn(f"{name} looks like C x H x W {given.shape}; expected H x W x C, as image.transpose(1, 2, 0) gives", stacklevel=4)
    return given if given.dtype.isnative else given.astype(given.dtype.newbyteorder("="))


def _as_plain_array(name: str, given: Any) -> Array:
    if given is None:
        raise DataTypeError(f"{name}: {name} must be numpy array type: expected a numpy array, got None (did the file load?)")
    if isinstance(given, np.ma.MaskedArray):
        if np.ma.getmaskarray(given).any():
            raise DataTypeError(f"{name}: masked arrays lose their mask on the way; pass array.filled(value)")
        return np.asarray(given)
    if isinstance(given, np.ndarray):
        return np.asarray(given)
    hint = "; read the file first" if isinstance(given, (str, bytes)) else "; np.asarray(…) makes one"
    raise DataTypeError(f"{name}: {name} must be numpy array type: expected a numpy array, got {type(given).__name__}{hint}")


def read_stack(name: str, given: Any) -> list[Array]:
    """Returns: The pictures or masks of a list, a tuple or an array of shape (n, h, w) or (n, h, w, c)."""
    if isinstance(given, np.ndarray):
        if given.ndim == 1 and len(given) == 0:
            return []  # as np.array([]) spells no masks
        if given.ndim not in (3, 4):
            raise DataError(f"{name}: expected an array (n, height, width) or (n, height, width, channels), got {given.shape}")
        if len(given) == 0:
            return []
    elif not isinstance(given, (list, tuple)):
        raise DataTypeError(f"{name}: expected a list of arrays or one array, got {type(given).__name__}")
    items = [read_picture(f"{name}[{index}]", item) for index, item in enumerate(given)]
    for index, item in enumerate(items):
        if item.shape[:2] != items[0].shape[:2]:
            raise DataError(
                f"{name}[{index}]: {item.shape[0]} x {item.shape[1]}, {name}[0] is {items[0].shape[0]} x {items[0].shape[1]}; they share one plan"
            )
    return items


def check_size(name: str, array: Array | Source, size: Size, other: str) -> None:
    """Raise a DataError where two targets of one call differ in height or width."""
    if (array.shape[0], array.shape[1]) != size:
        raise DataError(
            f"{name}: {array.shape[0]} x {array.shape[1]}, {other} is {size[0]} x {size[1]}: Height and Width of image, mask or masks should be "
            "equal. Pass is_check_shapes=False to move each in its own size"
        )


def fresh(out: Array, given: Any) -> Array:
    """Returns: ``out``, or a copy of it where writing into it would change what the caller gave."""
    if not isinstance(out, np.ndarray):  # a tensor, or whatever else somebody's own transform made
        return out
    shared = np.may_share_memory(out, given) if isinstance(given, np.ndarray) else isinstance(given, Source) and given.owns(out)
    return out.copy() if shared else out


def leave_mask(mask: Array, plan: Plan) -> Array:
    """Returns: A mask after the plan; a mask of one object moves in its own box, which is cheap."""
    if mask.ndim == 2 and plan.patches:
        part, at = patch_of(mask)
        if part.size * 4 < mask.size:
            part, at = plan.patch(part, at)
            out = np.zeros(plan.size, mask.dtype)
            out[at[0] : at[0] + part.shape[0], at[1] : at[1] + part.shape[1]] = part
            return out
    return plan.mask(mask)


class Instances:
    """Instance masks after a plan, each as the part of it that is not zero: N of them never take N pictures' memory at once.

    Args:
        masks: The masks, shape (h, w) or (h, w, c), one an instance.
        plan: What happens.
    """

    __slots__ = ("moved", "parts", "plan", "sides", "visibility")

    def __init__(self, masks: list[Array], plan: Plan) -> None:
        self.plan = plan
        self.parts: list[tuple[Array, tuple[int, int]]] = []  # before
        self.moved: list[tuple[Array, tuple[int, int]]] = []  # and after
        self.visibility = Visibility(plan.route)
        self.sides: list[float | None] = []  # 1 or 0 where all or none of a part is visible for certain
        alone = plan.patches
        for mask in masks:
            part, at = patch_of(mask) if mask.ndim == 2 else (mask, (0, 0))
            self.parts.append((part, at))
            if mask.ndim == 2 and (alone or not part.size):
                side = self.visibility.side(part, at)
                self.sides.append(side)
                away = not part.size or side == 0.0
                self.moved.append((part[:0, :0], (0, 0)) if away else plan.patch(part, at))
            else:
                self.sides.append(None)
                self.moved.append((plan.mask(mask), (0, 0)))

    def extent(self, plan: Plan) -> Extent:
        """Returns: What is left of each instance; every value but 0 belongs to it."""
        count = len(self.parts)
        boxes, shares, areas = np.zeros((count, 4)), np.zeros(count), np.zeros(count)
        own = self._own_pixels()
        for k, ((part, at), (moved, to), side) in enumerate(zip(self.parts, self.moved, self.sides, strict=True)):
            if not moved.size:
                continue
            left, (row, column) = patch_of(_flat(moved) if own is None else np.where(own, _flat(moved), 0))
            if left.size:
                boxes[k] = (to[1] + column, to[0] + row, to[1] + column + left.shape[1], to[0] + row + left.shape[0])
                areas[k] = np.count_nonzero(left)
                shares[k] = self.visibility.counted(_flat(part), at) if side is None else side
        return Extent(boxes, shares, areas)

    def _own_pixels(self) -> Array | None:
        """Returns: Where the source is seen, where a border that reflects or is filled shows beside it, shape (h, w) bool; else None."""
        motion = self.plan.route.motion
        if self.plan.patches or motion is None:
            return None
        return _stencil(move(motion.matrix, visible_in_source(motion)), self.plan.size)

    def leave(self, rows: list[int] | None) -> list[Array]:
        """Returns: The masks of the rows that stay (None: all), of the output's size; they share one block of memory."""
        kept = range(len(self.moved)) if rows is None else rows
        if any(self.moved[row][0].ndim == 3 for row in kept):
            return [self.moved[row][0] if self.moved[row][0].ndim == 3 else self._whole(row) for row in kept]
        if len({self.moved[row][0].dtype for row in kept}) != 1:
            return [self._whole(row) for row in kept]
        block = np.zeros((len(kept), *self.plan.size), self.moved[kept[0]][0].dtype)
        for out, row in zip(block, kept, strict=True):
            self._put(out, row)
        return list(block)

    def _whole(self, row: int) -> Array:
        out = np.zeros(self.plan.size, self.moved[row][0].dtype)
        self._put(out, row)
        return out

    def _put(self, out: Array, row: int) -> None:
        part, (top, left) = self.moved[row]
        out[top : top + part.shape[0], left : left + part.shape[1]] = part


def _stencil(outline: Floats, size: Size) -> Array:
    """Returns: Which pixels an outline, shape (N, 2), maybe empty, holds, shape (h, w) bool."""
    return fill_outlines([[outline] if len(outline) else []], size)[0].view(bool)


def _flat(mask: Array) -> Array:
    return mask if mask.ndim == 2 else np.asarray(mask.any(axis=2))


class Visibility:
    """How much of a mask is visible after a route: the share of its set pixels whose centres are.

    Args:
        route: Where pixels go.
    """

    __slots__ = ("_stencil", "lines", "route")

    def __init__(self, route: Route) -> None:
        self.route = route
        motion = route.motion
        self.lines = None if motion is None else visible_lines(motion)
        self._stencil: Array | None = None

    def share(self, part: Array, at: tuple[int, int]) -> float:
        """Returns: The visible share of a mask's part, shape (h, w), that lies at (row, column)."""
        side = self.side(part, at)
        return self.counted(part, at) if side is None else side

    def counted(self, part: Array, at: tuple[int, int]) -> float:
        """Returns: The same, by its pixels, where ``side`` does not settle it."""
        if self.route.motion is None:
            rows, columns = np.nonzero(part)
            centres = np.stack([columns + (at[1] + 0.5), rows + (at[0] + 0.5)], axis=1)
            return float(self.route.seen(centres).mean()) if len(centres) else 0.0
        if self._stencil is None:
            self._stencil = _stencil(visible_in_source(self.route.motion), self.route.source)
        own = part.view(bool) if part.dtype == np.uint8 and part.max(initial=0) <= 1 else part != 0
        seen = self._stencil[at[0] : at[0] + part.shape[0], at[1] : at[1] + part.shape[1]] & own
        return float(np.count_nonzero(seen)) / max(int(np.count_nonzero(own)), 1)

    def side(self, part: Array, at: tuple[int, int]) -> float | None:
        """Returns: 1 where the part's whole box is visible, 0 where none of it is, None where an edge may cross it."""
        if self.lines is None or self.route.motion is None:
            return None
        top, left = at
        bottom, right = top + part.shape[0], left + part.shape[1]
        corners = [move_one(self.route.motion.matrix, x, y) for x, y in ((left, top), (right, top), (right, bottom), (left, bottom))]
        if min(w for _, _, w in corners) <= 0:
            return None
        whole = True
        for a, b, c in self.lines:
            depths = [a * x + b * y + c for x, y, _ in corners]
            if max(depths) < -TOUCH:
                return 0.0
            whole = whole and min(depths) >= -TOUCH
        return 1.0 if whole else None


def leave_stack(given: Any, out: list[Array], size: Size) -> Any:
    """Returns: Results in the kind of container that came: an array for an array, else a list."""
    if isinstance(given, np.ndarray):
        block = out[0].base if out else None
        if block is not None and block.shape == (len(out), *out[0].shape):
            return block  # they lie in one array already
        return np.stack(out) if out else np.zeros((0, *size, *given.shape[3:]), given.dtype)
    return out
