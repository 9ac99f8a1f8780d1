"""The command: what it says, what it returns, and that it never shows a traceback for what a user did."""

from __future__ import annotations

import errno
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import geoaug as A
from geoaug import files
from geoaug.cli import progress
from geoaug.cli.main import main
from tests.conftest import FIXTURES
from tests.test_resume import alive

cli = sys.modules["geoaug.cli.main"]
ROOT = Path(__file__).parents[1]
ANNOTATIONS, IMAGES = str(FIXTURES / "annotations.json"), str(FIXTURES / "images")


def command(*arguments: object, **more: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "geoaug", *map(str, arguments)], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False, **more
    )


@pytest.fixture
def large(tmp_path: Path) -> list[str]:
    """The arguments of a run that takes a while."""
    document = {"images": [], "annotations": [], "categories": []}
    (tmp_path / "in").mkdir()
    pixels = np.random.default_rng(1).integers(0, 255, (300, 300, 3)).astype(np.uint8)
    for number in range(10):
        files.write_image(tmp_path / f"in/{number}.png", pixels, "png")
        document["images"].append({"id": number, "file_name": f"{number}.png", "width": 300, "height": 300})
    (tmp_path / "in.json").write_text(json.dumps(document))
    return ["augment", str(tmp_path / "in.json"), "--images", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--copies", "2000"]


# --- augment ---------------------------------------------------------------------------------------------------------


def test_augment_sums_up_on_stdout_and_names_the_next_command(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["augment", ANNOTATIONS, "--images", IMAGES, "--out", str(out), "--copies", "2"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "16 pictures written of 8 sources" in said.out
    assert "pictures/s" in said.out
    assert f"geoaug show {out}/annotations.json" in said.out


def test_the_next_command_works_as_it_stands_there(tmp_path, capsys):
    out = tmp_path / "my out"
    main(["augment", ANNOTATIONS, "--images", IMAGES, "--out", str(out)])
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("look at it"))
    import shlex

    assert main(shlex.split(line.partition("   ")[2])[1:]) == 0
    assert files.read_image(f"{out}-sheet.png").pixels.ndim == 3


def test_quiet_says_nothing(tmp_path, capsys):
    assert main(["augment", ANNOTATIONS, "--images", IMAGES, "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert tuple(capsys.readouterr()) == ("", "")


def test_every_option_reaches_the_run(tmp_path, capsys):
    A.save(A.Compose([A.VerticalFlip(p=1)]), tmp_path / "p.yaml", "yaml")
    options = ["--copies", "2", "--seed", "5", "--workers", "2", "--keep-originals", "--image-format", "png", "--quality", "80"]
    arguments = ["augment", ANNOTATIONS, "--images", IMAGES, "--out", str(tmp_path / "out"), "--pipeline", str(tmp_path / "p.yaml")]
    assert main([*arguments, *options]) == 0
    settings = json.loads((tmp_path / "out/geoaug-report.json").read_text())["settings"]
    assert [settings[key] for key in ("copies", "seed", "keep_originals", "image_format", "quality")] == [2, 5, True, "png", 80]
    assert len(list((tmp_path / "out/images").glob("*_*.png"))) == 16
    assert main([*arguments, "--overwrite"]) == 0
    capsys.readouterr()


def test_what_is_left_out_is_named_on_stderr_with_exit_code_3(tmp_path, capsys):
    document = json.loads((FIXTURES / "annotations.json").read_text())
    document["images"][1]["file_name"] = "nowhere\x1b[31m\n.jpg"
    document["annotations"][0]["bbox"] = [1, 2, 3]
    document["annotations"][0].pop("segmentation")
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert main(["augment", str(tmp_path / "a.json"), "--images", IMAGES, "--out", str(tmp_path / "out")]) == 3
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 2
    assert "image-missing" in said.err
    assert "bbox-numbers" in said.err
    assert "\x1b" not in said.err + said.out
    assert "7 pictures written of 7 sources, 1 source left out (1 image missing)" in said.out
    assert "none dropped" not in said.out


def test_many_problems_of_a_kind_become_a_count(tmp_path, capsys):
    document = json.loads((FIXTURES / "annotations.json").read_text())
    document["annotations"] += [{**document["annotations"][0], "id": 5000 + k, "category_id": 999} for k in range(14)]
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert main(["augment", str(tmp_path / "a.json"), "--images", IMAGES, "--out", str(tmp_path / "out")]) == 3
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 11
    assert said.err.splitlines()[-1].startswith("category-unknown: 4 more; all are in ")
    assert "14 of 32 source annotations left out (14 category unknown)" in said.out


def test_a_file_is_named_once_and_as_it_was_typed(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = json.loads((FIXTURES / "annotations.json").read_text())
    document["images"][1]["file_name"] = "missing.jpg"
    Path("a.json").write_text(json.dumps(document))
    assert main(["augment", "a.json", "--images", IMAGES, "--out", "out"]) == 3
    assert main(["check", "a.json", "--images", IMAGES]) == 1
    said = capsys.readouterr()
    assert said.err.count("missing.jpg") == 1
    assert next(line for line in said.out.splitlines() if line.startswith("image-missing")).count("missing.jpg") == 1
    Path("b.json").write_text("{")
    assert main(["check", "./b.json"]) == 2
    assert capsys.readouterr().err.startswith("geoaug: ./b.json: not JSON")


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_fault_of_geoaug_itself_is_one_line_with_exit_code_70(capsys, monkeypatch, debug):
    monkeypatch.setenv("GEOAUG_DEBUG", debug)
    monkeypatch.setattr(cli, "_check", lambda options: {}["x"])
    assert cli.main(["check", ANNOTATIONS]) == 70
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("geoaug: internal error: KeyError: 'x'; please report")
    assert ("Traceback" in said) == bool(debug)


def test_an_interruption_while_loading_shows_no_traceback(capsys, monkeypatch):
    def interrupted(options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_check", interrupted)
    assert cli.main(["check", ANNOTATIONS]) == 130
    assert capsys.readouterr().err == "geoaug: interrupted; nothing was written\n"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--copies", "0"], "copies"),
        (["--workers", "10000"], "1 to 256"),
        (["--seed", "-1"], "seed"),
        (["--pipeline", "nowhere.json"], "nowhere.json"),
        (["--quality", "101"], "quality"),
        (["--max-pixels", "0"], "max_pixels"),
    ],
)
def test_a_wrong_call_is_refused_in_one_line(tmp_path, capsys, options, words):
    assert main(["augment", ANNOTATIONS, "--images", IMAGES, "--out", str(tmp_path / "out"), *options]) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert words in said.err
    assert said.out == ""
    assert not (tmp_path / "out").exists()


NEVER = [
    (lambda: A.OverlayElements(p=1), "OverlayElements needs overlay_metadata=… with every call"),
    (lambda: A.RandomCropNearBBox(cropping_bbox_key="here"), "RandomCropNearBBox needs here=… with every call"),
    (lambda: A.OneOf([A.NoOp(), A.Sequential([A.Mosaic()])]), "Mosaic needs mosaic_metadata=… with every call"),
    (A.Normalize, "Normalize makes numbers for a network"),
    (A.ToCHW, "ToCHW makes numbers for a network"),
    (A.ToTensorV2, "ToTensorV2 makes numbers for a network"),
    (lambda: A.ConstrainedCoarseDropout(bbox_labels=["perzon"]), "no category is called 'perzon'; did you mean 'person'?"),
]


@pytest.mark.parametrize("command_", ["augment", "show"])
@pytest.mark.parametrize(("build", "words"), NEVER)
def test_a_pipeline_that_can_never_run_on_a_data_set_is_refused_in_one_line(tmp_path, capsys, command_, build, words):
    A.save(A.Compose([A.HorizontalFlip(), build()]), tmp_path / "p.json")
    document = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "kite"}]}
    (tmp_path / "a.json").write_text(json.dumps(document))
    out = tmp_path / ("out" if command_ == "augment" else "out.png")
    arguments = [command_, str(tmp_path / "a.json"), "--images", IMAGES, "--out", str(out), "--pipeline", str(tmp_path / "p.json")]
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == 1
    assert words in said.err
    assert not out.exists()


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["augment"], ["augment", "a.json"], ["augment", "a", "--images", "b", "--out", "c", "--copies", "x"]]
)
def test_a_call_that_is_none_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    assert "usage: geoaug" in capsys.readouterr().err


def test_unusable_annotations_exit_with_2(tmp_path, capsys):
    (tmp_path / "a.json").write_text('{"images": [')
    for name in ("a.json", "nowhere.json", "."):
        assert main(["augment", str(tmp_path / name), "--images", IMAGES, "--out", str(tmp_path / "out")]) == 2
        assert main(["check", str(tmp_path / name)]) == 2
        assert main(["show", str(tmp_path / name), "--images", IMAGES, "--out", str(tmp_path / "sheet.png")]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 3


def test_an_unknown_argument_in_a_pipeline_warns_in_one_line(tmp_path):
    (tmp_path / "p.json").write_text('{"transform": {"__class_fullname__": "HorizontalFlip", "p": 1, "prob": 1}}')
    done = command("augment", ANNOTATIONS, "--images", IMAGES, "--out", tmp_path / "out", "--pipeline", tmp_path / "p.json")
    assert done.returncode == 0
    assert done.stderr.startswith("geoaug: warning: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_full_disk_exits_with_4_and_names_the_folder(tmp_path, capsys, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "write_bytes", full)
    assert main(["augment", ANNOTATIONS, "--images", IMAGES, "--out", str(tmp_path / "out")]) == 4
    assert "no space left on device in" in capsys.readouterr().err
    assert not (tmp_path / "out/annotations.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("number", "code", "workers"), [(signal.SIGINT, 130, 1), (signal.SIGINT, 130, 2), (signal.SIGTERM, 143, 2)])
def test_an_interrupted_run_says_one_line_and_leaves_nothing_torn(large, number, code, workers):
    process = subprocess.Popen(
        [sys.executable, "-m", "geoaug", *large, "--workers", str(workers)], stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    images = Path(large[5]) / "images"
    deadline = time.monotonic() + 60
    while not (images.is_dir() and any(images.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)  # as a terminal and as a system do it
    err = process.communicate(timeout=60)[1]
    assert (process.returncode, len(err.splitlines())) == (code, 1), err
    assert "run the same command again to go on" in err
    assert sorted(os.listdir(large[5])) == [".geoaug", "geoaug-report.json", "images"]
    assert sorted(os.listdir(Path(large[5]) / ".geoaug")) == ["journal", "lock"]
    for place in images.iterdir():
        files.read_image(place)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_workers_leave_when_the_main_process_is_killed(large):
    process = subprocess.Popen(
        [sys.executable, "-m", "geoaug", *large, "--workers", "2"], cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True
    )
    images = Path(large[5]) / "images"
    deadline = time.monotonic() + 60
    while not (images.is_dir() and any(images.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 5
    while alive(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not alive(process.pid)
    for place in images.iterdir():
        files.read_image(place)


@pytest.mark.skipif(sys.platform == "win32", reason="closing a pipe")
def test_a_reader_that_goes_away_changes_nothing(tmp_path):
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        out = tmp_path / str(len(os.listdir(tmp_path)))
        line = f"{sys.executable} -m geoaug augment {ANNOTATIONS} --images {IMAGES} --out {out} {closed}"
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=ROOT, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert (out / "annotations.json").exists()
    reading, writing = os.pipe()
    os.close(reading)
    piped = subprocess.run(
        [sys.executable, "-m", "geoaug", "check", ANNOTATIONS], stdout=writing, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False
    )
    os.close(writing)
    assert (piped.returncode, piped.stderr) == (0, "")


def test_nothing_but_ascii_is_needed_to_print(tmp_path):
    done = command(
        "augment", ANNOTATIONS, "--images", IMAGES, "--out", tmp_path / "où", env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "TERM": "dumb"}
    )
    assert done.returncode == 0
    assert done.stderr == ""


# --- check -----------------------------------------------------------------------------------------------------------


def test_check_finds_nothing_in_the_fixtures(capsys):
    assert main(["check", ANNOTATIONS, "--images", IMAGES]) == 0
    assert "no findings" in capsys.readouterr().out


def test_check_names_ids_and_exits_with_1(tmp_path, capsys):
    document = json.loads((FIXTURES / "annotations.json").read_text())
    document["annotations"][0]["area"] *= 3
    document["images"][0]["width"] += 1
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert main(["check", str(tmp_path / "a.json"), "--images", IMAGES]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(str(document["annotations"][0]["id"]) in line and "area" in line for line in lines)
    assert any(document["images"][0]["file_name"] in line and "size" in line for line in lines)
    assert lines[-1].endswith("findings")


# --- show ------------------------------------------------------------------------------------------------------------


def test_show_draws_source_beside_copies(tmp_path, capsys):
    sheet = tmp_path / "new" / "sheet.jpg"
    assert main(["show", ANNOTATIONS, "--images", IMAGES, "--out", str(sheet), "--count", "3", "--copies", "1"]) == 0
    pixels = files.read_image(sheet).pixels
    assert pixels.shape[1] == 14 + 2 * (440 + 14)
    assert str(sheet) in capsys.readouterr().out


def test_show_draws_what_augment_makes(tmp_path):
    from geoaug.coco.dataset import load
    from geoaug.coco.sheet import sheet

    dataset = load(ANNOTATIONS)
    one, two = sheet(dataset, IMAGES, rows=2, copies=1, seed=1), sheet(dataset, IMAGES, rows=2, copies=1, seed=2)
    assert np.array_equal(one, sheet(dataset, IMAGES, rows=2, copies=1, seed=1))
    assert not np.array_equal(one, two)


def test_show_writes_over_no_input(tmp_path, capsys):
    (tmp_path / "images").mkdir()
    files.write_image(tmp_path / "images/a.png", np.zeros((5, 5, 3), np.uint8), "png")
    document = {"images": [{"id": 1, "file_name": "a.png", "width": 5, "height": 5}], "annotations": [], "categories": []}
    (tmp_path / "a.json").write_text(json.dumps(document))
    before = (tmp_path / "images/a.png").read_bytes()
    for out in ("images/a.png", "images", "a.json", "sheet.gif", "sheet"):
        assert main(["show", str(tmp_path / "a.json"), "--images", str(tmp_path / "images"), "--out", str(tmp_path / out)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 5
    assert (tmp_path / "images/a.png").read_bytes() == before


def test_show_names_what_it_leaves_out(tmp_path, capsys):
    document = json.loads((FIXTURES / "annotations.json").read_text())
    document["images"][1]["file_name"] = "missing.jpg"
    row = document["annotations"][0]
    document["annotations"] += [
        {**row, "id": 7000, "category_id": 999},
        {**row, "id": 7001, "bbox": [1, 1, 8, 8], "segmentation": [[1, 1, 5, 5, 9, 9]]},
    ]
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert main(["show", str(tmp_path / "a.json"), "--images", IMAGES, "--out", str(tmp_path / "sheet.png"), "--count", "8"]) == 3
    assert [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()] == [
        "category-unknown", "annotation-degenerate", "image-missing",
    ]  # fmt: skip


def test_a_data_set_alone_is_shown_side_by_side(tmp_path):
    assert main(["show", ANNOTATIONS, "--images", IMAGES, "--out", str(tmp_path / "sheet.png"), "--copies", "0", "--count", "4"]) == 0
    assert files.read_image(tmp_path / "sheet.png").pixels.shape[1] == 14 + 3 * (440 + 14)


def test_a_tag_hides_no_small_object():
    from geoaug.coco import sheet

    boxes = np.array([[10.0, 10, 20, 20], [0, 0, 300, 300]])
    assert sheet._hides((8, 8), (40, 12), boxes)
    assert not sheet._hides((100, 100), (40, 12), boxes)


def test_neighbouring_categories_have_clearly_different_colours():
    from geoaug.coco.look import Look

    colours = [np.array(colour) for colour in Look.of([{"id": k} for k in range(90)]).colours.values()]
    assert min(np.abs(one - other).max() for one, other in itertools.pairwise(colours)) > 100


def test_show_follows_no_link_that_leads_nowhere(tmp_path, capsys):
    (tmp_path / "sheet.png").symlink_to(tmp_path / "nowhere.png")
    assert main(["show", ANNOTATIONS, "--images", IMAGES, "--out", str(tmp_path / "sheet.png")]) == 2
    assert "leads nowhere" in capsys.readouterr().err


def test_places_and_pixels_without_a_number_are_drawn_without_a_warning(tmp_path):
    (tmp_path / "images").mkdir()
    pixels = np.full((20, 30, 4), np.nan, np.float32)
    pixels[:10] = 0.5
    files.write_image(tmp_path / "images/a.tif", pixels, "tif")
    row = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 9, 9], "area": 81, "iscrowd": 0, "keypoints": [1e9, 5, 2, 5, -1e9, 2]}
    category = {"id": 1, "name": "a", "keypoints": ["b", "c"], "skeleton": [[1, 2]]}
    document = {"images": [{"id": 1, "file_name": "a.tif", "width": 30, "height": 20}], "annotations": [row], "categories": [category]}
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert main(["show", str(tmp_path / "a.json"), "--images", str(tmp_path / "images"), "--out", str(tmp_path / "sheet.png"), "--copies", "0"]) == 0


def test_show_says_why_nothing_could_be_drawn(tmp_path, capsys):
    (tmp_path / "images").mkdir()
    assert main(["show", ANNOTATIONS, "--images", str(tmp_path / "images"), "--out", str(tmp_path / "sheet.png")]) == 2
    assert "no picture could be drawn" in capsys.readouterr().err


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_picture_can_be_shown(tmp_path, dtype, channels):
    (tmp_path / "images").mkdir()
    shape = (20, 30, channels) if channels > 1 else (20, 30)
    files.write_image(tmp_path / "images/a.tif", (np.random.default_rng(1).random(shape) * (1 if dtype == "float32" else 900)).astype(dtype), "tif")
    document = {"images": [{"id": 1, "file_name": "a.tif", "width": 30, "height": 20}], "annotations": [], "categories": []}
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert main(["show", str(tmp_path / "a.json"), "--images", str(tmp_path / "images"), "--out", str(tmp_path / "sheet.png")]) == 0


# --- the rest --------------------------------------------------------------------------------------------------------


def test_the_version_is_told():
    done = command("--version")
    assert (done.returncode, done.stdout.strip()) == (0, f"geoaug {A.__version__}")


def test_help_names_every_command():
    done = command("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("augment", "check", "show", "130", "143"))
    assert "mirrors every second picture" in command("augment", "--help").stdout


def test_no_command_speaks_to_the_network(tmp_path):
    code = (
        "import sys\n"
        "def watch(event, args):\n"
        "    if event.startswith('socket.') and event not in ('socket.__new__',): raise SystemExit(event)\n"
        "sys.addaudithook(watch)\n"
        "from geoaug.cli.main import main\n"
        f"assert main(['augment', {ANNOTATIONS!r}, '--images', {IMAGES!r}, '--out', {str(tmp_path / 'out')!r}]) == 0\n"
        f"assert main(['check', {ANNOTATIONS!r}, '--images', {IMAGES!r}]) == 0\n"
        f"assert main(['show', {ANNOTATIONS!r}, '--images', {IMAGES!r}, '--out', {str(tmp_path / 's.png')!r}]) == 0\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


class Screen:
    """A terminal that remembers."""

    def __init__(self, live: bool) -> None:
        self.live, self.text = live, ""

    def isatty(self) -> bool:
        return self.live

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_a_terminal_gets_a_bar_and_a_log_gets_lines(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    for live in (True, False):
        screen = Screen(live)
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setattr(progress, "PAUSE", 0)
        monkeypatch.setattr(progress, "PIPED_PAUSE", 0)
        bar = progress.Bar("images")
        for done in range(1, 4):
            bar(done, 3)
        bar.clear()
        assert ("\r[####" in screen.text) == live
        assert (screen.text.count("\n") == 3) != live
        assert "3/3 images" in screen.text
        assert screen.text.endswith("\r\x1b[K") == live


def test_what_could_steer_a_terminal_is_written_out():
    assert progress.escaped("a\x1b[31m\nb\u202e é") == "a\\x1b[31m\\nb\\u202e é"


def test_augment_loads_no_page_and_no_transform_that_it_does_not_use(tmp_path):
    told = f"""
import sys
from geoaug.cli.main import main
assert main(["augment", {ANNOTATIONS!r}, "--images", {IMAGES!r}, "--out", {str(tmp_path / "out")!r}, "--quiet"]) in (0, 3)
print(*sorted(name for name in sys.modules if name.startswith(("geoaug.coco.report", "geoaug.coco.check", "geoaug.transforms"))))
"""
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "geoaug.transforms.affine" in loaded
    assert not {name for name in loaded if name.startswith(("geoaug.coco.report", "geoaug.coco.check"))}
    assert not loaded & {"geoaug.transforms.every", "geoaug.transforms.weather", "geoaug.transforms.blur"}
