"""Tensors of PyTorch."""

from __future__ import annotations

from .transforms import *
