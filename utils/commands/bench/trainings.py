"""Contestants that train: as tutorials write it, and as the lessons do.

Each function runs in a process of its own, once a round, and returns its figures. What
the lessons do is taken from them; the rest is written as one finds it on the web.
"""

import ast
import json
import os
import shutil
import time

import numpy as np

from utils import ROOT
from utils.commands.bench import NotMeasured

GOAL = 0.99  # test accuracy that ends the race of the CNNs
EPOCHS = int(os.environ.get("BENCH_EPOCHS", 10))  # of Dense; the tests take fewer


def from_lesson(number: str, names: list[str], **given) -> list:
    """Return functions and classes that a lesson defines, without running the lesson.

    Args:
        number: of the lesson, "02".
        names: what to return, in order; what they call must be named too, or given.
        given: the names that they find in the notebook: modules, data, settings.

    Raises:
        LookupError: the lesson defines no such thing.

    Example:
        >>> (softmax,) = from_lesson("02", ["softmax"], np=np)
        >>> float(softmax(np.zeros((1, 10)))[0, 0])
        0.1
    """
    path = next((ROOT / "notebooks").glob(f"{number}_*.ipynb"))
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    kinds = ast.FunctionDef | ast.ClassDef
    body = [n for n in ast.parse("\n\n".join(code)).body if isinstance(n, kinds)]
    found = {node.name: node for node in body if node.name in names}
    if missing := set(names) - found.keys():
        raise LookupError(f"{path.name} defines no {', '.join(sorted(missing))}")
    module = ast.Module(list(found.values()), [])
    exec(compile(module, path.name, "exec"), given)
    return [given[name] for name in names]


def images(limit=60_000):
    """Return training and test images in [0, 1] and labels, by name."""
    from utils.digits import load_digits
    from utils.runtime import start

    start(0)
    digits = load_digits()
    return {
        "x_train": digits.x_train[:limit].astype("float32") / 255,
        "y_train": digits.y_train[:limit],
        "x_test": digits.x_test.astype("float32") / 255,
        "y_test": digits.y_test,
    }


def _clock(x_test, y_test):
    """Return a callback that notes accuracy and seconds after each epoch.

    The seconds run from its making to the end of the epoch, without the testing.
    """
    import keras

    class Clock(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.began, self.seen = time.perf_counter(), []

        def on_epoch_end(self, epoch, logs=None):
            seconds = time.perf_counter() - self.began
            logits = self.model.predict(x_test, batch_size=1000, verbose=0)
            right = np.mean(logits.argmax(axis=1) == y_test)
            self.seen.append((seconds, float(right)))
            self.began = time.perf_counter() - seconds

    return Clock()


def _race(seen: list[tuple[float, float]]) -> dict:
    """Return the figures of a race to GOAL from (seconds, accuracy) after each epoch.

    Example:
        >>> _race([(5.0, 0.98), (10.0, 0.991)])["seconds"]
        10.0
    """
    there = [seconds for seconds, accuracy in seen if accuracy >= GOAL]
    note = "" if there else f"{GOAL:.1%} not reached: seconds of the whole recipe"
    figures = {"seconds": there[0] if there else seen[-1][0], "accuracy": seen[-1][1]}
    return (
        figures
        | {"epochs": len(seen), "whole recipe (s)": seen[-1][0]}
        | {"note": note}
    )


def dense_usual() -> dict:
    """Train as Keras's guides do: compile with names, fit with its batch of 32.

    After https://www.tensorflow.org/tutorials/quickstart/beginner, with ten epochs.
    """
    data = images()
    import keras

    model = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return _dense(model, data)


def dense_lesson() -> dict:
    """Train lesson 02's network as it does."""
    data = images()
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    names = ["build_model", "compile_model"]
    build, compile_model = from_lesson("02", names, keras=keras, loss_fn=loss)
    model = build()
    compile_model(model)
    return _dense(model, data)


def _dense(model, data) -> dict:
    began = time.perf_counter()
    model.fit(data["x_train"], data["y_train"], epochs=EPOCHS, verbose=0)
    seconds = time.perf_counter() - began
    logits = model.predict(data["x_test"], batch_size=1000, verbose=0)
    right = np.mean(logits.argmax(axis=1) == data["y_test"])
    return {"seconds": seconds, "accuracy": float(right)}


def cnn_usual() -> dict:
    """Train Keras's example network for MNIST, five epochs of batches of 64.

    The network: https://keras.io/examples/vision/mnist_convnet/.
    """
    data = images()
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
    clock = _clock(data["x_test"][..., None], data["y_test"])
    x, y = data["x_train"][..., None], data["y_train"]
    model.fit(x, y, batch_size=64, epochs=5, verbose=0, callbacks=[clock])
    return _race(clock.seen)


def cnn_lesson(epochs=2) -> dict:
    """Train lesson 03's fastest path, with the settings of its race."""
    data = images()
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    names = ["conv_block", "build_lean", "rise_and_fall", "train"]
    given = {"keras": keras, "np": np, "time": time, "loss_fn": loss} | data
    given |= {"x_train": data["x_train"][..., None], "BATCH_SIZE": 128}
    _, build, rise_and_fall, train = from_lesson("03", names, **given)
    rate = rise_and_fall(0.015, epochs, 256)
    model = build()
    clock = _clock(data["x_test"][..., None], data["y_test"])
    train(model, rate, epochs, 256, 50, callbacks=[clock])
    return _race(clock.seen)


def _require_gpu() -> None:
    if not shutil.which("nvidia-smi"):  # then TensorFlow, slow to start, sees none
        raise NotMeasured("no GPU")
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        raise NotMeasured("no GPU")


def cnn_mixed() -> dict:
    """Train lesson 03's fastest path with half the bits where that suffices."""
    _require_gpu()
    import keras

    keras.mixed_precision.set_global_policy("mixed_float16")
    return cnn_lesson()


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

    data = {name: torch.tensor(array) for name, array in images().items()}
    place = "cuda" if torch.cuda.is_available() else "cpu"
    for part in ("x_train", "x_test"):
        data[part] = ((data[part] - 0.1307) / 0.3081)[:, None]
    data = {name: values.to(place) for name, values in data.items()}
    torch.manual_seed(0)
    model = nn.Sequential(
        *[nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU()],
        *[nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten()],
        *[nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)],
    ).to(place)
    adadelta = torch.optim.Adadelta(model.parameters(), lr=1.0)
    schedule = torch.optim.lr_scheduler.StepLR(adadelta, step_size=1, gamma=0.7)
    seen, seconds = [], 0.0
    while len(seen) < 5 and (not seen or seen[-1][1] < GOAL):
        seconds += _torch_epoch(model, adadelta, data)
        schedule.step()
        seen.append((seconds, _torch_accuracy(model, data)))
    return _race(seen) | {"device": place}


def _torch_epoch(model, optimizer, data, batch_size=64) -> float:
    from torch import nn, randperm

    x, y = data["x_train"], data["y_train"].long()
    began = time.perf_counter()
    model.train()
    for rows in randperm(len(x), device=x.device).split(batch_size):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    float(loss)  # waits for a GPU
    return time.perf_counter() - began


def _torch_accuracy(model, data) -> float:
    import torch

    model.eval()
    with torch.no_grad():
        logits = [model(part) for part in data["x_test"].split(1000)]
    right = torch.cat(logits).argmax(dim=1) == data["y_test"]
    return right.float().mean().item()


def _gan_data(rows=60_000):
    return images(rows)["x_train"].reshape(-1, 784) * 2 - 1


def _gan_figures(step_seconds, penalty=0) -> dict:
    """Return steps a second and their share of both bounds, measured around them.

    Args:
        step_seconds: a function that takes some steps and returns the seconds of one.
        penalty: images in the gradient penalty.
    """
    from utils import gan
    from utils.commands.bench.machine import bound, dense_layers, gan_step

    nets = gan.build_generator(), gan.build_discriminator()
    products = gan_step(*map(dense_layers, nets), gan.BATCH_SIZE, penalty)
    before = bound(products)
    seconds = step_seconds()
    least, own = np.minimum(before, bound(products))
    return {
        "steps a second": 1 / seconds,
        "share of bound": least / seconds,
        "share of own products": own / seconds,
    }


def _timed(step, steps: int) -> float:
    began = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - began) / steps


def gan_usual() -> dict:
    """Take turns as lesson 04 shows them: `predict` and `train_on_batch`.

    The recipe of https://github.com/eriklindernoren/Keras-GAN (gan.py), which under
    Keras 3 trains one player only.
    """
    import keras

    x_train = _gan_data()
    from utils import gan

    given = {"keras": keras, "np": np, "rng": np.random.default_rng(0)}
    given |= {"x_train": x_train} | vars(gan)
    names = ["compile_usual", "take_turns"]
    compile_usual, take_turns = from_lesson("04", names, **given)
    models = compile_usual()
    _hush(lambda: take_turns(*models))
    return _gan_figures(lambda: _timed(lambda: take_turns(*models), 30))


def _hush(job) -> None:
    """Do it without the warning by which Keras 3 objects to the recipe."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        job()


def correct_turns(x_train):
    """Return a function that takes one turn of the usual loop, with both learning.

    Keras 3 reads `trainable` when a model trains first: so the discriminator does,
    before it is frozen for the stack. And the generator is called, not `predict`.
    """
    import keras

    from utils import gan

    rng, n = np.random.default_rng(0), gan.BATCH_SIZE
    maker, judge = gan.build_generator(), gan.build_discriminator()
    judge.compile("adam", loss=gan.bce)
    judge.train_on_batch(x_train[:n], np.ones((n, 1)))
    judge.trainable = False
    stack = keras.Sequential([maker, judge])
    stack.compile("adam", loss=gan.bce)

    def turn():
        z = rng.normal(size=(n, gan.LATENT_DIM)).astype("float32")
        real = x_train[rng.integers(len(x_train), size=n)]
        fake = np.array(maker(z))
        judge.train_on_batch(real, np.ones((n, 1)))
        judge.train_on_batch(fake, np.zeros((n, 1)))
        stack.train_on_batch(z, np.ones((n, 1)))

    turn.players = maker, judge
    return turn


def gan_correct() -> dict:
    """Take turns in which both players learn."""
    turn = correct_turns(_gan_data())
    _hush(turn)
    return _gan_figures(lambda: _timed(turn, 30))


def gan_compiled(xla: bool = False) -> dict:
    """Take lesson 04's step in a `tf.function`, called from Python for each step."""
    x_train = _gan_data()
    import tensorflow as tf

    from utils import gan

    model = gan.GAN(gan.build_generator(), gan.build_discriminator())
    model.compile()
    batches = iter(gan_batches(x_train))
    step = tf.function(model.train_step, jit_compile=xla)
    step(next(batches))
    return _gan_figures(lambda: _timed(lambda: step(next(batches)), 100))


def gan_xla() -> dict:
    """Do the same with XLA, which fuses what is done to each number."""
    return gan_compiled(xla=True)


def gan_batches(x_train, rows=128):
    """Return shuffled batches as lesson 04 makes them."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    batches = tf.data.Dataset.from_tensor_slices(x_train).shuffle(60_000, seed=0)
    batches = batches.repeat().batch(rows, drop_remainder=True).prefetch(2)
    return batches.with_options(options)


def gan_lesson() -> dict:
    """Train lesson 04's GAN, penalty included: 100 steps after the first 50."""
    x_train = _gan_data()
    from utils import gan

    model = gan.GAN(gan.build_generator(), gan.build_discriminator(), penalty=0.5)
    model.compile()
    batches = gan_batches(x_train)

    def fit(steps):
        model.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)

    fit(50)  # the first call compiles
    return _gan_figures(lambda: _timed(lambda: fit(100), 1) / 100, penalty=16)


def gan_mixed() -> dict:
    """Train lesson 04's GAN with half the bits where that suffices."""
    _require_gpu()
    import keras

    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    return gan_lesson()
