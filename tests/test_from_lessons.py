"""What lessons save works for later ones: GANs train and resume, a writer writes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from utils import from_lessons as lessons
from utils.digits import pen_tokens
from utils.weights import copy_weights, largest_change

# Keras asks an array for a copy in an old way when it saves; notebooks do not show it
saves = pytest.mark.filterwarnings("ignore:__array__ implementation")


@pytest.fixture(scope="module")
def images():
    """Noise, float32 (600, 784) in [-1, 1]."""
    images = np.random.default_rng(0).uniform(-1, 1, (600, 784))
    return keras.ops.convert_to_tensor(images, "float32")


def compiled_gan(seed=0, **options):
    keras.utils.set_random_seed(seed)
    gan = lessons.GAN(
        lessons.build_generator(), lessons.build_discriminator(), **options
    )
    gan.compile(
        d_optimizer=keras.optimizers.Adam(0.001, 0.0),
        g_optimizer=keras.optimizers.Adam(0.001, 0.0),
        g_loss=lessons.generator_loss,
        steps_per_execution=2,
        jit_compile=True,
    )
    return gan


def fit(gan, images, epochs=1, callbacks=()):
    gan.fit(
        lessons.make_batches(images, batch_size=32),
        epochs=epochs,
        steps_per_epoch=2,
        callbacks=list(callbacks),
        shuffle=False,
        verbose=0,
    )
    return gan


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_both_networks_learn(images, penalty):
    """By trainable weights: a forward pass alone moves the moving averages."""
    gan = compiled_gan(penalty=penalty)
    players = gan.generator, gan.discriminator
    before = [copy_weights(player.trainable_variables) for player in players]
    fit(gan, images)
    for old, player in zip(before, players, strict=True):
        assert largest_change(player.trainable_variables, old) > 1e-4


def test_each_half_of_a_step_moves_its_own_network_only_and_lowers_its_loss(images):
    gan = compiled_gan(penalty=0.5)
    z = keras.random.normal((32, lessons.LATENT_DIM), seed=1)

    def losses():
        fake_logits = gan.discriminator(gan.generator(z, training=True))
        real_logits = gan.discriminator(images[:32])
        d_loss = lessons.discriminator_loss(real_logits, fake_logits)
        g_loss = lessons.generator_loss(fake_logits)
        return {"discriminator": float(d_loss), "generator": float(g_loss)}

    halves = {
        "discriminator": lambda: lessons.discriminator_step(gan, images[:32], z),
        "generator": lambda: lessons.generator_step(gan, z),
    }
    weights = {key: getattr(gan, key).trainable_variables for key in halves}
    for name, take_half in halves.items():
        before = {key: copy_weights(weights[key]) for key in halves}
        loss = losses()[name]
        take_half()
        moved = [key for key in halves if largest_change(weights[key], before[key])]
        assert moved == [name]
        assert losses()[name] < loss


def test_the_losses_are_those_of_real_1_and_fake_0():
    sure_real, sure_fake = np.full((4, 1), 20.0), np.full((4, 1), -20.0)
    assert float(lessons.discriminator_loss(sure_real, sure_fake)) < 1e-6
    assert float(lessons.discriminator_loss(sure_fake, sure_real)) > 30
    assert float(lessons.generator_loss(sure_real)) < 1e-6
    assert float(lessons.generator_loss(sure_fake)) == pytest.approx(20)


def test_the_curves_say_how_the_discriminator_does(images):
    gan = compiled_gan()
    z = np.zeros((32, 100), "float32")
    values = lessons.discriminator_step(gan, images[:32], z)
    gan.discriminator.layers[-1].bias.assign([99.0])  # now it takes all for real
    again = lessons.discriminator_step(gan, images[:32], z)
    assert (float(again["real_accuracy"]), float(again["fake_accuracy"])) == (1, 0)
    assert float(again["d_loss"]) > 50 > float(values["d_loss"])


def test_other_noise_in_each_step(images):
    """Batches of one: equal noise would give equal fakes in both steps."""
    gan = compiled_gan()
    seen = []
    gan.compile(
        keras.optimizers.SGD(0.0),
        keras.optimizers.SGD(0.0),
        lessons.generator_loss,
        run_eagerly=True,
    )
    generate = gan.generator.call
    gan.generator.call = lambda z, **options: seen.append(z) or generate(z, **options)
    fit(gan, images)
    assert np.abs(np.array(seen[0]) - np.array(seen[-1])).max() > 0.1


def state_of(gan):
    """Weights and both optimisers; the noise and the order of images go on anew."""
    optimizers = gan.d_optimizer.variables + gan.g_optimizer.variables
    return [variable.numpy() for variable in gan.weights + optimizers]


@saves
def test_a_resumed_training_takes_up_all_that_the_backup_holds(images, tmp_path):
    def backup():
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    first = compiled_gan()
    with pytest.raises(KeyboardInterrupt):
        fit(first, images, 4, [backup(), Stop()])
    seen = {}

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            seen[epoch] = state_of(self.model)

    second = fit(compiled_gan(seed=9), images, 4, [backup(), Look()])
    assert list(seen) == [2, 3]
    for old, new in zip(state_of(first), seen[2], strict=True):
        np.testing.assert_array_equal(old, new)
    assert second.d_optimizer.iterations == second.g_optimizer.iterations == 8


def test_batches_hold_every_image_once_per_pass():
    images = np.arange(12, dtype="float32")[:, None]
    batches = iter(lessons.make_batches(images, batch_size=4))
    seen = np.concatenate([next(batches) for _ in range(3)])
    assert sorted(seen[:, 0]) == list(range(12))
    assert list(seen[:, 0]) != list(range(12))


def test_the_learning_rate_rises_to_its_peak_and_falls_to_0():
    rate = lessons.rise_and_fall(0.01, 100)
    values = [float(rate(step)) for step in range(101)]
    assert np.argmax(values) == 20 and max(values) == pytest.approx(0.01)
    assert values[0] == 0 and values[100] == pytest.approx(0, abs=1e-9)


def test_the_writer_cannot_look_ahead_unless_its_mask_is_forgotten():
    tokens = pen_tokens.draw_tokens(4, seed=5)[:, :-1]
    changed = tokens.copy()
    changed[:, 20:] = pen_tokens.FIRST_CELL
    for causal in (True, False):
        writer = lessons.build_writer(causal)
        assert writer.output_shape == (None, 31, pen_tokens.VOCABULARY)
        moved = np.abs(writer(tokens) - writer(changed)).max(axis=(0, 2))
        assert (moved[20:] > 0.001).all()
        assert (moved[:20] < 1e-5).all() == causal


def test_a_low_temperature_writes_the_likeliest_token_and_stops_at_the_end():
    likeliest = {0: 20, 1: 30, 2: pen_tokens.END}  # by place; then 40, never reached

    class Writer:
        def __call__(self, tokens):
            best = [likeliest.get(place, 40) for place in range(31)]
            logits = keras.ops.one_hot(best, pen_tokens.VOCABULARY)[None]
            return keras.ops.repeat(3 * logits, keras.ops.shape(tokens)[0], axis=0)

    written = lessons.write(Writer(), np.array([0, 7]), 0.1)
    assert written[:, :4].tolist() == [[2, 20, 30, 0], [9, 20, 30, 0]]
    assert not written[:, 3:].any()
    hot = lessons.write(Writer(), np.zeros(50, int), 10)
    assert len(np.unique(hot[:, 1])) > 20


@pytest.mark.parametrize(
    "build, parameters",
    [(lessons.build_dense, 101_770), (lessons.build_cnn, 225_034)],
)
def test_the_classifiers_have_the_parameters_that_lessons_count(build, parameters):
    model = build()
    assert model.count_params() == parameters
    assert model.output_shape == (None, 10)
    assert any(isinstance(layer, keras.layers.Dropout) for layer in model.layers)


# lesson 10's GAN, which is told the class


@pytest.fixture
def class_gan():
    keras.utils.set_random_seed(0)
    gan = lessons.ClassGAN(
        lessons.build_class_generator(filters=8),
        lessons.build_conv_discriminator(outputs=10),
        penalty=0.5,
    )
    lessons.compile_gan(gan, 0.002, beta_1=0.0)
    return gan


def pictures_and_classes(label):
    pictures = np.random.default_rng(0).uniform(-1, 1, (32, 28, 28, 1))
    return pictures.astype("float32"), np.eye(10, dtype="float32")[[label] * 32]


def test_both_networks_learn_and_only_from_the_output_of_the_class(class_gan):
    players = class_gan.generator, class_gan.discriminator
    before = [copy_weights(player.trainable_variables) for player in players]
    batches = lessons.make_batches(pictures_and_classes(7), batch_size=32)
    class_gan.fit(batches, steps_per_epoch=2, shuffle=False, verbose=0)
    for old, player in zip(before, players, strict=True):
        assert largest_change(player.trainable_variables, old) > 1e-4
    last = class_gan.discriminator.layers[-1]  # (features, 10), of which one learns
    moved = np.abs(last.kernel.numpy() - before[1][-2]).max(axis=0)
    assert (moved > 0).nonzero()[0].tolist() == [7]


def test_the_class_penalty_is_the_squared_slope_at_the_pixels(class_gan):
    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten()]
    class_gan.discriminator = keras.Sequential([*layers, keras.layers.Dense(10)])
    penalty = lessons.class_penalty(
        class_gan, *map(keras.ops.convert_to_tensor, pictures_and_classes(3))
    )
    kernel = class_gan.discriminator.layers[-1].kernel.numpy()
    assert float(penalty) == pytest.approx((kernel[:, 3] ** 2).sum(), rel=1e-4)


def test_the_averaged_class_generator_lies_between_the_steps(class_gan):
    batches = lessons.make_batches(pictures_and_classes(7), batch_size=32)
    class_gan.fit(batches, steps_per_epoch=5, shuffle=False, verbose=0)
    _, classes = pictures_and_classes(7)
    generator = lessons.averaged_class_generator(class_gan, classes)
    last = class_gan.generator.trainable_variables
    average = copy_weights(generator.trainable_variables)
    assert 1e-4 < largest_change(last, average) < 0.05
    means = [v.numpy() for v in generator.variables if "moving_mean" in v.path]
    assert means and all(np.abs(mean).max() > 1e-3 for mean in means)


@pytest.fixture
def vae():
    keras.utils.set_random_seed(0)
    vae = lessons.VAE(*lessons.build_halves(into=6, out_of=3), beta=2.0)
    vae.compile(optimizer=keras.optimizers.Adam(0.001))
    return vae


def test_a_step_of_the_vae_moves_both_halves(vae):
    before = [copy_weights(half.trainable_variables) for half in vae.layers]
    vae.fit(np.random.default_rng(0).random((64, 28, 28), "float32"), verbose=0)
    for old, half in zip(before, vae.layers, strict=True):
        assert largest_change(half.trainable_variables, old) > 1e-4


def test_the_vae_loses_sums_and_draws_other_noise_each_time(vae):
    vae.optimizer = keras.optimizers.SGD(0.0)  # so that nothing moves
    images = np.random.default_rng(0).random((64, 28, 28), "float32")
    first, second = vae.train_step(images), vae.train_step(images)
    assert 400 < first["pixels"] < 800 and first["pixels"] != second["pixels"]
    mean, log_var = np.split(vae.encoder(images), 2, axis=1)
    kl = lessons.kl_per_number(mean, log_var).numpy().sum(axis=1).mean()
    assert float(first["kl"]) == pytest.approx(kl, rel=1e-5)


def test_only_the_standard_cloud_is_free():
    clouds = np.array([[0.0, 0], [1, 0], [0, -2], [0, 2]], "float32")
    kl = lessons.kl_per_number(clouds[:, 0], clouds[:, 1]).numpy()
    by_hand = [0, 0.5, (np.exp(-2) + 1) / 2, (np.exp(2) - 3) / 2]
    np.testing.assert_allclose(kl, by_hand, rtol=1e-5)


def test_a_worker_divides_its_loss_by_the_whole_batch():
    """Half of a batch counts for half: the strategy adds up what the workers have."""
    strategy = tf.distribute.get_strategy()  # of one worker
    images, labels = np.ones((4, 28, 28, 1), "float32"), np.arange(4)
    moved = []
    for batch_size in (4, 8):
        keras.utils.set_random_seed(0)
        model = lessons.build_cnn(dropout=0, filters=2)
        before = copy_weights(model.trainable_variables)
        step = lessons.make_step(strategy, model, keras.optimizers.SGD(0.1), batch_size)
        assert step(images, labels) > 0
        moved.append(largest_change(model.trainable_variables, before))
    np.testing.assert_allclose(moved[0], 2 * moved[1], rtol=1e-3)
