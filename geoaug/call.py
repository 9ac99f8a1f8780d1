"""One call of a pipeline: what the caller brought, read once, and what becomes of it under a plan, written once."""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import CallError, DataError, DataTypeError, ParameterError
from geoaug.geometry.boxes import Extent
from geoaug.plan import Plan
from geoaug.raster.patch import Shape
from geoaug.source import Source
from geoaug.targets.boxes import COLUMNS, BboxParams, Boxes
from geoaug.targets.keypoints import KeypointParams, Keypoints, Pairs
from geoaug.targets.labels import MISSING, check_labels, pick
from geoaug.targets.masks import Instances, check_size, fresh, leave_mask, leave_stack, read_picture, read_stack
from geoaug.types import Array, Floats, Size

if TYPE_CHECKING:
    from geoaug.steps.merge import Donor
    from geoaug.targets.annotations import Annotations
    from geoaug.targets.oriented import OrientedBoxes
    from geoaug.targets.polygons import Polygons

# what each target is: pictures and masks have pixels, the others rows; a stack shares one draw
STACKS = {"images": "image", "volume": "image", "masks": "mask", "mask3d": "mask"}
STACKS_OF_STACKS = {"volumes": "volume", "masks3d": "mask3d"}
PICTURES = ("image", "mask", *STACKS, *STACKS_OF_STACKS)
CLOSED = ("image", "images", "mask", "masks")  # what becomes a tensor, where that is asked for
ROWS = ("bboxes", "keypoints", "polygons", "annotations")
TARGETS = (*PICTURES, *ROWS)
BINDABLE = (*ROWS, "masks")
SHORT = {"bbox": "bboxes", "img": "image", "imgs": "images", "msks": "masks"}  # what people write who mean a target


@functools.lru_cache(1024)
def slip_of(name: str) -> str | None:
    """Returns: The target whose name this is but for one slip: a letter left out, put in, or taken for its neighbour or another.

    Words that are near but mean something else, such as ``task``, ``mark``, ``image2`` or ``mask_``, are none.
    """
    return SHORT.get(name) or next((target for target in TARGETS if _one_slip(name, target)), None)


def _one_slip(name: str, target: str) -> bool:
    more = len(name) - len(target)
    if abs(more) > 1 or name == target or name[-1:].isdigit():
        return False
    same = 0
    while same < min(len(name), len(target)) and name[same] == target[same]:
        same += 1
    mine, its = name[same:], target[same:]
    if more < 0:
        return mine == its[1:]
    inside = 0 < same < len(target)
    if more > 0:  # in the middle, or the last one twice
        return mine[1:] == its and (inside or mine == name[-2:-1])
    if mine[2:] == its[2:] and mine[:2] == its[1::-1]:
        return True
    return len(target) >= len("images") and inside and len(its) > 1 and its[0].isalpha() and mine[1:] == its[1:]


class Rules:
    """How a pipeline reads and writes its targets; ``Compose`` is one."""

    bbox_params: BboxParams | None
    keypoint_params: KeypointParams | None
    is_check_shapes: bool
    strict: bool
    return_matrix: bool
    return_plan: bool
    return_fates: bool
    return_rows: bool
    flip_pairs: Pairs | None
    instances: tuple[str, ...]
    kinds: dict[str, str]  # name of a target -> the target that it behaves like
    labels: dict[str, tuple[str, ...]]  # name of a target -> its label fields
    keys: frozenset[str]  # what transforms read by name, beside the targets


class Call:
    """What one call brought along, in geoaug's own terms.

    Args:
        data: Everything by name, as the caller passed it.
        rules: How to read it.
    """

    __slots__ = ("arrays", "data", "first", "has_rows", "origin", "others", "picture", "plans", "rest", "rules", "shares", "size")

    def __init__(self, data: dict[str, Any], rules: Rules) -> None:
        self.data, self.rules = data, rules
        self.shares: dict[str, dict[int, float]] = {}  # of boxes, how much of each was visible when a foreign transform took them
        self.size: Size | None = None
        self.first = ""  # the target that ``size`` comes from
        self.picture: Array | Source | None = None
        self.arrays: dict[str, tuple[str, Any]] = {}  # name -> (kind, what was read)
        self.others: set[Size] = set()  # sizes beside ``size``
        self.plans: dict[Size, Plan] = {}
        self.rest: dict[str, Any] = {}
        self.origin: dict[str, list[int]] | None = None  # name -> the caller's row numbers, where a foreign transform came in between
        kinds = rules.kinds
        rows = []
        if rules.instances:
            _check_spelling(rules.instances, data, kinds)
        for name, given in data.items():
            kind = kinds.get(name)
            if kind == "image":
                picture = given if isinstance(given, Source) else read_picture(name, given, rules.is_check_shapes)
                self.arrays[name] = (kind, picture)
                self._add_picture(name, kind, picture)
            elif kind is None or given is None:
                if rules.strict and kind is None:
                    self._refuse_unknown(name)
                self.rest[name] = given
            elif kind in ROWS:
                rows.append((name, kind, given))
            else:
                self._add_pixels(name, kind, given)
        if self.size is None:
            self.size = self._bare_size()
        elif "size" in self.rest and rules.is_check_shapes:
            self._check_stated_size(self.rest["size"], *self.size)
        for name in self.rest:
            if slip_of(name):
                self._warn_of_slip(name)
        for name, kind, given in rows:
            self.arrays[name] = (kind, self._read_rows(name, kind, given, self.size))
            for label in rules.labels.get(name, ()):
                check_labels(label, data.get(label, MISSING), name, len(given))
        self.has_rows = bool(rows) or bool(rules.instances) or rules.return_rows
        if rules.instances:
            _check_bound(rules.instances, {name: data[name] for name in rules.instances if name in self.arrays})

    # --- reading ---

    def _add_pixels(self, name: str, kind: str, given: Any) -> None:
        items: Any
        if kind == "mask":
            items = read_picture(name, given, self.rules.is_check_shapes)
            firsts = {name: items}
        elif kind in STACKS:
            items = read_stack(name, given)
            firsts = {name: items[0]} if items else {}
        else:
            items = [read_stack(f"{name}[{index}]", stack) for index, stack in enumerate(_stacks(name, given))]
            firsts = {f"{name}[{index}]": stack[0] for index, stack in enumerate(items) if stack}
        self.arrays[name] = (kind, items)
        for where, first in firsts.items():
            self._add_picture(where, kind, first)

    def _add_picture(self, name: str, kind: str, array: Array | Source) -> None:
        size: Size = (array.shape[0], array.shape[1])
        if self.size is None:
            self.size, self.first = size, name
        elif size != self.size:
            if self.rules.is_check_shapes:
                check_size(name, array, self.size, self.first)
            self.others.add(size)
            if kind == "image" and self.picture is None:  # the picture's size leads, whatever came before it
                self.others.add(self.size)
                self.others.discard(size)
                self.size, self.first = size, name
        if self.picture is None and kind != "mask" and STACKS.get(kind) != "mask" and kind != "masks3d":
            self.picture = array

    def _bare_size(self) -> Size:
        """Returns: The size that stands in for a picture where labels come alone."""
        if "size" not in self.rest or "size" in self.rules.kinds:
            raise _no_picture(self.data, self.rules.kinds, self.arrays)
        try:
            height, width = map(operator.index, self.rest["size"])
        except (TypeError, ValueError):
            height = width = 0
        if height < 1 or width < 1:
            raise DataError(f"size={self.rest['size']!r}: expected (height, width) in whole pixels of at least 1, for labels without a picture")
        return height, width

    def _read_rows(self, name: str, kind: str, given: Any, size: Size) -> Boxes | OrientedBoxes | Keypoints | Polygons | Annotations:
        # what few calls bring is loaded where it comes
        if kind == "annotations":
            from geoaug.targets.annotations import Annotations

            return given if isinstance(given, Annotations) else Annotations(name, given, size)  # a loader reads once for all epochs
        if kind == "polygons":
            from geoaug.targets.polygons import Polygons

            return Polygons(name, given, size)
        if kind == "bboxes":
            params = self.rules.bbox_params
            if params is None:
                raise _no_params(name, "bbox", "bbox_params", "BboxParams('pascal_voc')")
            if params.format != "oriented":
                return Boxes(name, given, params, size)
            from geoaug.targets.oriented import OrientedBoxes

            return OrientedBoxes(name, given, params, size)
        keypoint_params = self.rules.keypoint_params
        if keypoint_params is None:
            raise _no_params(name, "keypoint", "keypoint_params", "KeypointParams('xy')")
        return Keypoints(name, given, keypoint_params, size)

    def _check_stated_size(self, stated: Any, height: int, width: int) -> None:
        """Raise a DataError where ``size`` is a height and width, but not those of the picture."""
        lengths = isinstance(stated, (list, tuple)) and len(stated) == 2 and all(isinstance(length, (int, np.integer)) for length in stated)
        if lengths and tuple(stated) != (height, width) and not self._is_label("size"):
            way_out = "leave size out, as it only stands in for a picture, or give what it tells another name"
            raise DataError(f"size={stated!r}: {self.first} is {height} x {width} (height x width); {way_out}")

    def _is_label(self, name: str) -> bool:
        return any(name in labels for labels in self.rules.labels.values())

    def _warn_of_slip(self, name: str) -> None:
        given, known = self.rest[name], name in self.rules.kinds or name in self.rules.keys or self._is_label(name)
        if not known and hasattr(given, "__len__") and not isinstance(given, (str, bytes, Mapping)):
            told = f"{name} is no target and passes through untouched: did you mean {slip_of(name)!r}? strict=True refuses such names"
            warnings.warn(told, UserWarning, stacklevel=4)

    def _refuse_unknown(self, name: str) -> None:
        if name != "size" and not self._is_label(name) and name not in self.rules.keys:
            import difflib

            near = difflib.get_close_matches(str(name), self.rules.kinds, n=1)
            hint = f": did you mean {near[0]!r}?" if near else "."
            raise DataError(f"Key {name} is not in available keys{hint} Known are {', '.join(self.rules.kinds)}; strict=False passes others through")

    # --- what transforms may see before they decide ---

    def boxes(self, plan: Plan) -> tuple[Floats, list[Any]]:
        """Returns: The boxes of all instances that a plan leaves visible, shape (N, 4) in pixels, and a label for each."""
        found: list[Floats] = [np.zeros((0, 4))]
        labels: list[Any] = []
        for name, (kind, read) in self.arrays.items():
            if kind in ("bboxes", "annotations", "polygons"):
                boxes, rows = read.boxes(plan)
                found.append(boxes)
                labels += [self._label(name, kind, row) for row in rows]
        return np.concatenate(found), labels

    def _label(self, name: str, kind: str, row: int) -> Any:
        if kind == "annotations":
            return self.data[name][row].get("category_id")
        if self.rules.labels.get(name):
            return self.data[self.rules.labels[name][0]][row]
        own, columns = (self.data[name][row], len(COLUMNS[self.rules.bbox_params.format])) if kind == "bboxes" and self.rules.bbox_params else ((), 0)
        return own[columns] if len(own) > columns else None  # a further number of the box itself, as Albumentations takes it

    def mask(self, plan: Plan) -> Array | None:
        """Returns: The mask as a plan leaves it; None where there is none."""
        return next((plan.mask(read) for kind, read in self.arrays.values() if kind == "mask"), None)

    def shapes(self, plan: Plan) -> list[Shape] | None:
        """Returns: Each instance of masks, polygons and annotations as a plan leaves it; None where no such target came."""
        alone, came, found = _alone(plan), False, []
        for kind, read in self.arrays.values():
            if kind in ("annotations", "polygons"):
                found += read.shapes(alone)
            elif kind == "masks":
                found += [Shape(*moved) for moved in Instances(read, alone).moved]
            came = came or kind in ("annotations", "polygons", "masks")
        return found if came else None

    def given(self, name: str) -> Any:
        """Returns: What the caller passed by this name, or raises a KeyError."""
        return self.data[name]

    @property
    def also(self) -> dict[str, str]:
        """Further names of targets, each with the target that it behaves like."""
        return {name: kind for name, kind in self.rules.kinds.items() if name != kind}

    # --- writing ---

    def write(self, plan: Plan, image: Array | None) -> dict[str, Any]:
        """Returns: All that came, by the same names, after a plan.

        Args:
            plan: What happens.
            image: The picture, if it was computed already.
        """
        out: dict[str, Any] = {**self.data, **self.rest}
        alone = _alone(plan)
        masks = self._write_rows(alone, out) if self.has_rows else None
        out.update(self.pixels(plan, image, masks))
        if plan.steps and plan.steps[-1].closes:
            for name, (kind, _) in self.arrays.items():
                if kind in CLOSED:
                    out[name] = plan.steps[-1].close(kind, out[name])
        if alone is not plan:
            self._add_donors(out, plan)
        if "size" in self.rest and not self.first:
            out["size"] = plan.size
        self.add_returns(out, plan)
        return out

    def pixels(self, plan: Plan, image: Array | None, bound: Mapping[str, list[Array]] | None = None) -> dict[str, Any]:
        """Returns: Pictures and masks after a plan, by name.

        Args:
            plan: What happens.
            image: The picture, if it was computed already.
            bound: Masks of instances that were moved already, by name.
        """
        out: dict[str, Any] = {}
        for name, (kind, read) in self.arrays.items():
            if kind in ROWS:
                continue
            if kind == "image" and image is not None and read is self.picture and not self.plans:
                out[name] = fresh(image, self.data[name])
            elif bound and name in bound:
                out[name] = leave_stack(self.data[name], bound[name], plan.size)
            else:
                out[name] = self._pixels(kind, read, self.data[name], _alone(plan) if kind == "masks" else _seen(plan, name, kind), image)
        return out

    def _pixels(self, kind: str, read: Any, given: Any, plan: Plan, image: Array | None) -> Any:
        if kind in STACKS_OF_STACKS:
            stacks = [self._pixels(STACKS_OF_STACKS[kind], stack, given[index], plan, None) for index, stack in enumerate(read)]
            if not isinstance(given, np.ndarray):
                return stacks
            return np.stack(stacks) if stacks else np.zeros((*given.shape[:2], *plan.size, *given.shape[4:]), given.dtype)
        if self.others:  # other sizes than the picture's: each has a plan of its own
            first = read
            while isinstance(first, list) and first:
                first = first[0]
            if not isinstance(first, list):
                plan = self.plans.get(first.shape[:2], plan if plan.steps else Plan(first.shape[:2]))
        if kind == "image":
            return fresh(image if read is self.picture and image is not None else plan.image(read), given)
        if kind == "mask":
            return fresh(plan.mask(read), given)
        move = plan.image if STACKS[kind] == "image" else plan.mask if kind == "mask3d" else lambda item: leave_mask(item, plan)
        return leave_stack(given, [fresh(move(item), item) for item in read], plan.size)

    def add_returns(self, out: dict[str, Any], plan: Plan) -> None:
        """Add what the pipeline was asked to return beside its targets; a foreign transform leaves no matrix and no plan."""
        whole = self.origin is None
        if self.rules.return_matrix:
            out["matrix"] = plan.matrix if whole and plan.route.motion is not None else None
        if self.rules.return_plan:
            out["plan"] = plan if whole else None

    def _add_donors(self, out: dict[str, Any], plan: Plan) -> None:
        """Append the rows of other pictures that a plan merges with this one."""
        from geoaug.targets.join import joined

        for number, step in enumerate(plan.steps):
            after = tuple(later for later in plan.steps[number + 1 :] if not later.donors)
            for donor in step.donors:
                theirs = self._of_donor(donor)
                left = theirs.write(Plan(donor.size, donor.way + after), None)
                for name in theirs.arrays:
                    out[name] = joined(f"{donor.name}[{name!r}]", self.arrays[name][0], out[name], left[name])
                for name in dict.fromkeys(label for target in theirs.arrays for label in self.rules.labels.get(target, ())):
                    out[name] = joined(f"{donor.name}[{name!r}]", "labels", out[name], left[name])
                for name, rows in left.get("rows", {}).items():
                    out["rows"][name] = [*out["rows"][name], *(rows if donor.number is None else [(donor.number, row) for row in rows])]

    def _of_donor(self, donor: Donor) -> Call:
        """Returns: Another picture's rows of the targets that this call has, and its masks of instances.

        Raises:
            DataError, DataTypeError: They are not what they claim; the message names the picture.
        """
        mine = [name for name, (kind, _) in self.arrays.items() if kind in (*ROWS, "masks")]
        labels = [label for name in mine for label in self.rules.labels.get(name, ())]
        there = [name for name in mine if donor.data.get(name) is not None]
        lacking = [name for name in self.rules.instances if name in mine and name not in there]
        if lacking and set(there) & set(self.rules.instances):
            raise DataError(f"{donor.name}: {', '.join(lacking)} missing, which instances={list(self.rules.instances)} binds to its other rows")
        data = {name: donor.data[name] for name in dict.fromkeys((*there, *labels)) if name in donor.data}
        try:
            # its pixels are merged elsewhere: here a picture says its size, and takes no memory
            theirs = Call({"image": np.broadcast_to(np.uint8(0), donor.size), **data}, self.rules)
            for name in there:
                if theirs.others and theirs.arrays[name][0] == "masks":
                    check_size(name, theirs.arrays[name][1][0], donor.size, "its picture")
        except (DataError, DataTypeError) as fault:
            raise type(fault)(f"{donor.name}: {fault}") from None
        del theirs.arrays["image"], theirs.data["image"]
        for name, (kind, read) in theirs.arrays.items():
            if kind == "polygons" and self.arrays[name][1].styles:
                read.styles = self.arrays[name][1].styles[:1] * len(read)
        return theirs

    def _write_rows(self, plan: Plan, out: dict[str, Any]) -> dict[str, list[Array]]:
        """Write everything that has rows, and its labels.

        Returns: Bound masks by name, those that stay.
        """
        rules = self.rules
        shapes, extents = self._shapes(plan) if rules.instances else ({}, {})
        # a shape that exists says where its object is: polygons before masks before the box itself
        truth = next((extents[name] for kind in ("polygons", "masks") for name in extents if self.arrays[name][0] == kind), None) if extents else None
        left: dict[str, tuple[Any, list[int]]] = {}
        for name, (kind, read) in self.arrays.items():
            if kind == "bboxes":
                left[name] = read.leave(plan) if truth is None or name not in rules.instances else read.leave(plan, truth)
            elif kind == "annotations":
                left[name] = read.leave(plan, rules.bbox_params, rules.flip_pairs)
                if rules.return_fates and name == kind:
                    out["fates"] = read.fates
            elif kind == "keypoints":
                alone = name in rules.instances and not read.group  # a point an instance has no other side within it
                left[name] = read.leave(plan, None if alone else rules.flip_pairs)
            elif kind == "polygons":
                left[name] = read.leave(plan), list(range(len(read)))
        bound = self._bound_rows(left, extents, truth) if rules.instances else None
        for name, (values, rows) in left.items():
            if bound is not None and rows != bound and name in rules.instances:
                place = {row: position for position, row in enumerate(rows)}
                values, rows = pick(values, [place[row] for row in bound]), bound
                left[name] = values, rows
            out[name] = values
            for label in rules.labels.get(name, ()):
                out[label] = pick(self.data[label], rows)
        if rules.return_rows:
            out["rows"] = {name: rows for name, (_, rows) in left.items()} | {name: bound for name in shapes if bound is not None}
            for name in (self.origin or {}).keys() & out["rows"].keys():
                out["rows"][name] = [self.origin[name][row] for row in out["rows"][name]]  # type: ignore[index]  # the loop says so
        return {name: shape.leave(bound) for name, shape in shapes.items() if isinstance(shape, Instances)}

    def _shapes(self, plan: Plan) -> tuple[dict[str, Polygons | Instances], dict[str, Extent]]:
        """Returns: Bound targets that know where their instances lie, and where that is."""
        shapes: dict[str, Polygons | Instances] = {}
        for name in self.rules.instances:
            kind, read = self.arrays.get(name, ("", None))
            if kind in ("polygons", "masks"):
                shapes[name] = read if kind == "polygons" else Instances(read, plan)
        return shapes, {name: shape.extent(plan) for name, shape in shapes.items()}

    def _bound_rows(self, left: Mapping[str, tuple[Any, list[int]]], extents: Mapping[str, Extent], truth: Extent | None) -> list[int] | None:
        """Returns: The rows that all bound targets keep, or None where none are bound; thresholds hold whether boxes are bound or not."""
        bound, params = [name for name in self.rules.instances if name in self.arrays], self.rules.bbox_params
        deciding = [set(rows) for name, (_, rows) in left.items() if name in bound and name not in extents]
        deciding += [set(np.flatnonzero(extent.areas > 0).tolist()) for extent in extents.values()]
        if truth is not None and params is not None and not any(self.arrays[name][0] in ("bboxes", "annotations") for name in bound):
            deciding.append(set(np.flatnonzero(params.accepts(*truth)).tolist()))
        return sorted(set.intersection(*deciding)) if deciding else None


class Later:
    """A call of a lone picture, which is read only where a transform looks at it.

    Args:
        data: Everything by name, as the caller passed it.
        rules: How to read it.
    """

    __slots__ = ("_call", "data", "rules")

    def __init__(self, data: dict[str, Any], rules: Rules) -> None:
        self.data, self.rules = data, rules
        self._call: Call | None = None

    @property
    def call(self) -> Call:
        """The call itself."""
        if self._call is None:
            self._call = Call(self.data, self.rules)
        return self._call

    def __getattr__(self, name: str) -> Any:
        return getattr(self.call, name)


def opened(data: dict[str, Any]) -> dict[str, Any]:
    """Returns: The same, with pixels of their own for pictures that wait to be opened."""
    return {name: given.pixels().copy() if isinstance(given, Source) else given for name, given in data.items()}


def _alone(plan: Plan) -> Plan:
    """Returns: What becomes of rows, and of masks of instances, which other pictures that come beside them leave as they are."""
    for step in plan.steps:
        if step.donors:
            return Plan(plan.source, tuple(step for step in plan.steps if not step.donors))
    return plan


def _seen(plan: Plan, name: str, kind: str) -> Plan:
    """Returns: The plan as a picture or mask by another name goes through it: of other pictures, what they bring by that name."""
    if name == kind or kind not in ("image", "mask") or not any(step.donors for step in plan.steps):
        return plan
    return Plan(plan.source, tuple(step.of_target(name, kind) for step in plan.steps))


def check_instances(given: Sequence[str] | None, kinds: Mapping[str, str]) -> tuple[str, ...]:
    """Returns: Names of targets whose rows belong together, or a ParameterError."""
    try:
        names = (given,) if isinstance(given, str) else () if given is None else tuple(given)
    except TypeError:
        raise ParameterError(f"instances={given!r}: expected names of targets, such as ['bboxes', 'masks']") from None
    for name in names:
        if not isinstance(name, str) or kinds.get(name) not in BINDABLE:
            raise ParameterError(f"instances: {name!r} has no rows to bind; expected {', '.join(BINDABLE)} or targets like them")
    return names


def check_additional(given: Mapping[str, str] | None) -> dict[str, str]:
    """Returns: Further names of targets, each with the target that it behaves like, or a ParameterError."""
    if given is not None and not isinstance(given, Mapping):
        raise ParameterError(f"additional_targets={given!r}: expected a dict such as {{'image2': 'image'}}")
    out = {}
    for name, like in (given or {}).items():
        kind = like
        for _ in range(len(given or {})):  # one that behaves like another that behaves like a target
            kind = kind if kind in TARGETS or given is None else given.get(kind, kind)
        if kind not in TARGETS:
            raise ParameterError(f"additional_targets[{name!r}] = {like!r}: expected one of {', '.join(TARGETS)}, or another of these names")
        out[name] = kind
    return out


def _check_bound(names: Sequence[str], given: Mapping[str, Any]) -> None:
    lengths = {name: len(rows) for name, rows in given.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise DataError(f"instances={list(names)} belong together row by row, but {told}; pass one entry for each instance")


def _check_spelling(names: Sequence[str], data: Mapping[str, Any], kinds: Mapping[str, str]) -> None:
    """Raise a CallError where a bound target seems to have come under another name, since it would pass through unmoved."""
    for name in names:
        if name not in data:
            import difflib

            near = difflib.get_close_matches(name, [key for key in data if key not in kinds], n=1, cutoff=0.8)
            if near:
                raise CallError(f"unknown target {near[0]!r}: did you mean {name!r}, which instances={list(names)} binds?")


def _stacks(name: str, given: Any) -> Any:
    if isinstance(given, np.ndarray) and given.ndim not in (4, 5):
        raise DataError(f"{name}: expected an array (n, depth, height, width) or (n, depth, height, width, channels), got {given.shape}")
    if not isinstance(given, (list, tuple, np.ndarray)):
        raise DataTypeError(f"{name}: expected a list of volumes or one array, got {type(given).__name__}")
    return given


def _no_params(name: str, one: str, argument: str, cls: str) -> DataTypeError:
    return DataTypeError(
        f"{name} given, but Compose has no {argument} ({argument} must be specified for {one} transformations); "
        f"pass Compose(…, {argument}=A.{cls}) with the format that they are in"
    )


def _no_picture(data: Mapping[str, Any], kinds: Mapping[str, str], empty: Mapping[str, Any]) -> CallError:
    import difflib

    for name in data:
        near = difflib.get_close_matches(name, PICTURES, n=1)
        if name not in kinds and near:
            return CallError(f"unknown target {name!r}: did you mean {near[0]!r}?")
    if empty:
        return CallError(f"{', '.join(empty)}: empty, and nothing else tells the picture's size; pass image=…, or size=(height, width)")
    return CallError(
        f"pass image=… (or images, mask, masks, or for labels alone size=(height, width)), got {', '.join(data) or 'nothing'}: "
        "You have to pass data to augmentations as named arguments"
    )
