"""Load handwritten digits: MNIST where it can be had, digits drawn by a program if not.

`load_digits()` takes the first that it finds: the path it is given, the environment
variable DIGITS, data/, Keras's cache, a download, digits drawn by
`utils.digits.drawing`. `make digits`, run before class, fetches MNIST where it can,
even if that failed lately, and says which digits there are.
"""

import contextlib
import os
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from utils import DATA, ROOT
from utils.digits import mnist
from utils.digits.drawing import draw_digits
from utils.digits.mnist import DigitsError

RETRY_S = 24 * 3600  # seconds until a notebook tries a failed download again
COMPARED = 500  # drawn digits that tell whether a file of them is out of date


@dataclass(frozen=True, eq=False)
class Digits:
    """A training set and a test set of handwritten digits.

    Attributes:
        x_train, x_test: images, uint8 (n, height, width) in [0, 255], 0 the paper.
        y_train, y_test: labels, uint8 (n,) in [0, 9].
        name: "MNIST" or "drawn digits".
        source: where they come from, in words.
    """

    x_train: np.ndarray = field(repr=False)
    y_train: np.ndarray = field(repr=False)
    x_test: np.ndarray = field(repr=False)
    y_test: np.ndarray = field(repr=False)
    name: str
    source: str


def load_digits(path: str | Path | None = None) -> Digits:
    """Return 60,000 training and 10,000 test digits; print a line that says which.

    Args:
        path: an npz file, one of MNIST's four IDX files (gzipped or not), a folder with
            either, or the word "drawn". A relative path counts from the working folder,
            then from the course's. None: search, in the order above.

    Returns:
        Digits with new arrays, which you may change.

    Raises:
        DigitsError: what `path` or DIGITS names, or a file in data/ or Keras's cache,
            is missing, unreadable, damaged or not MNIST. No file is ever changed.

    Example:
        >>> digits = load_digits("drawn")
        Digits drawn by a program, as asked: 60,000 training and 10,000 test images.
        >>> digits.x_train.shape, digits.x_train.dtype
        ((60000, 28, 28), dtype('uint8'))
    """
    named = str(path or os.environ.get("DIGITS", "")).strip()
    if named == "drawn":
        return _drawn("Digits drawn by a program, as asked")
    if named:
        return _named(Path(os.path.expanduser(named)))
    keras = Path(os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras"))
    places = [(DATA, "data/"), (keras / "datasets" / "mnist.npz", "Keras's cache")]
    for place, source in places:
        files = mnist.find(place)
        if files:
            return _announce("MNIST", mnist.read(files), "MNIST", source)
    arrays = _download()
    if arrays is not None:
        kept = os.path.lexists(DATA / "mnist.npz") or _save("mnist.npz", arrays)
        return _announce("MNIST", arrays, "MNIST", "a download", kept)
    why = "No MNIST here and no network that brings it, so a program drew the digits"
    return _drawn(why, " To try again: make digits, or delete data/.no-network")


def _named(path: Path) -> Digits:
    path = path if os.path.lexists(path) else ROOT / path
    files = mnist.find(path)
    if not files:
        idx = ", ".join(mnist.IDX.values())
        raise mnist.problem(path, "nothing", f"mnist.npz or the files {idx}")
    return _announce("MNIST", mnist.read(files), "MNIST", path.name)


def _download() -> dict | None:
    """Return MNIST's arrays, or None at once if a download failed in the last RETRY_S.

    The failure is remembered as the age of a file, so that it costs a class its
    patience once and not in every notebook.
    """
    marker = DATA / ".no-network"
    with contextlib.suppress(OSError):
        if 0 <= time.time() - marker.stat().st_mtime < RETRY_S:
            return None
    from utils.digits.download import download  # late: requests is seldom needed

    arrays = download(mnist.MIRRORS, mnist.parse)
    if arrays is None:
        with contextlib.suppress(OSError):
            DATA.mkdir(parents=True, exist_ok=True)
            marker.write_text("MNIST could not be downloaded when this was written.\n")
    return arrays


def _drawn(lead: str, hint: str = "") -> Digits:
    """Return drawn digits, kept in data/drawn.npz until the drawing itself changes."""
    file = DATA / "drawn.npz"
    arrays, kept = _read_drawn(file), True
    if arrays is None:
        arrays = {}
        for seed, part in enumerate(["train", "test"]):
            n = mnist.SHAPES[f"y_{part}"][0]
            arrays[f"x_{part}"], arrays[f"y_{part}"] = draw_digits(n, seed)
        kept = _save(file.name, arrays)
    return _announce(lead, arrays, "drawn digits", "utils.digits.drawing", kept, hint)


def _read_drawn(file: Path) -> dict | None:
    """Return a file's arrays if they are what would be drawn today, else None.

    The first digits are drawn again and compared. One grey level of difference is
    allowed, because another machine may have rounded them differently.
    """
    try:
        arrays = mnist.parse_npz(str(file), mnist.read_bytes(file))
    except DigitsError:  # missing or damaged
        return None
    first = arrays["x_train"][:COMPARED]
    images, labels = draw_digits(len(first))
    is_current = np.array_equal(arrays["y_train"][:COMPARED], labels)
    is_current &= np.allclose(first, images, rtol=0, atol=1)
    return arrays if is_current else None


def _save(name: str, arrays: dict[str, np.ndarray]) -> bool:
    """Write data/<name> whole or not at all; say whether that worked."""
    part = DATA / f"{name}.{uuid.uuid4().hex}.part"
    try:
        DATA.mkdir(parents=True, exist_ok=True)
        with part.open("xb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(part, DATA / name)
        return True
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _announce(
    lead: str, arrays: dict, name: str, source: str, kept: bool = True, hint: str = ""
) -> Digits:
    train, test = len(arrays["y_train"]), len(arrays["y_test"])
    note = "" if kept else " (not kept: data/ cannot be written)"
    print(f"{lead}: {train:,} training and {test:,} test images{note}.{hint}")
    return Digits(**arrays, name=name, source=source)
