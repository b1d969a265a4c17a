"""Pictures hold what they should, and refuse what they cannot draw."""

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from utils import plots

DIGITS = np.zeros((3, 28, 28))


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_digits_are_drawn_where_they_belong():
    images = np.zeros((3, 28, 28), np.uint8)
    images[2] = 255
    canvas = plots.show_digits(images, columns=2).images[0].get_array()
    rows, columns = np.where(canvas == 1)
    assert (rows.size, rows.min() > 28, columns.max()) == (28 * 28, True, 27)


def test_float_and_uint8_images_look_the_same():
    images = np.arange(784, dtype=np.uint8).reshape(1, 28, 28)
    one = plots.show_digits(images).images[0].get_array()
    two = plots.show_digits(images[..., None] / np.float32(255)).images[0].get_array()
    np.testing.assert_allclose(one, two, atol=1e-6)


def test_wrong_predictions_are_marked_by_more_than_a_colour():
    ax = plots.show_digits(np.zeros((2, 28, 28)), [4, 5], [4, 3])
    assert [t.get_text() for t in ax.texts] == ["4 ✓", "5→3 ✗"]
    assert [t.get_color() for t in ax.texts] == [plots.BLUE, plots.VERMILLION]


def test_plots_draw_where_they_are_told():
    _, ax = plt.subplots()
    assert plots.show_digits(np.zeros((1, 28, 28)), ax=ax) is ax
    assert plots.show_image(np.eye(3), ax=ax) is ax
    assert plots.plot_history({"loss": [1]}, ax=ax) is ax
    assert plots.plot_probs(np.full(10, 0.1), ax=ax) is ax
    assert plots.heatmap(np.eye(3), ax=ax) is ax


def test_images_are_not_changed():
    images = np.full((2, 28, 28), 7.0)
    plots.show_digits(images)
    assert (images == 7).all()


@pytest.mark.parametrize(
    "draw, message",
    [
        (lambda: plots.show_digits(np.zeros((2, 28, 28, 3))), r"shape \(2, 28, 28, 3"),
        (lambda: plots.show_digits(np.zeros((0, 28, 28))), r"shape \(0, 28, 28"),
        (lambda: plots.show_digits(DIGITS, [1, 2]), "2 labels for 3 images"),
        (lambda: plots.show_digits(DIGITS, [1, 2, 3], [1]), "1 predictions for 3"),
        (lambda: plots.show_image(np.zeros((1, 3, 3))), r"shape \(1, 3, 3\)"),
        (lambda: plots.animation([]), "all of one shape"),
        (lambda: plots.animation([DIGITS, DIGITS[:2]]), "all of one shape"),
        (lambda: plots.animation([DIGITS], milliseconds=1), "1 ms"),
        (lambda: plots.show_maps(np.zeros((3, 3))), r"shape \(3, 3\)"),
        (lambda: plots.show_maps(np.zeros((3, 3, 2)), titles=["a"]), "titles"),
        (
            lambda: plots.show_overlays(DIGITS, np.ones((2, 4, 4)), titles="ab"),
            "3 images, 2 maps, 2 titles",
        ),
    ],
)
def test_what_cannot_be_drawn_is_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_pixels_are_written_in_their_own_type():
    texts = plots.show_image(np.uint8([[0, 255]]), numbers=True).texts
    assert [t.get_text() for t in texts] == ["0", "255"]
    texts = plots.show_image(np.array([[0, 0.25]]), numbers=True).texts
    assert [t.get_text() for t in texts] == ["0.0", "0.2"]


def test_training_is_solid_and_validation_dashed():
    ax = plots.plot_history({"loss": [3, 2], "val_loss": [4, 5]})
    assert [line.get_linestyle() for line in ax.get_lines()] == ["-", "--"]
    assert list(ax.get_lines()[1].get_ydata()) == [4, 5]
    assert list(ax.get_lines()[0].get_xdata()) == [1, 2]


def test_a_metric_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="no 'accuracy' in this history; it holds"):
        plots.plot_history({"loss": [1]}, "accuracy")


def test_a_film_holds_all_frames_and_their_pictures():
    frames = [np.full((3, 4, 5), value, dtype=np.uint8) for value in (0, 254, 51)]
    picture = Image.open(
        io.BytesIO(plots.animation(frames, columns=2, milliseconds=200))
    )
    assert (picture.n_frames, picture.size) == (3, (10, 8))
    shown = []
    for frame in range(3):
        picture.seek(frame)
        gray = np.asarray(picture.convert("L"))
        shown.append(gray[:4].mean())
        assert picture.info["duration"] == 200
        assert (gray[4:, 5:] == 0).all()  # no fourth image: black
    assert shown == [0, 255, 51]


def test_a_walk_begins_and_ends_where_it_should():
    path = np.array([[3.0, 3.0], [1.0, 1.0], [0.5, -0.5]])
    ax = plots.plot_landscape(lambda w, b: (w - 2) ** 2 + (b + 1) ** 2, path)
    walk, star = ax.get_lines()
    np.testing.assert_array_equal(walk.get_xydata(), path)
    np.testing.assert_allclose(star.get_xydata(), [[2, -1]], atol=0.06)


def test_a_spread_has_a_bar_for_each_mean_and_a_dot_for_each_run():
    ax = plots.plot_spread({"one": [1.0, 3.0], "two": [4.0]}, xlabel="loss")
    assert [bar.get_width() for bar in ax.patches] == [2, 4]
    assert [list(line.get_xdata()) for line in ax.get_lines()] == [[1, 3], [4]]


def test_rows_of_digits_are_chosen_evenly_and_named():
    sets = {str(step): np.full((4, 28, 28), step / 8) for step in range(9)}
    ax = plots.show_rows(sets, columns=2, rows=3)
    assert [text.get_text() for text in ax.texts] == ["0", "4", "8"]
    canvas = ax.images[0].get_array()
    assert [float(canvas[row, 1]) for row in (1, 31, 61)] == [0, 0.5, 1]


def test_intervals_that_miss_the_truth_are_marked_by_more_than_a_colour():
    lines = plots.plot_intervals([(0.2, 0.4), (0.5, 0.7)], 0.6).get_lines()
    assert [line.get_linestyle() for line in lines[:2]] == ["--", "-"]


def test_bins_of_few_answers_are_left_out_of_a_reliability_diagram():
    table = np.array([[0.4, 0.5, 3], [0.6, 0.5, 40], [0.9, 0.8, 100]])
    line = plots.plot_reliability(table, title="a network").get_lines()[-1]
    assert list(line.get_xdata()) == [0.6, 0.9]


def test_each_draw_has_its_mark_and_the_line_joins_the_means():
    groups = {"a": [[1, 3], [2, 6]], "b": [[0, 0], [1, 1]]}
    ax = plots.plot_draws([10, 20], groups, xlabel="n", ylabel="y")
    joined = [line for line in ax.get_lines() if line.get_linestyle() != "None"]
    assert [list(line.get_ydata()) for line in joined if len(line.get_xdata())] == [
        [2, 4],
        [0, 1],
    ]
    marks = [line for line in ax.get_lines() if line.get_linestyle() == "None"]
    assert [list(line.get_ydata()) for line in marks] == [
        [1, 3],
        [2, 6],
        [0, 0],
        [1, 1],
    ]


def test_a_gans_reference_lines_are_where_their_names_say():
    ax = plots.plot_losses({0: {"d_loss": 1.0, "g_loss": 2.0}})
    heights = [text.xy[1] for text in ax.texts]
    np.testing.assert_allclose(heights, [1.386, 0.693], atol=1e-3)


def test_a_plane_has_a_colour_and_its_digit_for_each_class():
    labels = np.repeat(np.arange(10), 3)
    codes = np.stack([labels, -labels], axis=1) + np.tile([0.0, 1, 50], 10)[:, None]
    ax = plots.plot_plane(codes, labels)
    assert len({line.get_color() for line in ax.lines}) == 10
    assert [text.get_text() for text in ax.texts] == list("0123456789")


def test_a_class_is_named_where_few_others_are():
    x = np.append(np.arange(200), np.arange(90, 180) + 0.5)  # the second lies on top
    labels = np.repeat([0, 1], [200, 90])
    ax = plots.plot_plane(np.stack([x, x], axis=1), labels)
    named = {text.get_text(): text.get_position()[0] for text in ax.texts}
    assert 50 <= named["0"] < 80  # in the middle half, away from the others


def test_weights_stand_beside_their_rows():
    image, weights = np.eye(4), np.array([0.1, 0.2, 0.3, 0.4])
    plots.plot_row_weights(image, image[2], weights, weights @ image, row=3)
    rows, bars, asks, out, was = plt.gcf().axes
    assert [bar.get_width() for bar in bars.patches] == [0.1, 0.2, 0.3, 0.4]
    assert bars.get_ylim() == rows.get_ylim()  # row 0 on top in both
    plt.gcf().canvas.draw()
    heights = rows.get_window_extent().intervaly, bars.get_window_extent().intervaly
    np.testing.assert_allclose(*heights)
    colors = [bar.get_facecolor() for bar in bars.patches]
    assert colors.count(colors[3]) == 1  # the torn row's
    assert asks.images[0].get_array()[0].tolist() == [0, 0, 1, 0]
    np.testing.assert_allclose(out.images[0].get_array()[0], weights)
    assert was.images[0].get_array()[0].tolist() == [0, 0, 0, 1]


def test_strokes_are_numbered_as_they_were_written():
    strokes = [np.array([[0, 3], [1, 3]]), np.array([[2, 0], [2, 1]])]
    ax = plots.plot_strokes(strokes, side=4)
    assert [t.get_text() for t in ax.texts] == ["1", "2", "3", "4"]
    assert ax.texts[2].get_position() == (2, 0) and ax.yaxis_inverted()
    assert len({line.get_color() for line in ax.lines}) == 2
