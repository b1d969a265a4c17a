"""Measure what the course costs here: `make bench`, or `python -m utils.commands.bench --help`.

Each contestant runs in a process of its own, in turns (A B A B), so that a busy moment
hits all of them, and nobody finds the memory of another.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from utils import ROOT
from utils.commands.bench import NotMeasured
from utils.commands.bench.machine import describe
from utils.commands.bench.parts import GROWTH, PARTS, Part
from utils.commands.bench.report import draw, format_growth, format_table, summarise

NAMES = [*PARTS, "growth"]
MARK = "figures: "  # before the line of JSON that a contestant prints
LIMIT_S = 900  # for one contestant, before it is given up
LONG_S = 45  # who takes longer runs once: the whole is to take ten minutes


def call(module: str, function: str) -> dict:
    """Run a contestant in this process; what keeps it from running is its result.

    Returns:
        Its figures and the device, or {"not measured": the reason}.

    Example:
        >>> call("trainings", "_require_gpu")["not measured"]  # doctest: +SKIP
        'no GPU'
    """
    from utils.runtime import device

    try:
        contestant = getattr(
            importlib.import_module(f"utils.commands.bench.{module}"), function
        )
        figures = contestant() or {}
    except NotMeasured as reason:
        return {"not measured": str(reason)}
    return {"device": device()} | figures


def in_its_own_process(module: str, function: str, folder: str) -> dict:
    """Run a contestant in a new process and return what `call` returns there."""
    command = [sys.executable, "-m", "utils.commands.bench", "--call", module, function]
    env = os.environ | {"BENCH_FOLDER": folder, "TF_CPP_MIN_LOG_LEVEL": "2"}
    how = dict(cwd=ROOT, env=env, capture_output=True, text=True, timeout=LIMIT_S)
    try:
        done = subprocess.run(command, **how)
    except subprocess.TimeoutExpired:
        return {"not measured": f"took over {LIMIT_S} s"}
    lines = done.stdout.splitlines()
    found = [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]
    if done.returncode or not found:
        said = (done.stderr.strip() or "no figures").splitlines()[-1]
        return {"not measured": f"failed: {said[:100]}"}
    return json.loads(found[-1])


def measure(part: Part, folder: str, rounds: int) -> dict[str, list[dict]]:
    """Run a part's contestants in turns; return the figures of each, by round.

    Who cannot be measured in the first round, or takes long, does not run in the next.
    """
    if part.prepare:
        made = in_its_own_process(part.module, part.prepare, folder)
        if reason := made.get("not measured"):
            return {name: [{"not measured": reason}] for name in part.contestants}
    found = {name: [] for name in part.contestants}
    for number in range(rounds):
        for name, runs in found.items():
            if runs and ("not measured" in runs[-1] or _took_long(runs[-1])):
                continue
            runs.append(in_its_own_process(part.module, name, folder))
            value = runs[-1].get(part.figure)
            said = runs[-1].get("not measured") if value is None else f"{value:.3g}"
            print(f"  {number + 1}/{rounds} {part.contestants[name]}: {said}")
            sys.stdout.flush()
    return found


def _took_long(run: dict) -> bool:
    return run.get("seconds", 0) > LONG_S


def bench(only: Sequence[str], build: Path, rounds: int | None = None) -> dict:
    """Measure parts, print their tables, write bench.json and bench.png.

    Args:
        only: names of parts; all by default.
        build: the folder to write to.
        rounds: of each part, in place of its own number.

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
    with tempfile.TemporaryDirectory() as folder:
        for name in [name for name in NAMES if not only or name in only]:
            print(f"[{name}]", flush=True)
            began = time.perf_counter()
            if name == "growth":
                result["growth"] = {
                    curve: in_its_own_process("growth", curve, folder)
                    for curve in GROWTH
                }
            else:
                part = PARTS[name]
                runs = measure(part, folder, rounds or part.rounds)
                result["parts"][name] = {"rows": summarise(part, runs)}
                result["parts"][name]["took (s)"] = time.perf_counter() - began
            print(f"  took {time.perf_counter() - began:.0f} s", flush=True)
    for rows in (part["rows"] for part in result["parts"].values()):
        devices = {row["device"] for row in rows if row.get("device")}
        result["machine"].setdefault("devices", []).extend(sorted(devices))
    result["machine"]["devices"] = sorted(set(result["machine"].get("devices", [])))
    print("\n" + format_table(result))
    if result["growth"]:
        print("\n" + format_growth(result["growth"]))
    text = json.dumps(result, indent=2, ensure_ascii=False)
    (build / "bench.json").write_text(text + "\n", encoding="utf-8")
    draw(result, build / "bench.png")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure, and return the exit status.

    Returns:
        0 if all was measured or named as not measured, 2 if it could not start or
        write, 130 if it was interrupted.
    """
    parser = argparse.ArgumentParser(
        prog="python -m utils.commands.bench", description=__doc__.partition("\n\n")[0]
    )
    parser.add_argument("--only", nargs="+", default=[], help=", ".join(NAMES))
    parser.add_argument("--rounds", type=int, help="of each part")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="output")
    parser.add_argument("--call", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.call:
        print(f"\n{MARK}{json.dumps(call(*options.call))}")
        return 0
    try:
        bench(options.only, options.build, options.rounds)
    except (ValueError, OSError) as error:
        print(f"make bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("make bench: interrupted", file=sys.stderr)
        return 130
    where = os.path.relpath(options.build)
    print(f"\nThe table is in {where}/bench.json, its plot in {where}/bench.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
