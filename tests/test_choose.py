"""Compositions: what they pick, and that what they picked fuses as if it stood in the list itself."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import geoaug as A


def turns():
    return [A.HorizontalFlip(p=1), A.Rotate((20, 20), p=1), A.Affine(scale=(0.9, 0.9), p=1), A.RandomCrop(50, 60)]


ALL = [
    lambda: A.OneOf([A.Sequential(turns(), p=1), A.NoOp(p=1e-9)], p=1),
    lambda: A.SomeOf(turns(), n=4),
    lambda: A.RandomOrder(turns()[:3], n=3),
    lambda: A.Sequential(turns(), p=1),
    lambda: A.OneOrOther(A.Sequential(turns(), p=1), A.Transpose(p=1), p=1),
    lambda: A.Compose(turns()),
]


@pytest.mark.parametrize("build", ALL)
def test_matrices_fuse_inside_of_every_composition_and_across_its_edges(build):
    plan = A.Compose([A.VerticalFlip(p=1), build(), A.Resize(40, 40)], seed=1).draw((100, 120))
    assert len(plan.steps) == 1
    assert plan.names[0][0] == "VerticalFlip"
    assert plan.names[0][-1] == "Resize"
    assert {"HorizontalFlip", "Rotate", "Affine"} <= set(plan.names[0])


@pytest.mark.parametrize("build", ALL)
def test_json_pickle_and_repr_return_an_equal_composition(build):
    node = build()
    assert A.from_dict(json.loads(json.dumps(A.to_dict(A.Compose([node]))))) == A.Compose([node])
    assert pickle.loads(pickle.dumps(node)) == node
    assert eval(repr(node), {**vars(A)}) == node


def test_some_of_keeps_the_list_s_order_and_random_order_does_not():
    marks = [A.PadIfNeeded(None, None, pad_height_divisor=k, pad_width_divisor=k) for k in (7, 11, 13)]
    for cls, orders in ((A.SomeOf, 3), (A.RandomOrder, 6)):
        pipeline = A.Compose([cls(marks, n=2)], seed=3, fuse=False)
        sizes = {tuple(step.legs[0].size for step in pipeline.draw((100, 100)).steps) for _ in range(200)}
        assert len(sizes) == orders


def test_each_of_some_is_picked_as_often_and_keeps_its_own_chance():
    pipeline = A.Compose([A.SomeOf([A.HorizontalFlip(p=0.5), A.VerticalFlip(p=1)], n=1)], seed=4)
    drawn = [pipeline.draw((9, 9)).names for _ in range(2000)]
    assert 400 <= drawn.count((("HorizontalFlip",),)) <= 600
    assert 900 <= drawn.count((("VerticalFlip",),)) <= 1100


def test_one_or_other_applies_one_of_the_two_always():
    pipeline = A.Compose([A.OneOrOther(A.HorizontalFlip(p=0), A.VerticalFlip(p=0), p=0.25)], seed=5)
    names = [pipeline.draw((9, 9)).names[0][0] for _ in range(1000)]
    assert 180 <= names.count("HorizontalFlip") <= 320
    with pytest.raises(ValueError, match="two transforms"):
        A.OneOrOther(A.HorizontalFlip())


def test_more_than_there_are_means_all_with_a_warning_and_nonsense_is_refused():
    with pytest.warns(UserWarning, match="all are picked"):
        assert A.SomeOf(turns(), n=9).n == 4
    for n in (-1, 1.5, "two"):
        with pytest.raises(ValueError, match="SomeOf: n="):
            A.SomeOf(turns(), n=n)
    assert A.Compose([A.SomeOf([], n=0)])(image=np.zeros((4, 4), np.uint8))["image"].shape == (4, 4)


CHOICES = [
    lambda **p: A.OneOf([A.HorizontalFlip(p=1)], **p),
    lambda **p: A.SomeOf([A.HorizontalFlip(p=1)], **p),
    lambda **p: A.RandomOrder([A.HorizontalFlip(p=1)], **p),
    lambda **p: A.Sequential([A.HorizontalFlip(p=1)], **p),
    lambda **p: A.OneOrOther(A.HorizontalFlip(p=1), A.HorizontalFlip(p=1), **p),
    lambda **p: A.HorizontalFlip(**p),
]


@pytest.mark.parametrize("build", CHOICES)
def test_every_composition_can_be_called_alone_as_transforms_can(build):
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    out = build(p=1)(image=picture, mask=picture)
    assert np.array_equal(out["image"], picture[:, ::-1])
    assert np.array_equal(out["mask"], picture[:, ::-1])
    with pytest.raises(A.CallError, match="named arguments"):
        build(p=1)(picture)


@pytest.mark.parametrize("build", CHOICES)
def test_what_is_called_alone_is_applied_whatever_its_chance_if_forced(build):
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(build(p=0)(image=picture, force_apply=True)["image"], picture[:, ::-1])
