"""Points in the plane for a first generator: eight places on a ring."""

from collections.abc import Mapping

import numpy as np

RADIUS, SPREAD = 2.0, 0.05
ANGLES = np.arange(8) * 2 * np.pi / 8
CENTERS = RADIUS * np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
NEAR = 5 * SPREAD  # how far from a centre a point still counts as its own
SHARE = 0.02  # of the points: 1,000 spread over the whole square give a place less


def draw_ring(count: int, rng: np.random.Generator) -> np.ndarray:
    """Draw points around eight places on a ring, each place equally often.

    Args:
        count: number of points, 0 or more.
        rng: NumPy's random generator.

    Returns:
        float32 (count, 2): x and y; the places lie 2 from the origin, and the points
        of each scatter around it with a spread of 0.05.

    Example:
        >>> points = draw_ring(500, np.random.default_rng(0))
        >>> points.shape, points.dtype, count_places(points)
        ((500, 2), dtype('float32'), 8)
    """
    chosen = CENTERS[rng.integers(len(CENTERS), size=count)]
    return rng.normal(chosen, SPREAD).astype("float32")


def count_places(points: np.ndarray) -> int:
    """Count the places of the ring that have at least 2 % of the points near them.

    Args:
        points: floats (n, 2), n of 1 or more.

    Returns:
        0 to 8. A point is near a place within 0.25, five times the ring's spread.

    Example:
        >>> count_places(np.array([[2.0, 0.1], [0.0, 2.0], [0.0, 0.0]]))
        2
    """
    distance = np.linalg.norm(np.asarray(points)[:, None] - CENTERS, axis=2)  # (n, 8)
    share = (distance < NEAR).mean(axis=0)
    return int((share >= SHARE).sum())


def summarize_game(
    points: np.ndarray, curves: Mapping[int, Mapping[str, float]]
) -> str:
    """Summarise a GAN's training on the ring in one line.

    Args:
        points: floats (n, 2), generated at the end.
        curves: by the number of steps, "fake_accuracy" and "g_gradient".

    Returns:
        Places found, spread of the points, and two medians over the steps: how often
        the discriminator recognised fakes, and the length of the generator's gradient.

    Example:
        >>> values = {"fake_accuracy": 0.5, "g_gradient": 2.0}
        >>> summarize_game(CENTERS, {0: values}).split()
        ['8', '1.41', '50%', '2.00']
    """
    found, spread = count_places(points), np.std(points, axis=0).mean()
    right = np.median([float(values["fake_accuracy"]) for values in curves.values()])
    gradient = np.median([float(values["g_gradient"]) for values in curves.values()])
    return f"{found:6}{spread:8.2f}{right:18.0%}{gradient:10.2f}"
