"""Cases that train lesson 11's variational autoencoder."""

import numpy as np

from utils.commands.bench.classifiers import load_images
from utils.commands.bench.machine import seconds_of, start_tensorflow

BATCH_SIZE = 128
NUMBERS = 8  # of a code, as in the lesson
STEPS_PER_EXECUTION = 10  # as in the lesson


def build_vae():
    """Return lesson 11's variational autoencoder, compiled as it does."""
    import keras

    from utils import from_lessons as lesson

    halves = lesson.build_halves(into=2 * NUMBERS, out_of=NUMBERS)
    vae = lesson.VAE(*halves)
    optimizer = keras.optimizers.Adam(0.001)
    vae.compile(optimizer=optimizer, steps_per_execution=STEPS_PER_EXECUTION)
    return vae


def take_steps(images: np.ndarray, compiled: bool = False):
    """Return a function that takes one step of the usual loop, and what it trains.

    As tutorials write it: the step of the same networks in plain Python under a
    gradient tape; `compiled` puts it into a `tf.function`.
    """
    import tensorflow as tf

    vae = build_vae()
    batches = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images))
    batches = iter(batches.repeat().batch(BATCH_SIZE))
    step = tf.function(vae.train_step) if compiled else vae.train_step
    return lambda: step(next(batches)), vae


def usual_loop(compiled: bool = False) -> dict:
    """Take steps of the usual loop, each called from Python."""
    start_tensorflow()
    step, _ = take_steps(load_images()[0], compiled)
    step()  # compiles, and fills the shuffled buffer
    return {"steps per second": 1 / seconds_of(step, times=100)}


def course() -> dict:
    """Train as lesson 11 does: 400 steps after the first 50."""
    start_tensorflow()
    vae, images = build_vae(), load_images()[0]

    def fit(steps):
        vae.fit(images[: steps * BATCH_SIZE], batch_size=BATCH_SIZE, verbose=0)

    fit(50)  # compiles
    return {"steps per second": 400 / seconds_of(lambda: fit(400))}
