"""A call in between: what a transform that was written for Albumentations takes and gives back, plain arrays and no plan.

Boxes are shares of the picture's size, shape (N, 4 + columns), keypoints x, y, z, angle in radians, scale, shape
(N, 5 + columns). The columns are the caller's own, then labels (numbers as they are, others by code), and last the row
number, by which labels and everything else find their way back in the caller's own kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from geoaug.call import CLOSED, PICTURES, ROWS, Call, Later, Rules
from geoaug.errors import DataError, DataTypeError
from geoaug.hooks import Custody, Drawing, drawing
from geoaug.params import values_of
from geoaug.plan import Plan
from geoaug.scene import Applied, Scene
from geoaug.targets.boxes import BboxParams, Boxes, to_format
from geoaug.targets.keypoints import FORMATS, KeypointParams, Keypoints, Pairs
from geoaug.targets.labels import pick
from geoaug.types import Array, Floats, Size

BOX, POINT = 4, 5  # columns of coordinates
# while data are such plain arrays: further names of targets, each with the target that it behaves like
inside: ContextVar[Mapping[str, str] | None] = ContextVar("inside", default=None)
INSIDE_BOXES = BboxParams("albumentations", clip=True, filter_invalid_bboxes=True)
INSIDE_POINTS = KeypointParams("xyas", remove_invisible=False, angle_in_degrees=False)


def changed(scene: Scene, change: Callable[[dict[str, Any]], Mapping[str, Any]], by: str, moves: bool = True) -> Scene:
    """Carry out what waits, hand everything over as plain arrays, and start a new scene with what comes back.

    Args:
        scene: What waits.
        change: What happens to the plain arrays, by name.
        by: Who does that, for messages.
        moves: Whether more than values of pictures may change.

    Raises:
        DataTypeError: The call has a target that no transform of this kind can move, or what comes back is none.
    """
    call = scene.sight
    if call is None:  # a plan is drawn for a size alone
        raise DataTypeError(f"{by} works on data, so nothing can be drawn without them; call the pipeline")
    call = call.call if isinstance(call, Later) else call
    assert isinstance(call, Call)
    _check_movable(call, by, moves)
    if call.others and scene.steps:
        raise DataError(
            f"is_check_shapes=False: {by} cannot follow other transforms where targets have several sizes; put it first, or give them one size"
        )
    before = handed_over(call, scene.plan, scene.image)
    groups = {name: before[name] for name, (_, read) in call.arrays.items() if getattr(read, "group", 0)}  # of which it knows nothing
    token = inside.set(call.also)
    try:
        given = change({name: value for name, value in before.items() if name not in groups})
    finally:
        inside.reset(token)
    after = taken_back(call, scene.plan.size, {**given, **groups}, before, by)
    assert after.size is not None
    out = Scene(after.size, after.picture, scene.fuse, after)
    out.record = scene.record
    closing = by if after.arrays.keys() < call.arrays.keys() else scene.closed_by
    return out.closed(closing) if closing else out


def _check_movable(call: Call, by: str, moves: bool) -> None:
    for name, (kind, read) in call.arrays.items():
        oriented = kind == "bboxes" and not isinstance(read, Boxes)
        grouped = moves and kind == "keypoints" and read.group > 0
        if kind in ("polygons", "annotations") or oriented or grouped or name in call.rules.instances:
            special = "oriented boxes" if oriented else "groups of points" if grouped else kind
            what = "bound by instances=[…]" if name in call.rules.instances else special
            raise DataTypeError(
                f"{by} has functions for image, mask, bboxes and keypoints, but {name} are {what}, which it cannot move; "
                "write it as a geoaug.Transform whose draw() returns a step, or pass bboxes and masks, and points as rows of their own"
            )


def handed_over(call: Call, plan: Plan, image: Any) -> dict[str, Any]:
    """Returns: Everything of a call under a plan, by name, as Albumentations hands it to transforms."""
    out = dict(call.data)
    last = plan.steps[-1] if plan.steps else None
    for name, value in call.pixels(plan, image).items():
        out[name] = _as_stack(value)
        if last is not None and last.closes and call.arrays[name][0] in CLOSED:
            out[name] = last.close(call.arrays[name][0], out[name])
    for name, (kind, read) in call.arrays.items():
        if kind == "bboxes":
            boxes, rows = read.boxes(plan)
            call.shares[name] = read.shares(plan)
            height, width = plan.size
            out[name] = np.concatenate([boxes / (width, height, width, height), _columns(call, name, read, rows)], axis=1)
        elif kind == "keypoints":
            values, rows = read.leave(plan, call.rules.flip_pairs)
            if read.group:
                out[name] = values
                continue
            out[name] = np.concatenate([_five(values, read.params), _columns(call, name, read, rows)], axis=1)
        else:
            continue
        for label in call.rules.labels.get(name, ()):
            out[label] = pick(call.data[label], rows)
    return out


def _as_stack(value: Any) -> Any:
    if isinstance(value, list) and value and all(isinstance(item, np.ndarray) and item.shape == value[0].shape for item in value):
        return np.stack(value)
    return value


def _columns(call: Call, name: str, read: Boxes | Keypoints, rows: Sequence[int]) -> Floats:
    """Returns: What stands behind the coordinates: the caller's columns, labels, the row number, shape (N, columns)."""
    given, first = call.data[name], BOX if isinstance(read, Boxes) else len(FORMATS[read.params.format])
    columns = [[row[k] for row in pick(given, rows)] for k in range(first, len(given[0]))] if len(given) and rows else []
    columns += [list(pick(call.data[label], rows)) for label in call.rules.labels.get(name, ())]
    return np.array([*map(_numbers, columns), list(rows)], np.float64).T.reshape(len(rows), len(columns) + 1)


def _numbers(column: list[Any]) -> list[float]:
    if all(isinstance(value, (int, float, np.generic)) and not isinstance(value, str) for value in column):
        return [float(value) for value in column]
    codes: dict[str, int] = {}
    return [codes.setdefault(repr(value), len(codes)) for value in column]


def _five(values: Any, params: KeypointParams) -> Floats:
    """Returns: Keypoints of a format as x, y, z, angle in radians, scale, shape (N, 5)."""
    places = FORMATS[params.format]
    out = np.zeros((len(values), POINT))
    for column, name in enumerate(("x", "y", "z", "angle", "scale")):
        if name in places and len(values):
            out[:, column] = [row[places[name]] for row in values]
    if params.angle_in_degrees:
        out[:, 3] = np.radians(out[:, 3])
    return out


def taken_back(call: Call, size: Size, data: dict[str, Any], before: Mapping[str, Any], by: str) -> Call:
    """Returns: A call of what came back, in the kinds that the caller passed.

    Args:
        call: The call before.
        size: (height, width) of what was handed over.
        data: What came back, by name.
        before: What was handed over.
        by: Who had it, for messages.
    """
    size = next(filter(None, (_size_of(data.get(name), kind) for name, (kind, _) in call.arrays.items())), size)
    known = call.origin or {}
    origin, back = dict(known), dict[str, list[int]]()
    for name, (kind, read) in call.arrays.items():
        value: Any = data.get(name)
        if name not in data:
            raise DataError(f"{by} returned no {name!r}, which it was given; return everything that came")
        if kind in ("bboxes", "keypoints") and isinstance(before[name], np.ndarray) and not getattr(read, "group", 0):
            try:
                array = np.asarray(value, np.float64)
            except (TypeError, ValueError):
                raise DataTypeError(f"{by}: {name}: expected an array of numbers to come back, got {value!r}"[:200]) from None
            if kind == "keypoints" and read.params.remove_invisible and array.size and array.shape[1:] == before[name].shape[1:]:
                array = array[~np.isnan(array[:, :2]).any(axis=1)]  # what a transform takes out of sight, as DeepLabCut's do
            rows = back[name] = _rows(array, before[name], f"{by}: {name}")
            data[name] = _written(read, array, rows, size)
            origin[name] = [known[name][row] for row in rows] if name in known else rows
            for label in call.rules.labels.get(name, ()):
                if data.get(label) is before.get(label):  # theirs, where they changed it
                    data[label] = pick(call.data[label], rows)
        elif hasattr(value, "shape") and isinstance(call.data[name], (list, tuple)):
            data[name] = list(value)  # of an array arrays, of a tensor tensors
    kinds = call.rules.kinds
    made = {name: value for name, value in data.items() if kinds.get(name) in PICTURES and value is not None and not _is_picture(value, kinds[name])}
    readable = {name: value for name, value in data.items() if name not in made}
    if made and not any(kind in PICTURES and name not in made for name, (kind, _) in call.arrays.items()):
        readable["size"] = size
    after = Call(readable, Lenient(call.rules, origin, known))
    for name, shares in call.shares.items():
        if name in after.arrays and name in origin:
            after.arrays[name][1].seen = [shares[row] for row in back[name]]
    after.data = data  # tensors and the like pass through, for nothing may follow
    after.rest = {name: value for name, value in after.rest.items() if name != "size" or "size" in data} | made
    after.origin = origin
    return after


def _is_array(value: Any) -> bool:
    return all(isinstance(item, np.ndarray) for item in value) if isinstance(value, (list, tuple)) else isinstance(value, np.ndarray)


def _is_picture(value: Any, kind: str) -> bool:
    return _is_array(value) and (kind not in ("image", "mask") or np.ndim(value) in (2, 3))


def _size_of(value: Any, kind: str) -> Size | None:
    if value is not None and not _is_picture(value, kind):
        return None
    depth = {"image": 0, "mask": 0, "images": 1, "volume": 1, "masks": 1, "mask3d": 1, "volumes": 2, "masks3d": 2}.get(kind)
    if depth is None or value is None or (depth and not len(value)):
        return None
    shape = np.shape(value[0] if depth == 1 else value[0][0] if depth == 2 else value)
    return (shape[0], shape[1]) if len(shape) >= 2 else None


def _rows(array: Array, before: Array, place: str) -> list[int]:
    """Returns: The row number of each row that came back."""
    if array.size == 0:
        return []
    if array.ndim == 2 and array.shape[1] == before.shape[1]:
        rows = array[:, -1].astype(np.intp).tolist()
        if set(rows) <= {int(row) for row in before[:, -1]}:
            return rows
    if array.ndim == 2 and len(array) == len(before):
        return before[:, -1].astype(np.intp).tolist()
    raise DataError(
        f"{place}: got an array {before.shape} and returned {array.shape}, so nobody knows which rows stayed; keep all columns of the rows that stay"
    )


def _written(read: Boxes | Keypoints, array: Floats, rows: list[int], size: Size) -> Any:
    """Returns: Coordinates in the caller's format and kind, with the caller's own columns."""
    if isinstance(read, Boxes):
        height, width = size
        values: Floats = to_format(array.reshape(len(rows), -1 if rows else BOX)[:, :BOX] * (width, height, width, height), read.params.format, size)
        first = BOX
    else:
        places = FORMATS[read.params.format]
        first = len(places)
        values = np.array(read.numbers[rows][:, :first]).reshape(len(rows), first)
        array = array.reshape(len(rows), -1 if rows else POINT)
        for column, name in enumerate(("x", "y", "z", "angle", "scale")):
            if name in places and len(rows):
                values[:, places[name]] = np.degrees(array[:, column]) if name == "angle" and read.params.angle_in_degrees else array[:, column]
        if "v" in places and len(rows):  # what is not labelled lies nowhere
            values[values[:, places["v"]] == 0, :2] = 0.0
    given = read.given
    if isinstance(given, np.ndarray):
        kind = given.dtype if given.dtype.kind == "f" else np.dtype(np.float64)
        rest = given.reshape(len(given), -1)[rows][:, first:] if len(given) and rows else np.zeros((len(rows), 0))
        return np.concatenate([values, rest], axis=1).astype(kind)
    return [[*row, *list(given[number])[first:]] for row, number in zip(values.tolist(), rows, strict=True)]


class Lenient(Rules):
    """The rules of a pipeline on its way: what a transform pushed over the edge is cut, and nothing is refused for it."""

    def __init__(self, rules: Rules, origin: Mapping[str, list[int]], known: Mapping[str, list[int]]) -> None:
        for name in Rules.__annotations__:
            setattr(self, name, getattr(rules, name))
        self.flip_pairs = _renumbered(rules.flip_pairs, origin.get("keypoints"), known.get("keypoints"))
        self.is_check_shapes = False  # what came is checked; what a transform makes of it, as planes of its own layout, is its own affair
        if rules.bbox_params is not None:
            self.bbox_params = BboxParams(**(values_of(rules.bbox_params) | {"clip": True, "filter_invalid_bboxes": True}))


def _renumbered(pairs: Pairs | None, rows: list[int] | None, before: list[int] | None) -> Pairs | None:
    """Returns: Pairs of points that change places in a mirror, by the numbers that the rows have now: some may have gone.

    Args:
        pairs: By the numbers that the rows had before.
        rows: The caller's numbers of the rows that there are now; None where points come in groups, or not at all.
        before: The caller's numbers of the rows that there were, None where those are the caller's.
    """
    if pairs is None or rows is None or None not in pairs:
        return pairs
    place = {row: position for position, row in enumerate(rows)}
    there = [(one if before is None else before[one], other if before is None else before[other])
             for one, other in pairs[None] if before is None or max(one, other) < len(before)]  # fmt: skip
    return {**pairs, None: [(place[one], place[other]) for one, other in there if one in place and other in place]}


def is_plain(data: Mapping[str, Any]) -> bool:
    """Returns: Whether boxes or keypoints came as a Compose of Albumentations hands them to its transforms."""
    boxes, points = data.get("bboxes"), data.get("keypoints")
    if isinstance(boxes, np.ndarray):
        return boxes.dtype.kind == "f" and boxes.ndim == 2 and boxes.shape[1] >= BOX and not (len(boxes) and not _shares(boxes[:, :BOX]))
    return boxes is None and isinstance(points, np.ndarray) and points.dtype.kind == "f" and points.ndim == 2 and points.shape[1] >= POINT


def _shares(boxes: Array) -> bool:
    return bool((boxes >= -1e-6).all() and (boxes <= 1 + 1e-6).all())


def applied_plain(
    nodes: Sequence[Any], data: dict[str, Any], rng: np.random.Generator | None = None, also: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Apply geoaug's own nodes to such plain arrays: inside of a foreign composition, or of a Compose of Albumentations.

    Args:
        nodes: What happens, in order.
        data: Everything by name; boxes and keypoints with columns that travel along.
        rng: What to draw from, if not from a fresh stream.
        also: Further names of targets, each with the target that it behaves like.
    """
    from geoaug.compose import Noting

    also = {name: kind for name, kind in (also or {}).items() if name != kind}
    kinds = {"bboxes": "bboxes", "keypoints": "keypoints", **also}
    rows = {name: np.asarray(data[name], np.float64) for name, kind in kinds.items() if kind in ROWS and data.get(name) is not None}
    points = [name for name in rows if kinds[name] == "keypoints"]
    token = inside.set(None)
    try:
        pipeline = Noting(nodes, bbox_params=INSIDE_BOXES, keypoint_params=INSIDE_POINTS, additional_targets=also)
        pipeline.draw_from(rng)
        given = data | rows | {name: in_order(rows[name], THERE) for name in points}
        now = drawing.get()
        custody = None if now is None else now.custody
        if now is None or custody is None:
            out, record = pipeline(**given), list[Applied]()
        else:
            now.custody = None  # what happens in there, this pipeline notes itself
            out, record = pipeline.noting(given)
            now.custody = custody
    finally:
        inside.reset(token)
    out |= {name: in_order(out[name], BACK) for name in points}
    if custody is not None:
        custody.passed(data, out, [Applied(now.owner, {}, {}, inner=len(record)), *record] if now is not None and record else [])
    return out


def watched(now: Drawing, record: list[Applied] | None, call: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Returns: A call that somebody else wrote, of which a pipeline that keeps a record notes which transforms it applies."""
    if record is None:
        return call

    def noting(data: dict[str, Any]) -> Any:
        now.custody = custody = Custody(data)
        out = call(data)
        custody.check(out)
        record.extend(custody.record)
        if not custody.unbroken:
            record.append(Applied(now.owner, {}, {}, repeatable=False))
        return out

    return noting


THERE, BACK = (0, 1, 3, 4, 2), (0, 1, 4, 2, 3)  # x, y, angle, scale, then z with the columns that travel along; and the way back


def in_order(points: Array, order: Sequence[int]) -> Array:
    """Returns: Keypoints (N, 5 + columns) with the first five columns in another order."""
    return np.concatenate([points[:, list(order)], points[:, POINT:]], axis=1)
