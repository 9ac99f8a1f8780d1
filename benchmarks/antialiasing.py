"""How near a fused chain that shrinks comes to the truth: ``python -m benchmarks.antialiasing FOLDER_OF_JPEGS``.

The truth is the same map onto a canvas 8 times as fine, averaged down. PSNR in dB, the mean over pictures, on the middle of the
output, where no border shows.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

import geoaug as A
from geoaug.files import FileSource, open_image
from geoaug.raster.warp import resample

FINE = 8
TURN = 17.0
COLUMNS = ("rotate, then resize", "one warp", "after averaging", "read smaller", "resize alone", "read smaller")
SCALES = (0.75, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.125, 0.1, 0.06, 0.04)


def truth(picture: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Returns: The map of a picture, FINE x FINE samples a pixel, each of them bilinear on the source."""
    height, width = size
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])
    fine = np.linalg.inv(half) @ np.diag([FINE, FINE, 1.0]) @ matrix @ half
    dense = cv2.warpPerspective(picture.astype(np.float32), fine, (width * FINE, height * FINE))
    return cv2.resize(dense, (width, height), interpolation=cv2.INTER_AREA)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Returns: Peak signal to noise ratio of the middle half, dB."""
    height, width = one.shape[:2]
    middle = (slice(height // 4, -(height // 4)), slice(width // 4, -(width // 4)))
    return float(10 * np.log10(255**2 / np.square(one[middle].astype(float) - other[middle]).mean()))


def row(source: FileSource, scale: float) -> tuple[float, ...]:
    """Returns: PSNR one by one, fused without averaging first, fused, fused and read smaller; of a resize alone, whole and read smaller."""
    picture = source.pixels()
    height, width = picture.shape[:2]
    size = (round(height * scale), round(width * scale))
    nodes = [A.Rotate((TURN, TURN), p=1), A.Resize(*size)]
    chain = A.Compose(nodes, fuse=False)(image=picture)["image"]
    plan = A.Compose(nodes).draw((height, width))
    (step,) = plan.steps
    plain = resample(picture, plan.motion, step.sampler.image)
    expected = truth(picture, plan.matrix, size)
    turned = [psnr(image, expected) for image in (chain, plain, plan.image(picture), plan.image(source))]
    lone = A.Compose(nodes[1:]).draw((height, width))
    expected = truth(picture, lone.matrix, size)
    return *turned, psnr(lone.image(picture), expected), psnr(lone.image(source), expected)


def main() -> None:
    """Print the table as Markdown."""
    pictures = [source for path in sorted(Path(sys.argv[1]).glob("*.jpg"))[:12] if (source := open_image(path)).channels == 3]
    print(f"| scale | {' | '.join(COLUMNS)} | ({len(pictures)} pictures)\n|{'---|' * (len(COLUMNS) + 1)}")
    for scale in SCALES:
        means = np.mean([row(picture, scale) for picture in pictures], axis=0)
        print(f"| {scale} | {' | '.join(f'{mean:.1f}' for mean in means)} |")


if __name__ == "__main__":
    main()
