"""One thing that a file says in 1.x's words, and what was found in a file altogether."""

from __future__ import annotations

from typing import NamedTuple

SAFE, BY_HAND = "rewritten", "by hand"


class Finding(NamedTuple):
    """A place in a file."""

    line: int
    column: int  # from 1
    told: str
    safe: bool  # whether it can be rewritten without looking at the rest of the program


class Looked(NamedTuple):
    """What a file holds."""

    findings: list[Finding]
    rewritten: bytes | None  # the file with all safe findings put right; None where there are none
    problem: str = ""  # why it could not be read
