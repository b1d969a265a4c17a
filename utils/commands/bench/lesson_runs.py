"""Cases that run lesson 01: headless from start to end, and up to its first plot."""

import subprocess
import time

import nbformat

from utils import ROOT
from utils.commands.bench.machine import run_module, seconds_of, shared_folder
from utils.commands.lessons import find_lessons, quick_parameters

LESSON = "lesson.ipynb"  # with its quick parameters, in the shared folder
PEAK = "from utils.commands.bench.machine import peak_mb\nprint(peak_mb())"


def write_quick_lesson() -> None:
    """Write the lesson with its quick parameters, for nbconvert to run."""
    import papermill

    (path,) = find_lessons(["01"])
    quick = quick_parameters(nbformat.read(path, as_version=4))
    options = dict(kernel_name="python3", prepare_only=True)
    papermill.execute_notebook(path, shared_folder() / LESSON, quick, **options)


def run_by_nbconvert() -> dict:
    """Run the quick lesson with `jupyter nbconvert --execute`."""
    write_quick_lesson()
    options = ["--execute", "--to=notebook", "--output=done"]
    return _run("nbconvert", *options, str(shared_folder() / LESSON))


def run_by_the_course() -> dict:
    """Run the same with the course's runner, which also writes a page and a table."""
    return _run("utils", "run", "--quick", "--build", str(shared_folder()), "01")


def _run(*words: str) -> dict:
    models = str(shared_folder() / "models")
    env = {"COURSE_MODELS": models, "PYTHONPATH": str(ROOT)}
    return {"seconds": seconds_of(lambda: run_module(*words, **env))}


def run_to_first_plot(first: str = "") -> dict:
    """Start a kernel, run some code first, and then the lesson up to its first plot."""
    from nbclient import NotebookClient

    (path,) = find_lessons(["01"])
    notebook = nbformat.read(path, as_version=4)
    new_cell = nbformat.v4.new_code_cell
    notebook.cells.insert(0, new_cell(first))
    client = NotebookClient(notebook, kernel_name="python3")
    began = time.perf_counter()
    with client.setup_kernel(cwd=str(ROOT), stderr=subprocess.DEVNULL):
        ready = time.perf_counter() - began
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
            outputs = cell.get("outputs", [])
            if any("image/png" in output.get("data", {}) for output in outputs):
                break
        else:
            raise RuntimeError("lesson 01 shows no plot")
        seconds = time.perf_counter() - began
        peak = client.execute_cell(new_cell(PEAK), 0).outputs[0].text
    return {"seconds": seconds, "kernel (s)": ready, "peak memory (MB)": float(peak)}
