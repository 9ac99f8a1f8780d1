"""Is a data set consistent with itself, with its pictures, and with the other files that speak of them?"""

from __future__ import annotations

from geoaug.coco.check.pictures import Folder, Pictures, Tars
from geoaug.coco.check.verdict import REMARKS, Verdict
from geoaug.coco.check.whole import check, check_files

__all__ = ["REMARKS", "Folder", "Pictures", "Tars", "Verdict", "check", "check_files"]
