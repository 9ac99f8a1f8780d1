"""A picture that waits to be opened, too: its size is known, and its pixels come when somebody asks for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoaug.types import Array, Size


class Source:
    """A picture that is read where its pixels are wanted, and smaller where fewer of them will do.

    Stands in for the array of ``image`` in a call. What it says of itself must not depend on what was read from it before.
    """

    size: Size  # (height, width) of ``pixels()``
    factors: tuple[int, ...] = ()  # by which it can be read smaller, the largest first

    @property
    def shape(self) -> Size:
        """(height, width): what every array of pixels begins its shape with."""
        return self.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the pixels."""
        return self.pixels().dtype

    @property
    def channels(self) -> int:
        """How many channels the pixels have; 1 for shape (h, w)."""
        pixels = self.pixels()
        return 1 if pixels.ndim == 2 else int(pixels.shape[2])

    def pixels(self) -> Array:
        """Returns: All of it, shape (h, w) or (h, w, c), to be read only: the next one who asks gets the same array."""
        raise NotImplementedError

    def smaller(self, factor: int) -> Array:
        """Returns: The mean of each ``factor`` x ``factor`` pixels, shape (⌈h / factor⌉, ⌈w / factor⌉) or with channels, to be read only.

        The last row and column may lie partly beyond the edge.
        """
        raise NotImplementedError

    def owns(self, pixels: Array) -> bool:
        """Returns: Whether this is the very array that others will get too."""
        raise NotImplementedError
