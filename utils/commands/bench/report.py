"""Tables and plot of a benchmark."""

import statistics
from pathlib import Path

from tabulate import tabulate

from utils.commands.bench.growth import CURVES, Curve, slope
from utils.commands.bench.parts import PARTS, USUAL, Part

HEAD = ["part", "case", "median", "spread", "ratio", "bound", "also"]
IN_COLUMNS = {"case", "does", "figure", "values", "median", "ratio", "share of bound"}
IN_COLUMNS |= {"verdicts", "device", "note"}
NOTES = """\
ratio: to the part's baseline. bound: share of what the rate of the largest matrix
product allows. TF32 is off on GPUs, as in the lessons."""


def summarize(part: Part, runs: dict[str, list[dict]]) -> list[dict]:
    """Return a row for each case.

    Args:
        part: what they were compared in.
        runs: by case, the figures of each round, or {"not measured": reason}.

    Returns:
        Dicts: case, does, figure, "verdicts" on the goals, and either "not measured"
        or all values, their median, the ratio to the baseline, and the medians of all
        other figures under their names.
    """
    rows = {}
    for case, (does, _) in part.cases.items():
        row = rows[case] = {"case": case, "does": does, "figure": part.figure}
        if "not measured" in runs[case][-1]:
            row |= runs[case][-1]
            continue
        columns = {key: [run.get(key) for run in runs[case]] for key in runs[case][-1]}
        row["values"] = columns.pop(part.figure)
        row["median"] = statistics.median(row["values"])
        row |= {key: _median(values) for key, values in columns.items()}
    baseline = rows.get("baseline", {}).get("median")
    for case, row in rows.items():
        if baseline and "median" in row:
            row["ratio"] = row["median"] / baseline
        goals = [goal for name, *goal in part.goals if name == case]
        row["verdicts"] = [_verdict(row, *goal) for goal in goals]
    return list(rows.values())


def _median(values: list):
    """The median of numbers; the last of what is none."""
    numbers = [value for value in values if isinstance(value, int | float)]
    return statistics.median(numbers) if numbers else values[-1]


def _verdict(row: dict, figure: str, kind: str, goal: float) -> str:
    """Say in words whether a goal is reached."""
    value = row.get("median" if figure == row["figure"] else figure)
    verdict = "not measured"
    if value is not None:
        reached = value <= goal if kind == "at most" else value >= goal
        verdict = "reached" if reached else "MISSED"
    return f"{figure} {kind} {goal:g}: {verdict}"


def format_table(result: dict) -> str:
    """Return all parts as one table of plain text, the machine above it.

    Args:
        result: as `utils.commands.bench.runner.bench` returns it.
    """
    named = [(name, row) for name, p in result["parts"].items() for row in p["rows"]]
    cells = [[name, *_cells(row)] for name, row in named]
    sides = ["left" if name in ("part", "case", "also") else "right" for name in HEAD]
    table = tabulate(cells, headers=HEAD, disable_numparse=True, colalign=sides)
    goals = [
        f"  {name}, {row['does']}: {verdict}"
        for name, row in named
        for verdict in row["verdicts"]
    ]
    return "\n".join([_machine(result["machine"]), "", table, "", NOTES, *goals])


def _machine(machine: dict) -> str:
    parts = [f"{machine['cpu']}, {machine['cores']} cores, {machine['ram_gb']} GB"]
    parts += [machine["os"], f"Python {machine['python']}"]
    parts += [f"{k} {machine[k]}" for k in ("tensorflow", "torch") if k in machine]
    return "; ".join([*parts, *machine.get("devices", []), machine["date"]])


def _cells(row: dict) -> list[str]:
    """Return a row's cells after the part's name."""
    if reason := row.get("not measured"):
        return [row["does"], "", "", "", "", f"not measured: {reason}"]
    figure, values = row["figure"], row["values"]
    median = _text(figure, row["median"])
    median += {"seconds": " s", "accuracy": ""}.get(figure, " /s")
    spread = f"{_text(figure, min(values))}-{_text(figure, max(values))}"
    bound = f"{row['share of bound']:.0%}" if "share of bound" in row else ""
    also = [f"{k} {_text(k, v)}" for k, v in row.items() if k not in IN_COLUMNS]
    also += [row["note"]] if row.get("note") else []
    return [row["does"], median, spread, _ratio(row), bound, ", ".join(also)]


def _ratio(row: dict) -> str:
    return f"{row['ratio']:.3f}" if "ratio" in row else ""


def _text(figure: str, value) -> str:
    """Write a value: accuracy in per cent, other numbers to three digits or more."""
    if not isinstance(value, float):
        return str(value)
    if figure.startswith("accuracy"):
        return f"{value:.2%}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def format_growth(growth: dict) -> str:
    """Return the curves of growth as text: sizes, values, slope, and why.

    Args:
        growth: by curve, what its `run` returned, or {"not measured": reason}.
    """
    lines = ["Growth (slope on logarithmic axes: 1 is linear, 2 quadratic)"]
    for name, figures in growth.items():
        curve = CURVES[name]
        of = f"  {curve.title} by {curve.axis}: "
        if reason := figures.get("not measured"):
            lines.append(f"{of}not measured: {reason}")
            continue
        sizes, seconds = figures["sizes"], figures["seconds"]
        pairs = zip(sizes, seconds, strict=True)
        lines.append(of + ", ".join(f"{n:,}: {s:.3g} s" for n, s in pairs))
        if len(sizes) > 1:
            whole, end = slope(sizes, seconds), slope(sizes[-2:], seconds[-2:])
            lines.append(f"    slope {whole:.2f}, at the end {end:.2f}")
        lines.append(f"    expected: {curve.expected}")
        if curve.memory:
            memory = ", ".join(f"{mb:.0f}" for mb in figures["memory"])
            lines.append(f"    memory on top, MB: {memory}")
    return "\n".join(lines)


def draw(result: dict, path: Path) -> None:
    """Draw every part's bars and every curve of growth into one PNG.

    Bars carry their numbers, and the course's own a hatch: colour is not the only cue.
    """
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    from utils.plots import use_style

    parts, growth = result["parts"].items(), result["growth"].items()
    plots = [(_draw_part, PARTS[name], part["rows"]) for name, part in parts]
    plots += [(_draw_curve, CURVES[k], v) for k, v in growth if "sizes" in v]
    if not plots:
        return
    rows = -(-len(plots) // 2)
    with plt.rc_context():
        use_style()
        plt.rcParams["hatch.linewidth"] = 0.5
        size = (14, 0.4 + 2.9 * rows)
        figure, axes = plt.subplots(rows, 2, figsize=size, squeeze=False)
        figure.suptitle(_machine(result["machine"]), fontsize=8)
        for ax in axes.flat[len(plots) :]:
            ax.set_axis_off()
        for (plot, *what), ax in zip(plots, axes.flat, strict=False):
            plot(*what, ax)
        figure.savefig(path)
        plt.close(figure)


def _draw_part(part: Part, rows: list[dict], ax) -> None:
    """Draw a bar from 0 to the median for each row, with its range."""
    from utils.plots import BLUE

    top = 0.0
    for y, row in enumerate(rows):
        if reason := row.get("not measured"):
            ax.text(0, y, f" not measured: {reason}", va="center", fontsize=9)
            continue
        usual = row["case"] in USUAL
        color, hatch = ("#999999", "") if usual else (BLUE, "///")
        ax.barh(y, row["median"], color=color, hatch=hatch, edgecolor="white")
        low, high = min(row["values"]), max(row["values"])
        ax.plot([low, high], [y, y], "-|", color="black", linewidth=1)
        text = f"  {_text(part.figure, row['median'])}"
        text += f"  ({_ratio(row)})" if "ratio" in row else ""
        ax.text(high, y, text, va="center", fontsize=9)
        top = max(top, high)
    ax.set(title=part.title, xlabel=part.figure, xlim=(0, 1.45 * (top or 1)))
    ax.set_yticks(range(len(rows)), [row["does"] for row in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)


def _draw_curve(curve: Curve, figures: dict, ax) -> None:
    from utils.plots import BLUE, VERMILLION

    sizes, seconds = figures["sizes"], figures["seconds"]
    ax.loglog(sizes, seconds, "-o", color=BLUE)
    ax.set(title=curve.title, xlabel=curve.axis, ylabel="seconds")
    ax.set_xticks(sizes, [f"{n:,}" for n in sizes], minor=False, rotation=30)
    ax.tick_params(axis="x", which="minor", bottom=False, labelbottom=False)
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")
    ax.set_ylim(0.7 * min(seconds), 1.5 * max(seconds))
    if len(sizes) > 1:
        text = f"slope {slope(sizes, seconds):.2f}"
        ax.text(0.04, 0.9, text, transform=ax.transAxes, color=BLUE)
    if curve.memory:
        right = ax.twinx()
        right.plot(sizes, figures["memory"], "--s", color=VERMILLION)
        right.set(ylabel="memory (MB, dashed)", yscale="log")
        right.spines["right"].set_visible(True)
