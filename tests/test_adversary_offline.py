"""What an adversary leaves in the folders that a run reads and writes: links, reports and journals that lie."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from geoaug.coco import run
from geoaug.coco.folder import Refused
from geoaug.coco.journal import Stamp, note
from tests.test_run import Source, noise, source, tree  # noqa: F401  a fixture

links = pytest.mark.skipif(sys.platform == "win32", reason="links")


@pytest.fixture
def two(source) -> Source:  # noqa: F811
    """Two pictures in a sub-folder."""
    for letter in "ab":
        source.add(f"sub/{letter}.png")
    return source


def begun(source: Source, **more: Any) -> Path:  # noqa: F811
    """Returns: The folder of a run that was interrupted before its first picture."""

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "all_done", interrupted)
        with pytest.raises(KeyboardInterrupt):
            source.augment(**more)
    return source.folder / "out"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder that no run may touch."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "keep.jsonl").write_text("mine")
    return place


# --- the folder of the result ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["..", ".", "../elsewhere", "", "sub/x"])
@pytest.mark.parametrize("where", ["outputs", "segments"])
def test_a_report_that_names_other_folders_as_its_own_lets_none_of_them_be_cleared(two, elsewhere, where, name):
    two.augment()
    place = two.folder / "out/geoaug-report.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), where: [name, ["x"], 5]}))
    two.augment(overwrite=True, copies=2)
    assert (elsewhere / "keep.jsonl").read_text() == "mine"
    assert len(list((two.folder / "out/images/sub").iterdir())) == 4


@links
@pytest.mark.parametrize("name", ["images/sub", ".geoaug/journal", ".geoaug/growing", ".geoaug/lock", ".geoaug/journal/x.jsonl", "tars"])
def test_a_link_planted_deep_in_an_unfinished_folder_is_refused(two, elsewhere, name):
    link = begun(two) / name
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(elsewhere / ("keep.jsonl" if name.endswith("jsonl") else "new" if name.endswith("lock") else ""))
    with pytest.raises(Refused, match="is a link"):
        two.augment()
    assert os.listdir(elsewhere) == ["keep.jsonl"]
    assert (elsewhere / "keep.jsonl").read_text() == "mine"


@pytest.mark.parametrize("name", ["images", ".geoaug"])
def test_a_file_where_a_folder_of_the_run_should_be_is_refused(two, name):
    out = begun(two)
    shutil.rmtree(out / name)
    (out / name).write_text("mine")
    with pytest.raises(Refused, match="is no folder"):
        two.augment()


def test_a_folder_called_tars_beside_the_pictures_does_not_cost_them(two):
    fresh = two.augment("fresh") and tree(two.folder / "fresh")
    (begun(two) / "tars").mkdir()
    two.augment()
    assert tree(two.folder / "out") == fresh


@pytest.mark.parametrize("damage", [{"problems": 5}, {"problems": [5]}, {"problems": [{"x": 1}]}, {"counts": 5}, {"counts": {"images": "x"}}])
def test_a_finished_run_whose_report_is_damaged_is_still_finished(two, damage):
    two.augment()
    place = two.folder / "out/geoaug-report.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), **damage}))
    assert two.augment()[0].again


# --- the journal of an unfinished run --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["../../elsewhere/keep.jsonl", "{elsewhere}/keep.jsonl"])
def test_a_journal_that_names_files_elsewhere_removes_none_of_them(two, elsewhere, name):
    out = begun(two)
    for beside in (None, (name.format(elsewhere=elsewhere).removeprefix("../"), 1, "x")):
        note(out / ".geoaug/journal", Stamp((0, 1), None, name.format(elsewhere=elsewhere), 1, "x", beside=beside), {})
    two.augment()
    assert (elsewhere / "keep.jsonl").read_text() == "mine"


HEADS = [
    '[5,null,"a","1","x",false]',
    '[[0,1],5,"a",1,"x",false]',
    '[[0,1],null,"a",1,"x",false,[1]]',
    '[[0,1],null,"a",1,"x",false,["a",1,"x"],2]',
    '[[0,[1]],null,"a",1,"x",false]',
    '[[0,1],null,"x\\u0000",1,"x",false]',
    '[[0,1],null,"\\ud800",1,"x",false]',
    "[" * 5000,
    '{"0":1}',
    "null",
    '[[0,1],null,null,0,"",false]',
    '[[true,true],null,null,0,"",false]',
]


@pytest.mark.parametrize("body", ["{}", "[]", '{"images', "\0\0\0\0", "[" * 5000])
def test_lines_of_a_journal_that_are_not_what_a_run_writes_count_for_nothing(two, body):
    fresh = two.augment("fresh") and tree(two.folder / "fresh")
    states = [json.dumps([place.stat().st_size, place.stat().st_mtime_ns]) for place in sorted((two.images / "sub").iterdir())]
    out = begun(two)
    heads = [*HEADS, *[f'[[{number},1],{state},null,0,"",false]' for number, state in enumerate(states)]]
    (out / ".geoaug/journal/a.jsonl").write_text("".join(f"{head}\t{body}\n" for head in heads))
    two.augment()
    assert tree(two.folder / "out") == fresh
