"""Run the lessons headless: `make run`, or `python -m utils run`."""

import argparse
import base64
import io
import json
import os
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from PIL import Image
from tabulate import tabulate

from utils import ROOT
from utils.commands import lessons
from utils.runtime import RESULT_MIME

COLUMNS = ["lesson", "device", "digits", "seconds", "result", "target", "verdict"]


class RunError(Exception):
    """A run that cannot start or go on, in one line for the user."""


def _logged_kernel(log: BinaryIO) -> type[AsyncKernelManager]:
    """Return a kernel whose own standard error (TensorFlow's log) goes to a file."""

    class LoggedKernel(AsyncKernelManager):
        async def _async_start_kernel(self, **kwargs):
            await super()._async_start_kernel(stderr=log, **kwargs)

        start_kernel = _async_start_kernel

    return LoggedKernel


def run_lesson(path: Path, build: Path, quick: bool = False) -> dict:
    """Run one lesson and write its executed notebook and its log.

    Args:
        path: the notebook; it is only read.
        build: the folder to write to.
        quick: use the lesson's quick parameters.

    Returns:
        A row of the table: the COLUMNS, the lesson's title and its result's value.

    Raises:
        RunError: the parameters in its metadata do not exist, or a file cannot be
            written.
    """
    notebook = nbformat.read(path, as_version=4)
    parameters = lessons.quick_parameters(notebook) if quick else {}
    unknown = parameters.keys() - papermill.inspect_notebook(str(path)).keys()
    if unknown:
        raise RunError(
            f"{path.name} has no parameters {sorted(unknown)} to be quick with"
        )
    executed = build / path.name
    failure, started = "", time.perf_counter()
    with open(build / f"{path.stem}.log", "wb") as log:
        try:
            papermill.execute_notebook(
                path,
                executed,
                parameters=parameters,
                kernel_name="python3",
                cwd=ROOT,
                kernel_manager_class=_logged_kernel(log),
                coalesce_streams=True,  # one text, not one for each line
                store_widget_state=False,  # it would need scripts to be shown
            )
        except PapermillExecutionError as error:
            failure = f"{error.ename} in cell {error.exec_count}"
        except RuntimeError as error:  # the kernel died: out of memory, for one
            failure = " ".join(str(error).split())
    seconds = time.perf_counter() - started
    notebook = nbformat.read(executed, as_version=4)
    if failure:
        _mark_failure(notebook, failure)
        nbformat.write(notebook, executed)
    return _row(path, notebook, seconds, failure)


def store_outputs(executed: Path, path: Path) -> None:
    """Put the outputs of a run into the lesson's own notebook.

    Args:
        executed: the notebook that papermill wrote, run with its own parameters.
        path: the lesson's notebook; outputs, execution counts and, in the metadata,
            the seconds of the run change, and nothing else. The figure of the cell
            tagged `goal` becomes images/NN_goal.png beside it.

    Raises:
        RunError: the lesson's code changed since the run.
    """
    notebook, run = (nbformat.read(one, as_version=4) for one in (path, executed))
    codes, ran = (
        [cell for cell in one.cells if cell.cell_type == "code"]
        for one in (notebook, run)
    )
    if [cell.source for cell in codes] != [cell.source for cell in ran]:
        raise RunError(f"{path.name} changed since it was run")
    for cell, done in zip(codes, ran, strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
        _drop_widgets(cell.outputs)
        _shrink_figures(cell.outputs)
        if "goal" in cell.metadata.get("tags", []):
            (figure,) = [o for o in cell.outputs if "image/png" in o.get("data", {})]
            images = path.parent / "images"
            images.mkdir(exist_ok=True)
            goal = images / f"{path.stem[:2]}_goal.png"
            goal.write_bytes(base64.b64decode(figure.data["image/png"]))
    seconds = round(run.metadata.papermill.duration)
    notebook.metadata.setdefault("course", {})["seconds"] = seconds
    # JupyterLab writes 2.0 as 2: so here, or it would change what it only opens
    content = json.loads(nbformat.writes(notebook), parse_float=_without_point)
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def _without_point(number: str) -> int | float:
    value = float(number)
    return int(value) if value.is_integer() else value


def _drop_widgets(outputs: list[NotebookNode]) -> None:
    """Leave of a widget what shows without its kernel: a text, a picture."""
    for output in outputs:
        output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)


def _shrink_figures(outputs: list[NotebookNode]) -> None:
    """Keep figures with 256 colours, half the size; leave films and transparency."""
    for output in outputs:
        if "image/png" not in output.get("data", {}):
            continue
        png = base64.b64decode(output.data["image/png"])
        figure, smaller = Image.open(io.BytesIO(png)), io.BytesIO()
        opaque = figure.convert("RGBA").getextrema()[3][0] == 255
        if getattr(figure, "is_animated", False) or not opaque:
            continue
        few = figure.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(smaller, format="PNG", optimize=True)
        if len(smaller.getvalue()) < len(png):
            text = base64.b64encode(smaller.getvalue()).decode()
            output.data["image/png"] = text


def _mark_failure(notebook: NotebookNode, failure: str) -> None:
    """Show where it ended if no cell could say so itself, as when the kernel dies."""
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if any(o.output_type == "error" for cell in codes for o in cell.outputs):
        return
    started = [c for c in codes if c.metadata.get("papermill", {}).get("start_time")]
    error = {"ename": "KernelDied", "evalue": failure}
    text = f"{failure} while this cell ran"
    (started or codes)[-1].outputs.append(
        nbformat.v4.new_output("error", **error, traceback=[text])
    )


def _row(path: Path, notebook: NotebookNode, seconds: float, failure: str) -> dict:
    record = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            record = output.get("data", {}).get(RESULT_MIME, record)
    if record and not record["reached"]:
        verdict = "missed"
    elif failure:
        verdict = f"failed: {failure}"
    else:
        verdict = "reached" if record else "failed: it reports no result"
    measured = f"{record['measure']} {record['result']}" if record else "-"
    return {
        "lesson": path.stem,
        "title": lessons.title_of(notebook),
        "device": record.get("device", "-"),
        "digits": record.get("digits", "-"),
        "seconds": round(seconds, 1),
        "result": measured,
        "value": record.get("value"),
        "target": record.get("target", "-"),
        "verdict": verdict,
    }


def format_table(rows: list[dict]) -> str:
    """Return the rows as a table of plain text.

    Args:
        rows: dicts that hold at least the COLUMNS.

    Example:
        >>> print(*format_table([dict.fromkeys(COLUMNS, 1)]).split()[:7])
        lesson device digits seconds result target verdict
    """
    cells = [[str(row[name]) for name in COLUMNS] for row in rows]
    return tabulate(cells, headers=COLUMNS, disable_numparse=True)


def run(names: Sequence[str], quick: bool, store: bool, build: Path) -> bool:
    """Run lessons one after the other, print the table, write `results.json`.

    Args:
        names: which lessons, as in `lessons.find_lessons`.
        quick: use the quick parameters; models saved on the way stay under `build`.
        store: put the outputs of lessons that reached their target into notebooks/, and
            gather what all lessons save.
        build: the folder for everything that is written.

    Returns:
        Whether every lesson reached its target.

    Raises:
        RunError: wrong arguments, or a file that cannot be written.
    """
    try:
        paths = lessons.find_lessons(names)
    except LookupError as error:
        raise RunError(str(error)) from None
    if quick and store:
        raise RunError("outputs to store come from a full run, not from a quick one")
    build.mkdir(parents=True, exist_ok=True)
    if quick:  # a model of one short epoch must not replace a good one
        os.environ.setdefault("COURSE_MODELS", str((build / "quick-models").resolve()))
    rows = []
    try:
        for number, path in enumerate(paths, start=1):
            print(f"[{number}/{len(paths)}] {path.stem}", flush=True)
            try:
                rows.append(run_lesson(path, build, quick))
            except (RunError, ValueError) as error:  # a broken notebook, for one
                reason = " ".join(str(error).split())[:100]
                rows.append(dict.fromkeys(COLUMNS, "-") | {"lesson": path.stem})
                rows[-1] |= {"verdict": f"failed: {reason}"}
            if store and rows[-1]["verdict"] == "reached":
                store_outputs(build / path.name, path)
    finally:
        if rows:
            print(f"\n{format_table(rows)}\n")
            results = json.dumps(rows, indent=2, ensure_ascii=False)
            (build / "results.json").write_text(results + "\n", encoding="utf-8")
    if store and lessons.main() != 0:
        raise RunError("outputs are stored; what lessons save is not gathered")
    print(f"Notebooks and results.json are in {os.path.relpath(build)}/")
    return all(row["verdict"] == "reached" for row in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, run, and return the exit status.

    Returns:
        0 if every lesson reached its target, 1 if not, 2 if the run could not start
        or go on, 130 if it was interrupted.
    """
    parser = argparse.ArgumentParser(prog="python -m utils run", description=__doc__)
    parser.add_argument("lessons", nargs="*", help='such as "02"; all by default')
    parser.add_argument("--quick", action="store_true", help="short trainings")
    parser.add_argument(
        "--store", action="store_true", help="put the outputs into notebooks/"
    )
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="output")
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore", module="papermill|nbclient|zmq|jupyter_client")
    try:
        passed = run(options.lessons, options.quick, options.store, options.build)
    except RunError as error:
        print(f"make run: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        print(f"make run: cannot write: {error.strerror}{where}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("make run: interrupted", file=sys.stderr)
        return 130
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
