"""Photos of what is no digit, letters and scribbles, to try a reader on."""

from collections.abc import Sequence

import numpy as np

from utils.handwriting.pad import strokes_to_picture
from utils.handwriting.preparation import prepare
from utils.handwriting.simulated_photos import simulate_photo

POINTS = 6  # of a scribble: one stroke through this many random places


def photograph_with_others(
    images: np.ndarray, letters: Sequence[str], rng: np.random.Generator
) -> np.ndarray:
    """Photograph digits and as many others, and prepare all photos in the same way.

    Args:
        images: digits, floats (n, 28, 28) in [0, 1], bright on black.
        letters: signs to print, in turn for half of the others; the rest are scribbles.
        rng: draws the scribbles and all that is left to chance in a photo.

    Returns:
        float32 (2 n, 28, 28) in [0, 1]: the digits, the letters, the scribbles.

    Example:
        >>> digits = np.zeros((2, 28, 28))
        >>> digits[:, 4:24, 13:15] = 1
        >>> photograph_with_others(digits, "AE", np.random.default_rng(0)).shape
        (4, 28, 28)
    """
    from utils.from_lessons import printed

    signs = [prepare(printed(letter)).image for letter in letters]
    printed_ones = [signs[i % len(signs)] for i in range(len(images) // 2)]
    scribbles = [
        prepare(strokes_to_picture([rng.random((POINTS, 2))])).image
        for _ in range(len(images) - len(printed_ones))
    ]
    everything = [*images, *printed_ones, *scribbles]
    return np.stack([prepare(simulate_photo(x, rng)).image for x in everything])
