"""Read MNIST from an npz file or from its four IDX files, gzipped or not.

Nothing in a file is trusted: what it may unpack to is bounded, pickle is never loaded,
and what is returned is MNIST to the byte.
"""

import gzip
import hashlib
import io
import math
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

SHAPES = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}
# SHA-256 of each array's bytes in row-major order: the same in every container.
SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
IDX = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}
# What each mirror has: the npz file that Keras uses, or the four IDX files in order.
GOOGLE = "https://storage.googleapis.com"
MIRRORS = [
    [f"{GOOGLE}/tensorflow/tf-keras-datasets/mnist.npz"],
    [f"https://ossci-datasets.s3.amazonaws.com/mnist/{n}.gz" for n in IDX.values()],
    [f"{GOOGLE}/cvdf-datasets/mnist/{n}.gz" for n in IDX.values()],
]
MAX_BYTES = 100_000_000  # of a file, unpacked too; MNIST has 55 million


class DigitsError(ValueError):
    """A file of digits cannot be used; the message names it and says what to do."""


def problem(file: Path | str, found: str, expected: str) -> DigitsError:
    """Return the error to raise about a file.

    Args:
        file: its path, for the message.
        found: what is wrong with it, as "no labels".
        expected: what would be right, as "labels from 0 to 9".
    """
    return DigitsError(
        f"{file}: found {found}; expected {expected}. Put the right file there, move "
        "this one away, or set DIGITS=drawn to go on with drawn digits."
    )


def find(path: Path) -> list[Path]:
    """Return the files that hold MNIST at a path: one npz, four IDX, or none.

    Args:
        path: an npz file, one of the four IDX files, or a folder that holds either,
            itself or in a subfolder named mnist.

    Returns:
        The paths, which may be broken links or damaged files; the IDX files in the
        order of `IDX`.

    Raises:
        DigitsError: some but not all of the four IDX files are there.

    Example:
        >>> find(Path("a-folder-that-does-not-exist"))
        []
    """
    if not os.path.isdir(path):
        name = path.name.removesuffix(".gz").replace(".idx", "-idx")
        if name in IDX.values():
            return _find_idx(path.parent)
        return [path] if os.path.lexists(path) else []
    for folder in (path, path / "mnist"):
        npz = folder / "mnist.npz"
        files = [npz] if os.path.lexists(npz) else _find_idx(folder)
        if files:
            return files
    return []


def _find_idx(folder: Path) -> list[Path]:
    """Return the four IDX files of a folder, or none; each may be spelt in two ways."""
    files, missing = [], []
    for name in IDX.values():
        dotted = name.replace("-idx", ".idx")
        spellings = [name, f"{name}.gz", dotted, f"{dotted}.gz"]
        found = [folder / s for s in spellings if os.path.lexists(folder / s)]
        if found:
            files.append(found[0])
        else:
            missing.append(name)
    if files and missing:
        raise problem(folder, f"no {' and no '.join(missing)}", "all four IDX files")
    return files


def read(files: list[Path]) -> dict[str, np.ndarray]:
    """Return MNIST's arrays from one npz file or the four IDX files.

    Args:
        files: as `find` returns them; the IDX files in the order of `IDX`.

    Returns:
        The arrays, as `parse` does.

    Raises:
        DigitsError: a file cannot be read, is damaged, or does not hold MNIST.
    """
    return parse({str(file): read_bytes(file) for file in files})


def read_bytes(file: Path) -> bytes:
    """Return a file's bytes.

    Raises:
        DigitsError: the file cannot be read, or has more than MAX_BYTES.
    """
    try:
        with open(file, "rb") as stream:
            return _bounded(str(file), stream)
    except OSError as error:
        reason = error.strerror or str(error)
        raise problem(file, reason, "a file that can be read") from None


def _bounded(name: str, stream: io.BufferedIOBase) -> bytes:
    """Return what a stream holds, without taking memory for more than is allowed."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise problem(name, f"over {MAX_BYTES:,} bytes", "MNIST, which has fewer")
    return data


def parse(files: dict[str, bytes]) -> dict[str, np.ndarray]:
    """Return MNIST's arrays from the bytes of one npz file or of the four IDX files.

    Args:
        files: names, for messages, and bytes; the IDX files in the order of `IDX`.

    Returns:
        x_train, y_train, x_test, y_test: uint8, new and writable, shaped as `SHAPES`.

    Raises:
        DigitsError: the bytes are damaged or are not MNIST.
    """
    if len(files) == 1:
        name, data = next(iter(files.items()))
        arrays = parse_npz(name, data)
    else:
        arrays = {}
        for key, (name, data) in zip(IDX, files.items(), strict=True):
            arrays[key] = _parse_idx(name, data, SHAPES[key])
    _require_mnist(" and ".join(files), arrays)
    return arrays


def parse_npz(name: str, data: bytes) -> dict[str, np.ndarray]:
    """Return the arrays that an npz file's bytes hold, MNIST's or others of its format.

    Args:
        name: of the file, for messages.
        data: the file's bytes.

    Returns:
        x_train, y_train, x_test, y_test: uint8, new and writable, shaped as `SHAPES`.

    Raises:
        DigitsError: an array is missing, damaged, or has another dtype or shape.
    """
    expected = f"a whole npz file with {', '.join(SHAPES)}"
    if not zipfile.is_zipfile(io.BytesIO(data)):  # NumPy would speak of pickle
        raise problem(name, "a broken npz file or none", expected)
    arrays = {}
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            if not set(SHAPES) <= set(held.files):
                raise problem(name, f"the arrays {', '.join(held.files[:8])}", expected)
            for key, shape in SHAPES.items():
                if held.zip.getinfo(f"{key}.npy").file_size > MAX_BYTES:
                    raise problem(name, f"{key} of over {MAX_BYTES:,} bytes", expected)
                array = np.ascontiguousarray(held[key])
                if array.dtype != np.uint8 or array.shape != shape:
                    found = f"{key} as {array.dtype} {array.shape}"
                    raise problem(name, found, f"uint8 {shape}")
                arrays[key] = array
    except DigitsError:
        raise
    except Exception as error:  # damage makes zipfile and NumPy raise many things
        raise problem(name, f"a broken npz file ({error})", expected) from None
    return arrays


def _parse_idx(name: str, data: bytes, shape: tuple) -> np.ndarray:
    """Return an IDX file's array; after the magic number and the sizes come its bytes.

    Format: http://yann.lecun.com/exdb/mnist/ (0x08 is uint8, then the dimensions).
    """
    data = _unzip(name, data)
    expected = [0x0800 + len(shape), *shape]
    complete = min(len(expected), len(data) // 4)  # numbers in a file that may be short
    header = np.frombuffer(data, ">u4", count=complete).tolist()
    if header != expected:
        raise problem(name, f"magic number and sizes {header}", f"{expected}")
    body = np.frombuffer(data, np.uint8, offset=4 * len(expected))
    if body.size != math.prod(shape):
        raise problem(name, f"{body.size:,} values", f"{math.prod(shape):,}")
    return body.reshape(shape).copy()


def _unzip(name: str, data: bytes) -> bytes:
    """Return gzipped bytes unzipped, others as they are, whatever the file's name."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            return _bounded(name, stream)
    except (EOFError, OSError, zlib.error) as error:
        raise problem(name, f"broken gzip data ({error})", "a whole file") from None


def _require_mnist(name: str, arrays: dict) -> None:
    largest = max(arrays["y_train"].max(), arrays["y_test"].max())
    if largest > 9:
        raise problem(name, f"labels up to {largest}", "labels from 0 to 9")
    other = []
    for key, array in arrays.items():
        if hashlib.sha256(array).hexdigest() != SHA256[key]:
            other.append(key)
    if other:
        found = f"MNIST's format but other data in {', '.join(other)}"
        raise problem(name, found, "MNIST, whose SHA-256 is known")
