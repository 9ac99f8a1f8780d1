"""Lambda and dtypes."""

from __future__ import annotations

from .lambda_transform import *
from .type_transform import *
