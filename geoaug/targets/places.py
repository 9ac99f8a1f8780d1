"""Fields beside ``bbox``, ``segmentation`` and ``keypoints`` that are known to say where something is, and how they move.

A field is known by its name and its form together: `scale` without a `center` may be anything. What is not known is left alone.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import define, field

from geoaug.geometry.boxes import move_boxes
from geoaug.geometry.route import Route
from geoaug.geometry.shapes import Outlines
from geoaug.targets.keypoints import CENTRE, judged, move_points, swapped
from geoaug.types import Floats, Size

Row = dict[str, Any]
DIGITS = 9  # decimals that are written: 19.02 and not 19.019999999999982

# The 68 points of a face that trade places in a mirror. Source: the mark-up of the 300-W challenge (C. Sagonas, G. Tzimiropoulos,
# S. Zafeiriou, M. Pantic: 300 Faces in-the-Wild Challenge, ICCVW 2013; ibug.doc.ic.ac.uk/resources/300-W), counted from 0, which
# COCO-WholeBody took over (S. Jin et al.: Whole-Body Human Pose Estimation in the Wild, ECCV 2020).
IBUG_68 = (
    *((k, 16 - k) for k in range(8)),  # jaw; 8 is the chin
    *((k, 43 - k) for k in range(17, 22)),  # brows; 27 to 30 are the ridge of the nose
    (31, 35), (32, 34),  # below the nose
    (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46),  # eyes
    (48, 54), (49, 53), (50, 52), (55, 59), (56, 58),  # outer rim of the lips
    (60, 64), (61, 63), (65, 67),  # inner rim
)  # fmt: skip
# big toe, small toe, heel of the left foot, then of the right one (COCO-WholeBody)
FEET = ((0, 3), (1, 4), (2, 5))

# groups of x, y, v; how many points they must have for their pairs to be theirs, and the pairs
POINTS: dict[str, tuple[int, tuple[tuple[int, int], ...]]] = {
    "face_kpts": (68, IBUG_68), "lefthand_kpts": (21, ()), "righthand_kpts": (21, ()), "foot_kpts": (6, FEET),
}  # fmt: skip
# x, y, width, height: COCO-WholeBody, PoseTrack, CrowdHuman (full, head and visible box), and what heads and faces are called elsewhere
BOXES = frozenset(
    {"face_box", "lefthand_box", "righthand_box", "bbox_head", "head_box", "head_bbox", "bbox_face", "face_bbox", "fbox", "hbox", "vbox"}
)
# whether a group is labelled, and what tells whether something of it is left
VALID = {f"{part}_valid": (f"{part}_kpts", f"{part}_box") for part in ("face", "lefthand", "righthand", "foot")}
SIDES = tuple((f"lefthand_{what}", f"righthand_{what}") for what in ("kpts", "box", "valid"))
CENTRES, SCALE = "center", "scale"  # mmpose: the middle of a person's box, and its side in units of 200 px
REGIONS = ("ignore_regions_x", "ignore_regions_y")  # PoseTrack, with the picture: outlines, all x in one list and all y in another
# Pixels that cannot follow: DensePose's charts lie in the frame of their box, and a file of a mask is not opened
DROPPED = frozenset({"dp_masks", "dp_x", "dp_y", "dp_I", "dp_U", "dp_V", "mask_file"})
KNOWN = frozenset({*POINTS, *BOXES, *VALID, CENTRES, SCALE, *REGIONS, *DROPPED})


def known_in(row: Mapping[str, Any]) -> Row:
    """Returns: The fields of a record, of a picture or of an annotation, that move with the picture or are dropped."""
    names = KNOWN & row.keys()
    return {key: row[key] for key in row if key in names and _form(key, row)} if names else {}


def _form(key: str, row: Mapping[str, Any]) -> str:
    """Returns: What a field is (``points``, ``box``, …), empty where its form is not the known one."""
    value = row[key]
    if key in DROPPED:
        return "dropped"
    if key in POINTS:
        return "points" if _numbers(value, 3 * POINTS[key][0]) else ""
    if key in BOXES:
        return "box" if _numbers(value, 4) and value[2] >= 0 and value[3] >= 0 else ""
    if key in VALID:
        return "valid" if type(value) in (bool, int) else ""
    if key == CENTRES:
        return "centre" if _numbers(value, 2) and max(value) > 1 else ""  # within 0 to 1 they are no pixels
    if key == SCALE:
        single = type(value) in (int, float) and math.isfinite(value)
        return "scale" if (single or _numbers(value, 2)) and CENTRES in row and _form(CENTRES, row) else ""
    xs, ys = (row.get(name) for name in REGIONS)
    return "region" if _rings(xs) and _rings(ys) and [len(x) for x in xs or ()] == [len(y) for y in ys or ()] else ""


def _numbers(value: Any, count: int) -> bool:
    return type(value) in (list, tuple) and len(value) == count and all(type(v) in (int, float) and abs(v) < 1e300 for v in value)


def _rings(value: Any) -> bool:
    return type(value) is list and all(type(ring) is list and len(ring) >= 3 and _numbers(ring, len(ring)) for ring in value)


@define
class _Piece:
    """One field: whose it is, and where its numbers lie among those of its kind."""

    row: int
    key: str
    at: slice
    source: Any


@define
class Places:
    """The known fields of the rows of one call.

    Args:
        sources: The rows that have some, by their numbers.
        size: (height, width) of the picture.
    """

    sources: dict[int, Mapping[str, Any]]
    size: Size
    _pieces: dict[str, list[_Piece]] = field(factory=dict)
    _numbers: dict[str, list[Any]] = field(factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], size: Size) -> Places | None:
        """Returns: What there is among rows; None where there is nothing."""
        found = {index: row for index, row in enumerate(rows) if not KNOWN.isdisjoint(row)}
        if not found:
            return None
        places = cls(found, size)
        for index, row in found.items():
            for key in known_in(row):
                places._add(index, key, _form(key, row), row)
        return places if places._pieces else None

    def _add(self, index: int, key: str, form: str, row: Mapping[str, Any]) -> None:
        value = row[key]
        if form == "region":
            numbers: list[Any] = [np.column_stack(ring).astype(np.float64) for ring in zip(row[REGIONS[0]], row[REGIONS[1]], strict=True)]
            if key == REGIONS[1]:
                return  # both go with the first
        elif form == "points":
            numbers = np.array(value, np.float64).reshape(-1, 3).tolist()
        else:
            numbers = [value]
        known = self._numbers.setdefault(form, [])
        self._pieces.setdefault(form, []).append(_Piece(index, key, slice(len(known), len(known) + len(numbers)), value))
        known.extend(numbers)

    def leave(self, rows: Mapping[int, Row], route: Route, bare: Route, ellipse: bool) -> None:
        """Write the fields as a plan leaves them.

        Args:
            rows: The dicts that stay, by the numbers of their rows; they are changed.
            route: Where the picture goes.
            bare: The same, as if nothing were covered.
            ellipse: Whether a box stands for the ellipse inside of it.
        """
        if route.still:
            return
        new: dict[tuple[int, str], Any] = {}
        self._move_points(new, route, bare)
        self._move_boxes(new, route, ellipse)
        self._move_centres(new, route)
        self._move_regions(new, route)
        self._judge(new)
        for piece in self._pieces.get("dropped", ()):
            new[piece.row, piece.key] = None
        for (index, key), value in new.items():
            if index in rows:
                if value is None:
                    rows[index].pop(key, None)
                else:
                    rows[index][key] = value
        if route.mirrored:
            for index in rows.keys() & self.sources.keys():
                _exchange(rows[index], known_in(self.sources[index]))

    def _move_points(self, new: dict[tuple[int, str], Any], route: Route, bare: Route) -> None:
        pieces = self._pieces.get("points", ())
        if not pieces:
            return
        values = np.array(self._numbers["points"], np.float64)
        points = values[:, :2] + CENTRE
        moved, seen = move_points(points, route)
        there = seen if bare is route else move_points(points, bare)[1]
        out = judged(np.column_stack([moved - CENTRE, values[:, 2]]), there, seen)
        for piece in pieces:
            own, pairs = out[piece.at], POINTS[piece.key][1]
            if route.mirrored and pairs:
                own = own[swapped(list(pairs), len(own))]
            new[piece.row, piece.key] = as_given(own, piece.source)

    def _move_boxes(self, new: dict[tuple[int, str], Any], route: Route, ellipse: bool) -> None:
        pieces = self._pieces.get("box", ())
        if not pieces:
            return
        boxes = np.array(self._numbers["box"], np.float64)
        boxes[:, 2:] += boxes[:, :2]
        height, width = self.size
        boxes = np.clip(boxes, 0.0, (width, height, width, height))
        there = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)  # 0, 0, 0, 0 means that nobody drew one
        out = np.zeros(boxes.shape)
        out[there] = move_boxes(boxes[there], route, ellipse)[0]
        for piece in pieces:
            x0, y0, x1, y1 = out[piece.at][0].tolist()
            left = [x0, y0, x1 - x0, y1 - y0] if x1 - x0 > 1e-9 and y1 - y0 > 1e-9 else [0.0] * 4
            new[piece.row, piece.key] = [round(v, DIGITS) for v in left]

    def _move_centres(self, new: dict[tuple[int, str], Any], route: Route) -> None:
        pieces = self._pieces.get("centre", ())
        if not pieces:
            return
        points = np.array(self._numbers["centre"], np.float64)
        moved, turns = route.points(points), route.jacobians(points)
        for piece, place, turn in zip(pieces, moved, turns, strict=True):
            known = bool(np.isfinite(place).all() and np.isfinite(turn).all())
            new[piece.row, CENTRES] = np.round(place, DIGITS).tolist() if known else None
            source = self.sources[piece.row]
            if SCALE in source and _form(SCALE, source):
                new[piece.row, SCALE] = _scaled(source[SCALE], turn) if known else None

    def _move_regions(self, new: dict[tuple[int, str], Any], route: Route) -> None:
        pieces = self._pieces.get("region", ())
        if not pieces:
            return
        moved = route.without_covers().carry(Outlines.of(self._numbers["region"]))
        height, width = route.size
        for piece in pieces:
            rings = [ring for k in range(piece.at.start, piece.at.stop) for ring in moved.rings(k)]
            inside = [np.round(np.clip(ring, 0, (width, height)), DIGITS) for ring in rings]
            new[piece.row, REGIONS[0]] = [ring[:, 0].tolist() for ring in inside]
            new[piece.row, REGIONS[1]] = [ring[:, 1].tolist() for ring in inside]

    def _judge(self, new: dict[tuple[int, str], Any]) -> None:
        """A group of which nothing is left is not valid any longer."""
        for piece in self._pieces.get("valid", ()):
            source = self.sources[piece.row]
            names = [name for name in VALID[piece.key] if (piece.row, name) in new]
            told = next((name for name in names if _there(name, source[name])), None)
            if piece.source and told is not None and not _there(told, new[piece.row, told]):
                new[piece.row, piece.key] = type(piece.source)(0)


def _there(name: str, value: Any) -> bool:
    return any(v > 0 for v in value[2::3]) if name in POINTS else value[2] > 0


def _scaled(scale: Any, turn: Floats) -> Any:
    """Returns: A scale after a map with a Jacobian; of two numbers, the reach of the ellipse that they span, which turning does not swell."""
    if isinstance(scale, (int, float)):
        return round(float(scale) * math.sqrt(abs(float(np.linalg.det(turn)))), DIGITS)
    return [round(float(v), DIGITS) for v in np.hypot(*(turn * np.array(scale, np.float64)).T)]


def _exchange(row: Row, known: Collection[str]) -> None:
    """Left and right change places: a field of the left hand becomes the same field of the right one."""
    for left, right in SIDES:
        if left in known and right in known:
            row[left], row[right] = row[right], row[left]
        elif left in known and right not in row:
            row[right] = row.pop(left)
        elif right in known and left not in row:
            row[left] = row.pop(right)


def as_given(points: Floats, source: Sequence[Any]) -> list[Any]:
    """Returns: x, y, v, …; visibilities as ints, and coordinates too where ints came and nothing was lost; by points where they came so."""
    if len(source) and hasattr(source[0], "__len__"):
        flat = as_given(points, [v for point in source for v in point])
        return [flat[k : k + 3] for k in range(0, len(flat), 3)]
    ints = all(isinstance(v, (int, np.integer)) for v in source)
    values: list[Any] = np.round(points, DIGITS).reshape(-1).tolist()
    if ints and all(v.is_integer() for v in values):
        return [int(v) for v in values]
    values[2::3] = [int(v) if v.is_integer() else v for v in values[2::3]]
    return values
