"""How the categories of a data set are drawn: colours, names, limbs, and which side a keypoint is on."""

from __future__ import annotations

import colorsys
from collections.abc import Iterator
from typing import Any

from attrs import frozen

from geoaug.coco.document import Record

Colour = tuple[int, int, int]

LEFT, RIGHT, MIDDLE = (255, 150, 40), (60, 170, 255), (120, 235, 120)


@frozen
class Look:
    """How the categories of a data set are drawn."""

    colours: dict[Any, Colour]
    names: dict[Any, str]
    skeletons: dict[Any, list[tuple[int, int]]]
    sides: dict[Any, list[Colour]]

    @classmethod
    def of(cls, categories: list[Record]) -> Look:
        colours = {category["id"]: _colour(index) for index, category in enumerate(categories)}
        names = {category["id"]: ascii_text(category.get("name", category["id"])) for category in categories}
        skeletons = {category["id"]: list(_limbs(category.get("skeleton"))) for category in categories}
        sides = {category["id"]: _sides(category.get("keypoints")) for category in categories}
        return cls(colours, names, skeletons, sides)

    def colour(self, row: Record) -> Colour:
        return self.colours.get(row.get("category_id"), (255, 255, 255))


def _colour(index: int) -> Colour:
    """Neighbours in the list stand far apart on the wheel of hues: a golden section of a turn."""
    red, green, blue = colorsys.hsv_to_rgb((0.03 + index * 0.618034) % 1, (0.75, 0.5, 1.0)[index // 5 % 3], (1.0, 0.85)[index // 15 % 2])
    return round(red * 255), round(green * 255), round(blue * 255)


def _limbs(skeleton: Any) -> Iterator[tuple[int, int]]:
    """Pairs of positions from 0; COCO counts from 1."""
    for limb in skeleton if isinstance(skeleton, list) else ():
        if isinstance(limb, list) and len(limb) == 2 and all(type(end) is int and end >= 1 for end in limb):
            yield limb[0] - 1, limb[1] - 1


def _sides(names: Any) -> list[Colour]:
    words = [str(name).lower() for name in names] if isinstance(names, list) else []
    return [LEFT if "left" in word else RIGHT if "right" in word else MIDDLE for word in words]


def ascii_text(text: Any, longest: int = 24) -> str:
    """Text as cv2 can write it."""
    plain = "".join(letter if " " <= letter <= "~" else "?" for letter in str(text))
    return plain if len(plain) <= longest else plain[: longest - 3] + "..."
