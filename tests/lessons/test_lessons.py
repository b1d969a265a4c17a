"""Every lesson runs: by papermill, with its exercises tried, and by nbval."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from support.lessons import LESSONS, NAMES, code_cells, exercises, read

from utils import ROOT
from utils.commands.lessons import quick_parameters
from utils.digits import load_digits
from utils.runtime import RESULT_MIME

pytestmark = pytest.mark.lesson
NBVAL = [sys.executable, "-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider"]
NBVAL += ["-o", "addopts=", "-o", "filterwarnings=", "-q"]

lesson = pytest.mark.parametrize("path", LESSONS, ids=NAMES)


@pytest.fixture(autouse=True)
def as_on_a_fresh_clone(tmp_path, monkeypatch):
    """Keep models of short trainings away from good ones; find none from before."""
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")


def with_attempts(path):
    """Return a lesson with what a learner might write put behind each check.

    Returns:
        The notebook, and by the id of a check cell what it must say first.
    """
    notebook, expected = read(path), {}
    by_check = {exercise.check_index: exercise for exercise in exercises(path)}
    cells = []
    for index, cell in enumerate(notebook.cells):
        cells.append(cell)
        if exercise := by_check.get(index):
            expected[cell.id] = ("… not tried yet", exercise.starter)
            attempts = [(exercise.answer, "✓ correct")]
            attempts += [(code, "✗ not yet") for code in exercise.mistakes]
            for code, verdict in attempts:
                cells += map(nbformat.v4.new_code_cell, (code, exercise.check))
                expected[cells[-1].id] = (verdict, code)
    notebook.cells = cells
    return notebook, expected


@lesson
def test_papermill_runs_it_and_the_checks_tell_right_from_wrong(path, tmp_path):
    notebook, expected = with_attempts(path)
    own = {cell.id for cell in read(path).cells}
    quick = quick_parameters(notebook)
    assert quick.keys() <= papermill.inspect_notebook(str(path)).keys()
    nbformat.write(notebook, tmp_path / path.name)
    executed = papermill.execute_notebook(
        tmp_path / path.name,
        tmp_path / f"executed_{path.name}",
        parameters=quick,
        kernel_name="python3",
        cwd=ROOT,
        progress_bar=False,
    )
    results, wrong = [], []
    for cell in code_cells(executed):
        data = [output.get("data", {}) for output in cell.outputs]
        results += [one[RESULT_MIME] for one in data if RESULT_MIME in one]
        if cell.id in own:
            errors = [o.text for o in cell.outputs if o.get("name") == "stderr"]
            assert not errors, cell.source
        verdict, code = expected.get(cell.id, ("", ""))
        said = "".join(one.get("text/plain", "") for one in data)
        if not said.startswith(verdict):
            wrong.append(f"{said!r}, not {verdict!r}, for\n{code}")
    assert not wrong, "\n\n".join(wrong)
    assert results and all(result["reached"] for result in results)
    assert {result["digits"] for result in results} == {load_digits().name}


@pytest.fixture
def quick_copy():
    """Make a copy with quick parameters, one folder below the top, as notebooks are."""
    made = []

    def copy(path: Path) -> Path:
        target = ROOT / "build" / f"nbval_{os.getpid()}_{path.name}"
        target.parent.mkdir(exist_ok=True)
        made.append(target)
        papermill.execute_notebook(
            path,
            target,
            parameters=quick_parameters(read(path)),
            prepare_only=True,
            progress_bar=False,
        )
        return target

    yield copy
    for target in made:
        target.unlink(missing_ok=True)


@pytest.fixture
def trained_classifiers(path, models, tmp_path):
    """Let a lesson find lesson 04's networks; the other runs make substitutes.

    Lessons 05 and 06 do without: one has a target in units of the network that
    measures, the other compares two networks, which must not be the same.
    """
    if path.name < "07":
        return
    folder = shutil.copytree(models, tmp_path / "models") / "drawn"
    shutil.copy(folder / "cnn.keras", folder / "cnn_augmented.keras")


@lesson
@pytest.mark.usefixtures("trained_classifiers")
def test_nbval_finds_the_stored_outputs_again(path, quick_copy):
    answer = subprocess.run(
        [*NBVAL, quick_copy(path)], cwd=ROOT, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stdout[-5000:] + answer.stderr[-1000:]
    assert f"{len(code_cells(read(path))) + 1} passed" in answer.stdout


def test_nbval_sees_an_output_that_changed(tmp_path):
    cell = nbformat.v4.new_code_cell(
        "print(1 + 1)",
        metadata={"tags": ["nbval-check-output"]},
        outputs=[nbformat.v4.new_output("stream", name="stdout", text="3\n")],
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "wrong.ipynb")
    answer = subprocess.run(
        [*NBVAL, tmp_path / "wrong.ipynb"], cwd=tmp_path, capture_output=True, text=True
    )
    assert "1 failed" in answer.stdout
