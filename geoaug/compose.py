"""Compositions: the call that reads targets, lets transforms decide, and writes what they decided, once."""

from __future__ import annotations

import copy
import operator
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.call import ROWS, TARGETS, Call, Later, Rules, check_additional, check_instances, opened
from geoaug.choose import BaseCompose, Sequential, leaves, nodes_of, probability_of
from geoaug.errors import CallError, DataError, ParameterError
from geoaug.hooks import PipelineHooks, drawing
from geoaug.interim import applied_plain, inside, is_plain
from geoaug.params import interpolation
from geoaug.plan import Plan
from geoaug.randomness import Source, keyed, parse_seed
from geoaug.scene import Applied, Scene
from geoaug.targets.boxes import FORMATS as BOX_FORMATS
from geoaug.targets.boxes import BboxParams
from geoaug.targets.keypoints import FORMATS as KEYPOINT_FORMATS
from geoaug.targets.keypoints import KeypointParams, Pairs, read_pairs
from geoaug.targets.masks import fresh, read_picture
from geoaug.transform import REGISTRY, Node, Transform
from geoaug.types import Array, Size

if TYPE_CHECKING:
    from typing_extensions import Self


def _params(name: str, given: Any, kind: Any) -> Any:
    if given is None or isinstance(given, kind):
        return given
    if isinstance(given, Mapping) and all(isinstance(key, str) for key in given):
        return kind(**given)
    formats = tuple(BOX_FORMATS if kind is BboxParams else KEYPOINT_FORMATS)
    example = f"A.{kind.__name__}(format={(given if given in formats else formats[0])!r}, label_fields=[...])"
    raise ParameterError(f"{name}={given!r}: unknown format of {name}, please use `dict` or `{kind.__name__}`, such as {example}")


class Compose(PipelineHooks, BaseCompose, Rules):
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
        save_applied_params: Add ``"applied_transforms"``: the name of each transform that was applied and, by Albumentations' names,
            what it drew.
        fuse: Join steps where nobody can tell: one interpolation in place of many. False is the one-by-one reference.
        return_matrix: Add ``"matrix"``: 3x3 float64, source to output, continuous pixels.
        return_plan: Add ``"plan"``: what was drawn, to repeat, to undo, to read.
        return_fates: Add ``"fates"``: what became of each annotation. It stayed: ``"kept"``, ``"cut"`` (a part left the picture),
            ``"occluded"`` (holes cover a part). It went: ``"outside"``, ``"covered"`` (by holes), ``"small"``, ``"degenerate"``.
        flip_pairs: Which keypoints change places in a mirror, by their numbers in ``keypoints`` (or in each group of them) and in
            annotations: ``[(1, 2), (3, 4)]``, or for annotations such a list for each ``category_id``. A mirror warns where groups
            or annotations have keypoints and none of this says which are left and right.
        instances: Names of targets whose rows belong together, such as ``["bboxes", "masks", "polygons"]``: a row that one of them
            drops is dropped from all, and where there are polygons or masks, they say where the box is and how much is visible.
        return_rows: Add ``"rows"``: for each target that has rows, the numbers of those that stayed.

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
        save_applied_params: bool = False,
        *,
        fuse: bool = True,
        return_matrix: bool = False,
        return_plan: bool = False,
        return_fates: bool = False,
        flip_pairs: Pairs | Sequence[tuple[int, int]] | None = None,
        instances: Sequence[str] | None = None,
        return_rows: bool = False,
    ) -> None:
        self.transforms = nodes_of("Compose", transforms)
        self.bbox_params: BboxParams | None = _params("bbox_params", bbox_params, BboxParams)
        self.keypoint_params: KeypointParams | None = _params("keypoint_params", keypoint_params, KeypointParams)
        self.additional_targets = check_additional(additional_targets)
        self.p = probability_of("Compose", p)
        self.is_check_shapes, self.strict = bool(is_check_shapes), bool(strict)
        self.mask_interpolation = mask_interpolation
        self.save_applied_params, self._notes = bool(save_applied_params), False
        self.fuse, self.return_matrix, self.return_plan, self.return_fates = fuse, return_matrix, return_plan, return_fates
        self.flip_pairs = read_pairs(flip_pairs)
        self.return_rows = return_rows
        self.kinds = {name: name for name in TARGETS} | self.additional_targets
        self.instances = check_instances(instances, self.kinds)
        self.keys = _keys(self.transforms)
        self.labels = {
            "bboxes": tuple(self.bbox_params.label_fields or ()) if self.bbox_params else (),
            "keypoints": tuple(self.keypoint_params.label_fields or ()) if self.keypoint_params else (),
        }
        self._random = Source(seed)
        if strict:
            _refuse_unknown_arguments(self.transforms)
        if mask_interpolation is not None:
            _override_mask_interpolation(self.transforms, mask_interpolation)

    @property
    def random_generator(self) -> np.random.Generator:
        """The generator that the next call draws from."""
        return self._random.generator()

    @random_generator.setter
    def random_generator(self, generator: np.random.Generator) -> None:
        self.draw_from(generator)

    @property
    def seed(self) -> int | None:
        """The seed that the pipeline was made with."""
        return self._random.seed

    def set_random_seed(self, seed: int | None) -> None:
        """Start the stream of random numbers anew, as if the pipeline were made with this seed."""
        self._random = Source(seed)

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        cls._has_own_ends = cls.preprocess is not PipelineHooks.preprocess or cls.postprocess is not PipelineHooks.postprocess

    def set_random_state(self, random_generator: np.random.Generator, py_random: Any = None) -> None:
        """Draw from this generator from now on, as a Compose of Albumentations tells its transforms to."""
        self.draw_from(random_generator)

    def draw_from(self, generator: np.random.Generator | None) -> None:
        """Draw from a generator that somebody else holds too; None leaves the pipeline its own."""
        if generator is not None:
            self._random = Source.of(generator)

    def _settings(self) -> dict[str, Any]:
        shown = {
            "transforms": self.transforms, "bbox_params": self.bbox_params, "keypoint_params": self.keypoint_params,
            "additional_targets": self.additional_targets, "p": self.p, "is_check_shapes": self.is_check_shapes,
            "seed": self.seed,
        }  # fmt: skip
        ours = (
            "strict",
            "mask_interpolation",
            "save_applied_params",
            "return_matrix",
            "return_plan",
            "return_fates",
            "return_rows",
            "flip_pairs",
            "instances",
        )
        shown |= {name: getattr(self, name) for name in (*ours, "flip_pairs", "instances") if getattr(self, name)}
        return shown if self.fuse else shown | {"fuse": False}

    def _with(self, transforms: list[Node]) -> Self:
        if self.strict:
            _refuse_unknown_arguments(transforms)
        if self.mask_interpolation is not None:
            transforms = copy.deepcopy(transforms)  # what was added is the caller's own
            _override_mask_interpolation(transforms, self.mask_interpolation)
        made = super()._with(transforms)
        made.keys = _keys(transforms)
        made.additional_targets, made.kinds = dict(self.additional_targets), dict(self.kinds)
        made._random = Source(self.seed)
        return made

    # --- drawing ---

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
        if not self._has_own_ends:
            return self._called(data, force_apply, key)
        self.preprocess(data)
        return self.postprocess(self._called(data, force_apply, key))

    def _called(self, data: dict[str, Any], force_apply: bool, key: Any) -> dict[str, Any]:
        """Returns: The answer to a call, without what a user's class does before and after it."""
        if inside.get() is not None or (isinstance(data.get("bboxes"), np.ndarray) and self._handed_over(data)):
            now = drawing.get()
            rng = self._generator(key) if now is None else now.rng
            also = {**(inside.get() or {}), **self.additional_targets}
            return applied_plain([Sequential(self.transforms, 1.0 if force_apply else self.p)], data, rng, also)
        rng = self._generator(key)
        if not (force_apply or self.p >= 1.0 or rng.random() < self.p):
            return self._unapplied(data) if self.return_matrix or self.return_plan or self.return_fates or self.return_rows else opened(data)
        picture = data.get("image") if len(data) == 1 else None
        if type(picture) is np.ndarray and not (
            self._notes or self.save_applied_params or self.return_plan or self.return_matrix or self.return_rows
        ):
            return self._alone(data, read_picture("image", picture), rng)
        call = Call(data, self)
        assert call.size is not None
        start = copy.deepcopy(rng) if call.others else None
        scene = Scene(call.size, call.picture, self.fuse, call)
        record: list[Applied] | None = [] if self._notes or self.save_applied_params else None
        scene.record = record
        scene = self.through(scene, rng)
        if start is not None and scene.sight is not call and scene.steps:
            raise DataError(
                "is_check_shapes=False: targets of several sizes go through transforms of your own alone, or through geoaug's alone, since "
                "nobody else knows how what is drawn for one size looks for another; give them one size, or call a pipeline for each"
            )
        if start is not None and scene.sight is call:  # other sizes: the same random numbers, drawn for their own size
            call.plans = {size: self.through(Scene(size, None, self.fuse), copy.deepcopy(start)).plan for size in call.others}
        last = call if scene.sight is None else scene.sight  # a foreign transform has begun another call
        out = last.write(scene.plan, scene.image)
        return out if record is None else self._with_notes(out, record)

    def _alone(self, data: dict[str, Any], picture: Array, rng: np.random.Generator) -> dict[str, Any]:
        """Returns: The same for a picture that comes alone, without the work that other targets make."""
        sight = Later(data, self)
        scene = self.through(Scene((picture.shape[0], picture.shape[1]), picture, self.fuse, sight), rng)
        if scene.sight is not sight:  # a foreign transform has begun another call
            assert scene.sight is not None
            return scene.sight.write(scene.plan, scene.image)
        assert scene.image is not None
        out, steps = fresh(scene.image, data["image"]), scene.steps
        return {"image": steps[-1].close("image", out) if steps and steps[-1].closes else out}

    def _handed_over(self, data: dict[str, Any]) -> bool:
        """Returns: Whether a Compose of Albumentations around this pipeline has read the boxes and labels already, and calls it."""
        labels = self.labels["bboxes"]
        unread = self.bbox_params is None or (bool(labels) and not any(label in data for label in labels))
        return unread and is_plain(data) and sys._getframe(2).f_globals.get("__name__", "").startswith("albumentations.")

    def _with_notes(self, out: dict[str, Any], record: list[Applied]) -> dict[str, Any]:
        """Returns: What comes back, with what was applied."""
        return out | {"applied_transforms": [(type(applied.transform).__name__, applied.params) for applied in record if applied.params]}

    def replay(self, plan: Plan, *args: Any, **data: Any) -> dict[str, Any]:
        """Repeat a plan on other data, in this pipeline's formats and with its filters: the next frame, another camera.

        Args:
            plan: What an earlier call returned with ``return_plan=True``, or ``draw`` decided.
            args: None; data are passed by name.
            data: As for a call.

        Raises:
            CallError: No plan, or data that are not named.
            DataError: The data are not of the size that the plan was drawn for.
        """
        if not isinstance(plan, Plan) or args:
            raise CallError(f"replay: expected a Plan and named data, as replay(out['plan'], image=image), got {(plan, *args)!r}"[:200])
        call = Call(data, self)
        sizes = {size for size in (call.size, *call.others) if size is not None and size != plan.source}
        if sizes:
            told = ", ".join(f"{height} x {width}" for height, width in sorted(sizes))
            height, width = plan.source
            raise DataError(f"replay: the plan was drawn for {height} x {width} (height x width), {told} came; draw a plan for each size")
        return call.write(plan, None)

    def _unapplied(self, data: dict[str, Any]) -> dict[str, Any]:
        """Returns: The data as they came, and the plan, matrix, fates and rows of doing nothing."""
        call = Call(data, self)
        assert call.size is not None
        out = opened(data)
        call.add_returns(out, Plan(call.size))
        if self.return_fates and "annotations" in call.arrays:
            out["fates"] = ["kept"] * len(data["annotations"])
        if self.return_rows:
            out["rows"] = {name: list(range(len(data[name]))) for name, (kind, _) in call.arrays.items() if kind in ROWS or name in self.instances}
        return out


class Noting(Compose):
    """A pipeline within a call that somebody else wrote, which hands out what it notes.

    Args:
        As ``Compose`` takes them.
    """

    def noting(self, data: dict[str, Any]) -> tuple[dict[str, Any], list[Applied]]:
        """Returns: What becomes of data, and what was applied."""
        self._notes, self._record = True, list[Applied]()
        return self(**data), self._record

    def _with_notes(self, out: dict[str, Any], record: list[Applied]) -> dict[str, Any]:
        self._record = record
        return out


def _keys(nodes: Sequence[Node]) -> frozenset[str]:
    """Returns: What transforms read by name, beside the targets; users' transforms may have targets of their own."""
    ours = (key for leaf in leaves(nodes) if isinstance(leaf, Transform) for key in getattr(leaf, "keys", ()))
    theirs = (key for leaf in leaves(nodes) if not isinstance(leaf, Transform) for key in getattr(leaf, "available_keys", ()))
    return frozenset([*ours, *theirs]) - set(TARGETS)


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
