"""Draw how things work: axes of a table, a computation graph, and more to come.

What a lesson computed is drawn by `utils.plots`; a diagram here explains a mechanism.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from utils.plots import BLACK, BLUE, COLORS, GREEN, VERMILLION


def draw_axes(table: np.ndarray, *, ax: Axes | None = None) -> Axes:
    r"""Draw a table with its sums: along axis 0 below it, along axis 1 beside it.

    Args:
        table: numbers, (rows, columns).
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = draw_axes(np.array([[1, 2, 3], [4, 5, 6]]))
        >>> [text.get_text() for text in ax.texts][-2:]
        ['sum(axis=0): shape (3,)', 'sum(axis=1):\nshape (2,)']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.6, 3.9))
    rows, columns = table.shape
    _draw_table(ax, table, (0, 0))
    _draw_table(ax, table.sum(axis=0)[None], (0, -rows - 0.8), BLUE)
    _draw_table(ax, table.sum(axis=1)[:, None], (columns + 1.1, 0), VERMILLION)
    arrow = {"arrowstyle": "-|>", "linewidth": 1.5}
    for column in np.arange(columns) + 0.45:
        end, begin = (column, -rows + 0.15), (column, -rows + 1.0)
        ax.annotate("", end, begin, arrowprops=arrow | {"color": BLUE})
    for row in np.arange(rows):
        end, begin = (columns + 1.0, 0.45 - row), (columns - 0.05, 0.45 - row)
        ax.annotate("", end, begin, arrowprops=arrow | {"color": VERMILLION})
    ax.text(0, 1.1, "axis 1 →", fontsize=14)
    ax.text(-0.15, 0.9, "axis 0 →", fontsize=14, rotation=-90, ha="right", va="top")
    below, beside = (0, -rows - 1.4), (columns + 1.1, -rows + 0.8)
    words = [f"sum(axis=0): shape ({columns},)", f"sum(axis=1):\nshape ({rows},)"]
    ax.text(*below, words[0], color=BLUE, fontsize=14)
    ax.text(*beside, words[1], color=VERMILLION, fontsize=14, va="top")
    ax.set(xlim=(-0.8, columns + 3.2), ylim=(-rows - 1.5, 1.5))
    ax.set_axis_off()
    return ax


def draw_broadcast(
    table: np.ndarray, other: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw table − other: what broadcasting repeats is dotted.

    Args:
        table: numbers, (rows, columns).
        other: numbers, (rows, 1) or (1, columns).
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> table = np.array([[1.0, 2, 3], [4, 5, 6]])
        >>> ax = draw_broadcast(table, table.mean(axis=1, keepdims=True))
        >>> [text.get_text() for text in ax.texts][-3:]
        ['(2, 3)', '(2, 1), repeated', '(2, 3)']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(7, 2))
    rows, columns = table.shape
    second, third = columns + 0.7, 2 * columns + 1.5
    _draw_table(ax, table, (0, 0))
    _draw_table(ax, np.broadcast_to(other, table.shape), (second, 0), BLUE, dash=":")
    _draw_table(ax, other, (second, 0), BLUE)
    _draw_table(ax, table - other, (third, 0))
    middle = {"ha": "center", "va": "center"}
    for x, sign in [(columns + 0.3, "−"), (2 * columns + 1.05, "=")]:
        ax.text(x, 1 - rows / 2, sign, fontsize=18, **middle)
    words = [str(table.shape), f"{other.shape}, repeated", str(table.shape)]
    for x, text in zip([0, second, third], words, strict=True):
        ax.text(x + columns / 2, 0.5 - rows, text, fontsize=14, **middle)
    ax.set(xlim=(-0.1, 3 * columns + 1.5), ylim=(0.2 - rows, 1))
    ax.set_axis_off()
    return ax


def draw_graph(
    places: Mapping[str, tuple[float, float]],
    edges: Sequence[tuple[str, str, float, float]],
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw a computation graph: values above its arrows, slopes below.

    Args:
        places: a box per name, at (column, row).
        edges: (from, to, value, slope): the value that goes forward, in blue, and the
            slope of the loss that comes back, in vermillion and with an arrow.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = draw_graph({"w": (0, 0), "loss": (1, 0)}, [("w", "loss", 2, 12)])
        >>> [text.get_text() for text in ax.texts if text.get_text()]
        ['2', '← 12', 'w', 'loss']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6.2, 3.8))
    arrow = {"arrowstyle": "-|>", "shrinkA": 20, "shrinkB": 22, "color": "0.4"}
    for begin, end, value, slope in edges:
        (x0, y0), (x1, y1) = places[begin], places[end]
        ax.annotate("", xy=(x1, y1), xytext=(x0, y0), arrowprops=arrow)
        middle, aside = ((x0 + x1) / 2, (y0 + y1) / 2), 18 * np.sign(y0 - y1)
        words = {"textcoords": "offset points", "ha": "center", "fontsize": 15}
        above, below = (aside, 5), (-aside, -5)  # of the arrow, level or slanted
        ax.annotate(f"{value:g}", middle, above, color=BLUE, va="bottom", **words)
        ax.annotate(f"← {slope:g}", middle, below, color=VERMILLION, va="top", **words)
    box = {"boxstyle": "round", "facecolor": "white"}
    for name, (x, y) in places.items():
        ax.text(x, y, name, bbox=box, ha="center", va="center", fontsize=16)
    columns, rows = zip(*places.values(), strict=True)
    ax.set_xlim(min(columns) - 0.3, max(columns) + 0.4)
    ax.set_ylim(min(rows) - 0.4, max(rows) + 0.4)
    ax.set_axis_off()
    return ax


def draw_convolution(
    images: np.ndarray,
    kernel: np.ndarray,
    row: int,
    column: int,
    *,
    bias: float = 0.0,
) -> Axes:
    """Draw how a kernel makes one value of a feature map.

    Args:
        images: floats (height, width, channels), small enough to write into.
        kernel: floats (rows, columns, channels).
        row: of the window's upper left corner, from 0.
        column: of the same corner, from 0.
        bias: added to the sum over all channels.

    Returns:
        The axes of the feature map. In front of it, a row for each channel: the image
        with its window framed, and the slice of the kernel that lies on it.

    Raises:
        ValueError: images and kernel of different channels, or a window that does not
            lie within the image.

    Example:
        >>> ax = draw_convolution(np.ones((4, 4, 1)), np.ones((3, 3, 1)), 0, 1)
        >>> [text.get_text() for text in ax.texts][:2]
        ['9', '9']
        >>> plt.close()
    """
    height, width, channels = images.shape
    rows, columns, depth = kernel.shape
    down, across = height - rows + 1, width - columns + 1
    if channels != depth or not (0 <= row < down and 0 <= column < across):
        raise ValueError(
            f"images of shape {images.shape}, a kernel of shape {kernel.shape} and a "
            f"window at ({row}, {column}); as many channels in both, and a window "
            "within the image, are allowed"
        )
    made = np.full((down, across), float(bias))
    for r, c in np.ndindex(down, across):
        made[r, c] += np.sum(images[r : r + rows, c : c + columns] * kernel)
    figure = plt.figure(figsize=(6.4, 0.5 + 2.2 * channels))
    layout = {"width_ratios": [width, 0.8, columns, 1.1, across]}
    grid = figure.add_gridspec(channels, 5, **layout)
    for k in range(channels):
        name = f"channel {k + 1}" if channels > 1 else "image"
        ax = figure.add_subplot(grid[k, 0])
        _write_numbers(images[..., k], ax, title=name, frame=(row, column, rows))
        ax = figure.add_subplot(grid[k, 1])
        ax.text(0, 0.5, "×", fontsize=20, va="center")
        ax.set_axis_off()
        ax = figure.add_subplot(grid[k, 2])
        name = f"its slice {k + 1}" if channels > 1 else "kernel"
        _write_numbers(kernel[..., k], ax, title=name)
    words = "add up\n→" if not bias else f"add up\n{bias:+g}\n→"
    ax = figure.add_subplot(grid[:, 3])
    ax.text(0.5, 0.5, words, fontsize=13, ha="center", va="center")
    ax.set_axis_off()
    ax = figure.add_subplot(grid[:, 4])
    _write_numbers(made, ax, title="feature map", frame=(row, column, 1))
    return ax


def draw_stamps(image: np.ndarray, kernel: np.ndarray, stride: int) -> Axes:
    """Draw a transposed convolution: each input number stamps its kernel.

    Args:
        image: numbers (2, 2).
        kernel: numbers (rows, rows).
        stride: how far apart the stamps land, in pixels.

    Returns:
        The axes of the output. A number of the input and its stamp have a frame of the
        same colour and dash; where stamps overlap, they add up.

    Example:
        >>> ax = draw_stamps(np.ones((2, 2)), np.ones((3, 3)), 2)
        >>> [text.get_text() for text in ax.texts][12]  # in the middle, four overlap
        '4'
        >>> plt.close()
    """
    rows, size = len(image), len(kernel)
    side = stride * (rows - 1) + size
    made = np.zeros((side, side))
    for r, c in np.ndindex(image.shape):
        top, left = stride * r, stride * c
        made[top : top + size, left : left + size] += image[r, c] * kernel
    figure = plt.figure(figsize=(6.6, 3.6))
    layout = {"width_ratios": [rows, 0.6, size, 0.8, 1.7 * side]}
    grid = figure.add_gridspec(1, 5, **layout)
    first, _, second, _, last = axes = [figure.add_subplot(grid[k]) for k in range(5)]
    _write_numbers(image, first, title="input")
    _write_numbers(kernel, second, title="kernel")
    _write_numbers(made, last, title="output")
    for ax, sign in [(axes[1], "×"), (axes[3], "→")]:
        ax.text(0.5, 0.5, sign, fontsize=20, ha="center", va="center")
        ax.set_axis_off()
    looks = zip(COLORS, ["-", "--", "-.", ":"], strict=True)
    for (r, c), (color, dash) in zip(np.ndindex(image.shape), looks, strict=True):
        style = {"fill": False, "edgecolor": color, "linestyle": dash, "zorder": 3}
        shrink = 0.06 * (1 + r + 2 * c)  # so that no frame hides another
        place = stride * c - 0.5 + shrink, stride * r - 0.5 + shrink
        length = size - 2 * shrink
        last.add_patch(plt.Rectangle(place, length, length, linewidth=3, **style))
        place = c - 0.42, r - 0.42
        first.add_patch(plt.Rectangle(place, 0.84, 0.84, linewidth=3, **style))
    return last


def draw_chosen(
    outputs: np.ndarray, classes: Sequence[int], *, ax: Axes | None = None
) -> Axes:
    """Draw rows of outputs, one per image, and frame that of the image's class.

    Args:
        outputs: floats (n, classes).
        classes: n whole numbers, the column to frame in each row.
        ax: where to draw; a new figure by default.

    Returns:
        The axes; what is not framed is pale.

    Example:
        >>> ax = draw_chosen(np.array([[0.5, -1.0], [2.0, 0.25]]), [1, 0])
        >>> [text.get_text() for text in ax.texts]
        ['0.5', '−1.0', '2.0', '0.2']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 0.9 + 0.45 * len(outputs)))
    for (row, column), value in np.ndenumerate(outputs):
        chosen = column == classes[row]
        words = {"color": BLACK if chosen else "0.5", "fontsize": 12}
        text = f"{value:.1f}".replace("-", "−")
        ax.text(column, row, text, ha="center", va="center", **words)
        if chosen:
            place = column - 0.45, row - 0.42
            box = {"fill": False, "edgecolor": BLUE, "linewidth": 3}
            ax.add_patch(plt.Rectangle(place, 0.9, 0.84, **box))
    names = [f"real\n{column}?" for column in range(outputs.shape[1])]
    ax.set_xticks(range(outputs.shape[1]), names, fontsize=11)
    ax.set_yticks(range(len(outputs)), [f"a {label}" for label in classes], fontsize=11)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.set(xlim=(-0.5, outputs.shape[1] - 0.5), ylim=(len(outputs) - 0.5, -0.5))
    ax.spines[:].set_visible(False)
    return ax


def draw_attention(
    queries: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    weights: np.ndarray,
    *,
    row: int = 0,
) -> Axes:
    """Draw how queries meet keys, and what their weights make of the values.

    Args:
        queries: floats (n, width).
        keys: floats (m, width).
        values: floats (m, columns).
        weights: floats (n, m) in [0, 1], each row together 1.
        row: of the query to follow, in vermillion.

    Returns:
        The axes: each score and weight stands in the row of its query and the column of
        its key.

    Example:
        >>> q, v = np.eye(2), np.array([[4.0], [8.0]])
        >>> ax = draw_attention(q, q, v, np.full((2, 2), 0.5))
        >>> [text.get_text() for text in ax.texts][-2:]
        ['values', 'out']
        >>> plt.close()
    """
    (n, width), (m, columns) = queries.shape, values.shape
    _, ax = plt.subplots(figsize=(6.8, 4.4))
    middle, right = width + 0.5, width + 2 * m + 1.5
    scores = queries @ keys.T / np.sqrt(width)
    for r, c in np.ndindex(n, m):
        style = {"facecolor": BLUE, "alpha": 0.6 * weights[r, c]}
        ax.add_patch(plt.Rectangle((middle + m + 0.5 + c, -r), 0.9, 0.9, **style))
    lower = {0: queries, middle: scores, middle + m + 0.5: weights}
    lower[right] = weights @ values
    for left, table in lower.items():
        for r in range(n):
            color = VERMILLION if r == row else BLACK
            _draw_table(ax, table[r][None].round(2), (left, -r), color, size=12)
    _draw_table(ax, keys.T, (middle, width + 0.4), size=12)
    _draw_table(ax, values, (right, m + 0.4), size=12)
    words = {"fontsize": 12, "va": "center"}
    ax.text(0, 1.2, "queries", **words)
    ax.text(middle, width + 1.7, "keys, turned", **words)
    ax.text(middle, -n + 0.6, "scores", **words)
    ax.text(middle + m + 0.5, -n + 0.6, "weights", **words)
    ax.text(right, m + 1.7, "values", **words)
    ax.text(right, -n + 0.6, "out", **words)
    top = max(width, m) + 2.1
    ax.set(xlim=(-0.1, right + columns), ylim=(-n + 0.2, top))
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def draw_players(*, ax: Axes | None = None) -> Axes:
    """Draw a GAN: what flows forward, and which loss updates which network.

    Args:
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = draw_players()
        >>> "generator" in [text.get_text() for text in ax.texts]
        True
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.4, 4.8))
    places = {
        "noise z": (0, 4),
        "generator": (0, 3),
        "fakes": (0, 2),
        "real points": (2, 2),
        "discriminator": (1, 1),
        "g_loss:\nfake called real?": (0, 0),
        "d_loss:\nreal = 1, fake = 0?": (2, 0),
    }
    forward = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 14}
    names = list(places)
    for begin, end in [(0, 1), (1, 2), (2, 4), (3, 4), (4, 5), (4, 6)]:
        ends = {"xy": places[names[end]], "xytext": places[names[begin]]}
        space = {"shrinkB": 32 if end > 4 else 20}  # a loss has two lines
        ax.annotate("", **ends, arrowprops=forward | space)
    back = {"arrowstyle": "-|>", "linestyle": "--", "linewidth": 1.8}
    curve = {"connectionstyle": "arc3,rad=-0.45", "color": VERMILLION}
    ends = {"xy": (-0.45, 3), "xytext": (-0.55, 0.3)}
    ax.annotate("", **ends, arrowprops=back | curve)
    curve = {"connectionstyle": "arc3,rad=0.35", "color": BLUE}
    ends = {"xy": (1.62, 1), "xytext": (2.2, 0.3)}
    ax.annotate("", **ends, arrowprops=back | curve)
    words = {"fontsize": 11, "ha": "center", "va": "center"}
    ax.text(-0.5, 1.45, "updates the\ngenerator", color=VERMILLION, **words)
    ax.text(2.25, 1.1, "updates the\ndiscriminator", color=BLUE, **words)
    box = {"boxstyle": "round", "facecolor": "white"}
    edges = {"generator": VERMILLION, "discriminator": BLUE}
    for name, (x, y) in places.items():
        style = box | {"edgecolor": edges.get(name, "0.6")}
        ax.text(x, y, name, bbox=style, ha="center", va="center", fontsize=12)
    ax.set(xlim=(-1.25, 2.9), ylim=(-0.4, 4.3))
    ax.set_axis_off()
    return ax


def draw_prefetch(*, ax: Axes | None = None) -> Axes:
    """Draw who works when, without and with prefetch: a reader and a trainer.

    Args:
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = draw_prefetch()
        >>> [text.get_text() for text in ax.get_yticklabels()]
        ['train', 'read', 'train', 'read']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(7, 3.2))
    read, train = 2.0, 3.0  # lengths of the bars
    words = {"ha": "center", "va": "center", "color": "white", "fontsize": 12}
    for number in range(3):
        waits = number * (read + train)
        starts = {
            4: waits,
            3: waits + read,
            1: [0, read, read + train][number],  # one batch ahead
            0: read + number * train,
        }
        for row, left in starts.items():
            reads = row in (4, 1)
            length = read if reads else train
            color = BLUE if reads else VERMILLION
            ax.barh(row, length, left=left, color=color, edgecolor="white")
            ax.text(left + length / 2, row, str(number + 1), **words)
    ax.set_yticks([0, 1, 3, 4], ["train", "read", "train", "read"])
    ax.set(xlabel="time", xticks=[])
    ax.text(0.1, 4.6, "one after the other", fontsize=12)
    ax.text(
        0, 1.6, "with prefetch: the next batch is read during training", fontsize=12
    )
    ax.set_ylim(-0.6, 5.1)
    return ax


def draw_workers(*, ax: Axes | None = None) -> Axes:
    """Draw a training step of two workers that share a batch.

    Args:
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = draw_workers()
        >>> [text.get_text() for text in ax.texts].count("equal weights")
        2
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.4, 4.6))
    box = {"boxstyle": "round", "facecolor": "white"}
    words = {"ha": "center", "va": "center", "fontsize": 12}
    line = {"arrowstyle": "-|>", "color": "0.3", "shrinkA": 12}
    rows = ["equal weights", "gradient of\nits own half", "the same step"]
    ax.text(1, 4, "batch of 256 images", bbox=box | {"edgecolor": "0.6"}, **words)
    for x, color, name in [(0, BLUE, "worker 0"), (2, VERMILLION, "worker 1")]:
        edge = box | {"edgecolor": color}
        ax.text(x, 3.35, f"{name}: 128 images", color=color, **words)
        for y, text in zip([2.7, 1.75, 0], rows, strict=True):
            ax.text(x, y, text, bbox=edge, **words)
        ways = [((1, 4), (x, 3.35)), ((x, 2.7), (x, 1.75)), ((x, 1.75), (1, 0.85))]
        for begin, end in [*ways, ((1, 0.85), (x, 0))]:
            space = {"shrinkB": {3.35: 15, 1.75: 26, 0.85: 52}.get(end[1], 28)}
            ax.annotate("", xy=end, xytext=begin, arrowprops=line | space, zorder=1)
    average = "average of both\n(all-reduce)"
    ax.text(1, 0.85, average, bbox=box | {"edgecolor": GREEN}, **words)
    ax.set(xlim=(-0.9, 2.9), ylim=(-0.3, 4.3))
    ax.set_axis_off()
    return ax


def draw_cloud(
    points: np.ndarray, *, color: str = BLUE, mark: str = "o", ax: Axes | None = None
) -> Axes:
    """Draw points in the plane with their centre and the ellipse of their covariance.

    The ellipse is a circle of radius 2, turned and stretched by the root of the
    covariance matrix.

    Args:
        points: floats (n, 2), n of 3 or more.
        color: of points, ellipse and centre.
        mark: of a point, a Matplotlib marker.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = draw_cloud(np.random.default_rng(0).normal(size=(50, 2)))
        >>> len(ax.lines)  # points, ellipse, centre
        3
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(3, 3))
    values, vectors = np.linalg.eigh(np.cov(points, rowvar=False))
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    angle = np.linspace(0, 2 * np.pi, 100)
    circle = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    center = points.mean(axis=0)
    ax.plot(*points.T, mark, color=color, alpha=0.3, markersize=4)
    ax.plot(*(center + circle @ root).T, color=color, linewidth=2.5)
    ax.plot(*center, "*", color=color, markersize=16, markeredgecolor="white")
    ax.set(aspect="equal", xticks=[], yticks=[])
    return ax


def draw_balls(
    points: np.ndarray,
    inside: np.ndarray,
    region: np.ndarray,
    radii: np.ndarray,
    *,
    colors: tuple[str, str] = (VERMILLION, BLUE),
    ax: Axes | None = None,
) -> Axes:
    """Draw a region of balls in the plane, and points inside and outside of it.

    Args:
        points: floats (n, 2).
        inside: bools (n,): a disc where True, a cross where False.
        region: floats (m, 2), the centres of the balls, drawn as dots.
        radii: floats (m,), 0 or above.
        colors: of the points, and of the balls.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> dots, inside = np.array([[0.5, 0], [3, 0]]), np.array([True, False])
        >>> ax = draw_balls(dots, inside, np.zeros((1, 2)), np.ones(1))
        >>> len(ax.patches), [text.get_text() for text in ax.get_legend().get_texts()]
        (1, ['inside', 'outside'])
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.6, 3))
    color, ball_color = colors
    for center, radius in zip(region, radii, strict=True):
        ax.add_patch(plt.Circle(center, radius, color=ball_color, alpha=0.12))
    ax.plot(*region.T, ".", color=ball_color, markersize=5)
    for mark, chosen, label in (("o", inside, "inside"), ("x", ~inside, "outside")):
        style = {"color": color, "markersize": 7, "markeredgewidth": 2, "label": label}
        ax.plot(*points[chosen].T, mark, **style)
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.legend(loc="upper right")
    return ax


def draw_bottleneck(
    image: np.ndarray, code: np.ndarray, picture: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    r"""Draw an autoencoder: a digit, its code in the narrow place, the digit again.

    Args:
        image: floats (28, 28) in [0, 1], what goes in.
        code: a few numbers, (n,), written one below the other.
        picture: floats (28, 28) in [0, 1], what comes out.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> digit = np.zeros((28, 28))
        >>> ax = draw_bottleneck(digit, np.array([1.5, -0.25]), digit)
        >>> [text.get_text() for text in ax.texts][:3]
        ['encoder', 'decoder', '1.5\n−0.25']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.6, 2.4))
    for left, right, color in ((1.1, 2.4, BLUE), (4.7, 3.4, VERMILLION)):
        middle = (left + right) / 2
        ends = [(left, -0.5), (left, 0.5), (right, 0.2), (right, -0.2)]
        ax.add_patch(plt.Polygon(ends, facecolor="white", edgecolor=color, lw=2))
        name = "encoder" if left < right else "decoder"
        ax.text(middle, 0, name, fontsize=13, ha="center", va="center", color=color)
    numbers = "\n".join(f"{value:.3g}".replace("-", "−") for value in code)
    ax.text(2.9, 0, numbers, fontsize=14, ha="center", va="center")
    below = {"y": -0.55, "fontsize": 12, "ha": "center", "va": "top"}
    ax.text(2.9, s=f"code:\n{len(code)} numbers", **below)
    for left, shown in ((0, image), (4.8, picture)):
        extent = (left, left + 1, -0.5, 0.5)
        ax.imshow(shown, cmap="gray", vmin=0, vmax=1, extent=extent)
        ax.text(left + 0.5, s="784 pixels", **below)
    ax.set(xlim=(-0.05, 5.85), ylim=(-1.1, 0.6), aspect="equal")
    ax.set_axis_off()
    return ax


def draw_reparameterization(*, ax: Axes | None = None) -> Axes:
    """Draw how a variational autoencoder draws z, and where the gradient flows back.

    Args:
        ax: where to draw; a new figure by default.

    Returns:
        The axes: solid arrows go forward, dashed vermillion ones back; the noise comes
        from outside and has none. Beside it, the cloud and the point drawn from it.

    Example:
        >>> ax = draw_reparameterization()
        >>> "noise" in [text.get_text() for text in ax.texts]
        True
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.4, 5))
    places = {
        "digit": (1, 5),
        "encoder": (1, 4),
        "mean": (0.4, 3),
        "spread": (1.6, 3),
        "noise": (2.9, 3),
        "z = mean + spread · noise": (1, 2),
        "decoder": (1, 1),
        "picture": (1, 0),
    }
    names, forward = list(places), {"arrowstyle": "-|>", "color": "0.3"}
    back = {"arrowstyle": "-|>", "color": VERMILLION, "linestyle": "--", "lw": 1.8}
    space = {"shrinkA": 16, "shrinkB": 16}
    for begin, end in [(0, 1), (1, 2), (1, 3), (2, 5), (3, 5), (4, 5), (5, 6), (6, 7)]:
        (x0, y0), (x1, y1) = places[names[begin]], places[names[end]]
        both = ((x0 - 0.08, y0), (x1 - 0.08, y1)), ((x1 + 0.08, y1), (x0 + 0.08, y0))
        ways = [forward] if names[begin] in ("digit", "noise") else [forward, back]
        space["shrinkB"] = 38 if names[begin] == "noise" else 16  # a wide box
        for (tail, head), way in zip(both, ways, strict=False):
            ax.annotate("", xy=head, xytext=tail, arrowprops=way | space)
    box = {"boxstyle": "round", "facecolor": "white", "edgecolor": "0.6"}
    for name, (x, y) in places.items():
        ax.text(x, y, name, bbox=box, fontsize=13, ha="center", va="center")
    words = {"fontsize": 11, "ha": "center", "va": "center"}
    ax.text(2.9, 3.55, "from outside:\nno gradient", **words)
    ax.text(-0.15, 1.5, "dashed:\ngradient", color=VERMILLION, **words)
    center, drawn = np.array([2.9, 0.7]), np.array([3.15, 1.05])
    for radius in (0.3, 0.6):
        ax.add_patch(plt.Circle(center, radius, color=BLUE, alpha=0.18))
    ax.plot(*center, "*", color=BLUE, markersize=13)
    ax.plot(*drawn, "x", color=BLACK, markersize=9, markeredgewidth=2)
    ax.text(*center - [0, 0.25], "mean", color=BLUE, **words)
    ax.text(*drawn + [0.12, 0.08], "z", fontsize=12)
    ax.text(2.9, -0.1, "the cloud", **words)
    ax.set(xlim=(-0.6, 3.65), ylim=(-0.3, 5.3), aspect="equal")
    ax.set_axis_off()
    return ax


def _draw_table(ax, table, place, color=BLACK, dash="-", size=15) -> None:
    """Write numbers into boxes; place is the left and the low end of the first."""
    style = {"fill": False, "edgecolor": color, "linestyle": dash, "linewidth": 1.5}
    words = {"color": color, "ha": "center", "va": "center", "fontsize": size}
    for (row, column), value in np.ndenumerate(table):
        left, low = place[0] + column, place[1] - row
        ax.add_patch(plt.Rectangle((left, low), 0.9, 0.9, **style))
        ax.text(left + 0.45, low + 0.42, f"{value:g}", **words)


def _write_numbers(values, ax, *, title, frame=None) -> None:
    """Draw a small matrix with its numbers, white where 0, and a frame in it."""
    span = max(float(np.abs(values).max()), 1e-9)
    ax.imshow(values, cmap="RdBu_r", vmin=-1.6 * span, vmax=1.6 * span)
    for (r, c), value in np.ndenumerate(values):
        text = f"{value:.3g}".replace("-", "−")
        ax.text(c, r, text, ha="center", va="center", fontsize=12)
    ax.set_xticks(np.arange(values.shape[1] + 1) - 0.5)
    ax.set_yticks(np.arange(values.shape[0] + 1) - 0.5)
    ax.grid(color="0.7")
    ax.tick_params(length=0, labelbottom=False, labelleft=False)
    ax.spines[:].set(visible=True, color="0.7")
    if frame:
        r, c, side = frame
        box = plt.Rectangle((c - 0.5, r - 0.5), side, side, fill=False, lw=4)
        box.set_zorder(3)  # above the lines of the grid
        ax.add_patch(box)
    ax.set_title(title)
