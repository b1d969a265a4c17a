"""Draw the pictures that ship in data/: the sample photos, and the data card's digits.

The photos are made from the strokes of `utils.digits.drawing`, with a line as smooth as
a pen's, and with the light and paper of `utils.handwriting.simulated_photos`.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from utils import DATA, SIDE
from utils.digits.drawing import draw_digits
from utils.digits.pen_styles import load_styles
from utils.handwriting.simulated_photos import paper_texture, uneven_light

PHOTOS = DATA / "photos"
ROWS = 8  # of digits in the data card's picture
SCALE = 3  # pixels there for one of a digit's

# What is on each sample photo. The unit of `size` and `at` is the photo's height.
SAMPLES = {
    "3_pencil": {"digits": "3", "pen": "pencil"},
    "7_pencil_shadow": {"digits": "7", "pen": "pencil", "shadow": True},
    "5_ballpoint_squared": {"digits": "5", "pen": "ballpoint", "lines": "squared"},
    "2_ballpoint_ruled": {"digits": "2", "pen": "ballpoint", "lines": "ruled"},
    "8_marker": {"digits": "8", "pen": "marker"},
    "4_chalk": {"digits": "4", "pen": "chalk"},
    "9_chalk_shadow": {"digits": "9", "pen": "chalk", "shadow": True},
    "6_tilted": {"digits": "6", "pen": "ballpoint", "turn": 14},
    "0_small": {"digits": "0", "pen": "pencil", "size": 0.11, "at": (0.95, 0.3)},
    "1_table": {"digits": "1", "pen": "marker", "table": True},
    "two_digits": {"digits": "42", "pen": "ballpoint"},
    "empty": {"digits": "", "pen": "pencil", "shadow": True},
}
PENS = {  # width, color, how much of the paper's grain shows through
    "pencil": (0.028, (92, 92, 98), 0.6),
    "ballpoint": (0.03, (34, 50, 140), 0.1),
    "marker": (0.11, (28, 28, 32), 0.0),
    "chalk": (0.06, (232, 232, 222), 0.85),
}
SIZE = (640, 480)


def draw_sample(
    digits: str,
    pen: str,
    *,
    seed: int,
    lines: str = "",
    shadow: bool = False,
    turn: float = 0,
    size: float = 0.5,
    at: tuple[float, float] = (0.6, 0.52),
    table: bool = False,
) -> Image.Image:
    """Draw a photo of handwriting with a smooth line, at a photo's resolution.

    Args:
        digits: what is written: no digit, one, or two.
        pen: one of PENS.
        seed: of all that is left to chance.
        lines: "", "ruled" or "squared" paper.
        shadow: whether one falls on the paper.
        turn: of the camera, in degrees.
        size: of a digit; the photo's height is 1.
        at: the middle of the first digit, (x, y), in the same unit.
        table: whether a dark table shows beyond the paper.

    Returns:
        An RGB picture of 640 x 480 pixels.

    Example:
        >>> draw_sample("3", "pencil", seed=1).size
        (640, 480)
    """
    rng = np.random.default_rng(seed)
    width, color, grain = PENS[pen]
    shape = SIZE[::-1]
    ground = (38, 58, 50) if pen == "chalk" else (243, 240, 232)
    picture = np.ones((*shape, 3), np.float32) * np.float32(ground)
    for distance in _line_distances(lines, shape, turn):
        line = 0.55 * np.clip(1.4 - distance, 0, 1)[..., None]
        picture += line * (np.float32([150, 170, 205]) - picture)
    distance = np.full(shape, 1e3, np.float32)
    for place, digit in enumerate(digits):
        x = (at[0] + 0.95 * size * (place - (len(digits) - 1) / 2)) * shape[0]
        path = _write(int(digit), rng, size * shape[0], (x, at[1] * shape[0]), turn)
        distance = np.minimum(distance, _distance(path, shape))
    radius = width * max(size, 0.25) * shape[0] / 2
    ink = np.clip(radius + 0.5 - distance, 0, 1) * _texture(shape, rng, grain)
    picture += ink[..., None] * (np.float32(color) - picture)
    if table:
        y, x = np.mgrid[: shape[0], : shape[1]]
        beyond = np.clip(x * 1.0 - 0.06 * y - 0.86 * shape[1], 0, 1)[..., None]
        picture += beyond * (np.float32([92, 64, 44]) - picture)
    picture *= (paper_texture(shape, rng, 0.8) * uneven_light(shape, rng, shadow))[
        ..., None
    ]
    picture = ndimage.gaussian_filter(picture, (0.7, 0.7, 0))
    picture += 3 * rng.standard_normal((*shape, 1), np.float32)
    return Image.fromarray(np.rint(np.clip(picture, 0, 255)).astype(np.uint8))


def _write(digit, rng, size, middle, turn):
    """Write one digit: a list of its strokes, each (step, xy) in pixels."""
    styles = load_styles()
    style = rng.integers(styles.first[digit], styles.first[digit + 1])
    curve = 0.7 * styles.smooth[style] + 0.3 * styles.sharp[style]
    is_used = curve.any(axis=0)[:, None]
    shaky = (
        styles.points[style] + 0.06 * rng.uniform(-1, 1, (len(is_used), 2)) * is_used
    )
    path = curve @ shaky * [0.8, 1]
    angle = np.radians(turn)
    path = path @ [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    low, high = path.min(axis=0), path.max(axis=0)
    path = (path - (low + high) / 2) * size / max(high - low) + middle
    return np.split(path, np.flatnonzero(styles.is_down[style] == 0) + 1)


def _distance(strokes, shape):
    """Measure how far each pixel is from the strokes: float32 (h, w), in pixels."""
    image = Image.new("1", [4 * side for side in shape[::-1]], 1)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        draw.line([tuple(4 * point) for point in stroke], fill=0, width=1)
    distance = ndimage.distance_transform_edt(np.asarray(image)) / 4
    small = Image.fromarray(distance.astype(np.float32))
    return np.asarray(small.resize(shape[::-1], Image.Resampling.BOX))


def _texture(shape, rng, grain):
    """What share of the ink sticks to the paper: float32 (h, w) in [0, 1]."""
    fibres = ndimage.gaussian_filter(rng.standard_normal(shape, np.float32), 0.9)
    return np.clip(1 - grain * (0.35 + fibres / fibres.std() * 0.35), 0, 1)


def _line_distances(lines, shape, turn):
    """Measure how far each pixel is from the nearest line of either direction."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    angle = np.radians(turn + 1.5)
    across = (
        np.cos(angle) * y - np.sin(angle) * x,
        np.cos(angle) * x + np.sin(angle) * y,
    )
    step = 34 if lines == "squared" else 60
    for place in across[: {"": 0, "ruled": 1, "squared": 2}[lines]]:
        yield np.abs((place % step) - step / 2)


def draw_card() -> Image.Image:
    """Draw the picture of the data card: eight digits of each class, white on black.

    Example:
        >>> draw_card().size
        (840, 672)
    """
    images, labels = draw_digits(10 * ROWS)
    grid = images[np.argsort(labels, kind="stable")].reshape(10, ROWS, SIDE, SIDE)
    picture = grid.transpose(1, 2, 0, 3).reshape(ROWS * SIDE, 10 * SIDE)
    return Image.fromarray(picture.repeat(SCALE, axis=0).repeat(SCALE, axis=1))


def main(arguments: Sequence[str] = ()) -> int:
    """Draw all pictures that ship with the course; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m utils sample_photos", description=__doc__.partition("\n")[0]
    )
    parser.parse_args(arguments)
    PHOTOS.mkdir(parents=True, exist_ok=True)
    for seed, (name, sample) in enumerate(SAMPLES.items()):
        draw_sample(**sample, seed=seed).save(PHOTOS / f"{name}.jpg", quality=75)
    draw_card().save(DATA / "drawn_digits.png", optimize=True)
    print(f"{DATA} holds {len(SAMPLES)} photos and the data card's picture.")
    return 0
