"""How cost grows: each curve times one thing at several sizes, in one process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np

from utils.commands.bench.classifiers import (
    compile_classifier,
    epoch_seconds,
    load_images,
)
from utils.commands.bench.gans import build_gan, prepare_fit
from utils.commands.bench.machine import peak_mb, seconds_of, start_tensorflow

GAN_STEPS = 20  # of each measurement


@dataclass(frozen=True)
class Curve:
    """How the cost of one thing grows."""

    title: str  # the thing
    axis: str  # what it grows with
    sizes: Sequence[int]
    prepare: Callable[[], Callable[[int], float]]  # gives a function: size to seconds
    expected: str  # the slope a reader should expect, and why
    memory: bool = False  # whether to show it too

    def run(self) -> dict:
        """Return "sizes" and lists of "seconds" and of "memory" (MB) on top."""
        start_tensorflow()
        timed, before = self.prepare(), peak_mb()
        figures = {"sizes": self.sizes, "seconds": [], "memory": []}
        for size in self.sizes:
            figures["seconds"].append(timed(size))
            figures["memory"].append(peak_mb() - before)
        return figures


def dense_epoch(varied: str) -> Callable[[int], float]:
    """Time an epoch of lesson 02's network, with more "images", "hidden" neurons or so.

    The first of four epochs is not counted.
    """
    from utils.from_lessons import build_dense

    x, y, *_ = load_images()

    def seconds(size):
        usual = {"images": 10_000, "batch_size": 32, "hidden": 128}
        settings = usual | {varied: size}
        n, batch_size = settings["images"], settings["batch_size"]
        model = build_dense(settings["hidden"])
        compile_classifier(model)
        options = dict(epochs=4, batch_size=batch_size)
        return median(epoch_seconds(model, x[:n], y[:n], **options)[1:])

    return seconds


def gan_step() -> Callable[[int], float]:
    """Time lesson 05's step with a batch of a size."""

    def seconds(batch_size):
        fit = prepare_fit(build_gan(GAN_STEPS), batch_size)
        fit(GAN_STEPS)  # compiles
        return median(seconds_of(lambda: fit(GAN_STEPS)) for _ in range(3)) / GAN_STEPS

    return seconds


def measures() -> Callable[[int], float]:
    """Time lesson 06's measures of a number of samples.

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
        "measures of lesson 06",
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
