"""Cases that train lesson 14's network with one worker, or with two."""

import tempfile
from pathlib import Path

import numpy as np

from utils import workers
from utils.commands.bench.classifiers import load_images

STEPS, BATCH_SIZE = 60, 256


def step_with(count: int, steps: int = STEPS, batch_size: int = BATCH_SIZE) -> dict:
    """Train with this many workers, one core each, at the same global batch.

    Returns:
        "steps per second", of the median step: starting the processes is not counted.
    """
    images, labels, *_ = load_images()
    used = steps * batch_size
    with tempfile.TemporaryDirectory() as folder:
        arrays = {"images": images[:used, ..., None], "labels": labels[:used]}
        np.savez(Path(folder) / "data.npz", **arrays)
        options = dict(steps=steps, batch_size=batch_size)
        done = workers.train(Path(folder), count, **options)
    return {"steps per second": 1 / done.seconds}
