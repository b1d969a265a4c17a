"""The line of progress tells how far a training is, and leaves nothing behind."""

import types

import pytest

from utils import progress


@pytest.mark.parametrize(
    ("step", "filled"), [(0, 0), (1, 0), (50, 15), (99, 29), (100, 30), (150, 30)]
)
def test_the_bar_is_as_long_as_the_share_done(step, filled):
    text = progress.progress_line(100).text(step)
    assert text.count("█") == filled and text.count("·") == 30 - filled
    assert text.endswith(f"{step} of 100 steps")


def test_outside_a_notebook_nothing_is_shown(capsys):
    line = progress.progress_line(10)
    line.set_model(types.SimpleNamespace(optimizer=types.SimpleNamespace(iterations=3)))
    line.on_train_begin()
    line.on_train_batch_end(0)
    assert capsys.readouterr().out == ""
    assert line.bundle() == {"text/plain": line.text(3)}


def test_a_training_of_no_steps_is_refused():
    with pytest.raises(ValueError, match="steps is 0; a whole number of 1 or more"):
        progress.progress_line(0)
