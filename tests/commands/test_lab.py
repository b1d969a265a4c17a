"""JupyterLab as the course opens it: it asks nothing, and reading changes nothing."""

import asyncio
import contextlib
import json
import re
import shutil

import nbformat
import pytest
from playwright.sync_api import expect
from support.browser import chromium, needs_browser, open_page
from support.lab_server import serving_lab
from support.lessons import LESSONS, NAMES

from utils.commands.lab import LessonFiles
from utils.commands.lessons import NOTEBOOKS


@pytest.mark.parametrize("path", LESSONS, ids=NAMES)
def test_a_lesson_is_written_as_jupyterlab_would(path):
    """By JavaScript's rules: 1.0 is 1, and what is folded is said twice."""

    def number(text):
        return int(float(text)) if float(text).is_integer() else float(text)

    text = path.read_text(encoding="utf-8")
    lesson = json.loads(text, parse_float=number)
    for cell in lesson["cells"]:
        folded = cell["metadata"].get("jupyter", {}).get("outputs_hidden", False)
        assert cell["metadata"].get("collapsed", False) == folded, cell["source"]
    again = json.dumps(lesson, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    differ = [
        pair
        for pair in zip(again.splitlines(), text.splitlines(), strict=False)
        if pair[0] != pair[1]
    ]
    assert differ == [] and len(again) == len(text)


@pytest.mark.browser
@needs_browser
def test_lessons_that_were_only_read_stay_as_they_are(tmp_path):
    course = tmp_path / "course"
    shutil.copytree(NOTEBOOKS, course)
    autosave = {"docmanager-extension/plugin": {"autosaveInterval": 1}}  # seconds
    some = LESSONS[::4]  # each takes a browser seconds
    written = {path.name: (course / path.name).stat().st_mtime_ns for path in some}
    with (
        serving_lab(course, autosave) as address,
        chromium() as browser,
        contextlib.ExitStack() as open_pages,
    ):
        pages = {}
        for name in written:  # one by one: many kernels at once are slow to start
            page = open_pages.enter_context(open_page(browser, address(name)))
            idle = page.get_by_text("(ipykernel) | Idle")
            expect(idle).to_be_visible(timeout=60_000)
            page.locator(".jp-Notebook").hover()
            page.mouse.wheel(0, 3000)
            pages[name] = page
        page.wait_for_timeout(2000)  # by now it would have saved
        for name, page in pages.items():
            asking = page.locator(".jp-Dialog, .Toastify__toast")
            assert asking.all_inner_texts() == [], name
            assert page.locator(".jp-mod-dirty").count() == 0, name
            assert (course / name).stat().st_mtime_ns == written[name]
            loaded = page.evaluate(
                "performance.getEntriesByType('resource').map((entry) => entry.name)"
            )
            assert not [url for url in loaded if re.search("api/(news|update)", url)]
        for page in pages.values():  # and nothing differs if it is saved as it is
            with page.expect_response(lambda reply: reply.request.method == "PUT"):
                page.keyboard.press("Control+s")
    # names, not bytes: pytest would take minutes to show how two notebooks differ
    changed = [p.name for p in some if (course / p.name).read_bytes() != p.read_bytes()]
    assert changed == []


def test_another_kernel_keeps_what_its_notebook_says(tmp_path):
    metadata = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}
    nbformat.write(nbformat.v4.new_notebook(metadata=metadata), tmp_path / "r.ipynb")
    files = LessonFiles(root_dir=str(tmp_path))
    model = asyncio.run(files.get("r.ipynb"))
    assert model["content"]["metadata"] == metadata
    asyncio.run(files.save(model, "r.ipynb"))
    assert nbformat.read(tmp_path / "r.ipynb", as_version=4).metadata == metadata
