"""Cases that let lesson 12's writer write digits, token by token."""

from collections.abc import Callable

import numpy as np

from utils.commands.bench.machine import seconds_of, start_tensorflow
from utils.digits import pen_tokens

DIGITS = 500  # written side by side
TEMPERATURE = 0.8


def sample_by_predict() -> dict:
    """Ask `predict` for each token, as a first loop does."""
    return _measure(lambda writer: lambda x, at: writer.predict(x, verbose=0)[:, at])


def sample_by_calls() -> dict:
    """Call the model for each token, without compiling."""
    return _measure(lambda writer: lambda x, at: writer(x)[:, at])


def course() -> dict:
    """Write as lesson 12 does, with a compiled step."""
    start_tensorflow()
    from utils.from_lessons import build_writer, write

    writer, labels = build_writer(), np.arange(DIGITS) % 10
    return _tokens_per_second(lambda: write(writer, labels, TEMPERATURE))


def _measure(make_step: Callable) -> dict:
    """Write with a function of all tokens and a place that gives the next logits."""
    start_tensorflow()
    from utils.from_lessons import build_writer

    step, labels = make_step(build_writer()), np.arange(DIGITS) % 10
    return _tokens_per_second(lambda: sample(step, labels))


def sample(step: Callable, labels: np.ndarray, rng=None) -> np.ndarray:
    """Write digits with any step, in NumPy.

    Args:
        step: of tokens int32 (n, LENGTH - 1) and a place to logits (n, VOCABULARY).
        labels: digits to ask for, whole numbers (n,).
        rng: draws the tokens; a new one by default.

    Returns:
        int32 (n, LENGTH), as `pen_tokens.draw_tokens` has them.

    Example:
        >>> ends = lambda tokens, place: np.eye(pen_tokens.VOCABULARY)[[0]] * 99
        >>> sample(ends, np.array([3]))[0, :3].tolist()
        [5, 0, 0]
    """
    rng = rng or np.random.default_rng()
    tokens = np.full((len(labels), pen_tokens.LENGTH), pen_tokens.END, "int32")
    tokens[:, 0] = pen_tokens.FIRST_DIGIT + labels
    for place in range(pen_tokens.LENGTH - 1):
        scores = np.asarray(step(tokens[:, :-1], place)) / TEMPERATURE
        drawn = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
        goes_on = tokens[:, place] != pen_tokens.END
        tokens[goes_on, place + 1] = drawn[goes_on]
    return tokens


def _tokens_per_second(write: Callable[[], object]) -> dict:
    """Return the speed of the second call: the first one compiles."""
    write()
    seconds = seconds_of(write)
    return {"tokens per second": DIGITS * (pen_tokens.LENGTH - 1) / seconds}
