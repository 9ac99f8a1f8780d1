"""What an adversary leaves in the folders that a run reads and writes: links, reports and journals that lie."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from geoaug import files
from geoaug.coco import run
from geoaug.coco.check import check
from geoaug.coco.dataset import load
from geoaug.coco.folder import Refused
from geoaug.coco.journal import Stamp, mark_of, note
from geoaug.coco.run import augment
from geoaug.coco.shares import merge
from geoaug.errors import ParameterError
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


# --- the shares of a run ---------------------------------------------------------------------------------------------


@pytest.fixture
def shares(two) -> list[Path]:
    """The two shares of a run over two pictures."""
    for number in (1, 2):
        augment(two.path, two.images, two.folder / f"share-{number}", shard=f"{number}/2")
    return [two.folder / "share-1", two.folder / "share-2"]


def edited(share: Path, head: dict | None = None, facts: dict | None = None, at: list | None = None, body: dict | None = None, **more: Any) -> None:
    """Change what a share says, and its fingerprint with it."""
    journal = share / "geoaug-share.jsonl"
    stamp, told = (json.loads(part) for part in journal.read_text().split("\t"))
    stamp = [at or stamp[0], stamp[1], more.get("name", stamp[2]), *stamp[3:], *([more["beside"]] if "beside" in more else [])]
    journal.write_text(f"{json.dumps(stamp)}\t{json.dumps({**told, **(body or {})})}\n")
    place = share / "geoaug-share.json"
    said = json.loads(place.read_text())
    said = {"head": {**said["head"], **(head or {})}, "facts": {**said["facts"], **(facts or {})}, "journal": mark_of(journal.read_bytes())}
    place.write_text(json.dumps(said))


def test_a_share_whose_journal_lost_a_line_is_refused(shares):
    (shares[0] / "geoaug-share.jsonl").write_text("")
    with pytest.raises(Refused, match="is not what its share wrote"):
        merge(shares, shares[0].parent / "joined")


def test_shares_of_one_data_set_in_two_places_join(two, shares):
    (two.folder / "moved").mkdir()
    shutil.copytree(two.images, two.folder / "moved/pictures")
    place = shutil.copy(two.path, two.folder / "moved/instances.json")
    augment(place, two.folder / "moved/pictures", two.folder / "other", shard="2/2")
    assert merge([shares[0], two.folder / "other"], two.folder / "joined").images == 2


BODIES: list[dict] = [
    {"images": 5},
    {"images": [5]},
    {"images": [5, 6]},
    {"images": ["}\n,{}"]},
    {"images": [',"x":}']},
    {"images": [',"x":NaN}']},
    {"images": [',"x":"é"}']},
    {"images": ["},{}"]},
    {"images": []},
    {"rows": [[[5, "}x"]]]},
    {"rows": [[["a", "}"]]]},
    {"rows": [[[True, "}"]]]},
    {"rows": [5]},
    {"fates": {"kept": "x"}},
    {"fates": 5},
    {"gone": [5]},
    {"gone": [[[], 1]]},
    {"problems": [5]},
    {"problems": [{"x": 1}]},
    {"asked": "x"},
    {"corrected": {"a": 5}},
    {"seen": {"x": 1}},
    {"seen": {"stayed": 5}},
    {"plan": float("nan")},
    {"orientation": []},
    {"lost": {"a": "b"}},
    {"extra": 1},
]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_bodies_that_no_share_writes_are_refused(shares, body):
    edited(shares[0], body=body)
    with pytest.raises(Refused, match="is damaged"):
        merge(shares, shares[0].parent / "joined")


HEADS_OF_SHARES: list[dict] = [
    {"share": 5},
    {"share": "1/1000000000000"},
    {"share": "0/2"},
    {"share": "1/2/3"},
    {"settings": 5},
    {"settings": {}},
    {"settings": {"tar_pictures": "x"}},
    {"settings": {"tar_pictures": 0}},
    {"segments": [".."]},
    {"segments": ["images"]},
    {"segments": [".geoaug"]},
    {"segments": 5},
    {"outputs": 5},
    {"outputs": ["x.json"]},
]


@pytest.mark.parametrize("head", HEADS_OF_SHARES, ids=str)
def test_heads_that_no_share_writes_are_refused(shares, head):
    for share in shares:
        edited(share, head=head)
    with pytest.raises(Refused, match="is damaged|is no finished share"):
        merge(shares, shares[0].parent / "joined")


FACTS: list[dict] = [
    {"documents": 5},
    {"documents": {}},
    {"documents": {"../elsewhere/x.json": {}}},
    {"documents": {"{elsewhere}/x.json": {}}},
    {"documents": {"images": {}}},
    {"documents": {".geoaug": {}}},
    {"documents": {"geoaug-report.json": {}}},
    {"documents": {"annotations.json": 5}},
    {"documents": {"annotations.json": {"categories": 5}}},
    {"documents": {"annotations.json": {"categories": [5]}}},
    {"wanted": "x"},
    {"notes": 5},
    {"notes": [5]},
    {"problems": [5]},
    {"sources_left_out": 5},
    {"sources_left_out": {"a": "b"}},
    {"extra": 5},
]


@pytest.mark.parametrize("facts", FACTS, ids=str)
def test_facts_that_no_share_writes_are_refused_and_nothing_is_written_elsewhere(shares, elsewhere, facts):
    named = json.loads(json.dumps(facts).replace("{elsewhere}", str(elsewhere)))
    for share in shares:
        edited(share, facts=named, head={"outputs": list(named["documents"])} if type(named.get("documents")) is dict else None)
    with pytest.raises(Refused, match="is damaged"):
        merge(shares, shares[0].parent / "joined")
    assert os.listdir(elsewhere) == ["keep.jsonl"]


@pytest.mark.parametrize(
    "more", [{"at": [1, 1]}, {"at": [-2, 1]}, {"beside": [".geoaug/lock", 0, "x"]}, {"beside": ["annotations.json", 0, "x"]}], ids=str
)
def test_a_share_that_speaks_of_what_is_not_its_own_is_refused(shares, more):
    edited(shares[0], **more)
    with pytest.raises(Refused, match="is damaged"):
        merge(shares, shares[0].parent / "joined")


def test_two_shares_that_bring_one_name_are_refused(shares):
    (shares[1] / "images/SUB").mkdir()
    shutil.copy(shares[0] / "images/sub/a_1.png", shares[1] / "images/SUB/A_1.png")
    stamp = json.loads((shares[0] / "geoaug-share.jsonl").read_text().split("\t")[0])
    journal = shares[1] / "geoaug-share.jsonl"
    _, body = journal.read_text().split("\t")
    journal.write_text(json.dumps([[1, 1], stamp[1], "SUB/A_1.png", *stamp[3:]]) + "\t" + body)
    edited(shares[1])
    with pytest.raises(Refused, match="another picture is called"):
        merge(shares, shares[0].parent / "joined")


@links
@pytest.mark.parametrize("name", ["images", "images/sub", "images/sub/a_1.png", "geoaug-share.jsonl"])
def test_a_share_with_a_link_that_leads_out_of_it_is_refused(shares, tmp_path, name):
    place = shares[0] / name
    moved = place.rename(tmp_path / "moved")
    place.symlink_to(moved)
    with pytest.raises(Refused, match="leads out"):
        merge(shares, shares[0].parent / "joined")


@links
def test_no_share_is_joined_through_a_link_in_the_folder_of_the_result(shares, elsewhere):
    out = shares[0].parent / "joined"
    out.mkdir()
    (out / ".geoaug").symlink_to(elsewhere)
    with pytest.raises(Refused, match="is a link"):
        merge(shares, out)
    assert os.listdir(elsewhere) == ["keep.jsonl"]


# --- odd sources -----------------------------------------------------------------------------------------------------


def test_a_result_without_pictures_has_a_folder_of_pictures_all_the_same(two):
    two.document["images"], two.document["annotations"] = [], []
    assert two.augment()[0].exit_code == 0
    assert check(load(two.folder / "out/annotations.json"), two.folder / "out/images") == []


def test_pictures_that_are_missing_at_an_address_are_told_in_the_same_words_each_time(two):
    pytest.importorskip("fsspec", reason="needs fsspec")
    (two.images / "sub/a.png").unlink()
    for name in ("one", "two"):
        (problem,) = augment(two.path, f"file://{two.images}", two.folder / name).problems[:1]
        assert problem.message == f"is not in 'file://{two.images}'"
    assert tree(two.folder / "one") == tree(two.folder / "two")


@pytest.mark.parametrize(("address", "workers", "words"), [("memory://x", 2, "take workers=1"), ("zip://::nowhere.zip", 1, "cannot be reached")])
def test_an_address_that_cannot_be_used_is_refused(two, address, workers, words):
    pytest.importorskip("fsspec", reason="needs fsspec")
    with pytest.raises(ParameterError, match=words):
        augment(two.path, address, two.folder / "out", workers=workers)


def test_a_picture_whose_path_would_be_too_long_costs_no_other(two, monkeypatch):
    real = files.write_bytes

    def write(path: Path, *more: Any, **named: Any) -> None:
        if Path(path).name.startswith("a_"):
            raise OSError(errno.ENAMETOOLONG, "File name too long")
        real(path, *more, **named)

    monkeypatch.setattr(files, "write_bytes", write)
    summary, result = two.augment()
    assert [problem.code for problem in summary.problems] == ["image-path-long"]
    assert [image["file_name"] for image in result["images"]] == ["sub/b_1.png"]


def test_a_panoptic_file_whose_folder_would_be_one_of_the_run_is_refused(two):
    for name in ("tars.json", "images.json"):
        with pytest.raises(Refused, match="already has"):
            augment([two.path, two.folder / name], two.images, two.folder / "out")
    with pytest.raises(Refused, match="already has"):
        augment([two.folder / "a.json.json", two.folder / "a.json"], two.images, two.folder / "out")
