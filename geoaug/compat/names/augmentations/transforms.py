"""All transforms, as 0.x had them; 1.x kept here what has no place of its own."""

from __future__ import annotations

from .blur.transforms import *
from .crops.transforms import *
from .dropout.channel_dropout import *
from .dropout.coarse_dropout import *
from .dropout.cutout import *
from .dropout.grid_dropout import *
from .dropout.mask_dropout import *
from .dropout.transforms import *
from .dropout.xy_masking import *
from .geometric.distortion import *
from .geometric.flip import *
from .geometric.pad import *
from .geometric.resize import *
from .geometric.rotate import *
from .geometric.transforms import *
from .mixing.transforms import *
from .other.lambda_transform import *
from .other.type_transform import *
from .pixel.transforms import *
