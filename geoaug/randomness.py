"""Where random numbers come from: one generator a call, none global, none shared between processes."""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from geoaug.errors import ParameterError


def parse_seed(seed: Any) -> int | None:
    """Returns: A seed of at least 0, or None.

    Raises:
        ParameterError: Anything else.
    """
    if seed is None:
        return None
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if number < 0 or isinstance(seed, bool):
        raise ParameterError(f"seed={seed!r}: expected a whole number of at least 0, or None")
    return number


def keyed(seed: int | None, key: Sequence[int]) -> np.random.Generator:
    """Returns: The generator of one key, the same in every process and at every time."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(0 if seed is None else seed, spawn_key=tuple(key))))


def aside(rng: np.random.Generator) -> np.random.Generator:
    """Returns: A stream of its own that costs one number, for draws whose count depends on the picture.

    So what is drawn afterwards is the same for a picture of any channels, and for labels alone.
    """
    return np.random.Generator(np.random.PCG64(int(rng.integers(2**63))))


class Source:
    """The generator of one pipeline in one process.

    A process that inherits a pipeline, by fork or by pickle, draws from a stream of its own: with a seed it is derived
    from the process's place in the family tree (the third worker is the third worker on every run), without one from
    the operating system.

    Args:
        seed: A whole number, or None for another stream each time.
    """

    __slots__ = ("_generator", "_owner", "seed")

    def __init__(self, seed: int | None) -> None:
        self.seed = parse_seed(seed)
        self._owner = os.getpid()
        self._generator = np.random.default_rng(self.seed)

    @classmethod
    def of(cls, generator: np.random.Generator) -> Source:
        """Returns: A source whose numbers come, in this process, from a generator that somebody else holds."""
        made = cls(None)
        made._generator = generator
        return made

    def generator(self) -> np.random.Generator:
        """Returns: This process's generator; it goes on from call to call."""
        if self._owner != os.getpid():
            import multiprocessing  # only processes that were started by another need it

            self._owner = os.getpid()
            place: tuple[int, ...] = multiprocessing.current_process()._identity  # a worker's number
            # a bare os.fork() gives no place: then at least no two draw alike
            self._generator = np.random.default_rng() if self.seed is None else keyed(self.seed, place or (self._owner,))
        return self._generator

    def __getstate__(self) -> tuple[int | None, int, np.random.Generator]:
        return self.seed, self._owner, self._generator

    def __setstate__(self, state: tuple[int | None, int, np.random.Generator]) -> None:
        self.seed, self._owner, self._generator = state
