"""What was applied in a call, told by name and number, and done again on other data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geoaug.choose import BaseCompose
from geoaug.compose import Compose
from geoaug.errors import CallError, DataError
from geoaug.foreign import BasicTransform
from geoaug.hooks import Hooks
from geoaug.interim import changed
from geoaug.scene import Applied, Scene
from geoaug.serial import encoded, from_dict
from geoaug.targets.boxes import BboxParams
from geoaug.targets.keypoints import KeypointParams
from geoaug.transform import REGISTRY, Node

NOTED = ("applied", "params", "order", "random_state")  # what a noted node says beside its arguments


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

    def _with_notes(self, out: dict[str, Any], record: list[Applied]) -> dict[str, Any]:
        times: dict[int, list[tuple[int, Applied]]] = {}
        for order, applied in enumerate(record):
            times.setdefault(id(applied.transform), []).append((order, applied))
        return out | {self.save_key: noted(self, times)}

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
        taken = ("bbox_params", "keypoint_params", "additional_targets", "is_check_shapes")
        given = {name: saved_augmentations[name] for name in taken if saved_augmentations.get(name) is not None}
        leaves = sorted(_applied_leaves(saved_augmentations), key=lambda found: found[0])
        return Compose([node for _, node in leaves], **given)(**data)


def noted(node: Node, times: Mapping[int, list[tuple[int, Applied]]]) -> dict[str, Any]:
    """Returns: A node's name and arguments, whether it was applied, and what it drew.

    Args:
        node: A transform or a composition.
        times: For each transform, by its id, when it was applied and what it drew.
    """
    if isinstance(node, BaseCompose):
        told = {name: value for name, value in encoded(node).items() if name != "transforms"}
        inner = [noted(child, times) for child in node]
        return told | {"transforms": inner, "applied": any(child["applied"] for child in inner), "params": {}}
    found = times.get(id(node), [])
    told = encoded(node) | {"applied": bool(found), "params": found[-1][1].params if found else None}
    return told | {"order": [order for order, _ in found], "random_state": [applied.state for _, applied in found]}


def _applied_leaves(told: Mapping[str, Any]) -> list[tuple[int, Node]]:
    if "transforms" in told:
        return [found for child in told["transforms"] for found in _applied_leaves(child)]
    if not told.get("applied"):
        return []
    made = from_dict({name: value for name, value in told.items() if name not in NOTED})
    return [(order, Again(made, state, told["params"])) for order, state in zip(told["order"], told["random_state"], strict=True)]


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

    def run(self, scene: Scene, rng: np.random.Generator, always: bool = False) -> Scene:
        if _is_foreign(self.transform):
            return changed(scene, lambda data: self.transform.apply_with_params(self.params, **data), type(self.transform).__name__)
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
