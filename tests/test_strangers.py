"""Transforms of the albumentations package in geoaug's pipelines, and geoaug's in theirs; code of users that calls either."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

import geoaug as A

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # importing it would ask the network
B = pytest.importorskip("albumentations", reason="its transforms are what is tried")

PICTURE = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)


class Own(A.BaseCompose):
    """Calls each transform in turn, as users' compositions do."""

    def __init__(self, transforms, p=1.0):
        super().__init__(transforms, p)

    def __call__(self, *args, force_apply=False, **data):
        for transform in self.transforms:
            data = transform(**data)
        return data


class Roll(A.DualTransform):
    """Shifts columns round and round, by what it draws."""

    def get_params(self):
        return {"by": self.py_random.randrange(1, 60)}

    def apply(self, img, by, **params):
        return np.roll(img, by, axis=1)

    def apply_to_bboxes(self, bboxes, **params):
        return bboxes

    def apply_to_keypoints(self, keypoints, by, **params):
        keypoints = keypoints.copy()
        keypoints[:, 0] = (keypoints[:, 0] + by) % params["shape"][1]
        return keypoints


class Same(A.DualTransform):
    def apply(self, img, **params):
        return img

    def apply_to_bboxes(self, bboxes, **params):
        return bboxes

    def apply_to_keypoints(self, keypoints, **params):
        return keypoints


def flipped(out):
    return bool((out["image"] == PICTURE[:, ::-1]).all())


def test_its_p_counts_once_and_in_a_choice_as_a_weight():
    half = A.Compose([B.HorizontalFlip(p=0.5)], seed=0)
    assert 60 < sum(flipped(half(image=PICTURE)) for _ in range(160)) < 100
    chosen = A.OneOf([B.HorizontalFlip(p=0.1)], p=1)
    assert all(flipped(A.Compose([chosen])(image=PICTURE)) for _ in range(10))


@pytest.mark.parametrize("inner", [lambda: B.RandomCrop(9, 9, p=1), lambda: B.GaussNoise(p=1), lambda: B.OneOf([B.RandomCrop(9, 9)], p=1)])
def test_it_follows_the_pipelines_seed_and_key(inner):
    first, second, other = (A.Compose([inner()], seed=seed) for seed in (4, 4, 5))
    pictures = [augment(image=PICTURE)["image"] for augment in (first, second, other)]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])
    np.testing.assert_array_equal(first(image=PICTURE, key=3)["image"], second(image=PICTURE, key=3)["image"])


@pytest.mark.parametrize("inner", [lambda: B.HorizontalFlip(p=1), lambda: Own([A.HorizontalFlip(p=1)]), lambda: Own([Own([A.HorizontalFlip(p=1)])])])
def test_further_targets_move_along(inner):
    also = {"i2": "image", "b2": "bboxes", "k2": "keypoints", "m2": "mask"}
    pipeline = A.Compose([A.VerticalFlip(p=1), inner()], A.BboxParams("coco"), A.KeypointParams("xya"), also)
    data = {"bboxes": [[1, 2, 3, 4]], "keypoints": [(5, 6, 10)], "mask": PICTURE[..., 0]}
    out = pipeline(image=PICTURE, i2=PICTURE, m2=PICTURE[..., 0], b2=data["bboxes"], k2=data["keypoints"], **data)
    for name, twin in (("image", "i2"), ("mask", "m2"), ("bboxes", "b2"), ("keypoints", "k2")):
        np.testing.assert_allclose(out[twin], out[name], atol=1e-3, err_msg=twin)
    np.testing.assert_array_equal(out["i2"], PICTURE[::-1, ::-1])


def test_further_targets_of_their_pipeline_move_in_our_choice():
    theirs = B.Compose([A.OneOf([A.HorizontalFlip(p=1)], p=1)], additional_targets={"i2": "image"})
    out = theirs(image=PICTURE, i2=PICTURE)
    np.testing.assert_array_equal(out["i2"], out["image"])
    assert flipped(out)


def test_code_inside_of_users_compositions_follows_the_seed():
    for children in ([Roll(p=1)], [A.RandomCrop(9, 9)], [A.Compose([A.RandomCrop(9, 9)])], [A.OneOf([Roll(), A.Rotate()], p=1)]):
        first, second = (A.Compose([Own(children)], seed=3)(image=PICTURE)["image"] for _ in range(2))
        np.testing.assert_array_equal(first, second)


def test_workers_do_not_repeat_what_a_transform_drew_before_them():
    data = pytest.importorskip("torch.utils.data", reason="needs PyTorch")
    roll = Roll(p=1)
    for call in (lambda: roll(image=PICTURE), lambda: A.Compose([Own([roll])])(image=PICTURE), lambda: B.Compose([roll])(image=PICTURE)):
        call()

        class Pictures(data.Dataset):
            def __len__(self):
                return 8

            def __getitem__(self, index, call=call):
                return hash(tuple(call()["image"][0, :, 0].tobytes() for _ in range(5)))  # five of 59 places: never alike by chance

        seen = [one for _ in range(2) for one in data.DataLoader(Pictures(), batch_size=None, num_workers=2)]
        assert len(set(seen)) == 16


@pytest.mark.parametrize("name", ["yolo", "albumentations"])
def test_an_array_of_shares_without_its_labels_is_refused(name):
    boxes = np.array([[0.3, 0.2, 0.4, 0.3], [0.2, 0.3, 0.3, 0.4]])
    with pytest.raises(ValueError, match="l: missing"):
        A.Compose([A.HorizontalFlip(p=1)], A.BboxParams(name, label_fields=["l"]))(image=PICTURE, bboxes=boxes)
    with pytest.raises(TypeError, match="Compose has no bbox_params"):
        A.Compose([A.HorizontalFlip(p=1)])(image=PICTURE, bboxes=boxes)


def test_sides_change_places_by_the_callers_numbers_after_points_were_dropped():
    points = [(55, 5), (5, 10), (20, 20), (30, 30)]
    for between in ([], [Same(p=1)], [Same(p=1), A.NoOp(), Same(p=1)], [B.NoOp(p=1)]):
        pipeline = A.Compose(
            [A.Crop(0, 0, 40, 40), *between, A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams("xy"), flip_pairs=[(0, 1), (2, 3)]
        )
        kept = {tuple(np.round(point, 3)) for point in pipeline(image=PICTURE, keypoints=points)["keypoints"]}
        assert kept == {(34, 10), (19, 20), (9, 30)}
    pipeline = A.Compose([Same(p=1), A.HorizontalFlip(p=1)], keypoint_params=A.KeypointParams("xy"), flip_pairs=[(0, 1), (2, 3)])
    np.testing.assert_allclose(pipeline(image=PICTURE, keypoints=points)["keypoints"], [(54, 10), (4, 5), (29, 30), (39, 20)])


@pytest.mark.parametrize("between", [Same(p=1), B.NoOp(p=1), Own([A.NoOp()])], ids=["users", "theirs", "composition"])
@pytest.mark.parametrize("kind", [list, np.array])
def test_visibility_counts_over_the_whole_pipeline(between, kind):
    for least, stays in ((0.6, 0), (0.5, 1)):
        pipeline = A.Compose([A.Crop(0, 0, 30, 40), between, A.NoOp(), between], A.BboxParams("pascal_voc", min_visibility=least))
        assert len(pipeline(image=PICTURE, bboxes=kind([[10.0, 0, 50, 40]]))["bboxes"]) == stays


def test_users_transforms_get_tensors_after_to_tensor_and_boxes_keep_their_place():
    torch = pytest.importorskip("torch", reason="needs PyTorch")

    class Halved(Same):
        def apply(self, img, **params):
            assert isinstance(img, torch.Tensor)
            return img.float() / 2

        def apply_to_mask(self, mask, **params):
            assert isinstance(mask, torch.Tensor)
            return mask

    out = A.Compose([A.HorizontalFlip(p=1), A.ToTensorV2(), Halved(p=1)], A.BboxParams("coco"))(
        image=PICTURE, mask=PICTURE[..., 0], bboxes=[[10, 20, 10, 10]]
    )
    assert out["image"].dtype == torch.float32
    np.testing.assert_allclose(out["bboxes"], [[40, 20, 10, 10]], atol=1e-9)
    assert isinstance(out["mask"], torch.Tensor)


def test_threads_may_share_a_pipeline_of_users_transforms():
    class Mirror(A.HorizontalFlip):
        def apply(self, img, **params):
            return super().apply(img, **params)

    pipeline, wrong = A.Compose([Mirror(p=1), Roll(p=1)], keypoint_params=A.KeypointParams("xy"), seed=1), []

    def work(width):
        image = np.zeros((8, width), np.uint8)
        expected = [pipeline(image=image, keypoints=[(3, 4)], key=k)["keypoints"] for k in range(20)]
        for _ in range(10):
            got = [pipeline(image=image, keypoints=[(3, 4)], key=k)["keypoints"] for k in range(20)]
            wrong.extend(k for k in range(20) if got[k] != expected[k])

    threads = [threading.Thread(target=work, args=(width,)) for width in (40, 60, 80, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_other_sizes_go_through_users_transforms_alone():
    big = np.zeros((80, 120), np.uint8)
    for first in (Same(p=1), B.HorizontalFlip(p=1)):
        out = A.Compose([first], is_check_shapes=False)(image=PICTURE, mask=big)
        assert out["image"].shape == PICTURE.shape
        assert out["mask"].shape == big.shape
    for nodes in ([A.HorizontalFlip(p=1), Same(p=1)], [Same(p=1), A.HorizontalFlip(p=1)]):
        with pytest.raises(ValueError, match="is_check_shapes=False"):
            A.Compose(nodes, is_check_shapes=False)(image=PICTURE, mask=big)


def test_theirs_take_what_geoaug_takes():
    flip = A.Compose([B.HorizontalFlip(p=1)], A.BboxParams("coco"))
    mask = PICTURE[..., 0].astype(np.int64)
    out = flip(mask=mask)
    np.testing.assert_array_equal(out["mask"], mask[:, ::-1])
    assert out["mask"].dtype == np.int64
    assert flip(image=PICTURE, masks=np.zeros((0, 40, 60), np.uint8), images=[])["masks"].shape[0] == 0
    np.testing.assert_allclose(flip(size=(40, 60), bboxes=[[0, 0, 10, 10]])["bboxes"], [[50, 0, 10, 10]], atol=1e-4)
    ring = [[np.array([(0.0, 0.0), (9, 0), (9, 9)])]]
    noisy = A.Compose([B.GaussNoise(p=1), A.HorizontalFlip(p=1)])(image=PICTURE, polygons=ring, images=[PICTURE, PICTURE])
    assert noisy["polygons"][0][0][:, 0].min() == 51
    np.testing.assert_array_equal(noisy["images"][0], noisy["images"][1])


def test_points_that_are_not_labelled_stay_where_they_are_not():
    class Shift(Same):
        def apply_to_keypoints(self, keypoints, **params):
            return keypoints + np.array([5, 5] + [0] * (keypoints.shape[1] - 2))

    out = A.Compose([Shift(p=1)], keypoint_params=A.KeypointParams("xyv"))(image=PICTURE, keypoints=[(0, 0, 0), (3, 4, 2)])
    np.testing.assert_allclose(out["keypoints"], [(0, 0, 0), (8, 9, 2)])


def test_what_comes_back_wrong_is_told():
    class Wrong(Same):
        def apply_to_bboxes(self, bboxes, **params):
            return "x"

    with pytest.raises(TypeError, match="Wrong: bboxes: expected an array of numbers to come back, got 'x'"):
        A.Compose([Wrong(p=1)], A.BboxParams("coco"))(image=PICTURE, bboxes=[[1, 2, 3, 4]])

    class Listed(A.ImageOnlyTransform):
        def apply(self, img, **params):
            return img.tolist()

    with pytest.raises(ValueError, match="Listed must come last, but HorizontalFlip follows"):
        A.Compose([Listed(p=1), A.HorizontalFlip(p=1)])(image=PICTURE)


def test_they_can_be_added_and_taken():
    pipeline = A.Compose([A.VerticalFlip(p=1)]) + B.HorizontalFlip(p=1)
    np.testing.assert_array_equal(pipeline(image=PICTURE)["image"], PICTURE[::-1, ::-1])
    assert list(pipeline - B.HorizontalFlip) == [A.VerticalFlip(p=1)]
