"""What this build of OpenCV does with calls that are known to go wrong in some: shown, not relied on.

Nothing else in geoaug calls this room; ``geoaug doctor`` does, in processes of its own, since two of the calls may never come back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np


def build() -> dict[str, Any]:
    """Returns: Version, threads and what the build was made with."""
    text = cv2.getBuildInformation()

    def line(name: str) -> str:
        found = re.search(rf"^\s*{re.escape(name)}:?\s+(\S.*?)\s*$", text, re.MULTILINE)
        return re.sub(r"\s+", " ", found.group(1)) if found else "not told"

    return {
        "version": cv2.__version__,
        "file": str(cv2.__file__),
        "threads": cv2.getNumThreads(),
        "parallel": line("Parallel framework"),
        "baseline": line("Baseline"),
        "dispatched": line("Dispatched code generation"),
        "optimised": bool(cv2.useOptimized()),
    }


def hang_of_an_empty_border() -> str:
    """F3: a reflected border of an empty picture."""
    try:
        cv2.copyMakeBorder(np.zeros((0, 5, 3), np.uint8), 2, 2, 2, 2, cv2.BORDER_REFLECT_101)
    except cv2.error:
        return "refused"
    return "came back"


def hang_of_a_thin_picture() -> str:
    """F3: a cubic warp with a reflected border of a picture one pixel high."""
    turn = np.array([[0.9, -0.3, 3.0], [0.3, 0.9, 0.0]])
    cv2.warpAffine(np.zeros((1, 40, 3), np.uint8), turn, (40, 1), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return "came back"


def kernels() -> str:
    """F4: pixels in which the same warp of the same labels differs between two dtypes."""
    labels = np.random.default_rng(1).integers(0, 200, (480, 640)).astype(np.uint8)
    turn = cv2.getRotationMatrix2D((320.0, 240.0), 17.3, 0.93)
    one, other = (cv2.warpAffine(labels.astype(kind), turn, (640, 480), flags=cv2.INTER_NEAREST) for kind in (np.uint8, np.int16))
    differ = int((one != other).sum())
    return "one kernel for all dtypes" if differ == 0 else f"two kernels: {differ} of {one.size} labels differ between uint8 and int16"


def whole_numbers() -> str:
    """F5: a 64-bit label in a flip."""
    label = 2**40 + 5
    try:
        out = cv2.flip(np.full((4, 4), label, np.int64), 1)
    except cv2.error:
        return "refused"
    return "kept" if out.dtype == np.int64 and int(out[0, 0]) == label else f"2**40 + 5 comes back as {int(out[0, 0])} in {out.dtype}"


def fills() -> str:
    """F5: a border of one number around three channels."""
    out = cv2.copyMakeBorder(np.zeros((2, 2, 3), np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=7)
    return "all channels" if (out[0, 0] == 7).all() else f"7 fills {out[0, 0].tolist()}"


def channels() -> str:
    """F5: a perspective of 130 channels."""
    try:
        out = cv2.warpPerspective(np.ones((8, 9, 130), np.uint8), np.eye(3), (9, 8))
    except cv2.error:
        return "refused"
    return "kept" if out.shape == (8, 9, 130) else f"(8, 9, 130) comes back as {out.shape}" + (", all zeros" if not out.any() else "")


QUICK: dict[str, Callable[[], str]] = {
    "warp kernels": kernels,
    "64-bit labels": whole_numbers,
    "border of 3 channels": fills,
    "130 channels": channels,
}
MAY_HANG: dict[str, Callable[[], str]] = {"border of an empty picture": hang_of_an_empty_border, "cubic warp one pixel high": hang_of_a_thin_picture}
