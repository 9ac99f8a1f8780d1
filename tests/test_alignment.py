"""Keypoints, boxes and masks lie where their pixels lie: the table of docs/why/alignment.md, in bounds."""

from __future__ import annotations

import re

import numpy as np
import pytest

import geoaug as A
from benchmarks import alignment
from geoaug.targets import keypoints

# nearest sampling moves the rim of a disc of 20 px by half an output pixel at most; on average it must not lean
MASK = 0.3
CASES = [pytest.param(build, bends, id=f"{k}-{type(build()).__name__}") for k, (build, bends) in enumerate(alignment.builders())]


@pytest.mark.parametrize(("build", "bends"), CASES)
def test_keypoints_boxes_and_masks_lie_where_their_pixels_lie(build, bends):
    row = alignment.measured(build, bends)
    assert len(row.keypoint) == alignment.SEEDS
    most = 0.5 if bends else 0.05
    assert np.abs(row.keypoint).max() <= most
    assert np.abs(row.box).max() <= most
    assert np.abs(row.mask.mean(axis=0)).max() <= MASK


def test_the_measure_sees_keypoints_that_lack_half_a_pixel(monkeypatch):
    monkeypatch.setattr(keypoints, "CENTRE", 0.0)  # as in Albumentations 2.0.8, whose resizes multiply indices
    row = alignment.measured(lambda: A.Resize(400, 600))
    assert np.allclose(row.keypoint, -0.5, atol=0.01)
    assert np.allclose(row.box, 0.0, atol=0.01)


def test_a_row_names_what_is_not_as_by_default():
    assert alignment.told(A.Rotate(limit=40, p=1)) == "Rotate(limit=(-40, 40))"
    assert alignment.told(A.Resize(130, 333)) == "Resize(height=130, width=333)"
    assert re.fullmatch(r"0\.00, 0\.10 \(0\.20\)", alignment.cell(np.array([[0.0, 0.0], [-0.001, 0.2]])))
