"""Cases that train lesson 05's GAN, and the share of a bound that they reach.

Two more train lesson 10's, of convolutions, whose rate alone is measured.
"""

import math
from collections.abc import Callable
from statistics import median

import numpy as np

from utils.commands.bench.classifiers import load_images
from utils.commands.bench.machine import seconds_of, start_tensorflow

BATCH_SIZE = 128
CONV_BATCH_SIZE = 64  # of lesson 10
PENALTY_ROWS = 16  # images of a batch that lesson 05's gradient penalty takes
Shapes = list[tuple[int, int]]  # inputs and outputs of each Dense layer, in order


def load_flat_images() -> np.ndarray:
    """Return the training images as the GAN has them: (n, 784) in [-1, 1]."""
    return load_images()[0].reshape(-1, 784) * 2 - 1


def build_gan(steps_per_execution: int = 50, penalty: float = 0.0):
    """Return lesson 05's GAN, compiled as it does."""
    import keras

    from utils import from_lessons as lesson

    networks = lesson.build_generator(), lesson.build_discriminator()
    gan = lesson.GAN(*networks, penalty=penalty)
    gan.compile(
        d_optimizer=keras.optimizers.Adam(0.001, beta_1=0.0),
        g_optimizer=keras.optimizers.Adam(0.001, beta_1=0.0),
        g_loss=lesson.generator_loss,
        steps_per_execution=steps_per_execution,
        jit_compile=True,
    )
    return gan


def take_turns(x_train: np.ndarray, both_learn: bool = False, networks: tuple = ()):
    """Return a function that takes one turn of the usual loop, and its two networks.

    They are lesson 05's, or those given: a generator and a discriminator.

    The recipe of https://github.com/eriklindernoren/Keras-GAN (gan.py). Under Keras 3,
    which reads `trainable` when a model first trains, its discriminator learns nothing.
    So that both learn, train it once before it is frozen; and call the generator, which
    is faster than its `predict`.
    """
    import keras

    from utils.from_lessons import LATENT_DIM, build_discriminator, build_generator

    rng = np.random.default_rng(0)
    size = CONV_BATCH_SIZE if networks else BATCH_SIZE
    ones, zeros = np.ones((size, 1)), np.zeros((size, 1))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    generator, discriminator = networks or (build_generator(), build_discriminator())
    discriminator.compile("adam", loss=loss)
    if both_learn:
        discriminator.train_on_batch(x_train[:size], ones)
    discriminator.trainable = False  # meant for the stack alone
    stack = keras.Sequential([generator, discriminator])
    stack.compile("adam", loss=loss)

    def turn():
        z = rng.normal(size=(size, LATENT_DIM)).astype("float32")
        real = x_train[rng.integers(len(x_train), size=size)]
        fake = np.array(generator(z)) if both_learn else generator.predict(z, verbose=0)
        discriminator.train_on_batch(real, ones)
        discriminator.train_on_batch(fake, zeros)
        stack.train_on_batch(z, ones)

    return turn, generator, discriminator


def usual_loop(both_learn: bool = False) -> dict:
    """Take turns of the usual loop, each step from Python."""
    start_tensorflow()
    turn, *_ = take_turns(load_flat_images(), both_learn)
    turn()  # compiles
    return _figures(lambda: seconds_of(turn, times=30))


def compiled(xla: bool = False) -> dict:
    """Take lesson 05's step in a `tf.function`, called from Python for each step."""
    start_tensorflow()
    import tensorflow as tf

    from utils.from_lessons import make_batches

    gan = build_gan()
    batches = iter(make_batches(load_flat_images(), BATCH_SIZE))
    step = tf.function(gan.train_step, jit_compile=xla)
    step(next(batches))
    return _figures(lambda: seconds_of(lambda: step(next(batches)), times=100))


def course(policy: str = "") -> dict:
    """Train lesson 05's GAN, penalty included: 100 steps after the first 50."""
    start_tensorflow(policy)
    fit = prepare_fit(build_gan(penalty=0.5), BATCH_SIZE)
    fit(50)  # compiles
    return _figures(lambda: seconds_of(lambda: fit(100)) / 100, PENALTY_ROWS)


def usual_conv_loop() -> dict:
    """Take turns of the usual loop with lesson 10's networks, which know no class."""
    start_tensorflow()
    import keras

    from utils.from_lessons import build_conv_discriminator, picture_layers

    generator = keras.Sequential([keras.Input((100,)), *picture_layers(32)])
    networks = generator, build_conv_discriminator()
    images = load_images()[0][..., None] * 2 - 1
    turn, *_ = take_turns(images, networks=networks)
    turn()  # compiles
    return {"steps per second": 1 / seconds_of(turn, times=20)}


def class_course(steps: int = 200) -> dict:
    """Train lesson 10's GAN, which is told the class, after some steps that compile."""
    start_tensorflow()
    from utils import from_lessons as lesson

    images, labels = load_images()[:2]
    gan = lesson.ClassGAN(
        lesson.build_class_generator(),
        lesson.build_conv_discriminator(outputs=10),
        penalty=0.5,
    )
    lesson.compile_gan(gan, 0.002, beta_1=0.0, beta_2=0.99)
    arrays = images[..., None] * 2 - 1, np.eye(10, dtype="float32")[labels]
    batches = lesson.make_batches(arrays, CONV_BATCH_SIZE)
    options = dict(steps_per_epoch=steps, shuffle=False, verbose=0)
    gan.fit(batches, **options)  # compiles
    seconds = seconds_of(lambda: gan.fit(batches, **options)) / steps
    return {"steps per second": 1 / seconds}


def prepare_fit(gan, batch_size: int) -> Callable[[int], object]:
    """Return a function that trains lesson 05's GAN for a number of steps."""
    from utils.from_lessons import make_batches

    batches = make_batches(load_flat_images(), batch_size)
    options = dict(shuffle=False, verbose=0)
    return lambda steps: gan.fit(batches, steps_per_epoch=steps, **options)


def _figures(seconds_per_step: Callable[[], float], penalty_rows: int = 0) -> dict:
    """Return steps per second, and the share of what one product's rate allows.

    The rate is measured before and after, and the better one counts.
    """
    from utils.from_lessons import build_discriminator, build_generator

    generator = kernels(build_generator())
    discriminator = kernels(build_discriminator())
    work = multiply_adds(generator, discriminator, BATCH_SIZE, penalty_rows)
    largest = max(generator + discriminator, key=math.prod)
    before = product_rate(BATCH_SIZE, *largest)
    seconds = seconds_per_step()
    rate = max(before, product_rate(BATCH_SIZE, *largest))
    return {"steps per second": 1 / seconds, "share of bound": work / rate / seconds}


def kernels(model) -> Shapes:
    """Return the shapes of a Keras model's Dense layers."""
    return [tuple(w.shape) for w in model.trainable_variables if w.name == "kernel"]


def multiply_adds(
    generator: Shapes, discriminator: Shapes, rows: int, penalty_rows: int = 0
) -> int:
    """Return the multiply-adds of a step; all else in it counts as nothing.

    A Dense layer needs inputs · outputs of them per image forward, as many for the
    gradients of its weights, and as many for those of its inputs. The latter are left
    out for a first layer, except where they lead on to the generator.

    The gradient penalty takes, for some rows, a pass forward and one back to the
    pixels; and its gradients go through each product of the way back in two
    directions, but for the one that starts from a constant.
    """
    g = [math.prod(layer) for layer in generator]
    d = [math.prod(layer) for layer in discriminator]
    discriminates = 2 * (3 * sum(d) - d[0])  # a real image, and a fake one
    generates = 3 * sum(g) - g[0] + 2 * sum(d)  # through the discriminator
    penalizes = 4 * sum(d) - d[-1]
    return rows * (discriminates + generates) + penalty_rows * penalizes


def product_rate(rows: int, inputs: int, outputs: int) -> float:
    """Return the multiply-adds per second of one matrix product in a compiled loop."""
    import tensorflow as tf

    x = tf.random.normal((rows, inputs))
    w = tf.random.normal((inputs, outputs))

    @tf.function
    def multiply(times):
        total = 0.0  # of one number each, so that TensorFlow leaves out no product
        for _ in tf.range(times):
            with tf.control_dependencies([total]):  # one after the other
                total += tf.matmul(tf.identity(x), w)[0, 0]  # identity: in the loop
        return total

    def seconds(times):
        return seconds_of(lambda: multiply(tf.constant(times)).numpy()) / times

    seconds(1)  # compiles
    times = max(1, round(0.06 / seconds(1)))
    return rows * inputs * outputs / median(seconds(times) for _ in range(5))
