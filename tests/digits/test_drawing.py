"""Drawn digits have MNIST's format, and are the same however many are drawn."""

import numpy as np
import pytest

from utils.digits import pen_styles
from utils.digits.drawing import BLOCK, BOX, draw_digits, draw_styles, styles_of
from utils.digits.pen_styles import PEN_POSITIONS, load_styles


@pytest.fixture(scope="module")
def drawn():
    return draw_digits(12_000)


@pytest.mark.parametrize("n", [0, np.int64(7), BLOCK, BLOCK + 1])
def test_the_first_digits_are_the_same_for_every_n(drawn, n):
    images, labels = draw_digits(n, np.uint8(0))
    assert images.shape == (n, 28, 28) and images.dtype == np.uint8
    assert labels.shape == (n,) and labels.dtype == np.uint8
    np.testing.assert_array_equal(images, drawn[0][:n])
    np.testing.assert_array_equal(labels, drawn[1][:n])


def test_seeds_and_blocks_draw_different_digits(drawn):
    images = [drawn[0][:100], drawn[0][BLOCK : BLOCK + 100]]
    images += [draw_digits(100, seed)[0] for seed in (1, 2, 2**32, 2**64)]
    assert len({one.tobytes() for batch in images for one in batch}) == 600


def test_every_ten_digits_hold_each_class_once_in_random_order(drawn):
    tens = drawn[1].reshape(-1, 10)
    np.testing.assert_array_equal(np.sort(tens), np.tile(np.arange(10), (1200, 1)))
    assert len({row.tobytes() for row in tens}) > 1100


def test_each_digit_fills_the_box_and_is_centred_by_its_mass(drawn):
    used = [drawn[0].any(axis=axis) for axis in (1, 2)]
    extent = [28 - u[:, ::-1].argmax(axis=1) - u.argmax(axis=1) for u in used]
    longest = np.max(extent, axis=0)
    assert longest.max() == BOX and (longest == BOX).mean() > 0.95
    # Some are lopsided, and must be smaller to be centred.
    assert BOX - 3 <= longest.min() < BOX - 1
    images = drawn[0].astype(float)
    mass = images.sum(axis=(1, 2))
    for axis in (1, 2):
        center = images.sum(axis=axis) @ np.arange(28) / mass
        assert abs(center - 14).max() <= 0.5 + 1e-9


def test_black_paper_and_white_ink_in_mnists_amount(drawn):
    images, _ = drawn
    assert images.min() == 0 and images.max(axis=(1, 2)).min() > 180
    mnist_mean = 0.1309  # of all pixels of its 70,000 images, of 1
    assert images.mean() / 255 == pytest.approx(mnist_mean, rel=0.1)


def test_a_linear_classifier_reads_other_drawn_digits(drawn):
    def features(images):
        return np.c_[images.reshape(-1, 784) / 255, np.ones(len(images))]

    x, one_hot = features(drawn[0]), np.eye(10)[drawn[1]]
    weights = np.linalg.solve(x.T @ x + 10 * np.eye(785), x.T @ one_hot)
    images, labels = draw_digits(2_000, seed=1)
    predictions = (features(images) @ weights).argmax(axis=1)
    assert (predictions == labels).mean() > 0.7


@pytest.mark.parametrize("bad", [2.0, True, -1])
@pytest.mark.parametrize("name", ["n", "seed"])
def test_what_is_no_count_is_refused(name, bad):
    with pytest.raises(ValueError if bad == -1 else TypeError) as error:
        draw_digits(**{"n": 1, name: bad})
    assert str(error.value) == f"{name} must be an integer from 0, not {bad!r}"


def test_every_style_becomes_a_path():
    styles = load_styles()
    lines = [x for x in pen_styles.FILE.read_text("utf-8").splitlines() if x[:1] > "#"]
    assert styles.first[-1] == sum(int(line.split()[1]) for line in lines)
    assert np.diff(styles.first).min() >= 8
    for matrix in (styles.sharp, styles.smooth):
        assert matrix.shape[1] == PEN_POSITIONS
        # A position is a weighted mean of points: moving them all moves the path.
        np.testing.assert_allclose(matrix.sum(axis=2), 1, atol=1e-6)
    paths = styles.sharp @ styles.points
    assert abs(paths).max() < 1.4
    np.testing.assert_allclose(paths[:, 0], styles.points[:, 0], atol=1e-6)


def test_corners_and_lifts_do_what_the_file_says(tmp_path):
    others = "".join(f"{digit} 1 00 99\n" for digit in range(2, 10))
    file = tmp_path / "styles.txt"
    file.write_text("# head\n\n0 3 00 90! 99\n1 1 00 09 | 50 59\n" + others)
    styles = load_styles(file)
    assert styles.first.tolist() == [0, 3, *range(4, 13)]
    corner = [1, -1]  # the point 90
    sharp, smooth = ((m[0] @ styles.points[0]) for m in (styles.sharp, styles.smooth))
    assert np.linalg.norm(sharp - corner, axis=1).min() < 0.03
    off = abs((sharp[:, 0] - 1) * (sharp[:, 1] + 1))
    assert off.max() < 1e-6 < abs((smooth[:, 0] - 1) * (smooth[:, 1] + 1)).max()
    assert np.flatnonzero(styles.is_down[3] == 0).tolist() == [PEN_POSITIONS // 2 - 1]
    assert styles.is_end[3, :, 0].tolist() == [1, 1, 1, 1]
    assert styles.is_end[0, :, 0].tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "line, found",
    [
        ("10 1 00 99", "line 3: .*digit .* '10'"),
        ("0 0 00 99", "line 3: .*weight .* '0'"),
        ("0 1 00 99?", r"line 3: .*point .* '99\?'"),
        ("0 1 00 99 |", "line 3: .*2 points .* 0"),
        ("0 1 00 99! 99", "line 3: .*follows itself .* '00 99! 99'"),
        ("", "no style for digit 1"),
    ],
)
def test_a_bad_style_is_named_by_its_line(tmp_path, line, found):
    file = tmp_path / "styles.txt"
    file.write_text(f"# head\n0 1 00 99\n{line}\n")
    with pytest.raises(ValueError, match=f"styles.txt.*{found}"):
        load_styles(file)


def test_styles_are_drawn_as_asked_each_once():
    ours = [style for digit in range(10) for style in styles_of(digit)]
    lines = pen_styles.FILE.read_text("utf-8").splitlines()
    written = [line for line in lines if line.strip() and not line.startswith("#")]
    assert len(set(ours)) == len(written)
    images, labels = draw_styles(styles_of(1)[:1] * 3 + styles_of(8)[:1] * 3, seed=1)
    assert labels.tolist() == [1, 1, 1, 8, 8, 8]
    assert images.dtype == np.uint8 and (images.max(axis=(1, 2)) > 200).all()
    again, _ = draw_styles(styles_of(1)[:1] * 3 + styles_of(8)[:1] * 3, seed=1)
    np.testing.assert_array_equal(images, again)
