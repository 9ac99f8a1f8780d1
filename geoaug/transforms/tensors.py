"""What comes out as tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from geoaug.params import flag, parameter, probability
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.tone import TENSOR, TENSORS, Tone
from geoaug.transform import Transform, transform
from geoaug.types import Array

if TYPE_CHECKING:
    from numpy.random import Generator


@transform
class ToTensorV2(Transform):
    """Give pictures and masks as tensors of PyTorch, the channels of pictures first; values and dtypes stay.

    It must be the last transform that is applied. Right after ``Normalize`` both are one step, which writes the planes directly. A grey
    picture (height, width) becomes (1, height, width), ``images`` (n, channels, height, width), masks keep their axes. Tensors share no
    memory with what came in. Boxes, keypoints and labels stay as they are.

    Args:
        transpose_mask: Put the channels of masks (height, width, channels) first too.
        p: Probability that the transform is applied.

    Raises:
        ParameterError: PyTorch is not installed, or another transform follows.

    Example:
        >>> A.ToTensorV2()(image=np.uint8([[[255, 0, 51]]]))["image"].tolist()
        [[[255]], [[0]], [[51]]]
    """

    moves = False  # though masks become tensors too, where they lie stays

    transpose_mask: bool = parameter(default=False, parse=flag)
    p: float = probability(default=1.0)

    def draw(self, scene: Scene, rng: Generator) -> Step:
        return Tone(layout=TENSORS if self.transpose_mask else TENSOR)

    def __init_subclass__(cls, **given: Any) -> None:
        super().__init_subclass__(**given)
        cls.moves = True  # its functions are handed masks too

    @property
    def targets(self) -> dict[str, Callable[..., Any]]:
        """The function for each target, by its name."""
        return {"image": self.apply, "images": self.apply_to_images, "mask": self.apply_to_mask, "masks": self.apply_to_masks}

    def apply(self, img: Array, *args: Any, **params: Any) -> Any:
        """Make a tensor of a picture, for classes that derive from this one."""
        from geoaug.torch import as_tensors

        return as_tensors("image", np.moveaxis(img.reshape(*img.shape[:2], -1), -1, 0), False)

    def apply_to_images(self, images: Any, *args: Any, **params: Any) -> Any:
        """Make a tensor of pictures (n, height, width, channels), or one of each in a list."""
        made = [self.apply(image, *args, **params) for image in images]
        if isinstance(images, (list, tuple)):
            return made
        import torch

        return torch.stack(made)

    def apply_to_mask(self, mask: Array, *args: Any, **params: Any) -> Any:
        """Make a tensor of a mask."""
        from geoaug.torch import as_tensors

        return as_tensors("mask", mask, self.transpose_mask)

    def apply_to_masks(self, masks: Any, *args: Any, **params: Any) -> Any:
        """Make tensors of masks."""
        from geoaug.torch import as_tensors

        return as_tensors("masks", masks, self.transpose_mask)


ToTensorV2.run = Transform.run  # type: ignore[method-assign]  # a call draws the step; the functions are for classes that derive from it
