"""The machine a benchmark runs on, and the time and memory that a case takes."""

import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from utils import ROOT
from utils.runtime import device, start

LIMIT_S = 900  # for one process, before it is given up


class NotMeasured(Exception):
    """A case cannot run here; the message says why, for the table."""


def start_tensorflow(policy: str = "") -> None:
    """Start TensorFlow as lessons do, before a case uses Keras.

    Args:
        policy: of Keras's mixed precision, as "mixed_float16"; for GPUs alone.

    Raises:
        NotMeasured: a policy was named, and there is no GPU.
    """
    start(0)
    if policy:
        import keras

        if not device().startswith("GPU"):
            raise NotMeasured("no GPU")
        keras.mixed_precision.set_global_policy(policy)


def describe() -> dict:
    """Return what one must know of a machine to compare figures, by name.

    Example:
        >>> describe()["cores"] >= 1
        True
    """
    found = {
        "cpu": platform.processor() or platform.machine(),
        "cores": psutil.cpu_count(),
        "ram_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "os": platform.platform(terse=True),
        "python": platform.python_version(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    if sys.platform == "linux":  # where Python does not know the processor's name
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        if name := re.search(r"^model name\s*: (.+)", text, re.MULTILINE):
            found["cpu"] = name[1]
    for package in ["tensorflow", "keras", "numpy", "torch"]:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def peak_mb() -> float:
    """Return the most memory this process has held, in MB.

    Example:
        >>> peak_mb() > 1
        True
    """
    if sys.platform == "linux":  # where getrusage counts the parent's memory too
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1e3
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def shared_folder() -> Path:
    """Return the folder that a part's preparation fills for its cases."""
    return Path(os.environ["BENCH_FOLDER"])


def seconds_of(job: Callable[[], object], times: int = 1) -> float:
    """Return the seconds of one call, on average over this many."""
    began = time.perf_counter()
    for _ in range(times):
        job()
    return (time.perf_counter() - began) / times


def run_module(*words: str, **env: str) -> str:
    """Run a Python module in a new process; return what it printed.

    Args:
        words: the module and its arguments.
        env: variables of its environment, beside this process's own.

    Raises:
        RuntimeError: it failed, and the message is its last line; or it took too long.
    """
    command = [sys.executable, "-m", *words]
    options = dict(capture_output=True, text=True, timeout=LIMIT_S)
    try:
        done = subprocess.run(command, cwd=ROOT, env=os.environ | env, **options)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"took over {LIMIT_S} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip() or f"status {done.returncode}"
        raise RuntimeError(said.splitlines()[-1])
    return done.stdout
