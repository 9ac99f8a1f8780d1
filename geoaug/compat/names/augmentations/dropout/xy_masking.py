"""Holes: xy masking."""

from __future__ import annotations

from geoaug.transforms.dropout import XYMasking

__all__ = ["XYMasking"]
