"""Rows of several pictures in one list or one array, in the kind that the caller uses."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoaug.errors import DataError
from geoaug.types import Array


def joined(place: str, kind: str, mine: Any, theirs: Any) -> Any:
    """Returns: The caller's rows and then those of another picture: an array for an array, else a list.

    Args:
        place: Where the other picture's rows came from, for messages.
        kind: The target that they are rows of, or ``"labels"``.
        mine: The caller's rows.
        theirs: The other picture's.

    Raises:
        DataError: They do not go into one array, or have other columns.
    """
    if not len(theirs):
        return mine
    if isinstance(mine, np.ndarray):
        return np.concatenate(_alike(place, kind, mine, theirs))
    numbers = isinstance(theirs, np.ndarray) and kind in ("bboxes", "keypoints", "labels")
    more = theirs.tolist() if numbers else list(theirs)
    if len(mine) and kind in ("bboxes", "keypoints"):
        _check_columns(place, np.shape(more[0]), np.shape(mine[0]))
    return [*mine, *more]


def _alike(place: str, kind: str, mine: Array, theirs: Any) -> tuple[Array, Array]:
    """Returns: Both as arrays that go into one."""
    if kind == "labels":
        more = _labels(mine.dtype, theirs)
    elif kind == "masks":
        more = theirs if isinstance(theirs, np.ndarray) else np.stack(theirs)
    else:
        more = np.asarray(theirs, mine.dtype)
    if not len(mine):
        takes = kind == "labels" and mine.dtype.kind != more.dtype.kind  # an empty array of labels says nothing about their type
        mine = np.zeros((0, *more.shape[1:]), more.dtype if takes else mine.dtype)
    _check_columns(place, more.shape[1:], mine.shape[1:])
    if not {more.dtype.kind, mine.dtype.kind} & {"U", "S"}:
        fitted = more.astype(mine.dtype)
        if kind in ("bboxes", "keypoints") or np.array_equal(fitted, more):
            return mine, fitted
    if kind == "labels" and (more.dtype.kind == mine.dtype.kind or {more.dtype.kind, mine.dtype.kind} == {"i", "u"}):
        return mine, more  # whole numbers grow to hold both, and so do words
    raise DataError(f"{place}: values of {more.dtype}, those of the call are {mine.dtype}, which does not hold them; pass all as one type")


def _labels(dtype: np.dtype[Any], labels: Any) -> Array:
    if dtype.kind != "O":
        return np.asarray(labels)
    out = np.empty(len(labels), object)
    out[:] = list(labels)
    return out


def _check_columns(place: str, theirs: tuple[int, ...], mine: tuple[int, ...]) -> None:
    if theirs != mine:
        told = [" x ".join(map(str, shape)) or "one value" for shape in (theirs, mine)]
        raise DataError(f"{place}: rows of {told[0]}, those of the call have {told[1]}; give all the same columns")
