"""One result looked at: do its boxes, masks, polygons, keypoints and labels tell one story?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field

from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.targets import rle
from geoaug.targets.boxes import to_corners
from geoaug.targets.keypoints import FORMATS as POINT_FORMATS
from geoaug.testing.findings import Finding, Inconsistent, NothingChecked, check_codes
from geoaug.testing.judge import OUTSIDE, SIDES, bounds_of, corners_told, farthest, on_side, rings_in
from geoaug.testing.manner import BOX_FORMATS, plain
from geoaug.testing.measure import grown
from geoaug.testing.painted import inside
from geoaug.types import Array, Floats, Size

LABELS = ("labels", "class_labels", "category_ids", "category_id", "bbox_labels", "bbox_classes", "ids")  # what people call them


def assert_consistent(
    result: Mapping[str, Any],
    *,
    bbox_format: str | None = None,
    keypoint_format: str = "xy",
    label_fields: Sequence[str] | None = None,
    boxes: str = "tight",
    keypoints_in: str | None = "bboxes",
    size: Size | None = None,
    tolerance: float = 1.0,
    ignore: Iterable[str] = (),
    folder: str | Path | None = None,
) -> None:
    """Assert that the targets of one result agree, row by row.

    Row k of ``bboxes``, ``masks``, ``polygons``, of the label fields and of keypoints in groups (N, K, columns) is the same object.
    Looked at is what is there: a box holds its mask and its polygon, and is not larger; a mask is the mask of its polygon; keypoints of a
    group lie in their box; all is of one size and in the picture; COCO ``annotations`` agree in themselves.

    Args:
        result: What a pipeline returned, or what a data set yields: ``image``, ``mask``, ``masks``, ``bboxes``, ``keypoints``, ``polygons``,
            ``annotations``, label fields. Pixels of the picture are not looked at, see ``assert_pipeline_consistent``.
        bbox_format: ``coco``, ``pascal_voc``, ``albumentations`` or ``yolo``; guessed where only one of them is possible, and refused where
            two are.
        keypoint_format: Order of the columns, as ``KeypointParams`` names it; x and y count centres of pixels.
        label_fields: Names with an entry a box; as default those of the usual names that are there (``labels``, ``class_labels``, …).
        boxes: ``"tight"``: a box is its shape's own; ``"around"``: it may be larger, as boxes that went through a turn as corners are.
        keypoints_in: ``"bboxes"`` where keypoints of a group belong into their box; None where they may lie beside it.
        size: (height, width) of the picture, where neither image nor masks come.
        tolerance: px that boxes, masks, polygons and keypoints may disagree: pixels round by a half on both sides.
        ignore: Codes of findings to leave out, see ``CODES``.
        folder: Where the picture of the first finding goes; a new temporary folder when not given.

    Raises:
        Inconsistent: Something disagrees. It is an AssertionError; the message names target, row and pixels.
        NothingChecked: There is nothing in the result of which two things could disagree.
        ParameterError: A format that is unknown, or ambiguous.
        DataTypeError: No dict of targets.

    Example:
        >>> from geoaug.testing import assert_consistent
        >>> mask = np.zeros((40, 60), np.uint8)
        >>> mask[10:20, 30:50] = 1
        >>> assert_consistent({"masks": [mask], "bboxes": [(30, 10, 50, 20)], "labels": ["cat"]}, bbox_format="pascal_voc")
    """
    if not isinstance(result, Mapping):
        raise DataTypeError(f"result: expected a dict of targets, as a pipeline returns it, got {type(result).__name__}")
    if boxes not in ("tight", "around"):
        raise ParameterError(f"boxes={boxes!r}: expected 'tight' or 'around'")
    if keypoints_in not in ("bboxes", None):
        raise ParameterError(f"keypoints_in={keypoints_in!r}: expected 'bboxes' or None")
    if keypoint_format not in POINT_FORMATS:
        raise ParameterError(f"keypoint_format={keypoint_format!r}: expected one of {', '.join(POINT_FORMATS)}")
    ignored = check_codes(ignore)
    look = _Look(result, _size(result, size), boxes, keypoints_in, tolerance, keypoint_format)
    look.all(bbox_format, label_fields)
    findings = [finding for finding in look.findings if finding.code not in ignored]
    if findings:
        ordered = sorted(findings, key=lambda finding: finding.place is None)
        raise Inconsistent(ordered, "result", _drawn(ordered[0], look, folder))
    if not look.looked:
        there = ", ".join(map(str, result)) or "nothing"
        raise NothingChecked(
            (), f"result: it holds {there}, of which nothing can be compared; pass bboxes, masks, polygons, keypoints or annotations"
        )


@define
class _Look:
    """What is looked at, and what was found."""

    result: Mapping[str, Any]
    size: Size | None
    how: str
    keypoints_in: str | None
    tolerance: float
    keypoint_format: str
    findings: list[Finding] = field(factory=list)
    looked: int = 0
    boxes: Floats | None = None
    masks: list[Array] | None = None
    rings: list[list[Floats]] | None = None
    points: list[Floats] = field(factory=list)

    def add(self, code: str, target: str, row: int | None, message: str, pixels: float | None = None, place: Any = None) -> None:
        at = None if place is None else (float(place[0]), float(place[1]))
        self.findings.append(Finding(code, target, row, None if pixels is None else round(float(pixels), 2), message, None, at))

    def all(self, bbox_format: str | None, label_fields: Sequence[str] | None) -> None:
        """Look at everything that is there."""
        self._sizes()
        if self.result.get("masks") is not None:
            self.masks = [np.asarray(plain(mask)).reshape(*np.shape(mask)[:2], -1)[..., 0] != 0 for mask in self.result["masks"]]
        if self.result.get("polygons") is not None:
            self.rings = [rings_in(instance) for instance in self.result["polygons"]]
        if self.result.get("bboxes") is not None:
            self.boxes = self._read_boxes(bbox_format)
        groups = self._read_points()
        counts = {"bboxes": self.boxes, "masks": self.masks, "polygons": self.rings, "keypoints": groups}
        lengths = {name: len(rows) for name, rows in counts.items() if rows is not None}
        names = label_fields if label_fields is not None else [name for name in LABELS if name in self.result]
        for name in names:
            if name not in self.result:
                self.add("target-lost", name, None, f"{name}: no such label field in the result, which holds {', '.join(map(str, self.result))}")
            else:
                lengths[name] = len(self.result[name])
        self._lengths(lengths)
        if self.boxes is not None and self.size is not None:
            self._in_picture("bboxes", self.boxes)
        compared = [len(rows) for rows in counts.values() if rows is not None]
        for row in range(compared[0] if len(set(compared)) == 1 else 0):  # out of step, rows say nothing of each other
            self._row(row, groups)
        if self.result.get("annotations") is not None:
            self._annotations(self.result["annotations"])

    def _sizes(self) -> None:
        for name in ("mask", "masks"):
            given = self.result.get(name)
            for index, mask in enumerate(([given] if name == "mask" else given) if given is not None else ()):
                shape = np.shape(mask)[:2]
                self.looked += 1
                if self.size is not None and shape != self.size:
                    where = name if name == "mask" else f"{name}[{index}]"
                    text = f"{where} is {' x '.join(map(str, shape))}, the picture {self.size[0]} x {self.size[1]} (height x width)"
                    self.add("size", name, None if name == "mask" else index, text)

    def _lengths(self, lengths: dict[str, int]) -> None:
        if len(lengths) > 1:
            self.looked += 1
            first = next(iter(lengths))
            for name, length in lengths.items():
                if length != lengths[first]:
                    text = f"{name} has {length} rows, {first} {lengths[first]}: {name}[k] is not of {first}[k]; bind them, or pass one of them"
                    self.add("rows", name, min(length, lengths[first]), text)

    # --- reading ---

    def _read_boxes(self, bbox_format: str | None) -> Floats:
        rows = [np.asarray(plain(box), np.float64).reshape(-1)[:4] for box in plain(self.result["bboxes"])]
        if any(len(row) < 4 for row in rows):
            index = next(k for k, row in enumerate(rows) if len(row) < 4)
            raise DataError(f"bboxes[{index}] = {self.result['bboxes'][index]!r}: expected four numbers")
        numbers = np.array(rows).reshape(-1, 4)
        if bbox_format is not None and bbox_format not in BOX_FORMATS:
            raise ParameterError(f"bbox_format={bbox_format!r}: expected one of {', '.join(BOX_FORMATS)}")
        format_ = bbox_format or _guessed(numbers, self.size)
        if format_ in ("albumentations", "yolo") and self.size is None:
            raise ParameterError(
                f"size: boxes in {format_!r} are shares of a picture's size, and no image or mask tells it; say size=(height, width)"
            )
        return to_corners(numbers, format_, self.size or (1, 1))

    def _read_points(self) -> list[Floats] | None:
        """Returns: Keypoints by group, in continuous pixels, those alone that are labelled; None where they come in no groups."""
        given = self.result.get("keypoints")
        if given is None:
            return None
        wide, v = len(self.keypoint_format), self.keypoint_format.find("v")
        x, y = self.keypoint_format.index("x"), self.keypoint_format.index("y")
        rows = [np.asarray(plain(row), np.float64) for row in plain(given)]
        grouped = bool(rows) and all(row.ndim == 2 for row in rows)
        coco = v >= 0 and bool(rows) and all(row.ndim == 1 and len(row) % wide == 0 and len(row) > wide for row in rows)
        groups = []
        for row in rows:
            points = row.reshape(-1, wide) if coco else np.atleast_2d(row)
            kept = points[:, v] > 0 if v >= 0 else np.ones(len(points), bool)
            groups.append(points[kept][:, [x, y]] + 0.5)
        self.points = groups
        if not (grouped or coco) and self.size is not None:
            for index, points in enumerate(groups):
                self._point_in_picture(f"keypoints[{index}]", index, points)
        return groups if grouped or coco else None

    def _point_in_picture(self, name: str, index: int, points: Floats) -> None:
        assert self.size is not None
        for point in points:
            self.looked += 1
            over = float(np.max([-point, point - self.size[::-1]]))
            if not np.isfinite(point).all() or over > OUTSIDE:
                text = f"{name} = {_at(point)} lies {over:.2f} px outside of the picture of {self.size[1]} x {self.size[0]}"
                self.add("keypoint-outside", "keypoints", index, text, over, np.clip(np.nan_to_num(point), 0, self.size[::-1]))

    # --- one row ---

    def _row(self, row: int, groups: list[Floats] | None) -> None:
        box = None if self.boxes is None else self.boxes[row]
        mask = None if self.masks is None else self.masks[row]
        rings = None if self.rings is None else self.rings[row]
        if mask is not None and self.size is not None and mask.shape != self.size:
            mask = None  # told already
        if rings is not None and (mask is not None or self.size is not None):
            size: Size = (mask.shape[0], mask.shape[1]) if mask is not None else self.size  # type: ignore[assignment]  # one of both is there
            self._outline(f"polygons[{row}]", row, rings, mask, size)
        if box is not None and mask is not None:
            self._box("bboxes", row, box, bounds_of(mask) if mask.any() else None, f"masks[{row}]")
        if box is not None and rings is not None:
            self._box("bboxes", row, box, _span_of(rings), f"polygons[{row}]")
        if groups is not None:
            self._group(row, groups[row], box)

    def _box(self, target: str, row: int, box: Floats, shape: Floats | None, of: str) -> None:
        """Compare a box with the bounds of its shape."""
        self.looked += 1
        name = f"{target}[{row}]" if target == "bboxes" else f"{target}[{row}]['bbox']"
        if shape is None:
            code = "mask-lost" if of.startswith("masks") else "polygon-lost"
            text = f"{of} is empty, and {name} = {corners_told(box)} is there"
            self.add(code, of.split("[")[0], row, text, None, (box[:2] + box[2:]) / 2)
            return
        under, over = (box - shape) * (1, 1, -1, -1), (shape - box) * (1, 1, -1, -1)
        side = int(under.argmax())
        if under[side] > self.tolerance:
            text = f"{name} = {corners_told(box)} does not hold {of}, {corners_told(shape)}: {under[side]:.2f} px are missing at {SIDES[side]}"
            self.add("box-small", target, row, text, under[side], on_side(shape, side))
        elif self.how == "tight" and over.max() > self.tolerance:
            side = int(over.argmax())
            text = f"{name} = {corners_told(box)} is {over[side]:.2f} px larger at {SIDES[side]} than {of}, which spans {corners_told(shape)}"
            self.add("box-large", target, row, f"{text}; where boxes may be larger than shapes, boxes='around'", over[side], on_side(box, side))

    def _outline(self, name: str, row: int, rings: list[Floats], mask: Array | None, size: Size) -> None:
        """Compare a polygon with its mask, or with the picture where no mask comes."""
        self.looked += 1
        points = np.concatenate(rings) if rings else np.zeros((0, 2))
        over = float(np.max([-points, points - size[::-1]])) if len(points) else 0.0
        if over > OUTSIDE:
            self.add("polygon-shift", "polygons", row, f"{name} reaches {over:.2f} px out of the picture of {size[1]} x {size[0]}", over)
        if mask is None:
            return
        drawn = inside(rings, size)
        slack = self.tolerance + 0.5  # centres of pixels on both sides of a rim
        for bad, good, what in ((drawn & ~grown(mask, slack), mask, "more"), (mask & ~grown(drawn, slack), drawn, "less")):
            if bad.any():
                far = farthest(bad, good)
                ys, xs = np.nonzero(bad)
                text = f"{name} covers {what} than masks[{row}]: {int(bad.sum())} px, up to {far:.1f} px off its rim"
                self.add("polygon-shift", "polygons", row, text, far, (xs.mean() + 0.5, ys.mean() + 0.5))
                return

    def _group(self, row: int, points: Floats, box: Floats | None) -> None:
        if self.size is not None:
            self._point_in_picture(f"keypoints[{row}]", row, points)
        if box is None or self.keypoints_in is None:
            return
        for number, point in enumerate(points):
            self.looked += 1
            over = float(np.max([box[:2] - point, point - box[2:]]))
            if over > self.tolerance:
                text = f"keypoints[{row}][{number}] = {_at(point)} lies {over:.2f} px outside of bboxes[{row}] = {corners_told(box)}"
                self.add("keypoint-outside", "keypoints", row, f"{text}; where they may, keypoints_in=None", over, point)

    def _in_picture(self, target: str, boxes: Floats) -> None:
        assert self.size is not None
        height, width = self.size
        for row, box in enumerate(boxes):
            self.looked += 1
            if not np.isfinite(box).all() or box[2] <= box[0] or box[3] <= box[1]:
                self.add("box-outside", target, row, f"{target}[{row}] = {corners_told(box)} is empty, turned round or not finite")
                continue
            over = np.array([-box[0], -box[1], box[2] - width, box[3] - height])
            if over.max() > OUTSIDE:
                side = int(over.argmax())
                text = f"{target}[{row}] = {corners_told(box)} reaches {over[side]:.2f} px out of the picture of {width} x {height} at {SIDES[side]}"
                self.add("box-outside", target, row, text, over[side], on_side(np.clip(box, 0, [width, height] * 2), side))

    # --- COCO rows ---

    def _annotations(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row, annotation in enumerate(rows):
            box, shape, area = annotation.get("bbox"), annotation.get("segmentation"), None
            corners = None if box is None else np.array([box[0], box[1], box[0] + box[2], box[1] + box[3]], np.float64)
            if corners is not None and self.size is not None:
                self._in_picture_one(row, corners)
            bounds = None
            if isinstance(shape, Mapping):
                mask = rle.decode(shape) != 0
                self.looked += 1
                if self.size is not None and mask.shape != self.size:
                    text = f"annotations[{row}]['segmentation'] is {mask.shape[0]} x {mask.shape[1]}, the picture {self.size[0]} x {self.size[1]}"
                    self.add("size", "annotations", row, text)
                bounds, area, rim = bounds_of(mask) if mask.any() else None, float(mask.sum()), 0.5
            elif shape:
                rings = rings_in(shape)
                bounds = _span_of(rings)
                area, rim = sum(_area(ring) for ring in rings), sum(float(np.hypot(*(ring - np.roll(ring, 1, axis=0)).T).sum()) for ring in rings)
            if corners is not None and shape:
                self._box("annotations", row, corners, bounds, f"annotations[{row}]['segmentation']")
            if area is not None and annotation.get("area") is not None:
                self.looked += 1
                if abs(annotation["area"] - area) > max(0.01 * area, self.tolerance * rim, 1.0):
                    text = f"annotations[{row}]['area'] = {annotation['area']:g}, its shape has {area:g} px"
                    self.add("area", "annotations", row, text)
            self._coco_points(row, annotation, corners)

    def _in_picture_one(self, row: int, box: Floats) -> None:
        before = len(self.findings)
        self._in_picture("annotations", box[None])
        for k in range(before, len(self.findings)):
            one = self.findings[k]
            self.findings[k] = Finding(one.code, one.target, row, one.pixels, one.message.replace("[0]", f"[{row}]", 1), None, one.place)

    def _coco_points(self, row: int, annotation: Mapping[str, Any], box: Floats | None) -> None:
        points = np.reshape(np.asarray(annotation.get("keypoints", ()), np.float64), (-1, 3))
        labelled = points[:, 2] > 0
        told = annotation.get("num_keypoints")
        if len(points) and told is not None and told != int(labelled.sum()):
            text = f"annotations[{row}]['num_keypoints'] = {told}, {int(labelled.sum())} are labelled"
            self.add("rows", "annotations", row, text)
        if box is not None and self.keypoints_in is not None:
            for number in np.flatnonzero(labelled):
                self.looked += 1
                point = points[number, :2] + 0.5
                over = float(np.max([box[:2] - point, point - box[2:]]))
                if over > self.tolerance:
                    text = f"annotations[{row}]['keypoints'][{number}] = {_at(point)} lies {over:.2f} px outside of its bbox {corners_told(box)}"
                    self.add("keypoint-outside", "annotations", row, f"{text}; where they may, keypoints_in=None", over, point)


# --- numbers ---------------------------------------------------------------------------------------------------------


def _size(result: Mapping[str, Any], size: Size | None) -> Size | None:
    if size is not None:
        return int(size[0]), int(size[1])
    image = plain(result.get("image"))
    if image is not None:
        shape = np.shape(image)
        first = len(shape) == 3 and shape[0] in (1, 3, 4) and shape[2] > 4  # a tensor
        return (shape[1], shape[2]) if first else (shape[0], shape[1])
    for name in ("mask", "masks"):
        given = result.get(name)
        if given is not None and len(given):
            shape = np.shape(given if name == "mask" else given[0])
            return shape[0], shape[1]
    return None


def _guessed(numbers: Floats, size: Size | None) -> str:
    """Returns: The only format that boxes can be in.

    Raises:
        ParameterError: There are two, or none.
    """
    if not len(numbers):
        return "pascal_voc"  # no boxes are no boxes in any format
    x, y, a, b = numbers.T
    width, height = (np.inf, np.inf) if size is None else size[::-1]
    slack = 1.0
    possible = []
    if numbers.max() <= 1.0 + 1e-6:
        if ((a > x) & (b > y)).all():
            possible.append("albumentations")
        if ((x - a / 2 >= -1e-6) & (y - b / 2 >= -1e-6) & (x + a / 2 <= 1 + 1e-6) & (y + b / 2 <= 1 + 1e-6)).all():
            possible.append("yolo")
    else:
        if ((a > x) & (b > y)).all():
            possible.append("pascal_voc")
        if ((x + a <= width + slack) & (y + b <= height + slack) & (a > 0) & (b > 0)).all():
            possible.append("coco")
    if len(possible) != 1:
        told = f"bboxes could be {' or '.join(possible)}" if possible else "bboxes fit no format"
        raise ParameterError(f"bbox_format: {told}, the first is {corners_told(numbers[0])}; say which: bbox_format='{(possible or BOX_FORMATS)[0]}'")
    return possible[0]


def _span_of(rings: list[Floats]) -> Floats | None:
    points = np.concatenate(rings) if rings else np.zeros((0, 2))
    return np.concatenate([points.min(axis=0), points.max(axis=0)]) if len(points) else None


def _area(ring: Floats) -> float:
    following = np.roll(ring, -1, axis=0)
    return float(abs((ring[:, 0] * following[:, 1] - ring[:, 1] * following[:, 0]).sum()) / 2)


def _at(point: Floats) -> str:
    return f"{point[0] - 0.5:.2f}, {point[1] - 0.5:.2f} (pixel indices)"


def _drawn(first: Finding, look: _Look, folder: str | Path | None) -> str | None:
    from geoaug.testing.sheet import Labels, write_one

    if look.size is None:
        return None
    image = plain(look.result.get("image"))
    pixels = None if image is None else np.asarray(image)
    if pixels is not None and pixels.shape[:2] != look.size:
        pixels = np.moveaxis(pixels, 0, -1)
    boxes = look.boxes if look.boxes is not None else np.zeros((0, 4))
    rings = list(look.rings or ())
    shown = first.target == "annotations" or not (len(boxes) or rings)  # else colours by row would not be those of the rows
    for annotation in look.result.get("annotations") or () if shown else ():
        if annotation.get("bbox") is not None:
            x, y, width, height = annotation["bbox"]
            boxes = np.vstack([boxes, [x, y, x + width, y + height]])
        if isinstance(annotation.get("segmentation"), list):
            rings.append(rings_in(annotation["segmentation"]))
    masks = [mask for mask in look.masks or () if mask.shape == look.size]
    points = np.concatenate([np.zeros((0, 2)), *look.points])
    return write_one(pixels, Labels(boxes, masks, rings, points), look.size, first, folder, "result")
