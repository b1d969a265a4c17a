"""The machine a benchmark ran on, and the least time its arithmetic can take."""

import os
import platform
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ["tensorflow", "keras", "numpy", "torch"]


def describe() -> dict:
    """Return what one must know of a machine to compare figures.

    Returns:
        cpu, cores, ram_gb, os, python, one entry a package (its version, or None where
        it is not installed), and date (UTC). The device is named by who computes on it.

    Example:
        >>> describe()["cores"] >= 1
        True
    """
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "ram_gb": _ram(),
        "os": platform.platform(terse=True),
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor() or platform.machine()


def _ram() -> float | None:
    try:
        pages = os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def peak_mb() -> float | None:
    """Return the most memory this process has held, in MB; None where unknown."""
    status = Path("/proc/self/status")  # getrusage would count the parent's on Linux
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+)", status.read_text())):
        return int(found[1]) / 1e3
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if platform.system() == "Darwin" else 1e3)


@dataclass(frozen=True)
class Product:
    """A matrix product of a Dense layer of `inputs` by `outputs`, on `rows` images.

    A layer y = x W needs up to three, each of the same number of multiply-adds: "out",
    x W; for the slopes g of the loss by y, those by the weights, "weights", xᵀ g; and
    those by its inputs, "inputs", g Wᵀ. Goodfellow, Bengio and Courville, Deep Learning
    (2016), section 6.5.6, https://www.deeplearningbook.org/contents/mlp.html.

    Example:
        >>> Product(128, 784, 512, "out").multiply_adds == 128 * 784 * 512
        True
    """

    rows: int
    inputs: int
    outputs: int
    gives: str

    @property
    def multiply_adds(self) -> int:
        """The multiplications, each with its addition, however it is computed."""
        return self.rows * self.inputs * self.outputs


def multiply_adds(products: Iterable[Product]) -> int:
    """Return the multiply-adds of all these products together."""
    return sum(product.multiply_adds for product in products)


def forward(layers: Sequence[tuple[int, int]], rows: int) -> list[Product]:
    """Return the products of a forward pass through Dense layers (inputs, outputs).

    Example:
        >>> multiply_adds(forward([(3, 2), (2, 1)], rows=10))
        80
    """
    return [Product(rows, *layer, "out") for layer in layers]


def backward(
    layers: Sequence[tuple[int, int]],
    rows: int,
    weights: bool = True,
    pictures: bool = False,
) -> list[Product]:
    """Return the products of a backward pass, only those that are needed.

    Args:
        layers: (inputs, outputs) of each, first to last.
        rows: images in the batch.
        weights: whether the slopes of the weights are wanted.
        pictures: whether those of the first layer's inputs are, as where a generator
            is behind them.

    Example:
        >>> multiply_adds(backward([(3, 2), (2, 1)], rows=10))  # 60 + 20, and 20
        100
    """
    found = [Product(rows, *layer, "weights") for layer in layers] if weights else []
    through = layers if pictures else layers[1:]
    return found + [Product(rows, *layer, "inputs") for layer in through]


def gan_step(maker: Sequence, judge: Sequence, rows: int, penalty: int = 0) -> list:
    """Return the products of lesson 04's step; everything else in it counts as nothing.

    Args:
        maker: the generator's layers, (inputs, outputs) of each.
        judge: the discriminator's.
        rows: real images in the batch, and as many fakes.
        penalty: images of the gradient penalty. Its slope by the pixels is a pass
            forward and one back to the pixels; and the slopes of that by the weights
            go through each product of the pass back once more, as any product in two
            directions. (Leaky ReLU is straight on both sides: nothing else comes
            of it.)

    Returns:
        Products: the fakes, forward; the discriminator's step, on real and on fake;
        the generator's, through the discriminator, whose weights it leaves alone.
    """
    learns = forward(judge, rows) + backward(judge, rows)
    passes_on = forward(judge, rows) + backward(judge, rows, False, pictures=True)
    step = forward(maker, rows) + 2 * learns + passes_on + backward(maker, rows)
    if penalty:
        slopes = backward(judge, penalty, weights=False, pictures=True)
        again = [Product(p.rows, p.inputs, p.outputs, "weights") for p in slopes]
        step += forward(judge, penalty) + slopes + again
        step += forward(judge[:-1], penalty)  # g Wᵀ by g; the last g is a constant
    return step


def dense_layers(model) -> list[tuple[int, int]]:
    """Return (inputs, outputs) of each Dense layer of a Keras model, in order."""
    kernels = [w for w in model.trainable_variables if w.name == "kernel"]
    return [tuple(kernel.shape) for kernel in kernels]


def seconds_for(products: Sequence[Product], least: float = 0.3) -> float:
    """Time these products and nothing else, one after the other, in a compiled loop.

    Args:
        products: each is computed in its own shape, with random numbers.
        least: seconds to measure for, at least.

    Returns:
        Seconds for all of them once, the median of five measurements.
    """
    import tensorflow as tf

    jobs = [_job(product) for product in products]

    @tf.function
    def repeat(times):
        total = tf.constant(0.0)  # of one number each: TensorFlow leaves out no product
        for _ in tf.range(times):
            for job in jobs:
                with tf.control_dependencies([total]):  # one after the other
                    total += job()[0, 0]
        return total

    times = tf.constant(1)
    repeat(times).numpy()  # compiled here
    took = _seconds(lambda: repeat(times).numpy())
    times = tf.constant(max(1, round(least / 5 / took)))
    runs = sorted(_seconds(lambda: repeat(times).numpy()) for _ in range(5))
    return runs[2] / int(times)


def _job(product: Product):
    """Return a function that computes it; `identity` keeps it inside the loop."""
    import tensorflow as tf

    x = tf.random.normal((product.rows, product.inputs))
    w = tf.random.normal((product.inputs, product.outputs))
    g = tf.random.normal((product.rows, product.outputs))
    return {
        "out": lambda: tf.matmul(tf.identity(x), w),
        "weights": lambda: tf.matmul(tf.identity(x), g, transpose_a=True),
        "inputs": lambda: tf.matmul(tf.identity(g), w, transpose_b=True),
    }[product.gives]


def _seconds(job) -> float:
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def bound(products: Sequence[Product]) -> tuple[float, float]:
    """Return two bounds of a step, in seconds: by one product's rate, and by each's.

    Returns:
        The multiply-adds of all products over the rate of the largest one; and the
        time of all, each in its own shape. The second is longer, as small products and
        those with a transposed matrix run below the rate of a large plain one.
    """
    largest = max(products, key=lambda p: (p.multiply_adds, p.gives == "out"))
    rate = largest.multiply_adds / seconds_for([largest])
    return multiply_adds(products) / rate, seconds_for(products)
