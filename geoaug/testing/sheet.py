"""The picture of a finding: what went in, what came out with its labels drawn on, and the place itself, enlarged."""

from __future__ import annotations

import re
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from attrs import frozen

from geoaug import files
from geoaug.testing.findings import Finding
from geoaug.testing.manner import Again, Manner, pixels_of
from geoaug.testing.painted import Painted
from geoaug.types import Array, Floats

PANEL = 380  # px, the longest side of a panel
GAP, LINE, LETTERS = 12, 18, 0.42
PAPER, INK, FAINT, MARK = (250, 250, 248), (38, 40, 46), (122, 126, 134), (235, 30, 40)
COLOURS = ((255, 196, 0), (0, 190, 255), (120, 235, 90), (255, 110, 200), (190, 150, 255), (255, 150, 90))
LOOK = 28  # px of the output about the place, at least, that the enlarged panel shows
FINE = 4  # bits after the point in cv2's coordinates


@frozen(eq=False)
class Labels:
    """What is drawn on a panel, in continuous pixels of its picture."""

    boxes: Floats
    masks: list[Array]
    rings: list[list[Floats]]
    points: Floats


@frozen(eq=False)
class _Panel:
    """A picture, enlarged, and the way from its coordinates onto it."""

    canvas: Array
    corner: Floats
    scale: float

    def at(self, points: Any) -> Array:
        """Returns: Places in continuous pixels as cv2's fixed-point numbers, which count from pixel centres."""
        moved = (np.asarray(points, np.float64).reshape(-1, 2) - self.corner) * self.scale - 0.5
        return np.clip(np.rint(moved * (1 << FINE)), -(1 << 20), 1 << 20).astype(np.int32)


def write_sheet(finding: Finding, again: Again, scene: Painted, manner: Manner, folder: str | Path | None, title: str) -> str | None:
    """Draw the call that showed a finding once more, and write it as a PNG.

    Returns: Its path; None where the call gives no picture at all.
    """
    cover = np.sum([scene.shape(k) for k in range(len(scene.boxes))], axis=0)
    if {"keypoints", "annotations"} & set(manner.targets):  # a dark dot where a keypoint is
        cover = cover - 1.2 * np.max([scene.dot(place) for place in scene.points.reshape(-1, 2)], axis=0)
    source = scene.picture(cover)
    sent = manner.arguments(scene, source)
    before = _labels(sent, manner, source)
    panels = [_drawn(_shown(source), before, "what went in")]
    try:
        out = again(finding.call or 0, manner.arguments(scene, scene.picture(cover)))
        pixels = _shown(pixels_of(out["image"], scene))
        after = _labels(out, manner, pixels)
        panels.append(_drawn(pixels, after, f"what came out of call {finding.call}", finding.place))
        if finding.place is not None:
            panels.append(_enlarged(pixels, after, finding))
    except Exception as fault:  # a call that fails is shown by what went in
        panels.append(_blank(f"no picture: {type(fault).__name__}"))
    legend = "boxes: lines; masks: rims; polygons: thin lines; keypoints: crosses; one colour a row; red ring: the place of the finding"
    sheet = _laid(panels, [f"{title}: {finding}", legend])
    place = Path(tempfile.mkdtemp(prefix="geoaug-testing-")) if folder is None else Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^\w-]+", "-", f"{title[:40]}-{finding.code}").strip("-")
    path = next(one for k in range(10_000) if not (one := place / f"{name}{f'-{k}' if k else ''}.png").exists())
    files.write_image(path, sheet, "png")
    return str(path)


def write_one(pixels: Array | None, labels: Labels, size: tuple[int, int], finding: Finding, folder: str | Path | None, title: str) -> str:
    """Draw one result, and the place of a finding in it.

    Returns: The path of the PNG.
    """
    picture = np.full((*size, 3), 60, np.uint8) if pixels is None else _shown(pixels)
    panels = [_drawn(picture, labels, "the result", finding.place)]
    if finding.place is not None:
        panels.append(_enlarged(picture, labels, finding))
    place = Path(tempfile.mkdtemp(prefix="geoaug-testing-")) if folder is None else Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    path = next(one for k in range(10_000) if not (one := place / f"result-{finding.code}{f'-{k}' if k else ''}.png").exists())
    files.write_image(path, _laid(panels, [f"{title}: {finding}"]), "png")
    return str(path)


def _shown(pixels: Array) -> Array:
    """Any picture as RGB uint8."""
    picture = pixels[..., None] if pixels.ndim == 2 else pixels
    picture = picture[..., [0, 0, 0]] if picture.shape[2] < 3 else picture[..., :3]
    if picture.dtype != np.uint8:
        values = np.nan_to_num(picture.astype(np.float64))
        low, high = float(values.min(initial=0.0)), float(values.max(initial=1e-9))
        picture = ((values - low) / max(high - low, 1e-9) * 255).astype(np.uint8)
    return np.ascontiguousarray(picture)


def _labels(data: Any, manner: Manner, pixels: Array) -> Labels:
    size = (pixels.shape[0], pixels.shape[1])
    boxes: Floats = np.zeros((0, 4))
    rings: list[list[Floats]] = []
    points: list[Floats] = []
    if "bboxes" in manner.targets and data.get("bboxes") is not None:
        boxes = manner.corners(data["bboxes"], size)
    for row in data.get("annotations") or () if "annotations" in manner.targets else ():
        x, y, width, height = row["bbox"]
        boxes = np.vstack([boxes, [x, y, x + width, y + height]])
        rings.append([np.reshape(ring, (-1, 2)) for ring in row.get("segmentation") or ()])
    if "polygons" in manner.targets:
        rings += [[np.asarray(ring, np.float64).reshape(-1, 2) for ring in rows] for rows in data.get("polygons") or ()]
    if "keypoints" in manner.targets:
        for row in data.get("keypoints", ()):
            bound = "keypoints" in manner.bound and not np.ndim(row[0])
            points += list(manner.places(np.reshape(row, (-1, len(manner.keypoint_format))) if bound else row if np.ndim(row[0]) else [row]))
    masks = [np.asarray(mask).reshape(*np.shape(mask)[:2], -1)[..., 0] > 0 for mask in data.get("masks") or ()] if "masks" in manner.targets else []
    if not masks and "mask" in manner.targets and data.get("mask") is not None:
        values = np.asarray(data["mask"]).reshape(*np.shape(data["mask"])[:2], -1)[..., 0]
        masks = [values == value for value in np.unique(values) if value]
    return Labels(boxes, masks, rings, np.array(points).reshape(-1, 2))


def _drawn(pixels: Array, labels: Labels, caption: str, place: tuple[float, float] | None = None) -> Array:
    height, width = pixels.shape[:2]
    scale = min(PANEL / max(height, width), 4.0)
    shape = max(round(width * scale), 1), max(round(height * scale), 1)
    canvas = cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    panel = _Panel(np.ascontiguousarray(canvas), np.zeros(2), scale)
    _put(panel, labels)
    if place is not None:
        cv2.circle(panel.canvas, tuple(panel.at([place])[0].tolist()), 14 << FINE, MARK, 2, cv2.LINE_AA, FINE)
    return _captioned(panel.canvas, caption)


def _enlarged(pixels: Array, labels: Labels, finding: Finding) -> Array:
    """The pixels about the place, each a square that can be seen."""
    assert finding.place is not None
    reach = float(np.clip(3 * (finding.pixels or 0), LOOK / 2, 60))
    corner = np.floor(np.array(finding.place) - reach)
    count = int(2 * reach)
    scale = max(PANEL * 0.8 // count, 1)
    window = np.full((count, count, 3), 90, np.uint8)
    left, top = int(corner[0]), int(corner[1])
    rows, columns = slice(max(top, 0), top + count), slice(max(left, 0), left + count)
    part = pixels[rows, columns] if top + count > 0 and left + count > 0 else pixels[:0]
    if part.size:
        window[max(-top, 0) : max(-top, 0) + part.shape[0], max(-left, 0) : max(-left, 0) + part.shape[1]] = part
    side = int(count * scale)
    panel = _Panel(np.ascontiguousarray(cv2.resize(window, (side, side), interpolation=cv2.INTER_NEAREST)), corner, float(scale))
    _put(panel, labels)
    cv2.circle(panel.canvas, tuple(panel.at([finding.place])[0].tolist()), 9 << FINE, MARK, 2, cv2.LINE_AA, FINE)
    told = "" if finding.pixels is None else f": {finding.pixels:.2f} px"
    return _captioned(panel.canvas, f"{finding.target}{told}, {scale:.0f} times as large")


def _put(panel: _Panel, labels: Labels) -> None:
    for k, mask in enumerate(labels.masks):
        for rim in _rims(mask):
            cv2.polylines(panel.canvas, [panel.at(rim)], True, _colour(k), 1, cv2.LINE_AA, FINE)
    for k, rings in enumerate(labels.rings):
        for ring in rings:
            cv2.polylines(panel.canvas, [panel.at(ring)], True, _colour(k), 1, cv2.LINE_AA, FINE)
    for k, box in enumerate(labels.boxes):
        if np.isfinite(box).all():
            one, other = panel.at([box[:2], box[2:]]).tolist()
            cv2.rectangle(panel.canvas, tuple(one), tuple(other), _colour(k), 2, cv2.LINE_AA, FINE)
    for point in labels.points[np.isfinite(labels.points).all(axis=1)]:
        x, y = panel.at([point])[0].tolist()
        arm = 5 << FINE
        for ink, thick in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.line(panel.canvas, (x - arm, y), (x + arm, y), ink, thick, cv2.LINE_AA, FINE)
            cv2.line(panel.canvas, (x, y - arm), (x, y + arm), ink, thick, cv2.LINE_AA, FINE)


def _rims(mask: Array) -> list[Floats]:
    """Returns: The edges between pixels of a mask, as the stairs that they are: drawn twice as large, so that rims lie on edges."""
    large = np.kron(np.pad(mask, 1).astype(np.uint8), np.ones((4, 4), np.uint8)).astype(np.uint8)
    found = cv2.findContours(large, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)[0]
    return [(np.asarray(rim, np.float64).reshape(-1, 2) + 0.5) / 4 - 1 for rim in found]


def _colour(row: int) -> tuple[int, int, int]:
    return COLOURS[row % len(COLOURS)]


def _blank(text: str) -> Array:
    return _captioned(np.full((PANEL // 2, PANEL // 2, 3), 225, np.uint8), text)


def _captioned(canvas: Array, text: str) -> Array:
    wide = max(canvas.shape[1], 7 * len(text))
    out = np.full((canvas.shape[0] + LINE + 6, wide, 3), PAPER, np.uint8)
    out[LINE + 6 :, : canvas.shape[1]] = canvas
    cv2.putText(out, _ascii(text), (0, LINE - 3), cv2.FONT_HERSHEY_SIMPLEX, LETTERS, FAINT, 1, cv2.LINE_AA)
    return out


def _laid(panels: list[Array], texts: list[str]) -> Array:
    width = sum(panel.shape[1] for panel in panels) + GAP * (len(panels) + 1)
    height = max(panel.shape[0] for panel in panels)
    lines = [line for text in texts for line in textwrap.wrap(_ascii(text), max(int((width - 2 * GAP) / 7.6), 40))]
    sheet = np.full((height + 2 * GAP + LINE * len(lines) + GAP, max(width, 420), 3), PAPER, np.uint8)
    left = GAP
    for panel in panels:
        sheet[GAP : GAP + panel.shape[0], left : left + panel.shape[1]] = panel
        left += panel.shape[1] + GAP
    for k, line in enumerate(lines):
        cv2.putText(sheet, line, (GAP, height + 2 * GAP + LINE * (k + 1) - 6), cv2.FONT_HERSHEY_SIMPLEX, LETTERS, INK, 1, cv2.LINE_AA)
    return sheet


def _ascii(text: str) -> str:
    """Text as cv2 can write it."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in text)
