"""Tests of utils.handwriting.simulated_photos: photos of digits."""

import numpy as np
import pytest

from utils.digits.drawing import draw_digits
from utils.handwriting.simulated_photos import simulate_photo

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
