"""Arguments as functions of 1.x and of 2.x take them, read into one form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from geoaug.errors import DataError, DataTypeError
from geoaug.types import Floats, Size

Change = Callable[[Floats], Any]


def size_then(given: Sequence[Any], named: Mapping[str, Any], names: Sequence[str]) -> tuple[Size, dict[str, Any]]:
    """Read the size of a picture, and what stands behind it.

    Args:
        given: By position: ``rows, cols`` as in 1.x, or ``(rows, cols)`` or ``{"height": …, "width": …}`` as in 2.x; then ``names``.
        named: The same by name: ``rows`` and ``cols``, ``shape`` or ``image_shape``.
        names: What follows, in order.

    Returns: (height, width), and what follows by its name.

    Raises:
        DataTypeError: No size, or more than one.
        DataError: A side that is not above 0.
    """
    rest, by_name = list(given), dict(named)
    if "rows" in by_name or (rest and np.ndim(rest[0]) == 0 and not isinstance(rest[0], Mapping)):
        height = by_name.pop("rows") if "rows" in by_name else rest.pop(0)
        width = by_name.pop("cols") if "cols" in by_name else rest.pop(0) if rest else None
    else:
        shape = next((by_name.pop(name) for name in ("shape", "image_shape") if name in by_name), None)
        shape = rest.pop(0) if shape is None and rest else shape
        height, width = (shape["height"], shape["width"]) if isinstance(shape, Mapping) else shape[:2] if shape is not None else (None, None)
    unknown = sorted(set(by_name) - set(names))
    if height is None or width is None or len(rest) > len(names) or unknown:
        raise DataTypeError(f"expected a picture's rows, cols or its shape (height, width), then {list(names)}, got {given!r}, {dict(named)!r}")
    for name, value in (("rows", height), ("cols", width)):
        if value <= 0:
            raise DataError(f"Argument {name} must be positive integer, got {value!r}")
    return (height, width), dict(zip(names, rest, strict=False)) | by_name


def changed(rows: Any, columns: int, change: Change) -> Any:
    """Change the first columns of some rows.

    Args:
        rows: An array (N, columns + further ones), or a list of tuples, whose further entries may be anything.
        columns: How many are numbers to change.
        change: Takes and gives an array (N, columns); it may give other columns than it took.

    Returns: An array of floats, or a list of tuples.
    """
    if isinstance(rows, np.ndarray):
        if not len(rows):
            return rows
        return np.concatenate([change(rows[:, :columns].astype(float)), rows[:, columns:]], axis=1)
    if not len(rows):
        return []
    numbers = change(np.array([tuple(row[:columns]) for row in rows], float))
    return [(*row, *told[columns:]) for row, told in zip(numbers.tolist(), rows, strict=True)]


def kept(rows: Any, keep: Any) -> Any:
    """Returns: The rows that may stay, in the kind in which they came."""
    return rows[keep] if isinstance(rows, np.ndarray) else [row for row, stays in zip(rows, keep, strict=True) if stays]
