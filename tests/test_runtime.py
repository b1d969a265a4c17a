"""Results are reported and judged; TensorFlow starts when it is asked to."""

import subprocess
import sys
import types

import nbformat
import pytest
from nbclient import NotebookClient

from utils import ROOT, runtime


@pytest.mark.parametrize(
    "value, target, words",
    [
        (0.9, {"at_least": 0.97}, "90.00% on MNIST, target at least 97"),
        (float("nan"), {"at_least": 0.97}, "nan"),
        (12.5, {"at_most": 12, "format_spec": ".3g"}, "12.5 on .* at most 12:"),
    ],
)
def test_a_missed_target_is_shown_and_raises(capsys, value, target, words):
    with pytest.raises(runtime.TargetMissed, match=words):
        runtime.report("accuracy", value, digits="MNIST", **target)
    assert "MISSED" in capsys.readouterr().out


def test_a_target_may_be_an_upper_bound(capsys):
    runtime.report("distance", 11.5, at_most=12, format_spec=".3g", digits="MNIST")
    assert capsys.readouterr().out == (
        "distance: 11.5 on MNIST, target at most 12: reached\n"
    )


@pytest.mark.parametrize("targets", [{}, {"at_least": 1, "at_most": 2}])
def test_one_target_is_needed(targets):
    with pytest.raises(TypeError, match="one target is allowed"):
        runtime.report("accuracy", 1, digits="MNIST", **targets)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_wrong_seeds_are_named_before_tensorflow_is_imported(seed):
    with pytest.raises(ValueError, match=f"seed is {seed}"):
        runtime.start(seed)


def test_utils_import_neither_tensorflow_nor_keras():
    modules = {p.stem for p in (ROOT / "utils").glob("*.py")}
    modules -= {"from_lessons"}  # Keras code: whoever imports it uses Keras
    code = "import sys\n" + "".join(f"import utils.{m}\n" for m in sorted(modules))
    code += "print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.stdout.splitlines()[-1:] == ["[]"], answer.stderr


def test_the_same_seed_gives_the_same_numbers_and_a_clean_notebook():
    code = f"""
    import sys
    sys.path.insert(0, {str(ROOT)!r})
    from utils.runtime import report, start
    import random
    import numpy as np
    import tensorflow as tf
    start(7)
    def draw():
        start(7)
        return random.random(), np.random.rand(), float(tf.random.uniform(()))
    assert draw() == draw() and len(set(draw())) == 3
    @tf.function(jit_compile=True)
    def double(x):
        return 2 * x
    double(tf.ones(3))
    report("accuracy", 0.99, at_least=0.9, digits="MNIST")
    """
    cell = nbformat.v4.new_code_cell("\n".join(s[4:] for s in code.splitlines()))
    notebook = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    assert [o.get("name") for o in cell.outputs if o.get("name") == "stderr"] == []
    assert "running on the " in cell.outputs[0].text
    record = cell.outputs[-1].data[runtime.RESULT_MIME]
    assert record["reached"] is True
    assert record["result"] == "99.00%"
    assert record["device"] == runtime.device() or record["device"].startswith("GPU")


@pytest.mark.parametrize("step, filled", [(0, 0), (99, 29), (150, 30)])
def test_the_bar_is_as_long_as_the_share_done(step, filled):
    text = runtime.progress_line(100).text(step)
    assert text.count("█") == filled and text.count("·") == 30 - filled
    assert text.endswith(f"{step} of 100 steps")


def test_outside_a_notebook_nothing_is_shown(capsys):
    line = runtime.progress_line(10)
    line.set_model(types.SimpleNamespace(optimizer=types.SimpleNamespace(iterations=3)))
    line.on_train_begin()
    line.on_train_batch_end(0)
    assert capsys.readouterr().out == ""
    assert line.bundle() == {"text/plain": line.text(3)}


def test_a_training_of_no_steps_is_refused():
    with pytest.raises(ValueError, match="steps is 0; a whole number from 1"):
        runtime.progress_line(0)


def test_a_column_of_another_length_is_named():
    with pytest.raises(ValueError, match="2 rows, but 'dense' has 1"):
        runtime.print_table(["size", "accuracy"], {"dense": [1]})
