"""Read the pen strokes of `pen_styles.txt`, which `utils.digits.drawing` follows."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_suffix(".txt")
PEN_POSITIONS = 96  # along a path


@dataclass(frozen=True)
class Styles:
    """Every style, repeated by its weight; those of digit d are first[d]:first[d + 1].

    Attributes:
        first: int, (11,).
        points: float32, (style, point, xy), in [-1, 1], padded with zeros.
        sharp: float32, (style, position, point): `sharp @ points` is the path that
            turns sharply at its corners.
        smooth: float32, (style, position, point): the same with every corner rounded.
        is_end: float32, (style, point, 1): 1 where a stroke starts or ends.
        is_down: float32, (style, position - 1): 0 where the pen is lifted.
    """

    first: np.ndarray
    points: np.ndarray
    sharp: np.ndarray
    smooth: np.ndarray
    is_end: np.ndarray
    is_down: np.ndarray


@functools.cache
def load_styles(file: Path = FILE) -> Styles:
    """Read the styles; the head of the file says how they are written.

    Args:
        file: a text file of styles.

    Returns:
        The styles, ready to be followed.

    Raises:
        ValueError: a line is not a style, or a digit has none; the message says which.

    Example:
        >>> styles = load_styles()
        >>> styles.sharp.shape[1] == PEN_POSITIONS, styles.points.shape[2]
        (True, 2)
    """
    styles = [[] for _ in range(10)]
    for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                digit, weight, strokes = _parse(line)
            except ValueError as error:
                raise ValueError(f"{file.name}, line {number}: {error}") from None
            styles[digit] += weight * [_trace(strokes)]
    if not all(styles):
        raise ValueError(f"{file.name}: no style for digit {styles.index([])}")
    first = np.cumsum([0] + [len(s) for s in styles])
    parts = zip(*sum(styles, []), strict=True)
    return Styles(first, *map(_pad, parts))


def _parse(line):
    """Split a line into digit, weight and strokes, each a list of points as text."""
    digit, weight, points = [*line.split(maxsplit=2), "", ""][:3]  # "" for no more
    if not re.fullmatch("[0-9]", digit):
        raise ValueError(f"the digit must be 0 to 9, not {digit!r}")
    if not re.fullmatch("[1-9][0-9]?", weight):
        raise ValueError(f"the weight must be 1 to 99, not {weight!r}")
    strokes = [stroke.split() for stroke in points.split("|")]
    for point in sum(strokes, []):
        if not re.fullmatch("[0-9]{2}!?", point):
            raise ValueError(f"a point must be like 05 or 05!, not {point!r}")
    for stroke in strokes:
        if len(stroke) < 2:
            raise ValueError(f"a stroke needs 2 points or more, not {len(stroke)}")
        if any(a[:2] == b[:2] for a, b in zip(stroke, stroke[1:], strict=False)):
            raise ValueError(f"a point follows itself in {' '.join(stroke)!r}")
    return int(digit), int(weight), strokes


def _trace(strokes):
    """Turn the strokes of one style into the arrays of `Styles`, `first` apart."""
    grids = [np.array([[int(p[0]), int(p[1])] for p in s]) / 4.5 - 1 for s in strokes]
    lengths = np.array([_arc(points)[-1] for points in grids])
    sizes = np.maximum(8, PEN_POSITIONS * lengths / lengths.sum()).astype(int)
    sizes[0] += PEN_POSITIONS - sizes.sum()
    count = sum(map(len, strokes))
    sharp, smooth = np.zeros((2, PEN_POSITIONS, count))
    is_end, is_down = np.zeros((count, 1)), np.ones(PEN_POSITIONS)
    row = column = 0
    for stroke, points, n in zip(strokes, grids, sizes, strict=True):
        rows, columns = slice(row, row + n), slice(column, column + len(points))
        is_round = np.array(["!" not in point for point in stroke])
        sharp[rows, columns] = _curve(points, is_round, n)
        smooth[rows, columns] = _curve(points, np.ones(len(points)), n)
        row, column = rows.stop, columns.stop
        is_end[[columns.start, column - 1]] = 1
        is_down[row - 1] = 0
    return np.concatenate(grids), sharp, smooth, is_end, is_down[:-1]


def _arc(points):
    """Measure the way from the first point to each."""
    return np.append(0, np.hypot(*np.diff(points, axis=0).T).cumsum())


def _curve(points, is_round, n):
    """Make the matrix (n, point) that turns points into n positions on a smooth curve.

    A cubic Hermite spline whose slope at a round point is that between its neighbours,
    at a corner 0 (https://en.wikipedia.org/wiki/Cubic_Hermite_spline).
    """
    count, arc = len(points), _arc(points)
    one, index = np.eye(count), np.arange(count)
    before, after = np.maximum(index - 1, 0), np.minimum(index + 1, count - 1)
    slope = (one[after] - one[before]) * (is_round / (after - before))[:, None]
    along = np.interp(np.linspace(0, arc[-1], n), arc, index)
    i = np.minimum(along.astype(int), count - 2)
    t = (along - i)[:, None]
    return (
        (2 * t**3 - 3 * t**2 + 1) * one[i]
        + (t**3 - 2 * t**2 + t) * slope[i]
        + (3 * t**2 - 2 * t**3) * one[i + 1]
        + (t**3 - t**2) * slope[i + 1]
    )


def _pad(arrays):
    """Stack arrays of different sizes, with zeros after the end of the smaller ones."""
    shape = np.max([array.shape for array in arrays], axis=0)
    stack = np.zeros((len(arrays), *shape), np.float32)
    for row, array in zip(stack, arrays, strict=True):
        row[tuple(map(slice, array.shape))] = array
    return stack
