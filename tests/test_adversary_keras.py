"""What Keras' and Hugging Face's users may hand over that is odd: it works as there, or an error names the argument."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

import geoaug as A
from geoaug.errors import DataError, DataTypeError, GeoaugError, ParameterError
from geoaug.hf import ObjectDetection
from tests.conftest import FIXTURES

keras = pytest.importorskip("keras", reason="needs Keras 3 (geoaug[keras])")
pytest.importorskip("scipy", reason="Keras' ImageDataGenerator needs SciPy")
Image = pytest.importorskip("PIL.Image", reason="Keras' ImageDataGenerator needs PIL")

from keras.src.legacy.preprocessing import image as theirs  # noqa: E402  after it is known to be there

from geoaug.keras import ImageDataGenerator  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Please import `affine_transform`:DeprecationWarning")  # how Keras finds SciPy

X = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 3)).astype(np.uint8)
Y = np.arange(6) % 2


@pytest.fixture
def folder(tmp_path):
    """Two classes of two pictures each."""
    for name in ("cats", "dogs"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for k in range(2):
            cv2.imwrite(str(tmp_path / "set" / name / f"{k}.png"), X[k])
    return tmp_path / "set"


# --- ranges ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("rotation_range", -30), ("width_shift_range", -0.2), ("shear_range", -20.0), ("zoom_range", (1.2, 0.8)), ("zoom_range", -0.3),
        ("channel_shift_range", -30.0), ("brightness_range", (1.5, 0.5)),
    ],
)  # fmt: skip
def test_ranges_that_are_turned_round_draw_what_keras_draws(name, given):
    drawn = ImageDataGenerator(**{name: given}).get_random_transform((16, 16, 3), seed=4)
    expected = theirs.ImageDataGenerator(**{name: given}).get_random_transform((16, 16, 3), seed=4)
    expected["tx"], expected["ty"] = expected["ty"], expected["tx"]
    assert drawn == pytest.approx(expected)
    x, _ = next(ImageDataGenerator(**{name: given}).flow(X, Y, seed=1))
    assert x.shape == X.shape


@pytest.mark.parametrize(
    ("name", "given"),
    [("dtype", "flaot32"), ("dtype", "bool"), ("dtype", "complex64"), ("fill_mode", ["nearest"]), ("data_format", ["channels_last"])],
)
def test_arguments_that_mean_nothing_are_named_at_once(name, given):
    with pytest.raises(ParameterError, match=f"`{name}` should be"):
        ImageDataGenerator(**{name: given})


def test_whole_numbers_of_numpy_are_whole_numbers():
    assert ImageDataGenerator(interpolation_order=np.int64(0)).ranges == ImageDataGenerator(interpolation_order=0).ranges


@pytest.mark.parametrize("more", [{"rescale": 1 / 255}, {"samplewise_center": True}, {"featurewise_center": True}])
def test_pictures_of_whole_numbers_are_not_rescaled_to_nothing(more):
    with pytest.raises(ParameterError, match="`dtype` should be a kind of float"):
        ImageDataGenerator(dtype="uint8", **more)


# --- one picture -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [lambda one: None, lambda one: one[:5], lambda one: one[..., 0]])
def test_a_preprocessing_function_that_gives_no_picture_of_the_same_shape_is_named(function):
    with pytest.raises(DataError, match="`preprocessing_function` should return"):
        next(ImageDataGenerator(preprocessing_function=function).flow(X, Y))


def test_what_a_preprocessing_function_makes_of_whole_numbers_is_rescaled_too():
    x, _ = next(ImageDataGenerator(preprocessing_function=lambda one: one.astype(np.uint8), rescale=1 / 255).flow(X, Y, shuffle=False))
    np.testing.assert_allclose(x, X / 255, atol=1e-6)
    np.testing.assert_allclose(ImageDataGenerator(rescale=1 / 255).standardize(X.copy()), X / 255, atol=1e-6)


@pytest.mark.parametrize("more", [{"featurewise_center": True}, {"featurewise_center": True, "zca_whitening": True}])
def test_pictures_of_another_shape_than_those_of_fit_are_refused(more):
    generator = ImageDataGenerator(**more)
    generator.fit(X)
    with pytest.raises(DataError, match=r"fit.*\(16, 16, 1\)"):
        next(generator.flow(X[..., :1], Y))


def test_fit_needs_pictures_and_rounds():
    generator = ImageDataGenerator(featurewise_center=True)
    with pytest.raises(DataError, match=r"^x: .*no picture"):
        generator.fit(X[:0])
    with pytest.raises(ParameterError, match="`rounds` should be"):
        generator.fit(X, augment=True, rounds=0)


# --- batches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "more", "name"),
    [
        ([X[0], X[1][:5]], [0, 1], {}, "x"), (X, [[1], [2, 3], [1], [1], [1], [1]], {}, "y"), (X.astype(complex), Y, {}, "x"),
        (X.astype(str), Y, {}, "x"), (X, Y, {"sample_weight": [[1], [2, 3]]}, "sample_weight"), (X, Y, {"workers": -1}, "workers"),
        (X, Y, {"workers": "2"}, "workers"), (X, Y, {"max_queue_size": None}, "max_queue_size"), (X, Y, {"save_to_dir": "no/such"}, "save_to_dir"),
        (X, Y, {"save_to_dir": 3}, "save_to_dir"), (X, Y, {"save_to_dir": ".", "save_format": "gif"}, "save_format"),
    ],
)  # fmt: skip
def test_what_flow_cannot_use_is_named_before_the_first_batch(x, y, more, name):
    with pytest.raises(GeoaugError, match=f"^`?{name}`?"):
        ImageDataGenerator().flow(x, y, **more)


def test_a_format_is_known_in_capitals_too(tmp_path):
    next(ImageDataGenerator().flow(X, Y, save_to_dir=tmp_path, save_format="PNG"))
    assert len(list(tmp_path.iterdir())) == len(X)


def test_an_epoch_is_a_whole_number():
    for given in (-1, "2", 1.5, None):
        with pytest.raises(ParameterError, match="`epoch` should be"):
            ImageDataGenerator().flow(X, Y).set_epoch(given)


def test_a_value_outside_that_masks_cannot_hold_is_refused():
    with pytest.raises(ParameterError, match="`mask_cval` should be"):
        ImageDataGenerator(fill_mode="constant", mask_cval=-1).flow(X, np.zeros((6, 16, 16), np.uint8), target="mask")
    ImageDataGenerator(fill_mode="constant", mask_cval=-1).flow(X, np.zeros((6, 16, 16), np.int8), target="mask")


def test_iterators_have_the_attributes_that_programs_for_keras_read(folder):
    iterator = ImageDataGenerator(validation_split=0.5).flow_from_directory(folder, subset="training", save_prefix="seen", keep_aspect_ratio=True)
    assert (iterator.subset, iterator.save_to_dir, iterator.save_prefix, iterator.save_format) == ("training", None, "seen", "png")
    assert iterator.keep_aspect_ratio is True
    assert ImageDataGenerator(validation_split=0.5).flow(X, Y, subset="validation").subset == "validation"


# --- a pipeline of geoaug ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("within", [lambda last: last, lambda last: A.Compose([A.HorizontalFlip(), A.OneOf([last], p=1)])])
@pytest.mark.parametrize("name", ["ToCHW", "ToTensorV2"])
def test_a_pipeline_that_puts_channels_first_is_refused(name, within):
    if name == "ToTensorV2":
        pytest.importorskip("torch")
    with pytest.raises(ParameterError, match=f"`pipeline` should be .*data_format.*{name}"):
        ImageDataGenerator(pipeline=within(getattr(A, name)()))


@pytest.mark.parametrize("more", [{}, {"target": "mask"}])
def test_a_pipeline_that_makes_pictures_of_several_sizes_says_what_to_add(more):
    generator = ImageDataGenerator(pipeline=A.RandomScale((-0.5, 0), p=1))
    with pytest.raises(DataError, match=r"`pipeline`.*A\.Resize"):
        next(generator.flow(X, X[..., 0], seed=1, **more))


def test_columns_of_several_lengths_are_refused(folder):
    table = {"filename": ["cats/0.png", "dogs/0.png"], "class": ["cats"]}
    with pytest.raises(DataError, match=r"`dataframe`.*'filename': 2, 'class': 1"):
        ImageDataGenerator().flow_from_dataframe(table, folder)


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"classes": "cats"}, "classes"), ({"classes": 3}, "classes"), ({"classes": ["cats", "cats"]}, "classes"),
        ({"color_mode": ["rgb"]}, "color_mode"), ({"interpolation": ["nearest"]}, "interpolation"), ({"on_error": {}}, "on_error"),
        ({"save_to_dir": "no/such"}, "save_to_dir"), ({"workers": 1.5}, "workers"),
    ],
)  # fmt: skip
def test_what_flow_from_directory_cannot_use_is_named(folder, given, name):
    with pytest.raises(GeoaugError, match=f"`{name}`"):
        ImageDataGenerator().flow_from_directory(folder, **given)


@pytest.mark.parametrize("given", [None, 5])
def test_a_directory_that_is_no_name_is_refused(given):
    with pytest.raises(DataTypeError, match="`directory` should be"):
        ImageDataGenerator().flow_from_directory(given)


def test_deep_colour_becomes_grey_of_eight_bits_as_in_keras(tmp_path):
    (tmp_path / "a").mkdir()
    deep = X[0].astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / "a" / "deep.png"), deep)
    read = next(ImageDataGenerator().flow_from_directory(tmp_path, (16, 16), "grayscale", class_mode=None))[0]
    expected = keras.utils.img_to_array(keras.utils.load_img(tmp_path / "a" / "deep.png", color_mode="grayscale"))
    np.testing.assert_allclose(read, expected, atol=1)


def test_a_coco_file_of_captions_is_named_and_its_pictures_can_be_had(tmp_path):
    data = json.loads((FIXTURES / "annotations.json").read_text())
    captions = {"images": data["images"], "annotations": [{"id": 1, "image_id": data["images"][0]["id"], "caption": "a shape"}]}
    (tmp_path / "captions.json").write_text(json.dumps(captions))
    images = FIXTURES / "images"
    with pytest.raises(DataError, match=r"`annotations`.*no categories"):
        ImageDataGenerator().flow_from_coco(tmp_path / "captions.json", images)
    x = next(ImageDataGenerator().flow_from_coco(tmp_path / "captions.json", images, target=None, target_size=(16, 16), batch_size=2))
    assert x.shape == (2, 16, 16, 3)


@pytest.mark.parametrize(("annotations", "images"), [(None, "x"), (3, "x"), ("annotations.json", None)])
def test_what_is_no_name_of_a_coco_file_is_refused(annotations, images):
    path = FIXTURES / annotations if isinstance(annotations, str) else annotations
    with pytest.raises(DataTypeError, match="`annotations` should name" if images else "`images` should be"):
        ImageDataGenerator().flow_from_coco(path, images)


# --- Hugging Face ----------------------------------------------------------------------------------------------------

FLIP = A.Compose([A.HorizontalFlip(p=1)])


def batch(picture=X[0], **objects):
    return {"image_id": [7], "image": [picture], "objects": [{"bbox": [[1, 2, 4, 4], [5, 5, 6, 6]], "category": [3, 0], **objects}]}


def test_a_column_called_category_id_stays_beside_category():
    out = ObjectDetection(FLIP)(batch(category_id=["n1", "n2"]))["objects"][0]
    assert (out["category"], out["category_id"]) == ([3, 0], ["n1", "n2"])
    rows = ObjectDetection(FLIP, output="coco")(batch(category_id=["n1", "n2"]))["annotations"][0]["annotations"]
    assert [row["category_id"] for row in rows] == [3, 0]


def test_objects_without_a_box_are_left_out_on_request():
    out = ObjectDetection(FLIP, drop_invalid=True)(batch(bbox=[None, [5, 5, 6, 6]]))["objects"][0]
    assert out == {"bbox": [[5.0, 5.0, 6.0, 6.0]], "category": [0]}
    with pytest.raises(DataError, match=r"image_id 7: objects\['bbox'\]\[0\].*drop_invalid=True"):
        ObjectDetection(FLIP)(batch(bbox=[None, [5, 5, 6, 6]]))


def test_an_object_without_a_category_is_no_annotation_for_a_processor():
    assert ObjectDetection(FLIP)(batch(category=[None, 0]))["objects"][0]["category"] == [None, 0]
    with pytest.raises(DataError, match=r"image_id 7: objects\['category'\]\[0\]"):
        ObjectDetection(FLIP, output="coco")(batch(category=[None, 0]))


def test_too_few_ids_are_told():
    with pytest.raises(DataError, match=r"'image_id' has 1 entries, 'image' has 2"):
        ObjectDetection(FLIP)({"image_id": [7], "image": [X[0]] * 2, "objects": [{"bbox": [], "category": []}] * 2})


@pytest.mark.parametrize("top", [255, 65535])
def test_a_pil_picture_of_mode_i_becomes_rgb_of_eight_bits(top):
    values = np.linspace(0, top, 256).astype(np.int32).reshape(16, 16)
    out = ObjectDetection(FLIP)(batch(Image.fromarray(values)))["image"][0]
    assert out.mode == "RGB"
    np.testing.assert_allclose(np.asarray(out)[:, ::-1, 0], values * (255 / top), atol=1)
