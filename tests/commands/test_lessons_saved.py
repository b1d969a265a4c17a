"""What later lessons use of earlier ones is written once, and gathered from there."""

import ast
import subprocess
import sys
from difflib import SequenceMatcher

import nbformat
import pytest
from support.lessons import LESSONS, code_cells, exercises, read

from utils import ROOT
from utils.commands import lessons


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook of code cells; those that start with "def" are saved."""

    def write(name, *sources):
        cells = [nbformat.v4.new_code_cell(source) for source in sources]
        for cell in cells:
            cell.metadata["tags"] = ["save"] * cell.source.startswith(("def", "SIZE"))
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / name)
        return tmp_path / name

    return write


def test_from_lessons_is_what_the_lessons_save():
    assert lessons.FROM_LESSONS.read_text("utf-8") == lessons.saved_code(LESSONS)


def test_nothing_in_from_lessons_is_undefined():
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F"]
    command.append(str(lessons.FROM_LESSONS))
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout


def test_saved_cells_come_with_the_imports_they_use(notebook):
    first = notebook("01_a.ipynb", "import os\nimport numpy as np", "def f(): np.e")
    second = notebook(
        "02_b.ipynb", "from math import pi, tau", "def g(): f(), tau", "1"
    )
    code = lessons.saved_code([first, second])
    body = code.partition("isort: split")[2]
    found = [ast.unparse(node) for node in ast.parse(body).body]
    assert found == [
        "from math import tau",
        "import numpy as np",
        "def f():\n    np.e",
        "def g():\n    (f(), tau)",
    ]
    assert body.index("# 01_a.ipynb") < body.index("def f") < body.index("# 02_b.ipynb")


def test_another_lesson_may_import_another_thing_under_the_name(notebook):
    first = notebook("01_a.ipynb", "from math import tau", "def f(): tau")
    other = notebook("02_b.ipynb", "from numpy import pi as tau", "tau", "def g(): 1")
    code = lessons.saved_code([first, other])
    assert "from math import tau" in code and "numpy" not in code
    used = notebook("02_b.ipynb", "from numpy import pi as tau", "def g(): tau")
    with pytest.raises(ValueError, match="tau is .*math.* and .*numpy"):
        lessons.saved_code([first, used])


@pytest.mark.parametrize("again", ["def f(): 2", "SIZE, f = 1, 2"])
def test_a_name_that_is_saved_twice_is_named(again, notebook):
    paths = notebook("01_a.ipynb", "def f(): 1"), notebook("02_b.ipynb", again)
    with pytest.raises(ValueError, match=r"\bf\b.* 01_a.ipynb .* 02_b.ipynb"):
        lessons.saved_code(paths)


def test_without_ruff_one_line_says_so(monkeypatch, capsys):
    before = lessons.FROM_LESSONS.read_bytes()
    monkeypatch.setattr(lessons.importlib.util, "find_spec", lambda name: None)
    assert lessons.main([]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "requirements-test.txt" in error
    assert lessons.FROM_LESSONS.read_bytes() == before


def definitions(source):
    """The code of the functions and classes defined at the top, without docstrings."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            found[node.name.strip("_")] = "\n".join(map(ast.unparse, body))
    return found


def test_no_definition_of_a_lesson_stands_in_utils_again():
    here = [
        (path.name, name, code)
        for path in (ROOT / "utils").glob("**/*.py")
        if path != lessons.FROM_LESSONS
        for name, code in definitions(path.read_text("utf-8")).items()
    ]
    for lesson in LESSONS:
        starters = {exercise.starter for exercise in exercises(lesson)}
        for cell in code_cells(read(lesson)):
            taught = definitions(cell.source) if cell.source not in starters else {}
            for file, name, code in here:
                if name in taught:  # a copy, or another thing of the same name?
                    pair = SequenceMatcher(None, taught[name], code, autojunk=False)
                    assert pair.ratio() <= 0.6, (lesson.name, file, name)
