"""Every real set comes through: all of it, or with its faults named; pycocotools reads what was made."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import pytest

from geoaug.coco.run import augment
from tests.conftest import REAL

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.is_dir(), reason="real data (../shared/data/real) is not here: it may not be redistributed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # pycocotools' own, about numpy
]

# what is true of a set: by the name of the file, the codes of its faults
FAULTS = {
    "animalkingdom": {"category-unknown"},
    "hieratic-dense/test": {"annotation-degenerate"},
    "json-only/taco": {"annotation-id-repeated"},
}


def sets() -> list[str]:
    """Every annotation file, below the folder of real sets."""
    found = []
    for place in sorted(REAL.rglob("*.json")) if REAL.is_dir() else ():
        with place.open("rb") as file:
            head = file.read(200)
        if head.lstrip().startswith(b"{") and "categories" not in place.name and "images_info" not in place.name:
            found.append(str(place.relative_to(REAL)))
    return found


@pytest.mark.parametrize("name", sets())
def test_a_real_set_comes_through_and_pycocotools_reads_it(tmp_path, name):
    place = REAL / name
    images = next((folder for folder in (place.parent / "images", place.parent) if folder.is_dir() and folder.name == "images"), None)
    if images is None and any(place.parent.glob("*.jpg")):
        images = place.parent
    summary = augment(place, images, tmp_path / "out", labels_only=images is None, workers=2)
    faults = {problem.code for problem in summary.problems}
    known = next((codes for start, codes in FAULTS.items() if start in name), set())
    assert faults <= known, summary.problems[:5]
    assert (summary.exit_code, summary.images) == (3 if known else 0, summary.sources)
    document = json.loads((tmp_path / "out/annotations.json").read_text())
    if "segments_info" in next(iter(document["annotations"]), {}):
        assert all((tmp_path / "out/panoptic" / row["file_name"]).is_file() for row in document["annotations"])
        return  # which pycocotools does not read
    assert loaded(tmp_path / "out/annotations.json") == len({row["id"] for row in document["annotations"]})


def loaded(place: Path) -> int:
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):
        return len(COCO(str(place)).anns)
