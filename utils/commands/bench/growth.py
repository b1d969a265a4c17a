"""How cost grows: each function times one thing at several sizes, in one process."""

import os
import time

import numpy as np

SIZES = {
    "images": [1_000, 10_000, 60_000],
    "batch": [16, 32, 64, 128, 256, 512],
    "width": [32, 64, 128, 256, 512, 1024],
    "gan": [32, 128, 512],
    "samples": [2_000, 10_000, 50_000],
}


def _sizes(name: str) -> list[int]:
    """The sizes; fewer where the tests ask for it."""
    return SIZES[name][: int(os.environ.get("BENCH_SIZES", 9))]


def _epoch(x, y, hidden=128, batch_size=32) -> float:
    """Return seconds of an epoch of lesson 02's network; the first is not counted."""
    import keras

    from utils.commands.bench.trainings import from_lesson

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    names = ["build_model", "compile_model"]
    build, compile_model = from_lesson("02", names, keras=keras, loss_fn=loss)
    model, ends = build(hidden=hidden), []
    compile_model(model)
    note = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
    )
    fit = dict(epochs=4, batch_size=batch_size, verbose=0, callbacks=[note])
    model.fit(x, y, **fit)
    return float(np.median(np.diff(ends)))


def images() -> dict:
    """Seconds of an epoch against the number of training images."""
    from utils.commands.bench.trainings import images as load

    data = load()
    x, y = data["x_train"], data["y_train"]
    sizes = _sizes("images")
    return {"sizes": sizes, "seconds": [_epoch(x[:n], y[:n]) for n in sizes]}


def batch() -> dict:
    """Seconds of an epoch of 10,000 images against the batch size."""
    from utils.commands.bench.trainings import images as load

    data, sizes = load(limit=10_000), _sizes("batch")
    seconds = [_epoch(data["x_train"], data["y_train"], batch_size=n) for n in sizes]
    return {"sizes": sizes, "seconds": seconds}


def width() -> dict:
    """Seconds of an epoch of 10,000 images against the hidden layer's width."""
    from utils.commands.bench.trainings import images as load

    data, sizes = load(limit=10_000), _sizes("width")
    seconds = [_epoch(data["x_train"], data["y_train"], hidden=n) for n in sizes]
    return {"sizes": sizes, "seconds": seconds}


def gan() -> dict:
    """Seconds of lesson 04's step against its batch size."""
    from utils.commands.bench.trainings import _gan_data, gan_batches

    x_train, sizes, seconds = _gan_data(), _sizes("gan"), []
    from utils.gan import GAN, build_discriminator, build_generator

    for rows in sizes:
        model = GAN(build_generator(), build_discriminator())
        model.compile(a_call=20)
        fit = dict(steps_per_epoch=20, shuffle=False, verbose=0)
        model.fit(gan_batches(x_train, rows), **fit)  # compiles
        ends = [time.perf_counter()]
        for _ in range(3):
            model.fit(gan_batches(x_train, rows), **fit)
            ends.append(time.perf_counter())
        seconds.append(float(np.median(np.diff(ends))) / 20)
    return {"sizes": sizes, "seconds": seconds}


def samples() -> dict:
    """Seconds and memory of lesson 05's measures against the number of samples.

    As many fake as real; both are real digits here, which changes no time.
    """
    from utils.commands.bench.machine import peak_mb
    from utils.commands.bench.trainings import images as load
    from utils.measures import _network, features_and_probs, measure

    pictures, sizes = load()["x_train"][..., None], _sizes("samples")
    classifier = _network(seed=0)
    measure(
        pictures[:100], features_and_probs(classifier, pictures[:100])[0], classifier
    )
    before, seconds, memory = peak_mb(), [], []
    for n in sizes:
        began = time.perf_counter()
        features, _ = features_and_probs(classifier, pictures[-n:])
        measure(pictures[:n], features, classifier)
        seconds.append(time.perf_counter() - began)
        memory.append(None if before is None else peak_mb() - before)
    return {"sizes": sizes, "seconds": seconds, "memory": memory}


def slope(sizes, values) -> float:
    """Return the slope on logarithmic axes: 1 is linear, 2 quadratic, 0 no growth.

    Least squares over all points.

    Example:
        >>> round(slope([1, 10, 100], [2, 20, 200]), 6)
        1.0
    """
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])
