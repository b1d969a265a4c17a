"""Digits become tokens and pictures again, and odd sequences break nothing."""

import numpy as np
import pytest

from utils.digits import pen_tokens as pens


@pytest.fixture(scope="module")
def tokens():
    return pens.draw_tokens(1000, seed=3)


def test_a_sequence_is_a_digit_then_strokes_then_the_end(tokens):
    assert tokens.shape == (1000, pens.LENGTH) and tokens.dtype == np.int32
    assert (tokens[:, 0] - pens.FIRST_DIGIT == np.arange(1000) % 10).all()
    assert tokens.max() < pens.VOCABULARY and (tokens[:, -1] == pens.END).all()
    is_end = tokens == pens.END
    assert (np.diff(is_end.astype(int), axis=1) >= 0).all()  # nothing follows it
    is_cell = tokens >= pens.FIRST_CELL
    lifts = np.argwhere(tokens == pens.PEN_UP)
    assert len(lifts) and all(is_cell[i, [k - 1, k + 1]].all() for i, k in lifts)
    assert is_cell[:, 1].all()


def test_the_same_seed_draws_the_same_and_another_does_not(tokens):
    assert np.array_equal(pens.draw_tokens(1000, seed=3), tokens)
    assert not np.array_equal(pens.draw_tokens(1000, seed=4), tokens)
    assert pens.draw_tokens(0).shape == (0, pens.LENGTH)


@pytest.mark.parametrize("bad", [2.0, True, -1])
def test_what_is_no_count_is_refused(bad):
    with pytest.raises(ValueError if bad == -1 else TypeError, match=repr(bad)):
        pens.draw_tokens(bad)


def test_strokes_stand_where_their_cells_are():
    cells = [
        pens.FIRST_CELL + pens.GRID * row + column
        for column, row in [(1, 2), (3, 2), (15, 15)]
    ]
    row = [5, cells[0], cells[1], pens.PEN_UP, cells[2], pens.END, cells[0]]
    first, second = pens.to_strokes(np.array(row))
    assert first.tolist() == [[1, 2], [3, 2]] and second.tolist() == [[15, 15]]
    assert pens.to_strokes(np.array([5, pens.PEN_UP, 7, pens.END])) == []


def test_inked_tokens_look_like_digits(tokens):
    """A linear classifier of drawn images reads most of what was inked from tokens."""
    from utils.digits.drawing import draw_digits

    images, labels = draw_digits(8000)
    x = np.c_[images.reshape(-1, 784) / 255, np.ones(8000)]
    weights = np.linalg.solve(x.T @ x + 10 * np.eye(785), x.T @ np.eye(10)[labels])
    inked = pens.to_images(tokens)
    assert inked.shape == (1000, 28, 28) and inked.dtype == np.float32
    assert inked.min() == 0 and 0.9 < inked.max() <= 1
    found = np.c_[inked.reshape(-1, 784), np.ones(1000)] @ weights
    assert (found.argmax(axis=1) == np.arange(1000) % 10).mean() > 0.6


def test_what_draws_no_line_is_black(tokens):
    dot = pens.FIRST_CELL + 40
    rows = np.zeros((4, pens.LENGTH), "int32")
    rows[:, 0] = 5  # END at once, one dot, a dot twice, the pen up all the time
    rows[1, 1], rows[2, 1:3], rows[3, 1:] = dot, dot, pens.PEN_UP
    assert not pens.to_images(rows).any()
    both = pens.to_images(np.concatenate([rows, tokens[:2]]))
    assert not both[:4].any() and both[4:].any(axis=(1, 2)).all()
    assert pens.to_images(tokens[:0]).shape == (0, 28, 28)


def test_a_sketch_grows_and_never_moves(tokens):
    begun = [
        np.where(np.arange(pens.LENGTH) < k, tokens[:5], pens.END) for k in (8, 16)
    ]
    few, more = (pens.to_sketches(part) for part in begun)
    assert few.shape == (5, 56, 56) and few.max() == 1
    assert more.sum() > few.sum() and (more >= few - 0.01).mean() > 0.99
