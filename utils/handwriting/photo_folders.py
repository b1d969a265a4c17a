"""Make folders of photos, one folder for each class: simulated, or from your own."""

import time
from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from PIL import ExifTags, Image, ImageDraw, ImageFont
from scipy import ndimage

from utils import SIDE
from utils.handwriting.image_files import ImageError, read_image
from utils.handwriting.simulated_photos import simulate_photo

PHOTO_SIDE = 224  # pixels
QUALITY = 90  # of a JPEG
SIGNS = "ABCDEFGHJKLMNPRTUVWXYadefhkmnrt&?#@$+"  # none that looks like a digit
FONTS = (
    *("DejaVuSans", "DejaVuSans-Oblique", "DejaVuSansMono", "DejaVuSans-Bold"),
    *("DejaVuSerif", "DejaVuSerif-Italic", "STIXGeneral", "STIXGeneralItalic"),
    *("STIXGeneralBol", "STIXGeneralBolIta"),
)
PEN_SIDE = 56  # pixels in which a sign is drawn and bent
BEND = 2.5  # pixels that a point of it moves, a standard deviation
SHAKE = 6  # pixels between shots of a burst, at most
FILL = (0.6, 1.0)  # of the photo that the 28 pixels of a digit take


def take_photos(
    image: np.ndarray, rng: np.random.Generator, shots: int = 1
) -> np.ndarray:
    """Photograph a digit or sign in colour, several times in a row.

    The shots of a burst show one scene: the hand shakes, the light flickers a little.

    Args:
        image: (28, 28), bright on black, as `simulate_photo` takes it.
        rng: draws all that is left to chance.
        shots: how many photos of this scene.

    Returns:
        uint8 (shots, 224, 224, 3).

    Example:
        >>> take_photos(np.zeros((28, 28)), np.random.default_rng(0), shots=2).shape
        (2, 224, 224, 3)
    """
    margin = SHAKE if shots > 1 else 0
    size = {"side": PHOTO_SIDE + 2 * margin, "square": True, "fill": FILL}
    scene = simulate_photo(image, rng, board=False, **size)
    dark = rng.uniform(0, 70, 3).astype(np.float32)  # of ink: red, green, blue
    light = rng.uniform(185, 255, 3).astype(np.float32)  # of paper
    photos = []
    for _ in range(shots):
        top, left = rng.integers(0, 2 * margin + 1, 2)
        shot = scene[top : top + PHOTO_SIDE, left : left + PHOTO_SIDE, None]
        if shots > 1:
            shot = shot * rng.uniform(0.94, 1) + rng.normal(0, 3, shot.shape)
        colored = dark + np.clip(shot, 0, 255).astype(np.float32) / 255 * (light - dark)
        photos.append(np.rint(colored).astype(np.uint8))
    return np.stack(photos)


def write_photos(
    folder: Path,
    images: np.ndarray,
    names: Sequence,
    rng: np.random.Generator,
    shots: int = 1,
) -> None:
    """Write photos of digits or signs as JPEG files, one folder for each class.

    Args:
        folder: where; made if missing.
        images: (n, 28, 28), bright on black.
        names: their classes, n names of folders or whole numbers.
        rng: draws all that is left to chance.
        shots: photos of each; a file's name, scene00012_3.jpg, says of which image
            and which shot.

    Example:
        >>> import tempfile
        >>> rng = np.random.default_rng(0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_photos(folder, np.zeros((1, 28, 28)), [7], rng)
        ...     [file.name for file in Path(folder).glob("7/*")]
        ['scene00000_0.jpg']
    """
    for number, (image, name) in enumerate(zip(images, names, strict=True)):
        place = Path(folder) / str(name)
        place.mkdir(parents=True, exist_ok=True)
        for shot, photo in enumerate(take_photos(image, rng, shots)):
            file = place / f"scene{number:05}_{shot}.jpg"
            Image.fromarray(photo).save(file, quality=QUALITY)


def draw_signs(count: int, rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
    """Draw letters and signs in Matplotlib's fonts, bent as if by hand.

    Args:
        count: how many; all of SIGNS come in turn.
        rng: draws font, thickness and bends.

    Returns:
        Images float32 (count, 28, 28) in [0, 1], bright on black, and the names of
        their classes, "sign00" to "sign36".

    Example:
        >>> images, names = draw_signs(3, np.random.default_rng(0))
        >>> images.shape, names
        ((3, 28, 28), ['sign00', 'sign01', 'sign02'])
    """
    ttf = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [ImageFont.truetype(ttf / f"{name}.ttf", PEN_SIDE) for name in FONTS]
    images, numbers = [], [i % len(SIGNS) for i in range(count)]
    for number in numbers:
        images.append(_draw_sign(SIGNS[number], fonts[rng.integers(len(fonts))], rng))
    return np.stack(images), [f"sign{number:02}" for number in numbers]


def _draw_sign(sign, font, rng):
    """Draw one sign with a pen of some width, bent: float32 (28, 28) in [0, 1]."""
    sheet = Image.new("L", (PEN_SIDE + 16, PEN_SIDE + 16))
    middle = sheet.width / 2
    ImageDraw.Draw(sheet).text(
        (middle, middle), sign, 255, font, "mm", stroke_width=int(rng.integers(0, 3))
    )
    box = sheet.getbbox()
    scale = 40 / max(box[2] - box[0], box[3] - box[1])  # MNIST's 20 of 28 pixels
    size = [round(scale * (box[i + 2] - box[i])) for i in (0, 1)]
    pen = Image.new("L", (PEN_SIDE, PEN_SIDE))
    corner = tuple((PEN_SIDE - side) // 2 for side in size)
    pen.paste(sheet.crop(box).resize(size), corner)
    places = np.indices((PEN_SIDE, PEN_SIDE), dtype=np.float32)
    for axis in (0, 1):
        bend = Image.fromarray(rng.normal(0, BEND, (4, 4)).astype(np.float32))
        size = (PEN_SIDE, PEN_SIDE)
        places[axis] += np.asarray(bend.resize(size, Image.Resampling.BICUBIC))
    bent = ndimage.map_coordinates(np.float32(pen) / 255, places, order=1)
    return bent.reshape(SIDE, 2, SIDE, 2).mean(axis=(1, 3))


def copy_photos(source: Path, target: Path) -> list[str]:
    """Copy the pictures that can be read, as gray JPEGs of one size; name the others.

    Args:
        source: a folder with a folder for each class.
        target: where the copies go, in folders of the same names.

    Returns:
        A sentence for each file that was left out, which begins with its name.

    Raises:
        FileNotFoundError: the source is no folder, or holds no picture in a folder.

    Example:
        >>> copy_photos("no_such_folder", "copies")
        Traceback (most recent call last):
        FileNotFoundError: no_such_folder: there is no such folder
    """
    source, target = Path(source).expanduser(), Path(target)
    if not source.is_dir():
        raise FileNotFoundError(f"{source}: there is no such folder")
    left_out, count = [], 0
    for file in sorted(source.glob("*/*")):
        try:
            picture = read_image(file)
        except ImageError as error:
            left_out.append(f"{file.parent.name}/{file.name}: {error}")
            continue
        place = target / file.parent.name
        place.mkdir(parents=True, exist_ok=True)
        gray = Image.fromarray(np.rint(255 * picture).astype(np.uint8))
        photo = gray.resize((PHOTO_SIDE, PHOTO_SIDE)).convert("RGB")
        photo.save(place / f"{file.name}.jpg", quality=QUALITY)
        count += 1
    if not count:
        raise FileNotFoundError(
            f"{source}: no picture in a folder of its class, such as cat/1.jpg"
        )
    return left_out


def some_of_each(
    labels: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw as many rows of each class.

    Args:
        labels: (n,).
        count: rows per class, at most; fewer where there are fewer.
        rng: draws them.

    Returns:
        The rows, whole numbers, in random order.

    Example:
        >>> labels = np.array([7, 7, 7, 2, 2])
        >>> rows = some_of_each(labels, 2, np.random.default_rng(0))
        >>> sorted(labels[rows].tolist())
        [2, 2, 7, 7]
    """
    rows = []
    for label in np.unique(labels):
        rows.extend(rng.permutation(np.flatnonzero(labels == label))[:count])
    return rng.permutation(rows)


def photos_per_second(dataset, network) -> list[int]:
    """Ask a tf.data dataset for all its batches, and count photos per second.

    Args:
        dataset: gives photos (n, h, w, 3) and labels (n,).
        network: a compiled Keras model for them.

    Returns:
        Photos per second: read for the first time, read again, and read while the
        network trains a step on each batch; of the last two, the fastest of three
        passes, because tf.data's tuning may delay the end of one. A training pass
        before is not counted: it compiles.
    """

    def one_pass(trains: bool = False) -> int:
        count, began = 0, time.perf_counter()
        for photos, labels in dataset:
            if trains:
                network.train_on_batch(photos, labels)
            count += len(photos)
        return round(count / (time.perf_counter() - began))

    first = one_pass()
    again = max(one_pass() for _ in range(3))
    one_pass(trains=True)
    return [first, again, max(one_pass(trains=True) for _ in range(3))]


def load(folder: Path, side: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read all photos of a folder into memory, made small.

    Args:
        folder: with a folder for each class.
        side: pixels of a side to make them.

    Returns:
        Photos float32 (n, side, side, 3) from 0 to 255, labels int32 (n,), and the
        path of each, in the order of their names.
    """
    import keras

    dataset = keras.utils.image_dataset_from_directory(
        folder, image_size=(side, side), shuffle=False, verbose=False
    )
    batches = list(dataset.as_numpy_iterator())
    photos, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return photos, labels, dataset.file_paths


def tiny_and_gray(photos: np.ndarray) -> np.ndarray:
    """Make photos so small that only what is alike in all shots of a scene is left.

    Args:
        photos: float32 (n, side, side, 3) from 0 to 255.

    Returns:
        float32 (n, 28, 28) in [0, 1].

    Example:
        >>> tiny_and_gray(np.full((2, 56, 56, 3), 255, np.float32)).shape
        (2, 28, 28)
    """
    size = (SIDE, SIDE)
    grays = [Image.fromarray(photo.mean(axis=2)) for photo in photos]
    tiny = [np.asarray(gray.resize(size, Image.Resampling.BOX)) for gray in grays]
    return np.stack(tiny) / np.float32(255)


def write_odd_files(folder: Path) -> None:
    """Write what lies in real folders: photos of other kinds, and broken files.

    Args:
        folder: where; made if missing.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_odd_files(folder)
        ...     len(list(Path(folder).iterdir()))
        7
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    seven = np.zeros((SIDE, SIDE))
    seven[5:7, 8:20] = 1
    for row in range(7, 23):
        seven[row, 20 - row // 2 : 23 - row // 2] = 1
    photo = Image.fromarray(take_photos(seven, np.random.default_rng(0))[0])
    photo.save(folder / "plain.jpg", quality=QUALITY)
    photo.convert("CMYK").save(folder / "for_print.jpg")
    photo.convert("P").save(folder / "palette.png")
    photo.save(folder / "from_web.webp")
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6  # "turn me to the right"
    photo.rotate(90).save(folder / "phone.jpg", exif=turned)
    data = (folder / "plain.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(data[: len(data) // 2])
    (folder / "notes.jpg").write_text("milk, bread", encoding="utf-8")
