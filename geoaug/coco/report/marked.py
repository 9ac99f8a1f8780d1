"""The few ways by which data becomes a part of the page."""

from __future__ import annotations

from html import escape

from geoaug.coco.look import Colour

LONGEST = 2_000  # characters of one text; names of a megabyte are somebody's joke


def text(value: str, *, lines: bool = False) -> str:
    """Text as it may stand in an element or, in quotes, in an attribute.

    Args:
        value: Whatever the data says.
        lines: Whether ends of lines stay; they and the text itself may be long.

    Returns:
        The text with ``& < > " '`` as entities; what is not printable (control characters, halves of characters, marks
        that turn the direction of writing) is written out, such as ``\\x07``.
    """
    cut = value if lines or len(value) <= LONGEST else value[: LONGEST - 1] + "…"
    shown = "".join(letter if letter.isprintable() or (lines and letter == "\n") else _written_out(letter) for letter in cut)
    return escape(shown, quote=True)


def _written_out(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")


def number(value: float) -> str:
    """Returns: A number to a tenth, as short as it can be written."""
    shown = f"{value:.1f}"
    return shown[:-2] if shown.endswith(".0") else shown


def hexed(colour: Colour) -> str:
    """Returns: A colour as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
