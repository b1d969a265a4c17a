"""Simulate photos of digits: paper or a board, uneven light, a camera's noise."""

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.transform import AffineTransform

from utils import SIDE


def simulate_photo(
    digit: np.ndarray,
    rng: np.random.Generator,
    *,
    side: int | None = None,
    slant: float = 15,
    board: bool | None = None,
    square: bool = False,
    fill: tuple[float, float] = (0.35, 0.85),
) -> np.ndarray:
    """Make a picture of a digit as a camera might take it.

    Size and place of the digit, paper, ink, shadow, blur and noise are left to chance.

    Args:
        digit: (28, 28), bright on black: uint8, or floats in [0, 1].
        rng: draws all that is left to chance.
        side: of the picture, the longer one, in pixels; drawn from 200 to 800 if None.
        slant: the digit leans or turns by up to this many degrees.
        board: whether it is chalk on a board, not ink on paper; drawn if None.
        square: as high as wide; the shorter side is drawn if not.
        fill: how much of the shorter side the digit's 28 pixels take, from and to.

    Returns:
        uint8, (h, w), in [0, 255].

    Raises:
        ValueError: another shape.

    Example:
        >>> digit = np.zeros((28, 28))
        >>> digit[4:24, 13:15] = 1
        >>> picture = simulate_photo(digit, np.random.default_rng(0), side=300)
        >>> picture.dtype, max(picture.shape)
        (dtype('uint8'), 300)
    """
    digit = np.asarray(digit)
    if digit.shape != (SIDE, SIDE):
        raise ValueError(f"a digit of shape {digit.shape}; ({SIDE}, {SIDE}) is allowed")
    digit = digit / np.float32(255 if digit.dtype == np.uint8 else 1)
    side = rng.integers(200, 801) if side is None else side
    board = rng.random() < 0.5 if board is None else board
    shorter = 1 if square else rng.uniform(0.7, 1)
    shape = tuple(int(n) for n in np.rint(side * rng.permuted([1, shorter])))
    ink = _enlarge(digit, shape, rng, slant, fill)
    dark, bright = rng.uniform(0.05, 0.35), rng.uniform(0.7, 1)
    paper, tone = (dark, bright) if board else (bright, dark)
    picture = paper + (tone - paper) * ink
    picture *= paper_texture(shape, rng) * uneven_light(shape, rng)
    picture = ndimage.gaussian_filter(picture, rng.uniform(0, side / 400), truncate=2)
    picture += rng.uniform(0.005, 0.04) * rng.standard_normal(shape, np.float32)
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _enlarge(digit, shape, rng, slant, fill):
    """Enlarge, lean or turn a digit and put it anywhere: float32 (h, w) in [0, 1]."""
    size = min(shape) * rng.uniform(*fill)
    turn, lean = np.radians(slant) * rng.uniform(-1, 1) * rng.permuted([0, 1])
    room = np.array(shape) - size
    row, column = (np.array(shape) + rng.uniform(-1, 1, 2) * room) / 2
    # What Pillow asks for: where in the digit each pixel of the picture comes from.
    back = (
        AffineTransform(translation=(-column, -row))
        + AffineTransform(scale=SIDE / size, rotation=-turn, shear=-lean)
        + AffineTransform(translation=(SIDE / 2, SIDE / 2))
    ).params
    image = Image.fromarray(digit).transform(
        shape[::-1], Image.Transform.AFFINE, back[:2].ravel(), Image.Resampling.BICUBIC
    )
    return np.clip(np.asarray(image), 0, 1)


def paper_texture(
    shape: tuple[int, int], rng: np.random.Generator, roughness: float = 1.0
) -> np.ndarray:
    """Return the clouds and fibres of paper, a factor of its brightness.

    Args:
        shape: (h, w) in pixels.
        rng: draws them.
        roughness: how strong they are; 1 is usual.

    Returns:
        float32, (h, w), around 1.
    """
    paper = np.ones(shape, np.float32)
    for cells, strength in ((6, 0.03), (40, 0.02), (150, 0.02)):
        clouds = rng.standard_normal((cells, cells), np.float32)
        clouds = Image.fromarray(roughness * rng.uniform(0, strength) * clouds)
        paper += np.asarray(clouds.resize(shape[::-1], Image.Resampling.BILINEAR))
    return paper


def uneven_light(
    shape: tuple[int, int], rng: np.random.Generator, shadow: bool | None = None
) -> np.ndarray:
    """Return a lamp's light from one side, with darker corners and perhaps a shadow.

    Args:
        shape: (h, w) in pixels.
        rng: draws where it comes from, how strong it is, how soft the shadow's edge.
        shadow: whether there is one; drawn if None.

    Returns:
        float32, (h, w), in [0, 1], a factor of the brightness.
    """
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    y, x = y[:, None], x[None]
    lamp, edge = rng.uniform(0, 2 * np.pi, 2).astype(np.float32)
    light = 1 - rng.uniform(0, 0.15) * (1 + np.cos(lamp) * x + np.sin(lamp) * y)
    light *= 1 - rng.uniform(0, 0.15) * (x**2 + y**2)
    if rng.random() < 0.5 if shadow is None else shadow:
        away = np.cos(edge) * x + np.sin(edge) * y - rng.uniform(-0.7, 0.7)
        soft = rng.uniform(0.005, 0.15)
        light *= 1 - rng.uniform(0.2, 0.5) * np.clip(away / soft + 0.5, 0, 1)
    return np.clip(light, 0, 1)
