"""For Hugging Face: transforms of ``datasets`` and what the image processors of ``transformers`` take.

Nothing of Hugging Face is imported here: records are dicts of lists, as ``with_transform`` and ``set_transform`` hand them over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from geoaug.compose import Compose
from geoaug.errors import DataError, DataTypeError, ParameterError
from geoaug.keras.pictures import in_mode
from geoaug.transform import Node
from geoaug.types import Array

__all__ = ["InstanceSegmentation", "ObjectDetection"]

Batch = Mapping[str, Any]
NAMES = {"category": "category_id", "category_id": "category"}  # COCO calls it otherwise; a column that has COCO's name makes room
BOX_FORMATS = ("coco", "pascal_voc")
OUTPUTS = ("records", "coco")


class Augment:
    """What the transforms of this module share: a pipeline, a processor, and who draws.

    Args:
        pipeline: A composition of geoaug, or a transform.
        processor: An image processor of ``transformers``, or anything that is called alike; None hands out what it would be given.
        image: Column of pictures.
        image_id: Column of ids, or None where there is none.
        keyed: Whether what is drawn for a picture depends on the pipeline's seed, the epoch and the picture's id alone, whichever worker
            draws it and when; ``set_epoch`` says which epoch it is.
    """

    def __init__(self, pipeline: Node, processor: Callable[..., Any] | None, image: str, image_id: str | None, keyed: bool) -> None:
        if not isinstance(pipeline, Node):
            raise DataTypeError(f"pipeline: expected a composition of geoaug, such as A.Compose([...]), got {pipeline!r}"[:200])
        if processor is not None and not callable(processor):
            raise DataTypeError(f"processor: expected an image processor, got {processor!r}"[:200])
        if keyed and image_id is None:
            raise ParameterError("keyed=True needs image_id=…, the column that tells pictures apart")
        self.pipeline = pipeline if isinstance(pipeline, Compose) else Compose([pipeline])
        self.processor, self.image, self.image_id, self.keyed = processor, image, image_id, keyed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """With ``keyed=True``, draw for this epoch from now on, and in workers that are started from now on."""
        self.epoch = epoch

    def _ids(self, batch: Batch, count: int, needed: bool) -> list[Any]:
        if self.image_id is None or not (needed or self.image_id in batch):
            return list(range(count))
        ids = list(_column(batch, self.image_id, "image_id", "; image_id=None does without, and counts"))
        if len(ids) != count:
            raise DataError(f"{self.image_id!r} has {len(ids)} entries, {self.image!r} has {count}")
        return ids

    def _key(self, image_id: Any) -> tuple[int, ...] | None:
        if not self.keyed:
            return None
        # of any kind of id, and the same in every process, which hash() is not
        return self.epoch, int.from_bytes(hashlib.blake2b(repr(image_id).encode(), digest_size=8).digest(), "big")

    def _told(self, batch: Batch, row: int, image_id: Any) -> str:
        return f"{self.image_id} {image_id!r}" if self.image_id in batch else f"row {row} of the batch"

    def _call(self, where: str, **data: Any) -> dict[str, Any]:
        """Returns: The pipeline's answer, or an error that says which picture it was."""
        try:
            return self.pipeline(**data)
        except (DataError, DataTypeError) as fault:
            raise type(fault)(f"{where}: {fault}") from None


class ObjectDetection(Augment):
    """A transform for records of objects, in the shape of the Transformers example for object detection.

    A record has a picture and ``objects``: a dict of lists (or a list of dicts) with ``bbox`` and ``category``, and if it likes ``area``,
    ``id``, ``iscrowd``, ``segmentation`` (COCO's polygons or RLE), ``keypoints``, and columns of its own. They stay row by row: what leaves
    the picture leaves all of them, what is cut gets its new box, area and shape.

    Args:
        pipeline: As of all; its ``bbox_params`` say which objects stay (``min_area``, ``min_visibility``, …).
        processor: An image processor; what it makes of the batch is the answer. None: see ``output``.
        output: Without a processor, ``"records"`` gives records as they came, pictures of the kind that they were; ``"coco"`` gives
            ``{"images": […], "annotations": [{"image_id", "annotations": […]}]}``, which image processors take. Not with a processor.
        box_format: Of ``objects["bbox"]``: ``"coco"`` (x, y, width, height) or ``"pascal_voc"``, in pixels.
        drop_invalid: Leave boxes out that are None, have no area or lie outside of the picture, in place of an error.
        image: Column of pictures: PIL images of any mode, or arrays.
        objects: Column of objects.
        image_id: Column of ids, or None to count the pictures of a batch.
        keyed: As of all.
        keep_pixel_mask: Whether ``pixel_mask`` stays in what the processor made.
        processor_options: For the processor.

    Example:
        >>> augment = ObjectDetection(A.Compose([A.HorizontalFlip(p=1)]))
        >>> batch = {"image": [np.zeros((9, 20, 3), np.uint8)], "image_id": [7], "objects": [{"bbox": [[1, 2, 3, 4]], "category": [5]}]}
        >>> augment(batch)["objects"]
        [{'bbox': [[16.0, 2.0, 3.0, 4.0]], 'category': [5]}]
    """

    def __init__(
        self,
        pipeline: Node,
        processor: Callable[..., Any] | None = None,
        output: str = "records",
        *,
        box_format: str = "coco",
        drop_invalid: bool = False,
        image: str = "image",
        objects: str = "objects",
        image_id: str | None = "image_id",
        keyed: bool = False,
        keep_pixel_mask: bool = False,
        processor_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(pipeline, processor, image, image_id, keyed)
        for name, given, known in (("output", output, OUTPUTS), ("box_format", box_format, BOX_FORMATS)):
            if given not in known:
                raise ParameterError(f"{name}={given!r}: expected one of {', '.join(map(repr, known))}")
        self.output, self.box_format, self.drop_invalid, self.objects = output, box_format, drop_invalid, objects
        self.keep_pixel_mask, self.processor_options = keep_pixel_mask, dict(processor_options or {})

    def __call__(self, batch: Batch) -> Any:
        """Returns: A batch, a dict of lists as it came, after the pipeline.

        Raises:
            DataError: A picture or an object cannot be used; the message names the picture's id and the object.
        """
        pictures, found = _columns(batch, (self.image, self.objects))
        ids = self._ids(batch, len(pictures), needed=self.keyed or self.output == "coco" or self.processor is not None)
        told = [self._told(batch, k, one) for k, one in enumerate(ids)]
        made = [self._one(*row) for row in zip(told, ids, pictures, found, strict=True)]
        images, annotations = [image for image, _ in made], [rows for _, rows in made]
        if self.processor is None and self.output == "records":
            return self._records(batch, images, annotations)
        coco = {
            "images": images,
            "annotations": [{"image_id": one, "annotations": [_plain(row, one) for row in rows]} for one, rows in zip(ids, annotations, strict=True)],
        }
        if self.processor is None:
            return coco
        result = self.processor(**coco, **{"return_tensors": "pt", **self.processor_options})
        if not self.keep_pixel_mask:
            result.pop("pixel_mask", None)
        return result

    def _one(self, where: str, image_id: Any, picture: Any, objects: Any) -> tuple[Array, list[dict[str, Any]]]:
        pixels = as_rgb(picture, where)
        rows = self._read(objects, pixels.shape[:2], where)
        out = self._call(where, image=pixels, annotations=rows, key=self._key(image_id))
        return out["image"], out["annotations"]

    def _read(self, objects: Any, size: Sequence[int], where: str) -> list[dict[str, Any]]:
        """Returns: Objects as COCO annotations, boxes x, y, width, height."""
        columns = _as_columns(objects, f"{where}: {self.objects}")
        for needed in ("bbox", "category"):
            if needed not in columns:
                raise DataError(f"{where}: {self.objects} has no {needed!r}, only {sorted(columns)}")
        counts = {name: len(values) for name, values in columns.items()}
        if len(set(counts.values())) > 1:
            raise DataError(f"{where}: {self.objects}: expected lists of one length, got {counts}")
        rows = []
        for k in range(counts["bbox"]):
            if columns["category"][k] is None and (self.processor is not None or self.output == "coco"):
                raise DataError(f"{where}: {self.objects}['category'][{k}] is None; what goes to an image processor needs one")
            row = {NAMES.get(name, name): values[k] for name, values in columns.items()}
            row["bbox"] = self._box(row["bbox"], size, f"{where}: {self.objects}['bbox'][{k}]")
            if row["bbox"] is not None:
                rows.append({name: value for name, value in row.items() if value is not None})
        return rows

    def _box(self, box: Any, size: Sequence[int], where: str) -> list[float] | None:
        """Returns: A box x, y, width, height; None for one that is to be dropped."""
        if box is None:
            if self.drop_invalid:
                return None
            raise DataError(f"{where} is None; drop_invalid=True leaves such objects out")
        try:
            numbers = [float(value) for value in box]
        except (TypeError, ValueError):
            numbers = []
        if len(numbers) != 4:
            raise DataError(f"{where}: expected four numbers, got {box!r}"[:300])
        x, y, width, height = numbers if self.box_format == "coco" else (*numbers[:2], numbers[2] - numbers[0], numbers[3] - numbers[1])
        fault = ""
        if not np.isfinite(numbers).all():
            fault = "is not finite"
        elif width <= 0 or height <= 0:
            other = BOX_FORMATS[1 - BOX_FORMATS.index(self.box_format)]
            fault = f"has a width of {width:g} and a height of {height:g} as {self.box_format!r}; if it is {other!r}, say box_format={other!r}"
        elif x + width <= 0 or y + height <= 0 or x >= size[1] or y >= size[0]:
            fault = f"lies outside of the picture of {size[1]} x {size[0]}"
        if not fault:
            return [x, y, width, height]
        if self.drop_invalid:
            return None
        raise DataError(f"{where} = {numbers} {fault}; drop_invalid=True leaves such boxes out")

    def _records(self, batch: Batch, images: list[Array], annotations: list[list[dict[str, Any]]]) -> dict[str, Any]:
        """Returns: The batch with new pictures and objects; ``width`` and ``height`` follow."""
        out = dict(batch)
        out[self.image] = [as_given(image, given) for image, given in zip(images, batch[self.image], strict=True)]
        out[self.objects] = [self._as_given(rows, given) for rows, given in zip(annotations, batch[self.objects], strict=True)]
        for axis, name in enumerate(("height", "width")):
            if name in out:
                out[name] = [image.shape[axis] for image in images]
        return out

    def _as_given(self, rows: list[dict[str, Any]], given: Any) -> Any:
        """Returns: Annotations as the objects that came: a dict of lists, or a list of dicts."""
        told = [{NAMES.get(name, name): value for name, value in row.items()} for row in rows]
        for row in told:
            if self.box_format == "pascal_voc":
                x, y, width, height = row["bbox"]
                row["bbox"] = [x, y, x + width, y + height]
        if not isinstance(given, Mapping):
            return told
        return {name: [row.get(name) for row in told] for name in given}


class InstanceSegmentation(Augment):
    """A transform for records of a picture and its instances, in the shape of the Transformers example for instance segmentation.

    ``annotation`` is a picture whose first channel has the class of each pixel, and whose second has the number of its instance.

    Args:
        pipeline: As of all.
        processor: An image processor such as Mask2Former's; the answer has what it makes of each picture: ``pixel_values``,
            ``mask_labels``, ``class_labels``, lists. None: the answer has ``images``, ``segmentation_maps`` (numbers of instances, int32) and
            ``instance_id_to_semantic_id``, one of each a picture.
        image: Column of pictures.
        annotation: Column of such annotations.
        image_id: Column of ids for messages and ``keyed``; None where there is none.
        keyed: As of all.
        processor_options: For the processor.

    Example:
        >>> augment = InstanceSegmentation(A.Compose([A.CenterCrop(4, 4)]))
        >>> batch = {"image": [np.zeros((9, 9, 3), np.uint8)], "annotation": [np.full((9, 9, 3), (5, 1, 0), np.uint8)]}
        >>> augment(batch)["instance_id_to_semantic_id"]
        [{1: 5}]
    """

    def __init__(
        self,
        pipeline: Node,
        processor: Callable[..., Any] | None = None,
        *,
        image: str = "image",
        annotation: str = "annotation",
        image_id: str | None = None,
        keyed: bool = False,
        processor_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(pipeline, processor, image, image_id, keyed)
        self.annotation, self.processor_options = annotation, dict(processor_options or {})

    def __call__(self, batch: Batch) -> dict[str, list[Any]]:
        """Returns: A batch, a dict of lists as it came, after the pipeline and the processor.

        Raises:
            DataError: A picture cannot be used; the message names it.
        """
        pictures, annotations = _columns(batch, (self.image, self.annotation))
        out: dict[str, list[Any]] = {}
        for row, (one, picture, annotation) in enumerate(zip(self._ids(batch, len(pictures), True), pictures, annotations, strict=True)):
            for name, value in self._one(self._told(batch, row, one), one, picture, annotation).items():
                out.setdefault(name, []).append(value)
        return out

    def _one(self, where: str, image_id: Any, picture: Any, annotation: Any) -> dict[str, Any]:
        pixels, labels = as_rgb(picture, where), np.asarray(annotation)
        if labels.ndim != 3 or labels.shape[2] < 2 or labels.dtype.kind not in "iu":
            told = f"{labels.dtype} of shape {labels.shape}"
            raise DataError(f"{where}: {self.annotation}: expected height x width x 2 or more, class and instance of each pixel, got {told}")
        if labels.shape[:2] != pixels.shape[:2]:
            raise DataError(f"{where}: {self.annotation} is {labels.shape[1]} x {labels.shape[0]}, the picture {pixels.shape[1]} x {pixels.shape[0]}")
        out = self._call(where, image=pixels, mask=np.ascontiguousarray(labels[..., :2]), key=self._key(image_id))
        classes, instances = out["mask"][..., 0], out["mask"][..., 1].astype(np.int32)
        pairs = np.unique(np.stack([instances.ravel(), classes.ravel()], axis=1), axis=0).tolist()
        given = {"images": out["image"], "segmentation_maps": instances, "instance_id_to_semantic_id": dict(pairs)}
        if self.processor is None:
            return given
        alone = {"images": [given["images"]], "segmentation_maps": [instances], "instance_id_to_semantic_id": given["instance_id_to_semantic_id"]}
        made = self.processor(**alone, **{"return_tensors": "pt", **self.processor_options})
        return {name: value[0] for name, value in made.items() if name != "pixel_mask"}


# --- pictures --------------------------------------------------------------------------------------------------------


def as_rgb(picture: Any, where: str) -> Array:
    """Returns: A picture as (height, width, 3): a PIL image of any mode, or an array of one to four channels. Alpha is dropped.

    PIL's mode I, which its older versions have for 16 bits, is read as 16 bits where a value is above 255. F stays float.

    Raises:
        DataTypeError: It is neither.
        DataError: It cannot be read, or has other channels.
    """
    if picture is None or isinstance(picture, (str, bytes, Mapping)):
        hint = "cast_column('image', datasets.Image()) decodes it" if picture is not None else "did the file load?"
        raise DataTypeError(f"{where}: image: expected a PIL image or an array, got {type(picture).__name__}; {hint}")
    try:
        if callable(getattr(picture, "convert", None)) and not str(getattr(picture, "mode", "")).startswith(("I", "F")):
            picture = picture.convert("RGB")
        pixels = np.asarray(picture)
        if getattr(picture, "mode", "") == "I":
            pixels = np.clip(pixels, 0, 65535).astype(np.uint16 if pixels.max(initial=0) > 255 else np.uint8)
    except (OSError, SyntaxError, ValueError) as fault:  # PIL reads a file when its pixels are asked for
        raise DataError(f"{where}: image: cannot be read: {fault}") from None
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 2, 3, 4)) or not pixels.size:
        raise DataError(f"{where}: image: expected height x width with 1 to 4 channels, got shape {pixels.shape}")
    if pixels.dtype.kind not in "iuf":
        raise DataTypeError(f"{where}: image: dtype {pixels.dtype} is no picture's")
    return in_mode(pixels, "rgb")


def as_given(image: Array, given: Any) -> Any:
    """Returns: A picture as a PIL image where one came."""
    if not callable(getattr(given, "convert", None)) or not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        return image
    from PIL import Image

    return Image.fromarray(image)


# --- columns ---------------------------------------------------------------------------------------------------------


def _column(batch: Batch, name: str, argument: str, hint: str = "") -> Any:
    if name not in batch:
        raise DataError(f"no column {name!r}, only {sorted(batch)}; name it with {argument}=…{hint}")
    return batch[name]


def _columns(batch: Any, names: tuple[str, str]) -> tuple[Any, Any]:
    """Returns: Two columns of a batch, of one length."""
    if not isinstance(batch, Mapping):
        raise DataTypeError(f"expected a batch, a dict of lists as with_transform hands it over, got {type(batch).__name__}")
    first, second = (_column(batch, name, argument) for name, argument in zip(names, ("image", "objects=… or annotation"), strict=True))
    if not isinstance(first, (list, tuple, np.ndarray)) or not isinstance(second, (list, tuple)):
        raise DataTypeError(
            f"{names[0]!r}, {names[1]!r}: expected lists, one entry a record, as with_transform hands them over, "
            f"got {type(first).__name__}, {type(second).__name__}; for one record, wrap each value in a list"
        )
    if len(first) != len(second):
        raise DataError(f"{names[0]!r} has {len(first)} entries, {names[1]!r} has {len(second)}")
    return first, second


def _as_columns(objects: Any, where: str) -> dict[str, Any]:
    """Returns: Objects as a dict of lists."""
    if isinstance(objects, Mapping):
        return dict(objects)
    if isinstance(objects, (list, tuple)) and all(isinstance(one, Mapping) for one in objects):
        names = list(dict.fromkeys(name for one in objects for name in one)) or ["bbox", "category"]
        return {name: [one.get(name) for one in objects] for name in names}
    raise DataTypeError(f"{where}: expected a dict of lists, or a list of dicts, got {objects!r}"[:300])


def _plain(row: dict[str, Any], image_id: Any) -> dict[str, Any]:
    """Returns: An annotation with all that image processors look for."""
    box = row["bbox"]
    return {**row, "image_id": image_id, "iscrowd": row.get("iscrowd", 0), "area": row.get("area", box[2] * box[3]), "bbox": list(box)}
