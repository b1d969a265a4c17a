"""How cost grows: each curve times one thing at several sizes, in one process."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from utils.commands.bench.classifiers import load_images
from utils.commands.bench.gans import build_gan, load_flat_images
from utils.commands.bench.machine import peak_mb, seconds_of, start_tensorflow

MOST = int(os.environ.get("BENCH_SIZES", 9))  # sizes of a curve; the tests take fewer
GAN_STEPS = 20  # of each measurement


@dataclass(frozen=True)
class Curve:
    """How the cost of one thing grows.

    Attributes:
        title: the thing.
        axis: what it grows with.
        sizes: of that.
        prepare: returns a function that takes a size and returns seconds.
        expected: the slope a reader should expect, and why.
        memory: whether to show memory too.
    """

    title: str
    axis: str
    sizes: Sequence[int]
    prepare: Callable[[], Callable[[int], float]]
    expected: str
    memory: bool = False

    def run(self) -> dict:
        """Return "sizes" and lists of "seconds" and of "memory" (MB) on top."""
        start_tensorflow()
        timed, before = self.prepare(), peak_mb()
        figures = {"sizes": self.sizes[:MOST], "seconds": [], "memory": []}
        for size in figures["sizes"]:
            figures["seconds"].append(timed(size))
            figures["memory"].append(peak_mb() - before)
        return figures


def dense_epoch(varied: str) -> Callable[[int], float]:
    """Time an epoch of lesson 02's network; the first is not counted.

    Args:
        varied: "images", "batch_size" or "hidden".
    """
    import keras

    from utils.from_lessons import build_dense, compile_model

    x, y, *_ = load_images()

    def seconds(size):
        usual = {"images": 10_000, "batch_size": 32, "hidden": 128}
        settings, ends = usual | {varied: size}, []
        model, n = build_dense(settings["hidden"]), settings["images"]
        compile_model(model)
        note = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
        )
        rows = settings["batch_size"]
        fit = dict(batch_size=rows, epochs=4, verbose=0, callbacks=[note])
        model.fit(x[:n], y[:n], **fit)
        return float(np.median(np.diff(ends)))

    return seconds


def gan_step() -> Callable[[int], float]:
    """Time lesson 04's step with a batch of a size."""
    from utils.from_lessons import make_batches

    x_train = load_flat_images()

    def seconds(rows):
        model, batches = build_gan(GAN_STEPS), make_batches(x_train, rows)

        def fit():
            model.fit(batches, steps_per_epoch=GAN_STEPS, shuffle=False, verbose=0)

        fit()  # compiles
        return float(np.median([seconds_of(fit) for _ in range(3)])) / GAN_STEPS

    return seconds


def measures() -> Callable[[int], float]:
    """Time lesson 05's measures of a number of samples.

    As many fake as real; both are real digits here, which changes no time.
    """
    from utils.from_lessons import build_cnn
    from utils.measures import features_and_probs, measure

    images, classifier = load_images()[0][..., None], build_cnn()

    def compare(n):
        features, _ = features_and_probs(classifier, images[-n:])
        measure(images[:n], features, classifier)

    compare(100)  # compiles
    return lambda n: seconds_of(lambda: compare(n))


CURVES = {
    "images": Curve(
        "Dense, one epoch",
        "training images",
        [1_000, 10_000, 60_000],
        partial(dense_epoch, "images"),
        "1 is linear. Below it with few images: each epoch has a fixed cost.",
    ),
    "batch": Curve(
        "Dense, epoch of 10,000",
        "batch size",
        [16, 32, 64, 128, 256, 512],
        partial(dense_epoch, "batch_size"),
        "-1 while the call and Adam cost more than the images do, then towards 0: what "
        "a larger batch saves is work done once per step.",
    ),
    "width": Curve(
        "Dense, epoch of 10,000",
        "neurons in the hidden layer",
        [32, 64, 128, 256, 512, 1024],
        partial(dense_epoch, "hidden"),
        "0 while a step's fixed cost leads, then towards 1: weights grow with the "
        "width, and so does all work on them.",
    ),
    "gan": Curve(
        "GAN step",
        "batch size",
        [32, 128, 512],
        gan_step,
        "Near 0 with small batches, where Adam's two million numbers and the reading "
        "of the weights lead; towards 1 with large ones.",
    ),
    "samples": Curve(
        "measures of lesson 05",
        "samples",
        [2_000, 10_000, 50_000],
        measures,
        "1 for the features and the digit FID, 0 for precision and recall (of 3,000 "
        "at most); KID compares all pairs, so it tends to 2. Memory stays linear: "
        "pairs are summed a block of rows at a time.",
        memory=True,
    ),
}


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope on logarithmic axes: 1 is linear, 2 quadratic, 0 no growth.

    Least squares over all points.

    Example:
        >>> round(slope([1, 10, 100], [2, 20, 200]), 6)
        1.0
    """
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])
