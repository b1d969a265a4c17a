"""A small model for the tests, clear digits for it, and a server in a thread."""

import contextlib
import threading
import warnings
from pathlib import Path

import numpy as np

from utils.commands import serve
from utils.digits.drawing import draw_digits


def train(path: Path) -> None:
    """Train lesson 04's network on 9,000 drawn digits, and save it."""
    import keras

    from utils.from_lessons import build_cnn

    keras.utils.set_random_seed(0)
    images, labels = draw_digits(9000, 0)
    model = build_cnn(dropout=0)
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
    server = serve.make_server(app)
    with serve.listen(0) as listener:
        pipe = {"sockets": [listener]}
        thread = threading.Thread(target=server.run, kwargs=pipe)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
