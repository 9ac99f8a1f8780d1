"""One op a line beside 2.0.8: ``python -m benchmarks.tones [names…] [--rounds N] [--size N] [--json FILE]``.

Each draws anew in every call, as in training, on a picture of uint8; a ratio above 1 says that geoaug takes less time. To add a transform,
add its name and arguments to ``OPS``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.measure import Times, interleaved
from benchmarks.workloads import Call, library

OPS: dict[str, tuple[dict[str, Any], ...]] = {
    "RandomBrightnessContrast": ({}, {"brightness_by_max": False}),
    "RandomGamma": ({},),
    "HueSaturationValue": ({},),
    "ColorJitter": ({},),
    "ToGray": ({},),
    "Normalize": ({},),
    "InvertImg": ({},),
    "Solarize": ({"threshold_range": (0.3, 0.7)},),
    "Posterize": ({}, {"num_bits": [(3, 5), (3, 5), (3, 5)]}),
    "RandomToneCurve": ({}, {"per_channel": True}),
    "RGBShift": ({},),
    "ChannelShuffle": ({},),
    "ChannelDropout": ({},),
    "ToRGB": ({},),
    "ToSepia": ({},),
    "FancyPCA": ({},),
    "Equalize": ({}, {"mode": "pil"}, {"by_channels": False}),
    "AutoContrast": ({}, {"method": "pil"}, {"cutoff": 5}),
    "CLAHE": ({},),
    "PlanckianJitter": ({},),
    "Illumination": ({}, {"mode": "corner"}, {"mode": "gaussian"}),
    "ToFloat": ({},),
    "FromFloat": ({},),
    "Blur": ({"blur_limit": (5, 5)},),
    "MedianBlur": ({"blur_limit": (5, 5)}, {"blur_limit": (7, 7)}),
    "GaussianBlur": ({"sigma_limit": (1.5, 1.5)},),
    "MotionBlur": ({"blur_limit": (7, 7), "allow_shifted": False, "angle_range": (30, 30)},),
    "AdvancedBlur": ({"blur_limit": (7, 7)},),
    "Defocus": ({"radius": (5, 5)},),
    "ZoomBlur": ({"max_factor": (1.1, 1.1), "step_factor": (0.02, 0.02)},),
    "GlassBlur": ({}, {"mode": "exact"}),
    "Sharpen": ({}, {"method": "gaussian"}),
    "UnsharpMask": ({"blur_limit": (5, 5)},),
    "Emboss": ({},),
    "RingingOvershoot": ({"blur_limit": (9, 9)},),
    "GaussNoise": ({}, {"per_channel": False}, {"noise_scale_factor": 0.5}),
    "ISONoise": ({},),
    "MultiplicativeNoise": ({}, {"per_channel": True}, {"elementwise": True}, {"per_channel": True, "elementwise": True}),
    "ShotNoise": ({},),
    "SaltAndPepper": ({},),
    "AdditiveNoise": ({}, {"spatial_mode": "per_pixel"}, {"noise_type": "laplace", "spatial_mode": "shared"}),
    "ImageCompression": ({"quality_range": (80, 80)}, {"compression_type": "webp", "quality_range": (80, 80)}),
    "Downscale": ({}, {"interpolation_pair": {"upscale": 1, "downscale": 3}}),
    "ChromaticAberration": ({},),
    "RandomFog": ({},),
    "RandomRain": ({}, {"rain_type": "torrential", "drop_color": (180, 190, 210)}),
    "RandomSnow": ({}, {"method": "texture"}),
    "RandomShadow": ({},),
    "RandomSunFlare": ({}, {"src_color": (255, 200, 100)}, {"method": "physics_based"}),
    "RandomGravel": ({},),
    "Spatter": ({}, {"mode": "mud"}),
    "PlasmaBrightnessContrast": ({},),
    "PlasmaShadow": ({},),
    "Superpixels": ({}, {"p_replace": (0.5, 0.5), "max_size": None}),
}
GREY, FLOAT = ("ToRGB",), ("FromFloat",)  # those that need another picture than a colour one of uint8
PEER = "albumentations"
HEADER = ("op", "geoaug µs", "2.0.8 µs", "ratio")


def picture(name: str, side: int) -> Any:
    """Returns: What an op is measured on: smooth, with all levels, as photos are."""
    noise = np.random.default_rng(0).integers(0, 256, (side // 8 + 1, side // 8 + 1, 3)).astype(np.uint8)
    smooth = cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)
    if name in GREY:
        return smooth[..., 0].copy()
    return smooth / np.float32(255) if name in FLOAT else smooth


def calls(name: str, arguments: dict[str, Any], side: int) -> dict[str, Call]:
    """Returns: The same op by both libraries, each alone in a pipeline."""
    pixels = picture(name, side)
    found: dict[str, Call] = {}
    for column in ("geoaug", PEER):
        module = library(column)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline = module.Compose([getattr(module, name)(**arguments, p=1)], seed=1)
        found[column] = partial(pipeline, image=pixels)
    return found


def told(name: str, arguments: dict[str, Any]) -> str:
    """Returns: An op as a reader writes it."""
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})" if arguments else name


def row(name: str, arguments: dict[str, Any], side: int, rounds: int) -> dict[str, Any]:
    """Returns: One line of the table as numbers."""
    times: Times = interleaved(calls(name, arguments, side), rounds)
    ratio = times.ratio(PEER, "geoaug")
    return {"op": told(name, arguments), "geoaug µs": times.median("geoaug"), "2.0.8 µs": times.median(PEER), "ratio": ratio}


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Returns: The command line, checked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tones", description="colour and pixel ops, one a line, beside Albumentations 2.0.8")
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(OPS)}; all when none is given")
    parser.add_argument("--rounds", type=int, default=9, help="turns of either library (default 9)")
    parser.add_argument("--size", type=int, default=640, help="side of the picture in pixels (default 640)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")
    options = parser.parse_args(given)
    if unknown := [name for name in options.names if name not in OPS]:
        parser.error(f"unknown op {unknown[0]!r}; there are {', '.join(OPS)}")
    if options.rounds < 1 or options.size < 1:
        parser.error("--rounds and --size: give 1 or more")
    return options


def main(given: Sequence[str] | None = None) -> int:
    """Measure and print.

    Returns: The exit code, 0; 1 where Albumentations is not installed.
    """
    options = arguments(given)
    try:
        importlib.import_module(PEER)
    except ImportError as error:
        print(f"albumentations is needed beside geoaug: {error}", file=sys.stderr)
        return 1
    print(
        f"OpenCV {cv2.__version__}, numpy {np.__version__}, one thread, {options.size} x {options.size} x 3 uint8, medians of {options.rounds} rounds"
    )
    print("  ".join([HEADER[0].ljust(44), *(title.rjust(10) for title in HEADER[1:])]))
    lines = []
    for name in options.names or OPS:
        for given_arguments in OPS[name]:
            lines.append(row(name, given_arguments, options.size, options.rounds))
            cells = [f"{lines[-1]['geoaug µs']:10.0f}", f"{lines[-1]['2.0.8 µs']:10.0f}", f"{lines[-1]['ratio']:10.2f}"]
            print("  ".join([lines[-1]["op"].ljust(44), *cells]), flush=True)
    ratios = [line["ratio"] for line in lines]
    print(f"{sum(ratio >= 1 for ratio in ratios)} of {len(ratios)} no slower, {sum(ratio >= 1.3 for ratio in ratios)} at least 1.3 times as fast")
    if options.json:
        options.json.write_text(json.dumps({"opencv": cv2.__version__, "numpy": np.__version__, "rows": lines}, ensure_ascii=False, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
