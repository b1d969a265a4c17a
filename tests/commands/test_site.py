"""The course's pages: whole, linked, folded, accessible, and alone in the world."""

import functools
import http.server
import itertools
import re
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import expect
from support.browser import chromium, needs_browser, open_page, violations
from support.lessons import LESSONS, NAMES, prose, read

from utils import ROOT
from utils.commands import lessons
from utils.commands.site import SiteError, build_site, main, pages

PHONE, DESK = (390, 844), (1200, 900)
OPEN_ALL = "document.querySelectorAll('details').forEach(fold => fold.open = true)"
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The course's pages."""
    target = tmp_path_factory.mktemp("pages") / "site"
    command = [sys.executable, "-m", "utils", "site", "--target", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(site):
    """Where a server in a thread of this process shows the pages."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@functools.cache
def parsed(path):
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def anchors(path):
    return {element["id"] for element in parsed(path).select("[id]")}


def page_of(site, path):
    return parsed(site / "notebooks" / f"{path.stem}.html")


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_shows_its_sections_figures_formulas_and_folds(site, path):
    lesson, page = read(path), page_of(site, path)
    article, text = page.article, re.sub(r"```.*?```", "", prose(lesson), flags=re.S)
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    beside = [a.text for a in page.select(".toc-tree > ul > li > ul > li > a")]
    assert beside == [name.replace("`", "") for name in sections]
    cells = [cell for cell in lesson.cells if cell.cell_type == "code"]
    outputs = [output.get("data", {}) for cell in cells for output in cell.outputs]
    pictures = sum("image/png" in data for data in outputs) + text.count("](images/")
    assert len(article.select("img")) == pictures
    assert all(len(image["alt"]) > 10 for image in article.select("img"))
    formulas = re.findall(r"\$\$.+?\$\$|\$[^$\n]+\$", re.sub(r"`.*?`", "", text), re.S)
    assert len(article.select("math")) == len(formulas)
    hidden = [v for c in cells for v in c.metadata.get("jupyter", {}).values() if v]
    folds = article.select("details")
    assert len(folds) == text.count("<details>") + len(hidden)
    assert not [fold for fold in folds if fold.has_attr("open")]
    checks = [fold for fold in folds if "Show the check" in fold.summary.text]
    assert len(checks) == sum("check" in c.metadata.get("tags", []) for c in cells)
    assert all("check(" in fold.text for fold in checks)
    answers = [fold for fold in folds if fold.summary.text == "Answer"]
    assert answers and all(fold.select(".highlight-python pre") for fold in answers)


def test_the_front_page_has_each_lesson_with_its_minutes_and_result(site):
    front = parsed(site / "index.html")
    rows = [[td.text for td in tr.select("td")] for tr in front.select("tbody tr")]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    row = r"^\| (\d\d) \| \[(.+?)\].* \| (\d+) \| [^|]+ \|$"
    in_readme = re.findall(row, readme, re.MULTILINE)
    assert [tuple(row[:3]) for row in rows] == in_readme
    assert re.search(r"test accuracy: 9\d\.\d\d%", rows[1][3])
    for part in (".card a", ".map a", ".sidebar-tree a"):
        found = [Path(a["href"]).stem for a in front.select(part)]
        assert [stem for stem in found if stem in NAMES] == NAMES, part
    assert len(front.select(".card img")) == len(LESSONS)
    order = [page_of(site, path).select_one(".next-page") for path in LESSONS[:-1]]
    assert [Path(a["href"]).stem for a in order] == NAMES[1:]


def test_every_link_and_anchor_leads_somewhere_and_nothing_comes_from_elsewhere(site):
    checked = 0
    for path in site.rglob("*.html"):
        page = parsed(path)
        for element in page.select("[href], [src]"):
            url = urlsplit(element.get("href") or element.get("src"))
            if url.scheme in ("http", "https"):
                assert element.name == "a", element  # a reader may go there
                continue
            target = path.parent / unquote(url.path) if url.path else path
            assert target.is_file(), f"{path.name}: {element}"
            anchor = unquote(url.fragment)
            if anchor and target.suffix == ".html" and element.name == "a":
                assert anchor in anchors(target), f"{path.name}: {element}"
                checked += 1
    assert checked > 50 * len(LESSONS)
    for style in site.rglob("*.css"):
        assert not re.search(r"url\(.?https?:|@import", style.read_text("utf-8"))


def test_the_glossary_has_each_word_once_with_the_lesson_where_it_is_born(site):
    born, chinese = {}, {}
    for path in LESSONS:
        table = prose(read(path)).partition("## Words you met")[2].partition("\n## ")[0]
        rows = re.findall(r"^\| (.+?) \| .+ \| (.+?) \|$", table, re.MULTILINE)[2:]
        for words, translations in rows:
            for word in words.lower().split(", "):
                born.setdefault(word, path.stem)
                chinese.setdefault(word, translations)
    found = {}
    for meaning in parsed(site / "glossary.html").select("dl.glossary > dd"):
        above = itertools.takewhile(lambda e: e.name == "dt", meaning.previous_siblings)
        names = [entry.find(string=True).lower() for entry in above if entry.name]
        (word,) = born.keys() & set(names)
        assert word not in found
        found[word] = Path(urlsplit(meaning.a["href"]).path).stem
        translation = ({*names} - {word} or {meaning.text.partition(" · ")[0]}).pop()
        assert translation in chinese[word].lower()
    assert found == born
    assert found["batch"].startswith("01_") and found["momentum"].startswith("03_")


def test_a_row_of_several_words_gives_each_its_own_meaning():
    texts = ["rank, shape | axes; how long each is", "kernel, filter | weights"]
    source = "# 01 · One\n\n## Words you met\n\n| term | meaning | 中文 |\n"
    source += "| --- | --- | --- |\n| " + " | 秩、形状 |\n| ".join(texts) + " | 核 |\n"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(source)])
    terms = pages.glossary([pages.Lesson(Path("01_one.ipynb"), notebook)])
    said = {term["name"]: term["uses"][0] for term in terms}
    assert said["shape"]["meaning"] == "how long each is" and not said["shape"]["row"]
    assert said["filter"]["meaning"] == "weights"
    assert said["filter"]["row"] == "kernel, filter"


def small_course(folder, text, output=None):
    """A course of one lesson and a second one that links to it."""
    (folder / "images").mkdir()
    for number in ("01", "02"):
        picture = ROOT / "notebooks" / "images" / "01_goal.png"
        (folder / "images" / f"{number}_goal.png").write_bytes(picture.read_bytes())
    first = "# 01 · Make one\n\nIt is made.\n\n## 1. How far?\n\nFar."
    second = f"# 02 · Make two\n\nBoth are made.\n\n{text}"
    for name, source in (("01_one", first), ("02_two", second)):
        cells = [nbformat.v4.new_markdown_cell(source)]
        cells.append(nbformat.v4.new_code_cell("f()", outputs=[output] * bool(output)))
        python = {"language_info": {"name": "python"}}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=python)
        nbformat.write(notebook, folder / f"{name}.ipynb")


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Sphinx's own
def test_links_between_lessons_hold_and_what_was_run_is_shown(tmp_path, monkeypatch):
    notebooks, ran = tmp_path / "notebooks", tmp_path / "build"
    notebooks.mkdir()
    ran.mkdir()
    monkeypatch.setattr(lessons, "NOTEBOOKS", notebooks)
    link = "[far](01_one.ipynb#1.-How-far?), [card](../data/README.md), $a_b_c < 1$ $x$"
    small_course(notebooks, link)
    traceback = ["\x1b[0;31mZeroDivisionError\x1b[0m: it was 0"]
    error = nbformat.v4.new_output(
        "error", ename="ZeroDivisionError", evalue="0", traceback=traceback
    )
    small_course(ran, link, error)
    build_site(tmp_path / "site", ran)
    article = parsed(tmp_path / "site" / "notebooks" / "02_two.html").article
    hrefs = [a["href"] for a in article.select("p a")]
    assert hrefs == ["01_one.html#how-far", "../data/README.html"]
    assert "ZeroDivisionError: it was 0" in article.text
    assert "a_b_c < 1" in article.code.text and len(article.select("math")) == 1


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Sphinx's own
def test_a_link_that_leads_nowhere_stops_it(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path / "notebooks")
    lessons.NOTEBOOKS.mkdir()
    small_course(lessons.NOTEBOOKS, "[far](01_one.ipynb#2.-How-near?)")
    with pytest.raises(SiteError):
        build_site(tmp_path / "site")
    assert "2.-How-near?" in capfd.readouterr().err
    assert not (tmp_path / "site").exists()


def test_nothing_but_a_site_is_replaced_and_a_run_must_be_there(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("precious")
    assert main(["--target", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
    assert (tmp_path / "mine.txt").read_text() == "precious"
    assert main(["--target", str(tmp_path / "a"), "--executed", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def check(page, context=None):
    assert violations(page, context) == []
    assert page.evaluate(TOO_WIDE) <= 0


@needs_browser
@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_pages_are_accessible(browser, address, size, color_scheme):
    window = {"width": size[0], "height": size[1]}
    names = ["index", "glossary", "data/README", "search", f"notebooks/{NAMES[1]}"]
    for name in names:
        options = {"viewport": window, "color_scheme": color_scheme}
        with open_page(browser, f"{address}{name}.html", **options) as page:
            page.evaluate(OPEN_ALL)
            check(page)


@needs_browser
@pytest.mark.browser
@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_is_accessible_and_fits_a_phone(browser, address, name):
    window = {"width": PHONE[0], "height": PHONE[1]}
    url = f"{address}notebooks/{name}.html"
    with open_page(browser, url, viewport=window) as page:
        page.evaluate(OPEN_ALL)
        check(page, {"exclude": [[".highlight"]]})  # as in the test above


@needs_browser
@pytest.mark.browser
def test_keys_open_the_menu_of_a_phone(browser, site):
    window = {"width": PHONE[0], "height": PHONE[1]}
    url = (site / "index.html").as_uri()
    with open_page(browser, url, viewport=window) as page:
        lesson = page.locator(".sidebar-tree").get_by_text("01 ·")
        expect(lesson).not_to_be_in_viewport()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(lesson).to_be_in_viewport()


@needs_browser
@pytest.mark.browser
@pytest.mark.parametrize(
    "words, place",
    [
        ("momentum", "glossary.html#term-momentum"),
        ("反向传播", "glossary.html#term-"),
        ("dropout", "02_first_classifier.html"),
    ],
)
def test_search_needs_no_server(browser, site, words, place):
    with open_page(browser, (site / "index.html").as_uri()) as page:
        page.locator("input[name=q]").fill(words)
        page.keyboard.press("Enter")
        page.locator(f"ul.search a[href*='{place}']").first.click()
        page.wait_for_url(f"**/{place}**")
        assert words in page.locator("article").inner_text()


@needs_browser
@pytest.mark.browser
def test_paper_shows_what_is_folded(browser, site):
    url = (site / "notebooks" / f"{NAMES[1]}.html").as_uri()
    with open_page(browser, url) as page:
        closed = page.locator("details:not([open])")
        before = closed.count()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert before > 5 and closed.count() == 0
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert closed.count() == before


@needs_browser
@pytest.mark.browser
def test_a_result_unfolds_and_code_is_copied(browser, site):
    url = (site / "notebooks" / f"{NAMES[1]}.html").as_uri()
    with open_page(browser, url) as page:
        fold = page.locator("details.hide").first
        inside = fold.locator(".cell_output, .cell_input")
        assert not inside.is_visible()
        fold.locator("summary").click()
        assert inside.is_visible()
        cell = page.locator(".cell_input").first
        cell.hover()
        cell.locator("button.copybtn").click()
        page.locator("input[name=q]").focus()
        page.keyboard.press("ControlOrMeta+V")
        pasted = page.locator("input[name=q]").input_value()
    first = next(c for c in read(LESSONS[1]).cells if c.cell_type == "code")
    assert pasted.split() == first.source.split()
