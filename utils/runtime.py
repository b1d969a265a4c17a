"""Start TensorFlow the same way in every lesson, and report a lesson's result.

Import this module before Keras: from then on TensorFlow's own start-up lines go to the
terminal that runs Jupyter, not into the notebook.
"""

import os
import platform
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from utils.checks import require

BAR_WIDTH = 30  # characters of a progress line
RESULT_MIME = "application/vnd.deep-learning-by-hand.result+json"


class TargetMissed(AssertionError):
    """A lesson's result is worse than the target in its parameters cell."""


def start(seed: int = 42) -> None:
    """Import TensorFlow quietly, seed it, and print versions and device in one line.

    A GPU is used where TensorFlow sees one, and takes memory as it needs it instead of
    all at once.

    Args:
        seed: for Python's, NumPy's and TensorFlow's generators, 0 to 2**32 - 1.

    Raises:
        TypeError: the seed is not a whole number.
        ValueError: the seed is out of range.
    """
    require(seed=(seed, 0, 2**32 - 1))
    import keras
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:  # the GPU is in use already: its memory is set
            pass
    # NVIDIA's cards would round the inputs of matrix products to 10 bits, and what you
    # compute by hand would no longer be what Keras computes
    tf.config.experimental.enable_tensor_float_32_execution(False)
    keras.utils.set_random_seed(seed)
    print(
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}, "
        f"Python {platform.python_version()}, running on the {device()}"
    )


def device() -> str:
    """Name the device that TensorFlow computes on.

    Returns:
        "CPU (4 cores)" or "GPU (its name)"; the CPU while TensorFlow is not imported.

    Example:
        >>> device().startswith(("CPU", "GPU"))
        True
    """
    if tf := sys.modules.get("tensorflow"):
        for gpu in tf.config.list_physical_devices("GPU"):
            details = tf.config.experimental.get_device_details(gpu)
            return f"GPU ({details.get('device_name', gpu.name)})"
    return f"CPU ({os.cpu_count()} cores)"


def progress_line(steps: int):
    """Return a Keras callback that shows the steps taken, in one line.

    It counts the optimiser's own steps, so that a resumed training goes on where it
    was. A notebook keeps the last state of the line; outside of one, nothing is shown.

    Args:
        steps: of the whole training, 1 or more.

    Raises:
        TypeError: steps that are no whole number.
        ValueError: steps below 1.

    Example:
        >>> progress_line(100).text(25)
        '███████······················· 25 of 100 steps'
    """
    import keras
    from IPython import get_ipython
    from IPython.display import display

    require(steps=(steps, 1, 10**9))

    class ProgressLine(keras.callbacks.Callback):
        def text(self, step: int) -> str:
            bar = "█" * min(BAR_WIDTH, BAR_WIDTH * step // steps)
            return f"{bar:·<{BAR_WIDTH}} {step:,} of {steps:,} steps"

        def bundle(self) -> dict:
            return {"text/plain": self.text(int(self.model.optimizer.iterations))}

        def on_train_begin(self, logs=None):
            self.line = None
            if get_ipython() is not None:
                self.line = display(self.bundle(), raw=True, display_id=True)

        def on_train_batch_end(self, batch, logs=None):
            if self.line is not None:
                self.line.update(self.bundle(), raw=True)

    return ProgressLine()


def report(
    measure: str,
    value: float,
    *,
    digits: str,
    at_least: float | None = None,
    at_most: float | None = None,
    format_spec: str = ".2%",
) -> None:
    """Show a lesson's result beside its target, for the reader and for `make run`.

    Args:
        measure: what was measured, as in "test accuracy".
        value: the result.
        digits: which digits it was measured on: `load_digits().name`.
        at_least: the target, where more is better.
        at_most: the target, where less is better; one of the two is needed.
        format_spec: how to print both, a format such as ".2%" or ".3g".

    Raises:
        TypeError: both targets were given, or none.
        TargetMissed: the result misses the target, or is not a number.

    Example:
        >>> report("test accuracy", 0.981, at_least=0.975, digits="MNIST")
        test accuracy: 98.10% on MNIST, target at least 97.50%: reached
    """
    if (at_least is None) == (at_most is None):
        raise TypeError(
            f"one target is allowed: at_least is {at_least}, at_most is {at_most}"
        )
    value = float(value)
    reached = value >= at_least if at_most is None else value <= at_most
    bound = "at least" if at_most is None else "at most"
    target = f"{bound} {format(at_least if at_most is None else at_most, format_spec)}"
    verdict = "reached" if reached else "MISSED"
    text = f"{measure}: {value:{format_spec}} on {digits}, target {target}: {verdict}"
    _show(
        text,
        {
            "measure": measure,
            "value": value,
            "result": format(value, format_spec),
            "target": target,
            "reached": bool(reached),
            "digits": digits,
            "device": device(),
        },
    )
    if not reached:
        raise TargetMissed(text)


def print_table(
    rows: Sequence[str], columns: Mapping[str, Sequence[float | str]]
) -> None:
    """Print numbers in a table: shares as percentages, counts with commas.

    Args:
        rows: their names.
        columns: for each name the numbers of its column, one per row. Whole numbers
            are printed as counts, other numbers as percentages, texts as they are.

    Raises:
        ValueError: a column with another number of rows.

    Example:
        >>> print_table(["size", "accuracy"], {"a": [1200, 0.5], "b": ["few", 1.0]})
                         a         b
        size         1,200       few
        accuracy     50.0%    100.0%
    """
    for name, column in columns.items():
        if len(column) != len(rows):
            raise ValueError(f"{len(rows)} rows, but {name!r} has {len(column)}")
    width = max(map(len, rows))
    print(" " * width + "".join(f"{name:>10}" for name in columns))
    for i, row in enumerate(rows):
        cells = ""
        for column in columns.values():
            form = ".1%"
            if isinstance(column[i], int | np.integer | str):
                form = "" if isinstance(column[i], str) else ","
            cells += f"{column[i]:>10{form}}"
        print(f"{row:{width}}" + cells)


def _show(text: str, record: dict) -> None:
    """Print the text; in a notebook, attach the record that the runner reads."""
    ipython = sys.modules.get("IPython")
    if ipython is None or ipython.get_ipython() is None:
        print(text)
        return
    bundle = {"text/plain": text, RESULT_MIME: record}
    ipython.display.display(bundle, raw=True)


def _send_start_up_lines_to_the_terminal() -> None:
    """Keep TensorFlow's C++ log out of the notebook.

    TensorFlow writes it to the process's standard error, which ipykernel copies into
    the running cell. ipykernel keeps the terminal's own standard error; pointing
    descriptor 2 back at it affects compiled code alone: Python's warnings and errors
    still reach the notebook.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    terminal = getattr(sys.stderr, "_original_stdstream_copy", None)
    if isinstance(terminal, int):
        os.dup2(terminal, 2)


_send_start_up_lines_to_the_terminal()
