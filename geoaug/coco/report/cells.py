"""Pictures of the gallery: a thumbnail the size of a cell, and the annotations over it as lines that stay sharp."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen

from geoaug import files
from geoaug.coco.document import Record, all_numbers
from geoaug.coco.look import MIDDLE, Colour, Look
from geoaug.coco.records import box_of, rings_of
from geoaug.coco.report.content import Cell, Drawn
from geoaug.coco.work import opened
from geoaug.errors import GeoaugError
from geoaug.raster.shown import Limits, fitted, jpeg, limits, outlines, shown, simplified
from geoaug.targets import rle
from geoaug.types import Array, Floats, Size

LONGEST, LARGER = 640, 4.0  # pixels of a thumbnail's longer side; small pictures are enlarged up to four times
QUALITY = 80
TOLERANCE = 0.3  # pixels of the thumbnail that a simplified outline may be off
MOST_DRAWN, MOST_CORNERS = 300, 6_000  # in one picture: annotations, and corners of their outlines
MOST_NAMES, MOST_LETTERS = 40, 28
TRACED = 1_024  # pixels of the longer side of a mask, of which its outline is taken
FAR = 100_000.0  # pixels of the thumbnail; nothing is drawn farther away
LETTER, LINE = 12.0, 23.0  # width and height of a letter in pixels of a thumbnail of full size, shown in a row of three
FEW = 12  # up to so many annotations each has a name, beyond them those that have room for one
DETAIL, CONTEXT, LEAST = 0.2, 3.6, 48.0  # an object smaller than a fifth of its picture is shown with what lies around it
GROUPS = ("foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts")  # of COCO WholeBody


@frozen
class Styles:
    """How the categories of a data set are drawn and called."""

    look: Look
    names: dict[Any, str]

    @classmethod
    def of(cls, categories: list[Record]) -> Styles:
        """Returns: The colours of the contact sheet, and names as the file has them."""
        return cls(Look.of(categories), {row["id"]: str(row.get("name", row["id"])) for row in categories})

    def name(self, row: Record) -> str:
        """Returns: What an annotation is called."""
        if "category_id" not in row:
            return "caption" if "caption" in row else "object"
        return self.names.get(row["category_id"], str(row["category_id"]))


@frozen
class Marks:
    """Ids of annotations that are pointed out.

    Args:
        ids: The ids.
        fate: ``"found"`` or ``"lost"``, as in `Drawn`.
        alone: Whether all others stand back.
    """

    ids: Container[Any] = ()
    fate: str = ""
    alone: bool = False


@frozen
class Frame:
    """From pixels of the picture to pixels of the thumbnail.

    Args:
        origin: x and y of the part that is shown.
        size: (height, width) of that part.
        scale: Pixels of the thumbnail for one of the picture, along x and along y.
        shown: (height, width) of the thumbnail.
    """

    origin: tuple[float, float]
    size: tuple[float, float]
    scale: tuple[float, float]
    shown: Size

    @classmethod
    def of(cls, part: tuple[int, int, int, int]) -> Frame:
        """Returns: The frame of a part, given as x, y, width, height in whole pixels."""
        x, y, width, height = part
        factor = min(LONGEST / max(width, height), LARGER)
        size = max(round(height * factor), 1), max(round(width * factor), 1)
        return cls((x, y), (height, width), (size[1] / width, size[0] / height), size)

    def points(self, xy: Any) -> Floats:
        """Returns: ``(N, 2)`` places in the thumbnail."""
        places = (np.asarray(xy, np.float64).reshape(-1, 2) - self.origin) * self.scale
        return np.clip(places, -FAR, FAR)

    def box(self, box: list[float]) -> tuple[float, float, float, float]:
        """Returns: x, y, width, height in the thumbnail."""
        (left, top), (right, bottom) = self.points([(box[0], box[1]), (box[0] + box[2], box[1] + box[3])]).tolist()
        return left, top, right - left, bottom - top


def cell(
    folder: Path | None,
    image: Record,
    rows: list[Record],
    styles: Styles,
    max_pixels: int = files.MAX_PIXELS,
    *,
    title: str,
    note: str = "",
    loss: str = "",
    marks: Marks | None = None,
    detail: Record | None = None,
    between: Limits | None = None,
) -> tuple[Cell, Limits | None]:
    """Make one picture of the gallery.

    Args:
        folder: Where the pictures are; ``None`` shows the annotations on empty ground.
        image: Its record.
        rows: Its annotations.
        styles: How they are drawn.
        max_pixels: Larger pictures are not opened.
        title: As in `Cell`.
        note: As in `Cell`.
        loss: As in `Cell`.
        marks: Annotations that are pointed out.
        detail: The annotation to be seen; if it is small, only its surroundings are shown.
        between: Values shown as black and as white; of the picture itself when not given.

    Returns:
        The picture, and what was shown as black and as white. A picture that cannot be read says why.
    """
    pixels, missing = _pixels(folder, image, max_pixels)
    size = _size(image, rows) if pixels is None else (pixels.shape[0], pixels.shape[1])
    part = _part(size, detail)
    frame = Frame.of(part)
    thumbnail = None
    if pixels is not None:
        between = between or limits(pixels)
        thumbnail = _thumbnail(pixels, part, frame, between)
    drawn, left = _all_drawn(rows, frame, styles, marks or Marks())
    if left:
        note = f"{note}{' · ' if note else ''}{left} of {len(rows)} annotations not drawn"
    whole = part == (0, 0, size[1], size[0])
    shares = None if whole else (part[0] / size[1], part[1] / size[0], part[2] / size[1], part[3] / size[0])
    words = tuple(str(row["caption"]) for row in rows if "caption" in row)[:5]
    return Cell(title, note, frame.shown, thumbnail, drawn, words, shares, size[1] / size[0], missing, loss), between


def _pixels(folder: Path | None, image: Record, max_pixels: int) -> tuple[Array | None, str]:
    if folder is None:
        return None, ""
    try:
        return opened(folder, image, max_pixels)[1].pixels, ""
    except GeoaugError as error:
        return None, str(error)
    except MemoryError:
        return None, "there is not enough memory to read it"


def _size(image: Record, rows: list[Record]) -> Size:
    """The stated size, or else room for all boxes."""
    if image.get("height") and image.get("width"):
        return image["height"], image["width"]
    boxes = np.array([row["bbox"] for row in rows if row.get("bbox")], np.float64).reshape(-1, 4)
    if not len(boxes):
        return 480, 640
    right, bottom = np.clip((boxes[:, :2] + boxes[:, 2:]).max(axis=0), 16, 65_535)
    return int(bottom) + 1, int(right) + 1


def _part(size: Size, row: Record | None) -> tuple[int, int, int, int]:
    """x, y, width, height of what is shown: the whole, or what lies around a small object."""
    height, width = size
    box = None if row is None else _reach(row)
    if box is None or max(box[2], box[3]) >= DETAIL * max(size):
        return 0, 0, width, height
    side = max(CONTEXT * max(box[2], box[3]), LEAST)
    wide, high = min(round(side * 4 / 3), width), min(round(side), height)
    if wide * high > 0.5 * width * height:
        return 0, 0, width, height
    left = round(min(max(box[0] + box[2] / 2 - wide / 2, 0), width - wide))
    top = round(min(max(box[1] + box[3] / 2 - high / 2, 0), height - high))
    return left, top, wide, high


def _reach(row: Record) -> list[float] | None:
    """x, y, width, height of all that an annotation has: its box and its shape may lie far apart, and that may be what is wrong."""
    own = box_of(row["segmentation"]) if row.get("segmentation") else None
    boxes = np.array([box for box in (_extent(row), own) if box is not None], np.float64)
    if not len(boxes):
        return None
    low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    return [*low.tolist(), *(high - low).tolist()]


def _extent(row: Record) -> list[float] | None:
    if row.get("bbox"):
        return list(row["bbox"])
    points = np.asarray(row.get("keypoints") or [], np.float64).reshape(-1, 3)
    points = points[points[:, 2] > 0, :2]
    return [*points.min(axis=0).tolist(), *np.ptp(points, axis=0).tolist()] if len(points) else None


def _thumbnail(pixels: Array, part: tuple[int, int, int, int], frame: Frame, between: Limits) -> bytes:
    x, y, width, height = part
    cut = pixels[y : y + height, x : x + width]
    step = max(min(height // (2 * frame.shown[0]), width // (2 * frame.shown[1])), 1)
    if cut.dtype != np.uint8 and step > 1:
        cut = cut[::step, ::step]  # deep pictures are stretched as floats: no need to do that to twelve megapixels
    return jpeg(fitted(shown(cut, between), frame.shown), QUALITY)


# --- annotations -----------------------------------------------------------------------------------------------------


def _all_drawn(rows: list[Record], frame: Frame, styles: Styles, marks: Marks) -> tuple[tuple[Drawn, ...], int]:
    """Annotations, large ones first so that small ones stay in sight, and how many are left out."""
    visible, areas = _in_sight(rows, frame)
    order = sorted(range(len(visible)), key=lambda k: (visible[k]["id"] not in marks.ids, -areas[k]))
    chosen = [visible[k] for k in order[:MOST_DRAWN]]
    first = sum(row["id"] in marks.ids for row in chosen)
    room = MOST_CORNERS
    made: list[Drawn] = []
    for row in chosen:
        path, corners = _path(row.get("segmentation"), frame, room) if room else ("", 0)
        room = max(room - corners, 0)
        made.append(_drawn(row, path, frame, styles, marks))
    made = [*made[first:], *made[:first]]  # what is pointed out lies on top
    return tuple(_named(made, frame, bool(marks.alone))), len(visible) - len(chosen)


def _in_sight(rows: list[Record], frame: Frame) -> tuple[list[Record], list[float]]:
    """Annotations of which something can be seen in the thumbnail, and the areas of their boxes."""
    placed = [(row, box) for row in rows if (box := _extent(row)) is not None]
    boxes = np.array([box for _, box in placed], np.float64).reshape(-1, 4)
    low = (boxes[:, :2] - frame.origin) * frame.scale
    high = low + np.maximum(boxes[:, 2:], 1e-6) * frame.scale
    seen = np.all((low < frame.shown[::-1]) & (high > 0), axis=1)
    kept = [placed[k][0] for k in np.flatnonzero(seen)]
    return kept, (boxes[:, 2] * boxes[:, 3])[seen].tolist()


def _drawn(row: Record, path: str, frame: Frame, styles: Styles, marks: Marks) -> Drawn:
    marked = row["id"] in marks.ids
    name = styles.name(row)
    said = [name]
    if row.get("bbox"):
        said.append(f"{row['bbox'][2]:.0f} × {row['bbox'][3]:.0f} px")
    said.append(f"id {row['id']}")
    if row.get("iscrowd"):
        said.append("crowd")
    limbs, points = _pose(row, frame, styles.look)
    return Drawn(
        colour=styles.look.colour(row),
        title=" · ".join(said),
        source=str(row.get("source_id", row["id"])),
        box=frame.box(row["bbox"]) if row.get("bbox") else None,
        path=path,
        holes=isinstance(row.get("segmentation"), dict),
        limbs=tuple(limbs),
        points=tuple(points),
        specks=tuple(_specks(row, frame)),
        crowd=bool(row.get("iscrowd")),
        name=name[:MOST_LETTERS],
        fate=marks.fate if marked else "",
        faint=marks.alone and not marked,
    )


def _named(made: list[Drawn], frame: Frame, alone: bool) -> Iterator[Drawn]:
    """Give names their places; leave out those that would lie on another one, and those of specks in a crowd."""
    unit = max(frame.shown) / LONGEST
    high = LINE * unit
    taken: list[tuple[float, float, float]] = []
    places: dict[int, tuple[float, float]] = {}
    for index in reversed(range(len(made))):  # what lies on top has the first choice
        one = made[index]
        wide = (len(one.name[:MOST_LETTERS]) + 1) * LETTER * unit
        if one.box is None or not (one.fate or (len(made) <= MOST_NAMES and not alone)):
            continue
        if len(made) > FEW and not one.fate and one.box[2] < 0.6 * wide:
            continue
        inside = one.box[1] if one.box[3] > 1.6 * high else one.box[1] - high
        x, y = max(min(one.box[0], frame.shown[1] - wide), 0.0), max(min(inside, frame.shown[0] - high), 0.0)
        if all(x >= a + w or a >= x + wide or abs(y - b) >= high for a, b, w in taken):
            taken.append((x, y, wide))
            places[index] = (x, y)
    for index, one in enumerate(made):
        yield evolve(one, name_at=places[index]) if index in places else evolve(one, name="")


def _path(shape: Any, frame: Frame, room: int) -> tuple[str, int]:
    """An outline as an SVG path, and its corners; nothing where it would take more room than there is."""
    if not shape:
        return "", 0
    rings = [simplified(frame.points(ring), TOLERANCE) for ring in _rims(shape)]
    corners = sum(map(len, rings))
    if corners > room:
        return "", 0
    if not isinstance(shape, dict):
        rings = [ring if _signed(ring) >= 0 else ring[::-1] for ring in rings]  # polygons are a union: all turn one way
    return "".join(_ring(ring) for ring in rings if len(ring) > 2), corners


def _rims(shape: Any) -> Iterable[Floats]:
    if not isinstance(shape, dict):
        return [np.asarray(ring, np.float64).reshape(-1, 2) for ring in rings_of(shape)]
    mask, (top, left) = rle.decode_part(shape)
    step = max(-(-max(mask.shape) // TRACED), 1)
    small = np.ascontiguousarray(mask[step // 2 :: step, step // 2 :: step])
    return [rim * step + (left, top) for rim in outlines(small)]


def _signed(ring: Floats) -> float:
    x, y = (ring - ring[0]).T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


def _ring(ring: Floats) -> str:
    """Corners as steps from one to the next, in tenths of a pixel: half as long as places."""
    tenths = np.rint(ring * 10).astype(np.int64)
    steps = np.diff(tenths, axis=0)
    start = f"M{_tenth(tenths[0, 0])} {_tenth(tenths[0, 1])}l"
    return start + " ".join(f"{_tenth(x)} {_tenth(y)}" for x, y in steps.tolist()) + "z"


def _tenth(number: int) -> str:
    return f"{number / 10:g}" if number % 10 else str(number // 10)


def _pose(row: Record, frame: Frame, look: Look) -> tuple[list[tuple[float, float, float, float, Colour]], list[tuple[float, float, Colour, bool]]]:
    """Limbs and points; left ones warm, right ones cold, so that a swap which was forgotten is seen at once."""
    poses = _triples(row.get("keypoints"))
    places = frame.points(poses[:, :2] + 0.5).tolist()  # COCO's keypoints are pixel indices
    seen = (poses[:, 2] > 0).tolist()
    category = row.get("category_id")
    sides = look.sides.get(category, [])
    sides = sides + [MIDDLE] * (len(poses) - len(sides))
    limbs = [
        (*places[a], *places[b], sides[a] if sides[a] == sides[b] else MIDDLE)
        for a, b in look.skeletons.get(category, [])
        if max(a, b) < len(poses) and seen[a] and seen[b]
    ]
    points = [(*places[k], sides[k], bool(poses[k, 2] == 2)) for k in range(len(poses)) if seen[k]]
    return limbs, points


def _specks(row: Record, frame: Frame) -> Iterator[tuple[float, float]]:
    for group in GROUPS:
        if group in row:
            points = _triples(row[group])
            yield from ((x, y) for x, y in frame.points(points[points[:, 2] > 0, :2] + 0.5).tolist())


def _triples(given: Any) -> Floats:
    usable = isinstance(given, list) and len(given) % 3 == 0 and all_numbers(given)
    return np.asarray(given if usable else [], np.float64).reshape(-1, 3)
