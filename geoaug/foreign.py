"""Transforms that somebody else wrote: base classes for them, and how they take part in a pipeline."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.hooks import Drawing, DrawnHooks, Hooks, drawing, shape_of
from geoaug.interim import BACK, THERE, changed, handed_over, in_order, inside, watched
from geoaug.params import chance
from geoaug.scene import Applied, Scene
from geoaug.steps.foreign import Foreign
from geoaug.transform import REGISTRY, Node, PixelTransform, Transform

# hooks that look at more than the picture's shape; a class without them is spared the work of handing everything over
LOOKING = ("get_params_dependent_on_data", "get_params_dependent_on_targets", "update_transform_params", "update_params", "targets_as_params")
UNSET: Any = object()


class _Family(type):
    """Makes geoaug's own transforms count as instances of the base classes that programs ask for."""

    def __instancecheck__(cls, instance: object) -> bool:
        return cls.__subclasscheck__(type(instance))

    def __subclasscheck__(cls, other: type) -> bool:
        if type.__subclasscheck__(cls, other):
            return True
        like = cls.__dict__.get("_like")
        return like is not None and bool(like(other))

    @property
    def __signature__(cls) -> inspect.Signature:
        """What ``inspect.signature`` and ``help`` show of a class: its ``__init__``, not the call below."""
        taken = inspect.signature(cls.__init__)  # type: ignore[misc]  # of a class, as Python reads it itself
        return taken.replace(parameters=list(taken.parameters.values())[1:])

    def __call__(cls, *args: Any, **given: Any) -> Any:
        schema = getattr(cls, "InitSchema", None)
        if schema is not None and hasattr(schema, "model_validate"):
            args, given = _validated(cls, schema, args, given)
        return super().__call__(*args, **given)


def _validated(cls: type, schema: Any, args: tuple[Any, ...], given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Returns: The arguments as the class's own pydantic schema reads them.

    Raises:
        ParameterError: It refuses them.
    """
    taken = inspect.signature(cls.__init__).parameters  # type: ignore[misc]  # of a class, as Python reads it itself
    names = [name for name, one in taken.items() if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)][1:]
    if len(args) > len(names):
        return args, given
    values = {name: taken[name].default for name in names if taken[name].default is not inspect.Parameter.empty}
    values |= dict(zip(names, args, strict=False)) | given
    fields = schema.model_fields
    try:
        read = schema.model_validate({name: value for name, value in values.items() if name in fields} | {"p": values.get("p", 0.5)})
    except ValueError as fault:
        raise ParameterError(f"{cls.__name__}: {fault}") from None
    return (), values | {name: getattr(read, name) for name in fields if name in names}


class BasicTransform(Hooks, Node, metaclass=_Family):
    """The root of transforms that are written as functions on plain arrays, as Albumentations' extension API has them.

    Prefer ``DualTransform`` or ``ImageOnlyTransform``; where what you want is a matrix or a curve, prefer ``geoaug.Transform``, whose
    ``draw`` returns a step: that fuses, moves every kind of target, and can be inverted.

    Args:
        p: Probability that the transform is applied. A bool in first place is 1.x's ``always_apply``, followed by ``p``.
        always_apply: True stands for ``p=1``.
    """

    _like: Any = staticmethod(lambda other: issubclass(other, Transform))  # what else counts as one of these

    def __init__(self, *args: Any, p: float = UNSET, always_apply: bool | None = None) -> None:
        given = list(args)
        if given and (given[0] is None or isinstance(given[0], (bool, np.bool_))):
            always_apply = given.pop(0)
        if given and p is UNSET:
            p = given.pop(0)
        if given and always_apply is None and isinstance(given[0], (bool, np.bool_)):  # the other way round
            always_apply = given.pop(0)
        if given:
            raise ParameterError(f"{type(self).__name__}: too many arguments, {given!r} are left over; it takes p")
        try:
            self.p = 1.0 if always_apply else chance(0.5 if p is UNSET else p)
        except ValueError as fault:
            raise ParameterError(f"{type(self).__name__}: p={p!r}: {fault}") from None

    __init__.__signature__ = inspect.Signature([  # type: ignore[attr-defined]  # what help() shows
        inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        inspect.Parameter("p", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=0.5),
    ])  # fmt: skip

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        if not cls.__module__.startswith("geoaug."):
            REGISTRY[f"{cls.__module__}.{cls.__qualname__}"] = cls  # so that files may name it, once its own program has defined it

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        return run(self, scene, rng, always)

    def __call__(self, *args: Any, force_apply: bool = False, **data: Any) -> dict[str, Any]:
        """Apply this transform alone, on plain arrays: boxes as shares of the picture's size, keypoints as x, y, z, angle, scale."""
        if args:
            raise CALLED_WRONGLY
        if inside.get():
            self.add_targets(inside.get() or {})
        if not self.should_apply(force_apply):
            self.params = {}
            return data
        self.params = params = drawn(self, data)
        now = drawing.get()
        if now is None or now.custody is None:
            return self.apply_with_params(params, **data)
        custody, now.custody = now.custody, None
        out = self.apply_with_params(params, **data)
        custody.passed(data, out, [Applied(self, params, {})])
        now.custody = custody
        return out

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in (self.get_transform_init_args() | self.get_base_init_args()).items())
        return f"{type(self).__name__}({told})"


CALLED_WRONGLY = DataTypeError("You have to pass data to augmentations as named arguments, for example: aug(image=image)")


class DualTransform(BasicTransform):
    """The base of transforms that change pictures, masks, boxes and keypoints by functions on plain arrays.

    Override ``apply(img, **params)``, ``apply_to_mask``, ``apply_to_bboxes`` (N, 4 + columns; shares of the picture's size) and
    ``apply_to_keypoints`` (N, 5 + columns; x, y, z, angle in radians, scale); draw in ``get_params`` or
    ``get_params_dependent_on_data(params, data)`` from ``self.py_random`` or ``self.random_generator``. The names of 1.x
    (``apply_to_bbox``, ``get_params_dependent_on_targets`` …) are called too.

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> class Brighter(A.DualTransform):
        ...     def apply(self, img, **params):
        ...         return img + 1
        ...     def apply_to_mask(self, mask, **params):
        ...         return mask
        >>> A.Compose([Brighter(p=1)])(image=np.uint8([[1]]), mask=np.uint8([[7]]))["image"]
        array([[2]], dtype=uint8)
    """

    _like: Any = staticmethod(lambda other: issubclass(other, Transform) and other.moves)


class ImageOnlyTransform(BasicTransform):
    """The base of transforms that change values of pictures by a function; masks, boxes and keypoints stay.

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> class Brighter(A.ImageOnlyTransform):
        ...     def apply(self, img, **params):
        ...         return img + 1
        >>> Brighter(p=1)(image=np.uint8([[1]]))["image"]
        array([[2]], dtype=uint8)
    """

    moves = False
    _like = staticmethod(lambda other: issubclass(other, PixelTransform))


class Lambda(DualTransform):
    """Call functions of yours, one for each kind of target.

    Args:
        image: Takes a picture and keywords such as ``shape``, returns a picture.
        mask: The same for masks.
        keypoints: The same for keypoints (N, 5 + columns) as x, y, z, angle in radians, scale.
        bboxes: The same for boxes (N, 4 + columns) as shares of the picture's size.
        name: By which a file refers to it; ``from_dict`` takes ``nonserializable={name: transform}``.
        p: Probability that the transform is applied.

    Example:
        >>> A.Lambda(image=lambda image, **kwargs: 255 - image)(image=np.uint8([[5]]))["image"]
        array([[250]], dtype=uint8)
    """

    _like = None

    def __init__(
        self,
        image: Callable[..., Any] | None = None,
        mask: Callable[..., Any] | None = None,
        keypoints: Callable[..., Any] | None = None,
        bboxes: Callable[..., Any] | None = None,
        name: str | None = None,
        p: float = 1.0,
        *,
        always_apply: bool | None = None,
        keypoint: Callable[..., Any] | None = None,
        bbox: Callable[..., Any] | None = None,
    ) -> None:
        super().__init__(p=p, always_apply=always_apply)
        self.name = name
        self.image, self.mask, self.keypoints, self.bboxes, self.keypoint, self.bbox = image, mask, keypoints, bboxes, keypoint, bbox
        for place, function in self._by_target().items():
            if function is not None and not callable(function):
                raise ParameterError(f"Lambda: {place}={function!r}: expected a function of the {place} and keywords")
        self.moves = any(function is not None for place, function in self._by_target().items() if place != "image")

    def _by_target(self) -> dict[str, Callable[..., Any] | None]:
        return {name: getattr(self, name) for name in ("image", "mask", "keypoints", "bboxes", "keypoint", "bbox")}

    def apply(self, img: Any, *args: Any, **params: Any) -> Any:
        return img if self.image is None else self.image(img, **params)

    def apply_to_mask(self, mask: Any, *args: Any, **params: Any) -> Any:
        return mask if self.mask is None else self.mask(mask, **params)

    def apply_to_bboxes(self, bboxes: Any, *args: Any, **params: Any) -> Any:
        if self.bbox is not None:
            return super().apply_to_bboxes(bboxes, **params)
        return bboxes if self.bboxes is None else self.bboxes(bboxes, **params)

    def apply_to_bbox(self, bbox: Any, **params: Any) -> Any:
        assert self.bbox is not None
        return self.bbox(bbox, **params)

    def apply_to_keypoints(self, keypoints: Any, *args: Any, **params: Any) -> Any:
        if self.keypoint is not None:
            return super().apply_to_keypoints(keypoints, **params)
        return keypoints if self.keypoints is None else self.keypoints(keypoints, **params)

    def apply_to_keypoint(self, keypoint: Any, **params: Any) -> Any:
        assert self.keypoint is not None
        return self.keypoint(keypoint, **params)

    def to_dict_private(self) -> dict[str, Any]:
        """Returns: The name, by which a file refers to it.

        Raises:
            ParameterError: It has none.
        """
        if self.name is None:
            raise ParameterError("To make a Lambda transform serializable you should provide the `name` argument, e.g. `Lambda(name='my_transform')`")
        return {"__class_fullname__": "Lambda", "__type__": "Lambda", "__name__": self.name}

    def __repr__(self) -> str:
        told = [f"{name}={function!r}" for name, function in self._by_target().items() if function is not None]
        return f"Lambda({', '.join([*told, f'name={self.name!r}', f'p={self.p}'])})"


class Stranger(Node):
    """A transform, or a composition, of the albumentations package itself, as part of a pipeline of geoaug's.

    Args:
        transform: The albumentations object.
    """

    def __init__(self, transform: Any) -> None:
        self.transform, self.p = transform, transform.p

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        self.p = self.transform.p
        if self.p <= 0 or not (always or self.p >= 1.0 or rng.random() < self.p):
            return scene
        if scene.record is not None:
            scene.record.append(Applied(self, {}, dict(rng.bit_generator.state)))
        name, seed = type(self.transform).__name__, int(rng.integers(2**63))
        if not self.moves and not scene.closed_by:
            params = {"seed": seed}
            after = scene.then(Foreign(self, params), name)
            return after if scene.image is None else after.carried_out(self.apply(scene.image.copy(), **params))
        also = {} if scene.sight is None else dict(scene.sight.also)
        return changed(scene, lambda data: self._applied(data, also, seed), name, self.moves)

    @property
    def moves(self) -> bool:
        """Whether more than values of pictures may change."""
        return not any(base.__name__ == "ImageOnlyTransform" for base in type(self.transform).__mro__)

    def apply(self, img: Any, seed: int, **params: Any) -> Any:
        """Returns: A picture after a transform of values, drawn from ``seed``, so that other pictures of the call are changed alike."""
        return self._applied({"image": img}, {}, seed)["image"]

    def _applied(self, data: dict[str, Any], also: dict[str, str], seed: int) -> Mapping[str, Any]:
        """Returns: Plain arrays after the transform, applied by a Compose of its own package, which knows how to call it.

        Args:
            data: Everything by name.
            also: Further names of targets, each with the target that it behaves like.
            seed: What it draws from.
        """
        from geoaug.standin import package  # geoaug may have its name by now

        albumentations = package()
        kinds = {"bboxes": "bboxes", "keypoints": "keypoints", **also}
        params: dict[str, Any] = {}
        if any(kind == "bboxes" and isinstance(data.get(name), np.ndarray) for name, kind in kinds.items()):
            params["bbox_params"] = albumentations.BboxParams("albumentations", clip=True, filter_invalid_bboxes=True)
        points = {name: data[name] for name, kind in kinds.items() if kind == "keypoints" and isinstance(data.get(name), np.ndarray)}
        points = {name: array for name, array in points.items() if array.shape[1] >= 5}
        if points:
            params["keypoint_params"] = albumentations.KeypointParams("xyas", remove_invisible=False, angle_in_degrees=False)
        theirs = albumentations.Compose(
            [albumentations.OneOf([self.transform], p=1)], additional_targets=also, is_check_shapes=False, **params
        )  # a choice of one applies it whatever its own p says, for that was drawn
        theirs.set_random_state(np.random.default_rng(seed), random.Random(seed))  # noqa: S311  # pictures, not secrets
        given = {name: value for name, value in data.items() if not (_is_empty(value) and name in ("masks", "images"))}
        alone = "image" not in given and "images" not in given  # it always wants a picture, if only for the size
        if alone:
            height, width = _size(data)
            given["image"] = np.zeros((height, width, 3), np.uint8)
        out = dict(theirs(**given | {name: in_order(array, THERE) for name, array in points.items()}))
        if alone:
            del out["image"]
        for name, array in points.items():
            moved = np.asarray(out[name], np.float64)
            out[name] = in_order(moved, BACK) if len(moved) else moved.reshape(0, array.shape[1])
        for name, value in data.items():
            out.setdefault(name, value)
            if (
                isinstance(value, np.ndarray)
                and value.dtype.kind in "iu"
                and getattr(out[name], "dtype", value.dtype) != value.dtype
                and name in MASKS
            ):
                out[name] = out[name].astype(value.dtype)  # OpenCV has no whole numbers of 64 bits, so theirs come back shorter
        return out

    @property
    def available_keys(self) -> set[str]:
        """Names of the targets that the transform changes."""
        return set(self.transform.available_keys)

    def add_targets(self, additional_targets: Mapping[str, str] | None) -> None:
        """Be told about further names of targets by the pipeline around; it tells them to the transform in each call."""

    def set_deterministic(self, flag: bool, save_key: str = "replay") -> Stranger:
        """Be told that what is drawn is to be noted down, which the pipeline around does."""
        return self

    def get_class_fullname(self) -> str:
        """Returns: The class's name with its module, since it is not geoaug's."""
        return f"{type(self.transform).__module__}.{type(self.transform).__qualname__}"

    def is_serializable(self) -> bool:
        """Returns: Whether files may hold it."""
        return bool(self.transform.is_serializable())

    def to_dict_private(self) -> dict[str, Any]:
        """Returns: Name and arguments as its own package tells them, which ``from_dict`` reads as geoaug's class of that name.

        Raises:
            ParameterError: The package has no description of it.
        """
        return dict(theirs_to_dict(self.transform)["transform"]) | {"__class_fullname__": self.get_class_fullname()}

    def get_dict_with_id(self) -> dict[str, Any]:
        """Returns: The same with a number that tells this very object."""
        return self.to_dict_private() | {"id": id(self)}

    def __repr__(self) -> str:
        return repr(self.transform)


def theirs_to_dict(transform: Any) -> dict[str, Any]:
    """Returns: A transform or composition of the albumentations package, as that package describes it.

    Raises:
        ParameterError: It has no description, such as a ``Lambda`` without a name.
    """
    try:
        return dict(transform.to_dict())
    except Exception as fault:
        raise ParameterError(f"{type(transform).__name__} of the albumentations package: {fault}") from None


def theirs_from_dict(told: Mapping[str, Any]) -> Any:
    """Returns: What the albumentations package builds of its own description.

    Raises:
        ParameterError: The package is not there.
    """
    from geoaug.standin import package

    try:
        return package().from_dict(dict(told))
    except ImportError:
        raise ParameterError('a transform of the albumentations package needs it: pip install "geoaug[albumentations]"') from None


MASKS = ("mask", "masks")


def _is_empty(value: Any) -> bool:
    return value is not None and hasattr(value, "__len__") and len(value) == 0


def _size(data: Mapping[str, Any]) -> tuple[int, int]:
    """Returns: (height, width) of plain arrays without a picture."""
    shape = shape_of(data)
    if shape is None:
        raise DataError("nothing tells the picture's size; pass image=…, a mask, or size=(height, width)")
    return shape[0], shape[1]


def drawn(transform: Any, data: Mapping[str, Any]) -> dict[str, Any]:
    """Returns: The parameters of one call, drawn by the functions that the class has.

    Raises:
        DataError: Data that it says it needs did not come.
    """
    given = dict(transform.get_params())
    params: dict[str, Any] = transform.update_transform_params(dict(given), dict(data))
    missing = set(transform.targets_as_params) - set(data)
    if missing and not (missing == {"image"} and "images" in data):
        needed = list(transform.targets_as_params)
        raise DataError(f"{type(transform).__name__} requires {needed} missing keys: {sorted(missing)}; pass them with the picture")
    out = params | transform.get_params_dependent_on_data(params, dict(data))
    ours = getattr(type(transform), "get_params_dependent_on_data", None) is DrawnHooks.get_params_dependent_on_data
    return out | given if ours else out  # what a subclass of ours draws itself stands in place of what we draw


def run(transform: Any, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
    """Returns: The scene after a transform that works by its own functions.

    Args:
        transform: It.
        scene: What waits.
        rng: What it draws from.
        always: Whether to apply it whatever its ``p`` says.
    """
    name, now = type(transform).__name__, drawing.get()
    if _calls_itself(type(transform)) and not (now is not None and now.owner is transform and now.calls):
        own = Drawing(rng, transform, calls=True)
        token = drawing.set(own)
        try:
            return changed(scene, watched(own, scene.record, lambda data: transform(force_apply=always, **data)), name)
        finally:
            drawing.reset(token)
    if not (always or transform.p >= 1.0 or rng.random() < transform.p):
        transform.params = {}
        return scene
    state = dict(rng.bit_generator.state) if scene.record is not None else {}
    if scene.sight is not None and scene.sight.also:
        transform.add_targets(scene.sight.also)
    params: dict[str, Any] = {}

    def applied(data: dict[str, Any]) -> dict[str, Any]:
        params.update(drawn(transform, data))
        transform.params = params
        return transform.apply_with_params(params, **data)

    token = drawing.set(Drawing(rng, transform, scene))
    try:
        after = changed(scene, applied, name) if transform.moves or scene.closed_by else _repainted(transform, scene, name, params)
    finally:
        drawing.reset(token)
    if scene.record is not None:
        scene.record.append(Applied(transform, params, state))
    return after


def _calls_itself(cls: type) -> bool:
    """Returns: Whether a user's class overrides the call as such, as classes of the days of 1.x do."""
    return not next(base for base in cls.__mro__ if "__call__" in base.__dict__).__module__.startswith("geoaug.")


def _repainted(transform: Any, scene: Scene, name: str, params: dict[str, Any]) -> Scene:
    """Returns: The scene after a change of the picture alone.

    Args:
        transform: What changes it.
        scene: What waits.
        name: Its name, for messages.
        params: What was drawn is put in here.
    """
    looks = any(getattr(type(transform), hook) is not getattr(Hooks, hook) for hook in LOOKING)
    image: Any = scene.image
    if looks and scene.sight is not None:
        data = handed_over(scene.sight, scene.plan, image)  # type: ignore[arg-type]  # the one kind of sight that there is
    else:
        data = {"size": scene.size} if image is None else {"image": image}
    params.update(drawn(transform, data))
    transform.params = params
    return repainted(transform, scene, name, params)


def repainted(transform: Any, scene: Scene, name: str, params: dict[str, Any]) -> Scene:
    """Returns: The scene after a change of the picture alone by what was drawn; masks, boxes and points still wait, to move only once."""
    image: Any = scene.image
    last = scene.steps[-1] if scene.steps else None
    closing = last if last is not None and last.closes else None
    after = scene.then(Foreign(transform, params, closing), name)
    if image is None:
        return after
    own = image.copy() if scene.shares(image) else image
    out = transform.apply(own if closing is None else closing.close("image", own), **params)
    if isinstance(out, np.ndarray) and out.shape[:2] != scene.size and closing is None:
        return changed(scene, lambda data: data | {"image": out}, name)  # boxes are shares, so they follow the picture's new size
    done = after.carried_out(out)
    return done if isinstance(out, np.ndarray) else done.closed(name)  # nobody else can go on with a tensor or the like
