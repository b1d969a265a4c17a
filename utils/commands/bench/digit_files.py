"""Cases that read digits from files, or draw them."""

from collections.abc import Callable, Iterable

import numpy as np

from utils.commands.bench.machine import (
    NotMeasured,
    peak_mb,
    seconds_of,
    shared_folder,
)
from utils.digits import DigitsError, load_digits, mnist


def write_files() -> None:
    """Write the digits at hand as one npz file and as MNIST's own four."""
    digits = load_digits()
    arrays = {name: getattr(digits, name) for name in mnist.IDX}
    np.savez_compressed(shared_folder() / "mnist.npz", **arrays)
    for name, file in mnist.IDX.items():
        array = arrays[name]
        header = np.array([0x0800 + array.ndim, *array.shape], ">u4").tobytes()
        (shared_folder() / file).write_bytes(header + array.tobytes())


def read_plainly() -> list[np.ndarray]:
    """Read the npz file with NumPy."""
    with np.load(shared_folder() / "mnist.npz") as file:
        return [file[name] for name in mnist.IDX]


def read_checked(names: Iterable[str]) -> dict:
    """Read files as the course does, which checks that they are MNIST."""
    try:
        return mnist.read([shared_folder() / name for name in names])
    except DigitsError:
        raise NotMeasured("no MNIST here, and other digits are refused") from None


def read_or_draw(job: Callable[[], object], count: int = 70_000) -> dict:
    """Return the speed of a function that makes this many digits, and its memory."""
    before = peak_mb()
    seconds = seconds_of(job)
    grown = peak_mb() - before
    return {"images per second": count / seconds, "peak memory (MB)": grown}
