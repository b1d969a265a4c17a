"""Models are saved and found by name; what is missing is trained in a short form."""

import io

import keras
import numpy as np
import pytest

from utils import saved_models as models
from utils.digits import Digits
from utils.digits.drawing import draw_digits
from utils.from_lessons import (
    build_class_generator,
    build_cnn,
    build_dense,
    build_discriminator,
    build_generator,
    build_lean,
)

# Keras asks an array for a copy in an old way when it saves; notebooks do not show it
saves = pytest.mark.filterwarnings("ignore:__array__ implementation")


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_MODELS", raising=False)
    monkeypatch.setattr(models, "DATA", tmp_path / "data")
    return tmp_path / "data"


def test_each_kind_of_digits_has_its_folder(data):
    for digits, folder in [("MNIST", "mnist"), ("drawn digits", "drawn")]:
        path = models.model_path("02_classifier", digits)
        assert path == data / "models" / folder / "02_classifier.keras"
        assert path.parent.is_dir() and not path.exists()


def test_variable_replaces_the_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "quick"))
    expected = tmp_path / "quick" / "mnist" / "a.keras"
    assert models.model_path("a", "MNIST") == expected
    monkeypatch.setattr(models, "ROOT", tmp_path / "course")
    monkeypatch.setenv("COURSE_MODELS", "build/models")
    expected = tmp_path / "course" / "build" / "models" / "mnist" / "a.keras"
    assert models.model_path("a", "MNIST") == expected


@pytest.mark.parametrize(
    "name, digits, message",
    [
        ("", "MNIST", "use letters, digits"),
        ("..", "MNIST", "use letters, digits"),
        ("a/b", "MNIST", "use letters, digits"),
        ("C:a", "MNIST", "use letters, digits"),
        ("a", "mnist", "allowed are .*MNIST.*drawn digits"),
    ],
)
def test_names_outside_of_the_folders_are_refused(data, name, digits, message):
    with pytest.raises(ValueError, match=message):
        models.model_path(name, digits)
    assert not data.exists()


# the classifiers


@pytest.fixture(scope="module")
def digits():
    """Drawn digits; the labels of the validation images mislead who learns them."""
    images, labels = draw_digits(9000, 0)
    labels[-5000:] = (labels[-5000:] + 1) % 10
    return Digits(images, labels, *draw_digits(500, 1), "drawn digits", "here")


def accuracy(model, images, digits):
    return np.mean(np.argmax(model(images), axis=1) == digits.y_test)


LOADERS = {
    "cnn": models.load_classifier,
    "cnn_augmented": models.load_augmented,
    "dense": models.load_dense,
    "overfitted": models.load_overfitted,
}
WITHOUT = [("cnn", 1, 0.7), ("cnn_augmented", 1, 0.4)]
WITHOUT += [("dense", 255, 0.6), ("overfitted", 255, 0.6)]


@pytest.mark.parametrize("name, white, least", WITHOUT)
def test_without_a_file_a_short_training_says_so_and_saves_nothing(
    digits, data, capsys, name, white, least
):
    keras.utils.set_random_seed(0)
    model = LOADERS[name](digits)
    assert f"{name}.keras" in capsys.readouterr().out
    images = digits.x_test.reshape(-1, *model.input_shape[1:]) / np.float32(255)
    assert accuracy(model, images * white, digits) > least
    assert not list(data.rglob("*.keras"))


@saves
@pytest.mark.parametrize(
    "name, build",
    [
        ("cnn", build_cnn),
        ("cnn_augmented", build_lean),
        ("dense", build_dense),
        ("overfitted", build_dense),
    ],
)
def test_the_file_of_the_lesson_is_loaded(digits, capsys, name, build):
    saved = build()
    saved.save(models.model_path(name, digits.name))
    loaded = LOADERS[name](digits)
    np.testing.assert_array_equal(loaded.get_weights()[0], saved.get_weights()[0])
    assert capsys.readouterr().out == ""


def small(features="features", size=128, logits="logits", side=28):
    layers = [keras.Input((side, side, 1)), keras.layers.Flatten()]
    layers += [keras.layers.Dense(size, name=features)]
    layers += [keras.layers.Dense(10, name=logits)]
    return keras.Sequential(layers)


@saves
@pytest.mark.parametrize(
    "other, message",
    [
        ({"features": "hidden"}, r"cnn.keras: .*'features'.*none; run lesson 04"),
        ({"size": 64}, r"'features'.*\(None, 64\)"),
        ({"logits": "out"}, "'logits'"),
        ({"side": 32}, r"\(None, 28, 28, 1\)"),
    ],
)
def test_another_network_is_refused(digits, other, message):
    small(**other).save(models.model_path("cnn", digits.name))
    with pytest.raises(ValueError, match=message):
        models.load_classifier(digits)


@saves
@pytest.mark.parametrize("name", ["dense", "overfitted"])
def test_a_dense_network_for_pixels_to_1_is_not_taken_for_it(digits, capsys, name):
    old = keras.Sequential(
        [keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(10)]
    )
    old.save(models.model_path(name, digits.name))
    dense = LOADERS[name](digits)
    assert "training it briefly" in capsys.readouterr().out
    assert accuracy(dense, digits.x_test, digits) > 0.6


# the generators


@pytest.fixture
def noise():
    images = np.random.default_rng(0).integers(0, 256, (600, 28, 28), np.uint8)
    labels = np.zeros(600, np.uint8)
    return Digits(images, labels, images[:9], labels[:9], "drawn digits", "noise")


def test_generators_are_trained_where_none_were_saved(noise, data, capsys):
    found = models.load_generators(noise, fraction=0.005)
    assert "training short ones" in capsys.readouterr().out
    assert list(found.checkpoints) == [5, 10, 20, 35]
    z = np.random.default_rng(0).normal(size=(3, 100)).astype("float32")
    named = [found.final, found.last, found.baseline]
    images = [np.array(generator(z)) for generator in named]
    images += [np.array(generator(z)) for generator in found.checkpoints.values()]
    for index, one in enumerate(images):
        assert one.shape == (3, 784) and np.abs(one).max() <= 1
        for other in images[:index]:
            assert np.abs(one - other).max() > 1e-3  # each at another step
    last, final = found.last.get_weights()[0], found.final.get_weights()[0]
    assert np.abs(last - final).max() > 1e-4  # not its average
    assert not list(data.rglob("*.keras"))


def save_generators(build, digits):
    names = ["generator", "generator_baseline", "generator_last"]
    for name in names + [f"generator_{step}" for step in models.CHECKPOINT_STEPS]:
        build().save(models.model_path(name, digits.name))


@saves
def test_saved_generators_are_loaded(noise, capsys):
    save_generators(build_generator, noise)
    found = models.load_generators(noise)
    assert capsys.readouterr().out == "" and found.note == "as lesson 05 saved them"
    assert list(found.checkpoints) == [1000, 2000, 4000, 7000]


@saves
def test_a_file_with_another_network_is_named(noise):
    save_generators(build_discriminator, noise)
    with pytest.raises(ValueError, match=r"generator_baseline.keras: .* lesson 05"):
        models.load_generators(noise)


@pytest.mark.parametrize("fraction", [0.001, 1.5])
def test_a_fraction_out_of_range_is_named(noise, fraction):
    with pytest.raises(ValueError, match=f"{fraction}; a number from 0.005 to 1"):
        models.load_generators(noise, fraction=fraction)


def draw_sevens(generator, count=5):
    z = np.random.default_rng(0).normal(size=(count, 64)).astype("float32")
    return np.array(generator([z, np.eye(10, dtype="float32")[[7] * count]]))


def test_a_class_generator_is_trained_where_none_was_saved(
    noise, data, capsys, monkeypatch
):
    monkeypatch.setattr(models, "CLASS_STEPS", 30)
    monkeypatch.setattr(models, "VALIDATION_IMAGES", 300)
    found = draw_sevens(models.load_class_generator(noise))
    assert "generator_class.keras of lesson 10" in capsys.readouterr().out
    assert found.shape == (5, 28, 28, 1) and np.abs(found).max() <= 1
    assert not list(data.rglob("*.keras"))


@saves
def test_a_saved_class_generator_is_loaded(noise, capsys):
    saved = build_class_generator()
    saved.save(models.model_path("generator_class", noise.name))
    found = draw_sevens(models.load_class_generator(noise))
    np.testing.assert_allclose(found, draw_sevens(saved), atol=1e-6)
    assert not capsys.readouterr().out


@saves
def test_a_class_generator_of_another_kind_is_named(noise):
    build_generator().save(models.model_path("generator_class", noise.name))
    with pytest.raises(ValueError, match=r"generator_class.keras: .* lesson 10"):
        models.load_class_generator(noise)


@pytest.fixture
def no_weights_here(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))


def test_without_a_network_there_is_no_mobilenet(no_weights_here, monkeypatch):
    def refuse(address, timeout):
        assert timeout <= models.WAIT_S
        raise OSError("no network")

    monkeypatch.setattr(models.socket, "create_connection", refuse)
    assert models.load_mobilenet(64) is None


@pytest.mark.parametrize("works", [True, False])
def test_mobilenet_comes_without_its_last_layer(no_weights_here, monkeypatch, works):
    build = keras.applications.MobileNetV3Small

    def download(weights, **options):
        assert weights == "imagenet"
        if not works:
            raise OSError("the download stopped")
        return build(weights=None, **options)

    connection = io.BytesIO()
    monkeypatch.setattr(models.socket, "create_connection", lambda *_, **__: connection)
    monkeypatch.setattr(keras.applications, "MobileNetV3Small", download)
    found = models.load_mobilenet(64)
    assert found.output_shape == (None, 2, 2, 576) if works else found is None
