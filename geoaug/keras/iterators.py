"""What Keras trains on: batches that are made when they are asked for, each the same whoever makes it."""

from __future__ import annotations

import os
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from keras.utils import PyDataset

from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.files import FORMATS, SPELLINGS, write_image
from geoaug.keras.generator import ImageDataGenerator, as_seed
from geoaug.keras.ranges import refuse, whole
from geoaug.params import CONSTANT
from geoaug.types import Array

if TYPE_CHECKING:
    from typing_extensions import Self

SUBSETS = ("training", "validation")
SHORT = 300  # characters of a value in a message


class Workers(NamedTuple):
    """Who makes the batches, as ``keras.utils.PyDataset`` takes it.

    Args:
        workers: How many threads or processes.
        use_multiprocessing: Whether they are processes.
        max_queue_size: How many batches wait at most.
    """

    workers: int = 1
    use_multiprocessing: bool = False
    max_queue_size: int = 10


class Iterator(PyDataset):  # type: ignore[misc]  # keras has no types
    """Batches in an order for each epoch; a batch depends on the seed, the epoch and the pictures in it, and on nothing else.

    Args:
        n: How many pictures there are.
        generator: What is drawn.
        batch_size: Pictures a batch; the last one of an epoch may have fewer.
        shuffle: Whether each epoch has an order of its own.
        seed: A whole number, or None for one that nobody has used.
        saving: Folder, prefix and format of pictures to look at; no folder for none.
        by: Who makes the batches.
    """

    def __init__(self, n: int, generator: ImageDataGenerator, batch_size: int, shuffle: bool, seed: Any, saving: Any, by: Workers) -> None:
        whole("workers", by.workers, 0)
        whole("max_queue_size", by.max_queue_size, 0)
        super().__init__(**by._asdict())
        self.n = self.samples = n
        self.image_data_generator, self.batch_size, self.shuffle, self.seed = generator, whole("batch_size", batch_size, 1), bool(shuffle), seed
        self.drawn_from = as_seed(seed)  # in each worker the same
        self.data_format, self.dtype = generator.data_format, generator.dtype
        self.save_to_dir, self.save_prefix, self.save_format = _saving(*saving)
        self.epoch = self.batch_index = 0
        self.lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, lock=threading.Lock())

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __getitem__(self, idx: int) -> Any:
        return self._batch_at(idx, self.epoch)

    def _batch_at(self, idx: int, epoch: int) -> Any:
        if not 0 <= idx < len(self):
            raise ParameterError(f"batch {idx} was asked for, there are {len(self)}, from 0 on")
        return self.batch(self.order(epoch)[self.batch_size * idx : self.batch_size * (idx + 1)], epoch)

    def order(self, epoch: int) -> Array:
        """Returns: The numbers of the pictures in the order of an epoch, shape (n,); of a seed, the order that Keras' own iterator has."""
        if not self.shuffle:
            return np.arange(self.n)
        return np.random.RandomState((self.drawn_from + epoch * len(self)) % 2**32).permutation(self.n)

    @property
    def index_array(self) -> Array:
        """The order of this epoch."""
        return self.order(self.epoch)

    @property
    def total_batches_seen(self) -> int:
        """How many batches came before the next one."""
        return self.epoch * len(self) + self.batch_index

    def set_epoch(self, epoch: int) -> None:
        """Go on with a certain epoch, as where ``fit(initial_epoch=…)`` does."""
        self.epoch, self.batch_index = whole("epoch", epoch, 0), 0

    def on_epoch_end(self) -> None:
        """The next epoch shows other variants, in another order. Keras calls this."""
        self.epoch += 1

    def reset(self) -> None:
        """Begin the epoch again."""
        self.batch_index = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        """Returns: The next batch, epoch after epoch without end, as Keras' iterators do."""
        with self.lock:
            idx, epoch = self.batch_index, self.epoch
            self.batch_index = (idx + 1) % len(self)
            if not self.batch_index:
                self.on_epoch_end()
        return self._batch_at(idx, epoch)

    def batch(self, rows: Array, epoch: int) -> Any:
        """Returns: The pictures of these numbers, as this epoch shows them, and what belongs to them."""
        raise TypeError(f"{type(self).__name__} has no batch()")

    # --- for those below ---

    def finished(self, pixels: Array) -> Array:
        """Returns: A picture with channels last as it goes into a batch."""
        generator = self.image_data_generator
        return generator.standardize(np.array(generator.back(pixels), self.dtype))

    def in_pipeline(self, data: dict[str, Any], key: tuple[int, int]) -> dict[str, Any]:
        """Returns: A picture and its mask after the user's pipeline, if there is one."""
        pipeline = self.image_data_generator.pipeline
        if pipeline is None:
            return data
        # a pipeline without a seed of its own draws from this iterator's
        return self._own_pipeline(pipeline)(**data, key=(self.drawn_from, *key))

    @staticmethod
    def _own_pipeline(pipeline: Any) -> Any:
        from geoaug.compose import Compose

        return pipeline if isinstance(pipeline, Compose) else Compose([pipeline])

    def save(self, pictures: Array, rows: Array, epoch: int) -> None:
        """Write pictures of a batch to look at, their values stretched over 0 to 255, where that is asked for."""
        if not self.save_to_dir:
            return
        prefix, kind = self.save_prefix, self.save_format
        for picture, row in zip(pictures, rows, strict=True):
            pixels = self.image_data_generator.last(picture).astype(np.float64)
            pixels -= pixels.min()
            pixels *= 255 / (pixels.max() or 1)
            write_image(Path(self.save_to_dir) / f"{prefix}_{row}_{epoch}.{kind}", pixels.astype(np.uint8), kind)


def _saving(folder: Any, prefix: str, kind: Any) -> tuple[Any, str, str]:
    """Returns: Where and how pictures are written to look at, or an error that names the argument that says nothing."""
    if not folder:
        return None, prefix, kind
    if not isinstance(folder, (str, os.PathLike)) or not os.path.isdir(folder):
        raise refuse("save_to_dir", "a folder that is there", folder)
    if SPELLINGS.get(str(kind).lower(), str(kind).lower()) not in FORMATS:
        raise refuse("save_format", "one of " + ", ".join(map(repr, FORMATS)), kind)
    return folder, prefix, str(kind).lower()


def split_at(n: int, generator: ImageDataGenerator, subset: str | None) -> slice:
    """Returns: Which of n pictures a subset has; the first share is for validation.

    Raises:
        ParameterError: There is no such subset, or nothing to split by.
    """
    if subset is None:
        return slice(0, n)
    if subset not in SUBSETS:
        raise refuse("subset", '"training" or "validation"', subset)
    if subset == "validation" and not generator._validation_split:
        raise ParameterError("`subset` = 'validation' needs `validation_split` above 0 in ImageDataGenerator; without it all are for training")
    at = int(n * generator._validation_split)
    return slice(0, at) if subset == "validation" else slice(at, n)


class NumpyArrayIterator(Iterator):
    """Batches of pictures in memory; they are not copied, and only those of a batch become floats.

    Args:
        x: Pictures, rank 4, or a pair of them and of other arrays.
        y: Labels or masks, or None.
        image_data_generator: What is drawn.
        batch_size: As of ``Iterator``.
        shuffle: The same.
        sample_weight: A weight for each picture, or None.
        seed: As of ``Iterator``.
        saving: The same.
        subset: ``"training"``, ``"validation"``, or None.
        ignore_class_split: Whether the two may have different labels.
        target: ``"labels"`` or ``"mask"``.
        by: As of ``Iterator``.
    """

    def __init__(
        self, x: Any, y: Any, image_data_generator: ImageDataGenerator, batch_size: int = 32, shuffle: bool = True, sample_weight: Any = None,
        seed: int | None = None, saving: tuple[str | None, str, str] = (None, "", "png"), subset: str | None = None,
        ignore_class_split: bool = False, target: str = "labels", by: Workers = Workers(),  # noqa: B008  it cannot be changed
    ) -> None:  # fmt: skip
        x, others = _pair(x)
        if target not in ("labels", "mask"):
            raise refuse("target", '"labels" or "mask"', target)
        self.x, self.target, self.subset = as_array(x, "x"), target, subset
        self._check_pictures(image_data_generator)
        y, sample_weight = (None if given is None else as_array(given, name) for name, given in (("y", y), ("sample_weight", sample_weight)))
        for name, given in (("y", y), ("sample_weight", sample_weight), *((f"x[1][{k}]", other) for k, other in enumerate(others))):
            if given is not None and (not given.ndim or len(given) != len(self.x)):
                raise DataError(f"`{name}` should be as long as `x`. Found: x.shape = {self.x.shape}, {name}.shape = {given.shape}")
        part = split_at(len(self.x), image_data_generator, subset)
        if subset is not None and y is not None and not ignore_class_split and target == "labels":
            _check_classes(y, int(len(y) * image_data_generator._validation_split))
        self.x, self.x_misc = self.x[part], [other[part] for other in others]
        self.y, self.sample_weight = (None if given is None else given[part] for given in (y, sample_weight))
        if target == "mask":
            self._check_masks(image_data_generator)
        if not len(self.x):
            raise DataError(f"x: there is no picture in it{'' if subset is None else f' for subset={subset!r}'}, shape {self.x.shape}")
        super().__init__(len(self.x), image_data_generator, batch_size, shuffle, seed, saving, by)
        self.pipeline = image_data_generator.composed(self.drawn_from)

    def _check_pictures(self, generator: ImageDataGenerator) -> None:
        if self.x.ndim != 4:
            raise DataError(f"x: expected pictures, rank 4, got shape {self.x.shape}; one picture is x[None], grey ones are x[..., None]")
        if self.x.dtype.kind not in "biufO":
            raise DataTypeError(f"x: dtype {self.x.dtype} holds no pixels; expected numbers such as uint8 or float32")
        channels = self.x.shape[generator.channel_axis]
        if channels not in (1, 3, 4):
            told = f'"{generator.data_format}" (channels on axis {generator.channel_axis})'
            warnings.warn(f"x: expected 1, 3 or 4 channels by the data format {told}, got shape {self.x.shape} ({channels} channels).", stacklevel=4)
        if generator.brightness_range is not None and self.x.dtype.kind == "f" and self.x.size and 0 < np.max(self.x) <= 1:
            raise DataError(
                f"brightness_range={generator.brightness_range!r} is for pictures of 0 to 255, the largest value in `x` is {np.max(self.x)}: "
                "Keras makes such pictures black. Give values of 0 to 255 and rescale=1/255"
            )

    def _check_masks(self, generator: ImageDataGenerator) -> None:
        size = self.x.shape[generator.row_axis], self.x.shape[generator.col_axis]
        if self.y is None or self.y.ndim not in (3, 4):
            raise DataError(f"`y` should be masks of shape (n, height, width) or rank 4. Found: {None if self.y is None else self.y.shape}")
        found = self.y.shape[1:] if self.y.ndim == 3 else (self.y.shape[generator.row_axis], self.y.shape[generator.col_axis])
        if tuple(found) != size:
            raise DataError(f"`y` should have masks of {size[0]} x {size[1]}, as the pictures are. Found: y.shape = {self.y.shape}")
        border = generator.ranges.border
        outside = border.fill_mask
        if border.mode == CONSTANT and self.y.dtype.kind in "iu" and np.array(outside).astype(self.y.dtype) != outside:
            raise refuse("mask_cval", f"a value that masks of {self.y.dtype} can hold", outside)

    def batch(self, rows: Array, epoch: int) -> Any:
        pictures: list[Array] = []
        masks: list[Any] = []
        for row in rows:
            picture, mask = self._sample(int(row), epoch)
            pictures.append(picture)
            masks.append(mask)
        made = stacked(pictures).astype(self.dtype, copy=False)
        self.save(made, rows, epoch)
        inputs = [made, *(other[rows] for other in self.x_misc)] if self.x_misc else made
        if self.y is None:
            return inputs
        y = np.stack(masks) if self.target == "mask" else self.y[rows]
        return (inputs, y) if self.sample_weight is None else (inputs, y, self.sample_weight[rows])

    def _sample(self, row: int, epoch: int) -> tuple[Array, Array | None]:
        generator = self.image_data_generator
        data: dict[str, Any] = {"image": generator.last(np.asarray(self.x[row]))}
        if self.target == "mask":
            mask = np.asarray(self.y[row])  # type: ignore[index]  # checked
            data["mask"] = generator.last(mask) if mask.ndim == 3 else mask
        data = self.in_pipeline(data, (epoch, row))
        data["image"] = np.asarray(data["image"], self.dtype)  # Keras reads between pixels in floats
        data = self.pipeline(**data, key=(epoch, row))
        moved = data.get("mask")
        return self.finished(data["image"]), generator.back(moved) if moved is not None and moved.ndim == 3 else moved


def stacked(pictures: list[Array]) -> Array:
    """Returns: Pictures as one array.

    Raises:
        DataError: They have several shapes.
    """
    shapes = list(dict.fromkeys(one.shape for one in pictures))
    if len(shapes) > 1:
        raise DataError(f"`pipeline` makes pictures of shape {shapes[0]} and of {shapes[1]} in one batch; end it with A.Resize(height, width)")
    return np.stack(pictures)


def as_array(given: Any, name: str) -> Any:
    """Returns: What can be indexed as it is, such as a file that numpy maps; anything else as an array.

    Raises:
        DataError: It is made of parts of several shapes.
    """
    try:
        return given if isinstance(given, np.ndarray) else np.asarray(given)
    except ValueError as problem:
        raise DataError(f"{name}: expected one array, or parts that are all of one shape: {problem}"[:SHORT]) from None


def _pair(x: Any) -> tuple[Any, list[Any]]:
    """Returns: The pictures, and arrays that came beside them in a pair."""
    if not isinstance(x, (tuple, list)) or len(x) != 2 or np.ndim(x[0]) != 4:
        return x, []
    others = x[1] if isinstance(x[1], list) else [x[1]]
    return x[0], [as_array(other, f"x[1][{k}]") for k, other in enumerate(others)]


def _check_classes(y: Any, at: int) -> None:
    if not np.array_equal(np.unique(y[:at]), np.unique(y[at:])):
        raise DataError(
            "Training and validation subsets have different classes after the split. If your arrays are sorted by the label, shuffle them; "
            "ignore_class_split=True takes them as they are"
        )
