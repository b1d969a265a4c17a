"""Load what earlier lessons trained and saved, or a short substitute for it."""

import contextlib
import io
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from utils import DATA, ROOT
from utils.checks import require
from utils.digits import Digits

FOLDERS = {"MNIST": "mnist", "drawn digits": "drawn"}
VALIDATION_IMAGES = 5_000  # the last training images: no lesson trains on them
SHORT_IMAGES = 15_000  # training images of a substitute, for one epoch
CHECKPOINT_STEPS = (1000, 2000, 4000, 7000)  # when lesson 05 saves its generator
WEIGHTS_AT = ("storage.googleapis.com", 443)  # Keras's own place for weights
WAIT_S = 3.0  # for a connection
GAN_STEPS, BASELINE_STEPS = 10_000, 1000  # of lesson 05's two trainings
CLASS_STEPS = 6000  # of lesson 10's training with classes


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


def load_dense(digits: Digits):
    """Return the dense network that lesson 02 saved for these digits.

    Where there is none, or one from before that expects pixels from 0 to 1, the same
    network learns on the spot, for one epoch. A printed line says so, and it is not
    saved. Its starting weights come from Keras's random state: set a seed before.

    Args:
        digits: from `load_digits()`.

    Returns:
        A keras.Model: images (n, 28, 28), pixels 0 to 255, to logits (n, 10).
    """
    from utils.from_lessons import build_dense

    dense = _load("dense", digits)
    if dense is None or not _takes_pixels_to_255(dense):
        dense = _train_briefly(build_dense(), digits, "dense.keras of lesson 02")
    return dense


def load_overfitted(digits: Digits):
    """Return the network that learned few images by heart in lesson 03.

    Where nothing was saved, the same network learns the first 500 training images on
    the spot. A printed line says so, and it is not saved. Its starting weights come
    from Keras's random state: set a seed before.

    Args:
        digits: from `load_digits()`.

    Returns:
        A keras.Model: images (n, 28, 28), pixels 0 to 255, to logits (n, 10). It is
        surer of its answers than it is right.
    """
    from utils.from_lessons import build_dense

    overfitted = _load("overfitted", digits)
    if overfitted is None or not _takes_pixels_to_255(overfitted):
        few = {"images": 500, "epochs": 16, "learning_rate": 0.003}
        missing = "overfitted.keras of lesson 03"
        overfitted = _train_briefly(build_dense(dropout=0), digits, missing, **few)
    return overfitted


def load_classifier(digits: Digits):
    """Return the CNN that lesson 04 saved for these digits.

    Where nothing was saved, the same network learns on the spot: one epoch of 15,000
    images, the last 5,000 left out. A printed line says so. It is not saved, so that it
    never takes the place of a good one, and what is measured with the one cannot be
    compared with what is measured with the other. Its starting weights come from
    Keras's random state: set a seed before.

    Args:
        digits: from `load_digits()`.

    Returns:
        A keras.Model: float32 (n, 28, 28, 1) in [0, 1] to logits (n, 10); its layer
        "features" gives (n, 128), and the one called "logits" the logits.

    Raises:
        ValueError: the file holds another network.
    """
    from utils.from_lessons import build_cnn
    from utils.measures import require_layers

    classifier = _load("cnn", digits)
    if classifier is None:
        some = {"images": SHORT_IMAGES, "batch_size": 64, "learning_rate": 0.002}
        return _train_briefly(build_cnn(), digits, "cnn.keras of lesson 04", **some)
    try:
        require_layers(classifier)
    except ValueError as error:
        raise ValueError(f"cnn.keras: {error}; run lesson 04 again") from None
    return classifier


def load_augmented(digits: Digits):
    """Return lesson 04's best network, which learned from moved digits.

    Where nothing was saved, lesson 04's lean network learns on the spot, from 15,000
    images that are not moved: a printed line says so, and it is not saved. Its starting
    weights come from Keras's random state: set a seed before.

    Args:
        digits: from `load_digits()`.

    Returns:
        A keras.Model: float32 (n, 28, 28, 1) in [0, 1] to logits (n, 10).
    """
    from utils.from_lessons import build_lean

    augmented = _load("cnn_augmented", digits)
    if augmented is None:
        some = {"images": SHORT_IMAGES, "batch_size": 64, "learning_rate": 0.004}
        missing = "cnn_augmented.keras of lesson 04"
        augmented = _train_briefly(build_lean(), digits, missing, **some)
    return augmented


def load_mobilenet(side: int):
    """Return MobileNetV3Small with what it learned on ImageNet, without its last layer.

    Keras downloads the weights once, 4 MB. Where there is no network, this takes at
    most WAIT_S seconds to find out.

    Args:
        side: of the photos, in pixels, 32 or more.

    Returns:
        A keras.Model: photos (n, side, side, 3) from 0 to 255 to features (n, h, w,
        576); or None where the weights are not here and cannot be fetched.
    """
    import keras

    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    if not list((home / "models").glob("weights_mobilenet_v3_small*no_top*")):
        try:
            socket.create_connection(WEIGHTS_AT, timeout=WAIT_S).close()
        except OSError:
            return None
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(10 * WAIT_S)  # for a download that stops half-way
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # its progress bar
            return keras.applications.MobileNetV3Small(
                input_shape=(side, side, 3), include_top=False, weights="imagenet"
            )
    except Exception:  # noqa: BLE001 - no weights, for whatever reason
        return None
    finally:
        socket.setdefaulttimeout(before)


def _load(name: str, digits: Digits):
    """Return the saved model of this name, or None where there is none."""
    import keras

    path = model_path(name, digits.name)
    return keras.models.load_model(path) if path.exists() else None


def _takes_pixels_to_255(dense) -> bool:
    """Tell whether the network scales its pixels itself, as lesson 02's does."""
    import keras

    return isinstance(dense.layers[0], keras.layers.Rescaling)


def _train_briefly(
    model,
    digits: Digits,
    missing: str,
    images: int | None = None,
    epochs: int = 1,
    batch_size: int = 32,
    learning_rate: float = 0.001,
):
    """Train a model in place of the missing one, say so, and return it."""
    import keras

    count = len(digits.x_train) - VALIDATION_IMAGES
    x, y = digits.x_train[:count][:images], digits.y_train[:count][:images]
    print(f"No {missing} here: training it briefly, {len(x):,} images.")
    if len(model.input_shape) == 4:
        x = x[..., None].astype("float32") / 255
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0)
    return model


@dataclass(frozen=True)
class Generators:
    """Generators to measure; each maps noise (n, 100) to (n, 784) in [-1, 1].

    Attributes:
        baseline: trained as long as the first checkpoint, with Keras's defaults.
        final: trained fully, with lesson 05's last settings; its weights averaged.
        last: the same training, with its last weights as they are.
        checkpoints: by number of steps, `final` at four moments of its training.
        note: where they come from, in words.
    """

    baseline: object
    final: object
    last: object
    checkpoints: dict[int, object]
    note: str


def load_generators(digits: Digits, fraction: float = 0.1) -> Generators:
    """Return the generators that lesson 05 saved for these digits.

    Where one is missing, all are trained on the spot in a shorter form; a printed line
    says so, and nothing is saved. Their starting weights come from Keras's random
    state: set a seed before.

    Args:
        digits: from `load_digits()`.
        fraction: of lesson 05's steps in that case, 0.005 to 1; a tenth takes half a
            minute on a laptop.

    Returns:
        The generators, with `checkpoints` in order of steps.

    Raises:
        ValueError: a fraction out of range, or a file that holds another network.
    """
    import keras

    require(fraction=(fraction, 0.005, 1.0))
    names = {"baseline": "generator_baseline", "final": "generator"}
    names["last"] = "generator_last"
    names |= {step: f"generator_{step}" for step in CHECKPOINT_STEPS}
    paths = {key: model_path(name, digits.name) for key, name in names.items()}
    if all(path.exists() for path in paths.values()):
        found = {key: keras.models.load_model(path) for key, path in paths.items()}
        note = "as lesson 05 saved them"
        for key, model in found.items():
            shapes = model.input_shape, model.output_shape
            if shapes != ((None, 100), (None, 784)):
                name = paths[key].name
                raise ValueError(f"{name}: shapes {shapes}; run lesson 05 again")
    else:
        print("Not all generators of lesson 05 are here: training short ones.")
        found = _train_generators(digits, fraction)
        note = f"trained here, with {fraction:.1%} of lesson 05's steps"
    named = {name: found.pop(name) for name in ("baseline", "final", "last")}
    return Generators(**named, checkpoints=found, note=note)


def _train_generators(digits: Digits, fraction: float) -> dict:
    """Return generators as lesson 05 trains them, by name or number of steps."""
    from utils.from_lessons import averaged, make_batches

    images = (digits.x_train.reshape(-1, 784) / 127.5 - 1).astype("float32")
    batches = make_batches(images)

    def fit(gan, steps):
        gan.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)

    def shorter(steps):
        return max(1, round(steps * fraction))

    baseline = _compiled_gan(fraction, momentum=0.99, beta_1=0.9)
    fit(baseline, shorter(BASELINE_STEPS))
    found, done = {"baseline": averaged(baseline)}, 0
    gan = _compiled_gan(fraction, penalty=0.5)
    for steps in (*CHECKPOINT_STEPS, GAN_STEPS):
        goal = shorter(steps)
        fit(gan, goal - done)
        found[goal], done = averaged(gan), goal
    found["final"], found["last"] = found.pop(done), gan.generator
    return found


def _compiled_gan(fraction, momentum=0.8, beta_1=0.0, penalty=0.0):
    """Lesson 05's GAN with these settings, ready to train."""
    from utils import from_lessons as lessons

    gan = lessons.GAN(
        lessons.build_generator(momentum=momentum),
        lessons.build_discriminator(),
        penalty,
    )
    lessons.compile_gan(gan, 0.001, GAN_STEPS * fraction, beta_1=beta_1)
    gan.jit_compile = fraction >= 0.1  # compiling takes some seconds: for long runs
    return gan


def load_class_generator(digits: Digits, fraction: float = 0.1):
    """Return lesson 10's generator, which draws the digit that it is asked for.

    Where nothing was saved, the same network learns on the spot, in fewer steps: its
    digits are worse. A printed line says so, and it is not saved. Its starting weights
    come from Keras's random state: set a seed before.

    Args:
        digits: from `load_digits()`.
        fraction: of lesson 10's steps in that case, 0.005 to 1; a tenth takes some ten
            seconds on a laptop.

    Returns:
        A keras.Model, called as `generator([z, one_hot])`: noise float32 (n, 64) and
        the classes asked for, float32 (n, 10), to float32 (n, 28, 28, 1) in [-1, 1].

    Raises:
        ValueError: a fraction out of range, or a file that holds another network.
    """
    require(fraction=(fraction, 0.005, 1.0))
    generator = _load("generator_class", digits)
    if generator is None:
        return _train_class_generator(digits, max(1, round(CLASS_STEPS * fraction)))
    shapes = generator.input_shape, generator.output_shape
    if shapes != ([(None, 64), (None, 10)], (None, 28, 28, 1)):
        raise ValueError(f"generator_class.keras: shapes {shapes}; run lesson 10 again")
    return generator


def _train_class_generator(digits: Digits, steps: int):
    """Return a generator as lesson 10 trains it, after a few steps."""
    import numpy as np

    from utils import from_lessons as lessons

    print(f"No generator_class.keras of lesson 10 here: {steps} steps instead.")
    count = len(digits.x_train) - VALIDATION_IMAGES
    images = (digits.x_train[:count, ..., None] / 127.5 - 1).astype("float32")
    classes = np.eye(10, dtype="float32")[digits.y_train[:count]]
    gan = lessons.ClassGAN(
        lessons.build_class_generator(),
        lessons.build_conv_discriminator(outputs=10),
        penalty=0.5,
    )
    lessons.compile_gan(gan, 0.002, steps, beta_1=0.0, beta_2=0.99)
    batches = lessons.make_batches((images, classes), 64)
    gan.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)
    return lessons.averaged_class_generator(gan, classes[:500])
