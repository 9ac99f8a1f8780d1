"""Holes."""

from __future__ import annotations

from .channel_dropout import *
from .coarse_dropout import *
from .cutout import *
from .functional import *
from .grid_dropout import *
from .mask_dropout import *
from .transforms import *
from .xy_masking import *
