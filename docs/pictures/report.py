"""Photograph the report of the fixtures with a headless Chromium: ``python docs/pictures/report.py`` writes ``report.jpg``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIXTURES = ROOT / "fixtures" / "shapes"
sys.path.insert(0, str(ROOT))

from geoaug.coco.dataset import load  # noqa: E402
from geoaug.coco.report import result_report  # noqa: E402
from geoaug.coco.run import augment  # noqa: E402
from geoaug.files import read_image, write_image  # noqa: E402
from tests.browser import browser  # noqa: E402


def main() -> None:
    """Run the built-in pipeline over the fixtures and take the picture."""
    with tempfile.TemporaryDirectory() as folder, browser(Path(folder) / "profile") as chromium:
        out = Path(folder) / "shapes, augmented"
        augment(FIXTURES / "annotations.json", FIXTURES / "images", out, copies=2, seed=4)
        page = Path(folder) / "report.html"
        page.write_text(result_report(out, load(FIXTURES / "annotations.json"), FIXTURES / "images"), encoding="utf-8")
        chromium.open(page, 1240, 900)
        chromium.ask("document.querySelector('.facts').remove()")  # paths of this machine
        chromium.ask("scrollTo({top: document.getElementById('gallery').offsetTop - 24, behavior: 'instant'})")
        chromium.ask("new Promise(done => setTimeout(done, 300))")
        chromium.picture(Path(folder) / "report.png")
        write_image(HERE / "report.jpg", read_image(Path(folder) / "report.png").pixels[..., :3], "jpg", quality=85)


if __name__ == "__main__":
    main()
