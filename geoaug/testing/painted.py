"""The pictures that an audit paints: a quiet ground, convex objects on it, and soft dots.

What becomes of an object is seen by the *difference* of two pictures, with it and without it, that went through the same draw. So no
colour has to survive: whatever a pipeline does to values, it does to both, and what differs is where the object is.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from attrs import field, frozen

from geoaug.errors import ParameterError
from geoaug.types import Array, Floats, Size

GROUND = 72.0  # of 255; flat: equalising and its like would make the finest texture as loud as the objects
LIFT = np.array([115.0, 80.0, 45.0])  # what an object adds, by channel: of one sign, so that no grey mix of channels cancels it
DOT = 2.2  # px, the spread of a soft dot: smaller ones alias when shrunk, the centre of larger ones drifts under a perspective
FINE = 8  # samples a side of a pixel, for the soft rims of objects
TILE = 24  # px, side of the tiles that show what of the picture is seen at all


@frozen(eq=False)
class Painted:
    """A ground and the objects on it, in continuous pixels.

    Args:
        size: (height, width).
        dtype: Of the picture.
        channels: Of the picture; 0 for a picture without an axis for them.
        ground: Values of 0 to 255, shape (h, w, channels or 1).
        boxes: Shape (N, 4) as x_min, y_min, x_max, y_max, whole numbers.
        rings: The outlines of the objects, which touch all four sides of their boxes, each of shape (K, 2).
        points: Two keypoints an object, shape (N, 2, 2), at centres of pixels.
    """

    size: Size
    dtype: np.dtype[Any]
    channels: int
    ground: Floats
    boxes: Floats
    rings: list[Floats]
    points: Floats
    drawn: dict[tuple[str, int], Array] = field(factory=dict)  # masks and covers, which every call needs again

    def picture(self, cover: Floats | None = None) -> Array:
        """Returns: The ground, with the lift where a cover of 0 to 1, shape (h, w), says so, in the kind that the pipeline takes."""
        values = self.ground if cover is None else np.clip(self.ground + cover[..., None] * _lift(self.ground.shape[2]), 0, 255)
        if self.dtype.kind == "f":
            out = (values / 255).astype(self.dtype)
        else:
            top = 255 if self.dtype.itemsize == 1 else np.iinfo(self.dtype).max
            out = np.rint(values * (top / 255)).astype(self.dtype)
        return np.ascontiguousarray(out if self.channels else out[..., 0])

    def shape(self, row: int) -> Floats:
        """Returns: How much of each pixel an object covers."""
        if ("shape", row) not in self.drawn:
            self.drawn["shape", row] = covered([self.rings[row]], self.size)
        return self.drawn["shape", row]

    def mask(self, row: int) -> Array:
        """Returns: The pixels whose centres an object holds, uint8, new each time."""
        if ("mask", row) not in self.drawn:
            self.drawn["mask", row] = inside([self.rings[row]], self.size).astype(np.uint8)
        return self.drawn["mask", row].copy()

    def dot(self, place: Floats) -> Floats:
        """Returns: A soft dot about a place in continuous pixels."""
        columns, lines = np.arange(self.size[1]) + 0.5 - place[0], np.arange(self.size[0]) + 0.5 - place[1]
        return np.exp(-(columns[None, :] ** 2) / (2 * DOT**2)) * np.exp(-(lines[:, None] ** 2) / (2 * DOT**2))

    def tiles(self, odd: int) -> Floats:
        """Returns: Every second tile of a board; the even and the odd ones together are the whole picture."""
        rows, columns = np.ogrid[: self.size[0], : self.size[1]]
        return ((rows // TILE + columns // TILE) % 2 == odd).astype(np.float64)


@functools.lru_cache(16)
def painted(size: Size, dtype: Any = np.uint8, channels: int = 3, objects: int = 4) -> Painted:
    """Lay objects out on a grid, none of them like another: no two may be exchanged unseen. (Remembered: audits of one size share it.)

    Args:
        size: (height, width); at least 64 x 64.
        dtype: Of the picture.
        channels: Of the picture; 0 for none.
        objects: How many.
    """
    height, width = size
    rng = np.random.default_rng(17)
    columns = max(round(np.sqrt(objects * width / height)), 1)
    lines = -(-objects // columns)
    boxes, rings, points = [], [], []
    for k in range(objects):
        step = np.array([width / columns, height / lines])
        middle = (np.array([k % columns, k // columns]) + 0.5) * step
        half = np.maximum(np.floor(step * rng.uniform(0.24, 0.34, 2)), 6.0)
        middle = np.rint(middle + rng.uniform(-0.1, 0.1, 2) * step)
        boxes.append([*(middle - half), *(middle + half)])
        rings.append(middle + half * _outline())
        points.append([middle + 0.5, np.rint(middle + half * (0.3, -0.45)) + 0.5])
    return Painted(size, np.dtype(dtype), channels, np.full((height, width, max(channels, 1)), GROUND), np.array(boxes), rings, np.array(points))


def _outline() -> Floats:
    """An ellipse in the box from -1 to 1; a multiple of four points, so that it touches the box in the middle of each side."""
    turn = np.arange(48) * (2 * np.pi / 48)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _lift(channels: int) -> Floats:
    return LIFT[np.arange(channels) % 3] if channels > 1 else LIFT[:1]


def inside(rings: list[Floats], size: Size, step: float = 1.0, start: float = 0.5) -> Array:
    """Returns: Which pixel centres lie in a union of rings, by the even-odd rule, shape (h, w) bool.

    Written apart from geoaug's own raster, so that an audit of geoaug does not ask geoaug.
    """
    ys: Floats = np.arange(round(size[0] / step), dtype=np.float64) * step + start
    xs: Floats = np.arange(round(size[1] / step), dtype=np.float64) * step + start
    union = np.zeros((len(ys), len(xs)), bool)
    for ring in rings:
        union |= _inside_one(ring, xs, ys)
    return union


def _inside_one(ring: Floats, xs: Floats, ys: Floats) -> Array:
    here, there = ring, np.roll(ring, -1, axis=0)
    found = np.zeros((len(ys), len(xs)), bool)
    low, high = np.searchsorted(ys, (ring[:, 1].min(), ring[:, 1].max())) if len(ring) else (0, 0)
    for k, y in enumerate(ys[low:high], low):
        crosses = (here[:, 1] > y) != (there[:, 1] > y)
        if crosses.any():
            a, b = here[crosses], there[crosses]
            at = np.sort(a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1]))
            found[k] = np.searchsorted(at, xs, side="left") % 2 == 1
    return found


def covered(rings: list[Floats], size: Size) -> Floats:
    """Returns: The share of each pixel that a union of rings covers, shape (h, w)."""
    fine = inside(rings, size, 1 / FINE, 0.5 / FINE)
    return np.asarray(fine.reshape(size[0], FINE, size[1], FINE).mean(axis=(1, 3)))


def sample(
    size: Size = (192, 256), targets: tuple[str, ...] = ("image", "mask", "masks", "bboxes", "labels"), bbox_format: str = "pascal_voc"
) -> dict[str, Any]:
    """Returns: A painted picture with four objects, and what belongs to it: what a pipeline is called with.

    Args:
        size: (height, width), at least 64 x 64.
        targets: Of ``image``, ``mask`` (object k is k + 1), ``masks``, ``bboxes``, ``labels`` (whole numbers, some too large for float32),
            ``polygons``, ``keypoints`` (two an object, as ``xy``), ``annotations``.
        bbox_format: As ``BboxParams`` names it.

    Raises:
        ParameterError: A target or a format that is unknown, or a size that is too small.
    """
    from geoaug.testing.manner import BOX_FORMATS, KNOWN, Manner

    if unknown := [name for name in targets if name not in (*KNOWN, "labels")]:
        raise ParameterError(f"targets={targets!r}: {unknown[0]!r} is none of {', '.join(KNOWN)}, labels")
    if bbox_format not in BOX_FORMATS:
        raise ParameterError(f"bbox_format={bbox_format!r}: expected one of {', '.join(BOX_FORMATS)}")
    if min(size) < 64:
        raise ParameterError(f"size={size!r}: expected (height, width) of at least 64 x 64, so that objects can be told apart")
    scene = painted((int(size[0]), int(size[1])))
    cover = np.sum([scene.shape(k) for k in range(len(scene.boxes))], axis=0)
    data = Manner((*targets, "bboxes"), bbox_format, ("labels",)).arguments(scene, scene.picture(cover))
    return {name: data[name] for name in targets}
