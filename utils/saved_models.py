"""Load what earlier lessons trained and saved, or a short substitute for it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utils import DATA, ROOT
from utils.checks import require
from utils.digits import Digits

FOLDERS = {"MNIST": "mnist", "drawn digits": "drawn"}
VALIDATION_IMAGES = 5_000  # the last training images: no lesson trains on them
SHORT_IMAGES = 15_000  # training images of a substitute, for one epoch
GAN_STEPS, BASELINE_STEPS = 10_000, 600  # of lesson 05's two trainings
CHECKPOINT_STEPS = (1000, 2000, 4000, 7000)  # when lesson 05 saves its generator


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
    import keras

    from utils.from_lessons import build_dense

    path = model_path("dense", digits.name)
    if path.exists():
        dense = keras.models.load_model(path)
        if isinstance(dense.layers[0], keras.layers.Rescaling):
            return dense
    print(f"No {path.name} of lesson 02 here: training it briefly, one epoch.")
    dense = build_dense()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    dense.compile(optimizer="adam", loss=loss)
    count = len(digits.x_train) - VALIDATION_IMAGES
    dense.fit(digits.x_train[:count], digits.y_train[:count], verbose=0)
    return dense


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
    import keras

    from utils.from_lessons import build_cnn
    from utils.measures import require_layers

    path = model_path("cnn", digits.name)
    if path.exists():
        classifier = keras.models.load_model(path)
        try:
            require_layers(classifier)
        except ValueError as error:
            raise ValueError(f"{path.name}: {error}; run lesson 04 again") from None
        return classifier
    print(f"No {path.name} of lesson 04 here: training it briefly, one epoch.")
    classifier = build_cnn()
    classifier.compile(
        optimizer=keras.optimizers.Adam(0.002),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    count = len(digits.x_train) - VALIDATION_IMAGES
    chosen = np.random.default_rng(0).permutation(count)[:SHORT_IMAGES]
    images = digits.x_train[chosen, ..., None].astype("float32") / 255
    classifier.fit(images, digits.y_train[chosen], batch_size=64, verbose=0)
    return classifier


@dataclass(frozen=True)
class Generators:
    """Generators to measure; each maps noise (n, 100) to (n, 784) in [-1, 1].

    Attributes:
        baseline: trained briefly, with Keras's defaults.
        final: trained fully, with lesson 05's last settings.
        checkpoints: by number of steps, `final` at four moments of its training.
        note: where they come from, in words.
    """

    baseline: object
    final: object
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
    baseline, final = found.pop("baseline"), found.pop("final")
    return Generators(baseline, final, found, note)


def _train_generators(digits: Digits, fraction: float) -> dict:
    """Return generators as lesson 05 trains them, by name or number of steps."""
    from utils.from_lessons import averaged, make_batches

    images = (digits.x_train.reshape(-1, 784) / 127.5 - 1).astype("float32")
    batches = make_batches(images)

    def fit(gan, steps):
        gan.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)

    def shorter(steps):
        return max(1, round(steps * fraction))

    baseline = _compiled_gan(negative_slope=0.0, momentum=0.99, beta_1=0.9)
    fit(baseline, shorter(BASELINE_STEPS))
    found, done = {"baseline": baseline.generator}, 0
    gan = _compiled_gan(penalty=0.5)
    for steps in (*CHECKPOINT_STEPS, GAN_STEPS):
        goal = shorter(steps)
        fit(gan, goal - done)
        found[goal], done = averaged(gan), goal
    found["final"] = found.pop(done)
    return found


def _compiled_gan(negative_slope=0.2, momentum=0.8, beta_1=0.0, penalty=0.0):
    """Lesson 05's GAN with these settings, ready to train."""
    from keras.optimizers import Adam

    from utils import from_lessons as lessons

    gan = lessons.GAN(
        lessons.build_generator(negative_slope, momentum),
        lessons.build_discriminator(negative_slope),
        penalty,
    )
    gan.compile(
        d_optimizer=Adam(0.001, beta_1),
        g_optimizer=Adam(0.001, beta_1, use_ema=True),
        g_loss=lessons.generator_loss,
        jit_compile=True,
    )
    return gan
