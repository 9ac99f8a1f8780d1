"""All transforms, and what is known of their functions."""

from __future__ import annotations

from . import blur, crops, dropout, geometric, mixing, other, pixel
from .functional import *
from .transforms import *
from .utils import *
