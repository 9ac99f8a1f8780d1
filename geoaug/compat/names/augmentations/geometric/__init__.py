"""What moves pictures."""

from __future__ import annotations

from .distortion import *
from .flip import *
from .functional import *
from .pad import *
from .resize import *
from .rotate import *
from .transforms import *
