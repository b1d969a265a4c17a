"""Tests of utils.handwriting.no_digits: photos of letters and scribbles."""

import numpy as np

from utils.digits.drawing import draw_digits
from utils.handwriting.no_digits import photograph_with_others

DIGITS = draw_digits(10)[0][:4] / 255


def test_digits_come_first_then_letters_then_scribbles():
    found = photograph_with_others(DIGITS, "I", np.random.default_rng(0))
    assert found.shape == (8, 28, 28) and 0 <= found.min() < found.max() <= 1
    widths = found.any(axis=1).sum(axis=1)
    assert widths[4:6].max() < 10 < widths[6:].min()  # an I is a narrow sign
    for digit, photo in zip(DIGITS, found, strict=False):
        assert np.corrcoef(digit.ravel(), photo.ravel())[0, 1] > 0.5


def test_a_seed_gives_the_same_pictures_and_no_two_are_alike():
    one, other = (
        photograph_with_others(DIGITS, "A", np.random.default_rng(7)) for _ in range(2)
    )
    np.testing.assert_array_equal(one, other)
    assert len(np.unique(one.reshape(8, -1), axis=0)) == 8
