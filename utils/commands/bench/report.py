"""The benchmark's tables: medians, ratios and goals, and the slopes of growth."""

from dataclasses import dataclass, field
from statistics import median

from tabulate import tabulate

from utils.commands.bench.growth import CURVES, slope
from utils.commands.bench.parts import Part

NUMBERS = dict.fromkeys(["median", "spread", "ratio", "bound"], "right")
HEAD = {"part": "left", "case": "left", **NUMBERS, "also": "left"}
IN_COLUMNS = {"ratio", "share of bound"}  # figures with a column of their own
NOTES = """\
ratio: to the part's baseline. bound: share of what the rate of the largest matrix
product allows. TF32 is off on GPUs, as in the lessons."""


@dataclass
class Row:
    """The results of a case."""

    case: str
    does: str  # in words
    figure: str  # the name of the one that decides
    values: list[float] = field(default_factory=list)  # of it, by round
    medians: dict[str, float] = field(default_factory=dict)  # of all; and the "ratio"
    verdicts: list[str] = field(default_factory=list)  # on its goals
    device: str = ""
    note: str = ""  # what else to know, as why it was not measured

    @property
    def median(self) -> float:
        """The median of the deciding figure, 0 if it was not measured."""
        return self.medians.get(self.figure, 0.0)


def summarize(part: Part, runs: dict[str, list[dict]]) -> list[Row]:
    """Return a row for each case of a part from the figures of its rounds, by case."""
    rows = {}
    for case, (does, _) in part.cases.items():
        row = rows[case] = Row(case, does, part.figure)
        figures = dict(runs[case][-1])
        row.device, row.note = figures.pop("device", ""), figures.pop("note", "")
        if reason := figures.get("not measured"):
            row.note = f"not measured: {reason}"
            continue
        row.values = [run[part.figure] for run in runs[case]]
        for name in figures:
            row.medians[name] = median(run[name] for run in runs[case])
    if "baseline" in rows and rows["baseline"].values:
        for row in rows.values():
            if row.values:
                row.medians["ratio"] = row.median / rows["baseline"].median
    for case, *goal in part.goals:
        rows[case].verdicts.append(_verdict(rows[case], *goal))
    return list(rows.values())


def _verdict(row: Row, figure: str, kind: str, goal: float) -> str:
    """Say in words whether a goal is reached."""
    value = row.medians.get(figure)
    if value is None:
        verdict = "not measured"
    elif value <= goal if kind == "at most" else value >= goal:
        verdict = "reached"
    else:
        verdict = "MISSED"
    return f"{figure} {kind} {goal:g}: {verdict}"


def format_table(result: dict) -> str:
    """Return all parts of a result as one table, the machine above it."""
    named = [(name, row) for name, rows in result["parts"].items() for row in rows]
    cells = [[name, *_cells(row)] for name, row in named]
    options = dict(disable_numparse=True, colalign=list(HEAD.values()))
    table = tabulate(cells, headers=list(HEAD), **options)
    lines = [format_machine(result["machine"]), "", table, "", NOTES]
    for name, row in named:
        lines += [f"  {name}, {row.does}: {verdict}" for verdict in row.verdicts]
    return "\n".join(lines)


def format_machine(machine: dict) -> str:
    """Return the description of a machine in one line."""
    return ", ".join(f"{name} {value}" for name, value in machine.items())


def _cells(row: Row) -> list[str]:
    """Return a row's cells after the part's name."""
    if not row.values:
        return [row.does, "", "", "", "", row.note]
    unit = {"seconds": " s", "accuracy": ""}.get(row.figure, " /s")
    low, high = min(row.values), max(row.values)
    spread = f"{format_value(row.figure, low)}-{format_value(row.figure, high)}"
    also = []
    for name, value in row.medians.items():
        if name not in {row.figure, *IN_COLUMNS}:
            also.append(f"{name} {format_value(name, value)}")
    bound = row.medians.get("share of bound")
    return [
        row.does,
        format_value(row.figure, row.median) + unit,
        spread,
        format_ratio(row),
        "" if bound is None else f"{bound:.0%}",
        ", ".join([*also, row.note] if row.note else also),
    ]


def format_ratio(row: Row) -> str:
    """Return the ratio to the baseline, or nothing if there is none."""
    return f"{row.medians['ratio']:.3f}" if "ratio" in row.medians else ""


def format_value(figure: str, value: float) -> str:
    """Return accuracy in per cent, other numbers with three digits or more.

    Example:
        >>> format_value("accuracy", 0.98765), format_value("seconds", 12.345)
        ('98.77%', '12.3')
    """
    if figure.startswith("accuracy"):
        return f"{value:.2%}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def format_growth(growth: dict) -> str:
    """Return what each curve's `run` returned as text: sizes, seconds, slope, why."""
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
        whole, end = slope(sizes, seconds), slope(sizes[-2:], seconds[-2:])
        lines.append(f"    slope {whole:.2f}, at the end {end:.2f}")
        lines.append(f"    expected: {curve.expected}")
        if curve.memory:
            memory = ", ".join(f"{mb:.0f}" for mb in figures["memory"])
            lines.append(f"    memory on top, MB: {memory}")
    return "\n".join(lines)
