"""Shared pictures and the place of the real data."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

import geoaug as A

os.environ.setdefault("KERAS_BACKEND", "torch")  # Keras' own choice is TensorFlow, which nothing here needs

HERE = Path(__file__).parent
REAL = HERE.parents[1] / "shared" / "data" / "real"
FIXTURES = HERE.parent / "fixtures" / "shapes"


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real data sets, which are not part of the project."""
    if not REAL.is_dir():
        pytest.skip("real data (../shared/data/real) is not here: it may not be redistributed")
    return REAL


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """A picture with edges and soft parts, (180, 240, 3) uint8, the same in every run."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(0, 256, (9, 12, 3)).astype(np.uint8)
    picture = cv2.resize(coarse, (240, 180), interpolation=cv2.INTER_CUBIC)
    cv2.rectangle(picture, (30, 40), (90, 120), (20, 200, 90), -1)
    cv2.circle(picture, (170, 80), 35, (240, 30, 60), -1)
    return picture


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace: dict[str, object]) -> None:
    doctest_namespace.update(A=A, np=np)
