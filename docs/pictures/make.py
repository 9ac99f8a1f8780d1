"""Draw the pictures of the documentation from the fixtures: ``python docs/pictures/make.py``."""

from __future__ import annotations

from pathlib import Path

from geoaug.coco.dataset import load
from geoaug.coco.run import builtin_pipeline
from geoaug.coco.sheet import sheet
from geoaug.files import write_image

HERE = Path(__file__).parent
FIXTURES = HERE.parents[1] / "fixtures" / "shapes"


def main() -> None:
    """Write ``strip.jpg``: two pictures beside their augmented copies."""
    dataset = load(FIXTURES / "annotations.json")
    picture = sheet(dataset, FIXTURES / "images", builtin_pipeline(), rows=2, copies=2, seed=4)
    write_image(HERE / "strip.jpg", picture, "jpg", quality=88)


if __name__ == "__main__":
    main()
