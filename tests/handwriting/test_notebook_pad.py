"""The pad in JupyterLab: what is drawn reaches the kernel, the answer the pad."""

import nbformat
import numpy as np
import pytest
from playwright.sync_api import expect
from support.browser import chromium, draw, ink, needs_browser, open_page, violations
from support.lab_server import serving_lab

MAKE = """
import time
import numpy as np
from utils.handwriting.pad import Pad
from utils.handwriting.recognizer import Prediction

class Counter:  # says how many quarters of the picture hold ink
    def recognize(self, picture):
        time.sleep(0.1)
        if picture[-1, -1] == 0:
            raise OSError("no ink in the corner")
        quarters = (picture < 128).reshape(2, 140, 2, 140).any(axis=(1, 3))
        count = int(quarters.sum())
        probabilities = np.full(10, 0.01)
        probabilities[count] = 0.91
        model = {"name": "counter", "digits": "none"}
        return Prediction(str(count), count, probabilities, np.eye(28), model)

pad = Pad(Counter())
pad
"""
LOOK = "print(len(pad.strokes), 'strokes,', pad.answer.get('answer'))"
CHANGE = "pad.strokes = [[[0.2, 0.2]], [[0.8, 0.2]], [[0.2, 0.8]]]"
FAIL = "pad.strokes = [[[1, 1]]]"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab with nobody's settings; the address of a notebook in it."""
    folder = tmp_path_factory.mktemp("lab")
    cells = [nbformat.v4.new_code_cell(c.strip()) for c in (MAKE, LOOK, CHANGE, FAIL)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, folder / "pad.ipynb")
    settings = {"apputils-extension/themes": {"adaptive-theme": True}}  # as asked for
    with serving_lab(folder, settings) as address:
        yield address("pad.ipynb")


def run(page, number):
    """Run a cell."""
    page.locator(".jp-CodeCell .cm-content").nth(number).click(timeout=30_000)
    page.keyboard.press("Control+Enter")


@pytest.mark.browser
@needs_browser
def test_strokes_reach_the_kernel_and_the_answer_the_pad(lab):
    with (
        chromium() as browser,
        open_page(browser, lab, viewport={"width": 1100, "height": 1300}) as page,
    ):
        verdict, paper = page.locator(".pad-verdict"), page.locator(".pad-paper")
        outputs = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea-output")
        expect(page.get_by_text("(ipykernel) | Idle")).to_be_visible(timeout=30_000)
        run(page, 0)
        expect(paper).to_be_visible(timeout=30_000)
        expect(page.locator(".pad-hint")).to_have_text("Draw a digit from 0 to 9.")

        draw(page, [[[0.2, 0.2], [0.3, 0.3]]])
        expect(verdict).to_have_text("1")
        quick = [[[0.8, 0.8], [0.7, y]] for y in np.linspace(0.7, 0.9, 10)]
        draw(page, [*quick, [[0.8, 0.2]]])  # faster than the kernel reads
        expect(verdict).to_have_text("3")
        expect(page.locator(".pad-row")).to_have_count(10)
        expect(page.locator(".pad-row.pad-best")).to_have_text("391.0%")
        run(page, 1)
        expect(outputs).to_have_text("12 strokes, 3")

        # JupyterLab's own keys (dd deletes a cell, m makes it text) sleep on the pad
        paper.focus()
        page.keyboard.press("Space")
        for key in ["Shift+ArrowLeft"] * 3 + ["ArrowDown", "d", "d", "m"]:
            page.keyboard.press(key)
        page.keyboard.press("Space")
        expect(verdict).to_have_text("4")
        page.keyboard.press("Control+z")
        expect(verdict).to_have_text("3")
        expect(page.locator(".jp-CodeCell")).to_have_count(4)

        assert violations(page, ".pad-notebook") == []
        page.emulate_media(color_scheme="dark")
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
        assert violations(page, ".pad-notebook") == []

        paper.press("Delete")  # a change of theme may have taken the focus
        expect(verdict).to_have_text("")
        assert ink(page) == 0
        run(page, 2)
        expect(verdict).to_have_text("3")
        assert ink(page) > 0.005
        run(page, 3)
        expect(verdict).to_have_text("OSError: no ink in the corner")
        assert violations(page, ".pad-notebook") == []
        assert page.locator("[data-mime-type$=stderr]").count() == 0
        draw(page, [[[0.2, 0.2], [0.3, 0.3]]])
        page.get_by_role("button", name="Clear").focus()
        page.keyboard.press("Enter")  # on a cell, it would start to edit
        draw(page, [[[0.2, 0.2], [0.3, 0.3]]])
        expect(verdict).to_have_text("1")
