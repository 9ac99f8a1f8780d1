"""Batches of picture files: a folder a class, or a table of names."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator as Walk
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.keras.generator import ImageDataGenerator
from geoaug.keras.iterators import Iterator, Workers, split_at
from geoaug.keras.pictures import COLOR_MODES, INTERPOLATIONS, in_mode, load, resized
from geoaug.keras.ranges import refuse
from geoaug.params import size as size_of
from geoaug.types import Array, Size

FORMATS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")  # Keras' but .ppm, which geoaug.files does not read
CLASS_MODES = ("categorical", "binary", "sparse", "input", None)
TABLE_MODES = (*CLASS_MODES, "multi_output", "raw")
LABELLED = ("categorical", "binary", "sparse")


@frozen
class Reading:
    """How a picture file becomes a picture.

    Args:
        size: (height, width) that comes out.
        color_mode: As ``load_img`` has it, as the next two.
        interpolation: How its size changes.
        keep_aspect_ratio: Whether it is cut to the new shape.
        on_error: ``"raise"`` or ``"skip"``.
    """

    size: Size
    color_mode: str
    interpolation: str
    keep_aspect_ratio: bool
    on_error: str

    @classmethod
    def of(cls, target_size: Any, color_mode: str, interpolation: str, keep_aspect_ratio: bool, on_error: str) -> Reading:
        """Returns: The reading that arguments mean, or an error that names the one that means none."""
        try:
            size = size_of(target_size)
        except ValueError:
            raise refuse("target_size", "(height, width) in whole pixels of at least 1", target_size) from None
        choices = {
            "color_mode": (color_mode, COLOR_MODES),
            "interpolation": (interpolation, INTERPOLATIONS),
            "on_error": (on_error, ("raise", "skip")),
        }
        for name, (given, known) in choices.items():
            if not isinstance(given, str) or given not in known:
                raise refuse(name, "one of " + ", ".join(map(repr, known)), given)
        return cls(size, color_mode, interpolation, bool(keep_aspect_ratio), on_error)

    def shape(self, data_format: str) -> tuple[int, ...]:
        """Returns: The shape of a picture in a batch."""
        channels = COLOR_MODES[self.color_mode]
        return (*self.size, channels) if data_format == "channels_last" else (channels, *self.size)


class Reader(Iterator):
    """Batches of pictures that are read when they are asked for.

    Args:
        n: As of ``Iterator``, as all but ``reading``.
        generator: What is drawn.
        reading: How files are read.
        batch_size: Pictures a batch.
        shuffle: Whether each epoch has its order.
        seed: What all depends on.
        saving: Where pictures go to look at.
        by: Who makes the batches.
    """

    def __init__(
        self, n: int, generator: ImageDataGenerator, reading: Reading, batch_size: int, shuffle: bool, seed: Any, saving: Any, by: Workers
    ) -> None:
        super().__init__(n, generator, batch_size, shuffle, seed, saving, by)
        self.reading, self.target_size, self.color_mode, self.interpolation = reading, reading.size, reading.color_mode, reading.interpolation
        self.image_shape, self.keep_aspect_ratio = reading.shape(self.data_format), reading.keep_aspect_ratio
        self.skipped: dict[str, str] = {}  # in this process; worker processes have their own, and warn

    def readable(self, rows: Array, epoch: int) -> tuple[list[Any], Array]:
        """Returns: The samples that can be read, and their numbers.

        Raises:
            DataError: One cannot be, unless ``on_error="skip"``; or none can be.
        """
        found = [(row, sample) for row in rows for sample in self._read(int(row), epoch)]
        if not found:
            raise DataError(f"none of the {len(rows)} pictures of a batch can be read; the last one: {next(reversed(self.skipped.values()))}")
        return [sample for _, sample in found], np.array([row for row, _ in found])

    def _read(self, row: int, epoch: int) -> list[Any]:
        """Returns: The sample, alone; or nothing where it cannot be read and that is to be passed over."""
        try:
            return [self.sample(row, epoch)]
        except DataError as fault:
            if self.reading.on_error == "raise":
                raise DataError(f"{fault} (picture {row} of {self.n}, epoch {epoch}; on_error='skip' leaves such pictures out)") from None
            if self.name_of(row) not in self.skipped:
                self.skipped[self.name_of(row)] = str(fault)
                warnings.warn(f"left out: {fault}", stacklevel=5)
            return []

    def sample(self, row: int, epoch: int) -> Any:
        """Returns: One picture and what belongs to it, as an epoch shows it."""
        raise TypeError(f"{type(self).__name__} has no sample()")

    def name_of(self, row: int) -> str:
        """Returns: The file of a picture."""
        raise TypeError(f"{type(self).__name__} has no name_of()")


class FileIterator(Reader):
    """Batches of files with a label each.

    Args:
        filepaths: The files.
        labels: What ``class_mode`` says of each.
        class_mode: What y is.
        classes: How many classes there are.
        generator: As of ``Reader``, as the rest.
        reading: The same.
        batch_size: The same.
        shuffle: The same.
        seed: The same.
        saving: The same.
        by: The same.
        weights: A weight for each file, or None.
    """

    def __init__(
        self, filepaths: list[str], labels: Any, class_mode: str | None, classes: int, generator: ImageDataGenerator, reading: Reading,
        batch_size: int, shuffle: bool, seed: Any, saving: Any, by: Workers, weights: Any = None,
    ) -> None:  # fmt: skip
        self.filepaths, self.labels, self.class_mode, self.num_classes, self.sample_weight = filepaths, labels, class_mode, classes, weights
        super().__init__(len(filepaths), generator, reading, batch_size, shuffle, seed, saving, by)
        self.pipeline = generator.composed(self.drawn_from)

    def name_of(self, row: int) -> str:
        return self.filepaths[row]

    def sample(self, row: int, epoch: int) -> Array:
        reading, key = self.reading, (epoch, row)
        pixels = in_mode(load(self.filepaths[row]), reading.color_mode)
        pixels = self.in_pipeline({"image": pixels}, key)["image"]
        pixels = resized(pixels, reading.size, reading.interpolation, reading.keep_aspect_ratio)
        return self.finished(self.pipeline(image=pixels.astype(self.dtype), key=key)["image"])

    def batch(self, rows: Array, epoch: int) -> Any:
        pictures, kept = self.readable(rows, epoch)
        made = np.stack(pictures).astype(self.dtype, copy=False)
        self.save(made, kept, epoch)
        if self.class_mode is None:
            return made
        y = made.copy() if self.class_mode == "input" else self._labels(kept)
        return (made, y) if self.sample_weight is None else (made, y, self.sample_weight[kept])

    def _labels(self, rows: Array) -> Any:
        if self.class_mode == "multi_output":
            return tuple(column[rows] for column in self.labels)
        if self.class_mode != "categorical":
            found = np.asarray(self.labels)[rows]
            return found if self.class_mode == "raw" else found.astype(self.dtype)
        one_hot = np.zeros((len(rows), self.num_classes), self.dtype)
        for k, row in enumerate(rows):
            one_hot[k, self.labels[row]] = 1  # of several labels, each
        return one_hot


class DirectoryIterator(FileIterator):
    """Batches of picture files, one folder a class.

    Args:
        directory: Its folders are the classes.
        image_data_generator: What is drawn.
        reading: How files are read.
        classes: Names of folders, or None for all.
        class_mode: What y is.
        batch_size: As of ``Iterator``, as the next three.
        shuffle: The same.
        seed: The same.
        saving: The same.
        follow_links: Whether folders that are links are entered.
        subset: ``"training"``, ``"validation"``, or None.
        by: Who makes the batches.
    """

    def __init__(
        self, directory: str | Path, image_data_generator: ImageDataGenerator, reading: Reading, classes: Sequence[str] | None,
        class_mode: str | None, batch_size: int, shuffle: bool, seed: int | None, saving: Any, follow_links: bool, subset: str | None, by: Workers,
    ) -> None:  # fmt: skip
        if class_mode not in CLASS_MODES:
            raise refuse("class_mode", "one of " + ", ".join(map(repr, CLASS_MODES)), class_mode)
        if not isinstance(directory, (str, os.PathLike)):
            raise DataTypeError(f"`directory` should be the name of a folder. Received: {directory!r}")
        if not os.path.isdir(directory):
            raise DataError(f"`directory` {os.fspath(directory)!r}: there is no such folder")
        self.directory, self.subset = directory, subset
        names = class_names(classes) or sorted(name for name in os.listdir(directory) if os.path.isdir(os.path.join(directory, name)))
        if class_mode == "binary" and len(names) > 2:
            raise ParameterError(f"`class_mode` = 'binary' is for two classes, there are {len(names)}: {', '.join(names)[:200]}; use 'sparse'")
        self.class_indices = {name: number for number, name in enumerate(names)}
        self.filenames: list[str] = []
        numbers: list[int] = []
        for name, number in self.class_indices.items():
            found = [os.path.join(name, file) for file in _files(os.path.join(directory, name), follow_links)]
            found = found[split_at(len(found), image_data_generator, subset)]
            self.filenames += found
            numbers += [number] * len(found)
        if not self.filenames:
            expected = f"{os.fspath(directory)}/CLASS/picture.png; it has the folders {names[:5]}"
            told = f"`directory` {os.fspath(directory)!r}: no pictures ({', '.join(FORMATS)})"
            raise DataError(f"{told} in the folders of its classes{'' if subset is None else f' for subset={subset!r}'}. Expected {expected}")
        self.classes = np.array(numbers, np.int32)
        print(f"Found {len(self.filenames)} images belonging to {len(names)} classes.")  # as Keras does
        paths = [os.path.join(directory, name) for name in self.filenames]
        super().__init__(paths, self.classes, class_mode, len(names), image_data_generator, reading, batch_size, shuffle, seed, saving, by)


def class_names(classes: Any) -> list[Any]:
    """Returns: The classes that are asked for; none where that is left open.

    Raises:
        ParameterError: They are no list of names, or one stands twice.
    """
    expected = "a list of names, each of them once"
    if isinstance(classes, (str, bytes)):
        raise refuse("classes", expected, classes)
    try:
        names = [] if classes is None else list(classes)
        once = len(set(names)) == len(names)
    except TypeError:
        once = False
    if not once:
        raise refuse("classes", expected, classes)
    return names


def _files(folder: str, follow_links: bool) -> Walk[str]:
    """Yields: Picture files in a folder and those inside, by name relative to it, in Keras' order."""
    for root, _, files in sorted(os.walk(folder, followlinks=follow_links), key=lambda found: found[0]):
        for name in sorted(files):
            if name.lower().endswith(FORMATS):
                yield os.path.relpath(os.path.join(root, name), folder)


class DataFrameIterator(FileIterator):
    """Batches of picture files that a table names.

    Args:
        table: A pandas DataFrame or a dict of columns.
        directory: What names are relative to.
        image_data_generator: What is drawn.
        reading: How files are read.
        x_col: Column of file names.
        y_col: Column of labels, or several.
        weight_col: Column of weights, or None.
        classes: Labels in the order of their numbers, or None for all.
        class_mode: What y is.
        batch_size: As of ``Iterator``, as the next three.
        shuffle: The same.
        seed: The same.
        saving: The same.
        subset: ``"training"``, ``"validation"``, or None.
        validate: Whether names of no picture file are left out.
        by: Who makes the batches.
    """

    def __init__(
        self, table: Any, directory: str | Path | None, image_data_generator: ImageDataGenerator, reading: Reading, x_col: str, y_col: Any,
        weight_col: str | None, classes: Sequence[str] | None, class_mode: str | None, batch_size: int, shuffle: bool, seed: int | None,
        saving: Any, subset: str | None, validate: bool, by: Workers,
    ) -> None:  # fmt: skip
        if class_mode not in TABLE_MODES:
            raise refuse("class_mode", "one of " + ", ".join(map(repr, TABLE_MODES)), class_mode)
        if class_mode == "multi_output" and not isinstance(y_col, list):
            raise DataTypeError(f'With class_mode="multi_output", y_col must be a list of columns. Received: {y_col!r}')
        names = _column(table, x_col, "x_col")
        if not all(isinstance(name, str) for name in names):
            raise DataTypeError(f"All values in column x_col={x_col!r} must be strings")
        paths = [os.path.join(directory or "", name) for name in names]
        rows = _picture_rows(paths, x_col) if validate else np.arange(len(paths))
        self.class_indices: dict[Any, int] = {}
        labels: Any = None
        if class_mode in LABELLED:
            rows, labels = self._numbered(_column(table, y_col, "y_col"), rows, classes, class_mode, y_col)
        rows = rows[split_at(len(rows), image_data_generator, subset)]
        if not len(rows):
            raise DataError(f"`dataframe`: no row of {len(names)} is left that has a picture file and a label")
        if class_mode in LABELLED:
            labels = [labels[row] for row in rows]
        elif class_mode == "multi_output":
            labels = [np.array(_column(table, column, "y_col"))[rows] for column in y_col]
        elif class_mode == "raw":
            labels = np.stack([np.array(_column(table, column, "y_col"))[rows] for column in y_col], axis=1) if isinstance(y_col, list) else \
                np.array(_column(table, y_col, "y_col"))[rows]  # fmt: skip
        weights = None if weight_col is None else np.array(_column(table, weight_col, "weight_col"))[rows]
        if weights is not None and weights.dtype.kind not in "iuf":
            raise DataTypeError(f"Column weight_col={weight_col!r} must be numeric")
        self.subset = subset
        self.directory, self.filenames, self.classes = directory or "", [names[row] for row in rows], labels if class_mode in LABELLED else None
        told = f" belonging to {len(self.class_indices)} classes" if class_mode in LABELLED else ""
        print(f"Found {len(rows)} {'' if validate else 'non-'}validated image filenames{told}.")  # as Keras does
        super().__init__([paths[row] for row in rows], labels, class_mode, len(self.class_indices), image_data_generator, reading, batch_size,
                         shuffle, seed, saving, by, weights)  # fmt: skip

    def _numbered(self, column: list[Any], rows: Array, classes: Any, class_mode: str, y_col: str) -> tuple[Array, dict[int, Any]]:
        """Returns: The rows that have a label that counts, and the numbers of the labels of each."""
        several = class_mode == "categorical"
        for label in column:
            if not isinstance(label, str) and not (several and isinstance(label, (list, tuple))):
                expected = "strings, lists or tuples" if several else "strings"
                raise DataTypeError(f"With class_mode={class_mode!r}, values in column y_col={y_col!r} must be {expected}. Found: {label!r}")
        split = [[label] if isinstance(label, str) else list(label) for label in column]
        names = list(dict.fromkeys(classes)) if classes else sorted({label for row in rows for label in split[row]})
        if class_mode == "binary" and len(names) != 2:
            raise ParameterError(f"`class_mode` = 'binary' is for two classes. Found {len(names)}: {', '.join(names)[:200]}")
        self.class_indices = {name: number for number, name in enumerate(names)}
        numbers = {int(row): [self.class_indices[label] for label in split[row] if label in self.class_indices] for row in rows}
        kept = np.array([row for row in rows if numbers[int(row)]], np.intp)
        return kept, numbers if several else {row: found[0] for row, found in numbers.items() if found}


def _column(table: Any, name: Any, argument: str) -> list[Any]:
    """Returns: A column as a list, or an error that names the argument that asks for it."""
    columns = list(table) if isinstance(table, Mapping) or hasattr(table, "columns") else None
    if columns is None:
        raise DataTypeError(f"`dataframe` should be a pandas DataFrame or a dict of columns. Received: {type(table).__name__}")
    counts = {column: len(values) for column, values in table.items()} if isinstance(table, Mapping) else {}
    if len(set(counts.values())) > 1:
        raise DataError(f"`dataframe` should have columns of one length. Found: {counts}")
    if name not in columns:
        raise refuse(argument, f"a column of `dataframe`, one of {columns}", name)
    return list(table[name])


def _picture_rows(paths: list[str], x_col: str) -> Array:
    rows = [row for row, path in enumerate(paths) if path.lower().endswith(FORMATS) and os.path.isfile(path)]
    if len(rows) < len(paths):
        first = paths[min(set(range(len(paths))) - set(rows))]
        lost = len(paths) - len(rows)
        warnings.warn(f'Found {lost} invalid image filename(s) in x_col="{x_col}", such as {first!r}. They will be ignored.', stacklevel=4)
    return np.array(rows, np.intp)
