"""geoaug.keras beside Keras itself: the same arguments, draws, pixels and order; and labels that move along, which Keras has not."""

from __future__ import annotations

import importlib.util
import inspect
import json
import pickle
import shutil
import warnings

import cv2
import numpy as np
import pytest

import geoaug as A

keras = pytest.importorskip("keras", reason="needs Keras 3 (geoaug[keras])")
pytest.importorskip("scipy", reason="Keras' ImageDataGenerator needs SciPy")
pytest.importorskip("PIL", reason="Keras' ImageDataGenerator needs PIL")

from keras.src.legacy.preprocessing import image as theirs  # noqa: E402  after it is known to be there
from keras.src.trainers.data_adapters.py_dataset_adapter import OrderedEnqueuer  # noqa: E402

from geoaug.coco.dataset import load as load_coco  # noqa: E402
from geoaug.keras import ImageDataGenerator  # noqa: E402
from geoaug.keras.pictures import COLOR_MODES, INTERPOLATIONS, in_mode, load, resized  # noqa: E402
from tests.conftest import FIXTURES  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore:Please import `affine_transform`:DeprecationWarning"),  # how Keras finds SciPy
    pytest.mark.filterwarnings("ignore:'mode' parameter is deprecated:DeprecationWarning"),  # how Keras calls PIL
]
CHANGES = {"rotation_range": 25, "width_shift_range": 0.2, "height_shift_range": 0.1, "shear_range": 15.0, "zoom_range": (0.7, 1.3),
           "horizontal_flip": True, "vertical_flip": True}  # fmt: skip
VALUES = {"channel_shift_range": 40.0, "brightness_range": (0.5, 1.6)}
PARAMETERS = {"theta": 20, "tx": 7.3, "ty": -4.2, "shear": 10, "zx": 1.1, "zy": 0.8}
SEEN = {"theta": -9, "tx": 1.5, "ty": 0.7, "shear": 4, "zx": 0.8, "zy": 0.7}  # the edges stay out of view
AXES = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}


@pytest.fixture(scope="module")
def square():
    """A soft picture of 96 x 96, float32 of 0 to 255."""
    coarse = np.random.default_rng(3).uniform(0, 255, (12, 12, 3)).astype(np.float32)
    return cv2.resize(coarse, (96, 96), interpolation=cv2.INTER_CUBIC).clip(0, 255)


@pytest.fixture(scope="module")
def arrays():
    """37 pictures of 24 x 32, uint8, and a number for each."""
    return np.random.default_rng(0).integers(0, 256, (37, 24, 32, 3)).astype(np.uint8), np.arange(37)


@pytest.fixture
def folders(tmp_path):
    """Three classes of pictures, one of them in a folder within a folder."""
    for name, sources in {"b": ("park.jpg", "dusk.png"), "a": ("wall.jpg", "garage.png", "dunes.jpg"), "c/deep": ("balloons.jpg",)}.items():
        (tmp_path / "set" / name).mkdir(parents=True)
        for source in sources:
            shutil.copy(FIXTURES / "images" / source, tmp_path / "set" / name)
    (tmp_path / "set" / "a" / "notes.txt").write_text("no picture")
    return tmp_path / "set"


def names_and_defaults(function):
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values() if p.kind == p.POSITIONAL_OR_KEYWORD]


# --- the same arguments and draws ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["__init__", "flow", "flow_from_directory", "flow_from_dataframe", "fit", "get_random_transform",
                                  "apply_transform", "random_transform", "standardize"])  # fmt: skip
def test_names_order_and_defaults_of_arguments_are_those_of_keras(name):
    assert names_and_defaults(getattr(ImageDataGenerator, name)) == names_and_defaults(getattr(theirs.ImageDataGenerator, name))


@pytest.mark.parametrize("more", [{}, {"width_shift_range": 5, "height_shift_range": [1, 4, 9]}, {"width_shift_range": 7.5, **VALUES}])
def test_a_seed_draws_what_it_draws_in_keras_but_for_the_names_of_the_shifts(more):
    ours, keras_own = ImageDataGenerator(**{**CHANGES, **more}), theirs.ImageDataGenerator(**{**CHANGES, **more})
    for seed in range(20):
        mine, its = ours.get_random_transform((48, 64, 3), seed), keras_own.get_random_transform((48, 64, 3), seed)
        # what is drawn from height_shift_range stands in Keras' tx, which its apply_affine_transform takes sideways
        its["tx"], its["ty"] = its["ty"], its["tx"]
        assert mine == pytest.approx(its)


def test_the_height_shift_of_keras_moves_sideways_and_ours_up_and_down():
    picture = np.zeros((40, 40, 1), np.float32)
    picture[20, 20] = 1
    settings = {"height_shift_range": [8], "fill_mode": "constant"}
    mine = ImageDataGenerator(**settings).random_transform(picture, seed=1)
    its = theirs.ImageDataGenerator(**settings).random_transform(picture, seed=1)
    assert [abs(v - 20) for v in np.argwhere(mine[..., 0])[0]] == [8, 0]
    assert [abs(v - 20) for v in np.argwhere(its[..., 0])[0]] == [0, 8]


# --- the same pixels -------------------------------------------------------------------------------------------------


def keras_pixels(picture, parameters, mode, order):
    return theirs.apply_affine_transform(picture, **parameters, **AXES, fill_mode=mode, cval=30, order=order)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("mode", ["nearest", "reflect"])
def test_nearest_and_reflect_give_the_pixels_of_keras(square, mode, order):
    mine = ImageDataGenerator(fill_mode=mode, interpolation_order=order).apply_transform(square, PARAMETERS)
    assert np.abs(mine - keras_pixels(square, PARAMETERS, mode, order)).max() < 0.002  # float32 beside float64


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("mode", ["constant", "wrap"])
def test_constant_and_wrap_give_the_pixels_of_keras_where_the_picture_lies(square, mode, order):
    """SciPy's ``constant`` cuts off at the centres of the outermost pixels and its ``wrap`` repeats after a side less one pixel; its
    ``grid-constant`` and ``grid-wrap``, which ours are, end and repeat where the pixels do."""
    mine = ImageDataGenerator(fill_mode=mode, interpolation_order=order, cval=30)
    assert np.abs(mine.apply_transform(square, SEEN) - keras_pixels(square, SEEN, mode, order)).max() < 0.002
    moved, its = mine.apply_transform(square, PARAMETERS), keras_pixels(square, PARAMETERS, mode, order)
    assert np.abs(moved - keras_pixels(square, PARAMETERS, f"grid-{mode}", order)).max() < 0.005
    inside = theirs.apply_affine_transform(np.ones((96, 96, 1)), **PARAMETERS, **AXES, fill_mode="constant", order=1)[..., 0] == 1
    assert inside.mean() > 0.8
    assert np.abs(moved - its)[inside].max() < 0.005


@pytest.mark.parametrize(("order", "worst", "mean"), [(2, 3, 0.6), (3, 3, 0.6), (4, 1.5, 0.2), (5, 1.5, 0.2)])
def test_splines_of_keras_are_near_opencvs_cubic_and_lanczos(square, order, worst, mean):
    mine = ImageDataGenerator(interpolation_order=order).apply_transform(square, PARAMETERS)
    off = np.abs(mine - keras_pixels(square, PARAMETERS, "nearest", order))
    assert off.max() < worst
    assert off.mean() < mean


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_all_that_is_drawn_gives_the_pixels_of_keras(square, data_format):
    values = VALUES if data_format == "channels_last" else {"channel_shift_range": 40.0}  # Keras' brightness knows channels_last only
    settings = {**CHANGES, **values, "data_format": data_format}
    ours, keras_own = ImageDataGenerator(**settings), theirs.ImageDataGenerator(**settings)
    picture = square if data_format == "channels_last" else np.moveaxis(square, -1, 0).copy()
    before = picture.copy()
    for seed in range(12):
        parameters = ours.get_random_transform(picture.shape, seed)
        # cutting to whole levels, which brightness does before and after, may turn 1e-4 into a level or two
        off = np.abs(ours.apply_transform(picture, parameters) - keras_own.apply_transform(picture, parameters))
        assert off.max() <= 2
        assert (off > 0.002).mean() < 0.01
    assert (picture == before).all()


@pytest.mark.parametrize("factor", [0, 0.3, 1, 1.37, 2.2])
def test_brightness_and_channel_shift_are_those_of_keras_to_the_bit(square, factor):
    for picture in (square, square / 2 - 20, square * 2, square[..., :1], np.dstack([square, square[..., 0]])):
        mine = ImageDataGenerator().apply_transform(picture, {"brightness": factor, "channel_shift_intensity": factor * 30 - 20})
        its = theirs.apply_brightness_shift(theirs.apply_channel_shift(picture, factor * 30 - 20, 2), factor, False)
        assert (mine == its).all()


def test_brightness_with_channels_first_is_that_of_channels_last(square):
    first = np.moveaxis(square, -1, 0)
    mine = ImageDataGenerator(data_format="channels_first").apply_transform(first, {"brightness": 1.3})
    assert (np.moveaxis(mine, 0, -1) == ImageDataGenerator().apply_transform(square, {"brightness": 1.3})).all()
    with pytest.raises(ValueError, match="Unsupported channel number"):
        theirs.ImageDataGenerator(data_format="channels_first").apply_transform(first, {"brightness": 1.3})


def test_a_picture_that_is_not_square_turns_about_its_own_centre_and_keras_about_another_place():
    picture = np.zeros((40, 100, 1), np.float32)
    picture[19:21, 49:51] = 1
    padded = np.zeros((100, 100, 1), np.float32)
    padded[30:70] = picture
    parameters = {"theta": 30, "zx": 0.8, "zy": 0.9, "shear": 5}
    mine = ImageDataGenerator(fill_mode="constant").apply_transform(picture, parameters)
    kw = {**AXES, "fill_mode": "constant"}
    assert np.abs(mine - theirs.apply_affine_transform(padded, **parameters, **kw)[30:70]).max() < 1e-4
    assert theirs.apply_affine_transform(picture, **parameters, **kw)[19:21, 49:51].max() == 0  # the middle did not stay


def test_fit_and_standardize_are_those_of_keras(square):
    pictures = np.stack([square[k : k + 8, :8] for k in range(20)])
    for settings in ({"featurewise_center": True, "featurewise_std_normalization": True}, {"rescale": 1 / 255, "samplewise_center": True},
                     {"samplewise_center": True, "samplewise_std_normalization": True},
                     {"featurewise_center": True, "zca_whitening": True, "rescale": 1 / 255}):  # fmt: skip
        ours, keras_own = ImageDataGenerator(**settings), theirs.ImageDataGenerator(**settings)
        ours.fit(pictures)
        keras_own.fit(pictures)
        assert np.allclose(ours.standardize(pictures[0].copy()), keras_own.standardize(pictures[0].copy()), atol=1e-3)


def test_what_one_normalisation_implies_and_one_without_fit_warn_as_in_keras(square):
    with pytest.warns(UserWarning, match="`featurewise_std_normalization`, which overrides setting of `featurewise_center`"):
        generator = ImageDataGenerator(featurewise_std_normalization=True)
    assert generator.featurewise_center
    with pytest.warns(UserWarning, match="Fit it first"):
        generator.standardize(square.copy())


@pytest.mark.parametrize("name", ["park.jpg", "garage.png"])
def test_pictures_are_read_and_resized_as_load_img_does(name):
    path = str(FIXTURES / "images" / name)
    for mode in COLOR_MODES:
        for interpolation in INTERPOLATIONS:
            for keep, size in ((False, (70, 90)), (True, (300, 250))):
                its = keras.utils.img_to_array(keras.utils.load_img(path, mode, size, interpolation, keep))
                mine = resized(in_mode(load(path), mode), size, interpolation, keep)
                assert mine.shape == its.shape
                assert np.abs(mine - its).max() <= (0 if interpolation == "nearest" else 2), (mode, interpolation)


# --- order, seeds, workers -------------------------------------------------------------------------------------------


def test_the_order_of_a_seed_is_that_of_keras_in_every_epoch(arrays):
    x, y = arrays
    mine, its = ImageDataGenerator().flow(x, y, batch_size=8, seed=3), theirs.ImageDataGenerator().flow(x, y, batch_size=8, seed=3)
    assert len(mine) == len(its) == 5
    for _ in range(3 * 5):
        assert (next(mine)[1] == next(its)[1]).all()
    assert mine.total_batches_seen == its.total_batches_seen == 15


def test_a_picture_depends_on_seed_epoch_and_number_and_on_nothing_else(arrays):
    x, y = arrays
    generator = ImageDataGenerator(**CHANGES)

    def seen(iterator, epoch):
        iterator.set_epoch(epoch)
        return {int(label): picture.tobytes() for k in range(len(iterator)) for picture, label in zip(*iterator[k], strict=True)}

    first = seen(generator.flow(x, y, batch_size=8, seed=3), 2)
    assert first == seen(generator.flow(x, y, batch_size=5, shuffle=False, seed=3), 2)
    assert first == seen(pickle.loads(pickle.dumps(generator.flow(x, y, batch_size=8, seed=3))), 2)
    other_epoch, other_seed = seen(generator.flow(x, y, seed=3), 1), seen(generator.flow(x, y, seed=4), 2)
    assert not any(first[k] == other[k] for other in (other_epoch, other_seed) for k in first)


def test_programs_without_a_seed_differ_and_follow_the_seed_of_keras(arrays):
    x, y = arrays
    generator = ImageDataGenerator(**CHANGES)
    assert not np.array_equal(generator.flow(x, y)[0][0], generator.flow(x, y)[0][0])
    batches = []
    for _ in range(2):
        keras.utils.set_random_seed(812)
        batches.append(generator.flow(x, y)[0][0])
        batches.append(ImageDataGenerator(**CHANGES).random_transform(x[0]))
    assert np.array_equal(batches[0], batches[2])
    assert np.array_equal(batches[1], batches[3])


@pytest.mark.parametrize("processes", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_workers_of_keras_make_the_batches_that_are_made_without_them(arrays, processes):
    x, y = arrays
    generator = ImageDataGenerator(**CHANGES)
    alone, shared = generator.flow(x, y, batch_size=8, seed=1), generator.flow(x, y, batch_size=8, seed=1)
    for _ in range(3):
        queue = OrderedEnqueuer(shared, workers=2, use_multiprocessing=processes)
        queue.start()
        batches = queue.get()
        for k in range(len(alone)):
            mine, its = alone[k], next(batches)
            assert np.array_equal(mine[0], its[0])
            assert np.array_equal(mine[1], its[1])
        queue.stop()
        alone.on_epoch_end()
        shared.on_epoch_end()


def test_a_model_is_fitted_with_new_variants_in_each_epoch(arrays):
    x, y = arrays
    seen = []
    generator = ImageDataGenerator(**CHANGES, preprocessing_function=lambda one: seen.append(one.tobytes()) or one, rescale=1 / 255)
    model = keras.Sequential([keras.layers.Input((24, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(37)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    iterator = generator.flow(x, y, batch_size=16, seed=1, workers=2)
    assert isinstance(iterator, keras.utils.PyDataset)
    history = model.fit(iterator, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert iterator.epoch == 3  # Keras ends an epoch before the first one too
    assert len(set(seen)) >= 2 * 37


def test_memory_holds_the_pictures_of_a_batch_only(tmp_path):
    place = tmp_path / "pictures.npy"
    np.lib.format.open_memmap(place, "w+", np.uint8, (64, 200, 200, 3)).flush()
    mapped = np.load(place, mmap_mode="r")
    iterator = ImageDataGenerator(rotation_range=5).flow(mapped, batch_size=2)
    assert np.shares_memory(iterator.x, mapped)
    assert iterator[0].nbytes == 2 * 200 * 200 * 3 * 4


# --- masks -----------------------------------------------------------------------------------------------------------


def painted(n, size=(60, 80)):
    """Pictures with a bright disc, and masks of it with the value 7."""
    x, masks = np.zeros((n, *size, 1), np.float32), np.zeros((n, *size), np.int64)
    rng = np.random.default_rng(0)
    for k in range(n):
        at = (int(rng.integers(25, 55)), int(rng.integers(20, 40)))
        x[k, ..., 0] = cv2.circle(np.zeros(size, np.float32), at, 9, 255, -1)
        masks[k] = 7 * (x[k, ..., 0] > 0)
    return x, masks


@pytest.mark.parametrize("mode", ["constant", "nearest", "reflect", "wrap"])
def test_masks_move_with_their_pictures(mode):
    x, masks = painted(8)
    generator = ImageDataGenerator(**CHANGES, fill_mode=mode)
    got, moved = generator.flow(x, masks, batch_size=8, target="mask", seed=5, shuffle=False)[0]
    assert moved.dtype == masks.dtype
    assert moved.shape == masks.shape
    assert set(np.unique(moved)) == {0, 7}
    sure = (got[..., 0] > 200) | (got[..., 0] < 55)  # the rim is in between
    assert sure.mean() > 0.9
    assert ((got[..., 0] > 127) == (moved == 7))[sure].all()


def test_masks_with_channels_first_and_weights_come_along():
    x, masks = painted(4)
    generator = ImageDataGenerator(**CHANGES, data_format="channels_first")
    ours = generator.flow(np.moveaxis(x, -1, 1), masks[:, None], 4, False, np.arange(4), 5, target="mask")[0]
    last = ImageDataGenerator(**CHANGES).flow(x, masks, 4, False, np.arange(4), 5, target="mask")[0]
    assert (np.moveaxis(ours[0], 1, -1) == last[0]).all()
    assert (ours[1][:, 0] == last[1]).all()
    assert (ours[2] == np.arange(4)).all()


def test_the_two_generators_with_one_seed_of_keras_guide_keep_pictures_and_masks_together():
    x, masks = painted(6)
    pictures = ImageDataGenerator(**CHANGES).flow(x, seed=1, batch_size=6)
    labels = ImageDataGenerator(**CHANGES, interpolation_order=0).flow(masks[..., None], seed=1, batch_size=6)
    for _ in range(2):
        one, two = next(pictures)[..., 0], next(labels)[..., 0]
        sure = (one > 200) | (one < 55)
        assert ((one > 127) == (two == 7))[sure].all()


def test_a_pipeline_of_geoaug_comes_before_the_ranges_of_keras(arrays):
    x, y = arrays
    flipped = ImageDataGenerator(pipeline=A.HorizontalFlip(p=1)).flow(x, y, 37, shuffle=False)[0][0]
    assert (flipped == x[:, :, ::-1]).all()
    drawn = [ImageDataGenerator(pipeline=A.RandomBrightnessContrast(p=1)).flow(x, y, 37, seed=seed)[0][0] for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_a_pipeline_works_on_picture_files_too(folders):
    settings = {"target_size": (30, 40), "class_mode": None, "batch_size": 6, "shuffle": False}
    plain = ImageDataGenerator().flow_from_directory(folders, interpolation="bilinear", **settings)[0]
    mirrored = ImageDataGenerator(pipeline=A.HorizontalFlip(p=1)).flow_from_directory(folders, interpolation="bilinear", **settings)[0]
    assert np.abs(mirrored - plain[:, :, ::-1]).max() <= 1  # weights of a mirrored side round otherwise


# --- folders and tables ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("class_mode", ["categorical", "sparse", "input", None])
def test_folders_give_the_files_labels_and_pictures_of_keras(folders, class_mode, capsys):
    settings = {"target_size": (50, 60), "class_mode": class_mode, "batch_size": 4, "seed": 1}
    mine = ImageDataGenerator(rescale=1 / 255).flow_from_directory(folders, **settings)
    told = capsys.readouterr().out
    its = theirs.ImageDataGenerator(rescale=1 / 255).flow_from_directory(str(folders), **settings)
    assert told == "Found 6 images belonging to 3 classes.\n"
    assert mine.filenames == its.filenames
    assert mine.class_indices == its.class_indices
    assert (mine.classes == its.classes).all()
    assert mine.image_shape == its.image_shape
    for ours, keras_own in zip((mine[0], mine[1]), (its[0], its[1]), strict=True):
        pairs = [(ours, keras_own)] if class_mode is None else zip(ours, keras_own, strict=True)
        for one, other in pairs:
            assert one.dtype == other.dtype
            assert np.abs(one - other).max() < 2 / 255


@pytest.mark.parametrize("subset", ["training", "validation"])
def test_subsets_are_those_of_keras(folders, subset):
    settings = {"subset": subset, "target_size": (20, 20)}
    mine = ImageDataGenerator(validation_split=0.4).flow_from_directory(folders, **settings)
    its = theirs.ImageDataGenerator(validation_split=0.4).flow_from_directory(str(folders), **settings)
    assert mine.filenames == its.filenames


def test_nothing_is_written_but_what_is_asked_for(folders, tmp_path):
    before = sorted(folders.rglob("*"))
    look = tmp_path / "look"
    look.mkdir()
    generator = ImageDataGenerator(**CHANGES)
    next(generator.flow_from_directory(folders, (30, 40), batch_size=3, seed=0))
    next(generator.flow_from_directory(folders, (30, 40), batch_size=3, seed=0, save_to_dir=look, save_prefix="see", save_format="jpg"))
    assert sorted(folders.rglob("*")) == before
    assert len(list(look.glob("see_*.jpg"))) == 3


def test_tables_give_files_labels_and_weights(folders):
    table = {"filename": ["b/park.jpg", "a/wall.jpg", "nowhere.jpg", "a/dunes.jpg"], "class": ["park", ["wall", "sand"], "park", "sand"],
             "weight": [1.0, 2.0, 3.0, 4.0], "age": [1, 2, 3, 4], "size": [5, 6, 7, 8]}  # fmt: skip
    generator = ImageDataGenerator()
    settings = {"target_size": (20, 30), "shuffle": False}
    with pytest.warns(UserWarning, match=r"Found 1 invalid image filename\(s\)"):
        iterator = generator.flow_from_dataframe(table, folders, weight_col="weight", **settings)
    x, y, weights = iterator[0]
    assert iterator.class_indices == {"park": 0, "sand": 1, "wall": 2}
    assert y.tolist() == [[1, 0, 0], [0, 1, 1], [0, 1, 0]]
    assert weights.tolist() == [1, 2, 4]
    assert x.shape == (3, 20, 30, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        raw = generator.flow_from_dataframe(table, folders, y_col=["age", "size"], class_mode="raw", **settings)[0][1]
        several = generator.flow_from_dataframe(table, folders, y_col=["age", "size"], class_mode="multi_output", **settings)[0][1]
    assert raw.tolist() == [[1, 5], [2, 6], [4, 8]]
    assert [column.tolist() for column in several] == [[1, 2, 4], [5, 6, 8]]
    pandas = pytest.importorskip("pandas", reason="a table of pandas needs pandas")
    frame = pandas.DataFrame({"filename": table["filename"][:2], "class": ["one", "two"]})
    assert generator.flow_from_dataframe(frame, folders, class_mode="binary", **settings)[0][1].tolist() == [0, 1]


# --- COCO ------------------------------------------------------------------------------------------------------------


def coco(target, generator=None, **more):
    generator = generator or ImageDataGenerator(**{**CHANGES, "fill_mode": "constant"})
    settings = {"target_size": (120, 160), "batch_size": 8, "seed": 2, "shuffle": False, **more}
    return generator.flow_from_coco(FIXTURES / "annotations.json", FIXTURES / "images", target, **settings)


def test_boxes_and_masks_of_coco_agree_after_every_draw():
    iterator = coco("instance")
    for epoch in range(3):
        iterator.set_epoch(epoch)
        x, y = iterator[0]
        assert x.shape == (8, 120, 160, 3)
        there = y["labels"] >= 0
        assert there.any(axis=1).sum() >= 6
        assert (y["boxes"][~there] == -1).all()
        for masks, boxes, real in zip(y["masks"], y["boxes"], there, strict=True):
            for mask, (x0, y0, x1, y1) in zip(masks[real], boxes[real], strict=True):
                rows, columns = np.nonzero(mask)
                if len(rows):
                    edges = np.array([columns.min() - x0, rows.min() - y0, x1 - columns.max() - 1, y1 - rows.max() - 1])
                    assert (edges > -0.51).all()
                    assert (edges < 2).all()


def test_semantic_maps_and_classes_say_what_instances_say():
    y, (_, semantic), (_, classes) = coco("instance")[0][1], coco("semantic")[0], coco("classes")[0]
    assert semantic.dtype == np.int32
    for k in range(8):
        real = y["labels"][k] >= 0
        assert set(np.flatnonzero(classes[k])) >= set(y["labels"][k][real].astype(int))
        covered = y["masks"][k][real].any(axis=0) if real.any() else np.zeros((120, 160), bool)
        assert (semantic[k][covered] > 0).all()
        for label, mask in zip(y["labels"][k][real].astype(int), y["masks"][k][real], strict=True):
            assert (semantic[k][mask > 0] == 1 + label).mean() > 0.3


def test_formats_of_boxes_and_a_fixed_number_of_rows():
    made = {
        name: coco("detection", bounding_box_format=name, max_boxes=9, batch_size=4)[0][1]
        for name in ("xyxy", "xywh", "center_xywh", "rel_xyxy", "rel_xywh")
    }
    real = made["xyxy"]["labels"] >= 0
    boxes = {name: y["boxes"][real] for name, y in made.items()}
    assert made["xyxy"]["boxes"].shape == (4, 9, 4)
    assert np.allclose(boxes["xywh"][:, 2:], boxes["xyxy"][:, 2:] - boxes["xyxy"][:, :2], atol=1e-4)
    assert np.allclose(boxes["center_xywh"][:, :2], (boxes["xyxy"][:, 2:] + boxes["xyxy"][:, :2]) / 2, atol=1e-4)
    assert np.allclose(boxes["rel_xyxy"] * (160, 120, 160, 120), boxes["xyxy"], atol=1e-3)
    assert np.allclose(boxes["rel_xywh"] * (160, 120, 160, 120), boxes["xywh"], atol=1e-3)
    one = coco("detection", max_boxes=1)[0][1]
    assert one["boxes"].shape == (8, 1, 4)


def test_keypoints_change_sides_in_a_mirror():
    plain = coco("keypoints", ImageDataGenerator(), target_size=(240, 320))[0][1]
    mirror = coco("keypoints", ImageDataGenerator(pipeline=A.HorizontalFlip(p=1)), target_size=(240, 320))[0][1]
    people = [(k, j) for k, j in np.argwhere(plain["labels"] == 0) if plain["keypoints"][k, j, 1:3, 2].all()]
    assert people
    for k, j in people:
        left, right = plain["keypoints"][k, j, 1], plain["keypoints"][k, j, 2]
        width = 319  # points are counted by pixel centres
        assert mirror["keypoints"][k, j, 1, :2] == pytest.approx([width - right[0], right[1]], abs=1)
        assert mirror["keypoints"][k, j, 2, :2] == pytest.approx([width - left[0], left[1]], abs=1)


def test_pictures_without_annotations_and_classes_that_are_chosen(tmp_path):
    document = load_coco(FIXTURES / "annotations.json").document()
    (tmp_path / "few.json").write_text(json.dumps({**document, "annotations": document["annotations"][:1]}))
    iterator = ImageDataGenerator().flow_from_coco(tmp_path / "few.json", FIXTURES / "images", target_size=(32, 32))
    assert iterator.samples == len(document["images"])
    assert (iterator[0][1]["labels"] >= 0).sum() == 1
    chosen = coco("detection", classes=["dog", "person"])
    assert chosen.class_indices == {"dog": 0, "person": 1}
    assert set(np.unique(chosen[0][1]["labels"])) <= {-1, 0, 1}


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value", "expected"), [
    ("zoom_range", (0.1, 0.2, 0.3), "a float below 1, or a tuple or list of two floats above 0"),
    ("zoom_range", 1.0, "a float below 1"), ("zoom_range", "wide", "a float below 1"),
    ("brightness_range", 0.5, "a tuple or list of two floats"), ("brightness_range", (-1, 1), "of at least 0"),
    ("fill_mode", "mirror", "one of 'constant', 'nearest', 'reflect', 'wrap'"), ("data_format", "last", "channels_first"),
    ("validation_split", 1, "strictly between 0 and 1"), ("validation_split", -0.1, "strictly between 0 and 1"),
    ("rotation_range", float("nan"), "a number of degrees"), ("rotation_range", (1, 2), "a number of degrees"), ("shear_range", 90, "below 90"),
    ("width_shift_range", [], "a list of numbers to choose from"), ("height_shift_range", -3, "an int"), ("channel_shift_range", None, "grey levels"),
    ("interpolation_order", 6, "from 0 to 5"), ("horizontal_flip", 0.5, "True or False"), ("cval", "black", "a number"),
    ("rescale", "1/255", "a number"), ("preprocessing_function", "caffe", "a function"), ("pipeline", [], "a transform"),
])  # fmt: skip
def test_arguments_out_of_range_are_named_as_keras_names_them(name, value, expected):
    with pytest.raises(ValueError, match=f"`{name}` should be .*{expected}.*Received: "):
        ImageDataGenerator(**{name: value})


def test_labels_and_pictures_that_do_not_fit_are_refused(arrays):
    x, y = arrays
    flow = ImageDataGenerator(validation_split=0.5).flow
    for call, expected in (
        (lambda: flow(x, y[:-1]), r"`y` should be as long as `x`.*\(37, 24, 32, 3\).*\(36,\)"),
        (lambda: flow(x, y, sample_weight=[1]), "`sample_weight` should be as long as"),
        (lambda: flow((x, y[:3])), r"`x\[1\]\[0\]` should be as long as"),
        (lambda: flow(x[0]), "expected pictures, rank 4"),
        (lambda: flow(x, y, target="mask"), "should be masks of shape"),
        (lambda: flow(x, x[:, :-1, :, 0], target="mask"), "should have masks of 24 x 32"),
        (lambda: flow(x, y, target="box"), "`target` should be"),
        (lambda: flow(x, y, subset="test"), "`subset` should be"),
        (lambda: flow(x, y, subset="training"), "different classes after the split"),
        (lambda: flow(x, y, batch_size=0), "`batch_size` should be"),
        (lambda: flow(x, y, seed=-1), "`seed` should be"),
        (lambda: flow(x[:0]), "there is no picture"),
        (lambda: ImageDataGenerator(brightness_range=(1, 2)).flow(x / 255.0), "Keras makes such pictures black"),
        (lambda: ImageDataGenerator().flow(x, subset="validation"), "needs `validation_split`"),
        (lambda: flow(x, y)[2], "batch 2 was asked for, there are 2"),
        (lambda: ImageDataGenerator().apply_transform(x, {}), "one picture of rank 3"),
    ):
        with pytest.raises((ValueError, TypeError), match=expected) as caught:
            call()
        assert isinstance(caught.value, A.errors.GeoaugError)


def test_folders_and_tables_that_cannot_be_used_are_refused(folders, tmp_path):
    generator, bad = ImageDataGenerator(), str(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    table = {"filename": ["a/wall.jpg"], "class": ["x"]}
    for call, expected in (
        (lambda: generator.flow_from_directory(bad), "there is no such folder"),
        (lambda: generator.flow_from_directory(tmp_path / "empty"), "no pictures"),
        (lambda: generator.flow_from_directory(folders, class_mode="onehot"), "`class_mode` should be one of 'categorical'"),
        (lambda: generator.flow_from_directory(folders, class_mode="binary"), "two classes, there are 3: a, b, c"),
        (lambda: generator.flow_from_directory(folders, target_size=(0, 9)), "`target_size` should be"),
        (lambda: generator.flow_from_directory(folders, color_mode="bgr"), "`color_mode` should be one of 'grayscale'"),
        (lambda: generator.flow_from_directory(folders, interpolation="cubic"), "`interpolation` should be one of 'nearest'"),
        (lambda: generator.flow_from_dataframe(table, folders, y_col="label"), "`y_col` should be a column"),
        (lambda: generator.flow_from_dataframe([1], folders), "`dataframe` should be"),
        (lambda: generator.flow_from_dataframe({**table, "class": [3]}, folders), "must be strings, lists or tuples"),
        (lambda: generator.flow_from_dataframe(table, folders, class_mode="binary"), "two classes. Found 1"),
        (lambda: coco("boxes"), "`target` should be one of 'detection'"),
        (lambda: coco("detection", bounding_box_format="voc"), "`bounding_box_format` should be"),
        (lambda: coco("detection", max_boxes=0), "`max_boxes` should be"),
        (lambda: coco("detection", classes=["cat"]), "`classes` should be names of categories, which are .*Received: 'cat'"),
        (lambda: coco("detection", min_visibility=2), "`min_visibility` should be"),
    ):
        with pytest.raises((ValueError, TypeError), match=expected) as caught:
            call()
        assert isinstance(caught.value, A.errors.GeoaugError)


@pytest.mark.parametrize("source", ["folder", "coco"])
def test_a_picture_that_goes_missing_in_an_epoch_is_named_or_left_out(folders, tmp_path, source):
    images = tmp_path / "images"
    shutil.copytree(FIXTURES / "images", images)
    generator = ImageDataGenerator()

    def iterator(**more):
        settings = {"target_size": (20, 20), "batch_size": 4, "shuffle": False, **more}
        if source == "folder":
            return generator.flow_from_directory(folders, **settings)
        return generator.flow_from_coco(FIXTURES / "annotations.json", images, **settings)

    strict, lenient = iterator(), iterator(on_error="skip")
    gone = strict.name_of(1)
    (images / gone if source == "coco" else folders / gone).unlink()
    name = gone.rsplit("/", 1)[-1]
    with pytest.raises(A.errors.DataError, match=rf"{name}.*(there is no such file|is not in).*picture 1 of.*on_error='skip'"):
        strict[0]
    with pytest.warns(UserWarning, match=f"left out: .*{name}"):
        x, y = lenient[0]
    assert len(x) == 3
    assert len(y["boxes"] if isinstance(y, dict) else y) == 3
    assert list(lenient.skipped) == [gone]
    assert len(lenient[0][0]) == 3  # told once


def test_grey_rgba_and_deep_pictures_become_what_the_colour_mode_says(tmp_path):
    grey = np.arange(48, dtype=np.uint8).reshape(6, 8)
    for name, pixels in {"grey": grey, "rgba": np.dstack([grey] * 3 + [grey * 0 + 9]), "deep": grey.astype(np.uint16) * 257}.items():
        (tmp_path / "one").mkdir(exist_ok=True)
        A.files.write_image(tmp_path / "one" / f"{name}.png", pixels, "png")
    for mode, channels in COLOR_MODES.items():
        x = ImageDataGenerator().flow_from_directory(tmp_path, (6, 8), mode, class_mode=None, shuffle=False)[0]
        assert x.shape == (3, 6, 8, channels)
        if mode != "grayscale":  # 16 bits stay, as in Keras
            assert (x[..., :3] == grey[..., None]).all()


def test_without_keras_the_way_out_is_told(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "keras", None)
    with pytest.raises(A.errors.ParameterError, match=r"geoaug\[keras\]"):
        ImageDataGenerator()


# --- the example -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_example_names_more_pictures_rightly_with_augmentation_than_without():
    place = FIXTURES.parents[1] / "docs" / "examples" / "keras_fit.py"
    spec = importlib.util.spec_from_file_location("keras_fit", place)
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    found = example.main([])
    assert np.mean(found["augmented"]) > np.mean(found["as they are"]) + 0.05
