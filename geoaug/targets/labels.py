"""Label fields: the caller's own objects, picked by row number, never sent through an array of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import numpy as np

from geoaug.errors import DataError, DataTypeError

MISSING: Any = object()
SEQUENCES = (list, tuple, np.ndarray)  # what labels mostly are


def check_labels(name: str, labels: Any, target: str, rows: int) -> None:
    """Raise a DataError where a label field does not fit its target row by row."""
    if labels is MISSING:
        raise DataError(
            f"{name}: missing; Your 'label_fields' are not valid - them must have same names as params in dict: pass {name}=[…] with one "
            f"entry for each of the {rows} {target}, or take {name!r} out of label_fields"
        )
    if labels is None or not hasattr(labels, "__len__") or (isinstance(labels, np.ndarray) and labels.ndim == 0):
        raise DataError(f"{name}: expected a list with one entry for each of the {rows} {target}, got {labels!r}")
    if type(labels) not in SEQUENCES and isinstance(labels, (str, bytes, Mapping, Set)):
        error = DataError if isinstance(labels, (str, bytes)) else DataTypeError
        raise error(f"{name}: expected a list with one entry for each of the {rows} {target}, in their order, got {labels!r}"[:200])
    if len(labels) != rows:
        raise DataError(f"The lengths of {target} and {name} do not match. Got {rows} and {len(labels)} respectively.")


def pick(labels: Any, rows: Sequence[int]) -> Any:
    """Returns: The entries of the rows that stayed: an array of the same dtype for an array, else a list of the very objects."""
    if isinstance(labels, np.ndarray):
        return labels[np.asarray(rows, np.intp)]
    if isinstance(labels, (list, tuple)):
        return [labels[row] for row in rows]
    return [list(labels)[row] for row in rows]
