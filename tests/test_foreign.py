"""Transforms that users write, as Albumentations' extension API has them, among geoaug's own."""

from __future__ import annotations

import inspect
import json
import pickle
import random
from dataclasses import dataclass

import numpy as np
import pytest

import geoaug as A

PICTURE = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)


class Brighter(A.ImageOnlyTransform):
    def __init__(self, by=1, p=0.5):
        super().__init__(p=p)
        self.by = by

    def apply(self, img, by=0, **params):
        return img + np.uint8(by)

    def get_params(self):
        return {"by": self.by}

    def get_transform_init_args_names(self):
        return ("by",)


class Mirror(A.DualTransform):
    """A horizontal flip as users write it."""

    def apply(self, img, **params):
        return img[:, ::-1]

    def apply_to_bboxes(self, bboxes, **params):
        out = bboxes.copy()
        out[:, [0, 2]] = 1 - bboxes[:, [2, 0]]
        return out

    def apply_to_keypoints(self, keypoints, **params):
        out = keypoints.copy()
        out[:, 0] = params["shape"][1] - 1 - keypoints[:, 0]
        return out


class OldMirror(A.DualTransform):
    """The same in the days of 1.x."""

    def __init__(self, always_apply=False, p=0.5):
        super().__init__(always_apply, p)

    def apply(self, img, **params):
        return np.ascontiguousarray(img[:, ::-1])

    def apply_to_bbox(self, bbox, **params):
        x0, y0, x1, y1 = bbox[:4]
        return (1 - x1, y0, 1 - x0, y1, *bbox[4:])

    def apply_to_keypoint(self, keypoint, cols=0, **params):
        x, y, angle, scale = keypoint
        return cols - 1 - x, y, angle, scale


@pytest.mark.parametrize("theirs", [Mirror, OldMirror])
@pytest.mark.parametrize("kind", [list, np.array])
def test_a_users_flip_moves_everything_as_our_flip_does(theirs, kind):
    data = {
        "image": PICTURE, "mask": PICTURE[..., 0].copy(), "masks": [PICTURE[..., 1], PICTURE[..., 2]],
        "bboxes": kind([[1, 2, 30, 40], [50, 10, 20, 5]]), "names": ["cat", {"a": 1}], "ids": np.array([2**40, 7]),
        "keypoints": kind([(3.5, 4.25), (70.0, 59.0)]), "kinds": (1, "b"), "extra": object(),
    }  # fmt: skip
    made = {"bbox_params": A.BboxParams("coco", label_fields=["names", "ids"]), "keypoint_params": A.KeypointParams("xy", label_fields=["kinds"])}
    one = A.Compose([A.VerticalFlip(p=1), A.HorizontalFlip(p=1), A.CenterCrop(40, 70)], **made)(**data)
    other = A.Compose([A.VerticalFlip(p=1), theirs(p=1), A.CenterCrop(40, 70)], **made)(**data)
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert type(other[name]) is type(value), name
        if name in ("bboxes", "keypoints"):
            np.testing.assert_allclose(other[name], value, atol=1e-9)
        elif name in ("image", "mask", "masks", "ids"):
            np.testing.assert_array_equal(other[name], value)
        else:
            assert other[name] == value, name
    assert other["extra"] is data["extra"]


def test_rows_that_a_users_transform_drops_take_their_labels_along():
    class First(Mirror):
        def apply_to_bboxes(self, bboxes, **params):
            return bboxes[1:]

    pipeline = A.Compose([A.HorizontalFlip(p=1), First(p=1), A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("coco", ["l"]), return_rows=True)
    out = pipeline(image=PICTURE, bboxes=[[1, 2, 3, 4], [5, 6, 7, 8], [9, 9, 9, 9]], l=["a", "b", "c"])
    assert out["l"] == ["b", "c"]
    assert out["rows"]["bboxes"] == [1, 2]
    np.testing.assert_allclose(out["bboxes"], [[5, 6, 7, 8], [9, 9, 9, 9]], atol=1e-9)


def test_boxes_pushed_over_the_edge_are_cut_and_those_outside_are_dropped():
    class Shift(Mirror):
        def apply_to_bboxes(self, bboxes, **params):
            return bboxes + np.array([0.5, 0, 0.5, 0] + [0] * (bboxes.shape[1] - 4))

    out = A.Compose([Shift(p=1)], bbox_params=A.BboxParams("coco", ["l"]))(image=PICTURE, bboxes=[[10, 10, 50, 10], [60, 10, 10, 10]], l=[0, 1])
    np.testing.assert_allclose(out["bboxes"], [[50, 10, 30, 10]], atol=1e-9)
    assert out["l"] == [0]


def test_a_picture_only_transform_leaves_masks_and_plans_alone():
    chain = [A.Rotate((20, 20), p=1), Brighter(by=9, p=1), A.Rotate((-20, -20), p=1)]
    mask = (PICTURE[..., 0] > 128).astype(np.uint8)
    out = A.Compose(chain, return_plan=True, return_matrix=True)(image=PICTURE, mask=mask, images=[PICTURE, PICTURE // 2])
    ours = A.Compose([chain[0], A.NoOp(), chain[2]], fuse=False)(image=PICTURE, mask=mask)
    np.testing.assert_array_equal(out["mask"], ours["mask"])
    np.testing.assert_array_equal(out["images"][0], out["image"])
    np.testing.assert_allclose(out["matrix"], np.eye(3), atol=1e-9)
    assert "Foreign Brighter" in str(out["plan"])
    assert "nobody knows what Brighter does" in out["plan"].explain()
    np.testing.assert_array_equal(out["plan"](image=PICTURE)["image"], out["image"])
    with pytest.raises(ValueError, match="Brighter is not one of geoaug's own transforms"):
        out["plan"].to_json()


def test_what_users_write_in_place_does_not_reach_the_callers_arrays():
    class Scribble(A.ImageOnlyTransform):
        def apply(self, img, **params):
            img[:] = 0
            return img

    class ScribbleAll(A.DualTransform):
        def apply(self, img, **params):
            img[:] = 0
            return img

        def apply_to_bboxes(self, bboxes, **params):
            bboxes[:] = bboxes[:, :]
            return bboxes

    for theirs in (Scribble(p=1), ScribbleAll(p=1)):
        image, mask = PICTURE.copy(), PICTURE[..., 0].copy()
        A.Compose([theirs], bbox_params=A.BboxParams("coco"))(image=image, mask=mask, bboxes=np.array([[1.0, 2, 3, 4]]))
        assert (image == PICTURE).all()
        assert (mask == PICTURE[..., 0]).all()


@pytest.mark.parametrize(
    ("arguments", "p"),
    [
        (((False, 0.3)), 0.3),
        ((0.3, False), 0.3),
        ((0.3, True), 1.0),
        ((True,), 1.0),
        ((True, 0.2), 1.0),
        ((0.7,), 0.7),
        ((False,), 0.5),
        ((), 0.5),
        ((1,), 1),
    ],
)
def test_a_bool_in_first_place_is_always_apply(arguments, p):
    for base in (A.BasicTransform, A.DualTransform, A.ImageOnlyTransform):
        assert type("Theirs", (base,), {})(*arguments).p == p


def test_old_hooks_are_called_with_what_they_ask_for():
    class Old(A.DualTransform):
        @property
        def targets_as_params(self):
            return ["image", "bboxes"]

        def get_params_dependent_on_targets(self, params):
            assert params["image"].shape == (60, 80, 3)
            assert params["bboxes"].shape == (1, 6)  # with a label and the row number
            np.testing.assert_allclose(params["bboxes"][0, :5], [0.125, 1 / 6, 0.5, 0.5, 7])
            return {"seen": True}

        def update_params(self, params, **kwargs):
            params = super().update_params(params, **kwargs)
            return params | {"more": params["cols"]}

        def apply(self, img, seen=False, more=0, **params):
            assert seen
            assert more == 80
            return img

        def apply_to_bboxes(self, bboxes, **params):
            return bboxes

    A.Compose([Old(p=1)], bbox_params=A.BboxParams("pascal_voc", ["l"]))(image=PICTURE, bboxes=[[10, 10, 40, 30]], l=[7])
    with pytest.raises(ValueError, match="requires \\['image', 'bboxes'\\] missing keys: \\['bboxes'\\]"):
        A.Compose([Old(p=1)])(image=PICTURE)


def test_their_random_numbers_follow_the_pipelines_seed():
    class Draws(A.ImageOnlyTransform):
        def get_params(self):
            return {"numbers": (self.py_random.random(), float(self.random_generator.random()))}

        def apply(self, img, numbers, **params):
            drawn.append(numbers)
            return img

    drawn = []
    for _ in range(2):
        pipeline = A.Compose([Draws(p=1), Draws(p=1)], seed=3)
        pipeline(image=PICTURE)
        pipeline(image=PICTURE)
    assert drawn[:4] == drawn[4:]
    assert len(set(drawn)) == 4


def test_a_seeded_transform_alone_repeats_itself():
    for transform in (A.Rotate(p=1), A.RandomCrop(9, 9)):
        transform.set_random_seed(5)
        first = transform(image=PICTURE)["image"]
        transform.set_random_seed(5)
        np.testing.assert_array_equal(transform(image=PICTURE)["image"], first)


def test_geoaugs_transforms_count_as_albumentations_bases():
    assert isinstance(A.HorizontalFlip(), A.DualTransform)
    assert isinstance(A.HorizontalFlip(), A.BasicTransform)
    assert not isinstance(A.HorizontalFlip(), A.ImageOnlyTransform)
    assert isinstance(A.RandomGamma(), A.ImageOnlyTransform)
    assert not isinstance(A.RandomGamma(), A.DualTransform)
    assert issubclass(A.Normalize, A.ImageOnlyTransform)
    assert not isinstance(A.Compose([]), A.BasicTransform)
    assert isinstance(Brighter(), A.ImageOnlyTransform)
    assert not isinstance(Brighter(), A.DualTransform)


def test_a_subclass_of_a_flip_with_an_apply_of_its_own_uses_it():
    class Bright(A.HorizontalFlip):
        def apply(self, img, **params):
            return super().apply(img, **params) // 2

    out = A.Compose([Bright(p=1)], bbox_params=A.BboxParams("coco"))(image=PICTURE, mask=PICTURE[..., 0], bboxes=[[0, 0, 10, 10]])
    np.testing.assert_array_equal(out["image"], PICTURE[:, ::-1] // 2)
    np.testing.assert_array_equal(out["mask"], PICTURE[:, ::-1, 0])
    np.testing.assert_allclose(out["bboxes"], [[70, 0, 10, 10]], atol=1e-9)


def test_a_subclass_of_a_crop_may_say_where_it_cuts():
    class Corner(A.RandomCrop):
        def get_params_dependent_on_data(self, params, data):
            return {"crop_coords": (5, 7, 5 + self.width, 7 + self.height)}

    class OldCorner(A.RandomCrop):
        def get_params(self):
            return {"h_start": 0.0, "w_start": 0.0}

        def get_params_dependent_on_data(self, params, data):
            return {}

    out = A.Compose([Corner(20, 30, p=1)], keypoint_params=A.KeypointParams("xy"))(image=PICTURE, mask=PICTURE[..., 0], keypoints=[(6, 9), (70, 9)])
    np.testing.assert_array_equal(out["image"], PICTURE[7:27, 5:35])
    np.testing.assert_array_equal(out["mask"], PICTURE[7:27, 5:35, 0])
    np.testing.assert_allclose(out["keypoints"], [(1, 2)], atol=1e-9)
    np.testing.assert_array_equal(A.Compose([OldCorner(20, 30, p=1)])(image=PICTURE)["image"], PICTURE[:20, :30])


NAMED = [
    (A.RandomCrop(20, 30), "crop_coords"),
    (A.CenterCrop(20, 30), "crop_coords"),
    (A.CenterCrop(90, 30, pad_if_needed=True), "pad_params"),
    (A.RandomResizedCrop((20, 30)), "crop_coords"),
    (A.PadIfNeeded(100, 100), "pad_top"),
    (A.Pad((1, 2, 3, 4)), "pad_right"),
    (A.LongestMaxSize(40), "scale"),
    (A.SmallestMaxSize(30), "scale"),
    (A.RandomScale(0.5, p=1), "scale"),
    (A.Rotate(p=1), "matrix"),
    (A.Affine(scale=(0.5, 1.5), rotate=(-20, 20), p=1), "bbox_matrix"),
    (A.Perspective(p=1), "matrix"),
    (A.RandomRotate90(), "factor"),
    (A.D4(), "group_element"),
]


@pytest.mark.parametrize(("transform", "name"), NAMED, ids=[type(transform).__name__ for transform, _ in NAMED])
def test_drawn_parameters_have_albumentations_names_and_mean_the_same_step(transform, name):
    for _ in range(8):
        params = transform.get_params_dependent_on_data({"shape": PICTURE.shape}, {"image": PICTURE})
        assert name in params
        step = params.pop("step")
        rebuilt = transform.apply(PICTURE, **params)
        assert np.abs(rebuilt.astype(int) - step.image(PICTURE).astype(int)).max() <= 1


@pytest.mark.parametrize("seed", range(4))
def test_matrices_of_drawn_parameters_move_points_as_the_plan_does(seed):
    pipeline = A.Compose([A.Affine(rotate=(-30, 30), p=1)], seed=seed, save_applied_params=True, return_matrix=True)
    out = pipeline(image=PICTURE)
    ((name, params),) = out["applied_transforms"]
    assert name == "Affine"
    assert params["shape"] == (60, 80, 3)
    np.testing.assert_allclose(params["bbox_matrix"], out["matrix"])
    x, y, w = params["matrix"] @ [3, 4, 1]
    u, v, t = out["matrix"] @ [3.5, 4.5, 1]
    np.testing.assert_allclose([x / w + 0.5, y / w + 0.5], [u / t, v / t])


def test_a_replay_draws_the_same_on_other_data_and_survives_json():
    pipeline = A.ReplayCompose(
        [
            A.OneOf([A.HorizontalFlip(), A.VerticalFlip(), A.Transpose()], p=1),
            A.RandomCrop(20, 20),
            A.RandomGamma(),
            A.SomeOf([A.D4(), A.Rotate()], 1),
        ],
        keypoint_params=A.KeypointParams("xy", remove_invisible=False),
    )
    for _ in range(20):
        first = pipeline(image=PICTURE, keypoints=[(3, 4)])
        note = first["replay"]
        assert sum(leaf["applied"] for leaf in note["transforms"][0]["transforms"]) == 1
        assert note["transforms"][1]["params"]["crop_coords"]
        note = json.loads(json.dumps(note, default=lambda array: array.tolist()))
        again = A.ReplayCompose.replay(note, image=PICTURE, keypoints=[(3, 4)])
        np.testing.assert_array_equal(again["image"], first["image"])
        np.testing.assert_allclose(again["keypoints"], first["keypoints"])
        assert A.ReplayCompose.replay(note, image=PICTURE[:40])["image"].shape == (20, 20, 3)
        assert pickle.loads(pickle.dumps(pipeline))(image=PICTURE, keypoints=[])["replay"]


@pytest.mark.parametrize(
    "points", [[[[1.0, 2, 2], [3, 4, 2]]], np.array([[[1.0, 2, 2], [3, 4, 2]]]), [[1.0, 2, 2, 3, 4, 2]]], ids=["lists", "array", "flat"]
)
def test_groups_of_keypoints_are_moved_past_whoever_paints_and_refused_by_whoever_moves(points):
    theirs = pytest.importorskip("albumentations")
    rules = {"keypoint_params": A.KeypointParams("xyv"), "flip_pairs": [(0, 1)]}
    for painter in (Brighter(by=5, p=1), theirs.Blur(p=1)):
        out = A.Compose([A.HorizontalFlip(p=1), painter, A.VerticalFlip(p=1)], **rules)(image=PICTURE, keypoints=points)["keypoints"]
        assert np.shape(out) == np.shape(points)
        assert np.ravel(out).tolist() == [78, 57, 2, 76, 55, 2]
        assert isinstance(out, np.ndarray) == isinstance(points, np.ndarray)
    for mover in (Mirror(p=1), theirs.HorizontalFlip(p=1)):
        with pytest.raises(A.DataTypeError, match="keypoints are groups of points, which it cannot move; .*points as rows of their own"):
            A.Compose([mover], **rules)(image=PICTURE, keypoints=points)


def test_a_replay_repeats_parameters_that_a_user_drew():
    class Level(A.ImageOnlyTransform):
        def get_params(self):
            return {"level": random.randrange(256)}

        def apply(self, img, level, **params):
            return np.full_like(img, level)

    globals()["Level"] = Level
    Level.__qualname__ = "Level"
    A.transform.REGISTRY[f"{__name__}.Level"] = Level
    first = A.ReplayCompose([Level(p=1)])(image=PICTURE)
    for _ in range(3):
        np.testing.assert_array_equal(A.ReplayCompose.replay(first["replay"], image=PICTURE)["image"], first["image"])


def test_their_classes_go_through_files_by_their_full_name():
    pipeline = A.Compose([Brighter(by=5, p=1)])
    told = json.loads(json.dumps(A.to_dict(pipeline)))
    assert told["transform"]["transforms"][0] == {"__class_fullname__": f"{__name__}.Brighter", "p": 1, "by": 5}
    np.testing.assert_array_equal(A.from_dict(told)(image=PICTURE)["image"], PICTURE + np.uint8(5))


def test_what_a_users_transform_cannot_move_is_refused_by_name():
    with pytest.raises(TypeError, match="Mirror has functions for image, mask, bboxes and keypoints, but polygons are polygons"):
        A.Compose([Mirror(p=1)])(image=PICTURE, polygons=[[np.array([(0, 0), (9, 0), (9, 9)])]])
    with pytest.raises(TypeError, match="bound by instances"):
        A.Compose([Mirror(p=1)], bbox_params=A.BboxParams("coco"), instances=["bboxes", "masks"])(
            image=PICTURE, bboxes=[[1, 1, 5, 5]], masks=[PICTURE[..., 0]]
        )

    class NoBoxes(A.DualTransform):
        def apply(self, img, **params):
            return img

    with pytest.raises(NotImplementedError, match="Method apply_to_bboxes is not implemented in class NoBoxes"):
        A.Compose([NoBoxes(p=1)], bbox_params=A.BboxParams("coco"))(image=PICTURE, bboxes=[[1, 1, 5, 5]])


def test_a_transform_that_calls_itself_is_called():
    class Whole(A.DualTransform):
        def __call__(self, *args, force_apply=False, **data):
            data["image"] = data["image"] // 2
            data["note"] = "seen"
            return data

    class More(A.HorizontalFlip):
        def __call__(self, *args, force_apply=False, **data):
            out = super().__call__(*args, force_apply=force_apply, **data)
            out["image"] = out["image"] // 2
            return out

    out = A.Compose([Whole(), A.VerticalFlip(p=1)])(image=PICTURE)
    np.testing.assert_array_equal(out["image"], PICTURE[::-1] // 2)
    assert out["note"] == "seen"
    boxes = {"bboxes": [[0, 0, 10, 10]]}
    out = A.Compose([More(p=1), A.VerticalFlip(p=1)], bbox_params=A.BboxParams("coco"))(image=PICTURE, **boxes)
    np.testing.assert_array_equal(out["image"], PICTURE[::-1, ::-1] // 2)
    np.testing.assert_allclose(out["bboxes"], [[70, 50, 10, 10]], atol=1e-9)


def test_functions_of_a_lambda_are_called_for_their_targets():
    double = A.Lambda(
        image=lambda image, **kwargs: image // 2, mask=lambda mask, **kwargs: mask * 0, bboxes=lambda bboxes, **kwargs: bboxes,
        keypoints=lambda keypoints, **kwargs: keypoints + np.array([1, 0] + [0] * (keypoints.shape[1] - 2)), name="double",
    )  # fmt: skip
    out = A.Compose([double, A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams("xy"))(image=PICTURE, mask=PICTURE[..., 0], keypoints=[(1, 1)])
    np.testing.assert_array_equal(out["image"], PICTURE[:, ::-1] // 2)
    assert not out["mask"].any()
    np.testing.assert_allclose(out["keypoints"], [(77, 1)])
    with pytest.raises(ValueError, match="expected a function"):
        A.Lambda(image=3)
    with pytest.raises(ValueError, match="provide the `name` argument"):
        A.to_dict(A.Compose([A.Lambda(image=lambda image, **kwargs: image)]))


def test_a_picture_that_changes_its_size_takes_boxes_along_as_shares():
    class Half(A.ImageOnlyTransform):
        def apply(self, img, **params):
            return img[::2, ::2]

    out = A.Compose([Half(p=1), A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("coco"))(image=PICTURE, bboxes=[[0, 0, 10, 10]])
    np.testing.assert_array_equal(out["image"], PICTURE[::2, ::2][:, ::-1])
    np.testing.assert_allclose(out["bboxes"], [[35, 0, 5, 5]], atol=1e-9)


def test_a_bare_transform_takes_what_a_compose_of_albumentations_hands_over():
    boxes = np.array([[0.1, 0.2, 0.3, 0.4, 7]])
    points = np.array([[3.0, 4.0, 0.5, 0.0, 1.0, 9.0]])
    out = A.HorizontalFlip(p=1)(image=PICTURE, bboxes=boxes, keypoints=points)
    np.testing.assert_allclose(out["bboxes"], [[0.7, 0.2, 0.9, 0.4, 7]])
    np.testing.assert_allclose(out["keypoints"], [[76, 4, 0.5, np.pi, 1, 9]])


def test_compositions_that_users_write_are_called():
    class Twice(A.BaseCompose):
        def __init__(self, transforms, p=1.0):
            super().__init__(transforms, p)

        def __call__(self, *args, force_apply=False, **data):
            for transform in [*self.transforms, *self.transforms]:
                data = transform(**data)
            return data

    assert isinstance(A.OneOf([A.NoOp()]), A.BaseCompose)
    pipeline = A.Compose([Twice([A.HorizontalFlip(p=1), A.Crop(0, 0, 70, 50), Mirror(p=1)])], A.BboxParams("coco", ["l"]), A.KeypointParams("xya"))
    out = pipeline(image=PICTURE, mask=PICTURE[..., 0], bboxes=[[30, 10, 10, 10]], l=["x"], keypoints=[(30, 10, 90)])
    np.testing.assert_array_equal(out["image"], PICTURE[:50, 10:80])
    np.testing.assert_array_equal(out["mask"], out["image"][..., 0])
    np.testing.assert_allclose(out["bboxes"], [[20, 10, 10, 10]], atol=1e-9)
    np.testing.assert_allclose(out["keypoints"], [(20, 10, 90)], atol=1e-9)
    assert out["l"] == ["x"]


def test_a_pipeline_of_a_users_own_class_calls_ours():
    class Noting(A.Compose):
        def __call__(self, *args, force_apply=False, **data):
            out = super().__call__(*args, force_apply=force_apply, **data)
            out["noted"] = True
            return out

    inner = Noting([A.HorizontalFlip(p=1)], bbox_params=A.BboxParams("coco", label_fields=["l"]))
    out = inner(image=PICTURE, bboxes=[[0, 0, 10, 10]], l=["a"])
    assert out["noted"]
    assert out["bboxes"] == [[70, 0, 10, 10]]
    out = A.Compose([inner, A.VerticalFlip(p=1)], bbox_params=A.BboxParams("coco", label_fields=["l"]))(
        image=PICTURE, bboxes=[[0, 0, 10, 10]], l=["a"]
    )
    np.testing.assert_allclose(out["bboxes"], [[70, 50, 10, 10]], atol=1e-9)
    assert out["l"] == ["a"]


def test_some_of_takes_numbers_that_a_subclass_picks():
    class Last(A.SomeOf):
        def _get_idx(self):
            assert self.random_generator.random() < 1
            return [len(self.transforms) - 1] * self.n

    np.testing.assert_array_equal(A.Compose([Last([A.NoOp(), A.HorizontalFlip(p=1)], n=1)])(image=PICTURE)["image"], PICTURE[:, ::-1])


def test_pipelines_can_be_added_to_and_taken_from():
    flip, crop = A.HorizontalFlip(p=1), A.CenterCrop(20, 20)
    pipeline = A.Compose([flip], bbox_params=A.BboxParams("coco"), seed=3)
    more = pipeline + crop
    assert list(more) == [flip, crop]
    assert list(pipeline) == [flip]
    assert list([crop, A.NoOp()] + pipeline) == [crop, A.NoOp(), flip]  # noqa: RUF005  # the operator is what is tested
    assert list(crop + pipeline) == [crop, flip]
    assert list(more - A.HorizontalFlip) == [crop]
    assert more.bbox_params == pipeline.bbox_params
    assert more.seed == 3
    assert more(image=PICTURE, bboxes=[[30, 20, 20, 20]])["image"].shape == (20, 20, 3)
    assert isinstance(A.OneOf([flip]) + crop, A.OneOf)
    with pytest.raises(ValueError, match="no transform of this class in it, only HorizontalFlip"):
        pipeline - A.Rotate
    with pytest.raises(TypeError, match="expected a class"):
        pipeline - flip


def test_some_channels_change_and_the_others_stay():
    chosen = A.SelectiveChannelTransform([A.HorizontalFlip(p=1), A.RandomGamma((50, 50), p=1), Brighter(by=3, p=1)], channels=[0, 2])
    pipeline = A.Compose([A.VerticalFlip(p=1), chosen, A.CenterCrop(30, 30)], return_plan=True)
    out = pipeline(image=PICTURE, mask=PICTURE[..., 0])
    turned = PICTURE[::-1]
    np.testing.assert_array_equal(out["image"][..., 1], turned[15:45, 25:55, 1])
    expected = A.RandomGamma((50, 50), p=1)(image=np.ascontiguousarray(turned[:, ::-1, [0, 2]]))["image"] + np.uint8(3)
    np.testing.assert_array_equal(out["image"][..., [0, 2]], expected[15:45, 25:55])
    np.testing.assert_array_equal(out["mask"], turned[15:45, 25:55, 0])
    own = A.Compose([A.SelectiveChannelTransform([A.HorizontalFlip(p=1), A.RandomGamma(p=1)], channels=[0, 2])], return_plan=True)
    out = own(image=PICTURE)
    np.testing.assert_array_equal(A.Plan.from_json(out["plan"].to_json())(image=PICTURE)["image"], out["image"])
    assert A.from_dict(own.to_dict()) == own
    with pytest.raises(TypeError, match="needs channel 2, the picture of dtype uint8 has 1, in two dimensions"):
        own(image=PICTURE[..., 0])
    with pytest.raises(ValueError, match="put what changes the size outside of it"):
        A.SelectiveChannelTransform([A.CenterCrop(9, 9)])(image=PICTURE)
    with pytest.raises(ValueError, match="expected numbers of channels"):
        A.SelectiveChannelTransform([A.NoOp()], channels=[])


def test_a_users_transform_may_have_targets_of_its_own_under_any_name():
    class Labelled(A.DualTransform):
        def __init__(self, name, p=1.0):
            self.name = name
            super().__init__(p=p)

        def _set_keys(self):
            super()._set_keys()
            self._key2func[self.name] = self.apply_to_label
            self._available_keys.add(self.name)

        def apply(self, img, **params):
            return img

        def apply_to_label(self, label, **params):
            return label + 1

    pipeline = A.Compose([A.HorizontalFlip(p=1), Labelled("side")], strict=True)
    assert pipeline(image=PICTURE, side=3)["side"] == 4
    assert "side" in pipeline.available_keys
    assert pickle.loads(pickle.dumps(A.Compose([A.HorizontalFlip()]).transforms[0])).available_keys >= {"image", "mask"}
    with pytest.raises(ValueError, match="Key other is not in available keys"):
        pipeline(image=PICTURE, other=3)


def test_the_hook_of_1_4_that_adds_the_shape_is_called():
    class Shaped(A.DualTransform):
        def update_params_shape(self, params, data):
            return {"shape": data["image"].shape, "mine": 7}

        def apply(self, img, mine, **params):
            assert mine == 7
            assert params["shape"] == img.shape
            return img // 2

    np.testing.assert_array_equal(A.Compose([Shaped(p=1)])(image=PICTURE)["image"], PICTURE // 2)


def test_hooks_of_1_x_are_called_on_subclasses_of_ours_too():
    class Corner(A.CoarseDropout):
        def get_params_dependent_on_targets(self, params):
            height, width = params["image"].shape[:2]
            return {"holes": [(0, 0, width // 2, height // 2)]}

    out = A.Compose([Corner(fill=0, p=1)])(image=np.full((40, 60, 3), 9, np.uint8))["image"]
    assert (out[:20, :30] == 0).all()
    assert (out == 0).sum() == 20 * 30 * 3


def test_parameters_may_be_called_as_a_target_is():
    class GridMask(A.DualTransform):
        @property
        def targets_as_params(self):
            return ["image"]

        def get_params_dependent_on_targets(self, params):
            return {"mask": np.arange(60)[:, None] % 2, "side": 3}

        def apply(self, image, mask, side, **params):
            return image * (mask[..., None] if image.ndim == 3 else mask).astype(image.dtype)

    out = A.Compose([GridMask(p=1)])(image=PICTURE, mask=PICTURE[..., 0], masks=[PICTURE[..., 1]])
    assert not out["image"][::2].any()
    np.testing.assert_array_equal(out["image"][1::2, :, 0], out["mask"][1::2])
    np.testing.assert_array_equal(out["image"][..., 1], out["masks"][0])


def test_an_old_hook_that_asks_for_nothing_is_not_called():
    class Plain(A.ImageOnlyTransform):
        def get_params_dependent_on_targets(self, params):
            raise AssertionError

        def apply(self, img, **params):
            return img // 2

    np.testing.assert_array_equal(A.Compose([Plain(p=1)])(image=PICTURE)["image"], PICTURE // 2)


def test_subclasses_of_1_x_read_arguments_by_the_names_that_they_had():
    assert A.PadIfNeeded(9, 9, fill=3, fill_mask=4).value == 3
    assert A.ElasticTransform(fill_mask=4).mask_value == 4
    holes = A.CoarseDropout(num_holes_range=(1, 5), hole_height_range=(2, 8))
    assert (holes.min_holes, holes.max_holes, holes.min_height, holes.max_height) == (1, 5, 2, 8)
    assert not hasattr(A.HorizontalFlip(), "value")
    assert pickle.loads(pickle.dumps(holes)) == holes
    with pytest.raises(AttributeError, match="Rotate has no attribute 'angle'"):
        A.Rotate().angle


@pytest.mark.parametrize("seed", range(3))
def test_a_crop_of_1_x_that_says_where_it_starts_cuts_there(seed):
    class Aware(A.RandomCrop):
        @property
        def targets_as_params(self):
            return ["image", "keypoints"]

        def get_params_dependent_on_targets(self, params):
            assert len(params["keypoints"]) == 2
            return {"h_start": 0.0, "w_start": 0.999}

    pipeline = A.Compose([Aware(30, 20, p=1)], keypoint_params=A.KeypointParams("xy", remove_invisible=False), seed=seed)
    out = pipeline(image=PICTURE, mask=PICTURE[..., 0], keypoints=[(61, 2), (5, 5)])
    np.testing.assert_array_equal(out["image"], PICTURE[:30, 60:])
    np.testing.assert_array_equal(out["mask"], PICTURE[:30, 60:, 0])
    np.testing.assert_allclose(out["keypoints"], [(1, 2), (-55, 5)])


def test_a_transform_alone_takes_further_targets():
    flip = A.HorizontalFlip(p=1)
    assert flip._additional_targets == {}
    flip.add_targets({"other": "image"})
    np.testing.assert_array_equal(flip(image=PICTURE, other=PICTURE // 2)["other"], PICTURE[:, ::-1] // 2)


def test_transforms_may_be_defaults_of_dataclasses_and_keys():
    @dataclass
    class Settings:
        train: A.Compose = A.Compose([A.HorizontalFlip(p=1)])  # noqa: RUF009  # what programs write
        flip: A.HorizontalFlip = A.HorizontalFlip(p=1)  # noqa: RUF009
        boxes: A.BboxParams = A.BboxParams("coco")  # noqa: RUF009

    assert len({Settings().flip: 1, A.HorizontalFlip(p=1): 2, A.HorizontalFlip(p=0.2): 3}) == 2
    assert len({Settings().train, A.Compose([A.HorizontalFlip(p=1)]), A.Compose([])}) == 2


def test_what_is_to_be_noted_may_be_said_after_a_pipeline_is_made():
    pipeline = A.Compose([A.HorizontalFlip(p=1)])
    assert "applied_transforms" not in pipeline(image=PICTURE)
    pipeline.save_applied_params = True
    assert [name for name, _ in pipeline(image=PICTURE)["applied_transforms"]] == ["HorizontalFlip"]


def test_a_mask_may_be_declared_a_picture():
    pipeline = A.Compose([A.InvertImg(p=1)], additional_targets={"mask": "image"})
    np.testing.assert_array_equal(pipeline(image=PICTURE, mask=PICTURE[..., 0])["mask"], 255 - PICTURE[..., 0])


@pytest.mark.parametrize("kind", [list, np.array])
def test_points_that_come_as_nan_stay_that_where_all_points_stay(kind):
    points = kind([[3.0, 4.0, 1.0], [np.nan, np.nan, 2.0], [70.0, 10.0, 3.0]])
    for nodes in ([], [A.HorizontalFlip(p=1)], [A.Rotate((20, 20), p=1), A.CenterCrop(40, 40)], [Mirror(p=1)], [A.ElasticTransform(p=1)]):
        out = A.Compose(nodes, keypoint_params=A.KeypointParams("xy", remove_invisible=False, label_fields=["l"]))(
            image=PICTURE, keypoints=points, l=["a", "b", "c"]
        )
        assert out["l"] == ["a", "b", "c"]
        assert np.isnan(np.asarray(out["keypoints"], float)[:, :2]).all(axis=1).tolist() == [False, True, False]
        assert np.asarray(out["keypoints"])[:, 2].tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match=r"keypoints\[1\]: number 0 is nan"):
        A.Compose([A.NoOp()], keypoint_params=A.KeypointParams("xy"))(image=PICTURE, keypoints=points)
    with pytest.raises(ValueError, match=r"keypoints\[0\]: number 1 is nan"):
        A.Compose([A.NoOp()], keypoint_params=A.KeypointParams("xy", remove_invisible=None))(image=PICTURE, keypoints=[(1, np.nan)])


@pytest.mark.parametrize("remove", [True, False])
def test_points_that_a_users_transform_takes_out_of_sight_are_nan_or_gone(remove):
    class Hide(Mirror):
        def apply_to_keypoints(self, keypoints, **params):
            out = keypoints.copy()
            out[0, :2] = np.nan
            return out

    params = A.KeypointParams("xy", remove_invisible=remove, label_fields=["l"])
    out = A.Compose([Hide(p=1), A.VerticalFlip(p=1)], keypoint_params=params)(image=PICTURE, keypoints=[(3, 4), (5, 6)], l=["a", "b"])
    assert out["l"] == (["b"] if remove else ["a", "b"])
    np.testing.assert_allclose(out["keypoints"][-1], (5, 53))
    assert remove or np.isnan(out["keypoints"][0]).all()


def test_rows_may_be_missing_and_planes_of_any_layout_at_the_end_of_a_pipeline():
    def planes(x, **kwargs):
        return x.transpose(2, 0, 1)

    out = A.Compose([A.HorizontalFlip(p=1), A.Lambda(image=planes, mask=planes)])(image=PICTURE, mask=PICTURE[..., :2])
    assert out["image"].shape == (3, 60, 80)
    assert out["mask"].shape == (2, 60, 80)
    assert A.Compose([A.HorizontalFlip(p=1), A.Lambda(image=lambda x, **kwargs: x[None])])(image=PICTURE)["image"].shape == (1, 60, 80, 3)
    params = {"bbox_params": A.BboxParams("coco", label_fields=["l"]), "keypoint_params": A.KeypointParams("xy")}
    for boxes in ([], np.zeros((0, 4))):
        out = A.Compose([Mirror(p=1), A.VerticalFlip(p=1)], **params)(image=PICTURE, bboxes=boxes, l=[], keypoints=[])
        assert len(out["bboxes"]) == len(out["keypoints"]) == 0
        assert type(out["bboxes"]) is type(boxes)


def test_programs_find_what_they_read_on_pipelines():
    pipeline = A.Compose(
        [A.OneOf([A.HorizontalFlip(p=0.25), A.NoOp(p=0.75)]), A.RandomCropNearBBox()],
        A.BboxParams("coco", ["l"]),
        additional_targets={"image2": "image"},
    )
    assert pipeline.processors["bboxes"].params.label_fields == ["l"]
    assert {"image", "image2", "bboxes", "l", "cropping_bbox"} <= pipeline.available_keys
    pipeline.add_targets({"mask2": "mask"})
    assert pipeline._additional_targets == {"image2": "image", "mask2": "mask"}
    with pytest.raises(ValueError, match="Trying to overwrite existed additional targets"):
        pipeline.add_targets({"mask2": "image"})
    assert pipeline[0].transforms_ps == [0.25, 0.75]
    assert A.HorizontalFlip().available_keys >= {"image", "mask", "masks", "bboxes", "keypoints"}
    assert pipeline.transforms[0].transforms[0].get_class_fullname() == "HorizontalFlip"
    assert Brighter().get_class_fullname() == f"{__name__}.Brighter"
    assert A.Rotate(limit=3).get_transform_init_args()["limit"] == (-3, 3)


def test_tensors_come_out_with_the_channels_first():
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    data = {"image": PICTURE, "mask": PICTURE[..., :2], "images": np.stack([PICTURE, PICTURE]), "bboxes": [[0, 0, 5, 5]]}
    for masks in ([PICTURE[..., 0]], PICTURE.transpose(2, 0, 1)):
        out = A.Compose([A.HorizontalFlip(p=1), A.ToTensorV2()], bbox_params=A.BboxParams("coco"))(**data, masks=masks)
        assert torch.equal(out["image"], torch.from_numpy(PICTURE[:, ::-1].transpose(2, 0, 1).copy()))
        assert torch.equal(out["images"][1], out["image"])
        assert out["mask"].shape == (60, 80, 2)
        assert type(out["masks"]) is (list if isinstance(masks, list) else torch.Tensor)
        assert out["masks"][0].shape == (60, 80)
        assert out["bboxes"] == [[75, 0, 5, 5]]
    out = A.Compose([A.ToTensorV2(transpose_mask=True)])(image=PICTURE[..., 0], mask=PICTURE)
    assert out["image"].shape == (1, 60, 80)
    assert out["mask"].shape == (3, 60, 80)
    out["image"][:] = 0
    assert PICTURE[..., 0].any()
    assert torch.equal(A.ToTensorV2()(image=PICTURE)["image"], torch.from_numpy(PICTURE.transpose(2, 0, 1).copy()))
    with pytest.raises(ValueError, match="ToTensorV2 must come last, but HorizontalFlip follows"):
        A.Compose([A.ToTensorV2(), A.HorizontalFlip(p=1)])(image=PICTURE)


def test_a_class_derived_from_to_tensor_v2_gets_tensors_from_it():
    torch = pytest.importorskip("torch", reason="needs PyTorch")

    class Shares(A.ToTensorV2):
        def apply(self, img, **params):
            return super().apply(img, **params).float() / 255

    assert A.ToTensorV2().targets.keys() == {"image", "images", "mask", "masks"}
    for shares in (Shares(), A.Compose([A.NoOp(), Shares()])):
        out = shares(image=PICTURE, mask=PICTURE[..., 0], images=np.stack([PICTURE, PICTURE]))
        assert torch.equal(out["image"], torch.from_numpy(PICTURE.transpose(2, 0, 1)).float() / 255)
        assert torch.equal(out["images"][1], out["image"])
        assert torch.equal(out["mask"], torch.from_numpy(PICTURE[..., 0].copy()))
        for kind in (list, tuple, np.array):
            out = shares(image=PICTURE, masks=kind([PICTURE[..., 0], PICTURE[..., 1]]), images=kind([PICTURE, PICTURE]))
            for name, shape in (("masks", (60, 80)), ("images", (3, 60, 80))):
                assert type(out[name]) is (torch.Tensor if kind is np.array else list)
                assert all(type(item) is torch.Tensor and item.shape == shape for item in out[name])


def test_signatures_of_bases_and_of_what_derives_from_them_are_those_of_their_init():
    class Mine(A.DualTransform):
        def __init__(self, strength, hard=False, p=0.5):
            super().__init__(p=p)
            self.strength, self.hard = strength, hard

    assert list(inspect.signature(Mine).parameters) == ["strength", "hard", "p"]
    assert list(inspect.signature(A.Lambda).parameters)[:6] == ["image", "mask", "keypoints", "bboxes", "name", "p"]
    assert str(inspect.signature(A.ImageOnlyTransform)) == "(p=0.5)"


def test_a_users_transform_may_follow_tensors_or_make_them():
    torch = pytest.importorskip("torch", reason="needs PyTorch")

    class Halved(A.ImageOnlyTransform):
        def apply(self, img, **params):
            assert isinstance(img, torch.Tensor)
            return img / 2

    class OwnTensors(A.BasicTransform):
        @property
        def targets(self):
            return {"image": self.apply, "mask": self.apply_to_mask}

        def apply(self, img, **params):
            return torch.from_numpy(np.ascontiguousarray(img.transpose(2, 0, 1)))

        def apply_to_mask(self, mask, **params):
            return torch.from_numpy(mask)

    class OurTensors(A.ToTensorV2):
        def apply(self, img, **params):
            return torch.zeros(3)

    for last in ([A.ToTensorV2(), Halved(p=1)], [OwnTensors(p=1), Halved(p=1)]):
        out = A.Compose([A.HorizontalFlip(p=1), *last], bbox_params=A.BboxParams("coco"))(image=PICTURE, mask=PICTURE[..., 0], bboxes=[[0, 0, 5, 5]])
        assert torch.equal(out["image"], torch.from_numpy(PICTURE[:, ::-1].transpose(2, 0, 1) / 2))
        assert isinstance(out["mask"], torch.Tensor)
        np.testing.assert_allclose(out["bboxes"], [[75, 0, 5, 5]], atol=1e-9)
    assert A.Compose([OurTensors()])(image=PICTURE)["image"].shape == (3,)
    with pytest.raises(ValueError, match="OwnTensors must come last, but HorizontalFlip follows"):
        A.Compose([OwnTensors(p=1), A.HorizontalFlip(p=1)])(image=PICTURE)


def untouched(image, **given):
    return image


class PlainFlip(A.HorizontalFlip):
    """Nothing of its own."""


class Fixed(A.RandomScale):
    """Arguments of its own, by another name than the base has."""

    def __init__(self, by=0.5, p=1.0):
        super().__init__(scale_limit=(by - 1, by - 1), p=p)
        self.by = by


class Wide(A.Rotate):
    """Further arguments beside those of the base."""

    def __init__(self, note="a", **given):
        super().__init__(**given)
        self.note = note


@pytest.mark.parametrize("made", [PlainFlip(p=1), Fixed(0.25), Wide("b", limit=(20, 20), p=1)], ids=lambda made: type(made).__name__)
def test_subclasses_of_our_classes_go_through_files_and_replays_by_their_full_name(made):
    pipeline = A.Compose([made], seed=1)
    told = json.loads(json.dumps(pipeline.to_dict()))
    assert told["transform"]["transforms"][0]["__class_fullname__"] == f"{__name__}.{type(made).__name__}"
    again = A.from_dict(told)
    assert type(again[0]) is type(made)
    assert again[0].__dict__ == made.__dict__
    np.testing.assert_array_equal(again(image=PICTURE)["image"], pipeline(image=PICTURE)["image"])
    out = A.ReplayCompose([made])(image=PICTURE)
    np.testing.assert_array_equal(A.ReplayCompose.replay(out["replay"], image=PICTURE)["image"], out["image"])


def test_what_compositions_are_asked_they_answer_with_transforms_of_albumentations_inside(tmp_path):
    theirs = pytest.importorskip("albumentations")
    choice = A.OneOf([theirs.HorizontalFlip(p=1), A.VerticalFlip()], p=1)
    assert choice.available_keys >= {"image", "mask", "bboxes"}
    choice.set_deterministic(True)
    pipeline = A.Compose([choice, theirs.OneOf([theirs.Blur(p=1)], p=0.5)])
    told = json.loads(json.dumps(pipeline.to_dict()))
    first = told["transform"]["transforms"][0]["transforms"][0]
    assert first["__class_fullname__"].startswith("albumentations.")
    assert A.from_dict(told) == A.Compose([A.OneOf([A.HorizontalFlip(p=1), A.VerticalFlip()], p=1), A.OneOf([A.Blur(p=1)], p=0.5)])
    assert pipeline(image=PICTURE)["image"].shape == PICTURE.shape
    with pytest.raises(A.ParameterError, match="Lambda of the albumentations package"):
        A.Compose([theirs.Lambda(image=untouched)]).to_dict()


def test_a_users_pipeline_may_do_something_before_and_after_a_call():
    class Framed(A.Compose):
        def preprocess(self, data):
            super().preprocess(data)
            data["image"] = data["image"][:, :40]

        def postprocess(self, data):
            data = super().postprocess(data)
            return data | {"seen": data["image"].shape}

    out = Framed([A.HorizontalFlip(p=1)])(image=PICTURE)
    assert out["seen"] == (60, 40, 3)
    np.testing.assert_array_equal(out["image"], PICTURE[:, 39::-1])


def test_a_subclass_of_a_dropout_drops_what_its_holes_cover():
    class Theirs(A.CoarseDropout):
        def apply(self, img, **params):
            return super().apply(img, **params)

    points = [(x, y) for x in range(1, 80, 6) for y in range(1, 60, 6)]
    arguments = {"num_holes_range": (3, 3), "hole_height_range": (0.3, 0.4), "hole_width_range": (0.3, 0.4), "p": 1}
    for remove in (True, False):
        params = A.KeypointParams("xy", remove_invisible=remove)
        ours, theirs = (
            A.Compose([cls(**arguments)], keypoint_params=params, seed=5)(image=PICTURE, keypoints=points) for cls in (A.CoarseDropout, Theirs)
        )
        np.testing.assert_array_equal(ours["image"], theirs["image"])
        np.testing.assert_allclose(theirs["keypoints"], ours["keypoints"])
        assert (len(theirs["keypoints"]) < len(points)) == remove


def test_what_a_subclass_of_ours_draws_itself_counts():
    class Half(A.RandomScale):
        def get_params(self):
            return {"scale": 0.5}

    class Once(A.RandomRotate90):
        def get_params(self):
            return {"factor": 1}

    for _ in range(5):
        assert A.Compose([Half(p=1)])(image=PICTURE)["image"].shape == (30, 40, 3)
        np.testing.assert_array_equal(A.Compose([Once(p=1)])(image=PICTURE)["image"], np.rot90(PICTURE))


def test_what_is_added_and_taken_keeps_the_rules_of_the_composition():
    flip, turn = A.HorizontalFlip(p=1), A.VerticalFlip(p=1)
    assert (A.SomeOf([flip, turn], n=2) - A.HorizontalFlip)(image=PICTURE)["image"].shape == PICTURE.shape
    with pytest.raises(ValueError, match="expected two transforms, got 1"):
        A.OneOrOther(flip, turn) - A.HorizontalFlip
    added = A.Rotate()
    assert (A.Compose([flip], mask_interpolation=1) + added)[1].mask_interpolation == 1
    assert added.mask_interpolation == 0
    with pytest.warns(UserWarning, match="unknown argument"):
        wrong = A.HorizontalFlip(foo=3)
    with pytest.raises(ValueError, match="refused by strict=True"):
        A.Compose([flip], strict=True) + wrong


def test_replaying_pipelines_and_lambdas_go_through_files_and_print():
    pipeline = A.ReplayCompose([A.HorizontalFlip(p=1), A.Lambda(image=lambda image, **kwargs: image // 2, name="half")], save_key="note")
    told = json.loads(json.dumps(A.to_dict(pipeline)))
    again = A.from_dict(told, nonserializable={"half": pipeline[1]})
    assert type(again) is A.ReplayCompose
    assert again.save_key == "note"
    assert "half" in repr(again)
    np.testing.assert_array_equal(again(image=PICTURE)["image"], PICTURE[:, ::-1] // 2)
    with pytest.raises(ValueError, match="this note was not made by geoaug"):
        A.ReplayCompose.replay({"transforms": [{"__class_fullname__": "HorizontalFlip", "applied": True, "params": {}}]}, image=PICTURE)
