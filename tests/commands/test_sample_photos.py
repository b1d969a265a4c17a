"""The pictures that ship in data/ are those that the command draws, and truly named."""

import re

import numpy as np
import pytest
from PIL import Image

from utils import DATA
from utils.commands.sample_photos import PHOTOS, SAMPLES, main
from utils.handwriting.preparation import prepare


def test_the_command_draws_what_ships(tmp_path, monkeypatch):
    monkeypatch.setattr("utils.commands.sample_photos.PHOTOS", tmp_path / "photos")
    monkeypatch.setattr("utils.commands.sample_photos.DATA", tmp_path)
    assert main() == 0
    made = {file.stem: file for file in tmp_path.rglob("*.*")}
    assert set(made) == {*SAMPLES, "drawn_digits"}
    for name, file in made.items():
        both = file, DATA / file.relative_to(tmp_path)
        new, shipped = (np.asarray(Image.open(f).convert("RGB"), float) for f in both)
        difference = np.abs(new - shipped)
        assert difference.mean() < 4, name
        assert difference.max() <= 2 or name in SAMPLES  # the card is not compressed


def test_the_samples_are_there_and_small():
    files = {file.stem: file for file in PHOTOS.glob("*.jpg")}
    assert set(files) == set(SAMPLES)
    assert sum(file.stat().st_size for file in files.values()) < 400_000
    for file in files.values():
        with Image.open(file) as image:
            assert image.mode == "RGB" and image.size == (640, 480)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_samples_name_says_the_truth(name):
    digits = SAMPLES[name]["digits"]
    problem = prepare(PHOTOS / f"{name}.jpg").problem
    if named := re.match("[0-9]", name):
        assert digits == named[0] and problem == ""
    else:
        truth = {"two_digits": (2, "more than one digit"), "empty": (0, "no digit")}
        assert (len(digits), problem) == truth[name]
