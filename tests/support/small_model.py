"""A small model for the tests: trained once a session, for all workers of pytest."""

import contextlib
import threading
import time
import warnings
from pathlib import Path

import numpy as np

from utils.digits.drawing import draw_digits
from utils.handwriting import server


def trained(tmp_path_factory) -> Path:
    """Return a folder for COURSE_MODELS with `drawn/cnn.keras`, trained if need be."""
    folder = tmp_path_factory.getbasetemp()
    if "popen" in folder.name:  # a worker's own; the one above is shared by all
        folder = folder.parent
    models = folder / "small_models"
    ready, lock = models / "ready", models / "lock"
    models.mkdir(exist_ok=True)
    try:
        lock.touch(exist_ok=False)
    except FileExistsError:  # another worker trains it
        for _ in range(1200):
            if ready.exists():
                return models
            time.sleep(0.1)
        raise
    train(models / "drawn" / "cnn.keras")
    ready.touch()
    return models


def train(path: Path) -> None:
    """Train lesson 03's network on 9,000 drawn digits, and save it."""
    import keras

    from utils import measures

    images, labels = draw_digits(9000, 0)
    model = measures._network(seed=0)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images = images[..., None].astype("float32") / 255
    model.fit(images, labels, batch_size=64, epochs=2, shuffle=False, verbose=0)
    path.parent.mkdir(parents=True)
    with warnings.catch_warnings():  # Keras asks an array for a copy in an old way
        warnings.filterwarnings("ignore", "__array__ implementation")
        model.save(path)


def clear_digits(recognizer) -> np.ndarray:
    """Return ten drawn images, uint8 (10, 28, 28), that are surely 0 to 9."""
    images, labels = draw_digits(500, 1)
    probabilities = recognizer.probabilities(images / np.float32(255))
    right = np.where(labels[:, None] == np.arange(10), probabilities, 0)
    return images[right.argmax(axis=0)]


@contextlib.contextmanager
def running(app):
    """Run an application in a thread of this process, and yield its address."""
    server = server.server_of(app)
    with server._listen(0) as listener:
        pipe = {"sockets": [listener]}
        thread = threading.Thread(target=server.run, kwargs=pipe)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
