"""Steps that cover: rectangles, and single pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from geoaug.geometry.holes import Hole, Holes
from geoaug.params import chance, flag, one_of, optional, size, whole
from geoaug.params import fill as read_fill
from geoaug.raster.holes import FILLS, RANDOM, clipped, fill_holes, one_value, random_values, writable
from geoaug.steps.step import Step, listed
from geoaug.steps.stored import listing, read, seed
from geoaug.types import Array, Fill, Size

named_fill = one_of(*FILLS)


def hole_fill(value: Any) -> Fill | str:
    """A value for every channel, one a channel, or the name of a way to fill."""
    name: Any = getattr(value, "value", value)
    return named_fill(name) if isinstance(name, str) else read_fill(value)


@frozen(slots=False)
class Erase(Step):
    """Cover rectangles.

    Args:
        size: (height, width) of the picture.
        holes: x_min, y_min, x_max, y_max of each rectangle, in whole pixels.
        fill: What fills them in pictures: a number, one a channel, ``"random"``, ``"random_uniform"``, ``"inpaint_telea"``, ``"inpaint_ns"``.
        fill_mask: What fills them in masks; None leaves masks, outlines and what belongs to them whole.
        seed: What random fills are drawn from, so that the step repeats the same bytes.
        traced: Whether the rectangles follow the mask of an object.
    """

    size: Size
    holes: tuple[Hole, ...]
    fill: Fill | str = field(default=0)
    fill_mask: Fill | None = field(default=None)
    seed: int = field(default=0)
    traced: bool = field(default=False)

    @property
    def legs(self) -> tuple[Holes, ...]:
        return (Holes(self.size, self.holes, self.fill_mask is None, self.traced),) if self.holes else ()

    def image(self, pixels: Array, owned: bool = False) -> Array:
        if not self.holes:
            return pixels
        out = writable(pixels, owned)
        fill_holes(out, self.holes, self.fill, self.seed)
        return out

    def mask(self, pixels: Array) -> Array:
        if not self.holes or self.fill_mask is None:
            return pixels
        out = writable(pixels, False)
        fill_holes(out, self.holes, self.fill_mask)
        return out

    @property
    def lasting(self) -> str:
        if not self.holes:
            return ""
        if self.fill_mask is None:
            return "what it covered stays covered in pictures; points, boxes, outlines and masks go through"
        return "what it covered stays covered in pictures and masks; points, boxes and outlines go through"

    @property
    def patches(self) -> bool:
        return self.fill_mask is None or not np.any(self.fill_mask)

    def patch(self, part: Array, at: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
        if self.fill_mask is None:
            return part, at
        top, left = at
        moved = [(x0 - left, y0 - top, x1 - left, y1 - top) for x0, y0, x1, y1 in self.holes]
        inside = clipped(np.array(moved), (part.shape[0], part.shape[1]))
        if not inside:
            return part, at
        out = part.copy()
        fill_holes(out, inside, 0)
        return out, at

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        return {"erase": {"size": list(self.size), "holes": [list(hole) for hole in self.holes], "fill": listed(self.fill),
                          "fill_mask": listed(self.fill_mask), "seed": self.seed, "traced": self.traced}}  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Erase:
        """Returns: The step that ``to_dict`` described.

        Raises:
            KeyError, TypeError, ValueError: It describes none.
        """
        holes = listing(listing(whole, 4, 4))
        step = cls(**read(data["erase"], size=size, holes=holes, fill=hole_fill, fill_mask=optional(read_fill), seed=seed, traced=flag))
        height, width = step.size
        for x0, y0, x1, y1 in step.holes:
            if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
                raise ValueError(f"expected holes inside of {width} x {height} pixels, got {(x0, y0, x1, y1)!r}")
        return step

    def __str__(self) -> str:
        count = len(self.holes)
        if not count:
            return "Erase nothing"
        share = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in self.holes) / (self.size[0] * self.size[1])
        what = "an object" if self.traced else f"{count} hole{'s' * (count > 1)}"
        masks = "masks stay whole" if self.fill_mask is None else f"masks filled with {self.fill_mask}"
        seed = f" from seed {self.seed}" if self.fill in RANDOM else ""
        return f"Erase {what}, {share:.1%} of the picture: filled with {self.fill}{seed}, {masks}"


@frozen(slots=False)
class Speckle(Step):
    """Cover single pixels, drawn by a seed; boxes, outlines and points stay.

    Args:
        share: The chance of each pixel.
        per_channel: Whether each channel of a pixel is drawn alone.
        fill: What covers them in pictures: a number, one a channel, or None for one colour drawn at random.
        fill_mask: What covers them in masks; None leaves masks whole.
        seed: What is drawn comes from it, so that the step repeats the same bytes.
    """

    share: float
    per_channel: bool = field(default=False)
    fill: Fill | None = field(default=0)
    fill_mask: Fill | None = field(default=None)
    seed: int = field(default=0)

    def image(self, pixels: Array, owned: bool = False) -> Array:
        return self._covered(pixels, self.fill, owned)

    def mask(self, pixels: Array) -> Array:
        return pixels if self.fill_mask is None else self._covered(pixels, self.fill_mask, False)

    def _covered(self, pixels: Array, fill: Fill | None, owned: bool) -> Array:
        rng = np.random.default_rng(self.seed)
        hit = rng.random(pixels.shape if self.per_channel else pixels.shape[:2]) < self.share
        value = one_value(fill, pixels) if fill is not None else random_values(pixels.dtype, pixels.shape[2:], rng)
        out = writable(pixels, owned)
        np.copyto(out, value, where=hit if hit.ndim == out.ndim else hit[..., None])
        return out

    @property
    def lasting(self) -> str:
        return "the pixels that it covered stay covered"

    @property
    def patches(self) -> bool:
        return self.fill_mask is None

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        return {"speckle": {"share": self.share, "per_channel": self.per_channel, "fill": listed(self.fill),
                            "fill_mask": listed(self.fill_mask), "seed": self.seed}}  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Speckle:
        """Returns: The step that ``to_dict`` described.

        Raises:
            KeyError, TypeError, ValueError: It describes none.
        """
        colour = optional(read_fill)
        return cls(**read(data["speckle"], share=chance, per_channel=flag, fill=colour, fill_mask=colour, seed=seed))

    def __str__(self) -> str:
        what = "channels of pixels" if self.per_channel else "pixels"
        masks = "masks stay whole" if self.fill_mask is None else f"masks filled with {self.fill_mask}"
        colour = "a random colour" if self.fill is None else self.fill
        return f"Speckle {self.share:.2%} of all {what}: filled with {colour} from seed {self.seed}, {masks}"
