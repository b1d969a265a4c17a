"""Measure what the course costs here, side by side with the usual recipes.

Each case runs in a process of its own, in turns (A B A B): so a busy moment of the
machine hits all of them, and none finds the memory of another.
"""

import argparse
import dataclasses
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from utils import ROOT
from utils.commands.bench.growth import CURVES
from utils.commands.bench.machine import NotMeasured, describe, run_module
from utils.commands.bench.parts import PARTS, Part
from utils.commands.bench.report import format_growth, format_table, summarize
from utils.runtime import device

NAMES = [*PARTS, "growth"]
DEFAULT = [name for name in NAMES if name != "transfer"]  # which takes minutes
PREPARE = "prepare"  # stands for a part's preparation where a case is named
LONG_S = 45  # a case that takes longer runs once: the whole is to take ten minutes


def call(part: str, case: str) -> dict:
    """Run a case, a curve of growth or a part's preparation in this process.

    Returns:
        Its figures and the device, or {"not measured": the reason}.
    """
    if part == "growth":
        run = CURVES[case].run
    elif case == PREPARE:
        run = PARTS[part].prepare
    else:
        _, run = PARTS[part].cases[case]
    try:
        figures = run() or {}
    except NotMeasured as reason:
        return {"not measured": str(reason)}
    return {"device": device()} | figures


def call_in_new_process(part: str, case: str, folder: str) -> dict:
    """Return what `call` returns in a new process; a part's cases share a folder."""
    env = {"BENCH_FOLDER": folder, "TF_CPP_MIN_LOG_LEVEL": "2"}
    try:
        printed = run_module("utils", "bench", "--call", part, case, **env)
    except RuntimeError as error:
        return {"not measured": f"failed: {str(error)[:100]}"}
    return json.loads(printed.splitlines()[-1])


def measure(name: str, part: Part, folder: str, rounds: int) -> dict[str, list[dict]]:
    """Run a part's cases in turns; return the figures of each, by round.

    A case that could not be measured in the first round, or took long, does not run in
    the next.
    """
    if part.prepare:
        made = call_in_new_process(name, PREPARE, folder)
        if "not measured" in made:
            return {case: [made] for case in part.cases}
    found = {case: [] for case in part.cases}
    for number in range(rounds):
        for case, runs in found.items():
            last = runs[-1] if runs else {}
            if "not measured" in last or last.get("seconds", 0) > LONG_S:
                continue
            figures = call_in_new_process(name, case, folder)
            runs.append(figures)
            value = figures.get("not measured") or f"{figures[part.figure]:.3g}"
            print(f"  {number + 1}/{rounds} {part.cases[case][0]}: {value}", flush=True)
    return found


def bench(only: Sequence[str], build: Path, rounds: int) -> None:
    """Measure the named parts, print tables, write bench.json and bench.png."""
    build.mkdir(parents=True, exist_ok=True)
    result = {"machine": describe(), "parts": {}, "growth": {}}
    devices = set()
    with tempfile.TemporaryDirectory() as folder:
        for name in [name for name in NAMES if name in only]:
            print(f"[{name}]", flush=True)
            began = time.perf_counter()
            if name == "growth":
                for curve in CURVES:
                    result[name][curve] = call_in_new_process(name, curve, folder)
            else:
                runs = measure(name, PARTS[name], folder, rounds)
                rows = result["parts"][name] = summarize(PARTS[name], runs)
                devices |= {row.device for row in rows if row.device}
            print(f"  took {time.perf_counter() - began:.0f} s", flush=True)
    result["machine"]["devices"] = ", ".join(sorted(devices))
    _write(result, build)


def _write(result: dict, build: Path) -> None:
    from utils.commands.bench.plot import draw  # here: no case needs Matplotlib

    print("\n" + format_table(result))
    if result["growth"]:
        print("\n" + format_growth(result["growth"]))
    options = dict(indent=2, ensure_ascii=False, default=dataclasses.asdict)
    text = json.dumps(result, **options) + "\n"
    (build / "bench.json").write_text(text, encoding="utf-8")
    draw(result, build / "bench.png")
    where = os.path.relpath(build)
    print(f"\nThe table is in {where}/bench.json, its plot in {where}/bench.png")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure, and return the exit status.

    Returns:
        0 if all was measured or named as not measured, 2 if a file could not be
        written, 130 if it was interrupted.
    """
    parser = argparse.ArgumentParser(
        prog="python -m utils bench", description=__doc__.partition("\n\n")[0]
    )
    names = f"{', '.join(NAMES)}; all but transfer by default"
    options = dict(nargs="+", choices=NAMES, default=DEFAULT, metavar="PART")
    parser.add_argument("--only", help=names, **options)
    parser.add_argument("--rounds", type=int, default=2, help="of each case")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="output")
    parser.add_argument("--call", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.call:
        print("\n" + json.dumps(call(*options.call)))
        return 0
    try:
        bench(options.only, options.build, options.rounds)
    except OSError as error:
        print(f"make bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("make bench: interrupted", file=sys.stderr)
        return 130
    return 0
