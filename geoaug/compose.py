"""Compositions: the call that reads targets, lets transforms decide, and writes what they decided, once."""

from __future__ import annotations

import copy
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from geoaug.choose import Composition, leaves, nodes_of, probability_of
from geoaug.errors import CallError, DataError, DataTypeError, ParameterError
from geoaug.params import interpolation
from geoaug.plan import Plan
from geoaug.randomness import Source, keyed, parse_seed
from geoaug.scene import Scene
from geoaug.targets.annotations import Annotations, read_pairs
from geoaug.targets.boxes import BboxParams, Boxes
from geoaug.targets.keypoints import KeypointParams, Keypoints, Pairs
from geoaug.targets.labels import MISSING, check_labels, pick
from geoaug.targets.masks import check_size, fresh, leave_mask, leave_stack, read_picture, read_stack
from geoaug.transform import REGISTRY, Node
from geoaug.types import Array, Floats, Size

PICTURES = ("image", "images", "mask", "masks")
TARGETS = (*PICTURES, "bboxes", "keypoints", "annotations")


def _params(name: str, given: Any, kind: Any) -> Any:
    if given is None or isinstance(given, kind):
        return given
    if isinstance(given, Mapping) and all(isinstance(key, str) for key in given):
        return kind(**given)
    raise ParameterError(f"{name}={given!r}: unknown format of {name}, please use `dict` or `{kind.__name__}`")


@attrs.define(slots=True, eq=False)
class _Call:
    """What one call brought along, in geoaug's own terms."""

    size: Size | None = None
    first: str = ""
    picture: Array | None = None
    arrays: dict[str, tuple[str, Any]] = attrs.field(factory=dict)  # name -> (kind, what was read)
    others: set[Size] = attrs.field(factory=set)  # sizes beside ``size``
    plans: dict[Size, Plan] = attrs.field(factory=dict)
    rest: dict[str, Any] = attrs.field(factory=dict)


class _Sight:
    """What transforms may see of a call beside its picture."""

    def __init__(self, call: _Call, data: Mapping[str, Any], labels: Mapping[str, tuple[str, ...]]) -> None:
        self.call, self.data, self.labels = call, data, labels

    def boxes(self, plan: Plan) -> tuple[Floats, list[Any]]:
        found, labels = [np.zeros((0, 4))], []
        for name, (kind, read) in self.call.arrays.items():
            if kind not in ("bboxes", "annotations"):
                continue
            boxes, rows = read.boxes(plan)
            found.append(boxes)
            if kind == "annotations":
                labels += [self.data[name][row].get("category_id") for row in rows]
            else:
                field = next(iter(self.labels.get(name, ())), None)
                labels += [None if field is None else self.data[field][row] for row in rows]
        return np.concatenate(found), labels

    def mask(self, plan: Plan) -> Array | None:
        for kind, read in self.call.arrays.values():
            if kind == "mask":
                return plan.mask(read)
        for kind, read in self.call.arrays.values():
            if kind == "masks" and len(read):
                return plan.mask(np.logical_or.reduce([mask != 0 for mask in read]).astype(np.uint8))
        return None

    def given(self, name: str) -> Any:
        return self.data[name]


class Compose(Composition):
    """Apply transforms in order, to a picture and everything that belongs to it.

    Args:
        transforms: What happens, in order.
        bbox_params: How ``bboxes`` come in and which may stay: ``BboxParams`` or a dict of its arguments.
        keypoint_params: The same for ``keypoints``: ``KeypointParams`` or a dict.
        additional_targets: Further names, each with the target that it behaves like: ``{"image2": "image"}``.
        p: Probability that anything is applied; otherwise the data come back as they are.
        is_check_shapes: Refuse pictures and masks of different height or width.
        strict: Refuse unknown targets and arguments in place of passing them through.
        mask_interpolation: OpenCV's flag that overrides the one of every transform in here.
        seed: A whole number makes every run draw the same; None draws anew each time, and in each worker.
        fuse: Join steps where nobody can tell: one interpolation in place of many. False is the one-by-one reference.
        return_matrix: Add ``"matrix"``: 3x3 float64, source to output, continuous pixels.
        return_plan: Add ``"plan"``: what was drawn, to repeat, to undo, to read.
        return_fates: Add ``"fates"``: what became of each annotation: ``"kept"``, ``"cut"``, ``"outside"``, ``"small"``,
            ``"degenerate"``.
        flip_pairs: Which keypoints of annotations change places in a mirror: ``[(1, 2), (3, 4)]``, or such a list for each
            ``category_id``.
        instances: Names of targets whose rows belong together, such as ``["bboxes", "masks"]``: a row that one of them drops is
            dropped from all.

    Example:
        >>> augment = A.Compose([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("coco", label_fields=["labels"]))
        >>> augment(image=np.zeros((50, 60, 3), np.uint8), bboxes=[[1, 2, 3, 4]], labels=["cat"])["bboxes"]
        [[56.0, 2.0, 3.0, 4.0]]
    """

    def __init__(
        self,
        transforms: Sequence[Node],
        bbox_params: BboxParams | Mapping[str, Any] | None = None,
        keypoint_params: KeypointParams | Mapping[str, Any] | None = None,
        additional_targets: Mapping[str, str] | None = None,
        p: float = 1.0,
        is_check_shapes: bool = True,
        strict: bool = False,
        mask_interpolation: int | None = None,
        seed: int | None = None,
        *,
        fuse: bool = True,
        return_matrix: bool = False,
        return_plan: bool = False,
        return_fates: bool = False,
        flip_pairs: Pairs | Sequence[tuple[int, int]] | None = None,
        instances: Sequence[str] | None = None,
    ) -> None:
        self.transforms = nodes_of("Compose", transforms)
        self.bbox_params: BboxParams | None = _params("bbox_params", bbox_params, BboxParams)
        self.keypoint_params: KeypointParams | None = _params("keypoint_params", keypoint_params, KeypointParams)
        self.additional_targets = _additional(additional_targets)
        self.p = probability_of("Compose", p)
        self.is_check_shapes, self.strict = bool(is_check_shapes), bool(strict)
        self.mask_interpolation = mask_interpolation
        self.fuse, self.return_matrix, self.return_plan, self.return_fates = fuse, return_matrix, return_plan, return_fates
        self.flip_pairs = read_pairs(flip_pairs)
        self._kinds = {name: name for name in TARGETS} | self.additional_targets
        self.instances = _bound(instances, self._kinds)
        self._labels = {
            "bboxes": tuple(self.bbox_params.label_fields or ()) if self.bbox_params else (),
            "keypoints": tuple(self.keypoint_params.label_fields or ()) if self.keypoint_params else (),
        }
        self._random = Source(seed)
        if strict:
            _refuse_unknown_arguments(self.transforms)
        if mask_interpolation is not None:
            _override_mask_interpolation(self.transforms, mask_interpolation)

    @property
    def seed(self) -> int | None:
        """The seed that the pipeline was made with."""
        return self._random.seed

    def set_random_seed(self, seed: int | None) -> None:
        """Start the stream of random numbers anew, as if the pipeline were made with this seed."""
        self._random = Source(seed)

    def _settings(self) -> dict[str, Any]:
        shown = {
            "transforms": self.transforms, "bbox_params": self.bbox_params, "keypoint_params": self.keypoint_params,
            "additional_targets": self.additional_targets, "p": self.p, "is_check_shapes": self.is_check_shapes,
            "seed": self.seed,
        }  # fmt: skip
        ours = ("strict", "mask_interpolation", "return_matrix", "return_plan", "return_fates", "flip_pairs", "instances")
        shown |= {name: getattr(self, name) for name in ours if getattr(self, name)}
        return shown if self.fuse else shown | {"fuse": False}

    # --- drawing ---

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        if always or self.p >= 1.0 or rng.random() < self.p:
            for node in self.transforms:
                scene = node.run(scene, rng)
        return scene

    def draw(self, size: Size, key: Sequence[int] | None = None) -> Plan:
        """Decide for a picture of ``size`` (height, width), without one.

        Args:
            size: (height, width) in pixels.
            key: Whole numbers that the draw depends on, and on nothing else but the seed.
        """
        try:
            height, width = map(operator.index, size)
        except (TypeError, ValueError):
            height = width = 0
        if height < 1 or width < 1:
            raise ParameterError(f"size={size!r}: expected (height, width) in whole pixels of at least 1")
        return self.run(Scene((height, width), None, self.fuse), self._generator(key)).plan

    def _generator(self, key: Any) -> np.random.Generator:
        if key is None:
            return self._random.generator()
        try:
            numbers = [key] if isinstance(key, (int, np.integer)) else list(key)
            if not numbers or isinstance(key, Mapping):
                raise TypeError
            return keyed(self.seed, [parse_seed(part) or 0 for part in numbers])
        except (TypeError, ParameterError):
            raise ParameterError(f"key={key!r}: expected a whole number of at least 0, or several") from None

    # --- calling ---

    def __call__(self, *args: Any, force_apply: bool = False, key: Any = None, **data: Any) -> dict[str, Any]:
        """Augment one picture with everything that belongs to it.

        Args:
            args: None; data are passed by name.
            force_apply: Apply whatever ``p`` says.
            key: Whole numbers, such as (epoch, index): the draw depends on the seed and on them alone, whatever was
                drawn before and in whichever process.
            data: ``image`` (h, w) or (h, w, c), ``images``, ``mask``, ``masks``, ``bboxes``, ``keypoints``, ``annotations``
                (COCO dicts), label fields. Other names pass through untouched.

        Returns: The same names with what became of them. What came in is not modified.

        Raises:
            CallError: Positional data, no picture or mask, a misspelt target.
            DataError: A target is not what it claims; the message names the row.
            DataTypeError: A target is not even of the right kind.
        """
        if args:
            raise CallError("You have to pass data to augmentations as named arguments, for example: aug(image=image)")
        rng = self._generator(key)
        if not (force_apply or self.p >= 1.0 or rng.random() < self.p):
            return self._unapplied(data) if self.return_matrix or self.return_plan or self.return_fates else data
        call = self._read(data)
        assert call.size is not None
        start = None if self.is_check_shapes or not call.others else copy.deepcopy(rng)
        scene = self._through(Scene(call.size, call.picture, self.fuse, _Sight(call, data, self._labels)), rng)
        if start is not None:  # other sizes, as is_check_shapes=False allows: the same random numbers, drawn for their own size
            call.plans = {size: self._through(Scene(size, None, self.fuse), copy.deepcopy(start)).plan for size in call.others}
        return self._write(call, scene, data)

    def _through(self, scene: Scene, rng: np.random.Generator) -> Scene:
        for node in self.transforms:
            scene = node.run(scene, rng)
        return scene

    def _read(self, data: dict[str, Any]) -> _Call:
        call = _Call()
        kinds = self._kinds
        for name, given in data.items():
            kind = kinds.get(name)
            if kind in ("image", "mask"):
                if given is None and kind == "mask":
                    call.rest[name] = None
                    continue
                self._add_picture(call, name, kind, read_picture(name, given))
            elif kind in ("images", "masks"):
                if given is None:
                    call.rest[name] = None
                    continue
                items = read_stack(name, given)
                call.arrays[name] = (kind, items)
                if items:
                    self._add_picture(call, name, kind, items[0])
                    call.arrays[name] = (kind, items)
        if call.size is None:
            raise _no_picture(data, kinds)
        for name, given in data.items():
            kind = kinds.get(name)
            if kind is None:
                self._pass_through(call, name, given)
            elif kind in ("bboxes", "keypoints", "annotations"):
                if given is None:
                    call.rest[name] = None
                else:
                    call.arrays[name] = (kind, self._read_shapes(name, kind, given, call.size, data))
        if self.instances:
            _check_bound(self.instances, {name: data[name] for name in self.instances if name in call.arrays})
        return call

    def _add_picture(self, call: _Call, name: str, kind: str, array: Array) -> None:
        if call.size is None:
            call.size, call.first = (array.shape[0], array.shape[1]), name
        elif self.is_check_shapes:
            check_size(name, array, call.size, call.first)
        if kind == "image" and call.picture is None:
            call.picture = array
            if call.size != array.shape[:2]:  # the picture's size leads, whatever came before it
                call.others.add(call.size)
                call.size, call.first = (array.shape[0], array.shape[1]), name
        elif kind == "images" and call.picture is None:
            call.picture = array
        call.arrays[name] = (kind, array)
        if array.shape[:2] != call.size:
            call.others.add((array.shape[0], array.shape[1]))

    def _read_shapes(self, name: str, kind: str, given: Any, size: Size, data: dict[str, Any]) -> Boxes | Keypoints | Annotations:
        if kind == "annotations":
            return Annotations(name, given, size)
        params = self.bbox_params if kind == "bboxes" else self.keypoint_params
        if params is None:
            argument, cls = ("bbox_params", "BboxParams('pascal_voc')") if kind == "bboxes" else ("keypoint_params", "KeypointParams('xy')")
            raise DataTypeError(
                f"{name} given, but Compose has no {argument} ({argument} must be specified for {kind[:-2] if kind == 'bboxes' else kind[:-1]} "
                f"transformations); pass Compose(…, {argument}=A.{cls}) with the format that they are in"
            )
        read = Boxes(name, given, params, size) if isinstance(params, BboxParams) else Keypoints(name, given, params, size)
        if name == kind:
            for label in self._labels[kind]:
                check_labels(label, data.get(label, MISSING), name, len(given))
        return read

    def _pass_through(self, call: _Call, name: str, given: Any) -> None:
        if self.strict and name not in self._labels["bboxes"] and name not in self._labels["keypoints"]:
            raise DataError(f"Key {name} is not in available keys. Known are {', '.join(self._kinds)}; strict=False passes others through")
        call.rest[name] = given

    def _unapplied(self, data: dict[str, Any]) -> dict[str, Any]:
        """Returns: The data as they came, and the plan, matrix and fates of doing nothing."""
        call = self._read(data)
        assert call.size is not None
        out = dict(data)
        self._add_returns(out, Plan(call.size))
        if self.return_fates and "annotations" in call.arrays:
            out["fates"] = ["kept"] * len(data["annotations"])
        return out

    def _add_returns(self, out: dict[str, Any], plan: Plan) -> None:
        if self.return_matrix:
            out["matrix"] = plan.matrix
        if self.return_plan:
            out["plan"] = plan

    def _write(self, call: _Call, scene: Scene, data: dict[str, Any]) -> dict[str, Any]:
        plan = scene.plan
        out: dict[str, Any] = dict.fromkeys(data)
        out.update(call.rest)
        bound = self._write_shapes(call, plan, data, out)
        for name, (kind, read) in call.arrays.items():
            if call.plans and kind in PICTURES and len(read):
                one = read if kind in ("image", "mask") else read[0]
                plan = call.plans.get(one.shape[:2], scene.plan)
            if kind == "image":
                pixels = scene.image if read is scene.picture else plan.image(read)
                assert pixels is not None
                out[name] = fresh(pixels, data[name])
            elif kind == "mask":
                out[name] = fresh(plan.mask(read), data[name])
            elif kind == "images":
                out[name] = leave_stack(data[name], [fresh(plan.image(item), item) for item in read], plan.size)
            elif kind == "masks":
                items = read if bound is None or name not in self.instances else [read[row] for row in bound]
                out[name] = leave_stack(data[name], [fresh(leave_mask(item, plan), item) for item in items], plan.size)
        self._add_returns(out, scene.plan)
        return out

    def _write_shapes(self, call: _Call, plan: Plan, data: dict[str, Any], out: dict[str, Any]) -> list[int] | None:
        """Write boxes, keypoints, annotations and their labels.

        Returns: The rows that all bound targets keep, or None where none are bound.
        """
        left: dict[str, tuple[Any, list[int]]] = {}
        for name, (kind, read) in call.arrays.items():
            if kind == "annotations":
                left[name] = read.leave(plan, self.bbox_params, self.flip_pairs)
                if self.return_fates and name == kind:
                    out["fates"] = read.fates
            elif kind in ("bboxes", "keypoints"):
                left[name] = read.leave(plan)
        deciding = [set(rows) for name, (_, rows) in left.items() if name in self.instances]
        bound = sorted(set.intersection(*deciding)) if deciding else None
        for name, (values, rows) in left.items():
            if bound is not None and name in self.instances and rows != bound:
                place = {row: position for position, row in enumerate(rows)}
                values, rows = pick(values, [place[row] for row in bound]), bound
            out[name] = values
            for label in self._labels.get(name, ()):
                out[label] = pick(data[label], rows)
        return bound


def _additional(given: Mapping[str, str] | None) -> dict[str, str]:
    if given is not None and not isinstance(given, Mapping):
        raise ParameterError(f"additional_targets={given!r}: expected a dict such as {{'image2': 'image'}}")
    for name, kind in (given or {}).items():
        if kind not in TARGETS:
            raise ParameterError(f"additional_targets[{name!r}] = {kind!r}: expected one of {', '.join(TARGETS)}")
        if name in TARGETS and name != kind:
            raise ParameterError(f"additional_targets[{name!r}] = {kind!r}: {name!r} is a target of its own")
    return dict(given or {})


def _bound(given: Sequence[str] | None, kinds: Mapping[str, str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given or ())
    for name in names:
        if kinds.get(name) not in ("bboxes", "keypoints", "annotations", "masks"):
            raise ParameterError(f"instances: {name!r} has no rows to bind; expected bboxes, keypoints, annotations, masks or targets like them")
    return names


def _check_bound(names: Sequence[str], given: Mapping[str, Any]) -> None:
    lengths = {name: len(rows) for name, rows in given.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise DataError(f"instances={list(names)} belong together row by row, but {told}; pass one entry for each instance")


def _no_picture(data: dict[str, Any], kinds: Mapping[str, str]) -> CallError:
    import difflib

    for name in data:
        near = difflib.get_close_matches(name, PICTURES, n=1)
        if name not in kinds and near:
            return CallError(f"unknown target {name!r}: did you mean {near[0]!r}?")
    return CallError(
        f"pass image=… (or images, mask, masks), got {', '.join(data) or 'nothing'}: You have to pass data to augmentations as named arguments"
    )


def _refuse_unknown_arguments(nodes: Sequence[Node]) -> None:
    for leaf in leaves(nodes):
        if getattr(leaf, "invalid_args", None):
            raise ParameterError(f"{type(leaf).__name__}: unknown argument(s) {', '.join(leaf.invalid_args)}, refused by strict=True")


def _override_mask_interpolation(nodes: Sequence[Node], flag_: int) -> None:
    try:
        interpolation(flag_)
    except ValueError as fault:
        raise ParameterError(f"Compose: mask_interpolation={flag_!r}: {fault}") from None
    for leaf in leaves(nodes):
        if hasattr(leaf, "mask_interpolation"):
            leaf.mask_interpolation = flag_


REGISTRY["Compose"] = Compose
