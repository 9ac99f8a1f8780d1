"""What mixes pictures."""

from __future__ import annotations

from .transforms import *
