"""Holes: channel dropout."""

from __future__ import annotations

from geoaug.foreign import ImageOnlyTransform
from geoaug.transforms.channels import ChannelDropout

__all__ = ["ChannelDropout", "ImageOnlyTransform"]
