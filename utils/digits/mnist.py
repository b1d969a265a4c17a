"""Read MNIST from an npz file or from its four IDX files, gzipped or not.

Nothing in a file is trusted: sizes are checked before memory is taken, pickle is never
loaded, and what is returned is MNIST to the byte.
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
LIMIT = 100_000_000  # bytes; MNIST has 55 million uncompressed


class DigitsError(ValueError):
    """A file of digits cannot be used; the message names it and says what to do."""


def problem(file: Path | str, found: str, expected: str) -> DigitsError:
    """Return the error to raise about a file."""
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
        if files := [npz] if os.path.lexists(npz) else _find_idx(folder):
            return files
    return []


def _find_idx(folder: Path) -> list[Path]:
    found = []
    for name in IDX.values():
        same = [name, f"{name}.gz", (dotted := name.replace("-idx", ".idx"))]
        files = [folder / n for n in (*same, f"{dotted}.gz")]
        found.append(next((file for file in files if os.path.lexists(file)), None))
    missing = [n for n, file in zip(IDX.values(), found, strict=True) if not file]
    if missing and any(found):
        raise problem(folder, f"no {' and no '.join(missing)}", "all four IDX files")
    return [] if missing else found


def read(files: list[Path]) -> dict[str, np.ndarray]:
    """Return MNIST's arrays from one npz file or the four IDX files, in order.

    Raises:
        DigitsError: a file cannot be read, is damaged, or does not hold MNIST.
    """
    return parse({str(file): read_bytes(file) for file in files})


def read_bytes(file: Path) -> bytes:
    """Return a file's bytes, of which there are at most LIMIT and one.

    Raises:
        DigitsError: the file cannot be read.
    """
    try:
        with open(file, "rb") as stream:
            return stream.read(LIMIT + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise problem(file, reason, "a file that can be read") from None


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
        [(name, data)] = files.items()
        arrays = parse_npz(name, data, SHAPES)
    else:
        parts = zip(IDX, files.items(), strict=True)
        arrays = {key: _parse_idx(*part, SHAPES[key]) for key, part in parts}
    _require_mnist(" and ".join(files), arrays)
    return arrays


def parse_npz(name: str, data: bytes, shapes: dict) -> dict[str, np.ndarray]:
    """Return the uint8 arrays that an npz file's bytes hold.

    Args:
        name: of the file, for messages.
        data: the file's bytes.
        shapes: the arrays wanted and their shapes.

    Raises:
        DigitsError: an array is missing, damaged, or has another dtype or shape.
    """
    expected = f"a whole npz file with {', '.join(shapes)}"
    try:
        with zipfile.ZipFile(io.BytesIO(_unzip(name, data))) as archive:
            held = [member.removesuffix(".npy") for member in archive.namelist()]
            if not set(shapes) <= set(held):
                raise problem(name, f"the arrays {', '.join(held[:8])}", expected)
            arrays = {}
            for key, shape in shapes.items():
                with archive.open(f"{key}.npy") as stream:
                    arrays[key] = _parse_npy(name, stream, key, shape)
            return arrays
    except DigitsError:
        raise
    except Exception as error:  # damage makes zipfile and NumPy raise many things
        raise problem(name, f"a broken file or none ({error})", expected) from None


def _parse_npy(name: str, stream: io.BufferedIOBase, key: str, shape: tuple):
    """Return a member of an npz file; its header is checked before memory is taken."""
    version = np.lib.format.read_magic(stream)
    read_header = getattr(np.lib.format, "read_array_header_{}_{}".format(*version))
    held, fortran, dtype = read_header(stream)
    if dtype != np.uint8 or held != shape:
        raise problem(name, f"{key} as {dtype} {held}", f"uint8 {shape}")
    data = np.frombuffer(stream.read(math.prod(shape)), np.uint8)
    return data.reshape(shape, order="F" if fortran else "C").copy()


def _parse_idx(name: str, data: bytes, shape: tuple) -> np.ndarray:
    """Return an IDX file's array; after the magic number and the sizes come its bytes.

    Format: http://yann.lecun.com/exdb/mnist/ (0x08 is uint8, then the dimensions).
    """
    data = _unzip(name, data)
    want = [0x0800 + len(shape), *shape]
    header = np.frombuffer(data[: 4 * min(len(want), len(data) // 4)], ">u4").tolist()
    if header != want:
        raise problem(name, f"magic number and sizes {header}", f"{want}")
    body = np.frombuffer(data, np.uint8, offset=4 * len(want))
    if body.size != math.prod(shape):
        raise problem(name, f"{body.size:,} values", f"{math.prod(shape):,}")
    return body.reshape(shape).copy()


def _unzip(name: str, data: bytes) -> bytes:
    """Return gzipped bytes unzipped, others as they are, whatever the file's name."""
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(io.BytesIO(data)) as stream:
                data = stream.read(LIMIT + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise problem(name, f"broken gzip data ({error})", "a whole file") from None
    if len(data) > LIMIT:
        raise problem(name, f"over {LIMIT:,} bytes", "MNIST, which has fewer")
    return data


def _require_mnist(name: str, arrays: dict) -> None:
    top = max(arrays["y_train"].max(), arrays["y_test"].max())
    if top > 9:
        raise problem(name, f"labels up to {top}", "labels from 0 to 9")
    other = [k for k, v in arrays.items() if hashlib.sha256(v).hexdigest() != SHA256[k]]
    if other:
        found = f"MNIST's format but other data in {', '.join(other)}"
        raise problem(name, found, "MNIST, whose SHA-256 is known")
