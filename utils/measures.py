"""Measure generated digits: how near a set of them comes to the real ones.

What scikit-learn, SciPy and Keras offer is taken from them. Here is the rest: distances
between two sets of features, and the classifier that gives those features. It is the
course's own CNN, trained apart from every generator. The Fréchet distance in its
features is called *digit FID*: it is no FID, whose features come from the Inception
network, and the two cannot be compared. State classifier and sample count with it.

Both distances and both shares depend on the number of samples. The Fréchet distance is
biased: of few samples it comes out too high, and not equally for two generators
(Chong and Forsyth 2020, https://arxiv.org/abs/1911.07023), so compare only figures of
the same count, and beside them the distance of real digits to other real digits. The
kernel distance is unbiased. Precision and recall change with the count and with k.
"""

from collections.abc import Iterator

import numpy as np

from utils.digits import Digits
from utils.saved_models import model_path

FEATURES, CLASSES = 128, 10
BATCH = 500  # pictures through the network at a time: about 50 MB
CHUNK = 1000  # rows of a distance matrix at a time: 80 MB for 10,000 columns
SUBSAMPLE = 3000  # pictures of each set in `measure`'s precision and recall
SHORT_IMAGES, SHORT_BATCH = 15_000, 64  # training where nothing was saved: one epoch
HELD_BACK = 5_000  # the last training images, which the lessons validate with
SHORT_RATE = 0.002  # of Adam


def load_classifier(digits: Digits):
    """Return the CNN that lesson 03 saved for these digits, first built in notebook 03.

    Where nothing was saved, the same network learns on the spot: one epoch of 15,000
    images, the last 5,000 left out, from a fixed start. A printed line says so. It is
    not saved, so that it never takes the place of a good one; figures by the one and
    by the other cannot be compared. No random state outside is touched.

    Args:
        digits: from `load_digits()`.

    Returns:
        A keras.Model: float32 (n, 28, 28, 1) in [0, 1] to logits (n, 10); its layer
        "features" gives (n, 128), and the one called "logits" the logits.

    Raises:
        ValueError: the file holds another network.
    """
    import keras

    path = model_path("cnn", digits.name)
    if path.exists():
        classifier = keras.models.load_model(path)
        try:
            _require_layers(classifier)
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}; run lesson 03 again") from None
        return classifier
    print(f"No {path.name} of lesson 03 here: training it briefly, one epoch.")
    classifier = _network(seed=0)
    classifier.compile(
        optimizer=keras.optimizers.Adam(SHORT_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    count = len(digits.x_train) - HELD_BACK
    chosen = np.random.default_rng(0).permutation(count)[:SHORT_IMAGES]
    classifier.fit(
        digits.x_train[chosen, ..., None].astype("float32") / 255,
        digits.y_train[chosen],
        batch_size=SHORT_BATCH,
        shuffle=False,  # they come shuffled, without Keras's random state
        verbose=0,
    )
    return classifier


def to_unit_range(images) -> np.ndarray:
    """Turn a generator's output into pictures as `show_digits` and `features_and_probs` take them.

    Args:
        images: floats (n, 784), (n, 28, 28) or (n, 28, 28, 1) in [-1, 1], as tanh gives
            them; an array or a tensor.

    Returns:
        A new float32 array (n, 28, 28) in [0, 1].

    Raises:
        ValueError: another shape, no images, whole numbers, or values beyond [-1, 1].

    Example:
        >>> pictures = to_unit_range(np.full((2, 784), -1.0))
        >>> pictures.shape, pictures.dtype, float(pictures.max())
        ((2, 28, 28), dtype('float32'), 0.0)
    """
    images = np.asarray(images)
    if images.shape[1:] not in [(784,), (28, 28), (28, 28, 1)] or not len(images):
        raise ValueError(
            f"images of shape {images.shape}; (n, 784), (n, 28, 28) or "
            "(n, 28, 28, 1) with n of 1 or more is allowed"
        )
    _require_floats(images, -1, 1)
    pictures = (images.reshape(-1, 28, 28).astype(np.float32) + 1) / 2
    return np.clip(pictures, 0, 1)


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
        >>> features, probs = features_and_probs(_network(seed=0), np.zeros((3, 28, 28)))
        >>> features.shape, probs.shape
        ((3, 128), (3, 10))
    """
    import keras

    _require_layers(classifier)
    images = _pictures(images)[..., None].astype(np.float32, copy=False)
    outputs = [classifier.get_layer(name).output for name in ("features", "logits")]
    both = keras.Model(classifier.inputs[0], outputs)
    features = np.empty((len(images), FEATURES), np.float32)
    probs = np.empty((len(images), CLASSES), np.float32)
    for rows in _chunks(len(images), BATCH):
        some, logits = both(images[rows], training=False)
        features[rows] = keras.ops.convert_to_numpy(some)
        probs[rows] = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    return features, probs


def frechet_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Return the squared Fréchet distance of two normal distributions fitted to sets.

    |mean_a - mean_b|² + trace(C_a + C_b - 2 (C_a C_b)^½), by Dowson and Landau (1982);
    for generated images by Heusel and others (2017), https://arxiv.org/abs/1706.08500.
    The trace of the root is the sum of the singular values of C_a^½ C_b^½, which needs
    no root of an unsymmetric matrix and bears features that are always 0.

    It is biased: two sets from one distribution have a distance above 0, the more so
    the fewer they are. Compare only figures of the same sample count.

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
    within = []
    for x in (a, b):
        own = ((x**2).mean(axis=1) + 1) ** 3  # each with itself: does not count
        within.append((_kernel_sum(x, x) - own.sum()) / (len(x) * (len(x) - 1)))
    return float(sum(within) - 2 * _kernel_sum(a, b) / (len(a) * len(b)))


def precision_recall(
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
        >>> precision_recall(real, real[:5])  # half of what is real is never made
        (1.0, 0.8)
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 1:
        raise ValueError(f"k is {k!r}; a whole number of 1 or more is allowed")
    real, fake = _two_sets(real, fake, least=int(k) + 1)
    return _share_covered(fake, real, k), _share_covered(real, fake, k)


def class_shares(probs: np.ndarray) -> np.ndarray:
    """Return the share of images that the classifier answers with each class.

    Args:
        probs: floats (n, classes), one row an image, as from `features_and_probs`.

    Returns:
        float64 (classes,) in [0, 1], adding up to 1.

    Raises:
        ValueError: another shape, or rows that are no probabilities.

    Example:
        >>> print(class_shares(np.eye(3)[[0, 0, 2, 2]]))
        [0.5 0.  0.5]
    """
    probs = np.asarray(probs)
    if probs.ndim != 2 or not probs.size:
        raise ValueError(f"probs of shape {probs.shape}; (n, classes) is allowed")
    if not (np.all(probs >= 0) and np.allclose(probs.sum(axis=1), 1, atol=1e-3)):
        raise ValueError("probs: each row must be 0 or above and add up to 1")
    return np.bincount(probs.argmax(axis=1), minlength=probs.shape[1]) / len(probs)


def effective_classes(shares: np.ndarray) -> float:
    """Return how many equally frequent classes would be as diverse: exp of the entropy.

    Args:
        shares: floats (classes,), 0 or above, adding up to 1.

    Returns:
        From 1.0, one class only, to the number of classes, all equally frequent. (It
        is the perplexity of the shares; ecologists call it the Hill number of order 1.)

    Raises:
        ValueError: shares that are none.

    Example:
        >>> round(effective_classes(np.array([0.5, 0.5, 0, 0])), 6)
        2.0
    """
    shares = np.asarray(shares, dtype=float)
    if shares.ndim != 1 or not np.all(shares >= 0) or abs(shares.sum() - 1) > 1e-3:
        raise ValueError(
            f"shares {shares}; one row of numbers of 0 or above, adding up to 1, "
            "is allowed"
        )
    some = shares[shares > 0]
    return float(np.exp(-(some * np.log(some)).sum()))


def nearest(images: np.ndarray, pool: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
        >>> index, distance = nearest(np.full((1, 28, 28), 0.75), pool)
        >>> int(index[0]), float(distance[0])
        (1, 7.0)
    """
    images = _pictures(images).reshape(-1, 784).astype(np.float32, copy=False)
    pool = _pictures(pool).reshape(-1, 784).astype(np.float32, copy=False)
    index = np.zeros(len(images), np.int64)
    best = np.full(len(images), np.inf)
    for rows in _chunks(len(images), CHUNK):
        for part in _chunks(len(pool), CHUNK):
            squares = _squares(images[rows], pool[part])
            here = squares.argmin(axis=1)
            lowest = squares[np.arange(len(here)), here]
            better = lowest < best[rows]
            index[rows] = np.where(better, here + part.start, index[rows])
            best[rows] = np.where(better, lowest, best[rows])
    # once more, without the shortcut of `_squares`, which rounds
    squares = (images.astype(np.float64) - pool[index]) ** 2
    return index, np.sqrt(squares.sum(axis=1))


def measure(
    fake_pictures: np.ndarray, real_pictures: np.ndarray, classifier
) -> dict[str, float]:
    """Measure a set of generated digits against a set of real ones.

    Args:
        fake_pictures: floats (n, 28, 28) or (n, 28, 28, 1) in [0, 1].
        real_pictures: the same of m real digits, or their features (m, 128) from
            `features_and_probs`, which saves time when many sets are measured.
        classifier: from `load_classifier`.

    Returns:
        "digit FID": `frechet_distance` of the features, biased by the sample count;
        "kernel distance": `kernel_distance`, unbiased;
        "precision", "recall": k = 3, of the features of the first 3,000 of each set
        (SUBSAMPLE), scaled to length 1. Unscaled, faint pictures pass for real: their
        features are small, and the widest balls of real digits reach to the origin;
        "effective classes": 1 to 10, of the classifier's answers;
        "rarest class": the smallest share of a class, at best about 0.1;
        "samples": n, of all but precision and recall. Say it, and which classifier,
            beside every figure.

    Raises:
        ValueError: images of another shape, kind or range; fewer than 4 of a kind.

    Example:
        >>> noise = np.random.default_rng(0).random((60, 28, 28))
        >>> found = measure(noise, noise, _network(seed=0))
        >>> round(found["digit FID"], 6), found["precision"], found["samples"]
        (0.0, 1.0, 60)
    """
    fake, probs = features_and_probs(classifier, fake_pictures)
    real = np.asarray(real_pictures)
    if real.ndim != 2:
        real, _ = features_and_probs(classifier, real)
    shares = class_shares(probs)
    precision, recall = precision_recall(
        *(_unit_length(features[:SUBSAMPLE]) for features in (real, fake))
    )
    return {
        "digit FID": frechet_distance(real, fake),
        "kernel distance": kernel_distance(real, fake),
        "precision": precision,
        "recall": recall,
        "effective classes": effective_classes(shares),
        "rarest class": float(shares.min()),
        "samples": len(fake),
    }


def _network(seed: int):
    """The CNN of lesson 03, untrained: 225,034 parameters, float32."""
    import keras
    from keras import layers

    def start(place):  # each layer its own, and none from Keras's random state
        return keras.initializers.GlorotUniform(seed=seed * 10 + place)

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, activation="relu", kernel_initializer=start(0)),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu", kernel_initializer=start(1)),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(
                FEATURES,
                activation="relu",
                kernel_initializer=start(2),
                name="features",
            ),
            layers.Dense(CLASSES, kernel_initializer=start(3), name="logits"),
        ]
    )


def _require_layers(classifier) -> None:
    for name, size in (("features", FEATURES), ("logits", CLASSES)):
        try:
            shape = tuple(classifier.get_layer(name).output.shape)
        except (AttributeError, ValueError):  # no model, no such layer, not built
            shape = "none"
        if shape != (None, size):
            raise ValueError(
                f"a classifier with a layer {name!r} of shape (None, {size}) is "
                f"needed, as lesson 03 builds it; found: {shape}"
            )
    if tuple(classifier.input_shape) != (None, 28, 28, 1):
        raise ValueError(
            f"a classifier of (None, 28, 28, 1) is needed, not {classifier.input_shape}"
        )


def _pictures(images) -> np.ndarray:
    """Images as (n, 28, 28), floats in [0, 1], or a ValueError."""
    images = np.asarray(images)
    if images.shape[1:] not in [(28, 28), (28, 28, 1)] or not len(images):
        raise ValueError(
            f"images of shape {images.shape}; (n, 28, 28) or (n, 28, 28, 1) with n of "
            "1 or more is allowed"
        )
    _require_floats(images, 0, 1)
    return images.reshape(-1, 28, 28)


def _require_floats(images: np.ndarray, low: float, high: float) -> None:
    if images.dtype.kind != "f":
        raise ValueError(
            f"images of {images.dtype}; floats in [{low}, {high}] are allowed"
        )
    found = float(images.min()), float(images.max())
    if not (found[0] >= low - 1e-3 and found[1] <= high + 1e-3):  # also where NaN
        raise ValueError(
            f"images from {found[0]:.4g} to {found[1]:.4g}; [{low}, {high}] is allowed"
        )


def _two_sets(a, b, least: int) -> tuple[np.ndarray, np.ndarray]:
    sets = []
    for features in (a, b):
        features = np.asarray(features)
        shape = features.shape
        if features.ndim != 2 or shape[0] < least or not shape[1]:
            raise ValueError(
                f"features of shape {shape}; (n, d) with n of {least} or more is "
                "allowed"
            )
        features = features.astype(np.float64)
        if not np.isfinite(features).all():
            raise ValueError("features hold values that are not finite")
        sets.append(features)
    if sets[0].shape[1] != sets[1].shape[1]:
        raise ValueError(
            f"{sets[0].shape[1]} features and {sets[1].shape[1]}; two sets with the "
            "same number are allowed"
        )
    return sets[0], sets[1]


def _unit_length(features: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.maximum(lengths, 1e-9)


def _root(covariance: np.ndarray) -> np.ndarray:
    """A matrix R with R Rᵀ = covariance; tiny negative eigenvalues are rounding."""
    values, vectors = np.linalg.eigh(covariance)
    return vectors * np.sqrt(np.clip(values, 0, None))


def _chunks(count: int, size: int) -> Iterator[slice]:
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def _kernel_sum(a: np.ndarray, b: np.ndarray) -> float:
    total = 0.0
    for rows in _chunks(len(a), CHUNK):
        kernel = a[rows] / a.shape[1] @ b.T + 1
        total += float(np.einsum("ij,ij,ij->", kernel, kernel, kernel))
    return total


def _squares(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared distances (n, m): |a|² - 2 a·b + |b|², far faster than differences."""
    squares = (a**2).sum(axis=1)[:, None] - 2 * a @ b.T + (b**2).sum(axis=1)
    return np.maximum(squares, 0, out=squares)


def _share_covered(points: np.ndarray, region: np.ndarray, k: int) -> float:
    """Share of the points that lie in a ball of the region."""
    radii = np.empty(len(region))
    for rows in _chunks(len(region), CHUNK):
        squares = _squares(region[rows], region)
        own = np.arange(rows.start, rows.stop)
        squares[own - rows.start, own] = np.inf  # nobody is its own neighbour
        radii[rows] = np.partition(squares, k - 1, axis=1)[:, k - 1]
    covered = [
        (_squares(points[rows], region) <= radii + 1e-9).any(axis=1)
        for rows in _chunks(len(points), CHUNK)
    ]
    return float(np.concatenate(covered).mean())
