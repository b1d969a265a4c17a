"""Measure what the course costs here, side by side with the usual recipes.

Each case runs in a process of its own, in turns (A B A B): so a busy moment of the
machine hits all of them, and none finds the memory of another.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from utils import ROOT
from utils.commands.bench.growth import CURVES
from utils.commands.bench.machine import NotMeasured, describe
from utils.commands.bench.parts import PARTS, Part
from utils.commands.bench.report import draw, format_growth, format_table, summarize

NAMES = [*PARTS, "growth"]
DEFAULT = [name for name in NAMES if name != "transfer"]  # which takes minutes
PREPARE = "prepare"  # stands for a part's preparation where a case is named
MARK = "figures: "  # before the line of JSON that a case prints
ROUNDS = 2
LIMIT_S = 900  # for one case, before it is given up
LONG_S = 45  # a case that takes longer runs once: the whole is to take ten minutes


def call(part: str, case: str) -> dict:
    """Run a case in this process.

    Args:
        part: its name; "growth" for a curve of growth.
        case: its name, or "prepare".

    Returns:
        Its figures and the device, or {"not measured": the reason}.

    Raises:
        KeyError: there is no such part or case.
    """
    from utils.runtime import device

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


def in_its_own_process(part: str, case: str, folder: str) -> dict:
    """Run a case in a new process and return what `call` returns there.

    Args:
        part: as for `call`.
        case: as for `call`.
        folder: for files that the part's cases share.
    """
    command = [sys.executable, "-m", "utils", "bench", "--call", part, case]
    env = os.environ | {"BENCH_FOLDER": folder, "TF_CPP_MIN_LOG_LEVEL": "2"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return {"not measured": f"took over {LIMIT_S} s"}
    lines = done.stdout.splitlines()
    found = [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]
    if done.returncode or not found:
        said = (done.stderr.strip() or "no figures").splitlines()[-1]
        return {"not measured": f"failed: {said[:100]}"}
    return json.loads(found[-1])


def measure(name: str, part: Part, folder: str, rounds: int) -> dict[str, list[dict]]:
    """Run a part's cases in turns; return the figures of each, by round.

    A case that could not be measured in the first round, or took long, does not run in
    the next.
    """
    if part.prepare:
        made = in_its_own_process(name, PREPARE, folder)
        if "not measured" in made:
            return {case: [made] for case in part.cases}
    found = {case: [] for case in part.cases}
    for number in range(rounds):
        for case, runs in found.items():
            last = runs[-1] if runs else {}
            if "not measured" in last or last.get("seconds", 0) > LONG_S:
                continue
            figures = in_its_own_process(name, case, folder)
            runs.append(figures)
            value = figures.get(part.figure)
            said = figures.get("not measured") if value is None else f"{value:.3g}"
            print(f"  {number + 1}/{rounds} {part.cases[case][0]}: {said}", flush=True)
    return found


def bench(only: Sequence[str], build: Path, rounds: int = ROUNDS) -> dict:
    """Measure parts, print their tables, write bench.json and bench.png.

    Args:
        only: names of parts.
        build: the folder to write to.
        rounds: how often each case runs, in turns.

    Returns:
        What bench.json holds: "machine", "parts" and "growth".

    Raises:
        ValueError: there is no such part.
        OSError: a file cannot be written.
    """
    if unknown := [name for name in only if name not in NAMES]:
        have = ", ".join(NAMES)
        raise ValueError(f"there is no part {unknown[0]!r}; these are: {have}")
    build.mkdir(parents=True, exist_ok=True)
    result = {"machine": describe(), "parts": {}, "growth": {}}
    devices = set()
    with tempfile.TemporaryDirectory() as folder:
        for name in [name for name in NAMES if name in only]:
            print(f"[{name}]", flush=True)
            began = time.perf_counter()
            if name == "growth":
                result["growth"] = {
                    c: in_its_own_process(name, c, folder) for c in CURVES
                }
            else:
                runs = measure(name, PARTS[name], folder, rounds)
                rows = summarize(PARTS[name], runs)
                took = time.perf_counter() - began
                result["parts"][name] = {"rows": rows, "took (s)": took}
                devices |= {row["device"] for row in rows if "device" in row}
            print(f"  took {time.perf_counter() - began:.0f} s", flush=True)
    result["machine"]["devices"] = sorted(devices)
    print("\n" + format_table(result))
    if result["growth"]:
        print("\n" + format_growth(result["growth"]))
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (build / "bench.json").write_text(text + "\n", encoding="utf-8")
    draw(result, build / "bench.png")
    return result
