"""Tests of utils.digits, utils.digits.mnist and utils.digits.download: every error and every fault.

No test uses a real network: mirrors are servers on 127.0.0.1. Except where a test says
so, MNIST is played by a small set with the same layout, whose SHA-256 is put in place.
"""

import contextlib
import gzip
import hashlib
import http.server
import io
import os
import socket
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

import numpy as np
import pytest

from utils import ROOT
from utils.digits import DigitsError, download, load_digits, mnist
from utils.digits import load as digits

REAL = {name: dict(getattr(mnist, name)) for name in ("SHAPES", "SHA256")}
SMALL = {"x_train": (6, 28, 28), "y_train": (6,), "x_test": (2, 28, 28), "y_test": (2,)}
ONE_LINE = "MNIST: 6 training and 2 test images.\n"


def make_arrays(seed=0, shapes=SMALL):
    rng = np.random.default_rng(seed)
    top = {"x": 256, "y": 10}
    return {k: rng.integers(top[k[0]], size=s).astype("u1") for k, s in shapes.items()}


def fake_draw(n, seed=0):
    labels = np.arange(n, dtype=np.uint8) % 10
    return np.full((n, 28, 28), 100 + seed, np.uint8), labels


def npz_bytes(arrays=None, save=np.savez_compressed):
    file = io.BytesIO()
    save(file, **(ARRAYS if arrays is None else arrays))
    return file.getvalue()


def idx_bytes(array, magic=None):
    header = [magic or 0x0800 + array.ndim, *array.shape]
    return np.array(header, ">u4").tobytes() + array.tobytes()


def write_idx(folder, end="", pack=bytes, arrays=None):
    folder.mkdir(exist_ok=True, parents=True)
    for key, array in (arrays or ARRAYS).items():
        (folder / f"{mnist.IDX[key]}{end}").write_bytes(pack(idx_bytes(array)))
    return folder


def expect_arrays(got, expected):
    for key, array in expected.items():
        np.testing.assert_array_equal(getattr(got, key), array)
        assert getattr(got, key).dtype == np.uint8
        assert getattr(got, key).flags.writeable


ARRAYS = make_arrays()


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty data folder, no Keras cache, no DIGITS, no mirrors, a small MNIST."""
    hashes = {key: hashlib.sha256(array).hexdigest() for key, array in ARRAYS.items()}
    monkeypatch.setattr(mnist, "SHAPES", SMALL)
    monkeypatch.setattr(mnist, "SHA256", hashes)
    monkeypatch.setattr(mnist, "MIRRORS", [])
    monkeypatch.setattr(digits, "DATA", tmp_path / "data")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("DIGITS", raising=False)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    fake = types.SimpleNamespace(draw_digits=fake_draw)
    monkeypatch.setitem(sys.modules, "utils.digits.drawing", fake)
    return tmp_path


# Where digits are looked for


CONTAINERS = {
    "npz": lambda f: (f / "mnist.npz").write_bytes(npz_bytes()),
    "uncompressed npz": lambda f: (f / "mnist.npz").write_bytes(
        npz_bytes(save=np.savez)
    ),
    "gzipped npz": lambda f: (f / "mnist.npz").write_bytes(gzip.compress(npz_bytes())),
    "IDX": write_idx,
    "gzipped IDX": lambda f: write_idx(f, ".gz", gzip.compress),
    "IDX unzipped under its old name": lambda f: write_idx(f, ".gz"),
    "subfolder": lambda f: write_idx(f / "mnist"),
}


@pytest.mark.parametrize("make", CONTAINERS.values(), ids=CONTAINERS)
def test_every_container_gives_the_same_arrays(place, capsys, make):
    folder = place / "mine"
    folder.mkdir()
    make(folder)
    expect_arrays(load_digits(folder), ARRAYS)
    assert capsys.readouterr().out == ONE_LINE


@pytest.mark.parametrize("end", ["", ".gz"])
def test_one_idx_file_stands_for_the_four(place, end):
    folder = write_idx(place / "mine", end)
    (folder / "mnist.npz").write_bytes(b"not looked at")
    expect_arrays(load_digits(folder / f"t10k-labels-idx1-ubyte{end}"), ARRAYS)


def test_idx_names_with_a_dot_are_known(place):
    folder = write_idx(place / "mine")
    for file in folder.iterdir():
        file.rename(folder / file.name.replace("-idx", ".idx"))
    expect_arrays(load_digits(folder), ARRAYS)
    expect_arrays(load_digits(folder / "train-images.idx3-ubyte"), ARRAYS)


def test_column_order_in_an_npz_file_is_understood(place):
    file = place / "columns.npz"
    file.write_bytes(npz_bytes({k: np.asfortranarray(a) for k, a in ARRAYS.items()}))
    expect_arrays(load_digits(file), ARRAYS)


def test_order_is_argument_variable_data_keras_download_drawn(place, monkeypatch):
    def put(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(npz_bytes())

    assert load_digits().source == "utils.digits.drawing"
    digits.DATA.joinpath(".no-network").unlink()
    monkeypatch.setattr(digits, "download", lambda *_: ARRAYS)
    monkeypatch.setattr(digits, "_save", lambda *_: False)
    assert load_digits().source == "a download"
    put(place / "keras" / "datasets" / "mnist.npz")
    assert load_digits().source == "Keras's cache"
    put(digits.DATA / "mnist.npz")
    assert load_digits().source == "data/"
    put(place / "variable.npz")
    monkeypatch.setenv("DIGITS", str(place / "variable.npz"))
    assert load_digits().source == "variable.npz"
    put(place / "argument.npz")
    assert load_digits(place / "argument.npz").source == "argument.npz"
    assert load_digits("drawn").name == "drawn digits"
    monkeypatch.setenv("DIGITS", "drawn")
    assert load_digits().name == "drawn digits"
    monkeypatch.setenv("DIGITS", " ")
    assert load_digits().source == "data/"


def test_keras_default_cache_is_in_the_home_folder(place, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(place))
    file = place / ".keras" / "datasets" / "mnist.npz"
    file.parent.mkdir(parents=True)
    file.write_bytes(npz_bytes())
    assert load_digits().source == "Keras's cache"
    file.rename(place / "moved.npz")
    assert load_digits("~/moved.npz").source == "moved.npz"


def test_relative_path_counts_from_here_then_from_the_course(place, monkeypatch):
    monkeypatch.setattr(digits, "ROOT", place / "course")
    write_idx(place / "course" / "mine")
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    expect_arrays(load_digits("mine"), ARRAYS)
    (place / "elsewhere" / "mine").mkdir()
    with pytest.raises(DigitsError, match="found nothing"):
        load_digits("mine")


def test_arrays_are_fresh_and_nothing_else_is_shown(place):
    file = place / "mnist.npz"
    file.write_bytes(npz_bytes())
    for source in (file, "drawn"):
        first = load_digits(source)
        before = first.x_train.copy()
        first.x_train[:] = 1
        np.testing.assert_array_equal(load_digits(source).x_train, before)
    assert repr(load_digits(file)) == "Digits(name='MNIST', source='mnist.npz')"
    with pytest.raises(AttributeError):
        first.name = "other"


# Files that cannot be used


def pickled():
    return ARRAYS | {"y_test": np.array([1, None], object)}


def fashion():
    return make_arrays(seed=1)


def changed(key, array):
    return npz_bytes(ARRAYS | {key: array})


def absurd_npz():
    """An npz file of a few bytes whose header promises 10**15 images."""
    header = io.BytesIO()
    shape = (10**15, 28, 28)
    description = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, description)
    file = io.BytesIO()
    with digits.mnist.zipfile.ZipFile(file, "w") as archive:
        for key in SMALL:
            archive.writestr(f"{key}.npy", header.getvalue())
    return file.getvalue()


def tampered_npz():
    data = bytearray(npz_bytes(save=np.savez))
    data[data.find(ARRAYS["x_train"].tobytes()) + 7] ^= 1
    return bytes(data)


BAD_NPZ = {
    "truncated": (lambda: npz_bytes()[:-300], "broken"),
    "tampered": (tampered_npz, "Bad CRC"),
    "no zip": (lambda: b"<html>Please log in</html>", "not a zip"),
    "empty": (lambda: b"", "not a zip"),
    "missing keys": (lambda: npz_bytes({"a": ARRAYS["y_test"]}), "the arrays a;"),
    "shape": (
        lambda: changed("x_test", ARRAYS["x_test"][:1]),
        r"x_test .*\(1, 28, 28\)",
    ),
    "dtype": (lambda: changed("y_train", np.zeros(6, int)), r"y_train as int64"),
    "labels": (lambda: changed("y_test", np.array([3, 11], "u1")), "labels up to 11"),
    "objects": (lambda: npz_bytes(pickled()), "y_test as object"),
    "absurd size": (absurd_npz, r"1000000000000000, 28"),
    "not MNIST": (lambda: npz_bytes(fashion()), "other data in x_train, y_train"),
    "one array": (lambda: changed("y_test", ARRAYS["y_test"][::-1]), "data in y_test;"),
    "truncated gzip": (lambda: gzip.compress(npz_bytes())[:-50], "broken gzip"),
    "tampered gzip": (lambda: gzip.compress(npz_bytes())[:-8] + bytes(8), "CRC check"),
    "object array": (lambda: b"\x93NUMPY" + bytes(100), "not a zip"),
}


@pytest.mark.parametrize("where", ["named", "DIGITS", "data", "Keras's cache"])
@pytest.mark.parametrize("make, found", BAD_NPZ.values(), ids=BAD_NPZ)
def test_bad_npz_is_named_and_left_alone(
    place, monkeypatch, capsys, make, found, where
):
    file = {
        "data": digits.DATA / "mnist.npz",
        "Keras's cache": place / "keras" / "datasets" / "mnist.npz",
    }.get(where, place / "bad.npz")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(make())
    if where == "DIGITS":
        monkeypatch.setenv("DIGITS", str(file))
    with pytest.raises(DigitsError, match=found) as caught:
        load_digits(file if where == "named" else None)
    message = str(caught.value)
    assert message.startswith(f"{file}: found ")
    assert "; expected " in message and "set DIGITS=drawn" in message
    assert "\n" not in message and len(message) < 400 + len(str(file))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert file.read_bytes() == make()
    assert capsys.readouterr().out == ""


def change_idx(key, change):
    def make(folder):
        file = write_idx(folder) / mnist.IDX[key]
        file.write_bytes(change(file.read_bytes()))

    return make


BAD_IDX = {
    "one missing": (
        lambda f: (write_idx(f) / mnist.IDX["y_test"]).unlink(),
        "no t10k-labels-idx1-ubyte; expected all four",
    ),
    "truncated": (change_idx("x_train", lambda d: d[:-1]), "4,703 values.* 4,704"),
    "too long": (change_idx("y_test", lambda d: d + b"0"), "3 values"),
    "empty": (change_idx("y_test", lambda d: b""), r"sizes \[\]"),
    "magic": (change_idx("y_test", lambda d: b"\0\0\x0d\1" + d[4:]), r"\[3329, 2\]"),
    "sizes": (
        change_idx("y_test", lambda d: d[:7] + b"\xff" + d[8:]),
        r"\[2049, 255\]",
    ),
    "swapped": (change_idx("y_test", lambda d: idx_bytes(ARRAYS["x_test"])), r"\[2051"),
    "labels": (change_idx("y_test", lambda d: d[:-1] + b"\x0a"), "labels up to 10"),
    "gzip": (change_idx("y_test", lambda d: gzip.compress(d)[:-9]), "broken gzip"),
    "not MNIST": (lambda f: write_idx(f, arrays=fashion()), "MNIST's format but other"),
}


@pytest.mark.parametrize("make, found", BAD_IDX.values(), ids=BAD_IDX)
@pytest.mark.parametrize("named", [True, False], ids=["named", "data"])
def test_bad_idx_is_named(place, make, found, named):
    folder = place / "mine" if named else digits.DATA
    make(folder)
    with pytest.raises(DigitsError, match=found) as caught:
        load_digits(folder if named else None)
    assert str(caught.value).startswith(str(folder))


def test_no_damage_brings_any_other_exception(place):
    rng = np.random.default_rng(0)
    file = place / "mnist.npz"
    for whole in (npz_bytes(), npz_bytes(save=np.savez), gzip.compress(npz_bytes())):
        for _ in range(150):
            data = bytearray(whole)
            for where in rng.integers(len(data), size=3):
                data[where] = rng.integers(256)
            file.write_bytes(data[: rng.integers(1, len(data) + 1)])
            with contextlib.suppress(DigitsError):
                expect_arrays(load_digits(file), ARRAYS)  # no byte that matters


def test_nothing_there_is_said(place):
    (place / "empty").mkdir()
    for path in (place / "empty", place / "no.npz", place / "train-labels-idx1-ubyte"):
        with pytest.raises(DigitsError, match="found nothing; expected mnist.npz or"):
            load_digits(path)


def test_unreadable_file_is_named(place, monkeypatch):
    file = digits.DATA / "mnist.npz"
    file.mkdir(parents=True)  # opening a folder fails for every user, root too
    with pytest.raises(DigitsError, match="found .*; expected a file that can be read"):
        load_digits()

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(mnist, "open", refuse, raising=False)
    with pytest.raises(DigitsError, match="mnist.npz: found Permission denied"):
        load_digits()


@pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")
def test_broken_link_is_an_error_and_stays(place):
    digits.DATA.mkdir()
    link = digits.DATA / "mnist.npz"
    link.symlink_to(place / "gone.npz")
    with pytest.raises(DigitsError, match="No such file"):
        load_digits()
    assert link.is_symlink()


def test_huge_files_are_refused(place, monkeypatch):
    monkeypatch.setattr(mnist, "LIMIT", 3_000)
    file = place / "huge.npz"
    for data in (bytes(3_001), gzip.compress(bytes(10**6))):
        file.write_bytes(data)
        with pytest.raises(DigitsError, match="found over 3,000 bytes"):
            load_digits(file)


def test_no_file_of_the_user_changes(place):
    digits.DATA.mkdir()
    write_idx(digits.DATA / "mine")
    for name in ("notes.txt", "mnist.npz.bak", "drawn.txt", "mnist.npz.1.part"):
        (digits.DATA / name).write_text(f"mine: {name}")
    before = {f: f.read_bytes() for f in digits.DATA.rglob("*") if f.is_file()}
    load_digits()
    load_digits(digits.DATA / "mine")
    new = {f.name for f in digits.DATA.rglob("*") if f.is_file() and f not in before}
    assert new == {".no-network", "drawn.npz"}
    assert {f: f.read_bytes() for f in before} == before


# MNIST's own shapes and hashes


def test_real_sizes_are_checked_before_memory_is_taken(place, monkeypatch):
    monkeypatch.setattr(mnist, "SHAPES", REAL["SHAPES"])
    write_idx(place / "mine")
    with pytest.raises(
        DigitsError, match=r"\[2051, 6, 28, 28\].*\[2051, 60000, 28, 28\]"
    ):
        load_digits(place / "mine")
    (place / "small.npz").write_bytes(npz_bytes())
    with pytest.raises(DigitsError, match=r"\(6, 28, 28\).*uint8 \(60000, 28, 28\)"):
        load_digits(place / "small.npz")


def test_blank_images_in_mnists_format_are_not_mnist(place, monkeypatch):
    for name, value in REAL.items():
        monkeypatch.setattr(mnist, name, value)
    blank = {key: np.zeros(shape, np.uint8) for key, shape in mnist.SHAPES.items()}
    write_idx(place / "mine", arrays=blank)
    with pytest.raises(
        DigitsError, match="other data in x_train, y_train, x_test, y_te"
    ):
        load_digits(place / "mine")


def find_real_mnist():
    file = Path(os.environ.get("DIGITS", ""))
    for path in (file, ROOT / file):
        if path.name.endswith(".npz") and path.is_file():
            return path
    return None


REAL_FILE = find_real_mnist()


@pytest.mark.skipif(REAL_FILE is None, reason="DIGITS names no npz file of real MNIST")
def test_real_mnist_in_every_container(place, monkeypatch, capsys):
    for name, value in REAL.items():
        monkeypatch.setattr(mnist, name, value)
    got = load_digits(REAL_FILE)
    arrays = {key: getattr(got, key) for key in mnist.SHAPES}
    assert got.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    expect_arrays(load_digits(write_idx(place / "raw", arrays=arrays)), arrays)
    quick = {"end": ".gz", "pack": lambda data: gzip.compress(data, 1)}
    expect_arrays(load_digits(write_idx(place / "gz", arrays=arrays, **quick)), arrays)
    line = "MNIST: 60,000 training and 10,000 test images.\n"
    assert capsys.readouterr().out == 3 * line


# Drawn digits


def test_drawn_digits_are_made_once(place, monkeypatch, capsys):
    first = load_digits("drawn")
    said = "Digits drawn by a program, as asked: 6 training and 2 test images.\n"
    assert capsys.readouterr().out == said
    assert (first.x_train[0, 0, 0], first.x_test[0, 0, 0]) == (100, 101)  # two seeds
    monkeypatch.setattr(sys.modules["utils.digits.drawing"], "draw_digits", None)
    second = load_digits("drawn")
    expect_arrays(second, {key: getattr(first, key) for key in SMALL})
    assert os.listdir(digits.DATA) == ["drawn.npz"]


def test_drawn_digits_are_made_again_if_damaged_or_old(place, monkeypatch):
    first = load_digits("drawn")
    file = digits.DATA / "drawn.npz"
    whole = file.read_bytes()
    for damaged in (b"", b"no zip", whole[:-99], npz_bytes(pickled()), npz_bytes()):
        file.write_bytes(damaged)
        expect_arrays(load_digits("drawn"), {k: getattr(first, k) for k in SMALL})
        assert len(file.read_bytes()) == len(whole)
    monkeypatch.setattr(
        sys.modules["utils.digits.drawing"],
        "draw_digits",
        lambda n, seed: (np.zeros((n, 28, 28), np.uint8), np.zeros(n, np.uint8)),
    )
    assert load_digits("drawn").x_train.max() == 100
    monkeypatch.setattr(digits, "DRAWING", ["digits.py"])  # as if the drawing changed
    assert load_digits("drawn").x_train.max() == 0


def test_drawing_files_exist():
    assert all((ROOT / "utils" / name).is_file() for name in digits.DRAWING)


@pytest.mark.parametrize("fault", ["no folder", "full disk", "read-only"])
def test_digits_come_without_a_place_to_keep_them(place, monkeypatch, capsys, fault):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    def open_to_read(path, mode="r", *rest, **options):
        return fail() if set(mode) & set("wxa") else open(path, mode, *rest, **options)

    if fault == "no folder":
        (place / "file").write_text("")
        monkeypatch.setattr(digits, "DATA", place / "file" / "data")
    elif fault == "full disk":
        monkeypatch.setattr(np, "savez_compressed", fail)
    else:
        digits.DATA.mkdir()
        monkeypatch.setattr(Path, "open", open_to_read)
    if fault != "no folder":
        monkeypatch.setattr(Path, "write_text", fail)
    assert load_digits("drawn").x_train.shape == (6, 28, 28)
    assert load_digits().name == "drawn digits"
    monkeypatch.setattr(digits, "download", lambda *_: ARRAYS)
    expect_arrays(load_digits(), ARRAYS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all("(not kept: data/ cannot be written)." in line for line in lines)
    if fault != "no folder":
        assert os.listdir(digits.DATA) == []


def test_interrupted_writing_leaves_nothing(place, monkeypatch):
    def interrupt(file, **_):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_digits("drawn")
    assert os.listdir(digits.DATA) == []


# Downloading


class Mirror(http.server.ThreadingHTTPServer):
    """A server on 127.0.0.1 that answers each path as `answer(handler)` says."""

    daemon_threads, block_on_close = True, False

    def __init__(self, answer):
        self.asked, self.closing = [], threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.server.asked.append(self.path)
                with contextlib.suppress(OSError):
                    answer(self)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=[0.01], daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self.server_port}/{name}"


def send(handler, data, length=None, status=200):
    handler.send_response(status)
    handler.send_header("Content-Length", str(length or len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def whole(handler):
    name = handler.path[1:].removesuffix(".gz")
    keys = {name: key for key, name in mnist.IDX.items()}
    if name in keys:
        send(handler, gzip.compress(idx_bytes(ARRAYS[keys[name]])))
    else:
        send(handler, npz_bytes())


def hang(handler):
    handler.server.closing.wait(20)


def stall(handler):
    send(handler, npz_bytes()[:500], length=5_000)
    hang(handler)


def trickle(handler):
    send(handler, b"", length=10**6)
    while not handler.server.closing.wait(0.02):
        handler.wfile.write(b"x")


def trickle_chunks(handler):
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while not handler.server.closing.wait(0.02):
        handler.wfile.write(b"1\r\nx\r\n")


def flood(handler):
    send(handler, b"", length=10**12)
    while not handler.server.closing.is_set():
        handler.wfile.write(bytes(10**5))


FAILURES = {
    "truncated": lambda h: send(h, npz_bytes()[:-99], length=len(npz_bytes())),
    "short": lambda h: send(h, npz_bytes()[:-99]),
    "log-in page": lambda h: send(h, b"<html>Please log in</html>"),
    "other digits": lambda h: send(h, npz_bytes(fashion())),
    "pickle": lambda h: send(h, npz_bytes(pickled())),
    "missing": lambda h: send(h, b"no such file", status=404),
    "hung up": lambda h: h.connection.shutdown(socket.SHUT_RDWR),
    "endless": flood,
}
BLACK_HOLES = {
    "silent": hang,
    "stalled": stall,
    "trickling": trickle,
    "trickling chunks": trickle_chunks,
}
FAULTS = FAILURES | BLACK_HOLES
each_fault = pytest.mark.parametrize("answer", FAULTS.values(), ids=FAULTS)


@pytest.fixture
def serve(monkeypatch):
    """Start mirrors that answer as told, and a download that loses patience soon."""
    servers = []

    def start(*answers):
        servers.extend(Mirror(answer) for answer in answers)
        urls = [[server.url("mnist.npz")] for server in servers]
        monkeypatch.setattr(mnist, "MIRRORS", urls)
        return servers

    monkeypatch.setattr(download, "PATIENCE_S", 0.6)
    monkeypatch.setattr(download, "TICK_S", 0.05)
    monkeypatch.setattr(download, "LIMIT", 10**6)
    yield start
    for server in servers:
        server.closing.set()
        server.shutdown()
        server.server_close()


def test_download_is_kept_and_said_in_one_line(place, serve, capsys):
    [server] = serve(whole)
    got = load_digits()
    expect_arrays(got, ARRAYS)
    assert (got.source, server.asked) == ("a download", ["/mnist.npz"])
    assert os.listdir(digits.DATA) == ["mnist.npz"]
    assert load_digits().source == "data/"
    assert len(server.asked) == 1
    assert capsys.readouterr() == (2 * ONE_LINE, "")


def test_download_of_idx_files(place, serve, monkeypatch):
    [server] = serve(whole)
    urls = [server.url(f"{name}.gz") for name in mnist.IDX.values()]
    monkeypatch.setattr(mnist, "MIRRORS", [urls])
    expect_arrays(load_digits(), ARRAYS)
    assert len(server.asked) == 4
    assert os.listdir(digits.DATA) == ["mnist.npz"]


@each_fault
def test_next_mirror_helps_out(place, serve, capsys, answer):
    bad, good = serve(answer, whole)
    expect_arrays(load_digits(), ARRAYS)
    assert len(bad.asked) == len(good.asked) == 1
    assert os.listdir(digits.DATA) == ["mnist.npz"]
    assert capsys.readouterr() == (ONE_LINE, "")


def expect_drawn(capsys):
    assert load_digits().name == "drawn digits"
    out, err = capsys.readouterr()
    assert out.startswith("No MNIST here and no network that brings it, so a program")
    assert "make digits" in out
    assert out.count("\n") == 1 and str(digits.DATA.parent) not in out and not err


@each_fault
def test_bad_mirrors_cost_patience_once(place, serve, capsys, answer):
    servers = serve(answer, answer)
    start = time.monotonic()
    expect_drawn(capsys)
    assert time.monotonic() - start < 10  # patience is 0.6 s; a server hangs for 20 s
    assert sorted(os.listdir(digits.DATA)) == [".no-network", "drawn.npz"]
    expect_drawn(capsys)
    assert [len(server.asked) for server in servers] == [1, 1]


def test_no_network_means_drawn_digits(place, monkeypatch, capsys):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr(mnist, "MIRRORS", [[f"http://127.0.0.1:{port}/mnist.npz"]])
    expect_drawn(capsys)


def test_hanging_name_look_up_costs_patience_once(place, serve, monkeypatch, capsys):
    asked, end = [], threading.Event()

    def look_up(*_, **__):
        asked.append(1)
        end.wait(20)
        raise socket.gaierror

    serve(whole)
    monkeypatch.setattr(mnist, "MIRRORS", [["http://mirror.invalid/a"]] * 2)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    start = time.monotonic()
    expect_drawn(capsys)
    assert time.monotonic() - start < 10
    expect_drawn(capsys)
    assert len(asked) == 2
    end.set()


def test_failure_is_forgotten_after_a_day(place, serve, capsys):
    [server] = serve(whole)
    digits.DATA.mkdir()
    marker = digits.DATA / ".no-network"
    marker.write_text("")
    expect_drawn(capsys)
    an_hour_off = {"ahead": time.time() + 3600, "a day ago": time.time() - 25 * 3600}
    for moment in an_hour_off.values():
        os.utime(marker, (moment, moment))
        assert load_digits().source == "a download"
        (digits.DATA / "mnist.npz").unlink()
    assert len(server.asked) == 2


class Script:
    """A fetch under a clock of its own: the bytes that arrive in each tick."""

    left_behind = False

    def __init__(self, arriving, clock):
        self.arriving, self.clock, self.files = list(arriving), clock, [b""]

    def start(self):
        pass

    def is_alive(self):
        return self.arriving is not None

    def join(self, seconds):
        self.clock[0] += seconds
        self.files = [self.files[0] + bytes(self.arriving.pop(0))]
        self.arriving = self.arriving or None


@pytest.mark.parametrize(
    "arriving, ticks",
    [([0] * 99, 18), ([9_000] * 99, 18), ([11_000] * 99, 99), ([11_000, 0] * 40, 36)],
    ids=["silent", "too slow", "slow", "now and then"],
)
def test_only_idle_seconds_count(monkeypatch, arriving, ticks):
    clock = [0.0]
    monkeypatch.setattr(download.time, "monotonic", lambda: clock[0])
    fetch = Script(arriving, clock)
    idle = download._wait(fetch, 0.0, download.PATIENCE_S)
    assert clock[0] == ticks * download.TICK_S
    assert idle <= download.PATIENCE_S <= 15 - 2 * download.TICK_S
    assert fetch.left_behind


def test_progress_is_shown_to_a_person_only(place, serve, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    serve(whole)
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    load_digits()
    shown = screen.getvalue()
    assert "\rDownloading: 0.0 MB\r" in shown
    assert shown.endswith(" \r" + ONE_LINE) and shown.count("\n") == 1


def test_interrupted_download_leaves_nothing(place, serve, monkeypatch):
    def interrupt(self, timeout=None):
        if self.files:
            raise KeyboardInterrupt
        time.sleep(0.01)

    serve(stall)
    monkeypatch.setattr(download._Fetch, "join", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_digits()
    assert not digits.DATA.exists()


def test_a_file_that_came_meanwhile_stays(place, serve):
    def slow(handler):
        digits.DATA.mkdir()
        (digits.DATA / "mnist.npz").write_bytes(b"the user's")
        whole(handler)

    serve(slow)
    expect_arrays(load_digits(), ARRAYS)
    assert (digits.DATA / "mnist.npz").read_bytes() == b"the user's"


# Processes


CHILD = """
import sys, types
from pathlib import Path
import numpy as np
from utils.digits import load as digits
from utils.digits import mnist

def draw_digits(n, seed=0):
    return np.full((n, 28, 28), 7, np.uint8), np.zeros(n, np.uint8)

sys.modules["utils.digits.drawing"] = types.SimpleNamespace(draw_digits=draw_digits)
digits.DATA = Path(sys.argv[1])
mnist.MIRRORS, mnist.SHAPES, mnist.SHA256 = eval(sys.argv[2])
print(int(digits.load_digits().x_train.sum()))
"""


def start_child():
    settings = repr((mnist.MIRRORS, mnist.SHAPES, mnist.SHA256))
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(digits.DATA), settings],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("network", [True, False])
def test_two_processes_start_at_once(place, serve, network):
    both_asked = threading.Barrier(2)

    def together(handler):
        both_asked.wait(30)
        (whole if network else FAILURES["missing"])(handler)

    serve(together)
    children = [start_child(), start_child()]
    total = int(ARRAYS["x_train"].sum()) if network else 7 * 6 * 28 * 28
    for child in children:
        out, err = child.communicate(timeout=60)
        assert (child.returncode, err) == (0, "")
        assert out.splitlines()[1:] == [str(total)]
    files = ["mnist.npz"] if network else [".no-network", "drawn.npz"]
    assert sorted(os.listdir(digits.DATA)) == files
    assert load_digits().name == ("MNIST" if network else "drawn digits")


def test_importing_is_light():
    code = "import sys, utils.digits; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {
        "pooch",
        "requests",
        "tensorflow",
        "keras",
        "matplotlib",
        "utils.digits.drawing",
    }
    assert heavy.isdisjoint(done.stdout.split())


def test_command_tries_again_and_says_from_where(place, serve, capsys):
    serve(whole)
    digits.DATA.mkdir()
    (digits.DATA / ".no-network").write_text("")
    assert digits.main() == 0
    assert capsys.readouterr().out == ONE_LINE + "They come from a download.\n"
    assert os.listdir(digits.DATA) == ["mnist.npz"]
    (digits.DATA / "mnist.npz").write_bytes(b"broken")
    assert digits.main() == 1
    out, err = capsys.readouterr()
    assert out == "" and "mnist.npz: found a broken file" in err
