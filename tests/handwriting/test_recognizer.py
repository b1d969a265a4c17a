"""A recognizer loads what is best, answers what it is sure of, and refuses the rest."""

import json
import shutil
import zipfile

import keras
import numpy as np
import pytest
from support.odd_uploads import draw, save

from utils import saved_models
from utils.digits import Digits
from utils.digits.drawing import draw_digits
from utils.handwriting.image_files import ImageError
from utils.handwriting.recognizer import (
    BATCH,
    CONFIDENCE_THRESHOLD,
    Recognizer,
    load_recognizer,
)

saves = pytest.mark.filterwarnings("ignore:__array__ implementation")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def network(*more):
    """A network of fixed weights, with other layers in between."""
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Flatten(), keras.layers.Dense(10)]
    return keras.Sequential([keras.Input((28, 28, 1)), *more, *layers])


# Which model is loaded


def test_the_best_saved_model_is_loaded(folder, trained):
    order = [("drawn digits", "cnn"), ("drawn digits", "cnn_augmented")]
    order += [("MNIST", "cnn"), ("MNIST", "cnn_augmented")]
    for digits, name in order:
        shutil.copy(trained, saved_models.model_path(name, digits))
        found = load_recognizer()
        assert (found.digits, found.name) == (digits, name)
    assert load_recognizer("drawn digits").digits == "drawn digits"
    assert repr(found) == "Recognizer(cnn_augmented, trained on MNIST)"


def test_a_path_is_loaded_and_no_other(folder, tmp_path, trained):
    shutil.copy(trained, tmp_path / "mine.keras")
    found = load_recognizer(path=tmp_path / "mine.keras")
    assert (found.name, found.digits) == ("mine", "digits of your choice")
    found = load_recognizer("MNIST", path=str(tmp_path / "mine.keras"))
    assert (found.name, found.digits) == ("mine", "MNIST")
    assert load_recognizer(path=trained).digits == "drawn digits"


def test_where_none_is_saved_one_is_trained_and_said(folder, monkeypatch, capsys):
    few = Digits(*draw_digits(6000, 0), *draw_digits(1, 1), "drawn digits", "here")
    monkeypatch.setattr("utils.digits.load_digits", lambda path=None: few)
    found = load_recognizer()
    assert found.name == "cnn, trained briefly"
    assert found.digits == "drawn digits"
    assert capsys.readouterr().out == (
        "No cnn.keras of lesson 04 here: training it briefly, 1,000 images.\n"
    )
    assert not list(folder.rglob("*.keras"))


def test_no_file_no_digits_no_recognizer(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file .*none.keras"):
        load_recognizer(path=tmp_path / "none.keras")
    with pytest.raises(ValueError, match="allowed are .*MNIST"):
        load_recognizer("fashion")


@saves
@pytest.mark.parametrize("kind", ["text", "zip", "half", "shape", "lambda"])
def test_files_that_are_no_such_model_are_refused(tmp_path, trained, kind):
    path = tmp_path / "model.keras"
    if kind == "shape":
        keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)]).save(path)
    elif kind == "lambda":  # code that would run: Keras's safe mode refuses it
        network(keras.layers.Lambda(lambda x: x * 1)).save(path)
    elif kind == "zip":
        zipfile.ZipFile(path, "w").close()
    else:
        path.write_bytes(b"model" if kind == "text" else trained.read_bytes()[:100_000])
    with pytest.raises(ValueError, match="model.keras .*lesson 04") as no:
        load_recognizer(path=path)
    if kind == "lambda":
        assert "deserialization of a `Lambda` layer" in str(no.value)
    if kind == "shape":
        assert "from (None, 784) to (None, 10)" in str(no.value)


@saves
def test_layers_for_training_do_nothing(tmp_path, images):
    plain = network()
    noisy = [keras.layers.RandomTranslation(0.4, 0.4), keras.layers.Dropout(0.5)]
    model = network(*noisy)
    model.set_weights(plain.get_weights() + model.get_weights()[2:])
    model.save(tmp_path / "model.keras")
    found = load_recognizer(path=tmp_path / "model.keras").probabilities(images / 255)
    expected = Recognizer(plain, "", "").probabilities(images / 255)
    np.testing.assert_array_equal(found, expected)


# Probabilities


@pytest.mark.parametrize("count", [0, 1, 2, 33, BATCH, BATCH + 1])
def test_every_count_gives_what_the_model_gives(recognizer, count):
    images = draw_digits(count, 5)[0] / np.float32(255)
    before = images.copy()
    found = recognizer.probabilities(images)
    assert (found.shape, found.dtype) == ((count, 10), np.float32)
    np.testing.assert_array_equal(images, before)
    if count:
        logits = recognizer.model(images[..., None], training=False)
        expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
        np.testing.assert_allclose(found, expected, atol=1e-5)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_no_call_compiles_again(recognizer, images, monkeypatch):
    def stop(*_, **__):
        raise AssertionError("the model was called, not what was compiled of it")

    monkeypatch.setattr(type(recognizer.model), "__call__", stop)
    for count in range(1, 40):
        recognizer.probabilities(np.resize(images / 255, (count, 28, 28)))


# Answers


def test_digits_are_read_from_arrays_and_pictures(recognizer, images):
    for digit, image in enumerate(images):
        large = draw(image)
        answers = [
            recognizer.recognize_image(image),
            recognizer.recognize_image(image / 255),
            recognizer.recognize(save(large)),
            recognizer.recognize(np.asarray(large)),
        ]
        assert [a.digit for a in answers] == [digit] * 4
        assert [a.answer for a in answers] == [str(digit)] * 4
        for answer in answers:
            assert (answer.image.shape, answer.image.dtype) == ((28, 28), np.float32)
            assert answer.probabilities.argmax() == digit
        np.testing.assert_array_equal(answers[0].image, images[digit] / np.float32(255))


@pytest.mark.parametrize(
    "top, answer, digit",
    [
        (CONFIDENCE_THRESHOLD + 1e-4, "7", 7),
        (CONFIDENCE_THRESHOLD - 1e-4, "not sure", None),
    ],
)
def test_what_is_sure_is_answered(images, top, answer, digit):
    probabilities = np.full(10, (1 - top) / 9)
    probabilities[7] = top
    model = network()
    model.set_weights([np.zeros((784, 10)), np.log(probabilities)])
    found = Recognizer(model, "", "").recognize_image(images[0])
    assert (found.answer, found.digit) == (answer, digit)
    shown = found.as_dict()
    assert (shown["answer"], shown["digit"]) == (answer, digit)
    assert shown["top"][0] == {"digit": 7, "probability": pytest.approx(top)}
    assert [t["digit"] for t in shown["top"]] == [7, 0, 1]
    assert json.loads(json.dumps(shown)) == shown  # its values are plain ones


@pytest.mark.parametrize("value", [0, 0.5, 1])
def test_one_grey_holds_no_digit_and_asks_no_model(recognizer, value, monkeypatch):
    monkeypatch.setattr(Recognizer, "probabilities", None)
    answer = recognizer.recognize_image(np.full((28, 28), value, float))
    assert (answer.answer, answer.digit) == ("no digit", None)
    assert answer.probabilities is None
    blank = recognizer.recognize(np.full((90, 80), value, float))
    assert blank.answer == "no digit" and not blank.image.any()


def test_too_faint_is_no_digit(recognizer):
    image = np.zeros((28, 28), np.float32)
    image[8:20, 14] = 0.09
    assert recognizer.recognize_image(image).answer == "no digit"
    image[8:20, 14] = 0.11
    assert recognizer.recognize_image(image).answer != "no digit"


@pytest.mark.parametrize(
    "method, values, message",
    [
        ("probabilities", np.zeros((28, 28)), r"\(28, 28\); \(n, 28, 28\) is allowed"),
        ("probabilities", np.zeros((1, 28, 27)), r"shape \(1, 28, 27\)"),
        ("probabilities", np.zeros((1, 28, 28), np.uint8), "values of uint8; floats"),
        ("probabilities", np.full((1, 28, 28), -0.1), "values from -0.1"),
        ("probabilities", np.full((1, 28, 28), np.nan), "values from nan"),
        ("recognize_image", np.zeros((28, 27)), r"\(28, 27\); \(28, 28\) is allowed"),
        ("recognize_image", np.zeros((28, 28), int), "int64; uint8, or floats"),
        (
            "recognize_image",
            np.full((28, 28), 1.0000001),
            "from 1.0000001 to 1.0000001",
        ),
    ],
)
def test_other_arrays_are_refused(recognizer, method, values, message):
    with pytest.raises(ValueError, match=message):
        getattr(recognizer, method)(values)


def test_what_is_no_picture_is_refused(recognizer):
    with pytest.raises(ImageError):
        recognizer.recognize(b"no picture")
