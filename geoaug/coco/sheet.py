"""The contact sheet: each source picture beside what becomes of it, with everything that travels along drawn in.

This is the one room for drawing. Pictures are brought to the size of their cell first and drawn on afterwards, so lines
are equally fine on a tile of 90 pixels and on a photo of twelve megapixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from attrs import define, field

from geoaug import files, headers
from geoaug.coco.dataset import Dataset
from geoaug.coco.document import Record
from geoaug.coco.look import MIDDLE, Colour, Look, ascii_text
from geoaug.coco.pipeline import builtin_pipeline, prepared
from geoaug.coco.plural import counted
from geoaug.coco.problems import Problem
from geoaug.coco.records import rings_of
from geoaug.coco.rest import Rest
from geoaug.coco.work import drawn, waiting
from geoaug.compose import Compose
from geoaug.errors import DataError, GeoaugError
from geoaug.raster.shown import Limits, fitted, limits, shown
from geoaug.targets import rle
from geoaug.types import Array, Floats

CELL = (330, 440)  # height and width that a picture is fitted into
GAP, CAPTION, HEADER = 14, 24, 34
LETTERS = 0.32  # size of a tag's letters, as cv2 counts it
PAPER, EDGE, INK, FAINT = (250, 250, 248), (216, 216, 214), (38, 40, 46), (122, 126, 134)
FINE = 4  # bits after the point in cv2's coordinates
MOST_NAMES = 60  # more boxes than that are not named: the names would hide the picture
SMALL, COVERED = 4, 0.2  # an object of fewer than four tags' area is small, and no tag may hide a fifth of it
FAR = 1 << 26  # of a fixed-point coordinate; cv2 draws nothing there, and no further number fits its integers
COLUMNS = 3  # of a sheet without copies
MOST_ROWS, MOST_COPIES = 100, 20


def sheet(
    dataset: Dataset,
    images: str | Path,
    pipeline: Compose | None = None,
    rows: int = 6,
    copies: int = 2,
    seed: int = 0,
    max_pixels: int = files.MAX_PIXELS,
    problems: list[Problem] | None = None,
) -> Array:
    """Draw a contact sheet: a row a picture, the source at the left; without copies, pictures side by side.

    Args:
        dataset: As from `load`.
        images: Folder that its file names start from.
        pipeline: What to do; the built-in pipeline when not given.
        rows: Source pictures, spread over the data set; those with annotations come first.
        copies: Augmented copies beside each, the very ones that `augment` makes with the same seed.
        seed: As for `augment`.
        max_pixels: Larger pictures are passed over.
        problems: Pictures and annotations that could not be drawn are added to this list.

    Returns:
        The sheet, ``(height, width, 3)`` uint8, RGB.

    Raises:
        DataError: Not one of the pictures could be read; the message tells why.
    """
    look = Look.of(dataset.categories)
    ready = prepared(pipeline or builtin_pipeline(), dataset)
    found: list[Problem] = []
    strips: list[list[tuple[Array, str]]] = []
    for image in _chosen(dataset, rows):
        if len(strips) == rows:
            break
        try:
            strips.append(_cells(dataset, image, Path(images), ready, copies, seed, max_pixels, look, found))
        except GeoaugError as error:
            code = error.code if isinstance(error, headers.FileProblem) else "image-skipped"
            found.append(Problem(code, str(error), image["id"], file_name=image["file_name"]))
    if problems is not None:
        problems += found
    if not strips:
        why = "; ".join(f"{problem.file_name!r}: {problem.message}" for problem in found[:3])
        raise DataError(f"sheet: no picture could be drawn{': ' if why else '; the data set has none'}{why}")
    if not copies:
        cells = [cell for strip in strips for cell in strip]
        return _stacked([_strip(cells[k : k + COLUMNS], min(COLUMNS, len(cells))) for k in range(0, len(cells), COLUMNS)], ["pictures"])
    titles = ["source", *(f"copy {copy}" for copy in range(1, copies + 1))]
    return _stacked([_strip(cells, len(titles)) for cells in strips], titles)


def _chosen(dataset: Dataset, rows: int) -> Iterator[Record]:
    """The pictures in the order of their turn: evenly spread ones first, the others in case that some cannot be read."""
    filled = [image for image in dataset.images if len(dataset.packed(image["id"]))]
    empty = [image for image in dataset.images if not len(dataset.packed(image["id"]))]
    for group in (filled, empty):
        first = sorted({round(k) for k in np.linspace(0, len(group) - 1, min(rows, len(group)))}) if group else []
        yield from (group[k] for k in first)
        taken = set(first)
        yield from (image for k, image in enumerate(group) if k not in taken)


def _cells(
    dataset: Dataset,
    image: Record,
    folder: Path,
    pipeline: Compose,
    copies: int,
    seed: int,
    max_pixels: int,
    look: Look,
    problems: list[Problem],
) -> list[tuple[Array, str]]:
    source = waiting(folder, image, max_pixels)
    pixels = source.pixels()
    rest = Rest.of(source.size, dataset.annotations_of(image["id"]))
    problems += [Problem(code, message, image["id"], number, image["file_name"]) for code, message, number in rest.faults]
    height, width = pixels.shape[:2]
    text = f"{ascii_text(image['file_name'], 34)}   {width} x {height}   {counted(len(rest.rows), 'object')}"
    between = limits(pixels)
    cells = [(_drawn(pixels, between, rest.rows, look), text)]
    for copy in range(1, copies + 1):
        out = drawn(pipeline, source, rest, seed, image["id"], copy)
        cells.append((_drawn(out["image"], between, out["annotations"], look), _fate_text(out["fates"])))
    return cells


def _fate_text(fates: list[str]) -> str:
    counts = [(fates.count(fate), name) for fate, name in (("kept", "whole"), ("cut", "cut"), ("occluded", "partly covered"))]
    counts.append((len(fates) - sum(number for number, _ in counts), "gone"))
    return "   ".join(f"{number} {name}" for number, name in counts if number or name == "whole")


# --- paper -----------------------------------------------------------------------------------------------------------


def _strip(cells: list[tuple[Array, str]], columns: int) -> Array:
    height = max(cell.shape[0] for cell, _ in cells)
    strip = np.full((height + CAPTION + GAP, GAP + columns * (CELL[1] + GAP), 3), PAPER, np.uint8)
    for column, (cell, text) in enumerate(cells):
        left = GAP + column * (CELL[1] + GAP)
        inset, drop = (CELL[1] - cell.shape[1]) // 2, (height - cell.shape[0]) // 2
        strip[drop : drop + cell.shape[0], left + inset : left + inset + cell.shape[1]] = cell
        corner = (left + inset + cell.shape[1], drop + cell.shape[0])
        cv2.rectangle(strip, (left + inset - 1, drop - 1), corner, EDGE, 1)  # white pictures lie on white paper
        _write(strip, text, (left + inset, height + 16), 0.4, FAINT)
    return strip


def _stacked(strips: list[Array], titles: list[str]) -> Array:
    header = np.full((HEADER, strips[0].shape[1], 3), PAPER, np.uint8)
    for column, title in enumerate(titles):
        _write(header, title, (GAP + column * (CELL[1] + GAP), 23), 0.55, INK)
    return np.concatenate([header, *strips])


def _write(canvas: Array, text: str, at: tuple[int, int], scale: float, colour: Colour) -> None:
    cv2.putText(canvas, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, 1, cv2.LINE_AA)


# --- one picture -----------------------------------------------------------------------------------------------------


@define
class _Canvas:
    """A picture at the size of its cell, and the factor that brings the frame of its labels there."""

    pixels: Array
    scale: Floats
    bold: bool = True  # broad lines with a dark rim; thin ones where there are so many that they would hide the picture
    taken: list[tuple[int, int, int, int]] = field(factory=list)  # where names stand already

    def points(self, xy: Any) -> Array:
        """Places in continuous pixels as cv2's fixed-point numbers, which count from pixel centres."""
        places = np.asarray(xy, np.float64).reshape(-1, 2) * self.scale - 0.5
        return np.clip(np.rint(places * (1 << FINE)), -FAR, FAR).astype(np.int32)


def _drawn(pixels: Array, between: Limits, rows: list[Record], look: Look) -> Array:
    canvas = _canvas(pixels, between)
    canvas.bold = len(rows) <= MOST_NAMES
    # large ones first, so that small ones stay in sight
    ordered = sorted(rows, key=lambda row: -_area(row))
    for row in ordered:
        _draw_shape(canvas, row, look.colour(row))
    for row in ordered:
        _draw_box(canvas, row, look.colour(row))
    for row in ordered:
        _draw_pose(canvas, row, look)
    if canvas.bold:
        boxes = np.array([_on_canvas(canvas, row) for row in rows if row.get("bbox") is not None]).reshape(-1, 4)
        for row in reversed(ordered):
            _draw_name(canvas, row, look, boxes)
    return canvas.pixels


def _canvas(pixels: Array, between: Limits) -> _Canvas:
    height, width = pixels.shape[:2]
    factor = min(CELL[0] / height, CELL[1] / width, 4.0)
    size = max(round(height * factor), 1), max(round(width * factor), 1)
    return _Canvas(fitted(shown(pixels, between), size), np.array([size[1] / width, size[0] / height]))


def _draw_shape(canvas: _Canvas, row: Record, colour: Colour) -> None:
    inside = _inside(canvas, row.get("segmentation"))
    if inside is None:
        return
    strength = 0.22 if row.get("iscrowd") else 0.34
    share = (inside.astype(np.float32) * (strength / 255))[..., None]
    canvas.pixels[:] = np.rint(canvas.pixels * (1 - share) + np.array(colour, np.float32) * share)
    dark = tuple(part // 3 for part in colour)
    for outline, bits in _outlines(canvas, row["segmentation"], inside):
        if canvas.bold:
            cv2.polylines(canvas.pixels, [outline], True, dark, 3, cv2.LINE_AA, bits)
        thick = 2 if canvas.bold and not row.get("iscrowd") else 1
        cv2.polylines(canvas.pixels, [outline], True, colour, thick, cv2.LINE_AA, bits)


def _outlines(canvas: _Canvas, shape: Any, inside: Array) -> Iterator[tuple[Array, int]]:
    """Rims, and how many bits after the point their coordinates have: a mask's rim is known to the pixel only."""
    if isinstance(shape, dict):
        rims = cv2.findContours((inside > 127).astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)[0]
        yield from ((np.asarray(rim), 0) for rim in rims)
    else:
        yield from ((canvas.points(ring), FINE) for ring in rings_of(shape))


def _inside(canvas: _Canvas, shape: Any) -> Array | None:
    """How far each pixel of the canvas lies in a shape, 0 to 255."""
    height, width = canvas.pixels.shape[:2]
    if isinstance(shape, dict):
        whole = np.ascontiguousarray(rle.decode(shape)) * np.uint8(255)
        return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))
    if not shape:
        return None
    inside = np.zeros((height, width), np.uint8)
    for ring in rings_of(shape):
        cv2.fillPoly(inside, [canvas.points(ring)], 255, cv2.LINE_AA, FINE)
    return inside


def _draw_box(canvas: _Canvas, row: Record, colour: Colour) -> None:
    if row.get("bbox") is None:
        return
    x, y, width, height = row["bbox"]
    (left, top), (right, bottom) = canvas.points([(x, y), (x + width, y + height)]).tolist()
    dark = tuple(part // 3 for part in colour)
    if canvas.bold:
        cv2.rectangle(canvas.pixels, (left, top), (right, bottom), dark, 2, cv2.LINE_AA, FINE)
    cv2.rectangle(canvas.pixels, (left, top), (right, bottom), colour, 1, cv2.LINE_AA, FINE)


def _on_canvas(canvas: _Canvas, row: Record) -> Floats:
    """Left, top, right, bottom of a row's box in pixels of the canvas."""
    x, y, width, height = row["bbox"]
    return np.asarray(np.array([x, y, x + width, y + height]) * np.tile(canvas.scale, 2))


def _draw_name(canvas: _Canvas, row: Record, look: Look, boxes: Floats) -> None:
    """A tag at the box, inside the picture, on no other tag and on no small object; without such a place, none."""
    if row.get("bbox") is None:
        return
    text, colour = look.names.get(row.get("category_id"), "?"), look.colour(row)
    wide, high = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, LETTERS, 1)[0]
    wide, high = wide + 4, high + 4
    left, top, _, bottom = _on_canvas(canvas, row)
    last = canvas.pixels.shape[1] - wide, canvas.pixels.shape[0] - high
    for place in (top - high, bottom, top):
        spot = (int(np.clip(left, 0, max(last[0], 0))), int(np.clip(place, 0, max(last[1], 0))))
        free = all(abs(spot[0] - a) >= max(wide, w) or abs(spot[1] - b) >= max(high, h) for a, b, w, h in canvas.taken)
        if free and not _hides(spot, (wide, high), boxes):
            break
    else:
        return
    canvas.taken.append((*spot, wide, high))
    corner = (spot[0] + wide, spot[1] + high)
    cv2.rectangle(canvas.pixels, spot, corner, colour, -1)
    ink = INK if np.dot(colour, (0.3, 0.59, 0.11)) > 110 else (255, 255, 255)
    _write(canvas.pixels, text, (spot[0] + 2, corner[1] - 2), LETTERS, ink)


def _hides(spot: tuple[int, int], tag: tuple[int, int], boxes: Floats) -> bool:
    """Whether a tag would lie on too much of a small object."""
    sides = np.minimum(boxes[:, 2:], np.add(spot, tag)) - np.maximum(boxes[:, :2], spot)
    common = np.prod(np.maximum(sides, 0), axis=1)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return bool(((area < SMALL * tag[0] * tag[1]) & (common > COVERED * area)).any())


def _draw_pose(canvas: _Canvas, row: Record, look: Look) -> None:
    """Limbs and points; left ones warm, right ones cold, so that a swap which was forgotten is seen at once."""
    if not row.get("keypoints"):
        return
    poses = np.asarray(row["keypoints"], np.float64).reshape(-1, 3)
    places = canvas.points(poses[:, :2] + 0.5)  # COCO's keypoints are pixel indices
    labelled = poses[:, 2] > 0
    if not labelled.any():
        return
    category = row.get("category_id")
    sides = look.sides.get(category, [])
    sides = sides + [MIDDLE] * (len(poses) - len(sides))
    for a, b in look.skeletons.get(category, []):
        if max(a, b) < len(poses) and labelled[a] and labelled[b]:
            colour = sides[a] if sides[a] == sides[b] else MIDDLE
            ends = tuple(places[a].tolist()), tuple(places[b].tolist())
            cv2.line(canvas.pixels, *ends, (20, 20, 20), 3, cv2.LINE_AA, FINE)
            cv2.line(canvas.pixels, *ends, colour, 2, cv2.LINE_AA, FINE)
    dot = 3 if np.ptp(places[labelled], axis=0).max() > 60 << FINE else 2
    for place, colour in ((places[k], sides[k]) for k in np.flatnonzero(labelled)):
        cv2.circle(canvas.pixels, tuple(place.tolist()), (dot + 1) << FINE, (20, 20, 20), -1, cv2.LINE_AA, FINE)
        cv2.circle(canvas.pixels, tuple(place.tolist()), dot << FINE, colour, -1, cv2.LINE_AA, FINE)


def _area(row: Record) -> float:
    box = row.get("bbox")
    return float(box[2] * box[3]) if isinstance(box, list) and len(box) == 4 else 0.0
