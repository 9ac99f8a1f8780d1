"""Blurs."""

from __future__ import annotations

from .functional import *
from .transforms import *
