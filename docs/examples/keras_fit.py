"""Keras: what augmentation buys for a small classifier, with ``model.fit`` and ``flow_from_directory``.

Draws pictures of balls, balloons, boats and dogs, a folder a class: few to train on, upright and in the middle; many to test with, turned and
moved. Then fits the same network twice, on the pictures as they are and on new variants of them in every epoch.

    KERAS_BACKEND=torch python docs/examples/keras_fit.py [--folder DIR] [--each 20] [--test 40] [--epochs 40] [--runs 1]

Any backend of Keras 3 will do.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the pictures are so small that threads would wait for each other
ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from fixtures import make  # noqa: E402  the brushes of this project's test pictures
from geoaug.files import write_image  # noqa: E402
from geoaug.keras import ImageDataGenerator  # noqa: E402

SIDE = 40
CHANGES = {"rotation_range": 35, "width_shift_range": 0.15, "height_shift_range": 0.15, "zoom_range": (0.8, 1.4), "horizontal_flip": True}


def ball(p: make.Picture, x: float, y: float, size: float) -> None:
    """A beach ball of any colours."""
    make.ball(p, (x, y), 0.5 * size, p.rng.integers(30, 256, (3, 3)).tolist())


def balloon(p: make.Picture, x: float, y: float, size: float) -> None:
    """A hot-air balloon of any colours."""
    make.balloon(p, (x, y - 0.15 * size), 0.4 * size, p.rng.integers(30, 256, (3, 3)).tolist())


def boat(p: make.Picture, x: float, y: float, size: float) -> None:
    """A sailing boat."""
    make.boat(p, x, y + 0.5 * size, size)


def dog(p: make.Picture, x: float, y: float, size: float) -> None:
    """A dog of any coat."""
    corner = (x - 0.5 * size, y - 0.5 * size)
    make.dog(p, corner, size, [make.dog_outline(corner, size)], p.rng.integers(60, 230, 3).tolist())


CLASSES = {"ball": ball, "balloon": balloon, "boat": boat, "dog": dog}


def draw(kind: str, rng: np.random.Generator, strewn: bool) -> np.ndarray:
    """Returns: A picture of (SIDE, SIDE, 3) uint8; ``strewn`` ones are turned, moved and of several sizes."""
    wide = SIDE + SIDE // 2  # turning shows what lies beyond the edge
    p = make.Picture(kind, (wide, wide), rng)
    tones = rng.integers(60, 236, (4, 3)).tolist()
    make.sky(p, tones[0], tones[1], 0.6 * wide)
    make.ground(p, 0.6 * wide, tones[2], tones[3])
    middle = wide / 2
    x, y, size = (middle, middle, 0.55 * SIDE) if not strewn else (*(middle + rng.uniform(-9, 9, 2)), rng.uniform(0.4, 0.7) * SIDE)
    CLASSES[kind](p, float(x), float(y), float(size))
    pixels = p.finish(2.0)
    if strewn:
        parameters = {"theta": rng.uniform(-35, 35), "flip_horizontal": rng.random() < 0.5}
        pixels = ImageDataGenerator().apply_transform(pixels, parameters)
    inset = (wide - SIDE) // 2
    return pixels[inset : inset + SIDE, inset : inset + SIDE]


def draw_set(folder: Path, each: int, seed: int, strewn: bool) -> None:
    """Write ``each`` pictures of every class, ``folder/CLASS/000.png``; the same bytes for the same numbers."""
    for number, kind in enumerate(CLASSES):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for k in range(each):
            write_image(folder / kind / f"{k:03}.png", draw(kind, np.random.default_rng([seed, number, k]), strewn), "png")


def network(keras: Any) -> Any:
    """Returns: Three convolutions and a layer of classes, compiled."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((SIDE, SIDE, 3)),
        layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu"), layers.Flatten(), layers.Dense(len(CLASSES), activation="softmax"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(3e-3), "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    return model


def fitted(train: Path, test: Path, epochs: int, seed: int, changes: dict[str, Any]) -> float:
    """Returns: The share of test pictures that a network names rightly after ``epochs``."""
    import keras

    keras.utils.set_random_seed(seed)
    settings = {"target_size": (SIDE, SIDE), "batch_size": 40, "seed": seed}
    training = ImageDataGenerator(rescale=1 / 255, **changes).flow_from_directory(train, **settings)
    testing = ImageDataGenerator(rescale=1 / 255).flow_from_directory(test, **settings, shuffle=False)
    model = network(keras)
    model.fit(training, epochs=epochs, verbose=0)
    return float(model.evaluate(testing, verbose=0)[1])


def main(arguments: list[str]) -> dict[str, list[float]]:
    """Returns: The accuracies of all runs, with and without augmentation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="where the pictures stay; a temporary folder when not given")
    for name, number in (("each", 20), ("test", 40), ("epochs", 40), ("runs", 1)):
        parser.add_argument(f"--{name}", type=int, default=number)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as fleeting:
        folder = given.folder or Path(fleeting)
        draw_set(folder / "train", given.each, 1, strewn=False)
        draw_set(folder / "test", given.test, 2, strewn=True)
        found: dict[str, list[float]] = {"as they are": [], "augmented": []}
        for seed in range(given.runs):
            for name, changes in zip(found, ({}, CHANGES), strict=True):
                found[name].append(fitted(folder / "train", folder / "test", given.epochs, seed, changes))
    for name, shares in found.items():
        print(f"{name:12} {np.mean(shares):.2f} right ({', '.join(f'{share:.2f}' for share in shares)})")
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
