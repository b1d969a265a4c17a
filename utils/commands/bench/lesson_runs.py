"""Cases that run lessons: headless from start to end, and up to the first plot."""

import os
import subprocess
import sys
import time

from utils import ROOT
from utils.commands.bench.machine import seconds_of, shared_folder

LESSONS = os.environ.get("BENCH_LESSONS", "01").split()  # of the headless run
PEAK = "__import__('utils.commands.bench.machine').commands.bench.machine.peak_mb()"


def write_quick_lessons() -> None:
    """Write the lessons with their quick parameters, for nbconvert to run."""
    import nbformat
    import papermill

    from utils.commands.lessons import find_lessons, quick_parameters

    for path in find_lessons(LESSONS):
        papermill.execute_notebook(
            path,
            shared_folder() / path.name,
            parameters=quick_parameters(nbformat.read(path, as_version=4)),
            kernel_name="python3",
            prepare_only=True,
            progress_bar=False,
        )


def _command(*words: str) -> dict:
    """Run a command as a user does; return its seconds."""
    models = str(shared_folder() / "models")
    env = os.environ | {"COURSE_MODELS": models, "PYTHONPATH": str(ROOT)}

    def run():
        command = [sys.executable, "-m", *words]
        how = dict(env=env, cwd=ROOT, capture_output=True, text=True)
        done = subprocess.run(command, **how)
        if done.returncode:
            raise RuntimeError((done.stderr or done.stdout).strip()[-300:])

    return {"seconds": seconds_of(run), "lessons": " ".join(LESSONS)}


def by_nbconvert() -> dict:
    """Run quick lessons with `jupyter nbconvert --execute`."""
    files = sorted(str(path) for path in shared_folder().glob("*.ipynb"))
    out = ["--output-dir", str(shared_folder() / "executed"), "--to", "notebook"]
    return _command("nbconvert", "--execute", *out, *files)


def by_the_course() -> dict:
    """Run the same with the course's runner, which also writes pages and a table."""
    return _command(
        "utils", "run", "--quick", "--build", str(shared_folder()), *LESSONS
    )


def to_first_plot(first: str = "") -> dict:
    """Start a kernel and run lesson 01 up to its first plot.

    Args:
        first: code to run before the lesson's.

    Returns:
        Seconds from the start of the kernel to the arrival of the plot, and the most
        memory the kernel had held when that cell ended.

    Raises:
        RuntimeError: a cell failed, or the lesson has no plot.
    """
    import nbformat
    from jupyter_client.manager import start_new_kernel

    plots = []  # seconds at which each arrived

    def note(message):
        if "image/png" in message["content"].get("data", {}):
            plots.append(time.perf_counter() - began)

    path = next((ROOT / "notebooks").glob("01_*.ipynb"))
    cells = nbformat.read(path, as_version=4).cells
    began = time.perf_counter()
    manager, client = start_new_kernel(cwd=str(ROOT), stderr=subprocess.DEVNULL)
    try:
        ready = time.perf_counter() - began
        for code in [first, *(c.source for c in cells if c.cell_type == "code")]:
            _execute(client, code, output_hook=note)
            if plots:
                reply = _execute(client, "", user_expressions={"peak": PEAK})
                peak = reply["user_expressions"]["peak"]["data"]["text/plain"]
                figures = {"seconds": plots[0], "kernel (s)": ready}
                return figures | {"peak memory (MB)": float(peak)}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    raise RuntimeError("lesson 01 shows no plot")


def _execute(client, code: str, **options) -> dict:
    """Run code in a kernel; return what its reply holds."""
    reply = client.execute_interactive(code, timeout=120, **options)["content"]
    if reply["status"] != "ok":
        raise RuntimeError(f"{reply['ename']}: {reply['evalue']}")
    return reply
