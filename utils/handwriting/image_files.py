"""Read a picture of any usual kind as shades of grey, or say why it cannot be read."""

import io
import threading
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
ALLOWED = "allowed are PNG, JPEG, WebP, GIF, BMP and TIFF"
MOST_PIXELS = 40_000_000  # that a file may unpack to
LEAST_SIDE = 8  # pixels
WORKING_PIXELS = 300 * 300  # larger pictures are made smaller: enough to see a digit
LUMA = np.float32([0.299, 0.587, 0.114])  # ITU-R BT.601, as Pillow's convert("L")
ORIENTATION = 0x0112  # EXIF's tag
TURNS = {  # the transposition that undoes each orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
STARTS = {  # of files that people take for pictures
    b"%pdf": "a PDF",
    b"%!ps": "a PostScript file",
    b"<svg": "an SVG drawing",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"pk\x03\x04": "a ZIP archive",
    b"8bps": "a Photoshop file",
    b"\x00\x00\x01\x00": "an icon",
    b"\xff\x0a": "a JPEG XL picture",
    b"\x93numpy": "a NumPy file",
}
BRANDS = {b"heic": "a HEIC photo", b"heix": "a HEIC photo", b"mif1": "a HEIC photo"}
BRANDS |= {b"avif": "an AVIF picture", b"avis": "an AVIF picture"}

_one_at_a_time = threading.Lock()  # warnings cannot be silenced in one thread alone


class ImageError(ValueError):
    """What was given cannot be read as a picture; the message says why."""


def read_image(source) -> np.ndarray:
    """Read a picture as shades of grey.

    One of more than WORKING_PIXELS is made smaller: a new pixel is the mean of those
    that it covers.

    Args:
        source: a PNG, JPEG, WebP, GIF, BMP or TIFF (bytes, a path or an open file); a
            Pillow image; or an array (h, w), (h, w, 3) or (h, w, 4), uint8 or floats in
            [0, 1].

    Returns:
        float32, (h, w), in [0, 1], 0 black; upright, if the file says which side is up.
        What is transparent becomes paper on which the ink can be seen.

    Raises:
        ImageError: it is something else, damaged, animated, or too small or large;
            the message says what came and what is allowed.

    Example:
        >>> read_image(np.full((300, 200), 255, np.uint8)).shape
        (300, 200)
        >>> read_image(np.zeros((4, 300)))
        Traceback (most recent call last):
        utils.handwriting.image_files.ImageError: The picture is 300 x 4 pixels; 8 x 8 is the least.
    """
    if isinstance(source, np.ndarray):
        _check_array(source)
        if source.dtype != np.uint8:
            return _shrink(Image.fromarray(_grey_of_floats(source)))
        source = Image.fromarray(source)
    data = source if isinstance(source, Image.Image) else _read_bytes(source)
    try:
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if isinstance(data, Image.Image):
                return _decode(data.copy())
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _decode(image)
    except ImageError:
        raise
    except UnidentifiedImageError:
        raise ImageError(f"This is {_name(data)}; {ALLOWED}.") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ImageError(
            f"The picture has far more than {MOST_PIXELS:,} pixels, the most allowed."
        ) from None
    except Exception as error:  # noqa: BLE001 - damaged data make decoders raise anything
        reason = str(error).strip().rstrip(".")[:80] or type(error).__name__
        raise ImageError(f"The picture is damaged or cut short ({reason}).") from None


def _read_bytes(source):
    """Return the bytes of a path or an open file."""
    if isinstance(source, str | Path):
        try:
            return Path(source).read_bytes()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            message = f"{str(source)[:80]!r} cannot be read: {reason}."
            raise ImageError(message) from None
    data = source.read() if hasattr(source, "read") else source
    if not isinstance(data, bytes | bytearray | memoryview):
        raise ImageError(
            f"A picture cannot be a {type(data).__name__}; allowed are bytes, a path, "
            "an open file, a Pillow image or a NumPy array."
        )
    return bytes(data)


def _name(data):
    """Say what bytes that are none of FORMATS look like."""
    head = data[:400].lstrip(b"\xef\xbb\xbf\t\r\n ").lower()
    if not data:
        return "an empty file"
    if data[4:8] == b"ftyp":
        return BRANDS.get(data[8:12], "a film")
    for start, name in STARTS.items():
        if head.startswith(start):
            return name
    if head.startswith((b"<?xml", b"<!--")) and b"<svg" in head:
        return "an SVG drawing"
    is_text = not set(head) & (set(range(32)) - set(b"\t\n\r\f\x1b"))
    return "text" if is_text and _is_utf8(data[:400]) else "no picture, or damaged"


def _is_utf8(data):
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start > len(data) - 4 > 0  # a character that was cut in two
    return True


def _check_size(width, height):
    if min(width, height) < LEAST_SIDE:
        raise ImageError(
            f"The picture is {width} x {height} pixels; {LEAST_SIDE} x {LEAST_SIDE} is "
            "the least."
        )
    if width * height > MOST_PIXELS:
        raise ImageError(
            f"The picture is {width} x {height} pixels; {MOST_PIXELS:,} are the most."
        )


def _check_array(array):
    """Refuse an array of another shape, type or range."""
    if array.ndim not in (2, 3) or array.ndim == 3 and array.shape[2] not in (3, 4):
        raise ImageError(
            f"The array's shape is {array.shape}; (h, w), (h, w, 3) or (h, w, 4) is "
            "allowed."
        )
    _check_size(array.shape[1], array.shape[0])
    if array.dtype == np.uint8:
        return
    if array.dtype.kind != "f":
        raise ImageError(
            f"The array's type is {array.dtype}; uint8 or floats in [0, 1] is allowed."
        )
    if not (array.min() >= 0 and array.max() <= 1):  # so is NaN found
        raise ImageError(
            f"The array's values are from {array.min():.4g} to {array.max():.4g}; "
            "floats in [0, 1] are allowed."
        )


def _grey_of_floats(array):
    """Turn floats of grey, RGB or RGBA into float32 (h, w)."""
    array = array.astype(np.float32)
    if array.ndim == 2:
        return array
    grey = np.minimum(array[..., :3] @ LUMA, 1)
    return _on_paper(grey, array[..., 3]) if array.shape[2] == 4 else grey


def _decode(image):
    """Turn a Pillow image into float32 (h, w) in [0, 1], upright."""
    _check_size(*image.size)
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise ImageError("The file holds several pictures; one is allowed.")
    scale = min(1, (WORKING_PIXELS / (image.width * image.height)) ** 0.5)
    size = int(image.width * scale) + 1, int(image.height * scale) + 1
    image.draft("L", size)  # a JPEG unpacks sooner at a half or an eighth of its size
    image.load()
    turn = TURNS.get(_orientation(image))
    if image.mode[0] in "IF":
        grey = Image.fromarray(_scale(np.asarray(image)))
    elif image.has_transparency_data:
        layers = image.convert("RGBA").convert("LA").split()
        grey = _on_paper(*(np.asarray(layer) / np.float32(255) for layer in layers))
        grey = Image.fromarray(grey)
    elif image.mode == "LAB":
        grey = image.getchannel("L")
    else:
        is_direct = image.mode in ("1", "L", "RGB", "YCbCr", "P")
        grey = (image if is_direct else image.convert("RGB")).convert("L")
    grey = _shrink(grey)
    if turn is None:
        return grey
    return np.asarray(Image.fromarray(grey).transpose(turn))


def _orientation(image):
    """Return EXIF's orientation, 1 if there is none or the EXIF data are damaged."""
    try:
        return image.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - the picture itself may be sound
        return 1


def _scale(values):
    """Bring 16-bit, 32-bit and float values into [0, 1]."""
    low, high = float(values.min()), float(values.max())
    is_wide = values.dtype.kind == "u" and values.dtype.itemsize == 2
    tops = [65535] if is_wide else [1, 255, 65535][values.dtype.kind != "f" :]
    top = next((top for top in tops if 0 <= low and high <= top), None)
    if top is None:  # so is NaN found
        raise ImageError(
            f"The picture's values are from {low:.4g} to {high:.4g}; allowed are whole "
            "numbers up to 65535 and floats in [0, 1]."
        )
    return (values / top).astype(np.float32)


def _on_paper(grey, alpha):
    """Lay grey, transparent ink on paper of another brightness; all in [0, 1]."""
    seen = grey[alpha > 0.5]
    if seen.size > grey.size / 2:
        paper = np.median(seen)  # a whole picture with a transparent frame
    else:
        weight = max(float(alpha.sum()), 1e-6)
        paper = np.float32((grey * alpha).sum() / weight < 0.5)
    return (grey * alpha + paper * (1 - alpha)).astype(np.float32)


def _shrink(image):
    """Make a grey Pillow image as small as it need be: float32 (h, w) in [0, 1]."""
    scale = (WORKING_PIXELS / (image.width * image.height)) ** 0.5
    if scale < 1:
        size = [max(1, round(side * scale)) for side in image.size]
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=2)
    values = np.asarray(image)
    return values.copy() if values.dtype == np.float32 else values / np.float32(255)
