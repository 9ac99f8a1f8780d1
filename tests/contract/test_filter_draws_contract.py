"""What filters draw, against the albumentations 2.0.8 package, by the machinery and the measure of ``test_draws_contract``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geoaug.raster.blur import advanced_kernel, gaussian_row, motion_kernel
from geoaug.raster.sharpen import ringing_kernel
from geoaug.steps.filter import Filter
from tests.contract.test_draws_contract import CRITICAL, PICTURE, Numbers, Row, apart, drawn, drawn_by_2_0_8, each, same

NOISES = ("uniform", "gaussian", "laplace", "beta")
AREA = PICTURE.shape[0] * PICTURE.shape[1]


def looks(kernel: Any) -> Numbers:
    """How large a kernel is, and how its weights lie."""
    y, x = np.indices(kernel.shape)
    return {"size": len(kernel), "x": (kernel * x).sum(), "y": (kernel * y).sum(), "middle": kernel[len(kernel) // 2, len(kernel) // 2]}


def one_size(name: str, arguments: dict[str, Any]) -> Row:
    """Returns: A row of a transform that draws a side alone."""
    return Row(name, arguments, same("size"), lambda n: {"size": n["kernel"]})


def bell(kernel: Any) -> Numbers:
    """How long a row of weights is, and how high."""
    return {"length": len(kernel), "middle": kernel.max()}


def distortion(mode: str) -> Row:
    """Returns: A row of ChromaticAberration."""
    which = ("primary", "secondary")
    return Row(
        "ChromaticAberration", {"mode": mode, "primary_distortion_limit": (-0.02, 0.05)},
        lambda n: {**each("red", n["red"]), **each("blue", n["blue"])},
        lambda n: {f"{colour} {k}": n[f"{which[k]}_distortion_{colour}"] for colour in ("red", "blue") for k in range(2)},
    )  # fmt: skip


def constant(kind: str, params: dict[str, Any] | None = None) -> Row:
    """Returns: A row of AdditiveNoise with a value a channel, but the first: 2.0.8's first normal number is always its mean."""
    read = [lambda n: each("v", n["shifts"][1:]), lambda n: each("v", n["noise_map"][1:] / 255)]
    return Row("AdditiveNoise", {"noise_type": kind, "noise_params": params}, *read)


def one_value(name: str, operation: str, arguments: dict[str, Any]) -> Row:
    """Returns: A row of noise a pixel, of which the last is looked at: 2.0.8's first normal number is always its mean."""
    middle = np.full((1, 1), 0.5, np.float32)
    return Row(
        name, arguments, lambda n: {"value": float(Filter.of(operation, **n).image(middle)[0, 0]) - 0.5},
        lambda n: {"value": float(np.clip(n["noise_map"].flat[-1] / 255, -0.5, 0.5))},
    )  # fmt: skip


ROWS = [
    one_size("Blur", {}),
    one_size("Blur", {"blur_limit": (4, 12)}),
    one_size("MedianBlur", {"blur_limit": 9}),
    Row("GaussianBlur", {}, lambda n: bell(gaussian_row(n["sigma"], n["size"])), lambda n: bell(n["kernel"])),
    Row("GaussianBlur", {"blur_limit": (3, 8), "sigma_limit": 2}, lambda n: bell(gaussian_row(n["sigma"], n["size"])), lambda n: bell(n["kernel"])),
    *[
        Row("MotionBlur", arguments, lambda n: looks(motion_kernel(**n)), lambda n: looks(n["kernel"]))
        for arguments in ({}, {"blur_limit": (5, 9), "allow_shifted": False, "angle_range": (10, 70), "direction_range": (0.2, 0.9)})
    ],
    Row("Defocus", {}, same("radius", "smoothing"), lambda n: {"radius": n["radius"], "smoothing": n["alias_blur"]}),
    Row("Defocus", {"radius": 7}, same("radius"), same("radius")),
    Row(
        "ZoomBlur", {}, lambda n: {"steps": (count := np.arange(1.0, n["most"], n["step"]).size), "step": n["step"] if count > 1 else np.nan},
        lambda n: {"steps": n["zoom_factors"].size, "step": n["zoom_factors"][1] - 1 if n["zoom_factors"].size > 1 else np.nan},
    ),
    Row("AdvancedBlur", {}, lambda n: looks(advanced_kernel(**n)), lambda n: looks(n["kernel"])),
    Row("AdvancedBlur", {"noise_limit": (0.2, 2)}, lambda n: looks(advanced_kernel(**n)), lambda n: looks(n["kernel"])),
    Row(
        "Sharpen", {}, same("share", "lightness"),
        lambda n: {"share": n["alpha"], "lightness": (n["sharpening_matrix"][1, 1] - 1 + n["alpha"]) / n["alpha"] - 8},
    ),
    Row("Sharpen", {"method": "gaussian"}, same("share"), lambda n: {"share": n["alpha"]}),
    Row(
        "UnsharpMask", {"sigma_limit": (0.5, 2)}, same("share", "size", "sigma"),
        lambda n: {"share": n["alpha"], "size": n["ksize"], "sigma": n["sigma"]},
    ),
    Row(
        "Emboss", {}, lambda n: {"near": n["share"] * n["strength"], "far": n["share"] * (1 + n["strength"])},
        lambda n: {"near": n["emboss_matrix"][1, 2], "far": n["emboss_matrix"][2, 2]},
    ),
    Row("RingingOvershoot", {}, lambda n: looks(ringing_kernel(**n)), lambda n: looks(n["kernel"])),
    one_value("GaussNoise", "additive_noise", {}),
    one_value("GaussNoise", "additive_noise", {"std_range": (0.0, 0.3), "mean_range": (-0.2, 0.1), "per_channel": False}),
    *[one_value("AdditiveNoise", "additive_noise", {"noise_type": kind, "spatial_mode": "per_pixel"}) for kind in NOISES],
    *[constant(kind) for kind in NOISES],
    constant("uniform", {"ranges": [(-0.1, 0.1), (0, 0.2), (-0.3, 0.1)]}),
    Row("ISONoise", {}, same("turn", "intensity"), lambda n: {"turn": n["color_shift"], "intensity": n["intensity"]}),
    Row("MultiplicativeNoise", {}, same("factor"), lambda n: {"factor": n["multiplier"][0]}),
    Row("ShotNoise", {}, same("scale"), same("scale")),
    Row(
        "SaltAndPepper", {"amount": (0.1, 0.4)},
        lambda n: {"all": int(AREA * n["amount"]), "salt": int(int(AREA * n["amount"]) * n["salt"])},
        lambda n: {"all": n["salt_mask"].sum() + n["pepper_mask"].sum(), "salt": n["salt_mask"].sum()},
    ),
    Row("ImageCompression", {"quality_range": (20, 90)}, same("quality"), same("quality")),
    Row("Downscale", {"scale_range": (0.2, 0.9)}, same("scale"), same("scale")),
    *[distortion(mode) for mode in ("green_purple", "red_blue", "random")],
]  # fmt: skip


def _marked(row: Row) -> Any:
    """A row, among the slow ones where 2.0.8 takes half a minute for it."""
    return pytest.param(row, marks=pytest.mark.slow) if row.arguments.get("noise_type") == "laplace" else row


@pytest.mark.parametrize(
    "row", [_marked(row) for row in ROWS], ids=lambda row: f"{row.name}({', '.join(f'{key}={value}' for key, value in row.arguments.items())})"
)
def test_filters_draw_from_the_distributions_of_2_0_8(row):
    ours, theirs = drawn(row), drawn_by_2_0_8(row)
    assert ours[0].keys() == theirs[0].keys()
    for name in ours[0]:
        one, other = ([numbers[name] for numbers in side if not np.isnan(float(numbers[name]))] for side in (ours, theirs))
        statistic = apart(one, other)
        assert statistic < CRITICAL, f"{name}: {statistic:.4f} apart, {CRITICAL:.4f} are allowed"
