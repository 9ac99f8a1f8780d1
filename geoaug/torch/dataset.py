"""A COCO data set as PyTorch and torchvision's models take it, augmented as it is read."""

from __future__ import annotations

import operator
import os
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from geoaug import files
from geoaug.choose import leaves
from geoaug.coco import dataset as coco
from geoaug.coco import panoptic
from geoaug.coco.folder import image_folder
from geoaug.coco.pipeline import prepared
from geoaug.coco.work import waiting
from geoaug.compose import Compose
from geoaug.errors import CropSizeError, DataError, DataTypeError, ParameterError
from geoaug.plan import Plan
from geoaug.randomness import parse_seed
from geoaug.torch.packed import Left, Packed, Table, left_of
from geoaug.torch.targets import TARGETS, panoptic_target, target_of, without_crowds
from geoaug.torch.tensors import WHITE, image_tensor, with_channels
from geoaug.torch.workers import settle
from geoaug.transform import Transform
from geoaug.transforms.tone import ToCHW
from geoaug.types import Size

NEVER = -1  # the epoch, before anybody sets it
LARGEST = 2**63 - 1  # that tensors hold


class CocoDataset(Dataset[tuple[Any, Any]]):
    """Pictures and annotations of a COCO file, augmented together.

    A sample is a picture, float32 (channels, height, width) from 0 to 1 unless the pipeline normalises it, and a target:

    ==============  =====================================================================================================
    ``detection``   a dict as torchvision's detection models take it: ``boxes`` float32 (N, 4) as x_min, y_min, x_max, y_max,
                    ``labels`` int64 (N,), ``area`` float32 (N,), ``iscrowd`` int64 (N,), and ``image_id`` as the file has it
    ``instance``    the same and ``masks`` uint8 (N, height, width), drawn once, in the output's frame; what has no pixel there goes
    ``keypoints``   the same as detection and ``keypoints`` float32 (N, K, 3) as x, y, v, in the file's own way to count pixels
    ``semantic``    one int64 mask (height, width): 0 is background, what the pipeline fills in has its ``fill_mask``
    ``panoptic``    of a panoptic file: ``ids`` int64 (height, width), the segment that each pixel belongs to or 0 for void, ``segment_ids``
                    int64 (N,), and the same as detection of each segment that has a pixel
    ==============  =====================================================================================================

    Pictures without annotations are kept; their boxes have shape (0, 4). Crowds come with ``iscrowd`` 1: torchvision's models know no
    crowds, so train with ``crowds=False`` and evaluate with True. In semantic masks larger objects lie below smaller ones, crowds below all.

    Args:
        annotations: The COCO file, or what `geoaug.coco.dataset.load` made of it. Records that cannot be used are left out, counted in
            a warning, and named in ``problems``.
        images: The folder that its file names start from.
        pipeline: What happens to each picture; None for nothing, as in validation.
        target: ``"detection"``, ``"instance"``, ``"semantic"``, ``"keypoints"`` or ``"panoptic"``.
        seed: With a seed, here or in the pipeline, what is drawn for a sample depends on the seed, the epoch and the sample's index
            alone, for any number of workers. Without, each draw is new.
        labels: What stands for a category: ``"ids"``, the file's own; ``"contiguous"``, 1 to n in the order of the ids; or a mapping.
        crowds: Whether crowds are in the targets.
        channels: 3, 1, or None for as many as each file has; a fourth one (alpha) is dropped.
        on_error: ``"raise"``, or ``"skip"`` to let the next picture that can be used stand in for one that cannot; see ``skipped``.
        max_pixels: A picture that has more is not opened.
        segments: Of a panoptic file the folder of its PNG files; when not given, the one beside it that is named like it, or ``panoptic``.

    Raises:
        CocoError: The file cannot be used at all.
        ParameterError: An argument is not one of those, or the pipeline has a transform that no data set can serve.

    Example:
        >>> data = CocoDataset("fixtures/shapes/annotations.json", "fixtures/shapes/images", A.Compose([A.Resize(90, 120)]))
        >>> image, target = data[0]
        >>> image.shape, target["boxes"].shape
        (torch.Size([3, 90, 120]), torch.Size([3, 4]))
    """

    def __init__(
        self,
        annotations: str | Path | coco.Dataset,
        images: str | Path,
        pipeline: Compose | None = None,
        target: str = "detection",
        *,
        seed: int | None = None,
        labels: str | Mapping[Any, int] = "ids",
        crowds: bool = True,
        channels: int | None = 3,
        on_error: str = "raise",
        max_pixels: int = files.MAX_PIXELS,
        segments: str | Path | None = None,
    ) -> None:
        self.target = _one_of("target", target, TARGETS)
        self.on_error = _one_of("on_error", on_error, ("raise", "skip"))
        self.channels = _one_of("channels", channels, (3, 1, None))
        self.crowds = _one_of("crowds", crowds, (True, False))
        self.max_pixels = _pixels(max_pixels)
        self.folder = image_folder(images)
        _is_file(annotations)
        self._panoptic = None if target != "panoptic" else _panoptic(annotations, segments, max_pixels)
        read = (
            self._panoptic.dataset if self._panoptic else annotations if isinstance(annotations, coco.Dataset) else coco.load(annotations, max_pixels)
        )
        self.problems = read.problems
        self.path = read.path
        _warn_of(read, self._panoptic)
        self.images = read.images
        self.categories: dict[Any, str] = {category["id"]: str(category.get("name", category["id"])) for category in read.categories}
        self.labels = _labels(labels, read)
        self.pipeline = _pipeline(pipeline, read, seed, annotated=target != "panoptic")
        self._channels_first = any(isinstance(leaf, ToCHW) for leaf in leaves(self.pipeline.transforms))
        self._above = panoptic.highest_fill(self.pipeline.transforms)
        self._blank = _holding(self.pipeline)
        self._take(read)
        self._epoch = torch.full((1,), NEVER, dtype=torch.int64)
        self._visits = torch.zeros(len(self.images), dtype=torch.int32)
        self._failures = torch.zeros(len(self.images), dtype=torch.int32)
        self._share()

    def _take(self, read: coco.Dataset) -> None:
        """Put the annotations into arrays."""
        groups = [
            [row for row in read.annotations_of(image["id"]) if _is_somewhere(row) and (self.crowds or not row.get("iscrowd"))]
            for image in self.images
        ]
        points = self.target == "keypoints"
        sized = [bool(image.get("width") and image.get("height")) for image in self.images]
        plain = [size and all(_is_polygons(row, points) for row in rows) for size, rows in zip(sized, groups, strict=True)]
        self._table = Table.of(groups, plain, list(self.labels))
        self._labels = np.array(list(self.labels.values()), np.int64)[self._table.kinds]
        longest = [np.size(row.get("keypoints") or ()) // 3 for rows in groups for row in rows] if points else []
        named = [len(category.get("keypoints") or ()) for category in read.categories]
        self._points = max([*longest, *named], default=0)

    # --- what a loader asks for ---

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Read and augment a sample.

        Raises:
            DataError: The picture cannot be used, and ``on_error`` is ``"raise"``; the message names its file and id.
        """
        count = len(self.images)
        number = operator.index(index)
        if not -count <= number < count:
            raise IndexError(f"index {number}: the data set has {count} pictures")
        settle()
        number %= count
        key = self._key(number)
        for place in (*range(number, count), *range(number)):
            sample = self._attempt(place, key)
            if sample is not None:
                return sample
        raise DataError(f"{self.path}: none of its {count} pictures can be used; on_error='raise' says why")

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch the next samples belong to, as one says it to a distributed sampler; workers that live on hear of it.

        Without it a sample's epoch is how often it was asked for, which is the same where each epoch runs to its end in one process
        group of loaders. Call it before the loop over the loader, and not within, for workers read ahead.

        Args:
            epoch: A whole number of at least 0.
        """
        try:
            number = operator.index(epoch)
        except TypeError:
            number = NEVER
        if not 0 <= number <= LARGEST:
            raise ParameterError(f"epoch={epoch!r}: expected a whole number of at least 0" + " and of 64 bits" * (number > 0))
        self._epoch[0] = number

    @property
    def skipped(self) -> dict[Any, int]:
        """How often another picture stood in for one that cannot be used, by its id; of all workers together."""
        return {self.images[place]["id"]: int(self._failures[place]) for place in torch.nonzero(self._failures)[:, 0].tolist()}

    def _key(self, number: int) -> tuple[int, int] | None:
        """Returns: What the draw of a sample depends on, and on nothing else; None where each draw is new."""
        epochs, visits = self._counts
        epoch = int(epochs[0])
        if epoch == NEVER and self.pipeline.seed is None:
            return None
        if epoch == NEVER:
            epoch = int(visits[number])
            visits[number] += 1
        return epoch, number

    # --- one sample ---

    def _attempt(self, place: int, key: tuple[int, int] | None) -> tuple[Any, Any] | None:
        """Returns: A sample, or None where its picture cannot be used and another one may stand in."""
        try:
            return self._sample(place, key)
        except (DataError, DataTypeError, CropSizeError, MemoryError) as error:
            if self.on_error == "raise":
                raise DataError(self._told(place, error)) from error
            self._failures[place] += 1
            return None

    def _sample(self, place: int, key: tuple[int, int] | None) -> tuple[Any, Any]:
        source = waiting(self.folder, self.images[place], self.max_pixels)
        size = source.size
        picture = source if self.channels in (None, source.channels) else with_channels(source.pixels(), self.channels)
        if self._panoptic:
            return self._panoptic_sample(self._panoptic, place, picture, size, key)
        given = self._table.given(place, size)
        data: dict[str, Any] = {"image": picture, "annotations": given}
        if self.target == "semantic":
            data["mask"] = np.zeros(size, self._blank)
        out = self.pipeline(key=key, **data)
        image = image_tensor(out["image"], self._channels_first and out["annotations"] is not given)
        height, width = image.shape[1:]
        left = self._left(out["annotations"], given, size)
        rows = self._table.rows(place)
        labels, crowds = self._labels[rows][left.rows], self._table.crowds[rows][left.rows]
        made = target_of(self.target, left, labels, crowds, (height, width), self._points, out.get("mask"))
        return image, made if self.target == "semantic" else {**made, "image_id": self.images[place]["id"]}

    def _panoptic_sample(self, file: panoptic.Panoptic, place: int, picture: Any, size: Size, key: tuple[int, int] | None) -> tuple[Any, Any]:
        image_id = self.images[place]["id"]
        segments = panoptic.Segments(np.zeros(size, np.int32), [], self._above)
        if image_id in file.entries:
            found = panoptic.opened(file, image_id, size, self._above, self.max_pixels)
            if found.segments is None:
                raise DataError(f"{file.entries[image_id]['file_name']!r}: {found.problems[0][1]}")
            segments = found.segments if self.crowds else without_crowds(found.segments)
        out = self.pipeline(image=picture, mask=segments.mask, key=key)
        target = panoptic_target(segments.moved(np.asarray(out["mask"])), self.labels)
        image = image_tensor(out["image"], self._channels_first and out["mask"] is not segments.mask)
        return image, {**target, "image_id": image_id}

    def _left(self, out: Any, given: Any, size: Size) -> Left:
        if out is given:  # the pipeline did not apply, p says
            out = out.leave(Plan(size), None, None)[0] if isinstance(out, Packed) else Compose([])(size=size, annotations=out)["annotations"]
        return out if isinstance(out, Left) else left_of(out, self.target == "keypoints")

    def _told(self, place: int, error: BaseException) -> str:
        image = self.images[place]
        what = str(error) or "there is not enough memory for it"
        return (
            f"file {image['file_name']!r} of image {image['id']!r} (index {place} of {self.path}): {what}; "
            "on_error='skip' lets other pictures stand in for such ones"
        )

    # --- what workers share ---

    def _share(self) -> None:
        """Put what changes into memory that workers see too, however long they have lived; each worker has a copy of all else."""
        for shared in (self._epoch, self._visits, self._failures):
            if not shared.is_shared():  # type: ignore[no-untyped-call]  # PyTorch's
                shared.share_memory_()  # type: ignore[no-untyped-call]
        self._counts = self._epoch.numpy(), self._visits.numpy()  # the same memory, which numpy reads in a tenth of the time

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_counts"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._share()


def _one_of(name: str, value: Any, known: tuple[Any, ...]) -> Any:
    if value not in known:
        raise ParameterError(f"{name}={value!r}: expected {', '.join(map(repr, known[:-1]))} or {known[-1]!r}")
    return value


def _pixels(given: Any) -> int:
    try:
        number = operator.index(given)
    except TypeError:
        number = 0
    if number < 1:
        raise ParameterError(f"max_pixels={given!r}: expected a whole number of at least 1")
    return number


def _is_file(given: Any) -> None:
    if not isinstance(given, (str, os.PathLike, coco.Dataset, panoptic.Panoptic)):
        what = "a dict" if isinstance(given, Mapping) else repr(given)[:100]
        raise ParameterError(f"annotations={what}: expected the path of a COCO file, or what geoaug.coco.dataset.load made of it")


def _panoptic(given: Any, segments: str | Path | None, max_pixels: int) -> panoptic.Panoptic:
    return given if isinstance(given, panoptic.Panoptic) else panoptic.load_panoptic(given, segments, max_pixels)


def _warn_of(read: coco.Dataset, more: panoptic.Panoptic | None) -> None:
    """Say once what a loader will never see."""
    counts = read.images_left_out + read.annotations_left_out + (more.entries_left_out + more.segments_left_out if more else Counter())
    counts["nowhere: neither bbox nor segmentation"] = sum(not _is_somewhere(row) for row in read.annotations)
    lost = Counter({code: count for code, count in counts.items() if count and code not in coco.MILD})
    if lost:
        told = ", ".join(f"{count} x {code}" for code, count in lost.most_common())
        text = f"{os.fspath(read.path)}: records that cannot be used are left out ({told}); `problems` of the data set names each"
        warnings.warn(text, UserWarning, stacklevel=3)


def _labels(given: Any, read: coco.Dataset) -> dict[Any, int]:
    """Returns: The number that stands for each category."""
    ids = list(dict.fromkeys([*(c["id"] for c in read.categories), *(row.get("category_id") for row in read.annotations if _is_somewhere(row))]))
    if isinstance(given, Mapping):
        missing = [one for one in ids if one not in given]
        if missing:
            raise ParameterError(f"labels={given!r}: no number for category_id {missing[0]!r}; give one, or take its annotations out of the file")
        return {one: _whole(one, given[one]) for one in ids}
    if given == "contiguous":
        return {one: number for number, one in enumerate(sorted(ids, key=lambda one: (isinstance(one, str), one)), 1)}
    if given != "ids":
        raise ParameterError(f"labels={given!r}: expected 'ids', 'contiguous', or a mapping from category ids to whole numbers")
    for one in ids:
        if type(one) is not int:
            raise ParameterError(f"labels='ids': category_id {one!r} is no whole number; pass labels='contiguous', or a mapping")
        if abs(one) > LARGEST:
            raise ParameterError(f"labels='ids': category_id {one!r} does not go into 64 bits; pass labels='contiguous', or a mapping")
    if 0 in ids:
        raise ParameterError(
            "labels='ids': the file has a category 0, which is background to torchvision's models and in masks; "
            "pass labels='contiguous', or a mapping, {0: 0, …} if that is meant"
        )
    return {one: one for one in ids}


def _whole(one: Any, label: Any) -> int:
    try:
        number = operator.index(label)
    except TypeError:
        raise ParameterError(f"labels={{…}}: category_id {one!r} has {label!r}; expected a whole number") from None
    if abs(number) > LARGEST:
        raise ParameterError(f"labels={{…}}: category_id {one!r} has {label!r}, which does not go into 64 bits")
    return number


def _pipeline(given: Any, read: coco.Dataset, seed: int | None, annotated: bool) -> Compose:
    pipeline = Compose([]) if given is None else given
    if not isinstance(pipeline, Compose):
        raise ParameterError(f"pipeline={repr(given)[:100]}: expected a geoaug Compose, or None; as in geoaug.Compose([…])")
    for leaf in leaves(pipeline.transforms):
        if annotated and leaf.moves and not isinstance(leaf, Transform):  # else each picture would fail on its own, or be skipped
            name = type(getattr(leaf, "transform", leaf)).__name__  # one of Albumentations' is wrapped
            raise ParameterError(
                f"pipeline: {name} is functions for masks, boxes and keypoints, which cannot move annotations; "
                "write it as a geoaug.Transform whose draw() returns a step"
            )
        if getattr(leaf, "keys", ()):
            needed = ", ".join(f"{key}=…" for key in leaf.keys)
            raise ParameterError(
                f"pipeline: {type(leaf).__name__} needs {needed} with every call, which a data set does not bring along; take it out"
            )
    ready = prepared(pipeline, read)
    ready.return_fates = ready.return_rows = False
    if parse_seed(seed) is not None:
        ready.set_random_seed(seed)
    return ready


def _holding(pipeline: Compose) -> type[np.integer[Any]]:
    """Returns: The dtype of an empty mask that holds all that a pipeline fills in."""
    fills = [fill for leaf in leaves(pipeline.transforms) for fill in np.ravel(getattr(leaf, "fill_mask", None) or 0).tolist()]
    return np.uint8 if all(not isinstance(fill, (int, float)) or 0 <= fill <= WHITE for fill in fills) else np.int32


def _is_somewhere(row: dict[str, Any]) -> bool:
    return bool(row.get("bbox") or row.get("segmentation"))  # a caption is not


def _is_polygons(row: dict[str, Any], points: bool) -> bool:
    shape = row.get("segmentation")
    return isinstance(shape, list) and bool(shape) and not (points and row.get("keypoints"))
