"""Flips and quarter turns: pixels land on pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoaug.geometry.matrix import TRANSPOSE, chain, flip_x, flip_y, quarter_turns
from geoaug.params import probability
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.warp import Warp
from geoaug.transform import Transform, transform

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class HorizontalFlip(Transform):
    """Exchange left and right.

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> A.HorizontalFlip(p=1)(image=np.uint8([[1, 2, 3]]))["image"]
        array([[3, 2, 1]], dtype=uint8)
    """

    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Warp.whole(flip_x(scene.size[1]), scene.size, scene.size)


@transform
class VerticalFlip(Transform):
    """Exchange top and bottom.

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> A.VerticalFlip(p=1)(image=np.uint8([[1], [2]]))["image"]
        array([[2],
               [1]], dtype=uint8)
    """

    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Warp.whole(flip_y(scene.size[0]), scene.size, scene.size)


@transform
class Transpose(Transform):
    """Exchange rows and columns: a mirror along the diagonal.

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> A.Transpose(p=1)(image=np.uint8([[1, 2], [3, 4]]))["image"]
        array([[1, 3],
               [2, 4]], dtype=uint8)
    """

    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Warp.whole(TRANSPOSE, scene.size, scene.size[::-1])


@transform
class RandomRotate90(Transform):
    """Turn by none to three quarters, counter-clockwise as seen.

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> A.RandomRotate90(p=1)(image=np.zeros((4, 4), np.uint8))["image"].shape
        (4, 4)
    """

    p: float = probability(default=1)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        times = int(rng.integers(4))
        size = scene.size[::-1] if times % 2 else scene.size
        return Warp.whole(quarter_turns(times, scene.size), scene.size, size)


@transform
class Flip(Transform):
    """Exchange left and right, or top and bottom, or both: one of the three, evenly. (A name of Albumentations 1.x.)

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> A.Flip(p=1)(image=np.zeros((4, 6), np.uint8))["image"].shape
        (4, 6)
    """

    p: float = probability(default=0.5)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        across, down = flip_x(scene.size[1]), flip_y(scene.size[0])
        matrix = (across, down, chain(across, down))[int(rng.integers(3))]
        return Warp.whole(matrix, scene.size, scene.size)


def one_of_eight(scene: Scene, rng: Generator) -> Warp:
    """Returns: One of the eight symmetries of a square, each as likely: none to three quarter turns, transposed after that or not."""
    times, mirrored = divmod(int(rng.integers(8)), 2)
    matrix = quarter_turns(times, scene.size)
    if mirrored:
        matrix = chain(matrix, TRANSPOSE)
    return Warp.whole(matrix, scene.size, scene.size if times % 2 == mirrored else scene.size[::-1])


@transform
class D4(Transform):
    """Turn by quarters and mirror: one of the eight symmetries of a square, each as likely.

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> A.D4()(image=np.zeros((4, 4), np.uint8))["image"].shape
        (4, 4)
    """

    p: float = probability(default=1)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return one_of_eight(scene, rng)


@transform
class SquareSymmetry(D4):
    """Turn by quarters and mirror: one of the eight symmetries of a square, each as likely. (``D4`` by another name.)

    Args:
        p: Probability that the transform is applied.

    Example:
        >>> A.SquareSymmetry()(image=np.zeros((4, 4), np.uint8))["image"].shape
        (4, 4)
    """
