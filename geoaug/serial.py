"""Pipelines as plain data, in the form that Albumentations writes, and back. Only geoaug's own classes are ever built."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from typing import Any

import attrs

from geoaug import dialect
from geoaug.choose import BaseCompose, SelectiveChannelTransform, SomeOf
from geoaug.compose import Compose
from geoaug.errors import ParameterError
from geoaug.params import values_of
from geoaug.transform import REGISTRY, Node
from geoaug.written import DEEPEST, NAMES, class_of, known, today

SHOWN = 4  # of what is translated in a file
OURS = ("save_applied_params", "fuse", "return_matrix", "return_plan", "return_fates", "return_rows", "instances")


def to_dict(transform: Node, on_not_implemented_error: str = "raise") -> dict[str, Any]:
    """Describe a pipeline.

    Args:
        transform: A ``Compose``, or a transform alone.
        on_not_implemented_error: ``"warn"`` describes nothing, with a warning, where something has no description, such as a
            ``Lambda`` without a name; ``"raise"`` refuses it.

    Returns: ``{"__version__": …, "transform": {"__class_fullname__": …}}``, JSON-able, seed included.

    Raises:
        ParameterError: Something has no description.
    """
    from geoaug import __version__

    if on_not_implemented_error not in ("raise", "warn"):
        raise ParameterError(f"on_not_implemented_error={on_not_implemented_error!r}: expected 'raise' or 'warn'")
    try:
        told = encoded(transform)
    except ParameterError as fault:
        if on_not_implemented_error == "raise":
            raise
        dialect.warn(str(fault))
        told = {}
    return {"__version__": __version__, "transform": told}


def encoded(node: Any, children: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Returns: A node's name and arguments, JSON-able, those of the nodes in it too; a user's own class says them itself.

    Args:
        node: It.
        children: What to say of the nodes in it; None for name and arguments.
    """
    if not isinstance(node, BaseCompose):
        if REGISTRY.get(type(node).__name__) is not type(node) or not attrs.has(type(node)):  # somebody else's, maybe made of one of ours
            return {key: _plain(value) for key, value in node.to_dict_private().items()}
        values = {name: _plain(value) for name, value in values_of(node).items()}
        return {"__class_fullname__": type(node).__name__, **values}
    inner = [encoded(child) for child in node] if children is None else children
    out: dict[str, Any] = {"__class_fullname__": node.get_class_fullname(), "p": node.p, "transforms": inner}
    if isinstance(node, SomeOf):
        out |= {"n": node.n, "replace": node.replace}
    if isinstance(node, SelectiveChannelTransform):
        out["channels"] = list(node.channels)
    if isinstance(node, Compose):
        out["bbox_params"] = node.bbox_params.to_dict() if node.bbox_params else None
        out["keypoint_params"] = node.keypoint_params.to_dict() if node.keypoint_params else None
        out["additional_targets"] = node.additional_targets
        out["is_check_shapes"] = node.is_check_shapes
        out |= {"seed": node.seed, "strict": node.strict, "mask_interpolation": node.mask_interpolation}
        out |= {name: _plain(getattr(node, name)) for name in OURS}
        if node.flip_pairs is not None:  # as a list of items, since JSON's keys are strings and category ids are not
            out["flip_pairs"] = [[category, _plain(pairs)] for category, pairs in node.flip_pairs.items()]
        taken = inspect.signature(type(node).__init__).parameters
        if not any(one.kind is one.VAR_KEYWORD for one in taken.values()):  # of ReplayCompose and users' classes what they take
            out = {name: value for name, value in out.items() if name in taken or name in ("__class_fullname__", "p", "transforms")}
            out |= {name: _plain(getattr(node, name)) for name in taken if name not in out and name != "self" and hasattr(node, name)}
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return value


def from_dict(transform_dict: Any, nonserializable: Mapping[str, Any] | None = None, *, lambda_transforms: Mapping[str, Any] | None = None) -> Any:
    """Build the pipeline that ``to_dict`` of geoaug or of Albumentations 1.x or 2.x described, or a configuration of mmdetection or Hydra.

    Args:
        transform_dict: ``{"transform": {"__class_fullname__": name, …}}``; of a dotted class path, the last part counts. In place of
            ``__class_fullname__``, ``type`` and ``_target_`` will do; a list of transforms stands for a ``Compose``.
        nonserializable: Transforms that stand in the data by name only, such as a ``Lambda``: ``{name: transform}``.
        lambda_transforms: The same, as 1.x called it.

    Returns: A ``Compose``, or the transform that was described alone.

    Raises:
        ParameterError: An unknown class, a bad argument, or data of another form; the message names the place.
    """
    data = transform_dict
    if not isinstance(data, (Mapping, list, tuple)):
        raise ParameterError(f"pipeline: expected an object with 'transform', got {type(data).__name__}")
    if isinstance(data, Mapping) and "transform" not in data and not any(name in data for name in NAMES):
        raise ParameterError(f"pipeline: expected an object with 'transform', got the keys {sorted(map(str, data))[:8]}")
    root, told = today(data.get("transform", data) if isinstance(data, Mapping) else data)
    named = {**(lambda_transforms or {}), **(nonserializable or {})}
    unknown = sorted(_unknown(root, 0))
    if unknown:
        near = [other for name in unknown for other in difflib.get_close_matches(str(name).rpartition(".")[2], known(), n=1, cutoff=0.7)]
        hint = f"did you mean {' and '.join(map(repr, near))}?" if len(near) == len(unknown) else f"they are {', '.join(sorted(known()))}"
        raise ParameterError(f"transform: {', '.join(map(repr, unknown))} is not one of geoaug's classes; {hint}")
    built = _decoded(root, "transform", 0, named)
    if told:
        more = f"; and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
        dialect.warn(f"pipeline, as Albumentations 1.x wrote it: {'; '.join(told[:SHOWN])}{more}. `geoaug migrate` lists all and rewrites the file.")
    return built


def _unknown(data: Any, depth: int) -> set[str]:
    """Returns: All class names that geoaug does not have, so that they are told at once."""
    if depth > DEEPEST or not isinstance(data, Mapping):
        return set()
    name = data.get("__class_fullname__")
    found = {name} if isinstance(name, str) and "__name__" not in data and class_of(name) is None else set()
    children = data.get("transforms")
    for child in children if isinstance(children, (list, tuple)) else ():
        found |= _unknown(child, depth + 1)
    return found


def _decoded(data: Any, place: str, depth: int, named: Mapping[str, Any]) -> Any:
    if depth > DEEPEST:
        raise ParameterError(f"{place}: nested deeper than {DEEPEST}")
    if not isinstance(data, Mapping) or not isinstance(data.get("__class_fullname__"), str):
        raise ParameterError(f"{place}: expected an object with '__class_fullname__', got {data!r}"[:200])
    if "__name__" in data:
        return _by_name(data["__name__"], place, named)
    cls = class_of(data["__class_fullname__"])
    assert cls is not None  # unknown ones were told before
    arguments = {key: value for key, value in data.items() if key != "__class_fullname__"}
    if issubclass(cls, BaseCompose):
        children = arguments.get("transforms")
        if not isinstance(children, (list, tuple)):
            raise ParameterError(f"{place}.transforms: expected a list, got {children!r}"[:200])
        arguments["transforms"] = [_decoded(child, f"{place}.transforms[{k}]", depth + 1, named) for k, child in enumerate(children)]
    if arguments.get("flip_pairs") is not None:
        arguments["flip_pairs"] = _items(arguments["flip_pairs"], f"{place}.flip_pairs")
    return _built(cls, arguments, place)


def _by_name(name: Any, place: str, named: Mapping[str, Any]) -> Any:
    found = named.get(name) if isinstance(name, str) else None
    if not isinstance(found, Node):
        told = f"got {sorted(named)}" if found is None else f"got {found!r} by that name"
        raise ParameterError(f"{place}: {name!r} stands in the data by name only; give it as nonserializable={{{name!r}: transform}}, {told}"[:300])
    return found


def _items(given: Any, place: str) -> Any:
    try:
        return {category: [tuple(pair) for pair in pairs] for category, pairs in given}
    except (TypeError, ValueError):
        raise ParameterError(f"{place}: expected [[category, [[left, right], …]], …], got {given!r}"[:200]) from None


def _built(cls: Any, arguments: dict[str, Any], place: str) -> Any:
    try:
        return cls(**arguments)
    except (TypeError, ValueError) as fault:
        told = str(fault)
        raise ParameterError(f"{place}: {told if told.startswith(cls.__name__) else f'{cls.__name__}: {told}'}") from None


def save(
    transform: Node, filepath_or_buffer: Any = None, data_format: str = "json", on_not_implemented_error: str = "raise", *, filepath: Any = None
) -> None:
    """Write a pipeline to a JSON or YAML file.

    Args:
        transform: What to write.
        filepath_or_buffer: A path, or something with ``write``.
        data_format: ``"json"`` or ``"yaml"`` (needs the extra ``geoaug[yaml]``).
        on_not_implemented_error: As in ``to_dict``.
        filepath: ``filepath_or_buffer``, as Albumentations 1.x called it.
    """
    place = _place(filepath_or_buffer, filepath)
    text = _dump(to_dict(transform, on_not_implemented_error), data_format)
    if hasattr(place, "write"):
        place.write(text)
    else:
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)


def load(
    filepath_or_buffer: Any = None,
    data_format: str = "json",
    nonserializable: Mapping[str, Any] | None = None,
    *,
    filepath: Any = None,
    lambda_transforms: Mapping[str, Any] | None = None,
) -> Any:
    """Read a pipeline from a JSON or YAML file that geoaug or Albumentations 1.x or 2.x wrote.

    Args:
        filepath_or_buffer: A path, or something with ``read``.
        data_format: ``"json"`` or ``"yaml"`` (needs the extra ``geoaug[yaml]``).
        nonserializable: As in ``from_dict``.
        filepath: ``filepath_or_buffer``, as Albumentations 1.x called it.
        lambda_transforms: ``nonserializable``, as Albumentations 1.x called it.

    Raises:
        ParameterError: The file is not of that format, or describes no pipeline.
        FileNotFoundError: There is no such file.
    """
    place = _place(filepath_or_buffer, filepath)
    if hasattr(place, "read"):
        text = place.read()
    else:
        try:
            with open(place, encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError as fault:
            raise FileNotFoundError(fault.errno, "no pipeline is stored here, as A.save(pipeline, path) writes one", fault.filename) from None
    return from_dict(parse(text, data_format, str(place)), nonserializable, lambda_transforms=lambda_transforms)


def _place(filepath_or_buffer: Any, filepath: Any) -> Any:
    if (filepath_or_buffer is None) == (filepath is None):
        raise ParameterError(f"filepath_or_buffer: expected a path, or something to read or write, got {filepath_or_buffer!r}")
    return filepath if filepath_or_buffer is None else filepath_or_buffer


def parse(text: str, data_format: str, place: str) -> Any:
    """Returns: The data of a JSON or YAML text.

    Raises:
        ParameterError: It is neither; the message names line and column.
    """
    import json  # like YAML, loaded where it is used: importing geoaug is quick

    try:
        if _format(data_format) == "json":
            return json.loads(text)
        return _yaml().safe_load(text)
    except (ValueError, RecursionError) as fault:
        raise ParameterError(f"{place}: not {data_format.upper()}: {fault}") from None
    except Exception as fault:
        if type(fault).__module__.startswith("yaml"):
            raise ParameterError(f"{place}: not YAML: {' '.join(str(fault).split())}") from None
        raise


def _dump(data: dict[str, Any], data_format: str) -> str:
    if _format(data_format) == "json":
        import json

        return json.dumps(data, indent=2, allow_nan=False)
    text: str = _yaml().safe_dump(data, sort_keys=False)
    return text


def _format(data_format: str) -> str:
    if data_format not in ("json", "yaml"):
        raise ParameterError(f"data_format={data_format!r}: expected 'json' or 'yaml'")
    return data_format


def _yaml() -> Any:
    try:
        import yaml
    except ImportError:
        raise ParameterError('YAML needs PyYAML: pip install "geoaug[yaml]", or write the pipeline as JSON') from None
    return yaml
