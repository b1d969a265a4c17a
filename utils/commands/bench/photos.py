"""Cases that read a folder of photos: the whole at once, or batch by batch."""

import numpy as np
from PIL import Image

from utils.commands.bench.digit_files import read_or_draw
from utils.commands.bench.machine import shared_folder, start_tensorflow
from utils.digits import load_digits
from utils.handwriting.photo_folders import PHOTO_SIDE, write_photos

COUNT = 1000  # photos


def write_folder() -> None:
    """Write photos of the digits at hand, a folder for each class."""
    digits = load_digits()
    images, labels = digits.x_train[:COUNT], digits.y_train[:COUNT]
    write_photos(shared_folder() / "photos", images, labels, np.random.default_rng(0))


def read_whole() -> dict:
    """Read all photos with Pillow into one array of floats, as many notebooks do."""
    files = sorted((shared_folder() / "photos").glob("*/*.jpg"))

    def read():
        photos = [np.asarray(Image.open(file), np.float32) for file in files]
        return np.stack(photos)

    return read_or_draw(read, len(files))


def stream(cached: bool = False) -> dict:
    """Ask lesson 13's dataset for all batches; the second time, if it has a cache."""
    start_tensorflow()
    import keras

    dataset = keras.utils.image_dataset_from_directory(
        shared_folder() / "photos",
        image_size=(PHOTO_SIDE, PHOTO_SIDE),
        verbose=False,
    )
    count = len(dataset.file_paths)
    if cached:
        dataset = dataset.cache()

    def read():
        for _ in dataset:
            pass

    if cached:
        read()
    return read_or_draw(read, count)
