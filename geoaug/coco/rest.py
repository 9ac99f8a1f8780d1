"""The annotations of a picture where nothing moves: which of them can be used, and what had to be put right."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from geoaug.coco.document import Record
from geoaug.coco.together import PART
from geoaug.errors import DataError, DataTypeError
from geoaug.plan import Plan
from geoaug.targets.annotations import Read
from geoaug.types import Size


@frozen
class Rest:
    """The annotations of a picture where nothing moves: which ones can be used, and what had to be put right.

    Args:
        size: (height, width) of the picture.
        rows: Annotations that can be used.
        out: What becomes of them where nothing moves: as they came, but for what sticks out of the picture and what is missing.
        faults: Code, message and id of the others.
        corrected: Ids of annotations of which a part contradicted the shape.
    """

    size: Size
    rows: list[Record]
    out: dict[str, Any]
    faults: list[tuple[str, str, Any]]
    corrected: dict[str, list[Any]]

    @classmethod
    def of(cls, size: Size, rows: list[Record]) -> Rest:
        """Look through the annotations, one by one as soon as the library refuses them together."""
        faults: list[tuple[str, str, Any]] = []
        try:
            out = _unmoved(size, rows)
        except (DataError, DataTypeError):
            rows = [row for row in rows if not _refused(size, row, faults)]
            out = _unmoved(size, rows)
        fates = out["fates"]
        if "degenerate" in fates:
            text = "its shape has no area; correct it or take the annotation out"
            faults += [
                ("annotation-degenerate", _told_of(row, text), row["id"]) for row, fate in zip(rows, fates, strict=True) if fate == "degenerate"
            ]
            rows = [row for row, fate in zip(rows, fates, strict=True) if fate != "degenerate"]
            out["fates"] = [fate for fate in fates if fate != "degenerate"]
        corrected = _corrected(rows, out)
        out["annotations"] = _as_they_came(rows, out)
        read = out.pop("read")
        return cls(size, read if len(read) == len(rows) else Read(rows, size), out, faults, corrected)

    def settled(self, out: dict[str, Any]) -> dict[str, Any]:
        """Give back what came where a pipeline moved nothing: a box that contradicts its shape is put right only where both move.

        Args:
            out: What a pipeline returned for the picture.
        """
        plan = out["plan"]
        if plan is None or not plan.route.still:
            return out
        stayed = [k for k, fate in enumerate(self.out["fates"]) if fate in STAY]
        at_rest = dict(zip(stayed, self.out["annotations"], strict=True))
        number = len(self.rows)
        left = [k for k, fate in enumerate(out["fates"][:number]) if fate in STAY]
        return {
            **out,
            "annotations": [at_rest.get(k, row) for k, row in zip(left, out["annotations"], strict=False)] + out["annotations"][len(left) :],
        }


STAY = ("kept", "cut", "occluded")


def _as_they_came(rows: list[Record], out: dict[str, Any]) -> list[Record]:
    """Whole rows as they were, but for areas, which one file must not count in two ways."""
    stayed = [(row, fate) for row, fate in zip(rows, out["fates"], strict=True) if fate in STAY]
    return [
        {**new, **{key: value for key, value in row.items() if value is not None and key != "area"}} if fate == "kept" else new
        for (row, fate), new in zip(stayed, out["annotations"], strict=True)
    ]


def _unmoved(size: Size, rows: list[Record]) -> dict[str, Any]:
    read = Read(rows, size)
    annotations, _ = read.known.leave(Plan(size), None, None)  # which also puts boxes and areas right
    return {"annotations": annotations, "fates": list(read.known.fates), "read": read}


def _refused(size: Size, row: Record, faults: list[tuple[str, str, Any]]) -> bool:
    try:
        _unmoved(size, [row])
    except (DataError, DataTypeError) as error:
        faults.append(("annotation-refused", _told_of(row, str(error).removeprefix("annotations[0]").lstrip(":. ")), row["id"]))
        return True
    return False


def _told_of(row: Record, text: str) -> str:
    """A message about a row, which tells its file where that is not the first: another file may have a row of this id."""
    return f"file {row[PART] + 1} of the annotations: {text}" if PART in row else text


def _corrected(rows: list[Record], out: dict[str, Any]) -> dict[str, list[Any]]:
    """Ids of whole annotations with a box or an area other than that of their own shape."""
    stayed = [(row, fate) for row, fate in zip(rows, out["fates"], strict=True) if fate in ("kept", "cut")]
    found: dict[str, list[Any]] = {}
    for (row, fate), new in zip(stayed, out["annotations"], strict=True):
        for part in ("area", "bbox") if fate == "kept" and row.get("segmentation") else ():
            if row.get(part) is not None and row[part] != new[part]:
                found.setdefault(part, []).append(row["id"])
    return found
