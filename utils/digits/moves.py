"""Move digits: shift and turn images, black where nothing was."""

import numpy as np
from scipy import ndimage


def move_digits(images: np.ndarray, pixels: float, degrees: float) -> np.ndarray:
    """Shift and turn images, once to each side.

    Args:
        images: float (n, height, width) or (n, height, width, 1), black is 0.
        pixels: to the right in the first half of the result, to the left in the second.
        degrees: counterclockwise in the first half, clockwise in the second, around the
            middle of the image.

    Returns:
        A new array of the images' dtype, (2 n, ...): first all moved to one side, then
        all to the other. What leaves the image is lost, and what comes in is 0.

    Raises:
        ValueError: images of another shape.

    Example:
        >>> image = np.array([[[0.0, 1.0, 0.0]]])
        >>> move_digits(image, 1, 0).tolist()
        [[[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]]]
    """
    if images.ndim not in (3, 4):
        raise ValueError(
            f"images of shape {images.shape}; (n, height, width) or "
            "(n, height, width, 1) is allowed"
        )
    sides = []
    for sign in (1, -1):
        step = np.zeros(images.ndim)
        step[2] = sign * pixels
        moved = ndimage.shift(images, step, order=1)
        turn = {"axes": (2, 1), "reshape": False, "order": 1}
        sides.append(ndimage.rotate(moved, sign * degrees, **turn))
    return np.concatenate(sides)
