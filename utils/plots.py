"""Plot digits and curves, in one style for all lessons.

The colours are from Okabe and Ito's palette, which survives colour blindness
(https://jfly.uni-koeln.de/color/); a mark or a dash always says the same again.
"""

import io
import math
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from PIL import Image

BLUE = "#0072B2"  # training, right, real
VERMILLION = "#D55E00"  # validation, wrong, fake
GREEN = "#009E73"
BLACK = "#000000"
COLORS = [BLUE, VERMILLION, GREEN, BLACK]
FILM_FRAMES = 10  # of `points_animation`, about
NEIGHBORS = 50  # that `plot_plane` asks for their class


def use_style() -> None:
    """Set Matplotlib's defaults to the course's: sizes, colours, no boxes.

    Example:
        >>> use_style()
        >>> plt.rcParams["figure.dpi"]
        100.0
    """
    plt.rcParams.update(
        {
            "figure.dpi": 100,
            "savefig.dpi": 100,
            "figure.figsize": (7, 3.5),
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": plt.cycler(color=COLORS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": False,
            "axes.titlesize": 11,
            "font.size": 10,
            "image.cmap": "gray",
            "legend.frameon": False,
        }
    )


def show_digits(
    images: np.ndarray,
    labels: Sequence | None = None,
    predictions: Sequence | None = None,
    *,
    columns: int = 10,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a grid of digits in one set of axes and return the axes.

    Args:
        images: (n, height, width) or (n, height, width, 1); uint8 in 0...255, or
            float in 0...1 (values beyond are drawn as black or white).
        labels: n texts or numbers, written above each digit.
        predictions: n answers; where one differs from its label, both are written,
            with a cross and in vermillion.
        columns: digits a row.
        title: above the grid.
        ax: where to draw; a new figure of fitting size by default.

    Raises:
        ValueError: images of another shape, no images, or labels of another length.

    Example:
        >>> ax = show_digits(np.zeros((3, 28, 28)), labels=[7, 2, 1])
        >>> [text.get_text() for text in ax.texts]
        ['7', '2', '1']
        >>> plt.close()
    """
    images = _as_gray(images)
    for name, texts in (("labels", labels), ("predictions", predictions)):
        if texts is not None and len(texts) != len(images):
            raise ValueError(f"{len(texts)} {name} for {len(images)} images")
    count, height, width = images.shape
    columns = min(columns, count)
    gap, head = max(1, width // 14), 0 if labels is None else round(height * 0.4)
    sheet = _sheet(images, columns, gap, head)
    if ax is None:
        size = 0.7 * columns
        ratio = sheet.shape[0] / sheet.shape[1]
        _, ax = plt.subplots(figsize=(size, size * ratio + bool(title) * 0.3))
    for i in range(count if labels is not None else 0):
        text, color = _caption(labels[i], predictions, i)
        ax.text(
            (i % columns) * (width + gap) + width / 2,
            (i // columns) * (head + height + gap) + head - 1 - height / 28,
            text,
            color=color,
            ha="center",
            va="bottom",
            fontsize=9,
        )
    ax.imshow(sheet, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    if title:
        ax.set_title(title)
    return ax


def show_image(
    image: np.ndarray,
    *,
    numbers: bool = False,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one image, if wished with the value written in every pixel.

    Args:
        image: (height, width), uint8 in 0...255 or float in 0...1.
        numbers: write the values, floats with one decimal.
        title: above the image.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Raises:
        ValueError: an image of another shape.

    Example:
        >>> ax = show_image(np.eye(3), numbers=True)
        >>> len(ax.texts)
        9
        >>> plt.close()
    """
    if np.ndim(image) != 2:
        raise ValueError(
            f"an image of shape {np.shape(image)}; (height, width) is allowed"
        )
    gray = _as_gray(np.asarray(image)[None])[0]
    if ax is None:
        side = 3 if not numbers else max(3, 0.27 * max(gray.shape))
        _, ax = plt.subplots(figsize=(side, side + bool(title) * 0.3))
    ax.imshow(gray, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="0.7")  # a white image needs a border
    if title:
        ax.set_title(title)
    if numbers:
        whole = np.issubdtype(np.asarray(image).dtype, np.integer)
        size = 12 if max(gray.shape) <= 8 else 6
        for (row, column), value in np.ndenumerate(image):
            ax.text(
                column,
                row,
                f"{value}" if whole else f"{value:.1f}",
                color="black" if gray[row, column] > 0.5 else "white",
                ha="center",
                va="center",
                fontsize=size,
            )
    return ax


def show_photos(
    photos: np.ndarray, titles: Sequence[str] | None = None, *, columns: int = 5
) -> None:
    """Draw photos in colour, in rows.

    Args:
        photos: (n, height, width, 3) from 0 to 255, whole numbers or floats.
        titles: n texts, one above each.
        columns: photos per row.

    Example:
        >>> show_photos(np.zeros((3, 8, 8, 3)), ["a", "b", "c"], columns=3)
        >>> [ax.get_title() for ax in plt.gcf().axes]
        ['a', 'b', 'c']
        >>> plt.close()
    """
    rows = math.ceil(len(photos) / columns)
    height = 6.2 / columns + (0.3 if titles is not None else 0.05)
    _, axes = plt.subplots(rows, columns, figsize=(6.2, rows * height), squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for number, (ax, photo) in enumerate(zip(axes.flat, photos, strict=False)):
        ax.imshow(np.clip(np.rint(photo), 0, 255).astype(np.uint8))
        if titles is not None:
            ax.set_title(str(titles[number]), fontsize=11)


def plot_history(
    history: Mapping[str, Sequence[float]],
    metric: str = "loss",
    *,
    label: str = "",
    color: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot a metric over the epochs: training solid, validation dashed.

    Args:
        history: `fit(...).history`, one list a metric with one value an epoch.
        metric: its name; "val_" + metric is drawn too where it is there.
        label: put before "training" and "validation" in the legend.
        color: of both curves; blue and vermillion by default.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Raises:
        KeyError: the history holds no such metric.

    Example:
        >>> ax = plot_history({"loss": [0.5, 0.2], "val_loss": [0.4, 0.3]})
        >>> [line.get_label() for line in ax.get_lines()]
        ['training', 'validation']
        >>> plt.close()
    """
    if metric not in history:
        raise KeyError(f"no {metric!r} in this history; it holds {sorted(history)}")
    if ax is None:
        _, ax = plt.subplots()
    epochs = np.arange(1, len(history[metric]) + 1)
    marker = "o" if len(epochs) == 1 else ""  # a line needs two points to be seen
    name = f"{label} training".strip()
    ax.plot(epochs, history[metric], marker + "-", color=color or BLUE, label=name)
    validation = history.get("val_" + metric)
    if validation is not None:
        name = f"{label} validation".strip()
        style = {"color": color or VERMILLION, "label": name}
        ax.plot(epochs, validation, marker + "--", **style)
    ax.set(xlabel="epoch", ylabel=metric)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return ax


def plot_probs(
    probs: np.ndarray,
    label: int | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the ten class probabilities of one image as bars.

    Args:
        probs: (10,) floats in 0...1.
        label: the true class; its bar is blue and starred, all others vermillion.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = plot_probs(np.full(10, 0.1), label=3)
        >>> len(ax.patches)
        10
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(4.5, 2.5))
    classes = np.arange(len(probs))
    ax.bar(classes, probs, color=[BLUE if c == label else VERMILLION for c in classes])
    names = [f"{c}\n★" if c == label else str(c) for c in classes]
    ax.set_xticks(classes, names)
    ax.set(xlabel="class" + ("" if label is None else " (★ true)"))
    ax.set(ylabel="probability", ylim=(0, 1))
    return ax


def heatmap(
    values: np.ndarray,
    *,
    signed: bool = False,
    numbers: str | None = None,
    title: str | None = None,
    colorbar: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw a matrix in colours that keep their order in greyscale.

    Args:
        values: (rows, columns) floats.
        signed: centre the colours on 0: blue below, red above.
        numbers: a format such as ".2f"; writes each value into its cell.
        title: above the map.
        colorbar: draw the scale beside it.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = heatmap(np.array([[-1.0, 2.0]]), signed=True)
        >>> ax.images[0].get_clim()
        (-2.0, 2.0)
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(4.5, 3.8))
    span = float(np.nanmax(np.abs(values))) or 1.0
    limits = {"vmin": -span, "vmax": span} if signed else {}
    image = ax.imshow(values, cmap="RdBu_r" if signed else "viridis", **limits)
    if title:
        ax.set_title(title)
    if colorbar:
        ax.figure.colorbar(image, ax=ax, shrink=0.8)
    if numbers:
        for (row, column), value in np.ndenumerate(values):
            red, green, blue, _ = image.cmap(image.norm(value))
            bright = 0.3 * red + 0.6 * green + 0.1 * blue > 0.5
            style = {"fontsize": 8, "color": "black" if bright else "white"}
            text = format(value, numbers)
            ax.text(column, row, text, ha="center", va="center", **style)
    return ax


def animation(
    frames: Sequence[np.ndarray], *, columns: int = 10, milliseconds: int = 500
) -> bytes:
    r"""Return an animated PNG that shows grids of digits one after the other.

    Browsers, JupyterLab and exported pages play it without a network or JavaScript.

    Args:
        frames: one array of images each, as in `show_digits`, all of one shape.
        columns: digits a row.
        milliseconds: that each frame stays, 10 or more.

    Returns:
        The bytes of a PNG file; `IPython.display.Image(..., format="png")` shows it.
        16 shades of grey keep it small.

    Raises:
        ValueError: no frames, frames of different shapes, no columns, or too short a
            time.

    Example:
        >>> data = animation([np.zeros((4, 28, 28)), np.ones((4, 28, 28))], columns=2)
        >>> data[:4], b"acTL" in data  # the mark of an animated PNG
        (b'\x89PNG', True)
    """
    frames = [_as_gray(images) for images in frames]
    shapes = {frame.shape for frame in frames}
    if len(shapes) != 1 or columns < 1 or milliseconds < 10:
        raise ValueError(
            f"frames of shapes {sorted(shapes)}, {columns} columns, {milliseconds} ms "
            "each; one or more frames, all of one shape, 1 column or more and 10 ms or "
            "more are allowed"
        )
    pictures = []
    for frame in frames:
        sheet = _sheet(frame.clip(0, 1), min(columns, len(frame)))
        gray = np.rint(15 * np.nan_to_num(sheet)) * 17  # 16 shades
        pictures.append(Image.fromarray(gray.astype("uint8")))
    return _film(pictures, milliseconds)


def _film(pictures: list, milliseconds: int | list[int]) -> bytes:
    """Return an animated PNG of Pillow's pictures, which plays for ever."""
    file = io.BytesIO()
    options = {"format": "PNG", "save_all": True, "append_images": pictures[1:]}
    pictures[0].save(file, duration=milliseconds, loop=0, **options)
    return file.getvalue()


def _sheet(images: np.ndarray, columns: int, gap: int = 0, head: int = 0):
    """Images (n, height, width) in rows, NaN between them, `head` above each."""
    around = [(0, 0), (head, gap), (0, gap)]
    images = np.pad(images, around, constant_values=np.nan)
    missing = [(0, -len(images) % columns), (0, 0), (0, 0)]
    images = np.pad(images, missing, constant_values=np.nan)
    rows = [np.hstack(row) for row in images.reshape(-1, columns, *images.shape[1:])]
    return np.vstack(rows)[:, : -gap or None]


def _as_gray(images) -> np.ndarray:
    """Images of any kind this course uses as float (n, height, width) in 0...1."""
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or not len(images):
        raise ValueError(
            f"images of shape {images.shape}; (n, height, width) or "
            "(n, height, width, 1) with n of 1 or more is allowed"
        )
    scale = 255 if images.dtype == np.uint8 else 1
    return images.astype(float) / scale


def _caption(label, predictions, i) -> tuple[str, str]:
    if predictions is None:
        return str(label), BLACK
    if predictions[i] == label:
        return f"{label} ✓", BLUE
    return f"{label}→{predictions[i]} ✗", VERMILLION


def plot_landscape(
    loss, path: np.ndarray, *, title: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw a walk on a loss of two parameters, seen from above.

    Args:
        loss: a function of two arrays, w and b, that gives the loss at each place.
        path: floats (steps + 1, 2), the places (w, b) in their order.
        title: above the landscape.
        ax: where to draw; a new figure by default.

    Returns:
        The axes: w from -3 to 7, b from -3 to 6, dark where the loss is low, a star at
        the lowest place.

    Example:
        >>> ax = plot_landscape(lambda w, b: w**2 + b**2, np.array([[3, 3], [1, 1]]))
        >>> ax.get_xlabel(), len(ax.lines)
        ('w', 2)
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(4, 3.5))
    w, b = np.meshgrid(np.linspace(-3, 7, 99), np.linspace(-3, 6, 99))
    values = loss(w, b)
    lowest = np.unravel_index(values.argmin(), values.shape)
    ax.contourf(w, b, np.log10(values + 0.01), 12, cmap="cividis")
    ax.plot(path[:, 0], path[:, 1], "o-", color="white", markersize=4)
    star = {"markersize": 15, "color": VERMILLION, "markeredgecolor": "white"}
    ax.plot(w[lowest], b[lowest], "*", **star)
    ax.set(title=title, xlabel="w", ylabel="b", xlim=(-3, 7), ylim=(-3, 6))
    return ax


def plot_spread(
    groups: Mapping[str, Sequence[float]], *, xlabel: str, ax: Axes | None = None
) -> Axes:
    """Draw a bar for each group's mean and a dot for each of its runs.

    Args:
        groups: the results of the runs by the group's name, drawn from the top down.
        xlabel: what was measured.
        ax: where to draw; a new figure of fitting height by default.

    Returns:
        The axes.

    Example:
        >>> ax = plot_spread({"a": [1.0, 3.0], "b": [2.0, 2.5]}, xlabel="loss")
        >>> [float(bar.get_width()) for bar in ax.patches]
        [2.0, 2.25]
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.6, 0.7 + 0.4 * len(groups)))
    names = list(groups)
    ax.barh(names, [float(np.mean(groups[name])) for name in names], color="0.8")
    for name in names:
        ax.plot(groups[name], [name] * len(groups[name]), "o", color=VERMILLION)
    ax.invert_yaxis()
    ax.set_xlabel(xlabel)
    return ax


def plot_hills(
    values: np.ndarray,
    labels: np.ndarray,
    *,
    border: float | None = None,
    xlabel: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw the histogram of a measurement for each of two classes.

    Args:
        values: floats (n,).
        labels: their classes (n,), of two kinds; the second is hatched.
        border: where to draw a dashed line; none by default.
        xlabel: what was measured.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = plot_hills(np.array([0.1, 0.3]), np.array([4, 9]), xlabel="ink")
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['4', '9']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 2.8))
    bins = np.linspace(values.min(), values.max(), 51)
    looks = [{"color": BLUE}, {"color": GREEN, "hatch": "//"}]
    for name, look in zip(np.unique(labels), looks, strict=True):
        ax.hist(values[labels == name], bins, alpha=0.6, label=str(name), **look)
    if border is not None:
        ax.axvline(border, color=BLACK, linestyle="--", label="border")
    ax.set(xlabel=xlabel, ylabel="images")
    ax.legend()
    return ax


def plot_intervals(
    intervals: Sequence[tuple[float, float]], truth: float, *, ax: Axes | None = None
) -> Axes:
    """Draw intervals one above the other, and mark those that miss the truth.

    Args:
        intervals: (low, high) of each, as fractions; drawn in percent.
        truth: what they ought to hold, a fraction.
        ax: where to draw; a new figure by default.

    Returns:
        The axes: an interval that misses is dashed, crossed and vermillion.

    Example:
        >>> ax = plot_intervals([(0.8, 0.9), (0.9, 0.95)], truth=0.85)
        >>> [line.get_marker() for line in ax.lines]
        ['None', 'x', 'None']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.6, 4.4))
    holds = {"color": BLUE, "linestyle": "-"}
    misses = {"color": VERMILLION, "linestyle": "--", "marker": "x"}
    for row, (low, high) in enumerate(intervals):
        style = holds if low <= truth <= high else misses
        ax.plot([100 * low, 100 * high], [row, row], linewidth=2, **style)
    ax.axvline(100 * truth, color=BLACK, linestyle=":", linewidth=2)
    ax.set(xlabel="accuracy (%)", ylabel="tester", title="dotted: the truth")
    return ax


def plot_fields(
    counts: Sequence[int], names: tuple[str, str], *, ax: Axes | None = None
) -> Axes:
    """Draw how often two models are right, as four fields of a square.

    Args:
        counts: images that both read right, only the first, only the second, none.
        names: of the two models.
        ax: where to draw; a new figure by default.

    Returns:
        The axes; the two fields where the models differ are coloured.

    Example:
        >>> ax = plot_fields([90, 5, 3, 2], ("cnn", "dense"))
        >>> ax.texts[1].get_text().split()
        ['only', 'cnn', '5']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(3, 2.6))
    words = ["both right", f"only {names[0]}", f"only {names[1]}", "both wrong"]
    colors = ["0.92", "#a6d3ec", "#f7c9a3", "0.92"]  # pale blue and vermillion
    for i, (word, count, color) in enumerate(zip(words, counts, colors, strict=True)):
        x, y = i % 2, 1 - i // 2
        ax.add_patch(plt.Rectangle((x, y), 1, 1, facecolor=color, edgecolor="white"))
        style = {"ha": "center", "va": "center", "fontsize": 12}
        ax.text(x + 0.5, y + 0.5, f"{word}\n{count:,}", **style)
    ax.set(xlim=(0, 2), ylim=(0, 2), title=f"{sum(counts):,} images")
    ax.set_axis_off()
    return ax


def plot_reliability(
    table: np.ndarray, *, at_least: int = 20, title: str = "", ax: Axes | None = None
) -> Axes:
    """Draw accuracy against confidence, with the line where both are equal.

    Args:
        table: (bins, 3): mean confidence, accuracy and number of answers of each bin.
        at_least: leave out bins with fewer answers.
        title: above the diagram.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> table = np.array([[0.5, 0.4, 3], [0.8, 0.6, 50], [0.95, 0.9, 100]])
        >>> len(plot_reliability(table).lines[1].get_xdata())
        2
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(3.4, 3.4))
    enough = table[table[:, 2] >= at_least]
    ax.plot([0, 1], [0, 1], ":", color=BLACK)
    ax.plot(enough[:, 0], enough[:, 1], "o-", color=BLUE)
    ax.text(0.97, 0.06, "too sure", ha="right", transform=ax.transAxes)
    ax.text(0.03, 0.92, "too modest", transform=ax.transAxes)
    ax.set(xlabel="mean confidence", ylabel="accuracy", title=title)
    ax.set(xlim=(0, 1.03), ylim=(0, 1.03))
    return ax


def plot_draws(
    x: Sequence,
    groups: Mapping[str, Sequence[Sequence[float]]],
    *,
    xlabel: str,
    ylabel: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw a line through each group's means and a mark for each of its draws.

    Args:
        x: places of the groups' values, numbers or names.
        groups: by the group's name, for each place the values of its draws; up to four
            groups.
        xlabel: what changes along the axis.
        ylabel: what was measured.
        ax: where to draw; a new figure by default.

    Returns:
        The axes.

    Example:
        >>> ax = plot_draws([1, 2], {"a": [[1, 3], [2, 4]]}, xlabel="n", ylabel="y")
        >>> ax.lines[0].get_ydata().tolist()
        [2.0, 3.0]
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.6, 3))
    styles = zip(COLORS, ["-", "--", ":", "-."], ["o", "x", "s", "^"], strict=True)
    for name, (color, dash, mark) in zip(groups, styles, strict=False):
        values = groups[name]
        means = [float(np.mean(draws)) for draws in values]
        ax.plot(x, means, dash, color=color)
        for draws, place in zip(values, x, strict=True):
            ax.plot([place] * len(draws), draws, mark, color=color, markersize=5)
        ax.plot([], [], mark + dash, color=color, label=name)  # both in the legend
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.legend()
    return ax


def plot_forecast(
    sizes: Sequence[int],
    errors: np.ndarray,
    ends: Sequence[float],
    size: int,
    interval: tuple[float, float],
    measured: float,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw errors of small trainings, their line, and what came of a larger one.

    Args:
        sizes: images of the small trainings (n,).
        errors: floats (n, runs) above 0, as fractions; drawn in percent.
        ends: the line's errors at the first of the sizes and at the larger one.
        size: images of the larger training.
        interval: (low, high), announced for it.
        measured: its error.
        ax: where to draw; a new figure by default.

    Returns:
        The axes, logarithmic both ways.

    Example:
        >>> errors = np.array([[0.2, 0.21], [0.1, 0.11]])
        >>> ax = plot_forecast([10, 20], errors, (0.2, 0.05), 40, (0.04, 0.06), 0.05)
        >>> ax.get_xscale(), [text.get_text() for text in ax.get_xticklabels()]
        ('log', ['10', '20', '40'])
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(5.6, 3.4))
    ax.set(xscale="log", yscale="log", xlabel="images", ylabel="error (%)")
    bar = {"color": "0.75", "linewidth": 9, "solid_capstyle": "butt"}
    ax.plot([size] * 2, 100 * np.array(interval), label="announced", **bar)
    ax.plot([sizes[0], size], 100 * np.array(ends), "--", color=BLACK, label="line")
    places = np.repeat(sizes, errors.shape[1])
    ax.plot(places, 100 * errors.ravel(), "o", color=BLUE, label="small trainings")
    star = {"markersize": 10, "color": VERMILLION, "label": "measured afterwards"}
    ax.plot(size, 100 * measured, "*", **star)
    ax.minorticks_off()
    ax.set_xticks([*sizes, size], [f"{n:,}" for n in [*sizes, size]])
    values = [*errors.ravel(), *interval, measured]
    low, high = 100 * min(values), 100 * max(values)
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50) if low < tick < high]
    ax.set_yticks(ticks, [str(tick) for tick in ticks])
    ax.legend(loc="lower left", fontsize=9)
    return ax


def plot_points(
    real: np.ndarray,
    fake: np.ndarray,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw real and generated points of the plane in one square.

    Args:
        real: floats (n, 2), drawn as blue crosses.
        fake: floats (m, 2); the first 300 are drawn as vermillion dots on top.
        title: above the square.
        ax: where to draw; a new figure by default.

    Returns:
        The axes, from -3 to 3 both ways.

    Example:
        >>> ax = plot_points(np.zeros((5, 2)), np.ones((3, 2)))
        >>> [line.get_label() for line in ax.lines]
        ['real', 'fake']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(3.5, 3.5))
    ax.plot(real[:, 0], real[:, 1], "x", color=BLUE, markersize=5, label="real")
    dots = {"color": VERMILLION, "markersize": 3, "label": "fake"}
    ax.plot(fake[:300, 0], fake[:300, 1], ".", **dots)
    ax.set(title=title, xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[], aspect=1)
    ax.spines[:].set(visible=True, color="0.7")
    return ax


def plot_points_row(
    real: np.ndarray, frames: Mapping[int, np.ndarray], *, columns: int = 3
) -> None:
    """Draw real and generated points after some of the steps of a training.

    Args:
        real: floats (n, 2).
        frames: generated points (m, 2) by the number of steps, in order.
        columns: panels in each of the two rows; they are chosen at even distances.

    Example:
        >>> plot_points_row(np.zeros((5, 2)), {0: np.ones((3, 2)), 9: np.ones((3, 2))})
        >>> [ax.get_title() for ax in plt.gcf().axes]
        ['0 steps', '0 steps', '0 steps', '9 steps', '9 steps', '9 steps']
        >>> plt.close()
    """
    size = 5.6, 5.6 * 2 / columns + 0.4
    _, axes = plt.subplots(2, columns, figsize=size)
    chosen = np.rint(np.linspace(0, len(frames) - 1, axes.size)).astype(int)
    for ax, step in zip(axes.flat, np.array(list(frames))[chosen], strict=True):
        plot_points(real, frames[step], title=f"{step:,} steps", ax=ax)
    style = {"frameon": True, "handletextpad": 0, "borderpad": 0.2, "fontsize": 9}
    axes[0, 0].legend(loc="upper left", markerscale=2, **style)


def points_animation(
    real: np.ndarray, frames: Mapping[int, np.ndarray], *, milliseconds: int = 300
) -> bytes:
    r"""Return an animated PNG of generated points as training goes on.

    Args:
        real: floats (n, 2).
        frames: generated points (m, 2) by the number of steps, in order.
        milliseconds: that each frame stays, 10 or more; the last one, which also comes
            first, stays ten times as long.

    Returns:
        The bytes of a PNG file, as `animation` returns them. About 10 frames and 13
        colours keep it small.

    Example:
        >>> frames = {0: np.ones((3, 2)), 9: np.eye(2)}
        >>> data = points_animation(np.zeros((5, 2)), frames)
        >>> data[:4], b"acTL" in data
        (b'\x89PNG', True)
    """
    steps = list(frames)[:: max(1, len(frames) // FILM_FRAMES)]
    order = [list(frames)[-1], *steps]  # the last first: a still shows the goal
    pictures = []
    for step in order:
        figure, ax = plt.subplots(figsize=(2.8, 3))
        plot_points(real, frames[step], title=f"{step:,} steps", ax=ax)
        file = io.BytesIO()
        figure.savefig(file, format="png")
        plt.close(figure)
        pictures.append(Image.open(file).convert("RGB"))
    shades = np.array([to_rgb(color) for color in (BLACK, BLUE, VERMILLION)])
    paler = [1 - part * (1 - shades) for part in (1, 0.75, 0.5, 0.25)]
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.uint8(255 * np.vstack([*paler, np.ones(3)])).ravel().tolist())
    pictures = [one.quantize(palette=palette, dither=0) for one in pictures]
    return _film(pictures, [10 * milliseconds] + [milliseconds] * len(steps))


def plot_game(curves: Mapping[int, Mapping[str, float]]) -> None:
    """Plot a GAN's losses and its discriminator's accuracies, side by side.

    Args:
        curves: by the number of steps, what `plot_losses` and `plot_accuracies` take.

    Example:
        >>> names = ["d_loss", "g_loss", "real_accuracy", "fake_accuracy"]
        >>> plot_game({0: dict.fromkeys(names, 0.5)})
        >>> [ax.get_ylabel() for ax in plt.gcf().axes]
        ['loss', 'accuracy']
        >>> plt.close()
    """
    _, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.6))
    plot_losses(curves, ax=left)
    plot_accuracies(curves, ax=right)


def plot_losses(
    curves: Mapping[int, Mapping[str, float]],
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the losses of a GAN's two players, and what they are if D only guesses.

    Args:
        curves: by the number of steps, "d_loss" and "g_loss".
        title: above the curves.
        ax: where to draw; a new figure by default.

    Returns:
        The axes. Grey lines: 2 ln 2 for the discriminator, ln 2 for the generator.

    Example:
        >>> ax = plot_losses({0: {"d_loss": 1.4, "g_loss": 0.7}})
        >>> [text.get_text() for text in ax.texts]
        ['2 ln 2', 'ln 2']
        >>> plt.close()
    """
    names = ["d_loss", "g_loss"]
    lines = {"2 ln 2": 2 * np.log(2), "ln 2": np.log(2)}
    return _plot_players(curves, names, lines, "loss", title, ax)


def plot_accuracies(
    curves: Mapping[int, Mapping[str, float]],
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot how often a GAN's discriminator is right on real and on fake data.

    Args:
        curves: by the number of steps, "real_accuracy" and "fake_accuracy".
        title: above the curves.
        ax: where to draw; a new figure by default.

    Returns:
        The axes, from 0 to 1, with a grey line at 0.5.

    Example:
        >>> ax = plot_accuracies({0: {"real_accuracy": 0.9, "fake_accuracy": 0.6}})
        >>> [line.get_label() for line in ax.lines][:2]
        ['real_accuracy', 'fake_accuracy']
        >>> plt.close()
    """
    names = ["real_accuracy", "fake_accuracy"]
    ax = _plot_players(curves, names, {"guessing\n= 0.5": 0.5}, "accuracy", title, ax)
    ax.set_ylim(0, 1.05)
    return ax


def _plot_players(curves, names, lines, ylabel, title, ax) -> Axes:
    """Plot two curves, solid and dashed, and named reference lines."""
    if ax is None:
        _, ax = plt.subplots()
    steps = list(curves)
    marker = "o" if len(steps) == 1 else ""  # a line needs two points to be seen
    for name, style, color in zip(names, ["-", "--"], [BLUE, VERMILLION], strict=True):
        values = [float(curves[step][name]) for step in steps]
        ax.plot(steps, values, marker + style, color=color, label=name)
    for side, (text, value) in zip(["bottom", "top"], lines.items(), strict=False):
        ax.axhline(value, color="0.5", linewidth=1, linestyle=":")
        place = {"xy": (1.01, value), "xycoords": ("axes fraction", "data")}
        style = {"va": side, "fontsize": 9, "color": "0.3", "annotation_clip": False}
        ax.annotate(text, **place, **style)
    ax.set(title=title, xlabel="step", ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    above = {"loc": "lower center", "bbox_to_anchor": (0.5, 1), "ncols": 2}
    ax.legend(fontsize=9, borderpad=0, columnspacing=1, **above)
    return ax


def plot_plane(
    codes: np.ndarray, labels: np.ndarray, *, ax: Axes | None = None
) -> Axes:
    """Draw points of a plane in a colour per class, and each class's digit among them.

    Args:
        codes: floats (n, 2).
        labels: their classes, whole numbers (n,) from 0 to 9.
        ax: where to draw; a new figure by default.

    Returns:
        The axes; the digit stands on a point near the middle of its class, where most
        of the nearest points are of this class too, and covers no other.

    Example:
        >>> ax = plot_plane(np.array([[0, 1], [2, 3], [9, 9.0]]), np.array([4, 4, 7]))
        >>> [(text.get_text(), *map(float, text.get_position())) for text in ax.texts]
        [('4', 0.0, 1.0), ('7', 9.0, 9.0)]
        >>> plt.close()
    """
    from scipy.spatial import KDTree  # slow to import, and needed here only

    if ax is None:
        _, ax = plt.subplots(figsize=(5.6, 5.2))
    colors = plt.style.library["petroff10"]["axes.prop_cycle"].by_key()["color"]
    for digit in np.unique(labels):
        style = {"color": colors[digit], "markersize": 3, "alpha": 0.6}
        ax.plot(*codes[labels == digit].T, ".", **style)
    nearest = KDTree(codes).query(codes, k=min(NEIGHBORS, len(codes)))[1]
    own = (labels[nearest] == labels[:, None]).mean(axis=1)  # share of the same class
    size = 0.05 * np.ptp(np.percentile(codes, [2, 98], axis=0), axis=0)  # of a digit
    placed = []
    for digit in np.unique(labels):  # on top of all points
        edge = [withStroke(linewidth=3, foreground="white")]
        style = {"fontsize": 14, "weight": "bold", "color": BLACK}
        points, shares = codes[labels == digit], own[labels == digit]
        far = np.linalg.norm(points - np.median(points, axis=0), axis=1)
        inner = far <= np.median(far)  # half of them, around the middle
        inner = points[inner][np.argsort(-shares[inner], kind="stable")]
        away = [min([max(abs(p - q) / size) for q in placed], default=2) for p in inner]
        place = inner[np.argmax(np.minimum(away, 1))]  # the first that covers no other
        placed.append(place)
        ax.text(
            *place, str(digit), ha="center", va="center", path_effects=edge, **style
        )
    ax.set(xlabel="first number", ylabel="second number")
    return ax


def show_rows(
    sets: Mapping[str, np.ndarray],
    *,
    columns: int = 10,
    rows: int | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw sets of digits, a row each, with its name at the left.

    Args:
        sets: images as in `show_digits` by the row's name; the first `columns` of each
            are drawn.
        columns: digits per row; every set needs as many.
        rows: how many sets to draw, chosen at even distances; all by default.
        ax: where to draw; a new figure of fitting size by default.

    Returns:
        The axes.

    Example:
        >>> digits = np.zeros((9, 28, 28))
        >>> ax = show_rows({"real": digits, "fake": 1 - digits}, columns=5)
        >>> [text.get_text() for text in ax.texts]
        ['real', 'fake']
        >>> plt.close()
    """
    if rows is not None:
        chosen = np.rint(np.linspace(0, len(sets) - 1, rows)).astype(int)
        names = list(sets)
        sets = {names[i]: sets[names[i]] for i in chosen}
    images = np.concatenate([_as_gray(images)[:columns] for images in sets.values()])
    if ax is None:
        _, ax = plt.subplots(figsize=(0.5 * columns + 0.7, 0.5 * len(sets)))
    show_digits(images, columns=columns, ax=ax)
    height = images.shape[1] + max(1, images.shape[2] // 14)
    for row, name in enumerate(sets):
        place = -4, row * height + images.shape[1] / 2
        ax.text(*place, name, ha="right", va="center")
    return ax


def show_maps(
    maps: np.ndarray,
    *,
    columns: int = 8,
    signed: bool = False,
    titles: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw feature maps or filters side by side, all in one scale.

    Args:
        maps: floats (height, width, n).
        columns: maps per row.
        signed: blue below 0 and red above, with a "−" at each map's lowest place below
            0 and a "+" at its highest above 0; else dark for the lowest value of all.
        titles: n texts, written above the maps.
        ax: where to draw; a new figure of fitting size by default.

    Returns:
        The axes.

    Raises:
        ValueError: maps of another shape, or another number of titles.

    Example:
        >>> ax = show_maps(np.eye(3)[..., None] - 0.5, signed=True, titles=["a"])
        >>> [text.get_text() for text in ax.texts]
        ['a', '+', '−']
        >>> plt.close()
    """
    if np.ndim(maps) != 3 or (titles is not None and len(titles) != maps.shape[2]):
        raise ValueError(
            f"maps of shape {np.shape(maps)} with titles {titles}; (height, width, n) "
            "and no titles or n of them are allowed"
        )
    height, width, count = maps.shape
    columns = min(columns, count)
    gap, head = max(1, width // 14), 0 if titles is None else max(1, height // 8)
    pieces = np.moveaxis(maps, 2, 0).repeat(4, axis=1).repeat(4, axis=2)
    sheet = _sheet(pieces, columns, 2 * gap, 4 * head)
    if ax is None:
        _, ax = plt.subplots(figsize=(6.4, 6.4 * sheet.shape[0] / sheet.shape[1]))
    span = float(np.percentile(np.abs(maps), 99.5)) or 1.0
    color = {"cmap": "RdBu_r", "vmin": -span} if signed else {"cmap": "viridis"}
    ax.imshow(sheet, vmax=span, interpolation="nearest", **color)
    for k in range(count):
        left = k % columns * (4 * width + 2 * gap)
        top = k // columns * (4 * (height + head) + 2 * gap) + 4 * head
        if titles is not None:
            place = (left + 2 * width, top - 2)
            ax.text(*place, titles[k], ha="center", va="bottom", fontsize=11)
        if signed:
            _mark_extremes(maps[..., k], left, top, ax)
    ax.set_axis_off()
    return ax


def _mark_extremes(values, left: int, top: int, ax) -> None:
    """Write + at the largest value above 0 and − at the smallest below 0."""
    style = {"ha": "center", "va": "center", "fontsize": 13, "weight": "bold"}
    style["path_effects"] = [withStroke(linewidth=3, foreground="white")]
    for mark, extreme in (("+", values.argmax()), ("−", values.argmin())):
        row, column = np.unravel_index(extreme, values.shape)
        if values[row, column] * (1 if mark == "+" else -1) > 0:
            ax.text(left + 4 * column + 2, top + 4 * row + 2, mark, **style)


def show_overlays(
    images: np.ndarray,
    heat: np.ndarray,
    *,
    extent: tuple[float, float, float, float] = (2.5, 24.5, 24.5, 2.5),
    titles: Sequence[str],
) -> None:
    """Lay a heat map over each of a few grey images, side by side.

    Args:
        images: (n, height, width) or (n, height, width, 1), as in `show_digits`.
        heat: floats (n, rows, columns), 0 or above; 0 is transparent, yellow is high.
        extent: left, right, bottom and top of the heat maps, in pixels of the images;
            by default of maps (11, 11) whose value (r, c) sees the 8 x 8 pixels from
            (2 r, 2 c) on, as those of lesson 04's second convolution do.
        titles: n texts, written above.

    Raises:
        ValueError: different numbers of images, heat maps and titles.

    Example:
        >>> heat = np.ones((2, 11, 11))
        >>> show_overlays(np.ones((2, 28, 28)), heat, titles=["a", "b"])
        >>> [ax.get_title() for ax in plt.gcf().axes]
        ['a', 'b']
        >>> plt.close()
    """
    images = _as_gray(images)
    count, height, width = images.shape
    if not count == len(heat) == len(titles):
        raise ValueError(f"{count} images, {len(heat)} maps, {len(titles)} titles")
    _, axes = plt.subplots(1, count, figsize=(6.4, 6.4 / count + 0.4), squeeze=False)
    for k, ax in enumerate(axes[0]):
        ax.imshow(images[k], cmap="gray", vmin=0, vmax=1.4)
        strength = np.sqrt(heat[k] / max(float(heat[k].max()), 1e-9))
        ax.imshow(heat[k], cmap="viridis", alpha=strength, extent=extent)
        ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), title=titles[k])
        ax.set_axis_off()


def plot_row_weights(
    image: np.ndarray,
    query: np.ndarray,
    weights: np.ndarray,
    found: np.ndarray,
    *,
    row: int,
) -> None:
    """Draw how much weight each row of an image gets when one of them, torn, asks.

    Args:
        image: floats (height, width) in 0...1.
        query: floats (width,), the row that asks, as far as it is left.
        weights: floats (height,), one per row.
        found: floats (width,), the rows' mean by these weights.
        row: which row was torn; it is vermillion, and drawn whole below the others.

    Example:
        >>> one = np.eye(3)[1]
        >>> plot_row_weights(np.eye(3), one, one, np.zeros(3), row=1)
        >>> [ax.get_title() for ax in plt.gcf().axes]
        ['rows', 'weights', 'asks', 'comes out', 'was']
        >>> plt.close()
    """
    height, width = image.shape
    figure = plt.figure(figsize=(6.8, 2.8))
    grid = figure.add_gridspec(3, 3, width_ratios=[1, 0.7, 1])
    left, middle = (figure.add_subplot(grid[:, column]) for column in (0, 1))
    show_image(image, title="rows", ax=left).set_aspect("auto")  # as high as the bars
    frame = {"fill": False, "edgecolor": VERMILLION, "linewidth": 2}
    left.add_patch(plt.Rectangle((-0.5, row - 0.5), width, 1, **frame))
    bars = middle.barh(np.arange(height), weights, color=BLUE)
    bars[row].set_color(VERMILLION)
    middle.set(ylim=(height - 0.5, -0.5), title="weights", ylabel="row")
    middle.xaxis.set_major_locator(MaxNLocator(3))
    strips = {"asks": query, "comes out": found, "was": image[row]}
    for place, (name, values) in enumerate(strips.items()):
        strip = np.repeat(np.atleast_2d(values), 4, axis=0)
        show_image(strip, title=name, ax=figure.add_subplot(grid[place, 2]))


def plot_strokes(
    strokes: Sequence[np.ndarray], *, side: int, ax: Axes | None = None
) -> Axes:
    """Draw strokes on a grid, and number their points in the order of writing.

    Args:
        strokes: floats (points, 2), column and row, of each stroke.
        side: cells along a side of the grid.
        ax: where to draw; a new figure by default.

    Returns:
        The axes. Strokes are blue, then vermillion, green and black.

    Example:
        >>> ax = plot_strokes([np.array([[0, 0], [1, 2]])], side=4)
        >>> [text.get_text() for text in ax.texts]
        ['1', '2']
        >>> plt.close()
    """
    if ax is None:
        _, ax = plt.subplots(figsize=(4.6, 4.6))
    number = 0
    for k, stroke in enumerate(strokes):
        color = COLORS[k % len(COLORS)]
        ax.plot(*stroke.T, "-", color=color, alpha=0.4, linewidth=4)
        for x, y in stroke:
            number += 1
            style = {"ha": "center", "va": "center", "fontsize": 11}
            style["path_effects"] = [withStroke(linewidth=3, foreground="white")]
            ax.text(x, y, str(number), color=color, weight="bold", **style)
    lines = np.arange(side + 1) - 0.5
    ax.set(xlim=(-0.5, side - 0.5), ylim=(side - 0.5, -0.5), aspect=1)
    ax.set_xticks(lines, minor=True)
    ax.set_yticks(lines, minor=True)
    ax.grid(which="minor", color="0.85")
    ax.tick_params(which="minor", length=0)
    ax.set(xlabel="column", ylabel="row")
    return ax
