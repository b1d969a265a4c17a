"""Digits move to both sides, and black comes in."""

import numpy as np
import pytest

from utils.digits import move_digits


def image():
    picture = np.zeros((1, 5, 5), "float32")
    picture[0, 1, 2] = 1
    return picture


def test_what_is_shifted_right_then_left_leaves_black():
    right, left = move_digits(image(), 2, 0)
    assert (right[1, 4], left[1, 0], right.sum(), left.sum()) == (1, 1, 1, 1)
    assert move_digits(image(), 3, 0).sum() == 0  # nothing comes back in


def test_what_is_turned_goes_counterclockwise_then_clockwise():
    images = image()
    first, second = move_digits(images[..., None], 0, 90)
    assert first[2, 1, 0] == pytest.approx(1) and second[2, 3, 0] == pytest.approx(1)
    assert images[0, 1, 2] == 1 and first.dtype == np.float32


def test_a_single_image_is_named():
    with pytest.raises(ValueError, match=r"shape \(5, 5\); \(n, height, width\)"):
        move_digits(image()[0], 1, 0)
