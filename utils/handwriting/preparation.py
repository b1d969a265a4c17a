"""Prepare a photo or a drawing of a digit as MNIST was: 28 x 28, bright ink, centred.

Seven small steps, from a picture of any size to an image for a model. Lesson 06 teaches
them and measures what each is worth.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.filters import threshold_otsu

from utils.handwriting.image_files import ImageError, read_image

__all__ = ["STEPS", "ImageError", "Prepared", "prepare", "read_image"]

SIDE = 28  # an image is 28 x 28 pixels ...
BOX = 20  # ... and its digit fits a 20 x 20 box, centred by its mass
STEPS = ("polarity", "light", "ink", "crop", "thickness", "fit", "centre")
NO_DIGIT, SEVERAL = "no digit", "more than one digit"

# All lengths below are relative: to the picture's shorter side or to the digit's longer
# one. Those of ink were chosen on MNIST's training digits and on pictures of none.
WINDOW = 0.4  # darkness narrower than this may be ink, wider is shadow
NARROW = 0.08  # the window for a thin pen
FAINT = 0.11  # ink has more contrast with the paper
TINY = 0.04  # of the picture: the least length of a digit
PEN = 0.125  # of the digit: strokes are made this wide where they are thinner


@dataclass(frozen=True, eq=False)
class Prepared:
    """A digit as a model of this course expects it.

    Attributes:
        image: float32, (28, 28), in [0, 1], ink bright; zeros where there is a problem.
        problem: "", "no digit" or "more than one digit".
        steps: the picture after each step, by the step's name: float32, (h, w), in
            [0, 1]. A problem ends them after "ink".
    """

    image: np.ndarray
    problem: str
    steps: dict[str, np.ndarray]


def prepare(picture, skip: Collection[str] = ()) -> Prepared:
    """Find the digit in a picture and bring it into MNIST's form.

    Args:
        picture: what `read_image` takes, or what it returned.
        skip: names of STEPS to leave out, to see what they are good for. Without
            "polarity" the ink is taken to be dark; without "light" the paper to be
            white; without "ink" nothing is cleared and no problem found; without "fit"
            the crop is squeezed into 28 x 28; without "centre" its middle is centred.

    Returns:
        The image, the problem if there is one, and the picture after each step.

    Raises:
        ImageError: it cannot be read as a picture.
        ValueError: `skip` names what is no step.

    Example:
        >>> paper = np.full((300, 200), 0.8)
        >>> paper[100:200, 90:100] = 0.2  # a stroke of ink
        >>> prepared = prepare(paper)
        >>> prepared.image.shape, prepared.problem, list(prepared.steps) == list(STEPS)
        ((28, 28), '', True)
        >>> prepare(np.full((300, 200), 0.8)).problem
        'no digit'
    """
    skip = {skip} if isinstance(skip, str) else set(skip)
    if unknown := skip - set(STEPS):
        raise ValueError(f"skip names {sorted(unknown)}; the steps are {list(STEPS)}")
    picture, problem, steps = read_image(picture), "", {}
    for name in STEPS:
        if name == "ink" and name not in skip:
            parts = find_digit(picture)
            problem = count_digits(parts)
            picture = keep_ink(picture, parts)
        else:
            picture = (INSTEAD if name in skip else DO)[name](picture)
        steps[name] = picture
        if problem:
            return Prepared(np.zeros((SIDE, SIDE), np.float32), problem, steps)
    return Prepared(picture, "", steps)


def make_paper_light(picture):
    """Turn chalk on a board into dark ink on light paper.

    Strokes are thin: a pixel of ink differs much from the blurred picture around it,
    the paper a little, the other way. Cubes let the much win: their sum has the ink's
    sign.
    """
    height, width = (min(side, 48) for side in picture.shape)
    small = resize(picture, height, width)
    around = ndimage.gaussian_filter(small, 0.15 * min(height, width), mode="nearest")
    return 1 - picture if ((small - around) ** 3).sum() > 0 else picture


def even_the_light(picture):
    """Say how much darker each pixel is than its paper: 0 paper, 1 black."""
    paper = find_paper(picture)
    return np.clip((paper - picture) / np.maximum(paper, 0.2), 0, 1)


def find_paper(picture):
    """Say how bright the paper is, in light and shadow and under the ink.

    A first look, through a window wider than any stroke, finds how wide the pen is; a
    second, through one that fits the pen, no longer takes a small shadow for ink.
    """
    small = resize(picture, *(min(side, 112) for side in picture.shape))
    paper = remove_strokes(small, WINDOW)
    window = max(3 * pen_width(paper - small), NARROW)
    if window < WINDOW:
        paper = remove_strokes(small, window)
    return resize(paper, *picture.shape)


def remove_strokes(picture, window):
    """Fill all that is dark and narrower than a window: a closing."""
    window = 3 + round(window * min(picture.shape))
    around = np.pad(picture, window, mode="edge")
    paper = ndimage.grey_closing(around, (window, window))
    paper = ndimage.minimum_filter(paper, 3)  # no dark line at the edge of a shadow
    return paper[window:-window, window:-window]


def pen_width(ink):
    """Measure the width of the darkest strokes, as a share of the shorter side.

    The pixels of a line are on average a quarter of its width away from its edge. Where
    nothing is dark enough to be told from noise, the width is 1.
    """
    darkest = np.percentile(ink, 99.5)
    if darkest < 0.15:
        return 1.0
    parts = ndimage.label(ink > 0.6 * darkest)[0]
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    dark = (sizes > 0.15 * sizes.max())[parts]  # without specks
    return 4 * ndimage.distance_transform_edt(dark)[dark].mean() / min(ink.shape)


def find_ink(ink, least=FAINT):
    """Number the connected parts of the ink: int (h, w), 0 = paper.

    A part has somewhere more contrast than Otsu's threshold and than `least`, and
    everywhere 0.7 of it.
    """
    side = min(ink.shape)
    smooth = smoothed(ink)
    level = max(threshold_otsu((smooth * 255).astype(np.uint8)) / 255, least)
    mask = smooth > 0.7 * level
    joined = ndimage.maximum_filter(mask, 1 + 2 * (side // 120))  # over small gaps
    parts = ndimage.label(joined, np.ones((3, 3)))[0] * mask
    is_ink = np.isin(np.arange(parts.max() + 1), parts[smooth > level])
    return parts * is_ink[parts]


def find_digit(ink):
    """Number the parts of the ink that make a digit: no lines, no specks, no noise.

    A digit on squared paper hangs together with the lines: ever more contrast is asked
    for, since a pen is darker.
    """
    least, best = noise_level(ink), None
    for level in np.linspace(least, max(least, 0.6), 6):
        parts = find_ink(ink, level)
        kept = drop_lines(parts)
        if best is None or np.count_nonzero(kept) > np.count_nonzero(best):
            best = kept
        if np.array_equal(kept, parts):
            break
    parts = drop_specks(best)
    return parts * stands_out(ink, parts)


def smoothed(ink):
    """Take the edge off the noise, in large pictures only."""
    return ndimage.gaussian_filter(ink, min(ink.shape) / 400, truncate=2)


def noise_level(ink):
    """Say what contrast the paper's noise will not reach.

    Pixels a little apart differ by noise: 80 % of normal differences are below 1.28 of
    their standard deviation, which is 1.41 that of the noise.
    """
    if min(ink.shape) < 64:
        return 0.3  # too small to measure
    rows = smoothed(ink)[::4]
    noise = np.percentile(np.abs(rows[:, 4:] - rows[:, :-4]), 80) / (1.28 * 1.41)
    return max(FAINT, np.percentile(rows, 20) + 7 * noise)


def drop_lines(parts):
    """Drop parts that run from border to border, as ruled lines and a table's edge do.

    A digit that fills the picture does so too: what is alone is kept, unless it meets
    the borders often or along half of them.
    """
    borders = parts[0], parts[:, -1], parts[-1, ::-1], parts[::-1, 0]
    around, count = np.concatenate(borders), parts.max() + 1
    starts = around[(around > 0) & (np.roll(around, 1) != around)]
    meets = np.bincount(starts, minlength=count)
    is_alone = count == 2 and meets[1] <= 4 and (around > 0).mean() < 0.5
    if min(parts.shape) < 40 or is_alone:
        return parts
    top, right, bottom, left = (
        np.bincount(border, minlength=count) / len(border) for border in borders
    )
    drop = (top * bottom > 0) | (left * right > 0) | (meets > 4)
    drop |= np.max([top, right, bottom, left], axis=0) > 0.5
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        if box and length(box) > 0.6 * min(parts.shape):  # a piece of a line
            area = np.count_nonzero(parts[box] == number)
            drop[number] |= area < 0.02 * length(box) ** 2
    drop[0] = False
    return parts * ~drop[parts]


def drop_specks(parts):
    """Drop what is tiny, or small and far from the largest; number the rest from 1."""
    boxes = ndimage.find_objects(parts)
    sizes = np.array([0] + [0 if box is None else length(box) for box in boxes])
    largest = boxes[sizes.argmax() - 1] if boxes else None
    keep = sizes >= max(2, TINY * min(parts.shape))
    for number in np.flatnonzero(keep & (sizes < sizes.max() / 2)):
        keep[number] = gap(boxes[number - 1], largest) < sizes.max() / 4
    return (np.cumsum(keep) * keep)[parts]


def stands_out(ink, parts):
    """Say whether parts are few and paper is around them, unlike noise and shadow."""
    if not 1 <= parts.max() <= 12:
        return False
    near = max(2, min(ink.shape) // 45)
    ring = ndimage.maximum_filter(parts, 2 * near + 1) > 0
    ring &= ndimage.maximum_filter(parts, near // 2 * 2 + 1) == 0
    return not ring.any() or ink[ring].mean() < 0.3 * ink[parts > 0].mean()


def count_digits(parts):
    """Name the problem, or "": several digits are about as tall, with a gap between."""
    boxes = sorted(ndimage.find_objects(parts), key=length)
    if not boxes:
        return NO_DIGIT
    largest = boxes.pop()
    for box in boxes:
        is_apart = gap(box, largest) > 0.05 * length(largest)
        if height(box) > height(largest) / 2 and is_apart:
            return SEVERAL
    return ""


def length(box):
    """Measure the longer side of a box, a tuple of two slices."""
    return max(side.stop - side.start for side in box)


def height(box):
    """Measure how tall a box is."""
    return box[0].stop - box[0].start


def gap(one, other):
    """Measure how far apart two boxes are, across or down; negative: they overlap."""
    return max(
        max(a.start, b.start) - min(a.stop, b.stop)
        for a, b in zip(one, other, strict=True)
    )


def keep_ink(ink, parts):
    """Clear all but the numbered parts, and stretch what is left up to 1."""
    if not parts.any():
        return np.zeros_like(ink)
    darkness = max(np.percentile(ink[parts > 0], 75), FAINT)  # 0 in a cloud of dots
    near = ndimage.maximum_filter(parts, 3) > 0  # with the grey edge of the strokes
    return np.clip(ink / darkness, 0, 1) * near


def crop(ink):
    """Cut out the box around the ink."""
    rows = (ink > 0.05).any(axis=1).nonzero()[0]
    columns = (ink > 0.05).any(axis=0).nonzero()[0]
    if not rows.size:
        return ink
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def even_the_thickness(ink):
    """Widen strokes that are thin for the size of the digit.

    The pixels of a line are on average a quarter of its width away from its edge.
    """
    is_ink = ink > 0.5
    if not is_ink.any():
        return ink
    width = 4 * ndimage.distance_transform_edt(is_ink)[is_ink].mean()
    missing = round(PEN * max(ink.shape) - width)
    if missing <= 0.02 * max(ink.shape):
        return ink
    ink = np.pad(ink, missing // 2 + 1)
    distance = ndimage.distance_transform_edt(ink <= 0.5)
    return np.maximum(ink, np.clip(missing / 2 + 1 - distance, 0, 1))


def fit(ink):
    """Scale the digit until its longer side has 20 pixels."""
    scale = BOX / max(ink.shape)
    height, width = (max(1, round(scale * side)) for side in ink.shape)
    return resize(ink, height, width)


def centre(ink):
    """Put the digit into 28 x 28 pixels, its centre of mass at (14, 14) as in MNIST."""
    if not ink.any():
        return place(ink, 4, 4)
    row, column = ndimage.center_of_mass(ink)
    return place(ink, 14 - row, 14 - column)


def place(ink, top, left):
    """Lay the ink into an empty image, as near to (top, left) as it fits."""
    image = np.zeros((SIDE, SIDE), np.float32)
    height, width = ink.shape
    top = int(np.clip(round(top), 0, SIDE - height))
    left = int(np.clip(round(left), 0, SIDE - width))
    image[top : top + height, left : left + width] = ink
    return image


def resize(picture, height, width):
    """Scale a picture; a pixel of a smaller one averages those that it covers."""
    image = Image.fromarray(picture.astype(np.float32, copy=False))
    image = image.resize((width, height), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(image), 0, 1)


def _unchanged(picture):
    return picture


DO = {
    "polarity": make_paper_light,
    "light": even_the_light,
    "crop": crop,
    "thickness": even_the_thickness,
    "fit": fit,
    "centre": centre,
}
INSTEAD = dict.fromkeys(STEPS, _unchanged) | {  # what is done where a step is left out
    "light": lambda picture: 1 - picture,
    "fit": lambda ink: resize(ink, SIDE, SIDE),
    "centre": lambda ink: place(ink, *((SIDE - side) / 2 for side in ink.shape)),
}
