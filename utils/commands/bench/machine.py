"""The machine a benchmark runs on: its parts, and the time and memory that it takes."""

import os
import platform
import re
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from utils.runtime import start

PACKAGES = ["tensorflow", "keras", "numpy", "torch"]


class NotMeasured(Exception):
    """A case cannot run here; the message says why, for the table."""


def start_tensorflow(policy: str = "") -> None:
    """Start TensorFlow as lessons do, before a case uses Keras: it sets the GPU up.

    Args:
        policy: of Keras's mixed precision, "mixed_float16" or "mixed_bfloat16", which
            computes with half the bits where that suffices.

    Raises:
        NotMeasured: a policy was named, and there is no GPU.
    """
    if policy and not shutil.which("nvidia-smi"):  # sooner seen than by TensorFlow
        raise NotMeasured("no GPU")
    start(0)
    import keras
    import tensorflow as tf

    if policy:
        if not tf.config.list_physical_devices("GPU"):
            raise NotMeasured("no GPU")
        keras.mixed_precision.set_global_policy(policy)


def describe() -> dict:
    """Return what one must know of a machine to compare figures.

    Returns:
        cpu, cores, ram_gb, os, python, the version of each package that is installed,
        and date (UTC). Each case names its device itself.

    Example:
        >>> describe()["cores"] >= 1
        True
    """
    found = {
        "cpu": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "ram_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "os": platform.platform(terse=True),
        "python": platform.python_version(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    if sys.platform == "linux":  # where Python does not know the processor's name
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        if name := re.search(r"^model name\s*: (.+)", text, re.MULTILINE):
            found["cpu"] = name[1]
        found["cores"] = len(os.sched_getaffinity(0))
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def peak_mb() -> float:
    """Return the most memory this process has held, in MB.

    Example:
        >>> peak_mb() > 1
        True
    """
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    if sys.platform == "linux":  # getrusage counts the parent's too; psutil has none
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        if found := re.search(r"VmHWM:\s+(\d+)", status):
            return int(found[1]) / 1e3
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def shared_folder() -> Path:
    """Return the folder that a part's preparation fills for its cases."""
    return Path(os.environ["BENCH_FOLDER"])


def seconds_of(job: Callable[[], object], times: int = 1) -> float:
    """Return the seconds of one call, on average over this many."""
    began = time.perf_counter()
    for _ in range(times):
        job()
    return (time.perf_counter() - began) / times
