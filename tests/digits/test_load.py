"""Digits are looked for in order, kept where they can be, and never lost."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.small_mnist import (
    ARRAYS,
    ONE_LINE,
    expect_arrays,
    put_idx,
    put_npz,
)

from utils import ROOT
from utils.commands import digits as command
from utils.digits import DigitsError, download, load, load_digits


def test_order_is_argument_variable_data_keras_download_drawn(place, monkeypatch):
    assert load_digits().source == "utils.digits.drawing"
    load.DATA.joinpath(".no-network").unlink()
    monkeypatch.setattr(download, "download", lambda *_: ARRAYS)
    assert load_digits().source == "a download"
    load.DATA.joinpath("mnist.npz").unlink()
    put_npz(place / "keras" / "datasets" / "mnist.npz")
    assert load_digits().source == "Keras's cache"
    put_npz(load.DATA / "mnist.npz")
    assert load_digits().source == "data/"
    monkeypatch.setenv("DIGITS", str(put_npz(place / "variable.npz")))
    assert load_digits().source == "variable.npz"
    assert load_digits(put_npz(place / "argument.npz")).source == "argument.npz"
    monkeypatch.setenv("DIGITS", "drawn")
    assert load_digits().name == "drawn digits"
    monkeypatch.setenv("DIGITS", " ")
    assert load_digits().source == "data/"


def test_a_failed_download_is_tried_again_after_a_day(monkeypatch):
    marker = load.DATA / ".no-network"
    assert load_digits().name == "drawn digits" and marker.exists()
    monkeypatch.setattr(download, "download", lambda *_: ARRAYS)
    assert load_digits().name == "drawn digits"
    hours_ago = {23: "drawn digits", 25: "MNIST", -1: "MNIST"}  # -1: a clock set back
    for hours, name in hours_ago.items():
        moment = time.time() - 3600 * hours
        os.utime(marker, (moment, moment))
        assert load_digits().name == name
        (load.DATA / "mnist.npz").unlink(missing_ok=True)


def test_keras_default_cache_is_in_the_home_folder(place, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(place))
    file = put_npz(place / ".keras" / "datasets" / "mnist.npz")
    assert load_digits().source == "Keras's cache"
    file.rename(place / "moved.npz")
    assert load_digits("~/moved.npz").source == "moved.npz"


def test_relative_path_counts_from_here_then_from_the_course(place, monkeypatch):
    monkeypatch.setattr(load, "ROOT", place / "course")
    put_idx(place / "course" / "mine")
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    expect_arrays(load_digits("mine"))
    (place / "elsewhere" / "mine").mkdir()
    with pytest.raises(DigitsError, match="mine: found nothing"):
        load_digits("mine")


def test_arrays_are_fresh(place):
    file = put_npz(place / "mnist.npz")
    for source in (file, "drawn"):
        first = load_digits(source)
        before = first.x_train.copy()
        first.x_train[:] = 1
        np.testing.assert_array_equal(load_digits(source).x_train, before)
    assert repr(load_digits(file)) == "Digits(name='MNIST', source='mnist.npz')"


def test_no_file_of_the_user_changes():
    put_idx(load.DATA / "mine")
    for name in ("notes.txt", "mnist.npz.bak", "drawn.txt", "mnist.npz.1.part"):
        (load.DATA / name).write_text(f"mine: {name}")
    before = {f: f.read_bytes() for f in load.DATA.rglob("*") if f.is_file()}
    load_digits()
    load_digits(load.DATA / "mine")
    assert {f: f.read_bytes() for f in before} == before
    new = set(load.DATA.iterdir()) - before.keys() - {load.DATA / "mine"}
    assert {f.name for f in new} == {".no-network", "drawn.npz"}


def as_arrays(digits):
    return {key: getattr(digits, key) for key in ARRAYS}


def test_drawn_digits_are_kept(monkeypatch, capsys):
    first = load_digits("drawn")
    said = "Digits drawn by a program, as asked: 6 training and 2 test images.\n"
    assert capsys.readouterr().out == said
    assert (first.x_train[0, 0, 0], first.x_test[0, 0, 0]) == (100, 101)  # two seeds
    assert os.listdir(load.DATA) == ["drawn.npz"]
    monkeypatch.setattr(load, "_save", None)
    expect_arrays(load_digits("drawn"), as_arrays(first))


def test_damaged_drawn_digits_are_made_again():
    first = load_digits("drawn")
    file = load.DATA / "drawn.npz"
    whole = file.read_bytes()
    file.write_bytes(whole[:-99])
    expect_arrays(load_digits("drawn"), as_arrays(first))
    assert len(file.read_bytes()) == len(whole)


@pytest.mark.parametrize("levels, label, kept", [(1, 0, 1), (2, 0, 0), (0, 1, 0)])
def test_a_change_of_the_drawing_is_noticed(monkeypatch, levels, label, kept):
    before = load_digits("drawn")
    draw = load.draw_digits

    def draw_otherwise(n, seed=0):
        images, labels = draw(n, seed)
        return images + np.uint8(levels), (labels + np.uint8(label)) % 10

    monkeypatch.setattr(load, "draw_digits", draw_otherwise)
    expected = as_arrays(before)
    if not kept:
        expected["x_train"], expected["y_train"] = draw_otherwise(6)
        expected["x_test"], expected["y_test"] = draw_otherwise(2, seed=1)
    expect_arrays(load_digits("drawn"), expected)


@pytest.mark.parametrize("fault", ["no folder", "full disk"])
def test_digits_come_without_a_place_to_keep_them(place, monkeypatch, capsys, fault):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    if fault == "no folder":
        monkeypatch.setattr(load, "DATA", put_npz(place / "file", b"") / "data")
    else:
        monkeypatch.setattr(np, "savez_compressed", fail)
        monkeypatch.setattr(Path, "write_text", fail)
    assert load_digits("drawn").x_train.shape == (6, 28, 28)
    assert load_digits().name == "drawn digits"
    monkeypatch.setattr(download, "download", lambda *_: ARRAYS)
    expect_arrays(load_digits())
    lines = capsys.readouterr().out.splitlines()
    assert [line.count("(not kept: data/ ") for line in lines] == [1, 1, 1]
    assert not any(load.DATA.glob("*"))


def test_interrupted_writing_leaves_nothing(monkeypatch):
    def interrupt(file, **_):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez_compressed", interrupt)
    with pytest.raises(KeyboardInterrupt):
        load_digits("drawn")
    assert os.listdir(load.DATA) == []


def test_importing_is_light():
    code = "import sys, utils.digits; print(*sys.modules)"
    run = dict(cwd=ROOT, capture_output=True, text=True, check=True)
    modules = subprocess.run([sys.executable, "-c", code], **run).stdout.split()
    assert {"requests", "tensorflow", "keras", "matplotlib"}.isdisjoint(modules)


def test_the_command_tries_again_and_says_from_where(monkeypatch, capsys):
    monkeypatch.setattr(command, "DATA", load.DATA)
    monkeypatch.setattr(download, "download", lambda *_: ARRAYS)
    load.DATA.mkdir()
    (load.DATA / ".no-network").write_text("")
    assert command.main() == 0
    assert capsys.readouterr().out == ONE_LINE + "They come from a download.\n"
    assert os.listdir(load.DATA) == ["mnist.npz"]
    (load.DATA / "mnist.npz").write_bytes(b"broken")
    assert command.main() == 1
    out, err = capsys.readouterr()
    assert out == "" and "mnist.npz: found a broken" in err
