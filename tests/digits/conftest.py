"""A place of their own for tests of the digits: no test uses a real network."""

import hashlib
import os

import numpy as np
import pytest
from support.small_mnist import ARRAYS, SHAPES

from utils.digits import load, mnist


def draw_plain_digits(n, seed=0):
    labels = np.arange(n, dtype=np.uint8) % 10
    return np.full((n, 28, 28), 100 + seed, np.uint8), labels


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty data folder, no Keras cache, no DIGITS, no mirrors, a small MNIST."""
    hashes = {key: hashlib.sha256(array).hexdigest() for key, array in ARRAYS.items()}
    monkeypatch.setattr(mnist, "SHAPES", SHAPES)
    monkeypatch.setattr(mnist, "SHA256", hashes)
    monkeypatch.setattr(mnist, "MIRRORS", [])
    monkeypatch.setattr(load, "DATA", tmp_path / "data")
    monkeypatch.setattr(load, "draw_digits", draw_plain_digits)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("DIGITS", raising=False)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return tmp_path
