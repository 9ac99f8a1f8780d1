"""Contrast by how often each level occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.errors import DataError
from geoaug.params import between, flag, number, one_of, optional, ordered, pair, parameter, positive, probability, whole, within
from geoaug.raster.histogram import EQUALIZERS, STRETCHES, Mask, packed
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.stored import between as bounded
from geoaug.steps.stored import listing
from geoaug.steps.tone import Tone
from geoaug.transform import PixelTransform, transform
from geoaug.types import Array, Limits, Range

if TYPE_CHECKING:
    from numpy.random import Generator


RUNS = "runs"  # stands before a mask in the form that a step holds, which compares and goes to JSON


def _mask(value: Any) -> Any:
    if value is None or callable(value):
        return value
    if isinstance(value, (list, tuple)) and len(value) == 2 and value[0] == RUNS:
        return RUNS, listing(listing(bounded(0, parse=whole), 2), 1)(value[1])
    return RUNS, packed(_checked(value))


def _checked(value: Any) -> Array:
    """Returns: A mask of shape (h, w) or (h, w, c), c at least 2, or a ValueError."""
    try:
        mask = np.asarray(value)
    except ValueError:
        mask = np.empty(0, object)
    if mask.ndim not in (2, 3) or mask.dtype.kind not in "uifb" or mask.size == 0:
        raise ValueError(f"expected a mask (h, w) or (h, w, channels), a function that gives one, or None, got {value!r}"[:200])
    return mask[..., 0] if mask.ndim == 3 and mask.shape[2] == 1 else mask


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"expected names of targets, such as ('mask',), got {value!r}")
    return tuple(value)


@transform
class Equalize(PixelTransform):
    """Spread levels until all are about as frequent.

    Takes uint8, uint16 and floats, which count as 65536 levels; with ``by_channels`` any number of channels, else 1 or 3.

    Args:
        mode: ``"cv"`` as OpenCV does it, or ``"pil"`` as Pillow does it.
        by_channels: Each channel by itself; False takes the brightness (Y of YCrCb) alone.
        mask: Which pixels count: an array (h, w), or with ``by_channels`` (h, w, channels), or a function that is given ``image=`` and
            what ``mask_params`` names, and returns one; None for all.
        mask_params: Names of what was passed to the call that the function is given too.
        p: Probability that the transform is applied.

    Raises:
        DataError: The mask has another size than the picture.
        DataTypeError: On pictures that are neither grey nor RGB, for ``by_channels=False``.

    Example:
        >>> A.Equalize(p=1)(image=np.uint8([[10, 20, 30, 40]]))["image"]
        array([[  0,  85, 170, 255]], dtype=uint8)
    """

    mode: str = parameter(default="cv", parse=one_of(*EQUALIZERS))
    by_channels: bool = parameter(default=True, parse=flag)
    mask: Any = parameter(default=None, parse=_mask)
    mask_params: tuple[str, ...] = parameter(default=(), parse=_names)
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        mask = () if not scene.channels else self._drawn(scene)
        return Tone.of("equalize" if self.by_channels else "equalize_luma", method=self.mode, mask=mask)

    def _drawn(self, scene: Scene) -> Mask:
        if self.mask is None:
            return ()
        if not callable(self.mask):
            mask: Mask = self.mask[1]
        else:
            # what the steps so far made of the picture and its mask; other things as they were passed
            seen = {name: scene.mask if name == "mask" else scene.given(name, "Equalize") for name in self.mask_params}
            try:
                mask = packed(_checked(self.mask(image=scene.image, **seen)))
            except ValueError as fault:
                raise DataError(f"Equalize: the function for the mask: {fault}") from None
        if mask[0][:2] != scene.size:
            raise DataError(f"Equalize: the mask is {mask[0][0]} x {mask[0][1]}, the picture {scene.size[0]} x {scene.size[1]} (height x width)")
        if len(mask) > 1 and (not self.by_channels or len(mask) != scene.channels):
            raise DataError(f"Equalize: the mask has {len(mask)} channels for {scene.channels if self.by_channels else 1}; give a mask (h, w)")
        return mask


def _percent(value: Any) -> float:
    share = number(value)
    if not 0 <= share <= 100:
        raise ValueError(f"expected per cent from 0 to 100, got {value!r}")
    return share


def _level(value: Any) -> int:
    level = whole(value)
    if not 0 <= level <= 255:
        raise ValueError(f"expected a level from 0 to 255, got {value!r}")
    return level


@transform
class AutoContrast(PixelTransform):
    """Stretch each channel's levels over the whole range.

    Takes uint8, uint16 and floats, which count as 65536 levels, and any number of channels; a channel of one level stays.

    Args:
        cutoff: Per cent of the darkest, and of the brightest, values that are cut off first, 0 to 100.
        ignore: A level of 255 that does not count, and stays; None for none.
        method: ``"cdf"`` stretches by how often levels occur, ``"pil"`` evenly, as Pillow does.
        p: Probability that the transform is applied.

    Example:
        >>> A.AutoContrast(method="pil", p=1)(image=np.uint8([[50, 100, 150]]))["image"]
        array([[  0, 127, 255]], dtype=uint8)
    """

    cutoff: float = parameter(default=0, parse=_percent)
    ignore: int | None = parameter(default=None, parse=optional(_level))
    method: str = parameter(default="cdf", parse=one_of(*STRETCHES))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("auto_contrast", method=self.method, cutoff=float(self.cutoff), ignore=self.ignore)


def _from_one(value: Any) -> Range:
    return ordered(value if np.ndim(value) else (1, number(value)))


@transform
class CLAHE(PixelTransform):
    """Equalise the lightness tile by tile, with a bound for the contrast, so that detail shows in dark and bright parts alike.

    Takes uint8, and uint16 and floats, whose lightness is looked at in 256 levels while they keep their own.

    Args:
        clip_limit: Range of the bound, from 1 on: how many times steeper than even a tile's curve may become; a lone n stands for (1, n).
        tile_grid_size: How many tiles from left to right, and from top to bottom.
        p: Probability that the transform is applied.

    Raises:
        DataTypeError: On pictures that are neither grey nor RGB.

    Example:
        >>> A.CLAHE(p=1)(image=np.zeros((64, 64, 3), np.uint8))["image"].shape
        (64, 64, 3)
    """

    clip_limit: Limits = parameter(default=4.0, parse=within(_from_one, 1))
    tile_grid_size: tuple[int, int] = parameter(default=(8, 8), parse=pair(positive))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone.of("clahe", limit=between(rng, self.clip_limit), tiles=self.tile_grid_size)
