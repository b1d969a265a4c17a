"""The GAN of lesson 04 for the lessons after it, and the generators that it saved.

A test keeps the networks, losses and the step equal to those in the notebook.
"""

from dataclasses import dataclass

import numpy as np

import utils.runtime  # noqa: F401 - before Keras: its start-up lines stay out

# isort: split
import keras
import tensorflow as tf

from utils.digits import Digits
from utils.saved_models import model_path

LATENT_DIM = 100
CURVES = ["d_loss", "g_loss", "real_right", "fake_right"]
ALONG = (1000, 2000, 4000, 7000)  # steps after which lesson 04 saves its generator
STEPS, PLAIN_STEPS = 10_000, 600  # of lesson 04's two trainings
BATCH_SIZE = 128
A_CALL = 5  # steps a call in a short training; Keras takes whole calls only

bce = keras.losses.BinaryCrossentropy(from_logits=True)


def build_generator(slope=0.2, momentum=0.8):
    """Return an untrained generator, first built in notebook 04.

    Args:
        slope: of leaky ReLU below 0; 0 makes it ReLU.
        momentum: of batch normalisation.

    Returns:
        A keras.Sequential: noise (n, 100) to pictures (n, 784) in [-1, 1].

    Example:
        >>> build_generator()(np.zeros((2, 100))).shape
        TensorShape([2, 784])
    """
    stack = [keras.Input((LATENT_DIM,))]
    for size in (256, 512, 1024):
        stack.append(keras.layers.Dense(size))
        stack.append(keras.layers.BatchNormalization(momentum=momentum))
        stack.append(keras.layers.LeakyReLU(slope))
    stack.append(keras.layers.Dense(784, activation="tanh"))
    return keras.Sequential(stack)


def build_discriminator(slope=0.2, dropout=0.0):
    """Return an untrained discriminator, first built in notebook 04.

    Args:
        slope: of leaky ReLU below 0; 0 makes it ReLU.
        dropout: rate after each hidden layer, 0 to below 1.

    Returns:
        A keras.Sequential: pictures (n, 784) in [-1, 1] to logits (n, 1), real above 0.
    """
    stack = [keras.Input((784,))]
    for size in (512, 256):
        stack.append(keras.layers.Dense(size))
        stack.append(keras.layers.LeakyReLU(slope))
        stack.append(keras.layers.Dropout(dropout))
    return keras.Sequential([*stack, keras.layers.Dense(1)])


def discriminator_loss(real_logits, fake_logits, real_label=1.0):
    """Return the discriminator's loss of logits (n, 1), first built in notebook 04."""
    labels = tf.fill(tf.shape(real_logits), real_label)
    zeros = tf.zeros_like(fake_logits)
    return bce(labels, real_logits) + bce(zeros, fake_logits)


def generator_loss(fake_logits):
    """Return the non-saturating loss of logits (n, 1), first built in notebook 04."""
    return bce(tf.ones_like(fake_logits), fake_logits)


def gradient_penalty(discriminator, images):
    """Return the mean squared slope of the logit by pixel, of images (n, 784).

    First built in notebook 04; R1 of Mescheder and others (2018),
    https://arxiv.org/abs/1801.04406.
    """
    with tf.GradientTape() as tape:
        tape.watch(images)
        logits = discriminator(images, training=True)
    slopes = tape.gradient(logits, images)  # (n, 784)
    return tf.reduce_mean(tf.reduce_sum(slopes**2, axis=1))


class Players(keras.Model):
    """A generator and a discriminator, each with its optimiser: see notebook 04."""

    def __init__(self, maker, judge, real_label=1.0, penalty=0.0, seed=0):
        super().__init__()
        self.maker, self.judge = maker, judge
        self.real_label, self.penalty, self.seed = real_label, penalty, seed
        self.maker_loss = generator_loss
        self.means = [keras.metrics.Mean(name) for name in CURVES]
        self.built = True

    def compile(self, rate=0.001, beta_1=0.0, judge_rate=None, a_call=50):
        """Give each player an Adam; take `a_call` steps for each call from Python."""
        adam = keras.optimizers.Adam
        optimizer = adam(rate, beta_1, use_ema=True)
        optimizer.build(self.maker.trainable_variables)
        self.judge_optimizer = adam(judge_rate or rate, beta_1)
        self.judge_optimizer.build(self.judge.trainable_variables)
        fast = {"steps_per_execution": a_call, "jit_compile": True}
        super().compile(optimizer, **fast)

    def descend(self, tape, loss, player, optimizer):
        """Update one player."""
        slopes = tape.gradient(loss, player.trainable_variables)
        optimizer.apply(slopes, player.trainable_variables)


class GAN(Players):
    """The step that trains both, first built in notebook 04."""

    def train_step(self, real):
        """Take a step on real images (n, 784) in [-1, 1]; return the running means."""
        maker, judge = self.maker, self.judge
        shape = (tf.shape(real)[0], LATENT_DIM)
        step = tf.cast(self.optimizer.iterations.value, "int64")
        seed = tf.stack([self.seed, step])
        z = tf.random.stateless_normal(shape, seed)  # other noise each step
        with tf.GradientTape() as maker_tape:
            fake = maker(z, training=True)
        with tf.GradientTape() as judge_tape:
            on_real = judge(real, training=True)
            on_fake = judge(fake, training=True)
            d_loss = discriminator_loss(on_real, on_fake, self.real_label)
            if self.penalty:
                d_loss += self.penalty * gradient_penalty(judge, real[:16])
        self.descend(judge_tape, d_loss, judge, self.judge_optimizer)
        with maker_tape:
            g_loss = self.maker_loss(judge(fake, training=True))
        self.descend(maker_tape, g_loss, maker, self.optimizer)
        right = [keras.ops.mean(on_real > 0), keras.ops.mean(on_fake < 0)]
        values = [d_loss, g_loss, *right]
        for mean, value in zip(self.means, values, strict=True):
            mean.update_state(value)
        return {mean.name: mean.result() for mean in self.means}


def averaged(gan, seed=0):
    """Return a copy of the generator with the mean of its recent weights.

    First built in notebook 04.

    Args:
        gan: a compiled and trained GAN; it stays as it is.
        seed: of the noise by which batch normalisation learns the new means, in 30
            passes: enough for a momentum up to 0.9.

    Returns:
        A new keras.Sequential like `gan.maker`.
    """
    now = gan.maker.get_weights()
    gan.optimizer.finalize_variable_values(gan.maker.trainable_variables)
    maker = keras.models.clone_model(gan.maker)
    maker.set_weights(gan.maker.get_weights())
    gan.maker.set_weights(now)
    rng = np.random.default_rng(seed)
    for z in rng.normal(size=(30, 1000, LATENT_DIM)).astype("float32"):
        maker(z, training=True)
    return maker


@dataclass(frozen=True)
class Generators:
    """Generators to measure; each maps noise (n, 100) to (n, 784) in [-1, 1].

    Attributes:
        plain: trained briefly, with the usual settings.
        tuned: trained fully, with lesson 04's last settings.
        along: by number of steps, `tuned` at four moments of its training.
        note: where they come from, in words.
    """

    plain: keras.Model
    tuned: keras.Model
    along: dict[int, keras.Model]
    note: str


def load_generators(digits: Digits, share: float = 0.1) -> Generators:
    """Return the generators that lesson 04 saved for these digits.

    Where one is missing, all are trained on the spot in a shorter form; a printed line
    says so, and nothing is saved. Their starting weights come from Keras's random
    state: set a seed before.

    Args:
        digits: from `load_digits()`.
        share: of lesson 04's steps in that case, 0.005 to 1; a tenth takes half a
            minute on a laptop.

    Returns:
        The generators, with `along` in order of steps.

    Raises:
        ValueError: a share out of range, or a file that holds another network.
    """
    if not 0.005 <= share <= 1:
        raise ValueError(f"share is {share}; 0.005 to 1 is allowed")
    names = {"plain": "generator_plain", "tuned": "generator"}
    names |= {step: f"generator_{step}" for step in ALONG}
    paths = {key: model_path(name, digits.name) for key, name in names.items()}
    if all(path.exists() for path in paths.values()):
        found = {key: keras.models.load_model(path) for key, path in paths.items()}
        note = "as lesson 04 saved them"
        for key, model in found.items():
            shapes = model.input_shape, model.output_shape
            if shapes != ((None, LATENT_DIM), (None, 784)):
                name = paths[key].name
                raise ValueError(f"{name}: shapes {shapes}; run lesson 04 again")
    else:
        print("Not all generators of lesson 04 are here: training short ones.")
        found = _train_short(digits, share)
        note = f"trained here, with {share:.1%} of lesson 04's steps"
    plain, tuned = found.pop("plain"), found.pop("tuned")
    return Generators(plain, tuned, found, note)


def _train_short(digits: Digits, share: float) -> dict:
    """Return "plain", steps taken, and "tuned"."""
    images = (digits.x_train.reshape(-1, 784) / 127.5 - 1).astype("float32")
    batches = tf.data.Dataset.from_tensor_slices(images).shuffle(60_000, seed=0)
    batches = batches.repeat().batch(BATCH_SIZE, drop_remainder=True).prefetch(2)
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread can keep fit waiting
    batches = batches.with_options(options)

    def fit(gan, steps):
        gan.fit(batches, steps_per_epoch=steps, shuffle=False, verbose=0)

    def shorter(steps):
        return A_CALL * max(1, round(steps * share / A_CALL))

    plain = GAN(build_generator(0.0, 0.99), build_discriminator(0.0))
    plain.compile(beta_1=0.9, a_call=A_CALL)
    fit(plain, shorter(PLAIN_STEPS))
    found, done = {"plain": plain.maker}, 0
    gan = GAN(build_generator(), build_discriminator(), penalty=0.5)
    gan.compile(a_call=A_CALL)
    for steps in (*ALONG, STEPS):
        goal = shorter(steps)
        fit(gan, goal - done)
        found[goal], done = averaged(gan), goal
    found["tuned"] = found.pop(done)
    return found
