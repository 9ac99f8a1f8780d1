"""The step that moves: a matrix with its sampling, composed as long as nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from attrs import field, frozen

from geoaug.geometry.matrix import exact, inverse, move_one
from geoaug.geometry.motion import Motion, Window
from geoaug.geometry.region import HORIZON
from geoaug.params import (
    AREA,
    BORDERS,
    CONSTANT,
    INTERPOLATIONS,
    LANCZOS,
    LINEAR,
    LINEAR_EXACT,
    NEAREST,
    NEAREST_EXACT,
    Parser,
    border_mode,
    fill,
    flag,
    interpolation,
    number,
    size,
    whole,
)
from geoaug.raster.patch import move_patch
from geoaug.raster.smaller import factor_for, fineness, of_smaller
from geoaug.raster.warp import move_exactly, resample
from geoaug.steps.step import Step
from geoaug.steps.stored import between, listing, read
from geoaug.types import Array, Fill, Matrix, Size

# Their OpenCV calls know whole pictures only: a part of such a result is not the result of a part.
WHOLE_PICTURE_ONLY = (AREA, LANCZOS, LINEAR_EXACT)


class Border(NamedTuple):
    """What stands outside of a canvas.

    Args:
        mode: OpenCV's border mode.
        fill: Value for pictures, for every channel or one a channel.
        fill_mask: Value for masks.
    """

    mode: int = CONSTANT
    fill: Fill = 0
    fill_mask: Fill = 0


class Sampler(NamedTuple):
    """How pixels between pixels are read.

    Args:
        image: OpenCV's interpolation flag for pictures.
        mask: The same for masks.
    """

    image: int = LINEAR
    mask: int = NEAREST


PLAIN = Sampler()
NOTHING = Border()


@frozen(slots=False)
class Warp(Step):
    """Move everything through one 3x3 matrix.

    Args:
        path: The matrix, the sizes, and the canvases passed on the way.
        sampler: How it reads between pixels; nothing does where pixels land on pixels.
        border: What lies outside of the source.
        resamplings: How many steps that read between pixels this one stands for.
        ellipse: Whether a box that comes alone is taken for the ellipse inside of it.
    """

    path: Motion
    sampler: Sampler = field(default=PLAIN)
    border: Border = field(default=NOTHING)
    resamplings: int = field(default=0)
    ellipse: bool = field(default=False)

    @classmethod
    def of(cls, matrix: Matrix, source: Size, size: Size, sampler: Sampler = PLAIN, border: Border = NOTHING, ellipse: bool = False) -> Warp:
        """Returns: The step that moves a picture of ``source`` into one of ``size`` by ``matrix``.

        What a homography has behind its horizon, where the third number of a moved point is not above 0, is in no picture and no label.
        Times -1 it shows the other side. (``cv2.getPerspectiveTransform`` puts the origin before the horizon.)
        """
        return cls(Motion.of(matrix, source, size, border), sampler, border, 0 if exact(matrix) else 1, ellipse)

    @classmethod
    def whole(cls, matrix: Matrix, source: Size, size: Size) -> Warp:
        """Returns: The step of an exact matrix that brings all of the source onto all of the output: flips and quarter turns."""
        return cls(Motion(matrix, source, size))

    @property
    def legs(self) -> tuple[Motion]:
        return (self.path,)

    @property
    def only_selects(self) -> bool:
        """Whether every pixel that comes out is one that went in: flips, quarter turns, crops."""
        return not self.resamplings and not self.path.windows

    def then(self, after: Step) -> Step | None:
        if not isinstance(after, Warp):
            return after.behind(self)
        if self.resists(after):
            return None
        mine = self.resamplings
        # mine lies around the source, unless nothing of it can show, or its canvas' edge is the source's own edge, moved
        border = self.border if mine or self.path.windows else after.border
        if after.path.edge is not None and self.path.onto:
            border = after.border
        return Warp(
            self.path.then(after.path),
            self.sampler if mine else after.sampler,
            border,
            mine + after.resamplings,
            self.ellipse or after.ellipse,
        )

    def resists(self, after: Any) -> str:
        """Returns: Why this warp and a later one (or what has its path, sampler and border) cannot be one, or nothing."""
        mine, its = self.resamplings, after.resamplings
        if mine and its and self.sampler != after.sampler:
            return f"they read between pixels in different ways ({_reads(self.sampler)}; {_reads(after.sampler)})"
        if mine and needs_whole_picture(self.sampler) and not _only_turns(after):
            return f"{_reads(self.sampler)} interpolation needs its whole result"
        if its and needs_whole_picture(after.sampler) and self.path.windows:
            return f"{_reads(after.sampler)} interpolation needs the whole picture before it"
        if after.path.windows and after.border.mode != CONSTANT and not _only_turns(self):
            return f"its border ({BORDERS[after.border.mode]}) shows, and repeats pixels of the canvas before it"
        return ""

    def apart(self, after: Step) -> str:
        if not isinstance(after, Warp):
            return super().apart(after)
        return self.resists(after) or "they were kept apart"

    def image(self, pixels: Array, owned: bool = False) -> Array:
        if not self.resamplings and not self.path.windows:
            return move_exactly(pixels, self.path, CONSTANT, 0)
        paints = [(window, window.border.fill) for window in self.passed()]
        soften = self.resamplings > 1
        return resample(pixels, self.path, self.sampler.image, self.border.mode, self.border.fill, paints, soften)

    def factor(self, factors: Sequence[int]) -> int:
        if not self.resamplings:
            return 1
        return factor_for(self.path, self.sampler.image, self.border.mode, self.resamplings > 1, factors)

    def image_of_smaller(self, pixels: Array, factor: int) -> Array:
        path, border = of_smaller(self.path, self.border.mode, factor, (pixels.shape[0], pixels.shape[1]))
        paints = [(window, window.border.fill) for window in passed(path)]
        return resample(pixels, path, self.sampler.image, border, self.border.fill, paints, soften=True, fine=fineness(path))

    def mask(self, pixels: Array) -> Array:
        paints = [(window, window.border.fill_mask) for window in self.passed()]
        return resample(pixels, self.path, self.sampler.mask, self.border.mode, self.border.fill_mask, paints)

    @property
    def patches(self) -> bool:
        if self.path.windows and self.border.mode != CONSTANT:
            return False
        nearest = self.sampler.mask in (NEAREST, NEAREST_EXACT)
        return nearest and not any(window.border.fill_mask for window in self.path.windows)

    def patch(self, part: Array, at: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
        return move_patch(part, at, self.path)

    def passed(self) -> tuple[Window, ...]:
        """Returns: The canvases whose outside is to be painted; the source's own edge is OpenCV's border."""
        return passed(self.path)

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        return {"warp": {**motion_to_dict(self.path), "sampler": list(self.sampler), "border": border_to_list(self.border),
                         "resamplings": self.resamplings, "ellipse": self.ellipse}}  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Warp:
        """Returns: The step that ``to_dict`` described.

        Raises:
            KeyError, TypeError, ValueError: It describes none.
        """
        told = read(data["warp"], **MOTION, sampler=sampler_from, border=border_from, resamplings=between(0, 10**6, whole), ellipse=flag)
        matrix, source, height_width, windows = (told.pop(name) for name in MOTION)
        _check_depth(matrix, source)
        step = cls(Motion(matrix, source, height_width, windows), **told)
        if not step.resamplings and not exact(matrix):
            raise ValueError(f"resamplings: expected at least 1 for a matrix that moves pixels between pixels, {list(matrix)}")
        return step

    def __str__(self) -> str:
        how = "exact" if not self.resamplings else INTERPOLATIONS[self.sampler.image]
        if self.resamplings > 1:
            how += f", {self.resamplings} resamplings in one"
        borders = [BORDERS[(window.border or self.border).mode] for window in self.path.windows]
        told = ", then ".join(borders if len(set(borders)) > 1 else borders[:1])
        seams = f", {len(borders)} edge{'s' if len(borders) > 1 else ''} in view ({told})" if borders else ""
        sizes = f"{self.path.source[1]} x {self.path.source[0]} -> {self.path.size[1]} x {self.path.size[0]}"
        return f"Warp {sizes}: {in_words(self.path.matrix)} ({how}{seams})"


def motion_to_dict(motion: Motion) -> dict[str, Any]:
    """Returns: A motion as plain data for JSON."""
    windows = [{"matrix": list(w.matrix), "size": list(w.size), "border": border_to_list(w.border)} for w in motion.windows]
    return {"matrix": list(motion.matrix), "source": list(motion.source), "size": list(motion.size), "windows": windows}


def _window_from(told: Any) -> Window:
    window = Window(**read(told, matrix=_matrix_from, size=size, border=border_from))
    _check_depth(window.matrix, window.size)
    return window


def _matrix_from(told: Any) -> Matrix:
    a, b, c, d, e, f, g, h, i = map(float, listing(number, 9, 9)(told))
    inverse((a, b, c, d, e, f, g, h, i))  # a singular one would fail at the first picture
    return a, b, c, d, e, f, g, h, i


def _check_depth(matrix: Matrix, canvas: Size) -> None:
    """Raise a ValueError where nothing says which side of the horizon a canvas lies on.

    A homography may have all of it behind, as of a picture that a crop before left out; without one, behind is nowhere.
    """
    depths = [move_one(matrix, x, y)[2] for x in (0, canvas[1]) for y in (0, canvas[0])]
    if not max(depths if matrix[6] == matrix[7] == 0 else map(abs, depths)) > HORIZON:
        told = f"{max(depths, key=abs):g}; expected more than {HORIZON:g}, so that something lies before the horizon"
        raise ValueError(f"matrix: the third number of what it moves is {told}, got {list(matrix)}")


def border_to_list(border: Border) -> list[Any]:
    return [list(part) if isinstance(part, tuple) else part for part in border]


def border_from(told: Any) -> Border:
    """Returns: The border that ``border_to_list`` described."""
    mode, value, value_mask = listing(lambda part: part, 3, 3)(told)
    return Border(border_mode(mode), fill(value), fill(value_mask))


def sampler_from(told: Any) -> Sampler:
    """Returns: The sampler that was stored as a list."""
    image, mask = listing(interpolation, 2, 2)(told)
    return Sampler(image, mask)


MOTION: dict[str, Parser] = {"matrix": _matrix_from, "source": size, "size": size, "windows": listing(_window_from)}


TURNS = {
    (1, 0, 0, 1): "shifted", (-1, 0, 0, 1): "mirrored left to right", (1, 0, 0, -1): "mirrored top to bottom",
    (-1, 0, 0, -1): "turned by 180°", (0, 1, -1, 0): "turned by 90° to the left", (0, -1, 1, 0): "turned by 90° to the right",
    (0, 1, 1, 0): "transposed", (0, -1, -1, 0): "transposed along the other diagonal",
}  # fmt: skip


def in_words(matrix: Matrix) -> str:
    """Returns: What a map does, for people: a turn by name, a scale by its factors, else its numbers."""
    a, b, c, d, e, f, g, h, _ = matrix
    if exact(matrix):
        turn = TURNS[round(a), round(b), round(d), round(e)]
        at = f"{c:+g}, {f:+g}"
        return f"{turn} by ({at})" if turn == "shifted" else f"{turn}, at ({at})"
    if b == d == g == h == 0 and a > 0 and e > 0:
        return f"scaled by {a:.4g} x {e:.4g}, at ({c:+.4g}, {f:+.4g})"
    rows = [f"{a:.4g} {b:.4g} {c:.5g}", f"{d:.4g} {e:.4g} {f:.5g}"]
    if g or h:
        rows.append(f"{g:.3g} {h:.3g} 1")
    return f"[{'; '.join(rows)}]"


def passed(path: Motion) -> tuple[Window, ...]:
    """Returns: The canvases whose outside is to be painted, in order."""
    return path.windows[1:] if path.windows and path.edge is not None else path.windows


def needs_whole_picture(sampler: Sampler) -> bool:
    return sampler.image in WHOLE_PICTURE_ONLY or sampler.mask in WHOLE_PICTURE_ONLY


def _reads(sampler: Sampler) -> str:
    return f"{INTERPOLATIONS[sampler.image]}, masks {INTERPOLATIONS[sampler.mask]}"


def _only_turns(after: Any) -> bool:
    """Whether all of a picture stays in view, pixel for pixel."""
    height, width = after.path.source
    return not after.resamplings and not after.path.windows and after.path.size in ((height, width), (width, height))
