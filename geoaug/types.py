"""The few words that every room uses."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]  # pixels of any dtype
Floats: TypeAlias = NDArray[np.float64]  # coordinates
Ints: TypeAlias = NDArray[np.intp]  # offsets and row numbers
Size: TypeAlias = tuple[int, int]  # (height, width), always
Matrix: TypeAlias = tuple[float, float, float, float, float, float, float, float, float]  # 3x3, row by row
Range: TypeAlias = tuple[float, float]
Limits: TypeAlias = Any  # of a parameter: what its parser takes, such as a number or a pair; it is kept as a Range
Fill: TypeAlias = "float | tuple[float, ...]"
