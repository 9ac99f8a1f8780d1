"""Several pictures in one: a window onto a grid of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs

from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.geometry.matrix import scaling, translation
from geoaug.params import between, one_of, ordered, parameter, probability, size, within
from geoaug.scene import Applied, Scene
from geoaug.steps.merge import Donor, Merge, fitting
from geoaug.targets.masks import check_size, read_picture
from geoaug.transform import Transform, transform
from geoaug.transforms.crops import start
from geoaug.transforms.overlay import key
from geoaug.transforms.pad import padding_to
from geoaug.transforms.resampling import filling, interpolating, mask_interpolating, warp
from geoaug.types import Limits, Size

if TYPE_CHECKING:
    from numpy.random import Generator

Cell = tuple[int, int, int, int]  # x_min, y_min, x_max, y_max on the canvas
FITS = ("cover", "contain")


@transform
class Mosaic(Transform):
    """Show a window onto a grid of pictures: the call's own in the largest cell in view, others that it brings along in the rest.

    The call passes the others by the name ``metadata_key``: a list of dicts, each with ``image`` and if need be ``mask`` and whatever
    rows the call itself has: ``bboxes``, ``keypoints``, ``polygons``, ``annotations``, ``masks`` of instances, label fields. Those rows
    are appended to the call's own, in the kinds of the call; filters count for them as for all rows, over their own whole way. Of
    too many pictures some are drawn; where there are too few (``[]`` or None for none), the call's own fills the cells that are left,
    rows and all. ``return_rows`` tells of a row its number among the call's own, or for a row of ``mosaic_metadata[k]`` (k, number);
    ``return_fates`` tells of the call's own rows only.

    Later transforms that look at boxes, or at masks of instances, see those of the call's own picture only. Each picture of a stack
    gets the same others beside it. A plan keeps the others' arrays without copying them, and repeats them; as JSON it cannot be stored.

    Args:
        grid_yx: How many rows and columns of pictures the grid has.
        target_size: (height, width) of the window, in pixels; at most the grid's.
        cell_shape: (height, width) of a cell of the grid, in pixels.
        center_range: Where the window lies between its first and its last place on the grid, as shares from 0 to 1, across and down.
        fit_mode: ``"cover"``: a picture is scaled until it fills a cell, what is too much is cut off on the right or below;
            ``"contain"``: until it fits into one, what is left is filled.
        interpolation: OpenCV's flag for pictures.
        mask_interpolation: OpenCV's flag for masks; nearest means the nearest pixel centre.
        fill: What stands beside a picture in its cell.
        fill_mask: The same in masks, and where one of the others has no mask.
        metadata_key: The name by which the call passes the other pictures.
        p: Probability that the transform is applied.

    Raises:
        CallError: The call passes nothing by that name.
        DataError: One of the others is not what it claims, does not go together with the picture, or lacks a label field.

    Example:
        >>> other = {"image": np.full((4, 4), 7, np.uint8)}
        >>> mosaic = A.Mosaic((1, 2), target_size=(1, 4), cell_shape=(4, 4), center_range=(0.3, 0.3), p=1)
        >>> mosaic(image=np.zeros((4, 4), np.uint8), mosaic_metadata=[other])["image"]
        array([[0, 0, 0, 7]], dtype=uint8)
    """

    grid_yx: tuple[int, int] = parameter(default=(2, 2), parse=size)
    target_size: tuple[int, int] = parameter(default=(512, 512), parse=size)
    cell_shape: tuple[int, int] = parameter(default=(512, 512), parse=size)
    center_range: Limits = parameter(default=(0.3, 0.7), parse=within(ordered, 0, 1))
    fit_mode: str = parameter(default="cover", parse=one_of(*FITS))
    interpolation: int = interpolating()
    mask_interpolation: int = mask_interpolating()
    fill: float | tuple[float, ...] = filling()
    fill_mask: float | tuple[float, ...] = filling()
    metadata_key: str = parameter(default="mosaic_metadata", parse=key)
    p: float = probability(default=0.5)

    def __attrs_post_init__(self) -> None:
        grid = self._grid
        if grid[0] < self.target_size[0] or grid[1] < self.target_size[1]:
            raise ParameterError(
                f"Mosaic: target_size={self.target_size} is larger than {grid}, which grid_yx={self.grid_yx} cells of "
                f"cell_shape={self.cell_shape} make; enlarge the cells or the grid"
            )

    @property
    def _grid(self) -> Size:
        return self.grid_yx[0] * self.cell_shape[0], self.grid_yx[1] * self.cell_shape[1]

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of what the transform reads from the call, beside its targets."""
        return (self.metadata_key,)

    def run(self, scene: Scene, rng: Generator, always: bool = False) -> Scene:
        if not (always or self.p >= 1.0 or rng.random() < self.p):
            return scene
        if scene.record is not None:
            scene.record.append(Applied(self, {}, dict(rng.bit_generator.state)))
        others = _others(self.metadata_key, scene.given(self.metadata_key, "Mosaic"), scene)
        largest, *cells = self._cells(rng)
        chosen: list[Donor | None] = [others[k] for k in rng.permutation(len(others))[: len(cells)]]
        chosen += [None] * (len(cells) - len(chosen))
        order = rng.permutation(len(cells))
        donors = [self._donor(chosen[place], cell, scene, rng) for place, cell in zip(order, cells, strict=True)]
        placed = self._onto(scene, largest, rng)
        return placed.then(Merge(tuple(donors), self.fill_mask), "Mosaic") if donors else placed

    def _cells(self, rng: Generator) -> list[Cell]:
        """Returns: The cells in view, the largest first, the rest row by row."""
        height, width = self.target_size
        x, y = (start(whole - part, between(rng, self.center_range)) for whole, part in zip(self._grid[::-1], (width, height), strict=True))
        x, y = min(x, self._grid[1] - width), min(y, self._grid[0] - height)
        rows, columns = _edges(y, height, self.cell_shape[0]), _edges(x, width, self.cell_shape[1])
        cells = [(x0, y0, x1, y1) for y0, y1 in rows for x0, x1 in columns]
        largest = max(cells, key=lambda cell: (cell[2] - cell[0]) * (cell[3] - cell[1]))
        return [largest, *(cell for cell in cells if cell != largest)]

    def _donor(self, other: Donor | None, cell: Cell, scene: Scene, rng: Generator) -> Donor:
        """Returns: One of the others, or for None the call's own picture once more, on its way into a cell."""
        if other is not None:
            return attrs.evolve(other, way=self._onto(Scene(other.size), cell, rng).steps, cell=cell)
        told: Mapping[str, Any] = {} if scene.sight is None else scene.sight.data
        data = {name: value for name, value in told.items() if name not in ("image", "mask", *self.keys)}
        mask = told.get("mask")
        mask = mask if mask is None else read_picture("mask", mask)
        return Donor("the picture again", None, scene.source, data, scene.picture, mask, self._onto(scene, cell, rng).steps, cell)

    def _onto(self, scene: Scene, cell: Cell, rng: Generator) -> Scene:
        """Returns: A scene with its picture in a cell of the canvas, and nothing around."""
        x0, y0, x1, y1 = cell
        part = (y1 - y0, x1 - x0)
        factors = [want / have for want, have in zip(self.cell_shape, scene.size, strict=True)]
        scale = max(factors) if self.fit_mode == "cover" else min(factors)
        scaled = (max(1, round(scene.size[0] * scale)), max(1, round(scene.size[1] * scale)))
        top, left = self._shown(cell)
        above, _, before, _ = padding_to(scaled, (top + part[0], left + part[1]), "center", rng)
        grown = scene.then(warp(self, scene, scaling(scaled[1] / scene.size[1], scaled[0] / scene.size[0]), scaled), "Mosaic")
        cut = warp(self, grown, translation(before - left, above - top), part)
        laid = cut.then(warp(self, Scene(part), translation(x0, y0), self.target_size))
        assert laid is not None  # pixels land on pixels in both
        # The change of size joins what comes before it; the cut stays apart, so that pictures end as sharply as cv2.resize leaves them.
        # In one warp, a picture that grows by s would mix with what lies beside it along s / 2 pixels of its edge.
        return grown.then(laid, "Mosaic", fuse=False)

    def _shown(self, cell: Cell) -> tuple[int, int]:
        """Returns: The row and column where the part of a picture begins that its cell shows: what is nearest to the canvas' middle."""
        x0, y0, x1, y1 = cell
        across, down = x0 + x1 - self.target_size[1], y0 + y1 - self.target_size[0]
        rows, columns = self.cell_shape[0] - (y1 - y0), self.cell_shape[1] - (x1 - x0)
        if across == 0 or down == 0:  # as 2.0.8 does: on an axis of the canvas, the middle of the picture
            return rows // 2, columns // 2
        return (0 if down > 0 else rows), (0 if across > 0 else columns)


def _edges(first: int, length: int, cell: int) -> list[tuple[int, int]]:
    """Returns: Where each cell in view begins and ends, for a window of a length that begins at ``first`` on the grid."""
    return list(pairwise([0, *range(cell - first % cell, length, cell), length]))


def _others(name: str, given: Any, scene: Scene) -> list[Donor]:
    """Returns: The pictures that the call brought along, not placed yet."""
    if given is None:
        return []
    if not isinstance(given, (list, tuple)):
        raise DataTypeError(f"{name}: expected a list of dicts with 'image', got {type(given).__name__}; for one picture pass [dict]")
    return [_other(f"{name}[{number}]", number, told, scene) for number, told in enumerate(given)]


def _other(name: str, number: int, told: Any, scene: Scene) -> Donor:
    if not isinstance(told, Mapping) or told.get("image") is None:
        raise DataError(f"{name}: expected a dict with 'image', a numpy array, got {told!r}"[:200])
    image = read_picture(f"{name}['image']", told["image"])
    mask = told.get("mask")
    if mask is not None:
        mask = read_picture(f"{name}['mask']", mask)
        check_size(f"{name}['mask']", mask, (image.shape[0], image.shape[1]), "its picture")
    # what changes values may change dtype and channels, too; then the pixels themselves are compared
    if scene.picture is not None and all(step.legs for step in scene.steps):
        fitting(f"{name}['image']", image, scene.picture)
    data = {str(key_): value for key_, value in told.items() if key_ not in ("image", "mask")}
    return Donor(name, number, (image.shape[0], image.shape[1]), data, image, mask)
