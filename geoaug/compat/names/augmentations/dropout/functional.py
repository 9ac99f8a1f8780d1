"""Holes as functions: what geoaug has of them takes a step (``geoaug.CoarseDropout`` and its like)."""

from __future__ import annotations

from geoaug.compat.pictures import preserve_channel_dim, preserve_shape

__all__ = ["preserve_channel_dim", "preserve_shape"]
