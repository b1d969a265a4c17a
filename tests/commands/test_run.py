"""The headless runner: tables, verdicts, pages of failures, one-line errors."""

import base64
import importlib
import io
import json
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from PIL import Image

from utils import ROOT
from utils import __main__ as door
from utils.commands import lessons
from utils.commands import run as runner
from utils.plots import animation

REPORT = """\
import sys
sys.path.insert(0, {root!r})
from utils.runtime import report
report("accuracy", {value}, at_least=TARGET, digits="MNIST")
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty course, with a helper that writes a lesson into it."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    monkeypatch.setattr(lessons, "NOTEBOOKS", notebooks)
    monkeypatch.setattr(lessons, "FROM_LESSONS", tmp_path / "from_lessons.py")
    monkeypatch.delenv("COURSE_MODELS", raising=False)
    return tmp_path


def write_lesson(folder, name, *code, quick=None, value=0.99, tags=()):
    cells = [nbformat.v4.new_markdown_cell(f"# {name[:2]} · Test a lesson")]
    parameters = nbformat.v4.new_code_cell("TARGET = 0.9")
    parameters.metadata["tags"] = ["parameters"]
    report = REPORT.format(root=str(ROOT), value=value)
    cells += [parameters, *map(nbformat.v4.new_code_cell, (*code, report))]
    cells[-2].metadata["tags"] = [*cells[-2].metadata.get("tags", []), *tags]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    notebook.metadata.course = {"quick": quick or {}}
    path = folder / "notebooks" / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def results(folder):
    return json.loads((folder / "build" / "results.json").read_text())


def test_one_failing_lesson_does_not_stop_the_others(folder, capsys):
    write_lesson(folder, "01_breaks", "print('before')", "1 / 0")
    write_lesson(folder, "02_misses", value=0.5)
    write_lesson(folder, "03_works")
    assert runner.main(["--build", str(folder / "build")]) == 1
    rows = results(folder)
    assert [row["verdict"] for row in rows] == [
        "failed: ZeroDivisionError in cell 3",
        "missed",
        "reached",
    ]
    assert rows[2]["value"] == 0.99 and rows[2]["target"] == "at least 90.00%"
    assert rows[2]["device"].startswith("CPU") and rows[2]["digits"] == "MNIST"
    table = capsys.readouterr().out
    assert "02_misses" in table and "accuracy 50.00%" in table
    page = (folder / "build" / "01_breaks.html").read_text(encoding="utf-8")
    assert "before" in page and "division by zero" in page


def test_quick_parameters_are_used_and_models_kept_apart(folder):
    show = "import os; print(TARGET, os.environ['COURSE_MODELS'])"
    path = write_lesson(folder, "01_quick", show, quick={"TARGET": 0.4}, value=0.5)
    before = path.read_bytes()
    assert runner.main(["--quick", "--build", str(folder / "build")]) == 0
    page = (folder / "build" / "01_quick.html").read_text(encoding="utf-8")
    assert f"0.4 {folder / 'build' / 'quick-models'}" in page
    assert path.read_bytes() == before


def test_a_notebook_that_cannot_be_run_does_not_stop_the_others(folder):
    write_lesson(folder, "01_quick", quick={"EPOCH": 1})
    (folder / "notebooks" / "02_broken.ipynb").write_text("<<<<<<< HEAD")
    write_lesson(folder, "03_works")
    assert runner.main(["--quick", "--build", str(folder / "build")]) == 1
    rows = results(folder)
    assert "no parameters ['EPOCH']" in rows[0]["verdict"]
    assert rows[1]["verdict"].startswith("failed: ")
    assert rows[2]["verdict"] == "reached"


def test_the_page_shows_where_the_kernel_died(folder):
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    write_lesson(folder, "01_dies", "print('before')", kill, "print('never')")
    assert runner.main(["--build", str(folder / "build")]) == 1
    page = (folder / "build" / "01_dies.html").read_text(encoding="utf-8")
    assert (
        page.index("SIGKILL") < page.index("while this cell ran") < page.index("never")
    )


def test_a_lesson_without_a_result_fails(folder):
    path = write_lesson(folder, "01_silent")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.pop()
    nbformat.write(notebook, path)
    assert runner.main(["--build", str(folder / "build")]) == 1


def test_outputs_are_stored_only_where_the_target_was_reached(folder):
    good = write_lesson(folder, "01_works", "def half(x): return x / 2", tags=["save"])
    lesson = nbformat.read(good, as_version=4)
    lesson.metadata.course.quick = {"TARGET": 2.0, "RATE": 2.5}
    nbformat.write(lesson, good)
    bad = write_lesson(folder, "02_misses", value=0.5)
    before = bad.read_bytes()
    runner.main(["--store", "--build", str(folder / "build")])
    stored = nbformat.read(good, as_version=4)
    assert '"RATE": 2.5,\n    "TARGET": 2\n' in good.read_text(encoding="utf-8")
    assert stored.cells[-1].outputs and stored.cells[-1].execution_count == 3
    assert "papermill" not in stored.metadata
    assert all("papermill" not in cell.metadata for cell in stored.cells)
    assert bad.read_bytes() == before
    assert "# 01_works.ipynb" in (folder / "from_lessons.py").read_text()
    assert runner.main(["--store", "--quick", "--build", str(folder / "build")]) == 2


def test_of_what_is_stored_figures_shrink_films_stay_and_widgets_are_texts(tmp_path):
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots()
    ax.imshow(np.random.default_rng(0).random((60, 60)), cmap="viridis")
    large = io.BytesIO()
    fig.savefig(large, format="png")
    plt.close(fig)
    moving = animation([np.zeros((4, 28, 28)), np.ones((4, 28, 28))])
    outputs = [
        nbformat.v4.new_output(
            "display_data", {"image/png": base64.b64encode(png).decode()}
        )
        for png in (large.getvalue(), moving)
    ]
    data = {"text/plain": "a pad", "application/vnd.jupyter.widget-view+json": {}}
    outputs.append(nbformat.v4.new_output("display_data", data))
    cell = nbformat.v4.new_code_cell("draw()")
    lesson = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(lesson, tmp_path / "lesson.ipynb")
    cell.outputs = outputs
    nbformat.write(lesson, tmp_path / "executed.ipynb")
    runner.store_outputs(tmp_path / "executed.ipynb", tmp_path / "lesson.ipynb")
    stored = nbformat.read(tmp_path / "lesson.ipynb", as_version=4).cells[0].outputs
    assert stored[2].data == {"text/plain": "a pad"}
    small, same = (base64.b64decode(o.data["image/png"]) for o in stored[:2])
    assert len(small) < 0.8 * len(large.getvalue()) and same == moving
    before, after = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), float)
        for png in (large.getvalue(), small)
    )
    assert np.abs(before - after).mean() < 3  # of 255


@pytest.mark.parametrize(
    "name", ["2", "02", "02_b", "02_b.ipynb", "notebooks/02_b.ipynb"]
)
def test_lessons_are_found_by_any_of_their_names(name, folder):
    for stem in ("01_a", "02_b"):
        write_lesson(folder, stem)
    found = lessons.find_lessons([name], folder / "notebooks")
    assert [path.stem for path in found] == ["02_b"]


@pytest.mark.parametrize("name", ["9", "02_", "b", "", "0"])
def test_a_lesson_that_is_not_there_is_named(name, folder, capsys):
    write_lesson(folder, "02_b")
    assert runner.main([name]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and repr(name) in error and "02" in error


def test_python_m_utils_passes_on_what_a_command_is_told_and_returns():
    answer = subprocess.run(
        [sys.executable, "-m", "utils", "run", "99"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1 and "'99'" in answer.stderr


def test_python_m_utils_lists_commands_that_exist(capsys):
    assert door.main([]) == door.main(["bake"]) == 2
    capsys.readouterr()
    assert door.main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:-1]
    assert [line.split()[0] for line in lines] == list(door.COMMANDS)
    for name in door.COMMANDS:
        assert importlib.import_module(f"utils.commands.{name}").main


def test_a_build_folder_that_cannot_be_written_is_one_line(folder, capsys):
    write_lesson(folder, "01_a")
    (folder / "build").write_text("a file is in the way")
    assert runner.main(["--build", str(folder / "build")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "cannot write" in error


def test_a_disk_that_fills_up_is_one_line(folder, capsys, monkeypatch):
    write_lesson(folder, "01_a")

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device", "page.html")

    monkeypatch.setattr(runner, "write_page", fail)
    assert runner.main(["--build", str(folder / "build")]) == 2
    assert "No space left on device (page.html)" in capsys.readouterr().err
