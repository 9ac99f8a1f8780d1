"""Boxes on the way in and out: four formats, edges of pixels, float64 from door to door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.geometry.boxes import FEW, Box, Extent, move_boxes, move_few
from geoaug.geometry.matrix import IDENTITY
from geoaug.params import LARGEST, chance, flag, number, one_of, optional, parameter, parameters, values_of
from geoaug.plan import Plan
from geoaug.targets.labels import pick
from geoaug.types import Array, Floats, Size

FORMATS = ("coco", "pascal_voc", "albumentations", "yolo", "oriented")
COLUMNS = {
    "coco": ("x_min", "y_min", "width", "height"),
    "pascal_voc": ("x_min", "y_min", "x_max", "y_max"),
    "albumentations": ("x_min", "y_min", "x_max", "y_max"),
    "yolo": ("x_center", "y_center", "width", "height"),
    "oriented": ("x_center", "y_center", "width", "height", "angle"),
}
ROUNDING = 0.01  # px outside of the picture that are taken for rounding and snapped
SLACK = 1e-9  # px of a side, or of whatever a threshold counts as a share of it: thresholds are inclusive, rounding must not tip them
AGREES = 1.0  # px that a box may differ from its own shape and still be kept where nothing moves


def least(threshold: float) -> float:
    """Returns: What counts as having reached a threshold: a rounding less, which grows with the numbers that were rounded."""
    return threshold - SLACK * max(1.0, threshold)


def _at_least_zero(value: Any) -> float:
    result = number(value)
    if result < 0:
        raise ValueError(f"expected a number of at least 0, got {value!r}")
    return result


def _ratio(value: Any) -> float:
    result = number(value)
    if result < 1:
        raise ValueError(f"expected a ratio of at least 1, got {value!r}")
    return result


def fields_of_labels(value: Any) -> list[str] | None:
    """Names of label fields; one name alone is a list of one."""
    if value is None:
        return None
    if isinstance(value, str):
        return [value]
    if isinstance(value, Sequence) and all(isinstance(name, str) for name in value):
        return list(value)
    raise ValueError(f"expected a list of names, got {value!r}")


@parameters
class BboxParams:
    """How boxes come in, and which may stay.

    Args:
        format: ``coco`` (x_min, y_min, width, height in pixels), ``pascal_voc`` (x_min, y_min, x_max, y_max in pixels),
            ``albumentations`` (the same as shares of width and height), ``yolo`` (x_center, y_center, width, height as shares) or
            ``oriented`` (x_center, y_center, width, height in pixels, angle from the x axis towards y, clockwise as seen).
        label_fields: Names of the arguments that hold one entry a box.
        min_area: Smallest area of what stays visible, px² of the output, inclusive.
        min_visibility: Smallest visible share of the moved box, measured once over the whole pipeline, inclusive.
        min_width: Smallest width, px of the output, inclusive.
        min_height: Smallest height, px of the output, inclusive.
        check_each_transform: Kept for old code; boxes are decided once, at the end.
        clip: Cut incoming boxes at the picture's edge in place of refusing them. ``oriented`` boxes may overhang it, since turned ones of whole
            objects do: where nothing moves they stay as they came, wherever something moves they are cut along their own sides; with
            ``clip=True`` they are cut always.
        filter_invalid_bboxes: Drop incoming boxes that are empty, outside or not finite in place of refusing them.
        max_accept_ratio: Largest ratio of the sides, inclusive.
        rotate_method: What a box that comes alone stands for in all transforms: ``"largest_box"`` (its corners) or ``"ellipse"`` (the
            ellipse inside of it, nearer to most objects); None leaves it to each transform.
        angle_in_degrees: Whether ``oriented`` boxes count degrees, or radians for False.
    """

    refuses_unknown = True  # as 2.0.8's class does: a misspelt label_fields would let labels fall out of step
    format: str = parameter(parse=one_of(*FORMATS))
    label_fields: list[str] | None = parameter(default=None, parse=fields_of_labels)
    min_area: float = parameter(default=0.0, parse=_at_least_zero)
    min_visibility: float = parameter(default=0.0, parse=chance)
    min_width: float = parameter(default=0.0, parse=_at_least_zero)
    min_height: float = parameter(default=0.0, parse=_at_least_zero)
    check_each_transform: bool = parameter(default=True, parse=flag)
    clip: bool = parameter(default=False, parse=flag)
    filter_invalid_bboxes: bool = parameter(default=False, parse=flag)
    max_accept_ratio: float | None = parameter(default=None, parse=optional(_ratio))
    rotate_method: str | None = parameter(default=None, parse=one_of(None, "largest_box", "ellipse"), named=True)
    angle_in_degrees: bool = parameter(default=True, parse=flag, named=True)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data."""
        return values_of(self)

    def accepts(self, boxes: Floats, visible: Floats, areas: Floats | None = None) -> Array:
        """Returns: Which boxes may stay, shape (N,) bool.

        Args:
            boxes: Shape (N, 4) as x_min, y_min, x_max, y_max in pixels of the output.
            visible: Their visible shares, shape (N,).
            areas: The areas of the shapes inside of them, shape (N,), px²; None where a box is all that is known.
        """
        if len(boxes) <= FEW and areas is None:
            return np.array([self.accepts_one(box, share) for box, share in zip(boxes.tolist(), visible.tolist(), strict=True)], bool)
        width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        good = (width > SLACK) & (height > SLACK) & (visible >= self.min_visibility - SLACK)
        if self.min_area or self.min_width or self.min_height:
            good &= ((width + SLACK) * (height + SLACK) if areas is None else areas) >= least(self.min_area)
            good &= (width >= least(self.min_width)) & (height >= least(self.min_height))
        if self.max_accept_ratio is not None:
            good &= np.maximum(width, height) - SLACK <= (np.minimum(width, height) + SLACK) * self.max_accept_ratio
        return good

    def accepts_one(self, box: Sequence[float], visible: float) -> bool:
        """Returns: The same for one box, in plain numbers."""
        width, height = box[2] - box[0], box[3] - box[1]
        return (
            width > SLACK
            and height > SLACK
            and visible >= self.min_visibility - SLACK
            and (not self.min_area or (width + SLACK) * (height + SLACK) >= least(self.min_area))
            and (not self.min_width or width >= least(self.min_width))
            and (not self.min_height or height >= least(self.min_height))
            and (self.max_accept_ratio is None or max(width, height) - SLACK <= (min(width, height) + SLACK) * self.max_accept_ratio)
        )


NO_ROWS = "; where there are none, pass []"
PLAIN = {int, float}  # what arithmetic keeps in double precision; numpy's own numbers may be shorter


def _read_few(given: Any, shape: str, size: Size) -> list[Box] | None:
    """Returns: A few good boxes by their corners, in plain numbers; None for anything that is to be looked at more closely."""
    if type(given) is np.ndarray:
        if given.ndim != 2 or given.dtype.kind != "f":
            return None
        given = given.tolist()
    if type(given) is not list or not 0 < len(given) <= FEW:
        return None
    height, width = size
    boxes = []
    for row in given:
        if type(row) not in (list, tuple) or len(row) != 4 or not {*map(type, row)} <= PLAIN:
            return None
        x0, y0, x1, y1 = row
        if shape == "coco":
            x1, y1 = x0 + x1, y0 + y1
        elif shape == "albumentations":
            x0, y0, x1, y1 = x0 * width, y0 * height, x1 * width, y1 * height
        elif shape == "yolo":
            x0, y0, x1, y1 = (x0 - x1 / 2) * width, (y0 - y1 / 2) * height, (x0 + x1 / 2) * width, (y0 + y1 / 2) * height
        if not (0.0 <= x0 < x1 <= width and 0.0 <= y0 < y1 <= height):
            return None
        boxes.append((float(x0), float(y0), float(x1), float(y1)))
    return boxes


class Boxes:
    """The boxes of one call.

    Args:
        name: The target's name, for messages.
        given: What the caller passed.
        params: How to read it.
        size: (height, width) of the picture.
    """

    __slots__ = ("_corners", "few", "given", "mended", "params", "rows", "seen", "size")

    def __init__(self, name: str, given: Any, params: BboxParams, size: Size) -> None:
        self.given, self.params, self.size = given, params, size
        self.rows: Any = None
        self.seen: list[float] | None = None  # how much of each was visible before this call, where a foreign transform parted it in two
        self.mended = False
        try:
            self.few = _read_few(given, params.format, size)
        except OverflowError:  # ints of hundreds of digits
            self.few = None
        self._corners: Floats | None = None
        if self.few is None:
            numbers = read_numbers(name, given, 4, params.format, finite=False)
            self._corners, self.rows, self.mended = _checked(name, numbers, params, size)

    @property
    def corners(self) -> Floats:
        """x_min, y_min, x_max, y_max in pixels, shape (N, 4)."""
        return np.array(self.few) if self._corners is None else self._corners

    def leave(self, plan: Plan, extent: Extent | None = None) -> tuple[Any, list[int]]:
        """Returns: The boxes that stay, in the caller's format and kind, and the caller's row numbers of them.

        Args:
            plan: What was drawn.
            extent: Where the true shapes lie, for boxes whose rows have some; row by row as the caller numbered them.
        """
        route, params = plan.route, self.params
        motion = route.motion
        if self.few is not None and extent is None and motion is not None and motion.matrix != IDENTITY and self.seen is None:
            found = move_few(self.few, motion, self._ellipse(plan))
            if found is not None:
                rows = [row for row, (box, share) in enumerate(found) if params.accepts_one(box, share)]
                return self._written_few([found[row][0] for row in rows], motion.size), rows
        still, corners = route.still, self.corners
        if len(corners) == 0:
            boxes, kept = corners, np.zeros(0, np.intp)
        else:
            areas = None
            if extent is not None:
                boxes, visible, areas = extent if self.rows is None else Extent(*(part[self.rows] for part in extent))
                if still:  # as in annotations: a box stays if it agrees with its shape
                    agree = np.abs(corners - boxes).max(axis=1) <= AGREES
                    still, boxes = bool(agree.all()), np.where(agree[:, None], corners, boxes)
            elif still:
                boxes, visible = corners, np.ones(len(corners))
            else:
                boxes, visible = move_boxes(corners, route, self._ellipse(plan))
            if self.seen is not None:
                visible = visible * (self.seen if self.rows is None else np.array(self.seen)[self.rows])
            kept = np.flatnonzero(params.accepts(boxes, visible, areas))
            boxes = boxes if len(kept) == len(boxes) else boxes[kept]
        rows = kept.tolist() if self.rows is None else self.rows[kept].tolist()
        if not plan.steps and still and not self.mended:
            return pick(self.given, rows), rows  # nothing was applied, so nothing changes, not even a type
        return self._written(boxes, rows, route.size, still and not (params.clip or params.filter_invalid_bboxes)), rows

    def _ellipse(self, plan: Plan) -> bool:
        method = self.params.rotate_method
        return plan.ellipse if method is None else method == "ellipse"

    def boxes(self, plan: Plan) -> tuple[Floats, list[int]]:
        """Returns: What a plan leaves visible, shape (N, 4) in pixels, and the caller's row numbers."""
        boxes, visible = move_boxes(self.corners, plan.route, self._ellipse(plan))
        kept = np.flatnonzero(visible > SLACK)
        return boxes[kept], kept.tolist() if self.rows is None else self.rows[kept].tolist()

    def shares(self, plan: Plan) -> dict[int, float]:
        """Returns: For each of the caller's row numbers, how much of its box is visible after a plan, since the first of all steps."""
        visible = move_boxes(self.corners, plan.route, self._ellipse(plan))[1] if len(self.corners) else np.ones(0)
        rows = range(len(visible)) if self.rows is None else self.rows.tolist()
        return {row: share * (1.0 if self.seen is None else self.seen[row]) for row, share in zip(rows, visible.tolist(), strict=True)}

    def _written_few(self, boxes: list[Box], size: Size) -> Any:
        shape = self.params.format
        if shape == "pascal_voc":
            out = [[x0, y0, x1, y1] for x0, y0, x1, y1 in boxes]
        elif shape == "coco":
            out = [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in boxes]
        else:
            out = to_format(np.array(boxes).reshape(-1, 4), shape, size).tolist()
        if isinstance(self.given, np.ndarray):
            return np.array(out, self.given.dtype).reshape(-1, 4)
        return out

    def _written(self, boxes: Floats, rows: list[int], size: Size, untouched: bool) -> Any:
        values = boxes if untouched and self.params.format == "pascal_voc" else to_format(boxes, self.params.format, size)
        if isinstance(self.given, np.ndarray):
            kind = self.given.dtype if self.given.dtype.kind == "f" else np.dtype(np.float64)
            if untouched:
                return self.given.reshape(-1, self.given.shape[-1] or 4)[rows].astype(kind)
            if self.given.ndim == 2 and self.given.shape[1] > 4:
                return np.concatenate([values, self.given[rows, 4:]], axis=1).astype(kind)
            return values.astype(kind)
        if untouched:
            return [[float(v) for v in self.given[row][:4]] + list(self.given[row][4:]) for row in rows]
        lists: list[list[Any]] = values.tolist()
        if len(self.given) and len(self.given[0]) > 4:
            for values_, row in zip(lists, rows, strict=True):
                values_.extend(self.given[row][4:])
        return lists


def read_numbers(name: str, given: Any, columns: int, shape: str, finite: bool = True) -> Floats:
    """Returns: The first ``columns`` numbers of every row, shape (N, columns) float64.

    Raises:
        DataTypeError: Not rows of numbers at all.
        DataError: Rows of another length, or numbers that are not finite.
    """
    if isinstance(given, np.ma.MaskedArray) and np.ma.getmaskarray(given).any():
        raise DataTypeError(f"{name}: masked arrays lose their mask on the way; pass array.filled(value), or drop such rows")
    if hasattr(given, "__array__") and np.ndim(given):
        given = np.asarray(given)
    if not isinstance(given, (list, tuple, np.ndarray)) or (isinstance(given, np.ndarray) and given.ndim == 0):
        raise DataTypeError(f"{name}: expected rows of {columns} numbers ({shape}), got {given!r}"[:200])
    if len(given) == 0:
        return np.zeros((0, columns))
    if isinstance(given, np.ndarray):
        if given.dtype.kind not in "iufb":
            raise DataTypeError(f"{name}: expected numbers, got an array of {given.dtype}")
        if given.ndim != 2 or given.shape[1] < columns:
            hint = NO_ROWS if given.size == 0 else ""
            raise DataError(f"{name}: expected N x {columns} ({shape}), got {' x '.join(map(str, given.shape))}{hint}")
        numbers = given[:, :columns].astype(np.float64)
    else:
        numbers = _from_rows(name, given, columns, shape)
    if finite:
        check_finite(name, numbers, shape)
    return numbers


def check_finite(name: str, numbers: Floats, shape: str) -> None:
    """Raise a DataError that names the first number that is NaN or infinite."""
    bad = np.argwhere(~(np.abs(numbers) <= LARGEST))
    if len(bad):
        row, column = bad[0].tolist()
        label = COLUMNS[shape][column] if shape in COLUMNS else f"number {column}"
        raise DataError(f"{name}[{row}]: {label} is {numbers[row, column]}; expected finite numbers, so drop the row or mend the file")


def _from_rows(name: str, given: Any, columns: int, shape: str) -> Floats:
    try:
        widths = set(map(len, given))
        rows = given if widths == {columns} else [row[:columns] for row in given]
    except (TypeError, KeyError, IndexError):
        _check_kinds(name, given, columns, shape)
        raise DataError(f"{name}: expected N x {columns} ({shape}), got {_shape_of(given)}") from None
    if len(widths) > 1 and min(widths) >= columns:
        odd = next(index for index, row in enumerate(given) if len(row) != len(given[0]))
        raise DataError(f"{name}[{odd}]: {len(given[odd])} values, but {name}[0] has {len(given[0])}; give every row as many, or {columns} each")
    try:
        if min(widths) < columns:
            raise ValueError
        numbers = np.array(rows)
        if numbers.dtype.kind in "iufb" and numbers.shape == (len(rows), columns):
            return numbers.astype(np.float64)
    except (ValueError, TypeError, OverflowError):
        pass
    _check_kinds(name, given, columns, shape)
    for index, row in enumerate(rows):
        if len(row) != columns:
            raise DataError(f"{name}[{index}]: expected {columns} numbers ({shape}), got {len(row)}: {row!r}{'' if len(row) else NO_ROWS}")
        for column, value in enumerate(row):
            if value is None:
                raise DataError(f"{name}[{index}]: number {column} is None; expected {columns} finite numbers ({shape})")
            if not isinstance(value, (int, float, np.integer, np.floating)) and not (
                hasattr(value, "__float__") and np.ndim(value) == 0 and not isinstance(value, (str, bytes, complex))
            ):
                raise DataTypeError(f"{name}[{index}]: expected {columns} numbers ({shape}), got {value!r} of {type(value).__name__}")
    try:
        return np.array([[float(value) for value in row] for row in rows])
    except OverflowError:
        raise DataError(f"{name}: a number has more digits than any picture has pixels") from None


def _check_kinds(name: str, given: Any, columns: int, shape: str) -> None:
    """Raise a DataTypeError that names the first row whose values have no order, or are letters."""
    for index, row in enumerate(given):
        if isinstance(row, (str, bytes, Mapping, Set)):
            raise DataTypeError(f"{name}[{index}]: expected {columns} numbers ({shape}) in a list, got {row!r}"[:200])


def _shape_of(given: Any) -> str:
    return f"{len(given)} values: {given!r}"[:120]


def _checked(name: str, numbers: Floats, params: BboxParams, size: Size) -> tuple[Floats, Any, bool]:
    """Returns: Corners in pixels, inside of the picture; the caller's rows of them (None for all); whether any had to be moved."""
    if len(numbers) == 0:
        return numbers, None, False
    if params.filter_invalid_bboxes:
        finite = (np.abs(numbers) <= LARGEST).all(axis=1)
        if not finite.all():
            found, rows, mended = _checked(name, numbers[finite], params, size)
            return found, np.flatnonzero(finite)[slice(None) if rows is None else rows], mended
    height, width = size
    if params.format != "pascal_voc":  # before arithmetic can overflow
        check_finite(name, numbers, params.format)
    boxes = to_corners(numbers, params.format, size)
    if len(boxes) <= FEW and all(0.0 <= x0 < x1 <= width and 0.0 <= y0 < y1 <= height for x0, y0, x1, y1 in boxes.tolist()):
        return boxes, None, False
    check_finite(name, numbers, params.format)
    lenient, mended = params.clip or params.filter_invalid_bboxes, False
    low, high = boxes.min(), boxes[:, 2:].max(axis=0).tolist()
    if low < 0.0 or high[0] > width or high[1] > height or boxes[:, 0].max() > width or boxes[:, 1].max() > height:
        limits = np.array((width, height, width, height), np.float64)
        if not lenient:
            off = np.maximum(-boxes, boxes - limits)
            if off.max() > ROUNDING:
                raise _outside(name, numbers, boxes, off, params.format, size)
        boxes, loose = np.minimum(np.maximum(boxes, 0.0), limits), boxes
        mended = bool(np.abs(boxes - loose).max() > 1e-12)  # less is the rounding of shares
    solid = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    if solid.all():
        return boxes, None, mended
    if not lenient:
        raise _inverted(name, numbers, boxes, int(np.flatnonzero(~solid)[0]), params.format)
    if not params.filter_invalid_bboxes:
        raw = to_corners(numbers, params.format, size)
        turned = (raw[:, 2] <= raw[:, 0]) | (raw[:, 3] <= raw[:, 1])
        if turned.any():
            raise _inverted(name, numbers, raw, int(np.flatnonzero(turned)[0]), params.format)
    return boxes[solid], np.flatnonzero(solid), mended


def _as_written(name: str, numbers: Floats, row: int, shape: str) -> str:
    return f"{name}[{row}] = ({', '.join(f'{v:g}' for v in numbers[row])}) in {shape!r}"


def _outside(name: str, numbers: Floats, boxes: Floats, off: Floats, shape: str, size: Size) -> DataError:
    row, column = np.argwhere(off > ROUNDING)[0].tolist()
    side, axis = ("x_min", "y_min", "x_max", "y_max")[column], ("width", "height")[column % 2]
    limit, value = size[1 - column % 2], boxes[row, column]
    trouble = f"{side} {value:g} > {axis} {limit}" if value > limit else f"{side} {value:g} < 0"
    hint = "pass clip=True to cut such boxes, filter_invalid_bboxes=True to drop what is outside"
    if shape in ("yolo", "albumentations") and numbers[row].max() > 2:
        hint = f"{shape!r} takes shares of the picture's size from 0 to 1; for pixels use 'pascal_voc' or 'coco'"
    return DataError(f"{_as_written(name, numbers, row, shape)}: {trouble}; Expected {side} to be in the range of the picture; {hint}")


def _inverted(name: str, numbers: Floats, boxes: Floats, row: int, shape: str) -> DataError:
    x0, y0, x1, y1 = boxes[row].tolist()
    way_out = "to drop such boxes, filter_invalid_bboxes=True."
    if shape in ("coco", "yolo"):
        which, value = ("width", numbers[row, 2]) if numbers[row, 2] <= 0 else ("height", numbers[row, 3])
        return DataError(f"{_as_written(name, numbers, row, shape)}: {which} {value:g}; expected more than 0; {way_out}")
    which = f"x_max {x1:g} is left of x_min {x0:g}" if x1 < x0 else f"x_max {x1:g} equals x_min {x0:g}" if x1 == x0 else (
        f"y_max {y1:g} is above y_min {y0:g}" if y1 < y0 else f"y_max {y1:g} equals y_min {y0:g}"
    )  # fmt: skip
    return DataError(f"{_as_written(name, numbers, row, shape)}: {which}. If these are x, y, width, height, use format='coco'; {way_out}")


def to_corners(numbers: Floats, shape: str, size: Size) -> Floats:
    """Returns: Boxes of a format as x_min, y_min, x_max, y_max in pixels, shape (N, 4)."""
    if shape == "pascal_voc":
        return numbers
    if shape == "coco":
        boxes = numbers.copy()
        boxes[:, 2:] += boxes[:, :2]
        return boxes
    height, width = size
    if shape == "albumentations":
        return numbers * (width, height, width, height)
    half = numbers[:, 2:] / 2
    return np.concatenate([numbers[:, :2] - half, numbers[:, :2] + half], axis=1) * (width, height, width, height)


def to_format(boxes: Floats, shape: str, size: Size) -> Floats:
    """Returns: Boxes as x_min, y_min, x_max, y_max in pixels, shape (N, 4), in a format."""
    if shape == "pascal_voc":
        return boxes
    if shape == "coco":
        out = boxes.copy()
        out[:, 2:] -= out[:, :2]
        return out
    height, width = size
    scaled = boxes / (width, height, width, height)
    if shape == "albumentations":
        return scaled
    return np.concatenate([(scaled[:, :2] + scaled[:, 2:]) / 2, scaled[:, 2:] - scaled[:, :2]], axis=1)
