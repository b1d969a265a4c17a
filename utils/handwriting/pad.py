"""Draw digits by hand: a pad for notebooks, and its strokes as a picture.

The pad itself is `utils/handwriting/page/pad.js`, which the page of
`utils.handwriting.server` uses too.
"""

import base64
import io
from pathlib import Path

import anywidget
import numpy as np
import traitlets
from PIL import Image, ImageDraw

PAGE = Path(__file__).parent / "page"
WIDTH = 0.065  # of the pen, as a share of the pad's side; as in pad.js
FINER = 4  # pixels drawn for each of the picture, in both directions
PIECES = 6  # straight ones that a curve between two points is drawn with


def strokes_to_picture(strokes: list, side: int = 280) -> np.ndarray:
    """Draw strokes as the pad does: round black ink on white paper.

    Args:
        strokes: lists of points [x, y] in [0, 1]; (0, 0) is the top left of the paper.
            One point alone makes a dot.
        side: of the picture, in pixels.

    Returns:
        uint8 (side, side) in [0, 255], 0 the ink.

    Raises:
        ValueError: strokes that are no such lists, or a side below 1.

    Example:
        >>> picture = strokes_to_picture([[[0.5, 0.1], [0.5, 0.9]]])
        >>> picture.shape, picture[140, 140].item(), picture[140, 20].item()
        ((280, 280), 0, 255)
    """
    if side < 1:
        raise ValueError(f"side is {side}; 1 or more is allowed")
    paper = Image.new("L", (side * FINER, side * FINER), 255)
    draw = ImageDraw.Draw(paper)
    radius = round((WIDTH * side * FINER - 1) / 2)  # around a pixel
    for points in _checked(strokes):
        path = np.rint(_smooth(points) * side * FINER - 0.5)
        draw.line(path.ravel().tolist(), fill=0, width=2 * radius + 1)
        for x, y in path.tolist():
            draw.circle((x, y), radius, fill=0)
    return np.asarray(paper.reduce(FINER))


class Pad(anywidget.AnyWidget):
    """A pad to draw a digit on, in a notebook; what it is read as appears beside it.

    It works without a browser too: set `strokes`, and `answer` follows.

    Args:
        recognizer: what reads a picture with `recognize`, as a
            `utils.handwriting.recognizer.Recognizer` does.
        strokes: what is drawn on it at first.

    Attributes:
        strokes: as `strokes_to_picture` takes them. Set a new list to change them:
            a change within the list is not seen.
        answer: what `Prediction.as_dict` returns, {"error": a sentence} where that
            failed, or {} while nothing is drawn.

    Example:
        >>> pad = Pad(recognizer=None)
        >>> pad
        A drawing pad: run this cell in JupyterLab to draw a digit.
        >>> pad.strokes = [[[0.5, 2]]]
        >>> pad.answer
        {'error': 'stroke 1 has values from 0.5 to 2; 0 to 1 is allowed'}
    """

    _esm = PAGE / "pad.js"
    _css = PAGE / "pad.css"
    strokes = traitlets.List().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)

    def __init__(self, recognizer, strokes: list = ()):
        self.recognizer = recognizer
        super().__init__(strokes=list(strokes))

    @traitlets.observe("strokes")
    def _recognize(self, change) -> None:
        """Read what is drawn. A failure is shown on the pad, which stays of use."""
        try:
            picture = strokes_to_picture(self.strokes)
            found = self.recognizer.recognize(picture) if self.strokes else None
            self.answer = found.as_dict() if found else {}
        except ValueError as error:
            self.answer = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - nobody else would see it
            self.answer = {"error": f"{type(error).__name__}: {error}"}

    def __repr__(self) -> str:
        return "A drawing pad: run this cell in JupyterLab to draw a digit."

    def _repr_mimebundle_(self, **kwargs):
        """Add what is drawn as a picture, for viewers that run no widgets."""
        bundle, metadata = super()._repr_mimebundle_(**kwargs)
        if self.strokes and "error" not in self.answer:
            file = io.BytesIO()
            Image.fromarray(strokes_to_picture(self.strokes)).save(file, "PNG")
            bundle["image/png"] = base64.b64encode(file.getvalue()).decode()
        return bundle, metadata


def _checked(strokes) -> list[np.ndarray]:
    """The strokes as float arrays (point, xy), or a ValueError."""
    allowed = "a list of strokes, each a list of points [x, y], is allowed"
    if not isinstance(strokes, list | tuple | np.ndarray):
        raise ValueError(f"strokes are {type(strokes).__name__}; {allowed}")
    checked = []
    for number, stroke in enumerate(strokes, start=1):
        try:
            points = np.array(stroke)
        except ValueError:  # rows of different lengths
            points = np.empty(0)
        shape = max(points.size // 2, 1), 2
        if points.dtype.kind not in "fiu" or points.shape != shape:
            raise ValueError(f"stroke {number} is not a list of points; {allowed}")
        low, high = points.min(), points.max()
        if not (low >= 0 and high <= 1):  # also NaN
            found = f"values from {low:g} to {high:g}"
            raise ValueError(f"stroke {number} has {found}; 0 to 1 is allowed")
        checked.append(points.astype(float))
    return checked


def _smooth(points: np.ndarray) -> np.ndarray:
    """Curves from middle to middle, bent towards the points, as pad.js draws them.

    They are quadratic Bézier curves (https://en.wikipedia.org/wiki/Bézier_curve).
    """
    if len(points) < 3:
        return points
    first, last, bends = points[:1], points[-1:], points[1:-1]
    ends = (bends + points[2:]) / 2
    starts = np.concatenate([first, ends[:-1]])
    t = np.linspace(0, 1, PIECES + 1)[1:, None, None]
    curves = (1 - t) ** 2 * starts + 2 * t * (1 - t) * bends + t**2 * ends
    return np.concatenate([first, curves.transpose(1, 0, 2).reshape(-1, 2), last])
