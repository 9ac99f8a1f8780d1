"""What geoaug raises, and nothing else, for input that it cannot use.

    GeoaugError
    ├── ParameterError (ValueError)      a transform or Compose built wrongly
    │   ├── CropSizeError                a crop larger than the picture
    │   └── ArgumentError (TypeError)    an argument that a composition does not know, or one that it lacks
    ├── DataError (ValueError)           an image, mask, box, polygon, keypoint is not what it claims
    ├── DataTypeError (TypeError)        … is not even of the right kind
    │   └── CallError (KeyError)         the call itself: no target, positional data, a misspelt target
    ├── NotInvertible (ValueError)       a step that cannot be undone, by name
    └── CocoError (ValueError)           a COCO file that cannot be used at all

A message names the place, the value, what was expected, and the way out.
"""

from __future__ import annotations


class GeoaugError(Exception):
    """Root of all errors of geoaug."""


class ParameterError(GeoaugError, ValueError):
    """A transform or a composition was built with a value that it cannot take."""


class CropSizeError(ParameterError):
    """A crop is larger than the picture that it should come from."""


class ArgumentError(ParameterError, TypeError):
    """A composition was built with an argument that it does not know, or without one that it needs."""


class DataError(GeoaugError, ValueError):
    """An image, mask, box, polygon, keypoint or record is not what it claims to be."""


class DataTypeError(GeoaugError, TypeError):
    """A target is of a kind that cannot be used at all."""


class CallError(DataTypeError, KeyError):
    """A pipeline was called without data, with positional data, or with a misspelt target."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class NotInvertible(GeoaugError, ValueError):
    """A plan holds a step that cannot be undone; the message names it."""


class CocoError(GeoaugError, ValueError):
    """A COCO file cannot be used: not JSON, not COCO, or without the lists it needs."""
