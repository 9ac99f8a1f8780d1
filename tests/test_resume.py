"""Runs that are killed, begun again, raced, shared out: the result is always that of one run that nothing disturbed."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from geoaug import files
from geoaug.coco.folder import Refused, claimed
from geoaug.coco.run import augment
from geoaug.coco.shares import merge, share_of
from tests.conftest import FIXTURES
from tests.test_run import Source, noise, source, tree  # noqa: F401  a fixture

ROOT = Path(__file__).parents[1]
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


# --- killed ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wide(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A data set of 24 pictures with objects, and the tree that one undisturbed run makes of it."""
    folder = tmp_path_factory.mktemp("wide")
    made = Source(folder)
    for number in range(24):
        made.add(f"{number:02}.{'png' if number % 3 else 'jpg'}", noise(90 + number, 120))
    json_place = made.path
    augment(json_place, made.images, folder / "reference", copies=3)
    return folder, tree(folder / "reference")


def started(folder: Path, out: Path, workers: int, *more: str) -> subprocess.Popen:
    line = ["augment", folder / "annotations.json", "--images", folder / "images", "--out", out, "--copies", 3, "--workers", workers, *more]
    return subprocess.Popen(
        [sys.executable, "-m", "geoaug", *map(str, line)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def children(pid: int) -> list[int]:
    """Worker processes of a run (its helper process that tracks semaphores is none)."""
    with contextlib.suppress(OSError):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(one) for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
    return []


def disturb(chance: random.Random, process: subprocess.Popen, out: Path, kind: str) -> None:
    """Wait for a random moment of a run, and strike."""
    if chance.random() < 0.5:
        pictures, deadline = chance.randrange(1, 60), time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline and len(list((out / "images").glob("*"))) < pictures:
            time.sleep(0.002)
    else:
        time.sleep(chance.uniform(0.05, 1.2))
    with contextlib.suppress(ProcessLookupError):
        if kind == "worker":
            workers = children(process.pid)
            if workers:
                os.kill(chance.choice(workers), signal.SIGKILL)
        elif kind == "group":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.send_signal({"main": signal.SIGKILL, "terminate": signal.SIGTERM, "interrupt": signal.SIGINT}[kind])


def hurt(folder: Path, reference: dict[str, str], out: Path, chance: random.Random, kills: int) -> tuple[int, int]:
    """Kill a run again and again, then let it finish.

    Returns:
        How many pictures were finished when a kill struck, and how many of them the next run made again.
    """
    finished = again = 0
    stood: dict[str, int] = {}
    for _ in range(kills):
        kind = chance.choice(["main", "main", "group", "worker", "terminate", "interrupt"])
        process = started(folder, out, chance.choice([1, 2, 3]))
        disturb(chance, process, out, kind)
        said = process.communicate(timeout=60)[1]
        # the negative ones: Python itself was not up yet
        codes = {"worker": (0,), "terminate": (0, 143, -signal.SIGTERM), "interrupt": (0, 130, -signal.SIGINT)}
        assert process.returncode in codes.get(kind, (0, -signal.SIGKILL)), (kind, said)
        deadline = time.monotonic() + 5
        while alive(process.pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not alive(process.pid), "orphans"
        now = {place.name: place.stat().st_mtime_ns for place in (out / "images").glob("*")}
        for name in now:
            assert tree(out)[f"images/{name}"] == reference[f"images/{name}"], f"{name} is torn"
        finished += len(stood)
        again += sum(now.get(name) != stamp for name, stamp in stood.items())
        stood = now
    process = started(folder, out, 2)
    assert process.wait(timeout=60) == 0, process.stderr.read()
    process.stderr.close()
    finished += len(stood)
    again += sum((out / "images" / name).stat().st_mtime_ns != stamp for name, stamp in stood.items())
    assert tree(out) == reference
    return finished, again


@posix
@pytest.mark.parametrize(
    ("seeds", "kills"), [(range(1), 4), pytest.param(range(100, 140), 5, marks=pytest.mark.slow)], ids=["four kills", "200 kills"]
)
def test_whatever_kills_a_run_the_same_command_finishes_it_byte_by_byte(wide, tmp_path, seeds, kills):
    finished = again = 0
    for seed in seeds:
        out = tmp_path / str(seed)
        counts = hurt(*wide, out, random.Random(seed), kills)
        finished, again = finished + counts[0], again + counts[1]
        shutil.rmtree(out)
    assert again <= 0.1 * finished


# --- what the folder holds -------------------------------------------------------------------------------------------


def stopped(monkeypatch, source, after: int = 4, **more) -> Path:  # noqa: F811
    """A run that a full disk ended after a few files were renamed into their places."""
    count, real = 0, os.replace

    def replace(one, other):
        nonlocal count
        count += 1
        if count > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(one, other)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        with pytest.raises(OSError, match="No space"):
            augment(source.path, source.images, source.folder / "out", **more)
    return source.folder / "out"


@pytest.fixture
def five(source):  # noqa: F811
    for letter in "abcde":
        source.add(f"{letter}.png")
    source.augment("fresh")
    return source


def test_a_finished_folder_is_left_as_it_is(five):
    first, _ = five.augment()
    stamps = {place: place.stat().st_mtime_ns for place in (five.folder / "out").rglob("*")}
    second, _ = five.augment()
    assert (first.again, second.again, second.images, second.exit_code) == (False, True, 5, 0)
    assert {place: place.stat().st_mtime_ns for place in (five.folder / "out").rglob("*")} == stamps


@pytest.mark.parametrize(
    ("more", "words"),
    [({"seed": 3}, "seed 0 there, 3 now"), ({"copies": 2}, "copies 1 there, 2 now"), ({"quality": 50}, "quality"), ({"shard": "1/2"}, "share None")],
)
def test_a_run_with_other_settings_is_not_mixed_in(five, monkeypatch, more, words):
    out = stopped(monkeypatch, five)
    before = tree(out)
    with pytest.raises(Refused, match=f"other settings.*{words}"):
        five.augment(**more)
    assert tree(out) == before


def test_annotations_that_changed_meanwhile_are_another_run(five, monkeypatch):
    stopped(monkeypatch, five)
    five.document["annotations"][0]["bbox"][0] += 1
    with pytest.raises(Refused, match="the annotations have changed"):
        five.augment()


def test_a_picture_that_changed_meanwhile_is_made_again(five, monkeypatch):
    out = stopped(monkeypatch, five)
    files.write_image(five.images / "a.png", 255 - noise(), "png")
    summary, _ = five.augment()
    five.augment("changed")
    assert summary.earlier == 1
    assert tree(out) == tree(five.folder / "changed") != tree(five.folder / "fresh")


@pytest.mark.parametrize("harm", ["deleted", "torn", "journal torn", "journal gone"])
def test_what_no_longer_holds_is_made_again(five, monkeypatch, harm):
    out = stopped(monkeypatch, five)
    place, journal = out / "images/a_1.png", next((out / ".geoaug/journal").glob("*-*.jsonl"))
    if harm == "deleted":
        place.unlink()
    elif harm == "torn":
        place.write_bytes(place.read_bytes()[:-50])
    elif harm == "journal torn":
        journal.write_bytes(journal.read_bytes()[:-50])
    else:
        journal.unlink()
    summary, _ = five.augment()
    assert summary.earlier == (0 if harm == "journal gone" else 1)
    assert tree(out) == tree(five.folder / "fresh")


def test_two_runs_do_not_write_into_one_folder(five):
    out = five.folder / "out"
    with claimed("out", out), pytest.raises(Refused, match="another run is writing in"):
        five.augment()
    five.augment()
    assert tree(out) == tree(five.folder / "fresh")


def test_a_picture_that_was_missing_may_have_come(five, monkeypatch):
    (five.images / "a.png").rename(five.folder / "a.png")
    stopped(monkeypatch, five)
    (five.folder / "a.png").rename(five.images / "a.png")
    summary, _ = five.augment()
    assert summary.exit_code == 0
    assert tree(five.folder / "out") == tree(five.folder / "fresh")


class Runs(RuleBasedStateMachine):
    """Anything may happen to a run in between; what it ends with is what an undisturbed run makes of the same input."""

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.folder = Path(tempfile.mkdtemp(prefix="geoaug-runs-"))
        self.source = Source(self.folder)
        self.pictures = 0
        for letter in "abc":
            self.source.add(f"{letter}.png", noise(12, 14))
        assert self.source.path.exists()
        self.out = self.folder / "out"

    def run(self, failing: int | None = None) -> None:
        count, real = 0, os.replace

        def replace(one, other):
            nonlocal count
            count += 1
            if count == failing:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(one, other)

        patch = pytest.MonkeyPatch()
        patch.setattr(os, "replace", replace)
        with contextlib.suppress(OSError):
            augment(self.folder / "annotations.json", self.source.images, self.out, copies=2)
        patch.undo()

    @rule(failing=st.integers(1, 14))
    def fail(self, failing: int) -> None:
        self.run(failing)

    @rule()
    def finish(self) -> None:
        self.run()
        fresh = self.folder / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        augment(self.folder / "annotations.json", self.source.images, fresh, copies=2)
        assert tree(self.out) == tree(fresh)

    def unfinished(self) -> bool:
        return self.out.exists() and not (self.out / "annotations.json").exists()

    @precondition(unfinished)
    @rule(which=st.integers(0, 5))
    def lose_a_file(self, which: int) -> None:
        places = sorted((self.out / "images").glob("*"))
        if places:
            places[which % len(places)].unlink()

    @precondition(unfinished)
    @rule(letter=st.sampled_from("abc"), value=st.integers(0, 255))
    def change_a_picture(self, letter: str, value: int) -> None:
        self.pictures += 1
        place = self.source.images / f"{letter}.png"
        files.write_image(place, np.full((12, 14, 3), value, np.uint8), "png")
        os.utime(place, ns=(self.pictures * 10**9, self.pictures * 10**9))

    @precondition(unfinished)
    @rule()
    def ask_for_something_else(self) -> None:
        before = tree(self.out)
        if before.keys() <= {".geoaug/lock"}:
            return
        with pytest.raises(Refused):
            augment(self.folder / "annotations.json", self.source.images, self.out, copies=2, seed=9)
        assert tree(self.out) == before

    @rule()
    def begin_anew(self) -> None:
        if self.out.exists() and (self.out / "geoaug-report.json").exists():
            augment(self.folder / "annotations.json", self.source.images, self.out, copies=2, overwrite=True)

    @invariant()
    def nothing_is_torn(self) -> None:
        for place in (self.out / "images").glob("*") if hasattr(self, "out") else ():
            files.read_image(place)

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)


TestRuns = Runs.TestCase
TestRuns.settings = settings(max_examples=8, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck))


# --- shares ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_shares_join_into_the_bytes_of_one_run(tmp_path, count):
    place, images = FIXTURES / "annotations.json", FIXTURES / "images"
    augment(place, images, tmp_path / "one", copies=2, keep_originals=True)
    shares = [tmp_path / f"share-{k}" for k in range(1, count + 1)]
    for k, share in enumerate(shares, 1):
        augment(place, images, share, copies=2, keep_originals=True, shard=f"{k}/{count}")
    summary = merge(shares[::-1], tmp_path / "joined")
    assert tree(tmp_path / "joined") == tree(tmp_path / "one")
    assert (summary.images, summary.exit_code) == (24, 0)
    assert merge(shares, tmp_path / "joined").again


def test_problems_of_the_whole_are_told_once(source):  # noqa: F811
    for letter in "abc":
        source.add(f"{letter}.png")
    (source.images / "b.png").unlink()
    source.document["annotations"].append({"id": 5, "image_id": 77, "category_id": 1, "bbox": [1, 1, 2, 2]})
    whole, _ = source.augment("whole")
    shares = [source.folder / f"share-{k}" for k in (1, 2)]
    for k, share in enumerate(shares, 1):
        augment(source.path, source.images, share, shard=f"{k}/2")
    joined = merge(shares, source.folder / "joined")
    assert joined.problems == whole.problems
    assert tree(source.folder / "joined") == tree(source.folder / "whole")


def test_a_share_is_killed_and_goes_on_like_any_run(five, monkeypatch):
    out = stopped(monkeypatch, five, after=2, shard="1/2")
    augment(five.path, five.images, out, shard="1/2")
    augment(five.path, five.images, five.folder / "second", shard="2/2")
    merge([out, five.folder / "second"], five.folder / "joined")
    assert tree(five.folder / "joined") == tree(five.folder / "fresh")
    assert augment(five.path, five.images, out, shard="1/2").again


def test_shares_that_do_not_belong_together_are_refused(five):
    places = {}
    for name, more in {"a": {"shard": "1/2"}, "b": {"shard": "2/2"}, "other": {"shard": "2/2", "seed": 1}, "third": {"shard": "2/3"}}.items():
        places[name] = five.folder / name
        augment(five.path, five.images, places[name], **more)
    out = five.folder / "joined"
    for names, words in (
        (["a"], "2/2 not given"),
        (["a", "other"], "is of another run"),
        (["a", "third"], "is of another run"),
        (["a", "a"], "are both share 1/2"),
        (["a", "fresh"], "no finished share"),
        ([], "none given"),
    ):
        with pytest.raises(Refused, match=words):
            merge([five.folder / name for name in names], out)
    assert not out.exists()
    with pytest.raises(Refused, match="overlaps"):
        merge([places["a"], places["b"]], places["a"] / "inside")
    (places["a"] / "images/a_1.png").write_bytes(b"")
    with pytest.raises(Refused, match="not what its share wrote"):
        merge([places["a"], places["b"]], out)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", 5])
def test_a_share_has_a_number_of_its_own(text):
    with pytest.raises(Refused, match="expected i/n"):
        share_of(text)
