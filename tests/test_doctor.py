"""``geoaug doctor``: what it looks at, and what it calls a finding."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import geoaug as A
from geoaug import doctor
from geoaug.cli.main import main
from geoaug.raster import quirks


@pytest.fixture
def installed(monkeypatch):
    """Returns: A dict of versions that takes the place of what is installed."""
    versions = {"numpy": "2.4.6", "attrs": "26.1.0", "pycocotools": "2.0.11", "opencv-python-headless": "5.0.0.93"}
    monkeypatch.setattr(doctor, "_version", lambda name: versions.get(name))
    monkeypatch.setattr(doctor, "_required", lambda: [("numpy", "1.24"), ("pycocotools", "2.0.7"), ("attrs", "23.1")])
    return versions


def states(items):
    return {item.name: item.state for item in items}


def test_what_is_there_and_new_enough_is_good(installed):
    assert states(doctor.versions()) == {
        "python": "good", "numpy": "good", "pycocotools": "good", "attrs": "good", "cv2 from": "good", "not installed": "note",
    }  # fmt: skip


def test_what_is_missing_or_too_old_is_a_finding_with_the_way_out(installed):
    installed["numpy"] = "1.23.5"
    del installed["pycocotools"]
    found = {item.name: item.text for item in doctor.versions() if item.state == "finding"}
    assert found == {
        "numpy": "1.23.5 is older than 1.24, which geoaug needs: pip install 'numpy>=1.24'",
        "pycocotools": "not installed, geoaug needs 2.0.7 or newer: pip install 'pycocotools>=2.0.7'",
    }


def test_several_packages_that_bring_cv2_are_a_finding(installed):
    installed["opencv-python"] = "4.13.0.92"
    item = next(item for item in doctor.versions() if item.name == "cv2 from")
    assert item.state == "finding"
    assert "pip uninstall opencv-python opencv-python-headless" in item.text


def test_no_wheel_of_opencv_is_no_finding_since_other_builds_serve(installed):
    del installed["opencv-python-headless"]
    assert states(doctor.versions())["cv2 from"] == "note"


def test_the_quick_quirks_answer_in_words():
    for name, quirk in quirks.QUICK.items():
        assert quirk(), name
    assert set(doctor._names_of_quirks()) == set(quirks.MAY_HANG)


def test_geoaug_does_right_where_opencv_does_not():
    assert set(doctor._ours().values()) == {None}


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_without_pytorch_plain_processes_take_its_place(installed):
    pipeline = A.Compose([A.Rotate((-180, 180), p=1)])
    rows = doctor.fingerprints(doctor.Pictures([pipeline]), 4, "fork", False)
    assert len(rows) == len({row[0] for row in rows}) == 36
    same = A.Compose([A.HorizontalFlip(p=1)])
    assert len({row[0] for row in doctor.fingerprints(doctor.Pictures([same]), 4, "fork", False)}) == 1
    alone, together = (doctor.fingerprints(doctor.Pictures([pipeline], keyed=True), workers, "fork", False) for workers in (0, 4))
    assert alone == together


class _Said:
    """A process that has answered."""

    def __init__(self, answer=None, code=0, errors=""):
        self.returncode, self.said, self.errors, self.stdout = code, json.dumps(answer), errors, None

    def communicate(self, timeout=None):
        return f"warnings of somebody\n{self.said}\n", self.errors

    def poll(self):
        return self.returncode


def test_pictures_that_repeat_are_a_finding_and_so_is_an_experiment_that_breaks():
    counts = {"counts": {"geoaug": 36, "albumentations": 3}, "loader": "DataLoader", "persistent": False, "keyed": True}
    items = doctor._experiment("fork", _Said(counts))
    assert [(item.name, item.state) for item in items] == [
        ("geoaug (fork)", "good"), ("albumentations (fork)", "finding"), ("geoaug with key=(epoch, index)", "good"),
    ]  # fmt: skip
    assert items[1].text.startswith("3 distinct of 36")
    broken = doctor._experiment("spawn", _Said(code=1, errors="Traceback\nImportError: no libc10.so\n"))
    assert broken[0].state == "finding"
    assert "no libc10.so" in broken[0].text
    assert doctor._experiment("fork", _Said({"absent": True}))[0].state == "note"


def test_the_command_tells_all_and_its_exit_code_says_whether_something_is_wrong(capsys, monkeypatch):
    seen = [doctor.Item("versions", "numpy", "good", "2.4.6"), doctor.Item("quirks", "130 channels", "note", "cv2: refused")]
    monkeypatch.setattr(doctor, "examine", lambda workers, others: seen)
    monkeypatch.setattr("geoaug.cli.doctor.examine", lambda workers, others: seen)
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.endswith(" ok numpy  2.4.6\n\nOdd calls: what OpenCV does with them, and whether geoaug does right\n"
                                            "    130 channels  cv2: refused\n\nall good\n")  # fmt: skip
    seen.append(doctor.Item("workers", "geoaug (fork)", "finding", "3 distinct of 36", {"distinct": 3}))
    assert main(["doctor"]) == 1
    assert capsys.readouterr().out.endswith("\n1 finding: geoaug (fork)\n")
    assert main(["doctor", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["findings"] == 1
    assert told["items"][-1] == {
        "group": "workers",
        "name": "geoaug (fork)",
        "state": "finding",
        "text": "3 distinct of 36",
        "values": {"distinct": 3},
    }


WATCH = """
import os, sys
def watch(event, args):
    if event == "socket.getaddrinfo" or (event == "socket.connect" and isinstance(args[1], tuple)):
        open(os.environ["NETWORK_LOG"], "a").write(f"{event} {args}\\n")
sys.addaudithook(watch)
"""


def run(folder, *arguments):
    """Run the command with a watch on the network in it and in every process that it starts."""
    (folder / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    own = {**os.environ, "PYTHONPATH": str(folder), "NETWORK_LOG": str(folder / "log")}
    done = subprocess.run([sys.executable, "-m", "geoaug", "doctor", *arguments], capture_output=True, text=True, check=False, env=own)
    assert not (folder / "log").exists(), (folder / "log").read_text()
    return done


@pytest.mark.slow
def test_the_whole_of_it_here(tmp_path):
    done = run(tmp_path, "--json", "--geoaug-only")
    told = json.loads(done.stdout)
    assert (done.returncode, told["findings"], done.stderr) == (0, 0, ""), done.stdout
    workers = {item["name"]: item["values"] for item in told["items"] if item["group"] == "workers"}
    assert [values["distinct"] for name, values in workers.items() if "key" not in name] == [36] * (len(workers) - 1)
    assert {item["group"] for item in told["items"]} == {"versions", "opencv", "quirks", "workers"}


@pytest.mark.slow
def test_albumentations_repeats_pictures_and_that_is_a_finding(tmp_path):
    pytest.importorskip("torch", reason="needs PyTorch")
    if doctor._version("albumentations") != "2.0.8":
        pytest.skip("needs albumentations 2.0.8")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "albumentations (fork)" in done.stdout
    assert "3 distinct of 36" in done.stdout


def test_pictures_are_a_sequence_that_ends():
    pictures = doctor.Pictures([lambda image: {"image": np.zeros(1)}])
    assert len(list(pictures)) == len(pictures) == 12
