"""One call judged: what came back against what the pixels show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import define, field, frozen

from geoaug.testing.findings import Finding
from geoaug.testing.manner import Manner
from geoaug.testing.measure import Fit, Region, fit, grown, middle, shrunk
from geoaug.testing.painted import Painted, inside
from geoaug.types import Array, Floats, Size

# Tolerances, px of the output. What a dot or a plateau is measured to is below 0.1 px for matrices; the rest is what sound pipelines do.
POINT = 0.25  # keypoints under a matrix; half a pixel must be seen
POINT_SHRUNK = 0.2  # more, where a picture is shrunk to under 0.6: dots of a pixel alias
POINT_BENT = 1.0  # under a bend, where a dot is no dot any more
SIDE = 0.35  # sides of whole boxes under a matrix
SIDE_BENT = 1.5
PIXELS = 1.05  # sides of boxes that are those of a mask
CUT = 1.0  # sides that an edge or a hole cut, which are seen to the pixel
OUTSIDE = 0.011  # what boxes may reach over the edge by rounding
RIM = 2.0  # nearest sampling rounds by 0.5, the half level of a blurred rim moves by up to 1
MIDDLE = 0.6  # centre of a mask: nearest sampling rounds, by up to 0.55 where a map is all but a shift
MIDDLE_BENT = 1.0
LEVEL = 0.04  # share of the plateau that paint may vary by within an object
ON_AVERAGE = 0.3  # over many draws rounding cancels; 0.25 is what a shrinking by two leaves
STRAIGHT = 0.35  # px that dots may lie off the matrix through them for it to be a matrix
SIDES = ("x_min", "y_min", "x_max", "y_max")


@frozen(eq=False)
class Sight:
    """What the pixels of one draw show, in continuous pixels of the output.

    Args:
        size: (height, width) of the output.
        visible: Pixels that show something of the source, shape (h, w) bool.
        regions: For each object where it is; None where nothing stands out.
        dots: Where corners of boxes and keypoints went, shape (N, 6, 2): four corners, two points; NaN where unclear.
        map: The matrix that all of that follows; None under a bend.
        slack: What noise and blur add to each tolerance, px.
        drowned: Objects of which nothing stands out and noise may be the reason.
    """

    size: Size
    visible: Array
    regions: list[Region | None]
    dots: Floats
    map: Fit | None
    slack: float
    drowned: frozenset[int] = frozenset()


@define
class Judge:
    """Collects findings over the calls of an audit.

    Args:
        scene: What was painted.
        manner: How the pipeline takes it.
        more: What the caller allows on top of all tolerances, px.
    """

    scene: Painted
    manner: Manner
    more: float = 0.0
    findings: list[Finding] = field(factory=list)
    judged: Counter[str] = field(factory=Counter)
    unclear: Counter[str] = field(factory=Counter)
    offsets: dict[str, list[Floats]] = field(factory=dict)
    call: int = 0

    def add(self, code: str, target: str, row: int | None, message: str, pixels: float | None = None, place: Any = None) -> None:
        """Note a finding."""
        at = None if place is None else (float(place[0]), float(place[1]))
        self.findings.append(Finding(code, target, row, pixels if pixels is None else round(float(pixels), 2), message, self.call, at))

    # --- one call ---

    def look(self, call: int, out: dict[str, Any], sight: Sight) -> None:
        """Judge what a call gave."""
        self.call = call
        boxes = None
        if "bboxes" in self.manner.targets:
            boxes = self._boxes(out, sight)
        if "masks" in self.manner.targets:
            self._masks(out, sight, boxes)
        if "mask" in self.manner.targets:
            self._mask(np.asarray(out["mask"]), sight)
        if "polygons" in self.manner.targets:
            self._polygons(out, sight, boxes)
        if "keypoints" in self.manner.targets:
            self._keypoints(out, sight, boxes)
        if "annotations" in self.manner.targets:
            self._annotations(out["annotations"], sight)

    # --- labels and rows ---

    def _rows(self, out: dict[str, Any], target: str, given: Sequence[Any], fields: tuple[str, ...], count: int) -> list[int | None] | None:
        """Returns: Which object each row that came back is; None where nothing tells."""
        told: list[int | None] | None = None
        for number, name in enumerate(fields):
            labels = out.get(name)
            if labels is None or len(labels) != len(given):
                what = "is gone" if labels is None else f"has {len(labels)} entries"
                self.add("rows", name, None, f"{name}: {what}, {target} has {len(given)} rows: which label is whose is lost")
                continue
            rows = [self._row_of(name, number, index, label, count) for index, label in enumerate(labels)]
            if told is None:
                told = rows
            elif rows != told:
                index = next(k for k, (one, other) in enumerate(zip(rows, told, strict=True)) if one != other)
                self.add("rows", name, index, f"{name}[{index}] = {labels[index]!r} is of another object than {fields[0]}[{index}] beside it")
        if not fields:
            told = self._by_column(given, count)
        for row in sorted({row for row in told or () if row is not None}):
            indices = [index for index, one in enumerate(told or ()) if one == row]
            if len(indices) > 1:
                text = f"{target}: row {row} that went in came back {len(indices)} times, as rows {indices}"
                self.add("rows", target, indices[1], text)
        return told

    def _row_of(self, name: str, number: int, index: int, label: Any, count: int) -> int | None:
        sent = [self.manner.identity(k, number) for k in range(count)]
        plain = label.item() if hasattr(label, "item") and getattr(label, "ndim", 0) == 0 else label
        for row, value in enumerate(sent):
            if type(plain) is type(value) and plain == value:
                return row
        if isinstance(plain, (int, float)) and not isinstance(plain, bool) and not isinstance(sent[0], str):
            near = min(range(count), key=lambda k: abs(plain - sent[k]))
            if abs(plain - sent[near]) <= max(1e-6 * sent[near], 0):
                if plain != sent[near]:
                    self.add("label-value", name, index, f"{name}[{index}] came back as {plain!r}, went in as {sent[near]!r}")
                if not isinstance(plain, int):
                    self.add(
                        "label-type", name, index, f"{name}[{index}] came back as {type(label).__name__} {plain!r}, went in as int {sent[near]!r}"
                    )
                return near
        self.add("label-value", name, index, f"{name}[{index}] = {label!r} never went in; those that did are {sent}")
        return None

    def _by_column(self, given: Sequence[Any], count: int) -> list[int | None] | None:
        if self.manner.columns:
            values = [float(row[-1]) if len(row) > 4 or len(row) > len(self.manner.keypoint_format) else np.nan for row in given]
            return [round(value) if np.isfinite(value) and 0 <= round(value) < count else None for value in values]
        return list(range(count)) if len(given) == count else None

    # --- boxes ---

    def _boxes(self, out: dict[str, Any], sight: Sight) -> list[int | None] | None:
        boxes = self.manner.corners(out["bboxes"], sight.size)
        rows = self._rows(out, "bboxes", out["bboxes"], self.manner.labels, len(self.scene.boxes))
        for index, box in enumerate(boxes):
            row = rows[index] if rows is not None else None
            if self._box_is_in_picture(index, box, sight.size) and row is not None:
                self.box("bboxes", index, row, box, sight, self._own_mask(out, index, row, len(boxes)))
        if rows is not None:
            for row in set(range(len(self.scene.boxes))) - set(rows):
                self._box_lost("bboxes", row, sight)
        return rows

    def _own_mask(self, out: dict[str, Any], index: int, row: int, boxes: int) -> Array | None:
        masks = out.get("masks") if "masks" in self.manner.targets else None
        if masks is None:
            return None
        at = row if len(masks) == len(self.scene.boxes) else index if len(masks) == boxes else None
        return None if at is None else np.asarray(masks[at]) > 0

    def _box_is_in_picture(self, index: int, box: Floats, size: Size, target: str = "bboxes") -> bool:
        height, width = size
        if not np.isfinite(box).all() or box[2] <= box[0] or box[3] <= box[1]:
            self.add("box-outside", target, index, f"{target}[{index}] = {corners_told(box)} is empty or not finite", None, (width / 2, height / 2))
            return False
        over = np.array([-box[0], -box[1], box[2] - width, box[3] - height])
        if over.max() > OUTSIDE:
            side = int(over.argmax())
            text = f"{target}[{index}] = {corners_told(box)} reaches {over[side]:.2f} px out of the picture of {width} x {height} at {SIDES[side]}"
            self.add("box-outside", target, index, text, over[side], on_side(np.clip(box, 0, [width, height] * 2), side))
            return False
        return True

    def box(self, target: str, index: int, row: int, box: Floats, sight: Sight, mask: Array | None = None, tight: bool = False) -> None:
        """Judge one box, as x_min, y_min, x_max, y_max in pixels."""
        name = f"{target}[{index}]"
        region = self._seen(row, sight, box)
        if mask is not None and mask.any() and np.abs(bounds_of(mask) - box).max() <= OUTSIDE:
            self.judged[target] += 1
            return  # it is the box around its own mask, and that is compared with the pixels by itself
        if region is None or not region.any():
            if self._shows_nothing(box, sight, row):
                text = f"{name} = {corners_told(box)} stayed, and the picture shows nothing of its object (row {row} of those that went in)"
                self.add("box-ghost", target, index, text, None, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2))
            else:
                self.unclear[target] += 1
            return
        self.judged[target] += 1
        hull = self._hulls(row, sight)
        if hull is None:
            self._holds(target, index, box, region, None)
            return
        small, large, whole, slack = hull
        if not whole:
            slack += CUT - SIDE
        over = (large - box) * (1, 1, -1, -1)
        under = (box - small) * (1, 1, -1, -1)
        between = np.sort([(small[:2] + small[2:]) / 2, (large[:2] + large[2:]) / 2], axis=0)
        centre = (box[:2] + box[2:]) / 2
        aside = centre - np.clip(centre, between[0], between[1])
        other = self._holder(row, centre, sight)
        if other is not None:
            self._exchanged(target, index, row, other, box)
        elif whole and np.abs(aside).max() > slack:
            text = (
                f"{name} = {corners_told(box)} lies {_way(aside)} beside its object: the pixels put it at {corners_told(_nearest(box, small, large))}"
            )
            self.add("box-shift", target, index, text, np.abs(aside).max(), centre)
        elif over.max() > slack:
            side = int(over.argmax())
            text = f"{name} = {corners_told(box)} is {over[side]:.2f} px larger at {SIDES[side]} than the pixels give: {corners_told(large)}"
            self.add("box-large", target, index, text, over[side], on_side(box, side))
        elif whole and under.max() > slack:
            side = int(under.argmax())
            text = f"{name} = {corners_told(box)} does not hold its object, {corners_told(small)}: {under[side]:.2f} px are missing at {SIDES[side]}"
            self.add("box-small", target, index, text, under[side], on_side(box, side))
        elif not whole:
            self._holds(target, index, box, region, sight)

    def _holder(self, row: int, centre: Floats, sight: Sight) -> int | None:
        """Returns: Another object that lies about a place, where its own does not."""
        x, y = int(centre[0]), int(centre[1])
        if not (0 <= y < sight.size[0] and 0 <= x < sight.size[1]):
            return None
        here = [k for k, region in enumerate(sight.regions) if region is not None and region.inside[y, x]]
        return here[0] if len(here) == 1 and here[0] != row else None

    def _exchanged(self, target: str, index: int, row: int, other: int, box: Floats) -> None:
        sent = [self.manner.identity(k) for k in (row, other)]
        text = f"{target}[{index}] = {corners_told(box)} comes back as row {row} of those that went in, and lies on the object of row {other}"
        if self.manner.labels and target == "bboxes":
            name = self.manner.labels[0]
            text = f"{name}[{index}] = {sent[0]!r} stands beside bboxes[{index}] = {corners_told(box)}, which lies on the object of {sent[1]!r}"
        self.add("rows", target, index, text, None, (box[:2] + box[2:]) / 2)

    def _holds(self, target: str, index: int, box: Floats, region: Array, sight: Sight | None) -> None:
        """Judge by pixels alone: a box holds what is seen of its object."""
        bounds = bounds_of(region)
        under = (box - bounds) * (1, 1, -1, -1)
        if under.max() > CUT + 0.5 + self.more + (sight.slack if sight else 0.5):
            side = int(under.argmax())
            text = f"{target}[{index}] = {corners_told(box)} does not hold its object: {under[side]:.2f} px are missing at {SIDES[side]}"
            self.add("box-small", target, index, f"{text}, the pixels give {corners_told(bounds)}", under[side], on_side(box, side))

    def _hulls(self, row: int, sight: Sight) -> tuple[Floats, Floats, bool, float] | None:
        """Returns: Bounds of the moved outline, of the moved box, whether both are whole in the picture, and what a side may be off."""
        x0, y0, x1, y1 = self.scene.boxes[row]
        corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
        if sight.map is not None:
            rect, ring = sight.map(corners), sight.map(self.scene.rings[row])
            # boxes of bound masks are those of their pixels, which round
            slack = (PIXELS if "masks" in self.manner.bound else SIDE) + sight.map.off + sight.slack + self.more
        else:
            own = sight.dots[row]
            local = None if np.isnan(own).any() else fit(np.vstack([corners, self.scene.points[row]]), own)
            if local is None or local.off > 3:
                return None
            rect, ring = own[:4], local(self.scene.rings[row])
            slack = SIDE_BENT + 2 * local.off + sight.slack + self.more
        height, width = sight.size
        limit = np.array([width, height])
        cut_rect, cut_ring = _clipped(rect, limit), _clipped(ring, limit)
        if not len(cut_rect) or not len(cut_ring):
            return None
        inner = inside([rect], sight.size)
        whole = bool((rect >= -0.05).all() and (rect <= limit + 0.05).all() and not (shrunk(inner, 1.0) & ~sight.visible).any())
        return span(cut_ring), span(cut_rect), whole, slack

    def _seen(self, row: int, sight: Sight, box: Floats | None = None) -> Array | None:
        """Returns: The pixels of an object that are seen, without mirrored copies of it in a border."""
        region = sight.regions[row]
        if region is None:
            return None
        return region.inside & sight.visible & self._zone(row, sight, box)

    def _zone(self, row: int, sight: Sight, box: Floats | None = None) -> Array:
        """Returns: Where the object itself is, as against copies of it that a reflecting border makes."""
        if sight.map is not None:
            return grown(inside([sight.map(self.scene.rings[row])], sight.size), 4.0)
        zone = np.ones(sight.size, bool)
        if box is not None and not np.isnan(box).any():
            zone[:] = False
            left, top, right, bottom = np.round(box + np.array([-12, -12, 12, 12])).astype(int)
            zone[max(top, 0) : bottom, max(left, 0) : right] = True
        return zone

    def _shows_nothing(self, box: Floats, sight: Sight, row: int) -> bool:
        """Whether the ground is seen all over a box, and neither its object nor a corner of what the box was drawn around."""
        left, top, right, bottom = np.clip(np.round(box), 0, [*sight.size[::-1]] * 2).astype(int)
        if right - left < 2 or bottom - top < 2 or sight.map is None:
            return False
        x0, y0, x1, y1 = self.scene.boxes[row]
        moved = _clipped(sight.map(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])), np.array(sight.size[::-1], np.float64))
        if len(moved):
            around = span(moved)
            if (np.minimum(around[2:], box[2:]) - np.maximum(around[:2], box[:2]) > 0).all():
                return False
        return bool(sight.visible[top:bottom, left:right].mean() > 0.9) and sight.regions[row] is None

    def _box_lost(self, target: str, row: int, sight: Sight) -> None:
        """An object that is whole in the picture, with no threshold near, keeps its box."""
        region, hull = self._seen(row, sight), self._hulls(row, sight)
        if region is None or hull is None or not hull[2] or region.sum() < 16:
            return
        sides = hull[0][2:] - hull[0][:2]
        area, visibility, width, height = self.manner.least
        if region.sum() > 2 * area and visibility < 0.9 and sides[0] > 1.2 * width and sides[1] > 1.2 * height and min(sides) > 3:
            text = f"{target}: the box of row {row} that went in is gone, and its object is whole in the picture at {corners_told(hull[0])}"
            self.add("box-lost", target, None, text, None, (hull[0][:2] + hull[0][2:]) / 2)

    # --- masks and polygons ---

    def _masks(self, out: dict[str, Any], sight: Sight, boxes: list[int | None] | None) -> None:
        masks, count = out["masks"], len(self.scene.boxes)
        rows = self._aligned("masks", len(masks), boxes)
        if rows is None:
            return
        for index, row in enumerate(rows):
            mask = np.asarray(masks[index])
            if mask.shape[:2] != sight.size:
                text = f"masks[{index}] is {mask.shape[0]} x {mask.shape[1]}, the picture {sight.size[0]} x {sight.size[1]} (height x width)"
                self.add("size", "masks", index, text)
                continue
            values = np.unique(mask)
            if set(values.tolist()) - {0, 1} and self._new_values(mask, (0, 1), sight):
                self.add("mask-values", "masks", index, f"masks[{index}] holds {values[:6].tolist()}, 0 and 1 went in")
            if row is not None:
                lost = boxes is not None and row not in boxes
                self.shape("masks", index, row, (mask == 1).reshape(*sight.size, -1)[..., 0], sight, gone=lost or count != len(masks))

    def _aligned(self, target: str, length: int, boxes: list[int | None] | None) -> list[int | None] | None:
        """Returns: Which object each row of a target without labels is."""
        count = len(self.scene.boxes)
        if boxes is not None and length != len(boxes):
            gone = sorted(set(range(count)) - set(boxes))
            way = "bind them (geoaug: instances=['bboxes', 'masks'])" if target == "masks" else f"bind them (instances=['bboxes', '{target}'])"
            self.add(
                "rows", target, gone[0] if gone else None,
                f"{target} has {length} rows, bboxes {len(boxes)}: they have fallen out of step, {target}[k] is not of bboxes[k] any more"
                f"{f' (bboxes lost row {gone[0]} of those that went in)' if gone else ''}; {way}, or leave out what is not used: targets=",
            )  # fmt: skip
        if boxes is not None and length == len(boxes) and (target in self.manner.bound or length < count):
            return boxes
        if length == count:
            return list(range(count))
        if boxes is None:
            self.add("rows", target, None, f"{target} has {length} rows, {count} went in, and nothing tells which are left")
        return None

    def _new_values(self, mask: Array, known: tuple[int, ...], sight: Sight) -> bool:
        """Whether values that never went in stand where the picture shows the source: elsewhere they are a fill."""
        flat = mask.reshape(*sight.size, -1)[..., 0]
        return bool((~np.isin(flat, known) & shrunk(sight.visible, 1.5)).any())

    def _mask(self, mask: Array, sight: Sight) -> None:
        if mask.shape[:2] != sight.size:
            self.add(
                "size", "mask", None, f"mask is {mask.shape[0]} x {mask.shape[1]}, the picture {sight.size[0]} x {sight.size[1]} (height x width)"
            )
            return
        count, flat = len(self.scene.boxes), mask.reshape(*sight.size, -1)[..., 0]
        if set(np.unique(flat).tolist()) - set(range(count + 1)) and self._new_values(mask, tuple(range(count + 1)), sight):
            self.add("mask-values", "mask", None, f"mask holds {np.unique(flat)[:8].tolist()}, 0 to {count} went in")
        for row in range(count):
            self.shape("mask", row + 1, row, flat == row + 1, sight, value=True)

    def _polygons(self, out: dict[str, Any], sight: Sight, boxes: list[int | None] | None) -> None:
        polygons = out["polygons"]
        for index, row in enumerate(self._aligned("polygons", len(polygons), boxes) or ()):
            if row is not None:
                lost = boxes is not None and row not in boxes
                self.shape("polygons", index, row, inside(rings_in(polygons[index]), sight.size), sight, gone=lost)

    def shape(self, target: str, index: int, row: int, drawn: Array, sight: Sight, gone: bool = False, value: bool = False) -> None:
        """Judge the pixels that a mask or a polygon gives to an object."""
        name = f"{target} == {index}" if value else f"{target}[{index}]"
        kind = "polygon" if target != "masks" and not value else "mask"
        region, clear = sight.regions[row], shrunk(sight.visible, 1.0)
        if region is None:
            if row not in sight.drowned and (shrunk(drawn, 2.0) & clear).any() and self._pixels_are_plain(sight, drawn):
                text = f"{name} has {int(drawn.sum())} pixels where the picture shows nothing of its object"
                self.add(f"{kind}-shift", target, index, text, None, middle(drawn))
            elif drawn.any():
                self.unclear[target] += 1
            return
        seen = region.inside & self._zone(row, sight) & clear
        if not drawn.any():
            if not gone and shrunk(seen, RIM).sum() > 4:
                at = middle(seen)
                self.add(f"{kind}-lost", target, index, f"{name} is empty, and the picture shows its object at {at[0]:.0f}, {at[1]:.0f}", None, at)
            return
        if region.inside.sum() < 9:
            self.unclear[target] += 1
            return
        self.judged[target] += 1
        rim = RIM * (1.0 if sight.map is None else max(1.0, sight.map.scale)) + sight.slack + self.more + (1.0 if sight.map is None else 0.0)
        stray = drawn & clear & ~grown(region.inside, rim)
        missing = _together(seen & ~grown(drawn, rim))
        stray = _together(stray)
        bad, what = (stray, "too many") if stray.sum() >= missing.sum() else (missing, "too few")
        if bad.sum() > 2:
            other = self._holder(row, middle(drawn), sight)
            if other is not None:
                text = f"{name} comes back as row {row} of those that went in, and lies on the object of row {other}"
                self.add("rows", target, index, text, None, middle(drawn))
                return
            far = farthest(bad, region.inside if what == "too many" else drawn)
            text = f"{name} and the pixels of its object disagree: {int(bad.sum())} px {what}, up to {far:.0f} px off the rim"
            self.add(f"{kind}-shift", target, index, text, far, middle(bad))
            return
        self._middle(name, kind, target, index, drawn, region, sight, clear)

    def _middle(self, name: str, kind: str, target: str, index: int, drawn: Array, region: Region, sight: Sight, clear: Array) -> None:
        near = grown(region.inside, 4.0)
        if near[[0, -1]].any() or near[:, [0, -1]].any() or not clear[near | drawn].all() or region.inside.sum() < 60:
            return  # cut: the centres of parts are not known
        core = region.soft[shrunk(region.inside, 3.0)]
        level = core.size and float(core.std()) < LEVEL  # paint that is not level would pull the centre to its louder side
        off = middle(drawn) - middle(region.soft * near if level else region.inside & near)
        self.offsets.setdefault(target, []).append(np.array([*off, self.call, index, *middle(drawn)]))
        if np.hypot(*off) > (MIDDLE if sight.map is not None else MIDDLE_BENT) + sight.slack + self.more:
            text = f"{name} lies {_way(off)} beside its object"
            self.add(f"{kind}-shift", target, index, text, np.hypot(*off), _rim(drawn, off))

    def _pixels_are_plain(self, sight: Sight, drawn: Array) -> bool:
        """Whether other objects stand out, so that this one would, too."""
        return any(region is not None for region in sight.regions)

    def settle(self) -> None:
        """Judge what only many calls tell: a shift of less than rounding that is always the same."""
        for target, offsets in self.offsets.items():
            rows = np.array(offsets)
            mean = rows[:, :2].mean(axis=0)
            known = {(finding.target, finding.code.split("-")[-1]) for finding in self.findings}
            spread = rows[:, :2].std(axis=0) / np.sqrt(len(rows))
            if len(rows) >= 6 and (np.abs(mean) - 2 * spread).max() > ON_AVERAGE + self.more and (target, "shift") not in known:
                self.call = int(rows[0, 2])
                text = f"{target} lies {_way(mean)} beside the objects on average over {len(rows)} rows: more than rounding explains"
                self.add("polygon-shift" if target == "polygons" else "mask-shift", target, int(rows[0, 3]), text, np.hypot(*mean), rows[0, 4:])

    # --- keypoints ---

    def _keypoints(self, out: dict[str, Any], sight: Sight, boxes: list[int | None] | None) -> None:
        given, count = out["keypoints"], 2 * len(self.scene.boxes)
        if "keypoints" in self.manner.bound:
            rows = self._aligned("keypoints", len(given), boxes) or []
            pairs = [(2 * row + k, f"[{index}][{k}]", index, point) for index, row in enumerate(rows) if row is not None
                     for k, point in enumerate(self._instance(given[index]))]  # fmt: skip
            told: list[int | None] | None = None
        else:
            told = self._rows(out, "keypoints", given, self.manner.point_labels, count)
            pairs = [(row, f"[{index}]", index, given[index]) for index, row in enumerate(told or ()) if row is not None]
        visible = self.manner.keypoint_format.find("v")
        for row, name, index, point in pairs:
            if visible < 0 or float(point[visible]) > 0:
                self.point("keypoints", name, index, row, self.manner.places([point])[0], sight)
        if told is not None and not self.manner.least[1]:
            for row in set(range(count)) - set(told):
                self._point_lost("keypoints", row, sight)

    def _instance(self, given: Any) -> Any:
        wide = len(self.manner.keypoint_format)
        return np.reshape(np.asarray(given, np.float64), (-1, wide)) if np.ndim(given) == 1 else given

    def point(self, target: str, name: str, index: int, row: int, place: Floats, sight: Sight) -> None:
        """Judge one keypoint, in continuous pixels."""
        expected, slack = self._expected(row, sight)
        if expected is None or not np.isfinite(place).all():
            self.unclear[target] += 1
            return
        self.judged[target] += 1
        off = place - expected
        if np.hypot(*off) > slack:
            text = (
                f"{target}{name} = {place[0] - 0.5:.2f}, {place[1] - 0.5:.2f} (pixel indices) lies {_way(off)} beside its place in the picture, "
                f"which is {expected[0] - 0.5:.2f}, {expected[1] - 0.5:.2f} (row {row} of those that went in)"
            )
            self.add("keypoint-shift", target, index, text, np.hypot(*off), expected)

    def _expected(self, row: int, sight: Sight) -> tuple[Floats | None, float]:
        if sight.map is not None:
            slack = POINT + (POINT_SHRUNK if sight.map.scale < 0.6 else 0.0) + sight.map.off / 2
            return sight.map(self.scene.points.reshape(-1, 2)[row : row + 1])[0], slack + sight.slack + self.more
        place = sight.dots[row // 2, 4 + row % 2]
        return (None if np.isnan(place).any() else place), POINT_BENT + sight.slack + self.more

    def _point_lost(self, target: str, row: int, sight: Sight) -> None:
        place = sight.dots[row // 2, 4 + row % 2]
        if not np.isnan(place).any():
            text = f"{target}: row {row} that went in is gone, and its place is in the picture at {place[0] - 0.5:.1f}, {place[1] - 0.5:.1f}"
            self.add("keypoint-lost", target, None, text, None, place)

    # --- annotations ---

    def _annotations(self, rows: Sequence[dict[str, Any]], sight: Sight) -> None:
        sent = [self.manner.identity(k) for k in range(len(self.scene.boxes))]
        for index, row in enumerate(rows):
            if type(row.get("id")) is not int or row["id"] not in sent:
                self.add(
                    "label-value", "annotations", index, f"annotations[{index}]['id'] = {row.get('id')!r} never went in; those that did are {sent}"
                )
                continue
            k = sent.index(row["id"])
            if row.get("category_id") != k + 1:
                text = f"annotations[{index}]['category_id'] = {row.get('category_id')!r}, {k + 1} went in with this id"
                self.add("label-value", "annotations", index, text)
            x, y, width, height = row["bbox"]
            box = np.array([x, y, x + width, y + height], np.float64)
            if self._box_is_in_picture(index, box, sight.size, "annotations"):
                self.box("annotations", index, k, box, sight)
            if isinstance(row.get("segmentation"), list):
                self.shape("annotations", index, k, inside(rings_in(row["segmentation"]), sight.size), sight)
            for number, point in enumerate(np.reshape(row.get("keypoints", ()), (-1, 3))):
                if point[2] > 0:
                    self.point("annotations", f"[{index}]['keypoints'][{number}]", index, 2 * k + number, point[:2] + 0.5, sight)


# --- numbers ---------------------------------------------------------------------------------------------------------


def rings_in(instance: Any) -> list[Floats]:
    """Returns: The rings of one instance as arrays (K, 2), whichever way they are written."""
    return [np.asarray(ring, np.float64).reshape(-1, 2) for ring in instance]


def bounds_of(pixels: Array) -> Floats:
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)


def span(points: Floats) -> Floats:
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def _clipped(ring: Floats, limit: Floats) -> Floats:
    """Returns: A convex ring cut to the picture, written apart from geoaug's own cutting."""
    for axis in (0, 1):
        for sign, edge in ((1.0, 0.0), (-1.0, -limit[axis])):
            kept = []
            for here, there in zip(ring, np.roll(ring, -1, axis=0), strict=True):
                one, other = sign * here[axis] - edge, sign * there[axis] - edge
                if one >= 0:
                    kept.append(here)
                if (one >= 0) != (other >= 0):
                    kept.append(here + (there - here) * (one / (one - other)))
            ring = np.array(kept).reshape(-1, 2)
    return ring


def farthest(bad: Array, good: Array) -> float:
    """Returns: About how far the worst of the bad pixels is from the good ones, px."""
    if not good.any():
        return float(np.hypot(*bad.shape))
    ys, xs = np.nonzero(good & ~shrunk(good, 1.0))
    rows, columns = np.nonzero(bad)
    some = np.linspace(0, len(rows) - 1, min(len(rows), 400)).astype(int)
    return float(np.hypot(rows[some, None] - ys[None, :], columns[some, None] - xs[None, :]).min(axis=1).max())


def _together(pixels: Array) -> Array:
    """Returns: Pixels with three neighbours at least: specks of noise are no part of an object."""
    padded = np.pad(pixels, 1).astype(np.uint8)
    height, width = pixels.shape
    around = np.sum([padded[y : y + height, x : x + width] for y in range(3) for x in range(3)], axis=0)
    return np.asarray(pixels & (around > 3))


def _rim(pixels: Array, way: Floats) -> Floats:
    """Returns: A place on the rim of some pixels, the way that they were shifted."""
    at, step = middle(pixels), way / np.hypot(*way)
    for far in range(max(pixels.shape)):
        x, y = np.floor(at + far * step).astype(int)
        if not (0 <= y < pixels.shape[0] and 0 <= x < pixels.shape[1] and pixels[y, x]):
            return np.asarray(at + far * step)
    return at


def on_side(box: Floats, side: int) -> tuple[float, float]:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return (float(box[side]), float(y)) if side % 2 == 0 else (float(x), float(box[side]))


def _nearest(box: Floats, small: Floats, large: Floats) -> Floats:
    return small if np.abs(box - small).sum() < np.abs(box - large).sum() else large


def corners_told(box: Floats) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in box) + ")"


def _way(off: Floats) -> str:
    """Returns: A distance in words: "0.50 px (0.50 to the right, 0.02 up)"."""
    parts = [f"{abs(off[0]):.2f} to the {'right' if off[0] > 0 else 'left'}", f"{abs(off[1]):.2f} {'down' if off[1] > 0 else 'up'}"]
    return f"{np.hypot(*off):.2f} px ({', '.join(parts)})"
