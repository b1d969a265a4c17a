"""Write drawn digits down as tokens, and tokens as pictures.

Points at even distances along the pen's path become cells of a grid, and each cell is a
token. So are the digit itself, which comes first, a lifted pen, and the end.
"""

import numpy as np
from PIL import Image, ImageDraw

from utils import SIDE
from utils.digits.drawing import _count, _deform, _ink, _write

GRID = 16  # cells along a side
GAP = 0.14  # from point to point, in sizes of the digit
END, PEN_UP, FIRST_DIGIT, FIRST_CELL = 0, 1, 2, 12  # ten digits, then the cells
VOCABULARY = FIRST_CELL + GRID**2  # tokens there are
LENGTH = 32  # of a sequence; 1 in 800 is longer, and loses its end
FINE = 2  # places of the pen per cell, when it is inked
RADIUS, BLUR = 1.3, 0.9  # of the pen and of its edge, in pixels: as MNIST's median


def draw_tokens(n: int, seed: int = 0) -> np.ndarray:
    """Draw n digits as sequences of tokens: 0, 1, ... 9, 0, and so on.

    Args:
        n: how many, 0 or more.
        seed: which ones, 0 or more.

    Returns:
        int32 (n, LENGTH): the digit's token, cells with PEN_UP between strokes, then
        END as often as there is room.

    Raises:
        TypeError: n or seed is not an integer.
        ValueError: n or seed is negative.

    Example:
        >>> tokens = draw_tokens(10, seed=1)
        >>> tokens.shape, (tokens[:, 0] - FIRST_DIGIT).tolist()
        ((10, 32), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    n, seed = _count("n", n), _count("seed", seed)
    labels, rng = np.arange(n) % 10, np.random.default_rng(seed)
    tokens = np.full((n, LENGTH), END, "int32")
    if n:
        paths, is_down = _write(labels, rng)
        paths = _deform(paths, rng)
    for i in range(n):
        lifts = np.flatnonzero(is_down[i] == 0) + 1
        row = [FIRST_DIGIT + labels[i], *_cells(paths[i], lifts)][: LENGTH - 1]
        tokens[i, : len(row)] = row
    return tokens


def to_strokes(tokens: np.ndarray) -> list[np.ndarray]:
    """Return the strokes that a sequence of tokens describes.

    Args:
        tokens: whole numbers (length,). What follows END is left out, and so are tokens
            that cannot be drawn where they stand.

    Returns:
        For each stroke its points, floats (points, 2): column and row of cells.

    Example:
        >>> row = [FIRST_DIGIT, FIRST_CELL, FIRST_CELL + GRID + 2, PEN_UP, END, 99]
        >>> [stroke.tolist() for stroke in to_strokes(np.array(row))]
        [[[0.0, 0.0], [2.0, 1.0]]]
    """
    strokes = [[]]
    for token in tokens:
        if token == END:
            break
        if token == PEN_UP:
            strokes.append([])
        elif token >= FIRST_CELL:
            row, column = divmod(int(token) - FIRST_CELL, GRID)
            strokes[-1].append((column, row))
    return [np.array(stroke, float) for stroke in strokes if stroke]


def to_images(sequences: np.ndarray) -> np.ndarray:
    """Ink sequences as MNIST's digits are: with one pen, scaled, centred by mass.

    Args:
        sequences: whole numbers (n, length).

    Returns:
        float32 (n, 28, 28) in [0, 1], white on black; black where no line was drawn.

    Example:
        >>> to_images(draw_tokens(20)).shape
        (20, 28, 28)
    """
    images = np.zeros((len(sequences), SIDE, SIDE), "float32")
    drawn = [to_strokes(tokens) for tokens in sequences]
    rows = [i for i, strokes in enumerate(drawn) if _is_line(strokes)]
    if not rows:
        return images
    followed = [_follow(drawn[row]) for row in rows]
    count = max(len(path) for path, _ in followed)
    paths = np.zeros((len(rows), count, 2), "float32")
    is_down = np.zeros((len(rows), count - 1), "float32")
    for i, (path, down) in enumerate(followed):
        paths[i, : len(path)] = path
        paths[i, len(path) :] = path[-1]  # the pen rests where it is, lifted
        is_down[i, : len(down)] = down
    radius = np.full(paths.shape[:2], RADIUS, "float32")
    blur = np.full((len(rows), 1), BLUR, "float32")
    images[rows] = _ink(paths, is_down, radius, blur) / np.float32(255)
    return images


def to_sketches(sequences: np.ndarray, side: int = 56) -> np.ndarray:
    """Sketch sequences on the whole grid, so that a film of them does not jump.

    Args:
        sequences: whole numbers (n, length).
        side: of a sketch, in pixels.

    Returns:
        float32 (n, side, side) in [0, 1], white on black.

    Example:
        >>> sketches = to_sketches(draw_tokens(2))
        >>> sketches.shape, float(sketches.max())
        ((2, 56, 56), 1.0)
    """
    cell = side / GRID
    sketches = np.zeros((len(sequences), side, side), "float32")
    for sketch, tokens in zip(sketches, sequences, strict=True):
        picture = Image.new("L", (side, side))
        draw = ImageDraw.Draw(picture)
        for stroke in to_strokes(tokens):
            points = [tuple(point) for point in (stroke + 0.5) * cell]
            draw.line(points, fill=255, width=round(0.8 * cell), joint="curve")
            for x, y in (points[0], points[-1]):  # round ends
                draw.circle((x, y), 0.4 * cell, fill=255)
        sketch[:] = np.asarray(picture) / 255
    return sketches


def _cells(path, lifts) -> list[int]:
    """Turn a path (position, xy) into tokens; the pen is lifted before `lifts`."""
    size = np.ptp(path, axis=0)
    path = (path - path.min(axis=0) - size / 2) / size.max() + 0.5  # in [0, 1]
    tokens = []
    for stroke in np.split(path, lifts):
        way = np.append(0, np.hypot(*np.diff(stroke, axis=0).T).cumsum())
        count = max(2, round(way[-1] / GAP) + 1)
        even = np.linspace(0, way[-1], count)
        points = np.stack([np.interp(even, way, along) for along in stroke.T], axis=1)
        column, row = np.clip(points * GRID, 0, GRID - 1).astype(int).T
        tokens += [PEN_UP, *(FIRST_CELL + GRID * row + column)]
    return tokens[1:]


def _is_line(strokes) -> bool:
    """Tell whether any stroke goes from one cell to another."""
    return any(np.ptp(stroke, axis=0).any() for stroke in strokes)


def _follow(strokes) -> tuple[np.ndarray, np.ndarray]:
    """Return a fine path along the strokes, and 1 where the pen goes on, else 0."""
    parts, is_down = [], []
    for stroke in strokes:
        way = np.append(0, np.hypot(*np.diff(stroke, axis=0).T).cumsum())
        fine = np.linspace(0, way[-1], round(FINE * way[-1]) + 1)
        parts.append(np.stack([np.interp(fine, way, axis) for axis in stroke.T], 1))
        is_down += [1] * (len(fine) - 1) + [0]
    return np.concatenate(parts), np.array(is_down[:-1])
