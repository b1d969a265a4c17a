"""Show how far a training is, in one line that grows and leaves no debris behind."""

WIDTH = 30  # characters of the bar


def progress_line(steps: int):
    """Return a Keras callback that shows the steps taken, in one line.

    It counts the optimiser's own steps, so that a resumed training goes on where it
    was. A notebook keeps the last state of the line; outside of one, nothing is shown.

    Args:
        steps: of the whole training, 1 or more.

    Raises:
        ValueError: steps that are not a whole number of 1 or more.

    Example:
        >>> progress_line(100).text(25)
        '███████······················· 25 of 100 steps'
    """
    import keras
    from IPython import get_ipython
    from IPython.display import display

    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise ValueError(f"steps is {steps}; a whole number of 1 or more is allowed")

    class ProgressLine(keras.callbacks.Callback):
        def text(self, step: int) -> str:
            bar = "█" * min(WIDTH, WIDTH * step // steps)
            return f"{bar:·<{WIDTH}} {step:,} of {steps:,} steps"

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
