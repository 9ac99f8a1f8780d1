"""What comes out as tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoaug.params import flag, parameter, probability
from geoaug.scene import Scene
from geoaug.steps.step import Step
from geoaug.steps.tone import TENSOR, TENSORS, Tone
from geoaug.transform import Transform, transform

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
