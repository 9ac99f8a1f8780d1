"""How many of what, in words."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Returns: ``1 picture``, ``2 pictures``, ``3 categories``, ``4 boxes``."""
    if number == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}es" if noun.endswith(("x", "s")) else f"{noun}s"
    return f"{number} {plural}"
