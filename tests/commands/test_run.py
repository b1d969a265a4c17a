"""The headless runner: tables, verdicts, marks of failures, one-line errors."""

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


def write_lesson(folder, name, *code, quick=None, value=0.99, tags=(), report=REPORT):
    cells = [nbformat.v4.new_markdown_cell(f"# {name[:2]} · Test a lesson")]
    report = report.format(root=str(ROOT), value=value)
    cells += map(nbformat.v4.new_code_cell, ("TARGET = 0.9", *code, report))
    cells[-2].metadata["tags"] = list(tags)
    cells[1].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "course": {"quick": quick or {}}}
    path = folder / "notebooks" / f"{name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=metadata), path)
    return path


def results(folder):
    return json.loads((folder / "build" / "results.json").read_text())


def test_one_failing_lesson_does_not_stop_the_others(folder, capsys):
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    write_lesson(folder, "01_breaks", "print('before')", "1 / 0")
    write_lesson(folder, "02_dies", "print('before')", kill, "print('never')")
    write_lesson(folder, "03_silent", report="")
    write_lesson(folder, "04_misses", value=0.5)
    write_lesson(folder, "05_works")
    assert runner.main(["--build", str(folder / "build")]) == 1
    rows = results(folder)
    verdicts = [row["verdict"] for row in rows]
    assert verdicts[0] == "failed: ZeroDivisionError in cell 3"
    assert verdicts[1].startswith("failed: ")
    assert verdicts[2:] == ["failed: it reports no result", "missed", "reached"]
    assert rows[4]["value"] == 0.99 and rows[4]["target"] == "at least 90.00%"
    assert rows[4]["device"].startswith("CPU") and rows[4]["digits"] == "MNIST"
    table = capsys.readouterr().out
    assert "04_misses" in table and "accuracy 50.00%" in table
    text = (folder / "build" / "01_breaks.ipynb").read_text(encoding="utf-8")
    assert "before" in text and "division by zero" in text
    dead = nbformat.read(folder / "build" / "02_dies.ipynb", as_version=4)
    text = "".join(f"{cell.source} {cell.get('outputs')}" for cell in dead.cells)
    where = [text.index(word) for word in ("SIGKILL", "while this cell ran", "never")]
    assert where == sorted(where)


def test_quick_parameters_are_used_and_models_kept_apart(folder):
    show = "import os; print(TARGET, os.environ['COURSE_MODELS'])"
    path = write_lesson(folder, "01_quick", show, quick={"TARGET": 0.4}, value=0.5)
    before = path.read_bytes()
    write_lesson(folder, "02_misnamed", quick={"EPOCH": 1})
    (folder / "notebooks" / "03_broken.ipynb").write_text("<<<<<<< HEAD")
    assert runner.main(["--quick", "--build", str(folder / "build")]) == 1
    good, misnamed, broken = (row["verdict"] for row in results(folder))
    assert good == "reached" and broken.startswith("failed: ")
    assert "no parameters ['EPOCH']" in misnamed
    text = (folder / "build" / "01_quick.ipynb").read_text(encoding="utf-8")
    assert f"0.4 {folder / 'build' / 'quick-models'}" in text
    assert path.read_bytes() == before


def test_outputs_are_stored_only_where_the_target_was_reached(folder):
    quick = {"TARGET": 2.0, "RATE": 2.5}
    half = "def half(x): return x / 2"
    good = write_lesson(folder, "01_works", half, quick=quick, tags=["save"])
    bad = write_lesson(folder, "02_misses", value=0.5)
    before = bad.read_bytes()
    runner.main(["--store", "--build", str(folder / "build")])
    stored = nbformat.read(good, as_version=4)
    assert '"RATE": 2.5,\n    "TARGET": 2\n' in good.read_text(encoding="utf-8")
    assert stored.cells[-1].outputs and stored.cells[-1].execution_count == 3
    assert "papermill" not in stored.metadata
    assert 0 <= stored.metadata.course.seconds < 60
    assert all("papermill" not in cell.metadata for cell in stored.cells)
    assert bad.read_bytes() == before
    assert "# 01_works.ipynb" in (folder / "from_lessons.py").read_text()
    assert runner.main(["--store", "--quick", "--build", str(folder / "build")]) == 2


def test_of_what_is_stored_figures_shrink_and_films_stay(tmp_path):
    import matplotlib.pyplot as plt

    fig, ax = plt.subplots()
    ax.imshow(np.random.default_rng(0).random((60, 60)), cmap="viridis")
    large = io.BytesIO()
    fig.savefig(large, format="png")
    plt.close(fig)
    moving = animation([np.zeros((4, 28, 28)), np.ones((4, 28, 28))])
    datas = [
        {"image/png": base64.b64encode(large.getvalue()).decode()},
        {"image/png": base64.b64encode(moving).decode()},
        {"text/plain": "a pad", "application/vnd.jupyter.widget-view+json": {}},
    ]
    cell = nbformat.v4.new_code_cell("draw()")
    goal = nbformat.v4.new_code_cell("draw()", metadata={"tags": ["goal"]})
    lesson = nbformat.v4.new_notebook(cells=[cell, goal])
    nbformat.write(lesson, tmp_path / "09_lesson.ipynb")
    cell.outputs = [nbformat.v4.new_output("display_data", data) for data in datas]
    goal.outputs = [nbformat.v4.new_output("display_data", datas[0])]
    lesson.metadata["papermill"] = {"duration": 61.2}
    nbformat.write(lesson, tmp_path / "executed.ipynb")
    runner.store_outputs(tmp_path / "executed.ipynb", tmp_path / "09_lesson.ipynb")
    lesson = nbformat.read(tmp_path / "09_lesson.ipynb", as_version=4)
    assert lesson.metadata.course.seconds == 61
    stored = lesson.cells[0].outputs
    assert stored[2].data == {"text/plain": "a pad"}
    small, same = (base64.b64decode(o.data["image/png"]) for o in stored[:2])
    assert len(small) < 0.8 * len(large.getvalue()) and same == moving
    assert (tmp_path / "images" / "09_goal.png").read_bytes() == small
    before, after = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), float)
        for png in (large.getvalue(), small)
    )
    assert np.abs(before - after).mean() < 3  # of 255


@pytest.mark.parametrize("name", ["2", "02_b", "notebooks/02_b.ipynb"])
def test_lessons_are_found_by_any_of_their_names(name, folder):
    for stem in ("01_a", "02_b"):
        write_lesson(folder, stem)
    found = lessons.find_lessons([name], folder / "notebooks")
    assert [path.stem for path in found] == ["02_b"]


@pytest.mark.parametrize("name", ["9", "02_", ""])
def test_a_lesson_that_is_not_there_is_named(name, folder, capsys):
    write_lesson(folder, "02_b")
    assert runner.main([name]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and repr(name) in error and "02" in error


def test_python_m_utils_passes_on_what_a_command_is_told_and_returns():
    command = [sys.executable, "-m", "utils", "run", "99"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
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


def test_a_disk_that_fills_up_is_one_line(folder, capsys, monkeypatch):
    write_lesson(folder, "01_a")

    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device", "01_a.log")

    monkeypatch.setattr(runner, "run_lesson", fail)
    assert runner.main(["--build", str(folder / "build")]) == 2
    assert "No space left on device (01_a.log)" in capsys.readouterr().err
