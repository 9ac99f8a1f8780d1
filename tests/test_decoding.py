"""Pictures that are opened late: plans and labels come from the size alone, and what shrinks is decoded smaller."""

from __future__ import annotations

import functools
import json
import warnings

import cv2
import numpy as np
import pytest

import geoaug as A
from benchmarks.antialiasing import psnr, truth
from benchmarks.workloads import picture
from geoaug import files, headers
from geoaug.coco.run import augment
from geoaug.errors import DataError
from geoaug.files import FileSource, open_image
from geoaug.raster import smaller
from geoaug.source import Source
from tests.cases import EVERY, FILTERS, rows
from tests.test_files import CMYK, exif, page, tiff, with_exif

SIZE = (480, 640)
ROWS = [
    {"id": 1, "category_id": 1, "segmentation": [[120, 120, 400, 130, 390, 320, 125, 300]], "bbox": [120, 120, 280, 200], "iscrowd": 0, "area": 5e4},
    {"id": 2, "category_id": 2, "bbox": [320, 150, 180, 200], "iscrowd": 0},
    {"id": 3, "category_id": 1, "bbox": [110, 230, 180, 150], "keypoints": [130, 250, 2, 240, 360, 1]},
]


@functools.cache
def jpeg(height=480, width=640, grey=False, orientation=1):
    pixels = picture(height, width)
    pixels = cv2.GaussianBlur(pixels[..., 0] if grey else pixels, (0, 0), 0.8)
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()
    return data if orientation == 1 else with_exif(data, exif(orientation))


# what takes long, and takes pictures as all the others do, is left to the slow suite
BUILDS = [pytest.param(build, id=name, marks=[pytest.mark.slow] * (name.split("-")[0] in FILTERS)) for name, build in rows(EVERY)]


def source(data=None, size=None):
    data = jpeg() if data is None else data
    header = headers.header_of(data, 10**9)
    return FileSource(data, header, size is not None and size != header.size)


@pytest.fixture
def decoded(monkeypatch):
    """Flags of every picture that was decoded."""
    seen = []
    plain = cv2.imdecode

    def noted(data, flags):
        seen.append(flags)
        return plain(data, flags)

    monkeypatch.setattr(cv2, "imdecode", noted)
    return seen


def factors(flags):
    known = {flag: factor for factor, both in files.REDUCED.items() for flag in both}
    return [known.get(flag & ~cv2.IMREAD_IGNORE_ORIENTATION, 1) if flag >= 0 else 1 for flag in flags]


# --- reading smaller


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("shape", [(480, 640), (475, 637)])
@pytest.mark.parametrize("grey", [False, True])
def test_a_smaller_picture_is_the_mean_of_its_cells(shape, factor, grey):
    given = source(jpeg(*shape, grey=grey))
    small, whole = given.smaller(factor), given.pixels()
    assert small.shape == (-(-shape[0] // factor), -(-shape[1] // factor), *whole.shape[2:])
    height, width = (side // factor for side in shape)
    mean = cv2.resize(whole[: height * factor, : width * factor], (width, height), interpolation=cv2.INTER_AREA)
    assert psnr(small[:height, :width], mean) > 40


def test_a_source_knows_what_it_is_before_it_is_opened(decoded):
    for data, channels in ((jpeg(), 3), (jpeg(grey=True), 1), (CMYK, 3)):
        given = source(data)
        assert (given.dtype, given.channels, given.shape) == (np.uint8, channels, given.size)
    assert decoded == []


def test_a_source_of_four_inks_is_read_smaller_in_its_colours():
    given = source(CMYK)
    assert np.abs(given.smaller(4)[2, [1, 3, 5]].astype(int) - given.pixels()[8, [4, 12, 20]]).max() < 6


def test_only_jpegs_are_read_smaller():
    for suffix in (".png", ".webp", ".bmp", ".tif"):
        given = source(cv2.imencode(suffix, picture(48, 64))[1].tobytes())
        assert given.factors == ()
        out = A.Compose([A.Resize(12, 16)])(image=given)["image"]
        np.testing.assert_array_equal(out, A.Resize(12, 16)(image=given.pixels())["image"])
        assert given.channels == 3


# --- the same labels and draws, and nearly the same pixels

PIPELINES = {
    "letterbox": [A.LongestMaxSize(160), A.PadIfNeeded(160, 160, fill=114)],
    "letterbox in one": [A.LetterBox(200, fill=7)],
    "smallest": [A.SmallestMaxSize(100), A.RandomCrop(100, 100), A.HorizontalFlip()],
    "resize, turn, tone": [A.Resize(110, 130), A.Rotate(30, p=1), A.RandomBrightnessContrast(p=1)],
    "turn, resize": [A.Rotate((-30, 30), border_mode=0, fill=(9, 90, 200), p=1), A.Resize(90, 120)],
    "affine small": [A.Affine(scale=(0.12, 0.5), rotate=(-20, 20), fill=50, p=1)],
    "affine small, reflected": [A.Affine(scale=(0.12, 0.5), rotate=(-20, 20), border_mode=cv2.BORDER_REFLECT_101, p=1)],
    "perspective": [A.Perspective(p=1), A.Resize(64, 64)],
    "crop, then small": [A.RandomCrop(400, 400), A.Resize(100, 100)],
    "quarter turns": [A.RandomRotate90(p=1), A.Resize(120, 120), A.Transpose(p=0.5)],
    "a bend after": [A.Resize(120, 160), A.ElasticTransform(alpha=10, sigma=5, p=1)],
    "one by one": [A.Resize(120, 160), A.Affine(scale=(0.5, 0.9), p=1), A.HorizontalFlip()],
    "unsharpened": [A.Resize(120, 160, interpolation=cv2.INTER_CUBIC), A.Blur(p=1)],
    "tone before": [A.RandomGamma(p=1), A.Resize(120, 160)],
    "large": [A.RandomScale((0.2, 0.4), p=1), A.HorizontalFlip(p=1)],
}
SHRINKING = set(PIPELINES) - {"tone before", "large"}


@pytest.mark.parametrize("name", PIPELINES)
@pytest.mark.parametrize("shape", [(480, 640), (475, 637)])
def test_a_picture_read_late_gives_the_same_labels_and_nearly_the_same_pixels(name, shape):
    pipeline = A.Compose(PIPELINES[name], seed=5, fuse=name != "one by one", flip_pairs=[], return_plan=True, return_fates=True)
    whole = source(jpeg(*shape)).pixels()
    for key in range(4):
        late, early = (pipeline(image=image, annotations=ROWS, key=key) for image in (source(jpeg(*shape)), whole))
        assert late["annotations"] == early["annotations"]
        assert late["fates"] == early["fates"]
        assert late["plan"] == early["plan"]
        assert late["image"].shape == early["image"].shape
        if name not in SHRINKING:
            np.testing.assert_array_equal(late["image"], early["image"])
        else:  # an op alone aliases where it reads all the pixels; both averaged over 3 x 3 show that nothing is shifted
            blurred = [cv2.blur(out["image"].astype(np.float32), (3, 3)) for out in (late, early)]
            assert np.abs(blurred[0] - blurred[1]).mean() < 4


@pytest.mark.parametrize("build", BUILDS)
def test_every_transform_takes_a_picture_that_is_read_late(build):
    data = {"annotations": ROWS, "cropping_bbox": [20, 20, 200, 200], "overlay_metadata": [], "mosaic_metadata": []}
    name = type(build()).__name__
    if name in ("CropNonEmptyMaskIfExists", "MaskDropout"):
        data["mask"] = np.pad(np.ones((100, 100), np.uint8), ((30, 110), (50, 170)))
    small = cv2.imencode(".jpg", picture(240, 320))[1].tobytes()
    data["annotations"] = [{**ROWS[1], "bbox": [60, 50, 80, 90]}]
    pipeline = A.Compose([build()], seed=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        late, early = (pipeline(image=image, key=1, **data) for image in (source(small), source(small).pixels()))
    assert late["annotations"] == early["annotations"]
    assert late["image"].shape == early["image"].shape
    if name not in ("LongestMaxSize", "SmallestMaxSize", "Mosaic"):
        np.testing.assert_array_equal(np.asarray(late["image"]), np.asarray(early["image"]))


def test_labels_alone_and_the_plan_open_no_picture(decoded):
    given = source()
    pipeline = A.Compose([A.HorizontalFlip(), A.Affine(scale=(0.2, 0.4), p=1), A.ColorJitter(), A.Resize(100, 100)], seed=1, flip_pairs=[])
    pipeline.draw(given.size)
    pipeline(annotations=ROWS, size=given.size, key=3)
    assert decoded == []


@pytest.mark.parametrize("build", BUILDS)
def test_labels_alone_are_those_of_the_call_with_the_picture(build):
    name = type(build()).__name__
    if name in ("Mosaic", "OverlayElements"):
        pytest.skip("brings other pictures")
    nodes = [build(), A.HorizontalFlip(p=0.5), A.Affine(p=1)]
    pipeline = A.Compose(nodes[::-1] if name in ("ToCHW", "ToTensorV2") else nodes, seed=3, return_fates=True)
    image = np.ascontiguousarray(picture(*SIZE)[::2, ::2])
    annotations = [{**row, "segmentation": [], "keypoints": [], "bbox": [side / 2 for side in row["bbox"]]} for row in ROWS]
    extra = {"cropping_bbox": [20, 20, 100, 100]} if name == "RandomCropNearBBox" else {}
    for key in range(3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            full = pipeline(image=image, annotations=annotations, key=key, **extra)
            alone = pipeline(annotations=annotations, size=image.shape[:2], key=key, **extra)
        assert alone["annotations"] == full["annotations"]
        assert alone["fates"] == full["fates"]


def test_who_looks_at_a_picture_that_did_not_come_is_named():
    class Brightest(A.Transform):
        def draw(self, scene, rng):
            return A.HorizontalFlip(p=1).draw(scene, rng) if scene.image.mean() > 9 else A.VerticalFlip(p=1).draw(scene, rng)

    pipeline = A.Compose([A.OneOf([Brightest(p=1)], p=1)], flip_pairs=[])
    assert pipeline(image=picture(), annotations=ROWS)["annotations"]
    with pytest.raises(DataError, match="Brightest seems to look at the picture, which did not come: .*pass image="):
        pipeline(annotations=ROWS, size=SIZE)


# --- how small


@pytest.mark.parametrize(
    ("nodes", "factor"),
    [
        ([A.Resize(240, 320)], 2),
        ([A.Resize(241, 322)], 2),
        ([A.Resize(250, 330)], 1),
        ([A.Resize(120, 160)], 4),
        ([A.Resize(60, 80)], 8),
        ([A.Resize(120, 640)], 1),
        ([A.LongestMaxSize(200)], 2),
        ([A.Resize(60, 80, interpolation=cv2.INTER_NEAREST)], 1),
        ([A.Resize(60, 80, interpolation=cv2.INTER_AREA)], 8),
        ([A.Resize(61, 80, interpolation=cv2.INTER_AREA)], 1),
        ([A.Affine(scale=(0.25, 0.25), p=1)], 4),
        ([A.Rotate((17, 17), p=1), A.Resize(240, 320)], 1),
        ([A.Rotate((17, 17), p=1), A.Resize(110, 150)], 2),
        ([A.Rotate((17, 17), p=1), A.Resize(30, 40)], 4),
        ([A.HorizontalFlip(p=1)], 1),
        ([], 1),
    ],
)
def test_it_is_read_as_small_as_its_first_warp_allows(nodes, factor, decoded):
    A.Compose(nodes, flip_pairs=[])(image=source(), annotations=ROWS)
    assert factors(decoded) == [factor]


def test_how_it_is_read_does_not_depend_on_what_was_read_before(decoded):
    pipeline = A.Compose([A.LongestMaxSize(150), A.Rotate(p=1)], seed=4)
    given = source()
    first = pipeline(image=given, key=1)["image"]
    given.pixels()
    np.testing.assert_array_equal(pipeline(image=given, key=1)["image"], first)
    np.testing.assert_array_equal(pipeline(image=source(), key=1)["image"], first)
    assert factors(decoded) == [2, 1, 2]


def test_nobody_can_write_into_what_a_source_keeps():
    given = source()
    for pipeline in (A.Compose([]), A.Compose([A.NoOp()], p=0), A.Compose([A.Resize(240, 320)])):
        pipeline(image=given)["image"][...] = 0
    assert given.pixels().mean() > 10
    assert given.smaller(2).mean() > 10


@pytest.mark.parametrize("turn", [None, 17.0, 45.0])
def test_pictures_read_smaller_are_as_near_the_truth_as_whole_ones(turn):
    for scale in (0.5, 0.3, 0.25, 0.2, 0.125, 0.11, 0.08, 0.06):
        size = (round(SIZE[0] * scale), round(SIZE[1] * scale))
        plan = A.Compose([*([] if turn is None else [A.Rotate((turn, turn), p=1)]), A.Resize(*size)]).draw(SIZE)
        given = source()
        expected = truth(given.pixels(), plan.matrix, size)
        late, early = (psnr(plan.image(image), expected) for image in (given, given.pixels()))
        assert late > min(early, 43) - 0.5, scale


def test_the_edge_of_a_picture_read_smaller_stands_where_it_stood():
    white = np.full((475, 637, 3), 255, np.uint8)
    given = source(cv2.imencode(".jpg", white)[1].tobytes())
    for nodes in (
        [A.Affine(scale=(0.25, 0.25), p=1)],
        [A.LetterBox(100, fill=0)],
        [A.Affine(scale=(0.2, 0.2), rotate=(30, 30), p=1), A.Resize(300, 400)],
    ):
        for mirror in ([], [A.HorizontalFlip(p=1)], [A.VerticalFlip(p=1)]):
            pipeline = A.Compose([*nodes, *mirror])
            late, early = (pipeline(image=image)["image"].astype(float) / 255 for image in (given, given.pixels()))
            assert abs(late.sum() - early.sum()) < 0.012 * early.sum()
            for axis in (0, 1):
                lines = np.arange(late.shape[axis]) + 0.5
                late_at, early_at = (np.average(lines, weights=image.sum(axis=(1 - axis, 2))) for image in (late, early))
                assert abs(late_at - early_at) < 0.15


# --- which way up


@pytest.mark.parametrize("orientation", range(5, 9))
def test_a_picture_read_smaller_is_turned_upright_too(orientation, decoded):
    upright = source(jpeg(orientation=orientation), (640, 480))
    assert upright.size == (640, 480)
    small = A.Resize(160, 120)(image=upright.pixels())["image"]
    out = A.Compose([A.Resize(160, 120)])(image=upright)["image"]
    assert factors(decoded) == [1, 4]
    assert psnr(cv2.blur(out, (5, 5)), cv2.blur(small, (5, 5))) > 30
    odd = source(jpeg(475, 637, orientation=orientation), (637, 475))
    assert odd.factors == ()  # what lies beyond the edge would come first


# --- faults


@pytest.mark.parametrize(
    "options", [[], [cv2.IMWRITE_JPEG_RST_INTERVAL, 5], [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]]
)
@pytest.mark.parametrize("grey", [False, True])
def test_a_jpeg_cut_and_ended_again_is_refused(options, grey, tmp_path):
    pixels = picture()[..., 0] if grey else picture()
    whole = cv2.imencode(".jpg", pixels, options)[1].tobytes()
    for share in (0.3, 0.5, 0.9):
        (tmp_path / "a.jpg").write_bytes(whole[: int(len(whole) * share)] + b"\xff\xd9")
        given = open_image(tmp_path / "a.jpg")
        for read in (given.pixels, lambda given=given: given.smaller(4)):
            with pytest.raises(headers.FileProblem, match="last part is missing") as caught:
                read()
            assert caught.value.code == "image-truncated"
    source(whole + b"anything\xff\xd9").pixels()


def test_a_jpeg_that_ends_in_grey_is_whole():
    for shape in ((64, 64), (64, 64, 3), (61, 67, 3)):
        for options in ([], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1], [cv2.IMWRITE_JPEG_RST_INTERVAL, 1]):
            grey = np.full(shape, 128, np.uint8)
            grey[:20] = 200
            given = source(cv2.imencode(".jpg", grey, options)[1].tobytes())
            assert (given.pixels()[-8:, -8:] == 128).all()
            given.smaller(4)


def test_a_bare_source_reads_nothing():
    bare = Source()
    for ask in (bare.pixels, lambda: bare.smaller(2), lambda: bare.owns(np.zeros(1))):
        with pytest.raises(NotImplementedError):
            ask()


def test_a_horizon_in_view_is_read_in_full():
    from geoaug.geometry.motion import Motion

    near = Motion((0.1, 0.0, 0.0, 0.0, 0.1, 0.0, 0.0, -0.01, 1.0), SIZE, SIZE)
    beyond = Motion((0.1, 0.0, 0.0, 0.0, 0.1, 48.0, 0.0, 0.01, 1.0), SIZE, SIZE)
    assert smaller.widest_stretch(near) > 100
    assert smaller.widest_stretch(beyond) == np.inf


# --- whole runs


def data_set(folder, pictures):
    (folder / "images").mkdir()
    records, annotations = [], []
    for number, (name, data, size) in enumerate(pictures, 1):
        (folder / "images" / name).write_bytes(data)
        records.append({"id": number, "file_name": name, "height": size[0], "width": size[1]})
        annotations += [{**row, "id": 10 * number + k, "image_id": number} for k, row in enumerate(ROWS[:2])]
    document = {"images": records, "annotations": annotations, "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]}
    (folder / "annotations.json").write_text(json.dumps(document))
    return folder / "annotations.json", folder / "images"


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "geoaug-report.json"
    }


def test_a_run_that_shrinks_decodes_smaller_whatever_the_copies(tmp_path, decoded):
    turned = jpeg(orientation=6)
    given = data_set(tmp_path, [("a.jpg", jpeg(), SIZE), ("b.jpg", jpeg(475, 637), (475, 637)), ("c.jpg", turned, (640, 480))])
    pipeline = A.Compose([A.LongestMaxSize(150), A.HorizontalFlip()])
    summary = augment(*given, tmp_path / "out", pipeline, copies=3)
    assert (summary.images, summary.exit_code) == (9, 0)
    assert factors(decoded) == [4, 4, 4]  # once a picture, however many copies
    augment(*given, tmp_path / "fewer", pipeline, copies=1)
    more, fewer = contents(tmp_path / "out"), contents(tmp_path / "fewer")
    assert all(more[name] == data for name, data in fewer.items() if name.startswith("images/"))
    decoded.clear()
    summary = augment(*given, tmp_path / "kept", pipeline, copies=1, keep_originals=True)
    assert sorted(factors(decoded)) == [1, 1, 1, 4, 4, 4]  # originals are decoded to see that they can be
    assert contents(tmp_path / "kept")["images/a.jpg"] == jpeg()
    assert all(contents(tmp_path / "kept")[name] == data for name, data in fewer.items() if name.startswith("images/"))


def test_a_picture_that_cannot_be_decoded_is_named_once_for_each_copy_and_nothing_of_it_is_written(tmp_path):
    cut = jpeg()[:40_000] + b"\xff\xd9"
    given = data_set(tmp_path, [("a.jpg", jpeg(), SIZE), ("cut.jpg", cut, SIZE)])
    for name, pipeline in (("plain", A.Compose([A.HorizontalFlip()])), ("small", A.Compose([A.Resize(120, 160)]))):
        summary = augment(*given, tmp_path / name, pipeline, copies=2)
        assert {(problem.code, problem.file_name) for problem in summary.problems} == {("image-truncated", "cut.jpg")}
        assert (summary.images, summary.exit_code, dict(summary.sources_left_out)) == (2, 3, {"image-truncated": 1})


def test_a_run_says_that_moved_pictures_lost_their_place_on_earth(tmp_path):
    geo = tiff(page(np.arange(480 * 640, dtype=np.uint16).reshape(SIZE), t34735=(3, [1, 1, 0, 0])))
    given = data_set(tmp_path, [("a.tif", geo, SIZE)])
    summary = augment(*given, tmp_path / "out", A.Compose([A.HorizontalFlip(p=1)]), keep_originals=True)
    assert [note for note in summary.notes if "earth" in note] == [
        "1 picture without the place on earth that the source states (GeoTIFF), as the pixels were moved or changed"
    ]
    assert contents(tmp_path / "out")["images/a.tif"] == geo
    copies = [files.read_image(path).pixels for path in (tmp_path / "out/images").glob("*.tif") if path.name != "a.tif"]
    assert [pixels.dtype for pixels in copies] == [np.uint16]
