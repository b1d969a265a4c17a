"""Cases that train classifiers: as tutorials write it, and as the lessons do."""

import math
import os
import time

import numpy as np

from utils.commands.bench.machine import NotMeasured, seconds_of, start_tensorflow
from utils.digits import load_digits

GOAL = 0.99  # test accuracy that ends the race of the CNNs
EPOCHS = int(os.environ.get("BENCH_EPOCHS", 10))  # of Dense; the tests take fewer


def load_images(limit: int = 60_000) -> tuple:
    """Return the digits at hand as Keras's tutorials have them.

    Args:
        limit: of training images, 1 to 60,000.

    Returns:
        x_train, y_train, x_test, y_test: images float32 (n, 28, 28) in [0, 1], labels
        uint8 (n,).
    """
    digits = load_digits()
    x_train = digits.x_train[:limit].astype("float32") / 255
    x_test = digits.x_test.astype("float32") / 255
    return x_train, digits.y_train[:limit], x_test, digits.y_test


def accuracy(model, x_test: np.ndarray, y_test: np.ndarray) -> float:
    """Return the share of images whose largest output is at their label."""
    outputs = model.predict(x_test, batch_size=1000, verbose=0)
    return float(np.mean(outputs.argmax(axis=1) == y_test))


def dense(plain: bool = False) -> dict:
    """Train lesson 02's network as it does.

    Args:
        plain: compile and fit as Keras's guides do instead, which differ in nothing
            else: https://www.tensorflow.org/tutorials/quickstart/beginner.
    """
    start_tensorflow()
    import keras

    from utils.from_lessons import build_dense, compile_model

    x_train, y_train, x_test, y_test = load_images()
    model = build_dense()
    if plain:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    else:
        compile_model(model)
    seconds = seconds_of(lambda: model.fit(x_train, y_train, epochs=EPOCHS, verbose=0))
    return {"seconds": seconds, "accuracy": accuracy(model, x_test, y_test)}


def build_example_cnn():
    """Return Keras's example network for MNIST, compiled, with probabilities out.

    After https://keras.io/examples/vision/mnist_convnet/.
    """
    import keras

    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    loss = "sparse_categorical_crossentropy"
    model.compile(loss=loss, optimizer="adam", metrics=["accuracy"])
    return model


def cnn_baseline() -> dict:
    """Train Keras's example network, five epochs of batches of 64."""
    start_tensorflow()
    return _cnn(build_example_cnn(), epochs=5, batch_size=64)


def cnn_course(policy: str = "", epochs: int = 2) -> dict:
    """Train lesson 03's fastest path, with the settings of its race.

    Args:
        policy: of mixed precision.
        epochs: of the schedule, and of the training.
    """
    start_tensorflow(policy)
    import keras

    from utils.from_lessons import build_lean, rise_and_fall

    steps = epochs * math.ceil(60_000 / 256)
    model = build_lean()
    model.compile(
        keras.optimizers.Adam(rise_and_fall(0.015, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=50,
    )
    return _cnn(model, epochs, batch_size=256)


def _cnn(model, epochs: int, batch_size: int) -> dict:
    """Train; note seconds, without the testing, and accuracy after each epoch."""
    import keras

    x_train, y_train, x_test, y_test = load_images()
    seen = []

    class Clock(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.tested = 0.0  # seconds

        def on_epoch_end(self, epoch, logs=None):
            now = time.perf_counter()
            right = accuracy(model, x_test[..., None], y_test)
            seen.append((now - began - self.tested, right))
            self.tested += time.perf_counter() - now

    began = time.perf_counter()
    model.fit(
        x_train[..., None],
        y_train,
        batch_size=batch_size,
        epochs=epochs,
        verbose=0,
        callbacks=[Clock()],
    )
    return race(seen)


def race(seen: list[tuple[float, float]]) -> dict:
    """Return the figures of a race to GOAL from (seconds, accuracy) after each epoch.

    Example:
        >>> race([(5.0, 0.98), (10.0, 0.991)])["seconds"]
        10.0
    """
    there = [seconds for seconds, accuracy in seen if accuracy >= GOAL]
    whole, last = seen[-1]
    return {
        "seconds": there[0] if there else whole,
        "accuracy": last,
        "epochs": len(seen),
        "whole recipe (s)": whole,
        "note": "" if there else f"{GOAL:.1%} not reached: seconds of the whole recipe",
    }


def cnn_torch() -> dict:
    """Train PyTorch's official example network to the goal, at most five epochs.

    After https://github.com/pytorch/examples/tree/main/mnist: its network, batch size,
    optimiser and schedule; the images are in memory, so no loader costs it time.
    """
    try:
        import torch
    except ImportError:
        raise NotMeasured("PyTorch is not installed") from None
    from torch import nn

    place = "cuda" if torch.cuda.is_available() else "cpu"
    x_train, y_train, x_test, y_test = (
        torch.tensor(array).to(place) for array in load_images()
    )
    x_train, x_test = (
        ((images - 0.1307) / 0.3081)[:, None] for images in (x_train, x_test)
    )
    torch.manual_seed(0)
    model = nn.Sequential(
        *[nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU()],
        *[nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten()],
        *[nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)],
    ).to(place)
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.7)

    def train_epoch():
        model.train()
        for rows in torch.randperm(len(x_train), device=place).split(64):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(
                model(x_train[rows]), y_train[rows].long()
            )
            loss.backward()
            optimizer.step()
        float(loss)  # waits for a GPU

    seen, seconds = [], 0.0
    while len(seen) < 5 and (not seen or seen[-1][1] < GOAL):
        seconds += seconds_of(train_epoch)
        schedule.step()
        model.eval()
        with torch.no_grad():
            logits = torch.cat([model(images) for images in x_test.split(1000)])
        correct = logits.argmax(dim=1) == y_test
        seen.append((seconds, correct.float().mean().item()))
    return race(seen) | {"device": place}
