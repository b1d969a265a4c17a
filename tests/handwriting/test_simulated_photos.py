"""Tests of utils.handwriting.simulated_photos: photos of digits, and the sample photos that ship."""

import re

import numpy as np
import pytest
from PIL import Image

from utils.digits.drawing import draw_digits
from utils.handwriting.preparation import prepare
from utils.handwriting.simulated_photos import (
    PENS,
    PHOTOS,
    SAMPLES,
    draw_sample,
    simulate_photo,
)

DIGIT = draw_digits(10)[0][3]


def test_a_seed_gives_the_same_photo():
    one, other = (simulate_photo(DIGIT, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert one.dtype == np.uint8 and one.ndim == 2


def test_photos_vary_in_size_place_light_and_polarity():
    rng = np.random.default_rng(1)
    photos = [simulate_photo(DIGIT, rng) for _ in range(60)]
    sides = [max(photo.shape) for photo in photos]
    assert min(sides) >= 200 and max(sides) <= 800 and np.ptp(sides) > 400
    medians = np.array([np.median(photo) for photo in photos])
    assert 0.25 < (medians < 110).mean() < 0.75
    assert np.ptp([np.ptp(np.median(photo, axis=0)) for photo in photos]) > 30


def test_dials_are_kept():
    rng = np.random.default_rng(2)
    for board in (True, False):
        photo = simulate_photo(DIGIT / 255, rng, side=320, board=board)
        assert max(photo.shape) == 320
        assert (np.median(photo) < 110) == board


def test_an_upright_digit_keeps_its_form():
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 8:20] = 255
    photo = simulate_photo(
        digit, np.random.default_rng(3), side=400, slant=0, board=False
    )
    rows, columns = np.nonzero(photo < 0.6 * np.median(photo))
    height, width = (np.ptp(np.percentile(axis, [1, 99])) for axis in (rows, columns))
    assert height / width == pytest.approx(20 / 12, rel=0.05)


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"\(20, 20\)"):
        simulate_photo(np.zeros((20, 20)), np.random.default_rng(0))


def test_the_samples_are_there_and_small():
    files = {file.stem: file for file in PHOTOS.glob("*.jpg")}
    assert set(files) == set(SAMPLES)
    assert sum(file.stat().st_size for file in files.values()) < 400_000
    for file in files.values():
        with Image.open(file) as image:
            assert image.mode == "RGB" and image.size == (640, 480)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_samples_name_says_the_truth(name):
    digits = SAMPLES[name]["digits"]
    problem = prepare(PHOTOS / f"{name}.jpg").problem
    if named := re.match("[0-9]", name):
        assert digits == named[0] and problem == ""
    else:
        truth = {"two_digits": (2, "more than one digit"), "empty": (0, "no digit")}
        assert (len(digits), problem) == truth[name]


@pytest.mark.parametrize("name", ["3_pencil", "5_ballpoint_squared", "two_digits"])
def test_the_samples_are_made_by_this_module(name):
    seed = list(SAMPLES).index(name)
    drawn = np.asarray(draw_sample(**SAMPLES[name], seed=seed), float)
    with Image.open(PHOTOS / f"{name}.jpg") as image:
        assert abs(np.asarray(image) - drawn).mean() < 4


def test_every_pen_leaves_ink():
    for pen in PENS:
        prepared = prepare(draw_sample("6", pen, seed=5))
        assert prepared.problem == "" and prepared.image.max() > 0.9
