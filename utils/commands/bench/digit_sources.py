"""Cases that read digits from files, or draw them."""

from collections.abc import Callable, Iterable

import numpy as np

from utils.commands.bench.machine import (
    NotMeasured,
    peak_mb,
    seconds_of,
    shared_folder,
)

ARRAYS = ["x_train", "y_train", "x_test", "y_test"]


def write_files() -> None:
    """Write the digits at hand as one npz file and as MNIST's own four."""
    from utils.digits import load_digits
    from utils.digits.mnist import IDX

    digits = load_digits()
    arrays = {name: getattr(digits, name) for name in ARRAYS}
    np.savez_compressed(shared_folder() / "mnist.npz", **arrays)
    for name, file in IDX.items():
        array = arrays[name]
        header = np.array([0x0800 + array.ndim, *array.shape], ">u4").tobytes()
        (shared_folder() / file).write_bytes(header + array.tobytes())


def _figures(job: Callable[[], object], count: int) -> dict:
    before = peak_mb()
    seconds = seconds_of(job)
    grown = peak_mb() - before
    return {"images per second": count / seconds, "peak memory (MB)": grown}


def npz_by_numpy() -> dict:
    """Read the four arrays of an npz file with NumPy."""

    def read():
        with np.load(shared_folder() / "mnist.npz") as file:
            return [file[name] for name in ARRAYS]

    return _figures(read, 70_000)


def npz() -> dict:
    """Read the npz file as the course does, which checks that it is MNIST."""
    return _figures(lambda: _read(["mnist.npz"]), 70_000)


def idx() -> dict:
    """Decode MNIST's own four files, and check them."""
    from utils.digits.mnist import IDX

    return _figures(lambda: _read(IDX.values()), 70_000)


def _read(names: Iterable[str]) -> dict:
    from utils.digits import mnist

    try:
        return mnist.read([shared_folder() / name for name in names])
    except mnist.DigitsError:
        raise NotMeasured("no MNIST here, and other digits are refused") from None


def drawn(count: int = 12_000) -> dict:
    """Draw this many digits."""
    from utils.digits.drawing import draw_digits

    return _figures(lambda: draw_digits(count), count)
