"""Pictures and masks by themselves: cut, padded, resized, turned, bent, compressed. Array in, array out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from geoaug import files
from geoaug.compat.written import size_then
from geoaug.errors import CropSizeError, DataError, ParameterError
from geoaug.geometry.matrix import about, rotation, scaling, translation
from geoaug.params import CONSTANT, LINEAR, REFLECT_101
from geoaug.raster.compression import compressed
from geoaug.scene import Scene
from geoaug.steps.warp import Border, Sampler, Warp
from geoaug.transforms.crops import start
from geoaug.transforms.distort import ElasticTransform
from geoaug.transforms.pad import padding_to
from geoaug.transforms.tone import Normalize, ToGray
from geoaug.types import Array, Matrix, Size

Paddings = tuple[int, int, int, int]
MAX_VALUES_BY_DTYPE = {np.dtype(name): value for name, value in (("uint8", 255), ("uint16", 65535), ("uint32", 2**32 - 1), ("float32", 1.0))}


def preserve_channel_dim(function: Callable[..., Array]) -> Callable[..., Array]:
    """Make a function of a picture (h, w, 1) give one where OpenCV leaves the last axis out."""

    @functools.wraps(function)
    def wrapped(img: Array, *args: Any, **given: Any) -> Array:
        out = function(img, *args, **given)
        return out[..., None] if img.ndim == 3 and img.shape[2] == 1 and out.ndim == 2 else out

    return wrapped


def preserve_shape(function: Callable[..., Array]) -> Callable[..., Array]:
    """Make a function of a picture give the shape that it took."""

    @functools.wraps(function)
    def wrapped(img: Array, *args: Any, **given: Any) -> Array:
        return function(img, *args, **given).reshape(img.shape)

    return wrapped


def maybe_process_in_chunks(process_fn: Callable[..., Array], **given: Any) -> Callable[..., Array]:
    """Make a call of OpenCV's, with its arguments by name, take any number of channels: four at a time."""

    @functools.wraps(process_fn)
    def in_chunks(img: Array, *args: Any, **more: Any) -> Array:
        if get_num_channels(img) <= 4:
            return process_fn(img, *args, **given, **more)
        parts = [np.ascontiguousarray(img[..., first : first + 4]) for first in range(0, img.shape[2], 4)]
        return np.dstack([process_fn(part, *args, **given, **more) for part in parts])

    return in_chunks


def clipped(function: Callable[..., Array]) -> Callable[..., Array]:
    """Make a function of a picture keep its dtype and its range."""

    @functools.wraps(function)
    def wrapped(img: Array, *args: Any, **given: Any) -> Array:
        return clip(function(img, *args, **given), img.dtype, MAX_VALUES_BY_DTYPE.get(img.dtype, 1.0))

    return wrapped


def clip(img: Array, dtype: Any, maxval: float = 255, *_: Any, **__: Any) -> Array:
    """Values cut to [0, maxval], as ``dtype``."""
    return np.clip(img, 0, maxval).astype(dtype)


def is_rgb_image(image: Array) -> bool:
    """Whether there are three channels."""
    return image.ndim == 3 and image.shape[2] == 3


def is_grayscale_image(image: Array) -> bool:
    """Whether there is one channel."""
    return image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 1)


def is_multispectral_image(image: Array) -> bool:
    """Whether there are channels, but neither one nor three of them."""
    return image.ndim == 3 and image.shape[2] not in (1, 3)


def get_num_channels(image: Array) -> int:
    """The number of channels."""
    return int(image.shape[2]) if image.ndim == 3 else 1


def non_rgb_error(image: Array) -> None:
    """Refuse a picture that has not three channels.

    Raises:
        DataError: It has not.
    """
    if not is_rgb_image(image):
        raise DataError(f"This transformation expects 3-channel images, got shape {image.shape}; convert it first, as ToRGB does")


def read_rgb_image(path: Any) -> Array:
    """The picture of a file as RGB, uint8, shape (h, w, 3), turned upright as its EXIF orientation says."""
    pixels = files.upright(files.read_image(path).pixels, files.probe(path).orientation)
    if pixels.dtype != np.uint8:
        pixels = (pixels >> 8).astype(np.uint8)
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., :3])


def read_bgr_image(path: Any) -> Array:
    """The picture of a file as BGR, uint8, shape (h, w, 3)."""
    return np.ascontiguousarray(read_rgb_image(path)[..., ::-1])


def read_grayscale(path: Any) -> Array:
    """The picture of a file in grey, uint8, shape (h, w)."""
    grey: Array = ToGray(num_output_channels=1, p=1)(image=read_rgb_image(path))["image"]
    return grey.reshape(grey.shape[:2])


def crop(img: Array, x_min: int, y_min: int, x_max: int, y_max: int) -> Array:
    """The part of a picture between edges in pixels, as a view.

    Raises:
        ParameterError: The edges are not in order, or beyond the picture.
    """
    height, width = img.shape[:2]
    if not (0 <= x_min < x_max <= width and 0 <= y_min < y_max <= height):
        raise ParameterError(
            f"We should have x_min < x_max and y_min < y_max, inside of the picture of {height} x {width} (height x width); "
            f"got x_min = {x_min}, y_min = {y_min}, x_max = {x_max}, y_max = {y_max}"
        )
    return img[y_min:y_max, x_min:x_max]


def clamping_crop(img: Array, x_min: int, y_min: int, x_max: int, y_max: int) -> Array:
    """The part of a picture between edges in pixels, which may lie beyond it, as 1.x has it: never the last row and column."""
    height, width = img.shape[:2]
    return img[max(int(y_min), 0) : int(min(y_max, height - 1)), max(int(x_min), 0) : int(min(x_max, width - 1))]


def get_crop_coords(image_shape: Sequence[int], crop_shape: Sequence[int], h_start: float, w_start: float) -> Paddings:
    """x_min, y_min, x_max, y_max of a part of given (height, width), for shares from 0 to 1 of the room that it has."""
    height, width = (min(part, whole) for part, whole in zip(crop_shape[:2], image_shape[:2], strict=True))
    top, left = start(image_shape[0] - height, h_start), start(image_shape[1] - width, w_start)
    return left, top, left + width, top + height


def get_random_crop_coords(height: int, width: int, crop_height: int, crop_width: int, h_start: float, w_start: float) -> Paddings:
    """The same as 1.x has it."""
    return get_crop_coords((height, width), (crop_height, crop_width), h_start, w_start)


def get_center_crop_coords(*given: Any) -> Paddings:
    """x_min, y_min, x_max, y_max of the part in the middle.

    Args:
        given: The picture's (height, width) and the part's, or four numbers as in 1.x.
    """
    (height, width), (part_height, part_width) = (given[:2], given[2:]) if len(given) == 4 else (given[0][:2], given[1][:2])
    top, left = (height - part_height) // 2, (width - part_width) // 2
    return left, top, left + part_width, top + part_height


def _check_fits(img: Array, part: Size) -> None:
    height, width = img.shape[:2]
    if part[0] > height or part[1] > width:
        raise CropSizeError(f"Requested crop size {part} is larger than the image size ({height}, {width}); pad the picture first")


def random_crop(img: Array, crop_height: int, crop_width: int, h_start: float, w_start: float) -> Array:
    """A part of given size, for shares from 0 to 1 of the room that it has, as 1.x has it."""
    _check_fits(img, (crop_height, crop_width))
    return crop(img, *get_crop_coords(img.shape, (crop_height, crop_width), h_start, w_start))


def center_crop(img: Array, crop_height: int, crop_width: int) -> Array:
    """The part in the middle, as 1.x has it."""
    _check_fits(img, (crop_height, crop_width))
    return crop(img, *get_center_crop_coords(img.shape, (crop_height, crop_width)))


def _moved(img: Array, matrix: Matrix, size: Size, interpolation: int = LINEAR, border_mode: int = CONSTANT, fill: Any = 0) -> Array:
    step = Warp.of(matrix, (img.shape[0], img.shape[1]), size, Sampler(interpolation), Border(border_mode, 0 if fill is None else fill))
    return step.image(img)


def resize(img: Array, *size: Any, interpolation: int = LINEAR, **named: Any) -> Array:
    """A picture stretched to a size.

    Args:
        img: Shape (h, w) or (h, w, c).
        size: ``height, width`` as in 1.x, or (height, width) as in 2.x; the interpolation may follow.
        interpolation: OpenCV's flag.
        named: ``height`` and ``width``, or ``target_shape``.
    """
    named = {{"height": "rows", "width": "cols", "target_shape": "shape"}.get(name, name): value for name, value in named.items()}
    to, more = size_then(size, named, ("interpolation",))
    height, width = img.shape[:2]
    return img if to == (height, width) else _moved(img, scaling(to[1] / width, to[0] / height), to, more.get("interpolation", interpolation))


def scale(img: Array, scale: float, interpolation: int = LINEAR) -> Array:
    """A picture stretched by a factor, its sides cut to whole pixels."""
    return resize(img, (int(img.shape[0] * scale), int(img.shape[1] * scale)), interpolation)


def rotate(img: Array, angle: float, interpolation: int = LINEAR, border_mode: int = REFLECT_101, value: Any = None) -> Array:
    """A picture turned about its middle, degrees counter-clockwise as seen, as 1.x has it."""
    height, width = img.shape[:2]
    return _moved(img, about(rotation(angle), width / 2, height / 2), (height, width), interpolation, border_mode, value)


def pad_with_params(
    img: Array, h_pad_top: int, h_pad_bottom: int, w_pad_left: int, w_pad_right: int, border_mode: int = REFLECT_101, value: Any = None
) -> Array:
    """A picture with a border of given widths."""
    size = img.shape[0] + h_pad_top + h_pad_bottom, img.shape[1] + w_pad_left + w_pad_right
    return _moved(img, translation(w_pad_left, h_pad_top), size, border_mode=border_mode, fill=value)


def pad(img: Array, min_height: int, min_width: int, border_mode: int = REFLECT_101, value: Any = None) -> Array:
    """A picture with a border all around, up to a size."""
    return pad_with_params(img, *get_padding_params(img.shape, min_height, min_width, None, None), border_mode, value)


def _padding(length: int, least: int | None, divisor: int | None) -> tuple[int, int]:
    missing = max((least or 0) - length, 0) if divisor is None else -length % divisor
    return missing // 2, missing - missing // 2


def get_padding_params(
    image_shape: Sequence[int], min_height: int | None, min_width: int | None, pad_height_divisor: int | None, pad_width_divisor: int | None
) -> Paddings:
    """Pixels above, below, left and right that bring a picture to a size, or to multiples of numbers."""
    height, width = image_shape[:2]
    return *_padding(height, min_height, pad_height_divisor), *_padding(width, min_width, pad_width_divisor)


def adjust_padding_by_position(h_top: int, h_bottom: int, w_left: int, w_right: int, position: Any, py_random: Any = None) -> Paddings:
    """Pixels above, below, left and right, shared out for where the picture is to lie.

    Args:
        h_top: Pixels above it in the middle.
        h_bottom: Below.
        w_left: On the left.
        w_right: On the right.
        position: ``"center"``, ``"top_left"``, ``"top_right"``, ``"bottom_left"``, ``"bottom_right"`` or ``"random"``.
        py_random: Has ``randint(low, high)``, both included; for ``"random"``.
    """
    where, rows, columns = getattr(position, "value", position), h_top + h_bottom, w_left + w_right
    if where == "center":
        return h_top, h_bottom, w_left, w_right
    if where == "random":
        top, left = py_random.randint(0, rows), py_random.randint(0, columns)
        return top, rows - top, left, columns - left
    if where not in ("top_left", "top_right", "bottom_left", "bottom_right"):
        raise ParameterError(f"Unknown position: {position}")
    return padding_to((0, 0), (rows, columns), where, np.random.default_rng(0))  # nothing is drawn for a corner


def hflip(img: Array) -> Array:
    """Left and right exchanged."""
    return np.ascontiguousarray(img[:, ::-1])


def vflip(img: Array) -> Array:
    """Top and bottom exchanged."""
    return np.ascontiguousarray(img[::-1])


def transpose(img: Array) -> Array:
    """Rows and columns exchanged, as a view."""
    return img.swapaxes(0, 1)


def rot90(img: Array, factor: int) -> Array:
    """Quarter turns, counter-clockwise as seen."""
    return np.ascontiguousarray(np.rot90(img, factor))


def elastic_transform(
    img: Array,
    alpha: float,
    sigma: float,
    alpha_affine: float = 0.0,
    interpolation: int = LINEAR,
    border_mode: int = REFLECT_101,
    value: Any = None,
    random_state: Any = None,
    approximate: bool = False,
    same_dxdy: bool = False,
) -> Array:
    """A picture bent like rubber, as 1.x has it.

    Args:
        img: Shape (h, w) or (h, w, c).
        alpha: As of ``ElasticTransform``.
        sigma: As of ``ElasticTransform``.
        alpha_affine: As of ``ElasticTransform``.
        interpolation: OpenCV's flag.
        border_mode: OpenCV's border mode.
        value: The constant border's value.
        random_state: A ``RandomState``, or a number: the same for a picture and its mask bends them alike.
        approximate: As of ``ElasticTransform``.
        same_dxdy: As of ``ElasticTransform``.
    """
    drawn = random_state.randint(0, 2**31 - 1) if hasattr(random_state, "randint") else random_state
    how = ElasticTransform(
        alpha, sigma, interpolation, approximate, same_dxdy,
        border_mode=border_mode, fill=0 if value is None else value, p=1, alpha_affine=alpha_affine,
    )  # fmt: skip
    return how.draw(Scene((img.shape[0], img.shape[1])), np.random.default_rng(drawn)).image(img)


def image_compression(img: Array, quality: int, image_type: str = ".jpg") -> Array:
    """A picture as it comes back from a file of a quality; ``image_type`` is ``".jpg"`` or ``".webp"``."""
    if image_type not in (".jpg", ".jpeg", ".webp"):
        raise ParameterError(f"image_type={image_type!r}: ImageCompression supports only '.jpg' and '.webp'")
    return compressed(img, "webp" if image_type == ".webp" else "jpeg", int(quality))


def normalize(img: Array, mean: Any, std: Any, max_pixel_value: float = 255.0) -> Array:
    """A picture less ``mean``, divided by ``std``, both as shares of ``max_pixel_value``: float32."""
    step = Normalize(mean=tuple(np.ravel(mean)), std=tuple(np.ravel(std)), max_pixel_value=max_pixel_value, p=1)
    out: Array = step(image=img)["image"]
    return out


def img_to_tensor(im: Array, normalize: Any = None) -> Any:
    """A picture as a tensor of float32, channels first, uint8 divided by 255, as 1.x has it.

    Args:
        im: Shape (h, w, c).
        normalize: ``{"mean": …, "std": …}``, one number a channel, applied after the division.
    """
    from geoaug.torch import as_tensors

    values = np.moveaxis(im / (255.0 if im.dtype == np.uint8 else 1), -1, 0).astype(np.float32)
    if normalize is not None:
        mean, std = (np.asarray(normalize[name], np.float32)[:, None, None] for name in ("mean", "std"))
        values = (values - mean) / std
    return as_tensors("image", values, False)


def mask_to_tensor(mask: Array, num_classes: int, sigmoid: bool) -> Any:
    """A mask as a tensor, as 1.x has it.

    Args:
        mask: Shape (h, w) or (h, w, classes).
        num_classes: One class gives (1, h, w) in float32.
        sigmoid: Of several classes, planes in float32; else (h, w) in int64: the last class above 0, of a lone plane above 127 as 1.
    """
    from geoaug.torch import as_tensors

    share = mask / (255.0 if mask.dtype == np.uint8 else 1)
    if num_classes <= 1:
        out = share[None].astype(np.float32)
    elif sigmoid:
        out = np.moveaxis(share, -1, 0).astype(np.float32)
    elif mask.ndim == 3:
        out = np.zeros(mask.shape[:2], np.int64)
        for number in range(mask.shape[2]):
            out[mask[..., number] > 0] = number
    else:
        out = (mask > 127).astype(np.int64)
    return as_tensors("image", out, False)
