"""The benchmark's plot: bars of every part, and every curve of growth."""

from functools import partial
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from utils.commands.bench.growth import CURVES, Curve, slope
from utils.commands.bench.parts import PARTS, USUAL, Part
from utils.commands.bench.report import Row, format_machine, format_ratio, format_value
from utils.plots import BLUE, VERMILLION, use_style

GRAY = "#999999"


def draw(result: dict, path: Path) -> None:
    """Draw every part and every curve of growth of a result into one PNG."""
    parts, growth = result["parts"].items(), result["growth"].items()
    plots = [partial(draw_part, PARTS[name], rows) for name, rows in parts]
    plots += [partial(draw_curve, CURVES[name], figures) for name, figures in growth]
    rows = -(-len(plots) // 2)
    with matplotlib.rc_context({"hatch.linewidth": 0.5}):
        use_style()
        figure = Figure(figsize=(14, 0.4 + 2.9 * rows))
        figure.suptitle(format_machine(result["machine"]), fontsize=8)
        for number, plot in enumerate(plots, start=1):
            plot(figure.add_subplot(rows, 2, number))
        figure.savefig(path)


def draw_part(part: Part, rows: list[Row], ax: Axes) -> None:
    """Draw a bar from 0 to the median for each row, with its range.

    Bars carry their numbers, and the course's own a hatch: colour is not the only cue.
    """
    medians = [row.median for row in rows]
    ranges = [row.values or [0] for row in rows]
    usual = [row.case in USUAL for row in rows]
    bars = ax.barh(
        [row.does for row in rows],
        medians,
        color=[GRAY if is_usual else BLUE for is_usual in usual],
        hatch=["" if is_usual else "///" for is_usual in usual],
        edgecolor="white",
        xerr=np.abs(np.array([[min(r), max(r)] for r in ranges]).T - medians),
        capsize=3,
    )
    labels = []
    for row in rows:
        ratio = f"  ({format_ratio(row)})" if format_ratio(row) else ""
        value = format_value(row.figure, row.median) + ratio
        labels.append(value if row.values else row.note)
    ax.bar_label(bars, labels, padding=5, fontsize=9)
    ax.set(title=part.title, xlabel=part.figure)
    ax.margins(x=0.45)  # room for the labels
    ax.invert_yaxis()


def draw_curve(curve: Curve, figures: dict, ax: Axes) -> None:
    """Draw seconds over sizes on logarithmic axes, and memory where it is shown."""
    ax.set(title=curve.title, xlabel=curve.axis, ylabel="seconds")
    if reason := figures.get("not measured"):
        ax.text(0.04, 0.5, f"not measured: {reason}", transform=ax.transAxes)
        return
    sizes, seconds = figures["sizes"], figures["seconds"]
    ax.loglog(sizes, seconds, "-o", color=BLUE)
    ax.set_xticks(sizes, [f"{n:,}" for n in sizes], rotation=30)
    ax.yaxis.set_major_formatter("{x:g}")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_formatter("")
    ax.set_ylim(0.7 * min(seconds), 1.5 * max(seconds))
    text = f"slope {slope(sizes, seconds):.2f}"
    ax.text(0.04, 0.9, text, transform=ax.transAxes, color=BLUE)
    if curve.memory:
        right = ax.twinx()
        right.plot(sizes, figures["memory"], "--s", color=VERMILLION)
        right.set(ylabel="memory (MB, dashed)", yscale="log")
        right.spines["right"].set_visible(True)
