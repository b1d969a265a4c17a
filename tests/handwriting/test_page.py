"""The page in a real browser: mouse, touch, keyboard, photos, errors, accessibility."""

import base64
import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from support.browser import (
    chromium,
    draw,
    ink,
    needs_browser,
    open_page,
    places,
    violations,
    written,
)
from support.odd_uploads import save

from utils import DATA
from utils.handwriting.pad import strokes_to_picture

pytestmark = [pytest.mark.browser, needs_browser]
SMALL = {"width": 320, "height": 640}
NOT_SURE = {
    "answer": "not sure",
    "digit": None,
    "probabilities": [0, 0, 0, 0.5, 0, 0.1, 0, 0, 0.4, 0],
    "top": [{"digit": d, "probability": p} for d, p in ((3, 0.5), (8, 0.4), (5, 0.1))],
    "image": np.eye(28, dtype=int).tolist(),
    "model": {"name": "cnn", "digits": "MNIST"},
}
DROP = """([type, bytes]) => {
    const raw = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([raw], "seven.png", {type: "image/png"}));
    const key = type === "paste" ? "clipboardData" : "dataTransfer";
    const Kind = type === "paste" ? ClipboardEvent : DragEvent;
    document.body.dispatchEvent(new Kind(type, {[key]: data, bubbles: true}));
}"""

PICTURE = """async (strokes) => {
    const {drawStrokes} = await import("/page/pad.js");
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 280;
    drawStrokes(canvas.getContext("2d"), strokes, 280);
    return canvas.toDataURL("image/png").split(",")[1];
}"""

# the next request is answered when the test says so, even if it was given up
HOLD = """(answer) => {
    const fetch = window.fetch;
    const response = new Response(JSON.stringify(answer));
    const answered = new Promise((done) => (window.release = () => done(response)));
    window.asked = new Promise((done) => {
        window.fetch = () => {
            window.fetch = fetch;
            done();
            return answered;
        };
    });
}"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser, url):
    with open_page(browser, url) as page:
        yield page


@pytest.fixture
def phone(browser, url):
    with open_page(
        browser, url, viewport=SMALL, has_touch=True, is_mobile=True
    ) as page:
        yield page


@pytest.fixture
def verdict(page):
    """Where the page says what it read."""
    return page.locator(".pad-verdict")


def press(page, name):
    page.get_by_role("button", name=name).click()


def touch(page, strokes):
    """Draw strokes with a finger."""
    session = page.context.new_cdp_session(page)
    for stroke in strokes:
        at = [[{"x": x, "y": y, "id": 0}] for x, y in places(page, stroke)]
        kinds = ["touchStart", *["touchMove"] * (len(at) - 1), "touchEnd"]
        for kind, points in zip(kinds, [*at, []], strict=True):
            event = {"type": kind, "touchPoints": points}
            session.send("Input.dispatchTouchEvent", event)


def as_png(strokes):
    return save(Image.fromarray(strokes_to_picture(strokes)))


def choose(page, name, mime, data):
    """Choose a file for the page."""
    page.set_input_files("#photo", {"name": name, "mimeType": mime, "buffer": data})


def test_digits_drawn_by_mouse_are_read(page, verdict):
    for digit in range(10):
        draw(page, written(digit))
        expect(verdict).to_have_text(str(digit))
        expect(page.locator(".pad-best .pad-digit")).to_have_text(str(digit))
        press(page, "Clear")
        expect(verdict).to_have_text("")
    expect(page.locator(".pad-row")).to_have_count(3)
    expect(page.locator("#model")).to_contain_text("drawn digits")


def test_digits_drawn_by_touch_are_read_and_do_not_scroll(phone):
    verdict = phone.locator(".pad-verdict")
    for digit in (2, 6, 7):
        touch(phone, written(digit))
        expect(verdict).to_have_text(str(digit))
        assert phone.evaluate("window.scrollY") == 0
        phone.get_by_role("button", name="Clear").tap()
        expect(verdict).to_have_text("")


def test_a_digit_drawn_with_keys_is_read(page, verdict):
    page.keyboard.press("Tab")
    expect(page.locator(".pad-paper")).to_be_focused()
    for key in ["Shift+ArrowUp"] * 3 + ["Space"] + 6 * ["Shift+ArrowDown"] + ["Space"]:
        page.keyboard.press(key)
    expect(verdict).to_have_text("1")
    assert page.evaluate("window.scrollY") == 0
    page.keyboard.press("Backspace")
    expect(verdict).to_have_text("")


def test_undo_takes_one_stroke_back_and_clear_all(page, verdict):
    one, other = [[0.5, 0.1], [0.5, 0.9]], [[0.2, 0.2], [0.25, 0.2]]
    draw(page, [one])
    alone = ink(page)
    assert alone == pytest.approx(0.8 * 0.065 + np.pi / 4 * 0.065**2, rel=0.1)
    draw(page, [other])
    assert ink(page) > alone
    press(page, "Undo")
    assert ink(page) == alone
    expect(verdict).to_have_text("1")
    draw(page, [other, other])
    press(page, "Clear")
    assert ink(page) == 0
    press(page, "Undo")
    expect(verdict).to_have_text("")


def test_the_answer_comes_while_the_stroke_is_drawn(page, verdict):
    draw(page, [[[0.5, y] for y in np.linspace(0.1, 0.9, 30)]], lift=False)
    expect(verdict).to_have_text("1")
    page.mouse.up()


def test_the_page_s_picture_is_the_one_python_draws(page):
    strokes = [*written(5), [[0.9, 0.9]], [[0.1, 0.9], [0.2, 0.95]]]
    picture = page.evaluate(PICTURE, strokes)
    picture = Image.open(io.BytesIO(base64.b64decode(picture))).convert("L")
    ours = strokes_to_picture(strokes)
    difference = np.abs(np.asarray(picture, float) - ours)
    assert difference.mean() < 0.5  # of 255
    assert difference.max() < 128  # at the edges, where both are grey


def test_a_photo_is_read_however_it_comes(page, verdict):
    preview = page.locator("#preview")
    choose(page, "4.png", "image/png", as_png(written(4)))
    expect(verdict).to_have_text("4")
    expect(preview).to_contain_text("4.png")
    expect(preview.get_by_role("img", name="Your photo: 4.png")).to_be_visible()
    for way, digit in (("drop", 7), ("paste", 2)):
        picture = base64.b64encode(as_png(written(digit))).decode()
        page.evaluate(DROP, [way, picture])
        expect(verdict).to_have_text(str(digit))
        expect(preview).to_contain_text("seven.png")
    draw(page, written(6))
    expect(verdict).to_have_text("6")
    expect(preview).to_be_hidden()


def test_the_course_s_photos_are_answered(page, verdict):
    photos = sorted((DATA / "photos").glob("[0-9]_*"))
    assert len(photos) >= 10
    right = 0
    for photo in photos:
        page.set_input_files("#photo", photo)
        expect(page.locator("#preview")).to_contain_text(photo.name)
        expect(verdict).not_to_be_empty()
        right += verdict.text_content() == photo.name[0]
        press(page, "Clear")
        expect(verdict).to_be_empty()
    assert right >= 8  # by a small model that learned from drawn digits
    page.set_input_files("#photo", DATA / "photos" / "empty.jpg")
    expect(verdict).to_have_text("no digit")
    assert violations(page) == []


def test_a_bad_file_gets_the_server_s_sentence(page, verdict):
    choose(page, "7.txt", "text/plain", b"seven")
    expect(verdict).to_contain_text("text/plain")
    expect(page.locator("#answer")).to_have_attribute("data-mood", "error")


def test_a_server_that_is_down_is_named_and_asked_again(page, verdict):
    page.route("**/api/recognize", lambda route: route.abort())
    draw(page, written(7))
    expect(verdict).to_contain_text("The server does not answer")
    page.unroute("**/api/recognize")
    expect(verdict).to_have_text("7")


def test_an_old_answer_never_replaces_a_newer_one(page, verdict):
    page.evaluate(HOLD, NOT_SURE)
    draw(page, [[[0.5, 0.5]]])
    page.evaluate("window.asked")
    press(page, "Clear")
    draw(page, written(7))
    expect(verdict).to_have_text("7")
    page.evaluate("window.release()")
    page.wait_for_timeout(100)
    expect(verdict).to_have_text("7")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_whatever_the_answer(browser, url, scheme):
    with open_page(browser, url, color_scheme=scheme) as page:
        verdict = page.locator(".pad-verdict")
        assert violations(page) == []
        draw(page, written(7))
        expect(verdict).to_have_text("7")
        assert violations(page) == []
        page.route("**/api/recognize", lambda route: route.fulfill(json=NOT_SURE))
        draw(page, [[[0.5, 0.5]]])
        expect(verdict).to_have_text("not sure: 3 or 8")
        expect(page.locator(".pad-row")).to_have_text(["350.0%", "840.0%", "510.0%"])
        assert violations(page) == []
        page.route("**/api/recognize", lambda route: route.abort())
        page.keyboard.press("Escape")
        choose(page, "4", "image/png", as_png(written(4)))
        expect(verdict).to_contain_text("does not answer")
        assert violations(page) == []


def test_a_narrow_phone_has_room(phone):
    touch(phone, written(7))
    expect(phone.locator(".pad-verdict")).to_have_text("7")
    width = phone.evaluate("document.documentElement.scrollWidth")
    assert width == phone.viewport_size["width"]
    targets = phone.locator("button, label").all() + [phone.locator(".pad-paper")]
    assert len(targets) == 4
    for target in targets:
        box = target.bounding_box()
        assert min(box["width"], box["height"]) >= 44
    assert violations(phone) == []
