"""``ImageDataGenerator``: Keras' names, order, defaults and meaning, one warp for a picture and all that belongs to it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.compose import Compose
from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.keras.ranges import Drawn, Parameters, Ranges, refuse, whole
from geoaug.params import number
from geoaug.randomness import Source
from geoaug.scene import Scene
from geoaug.targets.boxes import BboxParams
from geoaug.targets.keypoints import Pairs
from geoaug.transform import Node
from geoaug.types import Array, Size

if TYPE_CHECKING:
    from geoaug.coco.dataset import Dataset
    from geoaug.keras.coco import CocoIterator
    from geoaug.keras.folders import DataFrameIterator, DirectoryIterator
    from geoaug.keras.iterators import NumpyArrayIterator

DATA_FORMATS = ("channels_last", "channels_first")
CHANNELS_FIRST = ("ToCHW", "ToTensorV2")


def keras() -> Any:
    """Returns: The package, or an error that says how to get it."""
    try:
        import keras as package
    except ImportError as missing:
        raise ParameterError(
            f"geoaug.keras needs Keras 3 and a backend for it ({missing}); pip install 'geoaug[keras]' torch, and set KERAS_BACKEND=torch"
        ) from None
    return package


class ImageDataGenerator:
    """Batches of pictures, changed anew each time that they are seen, with Keras' arguments.

    Args:
        featurewise_center: Subtract the mean that ``fit`` found, one a channel.
        samplewise_center: Subtract each picture's own mean.
        featurewise_std_normalization: Divide by the deviation that ``fit`` found.
        samplewise_std_normalization: Divide by each picture's own deviation.
        zca_whitening: Whiten by what ``fit`` found.
        zca_epsilon: Keeps whitening away from division by zero.
        rotation_range: Degrees; a turn is drawn from (-range, range).
        width_shift_range: Shift to the side: a share of the width where below 1, else pixels; an int draws whole pixels below it, a list
            one of its entries.
        height_shift_range: The same up and down, of the height.
        brightness_range: Two factors, for pictures of 0 to 255.
        shear_range: Degrees.
        zoom_range: A number z, which stands for (1 - z, 1 + z), or two factors, drawn for x and y; above 1 the picture shrinks.
        channel_shift_range: Grey levels that are added to all channels, within the values that the picture has.
        fill_mode: What lies outside: ``"constant"``, ``"nearest"``, ``"reflect"`` or ``"wrap"``.
        cval: Value outside, for ``"constant"``.
        horizontal_flip: Mirror half of the pictures left to right.
        vertical_flip: Mirror half of the pictures top to bottom.
        rescale: Factor for all values, after everything else but normalising.
        preprocessing_function: Called with each picture, rank 3, before ``rescale``.
        data_format: ``"channels_last"`` or ``"channels_first"``; Keras' own setting when not given.
        validation_split: Share of the pictures, the first ones, that ``subset="validation"`` stands for.
        interpolation_order: 0 reads the nearest pixel, 1 is linear, 2 and 3 are OpenCV's cubic, 4 and 5 its Lanczos.
        dtype: Of the pictures that come out; Keras' own setting when not given.
        pipeline: Ours: a transform or composition of geoaug that comes before Keras' ranges, on the picture as it was read.
        mask_cval: Ours: ``cval`` for masks.

    Raises:
        ParameterError: An argument is out of range; the message names it.

    Note:
        Two things are as Keras' documentation says and not as Keras 3 does: a picture that is not square turns about its own centre, and
        ``height_shift_range`` moves up and down, ``width_shift_range`` sideways (docs/keras.md).
    """

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Any = 0.0,
        height_shift_range: Any = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Array], Array] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: str | None = None,
        *,
        pipeline: Node | None = None,
        mask_cval: float = 0,
    ) -> None:
        given = {name: value for name, value in locals().items() if name != "self"}
        self.ranges = Ranges.of(given, mask_cval)
        self.zoom_range = list(self.ranges.zoom)
        self.brightness_range, self.zca_epsilon = brightness_range, _finite("zca_epsilon", zca_epsilon)
        own = ("rotation_range", "width_shift_range", "height_shift_range", "shear_range", "channel_shift_range", "fill_mode", "cval",
               "horizontal_flip", "vertical_flip", "interpolation_order")  # fmt: skip
        self.__dict__.update({name: given[name] for name in own})
        if preprocessing_function is not None and not callable(preprocessing_function):
            raise refuse("preprocessing_function", "a function of one picture", preprocessing_function)
        if pipeline is not None and not isinstance(pipeline, Node):
            raise refuse("pipeline", "a transform or composition of geoaug", pipeline)
        last = next((name for name in _names(pipeline) if name in CHANNELS_FIRST), None)
        if last is not None:  # Keras' ranges come after it, and would take rows for channels
            raise refuse("pipeline", f"without {' and '.join(CHANNELS_FIRST)}: data_format=… says where channels are", last)
        self.preprocessing_function, self.pipeline = preprocessing_function, pipeline
        self.rescale = rescale if rescale is None else _finite("rescale", rescale)
        self._normalising(featurewise_center, samplewise_center, featurewise_std_normalization, samplewise_std_normalization, zca_whitening)
        config = keras().config
        self.data_format = config.image_data_format() if data_format is None else data_format
        self.dtype = config.floatx() if dtype is None else dtype
        self._check_dtype()
        if self.data_format not in DATA_FORMATS:
            raise refuse("data_format", '"channels_last" (channel after row and column) or "channels_first"', data_format)
        if validation_split and not 0 < _finite("validation_split", validation_split) < 1:
            raise refuse("validation_split", "strictly between 0 and 1, or 0", validation_split)
        self._validation_split = validation_split
        self.channel_axis, self.row_axis, self.col_axis = (3, 1, 2) if self.data_format == "channels_last" else (1, 2, 3)
        # the one number that is taken from numpy's shared stream, so that keras.utils.set_random_seed makes a program repeatable
        self._random = Source(fresh_seed())

    def _normalising(self, center: bool, own_center: bool, std: bool, own_std: bool, zca: bool) -> None:
        """Keep what is asked for; some of it implies more, of which Keras warns."""
        told = "This ImageDataGenerator specifies `{}`, which overrides setting of `{}`."
        implied = ((zca and not center, "zca_whitening", "featurewise_center"), (zca and std, "zca_whitening", "featurewise_std_normalization"),
                   (std and not center and not zca, "featurewise_std_normalization", "featurewise_center"),
                   (own_std and not own_center, "samplewise_std_normalization", "samplewise_center"))  # fmt: skip
        for happens, by, what in implied:
            if happens:
                warnings.warn(told.format(by, what), stacklevel=3)
        self.featurewise_center, self.samplewise_center = bool(center or zca or std), bool(own_center or own_std)
        self.featurewise_std_normalization, self.samplewise_std_normalization = bool(std and not zca), bool(own_std)
        self.zca_whitening = bool(zca)
        self.mean: Array | None = None
        self.std: Array | None = None
        self.zca_whitening_matrix: Array | None = None

    def _check_dtype(self) -> None:
        try:
            kind: str = np.dtype(self.dtype).kind
        except TypeError:
            kind = "none"
        if kind not in ("i", "u", "f"):
            raise refuse("dtype", 'a kind of number, such as "float32"', self.dtype)
        if kind != "f" and self._changes_values:
            raise refuse("dtype", "a kind of float where values are rescaled or normalised", self.dtype)

    @property
    def _changes_values(self) -> bool:
        return bool(self.rescale or self.samplewise_center or self.featurewise_center)  # the rest implies one of them

    # --- one picture ---

    def get_random_transform(self, img_shape: Sequence[int], seed: int | None = None) -> Parameters:
        """Draw parameters for a picture.

        Args:
            img_shape: Shape of the picture, rank 3, in this generator's ``data_format``.
            seed: A whole number draws what Keras draws with it, but ``tx`` and ``ty``, which are in their documented places.

        Returns: A dict by Keras' names, for ``apply_transform``.
        """
        return self.ranges.draw(self._size(img_shape), self._random.generator() if seed is None else np.random.RandomState(seed))

    def apply_transform(self, x: Array, transform_parameters: Parameters) -> Array:
        """Apply given parameters.

        Args:
            x: One picture, rank 3, in this generator's ``data_format``; left alone.
            transform_parameters: By Keras' names; those that are missing change nothing.

        Returns: The picture, of the same shape.
        """
        if getattr(x, "ndim", None) != 3:
            raise DataError(f"x: expected one picture of rank 3, got shape {np.shape(x)}")
        pixels = self.last(np.asarray(x))
        scene = self.ranges.applied(Scene((pixels.shape[0], pixels.shape[1]), pixels), transform_parameters)
        assert scene.image is not None
        return self.back(np.array(scene.image) if scene.image is pixels else scene.image)

    def random_transform(self, x: Array, seed: int | None = None) -> Array:
        """Returns: A picture, rank 3, with parameters that are drawn for it."""
        return self.apply_transform(x, self.get_random_transform(np.shape(x), seed))

    def standardize(self, x: Array) -> Array:
        """Preprocess, rescale and normalise, in place where Keras does.

        Args:
            x: A picture or a batch of floats.

        Returns: The same, or what ``preprocessing_function`` made of it; floats, where whole numbers are rescaled or normalised.
        """
        if self.preprocessing_function is not None:
            made = self.preprocessing_function(x)
            if np.shape(made) != np.shape(x):
                raise DataError(f"`preprocessing_function` should return a picture of the shape that it has, {np.shape(x)}. Found: {np.shape(made)}")
            x = np.asarray(made)
        if self._changes_values and x.dtype.kind != "f":
            x = x.astype(self.dtype)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + 1e-6
        if self.featurewise_center and self._is_fit("featurewise_center", self.mean, x):
            x -= self.mean
        if self.featurewise_std_normalization and self._is_fit("featurewise_std_normalization", self.std, x):
            x /= self.std + 1e-6  # type: ignore[operator]  # it is fit
        if self.zca_whitening and self._is_fit("zca_whitening", self.zca_whitening_matrix, x):
            x = np.reshape(x.reshape(-1, int(np.prod(x.shape[-3:]))) @ self.zca_whitening_matrix, x.shape)
        return x

    @staticmethod
    def _is_fit(name: str, found: Array | None, x: Array) -> bool:
        if found is None:
            told = f"This ImageDataGenerator specifies `{name}`, but it hasn't been fit on any training data."
            warnings.warn(f"{told} Fit it first by calling `.fit(numpy_data)`.", stacklevel=3)
            return False
        one = x.shape[-3:]
        if not (len(found) == np.prod(one) if name == "zca_whitening" else _fits(np.shape(found), one)):
            raise DataError(f"`{name}`: what `.fit` found, of shape {np.shape(found)}, is not for pictures of shape {one}; fit such pictures")
        return True

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Find mean, deviation and whitening of pictures, for ``featurewise_…`` and ``zca_whitening``.

        Args:
            x: Pictures, rank 4.
            augment: Whether random changes are made before.
            rounds: How many times, each picture anew.
            seed: A whole number makes it repeatable.
        """
        pictures = np.array(x, self.dtype)
        if pictures.ndim != 4:
            raise DataError(f"x: input to `.fit()` should have rank 4, got shape {pictures.shape}")
        if not pictures.size:
            raise DataError(f"x: there is no picture in it, shape {pictures.shape}")
        rounds = whole("rounds", rounds, 1)
        if self.rescale:
            pictures *= self.rescale
        if augment:
            rng = self._random.generator() if seed is None else np.random.RandomState(seed)
            size = self._size(pictures.shape[1:])
            pictures = np.stack([self.apply_transform(one, self.ranges.draw(size, rng)) for _ in range(rounds) for one in pictures])
        axes = (0, self.row_axis, self.col_axis)
        if self.featurewise_center:
            self.mean = np.mean(pictures, axis=axes, keepdims=True)[0]
            pictures = pictures - self.mean
        if self.featurewise_std_normalization:
            self.std = np.std(pictures, axis=axes, keepdims=True)[0]
        if self.zca_whitening:
            flat = pictures.reshape(len(pictures), -1)
            u, s, _ = np.linalg.svd(flat.T, full_matrices=False)
            self.zca_whitening_matrix = (u * (np.sqrt(len(flat)) / (s + self.zca_epsilon))) @ u.T

    def _size(self, shape: Sequence[int]) -> Size:
        if len(shape) != 3:
            raise DataError(f"img_shape: expected the shape of one picture, rank 3, got {tuple(shape)}")
        return shape[self.row_axis - 1], shape[self.col_axis - 1]

    def last(self, pixels: Array) -> Array:
        """Returns: A picture of this ``data_format`` with its channels last."""
        return pixels if self.data_format == "channels_last" else np.moveaxis(pixels, 0, -1)

    def back(self, pixels: Array) -> Array:
        """Returns: A picture with channels last as this ``data_format`` has it."""
        return pixels if self.data_format == "channels_last" else np.moveaxis(pixels, -1, 0)

    def composed(self, seed: int, *before: Node, flip_pairs: Pairs | None = None, bbox_params: BboxParams | None = None) -> Compose:
        """Returns: The pipeline that draws this generator's parameters, after other nodes."""
        return Compose([*before, Drawn(self.ranges)], seed=seed, flip_pairs=flip_pairs, bbox_params=bbox_params)

    # --- batches ---

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
        *,
        target: str = "labels",
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> NumpyArrayIterator:
        """Batches of pictures in memory, or in a file that numpy maps.

        Args:
            x: Pictures, rank 4; or a pair of them and of other arrays, which come along unchanged.
            y: Labels; or masks of shape (n, height, width) or (n, height, width, channels) with ``target="mask"``.
            batch_size: Pictures a batch.
            shuffle: Whether each epoch has an order of its own.
            sample_weight: A weight for each picture.
            seed: The order and all draws depend on it; Keras' order for the same seed.
            save_to_dir: Folder for pictures as they come out, to look at.
            save_prefix: What their names begin with.
            save_format: ``"png"``, ``"jpg"``, …
            ignore_class_split: Whether training and validation may have different labels.
            subset: ``"training"`` or ``"validation"``, by ``validation_split``.
            target: Ours: what ``y`` is, ``"labels"`` or ``"mask"``, whose pixels move with the picture's, each a copy of one that was there.
            workers: Ours: of ``keras.utils.PyDataset``, as the next two.
            use_multiprocessing: Whether they are processes.
            max_queue_size: How many batches wait at most.

        Returns: A ``keras.utils.PyDataset`` of batches x, (x, y) or (x, y, sample_weight).
        """
        from geoaug.keras.iterators import NumpyArrayIterator, Workers

        return NumpyArrayIterator(
            x, y, self, batch_size, shuffle, sample_weight, seed, (save_to_dir, save_prefix, save_format), subset, ignore_class_split, target,
            Workers(workers, use_multiprocessing, max_queue_size),
        )  # fmt: skip

    def flow_from_directory(
        self,
        directory: str | Path,
        target_size: Size = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        *,
        on_error: str = "raise",
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> DirectoryIterator:
        """Batches of picture files, one folder a class.

        Args:
            directory: Its folders are the classes.
            target_size: (height, width) of the pictures that come out.
            color_mode: ``"rgb"``, ``"rgba"`` or ``"grayscale"``.
            classes: Names of the folders, in the order of their numbers; all, sorted, when not given.
            class_mode: ``"categorical"`` (one-hot), ``"binary"`` or ``"sparse"`` (numbers), ``"input"`` (the picture itself), or None.
            batch_size: Pictures a batch.
            shuffle: Whether each epoch has an order of its own.
            seed: As of ``flow``.
            save_to_dir: As of ``flow``, as the next two.
            save_prefix: What names begin with.
            save_format: The format.
            follow_links: Whether folders that are links are entered.
            subset: ``"training"`` or ``"validation"``, by ``validation_split``.
            interpolation: ``"nearest"``, ``"bilinear"``, ``"bicubic"``, ``"lanczos"``, ``"box"`` or ``"hamming"``, all as PIL has them.
            keep_aspect_ratio: Cut pictures to the new shape in place of squeezing them.
            on_error: Ours: ``"raise"``, or ``"skip"`` to leave a file out that cannot be read; ``iterator.skipped`` has it with the reason.
            workers: As of ``flow``, as the next two.
            use_multiprocessing: Whether they are processes.
            max_queue_size: How many batches wait at most.

        Returns: A ``keras.utils.PyDataset`` of batches (x, y), or x with ``class_mode=None``.
        """
        from geoaug.keras.folders import DirectoryIterator, Reading
        from geoaug.keras.iterators import Workers

        reading = Reading.of(target_size, color_mode, interpolation, keep_aspect_ratio, on_error)
        return DirectoryIterator(
            directory, self, reading, classes, class_mode, batch_size, shuffle, seed, (save_to_dir, save_prefix, save_format), follow_links, subset,
            Workers(workers, use_multiprocessing, max_queue_size),
        )  # fmt: skip

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: str | Path | None = None,
        x_col: str = "filename",
        y_col: Any = "class",
        weight_col: str | None = None,
        target_size: Size = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        *,
        keep_aspect_ratio: bool = False,
        on_error: str = "raise",
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> DataFrameIterator:
        """Batches of picture files that a table names.

        Args:
            dataframe: A pandas DataFrame, or a dict of columns.
            directory: What names in ``x_col`` are relative to.
            x_col: Column of file names.
            y_col: Column of labels; a list of columns for ``"multi_output"`` and ``"raw"``.
            weight_col: Column of weights.
            target_size: As of ``flow_from_directory``, as all that is not told here.
            color_mode: The same.
            classes: Labels in the order of their numbers; rows of other labels are left out.
            class_mode: Beside those of ``flow_from_directory``: ``"raw"`` (the column as it is) and ``"multi_output"`` (a list of columns).
            batch_size: Pictures a batch.
            shuffle: Whether each epoch has an order of its own.
            seed: As of ``flow``.
            save_to_dir: As of ``flow``.
            save_prefix: The same.
            save_format: The same.
            subset: ``"training"`` or ``"validation"``.
            interpolation: As of ``flow_from_directory``.
            validate_filenames: Leave out, with a warning, names of no picture file; False finds them when they are read.
            keep_aspect_ratio: As of ``flow_from_directory``.
            on_error: The same.
            workers: As of ``flow``.
            use_multiprocessing: The same.
            max_queue_size: The same.

        Returns: A ``keras.utils.PyDataset`` of batches.
        """
        from geoaug.keras.folders import DataFrameIterator, Reading
        from geoaug.keras.iterators import Workers

        reading = Reading.of(target_size, color_mode, interpolation, keep_aspect_ratio, on_error)
        return DataFrameIterator(
            dataframe, directory, self, reading, x_col, y_col, weight_col, classes, class_mode, batch_size, shuffle, seed,
            (save_to_dir, save_prefix, save_format), subset, validate_filenames, Workers(workers, use_multiprocessing, max_queue_size),
        )  # fmt: skip

    def flow_from_coco(
        self,
        annotations: str | Path | Dataset,
        images: str | Path,
        target: str | None = "detection",
        target_size: Size = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        subset: str | None = None,
        interpolation: str = "bilinear",
        *,
        bounding_box_format: str = "xyxy",
        max_boxes: int | None = None,
        min_visibility: float = 0.0,
        on_error: str = "raise",
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> CocoIterator:
        """Batches of the pictures of a COCO file, with what it says of them moved along. Ours; Keras has no such thing.

        Args:
            annotations: A COCO file of instances or keypoints.
            images: The folder of its pictures. Those without annotations are in the batches too.
            target: What y is, all in pixels of what comes out, padded to the longest row of the batch:

                - ``"detection"``: ``{"boxes": (b, n, 4), "labels": (b, n)}`` float32, -1 where there is no object; crowds are left out.
                - ``"instance"``: the same and ``"masks"``, (b, n, height, width) uint8.
                - ``"keypoints"``: the same as detection and ``"keypoints"``, (b, n, points, 3) as x, y, visibility.
                - ``"semantic"``: (b, height, width) int32, 0 where there is nothing, else 1 + the class; smaller objects lie on top.
                - ``"classes"``: (b, classes) float32, 1 where the picture shows the class.
                - None: x alone.
            target_size: (height, width) that comes out; the change of size and the drawn transformation are one warp.
            color_mode: ``"rgb"``, ``"rgba"`` or ``"grayscale"``.
            classes: Names of categories, in the order of their numbers; all by their ids when not given. Others are left out.
            batch_size: Pictures a batch.
            shuffle: Whether each epoch has an order of its own.
            seed: As of ``flow``.
            subset: ``"training"`` or ``"validation"``, by ``validation_split``.
            interpolation: ``"nearest"``, ``"bilinear"``, ``"bicubic"``, ``"lanczos"`` or ``"box"``, as OpenCV has them.
            bounding_box_format: ``"xyxy"``, ``"xywh"``, ``"center_xywh"``, or ``"rel_xyxy"``, ``"rel_xywh"`` in shares of the picture.
            max_boxes: A fixed n, so that each batch has the same shape; of more, the largest stay.
            min_visibility: Objects of which a smaller share is left are dropped.
            on_error: ``"raise"``, or ``"skip"`` to leave a picture out that cannot be read; ``iterator.skipped`` has it with the reason.
            workers: As of ``flow``, as the next two.
            use_multiprocessing: Whether they are processes.
            max_queue_size: How many batches wait at most.

        Returns: A ``keras.utils.PyDataset`` of batches (x, y), or x with ``target=None``. ``class_indices`` has the number of each name.
        """
        from geoaug.keras.coco import CocoIterator, Wanted
        from geoaug.keras.folders import Reading
        from geoaug.keras.iterators import Workers

        return CocoIterator(
            annotations, images, self, Reading.of(target_size, color_mode, interpolation, False, on_error),
            Wanted.of(target, bounding_box_format, max_boxes, min_visibility), classes, batch_size, shuffle, seed, subset,
            Workers(workers, use_multiprocessing, max_queue_size),
        )  # fmt: skip


def _finite(name: str, given: Any) -> float:
    try:
        return number(given)
    except ValueError:
        raise refuse(name, "a number", given) from None


def _names(node: Node | None) -> Iterator[str]:
    """Yields: The names of the transforms in a pipeline."""
    yield type(node).__name__
    within: Iterable[Any] = node if isinstance(node, Iterable) else ()
    for inner in within:
        yield from _names(inner)


def _fits(found: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(found, shape) == shape
    except ValueError:
        return False


def fresh_seed() -> int:
    """Returns: A number of numpy's shared stream, which is what ``keras.utils.set_random_seed`` sets."""
    return int(np.random.randint(2**31))  # noqa: NPY002  Keras' users set this stream


def as_seed(seed: Any) -> int:
    """Returns: The seed of an iterator: as given, or one that nobody has used."""
    if seed is None:
        return fresh_seed()
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise DataTypeError(f"`seed` should be a whole number from 0 to 2**32 - 1, or None. Received: {seed!r}")
    return int(seed)
