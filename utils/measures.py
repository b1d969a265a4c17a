"""Measure generated digits: how near a set of them comes to the real ones.

The features are those of the course's own CNN. The Fréchet distance in them is called
*digit FID*: it is no FID, whose features come from the Inception network, and the two
cannot be compared. State classifier and sample count with it, since every measure
here but the kernel distance depends on the count. Lesson 07 writes the formulas out;
here they take sets of any size and check what they are given.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats
from sklearn.metrics import pairwise
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize
from sklearn.utils import check_array, gen_batches

from utils import SIDE

FEATURES, CLASSES = 128, 10  # outputs of the CNN's layers "features" and "logits"
SHAPES = [(SIDE, SIDE), (SIDE, SIDE, 1)]  # of one image
BATCH_SIZE = 500  # images through the network at a time: about 50 MB
CHUNK = 1000  # rows of a kernel matrix at a time: 80 MB for 10,000 columns
SUBSAMPLE = 3000  # images of each set in `measure`'s precision and recall


def to_unit_range(images) -> np.ndarray:
    """Bring a generator's output into [0, 1], as plots and measures take images.

    Args:
        images: floats (n, 784), (n, 28, 28) or (n, 28, 28, 1) in [-1, 1], as tanh gives
            them; an array or a tensor.

    Returns:
        A new float32 array (n, 28, 28) in [0, 1].

    Raises:
        ValueError: another shape, no images, whole numbers, or values beyond [-1, 1].

    Example:
        >>> images = to_unit_range(np.full((2, 784), -1.0))
        >>> images.shape, images.dtype, float(images.max())
        ((2, 28, 28), dtype('float32'), 0.0)
    """
    images = _checked_images(images, low=-1, shapes=[(784,), *SHAPES])
    return np.clip((images.astype(np.float32) + 1) / 2, 0, 1)


def features_and_probs(classifier, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the classifier's features and its probabilities of each image.

    Args:
        classifier: from `load_classifier`, or a model with its layers.
        images: floats (n, 28, 28) or (n, 28, 28, 1) in [0, 1].

    Returns:
        features: float32 (n, 128), 0 or above.
        probs: float32 (n, 10) in [0, 1]; each row adds up to 1.

    Raises:
        ValueError: a classifier without these layers, or images of another shape, kind
            or range.

    Example:
        >>> from utils.from_lessons import build_cnn
        >>> features, probs = features_and_probs(build_cnn(), np.zeros((3, 28, 28)))
        >>> features.shape, probs.shape
        ((3, 128), (3, 10))
    """
    import keras

    require_layers(classifier)
    images = _checked_images(images)[..., None].astype(np.float32, copy=False)
    outputs = [classifier.get_layer(name).output for name in ("features", "logits")]
    both = keras.Model(classifier.inputs[0], outputs)
    parts = []
    for rows in gen_batches(len(images), BATCH_SIZE):
        features, logits = both(images[rows], training=False)
        parts.append((np.array(features), np.array(keras.ops.softmax(logits))))
    features, probs = zip(*parts, strict=True)
    return np.concatenate(features), np.concatenate(probs)


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Return the squared Fréchet distance of two normal distributions fitted to sets.

    |mean_a - mean_b|² + trace(C_a + C_b - 2 (C_a C_b)^½), by Dowson and Landau (1982);
    for generated images by Heusel and others (2017), https://arxiv.org/abs/1706.08500.
    The trace of the root is the sum of the singular values of C_a^½ C_b^½, which needs
    no root of an unsymmetric matrix and bears features that are always 0.

    It is biased: of few samples it comes out too high, and not equally for two
    generators (Chong and Forsyth 2020, https://arxiv.org/abs/1911.07023), so compare
    only distances of the same sample count.

    Args:
        features_a: floats (n, d), n of 2 or more.
        features_b: floats (m, d), m of 2 or more.

    Returns:
        The distance, 0 or above, in squared units of the features; float64 inside.

    Raises:
        ValueError: other shapes, or values that are not finite.

    Example:
        >>> a = np.random.default_rng(0).normal(size=(500, 4))
        >>> round(frechet_distance(a, a + 3), 6)  # four means, each 3 further: 4 · 3²
        36.0
    """
    a, b = _two_sets(features_a, features_b, least=2)
    means = ((a.mean(axis=0) - b.mean(axis=0)) ** 2).sum()
    cov_a, cov_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    roots = np.linalg.svd(_root(cov_a).T @ _root(cov_b), compute_uv=False)
    distance = means + np.trace(cov_a) + np.trace(cov_b) - 2 * roots.sum()
    return max(0.0, float(distance))


def kernel_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Return the kernel distance, the unbiased squared maximum mean discrepancy.

    With the kernel (x·y / d + 1)³ of Bińkowski and others (2018),
    https://arxiv.org/abs/1801.01401; over all pairs, where they average over subsets.

    Args:
        features_a: floats (n, d), n of 2 or more.
        features_b: floats (m, d), m of 2 or more.

    Returns:
        The distance. It is about 0 for two sets from one distribution, whatever their
        size, and so may be a little below 0.

    Raises:
        ValueError: other shapes, or values that are not finite.

    Example:
        >>> a, b = np.random.default_rng(0).normal(size=(2, 500, 4))
        >>> bool(abs(kernel_distance(a, b)) < 0.05 < kernel_distance(a, b + 1))
        True
    """
    a, b = _two_sets(features_a, features_b, least=2)
    within = 0.0
    for x in (a, b):
        itself = ((x**2).mean(axis=1) + 1) ** 3  # a point with itself does not count
        within += (_kernel_sum(x, x) - itself.sum()) / (len(x) * (len(x) - 1))
    return float(within - 2 * _kernel_sum(a, b) / (len(a) * len(b)))


def manifold_precision_recall(
    real: np.ndarray, fake: np.ndarray, k: int = 3
) -> tuple[float, float]:
    """Return the precision and the recall of a set of fakes.

    Each point claims a ball that reaches to its k-th nearest neighbour in its own set;
    the balls of a set together are the region it covers: Kynkäänniemi and others
    (2019), https://arxiv.org/abs/1904.06991. Both depend on the sample count and on k.

    Args:
        real: features, floats (n, d), n above k.
        fake: features, floats (m, d), m above k.
        k: which neighbour, 1 or more.

    Returns:
        precision: share of the fakes in the region of the real ones, in [0, 1].
        recall: share of the real ones in the region of the fakes, in [0, 1].

    Raises:
        ValueError: other shapes, values that are not finite, or a k out of range.

    Example:
        >>> real = np.arange(10.0)[:, None]
        >>> manifold_precision_recall(real, real[:5])  # half is never made
        (1.0, 0.8)
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise ValueError(f"k is {k!r}; a whole number of 1 or more is allowed")
    real, fake = _two_sets(real, fake, least=int(k) + 1)
    return _fraction_covered(fake, real, k), _fraction_covered(real, fake, k)


def class_fractions(probs: np.ndarray) -> np.ndarray:
    """Return the fraction of images that the classifier answers with each class.

    Args:
        probs: floats (n, classes), one row an image, as from `features_and_probs`.

    Returns:
        float64 (classes,) in [0, 1], adding up to 1.

    Raises:
        ValueError: another shape, or rows that are no probabilities.

    Example:
        >>> print(class_fractions(np.eye(3)[[0, 0, 2, 2]]))
        [0.5 0.  0.5]
    """
    probs = np.asarray(probs)
    if probs.ndim != 2 or not probs.size:
        raise ValueError(f"probs of shape {probs.shape}; (n, classes) is allowed")
    if not (np.all(probs >= 0) and np.allclose(probs.sum(axis=1), 1, atol=1e-3)):
        raise ValueError("probs: each row must be 0 or above and add up to 1")
    return np.bincount(probs.argmax(axis=1), minlength=probs.shape[1]) / len(probs)


def effective_classes(fractions: np.ndarray) -> float:
    """Return how many equally frequent classes would be as diverse: exp of the entropy.

    Args:
        fractions: floats (classes,), 0 or above, adding up to 1.

    Returns:
        From 1.0, one class only, to the number of classes, all equally frequent. It
        is the perplexity of the fractions.

    Raises:
        ValueError: other numbers.

    Example:
        >>> round(effective_classes(np.array([0.5, 0.5, 0, 0])), 6)
        2.0
    """
    fractions = np.asarray(fractions, dtype=float)
    positive = fractions.ndim == 1 and np.all(fractions >= 0)
    if not positive or abs(fractions.sum() - 1) > 1e-3:
        raise ValueError(
            f"fractions {fractions}; one row of numbers of 0 or above, adding up to 1, "
            "is allowed"
        )
    return float(np.exp(stats.entropy(fractions)))


def nearest_neighbors(
    images: np.ndarray, pool: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find for each image the one in a pool that differs least, pixel by pixel.

    Args:
        images: floats (n, 28, 28) or (n, 28, 28, 1) in [0, 1].
        pool: floats (m, 28, 28) or (m, 28, 28, 1) in [0, 1].

    Returns:
        index: int64 (n,), places in the pool.
        distance: float64 (n,), the root of the summed squared differences, 0 to 28.

    Where two are equally near but for rounding (float32), it is one of the two.

    Raises:
        ValueError: images of another shape, kind or range.

    Example:
        >>> pool = np.stack([np.zeros((28, 28)), np.ones((28, 28))])
        >>> index, distance = nearest_neighbors(np.full((1, 28, 28), 0.75), pool)
        >>> int(index[0]), float(distance[0])
        (1, 7.0)
    """
    images = _checked_images(images).reshape(len(images), -1)
    pool = _checked_images(pool).reshape(len(pool), -1)
    index = pairwise.pairwise_distances_argmin(images, pool)
    # the distance once more, by differences: the search rounds
    squares = (images.astype(np.float64) - pool[index]) ** 2
    return index, np.sqrt(squares.sum(axis=1))


def measure(
    fake_images: np.ndarray, real_images: np.ndarray, classifier
) -> dict[str, float]:
    """Measure a set of generated digits against a set of real ones.

    Args:
        fake_images: floats (n, 28, 28) or (n, 28, 28, 1) in [0, 1].
        real_images: the same of m real digits, or their features (m, 128) from
            `features_and_probs`, which saves time when many sets are measured.
        classifier: from `load_classifier`.

    Returns:
        "digit FID": `frechet_distance` of the features, biased by the sample count;
        "kernel distance": `kernel_distance`, unbiased;
        "precision", "recall": k = 3, of the features of the first 3,000 of each set
        (SUBSAMPLE), scaled to length 1. Unscaled, faint images pass for real: their
        features are small, and the widest balls of real digits reach to the origin;
        "effective classes": 1 to 10, of the classifier's answers;
        "rarest class": the smallest share of a class, at best about 0.1;
        "samples": n, of all but precision and recall. Say it, and which classifier,
            beside every figure.

    Raises:
        ValueError: images of another shape, kind or range; fewer than 4 of a kind.

    Example:
        >>> from utils.from_lessons import build_cnn
        >>> noise = np.random.default_rng(0).random((60, 28, 28))
        >>> found = measure(noise, noise, build_cnn())
        >>> round(found["digit FID"], 6), found["precision"], found["samples"]
        (0.0, 1.0, 60)
    """
    fake, probs = features_and_probs(classifier, fake_images)
    real = np.asarray(real_images)
    if real.ndim != 2:
        real, _ = features_and_probs(classifier, real)
    fractions = class_fractions(probs)
    precision, recall = manifold_precision_recall(
        normalize(real[:SUBSAMPLE]), normalize(fake[:SUBSAMPLE])
    )
    return {
        "digit FID": frechet_distance(real, fake),
        "kernel distance": kernel_distance(real, fake),
        "precision": precision,
        "recall": recall,
        "effective classes": effective_classes(fractions),
        "rarest class": float(fractions.min()),
        "samples": len(fake),
    }


def spread_table(
    results: Mapping[str, Sequence[Mapping[str, float]]], keys: Sequence[str]
) -> str:
    """Return a table of means, with the lowest and the highest value in brackets.

    Args:
        results: by the name of a set, one dictionary of `measure` per draw.
        keys: which of its values to show, one column each.

    Returns:
        The lines of the table, the names in the first column.

    Example:
        >>> draws = [{"recall": 0.75}, {"recall": 0.5}]
        >>> print(spread_table({"real": draws}, ["recall"]))
                                  recall
        real            0.62 (0.50-0.75)
    """
    lines = [" " * 14 + "".join(f"{key:>18}" for key in keys)]
    for name, draws in results.items():
        cells = ""
        for key in keys:
            found = [draw[key] for draw in draws]
            digits = 2 if np.mean(found) < 5 else 1 if np.mean(found) < 20 else 0
            low, mean, high = (
                f"{value:.{digits}f}"
                for value in (min(found), np.mean(found), max(found))
            )
            cells += f"{mean} ({low}-{high})".rjust(18)
        lines.append(f"{name:14}{cells}")
    return "\n".join(lines)


def require_layers(classifier) -> None:
    """Raise a ValueError unless the classifier has the layers of lesson 04's CNN."""
    for name, size in (("features", FEATURES), ("logits", CLASSES)):
        try:
            shape = tuple(classifier.get_layer(name).output.shape)
        except (AttributeError, ValueError):  # no model, no such layer, not built
            shape = "none"
        if shape != (None, size):
            raise ValueError(
                f"a classifier with a layer {name!r} of shape (None, {size}) is "
                f"needed, as lesson 04 builds it; found: {shape}"
            )
    if tuple(classifier.input_shape) != (None, 28, 28, 1):
        raise ValueError(
            f"a classifier of (None, 28, 28, 1) is needed, not {classifier.input_shape}"
        )


def _checked_images(images, low: float = 0, shapes: Sequence = SHAPES) -> np.ndarray:
    """Images as floats (n, 28, 28) in [low, 1], or a ValueError."""
    images = np.asarray(images)
    if images.shape[1:] not in shapes or not len(images):
        allowed = " or ".join(str(("n", *shape)) for shape in shapes)
        raise ValueError(f"images of shape {images.shape}; {allowed} is allowed")
    if images.dtype.kind != "f":
        raise ValueError(f"images of {images.dtype}; floats are allowed")
    least, most = float(images.min()), float(images.max())
    if not (least >= low - 1e-3 and most <= 1 + 1e-3):  # also where NaN
        raise ValueError(
            f"images from {least:.4g} to {most:.4g}; [{low}, 1] is allowed"
        )
    return images.reshape(-1, SIDE, SIDE)


def _two_sets(a, b, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 (n, d), n of `least` or more, or scikit-learn's ValueError."""
    return pairwise.check_pairwise_arrays(
        *(check_array(x, dtype=np.float64, ensure_min_samples=least) for x in (a, b))
    )


def _root(covariance: np.ndarray) -> np.ndarray:
    """A matrix R with R Rᵀ = covariance; tiny negative eigenvalues are rounding."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.clip(values, 0, None))


def _kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
    """Sum over all pairs of (a·b / d + 1)³, a block of rows at a time."""
    return sum(
        pairwise.polynomial_kernel(a[rows], b, degree=3).sum()
        for rows in gen_batches(len(a), CHUNK)
    )


def _fraction_covered(points: np.ndarray, region: np.ndarray, k: int) -> float:
    """The fraction of the points that lie in a ball of the region."""
    distances, _ = NearestNeighbors(n_neighbors=k).fit(region).kneighbors()
    radii = distances[:, -1]  # to the k-th neighbour of each, itself not counted
    covered = pairwise.pairwise_distances_chunked(
        points, region, reduce_func=lambda d, start: (d <= radii + 1e-9).any(axis=1)
    )
    return float(np.concatenate(list(covered)).mean())
