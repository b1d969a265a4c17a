"""Contestants that make a reader wait: digits, headless runs, the start of a lesson.

Each function runs in a process of its own, once a round, and returns its figures. Files
that several need are made once, by `prepare_digits` and `prepare_lessons`.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from utils import ROOT
from utils.commands.bench import NotMeasured

LESSONS = os.environ.get("BENCH_LESSONS", "01").split()  # of the headless run
PARTS = ["x_train", "y_train", "x_test", "y_test"]
TRAINING = "import keras, tensorflow"  # what a first cell often starts with


def _folder() -> Path:
    return Path(os.environ["BENCH_FOLDER"])


def _timed(job) -> tuple[float, object]:
    began = time.perf_counter()
    result = job()
    return time.perf_counter() - began, result


def prepare_digits() -> None:
    """Write the digits at hand as one npz file and as MNIST's own four."""
    from utils.digits import load_digits
    from utils.digits.mnist import IDX

    digits = load_digits()
    arrays = {part: getattr(digits, part) for part in PARTS}
    np.savez_compressed(_folder() / "mnist.npz", **arrays)
    for part, name in IDX.items():
        array = arrays[part]
        header = np.array([0x0800 + array.ndim, *array.shape], ">u4").tobytes()
        (_folder() / name).write_bytes(header + array.tobytes())


def _digits(job, count: int) -> dict:
    from utils.commands.bench.machine import peak_mb

    before = peak_mb()
    seconds, _ = _timed(job)
    after = peak_mb()
    grown = None if after is None else after - before
    return {"images a second": count / seconds, "peak memory (MB)": grown}


def digits_usual() -> dict:
    """Read the four arrays of an npz file with NumPy."""

    def read():
        with np.load(_folder() / "mnist.npz") as file:
            return [file[part] for part in PARTS]

    return _digits(read, 70_000)


def digits_npz() -> dict:
    """Read the npz file as the course does, which checks that it is MNIST."""
    return _digits(lambda: _read(["mnist.npz"]), 70_000)


def digits_idx() -> dict:
    """Decode MNIST's own four files."""
    from utils.digits.mnist import IDX

    return _digits(lambda: _read(IDX.values()), 70_000)


def _read(names) -> dict:
    from utils.digits import mnist

    try:
        return mnist.read([_folder() / name for name in names])
    except mnist.DigitsError:
        raise NotMeasured("no MNIST here, and other digits are refused") from None


def digits_drawn(count: int = 12_000) -> dict:
    """Draw digits."""
    from utils.digits.drawing import draw_digits

    return _digits(lambda: draw_digits(count), count)


def digits_all_drawn() -> dict:
    """Draw as many as MNIST has."""
    return digits_drawn(70_000)


def prepare_lessons() -> None:
    """Write the lessons with their quick parameters, for nbconvert to run."""
    import nbformat
    import papermill

    from utils.commands.run import find_lessons, quick_parameters

    for path in find_lessons(LESSONS):
        quick = quick_parameters(nbformat.read(path, as_version=4))
        papermill.execute_notebook(
            path,
            _folder() / path.name,
            parameters=quick,
            kernel_name="python3",
            prepare_only=True,
            progress_bar=False,
        )


def _command(*words: str) -> dict:
    """Run a command as a user does; return its seconds."""
    models = str(_folder() / "models")
    env = os.environ | {"COURSE_MODELS": models, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *words]
    run = dict(env=env, cwd=ROOT, capture_output=True, text=True)
    seconds, done = _timed(lambda: subprocess.run(command, **run))
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip()[-300:])
    return {"seconds": seconds, "lessons": " ".join(LESSONS)}


def headless_usual() -> dict:
    """Run quick lessons with `jupyter nbconvert --execute`."""
    files = sorted(str(path) for path in _folder().glob("*.ipynb"))
    out = ["--output-dir", str(_folder() / "executed"), "--to", "notebook"]
    return _command("nbconvert", "--execute", *out, *files)


def headless_lesson() -> dict:
    """Run the same with the course's runner, which also writes pages and a table."""
    return _command(
        "utils.commands.run", "--quick", "--build", str(_folder()), *LESSONS
    )


def start_usual() -> dict:
    """Start a kernel, import TensorFlow, and go on as lesson 01 does."""
    return start_lesson(TRAINING)


def start_lesson(first: str = "") -> dict:
    """Start a kernel and run lesson 01 up to its first plot.

    Returns:
        Seconds from the start of the kernel to the arrival of the plot, and the most
        memory the kernel had held by then.

    Raises:
        RuntimeError: a cell failed, or the lesson has no plot.
    """
    import nbformat
    from jupyter_client.manager import start_new_kernel

    path = next((ROOT / "notebooks").glob("01_*.ipynb"))
    cells = nbformat.read(path, as_version=4).cells
    began = time.perf_counter()
    manager, client = start_new_kernel(cwd=str(ROOT), stderr=subprocess.DEVNULL)
    try:
        ready = time.perf_counter() - began
        for code in [first, *(c.source for c in cells if c.cell_type == "code")]:
            if _shows_plot(client, code):
                seconds = time.perf_counter() - began
                memory = _kernel_memory(client)
                return {"seconds": seconds, "kernel (s)": ready, **memory}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    raise RuntimeError("lesson 01 shows no plot")


def _shows_plot(client, code: str) -> bool:
    """Run a cell; return at once when it shows a picture, or at its end."""
    sent = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=120)
        kind, content = message["msg_type"], message["content"]
        if message["parent_header"].get("msg_id") != sent:
            continue
        if "image/png" in content.get("data", {}):
            return True
        if kind == "error":
            raise RuntimeError(f"{content['ename']}: {content['evalue']}")
        if kind == "status" and content["execution_state"] == "idle":
            return False


def _kernel_memory(client) -> dict:
    code = "__import__('utils.commands.bench.machine').bench.machine.peak_mb()"
    sent = client.execute("", user_expressions={"peak": code}, silent=True)
    while True:
        reply = client.get_shell_msg(timeout=60)
        if reply["parent_header"].get("msg_id") == sent:
            found = reply["content"]["user_expressions"]["peak"]
            text = found.get("data", {}).get("text/plain", "None")
            peak = None if text == "None" else float(text)
            return {"peak memory (MB)": peak}
