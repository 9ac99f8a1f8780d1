"""Pipelines as other programs write them, brought into today's form: plain data in, plain data out, nothing is built.

These are the dicts and files of Albumentations 1.x and 2.x, mmdetection's ``dict(type=…)`` and Hydra's ``_target_``.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from geoaug import dialect
from geoaug.choose import BaseCompose
from geoaug.errors import ParameterError
from geoaug.transform import REGISTRY

NAMES = ("__class_fullname__", "_target_", "type")  # whose value is a class, in this order
DEEPEST = 64  # compositions within compositions; more is an attack, not a pipeline
MOST = 20_000  # transforms; a small YAML file can stand for 10^9 of them through aliases
# what is written beside arguments and says nothing of the pipeline
BESIDE = {
    "_target_": ("_convert_", "_recursive_", "_partial_"),  # Hydra
    "type": ("keymap", "update_pad_shape", "skip_img_without_anno", "bgr_to_rgb", "_scope_"),  # mmdetection's wrapper Albu
}
WRAPPERS = ("Albu", "Albumentation", "Albumentations")  # of mmdetection and mmpose
# arguments of parent classes that 2.0.8 writes by mistake, and itself warns about when it reads its own files
STRAY = {
    "PadIfNeeded": ("padding",),
    "RGBShift": ("approximation", "noise_params", "noise_type", "spatial_mode"),
    "SafeRotate": ("balanced_scale", "fit_output", "keep_ratio", "rotate", "scale", "shear", "translate_percent", "translate_px"),
}
FOREIGN_PARAMS = ("filter_lost_elements",)  # mmdetection's own, among bbox_params


def today(data: Any, place: str = "transform") -> tuple[Any, list[str]]:
    """Bring a pipeline into the form that ``from_dict`` reads.

    Args:
        data: One node, or a list of them, which stands for a ``Compose``. What is no node comes back as it is.
        place: What to call it in messages.

    Returns: The same in today's words, and a clause for each change of meaning or spelling.

    Raises:
        ParameterError: A value of 1.x that cannot be translated, or more transforms than a pipeline has.
    """
    told: list[str] = []
    root = {"__class_fullname__": "Compose", "transforms": data} if isinstance(data, (list, tuple)) else data
    waiting, seen = [root], 0
    while waiting and seen <= MOST:
        node, seen = waiting.pop(), seen + 1
        children = node.get("transforms") if isinstance(node, Mapping) else None
        waiting += children if isinstance(children, (list, tuple)) else ()
    if seen > MOST:
        raise ParameterError(f"{place}: more than {MOST} transforms; that is no pipeline")
    return _node(root, place, told, 0), told


def known() -> dict[str, type]:
    """Returns: All classes that a description may name, by name: every room of transforms is loaded, which a run without a file can do without."""
    import geoaug.transforms.every  # noqa: F401  # fills the registry

    return REGISTRY


def class_of(name: str) -> Any:
    """Returns: The class that a path names: a user's own by all of it, else geoaug's by its last part, else the one user's by that; or None."""
    last = name.rpartition(".")[2]
    if last == "ReplayCompose":
        import geoaug.replay  # noqa: F401  # it stands on this room
    classes = known()
    found = classes.get(name) or classes.get(last)
    if found is not None or not last:
        return found
    users = {cls for path, cls in classes.items() if path.rpartition(".")[2] == last}
    return users.pop() if len(users) == 1 else None


def ours(key: str, name: str, wrapped: bool) -> bool:
    """Returns: Whether a description is of a transform of Albumentations, and not of another package with classes of the same names.

    Args:
        key: The one of ``NAMES`` by which it names its class.
        name: The class.
        wrapped: Whether it stands inside of mmdetection's wrapper.
    """
    return wrapped or key == "__class_fullname__" or name.partition(".")[0] in ("albumentations", "geoaug")


def _node(data: Any, place: str, told: list[str], depth: int) -> Any:
    key = next((key for key in NAMES if isinstance(data, Mapping) and isinstance(data.get(key), str)), None)
    if key is None or depth > DEEPEST:
        return data
    name = data[key]
    beside = (key, *BESIDE.get(key, ()))
    given = {argument: value for argument, value in data.items() if argument not in beside}
    last = name.rpartition(".")[2]
    if key == "type" and last in WRAPPERS and last not in known():
        name = last = "Compose"
    cls = class_of(name)
    if cls is not None and known().get(last) is not cls:  # a user's own, whose arguments are not in the table
        return {"__class_fullname__": name, **given}
    try:
        made = leaf(last, given)
    except ParameterError as fault:
        raise ParameterError(f"{place}: {fault}") from None
    if made is None:
        return {"__class_fullname__": name, **_composition(given, place, told, depth)}
    today_s, arguments, clauses = made
    told.extend(f"{place}: {last}: {clause}" for clause in clauses)
    return {"__class_fullname__": today_s, **arguments}


def _composition(given: dict[str, Any], place: str, told: list[str], depth: int) -> dict[str, Any]:
    out = dict(given)
    if isinstance(out.get("first"), Mapping) and isinstance(out.get("second"), Mapping):
        out["transforms"] = [out.pop("first"), out.pop("second")]
    children = out.get("transforms")
    if isinstance(children, (list, tuple)):
        out["transforms"] = [_node(child, f"{place}.transforms[{k}]", told, depth + 1) for k, child in enumerate(children)]
    for params in ("bbox_params", "keypoint_params"):
        if isinstance(out.get(params), Mapping):
            out[params] = {name: value for name, value in out[params].items() if name not in (*NAMES, *FOREIGN_PARAMS)}
    return out


def leaf(name: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any], list[str]] | None:
    """Bring a described transform into today's words.

    Args:
        name: Its class in 1.x, 2.x or geoaug, without a path.
        given: Its arguments.

    Returns: Its class today, its arguments, and a clause for each change; None for a composition, and for what is nobody's.

    Raises:
        ParameterError: A value of 1.x that cannot be translated.
    """
    cls = known().get(dialect.REMOVED[name].today if name in dialect.REMOVED else name)
    if cls is None or issubclass(cls, BaseCompose):
        return None
    if "__name__" in given:  # a Lambda, which stands elsewhere by that name
        return name, dict(given), []
    names = list(inspect.signature(cls).parameters)
    plain = {argument: value for argument, value in given.items() if argument not in STRAY.get(name, ())}
    try:
        valued, changes = dialect.as_valued(name, plain)
        reading = dialect.read(name, valued, names)
    except ValueError as why:
        raise ParameterError(f"{name}: {why}") from None
    renamed = [f"the class is {cls.__name__} today"] if cls.__name__ != name else []
    # a file says everything: what it leaves to the default is not worth a word
    clauses = [change.told for change in (*changes, *reading.changes) if change.new or plain.get(change.old[0])]
    return cls.__name__, {**reading.given, **reading.unknown}, [*renamed, *clauses]
