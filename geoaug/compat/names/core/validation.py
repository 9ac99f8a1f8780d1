"""The metaclass that reads a user's ``InitSchema``."""

from __future__ import annotations

from geoaug.foreign import BasicTransform

ValidatedTransformMeta = type(BasicTransform)
