"""Every lesson runs: by papermill, by nbval, and with its exercises answered."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from nbclient import NotebookClient
from support.lessons import LESSONS, NAMES, code_cells, exercises, read

from utils import ROOT
from utils.commands.lessons import quick_parameters
from utils.digits import load_digits
from utils.runtime import RESULT_MIME

NBVAL = [sys.executable, "-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider"]
NBVAL += ["-o", "addopts=", "-o", "filterwarnings=", "-q"]

pytestmark = pytest.mark.lesson
lesson = pytest.mark.parametrize("path", LESSONS, ids=NAMES)


@pytest.fixture(autouse=True)
def as_on_a_fresh_clone(tmp_path, monkeypatch):
    """Keep models of short trainings away from good ones; find none from before."""
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")


@lesson
def test_papermill_runs_it_from_the_top_folder(path, tmp_path):
    quick = quick_parameters(read(path))
    assert quick.keys() <= papermill.inspect_notebook(str(path)).keys()
    executed = papermill.execute_notebook(
        path,
        tmp_path / path.name,
        parameters=quick,
        kernel_name="python3",
        cwd=ROOT,
        progress_bar=False,
    )
    outputs = [o for cell in code_cells(executed) for o in cell.outputs]
    assert [o.text for o in outputs if o.get("name") == "stderr"] == []
    results = [o.data[RESULT_MIME] for o in outputs if RESULT_MIME in o.get("data", {})]
    assert results[-1]["reached"]
    assert results[-1]["digits"] == load_digits().name


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


@lesson
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


@lesson
def test_answers_pass_their_checks_and_mistakes_do_not(path):
    """Run the lesson with the code a learner might write put behind each check."""
    notebook = read(path)
    parameters = [f"{k} = {v!r}" for k, v in quick_parameters(notebook).items()]
    cells, asked = [], []
    tried = {e.check_index: e for e in exercises(path)}
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        cells.append(nbformat.v4.new_code_cell(cell.source))
        if "parameters" in cell.metadata.get("tags", []):
            cells.append(nbformat.v4.new_code_cell("\n".join(parameters)))
        if exercise := tried.get(index):
            asked.append((cells[-1], "… not tried yet", exercise, exercise.starter))
            attempts = [(exercise.answer, "✓ correct")]
            attempts += [(code, "✗ not yet") for code in exercise.mistakes]
            for code, verdict in attempts:
                cells += [nbformat.v4.new_code_cell(s) for s in (code, exercise.check)]
                asked.append((cells[-1], verdict, exercise, code))
    short = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(
        short,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT)}},
    ).execute()
    wrong = []
    for cell, verdict, exercise, code in asked:
        said = "".join(o.get("data", {}).get("text/plain", "") for o in cell.outputs)
        if not said.startswith(verdict):
            wrong.append(
                f"exercise {exercise.number}: {said!r}, not {verdict!r}, for\n{code}"
            )
    assert not wrong, "\n\n".join(wrong)
