"""Start the system's Chromium for tests, draw in it, and see that it stays local."""

import contextlib
import os
import shutil

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from utils.digits.pen_styles import load_styles

NAMES = ["chromium", "chromium-browser", "google-chrome"]
NAMES += ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason=f"no browser is installed here: {', '.join(NAMES)}"
)
QUIET = [
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCAL = (
    "file:",
    "http://127.0.0.1:",
    "ws://127.0.0.1:",
    "blob:http://127.0.0.1:",
    "data:",
)
expect.set_options(timeout=10_000)  # milliseconds; only a failure takes so long


@contextlib.contextmanager
def chromium():
    """Yield a browser."""
    as_root = getattr(os, "geteuid", lambda: 1)() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=QUIET + ["--no-sandbox"] * as_root
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def open_page(browser, url, **options):
    """Yield the page at a URL; fail on mistakes in it and on requests elsewhere."""
    requests, mistakes = [], []

    def on_console(message):
        # a refused or failed request is what some tests are about, and Jupyter's server
        # may fail to list its kernels while another one starts
        url = message.location["url"]
        expected = url.endswith("api/recognize") or "/api/kernels?" in url
        if message.type == "error" and not expected:
            mistakes.append(f"{message.text} {url}")

    with browser.new_context(**options) as context:
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("websocket", lambda socket: requests.append(socket.url))
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("console", on_console)
        page.goto(url)
        yield page
    elsewhere = [url for url in requests if not url.startswith(LOCAL)]
    assert requests and not elsewhere, elsewhere
    assert not mistakes, mistakes


def draw(page, strokes, lift=True):
    """Draw strokes on the page's pad with the mouse."""
    for stroke in strokes:
        first, *others = places(page, stroke)
        page.mouse.move(*first)
        page.mouse.down()
        for place in others:
            page.mouse.move(*place)
        if lift:
            page.mouse.up()


def places(page, points):
    """Return where points of the pad are in the window, in pixels."""
    paper = page.locator(".pad-paper")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    corner, side = np.array([box["x"], box["y"]]), box["width"]
    return (corner + np.array(points) * side).tolist()


def written(digit, style=0):
    """Return strokes of a digit, a style of utils/digits/pen_styles.txt."""
    styles = load_styles()
    at = styles.first[digit] + style
    path = 0.5 + 0.32 * styles.smooth[at] @ styles.points[at]
    lifted = np.flatnonzero(styles.is_down[at] == 0) + 1
    return [part[::4].tolist() + part[-1:].tolist() for part in np.split(path, lifted)]


def ink(page):
    """Return which share of the pad's pixels is black; the keyboard's cursor is not."""
    return page.locator(".pad-paper").evaluate(
        """canvas => {
            const {width, height} = canvas;
            const image = canvas.getContext("2d").getImageData(0, 0, width, height);
            const pixels = new Uint32Array(image.data.buffer);
            const black = pixels.filter((pixel) => pixel === 0xff000000);
            return black.length / pixels.length;
        }"""
    )


def violations(page, context=None):
    """Name what axe-core finds wrong, and the elements with which it is."""
    found = Axe().run(page, context=context).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]
