"""The report: what it counts, what it shows, and that no name in a data set can do anything to its reader."""

from __future__ import annotations

import ast
import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from geoaug.cli.main import main
from geoaug.coco.check import check
from geoaug.coco.dataset import load
from geoaug.coco.problems import Problem
from geoaug.coco.report import check_report, result_report
from geoaug.coco.report.cells import MOST_DRAWN, Styles, cell
from geoaug.coco.report.checked import grouped
from geoaug.coco.report.marked import text
from geoaug.coco.report.words import LOST, MEANINGS, meaning
from geoaug.coco.run import augment
from geoaug.coco.together import read_all, without_twins
from geoaug.errors import CocoError
from geoaug.files import write_image
from geoaug.raster.shown import fitted, limits, outlines, shown, simplified
from geoaug.targets import rle
from tests.browser import PROGRAM, Browser, browser
from tests.conftest import FIXTURES, REAL

ANNOTATIONS, IMAGES = FIXTURES / "annotations.json", FIXTURES / "images"
ROOT = Path(__file__).parents[1]
in_browser = pytest.mark.skipif(PROGRAM is None, reason="no Chromium here: apt-get install chromium")
PWN = "document.title='pwned'"
MARKUP = f'"><img src=x onerror="{PWN}"></script><script>{PWN}</script>'
HOSTILE = [MARKUP, f"</title><script>{PWN}</script>", "a\x00\x07\x1b[31mb", "\u202eevil\u2066", f"';{PWN};//", "&lt;b&gt;", f"javascript:{PWN}",
           f"]]><svg onload={PWN}>", f"`${{{PWN}}}`", "\ud800half"]  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """The folder of a finished run over the fixtures."""
    out = tmp_path_factory.mktemp("report") / "shapes-result"
    augment(ANNOTATIONS, IMAGES, out, copies=2, seed=3)
    return out


@pytest.fixture(scope="module")
def page(run) -> str:
    return result_report(run, load(ANNOTATIONS), IMAGES)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("profile")) as one:
        yield one


class Elements(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def words_of(page: str) -> str:
    """What a reader reads, white space made one."""
    body = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


# --- what it tells ---------------------------------------------------------------------------------------------------


def test_counts_before_and_after_are_those_of_the_files(run, page):
    before, after = load(ANNOTATIONS), load(run / "annotations.json")
    rows = re.findall(r'<td class="name">.*?<bdi>(.*?)</bdi>.*?<td class="n">([\d,]+)</td><td class="n">([\d,]+)</td>', page)
    told = {html.unescape(name): (int(old), int(new)) for name, old, new in rows}
    names = {row["id"]: row["name"] for row in before.categories}
    for number, name in names.items():
        counts = tuple(sum(row["category_id"] == number for row in data.annotations) for data in (before, after))
        assert told.get(name, (0, 0)) == counts, name


def test_it_says_what_was_dropped_and_why(tmp_path):
    import geoaug as A

    pipeline = A.Compose([A.Crop(0, 0, 60, 60, p=1)], bbox_params=A.BboxParams("coco", min_visibility=0.3))
    augment(ANNOTATIONS, IMAGES, tmp_path / "out", pipeline)
    told = json.loads((tmp_path / "out/geoaug-report.json").read_text())
    said = words_of(result_report(tmp_path / "out", load(ANNOTATIONS), IMAGES))
    assert told["counts"]["annotations_dropped"]["outside"] > 0
    assert f"Left the picture: {told['counts']['annotations_dropped']['outside']}" in said
    assert "moved the object out of view" in said
    assert "dropped: left the picture" in said


def test_a_result_whose_source_is_gone_is_still_told_of(run):
    said = words_of(result_report(run))
    assert "16 pictures from 8 sources" in said
    assert "copy 1" in said
    assert "source 4" not in said.split("Classes", 1)[1].split("Sizes")[0]


def test_a_result_without_pictures_shows_its_annotations_on_empty_ground(run, tmp_path):
    shutil.copytree(run, tmp_path / "out", ignore=shutil.ignore_patterns("images"))
    page = result_report(tmp_path / "out", load(ANNOTATIONS), IMAGES)
    assert "stand on empty ground" in page
    assert page.count('class="ground"') == 16
    assert page.count("data:image/jpeg") == 8


def test_the_same_run_gives_the_same_page(run, page):
    assert result_report(run, load(ANNOTATIONS), IMAGES) == page


def test_a_folder_without_a_finished_run_is_refused(tmp_path):
    with pytest.raises(CocoError, match="written at the end of geoaug augment"):
        result_report(tmp_path)
    (tmp_path / "geoaug-report.json").write_text('{"geoaug": "1"}')
    with pytest.raises(CocoError, match="no finished run"):
        result_report(tmp_path)


def test_findings_stand_worst_first_with_their_counts_and_a_sentence():
    problems = [Problem("id-converted", "a"), Problem("bbox-not-shape", "b"), Problem("image-missing", "c"), Problem("bbox-not-shape", "d"),
                Problem("area-not-shape", "e"), Problem("never-heard-of", "f")]  # fmt: skip
    found = grouped(problems)
    assert [one.code for one in found] == ["image-missing", "bbox-not-shape", "area-not-shape", "never-heard-of", "id-converted"]
    assert [one.count for one in found] == [1, 2, 1, 1, 1]
    assert found[0].weight == LOST
    assert found[3].meaning == "Never heard of."


def test_every_code_that_geoaug_writes_has_a_sentence():
    """Codes are the strings with a hyphen that stand where a finding is made."""
    written = set()
    package = ROOT / "geoaug"
    named = ("coco/dataset.py", "coco/records.py", "coco/jobs.py", "headers.py", "files.py")
    for place in [*package.glob("coco/check.py"), *package.glob("coco/check/*.py"), *(package / name for name in named)]:
        for node in ast.walk(ast.parse(place.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Call, ast.Tuple, ast.Return, ast.Yield)):
                for part in getattr(node, "args", None) or getattr(node, "elts", None) or []:
                    if isinstance(part, ast.Constant) and isinstance(part.value, str) and re.fullmatch("[a-z]+(-[a-z]+)+", part.value):
                        written.add(part.value)
    assert written - set(MEANINGS) == set(), "say in coco/report/words.py what these mean"
    for code in MEANINGS:
        weight, sentence = meaning(code)
        assert weight in (1, 2, 3)
        assert sentence.endswith(".")


def wrong(tmp_path: Path) -> Path:
    """A data set with a small object whose box is wrong, far from the middle of a large picture."""
    picture = np.full((600, 800, 3), 200, np.uint8)
    picture[500:540, 700:740] = (255, 0, 0)
    write_image(tmp_path / "in/a.png", picture, "png")
    shape = [[700, 500, 740, 500, 740, 540, 700, 540]]
    document = {
        "images": [{"id": 1, "file_name": "a.png", "width": 800, "height": 600}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [700, 480, 40, 60], "segmentation": shape, "area": 1600, "iscrowd": 0},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [10, 10, 700, 500], "iscrowd": 0},
        ],
        "categories": [{"id": 1, "name": "thing"}],
    }
    (tmp_path / "in.json").write_text(json.dumps(document))
    return tmp_path / "in.json"


def test_a_finding_is_shown_where_it_is_with_its_annotation_pointed_out(tmp_path):
    (tmp_path / "in").mkdir()
    dataset = load(wrong(tmp_path))
    problems = check(dataset, tmp_path / "in")
    assert [problem.code for problem in problems] == ["bbox-not-shape"]
    page = check_report(dataset, tmp_path / "in", problems)
    finding = page[page.index('<article class="finding') : page.index("</article>")]
    assert finding.count('class="a found"') == 1
    assert finding.count('class="a faded"') == 1
    assert 'class="loc"' in finding, "a small object is shown with its surroundings, and a map says where that is"
    assert "off the segmentation" in finding


def test_without_pictures_the_annotations_stand_on_empty_ground(tmp_path):
    (tmp_path / "in").mkdir()
    dataset = load(wrong(tmp_path))
    page = check_report(dataset, None, check(dataset))
    assert "data:image/jpeg" not in page
    assert 'class="ground"' in page
    assert "not looked at" in page


def test_a_picture_that_cannot_be_read_says_why(tmp_path):
    (tmp_path / "in").mkdir()
    dataset = load(wrong(tmp_path))
    (tmp_path / "in/a.png").write_bytes(b"no picture")
    page = check_report(dataset, tmp_path / "in", check(dataset, tmp_path / "in"))
    assert "image-unreadable" in page
    assert "Not shown: is no JPEG" in words_of(page)


def test_sound_data_is_told_so():
    dataset = load(ANNOTATIONS)
    said = words_of(check_report(dataset, IMAGES, []))
    assert "No findings." in said
    assert "fit each other" in said
    assert "All 8 pictures." in said


def test_a_box_and_a_shape_that_lie_apart_are_both_in_sight(tmp_path):
    image = {"id": 1, "file_name": "a.png", "width": 4000, "height": 3000}
    row = {"id": 5, "image_id": 1, "category_id": 1, "bbox": [500, 500, 20, 20], "segmentation": [[900, 600, 920, 600, 920, 640]]}
    made, _ = cell(None, image, [row], Styles.of([{"id": 1, "name": "x"}]), title="a", detail=row)
    x, y, width, height = np.array(made.part) * (4000, 3000, 4000, 3000)
    assert x < 500 < 920 < x + width < 3000
    assert y < 500 < 640 < y + height


def test_captions_are_read_under_their_picture(tmp_path):
    document = {
        "images": [{"id": 1, "file_name": "wall.jpg", "width": 480, "height": 360}],
        "annotations": [{"id": 1, "image_id": 1, "caption": "a wall & <b>more</b>"}],
    }
    (tmp_path / "captions.json").write_text(json.dumps(document))
    page = check_report(load(tmp_path / "captions.json"), None, [])
    assert "<q>a wall &amp; &lt;b&gt;more&lt;/b&gt;</q>" in page


def test_a_data_set_without_annotations_or_pictures_has_a_page(tmp_path):
    (tmp_path / "none.json").write_text('{"images": [], "annotations": [], "categories": []}')
    assert "No findings." in check_report(load(tmp_path / "none.json"), tmp_path, [])


# --- several files ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def several(tmp_path_factory) -> list[Path]:
    """Instances, the same persons with keypoints, and captions, of two pictures; one person leaves its picture in a crop."""
    folder = tmp_path_factory.mktemp("several")
    (folder / "in").mkdir()
    images = [{"id": k, "file_name": f"{k}.png", "width": 80, "height": 60} for k in (1, 2)]
    for image in images:
        write_image(folder / "in" / image["file_name"], np.full((60, 80, 3), 90, np.uint8), "png")
    box = {"bbox": [10, 10, 20, 20], "area": 400, "iscrowd": 0, "segmentation": [[10, 10, 30, 10, 30, 30, 10, 30]]}
    away = {**box, "bbox": [60, 40, 10, 10], "area": 100, "segmentation": [[60, 40, 70, 40, 70, 50, 60, 50]]}
    rows = [{"id": 10 * k + n, "image_id": k, "category_id": 1 + (n == 3), **(away if n == 2 else box)} for k in (1, 2) for n in (1, 2, 3)]
    points = {11: [12, 12, 2, 20, 20, 2], 12: [62, 42, 2, 66, 46, 2], 21: [12, 12, 2, 20, 20, 2], 22: [62, 42, 2, 66, 46, 2]}
    posed = [{**row, "keypoints": points[row["id"]], "num_keypoints": 2} for row in rows if row["category_id"] == 1]
    person = {"id": 1, "name": "person"}
    names = {"keypoints": ["left_a", "right_a"], "skeleton": [[1, 2]]}
    said = [{"id": k, "image_id": 1 + k % 2, "caption": "a plain wall"} for k in range(1, 10)]
    for name, labels, categories in (
        ("instances", rows, [person, {"id": 2, "name": "dog"}]), ("poses", posed, [{**person, **names}]), ("captions", said, []),
    ):  # fmt: skip
        (folder / f"{name}.json").write_text(json.dumps({"images": images, "annotations": labels, "categories": categories}))
    return [folder / f"{name}.json" for name in ("instances", "poses", "captions")]


@pytest.fixture(scope="module")
def page_of_several(several) -> str:
    import geoaug as A

    out = several[0].parent / "out"
    augment(several, several[0].parent / "in", out, A.Compose([A.Crop(0, 0, 50, 35, p=1)], bbox_params=A.BboxParams("coco")))
    return result_report(out, without_twins(read_all(several)[0], several), several[0].parent / "in")


@pytest.fixture(scope="module")
def check_of_several(several) -> str:
    place = several[0].parent / "check.html"
    assert main(["check", *map(str, several), "--images", str(several[0].parent / "in"), "--report", str(place)]) == 0
    return place.read_text(encoding="utf-8")


def figure(page: str, label: str) -> tuple[str, str]:
    """The value and the note of a number at the top."""
    found = re.search(rf"<dt>{label}</dt><dd class=\"value\">(.*?)</dd><dd class=\"more\">(.*?)</dd>", page)
    return found.group(1), html.unescape(found.group(2))


def class_rows(page: str) -> dict[str, list[str]]:
    rows = re.findall(r'<tr><td class="name">.*?<bdi>(.*?)</bdi>(.*?)</tr>', page)
    return {name: re.findall(r'<td class="n">([\d,]+)</td>', rest) for name, rest in rows}


def test_an_object_of_two_files_counts_once_and_has_what_each_of_them_says(several):
    for order in (several, several[::-1]):
        whole = read_all(order)[0]
        before = json.dumps(whole.annotations)
        once = without_twins(whole, order)
        assert len(once.annotations) == 6 + 9
        assert sum("keypoints" in row for row in once.annotations) == 4
        assert json.dumps(whole.annotations) == before, "the run goes on with these rows"
    first = without_twins(read_all(several)[0], several).annotations[0]
    assert set(first) == {*json.loads(several[0].read_text())["annotations"][0], "keypoints", "num_keypoints"}, "no mark of the later file"


def test_keypoints_are_drawn_whichever_file_comes_first(page_of_several, check_of_several):
    for page in (page_of_several, check_of_several):
        assert 'id="show-points"' in page
        assert 'class="l"' in page, "a limb of the skeleton"


def test_numbers_of_a_run_over_several_files_agree_with_each_other(page_of_several):
    said = words_of(page_of_several)
    assert "15 of 19 annotations came through" in said
    assert figure(page_of_several, "annotations") == ("15", "from 19 in 3 files")
    assert figure(page_of_several, "dropped")[0] == "4"
    assert class_rows(page_of_several) == {"person": ["4", "2"], "dog": ["2", "2"]}
    assert "2 annotations of the result repeat an earlier file; each object counts once here." in said
    assert "Captions have no class: 9 in the source, 9 in the result." in said


def test_captions_are_no_class_and_a_run_names_its_files_plainly(page_of_several, several):
    assert "['" not in words_of(page_of_several).split("Settings")[0]
    assert f"instances.json, poses.json, captions.json in {several[0].parent}" in words_of(page_of_several)
    options = re.search('<select id="class".*?</select>', page_of_several).group(0)
    assert "caption" not in options


def test_a_loss_in_the_gallery_counts_an_object_once_and_stands_apart_from_the_size(page_of_several):
    gallery = page_of_several[page_of_several.index('<section id="gallery"') :]
    assert "1 dropped in 1 copy" in gallery
    assert re.search(r"\d annotations · 1 dropped: left the picture 1", words_of(gallery))


def test_a_check_of_several_files_names_all_and_draws_each_object_once(check_of_several, several):
    said = words_of(check_of_several)
    assert said.startswith("instances.json and 2 more · geoaug report")
    assert f"instances.json, poses.json, captions.json in {several[0].parent}" in said
    assert figure(check_of_several, "annotations") == ("19", "all usable, in 3 files")
    assert class_rows(check_of_several) == {"person": ["4"], "dog": ["2"]}
    assert "4 annotations repeat an earlier file; each object counts once here." in said
    assert "Captions have no class; there are 9." in said
    assert re.search(r"80 × 60 · [78] annotations", said)


def test_files_that_do_not_go_together_are_not_shown_as_if_they_did(several, tmp_path, capsys):
    other = json.loads(several[1].read_text())
    other["categories"][0]["keypoints"] = ["right_a", "left_a"]
    (tmp_path / "other.json").write_text(json.dumps(other))
    place = tmp_path / "check.html"
    main(["check", str(several[1]), str(tmp_path / "other.json"), "--report", str(place)])
    said = words_of(place.read_text(encoding="utf-8"))
    assert "Shown poses.json alone: annotations: category 1 has other keypoints in other.json than in poses.json" in said
    assert figure(place.read_text(encoding="utf-8"), "annotations") == ("4", "all usable, in the first of 2 files")


def test_a_data_set_of_captions_alone_has_no_table_of_classes(several):
    page = check_report(load(several[2]), None, [])
    assert "<table>" not in page
    assert "Captions have no class; there are 9." in words_of(page)


def faulty(tmp_path: Path, **changes) -> Path:
    """A data set of one annotation with the changes asked for, and a picture file that no record names."""
    (tmp_path / "in").mkdir()
    for name in "ab":
        write_image(tmp_path / f"in/{name}.png", np.full((60, 80, 3), 90, np.uint8), "png")
    row = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20], "iscrowd": 0, **changes}
    image = {"id": 1, "file_name": "a.png", "width": 80, "height": 60}
    (tmp_path / "in.json").write_text(json.dumps({"images": [image], "annotations": [row], "categories": [{"id": 1, "name": "thing"}]}))
    return tmp_path / "in.json"


@pytest.mark.parametrize("shape", [[[10, 10, 20, 20, 30, 30]], {"size": [60, 80], "counts": [4800]}], ids=["line", "empty mask"])
def test_what_augment_would_leave_out_is_no_usable_annotation(tmp_path, shape):
    place = faulty(tmp_path, segmentation=shape)
    dataset = load(place)
    page = check_report(dataset, tmp_path / "in", check(dataset, tmp_path / "in"))
    summary = augment(place, tmp_path / "in", tmp_path / "out")
    assert [problem.code for problem in summary.problems] == ["annotation-degenerate"]
    said = words_of(page)
    assert figure(page, "annotations") == ("1", "1 unusable")
    assert "1 finding, 1 remark. The finding makes something unusable." in said
    assert "leaves it out (annotation-degenerate)" in said


def test_remarks_are_counted_apart_from_findings(tmp_path, capsys):
    dataset = load(faulty(tmp_path, bbox=[70, 10, 20, 20]))
    page = check_report(dataset, tmp_path / "in", check(dataset, tmp_path / "in"))
    assert figure(page, "findings") == ("1", "of 1 kind, 1 remark")
    assert "1 finding, 1 remark. The finding makes nothing unusable." in words_of(page)
    assert re.findall('<span class="weight">(.*?)</span>', page) == ["wrong", "remark"]
    assert "Read 1 remark" in words_of(page)


def test_remarks_alone_are_no_findings(tmp_path):
    dataset = load(faulty(tmp_path))
    page = check_report(dataset, tmp_path / "in", check(dataset, tmp_path / "in"))
    assert figure(page, "findings") == ("0", "sound, 1 remark")
    assert "No findings, 1 remark." in words_of(page)
    assert "<h2>Remarks</h2>" in page
    assert '<div class="good"><dt>findings' in page


# --- pictures --------------------------------------------------------------------------------------------------------


def test_a_mask_is_drawn_by_its_rims_with_holes_within_a_fraction_of_a_pixel():
    mask = np.zeros((90, 120), np.uint8)
    mask[10:70, 20:100] = 1
    mask[30:50, 40:60] = 0
    found = sorted(outlines(mask), key=len)
    spans = sorted((*ring.min(axis=0).tolist(), *ring.max(axis=0).tolist()) for ring in found)
    assert np.allclose(spans, [(20, 10, 100, 70), (40, 30, 60, 50)], atol=0.5)
    small = np.zeros((9, 9), np.uint8)
    small[4, 4] = 1
    (ring,) = outlines(small)
    assert np.allclose([ring.min(axis=0), ring.max(axis=0)], [(4, 4), (5, 5)], atol=0.1)
    assert outlines(np.zeros((0, 0), np.uint8)) == []


def test_an_outline_is_simplified_within_its_tolerance():
    angles = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1) * 1000 + 1e6
    few = simplified(circle, 2.0)
    assert 10 < len(few) < 200
    assert np.abs(np.hypot(*(few - 1e6).T) - 1000).max() < 1e-3


@pytest.mark.parametrize(
    "pixels",
    [
        np.linspace(200, 900, 64 * 64).reshape(64, 64).astype(np.uint16),
        np.linspace(-3, 5, 64 * 64).reshape(64, 64, 1).astype(np.float32),
        np.full((64, 64, 3), np.nan, np.float64),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64, 2), np.uint8),
        np.zeros((64, 64, 7), np.uint16),
        np.full((64, 64), 7, np.int32),
    ],
)
def test_pictures_of_every_kind_are_shown(pixels):
    seen = shown(pixels, limits(pixels))
    assert (seen.dtype, seen.shape) == (np.uint8, (64, 64, 3))
    assert fitted(seen, (10, 20)).shape == (10, 20, 3)
    if pixels.dtype == np.uint16 and pixels.ndim == 2:
        assert seen.min() < 5
        assert seen.max() > 250


def test_outlines_lie_over_the_object_in_the_thumbnail(tmp_path):
    """The corners of a path, scaled back, are the corners of the polygon."""
    write_image(tmp_path / "a.png", np.zeros((1000, 2000), np.uint8), "png")
    image = {"id": 1, "file_name": "a.png", "width": 2000, "height": 1000}
    row = {"id": 5, "image_id": 1, "category_id": 1, "bbox": [500, 250, 1000, 500], "segmentation": [[500, 250, 1500, 250, 1500, 750]]}
    made, _ = cell(tmp_path, image, [row], Styles.of([{"id": 1, "name": "x"}]), title="a")
    assert made.size == (320, 640)
    assert made.drawn[0].path == "M160 80l320 0 0 160z"
    assert made.drawn[0].box == (160.0, 80.0, 320.0, 160.0)
    mask = np.zeros((1000, 2000), np.uint8)
    mask[250:750, 500:1500] = 1
    made, _ = cell(tmp_path, image, [{**row, "segmentation": rle.encode(mask)}], Styles.of([{"id": 1, "name": "x"}]), title="a")
    places = np.cumsum(np.array(re.findall(r"-?[\d.]+", made.drawn[0].path), float).reshape(-1, 2), axis=0)
    assert np.allclose([places.min(axis=0), places.max(axis=0)], [(160, 80), (480, 240)], atol=0.5)


@pytest.mark.parametrize("number", [1_200, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_page_of_very_many_annotations_is_bounded(tmp_path, number):
    rng = np.random.default_rng(0)
    (tmp_path / "in").mkdir()
    images, rows = [], []
    for k in range(20):
        write_image(tmp_path / f"in/{k}.png", rng.integers(0, 255, (300, 400, 3)).astype(np.uint8), "png")
        images.append({"id": k, "file_name": f"{k}.png", "width": 400, "height": 300})
    for k, (x, y) in enumerate(rng.uniform(0, 250, (number, 2)).round(2).tolist()):
        shape = [[x, y, x + 20, y, x + 20, y + 9, x + 3, y + 12]]
        rows.append({"id": k + 1, "image_id": k % 20, "category_id": k % 3000, "bbox": [x, y, 20, 12], "segmentation": shape, "area": 1})
    categories = [{"id": k, "name": f"class {k}"} for k in range(3000)]
    (tmp_path / "in.json").write_text(json.dumps({"images": images, "annotations": rows, "categories": categories}))
    dataset = load(tmp_path / "in.json")
    problems = [Problem("area-not-shape", "x" * 200, row["image_id"], row["id"], f"{row['image_id']}.png") for row in rows]
    page = check_report(dataset, tmp_path / "in", problems)
    assert len(page) < 10_000_000
    assert f"{number:,}" in page
    assert page.count("<g class=") <= 15 * MOST_DRAWN
    assert page.count("<tr>") <= 402


# --- safety ----------------------------------------------------------------------------------------------------------


def hostile(tmp_path: Path) -> Path:
    """A data set all of whose texts try to be something else."""
    folder = tmp_path / "in"
    folder.mkdir()
    document = {
        "images": [], "annotations": [],
        "categories": [{"id": k, "name": name, "keypoints": [name], "skeleton": [[1, name]]} for k, name in enumerate(HOSTILE)],
    }  # fmt: skip
    for k, name in enumerate(HOSTILE):
        file_name = name.replace("\x00", "").replace("\ud800", "").replace("/", "∕") + ".png"
        write_image(folder / file_name, np.full((40, 50, 3), 90, np.uint8), "png")
        document["images"].append({"id": name if k % 2 else k, "file_name": file_name, "width": 50, "height": 40})
        row = {"image_id": name if k % 2 else k, "category_id": k, "bbox": [5, 5, 20, 20], "caption": name, "extra": name}
        document["annotations"] += [{**row, "id": name}, {**row, "id": f"{name}2", "segmentation": [[1, 1, 9, 1, 9, 9]], "area": 7777}]
    document["images"].append({"id": 99, "file_name": MARKUP, "width": 5, "height": 5})
    place = tmp_path / f"{MARKUP.replace('/', '∕')}.json"
    place.write_text(json.dumps(document))
    return place


def check_harmless(page: str) -> None:
    found = Elements(page)
    page.encode("utf-8")
    assert not [letter for letter in page if not (letter.isprintable() or letter == "\n")]
    assert len(found.all("script")) == len(found.all("style")) == 1
    assert {tag for tag, _ in found.found} <= KNOWN
    for tag, attributes in found.found:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style", "the policy forbids them"
            if name in ("href", "src", "xlink:href"):
                assert re.match("#[a-z]+$|data:(,$|image/jpeg;base64,)", value), value
    policy = next(one["content"] for one in found.all("meta") if one.get("http-equiv") == "Content-Security-Policy")
    for tag in ("script", "style"):
        inside = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL).group(1)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?://", page)


KNOWN = {"html", "head", "meta", "title", "style", "link", "body", "script", "a", "header", "p", "span", "h1", "h2", "h3", "bdi", "dl", "dt", "dd",
         "div", "nav", "main", "section", "article", "details", "summary", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "svg", "rect",
         "path", "circle", "text", "g", "image", "fieldset", "legend", "label", "input", "select", "option", "noscript", "figure", "figcaption",
         "button", "b", "q", "pre", "footer", "dialog"}  # fmt: skip


def test_no_text_of_a_data_set_becomes_markup(tmp_path, page):
    check_harmless(page)
    dataset = load(hostile(tmp_path))
    problems = check(dataset, tmp_path / "in")
    assert problems
    problems += [Problem(name, name, name, name, name) for name in HOSTILE]
    checked = check_report(dataset, tmp_path / "in", problems)
    check_harmless(checked)
    assert "document.title" in words_of(checked), "names are shown, not hidden"
    augment(dataset.path, tmp_path / "in", tmp_path / "out")
    check_harmless(result_report(tmp_path / "out", dataset, tmp_path / "in"))


def test_a_report_file_that_somebody_else_wrote_is_only_text(run, tmp_path):
    shutil.copytree(run, tmp_path / "out")
    told = json.loads((tmp_path / "out/geoaug-report.json").read_text())
    told["settings"] = dict.fromkeys((*HOSTILE, "annotations", "copies", "seed"), HOSTILE)
    told["notes"] = HOSTILE
    told["geoaug"] = MARKUP
    told["problems"] = [{"code": name, "message": [name], "image_id": {"a": 1}, "annotation_id": [1], "file_name": 5} for name in HOSTILE] + [7]
    told["counts"]["annotations_dropped"] = {MARKUP: 3, "outside": "many"}
    told["dropped"] = [{"reason": name, "annotation_id": [1], "image_id": 1, "copy": 1} for name in HOSTILE] + ["x", {"image_id": [1], "copy": {}}]
    (tmp_path / "out/geoaug-report.json").write_text(json.dumps(told))
    result = json.loads((tmp_path / "out/annotations.json").read_text())
    for image, name in zip(result["images"], [[1], {"a": 1}, MARKUP, None, 1.5], strict=False):
        image["source_id"] = image["copy"] = name
    result["annotations"][0]["source_id"] = result["annotations"][1]["source_id"] = MARKUP
    (tmp_path / "out/annotations.json").write_text(json.dumps(result))
    check_harmless(result_report(tmp_path / "out", load(ANNOTATIONS), IMAGES))


@pytest.mark.parametrize(
    ("given", "shown_as"),
    [
        ("a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#x27;"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("\ud800", "\\ud800"),
        ("日本 é", "日本 é"),
        ("one\ntwo", "one\\ntwo"),
    ],
)
def test_text_is_shown_as_it_is_written(given, shown_as):
    assert text(given) == shown_as


def test_a_text_of_a_megabyte_is_cut():
    assert len(text("x" * 1_000_000)) == 2_000


# --- the command -----------------------------------------------------------------------------------------------------


def test_augment_writes_the_report_beside_its_result(tmp_path, capsys):
    place = tmp_path / "reports/first.html"
    assert main(["augment", str(ANNOTATIONS), "--images", str(IMAGES), "--out", str(tmp_path / "out"), "--report", str(place)]) == 0
    assert f"report       {place}" in capsys.readouterr().out
    assert place.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert not list(tmp_path.glob("**/*.part"))


def test_check_writes_its_report_and_keeps_its_exit_code(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    place = tmp_path / "check.html"
    assert main(["check", str(wrong(tmp_path)), "--images", str(tmp_path / "in"), "--report", str(place)]) == 1
    assert "bbox-not-shape" in place.read_text(encoding="utf-8")
    assert main(["check", str(ANNOTATIONS), "--report", str(place)]) == 0
    assert "No findings." in place.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("in/report.html", "image folder"),
        ("in.html", "one of the inputs"),
        ("report.json", "ends in .html"),
        ("out/report.html", "folder of the result"),
        ("folder.html", "is a folder"),
        ("link.html", "is a link"),
    ],
)
def test_a_report_that_would_lie_in_the_way_is_refused_before_any_work(tmp_path, capsys, name, message):
    shutil.copytree(IMAGES, tmp_path / "in")
    shutil.copy(ANNOTATIONS, tmp_path / "in.html")
    (tmp_path / "folder.html").mkdir()
    (tmp_path / "link.html").symlink_to(tmp_path / "in.html")
    before = (tmp_path / "in.html").read_bytes()
    arguments = ["augment", str(tmp_path / "in.html"), "--images", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--report", str(tmp_path / name)]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "in.html").read_bytes() == before


# --- in a browser ----------------------------------------------------------------------------------------------------


def saved(tmp_path: Path, page: str) -> Path:
    place = tmp_path / "page.html"
    place.write_text(page, encoding="utf-8")
    return place


def faults(one: Browser) -> list[str]:
    """What the console complains of, breaches of the policy among it, and everything that was fetched but the page itself."""
    said = [event["params"]["entry"]["text"] for event in one.events if event.get("method") == "Log.entryAdded"]
    said += [str(event["params"]["exceptionDetails"]) for event in one.events if event.get("method") == "Runtime.exceptionThrown"]
    asked = [event["params"]["request"]["url"] for event in one.events if event.get("method") == "Network.requestWillBeSent"]
    return said + [url for url in asked if not url.startswith(("file:", "data:"))]


BROAD = """[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1
    && !one.closest('svg, .lines, pre, .vh, .skip, .row, dialog')).map(one => one.outerHTML.slice(0, 80))"""


@in_browser
@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_pages_fit_the_window_and_break_no_rule_of_their_own(chromium, tmp_path, page, width, scheme):
    (tmp_path / "in").mkdir()
    dataset = load(wrong(tmp_path))
    for one in (page, check_report(dataset, tmp_path / "in", check(dataset, tmp_path / "in"))):
        chromium.open(saved(tmp_path, one), width, scheme=scheme, touch=width < 500)
        assert faults(chromium) == []
        assert chromium.ask("document.documentElement.scrollWidth") <= width
        assert chromium.ask(BROAD) == []
        assert chromium.ask("[...document.querySelectorAll('button, input, select, summary')].every(one => one.tabIndex >= 0)")


@in_browser
def test_a_hostile_data_set_runs_nothing_and_fetches_nothing(chromium, tmp_path):
    dataset = load(hostile(tmp_path))
    problems = check(dataset, tmp_path / "in") + [Problem(name, name, name, name, name) for name in HOSTILE]
    chromium.open(saved(tmp_path, check_report(dataset, tmp_path / "in", problems)), 390)
    chromium.ask("document.querySelectorAll('details').forEach(one => one.open = true)")
    chromium.ask("document.querySelector('.open').click()")
    assert faults(chromium) == []
    assert chromium.ask("document.title").endswith("geoaug report")
    assert chromium.ask("document.querySelectorAll('script').length") == 1
    assert chromium.ask("document.documentElement.scrollWidth") <= 390


@in_browser
def test_the_policy_stops_a_script_even_if_one_came_in(chromium, tmp_path, page):
    broken = page.replace("</main>", f'<script>{PWN}</script><img src="x" onerror="{PWN}"></main>')
    chromium.open(saved(tmp_path, broken))
    assert chromium.ask("document.title") != "pwned"
    assert any("Content Security Policy" in line for line in faults(chromium))


SEEN = "(kind => [...document.querySelectorAll('#gallery .p ' + kind)].filter(one => getComputedStyle(one).display !== 'none').length)"


@in_browser
def test_toggles_work_by_keyboard_and_hide_what_they_name(chromium, tmp_path, page):
    chromium.open(saved(tmp_path, page))
    for key, kind, letter in (("show-outlines", ".o", "o"), ("show-boxes", ".b", "b"), ("show-points", ".k", "k"), ("show-names", ".n", "n")):
        before = chromium.ask(f"{SEEN}('{kind}')")
        assert before > 0, kind
        chromium.ask(f"document.getElementById('{key}').focus()")
        chromium.press(" ")
        assert chromium.ask(f"{SEEN}('{kind}')") == 0, kind
        chromium.press(letter)
        assert chromium.ask(f"{SEEN}('{kind}')") == before, kind


@in_browser
def test_a_picture_opens_zooms_turns_and_closes_by_keyboard(chromium, tmp_path, page):
    chromium.open(saved(tmp_path, page))
    chromium.ask("document.querySelector('.open').focus()")
    chromium.press("Enter")
    assert chromium.ask("document.getElementById('box').open")
    view = "document.querySelector('.stage svg').getAttribute('viewBox').split(' ').map(Number)"
    whole = chromium.ask(view)
    chromium.press("+")
    closer = chromium.ask(view)
    assert closer[2] == pytest.approx(whole[2] / 1.5, abs=0.01)
    assert closer[0] + closer[2] / 2 == pytest.approx(whole[2] / 2, abs=0.01)
    line = "getComputedStyle(document.querySelector('.stage .b')).vectorEffect"
    assert chromium.ask(line) == "non-scaling-stroke"
    chromium.press("0")
    assert chromium.ask(view) == whole
    chromium.press("ArrowRight")
    assert chromium.ask("document.getElementById('place').textContent").startswith("2 of ")
    chromium.press("b")
    assert chromium.ask("getComputedStyle(document.querySelector('.stage .b')).display") == "none"
    chromium.press("b")
    chromium.press("Escape")
    chromium.wait("!document.getElementById('box').open")
    chromium.wait("document.activeElement.className === 'open'")
    chromium.wait("document.querySelector('.tools').closest('#gallery') !== null")  # the toggles are back in their place


@in_browser
def test_the_same_object_lights_up_in_source_and_copies(chromium, tmp_path, page):
    chromium.open(saved(tmp_path, page))
    lit = chromium.ask(
        """(() => { const one = document.querySelector('.strip .a');
        one.dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
        return [...document.querySelectorAll('.hot')].map(other => other.dataset.s === one.dataset.s); })()"""
    )
    assert len(lit) >= 2
    assert all(lit)


@in_browser
def test_a_class_can_be_chosen(chromium, tmp_path, page):
    chromium.open(saved(tmp_path, page))
    shown_ = "[...document.querySelectorAll('.strip')].filter(one => !one.hidden).length"
    every = chromium.ask(shown_)
    chromium.ask("(() => { const one = document.getElementById('class'); one.value = '0'; one.dispatchEvent(new Event('change')); })()")
    assert 0 < chromium.ask(shown_) < every


@in_browser
def test_it_prints(chromium, tmp_path, page):
    chromium.open(saved(tmp_path, page))
    assert len(base64.b64decode(chromium.do("Page.printToPDF", printBackground=True)["data"])) > 20_000
    chromium.do("Emulation.setEmulatedMedia", media="print")
    assert chromium.ask("getComputedStyle(document.querySelector('.tools')).display") == "none"
    chromium.do("Emulation.setEmulatedMedia", media="")


# --- the wheel, and real data ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_wheel_holds_style_and_script(tmp_path):
    pytest.importorskip("hatchling")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert {"geoaug/coco/report/page.css", "geoaug/coco/report/page.js"} <= set(names)


SETS = ["coco-mini/instances_val2017", "coco-mini/person_keypoints_val2017", "coco-mini/captions_val2017", "spacenet-16bit/annotations",
        "hieratic-dense/test/annotations", "keypoint-zoo/coco_wholebody/annotations", "publaynet-pages/annotations"]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_every_real_set_has_its_pages(real, tmp_path, name):
    place = REAL / f"{name}.json"
    augment(place, place.parent / "images", tmp_path / "out")
    dataset = load(place)
    for page in (result_report(tmp_path / "out", dataset, place.parent / "images"), check_report(dataset, place.parent / "images", check(dataset))):
        check_harmless(page)
        assert len(page) < 9_000_000
