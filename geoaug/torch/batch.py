"""Samples put together into a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils.data import default_collate

from geoaug.errors import DataError


def collate(batch: Sequence[tuple[Any, Any]], stack: bool = False) -> tuple[Any, Any]:
    """Put samples of a `CocoDataset` together, for ``DataLoader(collate_fn=collate)``.

    Args:
        batch: Pairs of a picture and its target.
        stack: Make one tensor (batch, channels, height, width) of the pictures; ``functools.partial(collate, stack=True)`` for a loader.

    Returns: A list of pictures and a list of targets, as torchvision's detection models take them. Where targets are masks, one tensor
        of the pictures and one (batch, height, width) of the masks.

    Raises:
        DataError: Pictures that are to be one tensor have different sizes.
    """
    images, targets = [image for image, _ in batch], [target for _, target in batch]
    masks = bool(targets) and isinstance(targets[0], torch.Tensor)
    if not (stack or masks):
        return images, targets
    sizes = list(dict.fromkeys(tuple(image.shape) for image in images))
    if len(sizes) > 1:
        one, other = sizes[:2]
        if one[0] != other[0]:
            raise DataError(f"pictures of {one[0]} and {other[0]} channels in one batch; pass channels=3 or channels=1 to the data set")
        raise DataError(
            f"pictures of {one[1]} x {one[2]} and {other[1]} x {other[2]} (height x width) in one batch: let the pipeline end with one size, "
            "by Resize(height, width), LetterBox(height, width), RandomResizedCrop((height, width)), or RandomCrop(height, width, pad_if_needed=True)"
        )
    return default_collate(images), default_collate(targets) if masks else targets
