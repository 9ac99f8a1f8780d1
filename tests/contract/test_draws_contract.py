"""What is drawn, against the albumentations 2.0.8 package: 10,000 draws of each parameter come from the same distribution.

To add a transform, add a row: its arguments, and how its numbers are read from our step and from the parameters of 2.0.8, under one name.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import pytest

import geoaug as A
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.tone import Tone
from geoaug.transforms.light import light

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="the contract is compared with the albumentations package")

DRAWS = 10_000
ALPHA = 1e-4  # chance that equal distributions fail, a parameter; seeds are fixed, so that one that passes passes always
CRITICAL = float(np.sqrt(-np.log(ALPHA / 2) / DRAWS))  # of the two-sample Kolmogorov-Smirnov statistic
PICTURE = np.random.default_rng(0).integers(0, 256, (16, 20, 3)).astype(np.uint8)
Numbers = Mapping[str, float]


class Row(NamedTuple):
    """One transform with its arguments, and how to read what it drew: a number a name, the same names on both sides."""

    name: str
    arguments: dict[str, Any]
    ours: Callable[[Any], Numbers]
    theirs: Callable[[Any], Numbers]


def held(step: Step) -> dict[str, Any]:
    """Returns: The numbers of a step's operations by name; those of an operation beyond the first carry its name in front."""
    operations = step.operations if isinstance(step, Tone) else (step.operation,)
    if len(operations) == 1:
        return dict(operations[0].numbers)
    found = {f"{operation.name} {key}": value for operation in operations for key, value in operation.numbers}
    return {**found, "order": [operation.name for operation in operations]}


def place(order: Any) -> int:
    """Returns: Which of all permutations an order is."""
    return list(permutations(range(len(order)))).index(tuple(order))


def each(name: str, values: Any) -> dict[str, float]:
    """Returns: A name and a number for each of several."""
    return {f"{name} {k}": value for k, value in enumerate(np.atleast_1d(values))}


def same(*names: str) -> Callable[[Any], Numbers]:
    """Returns: A reader of these names as they are."""
    return lambda found: {name: found[name] for name in names}


JITTERS = ("linear", "contrast", "saturation", "hue")


def jitter(found: Any) -> Numbers:
    """Read our ColorJitter."""
    names = {"brightness": "linear factor", "contrast": "contrast factor", "saturation": "saturation factor", "hue": "hue turn"}
    return {**{name: found[key] for name, key in names.items()}, "order": place([JITTERS.index(name) for name in found["order"]])}


def red_and_blue(mode: str) -> tuple[Callable[[Any], Numbers], Callable[[Any], Numbers]]:
    """Returns: Readers of what a temperature does to red and blue."""
    return lambda n: each("factor", n["factors"]), lambda n: each("factor", light(mode, n["temperature"]))


def planckian(mode: str, method: str, limit: tuple[int, int] | None) -> Row:
    """Returns: A row of PlanckianJitter."""
    return Row("PlanckianJitter", {"mode": mode, "sampling_method": method, "temperature_limit": limit}, *red_and_blue(mode))


def spot(found: Any) -> Numbers:
    """Read either side's spot of light."""
    centre = found["centre"] if "centre" in found else found["center"]
    return {"intensity": found["intensity"], "x": centre[0], "y": centre[1], "sigma": found["sigma"]}


ROWS = [
    Row("RandomBrightnessContrast", {}, lambda n: {"alpha": n["factor"], "beta": n["shift"] * 255}, same("alpha", "beta")),
    Row("RandomGamma", {}, lambda n: {"gamma": n["exponent"]}, same("gamma")),
    Row(
        "HueSaturationValue", {}, same("hue", "saturation", "value"),
        lambda n: {"hue": n["hue_shift"], "saturation": n["sat_shift"], "value": n["val_shift"]},
    ),
    Row("ColorJitter", {}, jitter, lambda n: {**same("brightness", "contrast", "saturation", "hue")(n), "order": place(n["order"])}),
    Row("Solarize", {"threshold_range": (0.2, 0.7)}, same("threshold"), same("threshold")),
    Row("Posterize", {"num_bits": (2, 6)}, lambda n: {"bits": n["bits"]}, lambda n: {"bits": n["num_bits"]}),
    Row("Posterize", {"num_bits": [(1, 3), (2, 7), (4, 4)]}, lambda n: each("bits", n["bits"]), lambda n: each("bits", n["num_bits"])),
    Row("RandomToneCurve", {"scale": 0.3}, same("low", "high"), lambda n: {"low": n["low_y"], "high": n["high_y"]}),
    Row(
        "RandomToneCurve", {"per_channel": True}, lambda n: {**each("low", n["low"]), **each("high", n["high"])},
        lambda n: {**each("low", n["low_y"]), **each("high", n["high_y"])},
    ),
    Row(
        "RGBShift", {"r_shift_limit": 30, "g_shift_limit": (-5, 20), "b_shift_limit": (-0.1, 0.2)}, lambda n: each("shift", n["shifts"]),
        lambda n: each("shift", n["noise_map"] / 255),
    ),
    Row("ChannelShuffle", {}, lambda n: {"order": place(n["channels"])}, lambda n: {"order": place(n["channels_shuffled"])}),
    Row(
        "ChannelDropout", {"channel_drop_range": (1, 2)}, lambda n: {"dropped": sum(2**k for k in n["channels"])},
        lambda n: {"dropped": sum(2**k for k in n["channels_to_drop"])},
    ),
    Row("FancyPCA", {"alpha": 0.2}, lambda n: each("alpha", n["strengths"]), lambda n: each("alpha", n["alpha_vector"])),
    Row("CLAHE", {"clip_limit": 4.0}, lambda n: {"limit": n["limit"]}, lambda n: {"limit": n["clip_limit"]}),
    Row("CLAHE", {"clip_limit": (2, 3)}, lambda n: {"limit": n["limit"]}, lambda n: {"limit": n["clip_limit"]}),
    *[planckian(mode, method, None) for mode in ("blackbody", "cied") for method in ("uniform", "gaussian")],
    planckian("blackbody", "gaussian", (5000, 9000)),
    planckian("blackbody", "uniform", (5000, 9000)),
    planckian("cied", "gaussian", (5900, 6100)),
    *[Row("Illumination", {"effect_type": effect}, *[same("intensity", "angle")] * 2) for effect in ("brighten", "darken", "both")],
    Row("Illumination", {"intensity_range": (0.05, 0.1), "angle_range": (30, 70)}, *[same("intensity", "angle")] * 2),
    Row("Illumination", {"mode": "corner"}, same("intensity", "corner"), same("intensity", "corner")),
    Row("Illumination", {"mode": "gaussian"}, spot, spot),
]  # fmt: skip


def apart(ours: Any, theirs: Any) -> float:
    """Returns: The two-sample Kolmogorov-Smirnov statistic."""
    mine, other = np.sort(np.asarray(ours, float)), np.sort(np.asarray(theirs, float))
    places = np.concatenate([mine, other])
    shares = [np.searchsorted(values, places, side="right") / len(values) for values in (mine, other)]
    return float(np.abs(shares[0] - shares[1]).max())


def drawn_by_2_0_8(row: Row) -> list[Numbers]:
    """Returns: What 2.0.8 draws."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        node = getattr(B, row.name)(**row.arguments, p=1)
    node.set_random_seed(11)
    shape = {"shape": PICTURE.shape}
    return [row.theirs({**node.get_params(), **node.get_params_dependent_on_data(shape, {"image": PICTURE})}) for _ in range(DRAWS)]


def drawn(row: Row) -> list[Numbers]:
    """Returns: What geoaug draws."""
    node, rng, scene = getattr(A, row.name)(**row.arguments, p=1), np.random.default_rng(12), Scene(PICTURE.shape[:2], PICTURE)
    return [row.ours(held(node.draw(scene, rng))) for _ in range(DRAWS)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.name}({', '.join(f'{key}={value}' for key, value in row.arguments.items())})")
def test_parameters_are_drawn_from_the_distributions_of_2_0_8(row):
    ours, theirs = drawn(row), drawn_by_2_0_8(row)
    assert ours[0].keys() == theirs[0].keys()
    for name in ours[0]:
        statistic = apart([one[name] for one in ours], [one[name] for one in theirs])
        assert statistic < CRITICAL, f"{name}: {statistic:.4f} apart, {CRITICAL:.4f} are allowed"


def test_the_test_itself_tells_distributions_apart_that_differ_by_little():
    rng = np.random.default_rng(0)
    assert apart(rng.uniform(0, 1, DRAWS), rng.uniform(0, 1, DRAWS)) < CRITICAL
    assert apart(rng.uniform(0, 1, DRAWS), rng.uniform(0, 1.05, DRAWS)) > CRITICAL
