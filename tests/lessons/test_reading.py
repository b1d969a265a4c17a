"""Every lesson reads as house style asks: what a program can see of it."""

import ast
import base64
import math
import re
import statistics
import subprocess
import sys

import pytest
from support.lessons import LESSONS, NAMES, code_cells, exercises, prose, read, tags

from utils import ROOT
from utils.checks import require
from utils.commands.lessons import quick_parameters
from utils.runtime import RESULT_MIME

OPENING = [
    "**You will be able to**",
    "**You need**",
    "**Time**",
    "**Uses and makes**",
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ENDING = ["## Recap", "## Words you met", "## If something went wrong", "## Next"]
MACHINE_PATH = re.compile(r"/(home|root|work|Users|tmp|usr|opt|var)/|[A-Z]:\\\\")
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


@pytest.fixture(params=LESSONS, ids=NAMES)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return read(path)


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def text_of(output):
    return output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))


def test_the_opening_names_goal_needs_and_time(path, notebook):
    opening = notebook.cells[0].source
    assert opening.startswith(f"# {path.stem[:2]} · ")
    places = [opening.find(part) for part in OPENING]
    assert -1 not in places and places == sorted(places), OPENING
    bullets = opening[places[0] : places[1]].count("\n- ")
    assert 3 <= bullets <= 5


def test_a_picture_of_the_goal_comes_early(path, notebook):
    early = "".join(c.source for c in notebook.cells[:3] if c.cell_type == "markdown")
    assert f"](images/{path.stem[:2]}_goal.png)" in early
    assert any(c.outputs for c in notebook.cells[:8] if c.cell_type == "code")


def test_the_goal_was_made_by_the_stored_run(path, notebook):
    (cell,) = [c for c in code_cells(notebook) if "goal" in tags(c)]
    (figure,) = [o for o in cell.outputs if "image/png" in o.get("data", {})]
    goal = path.parent / "images" / f"{path.stem[:2]}_goal.png"
    assert base64.b64decode(figure.data["image/png"]) == goal.read_bytes()


def test_headings_are_one_title_and_steps(notebook):
    text = re.sub(r"```.*?```", "", prose(notebook), flags=re.DOTALL)
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    assert len(re.findall(r"^## ", text, re.MULTILINE)) >= 6
    assert not re.findall(r"^#{4,} .*", text, re.MULTILINE)


def test_the_ending_is_complete(notebook):
    text = prose(notebook)
    places = [text.find(f"{heading}\n") for heading in ENDING]
    assert -1 not in places and places == sorted(places), ENDING
    words = text[places[1] : places[2]]
    assert re.search("[\u4e00-\u9fff]", words), "the Chinese terms are missing"


def test_cells_are_short(notebook):
    for cell in code_cells(notebook):
        lines = cell.source.splitlines()
        assert len(lines) <= 25, cell.source
        assert max(map(len, lines)) <= 79, max(lines, key=len)
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    assert statistics.median(lengths) <= 6


def test_never_more_than_two_code_cells_without_a_word(notebook):
    kinds = "".join(cell.cell_type[0] for cell in notebook.cells)
    assert "ccc" not in kinds, kinds


def count_words(notebook):
    """As a word processor counts; code in a fence is code."""
    text = re.sub(r"```.*?```", "", prose(notebook), flags=re.DOTALL)
    return sum(bool(re.search(r"\w", word)) for word in text.split())


def lines_of_code(notebook):
    return sum(len(cell.source.splitlines()) for cell in code_cells(notebook))


def test_the_length_suits_one_sitting(notebook):
    words, lines = count_words(notebook), lines_of_code(notebook)
    assert 1500 <= words <= 3000, words
    assert 150 <= lines <= 300, f"{lines} lines of code"
    steps = re.findall(r"^## \d+\. ", prose(notebook), re.MULTILINE)
    assert len(steps) <= 12


def test_the_times_are_honest(path, notebook):
    """Reading at 130 words and 8 lines a minute; running as it was stored."""
    stated = re.search(
        r"\*\*Time\*\* Reading (\d+) min, running (\d+) (s|min) on a laptop CPU, "
        r"exercises (\d+) min\.",
        notebook.cells[0].source,
    )
    reading, running, unit, trying = stated.groups()
    minutes = count_words(notebook) / 130 + lines_of_code(notebook) / 8
    assert int(reading) == 5 * math.ceil(minutes / 5), f"reading takes {minutes:.0f}"
    stored = notebook.metadata["course"]["seconds"]
    seconds = int(running) * {"s": 1, "min": 60}[unit]
    assert stored <= seconds <= max(60, 2 * stored), f"it ran for {stored} s"
    total = int(reading) + math.ceil(seconds / 60) + int(trying)
    (row,) = re.findall(rf"^\| {path.stem[:2]} \| .*$", README, re.MULTILINE)
    assert f"({path.relative_to(ROOT).as_posix()})" in row
    assert f"| {5 * math.ceil(total / 5)} |" in row, f"{total} minutes in all"


def test_parameters_are_literals_with_a_comment(notebook):
    (cell,) = [c for c in code_cells(notebook) if "parameters" in tags(c)]
    names = {}
    for node in ast.parse(cell.source).body:
        assert isinstance(node, ast.Assign), ast.unparse(node)
        name = node.targets[0].id
        assert name.isupper()
        names[name] = ast.literal_eval(node.value)
        assert "#" in cell.source.splitlines()[node.lineno - 1], f"{name}: no comment"
    quick = quick_parameters(notebook)
    assert quick, "no quick parameters"
    for name, value in quick.items():
        assert name in names, f"no parameter {name}"
        assert isinstance(value, type(names[name])), name


def test_a_dial_out_of_range_is_named_in_the_first_cell(notebook):
    """`start` checks SEED, `report` compares the targets; `require` has the rest."""
    codes = code_cells(notebook)
    at = next(i for i, cell in enumerate(codes) if "parameters" in tags(cell))
    dials = {}
    exec(codes[at].source, {}, dials)
    calls = [
        compile(ast.Expression(node), "require", "eval")
        for node in ast.walk(ast.parse(codes[at + 1].source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "require"
    ]

    def check_all(**changed):
        for call in calls:
            eval(call, {"require": require, **dials, **changed})

    check_all()
    check_all(**quick_parameters(notebook))
    for name in dials:
        if name != "SEED" and not name.startswith("TARGET"):
            with pytest.raises(ValueError, match=f"^{name} is -1; a "):
                check_all(**{name: -1})


def test_predictions_come_with_options_and_an_answer(notebook):
    asked = [c.source for c in notebook.cells if "**Predict" in c.source]
    assert len(asked) >= 3
    for source in asked:
        after = source.partition("**Predict")[2]
        assert 2 <= len(re.findall(r"^- ", after, re.MULTILINE)) <= 4, source
    answers = prose(notebook).count("<summary>Answer to the prediction</summary>")
    assert answers == prose(notebook).count("**Predict")


def test_exercises_have_starter_check_hint_answer_and_mistakes(path):
    found = exercises(path)
    assert 3 <= len(found) <= 5
    for exercise in found:
        ast.parse(exercise.starter)
        assert ast.parse(exercise.answer).body, f"exercise {exercise.number}: no answer"
        assert "<summary>Hint</summary>" in exercise.folded
        assert len(exercise.mistakes) >= 2, f"exercise {exercise.number}: mistakes"
    headings = re.findall(r"^### Exercise (\d) · ", prose(read(path)), re.MULTILINE)
    assert headings == [str(exercise.number) for exercise in found]


def test_details_are_closed(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            opened = cell.source.count("<details>")
            assert opened == cell.source.count("</details>"), cell.source
            # without an empty line after it, Markdown inside is not rendered
            assert cell.source.count("</summary>") == len(
                re.findall(r"</summary>\n\n|</summary>.*</details>", cell.source)
            ), cell.source


def test_every_figure_is_followed_by_a_sentence(notebook):
    for cell, following in zip(notebook.cells, notebook.cells[1:], strict=False):
        if any("image/png" in o.get("data", {}) for o in cell.get("outputs", [])):
            assert following.cell_type == "markdown", cell.source


def test_pictures_have_a_text_alternative(path, notebook):
    for alt, target in re.findall(r"!\[(.*?)\]\((.*?)\)", prose(notebook)):
        assert len(alt) > 15, target
        assert not target.startswith(("http", "/")), target
        assert (path.parent / target).stat().st_size < 100_000, target


def test_formulas_and_prose_avoid_words_that_belittle(notebook):
    text = re.sub(r"```.*?```", "", prose(notebook), flags=re.DOTALL)
    assert not re.findall(r"\b(simply|just|obviously)\b", text, re.IGNORECASE)


def test_outputs_are_those_of_one_full_run_on_mnist(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    results = [
        o.data[RESULT_MIME]
        for o in outputs(notebook)
        if RESULT_MIME in o.get("data", {})
    ]
    assert results and results[-1]["reached"] and results[-1]["digits"] == "MNIST"


def test_outputs_are_clean(path, notebook):
    for output in outputs(notebook):
        assert output.output_type != "error"
        assert output.get("name") != "stderr", text_of(output)
        text = text_of(output)
        assert not MACHINE_PATH.search(text), text
        assert not ADDRESS.search(text), text
        assert "\r" not in text and "\b" not in text, "debris of a progress bar"
    assert path.stat().st_size < 500_000


def test_some_outputs_are_compared_at_every_run(notebook):
    tagged = [c for c in code_cells(notebook) if "nbval-check-output" in tags(c)]
    assert len(tagged) >= 3
    for cell in tagged:
        assert cell.outputs, cell.source
        assert not any("image/png" in o.get("data", {}) for o in cell.outputs)


def test_no_lesson_goes_to_the_network(notebook):
    for cell in code_cells(notebook):
        assert not re.search(r"https?://|urllib|requests|load_data\(", cell.source)


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=" ".join)
def test_code_and_notebooks_are_tidy(command):
    answer = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
