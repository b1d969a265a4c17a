"""Tables and plot of a benchmark."""

import operator
import statistics
from pathlib import Path

from utils.commands.bench.growth import slope
from utils.commands.bench.parts import GROWTH, PARTS, Part

SHARES = {"share of bound": "bound", "share of own products": "products"}
HEAD = ["part", "contestant", "median", "spread", "ratio", *SHARES.values(), "also"]


def summarise(part: Part, runs: dict[str, list[dict]]) -> list[dict]:
    """Return a row for each contestant.

    Args:
        part: what they competed in.
        runs: by contestant, the figures of each round, or {"not measured": reason}.

    Returns:
        Dicts: contestant, does, and either "not measured" or all values, their median,
        low and high, the ratio to the usual recipe, the medians of all other numbers
        under their names, and "verdicts" on the goals.
    """
    rows = []
    for name, does in part.contestants.items():
        row = {"contestant": name, "does": does, "figure": part.figure}
        last = runs[name][-1]
        if reason := last.get("not measured"):
            rows.append(row | {"not measured": reason})
            continue
        values = [run[part.figure] for run in runs[name]]
        row |= {"values": values, "median": statistics.median(values)}
        row |= {"low": min(values), "high": max(values)}
        for key, value in last.items():
            if key != part.figure:
                row[key] = _middle([run.get(key) for run in runs[name]], value)
        rows.append(row)
    usual = rows[0].get("median")
    for row in rows:
        if usual and "median" in row:
            row["ratio"] = row["median"] / usual
        row["verdicts"] = _verdicts(part, row)
    return rows


def _middle(values: list, last):
    numbers = [v for v in values if isinstance(v, int | float)]
    return statistics.median(numbers) if numbers else last


def _verdicts(part: Part, row: dict) -> list[str]:
    """Say of each goal of this row whether it is reached, in words."""
    said = []
    for kind, column, goal in part.goals.get(row["contestant"], []):
        value = row.get("median" if column == part.figure else column)
        if value is None:
            said.append(f"{column} {kind} {goal:g}: not measured")
            continue
        reached = (operator.le if kind == "at most" else operator.ge)(value, goal)
        said.append(f"{column} {kind} {goal:g}: {'reached' if reached else 'MISSED'}")
    return said


def format_table(result: dict) -> str:
    """Return all parts as one table of plain text, the machine above it.

    Args:
        result: as `utils.commands.bench.__main__.bench` returns it.
    """
    lines = [HEAD]
    for name, part in result["parts"].items():
        for row in part["rows"]:
            lines.append([name, *_cells(row)])
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    right = (2, 3, 4, 5, 6)
    text = [
        "  ".join(
            f"{cell:>{w}}" if i in right else f"{cell:{w}}"
            for i, (cell, w) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    goals = [
        f"  {name}, {row['does']}: {verdict}"
        for name, part in result["parts"].items()
        for row in part["rows"]
        for verdict in row["verdicts"]
    ]
    notes = [
        "ratio: to the part's first row. bound: share of what the rate of the largest",
        "product allows; products: of what all allow, each at its own shape's rate.",
        "TF32 is off on GPUs, as in the lessons.",
    ]
    return "\n".join([_machine(result["machine"]), "", *text, "", *notes, *goals])


def _machine(machine: dict) -> str:
    ram = f", {machine['ram_gb']} GB" if machine["ram_gb"] else ""
    versions = [f"{k} {machine[k]}" for k in ("tensorflow", "torch") if machine[k]]
    parts = [f"{machine['cpu']}, {machine['cores']} cores{ram}", machine["os"]]
    parts += [f"Python {machine['python']}", *versions, *machine.get("devices", [])]
    return "; ".join([*parts, machine["date"]])


def _cells(row: dict) -> list[str]:
    """Return a row's cells after the part's name."""
    if reason := row.get("not measured"):
        return [row["does"], "", "", "", "", "", f"not measured: {reason}"]
    unit = {"seconds": "s", "steps a second": "/s", "images a second": "/s"}
    median = f"{_short(row['median'])} {unit[row['figure']]}"
    spread = f"{_short(row['low'])}-{_short(row['high'])}"
    shares = [f"{row[key]:.0%}" if key in row else "" for key in SHARES]
    return [row["does"], median, spread, _ratio(row), *shares, _also(row)]


def _ratio(row: dict) -> str:
    return f"{row['ratio']:.3f}" if "ratio" in row else ""


def _also(row: dict) -> str:
    known = {"contestant", "does", "figure", "values", "median", "low", "high"}
    known |= {"ratio", "verdicts", "device", "note", *SHARES}
    words = []
    for key, value in row.items():
        if key in known or value is None:
            continue
        if key == "accuracy":
            words.append(f"accuracy {value:.2%}")
        elif isinstance(value, float):
            words.append(f"{key} {_short(value)}")
        else:
            words.append(f"{key} {value}")
    return ", ".join([*words, row["note"]] if row.get("note") else words)


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def format_growth(growth: dict) -> str:
    """Return the curves of growth as text: sizes, values, slope, and why.

    Args:
        growth: by curve, "sizes", "seconds" and perhaps "memory" (MB).
    """
    lines = ["Growth (slope on logarithmic axes: 1 is linear, 2 quadratic)"]
    for name, curve in growth.items():
        title, axis, why = GROWTH[name]
        if reason := curve.get("not measured"):
            lines.append(f"  {title} by {axis}: not measured: {reason}")
            continue
        sizes, seconds = curve["sizes"], curve["seconds"]
        pairs = zip(sizes, seconds, strict=True)
        points = ", ".join(f"{n:,}: {s:.3g} s" for n, s in pairs)
        lines.append(f"  {title} by {axis}: {points}")
        lines.append(f"    slope {_slopes(sizes, seconds)}. Expected: {why}")
        if any(curve.get("memory") or []):
            memory = ", ".join(f"{mb:.0f}" for mb in curve["memory"])
            lines.append(f"    memory on top, MB: {memory}")
    return "\n".join(lines)


def _slopes(sizes, values) -> str:
    """Return the slope of all points, and of the last two."""
    if len(sizes) < 2:
        return "not measured: one size"
    last = slope(sizes[-2:], values[-2:])
    return f"{slope(sizes, values):.2f}, at the end {last:.2f}"


def draw(result: dict, path: Path) -> None:
    """Draw every part's bars and every curve of growth into one PNG.

    Bars carry their numbers, and the course's own a hatch: colour is not the only cue.
    """
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from utils.plots import use_style

    jobs = [
        (2, [(_draw_part, PARTS[k], v["rows"]) for k, v in result["parts"].items()]),
        (3, [(_draw_curve, k, v) for k, v in result["growth"].items() if "sizes" in v]),
    ]
    jobs = [(columns, plots) for columns, plots in jobs if plots]
    if not jobs:
        return
    with plt.rc_context():
        use_style()
        plt.rcParams["hatch.linewidth"] = 0.5
        rows = [-(-len(plots) // columns) for columns, plots in jobs]
        figure = plt.figure(figsize=(14, 0.4 + 2.9 * sum(rows)))
        figure.suptitle(_machine(result["machine"]), fontsize=8)
        halves = figure.subfigures(len(jobs), 1, height_ratios=rows, squeeze=False)
        for (columns, plots), half, n in zip(jobs, halves[:, 0], rows, strict=True):
            axes = list(half.subplots(n, columns, squeeze=False).flat)
            for ax in axes[len(plots) :]:
                ax.set_axis_off()
            for ax, (plot, *what) in zip(axes, plots, strict=False):
                plot(*what, ax)
        figure.savefig(path)
        plt.close(figure)


def _draw_part(part: Part, rows: list[dict], ax) -> None:
    """Draw a bar from 0 to the median for each row, with its range."""
    from utils.plots import BLUE

    for y, row in enumerate(rows):
        if reason := row.get("not measured"):
            ax.text(0, y, f" not measured: {reason}", va="center", fontsize=9)
            continue
        ours = row["contestant"] not in part.others
        color, hatch = (BLUE, "///") if ours else ("#999999", "")
        ax.barh(y, row["median"], color=color, hatch=hatch, edgecolor="white")
        ax.plot([row["low"], row["high"]], [y, y], "-|", color="black", linewidth=1)
        text = f"{_short(row['median'])}  ({_ratio(row)})"
        ax.text(row["high"], y, f"  {text}", va="center", fontsize=9)
    top = max((row["high"] for row in rows if "high" in row), default=1)
    ax.set(title=part.title, xlabel=part.figure, xlim=(0, 1.45 * top))
    ax.set_yticks(range(len(rows)), [row["does"] for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)


def _draw_curve(name: str, curve: dict, ax) -> None:
    from utils.plots import BLUE, VERMILLION

    title, axis, _ = GROWTH[name]
    sizes, seconds = curve["sizes"], curve["seconds"]
    ax.loglog(sizes, seconds, "-o", color=BLUE)
    ax.set(title=title, xlabel=axis, ylabel="seconds")
    ax.set_xticks(sizes, [f"{n:,}" for n in sizes], minor=False, rotation=30)
    ax.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")
    ax.set_ylim(0.7 * min(seconds), 1.5 * max(seconds))
    if len(sizes) > 1:
        text = f"slope {slope(sizes, seconds):.2f}"
        ax.text(0.04, 0.9, text, transform=ax.transAxes, color=BLUE)
    if any(curve.get("memory") or []):
        right = ax.twinx()
        right.plot(sizes, curve["memory"], "--s", color=VERMILLION)
        right.set(ylabel="memory (MB, dashed)", yscale="log")
        right.spines["right"].set_visible(True)
