"""Recognise one handwritten digit: the model and what is needed to use it anywhere.

Lesson, pad, page and API all ask a `Recognizer`. It prepares a picture as
`utils.handwriting.preparation` does, asks the model, and answers "not sure" where no
digit is likely enough.
"""

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from utils import SIDE
from utils.handwriting.preparation import Prepared, prepare
from utils.saved_models import FOLDERS, load_classifier, model_path

CONFIDENCE_THRESHOLD = 0.95  # a digit needs this probability: lesson 08 weighs it
FAINT = 0.1  # a 28 x 28 array with less contrast holds no digit
TOP = 3  # digits that a prediction ranks
CLASSES = 10
BATCH = 250  # images that the model sees at once, at most: what fits in memory
MODELS = ("cnn_augmented", "cnn")  # of lesson 04, best first
NO_DIGIT, NOT_SURE = "no digit", "not sure"


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a recognizer says about one picture.

    Attributes:
        answer: "0" to "9", "not sure", "no digit" or "more than one digit".
        digit: 0 to 9, or None if the answer is no digit.
        probabilities: float32 (10,) adding up to 1, or None where no model was asked.
        image: what the model saw, float32 (28, 28) in [0, 1], 0 the paper.
        model: its "name" and the "digits" it learned from.
    """

    answer: str
    digit: int | None
    probabilities: np.ndarray | None = field(repr=False)
    image: np.ndarray = field(repr=False)
    model: dict[str, str] = field(repr=False)

    def as_dict(self) -> dict:
        """Return the prediction as the API gives it: plain values that JSON can hold.

        Returns:
            "answer", "digit" and "model" as above; "probabilities": 10 floats, rounded
            to 6 places, or None; "top": the 3 likeliest, first the best, as dicts of
            "digit" and "probability"; "image": 28 rows of 28 whole numbers, 0 to 255.

        Example:
            >>> model = {"name": "cnn", "digits": "MNIST"}
            >>> nothing = Prediction("no digit", None, None, np.zeros((28, 28)), model)
            >>> nothing.as_dict()["answer"], nothing.as_dict()["top"]
            ('no digit', [])
        """
        probabilities, top = None, []
        if self.probabilities is not None:
            probabilities = [round(float(p), 6) for p in self.probabilities]
            best = np.argsort(-self.probabilities, kind="stable")[:TOP].tolist()
            top = [{"digit": d, "probability": probabilities[d]} for d in best]
        return {
            "answer": self.answer,
            "digit": self.digit,
            "probabilities": probabilities,
            "top": top,
            "image": np.rint(self.image * 255).astype(int).tolist(),
            "model": dict(self.model),
        }


class Recognizer:
    """A trained model that reads pictures, compiled once for any number of images.

    Layers that only training needs, such as augmentation and dropout, do nothing. Calls
    from several threads at a time are allowed.

    Args:
        model: a keras.Model from (n, 28, 28, 1) in [0, 1] to logits (n, 10).
        name: the model's, for people.
        digits: which digits it learned from, for people.

    Raises:
        ValueError: a model of other shapes.
    """

    def __init__(self, model, name: str, digits: str):
        import tensorflow as tf

        shapes = tuple(model.input_shape), tuple(model.output_shape)
        if shapes != ((None, SIDE, SIDE, 1), (None, CLASSES)):
            raise ValueError(
                f"a model from {shapes[0]} to {shapes[1]}; one from "
                f"(None, {SIDE}, {SIDE}, 1) to (None, {CLASSES}) is allowed"
            )
        self.model, self.name, self.digits = model, name, digits

        @tf.function(input_signature=[tf.TensorSpec((None, SIDE, SIDE), tf.float32)])
        def probabilities(images):
            return tf.nn.softmax(model(images[..., None], training=False))

        self._compiled = probabilities.get_concrete_function()
        self.probabilities(np.zeros((1, SIDE, SIDE)))  # the first call compiles

    def __repr__(self) -> str:
        return f"Recognizer({self.name}, trained on {self.digits})"

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return how likely each digit is for each image.

        Args:
            images: floats (n, 28, 28) in [0, 1], 0 the paper; n may be 0.

        Returns:
            float32 (n, 10); each row adds up to 1.

        Raises:
            ValueError: another shape or kind, or values out of range.
        """
        import tensorflow as tf

        images = _checked(np.asarray(images), "(n, 28, 28)", "floats in [0, 1]")
        found = [np.empty((0, CLASSES), np.float32)]
        for start in range(0, len(images), BATCH):
            batch = tf.constant(images[start : start + BATCH])
            found.append(self._compiled(batch).numpy())
        return np.concatenate(found)

    def recognize(self, source) -> Prediction:
        """Read a picture: prepare it, then ask the model.

        Args:
            source: as `utils.handwriting.image_files.read_image` takes it: a file, its
                bytes, a Pillow image or an array.

        Returns:
            A Prediction.

        Raises:
            ImageError: a source that is no picture; a ValueError too.
        """
        return self.recognize_prepared(prepare(source))

    def recognize_image(self, image: np.ndarray) -> Prediction:
        """Read an array that is as the model sees it, and is not prepared again.

        Args:
            image: (28, 28), 0 the paper: floats in [0, 1] or uint8.

        Returns:
            A Prediction, "no digit" where the contrast is below a tenth.

        Raises:
            ValueError: another shape or kind, or values out of range.
        """
        image = np.asarray(image)
        if image.dtype == np.uint8:
            image = image / np.float32(255)
        image = _checked(image, "(28, 28)", "uint8, or floats in [0, 1]")
        problem = "" if np.ptp(image) >= FAINT else NO_DIGIT
        return self.recognize_prepared(Prepared(image, problem, {}))

    def recognize_prepared(self, prepared: Prepared) -> Prediction:
        """Ask the model about a picture that is prepared, unless it has a problem.

        Args:
            prepared: what `utils.handwriting.preparation.prepare` returned.

        Returns:
            A Prediction. The answer is the problem, if there is one, and "not sure"
            where no digit has a probability of CONFIDENCE_THRESHOLD.
        """
        model = {"name": self.name, "digits": self.digits}
        if prepared.problem:
            return Prediction(prepared.problem, None, None, prepared.image, model)
        probabilities = self.probabilities(prepared.image[None])[0]
        digit = int(probabilities.argmax())
        if probabilities[digit] < CONFIDENCE_THRESHOLD:
            return Prediction(NOT_SURE, None, probabilities, prepared.image, model)
        return Prediction(str(digit), digit, probabilities, prepared.image, model)


def load_recognizer(
    digits_name: str | None = None, path: str | Path | None = None
) -> Recognizer:
    """Return the best recognizer there is here.

    That is `cnn_augmented` of lesson 04, else `cnn`, and what learned from MNIST before
    what learned from drawn digits. Where none is saved, the network of lesson 04 learns
    briefly, as `utils.saved_models.load_classifier` does, and a printed line says so.

    Args:
        digits_name: "MNIST" or "drawn digits": only what learned from these. With
            `path`: what the model learned from.
        path: this .keras file and no other.

    Returns:
        A Recognizer, compiled and warm. Files are loaded in Keras's safe mode: a file
        that holds code is refused.

    Raises:
        ValueError: a file that is no such model, or an unknown digits_name.
        OSError: there is no file at `path`.
        DigitsError: no model is saved, and no digits can be loaded to train one.
    """
    if path is not None:
        path = Path(path)
        names = {folder: name for name, folder in FOLDERS.items()}
        digits = digits_name or names.get(path.parent.name, "digits of your choice")
        return _load(path, digits)
    for digits in [digits_name] if digits_name else FOLDERS:
        for name in MODELS:
            path = model_path(name, digits)
            if path.exists():
                return _load(path, digits)
    from utils.digits import load_digits

    digits = load_digits("drawn" if digits_name == "drawn digits" else None)
    return Recognizer(load_classifier(digits), "cnn, trained briefly", digits.name)


def _load(path: Path, digits: str) -> Recognizer:
    """The recognizer of a file."""
    import keras

    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        return Recognizer(model, path.stem, digits)
    except Exception as error:  # noqa: BLE001 - a damaged file breaks Keras anywhere
        reason = textwrap.shorten(str(error), 200, placeholder=" ...")
        raise ValueError(
            f"{path.name} is no model that reads digits ({reason}); "
            "lesson 04 saves one: run it again"
        ) from error


def _checked(images: np.ndarray, shape: str, allowed: str) -> np.ndarray:
    """Images as float32, or a ValueError that says which shape or values they have."""
    if images.ndim != shape.count(",") + 1 or images.shape[-2:] != (SIDE, SIDE):
        raise ValueError(f"values of shape {images.shape}; {shape} is allowed")
    if images.dtype.kind != "f":
        raise ValueError(f"values of {images.dtype}; {allowed} are allowed")
    if images.size and not (images.min() >= 0 and images.max() <= 1):  # also NaN
        low, high = images.min(), images.max()
        raise ValueError(f"values from {low:.9g} to {high:.9g}; {allowed} are allowed")
    return images.astype(np.float32, copy=False)
