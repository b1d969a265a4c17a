"""Pages hold formulas, pictures and folded answers, and load nothing."""

import base64
import re
from html.parser import HTMLParser

import nbformat
import pytest
from support.lessons import LESSONS, NAMES, prose, read

from utils.commands.html_export import write_page

PIXEL = (  # a PNG of one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YA"
    "AAAASUVORK5CYII="
)


class Loads(HTMLParser):
    """Collect what a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "src" or tag == "link" and name == "href":
                self.found.append(value)


def page_of(tmp_path, *cells):
    path = tmp_path / "p.html"
    write_page(nbformat.v4.new_notebook(cells=list(cells)), path, tmp_path)
    return path.read_text(encoding="utf-8")


def loads(html):
    parser = Loads()
    parser.feed(html)
    return [url for url in parser.found if not url.startswith("data:")]


def test_formulas_are_drawn_by_the_browser_or_shown_as_typed(tmp_path):
    text = "An $x^2$ and\n\n$$\\frac{a}{b}$$\n\ncosts `$5`. Look: $a_b_c < 1$"
    html = page_of(tmp_path, nbformat.v4.new_markdown_cell(text))
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in html
    assert re.search(r'<math[^>]*display="block"[^>]*><mrow><mfrac>', html)
    assert "<code>$5</code>" in html
    assert "<code>a_b_c &lt; 1</code>" in html


def test_answers_stay_folded(tmp_path):
    fold = "<details><summary>Answer</summary>\n\n```python\nx = 1\n```\n\n</details>"
    html = page_of(tmp_path, nbformat.v4.new_markdown_cell(fold))
    inside = re.search(r"<details>(.*?)</details>", html, re.DOTALL)[1]
    assert 'class="highlight"' in inside


def test_pictures_are_part_of_the_page(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "goal.png").write_bytes(base64.b64decode(PIXEL))
    cell = nbformat.v4.new_code_cell("1")
    data = {"image/png": PIXEL, "text/plain": "figure"}
    cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    text = nbformat.v4.new_markdown_cell("# A goal\n\n![the goal](images/goal.png)")
    reading = nbformat.v4.new_markdown_cell("The *line* falls. It stays low.")
    html = page_of(tmp_path, text, cell, reading)
    assert 'alt="The line falls."' in html
    assert html.count(f"data:image/png;base64,{PIXEL}") == 2
    assert loads(html) == []
    assert "<title>A goal</title>" in html


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_no_lesson_loads_anything(path, tmp_path):
    lesson = read(path)
    write_page(lesson, tmp_path / "p.html", path.parent)
    html = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert loads(html) == []
    code = r"```.*?```|`[^`\n]*`"
    text = re.sub(code, "", prose(lesson), flags=re.DOTALL)
    formulas = re.findall(r"\$\$.+?\$\$|\$[^$\n]+\$", text, flags=re.DOTALL)
    assert len(re.findall(r"<math\b", html)) == len(formulas)
    assert "$$" not in re.sub(r"<(pre|code|script).*?</\1>", "", html, flags=re.DOTALL)
