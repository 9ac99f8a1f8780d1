"""What changes values."""

from __future__ import annotations

from .functional import *
from .transforms import *
