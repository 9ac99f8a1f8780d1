"""What code written for Albumentations calls, overrides and reads on a transform: the same names, on geoaug's own terms.

Nothing here costs a pipeline of plain transforms anything: a class takes the way through ``geoaug.foreign`` only where
it overrides one of ``OVERRIDES``.
"""

from __future__ import annotations

import inspect
import os
import random
import zlib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import CallError, ParameterError
from geoaug.randomness import Source
from geoaug.types import Array

if TYPE_CHECKING:
    from geoaug.scene import Applied, Scene

# a class that defines one of these decides for itself what it does to plain arrays
OVERRIDES = frozenset({
    "__call__", "apply", "apply_to_bbox", "apply_to_bboxes", "apply_to_images", "apply_to_keypoint", "apply_to_keypoints", "apply_to_mask",
    "apply_to_masks", "apply_with_params", "_set_keys", "get_params", "get_params_dependent_on_data", "get_params_dependent_on_targets", "targets",
    "targets_as_params", "update_params", "update_params_shape", "update_transform_params",
})  # fmt: skip
Function = Callable[..., Any]
# what subclasses from the days of 1.x read on transforms: today's attribute, and which end of it where it is a range
FORMER: dict[str, tuple[str, int | None]] = {
    "value": ("fill", None), "fill_value": ("fill", None), "cval": ("fill", None), "pad_val": ("fill", None),
    "mask_value": ("fill_mask", None), "mask_fill_value": ("fill_mask", None), "cval_mask": ("fill_mask", None), "mask_pad_val": ("fill_mask", None),
    "min_holes": ("num_holes_range", 0), "max_holes": ("num_holes_range", 1),
    "min_height": ("hole_height_range", 0), "max_height": ("hole_height_range", 1),
    "min_width": ("hole_width_range", 0), "max_width": ("hole_width_range", 1),
    "quality_lower": ("quality_range", 0), "quality_upper": ("quality_range", 1),
}  # fmt: skip


class Drawing:
    """What a transform or composition with code of its own may draw from while that code runs.

    Args:
        rng: The pipeline's generator of this call.
        owner: Whose code runs.
        scene: What it works on, None for compositions.
        calls: Whether it is the owner's call that runs, so that a call of it from there means what it does itself.
    """

    __slots__ = ("calls", "custody", "owner", "py", "rng", "scene")

    def __init__(self, rng: np.random.Generator, owner: Any, scene: Scene | None = None, calls: bool = False) -> None:
        self.rng, self.owner, self.scene, self.calls = rng, owner, scene, calls
        self.py: random.Random | None = None
        self.custody: Custody | None = None  # what transforms that the owner calls do, where somebody wants to know


class Custody:
    """Notes what is applied in a call that somebody else wrote, and whether the call did anything to its data besides.

    Args:
        data: What the call was given, by name.
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.record: list[Applied] = []
        self.unbroken = True
        self._left = _known(data)

    def passed(self, taken: Mapping[str, Any], left: Mapping[str, Any], record: list[Applied]) -> None:
        """Be told of a transform.

        Args:
            taken: What it was given, by name.
            left: What it returned.
            record: What was applied.
        """
        self.check(taken)
        self._left = _known(left)
        self.record += record

    def check(self, data: Mapping[str, Any]) -> None:
        """See whether these are still the very data that the last transform left, or that the call was given."""
        missing: Any = object()
        self.unbroken &= all(data.get(name, missing) is value and _sum(value) == total for name, (value, total) in self._left.items())


def _known(data: Mapping[str, Any]) -> dict[str, tuple[Any, int]]:
    return {name: (value, _sum(value)) for name, value in data.items()}


def _sum(value: Any) -> int:
    """Returns: What changes where somebody writes into an array, or into one of a list of arrays."""
    if isinstance(value, (list, tuple)):
        return sum(map(_sum, value))
    return zlib.crc32(value.tobytes()) if isinstance(value, np.ndarray) and value.dtype != object else 0


drawing: ContextVar[Drawing | None] = ContextVar("drawing", default=None)  # of this thread, since objects may be shared between threads


class Chance:
    """Random numbers as code written for Albumentations draws them, from two generators: in a pipeline its own, else the object's."""

    @property
    def random_generator(self) -> np.random.Generator:
        """The generator of this call."""
        now = drawing.get()
        return self._source().generator() if now is None else now.rng

    @random_generator.setter
    def random_generator(self, generator: np.random.Generator) -> None:
        self.set_random_state(generator)

    @property
    def py_random(self) -> random.Random:
        """The same as Python's own kind of generator."""
        now = drawing.get()
        if now is not None:
            if now.py is None:
                now.py = _python_random(now.rng)
            return now.py
        owner, kept = self.__dict__.get("_py", (0, None))
        if kept is None or owner != os.getpid():  # another process inherits the object, not its numbers
            kept = _python_random(self.random_generator)
            self.__dict__["_py"] = os.getpid(), kept
        return kept

    @py_random.setter
    def py_random(self, generator: random.Random) -> None:
        self.__dict__["_py"] = os.getpid(), generator

    def _source(self) -> Source:
        found: Source | None = self.__dict__.get("_own")
        if found is None:
            found = self.__dict__["_own"] = Source(None)
        return found

    def set_random_seed(self, seed: int | None) -> None:
        """Start the random numbers of this object, when it is called alone, anew."""
        self.__dict__["_own"] = Source(seed)
        self.__dict__.pop("_py", None)

    def set_random_state(self, random_generator: np.random.Generator, py_random: random.Random | None = None) -> None:
        """Draw from these generators when the object is called alone."""
        self.__dict__["_own"] = Source.of(random_generator)
        self.__dict__.pop("_py", None)
        if py_random is not None:
            self.py_random = py_random


def _python_random(rng: np.random.Generator) -> random.Random:
    return random.Random(int(rng.integers(2**63)))  # noqa: S311  # pictures, not secrets


class Hooks(Chance):
    """The extension points of Albumentations' transforms, and the attributes that programs read."""

    deterministic = False
    replay_mode = False
    applied_in_replay = False
    save_key = "replay"
    moves = True  # whether masks, boxes and keypoints move too
    p: float

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("_functions", "_known_keys")}

    # --- parameters ---

    @property
    def params(self) -> dict[str, Any]:
        """What was drawn last."""
        found: dict[str, Any] = self.__dict__.setdefault("_params", {})
        return found

    @params.setter
    def params(self, params: dict[str, Any]) -> None:
        self.__dict__["_params"] = params

    @property
    def always_apply(self) -> bool:
        """Whether it is applied in every call."""
        return self.p >= 1

    @property
    def targets_as_params(self) -> list[str]:
        """Names of data that must be there to draw parameters."""
        return []

    def get_params(self) -> dict[str, Any]:
        """Draw what does not depend on the data."""
        return {}

    def get_params_dependent_on_data(self, params: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Draw what depends on the data; of a class from the days of 1.x, by the name that it had then, if it asks for any."""
        asked = self.targets_as_params
        return (self.get_params_dependent_on_targets({name: data[name] for name in asked if name in data}) or {}) if asked else {}

    def get_params_dependent_on_targets(self, params: dict[str, Any]) -> dict[str, Any]:
        """Draw what depends on ``targets_as_params``: the name of Albumentations 1.x."""
        return {}

    def update_params(self, params: dict[str, Any], **data: Any) -> dict[str, Any]:
        """Add what goes with every draw: the name of Albumentations 1.x."""
        return params

    def update_transform_params(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Add what goes with every draw: ``shape`` of the picture, the transform's interpolation and fills."""
        params = self.update_params_shape(params, data)
        params |= {name: getattr(self, name) for name in ("interpolation", "fill", "fill_mask") if hasattr(self, name)}
        return self.update_params(params, **data)

    def update_params_shape(self, params: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
        """Add ``shape`` of the picture: the name of Albumentations 1.4."""
        shape = shape_of(data)
        return params if shape is None else params | {"shape": shape, "rows": shape[0], "cols": shape[1]}

    def should_apply(self, force_apply: bool = False) -> bool:
        """Draw whether to apply the transform."""
        return bool(force_apply or self.p >= 1 or (self.p > 0 and self.py_random.random() < self.p))

    def get_applied_params(self) -> dict[str, Any]:
        """Returns: What was drawn last, empty if it was not applied."""
        return self.params

    # --- applying ---

    def apply(self, img: Array, *args: Any, **params: Any) -> Array:
        """Change a picture."""
        raise NotImplementedError(f"{type(self).__name__} has no apply()")

    def apply_to_images(self, images: Any, *args: Any, **params: Any) -> Any:
        """Change pictures that share what was drawn."""
        return _stacked([self.apply(image, *args, **params) for image in images], images)

    def apply_to_volume(self, volume: Any, *args: Any, **params: Any) -> Any:
        """Change the slices of a volume."""
        return self.apply_to_images(volume, *args, **params)

    def apply_to_volumes(self, volumes: Any, *args: Any, **params: Any) -> Any:
        """Change the slices of volumes."""
        return _stacked([self.apply_to_volume(volume, *args, **params) for volume in volumes], volumes)

    def apply_to_mask(self, *args: Any, **params: Any) -> Array:
        """Change a mask, the first argument; here as a picture is, without reading between its pixels. A parameter may be called mask too."""
        mask, *rest = args or (params.pop("mask"),)
        return self.apply(mask, *rest, **{name: 0 if name == "interpolation" else value for name, value in params.items()})

    def apply_to_masks(self, masks: Any, *args: Any, **params: Any) -> Any:
        """Change masks."""
        return _stacked([self.apply_to_mask(mask, *args, **params) for mask in masks], masks)

    def apply_to_mask3d(self, mask3d: Any, *args: Any, **params: Any) -> Any:
        """Change the slices of a mask of a volume."""
        return self.apply_to_masks(mask3d, *args, **params)

    def apply_to_masks3d(self, masks3d: Any, *args: Any, **params: Any) -> Any:
        """Change the slices of masks of volumes."""
        return _stacked([self.apply_to_mask3d(mask3d, *args, **params) for mask3d in masks3d], masks3d)

    def apply_to_bbox(self, bbox: Any, **params: Any) -> Any:
        """Change one box, x_min, y_min, x_max, y_max as shares of the picture's size: the name of Albumentations 1.x."""
        raise NotImplementedError(f"Method apply_to_bboxes is not implemented in class {type(self).__name__}")

    def apply_to_bboxes(self, bboxes: Any, *args: Any, **params: Any) -> Any:
        """Change boxes, shape (N, 4 + columns that travel along), as shares of the picture's size."""
        moved = [[*self.apply_to_bbox(tuple(row[:4]), **params), *row[4:]] for row in np.asarray(bboxes).tolist()]
        return np.array(moved, np.float64).reshape(len(moved), -1) if moved else bboxes

    def apply_to_keypoint(self, keypoint: Any, **params: Any) -> Any:
        """Change one keypoint, x, y, angle, scale: the name of Albumentations 1.x."""
        raise NotImplementedError(f"Method apply_to_keypoints is not implemented in class {type(self).__name__}")

    def apply_to_keypoints(self, keypoints: Any, *args: Any, **params: Any) -> Any:
        """Change keypoints, shape (N, 5 + columns that travel along) as x, y, z, angle in radians, scale."""
        moved = []
        for x, y, z, angle, scale, *rest in np.asarray(keypoints).tolist():
            x, y, angle, scale = self.apply_to_keypoint((x, y, angle, scale), **params)[:4]
            moved.append([x, y, z, angle, scale, *rest])
        return np.array(moved, np.float64).reshape(len(moved), -1) if moved else keypoints

    def apply_with_params(self, params: dict[str, Any], *args: Any, **data: Any) -> dict[str, Any]:
        """Change all data that the transform has a function for; the rest passes through."""
        functions, out = self._functions_by_name(), {}
        for name, value in data.items():
            function = functions.get(name)
            empty = value is None or (name in ("masks", "masks3d") and isinstance(value, (list, tuple)) and not value)
            out[name] = value if function is None or empty else function(value, **params)
        return out

    # --- targets ---

    @property
    def _additional_targets(self) -> dict[str, str]:
        return self.__dict__.setdefault("_additional_targets", {})

    @property
    def targets(self) -> dict[str, Function]:
        """The function for each target, by its name."""
        pictures = {"image": self.apply, "images": self.apply_to_images, "volume": self.apply_to_volume, "volumes": self.apply_to_volumes}
        if not self.moves:
            return pictures
        return pictures | {
            "mask": self.apply_to_mask, "masks": self.apply_to_masks, "mask3d": self.apply_to_mask3d, "masks3d": self.apply_to_masks3d,
            "bboxes": self.apply_to_bboxes, "keypoints": self.apply_to_keypoints,
        }  # fmt: skip

    def _set_keys(self) -> None:
        """Gather the functions and names of targets, where a class may add some: ``_key2func`` and ``_available_keys``."""
        self._key2func = {name: function for name, function in self.targets.items() if callable(function)}
        self._available_keys = set(self._key2func)

    @property
    def _key2func(self) -> dict[str, Function]:
        if "_functions" not in self.__dict__:
            self._set_keys()
        found: dict[str, Function] = self.__dict__["_functions"]
        return found

    @_key2func.setter
    def _key2func(self, functions: dict[str, Function]) -> None:
        self.__dict__["_functions"] = functions

    @property
    def _available_keys(self) -> set[str]:
        if "_known_keys" not in self.__dict__:
            self._set_keys()
        found: set[str] = self.__dict__["_known_keys"]
        return found

    @_available_keys.setter
    def _available_keys(self, keys: set[str]) -> None:
        self.__dict__["_known_keys"] = keys

    def _functions_by_name(self) -> dict[str, Function]:
        functions = self._key2func
        return functions | {name: functions[kind] for name, kind in self._also().items() if kind in functions}

    def _get_target_function(self, key: str) -> Function:
        return self._functions_by_name().get(key, lambda value, **params: value)

    def _also(self) -> dict[str, str]:
        found: dict[str, str] = self.__dict__.get("_additional_targets", {})
        return found

    @property
    def target_dependence(self) -> dict[str, Any]:
        """For each target, further data that its function takes: a hook of Albumentations 1.x."""
        return {}

    @property
    def available_keys(self) -> set[str]:
        """Names of the targets that the transform changes."""
        return {*self._available_keys, *self._also()}

    def add_targets(self, additional_targets: Mapping[str, str]) -> None:
        """Treat further names as targets that the transform knows: ``{"image2": "image"}``."""
        known = self.__dict__.setdefault("_additional_targets", {})
        for name, kind in additional_targets.items():
            if known.get(name, kind) != kind:
                raise ParameterError(
                    f"Trying to overwrite existed additional targets. Key={name} Exists={known[name]} New value: {kind}; use another name"
                )
            if kind in self.targets:
                known[name] = kind

    def set_processors(self, processors: Mapping[str, Any]) -> None:
        """Be told how boxes and keypoints are read, by a Compose of Albumentations."""
        self.__dict__["_processors"] = dict(processors)

    def get_processor(self, key: str) -> Any:
        """Returns: What ``set_processors`` told about a target, or None."""
        return self.__dict__.get("_processors", {}).get(key)

    def set_deterministic(self, flag: bool, save_key: str = "replay") -> Any:
        """Note down what is drawn under ``save_key``."""
        if save_key == "params":
            raise CallError("params save_key is reserved; use another name")
        self.__dict__.update(deterministic=bool(flag), save_key=save_key)
        return self

    # --- names and arguments ---

    @classmethod
    def get_class_fullname(cls) -> str:
        """Returns: The class's name, as files have it: for geoaug's own the bare name, else with its module."""
        return _full_name(cls)

    @classmethod
    def is_serializable(cls) -> bool:
        """Returns: Whether files may hold it."""
        return True

    def get_transform_init_args_names(self) -> tuple[str, ...]:
        """Returns: Names of the arguments that a file holds."""
        names: set[str] = set()
        for cls in type(self).__mro__:
            if cls is not object and "__init__" in cls.__dict__:
                found = inspect.signature(cls.__dict__["__init__"]).parameters.values()
                names |= {one.name for one in found if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
                if not any(one.kind is one.VAR_KEYWORD for one in found):  # what the base's takes is not taken here
                    break
        return tuple(sorted(names - {"self", "strict", "always_apply", "p"}))

    def get_base_init_args(self) -> dict[str, Any]:
        """Returns: The arguments that every transform has."""
        return {"p": self.p}

    def get_transform_init_args(self) -> dict[str, Any]:
        """Returns: The transform's own arguments and their values."""
        return {name: getattr(self, name) for name in self.get_transform_init_args_names() if hasattr(self, name)}

    def to_dict_private(self) -> dict[str, Any]:
        """Returns: Name and arguments, without the frame of ``to_dict``."""
        return {"__class_fullname__": self.get_class_fullname(), **self.get_base_init_args(), **self.get_transform_init_args()}

    def get_dict_with_id(self) -> dict[str, Any]:
        """Returns: The same with a number that tells this very object."""
        return self.to_dict_private() | {"id": id(self)}

    def apply_alone(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        """Returns: The scene after the functions that the class overrides."""
        from geoaug.foreign import run  # stands on all the rest

        return run(self, scene, rng, always)


class DrawnHooks(Hooks):
    """The same for geoaug's own transforms, whose functions are derived from what they draw."""

    def __getattr__(self, name: str) -> Any:
        if name in FORMER:
            today, end = FORMER[name]
            if today in self.__dict__:
                return self.__dict__[today] if end is None else self.__dict__[today][end]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def get_params_dependent_on_data(self, params: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """Draw, and name what was drawn as Albumentations does: ``matrix``, ``crop_coords``, ``pad_params``, ``scale``, ``factor``, …"""
        from geoaug.drawn import drawn_params

        drawn = drawn_params(self, params, data)
        if type(self).get_params_dependent_on_targets is not Hooks.get_params_dependent_on_targets:
            drawn |= self.get_params_dependent_on_targets(data) or {}
        return drawn

    def apply(self, img: Array, *args: Any, **params: Any) -> Array:
        """Change a picture by what ``params`` say, or where they say nothing, by a draw of its own."""
        from geoaug.drawn import step_of

        return step_of(self, img.shape, params, img).image(img)

    def apply_to_mask(self, mask: Array, *args: Any, **params: Any) -> Array:
        """Change a mask in the same way."""
        from geoaug.drawn import step_of

        return step_of(self, mask.shape, params).mask(mask)

    def apply_to_bboxes(self, bboxes: Any, *args: Any, **params: Any) -> Any:
        """Change boxes, shape (N, 4 + columns that travel along), as shares of the picture's size; what is not visible is left out."""
        from geoaug.drawn import moved_boxes

        return moved_boxes(self, np.asarray(bboxes, np.float64), params)

    def apply_to_keypoints(self, keypoints: Any, *args: Any, **params: Any) -> Any:
        """Change keypoints, shape (N, 5 + columns that travel along) as x, y, z, angle in radians, scale."""
        from geoaug.drawn import moved_keypoints

        return moved_keypoints(self, np.asarray(keypoints, np.float64), params)


def _full_name(cls: type) -> str:
    return cls.__name__ if cls.__module__.split(".")[0] == "geoaug" else f"{cls.__module__}.{cls.__qualname__}"


def _stacked(items: list[Any], like: Any) -> Any:
    if not isinstance(like, np.ndarray):
        return items
    return np.stack(items) if items else like


def shape_of(data: Mapping[str, Any]) -> tuple[int, ...] | None:
    for name, depth in (("image", 0), ("images", 1), ("volume", 1), ("volumes", 2), ("mask", 0), ("masks", 1)):
        found: Any = data.get(name)
        for _ in range(depth if found is not None else 0):
            found = found[0] if len(found) else None
            if found is None:
                break
        if found is not None and hasattr(found, "shape"):
            return tuple(found.shape)
    return tuple(data["size"]) if data.get("size") is not None else None


class Processor:
    """How boxes or keypoints are read, under the name by which programs look it up.

    Args:
        params: ``BboxParams`` or ``KeypointParams``.
    """

    def __init__(self, params: Any) -> None:
        self.params = params


class CompositionHooks(Chance):
    """What programs call and read on every composition of Albumentations."""

    transforms: list[Any]
    p: float

    @property
    def available_keys(self) -> set[str]:
        """Names of the targets that something in the composition changes."""
        return {key for node in self.transforms for key in node.available_keys}

    @property
    def additional_targets(self) -> dict[str, str]:
        """Further names of targets, each with the target that it behaves like."""
        found: dict[str, str] = self.__dict__.setdefault("_more_targets", {})
        return found

    @additional_targets.setter
    def additional_targets(self, targets: dict[str, str]) -> None:
        self.__dict__["_more_targets"] = targets

    @property
    def transforms_ps(self) -> list[float]:
        """The share of each transform in a choice by weight."""
        total = sum(node.p for node in self.transforms)
        return [node.p / total if total else 0.0 for node in self.transforms]

    def add_targets(self, additional_targets: Mapping[str, str] | None) -> None:
        """Be told about further names of targets by the pipeline around; it is the pipeline that reads them."""
        self.additional_targets.update(additional_targets or {})

    def set_deterministic(self, flag: bool, save_key: str = "replay") -> None:
        """Tell all transforms to note down what they draw."""
        for node in self.transforms:
            node.set_deterministic(flag, save_key)

    @classmethod
    def get_class_fullname(cls) -> str:
        """Returns: The class's name, as files have it."""
        return _full_name(cls)

    @classmethod
    def is_serializable(cls) -> bool:
        """Returns: Whether files may hold it."""
        return True

    def to_dict_private(self) -> dict[str, Any]:
        """Returns: Name, arguments and transforms, without the frame of ``to_dict``."""
        from geoaug.serial import encoded  # stands on compositions

        return encoded(self)

    def get_dict_with_id(self) -> dict[str, Any]:
        """Returns: The same with a number that tells this very object."""
        return self.to_dict_private() | {"id": id(self), "params": None}


class PipelineHooks(CompositionHooks):
    """What programs call and read on a ``Compose`` of Albumentations."""

    is_check_args = True
    main_compose = True
    _has_own_ends = False  # whether a user's class does something before or after a call
    bbox_params: Any
    keypoint_params: Any
    kinds: dict[str, str]
    labels: dict[str, tuple[str, ...]]
    keys: frozenset[str]

    @property
    def processors(self) -> dict[str, Processor]:
        """``"bboxes"`` and ``"keypoints"``, where the pipeline reads such, each with ``.params``."""
        found = {"bboxes": self.bbox_params, "keypoints": self.keypoint_params}
        return {name: Processor(params) for name, params in found.items() if params is not None}

    @property
    def _additional_targets(self) -> dict[str, str]:
        return self.additional_targets

    @property
    def available_keys(self) -> set[str]:
        """Names of all data that the pipeline knows."""
        return {*self.kinds, *self.keys, *(label for labels in self.labels.values() for label in labels)}

    _available_keys = available_keys

    def add_targets(self, additional_targets: Mapping[str, str] | None) -> None:
        """Treat further names as targets: ``{"image2": "image"}``.

        Raises:
            ParameterError: A name has another meaning already.
        """
        from geoaug.call import check_additional  # the call's room lies behind this one

        for name, kind in check_additional(additional_targets).items():
            if self.additional_targets.get(name, kind) != kind:
                raise ParameterError(
                    f"Trying to overwrite existed additional targets. Key={name} Exists={self.additional_targets[name]} "
                    f"New value: {kind}; use another name"
                )
            self.additional_targets[name] = self.kinds[name] = kind

    def preprocess(self, data: Any) -> None:
        """Do nothing: data are read when the call needs them. A class that overrides it may change them in place."""

    def postprocess(self, data: dict[str, Any]) -> dict[str, Any]:
        """Returns: What comes back as it is. A class that overrides it may change it."""
        return data

    def check_data_post_transform(self, data: dict[str, Any]) -> dict[str, Any]:
        """Returns: The data as they are."""
        return data

    def disable_check_args_private(self) -> None:
        """Be told that another pipeline holds this one."""
        self.main_compose = False
