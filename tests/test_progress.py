"""What a command says of its work: to people, and with --log-json to programs."""

from __future__ import annotations

import json
import math
import sys

import pytest

from geoaug.cli import progress
from geoaug.cli.main import main
from geoaug.cli.progress import Bar, JsonVoice, Pace, Voice
from geoaug.coco.problems import Problem
from tests.conftest import FIXTURES


def events(text: str) -> list[dict]:
    assert text.isascii()
    return [json.loads(line) for line in text.splitlines()]


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def test_what_an_earlier_run_did_does_not_count_as_speed():
    pace = Pace()
    assert pace.rate(10, 5000) is None
    assert pace.rate(12, 5010) == 5
    assert pace.rate(14, 5010) == 2.5


def test_a_resumed_bar_tells_its_own_rate(clock, capsys):
    bar = Bar("pictures")
    bar(900, 1000)
    clock.now += 10
    bar(950, 1000)
    assert capsys.readouterr().err == "geoaug: 950/1000 pictures, 5.0/s, 0:10 left\n"


def test_programs_get_a_line_for_each_event_and_progress_once_a_second(clock, capsys):
    voice = JsonVoice()
    voice.start("augment", {"copies": 2, "out": "où\x1b[31m"})
    told = voice.count("pictures")
    for done in range(1, 41):
        clock.now += 0.1
        told(done, 40)
    voice.problems([Problem("image-missing", "there is no such file\n", "\x1b[2J", None, "\ud83d.png")] * 30, "")
    voice.warning("odd")
    voice.end(3, counts={"images": 4, "share": math.nan, "where": object})
    found = events(capsys.readouterr().err)
    assert [one["event"] for one in found] == ["start", *["progress"] * 4, *["problem"] * 30, "warning", "end"]
    assert found[0]["settings"] == {"copies": 2, "out": "où\x1b[31m"}
    assert found[0]["command"] == "augment"
    assert (found[4]["done"], found[4]["total"], found[4]["seconds_left"]) == (40, 40, 0)
    assert found[4]["rate"] == pytest.approx(10)
    assert found[5]["code"] == "image-missing"
    assert found[5]["image_id"] == "\x1b[2J"
    assert found[-1]["exit_code"] == 3
    assert found[-1]["counts"]["images"] == 4
    assert all(one["time"].endswith("Z") for one in found)


def test_quiet_means_no_progress_and_all_the_rest(capsys):
    for voice in (Voice(quiet=True), JsonVoice(quiet=True)):
        assert voice.count("pictures") is None
        voice.problems([Problem("image-missing", "gone")], "there")
        voice.end(3)
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_people_are_told_why_it_ended(capsys):
    Voice().end(2, "out: no")
    Voice().end(0)
    Voice().warning("odd\x1b")
    assert capsys.readouterr().err == "geoaug: out: no\ngeoaug: warning: odd\\x1b\n"


def test_a_reader_that_goes_away_stops_no_work(monkeypatch):
    class Gone:
        def write(self, text: str) -> None:
            raise BrokenPipeError

        def flush(self) -> None:
            raise BrokenPipeError

    for stream in (Gone(), None):
        monkeypatch.setattr(sys, "stderr", stream)
        voice = JsonVoice()
        voice.start("check", {})
        voice.end(0)


# --- whole commands --------------------------------------------------------------------------------------------------


def test_augment_and_check_and_merge_speak_json(tmp_path, capsys):
    document = json.loads((FIXTURES / "annotations.json").read_text())
    document["images"][1]["file_name"] = "nowhere\x1b[31m\n.jpg"
    (tmp_path / "a.json").write_text(json.dumps(document))
    arguments = [str(tmp_path / "a.json"), "--images", str(FIXTURES / "images"), "--log-json"]
    assert main(["augment", *arguments, "--out", str(tmp_path / "out"), "--quiet", "--copies", "2"]) == 3
    said = capsys.readouterr()
    assert said.out == ""
    found = events(said.err)
    assert [one["event"] for one in found] == ["start", "problem", "end"]
    assert found[0]["settings"]["copies"] == 2
    assert found[1]["code"] == "image-missing"
    assert found[2]["exit_code"] == 3
    assert found[2]["counts"]["images"] == 14

    assert main(["check", *arguments]) == 1
    found = events(capsys.readouterr().err)
    assert [one["event"] for one in found] == ["start", "problem", "remark", "end"]
    assert (found[3]["problems"], found[3]["remarks"]) == ({"image-missing": 1}, {"image-extra": 1})
    assert main(["augment", *arguments, "--out", str(tmp_path / "share"), "--quiet", "--shard", "1/1"]) == 3
    capsys.readouterr()
    assert main(["merge", str(tmp_path / "share"), "--out", str(tmp_path / "joined"), "--log-json"]) == 3
    assert events(capsys.readouterr().err)[-1]["counts"]["images"] == 7


@pytest.mark.filterwarnings("always")
def test_a_refusal_and_a_warning_are_events_too(tmp_path, capsys):
    (tmp_path / "p.json").write_text('{"transform": {"__class_fullname__": "HorizontalFlip", "p": 1, "prob": 1}}')
    arguments = ["augment", str(FIXTURES / "annotations.json"), "--images", str(FIXTURES / "images"), "--out", str(tmp_path / "out"), "--log-json"]
    assert main([*arguments, "--copies", "0"]) == 2
    found = events(capsys.readouterr().err)
    assert [one["event"] for one in found] == ["start", "end"]
    assert (found[1]["exit_code"], found[1]["error"][:7]) == (2, "copies:")
    assert main([*arguments, "--pipeline", str(tmp_path / "p.json")]) == 0
    found = events(capsys.readouterr().err)
    assert [one["event"] for one in found if one["event"] != "progress"] == ["start", "warning", "end"]
    assert "prob" in found[1]["message"]
    assert main([*arguments, "--pipeline", str(tmp_path / "p.json")]) == 0
    assert events(capsys.readouterr().err)[-1]["exit_code"] == 0


def test_an_interruption_is_an_event(tmp_path, capsys, monkeypatch):
    def interrupted(options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["geoaug.cli.main"], "_check", interrupted)
    assert main(["check", str(FIXTURES / "annotations.json"), "--log-json"]) == 130
    assert events(capsys.readouterr().err)[-1]["exit_code"] == 130
