"""Draw digits in MNIST's format from pen strokes: no data needed, NumPy only.

A digit is drawn as a hand would do it: choose a style (`pen_styles.txt`), follow its
points with a shaky hand, bend and slant the path, then ink it with a pen of some width.
"""

import operator

import numpy as np

from utils import SIDE
from utils.digits.pen_styles import PEN_POSITIONS, load_styles

BOX = 20  # a digit fits a box of 20 x 20 pixels, centred by its mass
BLOCK = 500  # images drawn at a time: changing it changes the digits

# How much handwriting varies.  The noise is uniform: a normal one has rare far values,
# which turn one digit into another.  Lengths are in units of half a digit.
SHAKE = 0.077  # of the points; more so at the ends of a stroke
BEND = 0.208  # of the plane, quadratic
WAVE = 0.115  # of the plane, two sines
STRETCH = 0.38  # of the width, as a logarithm
SLANT = 0.43  # around 0.2, the lean of right-handed writing
TURN = 0.21  # radians


def draw_digits(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw n digits; the first ones of a seed are the same however many are drawn.

    Every ten digits in a row hold each class once. Another machine may round a few
    pixels to the next grey level.

    Args:
        n: how many, 0 or more.
        seed: which digits, 0 or more.

    Returns:
        images: uint8, (n, 28, 28), in [0, 255], white on black.
        labels: uint8, (n,), in [0, 9].

    Raises:
        TypeError: n or seed is not an integer.
        ValueError: n or seed is negative.

    Example:
        >>> images, labels = draw_digits(30, seed=1)
        >>> images.shape, images.dtype
        ((30, 28, 28), dtype('uint8'))
        >>> sorted(labels[:10].tolist())
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """
    n, seed = _count("n", n), _count("seed", seed)
    images, labels = np.empty((n, SIDE, SIDE), np.uint8), np.empty(n, np.uint8)
    for start in range(0, n, BLOCK):
        # A block is always drawn whole, from a generator of its own: only so do its
        # digits not depend on n. The spawn key keeps all pairs (seed, block) apart.
        key = np.random.SeedSequence(seed, spawn_key=(start // BLOCK,))
        block = slice(start, min(start + BLOCK, n))
        drawn = _draw_block(np.random.default_rng(key))
        images[block], labels[block] = (part[: block.stop - start] for part in drawn)
    return images, labels


def styles_of(digit: int) -> list[int]:
    """Return the numbers of a digit's pen styles, each style once.

    Example:
        >>> len(styles_of(7)) >= 8
        True
    """
    styles = load_styles()
    first, end = styles.first[digit : digit + 2].tolist()
    paths = (styles.sharp @ styles.points)[first:end]  # a weight repeats its style
    new = np.abs(np.diff(paths, axis=0)).max(axis=(1, 2)) > 0
    return [first, *(first + 1 + np.flatnonzero(new)).tolist()]


def draw_styles(chosen, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw a digit in each of the chosen pen styles.

    Args:
        chosen: ints (n,), numbers of styles from `styles_of`.
        seed: which digits, 0 or more.

    Returns:
        images and labels, as `draw_digits` returns them.

    Example:
        >>> images, labels = draw_styles([*styles_of(3)[:2], styles_of(7)[0]])
        >>> images.shape, labels.tolist()
        ((3, 28, 28), [3, 3, 7])
    """
    chosen, rng = np.asarray(chosen), np.random.default_rng(_count("seed", seed))
    path, is_down = _follow(chosen, rng)
    path = _deform(path, rng)
    labels = np.searchsorted(load_styles().first, chosen, side="right") - 1
    images = _ink(path, is_down, *_choose_pens(path, is_down, rng))
    return images, labels.astype(np.uint8)


def _count(name, value):
    """Return value as an int, if it is a whole number from 0."""
    allowed = f"{name} must be an integer from 0"
    if isinstance(value, bool):
        raise TypeError(f"{allowed}, not {value!r}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{allowed}, not {value!r}") from None
    if number < 0:
        raise ValueError(f"{allowed}, not {number}")
    return number


def _draw_block(rng):
    """Draw BLOCK images and their labels."""
    labels = rng.permuted(np.tile(np.arange(10), (BLOCK // 10, 1)), axis=1).ravel()
    path, is_down = _write(labels, rng)
    path = _deform(path, rng)
    return _ink(path, is_down, *_choose_pens(path, is_down, rng)), labels


def _write(labels, rng):
    """Follow a style per label, as `_follow` returns it."""
    first = load_styles().first
    return _follow(rng.integers(first[labels], first[labels + 1]), rng)


def _follow(chosen, rng):
    """Follow chosen styles: path (n, position, xy), is_down (n, position - 1)."""
    styles = load_styles()
    is_end, n = styles.is_end[chosen], len(chosen)
    points = styles.points[chosen]
    # Some hands are steadier than others, and every hand shakes most at the ends.
    shake = rng.gamma(4, 0.25, (n, 1, 1)) * SHAKE * (1 + 1.25 * is_end)
    points = points + shake.astype(np.float32) * _noise(rng, 1, points.shape)
    rounding = rng.beta(0.8, 1.6, (n, 1, 1)).astype(np.float32)
    path = styles.sharp[chosen] @ points * (1 - rounding)
    path += styles.smooth[chosen] @ points * rounding
    return path, styles.is_down[chosen]


def _noise(rng, size, shape):
    return rng.uniform(-size, size, shape).astype(np.float32)


def _deform(path, rng):
    """Bend the plane the path lies in, then stretch, slant and turn it."""
    n = len(path)
    x, y = path[..., :1], path[..., 1:]
    squares = np.concatenate([x * x, x * y, y * y], axis=2)
    path = path + squares @ _noise(rng, BEND, (n, 3, 2))
    for _ in range(2):
        direction, phase = _noise(rng, 2.7, (n, 2, 2)), _noise(rng, np.pi, (n, 1, 2))
        path = path + _noise(rng, WAVE, (n, 1, 2)) * np.sin(path @ direction + phase)
    x, y = path[..., 0], path[..., 1]
    x = x * np.exp(_noise(rng, STRETCH, (n, 1)) - 0.15)
    x = x - y * (0.2 + _noise(rng, SLANT, (n, 1)))
    turn = _noise(rng, TURN, (n, 1))
    cos, sin = np.cos(turn), np.sin(turn)
    return np.stack([cos * x - sin * y, sin * x + cos * y], axis=2)


def _choose_pens(path, is_down, rng):
    """Choose pens: radius (n, position) and blur of the edge (n, 1), in pixels."""
    n, size = len(path), np.ptp(path, axis=1)
    pixel = size.max(axis=1, keepdims=True) / BOX
    length = _segments(path, is_down).sum(axis=1, keepdims=True) / pixel
    area = np.maximum(size / pixel, 7).prod(axis=1, keepdims=True)
    radius = np.clip(np.exp(rng.normal(0.26, 0.28, (n, 1))), 0.7, 2.8)
    radius = np.minimum(radius, area / length / 3)  # a broad pen would fill the loops
    along, start = rng.uniform(2, 9, (n, 1)), rng.uniform(0, 2 * np.pi, (n, 1))
    pressure = np.sin(np.linspace(0, 1, PEN_POSITIONS) * along + start)
    radius = radius * (1 + rng.uniform(0, 0.15, (n, 1)) * pressure)
    return radius.astype(np.float32), _noise(rng, 0.25, (n, 1)) + np.float32(1.05)


def _segments(path, is_down):
    """Measure the path between one position and the next, 0 where the pen is lifted."""
    return np.linalg.norm(np.diff(path, axis=1), axis=2) * is_down


def _ink(path, is_down, radius, blur, box=BOX):
    """Ink the paths in a box and centre them: uint8 (n, 28, 28)."""
    low, size = path.min(axis=1, keepdims=True), np.ptp(path, axis=1)
    margin = radius.max(axis=1, keepdims=True) + (blur - 1) / 2
    scale = (box - 2 * margin) / size.max(axis=1, keepdims=True)
    # The ink starts at the corner of the box, whose pixels are centred at 0 to 19.
    path_in_box = (path - low) * scale[..., None] + margin[..., None] - 0.5
    distance = _distance(path_in_box, _segments(path, is_down) * scale, radius)
    mean = radius.mean(axis=1)[:, None, None]
    pixels = np.clip((mean - distance) / blur[..., None] + 0.5, 0, 1)
    images, fits = _center(np.rint(pixels * 255).astype(np.uint8))
    if not fits.all():  # rare: a lopsided digit, which must be smaller to be centred
        rest = (part[~fits] for part in (path, is_down, radius, blur))
        images[~fits] = _ink(*rest, box=box - 1)
    return images


def _distance(path, segments, radius, width=0.8):
    """Measure how far each pixel is from the path (n, 20, 20), less where it is broad.

    A sum of Gaussians along the path falls off with the distance as a Gaussian does, so
    its logarithm gives the distance back; and as a Gaussian is the product of one in x
    and one in y, the sum over all positions is one matrix product.
    """
    weight = np.zeros_like(radius)
    weight[:, :-1] += segments / 2
    weight[:, 1:] += segments / 2
    weight *= np.exp(radius**2 / (2 * width**2)) / (width * np.sqrt(2 * np.pi))
    pixel = np.arange(BOX, dtype=np.float32)
    x, y = (np.exp((path[..., i, None] - pixel) ** 2 / (-2 * width**2)) for i in (0, 1))
    total = (y * weight[..., None]).transpose(0, 2, 1) @ x
    mean = radius.mean(axis=1)[:, None, None]
    return np.sqrt(np.maximum(mean**2 - 2 * width**2 * np.log(total + 1e-30), 0))


def _center(boxes):
    """Put each box (n, 20, 20) into an image, centre of mass at (14, 14) as in MNIST.

    Returns the images (n, 28, 28) and whether all ink of each is inside (n,).
    """
    images, fits, at = np.zeros((len(boxes), SIDE, SIDE), np.uint8), True, []
    for axis in (2, 1):
        ink = boxes.sum(axis=axis, dtype=float)
        shift = np.rint(SIDE / 2 - ink @ np.arange(BOX) / ink.sum(axis=1))
        place = shift.astype(int)[:, None] + np.arange(BOX)
        fits &= ~((ink > 0) & ((place < 0) | (place >= SIDE))).any(axis=1)
        at.append(place % SIDE)  # where it fits, only empty rows come in again
    rows, columns = at
    image = np.arange(len(boxes))[:, None, None]
    images[image, rows[:, :, None], columns[:, None]] = boxes
    return images, fits
