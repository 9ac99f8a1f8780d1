"""What the machinery must know about an operation on values, so that a step can be stored as a name and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from geoaug.errors import ParameterError
from geoaug.types import Array


class Kind(NamedTuple):
    """What the machinery must know about an operation.

    Args:
        change: Pixels and numbers to pixels.
        numbers: Its numbers in order, each with its default; ``...`` where it must be given.
        table: Numbers to a uint8 table of 256 levels, or None where nothing changes; None for operations that have none.
        settle: For operations whose table depends on the picture: pixels and numbers to the table's numbers.
        tables: Instead of these two, uint8 pixels and numbers to a table, or to one a channel, shape (c, 256), or None where nothing changes.
        looks: Whether these numbers need the whole picture.
        unit: Whether float pixels must lie in [0, 1].
        reuses: Whether ``change`` takes ``owned`` and may write into such pixels.
        direct: Whether ``change`` beats the table where no other table joins it.
        planes: ``change`` with channels first in what comes out, where that is cheaper than turning it afterwards.
        channels: Numbers and the number of channels that come in, to how many come out.
    """

    change: Callable[..., Array]
    numbers: Mapping[str, Any]
    table: Callable[..., Array | None] | None = None
    settle: Callable[..., tuple[float, float]] | None = None
    tables: Callable[..., Array | None] | None = None
    looks: Callable[[Mapping[str, Any]], bool] = lambda numbers: False
    unit: bool = True
    reuses: bool = False
    direct: bool = False
    planes: Callable[..., Array] | None = None
    channels: Callable[[Mapping[str, Any], int], int] = lambda numbers, count: count


def always(numbers: Mapping[str, Any]) -> bool:
    """For ``looks``: the whole picture, whatever the numbers."""
    return True


def numbers_of(name: str, given: Mapping[str, Any], kinds: Mapping[str, Kind], step: str) -> tuple[tuple[str, Any], ...]:
    """Returns: All numbers of an operation in their order, defaults filled in.

    Args:
        name: Which operation, of ``kinds``.
        given: Its numbers by name.
        kinds: All operations that there are.
        step: The kind of step, for the message.

    Raises:
        ParameterError: No such operation, a number that it does not know, or one that is missing.
    """
    kind = kinds.get(name)
    if kind is None:
        raise ParameterError(f"{step}: no operation {name!r}; there are {', '.join(kinds)}")
    if given.keys() == kind.numbers.keys():  # as transforms give them
        return tuple([(key, given[key]) for key in kind.numbers])
    if not given.keys() <= kind.numbers.keys():
        raise ParameterError(f"{step}: {name} takes {', '.join(kind.numbers)}, got {', '.join(given)}")
    whole = tuple([(key, given.get(key, default)) for key, default in kind.numbers.items()])
    missing = [key for key, value in whole if value is ...]
    if missing:
        raise ParameterError(f"{step}: {name} needs {', '.join(missing)}")
    return whole
