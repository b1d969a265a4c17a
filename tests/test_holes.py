"""Holes lie where they should, and repairs are scored in them alone."""

import numpy as np
import pytest
import tensorflow as tf

from utils import holes
from utils.from_lessons import build_cnn


@pytest.fixture
def images():
    """Noise, float32 (200, 28, 28, 1) in (0, 1]: no pixel is 0."""
    return 1 - np.random.default_rng(0).random((200, 28, 28, 1), "float32")


@pytest.mark.parametrize("height, width", [(12, 12), (8, 28), (3, 20), (28, 28)])
def test_a_hole_is_a_rectangle_of_its_size_where_digits_are(images, height, width):
    damaged, whole = holes.cut_holes(images, height, width)
    pixels, mask = np.moveaxis(damaged.numpy(), -1, 0)
    assert whole is images
    np.testing.assert_array_equal(mask.sum(axis=(1, 2)), height * width)
    for axis, size in [(2, height), (1, width)]:
        inside = mask.any(axis=axis)  # rows, then columns
        assert (inside.sum(axis=1) == size).all()
        first = inside.argmax(axis=1)
        low, high = (4, 24 - size) if size <= 20 else (0, 28 - size)
        assert (first.min(), first.max()) == (low, high)
    np.testing.assert_array_equal(pixels, images[..., 0] * (1 - mask))


def test_each_batch_of_a_dataset_gets_other_holes(images):
    batches = tf.data.Dataset.from_tensors(images[:9]).repeat(2).map(holes.cut_holes)
    first, second = (damaged.numpy()[..., 1] for damaged, _ in batches)
    assert (first != second).any() and (first[0] != first[1:]).any()


def test_a_smooth_filling_keeps_what_is_known_and_lies_between_it(images):
    damaged, _ = holes.cut_holes(images)
    known, hole = damaged[..., 0].numpy(), damaged[..., 1].numpy() > 0
    filled = holes.fill_smoothly(known, hole)
    np.testing.assert_array_equal(filled[~hole], known[~hole])
    assert filled[hole].min() > 0.05 and filled[hole].max() < 1
    slope = np.tile(np.arange(28.0), (1, 28, 1))  # its own neighbours' mean
    again = holes.fill_smoothly(np.where(hole[:1], 0, slope), hole[:1])
    np.testing.assert_allclose(again, slope, atol=0.2)


def test_the_nearest_is_found_by_what_is_known(images):
    damaged, _ = holes.cut_holes(images[:7])
    known, hole = damaged[..., 0].numpy(), damaged[..., 1].numpy() > 0
    found = holes.nearest_by_known(known, hole, images, count=3)
    assert found.shape == (7, 3, 28, 28)
    np.testing.assert_array_equal(found[:, 0], images[:7, :, :, 0])
    for i in range(7):
        differences = (images[..., 0] - known[i])[:, ~hole[i]]
        order = (differences**2).sum(axis=1).argsort()
        expected = np.where(hole[i], images[order[:3], :, :, 0], known[i])
        np.testing.assert_array_equal(found[i], expected)


def test_scores_are_those_of_the_holes(images):
    whole, hole = images[..., 0], np.zeros((200, 28, 28), bool)
    hole[:, 5:15, 6:16] = True
    rest = np.where(hole, whole, 0.5)  # wrong outside of the holes
    scores = holes.hole_scores(rest, whole, hole)
    assert scores["PSNR"] == np.inf and 0.5 < scores["SSIM"] < 1
    assert holes.hole_scores(whole, whole, hole)["SSIM"] == pytest.approx(1)
    wrong = np.where(hole, 0.3, whole)
    scores = holes.hole_scores(wrong, whole, hole)
    mse = np.mean((whole[hole] - 0.3) ** 2)
    assert scores["PSNR"] == pytest.approx(10 * np.log10(1 / mse))
    assert scores["SSIM"] < 0.5 and scores["grey"] == 1


@pytest.mark.parametrize("hole", [np.ones((2, 28, 27), bool), np.zeros((2, 28, 28))])
def test_what_cannot_be_scored_is_named(hole):
    with pytest.raises(ValueError, match=r"shapes .* missing pixels"):
        holes.hole_scores(np.ones((2, 28, 28)), np.ones((2, 28, 28)), hole > 0)


def test_right_counts_only_digits_that_are_read_when_whole(images, capsys):
    classifier, whole = build_cnn(), images[..., 0]
    classifier.get_layer("logits").bias.assign(np.eye(10)[3] * 99)  # all are a 3
    labels, hole = np.arange(200) % 10, np.ones((200, 28, 28), bool)
    found = holes.compare_repairs({"same": whole}, whole, hole, labels, classifier)
    assert found["same"]["right"] == 1
    out = capsys.readouterr().out
    assert "100.0%" in out and "same" in out
