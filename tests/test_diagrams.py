"""Diagrams show the numbers of the mechanism that they explain."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from utils import diagrams


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def words(axes):
    return [text.get_text() for ax in axes for text in ax.texts]


def test_a_table_stands_beside_its_sums():
    found = words([diagrams.draw_axes(np.array([[1, 2], [3, 40]]))])
    assert found[:8] == ["1", "2", "3", "40", "4", "42", "3", "43"]


def test_broadcasting_shows_what_is_repeated_and_what_comes_out():
    table = np.array([[1.0, 3.0], [5.0, 9.0]])
    found = words([diagrams.draw_broadcast(table, table[:1])])
    assert found[4:8] == ["1", "3", "1", "3"]  # the repeated row
    assert found[10:14] == ["0", "0", "4", "6"]


def test_a_convolution_adds_up_over_channels_and_bias():
    images = np.stack([np.eye(3), np.ones((3, 3))], axis=-1)
    kernel = np.stack([np.ones((2, 2)), 2 * np.ones((2, 2))], axis=-1)
    ax = diagrams.draw_convolution(images, kernel, 1, 0, bias=0.5)
    assert words([ax]) == ["10.5", "9.5", "9.5", "10.5"]
    assert "add up\n+0.5\n→" in words(plt.gcf().axes)


@pytest.mark.parametrize("kernel, place", [((2, 2, 1), (0, 0)), ((2, 2, 2), (2, 0))])
def test_a_kernel_that_does_not_fit_is_named(kernel, place):
    with pytest.raises(ValueError, match=r"\(3, 3, 2\).*\(2, 2, \d\).*window at"):
        diagrams.draw_convolution(np.zeros((3, 3, 2)), np.zeros(kernel), *place)


def test_each_loss_updates_its_own_player():
    found = words([diagrams.draw_players()])
    assert {"updates the\ngenerator", "updates the\ndiscriminator"} <= set(found)


def test_an_ellipse_shows_the_spread_of_its_cloud():
    points = np.random.default_rng(0).normal(size=(4000, 2)) * [3, 1]
    ellipse = diagrams.draw_cloud(points).get_lines()[1].get_xydata()
    np.testing.assert_allclose(np.ptp(ellipse, axis=0), [12, 4], rtol=0.05)


def test_points_outside_of_the_balls_are_crosses():
    points, inside = np.array([[0.0, 0], [9, 0]]), np.array([True, False])
    ax = diagrams.draw_balls(points, inside, np.zeros((1, 2)), np.array([1.0]))
    crosses = [line for line in ax.get_lines() if line.get_marker() == "x"]
    assert crosses[0].get_xydata().tolist() == [[9, 0]]


def test_a_bottleneck_shows_the_code_between_two_pictures():
    image, restored = np.zeros((28, 28)), np.ones((28, 28))
    ax = diagrams.draw_bottleneck(image, np.array([0.5, 2.0, -3]), restored)
    assert {"0.5\n2\n−3", "code:\n3 numbers"} <= set(words([ax]))
    assert [shown.get_array().mean() for shown in ax.images] == [0, 1]


def test_no_gradient_goes_back_to_the_noise():
    ax = diagrams.draw_reparameterization()
    (noise,) = [text for text in ax.texts if text.get_text() == "noise"]
    back = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    back = [t.xy for t in back if t.arrow_patch.get_linestyle() == "--"]
    ends = np.array(back) - noise.get_position()
    assert len(back) == 6 and np.abs(ends).max(axis=1).min() > 0.5


def test_attention_shows_each_weight_and_what_comes_out():
    queries, values = np.eye(2, 4), np.array([[4.0, 0.0], [8.0, 2.0]])
    weights = np.array([[0.5, 0.5], [0.25, 0.75]])
    ax = diagrams.draw_attention(queries, 3 * np.eye(2, 4), values, weights, row=1)
    found = words([ax])
    assert found[8:12] == ["1.5", "0", "0", "1.5"]  # 3 divided by √4
    assert found[12:20] == ["0.5", "0.5", "0.25", "0.75", "6", "1", "7", "1.5"]


def test_two_workers_share_a_batch_and_take_one_step():
    found = words([diagrams.draw_workers()])
    assert found.count("the same step") == found.count("equal weights") == 2
    assert "average of both\n(all-reduce)" in found
