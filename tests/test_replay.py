"""Notes of what was applied, done again: nothing else happens, or somebody is named who cannot be repeated."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

import geoaug as A

PICTURE = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
RULES = {"bbox_params": A.BboxParams("coco", label_fields=["l"]), "keypoint_params": A.KeypointParams("xy")}
DATA = {"image": PICTURE, "mask": PICTURE[..., 0], "bboxes": [[10, 20, 20, 10]], "l": ["x"], "keypoints": [(30.0, 20.0)]}


class Level(A.ImageOnlyTransform):
    """Adds what Python's own random numbers say."""

    def get_params(self):
        return {"level": random.randrange(1, 100)}

    def apply(self, img, level, **params):
        return img + np.uint8(level)


class Shift(A.DualTransform):
    """Rolls the picture to the right."""

    def get_params(self):
        return {"by": random.randrange(1, 9)}

    def apply(self, img, by, **params):
        return np.roll(img, by, axis=1)

    def apply_to_bboxes(self, bboxes, by, **params):
        return bboxes + np.array([by, 0, by, 0] + [0] * (bboxes.shape[1] - 4)) / params["shape"][1]

    def apply_to_keypoints(self, keypoints, by, **params):
        return keypoints + np.array([by] + [0] * (keypoints.shape[1] - 1))


class Twice(A.BaseCompose):
    """Everything two times, in a call of its own."""

    def __call__(self, *args: Any, force_apply: bool = False, **data: Any) -> Any:
        for node in [*self.transforms, *self.transforms]:
            data = node(**data)
        return data


class Counting(A.HorizontalFlip):
    """A flip with a call of its own, which changes nothing."""

    calls = 0

    def __call__(self, *args: Any, force_apply: bool = False, **data: Any) -> Any:
        type(self).calls += 1
        return super().__call__(*args, force_apply=force_apply, **data)


class Painting(A.BaseCompose):
    """A call that does more than its transforms."""

    def __call__(self, *args: Any, force_apply: bool = False, **data: Any) -> Any:
        data = self.transforms[0](**data)
        return {**data, "image": data["image"] + np.uint8(1)}


class Writing(Painting):
    """The same, in place."""

    def __call__(self, *args: Any, force_apply: bool = False, **data: Any) -> Any:
        data["image"][:5] = 0
        return self.transforms[0](**data)


class Partial(A.BaseCompose):
    """A call that has only the picture changed."""

    def __call__(self, *args: Any, force_apply: bool = False, **data: Any) -> Any:
        return {**data, **self.transforms[0](image=data["image"])}


class Hidden(A.BaseCompose):
    """A call of a transform that is not in the list."""

    def __init__(self, transforms, p=1.0):
        super().__init__(transforms, p)
        self.other = A.VerticalFlip(p=1)

    def __call__(self, *args: Any, force_apply: bool = False, **data: Any) -> Any:
        return self.other(**data)


def same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        if name == "l":
            assert value == other[name]
        else:
            np.testing.assert_allclose(np.asarray(other[name], float), np.asarray(value, float), atol=1e-9, err_msg=name)


def through_json(note):
    return json.loads(json.dumps(note, default=lambda array: array.tolist()))


def check(*nodes, data=DATA, times=5):
    pipeline = A.ReplayCompose(list(nodes), **RULES)
    for _ in range(times):
        out = pipeline(**data)
        note = out.pop("replay")
        same(out, A.ReplayCompose.replay(note, **data))
        same(out, A.ReplayCompose.replay(through_json(note), **data))
    return note


SELECTIVE = {
    "a tone": lambda: [A.SelectiveChannelTransform([A.RandomBrightnessContrast(p=1)], [0])],
    "several, one of a user's": lambda: [
        A.SelectiveChannelTransform([A.RandomGamma(), Level(p=0.5), A.HorizontalFlip()], [0, 2]),
        A.VerticalFlip(),
        A.SelectiveChannelTransform([A.Rotate(p=1), A.Affine(rotate=(-20, 20), p=1)], [1]),
    ],
    "one in another": lambda: [
        A.SelectiveChannelTransform([A.RandomGamma(p=1), A.SelectiveChannelTransform([Level(p=1), A.RandomGamma(p=1)], [1])], [0, 2]), A.D4(),
    ],
    "picked again": lambda: [A.SomeOf([A.SelectiveChannelTransform([A.Rotate(p=1)], [1])], n=3, replace=True)],
}  # fmt: skip


@pytest.mark.parametrize("nodes", SELECTIVE.values(), ids=SELECTIVE)
def test_what_some_channels_went_through_is_repeated_on_them_alone(nodes):
    check(*nodes())


def test_a_transform_applied_twice_has_parameters_of_its_own_each_time():
    level = Level(p=1)
    check(level, level)
    check(A.SomeOf([level, Shift(p=1)], n=5, replace=True))
    flip = A.HorizontalFlip(p=1)
    check(flip, A.VerticalFlip(p=1), flip, flip)


USERS = {
    "a composition": lambda: [A.VerticalFlip(), Twice([A.RandomCrop(50, 60), A.Rotate((-20, 20)), Shift(p=1), Level(p=1)][1:]), A.RandomGamma()],
    "crops": lambda: [Twice([A.RandomSizedCrop((40, 50), (60, 80), p=1)])],
    "choices in it": lambda: [Twice([A.OneOf([A.HorizontalFlip(), Shift()]), A.SomeOf([A.D4(), Level(p=0.5)], n=1)])],
    "one in another": lambda: [Twice([Twice([A.RandomBrightnessContrast(), Shift(p=0.5)]), A.VerticalFlip()])],
    "some channels": lambda: [Twice([A.SelectiveChannelTransform([A.RandomGamma(p=1)], [1])])],
    "a transform with a call of its own": lambda: [Counting(p=0.5), A.RandomCrop(50, 60), Counting(p=1)],
}


@pytest.mark.parametrize("nodes", USERS.values(), ids=USERS)
def test_what_calls_of_users_apply_is_noted_and_repeated(nodes):
    note = check(*nodes(), times=8)
    assert note["applied"]


@pytest.mark.parametrize("kind", [Painting, Writing, Partial, Hidden])
@pytest.mark.parametrize("data", [DATA, {"image": PICTURE, "mask": PICTURE[..., 0]}], ids=["all", "pixels"])
def test_a_call_that_does_more_than_its_transforms_is_refused_by_name(kind, data):
    note = A.ReplayCompose([A.VerticalFlip(p=1), kind([A.HorizontalFlip(p=1)])], **RULES)(**data)["replay"]
    with pytest.raises(A.DataError, match=f"replay: .*{'VerticalFlip' if kind is Hidden else kind.__name__}.* nobody can repeat"):
        A.ReplayCompose.replay(through_json(note), **data)


def test_transforms_of_the_albumentations_package_are_repeated():
    theirs = pytest.importorskip("albumentations")
    note = check(theirs.HorizontalFlip(p=0.5), A.VerticalFlip(), theirs.OneOf([theirs.Affine(rotate=(-30, 30), p=1), theirs.RandomGamma(p=1)], p=1))
    assert [child["applied"] for child in note["transforms"]][2]
    check(A.SelectiveChannelTransform([theirs.RandomGamma(p=1)], [1]), Twice([theirs.RandomBrightnessContrast(p=1)]))


def test_a_pipeline_that_applied_nothing_is_noted_too():
    out = A.ReplayCompose([A.HorizontalFlip(p=1)], p=0)(image=PICTURE)
    assert not out["replay"]["applied"]
    np.testing.assert_array_equal(A.ReplayCompose.replay(out["replay"], image=PICTURE)["image"], PICTURE)


def test_other_pictures_of_a_mosaic_are_asked_for_again():
    mosaic = A.Mosaic((2, 2), (60, 80), (60, 80), p=1)
    others = [{"image": np.full((60, 80, 3), value, np.uint8)} for value in (10, 90, 200)]
    out = A.ReplayCompose([mosaic])(image=PICTURE, mosaic_metadata=others)
    np.testing.assert_array_equal(A.ReplayCompose.replay(out["replay"], image=PICTURE, mosaic_metadata=others)["image"], out["image"])
    with pytest.raises(A.CallError, match="mosaic_metadata"):
        A.ReplayCompose.replay(out["replay"], image=PICTURE)
