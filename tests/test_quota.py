"""How many copies of each picture: never fewer than asked, and whatever the order."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geoaug as A
from geoaug.cli.main import main
from geoaug.coco.dataset import Dataset, load
from geoaug.coco.folder import Refused
from geoaug.coco.quota import MOST_COPIES, quota
from geoaug.coco.run import augment
from geoaug.coco.shares import merge
from geoaug.errors import ParameterError
from tests.conftest import REAL
from tests.test_run import Source, tree

NAMES = ["person", "dog", "cat", "kite"]


def data(held: list[dict[int, int]], names: list[str] = NAMES, ids: list | None = None, **more: object) -> Dataset:
    """A data set in which picture i has held[i][c] objects of category c."""
    ids = ids or [f"p{place}" for place in range(len(held))]
    rows = [
        {"image_id": image, "category_id": category, "bbox": [0, 0, 1, 1], **more}
        for image, objects in zip(ids, held, strict=True)
        for category, number in objects.items()
        for _ in range(number)
    ]
    return Dataset(
        Path("made.json"),
        None,
        None,
        [{"id": image, "file_name": f"{image}.png"} for image in ids],
        [{"id": number, **row} for number, row in enumerate(rows, 1)],
        [{"id": number, "name": name} for number, name in enumerate(names, 1)],
    )


def objects(dataset: Dataset, copies: dict, category: int, originals: bool = False) -> int:
    return sum(copies[row["image_id"]] + originals for row in dataset.annotations if row["category_id"] == category)


pictures = st.lists(st.dictionaries(st.integers(1, 4), st.integers(1, 3), max_size=4), min_size=1, max_size=12)
goals = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 200), max_size=4)


def as_text(wanted: dict[str, int]) -> list[str]:
    return [f"{name}={number}" for name, number in wanted.items()]


# --- repeat until ----------------------------------------------------------------------------------------------------


def test_without_rules_every_picture_gets_the_same():
    plan = quota(data([{1: 1}, {}, {2: 3}]), copies=3)
    assert plan.copies == {"p0": 3, "p1": 3, "p2": 3}
    assert plan.pictures == 9
    assert plan.notes == []


def test_pictures_with_the_class_are_repeated_in_turn_until_there_are_enough():
    plan = quota(data([{1: 1}, {1: 1, 2: 5}, {2: 3}]), copies=1, repeat_until=["person=5"])
    assert plan.copies == {"p0": 3, "p1": 2, "p2": 1}, "the last turn goes to the picture in which the class makes up most"
    row = next(one for one in plan.classes if one.name == "person")
    assert (row.pictures, row.now, row.planned, row.goal, row.missed) == (2, 2, 5, 5, False)


def test_originals_count_and_a_goal_that_is_met_costs_nothing():
    source = data([{1: 4}, {2: 1}])
    assert quota(source, copies=0, originals=True, repeat_until=["person=4"]).copies == {"p0": 0, "p1": 0}
    assert quota(source, copies=0, originals=True, repeat_until=["person=5"]).copies == {"p0": 1, "p1": 0}
    assert quota(source, copies=0, repeat_until=["person=5"]).copies == {"p0": 2, "p1": 0}


def test_a_goal_beyond_the_limit_is_told():
    plan = quota(data([{1: 1}, {1: 1}, {2: 1}]), copies=1, repeat_until=["person=1000"], max_copies=10)
    assert plan.copies == {"p0": 10, "p1": 10, "p2": 1}
    assert plan.notes == ["'person': 20 of 1000: 2 pictures have it, and no picture gets more than 10 copies; raise max_copies, or add pictures"]
    assert "1000 not reached" in plan.lines()[1]


def test_a_class_that_no_picture_has_is_told():
    plan = quota(data([{1: 1}]), repeat_until=["kite=3"])
    assert plan.notes == ["'kite': no picture has it, so the goal of 3 cannot be reached"]


def test_crowds_are_no_objects_unless_there_is_nothing_else():
    source = data([{1: 2}, {1: 1}])
    source.annotations[0]["iscrowd"] = 1
    assert next(iter(quota(source).classes)).now == 2
    crowded = quota(data([{1: 2}, {1: 1}], iscrowd=1), balance=True)
    assert next(iter(crowded.classes)).now == 3
    assert "every annotation has iscrowd=1, so each is counted as one object" in crowded.notes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("persn=5", "no category is called 'persn'; did you mean 'person'"),
        ("PERSON=5", "did you mean 'person'"),
        ("xyz=5", "the file has 'person', 'dog', 'cat', 'kite'"),
        ("person", "expected CLASS=N"),
        ("=5", "expected CLASS=N"),
        ("person=", "expected a whole number"),
        ("person=-5", "expected a whole number"),
        ("person=1e3", "expected a whole number"),
        ("person=0", "from 1 to"),
        ("person=99999999999", "from 1 to"),
        ("person=" + "9" * 5000, "expected a whole number"),
    ],
)
def test_a_wrong_goal_is_refused_by_name(text, words):
    with pytest.raises(ParameterError, match=words) as caught:
        quota(data([{1: 1}]), repeat_until=[text])
    assert len(str(caught.value)) < 500


def test_a_goal_that_was_given_twice_or_for_two_classes_is_refused():
    with pytest.raises(ParameterError, match="given before"):
        quota(data([{1: 1}]), repeat_until=["person=3", "1=4"])
    with pytest.raises(ParameterError, match="the name of 2 categories; write an id: 1, 2"):
        quota(data([{1: 1}], names=["a", "a"]), repeat_until=["a=3"])


def test_a_class_may_be_named_by_its_id_and_a_name_may_hold_the_sign():
    source = data([{1: 1, 2: 1}], names=["a=b", "7"])
    assert quota(source, repeat_until=["a=b=3"]).copies == {"p0": 3}
    assert quota(source, repeat_until={1: 2}).copies == {"p0": 2}
    assert quota(source, repeat_until=["7=4"]).copies == {"p0": 4}, "a name before an id"


@pytest.mark.parametrize("limit", [0, 1, True, "3", 2.0, 10**9])
def test_a_limit_below_the_copies_is_refused(limit):
    with pytest.raises(ParameterError, match="max_copies: expected a whole number from 2"):
        quota(data([{1: 1}]), copies=2, max_copies=limit)


def test_the_usual_limit_leaves_room_above_the_copies():
    source = data([{1: 1}])
    assert quota(source, copies=1, repeat_until=["person=999"]).copies == {"p0": MOST_COPIES}
    assert quota(source, copies=30, repeat_until=["person=999"]).copies == {"p0": 60}


# --- balance ---------------------------------------------------------------------------------------------------------


def test_rare_classes_are_repeated_by_the_root_of_their_rarity():
    held = [{1: 1}] * 96 + [{2: 1}] * 4
    plan = quota(data(held), copies=10, balance=True, balance_threshold=0.09, max_copies=1000)
    assert {plan.copies[f"p{place}"] for place in range(96)} == {10}
    assert {plan.copies[f"p{place}"] for place in range(96, 100)} == {15}, "10 * sqrt(0.09 / 0.04)"


def test_what_is_rounded_comes_out_right_on_the_whole():
    held = [{1: 1}] * 1500 + [{2: 1}] * 500
    plan = quota(data(held), copies=1, balance=True)
    mean = sum(plan.copies[f"p{place}"] for place in range(1500, 2000)) / 500
    assert mean == pytest.approx(math.sqrt(1000 / 500), abs=0.06)  # the average class is in 1000 pictures
    assert {plan.copies[f"p{place}"] for place in range(1500, 2000)} == {1, 2}


def test_a_picture_gets_the_most_that_any_of_its_classes_asks_for():
    held = [{1: 1}] * 14 + [{1: 1, 2: 1}] + [{3: 1}] * 15
    plan = quota(data(held), copies=100, balance=True, balance_threshold=0.5, max_copies=10_000)
    assert plan.copies["p14"] in (387, 388), "100 * sqrt(15)"
    assert plan.copies["p0"] == 100


def test_equally_frequent_classes_are_told_and_left_alone():
    plan = quota(data([{1: 1}, {2: 1}]), balance=True)
    assert plan.copies == {"p0": 1, "p1": 1}
    assert plan.notes == ["balance: no class is rarer than the others; every picture gets the same number of copies"]


def test_what_has_no_classes_cannot_be_balanced():
    with pytest.raises(ParameterError, match="nothing to balance"):
        quota(data([{}, {}]), balance=True)


@pytest.mark.parametrize("share", [0, -1, 1.5, math.nan, math.inf, "a", True])
def test_a_wrong_threshold_is_refused(share):
    with pytest.raises(ParameterError, match="balance_threshold: expected a share"):
        quota(data([{1: 1}, {2: 1}]), balance_threshold=share)


# --- laws ------------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(pictures, goals, st.integers(0, 3), st.booleans(), st.booleans(), st.integers(3, 40))
def test_never_fewer_than_asked_and_never_more_than_the_limit(held, wanted, copies, originals, balance, limit):
    source = data(held)
    balance = balance and bool(source.annotations)
    plan = quota(source, copies, originals, as_text(wanted), balance, max_copies=limit)
    assert all(copies <= number <= limit for number in plan.copies.values())
    for one in plan.classes:
        assert one.planned == objects(source, plan.copies, one.category_id, originals)
        if one.goal is not None and one.planned < one.goal:
            assert one.missed
            assert all(plan.copies[row["image_id"]] == limit for row in source.annotations if row["category_id"] == one.category_id)
    assert plan.pictures == sum(plan.copies.values()) + originals * len(held)


@settings(max_examples=40, deadline=None)
@given(pictures, goals, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_pictures_annotations_and_goals_does_not_matter(held, wanted, balance, shuffler: random.Random):
    source = data(held)
    balance = balance and bool(source.annotations)
    plan = quota(source, 1, False, as_text(wanted), balance)
    turned = data(held)
    for rows in (turned.images, turned.annotations, turned.categories):
        shuffler.shuffle(rows)
    texts = as_text(wanted)
    shuffler.shuffle(texts)
    other = quota(turned, 1, False, texts, balance)
    assert other.copies == plan.copies
    assert other.classes == plan.classes


@settings(max_examples=40, deadline=None)
@given(pictures, goals, st.sampled_from(NAMES), st.integers(1, 50), st.integers(0, 2), st.booleans())
def test_more_asked_is_never_fewer_copies_of_any_picture(held, wanted, name, more, copies, originals):
    source = data(held)
    plan = quota(source, copies, originals, as_text(wanted))
    for higher in (
        quota(source, copies, originals, as_text({**wanted, name: wanted.get(name, 0) + more})),
        quota(source, copies + 1, originals, as_text(wanted)),
        quota(source, copies, originals, as_text(wanted), max_copies=MOST_COPIES + 5),
    ):
        assert all(higher.copies[image] >= number for image, number in plan.copies.items())


@settings(max_examples=60, deadline=None)
@given(pictures, st.integers(1, 150))
def test_a_lone_goal_is_not_exceeded_by_more_than_a_turn(held, goal):
    source = data(held)
    plan = quota(source, 0, False, [f"person={goal}"])
    most = max((objects.get(1, 0) for objects in held), default=0)
    assert objects(source, plan.copies, 1) < goal + most or goal <= 0 or most == 0


@settings(max_examples=60, deadline=None)
@given(pictures, st.integers(1, 50), st.floats(0.01, 1))
def test_balance_agrees_with_the_formula_of_its_paper(held, copies, share):
    source = data(held)
    if not source.annotations:
        return
    plan = quota(source, copies, False, (), True, share, max_copies=100_000)
    for place, own in enumerate(held):
        frequent = {category: sum(category in other for other in held) / len(held) for category in own}
        factor = max([1.0, *(math.sqrt(share / number) for number in frequent.values())])
        assert abs(plan.copies[f"p{place}"] - copies * factor) < 1 + 1e-6


# --- real data -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.is_dir(), reason="real data (../shared/data/real) is not here: it may not be redistributed")
def test_a_plan_for_real_data_is_told_as_a_table():
    source = load(REAL / "coco-mini" / "instances_val2017.json")
    plan = quota(source, 1, repeat_until=["person=1000"], balance=True)
    lines = plan.lines()
    assert lines[0].split() == ["class", "pictures", "objects", "now", "planned", "goal"]
    assert lines[1].split()[0] == "person"
    assert int(lines[1].split()[3]) >= 1000
    assert len({len(line) for line in lines[:-1]}) == 1
    assert lines[-1].startswith(f"{plan.pictures} pictures planned of {len(source.images)} sources")
    record = plan.record()
    assert record["pictures"] == sum(one["copies"] * one["sources"] for one in record["copies"])
    assert {"category_id", "name", "pictures", "now", "planned", "goal"} == set(record["classes"][0])


# --- the run ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path: Path) -> Source:
    made = Source(tmp_path)
    for name in "abcd":
        made.add(f"{name}.png")
    made.document["categories"].append({"id": 2, "name": "rare"})
    made.document["annotations"][0]["category_id"] = 2
    return made


def test_a_run_makes_as_many_copies_as_were_planned_and_reports_the_plan(source):
    plans = []
    summary, document = source.augment(copies=1, repeat_until=["rare=5"], pipeline=A.Compose([A.NoOp()]), announce=plans.append)
    assert Counter(image["source_id"] for image in document["images"]) == plans[0].copies == {1: 5, 2: 1, 3: 1, 4: 1}
    assert sum(row["category_id"] == 2 for row in document["annotations"]) == 5
    assert (summary.skipped, summary.exit_code) == (0, 0)
    report = json.loads((source.folder / "out/geoaug-report.json").read_text())
    assert report["settings"]["repeat_until"] == ["rare=5"]
    assert report["quota"]["pictures"] == 8


def test_more_copies_change_none_of_those_that_were_made_before(source):
    source.augment("few", copies=1, keep_originals=True)
    source.augment("many", copies=1, keep_originals=True, repeat_until={2: 9})
    few, many = tree(source.folder / "few/images"), tree(source.folder / "many/images")
    assert few.items() < many.items()
    assert len(many) == 8 + 7


def test_shares_follow_one_plan(source):
    options = {"copies": 1, "balance": True, "repeat_until": ["rare=7"]}
    source.augment("whole", **options)
    for part in ("1/3", "2/3", "3/3"):
        augment(source.path, source.images, source.folder / part[0], **options, shard=part)
    merge([source.folder / part for part in "312"], source.folder / "joined")
    assert tree(source.folder / "whole") == tree(source.folder / "joined")


def test_a_rehearsal_writes_nothing(source, capsys):
    before = tree(source.folder)
    arguments = ["augment", str(source.path), "--images", str(source.images), "--out", str(source.folder / "out")]
    before["annotations.json"] = tree(source.folder)["annotations.json"]
    assert main([*arguments, "--repeat-until", "rare=99", "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "rare " in said
    assert "99 not reached" in said
    assert "note         'rare': 20 of 99: only 1 picture has it" in said
    assert said.endswith("nothing was written (--dry-run)\n")
    assert tree(source.folder) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--repeat-until", "rrae=5"], "did you mean 'rare'?"),
        (["--repeat-until", "rare=5", "--repeat-until", "2=6"], "given before"),
        (["--balance-threshold", "2"], "balance_threshold"),
        (["--max-copies", "0"], "max_copies"),
        (["--copies", "0", "--repeat-until", "nothing=3"], "makes no picture at all"),
    ],
)
def test_a_plan_that_cannot_be_made_is_refused_before_any_work(source, capsys, options, words):
    source.document["categories"].append({"id": 3, "name": "nothing"})
    arguments = ["augment", str(source.path), "--images", str(source.images), "--out", str(source.folder / "out")]
    assert main([*arguments, *options]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert len(said.err.splitlines()) == 1
    assert not (source.folder / "out").exists()


def test_another_plan_does_not_go_on_in_the_folder_of_the_first(source):
    source.augment(copies=1)
    with pytest.raises(Refused, match="other settings"):
        source.augment(copies=1, repeat_until=["rare=5"])
