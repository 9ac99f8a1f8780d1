"""Numbers drawn from a generator that Python's own ``random`` seeds anew for each of them, as 1.x has it."""

from __future__ import annotations

import random as py_random
from typing import Any

import numpy as np


def get_random_state() -> np.random.RandomState:
    """A generator of numpy's; ``random.seed`` and PyTorch's workers decide which."""
    return np.random.RandomState(py_random.randint(0, (1 << 32) - 1))  # noqa: S311  # what 1.x handed out; pictures, not secrets


def _of(random_state: Any) -> Any:
    return get_random_state() if random_state is None else random_state


def uniform(low: Any = 0.0, high: Any = 1.0, size: Any = None, random_state: Any = None) -> Any:
    """Evenly from ``low`` to ``high``."""
    return _of(random_state).uniform(low, high, size)


def rand(*sides: Any, random_state: Any = None, **_: Any) -> Any:
    """Evenly from 0 to 1, in an array of these sides."""
    return _of(random_state).rand(*sides)


def randn(*sides: Any, random_state: Any = None, **_: Any) -> Any:
    """Normally about 0 with deviation 1, in an array of these sides."""
    return _of(random_state).randn(*sides)


def normal(loc: Any = 0.0, scale: Any = 1.0, size: Any = None, random_state: Any = None) -> Any:
    """Normally about ``loc`` with deviation ``scale``."""
    return _of(random_state).normal(loc, scale, size)


def poisson(lam: Any = 1.0, size: Any = None, random_state: Any = None) -> Any:
    """Counts of events, ``lam`` on average."""
    return _of(random_state).poisson(lam, size)


def permutation(x: Any, random_state: Any = None) -> Any:
    """A sequence, or the numbers below ``x``, in another order."""
    return _of(random_state).permutation(x)


def randint(low: Any, high: Any = None, size: Any = None, dtype: Any = np.int32, random_state: Any = None) -> Any:
    """Whole numbers from ``low`` to below ``high``."""
    return _of(random_state).randint(low, high, size, dtype)


def random(size: Any = None, random_state: Any = None) -> Any:
    """Evenly from 0 to 1."""
    return _of(random_state).random(size)


def choice(a: Any, size: Any = None, replace: bool = True, p: Any = None, random_state: Any = None) -> Any:
    """Some of a sequence, or of the numbers below ``a``."""
    return _of(random_state).choice(a, size, replace, p)


def shuffle(a: Any, random_state: Any = None) -> Any:
    """A copy in another order."""
    copied = a.copy()
    _of(random_state).shuffle(copied)
    return copied
