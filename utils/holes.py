"""Cut holes into pictures, fill them without a network, and score what fills them."""

from collections.abc import Mapping

import numpy as np
from sklearn.utils import gen_batches

from utils import SIDE
from utils.measures import features_and_probs

MIDDLE = (4, 24)  # where digits lie: rows and columns 4 to 23
CHUNK = 100  # pictures at a time, so that all distances to 55,000 others fit
ROUNDS = 200  # of `fill_smoothly`: enough for a hole 12 pixels wide
DARK, BRIGHT = 0.2, 0.8  # what lies between is grey; few pixels of real digits do


def cut_holes(images, height: int = 12, width: int = 12):
    """Cut a rectangular hole into each picture, at a random place.

    It works on arrays and inside `Dataset.map`; `tf.random.set_seed` makes it repeat.

    Args:
        images: float32 (n, 28, 28, 1) in [0, 1], an array or a tensor.
        height: of the hole, in pixels: 1 to 28. Up to 20 it lies within the middle 20
            rows, where digits are; more rows may lie anywhere.
        width: the same for columns.

    Returns:
        damaged: a float32 tensor (n, 28, 28, 2): the pixels, 0 in the hole, and the
            mask, 1 in the hole.
        images: as they came.

    Example:
        >>> damaged, _ = cut_holes(np.ones((2, 28, 28, 1), "float32"))
        >>> damaged.shape.as_list(), float(np.sum(damaged[..., 1]))  # 2 · 12 · 12
        ([2, 28, 28, 2], 288.0)
    """
    import tensorflow as tf

    sides = []
    for size in (height, width):
        low, high = MIDDLE if size <= MIDDLE[1] - MIDDLE[0] else (0, SIDE)
        shape = [tf.shape(images)[0], 1]
        first = tf.random.uniform(shape, low, high - size + 1, tf.int32)
        place = tf.range(SIDE)
        sides.append((place >= first) & (place < first + size))  # (n, 28)
    hole = sides[0][:, :, None, None] & sides[1][:, None, :, None]
    hole = tf.cast(hole, tf.float32)
    return tf.concat([images * (1 - hole), hole], axis=-1), images


def fill_smoothly(known: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """Fill holes smoothly: each pixel is the mean of its four neighbours, repeated.

    Args:
        known: floats (n, 28, 28); what stands in the hole does not count for much.
        hole: bool (n, 28, 28), True where a pixel is missing.

    Returns:
        New pictures; pixels outside of the holes as they were.

    Example:
        >>> known, hole = np.ones((1, 28, 28)), np.zeros((1, 28, 28), bool)
        >>> hole[0, 10:13, 10:13] = True
        >>> filled = fill_smoothly(np.where(hole, 0, known), hole)
        >>> bool(filled.min() > 0.99)
        True
    """
    filled = known
    for _ in range(ROUNDS):
        moves = [(1, 1), (-1, 1), (1, 2), (-1, 2)]  # pixels, axis
        around = sum(np.roll(filled, step, axis) for step, axis in moves)
        filled = np.where(hole, around / 4, filled)
    return filled


def nearest_by_known(
    known: np.ndarray, hole: np.ndarray, pool: np.ndarray, count: int = 1
) -> np.ndarray:
    """Fill each hole from the pictures of a pool that agree best outside of it.

    Args:
        known: floats (n, 28, 28), 0 in the holes.
        hole: bool (n, 28, 28), True where a pixel is missing.
        pool: floats (m, 28, 28) or (m, 28, 28, 1), whole pictures.
        count: how many fillings of each picture, the best first.

    Returns:
        The filled pictures, (n, count, 28, 28).

    Example:
        >>> pool = np.stack([np.zeros((28, 28)), np.ones((28, 28))])
        >>> hole = np.arange(28)[None, :, None] < np.full((1, 28, 28), 5)
        >>> float(nearest_by_known(np.where(hole, 0, pool[1:]), hole, pool).min())
        1.0
    """
    pool = pool.reshape(len(pool), -1)
    squares = (pool**2).T
    best = []
    for rows in gen_batches(len(known), CHUNK):
        seen = (~hole[rows]).reshape(-1, SIDE * SIDE).astype(pool.dtype)
        pixels = known[rows].reshape(-1, SIDE * SIDE)
        # |a - b|² = a² - 2ab + b² over the known pixels; a² is the same for all
        distances = seen @ squares - 2 * pixels @ pool.T
        best.append(np.argpartition(distances, range(count), axis=1)[:, :count])
    found = pool[np.concatenate(best)].reshape(-1, count, SIDE, SIDE)
    return np.where(hole[:, None], found, known[:, None])


def hole_scores(
    filled: np.ndarray, whole: np.ndarray, hole: np.ndarray
) -> dict[str, float]:
    """Compare filled pictures with the whole ones, in the holes only.

    Args:
        filled: floats (n, 28, 28) in [0, 1].
        whole: the truth, the same shape.
        hole: bool (n, 28, 28), True where a pixel was missing.

    Returns:
        "PSNR": in dB, by the mean squared error over all holes; infinite without error.
        "SSIM": the mean over all holes of the structural similarity (scikit-image,
            windows of 7 x 7, which look over the border of a hole).
        "grey": the fraction of the holes' pixels between 0.2 and 0.8.

    Raises:
        ValueError: another shape, or no hole.

    Example:
        >>> whole, hole = np.zeros((1, 28, 28)), np.ones((1, 28, 28), bool)
        >>> scores = hole_scores(whole + 0.1, whole, hole)
        >>> round(scores["PSNR"], 6), scores["grey"]
        (20.0, 0.0)
    """
    from skimage.metrics import structural_similarity

    if not filled.shape == whole.shape == hole.shape or not hole.any():
        raise ValueError(
            f"pictures of shapes {filled.shape}, {whole.shape} and {hole.shape} with "
            f"{hole.sum()} missing pixels; equal shapes and 1 or more are allowed"
        )
    with np.errstate(divide="ignore"):
        psnr = -10 * np.log10(np.mean((filled[hole] - whole[hole]) ** 2))
    maps = [
        structural_similarity(one, true, data_range=1.0, full=True)[1]
        for one, true in zip(filled, whole, strict=True)
    ]
    grey = (filled[hole] > DARK) & (filled[hole] < BRIGHT)
    scores = {"PSNR": psnr, "SSIM": np.stack(maps)[hole].mean(), "grey": grey.mean()}
    return {name: float(value) for name, value in scores.items()}


def compare_repairs(
    repairs: Mapping[str, np.ndarray],
    whole: np.ndarray,
    hole: np.ndarray,
    labels: np.ndarray,
    classifier,
) -> dict[str, dict[str, float]]:
    """Print a table of repairs, the whole pictures last, and return what stands in it.

    Args:
        repairs: by name, filled pictures: floats (n, 28, 28) in [0, 1].
        whole: the truth, the same shape.
        hole: bool (n, 28, 28), True where a pixel was missing.
        labels: the true classes (n,).
        classifier: from `load_classifier`.

    Returns:
        By name, and for "whole", what `hole_scores` gives, and "right": of the digits
        that the classifier reads right when they are whole, the fraction that it reads
        right as filled.

    Example:
        >>> from utils.from_lessons import build_cnn
        >>> whole, hole = np.zeros((9, 28, 28)), np.ones((9, 28, 28), bool)
        >>> copy, labels = {"copied": whole}, np.arange(9)
        >>> found = compare_repairs(copy, whole, hole, labels, build_cnn())
        repair        PSNR (dB)   SSIM   grey   right
        copied              inf   1.00     0%  100.0%
        whole               inf   1.00     0%  100.0%
    """

    def read(images):
        return features_and_probs(classifier, images)[1].argmax(axis=1)

    readable = read(whole) == labels
    scores = {}
    print("repair        PSNR (dB)   SSIM   grey   right")
    for name, filled in {**repairs, "whole": whole}.items():
        found = scores[name] = hole_scores(filled, whole, hole)
        found["right"] = float((read(filled) == labels)[readable].mean())
        print(
            f"{name:12}{found['PSNR']:11.1f}{found['SSIM']:7.2f}"
            f"{found['grey']:7.0%}{found['right']:8.1%}"
        )
    return scores
