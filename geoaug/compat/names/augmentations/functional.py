"""Functions of pictures, boxes and keypoints, as 0.x had them; 1.x kept here those of values."""

from __future__ import annotations

from .blur.functional import *
from .crops.functional import *
from .dropout.functional import *
from .geometric.functional import *
from .pixel.functional import *
from .utils import *
