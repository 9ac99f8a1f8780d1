"""How far keypoints, boxes and masks lie from the pixels they belong to: ``python -m benchmarks.alignment``.

A soft blob on 200 x 300, a keypoint at its centre, a box and a disc about it go through each spatial transform of ``tests/cases.py``,
by 30 draws each, with the blob somewhere else each time. The error is a target less the blob's centre of mass in the picture that
came out, in output pixels. Draws that cut into the blob do not count.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import attrs
import numpy as np

import geoaug as A
from tests import cases

SIZE = (200, 300)
SIGMA = 2.0  # of the blob; under a perspective the centre of mass of a large one is not where its centre goes: 0.1 px at 4
BENT = (1.0, 1.0)  # both, under a bend: across a kink between slopes of ½ and 1½ the middle of anything large is not where its centre goes
HALF = 4.0  # a side of the box, from its centre; 0.2 px at 10 for the same reason
RADIUS = 10.0  # of the disc, which must be large: nearest sampling rounds its rim
SHOWN = 12.0  # pixels about the centre that a draw must leave in view
SEEDS = 30
TRIES = 300  # a crop may need many to show the blob 30 times


class Row(NamedTuple):
    """The errors of one transform.

    Args:
        name: The transform and what of it is not as by default.
        bends: Whether no matrix describes it.
        keypoint: Errors, shape (draws, 2) as dx, dy.
        box: The same of the box's centre.
        mask: The same of the mask's centre of mass.
    """

    name: str
    bends: bool
    keypoint: np.ndarray
    box: np.ndarray
    mask: np.ndarray


def builders() -> list[tuple[Callable[[], A.Transform], bool]]:
    """Returns: What builds each transform, and whether it bends."""
    bends = getattr(cases, "BENDS", {})
    straight = {name: rows for name, rows in cases.SPATIAL.items() if name not in bends}
    return [(build, table is bends) for table in (straight, bends) for rows in table.values() for build in rows]


def measured(build: Callable[[], A.Transform], bends: bool = False) -> Row:
    """Returns: The errors of 30 draws."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        transform = build()
    pipeline = A.Compose([transform], bbox_params=A.BboxParams("pascal_voc"), keypoint_params=A.KeypointParams("xy"), seed=1, return_plan=True)
    rng = np.random.default_rng(1)
    errors: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for _ in range(TRIES):
        if len(errors) < SEEDS and (found := _one(pipeline, rng.uniform((75, 60), (225, 140)), *(BENT if bends else (SIGMA, HALF)))):
            errors.append(found)
    keypoint, box, mask = np.array(errors).reshape(-1, 3, 2).swapaxes(0, 1)
    return Row(told(transform), bends, keypoint, box, mask)


def _one(pipeline: A.Compose, place: np.ndarray, sigma: float, half: float) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
    off = np.hypot(columns + 0.5 - place[0], rows + 0.5 - place[1])
    blob, disc = np.exp(-((off / sigma) ** 2) / 2).astype(np.float32), (off < RADIUS).astype(np.uint8)
    box = [*(place - half), *(place + half)]
    out = pipeline(image=blob, mask=disc, bboxes=[box], keypoints=[place - 0.5])
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    around = out["plan"].points(place + SHOWN * np.stack((np.cos(turn), np.sin(turn)), axis=1))
    gaps = np.hypot(*(around - np.roll(around, 1, axis=0)).T)
    if not ((around > 0) & (around < out["image"].shape[1::-1])).all() or gaps.max() > 4 * np.median(gaps):
        return None  # out of view, or torn apart between tiles
    # a border repeats pixels or fills: what counts is what the blob added, near the blob
    (left, top), (right, bottom) = np.floor(around.min(axis=0)).astype(int), np.ceil(around.max(axis=0)).astype(int)
    window, origin = (slice(top, bottom), slice(left, right)), (left, top)
    added = out["image"] - out["plan"].image(np.zeros_like(blob))
    middle = _centre(added[window]) + origin
    sides = np.array(out["bboxes"][0])
    return (
        np.array(out["keypoints"][0]) + 0.5 - middle,
        (sides[:2] + sides[2:]) / 2 - middle,
        _centre(out["mask"][window]) + origin - middle,
    )


def _centre(picture: np.ndarray) -> np.ndarray:
    weights = picture.astype(np.float64)
    rows, columns = (np.arange(length) + 0.5 for length in picture.shape)
    return np.array([(weights.sum(axis=0) * columns).sum(), (weights.sum(axis=1) * rows).sum()]) / weights.sum()


def told(transform: A.Transform) -> str:
    """Returns: The transform as one writes it, with the arguments that are not as by default."""
    kind: Any = type(transform)
    fields = [field for field in attrs.fields(kind) if field.name != "p"]
    given = {field.name: getattr(transform, field.name) for field in fields}
    usual: dict[str, Any] = {}
    try:
        plain = kind(**{field.name: given[field.name] for field in fields if field.default is attrs.NOTHING})
        usual = {field.name: getattr(plain, field.name) for field in fields if field.default is not attrs.NOTHING}
    except A.ParameterError:  # it needs one of two: both are None by default
        usual = {field.name: field.default for field in fields}
    return f"{kind.__name__}({', '.join(f'{name}={_short(value)}' for name, value in given.items() if name not in usual or usual[name] != value)})"


def _short(value: Any) -> str:
    if isinstance(value, dict) and len({repr(part) for part in value.values()}) == 1:
        value = next(iter(value.values()))
    return repr(value)


def cell(errors: np.ndarray) -> str:
    """Returns: Mean dx, dy and the largest, in pixels."""
    dx, dy = errors.mean(axis=0).round(2) + 0.0  # no -0.00
    return f"{dx:.2f}, {dy:.2f} ({np.abs(errors).max():.2f})"


def main() -> None:
    """Print the table as Markdown."""
    print("| transform | draws | keypoint mean dx, dy (max) | box centre mean dx, dy (max) | mask mean dx, dy (max) |")
    print("|---|---|---|---|---|")
    for build, bends in builders():
        row = measured(build, bends)
        print(f"| `{row.name}` | {len(row.keypoint)} | {cell(row.keypoint)} | {cell(row.box)} | {cell(row.mask)} |", flush=True)


if __name__ == "__main__":
    main()
