"""How a pipeline takes its data, and how the same draw is had again."""

from __future__ import annotations

import contextlib
import copy
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from geoaug.errors import ParameterError
from geoaug.targets.boxes import FORMATS, to_corners, to_format
from geoaug.targets.keypoints import FORMATS as POINT_FORMATS
from geoaug.testing.painted import Painted
from geoaug.types import Array, Floats, Size

KNOWN = ("image", "mask", "masks", "bboxes", "keypoints", "polygons", "annotations")
BOX_FORMATS = tuple(name for name in FORMATS if name != "oriented")
IDS = (3, 16_777_217, 900_100_581_781, 20, 33_554_435, 7_000_000_000_001)  # float32 keeps but two of them


@frozen(eq=False)
class Manner:
    """Which targets a pipeline takes, and how they are written.

    Args:
        targets: Of ``KNOWN``.
        bbox_format: As ``BboxParams`` names it.
        labels: Names of the arguments with an entry a box.
        keypoint_format: As ``KeypointParams`` names it.
        point_labels: Names of the arguments with an entry a keypoint.
        bound: Targets whose rows go and stay together.
        columns: Whether labels travel as a further column where there are no arguments for them.
        least: The smallest area, visible share, width and height that boxes may have.
        extra: Further arguments of each call.
    """

    targets: tuple[str, ...]
    bbox_format: str = "pascal_voc"
    labels: tuple[str, ...] = ()
    keypoint_format: str = "xy"
    point_labels: tuple[str, ...] = ()
    bound: tuple[str, ...] = ()
    columns: bool = False
    least: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    extra: Mapping[str, Any] = {}

    def identity(self, row: int, field: int = 0) -> Any:
        """Returns: The label that an object carries: whole numbers in the first field, words in the second."""
        return f"object {row}" if field % 2 else IDS[row % len(IDS)] + 100 * (row // len(IDS))

    def arguments(self, scene: Painted, image: Array) -> dict[str, Any]:
        """Returns: What a call is made with; everything in it is new."""
        count = len(scene.boxes)
        data: dict[str, Any] = {**copy.deepcopy(dict(self.extra)), "image": image}
        masks = [scene.mask(k) for k in range(count)]
        if "mask" in self.targets:
            data["mask"] = np.sum([masks[k] * np.uint8(k + 1) for k in range(count)], axis=0).astype(np.uint8)
        if "masks" in self.targets:
            data["masks"] = masks
        if "bboxes" in self.targets:
            rows = to_format(scene.boxes, self.bbox_format, scene.size).tolist()
            data["bboxes"] = rows if self.labels or not self.columns else [[*row, k] for k, row in enumerate(rows)]
            data |= {name: [self.identity(k, field) for k in range(count)] for field, name in enumerate(self.labels)}
        if "polygons" in self.targets:
            data["polygons"] = [[ring.copy()] for ring in scene.rings]
        if "keypoints" in self.targets:
            data |= self._points(scene)
        if "annotations" in self.targets:
            data["annotations"] = [self._annotation(scene, k) for k in range(count)]
        return data

    def _points(self, scene: Painted) -> dict[str, Any]:
        rows = [[self._point(place - 0.5) for place in pair] for pair in scene.points]
        if "keypoints" in self.bound:
            return {"keypoints": rows}
        flat = [row for pair in rows for row in pair]
        if self.columns and not self.point_labels:
            flat = [[*row, k] for k, row in enumerate(flat)]
        return {"keypoints": flat} | {name: [self.identity(k) for k in range(len(flat))] for name in self.point_labels}

    def _point(self, place: Floats) -> list[float]:
        values = {"x": float(place[0]), "y": float(place[1]), "a": 0.0, "s": 1.0, "z": 0.0, "v": 2.0}
        return [values[letter] for letter in self.keypoint_format]

    def _annotation(self, scene: Painted, row: int) -> dict[str, Any]:
        left, top, right, bottom = scene.boxes[row].tolist()
        ring = scene.rings[row]
        following = np.roll(ring, -1, axis=0)
        return {
            "id": IDS[row % len(IDS)], "category_id": row + 1, "iscrowd": 0, "bbox": [left, top, right - left, bottom - top],
            "segmentation": [ring.reshape(-1).tolist()],
            "area": float(abs((ring[:, 0] * following[:, 1] - ring[:, 1] * following[:, 0]).sum()) / 2),
            "keypoints": [float(value) for place in scene.points[row] for value in (*(place - 0.5), 2)], "num_keypoints": 2,
        }  # fmt: skip

    def corners(self, boxes: Any, size: Size) -> Floats:
        """Returns: Boxes that came back as x_min, y_min, x_max, y_max in pixels, shape (N, 4)."""
        numbers = np.array([[float(value) for value in tuple(box)[:4]] for box in boxes], np.float64).reshape(-1, 4)
        return to_corners(numbers, self.bbox_format, size)

    def places(self, points: Any) -> Floats:
        """Returns: Keypoints that came back in continuous pixels, shape (N, 2)."""
        x, y = self.keypoint_format.index("x"), self.keypoint_format.index("y")
        return np.array([[float(point[x]), float(point[y])] for point in points], np.float64).reshape(-1, 2) + 0.5


def manner_of(
    pipeline: Any,
    targets: Sequence[str] | None = None,
    bbox_format: str | None = None,
    label_fields: Sequence[str] | None = None,
    keypoint_format: str | None = None,
    keypoint_label_fields: Sequence[str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Manner:
    """Read from a pipeline what it says of itself; what it does not say must be told.

    Raises:
        ParameterError: A target that is unknown, or a format that nobody told.
    """
    boxes, points = _params(pipeline, "bboxes"), _params(pipeline, "keypoints")
    composed = hasattr(pipeline, "processors") or hasattr(pipeline, "bbox_params")
    bbox_format = bbox_format or getattr(boxes, "format", None)
    keypoint_format = keypoint_format or getattr(points, "format", None)
    if targets is None:
        targets = ["image", "mask", "masks", *(["bboxes"] if bbox_format else []), *(["keypoints"] if keypoint_format else [])]
        targets = [*targets, *(name for name in getattr(pipeline, "instances", ()) if name not in targets)]
        if not composed and not bbox_format:
            raise ParameterError(
                "pipeline: it is no Compose and does not say what it takes; name it: targets=('image', 'mask', 'bboxes'), bbox_format='pascal_voc'"
            )
    if unknown := [name for name in targets if name not in KNOWN]:
        raise ParameterError(f"targets={list(targets)!r}: {unknown[0]!r} is none of {', '.join(KNOWN)}")
    if "image" not in targets:
        raise ParameterError(f"targets={list(targets)!r}: 'image' is missing, and the picture is what labels are compared with")
    if "bboxes" in targets and bbox_format not in BOX_FORMATS:
        raise ParameterError(f"bbox_format={bbox_format!r}: expected one of {', '.join(BOX_FORMATS)}")
    if "keypoints" in targets and keypoint_format not in POINT_FORMATS:
        raise ParameterError(f"keypoint_format={keypoint_format!r}: expected one of {', '.join(POINT_FORMATS)}")
    labels = label_fields if label_fields is not None else getattr(boxes, "label_fields", None) or ()
    labels = labels if "bboxes" in targets else ()
    point_labels = keypoint_label_fields if keypoint_label_fields is not None else getattr(points, "label_fields", None) or ()
    point_labels = point_labels if "keypoints" in targets else ()
    least = tuple(float(getattr(boxes, name, 0) or 0) for name in ("min_area", "min_visibility", "min_width", "min_height"))
    return Manner(
        tuple(targets), bbox_format or "pascal_voc", _names(labels), keypoint_format or "xy", _names(point_labels),
        tuple(getattr(pipeline, "instances", None) or ()), composed, least, dict(extra or {}),  # type: ignore[arg-type]  # four numbers
    )  # fmt: skip


def _names(given: Sequence[str] | str) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _params(pipeline: Any, target: str) -> Any:
    """What a Compose of geoaug or of Albumentations says of its boxes or keypoints."""
    own = getattr(pipeline, {"bboxes": "bbox_params", "keypoints": "keypoint_params"}[target], None)
    if own is not None:
        return own
    processors = getattr(pipeline, "processors", None)
    return getattr(processors.get(target), "params", None) if isinstance(processors, Mapping) else None


def plain(value: Any) -> Any:
    """Returns: Arrays in place of tensors."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value.numpy() if hasattr(value, "numpy") and not isinstance(value, np.ndarray) else value


def pixels_of(image: Any, scene: Painted) -> Array:
    """Returns: A picture with its channels last."""
    pixels = np.asarray(plain(image))
    most = max(scene.channels, 4)  # a pipeline may make a picture grey
    first = pixels.ndim == 3 and pixels.shape[0] <= most < pixels.shape[2]
    return np.moveaxis(pixels, 0, -1) if first else pixels


class Again:
    """The same draw again and again, in whichever way a pipeline allows it.

    Args:
        pipeline: What is called.
        seed: Of the audit.
        reseed: What starts the random numbers anew, called with a whole number; None to find out.
    """

    def __init__(self, pipeline: Callable[..., Any], seed: int, reseed: Callable[[int], Any] | None) -> None:
        self.pipeline, self.seed = pipeline, seed
        self.reseed = reseed or getattr(pipeline, "set_random_seed", None)
        self.copies = False  # whether each call goes to a copy: random numbers that nothing outside can reach are copied along
        self.told = "reseed" if reseed else "set_random_seed" if self.reseed else "random.seed, numpy.random.seed" + _torch_told()

    def __call__(self, call: int, data: dict[str, Any]) -> Any:
        number = (self.seed * 1_000_003 + call * 7_919) % 2**31
        pipeline = copy.deepcopy(self.pipeline) if self.copies else self.pipeline
        with _Kept():
            random.seed(number)
            np.random.seed(number)  # noqa: NPY002  it is the users' one that matters here
            torch = sys.modules.get("torch")
            if torch is not None:
                torch.manual_seed(number)
            if self.reseed is not None:
                (getattr(pipeline, "set_random_seed", self.reseed) if self.copies else self.reseed)(number)
            return pipeline(**data)

    def advance(self, data: dict[str, Any]) -> None:
        """Let a pipeline whose copies are called draw once itself, so that its copies draw something else from now on."""
        with contextlib.suppress(Exception):  # what fails here fails in the audit, too, and is told there
            self.pipeline(**data)


class _Kept:
    """Global random numbers are where they were before: an audit changes nothing of what tests after it draw."""

    def __enter__(self) -> None:
        torch = sys.modules.get("torch")
        self.torch = None if torch is None else torch.random.get_rng_state()
        self.states = random.getstate(), np.random.get_state()  # noqa: NPY002

    def __exit__(self, *fault: object) -> None:
        random.setstate(self.states[0])
        np.random.set_state(self.states[1])  # noqa: NPY002
        if self.torch is not None:
            sys.modules["torch"].random.set_rng_state(self.torch)


def _torch_told() -> str:
    return ", torch.manual_seed" if "torch" in sys.modules else ""
