"""Say where the models that lessons train are saved, and found by later lessons."""

import os
import re
from pathlib import Path

from utils import DATA, ROOT

FOLDERS = {"MNIST": "mnist", "drawn digits": "drawn"}


def model_path(name: str, digits_name: str) -> Path:
    """Return the file of a model, data/models/mnist/<name>.keras, and make its folder.

    Args:
        name: of the model: letters, digits, "_", "-" and ".", say "02_classifier".
        digits_name: of the digits it learned from: "MNIST" or "drawn digits".

    Returns:
        The path. The environment variable COURSE_MODELS, if set, replaces data/models;
        a relative one counts from the course's folder.

    Raises:
        ValueError: the name has other characters, or the digits are unknown.

    Example:
        >>> model_path("02_classifier", "MNIST").parts[-2:]
        ('mnist', '02_classifier.keras')
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError(f"name {name!r}: use letters, digits, '_', '-' and '.'")
    if digits_name not in FOLDERS:
        raise ValueError(f"digits_name {digits_name!r}: allowed are {list(FOLDERS)}")
    models = Path(os.environ.get("COURSE_MODELS") or DATA / "models").expanduser()
    folder = ROOT / models / FOLDERS[digits_name]
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.keras"
