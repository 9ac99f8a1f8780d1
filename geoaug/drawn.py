"""What a transform drew, by the names that Albumentations gives it, and the step that such names mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from geoaug.geometry.boxes import move_boxes
from geoaug.geometry.matrix import TRANSPOSE, chain, flip_x, flip_y, inverse, move, quarter_turns, translation
from geoaug.geometry.motion import Motion
from geoaug.hooks import drawing
from geoaug.meant import JITTERS, from_centres, meant
from geoaug.plan import Plan
from geoaug.raster.values import largest, mean_of
from geoaug.scene import Scene
from geoaug.steps.erase import Erase
from geoaug.steps.filter import Filter
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
from geoaug.steps.warp import Warp
from geoaug.targets.keypoints import CENTRE, KeypointParams, Keypoints, move_points
from geoaug.transforms.crops import start
from geoaug.transforms.crops_near import RandomSizedBBoxSafeCrop
from geoaug.transforms.resampling import warp
from geoaug.transforms.resize import RandomScale, resized
from geoaug.types import Array, Floats, Matrix, Size

PADS = ("pad_top", "pad_bottom", "pad_left", "pad_right")
PADDING = ("Pad", "PadIfNeeded")
SCALING = ("LongestMaxSize", "SmallestMaxSize", "RandomScale")
TURNS = {(1, 0, 0, 1): "e", (0, 1, -1, 0): "r90", (-1, 0, 0, -1): "r180", (0, -1, 1, 0): "r270",
         (1, 0, 0, -1): "v", (-1, 0, 0, 1): "h", (0, 1, 1, 0): "t", (0, -1, -1, 0): "hvt"}  # fmt: skip
LINEAR = {"factor": "alpha", "shift": "beta"}
# numbers of operations that Albumentations calls otherwise
TOLD = {
    "power": {"exponent": "gamma"},
    "hsv_shift": {"hue": "hue_shift", "saturation": "sat_shift", "value": "val_shift"},
    "linear": LINEAR,
    "linear_by_mean": LINEAR,
    "linear_safe": LINEAR,
    "shift": {"shifts": "noise_map"},
    "order": {"channels": "channels_shuffled"},
    "drop": {"channels": "channels_to_drop"},
    "principal": {"strengths": "alpha_vector"},
    "clahe": {"limit": "clip_limit"},
    "posterize": {"bits": "num_bits"},
    "bezier": {"low": "low_y", "high": "high_y"},
    "light_on_spot": {"centre": "center"},
    "box_blur": {"size": "kernel"},
    "median_blur": {"size": "kernel"},
    "defocus": {"smoothing": "alias_blur"},
    "unsharp_mask": {"share": "alpha", "size": "ksize"},
    "iso_noise": {"turn": "color_shift", "seed": "random_seed"},
    "shot_noise": {"seed": "random_seed"},
}
POINTS = KeypointParams("xyas", remove_invisible=False, angle_in_degrees=False)


def drawn_params(transform: Any, params: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Draw.

    Returns: The names of ``named``, and ``"step"``, the step itself.
    """
    now = drawing.get()
    scene = now.scene if now is not None and now.owner is transform else None
    if scene is None:
        scene = Scene(tuple(params["shape"][:2]), data.get("image"))
    step = transform.draw(scene, transform.random_generator)
    return {"step": step, **named(transform, step, data.get("image"))}


def named(transform: Any, step: Step, picture: Array | None = None) -> dict[str, Any]:
    """Returns: What a step holds, by Albumentations' names: matrices count pixel centres, ``bbox_matrix`` edges, ``beta`` and noise levels.

    Args:
        transform: Whose step it is.
        step: It.
        picture: What it is applied to; without one, levels are those of uint8.
    """
    if isinstance(step, Warp):
        return _of_warp(transform, step)
    if isinstance(step, (Tone, Filter)):
        return _of_values(transform, step, picture)
    if isinstance(step, Erase):
        return {"holes": np.array(step.holes)} if hasattr(step, "holes") else {}
    return {}


def _of_values(transform: Any, step: Tone | Filter, picture: Array | None) -> dict[str, Any]:
    operations = step.operations if isinstance(step, Tone) else (step.operation,)
    names = {cls.__name__ for cls in type(transform).__mro__}
    if "ColorJitter" in names:
        return _of_jitter(operations)
    found: dict[str, Any] = {}
    for operation in operations:
        told = TOLD.get(operation.name, {})
        found |= {told.get(key, key): value for key, value in operation.numbers}
    if "MultiplicativeNoise" in names and "alpha" in found:
        return {"multiplier": found["alpha"]}
    if "beta" in found:
        by_mean = operations[-1].name == "linear_by_mean"
        found["beta"] *= _white(picture) if not by_mean else 1.0 if picture is None else mean_of(picture)
    if "noise_map" in found:
        found["noise_map"] = np.array(found["noise_map"]) * _white(picture)
    return found | {name: np.array(found[name]) for name in ("alpha_vector",) if name in found}


def _of_jitter(operations: Sequence[Any]) -> dict[str, Any]:
    numbers = {operation.name: dict(operation.numbers) for operation in operations}
    curves = [curve for curve, _, _ in JITTERS]
    drawn = {name: numbers[curve][key] for curve, name, key in JITTERS if curve in numbers}
    return drawn | {"order": [curves.index(operation.name) for operation in operations]}


def _white(picture: Array | None) -> float:
    return 255.0 if picture is None else largest(picture.dtype)


def _of_warp(transform: Any, step: Warp) -> dict[str, Any]:
    path, names = step.path, {cls.__name__ for cls in type(transform).__mro__}
    if "Flip" in "".join(names & {"HorizontalFlip", "VerticalFlip"}) or "Transpose" in names:
        return {}
    a, b, _, c, d, *_ = (round(value) for value in path.matrix)
    linear = (a, b, c, d)
    if "RandomRotate90" in names:
        return {"factor": ("e", "r90", "r180", "r270").index(TURNS[linear])}
    if "D4" in names:
        return {"group_element": TURNS[linear]}
    if names & set(PADDING):
        left, top = int(path.matrix[2]), int(path.matrix[5])
        height, width = path.size
        return dict(zip(PADS, (top, height - top - path.source[0], left, width - left - path.source[1]), strict=True))
    if names & set(SCALING):
        ratios = [out / before for out, before in zip(path.size, path.source, strict=True)]
        if "RandomScale" in names:  # which cuts fractions of pixels: this is a factor that leads to both sides
            return {"scale": max(ratios) + 1e-9}
        return {"scale": ratios[int(np.argmin(path.source) if "SmallestMaxSize" in names else np.argmax(path.source))]}
    if any("Crop" in name and name != "CropAndPad" for name in names):
        return _of_crop(path.matrix, path.source, path.size)
    edges = np.array(path.matrix, np.float64).reshape(3, 3)
    centres = np.array(chain(translation(0.5, 0.5), path.matrix, translation(-0.5, -0.5)), np.float64).reshape(3, 3)
    return {"matrix": centres, "bbox_matrix": edges, "output_shape": path.size}


def _of_crop(matrix: Matrix, source: Size, size: Size) -> dict[str, Any]:
    corners = move(inverse(matrix), np.array([(0.0, 0.0), (size[1], size[0])]))
    x0, y0, x1, y1 = (round(value) for value in corners.reshape(-1).tolist())
    pads = dict(zip(PADS, (max(0, -y0), max(0, y1 - source[0]), max(0, -x0), max(0, x1 - source[1])), strict=True))
    left, top = pads["pad_left"], pads["pad_top"]
    return {"crop_coords": (x0 + left, y0 + top, x1 + left, y1 + top), "pad_params": pads if any(pads.values()) else None}


def step_of(transform: Any, shape: tuple[int, ...], params: Mapping[str, Any], picture: Array | None = None) -> Step:
    """Returns: The step that parameters mean on a picture of ``shape``: what was drawn, what a subclass put in its place, or a fresh draw."""
    size: Size = (int(shape[0]), int(shape[1]))
    step = params.get("step")
    if step is not None and "h_start" not in params and (not step.legs or step.legs[0].source == size):
        own = named(transform, step, picture)
        if all(_same(params[name], value) for name, value in own.items() if name in params):
            return step
    scene = Scene(size)
    made = _told(transform, scene, {**params, "white": _white(picture)})
    return made if made is not None else transform.draw(scene, transform.random_generator)


def _same(one: Any, other: Any) -> bool:
    return one is other or bool(np.array_equal(np.asarray(one, object), np.asarray(other, object)))


def _told(transform: Any, scene: Scene, params: Mapping[str, Any]) -> Step | None:
    """Returns: The step that Albumentations' names of parameters mean, None where there are none."""
    made = meant(transform, scene, params)
    if made is not None:
        return made
    height, width = scene.size
    if "h_start" in params and "w_start" in params:  # 1.x: shares of the room that a crop has
        top, left = start(height - transform.height, params["h_start"]), start(width - transform.width, params["w_start"])
        return warp(transform, scene, translation(-left, -top), (transform.height, transform.width))
    if params.get("crop_coords") is not None:
        x0, y0, x1, y1 = (int(value) for value in params["crop_coords"])
        pads = params.get("pad_params") or {}
        x, y = x0 - int(pads.get("pad_left", 0)), y0 - int(pads.get("pad_top", 0))
        cut = warp(transform, scene, translation(-x, -y), (y1 - y0, x1 - x0))
        size = (transform.height, transform.width) if isinstance(transform, RandomSizedBBoxSafeCrop) else getattr(transform, "size", None)
        return cut if size is None else cut.then(resized(transform, Scene((y1 - y0, x1 - x0)), size))
    if all(name in params for name in PADS):
        top, bottom, left, right = (int(params[name]) for name in PADS)
        return warp(transform, scene, translation(left, top), (height + top + bottom, width + left + right))
    if isinstance(params.get("scale"), (int, float)):
        whole = int if isinstance(transform, RandomScale) else round
        return resized(transform, scene, (max(1, whole(height * params["scale"])), max(1, whole(width * params["scale"]))))
    if params.get("matrix") is not None:
        return warp(transform, scene, from_centres(params["matrix"]), tuple(params.get("output_shape", scene.size))[:2])
    if "factor" in params:
        times = int(params["factor"])
        return Warp.whole(quarter_turns(times, scene.size), scene.size, scene.size[::-1] if times % 2 else scene.size)
    if "group_element" in params:
        return _symmetry(str(params["group_element"]), scene.size)
    return None


def _symmetry(name: str, size: Size) -> Warp:
    height, width = size
    mirrors = {"v": flip_y(height), "h": flip_x(width), "t": TRANSPOSE, "hvt": chain(flip_x(width), flip_y(height), TRANSPOSE)}
    matrix = mirrors[name] if name in mirrors else quarter_turns(("e", "r90", "r180", "r270").index(name), size)
    return Warp.whole(matrix, size, size[::-1] if name in ("r90", "r270", "t", "hvt") else size)


def moved_boxes(transform: Any, boxes: Floats, params: Mapping[str, Any]) -> Array:
    """Returns: Boxes (N, 4 + columns) as shares of the picture, those that stay visible, further columns as they are."""
    shape = params["shape"]
    plan = Plan((int(shape[0]), int(shape[1])), (step_of(transform, shape, params),))
    if not len(boxes):
        return boxes
    found, visible = move_boxes(boxes[:, :4] * _sides(plan.source), plan.route, plan.ellipse)
    out = boxes.copy()
    out[:, :4] = found / _sides(plan.size)
    return out[visible > 0]


def _sides(size: Size) -> tuple[int, int, int, int]:
    return size[1], size[0], size[1], size[0]


def moved_keypoints(transform: Any, keypoints: Floats, params: Mapping[str, Any]) -> Array:
    """Returns: Keypoints (N, 5 + columns) as x, y, z, angle in radians, scale, all of them, further columns as they are."""
    shape = params["shape"]
    plan = Plan((int(shape[0]), int(shape[1])), (step_of(transform, shape, params),))
    if not len(keypoints):
        return keypoints
    out = keypoints.copy()
    out[:, [0, 1, 3, 4]] = Keypoints("keypoints", keypoints[:, [0, 1, 3, 4]], POINTS, plan.source).leave(plan)[0]
    if any(not isinstance(leg, Motion) for leg in plan.route.legs) and _drops_points():
        out = out[move_points(keypoints[:, :2] + CENTRE, plan.route)[1]]  # what holes cover goes, as it does without a subclass
    return out


def _drops_points() -> bool:
    """Returns: Whether the pipeline whose transform runs drops points that are not visible."""
    now = drawing.get()
    sight: Any = None if now is None or now.scene is None else now.scene.sight
    params = None if sight is None else sight.rules.keypoint_params
    return params is not None and params.remove_invisible
