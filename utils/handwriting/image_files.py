"""Read a picture of any usual kind as shades of gray, or say why it cannot be read."""

import io
import threading
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]
try:
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
    FORMATS.append("HEIF")
except ImportError:  # no wheel for this machine: an iPhone's photos cannot be read
    pillow_heif = None

SPELLED = {"WEBP": "WebP", "HEIF": "HEIC"}
NAMES = [SPELLED.get(kind, kind) for kind in FORMATS]
ALLOWED = f"allowed are {', '.join(NAMES[:-1])} and {NAMES[-1]}"
MOST_PIXELS = 40_000_000  # that a file may unpack to
LEAST_SIDE = 8  # pixels
WORKING_PIXELS = 300 * 300  # larger pictures are made smaller: enough to see a digit
LUMA = np.float32([0.299, 0.587, 0.114])  # ITU-R BT.601, as Pillow's convert("L")
DIRECT_MODES = ("1", "L", "RGB", "YCbCr", "P")  # Pillow turns these into gray by LUMA
STARTS = {  # of files that people take for pictures
    b"%PDF": "a PDF",
    b"<svg": "an SVG drawing",
    b"<?xml": "an SVG drawing or other XML",
    b"PK\x03\x04": "a ZIP archive",
}

_one_at_a_time = threading.Lock()  # warnings cannot be silenced in one thread alone


class ImageError(ValueError):
    """What was given cannot be read as a picture; the message says why."""


def read_image(source) -> np.ndarray:
    """Read a picture as shades of gray.

    One of more than WORKING_PIXELS is made smaller: a new pixel is the mean of those
    that it covers.

    Args:
        source: a PNG, JPEG, WebP, GIF, BMP, TIFF or HEIC (bytes, a path or an open
            file); a Pillow image; or an array (h, w), (h, w, 3) or (h, w, 4). Values
            are uint8 from 0 to 255 or floats in [0, 1]; those of gray files and images
            also uint16 from 0 to 65535.

    Returns:
        float32, (h, w), in [0, 1], 0 black; upright, if the file says which side is up.
        What is transparent becomes paper on which the ink can be seen.

    Raises:
        ImageError: it is something else, damaged, animated, or too small or large;
            the message says what came and what is allowed.

    Example:
        >>> read_image(np.full((300, 200), 255, np.uint8)).shape
        (300, 200)
        >>> read_image(np.zeros((20, 20)) - 1)
        Traceback (most recent call last):
        utils.handwriting.image_files.ImageError: The values are from -1 to -1; ...
    """
    if isinstance(source, np.ndarray):
        _check_array(source)
        if source.dtype != np.uint8:
            return _shrink(Image.fromarray(_gray_of_floats(source)))
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
    if not data:
        return "an empty file"
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "a damaged HEIC photo" if pillow_heif else "a HEIC photo"
    for start, name in STARTS.items():
        if data.startswith(start):
            return name
    try:
        data.decode()
    except UnicodeDecodeError:
        return "no picture, or damaged"
    return "no picture, or damaged" if b"\0" in data else "text"


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
    if array.dtype.kind == "f":
        _check_floats(array)
    elif array.dtype != np.uint8:
        raise ImageError(
            f"The array's type is {array.dtype}; uint8 or floats in [0, 1] is allowed."
        )


def _check_floats(values):
    """Refuse floats beyond [0, 1], and NaN."""
    if not (values.min() >= 0 and values.max() <= 1):
        raise ImageError(
            f"The values are from {values.min():.4g} to {values.max():.4g}; floats in "
            "[0, 1] are allowed."
        )


def _gray_of_floats(array):
    """Turn floats of gray, RGB or RGBA into float32 (h, w)."""
    array = array.astype(np.float32)
    if array.ndim == 2:
        return array
    gray = np.minimum(array[..., :3] @ LUMA, 1)
    return _on_paper(gray, array[..., 3]) if array.shape[2] == 4 else gray


def _decode(image):
    """Turn a Pillow image into float32 (h, w) in [0, 1], upright."""
    _check_size(*image.size)
    is_photo = image.format in ("MPO", "HEIF")  # phones add pictures to the main one
    if not is_photo and getattr(image, "is_animated", False):
        raise ImageError("The file holds several pictures; one is allowed.")
    scale = min(1, (WORKING_PIXELS / (image.width * image.height)) ** 0.5)
    size = int(image.width * scale) + 1, int(image.height * scale) + 1
    image.draft("L", size)  # a JPEG unpacks sooner at a half or an eighth of its size
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":
        image = Image.fromarray(_scale_wide(np.asarray(image)))
    elif image.has_transparency_data:
        layers = image.convert("RGBA").convert("LA").split()
        gray = _on_paper(*(np.asarray(layer) / np.float32(255) for layer in layers))
        image = Image.fromarray(gray)
    elif image.mode == "LAB":
        image = image.getchannel("L")
    else:
        image = image if image.mode in DIRECT_MODES else image.convert("RGB")
        image = image.convert("L")
    return _shrink(image)


def _scale_wide(values):
    """Bring 16-bit whole numbers and floats into [0, 1]: float32 (h, w)."""
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        return values / np.float32(65535)
    if values.dtype.kind == "f":
        _check_floats(values)
        return values.astype(np.float32)
    raise ImageError(
        f"The picture's type is {values.dtype}; allowed are whole numbers of 8 or 16 "
        "bits and floats in [0, 1]."
    )


def _on_paper(gray, alpha):
    """Lay gray, transparent ink on paper of another brightness; all in [0, 1]."""
    seen = gray[alpha > 0.5]
    if seen.size > gray.size / 2:
        paper = np.median(seen)  # a whole picture with a transparent frame
    else:
        weight = max(float(alpha.sum()), 1e-6)
        paper = np.float32((gray * alpha).sum() / weight < 0.5)
    return (gray * alpha + paper * (1 - alpha)).astype(np.float32)


def _shrink(image):
    """Make a gray Pillow image as small as it need be: float32 (h, w) in [0, 1]."""
    scale = (WORKING_PIXELS / (image.width * image.height)) ** 0.5
    if scale < 1:
        size = [max(1, round(side * scale)) for side in image.size]
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=2)
    values = np.asarray(image)
    return values.copy() if values.dtype == np.float32 else values / np.float32(255)
