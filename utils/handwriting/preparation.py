"""Prepare a photo or a drawing of a digit as MNIST was: 28 x 28, bright ink, centred.

Seven small steps, from a picture of any size to an image for a model. Lesson 08 builds
the simple ones and measures what each is worth; they come from there. Here is what
takes tuned numbers: the paper's brightness by the width of the pen, finding the digit
among lines, specks and noise, fine pens, and digits that fill their picture.
"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.filters import apply_hysteresis_threshold, threshold_otsu
from skimage.segmentation import relabel_sequential

from utils import SIDE
from utils.from_lessons import (
    center,
    contrast,
    crop,
    fit_to_box,
    make_paper_light,
    place,
    resize,
)
from utils.handwriting.image_files import read_image

STEPS = ("polarity", "light", "ink", "crop", "thickness", "fit", "center")
NO_DIGIT, SEVERAL = "no digit", "more than one digit"

# Tuned on photos simulated from MNIST's training digits and on pictures of no digit,
# until the first were found and the second refused. Lengths are parts of the picture's
# shorter side, if no other is named.
COARSE = 112  # pixels: at this size the paper's brightness is found
WIDE = 0.4  # window that no stroke fills, to find the pen
NARROW = 0.08  # the least window after that ...
PENS = 3  # ... which is otherwise so many pens wide
PALE_PEN = 0.15  # contrast of the darkest pixels; below it there is nothing but noise
DARK = 0.6  # of the darkest contrast, by which the pen is measured ...
LARGE = 0.15  # ... on parts that have this of the largest one's pixels
FAINT = 0.11  # ink has more contrast; noise and shadows had less
USUAL = 75  # percent of the ink are paler than the tone that becomes 1
THICKNESS = 0.125  # of a digit's length, as MNIST's pens are wide
MISSING = 0.02  # of a digit's length: strokes thinner by less are left alone
THICK = 0.2  # of a digit's length: the soft edges of thicker strokes are made paler ...
PALER = 1.5  # ... by this power. Both chosen on scikit-learn's digits
WEAK = 0.7  # of the contrast that ink has somewhere, it has at least this everywhere
NOISE = 7  # standard deviations of the paper's noise that ink must exceed
SMALL = 64  # pixels: in smaller pictures neither noise nor pen can be measured ...
SMALL_NOISE = 0.3  # ... and ink must have this contrast
DARKEST = 0.6  # the most contrast asked for, where ink and ruled lines hang together
LONG = 0.6  # a part longer than this may be a piece of a line
THIN = 0.02  # ... if its area is below this part of its length squared
TINY = 0.04  # the least length of a digit
MOST_PARTS = 12  # of one digit, as noise or a broken pen leaves it
PALE = 0.3  # the paper around a digit is on average at most this dark; its ink is 1
APART = 0.05  # of a digit's length: the least gap between two digits

# Chosen between what digits have that are cropped to their ink (MNIST's, drawn ones and
# scikit-learn's) and what pictures of no digit have: shadows, lamps, squares, noise.
MARGIN = 0.3  # of the longer side: paper added around a digit that fills its picture
MOST_FREE = 0.3  # of height and width that such a digit leaves free on any side
CLEAR = 0.3  # 95 % of its paper is paler than this; its ink is 1
THICKEST = 0.45  # of its length are its strokes; a lamp's spot is thicker
MOST_MEETINGS = 8  # of its strokes with the border of the picture; of squares, more
MOST_BORDER = 0.3  # of the border that its strokes cover


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

    A digit that fills its picture is not told from a shadow or a line at first. Where
    no digit is found, or one that touches the border, it is looked for once more, with
    paper added around the picture.

    Args:
        picture: what `read_image` takes, or what it returned.
        skip: names of STEPS to leave out, to see what they are good for. Without
            "polarity" the ink is taken to be dark; without "light" the paper to be
            white; without "ink" nothing is cleared and no problem found; without "fit"
            the crop is squeezed into 28 x 28; without "center" its middle is centred.

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
    picture = read_image(picture)
    steps = _even(picture, skip)
    problem = ""
    if "ink" in skip:
        steps["ink"] = steps["light"]
    else:
        parts = find_digit(steps["light"])
        if not parts.any() or _border(parts).any():
            margin = round(MARGIN * max(picture.shape))
            tone = np.median(_border(picture))
            wide = _even(np.pad(picture, margin, constant_values=tone), skip)
            found = find_digit(wide["light"])
            if _fills_picture(wide["light"], found, margin):
                steps, parts = wide, found
        problem = count_digits(parts)
        steps["ink"] = keep_ink(steps["light"], parts)
    if problem:
        return Prepared(np.zeros((SIDE, SIDE), np.float32), problem, steps)
    image = steps["ink"]
    for name in STEPS[3:]:
        image = steps[name] = (INSTEAD if name in skip else DO)[name](image)
    return Prepared(image, "", steps)


def _even(picture, skip):
    """Take the first two steps: polarity and light."""
    steps = {}
    for name in STEPS[:2]:
        picture = steps[name] = (INSTEAD if name in skip else DO)[name](picture)
    return steps


def find_paper(picture: np.ndarray) -> np.ndarray:
    """Say how bright the paper is, in light and shadow and under the ink.

    A wide window covers shadows too, a narrow one leaves strokes. So the pen is
    measured through a wide one, then the window is made as narrow as it allows.

    Args:
        picture: dark ink on light paper, float32, (h, w), in [0, 1].

    Returns:
        float32, (h, w), in [0, 1].

    Example:
        >>> picture = np.full((100, 80), 0.8, np.float32)
        >>> picture[20:80, 38:42] = 0.2  # a stroke of ink
        >>> bool(abs(find_paper(picture) - 0.8).max() < 0.01)
        True
    """
    small = resize(picture, *(min(side, COARSE) for side in picture.shape))
    paper = _remove_strokes(small, WIDE)
    window = max(PENS * _pen_width(paper - small), NARROW)
    if window < WIDE:
        paper = _remove_strokes(small, window)
    return resize(paper, *picture.shape)


def even_the_light(picture: np.ndarray) -> np.ndarray:
    """Say how much darker each pixel is than its paper.

    Args:
        picture: as `find_paper` takes it.

    Returns:
        float32, (h, w), in [0, 1]: 0 paper, 1 black.
    """
    return contrast(picture, find_paper(picture))


def keep_ink(ink: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Clear all but the numbered parts; stretch what is left up to 1.

    Args:
        ink: as `find_digit` takes it.
        parts: as `find_digit` returns them.

    Returns:
        float32, (h, w), in [0, 1], the soft edges of the strokes included.
    """
    if not parts.any():
        return np.zeros_like(ink)
    darkness = max(np.percentile(ink[parts > 0], USUAL), FAINT)
    near = ndimage.maximum_filter(parts, 3) > 0
    return np.clip(ink / darkness, 0, 1) * near


def even_the_thickness(ink: np.ndarray) -> np.ndarray:
    """Widen strokes that are thin for the size of the digit; make thick ones narrower.

    A fine pen's strokes get wider. A thick pen's could break if they were cut: only
    their soft edges get paler.

    Args:
        ink: cropped to the digit, float32, (h, w), in [0, 1].

    Returns:
        float32, in [0, 1], larger by what was added; the same where nothing was to do.
    """
    is_ink = ink > 0.5
    if not is_ink.any():
        return ink
    length, width = max(ink.shape), _stroke_width(is_ink)
    if length >= SMALL and width > THICK * length:
        return ink**PALER
    missing = round(THICKNESS * length - width)
    if missing <= MISSING * length:
        return ink
    ink = np.pad(ink, missing // 2 + 1)
    distance = ndimage.distance_transform_edt(ink <= 0.5)  # from the ink
    return np.maximum(ink, np.clip(missing / 2 + 1 - distance, 0, 1))


def find_digit(ink: np.ndarray) -> np.ndarray:
    """Number the parts of the ink that make a digit: no lines, no specks, no noise.

    A digit on squared paper hangs together with the lines: ever more contrast is asked
    for, since a pen is darker.

    Args:
        ink: how much darker each pixel is than its paper: float32, (h, w), in [0, 1],
            as `even_the_light` returns it.

    Returns:
        int, (h, w): 0 where nothing is, 1 on the first part, 2 on the second ...
    """
    least, best = _noise_level(ink), None
    for level in np.linspace(least, max(least, DARKEST), 6):
        parts = _find_ink(ink, level)
        kept = _drop_lines(parts)
        if best is None or np.count_nonzero(kept) > np.count_nonzero(best):
            best = kept
        if np.array_equal(kept, parts):
            break
    parts = _drop_specks(best)
    return parts * _stands_out(ink, parts)


def count_digits(parts: np.ndarray) -> str:
    """Name the problem: several digits are about as tall, with a gap between.

    Args:
        parts: int, (h, w), as `find_digit` returns them.

    Returns:
        "" for one digit, "no digit" or "more than one digit".
    """
    boxes = sorted(ndimage.find_objects(parts), key=_length)
    if not boxes:
        return NO_DIGIT
    largest = boxes.pop()
    for box in boxes:
        is_apart = _gap(box, largest) > APART * _length(largest)
        if _height(box) > _height(largest) / 2 and is_apart:
            return SEVERAL
    return ""


def _remove_strokes(picture, window):
    """Fill what is dark and narrower than a window, by a closing."""
    window = 3 + round(window * min(picture.shape))  # pixels
    around = np.pad(picture, window, mode="edge")
    paper = ndimage.grey_closing(around, (window, window))
    paper = ndimage.minimum_filter(paper, 3)  # edges of shadows are soft
    return paper[window:-window, window:-window]


def _stroke_width(is_ink):
    """Measure the mean width of strokes, True in a picture, in pixels.

    The pixels of a long stroke are on average a quarter of its width from the paper.
    """
    distance = ndimage.distance_transform_edt(is_ink)
    return 4 * distance[is_ink].mean()


def _pen_width(ink):
    """Measure the darkest strokes, as a part of the shorter side; 1 for mere noise."""
    darkest = np.percentile(ink, 99.5)
    if darkest < PALE_PEN:
        return 1.0
    parts = ndimage.label(ink > DARK * darkest)[0]
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0  # the paper
    is_large = sizes > LARGE * sizes.max()
    return _stroke_width(is_large[parts]) / min(ink.shape)


def _find_ink(ink, least):
    """Number the connected parts of the ink: int (h, w), 0 = paper.

    A part has somewhere more contrast than Otsu's threshold and than `least`, and
    everywhere WEAK of it.
    """
    smooth = _smooth(ink)
    level = max(threshold_otsu((smooth * 255).astype(np.uint8)) / 255, least)
    is_ink = apply_hysteresis_threshold(smooth, WEAK * level, level)
    gap = min(ink.shape) // 120  # pixels: over smaller ones a stroke goes on
    joined = ndimage.maximum_filter(is_ink, 1 + 2 * gap)
    return ndimage.label(joined, np.ones((3, 3)))[0] * is_ink


def _smooth(ink):
    """Take the edge off the noise, in large pictures only."""
    return ndimage.gaussian_filter(ink, min(ink.shape) / 400, truncate=2)


def _noise_level(ink):
    """Say what contrast the paper's noise will not reach.

    Pixels a little apart differ by noise: 80 % of normal differences are below 1.28 of
    their standard deviation, which is 1.41 that of the noise.
    """
    if min(ink.shape) < SMALL:
        return SMALL_NOISE
    rows = _smooth(ink)[::4]
    noise = np.percentile(np.abs(rows[:, 4:] - rows[:, :-4]), 80) / (1.28 * 1.41)
    return max(FAINT, np.percentile(rows, 20) + NOISE * noise)


def _border(picture):
    """Return the pixels along the border, clockwise."""
    return np.concatenate(
        [picture[0], picture[:, -1], picture[-1, ::-1], picture[::-1, 0]]
    )


def _meetings(around):
    """Return the numbers of the parts that a walk along the border comes upon."""
    return around[(around > 0) & (np.roll(around, 1) != around)]


def _drop_lines(parts):
    """Drop parts that run from border to border, as ruled lines and a table's edge do.

    A digit that fills the picture does so too: what is alone is kept, unless it meets
    the borders often or along half of them.
    """
    around, count = _border(parts), parts.max() + 1
    meets = np.bincount(_meetings(around), minlength=count)
    is_alone = count == 2 and meets[1] <= 4 and (around > 0).mean() < 0.5
    if min(parts.shape) < 40 or is_alone:
        return parts
    top, bottom, left, right = (
        np.bincount(border, minlength=count) / len(border)
        for border in (parts[0], parts[-1], parts[:, 0], parts[:, -1])
    )
    drop = (top * bottom > 0) | (left * right > 0) | (meets > 4)
    drop |= np.max([top, right, bottom, left], axis=0) > 0.5
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        if box and _length(box) > LONG * min(parts.shape):
            area = np.count_nonzero(parts[box] == number)
            drop[number] |= area < THIN * _length(box) ** 2
    drop[0] = False
    return parts * ~drop[parts]


def _drop_specks(parts):
    """Drop what is tiny, or small and far from the largest; number the rest from 1."""
    boxes = ndimage.find_objects(parts)
    sizes = np.array([0] + [0 if box is None else _length(box) for box in boxes])
    largest = boxes[sizes.argmax() - 1] if boxes else None
    keep = sizes >= max(2, TINY * min(parts.shape))
    for number in np.flatnonzero(keep & (sizes < sizes.max() / 2)):
        keep[number] = _gap(boxes[number - 1], largest) < sizes.max() / 4
    return relabel_sequential(parts * keep[parts])[0]


def _stands_out(ink, parts):
    """Say whether parts are few and paper is around them, unlike noise and shadow."""
    if not 1 <= parts.max() <= MOST_PARTS:
        return False
    near = max(2, min(ink.shape) // 45)  # pixels: beyond the soft edge of a stroke
    ring = ndimage.maximum_filter(parts, 2 * near + 1) > 0
    ring &= ndimage.maximum_filter(parts, near // 2 * 2 + 1) == 0
    return not ring.any() or ink[ring].mean() < PALE * ink[parts > 0].mean()


def _fills_picture(ink, parts, margin):
    """Say whether parts are one digit that fills the picture inside an added margin.

    Squares and noise may fill it, too, but meet its border often. A shadow, a lamp's
    spot or a table is thick, leaves one side free, or has soft edges.
    """
    inside = slice(margin, -margin), slice(margin, -margin)
    ink, is_ink = ink[inside], parts[inside] > 0
    if count_digits(parts) or not 0 < is_ink.mean() < 1:
        return False
    first, last = (end(np.nonzero(is_ink), axis=1) for end in (np.min, np.max))
    free = np.maximum(first, ink.shape - last - 1) / ink.shape
    thickness = _stroke_width(parts > 0) / max(last - first + 1)
    darkness = np.percentile(ink[is_ink], 75)
    around = _border(ink) > darkness / 2
    return (
        free.max() <= MOST_FREE
        and thickness <= THICKEST
        and around.mean() <= MOST_BORDER
        and len(_meetings(around)) <= MOST_MEETINGS
        and np.percentile(ink[~is_ink], 95) <= CLEAR * darkness
    )


def _length(box):
    """Measure the longer side of a box, a tuple of two slices."""
    return max(side.stop - side.start for side in box)


def _height(box):
    """Measure how tall a box is."""
    return box[0].stop - box[0].start


def _gap(one, other):
    """Measure how far apart two boxes are, across or down; negative: they overlap."""
    return max(
        max(a.start, b.start) - min(a.stop, b.stop)
        for a, b in zip(one, other, strict=True)
    )


def _unchanged(picture):
    return picture


DO = {
    "polarity": make_paper_light,
    "light": even_the_light,
    "crop": crop,
    "thickness": even_the_thickness,
    "fit": fit_to_box,
    "center": center,
}
INSTEAD = dict.fromkeys(STEPS, _unchanged) | {  # what is done where a step is left out
    "light": lambda picture: 1 - picture,
    "fit": lambda ink: resize(ink, SIDE, SIDE),
    "center": lambda ink: place(ink, *((SIDE - side) / 2 for side in ink.shape)),
}
