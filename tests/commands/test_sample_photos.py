"""Tests of utils.commands.sample_photos: the pictures that ship in data/."""

import re

import numpy as np
import pytest
from PIL import Image

from utils import DATA
from utils.commands.sample_photos import (
    PENS,
    PHOTOS,
    SAMPLES,
    draw_card,
    draw_sample,
    main,
)
from utils.handwriting.preparation import prepare


def test_the_command_draws_all_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr("utils.commands.sample_photos.PHOTOS", tmp_path / "photos")
    monkeypatch.setattr("utils.commands.sample_photos.DATA", tmp_path)
    assert main() == 0
    made = {file.stem for file in tmp_path.rglob("*.*")}
    assert made == {*SAMPLES, "drawn_digits"}


def test_the_data_card_shows_these_digits():
    with Image.open(DATA / "drawn_digits.png") as image:
        shown = np.asarray(image.convert("L"), float)
    np.testing.assert_allclose(shown, np.asarray(draw_card()), atol=2)


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


@pytest.mark.parametrize("name", ["3_pencil", "5_ballpoint_squared", "two_digits"])
def test_the_samples_are_drawn_by_the_command(name):
    seed = list(SAMPLES).index(name)
    drawn = np.asarray(draw_sample(**SAMPLES[name], seed=seed), float)
    with Image.open(PHOTOS / f"{name}.jpg") as image:
        assert abs(np.asarray(image) - drawn).mean() < 4


def test_every_pen_leaves_ink():
    for pen in PENS:
        prepared = prepare(draw_sample("6", pen, seed=5))
        assert prepared.problem == "" and prepared.image.max() > 0.9
