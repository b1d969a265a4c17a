"""Every container of MNIST is read, and every file that cannot be used is named."""

import contextlib
import gzip
import io
import os
import re
import zipfile

import numpy as np
import pytest
from support.small_mnist import (
    ARRAYS,
    ONE_LINE,
    OTHER_ARRAYS,
    PICKLED,
    SHAPES,
    expect_arrays,
    npz_bytes,
    put_gzipped_idx,
    put_idx,
    put_npz,
)

from utils import ROOT
from utils.digits import DigitsError, load, load_digits, mnist

REAL = {name: dict(getattr(mnist, name)) for name in ("SHAPES", "SHA256")}
BY_COLUMNS = {key: np.asfortranarray(array) for key, array in ARRAYS.items()}
CONTAINERS = {
    "uncompressed npz": lambda f: put_npz(f / "mnist.npz", npz_bytes(save=np.savez)),
    "npz by columns": lambda f: put_npz(f / "mnist.npz", npz_bytes(BY_COLUMNS)),
    "gzipped IDX": put_gzipped_idx,
    "subfolder": lambda f: put_idx(f / "mnist"),
}


@pytest.mark.parametrize("put", CONTAINERS.values(), ids=CONTAINERS)
def test_every_container_gives_the_same_arrays(place, capsys, put):
    put(place / "mine")
    expect_arrays(load_digits(place / "mine"))
    assert capsys.readouterr().out == ONE_LINE


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("spelling", ["-idx", ".idx"])
def test_one_idx_file_in_either_spelling_stands_for_the_four(place, spelling, end):
    folder = put_idx(place / "mine", end)
    for file in folder.iterdir():
        file.rename(folder / file.name.replace("-idx", spelling))
    expect_arrays(load_digits(folder))
    put_npz(folder / "mnist.npz", b"not looked at")
    expect_arrays(load_digits(folder / f"t10k-labels{spelling}1-ubyte{end}"))


def changed(key, array):
    return npz_bytes(ARRAYS | {key: array})


def promising(*shape, content=0):
    """Return an npz file whose headers promise a shape, over other content."""
    header = io.BytesIO()
    description = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, description)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for key in SHAPES:
            archive.writestr(f"{key}.npy", header.getvalue() + bytes(content))
    return file.getvalue()


def tampered_npz():
    data = bytearray(npz_bytes(save=np.savez))
    data[data.find(ARRAYS["x_train"].tobytes()) + 7] ^= 1
    return bytes(data)


NO_NPZ = "a broken npz file or none; expected .* x_train"
BAD_NPZ = {
    "truncated": (npz_bytes()[:-300], NO_NPZ),
    "tampered": (tampered_npz(), "Bad CRC"),
    "one array, pickled": (b"\x93NUMPY" + bytes(100), NO_NPZ),
    "missing keys": (npz_bytes({"a": ARRAYS["y_test"]}), "the arrays a;"),
    "shape": (changed("x_test", ARRAYS["x_test"][:1]), r"x_test .*\(1, 28, 28"),
    "dtype": (changed("y_train", np.zeros(6, int)), "y_train as int64"),
    "labels": (changed("y_test", np.array([3, 11], "u1")), "labels up to 11"),
    "objects": (npz_bytes(PICKLED), "Object arrays"),
    "10^15 images promised": (promising(10**15, 28, 28), "a broken npz file"),
    "7.8 GB promised": (promising(10**7, 28, 28), "a broken npz file"),
    "not MNIST": (npz_bytes(OTHER_ARRAYS), "other data in x_train, y_train"),
    "one array": (changed("y_test", ARRAYS["y_test"][::-1]), "data in y_test;"),
}


@pytest.mark.parametrize("data, found", BAD_NPZ.values(), ids=BAD_NPZ)
def test_a_bad_npz_file_is_named_and_left_alone(place, capsys, data, found):
    file = put_npz(place / "bad.npz", data)
    with pytest.raises(DigitsError, match=found) as caught:
        load_digits(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: found ")
    assert "; expected " in message and "DIGITS=drawn" in message
    assert "\n" not in message
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert file.read_bytes() == data
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("folder", ["data", "keras/datasets"])
def test_a_bad_file_is_not_passed_over(place, folder):
    file = put_npz(place / folder / "mnist.npz", b"broken")
    with pytest.raises(DigitsError, match=re.escape(f"{file}: found a broken npz")):
        load_digits()
    assert file.read_bytes() == b"broken"


BAD_IDX = {
    "truncated": ("x_train", lambda d: d[:-1], "4,703 values.* 4,704"),
    "empty": ("y_test", lambda d: b"", r"sizes \[\]"),
    "sizes": ("y_test", lambda d: d[:7] + b"\xff" + d[8:], r"\[2049, 255\]"),
    "cut gzip": ("y_test", lambda d: gzip.compress(d)[:-9], "gzip data"),
    "tampered gzip": ("y_test", lambda d: gzip.compress(d)[:-8] + bytes(8), "CRC"),
}


@pytest.mark.parametrize("key, change, found", BAD_IDX.values(), ids=BAD_IDX)
def test_a_bad_idx_file_is_named(place, key, change, found):
    file = put_idx(place / "mine") / mnist.IDX[key]
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(DigitsError, match=f"{file.name}.*: found .*{found}"):
        load_digits(place / "mine")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed, "gzipped IDX"])
def test_no_damage_brings_any_other_exception(place, save):
    rng = np.random.default_rng(0)
    if save == "gzipped IDX":
        file = put_gzipped_idx(place / "mine") / "train-images-idx3-ubyte.gz"
    else:
        file = put_npz(place / "mine" / "mnist.npz", npz_bytes(save=save))
    whole = file.read_bytes()
    for _ in range(150):
        data = bytearray(whole)
        for where in rng.integers(len(data), size=3):
            data[where] = rng.integers(256)
        file.write_bytes(data[: rng.integers(1, len(data) + 1)])
        with contextlib.suppress(DigitsError):
            expect_arrays(load_digits(file))  # no byte that matters


@pytest.mark.parametrize(
    "name, found",
    [
        ("empty", "empty: found nothing; .* mnist.npz"),
        ("train-labels-idx1-ubyte", "ubyte: found nothing; .* mnist.npz"),
        ("partly", "partly: found no t10k-labels-idx1-ubyte;"),
        ("folder", "mnist.npz: found .*; expected .* be read"),  # not even by root
    ],
)
def test_what_is_missing_or_cannot_be_opened_is_named(place, name, found):
    (place / "empty").mkdir()
    (place / "folder" / "mnist.npz").mkdir(parents=True)
    (put_idx(place / "partly") / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DigitsError, match=found):
        load_digits(place / name)


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_a_broken_link_is_an_error_and_stays(place):
    load.DATA.mkdir()
    link = load.DATA / "mnist.npz"
    link.symlink_to(place / "gone.npz")
    with pytest.raises(DigitsError, match="mnist.npz: found No such file"):
        load_digits()
    assert link.is_symlink()


HUGE = {
    "mnist.npz": (bytes(5_001), "found over 5,000"),
    "bomb.npz": (promising(1_000, 28, 28, content=784_000), "x_train of over 5,000"),
    "train-images-idx3-ubyte.gz": (gzip.compress(bytes(10**6)), "found over 5,000"),
}


@pytest.mark.parametrize("name", HUGE)
def test_huge_files_are_refused(place, monkeypatch, name):
    monkeypatch.setattr(mnist, "MAX_BYTES", 5_000)
    data, found = HUGE[name]
    file = put_npz(put_gzipped_idx(place / "mine") / name, data)
    with pytest.raises(DigitsError, match=f"{name}: .*{found}"):
        load_digits(file)


REAL_FILE = ROOT / os.environ.get("DIGITS", "")


@pytest.mark.skipif(
    not (REAL_FILE.is_file() and REAL_FILE.suffix == ".npz"),
    reason="DIGITS names no npz file of real MNIST",
)
def test_real_mnist_in_every_container(place, monkeypatch, capsys):
    for name, value in REAL.items():
        monkeypatch.setattr(mnist, name, value)
    got = load_digits(REAL_FILE)
    arrays = {key: getattr(got, key) for key in mnist.SHAPES}
    assert got.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    expect_arrays(load_digits(put_idx(place / "raw", arrays=arrays)), arrays)
    expect_arrays(load_digits(put_gzipped_idx(place / "gz", arrays)), arrays)
    line = "MNIST: 60,000 training and 10,000 test images.\n"
    assert capsys.readouterr().out == 3 * line
