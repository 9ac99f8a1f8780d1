"""The step that lays parts of other pictures beside what is left of the first: a mosaic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np
from attrs import field, frozen

from geoaug.errors import DataError, ParameterError
from geoaug.geometry.matrix import translation
from geoaug.raster.holes import writable
from geoaug.raster.values import channels_of
from geoaug.raster.warp import fill_value
from geoaug.steps.step import Step
from geoaug.steps.warp import Warp
from geoaug.types import Array, Fill, Size


def same(one: Any, other: Any) -> bool:
    """Returns: Whether two values hold the same, arrays and all."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        alike = isinstance(one, np.ndarray) and isinstance(other, np.ndarray) and one.dtype == other.dtype and one.shape == other.shape
        if alike and one.dtype.kind == "O":
            return all(map(same, one.flat, other.flat))
        return alike and bool(np.array_equal(one, other, equal_nan=one.dtype.kind == "f"))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return bool(one is other or one == other)


by_content = attrs.cmp_using(eq=same)


@frozen(slots=False)
class Donor:
    """Another picture with what belongs to it, and where a part of it comes to lie.

    Args:
        name: What the caller calls it, for messages.
        number: Its place among the pictures that the call brought along; None for the call's own picture once more.
        size: (height, width) of the picture.
        data: All that came with it, by name, but ``image`` and ``mask``. It is kept, not copied, as pictures are.
        image: The picture, shape (h, w) or (h, w, c); None where a call is about labels alone.
        mask: Its label pixels, or None.
        way: The steps that bring it onto the canvas.
        cell: x_min, y_min, x_max, y_max of what it shows of the canvas, in pixels.
    """

    name: str
    number: int | None
    size: Size
    data: dict[str, Any] = field(eq=by_content)
    image: Array | None = field(eq=by_content)
    mask: Array | None = field(eq=by_content)
    way: tuple[Step, ...] = field(default=())
    cell: tuple[int, int, int, int] = field(default=(0, 0, 0, 0))

    @property
    def to_cell(self) -> tuple[Step, ...]:
        """The steps that bring it into a picture of its cell alone."""
        x0, y0, x1, y1 = self.cell
        canvas: Size = next(leg.size for step in reversed(self.way) for leg in reversed(step.legs))
        crop = Warp.of(translation(-x0, -y0), canvas, (y1 - y0, x1 - x0))
        last = self.way[-1].then(crop)
        return (*self.way, crop) if last is None else (*self.way[:-1], last)

    def picture_for(self, beside: Array) -> Array:
        """Returns: What the cell shows, shape (h, w[, c]) as the picture that it will lie in.

        Raises:
            DataError: It has another dtype or number of channels, or there is none.
        """
        pixels = self.image
        if pixels is None:
            raise DataError(f"{self.name}: brings no picture for this target; add one by its name")
        for step in self.to_cell:
            pixels = step.image(pixels)
        return fitting(f"{self.name}['image']", pixels, beside)

    def mask_for(self, beside: Array, fill: Fill) -> Array:
        """Returns: The label pixels that the cell shows, shape (h, w[, c]) as the mask that they will lie in."""
        x0, y0, x1, y1 = self.cell
        if self.mask is None:
            value = np.array(fill_value(fill, channels_of(beside), beside.dtype), beside.dtype)
            return np.broadcast_to(value if beside.ndim == 3 else value[0], (y1 - y0, x1 - x0, *beside.shape[2:]))
        pixels = self.mask
        for step in self.to_cell:
            pixels = step.mask(pixels)
        name = f"{self.name}['mask']"
        labels = pixels.astype(beside.dtype)
        if pixels.dtype != beside.dtype and not np.array_equal(labels, pixels):
            raise DataError(f"{name}: {pixels.dtype} values that {beside.dtype}, the mask's dtype, does not hold; give both the same")
        return fitting(name, labels, beside)


def fitting(name: str, pixels: Array, beside: Array) -> Array:
    """Returns: Pixels as they lie beside others, shape (h, w) or (h, w, c) as those.

    Raises:
        DataError: Another dtype or number of channels.
    """
    if pixels.dtype != beside.dtype:
        raise DataError(f"{name}: dtype {pixels.dtype}, but it lies beside {beside.dtype}; give both the same, as image.astype(…) does")
    if channels_of(pixels) != channels_of(beside):
        raise DataError(f"{name}: {channels_of(pixels)} channels, but it lies beside {channels_of(beside)}; give as many")
    return pixels.reshape(*pixels.shape[:2], *beside.shape[2:])


@frozen(slots=False)
class Merge(Step):
    """Lay parts of other pictures onto the canvas, each over its own cell; the first picture's cell, and its points, stay.

    Args:
        donors: What is laid, in order.
        fill_mask: What masks show where a donor has none.
    """

    donors: tuple[Donor, ...] = field(default=())
    fill_mask: Fill = field(default=0)

    def image(self, pixels: Array, owned: bool = False) -> Array:
        return self._laid(writable(pixels, owned), lambda donor: donor.picture_for(pixels))

    def mask(self, pixels: Array) -> Array:
        return self._laid(writable(pixels, False), lambda donor: donor.mask_for(pixels, self.fill_mask))

    def _laid(self, out: Array, shown: Callable[[Donor], Array]) -> Array:
        for donor in self.donors:
            x0, y0, x1, y1 = donor.cell
            out[y0:y1, x0:x1] = shown(donor)
        return out

    @property
    def lasting(self) -> str:
        return "what came from other pictures stays, and is brought back as if it were the first one's"

    @property
    def patches(self) -> bool:
        return False  # of masks of classes; masks of instances never meet this step, since their own picture's cell has cut them

    def of_target(self, name: str, kind: str) -> Merge:
        """Returns: The same for a further picture or mask of the call, of which each donor brings its own by that name."""
        donors = []
        for donor in self.donors:
            pixels = donor.data.get(name)
            if pixels is not None and (not isinstance(pixels, np.ndarray) or pixels.shape[:2] != donor.size):
                raise DataError(f"{donor.name}[{name!r}]: expected an array of {donor.size[0]} x {donor.size[1]}, the size of its picture")
            if pixels is None and kind == "image":
                raise DataError(f"{donor.name}: {name!r} is missing, which the call has beside its picture; add one of the picture's size")
            donors.append(attrs.evolve(donor, image=pixels) if kind == "image" else attrs.evolve(donor, mask=pixels))
        return attrs.evolve(self, donors=tuple(donors))

    def to_dict(self) -> dict[str, Any]:
        """Raises: A ParameterError, since the pictures of others are data of a call, not decisions."""
        raise ParameterError("plan: a mosaic's pictures are not stored in JSON; pickle the plan, or draw it again with the same key")

    def __str__(self) -> str:
        cells = [f"{donor.name} at x {donor.cell[0]} to {donor.cell[2]}, y {donor.cell[1]} to {donor.cell[3]}" for donor in self.donors]
        return f"Merge {'; '.join(cells) or 'nothing'}"
