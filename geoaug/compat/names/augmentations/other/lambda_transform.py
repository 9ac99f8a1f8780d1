"""Lambda and dtypes: lambda transform."""

from __future__ import annotations

from geoaug.choose import NoOp
from geoaug.compat.words import format_args
from geoaug.foreign import Lambda

__all__ = ["Lambda", "NoOp", "format_args"]
