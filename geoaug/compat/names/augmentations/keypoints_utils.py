"""Keypoints by themselves, where 0.x had them."""

from __future__ import annotations

from ..core.keypoints_utils import *
