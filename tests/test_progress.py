"""What a command says of its work: to people, and with --log-json to programs."""

from __future__ import annotations

import json
import math
import sys

import pytest

from geoaug.cli import progress
from geoaug.cli.progress import Bar, JsonVoice, Pace, Voice
from geoaug.coco.problems import Problem


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
