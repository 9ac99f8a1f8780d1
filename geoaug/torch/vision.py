"""A pipeline where torchvision's transforms stand: pictures of PIL and tv_tensors come in, and go out as what they were."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms.v2.functional import convert_bounding_box_format

from geoaug.call import TARGETS
from geoaug.choose import leaves
from geoaug.compose import Compose
from geoaug.errors import CallError, DataError, DataTypeError, ParameterError
from geoaug.targets.boxes import BboxParams
from geoaug.targets.keypoints import KeypointParams
from geoaug.torch.tensors import planes_of
from geoaug.transforms.tone import ToCHW
from geoaug.types import Array

Path = tuple[Any, ...]
ROWS = ("labels", "area", "iscrowd", "ids", "category_id", "scores", "names")
STALE = ("bbox", "segmentation")  # COCO's own fields, which nothing would move
MODES = ("L", "RGB", "RGBA")
WRAPPED = {  # what holds a place and is known by its type alone
    "boxes": "tv_tensors.BoundingBoxes(…, format=…, canvas_size=…)",
    "bboxes": "tv_tensors.BoundingBoxes(…, format=…, canvas_size=…)",
    "mask": "tv_tensors.Mask(…)",
    "masks": "tv_tensors.Mask(…)",
    "keypoints": "tv_tensors.KeyPoints(…, canvas_size=…)",
}
RECORD = ("bbox", "segmentation", "keypoints", "category_id")


class Leaf(NamedTuple):
    """A value of a sample.

    Args:
        path: Keys and numbers that lead to it.
        value: As it came.
        name: Under which the pipeline knows it.
    """

    path: Path
    value: Any
    name: str = ""


class V2Transform:
    """A pipeline in place of a ``torchvision.transforms.v2`` transform, as in ``CocoDetection(…, transforms=V2Transform(pipeline))``.

    It takes what torchvision's transforms take: a picture, or any nest of dicts, lists and tuples with a picture in it, and gives the same
    nest back. What moves: PIL pictures (L, RGB, RGBA), ``tv_tensors.Image``, ``Mask``, ``BoundingBoxes`` and ``KeyPoints``, COCO's own
    annotations as ``CocoDetection`` reads them, and where there is no such picture the first bare tensor. All else passes through.

    Where it differs from torchvision: boxes that leave the picture go, and with them their entries in ``rows``, in masks (N, height,
    width) and in key points (N, …) of the same dict. Boxes that come with masks are tight around what is left of them. ``area`` is counted
    from the masks, or else changes as its box does. Key points count pixel centres in every transform, as torchvision's flips do (x goes to
    width - 1 - x); its turns and resizes take them for continuous and move them by half a pixel and more beside what they mark.

    Args:
        pipeline: What happens. Thresholds of its ``bbox_params`` and its ``flip_pairs`` (of key points (N, K, 2)) hold.
        rows: Names of entries beside the boxes that hold one value a box.

    Raises:
        ParameterError: ``pipeline`` is no Compose, or PyTorch or torchvision is not installed.
    """

    def __init__(self, pipeline: Compose, rows: Sequence[str] = ROWS) -> None:
        if not isinstance(pipeline, Compose):
            raise ParameterError(f"pipeline={pipeline!r}: expected a geoaug Compose"[:200])
        self.pipeline, self.rows = pipeline, tuple(rows)
        self._channels_first = any(isinstance(leaf, ToCHW) for leaf in leaves(pipeline.transforms))
        self._moves = any(leaf.moves for leaf in leaves(pipeline.transforms))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.pipeline!r})"

    def __call__(self, *inputs: Any) -> Any:
        """Augment a sample.

        Args:
            inputs: A picture, a picture and its target, or one nest of both.

        Returns: As it came, a tuple for several inputs.

        Raises:
            CallError: There is no picture, or several collections of boxes.
            DataError: A part is not what it claims, or rows beside the boxes have another length.
            DataTypeError: A part that nothing would move, such as a Video or boxes with an angle.
        """
        sample = inputs[0] if len(inputs) == 1 else inputs
        found = list(_found(sample, ()))
        pictures, masks, points, records = _named(found)
        boxes = _only([leaf for leaf in found if isinstance(leaf.value, tv_tensors.BoundingBoxes)], "BoundingBoxes")
        beside = _Beside(sample, boxes, self.rows) if boxes else None
        data = {leaf.name: _array(leaf.value) for leaf in pictures} | {leaf.name: leaf.value for leaf in records}
        data |= {leaf.name: _mask(leaf.value) for leaf in masks} | {leaf.name: _points(leaf.value) for leaf in points}
        bound = [leaf.name for leaf in masks if beside is not None and beside.holds(leaf)]
        if boxes is not None:
            data["bboxes"] = _corners(boxes.value)
        self._check(data, boxes, found)
        if not pictures:
            data["size"] = next(leaf.value.canvas_size for leaf in found if hasattr(leaf.value, "canvas_size"))
        out = self._pipeline((*pictures, *masks, *points, *records), bound)(**data)
        return self._put_back(sample, out, pictures, masks, points, records, boxes, beside)

    def _check(self, data: Mapping[str, Any], boxes: Leaf | None, found: Sequence[Leaf]) -> None:
        for leaf in found:
            name = next((key for key in leaf.path if isinstance(key, str) and key in WRAPPED), None)
            if self._moves and name is not None and _is_bare(leaf, name):
                raise DataTypeError(
                    f"{_told(leaf.path[: leaf.path.index(name) + 1])} is a bare value, and would be left behind where it is; "
                    f"pass {WRAPPED[name]}, as torchvision's transforms need it too"
                )
            if isinstance(leaf.value, tv_tensors.Video):
                raise DataTypeError(f"{_told(leaf.path)}: a Video; pass its frames to the pipeline itself, as images=…")
            stated = getattr(leaf.value, "canvas_size", None)
            if stated is not None and "image" in data and tuple(stated) != data["image"].shape[:2]:
                height, width = data["image"].shape[:2]
                raise DataError(f"{_told(leaf.path)}: its canvas_size is {tuple(stated)}, the picture is {height} x {width} (height x width)")
        if not data or (set(data) == {"annotations"}):
            raise CallError("no picture: expected one of PIL, a tv_tensors.Image or a bare tensor among what is passed")

    def _pipeline(self, parts: Sequence[Leaf], bound: list[str]) -> Compose:
        """Returns: The same pipeline, for these targets; it draws from the same stream."""
        made = copy.copy(self.pipeline)
        made.additional_targets = {leaf.name: leaf.name.rstrip("0123456789") for leaf in parts if leaf.name not in TARGETS}
        made.kinds = {name: name for name in TARGETS} | made.additional_targets
        made.bbox_params = _thresholds(self.pipeline.bbox_params)
        made.keypoint_params = KeypointParams("xy", remove_invisible=False)
        made.labels = {"bboxes": (), "keypoints": ()}
        made.instances = ("bboxes", *bound) if bound else ()
        made.flip_pairs = {} if self.pipeline.flip_pairs is None else self.pipeline.flip_pairs
        made.return_rows, made.return_plan, made.return_matrix, made.return_fates, made.save_applied_params = True, False, False, False, False
        return made

    def _put_back(
        self,
        sample: Any,
        out: dict[str, Any],
        pictures: Sequence[Leaf],
        masks: Sequence[Leaf],
        points: Sequence[Leaf],
        records: Sequence[Leaf],
        boxes: Leaf | None,
        beside: _Beside | None,
    ) -> Any:
        new: dict[Path, Any] = {leaf.path: self._picture(out[leaf.name], leaf.value) for leaf in pictures}
        size = tuple(out["size"]) if not pictures else _size(new[pictures[0].path])
        rows = list(out["rows"]["bboxes"]) if boxes is not None else []
        new |= {leaf.path: out[leaf.name] for leaf in records}
        for leaf in masks:
            value = torch.as_tensor(np.asarray(out[leaf.name])).reshape(-1, *size).to(leaf.value.dtype)  # of an empty list numpy knows none
            new[leaf.path] = tv_tensors.wrap(value.reshape(*leaf.value.shape[:-3], -1, *size) if leaf.value.ndim > 2 else value[0], like=leaf.value)
        for leaf in points:
            value = torch.as_tensor(np.asarray(out[leaf.name], np.float64).reshape(leaf.value.shape)).to(leaf.value.dtype)
            value = value[rows] if beside is not None and beside.holds(leaf) else value
            new[leaf.path] = tv_tensors.wrap(value, like=leaf.value, canvas_size=size)
        if boxes is not None and beside is not None:
            moved = torch.as_tensor(np.array(out["bboxes"], np.float64).reshape(-1, 4))
            new[boxes.path] = _boxes_like(moved, boxes.value, size)
            new |= beside.left(rows, moved, [new[leaf.path] for leaf in masks if beside.holds(leaf)])
        return _rebuilt(sample, (), new)

    def _picture(self, out: Any, like: Any) -> Any:
        """Returns: A picture in the kind that it came in; one that PIL cannot hold as a ``tv_tensors.Image``."""
        if isinstance(out, torch.Tensor):
            planes = out
        elif isinstance(like, torch.Tensor) or out.dtype != np.uint8 or self._channels_first:
            planes = torch.from_numpy(out if self._channels_first else planes_of(out))
        else:
            from PIL import Image

            return Image.fromarray(out)
        if isinstance(like, tv_tensors.Image):
            return tv_tensors.wrap(planes, like=like)
        return planes if isinstance(like, torch.Tensor) else tv_tensors.Image(planes)


class _Beside:
    """The container that boxes came in, and what in it has one entry a box.

    Raises:
        DataError: An entry that should have one a box has not.
        DataTypeError: One that nothing would move.
    """

    def __init__(self, sample: Any, boxes: Leaf, names: Sequence[str]) -> None:
        self.path, self.boxes, self.count = boxes.path[:-1], boxes.value, len(boxes.value)
        parent = sample
        for key in self.path:
            parent = parent[key]
        self.entries: dict[Any, Any] = {}
        if isinstance(parent, Mapping):
            stale = [name for name in STALE if name in parent]
            if stale:
                raise DataTypeError(
                    f"{_told((*self.path, stale[0]))} would be left behind where it is: leave it out of target_keys, or pass COCO's annotations "
                    "themselves, as CocoDetection does without wrap_dataset_for_transforms_v2"
                )
            self.entries = {name: parent[name] for name in names if name in parent}
            for name in (*self.entries, "masks", "keypoints"):
                self._check(name, parent.get(name))
        elif isinstance(parent, (list, tuple)):
            self.entries = {
                k: value for k, value in enumerate(parent) if type(value) is torch.Tensor and value.ndim == 1 and len(value) == self.count
            }

    def _check(self, name: str, value: Any) -> None:
        if value is not None and (not hasattr(value, "__len__") or len(value) != self.count):
            has = f"has {len(value)} entries" if hasattr(value, "__len__") else f"is {value!r}"
            raise DataError(f"{_told((*self.path, name))} {has}, but there are {self.count} boxes; expected one a box"[:300])

    def holds(self, leaf: Leaf) -> bool:
        """Returns: Whether a mask or key points have one entry a box."""
        lone = 3 if isinstance(leaf.value, tv_tensors.Mask) else 2
        return leaf.path[:-1] == self.path and leaf.value.ndim >= lone and len(leaf.value) == self.count

    def left(self, rows: list[int], boxes: torch.Tensor, masks: Sequence[torch.Tensor]) -> dict[Path, Any]:
        """Returns: The entries of the rows that stay, by their paths; areas as they are then.

        Args:
            rows: Which ones they are.
            boxes: Where they are now, shape (N, 4) by corners.
            masks: Masks that have one entry a box, those that stay.
        """
        new = {(*self.path, name): _pick(value, rows) for name, value in self.entries.items()}
        place = (*self.path, "area")
        if place in new:
            new[place] = self._areas(new[place], rows, boxes, masks)
        return new

    def _areas(self, old: Any, rows: list[int], boxes: torch.Tensor, masks: Sequence[torch.Tensor]) -> Any:
        values = np.asarray(old, np.float64)
        if masks:
            values = torch.count_nonzero(masks[0].as_subclass(torch.Tensor).flatten(1), dim=1).double().numpy()
        else:
            before = _corners(self.boxes)[rows]
            values = values * _sides(boxes.numpy()) / np.maximum(_sides(before), 1e-9)
        return torch.as_tensor(values).to(old.dtype) if isinstance(old, torch.Tensor) else values.tolist()


# --- in --------------------------------------------------------------------------------------------------------------


def _found(node: Any, path: Path) -> Iterator[Leaf]:
    """Every value of a nest; COCO's annotations of a picture are one."""
    if _is_records(node):
        yield Leaf(path, node)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _found(value, (*path, key))
    elif isinstance(node, (list, tuple)):
        for key, value in enumerate(node):
            yield from _found(value, (*path, key))
    else:
        yield Leaf(path, node)


def _is_records(node: Any) -> bool:
    return isinstance(node, list) and bool(node) and all(isinstance(row, Mapping) and any(name in row for name in RECORD) for row in node)


def _is_pil(value: Any) -> bool:
    return type(value).__module__.startswith("PIL.") and hasattr(value, "mode")


def _is_bare(leaf: Leaf, name: str) -> bool:
    """Returns: Whether a value of that name holds places, and nothing says so."""
    value = leaf.value
    if type(value) is torch.Tensor or isinstance(value, np.ndarray):
        return value.ndim > 0 and 0 not in value.shape
    return _is_pil(value) or (isinstance(value, (int, float)) and leaf.path[-1] != name)


def _named(found: Sequence[Leaf]) -> tuple[list[Leaf], list[Leaf], list[Leaf], list[Leaf]]:
    """Returns: Pictures, masks, key points and COCO's annotations, each with a name of its own."""
    pictures = [leaf for leaf in found if isinstance(leaf.value, tv_tensors.Image) or _is_pil(leaf.value)]
    if not pictures:
        pictures = [leaf for leaf in found if type(leaf.value) is torch.Tensor and leaf.value.ndim >= 2][:1]
    masks = [leaf for leaf in found if isinstance(leaf.value, tv_tensors.Mask)]
    points = [leaf for leaf in found if isinstance(leaf.value, getattr(tv_tensors, "KeyPoints", ()))]
    records = [leaf for leaf in found if _is_records(leaf.value)]
    return (
        [leaf._replace(name=f"image{k or ''}") for k, leaf in enumerate(pictures)],
        [leaf._replace(name=("mask" if leaf.value.ndim == 2 else "masks") + str(k or "")) for k, leaf in enumerate(masks)],
        [leaf._replace(name=f"keypoints{k or ''}") for k, leaf in enumerate(points)],
        [leaf._replace(name=f"annotations{k or ''}") for k, leaf in enumerate(records)],
    )


def _only(leaves_: list[Leaf], what: str) -> Leaf | None:
    if len(leaves_) > 1:
        raise CallError(f"{what} at {' and '.join(_told(leaf.path) for leaf in leaves_)}: expected one collection a sample, as torchvision does")
    return leaves_[0] if leaves_ else None


def _array(picture: Any) -> Array:
    """Returns: A picture as an array (h, w) or (h, w, c)."""
    if isinstance(picture, torch.Tensor):
        if picture.ndim not in (2, 3):
            raise DataError(f"a picture of shape {tuple(picture.shape)}: expected (channels, height, width); transforms come before batches")
        planes = picture.as_subclass(torch.Tensor).numpy()
        return np.ascontiguousarray(planes if planes.ndim == 2 else planes.transpose(1, 2, 0))
    if picture.mode not in MODES:
        way = "call convert('RGB') on it first, or if it is a mask, pass tv_tensors.Mask(picture)"
        raise DataError(f"a picture of PIL's mode {picture.mode!r}: expected {', '.join(MODES)}; {way}")
    return np.array(picture)


def _mask(mask: torch.Tensor) -> Any:
    plain = mask.as_subclass(torch.Tensor).numpy()
    return plain if plain.ndim == 2 else list(plain.reshape(-1, *plain.shape[-2:]))


def _points(points: torch.Tensor) -> Array:
    """Returns: Key points as groups, which keep their shape, by pixel indices."""
    plain = points.as_subclass(torch.Tensor).double().numpy()
    return np.asarray(plain if plain.ndim == 3 else plain.reshape(-1, 1, 2))


def _corners(boxes: Any) -> Array:
    if boxes.shape[-1] != 4:
        raise DataTypeError(
            f"BoundingBoxes of {boxes.format.value}: boxes with an angle go through the pipeline itself, with BboxParams('oriented') "
            "and x_center, y_center, width, height, angle"
        )
    plain = boxes.as_subclass(torch.Tensor).double()
    return np.asarray(convert_bounding_box_format(plain, boxes.format, tv_tensors.BoundingBoxFormat.XYXY).numpy())


def _thresholds(params: BboxParams | None) -> BboxParams:
    """Returns: The same thresholds, for boxes by their corners, which may overhang the picture as torchvision's may."""
    given = {} if params is None else params.to_dict()
    return BboxParams(**{**given, "format": "pascal_voc", "label_fields": None, "clip": True})


# --- out -------------------------------------------------------------------------------------------------------------


def _boxes_like(corners: torch.Tensor, like: Any, size: tuple[int, ...]) -> Any:
    moved = convert_bounding_box_format(corners, tv_tensors.BoundingBoxFormat.XYXY, like.format)
    moved = moved if like.is_floating_point() else moved.round()
    return tv_tensors.wrap(moved.to(like.dtype), like=like, canvas_size=size)


def _sides(boxes: Array) -> Array:
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))


def _size(picture: Any) -> tuple[int, int]:
    height, width = picture.shape[-2:] if isinstance(picture, torch.Tensor) else picture.size[::-1]
    return int(height), int(width)


def _pick(value: Any, rows: list[int]) -> Any:
    return value[rows] if isinstance(value, (torch.Tensor, np.ndarray)) else type(value)(value[row] for row in rows)


def _rebuilt(node: Any, path: Path, new: Mapping[Path, Any]) -> Any:
    if path in new:
        return new[path]
    if isinstance(node, Mapping):
        return {key: _rebuilt(value, (*path, key), new) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        parts = [_rebuilt(value, (*path, key), new) for key, value in enumerate(node)]
        return type(node)(*parts) if hasattr(node, "_fields") else type(node)(parts)
    return node


def _told(path: Path) -> str:
    return "".join(f"[{key!r}]" for key in path) or "the sample"
