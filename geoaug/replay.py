"""What was applied in a call, told by name and number, and done again on other data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from geoaug.choose import BaseCompose, SelectiveChannelTransform
from geoaug.compose import Compose
from geoaug.errors import CallError, DataError, ParameterError
from geoaug.foreign import BasicTransform, Stranger, repainted, theirs_from_dict, theirs_to_dict
from geoaug.hooks import Hooks
from geoaug.interim import applied_plain, changed, inside
from geoaug.plan import Plan
from geoaug.scene import Applied, Scene
from geoaug.serial import encoded, from_dict
from geoaug.steps.step import Step
from geoaug.targets.boxes import BboxParams
from geoaug.targets.keypoints import KeypointParams
from geoaug.transform import REGISTRY, Node

NOTED = ("applied", "params", "times", "unrepeatable")  # what a noted node says beside its arguments
ALBUMENTATIONS = "albumentations"  # in place of a class: described by that package itself


class ReplayCompose(Compose):
    """A pipeline that notes down what it applied, so that it can be applied again to other data.

    Args:
        transforms: What happens, in order.
        bbox_params: As ``Compose`` takes them.
        keypoint_params: As ``Compose`` takes them.
        additional_targets: As ``Compose`` takes them.
        p: Probability that anything is applied.
        is_check_shapes: Refuse pictures and masks of different height or width.
        save_key: The name in what comes back under which the note stands.

    Example:
        >>> augment = A.ReplayCompose([A.HorizontalFlip(), A.RandomRotate90()])
        >>> first = augment(image=np.uint8([[1, 2], [3, 4]]))
        >>> again = A.ReplayCompose.replay(first["replay"], image=np.uint8([[1, 2], [3, 4]]))
        >>> np.array_equal(first["image"], again["image"])
        True
    """

    def __init__(
        self,
        transforms: Sequence[Node],
        bbox_params: BboxParams | Mapping[str, Any] | None = None,
        keypoint_params: KeypointParams | Mapping[str, Any] | None = None,
        additional_targets: Mapping[str, str] | None = None,
        p: float = 1.0,
        is_check_shapes: bool = True,
        save_key: str = "replay",
    ) -> None:
        super().__init__(transforms, bbox_params, keypoint_params, additional_targets, p, is_check_shapes)
        self.save_key = save_key
        self._notes = True

    def __call__(self, *args: Any, force_apply: bool = False, key: Any = None, **data: Any) -> dict[str, Any]:
        """Augment as ``Compose`` does, and add the note, also where ``p`` left everything as it was."""
        out = super().__call__(*args, force_apply=force_apply, key=key, **data)
        return out if self.save_key in out or inside.get() is not None else self._with_notes(out, [])

    def _with_notes(self, out: dict[str, Any], record: list[Applied]) -> dict[str, Any]:
        return out | {self.save_key: note_of(self, record)}

    @staticmethod
    def replay(saved_augmentations: Any, *args: Any, **data: Any) -> dict[str, Any]:  # type: ignore[override]  # 2.0.8's name and form
        """Apply what was noted to other data, also of another size: each transform draws the same random numbers for it.

        Args:
            saved_augmentations: What stood under ``save_key``, also after JSON or pickle.
            args: None; data are passed by name.
            data: As for a call.

        Raises:
            CallError: Data that are not named.
            DataError: It is no such note.
        """
        if args:
            raise CallError("replay: pass data by name, as replay(out['replay'], image=image)")
        if not isinstance(saved_augmentations, Mapping) or "transforms" not in saved_augmentations:
            raise DataError(f"replay: expected what ReplayCompose returned as 'replay', got {saved_augmentations!r}"[:200])
        lost = saved_augmentations.get("unrepeatable")
        if lost:
            raise DataError(
                f"replay: {', '.join(map(str, lost))} did more than call transforms of its own list, which nobody can repeat; "
                "write what it does as a transform in that list, or seed the pipeline and call it again"
            )
        if "times" not in saved_augmentations:
            raise DataError(
                "replay: this note was not made by geoaug, which draws again from the states of its own generators; "
                "call geoaug's ReplayCompose and pass on what it returns"
            )
        taken = ("bbox_params", "keypoint_params", "additional_targets", "is_check_shapes")
        given = {name: saved_augmentations[name] for name in taken if saved_augmentations.get(name) is not None}
        return Compose(_again(saved_augmentations), **given)(**data)


def note_of(pipeline: Node, record: Sequence[Applied]) -> dict[str, Any]:
    """Returns: A pipeline's name and arguments, which of its transforms were applied, and what they drew.

    Args:
        pipeline: It.
        record: What was applied, in order.
    """
    times: dict[int, list[dict[str, Any]]] = {}
    around: list[tuple[int, int]] = []  # compositions that have not ended: number, and where they end
    for number, applied in enumerate(record):
        around = [(begun, end) for begun, end in around if number < end]
        told: dict[str, Any] = {"order": number, "within": around[-1][0] if around else None}
        if applied.inner:
            told["channels"] = getattr(applied.transform, "channels", None) if _on_channels(applied.transform) else None
        else:
            told |= {"random_state": applied.state, "params": _plain_params(applied.params)}
        times.setdefault(id(applied.transform), []).append(told)
        if applied.inner:
            around.append((number, number + 1 + applied.inner))
    known = {id(node) for node in _all_nodes(pipeline)}
    lost = {_name(one.transform) for one in record if not one.repeatable or id(one.transform) not in known}
    return noted(pipeline, times) | ({"unrepeatable": sorted(lost)} if lost else {})


def _all_nodes(node: Node) -> Iterator[Node]:
    yield node
    if isinstance(node, BaseCompose):
        for child in node:
            yield from _all_nodes(child)


def _on_channels(node: Any) -> bool:
    """Returns: Whether it has its transforms work on some channels, and not in a call of its own."""
    return getattr(type(node), "run", None) is SelectiveChannelTransform.run


def _name(node: Any) -> str:
    return type(node.transform if isinstance(node, Stranger) else node).__name__


def _plain_params(params: dict[str, Any]) -> dict[str, Any]:
    """Returns: The same, a step that was drawn as plain data."""
    step = params.get("step")
    if not isinstance(step, Step):
        return params
    try:
        return params | {"step": Plan(tuple(params["shape"][:2]), (step,)).to_dict()}
    except ParameterError:
        return params  # by hand, of arrays that somebody drew


def noted(node: Node, times: Mapping[int, list[dict[str, Any]]]) -> dict[str, Any]:
    """Returns: A node's name and arguments, whether it was applied, and what it drew.

    Args:
        node: A transform or a composition.
        times: For each node, by its id, when it was applied and what it drew.
    """
    found = times.get(id(node), [])
    if isinstance(node, BaseCompose):
        inner = [noted(child, times) for child in node]
        applied = bool(found) or any(child["applied"] for child in inner)
        return encoded(node, inner) | {"applied": applied, "params": {}, "times": found}
    told = {"__class_fullname__": ALBUMENTATIONS, "described": theirs_to_dict(node.transform)} if isinstance(node, Stranger) else encoded(node)
    drawn = [time["params"] for time in found if "params" in time]
    return told | {"applied": bool(found), "params": drawn[-1] if drawn else None, "times": found}


def _again(told: Mapping[str, Any]) -> list[Node]:
    """Returns: What a note says was applied, in order."""
    made = dict(_applied_nodes(told))
    nodes: list[Node] = []
    for number in sorted(made):
        within, node = made[number]
        (nodes if within is None else made[within][1].transforms).append(node)
    return nodes


def _applied_nodes(told: Mapping[str, Any]) -> Iterator[tuple[int, tuple[int | None, Any]]]:
    """Returns: For each number in order, that of the composition around it, and what was applied."""
    made: Any = None
    for time in told.get("times") or ():
        if "channels" in time:
            node: Any = Apart([]) if time["channels"] is None else SelectiveChannelTransform([], time["channels"])
        else:
            made = made or _built(told)
            node = Again(made, time["random_state"], time["params"])
        yield time["order"], (time["within"], node)
    for child in told.get("transforms") or ():
        yield from _applied_nodes(child)


def _built(told: Mapping[str, Any]) -> Any:
    if told["__class_fullname__"] == ALBUMENTATIONS:
        return Stranger(theirs_from_dict(told["described"]))
    return from_dict({name: value for name, value in told.items() if name not in NOTED})


class Apart(BaseCompose):
    """What somebody else's call applied as a whole: nothing before or after joins it.

    Args:
        transforms: What happens, in order.
    """

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        return changed(scene, lambda data: applied_plain(self.transforms, data, rng, inside.get()), type(self).__name__)


class Again(Node):
    """A transform that draws once more what it drew before; of one that is somebody else's code, the parameters themselves.

    Args:
        transform: It.
        state: The state that the random generator had.
        params: What it drew then.
    """

    p = 1.0

    def __init__(self, transform: Any, state: Mapping[str, Any], params: dict[str, Any]) -> None:
        self.transform, self.state, self.params = transform, state, params
        if isinstance(params.get("step"), Mapping):
            self.params = params | {"step": Plan.from_dict(params["step"]).steps[0]}

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        if _is_foreign(self.transform):
            name = type(self.transform).__name__
            if self.transform.moves or scene.closed_by:
                return changed(scene, lambda data: self.transform.apply_with_params(self.params, **data), name)
            return repainted(self.transform, scene, name, self.params)
        generator = np.random.Generator(np.random.PCG64())
        generator.bit_generator.state = self.state
        return self.transform.run(scene, generator, always=True)


def _is_foreign(transform: Any) -> bool:
    """Returns: Whether a transform works by functions of somebody else's, with parameters that they drew."""
    return isinstance(transform, Hooks) and getattr(type(transform), "run", None) in (BasicTransform.run, Hooks.apply_alone)


def recorded(transform: Any, scene: Scene, rng: np.random.Generator) -> Scene:
    """Returns: The scene after a transform, which the scene's record then knows."""
    from geoaug.drawn import named  # where pipelines keep no record, nothing needs it

    assert scene.record is not None
    state = dict(rng.bit_generator.state)
    step = transform.draw(scene, rng)
    shape = scene.size if scene.picture is None or scene.picture.ndim == 2 else (*scene.size, scene.picture.shape[2])
    params = transform.update_transform_params({}, {"size": shape})
    scene.record.append(Applied(transform, params | named(transform, step, scene.picture), state))
    return scene.then(step, type(transform).__name__)


REGISTRY["ReplayCompose"] = ReplayCompose
