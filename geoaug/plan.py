"""The steps that were drawn for one call: to repeat, to undo, to read, to store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np
from attrs import field, frozen

from geoaug.errors import CallError, DataError, DataTypeError, NotInvertible, ParameterError
from geoaug.geometry.bend import in_short_edges
from geoaug.geometry.matrix import inverse, move
from geoaug.geometry.motion import Motion
from geoaug.geometry.region import cut
from geoaug.geometry.route import FLAT, Route, leads_back, lies_ahead
from geoaug.geometry.shapes import around
from geoaug.geometry.thin import thinned
from geoaug.params import CONSTANT, LINEAR, NEAREST
from geoaug.params import size as read_size
from geoaug.raster.warp import MOST_PIXELS, resample, sample
from geoaug.source import Source
from geoaug.steps.step import Step
from geoaug.steps.warp import Warp
from geoaug.types import Array, Fill, Floats, Matrix, Size

# the kinds of steps that JSON may name, loaded where it does: no class from anywhere else is ever built from data
KINDS = {
    "warp": ("warp", "Warp"), "tone": ("tone", "Tone"), "filter": ("filter", "Filter"), "remap": ("remap", "Remap"), "erase": ("erase", "Erase"),
    "speckle": ("erase", "Speckle"), "shuffle": ("shuffle", "Shuffle"), "paste": ("paste", "Paste"), "grow": ("grow", "Grow"),
    "select": ("select", "Select"),
}  # fmt: skip


@frozen(slots=False)
class Plan:
    """What was decided for a call.

    Args:
        source: (height, width) of the picture that the plan was drawn for.
        steps: What happens, in order, fused where nobody can tell.
        names: The transforms that each step stands for.
    """

    source: Size
    steps: tuple[Step, ...] = field(default=())
    names: tuple[tuple[str, ...], ...] = field(default=())

    @property
    def route(self) -> Route:
        """Where points go, through all steps."""
        known: Route | None = self.__dict__.get("_route")  # functools.cached_property takes a lock, and 2 µs, on Python 3.11
        if known is None:
            legs = [leg for step in self.steps for leg in step.legs]
            known = Route(self.source, tuple(legs)) if len(legs) == 1 else Route.of(self.source, tuple(legs))
            self.__dict__["_route"] = known
        return known

    @property
    def motion(self) -> Motion:
        """The composed matrix with its seams.

        Raises:
            DataError: A step bends, covers or shuffles, so that no matrix says where points go.
        """
        motion = self.route.motion
        if motion is None:
            number, step = next((k, step) for k, step in enumerate(self.steps, 1) if not all(isinstance(leg, Motion) for leg in step.legs))
            raise DataError(f"step {number} of {len(self.steps)} is no matrix: {step}; use plan.points, plan.boxes or plan.polygons")
        return motion

    @property
    def ellipse(self) -> bool:
        """Whether boxes that come alone are taken for the ellipses inside of them."""
        return any(isinstance(step, Warp) and step.ellipse for step in self.steps)

    @property
    def size(self) -> Size:
        """(height, width) of what comes out."""
        return self.route.size

    @property
    def matrix(self) -> Array:
        """The composed matrix, source to output, continuous pixels, shape (3, 3) float64; see ``motion`` for where there is none."""
        return np.array(self.motion.matrix, np.float64).reshape(3, 3)

    # --- repeating ---

    def __call__(self, *args: Any, **data: Any) -> dict[str, Any]:
        """Repeat the plan on other data: frames of a film, a second view, coordinates.

        Args:
            args: None; data are passed by name.
            data: ``image``, ``mask`` (h, w[, c]); ``images``, ``masks``, ``volume``, ``mask3d`` stacks of them, ``volumes``, ``masks3d``
                stacks of stacks; ``points`` (N, 2) and ``keypoints`` (N, 2), ``boxes`` (N, 4), ``polygons``, as the methods of these names
                take them.

        Returns: The same names. (``Compose.replay`` does the same for targets in the formats of a pipeline, and filters them.)

        Raises:
            CallError: A name that is none of these.
        """
        if args:
            raise CallError("plan: pass data by name, for example plan(image=image)")
        unknown = [name for name in data if name not in PARTS]
        if unknown:
            way_out = "Compose.replay(plan, …) takes targets in the formats of a pipeline"
            raise CallError(f"plan: unknown target {unknown[0]!r}; expected {', '.join(PARTS)}; {way_out}")
        return {name: PARTS[name](self, name, given) for name, given in data.items()}

    def image(self, pixels: Array | Source) -> Array:
        """Repeat the plan on a picture of the size that it was drawn for, shape (h, w) or (h, w, c)."""
        _checked("image", pixels, self.source)
        return carried_out(self.steps, pixels)

    def mask(self, pixels: Array) -> Array:
        """Repeat the plan on label pixels, shape (h, w) or (h, w, c)."""
        _checked("mask", pixels, self.source)
        for step in self.steps:
            pixels = step.mask(pixels)
        return pixels

    @property
    def patches(self) -> bool:
        """Whether a mask can move as the part of it that is not zero."""
        return all(step.patches for step in self.steps)

    def patch(self, part: Array, at: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
        """Repeat the plan on a part of a mask, shape (h, w), that lies at (row, column)."""
        for step in self.steps:
            part, at = step.patch(part, at)
        return part, at

    def points(self, points: Floats) -> Floats:
        """Move points, shape (N, 2), continuous pixels, as the plan moves the picture; NaN for what has no place."""
        return self.route.points(_rows("points", points, 2))

    def keypoints(self, keypoints: Floats) -> Floats:
        """The same for keypoints that count pixel centres, as Albumentations' ``xy`` does, shape (N, 2)."""
        return self.points(_rows("keypoints", keypoints, 2) + 0.5) - 0.5

    def boxes(self, boxes: Floats) -> Floats:
        """Move boxes, shape (N, 4) as x_min, y_min, x_max, y_max in pixels; each becomes the box around its moved outline, not cut.

        Holes leave them whole. Further columns, such as a score or a class, come along. A box that a homography's horizon crosses reaches
        without end: what of it lies in the output counts. Where nothing is left, or nothing of the outline has a place, all four numbers
        are NaN.
        """
        motion = self.route.motion
        return _around(boxes, None if motion is None else motion.matrix, self._outlines, self.size)

    def _outlines(self, rings: list[Floats]) -> list[list[Floats]]:
        """Returns: The parts of each outline, not cut; of one without an area, which no bend keeps, its points."""
        parts = self.route.wholes(rings)
        for k, ring in enumerate(rings):
            if not parts[k] and (ring == ring[0]).all(axis=0).any():
                points = self.points(in_short_edges(ring))
                known = np.isfinite(points).all(axis=1)
                parts[k] = [points[known]] if known.any() else []
        return parts

    def polygons(self, polygons: Sequence[Sequence[Floats]]) -> list[list[Floats]]:
        """Move polygons, a list of instances, each a list of rings (N, 2); what the plan cuts is cut, so a ring may become none or several."""
        return [[part for ring in rings for part in self.route.pieces(ring)] for rings in _outlines(polygons)]

    # --- undoing ---

    def inverse(self) -> Inverse:
        """Returns: The way back, for predictions; its ``explain`` tells which steps it undoes, and what stays of the others.

        Raises:
            NotInvertible: A step squeezes the picture onto a line; the message names it. (What morphology did to shapes is refused where shapes
                are to be brought back.)
        """
        for number, step in enumerate(self.steps, 1):
            if not all(map(leads_back, step.legs)):
                raise NotInvertible(f"step {number} of {len(self.steps)} cannot be undone: {step}")
        return Inverse(self)

    # --- reading and storing ---

    def __str__(self) -> str:
        if not self.steps:
            return f"{self.source[1]} x {self.source[0]}: nothing happens"
        return "\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))

    def explain(self) -> str:
        """Returns: The plan in words: what each step does, which transforms it stands for, and what kept it apart from the next."""
        if not self.steps:
            return str(self)
        height, width = self.size
        lines = [f"{self.source[1]} x {self.source[0]} -> {width} x {height} in {len(self.steps)} step{'s' * (len(self.steps) > 1)}"]
        for k, step in enumerate(self.steps):
            lines.append(f"{k + 1}. {step}")
            names = self.names[k] if k < len(self.names) else ()
            if len(names) > 1:
                lines.append(f"     one step for {', '.join(names)}")
            elif names:
                lines.append(f"     from {names[0]}")
            if k + 1 < len(self.steps):
                lines.append(f"     not joined with step {k + 2}: {step.apart(self.steps[k + 1])}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``Plan.from_dict`` reads."""
        return {"source": list(self.source), "steps": [step.to_dict() for step in self.steps], "names": [list(names) for names in self.names]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Plan:
        """Returns: The plan that ``to_dict`` described.

        Raises:
            ParameterError: It describes none; the message names the step.
        """
        if not isinstance(data, Mapping) or not {"source", "steps"} <= set(data):
            raise ParameterError(f"plan: expected source, steps and names, as Plan.to_dict() gives, got {data!r}"[:200])
        told = data["steps"]
        if not isinstance(told, (list, tuple)):
            raise ParameterError(f"plan: steps: expected a list, as Plan.to_dict() gives, got {told!r}"[:200])
        try:
            source = read_size(data["source"])
        except (TypeError, ValueError) as fault:
            raise ParameterError(f"plan: source = {data['source']!r}: {fault}"[:300]) from None
        try:
            names = tuple(tuple(map(str, group)) for group in data.get("names", ()))
        except TypeError:
            raise ParameterError(f"plan: names: expected a list of names for each step, got {data['names']!r}"[:200]) from None
        steps, size = [], source
        for number, one in enumerate(told, 1):
            step = _step_from(number, one)
            kind = next(iter(one))
            if step.legs and step.legs[0].source != size:
                raise ParameterError(f"plan: step {number} ({kind}) takes {step.legs[0].source}, but {size} (height, width) comes")
            size = step.legs[-1].size if step.legs else size
            if size[0] * size[1] > MOST_PIXELS:
                raise ParameterError(f"plan: step {number} ({kind}): output of {size[1]} x {size[0]} pixels exceeds max_pixels {MOST_PIXELS}")
            steps.append(step)
        return cls(source, tuple(steps), names)

    def to_json(self) -> str:
        """Returns: The plan as JSON, which ``Plan.from_json`` reads."""
        import json

        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Returns: The plan that ``to_json`` wrote.

        Raises:
            ParameterError: The text is no JSON, or describes no plan.
        """
        import json

        try:
            data = json.loads(text)
        except (ValueError, TypeError, RecursionError) as fault:
            raise ParameterError(f"plan: not JSON, as Plan.to_json() writes it: {fault}"[:300]) from None
        return cls.from_dict(data)


@frozen
class Inverse:
    """The way from a plan's output back to its source, for what a network finds in the output.

    What moved is moved back: matrices, bends, tiles. Values stay as they are (tones, filters, noise), and pixels that something covered or that
    left the picture do not come back: ``image`` and ``mask`` bring what the output shows, and ``fill`` where it shows nothing. Points, boxes and
    polygons go through holes and stickers. Shapes that morphology grew or shrank are refused by the step's name.

    Args:
        plan: The plan to undo.
    """

    plan: Plan

    @property
    def route(self) -> Route:
        """The plan's own way, from source to output."""
        return self.plan.route

    @property
    def size(self) -> Size:
        """(height, width) of the output, from which this leads back."""
        return self.route.size

    @property
    def source(self) -> Size:
        """(height, width) of the source, to which this leads back."""
        return self.route.source

    def points(self, points: Floats) -> Floats:
        """Map points, shape (N, 2), continuous pixels of the output, to continuous pixels of the source."""
        return self.route.back(_rows("points", points, 2))

    def keypoints(self, keypoints: Floats) -> Floats:
        """The same for keypoints that count pixel centres, as Albumentations' ``xy`` does."""
        return self.points(_rows("keypoints", keypoints, 2) + 0.5) - 0.5

    def boxes(self, boxes: Floats) -> Floats:
        """Map boxes, shape (N, 4) as x_min, y_min, x_max, y_max in pixels of the output, to boxes around them in the source.

        Further columns, such as a score or a class, come along; horizons and what has no place count as in ``Plan.boxes``.
        """
        self._check_shapes("boxes")
        motion = self.route.motion
        return _around(boxes, None if motion is None else inverse(motion.matrix), self.route.wholes_back, self.source)

    def polygons(self, polygons: Sequence[Sequence[Floats]]) -> list[list[Floats]]:
        """Map polygons, a list of instances, each a list of rings (N, 2); bends bend them, tiles take their own parts, the source's edge cuts."""
        self._check_shapes("polygons")
        height, width = self.source
        frame = np.array([[1.0, 0.0, 0.0], [-1.0, 0.0, width], [0.0, 1.0, 0.0], [0.0, -1.0, height]])
        bent = any(not isinstance(leg, Motion) and leg.bends for leg in self.route.legs)
        back = [[part for parts in self.route.wholes_back(rings) for part in parts] for rings in _outlines(polygons)]
        return [[part for ring in (thinned(rings, FLAT) if bent else rings) for part in cut(ring, frame)] for rings in back]

    def image(self, pixels: Array, interpolation: int = LINEAR, fill: Fill = 0) -> Array:
        """Bring a picture of the output's size, such as a heat map, back onto the source.

        Args:
            pixels: Shape (h, w) or (h, w, c).
            interpolation: OpenCV's flag.
            fill: Value for what the output does not show.
        """
        return self._sampled("image", pixels, interpolation, fill)

    def images(self, stack: Any, interpolation: int = LINEAR, fill: Fill = 0) -> Any:
        """The same for a list of pictures, or for an array of them, shape (N, h, w) or (N, h, w, c), which stays one."""
        return _each("images", stack, lambda pixels: self.image(pixels, interpolation, fill), self.size, self.source)

    def mask(self, pixels: Array, fill: Fill = 0) -> Array:
        """Bring label pixels of the output's size, such as a predicted mask, back onto the source; no new values appear."""
        self._check_shapes("mask")
        return self._sampled("mask", pixels, NEAREST, fill)

    def masks(self, stack: Any, fill: Fill = 0) -> Any:
        """The same for a list of masks, or for an array of them, shape (N, h, w) or (N, h, w, c), which stays one."""
        self._check_shapes("masks")
        return _each("masks", stack, lambda pixels: self.mask(pixels, fill), self.size, self.source)

    def __str__(self) -> str:
        return self._told(" {what}: {step}") or self._nothing

    def explain(self) -> str:
        """Returns: The way back in words, last step first: what is undone, what is not, and what stays of that."""
        steps = self.plan.steps
        if not steps:
            return self._nothing
        (height, width), (source_height, source_width) = self.size, self.source
        undone = f"{sum(not step.lasting for step in steps)} of {len(steps)} step{'s' * (len(steps) > 1)} undone"
        return f"{width} x {height} -> {source_width} x {source_height} on the way back: {undone}\n" + self._told(" {step}\n     {what}{why}")

    @property
    def _nothing(self) -> str:
        return f"{self.source[1]} x {self.source[0]}: nothing to undo"

    def _told(self, line: str) -> str:
        told = []
        for number, step in reversed([*enumerate(self.plan.steps, 1)]):
            what, why = ("not undone", f": {step.lasting}") if step.lasting else ("undone", "")
            told.append(f"{number}." + line.format(step=step, what=what, why=why))
        return "\n".join(told)

    def _check_shapes(self, name: str) -> None:
        """Raise a NotInvertible where a step changed shapes for good."""
        steps = self.plan.steps
        for number, step in enumerate(steps, 1):
            if any(not isinstance(leg, Motion) and leg.reshapes for leg in step.legs):
                way_out = "points, keypoints and images go back, or leave such steps out where predictions are to be"
                raise NotInvertible(f"{name}: step {number} of {len(steps)} cannot be undone: {step}; {way_out}")

    def _sampled(self, name: str, pixels: Array, interpolation: int, fill: Fill) -> Array:
        """Returns: What the source's pixels are in the output."""
        _checked(name, pixels, self.size)
        motion = self.route.without_holes().motion
        if motion is not None:
            back = Motion.of(inverse(motion.matrix), self.size, self.source)
            return _own(resample(pixels, back, interpolation, CONSTANT, fill), pixels)
        return sample(pixels, self._places(), interpolation, fill)

    def _places(self) -> Floats:
        """Returns: Where each pixel centre of the source lies in the output, shape (h, w, 2)."""
        height, width = self.source
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        return self.route.points(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(height, width, 2)


PARTS: dict[str, Callable[[Plan, str, Any], Any]] = {
    "image": lambda plan, _, given: _own(plan.image(given), given),
    "mask": lambda plan, _, given: _own(plan.mask(given), given),
    "images": lambda plan, name, given: _each(name, given, plan.image, plan.source, plan.size),
    "masks": lambda plan, name, given: _each(name, given, plan.mask, plan.source, plan.size),
    "volume": lambda plan, name, given: _each(name, given, plan.image, plan.source, plan.size),
    "mask3d": lambda plan, name, given: _each(name, given, plan.mask, plan.source, plan.size),
    "volumes": lambda plan, name, given: _each(name, given, plan.image, plan.source, plan.size, 2),
    "masks3d": lambda plan, name, given: _each(name, given, plan.mask, plan.source, plan.size, 2),
    "points": lambda plan, _, given: plan.points(given),
    "keypoints": lambda plan, _, given: plan.keypoints(given),
    "boxes": lambda plan, _, given: plan.boxes(given),
    "polygons": lambda plan, _, given: plan.polygons(given),
}


def _each(name: str, given: Any, move: Callable[[Array], Array], source: Size, size: Size, depth: int = 1) -> Any:
    """Returns: A stack, or with ``depth`` 2 a stack of stacks, each picture moved: an array for an array, else a list."""
    out: list[Any] = []
    _listed(name, given, "arrays" if depth == 1 else "volumes")
    for index, item in enumerate(given):
        where = f"{name}[{index}]"
        out.append(_each(where, item, move, source, size, depth - 1) if depth > 1 else _own(move(_checked(where, item, source)), item))
    if not isinstance(given, np.ndarray):
        return out
    return np.stack(out) if out else np.zeros((*given.shape[:depth], *size, *given.shape[depth + 2 :]), given.dtype)


def _step_from(number: int, told: Any) -> Step:
    """Returns: The step that one entry of ``Plan.to_dict()`` describes, or a ParameterError that names it."""
    kind = next(iter(told), None) if isinstance(told, Mapping) and len(told) == 1 else None
    if kind not in KINDS:
        raise ParameterError(f"plan: step {number}: expected one of {', '.join(KINDS)}, got {told!r}"[:200])
    module, name = KINDS[kind]
    try:
        step: Step = getattr(import_module(f"geoaug.steps.{module}"), name).from_dict(told)
    except KeyError as fault:
        raise ParameterError(f"plan: step {number} ({kind}): {fault} is missing") from fault
    except (AttributeError, TypeError, ValueError, LookupError, ArithmeticError, RecursionError) as fault:
        raise ParameterError(f"plan: step {number} ({kind}) is not as Plan.to_dict() gives it: {fault}"[:300]) from fault
    return step


def carried_out(steps: Sequence[Step], picture: Array | Source) -> Array:
    """Returns: What becomes of a picture: the very array where nothing does, or one that shares no memory with it.

    A source is read smaller where the first step allows it. That depends on the step alone, never on what was read before.
    """
    first: Array | None = None
    if isinstance(picture, Source):
        factor = steps[0].factor(picture.factors) if steps and picture.factors else 1
        if factor > 1:
            pixels = steps[0].image_of_smaller(picture.smaller(factor), factor)
            steps = steps[1:]
        else:
            first = pixels = picture.pixels()
    else:
        first = pixels = picture
    for step in steps:
        pixels = step.image(pixels, pixels is not first)
    return pixels


def _checked(name: str, pixels: Any, size: Size) -> Any:
    if isinstance(pixels, Source):
        if pixels.size != size:
            raise DataError(_other_size(name, pixels.size, size))
        return pixels
    if not isinstance(pixels, np.ndarray) or pixels.ndim not in (2, 3):
        raise DataTypeError(f"{name}: expected an array of shape (h, w) or (h, w, c), got {type(pixels).__name__}")
    if pixels.dtype.kind not in "uifb":
        raise DataTypeError(f"{name}: dtype {pixels.dtype} holds no pixels; expected numbers such as uint8 or float32")
    if pixels.shape[:2] != size:
        raise DataError(_other_size(name, (pixels.shape[0], pixels.shape[1]), size))
    if not pixels.size:
        raise DataError(f"{name}: has 0 channels")
    return pixels


def _other_size(name: str, got: Size, size: Size) -> str:
    return f"{name}: {got[0]} x {got[1]}, but the plan was drawn for {size[0]} x {size[1]} (height x width)"


def _outlines(polygons: Any) -> list[list[Floats]]:
    """Returns: Instances, each a list of rings (N, 2), which may have come flat as x, y, x, y, …; or an error that names the ring."""
    found = []
    for index, rings in enumerate(_listed("polygons", polygons, "instances, each a list of rings")):
        where = f"polygons[{index}]"
        found.append([_outline(f"{where}[{k}]", ring) for k, ring in enumerate(_listed(where, rings, "rings"))])
    return found


def _outline(where: str, ring: Any) -> Floats:
    flat = _listed(where, ring, "points")
    if len(flat) and len(flat) % 2 == 0 and not hasattr(flat[0], "__len__"):
        ring = [flat[k : k + 2] for k in range(0, len(flat), 2)]
    points = _rows(where, ring, 2)
    if len(points) < 3:
        raise DataError(f"{where}: {len(points)} points; a polygon needs at least 3, so drop it")
    return points


def _listed(where: str, given: Any, expected: str) -> Any:
    if not isinstance(given, (list, tuple, np.ndarray)) or np.ndim(given if isinstance(given, np.ndarray) else [0]) == 0:
        raise DataTypeError(f"{where}: expected a list of {expected}, got {given!r}"[:200])
    return given


def _own(out: Array, given: Any) -> Array:
    """Returns: An array that the caller may write into without changing what came."""
    return out.copy() if np.may_share_memory(out, given) else out


def _around(boxes: Any, matrix: Matrix | None, wholes: Callable[[list[Floats]], list[list[Floats]]], size: Size) -> Floats:
    """Boxes around the moved outlines of boxes.

    Args:
        boxes: Shape (N, 4) as x_min, y_min, x_max, y_max, or with more columns.
        matrix: The map, where it is one.
        wholes: Moves outlines, whatever the map is.
        size: (height, width) of where they come to lie.

    Returns: The same shape, further columns as they are.
    """
    out = _rows("boxes", boxes, 4, more=True)
    bad = np.flatnonzero((out[:, 2] < out[:, 0]) | (out[:, 3] < out[:, 1]))
    if len(bad):
        raise DataError(f"boxes[{bad[0]}] = {out[bad[0], :4].tolist()}: expected x_min, y_min, x_max, y_max in that order")
    corners = out[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 2)
    done = np.full(len(out), matrix is not None)
    if matrix is not None:
        moved = move(matrix, corners).reshape(-1, 4, 2)
        done &= lies_ahead(matrix, corners).reshape(-1, 4).all(axis=1)
        out[:, :4] = np.concatenate([moved.min(axis=1), moved.max(axis=1)], axis=1)
    if not done.all():
        out[~done, :4] = around(wholes(list(corners.reshape(-1, 4, 2)[~done])), size)
    return out


def _rows(name: str, given: Any, columns: int, more: bool = False) -> Floats:
    """Returns: Rows of numbers of their own, shape (N, columns), or with ``more`` at least as many columns; or a named error."""
    try:
        rows = np.asarray(given)
        numbers = rows.astype(np.float64) if rows.dtype.kind in "iuf" or rows.size == 0 else None
    except (TypeError, ValueError, OverflowError):
        numbers = None
    if numbers is None:
        raise DataTypeError(f"{name}: expected rows of {columns} numbers, got {given!r}"[:200])
    if numbers.size == 0:
        wide = more and numbers.ndim == 2 and numbers.shape[1] > columns
        return np.zeros((0, numbers.shape[1] if wide else columns))
    if numbers.ndim != 2 or numbers.shape[1] < columns or (numbers.shape[1] > columns and not more):
        expected = f"N x {columns} numbers{' or more' * more}"
        raise DataError(f"{name}: expected {expected}, got {' x '.join(map(str, numbers.shape))}")
    if not np.isfinite(numbers[:, :columns]).all():
        raise DataError(f"{name}[{np.argwhere(~np.isfinite(numbers[:, :columns]))[0][0]}]: expected finite numbers, got {given!r}"[:200])
    return numbers
