"""Tests of utils.handwriting.preparation: every step, skip and problem."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage
from sklearn.datasets import load_digits

from utils.digits.drawing import draw_digits
from utils.handwriting.image_files import LEAST_SIDE, read_image
from utils.handwriting.preparation import STEPS, prepare
from utils.handwriting.simulated_photos import simulate_photo

DIGITS, LABELS = draw_digits(60, seed=3)


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


def slice_of(places, margin=0):
    """Return the slice from the first place to the last."""
    return slice(min(places) - margin, max(places) + margin + 1)


def cut_out(digit, margin, rng, side=300, is_board=False):
    """Enlarge a digit smoothly and leave a margin, a part of its size: uint8 (h, w)."""
    rows, columns = np.nonzero(np.pad(digit, 4) > 40)
    box = np.pad(digit, 4)[slice_of(rows, 1), slice_of(columns, 1)]
    scale = side / max(box.shape)
    size = [round(scale * length) for length in box.shape[::-1]]
    ink = np.asarray(Image.fromarray(box).resize(size, Image.Resampling.BICUBIC)) / 255
    rows, columns = np.nonzero(ink > 0.35)
    ink = ink[slice_of(rows), slice_of(columns)]
    ink = np.pad(ink, round(margin * max(ink.shape)))
    paper, tone = (0.2, 0.9) if is_board else (0.9, 0.2)
    picture = paper + (tone - paper) * ink + rng.normal(0, 0.01, ink.shape)
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)


def test_an_image_in_mnists_form_comes_out_as_it_is():
    for pictures in (DIGITS, 255 - DIGITS):
        expect_same_digits(pictures, median=0.999, least=0.9)


@pytest.mark.parametrize("side", [60, 200, 550])
def test_any_size_place_and_polarity_gives_the_same_image(side):
    pictures = [enlarge(digit, side, (31, 12)) for digit in DIGITS[:20]]
    expect_same_digits(pictures)
    expect_same_digits([255 - picture for picture in pictures])


def on_a_table(picture):
    """Ruled paper with a shadow's edge and noise, on a table."""
    picture[::40] -= 35
    picture[:, 520:] = 60
    picture[400:] *= 0.6
    picture *= np.linspace(1, 0.7, 600)
    picture += np.random.default_rng(5).normal(0, 6, picture.shape)


def with_dust(picture):
    for row, column in ((40, 60), (650, 500), (100, 550), (600, 30)):
        picture[row : row + 9, column : column + 9] = 30


def with_a_small_shadow(picture):
    y, x = np.mgrid[:700, :600]
    picture[((y - 60) / 150) ** 2 + ((x - 40) / 180) ** 2 < 1] *= 0.6


@pytest.mark.parametrize("spoil", [on_a_table, with_dust, with_a_small_shadow])
def test_what_else_is_on_the_paper_does_not_matter(spoil):
    pictures = [enlarge(digit).astype(float) for digit in DIGITS[:20]]
    for picture in pictures:
        spoil(picture)
    expect_same_digits([np.clip(p, 0, 255).astype(np.uint8) for p in pictures])


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


@pytest.mark.parametrize(("width", "is_paler"), [(30, False), (80, True)])
def test_the_soft_edges_of_a_thick_pen_get_paler(width, is_paler):
    image = Image.new("L", (400, 400), 255)
    draw = ImageDraw.Draw(image)
    draw.line([(120, 100), (280, 100), (180, 320)], fill=0, width=width)
    steps = prepare(image.filter(ImageFilter.GaussianBlur(6))).steps
    cut, thickness = steps["crop"], steps["thickness"]
    assert cut.shape == thickness.shape and (thickness <= cut).all()
    assert (thickness.sum() < 0.99 * cut.sum()) == is_paler


@pytest.mark.parametrize("is_board", [False, True])
@pytest.mark.parametrize("margin", [0, 0.1, 0.3, 1])
def test_a_digit_is_found_at_any_margin(margin, is_board):
    rng = np.random.default_rng(9)
    sides = rng.integers(200, 401, len(DIGITS))
    cuts = [
        cut_out(digit, margin, rng, side, is_board)
        for digit, side in zip(DIGITS, sides, strict=True)
    ]
    expect_same_digits(cuts, median=0.9)


@pytest.mark.parametrize("ground", [0, 255])
def test_digits_of_scikit_learn_are_found_without_a_margin(ground):
    images = load_digits().images[:100] * 255 / 16  # (n, 8, 8)
    found, likeness = 0, []
    for image in images.astype(np.uint8):
        picture = np.asarray(Image.fromarray(image).resize((112, 112)))
        close = prepare(abs(ground - picture.astype(int)).astype(np.uint8))
        if not close.problem:
            found += 1
            likeness.append(alike(close.image, prepare(np.pad(picture, 40)).image))
    assert found >= 99
    assert (np.array(likeness) > 0.8).mean() > 0.97


def blank_pages():
    rng = np.random.default_rng(2)
    y, x = np.mgrid[-1:1:300j, -1:1:400j]
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
    lines = np.arange(300)[:, None] % 30 * (np.arange(400) % 30)
    yield "squared", np.where(lines < 1, 0.6, 0.9)
    yield "round shadow", np.where((x - 1) ** 2 + (y + 1) ** 2 < 0.8, 0.4, 0.9)
    clouds = ndimage.gaussian_filter(rng.standard_normal((300, 400)), 12)
    yield "clouds", 0.7 + 0.1 * clouds / abs(clouds).max()


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
    five = [(120, 80), (110, 190), (190, 200), (200, 290), (110, 310)]
    bar = [(150, 70), (230, 60)]
    four, stroke = [(110, 80), (90, 200), (190, 205)], [(212, 90), (208, 320)]
    for lines in ((five, bar), (four, stroke)):  # which do not meet
        picture = Image.new("L", (300, 400), 255)
        for line in lines:
            ImageDraw.Draw(picture).line(line, 0, 16)
        prepared = prepare(picture)
        assert prepared.problem == ""
        assert (prepared.image > 0.1).any(axis=1).sum() >= 19


def test_steps_tell_how_the_image_came_about():
    prepared = prepare(simulate_photo(DIGITS[4], np.random.default_rng(3), side=400))
    assert tuple(prepared.steps) == STEPS
    np.testing.assert_array_equal(prepared.steps["center"], prepared.image)
    for step in prepared.steps.values():
        assert step.dtype == np.float32 and step.min() >= 0 and step.max() <= 1
    shapes = [step.shape for step in prepared.steps.values()]
    assert shapes[0] == shapes[1] == shapes[2] and max(shapes[5]) == 20


@pytest.mark.parametrize("share", [0.01, 0.02, 0.04, 0.3])
def test_clouds_of_dots_give_numbers(share):
    rows, columns = np.mgrid[:300, :260]
    cloud = np.hypot(rows - 150, columns - 130) < 60
    for seed in range(5):
        dots = cloud & (np.random.default_rng(seed).random(cloud.shape) < share)
        image = prepare(np.where(dots, 0.0, 1.0)).image
        assert np.isfinite(image).all() and 0 <= image.min() <= image.max() <= 1


def test_all_steps_left_out_is_a_naive_resize():
    picture = read_image(enlarge(DIGITS[1]))
    naive = Image.fromarray(1 - picture).resize((28, 28), Image.Resampling.BICUBIC)
    prepared = prepare(picture, skip=STEPS)
    np.testing.assert_array_equal(prepared.image, np.clip(naive, 0, 1))


def test_every_step_can_be_left_out_and_most_are_missed():
    rng = np.random.default_rng(6)
    photos = [simulate_photo(digit, rng, slant=0) for digit in DIGITS[:30]]

    def likeness(*skip):
        images = [prepare(photo, skip).image for photo in photos]
        for image in images:
            assert image.shape == (28, 28) and image.dtype == np.float32
            assert 0 <= image.min() <= image.max() <= 1
        pairs = zip(images, DIGITS, strict=False)
        return np.mean(
            [alike(image + 1e-9 * DIGITS[0], digit) for image, digit in pairs]
        )

    found, least = {name: likeness(name) for name in STEPS}, likeness() - 0.05
    worse = {name for name in STEPS if found[name] < least}
    assert worse >= {"polarity", "light", "ink", "crop", "fit"}, found


def test_unknown_steps_are_named():
    with pytest.raises(ValueError, match="blur.*polarity"):
        prepare(DIGITS[0], skip=["blur"])


def test_nothing_given_is_changed():
    picture = enlarge(DIGITS[0]) / 255
    before = picture.copy()
    prepare(picture)
    np.testing.assert_array_equal(picture, before)
