"""Pipelines as plain data, in the form that Albumentations writes, and back. Only geoaug's own classes are ever built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

import geoaug.transforms  # noqa: F401  # fills the registry
from geoaug.choose import Composition, SomeOf
from geoaug.compose import Compose
from geoaug.errors import ParameterError
from geoaug.params import values_of
from geoaug.transform import REGISTRY, Node

DEEPEST = 64  # compositions within compositions; more is an attack, not a pipeline
OURS = ("fuse", "return_matrix", "return_plan", "return_fates", "return_rows", "instances")
# arguments of parent classes that 2.0.8 writes by mistake, and itself warns about when it reads its own files
STRAY = {
    "PadIfNeeded": ("padding",),
    "SafeRotate": ("balanced_scale", "fit_output", "keep_ratio", "rotate", "scale", "shear", "translate_percent", "translate_px"),
}


def to_dict(node: Node) -> dict[str, Any]:
    """Returns: ``{"__version__": …, "transform": {"__class_fullname__": …}}``, JSON-able, seed included."""
    from geoaug import __version__

    return {"__version__": __version__, "transform": encoded(node)}


def encoded(node: Any) -> dict[str, Any]:
    """Returns: A node's name and arguments, JSON-able, those of the nodes in it too; a user's own class says them itself."""
    if not isinstance(node, Composition):
        if not attrs.has(type(node)):
            return {key: _plain(value) for key, value in node.to_dict_private().items()}
        values = {name: _plain(value) for name, value in values_of(node).items()}
        return {"__class_fullname__": type(node).__name__, **values}
    out: dict[str, Any] = {"__class_fullname__": type(node).__name__, "p": node.p, "transforms": [encoded(child) for child in node]}
    if isinstance(node, SomeOf):
        out |= {"n": node.n, "replace": node.replace}
    if isinstance(node, Compose):
        out["bbox_params"] = node.bbox_params.to_dict() if node.bbox_params else None
        out["keypoint_params"] = node.keypoint_params.to_dict() if node.keypoint_params else None
        out["additional_targets"] = node.additional_targets
        out["is_check_shapes"] = node.is_check_shapes
        out |= {"seed": node.seed, "strict": node.strict, "mask_interpolation": node.mask_interpolation}
        out |= {name: _plain(getattr(node, name)) for name in OURS}
        if node.flip_pairs is not None:  # as a list of items, since JSON's keys are strings and category ids are not
            out["flip_pairs"] = [[category, _plain(pairs)] for category, pairs in node.flip_pairs.items()]
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    return value


def from_dict(data: Mapping[str, Any]) -> Any:
    """Build the pipeline that ``to_dict`` of geoaug or of Albumentations described.

    Args:
        data: ``{"transform": {"__class_fullname__": name, …}}``; of a dotted class path, the last part counts.

    Returns: A ``Compose``, or the transform that was described alone.

    Raises:
        ParameterError: An unknown class, a bad argument, or data of another form; the message names the place.
    """
    if not isinstance(data, Mapping):
        raise ParameterError(f"pipeline: expected an object with 'transform', got {type(data).__name__}")
    if "transform" not in data and "__class_fullname__" not in data:
        raise ParameterError(f"pipeline: expected an object with 'transform', got the keys {sorted(map(str, data))[:8]}")
    root = data.get("transform", data)
    unknown = sorted(_unknown(root, 0))
    if unknown:
        raise ParameterError(f"transform: {', '.join(map(repr, unknown))} is not one of geoaug's classes: {', '.join(sorted(REGISTRY))}")
    return _decoded(root, "transform", 0)


def _unknown(data: Any, depth: int) -> set[str]:
    """Returns: All class names that geoaug does not have, so that they are told at once."""
    if depth > DEEPEST or not isinstance(data, Mapping):
        return set()
    name = data.get("__class_fullname__")
    found = {name} if isinstance(name, str) and _class_of(name) is None else set()
    children = data.get("transforms")
    for child in children if isinstance(children, (list, tuple)) else ():
        found |= _unknown(child, depth + 1)
    return found


def _class_of(name: str) -> Any:
    """Returns: The class of a user's program by its full name, else geoaug's by the last part of it, else None."""
    return REGISTRY.get(name) or REGISTRY.get(name.rpartition(".")[2])


def _decoded(data: Any, place: str, depth: int) -> Any:
    if depth > DEEPEST:
        raise ParameterError(f"{place}: nested deeper than {DEEPEST}")
    if not isinstance(data, Mapping) or not isinstance(data.get("__class_fullname__"), str):
        raise ParameterError(f"{place}: expected an object with '__class_fullname__', got {data!r}"[:200])
    cls = _class_of(data["__class_fullname__"])
    assert cls is not None  # unknown ones were told before
    name = cls.__name__
    stray = ("__class_fullname__", *STRAY.get(name, ()))
    arguments = {key: value for key, value in data.items() if key not in stray}
    if issubclass(cls, Composition):
        children = arguments.get("transforms")
        if not isinstance(children, (list, tuple)):
            raise ParameterError(f"{place}.transforms: expected a list, got {children!r}"[:200])
        arguments["transforms"] = [_decoded(child, f"{place}.transforms[{k}]", depth + 1) for k, child in enumerate(children)]
    if arguments.get("flip_pairs") is not None:
        arguments["flip_pairs"] = _items(arguments["flip_pairs"], f"{place}.flip_pairs")
    return _built(cls, arguments, place)


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


def save(pipeline: Node, filepath_or_buffer: Any, data_format: str = "json") -> None:
    """Write a pipeline to a JSON or YAML file.

    Args:
        pipeline: What to write.
        filepath_or_buffer: A path, or something with ``write``.
        data_format: ``"json"`` or ``"yaml"`` (needs the extra ``geoaug[yaml]``).
    """
    text = _dump(to_dict(pipeline), data_format)
    if hasattr(filepath_or_buffer, "write"):
        filepath_or_buffer.write(text)
    else:
        with open(filepath_or_buffer, "w", encoding="utf-8") as file:
            file.write(text)


def load(filepath_or_buffer: Any, data_format: str = "json") -> Any:
    """Read a pipeline from a JSON or YAML file.

    Args:
        filepath_or_buffer: A path, or something with ``read``.
        data_format: ``"json"`` or ``"yaml"`` (needs the extra ``geoaug[yaml]``).

    Raises:
        ParameterError: The file is not of that format, or describes no pipeline.
        FileNotFoundError: There is no such file.
    """
    if hasattr(filepath_or_buffer, "read"):
        text = filepath_or_buffer.read()
    else:
        try:
            with open(filepath_or_buffer, encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError as fault:
            raise FileNotFoundError(fault.errno, "no pipeline is stored here, as A.save(pipeline, path) writes one", fault.filename) from None
    return from_dict(parse(text, data_format, str(filepath_or_buffer)))


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
