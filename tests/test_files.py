"""Files: read with care, refused by name, written whole or not at all."""

from __future__ import annotations

import base64
import contextlib
import copy
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoaug import files, headers
from geoaug.errors import DataError
from geoaug.files import path_within, probe, read_image, safe_path, write_bytes, write_image, write_text
from geoaug.headers import FileProblem

REAL = Path(__file__).parents[2] / "shared/data/real"
needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real data sets are not beside the repository")

ARROW = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)
# 24 x 16: cyan, magenta, dark grey, each eight pixels wide, in four channels
CMYK = base64.b64decode(
    "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwACAQEBAQECAQEBAgICAgIEAwICAgIFBAQDBAYFBgYGBQYGBgcJCAYHCQcGBggLCAkKCgoK"
    "CgYICwwLCgwJCgoK/8AAFAgAEAAYBEMRAE0RAFkRAEsRAP/EABYAAQEBAAAAAAAAAAAAAAAAAAoACf/EABQQAQAAAAAAAAAAAAAA"
    "AAAAAAD/2gAOBEMATQBZAEsAAD8AP+38b+N/D/AA0kf4g3wA0jID/AA0kf4g33//2Q=="
)
TURNS = {  # what EXIF asks a viewer to do, as rows and columns
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


def encoded(pixels, suffix=".png"):
    return cv2.imencode(suffix, pixels)[1].tobytes()


def exif(orientation, order="<"):
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(order + "IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)


def with_exif(jpeg, block):
    body = b"Exif\0\0" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png_chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_claiming(width, height):
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + png_chunk(b"IDAT", zlib.compress(b"\0" * 100)) + png_chunk(b"IEND", b"")


@pytest.fixture
def put(tmp_path):
    def place(data, name="picture"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return place


def refusal(code, path, **options):
    with pytest.raises(FileProblem) as caught:
        read_image(path, **options)
    assert isinstance(caught.value, DataError)
    assert caught.value.code == code, str(caught.value)
    return str(caught.value)


# --- reading


@pytest.mark.parametrize(("name", "dtype"), [(name, dtype) for name in ("png", "tif", "bmp") for dtype in files.DEPTHS[name]])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_depth_and_channels_survive_writing_and_reading(tmp_path, name, dtype, channels):
    if int(cv2.__version__.split(".")[0]) < 5 and (dtype == "uint32" or (name == "bmp" and channels == 4)):
        pytest.skip("OpenCV 4 knows neither uint32 pictures nor the alpha of a BMP")
    pixels = (np.arange(7 * 5 * channels).reshape(7, 5, channels) * 7).astype(dtype)
    pixels = pixels[..., 0] if channels == 1 else pixels
    write_image(tmp_path / "x", pixels, name)
    picture = read_image(tmp_path / "x", (7, 5))
    assert (picture.format, picture.orientation, picture.stored) == (name, "stored", (7, 5))
    assert picture.pixels.dtype == dtype
    np.testing.assert_array_equal(picture.pixels, pixels)


@pytest.mark.parametrize("name", ["jpg", "webp"])
def test_red_stays_red_in_lossy_formats(tmp_path, name):
    red = np.zeros((40, 30, 3), np.uint8)
    red[..., 0] = 250
    write_image(tmp_path / "x", red, name)
    picture = read_image(tmp_path / "x")
    assert picture.format == name
    assert np.abs(picture.pixels.astype(int) - red).max() < 12


def test_the_content_and_not_the_name_tells_the_format(put):
    assert read_image(put(encoded(ARROW), "picture.jpg")).format == "png"


def test_garbage_after_the_end_of_a_picture_does_no_harm(put):
    for suffix in (".jpg", ".png"):
        whole = encoded(ARROW, suffix)
        np.testing.assert_array_equal(read_image(put(whole + b"garbage" * 9)).pixels, read_image(put(whole)).pixels)


def test_four_ink_pictures_come_as_rgb(put):
    pixels = read_image(put(CMYK)).pixels
    assert pixels.shape == (16, 24, 3)
    truth = np.array([[0, 255, 255], [255, 0, 255], [55, 55, 55]])
    assert np.abs(pixels[8, [4, 12, 20]].astype(int) - truth).max() < 6


def test_a_palette_comes_as_its_colours(put):
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 3, 0, 0, 0))
    body = png_chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 255])) + png_chunk(b"IDAT", zlib.compress(b"\0\0\1"))
    picture = read_image(put(b"\x89PNG\r\n\x1a\n" + head + body + png_chunk(b"IEND", b"")))
    assert picture.pixels.tolist() == [[[255, 0, 0], [0, 0, 255]]]


# --- which way up


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_labels_live_in_the_frame_whose_size_they_state(put, orientation, order):
    plain = encoded(ARROW, ".jpg")
    path = put(with_exif(plain, exif(orientation, order)))
    stored = read_image(put(plain, "plain")).pixels
    word = "stored" if orientation == 1 else "ignored"
    for size in (None, (6, 9)):
        picture = read_image(path, size)
        assert picture.orientation == word
        np.testing.assert_array_equal(picture.pixels, stored)
    if orientation < 5:
        refusal("image-size", path, size=(9, 6))
    else:
        picture = read_image(path, (9, 6))
        assert (picture.orientation, picture.stored) == ("turned", (6, 9))
        np.testing.assert_array_equal(picture.pixels, TURNS[orientation](stored))


def test_turning_agrees_with_what_opencv_shows(put):
    smooth = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (40, 64, 3), np.uint8), (0, 0), 3)
    for orientation in (5, 6, 7, 8):
        data = with_exif(encoded(smooth, ".jpg"), exif(orientation))
        shown = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        np.testing.assert_array_equal(read_image(put(data), (64, 40)).pixels, shown[..., ::-1])


def test_a_square_picture_stays_as_stored(put):
    path = put(with_exif(encoded(ARROW[:, :6], ".jpg"), exif(6)))
    assert read_image(path, (6, 6)).orientation == "ignored"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_not_turned_behind_our_back(put, orientation):
    body = ARROW[..., 0].tobytes()
    tags = [(256, 9), (257, 6), (258, 8), (259, 1), (262, 1), (273, 8), (274, orientation), (277, 1), (278, 6), (279, 54)]
    entries = b"".join(struct.pack("<HHII", tag, 4 if tag == 273 else 3, 1, value) for tag, value in tags)
    data = b"II*\0" + struct.pack("<I", 8 + len(body)) + body + struct.pack("<H", len(tags)) + entries + b"\0\0\0\0"
    path = put(data)
    np.testing.assert_array_equal(read_image(path, (6, 9)).pixels, ARROW[..., 0])
    assert probe(path).orientation == orientation
    if orientation >= 5:
        np.testing.assert_array_equal(read_image(path, (9, 6)).pixels, TURNS[orientation](ARROW[..., 0]))


@given(st.binary(max_size=60), st.booleans())
def test_broken_exif_is_no_orientation(block, headed):
    block = (exif(6)[:10] if headed else b"") + block
    header = headers._jpeg(with_exif(encoded(ARROW, ".jpg"), block))
    assert header.size == (6, 9)
    assert 1 <= header.orientation <= 8


def test_orientation_nought_is_none(put):
    assert probe(put(with_exif(encoded(ARROW, ".jpg"), exif(0)))).orientation == 1
    assert probe(put(with_exif(encoded(ARROW, ".jpg"), exif(9)))).orientation == 1


def test_a_stated_size_that_fits_neither_way_is_refused_with_both(put):
    text = refusal("image-size", put(encoded(ARROW)), size=(480, 640))
    assert text.startswith("stated 640 x 480, the file is 9 x 6")


# --- refusals


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".bmp"])
def test_a_picture_cut_short_anywhere_is_refused(put, suffix):
    noise = np.random.default_rng(1).integers(0, 255, (50, 60, 3), np.uint8)
    whole = encoded(noise, suffix)
    for share in (0.02, 0.3, 0.6, 0.98):
        with pytest.raises(FileProblem):
            read_image(put(whole[: int(len(whole) * share)]))


def test_a_jpeg_whose_thumbnail_alone_has_an_end_is_refused(put):
    noise = np.random.default_rng(1).integers(0, 255, (50, 60, 3), np.uint8)
    half = encoded(noise, ".jpg")
    refusal("image-truncated", put(with_exif(half[: len(half) // 2], exif(1) + encoded(ARROW, ".jpg"))))


@pytest.mark.parametrize("data", [b"", b"hello, world", b"<svg/>", b"\0" * 100, b"GIF89a", b"BM", b"RIFF1234WAVE"])
def test_what_is_no_picture_is_refused(put, data):
    refusal("image-unreadable", put(data))


@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0+", b"RIFFxxxxWEBPVP8X", b"BM"]), st.binary())
def test_no_header_can_break_the_reader(magic, rest):
    with contextlib.suppress(FileProblem):
        headers.header_of(magic + rest, files.MAX_PIXELS)


@pytest.mark.parametrize("side", [20_000, 60_000, 2**20, 2**31 - 1])
def test_a_bomb_is_refused_by_its_header(put, side):
    refusal("image-too-large", put(png_claiming(side, side)))
    with pytest.raises(FileProblem, match="exceeds 10 pixels"):
        read_image(put(encoded(ARROW)), max_pixels=10)


def test_a_chunk_longer_than_its_file_costs_no_memory(put):
    whole = encoded(ARROW)
    at = whole.index(b"IDAT") - 4
    refusal("image-truncated", put(whole[:at] + b"\x7f\xff\xff\xff" + whole[at + 4 :]))


def test_a_header_that_lies_is_found_out(put):
    refusal("image-unreadable", put(png_claiming(500, 500)))
    refusal("image-unreadable", put(png_claiming(0, 500)))


def test_only_regular_files_are_opened(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "ring").symlink_to("ring")
    refusal("image-not-a-file", tmp_path / "fifo")
    refusal("image-not-a-file", tmp_path / "zero")
    refusal("image-not-a-file", tmp_path)
    refusal("image-missing", tmp_path / "dangling")
    refusal("image-missing", tmp_path / "absent")
    refusal("image-unreadable", tmp_path / "ring")
    refusal("image-unreadable", tmp_path / ("n" * 400))
    refusal("image-unreadable", f"{tmp_path}/a\0b")


def test_a_refusal_travels_between_processes():
    problem = copy.copy(FileProblem("image-missing", "there is no such file"))  # by the way that pickle takes
    assert (problem.code, str(problem)) == ("image-missing", "there is no such file")


@needs_real
def test_probing_agrees_with_reading_on_every_real_picture():
    seen = 0
    for path in sorted(REAL.glob("*/images/*.*")) + sorted(REAL.glob("keypoint-zoo/*/images/**/*.*")):
        header = probe(path)
        if header.size[0] * header.size[1] < 400_000:
            picture = read_image(path, header.turned)
            assert picture.stored == header.size
            assert picture.pixels.shape[:2] == header.turned
            seen += 1
    assert seen > 100


@needs_real
def test_a_phone_picture_is_turned_to_the_size_that_its_labels_state():
    picture = read_image(REAL / "screws-exif/images" / probe_name("screws-exif"), (4032, 3024))
    assert picture.orientation == "turned"
    assert picture.pixels.shape == (4032, 3024, 3)


def probe_name(folder):
    return next(p.name for p in sorted((REAL / folder / "images").iterdir()) if probe(p).orientation == 6)


# --- writing


@pytest.mark.parametrize(
    ("pixels", "name", "words"),
    [
        (np.zeros((3, 3), np.uint16), "jpg", "not uint16; write png or tif"),
        (np.zeros((3, 3), np.float32), "jpg", "not float32; write tif"),
        (np.zeros((3, 3, 4), np.uint8), "jpg", "1, 3 channels, not 4; write png or tif"),
        (np.zeros((3, 3), bool), "png", "not bool; convert"),
        (np.zeros((3, 3, 5), np.uint8), "tif", "not 5; convert"),
        (np.zeros((3, 65501), np.uint8), "jpg", "at most 65500 pixels a side, not 65501 x 3; write png or tif"),
        (np.zeros((3, 3), np.uint8), "gif", "expected one of jpg, png"),
        (np.zeros((0, 3), np.uint8), "png", "got shape (0, 3)"),
        (np.zeros(3, np.uint8), "png", "got shape (3,)"),
    ],
)
def test_what_a_format_cannot_hold_is_refused_with_one_that_can(tmp_path, pixels, name, words):
    with pytest.raises(DataError) as caught:
        write_image(tmp_path / "x", pixels, name)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_views_and_foreign_byte_orders_are_written_right(tmp_path):
    for pixels in (ARROW[::-1, ::2], ARROW.transpose(1, 0, 2), ARROW.astype(">u2")):
        write_image(tmp_path / "x", pixels, "png")
        np.testing.assert_array_equal(read_image(tmp_path / "x").pixels, pixels)


def test_names_that_opencv_dies_of_are_written_and_read(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9 \x1b[31m.png")
    write_image(path, ARROW, "png")
    np.testing.assert_array_equal(read_image(path).pixels, ARROW)


def test_a_link_is_replaced_and_never_followed(tmp_path):
    (tmp_path / "precious").write_text("keep me")
    (tmp_path / "out").symlink_to("precious")
    write_text(tmp_path / "out", "new")
    assert (tmp_path / "precious").read_text() == "keep me"
    assert not (tmp_path / "out").is_symlink()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    write_bytes(tmp_path / "x", b"old")

    def pieces():
        yield b"new"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_bytes(tmp_path / "x", pieces())
    for step in ("fsync", "replace"):
        monkeypatch.setattr(os, step, lambda *_: (_ for _ in ()).throw(OSError(5, "broken disk")))
        with pytest.raises(OSError, match="broken disk"):
            write_bytes(tmp_path / "x", b"new")
        monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"


def test_files_grow_in_the_folder_that_was_named(tmp_path):
    (tmp_path / "growing").mkdir()

    def pieces():
        yield "a"
        assert len(list((tmp_path / "growing").iterdir())) == 1
        assert not (tmp_path / "x").exists()
        yield "é"

    write_text(tmp_path / "x", pieces(), temporary=tmp_path / "growing")
    assert (tmp_path / "x").read_bytes() == "aé".encode()
    assert list((tmp_path / "growing").iterdir()) == []


# --- names


@pytest.fixture
def folder(tmp_path):
    images = tmp_path / "images"
    (images / "s1").mkdir(parents=True)
    (images / "s1" / "x.png").write_bytes(b"x")
    (images / "odd\\name.png").write_bytes(b"x")
    (tmp_path / "secret.png").write_bytes(b"x")
    (images / "out.png").symlink_to(tmp_path / "secret.png")
    (images / "up").symlink_to(tmp_path)
    (images / "ring").symlink_to("ring")
    (images / "dangling").symlink_to("nowhere")
    os.mkfifo(images / "fifo")
    return images


def test_pictures_are_found_inside_their_folder(folder):
    assert safe_path(folder, "s1/x.png") == (folder / "s1/x.png").resolve()
    assert safe_path(folder, "./s1//x.png") == (folder / "s1/x.png").resolve()
    assert safe_path(folder, "s1\\x.png") == (folder / "s1/x.png").resolve()
    assert safe_path(folder, "odd\\name.png") == (folder / "odd\\name.png").resolve()


def test_names_of_any_bytes_are_found(folder):
    (folder / os.fsdecode(b"caf\xe9")).write_bytes(b"x")
    assert safe_path(folder, "caf\udce9").exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../secret.png", "image-outside"),
        ("s1/../../secret.png", "image-outside"),
        ("..\\secret.png", "image-outside"),
        ("/etc/passwd", "image-outside"),
        ("\\\\server\\share", "image-outside"),
        ("C:\\x.png", "image-outside"),
        ("out.png", "image-outside"),
        ("up/secret.png", "image-outside"),
        ("s1/x.png\0.jpg", "image-name"),
        ("\ud83d", "image-name"),
        ("", "image-name"),
        (None, "image-name"),
        (7, "image-name"),
        (["x"], "image-name"),
        ("absent.png", "image-missing"),
        ("s1/x.png/y", "image-missing"),
        ("dangling", "image-missing"),
        ("n" * 400, "image-unreadable"),
        ("ring", "image-unreadable"),
        ("s1", "image-not-a-file"),
        (".", "image-not-a-file"),
        ("fifo", "image-not-a-file"),
    ],
)
def test_names_that_lead_elsewhere_or_nowhere_are_refused(folder, name, code):
    with pytest.raises(FileProblem) as caught:
        safe_path(folder, name)
    assert caught.value.code == code, str(caught.value)
    str(caught.value).encode("utf-8", "strict")  # escaped, so it can be printed
    with pytest.raises(FileProblem) as quicker:
        path_within(folder, name)
    assert (quicker.value.code, str(quicker.value)) == (code, str(caught.value))


@pytest.mark.parametrize("name", ["s1/x.png", "./s1//x.png", "s1\\x.png", "odd\\name.png", "again/x.png", "twin.png"])
def test_the_quick_way_to_a_picture_leads_to_the_same_file(folder, name, monkeypatch):
    (folder / "again").symlink_to("s1")
    (folder / "twin.png").symlink_to("s1/x.png")
    assert os.path.samefile(path_within(folder, name), safe_path(folder, name))
    (folder.parent / "way").symlink_to(folder)
    assert os.path.samefile(path_within(str(folder.parent / "way"), name), safe_path(folder, name))
    monkeypatch.chdir(folder)
    assert os.path.samefile(path_within("", name), safe_path("", name))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_has_the_bytes_that_opencv_makes_of_it_turned_to_red_first(tmp_path, mode, orientation):
    image = pytest.importorskip("PIL.Image", reason="writes JPEGs of four inks")
    values = cv2.resize(np.random.default_rng(0).integers(0, 255, (7, 9, 4), dtype=np.uint8), (61, 47), interpolation=cv2.INTER_CUBIC)
    exif = image.Exif()
    exif[274] = orientation
    for number, more in enumerate(({}, {"progressive": True}, {"quality": 20})):
        path = tmp_path / f"{number}.jpg"
        image.fromarray(values).convert("RGBA").convert(mode).save(path, exif=exif, **more)
        plain = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
        assert np.array_equal(read_image(path).pixels, plain if mode == "L" else plain[..., ::-1])


# --- frames: what of the many kinds of files is read, and as what


def png(width, height, depth, colour, lines, extra=b""):
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + png_chunk(b"IDAT", zlib.compress(lines)) + png_chunk(b"IEND", b"")


def tiff(*pages, big=False, order="<"):
    """A TIFF of pages, each a dict of tags (kind, values) and the bytes of its one strip or tile."""
    link, width = order + ("Q" if big else "I"), 8 if big else 4
    out = bytearray((b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42))
    out += struct.pack(order + "HHQ", 8, 0, 0) if big else bytes(4)
    place = 8 if big else 4
    for tags, body in pages:
        start = len(out)
        out += body + b"\0" * (len(body) % 2)
        offset, length = (324, 325) if 322 in tags else (273, 279)
        entries = b""
        for tag, (kind, values) in sorted({**tags, offset: (16 if big else 4, [start]), length: (4, [len(body)])}.items()):
            packed = struct.pack(order + {3: "H", 4: "I", 12: "d", 16: "Q"}[kind] * len(values), *values)
            if len(packed) > width:
                at = len(out)
                out += packed
                packed = struct.pack(link, at)
            entries += struct.pack(order + "HH", tag, kind) + struct.pack(link, len(values)) + packed.ljust(width, b"\0")
        struct.pack_into(link, out, place, len(out))
        out += struct.pack(order + ("Q" if big else "H"), len(entries) // (20 if big else 12)) + entries
        place = len(out)
        out += bytes(width)
    return bytes(out)


def page(pixels, order="<", **tags):
    height, width = pixels.shape[:2]
    count = 1 if pixels.ndim == 2 else pixels.shape[2]
    kind = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    plain = {
        256: (3, [width]), 257: (3, [height]), 258: (3, [pixels.dtype.itemsize * 8] * count), 259: (3, [1]),
        262: (3, [2 if count >= 3 else 1]), 277: (3, [count]), 278: (3, [height]), 339: (3, [kind] * count),
    }  # fmt: skip
    if count > 3:
        plain[338] = (3, [2] + [0] * (count - 4))
    return plain | {int(tag[1:]): value for tag, value in tags.items()}, pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()


PALETTE = png_chunk(b"PLTE", bytes([255, 0, 0, 0, 0, 255]))
GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)


@pytest.mark.parametrize(
    ("data", "pixels"),
    [
        pytest.param(png(2, 1, 8, 3, b"\0\0\1", PALETTE), np.uint8([[[255, 0, 0], [0, 0, 255]]]), id="palette"),
        pytest.param(png(2, 1, 4, 3, b"\0\x01", PALETTE), np.uint8([[[255, 0, 0], [0, 0, 255]]]), id="palette of 4 bits"),
        pytest.param(
            png(2, 1, 8, 3, b"\0\0\1", PALETTE + png_chunk(b"tRNS", bytes([0, 128]))),
            np.uint8([[[255, 0, 0, 0], [0, 0, 255, 128]]]),
            id="palette with transparency",
        ),
        pytest.param(png(8, 1, 1, 0, b"\0\xaa"), np.uint8([[255, 0] * 4]), id="1 bit"),
        pytest.param(png(2, 1, 16, 0, b"\0" + struct.pack(">HH", 300, 60000)), np.uint16([[300, 60000]]), id="16-bit grey"),
        pytest.param(png(1, 1, 16, 2, b"\0" + struct.pack(">HHH", 300, 60000, 5)), np.uint16([[[300, 60000, 5]]]), id="16-bit colour"),
        pytest.param(png(2, 1, 8, 4, b"\0\x0a\xff\x14\x80"), np.uint8([[[10, 10, 10, 255], [20, 20, 20, 128]]]), id="grey with alpha"),
        pytest.param(tiff(page(GREY.astype(np.float32), t322=(3, [16]), t323=(3, [16]))), GREY.astype(np.float32), id="tiled float TIFF"),
        pytest.param(tiff(page(GREY.astype(np.float64))), GREY.astype(np.float64), id="double TIFF"),
        pytest.param(tiff(page(GREY.astype(np.int16) - 9)), GREY.astype(np.int16) - 9, id="signed TIFF"),
        pytest.param(tiff(page(GREY), big=True), GREY, id="BigTIFF"),
        pytest.param(tiff(page(GREY.astype(np.uint16) * 99, ">"), big=True, order=">"), GREY.astype(np.uint16) * 99, id="BigTIFF, Motorola"),
        pytest.param(tiff(page(GREY), page(GREY[::2, ::2], t254=(4, [1]))), GREY, id="TIFF with a preview"),
        pytest.param(tiff(page(GREY[:4, :4, None] + np.uint16([0, 1, 2, 3]))), GREY[:4, :4, None] + np.uint16([0, 1, 2, 3]), id="four bands"),
    ],
)
def test_a_kind_of_file_is_read_with_its_depth(put, data, pixels):
    picture = read_image(put(data))
    assert picture.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(picture.pixels, pixels)
    path = put(b"", "written")
    write_image(path, picture.pixels, picture.format)
    np.testing.assert_array_equal(read_image(path).pixels, pixels)
    assert read_image(path).format == picture.format


def test_four_inks_of_a_tiff_come_as_rgb_without_an_alpha_that_is_not_there(put):
    inks = np.zeros((4, 4, 4), np.uint8)
    inks[..., 0] = 255
    pixels = read_image(put(tiff(page(inks, t262=(3, [5]))))).pixels
    assert pixels.shape == (4, 4, 3)
    assert pixels[0, 0].tolist() == [0, 255, 255]


def animation(suffix):
    frames = cv2.Animation()
    frames.frames, frames.durations = [np.full((8, 8, 3), value, np.uint8) for value in (9, 200)], [100, 100]
    return cv2.imencodeanimation(suffix, frames)[1].tobytes()


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_an_animation_is_refused_by_name(put, suffix):
    if not hasattr(cv2, "Animation"):
        pytest.skip("this OpenCV writes no animations")
    assert "is an animated" in refusal("image-several", put(animation(suffix)))


@pytest.mark.parametrize(
    ("code", "data", "words"),
    [
        ("image-several", tiff(page(GREY), page(GREY)), "TIFF of 2 pages, and a record names one picture; save its pages as files of their own"),
        ("image-unreadable", tiff(page(np.zeros((4, 4, 5), np.uint8))), "TIFF of 5 bands, of which 1, 3 or 4 are read"),
        ("image-unreadable", tiff(page(np.zeros((4, 4, 2), np.uint8))), "TIFF of 2 bands"),
        ("image-unreadable", b"GIF89a" + bytes(20), "is a GIF, which is not read; save it as PNG"),
        ("image-unreadable", encoded(ARROW, ".jpg").replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c"), "JPEG of 12 bits a sample"),
    ],
)
def test_what_would_be_read_in_part_is_refused_by_name(put, code, data, words):
    assert words in refusal(code, put(data))
    with pytest.raises(FileProblem) as caught:
        probe(put(data))
    assert words in str(caught.value)


def test_directories_in_a_ring_are_no_endless_book(put):
    data = bytearray(tiff(page(GREY)))
    (first,) = struct.unpack_from("<I", data, 4)
    data[-4:] = struct.pack("<I", first)
    np.testing.assert_array_equal(read_image(put(bytes(data))).pixels, GREY)


def test_a_picture_placed_on_earth_says_so(put):
    path = put(tiff(page(GREY.astype(np.uint16), t33550=(12, [1.0, 1.0, 0.0]), t33922=(12, [0.0] * 6), t34735=(3, [1, 1, 0, 0]))))
    assert probe(path).placed
    assert read_image(path).pixels.dtype == np.uint16
    assert not probe(put(tiff(page(GREY)))).placed


@pytest.mark.filterwarnings("ignore")
def test_colours_beside_an_alpha_channel_are_those_of_the_file(tmp_path):
    image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 4)).astype(np.uint8)
    image.fromarray(pixels, "RGBA").save(tmp_path / "a.tif", "TIFF")
    assert np.array_equal(files.read_image(tmp_path / "a.tif").pixels, pixels)
