"""Tests of utils.handwriting.image_files: every gate that a picture passes."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image
from support.odd_uploads import save

from utils.handwriting.image_files import WORKING_PIXELS, ImageError, read_image

GRAY = np.add.outer(np.arange(60) * 3, np.arange(40)).astype(np.uint8)  # (60, 40)


@pytest.mark.parametrize(
    "kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "MPO"]
)
def test_every_format_gives_the_same_gray(kind):
    second = Image.fromarray(GRAY[::-1])  # phones add it to a JPEG; the first counts
    several = {"save_all": True, "append_images": [second]} if kind == "MPO" else {}
    picture = read_image(save(GRAY, kind, **several))
    assert picture.dtype == np.float32 and picture.shape == (60, 40)
    np.testing.assert_allclose(picture, GRAY / 255, atol=0.04)


def test_bytes_path_file_pillow_and_arrays_are_read(tmp_path):
    data = save(GRAY, "PNG")
    (tmp_path / "a.png").write_bytes(data)
    color = np.repeat(GRAY[..., None], 3, axis=2)
    sources = [data, bytearray(data), tmp_path / "a.png", str(tmp_path / "a.png")]
    sources += [io.BytesIO(data), Image.fromarray(GRAY), GRAY, GRAY / 255]
    sources += [color, np.dstack([color, np.full_like(GRAY, 255)])]
    for source in sources:
        np.testing.assert_allclose(read_image(source), GRAY / 255, atol=1e-3)


@pytest.mark.parametrize("mode", ["P", "CMYK", "LA", "RGBA", "YCbCr", "HSV", "LAB"])
def test_every_mode_gives_the_same_gray(mode):
    image = Image.fromarray(GRAY)
    if mode == "LAB":
        image = Image.merge("LAB", [image, *2 * [Image.new("L", image.size, 128)]])
    elif mode in ("LA", "P"):
        image = image.convert(mode)  # from RGB, few colours would be left
    else:
        image = image.convert("RGB").convert(mode)
    np.testing.assert_allclose(read_image(image), GRAY / 255, atol=0.05)


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (GRAY > 90, "PNG", GRAY > 90),
        (GRAY.astype(np.uint16) * 257, "PNG", GRAY / 255),
        (GRAY.astype(np.uint16) * 257, "TIFF", GRAY / 255),
        (GRAY.astype(">u2") * np.array(257, ">u2"), "TIFF", GRAY / 255),
        (GRAY / np.float32(255), "TIFF", GRAY / 255),
    ],
)
def test_values_of_any_width_are_scaled_not_clipped(values, kind, expected):
    np.testing.assert_allclose(read_image(save(values, kind)), expected, atol=1e-3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation):
    turned = {
        1: GRAY,
        2: GRAY[:, ::-1],
        3: GRAY[::-1, ::-1],
        4: GRAY[::-1],
        5: GRAY.T,
        6: np.rot90(GRAY, 1),
        7: GRAY[::-1, ::-1].T,
        8: np.rot90(GRAY, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("PNG", "JPEG", "TIFF", "HEIF"):
        data = save(np.ascontiguousarray(turned), kind, exif=exif.tobytes())
        picture = read_image(data)
        np.testing.assert_allclose(picture, GRAY / 255, atol=0.04)


@pytest.mark.parametrize(("ink", "paper"), [(0, 1), (255, 0)])
def test_transparent_paper_lets_the_ink_be_seen(ink, paper):
    alpha = np.zeros((50, 50), np.uint8)
    alpha[10:40, 20:25] = 255
    picture = read_image(np.dstack([np.full((50, 50, 3), ink, np.uint8), alpha]))
    np.testing.assert_array_equal(picture, np.where(alpha, ink / 255, paper))


def test_a_transparent_frame_becomes_paper():
    layers = np.full((50, 50, 4), 200, np.uint8)
    layers[20:30, 20:22, :3] = 20
    layers[..., 3] = 0
    layers[5:45, 5:45, 3] = 255
    assert np.median(read_image(layers)[:5]) == pytest.approx(200 / 255, abs=0.01)


def test_a_large_picture_is_averaged_down():
    fine = np.indices((900, 1200)).sum(axis=0) % 2 * 255  # a chessboard of pixels
    for source in (fine.astype(np.uint8), save(fine.astype(np.uint8), "PNG")):
        picture = read_image(source)
        assert picture.size <= WORKING_PIXELS * 1.01
        assert picture.shape[1] / picture.shape[0] == pytest.approx(4 / 3, rel=0.01)
        assert abs(picture - 0.5).max() < 0.15
    picture = read_image(save(np.full((900, 1200), 80, np.uint8), "JPEG"))
    assert picture.size <= WORKING_PIXELS * 1.01
    np.testing.assert_allclose(picture, 80 / 255, atol=0.01)


SEVERAL = ("GIF", "PNG", "WEBP", "TIFF")  # may hold more than one picture


def bad_sources():
    png, nan = save(GRAY, "PNG"), np.full((20, 20), np.nan, np.float32)
    several = {"save_all": True, "append_images": [Image.fromarray(GRAY[::-1])]}
    heic = save(Image.fromarray(GRAY).convert("RGB"), "HEIF")
    yield from [
        (b"", "empty"),
        ("Größe".encode() * 100, "text; allowed are PNG, JPEG.* HEIC"),
        (b"<svg xmlns='x'/>", "SVG"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04\0\0", "ZIP"),
        (bytes(range(256)), "no picture"),
        (heic[:40], "damaged HEIC"),
        (heic[:-5], "damaged"),
        (png[: len(png) // 2], "damaged"),
        (save(GRAY, "JPEG")[:-200], "damaged or cut short"),
        (save(GRAY, "TIFF")[:900], "damaged"),
        *((save(GRAY, kind, **several), "several pictures") for kind in SEVERAL),
        (save(nan, "TIFF"), "nan to nan"),
        (save(GRAY.astype(np.float32), "TIFF"), "from 0 to 216"),
        (save(GRAY.astype(np.int32), "TIFF"), "int32.*16"),
        (save(Image.new("1", (8000, 8000)), "PNG"), "8000 x 8000.*40,000,000"),
        (save(Image.new("1", (20000, 10000)), "PNG"), "more than 40,000,000 pixels"),
        (save(Image.new("L", (1, 50)), "PNG"), "1 x 50 pixels; 8 x 8 is the least"),
        (Image.new("L", (0, 0)), "0 x 0"),
        ("/no/such/file.png", "cannot be read: No such file"),
        ("nul\0.png", "cannot be read"),
        (np.full((20, 20), 1.0000001), "to 1; floats"),
        (None, "cannot be a NoneType"),
        ([[1, 2]], "cannot be a list"),
        (np.zeros((0, 0)), "0 x 0"),
        (np.zeros((20, 20, 2)), r"\(20, 20, 2\)"),
        (np.zeros(100), r"\(100,\)"),
        (np.zeros((20, 20), int), "int64"),
        (np.full((20, 20), np.nan), "nan to nan"),
        (np.zeros((7000, 7000), np.uint8), "7000 x 7000"),
    ]


@pytest.mark.parametrize(("source", "message"), list(bad_sources()))
def test_what_is_no_picture_gets_a_sentence(source, message):
    with pytest.raises(ImageError, match=message) as caught:
        read_image(source)
    assert len(str(caught.value)) < 200 and str(caught.value).endswith(".")


def test_damaged_exif_does_not_matter_and_no_warning_escapes():
    data = save(GRAY, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\0\0broken")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read_image(data).shape == (60, 40)
        with pytest.raises(ImageError):
            read_image(save(Image.new("1", (12000, 9000)), "PNG"))
    assert not caught


def test_reading_leaves_its_source_as_it_was():
    array, image = GRAY / 255, Image.fromarray(GRAY)
    read_image(array)[:] = 0
    read_image(image)[:] = 0
    np.testing.assert_array_equal(array, GRAY / 255)
    np.testing.assert_array_equal(np.asarray(image), GRAY)
