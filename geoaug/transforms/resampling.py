"""What every transform that reads between pixels shares: how it samples, and what it puts beside the picture."""

from __future__ import annotations

from typing import Any

from geoaug.params import AREA, CONSTANT, LINEAR, NEAREST, border_mode, fill, interpolation, one_of, parameter
from geoaug.scene import Scene
from geoaug.steps.warp import Border, Sampler, Warp
from geoaug.transform import Transform
from geoaug.types import Matrix, Size

ENVELOPES = ("largest_box", "ellipse")


def interpolating(*, default: int = LINEAR) -> Any:
    """OpenCV's interpolation flag for pictures."""
    return parameter(default=default, parse=interpolation)


def mask_interpolating(*, default: int = NEAREST) -> Any:
    """OpenCV's interpolation flag for masks."""
    return parameter(default=default, parse=interpolation)


def bordering(*, default: int = CONSTANT) -> Any:
    """OpenCV's border mode."""
    return parameter(default=default, parse=border_mode)


def filling(*, default: float = 0) -> Any:
    """A constant border's value, for every channel or one a channel."""
    return parameter(default=default, parse=fill)


def enveloping(*, default: str = "largest_box") -> Any:
    """What stands for a box that comes alone: its corners, or the ellipse inside of it."""
    return parameter(default=default, parse=one_of(*ENVELOPES))


def warp(transform: Transform, scene: Scene, matrix: Matrix, size: Size, resized: bool = False) -> Warp:
    """Returns: The step for a matrix, with the sampling and border of the transform's own parameters.

    Args:
        transform: Whose ``interpolation``, ``border_mode``, … count; those it lacks have Albumentations' defaults.
        scene: What moves.
        matrix: Source to output, continuous pixels.
        size: (height, width) of the output.
        resized: Whether this is a pure change of size, to which ``area_for_downscale`` applies.
    """
    return Warp.of(
        matrix, scene.size, size, sampler_of(transform, scene.size, size, resized), border_of(transform),
        getattr(transform, "rotate_method", ENVELOPES[0]) == "ellipse",
    )  # fmt: skip


def border_of(transform: Any) -> Border:
    if not hasattr(transform, "fill"):
        return Border()
    return Border(getattr(transform, "border_mode", CONSTANT), transform.fill, transform.fill_mask)


def sampler_of(transform: Any, source: Size, size: Size, resized: bool) -> Sampler:
    if not hasattr(transform, "interpolation"):
        return Sampler()
    image, mask = transform.interpolation, transform.mask_interpolation
    area = getattr(transform, "area_for_downscale", None)
    if resized and area and (size[0] < source[0] or size[1] < source[1]):
        image = AREA
        mask = AREA if area == "image_mask" else mask
    return Sampler(image, mask)
