"""Tiles of the picture that change places."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoaug.params import count, pair, parameter, probability
from geoaug.scene import Scene
from geoaug.steps.shuffle import Shuffle
from geoaug.steps.step import Step
from geoaug.transform import Transform, transform
from geoaug.transforms.dropout import splits

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class RandomGridShuffle(Transform):
    """Cut the picture into tiles, and let tiles of the same size change places at random.

    A box that the grid cuts becomes the box around its pieces, wherever they come to lie; outlines fall into parts.

    Args:
        grid: How many tiles from top to bottom, and from left to right.
        p: Probability that the transform is applied.

    Example:
        >>> out = A.RandomGridShuffle((1, 3), p=1)(image=np.uint8([[1, 2, 3]]))["image"]
        >>> sorted(out[0].tolist())
        [1, 2, 3]
    """

    grid: tuple[int, int] = parameter(default=(3, 3), parse=pair(count))
    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        rows, columns = (splits(side, parts, rng) for side, parts in zip(scene.size, self.grid, strict=True))
        tall, wide = (side.ravel() for side in np.meshgrid(np.diff(rows), np.diff(columns), indexing="ij"))
        places = np.arange(len(tall))
        for height, width in sorted(set(zip(tall.tolist(), wide.tolist(), strict=True))):
            alike = np.flatnonzero((tall == height) & (wide == width))
            places[alike] = rng.permutation(alike)
        return Shuffle(tuple(rows), tuple(columns), tuple(places.tolist()))
