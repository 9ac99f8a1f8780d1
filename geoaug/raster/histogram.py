"""Contrast by how often each level occurs: equalised, stretched, or equalised tile by tile."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.raster.planes import channels
from geoaug.raster.scratch import scratch
from geoaug.raster.table import look_up, place
from geoaug.raster.values import UINT8, UINT16, channels_of, check_colour, shaped
from geoaug.types import Array

EQUALIZERS = ("cv", "pil")
STRETCHES = ("cdf", "pil")
Tabler = Callable[[Array], "Array | None"]  # how often each level occurs, to where it goes; None where nothing changes
Mask = tuple[tuple[int, ...], ...]  # per channel, or one for all: height, width, then the lengths of runs, of pixels that do not count first

# --- equalised --------------------------------------------------------------------------------------------------------


def equalize(pixels: Array, method: str, mask: Mask = ()) -> Array:
    """Spread levels until all are as frequent, each channel by itself.

    Args:
        pixels: Unsigned integers of 8 or 16 bits, or floats, which count as 65536 levels.
        method: ``"cv"`` as OpenCV does it, or ``"pil"`` as Pillow does it.
        mask: Which pixels count, see ``Mask``; empty for all.
    """
    return _by_levels(pixels, "equalize", lambda levels: _each(levels, mask, _EQUALIZE[method]))


def equalize_tables(pixels: Array, method: str, mask: Mask = ()) -> Array | None:
    """Returns: The tables of ``equalize``; None where nothing changes."""
    return _joined([_EQUALIZE[method](counts) for counts in histograms(pixels, mask)])


def equalize_luma(pixels: Array, method: str, mask: Mask = ()) -> Array:
    """The same for the brightness alone, which leaves the colours.

    Args:
        pixels: 3 channels; a grey picture is its own brightness.
        method: As in ``equalize``.
        mask: As in ``equalize``.
    """
    if channels_of(pixels) == 1:
        return equalize(pixels, method, mask)
    check_colour(pixels, "equalize_luma", (3,))
    return _by_levels(pixels, "equalize_luma", lambda levels: _luma(levels, mask, _EQUALIZE[method]))


def _luma(levels: Array, mask: Mask, tabler: Tabler) -> Array:
    split = cv2.cvtColor(levels, cv2.COLOR_RGB2YCrCb)
    cv2.insertChannel(_each(cv2.extractChannel(split, 0), mask, tabler), split, 0)
    return np.asarray(cv2.cvtColor(split, cv2.COLOR_YCrCb2RGB, dst=split))


def _equalize_cv(counts: Array) -> Array | None:
    """As cv2.equalizeHist does it, in single precision."""
    occupied = np.flatnonzero(counts)
    if len(occupied) < 2:
        return None
    darkest, total = counts[occupied[0]], counts.sum()
    above = np.cumsum(counts) - darkest
    scale = np.float32(len(counts) - 1) / np.float32(total - darkest)
    return np.asarray(np.rint(np.maximum(above, 0).astype(np.float32) * scale))


def _equalize_pil(counts: Array) -> Array | None:
    occupied = np.flatnonzero(counts)
    top = len(counts) - 1
    if len(occupied) < 2:
        return None
    rest = counts.sum() - counts[occupied[-1]]
    step = rest // top if top == 255 else rest / top
    if not step:
        return None
    return np.minimum((np.cumsum(counts) + step // 2) // step, top)


_EQUALIZE: dict[str, Tabler] = {"cv": _equalize_cv, "pil": _equalize_pil}

# --- stretched --------------------------------------------------------------------------------------------------------


def auto_contrast(pixels: Array, method: str, cutoff: float, ignore: int | None) -> Array:
    """Stretch levels over the whole range, each channel by itself.

    Args:
        pixels: Unsigned integers of 8 or 16 bits, or floats, which count as 65536 levels.
        method: ``"pil"`` by a line, ``"cdf"`` by how often levels occur.
        cutoff: Per cent of the darkest, and of the brightest, values that are cut off first.
        ignore: A level of 255 that does not count and stays; None for none.
    """
    return _by_levels(pixels, "auto_contrast", lambda levels: _each(levels, (), _stretch(method, cutoff, ignore)))


def auto_contrast_tables(pixels: Array, method: str, cutoff: float, ignore: int | None) -> Array | None:
    """Returns: The tables of ``auto_contrast``; None where nothing changes."""
    tabler = _stretch(method, cutoff, ignore)
    return _joined([tabler(counts) for counts in histograms(pixels)])


def _stretch(method: str, cutoff: float, ignore: int | None) -> Tabler:
    def table(counts: Array) -> Array | None:
        top = len(counts) - 1
        stays = None if ignore is None else ignore * (top // 255)
        if stays is not None:
            counts = counts.copy()
            counts[stays] = 0
        low, high = _ends(counts, cutoff)
        if high <= low:
            return None
        out = _by_frequency(counts, low, high) if method == "cdf" else (np.arange(top + 1.0) - low) * (top / (high - low))
        if out is None:
            return None
        out = np.clip(np.rint(out), 0, top)
        out[:low], out[high + 1 :] = 0, top
        if stays is not None:
            out[stays] = stays
        return out

    return table


def _ends(counts: Array, cutoff: float) -> tuple[int, int]:
    """Returns: The darkest and the brightest level that are left; the latter not above the former where none are."""
    occupied = np.flatnonzero(counts)
    if len(occupied) == 0:
        return 0, 0
    if not cutoff:
        return int(occupied[0]), int(occupied[-1])
    levels = len(counts)
    if (counts == counts[0]).all():
        low = int(levels * cutoff / 100)
        return low, levels - low - 1
    cut = float(counts.sum()) * cutoff / 100
    low = min(int(np.searchsorted(np.cumsum(counts), cut)) + 1, levels - 1)
    return low, levels - 1 - int(np.searchsorted(np.cumsum(counts[::-1]), cut))


def _by_frequency(counts: Array, low: int, high: int) -> Array | None:
    """Single precision, which Albumentations has here."""
    part = np.cumsum(counts[low : high + 1]).astype(np.float32)
    if part[-1] == part[0]:
        return None
    out = np.zeros(len(counts), np.float32)
    out[low : high + 1] = (part - part[0]) * np.float32(len(counts) - 1) / (part[-1] - part[0])
    return out


# --- tile by tile -----------------------------------------------------------------------------------------------------


def clahe(pixels: Array, limit: float, tiles: tuple[int, int], owned: bool = False) -> Array:
    """Equalise the lightness tile by tile, with a bound for the contrast.

    On floats and 16 bits the lightness is looked at in 256 levels, and what they gain is added to it, so that no level is lost.

    Args:
        pixels: 1 or 3 channels; uint8, uint16 or floats.
        limit: How many times steeper than even a tile's curve may become.
        tiles: How many from left to right, and from top to bottom.
        owned: Whether the answer may be written over ``pixels``.
    """
    check_colour(pixels, "clahe")
    by_tiles = cv2.createCLAHE(clipLimit=limit, tileGridSize=tiles).apply
    if pixels.dtype != UINT8:
        return _clahe_deep(pixels, by_tiles)
    if channels_of(pixels) == 1:
        return shaped(np.asarray(by_tiles(pixels)), pixels)
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB, dst=scratch("lab", pixels.shape))
    cv2.insertChannel(by_tiles(cv2.extractChannel(lab, 0, dst=scratch("lightness", pixels.shape[:2]))), lab, 0)
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB, dst=place(pixels, owned)))


def _clahe_deep(pixels: Array, by_tiles: Callable[[Array], Array]) -> Array:
    top = np.float32(65535 if pixels.dtype == UINT16 else 1)
    values = pixels.astype(np.float32) / top
    lab = None if channels_of(pixels) == 1 else cv2.cvtColor(values, cv2.COLOR_RGB2LAB)
    light = values.reshape(pixels.shape[:2]) if lab is None else lab[..., 0] / np.float32(100)
    levels = np.rint(np.clip(light, 0, 1) * np.float32(255)).astype(np.uint8)
    light = np.clip(light + (by_tiles(levels).astype(np.float32) - levels) / np.float32(255), 0, 1)
    if lab is None:
        out = light.reshape(pixels.shape)
    else:
        lab[..., 0] = light * np.float32(100)
        out = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)
    return (np.rint(out * top) if pixels.dtype == UINT16 else out).astype(pixels.dtype)


# --- what all of them need --------------------------------------------------------------------------------------------


def histograms(levels: Array, mask: Mask = ()) -> list[Array]:
    """Returns: How often each level occurs, int64, an array a channel, shape (256,) or (65536,)."""
    depth = 256 if levels.dtype == UINT8 else 65536
    planes = [levels.reshape(levels.shape[:2])] if channels_of(levels) == 1 else list(channels(levels))
    covers: list[Array | None] = [unpacked(runs, levels.shape[:2]) for runs in mask] or [None]
    if len(covers) not in (1, len(planes)):
        raise DataError(f"image: the mask of Equalize has {len(covers)} channels, the picture {len(planes)}; give a mask (h, w)")
    found = []
    for k, plane in enumerate(planes):
        counts = cv2.calcHist([np.ascontiguousarray(plane)], [0], covers[k % len(covers)], [depth], [0, depth])
        found.append(counts.ravel().astype(np.int64))
    return found


def packed(mask: Array) -> Mask:
    """Returns: Which pixels of a mask are not 0, from shape (h, w) or (h, w, c), as numbers that a step can hold."""
    planes = [mask] if mask.ndim == 2 else list(mask.transpose(2, 0, 1))
    found = []
    for plane in planes:
        flat = np.concatenate([[False], plane.ravel() != 0])
        edges = np.flatnonzero(np.diff(flat, append=not flat[-1]))
        found.append((*plane.shape, *np.diff(edges, prepend=0).tolist()))
    return tuple(found)


def unpacked(runs: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """Returns: The mask of such numbers, uint8, shape (h, w)."""
    if runs[:2] != tuple(shape):
        raise DataError(f"image: {shape[0]} x {shape[1]}, but the mask of Equalize is {runs[0]} x {runs[1]} (height x width)")
    lengths = runs[2:]
    return np.repeat(np.arange(len(lengths)) % 2, lengths).astype(np.uint8).reshape(shape)


def _joined(tables: list[Array | None]) -> Array | None:
    if all(table is None for table in tables):
        return None
    whole = np.stack([np.arange(256) if table is None else table for table in tables]).astype(np.uint8)
    return whole if len(whole) > 1 else whole[0]


def _each(levels: Array, mask: Mask, tabler: Tabler) -> Array:
    """Returns: Each channel by its own table."""
    out = levels.copy()
    tables = [tabler(counts) for counts in histograms(levels, mask)]
    for k, table in enumerate(tables):
        if table is not None:
            into = out if levels.ndim == 2 else out[..., k]
            into[...] = table.astype(levels.dtype)[into] if levels.dtype != UINT8 else look_up(np.ascontiguousarray(into), table.astype(np.uint8))
    return out


def _by_levels(pixels: Array, name: str, change: Callable[[Array], Array]) -> Array:
    """Carry out a change of levels on integers, and on floats as 65536 levels."""
    if pixels.dtype in (UINT8, UINT16):
        return change(pixels)
    if pixels.dtype.kind != "f":
        raise DataTypeError(
            f"image: {name} needs uint8, uint16 or floats, got {pixels.dtype} with {channels_of(pixels)} channels; put ToFloat() before it"
        )
    deep = np.rint(pixels * pixels.dtype.type(65535)) if pixels.dtype.itemsize > 2 else np.rint(pixels.astype(np.float32) * 65535)
    return (change(deep.astype(np.uint16)) / np.float64(65535)).astype(pixels.dtype)
