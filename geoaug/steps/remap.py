"""The step that bends: a field of coordinates by its name and numbers, and the matrix before it that it took in."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import field, frozen

from geoaug.geometry.bend import Bend
from geoaug.geometry.field import Field
from geoaug.geometry.matrix import stretch
from geoaug.geometry.motion import Motion
from geoaug.params import BORDERS, CONSTANT, INTERPOLATIONS, NEAREST, NEAREST_EXACT, Parser, flag, number, one_of, optional
from geoaug.params import size as read_size
from geoaug.raster.bends import Numbers, bend_patch, bend_picture, field_of, numbers_of
from geoaug.raster.warp import OVERSAMPLED
from geoaug.steps.step import Step, listed
from geoaug.steps.stored import between, listing, pairs, read, seed, table
from geoaug.steps.warp import NOTHING, PLAIN, Border, Sampler, Warp, border_from, border_to_list, in_words, needs_whole_picture, sampler_from
from geoaug.types import Array, Size


@frozen(slots=False)
class Remap(Step):
    """Bend everything through a field of coordinates.

    Args:
        kind: Which bend, of ``geoaug.raster.bends.KINDS``.
        size: (height, width), which stays.
        numbers: All of its numbers, by name.
        sampler: How it reads between pixels.
        border: What lies outside of the canvas that is bent.
        before: The warp that comes first and is carried out in the same reading.
    """

    kind: str
    size: Size
    numbers: Numbers
    sampler: Sampler = field(default=PLAIN)
    border: Border = field(default=NOTHING)
    before: Warp | None = field(default=None)

    @classmethod
    def of(cls, kind: str, size: Size, sampler: Sampler = PLAIN, border: Border = NOTHING, /, **numbers: Any) -> Remap:
        """Returns: The step that bends a picture of ``size``.

        Raises:
            ParameterError: No such bend, or not its numbers.

        Example:
            >>> print(Remap.of("fisheye", (240, 320), k=-0.1))
            Remap 320 x 240: fisheye(k=-0.1) (linear)
        """
        return cls(kind, size, numbers_of(kind, numbers), sampler, border)

    @property
    def field(self) -> Field:
        """Where each pixel of the output comes from, on the canvas that is bent."""
        return field_of(self.kind, self.size, self.numbers)

    @property
    def path(self) -> Motion | None:
        """The matrix before the bend."""
        return None if self.before is None else self.before.path

    @property
    def resamplings(self) -> int:
        """How many steps that read between pixels this one stands for."""
        return 1 + (0 if self.before is None else self.before.resamplings)

    @property
    def legs(self) -> tuple[Motion | Bend, ...]:
        bend = Bend(self.field)
        return (bend,) if self.before is None else (self.before.path, bend)

    def behind(self, before: Step) -> Step | None:
        return Remap.after(before, self) if isinstance(before, Warp) else None

    @classmethod
    def after(cls, warp: Warp, remap: Remap) -> Remap | None:
        """Returns: One step that warps and then bends, reading between pixels once; None where somebody could tell."""
        apart = (
            remap.before is not None
            or warp.ellipse  # a box would no longer be taken for one
            or (warp.resamplings and warp.sampler != remap.sampler)
            or needs_whole_picture(remap.sampler)
            or (remap.border.mode != CONSTANT and not warp.path.onto)  # it repeats pixels of the canvas, not of the source
            or stretch(warp.path.matrix, warp.path.source) < OVERSAMPLED  # a single reading of what shrinks would alias
        )
        return None if apart else cls(remap.kind, remap.size, remap.numbers, remap.sampler, remap.border, warp)

    def image(self, pixels: Array, owned: bool = False) -> Array:
        border, sampler, warp = self.border, self.sampler, self.before
        if warp is None:
            return bend_picture(pixels, self.field, sampler.image, border.mode, border.fill)
        paints = [(window, window.border.fill) for window in warp.passed()]
        beneath = (warp.border.mode, warp.border.fill)
        return bend_picture(pixels, self.field, sampler.image, border.mode, border.fill, warp.path, beneath, paints)

    def mask(self, pixels: Array) -> Array:
        border, sampler, warp = self.border, self.sampler, self.before
        if warp is None:
            return bend_picture(pixels, self.field, sampler.mask, border.mode, border.fill_mask)
        paints = [(window, window.border.fill_mask) for window in warp.passed()]
        beneath = (warp.border.mode, warp.border.fill_mask)
        return bend_picture(pixels, self.field, sampler.mask, border.mode, border.fill_mask, warp.path, beneath, paints)

    @property
    def patches(self) -> bool:
        blank = self.border.mode == CONSTANT and self.border.fill_mask in (0, (0,))
        nearest = self.sampler.mask in (NEAREST, NEAREST_EXACT)
        # a filled edge of the warp is refused there; where its edge shows not, nothing lies outside of it but my own border
        return blank and nearest and (self.before is None or self.before.patches)

    def patch(self, part: Array, at: tuple[int, int]) -> tuple[Array, tuple[int, int]]:
        warp = self.before
        return bend_patch(part, at, self.field) if warp is None else bend_patch(part, at, self.field, warp.path, warp.passed())

    def to_dict(self) -> dict[str, Any]:
        """Returns: Plain data for JSON, which ``from_dict`` reads."""
        return {"remap": {"kind": self.kind, "size": list(self.size), "numbers": {name: listed(value) for name, value in self.numbers},
                          "sampler": list(self.sampler), "border": border_to_list(self.border),
                          "before": None if self.before is None else self.before.to_dict()}}  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Remap:
        """Returns: The step that ``to_dict`` described.

        Raises:
            KeyError, TypeError, ValueError: It describes none.
        """
        kind, before = one_of(*PARSERS), optional(Warp.from_dict)
        told = read(data["remap"], kind=kind, size=read_size, numbers=dict, sampler=sampler_from, border=border_from, before=before)
        told["numbers"] = numbers_of(told["kind"], read(told["numbers"], **PARSERS[told["kind"]]))
        step = cls(**told)
        if step.before is not None and step.before.path.size != step.size:
            raise ValueError(f"expected a warp into {step.size} before the bend, got one into {step.before.path.size}")
        if step.kind == "spline":
            _check_plate(step, **dict(step.numbers))
        return step

    def __str__(self) -> str:
        shown = [(name, f"{value:.4g}" if isinstance(value, float) else value) for name, value in self.numbers if not isinstance(value, tuple)]
        bend = f"{self.kind}({', '.join(f'{name}={value}' for name, value in shown)})"
        how = INTERPOLATIONS[self.sampler.image]
        if self.resamplings > 1:
            how += f", {self.resamplings} resamplings in one"
        if self.border.mode != CONSTANT:
            how += f", border {BORDERS[self.border.mode]}"
        first = "" if self.before is None else f"{in_words(self.before.path.matrix)}, then "
        source = self.size if self.before is None else self.before.path.source
        sizes = f"{self.size[1]} x {self.size[0]}"
        if source != self.size:
            sizes = f"{source[1]} x {source[0]} -> {sizes}"
        return f"Remap {sizes}: {first}{bend} ({how})"


# --- read from a file ------------------------------------------------------------------------------------------------


def _axis(value: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    to, source = listing(listing(number, 2), 2, 2)(value)
    if len(to) != len(source) or any(b < a for row in (to, source) for a, b in pairwise(row)):
        raise ValueError(f"expected as many places in the source as in the output, both growing, got {value!r}"[:200])
    return to, source


def _mesh(value: Any) -> tuple[tuple[tuple[float, float], ...], ...]:
    nodes: tuple[tuple[tuple[float, float], ...], ...] = table(listing(number, 2, 2))(value)
    return nodes


def _check_plate(step: Remap, controls: Any, sources: Any) -> None:
    """Raise a ValueError where a plate does not go through its points, as where one point is to come from two places."""
    if len(controls) != len(sources):
        raise ValueError(f"sources: expected {len(controls)} points, as many as controls, got {len(sources)}")
    unit = np.array(step.size[::-1], np.float64)
    off = step.field.back(np.array(controls) * unit) / unit - np.array(sources)
    if not np.abs(off).max() <= NEAR:
        raise ValueError(f"no plate goes through controls={controls!r}, sources={sources!r}"[:250])


NEAR = 1e-3  # of a picture's side, by which a plate may miss its points through rounding
WIDEST = 10**4  # px of a blur that a file may ask for
PARSERS: dict[str, dict[str, Parser]] = {
    "elastic": {
        "seed": seed, "alpha": number, "sigma": between(0.01, WIDEST), "approximate": flag, "same_dxdy": flag,
        "noise_distribution": one_of("gaussian", "uniform"),
    },
    "grid": {"xs": _axis, "ys": _axis},
    "camera": {"k": number},
    "fisheye": {"k": number},
    "spline": {"controls": pairs, "sources": pairs},
    "piecewise": {"shifts": _mesh},
    "cells": {"shifts": _mesh},
}  # fmt: skip
