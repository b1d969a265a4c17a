"""Strokes become a picture, and the pad works without a browser."""

import base64
import copy
import io
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
import traitlets
from PIL import Image

from utils import ROOT
from utils.commands.site.reader import read
from utils.handwriting import pad
from utils.handwriting.pad import Pad, strokes_to_picture
from utils.handwriting.recognizer import Prediction

SEVEN = [[[0.2, 0.2], [0.8, 0.2], [0.4, 0.9]]]
MODEL = {"name": "fake", "digits": "none"}


class Fake:
    """Answers as it is told; keeps the pictures that it is asked about."""

    def __init__(self, error=None):
        self.error, self.pictures = error, []

    def recognize(self, picture):
        self.pictures.append(picture)
        if self.error:
            raise self.error
        probabilities = np.full(10, 0.01)
        probabilities[7] = 0.91
        return Prediction("7", 7, probabilities, np.eye(28), MODEL)


@pytest.mark.parametrize("side", [28, 280, 301])
def test_a_line_is_as_long_and_as_wide_as_the_pen(side):
    picture = strokes_to_picture([[[0.25, 0.5], [0.75, 0.5]]], side)
    assert (picture.shape, picture.dtype) == ((side, side), np.uint8)
    half = pad.WIDTH / 2
    expected = np.array([0.5 - half, 0.5 + half, 0.25 - half, 0.75 + half]) * side
    rows, columns = np.nonzero(picture < 128)
    found = rows.min(), rows.max(), columns.min(), columns.max()
    assert found == pytest.approx(expected - [0, 1, 0, 1], abs=1)
    area = (0.5 * pad.WIDTH + np.pi * half**2) * side**2
    assert (255.0 - picture).sum() / 255 == pytest.approx(area, rel=0.05)


def test_a_lone_point_is_a_dot_and_no_stroke_is_white_paper():
    dot = (255.0 - strokes_to_picture([[[0.3, 0.6]]])) / 255
    assert dot.sum() == pytest.approx(np.pi * (140 * pad.WIDTH) ** 2, rel=0.04)
    at = [(dot.sum(axis=axis) @ (np.arange(280) + 0.5)) / dot.sum() for axis in (0, 1)]
    assert at == pytest.approx([0.3 * 280, 0.6 * 280], abs=0.3)  # x, y
    assert (strokes_to_picture([]) == 255).all()


def test_edges_are_grey_and_corners_round():
    picture = strokes_to_picture(SEVEN)
    assert ((picture > 40) & (picture < 215)).sum() > 100
    corner = strokes_to_picture([[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]])
    assert corner[28, 252] == 255  # the way from the middle of one side to the other's
    assert corner[28, 40] == corner[240, 252] == 0


def test_strokes_lie_over_one_another_and_stay_as_they_were():
    strokes = [SEVEN[0], [[0.3, 0.5], [0.7, 0.5]]]
    before = copy.deepcopy(strokes)
    both = strokes_to_picture(strokes)
    assert strokes == before
    each = [strokes_to_picture([stroke]) for stroke in strokes]
    either = np.minimum(*each)
    assert (both <= either).all()
    assert (both == either)[(either == 0) | (both == 255)].all()
    assert np.abs(both - either.astype(int)).mean() < 0.05  # where both edges are grey
    assert (strokes_to_picture([np.array(s) for s in strokes]) == both).all()


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ("77", "strokes are str"),
        ({"x": 1}, "strokes are dict"),
        ([[[0.1, 0.2]], 5], "stroke 2 is not a list of points"),
        ([[]], "stroke 1 is not a list of points"),
        ([[0.1, 0.2]], "stroke 1 is not a list of points"),
        ([[[0.1, 0.2, 0.3]]], "stroke 1 is not a list of points"),
        ([[[0.1, 0.2], [0.3]]], "stroke 1 is not a list of points"),
        ([[["0.1", "0.2"]]], "stroke 1 is not a list of points"),
        ([[[0.1, float("nan")]]], "stroke 1 has values from nan to nan"),
        ([[[0, -0.01]]], "stroke 1 has values from -0.01 to 0"),
        ([[[140, 20]]], "stroke 1 has values from 20 to 140; 0 to 1 is allowed"),
    ],
)
def test_bad_strokes_are_named(strokes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        strokes_to_picture(strokes)


def test_no_side_is_below_one():
    with pytest.raises(ValueError, match="side is 0; 1 or more is allowed"):
        strokes_to_picture([], 0)


def test_the_answer_follows_the_strokes():
    fake = Fake()
    widget = Pad(fake)
    assert (widget.strokes, widget.answer, fake.pictures) == ([], {}, [])
    widget.strokes = SEVEN
    assert (widget.answer["answer"], widget.answer["digit"]) == ("7", 7)
    assert widget.answer["top"][0] == {"digit": 7, "probability": 0.91}
    assert widget.answer["image"][3][2:5] == [0, 255, 0]
    assert (fake.pictures[0] == strokes_to_picture(SEVEN)).all()
    widget.strokes = []
    assert widget.answer == {}
    assert len(fake.pictures) == 1
    assert Pad(fake, SEVEN).answer["answer"] == "7"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("the picture is empty"), "the picture is empty"),
        (KeyError("cnn"), "KeyError: 'cnn'"),
    ],
)
def test_a_failure_is_told_and_the_pad_goes_on(error, message):
    fake = Fake(error)
    widget = Pad(fake, SEVEN)
    assert widget.answer == {"error": message}
    fake.error = None
    widget.strokes = [*SEVEN, [[0.5, 0.5]]]
    assert widget.answer["answer"] == "7"


def send(widget, strokes):
    """Do what a front end's message does."""
    data = {"method": "update", "state": {"strokes": strokes}, "buffer_paths": []}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def test_a_front_end_cannot_break_it():
    widget = Pad(Fake())
    send(widget, SEVEN)
    assert widget.answer["answer"] == "7"
    send(widget, [[["left", "right"]]])
    assert "stroke 1 is not a list of points" in widget.answer["error"]
    send(widget, SEVEN)
    send(widget, 5)
    assert (widget.strokes, widget.answer["answer"]) == (SEVEN, "7")
    with pytest.raises(traitlets.TraitError, match="strokes"):
        widget.strokes = 5


def test_what_a_browser_gets_is_the_page_s_own_module():
    state = Pad(Fake(), SEVEN).get_state()
    assert state["strokes"] == SEVEN
    assert state["answer"]["answer"] == "7"
    for key, name in (("_esm", "pad.js"), ("_css", "pad.css")):
        assert state[key] == (pad.PAGE / name).read_text(encoding="utf-8")


def test_viewers_without_widgets_show_a_sentence_or_the_drawing(tmp_path):
    empty, drawn = Pad(Fake()), Pad(Fake(), SEVEN)
    assert repr(empty) == "A drawing pad: run this cell in JupyterLab to draw a digit."
    outputs = []
    for widget in (empty, drawn):
        data, metadata = widget._repr_mimebundle_()
        assert data["text/plain"] == repr(empty)
        display = nbformat.v4.new_output("display_data", data, metadata=metadata)
        outputs.append(display)
    assert "image/png" not in outputs[0].data
    png = base64.b64decode(outputs[1].data["image/png"])
    picture = np.asarray(Image.open(io.BytesIO(png)))
    assert (picture == strokes_to_picture(SEVEN)).all()
    cell = nbformat.v4.new_code_cell("pad", outputs=outputs)
    page = read(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    shown = [set(output.data) for output in page.cells[0].outputs]
    assert shown == [{"text/plain"}, {"text/plain", "image/png"}]


def test_importing_it_is_light_and_warns_of_nothing():
    code = "import sys, utils.handwriting.pad; print('tensorflow' in sys.modules)"
    code += "; utils.handwriting.pad.Pad(None, [[[0.5, 2]]])"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")
