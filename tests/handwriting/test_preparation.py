"""Tests of utils.handwriting.preparation and utils.handwriting.image_files: every gate, step, skip and problem."""

import functools
import io
import warnings

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from utils.digits.drawing import draw_digits
from utils.handwriting import preparation
from utils.handwriting.image_files import (
    LEAST_SIDE,
    WORKING_PIXELS,
    ImageError,
    read_image,
)
from utils.handwriting.preparation import STEPS, prepare
from utils.handwriting.simulated_photos import simulate_photo

DIGITS, LABELS = draw_digits(60, seed=3)
GREY = np.add.outer(np.arange(60) * 3, np.arange(40)).astype(np.uint8)  # (60, 40)


def encode(image, kind, **options):
    file = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(file, kind, **options)
    return file.getvalue()


def enlarge(digit, side=300, place=(200, 150), page=(700, 600), ink=40, paper=220):
    """Put an enlarged digit, dark on light, on a larger page: uint8 (h, w)."""
    large = np.asarray(Image.fromarray(digit).resize((side, side))) / 255
    picture = np.full(page, paper, np.float32)
    rows, columns = (slice(start, start + side) for start in place)
    picture[rows, columns] += (ink - paper) * large
    return picture.astype(np.uint8)


def alike(one, other):
    """Say how alike two images are: 1 the same, 0 unrelated."""
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def expect_same_digits(pictures, median=0.88, least=0.55):
    """Every picture must be prepared into an image much like its digit.

    The centre of mass is rounded to whole pixels: a shift by one is no fault.
    """
    prepared = [prepare(picture) for picture in pictures]
    assert [p.problem for p in prepared] == [""] * len(prepared)
    found = [alike(p.image, d) for p, d in zip(prepared, DIGITS, strict=False)]
    assert np.median(found) > median and min(found) > least


# ---- reading


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_every_format_gives_the_same_grey(kind):
    picture = read_image(encode(GREY, kind))
    assert picture.dtype == np.float32 and picture.shape == (60, 40)
    np.testing.assert_allclose(picture, GREY / 255, atol=0.04)


def test_bytes_path_file_pillow_and_arrays_are_read(tmp_path):
    data = encode(GREY, "PNG")
    (tmp_path / "a.png").write_bytes(data)
    colour = np.repeat(GREY[..., None], 3, axis=2)
    sources = [data, bytearray(data), tmp_path / "a.png", str(tmp_path / "a.png")]
    sources += [io.BytesIO(data), Image.fromarray(GREY), GREY, GREY / 255]
    sources += [colour, np.dstack([colour, np.full_like(GREY, 255)])]
    for source in sources:
        np.testing.assert_allclose(read_image(source), GREY / 255, atol=1e-3)


@pytest.mark.parametrize("mode", ["P", "CMYK", "LA", "RGBA", "YCbCr", "HSV", "LAB"])
def test_every_mode_gives_the_same_grey(mode):
    image = Image.fromarray(GREY)
    if mode == "LAB":
        image = Image.merge("LAB", [image, *2 * [Image.new("L", image.size, 128)]])
    elif mode in ("LA", "P"):
        image = image.convert(mode)  # from RGB, few colours would be left
    else:
        image = image.convert("RGB").convert(mode)
    np.testing.assert_allclose(read_image(image), GREY / 255, atol=0.05)


def test_1_bit_keeps_black_and_white():
    picture = read_image(encode(Image.fromarray(GREY > 90), "PNG"))
    np.testing.assert_array_equal(picture, GREY > 90)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (GREY.astype(np.uint16) * 257, "PNG"),
        (GREY.astype(np.uint16) * 257, "TIFF"),
        (GREY.astype(np.int32) * 257, "TIFF"),
        (GREY / np.float32(255), "TIFF"),
        (GREY.astype(np.float32), "TIFF"),
    ],
)
def test_wide_values_are_scaled_not_clipped(values, kind):
    picture = read_image(encode(values, kind))
    np.testing.assert_allclose(picture, GREY / 255, atol=1e-3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_undone(orientation):
    turned = {
        1: GREY,
        2: GREY[:, ::-1],
        3: GREY[::-1, ::-1],
        4: GREY[::-1],
        5: GREY.T,
        6: np.rot90(GREY, 1),
        7: GREY[::-1, ::-1].T,
        8: np.rot90(GREY, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("PNG", "JPEG", "TIFF"):
        picture = read_image(encode(np.ascontiguousarray(turned), kind, exif=exif))
        np.testing.assert_allclose(picture, GREY / 255, atol=0.04)


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
    for source in (fine.astype(np.uint8), encode(fine.astype(np.uint8), "PNG")):
        picture = read_image(source)
        assert picture.size <= WORKING_PIXELS * 1.01
        assert picture.shape[1] / picture.shape[0] == pytest.approx(4 / 3, rel=0.01)
        assert abs(picture - 0.5).max() < 0.15
    picture = read_image(encode(np.full((900, 1200), 80, np.uint8), "JPEG"))
    assert picture.size <= WORKING_PIXELS * 1.01
    np.testing.assert_allclose(picture, 80 / 255, atol=0.01)


def bad_sources():
    png, nan = encode(GREY, "PNG"), np.full((20, 20), np.nan, np.float32)
    several = {"save_all": True, "append_images": [Image.fromarray(GREY[::-1])]}
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    yield from [
        (b"", "an empty file"),
        (b"hello, world", "This is text; allowed are PNG, JPEG"),
        ("Größe".encode() * 100, "This is text"),
        (b'<?xml version="1.0"?><svg/>', "an SVG drawing"),
        (b"<svg xmlns='x'/>", "an SVG drawing"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
        (heic, "a HEIC photo"),
        (b"PK\x03\x04\0\0", "a ZIP archive"),
        (bytes(range(256)), "no picture, or damaged"),
        (encode(GREY, "PPM"), "no picture, or damaged"),
        (encode(GREY, "PDF"), "a PDF"),
        (png[: len(png) // 2], "damaged"),
        (png[:40], "damaged"),
        (encode(GREY, "JPEG")[:-200], "damaged or cut short"),
        (encode(GREY, "TIFF")[:900], "damaged"),
        (encode(GREY, "GIF", **several), "several pictures"),
        (encode(GREY, "PNG", **several), "several pictures"),
        (encode(GREY, "WEBP", **several), "several pictures"),
        (encode(GREY, "TIFF", **several), "several pictures"),
        (encode(nan, "TIFF"), "nan to nan"),
        (encode(-np.ones((20, 20), np.float32), "TIFF"), "from -1 to -1"),
        (encode(Image.new("1", (8000, 8000)), "PNG"), "8000 x 8000.*40,000,000"),
        (encode(Image.new("1", (12000, 9000)), "PNG"), "more than 40,000,000 pixels"),
        (encode(Image.new("1", (20000, 10000)), "PNG"), "more than 40,000,000 pixels"),
        (encode(Image.new("L", (1, 50)), "PNG"), "1 x 50 pixels; 8 x 8 is the least"),
        (Image.new("L", (0, 0)), "0 x 0"),
        ("/no/such/file.png", "cannot be read: No such file"),
        ("nul\0.png", "cannot be read"),
        (None, "cannot be a NoneType"),
        ([[1, 2]], "cannot be a list"),
        (np.zeros((0, 0)), "0 x 0"),
        (np.zeros((20, 20, 2)), r"\(20, 20, 2\)"),
        (np.zeros((5, 20, 20, 3)), r"\(5, 20, 20, 3\)"),
        (np.zeros(100), r"\(100,\)"),
        (np.zeros((20, 20), int), "int64"),
        (np.zeros((20, 20), complex), "complex"),
        (np.full((20, 20), np.nan), "nan to nan"),
        (np.full((20, 20), np.inf), "inf"),
        (np.full((20, 20), 255.0), "from 255 to 255; floats in"),
        (np.full((20, 20), -0.5), "from -0.5"),
        (np.zeros((7000, 7000), np.uint8), "7000 x 7000"),
    ]


@pytest.mark.parametrize(("source", "message"), list(bad_sources()))
def test_what_is_no_picture_gets_a_sentence(source, message):
    with pytest.raises(ImageError, match=message) as caught:
        read_image(source)
    assert len(str(caught.value)) < 200 and str(caught.value).endswith(".")


def test_phones_give_two_pictures_in_one_jpeg_of_which_the_first_counts():
    second = Image.fromarray(GREY[::-1].copy())
    data = encode(GREY, "MPO", save_all=True, append_images=[second])
    np.testing.assert_allclose(read_image(data), GREY / 255, atol=0.04)


def test_damaged_exif_does_not_matter_and_no_warning_escapes():
    data = encode(GREY, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\0\0broken")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read_image(data).shape == (60, 40)
        with pytest.raises(ImageError):
            read_image(encode(Image.new("1", (12000, 9000)), "PNG"))
    assert not caught


def test_reading_leaves_its_source_as_it_was():
    array, image = GREY / 255, Image.fromarray(GREY)
    read_image(array)[:] = 0
    read_image(image)[:] = 0
    np.testing.assert_array_equal(array, GREY / 255)
    np.testing.assert_array_equal(np.asarray(image), GREY)


# ---- preparing


def test_an_image_in_mnists_form_comes_out_as_it_is():
    for pictures in (DIGITS, 255 - DIGITS):
        expect_same_digits(pictures, median=0.999, least=0.9)


@pytest.mark.parametrize("side", [60, 200, 550])
def test_any_size_place_and_polarity_gives_the_same_image(side):
    pictures = [enlarge(digit, side, (31, 12)) for digit in DIGITS[:20]]
    expect_same_digits(pictures)
    expect_same_digits([255 - picture for picture in pictures])


def test_shadow_noise_lines_and_a_table_do_not_matter():
    rng, pictures = np.random.default_rng(5), []
    for digit in DIGITS[:20]:
        picture = enlarge(digit, 250, (180, 150)).astype(float)
        picture[::40] -= 35  # ruled paper
        picture[:, 520:] = 60  # a table
        picture[400:] *= 0.6  # the edge of a shadow
        picture *= np.linspace(1, 0.7, 600)
        picture += rng.normal(0, 6, picture.shape)
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    expect_same_digits(pictures)


def test_photos_hold_the_digit_that_was_photographed():
    rng = np.random.default_rng(8)
    prepared = [prepare(simulate_photo(digit, rng, slant=0)) for digit in DIGITS]
    assert sum(p.problem == "" for p in prepared) >= len(DIGITS) - 1
    found = [alike(p.image, d) for p, d in zip(prepared, DIGITS, strict=True)]
    assert np.median(found) > 0.95


@pytest.mark.parametrize("width", [2, 5, 12])
def test_thin_strokes_are_widened_to_those_of_mnist(width):
    image = Image.new("L", (400, 400), 255)
    draw = ImageDraw.Draw(image)
    draw.line([(120, 100), (280, 100), (180, 320)], fill=0, width=width)
    is_ink = prepare(image).image > 0.5
    thickness = 4 * ndimage.distance_transform_edt(is_ink)[is_ink].mean()
    assert 2 < thickness < 5


def test_the_image_has_mnists_form():
    rng = np.random.default_rng(1)
    for digit in DIGITS[:20]:
        image = prepare(simulate_photo(digit, rng)).image
        assert image.dtype == np.float32 and image.shape == (28, 28)
        assert image.min() == 0 and 0.9 < image.max() <= 1
        rows, columns = np.nonzero(image > 0.1)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
        np.testing.assert_allclose(ndimage.center_of_mass(image), 14, atol=0.51)


def blank_pages():
    rng = np.random.default_rng(2)
    y, x = np.mgrid[-1:1:300j, -1:1:400j]
    yield "white", np.full((300, 400), 255, np.uint8)
    yield "black", np.zeros((300, 400), np.uint8)
    yield "grey", np.full((28, 28), 128, np.uint8)
    yield "least", np.zeros((LEAST_SIDE, LEAST_SIDE))
    yield "strip", np.zeros((8, 3000))
    yield "lamp", 0.9 - 0.4 * (x + 1) / 2
    yield "corners", 0.9 - 0.2 * (x**2 + y**2)
    yield "shadow", np.where(x + y > 0.2, 0.4, 0.9)
    yield "noise", np.clip(rng.normal(0.7, 0.1, (300, 400)), 0, 1)
    yield "static", rng.random((300, 400))
    yield "table", np.where(x > 0.8, 0.2, 0.9)
    yield "ruled", np.where(np.arange(300)[:, None] % 30 < 2, 0.6, 0.9) + 0 * x


@pytest.mark.parametrize(("name", "page"), list(blank_pages()))
def test_a_page_without_a_digit(name, page):
    prepared = prepare(page)
    assert prepared.problem == "no digit"
    assert not prepared.image.any() and prepared.image.shape == (28, 28)
    assert list(prepared.steps) == ["polarity", "light", "ink"]


@pytest.mark.parametrize("is_upright", [True, False])
def test_two_digits_are_more_than_one(is_upright):
    for one, other in zip(DIGITS[:20], DIGITS[20:40], strict=True):
        pair = np.concatenate([one, other], axis=1 if is_upright else 0)
        height, width = 6 * pair.shape[0], 6 * pair.shape[1]
        pair = np.pad(np.asarray(Image.fromarray(pair).resize((width, height))), 40)
        assert prepare(255 - pair).problem == "more than one digit"


def test_a_broken_digit_is_one_digit():
    five = Image.new("L", (300, 400), 255)
    draw = ImageDraw.Draw(five)
    draw.line([(120, 80), (110, 190), (190, 200), (200, 290), (110, 310)], 0, 16)
    draw.line([(150, 70), (230, 60)], 0, 16)  # its bar is loose
    four = Image.new("L", (300, 400), 255)
    draw = ImageDraw.Draw(four)
    draw.line([(110, 80), (90, 200), (190, 205)], 0, 16)
    draw.line([(212, 90), (208, 320)], 0, 16)  # nor do its strokes meet
    for picture in (five, four):
        prepared = prepare(picture)
        assert prepared.problem == ""
        assert ndimage.label(prepared.image > 0.5)[1] >= 1
        assert (prepared.image > 0.1).any(axis=1).sum() >= 19


def test_dust_is_left_out():
    pictures = [enlarge(digit) for digit in DIGITS[:20]]
    for picture in pictures:
        for row, column in ((40, 60), (650, 500), (100, 550), (600, 30)):
            picture[row : row + 9, column : column + 9] = 30
    expect_same_digits(pictures)


def test_a_small_shadow_is_not_ink():
    y, x = np.mgrid[:700, :600]
    shadow = ((y - 60) / 150) ** 2 + ((x - 40) / 180) ** 2 < 1  # beside the digit
    pictures = [enlarge(digit) * np.where(shadow, 0.6, 1) for digit in DIGITS[:20]]
    expect_same_digits([picture.astype(np.uint8) for picture in pictures])


def test_steps_are_the_chain_that_the_lesson_shows():
    picture = simulate_photo(DIGITS[4], np.random.default_rng(3), side=400)
    prepared = prepare(picture)
    assert tuple(prepared.steps) == STEPS
    light = preparation.even_the_light(
        preparation.make_paper_light(read_image(picture))
    )
    ink = preparation.keep_ink(light, preparation.find_digit(light))
    rest = [preparation.DO[name] for name in ("crop", "thickness", "fit", "centre")]
    image = functools.reduce(lambda now, step: step(now), rest, ink)
    np.testing.assert_array_equal(image, prepared.image)
    for step in prepared.steps.values():
        assert step.dtype == np.float32 and step.min() >= 0 and step.max() <= 1


@pytest.mark.parametrize("share", [0.01, 0.02, 0.04, 0.3])
def test_clouds_of_dots_give_numbers(share):
    rows, columns = np.mgrid[:300, :260]
    cloud = np.hypot(rows - 150, columns - 130) < 60
    for seed in range(5):
        dots = cloud & (np.random.default_rng(seed).random(cloud.shape) < share)
        image = prepare(np.where(dots, 0.0, 1.0)).image
        assert np.isfinite(image).all() and 0 <= image.min() <= image.max() <= 1


@pytest.mark.parametrize("name", STEPS)
def test_every_step_can_be_left_out(name):
    rng = np.random.default_rng(4)
    for digit in DIGITS[:20]:
        prepared = prepare(simulate_photo(digit, rng), skip=[name])
        assert prepared.image.shape == (28, 28)
        assert prepared.image.dtype == np.float32
        assert 0 <= prepared.image.min() <= prepared.image.max() <= 1


def test_all_steps_left_out_is_a_naive_resize():
    picture = enlarge(DIGITS[1])
    prepared = prepare(picture, skip=STEPS)
    naive = preparation.resize(1 - read_image(picture), 28, 28)
    np.testing.assert_array_equal(prepared.image, naive)


def test_leaving_a_step_out_is_worse():
    rng = np.random.default_rng(6)
    photos = [simulate_photo(digit, rng, slant=0) for digit in DIGITS[:30]]

    def likeness(*skip):
        images = [prepare(photo, skip).image + 1e-9 * DIGITS[0] for photo in photos]
        return np.mean([alike(i, d) for i, d in zip(images, DIGITS, strict=False)])

    full = likeness()
    for name in ("polarity", "light", "ink", "crop", "fit"):
        assert likeness(name) < full - 0.05, name


def test_unknown_steps_are_named():
    with pytest.raises(ValueError, match="blur.*polarity"):
        prepare(GREY, skip=["blur"])


def test_what_is_no_picture_is_not_prepared():
    with pytest.raises(ImageError, match="This is text"):
        prepare(b"seven")


def test_nothing_given_is_changed():
    picture = enlarge(DIGITS[0]) / 255
    before = picture.copy()
    prepare(picture)
    np.testing.assert_array_equal(picture, before)
