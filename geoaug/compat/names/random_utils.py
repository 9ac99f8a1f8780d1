"""Numbers drawn at random, as 1.x has them."""

from __future__ import annotations

from geoaug.compat.draws import choice, get_random_state, normal, permutation, poisson, rand, randint, randn, random, shuffle, uniform
from geoaug.compat.kinds import IntNumType, NumType

__all__ = [
    "IntNumType",
    "NumType",
    "choice",
    "get_random_state",
    "normal",
    "permutation",
    "poisson",
    "rand",
    "randint",
    "randn",
    "random",
    "shuffle",
    "uniform",
]
